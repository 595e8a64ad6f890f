//! How long each operator took, as a table.

use super::{
    action::Action,
    hub::{Sink, ThreadTag},
    record::{Event, title},
};
use crate::exec::monotonic_nanoseconds;
use std::{
    collections::HashMap,
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
};

#[derive(Debug, Clone, Copy)]
struct Line {
    count: u64,
    total: u64,
    least: u64,
    most: u64,
}

/// A table of operators, written when it is finished.
#[derive(Debug)]
pub struct Summary {
    path: PathBuf,
    devices: u64,
    began: u64,
    lines: Vec<HashMap<String, Line>>,
}

impl Summary {
    /// A table for a file. `devices` has a bit for each device that counts.
    pub fn new(path: &Path, devices: u64) -> Summary {
        Summary { path: path.to_owned(), devices, began: monotonic_nanoseconds(), lines: Vec::new() }
    }

    fn count(&mut self, device: usize, name: &str, took: u64) {
        if self.lines.len() <= device {
            self.lines.resize_with(device + 1, HashMap::new);
        }
        match self.lines[device].get_mut(name) {
            Some(line) => {
                line.count += 1;
                line.total += took;
                line.least = line.least.min(took);
                line.most = line.most.max(took);
            }
            None => {
                let line = Line { count: 1, total: took, least: took, most: took };
                self.lines[device].insert(name.to_owned(), line);
            }
        }
    }

    fn table(&self) -> String {
        let mut out =
            "Device_id,OP Type,Count,Total Time(us),Min Time(us),Avg Time(us),Max Time(us),Ratio(%)\n"
                .to_owned();
        for (device, lines) in self.lines.iter().enumerate() {
            let all: u64 = lines.values().map(|line| line.total).sum();
            let mut lines: Vec<_> = lines.iter().collect();
            lines.sort_by(|a, b| (b.1.total, a.0).cmp(&(a.1.total, b.0)));
            for (name, line) in lines {
                let us = |nanoseconds: u64| nanoseconds as f64 / 1e3;
                let (average, ratio) =
                    (us(line.total) / line.count as f64, 100.0 * us(line.total) / us(all).max(1e-3));
                // Writing to a string cannot fail.
                let _ = writeln!(
                    out,
                    "{device},{},{},{:.3},{:.3},{average:.3},{:.3},{ratio:.2}",
                    quoted(name),
                    line.count,
                    us(line.total),
                    us(line.least),
                    us(line.most),
                );
            }
        }
        out
    }
}

/// A name as a cell: quoted when it has to be.
fn quoted(name: &str) -> String {
    if name.contains([',', '"', '\n']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}

impl Sink for Summary {
    fn event(&mut self, _: &ThreadTag, event: &Event) {
        if let Event::Task { name, details, stream, start, end, action, .. } = event
            // Its tasks count.
            && !matches!(action, Action::Graph { .. })
            && *start >= self.began
            && self.devices >> stream.device().min(63) & 1 != 0
        {
            self.count(stream.device() as usize, title(name, *details, *action), end.saturating_sub(*start));
        }
    }

    fn finish(&mut self, _: u64) -> io::Result<()> {
        fs::write(&self.path, self.table())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_come_first() {
        let mut summary = Summary::new(Path::new("unused"), 1);
        for (name, took) in [("Add", 1_500), ("Mul", 3_000), ("Add", 500), ("a,b", 0)] {
            summary.count(0, name, took);
        }
        let table = summary.table();
        let lines: Vec<_> = table.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "0,Mul,1,3.000,3.000,3.000,3.000,60.00",
                "0,Add,2,2.000,0.500,1.000,1.500,40.00",
                "0,\"a,b\",1,0.000,0.000,0.000,0.000,0.00"
            ]
        );
    }
}
