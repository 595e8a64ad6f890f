//! Losses and gradients of layers.

use super::{axis, check_cast, check_dtype, elementwise, expand, expect_dims, expect_dtype, whole};
use crate::{Args, OpError, PlanBuilder, Role, Slot, TensorArg, def::LossMeaning};
use npu_kernels::{BinaryOp, Input, ReduceOp, RowOp, TernaryOp};
use npu_types::{DType, DTypeSet, Dims, Layout, Scalar};
use smallvec::SmallVec;

const INDICES: DTypeSet = DTypeSet::of(&[DType::I64, DType::I32, DType::U8]);

fn wrong_shape(args: &Args<'_>, role: Role, expected: String, got: &[i64]) -> OpError {
    OpError::Shape { argument: args.name(role), expected, got: Box::new(Dims::new(got)) }
}

/// What a temporary of halves holds: f32.
fn wide(dtype: DType) -> DType {
    if dtype == DType::F64 { DType::F64 } else { DType::F32 }
}

pub(super) fn softmax(args: &Args<'_>, log: bool, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (dy, y, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OTHER)?, args.tensor(Role::OUT)?);
    for role in [Role::SELF, Role::OTHER, Role::OUT] {
        check_dtype(args, role, args.def.dtypes)?;
    }
    expect_dims(args, Role::OTHER, y.dims(), dy.dims())?;
    expect_dims(args, Role::OUT, out.dims(), dy.dims())?;
    let axis = axis(args.name(Role::DIM), args.int(Role::DIM).unwrap_or(-1), dy.dims().len())?;
    let lift = |t: &TensorArg| -> Result<Layout, OpError> {
        // A scalar has one virtual axis.
        if t.dims().is_empty() {
            t.layout.with_axis(0, 1, 0).map_err(OpError::layout("self"))
        } else {
            Ok(t.layout)
        }
    };
    let op = if log { RowOp::LogSoftmaxGrad } else { RowOp::SoftmaxGrad };
    let kernel = npu_kernels::rowwise(op, &[&lift(out)?, &lift(dy)?, &lift(y)?], axis)?;
    plan.step(kernel, &[whole(out), whole(dy), whole(y)]);
    Ok(())
}

/// A tensor as rows of what is normalised: `[lead.., tail merged]`, where it is or copied.
fn rows(
    plan: &mut PlanBuilder,
    tensor: &TensorArg,
    lead: usize,
    dtype: DType,
) -> Result<(Slot, Layout), OpError> {
    let of = OpError::layout("workspace");
    let dims = tensor.dims();
    let tail: i64 = dims[lead..].iter().product();
    let mut merged: SmallVec<[i64; 8]> = SmallVec::from_slice(&dims[..lead]);
    merged.push(tail);
    if dims.len() == lead + 1 {
        return Ok((whole(tensor), tensor.layout));
    }
    if tensor.layout.is_contiguous() {
        return Ok((whole(tensor), Layout::contiguous(tensor.dtype(), &merged).map_err(of)?));
    }
    let copy = Layout::contiguous(dtype, dims).map_err(&of)?;
    let slot = plan.temp(&copy);
    plan.step(npu_kernels::copy(&copy, &tensor.layout)?, &[slot, whole(tensor)]);
    Ok((slot, Layout::contiguous(dtype, &merged).map_err(of)?))
}

/// Gradients of layer and RMS normalisation: of the input row by row, of weight and bias by sums over the rows.
pub(super) fn norm(args: &Args<'_>, centre: bool, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (dy, x, rstd) = (args.tensor(Role::GRAD)?, args.tensor(Role::SELF)?, args.tensor(Role::RSTD)?);
    for role in
        [Role::GRAD, Role::SELF, Role::RSTD, Role::MEAN, Role::WEIGHT, Role::OUT, Role::OUT2, Role::OUT3]
    {
        check_dtype(args, role, args.def.dtypes)?;
    }
    expect_dims(args, Role::GRAD, dy.dims(), x.dims())?;
    let weight = args.tensor_optional(Role::WEIGHT);
    let (tail_role, tail): (Role, SmallVec<[i64; 8]>) = if centre {
        (Role::SHAPE, SmallVec::from_slice(args.ints(Role::SHAPE)))
    } else {
        (Role::WEIGHT, SmallVec::from_slice(weight.map_or(&[], |w| w.dims())))
    };
    if tail.is_empty() || !x.dims().ends_with(&tail) {
        return Err(wrong_shape(args, tail_role, format!("the last dimensions of {:?}", x.dims()), &tail));
    }
    let lead = x.dims().len() - tail.len();
    if let Some(w) = weight {
        expect_dims(args, Role::WEIGHT, w.dims(), &tail)?;
    }
    let stats: SmallVec<[i64; 8]> =
        x.dims().iter().enumerate().map(|(i, &d)| if i < lead { d } else { 1 }).collect();
    let mean = if centre { Some(args.tensor(Role::MEAN)?) } else { None };
    for (role, t) in [(Role::RSTD, Some(rstd)), (Role::MEAN, mean)] {
        let Some(t) = t else { continue };
        // Statistics may come without the normalised dimensions.
        if t.dims() != &stats[..lead] {
            expect_dims(args, role, t.dims(), &stats)?;
        }
    }
    // A mask says which results are wanted; without one, those that were given.
    let wanted = args.bools(Role::WANTED);
    let want = |i: usize, role: Role| -> Option<&TensorArg> {
        args.tensor_optional(role).filter(|_| wanted.get(i).copied().unwrap_or(true))
    };
    let (dx, dweight, dbias) = (want(0, Role::OUT), want(1, Role::OUT2), want(2, Role::OUT3));
    for (role, out, dims) in
        [(Role::OUT, dx, x.dims()), (Role::OUT2, dweight, &tail[..]), (Role::OUT3, dbias, &tail[..])]
    {
        if let Some(out) = out {
            expect_dims(args, role, out.dims(), dims)?;
        }
    }
    let of = OpError::layout("workspace");
    let compute = wide(x.dtype());
    let (dy_slot, dy_rows) = rows(plan, dy, lead, compute)?;
    let (x_slot, x_rows) = rows(plan, x, lead, compute)?;
    let row_dims: SmallVec<[i64; 8]> = SmallVec::from_slice(x_rows.dims());
    // Statistics repeat along a row.
    let spread = |t: &TensorArg| -> Result<Layout, OpError> {
        let mut strides: SmallVec<[i64; 8]> = SmallVec::from_slice(&t.layout.strides()[..lead]);
        strides.push(0);
        Layout::strided(t.dtype(), &row_dims, &strides).map_err(OpError::layout("rstd"))
    };
    let product = Layout::contiguous(compute, &row_dims).map_err(&of)?;
    let product_slot = plan.temp(&product);
    let (weight_slot, weight_rows) = match weight {
        Some(w) => {
            let (slot, l) = rows(plan, w, 0, compute)?;
            (slot, l.broadcast_to(&row_dims).map_err(OpError::layout(args.name(Role::WEIGHT)))?)
        }
        None => {
            let one = Layout::contiguous(compute, &[1]).map_err(&of)?;
            let slot = plan.temp(&one);
            plan.step(npu_kernels::fill(&one, Scalar::int(DType::I64, 1))?, &[slot]);
            (slot, one.broadcast_to(&row_dims).map_err(&of)?)
        }
    };
    // The input's gradient goes where it belongs if its rows are there, else by way of the workspace.
    let plain = dx.filter(|t| t.dims().len() == lead + 1 || t.layout.is_contiguous());
    let dx_rows = match plain {
        Some(t) if t.dims().len() == lead + 1 => t.layout,
        Some(t) => Layout::contiguous(t.dtype(), &row_dims).map_err(&of)?,
        None => product,
    };
    let dx_slot = plain.map_or_else(|| plan.temp(&product), whole);
    let mut layouts = vec![&dx_rows, &product, &dy_rows, &x_rows];
    let mut slots: SmallVec<[Slot; 7]> = SmallVec::from_slice(&[dx_slot, product_slot, dy_slot, x_slot]);
    let spreads = [mean, Some(rstd)].map(|t| t.map(|t| (whole(t), spread(t))));
    let mut kept = Vec::new();
    for (slot, layout) in spreads.into_iter().flatten() {
        slots.push(slot);
        kept.push(layout?);
    }
    layouts.extend(&kept);
    layouts.push(&weight_rows);
    slots.push(weight_slot);
    let op = if centre { RowOp::LayerNormGrad } else { RowOp::RmsNormGrad };
    plan.step(npu_kernels::rowwise(op, &layouts, lead)?, &slots);
    if let (Some(dx), None) = (dx, plain) {
        let all = Layout::contiguous(compute, x.dims()).map_err(&of)?;
        plan.step(npu_kernels::copy(&dx.layout, &all)?, &[whole(dx), dx_slot]);
    }
    let mask = (1u32 << lead) - 1;
    let all = Layout::contiguous(compute, x.dims()).map_err(&of)?;
    for (out, slot, from) in [(dweight, product_slot, all), (dbias, whole(dy), dy.layout)] {
        let Some(out) = out else { continue };
        let mut layout = out.layout;
        for _ in 0..lead {
            layout = layout.with_axis(0, 1, 0).map_err(&of)?;
        }
        plan.step(npu_kernels::reduce(ReduceOp::Sum, compute, &layout, &from, mask)?, &[whole(out), slot]);
    }
    Ok(())
}

/// 0 none, 1 mean, 2 sum.
fn reduction(args: &Args<'_>) -> Result<i64, OpError> {
    match args.int(Role::MODE) {
        Some(mode @ 0..=2) => Ok(mode),
        other => Err(OpError::Value {
            argument: args.name(Role::MODE),
            expected: "0 (none), 1 (mean) or 2 (sum)".into(),
            got: other.map_or("none".into(), |m| m.to_string()),
        }),
    }
}

pub(super) fn loss(args: &Args<'_>, loss: LossMeaning, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (a, b, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OTHER)?, args.tensor(Role::OUT)?);
    for role in [Role::SELF, Role::OTHER] {
        check_dtype(args, role, args.def.dtypes)?;
    }
    let common = npu_types::promote(a.dtype(), b.dtype());
    check_cast(args, Role::OUT, common)?;
    let dims =
        npu_types::broadcast_dims(a.dims(), b.dims()).map_err(OpError::layout(args.name(Role::OTHER)))?;
    let (la, lb) =
        (expand(args, Role::SELF, a, dims.as_slice())?, expand(args, Role::OTHER, b, dims.as_slice())?);
    let op = match loss {
        LossMeaning::Mse => BinaryOp::SquaredDifference,
        LossMeaning::L1 => BinaryOp::AbsoluteDifference,
    };
    let mode = reduction(args)?;
    let inputs = |l: &Layout| npu_kernels::binary(op, common, l, Input::Tensor(&la), Input::Tensor(&lb));
    if mode == 0 {
        expect_dims(args, Role::OUT, out.dims(), dims.as_slice())?;
        plan.step(inputs(&out.layout)?, &[whole(out), whole(a), whole(b)]);
        return Ok(());
    }
    expect_dims(args, Role::OUT, out.dims(), &[])?;
    let all = Layout::contiguous(wide(common), dims.as_slice()).map_err(OpError::layout("workspace"))?;
    let slot = plan.temp(&all);
    plan.step(inputs(&all)?, &[slot, whole(a), whole(b)]);
    let mut layout = out.layout;
    for _ in 0..all.rank() {
        layout = layout.with_axis(0, 1, 0).map_err(OpError::layout("workspace"))?;
    }
    let op = if mode == 1 { ReduceOp::Mean } else { ReduceOp::Sum };
    let mask = (1u32 << all.rank()) - 1;
    plan.step(npu_kernels::reduce(op, wide(common), &layout, &all, mask)?, &[whole(out), slot]);
    Ok(())
}

pub(super) fn loss_grad(args: &Args<'_>, loss: LossMeaning, plan: &mut PlanBuilder) -> Result<(), OpError> {
    const ROLES: [Role; 3] = [Role::GRAD, Role::SELF, Role::OTHER];
    let (layouts, compute) = elementwise::met(args, ROLES)?;
    let out = args.tensor(Role::OUT)?;
    let (op, slope) = match loss {
        LossMeaning::Mse => (TernaryOp::ScaledDifference, 2.0),
        LossMeaning::L1 => (TernaryOp::ScaledSign, 1.0),
    };
    let count = if reduction(args)? == 1 { out.layout.numel().max(1) as f64 } else { 1.0 };
    let inputs = [0, 1, 2].map(|i| Input::Tensor(&layouts[i]));
    let factor = Scalar::float(DType::F64, slope / count);
    let kernel = npu_kernels::ternary(op, compute, &out.layout, inputs, factor)?;
    let mut slots: SmallVec<[Slot; 4]> = SmallVec::from_slice(&[whole(out)]);
    for role in ROLES {
        slots.push(whole(args.tensor(role)?));
    }
    plan.step(kernel, &slots);
    Ok(())
}

/// The axis of classes: the second one, or the only one.
fn class_axis(args: &Args<'_>, x: &TensorArg) -> Result<usize, OpError> {
    match x.dims().len() {
        0 => Err(wrong_shape(args, Role::SELF, "of 1 dimension or more".into(), x.dims())),
        1 => Ok(0),
        _ => Ok(1),
    }
}

/// Shapes and types that both directions of the likelihood check; answers the axis of classes and the positions' shape.
fn classes(args: &Args<'_>) -> Result<(usize, SmallVec<[i64; 8]>), OpError> {
    let (x, target, weight) =
        (args.tensor(Role::SELF)?, args.tensor(Role::INDEX)?, args.tensor(Role::WEIGHT)?);
    for role in [Role::SELF, Role::WEIGHT, Role::GRAD, Role::TOTAL, Role::OUT, Role::OUT2] {
        check_dtype(args, role, args.def.dtypes)?;
    }
    expect_dtype(args.name(Role::INDEX), target.dtype(), INDICES)?;
    let axis = class_axis(args, x)?;
    let mut places: SmallVec<[i64; 8]> = SmallVec::from_slice(x.dims());
    places.remove(axis);
    // One position may come with one dimension.
    if !(places.is_empty() && target.dims() == [1]) {
        expect_dims(args, Role::INDEX, target.dims(), &places)?;
    }
    expect_dims(args, Role::WEIGHT, weight.dims(), &[x.dims()[axis]])?;
    Ok((axis, places))
}

/// A tensor of one element as a scalar.
fn single(args: &Args<'_>, role: Role, tensor: &TensorArg) -> Result<Layout, OpError> {
    if tensor.layout.numel() == 1 && tensor.dims().len() <= 1 {
        return Ok(Layout::scalar(tensor.dtype()));
    }
    Err(wrong_shape(args, role, "[] or [1]".into(), tensor.dims()))
}

/// A tensor with an element for each position.
fn placed(args: &Args<'_>, role: Role, tensor: &TensorArg, places: &[i64]) -> Result<Layout, OpError> {
    if places.is_empty() {
        return single(args, role, tensor);
    }
    expect_dims(args, role, tensor.dims(), places)?;
    Ok(tensor.layout)
}

pub(super) fn nll_loss(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (axis, places) = classes(args)?;
    let mode = reduction(args)?;
    let (x, target, weight) =
        (args.tensor(Role::SELF)?, args.tensor(Role::INDEX)?, args.tensor(Role::WEIGHT)?);
    let (out, total) = (args.tensor(Role::OUT)?, args.tensor(Role::OUT2)?);
    let out_layout =
        if mode == 0 { placed(args, Role::OUT, out, &places)? } else { single(args, Role::OUT, out)? };
    let kernel = npu_kernels::nll_loss(
        &out_layout,
        &single(args, Role::OUT2, total)?,
        &x.layout,
        &placed(args, Role::INDEX, target, &places)?,
        &weight.layout,
        axis,
        mode,
        args.int(Role::IGNORE).unwrap_or(-100),
    )?;
    plan.step(kernel, &[out, total, x, target, weight].map(whole));
    Ok(())
}

pub(super) fn nll_loss_grad(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (axis, places) = classes(args)?;
    let mode = reduction(args)?;
    let (x, target, weight) =
        (args.tensor(Role::SELF)?, args.tensor(Role::INDEX)?, args.tensor(Role::WEIGHT)?);
    let (grad, total, out) = (args.tensor(Role::GRAD)?, args.tensor(Role::TOTAL)?, args.tensor(Role::OUT)?);
    expect_dims(args, Role::OUT, out.dims(), x.dims())?;
    let grad_layout =
        if mode == 0 { placed(args, Role::GRAD, grad, &places)? } else { single(args, Role::GRAD, grad)? };
    let kernel = npu_kernels::nll_loss_grad(
        &out.layout,
        &grad_layout,
        &placed(args, Role::INDEX, target, &places)?,
        &weight.layout,
        &single(args, Role::TOTAL, total)?,
        axis,
        mode,
        args.int(Role::IGNORE).unwrap_or(-100),
    )?;
    plan.step(kernel, &[out, grad, target, weight, total].map(whole));
    Ok(())
}

pub(super) fn embedding(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (grad, index, out) = (args.tensor(Role::SELF)?, args.tensor(Role::INDEX)?, args.tensor(Role::OUT)?);
    for role in [Role::SELF, Role::OUT] {
        check_dtype(args, role, args.def.dtypes)?;
    }
    expect_dtype(args.name(Role::INDEX), index.dtype(), DTypeSet::of(&[DType::I64, DType::I32]))?;
    let [lead @ .., depth] = grad.dims() else {
        return Err(wrong_shape(args, Role::SELF, "of 1 dimension or more".into(), grad.dims()));
    };
    if lead != index.dims() {
        return Err(wrong_shape(
            args,
            Role::INDEX,
            format!("{lead:?}, as grad has before its depth"),
            index.dims(),
        ));
    }
    let count = args.int(Role::COUNT).unwrap_or(0);
    if count < 0 {
        return Err(OpError::Value {
            argument: args.name(Role::COUNT),
            expected: "a number of rows".into(),
            got: count.to_string(),
        });
    }
    expect_dims(args, Role::OUT, out.dims(), &[count, *depth])?;
    let n: i64 = lead.iter().product();
    let of = OpError::layout("workspace");
    let mut flat = |t: &TensorArg, dims: &[i64]| -> Result<(Slot, Layout), OpError> {
        if t.dims().len() == dims.len() {
            return Ok((whole(t), t.layout));
        }
        let layout = Layout::contiguous(t.dtype(), dims).map_err(&of)?;
        if t.layout.is_contiguous() {
            return Ok((whole(t), layout));
        }
        let slot = plan.temp(&layout);
        let view = Layout::contiguous(t.dtype(), t.dims()).map_err(&of)?;
        plan.step(npu_kernels::copy(&view, &t.layout)?, &[slot, whole(t)]);
        Ok((slot, layout))
    };
    let (grad_slot, grad_layout) = flat(grad, &[n, *depth])?;
    let (index_slot, index_layout) = flat(index, &[n])?;
    let padding = args.int(Role::PADDING).unwrap_or(-1);
    let by_count = args.flag(Role::BY_COUNT).unwrap_or(false);
    let kernel = npu_kernels::embedding_grad(&out.layout, &grad_layout, &index_layout, padding, by_count)?;
    plan.step(kernel, &[whole(out), grad_slot, index_slot]);
    Ok(())
}
