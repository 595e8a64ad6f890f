//! Functions of two elements against f64 and exact integers.

use super::harness::{Tensor, Value, run};
use super::*;
use npu_types::Complex64;

fn one() -> Scalar {
    Scalar::int(DType::I64, 1)
}

fn arithmetic() -> Vec<BinaryOp> {
    use BinaryOp::*;
    let (two, three) = (Scalar::int(DType::I64, 2), Scalar::int(DType::I64, 3));
    vec![
        Add { alpha: one() },
        Add { alpha: three },
        Sub { alpha: one() },
        Sub { alpha: two },
        Rsub { alpha: two },
        Mul,
        Div,
        DivTrunc,
        DivFloor,
        Maximum,
        Minimum,
        Pow,
        Remainder,
        Fmod,
    ]
}

fn tests() -> Vec<BinaryOp> {
    use BinaryOp::*;
    vec![Eq, Ne, Gt, Ge, Lt, Le, LogicalAnd, LogicalOr, LogicalXor]
}

/// All pairs of the values.
fn evaluate(op: BinaryOp, dtype: DType, values: &[Scalar]) -> Vec<(Value, Value, Value)> {
    let n = values.len();
    let dims = [n as i64, n as i64];
    let out_layout =
        Layout::contiguous(if tests().contains(&op) { DType::Bool } else { dtype }, &dims).unwrap();
    let column = Layout::contiguous(dtype, &[n as i64, 1]).unwrap();
    let row = Layout::contiguous(dtype, &[n as i64]).unwrap();
    let (wide_a, wide_b) = (column.broadcast_to(&dims).unwrap(), row.broadcast_to(&dims).unwrap());
    let (mut a, mut b) = (Tensor::with(column, |i| values[i]), Tensor::with(row, |i| values[i]));
    let mut out = Tensor::new(out_layout);
    let kernel = binary(op, dtype, &out_layout, Input::Tensor(&wide_a), Input::Tensor(&wide_b)).unwrap();
    run(&*kernel, &[out.address(), a.address(), b.address()]);
    out.check_border();
    let (a, b) = (a.values(), b.values());
    out.values().into_iter().enumerate().map(|(i, got)| (a[i / n], b[i % n], got)).collect()
}

fn alpha(op: BinaryOp) -> f64 {
    match op {
        BinaryOp::Add { alpha } | BinaryOp::Sub { alpha } | BinaryOp::Rsub { alpha } => alpha.to_f64(),
        _ => 1.0,
    }
}

fn propagate(a: f64, b: f64, pick: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { pick }
}

fn reference(op: BinaryOp, a: f64, b: f64) -> f64 {
    use BinaryOp::*;
    let truth = |t: bool| t as i32 as f64;
    match op {
        Add { .. } => a + alpha(op) * b,
        Sub { .. } => a - alpha(op) * b,
        Rsub { .. } => b - alpha(op) * a,
        Mul => a * b,
        Div => a / b,
        DivTrunc => (a / b).trunc(),
        DivFloor if b == 0.0 => a / b,
        DivFloor if a.is_infinite() => f64::NAN,
        DivFloor => (a / b).floor(),
        Maximum => propagate(a, b, a.max(b)),
        Minimum => propagate(a, b, a.min(b)),
        Pow => a.powf(b),
        Remainder if b.is_infinite() && a.is_finite() => {
            if a != 0.0 && (a < 0.0) != (b < 0.0) {
                b
            } else {
                a
            }
        }
        Remainder => {
            let r = a % b;
            if r != 0.0 && (r < 0.0) != (b < 0.0) { r + b } else { r }
        }
        Fmod => a % b,
        Atan2 => a.atan2(b),
        Eq => truth(a == b),
        Ne => truth(a != b),
        Gt => truth(a > b),
        Ge => truth(a >= b),
        Lt => truth(a < b),
        Le => truth(a <= b),
        LogicalAnd => truth(a != 0.0 && b != 0.0),
        LogicalOr => truth(a != 0.0 || b != 0.0),
        LogicalXor => truth((a != 0.0) != (b != 0.0)),
        SquaredDifference => (a - b) * (a - b),
        AbsoluteDifference => (a - b).abs(),
        SigmoidGrad => a * b * (1.0 - b),
        TanhGrad => a * (1.0 - b * b),
        ThresholdGrad { threshold } => {
            if b <= threshold.to_f64() {
                0.0
            } else {
                a
            }
        }
        Lerp { weight } => a + weight.to_f64() * (b - a),
        SiluGrad | GeluGrad | GeluTanhGrad => slope(op, b),
        BitwiseAnd | BitwiseOr | BitwiseXor => unreachable!("not about floats"),
    }
}

/// The derivative at `x`, by differences.
fn slope(op: BinaryOp, x: f64) -> f64 {
    let f = |x: f64| match op {
        BinaryOp::SiluGrad => x / (1.0 + (-x).exp()),
        BinaryOp::GeluGrad => 0.5 * x * (1.0 + libm::erf(x / 2f64.sqrt())),
        _ => 0.5 * x * (1.0 + (0.797_884_560_802_865_4 * (x + 0.044_715 * x * x * x)).tanh()),
    };
    (f(x + 1e-5) - f(x - 1e-5)) / 2e-5
}

#[test]
fn gradients_are_slopes_times_what_comes() {
    use BinaryOp::*;
    let half = Scalar::float(DType::F64, 0.5);
    let values: Vec<Scalar> = (-20..20).map(|i| Scalar::float(DType::F64, f64::from(i) * 0.37)).collect();
    let exact = [
        SigmoidGrad,
        TanhGrad,
        ThresholdGrad { threshold: half },
        Lerp { weight: half },
        Lerp { weight: Scalar::float(DType::F64, 0.25) },
        SquaredDifference,
        AbsoluteDifference,
    ];
    for dtype in [DType::F32, DType::F64, DType::F16, DType::BF16] {
        let unit = match dtype {
            DType::F64 | DType::F32 => 1e-6,
            DType::F16 => 2f64.powi(-11),
            _ => 2f64.powi(-8),
        };
        for op in exact.into_iter().chain([SiluGrad, GeluGrad, GeluTanhGrad]) {
            for (a, b, got) in evaluate(op, dtype, &values) {
                let (a, b) = (a.float(), b.float());
                let want = if exact.contains(&op) { reference(op, a, b) } else { a * slope(op, b) };
                // Products of large numbers cancel here.
                let near = (got.float() - want).abs() <= 4.0 * unit * (1.0 + (1.0 + a.abs()) * (1.0 + b * b));
                assert!(near, "{op:?} {dtype}: {a} {b} gives {got:?} instead of {want}");
            }
        }
    }
}

#[test]
fn floats_are_close_to_f64() {
    crate::isa::on_each_level(check_floats);
}

fn check_floats() {
    let mut values = vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0];
    for v in [1.0, 0.25, 0.7, 2.0, 3.0, 7.5, 40.0, 1000.0, 1e-3] {
        values.extend([v, -v]);
    }
    let values: Vec<Scalar> = values.into_iter().map(|v| Scalar::float(DType::F64, v)).collect();
    for dtype in [DType::F32, DType::F64, DType::F16, DType::BF16] {
        let (relative, largest) = match dtype {
            DType::F64 => (1e-15, f64::MAX),
            DType::F32 => (1.3e-7, f32::MAX as f64),
            DType::F16 => (2f64.powi(-11) * 1.01, 65504.0),
            _ => (2f64.powi(-8) * 1.01, 3.39e38),
        };
        for op in arithmetic().into_iter().chain(tests()).chain([BinaryOp::Atan2]) {
            for (a, b, got) in evaluate(op, dtype, &values) {
                let want = reference(op, a.float(), b.float());
                // A quotient that rounds to an integer as f32 but lies below it in f64.
                let absolute = match op {
                    BinaryOp::DivFloor | BinaryOp::DivTrunc => 1.0 + want.abs() * 2e-3,
                    BinaryOp::Remainder | BinaryOp::Fmod | BinaryOp::Atan2 => 1e-7,
                    _ => 2f64.powi(-24),
                };
                let overflow = want.abs() > largest && got.float() == want.signum() * f64::INFINITY;
                let near = Value::Float(got.float()).close(Value::Float(want), relative, absolute);
                assert!(overflow || near, "{op:?} {dtype}: {a:?} {b:?} gives {got:?} instead of {want:e}");
            }
        }
    }
}

#[test]
fn floor_division_is_exact() {
    let cases = [
        (7.0, 2.0, 3.0),
        (-7.0, 2.0, -4.0),
        (7.0, -2.0, -4.0),
        (1.0, 0.1, 9.0),
        (0.3, 0.1, 2.0),
        (-0.0, 3.0, 0.0),
    ];
    for (a, b, want) in cases {
        let (a, b) = (Scalar::float(DType::F64, a), Scalar::float(DType::F64, b));
        let l = Layout::scalar(DType::F64);
        let mut out = Tensor::new(l);
        let kernel = binary(BinaryOp::DivFloor, DType::F64, &l, Input::Scalar(a), Input::Scalar(b)).unwrap();
        run(&*kernel, &[out.address()]);
        assert_eq!(out.values()[0].float(), want, "{a:?} {b:?}");
    }
}

#[test]
fn integers_are_exact() {
    use BinaryOp::*;
    for dtype in DType::ALL.into_iter().filter(|t| t.is_integer()) {
        let bits = dtype.size() as u32 * 8;
        let signed = matches!(dtype, DType::I8 | DType::I16 | DType::I32 | DType::I64);
        let wrap = |v: i128| {
            let low = v & ((1i128 << bits) - 1);
            if signed && low >> (bits - 1) != 0 { low - (1i128 << bits) } else { low }
        };
        let top = 1i64.wrapping_shl(bits - 1);
        let values = [0, 1, -1, 2, -2, 3, 5, 7, -7, 13, 100, top, top.wrapping_sub(1), top.wrapping_add(1)];
        let values = values.map(|v| Scalar::int(DType::I64, v));
        for op in arithmetic().into_iter().chain(tests()).chain([BitwiseAnd, BitwiseOr, BitwiseXor]) {
            for (a, b, got) in evaluate(op, dtype, &values) {
                let (a, b, factor) = (a.int(), b.int(), alpha(op) as i128);
                let floor = |a: i128, b: i128| a.div_euclid(b) - (b < 0 && a.rem_euclid(b) != 0) as i128;
                let want = match op {
                    Add { .. } => wrap(a + factor * b),
                    Sub { .. } => wrap(a - factor * b),
                    Rsub { .. } => wrap(b - factor * a),
                    Mul => wrap(a.wrapping_mul(b)),
                    Div | DivTrunc | DivFloor | Remainder | Fmod if b == 0 => 0,
                    Div | DivTrunc => wrap(a / b),
                    DivFloor => wrap(floor(a, b)),
                    Remainder => a - floor(a, b) * b,
                    Fmod => a % b,
                    Maximum => a.max(b),
                    Minimum => a.min(b),
                    Pow => power(a, b, wrap),
                    BitwiseAnd => a & b,
                    BitwiseOr => a | b,
                    BitwiseXor => a ^ b,
                    _ => reference_order(op, a, b) as i128,
                };
                assert_eq!(got, Value::Int(want), "{op:?} {dtype}: {a} {b}");
            }
        }
    }
}

fn power(a: i128, b: i128, wrap: impl Fn(i128) -> i128) -> i128 {
    if b < 0 {
        return match a {
            1 => 1,
            -1 => 1 - 2 * (b & 1),
            _ => 0,
        };
    }
    let (mut base, mut left, mut out) = (a, b, 1i128);
    while left > 0 {
        if left & 1 == 1 {
            out = wrap(out.wrapping_mul(base));
        }
        base = wrap(base.wrapping_mul(base));
        left >>= 1;
    }
    out
}

fn reference_order(op: BinaryOp, a: i128, b: i128) -> bool {
    use BinaryOp::*;
    match op {
        Eq => a == b,
        Ne => a != b,
        Gt => a > b,
        Ge => a >= b,
        Lt => a < b,
        Le => a <= b,
        LogicalAnd => a != 0 && b != 0,
        LogicalOr => a != 0 || b != 0,
        LogicalXor => (a != 0) != (b != 0),
        _ => unreachable!("{op:?} is no test"),
    }
}

#[test]
fn bool_adds_as_or_and_multiplies_as_and() {
    use BinaryOp::*;
    let values = [Scalar::bool(false), Scalar::bool(true)];
    let add = Add { alpha: one() };
    for (op, want) in [
        (add, [0, 1, 1, 1]),
        (Mul, [0, 0, 0, 1]),
        (Maximum, [0, 1, 1, 1]),
        (Minimum, [0, 0, 0, 1]),
        (BitwiseXor, [0, 1, 1, 0]),
        (Lt, [0, 1, 0, 0]),
        (Eq, [1, 0, 0, 1]),
    ] {
        let got: Vec<i128> = evaluate(op, DType::Bool, &values).into_iter().map(|v| v.2.int()).collect();
        assert_eq!(got, want, "{op:?}");
    }
    let l = Layout::scalar(DType::Bool);
    assert!(binary(Sub { alpha: one() }, DType::Bool, &l, Input::Tensor(&l), Input::Tensor(&l)).is_err());
}

#[test]
fn complex_arithmetic() {
    use BinaryOp::*;
    let values: Vec<Scalar> = (0..9)
        .map(|i| Scalar::complex(DType::C128, Complex64::new(i as f64 - 4.5, (i as f64 * 1.3).cos())))
        .collect();
    for (dtype, tolerance) in [(DType::C128, 1e-12), (DType::C64, 1e-6)] {
        for op in [
            Add { alpha: one() },
            Add { alpha: Scalar::int(DType::I64, 2) },
            Sub { alpha: one() },
            Mul,
            Div,
            Pow,
        ] {
            for (a, b, got) in evaluate(op, dtype, &values) {
                let (a, b) = (a.complex(), b.complex());
                let want = match op {
                    Add { .. } => a + b * alpha(op),
                    Sub { .. } => a - b,
                    Mul => a * b,
                    Div => a * b.conj() / b.norm_sqr(),
                    _ => (b * a.ln()).exp(),
                };
                let scale = tolerance * (1.0 + want.norm());
                assert!(
                    got.close(Value::Complex(want), 0.0, scale),
                    "{op:?} {dtype}: {a} {b}: {got:?} {want}"
                );
            }
        }
        for (a, b, got) in evaluate(Eq, dtype, &values) {
            assert_eq!(got, Value::Int((a == b) as i128));
        }
    }
    // The naive quotient would overflow.
    let big = Scalar::complex(DType::C128, Complex64::new(1e200, 1e200));
    let got = evaluate(Div, DType::C128, &[big])[0].2;
    assert!(got.close(Value::Complex(Complex64::new(1.0, 0.0)), 0.0, 1e-12), "{got:?}");
}

/// A scalar keeps the compute type's precision, which a half could not hold.
#[test]
fn scalars_are_converted_to_the_compute_type() {
    let l = Layout::contiguous(DType::F16, &[40]).unwrap();
    let mut x = Tensor::with(l, |i| Scalar::int(DType::I64, 1000 + i as i64));
    let mut out = Tensor::new(l);
    let factor = Scalar::float(DType::F64, 1.0004);
    let kernel = binary(BinaryOp::Mul, DType::F32, &l, Input::Tensor(&l), Input::Scalar(factor)).unwrap();
    run(&*kernel, &[out.address(), x.address()]);
    for (x, got) in x.values().iter().zip(out.values()) {
        let want = npu_types::f16::from_f32(x.float() as f32 * 1.0004f32).to_f64();
        assert_eq!(got.float(), want);
    }
}

/// Powers that are computed as squares, roots and reciprocals, in every type that they are defined for. Of -0 and -inf they
/// are what ATen makes of them, not what `pow` does.
#[test]
fn powers_by_common_exponents() {
    let values = [0.0, -0.0, 1.0, -3.0, 2.25, 0.1, 1e-3, 200.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    let power = |dtype: DType, x: f64, exponent: Scalar| {
        let l = Layout::contiguous(dtype, &[1]).unwrap();
        let mut x = Tensor::with(l, |_| Scalar::float(DType::F64, x));
        let mut out = Tensor::new(l);
        let (from, by) = (Input::Tensor(&l), Input::Scalar(exponent));
        run(&*binary(BinaryOp::Pow, dtype, &l, from, by).unwrap(), &[out.address(), x.address()]);
        (x.values()[0], out.values()[0])
    };
    type Want = fn(f64) -> f64;
    let cases: [(f64, Want); 4] =
        [(2.0, |x| x * x), (0.5, f64::sqrt), (-0.5, |x| 1.0 / x.sqrt()), (-1.0, |x| 1.0 / x)];
    for dtype in [DType::F32, DType::F64, DType::F16, DType::BF16] {
        for (exponent, want) in cases {
            for value in values {
                let (x, got) = power(dtype, value, Scalar::float(DType::F64, exponent));
                let (got, want) = (got.float(), want(x.float()));
                let tolerance = match dtype {
                    DType::F64 => 1e-15,
                    DType::F32 => 3e-7,
                    DType::F16 => 1e-3,
                    _ => 8e-3,
                };
                // 200² is infinite in f16, and a subnormal there has few digits.
                let near = got == want
                    || got.is_nan() && want.is_nan()
                    || (got - want).abs() <= want.abs() * tolerance
                    || dtype == DType::F16
                        && (want > 65504.0 && got.is_infinite() || want < 6.2e-5 && got < 6.2e-5);
                assert!(near, "{dtype}: {x:?} to {exponent}: {got}, not {want}");
            }
        }
    }
    for (value, want) in [(-7.0, 49), (11.0, 121), (0.0, 0)] {
        for dtype in [DType::I8, DType::I32, DType::I64] {
            assert_eq!(power(dtype, value, Scalar::int(DType::I64, 2)).1, Value::Int(want));
        }
    }
}
