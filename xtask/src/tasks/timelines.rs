//! What profiling and dumps write, read by Python: `tests/timeline`.

use super::{c_programs, env::Workspace};
use crate::run;
use anyhow::Result;
use std::fs;

/// The programs that write timelines and dumps.
const PROGRAMS: [&str; 3] = ["trace.c", "prof.c", "dump.c"];

/// Runs the programs and reads their files.
pub fn check(work: &Workspace) -> Result<String> {
    let scratch = work.scratch("timelines")?;
    let output = scratch.join("output");
    fs::create_dir(&output)?;
    for program in PROGRAMS {
        c_programs::run_plain(work, program, &scratch, &output)?;
    }
    let mut command = work.with_sdk(work.python(&["numpy"])?);
    command.arg(work.root.join("tests/timeline/check.py")).arg(&output);
    run::quiet(&mut command).map(|output| super::last_line(&output))
}
