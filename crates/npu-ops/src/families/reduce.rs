//! Reductions over axes.

use super::{axes, axis, check_cast, check_dtype, expect_dims, expect_dtype, whole};
use crate::{Args, OpError, PlanBuilder, Role};
use npu_kernels::{ArgOp, BinaryOp, Input, ReduceOp, UnaryOp};
use npu_types::{DType, DTypeSet, Layout, MAX_RANK, Scalar};
use smallvec::SmallVec;

/// Checks the output's shape against the reduced input and returns its layout with reduced axes kept as 1.
pub(super) fn kept(args: &Args<'_>, role: Role, x: &[i64], mask: u32, keep: bool) -> Result<Layout, OpError> {
    let out = args.tensor(role)?;
    let reduced = |i: usize| mask >> i & 1 == 1;
    let mut expected: SmallVec<[i64; MAX_RANK]> = SmallVec::new();
    for (i, &dim) in x.iter().enumerate() {
        match (reduced(i), keep) {
            (true, true) => expected.push(1),
            (true, false) => {}
            (false, _) => expected.push(dim),
        }
    }
    expect_dims(args, role, out.dims(), &expected)?;
    let mut layout = out.layout;
    if !keep {
        for i in (0..x.len()).filter(|i| reduced(*i)) {
            layout = layout.with_axis(i, 1, 0).map_err(OpError::layout(args.name(role)))?;
        }
    }
    Ok(layout)
}

pub(super) fn reduce(args: &Args<'_>, op: ReduceOp, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    let mask = match args.int(Role::DIM) {
        Some(dim) => axes(args.name(Role::DIM), &[dim], x.dims().len())?,
        None => axes(args.name(Role::DIMS), args.ints(Role::DIMS), x.dims().len())?,
    };
    let layout = kept(args, Role::OUT, x.dims(), mask, args.flag(Role::KEEP_DIM).unwrap_or(false))?;
    let compute = match op {
        ReduceOp::Any | ReduceOp::All => {
            expect_dtype(args.name(Role::OUT), out.dtype(), DTypeSet::of(&[DType::Bool, DType::U8]))?;
            x.dtype()
        }
        ReduceOp::Max | ReduceOp::Min => {
            check_cast(args, Role::OUT, x.dtype())?;
            if x.layout.is_empty() && !out.layout.is_empty() {
                return Err(OpError::Value {
                    argument: args.name(Role::SELF),
                    expected: "at least one element along the reduced axes: an extremum has no identity"
                        .into(),
                    got: format!("shape {:?}", x.dims()),
                });
            }
            x.dtype()
        }
        ReduceOp::Count | ReduceOp::SumMagnitudes | ReduceOp::SumSquares | ReduceOp::Length => {
            check_cast(args, Role::OUT, x.dtype())?;
            x.dtype()
        }
        ReduceOp::Sum | ReduceOp::Prod | ReduceOp::Mean => {
            let dtype = args.dtype(Role::DTYPE).unwrap_or(out.dtype());
            expect_dtype(args.name(Role::OUT), out.dtype(), DTypeSet::of(&[dtype]))?;
            if matches!(op, ReduceOp::Mean) {
                expect_dtype(args.name(Role::DTYPE), dtype, DTypeSet::FLOATS.union(DTypeSet::COMPLEX))?;
            }
            if x.dtype().is_complex() && !dtype.is_complex() {
                check_cast(args, Role::OUT, x.dtype())?;
            }
            dtype
        }
    };
    plan.step(npu_kernels::reduce(op, compute, &layout, &x.layout, mask)?, &[whole(out), whole(x)]);
    Ok(())
}

/// Variance over axes, from the distances to the mean: two passes, so that nothing cancels.
pub(super) fn variance(args: &Args<'_>, root: bool, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    for role in [Role::SELF, Role::OUT, Role::OUT2] {
        check_dtype(args, role, args.def.dtypes)?;
    }
    let mask = axes(args.name(Role::DIMS), args.ints(Role::DIMS), x.dims().len())?;
    let keep = args.flag(Role::KEEP_DIM).unwrap_or(false);
    let layout = kept(args, Role::OUT, x.dims(), mask, keep)?;
    let correction = args.int(Role::COUNT).unwrap_or(i64::from(args.flag(Role::FLAG).unwrap_or(true)));
    let count: i64 =
        x.dims().iter().enumerate().filter(|(i, _)| mask >> i & 1 == 1).map(|(_, d)| d).product();
    let compute = if x.dtype() == DType::F64 { DType::F64 } else { DType::F32 };
    let of = OpError::layout("workspace");
    let rows = Layout::contiguous(compute, layout.dims()).map_err(&of)?;
    let (mean, sums) = (plan.temp(&rows), plan.temp(&rows));
    plan.step(npu_kernels::reduce(ReduceOp::Mean, compute, &rows, &x.layout, mask)?, &[mean, whole(x)]);
    let all = Layout::contiguous(compute, x.dims()).map_err(&of)?;
    let spread = rows.broadcast_to(x.dims()).map_err(&of)?;
    let distances = plan.temp(&all);
    let less = BinaryOp::Sub { alpha: Scalar::int(DType::I64, 1) };
    let kernel = npu_kernels::binary(less, compute, &all, Input::Tensor(&x.layout), Input::Tensor(&spread))?;
    plan.step(kernel, &[distances, whole(x), mean]);
    plan.step(npu_kernels::reduce(ReduceOp::SumSquares, compute, &rows, &all, mask)?, &[sums, distances]);
    let divisor = Input::Scalar(Scalar::float(DType::F64, (count - correction).max(0) as f64));
    let over = |to: &Layout| npu_kernels::binary(BinaryOp::Div, compute, to, Input::Tensor(&rows), divisor);
    if root {
        plan.step(over(&rows)?, &[sums, sums]);
        plan.step(npu_kernels::unary(UnaryOp::Sqrt, compute, &layout, &rows)?, &[whole(out), sums]);
    } else {
        plan.step(over(&layout)?, &[whole(out), sums]);
    }
    if let Some(out) = args.tensor_optional(Role::OUT2) {
        let layout = kept(args, Role::OUT2, x.dims(), mask, keep)?;
        plan.step(npu_kernels::copy(&layout, &rows)?, &[whole(out), mean]);
    }
    Ok(())
}

/// Norm over axes: the largest or smallest magnitude, their number, sum, or root of the sum of powers.
pub(super) fn vector_norm(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    check_dtype(args, Role::OUT, args.def.dtypes)?;
    let mask = axes(args.name(Role::DIMS), args.ints(Role::DIMS), x.dims().len())?;
    let layout = kept(args, Role::OUT, x.dims(), mask, args.flag(Role::KEEP_DIM).unwrap_or(false))?;
    if let Some(dtype) = args.dtype(Role::DTYPE) {
        expect_dtype(args.name(Role::DTYPE), dtype, args.def.dtypes)?;
        expect_dtype(args.name(Role::OUT), out.dtype(), DTypeSet::of(&[dtype]))?;
    }
    let compute = if x.dtype() == DType::F64 || out.dtype() == DType::F64 { DType::F64 } else { DType::F32 };
    let order = args.scalar(Role::ORDER)?.to_f64();
    let simple = match order {
        0.0 => Some(ReduceOp::Count),
        1.0 => Some(ReduceOp::SumMagnitudes),
        2.0 => Some(ReduceOp::Length),
        _ => None,
    };
    if let Some(op) = simple {
        plan.step(npu_kernels::reduce(op, compute, &layout, &x.layout, mask)?, &[whole(out), whole(x)]);
        return Ok(());
    }
    // The others are rare: magnitudes are written down first.
    let of = OpError::layout("workspace");
    let powers = Layout::contiguous(compute, x.dims()).map_err(&of)?;
    let slot = plan.temp(&powers);
    plan.step(npu_kernels::unary(UnaryOp::Abs, compute, &powers, &x.layout)?, &[slot, whole(x)]);
    if order.is_infinite() {
        let op = if order > 0.0 { ReduceOp::Max } else { ReduceOp::Min };
        if x.layout.is_empty() && !out.layout.is_empty() {
            return Err(OpError::Value {
                argument: args.name(Role::SELF),
                expected: "at least one element along the axes of an infinite norm".into(),
                got: format!("shape {:?}", x.dims()),
            });
        }
        plan.step(npu_kernels::reduce(op, compute, &layout, &powers, mask)?, &[whole(out), slot]);
        return Ok(());
    }
    let power = |out: &Layout, x: &Layout, exponent: f64| {
        let exponent = Input::Scalar(Scalar::float(DType::F64, exponent));
        npu_kernels::binary(BinaryOp::Pow, compute, out, Input::Tensor(x), exponent)
    };
    plan.step(power(&powers, &powers, order)?, &[slot, slot]);
    let sums = Layout::contiguous(compute, layout.dims()).map_err(&of)?;
    let sums_slot = plan.temp(&sums);
    plan.step(npu_kernels::reduce(ReduceOp::Sum, compute, &sums, &powers, mask)?, &[sums_slot, slot]);
    plan.step(power(&layout, &sums, 1.0 / order)?, &[whole(out), sums_slot]);
    Ok(())
}

pub(super) fn arg_reduce(args: &Args<'_>, op: ArgOp, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    expect_dtype(args.name(Role::OUT), out.dtype(), DTypeSet::of(&[DType::I64, DType::I32]))?;
    let axis = axis(args.name(Role::DIM), args.int(Role::DIM).unwrap_or(0), x.dims().len())?;
    let keep = args.flag(Role::KEEP_DIM).unwrap_or(false);
    let (input, layout) = if x.dims().is_empty() {
        expect_dims(args, Role::OUT, out.dims(), &[])?;
        let one = |l: Layout, n: &'static str| l.with_axis(0, 1, 0).map_err(OpError::layout(n));
        (one(x.layout, args.name(Role::SELF))?, one(out.layout, args.name(Role::OUT))?)
    } else {
        (x.layout, kept(args, Role::OUT, x.dims(), 1 << axis, keep)?)
    };
    if input.dims()[axis] == 0 && !layout.is_empty() {
        return Err(OpError::Value {
            argument: args.name(Role::SELF),
            expected: format!("at least one element along dimension {axis}"),
            got: format!("shape {:?}", x.dims()),
        });
    }
    plan.step(npu_kernels::arg_reduce(op, &layout, None, &input, axis)?, &[whole(out), whole(x)]);
    Ok(())
}
