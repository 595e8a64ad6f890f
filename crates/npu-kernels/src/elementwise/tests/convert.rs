//! All pairs of types, element by element.

use super::harness::{Tensor, Value, run};
use super::*;
use crate::elem::{cast, dispatch, from_scalar};

fn samples(i: usize) -> Scalar {
    match i {
        0..20 => Scalar::float(DType::F64, (i as f64 - 10.0) * 1.3),
        20..40 => Scalar::int(DType::I64, 1 << (i - 18)),
        40..60 => Scalar::int(DType::I64, -(1 << (i * 2 - 80))),
        60 => Scalar::float(DType::F64, f64::NAN),
        61 => Scalar::float(DType::F64, f64::INFINITY),
        62 => Scalar::float(DType::F64, 3e9),
        63 => Scalar::float(DType::F64, -1e20),
        _ => Scalar::complex(DType::C128, npu_types::Complex64::new(i as f64 * 0.01, 1.0)),
    }
}

/// The loops, in whatever steps, agree with converting one element at a time.
#[test]
fn every_pair_of_types() {
    crate::isa::on_each_level(check_pairs);
}

fn check_pairs() {
    const N: usize = 75;
    for from in DType::ALL {
        for to in DType::ALL {
            let (x, out) = (
                Layout::contiguous(from, &[N as i64]).unwrap(),
                Layout::contiguous(to, &[N as i64]).unwrap(),
            );
            let (mut source, mut got, mut want) =
                (Tensor::with(x, samples), Tensor::new(out), Tensor::new(out));
            run(&*copy(&out, &x).unwrap(), &[got.address(), source.address()]);
            let (a, b) = (source.address(), want.address());
            for i in 0..N {
                dispatch!(any from, S => dispatch!(any to, D => {
                    let value: S = from_scalar(&samples(i));
                    // SAFETY: element i of either tensor.
                    assert!(unsafe { a.cast::<S>().wrapping_add(i).read() } == value || from.is_float() || from.is_complex());
                    // SAFETY: element i of either tensor.
                    unsafe { b.cast::<D>().wrapping_add(i).write(cast::<S, D>(value)) };
                }, else ()), else ());
            }
            for (i, (got, want)) in got.values().into_iter().zip(want.values()).enumerate() {
                assert!(
                    got.close(want, 0.0, 0.0),
                    "{from} to {to}, element {i}: {got:?} instead of {want:?}"
                );
            }
            got.check_border();
        }
    }
}

#[test]
fn nonzero_bytes_are_true() {
    let l = Layout::contiguous(DType::U8, &[3]).unwrap();
    let mut x = Tensor::with(l, |i| Scalar::int(DType::I64, i as i64 * 7));
    let (bool_layout, out) = (l.with_dtype(DType::Bool), l.with_dtype(DType::F32));
    let mut got = Tensor::new(out);
    run(&*copy(&out, &bool_layout).unwrap(), &[got.address(), x.address()]);
    assert_eq!(got.values(), [0.0, 1.0, 1.0].map(Value::Float));
}

#[test]
fn sequences_in_every_real_type() {
    for dtype in DType::ALL.into_iter().filter(|t| t.is_float() || t.is_integer()) {
        let l = Layout::contiguous(dtype, &[50]).unwrap();
        let mut out = Tensor::new(l);
        let (start, step) = (Scalar::float(DType::F64, 3.5), Scalar::float(DType::F64, 1.5));
        run(&*arange(&l, start, step).unwrap(), &[out.address()]);
        for (i, v) in out.values().into_iter().enumerate() {
            let want = if dtype.is_float() { 3.5 + 1.5 * i as f64 } else { (3 + i) as f64 };
            assert_eq!(v.float(), want, "{dtype}");
        }
    }
    let l = Layout::scalar(DType::C64);
    assert!(arange(&l, Scalar::bool(true), Scalar::bool(true)).is_err());
}
