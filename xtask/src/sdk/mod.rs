//! `cargo xtask sdk`: the toolkit directory that programs build against.
//!
//! Everything real sits in `<arch>-linux/`; the rest are relative links, so that the tree can be moved. Every library
//! name leads to one file, and glibc loads one copy of it whoever asks under whichever name.

mod names;
mod texts;

use crate::run;
use anyhow::{Context, Result};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

/// Builds the SDK in `out` and returns its path.
pub fn build(root: &Path, out: &Path) -> Result<PathBuf> {
    let target = run::cargo_target(root);
    run::quiet(Command::new("cargo").current_dir(root).args([
        "build",
        "--quiet",
        "--release",
        "--package",
        "aclsim",
        "--package",
        "npu-smi",
    ]))?;
    // Built beside the old one and swapped in: a program that runs keeps the files it has open.
    let fresh = out.with_extension("new");
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    Tree::new(&fresh)?.fill(root, &target.join("release"))?;
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    fs::rename(&fresh, out).with_context(|| format!("moving the SDK to {}", out.display()))?;
    Ok(out.canonicalize()?)
}

/// The architecture as the toolkit names it.
pub fn arch() -> &'static str {
    std::env::consts::ARCH
}

struct Tree {
    root: PathBuf,
    /// `x86_64-linux`.
    arch_dir: String,
}

impl Tree {
    fn new(root: &Path) -> Result<Tree> {
        fs::create_dir_all(root)?;
        Ok(Tree { root: root.canonicalize()?, arch_dir: format!("{}-linux", arch()) })
    }

    fn fill(&self, repository: &Path, release: &Path) -> Result<()> {
        let real = |path: &str| format!("{}/{path}", self.arch_dir);
        self.copy_dir(&repository.join("include"), &real("include"))?;
        for (name, text) in texts::version_headers() {
            self.write(&real(&format!("include/version/{name}")), &text)?;
        }
        self.libraries(release)?;
        self.copy(&release.join("npu-smi"), &real("bin/npu-smi"))?;
        self.write(
            &real("conf/path.cfg"),
            "# Configuration comes from the environment and ACLSIM_CONFIG.\n",
        )?;
        for (name, text) in texts::platform_configs() {
            self.write(&real(&format!("data/platform_config/{name}.ini")), &text)?;
        }
        self.write(&real("ascend_toolkit_install.info"), &texts::toolkit_install_info())?;
        for name in ["include", "lib64", "bin", "conf", "data", "devlib"] {
            self.link(name, &real(name))?;
        }
        self.packages()?;
        self.operators()?;
        self.driver()?;
        self.write_executable("set_env.sh", texts::SET_ENV)?;
        self.write("LICENSE", &fs::read_to_string(repository.join("LICENSE"))?)?;
        self.write("version.cfg", &texts::version_cfg())?;
        self.latest()
    }

    fn libraries(&self, release: &Path) -> Result<()> {
        let lib = format!("{}/lib64", self.arch_dir);
        self.copy(&release.join("libascendcl.so"), &format!("{lib}/libascendcl.so"))?;
        self.copy(&release.join("libascendcl.a"), &format!("{lib}/libascendcl.a"))?;
        for name in names::ALIASES {
            self.link(&format!("{lib}/{name}"), &format!("{lib}/libascendcl.so"))?;
        }
        for name in names::REGULAR_FILES {
            self.thin_library(&format!("{lib}/{name}"))?;
        }
        for name in names::STATIC_ALIASES {
            self.link(&format!("{lib}/{name}"), &format!("{lib}/libascendcl.a"))?;
        }
        for (path, text) in texts::build_system_files() {
            self.write(&format!("{lib}/{path}"), &text)?;
        }
        // Link-time stubs: the real libraries serve, so that a program linked against them also runs.
        let stubs = format!("{}/devlib", self.arch_dir);
        let nested = format!("{stubs}/linux/{}", arch());
        for name in std::iter::once(&"libascendcl.so").chain(names::ALIASES) {
            self.link(&format!("{stubs}/{name}"), &format!("{lib}/libascendcl.so"))?;
            self.link(&format!("{nested}/{name}"), &format!("{lib}/libascendcl.so"))?;
        }
        Ok(())
    }

    /// A library of its own name that brings in the one library and nothing else, for loaders that skip links.
    fn thin_library(&self, path: &str) -> Result<()> {
        let target = self.root.join(path);
        let dir = target.parent().context("no parent")?;
        let name = target.file_name().context("no name")?.to_string_lossy().into_owned();
        let empty = dir.join("empty.c");
        fs::write(&empty, "")?;
        run::quiet(
            Command::new("cc")
                .args(["-shared", "-o"])
                .arg(&target)
                .arg(&empty)
                .arg(format!("-Wl,-soname,{name}"))
                .args(["-Wl,-rpath,$ORIGIN", "-Wl,--no-as-needed"])
                .arg("-L")
                .arg(dir)
                .arg("-lascendcl"),
        )?;
        fs::remove_file(empty)?;
        Ok(())
    }

    /// `runtime/`, `compiler/`, …: each with its own way to the headers and libraries.
    fn packages(&self) -> Result<()> {
        for package in names::PACKAGES {
            self.link(&format!("{package}/include"), &format!("{}/include", self.arch_dir))?;
            let lib = format!("{package}/lib64");
            for name in std::iter::once(&"libascendcl.so").chain(names::ALIASES) {
                self.link(&format!("{lib}/{name}"), &format!("{}/lib64/{name}", self.arch_dir))?;
            }
            self.link(&format!("{lib}/libascendcl.a"), &format!("{}/lib64/libascendcl.a", self.arch_dir))?;
            self.link(&format!("{lib}/stub"), &format!("{}/devlib", self.arch_dir))?;
            self.write(&format!("{package}/version.info"), &texts::version_info())?;
            self.write(&format!("{package}/ascend_install.info"), &texts::install_info(package))?;
            self.write(&format!("{package}/scene.info"), &texts::scene_info())?;
            self.write(&format!("share/info/{package}/version.info"), &texts::version_info())?;
        }
        self.link("acllib", "runtime")?;
        self.link("ops", "opp")?;
        self.link("compiler/bin", "bin")?;
        self.link("runtime/bin", "bin")?;
        self.write("pyACL/python/site-packages/README", texts::NO_PYACL)?;
        self.write("python/site-packages/README", texts::NO_PYACL)
    }

    fn operators(&self) -> Result<()> {
        let lib = format!("{}/lib64", self.arch_dir);
        let linux = format!("lib/linux/{}", arch());
        for (dir, name) in [
            ("opp/built-in/op_impl/ai_core/tbe/op_api", "libopapi.so"),
            ("opp/built-in/op_proto", "libopsproto.so"),
            ("opp/built-in/op_impl/ai_core/tbe/op_tiling", "liboptiling.so"),
        ] {
            self.link(&format!("{dir}/{linux}/{name}"), &format!("{lib}/libascendcl.so"))?;
        }
        self.link("opp/built-in/op_impl/ai_core/tbe/op_api/include/aclnnop", "include/aclnnop")?;
        self.write("opp/built-in/op_proto/inc/README", "Operator prototypes of the graph engine: none.\n")?;
        self.write("opp/vendors/config.ini", "load_priority=\n")?;
        self.write("opp/version.info", &texts::version_info())?;
        self.write("opp/scene.info", &texts::scene_info())?;
        self.write("opp/ascend_install.info", &texts::install_info("opp"))
    }

    fn driver(&self) -> Result<()> {
        for name in names::DRIVER {
            self.link(&format!("driver/lib64/driver/{name}"), &format!("{}/lib64/{name}", self.arch_dir))?;
            self.link(&format!("driver/lib64/common/{name}"), &format!("{}/lib64/{name}", self.arch_dir))?;
        }
        self.link("driver/tools/npu-smi", &format!("{}/bin/npu-smi", self.arch_dir))?;
        self.write("driver/version.info", &texts::version_info())
    }

    /// `latest/`, as where several versions are installed side by side.
    fn latest(&self) -> Result<()> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.root)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        for name in names {
            self.link(&format!("latest/{name}"), &name)?;
        }
        Ok(())
    }

    fn place(&self, path: &str) -> Result<PathBuf> {
        let target = self.root.join(path);
        if let Some(dir) = target.parent() {
            fs::create_dir_all(dir)?;
        }
        Ok(target)
    }

    fn write(&self, path: &str, text: &str) -> Result<()> {
        let target = self.place(path)?;
        fs::write(&target, text).with_context(|| format!("writing {}", target.display()))
    }

    fn write_executable(&self, path: &str, text: &str) -> Result<()> {
        self.write(path, text)?;
        fs::set_permissions(self.root.join(path), fs::Permissions::from_mode(0o755))?;
        Ok(())
    }

    fn copy(&self, from: &Path, path: &str) -> Result<()> {
        let target = self.place(path)?;
        fs::copy(from, &target).with_context(|| format!("copying {}", from.display()))?;
        Ok(())
    }

    fn copy_dir(&self, from: &Path, path: &str) -> Result<()> {
        for file in crate::codegen::files_below(from)? {
            let below = file.strip_prefix(from)?.display().to_string();
            self.copy(&file, &format!("{path}/{below}"))?;
        }
        Ok(())
    }

    /// A relative link at `path` to `target`, both relative to the SDK.
    fn link(&self, path: &str, target: &str) -> Result<()> {
        let link = self.place(path)?;
        let up = "../".repeat(path.matches('/').count());
        symlink(format!("{up}{target}"), &link).with_context(|| format!("linking {}", link.display()))
    }
}
