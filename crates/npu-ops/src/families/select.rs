//! Outputs whose shape follows from the data.

use super::{check_dtype, expand, expect_dims, expect_dtype, whole};
use crate::{Args, OpError, PlanBuilder, Role, Slot, TensorArg};
use npu_kernels::{Coordinates, Found};
use npu_types::{DType, DTypeSet, Dims, Layout, broadcast_dims};
use smallvec::SmallVec;

const MASKS: DTypeSet = DTypeSet::of(&[DType::Bool, DType::U8]);

/// Room for a number that a kernel finds.
fn count(plan: &mut PlanBuilder) -> Slot {
    plan.temp(&Layout::scalar(DType::I64))
}

/// An output of one dimension with room for `n` elements of `dtype`.
fn room_for(args: &Args<'_>, role: Role, n: usize, dtype: DType) -> Result<(), OpError> {
    let out = args.tensor(role)?;
    expect_dtype(args.name(role), out.dtype(), DTypeSet::of(&[dtype]))?;
    expect_dims(args, role, out.dims(), &[n as i64])
}

pub(super) fn masked_select(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, mask, out) = (args.tensor(Role::SELF)?, args.tensor(Role::MASK)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    check_dtype(args, Role::MASK, MASKS)?;
    let dims = broadcast_dims(x.dims(), mask.dims()).map_err(OpError::layout(args.name(Role::MASK)))?;
    let (source, condition) =
        (expand(args, Role::SELF, x, dims.as_slice())?, expand(args, Role::MASK, mask, dims.as_slice())?);
    room_for(args, Role::OUT, source.numel(), x.dtype())?;
    let found = count(plan);
    let kernel = npu_kernels::masked_select(&out.layout, &source, &condition)?;
    plan.step(kernel, &[whole(out), whole(x), whole(mask), found]);
    plan.resize(out, out.dims(), 0, found);
    Ok(())
}

pub(super) fn nonzero(args: &Args<'_>, form: Coordinates, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    expect_dtype(args.name(Role::OUT), out.dtype(), DTypeSet::of(&[DType::I64]))?;
    let (rank, n) = (x.dims().len() as i64, x.layout.numel() as i64);
    let (dims, axis) = match form {
        Coordinates::Rows => ([n, rank], 0),
        Coordinates::Columns => ([rank, n], 1),
    };
    expect_dims(args, Role::OUT, out.dims(), &dims)?;
    let found = count(plan);
    let kernel = npu_kernels::nonzero(&out.layout, &x.layout, form, Found::Reported)?;
    plan.step(kernel, &[whole(out), whole(x), whole(x), found]);
    plan.resize(out, out.dims(), axis, found);
    Ok(())
}

pub(super) fn unique(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, values) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    let n = x.layout.numel();
    room_for(args, Role::OUT, n, x.dtype())?;
    let mut slots: SmallVec<[Slot; 5]> = SmallVec::from_slice(&[whole(values)]);
    let asked = |flag: Role| args.flag(flag).unwrap_or(false);
    let longs = DTypeSet::of(&[DType::I64]);
    let mut inverse: Option<(&TensorArg, Layout, Slot)> = None;
    if asked(Role::FLAG2) {
        let out = args.tensor(Role::OUT2)?;
        expect_dtype(args.name(Role::OUT2), out.dtype(), longs)?;
        expect_dims(args, Role::OUT2, out.dims(), x.dims())?;
        let flat = flat(args, Role::OUT2, DType::I64, n)?;
        let slot = if out.layout.is_contiguous() { whole(out) } else { plan.temp(&flat) };
        slots.push(slot);
        inverse = Some((out, flat, slot));
    }
    let counts = if asked(Role::FLAG3) {
        room_for(args, Role::OUT3, n, DType::I64)?;
        let out = args.tensor(Role::OUT3)?;
        slots.push(whole(out));
        Some(out)
    } else {
        None
    };
    let row = flat(args, Role::SELF, x.dtype(), n)?;
    let mut from = whole(x);
    if !x.layout.is_contiguous() {
        let packed =
            Layout::contiguous(x.dtype(), x.dims()).map_err(OpError::layout(args.name(Role::SELF)))?;
        from = plan.temp(&packed);
        plan.step(npu_kernels::copy(&packed, &x.layout)?, &[from, whole(x)]);
    }
    let found = count(plan);
    slots.extend([from, found]);
    let kernel = npu_kernels::unique(
        &values.layout,
        inverse.as_ref().map(|(_, flat, _)| flat),
        counts.map(|c| &c.layout),
        &row,
    )?;
    plan.step(kernel, &slots);
    if let Some((out, _, slot)) = inverse.filter(|(out, ..)| !out.layout.is_contiguous()) {
        let packed =
            Layout::contiguous(DType::I64, x.dims()).map_err(OpError::layout(args.name(Role::OUT2)))?;
        plan.step(npu_kernels::copy(&out.layout, &packed)?, &[whole(out), slot]);
    }
    plan.resize(values, values.dims(), 0, found);
    if let Some(counts) = counts {
        plan.resize(counts, counts.dims(), 0, found);
    }
    Ok(())
}

fn flat(args: &Args<'_>, role: Role, dtype: DType, n: usize) -> Result<Layout, OpError> {
    let dims = Dims::new(&[n as i64]);
    Layout::contiguous(dtype, dims.as_slice()).map_err(OpError::layout(args.name(role)))
}
