use super::*;
use crate::testkit::{Form, Rng, Tensor, Threads, run};
use npu_types::{DTypeSet, Serial};

const OPS: [ReduceOp; 11] = [
    ReduceOp::Sum,
    ReduceOp::Mean,
    ReduceOp::Prod,
    ReduceOp::Max,
    ReduceOp::Min,
    ReduceOp::Count,
    ReduceOp::SumMagnitudes,
    ReduceOp::SumSquares,
    ReduceOp::Length,
    ReduceOp::Any,
    ReduceOp::All,
];

/// Whether `reduce` accepts the pair.
fn supported(op: ReduceOp, t: DType) -> bool {
    match op {
        ReduceOp::Mean => t.is_float() || t.is_complex(),
        ReduceOp::Max | ReduceOp::Min => !t.is_complex(),
        ReduceOp::Count | ReduceOp::SumMagnitudes | ReduceOp::SumSquares | ReduceOp::Length => t.is_float(),
        _ => true,
    }
}

fn kept_dims(dims: &[i64], axes: u32) -> Vec<i64> {
    dims.iter().enumerate().map(|(i, &d)| if axes & (1 << i) != 0 { 1 } else { d }).collect()
}

/// Positions of `x` that each output is made of, by definition.
fn groups(dims: &[i64], axes: u32) -> Vec<Vec<usize>> {
    let kept = kept_dims(dims, axes);
    let mut out = vec![Vec::new(); kept.iter().product::<i64>() as usize];
    for i in 0..dims.iter().product::<i64>() as usize {
        let (mut rest, mut to, mut step) = (i, 0, 1);
        for axis in (0..dims.len()).rev() {
            let index = rest % dims[axis] as usize;
            rest /= dims[axis] as usize;
            if kept[axis] != 1 {
                to += index * step;
            }
            step *= kept[axis] as usize;
        }
        out[to].push(i);
    }
    out
}

fn expected(op: ReduceOp, values: &[Complex64]) -> Complex64 {
    let reals = values.iter().map(|v| v.re);
    let nan = values.iter().any(|v| v.re.is_nan());
    let flag = |b: bool| Complex64::new(b as u8 as f64, 0.0);
    match op {
        ReduceOp::Sum => values.iter().sum(),
        ReduceOp::Mean => values.iter().sum::<Complex64>() / values.len() as f64,
        ReduceOp::Prod => values.iter().product(),
        ReduceOp::Max | ReduceOp::Min if nan => Complex64::new(f64::NAN, 0.0),
        ReduceOp::Max => Complex64::new(reals.fold(f64::NEG_INFINITY, f64::max), 0.0),
        ReduceOp::Min => Complex64::new(reals.fold(f64::INFINITY, f64::min), 0.0),
        ReduceOp::Count => Complex64::new(reals.filter(|v| *v != 0.0).count() as f64, 0.0),
        ReduceOp::SumMagnitudes => Complex64::new(reals.map(f64::abs).sum(), 0.0),
        ReduceOp::SumSquares => Complex64::new(reals.map(|v| v * v).sum(), 0.0),
        ReduceOp::Length => Complex64::new(reals.map(|v| v * v).sum::<f64>().sqrt(), 0.0),
        ReduceOp::Any => flag(values.iter().any(|v| *v != Complex64::ZERO)),
        ReduceOp::All => flag(values.iter().all(|v| *v != Complex64::ZERO)),
    }
}

fn check(op: ReduceOp, out: &Tensor, x: &Tensor, axes: u32) {
    let dtype = out.layout.dtype();
    let (values, got, ints) = (x.complexes(), out.complexes(), out.ints());
    for (to, group) in groups(x.layout.dims(), axes).iter().enumerate() {
        let what = || format!("{op:?} {:?} {axes:#b} to {:?} at {to}", x.layout, out.layout);
        if dtype == DType::I64 {
            let ints = group.iter().map(|&i| x.get::<i64>(i));
            match op {
                ReduceOp::Sum => {
                    assert_eq!(out.get::<i64>(to), ints.fold(0, i64::wrapping_add), "{}", what())
                }
                ReduceOp::Prod => {
                    assert_eq!(out.get::<i64>(to), ints.fold(1, i64::wrapping_mul), "{}", what())
                }
                _ => assert_eq!(
                    out.ints()[to],
                    expected(op, &group.iter().map(|&i| values[i]).collect::<Vec<_>>()).re as i64
                ),
            }
            continue;
        }
        let group: Vec<Complex64> = group.iter().map(|&i| values[i]).collect();
        let want = expected(op, &group);
        if dtype.is_integer() || dtype == DType::Bool {
            assert_eq!(ints[to], want.re as i64, "{}", what());
            continue;
        }
        if want.re.is_nan() {
            assert!(got[to].re.is_nan(), "{}", what());
            continue;
        }
        let unit = match dtype {
            DType::F16 => 1e-3,
            DType::BF16 => 8e-3,
            DType::F32 | DType::C64 => 1e-6,
            _ => 1e-12,
        };
        let error = (got[to] - want).norm();
        if dtype == DType::F16 && want.re > 65504.0 {
            assert_eq!(got[to].re, f64::INFINITY, "{}", what());
            continue;
        }
        assert!(got[to] == want || error <= unit * (1.0 + want.norm()), "{}: {} not {want}", what(), got[to]);
    }
}

fn reduced(op: ReduceOp, out_type: DType, form: Form, x: &Tensor, axes: u32, par: &dyn Parallel) -> Tensor {
    let out = Tensor::blank(out_type, &kept_dims(x.layout.dims(), axes), form);
    let kernel = reduce(op, x.layout.dtype(), &out.layout, &x.layout, axes).unwrap();
    run(&*kernel, &[&out, x], par).unwrap();
    out
}

/// What PyTorch would answer with: i64 for sums of integers, bool for any and all.
fn out_type(op: ReduceOp, t: DType) -> DType {
    match op {
        ReduceOp::Any | ReduceOp::All => DType::Bool,
        ReduceOp::Sum | ReduceOp::Prod if t.is_integer() || t == DType::Bool => DType::I64,
        _ => t,
    }
}

fn random(op: ReduceOp, dtype: DType, dims: &[i64], form: Form, rng: &mut Rng) -> Tensor {
    let mut t = Tensor::blank(dtype, dims, form);
    for i in 0..t.layout.numel() {
        let re = match op {
            ReduceOp::Any | ReduceOp::All => (rng.below(8) == 0) as u8 as f64,
            ReduceOp::Prod if !dtype.is_integer() => rng.pick(&[-1.0, 1.0, 1.0, 2.0, 0.5]),
            _ if dtype == DType::U64 => rng.below(100) as f64,
            _ if dtype.is_integer() => rng.below(100) as f64 - 20.0,
            _ => rng.unit(),
        };
        t.set(
            i,
            Complex64::new(re, if dtype.is_complex() && op != ReduceOp::Prod { rng.unit() } else { 0.0 }),
        );
    }
    t
}

#[test]
fn every_op_type_form_and_axes() {
    let mut rng = Rng(3);
    for op in OPS {
        for t in DTypeSet::ALL.iter().filter(|&t| supported(op, t)) {
            for form in Form::INPUTS {
                for axes in 0..8 {
                    let dims = [1 + rng.below(4) as i64, 1 + rng.below(5) as i64, 1 + rng.below(9) as i64];
                    let x = random(op, t, &dims, form, &mut rng);
                    let out = reduced(op, out_type(op, t), rng.pick(&Form::OUTPUTS), &x, axes, &Serial);
                    check(op, &out, &x, axes);
                }
            }
        }
    }
}

#[test]
fn blocks_and_pieces() {
    let mut rng = Rng(5);
    for op in OPS {
        for t in [DType::F32, DType::F16, DType::I32, DType::U8, DType::C64]
            .into_iter()
            .filter(|&t| supported(op, t))
        {
            for (dims, axes) in [
                (&[700, 3][..], 0b01),
                (&[3, 700][..], 0b01),
                (&[3, 700][..], 0b10),
                (&[600][..], 1),
                (&[140_000][..], 1),
            ] {
                let x = random(op, t, dims, rng.pick(&Form::OUTPUTS), &mut rng);
                let out = reduced(op, out_type(op, t), Form::Contiguous, &x, axes, &Serial);
                if dims[0] < 1000 || op != ReduceOp::Prod {
                    check(op, &out, &x, axes);
                }
                let again = reduced(op, out_type(op, t), Form::Contiguous, &x, axes, &Threads(3));
                assert_eq!(out.bytes(), again.bytes(), "{op:?} {t} {dims:?}: parallel differs from serial");
            }
        }
    }
    let x = random(ReduceOp::Sum, DType::F32, &[300, 2000], Form::Contiguous, &mut rng);
    for axes in 1..4 {
        let [a, b] = [&Serial as &dyn Parallel, &Threads(2)]
            .map(|par| reduced(ReduceOp::Sum, DType::F32, Form::Sliced, &x, axes, par));
        assert_eq!(a.bytes(), b.bytes());
    }
}

#[test]
fn nothing_and_scalars() {
    for (op, want) in
        [(ReduceOp::Sum, 0.0), (ReduceOp::Prod, 1.0), (ReduceOp::Any, 0.0), (ReduceOp::All, 1.0)]
    {
        for dims in [&[0][..], &[2, 0], &[0, 3]] {
            let x = Tensor::blank(DType::F32, dims, Form::Contiguous);
            let out = reduced(op, DType::F32, Form::Contiguous, &x, (1 << dims.len()) - 1, &Serial);
            assert_eq!(out.reals(), [want], "{op:?} {dims:?}");
        }
        let x = Tensor::blank(DType::F32, &[2, 0], Form::Contiguous);
        assert_eq!(reduced(op, DType::F32, Form::Sliced, &x, 0b10, &Serial).reals(), [want; 2]);
        let x = Tensor::blank(DType::F32, &[0, 3], Form::Contiguous);
        assert_eq!(reduced(op, DType::F32, Form::Transposed, &x, 0b01, &Serial).reals(), [want; 3]);
        assert_eq!(reduced(op, DType::F32, Form::Contiguous, &x, 0b10, &Serial).layout.numel(), 0);
    }
    let x = Tensor::blank(DType::F64, &[0, 2], Form::Contiguous);
    assert!(
        reduced(ReduceOp::Mean, DType::F64, Form::Contiguous, &x, 1, &Serial)
            .reals()
            .iter()
            .all(|v| v.is_nan())
    );
    let x = Tensor::new(DType::F16, &[], Form::Contiguous, |_| 2.5);
    assert_eq!(reduced(ReduceOp::Sum, DType::F32, Form::Contiguous, &x, 0, &Serial).reals(), [2.5]);
}

#[test]
fn nan_and_infinity() {
    for t in DTypeSet::FLOATS.iter() {
        for position in [0, 1, 70, 99] {
            let x =
                Tensor::new(
                    t,
                    &[2, 100],
                    Form::Contiguous,
                    |i| if i == position { f64::NAN } else { i as f64 },
                );
            for op in [ReduceOp::Max, ReduceOp::Min] {
                let rows = reduced(op, t, Form::Contiguous, &x, 0b10, &Serial).reals();
                assert!(rows[0].is_nan() && !rows[1].is_nan(), "{op:?} {t} {position}");
                let columns = reduced(op, t, Form::Contiguous, &x, 0b01, &Serial).reals();
                assert!(columns.iter().enumerate().all(|(i, v)| v.is_nan() == (i == position)));
            }
            assert_eq!(reduced(ReduceOp::Any, DType::Bool, Form::Contiguous, &x, 0b11, &Serial).ints(), [1]);
        }
        let x = Tensor::new(t, &[3], Form::Contiguous, |i| [f64::INFINITY, 1.0, f64::NEG_INFINITY][i]);
        assert_eq!(reduced(ReduceOp::Max, t, Form::Contiguous, &x, 1, &Serial).reals(), [f64::INFINITY]);
        assert_eq!(reduced(ReduceOp::Min, t, Form::Contiguous, &x, 1, &Serial).reals(), [f64::NEG_INFINITY]);
        assert!(reduced(ReduceOp::Sum, t, Form::Contiguous, &x, 1, &Serial).reals()[0].is_nan());
    }
}

#[test]
fn extremes_of_integers_are_exact() {
    for (t, low, high) in
        [(DType::I64, i64::MIN, i64::MAX), (DType::U64, 0, -1), (DType::U32, 0, u32::MAX as i64)]
    {
        let x = Tensor::blank(t, &[3], Form::Contiguous);
        for (i, v) in [high.wrapping_sub(1), low, high].into_iter().enumerate() {
            crate::elem::dispatch!(int t, T => {
                // SAFETY: element `i` of the tensor.
                unsafe { x.ptr().cast::<T>().wrapping_add(i).write(v as T) }
            }, else ());
        }
        assert_eq!(reduced(ReduceOp::Max, t, Form::Contiguous, &x, 1, &Serial).ints(), [high]);
        assert_eq!(reduced(ReduceOp::Min, t, Form::Contiguous, &x, 1, &Serial).ints(), [low]);
    }
}

#[test]
fn eight_dimensions() {
    let mut rng = Rng(23);
    for axes in [0b1010_1010, 0b0101_0101, 0b1111_0000, 0b1111_1111, 0b0000_0110] {
        let x = random(ReduceOp::Sum, DType::F32, &[2, 3, 1, 2, 2, 1, 3, 2], Form::Transposed, &mut rng);
        check(
            ReduceOp::Sum,
            &reduced(ReduceOp::Sum, DType::F32, Form::Reversed, &x, axes, &Serial),
            &x,
            axes,
        );
    }
}

#[test]
fn long_f32_sums_stay_near_the_exact_one() {
    let mut rng = Rng(29);
    for (dims, axes) in [(&[200_000, 1][..], 1), (&[100_000, 2][..], 1)] {
        let x = Tensor::new(DType::F32, dims, Form::Contiguous, |_| 0.1);
        for v in reduced(ReduceOp::Sum, DType::F32, Form::Contiguous, &x, axes, &Serial).reals() {
            let want = dims[0] as f64 * 0.1f32 as f64;
            assert!((v - want).abs() / want < 5e-7, "{v} not {want}");
        }
    }
    let x = random(ReduceOp::Sum, DType::BF16, &[5000], Form::Contiguous, &mut rng);
    check(ReduceOp::Sum, &reduced(ReduceOp::Sum, DType::F32, Form::Contiguous, &x, 1, &Serial), &x, 1);
}

#[test]
fn misfits_are_refused() {
    let l = |t, d: &[i64]| Layout::contiguous(t, d).unwrap();
    let x = l(DType::F32, &[2, 3]);
    assert!(matches!(
        reduce(ReduceOp::Sum, DType::F32, &l(DType::F32, &[2]), &x, 2),
        Err(KernelError::Shape { .. })
    ));
    assert!(matches!(
        reduce(ReduceOp::Sum, DType::F32, &l(DType::F32, &[2, 3]), &x, 2),
        Err(KernelError::Shape { .. })
    ));
    let x = l(DType::I32, &[2, 3]);
    assert!(matches!(
        reduce(ReduceOp::Mean, DType::I32, &l(DType::F32, &[2, 1]), &x, 2),
        Err(KernelError::DType { .. })
    ));
    let x = l(DType::C64, &[2, 3]);
    assert!(matches!(
        reduce(ReduceOp::Max, DType::C64, &l(DType::C64, &[2, 1]), &x, 2),
        Err(KernelError::DType { .. })
    ));
}
