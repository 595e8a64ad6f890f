//! Orders against the standard library's stable sort.

use super::*;
use crate::testkit::{Form, Rng, Tensor, Threads, run};
use npu_types::{Complex64, DTypeSet, Layout};
use std::cmp::Ordering;

const REAL: DTypeSet = DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL);

/// NaN is the largest.
fn compare(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// Positions of a row's elements in order.
fn ranked(row: &[f64], descending: bool) -> Vec<usize> {
    let mut order: Vec<usize> = (0..row.len()).collect();
    order.sort_by(|a, b| if descending { compare(row[*b], row[*a]) } else { compare(row[*a], row[*b]) });
    order
}

fn same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || a.is_nan() && b.is_nan())
}

fn sample(dtype: DType, dims: &[i64], form: Form, rng: &mut Rng) -> Tensor {
    let mut x = Tensor::blank(dtype, dims, form);
    for i in 0..x.layout.numel() {
        let special = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0];
        let value = if dtype.is_float() && rng.below(5) == 0 {
            rng.pick(&special)
        } else {
            rng.below(200) as f64 - if dtype == DType::U64 { 0.0 } else { 100.0 }
        };
        x.set(i, Complex64::new(value, 0.0));
    }
    x
}

#[test]
fn rows_of_every_type_come_in_order() {
    let mut rng = Rng(17);
    for dtype in REAL.iter() {
        for n in [1usize, 2, 100, 127, 128, 700] {
            for (form, descending) in Form::INPUTS.into_iter().flat_map(|f| [(f, true), (f, false)]) {
                let x = sample(dtype, &[3, n as i64], form, &mut rng);
                let values = Tensor::blank(dtype, &[3, n as i64], rng.pick(&Form::OUTPUTS));
                let places = rng.pick(&[DType::I64, DType::I32]);
                let indices = Tensor::blank(places, &[3, n as i64], rng.pick(&Form::OUTPUTS));
                let (v, i) = (Some(&values.layout), Some(&indices.layout));
                let kernel = order(Ranks::All, descending, v, i, &x.layout, 1).unwrap();
                run(&*kernel, &[&values, &indices, &x], &Threads(2)).unwrap();
                let (all, got, at) = (x.reals(), values.reals(), indices.ints());
                for (r, row) in all.chunks(n).enumerate() {
                    let want = ranked(row, descending);
                    let positions: Vec<usize> = at[r * n..][..n].iter().map(|i| *i as usize).collect();
                    assert_eq!(positions, want, "{dtype} {n} {form:?} {descending}");
                    let want: Vec<f64> = want.iter().map(|i| row[*i]).collect();
                    assert!(same(&got[r * n..][..n], &want), "{dtype} {n}");
                }
            }
        }
    }
}

#[test]
fn the_first_of_many_are_those_of_a_sort() {
    let mut rng = Rng(19);
    for dtype in [DType::F32, DType::BF16, DType::I64, DType::U8] {
        for (n, k) in [(5000usize, 7usize), (5000, 600), (3000, 3000), (1025, 1), (9, 0)] {
            for axis in [0, 1] {
                let dims = if axis == 1 { [4, n as i64] } else { [n as i64, 4] };
                let x = sample(dtype, &dims, rng.pick(&Form::INPUTS), &mut rng);
                let mut out = dims;
                out[axis] = k as i64;
                let values = Tensor::blank(dtype, &out, Form::Transposed);
                let indices = Tensor::blank(DType::I64, &out, Form::Contiguous);
                let (v, i) = (Some(&values.layout), Some(&indices.layout));
                let kernel = order(Ranks::First(k), true, v, i, &x.layout, axis).unwrap();
                run(&*kernel, &[&values, &indices, &x], &Threads(3)).unwrap();
                let (all, at) = (x.reals(), indices.ints());
                let flat = |row: usize, i: usize, n: usize| if axis == 1 { row * n + i } else { i * 4 + row };
                for row in 0..4 {
                    let elements: Vec<f64> = (0..n).map(|i| all[flat(row, i, n)]).collect();
                    let want = ranked(&elements, true);
                    let got: Vec<usize> = (0..k).map(|i| at[flat(row, i, k)] as usize).collect();
                    assert_eq!(got, want[..k], "{dtype} {n} {k} {axis}");
                }
            }
        }
    }
}

#[test]
fn one_element_by_rank() {
    let x = Tensor::new(DType::F32, &[6], Form::Sliced, |i| [3.0, 1.0, 2.0, 1.0, 9.0, 4.0][i]);
    let nan =
        Tensor::new(DType::F32, &[6], Form::Contiguous, |i| if i == 2 || i == 4 { f64::NAN } else { 1.0 });
    for (x, ranks, value, place) in [
        (&x, Ranks::One(0), 1.0, 1),
        (&x, Ranks::One(1), 1.0, 3),
        (&x, Ranks::One(5), 9.0, 4),
        (&x, Ranks::Middle, 2.0, 2),
        (&nan, Ranks::Middle, f64::NAN, 2),
        (&nan, Ranks::One(4), f64::NAN, 2),
    ] {
        let values = Tensor::blank(DType::F32, &[1], Form::Contiguous);
        let indices = Tensor::blank(DType::I64, &[1], Form::Contiguous);
        let (v, i) = (Some(&values.layout), Some(&indices.layout));
        run(&*order(ranks, false, v, i, &x.layout, 0).unwrap(), &[&values, &indices, x], &Threads(1))
            .unwrap();
        assert!(same(&values.reals(), &[value]) && indices.ints() == [place], "{ranks:?}");
    }
    let l = |t, d: &[i64]| Layout::contiguous(t, d).unwrap();
    let (v, f) = (l(DType::F32, &[4]), l(DType::F32, &[3]));
    assert!(order(Ranks::First(4), true, Some(&v), None, &f, 0).is_err());
    assert!(order(Ranks::All, true, Some(&l(DType::C64, &[3])), None, &l(DType::C64, &[3]), 0).is_err());
}

#[test]
fn different_values_their_places_and_counts() {
    let mut rng = Rng(23);
    for dtype in REAL.iter() {
        for n in [0i64, 1, 90, 3000] {
            let x = sample(dtype, &[n], Form::Contiguous, &mut rng);
            let values = Tensor::blank(dtype, &[n], Form::Sliced);
            let inverse = Tensor::blank(DType::I64, &[n], Form::Contiguous);
            let counts = Tensor::blank(DType::I64, &[n], Form::Sliced);
            let found = Tensor::blank(DType::I64, &[1], Form::Contiguous);
            let (i, c) = (Some(&inverse.layout), Some(&counts.layout));
            let kernel = unique(&values.layout, i, c, &x.layout).unwrap();
            run(&*kernel, &[&values, &inverse, &counts, &x, &found], &Threads(1)).unwrap();
            let all = x.reals();
            let mut want: Vec<f64> = ranked(&all, false).iter().map(|i| all[*i]).collect();
            want.dedup();
            let groups = found.get::<i64>(0) as usize;
            let got = &values.reals()[..groups];
            assert!(same(got, &want), "{dtype} {n}");
            let places = inverse.ints();
            assert!((0..n as usize).all(|i| same(&[all[i]], &[got[places[i] as usize]])), "{dtype} {n}");
            let mut counted = vec![0; groups];
            places.iter().for_each(|p| counted[*p as usize] += 1);
            assert_eq!(counts.ints()[..groups], counted);
        }
    }
}
