//! Convolutions.

use super::linear::{Placed, check_cube_math, converted, deliver, target};
use super::{check_cast, expect_dims, expect_dtype, promoted};
use crate::{Args, OpError, PlanBuilder, Role, TensorArg, args::Operand, def::ConvForm};
use npu_kernels::ConvAxis;
use npu_types::{Dims, Layout, MAX_RANK, promote};
use smallvec::SmallVec;

type Shape = SmallVec<[i64; MAX_RANK]>;

fn wrong_shape(args: &Args<'_>, role: Role, expected: String, got: &[i64]) -> OpError {
    OpError::Shape { argument: args.name(role), expected, got: Box::new(Dims::new(got)) }
}

fn wrong(args: &Args<'_>, role: Role, expected: String, got: String) -> OpError {
    OpError::Value { argument: args.name(role), expected, got }
}

/// A number for each of `n` axes; one number stands for all.
fn numbers(args: &Args<'_>, role: Role, n: usize, least: i64, missing: i64) -> Result<Shape, OpError> {
    let given = args.ints(role);
    let known = given.len() == n || given.len() <= 1;
    if !known || given.iter().any(|v| !(least..=i64::from(i32::MAX)).contains(v)) {
        let expected = format!("1 or {n} numbers of {least} or more");
        return Err(wrong(args, role, expected, format!("{given:?}")));
    }
    Ok((0..n).map(|i| given.get(i).or(given.first()).copied().unwrap_or(missing)).collect())
}

/// Zeros before and behind each of `n` axes: one number for all, one for each, or two for each.
fn pads(args: &Args<'_>, n: usize) -> Result<(Shape, Shape), OpError> {
    let given = match args.int(Role::PAD) {
        Some(both) => Shape::from_slice(&[both]),
        None => Shape::from_slice(args.ints(Role::PAD)),
    };
    let counts = [0, 1, n, 2 * n].contains(&given.len());
    if !counts || given.iter().any(|v| !(0..=i64::from(i32::MAX)).contains(v)) {
        let expected = format!("1, {n} or {} numbers of 0 or more", 2 * n);
        return Err(wrong(args, Role::PAD, expected, format!("{given:?}")));
    }
    let all = |i: usize| given.get(i).or(given.first()).copied().unwrap_or(0);
    if given.len() == 2 * n {
        return Ok(((0..n).map(|i| given[2 * i]).collect(), (0..n).map(|i| given[2 * i + 1]).collect()));
    }
    Ok(((0..n).map(all).collect(), (0..n).map(all).collect()))
}

/// An operand with its axes in the order that plain convolutions have.
fn ordered(tensor: &TensorArg, order: &[usize]) -> TensorArg {
    TensorArg { layout: tensor.layout.permuted(order), ..*tensor }
}

/// Input, weights and output as plain convolutions index them.
fn operands(args: &Args<'_>, form: ConvForm) -> Result<[TensorArg; 3], OpError> {
    let (x, w, out) = (args.tensor(Role::SELF)?, args.tensor(Role::WEIGHT)?, args.tensor(Role::OUT)?);
    let ranks = match form {
        ConvForm::Plain => 3..=5,
        ConvForm::Depthwise => 4..=4,
        ConvForm::TimeFirst => 3..=3,
    };
    if !ranks.contains(&x.dims().len()) {
        let expected = format!("of {} to {} dimensions", ranks.start(), ranks.end());
        return Err(wrong_shape(args, Role::SELF, expected, x.dims()));
    }
    for (role, tensor) in [(Role::WEIGHT, w), (Role::OUT, out)] {
        if tensor.dims().len() != x.dims().len() {
            let expected = format!("of {} dimensions, as the input has", x.dims().len());
            return Err(wrong_shape(args, role, expected, tensor.dims()));
        }
    }
    Ok(match form {
        ConvForm::TimeFirst => [ordered(x, &[1, 2, 0]), ordered(w, &[2, 1, 0]), ordered(out, &[1, 2, 0])],
        _ => [*x, *w, *out],
    })
}

/// Weights by group: `[groups, rows, depth, ..]`. Transposed ones are read from the other end.
fn by_group((slot, w): Placed, groups: i64, transposed: bool) -> Result<Placed, OpError> {
    let (d, s) = (w.dims(), w.strides());
    let inner = d[0] / groups;
    let mut dims = Shape::from_slice(&[groups, inner, d[1]]);
    let mut strides = Shape::from_slice(&[inner * s[0], s[0], s[1]]);
    if transposed {
        dims.swap(1, 2);
        strides.swap(1, 2);
    }
    let mut first = 0;
    for (dim, stride) in d[2..].iter().zip(&s[2..]) {
        dims.push(*dim);
        strides.push(if transposed { -stride } else { *stride });
        first += if transposed { (dim - 1).max(0) * stride } else { 0 };
    }
    let layout = Layout::strided(w.dtype(), &dims, &strides).map_err(OpError::layout("weight"))?;
    Ok((slot.at(first * w.dtype().size() as i64), layout))
}

pub(super) fn conv(args: &Args<'_>, form: ConvForm, plan: &mut PlanBuilder) -> Result<(), OpError> {
    check_cube_math(args)?;
    let [x, w, out] = operands(args, form)?;
    let bias = args.tensor_optional(Role::BIAS);
    for (role, tensor) in [(Role::SELF, Some(&x)), (Role::WEIGHT, Some(&w)), (Role::BIAS, bias)] {
        if let Some(tensor) = tensor {
            expect_dtype(args.name(role), tensor.dtype(), args.def.dtypes)?;
        }
    }
    let n = x.dims().len() - 2;
    let transposed = args.flag(Role::FLAG).unwrap_or(false);
    let (stride, dilation) = (numbers(args, Role::STRIDE, n, 1, 1)?, numbers(args, Role::DILATION, n, 1, 1)?);
    let (before, behind) = pads(args, n)?;
    let more = numbers(args, Role::EXTRA, n, 0, 0)?;
    let channels = x.dims()[1];
    let groups = match form {
        ConvForm::Depthwise => channels.max(1),
        _ => args.int(Role::GROUPS).unwrap_or(1),
    };
    let role = if form == ConvForm::Depthwise { Role::SELF } else { Role::GROUPS };
    if groups < 1 || channels % groups != 0 {
        let expected = format!("a divisor of the input's {channels} channels");
        return Err(wrong(args, role, expected, groups.to_string()));
    }
    // What each group takes: rows of weights for its inputs, or for its outputs if transposed.
    let (of_inputs, of_outputs) = if transposed { (0, 1) } else { (1, 0) };
    let wanted = if transposed { channels } else { channels / groups };
    let outputs = if transposed { w.dims()[1].saturating_mul(groups) } else { w.dims()[0] };
    let divided = transposed || outputs % groups == 0;
    if w.dims()[of_inputs] != wanted || !divided {
        let expected = format!(
            "with {wanted} in dimension {of_inputs} and a multiple of the {groups} groups in dimension {of_outputs}"
        );
        return Err(wrong_shape(args, Role::WEIGHT, expected, w.dims()));
    }
    let named = args.ints(Role::SHAPE);
    if !named.is_empty() && *named != w.dims()[2..] {
        let expected = format!("{:?}, as the weights have", &w.dims()[2..]);
        return Err(wrong(args, Role::SHAPE, expected, format!("{named:?}")));
    }
    let mut dims = Shape::from_slice(&[x.dims()[0], outputs]);
    let mut axes: SmallVec<[ConvAxis; 3]> = SmallVec::new();
    for i in 0..n {
        let (input, kernel) = (x.dims()[i + 2], w.dims()[i + 2]);
        if kernel < 1 {
            let expected = format!("with at least one element in dimension {}", i + 2);
            return Err(wrong_shape(args, Role::WEIGHT, expected, w.dims()));
        }
        let reach = dilation[i].saturating_mul(kernel - 1);
        let (size, axis) = if transposed {
            if more[i] >= stride[i].max(dilation[i]) {
                let expected = format!("less than the stride or dilation, {}", stride[i].max(dilation[i]));
                return Err(wrong(args, Role::EXTRA, expected, more[i].to_string()));
            }
            let size = (input - 1).saturating_mul(stride[i]).saturating_add(reach + more[i] + 1);
            let pad = reach - before[i];
            let axis = ConvAxis { stride: 1, pad, dilation: dilation[i], spread: stride[i] };
            (size - before[i] - behind[i], axis)
        } else {
            let room = input.saturating_add(before[i] + behind[i]).saturating_sub(reach);
            let axis = ConvAxis { stride: stride[i], pad: before[i], dilation: dilation[i], spread: 1 };
            (if room < 1 { 0 } else { (room - 1) / stride[i] + 1 }, axis)
        };
        if size < 1 {
            let expected = format!("at least {} in dimension {} with its padding", reach + 1, i + 2);
            return Err(wrong_shape(args, Role::SELF, expected, x.dims()));
        }
        dims.push(size);
        axes.push(axis);
    }
    if out.dims() != dims.as_slice() {
        // As the program indexes it.
        let expected =
            if form == ConvForm::TimeFirst { [dims[2], dims[0], dims[1]].to_vec() } else { dims.to_vec() };
        expect_dims(args, Role::OUT, args.tensor(Role::OUT)?.dims(), &expected)?;
    }
    let mut common = promoted(Operand::Tensor(&x), Operand::Tensor(&w));
    if let Some(bias) = bias {
        expect_dims(args, Role::BIAS, bias.dims(), &[outputs])?;
        common = promote(common, bias.dtype());
    }
    check_cast(args, Role::OUT, common)?;
    let compute = promote(common, out.dtype());
    let (slot_x, layout_x) = converted(plan, &x, compute)?;
    let weights = converted(plan, &w, compute)?;
    let (slot_w, layout_w) = by_group(weights, groups, transposed)?;
    let bias = bias.map(|bias| converted(plan, bias, compute)).transpose()?;
    let product = target(plan, &out, compute)?;
    let kernel =
        npu_kernels::conv(&product.1, &layout_x, &layout_w, bias.as_ref().map(|(_, layout)| layout), &axes)?;
    let operands = [Some(product.0), Some(slot_x), Some(slot_w), bias.map(|(slot, _)| slot)];
    let operands: SmallVec<[_; 4]> = operands.into_iter().flatten().collect();
    plan.step(kernel, &operands);
    deliver(plan, &out, product)
}

#[cfg(test)]
mod tests {
    use crate::{Arg, OpError, TensorArg, plan, registry};
    use npu_types::{DType, Layout};
    use smallvec::SmallVec;

    fn tensor(dtype: DType, dims: &[i64], slot: u16) -> Arg {
        let layout = Layout::contiguous(dtype, dims).unwrap();
        Arg::Tensor(TensorArg::new(layout, u64::from(slot + 1) << 32, slot))
    }

    /// Arguments of a good convolution, and what becomes of it with some of them replaced.
    fn with(replaced: Vec<(usize, Arg)>) -> Result<(), OpError> {
        let f32s = |dims: &[i64], slot| tensor(DType::F32, dims, slot);
        let mut args = [
            f32s(&[2, 4, 9, 8], 0),
            f32s(&[6, 2, 3, 3], 1),
            f32s(&[6], 2),
            Arg::Ints(SmallVec::from_slice(&[2, 1])),
            Arg::Ints(SmallVec::from_slice(&[1])),
            Arg::Ints(SmallVec::from_slice(&[1, 1])),
            Arg::Bool(false),
            Arg::Ints(SmallVec::new()),
            Arg::Int(2),
            f32s(&[2, 6, 5, 8], 3),
            Arg::Int(0),
        ];
        for (at, arg) in replaced {
            args[at] = arg;
        }
        plan(&registry::ACLNN_CONVOLUTION, &args).map(drop)
    }

    fn ints(values: &[i64]) -> Arg {
        Arg::Ints(SmallVec::from_slice(values))
    }

    #[test]
    fn refusals_name_the_argument() {
        let f32s = |dims: &[i64], slot| tensor(DType::F32, dims, slot);
        with(vec![]).unwrap();
        with(vec![(2, Arg::Null)]).unwrap();
        let cases = vec![
            (0, f32s(&[2, 4], 0), "input"),
            (0, tensor(DType::Bool, &[2, 4, 9, 8], 0), "input"),
            (0, f32s(&[2, 4, 9, 0], 0), "input"),
            (1, f32s(&[6, 4, 3, 3], 1), "weight"),
            (1, f32s(&[5, 2, 3, 3], 1), "weight"),
            (1, f32s(&[6, 2, 3], 1), "weight"),
            (1, f32s(&[6, 2, 0, 3], 1), "weight"),
            (2, f32s(&[5], 2), "bias"),
            (3, ints(&[0, 1]), "stride"),
            (3, ints(&[1, 1, 1]), "stride"),
            (4, ints(&[-1]), "padding"),
            (4, ints(&[1, 1, 1]), "padding"),
            (5, ints(&[0]), "dilation"),
            (8, Arg::Int(3), "groups"),
            (8, Arg::Int(0), "groups"),
            (9, f32s(&[2, 6, 5, 7], 3), "output"),
            (9, tensor(DType::I32, &[2, 6, 5, 8], 3), "output"),
            (10, Arg::Int(4), "cubeMathType"),
        ];
        for (at, arg, name) in cases {
            let error = with(vec![(at, arg)]).unwrap_err().to_string();
            assert!(error.contains(&format!("argument {name}")), "{name} in {error}");
        }
    }

    #[test]
    fn paddings_of_both_sides_and_transposed_sizes() {
        let out = |dims: &[i64]| (9, tensor(DType::F32, dims, 3));
        // One more row behind, none before.
        with(vec![(4, ints(&[0, 1, 1, 1])), out(&[2, 6, 4, 8])]).unwrap();
        let transposed = |more: i64, rows: i64| {
            with(vec![
                (1, tensor(DType::F32, &[4, 3, 3, 3], 1)),
                (6, Arg::Bool(true)),
                (7, ints(&[more, 0])),
                out(&[2, 6, rows, 8]),
            ])
        };
        transposed(0, 17).unwrap();
        transposed(1, 18).unwrap();
        assert!(transposed(2, 19).unwrap_err().to_string().contains("outputPadding"));
    }
}
