use super::*;
use crate::isa::on_each_level;
use crate::testkit::{Form, Rng, Tensor, Threads, run};
use npu_types::Serial;

/// What a test varies.
#[derive(Clone, Debug)]
struct Case {
    dtype: DType,
    batch: i64,
    heads: i64,
    key_heads: i64,
    rows: i64,
    cols: i64,
    depth: i64,
    depth_v: i64,
    form: Form,
    mask: Option<DType>,
    shift: Option<ShiftWhen>,
    keep: bool,
    band: Band,
    prefix: Vec<usize>,
}

impl Case {
    fn new(dtype: DType, rows: i64, cols: i64) -> Case {
        Case {
            dtype,
            batch: 2,
            heads: 4,
            key_heads: 2,
            rows,
            cols,
            depth: 20,
            depth_v: 20,
            form: Form::Contiguous,
            mask: None,
            shift: None,
            keep: false,
            band: Band::ALL,
            prefix: Vec::new(),
        }
    }
}

struct Inputs {
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Option<Tensor>,
    shift: Option<Tensor>,
    keep: Option<Tensor>,
}

fn inputs(c: &Case, rng: &mut Rng) -> Inputs {
    let mut random = |dtype, dims: &[i64], form, bits: Option<usize>| {
        let mut t = Tensor::blank(dtype, dims, form);
        for i in 0..t.layout.numel() {
            let x = match bits {
                Some(n) => (rng.below(n) == 0) as u8 as f64,
                None => rng.unit(),
            };
            t.set(i, npu_types::Complex64::new(x, 0.0));
        }
        t
    };
    let whole = [c.batch, c.heads, c.rows, c.cols];
    let mut keep =
        c.keep.then(|| random(DType::U8, &[whole.iter().product::<i64>() / 8 + 1], Form::Contiguous, None));
    if let Some(t) = &mut keep {
        for i in 0..t.layout.numel() {
            t.set(i, npu_types::Complex64::new((i * 37 % 256) as f64, 0.0));
        }
    }
    Inputs {
        q: random(c.dtype, &[c.batch, c.heads, c.rows, c.depth], c.form, None),
        k: random(c.dtype, &[c.batch, c.key_heads, c.cols, c.depth], c.form, None),
        v: random(c.dtype, &[c.batch, c.key_heads, c.cols, c.depth_v], c.form, None),
        mask: c.mask.map(|t| random(t, &whole, c.form, Some(3))),
        shift: c.shift.map(|_| random(c.dtype, &whole, c.form, None)),
        keep,
    }
}

const SCALE: f64 = 0.25;
const SHARE: f64 = 0.5;

/// One row by the definition: result, largest score, sum.
fn row(c: &Case, x: &Inputs, b: usize, h: usize, i: usize) -> (Vec<f64>, f64, f64) {
    let (heads, key_heads) = (c.heads as usize, c.key_heads as usize);
    let (rows, cols, depth, depth_v) =
        (c.rows as usize, c.cols as usize, c.depth as usize, c.depth_v as usize);
    let kh = h / (heads / key_heads);
    let at = |j: usize| ((b * heads + h) * rows + i) * cols + j;
    let key = |j: usize| (b * key_heads + kh) * cols + j;
    let scores: Vec<Option<f64>> = (0..cols)
        .map(|j| {
            let hidden = x.mask.as_ref().is_some_and(|m| m.get::<f64>(at(j)) != 0.0);
            let near = (j as i64) >= (i as i64).saturating_add(c.band.from)
                && ((j as i64) < (i as i64).saturating_add(c.band.to)
                    || c.prefix.get(b).is_some_and(|&n| j < n));
            let dot: f64 = (0..depth)
                .map(|d| {
                    x.q.get::<f64>(((b * heads + h) * rows + i) * depth + d)
                        * x.k.get::<f64>(key(j) * depth + d)
                })
                .sum();
            let shift = x.shift.as_ref().map_or(0.0, |s| s.get::<f64>(at(j)));
            let score = match c.shift {
                Some(ShiftWhen::BeforeScale) => (dot + shift) * SCALE,
                Some(ShiftWhen::TimesDistance { ahead }) => {
                    dot * SCALE - shift * (i as f64 + ahead as f64 - j as f64).abs()
                }
                _ => dot * SCALE + shift,
            };
            (near && !hidden).then_some(score)
        })
        .collect();
    let max = scores.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
    if max == f64::NEG_INFINITY {
        return (vec![0.0; depth_v], f64::from(f32::MIN), 0.0);
    }
    let sum: f64 = scores.iter().flatten().map(|s| (s - max).exp()).sum();
    let mut out = vec![0.0; depth_v];
    for (j, score) in scores.iter().enumerate() {
        let Some(score) = score else { continue };
        let mut p = (score - max).exp() / sum;
        if let Some(keep) = &x.keep {
            let byte = keep.get::<i64>(at(j) / 8);
            p *= if byte >> (at(j) % 8) & 1 == 1 { 1.0 / SHARE } else { 0.0 };
        }
        for (d, o) in out.iter_mut().enumerate() {
            *o += p * x.v.get::<f64>(key(j) * depth_v + d);
        }
    }
    (out, max, sum)
}

fn check(c: &Case, par: &dyn npu_types::Parallel) {
    let mut rng = Rng(0x9E37_79B9_7F4A_7C15);
    let x = inputs(c, &mut rng);
    let out = Tensor::blank(c.dtype, &[c.batch, c.heads, c.rows, c.depth_v], c.form);
    let stats = [(); 2].map(|()| Tensor::blank(DType::F32, &[c.batch, c.heads, c.rows, 8], Form::Contiguous));
    let a = Attention {
        q: &x.q.layout,
        k: &x.k.layout,
        v: &x.v.layout,
        shift: x.shift.as_ref().map(|t| (&t.layout, c.shift.unwrap())),
        keep: x.keep.as_ref().map(|t| &t.layout),
        mask: x.mask.as_ref().map(|t| &t.layout),
        band: c.band,
        prefix: &c.prefix,
        scale: SCALE,
        keep_share: SHARE,
    };
    let o = AttentionOut { out: &out.layout, max: Some(&stats[0].layout), sum: Some(&stats[1].layout) };
    let kernel = attention(&a, &o).unwrap();
    let mut operands = vec![&out, &stats[0], &stats[1], &x.q, &x.k, &x.v];
    operands.extend([&x.shift, &x.keep, &x.mask].into_iter().flatten());
    run(&*kernel, &operands, par).unwrap();
    let unit = match c.dtype {
        DType::F16 => 2e-3,
        DType::BF16 => 2e-2,
        DType::F32 => 2e-5,
        _ => 1e-12,
    };
    let (rows, heads) = (c.rows as usize, c.heads as usize);
    for (n, at) in (0..c.batch as usize * heads * rows).enumerate() {
        let (want, max, sum) = row(c, &x, at / (heads * rows), at / rows % heads, at % rows);
        for (d, w) in want.iter().enumerate() {
            let got = out.get::<f64>(n * c.depth_v as usize + d);
            assert!((got - w).abs() <= unit * (1.0 + w.abs()), "{c:?} row {n} depth {d}: {got} not {w}");
        }
        for i in 0..8 {
            let (m, s) = (stats[0].get::<f64>(n * 8 + i), stats[1].get::<f64>(n * 8 + i));
            assert!((m - max).abs() <= 1e-5 * (1.0 + max.abs()), "{c:?} row {n}: largest {m} not {max}");
            assert!((s - sum).abs() <= 1e-4 * (1.0 + sum), "{c:?} row {n}: sum {s} not {sum}");
        }
    }
}

const TYPES: [DType; 4] = [DType::F32, DType::F16, DType::BF16, DType::F64];

#[test]
fn few_and_many_rows() {
    for dtype in TYPES {
        for (rows, cols) in [(1, 1), (1, 70), (4, 300), (5, 7), (33, 65), (40, 300)] {
            check(&Case::new(dtype, rows, cols), &Serial);
        }
    }
}

#[test]
fn every_processor_level() {
    on_each_level(|| {
        for dtype in TYPES {
            check(&Case::new(dtype, 1, 270), &Serial);
            check(&Case::new(dtype, 14, 270), &Serial);
        }
    });
}

#[test]
fn depths_and_head_counts() {
    for (depth, depth_v, heads, key_heads) in [(64, 64, 14, 2), (17, 9, 3, 3), (128, 80, 4, 1), (1, 1, 2, 2)]
    {
        for rows in [1, 30] {
            for dtype in TYPES {
                check(&Case { depth, depth_v, heads, key_heads, ..Case::new(dtype, rows, 50) }, &Serial);
            }
        }
    }
}

#[test]
fn masks_shifts_bands_and_dropped_bits() {
    let bands = [
        Band { from: i64::MIN, to: 1 },
        Band { from: i64::MIN, to: 30 },
        Band { from: -3, to: 5 },
        Band { from: 10, to: 12 },
        Band { from: 200, to: 300 },
    ];
    for rows in [3, 29] {
        let plain = Case { band: Band::ALL, ..Case::new(DType::F32, rows, 270) };
        for band in bands {
            check(&Case { band, ..plain.clone() }, &Serial);
            check(&Case { band, mask: Some(DType::Bool), dtype: DType::BF16, ..plain.clone() }, &Serial);
        }
        for mask in [DType::Bool, DType::U8] {
            check(&Case { mask: Some(mask), ..plain.clone() }, &Serial);
        }
        let away = ShiftWhen::TimesDistance { ahead: -7 };
        for when in [ShiftWhen::BeforeScale, ShiftWhen::AfterScale, away] {
            check(&Case { shift: Some(when), mask: Some(DType::Bool), ..plain.clone() }, &Serial);
        }
        check(&Case { keep: true, ..plain.clone() }, &Serial);
    }
}

#[test]
fn a_prefix_of_each_batch_is_seen_by_every_row() {
    let causal = Band { from: i64::MIN, to: 1 };
    for (rows, prefix) in [(3, [0, 200]), (29, [20, 270]), (29, [1, 0]), (250, [100, 30])] {
        for dtype in TYPES {
            let c = Case { band: causal, prefix: prefix.to_vec(), ..Case::new(dtype, rows, 270) };
            check(&c, &Serial);
            check(&Case { mask: Some(DType::Bool), ..c }, &Threads(2));
        }
    }
}

#[test]
fn any_strides_on_several_threads() {
    for form in Form::OUTPUTS {
        for rows in [2, 30] {
            for dtype in [DType::F32, DType::F16, DType::BF16] {
                let all = Case {
                    form,
                    mask: Some(DType::U8),
                    shift: Some(ShiftWhen::AfterScale),
                    ..Case::new(dtype, rows, 40)
                };
                check(&all, &Threads(3));
            }
        }
    }
}

#[test]
fn nothing_to_see_and_nothing_to_do() {
    for rows in [1, 20] {
        check(&Case::new(DType::F32, rows, 0), &Serial);
        check(&Case { depth: 0, ..Case::new(DType::F32, rows, 5) }, &Serial);
        check(&Case { batch: 0, ..Case::new(DType::F32, rows, 5) }, &Serial);
    }
    check(&Case::new(DType::F32, 0, 5), &Serial);
}

#[test]
fn shapes_that_do_not_fit() {
    let view = |dims: &[i64]| Layout::contiguous(DType::F32, dims).unwrap();
    let refuse = |q: &Layout, k: &Layout, v: &Layout, out: &Layout| {
        let a = Attention {
            q,
            k,
            v,
            shift: None,
            keep: None,
            mask: None,
            band: Band::ALL,
            prefix: &[],
            scale: 1.0,
            keep_share: 1.0,
        };
        attention(&a, &AttentionOut { out, max: None, sum: None }).is_err()
    };
    let (q, k) = (view(&[1, 4, 3, 8]), view(&[1, 2, 5, 8]));
    assert!(!refuse(&q, &k, &k, &q));
    assert!(refuse(&q, &view(&[1, 3, 5, 8]), &view(&[1, 3, 5, 8]), &q));
    assert!(refuse(&q, &view(&[1, 2, 5, 7]), &k, &q));
    assert!(refuse(&q, &k, &view(&[1, 2, 6, 8]), &q));
    assert!(refuse(&q, &k, &k, &view(&[1, 4, 3, 7])));
    assert!(refuse(&q.with_dtype(DType::F16), &k, &k, &q));
}

/// The derivative of `sum(dy * attention)` by one element of an operand, by differences of the definition.
fn slope(c: &Case, x: &mut Inputs, dy: &Tensor, operand: usize, element: usize) -> f64 {
    let step = 1e-5;
    let mut total = |shift: f64| {
        let t = [&mut x.q, &mut x.k, &mut x.v].into_iter().nth(operand).unwrap();
        let old: f64 = t.get(element);
        t.set(element, npu_types::Complex64::new(old + shift, 0.0));
        let (rows, heads, depth_v) = (c.rows as usize, c.heads as usize, c.depth_v as usize);
        let mut sum = 0.0;
        for n in 0..c.batch as usize * heads * rows {
            let out = row(c, x, n / (heads * rows), n / rows % heads, n % rows).0;
            sum += out.iter().enumerate().map(|(d, o)| o * dy.get::<f64>(n * depth_v + d)).sum::<f64>();
        }
        let t = [&mut x.q, &mut x.k, &mut x.v].into_iter().nth(operand).unwrap();
        t.set(element, npu_types::Complex64::new(old, 0.0));
        sum
    };
    (total(step) - total(-step)) / (2.0 * step)
}

#[test]
fn gradients_are_slopes() {
    let plain =
        Case { heads: 2, key_heads: 1, batch: 1, depth: 5, depth_v: 3, ..Case::new(DType::F64, 9, 11) };
    let cases = [
        plain.clone(),
        Case { band: Band { from: -2, to: 1 }, mask: Some(DType::Bool), ..plain.clone() },
        Case { keep: true, shift: Some(ShiftWhen::AfterScale), form: Form::Sliced, ..plain.clone() },
        Case {
            batch: 2,
            band: Band { from: i64::MIN, to: 1 },
            prefix: vec![4, 0],
            shift: Some(ShiftWhen::TimesDistance { ahead: 2 }),
            ..plain
        },
    ];
    for c in cases {
        let mut rng = Rng(0x1234_5678_9ABC_DEF1);
        let mut x = inputs(&c, &mut rng);
        let result = Tensor::blank(c.dtype, &[c.batch, c.heads, c.rows, c.depth_v], Form::Contiguous);
        let dy = Tensor::new(c.dtype, result.layout.dims(), Form::Contiguous, |i| (i % 7) as f64 - 3.0);
        let stats =
            [(); 2].map(|()| Tensor::blank(DType::F64, &[c.batch, c.heads, c.rows, 8], Form::Contiguous));
        let grads = [&x.q, &x.k, &x.v].map(|t| Tensor::blank(c.dtype, t.layout.dims(), c.form));
        let a = Attention {
            q: &x.q.layout,
            k: &x.k.layout,
            v: &x.v.layout,
            shift: x.shift.as_ref().map(|t| (&t.layout, c.shift.unwrap())),
            keep: x.keep.as_ref().map(|t| &t.layout),
            mask: x.mask.as_ref().map(|t| &t.layout),
            band: c.band,
            prefix: &c.prefix,
            scale: SCALE,
            keep_share: SHARE,
        };
        let o =
            AttentionOut { out: &result.layout, max: Some(&stats[0].layout), sum: Some(&stats[1].layout) };
        let g = AttentionGrad {
            q: &grads[0].layout,
            k: &grads[1].layout,
            v: &grads[2].layout,
            shift: None,
            dy: &dy.layout,
        };
        let mut operands = vec![&result, &stats[0], &stats[1], &x.q, &x.k, &x.v];
        operands.extend([&x.shift, &x.keep, &x.mask].into_iter().flatten());
        run(&*attention(&a, &o).unwrap(), &operands, &Serial).unwrap();
        let mut all = vec![&grads[0], &grads[1], &grads[2], &dy];
        all.extend(operands);
        run(&*attention_grad(&a, &o, &g).unwrap(), &all, &Threads(2)).unwrap();
        for (operand, grad) in grads.iter().enumerate() {
            for element in 0..grad.layout.numel() {
                let (got, want) = (grad.get::<f64>(element), slope(&c, &mut x, &dy, operand, element));
                assert!(
                    (got - want).abs() <= 1e-6 * (1.0 + want.abs()),
                    "{c:?} {operand} {element}: {got} not {want}"
                );
            }
        }
    }
}
