//! Random numbers.

use super::{check_dtype, expand, expect_dims, expect_dtype, whole};
use crate::{Arg, Args, OpError, PlanBuilder, Role, Slot, args::Operand, def::RandomMode};
use npu_kernels::{BinaryOp, Distribution, Input, Seed};
use npu_types::{DType, DTypeSet, Dims, Layout, Scalar, broadcast_dims};
use smallvec::SmallVec;

/// Bits of a dropout mask come in pieces of so many.
const MASK_BITS: i64 = 128;

/// Where a generator's state comes from, and the operands that hold it.
fn seed(args: &Args<'_>) -> Result<(Seed, SmallVec<[Slot; 2]>), OpError> {
    let number = |role: Role| args.int(role).unwrap_or(0) as u64;
    let (Some(seed), Some(offset)) = (args.tensor_optional(Role::SEED), args.tensor_optional(Role::OFFSET))
    else {
        return Ok((Seed::Given { seed: number(Role::SEED), offset: number(Role::OFFSET) }, SmallVec::new()));
    };
    for (role, tensor) in [(Role::SEED, seed), (Role::OFFSET, offset)] {
        expect_dtype(args.name(role), tensor.dtype(), DTypeSet::of(&[DType::I64, DType::U64]))?;
        if tensor.layout.numel() != 1 {
            return Err(OpError::Shape {
                argument: args.name(role),
                expected: "of one element".into(),
                got: Box::new(Dims::new(tensor.dims())),
            });
        }
    }
    Ok((Seed::Operands { add: number(Role::OFFSET2) }, SmallVec::from_slice(&[whole(seed), whole(offset)])))
}

/// A value out of its range.
fn refuse<T>(args: &Args<'_>, role: Role, expected: &str, got: f64) -> Result<T, OpError> {
    Err(OpError::Value { argument: args.name(role), expected: expected.into(), got: got.to_string() })
}

fn probability(args: &Args<'_>) -> Result<f64, OpError> {
    let scalar = args.scalar_optional(Role::PROB).map(|s| s.to_f64());
    let p = args.float(Role::PROB).or(scalar).unwrap_or(0.0);
    if (0.0..=1.0).contains(&p) { Ok(p) } else { refuse(args, Role::PROB, "a probability from 0 to 1", p) }
}

pub(super) fn random(args: &Args<'_>, mode: RandomMode, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let out = args.tensor(Role::OUT)?;
    check_dtype(args, Role::OUT, args.def.dtypes)?;
    let distribution = match mode {
        RandomMode::Normal => return normal(args, plan),
        RandomMode::Uniform => uniform(args)?,
        RandomMode::Integer => integer(args, out.dtype())?,
        RandomMode::Exponential => exponential(args, out.layout.numel())?,
        RandomMode::Bernoulli => {
            if let Some(x) = args.tensor_optional(Role::SELF) {
                check_dtype(args, Role::SELF, args.def.dtypes)?;
                expect_dims(args, Role::OUT, out.dims(), x.dims())?;
            }
            if args.tensor_optional(Role::PROB).is_some() {
                return bernoulli_of(args, plan);
            }
            Distribution::Bernoulli { p: probability(args)? }
        }
    };
    fill(args, plan, whole(out), &out.layout, distribution)
}

fn fill(
    args: &Args<'_>,
    plan: &mut PlanBuilder,
    to: Slot,
    layout: &Layout,
    distribution: Distribution,
) -> Result<(), OpError> {
    let (seed, state) = seed(args)?;
    let mut slots: SmallVec<[Slot; 3]> = SmallVec::from_slice(&[to]);
    slots.extend(state);
    plan.step(npu_kernels::random(layout, distribution, seed)?, &slots);
    Ok(())
}

fn uniform(args: &Args<'_>) -> Result<Distribution, OpError> {
    let end = |role: Role| args.float(role).unwrap_or(0.0);
    let (from, to) = (end(Role::START), end(Role::END));
    if from <= to && (to - from).is_finite() {
        return Ok(Distribution::Uniform { from, to });
    }
    refuse(args, Role::END, &format!("a finite number from {from} on"), to)
}

fn exponential(args: &Args<'_>, numel: usize) -> Result<Distribution, OpError> {
    let rate = args.float(Role::SCALE).unwrap_or(1.0);
    if rate.is_nan() || rate <= 0.0 {
        return refuse(args, Role::SCALE, "a rate above 0", rate);
    }
    match args.int(Role::COUNT) {
        Some(count) if count != numel as i64 => {
            refuse(args, Role::COUNT, &format!("{numel}, the number of elements"), count as f64)
        }
        _ => Ok(Distribution::Exponential { rate }),
    }
}

fn integer(args: &Args<'_>, dtype: DType) -> Result<Distribution, OpError> {
    let (Some(from), Some(to)) = (args.int(Role::START), args.int(Role::END)) else {
        // As many as the type holds exactly, from 0 on.
        let count = match dtype {
            DType::Bool => 2,
            DType::F16 => (1 << 11) + 1,
            DType::BF16 => (1 << 8) + 1,
            DType::F32 => (1 << 24) + 1,
            DType::F64 => (1 << 53) + 1,
            DType::U64 => 0,
            unsigned @ (DType::U8 | DType::U16 | DType::U32) => 1 << (8 * unsigned.size()),
            signed => 1 << (8 * signed.size() - 1),
        };
        return Ok(Distribution::Integer { from: 0, count });
    };
    if from >= to {
        return Err(OpError::Value {
            argument: args.name(Role::END),
            expected: format!("a number above {from}"),
            got: to.to_string(),
        });
    }
    Ok(Distribution::Integer { from, count: (i128::from(to) - i128::from(from)) as u64 })
}

/// The type in which numbers of a distribution with tensors as parameters are drawn.
fn drawn_type(dtype: DType) -> DType {
    if dtype == DType::F64 { DType::F64 } else { DType::F32 }
}

fn bernoulli_of(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (out, p) = (args.tensor(Role::OUT)?, args.tensor(Role::PROB)?);
    expect_dtype(args.name(Role::PROB), p.dtype(), DTypeSet::FLOATS)?;
    let expanded = expand(args, Role::PROB, p, out.dims())?;
    let dtype = drawn_type(p.dtype());
    let unit = Layout::contiguous(dtype, out.dims()).map_err(OpError::layout(args.name(Role::OUT)))?;
    let temp = plan.temp(&unit);
    fill(args, plan, temp, &unit, Distribution::Uniform { from: 0.0, to: 1.0 })?;
    let (a, b) = (Input::Tensor(&unit), Input::Tensor(&expanded));
    plan.step(npu_kernels::binary(BinaryOp::Lt, dtype, &out.layout, a, b)?, &[whole(out), temp, whole(p)]);
    Ok(())
}

/// A parameter that is a tensor or a number.
fn parameter<'a>(args: &Args<'a>, role: Role) -> Result<Operand<'a>, OpError> {
    match args.float(role) {
        Some(value) => Ok(Operand::Scalar(Scalar::float(DType::F64, value))),
        None => args.operand(role),
    }
}

fn normal(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let out = args.tensor(Role::OUT)?;
    let (mean, std) = (parameter(args, Role::SELF)?, parameter(args, Role::OTHER)?);
    if let Operand::Scalar(std) = std
        && (std.to_f64().is_nan() || std.to_f64() < 0.0)
    {
        return refuse(args, Role::OTHER, "a deviation of 0 or more", std.to_f64());
    }
    if let (Operand::Scalar(mean), Operand::Scalar(std)) = (mean, std) {
        let distribution = Distribution::Normal { mean: mean.to_f64(), std: std.to_f64() };
        return fill(args, plan, whole(out), &out.layout, distribution);
    }
    let mut dims = Dims::new(&[]);
    for (role, operand) in [(Role::SELF, mean), (Role::OTHER, std)] {
        if let Operand::Tensor(t) = operand {
            expect_dtype(args.name(role), t.dtype(), args.def.dtypes)?;
            dims = broadcast_dims(dims.as_slice(), t.dims()).map_err(OpError::layout(args.name(role)))?;
        }
    }
    expect_dims(args, Role::OUT, out.dims(), dims.as_slice())?;
    let dtype = drawn_type(out.dtype());
    let drawn = Layout::contiguous(dtype, out.dims()).map_err(OpError::layout(args.name(Role::OUT)))?;
    let temp = plan.temp(&drawn);
    fill(args, plan, temp, &drawn, Distribution::Normal { mean: 0.0, std: 1.0 })?;
    let add = BinaryOp::Add { alpha: Scalar::int(DType::I64, 1) };
    for (role, operand, op, to, slot) in
        [(Role::OTHER, std, BinaryOp::Mul, &drawn, temp), (Role::SELF, mean, add, &out.layout, whole(out))]
    {
        let mut slots: SmallVec<[Slot; 3]> = SmallVec::from_slice(&[slot, temp]);
        let kernel = match operand {
            Operand::Scalar(s) => {
                npu_kernels::binary(op, dtype, to, Input::Tensor(&drawn), Input::Scalar(s))?
            }
            Operand::Tensor(t) => {
                slots.push(whole(t));
                let expanded = expand(args, role, t, out.dims())?;
                npu_kernels::binary(op, dtype, to, Input::Tensor(&drawn), Input::Tensor(&expanded))?
            }
        };
        plan.step(kernel, &slots);
    }
    Ok(())
}

pub(super) fn multinomial(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    expect_dtype(args.name(Role::OUT), out.dtype(), DTypeSet::of(&[DType::I64, DType::I32]))?;
    let (rows, n) = match x.dims() {
        [n] => (&[][..], *n),
        [rows @ .., n] if rows.len() == 1 => (rows, *n),
        dims => {
            return Err(OpError::Shape {
                argument: args.name(Role::SELF),
                expected: "of 1 or 2 dimensions".into(),
                got: Box::new(Dims::new(dims)),
            });
        }
    };
    let (k, replacement) = (args.int(Role::COUNT).unwrap_or(1), args.flag(Role::FLAG).unwrap_or(false));
    if k < 1 || !replacement && k > n || n == 0 {
        let expected = if replacement { "1 or more".into() } else { format!("1 to {n} without replacement") };
        return refuse(args, Role::COUNT, &expected, k as f64);
    }
    let mut dims: SmallVec<[i64; 2]> = SmallVec::from_slice(rows);
    dims.push(k);
    expect_dims(args, Role::OUT, out.dims(), &dims)?;
    let (seed, state) = seed(args)?;
    let mut slots: SmallVec<[Slot; 4]> = SmallVec::from_slice(&[whole(out), whole(x)]);
    slots.extend(state);
    plan.step(npu_kernels::multinomial(&out.layout, &x.layout, replacement, seed)?, &slots);
    Ok(())
}

pub(super) fn randperm(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let out = args.tensor(Role::OUT)?;
    check_dtype(args, Role::OUT, args.def.dtypes)?;
    let n = args.int(Role::COUNT).unwrap_or(0);
    if n < 0 {
        return refuse(args, Role::COUNT, "0 or more", n as f64);
    }
    expect_dims(args, Role::OUT, out.dims(), &[n])?;
    let (seed, state) = seed(args)?;
    let mut slots: SmallVec<[Slot; 3]> = SmallVec::from_slice(&[whole(out)]);
    slots.extend(state);
    plan.step(npu_kernels::randperm(&out.layout, seed)?, &slots);
    Ok(())
}

/// A mask with a bit for each of `numel` elements.
fn check_mask(args: &Args<'_>, role: Role, numel: i64) -> Result<(), OpError> {
    let mask = args.tensor(role)?;
    expect_dtype(args.name(role), mask.dtype(), DTypeSet::of(&[DType::U8]))?;
    let bytes = (numel + MASK_BITS - 1) / MASK_BITS * MASK_BITS / 8;
    if mask.layout.numel() as i64 == bytes && mask.layout.is_contiguous() {
        return Ok(());
    }
    Err(OpError::Shape {
        argument: args.name(role),
        expected: format!(
            "[{bytes}], contiguous: a bit for each of {numel} elements in pieces of {MASK_BITS}"
        ),
        got: Box::new(Dims::new(mask.dims())),
    })
}

pub(super) fn dropout_mask(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let shape = args.ints(Role::SHAPE);
    let numel = shape.iter().try_fold(1i64, |n, d| if *d < 0 { None } else { n.checked_mul(*d) });
    let Some(numel) = numel.filter(|n| *n < i64::MAX - MASK_BITS) else {
        return Err(OpError::Value {
            argument: args.name(Role::SHAPE),
            expected: "dimensions of 0 or more, with a product that 63 bits hold".into(),
            got: format!("{shape:?}"),
        });
    };
    check_mask(args, Role::OUT, numel)?;
    let p = probability(args)?;
    make_mask(args, Role::OUT, p, plan)
}

fn make_mask(args: &Args<'_>, role: Role, p: f64, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let out = args.tensor(role)?;
    let (seed, state) = seed(args)?;
    let mut slots: SmallVec<[Slot; 3]> = SmallVec::from_slice(&[whole(out)]);
    slots.extend(state);
    plan.step(npu_kernels::dropout_mask(&out.layout, p, seed)?, &slots);
    Ok(())
}

/// What is kept of an element so that its mean stays.
fn kept_scale(p: f64) -> f64 {
    if p < 1.0 { 1.0 / (1.0 - p) } else { 0.0 }
}

fn check_apply(args: &Args<'_>, mask: Role) -> Result<(), OpError> {
    let (x, out) = (args.tensor(Role::SELF)?, args.tensor(Role::OUT)?);
    check_dtype(args, Role::SELF, args.def.dtypes)?;
    expect_dtype(args.name(Role::OUT), out.dtype(), DTypeSet::of(&[x.dtype()]))?;
    expect_dims(args, Role::OUT, out.dims(), x.dims())?;
    check_mask(args, mask, x.layout.numel() as i64)
}

pub(super) fn dropout_apply(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    check_apply(args, Role::MASK)?;
    let scale = match args.iter().any(|(p, arg)| p.role.overlaps(Role::PROB) && !matches!(arg, Arg::Null)) {
        true => kept_scale(probability(args)?),
        false => args.float(Role::SCALE).unwrap_or(1.0),
    };
    apply(args, Role::MASK, scale, plan)
}

fn apply(args: &Args<'_>, mask: Role, scale: f64, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let (x, mask, out) = (args.tensor(Role::SELF)?, args.tensor(mask)?, args.tensor(Role::OUT)?);
    let kernel = npu_kernels::dropout(&out.layout, &x.layout, &mask.layout, scale)?;
    plan.step(kernel, &[whole(out), whole(x), whole(mask)]);
    Ok(())
}

pub(super) fn dropout(args: &Args<'_>, plan: &mut PlanBuilder) -> Result<(), OpError> {
    check_apply(args, Role::OUT2)?;
    let p = probability(args)?;
    let p = if args.flag(Role::FLAG).unwrap_or(true) { p } else { 0.0 };
    make_mask(args, Role::OUT2, p, plan)?;
    apply(args, Role::OUT2, kept_scale(p), plan)
}
