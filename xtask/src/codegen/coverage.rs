//! `docs/coverage.md` and its picture: every function of the runtime's headers, whether it works, and since when.

use super::{
    outputs::Outputs,
    sources::EntryPoint,
    svg,
    unsupported::{TABLE, Unsupported},
};
use anyhow::{Context, Result, bail};
use opgen::abi::Abi;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
};

const PAGE: &str = "docs/coverage.md";
const PICTURE: &str = "docs/coverage.svg";
/// What each release exported, a file `<version>.txt` a release: `exports.txt` as it was then.
const RELEASES: &str = "abi/own/releases";

/// Headers of the host runtime. Models, media and retrieval have libraries and a page of their own.
fn in_scope(header: &str) -> bool {
    const WHOLE: [&str; 5] = [
        "acl/acl_platform.h",
        "acl/acl_op.h",
        "acl/acl_op_compiler.h",
        "acl/ops/acl_cblas.h",
        "acl/acl_dump.h",
    ];
    const FAMILIES: [&str; 5] = ["acl/acl_base", "acl/acl_rt", "acl/acl_prof", "acl/acl_tdt", "aclnn/"];
    WHOLE.contains(&header) || FAMILIES.iter().any(|family| header.starts_with(family))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Works,
    Unsupported,
    Missing,
}

struct Line<'a> {
    name: &'a str,
    state: State,
    /// What it does, or why not.
    note: String,
}

/// Writes the page and the picture.
pub fn emit(
    root: &Path,
    abi: &Abi,
    entries: &BTreeMap<String, Vec<EntryPoint>>,
    unsupported: &Unsupported,
    outputs: &mut Outputs,
) -> Result<()> {
    let headers = headers(abi, entries, unsupported);
    let since = Since::read(root)?;
    outputs.add(PAGE, page(&headers, &since)?);
    outputs.add(PICTURE, picture(&headers));
    Ok(())
}

/// Fails when a function of the runtime's headers neither works nor is unsupported by design.
pub fn gaps(root: &Path) -> Result<String> {
    let (abi, entries, unsupported) = super::entry_points(root)?;
    let headers = headers(&abi, &entries, &unsupported);
    let mut wrong = Vec::new();
    let mut done = 0;
    for (header, lines) in &headers {
        let missing: Vec<&str> =
            lines.iter().filter(|l| l.state == State::Missing).map(|line| line.name).collect();
        done += lines.len() - missing.len();
        if !missing.is_empty() {
            wrong.push(format!("{header}: {}", missing.join(" ")));
        }
    }
    if wrong.is_empty() {
        return Ok(format!("{done} functions"));
    }
    bail!("neither implemented nor in {TABLE}:\n{}", wrong.join("\n"))
}

fn headers<'a>(
    abi: &'a Abi,
    entries: &BTreeMap<String, Vec<EntryPoint>>,
    unsupported: &Unsupported,
) -> BTreeMap<&'a str, Vec<Line<'a>>> {
    let docs: BTreeMap<&str, &EntryPoint> =
        entries.values().flatten().map(|entry| (entry.function.name.as_str(), entry)).collect();
    let mut headers: BTreeMap<&str, Vec<Line<'_>>> = BTreeMap::new();
    for function in abi.functions.values().filter(|f| f.exported && in_scope(&f.header)) {
        let name = function.name.as_str();
        let (state, note) = match (unsupported.get(name), docs.get(name)) {
            (Some(row), _) => (State::Unsupported, row.why.clone()),
            (None, Some(entry)) => (State::Works, first_sentence(&entry.docs)),
            (None, None) => (State::Missing, String::new()),
        };
        headers.entry(&function.header).or_default().push(Line { name, state, note });
    }
    headers
}

/// The first sentence of a comment.
fn first_sentence(docs: &[String]) -> String {
    let paragraph: Vec<&str> = docs.iter().map(|l| l.trim()).take_while(|l| !l.is_empty()).collect();
    let text = paragraph.join(" ");
    let end = text.find(". ").map_or(text.len(), |at| at + 1);
    text[..end].to_owned()
}

/// The version in which a function first came.
struct Since {
    /// By release, oldest first.
    releases: Vec<(String, BTreeSet<String>)>,
    /// The version being built.
    current: String,
}

impl Since {
    fn read(root: &Path) -> Result<Since> {
        let mut releases = Vec::new();
        for path in super::files_below(&root.join(RELEASES))? {
            let version = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let names = fs::read_to_string(&path)?.lines().map(str::to_owned).collect();
            releases.push((version, names));
        }
        // 0.10 comes after 0.9.
        releases.sort_by_key(|(version, _)| {
            version.split('.').map(|part| part.parse::<u32>().unwrap_or_default()).collect::<Vec<_>>()
        });
        let manifest = fs::read_to_string(root.join("Cargo.toml"))?;
        let current = manifest
            .lines()
            .find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
            .context("Cargo.toml: no version")?;
        Ok(Since { releases, current: current.to_owned() })
    }

    fn of(&self, name: &str) -> &str {
        let first = self.releases.iter().find(|(_, names)| names.contains(name));
        first.map_or(&self.current, |(version, _)| version)
    }
}

/// Functions in each state.
fn count(lines: &[Line<'_>]) -> [usize; 3] {
    [State::Works, State::Unsupported, State::Missing]
        .map(|state| lines.iter().filter(|line| line.state == state).count())
}

fn percent(part: usize, all: usize) -> String {
    format!("{} %", 100 * part / all.max(1))
}

fn page(headers: &BTreeMap<&str, Vec<Line<'_>>>, since: &Since) -> Result<String> {
    let mut out = format!(
        "<!-- Generated from abi/ and {TABLE} by `cargo xtask codegen`. Do not edit. -->\n# The runtime's functions\n\n\
         A function *works*: it does what CANN documents, and a test says so. Or it is *unsupported by design*: it needs\n\
         the silicon, answers 207000 or 200006 (or null) whatever its arguments, and the message says why. Operators have\n\
         a [page of their own](operators.md).\n\n![Coverage by header](coverage.svg)\n\n"
    );
    let total = headers.values().map(|lines| count(lines)).fold([0; 3], |a, b| {
        let mut sum = a;
        sum.iter_mut().zip(b).for_each(|(s, n)| *s += n);
        sum
    });
    let all = total.iter().sum();
    writeln!(
        out,
        "**{} of {all} functions work** ({}), {} are unsupported by design, {} are not there yet.\n",
        total[0],
        percent(total[0], all),
        total[1],
        total[2]
    )?;
    writeln!(out, "| header | | works | unsupported by design | not there yet |\n|---|---|--:|--:|--:|")?;
    for (header, lines) in headers {
        let [works, unsupported, missing] = count(lines);
        let done = 10 * (works + unsupported) / lines.len().max(1);
        let bar = "█".repeat(done) + &"░".repeat(10 - done);
        let anchor: String = header.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
        writeln!(
            out,
            "| [`{header}`](#{anchor}) | {bar} {} | {works} | {unsupported} | {missing} |",
            percent(works + unsupported, lines.len())
        )?;
    }
    for (header, lines) in headers {
        writeln!(out, "\n## `{header}`\n\n| function | state | since | |\n|---|---|---|---|")?;
        for line in lines {
            let (state, since) = match line.state {
                State::Works => ("works", since.of(line.name)),
                State::Unsupported => ("unsupported by design", since.of(line.name)),
                State::Missing => ("not there yet", ""),
            };
            writeln!(out, "| `{}` | {state} | {since} | {} |", line.name, line.note.replace('|', "\\|"))?;
        }
    }
    Ok(out)
}

fn picture(headers: &BTreeMap<&str, Vec<Line<'_>>>) -> String {
    let legend = [("works", "#2da44e"), ("unsupported by design", "#8c959f"), ("not there yet", "#eac54f")];
    let rows: Vec<svg::Bar> = headers
        .iter()
        .map(|(header, lines)| {
            let parts = count(lines);
            let note = format!("{} of {}", parts[0], lines.len());
            svg::Bar { label: (*header).to_owned(), parts: parts.to_vec(), note }
        })
        .collect();
    svg::bars("Functions of the runtime by header", &legend, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sentence_is_the_note() {
        let docs = [" Creates a stream. It is", " new.", "", " Parameters:"].map(str::to_owned);
        assert_eq!(first_sentence(&docs), "Creates a stream.");
        assert_eq!(first_sentence(&[" No full stop".to_owned()]), "No full stop");
    }

    #[test]
    fn a_function_is_as_old_as_the_first_release_that_had_it() {
        let set = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<BTreeSet<_>>();
        let since = Since {
            releases: vec![("0.9.0".into(), set(&["a"])), ("0.10.0".into(), set(&["a", "b"]))],
            current: "0.11.0".into(),
        };
        assert_eq!([since.of("a"), since.of("b"), since.of("c")], ["0.9.0", "0.10.0", "0.11.0"]);
    }
}
