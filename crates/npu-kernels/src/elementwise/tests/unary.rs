//! Functions of one element against f64 and exact integers.

use super::harness::{Tensor, Value, run};
use super::*;
use npu_types::Complex64;

const ALL: [UnaryOp; 41] = {
    use UnaryOp::*;
    [
        Abs, Neg, Exp, Expm1, Log, Log1p, Log2, Log10, Sqrt, Rsqrt, Sin, Cos, Tan, Asin, Acos, Atan, Sinh,
        Cosh, Tanh, Asinh, Acosh, Atanh, Sigmoid, Relu, Gelu, GeluTanh, Silu, Sign, Reciprocal, Erf, Erfc,
        Ceil, Floor, Round, Trunc, Square, LogicalNot, BitwiseNot, IsFinite, IsNan, IsInf,
    ]
};

/// In f64; `None` where the operation is not about floats.
fn reference(op: UnaryOp, x: f64) -> Option<f64> {
    use UnaryOp::*;
    Some(match op {
        Abs => x.abs(),
        Neg => -x,
        Exp => x.exp(),
        Expm1 => x.exp_m1(),
        Log => x.ln(),
        Log1p => x.ln_1p(),
        Log2 => x.log2(),
        Log10 => x.log10(),
        Sqrt => x.sqrt(),
        Rsqrt => 1.0 / x.sqrt(),
        Sin => x.sin(),
        Cos => x.cos(),
        Tan => x.tan(),
        Asin => x.asin(),
        Acos => x.acos(),
        Atan => x.atan(),
        Sinh => x.sinh(),
        Cosh => x.cosh(),
        Tanh => x.tanh(),
        Asinh => libm::asinh(x),
        Acosh => libm::acosh(x),
        Atanh => libm::atanh(x),
        Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Relu => {
            if x < 0.0 {
                0.0
            } else {
                x
            }
        }
        Gelu => 0.5 * x * (1.0 + libm::erf(x / 2f64.sqrt())),
        // x/2 · (1 + tanh u) without its cancellation.
        GeluTanh => {
            let u = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
            x / (1.0 + (-2.0 * u).exp())
        }
        Silu => x / (1.0 + (-x).exp()),
        Sign => (x > 0.0) as i32 as f64 - (x < 0.0) as i32 as f64,
        Reciprocal => 1.0 / x,
        Erf => libm::erf(x),
        Erfc => libm::erfc(x),
        Ceil => x.ceil(),
        Floor => x.floor(),
        Round => x.round_ties_even(),
        Trunc => x.trunc(),
        Square => x * x,
        LogicalNot => (x == 0.0) as i32 as f64,
        IsFinite => x.is_finite() as i32 as f64,
        IsNan => x.is_nan() as i32 as f64,
        IsInf => x.is_infinite() as i32 as f64,
        BitwiseNot => return None,
    })
}

fn is_test(op: UnaryOp) -> bool {
    matches!(op, UnaryOp::LogicalNot | UnaryOp::IsFinite | UnaryOp::IsNan | UnaryOp::IsInf)
}

/// Values around everything that functions treat specially.
fn samples() -> Vec<f64> {
    let mut out = vec![0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    for v in [1e-45, 1e-40, 1.2e-38, 1e-20, 1e-5, 0.1, 0.5, 0.7, 1.0, 1.5, 2.0, 2.5, 3.0, 10.0, 17.3, 88.0] {
        out.extend([v, -v]);
    }
    for v in [88.7, 89.5, 103.0, 104.5, 150.0, 1000.0, 65504.0, 1e6, 1.1e6, 1e9, 3e20, 3.4e38] {
        out.extend([v, -v]);
    }
    let n = if cfg!(miri) { 20 } else { 20_000 };
    for i in 0..n {
        let t = i as f64 / n as f64;
        out.extend([t * 2.0 - 1.0, (t - 0.5) * 24.0, (t - 0.5) * 220.0, (t * 170.0 - 85.0).exp()]);
    }
    out
}

fn evaluate(op: UnaryOp, dtype: DType, values: &[f64]) -> (Vec<Value>, Vec<Value>) {
    let l = Layout::contiguous(dtype, &[values.len() as i64]).unwrap();
    let out_layout = if is_test(op) { l.with_dtype(DType::Bool) } else { l };
    let mut x = Tensor::with(l, |i| Scalar::float(DType::F64, values[i]));
    let mut out = Tensor::new(out_layout);
    run(&*unary(op, dtype, &out_layout, &l).unwrap(), &[out.address(), x.address()]);
    (x.values(), out.values())
}

#[test]
fn floats_are_close_to_f64() {
    crate::isa::on_each_level(check_floats);
}

fn check_floats() {
    use UnaryOp::*;
    let values = samples();
    for op in ALL {
        if op == BitwiseNot {
            continue;
        }
        for dtype in [DType::F32, DType::F64, DType::F16, DType::BF16] {
            // Relative error in units of f32's, absolute error.
            let (ulps, absolute) = match (op, dtype) {
                (Gelu | GeluTanh, DType::F64) => (1e-6, 1e-13),
                (_, DType::F64) => (1e-8, 1e-300),
                // Cancellation: only absolutely accurate for large negative arguments.
                (Gelu, _) => (4.0, 1.5e-6),
                // The exponent of e^2u multiplies its rounding.
                (GeluTanh, _) => (20.0, 1e-8),
                (Sigmoid | Silu | Exp, _) => (3.0, 1e-36),
                (Erf | Rsqrt, _) => (2.0, 1e-44),
                _ => (1.001, 1.5e-45),
            };
            let (half_ulp, smallest) = match dtype {
                DType::F16 => (2f64.powi(-11), 2f64.powi(-25)),
                DType::BF16 => (2f64.powi(-8), 1e-40),
                _ => (0.0, 0.0),
            };
            let largest = match dtype {
                DType::F16 => 65504.0,
                DType::BF16 => 3.38953139e38,
                DType::F32 => f32::MAX as f64,
                _ => f64::MAX,
            };
            let (x, got) = evaluate(op, dtype, &values);
            for (x, got) in x.iter().zip(got) {
                let x = x.float();
                let want = reference(op, x).unwrap();
                let (got, near) = (got.float(), ulps * 2f64.powi(-24) + half_ulp);
                let overflow = want.abs() > largest * (1.0 - 2.0 * near) && got.abs() >= largest * 0.99;
                assert!(
                    (overflow && got.signum() == want.signum())
                        || Value::Float(got).close(Value::Float(want), near * 1.001, absolute + smallest),
                    "{op:?} {dtype}: {x:e} gives {got:e} instead of {want:e}, off by {:.2} f32 half-ulps",
                    (got - want).abs() / want.abs() * 2f64.powi(24),
                );
            }
        }
    }
}

#[test]
fn signs_of_zero_survive() {
    crate::isa::on_each_level(check_signs_of_zero);
}

fn check_signs_of_zero() {
    use UnaryOp::*;
    for op in [
        Neg, Sqrt, Sin, Tan, Tanh, Sinh, Expm1, Erf, Asin, Atan, Asinh, Atanh, Ceil, Floor, Round, Trunc,
        Relu,
    ] {
        for dtype in [DType::F32, DType::F64] {
            let (_, got) = evaluate(op, dtype, &[-0.0, 0.0]);
            let got: Vec<bool> = got.iter().map(|v| v.float().is_sign_negative()).collect();
            assert_eq!(got, if op == Neg { [false, true] } else { [true, false] }, "{op:?} {dtype}");
        }
    }
}

#[test]
fn integers_are_exact() {
    for dtype in DType::ALL.into_iter().filter(|t| t.is_integer()) {
        let bits = dtype.size() as u32 * 8;
        let signed = matches!(dtype, DType::I8 | DType::I16 | DType::I32 | DType::I64);
        let l = Layout::contiguous(dtype, &[64]).unwrap();
        let mut x =
            Tensor::with(l, |i| Scalar::int(DType::I64, (1i64 << i).wrapping_sub((i % 3) as i64 - 1)));
        let wrap = |v: i128| {
            let low = v & ((1i128 << bits) - 1);
            if signed && low >> (bits - 1) != 0 { low - (1i128 << bits) } else { low }
        };
        for op in
            [UnaryOp::Abs, UnaryOp::Neg, UnaryOp::Sign, UnaryOp::Square, UnaryOp::BitwiseNot, UnaryOp::Relu]
        {
            let mut out = Tensor::new(l);
            run(&*unary(op, dtype, &l, &l).unwrap(), &[out.address(), x.address()]);
            for (x, got) in x.values().into_iter().zip(out.values()) {
                let x = x.int();
                let want = match op {
                    UnaryOp::Abs => wrap(x.abs()),
                    UnaryOp::Neg => wrap(-x),
                    UnaryOp::Sign => x.signum(),
                    UnaryOp::Square => wrap(x.wrapping_mul(x)),
                    UnaryOp::Relu => x.max(0),
                    _ => wrap(!x),
                };
                assert_eq!(got, Value::Int(want), "{op:?} {dtype} of {x}");
            }
        }
    }
}

#[test]
fn complex_functions() {
    use UnaryOp::*;
    let at = |i: usize| Complex64::new((i as f64 - 7.3) * 0.61, (i as f64 * 0.7).sin() * 2.0);
    for (dtype, tolerance) in [(DType::C128, 1e-13), (DType::C64, 3e-7)] {
        let l = Layout::contiguous(dtype, &[16]).unwrap();
        for op in [Neg, Exp, Log, Sqrt, Rsqrt, Sin, Cos, Tanh, Sigmoid, Reciprocal, Square, Abs] {
            let out_layout = if op == Abs { l.with_dtype(DType::F64) } else { l };
            let mut x = Tensor::with(l, |i| Scalar::complex(DType::C128, at(i)));
            let mut out = Tensor::new(out_layout);
            run(&*unary(op, dtype, &out_layout, &l).unwrap(), &[out.address(), x.address()]);
            for (z, got) in x.values().into_iter().zip(out.values()) {
                let z = z.complex();
                let one = Complex64::new(1.0, 0.0);
                let want = match op {
                    Neg => -z,
                    Exp => Complex64::from_polar(z.re.exp(), z.im),
                    Log => Complex64::new(z.norm().ln(), z.im.atan2(z.re)),
                    Sqrt => Complex64::from_polar(z.norm().sqrt(), z.im.atan2(z.re) / 2.0),
                    Rsqrt => one / Complex64::from_polar(z.norm().sqrt(), z.im.atan2(z.re) / 2.0),
                    Sin => Complex64::new(z.re.sin() * z.im.cosh(), z.re.cos() * z.im.sinh()),
                    Cos => Complex64::new(z.re.cos() * z.im.cosh(), -z.re.sin() * z.im.sinh()),
                    Tanh => ((z * 2.0).exp() - one) / ((z * 2.0).exp() + one),
                    Sigmoid => one / (one + (-z).exp()),
                    Reciprocal => one / z,
                    Square => z * z,
                    _ => Complex64::new(z.norm(), 0.0),
                };
                let near =
                    Value::Complex(got.complex()).close(Value::Complex(want), tolerance, tolerance * 9.0);
                assert!(near, "{op:?} {dtype}: {z} gives {got:?} instead of {want}");
            }
        }
    }
}

#[test]
fn unsuitable_types_are_refused() {
    let l = Layout::contiguous(DType::I32, &[2]).unwrap();
    assert!(unary(UnaryOp::Exp, DType::I32, &l, &l).is_err());
    assert!(unary(UnaryOp::Gelu, DType::C64, &l, &l).is_err());
    assert!(unary(UnaryOp::BitwiseNot, DType::F32, &l, &l).is_err());
    // Integers may be computed in f32 and converted back.
    assert!(unary(UnaryOp::Exp, DType::F32, &l, &l).is_ok());
}
