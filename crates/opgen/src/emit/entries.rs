//! The C entry points: one file per C header, two functions per operator, all of one shape.

use super::{HEADER, constant_name};
use crate::{
    abi::{rust_type, snake_case},
    table::{Kind, Op, Param, Table},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::PathBuf,
};

const DIR: &str = "crates/aclnn/src/ops";

pub(super) fn emit(table: &Table) -> Vec<(PathBuf, String)> {
    let mut by_stem: BTreeMap<&str, Vec<&Op>> = BTreeMap::new();
    for op in &table.ops {
        by_stem.entry(op.header_stem()).or_default().push(op);
    }
    let mut modules = String::from(HEADER);
    modules.push_str("//! Entry points of the operators, one module per C header.\n\n");
    let mut files = Vec::new();
    for (stem, ops) in by_stem {
        let _ = writeln!(modules, "pub mod {stem};");
        files.push((PathBuf::from(format!("{DIR}/{stem}.rs")), file(&ops)));
    }
    files.push((PathBuf::from(format!("{DIR}.rs")), modules));
    files
}

fn file(ops: &[&Op]) -> String {
    let mut out = String::from(HEADER);
    let names: Vec<String> = ops.iter().map(|op| format!("`{}`", op.name)).collect();
    let _ = writeln!(out, "//! {}.\n", names.join(", "));
    let types: BTreeSet<String> = ops.iter().flat_map(|op| &op.params).map(|p| rust_type(&p.ty)).collect();
    let named = |name: &&&str| types.iter().any(|t| t.split_whitespace().any(|word| word == **name));
    let abi: Vec<&str> = OPTIONAL_TYPES.iter().filter(named).chain(ALWAYS).copied().collect();
    let _ = writeln!(out, "use crate::call::{{self, Raw}};\nuse capi::abi::{{{}}};", abi.join(", "));
    let ffi: Vec<&str> = ["c_char", "c_int"].iter().filter(named).chain(&["c_void"]).copied().collect();
    let _ = writeln!(out, "use npu_ops::registry;\nuse std::ffi::{{{}}};\n", ffi.join(", "));
    for op in ops {
        first_phase(&mut out, op);
        second_phase(&mut out, op);
    }
    out
}

/// Types of the interface that an operator may or may not name.
const OPTIONAL_TYPES: &[&str] = &[
    "aclBoolArray",
    "aclDataType",
    "aclFloatArray",
    "aclIntArray",
    "aclScalar",
    "aclScalarList",
    "aclTensor",
    "aclTensorList",
];

/// Types that the two phases of every operator name.
const ALWAYS: &[&str] = &["aclOpExecutor", "aclnnStatus", "aclrtStream"];

fn parameter_name(param: &Param) -> String {
    rust_name(&param.name)
}

fn rust_name(c_name: &str) -> String {
    match snake_case(c_name).as_str() {
        // Not even a raw identifier.
        "self" => "self_".into(),
        keyword @ ("in" | "type" | "where" | "move" | "ref" | "mod" | "loop" | "match" | "unsafe") => {
            format!("{keyword}_")
        }
        name => name.into(),
    }
}

fn first_phase(out: &mut String, op: &Op) {
    let name = &op.name;
    let _ = writeln!(out, "/// First phase of `{name}`: {}", op.doc);
    out.push_str("///\n/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes\n/// nothing.\n///\n");
    for param in &op.params {
        let _ = writeln!(out, "/// - `{}`: {}", param.name, describe(op, param));
    }
    out.push_str(
        "/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.\n\
         /// - `executor`: receives the executor; the second phase consumes it.\n\
         ///\n\
         /// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is\n\
         /// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.\n\
         ///\n\
         /// # Safety\n\
         /// C1 for `workspaceSize` and `executor`.\n",
    );
    let _ = writeln!(out, "#[unsafe(no_mangle)]\npub unsafe extern \"C\" fn {name}GetWorkspaceSize(");
    for param in &op.params {
        let _ = writeln!(out, "{}: {},", parameter_name(param), rust_type(&param.ty));
    }
    let all = op.abi.workspace_params.as_deref().unwrap_or_default();
    let tail: Vec<String> = all.iter().skip(op.params.len()).map(|p| rust_name(&p.name)).collect();
    let [size, executor] = tail.as_slice() else {
        unreachable!("the first phase of {name} ends with workspaceSize and executor")
    };
    let _ = writeln!(out, "{size}: *mut u64,\n{executor}: *mut *mut aclOpExecutor,\n) -> aclnnStatus {{");
    let raws: Vec<String> = op.params.iter().map(raw).collect();
    let _ = writeln!(
        out,
        "// SAFETY: (C1) the last two are null or writable; other pointers are checked handles.\n\
         unsafe {{ call::first_phase(\"{name}GetWorkspaceSize\", &registry::{}, &[{}], {size}, {executor}) }}\n}}\n",
        constant_name(name),
        raws.join(", ")
    );
}

fn raw(param: &Param) -> String {
    let name = parameter_name(param);
    match param.kind {
        Kind::Int => match rust_type(&param.ty).as_str() {
            "i64" => format!("Raw::Int({name})"),
            // Values above the signed range are refused as negative ones.
            "u64" => format!("Raw::Int({name}.cast_signed())"),
            _ => format!("Raw::Int(i64::from({name}))"),
        },
        Kind::Float if rust_type(&param.ty) == "f64" => format!("Raw::Float({name})"),
        Kind::Float => format!("Raw::Float(f64::from({name}))"),
        Kind::Bool => format!("Raw::Bool({name})"),
        Kind::DType => format!("Raw::DType({name})"),
        Kind::Str => format!("Raw::Str({name})"),
        _ => format!("Raw::Handle({name}.cast())"),
    }
}

fn describe(op: &Op, param: &Param) -> String {
    let what = match param.kind {
        Kind::Tensor => "tensor",
        Kind::TensorList => "list of tensors",
        Kind::Scalar => "scalar",
        Kind::ScalarList => "list of scalars",
        Kind::IntArray => "integers",
        Kind::FloatArray => "floats",
        Kind::BoolArray => "bools",
        Kind::Int => "integer",
        Kind::Float => "number",
        Kind::Bool => "flag",
        Kind::DType => "element type",
        Kind::Str => "string",
    };
    let direction = match (param.is_output(), param.roles.iter().any(|r| !r.starts_with("OUT"))) {
        (true, true) => ", read and written",
        (true, false) => ", written",
        _ => "",
    };
    let null = if param.optional { ", may be null" } else { "" };
    let dtypes = if param.kind == Kind::Tensor && param.roles.iter().any(|r| r == "SELF" || r == "OTHER") {
        let classes: Vec<String> = op.dtypes.iter().map(ToString::to_string).collect();
        format!(" ({})", classes.join(", "))
    } else {
        String::new()
    };
    format!("{what}{dtypes}{direction}{null}.")
}

fn second_phase(out: &mut String, op: &Op) {
    let name = &op.name;
    let _ = writeln!(
        out,
        "/// Second phase of `{name}`: enqueues the computation.\n\
         ///\n\
         /// - `workspace`: device memory of `workspaceSize` bytes, may be null if 0; must live until the stream has passed.\n\
         /// - `workspaceSize`: as the first phase returned it, or more.\n\
         /// - `executor`: from the first phase; consumed unless made repeatable.\n\
         /// - `stream`: null means the current context's default stream.\n\
         ///\n\
         /// Returns 0, 161001, 161002 or 361001 as the first phase does. Errors in the data surface when the stream is\n\
         /// synchronised. Thread-safe.\n\
         ///\n\
         /// # Safety\n\
         /// Always safe to call: every pointer is a checked handle or device address.\n\
         #[unsafe(no_mangle)]\n\
         pub unsafe extern \"C\" fn {name}(workspace: *mut c_void, workspace_size: u64, executor: *mut aclOpExecutor, stream: aclrtStream) -> aclnnStatus {{\n\
         call::second_phase(\"{name}\", &registry::{}, workspace, workspace_size, executor, stream)\n}}\n",
        constant_name(name)
    );
}
