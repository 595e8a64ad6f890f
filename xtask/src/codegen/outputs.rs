//! Generated files in memory, written or compared as a whole.

use anyhow::{Context, Result, bail};
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Files by path relative to the repository.
#[derive(Default)]
pub struct Outputs {
    files: BTreeMap<PathBuf, String>,
    /// Directories that hold generated files only: anything else in them is stale.
    owned: Vec<PathBuf>,
}

impl Outputs {
    /// Adds a file.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: String) {
        self.files.insert(path.into(), text);
    }

    /// Adds a Rust file, formatted.
    pub fn add_rust(&mut self, path: impl Into<PathBuf>, text: &str) -> Result<()> {
        let path = path.into();
        let text = rustfmt(text).with_context(|| format!("formatting {}", path.display()))?;
        self.add(path, text);
        Ok(())
    }

    /// Declares that a directory holds generated files only.
    pub fn own(&mut self, dir: impl Into<PathBuf>) {
        self.owned.push(dir.into());
    }

    /// The Rust files below a directory as they will be once everything is written, by path.
    pub fn sources(&self, root: &Path, dir: &Path) -> Result<BTreeMap<PathBuf, String>> {
        let mut sources = BTreeMap::new();
        let is_rust = |path: &Path| path.extension().is_some_and(|e| e == "rs");
        for path in files_below(&root.join(dir))? {
            let below = path.strip_prefix(root)?.to_path_buf();
            let owned = self.owned.iter().any(|dir| below.starts_with(dir));
            if is_rust(&below) && !owned && !self.files.contains_key(&below) {
                sources.insert(below, fs::read_to_string(&path)?);
            }
        }
        for (path, text) in &self.files {
            if path.starts_with(dir) && is_rust(path) {
                sources.insert(path.clone(), text.clone());
            }
        }
        Ok(sources)
    }

    /// Writes what changed and removes what is stale.
    pub fn write(&self, root: &Path) -> Result<()> {
        for (path, text) in &self.files {
            let target = root.join(path);
            if fs::read_to_string(&target).is_ok_and(|old| old == *text) {
                continue;
            }
            if let Some(dir) = target.parent() {
                fs::create_dir_all(dir)?;
            }
            fs::write(&target, text).with_context(|| format!("writing {}", target.display()))?;
            println!("wrote   {}", path.display());
        }
        for path in self.stale(root)? {
            fs::remove_file(root.join(&path))?;
            println!("removed {}", path.display());
        }
        Ok(())
    }

    /// Fails with a diff when the repository differs.
    pub fn check(&self, root: &Path) -> Result<()> {
        let mut wrong = Vec::new();
        for (path, text) in &self.files {
            let old = fs::read_to_string(root.join(path)).unwrap_or_default();
            if old != *text {
                print!("{}", diff(&root.join(path), text)?);
                wrong.push(path.display().to_string());
            }
        }
        for path in self.stale(root)? {
            println!("{} is generated no more", path.display());
            wrong.push(path.display().to_string());
        }
        if wrong.is_empty() {
            println!("{} generated files are up to date", self.files.len());
            return Ok(());
        }
        bail!("out of date, run `cargo xtask codegen`: {}", wrong.join(", "))
    }

    fn stale(&self, root: &Path) -> Result<Vec<PathBuf>> {
        let mut stale = Vec::new();
        for dir in &self.owned {
            for path in files_below(&root.join(dir))? {
                let path = path.strip_prefix(root)?.to_path_buf();
                if !self.files.contains_key(&path) {
                    stale.push(path);
                }
            }
        }
        Ok(stale)
    }
}

/// Every file below a directory, sorted. A missing directory has none.
pub fn files_below(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if !dir.is_dir() {
        return Ok(files);
    }
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn rustfmt(text: &str) -> Result<String> {
    let args = ["--edition", "2024", "--config", "max_width=110,use_small_heuristics=Max"];
    pipe(Command::new("rustfmt").args(args), text)
}

fn diff(old: &Path, new: &str) -> Result<String> {
    let old = if old.is_file() { old } else { Path::new("/dev/null") };
    let mut child = Command::new("diff")
        .args(["-u", "--label", "committed", "--label", "generated"])
        .arg(old)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    child.stdin.take().context("no stdin")?.write_all(new.as_bytes())?;
    Ok(format!("{}:\n{}", old.display(), String::from_utf8_lossy(&child.wait_with_output()?.stdout)))
}

fn pipe(command: &mut Command, input: &str) -> Result<String> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().context("no stdin")?;
    let input = input.to_owned();
    // A second thread writes, or both sides could wait on full pipes.
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output()?;
    writer.join().ok().context("writer panicked")??;
    if !output.status.success() {
        bail!("{:?} failed", command.get_program());
    }
    Ok(String::from_utf8(output.stdout)?)
}
