//! Project tasks: `cargo xtask <task>`.

mod codegen;
mod run;
mod sdk;
mod tasks;

use anyhow::{Result, bail};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

const USAGE: &str = "\
cargo xtask <task>
  demo                build everything and run an operator program on the simulated device
  test [FILTER]       run every test, or the steps whose name contains FILTER
  torch-npu [FILTER]  run PyTorch's stock torch_npu wheel: its examples and tests
  ci [--without-tests]
                      what CI runs: formatting, lints, generated files, tests, models
  bench [ARGS]        how fast it is, beside libc and PyTorch
  codegen [--check]   write the generated files (or fail when they are out of date)
  sdk [--out DIR]     lay out the toolkit, default target/sdk";

fn main() -> ExitCode {
    match task() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn task() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["codegen"] => codegen::write(&root()),
        ["codegen", "--check"] => codegen::check(&root()),
        ["sdk"] => lay_out(&run::cargo_target(&root()).join("sdk")),
        ["sdk", "--out", out] => lay_out(Path::new(out)),
        ["demo"] => tasks::demo(&root()),
        ["test"] => tasks::test(&root(), ""),
        ["test", filter] => tasks::test(&root(), filter),
        ["torch-npu"] => tasks::torch_npu(&root(), ""),
        ["torch-npu", filter] => tasks::torch_npu(&root(), filter),
        ["ci"] => tasks::ci(&root(), true),
        ["ci", "--without-tests"] => tasks::ci(&root(), false),
        ["bench", args @ ..] => tasks::bench(&root(), args),
        _ => bail!("{USAGE}"),
    }
}

fn lay_out(out: &Path) -> Result<()> {
    let sdk = sdk::build(&root(), out)?;
    println!("source {}/set_env.sh", sdk.display());
    Ok(())
}

/// The repository.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
