use super::*;
use crate::isa::on_each_level;
use crate::testkit::{Form, Rng, Tensor, Threads, run};
use npu_types::{DTypeSet, Serial};

const TYPES: DTypeSet = DTypeSet::FLOATS.union(DTypeSet::COMPLEX).union(DTypeSet::INTEGERS);

fn value(dtype: DType, rng: &mut Rng) -> Complex64 {
    let real = if dtype.is_integer() { rng.below(256) as f64 - 100.0 } else { rng.unit() };
    Complex64::new(real, if dtype.is_complex() { rng.unit() } else { 0.0 })
}

fn random(dtype: DType, dims: &[i64], form: Form, rng: &mut Rng) -> Tensor {
    let mut t = Tensor::blank(dtype, dims, form);
    for i in 0..t.layout.numel() {
        t.set(i, value(dtype, rng));
    }
    t
}

fn expanded(t: &Tensor, dims: &[i64]) -> Layout {
    t.layout.broadcast_to(dims).unwrap()
}

/// Compares `out` with the definition.
fn verify(out: &Tensor, a: &Tensor, b: &Tensor, c: Option<(&Tensor, f64, f64)>, what: &str) {
    let rank = out.layout.rank();
    let dims = out.layout.dims();
    let (m, n) = (dims[rank - 2] as usize, dims[rank - 1] as usize);
    let k = a.layout.dims()[rank - 1] as usize;
    let dtype = out.layout.dtype();
    let (alpha, beta) = c.map_or((1.0, 0.0), |(_, alpha, beta)| (alpha, beta));
    let batches = out.layout.numel().checked_div(m * n).unwrap_or(0);
    let (av, bv, ov) = (a.complexes(), b.complexes(), out.complexes());
    let (ai, bi, oi) = (a.ints(), b.ints(), out.ints());
    for (batch, i, j) in (0..batches * m * n).map(|x| (x / (m * n), x / n % m, x % n)) {
        let at = (batch * m + i) * n + j;
        let pairs = (0..k).map(|p| ((batch * m + i) * k + p, (batch * k + p) * n + j));
        if dtype.is_integer() {
            let sum = pairs.fold(0i64, |s, (x, y)| s.wrapping_add(ai[x].wrapping_mul(bi[y])));
            let c = c.map_or(0, |(c, ..)| c.get::<i64>(at).wrapping_mul(beta as i64));
            let want = sum.wrapping_mul(alpha as i64).wrapping_add(c);
            let want = crate::elem::dispatch!(int dtype, T => crate::elem::cast::<T, i64>(want as T), else 0);
            assert_eq!(oi[at], want, "{what} at {batch},{i},{j}");
            continue;
        }
        let sum: Complex64 = pairs.map(|(x, y)| av[x] * bv[y]).sum();
        let want = sum * alpha
            + c.map_or(Complex64::ZERO, |(c, ..)| {
                if beta == 0.0 { Complex64::ZERO } else { c.get::<Complex64>(at) * beta }
            });
        let unit = match dtype {
            DType::F16 => 1e-3,
            DType::BF16 => 8e-3,
            DType::F32 | DType::C64 => 2e-6,
            _ => 1e-14,
        };
        let error = (ov[at] - want).norm();
        assert!(
            error <= unit * (1.0 + want.norm() + (k as f64).sqrt()),
            "{what} at {batch},{i},{j}: {} not {want}",
            ov[at]
        );
    }
}

fn product(out: &Tensor, a: &Tensor, b: &Tensor, par: &dyn npu_types::Parallel) {
    let kernel = matmul(&out.layout, &a.layout, &b.layout, None).unwrap();
    run(&*kernel, &[out, a, b], par).unwrap();
}

#[test]
fn every_type_and_form_on_every_machine() {
    every_type_and_form();
    on_each_level(every_type_and_form);
}

fn every_type_and_form() {
    let mut rng = Rng(7);
    for dtype in TYPES.iter() {
        for (fo, fa, fb) in Form::OUTPUTS.iter().flat_map(|o| {
            Form::INPUTS.iter().flat_map(move |a| Form::INPUTS.iter().map(move |b| (*o, *a, *b)))
        }) {
            let (m, n, k) = (1 + rng.below(14), 1 + rng.below(35), 1 + rng.below(20));
            let a = random(dtype, &[2, m as i64, k as i64], fa, &mut rng);
            let b = random(dtype, &[2, k as i64, n as i64], fb, &mut rng);
            let out = Tensor::blank(dtype, &[2, m as i64, n as i64], fo);
            product(&out, &a, &b, &Serial);
            verify(&out, &a, &b, None, &format!("{dtype} {m}x{n}x{k} {fo:?} {fa:?} {fb:?}"));
        }
    }
}

#[test]
fn several_blocks_in_each_direction() {
    let mut rng = Rng(11);
    for dtype in [DType::F32, DType::F16, DType::BF16, DType::F64, DType::I32, DType::C64] {
        for (m, n, k) in [
            (493, 37, 300),
            (5, 1100, 270),
            (37, 65, 600),
            (1, 300, 700),
            (130, 1, 513),
            (1, 1, 1000),
            (30, 70, 1101),
            (1600, 33, 9),
        ] {
            let (fa, fb, fo) = (rng.pick(&Form::OUTPUTS), rng.pick(&Form::OUTPUTS), rng.pick(&Form::OUTPUTS));
            let a = random(dtype, &[m, k], fa, &mut rng);
            let b = random(dtype, &[k, n], fb, &mut rng);
            let out = Tensor::blank(dtype, &[m, n], fo);
            product(&out, &a, &b, &Serial);
            verify(&out, &a, &b, None, &format!("{dtype} {m}x{n}x{k} {fo:?} {fa:?} {fb:?}"));
            let again = Tensor::blank(dtype, &[m, n], fo);
            product(&again, &a, &b, &Threads(3));
            assert_eq!(out.bytes(), again.bytes(), "{dtype} {m}x{n}x{k}: parallel differs from serial");
        }
    }
}

#[test]
fn few_rows_of_either_orientation_on_every_machine() {
    few_rows_of_either_orientation();
    on_each_level(few_rows_of_either_orientation);
}

fn few_rows_of_either_orientation() {
    let mut rng = Rng(23);
    // The wider one is more than a thread works on at a time.
    for (dtype, form, (n, k)) in [DType::F32, DType::F16, DType::BF16, DType::F64].into_iter().flat_map(|t| {
        [Form::Contiguous, Form::Transposed]
            .into_iter()
            .flat_map(move |f| [(131, 523), (4111, 37)].map(|size| (t, f, size)))
    }) {
        let b = random(dtype, &[k, n], form, &mut rng);
        for m in [1, 2, 3, 4, 5, 13, 22, 100].into_iter().filter(|m| n < 1000 || *m <= 2) {
            let a = random(dtype, &[m, k], rng.pick(&Form::INPUTS), &mut rng);
            let out = Tensor::blank(dtype, &[m, n], rng.pick(&Form::OUTPUTS));
            product(&out, &a, &b, &Serial);
            verify(&out, &a, &b, None, &format!("{dtype} {m}x{n}x{k} {form:?}"));
            let again = Tensor::blank(dtype, &[m, n], Form::Contiguous);
            product(&again, &a, &b, &Threads(2));
            verify(&again, &a, &b, None, &format!("{dtype} {m}x{n}x{k} {form:?} on two threads"));
        }
    }
}

#[test]
fn deep_rows_are_converted_by_several_threads() {
    let mut rng = Rng(29);
    let (m, n, k) = (100, 180, 3000);
    for dtype in [DType::F32, DType::F16, DType::BF16] {
        let a = random(dtype, &[m, k], Form::Contiguous, &mut rng);
        let b = random(dtype, &[k, n], Form::Transposed, &mut rng);
        let out = Tensor::blank(dtype, &[m, n], Form::Contiguous);
        product(&out, &a, &b, &Threads(2));
        verify(&out, &a, &b, None, &format!("{dtype} {m}x{n}x{k}"));
    }
}

#[test]
fn addend_and_factors_on_every_machine() {
    addend_and_factors();
    on_each_level(addend_and_factors);
}

fn addend_and_factors() {
    let mut rng = Rng(13);
    for dtype in TYPES.iter() {
        for (alpha, beta) in [(1.0, 1.0), (2.0, 3.0), (1.0, 0.0), (-1.0, 1.0), (0.0, 2.0)] {
            for (m, n, k) in [(3, 4, 5), (13, 33, 300), (1, 40, 9), (7, 1, 5), (4, 5, 0)] {
                let a = random(dtype, &[m, k], rng.pick(&Form::INPUTS), &mut rng);
                let b = random(dtype, &[k, n], rng.pick(&Form::INPUTS), &mut rng);
                let c = random(dtype, &[m, n], rng.pick(&Form::INPUTS), &mut rng);
                let out = Tensor::blank(dtype, &[m, n], rng.pick(&Form::OUTPUTS));
                let scale = MatmulScale {
                    alpha: Scalar::float(DType::F64, alpha),
                    beta: Scalar::float(DType::F64, beta),
                };
                let kernel = matmul(&out.layout, &a.layout, &b.layout, Some((&c.layout, scale))).unwrap();
                run(&*kernel, &[&out, &a, &b, &c], &Serial).unwrap();
                let what = format!("{dtype} {m}x{n}x{k} {alpha} {beta}");
                verify(&out, &a, &b, Some((&c, alpha, beta)), &what);
                // The addend may be the output itself.
                let before = out.clone();
                let kernel = matmul(&out.layout, &a.layout, &b.layout, Some((&out.layout, scale))).unwrap();
                run(&*kernel, &[&out, &a, &b, &out], &Threads(2)).unwrap();
                verify(&out, &a, &b, Some((&before, alpha, beta)), &format!("{what} in place"));
            }
        }
    }
}

#[test]
fn nan_in_an_ignored_addend_does_not_spread() {
    for dtype in DTypeSet::FLOATS.iter() {
        for k in [0, 1, 2, 3, 300] {
            let a = Tensor::new(dtype, &[3, k], Form::Contiguous, |_| 1.0);
            let b = Tensor::new(dtype, &[k, 2], Form::Contiguous, |_| 1.0);
            let c = Tensor::new(dtype, &[3, 2], Form::Contiguous, |_| f64::NAN);
            let scale =
                |beta| MatmulScale { alpha: Scalar::int(DType::I64, 1), beta: Scalar::int(DType::I64, beta) };
            let kernel = matmul(&c.layout, &a.layout, &b.layout, Some((&c.layout, scale(1)))).unwrap();
            run(&*kernel, &[&c, &a, &b, &c], &Serial).unwrap();
            assert!(c.reals().iter().all(|v| v.is_nan()), "{dtype} {k}");
            let kernel = matmul(&c.layout, &a.layout, &b.layout, Some((&c.layout, scale(0)))).unwrap();
            run(&*kernel, &[&c, &a, &b, &c], &Serial).unwrap();
            assert!(c.reals().iter().all(|v| *v == k as f64), "{dtype} {k}");
        }
    }
}

#[test]
fn nan_and_infinity_in_factors_spread() {
    for dtype in DTypeSet::FLOATS.iter() {
        for (m, n) in [(3, 40), (1, 40)] {
            let a =
                Tensor::new(dtype, &[m, 3], Form::Contiguous, |i| if i == 1 { f64::INFINITY } else { 0.0 });
            let b = Tensor::new(dtype, &[3, n], Form::Contiguous, |i| if i == 40 { 0.0 } else { 1.0 });
            let out = Tensor::blank(dtype, &[m, n], Form::Contiguous);
            product(&out, &a, &b, &Serial);
            let got = out.reals();
            assert!(got[0].is_nan() && got[1] == f64::INFINITY, "{dtype} {m}");
            assert!(m == 1 || got[n as usize] == 0.0);
        }
    }
}

/// Each way to multiply bf16 that the processor has, also those that another is preferred to.
#[cfg(target_arch = "x86_64")]
#[test]
fn every_way_to_multiply_bf16() {
    fn check<K: Kind>(name: &str) {
        let mut rng = Rng(23);
        // Less than a register, its edges, several blocks of depth, rows and columns.
        for (m, k, n) in
            [(1, 1, 1), (16, 32, 16), (17, 33, 31), (33, 31, 65), (200, 1100, 70), (40, 513, 1050)]
        {
            for form in [Form::Contiguous, Form::Transposed, Form::Reversed] {
                let a = random(DType::BF16, &[m, k], form, &mut rng);
                let b = random(DType::BF16, &[k, n], form, &mut rng);
                let out = Tensor::blank(DType::BF16, &[m, n], Form::Contiguous);
                let problem = Problem::new(&out.layout, &a.layout, &b.layout, None).unwrap();
                run(&Product::<K>::new(problem, None), &[&out, &a, &b], &Threads(2)).unwrap();
                verify(&out, &a, &b, None, &format!("{name} {m}x{k}x{n} {form:?}"));
            }
        }
    }
    if pack::able() {
        check::<pack::Lanes<npu_types::bf16>>("widened");
    }
    if pack::pairs_able() {
        check::<pack::Lanes<micro::x86::Pairs>>("pairs");
    }
    if amx::able() {
        check::<amx::Amx>("amx");
    }
}

#[test]
fn batches_fold_and_broadcast() {
    let mut rng = Rng(17);
    for dtype in [DType::F32, DType::BF16, DType::I16] {
        for (m, form) in [3, 1].into_iter().flat_map(|m| Form::OUTPUTS.map(|f| (m, f))) {
            let a = random(dtype, &[2, 5, m, 7], form, &mut rng);
            let b = random(dtype, &[7, 33], form, &mut rng);
            let out = Tensor::blank(dtype, &[2, 5, m, 33], form);
            let wide = expanded(&b, &[2, 5, 7, 33]);
            let kernel = matmul(&out.layout, &a.layout, &wide, None).unwrap();
            run(&*kernel, &[&out, &a, &b], &Threads(2)).unwrap();
            let copy = Tensor::complex(dtype, &[2, 5, 7, 33], Form::Contiguous, |i| b.get(i % (7 * 33)));
            verify(&out, &a, &copy, None, &format!("{dtype} {m} {form:?}"));
        }
    }
}

#[test]
fn eight_dimensions_and_empty_ones() {
    let mut rng = Rng(19);
    let a = random(DType::F32, &[2, 1, 2, 1, 2, 2, 3, 4], Form::Transposed, &mut rng);
    let b = random(DType::F32, &[2, 1, 2, 1, 2, 2, 4, 5], Form::Sliced, &mut rng);
    let out = Tensor::blank(DType::F32, &[2, 1, 2, 1, 2, 2, 3, 5], Form::Reversed);
    product(&out, &a, &b, &Serial);
    verify(&out, &a, &b, None, "8 dims");
    for dims in [[0, 3, 4], [2, 0, 4], [2, 3, 0]] {
        let a = random(DType::F32, &[dims[0], dims[1], 6], Form::Contiguous, &mut rng);
        let b = random(DType::F32, &[dims[0], 6, dims[2]], Form::Contiguous, &mut rng);
        let out = Tensor::blank(DType::F32, &dims, Form::Contiguous);
        product(&out, &a, &b, &Serial);
        assert_eq!(out.layout.numel(), 0);
    }
    let a = random(DType::I8, &[2, 0], Form::Contiguous, &mut rng);
    let b = random(DType::I8, &[0, 3], Form::Contiguous, &mut rng);
    let out = Tensor::blank(DType::I8, &[2, 3], Form::Transposed);
    product(&out, &a, &b, &Serial);
    assert_eq!(out.ints(), [0; 6]);
}

#[test]
fn misfits_are_refused() {
    let l = |t, d: &[i64]| Layout::contiguous(t, d).unwrap();
    let f = DType::F32;
    for (out, a, b) in [
        (l(f, &[2, 3]), l(f, &[2, 4]), l(f, &[5, 3])),
        (l(f, &[2, 3]), l(f, &[3, 4]), l(f, &[4, 3])),
        (l(f, &[2, 2, 3]), l(f, &[1, 2, 4]), l(f, &[2, 4, 3])),
        (l(f, &[3]), l(f, &[4]), l(f, &[4, 3])),
    ] {
        assert!(matches!(matmul(&out, &a, &b, None), Err(KernelError::Shape { .. })));
    }
    let bad = matmul(&l(DType::Bool, &[1, 1]), &l(DType::Bool, &[1, 1]), &l(DType::Bool, &[1, 1]), None);
    assert!(matches!(bad, Err(KernelError::DType { dtype: DType::Bool, .. })));
    let bad = matmul(&l(f, &[1, 1]), &l(f, &[1, 1]), &l(DType::F64, &[1, 1]), None);
    assert!(matches!(bad, Err(KernelError::DType { dtype: DType::F64, .. })));
}
