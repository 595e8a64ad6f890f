//! `tests/discovery`: small projects that look for the toolkit, before and after it was moved.

use super::env::Workspace;
use crate::run::{self, Steps};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A project, and the variables it reads as paths relative to the SDK.
struct Project {
    name: &'static str,
    variables: &'static [(&'static str, &'static str)],
}

const PROJECTS: &[Project] = &[
    Project { name: "toolkit_home", variables: &[] },
    Project { name: "make", variables: &[] },
    Project { name: "ggml_cann", variables: &[] },
    Project { name: "ggml_cann", variables: &[("CANN_INSTALL_DIR", "latest")] },
    Project {
        name: "ascend_samples",
        variables: &[("DDK_PATH", ""), ("NPU_HOST_LIB", "runtime/lib64/stub")],
    },
    Project { name: "ascend_samples", variables: &[("DDK_PATH", "latest"), ("NPU_HOST_LIB", "devlib")] },
    Project { name: "install_dir", variables: &[("INSTALL_DIR", "")] },
    Project { name: "install_dir", variables: &[("INSTALL_DIR", "latest")] },
    Project { name: "opencv", variables: &[] },
    Project { name: "pkg_config", variables: &[] },
    Project { name: "find_package", variables: &[] },
];

/// A step per project and place.
pub fn check(work: &Workspace, steps: &mut Steps) {
    let Ok(scratch) = work.scratch("discovery") else { return };
    let places = [scratch.join("first/sdk"), scratch.join("moved/elsewhere/sdk")];
    if !steps.need("pkg-config", || work.tool("pkg-config", "pkgconf").map(|p| p.display().to_string()))
        || !steps.need("a copy of the SDK", || copy(&work.sdk, &places[0]))
    {
        return;
    }
    for (place, moved) in [(&places[0], ""), (&places[1], ", moved")] {
        // Moved, not copied: whatever still points to the first place now points nowhere.
        if !moved.is_empty() && !steps.need("moving the SDK", || rename(&places[0], &places[1])) {
            return;
        }
        for (index, project) in PROJECTS.iter().enumerate() {
            let variables = project.variables.iter().map(|(n, v)| format!(" {n}={v}")).collect::<String>();
            steps.step(&format!("discovery: {}{variables}{moved}", project.name), || {
                let build =
                    scratch.join(format!("{}-{index}{}", project.name, moved.trim_start_matches(", ")));
                build_and_run(work, project, place, &build)
            });
        }
    }
}

fn copy(from: &Path, to: &Path) -> Result<String> {
    fs::create_dir_all(to.parent().context("no parent")?)?;
    run::quiet(Command::new("cp").arg("-a").arg(from).arg(to)).map(|_| String::new())
}

fn rename(from: &Path, to: &Path) -> Result<String> {
    fs::create_dir_all(to.parent().context("no parent")?)?;
    fs::rename(from, to)?;
    Ok(String::new())
}

fn build_and_run(work: &Workspace, project: &Project, sdk: &Path, build: &PathBuf) -> Result<String> {
    let source = work.root.join("tests/discovery").join(project.name);
    fs::create_dir_all(build)?;
    let run = |program: &str, args: &[&str]| {
        let mut command = work.with_sdk_at(sdk, program);
        for (name, below) in project.variables {
            command.env(name, if below.is_empty() { sdk.to_path_buf() } else { sdk.join(below) });
        }
        run::quiet(command.args(args).current_dir(build))
    };
    if source.join("Makefile").is_file() {
        run("make", &["-f", &source.join("Makefile").display().to_string(), "probe"])?;
    } else {
        run("cmake", &["-S", &source.display().to_string(), "-B", "."])?;
        run("cmake", &["--build", "."])?;
    }
    let output = run(&build.join("probe").display().to_string(), &[])?;
    if !output.contains("PASS") {
        bail!("the probe printed no PASS: {output}");
    }
    Ok(super::last_line(&output))
}
