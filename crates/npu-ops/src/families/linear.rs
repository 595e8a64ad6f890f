//! Matrix products.

use super::{check_cast, expand, expect_dims, expect_dtype, promoted, whole};
use crate::{Args, OpError, PlanBuilder, Role, Slot, TensorArg, args::Operand, def::MatmulRank};
use npu_kernels::MatmulScale;
use npu_types::{DType, Layout, MAX_RANK, Scalar, broadcast_dims, promote};
use smallvec::SmallVec;

/// `cubeMathType` selects how a cube unit may round; on the CPU every mode is exact, but the range is checked.
pub(super) fn check_cube_math(args: &Args<'_>) -> Result<(), OpError> {
    match args.int(Role::CUBE_MATH) {
        None | Some(0..=3) => Ok(()),
        Some(other) => Err(OpError::Value {
            argument: args.name(Role::CUBE_MATH),
            expected: "0 to 3".into(),
            got: other.to_string(),
        }),
    }
}

fn expect_rank(args: &Args<'_>, role: Role, rank: usize) -> Result<(), OpError> {
    let dims = args.tensor(role)?.dims();
    if dims.len() == rank {
        return Ok(());
    }
    Err(OpError::Shape {
        argument: args.name(role),
        expected: format!("of {rank} dimensions"),
        got: Box::new(npu_types::Dims::new(dims)),
    })
}

/// Where an operand of a product is, and its view, after conversion.
pub(super) type Placed = (Slot, Layout);

/// The operand as `dtype`: itself, or converted into the workspace.
pub(super) fn converted(plan: &mut PlanBuilder, tensor: &TensorArg, dtype: DType) -> Result<Placed, OpError> {
    if tensor.dtype() == dtype {
        return Ok((whole(tensor), tensor.layout));
    }
    let layout = Layout::contiguous(dtype, tensor.dims()).map_err(OpError::layout("workspace"))?;
    let slot = plan.temp(&layout);
    plan.step(npu_kernels::copy(&layout, &tensor.layout)?, &[slot, whole(tensor)]);
    Ok((slot, layout))
}

/// Where the product goes: the output itself, or a place in the workspace for [`deliver`].
pub(super) fn target(plan: &mut PlanBuilder, out: &TensorArg, dtype: DType) -> Result<Placed, OpError> {
    if out.dtype() == dtype {
        return Ok((whole(out), out.layout));
    }
    let layout = Layout::contiguous(dtype, out.dims()).map_err(OpError::layout("workspace"))?;
    Ok((plan.temp(&layout), layout))
}

/// Converts a product that was not computed in the output's type.
pub(super) fn deliver(
    plan: &mut PlanBuilder,
    out: &TensorArg,
    (slot, layout): Placed,
) -> Result<(), OpError> {
    if slot != whole(out) {
        plan.step(npu_kernels::copy(&out.layout, &layout)?, &[whole(out), slot]);
    }
    Ok(())
}

pub(super) fn matmul(args: &Args<'_>, rank: MatmulRank, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (a, b, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OTHER)?, args.tensor(Role::OUT)?);
    check_cube_math(args)?;
    for role in [Role::SELF, Role::OTHER] {
        expect_dtype(args.name(role), args.tensor(role)?.dtype(), args.def.dtypes)?;
        match rank {
            MatmulRank::Two => expect_rank(args, role, 2)?,
            MatmulRank::Three => expect_rank(args, role, 3)?,
            MatmulRank::Any if args.tensor(role)?.dims().is_empty() => expect_rank(args, role, 1)?,
            MatmulRank::Any => {}
        }
    }
    let common = promoted(Operand::Tensor(a), Operand::Tensor(b));
    check_cast(args, Role::OUT, common)?;
    // Mixed types meet in the widest; a wider output is computed as such, without rounding in between.
    let compute = promote(common, out.dtype());
    let (name_a, name_b, name_out) = (args.name(Role::SELF), args.name(Role::OTHER), args.name(Role::OUT));
    // Vectors become matrices of one row or one column; the unit axis is taken out of the result again.
    let (row, column) = (a.dims().len() == 1, b.dims().len() == 1);
    let ((slot_a, va), (slot_b, vb)) = (converted(plan, a, compute)?, converted(plan, b, compute)?);
    let mut la = if row { va.with_axis(0, 1, 0).map_err(OpError::layout(name_a))? } else { va };
    let mut lb = if column { vb.with_axis(1, 1, 0).map_err(OpError::layout(name_b))? } else { vb };
    let (da, db) = (la.dims(), lb.dims());
    let ([batch_a @ .., m, k], [batch_b @ .., k2, n]) = (da, db) else {
        return expect_rank(args, Role::SELF, 2);
    };
    if k != k2 {
        let mut expected: SmallVec<[i64; MAX_RANK]> = SmallVec::from_slice(db);
        let at = expected.len() - 2;
        expected[at] = *k;
        if column {
            expected.pop();
        }
        return expect_dims(args, Role::OTHER, b.dims(), &expected);
    }
    if rank == MatmulRank::Three && batch_a != batch_b {
        let mut expected: SmallVec<[i64; MAX_RANK]> = SmallVec::from_slice(batch_a);
        expected.extend_from_slice(&[*k2, *n]);
        return expect_dims(args, Role::OTHER, b.dims(), &expected);
    }
    let batch = broadcast_dims(batch_a, batch_b).map_err(OpError::layout(name_b))?;
    let with = |tail: &[i64]| -> SmallVec<[i64; MAX_RANK + 2]> {
        batch.as_slice().iter().chain(tail).copied().collect()
    };
    let (full, full_a, full_b) = (with(&[*m, *n]), with(&[*m, *k]), with(&[*k, *n]));
    let mut expected = full.clone();
    if column {
        expected.pop();
    }
    if row {
        expected.remove(batch.as_slice().len());
    }
    expect_dims(args, Role::OUT, out.dims(), &expected)?;
    la = la.broadcast_to(&full_a).map_err(OpError::layout(name_a))?;
    lb = lb.broadcast_to(&full_b).map_err(OpError::layout(name_b))?;
    let product = target(plan, out, compute)?;
    let mut lo = product.1;
    if row {
        lo = lo.with_axis(batch.as_slice().len(), 1, 0).map_err(OpError::layout(name_out))?;
    }
    if column {
        lo = lo.with_axis(full.len() - 1, 1, 0).map_err(OpError::layout(name_out))?;
    }
    plan.step(npu_kernels::matmul(&lo, &la, &lb, None)?, &[product.0, slot_a, slot_b]);
    deliver(plan, out, product)
}

pub(super) fn addmm(args: &Args<'_>, rank: usize, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (c, a, b) = (args.tensor(Role::ADDEND)?, args.tensor(Role::SELF)?, args.tensor(Role::OTHER)?);
    let out = args.tensor(Role::OUT)?;
    check_cube_math(args)?;
    for role in [Role::ADDEND, Role::SELF, Role::OTHER] {
        expect_dtype(args.name(role), args.tensor(role)?.dtype(), args.def.dtypes)?;
    }
    expect_rank(args, Role::SELF, rank)?;
    expect_rank(args, Role::OTHER, rank)?;
    let (batch, tail) = a.dims().split_at(rank - 2);
    let (m, k) = (tail[0], tail[1]);
    let n = b.dims()[rank - 1];
    let with = |tail: [i64; 2]| -> SmallVec<[i64; MAX_RANK]> { batch.iter().copied().chain(tail).collect() };
    let dims = with([m, n]);
    expect_dims(args, Role::OTHER, b.dims(), &with([k, n]))?;
    let common = promote(promoted(Operand::Tensor(a), Operand::Tensor(b)), c.dtype());
    check_cast(args, Role::OUT, common)?;
    expect_dims(args, Role::OUT, out.dims(), &dims)?;
    expand(args, Role::ADDEND, c, &dims)?;
    let compute = promote(common, out.dtype());
    let ((slot_a, la), (slot_b, lb)) = (converted(plan, a, compute)?, converted(plan, b, compute)?);
    let (slot_c, addend) = converted(plan, c, compute)?;
    let addend = addend.broadcast_to(&dims).map_err(OpError::layout(args.name(Role::ADDEND)))?;
    let product = target(plan, out, compute)?;
    let one = Scalar::int(DType::I64, 1);
    let scale = MatmulScale {
        alpha: args.scalar_optional(Role::ALPHA).unwrap_or(one),
        beta: args.scalar_optional(Role::BETA).unwrap_or(one),
    };
    let kernel = npu_kernels::matmul(&product.1, &la, &lb, Some((&addend, scale)))?;
    plan.step(kernel, &[product.0, slot_a, slot_b, slot_c]);
    deliver(plan, out, product)
}
