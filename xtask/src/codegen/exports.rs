//! `exports.txt`: the symbols that the library shows, a name a line.

use super::{outputs::Outputs, sources::EntryPoint};
use std::collections::BTreeMap;

/// The list's path.
pub const PATH: &str = "exports.txt";

/// Writes the list.
pub fn emit(entries: &BTreeMap<String, Vec<EntryPoint>>, outputs: &mut Outputs) {
    let mut names: Vec<&str> = entries.values().flatten().map(|e| e.function.name.as_str()).collect();
    names.sort_unstable();
    let mut text = String::new();
    for name in names {
        text += name;
        text.push('\n');
    }
    outputs.add(PATH, text);
}
