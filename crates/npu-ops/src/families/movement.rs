//! Casts, copies, fills and everything that only moves elements.

use super::{axis, check_dtype, expand, expect_dims, expect_dtype, whole};
use crate::{Args, OpError, PlanBuilder, Role, Slot};
use npu_types::{DType, DTypeSet, Dims, Layout, Scalar};
use smallvec::SmallVec;

pub(super) fn cast(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    if let Some(dtype) = args.dtype(Role::DTYPE) {
        expect_dtype(args.name(Role::OUT), out.dtype(), DTypeSet::of(&[dtype]))?;
    }
    expect_dims(args, Role::OUT, out.dims(), x.dims())?;
    plan.step(npu_kernels::copy(&out.layout, &x.layout)?, &[whole(out), whole(x)]);
    Ok(())
}

pub(super) fn copy(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (src, out) = (args.tensor(Role::OTHER)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::OTHER, args.def.dtypes)?;
    let layout = expand(args, Role::OTHER, src, out.dims())?;
    plan.step(npu_kernels::copy(&out.layout, &layout)?, &[whole(out), whole(src)]);
    Ok(())
}

pub(super) fn fill(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let value = args.scalar(Role::VALUE)?;
    fill_with(args, value, plan)
}

pub(super) fn constant(args: &Args<'_>, value: i64, plan: &mut PlanBuilder) -> Result<(), OpError> {
    fill_with(args, Scalar::int(DType::I64, value), plan)
}

fn fill_with(args: &Args<'_>, value: Scalar, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let out = args.tensor(Role::OUT)?;
    check_dtype(args, Role::OUT, args.def.dtypes)?;
    plan.step(npu_kernels::fill(&out.layout, value)?, &[whole(out)]);
    Ok(())
}

pub(super) fn arange(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let out = args.tensor(Role::OUT)?;
    check_dtype(args, Role::OUT, args.def.dtypes)?;
    let (start, end, step) = (args.scalar(Role::START)?, args.scalar(Role::END)?, args.scalar(Role::STEP)?);
    let (first, stride) = (start.to_f64(), step.to_f64());
    if stride == 0.0 || stride.is_nan() {
        return Err(OpError::Value {
            argument: args.name(Role::STEP),
            expected: "a step that is not zero".into(),
            got: stride.to_string(),
        });
    }
    let integral = [start, end, step].iter().all(|s| !s.dtype().is_float());
    let count = if integral {
        let (first, last, stride) =
            (i128::from(start.to_i64()), i128::from(end.to_i64()), i128::from(step.to_i64()));
        (last - first + stride - stride.signum()).div_euclid(stride) as f64
    } else {
        ((end.to_f64() - first) / stride).ceil()
    };
    if count.is_nan() || count < 0.0 {
        return Err(OpError::Value {
            argument: args.name(Role::END),
            expected: format!("an end that a step of {stride} reaches from {first}"),
            got: end.to_f64().to_string(),
        });
    }
    expect_dims(args, Role::OUT, out.dims(), &[count as i64])?;
    plan.step(npu_kernels::arange(&out.layout, start, step)?, &[whole(out)]);
    Ok(())
}

pub(super) fn cat(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (list, out) = (args.tensors(Role::TENSORS)?, args.tensor(Role::OUT)?);
    let name = args.name(Role::TENSORS);
    if list.is_empty() {
        return Err(OpError::Value {
            argument: name,
            expected: "at least one tensor".into(),
            got: "none".into(),
        });
    }
    // Tensors of shape [0] take no part, whatever the rank of the others: a habit PyTorch keeps.
    let parts: SmallVec<[_; 8]> = list.iter().filter(|t| t.dims() != [0]).collect();
    let Some(first) = parts.first() else {
        return expect_dims(args, Role::OUT, out.dims(), &[0]);
    };
    let axis = axis(args.name(Role::DIM), args.int(Role::DIM).unwrap_or(0), first.dims().len())?;
    if first.dims().is_empty() {
        return Err(OpError::Value {
            argument: name,
            expected: "tensors of rank 1 or more".into(),
            got: "a scalar".into(),
        });
    }
    let mut total = 0;
    for tensor in &parts {
        expect_dtype(name, tensor.dtype(), args.def.dtypes)?;
        let fits = tensor.dims().len() == first.dims().len()
            && (0..tensor.dims().len()).all(|i| i == axis || tensor.dims()[i] == first.dims()[i]);
        if !fits {
            return Err(OpError::Shape {
                argument: name,
                expected: format!("{:?} except in dimension {axis}", first.dims()),
                got: Box::new(Dims::new(tensor.dims())),
            });
        }
        total += tensor.dims()[axis];
    }
    let mut dims: SmallVec<[i64; 8]> = SmallVec::from_slice(first.dims());
    dims[axis] = total;
    expect_dims(args, Role::OUT, out.dims(), &dims)?;
    let stride = out.layout.strides()[axis] * out.dtype().size() as i64;
    let mut at = 0;
    for tensor in parts {
        let part = Layout::strided(out.dtype(), tensor.dims(), out.layout.strides())
            .map_err(OpError::layout(args.name(Role::OUT)))?;
        let slot = Slot::Arg { slot: out.slot, offset: at * stride };
        plan.step(npu_kernels::copy(&part, &tensor.layout)?, &[slot, whole(tensor)]);
        at += tensor.dims()[axis];
    }
    Ok(())
}

pub(super) fn permute(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    expect_dtype(args.name(Role::OUT), out.dtype(), DTypeSet::of(&[x.dtype()]))?;
    let name = args.name(Role::DIMS);
    let dims = args.ints(Role::DIMS);
    if dims.len() != x.dims().len() {
        return Err(OpError::Value {
            argument: name,
            expected: format!("{} axes, as self has", x.dims().len()),
            got: format!("{dims:?}"),
        });
    }
    let mut order: SmallVec<[usize; 8]> = SmallVec::new();
    for &value in dims {
        let axis = axis(name, value, x.dims().len())?;
        if order.contains(&axis) {
            return Err(OpError::Value {
                argument: name,
                expected: "axes that differ".into(),
                got: format!("{dims:?}"),
            });
        }
        order.push(axis);
    }
    let view = x.layout.permuted(&order);
    expect_dims(args, Role::OUT, out.dims(), view.dims())?;
    plan.step(npu_kernels::copy(&out.layout, &view)?, &[whole(out), whole(x)]);
    Ok(())
}
