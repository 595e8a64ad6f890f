//! Indexing against its definition.

use crate::testkit::{Form, Rng, Tensor, Threads, run};
use crate::*;
use npu_types::{Complex64, DType, DTypeSet, Layout};

fn filled(t: DType, dims: &[i64], form: Form, rng: &mut Rng) -> Tensor {
    let mut x = Tensor::blank(t, dims, form);
    for i in 0..x.layout.numel() {
        x.set(i, Complex64::new(rng.below(50) as f64, 0.0));
    }
    x
}

fn indices(dims: &[i64], size: i64, rng: &mut Rng) -> Tensor {
    let form = rng.pick(&Form::OUTPUTS);
    let mut index = Tensor::blank(rng.pick(&[DType::I32, DType::I64]), dims, form);
    for i in 0..index.layout.numel() {
        index.set(i, Complex64::new((rng.below(2 * size as usize) as i64 - size) as f64, 0.0));
    }
    index
}

/// Row-major coordinates of a position.
fn coordinates(mut position: usize, dims: &[i64]) -> Vec<usize> {
    let mut out = vec![0; dims.len()];
    for (axis, &dim) in dims.iter().enumerate().rev() {
        out[axis] = position % dim as usize;
        position /= dim as usize;
    }
    out
}

fn position(at: &[usize], dims: &[i64]) -> usize {
    at.iter().zip(dims).fold(0, |p, (&c, &d)| p * d as usize + c)
}

/// Where each element of the result comes from, by NumPy's rules for indices on `axes` of shape `b`.
fn sources(dims: &[i64], axes: &[usize], b: &[i64], index: &[Vec<i64>]) -> (Vec<i64>, Vec<usize>) {
    let together = axes.windows(2).all(|w| w[0] + 1 == w[1]);
    let lead = if together { axes[0] } else { 0 };
    let free: Vec<usize> = (0..dims.len()).filter(|a| !axes.contains(a)).collect();
    let mut shape: Vec<i64> = free.iter().map(|a| dims[*a]).collect();
    shape.splice(lead..lead, b.iter().copied());
    let numel = shape.iter().product::<i64>() as usize;
    let from = (0..numel)
        .map(|i| {
            let at = coordinates(i, &shape);
            let (point, mut source) = (position(&at[lead..lead + b.len()], b), vec![0; dims.len()]);
            for (k, &axis) in free.iter().enumerate() {
                source[axis] = at[if k < lead { k } else { k + b.len() }];
            }
            for (k, &axis) in axes.iter().enumerate() {
                source[axis] = index[k][point].rem_euclid(dims[axis]) as usize;
            }
            position(&source, dims)
        })
        .collect();
    (shape, from)
}

#[test]
fn slices_are_read_and_written_where_indices_point() {
    let mut rng = Rng(91);
    let dims = [3, 4, 5];
    for t in DTypeSet::ALL.iter() {
        for axes in [&[0][..], &[1], &[2], &[0, 1], &[1, 2], &[0, 2], &[0, 1, 2]] {
            for b in [&[][..], &[6], &[2, 3]] {
                let index: Vec<Tensor> = axes.iter().map(|a| indices(b, dims[*a], &mut rng)).collect();
                let numbers: Vec<Vec<i64>> = index.iter().map(Tensor::ints).collect();
                let (shape, from) = sources(&dims, axes, b, &numbers);
                let x = filled(t, &dims, rng.pick(&Form::OUTPUTS), &mut rng);
                let out = Tensor::blank(t, &shape, rng.pick(&Form::OUTPUTS));
                let at: Vec<IndexedAxis> = (axes.iter().zip(&index))
                    .map(|(&axis, i)| IndexedAxis { axis, index: i.layout })
                    .collect();
                let mut operands = vec![&out, &x];
                operands.extend(&index);
                run(&*super::index(&out.layout, &x.layout, &at).unwrap(), &operands, &Threads(2)).unwrap();
                let xs = x.complexes();
                let want: Vec<_> = from.iter().map(|i| xs[*i]).collect();
                assert_eq!(out.complexes(), want, "{t} {axes:?} {b:?}");

                let values = filled(t, &shape, rng.pick(&Form::INPUTS), &mut rng);
                for op in [IndexOp::Put, IndexOp::add()] {
                    let mut want = x.complexes();
                    let this = x.clone();
                    for (value, place) in values.complexes().into_iter().zip(&from) {
                        let bits = if t == DType::U8 || t == DType::I8 { 256.0 } else { f64::INFINITY };
                        let sum = want[*place] + value;
                        let wrapped = if sum.re >= bits { Complex64::new(sum.re - bits, 0.0) } else { sum };
                        want[*place] = if op == IndexOp::Put { value } else { wrapped };
                    }
                    if op != IndexOp::Put && matches!(t, DType::Bool | DType::I8 | DType::F16 | DType::BF16) {
                        continue; // these do not hold the sums exactly
                    }
                    let mut operands = vec![&this, &values];
                    operands.extend(&index);
                    let kernel = index_put(op, &this.layout, &values.layout, &at).unwrap();
                    run(&*kernel, &operands, &Threads(2)).unwrap();
                    assert_eq!(this.complexes(), want, "{t} {axes:?} {b:?} {op:?}");
                }
            }
        }
    }
}

#[test]
fn elements_are_gathered_and_scattered_along_each_axis() {
    let mut rng = Rng(93);
    for t in [DType::F32, DType::I64, DType::U16, DType::Bool, DType::C128] {
        for dims in [&[4, 5, 6][..], &[300, 7], &[7, 700], &[9]] {
            for axis in 0..dims.len() {
                let mut shape = dims.to_vec();
                shape[axis] += 2;
                let x = filled(t, dims, rng.pick(&Form::OUTPUTS), &mut rng);
                let mut index = Tensor::blank(DType::I64, &shape, rng.pick(&Form::OUTPUTS));
                for i in 0..index.layout.numel() {
                    index.set(i, Complex64::new(rng.below(dims[axis] as usize) as f64, 0.0));
                }
                let out = Tensor::blank(t, &shape, rng.pick(&Form::OUTPUTS));
                let (xs, chosen) = (x.complexes(), index.ints());
                let place = |i: usize| {
                    let mut at = coordinates(i, &shape);
                    at[axis] = chosen[i] as usize;
                    position(&at, dims)
                };
                let kernel = gather(&x.layout, axis, &index.layout, &out.layout).unwrap();
                run(&*kernel, &[&x, &index, &out], &Threads(2)).unwrap();
                let want: Vec<_> = (0..chosen.len()).map(|i| xs[place(i)]).collect();
                assert_eq!(out.complexes(), want, "{t} {dims:?} {axis}");

                let src = filled(t, &shape, rng.pick(&Form::INPUTS), &mut rng);
                let mut want = xs.clone();
                // Along the axis in order: the last one wins.
                for (i, value) in src.complexes().into_iter().enumerate() {
                    want[place(i)] = value;
                }
                let kernel =
                    scatter(IndexOp::Put, &x.layout, axis, &index.layout, Input::Tensor(&src.layout));
                run(&*kernel.unwrap(), &[&x, &index, &src], &Threads(3)).unwrap();
                assert_eq!(x.complexes(), want, "{t} {dims:?} {axis}");
            }
        }
    }
}

#[test]
fn what_is_out_of_range_is_named_and_nothing_is_written() {
    let l = |t, d: &[i64]| Layout::contiguous(t, d).unwrap();
    for (bad, wraps) in [(7, false), (-8, false), (-7, true), (i64::MAX, false), (i64::MIN, false)] {
        let x = Tensor::new(DType::F32, &[7, 3], Form::Contiguous, |i| i as f64);
        let mut index = Tensor::new(DType::I64, &[40_000], Form::Contiguous, |i| (i % 7) as f64);
        // Numbers beyond 2^53 do not pass through f64.
        // SAFETY: an element of the index.
        unsafe { index.ptr().cast::<i64>().wrapping_add(333).write(bad) };
        index.set(39_999, Complex64::new(6.0, 0.0));
        let out = Tensor::blank(DType::F32, &[40_000, 3], Form::Contiguous);
        let before = out.bytes();
        let axes = [IndexedAxis { axis: 0, index: index.layout }];
        let kernel = super::index(&out.layout, &x.layout, &axes).unwrap();
        let result = run(&*kernel, &[&out, &x, &index], &Threads(3));
        let fault = Fault::IndexOutOfRange { index: bad, position: 333, axis: 0, size: 7 };
        if wraps {
            assert_eq!((result, out.get::<f64>(999)), (Ok(()), 0.0));
        } else {
            assert_eq!(result, Err(fault.clone()));
            assert_eq!(out.bytes(), before);
            let this = Tensor::new(DType::F32, &[7, 3], Form::Contiguous, |i| i as f64);
            let kernel = index_put(IndexOp::add(), &this.layout, &out.layout, &axes).unwrap();
            assert_eq!(run(&*kernel, &[&this, &out, &index], &Threads(3)), Err(fault.clone()));
            assert_eq!(this.bytes(), x.bytes());
        }
        let index = {
            let index = Tensor::new(DType::I64, &[400], Form::Contiguous, |i| (i % 7) as f64);
            // SAFETY: an element of the index.
            unsafe { index.ptr().cast::<i64>().wrapping_add(333).write(bad) };
            index
        };
        let (x, out) =
            (Tensor::blank(DType::F32, &[7], Form::Sliced), Tensor::blank(DType::F32, &[400], Form::Sliced));
        let kernel = gather(&x.layout, 0, &index.layout, &out.layout).unwrap();
        assert_eq!(run(&*kernel, &[&x, &index, &out], &Threads(2)), Err(fault.clone()));
        let kernel = scatter(IndexOp::Put, &x.layout, 0, &index.layout, Input::Tensor(&out.layout)).unwrap();
        assert_eq!(run(&*kernel, &[&x, &index, &out], &Threads(2)), Err(fault));
    }
    let short = IndexedAxis { axis: 0, index: l(DType::I16, &[2]) };
    let refused = super::index(&l(DType::F32, &[2, 3]), &l(DType::F32, &[4, 3]), &[short]);
    assert!(matches!(refused, Err(KernelError::DType { .. })));
    let index = IndexedAxis { axis: 2, index: l(DType::I64, &[2]) };
    assert!(matches!(
        super::index(&l(DType::F32, &[2, 3]), &l(DType::F32, &[4, 3]), &[index]),
        Err(KernelError::Shape { .. })
    ));
    let i = l(DType::I64, &[5, 3]);
    let refused =
        scatter(IndexOp::Put, &l(DType::F32, &[4, 3]), 1, &i, Input::Tensor(&l(DType::F32, &[5, 3])));
    assert!(matches!(refused, Err(KernelError::Shape { .. })));
}

#[test]
fn coordinates_of_what_is_not_zero() {
    let mut rng = Rng(95);
    for t in DTypeSet::ALL.iter() {
        for dims in [&[][..], &[7], &[0, 3], &[3, 4, 5], &[40, 5000]] {
            let mut x = Tensor::blank(t, dims, rng.pick(&Form::OUTPUTS));
            for i in 0..x.layout.numel() {
                x.set(i, Complex64::new(rng.below(2) as f64, 0.0));
            }
            let chosen: Vec<usize> = (0..x.layout.numel()).filter(|i| x.get::<f64>(*i) != 0.0).collect();
            let (n, rank) = (chosen.len(), dims.len());
            let (room, count) = (x.layout.numel() as i64, Tensor::blank(DType::I64, &[], Form::Contiguous));
            let places: Vec<Vec<usize>> = chosen.iter().map(|i| coordinates(*i, dims)).collect();
            let at = |i: usize, axis: usize| places[i][axis] as i64;
            let rows = Tensor::blank(DType::I64, &[room, rank as i64], rng.pick(&Form::OUTPUTS));
            let kernel = nonzero(&rows.layout, &x.layout, Coordinates::Rows, Found::Reported).unwrap();
            run(&*kernel, &[&rows, &x, &x, &count], &Threads(3)).unwrap();
            assert_eq!(count.get::<i64>(0), n as i64);
            let all = rows.ints();
            assert!((0..n * rank).all(|i| all[i] == at(i / rank, i % rank)), "{t} {dims:?}");
            let columns = Tensor::blank(DType::I64, &[rank as i64, room], Form::Contiguous);
            let kernel = nonzero(&columns.layout, &x.layout, Coordinates::Columns, Found::Reported).unwrap();
            run(&*kernel, &[&columns, &x, &x, &count], &Threads(3)).unwrap();
            let all = columns.ints();
            assert!((0..n * rank).all(|i| all[i] == at(i % n, i / n)), "{t} {dims:?}");

            let (y, out) =
                (filled(t, dims, Form::Transposed, &mut rng), Tensor::blank(t, &[room], Form::Sliced));
            let mask = Tensor::new(DType::Bool, dims, Form::Sliced, |i| {
                chosen.binary_search(&i).is_ok() as u8 as f64
            });
            let kernel = masked_select(&out.layout, &y.layout, &mask.layout).unwrap();
            run(&*kernel, &[&out, &y, &mask, &count], &Threads(2)).unwrap();
            assert_eq!(count.get::<i64>(0), n as i64);
            assert!((0..n).all(|i| out.get::<Complex64>(i) == y.get::<Complex64>(chosen[i])), "{t} {dims:?}");
        }
    }
    let x = Tensor::new(DType::Bool, &[9], Form::Contiguous, |i| (i % 3 == 0) as u8 as f64);
    let out = Tensor::blank(DType::I64, &[1, 4], Form::Contiguous);
    let kernel = nonzero(&out.layout, &x.layout, Coordinates::Columns, Found::Exactly(4)).unwrap();
    let fault = Fault::Chosen { found: 3, expected: 4 };
    assert_eq!(run(&*kernel, &[&out, &x, &x], &Threads(2)), Err(fault));
}
