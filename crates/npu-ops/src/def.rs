//! The typed form of an entry of the operator table. Instances are generated into [`crate::registry`].

use npu_kernels::{ArgOp, Coordinates, ReduceOp, ScanOp, TernaryOp, UnaryOp};
use npu_types::DTypeSet;

/// One C operator: both phases of one `aclnn` name.
#[derive(Debug)]
pub struct OpDef {
    /// The C name, `aclnnAdd`.
    pub name: &'static str,
    /// The C parameters before `workspaceSize`, in order.
    pub params: &'static [Param],
    /// What it computes; forms of one operator (out, in-place, scalar) share it.
    pub meaning: Meaning,
    /// Element types of its main inputs.
    pub dtypes: DTypeSet,
    /// The element type of the result before it is converted to the output's.
    pub result: ResultRule,
}

/// One C parameter.
#[derive(Debug)]
pub struct Param {
    /// The C name, as messages show it.
    pub name: &'static str,
    /// What the parameter is to the operator's meaning.
    pub role: Role,
    /// Its C type.
    pub kind: ParamKind,
    /// Whether null is legal.
    pub optional: bool,
}

/// C types of operator parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// `aclTensor *`
    Tensor,
    /// `aclTensorList *`
    TensorList,
    /// `aclScalar *`
    Scalar,
    /// `aclScalarList *`
    ScalarList,
    /// `aclIntArray *`
    IntArray,
    /// `aclFloatArray *`
    FloatArray,
    /// `aclBoolArray *`
    BoolArray,
    /// `int64_t`, `int32_t`, `int8_t`, `int` …
    Int,
    /// `double` or `float`
    Float,
    /// `bool`
    Bool,
    /// `aclDataType`
    DType,
    /// `const char *`
    Str,
}

impl ParamKind {
    /// Whether the parameter is one tensor or several.
    pub fn is_tensor(self) -> bool {
        matches!(self, ParamKind::Tensor | ParamKind::TensorList)
    }
}

/// What a parameter is to the meaning of its operator. A set: an in-place parameter is [`Role::SELF`] and
/// [`Role::OUT`] at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Role(pub u128);

macro_rules! roles {
    ($($name:ident = $bit:literal, $doc:literal;)*) => {
        impl Role {
            $(#[doc = $doc] pub const $name: Role = Role(1 << $bit);)*
        }
    };
}

roles! {
    SELF = 0, "The first tensor (or scalar) operand.";
    OTHER = 1, "The second operand; also `mat2`, `src` and exponents.";
    OUT = 2, "The first result.";
    OUT2 = 3, "The second result.";
    OUT3 = 4, "The third result.";
    ALPHA = 5, "Factor of the second operand.";
    BETA = 6, "Factor of the added operand.";
    MODE = 7, "A small integer that selects a variant (rounding mode, approximation).";
    DIM = 8, "One axis.";
    DIMS = 9, "Several axes, or a permutation.";
    KEEP_DIM = 10, "Whether reduced axes stay as 1.";
    DTYPE = 11, "The requested element type.";
    MASK = 12, "A mask or condition.";
    INDEX = 13, "Indices.";
    VALUE = 14, "A fill value.";
    WEIGHT = 15, "Scale of a normalisation; embedding table.";
    BIAS = 16, "Offset of a normalisation.";
    SHAPE = 17, "A shape.";
    EPS = 18, "Epsilon.";
    DIAGONAL = 19, "Which diagonal.";
    START = 20, "First value of a range.";
    END = 21, "End of a range, exclusive.";
    STEP = 22, "Step of a range.";
    TENSORS = 23, "A list of operands.";
    ADDEND = 24, "What is added to a product.";
    CUBE_MATH = 25, "Precision mode of the cube unit.";
    FLAG = 26, "A yes or no of the family's own: accumulate, descending, exclusive, with replacement.";
    FLAG2 = 27, "Another one.";
    FLAG3 = 28, "A third one.";
    COUNT = 29, "How many: the k of a selection, samples, classes.";
    SEED = 30, "Seed of a random generator.";
    OFFSET = 31, "Where in its sequence a random generator starts.";
    OFFSET2 = 32, "What is added to an offset that is a tensor.";
    PROB = 33, "A probability.";
    COUNT2 = 34, "Another number: columns of a matrix.";
    LOW = 35, "The least value.";
    HIGH = 36, "The greatest value.";
    FIRST_ROW = 37, "Where the first row is in the whole sequence.";
    FIRST_COL = 38, "Where the first column is in the whole sequence.";
    IGNORED = 40, "Reserved: without any influence on the result.";
    KEY = 41, "The keys of attention.";
    SHIFT = 42, "What is added to the products of queries and keys.";
    KEEP = 43, "Bits of what dropout keeps.";
    KEEP_SHARE = 44, "The probability of being kept.";
    SCALE = 45, "A factor.";
    BEFORE = 46, "How many columns before the diagonal are seen.";
    AFTER = 47, "How many columns after the diagonal are seen.";
    HEADS = 48, "Number of heads.";
    LAYOUT = 49, "The order of dimensions, by name.";
    SPARSE = 50, "Which columns a row sees.";
    OUT4 = 51, "The fourth result.";
    THIRD = 52, "The third operand.";
    GRAD = 53, "The gradient of a result.";
    TOTAL = 54, "Sum of the weights that counted.";
    IGNORE = 55, "The class that does not count.";
    PREFIX = 56, "Of each batch, how many columns every row sees.";
    PADDING = 57, "The row that stays zero.";
    BY_COUNT = 58, "Whether sums are divided by how many they add up.";
    MEAN = 59, "Means of rows.";
    RSTD = 60, "Reciprocal deviations of rows.";
    WANTED = 61, "Which results are wanted.";
    ORDER = 62, "The exponent of a norm.";
    LARGEST = 63, "The largest score of each row.";
    RESULT = 64, "The result that a gradient goes through.";
    STRIDE = 65, "Inputs from one output to the next.";
    PAD = 66, "Zeros around the input.";
    DILATION = 67, "Inputs from one kernel element to the next.";
    EXTRA = 68, "Outputs more than follow from the rest.";
    GROUPS = 69, "Number of groups of channels that do not meet.";
}

impl Role {
    /// Every result.
    const OUTPUTS: Role = Role::OUT.and(Role::OUT2).and(Role::OUT3).and(Role::OUT4);

    /// Both roles.
    pub const fn and(self, other: Role) -> Role {
        Role(self.0 | other.0)
    }

    /// Whether any role is shared.
    pub const fn overlaps(self, other: Role) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether the parameter is written.
    pub const fn is_output(self) -> bool {
        self.overlaps(Role::OUTPUTS)
    }

    /// Whether the parameter is read: everything but a pure output.
    pub const fn is_input(self) -> bool {
        self.0 & !Role::OUTPUTS.0 != 0
    }
}

/// The element type of a result, from the (promoted) type of the inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultRule {
    /// The inputs' type.
    Same,
    /// Floats and complex stay, integers and bool become f32.
    Float,
    /// bool.
    Bool,
    /// Complex becomes the real type of its parts.
    Real,
}

/// Families of operators: one engine each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Meaning {
    /// One function of every element.
    Unary(UnaryOp),
    /// GELU with the approximation chosen by [`Role::MODE`]: 0 erf, 1 tanh.
    Gelu,
    /// Two operands with broadcast and promotion.
    Binary(BinaryMeaning),
    /// One of two operands by a condition.
    Where,
    /// Conversion to [`Role::DTYPE`].
    Cast,
    /// Copy with broadcast and conversion.
    Copy,
    /// The scalar [`Role::VALUE`] everywhere.
    Fill,
    /// A constant everywhere.
    Constant(i64),
    /// A scalar where a mask is true.
    MaskedFill,
    /// An arithmetic progression.
    Arange,
    /// A reduction over axes.
    Reduce(ReduceOp),
    /// Index of an extremum along one axis.
    ArgReduce(ArgOp),
    /// Softmax along one axis, or its logarithm.
    Softmax {
        /// Log-softmax.
        log: bool,
    },
    /// Normalisation to zero mean and unit variance.
    LayerNorm,
    /// Normalisation by the root mean square.
    RmsNorm,
    /// Three operands with broadcast and promotion, and a factor.
    Ternary(TernaryOp),
    /// Gradient of GELU, of the approximation that [`Role::MODE`] names.
    GeluGrad,
    /// Gradient of softmax along one axis, or of its logarithm, from the result.
    SoftmaxGrad {
        /// Log-softmax.
        log: bool,
    },
    /// Gradient of a normalisation.
    NormGrad {
        /// The mean was taken away.
        centre: bool,
    },
    /// A loss of each element, reduced as [`Role::MODE`] says: 0 not, 1 to the mean, 2 to the sum.
    Loss(LossMeaning),
    /// Gradient of such a loss.
    LossGrad(LossMeaning),
    /// Negative log-likelihood of classes.
    NllLoss,
    /// Its gradient.
    NllLossGrad,
    /// Gradient of rows chosen by indices.
    EmbeddingGrad,
    /// Norm over axes.
    VectorNorm,
    /// The meaning, for each element of lists.
    Foreach(&'static Meaning),
    /// Attention in one pass.
    Attention,
    /// Its gradient.
    AttentionGrad,
    /// Matrix product of two operands, with NumPy's rules for ranks.
    Matmul(MatmulRank),
    /// `beta * addend + alpha * (a @ b)`.
    Addmm,
    /// The same for batches of matrices.
    Baddbmm,
    /// Convolution over one to three axes; transposed if [`Role::FLAG`].
    Conv(ConvForm),
    /// Variance over axes, or its root.
    Variance {
        /// The root.
        root: bool,
    },
    /// Concatenation along one axis.
    Cat,
    /// Axes in another order.
    Permute,
    /// Slices along one axis, chosen by indices.
    IndexSelect,
    /// Rows of a table, chosen by indices.
    Embedding,
    /// Slices chosen by several index tensors.
    Index,
    /// Writing, or adding if [`Role::FLAG`], where several index tensors point.
    IndexPut,
    /// One element for each index along one axis.
    Gather,
    /// Writing, or what [`Role::MODE`] says, where indices along one axis point.
    Scatter(ScatterMode),
    /// Slices written or added where a 1-D index points.
    IndexInto(ScatterMode),
    /// The elements that a mask chooses; the output's shape follows from the data.
    MaskedSelect,
    /// Coordinates of what is not zero; the output's shape follows from the data.
    Nonzero(Coordinates),
    /// The different elements; the outputs' shapes follow from the data. [`Role::FLAG2`] asks for the inverse,
    /// [`Role::FLAG3`] for counts.
    Unique,
    /// Elements by rank along an axis, and where they stood.
    Order(OrderMode),
    /// Running sums or products along an axis; [`Role::FLAG`] leaves the element out, [`Role::FLAG2`] goes backward.
    Scan(ScanOp),
    /// Running extremes along an axis, and where they stand.
    ScanExtreme(ArgOp),
    /// The extreme along an axis, and where it stands.
    ExtremeOf(ArgOp),
    /// Elements drawn from a distribution.
    Random(RandomMode),
    /// Indices drawn by weight, with replacement if [`Role::FLAG`].
    Multinomial,
    /// A permutation.
    Randperm,
    /// Bits that are 0 with probability [`Role::PROB`].
    DropoutMask,
    /// Elements whose bit is 1, scaled.
    DropoutApply,
    /// Both; nothing is dropped unless [`Role::FLAG`].
    Dropout,
    /// Tensors side by side along a new axis.
    Stack,
    /// Copies side by side along each axis.
    Repeat,
    /// More elements at the ends of axes, or fewer.
    Pad,
    /// The opposite order along axes.
    Flip,
    /// A view shown several times.
    Expand,
    /// One value where an index points along a new axis, another elsewhere.
    OneHot,
    /// Ones on the diagonal.
    Eye,
    /// Values at equal distances.
    Linspace,
    /// Between two bounds, either of which may be missing.
    Clamp,
    /// Whether two tensors have the same shape and elements.
    Equal,
    /// The one element of a tensor where a mask is true.
    MaskedFillTensor,
    /// One triangle of the last two axes.
    Tri {
        /// The upper triangle.
        upper: bool,
    },
}

/// What writing at indices does with what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScatterMode {
    /// As [`Role::MODE`] says: 0 replaces, 1 adds, 2 multiplies, 3 takes the larger, 4 the smaller.
    Mode,
    /// Replaces it.
    Put,
    /// Adds to it.
    Add,
}

/// Losses of each element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossMeaning {
    /// Squared difference.
    Mse,
    /// Absolute difference.
    L1,
}

/// Which elements of a row are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderMode {
    /// All, descending if [`Role::FLAG2`].
    Sort,
    /// The first [`Role::COUNT`], the largest if [`Role::FLAG`].
    Top,
    /// The [`Role::COUNT`]-th smallest.
    Kth,
    /// The middle one.
    Median,
}

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RandomMode {
    /// Normal with mean [`Role::SELF`] and deviation [`Role::OTHER`].
    Normal,
    /// Uniform from [`Role::START`] to [`Role::END`].
    Uniform,
    /// Integers from [`Role::START`] to [`Role::END`], or all that the type holds.
    Integer,
    /// 1 with probability [`Role::PROB`].
    Bernoulli,
    /// Exponential with rate [`Role::SCALE`].
    Exponential,
}

/// Which ranks a matrix product takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatmulRank {
    /// `torch.matmul`: 1 and more, batch axes broadcast.
    Any,
    /// Two each.
    Two,
    /// Three each, equal batch.
    Three,
}

/// How operands of a convolution are indexed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConvForm {
    /// Input `[N, C, ..]`, weights `[C out, C / groups, ..]`; transposed `[C, C out / groups, ..]`.
    Plain,
    /// Each channel is a group of its own.
    Depthwise,
    /// Input `[time, N, C]`, weights `[time, C, C out]`.
    TimeFirst,
}

/// Binary meanings; the kernel is chosen in phase one, where scalars and types are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryMeaning {
    /// `self + alpha * other`
    Add,
    /// `self - alpha * other`
    Sub,
    /// `self * other`
    Mul,
    /// `self / other`, rounded as [`Role::MODE`] says if there is one: 0 not, 1 toward zero, 2 down.
    Div,
    /// The larger, NaN wins.
    Maximum,
    /// The smaller, NaN wins.
    Minimum,
    /// `self ** other`
    Pow,
    /// Comparison.
    Eq,
    /// Comparison.
    Ne,
    /// Comparison.
    Gt,
    /// Comparison.
    Ge,
    /// Comparison.
    Lt,
    /// Comparison.
    Le,
    /// `self / other`, rounded down.
    FloorDiv,
    /// Remainder with the divisor's sign.
    Remainder,
    /// Remainder with the dividend's sign.
    Fmod,
    /// `other - alpha * self`
    Rsub,
    /// Angle of a point.
    Atan2,
    /// Bits of both.
    BitwiseAnd,
    /// Bits of either.
    BitwiseOr,
    /// Bits of one.
    BitwiseXor,
    /// Exactly one not zero.
    LogicalXor,
    /// Both not zero.
    LogicalAnd,
    /// One not zero.
    LogicalOr,
    /// Gradient of the sigmoid, from its result.
    SigmoidGrad,
    /// Gradient of tanh, from its result.
    TanhGrad,
    /// Gradient of SiLU.
    SiluGrad,
    /// The gradient where the operand is above the threshold [`Role::ALPHA`].
    ThresholdGrad,
    /// On the way from one to the other, as far as the weight [`Role::ALPHA`].
    Lerp,
}

impl BinaryMeaning {
    /// Whether operands are compared, which complex numbers cannot be (except for equality).
    pub fn is_ordering(self) -> bool {
        use BinaryMeaning::*;
        matches!(self, Maximum | Minimum | Gt | Ge | Lt | Le)
    }
}
