use super::*;
use crate::testkit::{Form, Rng, Tensor, Threads, run};

/// One convolution: sizes without layouts.
#[derive(Clone, Debug)]
struct Case {
    images: i64,
    groups: i64,
    rows: i64,
    depth: i64,
    input: Vec<i64>,
    kernel: Vec<i64>,
    axes: Vec<ConvAxis>,
    /// Zeros behind the last input.
    behind: i64,
}

impl Case {
    fn out(&self) -> Vec<i64> {
        let size = |i: usize| {
            let a = self.axes[i];
            let inputs = if self.input[i] == 0 { 0 } else { (self.input[i] - 1) * a.spread + 1 };
            let room = inputs + a.pad + self.behind - a.dilation * (self.kernel[i] - 1);
            if room < 1 { 0 } else { (room - 1) / a.stride + 1 }
        };
        (0..self.axes.len()).map(size).collect()
    }
}

fn random(dtype: DType, dims: &[i64], form: Form, rng: &mut Rng) -> Tensor {
    let mut t = Tensor::blank(dtype, dims, form);
    for i in 0..t.layout.numel() {
        let value = if dtype.is_integer() { rng.below(7) as f64 - 3.0 } else { rng.unit() };
        t.set(i, npu_types::Complex64::new(value, 0.0));
    }
    t
}

fn with(head: &[i64], tail: &[i64]) -> Vec<i64> {
    head.iter().chain(tail).copied().collect()
}

/// Every index of a shape, row-major.
fn indices(dims: &[i64]) -> Vec<Vec<i64>> {
    let mut all = vec![vec![]];
    for dim in dims {
        all = all.iter().flat_map(|i| (0..*dim).map(move |j| with(i, &[j]))).collect();
    }
    all
}

fn place(dims: &[i64], index: &[i64]) -> usize {
    dims.iter().zip(index).fold(0, |at, (dim, i)| at * *dim as usize + *i as usize)
}

/// The definition, in f64: nested sums over channels and kernel elements.
fn reference(case: &Case, x: &Tensor, w: &Tensor, bias: Option<&Tensor>) -> Vec<f64> {
    let (xs, ws, bs) = (x.reals(), w.reals(), bias.map(Tensor::reals));
    let shape = with(&[case.images, case.groups * case.rows], &case.out());
    indices(&shape)
        .iter()
        .map(|at| {
            let (group, row) = (at[1] / case.rows, at[1] % case.rows);
            let mut sum = bs.as_ref().map_or(0.0, |b| b[at[1] as usize]);
            for tap in indices(&with(&[case.depth], &case.kernel)) {
                let mut input = vec![at[0], group * case.depth + tap[0]];
                for (i, a) in case.axes.iter().enumerate() {
                    let position = at[i + 2] * a.stride - a.pad + tap[i + 1] * a.dilation;
                    let inside =
                        position >= 0 && position % a.spread == 0 && position / a.spread < case.input[i];
                    input.push(if inside { position / a.spread } else { -1 });
                }
                if input.contains(&-1) {
                    continue;
                }
                let weight = with(&[group, row], &tap);
                sum += xs[place(x.layout.dims(), &input)] * ws[place(w.layout.dims(), &weight)];
            }
            sum
        })
        .collect()
}

fn verify(dtype: DType, case: &Case, forms: [Form; 3], rng: &mut Rng, par: &dyn Parallel) {
    let x = random(dtype, &with(&[case.images, case.groups * case.depth], &case.input), forms[0], rng);
    let w = random(dtype, &with(&[case.groups, case.rows, case.depth], &case.kernel), forms[1], rng);
    let bias = (rng.below(2) == 1).then(|| random(dtype, &[case.groups * case.rows], Form::Contiguous, rng));
    let out = Tensor::blank(dtype, &with(&[case.images, case.groups * case.rows], &case.out()), forms[2]);
    let kernel =
        conv(&out.layout, &x.layout, &w.layout, bias.as_ref().map(|b| &b.layout), &case.axes).unwrap();
    let operands: Vec<&Tensor> = [&out, &x, &w].into_iter().chain(bias.as_ref()).collect();
    run(&*kernel, &operands, par).unwrap();
    let unit = match dtype {
        DType::F16 => 1e-3,
        DType::BF16 => 8e-3,
        DType::F32 => 2e-6,
        _ => 1e-13,
    };
    let want = reference(case, &x, &w, bias.as_ref());
    for (i, (got, want)) in out.reals().iter().zip(&want).enumerate() {
        let terms = (case.depth * case.kernel.iter().product::<i64>()) as f64;
        let error = unit * (1.0 + want.abs() + terms.sqrt());
        assert!((got - want).abs() <= error, "{dtype} {case:?} {forms:?}: [{i}] is {got}, not {want}");
    }
}

fn axis(stride: i64, pad: i64, dilation: i64, spread: i64) -> ConvAxis {
    ConvAxis { stride, pad, dilation, spread }
}

const PLAIN: ConvAxis = ConvAxis { stride: 1, pad: 0, dilation: 1, spread: 1 };
const ROW_MAJOR: [Form; 3] = [Form::Contiguous; 3];

#[test]
fn random_geometries_follow_the_definition() {
    let mut rng = Rng(0x2545_F491);
    for round in 0..400 {
        let rank = 1 + rng.below(3);
        let small = |rng: &mut Rng, n: usize| rng.below(n) as i64;
        let case = Case {
            images: 1 + small(&mut rng, 2),
            groups: 1 + small(&mut rng, 3),
            rows: 1 + small(&mut rng, 4),
            depth: 1 + small(&mut rng, 4),
            input: (0..rank).map(|_| 1 + small(&mut rng, 7)).collect(),
            kernel: (0..rank).map(|_| 1 + small(&mut rng, 3)).collect(),
            axes: (0..rank)
                .map(|_| {
                    let spread = if rng.below(3) == 0 { 1 + small(&mut rng, 3) } else { 1 };
                    axis(1 + small(&mut rng, 3), small(&mut rng, 4) - 1, 1 + small(&mut rng, 2), spread)
                })
                .collect(),
            behind: small(&mut rng, 3),
        };
        let dtype = rng.pick(&[DType::F32, DType::F64, DType::F16, DType::BF16, DType::I32, DType::I64]);
        let forms = [rng.pick(&Form::INPUTS), rng.pick(&Form::INPUTS), rng.pick(&Form::OUTPUTS)];
        let threads = Threads(3);
        let par: &dyn Parallel = if round % 2 == 0 { &Serial } else { &threads };
        verify(dtype, &case, forms, &mut rng, par);
    }
}

#[test]
fn one_by_one_kernels_read_the_input_in_place() {
    let mut rng = Rng(7);
    let case = Case {
        images: 2,
        groups: 2,
        rows: 5,
        depth: 3,
        input: vec![4, 9],
        kernel: vec![1, 1],
        axes: vec![PLAIN; 2],
        behind: 0,
    };
    for form in Form::INPUTS {
        verify(DType::F32, &case, [form, Form::Contiguous, Form::Contiguous], &mut rng, &Serial);
        verify(DType::F32, &case, [Form::Contiguous, form, Form::Sliced], &mut rng, &Serial);
    }
    let of = |dims: &[i64]| Layout::contiguous(DType::F32, dims).unwrap();
    let (out, x, w) = (of(&[2, 10, 4, 9]), of(&[2, 6, 4, 9]), of(&[2, 5, 3, 1, 1]));
    let gathers = conv(&out, &x, &w, None, &[axis(1, 1, 1, 1), PLAIN]);
    assert!(conv(&out, &x, &w, None, &[PLAIN; 2]).unwrap().scratch() < gathers.unwrap().scratch());
}

#[test]
fn channels_last_is_another_view() {
    let mut rng = Rng(11);
    let (x, w) = (random(DType::F32, &[2, 6, 5, 3], Form::Contiguous, &mut rng), [4, 3, 3, 3]);
    let w = random(DType::F32, &w, Form::Contiguous, &mut rng);
    let out = Tensor::blank(DType::F32, &[2, 6, 5, 4], Form::Contiguous);
    let first = |l: &Layout| l.permuted(&[0, 3, 1, 2]);
    let weights = first(&w.layout).with_axis(0, 1, 0).unwrap();
    let pads = [axis(1, 1, 1, 1); 2];
    let kernel = conv(&first(&out.layout), &first(&x.layout), &weights, None, &pads).unwrap();
    run(&*kernel, &[&out, &x, &w], &Serial).unwrap();
    let (xs, ws, got) = (x.reals(), w.reals(), out.reals());
    for at in indices(&[2, 6, 5, 4]) {
        let mut sum = 0.0;
        for tap in indices(&[3, 3, 3]) {
            let (y, z) = (at[1] + tap[0] - 1, at[2] + tap[1] - 1);
            if (0..6).contains(&y) && (0..5).contains(&z) {
                sum += xs[place(&[2, 6, 5, 3], &[at[0], y, z, tap[2]])]
                    * ws[place(&[4, 3, 3, 3], &[at[3], tap[0], tap[1], tap[2]])];
            }
        }
        assert!((got[place(&[2, 6, 5, 4], &at)] - sum).abs() < 1e-5, "{at:?}");
    }
}

#[test]
fn many_positions_take_several_blocks_and_threads() {
    let mut rng = Rng(3);
    let case = Case {
        images: 3,
        groups: 1,
        rows: 5,
        depth: 24,
        input: vec![40, 41],
        kernel: vec![3, 3],
        axes: vec![axis(1, 1, 1, 1); 2],
        behind: 1,
    };
    verify(DType::F32, &case, ROW_MAJOR, &mut rng, &Serial);
    verify(DType::F32, &case, ROW_MAJOR, &mut rng, &Threads(4));
}

#[test]
fn empty_inputs_and_no_channels() {
    let mut rng = Rng(5);
    let case = |images, depth, rows, input: &[i64]| Case {
        images,
        groups: 1,
        rows,
        depth,
        input: input.to_vec(),
        kernel: vec![2; input.len()],
        axes: vec![axis(1, 1, 1, 1); input.len()],
        behind: 1,
    };
    // No channels leave the bias alone; no images or rows leave nothing.
    verify(DType::F32, &case(2, 0, 3, &[4]), ROW_MAJOR, &mut rng, &Serial);
    verify(DType::F32, &case(0, 2, 3, &[4, 4]), ROW_MAJOR, &mut rng, &Serial);
    verify(DType::F32, &case(2, 2, 0, &[4, 4]), ROW_MAJOR, &mut rng, &Serial);
    verify(DType::F32, &case(1, 2, 2, &[0]), ROW_MAJOR, &mut rng, &Serial);
}

#[test]
fn what_does_not_fit_is_refused() {
    let of = |dims: &[i64]| Layout::contiguous(DType::F32, dims).unwrap();
    let good = |x: &Layout, w: &Layout, out: &Layout| conv(out, x, w, None, &[PLAIN]).is_ok();
    assert!(good(&of(&[1, 2, 5]), &of(&[1, 4, 2, 3]), &of(&[1, 4, 3])));
    assert!(!good(&of(&[1, 3, 5]), &of(&[1, 4, 2, 3]), &of(&[1, 4, 3])));
    assert!(!good(&of(&[1, 2, 5]), &of(&[1, 4, 2, 3]), &of(&[2, 4, 3])));
    assert!(!good(&of(&[1, 2, 5]), &of(&[4, 2, 3]), &of(&[1, 4, 3])));
    let half = of(&[1, 2, 5]).with_dtype(DType::F16);
    assert!(matches!(
        conv(&of(&[1, 4, 3]), &half, &of(&[1, 4, 2, 3]), None, &[PLAIN]),
        Err(KernelError::DType { dtype: DType::F16, .. })
    ));
    let still = [axis(0, 0, 1, 1)];
    assert!(conv(&of(&[1, 4, 3]), &of(&[1, 2, 5]), &of(&[1, 4, 2, 3]), None, &still).is_err());
}
