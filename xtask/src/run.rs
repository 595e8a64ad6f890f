//! Running other programs, and saying how it went.

use anyhow::{Context, Result, bail};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

/// Where cargo puts what it builds.
pub fn cargo_target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// Runs a command that inherits the terminal.
pub fn shown(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {:?}", command.get_program()))?;
    if status.success() {
        return Ok(());
    }
    bail!("{} failed: {status}", line(command))
}

/// Runs a command whose output only matters when it fails. Returns what it wrote to stdout.
pub fn quiet(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("starting {:?}", command.get_program()))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    bail!("{} failed: {}\n{stdout}{stderr}", line(command), output.status)
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|w| w.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Named steps with their outcome and time; the last line counts them.
pub struct Steps {
    started: Instant,
    filter: String,
    passed: usize,
    failed: Vec<String>,
}

impl Steps {
    /// No steps yet; of those to come, the ones whose name contains `filter`.
    pub fn new(filter: &str) -> Steps {
        Steps { started: Instant::now(), filter: filter.to_owned(), passed: 0, failed: Vec::new() }
    }

    /// Runs a step, unless it is filtered out. A failure is reported and the next steps still run.
    pub fn step(&mut self, name: &str, body: impl FnOnce() -> Result<String>) -> bool {
        if name.contains(&self.filter) { self.need(name, body) } else { true }
    }

    /// Runs a step that others build on, whatever the filter.
    pub fn need(&mut self, name: &str, body: impl FnOnce() -> Result<String>) -> bool {
        println!("[{:>6.1}s] {name} ...", self.started.elapsed().as_secs_f64());
        let started = Instant::now();
        let result = body();
        let took = started.elapsed().as_secs_f64();
        match result {
            Ok(note) => {
                self.passed += 1;
                let note = if note.is_empty() { note } else { format!(": {note}") };
                println!("[{:>6.1}s] ok   {name} ({took:.1}s){note}", self.started.elapsed().as_secs_f64());
                true
            }
            Err(error) => {
                println!(
                    "[{:>6.1}s] FAIL {name} ({took:.1}s)\n{error:#}",
                    self.started.elapsed().as_secs_f64()
                );
                self.failed.push(name.to_owned());
                false
            }
        }
    }

    /// The summary line; an error when a step failed.
    pub fn finish(self, task: &str) -> Result<()> {
        let took = self.started.elapsed().as_secs_f64();
        println!("{task}: {} passed, {} failed ({took:.1}s)", self.passed, self.failed.len());
        if self.failed.is_empty() {
            return Ok(());
        }
        bail!("{task} failed: {}", self.failed.join(", "))
    }
}
