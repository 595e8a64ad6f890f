//! `c-examples/`: built with the plain compiler and with CMake, and run.

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

/// Builds all, then runs the operator sample in front of the user.
pub fn demo(work: &Workspace, steps: &mut Steps) {
    let Ok(scratch) = work.scratch("demo") else { return };
    steps.step("examples with gcc and g++", || {
        let sources = sources(work)?;
        kernels(work, &scratch)?;
        for source in &sources {
            compile(work, source, &scratch)?;
        }
        Ok(format!("{} programs", sources.len()))
    });
    steps.step("examples with CMake", || cmake(work, &scratch.join("cmake")));
    steps.step("op_runner: Add and Matmul on the simulated device", || {
        let mut command = work.with_sdk(work.root.join("c-examples/op_runner/run.sh"));
        run::shown(command.arg(scratch.join("op_runner"))).map(|()| String::new())
    });
}

/// A step per program, built with the plain compiler; then all of them through CMake and its tests.
pub fn check(work: &Workspace, steps: &mut Steps) {
    let Ok(scratch) = work.scratch("examples") else { return };
    let mut found = Vec::new();
    steps.need("examples", || {
        found = sources(work)?;
        kernels(work, &scratch)?;
        Ok(format!("{} programs", found.len()))
    });
    for source in &found {
        let name = source.file_name().unwrap_or_default().to_string_lossy();
        steps.step(&format!("example {name}"), || {
            let binary = compile(work, source, &scratch)?;
            let output = run::quiet(work.with_sdk("timeout").arg("120").arg(binary))?;
            Ok(super::last_line(&output))
        });
    }
    steps.step("example op_runner", || {
        let mut command = work.with_sdk(work.root.join("c-examples/op_runner/run.sh"));
        run::quiet(command.arg(scratch.join("op_runner"))).map(|output| super::last_line(&output))
    });
    steps.step("examples with CMake and ctest", || {
        let build = scratch.join("cmake");
        cmake(work, &build)?;
        let mut command = work.with_sdk("ctest");
        run::quiet(command.args(["--output-on-failure", "--test-dir"]).arg(&build))?;
        Ok(String::new())
    });
}

fn sources(work: &Workspace) -> Result<Vec<PathBuf>> {
    let dir = work.root.join("c-examples");
    let mut files = codegen::files_below(&dir)?;
    files.retain(|f| f.parent() == Some(&dir) && f.extension().is_some_and(|e| e == "c" || e == "cpp"));
    Ok(files)
}

/// The command line that the documentation gives.
fn compile(work: &Workspace, source: &Path, scratch: &Path) -> Result<PathBuf> {
    let is_c = source.extension().is_some_and(|e| e == "c");
    let binary = scratch.join(source.file_stem().context("no name")?);
    let mut command = Command::new(if is_c { "gcc" } else { "g++" });
    command.arg(if is_c { "-std=c11" } else { "-std=c++14" }).args(["-O2", "-Wall", "-Wextra", "-Werror"]);
    command.arg(source).arg("-o").arg(&binary).arg("-I").arg(work.sdk.join("include"));
    command.arg("-L").arg(work.sdk.join("lib64")).args([
        "-lascendcl",
        "-lnnopbase",
        "-lopapi",
        "-lhccl",
        "-pthread",
        "-ldl",
    ]);
    run::quiet(&mut command)?;
    Ok(binary)
}

/// The shared library of `kernels.cpp`, by the command line that the documentation gives.
fn kernels(work: &Workspace, scratch: &Path) -> Result<()> {
    let mut command = Command::new("cc");
    command.args(["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]);
    command.arg(work.root.join("c-examples/kernels/vector_kernels.c"));
    command.arg("-o").arg(scratch.join("vector_kernels.so")).arg("-I").arg(work.sdk.join("include"));
    command.arg("-L").arg(work.sdk.join("lib64")).arg("-lascendcl");
    run::quiet(&mut command).map(drop)
}

fn cmake(work: &Workspace, build: &Path) -> Result<String> {
    let mut configure = work.with_sdk("cmake");
    configure.arg("-S").arg(work.root.join("c-examples")).arg("-B").arg(build);
    run::quiet(&mut configure)?;
    run::quiet(work.with_sdk("cmake").arg("--build").arg(build).args(["--parallel", "2"]))?;
    Ok(String::new())
}
