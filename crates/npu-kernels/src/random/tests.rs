//! Distributions by their moments and frequencies, with fixed seeds, and independence of threads and layouts.

use super::*;
use crate::testkit::{Form, Tensor, Threads, run};
use crate::{Fault, Kernel};
use npu_types::{DType, Layout, Serial};

const SEED: Seed = Seed::Given { seed: 0x5eed, offset: 12 };

fn drawn(dtype: DType, n: i64, distribution: Distribution, seed: Seed) -> Vec<f64> {
    let out = Tensor::blank(dtype, &[n], Form::Contiguous);
    run(&*random(&out.layout, distribution, seed).unwrap(), &[&out], &Serial).unwrap();
    out.reals()
}

/// Mean and variance.
fn moments(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    (mean, x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n)
}

/// The largest distance between the numbers' distribution and `cdf`, times the root of their count: below 1.63 in 99
/// of 100 samples (Kolmogorov and Smirnov).
fn distance(mut x: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
    x.sort_by(f64::total_cmp);
    let n = x.len() as f64;
    let at = |i: usize, v: f64| (cdf(v) - i as f64 / n).abs().max((cdf(v) - (i + 1) as f64 / n).abs());
    x.iter().enumerate().map(|(i, v)| at(i, *v)).fold(0.0, f64::max) * n.sqrt()
}

/// How far counts are from equal ones, in deviations of the chi-square statistic.
fn chi_square(counts: &[usize]) -> f64 {
    let expected = counts.iter().sum::<usize>() as f64 / counts.len() as f64;
    let chi: f64 = counts.iter().map(|c| (*c as f64 - expected).powi(2) / expected).sum();
    let freedom = (counts.len() - 1) as f64;
    (chi - freedom) / (2.0 * freedom).sqrt()
}

const N: i64 = if cfg!(miri) { 500 } else { 100_000 };

#[test]
fn normal_numbers() {
    let cdf = |x: f64| 0.5 * libm::erfc(-(x - 3.0) / 2.0 / std::f64::consts::SQRT_2);
    for dtype in [DType::F32, DType::F64, DType::F16] {
        let x = drawn(dtype, N, Distribution::Normal { mean: 3.0, std: 2.0 }, SEED);
        let (mean, variance) = moments(&x);
        assert!((mean - 3.0).abs() < 0.03 && (variance - 4.0).abs() < 0.08, "{dtype}: {mean} {variance}");
        if dtype != DType::F16 {
            let distance = distance(x.clone(), cdf);
            assert!(distance < 1.63, "{dtype}: {distance}");
        }
        // Neighbours come from one pair of words and must not depend on each other.
        let (a, b): (Vec<f64>, Vec<f64>) = x.chunks_exact(2).map(|p| (p[0] - mean, p[1] - mean)).unzip();
        let product = a.iter().zip(&b).map(|(a, b)| a * b).sum::<f64>() / a.len() as f64;
        assert!(product.abs() < 0.08, "{dtype}: {product}");
    }
}

#[test]
fn uniform_numbers_stay_below_their_end() {
    for (dtype, bits) in [(DType::F32, 24), (DType::F64, 53), (DType::F16, 11), (DType::BF16, 8)] {
        let x = drawn(dtype, N, Distribution::Uniform { from: 0.0, to: 1.0 }, SEED);
        assert!(x.iter().all(|v| (0.0..1.0).contains(v)), "{dtype}");
        let (mean, variance) = moments(&x);
        let step = 0.5f64.powi(bits);
        assert!(
            (mean + step / 2.0 - 0.5).abs() < 0.006 && (variance - 1.0 / 12.0).abs() < 0.003,
            "{dtype}: {mean}"
        );
        if bits > 20 {
            assert!(distance(x, |v| v) < 1.63);
        }
    }
    let x = drawn(DType::F32, N, Distribution::Exponential { rate: 0.5 }, SEED);
    assert!(distance(x, |v| 1.0 - (-0.5 * v).exp()) < 1.63);
}

#[test]
fn integers_and_bits_are_equally_likely() {
    let x = drawn(DType::I32, N, Distribution::Integer { from: -3, count: 10 }, SEED);
    let mut counts = [0; 10];
    x.iter().for_each(|v| counts[(*v + 3.0) as usize] += 1);
    assert!(chi_square(&counts).abs() < 4.0, "{counts:?}");
    let x = drawn(DType::U8, N, Distribution::Integer { from: 0, count: 256 }, SEED);
    let mut counts = [0; 256];
    x.iter().for_each(|v| counts[*v as usize] += 1);
    assert!(chi_square(&counts).abs() < 4.0);
    for p in [0.0, 0.25, 1.0] {
        let (mean, _) = moments(&drawn(DType::Bool, N, Distribution::Bernoulli { p }, SEED));
        assert!((mean - p).abs() < 0.006 && (mean == p) == (p != 0.25), "{p}: {mean}");
        let mask = Tensor::blank(DType::U8, &[N / 8], Form::Contiguous);
        run(&*dropout_mask(&mask.layout, p, SEED).unwrap(), &[&mask], &Threads(3)).unwrap();
        let ones: u32 = mask.ints().iter().map(|b| b.count_ones()).sum();
        let kept = f64::from(ones) / N as f64;
        assert!((kept - (1.0 - p)).abs() < 0.006, "{p}: {kept}");
    }
}

#[test]
fn an_element_depends_on_seed_offset_and_position_alone() {
    let (seed, offset) = (Tensor::new(DType::I64, &[1], Form::Contiguous, |_| 77.0), 40);
    let start = Tensor::new(DType::I64, &[1], Form::Contiguous, |_| 30.0);
    for dtype in [DType::F32, DType::F64, DType::BF16] {
        let normal = Distribution::Normal { mean: 0.0, std: 1.0 };
        let given = |offset| Seed::Given { seed: 77, offset };
        let want = drawn(dtype, 300_000, normal, given(offset));
        for form in Form::OUTPUTS {
            let out = Tensor::blank(dtype, &[3, 1000, 100], form);
            run(&*random(&out.layout, normal, given(offset)).unwrap(), &[&out], &Threads(3)).unwrap();
            assert_eq!(out.reals(), want, "{dtype} {form:?}");
        }
        let out = Tensor::blank(dtype, &[300_000], Form::Contiguous);
        let kernel = random(&out.layout, normal, Seed::Operands { add: 10 }).unwrap();
        run(&*kernel, &[&out, &seed, &start], &Threads(2)).unwrap();
        assert_eq!(out.reals(), want);
        assert_eq!(drawn(dtype, 100, normal, given(offset)), want[..100]);
        let other = drawn(dtype, 1000, normal, given(offset + 12));
        let same = other.iter().zip(&want).filter(|(a, b)| a == b).count();
        assert!(same < 50, "{dtype}: another offset repeats {same} of 1000");
    }
}

#[test]
fn permutations_are_equally_likely() {
    let mut counts = std::collections::BTreeMap::new();
    let rounds = if cfg!(miri) { 24 } else { 6000 };
    for offset in 0..rounds {
        let out = Tensor::blank(DType::I64, &[4], Form::Sliced);
        let kernel = randperm(&out.layout, Seed::Given { seed: 1, offset }).unwrap();
        run(&*kernel, &[&out], &Serial).unwrap();
        *counts.entry(out.ints()).or_insert(0usize) += 1;
    }
    if !cfg!(miri) {
        let counts: Vec<usize> = counts.into_values().collect();
        assert_eq!(counts.len(), 24);
        assert!(chi_square(&counts).abs() < 4.0, "{counts:?}");
    }
    let out = Tensor::blank(DType::I32, &[1000], Form::Contiguous);
    run(&*randperm(&out.layout, SEED).unwrap(), &[&out], &Serial).unwrap();
    let mut all = out.ints();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..1000));
}

#[test]
fn draws_follow_their_weights() {
    let n = 600;
    // Three blocks; every third weight is 0, the others grow.
    let weight = |i: usize| if i.is_multiple_of(3) { 0.0 } else { 1.0 + (i % 7) as f64 };
    let total: f64 = (0..n).map(weight).sum();
    let x = Tensor::new(DType::F32, &[2, n as i64], Form::Transposed, |i| weight(i % n));
    let draws = if cfg!(miri) { 50 } else { 60_000 };
    let out = Tensor::blank(DType::I64, &[2, draws], Form::Contiguous);
    run(&*multinomial(&out.layout, &x.layout, true, SEED).unwrap(), &[&out, &x], &Threads(2)).unwrap();
    let drawn = out.ints();
    assert!(drawn.iter().all(|i| weight(*i as usize) > 0.0));
    assert_ne!(drawn[..40], drawn[draws as usize..][..40]);
    if !cfg!(miri) {
        let mut chi = 0.0;
        let mut counts = vec![0.0; n];
        drawn.iter().for_each(|i| counts[*i as usize] += 1.0);
        for (i, count) in counts.iter().enumerate().filter(|(i, _)| weight(*i) > 0.0) {
            let expected = 2.0 * draws as f64 * weight(i) / total;
            chi += (count - expected).powi(2) / expected;
        }
        let freedom = 399.0f64;
        assert!(((chi - freedom) / (2.0 * freedom).sqrt()).abs() < 4.0, "{chi}");
    }
    // Without replacement: no index twice, and a weight three times as large comes first three times as often.
    let pair = Tensor::new(DType::F32, &[3000, 2], Form::Contiguous, |i| [1.0, 3.0][i % 2]);
    let out = Tensor::blank(DType::I32, &[3000, 2], Form::Contiguous);
    run(&*multinomial(&out.layout, &pair.layout, false, SEED).unwrap(), &[&out, &pair], &Threads(3)).unwrap();
    let drawn = out.ints();
    assert!(drawn.chunks(2).all(|p| p[0] + p[1] == 1));
    let first = drawn.iter().step_by(2).sum::<i64>() as f64 / 3000.0;
    assert!((first - 0.75).abs() < 0.035, "{first}");
}

#[test]
fn weights_that_cannot_be_drawn_by_are_named() {
    let faulty = |weights: [f64; 3], k: i64, replacement: bool| {
        let x =
            Tensor::new(DType::F32, &[2, 3], Form::Contiguous, |i| if i < 3 { 1.0 } else { weights[i - 3] });
        let out = Tensor::blank(DType::I64, &[2, k], Form::Contiguous);
        let kernel: Box<dyn Kernel> = multinomial(&out.layout, &x.layout, replacement, SEED).unwrap();
        run(&*kernel, &[&out, &x], &Serial)
    };
    for (weights, k, replacement) in [
        ([1.0, -1.0, 3.0], 1, true),
        ([1.0, f64::NAN, 3.0], 2, false),
        ([1.0, f64::INFINITY, 3.0], 1, false),
        ([0.0, 0.0, 0.0], 1, false),
        ([0.0, 0.0, 0.0], 5, true),
        ([0.0, 2.0, 0.0], 2, false),
    ] {
        assert!(matches!(faulty(weights, k, replacement), Err(Fault::Weights { row: 1, .. })), "{weights:?}");
    }
    assert_eq!(faulty([0.0, 2.0, 0.0], 4, true), Ok(()));
    let l = |t, d: &[i64]| Layout::contiguous(t, d).unwrap();
    assert!(multinomial(&l(DType::I64, &[4]), &l(DType::F32, &[3]), false, SEED).is_err());
    assert!(multinomial(&l(DType::I64, &[3]), &l(DType::I32, &[3]), false, SEED).is_err());
}

#[test]
fn dropout_keeps_what_its_bits_say() {
    let n = 1000;
    let mask = Tensor::new(DType::U8, &[128], Form::Contiguous, |i| (i * 37 % 256) as f64);
    let bits = mask.ints();
    for dtype in [DType::F32, DType::F64, DType::BF16] {
        for form in Form::INPUTS {
            let x = Tensor::new(dtype, &[10, n / 10], form, |i| (i % 50) as f64 + 1.0);
            let out = Tensor::blank(dtype, &[10, n / 10], Form::Sliced);
            run(
                &*dropout(&out.layout, &x.layout, &mask.layout, 2.0).unwrap(),
                &[&out, &x, &mask],
                &Threads(2),
            )
            .unwrap();
            let want: Vec<f64> = (x.reals().into_iter().enumerate())
                .map(|(i, v)| if bits[i / 8] >> (i % 8) & 1 == 1 { 2.0 * v } else { 0.0 })
                .collect();
            assert_eq!(out.reals(), want, "{dtype} {form:?}");
        }
    }
}
