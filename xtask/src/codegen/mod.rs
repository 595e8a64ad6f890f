//! `cargo xtask codegen`: everything that is generated and committed.

mod c_tests;
mod coverage;
mod exports;
mod headers;
mod operators;
mod outputs;
mod rust_types;
mod sources;
mod svg;
mod unsupported;

use anyhow::Result;
pub use coverage::gaps;
pub use exports::PATH as EXPORTS;
use opgen::abi::Abi;
use outputs::Outputs;
pub use outputs::files_below;
use sources::EntryPoint;
use std::{collections::BTreeMap, path::Path};
use unsupported::Unsupported;

/// Writes the generated files.
pub fn write(root: &Path) -> Result<()> {
    generate(root)?.write(root)
}

/// Fails, with a diff, when a generated file is out of date.
pub fn check(root: &Path) -> Result<()> {
    generate(root)?.check(root)
}

/// The interface, what of it is implemented by header, and what is unsupported by design.
type Implemented = (Abi, BTreeMap<String, Vec<EntryPoint>>, Unsupported);

fn entry_points(root: &Path) -> Result<Implemented> {
    sources_of(root, &mut Outputs::default())
}

/// Emits what is Rust, then reads all of it.
fn sources_of(root: &Path, outputs: &mut Outputs) -> Result<Implemented> {
    let abi = Abi::load(&root.join("abi"))?;
    rust_types::emit(&abi, outputs)?;
    operators::emit(root, &abi, outputs)?;
    let unsupported = Unsupported::read(root, &abi)?;
    unsupported.emit(&abi, outputs)?;
    let entries = sources::entry_points(root, &abi, outputs)?;
    Ok((abi, entries, unsupported))
}

fn generate(root: &Path) -> Result<Outputs> {
    let mut outputs = Outputs::default();
    let (abi, entries, unsupported) = sources_of(root, &mut outputs)?;
    headers::emit(&abi, &entries, &mut outputs)?;
    exports::emit(&entries, &mut outputs);
    c_tests::emit(root, &abi, &entries, &mut outputs)?;
    coverage::emit(root, &abi, &entries, &unsupported, &mut outputs)?;
    Ok(outputs)
}

/// Headers whose types and functions we generate.
///
/// `acl_sk.h` and `acl_rt_api.h` are C++ (a mangled function, inline overloads) and have no C side to generate; the
/// overloads are text. Of
/// `hccl/`, only what programs of several devices use; the rest is for writers of collectives.
fn is_ours(header: &str) -> bool {
    ["acl/", "aclnn/", "aclsim/"].iter().any(|dir| header.starts_with(dir))
        && !matches!(header, "acl/acl_sk.h" | "acl/acl_rt_api.h")
        || matches!(header, "hccl/hccl.h" | "hccl/hccl_comm.h" | "hccl/hccl_types.h")
}
