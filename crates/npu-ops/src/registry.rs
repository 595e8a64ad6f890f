// Generated from ops/*.toml by `cargo xtask codegen`. Do not edit.
//! The operator table as constants, one per C name.
#![allow(rustdoc::broken_intra_doc_links, reason = "formulas index with brackets")]

use crate::def::{
    BinaryMeaning, ConvForm, LossMeaning, MatmulRank, Meaning, OpDef, OrderMode, Param, ParamKind,
    RandomMode, ResultRule, Role, ScatterMode,
};
use npu_kernels::{ArgOp, Coordinates, ReduceOp, ScanOp, TernaryOp, UnaryOp};
use npu_types::DTypeSet;

/// Absolute value; the modulus of complex numbers.
pub static ACLNN_ABS: OpDef = OpDef {
    name: "aclnnAbs",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Abs),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Real,
};

/// self + alpha * other; of bool, the logical or.
pub static ACLNN_ADD: OpDef = OpDef {
    name: "aclnnAdd",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "alpha", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Add),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self + value * tensor1 / tensor2.
pub static ACLNN_ADDCDIV: OpDef = OpDef {
    name: "aclnnAddcdiv",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "tensor1", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "tensor2", role: Role::THIRD, kind: ParamKind::Tensor, optional: false },
        Param { name: "value", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Ternary(TernaryOp::Addcdiv),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self + value * tensor1 * tensor2.
pub static ACLNN_ADDCMUL: OpDef = OpDef {
    name: "aclnnAddcmul",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "tensor1", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "tensor2", role: Role::THIRD, kind: ParamKind::Tensor, optional: false },
        Param { name: "value", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Ternary(TernaryOp::Addcmul),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// beta * self + alpha * (mat1 @ mat2); self is broadcast, and ignored (NaN too) when beta is 0.
pub static ACLNN_ADDMM: OpDef = OpDef {
    name: "aclnnAddmm",
    params: &[
        Param { name: "self", role: Role::ADDEND, kind: ParamKind::Tensor, optional: false },
        Param { name: "mat1", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "mat2", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "beta", role: Role::BETA, kind: ParamKind::Scalar, optional: false },
        Param { name: "alpha", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "cubeMathType", role: Role::CUBE_MATH, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Addmm,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self + alpha * other; of bool, the logical or.
pub static ACLNN_ADDS: OpDef = OpDef {
    name: "aclnnAdds",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "alpha", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Add),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Whether all elements over dim are not 0.
pub static ACLNN_ALL: OpDef = OpDef {
    name: "aclnnAll",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIMS, kind: ParamKind::IntArray, optional: false },
        Param { name: "keepdim", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Reduce(ReduceOp::All),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Bool,
};

/// Largest element over dims; NaN wins.
pub static ACLNN_AMAX: OpDef = OpDef {
    name: "aclnnAmax",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIMS, kind: ParamKind::IntArray, optional: false },
        Param { name: "keepDim", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Reduce(ReduceOp::Max),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Smallest element over dims; NaN wins.
pub static ACLNN_AMIN: OpDef = OpDef {
    name: "aclnnAmin",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIMS, kind: ParamKind::IntArray, optional: false },
        Param { name: "keepDim", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Reduce(ReduceOp::Min),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Whether any element over dim is not 0.
pub static ACLNN_ANY: OpDef = OpDef {
    name: "aclnnAny",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIMS, kind: ParamKind::IntArray, optional: false },
        Param { name: "keepdim", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Reduce(ReduceOp::Any),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Bool,
};

/// start, start + step, …, before end; out has ceil((end - start) / step) elements.
pub static ACLNN_ARANGE: OpDef = OpDef {
    name: "aclnnArange",
    params: &[
        Param { name: "start", role: Role::START, kind: ParamKind::Scalar, optional: false },
        Param { name: "end", role: Role::END, kind: ParamKind::Scalar, optional: false },
        Param { name: "step", role: Role::STEP, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Arange,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// Index of the first largest element along dim, int64 or int32; NaN wins.
pub static ACLNN_ARG_MAX: OpDef = OpDef {
    name: "aclnnArgMax",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "keepdim", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::ArgReduce(ArgOp::Max),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Index of the first smallest element along dim, int64 or int32; NaN wins.
pub static ACLNN_ARG_MIN: OpDef = OpDef {
    name: "aclnnArgMin",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "keepdim", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::ArgReduce(ArgOp::Min),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Elements along dim in order, stably, and where they stood.
pub static ACLNN_ARGSORT: OpDef = OpDef {
    name: "aclnnArgsort",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "descending", role: Role::FLAG2, kind: ParamKind::Bool, optional: false },
        Param { name: "out", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Order(OrderMode::Sort),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Inverse hyperbolic sine.
pub static ACLNN_ASINH: OpDef = OpDef {
    name: "aclnnAsinh",
    params: &[
        Param { name: "input", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Asinh),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// Inverse tangent, in radians.
pub static ACLNN_ATAN: OpDef = OpDef {
    name: "aclnnAtan",
    params: &[
        Param { name: "input", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Atan),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// Angle of the point (other, self), in radians.
pub static ACLNN_ATAN2: OpDef = OpDef {
    name: "aclnnAtan2",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Atan2),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// beta * self + alpha * (batch1 @ batch2), for batches of matrices; self is broadcast, and ignored when beta is 0.
pub static ACLNN_BADDBMM: OpDef = OpDef {
    name: "aclnnBaddbmm",
    params: &[
        Param { name: "self", role: Role::ADDEND, kind: ParamKind::Tensor, optional: false },
        Param { name: "batch1", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "batch2", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "beta", role: Role::BETA, kind: ParamKind::Scalar, optional: false },
        Param { name: "alpha", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "cubeMathType", role: Role::CUBE_MATH, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Baddbmm,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Products of two batches of matrices.
pub static ACLNN_BATCH_MAT_MUL: OpDef = OpDef {
    name: "aclnnBatchMatMul",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "mat2", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "cubeMathType", role: Role::CUBE_MATH, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Matmul(MatmulRank::Three),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// 1 with the given probability, else 0.
pub static ACLNN_BERNOULLI: OpDef = OpDef {
    name: "aclnnBernoulli",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "prob", role: Role::PROB, kind: ParamKind::Scalar, optional: false },
        Param { name: "seed", role: Role::SEED, kind: ParamKind::Int, optional: false },
        Param { name: "offset", role: Role::OFFSET, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Random(RandomMode::Bernoulli),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// 1 with the given probability, else 0.
pub static ACLNN_BERNOULLI_TENSOR: OpDef = OpDef {
    name: "aclnnBernoulliTensor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "prob", role: Role::PROB, kind: ParamKind::Tensor, optional: false },
        Param { name: "seed", role: Role::SEED, kind: ParamKind::Int, optional: false },
        Param { name: "offset", role: Role::OFFSET, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Random(RandomMode::Bernoulli),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Bits set in both; of bool, the logical and.
pub static ACLNN_BITWISE_AND_SCALAR: OpDef = OpDef {
    name: "aclnnBitwiseAndScalar",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::BitwiseAnd),
    dtypes: DTypeSet::INTEGERS.union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Bits set in both; of bool, the logical and.
pub static ACLNN_BITWISE_AND_TENSOR: OpDef = OpDef {
    name: "aclnnBitwiseAndTensor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::BitwiseAnd),
    dtypes: DTypeSet::INTEGERS.union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// All bits flipped; of bool, the logical not.
pub static ACLNN_BITWISE_NOT: OpDef = OpDef {
    name: "aclnnBitwiseNot",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::BitwiseNot),
    dtypes: DTypeSet::INTEGERS.union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Bits set in either; of bool, the logical or.
pub static ACLNN_BITWISE_OR_SCALAR: OpDef = OpDef {
    name: "aclnnBitwiseOrScalar",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::BitwiseOr),
    dtypes: DTypeSet::INTEGERS.union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Bits set in either; of bool, the logical or.
pub static ACLNN_BITWISE_OR_TENSOR: OpDef = OpDef {
    name: "aclnnBitwiseOrTensor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::BitwiseOr),
    dtypes: DTypeSet::INTEGERS.union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Bits set in one; of bool, inequality.
pub static ACLNN_BITWISE_XOR_SCALAR: OpDef = OpDef {
    name: "aclnnBitwiseXorScalar",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::BitwiseXor),
    dtypes: DTypeSet::INTEGERS.union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Bits set in one; of bool, inequality.
pub static ACLNN_BITWISE_XOR_TENSOR: OpDef = OpDef {
    name: "aclnnBitwiseXorTensor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::BitwiseXor),
    dtypes: DTypeSet::INTEGERS.union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Conversion to dtype, which must be out's; floats truncate toward zero, complex drop the imaginary part.
pub static ACLNN_CAST: OpDef = OpDef {
    name: "aclnnCast",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dtype", role: Role::DTYPE, kind: ParamKind::DType, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Cast,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Concatenation along dim; tensors of shape `[0]` take no part.
pub static ACLNN_CAT: OpDef = OpDef {
    name: "aclnnCat",
    params: &[
        Param { name: "tensors", role: Role::TENSORS, kind: ParamKind::TensorList, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Cat,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// The least integer not below x.
pub static ACLNN_CEIL: OpDef = OpDef {
    name: "aclnnCeil",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Ceil),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// self between two bounds, of which one may be missing; NaN stays, and the upper bound wins.
pub static ACLNN_CLAMP: OpDef = OpDef {
    name: "aclnnClamp",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "clipValueMin", role: Role::LOW, kind: ParamKind::Scalar, optional: true },
        Param { name: "clipValueMax", role: Role::HIGH, kind: ParamKind::Scalar, optional: true },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Clamp,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// self between two bounds, of which one may be missing; NaN stays, and the upper bound wins.
pub static ACLNN_CLAMP_MAX: OpDef = OpDef {
    name: "aclnnClampMax",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "clipValueMax", role: Role::HIGH, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Clamp,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// self between two bounds, of which one may be missing; NaN stays, and the upper bound wins.
pub static ACLNN_CLAMP_MAX_TENSOR: OpDef = OpDef {
    name: "aclnnClampMaxTensor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "max", role: Role::HIGH, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Clamp,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// self between two bounds, of which one may be missing; NaN stays, and the upper bound wins.
pub static ACLNN_CLAMP_MIN: OpDef = OpDef {
    name: "aclnnClampMin",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "clipValueMin", role: Role::LOW, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Clamp,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// self between two bounds, of which one may be missing; NaN stays, and the upper bound wins.
pub static ACLNN_CLAMP_MIN_TENSOR: OpDef = OpDef {
    name: "aclnnClampMinTensor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "clipValueMin", role: Role::LOW, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Clamp,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// self between two bounds, of which one may be missing; NaN stays, and the upper bound wins.
pub static ACLNN_CLAMP_TENSOR: OpDef = OpDef {
    name: "aclnnClampTensor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "clipValueMin", role: Role::LOW, kind: ParamKind::Tensor, optional: true },
        Param { name: "clipValueMax", role: Role::HIGH, kind: ParamKind::Tensor, optional: true },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Clamp,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// Elements of value before and after the last axes, the last one's pair first; negative numbers cut.
pub static ACLNN_CONSTANT_PAD_ND: OpDef = OpDef {
    name: "aclnnConstantPadNd",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "pad", role: Role::SHAPE, kind: ParamKind::IntArray, optional: false },
        Param { name: "value", role: Role::VALUE, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Pad,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Convolution of each channel by itself.
pub static ACLNN_CONV_DEPTHWISE2D: OpDef = OpDef {
    name: "aclnnConvDepthwise2d",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "weight", role: Role::WEIGHT, kind: ParamKind::Tensor, optional: false },
        Param { name: "kernelSize", role: Role::SHAPE, kind: ParamKind::IntArray, optional: false },
        Param { name: "bias", role: Role::BIAS, kind: ParamKind::Tensor, optional: true },
        Param { name: "stride", role: Role::STRIDE, kind: ParamKind::IntArray, optional: false },
        Param { name: "padding", role: Role::PAD, kind: ParamKind::IntArray, optional: false },
        Param { name: "dilation", role: Role::DILATION, kind: ParamKind::IntArray, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "cubeMathType", role: Role::CUBE_MATH, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Conv(ConvForm::Depthwise),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// Convolution over the first axis: time, batch, channels.
pub static ACLNN_CONV_TBC: OpDef = OpDef {
    name: "aclnnConvTbc",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "weight", role: Role::WEIGHT, kind: ParamKind::Tensor, optional: false },
        Param { name: "bias", role: Role::BIAS, kind: ParamKind::Tensor, optional: false },
        Param { name: "pad", role: Role::PAD, kind: ParamKind::Int, optional: false },
        Param { name: "output", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "cubeMathType", role: Role::CUBE_MATH, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Conv(ConvForm::TimeFirst),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// Convolution over one to three axes, channels first; transposed if asked, its input spread by the strides.
pub static ACLNN_CONVOLUTION: OpDef = OpDef {
    name: "aclnnConvolution",
    params: &[
        Param { name: "input", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "weight", role: Role::WEIGHT, kind: ParamKind::Tensor, optional: false },
        Param { name: "bias", role: Role::BIAS, kind: ParamKind::Tensor, optional: true },
        Param { name: "stride", role: Role::STRIDE, kind: ParamKind::IntArray, optional: false },
        Param { name: "padding", role: Role::PAD, kind: ParamKind::IntArray, optional: false },
        Param { name: "dilation", role: Role::DILATION, kind: ParamKind::IntArray, optional: false },
        Param { name: "transposed", role: Role::FLAG, kind: ParamKind::Bool, optional: false },
        Param { name: "outputPadding", role: Role::EXTRA, kind: ParamKind::IntArray, optional: true },
        Param { name: "groups", role: Role::GROUPS, kind: ParamKind::Int, optional: false },
        Param { name: "output", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "cubeMathType", role: Role::CUBE_MATH, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Conv(ConvForm::Plain),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// Cosine, of radians.
pub static ACLNN_COS: OpDef = OpDef {
    name: "aclnnCos",
    params: &[
        Param { name: "input", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Cos),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// Hyperbolic cosine.
pub static ACLNN_COSH: OpDef = OpDef {
    name: "aclnnCosh",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Cosh),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// Running maxima along dim and where they stand, the last of equal ones; NaN wins.
pub static ACLNN_CUMMAX: OpDef = OpDef {
    name: "aclnnCummax",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "valuesOut", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "indicesOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::ScanExtreme(ArgOp::Max),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Running minima along dim and where they stand, the last of equal ones; NaN wins.
pub static ACLNN_CUMMIN: OpDef = OpDef {
    name: "aclnnCummin",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "valuesOut", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "indicesOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::ScanExtreme(ArgOp::Min),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Running products along dim.
pub static ACLNN_CUMPROD: OpDef = OpDef {
    name: "aclnnCumprod",
    params: &[
        Param { name: "input", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Scalar, optional: false },
        Param { name: "dtype", role: Role::DTYPE, kind: ParamKind::DType, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Scan(ScanOp::Prod),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Running sums along dim; halves add up in f32, f32 in f64.
pub static ACLNN_CUMSUM: OpDef = OpDef {
    name: "aclnnCumsum",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "dtype", role: Role::DTYPE, kind: ParamKind::DType, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Scan(ScanOp::Sum),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Running sums along dim; halves add up in f32, f32 in f64.
pub static ACLNN_CUMSUM_V2: OpDef = OpDef {
    name: "aclnnCumsumV2",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "exclusive", role: Role::FLAG, kind: ParamKind::Bool, optional: false },
        Param { name: "reverse", role: Role::FLAG2, kind: ParamKind::Bool, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Scan(ScanOp::Sum),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self / other; integers give f32.
pub static ACLNN_DIV: OpDef = OpDef {
    name: "aclnnDiv",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Div),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// self / other, rounded by mode: 0 not, 1 toward zero, 2 down.
pub static ACLNN_DIV_MOD: OpDef = OpDef {
    name: "aclnnDivMod",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "mode", role: Role::MODE, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Div),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// self / other, rounded by mode: 0 not, 1 toward zero, 2 down.
pub static ACLNN_DIV_MODS: OpDef = OpDef {
    name: "aclnnDivMods",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "mode", role: Role::MODE, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Div),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// self / other; integers give f32.
pub static ACLNN_DIVS: OpDef = OpDef {
    name: "aclnnDivs",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Div),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// In training drops elements with probability p and scales the rest; otherwise copies.
pub static ACLNN_DROPOUT: OpDef = OpDef {
    name: "aclnnDropout",
    params: &[
        Param { name: "input", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "p", role: Role::PROB, kind: ParamKind::Float, optional: false },
        Param { name: "train", role: Role::FLAG, kind: ParamKind::Bool, optional: false },
        Param { name: "seed", role: Role::SEED, kind: ParamKind::Int, optional: false },
        Param { name: "offset", role: Role::OFFSET, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "maskOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Dropout,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Elements whose bit in mask is 1, times 1 / (1 - prob) or scale; 0 elsewhere.
pub static ACLNN_DROPOUT_BACKWARD: OpDef = OpDef {
    name: "aclnnDropoutBackward",
    params: &[
        Param { name: "gradOutput", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "mask", role: Role::MASK, kind: ParamKind::Tensor, optional: false },
        Param { name: "scale", role: Role::SCALE, kind: ParamKind::Float, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::DropoutApply,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Elements whose bit in mask is 1, times 1 / (1 - prob) or scale; 0 elsewhere.
pub static ACLNN_DROPOUT_DO_MASK: OpDef = OpDef {
    name: "aclnnDropoutDoMask",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "mask", role: Role::MASK, kind: ParamKind::Tensor, optional: false },
        Param { name: "prob", role: Role::PROB, kind: ParamKind::Float, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::DropoutApply,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// A bit for each element, 0 with probability prob, low bits first, in a whole number of 128-bit pieces.
pub static ACLNN_DROPOUT_GEN_MASK: OpDef = OpDef {
    name: "aclnnDropoutGenMask",
    params: &[
        Param { name: "shape", role: Role::SHAPE, kind: ParamKind::IntArray, optional: false },
        Param { name: "prob", role: Role::PROB, kind: ParamKind::Float, optional: false },
        Param { name: "seed", role: Role::SEED, kind: ParamKind::Int, optional: false },
        Param { name: "offset", role: Role::OFFSET, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::DropoutMask,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// A bit for each element, 0 with probability prob, low bits first, in a whole number of 128-bit pieces.
pub static ACLNN_DROPOUT_GEN_MASK_V2: OpDef = OpDef {
    name: "aclnnDropoutGenMaskV2",
    params: &[
        Param { name: "shape", role: Role::SHAPE, kind: ParamKind::IntArray, optional: false },
        Param { name: "prob", role: Role::PROB, kind: ParamKind::Float, optional: false },
        Param { name: "seed", role: Role::SEED, kind: ParamKind::Int, optional: false },
        Param { name: "offset", role: Role::OFFSET, kind: ParamKind::Int, optional: false },
        Param { name: "probDataType", role: Role::DTYPE, kind: ParamKind::DType, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::DropoutMask,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// A bit for each element, 0 with probability prob, low bits first, in a whole number of 128-bit pieces.
pub static ACLNN_DROPOUT_GEN_MASK_V2_TENSOR: OpDef = OpDef {
    name: "aclnnDropoutGenMaskV2Tensor",
    params: &[
        Param { name: "shape", role: Role::SHAPE, kind: ParamKind::IntArray, optional: false },
        Param { name: "prob", role: Role::PROB, kind: ParamKind::Float, optional: false },
        Param { name: "seedTensor", role: Role::SEED, kind: ParamKind::Tensor, optional: false },
        Param { name: "offsetTensor", role: Role::OFFSET, kind: ParamKind::Tensor, optional: false },
        Param { name: "offset", role: Role::OFFSET2, kind: ParamKind::Int, optional: false },
        Param { name: "probDataType", role: Role::DTYPE, kind: ParamKind::DType, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::DropoutMask,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Rows of weight, chosen by indices; an index out of range fails on the device.
pub static ACLNN_EMBEDDING: OpDef = OpDef {
    name: "aclnnEmbedding",
    params: &[
        Param { name: "weight", role: Role::WEIGHT, kind: ParamKind::Tensor, optional: false },
        Param { name: "indices", role: Role::INDEX, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Embedding,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Sums of the gradient's rows by index; the padding row stays 0, and sums are divided by their number on request.
pub static ACLNN_EMBEDDING_DENSE_BACKWARD: OpDef = OpDef {
    name: "aclnnEmbeddingDenseBackward",
    params: &[
        Param { name: "grad", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "indices", role: Role::INDEX, kind: ParamKind::Tensor, optional: false },
        Param { name: "numWeights", role: Role::COUNT, kind: ParamKind::Int, optional: false },
        Param { name: "paddingIdx", role: Role::PADDING, kind: ParamKind::Int, optional: false },
        Param { name: "scaleGradByFreq", role: Role::BY_COUNT, kind: ParamKind::Bool, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::EmbeddingGrad,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// self == other.
pub static ACLNN_EQ_SCALAR: OpDef = OpDef {
    name: "aclnnEqScalar",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Eq),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Bool,
};

/// self == other.
pub static ACLNN_EQ_TENSOR: OpDef = OpDef {
    name: "aclnnEqTensor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Eq),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Bool,
};

/// Whether both have the same shape and elements.
pub static ACLNN_EQUAL: OpDef = OpDef {
    name: "aclnnEqual",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Equal,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Bool,
};

/// Error function.
pub static ACLNN_ERF: OpDef = OpDef {
    name: "aclnnErf",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Erf),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// 1 - erf(x), accurate where erf is near 1.
pub static ACLNN_ERFC: OpDef = OpDef {
    name: "aclnnErfc",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Erfc),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// Exponential.
pub static ACLNN_EXP: OpDef = OpDef {
    name: "aclnnExp",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Exp),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// self shown as size; -1 keeps an axis.
pub static ACLNN_EXPAND: OpDef = OpDef {
    name: "aclnnExpand",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "size", role: Role::SHAPE, kind: ParamKind::IntArray, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Expand,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// exp(x) - 1, accurate near 0.
pub static ACLNN_EXPM1: OpDef = OpDef {
    name: "aclnnExpm1",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Expm1),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// 1 on the diagonal, 0 elsewhere.
pub static ACLNN_EYE: OpDef = OpDef {
    name: "aclnnEye",
    params: &[
        Param { name: "n", role: Role::COUNT, kind: ParamKind::Int, optional: false },
        Param { name: "m", role: Role::COUNT2, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Eye,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// softmax(scale * (q @ k^T + pse), hidden where the mask is true) @ v; rows that see nothing are 0. Sparse modes 0 to 6, pse types 0 to 2. Layouts BNSD, BSND, BSH, SBH.
pub static ACLNN_FLASH_ATTENTION_SCORE: OpDef = OpDef {
    name: "aclnnFlashAttentionScore",
    params: &[
        Param { name: "query", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "key", role: Role::KEY, kind: ParamKind::Tensor, optional: false },
        Param { name: "value", role: Role::VALUE, kind: ParamKind::Tensor, optional: false },
        Param { name: "realShiftOptional", role: Role::SHIFT, kind: ParamKind::Tensor, optional: true },
        Param { name: "dropMaskOptional", role: Role::KEEP, kind: ParamKind::Tensor, optional: true },
        Param { name: "paddingMaskOptional", role: Role::IGNORED, kind: ParamKind::Tensor, optional: true },
        Param { name: "attenMaskOptional", role: Role::MASK, kind: ParamKind::Tensor, optional: true },
        Param { name: "prefixOptional", role: Role::PREFIX, kind: ParamKind::IntArray, optional: true },
        Param { name: "scaleValue", role: Role::SCALE, kind: ParamKind::Float, optional: false },
        Param { name: "keepProb", role: Role::KEEP_SHARE, kind: ParamKind::Float, optional: false },
        Param { name: "preTokens", role: Role::BEFORE, kind: ParamKind::Int, optional: false },
        Param { name: "nextTokens", role: Role::AFTER, kind: ParamKind::Int, optional: false },
        Param { name: "headNum", role: Role::HEADS, kind: ParamKind::Int, optional: false },
        Param { name: "inputLayout", role: Role::LAYOUT, kind: ParamKind::Str, optional: false },
        Param { name: "innerPrecise", role: Role::IGNORED, kind: ParamKind::Int, optional: false },
        Param { name: "sparseMode", role: Role::SPARSE, kind: ParamKind::Int, optional: false },
        Param { name: "softmaxMaxOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
        Param { name: "softmaxSumOut", role: Role::OUT3, kind: ParamKind::Tensor, optional: false },
        Param { name: "softmaxOutOut", role: Role::IGNORED, kind: ParamKind::Tensor, optional: true },
        Param { name: "attentionOutOut", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Attention,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Gradients of attention by query, key, value and pse, from the largest scores and sums that the forward direction kept.
pub static ACLNN_FLASH_ATTENTION_SCORE_GRAD: OpDef = OpDef {
    name: "aclnnFlashAttentionScoreGrad",
    params: &[
        Param { name: "query", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "keyIn", role: Role::KEY, kind: ParamKind::Tensor, optional: false },
        Param { name: "value", role: Role::VALUE, kind: ParamKind::Tensor, optional: false },
        Param { name: "dy", role: Role::GRAD, kind: ParamKind::Tensor, optional: false },
        Param { name: "pseShiftOptional", role: Role::SHIFT, kind: ParamKind::Tensor, optional: true },
        Param { name: "dropMaskOptional", role: Role::KEEP, kind: ParamKind::Tensor, optional: true },
        Param { name: "paddingMaskOptional", role: Role::IGNORED, kind: ParamKind::Tensor, optional: true },
        Param { name: "attenMaskOptional", role: Role::MASK, kind: ParamKind::Tensor, optional: true },
        Param { name: "softmaxMaxOptional", role: Role::LARGEST, kind: ParamKind::Tensor, optional: false },
        Param { name: "softmaxSumOptional", role: Role::TOTAL, kind: ParamKind::Tensor, optional: false },
        Param { name: "softmaxInOptional", role: Role::IGNORED, kind: ParamKind::Tensor, optional: true },
        Param { name: "attentionInOptional", role: Role::RESULT, kind: ParamKind::Tensor, optional: false },
        Param { name: "prefixOptional", role: Role::PREFIX, kind: ParamKind::IntArray, optional: true },
        Param { name: "scaleValue", role: Role::SCALE, kind: ParamKind::Float, optional: false },
        Param { name: "keepProb", role: Role::KEEP_SHARE, kind: ParamKind::Float, optional: false },
        Param { name: "preTokens", role: Role::BEFORE, kind: ParamKind::Int, optional: false },
        Param { name: "nextTokens", role: Role::AFTER, kind: ParamKind::Int, optional: false },
        Param { name: "headNum", role: Role::HEADS, kind: ParamKind::Int, optional: false },
        Param { name: "inputLayout", role: Role::LAYOUT, kind: ParamKind::Str, optional: false },
        Param { name: "innerPrecise", role: Role::IGNORED, kind: ParamKind::Int, optional: false },
        Param { name: "sparseMode", role: Role::SPARSE, kind: ParamKind::Int, optional: false },
        Param { name: "dqOut", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "dkOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
        Param { name: "dvOut", role: Role::OUT3, kind: ParamKind::Tensor, optional: false },
        Param { name: "dpseOut", role: Role::OUT4, kind: ParamKind::Tensor, optional: true },
    ],
    meaning: Meaning::AttentionGrad,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Gradients of attention by query, key, value and pse, from the largest scores and sums that the forward direction kept.
pub static ACLNN_FLASH_ATTENTION_SCORE_GRAD_V2: OpDef = OpDef {
    name: "aclnnFlashAttentionScoreGradV2",
    params: &[
        Param { name: "query", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "keyIn", role: Role::KEY, kind: ParamKind::Tensor, optional: false },
        Param { name: "value", role: Role::VALUE, kind: ParamKind::Tensor, optional: false },
        Param { name: "dy", role: Role::GRAD, kind: ParamKind::Tensor, optional: false },
        Param { name: "pseShiftOptional", role: Role::SHIFT, kind: ParamKind::Tensor, optional: true },
        Param { name: "dropMaskOptional", role: Role::KEEP, kind: ParamKind::Tensor, optional: true },
        Param { name: "paddingMaskOptional", role: Role::IGNORED, kind: ParamKind::Tensor, optional: true },
        Param { name: "attenMaskOptional", role: Role::MASK, kind: ParamKind::Tensor, optional: true },
        Param { name: "softmaxMaxOptional", role: Role::LARGEST, kind: ParamKind::Tensor, optional: false },
        Param { name: "softmaxSumOptional", role: Role::TOTAL, kind: ParamKind::Tensor, optional: false },
        Param { name: "softmaxInOptional", role: Role::IGNORED, kind: ParamKind::Tensor, optional: true },
        Param { name: "attentionInOptional", role: Role::RESULT, kind: ParamKind::Tensor, optional: false },
        Param { name: "prefixOptional", role: Role::PREFIX, kind: ParamKind::IntArray, optional: true },
        Param { name: "qStartIdxOptional", role: Role::FIRST_ROW, kind: ParamKind::IntArray, optional: true },
        Param {
            name: "kvStartIdxOptional",
            role: Role::FIRST_COL,
            kind: ParamKind::IntArray,
            optional: true,
        },
        Param { name: "scaleValue", role: Role::SCALE, kind: ParamKind::Float, optional: false },
        Param { name: "keepProb", role: Role::KEEP_SHARE, kind: ParamKind::Float, optional: false },
        Param { name: "preTokens", role: Role::BEFORE, kind: ParamKind::Int, optional: false },
        Param { name: "nextTokens", role: Role::AFTER, kind: ParamKind::Int, optional: false },
        Param { name: "headNum", role: Role::HEADS, kind: ParamKind::Int, optional: false },
        Param { name: "inputLayout", role: Role::LAYOUT, kind: ParamKind::Str, optional: false },
        Param { name: "innerPrecise", role: Role::IGNORED, kind: ParamKind::Int, optional: false },
        Param { name: "sparseMode", role: Role::SPARSE, kind: ParamKind::Int, optional: false },
        Param { name: "pseType", role: Role::MODE, kind: ParamKind::Int, optional: false },
        Param { name: "dqOut", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "dkOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
        Param { name: "dvOut", role: Role::OUT3, kind: ParamKind::Tensor, optional: false },
        Param { name: "dpseOut", role: Role::OUT4, kind: ParamKind::Tensor, optional: true },
    ],
    meaning: Meaning::AttentionGrad,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// softmax(scale * (q @ k^T + pse), hidden where the mask is true) @ v; rows that see nothing are 0. Sparse modes 0 to 6, pse types 0 to 2. Layouts BNSD, BSND, BSH, SBH.
pub static ACLNN_FLASH_ATTENTION_SCORE_V2: OpDef = OpDef {
    name: "aclnnFlashAttentionScoreV2",
    params: &[
        Param { name: "query", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "key", role: Role::KEY, kind: ParamKind::Tensor, optional: false },
        Param { name: "value", role: Role::VALUE, kind: ParamKind::Tensor, optional: false },
        Param { name: "realShiftOptional", role: Role::SHIFT, kind: ParamKind::Tensor, optional: true },
        Param { name: "dropMaskOptional", role: Role::KEEP, kind: ParamKind::Tensor, optional: true },
        Param { name: "paddingMaskOptional", role: Role::IGNORED, kind: ParamKind::Tensor, optional: true },
        Param { name: "attenMaskOptional", role: Role::MASK, kind: ParamKind::Tensor, optional: true },
        Param { name: "prefixOptional", role: Role::PREFIX, kind: ParamKind::IntArray, optional: true },
        Param { name: "qStartIdxOptional", role: Role::FIRST_ROW, kind: ParamKind::IntArray, optional: true },
        Param {
            name: "kvStartIdxOptional",
            role: Role::FIRST_COL,
            kind: ParamKind::IntArray,
            optional: true,
        },
        Param { name: "scaleValue", role: Role::SCALE, kind: ParamKind::Float, optional: false },
        Param { name: "keepProb", role: Role::KEEP_SHARE, kind: ParamKind::Float, optional: false },
        Param { name: "preTokens", role: Role::BEFORE, kind: ParamKind::Int, optional: false },
        Param { name: "nextTokens", role: Role::AFTER, kind: ParamKind::Int, optional: false },
        Param { name: "headNum", role: Role::HEADS, kind: ParamKind::Int, optional: false },
        Param { name: "inputLayout", role: Role::LAYOUT, kind: ParamKind::Str, optional: false },
        Param { name: "innerPrecise", role: Role::IGNORED, kind: ParamKind::Int, optional: false },
        Param { name: "sparseMode", role: Role::SPARSE, kind: ParamKind::Int, optional: false },
        Param { name: "pseType", role: Role::MODE, kind: ParamKind::Int, optional: false },
        Param { name: "softmaxMaxOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
        Param { name: "softmaxSumOut", role: Role::OUT3, kind: ParamKind::Tensor, optional: false },
        Param { name: "softmaxOutOut", role: Role::IGNORED, kind: ParamKind::Tensor, optional: true },
        Param { name: "attentionOutOut", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Attention,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// The opposite order along dims.
pub static ACLNN_FLIP: OpDef = OpDef {
    name: "aclnnFlip",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dims", role: Role::DIMS, kind: ParamKind::IntArray, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Flip,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// The greatest integer not above x.
pub static ACLNN_FLOOR: OpDef = OpDef {
    name: "aclnnFloor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Floor),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// self / other rounded down.
pub static ACLNN_FLOOR_DIVIDE: OpDef = OpDef {
    name: "aclnnFloorDivide",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::FloorDiv),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// self / other rounded down.
pub static ACLNN_FLOOR_DIVIDES: OpDef = OpDef {
    name: "aclnnFloorDivides",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::FloorDiv),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// What is left of self / other rounded toward zero: has the sign of self.
pub static ACLNN_FMOD_SCALAR: OpDef = OpDef {
    name: "aclnnFmodScalar",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Fmod),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// What is left of self / other rounded toward zero: has the sign of self.
pub static ACLNN_FMOD_TENSOR: OpDef = OpDef {
    name: "aclnnFmodTensor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Fmod),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// Absolute value; the modulus of complex numbers.
pub static ACLNN_FOREACH_ABS: OpDef = OpDef {
    name: "aclnnForeachAbs",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Abs)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Real,
};

/// self + alpha * other; of bool, the logical or.
pub static ACLNN_FOREACH_ADD_LIST_V2: OpDef = OpDef {
    name: "aclnnForeachAddListV2",
    params: &[
        Param { name: "x1", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "x2", role: Role::OTHER, kind: ParamKind::TensorList, optional: false },
        Param { name: "alpha", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Add)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self + alpha * other; of bool, the logical or.
pub static ACLNN_FOREACH_ADD_SCALAR_LIST: OpDef = OpDef {
    name: "aclnnForeachAddScalarList",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "scalars", role: Role::OTHER, kind: ParamKind::ScalarList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Add)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self + alpha * other; of bool, the logical or.
pub static ACLNN_FOREACH_ADD_SCALAR_V2: OpDef = OpDef {
    name: "aclnnForeachAddScalarV2",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "scalar", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Add)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self + value * tensor1 / tensor2.
pub static ACLNN_FOREACH_ADDCDIV_SCALAR_V2: OpDef = OpDef {
    name: "aclnnForeachAddcdivScalarV2",
    params: &[
        Param { name: "x1", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "x2", role: Role::OTHER, kind: ParamKind::TensorList, optional: false },
        Param { name: "x3", role: Role::THIRD, kind: ParamKind::TensorList, optional: false },
        Param { name: "scalar", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Ternary(TernaryOp::Addcdiv)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self + value * tensor1 * tensor2.
pub static ACLNN_FOREACH_ADDCMUL_SCALAR_V2: OpDef = OpDef {
    name: "aclnnForeachAddcmulScalarV2",
    params: &[
        Param { name: "x1", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "x2", role: Role::OTHER, kind: ParamKind::TensorList, optional: false },
        Param { name: "x3", role: Role::THIRD, kind: ParamKind::TensorList, optional: false },
        Param { name: "scalar", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Ternary(TernaryOp::Addcmul)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Inverse tangent, in radians.
pub static ACLNN_FOREACH_ATAN: OpDef = OpDef {
    name: "aclnnForeachAtan",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Atan)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// Cosine, of radians.
pub static ACLNN_FOREACH_COS: OpDef = OpDef {
    name: "aclnnForeachCos",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Cos)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// Hyperbolic cosine.
pub static ACLNN_FOREACH_COSH: OpDef = OpDef {
    name: "aclnnForeachCosh",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Cosh)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// self / other; integers give f32.
pub static ACLNN_FOREACH_DIV_LIST: OpDef = OpDef {
    name: "aclnnForeachDivList",
    params: &[
        Param { name: "x1", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "x2", role: Role::OTHER, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Div)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// self / other; integers give f32.
pub static ACLNN_FOREACH_DIV_SCALAR_LIST: OpDef = OpDef {
    name: "aclnnForeachDivScalarList",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "scalars", role: Role::OTHER, kind: ParamKind::ScalarList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Div)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// self / other; integers give f32.
pub static ACLNN_FOREACH_DIV_SCALAR_V2: OpDef = OpDef {
    name: "aclnnForeachDivScalarV2",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "scalar", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Div)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// Error function.
pub static ACLNN_FOREACH_ERF: OpDef = OpDef {
    name: "aclnnForeachErf",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Erf)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// 1 - erf(x), accurate where erf is near 1.
pub static ACLNN_FOREACH_ERFC: OpDef = OpDef {
    name: "aclnnForeachErfc",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Erfc)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// Exponential.
pub static ACLNN_FOREACH_EXP: OpDef = OpDef {
    name: "aclnnForeachExp",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Exp)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// exp(x) - 1, accurate near 0.
pub static ACLNN_FOREACH_EXPM1: OpDef = OpDef {
    name: "aclnnForeachExpm1",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Expm1)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// self + weight * (end - self), with a tensor of weights.
pub static ACLNN_FOREACH_LERP_LIST: OpDef = OpDef {
    name: "aclnnForeachLerpList",
    params: &[
        Param { name: "x1", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "x2", role: Role::OTHER, kind: ParamKind::TensorList, optional: false },
        Param { name: "weight", role: Role::THIRD, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Ternary(TernaryOp::Lerp)),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// self + weight * (end - self).
pub static ACLNN_FOREACH_LERP_SCALAR: OpDef = OpDef {
    name: "aclnnForeachLerpScalar",
    params: &[
        Param { name: "x1", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "x2", role: Role::OTHER, kind: ParamKind::TensorList, optional: false },
        Param { name: "weight", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Lerp)),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Natural logarithm.
pub static ACLNN_FOREACH_LOG: OpDef = OpDef {
    name: "aclnnForeachLog",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Log)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// Logarithm to base 10.
pub static ACLNN_FOREACH_LOG10: OpDef = OpDef {
    name: "aclnnForeachLog10",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Log10)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// log(1 + x), accurate near 0.
pub static ACLNN_FOREACH_LOG1P: OpDef = OpDef {
    name: "aclnnForeachLog1p",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Log1p)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// Logarithm to base 2.
pub static ACLNN_FOREACH_LOG2: OpDef = OpDef {
    name: "aclnnForeachLog2",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Log2)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// The larger of both; NaN wins.
pub static ACLNN_FOREACH_MAXIMUM_LIST: OpDef = OpDef {
    name: "aclnnForeachMaximumList",
    params: &[
        Param { name: "x1", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "x2", role: Role::OTHER, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Maximum)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// The larger of both; NaN wins.
pub static ACLNN_FOREACH_MAXIMUM_SCALAR_LIST: OpDef = OpDef {
    name: "aclnnForeachMaximumScalarList",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "scalars", role: Role::OTHER, kind: ParamKind::ScalarList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Maximum)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// The larger of both; NaN wins.
pub static ACLNN_FOREACH_MAXIMUM_SCALAR_V2: OpDef = OpDef {
    name: "aclnnForeachMaximumScalarV2",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "scalar", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Maximum)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// The smaller of both; NaN wins.
pub static ACLNN_FOREACH_MINIMUM_LIST: OpDef = OpDef {
    name: "aclnnForeachMinimumList",
    params: &[
        Param { name: "x1", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "x2", role: Role::OTHER, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Minimum)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// The smaller of both; NaN wins.
pub static ACLNN_FOREACH_MINIMUM_SCALAR_LIST: OpDef = OpDef {
    name: "aclnnForeachMinimumScalarList",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "scalars", role: Role::OTHER, kind: ParamKind::ScalarList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Minimum)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// The smaller of both; NaN wins.
pub static ACLNN_FOREACH_MINIMUM_SCALAR_V2: OpDef = OpDef {
    name: "aclnnForeachMinimumScalarV2",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "scalar", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Minimum)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// self * other; of bool, the logical and.
pub static ACLNN_FOREACH_MUL_LIST: OpDef = OpDef {
    name: "aclnnForeachMulList",
    params: &[
        Param { name: "x1", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "x2", role: Role::OTHER, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Mul)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self * other; of bool, the logical and.
pub static ACLNN_FOREACH_MUL_SCALAR_LIST: OpDef = OpDef {
    name: "aclnnForeachMulScalarList",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "scalars", role: Role::OTHER, kind: ParamKind::ScalarList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Mul)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self * other; of bool, the logical and.
pub static ACLNN_FOREACH_MUL_SCALAR_V2: OpDef = OpDef {
    name: "aclnnForeachMulScalarV2",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "scalar", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Mul)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Negation; integers wrap.
pub static ACLNN_FOREACH_NEG: OpDef = OpDef {
    name: "aclnnForeachNeg",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Neg)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// (sum of |x|^p)^(1/p) over dims; the largest magnitude for infinity, the number of nonzero elements for 0.
pub static ACLNN_FOREACH_NORM: OpDef = OpDef {
    name: "aclnnForeachNorm",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "scalar", role: Role::ORDER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::VectorNorm),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// self ** other.
pub static ACLNN_FOREACH_POW_LIST: OpDef = OpDef {
    name: "aclnnForeachPowList",
    params: &[
        Param { name: "x1", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "x2", role: Role::OTHER, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Pow)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self ** other.
pub static ACLNN_FOREACH_POW_SCALAR_AND_TENSOR: OpDef = OpDef {
    name: "aclnnForeachPowScalarAndTensor",
    params: &[
        Param { name: "scalar", role: Role::SELF, kind: ParamKind::Scalar, optional: false },
        Param { name: "x", role: Role::OTHER, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Pow)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self ** other.
pub static ACLNN_FOREACH_POW_SCALAR_LIST: OpDef = OpDef {
    name: "aclnnForeachPowScalarList",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "scalars", role: Role::OTHER, kind: ParamKind::ScalarList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Pow)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self ** other.
pub static ACLNN_FOREACH_POW_SCALAR_V2: OpDef = OpDef {
    name: "aclnnForeachPowScalarV2",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "scalar", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Pow)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// 1 / x.
pub static ACLNN_FOREACH_RECIPROCAL: OpDef = OpDef {
    name: "aclnnForeachReciprocal",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Reciprocal)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// 1 / (1 + exp(-x)).
pub static ACLNN_FOREACH_SIGMOID: OpDef = OpDef {
    name: "aclnnForeachSigmoid",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Sigmoid)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// -1, 0 or 1; NaN gives 0 as in ATen.
pub static ACLNN_FOREACH_SIGN: OpDef = OpDef {
    name: "aclnnForeachSign",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Sign)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Sine, of radians.
pub static ACLNN_FOREACH_SIN: OpDef = OpDef {
    name: "aclnnForeachSin",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Sin)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// Hyperbolic sine.
pub static ACLNN_FOREACH_SINH: OpDef = OpDef {
    name: "aclnnForeachSinh",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Sinh)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// Square root.
pub static ACLNN_FOREACH_SQRT: OpDef = OpDef {
    name: "aclnnForeachSqrt",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Sqrt)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// self - alpha * other.
pub static ACLNN_FOREACH_SUB_LIST_V2: OpDef = OpDef {
    name: "aclnnForeachSubListV2",
    params: &[
        Param { name: "x1", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "x2", role: Role::OTHER, kind: ParamKind::TensorList, optional: false },
        Param { name: "alpha", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Sub)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self - alpha * other.
pub static ACLNN_FOREACH_SUB_SCALAR_LIST: OpDef = OpDef {
    name: "aclnnForeachSubScalarList",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "scalars", role: Role::OTHER, kind: ParamKind::ScalarList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Sub)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self - alpha * other.
pub static ACLNN_FOREACH_SUB_SCALAR_V2: OpDef = OpDef {
    name: "aclnnForeachSubScalarV2",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "scalar", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Binary(BinaryMeaning::Sub)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Hyperbolic tangent.
pub static ACLNN_FOREACH_TANH: OpDef = OpDef {
    name: "aclnnForeachTanh",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::TensorList, optional: false },
    ],
    meaning: Meaning::Foreach(&Meaning::Unary(UnaryOp::Tanh)),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// One element of self for each index along dim.
pub static ACLNN_GATHER: OpDef = OpDef {
    name: "aclnnGather",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "index", role: Role::INDEX, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Gather,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self >= other.
pub static ACLNN_GE_SCALAR: OpDef = OpDef {
    name: "aclnnGeScalar",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Ge),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Bool,
};

/// self >= other.
pub static ACLNN_GE_TENSOR: OpDef = OpDef {
    name: "aclnnGeTensor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Ge),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Bool,
};

/// x * Phi(x) with the exact normal distribution function (erf).
pub static ACLNN_GELU: OpDef = OpDef {
    name: "aclnnGelu",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Gelu),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Gradient of GELU, exact or by the approximation through tanh.
pub static ACLNN_GELU_BACKWARD: OpDef = OpDef {
    name: "aclnnGeluBackward",
    params: &[
        Param { name: "gradOutput", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "self", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "gradInput", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::GeluGrad,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Gradient of GELU, exact or by the approximation through tanh.
pub static ACLNN_GELU_BACKWARD_V2: OpDef = OpDef {
    name: "aclnnGeluBackwardV2",
    params: &[
        Param { name: "gradOutput", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "self", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "approximate", role: Role::MODE, kind: ParamKind::Str, optional: false },
        Param { name: "gradInput", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::GeluGrad,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// GELU; approximate 0 uses erf, 1 the tanh formula.
pub static ACLNN_GELU_V2: OpDef = OpDef {
    name: "aclnnGeluV2",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "approximate", role: Role::MODE, kind: ParamKind::Int, optional: false },
        Param { name: "y", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Gelu,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// self > other.
pub static ACLNN_GT_SCALAR: OpDef = OpDef {
    name: "aclnnGtScalar",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Gt),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Bool,
};

/// self > other.
pub static ACLNN_GT_TENSOR: OpDef = OpDef {
    name: "aclnnGtTensor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Gt),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Bool,
};

/// self[indices] by NumPy's rules; a tensor of shape `[0]` leaves its axis alone, a bool one stands for where it is true.
pub static ACLNN_INDEX: OpDef = OpDef {
    name: "aclnnIndex",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "indices", role: Role::INDEX, kind: ParamKind::TensorList, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Index,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Adds alpha times the slices of source along dim where index points.
pub static ACLNN_INDEX_ADD: OpDef = OpDef {
    name: "aclnnIndexAdd",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "index", role: Role::INDEX, kind: ParamKind::Tensor, optional: false },
        Param { name: "source", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "alpha", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::IndexInto(ScatterMode::Add),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Writes the slices of source along dim where index points.
pub static ACLNN_INDEX_COPY: OpDef = OpDef {
    name: "aclnnIndexCopy",
    params: &[
        Param { name: "selfRef", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "index", role: Role::INDEX, kind: ParamKind::Tensor, optional: false },
        Param { name: "source", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "outRef", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::IndexInto(ScatterMode::Put),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Writes value to the slices along dim where index points.
pub static ACLNN_INDEX_FILL: OpDef = OpDef {
    name: "aclnnIndexFill",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "index", role: Role::INDEX, kind: ParamKind::Tensor, optional: false },
        Param { name: "value", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::IndexInto(ScatterMode::Put),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Writes values, or adds them, where indices point; of several values for one place the last counts.
pub static ACLNN_INDEX_PUT_IMPL: OpDef = OpDef {
    name: "aclnnIndexPutImpl",
    params: &[
        Param { name: "selfRef", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "indices", role: Role::INDEX, kind: ParamKind::TensorList, optional: false },
        Param { name: "values", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "accumulate", role: Role::FLAG, kind: ParamKind::Bool, optional: false },
        Param { name: "unsafe", role: Role::FLAG2, kind: ParamKind::Bool, optional: false },
    ],
    meaning: Meaning::IndexPut,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Slices of self along dim, chosen by the 1-D index; an index out of range fails on the device.
pub static ACLNN_INDEX_SELECT: OpDef = OpDef {
    name: "aclnnIndexSelect",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "index", role: Role::INDEX, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::IndexSelect,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self + alpha * other; of bool, the logical or.
pub static ACLNN_INPLACE_ADD: OpDef = OpDef {
    name: "aclnnInplaceAdd",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "alpha", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Add),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self + value * tensor1 / tensor2.
pub static ACLNN_INPLACE_ADDCDIV: OpDef = OpDef {
    name: "aclnnInplaceAddcdiv",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "tensor1", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "tensor2", role: Role::THIRD, kind: ParamKind::Tensor, optional: false },
        Param { name: "value", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Ternary(TernaryOp::Addcdiv),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self + value * tensor1 * tensor2.
pub static ACLNN_INPLACE_ADDCMUL: OpDef = OpDef {
    name: "aclnnInplaceAddcmul",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "tensor1", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "tensor2", role: Role::THIRD, kind: ParamKind::Tensor, optional: false },
        Param { name: "value", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Ternary(TernaryOp::Addcmul),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// beta * self + alpha * (mat1 @ mat2); self is broadcast, and ignored (NaN too) when beta is 0.
pub static ACLNN_INPLACE_ADDMM: OpDef = OpDef {
    name: "aclnnInplaceAddmm",
    params: &[
        Param {
            name: "selfRef",
            role: Role::ADDEND.and(Role::OUT),
            kind: ParamKind::Tensor,
            optional: false,
        },
        Param { name: "mat1", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "mat2", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "beta", role: Role::BETA, kind: ParamKind::Scalar, optional: false },
        Param { name: "alpha", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "cubeMathType", role: Role::CUBE_MATH, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Addmm,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self + alpha * other; of bool, the logical or.
pub static ACLNN_INPLACE_ADDS: OpDef = OpDef {
    name: "aclnnInplaceAdds",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "alpha", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Add),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Inverse hyperbolic sine.
pub static ACLNN_INPLACE_ASINH: OpDef = OpDef {
    name: "aclnnInplaceAsinh",
    params: &[Param {
        name: "inputRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Asinh),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// Inverse tangent, in radians.
pub static ACLNN_INPLACE_ATAN: OpDef = OpDef {
    name: "aclnnInplaceAtan",
    params: &[Param {
        name: "inputRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Atan),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// Angle of the point (other, self), in radians.
pub static ACLNN_INPLACE_ATAN2: OpDef = OpDef {
    name: "aclnnInplaceAtan2",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Atan2),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// beta * self + alpha * (batch1 @ batch2), for batches of matrices; self is broadcast, and ignored when beta is 0.
pub static ACLNN_INPLACE_BADDBMM: OpDef = OpDef {
    name: "aclnnInplaceBaddbmm",
    params: &[
        Param {
            name: "selfRef",
            role: Role::ADDEND.and(Role::OUT),
            kind: ParamKind::Tensor,
            optional: false,
        },
        Param { name: "batch1", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "batch2", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "beta", role: Role::BETA, kind: ParamKind::Scalar, optional: false },
        Param { name: "alpha", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "cubeMathType", role: Role::CUBE_MATH, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Baddbmm,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// 1 with the given probability, else 0.
pub static ACLNN_INPLACE_BERNOULLI: OpDef = OpDef {
    name: "aclnnInplaceBernoulli",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "prob", role: Role::PROB, kind: ParamKind::Scalar, optional: false },
        Param { name: "seed", role: Role::SEED, kind: ParamKind::Int, optional: false },
        Param { name: "offset", role: Role::OFFSET, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Random(RandomMode::Bernoulli),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// 1 with the given probability, else 0.
pub static ACLNN_INPLACE_BERNOULLI_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceBernoulliTensor",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "prob", role: Role::PROB, kind: ParamKind::Tensor, optional: false },
        Param { name: "seed", role: Role::SEED, kind: ParamKind::Int, optional: false },
        Param { name: "offset", role: Role::OFFSET, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Random(RandomMode::Bernoulli),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Bits set in both; of bool, the logical and.
pub static ACLNN_INPLACE_BITWISE_AND_SCALAR: OpDef = OpDef {
    name: "aclnnInplaceBitwiseAndScalar",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::BitwiseAnd),
    dtypes: DTypeSet::INTEGERS.union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Bits set in both; of bool, the logical and.
pub static ACLNN_INPLACE_BITWISE_AND_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceBitwiseAndTensor",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::BitwiseAnd),
    dtypes: DTypeSet::INTEGERS.union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Bits set in either; of bool, the logical or.
pub static ACLNN_INPLACE_BITWISE_OR_SCALAR: OpDef = OpDef {
    name: "aclnnInplaceBitwiseOrScalar",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::BitwiseOr),
    dtypes: DTypeSet::INTEGERS.union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Bits set in either; of bool, the logical or.
pub static ACLNN_INPLACE_BITWISE_OR_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceBitwiseOrTensor",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::BitwiseOr),
    dtypes: DTypeSet::INTEGERS.union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Bits set in one; of bool, inequality.
pub static ACLNN_INPLACE_BITWISE_XOR_SCALAR: OpDef = OpDef {
    name: "aclnnInplaceBitwiseXorScalar",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::BitwiseXor),
    dtypes: DTypeSet::INTEGERS.union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Bits set in one; of bool, inequality.
pub static ACLNN_INPLACE_BITWISE_XOR_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceBitwiseXorTensor",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::BitwiseXor),
    dtypes: DTypeSet::INTEGERS.union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// The least integer not below x.
pub static ACLNN_INPLACE_CEIL: OpDef = OpDef {
    name: "aclnnInplaceCeil",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Ceil),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// self between two bounds, of which one may be missing; NaN stays, and the upper bound wins.
pub static ACLNN_INPLACE_CLAMP_MAX: OpDef = OpDef {
    name: "aclnnInplaceClampMax",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "clipValueMax", role: Role::HIGH, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Clamp,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// self between two bounds, of which one may be missing; NaN stays, and the upper bound wins.
pub static ACLNN_INPLACE_CLAMP_MAX_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceClampMaxTensor",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "max", role: Role::HIGH, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Clamp,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// self between two bounds, of which one may be missing; NaN stays, and the upper bound wins.
pub static ACLNN_INPLACE_CLAMP_MIN_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceClampMinTensor",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "clipValueMin", role: Role::LOW, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Clamp,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// Copies src, broadcast and converted to selfRef.
pub static ACLNN_INPLACE_COPY: OpDef = OpDef {
    name: "aclnnInplaceCopy",
    params: &[
        Param { name: "selfRef", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "src", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Copy,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Cosine, of radians.
pub static ACLNN_INPLACE_COS: OpDef = OpDef {
    name: "aclnnInplaceCos",
    params: &[Param {
        name: "inputRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Cos),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// Hyperbolic cosine.
pub static ACLNN_INPLACE_COSH: OpDef = OpDef {
    name: "aclnnInplaceCosh",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Cosh),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// Running products along dim.
pub static ACLNN_INPLACE_CUMPROD: OpDef = OpDef {
    name: "aclnnInplaceCumprod",
    params: &[
        Param { name: "input", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Scan(ScanOp::Prod),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self / other; integers give f32.
pub static ACLNN_INPLACE_DIV: OpDef = OpDef {
    name: "aclnnInplaceDiv",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Div),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// self / other, rounded by mode: 0 not, 1 toward zero, 2 down.
pub static ACLNN_INPLACE_DIV_MOD: OpDef = OpDef {
    name: "aclnnInplaceDivMod",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "mode", role: Role::MODE, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Div),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// self / other, rounded by mode: 0 not, 1 toward zero, 2 down.
pub static ACLNN_INPLACE_DIV_MODS: OpDef = OpDef {
    name: "aclnnInplaceDivMods",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "mode", role: Role::MODE, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Div),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// self / other; integers give f32.
pub static ACLNN_INPLACE_DIVS: OpDef = OpDef {
    name: "aclnnInplaceDivs",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Div),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// self == other.
pub static ACLNN_INPLACE_EQ_SCALAR: OpDef = OpDef {
    name: "aclnnInplaceEqScalar",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Eq),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Bool,
};

/// self == other.
pub static ACLNN_INPLACE_EQ_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceEqTensor",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Eq),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Bool,
};

/// Error function.
pub static ACLNN_INPLACE_ERF: OpDef = OpDef {
    name: "aclnnInplaceErf",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Erf),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// 1 - erf(x), accurate where erf is near 1.
pub static ACLNN_INPLACE_ERFC: OpDef = OpDef {
    name: "aclnnInplaceErfc",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Erfc),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// Exponential.
pub static ACLNN_INPLACE_EXP: OpDef = OpDef {
    name: "aclnnInplaceExp",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Exp),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// exp(x) - 1, accurate near 0.
pub static ACLNN_INPLACE_EXPM1: OpDef = OpDef {
    name: "aclnnInplaceExpm1",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Expm1),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// Writes value everywhere.
pub static ACLNN_INPLACE_FILL_SCALAR: OpDef = OpDef {
    name: "aclnnInplaceFillScalar",
    params: &[
        Param { name: "selfRef", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "value", role: Role::VALUE, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Fill,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Writes the one element of value everywhere.
pub static ACLNN_INPLACE_FILL_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceFillTensor",
    params: &[
        Param { name: "selfRef", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "value", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Copy,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// The greatest integer not above x.
pub static ACLNN_INPLACE_FLOOR: OpDef = OpDef {
    name: "aclnnInplaceFloor",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Floor),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// self / other rounded down.
pub static ACLNN_INPLACE_FLOOR_DIVIDE: OpDef = OpDef {
    name: "aclnnInplaceFloorDivide",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::FloorDiv),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// self / other rounded down.
pub static ACLNN_INPLACE_FLOOR_DIVIDES: OpDef = OpDef {
    name: "aclnnInplaceFloorDivides",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::FloorDiv),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// What is left of self / other rounded toward zero: has the sign of self.
pub static ACLNN_INPLACE_FMOD_SCALAR: OpDef = OpDef {
    name: "aclnnInplaceFmodScalar",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Fmod),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// What is left of self / other rounded toward zero: has the sign of self.
pub static ACLNN_INPLACE_FMOD_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceFmodTensor",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Fmod),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// self >= other.
pub static ACLNN_INPLACE_GE_SCALAR: OpDef = OpDef {
    name: "aclnnInplaceGeScalar",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Ge),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Bool,
};

/// self >= other.
pub static ACLNN_INPLACE_GE_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceGeTensor",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Ge),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Bool,
};

/// self > other.
pub static ACLNN_INPLACE_GT_SCALAR: OpDef = OpDef {
    name: "aclnnInplaceGtScalar",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Gt),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Bool,
};

/// self > other.
pub static ACLNN_INPLACE_GT_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceGtTensor",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Gt),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Bool,
};

/// Writes the slices of source along dim where index points.
pub static ACLNN_INPLACE_INDEX_COPY: OpDef = OpDef {
    name: "aclnnInplaceIndexCopy",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "index", role: Role::INDEX, kind: ParamKind::Tensor, optional: false },
        Param { name: "source", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::IndexInto(ScatterMode::Put),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Writes value to the slices along dim where index points.
pub static ACLNN_INPLACE_INDEX_FILL: OpDef = OpDef {
    name: "aclnnInplaceIndexFill",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "index", role: Role::INDEX, kind: ParamKind::Tensor, optional: false },
        Param { name: "value", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::IndexInto(ScatterMode::Put),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self <= other.
pub static ACLNN_INPLACE_LE_SCALAR: OpDef = OpDef {
    name: "aclnnInplaceLeScalar",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Le),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Bool,
};

/// self <= other.
pub static ACLNN_INPLACE_LE_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceLeTensor",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Le),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Bool,
};

/// self + weight * (end - self), with a tensor of weights.
pub static ACLNN_INPLACE_LERP: OpDef = OpDef {
    name: "aclnnInplaceLerp",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "end", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "weight", role: Role::THIRD, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Ternary(TernaryOp::Lerp),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// self + weight * (end - self).
pub static ACLNN_INPLACE_LERPS: OpDef = OpDef {
    name: "aclnnInplaceLerps",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "end", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "weight", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Lerp),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Natural logarithm.
pub static ACLNN_INPLACE_LOG: OpDef = OpDef {
    name: "aclnnInplaceLog",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Log),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// Logarithm to base 10.
pub static ACLNN_INPLACE_LOG10: OpDef = OpDef {
    name: "aclnnInplaceLog10",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Log10),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// log(1 + x), accurate near 0.
pub static ACLNN_INPLACE_LOG1P: OpDef = OpDef {
    name: "aclnnInplaceLog1p",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Log1p),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// Logarithm to base 2.
pub static ACLNN_INPLACE_LOG2: OpDef = OpDef {
    name: "aclnnInplaceLog2",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Log2),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// Both are not 0.
pub static ACLNN_INPLACE_LOGICAL_AND: OpDef = OpDef {
    name: "aclnnInplaceLogicalAnd",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::LogicalAnd),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Bool,
};

/// True where x is 0.
pub static ACLNN_INPLACE_LOGICAL_NOT: OpDef = OpDef {
    name: "aclnnInplaceLogicalNot",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::LogicalNot),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Bool,
};

/// One is not 0.
pub static ACLNN_INPLACE_LOGICAL_OR: OpDef = OpDef {
    name: "aclnnInplaceLogicalOr",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::LogicalOr),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Bool,
};

/// self < other.
pub static ACLNN_INPLACE_LT_SCALAR: OpDef = OpDef {
    name: "aclnnInplaceLtScalar",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Lt),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Bool,
};

/// self < other.
pub static ACLNN_INPLACE_LT_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceLtTensor",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Lt),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Bool,
};

/// Writes value where mask (bool or uint8, broadcast to selfRef) is true.
pub static ACLNN_INPLACE_MASKED_FILL_SCALAR: OpDef = OpDef {
    name: "aclnnInplaceMaskedFillScalar",
    params: &[
        Param { name: "selfRef", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "mask", role: Role::MASK, kind: ParamKind::Tensor, optional: false },
        Param { name: "value", role: Role::VALUE, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::MaskedFill,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Writes the one element of value where mask (bool or uint8, broadcast to selfRef) is true.
pub static ACLNN_INPLACE_MASKED_FILL_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceMaskedFillTensor",
    params: &[
        Param { name: "selfRef", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "mask", role: Role::MASK, kind: ParamKind::Tensor, optional: false },
        Param { name: "value", role: Role::VALUE, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::MaskedFillTensor,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self * other; of bool, the logical and.
pub static ACLNN_INPLACE_MUL: OpDef = OpDef {
    name: "aclnnInplaceMul",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Mul),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self * other; of bool, the logical and.
pub static ACLNN_INPLACE_MULS: OpDef = OpDef {
    name: "aclnnInplaceMuls",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Mul),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self != other.
pub static ACLNN_INPLACE_NE_SCALAR: OpDef = OpDef {
    name: "aclnnInplaceNeScalar",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Ne),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Bool,
};

/// self != other.
pub static ACLNN_INPLACE_NE_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceNeTensor",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Ne),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Bool,
};

/// Negation; integers wrap.
pub static ACLNN_INPLACE_NEG: OpDef = OpDef {
    name: "aclnnInplaceNeg",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Neg),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Normal numbers of the given mean and deviation.
pub static ACLNN_INPLACE_NORMAL: OpDef = OpDef {
    name: "aclnnInplaceNormal",
    params: &[
        Param { name: "selfRef", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "mean", role: Role::SELF, kind: ParamKind::Float, optional: false },
        Param { name: "std", role: Role::OTHER, kind: ParamKind::Float, optional: false },
        Param { name: "seed", role: Role::SEED, kind: ParamKind::Int, optional: false },
        Param { name: "offset", role: Role::OFFSET, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Random(RandomMode::Normal),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Normal numbers of the given mean and deviation.
pub static ACLNN_INPLACE_NORMAL_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceNormalTensor",
    params: &[
        Param { name: "selfRef", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "mean", role: Role::SELF, kind: ParamKind::Float, optional: false },
        Param { name: "std", role: Role::OTHER, kind: ParamKind::Float, optional: false },
        Param { name: "seedTensor", role: Role::SEED, kind: ParamKind::Tensor, optional: false },
        Param { name: "offsetTensor", role: Role::OFFSET, kind: ParamKind::Tensor, optional: false },
        Param { name: "offset", role: Role::OFFSET2, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Random(RandomMode::Normal),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Writes 1 everywhere.
pub static ACLNN_INPLACE_ONE: OpDef = OpDef {
    name: "aclnnInplaceOne",
    params: &[Param { name: "selfRef", role: Role::OUT, kind: ParamKind::Tensor, optional: false }],
    meaning: Meaning::Constant(1),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self ** other.
pub static ACLNN_INPLACE_POW_TENSOR_SCALAR: OpDef = OpDef {
    name: "aclnnInplacePowTensorScalar",
    params: &[
        Param { name: "self", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "exponent", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Pow),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self ** other.
pub static ACLNN_INPLACE_POW_TENSOR_TENSOR: OpDef = OpDef {
    name: "aclnnInplacePowTensorTensor",
    params: &[
        Param { name: "self", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "exponent", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Pow),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Integers in [from, to), or from 0 on as many as the type holds exactly.
pub static ACLNN_INPLACE_RANDOM: OpDef = OpDef {
    name: "aclnnInplaceRandom",
    params: &[
        Param { name: "selfRef", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "from", role: Role::START, kind: ParamKind::Int, optional: false },
        Param { name: "to", role: Role::END, kind: ParamKind::Int, optional: false },
        Param { name: "seed", role: Role::SEED, kind: ParamKind::Int, optional: false },
        Param { name: "offset", role: Role::OFFSET, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Random(RandomMode::Integer),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Integers in [from, to), or from 0 on as many as the type holds exactly.
pub static ACLNN_INPLACE_RANDOM_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceRandomTensor",
    params: &[
        Param { name: "selfRef", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "from", role: Role::START, kind: ParamKind::Int, optional: false },
        Param { name: "to", role: Role::END, kind: ParamKind::Int, optional: false },
        Param { name: "seedTensor", role: Role::SEED, kind: ParamKind::Tensor, optional: false },
        Param { name: "offsetTensor", role: Role::OFFSET, kind: ParamKind::Tensor, optional: false },
        Param { name: "offset", role: Role::OFFSET2, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Random(RandomMode::Integer),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Integers in [from, to), or from 0 on as many as the type holds exactly.
pub static ACLNN_INPLACE_RANDOM_WITHOUT_FROM_TO: OpDef = OpDef {
    name: "aclnnInplaceRandomWithoutFromTo",
    params: &[
        Param { name: "selfRef", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "seed", role: Role::SEED, kind: ParamKind::Int, optional: false },
        Param { name: "offset", role: Role::OFFSET, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Random(RandomMode::Integer),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Integers in [from, to), or from 0 on as many as the type holds exactly.
pub static ACLNN_INPLACE_RANDOM_WITHOUT_FROM_TO_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceRandomWithoutFromToTensor",
    params: &[
        Param { name: "selfRef", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "seedTensor", role: Role::SEED, kind: ParamKind::Tensor, optional: false },
        Param { name: "offsetTensor", role: Role::OFFSET, kind: ParamKind::Tensor, optional: false },
        Param { name: "offset", role: Role::OFFSET2, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Random(RandomMode::Integer),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// 1 / x.
pub static ACLNN_INPLACE_RECIPROCAL: OpDef = OpDef {
    name: "aclnnInplaceReciprocal",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Reciprocal),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// max(x, 0); NaN stays.
pub static ACLNN_INPLACE_RELU: OpDef = OpDef {
    name: "aclnnInplaceRelu",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Relu),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// What is left of self / other rounded down: has the sign of other.
pub static ACLNN_INPLACE_REMAINDER_TENSOR_SCALAR: OpDef = OpDef {
    name: "aclnnInplaceRemainderTensorScalar",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Remainder),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// What is left of self / other rounded down: has the sign of other.
pub static ACLNN_INPLACE_REMAINDER_TENSOR_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceRemainderTensorTensor",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Remainder),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// The nearest integer, halves to even.
pub static ACLNN_INPLACE_ROUND: OpDef = OpDef {
    name: "aclnnInplaceRound",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Round),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Reciprocal of the square root.
pub static ACLNN_INPLACE_RSQRT: OpDef = OpDef {
    name: "aclnnInplaceRsqrt",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Rsqrt),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// Writes src where indices along dim point; reduce 0 replaces, 1 adds, 2 multiplies, 3 takes the larger, 4 the smaller.
pub static ACLNN_INPLACE_SCATTER: OpDef = OpDef {
    name: "aclnnInplaceScatter",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "index", role: Role::INDEX, kind: ParamKind::Tensor, optional: false },
        Param { name: "src", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "reduce", role: Role::MODE, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Scatter(ScatterMode::Mode),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Writes src where indices along dim point; reduce 0 replaces, 1 adds, 2 multiplies, 3 takes the larger, 4 the smaller.
pub static ACLNN_INPLACE_SCATTER_VALUE: OpDef = OpDef {
    name: "aclnnInplaceScatterValue",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "index", role: Role::INDEX, kind: ParamKind::Tensor, optional: false },
        Param { name: "value", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "reduce", role: Role::MODE, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Scatter(ScatterMode::Mode),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// 1 / (1 + exp(-x)).
pub static ACLNN_INPLACE_SIGMOID: OpDef = OpDef {
    name: "aclnnInplaceSigmoid",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Sigmoid),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// Sine, of radians.
pub static ACLNN_INPLACE_SIN: OpDef = OpDef {
    name: "aclnnInplaceSin",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Sin),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// Hyperbolic sine.
pub static ACLNN_INPLACE_SINH: OpDef = OpDef {
    name: "aclnnInplaceSinh",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Sinh),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// Square root.
pub static ACLNN_INPLACE_SQRT: OpDef = OpDef {
    name: "aclnnInplaceSqrt",
    params: &[Param {
        name: "self",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Sqrt),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// self - alpha * other.
pub static ACLNN_INPLACE_SUB: OpDef = OpDef {
    name: "aclnnInplaceSub",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "alpha", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Sub),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self - alpha * other.
pub static ACLNN_INPLACE_SUBS: OpDef = OpDef {
    name: "aclnnInplaceSubs",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "alpha", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Sub),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Hyperbolic tangent.
pub static ACLNN_INPLACE_TANH: OpDef = OpDef {
    name: "aclnnInplaceTanh",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Tanh),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// The lower triangle of the last two axes up to diagonal, 0 elsewhere.
pub static ACLNN_INPLACE_TRIL: OpDef = OpDef {
    name: "aclnnInplaceTril",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "diagonal", role: Role::DIAGONAL, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Tri { upper: false },
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// The upper triangle of the last two axes from diagonal on, 0 elsewhere.
pub static ACLNN_INPLACE_TRIU: OpDef = OpDef {
    name: "aclnnInplaceTriu",
    params: &[
        Param { name: "selfRef", role: Role::SELF.and(Role::OUT), kind: ParamKind::Tensor, optional: false },
        Param { name: "diagonal", role: Role::DIAGONAL, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Tri { upper: true },
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// x without its fraction.
pub static ACLNN_INPLACE_TRUNC: OpDef = OpDef {
    name: "aclnnInplaceTrunc",
    params: &[Param {
        name: "selfRef",
        role: Role::SELF.and(Role::OUT),
        kind: ParamKind::Tensor,
        optional: false,
    }],
    meaning: Meaning::Unary(UnaryOp::Trunc),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Uniform numbers in [from, to).
pub static ACLNN_INPLACE_UNIFORM: OpDef = OpDef {
    name: "aclnnInplaceUniform",
    params: &[
        Param { name: "selfRef", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "from", role: Role::START, kind: ParamKind::Float, optional: false },
        Param { name: "to", role: Role::END, kind: ParamKind::Float, optional: false },
        Param { name: "seed", role: Role::SEED, kind: ParamKind::Int, optional: false },
        Param { name: "offset", role: Role::OFFSET, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Random(RandomMode::Uniform),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Uniform numbers in [from, to).
pub static ACLNN_INPLACE_UNIFORM_TENSOR: OpDef = OpDef {
    name: "aclnnInplaceUniformTensor",
    params: &[
        Param { name: "selfRef", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "from", role: Role::START, kind: ParamKind::Float, optional: false },
        Param { name: "to", role: Role::END, kind: ParamKind::Float, optional: false },
        Param { name: "seedTensor", role: Role::SEED, kind: ParamKind::Tensor, optional: false },
        Param { name: "offsetTensor", role: Role::OFFSET, kind: ParamKind::Tensor, optional: false },
        Param { name: "offset", role: Role::OFFSET2, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Random(RandomMode::Uniform),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Writes 0 everywhere.
pub static ACLNN_INPLACE_ZERO: OpDef = OpDef {
    name: "aclnnInplaceZero",
    params: &[Param { name: "selfRef", role: Role::OUT, kind: ParamKind::Tensor, optional: false }],
    meaning: Meaning::Constant(0),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Neither infinite nor NaN.
pub static ACLNN_IS_FINITE: OpDef = OpDef {
    name: "aclnnIsFinite",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::IsFinite),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Bool,
};

/// Infinite.
pub static ACLNN_IS_INF: OpDef = OpDef {
    name: "aclnnIsInf",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::IsInf),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Bool,
};

/// The k-th smallest element along dim, from 1, and where it stands; equal ones keep their order.
pub static ACLNN_KTHVALUE: OpDef = OpDef {
    name: "aclnnKthvalue",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "k", role: Role::COUNT, kind: ParamKind::Int, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "keepdim", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "valuesOut", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "indicesOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Order(OrderMode::Kth),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Absolute differences, their mean, or their sum.
pub static ACLNN_L1_LOSS: OpDef = OpDef {
    name: "aclnnL1Loss",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "target", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "reduction", role: Role::MODE, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Loss(LossMeaning::L1),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// grad * sign(self - target), divided by the number of elements for the mean.
pub static ACLNN_L1_LOSS_BACKWARD: OpDef = OpDef {
    name: "aclnnL1LossBackward",
    params: &[
        Param { name: "gradOutput", role: Role::GRAD, kind: ParamKind::Tensor, optional: false },
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "target", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "reduction", role: Role::MODE, kind: ParamKind::Int, optional: false },
        Param { name: "gradInput", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::LossGrad(LossMeaning::L1),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// (x - mean) / sqrt(var + eps) * weight + bias over the last axes; mean and 1/sqrt(var + eps) on request.
pub static ACLNN_LAYER_NORM: OpDef = OpDef {
    name: "aclnnLayerNorm",
    params: &[
        Param { name: "input", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "normalizedShape", role: Role::SHAPE, kind: ParamKind::IntArray, optional: false },
        Param { name: "weightOptional", role: Role::WEIGHT, kind: ParamKind::Tensor, optional: true },
        Param { name: "biasOptional", role: Role::BIAS, kind: ParamKind::Tensor, optional: true },
        Param { name: "eps", role: Role::EPS, kind: ParamKind::Float, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "meanOutOptional", role: Role::OUT2, kind: ParamKind::Tensor, optional: true },
        Param { name: "rstdOutOptional", role: Role::OUT3, kind: ParamKind::Tensor, optional: true },
    ],
    meaning: Meaning::LayerNorm,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Gradients of layer normalisation by input, weight and bias; outputMask says which are computed.
pub static ACLNN_LAYER_NORM_BACKWARD: OpDef = OpDef {
    name: "aclnnLayerNormBackward",
    params: &[
        Param { name: "gradOut", role: Role::GRAD, kind: ParamKind::Tensor, optional: false },
        Param { name: "input", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "normalizedShape", role: Role::SHAPE, kind: ParamKind::IntArray, optional: false },
        Param { name: "mean", role: Role::MEAN, kind: ParamKind::Tensor, optional: false },
        Param { name: "rstd", role: Role::RSTD, kind: ParamKind::Tensor, optional: false },
        Param { name: "weightOptional", role: Role::WEIGHT, kind: ParamKind::Tensor, optional: true },
        Param { name: "biasOptional", role: Role::BIAS, kind: ParamKind::Tensor, optional: true },
        Param { name: "outputMask", role: Role::WANTED, kind: ParamKind::BoolArray, optional: false },
        Param { name: "gradInputOut", role: Role::OUT, kind: ParamKind::Tensor, optional: true },
        Param { name: "gradWeightOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: true },
        Param { name: "gradBiasOut", role: Role::OUT3, kind: ParamKind::Tensor, optional: true },
    ],
    meaning: Meaning::NormGrad { centre: true },
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// self <= other.
pub static ACLNN_LE_SCALAR: OpDef = OpDef {
    name: "aclnnLeScalar",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Le),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Bool,
};

/// self <= other.
pub static ACLNN_LE_TENSOR: OpDef = OpDef {
    name: "aclnnLeTensor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Le),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Bool,
};

/// self + weight * (end - self), with a tensor of weights.
pub static ACLNN_LERP: OpDef = OpDef {
    name: "aclnnLerp",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "end", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "weight", role: Role::THIRD, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Ternary(TernaryOp::Lerp),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// self + weight * (end - self).
pub static ACLNN_LERPS: OpDef = OpDef {
    name: "aclnnLerps",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "end", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "weight", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Lerp),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// (sum of |x|^p)^(1/p) over dims; the largest magnitude for infinity, the number of nonzero elements for 0.
pub static ACLNN_LINALG_VECTOR_NORM: OpDef = OpDef {
    name: "aclnnLinalgVectorNorm",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "ord", role: Role::ORDER, kind: ParamKind::Scalar, optional: false },
        Param { name: "dims", role: Role::DIMS, kind: ParamKind::IntArray, optional: false },
        Param { name: "keepDims", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "dtype", role: Role::DTYPE, kind: ParamKind::DType, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::VectorNorm,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// steps values at equal distances from start to end.
pub static ACLNN_LINSPACE: OpDef = OpDef {
    name: "aclnnLinspace",
    params: &[
        Param { name: "start", role: Role::START, kind: ParamKind::Scalar, optional: false },
        Param { name: "end", role: Role::END, kind: ParamKind::Scalar, optional: false },
        Param { name: "steps", role: Role::COUNT, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Linspace,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// Natural logarithm.
pub static ACLNN_LOG: OpDef = OpDef {
    name: "aclnnLog",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Log),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// Logarithm to base 10.
pub static ACLNN_LOG10: OpDef = OpDef {
    name: "aclnnLog10",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Log10),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// log(1 + x), accurate near 0.
pub static ACLNN_LOG1P: OpDef = OpDef {
    name: "aclnnLog1p",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Log1p),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// Logarithm to base 2.
pub static ACLNN_LOG2: OpDef = OpDef {
    name: "aclnnLog2",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Log2),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// Logarithm of the softmax along dim.
pub static ACLNN_LOG_SOFTMAX: OpDef = OpDef {
    name: "aclnnLogSoftmax",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Softmax { log: true },
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// grad - exp(y) * sum(grad) along dim, from log-softmax's result.
pub static ACLNN_LOG_SOFTMAX_BACKWARD: OpDef = OpDef {
    name: "aclnnLogSoftmaxBackward",
    params: &[
        Param { name: "gradOutput", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "output", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::SoftmaxGrad { log: true },
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Both are not 0.
pub static ACLNN_LOGICAL_AND: OpDef = OpDef {
    name: "aclnnLogicalAnd",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::LogicalAnd),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Bool,
};

/// True where x is 0.
pub static ACLNN_LOGICAL_NOT: OpDef = OpDef {
    name: "aclnnLogicalNot",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::LogicalNot),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Bool,
};

/// One is not 0.
pub static ACLNN_LOGICAL_OR: OpDef = OpDef {
    name: "aclnnLogicalOr",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::LogicalOr),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Bool,
};

/// Exactly one is not 0.
pub static ACLNN_LOGICAL_XOR: OpDef = OpDef {
    name: "aclnnLogicalXor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::LogicalXor),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Bool,
};

/// self < other.
pub static ACLNN_LT_SCALAR: OpDef = OpDef {
    name: "aclnnLtScalar",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Lt),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Bool,
};

/// self < other.
pub static ACLNN_LT_TENSOR: OpDef = OpDef {
    name: "aclnnLtTensor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Lt),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Bool,
};

/// The elements of self where mask is true, broadcast together, in row-major order; the view shape becomes their number.
pub static ACLNN_MASKED_SELECT: OpDef = OpDef {
    name: "aclnnMaskedSelect",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "mask", role: Role::MASK, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::MaskedSelect,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Matrix product by the rules of torch.matmul: 1-D operands are vectors, batch axes broadcast.
pub static ACLNN_MATMUL: OpDef = OpDef {
    name: "aclnnMatmul",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "mat2", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "cubeMathType", role: Role::CUBE_MATH, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Matmul(MatmulRank::Any),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Largest of all elements; NaN wins.
pub static ACLNN_MAX: OpDef = OpDef {
    name: "aclnnMax",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Reduce(ReduceOp::Max),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Largest element along dim and where it stands, the first of equal ones; NaN wins.
pub static ACLNN_MAX_DIM: OpDef = OpDef {
    name: "aclnnMaxDim",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "keepdim", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "indices", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::ExtremeOf(ArgOp::Max),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// The larger of both; NaN wins.
pub static ACLNN_MAXIMUM: OpDef = OpDef {
    name: "aclnnMaximum",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Maximum),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Mean over dims in dtype, a float; NaN over nothing.
pub static ACLNN_MEAN: OpDef = OpDef {
    name: "aclnnMean",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIMS, kind: ParamKind::IntArray, optional: false },
        Param { name: "keepDim", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "dtype", role: Role::DTYPE, kind: ParamKind::DType, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Reduce(ReduceOp::Mean),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// The middle element, the lower of two, the first NaN if there is one; equal ones keep their order.
pub static ACLNN_MEDIAN: OpDef = OpDef {
    name: "aclnnMedian",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "valuesOut", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Order(OrderMode::Median),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// The middle element, the lower of two, the first NaN if there is one; equal ones keep their order.
pub static ACLNN_MEDIAN_DIM: OpDef = OpDef {
    name: "aclnnMedianDim",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "keepDim", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "valuesOut", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "indicesOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Order(OrderMode::Median),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// Smallest of all elements; NaN wins.
pub static ACLNN_MIN: OpDef = OpDef {
    name: "aclnnMin",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Reduce(ReduceOp::Min),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Smallest element along dim and where it stands, the first of equal ones; NaN wins.
pub static ACLNN_MIN_DIM: OpDef = OpDef {
    name: "aclnnMinDim",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "keepdim", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "indices", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::ExtremeOf(ArgOp::Min),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// The smaller of both; NaN wins.
pub static ACLNN_MINIMUM: OpDef = OpDef {
    name: "aclnnMinimum",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Minimum),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Product of two matrices.
pub static ACLNN_MM: OpDef = OpDef {
    name: "aclnnMm",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "mat2", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "cubeMathType", role: Role::CUBE_MATH, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Matmul(MatmulRank::Two),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Squared differences, their mean, or their sum.
pub static ACLNN_MSE_LOSS: OpDef = OpDef {
    name: "aclnnMseLoss",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "target", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "reduction", role: Role::MODE, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Loss(LossMeaning::Mse),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// 2 * grad * (self - target), divided by the number of elements for the mean.
pub static ACLNN_MSE_LOSS_BACKWARD: OpDef = OpDef {
    name: "aclnnMseLossBackward",
    params: &[
        Param { name: "gradOutput", role: Role::GRAD, kind: ParamKind::Tensor, optional: false },
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "target", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "reduction", role: Role::MODE, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::LossGrad(LossMeaning::Mse),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Squared differences, their mean, or their sum.
pub static ACLNN_MSE_LOSS_OUT: OpDef = OpDef {
    name: "aclnnMseLossOut",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "target", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "reduction", role: Role::MODE, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Loss(LossMeaning::Mse),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// self * other; of bool, the logical and.
pub static ACLNN_MUL: OpDef = OpDef {
    name: "aclnnMul",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Mul),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self * other; of bool, the logical and.
pub static ACLNN_MULS: OpDef = OpDef {
    name: "aclnnMuls",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Mul),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Indices drawn by the weights of each row; weights that cannot be drawn by fail on the device.
pub static ACLNN_MULTINOMIAL: OpDef = OpDef {
    name: "aclnnMultinomial",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "numsamples", role: Role::COUNT, kind: ParamKind::Int, optional: false },
        Param { name: "replacement", role: Role::FLAG, kind: ParamKind::Bool, optional: false },
        Param { name: "seed", role: Role::SEED, kind: ParamKind::Int, optional: false },
        Param { name: "offset", role: Role::OFFSET, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Multinomial,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Indices drawn by the weights of each row; weights that cannot be drawn by fail on the device.
pub static ACLNN_MULTINOMIAL_TENSOR: OpDef = OpDef {
    name: "aclnnMultinomialTensor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "numsamples", role: Role::COUNT, kind: ParamKind::Int, optional: false },
        Param { name: "replacement", role: Role::FLAG, kind: ParamKind::Bool, optional: false },
        Param { name: "seedTensor", role: Role::SEED, kind: ParamKind::Tensor, optional: false },
        Param { name: "offsetTensor", role: Role::OFFSET, kind: ParamKind::Tensor, optional: false },
        Param { name: "offset", role: Role::OFFSET2, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Multinomial,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// -weight[t] * x[t] of each position's class, their weighted mean, or their sum; and the total weight, 0 if nothing is reduced.
pub static ACLNN_NLL_LOSS: OpDef = OpDef {
    name: "aclnnNLLLoss",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "target", role: Role::INDEX, kind: ParamKind::Tensor, optional: false },
        Param { name: "weight", role: Role::WEIGHT, kind: ParamKind::Tensor, optional: false },
        Param { name: "reduction", role: Role::MODE, kind: ParamKind::Int, optional: false },
        Param { name: "ignoreIndex", role: Role::IGNORE, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "totalWeightOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::NllLoss,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// -weight[t] * x[t] of each position's class, their weighted mean, or their sum; and the total weight, 0 if nothing is reduced.
pub static ACLNN_NLL_LOSS2D: OpDef = OpDef {
    name: "aclnnNLLLoss2d",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "target", role: Role::INDEX, kind: ParamKind::Tensor, optional: false },
        Param { name: "weight", role: Role::WEIGHT, kind: ParamKind::Tensor, optional: false },
        Param { name: "reduction", role: Role::MODE, kind: ParamKind::Int, optional: false },
        Param { name: "ignoreIndex", role: Role::IGNORE, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "totalWeightOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::NllLoss,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Gradient of the negative log-likelihood by the input: zero except at each position's class.
pub static ACLNN_NLL_LOSS2D_BACKWARD: OpDef = OpDef {
    name: "aclnnNLLLoss2dBackward",
    params: &[
        Param { name: "gradOutput", role: Role::GRAD, kind: ParamKind::Tensor, optional: false },
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "target", role: Role::INDEX, kind: ParamKind::Tensor, optional: false },
        Param { name: "weight", role: Role::WEIGHT, kind: ParamKind::Tensor, optional: false },
        Param { name: "reduction", role: Role::MODE, kind: ParamKind::Int, optional: false },
        Param { name: "ignoreIndex", role: Role::IGNORE, kind: ParamKind::Int, optional: false },
        Param { name: "totalWeight", role: Role::TOTAL, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::NllLossGrad,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Gradient of the negative log-likelihood by the input: zero except at each position's class.
pub static ACLNN_NLL_LOSS_BACKWARD: OpDef = OpDef {
    name: "aclnnNLLLossBackward",
    params: &[
        Param { name: "gradOutput", role: Role::GRAD, kind: ParamKind::Tensor, optional: false },
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "target", role: Role::INDEX, kind: ParamKind::Tensor, optional: false },
        Param { name: "weight", role: Role::WEIGHT, kind: ParamKind::Tensor, optional: false },
        Param { name: "reduction", role: Role::MODE, kind: ParamKind::Int, optional: false },
        Param { name: "ignoreIndex", role: Role::IGNORE, kind: ParamKind::Int, optional: false },
        Param { name: "totalWeight", role: Role::TOTAL, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::NllLossGrad,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// self != other.
pub static ACLNN_NE_SCALAR: OpDef = OpDef {
    name: "aclnnNeScalar",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Ne),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Bool,
};

/// self != other.
pub static ACLNN_NE_TENSOR: OpDef = OpDef {
    name: "aclnnNeTensor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Ne),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Bool,
};

/// Negation; integers wrap.
pub static ACLNN_NEG: OpDef = OpDef {
    name: "aclnnNeg",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Neg),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Coordinates of the elements that are not 0, a row each; the view shape becomes `[n, rank]`.
pub static ACLNN_NONZERO: OpDef = OpDef {
    name: "aclnnNonzero",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Nonzero(Coordinates::Rows),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Coordinates of the elements that are not 0, a column each; the view shape becomes `[rank, n]`, packed.
pub static ACLNN_NONZERO_V2: OpDef = OpDef {
    name: "aclnnNonzeroV2",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Nonzero(Coordinates::Columns),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// (sum of |x|^p)^(1/p) over dims; the largest magnitude for infinity, the number of nonzero elements for 0.
pub static ACLNN_NORM: OpDef = OpDef {
    name: "aclnnNorm",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "pScalar", role: Role::ORDER, kind: ParamKind::Scalar, optional: false },
        Param { name: "dim", role: Role::DIMS, kind: ParamKind::IntArray, optional: false },
        Param { name: "keepdim", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::VectorNorm,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Normal numbers of the given mean and deviation.
pub static ACLNN_NORMAL_FLOAT_FLOAT: OpDef = OpDef {
    name: "aclnnNormalFloatFloat",
    params: &[
        Param { name: "mean", role: Role::SELF, kind: ParamKind::Float, optional: false },
        Param { name: "std", role: Role::OTHER, kind: ParamKind::Float, optional: false },
        Param { name: "seed", role: Role::SEED, kind: ParamKind::Int, optional: false },
        Param { name: "offset", role: Role::OFFSET, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Random(RandomMode::Normal),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Normal numbers of the given mean and deviation.
pub static ACLNN_NORMAL_FLOAT_TENSOR: OpDef = OpDef {
    name: "aclnnNormalFloatTensor",
    params: &[
        Param { name: "mean", role: Role::SELF, kind: ParamKind::Float, optional: false },
        Param { name: "std", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "seed", role: Role::SEED, kind: ParamKind::Int, optional: false },
        Param { name: "offset", role: Role::OFFSET, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Random(RandomMode::Normal),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Normal numbers of the given mean and deviation.
pub static ACLNN_NORMAL_TENSOR_FLOAT: OpDef = OpDef {
    name: "aclnnNormalTensorFloat",
    params: &[
        Param { name: "mean", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "std", role: Role::OTHER, kind: ParamKind::Float, optional: false },
        Param { name: "seed", role: Role::SEED, kind: ParamKind::Int, optional: false },
        Param { name: "offset", role: Role::OFFSET, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Random(RandomMode::Normal),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Normal numbers of the given mean and deviation.
pub static ACLNN_NORMAL_TENSOR_TENSOR: OpDef = OpDef {
    name: "aclnnNormalTensorTensor",
    params: &[
        Param { name: "mean", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "std", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "seed", role: Role::SEED, kind: ParamKind::Int, optional: false },
        Param { name: "offset", role: Role::OFFSET, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Random(RandomMode::Normal),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// onValue where the index points along a new axis, offValue elsewhere; an index out of range fails on the device.
pub static ACLNN_ONE_HOT: OpDef = OpDef {
    name: "aclnnOneHot",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "numClasses", role: Role::COUNT, kind: ParamKind::Int, optional: false },
        Param { name: "onValue", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "offValue", role: Role::VALUE, kind: ParamKind::Tensor, optional: false },
        Param { name: "axis", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::OneHot,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Axes in the order dims.
pub static ACLNN_PERMUTE: OpDef = OpDef {
    name: "aclnnPermute",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dims", role: Role::DIMS, kind: ParamKind::IntArray, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Permute,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self ** other.
pub static ACLNN_POW_SCALAR_TENSOR: OpDef = OpDef {
    name: "aclnnPowScalarTensor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Scalar, optional: false },
        Param { name: "exponent", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Pow),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self ** other.
pub static ACLNN_POW_TENSOR_SCALAR: OpDef = OpDef {
    name: "aclnnPowTensorScalar",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "exponent", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Pow),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self ** other.
pub static ACLNN_POW_TENSOR_TENSOR: OpDef = OpDef {
    name: "aclnnPowTensorTensor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "exponent", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Pow),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Product over one dimension or all, computed in dtype.
pub static ACLNN_PROD: OpDef = OpDef {
    name: "aclnnProd",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dtype", role: Role::DTYPE, kind: ParamKind::DType, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Reduce(ReduceOp::Prod),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Product over one dimension or all, computed in dtype.
pub static ACLNN_PROD_DIM: OpDef = OpDef {
    name: "aclnnProdDim",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "keepDim", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "dtype", role: Role::DTYPE, kind: ParamKind::DType, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Reduce(ReduceOp::Prod),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// A permutation of 0 to n - 1.
pub static ACLNN_RANDPERM: OpDef = OpDef {
    name: "aclnnRandperm",
    params: &[
        Param { name: "n", role: Role::COUNT, kind: ParamKind::Int, optional: false },
        Param { name: "seed", role: Role::SEED, kind: ParamKind::Int, optional: false },
        Param { name: "offset", role: Role::OFFSET, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Randperm,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// 1 / x.
pub static ACLNN_RECIPROCAL: OpDef = OpDef {
    name: "aclnnReciprocal",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Reciprocal),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// Sum over dims, computed in dtype; halves add up in f32.
pub static ACLNN_REDUCE_SUM: OpDef = OpDef {
    name: "aclnnReduceSum",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dims", role: Role::DIMS, kind: ParamKind::IntArray, optional: false },
        Param { name: "keepDims", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "dtype", role: Role::DTYPE, kind: ParamKind::DType, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Reduce(ReduceOp::Sum),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// max(x, 0); NaN stays.
pub static ACLNN_RELU: OpDef = OpDef {
    name: "aclnnRelu",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Relu),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// What is left of self / other rounded down: has the sign of other.
pub static ACLNN_REMAINDER_SCALAR_TENSOR: OpDef = OpDef {
    name: "aclnnRemainderScalarTensor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Scalar, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Remainder),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// What is left of self / other rounded down: has the sign of other.
pub static ACLNN_REMAINDER_TENSOR_SCALAR: OpDef = OpDef {
    name: "aclnnRemainderTensorScalar",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Remainder),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// What is left of self / other rounded down: has the sign of other.
pub static ACLNN_REMAINDER_TENSOR_TENSOR: OpDef = OpDef {
    name: "aclnnRemainderTensorTensor",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Remainder),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// Copies of self side by side, repeats of them along each axis; missing axes come first.
pub static ACLNN_REPEAT: OpDef = OpDef {
    name: "aclnnRepeat",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "repeats", role: Role::SHAPE, kind: ParamKind::IntArray, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Repeat,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// x / sqrt(mean(x^2) + epsilon) * gamma over gamma's axes; rstdOut is the reciprocal root.
pub static ACLNN_RMS_NORM: OpDef = OpDef {
    name: "aclnnRmsNorm",
    params: &[
        Param { name: "x", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "gamma", role: Role::WEIGHT, kind: ParamKind::Tensor, optional: false },
        Param { name: "epsilon", role: Role::EPS, kind: ParamKind::Float, optional: false },
        Param { name: "yOut", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "rstdOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::RmsNorm,
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Gradients of RMS normalisation by input and gamma.
pub static ACLNN_RMS_NORM_GRAD: OpDef = OpDef {
    name: "aclnnRmsNormGrad",
    params: &[
        Param { name: "dy", role: Role::GRAD, kind: ParamKind::Tensor, optional: false },
        Param { name: "x", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "rstd", role: Role::RSTD, kind: ParamKind::Tensor, optional: false },
        Param { name: "gamma", role: Role::WEIGHT, kind: ParamKind::Tensor, optional: false },
        Param { name: "dxOut", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "dgammaOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::NormGrad { centre: false },
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// The nearest integer, halves to even.
pub static ACLNN_ROUND: OpDef = OpDef {
    name: "aclnnRound",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Round),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Reciprocal of the square root.
pub static ACLNN_RSQRT: OpDef = OpDef {
    name: "aclnnRsqrt",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Rsqrt),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// other - alpha * self.
pub static ACLNN_RSUB: OpDef = OpDef {
    name: "aclnnRsub",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "alpha", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Rsub),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// other - alpha * self.
pub static ACLNN_RSUBS: OpDef = OpDef {
    name: "aclnnRsubs",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "alpha", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Rsub),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self where condition is true, else other, broadcast together.
pub static ACLNN_S_WHERE: OpDef = OpDef {
    name: "aclnnSWhere",
    params: &[
        Param { name: "condition", role: Role::MASK, kind: ParamKind::Tensor, optional: false },
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Where,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Writes src where indices along dim point; reduce 0 replaces, 1 adds, 2 multiplies, 3 takes the larger, 4 the smaller.
pub static ACLNN_SCATTER: OpDef = OpDef {
    name: "aclnnScatter",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "index", role: Role::INDEX, kind: ParamKind::Tensor, optional: false },
        Param { name: "src", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "reduce", role: Role::MODE, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Scatter(ScatterMode::Mode),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Adds src where indices along dim point.
pub static ACLNN_SCATTER_ADD: OpDef = OpDef {
    name: "aclnnScatterAdd",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "index", role: Role::INDEX, kind: ParamKind::Tensor, optional: false },
        Param { name: "src", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Scatter(ScatterMode::Add),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Writes src where indices along dim point; reduce 0 replaces, 1 adds, 2 multiplies, 3 takes the larger, 4 the smaller.
pub static ACLNN_SCATTER_VALUE: OpDef = OpDef {
    name: "aclnnScatterValue",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "index", role: Role::INDEX, kind: ParamKind::Tensor, optional: false },
        Param { name: "value", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "reduce", role: Role::MODE, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Scatter(ScatterMode::Mode),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// 1 / (1 + exp(-x)).
pub static ACLNN_SIGMOID: OpDef = OpDef {
    name: "aclnnSigmoid",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Sigmoid),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// grad * y * (1 - y), from the sigmoid's result.
pub static ACLNN_SIGMOID_BACKWARD: OpDef = OpDef {
    name: "aclnnSigmoidBackward",
    params: &[
        Param { name: "gradOutput", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "output", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "gradInput", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::SigmoidGrad),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// -1, 0 or 1; NaN gives 0 as in ATen.
pub static ACLNN_SIGN: OpDef = OpDef {
    name: "aclnnSign",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "result", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Sign),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// x * sigmoid(x).
pub static ACLNN_SILU: OpDef = OpDef {
    name: "aclnnSilu",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Silu),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Gradient of x * sigmoid(x).
pub static ACLNN_SILU_BACKWARD: OpDef = OpDef {
    name: "aclnnSiluBackward",
    params: &[
        Param { name: "gradOutput", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "self", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "gradInput", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::SiluGrad),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Exponential numbers of rate lambda.
pub static ACLNN_SIM_THREAD_EXPONENTIAL: OpDef = OpDef {
    name: "aclnnSimThreadExponential",
    params: &[
        Param { name: "selfRef", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "count", role: Role::COUNT, kind: ParamKind::Int, optional: false },
        Param { name: "lambda", role: Role::SCALE, kind: ParamKind::Float, optional: false },
        Param { name: "seed", role: Role::SEED, kind: ParamKind::Int, optional: false },
        Param { name: "offset", role: Role::OFFSET, kind: ParamKind::Int, optional: false },
    ],
    meaning: Meaning::Random(RandomMode::Exponential),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Sine, of radians.
pub static ACLNN_SIN: OpDef = OpDef {
    name: "aclnnSin",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Sin),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// Hyperbolic sine.
pub static ACLNN_SINH: OpDef = OpDef {
    name: "aclnnSinh",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Sinh),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Float,
};

/// exp(x) divided by its sum along dim; halves compute in f32.
pub static ACLNN_SOFTMAX: OpDef = OpDef {
    name: "aclnnSoftmax",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Softmax { log: false },
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// (grad - sum(grad * y)) * y along dim, from softmax's result.
pub static ACLNN_SOFTMAX_BACKWARD: OpDef = OpDef {
    name: "aclnnSoftmaxBackward",
    params: &[
        Param { name: "gradOutput", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "output", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::SoftmaxGrad { log: false },
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Elements along dim in order, stably, and where they stood.
pub static ACLNN_SORT: OpDef = OpDef {
    name: "aclnnSort",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "stable", role: Role::FLAG, kind: ParamKind::Bool, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "descending", role: Role::FLAG2, kind: ParamKind::Bool, optional: false },
        Param { name: "valuesOut", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "indicesOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Order(OrderMode::Sort),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Square root.
pub static ACLNN_SQRT: OpDef = OpDef {
    name: "aclnnSqrt",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Sqrt),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// x * x; integers wrap.
pub static ACLNN_SQUARE: OpDef = OpDef {
    name: "aclnnSquare",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Square),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// Tensors of one shape side by side along a new axis dim.
pub static ACLNN_STACK: OpDef = OpDef {
    name: "aclnnStack",
    params: &[
        Param { name: "tensors", role: Role::TENSORS, kind: ParamKind::TensorList, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Stack,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Standard deviation over dim, the root of the variance; and the mean.
pub static ACLNN_STD: OpDef = OpDef {
    name: "aclnnStd",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIMS, kind: ParamKind::IntArray, optional: true },
        Param { name: "correction", role: Role::COUNT, kind: ParamKind::Int, optional: false },
        Param { name: "keepdim", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Variance { root: true },
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Standard deviation over dim, the root of the variance; and the mean.
pub static ACLNN_STD_MEAN_CORRECTION: OpDef = OpDef {
    name: "aclnnStdMeanCorrection",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIMS, kind: ParamKind::IntArray, optional: true },
        Param { name: "correction", role: Role::COUNT, kind: ParamKind::Int, optional: false },
        Param { name: "keepdim", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "stdOut", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "meanOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Variance { root: true },
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// self - alpha * other.
pub static ACLNN_SUB: OpDef = OpDef {
    name: "aclnnSub",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "alpha", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Sub),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// self - alpha * other.
pub static ACLNN_SUBS: OpDef = OpDef {
    name: "aclnnSubs",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "other", role: Role::OTHER, kind: ParamKind::Scalar, optional: false },
        Param { name: "alpha", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::Sub),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// Hyperbolic tangent.
pub static ACLNN_TANH: OpDef = OpDef {
    name: "aclnnTanh",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Tanh),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Float,
};

/// grad * (1 - y^2), from tanh's result.
pub static ACLNN_TANH_BACKWARD: OpDef = OpDef {
    name: "aclnnTanhBackward",
    params: &[
        Param { name: "gradOutput", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "output", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "gradInput", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::TanhGrad),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// grad where x is above the threshold, else 0: the gradient of ReLU.
pub static ACLNN_THRESHOLD_BACKWARD: OpDef = OpDef {
    name: "aclnnThresholdBackward",
    params: &[
        Param { name: "gradOutput", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "self", role: Role::OTHER, kind: ParamKind::Tensor, optional: false },
        Param { name: "threshold", role: Role::ALPHA, kind: ParamKind::Scalar, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Binary(BinaryMeaning::ThresholdGrad),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS),
    result: ResultRule::Same,
};

/// The k largest or smallest elements along dim, in order whether asked for or not, and where they stood.
pub static ACLNN_TOPK: OpDef = OpDef {
    name: "aclnnTopk",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "k", role: Role::COUNT, kind: ParamKind::Int, optional: false },
        Param { name: "dim", role: Role::DIM, kind: ParamKind::Int, optional: false },
        Param { name: "largest", role: Role::FLAG, kind: ParamKind::Bool, optional: false },
        Param { name: "sorted", role: Role::FLAG2, kind: ParamKind::Bool, optional: false },
        Param { name: "valuesOut", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "indicesOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Order(OrderMode::Top),
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// The lower triangle of the last two axes up to diagonal, 0 elsewhere.
pub static ACLNN_TRIL: OpDef = OpDef {
    name: "aclnnTril",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "diagonal", role: Role::DIAGONAL, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Tri { upper: false },
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// The upper triangle of the last two axes from diagonal on, 0 elsewhere.
pub static ACLNN_TRIU: OpDef = OpDef {
    name: "aclnnTriu",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "diagonal", role: Role::DIAGONAL, kind: ParamKind::Int, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Tri { upper: true },
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL).union(DTypeSet::COMPLEX),
    result: ResultRule::Same,
};

/// x without its fraction.
pub static ACLNN_TRUNC: OpDef = OpDef {
    name: "aclnnTrunc",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unary(UnaryOp::Trunc),
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// The different elements, ascending, which of them each element is, and how often each occurs; NaNs all differ.
pub static ACLNN_UNIQUE: OpDef = OpDef {
    name: "aclnnUnique",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "sorted", role: Role::FLAG, kind: ParamKind::Bool, optional: false },
        Param { name: "returnInverse", role: Role::FLAG2, kind: ParamKind::Bool, optional: false },
        Param { name: "valueOut", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "inverseOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unique,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// The different elements, ascending, which of them each element is, and how often each occurs; NaNs all differ.
pub static ACLNN_UNIQUE2: OpDef = OpDef {
    name: "aclnnUnique2",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "sorted", role: Role::FLAG, kind: ParamKind::Bool, optional: false },
        Param { name: "returnInverse", role: Role::FLAG2, kind: ParamKind::Bool, optional: false },
        Param { name: "returnCounts", role: Role::FLAG3, kind: ParamKind::Bool, optional: false },
        Param { name: "valueOut", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "inverseOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
        Param { name: "countsOut", role: Role::OUT3, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Unique,
    dtypes: DTypeSet::FLOATS.union(DTypeSet::INTEGERS).union(DTypeSet::BOOL),
    result: ResultRule::Same,
};

/// Variance over dim: the sum of squared distances from the mean divided by n - correction; and the mean.
pub static ACLNN_VAR: OpDef = OpDef {
    name: "aclnnVar",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIMS, kind: ParamKind::IntArray, optional: true },
        Param { name: "unbiased", role: Role::FLAG, kind: ParamKind::Bool, optional: false },
        Param { name: "keepdim", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Variance { root: false },
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Variance over dim: the sum of squared distances from the mean divided by n - correction; and the mean.
pub static ACLNN_VAR_CORRECTION: OpDef = OpDef {
    name: "aclnnVarCorrection",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIMS, kind: ParamKind::IntArray, optional: true },
        Param { name: "correction", role: Role::COUNT, kind: ParamKind::Int, optional: false },
        Param { name: "keepdim", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "out", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Variance { root: false },
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Variance over dim: the sum of squared distances from the mean divided by n - correction; and the mean.
pub static ACLNN_VAR_MEAN: OpDef = OpDef {
    name: "aclnnVarMean",
    params: &[
        Param { name: "self", role: Role::SELF, kind: ParamKind::Tensor, optional: false },
        Param { name: "dim", role: Role::DIMS, kind: ParamKind::IntArray, optional: true },
        Param { name: "correction", role: Role::COUNT, kind: ParamKind::Int, optional: false },
        Param { name: "keepdim", role: Role::KEEP_DIM, kind: ParamKind::Bool, optional: false },
        Param { name: "varOut", role: Role::OUT, kind: ParamKind::Tensor, optional: false },
        Param { name: "meanOut", role: Role::OUT2, kind: ParamKind::Tensor, optional: false },
    ],
    meaning: Meaning::Variance { root: false },
    dtypes: DTypeSet::FLOATS,
    result: ResultRule::Same,
};

/// Every operator, by C name.
pub static ALL: &[&OpDef] = &[
    &ACLNN_ABS,
    &ACLNN_ADD,
    &ACLNN_ADDCDIV,
    &ACLNN_ADDCMUL,
    &ACLNN_ADDMM,
    &ACLNN_ADDS,
    &ACLNN_ALL,
    &ACLNN_AMAX,
    &ACLNN_AMIN,
    &ACLNN_ANY,
    &ACLNN_ARANGE,
    &ACLNN_ARG_MAX,
    &ACLNN_ARG_MIN,
    &ACLNN_ARGSORT,
    &ACLNN_ASINH,
    &ACLNN_ATAN,
    &ACLNN_ATAN2,
    &ACLNN_BADDBMM,
    &ACLNN_BATCH_MAT_MUL,
    &ACLNN_BERNOULLI,
    &ACLNN_BERNOULLI_TENSOR,
    &ACLNN_BITWISE_AND_SCALAR,
    &ACLNN_BITWISE_AND_TENSOR,
    &ACLNN_BITWISE_NOT,
    &ACLNN_BITWISE_OR_SCALAR,
    &ACLNN_BITWISE_OR_TENSOR,
    &ACLNN_BITWISE_XOR_SCALAR,
    &ACLNN_BITWISE_XOR_TENSOR,
    &ACLNN_CAST,
    &ACLNN_CAT,
    &ACLNN_CEIL,
    &ACLNN_CLAMP,
    &ACLNN_CLAMP_MAX,
    &ACLNN_CLAMP_MAX_TENSOR,
    &ACLNN_CLAMP_MIN,
    &ACLNN_CLAMP_MIN_TENSOR,
    &ACLNN_CLAMP_TENSOR,
    &ACLNN_CONSTANT_PAD_ND,
    &ACLNN_CONV_DEPTHWISE2D,
    &ACLNN_CONV_TBC,
    &ACLNN_CONVOLUTION,
    &ACLNN_COS,
    &ACLNN_COSH,
    &ACLNN_CUMMAX,
    &ACLNN_CUMMIN,
    &ACLNN_CUMPROD,
    &ACLNN_CUMSUM,
    &ACLNN_CUMSUM_V2,
    &ACLNN_DIV,
    &ACLNN_DIV_MOD,
    &ACLNN_DIV_MODS,
    &ACLNN_DIVS,
    &ACLNN_DROPOUT,
    &ACLNN_DROPOUT_BACKWARD,
    &ACLNN_DROPOUT_DO_MASK,
    &ACLNN_DROPOUT_GEN_MASK,
    &ACLNN_DROPOUT_GEN_MASK_V2,
    &ACLNN_DROPOUT_GEN_MASK_V2_TENSOR,
    &ACLNN_EMBEDDING,
    &ACLNN_EMBEDDING_DENSE_BACKWARD,
    &ACLNN_EQ_SCALAR,
    &ACLNN_EQ_TENSOR,
    &ACLNN_EQUAL,
    &ACLNN_ERF,
    &ACLNN_ERFC,
    &ACLNN_EXP,
    &ACLNN_EXPAND,
    &ACLNN_EXPM1,
    &ACLNN_EYE,
    &ACLNN_FLASH_ATTENTION_SCORE,
    &ACLNN_FLASH_ATTENTION_SCORE_GRAD,
    &ACLNN_FLASH_ATTENTION_SCORE_GRAD_V2,
    &ACLNN_FLASH_ATTENTION_SCORE_V2,
    &ACLNN_FLIP,
    &ACLNN_FLOOR,
    &ACLNN_FLOOR_DIVIDE,
    &ACLNN_FLOOR_DIVIDES,
    &ACLNN_FMOD_SCALAR,
    &ACLNN_FMOD_TENSOR,
    &ACLNN_FOREACH_ABS,
    &ACLNN_FOREACH_ADD_LIST_V2,
    &ACLNN_FOREACH_ADD_SCALAR_LIST,
    &ACLNN_FOREACH_ADD_SCALAR_V2,
    &ACLNN_FOREACH_ADDCDIV_SCALAR_V2,
    &ACLNN_FOREACH_ADDCMUL_SCALAR_V2,
    &ACLNN_FOREACH_ATAN,
    &ACLNN_FOREACH_COS,
    &ACLNN_FOREACH_COSH,
    &ACLNN_FOREACH_DIV_LIST,
    &ACLNN_FOREACH_DIV_SCALAR_LIST,
    &ACLNN_FOREACH_DIV_SCALAR_V2,
    &ACLNN_FOREACH_ERF,
    &ACLNN_FOREACH_ERFC,
    &ACLNN_FOREACH_EXP,
    &ACLNN_FOREACH_EXPM1,
    &ACLNN_FOREACH_LERP_LIST,
    &ACLNN_FOREACH_LERP_SCALAR,
    &ACLNN_FOREACH_LOG,
    &ACLNN_FOREACH_LOG10,
    &ACLNN_FOREACH_LOG1P,
    &ACLNN_FOREACH_LOG2,
    &ACLNN_FOREACH_MAXIMUM_LIST,
    &ACLNN_FOREACH_MAXIMUM_SCALAR_LIST,
    &ACLNN_FOREACH_MAXIMUM_SCALAR_V2,
    &ACLNN_FOREACH_MINIMUM_LIST,
    &ACLNN_FOREACH_MINIMUM_SCALAR_LIST,
    &ACLNN_FOREACH_MINIMUM_SCALAR_V2,
    &ACLNN_FOREACH_MUL_LIST,
    &ACLNN_FOREACH_MUL_SCALAR_LIST,
    &ACLNN_FOREACH_MUL_SCALAR_V2,
    &ACLNN_FOREACH_NEG,
    &ACLNN_FOREACH_NORM,
    &ACLNN_FOREACH_POW_LIST,
    &ACLNN_FOREACH_POW_SCALAR_AND_TENSOR,
    &ACLNN_FOREACH_POW_SCALAR_LIST,
    &ACLNN_FOREACH_POW_SCALAR_V2,
    &ACLNN_FOREACH_RECIPROCAL,
    &ACLNN_FOREACH_SIGMOID,
    &ACLNN_FOREACH_SIGN,
    &ACLNN_FOREACH_SIN,
    &ACLNN_FOREACH_SINH,
    &ACLNN_FOREACH_SQRT,
    &ACLNN_FOREACH_SUB_LIST_V2,
    &ACLNN_FOREACH_SUB_SCALAR_LIST,
    &ACLNN_FOREACH_SUB_SCALAR_V2,
    &ACLNN_FOREACH_TANH,
    &ACLNN_GATHER,
    &ACLNN_GE_SCALAR,
    &ACLNN_GE_TENSOR,
    &ACLNN_GELU,
    &ACLNN_GELU_BACKWARD,
    &ACLNN_GELU_BACKWARD_V2,
    &ACLNN_GELU_V2,
    &ACLNN_GT_SCALAR,
    &ACLNN_GT_TENSOR,
    &ACLNN_INDEX,
    &ACLNN_INDEX_ADD,
    &ACLNN_INDEX_COPY,
    &ACLNN_INDEX_FILL,
    &ACLNN_INDEX_PUT_IMPL,
    &ACLNN_INDEX_SELECT,
    &ACLNN_INPLACE_ADD,
    &ACLNN_INPLACE_ADDCDIV,
    &ACLNN_INPLACE_ADDCMUL,
    &ACLNN_INPLACE_ADDMM,
    &ACLNN_INPLACE_ADDS,
    &ACLNN_INPLACE_ASINH,
    &ACLNN_INPLACE_ATAN,
    &ACLNN_INPLACE_ATAN2,
    &ACLNN_INPLACE_BADDBMM,
    &ACLNN_INPLACE_BERNOULLI,
    &ACLNN_INPLACE_BERNOULLI_TENSOR,
    &ACLNN_INPLACE_BITWISE_AND_SCALAR,
    &ACLNN_INPLACE_BITWISE_AND_TENSOR,
    &ACLNN_INPLACE_BITWISE_OR_SCALAR,
    &ACLNN_INPLACE_BITWISE_OR_TENSOR,
    &ACLNN_INPLACE_BITWISE_XOR_SCALAR,
    &ACLNN_INPLACE_BITWISE_XOR_TENSOR,
    &ACLNN_INPLACE_CEIL,
    &ACLNN_INPLACE_CLAMP_MAX,
    &ACLNN_INPLACE_CLAMP_MAX_TENSOR,
    &ACLNN_INPLACE_CLAMP_MIN_TENSOR,
    &ACLNN_INPLACE_COPY,
    &ACLNN_INPLACE_COS,
    &ACLNN_INPLACE_COSH,
    &ACLNN_INPLACE_CUMPROD,
    &ACLNN_INPLACE_DIV,
    &ACLNN_INPLACE_DIV_MOD,
    &ACLNN_INPLACE_DIV_MODS,
    &ACLNN_INPLACE_DIVS,
    &ACLNN_INPLACE_EQ_SCALAR,
    &ACLNN_INPLACE_EQ_TENSOR,
    &ACLNN_INPLACE_ERF,
    &ACLNN_INPLACE_ERFC,
    &ACLNN_INPLACE_EXP,
    &ACLNN_INPLACE_EXPM1,
    &ACLNN_INPLACE_FILL_SCALAR,
    &ACLNN_INPLACE_FILL_TENSOR,
    &ACLNN_INPLACE_FLOOR,
    &ACLNN_INPLACE_FLOOR_DIVIDE,
    &ACLNN_INPLACE_FLOOR_DIVIDES,
    &ACLNN_INPLACE_FMOD_SCALAR,
    &ACLNN_INPLACE_FMOD_TENSOR,
    &ACLNN_INPLACE_GE_SCALAR,
    &ACLNN_INPLACE_GE_TENSOR,
    &ACLNN_INPLACE_GT_SCALAR,
    &ACLNN_INPLACE_GT_TENSOR,
    &ACLNN_INPLACE_INDEX_COPY,
    &ACLNN_INPLACE_INDEX_FILL,
    &ACLNN_INPLACE_LE_SCALAR,
    &ACLNN_INPLACE_LE_TENSOR,
    &ACLNN_INPLACE_LERP,
    &ACLNN_INPLACE_LERPS,
    &ACLNN_INPLACE_LOG,
    &ACLNN_INPLACE_LOG10,
    &ACLNN_INPLACE_LOG1P,
    &ACLNN_INPLACE_LOG2,
    &ACLNN_INPLACE_LOGICAL_AND,
    &ACLNN_INPLACE_LOGICAL_NOT,
    &ACLNN_INPLACE_LOGICAL_OR,
    &ACLNN_INPLACE_LT_SCALAR,
    &ACLNN_INPLACE_LT_TENSOR,
    &ACLNN_INPLACE_MASKED_FILL_SCALAR,
    &ACLNN_INPLACE_MASKED_FILL_TENSOR,
    &ACLNN_INPLACE_MUL,
    &ACLNN_INPLACE_MULS,
    &ACLNN_INPLACE_NE_SCALAR,
    &ACLNN_INPLACE_NE_TENSOR,
    &ACLNN_INPLACE_NEG,
    &ACLNN_INPLACE_NORMAL,
    &ACLNN_INPLACE_NORMAL_TENSOR,
    &ACLNN_INPLACE_ONE,
    &ACLNN_INPLACE_POW_TENSOR_SCALAR,
    &ACLNN_INPLACE_POW_TENSOR_TENSOR,
    &ACLNN_INPLACE_RANDOM,
    &ACLNN_INPLACE_RANDOM_TENSOR,
    &ACLNN_INPLACE_RANDOM_WITHOUT_FROM_TO,
    &ACLNN_INPLACE_RANDOM_WITHOUT_FROM_TO_TENSOR,
    &ACLNN_INPLACE_RECIPROCAL,
    &ACLNN_INPLACE_RELU,
    &ACLNN_INPLACE_REMAINDER_TENSOR_SCALAR,
    &ACLNN_INPLACE_REMAINDER_TENSOR_TENSOR,
    &ACLNN_INPLACE_ROUND,
    &ACLNN_INPLACE_RSQRT,
    &ACLNN_INPLACE_SCATTER,
    &ACLNN_INPLACE_SCATTER_VALUE,
    &ACLNN_INPLACE_SIGMOID,
    &ACLNN_INPLACE_SIN,
    &ACLNN_INPLACE_SINH,
    &ACLNN_INPLACE_SQRT,
    &ACLNN_INPLACE_SUB,
    &ACLNN_INPLACE_SUBS,
    &ACLNN_INPLACE_TANH,
    &ACLNN_INPLACE_TRIL,
    &ACLNN_INPLACE_TRIU,
    &ACLNN_INPLACE_TRUNC,
    &ACLNN_INPLACE_UNIFORM,
    &ACLNN_INPLACE_UNIFORM_TENSOR,
    &ACLNN_INPLACE_ZERO,
    &ACLNN_IS_FINITE,
    &ACLNN_IS_INF,
    &ACLNN_KTHVALUE,
    &ACLNN_L1_LOSS,
    &ACLNN_L1_LOSS_BACKWARD,
    &ACLNN_LAYER_NORM,
    &ACLNN_LAYER_NORM_BACKWARD,
    &ACLNN_LE_SCALAR,
    &ACLNN_LE_TENSOR,
    &ACLNN_LERP,
    &ACLNN_LERPS,
    &ACLNN_LINALG_VECTOR_NORM,
    &ACLNN_LINSPACE,
    &ACLNN_LOG,
    &ACLNN_LOG10,
    &ACLNN_LOG1P,
    &ACLNN_LOG2,
    &ACLNN_LOG_SOFTMAX,
    &ACLNN_LOG_SOFTMAX_BACKWARD,
    &ACLNN_LOGICAL_AND,
    &ACLNN_LOGICAL_NOT,
    &ACLNN_LOGICAL_OR,
    &ACLNN_LOGICAL_XOR,
    &ACLNN_LT_SCALAR,
    &ACLNN_LT_TENSOR,
    &ACLNN_MASKED_SELECT,
    &ACLNN_MATMUL,
    &ACLNN_MAX,
    &ACLNN_MAX_DIM,
    &ACLNN_MAXIMUM,
    &ACLNN_MEAN,
    &ACLNN_MEDIAN,
    &ACLNN_MEDIAN_DIM,
    &ACLNN_MIN,
    &ACLNN_MIN_DIM,
    &ACLNN_MINIMUM,
    &ACLNN_MM,
    &ACLNN_MSE_LOSS,
    &ACLNN_MSE_LOSS_BACKWARD,
    &ACLNN_MSE_LOSS_OUT,
    &ACLNN_MUL,
    &ACLNN_MULS,
    &ACLNN_MULTINOMIAL,
    &ACLNN_MULTINOMIAL_TENSOR,
    &ACLNN_NLL_LOSS,
    &ACLNN_NLL_LOSS2D,
    &ACLNN_NLL_LOSS2D_BACKWARD,
    &ACLNN_NLL_LOSS_BACKWARD,
    &ACLNN_NE_SCALAR,
    &ACLNN_NE_TENSOR,
    &ACLNN_NEG,
    &ACLNN_NONZERO,
    &ACLNN_NONZERO_V2,
    &ACLNN_NORM,
    &ACLNN_NORMAL_FLOAT_FLOAT,
    &ACLNN_NORMAL_FLOAT_TENSOR,
    &ACLNN_NORMAL_TENSOR_FLOAT,
    &ACLNN_NORMAL_TENSOR_TENSOR,
    &ACLNN_ONE_HOT,
    &ACLNN_PERMUTE,
    &ACLNN_POW_SCALAR_TENSOR,
    &ACLNN_POW_TENSOR_SCALAR,
    &ACLNN_POW_TENSOR_TENSOR,
    &ACLNN_PROD,
    &ACLNN_PROD_DIM,
    &ACLNN_RANDPERM,
    &ACLNN_RECIPROCAL,
    &ACLNN_REDUCE_SUM,
    &ACLNN_RELU,
    &ACLNN_REMAINDER_SCALAR_TENSOR,
    &ACLNN_REMAINDER_TENSOR_SCALAR,
    &ACLNN_REMAINDER_TENSOR_TENSOR,
    &ACLNN_REPEAT,
    &ACLNN_RMS_NORM,
    &ACLNN_RMS_NORM_GRAD,
    &ACLNN_ROUND,
    &ACLNN_RSQRT,
    &ACLNN_RSUB,
    &ACLNN_RSUBS,
    &ACLNN_S_WHERE,
    &ACLNN_SCATTER,
    &ACLNN_SCATTER_ADD,
    &ACLNN_SCATTER_VALUE,
    &ACLNN_SIGMOID,
    &ACLNN_SIGMOID_BACKWARD,
    &ACLNN_SIGN,
    &ACLNN_SILU,
    &ACLNN_SILU_BACKWARD,
    &ACLNN_SIM_THREAD_EXPONENTIAL,
    &ACLNN_SIN,
    &ACLNN_SINH,
    &ACLNN_SOFTMAX,
    &ACLNN_SOFTMAX_BACKWARD,
    &ACLNN_SORT,
    &ACLNN_SQRT,
    &ACLNN_SQUARE,
    &ACLNN_STACK,
    &ACLNN_STD,
    &ACLNN_STD_MEAN_CORRECTION,
    &ACLNN_SUB,
    &ACLNN_SUBS,
    &ACLNN_TANH,
    &ACLNN_TANH_BACKWARD,
    &ACLNN_THRESHOLD_BACKWARD,
    &ACLNN_TOPK,
    &ACLNN_TRIL,
    &ACLNN_TRIU,
    &ACLNN_TRUNC,
    &ACLNN_UNIQUE,
    &ACLNN_UNIQUE2,
    &ACLNN_VAR,
    &ACLNN_VAR_CORRECTION,
    &ACLNN_VAR_MEAN,
];
