//! Arg-reductions, softmax, norms, selection and triangles against their definitions.

use crate::testkit::{Form, Rng, Tensor, Threads, run};
use crate::*;
use npu_types::{DType, DTypeSet, Layout, Parallel, Serial};

const REAL: DTypeSet = DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL);

fn tolerance(t: DType) -> f64 {
    match t {
        DType::F16 => 1e-3,
        DType::BF16 => 8e-3,
        DType::F32 => 2e-6,
        _ => 1e-12,
    }
}

fn near(got: f64, want: f64, unit: f64, what: &dyn Fn() -> String) {
    let fits =
        got == want || got.is_nan() && want.is_nan() || (got - want).abs() <= unit * (1.0 + want.abs());
    assert!(fits, "{}: {got} not {want}", what());
}

/// Row-major positions along `axis`, grouped.
fn rows(dims: &[i64], axis: usize) -> Vec<Vec<usize>> {
    let n = dims.get(axis).map_or(1, |&d| d as usize);
    let inner = dims.iter().skip(axis + 1).product::<i64>() as usize;
    let outer = dims[..axis].iter().product::<i64>() as usize;
    (0..outer * inner).map(|r| (0..n).map(|i| (r / inner * n + i) * inner + r % inner).collect()).collect()
}

fn one(dims: &[i64], axis: usize) -> Vec<i64> {
    let mut out = dims.to_vec();
    if let Some(d) = out.get_mut(axis) {
        *d = 1;
    }
    out
}

fn small(t: DType, dims: &[i64], form: Form, rng: &mut Rng) -> Tensor {
    let mut x = Tensor::blank(t, dims, form);
    for i in 0..x.layout.numel() {
        let v = if t == DType::Bool { rng.below(2) as f64 } else { rng.below(12) as f64 };
        x.set(i, npu_types::Complex64::new(v, 0.0));
    }
    x
}

#[test]
fn arg_reduce_finds_the_first() {
    let mut rng = Rng(31);
    for t in REAL.iter() {
        for (form, op) in Form::INPUTS.into_iter().flat_map(|f| [(f, ArgOp::Max), (f, ArgOp::Min)]) {
            for axis in 0..3 {
                let mut dims = [1 + rng.below(4) as i64, 1 + rng.below(4) as i64, 1 + rng.below(4) as i64];
                dims[axis] = 1 + rng.below(300) as i64;
                let x = small(t, &dims, form, &mut rng);
                let kept = one(&dims, axis);
                let index =
                    Tensor::blank(rng.pick(&[DType::I32, DType::I64]), &kept, rng.pick(&Form::OUTPUTS));
                let value = Tensor::blank(t, &kept, rng.pick(&Form::OUTPUTS));
                let kernel = arg_reduce(op, &index.layout, Some(&value.layout), &x.layout, axis).unwrap();
                run(&*kernel, &[&index, &value, &x], &Serial).unwrap();
                let values = x.reals();
                for (i, row) in rows(&dims, axis).iter().enumerate() {
                    let mut best = 0;
                    for (j, &at) in row.iter().enumerate() {
                        let (a, b) = (values[at], values[row[best]]);
                        if if op == ArgOp::Max { a > b } else { a < b } {
                            best = j;
                        }
                    }
                    assert_eq!(
                        (index.ints()[i], value.reals()[i]),
                        (best as i64, values[row[best]]),
                        "{t} {form:?} {op:?}"
                    );
                }
                let alone = Tensor::blank(index.layout.dtype(), &kept, Form::Contiguous);
                let kernel = arg_reduce(op, &alone.layout, None, &x.layout, axis).unwrap();
                run(&*kernel, &[&alone, &x], &Threads(2)).unwrap();
                assert_eq!(alone.ints(), index.ints());
            }
        }
    }
}

#[test]
fn arg_reduce_of_nan_infinity_and_scalars() {
    for t in DTypeSet::FLOATS.iter() {
        for op in [ArgOp::Max, ArgOp::Min] {
            for first in [0, 1, 40, 299] {
                let x = Tensor::new(t, &[300], Form::Contiguous, |i| {
                    if i >= first && i % 2 == first % 2 { f64::NAN } else { 1.0 }
                });
                let (index, value) = (
                    Tensor::blank(DType::I64, &[1], Form::Contiguous),
                    Tensor::blank(t, &[1], Form::Contiguous),
                );
                let kernel = arg_reduce(op, &index.layout, Some(&value.layout), &x.layout, 0).unwrap();
                run(&*kernel, &[&index, &value, &x], &Serial).unwrap();
                assert_eq!(index.ints(), [first as i64]);
                assert!(value.reals()[0].is_nan());
            }
            let x = Tensor::new(t, &[2], Form::Contiguous, |_| {
                if op == ArgOp::Max { f64::NEG_INFINITY } else { f64::INFINITY }
            });
            let index = Tensor::blank(DType::I32, &[1], Form::Contiguous);
            run(&*arg_reduce(op, &index.layout, None, &x.layout, 0).unwrap(), &[&index, &x], &Serial)
                .unwrap();
            assert_eq!(index.ints(), [0]);
        }
    }
    let (index, x) = (
        Tensor::blank(DType::I64, &[], Form::Contiguous),
        Tensor::new(DType::U8, &[], Form::Contiguous, |_| 3.0),
    );
    run(&*arg_reduce(ArgOp::Max, &index.layout, None, &x.layout, 0).unwrap(), &[&index, &x], &Serial)
        .unwrap();
    assert_eq!(index.ints(), [0]);
    let empty = Layout::contiguous(DType::F32, &[2, 0]).unwrap();
    let kept = Layout::contiguous(DType::I64, &[2, 1]).unwrap();
    assert!(matches!(arg_reduce(ArgOp::Max, &kept, None, &empty, 1), Err(KernelError::Shape { .. })));
}

fn softmax_row(log: bool, x: &[f64]) -> Vec<f64> {
    let largest = x.iter().fold(f64::NEG_INFINITY, |m, v| if v.is_nan() { *v } else { m.max(*v) });
    let sum: f64 = x.iter().map(|v| (v - largest).exp()).sum();
    x.iter().map(|v| if log { v - largest - sum.ln() } else { (v - largest).exp() / sum }).collect()
}

fn check_softmax(log: bool, out: &Tensor, before: &Tensor, axis: usize) {
    let (got, values) = (out.reals(), before.reals());
    for row in rows(before.layout.dims(), axis) {
        let want = softmax_row(log, &row.iter().map(|&i| values[i]).collect::<Vec<_>>());
        for (&i, want) in row.iter().zip(want) {
            near(got[i], want, tolerance(out.layout.dtype()), &|| {
                format!("{log} {:?} {:?} {axis}", before.layout, out.layout)
            });
        }
    }
}

#[test]
fn softmax_along_any_axis() {
    let mut rng = Rng(37);
    for (tx, to) in DTypeSet::FLOATS.iter().flat_map(|a| DTypeSet::FLOATS.iter().map(move |b| (a, b))) {
        if tx == DType::F64 && to != DType::F64 {
            continue;
        }
        for (form, log) in Form::INPUTS.into_iter().flat_map(|f| [(f, false), (f, true)]) {
            for axis in 0..3 {
                let mut dims = [1 + rng.below(4) as i64, 1 + rng.below(3) as i64, 1 + rng.below(4) as i64];
                dims[axis] = 1 + rng.below(400) as i64;
                let mut x = Tensor::blank(tx, &dims, form);
                for i in 0..x.layout.numel() {
                    x.set(i, npu_types::Complex64::new(rng.unit() * 8.0, 0.0));
                }
                let out = Tensor::blank(to, &dims, rng.pick(&Form::OUTPUTS));
                run(&*softmax(log, &out.layout, &x.layout, axis).unwrap(), &[&out, &x], &Serial).unwrap();
                if to == DType::F64 && tx != DType::F64 {
                    assert!(out.reals().iter().all(|v| v.is_finite()));
                } else {
                    check_softmax(log, &out, &x, axis);
                }
                if form != Form::Expanded {
                    let before = x.clone();
                    run(&*softmax(log, &x.layout, &x.layout, axis).unwrap(), &[&x, &x], &Threads(2)).unwrap();
                    check_softmax(log, &x, &before, axis);
                }
            }
        }
    }
}

#[test]
fn softmax_of_infinities_and_nothing() {
    let inf = f64::INFINITY;
    for t in DTypeSet::FLOATS.iter() {
        for log in [false, true] {
            for row in [
                [-inf, -inf, -inf],
                [-inf, 0.0, -inf],
                [inf, 0.0, 1.0],
                [f64::NAN, 0.0, 1.0],
                [0.0, -200.0, -90.0],
            ] {
                let x = Tensor::new(t, &[2, 40], Form::Contiguous, |i| row[i % 40 % 3]);
                let out = Tensor::blank(t, &[2, 40], Form::Contiguous);
                run(&*softmax(log, &out.layout, &x.layout, 1).unwrap(), &[&out, &x], &Serial).unwrap();
                check_softmax(log, &out, &x, 1);
            }
        }
        let x = Tensor::blank(t, &[3, 0], Form::Contiguous);
        for axis in 0..2 {
            run(&*softmax(true, &x.layout, &x.layout, axis).unwrap(), &[&x, &x], &Serial).unwrap();
        }
        let (x, out) =
            (Tensor::new(t, &[], Form::Contiguous, |_| 5.0), Tensor::blank(t, &[], Form::Contiguous));
        run(&*softmax(false, &out.layout, &x.layout, 0).unwrap(), &[&out, &x], &Serial).unwrap();
        assert_eq!(out.reals(), [1.0]);
    }
    let x = Layout::contiguous(DType::I32, &[2]).unwrap();
    assert!(matches!(softmax(false, &x, &x, 0), Err(KernelError::DType { .. })));
    assert!(matches!(softmax(false, &x, &x, 1), Err(KernelError::Shape { .. })));
}

/// One configuration of a norm, compared with the definition in f64.
fn check_norm(centre: bool, t: DType, dims: &[i64], norm_rank: usize, par: &dyn Parallel, rng: &mut Rng) {
    let lead = dims.len() - norm_rank;
    let mut kept = dims.to_vec();
    kept[lead..].fill(1);
    let seed = rng.next();
    let affine = |salt: u64| {
        let mut rng = Rng(seed ^ salt);
        let form = rng.pick(&Form::INPUTS);
        let mut t = Tensor::blank(rng.pick(&[t, DType::F32]), &dims[lead..], form);
        (0..t.layout.numel()).for_each(|i| t.set(i, npu_types::Complex64::new(rng.unit(), 0.0)));
        t
    };
    let form = rng.pick(&Form::INPUTS);
    let mut x = Tensor::blank(t, dims, form);
    (0..x.layout.numel()).for_each(|i| x.set(i, npu_types::Complex64::new(rng.unit() * 3.0 + 1.0, 0.0)));
    let out = Tensor::blank(t, dims, rng.pick(&Form::OUTPUTS));
    let (mean, rstd) =
        (Tensor::blank(DType::F32, &kept, Form::Sliced), Tensor::blank(t, &kept, Form::Contiguous));
    let (weight, bias) = (affine(1), affine(2));
    let [with_mean, with_rstd, with_weight, with_bias] = [0, 1, 2, 3].map(|b| seed >> (20 + b) & 1 == 1);
    let (with_mean, with_bias, with_weight) =
        (with_mean && centre, with_bias && centre, with_weight || !centre);
    let eps = 1e-5;
    let given = |with: bool, t: &Tensor| with.then_some(t.layout);
    let (m, r, w, b) = (
        given(with_mean, &mean),
        given(with_rstd, &rstd),
        given(with_weight, &weight),
        given(with_bias, &bias),
    );
    let kernel = if centre {
        layer_norm(&out.layout, m.as_ref(), r.as_ref(), &x.layout, w.as_ref(), b.as_ref(), norm_rank, eps)
    } else {
        rms_norm(&out.layout, r.as_ref(), &x.layout, &weight.layout, norm_rank, eps)
    };
    let all = [
        (true, &out),
        (with_mean, &mean),
        (with_rstd, &rstd),
        (true, &x),
        (with_weight, &weight),
        (with_bias, &bias),
    ];
    let operands: Vec<&Tensor> = all.into_iter().filter(|o| o.0).map(|o| o.1).collect();
    run(&*kernel.unwrap(), &operands, par).unwrap();
    let n = dims[lead..].iter().product::<i64>() as usize;
    let values = x.reals();
    let (got, gm, gr, w, b) = (out.reals(), mean.reals(), rstd.reals(), weight.reals(), bias.reals());
    for (r, row) in values.chunks(n.max(1)).enumerate() {
        let centre_at = if centre { row.iter().sum::<f64>() / n as f64 } else { 0.0 };
        let scale = 1.0 / (row.iter().map(|v| (v - centre_at).powi(2)).sum::<f64>() / n as f64 + eps).sqrt();
        let what = || format!("{centre} {t} {dims:?} {norm_rank} {form:?} row {r}");
        if with_mean {
            near(gm[r], centre_at, 1e-6, &what);
        }
        if with_rstd {
            near(gr[r], scale, tolerance(t), &what);
        }
        for (i, v) in row.iter().enumerate() {
            let mut want = (v - centre_at) * scale;
            want = if with_weight { want * w[i] } else { want };
            want = if with_bias { want + b[i] } else { want };
            near(got[r * n + i], want, 4.0 * tolerance(t), &what);
        }
    }
}

#[test]
fn norms_follow_their_definition() {
    let mut rng = Rng(41);
    for t in DTypeSet::FLOATS.iter() {
        for centre in [true, false] {
            for round in 0..40 {
                let dims = [
                    1 + rng.below(3) as i64,
                    1 + rng.below(4) as i64,
                    1 + rng.below(6) as i64,
                    1 + rng.below(300) as i64,
                ];
                let par: &dyn Parallel = if round % 2 == 0 { &Serial } else { &Threads(2) };
                check_norm(centre, t, &dims, 1 + round % 3, par, &mut rng);
            }
            check_norm(centre, t, &[2, 1, 2, 1, 2, 2, 3, 4], 3, &Serial, &mut rng);
            check_norm(centre, t, &[0, 4], 1, &Serial, &mut rng);
            check_norm(centre, t, &[5, 5000], 1, &Serial, &mut rng);
        }
    }
}

#[test]
fn a_norm_may_overwrite_its_input() {
    let x = Tensor::new(DType::F32, &[3, 700], Form::Contiguous, |i| (i % 13) as f64);
    let out = Tensor::blank(DType::F32, &[3, 700], Form::Contiguous);
    let kernel = layer_norm(&out.layout, None, None, &x.layout, None, None, 1, 1e-5).unwrap();
    run(&*kernel, &[&out, &x], &Serial).unwrap();
    run(&*kernel, &[&x, &x], &Serial).unwrap();
    assert_eq!(x.bytes(), out.bytes());
    let bad = Layout::contiguous(DType::F32, &[3]).unwrap();
    assert!(matches!(
        layer_norm(&out.layout, None, None, &x.layout, Some(&bad), None, 1, 0.0),
        Err(KernelError::Shape { .. })
    ));
    assert!(matches!(
        rms_norm(&out.layout, Some(&bad), &x.layout, &bad, 1, 0.0),
        Err(KernelError::Shape { .. })
    ));
}

#[test]
fn index_select_takes_slices() {
    let mut rng = Rng(43);
    for t in DTypeSet::ALL.iter() {
        for form in Form::INPUTS {
            for (axis, index_dims) in [(0, &[5][..]), (1, &[2, 3]), (2, &[]), (1, &[0]), (0, &[4, 1, 2])] {
                let dims = [1 + rng.below(4) as i64, 1 + rng.below(4) as i64, 1 + rng.below(4) as i64];
                let x = small(t, &dims, form, &mut rng);
                let mut index =
                    Tensor::blank(rng.pick(&[DType::I32, DType::I64]), index_dims, rng.pick(&Form::INPUTS));
                for i in 0..index.layout.numel() {
                    index.set(i, npu_types::Complex64::new(rng.below(dims[axis] as usize) as f64, 0.0));
                }
                let out_dims = [&dims[..axis], index_dims, &dims[axis + 1..]].concat();
                let out = Tensor::blank(t, &out_dims, rng.pick(&Form::OUTPUTS));
                let kernel = index_select(&out.layout, &x.layout, axis, &index.layout).unwrap();
                run(&*kernel, &[&out, &x, &index], &Threads(2)).unwrap();
                let inner = dims[axis + 1..].iter().product::<i64>() as usize;
                let (n, k) = (dims[axis] as usize, index.layout.numel());
                let (xs, at) = (x.complexes(), index.ints());
                let want: Vec<_> = (0..out.layout.numel())
                    .map(|i| (i / inner / k, i / inner % k, i % inner))
                    .map(|(o, j, r)| xs[(o * n + at[j] as usize) * inner + r])
                    .collect();
                assert_eq!(out.complexes(), want, "{t} {form:?} {axis} {index_dims:?}");
            }
        }
    }
}

#[test]
fn index_select_in_parallel_and_out_of_range() {
    let x = Tensor::new(DType::F32, &[100, 512], Form::Contiguous, |i| i as f64);
    let mut index = Tensor::new(DType::I64, &[1000], Form::Contiguous, |i| (i * 7 % 100) as f64);
    let out = Tensor::blank(DType::F32, &[1000, 512], Form::Contiguous);
    let kernel = index_select(&out.layout, &x.layout, 0, &index.layout).unwrap();
    run(&*kernel, &[&out, &x, &index], &Threads(3)).unwrap();
    assert!((0..1000).all(|i| out.get::<f64>(i * 512 + 3) == ((i * 7 % 100) * 512 + 3) as f64));
    let blank = Tensor::blank(DType::F32, &[1000, 512], Form::Contiguous);
    for bad in [-1, 100] {
        index.set(17, npu_types::Complex64::new(bad as f64, 0.0));
        let fault = Fault::IndexOutOfRange { index: bad, position: 17, axis: 0, size: 100 };
        let untouched = blank.clone();
        assert_eq!(run(&*kernel, &[&untouched, &x, &index], &Threads(3)), Err(fault));
        assert_eq!(untouched.bytes(), blank.bytes());
    }
    let l = |t, d: &[i64]| Layout::contiguous(t, d).unwrap();
    let f = DType::F32;
    assert!(matches!(
        index_select(&l(f, &[2, 2]), &l(f, &[3, 2]), 0, &l(DType::I16, &[2])),
        Err(KernelError::DType { .. })
    ));
    assert!(matches!(
        index_select(&l(f, &[2, 3]), &l(f, &[3, 2]), 0, &l(DType::I64, &[2])),
        Err(KernelError::Shape { .. })
    ));
}

#[test]
fn triangles() {
    let mut rng = Rng(47);
    for t in DTypeSet::ALL.iter() {
        for (form, upper) in Form::INPUTS.into_iter().flat_map(|f| [(f, true), (f, false)]) {
            for diagonal in [0, 1, -1, 3, -3, 9, -9, i64::MAX, i64::MIN] {
                let dims = [2, 1 + rng.below(5) as i64, 1 + rng.below(5) as i64];
                let x = small(t, &dims, form, &mut rng);
                let want: Vec<_> = (x.complexes().into_iter().enumerate())
                    .map(|(i, v)| (i as i64 / dims[2] % dims[1], i as i64 % dims[2], v))
                    .map(|(i, j, v)| {
                        if if upper { j - i >= diagonal } else { j - i <= diagonal } { v } else { 0.0.into() }
                    })
                    .collect();
                let out = Tensor::blank(t, &dims, rng.pick(&Form::OUTPUTS));
                run(&*tri(upper, &out.layout, &x.layout, diagonal).unwrap(), &[&out, &x], &Serial).unwrap();
                assert_eq!(out.complexes(), want, "{t} {form:?} {upper} {diagonal}");
                if form != Form::Expanded {
                    run(&*tri(upper, &x.layout, &x.layout, diagonal).unwrap(), &[&x, &x], &Threads(2))
                        .unwrap();
                    assert_eq!(x.complexes(), want);
                }
            }
        }
    }
    let x = Layout::contiguous(DType::F32, &[3]).unwrap();
    assert!(matches!(tri(true, &x, &x, 0), Err(KernelError::Shape { .. })));
    let x = Tensor::blank(DType::F32, &[0, 3, 3], Form::Contiguous);
    run(&*tri(true, &x.layout, &x.layout, 0).unwrap(), &[&x, &x], &Serial).unwrap();
}
