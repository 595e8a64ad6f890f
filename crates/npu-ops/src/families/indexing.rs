//! Selection by indices and triangles.

use super::{axis, check_dtype, expect_dims, expect_dtype, whole};
use crate::{Args, OpError, PlanBuilder, Role};
use npu_types::{DType, DTypeSet, MAX_RANK};
use smallvec::SmallVec;

const INDICES: DTypeSet = DTypeSet::of(&[DType::I64, DType::I32]);

fn gather(args: &Args<'_>, table: Role, axis: usize, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, index, out) = (args.tensor(table)?, args.tensor(Role::INDEX)?, args.tensor(Role::OUT)?);
    check_dtype(args, table, args.def.dtypes)?;
    check_dtype(args, Role::INDEX, INDICES)?;
    expect_dtype(args.name(Role::OUT), out.dtype(), DTypeSet::of(&[x.dtype()]))?;
    let mut dims: SmallVec<[i64; 2 * MAX_RANK]> = SmallVec::from_slice(&x.dims()[..axis]);
    dims.extend_from_slice(index.dims());
    dims.extend_from_slice(&x.dims()[axis + 1..]);
    expect_dims(args, Role::OUT, out.dims(), &dims)?;
    let kernel = npu_kernels::index_select(&out.layout, &x.layout, axis, &index.layout)?;
    plan.step(kernel, &[whole(out), whole(x), whole(index)]);
    Ok(())
}

pub(super) fn index_select(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, index) = (args.tensor(Role::SELF)?, args.tensor(Role::INDEX)?);
    let (name, dims) = (args.name(Role::INDEX), index.dims());
    if x.dims().is_empty() || dims.len() != 1 {
        let (argument, expected, got) = if dims.len() != 1 {
            (name, "of 1 dimension", dims)
        } else {
            (args.name(Role::SELF), "of 1 dimension or more", x.dims())
        };
        let got = Box::new(npu_types::Dims::new(got));
        return Err(OpError::Shape { argument, expected: expected.into(), got });
    }
    let axis = axis(args.name(Role::DIM), args.int(Role::DIM).unwrap_or(0), x.dims().len())?;
    gather(args, Role::SELF, axis, plan)
}

pub(super) fn embedding(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let weight = args.tensor(Role::WEIGHT)?;
    if weight.dims().len() != 2 {
        return Err(OpError::Shape {
            argument: args.name(Role::WEIGHT),
            expected: "of 2 dimensions".into(),
            got: Box::new(npu_types::Dims::new(weight.dims())),
        });
    }
    gather(args, Role::WEIGHT, 0, plan)
}

pub(super) fn tri(args: &Args<'_>, upper: bool, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    expect_dtype(args.name(Role::OUT), out.dtype(), DTypeSet::of(&[x.dtype()]))?;
    expect_dims(args, Role::OUT, out.dims(), x.dims())?;
    if x.dims().len() < 2 {
        return Err(OpError::Shape {
            argument: args.name(Role::SELF),
            expected: "of 2 dimensions or more".into(),
            got: Box::new(npu_types::Dims::new(x.dims())),
        });
    }
    let diagonal = args.int(Role::DIAGONAL).unwrap_or(0);
    plan.step(npu_kernels::tri(upper, &out.layout, &x.layout, diagonal)?, &[whole(out), whole(x)]);
    Ok(())
}
