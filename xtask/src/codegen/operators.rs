//! What the operator table gives: registry, entry points, coverage page, test cases.

use super::Outputs;
use anyhow::Result;
use opgen::{Table, abi::Abi};
use std::path::Path;

pub(super) fn emit(root: &Path, abi: &Abi, outputs: &mut Outputs) -> Result<()> {
    let table = Table::load(&root.join("ops"), abi)?;
    outputs.own("crates/aclnn/src/ops");
    for (path, text) in opgen::files(&table, abi) {
        if path.extension().is_some_and(|e| e == "rs") {
            outputs.add_rust(path, &text)?;
        } else {
            outputs.add(path, text);
        }
    }
    Ok(())
}
