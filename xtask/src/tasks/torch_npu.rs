//! `torch-npu`: the stock wheel on the simulated device.

use super::env::{Workspace, pip_install};
use crate::run::{self, Steps};
use anyhow::Result;
use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Installs the pinned packages, then runs examples and tests, a step each.
pub fn check(work: &Workspace, steps: &mut Steps) {
    let root = &work.root;
    let venv = run::cargo_target(root).join("torch-npu");
    let python = venv.join("bin/python");
    let mut later = Vec::new();
    let ready = steps.need("PyTorch, transformers and torch_npu from PyPI", || install(work, &venv))
        && steps.need("later wheels from PyPI", || {
            later = install_later(work, &python, &venv)?;
            Ok(format!("{} of them", later.len()))
        })
        && steps.need("examples and tests", || found(root).map(|files| format!("{} files", files.len())));
    if !ready {
        return;
    }
    let Ok(scratch) = work.scratch("torch-npu") else { return };
    for (program, args) in [
        ("quickstart.py", &[][..]),
        ("qwen2_generate.py", &[]),
        ("qwen2_generate.py", &["--dtype", "bfloat16", "--attention", "eager"]),
        ("train.py", &["--plot", "loss.png"]),
    ] {
        let name = [&[program][..], args].concat().join(" ");
        steps.step(&format!("torch_npu example {name}"), || {
            let mut command = python_with_sdk(work, &python, 600);
            command.arg(root.join("examples/torch_npu").join(program)).args(args).current_dir(&scratch);
            run::quiet(&mut command).map(|output| super::last_line(&output))
        });
    }
    for file in found(root).unwrap_or_default() {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        steps.step(&format!("torch_npu {name}"), || {
            let mut command = python_with_sdk(work, &python, 1200);
            command.env("ACLSIM_LATER_WHEELS", later.join(OsStr::new(":")));
            command.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]).arg(&file);
            run::quiet(command.current_dir(root.join("tests/torch_npu")))
                .map(|output| super::last_line(&output))
        });
    }
}

/// Python in the environment of the SDK, with a limit of seconds: what hangs has to fail.
fn python_with_sdk(work: &Workspace, python: &Path, seconds: u32) -> Command {
    let mut command = work.with_sdk("timeout");
    command.arg(seconds.to_string()).arg(python);
    // The machine's own accelerators are not what is tested.
    command.env("CUDA_VISIBLE_DEVICES", "").env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn found(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root.join("tests/torch_npu"))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("test_") && name.ends_with(".py") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// An environment of its own: with the wheel in it, `import torch` alone looks for a device.
fn install(work: &Workspace, venv: &Path) -> Result<String> {
    let tests = work.root.join("tests/torch_npu");
    let python = venv.join("bin/python");
    let wanted =
        fs::read_to_string(tests.join("requirements.txt"))? + &fs::read_to_string(tests.join("wheel.txt"))?;
    let have = |line: &str, have: &str| have.lines().any(|h| h.eq_ignore_ascii_case(line.trim()));
    let complete = |freeze: &str| wanted.lines().filter(|l| !l.trim().is_empty()).all(|l| have(l, freeze));
    let freeze =
        || run::quiet(Command::new(&python).args(["-m", "pip", "freeze", "--disable-pip-version-check"]));
    if !freeze().is_ok_and(|freeze| complete(&freeze)) {
        work.venv_at(venv)?;
        let pip = |args: &[&str], list: &str| {
            run::quiet(pip_install(&python).args(args).arg("--requirement").arg(tests.join(list)))
        };
        pip(&[], "requirements.txt")?;
        // The wheel asks for a build of PyTorch that PyPI does not have.
        pip(&["--no-deps"], "wheel.txt")?;
    }
    Ok(wanted.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().to_owned())
}

/// Directories with the wheels of each line of `later_wheels.txt`, beside the environment that has what they need.
fn install_later(work: &Workspace, python: &Path, venv: &Path) -> Result<Vec<OsString>> {
    let list = fs::read_to_string(work.root.join("tests/torch_npu/later_wheels.txt"))?;
    let mut directories = Vec::new();
    for line in list.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let packages: Vec<&str> = line.split_whitespace().collect();
        let directory = venv.join("later").join(packages.join("+").replace("==", "-"));
        // Its name says what is in it; it is there once it is complete.
        if !directory.exists() {
            let begun = venv.join("later").join("begun");
            let _ = fs::remove_dir_all(&begun);
            run::quiet(pip_install(python).args(["--no-deps", "--target"]).arg(&begun).args(&packages))?;
            fs::rename(&begun, &directory)?;
        }
        directories.push(directory.into_os_string());
    }
    Ok(directories)
}
