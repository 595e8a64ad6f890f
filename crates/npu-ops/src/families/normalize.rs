//! Softmax and normalisations.

use super::{axis, check_cast, check_dtype, expect_dims, whole};
use crate::{Args, OpError, PlanBuilder, Role, Slot, TensorArg};
use npu_types::{Dims, Layout, MAX_RANK};
use smallvec::SmallVec;

pub(super) fn softmax(args: &Args<'_>, log: bool, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    check_dtype(args, Role::OUT, args.def.dtypes)?;
    expect_dims(args, Role::OUT, out.dims(), x.dims())?;
    let axis = axis(args.name(Role::DIM), args.int(Role::DIM).unwrap_or(-1), x.dims().len())?;
    let lift = |t: &TensorArg| -> Result<Layout, OpError> {
        // A scalar has one virtual axis.
        if t.dims().is_empty() {
            t.layout.with_axis(0, 1, 0).map_err(OpError::layout("self"))
        } else {
            Ok(t.layout)
        }
    };
    plan.step(npu_kernels::softmax(log, &lift(out)?, &lift(x)?, axis)?, &[whole(out), whole(x)]);
    Ok(())
}

/// Checks that `shape` is the tail of `x`'s and returns its rank.
fn tail(argument: &'static str, x: &[i64], shape: &[i64]) -> Result<usize, OpError> {
    if !shape.is_empty() && x.ends_with(shape) {
        return Ok(shape.len());
    }
    Err(OpError::Shape {
        argument,
        expected: format!("the last dimensions of {x:?}"),
        got: Box::new(Dims::new(shape)),
    })
}

/// The shape of per-row statistics: normalised axes become 1.
fn statistics(x: &[i64], norm_rank: usize) -> SmallVec<[i64; MAX_RANK]> {
    let split = x.len() - norm_rank;
    x.iter().enumerate().map(|(i, &d)| if i < split { d } else { 1 }).collect()
}

pub(super) fn layer_norm(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    check_cast(args, Role::OUT, x.dtype())?;
    expect_dims(args, Role::OUT, out.dims(), x.dims())?;
    let shape = args.ints(Role::SHAPE);
    let norm_rank = tail(args.name(Role::SHAPE), x.dims(), shape)?;
    let stats = statistics(x.dims(), norm_rank);
    let (mean, rstd) = (args.tensor_optional(Role::OUT2), args.tensor_optional(Role::OUT3));
    for role in [Role::OUT2, Role::OUT3] {
        check_dtype(args, role, args.def.dtypes)?;
        if let Some(t) = args.tensor_optional(role) {
            expect_dims(args, role, t.dims(), &stats)?;
        }
    }
    let (weight, bias) = (args.tensor_optional(Role::WEIGHT), args.tensor_optional(Role::BIAS));
    for role in [Role::WEIGHT, Role::BIAS] {
        check_dtype(args, role, args.def.dtypes)?;
        if let Some(t) = args.tensor_optional(role) {
            expect_dims(args, role, t.dims(), shape)?;
        }
    }
    let eps = args.float(Role::EPS).unwrap_or(1e-5);
    let layout = |t: Option<&'_ TensorArg>| t.map(|t| t.layout);
    let kernel = npu_kernels::layer_norm(
        &out.layout,
        layout(mean).as_ref(),
        layout(rstd).as_ref(),
        &x.layout,
        layout(weight).as_ref(),
        layout(bias).as_ref(),
        norm_rank,
        eps,
    )?;
    let slots: SmallVec<[Slot; 6]> =
        [Some(out), mean, rstd, Some(x), weight, bias].into_iter().flatten().map(whole).collect();
    plan.step(kernel, &slots);
    Ok(())
}

pub(super) fn rms_norm(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    let (gamma, rstd) = (args.tensor(Role::WEIGHT)?, args.tensor(Role::OUT2)?);
    for role in [Role::SELF, Role::WEIGHT, Role::OUT2] {
        check_dtype(args, role, args.def.dtypes)?;
    }
    check_cast(args, Role::OUT, x.dtype())?;
    expect_dims(args, Role::OUT, out.dims(), x.dims())?;
    let norm_rank = tail(args.name(Role::WEIGHT), x.dims(), gamma.dims())?;
    expect_dims(args, Role::OUT2, rstd.dims(), &statistics(x.dims(), norm_rank))?;
    let eps = args.float(Role::EPS).unwrap_or(1e-6);
    let kernel =
        npu_kernels::rms_norm(&out.layout, Some(&rstd.layout), &x.layout, &gamma.layout, norm_rank, eps)?;
    plan.step(kernel, &[whole(out), whole(rstd), whole(x), whole(gamma)]);
    Ok(())
}
