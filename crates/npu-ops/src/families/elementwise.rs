//! Unary, binary, selection: one result element from one element of each operand.

use super::{
    castable, check_cast, check_dtype, expand, expect_dims, expect_dtype, promoted, result_dtype, same_dims,
    whole,
};
use crate::{Args, OpError, PlanBuilder, Role, Slot, args::Operand, def::BinaryMeaning};
use npu_kernels::{BinaryOp, Input, TernaryOp, UnaryOp};
use npu_types::{DType, DTypeSet, Layout, Scalar, broadcast_dims};
use smallvec::SmallVec;

pub(super) fn unary(args: &Args<'_>, op: UnaryOp, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    let result = result_dtype(args.def.result, x.dtype());
    check_cast(args, Role::OUT, result)?;
    expect_dims(args, Role::OUT, out.dims(), x.dims())?;
    // Computing in the input's type keeps integers exact; a float result of an integer needs the float.
    let compute = if castable(x.dtype(), result) && result != DType::Bool { result } else { x.dtype() };
    // Truth values are the numbers 0 and 1; there is no arithmetic of their own.
    let of_truth = matches!(op, UnaryOp::LogicalNot | UnaryOp::BitwiseNot);
    let compute = if compute == DType::Bool && !of_truth { DType::U8 } else { compute };
    let kernel = npu_kernels::unary(op, compute, &out.layout, &x.layout)?;
    plan.step(kernel, &[whole(out), whole(x)]);
    Ok(())
}

pub(super) fn gelu(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let op = match args.int(Role::MODE) {
        None | Some(0) => UnaryOp::Gelu,
        Some(1) => UnaryOp::GeluTanh,
        Some(other) => {
            return Err(OpError::Value {
                argument: args.name(Role::MODE),
                expected: "0 (erf) or 1 (tanh)".into(),
                got: other.to_string(),
            });
        }
    };
    unary(args, op, plan)
}

pub(super) fn binary(args: &Args<'_>, meaning: BinaryMeaning, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (a, b) = (args.operand(Role::SELF)?, args.operand(Role::OTHER)?);
    let out = args.tensor(Role::OUT)?;
    let common = promoted(a, b);
    for (role, operand) in [(Role::SELF, a), (Role::OTHER, b)] {
        if let Operand::Tensor(t) = operand
            && !args.def.dtypes.contains(t.dtype())
        {
            expect_dtype(args.name(role), t.dtype(), args.def.dtypes)?;
        }
    }
    if meaning.is_ordering() {
        expect_dtype(args.name(Role::OTHER), common, complement(DTypeSet::COMPLEX))?;
    }
    let (op, compute, result) = resolve(args, meaning, common, b)?;
    check_cast(args, Role::OUT, result)?;
    let dims = match (a, b) {
        (Operand::Tensor(a), Operand::Tensor(b)) if !same_dims(a.dims(), b.dims()) => {
            broadcast_dims(a.dims(), b.dims()).map_err(OpError::layout(args.name(Role::OTHER)))?
        }
        (Operand::Tensor(t), _) | (_, Operand::Tensor(t)) => npu_types::Dims::new(t.dims()),
        (Operand::Scalar(_), Operand::Scalar(_)) => npu_types::Dims::new(&[]),
    };
    expect_dims(args, Role::OUT, out.dims(), dims.as_slice())?;
    let mut slots: SmallVec<[Slot; 3]> = SmallVec::from_slice(&[whole(out)]);
    let (mut la, mut lb) = (None, None);
    let a = input(args, Role::SELF, a, out.dims(), &mut la, &mut slots)?;
    let b = input(args, Role::OTHER, b, out.dims(), &mut lb, &mut slots)?;
    plan.step(npu_kernels::binary(op, compute, &out.layout, a, b)?, &slots);
    Ok(())
}

fn input<'l>(
    args: &Args<'_>,
    role: Role,
    operand: Operand<'l>,
    dims: &[i64],
    layout: &'l mut Option<Layout>,
    slots: &mut SmallVec<[Slot; 3]>,
) -> Result<Input<'l>, OpError> {
    Ok(match operand {
        Operand::Scalar(scalar) => Input::Scalar(scalar),
        Operand::Tensor(tensor) => {
            slots.push(whole(tensor));
            if same_dims(tensor.dims(), dims) {
                Input::Tensor(&tensor.layout)
            } else {
                Input::Tensor(layout.insert(expand(args, role, tensor, dims)?))
            }
        }
    })
}

fn complement(set: DTypeSet) -> DTypeSet {
    let mut kept = DTypeSet::EMPTY;
    for t in DType::ALL {
        if !set.contains(t) {
            kept = kept.union(DTypeSet::of(&[t]));
        }
    }
    kept
}

/// The kernel, the type it computes in, and the type of its result.
fn resolve(
    args: &Args<'_>,
    meaning: BinaryMeaning,
    common: DType,
    other: Operand<'_>,
) -> Result<(BinaryOp, DType, DType), OpError> {
    use BinaryMeaning as M;
    let alpha = || -> Result<Scalar, OpError> {
        let alpha = args.scalar_optional(Role::ALPHA).unwrap_or(Scalar::int(DType::I64, 1));
        // PyTorch: a fractional alpha has no meaning for integer operands.
        if !(castable(alpha.dtype(), common) || common == DType::Bool && alpha.dtype().is_integer()) {
            return Err(OpError::Value {
                argument: args.name(Role::ALPHA),
                expected: format!("a scalar that converts to {common}"),
                got: format!("one of {}", alpha.dtype()),
            });
        }
        Ok(alpha)
    };
    let same = |op| (op, common, common);
    // Truth values divide as the numbers 0 and 1.
    let rounded = |op| (op, if common == DType::Bool { DType::U8 } else { common }, common);
    let compare = |op| (op, common, DType::Bool);
    Ok(match meaning {
        M::Add => same(BinaryOp::Add { alpha: alpha()? }),
        M::Sub if common == DType::Bool => {
            return Err(OpError::DType {
                argument: args.name(Role::SELF),
                expected: complement(DTypeSet::BOOL).to_string(),
                got: DType::Bool,
            });
        }
        M::Sub => same(BinaryOp::Sub { alpha: alpha()? }),
        M::Mul => same(BinaryOp::Mul),
        M::Div => {
            let float = result_dtype(crate::ResultRule::Float, common);
            match args.int(Role::MODE).unwrap_or(0) {
                0 => (BinaryOp::Div, float, float),
                1 => rounded(BinaryOp::DivTrunc),
                2 => rounded(BinaryOp::DivFloor),
                mode => {
                    return Err(OpError::Value {
                        argument: args.name(Role::MODE),
                        expected: "0 (true), 1 (trunc) or 2 (floor)".into(),
                        got: mode.to_string(),
                    });
                }
            }
        }
        M::FloorDiv => same(BinaryOp::DivFloor),
        M::Remainder => same(BinaryOp::Remainder),
        M::Fmod => same(BinaryOp::Fmod),
        M::Rsub => same(BinaryOp::Rsub { alpha: alpha()? }),
        M::Atan2 => {
            let float = result_dtype(crate::ResultRule::Float, common);
            (BinaryOp::Atan2, float, float)
        }
        M::BitwiseAnd => same(BinaryOp::BitwiseAnd),
        M::BitwiseOr => same(BinaryOp::BitwiseOr),
        M::BitwiseXor => same(BinaryOp::BitwiseXor),
        M::LogicalXor => compare(BinaryOp::LogicalXor),
        M::Maximum => same(BinaryOp::Maximum),
        M::Minimum => same(BinaryOp::Minimum),
        M::Pow => {
            if let Operand::Scalar(exponent) = other
                && common.is_integer()
                && exponent.to_i64() < 0
            {
                return Err(OpError::Value {
                    argument: args.name(Role::OTHER),
                    expected: "an exponent of 0 or more for integers".into(),
                    got: exponent.to_i64().to_string(),
                });
            }
            same(BinaryOp::Pow)
        }
        M::Eq => compare(BinaryOp::Eq),
        M::Ne => compare(BinaryOp::Ne),
        M::Gt => compare(BinaryOp::Gt),
        M::Ge => compare(BinaryOp::Ge),
        M::Lt => compare(BinaryOp::Lt),
        M::Le => compare(BinaryOp::Le),
        M::LogicalAnd => compare(BinaryOp::LogicalAnd),
        M::LogicalOr => compare(BinaryOp::LogicalOr),
        M::SigmoidGrad => same(BinaryOp::SigmoidGrad),
        M::TanhGrad => same(BinaryOp::TanhGrad),
        M::SiluGrad => same(BinaryOp::SiluGrad),
        M::ThresholdGrad => same(BinaryOp::ThresholdGrad { threshold: args.scalar(Role::ALPHA)? }),
        M::Lerp => same(BinaryOp::Lerp { weight: args.scalar(Role::ALPHA)? }),
    })
}

pub(super) fn gelu_grad(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let op = match args.text(Role::MODE) {
        None | Some("none") => BinaryOp::GeluGrad,
        Some("tanh") => BinaryOp::GeluTanhGrad,
        Some(other) => {
            return Err(OpError::Value {
                argument: args.name(Role::MODE),
                expected: "none or tanh".into(),
                got: format!("{other:?}"),
            });
        }
    };
    let out = args.tensor(Role::OUT)?;
    let (layouts, compute) = met(args, [Role::SELF, Role::OTHER])?;
    let [a, b] = [0, 1].map(|i| Input::Tensor(&layouts[i]));
    let (dy, x) = (args.tensor(Role::SELF)?, args.tensor(Role::OTHER)?);
    plan.step(npu_kernels::binary(op, compute, &out.layout, a, b)?, &[whole(out), whole(dy), whole(x)]);
    Ok(())
}

/// Operands expanded to the output's shape, which follows from them, and the type they meet in.
pub(super) fn met<const N: usize>(
    args: &Args<'_>,
    roles: [Role; N],
) -> Result<([Layout; N], DType), OpError> {
    let out = args.tensor(Role::OUT)?;
    let mut dims = npu_types::Dims::new(&[]);
    let mut common = args.tensor(roles[0])?.dtype();
    for role in roles {
        let t = args.tensor(role)?;
        check_dtype(args, role, args.def.dtypes)?;
        common = npu_types::promote(common, t.dtype());
        dims = broadcast_dims(dims.as_slice(), t.dims()).map_err(OpError::layout(args.name(role)))?;
    }
    check_cast(args, Role::OUT, common)?;
    expect_dims(args, Role::OUT, out.dims(), dims.as_slice())?;
    let mut layouts = [out.layout; N];
    for (l, role) in layouts.iter_mut().zip(roles) {
        *l = expand(args, role, args.tensor(role)?, out.dims())?;
    }
    Ok((layouts, common))
}

pub(super) fn ternary(args: &Args<'_>, op: TernaryOp, plan: &mut PlanBuilder) -> Result<(), OpError> {
    const ROLES: [Role; 3] = [Role::SELF, Role::OTHER, Role::THIRD];
    let (layouts, compute) = met(args, ROLES)?;
    let out = args.tensor(Role::OUT)?;
    let factor = args.scalar_optional(Role::ALPHA).unwrap_or(Scalar::int(DType::I64, 1));
    if !castable(factor.dtype(), compute) {
        return Err(OpError::Value {
            argument: args.name(Role::ALPHA),
            expected: format!("a scalar that converts to {compute}"),
            got: format!("one of {}", factor.dtype()),
        });
    }
    let inputs = [0, 1, 2].map(|i| Input::Tensor(&layouts[i]));
    let kernel = npu_kernels::ternary(op, compute, &out.layout, inputs, factor)?;
    let mut slots: SmallVec<[Slot; 4]> = SmallVec::from_slice(&[whole(out)]);
    for role in ROLES {
        slots.push(whole(args.tensor(role)?));
    }
    plan.step(kernel, &slots);
    Ok(())
}

const MASKS: DTypeSet = DTypeSet::of(&[DType::Bool, DType::U8]);

pub(super) fn select(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (mask, out) = (args.tensor(Role::MASK)?, args.tensor(Role::OUT)?);
    let (a, b) = (args.tensor(Role::SELF)?, args.tensor(Role::OTHER)?);
    check_dtype(args, Role::MASK, MASKS)?;
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    check_dtype(args, Role::OTHER, args.def.dtypes)?;
    check_cast(args, Role::OUT, promoted(Operand::Tensor(a), Operand::Tensor(b)))?;
    let values = broadcast_dims(a.dims(), b.dims()).map_err(OpError::layout(args.name(Role::OTHER)))?;
    let dims =
        broadcast_dims(mask.dims(), values.as_slice()).map_err(OpError::layout(args.name(Role::MASK)))?;
    expect_dims(args, Role::OUT, out.dims(), dims.as_slice())?;
    let cond = expand(args, Role::MASK, mask, out.dims())?;
    let (la, lb) = (expand(args, Role::SELF, a, out.dims())?, expand(args, Role::OTHER, b, out.dims())?);
    let kernel = npu_kernels::select(&out.layout, &cond, Input::Tensor(&la), Input::Tensor(&lb))?;
    plan.step(kernel, &[whole(out), whole(mask), whole(a), whole(b)]);
    Ok(())
}

pub(super) fn masked_fill(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (this, mask) = (args.tensor(Role::OUT)?, args.tensor(Role::MASK)?);
    check_dtype(args, Role::OUT, args.def.dtypes)?;
    check_dtype(args, Role::MASK, MASKS)?;
    let value = args.scalar(Role::VALUE)?;
    let mask_layout = expand(args, Role::MASK, mask, this.dims())?;
    plan.step(npu_kernels::masked_fill(&this.layout, &mask_layout, value)?, &[whole(this), whole(mask)]);
    Ok(())
}

/// One value of a tensor, or a scalar, as the loops take it.
fn bound<'l>(
    args: &Args<'_>,
    role: Role,
    dims: &[i64],
    layout: &'l mut Option<Layout>,
    slots: &mut SmallVec<[Slot; 3]>,
) -> Result<Option<Input<'l>>, OpError> {
    if let Some(scalar) = args.scalar_optional(role) {
        return Ok(Some(Input::Scalar(scalar)));
    }
    let Some(tensor) = args.tensor_optional(role) else { return Ok(None) };
    slots.push(whole(tensor));
    Ok(Some(Input::Tensor(layout.insert(expand(args, role, tensor, dims)?))))
}

pub(super) fn clamp(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    let (mut compute, mut dims) = (x.dtype(), npu_types::Dims::new(x.dims()));
    for role in [Role::LOW, Role::HIGH] {
        if let Some(scalar) = args.scalar_optional(role) {
            compute = npu_types::promote_scalar(compute, scalar.dtype());
        }
        if let Some(tensor) = args.tensor_optional(role) {
            check_dtype(args, role, args.def.dtypes)?;
            compute = npu_types::promote(compute, tensor.dtype());
            dims =
                broadcast_dims(dims.as_slice(), tensor.dims()).map_err(OpError::layout(args.name(role)))?;
        }
    }
    if compute.is_complex() {
        expect_dtype(args.name(Role::SELF), compute, args.def.dtypes)?;
    }
    check_cast(args, Role::OUT, compute)?;
    expect_dims(args, Role::OUT, out.dims(), dims.as_slice())?;
    let expanded = expand(args, Role::SELF, x, out.dims())?;
    let (mut from, mut view, mut bounded) = (whole(x), expanded, false);
    for (role, op) in [(Role::LOW, BinaryOp::Maximum), (Role::HIGH, BinaryOp::Minimum)] {
        let mut slots: SmallVec<[Slot; 3]> = SmallVec::from_slice(&[whole(out), from]);
        let mut layout = None;
        let Some(other) = bound(args, role, out.dims(), &mut layout, &mut slots)? else { continue };
        plan.step(npu_kernels::binary(op, compute, &out.layout, Input::Tensor(&view), other)?, &slots);
        (from, view, bounded) = (whole(out), out.layout, true);
    }
    if !bounded {
        return Err(OpError::Null { argument: args.name(Role::LOW) });
    }
    Ok(())
}

pub(super) fn equal(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (a, b, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OTHER)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    check_dtype(args, Role::OTHER, args.def.dtypes)?;
    expect_dtype(args.name(Role::OUT), out.dtype(), DTypeSet::BOOL)?;
    if out.layout.numel() != 1 {
        return Err(OpError::Shape {
            argument: args.name(Role::OUT),
            expected: "of one element".into(),
            got: Box::new(npu_types::Dims::new(out.dims())),
        });
    }
    if !same_dims(a.dims(), b.dims()) {
        plan.step(npu_kernels::fill(&out.layout, Scalar::bool(false))?, &[whole(out)]);
        return Ok(());
    }
    let error = OpError::layout(args.name(Role::OUT));
    let flags = Layout::contiguous(DType::Bool, a.dims()).map_err(&error)?;
    let temp = plan.temp(&flags);
    let common = npu_types::promote(a.dtype(), b.dtype());
    let (x, y) = (Input::Tensor(&a.layout), Input::Tensor(&b.layout));
    plan.step(npu_kernels::binary(BinaryOp::Eq, common, &flags, x, y)?, &[temp, whole(a), whole(b)]);
    let row = Layout::contiguous(DType::Bool, &[a.layout.numel() as i64]).map_err(&error)?;
    let one = Layout::contiguous(DType::Bool, &[1]).map_err(&error)?;
    let all = npu_kernels::reduce(npu_kernels::ReduceOp::All, DType::Bool, &one, &row, 1)?;
    plan.step(all, &[whole(out), temp]);
    Ok(())
}

pub(super) fn masked_fill_tensor(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (this, mask, value) = (args.tensor(Role::OUT)?, args.tensor(Role::MASK)?, args.tensor(Role::VALUE)?);
    check_dtype(args, Role::OUT, args.def.dtypes)?;
    check_dtype(args, Role::MASK, MASKS)?;
    check_dtype(args, Role::VALUE, args.def.dtypes)?;
    if value.layout.numel() != 1 {
        return Err(OpError::Shape {
            argument: args.name(Role::VALUE),
            expected: "of one element".into(),
            got: Box::new(npu_types::Dims::new(value.dims())),
        });
    }
    let error = OpError::layout(args.name(Role::VALUE));
    let one = Layout::scalar(value.dtype()).broadcast_to(this.dims()).map_err(&error)?;
    let condition = expand(args, Role::MASK, mask, this.dims())?;
    let kernel =
        npu_kernels::select(&this.layout, &condition, Input::Tensor(&one), Input::Tensor(&this.layout))?;
    plan.step(kernel, &[whole(this), whole(mask), whole(value), whole(this)]);
    Ok(())
}
