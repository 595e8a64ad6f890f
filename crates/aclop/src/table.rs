//! Which operator a type of CANN's operator library stands for, and where its arguments come from.

use npu_ops::{OpDef, registry as op};

/// Where an argument of the operator comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    /// An input.
    In(usize),
    /// An input, its last two axes exchanged if the bool attribute says so.
    Turned(usize, &'static str),
    /// All inputs as a list.
    Inputs,
    /// All inputs as a list, each with a new axis where the attribute says.
    Stacked(&'static str),
    /// An output.
    Out(usize),
    /// The one element of an input that the host knows.
    Element(usize),
    /// The elements of an input that the host knows.
    Elements(usize),
    /// A number that is the same for every call.
    Scalar(i64),
    /// A flag that is the same for every call.
    Flag(bool),
    /// An integer that is the same for every call.
    Int(i64),
    /// The element type of an output.
    TypeOf(usize),
    /// A number, by attribute.
    Number(&'static str),
    /// An integer, by attribute, with what it is when it is missing.
    IntAttr(&'static str, i64),
    /// The first of several integers, by attribute.
    FirstInt(&'static str, i64),
    /// Integers, by attribute; none if it is missing.
    Ints(&'static str),
    /// A bool, by attribute, false if it is missing.
    Flagged(&'static str),
}

/// What an operator type does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Meaning {
    /// An operator of the registry.
    Op(&'static OpDef, &'static [Source]),
    /// Input 0 in the format and shape of output 0.
    Relayout,
    /// Input 0 broadcast to output 0.
    Broadcast,
    /// A part of input 0: first index and extent of each axis are inputs 1 and 2.
    Slice,
    /// A strided view of input 0: dimensions, strides and offset are inputs 1 to 3.
    AsStrided,
}

use Meaning::Op;
use Source::*;

const UNARY: &[Source] = &[In(0), Out(0)];
const BINARY: &[Source] = &[In(0), In(1), Out(0)];
const REDUCE: &[Source] = &[In(0), Elements(1), Flagged("keep_dims"), Out(0)];
const REDUCE_D: &[Source] = &[In(0), Ints("axes"), Flagged("keep_dims"), Out(0)];
const REDUCE_TYPED: &[Source] = &[In(0), Elements(1), Flagged("keep_dims"), TypeOf(0), Out(0)];
const REDUCE_TYPED_D: &[Source] = &[In(0), Ints("axes"), Flagged("keep_dims"), TypeOf(0), Out(0)];

/// The meaning of a type.
pub(crate) fn find(op_type: &str) -> Option<Meaning> {
    TABLE.iter().find(|(name, _)| *name == op_type).map(|(_, meaning)| *meaning)
}

/// Names are those of CANN's operator library, as its public list gives them.
const TABLE: &[(&str, Meaning)] = &[
    ("Abs", Op(&op::ACLNN_ABS, UNARY)),
    ("Asinh", Op(&op::ACLNN_ASINH, UNARY)),
    ("Atan", Op(&op::ACLNN_ATAN, UNARY)),
    ("Ceil", Op(&op::ACLNN_CEIL, UNARY)),
    ("Cos", Op(&op::ACLNN_COS, UNARY)),
    ("Cosh", Op(&op::ACLNN_COSH, UNARY)),
    ("Erf", Op(&op::ACLNN_ERF, UNARY)),
    ("Erfc", Op(&op::ACLNN_ERFC, UNARY)),
    ("Exp", Op(&op::ACLNN_EXP, UNARY)),
    ("Expm1", Op(&op::ACLNN_EXPM1, UNARY)),
    ("Floor", Op(&op::ACLNN_FLOOR, UNARY)),
    ("Gelu", Op(&op::ACLNN_GELU, UNARY)),
    ("Invert", Op(&op::ACLNN_BITWISE_NOT, UNARY)),
    ("Log", Op(&op::ACLNN_LOG, UNARY)),
    ("Log1p", Op(&op::ACLNN_LOG1P, UNARY)),
    ("LogicalNot", Op(&op::ACLNN_LOGICAL_NOT, UNARY)),
    ("Neg", Op(&op::ACLNN_NEG, UNARY)),
    ("Reciprocal", Op(&op::ACLNN_RECIPROCAL, UNARY)),
    ("Relu", Op(&op::ACLNN_RELU, UNARY)),
    ("Rint", Op(&op::ACLNN_ROUND, UNARY)),
    ("Round", Op(&op::ACLNN_ROUND, UNARY)),
    ("Rsqrt", Op(&op::ACLNN_RSQRT, UNARY)),
    ("Sigmoid", Op(&op::ACLNN_SIGMOID, UNARY)),
    ("Sign", Op(&op::ACLNN_SIGN, UNARY)),
    ("Sin", Op(&op::ACLNN_SIN, UNARY)),
    ("Sinh", Op(&op::ACLNN_SINH, UNARY)),
    ("Sqrt", Op(&op::ACLNN_SQRT, UNARY)),
    ("Square", Op(&op::ACLNN_SQUARE, UNARY)),
    ("Tanh", Op(&op::ACLNN_TANH, UNARY)),
    ("Trunc", Op(&op::ACLNN_TRUNC, UNARY)),
    ("Add", Op(&op::ACLNN_ADD, &[In(0), In(1), Scalar(1), Out(0)])),
    ("AddV2", Op(&op::ACLNN_ADD, &[In(0), In(1), Scalar(1), Out(0)])),
    ("Sub", Op(&op::ACLNN_SUB, &[In(0), In(1), Scalar(1), Out(0)])),
    ("Mul", Op(&op::ACLNN_MUL, BINARY)),
    ("RealDiv", Op(&op::ACLNN_DIV, BINARY)),
    ("Atan2", Op(&op::ACLNN_ATAN2, BINARY)),
    ("BitwiseAnd", Op(&op::ACLNN_BITWISE_AND_TENSOR, BINARY)),
    ("BitwiseOr", Op(&op::ACLNN_BITWISE_OR_TENSOR, BINARY)),
    ("BitwiseXor", Op(&op::ACLNN_BITWISE_XOR_TENSOR, BINARY)),
    ("Equal", Op(&op::ACLNN_EQ_TENSOR, BINARY)),
    ("FloorDiv", Op(&op::ACLNN_FLOOR_DIVIDE, BINARY)),
    ("FloorMod", Op(&op::ACLNN_REMAINDER_TENSOR_TENSOR, BINARY)),
    ("Greater", Op(&op::ACLNN_GT_TENSOR, BINARY)),
    ("GreaterEqual", Op(&op::ACLNN_GE_TENSOR, BINARY)),
    ("Less", Op(&op::ACLNN_LT_TENSOR, BINARY)),
    ("LessEqual", Op(&op::ACLNN_LE_TENSOR, BINARY)),
    ("LogicalAnd", Op(&op::ACLNN_LOGICAL_AND, BINARY)),
    ("LogicalOr", Op(&op::ACLNN_LOGICAL_OR, BINARY)),
    ("Maximum", Op(&op::ACLNN_MAXIMUM, BINARY)),
    ("Minimum", Op(&op::ACLNN_MINIMUM, BINARY)),
    ("Mod", Op(&op::ACLNN_FMOD_TENSOR, BINARY)),
    ("NotEqual", Op(&op::ACLNN_NE_TENSOR, BINARY)),
    ("Pow", Op(&op::ACLNN_POW_TENSOR_TENSOR, BINARY)),
    ("Adds", Op(&op::ACLNN_ADDS, &[In(0), Number("value"), Scalar(1), Out(0)])),
    ("Muls", Op(&op::ACLNN_MULS, &[In(0), Number("value"), Out(0)])),
    ("Select", Op(&op::ACLNN_S_WHERE, &[In(0), In(1), In(2), Out(0)])),
    ("SelectV2", Op(&op::ACLNN_S_WHERE, &[In(0), In(1), In(2), Out(0)])),
    ("Cast", Op(&op::ACLNN_CAST, &[In(0), TypeOf(0), Out(0)])),
    ("Fill", Op(&op::ACLNN_INPLACE_FILL_SCALAR, &[Out(0), Element(1)])),
    ("ZerosLike", Op(&op::ACLNN_INPLACE_ZERO, &[Out(0)])),
    ("OnesLike", Op(&op::ACLNN_INPLACE_ONE, &[Out(0)])),
    ("Range", Op(&op::ACLNN_ARANGE, &[Element(0), Element(1), Element(2), Out(0)])),
    ("Tril", Op(&op::ACLNN_TRIL, &[In(0), IntAttr("diagonal", 0), Out(0)])),
    ("Triu", Op(&op::ACLNN_TRIU, &[In(0), IntAttr("diagonal", 0), Out(0)])),
    ("Transpose", Op(&op::ACLNN_PERMUTE, &[In(0), Elements(1), Out(0)])),
    ("TransposeD", Op(&op::ACLNN_PERMUTE, &[In(0), Ints("perm"), Out(0)])),
    ("ConcatD", Op(&op::ACLNN_CAT, &[Inputs, IntAttr("concat_dim", 0), Out(0)])),
    ("Pack", Op(&op::ACLNN_CAT, &[Stacked("axis"), IntAttr("axis", 0), Out(0)])),
    ("SoftmaxV2", Op(&op::ACLNN_SOFTMAX, &[In(0), FirstInt("axes", -1), Out(0)])),
    ("LogSoftmaxV2", Op(&op::ACLNN_LOG_SOFTMAX, &[In(0), FirstInt("axes", -1), Out(0)])),
    ("ReduceSum", Op(&op::ACLNN_REDUCE_SUM, REDUCE_TYPED)),
    ("ReduceSumD", Op(&op::ACLNN_REDUCE_SUM, REDUCE_TYPED_D)),
    ("ReduceMean", Op(&op::ACLNN_MEAN, REDUCE_TYPED)),
    ("ReduceMeanD", Op(&op::ACLNN_MEAN, REDUCE_TYPED_D)),
    ("ReduceMax", Op(&op::ACLNN_AMAX, REDUCE)),
    ("ReduceMaxD", Op(&op::ACLNN_AMAX, REDUCE_D)),
    ("ReduceMin", Op(&op::ACLNN_AMIN, REDUCE)),
    ("ReduceMinD", Op(&op::ACLNN_AMIN, REDUCE_D)),
    ("ArgMaxV2", Op(&op::ACLNN_ARG_MAX, &[In(0), Element(1), Flag(false), Out(0)])),
    ("MatMul", Op(&op::ACLNN_MM, &[Turned(0, "transpose_x1"), Turned(1, "transpose_x2"), Out(0), Int(0)])),
    ("MatMulV2", Op(&op::ACLNN_MM, &[Turned(0, "transpose_x1"), Turned(1, "transpose_x2"), Out(0), Int(0)])),
    ("BatchMatMul", Op(&op::ACLNN_MATMUL, &[Turned(0, "adj_x1"), Turned(1, "adj_x2"), Out(0), Int(0)])),
    ("BatchMatMulV2", Op(&op::ACLNN_MATMUL, &[Turned(0, "adj_x1"), Turned(1, "adj_x2"), Out(0), Int(0)])),
    ("GatherV2D", Op(&op::ACLNN_INDEX_SELECT, &[In(0), IntAttr("axis", 0), In(1), Out(0)])),
    ("GatherV2", Op(&op::ACLNN_INDEX_SELECT, &[In(0), Element(2), In(1), Out(0)])),
    ("Identity", Meaning::Relayout),
    ("TensorMove", Meaning::Relayout),
    ("TransData", Meaning::Relayout),
    ("BroadcastTo", Meaning::Broadcast),
    ("Slice", Meaning::Slice),
    ("AsStrided", Meaning::AsStrided),
];
