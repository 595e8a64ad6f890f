//! The operator table: `ops/*.toml` → checked, immutable model.
//!
//! An entry is one meaning with all its C forms. A form lists a role for each C parameter of the first phase, in
//! order; names and types of the parameters come from the ABI tables:
//!
//! ```toml
//! [[op]]
//! forms = ["aclnnExp self out", "aclnnInplaceExp self+out"]
//! family = "unary"
//! kernel = "Exp"
//! dtypes = "float int bool"
//! result = "float"
//! doc = "Exponential."
//! ```
//!
//! `a+b` gives a parameter two roles (in-place), `a?` makes null legal, `_` is a parameter without influence.

use crate::abi::{Abi, CType, Operator, Param as AbiParam};
use serde::Deserialize;
use std::{collections::BTreeMap, fmt, fs, path::Path};

/// The whole table, operators in order of their C names.
#[derive(Debug)]
pub struct Table {
    /// One per C name.
    pub ops: Vec<Op>,
}

/// One C operator.
#[derive(Debug, Clone)]
pub struct Op {
    /// `aclnnAdd`.
    pub name: String,
    /// `aclnnop/aclnn_add.h`.
    pub header: String,
    /// Parameters before `workspaceSize`.
    pub params: Vec<Param>,
    /// Parameters of both phases as the ABI has them.
    pub abi: Operator,
    /// `binary`, `reduce` …
    pub family: &'static Family,
    /// The family's variant, if it has any.
    pub kernel: Option<String>,
    /// Classes of element types: `float`, `int`, `bool`, `complex`.
    pub dtypes: Vec<Class>,
    /// Rule for the result's type.
    pub result: ResultRule,
    /// Where samples of the tests come from: `any`, `positive`, `nonzero`.
    pub sample: String,
    /// Relative and absolute tolerance, where PyTorch's defaults do not do.
    pub tolerance: Option<(f64, f64)>,
    /// One line.
    pub doc: String,
    /// Where the entry stands.
    pub origin: Origin,
}

/// One C parameter of an operator.
#[derive(Debug, Clone)]
pub struct Param {
    /// The C name.
    pub name: String,
    /// The C type.
    pub ty: CType,
    /// Its kind for the operator engine.
    pub kind: Kind,
    /// Role names, in upper case as `npu_ops::Role` has them.
    pub roles: Vec<String>,
    /// Whether null is legal.
    pub optional: bool,
}

impl Param {
    /// Whether the parameter is written.
    pub fn is_output(&self) -> bool {
        self.roles.iter().any(|r| r.starts_with("OUT"))
    }
}

/// Kinds of C parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named after npu_ops::ParamKind")]
pub enum Kind {
    Tensor,
    TensorList,
    Scalar,
    ScalarList,
    IntArray,
    FloatArray,
    BoolArray,
    Int,
    Float,
    Bool,
    DType,
    Str,
}

/// Classes of element types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "their names say it")]
pub enum Class {
    Float,
    Int,
    Bool,
    Complex,
}

impl Class {
    /// CANN's names of the members.
    pub fn members(self) -> &'static [&'static str] {
        match self {
            Class::Float => &["FLOAT", "FLOAT16", "BF16", "DOUBLE"],
            Class::Int => &["INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"],
            Class::Bool => &["BOOL"],
            Class::Complex => &["COMPLEX64", "COMPLEX128"],
        }
    }
}

/// The result's type before conversion to the output's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "named after npu_ops::ResultRule")]
pub enum ResultRule {
    #[default]
    Same,
    Float,
    Bool,
    Real,
}

/// A family: which roles its operators have and how its meaning is written in Rust.
#[derive(Debug)]
pub struct Family {
    /// As the table names it.
    pub name: &'static str,
    /// `npu_ops::Meaning`, `$` standing for the kernel.
    pub meaning: &'static str,
    /// Kernels the family has; `["*"]` leaves the check to the compiler, empty means none may be given.
    pub kernels: &'static [&'static str],
    /// Roles that every form must have.
    pub required: &'static [&'static str],
    /// Roles that a form may have.
    pub allowed: &'static [&'static str],
}

const fn family(
    name: &'static str,
    meaning: &'static str,
    kernels: &'static [&'static str],
    required: &'static [&'static str],
    allowed: &'static [&'static str],
) -> Family {
    Family { name, meaning, kernels, required, allowed }
}

const ANY: &[&str] = &["*"];
const NONE: &[&str] = &[];

/// Every family. `$` in a meaning is the kernel's name.
pub const FAMILIES: &[Family] = &[
    family("unary", "Unary(UnaryOp::$)", ANY, &["SELF", "OUT"], NONE),
    family("gelu", "Gelu", NONE, &["SELF", "OUT", "MODE"], NONE),
    family("binary", "Binary(BinaryMeaning::$)", ANY, &["SELF", "OTHER", "OUT"], &["ALPHA", "MODE"]),
    family(
        "attention_grad",
        "AttentionGrad",
        NONE,
        &[
            "SELF", "KEY", "VALUE", "GRAD", "LARGEST", "TOTAL", "RESULT", "SCALE", "HEADS", "LAYOUT", "OUT",
            "OUT2", "OUT3",
        ],
        &[
            "SHIFT",
            "KEEP",
            "MASK",
            "PREFIX",
            "FIRST_ROW",
            "FIRST_COL",
            "KEEP_SHARE",
            "BEFORE",
            "AFTER",
            "SPARSE",
            "MODE",
            "OUT4",
        ],
    ),
    family("ternary", "Ternary(TernaryOp::$)", ANY, &["SELF", "OTHER", "THIRD", "OUT"], &["ALPHA"]),
    family("gelu_grad", "GeluGrad", NONE, &["SELF", "OTHER", "OUT"], &["MODE"]),
    family(
        "softmax_grad",
        "SoftmaxGrad { log: $ }",
        &["plain", "log"],
        &["SELF", "OTHER", "DIM", "OUT"],
        NONE,
    ),
    family(
        "norm_grad",
        "NormGrad { centre: $ }",
        &["centred", "uncentred"],
        &["GRAD", "SELF", "RSTD", "OUT", "OUT2"],
        &["WEIGHT", "BIAS", "MEAN", "SHAPE", "WANTED", "OUT3"],
    ),
    family("loss", "Loss(LossMeaning::$)", ANY, &["SELF", "OTHER", "MODE", "OUT"], NONE),
    family("loss_grad", "LossGrad(LossMeaning::$)", ANY, &["GRAD", "SELF", "OTHER", "MODE", "OUT"], NONE),
    family("nll_loss", "NllLoss", NONE, &["SELF", "INDEX", "WEIGHT", "MODE", "IGNORE", "OUT", "OUT2"], NONE),
    family(
        "nll_loss_grad",
        "NllLossGrad",
        NONE,
        &["GRAD", "SELF", "INDEX", "WEIGHT", "MODE", "IGNORE", "TOTAL", "OUT"],
        NONE,
    ),
    family(
        "embedding_grad",
        "EmbeddingGrad",
        NONE,
        &["SELF", "INDEX", "COUNT", "PADDING", "BY_COUNT", "OUT"],
        NONE,
    ),
    family("vector_norm", "VectorNorm", NONE, &["SELF", "ORDER", "OUT"], &["DIMS", "KEEP_DIM", "DTYPE"]),
    family("where", "Where", NONE, &["MASK", "SELF", "OTHER", "OUT"], NONE),
    family("masked_fill", "MaskedFill", NONE, &["MASK", "VALUE", "OUT"], NONE),
    family("cast", "Cast", NONE, &["SELF", "DTYPE", "OUT"], NONE),
    family("copy", "Copy", NONE, &["OTHER", "OUT"], NONE),
    family("fill", "Fill", NONE, &["VALUE", "OUT"], NONE),
    family("constant", "Constant($)", &["0", "1"], &["OUT"], NONE),
    family("arange", "Arange", NONE, &["START", "END", "STEP", "OUT"], NONE),
    family("cat", "Cat", NONE, &["TENSORS", "DIM", "OUT"], NONE),
    family("permute", "Permute", NONE, &["SELF", "DIMS", "OUT"], NONE),
    family("index_select", "IndexSelect", NONE, &["SELF", "DIM", "INDEX", "OUT"], NONE),
    family("embedding", "Embedding", NONE, &["WEIGHT", "INDEX", "OUT"], NONE),
    family("index", "Index", NONE, &["SELF", "INDEX", "OUT"], NONE),
    family("index_put", "IndexPut", NONE, &["INDEX", "OTHER", "OUT"], &["FLAG", "FLAG2"]),
    family("gather", "Gather", NONE, &["SELF", "DIM", "INDEX", "OUT"], NONE),
    family(
        "scatter",
        "Scatter(ScatterMode::$)",
        &["Mode", "Add"],
        &["SELF", "DIM", "INDEX", "OTHER", "OUT"],
        &["MODE"],
    ),
    family(
        "index_into",
        "IndexInto(ScatterMode::$)",
        &["Put", "Add"],
        &["SELF", "DIM", "INDEX", "OTHER", "OUT"],
        &["ALPHA"],
    ),
    family("masked_select", "MaskedSelect", NONE, &["SELF", "MASK", "OUT"], NONE),
    family("nonzero", "Nonzero(Coordinates::$)", &["Rows", "Columns"], &["SELF", "OUT"], NONE),
    family("unique", "Unique", NONE, &["SELF", "FLAG2", "OUT", "OUT2"], &["FLAG", "FLAG3", "OUT3"]),
    family(
        "order",
        "Order(OrderMode::$)",
        &["Sort", "Top", "Kth", "Median"],
        &["SELF"],
        &["OUT", "OUT2", "DIM", "COUNT", "KEEP_DIM", "FLAG", "FLAG2"],
    ),
    family("scan", "Scan(ScanOp::$)", &["Sum", "Prod"], &["SELF", "DIM", "OUT"], &["DTYPE", "FLAG", "FLAG2"]),
    family("scan_extreme", "ScanExtreme(ArgOp::$)", &["Max", "Min"], &["SELF", "DIM", "OUT", "OUT2"], NONE),
    family(
        "extreme_of",
        "ExtremeOf(ArgOp::$)",
        &["Max", "Min"],
        &["SELF", "DIM", "KEEP_DIM", "OUT", "OUT2"],
        NONE,
    ),
    family(
        "random",
        "Random(RandomMode::$)",
        &["Normal", "Uniform", "Integer", "Bernoulli", "Exponential"],
        &["SEED", "OFFSET", "OUT"],
        &["OFFSET2", "SELF", "OTHER", "START", "END", "PROB", "SCALE", "COUNT"],
    ),
    family(
        "multinomial",
        "Multinomial",
        NONE,
        &["SELF", "COUNT", "FLAG", "SEED", "OFFSET", "OUT"],
        &["OFFSET2"],
    ),
    family("randperm", "Randperm", NONE, &["COUNT", "SEED", "OFFSET", "OUT"], NONE),
    family(
        "dropout_mask",
        "DropoutMask",
        NONE,
        &["SHAPE", "PROB", "SEED", "OFFSET", "OUT"],
        &["OFFSET2", "DTYPE"],
    ),
    family("dropout_apply", "DropoutApply", NONE, &["SELF", "MASK", "OUT"], &["PROB", "SCALE"]),
    family("dropout", "Dropout", NONE, &["SELF", "PROB", "FLAG", "SEED", "OFFSET", "OUT", "OUT2"], NONE),
    family("stack", "Stack", NONE, &["TENSORS", "DIM", "OUT"], NONE),
    family("repeat", "Repeat", NONE, &["SELF", "SHAPE", "OUT"], NONE),
    family("pad", "Pad", NONE, &["SELF", "SHAPE", "VALUE", "OUT"], NONE),
    family("flip", "Flip", NONE, &["SELF", "DIMS", "OUT"], NONE),
    family("expand", "Expand", NONE, &["SELF", "SHAPE", "OUT"], NONE),
    family("one_hot", "OneHot", NONE, &["SELF", "COUNT", "OTHER", "VALUE", "DIM", "OUT"], NONE),
    family("eye", "Eye", NONE, &["COUNT", "COUNT2", "OUT"], NONE),
    family("linspace", "Linspace", NONE, &["START", "END", "COUNT", "OUT"], NONE),
    family("clamp", "Clamp", NONE, &["SELF", "OUT"], &["LOW", "HIGH"]),
    family("equal", "Equal", NONE, &["SELF", "OTHER", "OUT"], NONE),
    family("masked_fill_tensor", "MaskedFillTensor", NONE, &["MASK", "VALUE", "OUT"], NONE),
    family("tri", "Tri { upper: $ }", &["upper", "lower"], &["SELF", "DIAGONAL", "OUT"], NONE),
    family("reduce", "Reduce(ReduceOp::$)", ANY, &["SELF", "OUT"], &["DIMS", "DIM", "KEEP_DIM", "DTYPE"]),
    family(
        "variance",
        "Variance { root: $ }",
        &["plain", "root"],
        &["SELF", "DIMS", "KEEP_DIM", "OUT"],
        &["FLAG", "COUNT", "OUT2"],
    ),
    family("arg_reduce", "ArgReduce(ArgOp::$)", ANY, &["SELF", "DIM", "OUT"], &["KEEP_DIM"]),
    family("softmax", "Softmax { log: $ }", &["plain", "log"], &["SELF", "DIM", "OUT"], NONE),
    family(
        "layer_norm",
        "LayerNorm",
        NONE,
        &["SELF", "SHAPE", "EPS", "OUT"],
        &["WEIGHT", "BIAS", "OUT2", "OUT3"],
    ),
    family("rms_norm", "RmsNorm", NONE, &["SELF", "WEIGHT", "EPS", "OUT", "OUT2"], NONE),
    family(
        "matmul",
        "Matmul(MatmulRank::$)",
        &["Any", "Two", "Three"],
        &["SELF", "OTHER", "OUT"],
        &["CUBE_MATH"],
    ),
    family(
        "attention",
        "Attention",
        NONE,
        &["SELF", "KEY", "VALUE", "SCALE", "HEADS", "LAYOUT", "OUT"],
        &[
            "SHIFT",
            "KEEP",
            "MASK",
            "PREFIX",
            "FIRST_ROW",
            "FIRST_COL",
            "KEEP_SHARE",
            "BEFORE",
            "AFTER",
            "SPARSE",
            "MODE",
            "OUT2",
            "OUT3",
        ],
    ),
    family(
        "conv",
        "Conv(ConvForm::$)",
        &["Plain", "Depthwise", "TimeFirst"],
        &["SELF", "WEIGHT", "PAD", "OUT"],
        &["BIAS", "SHAPE", "STRIDE", "DILATION", "FLAG", "EXTRA", "GROUPS", "CUBE_MATH"],
    ),
    family("baddbmm", "Baddbmm", NONE, &["ADDEND", "SELF", "OTHER", "OUT"], &["ALPHA", "BETA", "CUBE_MATH"]),
    family("addmm", "Addmm", NONE, &["ADDEND", "SELF", "OTHER", "OUT"], &["ALPHA", "BETA", "CUBE_MATH"]),
];

impl Op {
    /// The operator's meaning as a Rust expression.
    pub fn meaning(&self) -> String {
        let kernel = match self.kernel.as_deref() {
            Some("upper" | "log" | "centred" | "root") => "true",
            Some("lower" | "plain" | "uncentred") => "false",
            Some(other) => other,
            None => "",
        };
        let meaning = format!("Meaning::{}", self.family.meaning.replacen('$', kernel, 1));
        // An operator whose results are lists does for each element what the family does for one.
        let lifted = self.params.iter().any(|p| p.is_output() && p.kind == Kind::TensorList);
        if lifted { format!("Meaning::Foreach(&{meaning})") } else { meaning }
    }

    /// The stem of the header's file name: `aclnn_add`.
    pub fn header_stem(&self) -> &str {
        self.header.rsplit('/').next().unwrap_or_default().trim_end_matches(".h")
    }
}

/// A place in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// File name.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
}

/// What is wrong with the table, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{}: {what}", .origin.file, .origin.line)]
pub struct TableError {
    /// Where.
    pub origin: Origin,
    /// What.
    pub what: String,
}

#[derive(Deserialize)]
struct File {
    op: Vec<toml::Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    forms: Vec<String>,
    family: String,
    kernel: Option<String>,
    dtypes: String,
    #[serde(default)]
    result: ResultRule,
    sample: Option<String>,
    tolerance: Option<(f64, f64)>,
    doc: String,
}

impl Table {
    /// Reads every file of the directory.
    pub fn load(dir: &Path, abi: &Abi) -> Result<Table, TableError> {
        let at =
            |what: String| TableError { origin: Origin { file: dir.display().to_string(), line: 1 }, what };
        let mut paths: Vec<_> = fs::read_dir(dir)
            .and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>())
            .map_err(|e| at(e.to_string()))?;
        paths.retain(|p| p.extension().is_some_and(|e| e == "toml"));
        paths.sort();
        let mut files = Vec::new();
        for path in paths {
            let text = fs::read_to_string(&path).map_err(|e| at(e.to_string()))?;
            files.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), text));
        }
        let sources: Vec<(&str, &str)> = files.iter().map(|(f, t)| (f.as_str(), t.as_str())).collect();
        Table::parse(&sources, abi)
    }

    /// Reads `(file name, text)` pairs.
    pub fn parse(files: &[(&str, &str)], abi: &Abi) -> Result<Table, TableError> {
        let mut ops: BTreeMap<String, Op> = BTreeMap::new();
        for (file, text) in files {
            let line = |offset: usize| text[..offset.min(text.len())].matches('\n').count() + 1;
            let origin = |offset| Origin { file: (*file).to_owned(), line: line(offset) };
            let parsed: File = toml::from_str(text).map_err(|e| TableError {
                origin: origin(e.span().map_or(0, |s| s.start)),
                what: e.message().to_owned(),
            })?;
            for entry in parsed.op {
                let origin = origin(entry.span().start);
                for op in entry.into_inner().check(&origin, abi)? {
                    if let Some(earlier) = ops.get(&op.name) {
                        let (file, line) = (&earlier.origin.file, earlier.origin.line);
                        let what = format!("{} is declared already at {file}:{line}", op.name);
                        return Err(TableError { origin, what });
                    }
                    ops.insert(op.name.clone(), op);
                }
            }
        }
        Ok(Table { ops: ops.into_values().collect() })
    }
}

impl Entry {
    fn check(self, origin: &Origin, abi: &Abi) -> Result<Vec<Op>, TableError> {
        let fail = |what: String| TableError { origin: origin.clone(), what };
        let family = FAMILIES.iter().find(|f| f.name == self.family).ok_or_else(|| {
            let known: Vec<_> = FAMILIES.iter().map(|f| f.name).collect();
            fail(format!("unknown family {:?}; known: {}", self.family, known.join(", ")))
        })?;
        match (&self.kernel, family.kernels) {
            (None, []) => {}
            (None, known) => {
                return Err(fail(format!("family {} needs a kernel ({})", family.name, known.join(", "))));
            }
            (Some(kernel), known) if known == ANY || known.contains(&kernel.as_str()) => {}
            (Some(kernel), known) => {
                return Err(fail(format!("family {} has no kernel {kernel:?}, only {known:?}", family.name)));
            }
        }
        let dtypes = self
            .dtypes
            .split_whitespace()
            .map(|word| class(word).map_err(&fail))
            .collect::<Result<_, _>>()?;
        if self.doc.trim().is_empty() || self.doc.contains('\n') {
            return Err(fail("doc must be one line".into()));
        }
        let sample = self.sample.unwrap_or_else(|| "any".into());
        if !["any", "positive", "nonzero"].contains(&sample.as_str()) {
            return Err(fail(format!("unknown sample {sample:?}; known: any, positive, nonzero")));
        }
        if self.forms.is_empty() {
            return Err(fail("no forms".into()));
        }
        let mut ops = Vec::new();
        for text in &self.forms {
            let (name, params, operator) = form(text, abi).map_err(&fail)?;
            let has = |role: &&&str| params.iter().any(|p| p.roles.iter().any(|r| r == **role));
            if let Some(role) = family.required.iter().find(|r| !has(r)) {
                return Err(fail(format!("{name}: family {} needs the role {role}", family.name)));
            }
            for role in params.iter().flat_map(|p| &p.roles) {
                let known =
                    family.required.contains(&role.as_str()) || family.allowed.contains(&role.as_str());
                if !known && role != IGNORED {
                    return Err(fail(format!("{name}: family {} has no role {role}", family.name)));
                }
            }
            for param in params.iter().filter(|p| p.is_output()) {
                if !matches!(param.kind, Kind::Tensor | Kind::TensorList) {
                    return Err(fail(format!(
                        "{name}: output {} is neither a tensor nor a list",
                        param.name
                    )));
                }
            }
            ops.push(Op {
                header: operator.header.clone(),
                abi: operator.clone(),
                name,
                params,
                family,
                kernel: self.kernel.clone(),
                dtypes: Clone::clone(&dtypes),
                result: self.result,
                sample: sample.clone(),
                tolerance: self.tolerance,
                doc: self.doc.trim().to_owned(),
                origin: origin.clone(),
            });
        }
        Ok(ops)
    }
}

fn class(word: &str) -> Result<Class, String> {
    Ok(match word {
        "float" => Class::Float,
        "int" => Class::Int,
        "bool" => Class::Bool,
        "complex" => Class::Complex,
        _ => return Err(format!("unknown dtype class {word:?}; known: float, int, bool, complex")),
    })
}

fn form<'a>(text: &str, abi: &'a Abi) -> Result<(String, Vec<Param>, &'a Operator), String> {
    let mut words = text.split_whitespace();
    let name = words.next().ok_or("empty form")?.to_owned();
    let operator = abi.operators.get(&name).ok_or_else(|| format!("{name} is not in the ABI table"))?;
    if operator.workspace_params.is_none() {
        return Err(format!("{name}: no public source has its signature"));
    }
    let roles: Vec<&str> = words.collect();
    let own = operator.own_params();
    if roles.len() != own.len() {
        let names: Vec<_> = own.iter().map(|p| p.name.as_str()).collect();
        let (given, has) = (roles.len(), own.len());
        return Err(format!(
            "{name}: {given} roles given, but it has {has} parameters ({})",
            names.join(", ")
        ));
    }
    let mut params: Vec<Param> = Vec::new();
    for (role, abi_param) in roles.iter().zip(own) {
        let (role, optional) = role.strip_suffix('?').map_or((*role, false), |r| (r, true));
        let role = if role == "_" { IGNORED } else { role };
        let roles: Vec<String> = role.split('+').map(str::to_ascii_uppercase).collect();
        for role in &roles {
            if !ROLES.contains(&role.as_str()) {
                return Err(format!("{name}: unknown role {role}"));
            }
            if role != IGNORED && params.iter().any(|p| p.roles.contains(role)) {
                return Err(format!("{name}: role {role} is given twice"));
            }
        }
        let kind = kind(abi_param).map_err(|e| format!("{name}: {e}"))?;
        params.push(Param { name: abi_param.name.clone(), ty: abi_param.ty.clone(), kind, roles, optional });
    }
    Ok((name, params, operator))
}

/// What `_` stands for: a parameter without influence on the result.
const IGNORED: &str = "IGNORED";

/// Role names, as in `npu_ops::Role`; a name missing there is a compile error of the registry.
const ROLES: &[&str] = &[
    "SELF",
    "OTHER",
    "OUT",
    "OUT2",
    "OUT3",
    "ALPHA",
    "BETA",
    "MODE",
    "DIM",
    "DIMS",
    "KEEP_DIM",
    "DTYPE",
    "MASK",
    "INDEX",
    "VALUE",
    "WEIGHT",
    "BIAS",
    "SHAPE",
    "EPS",
    "DIAGONAL",
    "START",
    "END",
    "STEP",
    "TENSORS",
    "ADDEND",
    "CUBE_MATH",
    "IGNORED",
    "KEY",
    "SHIFT",
    "KEEP",
    "KEEP_SHARE",
    "PREFIX",
    "FIRST_ROW",
    "FIRST_COL",
    "SCALE",
    "BEFORE",
    "AFTER",
    "HEADS",
    "LAYOUT",
    "SPARSE",
    "OUT4",
    "FLAG",
    "FLAG2",
    "FLAG3",
    "COUNT",
    "SEED",
    "OFFSET",
    "OFFSET2",
    "PROB",
    "THIRD",
    "GRAD",
    "TOTAL",
    "IGNORE",
    "PADDING",
    "BY_COUNT",
    "MEAN",
    "RSTD",
    "WANTED",
    "ORDER",
    "LARGEST",
    "RESULT",
    "STRIDE",
    "PAD",
    "DILATION",
    "EXTRA",
    "GROUPS",
    "COUNT2",
    "LOW",
    "HIGH",
];

fn kind(param: &AbiParam) -> Result<Kind, String> {
    let unknown = || format!("parameter {} has type {}, which operators do not take", param.name, param.ty);
    Ok(match &param.ty {
        CType::Named(name) => match name.as_str() {
            "int64_t" | "int32_t" | "int8_t" | "int" | "uint64_t" | "uint32_t" | "int16_t" => Kind::Int,
            "double" | "float" => Kind::Float,
            "bool" => Kind::Bool,
            "aclDataType" => Kind::DType,
            _ => return Err(unknown()),
        },
        CType::Pointer { to, .. } => match &**to {
            CType::Named(name) => match name.as_str() {
                "aclTensor" => Kind::Tensor,
                "aclTensorList" => Kind::TensorList,
                "aclScalar" => Kind::Scalar,
                "aclScalarList" => Kind::ScalarList,
                "aclIntArray" => Kind::IntArray,
                "aclFloatArray" => Kind::FloatArray,
                "aclBoolArray" => Kind::BoolArray,
                "char" => Kind::Str,
                _ => return Err(unknown()),
            },
            _ => return Err(unknown()),
        },
        _ => return Err(unknown()),
    })
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Class::Float => "float",
            Class::Int => "int",
            Class::Bool => "bool",
            Class::Complex => "complex",
        })
    }
}

#[cfg(test)]
mod tests;
