//! Which operator a type of CANN's operator library stands for, where its arguments come from, and the shape of its
//! results.

use crate::{
    infer::{self, Rule},
    plans::{self, OwnPlan},
};
use npu_ops::{OpDef, registry as op};

/// Where an argument of the operator comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source {
    /// An input.
    In(usize),
    /// An input, its last two axes exchanged if the bool attribute says so.
    Turned(usize, &'static str),
    /// All inputs as a list, or those that were said to belong to one.
    Inputs,
    /// The same, each with a new axis where the attribute says.
    Stacked(&'static str),
    /// An input with an element for each channel of input 0.
    Channels(usize),
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
    /// Whether quotients of this input's type are rounded toward zero: those of integers.
    Rounding(usize),
    /// A number, by attribute.
    Number(&'static str),
    /// An integer, by attribute, with what it is when it is missing.
    IntAttr(&'static str, i64),
    /// The first of several integers, by attribute.
    FirstInt(&'static str, i64),
    /// Integers, by attribute; none if it is missing.
    Ints(&'static str),
    /// Pairs of paddings in an input, the first axis first.
    Padding(usize),
    /// Pairs of paddings, by attribute, the first axis first.
    PaddingAttr(&'static str),
    /// A bool, by attribute, false if it is missing.
    Flagged(&'static str),
}

impl Source {
    fn attribute(self) -> Option<&'static str> {
        use Source::*;
        match self {
            Turned(_, name)
            | Stacked(name)
            | Number(name)
            | IntAttr(name, _)
            | FirstInt(name, _)
            | Ints(name)
            | PaddingAttr(name)
            | Flagged(name) => Some(name),
            Channels(_) => Some("data_format"),
            _ => None,
        }
    }

    /// The number of inputs that this takes part in needing; none for lists.
    fn inputs(self) -> Option<usize> {
        use Source::*;
        match self {
            Inputs | Stacked(_) => None,
            In(i) | Turned(i, _) | Channels(i) | Element(i) | Elements(i) | Padding(i) => Some(i + 1),
            _ => Some(0),
        }
    }
}

/// What an operator type does.
#[derive(Clone, Copy)]
pub(crate) enum Meaning {
    /// An operator of the registry.
    Op(&'static OpDef, &'static [Source]),
    /// A plan of its own.
    Own(OwnPlan),
}

/// The value that an attribute without influence must have.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fixed {
    /// Any: it says nothing about the result.
    Any,
    Int(i64),
    Float(f32),
    Flag(bool),
}

/// An operator type.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) meaning: Meaning,
    pub(crate) shape: Rule,
    /// Attributes of plans of their own, and the most inputs; registered operators have theirs in the sources.
    own: (&'static [&'static str], Option<usize>),
    /// Attributes that may be given with one value only.
    pub(crate) also: &'static [(&'static str, Fixed)],
    /// Stored formats are the operator's own business.
    pub(crate) knows_formats: bool,
}

impl Entry {
    const fn also(mut self, also: &'static [(&'static str, Fixed)]) -> Entry {
        self.also = also;
        self
    }

    const fn knowing_formats(mut self) -> Entry {
        self.knows_formats = true;
        self
    }

    /// The attributes that the operator reads.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = &'static str> {
        let sources = match self.meaning {
            Meaning::Op(_, sources) => sources,
            Meaning::Own(_) => &[],
        };
        sources.iter().filter_map(|source| source.attribute()).chain(self.own.0.iter().copied())
    }

    /// The most inputs that the operator takes; none for lists of any length.
    pub(crate) fn inputs(&self) -> Option<usize> {
        match self.meaning {
            // One is there even if only its shape counts.
            Meaning::Op(_, sources) => {
                sources.iter().try_fold(1, |most, source| Some(source.inputs()?.max(most)))
            }
            Meaning::Own(_) => self.own.1,
        }
    }
}

use Source::*;

const UNARY: &[Source] = &[In(0), Out(0)];
const BINARY: &[Source] = &[In(0), In(1), Out(0)];
const REDUCE: &[Source] = &[In(0), Elements(1), Flagged("keep_dims"), Out(0)];
const REDUCE_D: &[Source] = &[In(0), Ints("axes"), Flagged("keep_dims"), Out(0)];
const REDUCE_TYPED: &[Source] = &[In(0), Elements(1), Flagged("keep_dims"), TypeOf(0), Out(0)];
const REDUCE_TYPED_D: &[Source] = &[In(0), Ints("axes"), Flagged("keep_dims"), TypeOf(0), Out(0)];
/// Exponentials and logarithms are those of e.
const NATURAL: &[(&str, Fixed)] =
    &[("base", Fixed::Float(-1.0)), ("scale", Fixed::Float(1.0)), ("shift", Fixed::Float(0.0))];
const NO_OFFSET: &[(&str, Fixed)] = &[("offset_x", Fixed::Int(0)), ("offset_a", Fixed::Int(0))];
/// No axes are all axes.
const EMPTY_AXES: &[(&str, Fixed)] = &[("noop_with_empty_axes", Fixed::Any)];
const CONV: &[&str] = &["strides", "pads", "dilations", "groups", "padding"];
const CONV_ALSO: &[(&str, Fixed)] =
    &[("data_format", Fixed::Any), ("offset_x", Fixed::Int(0)), ("auto_pad", Fixed::Any)];

const fn entry(name: &'static str, meaning: Meaning, shape: Rule) -> Entry {
    Entry { name, meaning, shape, own: (&[], None), also: &[], knows_formats: false }
}

const fn by(name: &'static str, def: &'static OpDef, sources: &'static [Source], shape: Rule) -> Entry {
    entry(name, Meaning::Op(def, sources), shape)
}

const fn unary(name: &'static str, def: &'static OpDef) -> Entry {
    by(name, def, UNARY, infer::same)
}

const fn binary(name: &'static str, def: &'static OpDef) -> Entry {
    by(name, def, BINARY, infer::broadcast)
}

const fn own(
    name: &'static str,
    plan: OwnPlan,
    shape: Rule,
    attributes: &'static [&'static str],
    inputs: Option<usize>,
) -> Entry {
    Entry {
        name,
        meaning: Meaning::Own(plan),
        shape,
        own: (attributes, inputs),
        also: &[],
        knows_formats: false,
    }
}

/// The operator of a type.
pub(crate) fn find(op_type: &str) -> Option<&'static Entry> {
    TABLE.iter().find(|entry| entry.name == op_type)
}

/// The three names most like this one.
pub(crate) fn nearest(op_type: &str) -> Vec<&'static str> {
    let mut names: Vec<&str> = TABLE.iter().map(|entry| entry.name).collect();
    names.sort_by_key(|name| distance(op_type, name));
    names.truncate(3);
    names
}

/// How many letters have to change, come or go, upper and lower case alike.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// Names are those of CANN's operator library, as its public list gives them.
static TABLE: &[Entry] = &[
    unary("Abs", &op::ACLNN_ABS),
    unary("Asinh", &op::ACLNN_ASINH),
    unary("Atan", &op::ACLNN_ATAN),
    unary("Ceil", &op::ACLNN_CEIL),
    unary("Cos", &op::ACLNN_COS),
    unary("Cosh", &op::ACLNN_COSH),
    unary("Erf", &op::ACLNN_ERF),
    unary("Erfc", &op::ACLNN_ERFC),
    unary("Exp", &op::ACLNN_EXP).also(NATURAL),
    unary("Expm1", &op::ACLNN_EXPM1),
    unary("Floor", &op::ACLNN_FLOOR),
    unary("Gelu", &op::ACLNN_GELU),
    unary("Invert", &op::ACLNN_BITWISE_NOT),
    unary("Log", &op::ACLNN_LOG).also(NATURAL),
    unary("Log1p", &op::ACLNN_LOG1P),
    unary("LogicalNot", &op::ACLNN_LOGICAL_NOT),
    unary("Neg", &op::ACLNN_NEG),
    unary("Reciprocal", &op::ACLNN_RECIPROCAL),
    unary("Relu", &op::ACLNN_RELU),
    unary("Rint", &op::ACLNN_ROUND),
    unary("Round", &op::ACLNN_ROUND).also(&[("decimals", Fixed::Int(0))]),
    unary("Rsqrt", &op::ACLNN_RSQRT),
    unary("Sigmoid", &op::ACLNN_SIGMOID),
    unary("Sign", &op::ACLNN_SIGN),
    unary("Sin", &op::ACLNN_SIN),
    unary("Sinh", &op::ACLNN_SINH),
    unary("Sqrt", &op::ACLNN_SQRT),
    unary("Square", &op::ACLNN_SQUARE),
    unary("Tanh", &op::ACLNN_TANH),
    unary("Trunc", &op::ACLNN_TRUNC),
    unary("Swish", &op::ACLNN_SILU).also(&[("scale", Fixed::Float(1.0))]),
    by("Relu6", &op::ACLNN_CLAMP, &[In(0), Scalar(0), Scalar(6), Out(0)], infer::same),
    own("LeakyRelu", plans::leaky_relu, infer::same, &["negative_slope"], Some(1)),
    by("Add", &op::ACLNN_ADD, &[In(0), In(1), Scalar(1), Out(0)], infer::broadcast),
    by("AddV2", &op::ACLNN_ADD, &[In(0), In(1), Scalar(1), Out(0)], infer::broadcast),
    by("Sub", &op::ACLNN_SUB, &[In(0), In(1), Scalar(1), Out(0)], infer::broadcast),
    binary("Mul", &op::ACLNN_MUL),
    by("Div", &op::ACLNN_DIV_MOD, &[In(0), In(1), Rounding(0), Out(0)], infer::broadcast),
    binary("RealDiv", &op::ACLNN_DIV),
    binary("Atan2", &op::ACLNN_ATAN2),
    binary("BitwiseAnd", &op::ACLNN_BITWISE_AND_TENSOR),
    binary("BitwiseOr", &op::ACLNN_BITWISE_OR_TENSOR),
    binary("BitwiseXor", &op::ACLNN_BITWISE_XOR_TENSOR),
    binary("Equal", &op::ACLNN_EQ_TENSOR),
    binary("FloorDiv", &op::ACLNN_FLOOR_DIVIDE),
    binary("FloorMod", &op::ACLNN_REMAINDER_TENSOR_TENSOR),
    binary("Greater", &op::ACLNN_GT_TENSOR),
    binary("GreaterEqual", &op::ACLNN_GE_TENSOR),
    binary("Less", &op::ACLNN_LT_TENSOR),
    binary("LessEqual", &op::ACLNN_LE_TENSOR),
    binary("LogicalAnd", &op::ACLNN_LOGICAL_AND),
    binary("LogicalOr", &op::ACLNN_LOGICAL_OR),
    binary("Maximum", &op::ACLNN_MAXIMUM),
    binary("Minimum", &op::ACLNN_MINIMUM),
    binary("Mod", &op::ACLNN_FMOD_TENSOR),
    binary("NotEqual", &op::ACLNN_NE_TENSOR),
    binary("Pow", &op::ACLNN_POW_TENSOR_TENSOR),
    own("AddN", plans::add_n, infer::same, &[], None).also(&[("N", Fixed::Any)]),
    by("BiasAdd", &op::ACLNN_ADD, &[In(0), Channels(1), Scalar(1), Out(0)], infer::same),
    by("Adds", &op::ACLNN_ADDS, &[In(0), Number("value"), Scalar(1), Out(0)], infer::same),
    by("Muls", &op::ACLNN_MULS, &[In(0), Number("value"), Out(0)], infer::same),
    by("ClipByValue", &op::ACLNN_CLAMP_TENSOR, &[In(0), In(1), In(2), Out(0)], infer::same),
    by("Select", &op::ACLNN_S_WHERE, &[In(0), In(1), In(2), Out(0)], infer::broadcast_3),
    by("SelectV2", &op::ACLNN_S_WHERE, &[In(0), In(1), In(2), Out(0)], infer::broadcast_3),
    by("Cast", &op::ACLNN_CAST, &[In(0), TypeOf(0), Out(0)], infer::same)
        .also(&[("dst_type", Fixed::Any), ("truncate", Fixed::Any)]),
    by("Fill", &op::ACLNN_INPLACE_FILL_SCALAR, &[Out(0), Element(1)], infer::listed_0),
    by("ZerosLike", &op::ACLNN_INPLACE_ZERO, &[Out(0)], infer::same),
    by("OnesLike", &op::ACLNN_INPLACE_ONE, &[Out(0)], infer::same),
    by("Range", &op::ACLNN_ARANGE, &[Element(0), Element(1), Element(2), Out(0)], infer::range),
    by("Tril", &op::ACLNN_TRIL, &[In(0), IntAttr("diagonal", 0), Out(0)], infer::same),
    by("Triu", &op::ACLNN_TRIU, &[In(0), IntAttr("diagonal", 0), Out(0)], infer::same),
    by(
        "Cumsum",
        &op::ACLNN_CUMSUM_V2,
        &[In(0), Element(1), Flagged("exclusive"), Flagged("reverse"), Out(0)],
        infer::same,
    ),
    by("Transpose", &op::ACLNN_PERMUTE, &[In(0), Elements(1), Out(0)], infer::permute),
    by("TransposeD", &op::ACLNN_PERMUTE, &[In(0), Ints("perm"), Out(0)], infer::permute_d),
    by("ConcatD", &op::ACLNN_CAT, &[Inputs, IntAttr("concat_dim", 0), Out(0)], infer::concat_d)
        .also(&[("N", Fixed::Any)]),
    by("Pack", &op::ACLNN_CAT, &[Stacked("axis"), IntAttr("axis", 0), Out(0)], infer::pack)
        .also(&[("N", Fixed::Any)]),
    own("Split", plans::split, infer::split, &["num_split"], Some(2)),
    own("SplitD", plans::split, infer::split, &["split_dim", "num_split"], Some(1)),
    by("Tile", &op::ACLNN_REPEAT, &[In(0), Elements(1), Out(0)], infer::tile),
    by("TileD", &op::ACLNN_REPEAT, &[In(0), Ints("multiples"), Out(0)], infer::tile_d),
    by("Pad", &op::ACLNN_CONSTANT_PAD_ND, &[In(0), Padding(1), Scalar(0), Out(0)], infer::pad),
    by("PadV2", &op::ACLNN_CONSTANT_PAD_ND, &[In(0), Padding(1), Element(2), Out(0)], infer::pad),
    by(
        "PadD",
        &op::ACLNN_CONSTANT_PAD_ND,
        &[In(0), PaddingAttr("paddings"), Scalar(0), Out(0)],
        infer::pad_d,
    ),
    by("Softmax", &op::ACLNN_SOFTMAX, &[In(0), FirstInt("axis", -1), Out(0)], infer::same),
    by("SoftmaxV2", &op::ACLNN_SOFTMAX, &[In(0), FirstInt("axes", -1), Out(0)], infer::same)
        .also(&[("half_to_float", Fixed::Flag(false))]),
    by("LogSoftmaxV2", &op::ACLNN_LOG_SOFTMAX, &[In(0), FirstInt("axes", -1), Out(0)], infer::same),
    by("ReduceSum", &op::ACLNN_REDUCE_SUM, REDUCE_TYPED, infer::reduce).also(EMPTY_AXES),
    by("ReduceSumD", &op::ACLNN_REDUCE_SUM, REDUCE_TYPED_D, infer::reduce_d),
    by("ReduceMean", &op::ACLNN_MEAN, REDUCE_TYPED, infer::reduce).also(EMPTY_AXES),
    by("ReduceMeanD", &op::ACLNN_MEAN, REDUCE_TYPED_D, infer::reduce_d),
    by("ReduceMax", &op::ACLNN_AMAX, REDUCE, infer::reduce).also(EMPTY_AXES),
    by("ReduceMaxD", &op::ACLNN_AMAX, REDUCE_D, infer::reduce_d),
    by("ReduceMin", &op::ACLNN_AMIN, REDUCE, infer::reduce).also(EMPTY_AXES),
    by("ReduceMinD", &op::ACLNN_AMIN, REDUCE_D, infer::reduce_d),
    by("ReduceAll", &op::ACLNN_ALL, REDUCE, infer::reduce),
    by("ReduceAllD", &op::ACLNN_ALL, REDUCE_D, infer::reduce_d),
    by("ReduceAny", &op::ACLNN_ANY, REDUCE, infer::reduce),
    by("ReduceAnyD", &op::ACLNN_ANY, REDUCE_D, infer::reduce_d),
    by("ArgMaxV2", &op::ACLNN_ARG_MAX, &[In(0), Element(1), Flag(false), Out(0)], infer::arg)
        .also(&[("dtype", Fixed::Any)]),
    by("ArgMaxD", &op::ACLNN_ARG_MAX, &[In(0), IntAttr("dimension", 0), Flag(false), Out(0)], infer::arg_d)
        .also(&[("dtype", Fixed::Any)]),
    by("ArgMinD", &op::ACLNN_ARG_MIN, &[In(0), IntAttr("dimension", 0), Flag(false), Out(0)], infer::arg_d)
        .also(&[("dtype", Fixed::Any)]),
    by(
        "ArgMaxWithValue",
        &op::ACLNN_MAX_DIM,
        &[In(0), IntAttr("dimension", 0), Flagged("keep_dims"), Out(1), Out(0)],
        infer::arg_with_value,
    ),
    by(
        "ArgMinWithValue",
        &op::ACLNN_MIN_DIM,
        &[In(0), IntAttr("dimension", 0), Flagged("keep_dims"), Out(1), Out(0)],
        infer::arg_with_value,
    ),
    own("MatMul", plans::matmul, infer::matmul, &["transpose_x1", "transpose_x2"], Some(3)).also(NO_OFFSET),
    own("MatMulV2", plans::matmul, infer::matmul, &["transpose_x1", "transpose_x2"], Some(4)).also(NO_OFFSET),
    by(
        "BatchMatMul",
        &op::ACLNN_MATMUL,
        &[Turned(0, "adj_x1"), Turned(1, "adj_x2"), Out(0), Int(0)],
        infer::batch_matmul,
    ),
    by(
        "BatchMatMulV2",
        &op::ACLNN_MATMUL,
        &[Turned(0, "adj_x1"), Turned(1, "adj_x2"), Out(0), Int(0)],
        infer::batch_matmul,
    )
    .also(NO_OFFSET),
    own("GEMM", plans::gemm, infer::gemm, &["transpose_a", "transpose_b"], Some(5)),
    own("Conv2D", plans::conv, infer::conv, CONV, Some(3)).also(CONV_ALSO),
    own("Conv3D", plans::conv, infer::conv, CONV, Some(3)).also(CONV_ALSO),
    own("DepthwiseConv2D", plans::conv, infer::conv, CONV, Some(3)).also(CONV_ALSO),
    own("Gather", plans::gather, infer::gather, &[], Some(2))
        .also(&[("validate_indices", Fixed::Any), ("batch_dims", Fixed::Int(0))]),
    own("GatherV2D", plans::gather, infer::gather, &["axis"], Some(2)),
    own("GatherV2", plans::gather, infer::gather, &[], Some(3)).also(&[("batch_dims", Fixed::Int(0))]),
    own("Reshape", plans::reshape, infer::reshape, &["shape"], Some(2))
        .also(&[("axis", Fixed::Int(0)), ("num_axes", Fixed::Int(-1))]),
    own("Flatten", plans::reshape, infer::flatten, &["axis"], Some(1)),
    own("Squeeze", plans::reshape, infer::squeeze, &["axis"], Some(1)),
    own("Unsqueeze", plans::reshape, infer::unsqueeze, &["axes"], Some(1)),
    own("ExpandDims", plans::reshape, infer::expand_dims, &[], Some(2)),
    own("Identity", plans::relayout, infer::same, &[], Some(1)).knowing_formats(),
    own("TensorMove", plans::relayout, infer::same, &[], Some(1)).knowing_formats(),
    own("TransData", plans::relayout, infer::same, &[], Some(1))
        .also(&[("src_format", Fixed::Any), ("dst_format", Fixed::Any), ("groups", Fixed::Int(1))])
        .knowing_formats(),
    own("BroadcastTo", plans::broadcast, infer::listed_1, &[], Some(2)),
    own("Slice", plans::slice, infer::slice, &[], Some(3)),
    own("SliceD", plans::slice_d, infer::slice_d, &["offsets", "size"], Some(1)),
    own("AsStrided", plans::as_strided, infer::listed_1, &[], Some(4)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_stand_for_all_parameters_and_names_differ() {
        for (i, entry) in TABLE.iter().enumerate() {
            assert!(TABLE[..i].iter().all(|other| other.name != entry.name), "{} twice", entry.name);
            if let Meaning::Op(def, sources) = entry.meaning {
                assert_eq!(def.params.len(), sources.len(), "{}", entry.name);
            }
        }
    }

    #[test]
    fn near_names_are_found() {
        assert_eq!(nearest("Matmul")[0], "MatMul");
        assert_eq!(nearest("Addd")[0], "Add");
        assert_eq!(distance("", "abc"), 3);
    }
}
