//! Writers. Each sees only the checked model and returns whole files; formatting is rustfmt's.

mod cases;
mod coverage;
mod entries;
mod registry;

use crate::{Table, abi::Abi};
use std::path::PathBuf;

/// Marks generated Rust files.
pub(crate) const HEADER: &str = "// Generated from ops/*.toml by `cargo xtask codegen`. Do not edit.\n";

/// Every file generated from the operator table, by path relative to the workspace.
pub fn files(table: &Table, abi: &Abi) -> Vec<(PathBuf, String)> {
    let mut files = vec![
        ("crates/npu-ops/src/registry.rs".into(), registry::emit(table)),
        ("docs/operators.md".into(), coverage::emit(table, abi)),
        ("tests/python/generated/ops.json".into(), cases::emit(table)),
    ];
    files.extend(entries::emit(table));
    files
}

/// The name of an operator's definition: `aclnnInplaceAdd` → `ACLNN_INPLACE_ADD`.
pub(crate) fn constant_name(op: &str) -> String {
    crate::abi::snake_case(op).to_ascii_uppercase()
}
