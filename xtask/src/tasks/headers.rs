//! Every header compiles alone, as C11, C++14 and C++17, without a warning.

use super::env::Workspace;
use crate::{codegen, run};
use anyhow::{Context, Result};
use std::{fs, process::Command};

pub fn check(work: &Workspace) -> Result<String> {
    let include = work.sdk.join("include").canonicalize()?;
    let scratch = work.scratch("headers")?;
    let files = codegen::files_below(&include)?;
    for (language, standard, compiler) in
        [("c", "c11", "gcc"), ("c++", "c++14", "g++"), ("c++", "c++17", "g++")]
    {
        let mut sources = Vec::new();
        for (index, file) in files.iter().enumerate() {
            let header = file.strip_prefix(&include)?.display();
            let source = scratch.join(format!("{index}_{standard}"));
            // Twice: the include guard must hold.
            fs::write(&source, format!("#include \"{header}\"\n#include \"{header}\"\n"))?;
            sources.push(source);
        }
        // One compiler process handles many files, each a translation unit of its own.
        for chunk in sources.chunks(64) {
            let mut command = Command::new(compiler);
            command.args(["-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]);
            // The interface itself has zero-length arrays and anonymous unions.
            command.args(["-Wno-error=pedantic", "-Wno-pedantic"]);
            command
                .arg(format!("-std={standard}"))
                .arg("-I")
                .arg(&include)
                .args(["-x", language])
                .args(chunk);
            run::quiet(&mut command).with_context(|| format!("as {standard}"))?;
        }
    }
    Ok(format!("{} headers", files.len()))
}
