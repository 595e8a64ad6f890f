//! Conformance programs: `tests/c` and what is generated there, against the SDK, under sanitizers.

use super::env::Workspace;
use crate::{
    codegen,
    run::{self, Steps},
};
use anyhow::{Context, Result};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

const DIR: &str = "tests/c";
/// Shared libraries that programs load, by `ACLSIM_TEST_LIBRARIES`.
const LIBRARIES: &str = "tests/c/lib";
const SANITIZE: &[&str] =
    &["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];

/// A step per program.
pub fn check(work: &Workspace, steps: &mut Steps) {
    let Ok(scratch) = work.scratch("c") else { return };
    let mut programs = Vec::new();
    steps.need("conformance programs", || {
        programs = programs_below(&work.root.join(DIR))?;
        Ok(format!("{} programs", programs.len()))
    });
    steps.need("shared libraries of conformance programs", || {
        let sources = programs_below(&work.root.join(LIBRARIES))?;
        for source in &sources {
            let library = scratch.join(source.with_extension("so").file_name().context("no name")?);
            compile(work, source, &library, language(source), SANITIZE, Link::Shared)?;
        }
        Ok(format!("{} libraries", sources.len()))
    });
    programs.retain(|program| !program.starts_with(work.root.join(LIBRARIES)));
    for source in &programs {
        let name = source.strip_prefix(work.root.join(DIR)).unwrap_or(source).display().to_string();
        steps.step(&format!("{name} (ASan, UBSan)"), || {
            let binary = scratch.join(name.replace(['/', '.'], "_"));
            compile(work, source, &binary, language(source), SANITIZE, Link::Dynamic)?;
            execute(work, &binary, &scratch)
        });
    }
    for (tool, flags) in VALGRIND {
        steps.step(&format!("zoo.cpp under {tool}"), || valgrind(work, &scratch, tool, flags));
    }
    steps.step("abi_assert as C++", || {
        let binary = scratch.join("abi_assert_cpp");
        let source = work.root.join(DIR).join("generated/abi_assert.c");
        compile(work, &source, &binary, &["-x", "c++", "-std=c++14"], &[], Link::Dynamic)?;
        execute(work, &binary, &scratch)
    });
    steps.step("linked statically", || {
        let binary = scratch.join("static");
        let source = work.root.join(DIR).join("generated/null_args.c");
        compile(work, &source, &binary, language(&source), &[], Link::Static)?;
        execute(work, &binary, &scratch)
    });
}

/// Runs one of the programs without sanitizers, and has it leave what it writes in `output`.
pub fn run_plain(work: &Workspace, name: &str, scratch: &Path, output: &Path) -> Result<()> {
    let source = work.root.join(DIR).join(name);
    let binary = scratch.join(name.replace('.', "_"));
    compile(work, &source, &binary, language(&source), &[], Link::Dynamic)?;
    let mut command = work.with_sdk("timeout");
    command.env("ACLSIM_TEST_OUTPUT", output).arg("300").arg(&binary);
    run::quiet(&mut command).map(drop)
}

fn programs_below(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = codegen::files_below(dir)?;
    files.retain(|f| f.extension().is_some_and(|e| e == "c" || e == "cpp"));
    Ok(files)
}

fn language(source: &Path) -> &'static [&'static str] {
    if source.extension().is_some_and(|e| e == "cpp") { &["-std=c++14"] } else { &["-std=gnu11"] }
}

/// The tools that watch the program of all objects, with their options. What is still reachable at exit is the state of
/// the library, which lives as long as the process.
const VALGRIND: [(&str, &[&str]); 2] = [
    ("memcheck", &["--leak-check=full", "--errors-for-leak-kinds=definite,indirect"]),
    ("helgrind", &["--suppressions=tests/c/helgrind.supp"]),
];

fn valgrind(work: &Workspace, scratch: &Path, tool: &str, flags: &[&str]) -> Result<String> {
    let Some(valgrind) = work.installed("valgrind") else {
        return Ok("skipped, as valgrind is not installed".to_owned());
    };
    let binary = scratch.join("zoo_valgrind");
    let source = work.root.join(DIR).join("zoo.cpp");
    // Without sanitizers, which valgrind does not go with.
    compile(work, &source, &binary, language(&source), &[], Link::Dynamic)?;
    let mut command = work.with_sdk("timeout");
    command.arg("600").arg(valgrind).arg(format!("--tool={tool}")).arg("--quiet").arg("--error-exitcode=9");
    command.args(flags).arg(&binary).current_dir(&work.root);
    // Address space is scarce there.
    command.env("ACLSIM_MEMORY", "4GiB");
    let output = run::quiet(&mut command)?;
    Ok(super::last_line(&output))
}

#[derive(Clone, Copy)]
enum Link {
    Dynamic,
    Static,
    /// A shared library of its own.
    Shared,
}

fn compile(
    work: &Workspace,
    source: &Path,
    binary: &Path,
    language: &[&str],
    flags: &[&str],
    link: Link,
) -> Result<()> {
    let cpp = language.iter().any(|l| l.contains("c++"));
    let mut command = Command::new(if cpp { "g++" } else { "gcc" });
    command.args(language).args(["-g", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread"]).args(flags);
    command.arg("-I").arg(work.sdk.join("include")).arg(source);
    // What follows `-x c++` is not all source code.
    command.args(["-x", "none", "-o"]).arg(binary);
    match link {
        Link::Dynamic | Link::Shared => {
            if matches!(link, Link::Shared) {
                command.args(["-shared", "-fPIC"]);
            }
            command.arg("-L").arg(work.sdk.join("lib64"));
            command.args(["-lascendcl", "-lnnopbase", "-lopapi", "-ldl", "-lm"]);
        }
        Link::Static => {
            command.arg(work.sdk.join("lib64/libascendcl.a")).args(["-ldl", "-lm"]);
        }
    }
    run::quiet(&mut command).map(|_| ()).with_context(|| format!("compiling {}", source.display()))
}

fn execute(work: &Workspace, binary: &Path, libraries: &Path) -> Result<String> {
    let mut command = work.with_sdk("timeout");
    command.env("ACLSIM_TEST_LIBRARIES", libraries);
    command.arg("300").arg(binary);
    command.env("UBSAN_OPTIONS", "print_stacktrace=1");
    let output = run::quiet(&mut command)?;
    Ok(super::last_line(&output))
}
