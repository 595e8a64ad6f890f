//! `docs/operators.md`: what is there and what is not.

use crate::{Table, abi::Abi};
use std::{collections::BTreeSet, fmt::Write};

pub(super) fn emit(table: &Table, abi: &Abi) -> String {
    let mut out = String::from(
        "<!-- Generated from ops/*.toml by `cargo xtask codegen`. Do not edit. -->\n# Operators\n\n\
         Everything listed works: both phases, every layout, the element types named. An operator that is not listed is\n\
         not exported, so a program that needs it fails to link, or to find it with `dlsym`.\n\n",
    );
    let headers: BTreeSet<&str> = table.ops.iter().map(|op| op.header.as_str()).collect();
    let (have, all) = (table.ops.len(), abi.operators.len());
    let _ = writeln!(
        out,
        "**{have} of {all} operators** ({:.1} %), in {} headers.\n\n```\n{}\n```\n",
        100.0 * have as f64 / all as f64,
        headers.len(),
        bar(have, all)
    );
    out.push_str("Element types: *float* is FLOAT, FLOAT16, BF16, DOUBLE; *int* the eight integer types; *complex* is COMPLEX64 and\nCOMPLEX128.\n\n| operator | element types | meaning |\n|---|---|---|\n");
    for op in &table.ops {
        let classes: Vec<String> = op.dtypes.iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "| `{}` | {} | {} |", op.name, classes.join(", "), op.doc.replace('|', "\\|"));
    }
    out
}

/// A bar of 60 characters.
fn bar(have: usize, all: usize) -> String {
    let filled = 60 * have / all.max(1);
    format!("[{}{}] {have}/{all}", "#".repeat(filled), ".".repeat(60 - filled))
}
