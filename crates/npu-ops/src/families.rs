//! Families of operators. Each module turns checked arguments into a plan; this one dispatches and holds what they
//! share: promotion, output checks, axes.

mod attention;
mod conv;
mod elementwise;
mod gradient;
mod index;
mod indexing;
mod linear;
mod movement;
mod normalize;
mod order;
mod random;
mod reduce;
mod select;
mod spread;

use crate::{
    Args, Meaning, OpError, Overlap, Plan, PlanBuilder, ResultRule, Role, Slot, TensorArg, args::Operand,
    overlap,
};
use npu_types::{DType, DTypeSet, Dims, Layout, promote, promote_scalar};
use std::sync::Arc;

pub(crate) fn plan(args: &Args<'_>) -> Result<Arc<Plan>, OpError> {
    let mut plan = PlanBuilder::default();
    add(args, args.def.meaning, &mut plan)?;
    Ok(plan.finish())
}

fn add(args: &Args<'_>, meaning: Meaning, plan: &mut PlanBuilder) -> Result<(), OpError> {
    if let Meaning::Foreach(inner) = meaning {
        return foreach(args, *inner, plan);
    }
    check_outputs(args, meaning)?;
    match meaning {
        Meaning::Unary(op) => elementwise::unary(args, op, plan),
        Meaning::Gelu => elementwise::gelu(args, plan),
        Meaning::Binary(meaning) => elementwise::binary(args, meaning, plan),
        Meaning::Where => elementwise::select(args, plan),
        Meaning::MaskedFill => elementwise::masked_fill(args, plan),
        Meaning::Cast => movement::cast(args, plan),
        Meaning::Copy => movement::copy(args, plan),
        Meaning::Fill => movement::fill(args, plan),
        Meaning::Constant(value) => movement::constant(args, value, plan),
        Meaning::Arange => movement::arange(args, plan),
        Meaning::Cat => movement::cat(args, plan),
        Meaning::Permute => movement::permute(args, plan),
        Meaning::Reduce(op) => reduce::reduce(args, op, plan),
        Meaning::ArgReduce(op) => reduce::arg_reduce(args, op, plan),
        Meaning::Softmax { log } => normalize::softmax(args, log, plan),
        Meaning::LayerNorm => normalize::layer_norm(args, plan),
        Meaning::RmsNorm => normalize::rms_norm(args, plan),
        Meaning::Attention => attention::attention(args, plan),
        Meaning::AttentionGrad => attention::attention_grad(args, plan),
        Meaning::Matmul(rank) => linear::matmul(args, rank, plan),
        Meaning::Conv(form) => conv::conv(args, form, plan),
        Meaning::Addmm => linear::addmm(args, 2, plan),
        Meaning::Baddbmm => linear::addmm(args, 3, plan),
        Meaning::Variance { root } => reduce::variance(args, root, plan),
        Meaning::IndexSelect => indexing::index_select(args, plan),
        Meaning::Embedding => indexing::embedding(args, plan),
        Meaning::Index => index::index(args, plan),
        Meaning::IndexPut => index::index_put(args, plan),
        Meaning::Gather => index::gather(args, plan),
        Meaning::Scatter(mode) => index::scatter(args, mode, plan),
        Meaning::IndexInto(mode) => index::index_into(args, mode, plan),
        Meaning::MaskedSelect => select::masked_select(args, plan),
        Meaning::Nonzero(form) => select::nonzero(args, form, plan),
        Meaning::Unique => select::unique(args, plan),
        Meaning::Order(mode) => order::order(args, mode, plan),
        Meaning::Scan(op) => order::scan(args, op, plan),
        Meaning::ScanExtreme(op) => order::scan_extreme(args, op, plan),
        Meaning::ExtremeOf(op) => order::extreme_of(args, op, plan),
        Meaning::Random(mode) => random::random(args, mode, plan),
        Meaning::Multinomial => random::multinomial(args, plan),
        Meaning::Randperm => random::randperm(args, plan),
        Meaning::DropoutMask => random::dropout_mask(args, plan),
        Meaning::DropoutApply => random::dropout_apply(args, plan),
        Meaning::Dropout => random::dropout(args, plan),
        Meaning::Stack => spread::stack(args, plan),
        Meaning::Repeat => spread::repeat(args, plan),
        Meaning::Pad => spread::pad(args, plan),
        Meaning::Flip => spread::flip(args, plan),
        Meaning::Expand => spread::expand_to(args, plan),
        Meaning::OneHot => spread::one_hot(args, plan),
        Meaning::Eye => spread::eye(args, plan),
        Meaning::Linspace => spread::linspace(args, plan),
        Meaning::Clamp => elementwise::clamp(args, plan),
        Meaning::Equal => elementwise::equal(args, plan),
        Meaning::MaskedFillTensor => elementwise::masked_fill_tensor(args, plan),
        Meaning::Tri { upper } => indexing::tri(args, upper, plan),
        Meaning::Ternary(op) => elementwise::ternary(args, op, plan),
        Meaning::GeluGrad => elementwise::gelu_grad(args, plan),
        Meaning::SoftmaxGrad { log } => gradient::softmax(args, log, plan),
        Meaning::NormGrad { centre } => gradient::norm(args, centre, plan),
        Meaning::Loss(loss) => gradient::loss(args, loss, plan),
        Meaning::LossGrad(loss) => gradient::loss_grad(args, loss, plan),
        Meaning::NllLoss => gradient::nll_loss(args, plan),
        Meaning::NllLossGrad => gradient::nll_loss_grad(args, plan),
        Meaning::EmbeddingGrad => gradient::embedding(args, plan),
        Meaning::VectorNorm => reduce::vector_norm(args, plan),
        Meaning::Foreach(_) => unreachable!("handled above: lists do not nest"),
    }
}

/// The meaning for each element of the lists.
fn foreach(args: &Args<'_>, meaning: Meaning, plan: &mut PlanBuilder) -> Result<(), OpError> {
    let len = args.list_len().map_err(|(argument, expected, got)| OpError::Value {
        argument,
        expected: format!("{expected} elements, as the first list has"),
        got: got.to_string(),
    })?;
    for i in 0..len {
        let element = args.element(i);
        add(&Args::new(args.def, &element)?, meaning, plan)?;
    }
    Ok(())
}

/// Families whose kernels may write over the very view they read.
fn allows_same_view(meaning: Meaning) -> bool {
    matches!(
        meaning,
        Meaning::Unary(_)
            | Meaning::Gelu
            | Meaning::Binary(_)
            | Meaning::Where
            | Meaning::MaskedFill
            | Meaning::Cast
            | Meaning::Copy
            | Meaning::Tri { .. }
            | Meaning::Scan(_)
            | Meaning::DropoutApply
            | Meaning::Clamp
            | Meaning::Addmm
            | Meaning::Baddbmm
            | Meaning::Ternary(_)
            | Meaning::GeluGrad
    )
}

/// Families that start from a copy of their first operand, which may be the output itself.
fn starts_from_self(meaning: Meaning) -> bool {
    matches!(meaning, Meaning::Scatter(_) | Meaning::IndexInto(_))
}

/// Every output is writable element by element, and overlaps inputs only as its family allows.
fn check_outputs(args: &Args<'_>, meaning: Meaning) -> Result<(), OpError> {
    let same_is_fine = allows_same_view(meaning);
    for (out_param, out) in args.iter().filter(|(p, _)| p.role.is_output()) {
        let crate::Arg::Tensor(out) = out else { continue };
        if out.layout.may_self_overlap() {
            return Err(OpError::Overlap {
                argument: out_param.name,
                expected: "holds each element once",
                other: "itself",
            });
        }
        for (param, arg) in args.iter() {
            if std::ptr::eq(param, out_param) {
                continue;
            }
            let others = match arg {
                crate::Arg::Tensor(t) => std::slice::from_ref(t),
                crate::Arg::Tensors(list) => list.as_slice(),
                _ => continue,
            };
            for other in others {
                let legal = match overlap(out, other) {
                    Overlap::None => true,
                    Overlap::Same => {
                        let started = starts_from_self(meaning) && param.role.overlaps(Role::SELF);
                        (same_is_fine || started) && !param.role.is_output()
                    }
                    Overlap::Partial => false,
                };
                if !legal {
                    return Err(OpError::Overlap {
                        argument: out_param.name,
                        expected: if same_is_fine {
                            "is an input's very view or apart from it"
                        } else {
                            "is apart from the inputs"
                        },
                        other: param.name,
                    });
                }
            }
        }
    }
    Ok(())
}

/// The whole of a tensor operand.
fn whole(tensor: &TensorArg) -> Slot {
    Slot::Arg { slot: tensor.slot, offset: 0 }
}

fn check_dtype(args: &Args<'_>, role: Role, set: DTypeSet) -> Result<(), OpError> {
    let Some(tensor) = args.tensor_optional(role) else { return Ok(()) };
    expect_dtype(args.name(role), tensor.dtype(), set)
}

fn expect_dtype(argument: &'static str, got: DType, set: DTypeSet) -> Result<(), OpError> {
    if set.contains(got) {
        return Ok(());
    }
    Err(OpError::DType { argument, expected: set.to_string(), got })
}

/// Compares shapes, which are too short for the library call that `==` makes.
#[inline]
fn same_dims(a: &[i64], b: &[i64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b)
}

#[inline]
fn expect_dims(args: &Args<'_>, role: Role, got: &[i64], expected: &[i64]) -> Result<(), OpError> {
    if same_dims(got, expected) {
        return Ok(());
    }
    Err(wrong_dims(args.name(role), got, expected))
}

#[cold]
fn wrong_dims(argument: &'static str, got: &[i64], expected: &[i64]) -> OpError {
    OpError::Shape { argument, expected: format!("{expected:?}"), got: Box::new(Dims::new(got)) }
}

/// The type after the operator's result rule.
fn result_dtype(rule: ResultRule, dtype: DType) -> DType {
    match rule {
        ResultRule::Same => dtype,
        ResultRule::Bool => DType::Bool,
        ResultRule::Float if dtype.is_float() || dtype.is_complex() => dtype,
        ResultRule::Float => DType::F32,
        ResultRule::Real => match dtype {
            DType::C64 => DType::F32,
            DType::C128 => DType::F64,
            other => other,
        },
    }
}

/// Whether a result may be stored as another type: never to a lower category (complex to real, float to integer,
/// anything to bool except bool).
fn castable(from: DType, to: DType) -> bool {
    let category = |t: DType| match t {
        DType::Bool => 0,
        t if t.is_integer() => 1,
        t if t.is_float() => 2,
        _ => 3,
    };
    category(from) <= category(to)
}

fn check_cast(args: &Args<'_>, role: Role, result: DType) -> Result<(), OpError> {
    let out = args.tensor(role)?;
    if castable(result, out.dtype()) {
        return Ok(());
    }
    Err(OpError::Cast { argument: args.name(role), result, got: out.dtype() })
}

/// The type in which two operands meet.
fn promoted(a: Operand<'_>, b: Operand<'_>) -> DType {
    match (a, b) {
        (Operand::Tensor(a), Operand::Tensor(b)) => promote(a.dtype(), b.dtype()),
        (Operand::Tensor(t), Operand::Scalar(s)) | (Operand::Scalar(s), Operand::Tensor(t)) => {
            promote_scalar(t.dtype(), s.dtype())
        }
        (Operand::Scalar(a), Operand::Scalar(b)) => promote(a.dtype(), b.dtype()),
    }
}

/// Expands an operand to the output's shape.
fn expand(args: &Args<'_>, role: Role, tensor: &TensorArg, dims: &[i64]) -> Result<Layout, OpError> {
    if same_dims(tensor.dims(), dims) {
        return Ok(tensor.layout);
    }
    tensor.layout.broadcast_to(dims).map_err(OpError::layout(args.name(role)))
}

/// An axis counted from either end.
fn axis(argument: &'static str, value: i64, rank: usize) -> Result<usize, OpError> {
    // A scalar has one virtual axis, as in PyTorch.
    let bound = rank.max(1) as i64;
    if (-bound..bound).contains(&value) {
        return Ok(value.rem_euclid(bound) as usize);
    }
    Err(OpError::Value {
        argument,
        expected: format!("an axis in [{}, {}]", -bound, bound - 1),
        got: value.to_string(),
    })
}

/// A set of axes as a bit mask; none means all.
fn axes(argument: &'static str, values: &[i64], rank: usize) -> Result<u32, OpError> {
    if values.is_empty() {
        return Ok((1 << rank) - 1);
    }
    let mut mask = 0;
    for &value in values {
        let bit = 1 << axis(argument, value, rank)?;
        if mask & bit != 0 {
            return Err(OpError::Value {
                argument,
                expected: "axes that differ".into(),
                got: format!("{values:?}"),
            });
        }
        mask |= bit;
    }
    Ok(if rank == 0 { 0 } else { mask })
}
