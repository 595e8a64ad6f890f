//! Copies into parts of a larger output, and what is made of fills and strided copies.

use super::{axis, check_dtype, expand, expect_dims, expect_dtype, whole};
use crate::{Args, OpError, PlanBuilder, Role, Slot, TensorArg};
use npu_kernels::{IndexOp, Input};
use npu_types::{DType, DTypeSet, Dims, Layout, MAX_RANK, Scalar};
use smallvec::SmallVec;

type Shape = SmallVec<[i64; MAX_RANK]>;

/// Input and output of one element type.
fn both<'a>(args: &Args<'a>) -> Result<(&'a TensorArg, &'a TensorArg), OpError> {
    let (x, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    expect_dtype(args.name(Role::OUT), out.dtype(), DTypeSet::of(&[x.dtype()]))?;
    Ok((x, out))
}

fn wrong(args: &Args<'_>, role: Role, expected: String) -> OpError {
    OpError::Value { argument: args.name(role), expected, got: format!("{:?}", args.ints(role)) }
}

/// The part of a tensor with other dimensions that starts `first` elements after its first one.
fn part(tensor: &TensorArg, dims: &[i64], strides: &[i64], first: i64) -> Result<(Layout, Slot), OpError> {
    let layout = Layout::strided(tensor.dtype(), dims, strides).map_err(OpError::layout("out"))?;
    Ok((layout, whole(tensor).at(first * tensor.dtype().size() as i64)))
}

pub(super) fn stack(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (list, out) = (args.tensors(Role::TENSORS)?, args.tensor(Role::OUT)?);
    let name = args.name(Role::TENSORS);
    let Some(first) = list.first() else {
        let expected = "at least one tensor".into();
        return Err(OpError::Value { argument: name, expected, got: "none".into() });
    };
    let axis = axis(args.name(Role::DIM), args.int(Role::DIM).unwrap_or(0), first.dims().len() + 1)?;
    let mut dims: SmallVec<[i64; MAX_RANK + 1]> = SmallVec::from_slice(first.dims());
    dims.insert(axis, list.len() as i64);
    expect_dims(args, Role::OUT, out.dims(), &dims)?;
    let slice = out.layout.without_axis(axis);
    for (i, tensor) in list.iter().enumerate() {
        expect_dtype(name, tensor.dtype(), args.def.dtypes)?;
        if tensor.dims() != first.dims() {
            let expected = format!("{:?}, as the first one has", first.dims());
            return Err(OpError::Shape { argument: name, expected, got: Box::new(Dims::new(tensor.dims())) });
        }
        let (layout, slot) = part(out, slice.dims(), slice.strides(), i as i64 * out.layout.strides()[axis])?;
        plan.step(npu_kernels::copy(&layout, &tensor.layout)?, &[slot, whole(tensor)]);
    }
    Ok(())
}

pub(super) fn repeat(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = both(args)?;
    let repeats = args.ints(Role::SHAPE);
    let lead = repeats.len().checked_sub(x.dims().len());
    let Some(lead) = lead.filter(|_| repeats.iter().all(|r| *r >= 0) && repeats.len() <= MAX_RANK) else {
        return Err(wrong(
            args,
            Role::SHAPE,
            format!("{} to {MAX_RANK} numbers of 0 or more", x.dims().len()),
        ));
    };
    let own: Shape = std::iter::repeat_n(1, lead).chain(x.dims().iter().copied()).collect();
    let total: Option<Shape> = own.iter().zip(repeats).map(|(d, r)| d.checked_mul(*r)).collect();
    let dims = total.ok_or_else(|| wrong(args, Role::SHAPE, "a shape that 63 bits can count".into()))?;
    expect_dims(args, Role::OUT, out.dims(), &dims)?;
    if out.layout.is_empty() {
        return Ok(());
    }
    // The first copy, then as many again as there are, until every axis is full.
    let strides = out.layout.strides();
    let mut done = own;
    let source = x.layout.broadcast_to(&done).map_err(OpError::layout(args.name(Role::SELF)))?;
    let (layout, slot) = part(out, &done, strides, 0)?;
    plan.step(npu_kernels::copy(&layout, &source)?, &[slot, whole(x)]);
    for axis in (0..dims.len()).rev() {
        while done[axis] < dims[axis] {
            let mut next = done.clone();
            next[axis] = (dims[axis] - done[axis]).min(done[axis]);
            let (from, _) = part(out, &next, strides, 0)?;
            let (to, slot) = part(out, &next, strides, done[axis] * strides[axis])?;
            plan.step(npu_kernels::copy(&to, &from)?, &[slot, whole(out)]);
            done[axis] += next[axis];
        }
    }
    Ok(())
}

pub(super) fn pad(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = both(args)?;
    let pads = args.ints(Role::SHAPE);
    let rank = x.dims().len();
    if !pads.len().is_multiple_of(2) || pads.len() / 2 > rank {
        return Err(wrong(args, Role::SHAPE, format!("pairs of numbers, for at most {rank} dimensions")));
    }
    let (mut dims, mut inner) = (Shape::from_slice(x.dims()), Shape::from_slice(x.dims()));
    let (mut to, mut from) = (0, 0);
    for (i, pair) in pads.chunks_exact(2).enumerate() {
        let axis = rank - 1 - i;
        let fits = |n: i64| n.checked_add(pair[0])?.checked_add(pair[1]).filter(|n| *n >= 0);
        let Some(size) = fits(dims[axis]) else {
            let expected = format!("pairs that leave dimension {axis} of {} not negative", dims[axis]);
            return Err(wrong(args, Role::SHAPE, expected));
        };
        dims[axis] = size;
        inner[axis] = (inner[axis] + pair[0].min(0) + pair[1].min(0)).max(0);
        to += pair[0].max(0) * out.layout.strides().get(axis).copied().unwrap_or(0);
        from += (-pair[0]).max(0) * x.layout.strides()[axis];
    }
    expect_dims(args, Role::OUT, out.dims(), &dims)?;
    let value = args.scalar(Role::VALUE)?;
    if pads.iter().any(|p| *p > 0) {
        plan.step(npu_kernels::fill(&out.layout, value)?, &[whole(out)]);
    }
    if inner.contains(&0) {
        return Ok(());
    }
    let (to, to_slot) = part(out, &inner, out.layout.strides(), to)?;
    let (from, from_slot) = part(x, &inner, x.layout.strides(), from)?;
    plan.step(npu_kernels::copy(&to, &from)?, &[to_slot, from_slot]);
    Ok(())
}

pub(super) fn flip(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = both(args)?;
    expect_dims(args, Role::OUT, out.dims(), x.dims())?;
    let (mut strides, mut first, mut seen) = (Shape::from_slice(x.layout.strides()), 0, 0u32);
    for &value in args.ints(Role::DIMS) {
        let axis = axis(args.name(Role::DIMS), value, x.dims().len())?;
        if seen >> axis & 1 == 1 {
            return Err(wrong(args, Role::DIMS, "axes that differ".into()));
        }
        seen |= 1 << axis;
        if let Some(stride) = strides.get_mut(axis) {
            first += *stride * (x.dims()[axis] - 1).max(0);
            *stride = -*stride;
        }
    }
    let (from, slot) = part(x, x.dims(), &strides, first)?;
    plan.step(npu_kernels::copy(&out.layout, &from)?, &[whole(out), slot]);
    Ok(())
}

pub(super) fn expand_to(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = both(args)?;
    let size = args.ints(Role::SHAPE);
    let lead = size.len().checked_sub(x.dims().len());
    let known = |i: usize| lead.and_then(|l| i.checked_sub(l)).map(|i| x.dims()[i]);
    let dims: Option<Shape> =
        size.iter().enumerate().map(|(i, &d)| if d == -1 { known(i) } else { Some(d) }).collect();
    let Some(dims) = dims.filter(|d| lead.is_some() && d.iter().all(|d| *d >= 0)) else {
        return Err(wrong(args, Role::SHAPE, format!("a shape that {:?} can be expanded to", x.dims())));
    };
    expect_dims(args, Role::OUT, out.dims(), &dims)?;
    let source = expand(args, Role::SELF, x, &dims)?;
    plan.step(npu_kernels::copy(&out.layout, &source)?, &[whole(out), whole(x)]);
    Ok(())
}

pub(super) fn one_hot(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (index, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    let indices = DTypeSet::of(&[DType::I64, DType::I32]);
    check_dtype(args, Role::SELF, indices)?;
    check_dtype(args, Role::OUT, args.def.dtypes)?;
    let axis = axis(args.name(Role::DIM), args.int(Role::DIM).unwrap_or(-1), index.dims().len() + 1)?;
    let classes = args.int(Role::COUNT).unwrap_or(0);
    let mut dims: SmallVec<[i64; MAX_RANK + 1]> = SmallVec::from_slice(index.dims());
    dims.insert(axis, classes);
    if classes < 0 {
        return Err(OpError::Value {
            argument: args.name(Role::COUNT),
            expected: "0 or more".into(),
            got: classes.to_string(),
        });
    }
    expect_dims(args, Role::OUT, out.dims(), &dims)?;
    let mut values = SmallVec::<[&TensorArg; 2]>::new();
    for role in [Role::OTHER, Role::VALUE] {
        let value = args.tensor(role)?;
        expect_dtype(args.name(role), value.dtype(), DTypeSet::of(&[out.dtype()]))?;
        if value.layout.numel() != 1 {
            return Err(OpError::Shape {
                argument: args.name(role),
                expected: "of one element".into(),
                got: Box::new(Dims::new(value.dims())),
            });
        }
        values.push(value);
    }
    if out.layout.is_empty() {
        return Ok(());
    }
    let error = OpError::layout(args.name(Role::OUT));
    let everywhere = |dims: &[i64]| Layout::scalar(out.dtype()).broadcast_to(dims).map_err(&error);
    let off = everywhere(out.dims())?;
    plan.step(npu_kernels::copy(&out.layout, &off)?, &[whole(out), whole(values[1])]);
    let at = index.layout.with_axis(axis, 1, 0).map_err(&error)?;
    let on = everywhere(at.dims())?;
    let kernel = npu_kernels::scatter(IndexOp::Put, &out.layout, axis, &at, Input::Tensor(&on))?;
    plan.step(kernel, &[whole(out), whole(index), whole(values[0])]);
    Ok(())
}

pub(super) fn eye(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let out = args.tensor(Role::OUT)?;
    check_dtype(args, Role::OUT, args.def.dtypes)?;
    let (n, m) = (args.int(Role::COUNT).unwrap_or(0), args.int(Role::COUNT2).unwrap_or(0));
    expect_dims(args, Role::OUT, out.dims(), &[n, m])?;
    plan.step(npu_kernels::fill(&out.layout, Scalar::int(DType::I64, 0))?, &[whole(out)]);
    let stride: i64 = out.layout.strides().iter().sum();
    let (diagonal, slot) = part(out, &[n.min(m)], &[stride], 0)?;
    plan.step(npu_kernels::fill(&diagonal, Scalar::int(DType::I64, 1))?, &[slot]);
    Ok(())
}

pub(super) fn linspace(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let out = args.tensor(Role::OUT)?;
    check_dtype(args, Role::OUT, args.def.dtypes)?;
    let (start, end) = (args.scalar(Role::START)?.to_f64(), args.scalar(Role::END)?.to_f64());
    let steps = args.int(Role::COUNT).unwrap_or(0);
    if steps < 0 {
        return Err(OpError::Value {
            argument: args.name(Role::COUNT),
            expected: "0 or more".into(),
            got: steps.to_string(),
        });
    }
    expect_dims(args, Role::OUT, out.dims(), &[steps])?;
    let step = if steps > 1 { (end - start) / (steps - 1) as f64 } else { 0.0 };
    // Computed as floats also where the output holds integers.
    let float = |value: f64| Scalar::float(DType::F64, value);
    if out.dtype().is_float() {
        plan.step(npu_kernels::arange(&out.layout, float(start), float(step))?, &[whole(out)]);
        return Ok(());
    }
    let wide = Layout::contiguous(DType::F64, out.dims()).map_err(OpError::layout(args.name(Role::OUT)))?;
    let temp = plan.temp(&wide);
    plan.step(npu_kernels::arange(&wide, float(start), float(step))?, &[temp]);
    plan.step(npu_kernels::copy(&out.layout, &wide)?, &[whole(out), temp]);
    Ok(())
}
