//! Any layout of any operand gives what walking the indices gives.

use super::harness::{Threads, run, run_on};
use super::*;
use proptest::prelude::*;

/// A view of `dims`: axes permuted in memory, gaps between elements, some axes reversed, some expanded (stride 0).
fn view(dtype: DType, dims: &[i64], order: &[usize], gaps: &[i64], flags: &[u8], expand: bool) -> Layout {
    let mut strides = vec![0; dims.len()];
    let mut step = 1;
    for &axis in order.iter().filter(|a| **a < dims.len()) {
        let gap = gaps[axis];
        strides[axis] = match flags[axis] {
            0 if expand => continue,
            1 => -step * gap,
            _ => step * gap,
        };
        step *= gap * dims[axis].max(1);
    }
    Layout::strided(dtype, dims, &strides).unwrap()
}

prop_compose! {
    /// Three views of the same shape, the first without expanded axes.
    fn views(types: [DType; 3])(
        dims in prop::collection::vec(prop_oneof![8 => 1i64..6, 1 => Just(70i64), 1 => Just(0i64)], 0..=8)
            .prop_filter("small", |d| d.iter().product::<i64>() <= 6000),
        orders in prop::array::uniform3(Just((0usize..8).collect::<Vec<_>>()).prop_shuffle()),
        gaps in prop::array::uniform3(prop::collection::vec(prop_oneof![4 => Just(1i64), 1 => 2i64..4], 8)),
        flags in prop::array::uniform3(prop::collection::vec(0u8..5, 8)),
        plain in prop::array::uniform3(0u8..3),
    ) -> [Layout; 3] {
        std::array::from_fn(|k| {
            if plain[k] == 0 {
                return Layout::contiguous(types[k], &dims).unwrap();
            }
            view(types[k], &dims, &orders[k], &gaps[k], &flags[k], k > 0)
        })
    }
}

fn numbers(layout: Layout, seed: usize) -> Tensor {
    Tensor::with(layout, move |i| Scalar::int(DType::I64, ((i * 7 + seed) % 120) as i64))
}

fn cases() -> ProptestConfig {
    ProptestConfig {
        cases: if cfg!(miri) { 4 } else { 192 },
        failure_persistence: None,
        ..Default::default()
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn addition_without_conversion(l in views([DType::F32; 3])) {
        check_add(l, DType::F32);
    }

    #[test]
    fn addition_with_conversions(l in views([DType::F16, DType::I8, DType::I64])) {
        check_add(l, DType::F32);
    }

    #[test]
    fn addition_of_complex(l in views([DType::C128, DType::C64, DType::U16])) {
        check_add(l, DType::C128);
    }

    #[test]
    fn copies(l in views([DType::F32, DType::F32, DType::BF16])) {
        check_copy(l[0], l[1]);
        check_copy(l[0], l[2]);
        check_copy(l[0].with_dtype(DType::I8), l[1].with_dtype(DType::I8));
        check_copy(l[0].with_dtype(DType::I16), l[1].with_dtype(DType::F16));
        check_copy(l[0].with_dtype(DType::C128), l[1].with_dtype(DType::C128));
        check_copy(l[0].with_dtype(DType::BF16), l[1].with_dtype(DType::I64));
    }

    #[test]
    fn masked_fills(l in views([DType::I16, DType::Bool, DType::F32])) {
        let mut this = numbers(l[0], 3);
        let before = this.values();
        let mut mask = Tensor::with(l[1], |i| Scalar::bool(i % 3 == 0));
        let chosen = mask.values();
        let kernel = masked_fill(&l[0], &l[1], Scalar::int(DType::I64, -5)).unwrap();
        run(&*kernel, &[this.address(), mask.address()]);
        for ((got, before), chosen) in this.values().iter().zip(before).zip(chosen) {
            assert_eq!(*got, if chosen == Value::Int(1) { Value::Int(-5) } else { before });
        }
        this.check_border();
    }

    #[test]
    fn selections(l in views([DType::F64, DType::U8, DType::I32])) {
        let mut out = Tensor::new(l[0]);
        let mut cond = Tensor::with(l[1], |i| Scalar::int(DType::I64, (i % 4) as i64));
        let mut a = numbers(l[2], 1);
        let kernel = select(&l[0], &l[1], Input::Tensor(&l[2]), Input::Scalar(Scalar::float(DType::F64, 0.5)));
        run(&*kernel.unwrap(), &[out.address(), cond.address(), a.address()]);
        for ((got, cond), a) in out.values().iter().zip(cond.values()).zip(a.values()) {
            assert_eq!(got.float(), if cond == Value::Int(0) { 0.5 } else { a.float() });
        }
        out.check_border();
    }

    #[test]
    fn fills_and_sequences(l in views([DType::I32; 3])) {
        let mut out = Tensor::new(l[0]);
        run(&*fill(&l[0], Scalar::float(DType::F32, 7.9)).unwrap(), &[out.address()]);
        assert!(out.values().iter().all(|v| *v == Value::Int(7)));
        out.check_border();
        let (start, step) = (Scalar::int(DType::I64, 5), Scalar::int(DType::I64, -3));
        run(&*arange(&l[0], start, step).unwrap(), &[out.address()]);
        for (i, v) in out.values().iter().enumerate() {
            assert_eq!(*v, Value::Int(5 - 3 * i as i128));
        }
        out.check_border();
    }

    #[test]
    fn in_place(l in views([DType::BF16, DType::BF16, DType::BF16])) {
        for dtype in [DType::BF16, DType::I32] {
            let this = l[0].with_dtype(dtype);
            let mut x = numbers(this, 2);
            let want: Vec<f64> = x.values().iter().map(|v| v.float() * 2.0).collect();
            let kernel = binary(add(), dtype, &this, Input::Tensor(&this), Input::Tensor(&this)).unwrap();
            let at = x.address();
            run(&*kernel, &[at, at, at]);
            let got: Vec<f64> = x.values().iter().map(|v| v.float()).collect();
            assert_eq!(got, want);
            x.check_border();
        }
    }
}

fn add() -> BinaryOp {
    BinaryOp::Add { alpha: Scalar::int(DType::I64, 1) }
}

fn check_add(l: [Layout; 3], compute: DType) {
    let (mut out, mut a, mut b) = (Tensor::new(l[0]), numbers(l[1], 0), numbers(l[2], 11));
    let kernel = binary(add(), compute, &l[0], Input::Tensor(&l[1]), Input::Tensor(&l[2])).unwrap();
    run(&*kernel, &[out.address(), a.address(), b.address()]);
    for ((got, a), b) in out.values().iter().zip(a.values()).zip(b.values()) {
        assert_eq!(got.float(), a.float() + b.float(), "{l:?}");
    }
    out.check_border();
    let scalar = Input::Scalar(Scalar::int(DType::I32, -4));
    let kernel = binary(add(), compute, &l[0], scalar, Input::Tensor(&l[2])).unwrap();
    run(&*kernel, &[out.address(), b.address()]);
    for (got, b) in out.values().iter().zip(b.values()) {
        assert_eq!(got.float(), b.float() - 4.0, "{l:?}");
    }
    out.check_border();
}

fn check_copy(out: Layout, x: Layout) {
    let (mut to, mut from) = (Tensor::new(out), numbers(x, 5));
    run(&*copy(&out, &x).unwrap(), &[to.address(), from.address()]);
    for (got, want) in to.values().iter().zip(from.values()) {
        assert_eq!(got.float(), want.float(), "{out:?} from {x:?}");
    }
    to.check_border();
}

#[test]
fn shapes_must_agree() {
    let a = Layout::contiguous(DType::F32, &[2, 3]).unwrap();
    let b = Layout::contiguous(DType::F32, &[3, 2]).unwrap();
    assert!(copy(&a, &b).is_err());
    assert!(binary(add(), DType::F32, &a, Input::Tensor(&a), Input::Tensor(&b)).is_err());
}

/// Nothing is read or written, so the addresses need not be any.
#[test]
fn empty_tensors_may_have_no_memory() {
    let l = Layout::contiguous(DType::F32, &[3, 0, 2]).unwrap();
    let (mask, half) = (l.with_dtype(DType::Bool), l.with_dtype(DType::F16));
    let (x, zero) = (Input::Tensor(&l), Scalar::int(DType::I64, 0));
    for kernel in [
        unary(UnaryOp::Exp, DType::F32, &l, &l).unwrap(),
        unary(UnaryOp::Exp, DType::F32, &half, &l).unwrap(),
        binary(add(), DType::F32, &l, x, x).unwrap(),
        binary(add(), DType::F32, &half, x, Input::Scalar(zero)).unwrap(),
        select(&l, &mask, x, x).unwrap(),
        copy(&half, &l).unwrap(),
        fill(&l, zero).unwrap(),
        arange(&l, zero, zero).unwrap(),
        masked_fill(&l, &mask, zero).unwrap(),
    ] {
        run(&*kernel, &[std::ptr::null_mut(); 4]);
    }
}

/// Squares, their edges, collected blocks and what surrounds them.
#[test]
#[cfg_attr(miri, ignore = "too large")]
fn transposed_copies() {
    for dtype in [DType::I8, DType::BF16, DType::F32, DType::I64, DType::C128] {
        for [rows, columns] in
            [[8, 8], [17, 70], [320, 330], [330, 320], [64, 1100], [1100, 64], [9, 2000], [600, 640]]
        {
            let out = Layout::contiguous(dtype, &[rows, columns]).unwrap();
            let x = Layout::contiguous(dtype, &[columns, rows]).unwrap().permuted(&[1, 0]);
            check_copy(out, x);
        }
        let out = Layout::contiguous(dtype, &[3, 40, 5, 50]).unwrap();
        let x = Layout::contiguous(dtype, &[50, 5, 3, 40]).unwrap().permuted(&[2, 3, 1, 0]);
        check_copy(out, x);
        check_copy(x, out);
    }
}

/// Large enough for chunks, blocks and streaming stores.
#[test]
#[cfg_attr(miri, ignore = "too large")]
fn threads_change_nothing() {
    for (dims, permuted) in [(vec![5 << 20], false), (vec![1031, 2053], true)] {
        let plain = Layout::contiguous(DType::F32, &dims).unwrap();
        let turned: Vec<i64> = dims.iter().rev().copied().collect();
        let x = Layout::contiguous(DType::F32, if permuted { &turned } else { &dims }).unwrap();
        let layout = if permuted { x.permuted(&[1, 0]) } else { x };
        let (x, mut a) = (layout, Tensor::with(layout, |i| Scalar::float(DType::F64, i as f64 * 0.5)));
        let mut b = numbers(plain.with_dtype(DType::BF16), 9);
        let b_layout = b.layout;
        let mask = b_layout.with_dtype(DType::U8);
        let (a, b) = (a.address(), b.address());
        let (x, one) = (Input::Tensor(&x), Input::Scalar(Scalar::bool(true)));
        for (kernel, inputs) in [
            (binary(add(), DType::F32, &plain, x, Input::Tensor(&b_layout)).unwrap(), [a, b]),
            (binary(add(), DType::F32, &plain, x, x).unwrap(), [a, a]),
            (select(&plain, &mask, x, one).unwrap(), [b, a]),
            (copy(&plain, &layout).unwrap(), [a, a]),
        ] {
            let (mut serial, mut wide) = (Tensor::new(plain), Tensor::new(plain));
            run(&*kernel, &[serial.address(), inputs[0], inputs[1]]);
            run_on(&*kernel, &[wide.address(), inputs[0], inputs[1]], &Threads(3));
            assert_eq!(serial.values(), wide.values());
        }
        for kernel in [fill(&plain, Scalar::float(DType::F32, 1.5)).unwrap(), {
            arange(&plain, Scalar::float(DType::F64, 1.0), Scalar::float(DType::F64, 0.25)).unwrap()
        }] {
            let (mut serial, mut wide) = (Tensor::new(plain), Tensor::new(plain));
            run(&*kernel, &[serial.address()]);
            run_on(&*kernel, &[wide.address()], &Threads(3));
            assert_eq!(serial.values(), wide.values());
        }
    }
}
