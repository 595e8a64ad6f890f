//! `abi/own/unsupported.tsv`: functions that need the silicon, with the reason and what to do instead.
//!
//! Each becomes an entry point that answers CANN's code for "not supported" with that text. The file has a module for
//! each C header, since a module holds functions of one.

use super::{is_ours, outputs::Outputs};
use anyhow::{Context, Result, bail};
use opgen::abi::{Abi, CType, Function, rust_type, snake_case};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
};

/// The table.
pub const TABLE: &str = "abi/own/unsupported.tsv";
/// The generated entry points.
pub const PATH: &str = "crates/aclrt/src/unsupported.rs";

/// The table's rows, by function.
pub struct Unsupported {
    rows: BTreeMap<String, Row>,
}

/// A function that is unsupported by design.
pub struct Row {
    function: Function,
    /// Why, in a few words, and what to do instead.
    pub why: String,
}

impl Unsupported {
    /// Reads and checks the table.
    pub fn read(root: &Path, abi: &Abi) -> Result<Unsupported> {
        let text = fs::read_to_string(root.join(TABLE)).with_context(|| format!("reading {TABLE}"))?;
        Unsupported::parse(&text, abi)
    }

    fn parse(text: &str, abi: &Abi) -> Result<Unsupported> {
        let mut rows = BTreeMap::new();
        for (index, line) in text.lines().enumerate().skip(1) {
            let at = format!("{TABLE}:{}", index + 1);
            let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
            let [name, reason, advice] = cells.as_slice() else {
                bail!("{at}: expected a name, a reason and an advice");
            };
            let function = abi.function(name).with_context(|| format!("{at}: no function {name} in abi/"))?;
            if reason.is_empty() {
                bail!("{at}: {name} has no reason");
            }
            if !is_ours(&function.header) || function.variadic || Answer::of(&function).is_none() {
                bail!("{at}: {name} cannot be generated, by its header, its parameters or what it returns");
            }
            let why = [sentence(reason), sentence(advice)].concat();
            let row = Row { function, why: why.trim_end().to_owned() };
            if rows.insert((*name).to_owned(), row).is_some() {
                bail!("{at}: {name} is listed twice");
            }
        }
        Ok(Unsupported { rows })
    }

    /// The row of a function.
    pub fn get(&self, name: &str) -> Option<&Row> {
        self.rows.get(name)
    }

    /// Writes the entry points.
    pub fn emit(&self, abi: &Abi, outputs: &mut Outputs) -> Result<()> {
        let mut by_header: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in self.rows.values() {
            by_header.entry(&row.function.header).or_default().push(row);
        }
        let mut out = format!(
            "// Generated from {TABLE} by `cargo xtask codegen`. Do not edit.\n\
             //! Functions that are unsupported by design: they need the silicon, and say so.\n\n"
        );
        for (header, rows) in by_header {
            module(&mut out, abi, header, &rows)?;
        }
        outputs.add_rust(PATH, &out)
    }
}

/// A cell as a sentence with a space behind it, or nothing.
fn sentence(cell: &str) -> String {
    match cell.trim_end_matches('.') {
        "" => String::new(),
        text => format!("{text}. "),
    }
}

/// What an unsupported function gives back.
enum Answer {
    /// A code, through this wrapper of `capi::entry`.
    Code { wrapper: &'static str, code: i32 },
    /// Nothing, null or 0, with the message recorded under the code.
    Value { value: &'static str, code: i32 },
}

/// The runtime's and the ACL layer's code for "not supported".
const RUNTIME: i32 = 207000;
const ACL_LAYER: i32 = 200006;

impl Answer {
    fn of(function: &Function) -> Option<Answer> {
        let runtime = ["aclrt", "aclmdlRI", "acltdt", "rt"].iter().any(|p| function.name.starts_with(p));
        let code = if runtime { RUNTIME } else { ACL_LAYER };
        Some(match &function.ret {
            CType::Void => Answer::Value { value: "", code },
            CType::Pointer { to_const: true, .. } => Answer::Value { value: "std::ptr::null()", code },
            CType::Pointer { to_const: false, .. } => Answer::Value { value: "std::ptr::null_mut()", code },
            CType::Named(name) => match name.as_str() {
                "aclError" => Answer::Code { wrapper: "acl", code },
                "aclnnStatus" => Answer::Code { wrapper: "aclnn", code: 561000 },
                "HcclResult" => Answer::Code { wrapper: "hccl", code: 5 },
                "size_t" | "int32_t" | "uint32_t" | "int64_t" | "uint64_t" | "int" => {
                    Answer::Value { value: "0", code }
                }
                "float" | "double" => Answer::Value { value: "0.0", code },
                "bool" => Answer::Value { value: "false", code },
                _ => return None,
            },
            _ => return None,
        })
    }
}

fn module(out: &mut String, abi: &Abi, header: &str, rows: &[&Row]) -> Result<()> {
    let name: String = header
        .trim_start_matches("acl/")
        .trim_end_matches(".h")
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .collect();
    let mut types = BTreeSet::new();
    for row in rows {
        types.extend(row.function.params.iter().map(|p| rust_type(&p.ty)));
        types.insert(rust_type(&row.function.ret));
    }
    let words: BTreeSet<&str> =
        types.iter().flat_map(|t| t.split(|c: char| !(c.is_alphanumeric() || c == '_'))).collect();
    let is_ffi = |word: &&&str| word.starts_with("c_");
    let ffi: Vec<&str> = words.iter().filter(is_ffi).copied().collect();
    let named = |word: &&&str| abi.types.contains_key(**word);
    let abi: Vec<&str> = words.iter().filter(named).copied().collect();
    writeln!(out, "/// Of `{header}`.\npub mod {name} {{")?;
    writeln!(out, "use capi::{{Error, abi::{{{}}}, entry}};", abi.join(", "))?;
    if !ffi.is_empty() {
        writeln!(out, "use std::ffi::{{{}}};", ffi.join(", "))?;
    }
    out.push('\n');
    for row in rows {
        entry(out, row)?;
    }
    writeln!(out, "}}\n")?;
    Ok(())
}

fn entry(out: &mut String, row: &Row) -> Result<()> {
    let Function { name, ret, params, .. } = &row.function;
    writeln!(out, "/// Unsupported by design: {}\n///", row.why)?;
    if !params.is_empty() {
        writeln!(out, "/// # Parameters")?;
        for param in params {
            writeln!(out, "/// - {}: not looked at", param.name)?;
        }
        writeln!(out, "///")?;
    }
    let answer = Answer::of(&row.function).context("checked by parse")?;
    writeln!(out, "/// # Returns")?;
    match answer {
        Answer::Code { code, .. } => writeln!(out, "/// {code}, whatever the arguments")?,
        Answer::Value { value: "", .. } => writeln!(out, "/// Nothing; the message says why")?,
        Answer::Value { value, .. } if value.contains("null") => {
            writeln!(out, "/// NULL, whatever the arguments")?;
        }
        Answer::Value { .. } => writeln!(out, "/// 0, whatever the arguments")?,
    }
    out.push_str(
        "///\n/// # Thread safety\n/// May be called from any thread.\n///\n/// # Safety\n/// Always safe to call.\n",
    );
    let list: Vec<String> =
        params.iter().map(|p| format!("_{}: {}", snake_case(&p.name), rust_type(&p.ty))).collect();
    let returns = match ret {
        CType::Void => String::new(),
        other => format!(" -> {}", rust_type(other)),
    };
    writeln!(
        out,
        "#[unsafe(no_mangle)]\npub unsafe extern \"C\" fn {name}({}){returns} {{",
        list.join(", ")
    )?;
    match answer {
        Answer::Code { wrapper, code } => {
            writeln!(
                out,
                "entry::{wrapper}(\"{name}\", || Err(Error::by_design(\"{name}\", {code}, {:?})))",
                row.why
            )?;
        }
        Answer::Value { value, code } => {
            writeln!(
                out,
                "let _ = entry::value(\"{name}\", || Err::<(), _>(Error::by_design(\"{name}\", {code}, {:?})));\n{value}",
                row.why
            )?;
        }
    }
    writeln!(out, "}}\n")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn abi() -> Abi {
        Abi::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../abi")).unwrap()
    }

    fn parse(rows: &str) -> Result<Unsupported> {
        Unsupported::parse(&format!("name\treason\tadvice\n{rows}"), &abi())
    }

    fn refusal(rows: &str) -> String {
        parse(rows).err().map(|e| format!("{e:#}")).unwrap_or_default()
    }

    #[test]
    fn a_row_becomes_an_entry_point_with_code_and_reason() {
        let table = parse("aclrtMemUceRepair\tneeds ECC memory\tAllocate anew.\n").unwrap();
        let mut outputs = Outputs::default();
        table.emit(&abi(), &mut outputs).unwrap();
        let sources = outputs.sources(Path::new("/nonexistent"), Path::new("crates")).unwrap();
        let text = &sources[Path::new(PATH)];
        for part in [
            "pub mod acl_rt {",
            "fn aclrtMemUceRepair(",
            "207000",
            "\"needs ECC memory. Allocate anew.\"",
            "/// Unsupported by design: needs ECC memory. Allocate anew.",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }

    #[test]
    fn unknown_unreasoned_and_repeated_rows_are_refused() {
        assert!(
            refusal("aclrtNoSuchThing\tx\ty\n").contains("unsupported.tsv:2: no function aclrtNoSuchThing")
        );
        assert!(refusal("aclrtMemUceRepair\t\ty\n").contains("has no reason"));
        assert!(refusal("aclrtMemUceRepair\tx\n").contains("expected a name, a reason and an advice"));
        assert!(refusal("aclrtMemUceRepair\tx\t\naclrtMemUceRepair\tx\t\n").contains("listed twice"));
    }
}
