//! `cargo xtask codegen`: everything that is generated and committed.

mod c_tests;
mod exports;
mod headers;
mod operators;
mod outputs;
mod rust_types;
mod sources;

use anyhow::Result;
pub use exports::PATH as EXPORTS;
use opgen::abi::Abi;
use outputs::Outputs;
pub use outputs::files_below;
use std::path::Path;

/// Writes the generated files.
pub fn write(root: &Path) -> Result<()> {
    generate(root)?.write(root)
}

/// Fails, with a diff, when a generated file is out of date.
pub fn check(root: &Path) -> Result<()> {
    generate(root)?.check(root)
}

fn generate(root: &Path) -> Result<Outputs> {
    let abi = Abi::load(&root.join("abi"))?;
    let mut outputs = Outputs::default();
    rust_types::emit(&abi, &mut outputs)?;
    operators::emit(root, &abi, &mut outputs)?;
    let entries = sources::entry_points(root, &abi, &outputs)?;
    headers::emit(&abi, &entries, &mut outputs)?;
    exports::emit(&entries, &mut outputs);
    c_tests::emit(root, &abi, &entries, &mut outputs)?;
    Ok(outputs)
}

/// Headers whose types and functions we generate.
///
/// `acl_sk.h` and `acl_rt_api.h` are C++ (a mangled function, inline overloads) and have no C side to generate. Of
/// `hccl/`, only what programs of several devices use; the rest is for writers of collectives.
fn is_ours(header: &str) -> bool {
    ["acl/", "aclnn/", "aclsim/"].iter().any(|dir| header.starts_with(dir))
        && !matches!(header, "acl/acl_sk.h" | "acl/acl_rt_api.h")
        || matches!(header, "hccl/hccl.h" | "hccl/hccl_comm.h" | "hccl/hccl_types.h")
}
