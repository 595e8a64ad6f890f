//! `demo`, `test`, `torch-npu`, `ci` and `bench`: tasks made of steps.

mod c_programs;
mod discovery;
mod env;
mod examples;
mod headers;
mod symbols;
mod timelines;
mod torch_npu;

use crate::{
    codegen,
    run::{self, Steps},
    sdk,
};
use anyhow::Result;
use env::Workspace;
use std::{path::Path, process::Command};

/// Builds the SDK and the examples, and runs the operator sample on the simulated device.
pub fn demo(root: &Path) -> Result<()> {
    let mut steps = Steps::new("");
    let mut work = Workspace::new(root);
    let ready = steps.need("SDK", || build_sdk(&mut work))
        && steps.need("Python with NumPy", || work.python(&["numpy"]).map(|p| p.display().to_string()))
        && steps.need("CMake", || work.cmake().map(|p| p.display().to_string()));
    if ready {
        examples::demo(&work, &mut steps);
    }
    steps.finish("demo")
}

/// Every test, or the steps whose name contains `filter`.
pub fn test(root: &Path, filter: &str) -> Result<()> {
    let mut steps = Steps::new(filter);
    test_steps(root, &mut steps);
    steps.finish("test")
}

fn test_steps(root: &Path, steps: &mut Steps) {
    let mut work = Workspace::new(root);
    steps.step("coverage of the runtime's headers", || codegen::gaps(root));
    steps.step("Rust tests", || {
        run::quiet(Command::new("cargo").current_dir(root).args(["test", "--quiet", "--workspace"]))
            .map(|output| rust_summary(&output))
    });
    if !steps.need("SDK", || build_sdk(&mut work)) {
        return;
    }
    steps.step("exported symbols", || symbols::check(&work));
    steps.step("headers alone, C11, C++14 and C++17", || headers::check(&work));
    c_programs::check(&work, steps);
    if steps.need("CMake", || work.cmake().map(|p| p.display().to_string())) {
        discovery::check(&work, steps);
    }
    if steps.need("Python with PyTorch", || work.python_for_tests().map(|p| p.display().to_string())) {
        examples::check(&work, steps);
        steps.step("timelines and dumps, read by Python", || timelines::check(&work));
        steps.step("operators against PyTorch", || {
            let mut command = work.with_sdk(work.python_path());
            command
                .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
                .current_dir(root.join("tests/python"));
            run::quiet(&mut command).map(|output| last_line(&output))
        });
    }
}

/// The stock torch_npu wheel: its examples and its tests, or the steps whose name contains `filter`.
pub fn torch_npu(root: &Path, filter: &str) -> Result<()> {
    let mut steps = Steps::new(filter);
    let mut work = Workspace::new(root);
    if steps.need("SDK", || build_sdk(&mut work)) {
        torch_npu::check(&work, &mut steps);
    }
    steps.finish("torch-npu")
}

/// What CI runs: everything that can fail a change. `tests` leaves out what `cargo xtask test` runs.
pub fn ci(root: &Path, tests: bool) -> Result<()> {
    let mut steps = Steps::new("");
    let cargo =
        |args: &[&str]| run::quiet(Command::new("cargo").current_dir(root).args(args)).map(|_| String::new());
    steps.step("rustfmt", || cargo(&["fmt", "--all", "--check"]));
    steps.step("clippy", || {
        cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"])
    });
    steps.step("generated files", || codegen::check(root).map(|()| String::new()));
    steps.step("rustdoc", || {
        let mut command = Command::new("cargo");
        command.current_dir(root).args(["doc", "--quiet", "--workspace", "--no-deps"]);
        run::quiet(command.env("RUSTDOCFLAGS", "--deny warnings")).map(|_| String::new())
    });
    if tests {
        test_steps(root, &mut steps);
    }
    steps.step("loom models", || loom(root));
    if Command::new("cargo").args(["deny", "--version"]).output().is_ok_and(|o| o.status.success()) {
        steps.step("cargo deny", || cargo(&["deny", "--offline", "check", "licenses", "bans", "sources"]));
    } else {
        println!("cargo deny is not installed: licences were not checked");
    }
    steps.finish("ci")
}

/// Prints how fast it is.
pub fn bench(root: &Path, args: &[&str]) -> Result<()> {
    let mut work = Workspace::new(root);
    println!("{}", build_sdk(&mut work)?);
    work.python_for_tests()?;
    let mut command = work.with_sdk(work.python_path());
    run::shown(command.arg(root.join("benches/compare.py")).args(args))
}

fn build_sdk(work: &mut Workspace) -> Result<String> {
    work.sdk = sdk::build(&work.root, &run::cargo_target(&work.root).join("sdk"))?;
    Ok(work.sdk.display().to_string())
}

/// Models of the queue, the events and the handle table, exhaustively scheduled.
fn loom(root: &Path) -> Result<String> {
    let mut command = Command::new("cargo");
    command.current_dir(root).args([
        "test",
        "--quiet",
        "--release",
        "--lib",
        "--tests",
        "--package",
        "npu-device",
    ]);
    // Its own directory: another set of flags would otherwise rebuild everything twice.
    command.env("RUSTFLAGS", "--cfg loom").env("CARGO_TARGET_DIR", run::cargo_target(root).join("loom"));
    command.env("LOOM_MAX_PREEMPTIONS", "2");
    run::quiet(&mut command).map(|output| rust_summary(&output))
}

/// "N tests" from all the summaries of a `cargo test`.
fn rust_summary(output: &str) -> String {
    let passed: usize = output
        .lines()
        .filter_map(|line| {
            line.strip_prefix("test result: ok. ")?.split_once(" passed")?.0.parse::<usize>().ok()
        })
        .sum();
    format!("{passed} tests")
}

fn last_line(output: &str) -> String {
    output
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default()
        .trim_matches(['=', ' '])
        .to_owned()
}
