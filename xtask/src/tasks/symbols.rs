//! Declared list = headers = what the library exports.

use super::env::Workspace;
use crate::{codegen, run};
use anyhow::{Result, bail};
use std::{collections::BTreeSet, fs, process::Command};

pub fn check(work: &Workspace) -> Result<String> {
    let text = fs::read_to_string(work.root.join(codegen::EXPORTS))?;
    let declared: BTreeSet<&str> = text.lines().collect();
    let library = work.sdk.join("lib64/libascendcl.so");

    let output =
        run::quiet(Command::new("nm").args(["-D", "--defined-only", "--format=posix"]).arg(&library))?;
    let exported: BTreeSet<&str> = output.lines().filter_map(|l| l.split_whitespace().next()).collect();
    compare("exports.txt", &declared, "the library's dynamic symbols", &exported)?;

    let mut headers = String::new();
    for path in codegen::files_below(&work.sdk.join("include"))? {
        headers += &without_comments(&fs::read_to_string(path)?);
    }
    let in_headers: BTreeSet<&str> = prototypes(&headers).collect();
    compare("exports.txt", &declared, "the headers", &in_headers)?;

    let dynamic = run::quiet(Command::new("readelf").args(["-d"]).arg(&library))?;
    for wanted in ["[libascendcl.so]", "NODELETE"] {
        if !dynamic.contains(wanted) {
            bail!("readelf -d shows no {wanted}");
        }
    }
    Ok(format!("{} functions", declared.len()))
}

fn compare(a_name: &str, a: &BTreeSet<&str>, b_name: &str, b: &BTreeSet<&str>) -> Result<()> {
    let only = |left: &BTreeSet<&str>, right: &BTreeSet<&str>| {
        left.difference(right).copied().collect::<Vec<_>>().join(" ")
    };
    if a == b {
        return Ok(());
    }
    bail!("only in {a_name}: {}\nonly in {b_name}: {}", only(a, b), only(b, a))
}

fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((code, comment)) = rest.split_once("/*") {
        out += code;
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    out + rest
}

/// Names directly before a parenthesis on a line that begins a declaration.
fn prototypes(code: &str) -> impl Iterator<Item = &str> {
    code.lines().filter_map(|line| {
        // A function that is defined in the header is nobody's symbol.
        let begins = line.starts_with(|c: char| c.is_alphabetic())
            && !["typedef", "static inline"].iter().any(|word| line.starts_with(word));
        let (before, _) = line.split_once('(').filter(|_| begins)?;
        before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().filter(|name| !name.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prototypes_are_told_from_types_and_comments() {
        let code = "/* int no(void); */\ntypedef void (*callback)(int);\nint yes(int a,\n        int b);\n#define X(a) a\nstatic inline void here(int *a)\n{\n}\n";
        assert_eq!(prototypes(&without_comments(code)).collect::<Vec<_>>(), ["yes"]);
    }
}
