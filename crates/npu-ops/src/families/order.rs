//! Sorting, selecting and accumulating along an axis.

use super::{axis, check_cast, check_dtype, expect_dims, expect_dtype, reduce::kept, whole};
use crate::{Args, OpError, PlanBuilder, Role, Slot, TensorArg, def::OrderMode};
use npu_kernels::{ArgOp, Ranks, ScanForm, ScanOp};
use npu_types::{DType, DTypeSet, Layout, MAX_RANK};
use smallvec::SmallVec;

const INDICES: DTypeSet = DTypeSet::of(&[DType::I64, DType::I32]);
/// Flags of a sort, of a selection, of a scan.
const DESCENDING: Role = Role::FLAG2;
const LARGEST: Role = Role::FLAG;
const EXCLUSIVE: Role = Role::FLAG;
const REVERSE: Role = Role::FLAG2;

/// The layout with one axis at least.
fn at_least_1d(argument: &'static str, layout: &Layout) -> Result<Layout, OpError> {
    if layout.rank() > 0 {
        return Ok(*layout);
    }
    layout.with_axis(0, 1, 1).map_err(OpError::layout(argument))
}

fn the_axis(args: &Args<'_>, rank: usize) -> Result<usize, OpError> {
    let value = args.int(Role::DIM).or_else(|| args.scalar_optional(Role::DIM).map(|s| s.to_i64()));
    axis(args.name(Role::DIM), value.unwrap_or(0), rank)
}

/// Checks the types of values and indices.
fn check_types(args: &Args<'_>, x: &TensorArg) -> Result<(), OpError> {
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    check_dtype(args, Role::OUT, DTypeSet::of(&[x.dtype()]))?;
    check_dtype(args, Role::OUT2, INDICES)
}

pub(super) fn order(args: &Args<'_>, mode: OrderMode, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let x = args.tensor(Role::SELF)?;
    check_types(args, x)?;
    let (values, indices) = (args.tensor_optional(Role::OUT), args.tensor_optional(Role::OUT2));
    let name = args.name(Role::SELF);
    let mut input = at_least_1d(name, &x.layout)?;
    let mut from = whole(x);
    let whole_tensor = mode == OrderMode::Median && args.int(Role::DIM).is_none();
    if whole_tensor {
        // All elements are one row; a strided view becomes one in the workspace.
        let row = Layout::contiguous(x.dtype(), &[x.layout.numel() as i64]).map_err(OpError::layout(name))?;
        if !x.layout.is_contiguous() {
            let packed = Layout::contiguous(x.dtype(), x.dims()).map_err(OpError::layout(name))?;
            from = plan.temp(&packed);
            plan.step(npu_kernels::copy(&packed, &x.layout)?, &[from, whole(x)]);
        }
        input = row;
    }
    let axis = if whole_tensor { 0 } else { the_axis(args, x.dims().len())? };
    let n = input.dims()[axis];
    let (ranks, descending) = match mode {
        OrderMode::Sort => (Ranks::All, args.flag(DESCENDING).unwrap_or(false)),
        OrderMode::Top => (Ranks::First(counted(args, 0, n)?), args.flag(LARGEST).unwrap_or(true)),
        OrderMode::Kth => (Ranks::One(counted(args, 1, n)? - 1), false),
        OrderMode::Median => (Ranks::Middle, false),
    };
    let single = matches!(mode, OrderMode::Kth | OrderMode::Median);
    let layout = |role: Role| -> Result<Option<Layout>, OpError> {
        let Some(out) = args.tensor_optional(role) else { return Ok(None) };
        if whole_tensor {
            expect_dims(args, role, out.dims(), &[])?;
            return at_least_1d(args.name(role), &out.layout).map(Some);
        }
        if single && !x.dims().is_empty() {
            let keep = args.flag(Role::KEEP_DIM).unwrap_or(false);
            return kept(args, role, x.dims(), 1 << axis, keep).map(Some);
        }
        let mut dims: SmallVec<[i64; MAX_RANK]> = SmallVec::from_slice(x.dims());
        if let (Ranks::First(k), Some(dim)) = (ranks, dims.get_mut(axis)) {
            *dim = k as i64;
        }
        expect_dims(args, role, out.dims(), &dims)?;
        at_least_1d(args.name(role), &out.layout).map(Some)
    };
    let layouts = [layout(Role::OUT)?, layout(Role::OUT2)?];
    if n == 0 && single && layouts.iter().flatten().any(|l| !l.is_empty()) {
        return Err(OpError::Value {
            argument: name,
            expected: format!("at least one element along dimension {axis}"),
            got: format!("shape {:?}", x.dims()),
        });
    }
    if layouts.iter().flatten().all(Layout::is_empty) {
        return Ok(());
    }
    let mut slots: SmallVec<[Slot; 3]> = [values, indices].into_iter().flatten().map(whole).collect();
    slots.push(from);
    let [values, indices] = &layouts;
    let kernel = npu_kernels::order(ranks, descending, values.as_ref(), indices.as_ref(), &input, axis)?;
    plan.step(kernel, &slots);
    Ok(())
}

/// A number of elements between `low` and `n`.
fn counted(args: &Args<'_>, low: i64, n: i64) -> Result<usize, OpError> {
    let value = args.int(Role::COUNT).unwrap_or(low);
    if (low..=n).contains(&value) {
        return Ok(value as usize);
    }
    Err(OpError::Value {
        argument: args.name(Role::COUNT),
        expected: format!("{low} to {n}, the elements along the dimension"),
        got: value.to_string(),
    })
}

pub(super) fn scan(args: &Args<'_>, op: ScanOp, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    if let Some(dtype) = args.dtype(Role::DTYPE) {
        expect_dtype(args.name(Role::OUT), out.dtype(), DTypeSet::of(&[dtype]))?;
        if x.dtype().is_complex() && !dtype.is_complex() {
            check_cast(args, Role::OUT, x.dtype())?;
        }
    } else {
        check_cast(args, Role::OUT, x.dtype())?;
    }
    expect_dims(args, Role::OUT, out.dims(), x.dims())?;
    let axis = the_axis(args, x.dims().len())?;
    let flag = |role: Role| args.flag(role).unwrap_or(false);
    let form = ScanForm { exclusive: flag(EXCLUSIVE), reverse: flag(REVERSE) };
    let name = args.name(Role::SELF);
    let (to, from) = (at_least_1d(name, &out.layout)?, at_least_1d(name, &x.layout)?);
    plan.step(npu_kernels::scan(op, form, &to, &from, axis)?, &[whole(out), whole(x)]);
    Ok(())
}

pub(super) fn scan_extreme(args: &Args<'_>, op: ArgOp, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, values, indices) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?, args.tensor(Role::OUT2)?);
    check_types(args, x)?;
    expect_dims(args, Role::OUT, values.dims(), x.dims())?;
    expect_dims(args, Role::OUT2, indices.dims(), x.dims())?;
    let axis = the_axis(args, x.dims().len())?;
    let name = args.name(Role::SELF);
    let [a, b, c] = [values, indices, x].map(|t| at_least_1d(name, &t.layout));
    let kernel = npu_kernels::scan_extreme(op, &a?, &b?, &c?, axis)?;
    plan.step(kernel, &[whole(values), whole(indices), whole(x)]);
    Ok(())
}

pub(super) fn extreme_of(args: &Args<'_>, op: ArgOp, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, values, indices) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?, args.tensor(Role::OUT2)?);
    check_types(args, x)?;
    let axis = the_axis(args, x.dims().len())?;
    let keep = args.flag(Role::KEEP_DIM).unwrap_or(false);
    let outputs = [Role::OUT, Role::OUT2].map(|role| {
        if x.dims().is_empty() {
            expect_dims(args, role, args.tensor(role)?.dims(), &[])?;
            return at_least_1d(args.name(role), &args.tensor(role)?.layout);
        }
        kept(args, role, x.dims(), 1 << axis, keep)
    });
    let [to, places] = outputs;
    let (to, places) = (to?, places?);
    let input = at_least_1d(args.name(Role::SELF), &x.layout)?;
    if input.dims()[axis] == 0 && !to.is_empty() {
        return Err(OpError::Value {
            argument: args.name(Role::SELF),
            expected: format!("at least one element along dimension {axis}"),
            got: format!("shape {:?}", x.dims()),
        });
    }
    let kernel = npu_kernels::arg_reduce(op, &places, Some(&to), &input, axis)?;
    plan.step(kernel, &[whole(indices), whole(values), whole(x)]);
    Ok(())
}
