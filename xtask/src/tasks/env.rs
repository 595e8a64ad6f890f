//! The tools that tasks need, installed below `target/` where the machine has none.

use crate::run;
use anyhow::{Context, Result, bail};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The repository, its SDK and its tools.
pub struct Workspace {
    /// The repository.
    pub root: PathBuf,
    /// The SDK, once built.
    pub sdk: PathBuf,
    cmake: Option<PathBuf>,
}

impl Workspace {
    /// Nothing built, nothing installed.
    pub fn new(root: &Path) -> Workspace {
        Workspace { root: root.to_path_buf(), sdk: PathBuf::new(), cmake: None }
    }

    /// A directory of our own below `target/`, empty.
    pub fn scratch(&self, name: &str) -> Result<PathBuf> {
        let dir = run::cargo_target(&self.root).join("xtask").join(name);
        if dir.exists() {
            fs::remove_dir_all(&dir)?;
        }
        fs::create_dir_all(&dir)?;
        Ok(dir)
    }

    /// A command in the environment that `source set_env.sh` makes.
    pub fn with_sdk(&self, program: impl AsRef<Path>) -> Command {
        self.with_sdk_at(&self.sdk, program)
    }

    /// The same for an SDK that lies elsewhere. Goes through the script itself, which is thereby tested.
    pub fn with_sdk_at(&self, sdk: &Path, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("bash");
        command.args(["-c", "set -eu; source \"$1/set_env.sh\"; shift; exec \"$@\"", "bash"]);
        command.arg(sdk).arg(program.as_ref());
        for name in [
            "ASCEND_TOOLKIT_HOME",
            "ASCEND_HOME_PATH",
            "ASCEND_OPP_PATH",
            "ACLSIM_CONFIG",
            "ACLSIM_DEVICES",
            "ACLSIM_TRACE",
        ] {
            command.env_remove(name);
        }
        if let Some(dir) = self.cmake.as_ref().and_then(|c| c.parent()) {
            // The venv's directory comes last: its other programs must not shadow the machine's.
            let path = env::var("PATH").unwrap_or_default();
            command.env("PATH", format!("{path}:{}", dir.display()));
        }
        command.env("PYTHON", self.python_path());
        command
    }

    /// The interpreter of our virtual environment.
    pub fn python_path(&self) -> PathBuf {
        self.venv().join("bin/python")
    }

    /// An interpreter that has these packages.
    pub fn python(&self, packages: &[&str]) -> Result<PathBuf> {
        self.make_venv()?;
        let python = self.python_path();
        let imports = packages.iter().map(|p| format!("import {p}")).collect::<Vec<_>>().join(";");
        if run::quiet(Command::new(&python).args(["-c", &imports])).is_err() {
            self.pip(packages)?;
        }
        Ok(python)
    }

    /// An interpreter with what `tests/python` asks for.
    pub fn python_for_tests(&self) -> Result<PathBuf> {
        self.make_venv()?;
        let list = self.root.join("tests/python/requirements.txt");
        let wanted = fs::read_to_string(&list)?;
        let have = run::quiet(Command::new(self.python_path()).args(["-m", "pip", "freeze"]))?;
        if wanted.lines().any(|line| !line.trim().is_empty() && !have.lines().any(|h| h == line.trim())) {
            self.pip(&["--requirement", &list.display().to_string()])?;
        }
        Ok(self.python_path())
    }

    /// CMake of the machine, or from PyPI.
    pub fn cmake(&mut self) -> Result<PathBuf> {
        if let Some(found) = find("cmake") {
            return Ok(found);
        }
        let cmake = self.venv().join("bin/cmake");
        if !cmake.exists() {
            self.make_venv()?;
            self.pip(&["cmake"])?;
        }
        self.cmake = Some(cmake.clone());
        Ok(cmake)
    }

    /// A tool of the machine, installed from Debian's package where we may.
    pub fn tool(&self, name: &str, package: &str) -> Result<PathBuf> {
        if let Some(found) = find(name) {
            return Ok(found);
        }
        apt_install(package)?;
        find(name).with_context(|| format!("{package} brought no {name}"))
    }

    /// A tool of the machine, if it is there.
    pub fn installed(&self, name: &str) -> Option<PathBuf> {
        find(name)
    }

    fn venv(&self) -> PathBuf {
        run::cargo_target(&self.root).join("venv")
    }

    fn make_venv(&self) -> Result<()> {
        self.venv_at(&self.venv())
    }

    /// Makes a virtual environment, if there is none.
    pub fn venv_at(&self, dir: &Path) -> Result<()> {
        if dir.join("bin/python").exists() && dir.join("bin/pip").exists() {
            return Ok(());
        }
        let make = || run::quiet(Command::new("python3").args(["-m", "venv", "--clear"]).arg(dir));
        if make().is_err() {
            // Debian splits the module off.
            apt_install("python3-venv")?;
            make()?;
        }
        Ok(())
    }

    fn pip(&self, args: &[&str]) -> Result<()> {
        run::quiet(pip_install(&self.python_path()).args(args))?;
        Ok(())
    }
}

/// `pip install` for this Python; what to install follows.
pub fn pip_install(python: &Path) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    command
}

fn find(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(name)).find(|path| path.is_file())
}

fn apt_install(package: &str) -> Result<()> {
    let hint = || format!("{package} is missing: install it, for example with `apt-get install {package}`");
    if find("apt-get").is_none() || run::quiet(Command::new("id").arg("-u"))?.trim() != "0" {
        bail!(hint());
    }
    let apt = |args: &[&str]| {
        run::quiet(Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(args))
    };
    // The package lists of a fresh machine may be missing or old.
    if apt(&["install", "--yes", "--no-install-recommends", package]).is_err() {
        apt(&["update"]).with_context(hint)?;
        apt(&["install", "--yes", "--no-install-recommends", package]).with_context(hint)?;
    }
    Ok(())
}
