//! `tests/c/generated/`: C programs that follow from the tables alone.
//!
//! - `abi_assert.c`: sizes, alignments, offsets, enum values and constants, as C and as C++;
//! - `null_args.c`: null for each pointer of each exported function, where null is not legal;
//! - `garbage_handles.c`: wild and stale-looking values for each handle;
//! - `stale_handles.c`: for each handle an object that was destroyed, also for the function that destroys it;
//! - `ranges.c`: enums, numbers of devices and sizes out of range; a failing call must change no output.

use super::{is_ours, outputs::Outputs, sources::EntryPoint};
use anyhow::{Context, Result, bail};
use opgen::abi::{Abi, CType, Field, Function, Layout, Param, TypeKind, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    path::Path,
};

const DIR: &str = "tests/c/generated";
const LEGAL: &str = "tests/c/null_legal.tsv";
/// Parameters with this ending may be null by CANN's own naming.
const OPTIONAL: &str = "Optional";

type Entries = BTreeMap<String, Vec<EntryPoint>>;

/// Writes the programs.
pub fn emit(root: &Path, abi: &Abi, entries: &Entries, outputs: &mut Outputs) -> Result<()> {
    outputs.own(DIR);
    outputs.add(format!("{DIR}/abi_assert.c"), abi_assert(abi)?);
    let legal = Legal::read(root, abi)?;
    let exceptions = Exceptions::read(root, abi)?;
    outputs.add(
        format!("{DIR}/null_args.c"),
        calls(abi, entries, "null_args", plausible, |function, param| {
            let pointer = is_pointer(abi, &param.ty) && !param.name.ends_with(OPTIONAL);
            let wrong = pointer && !legal.allows(&function.name, &param.name);
            wrong.then(|| Wrong::of(function, "NULL")).into_iter().collect()
        })?,
    );
    outputs.add(
        format!("{DIR}/garbage_handles.c"),
        calls(abi, entries, "garbage_handles", plausible, |function, param| {
            if !is_handle(abi, &param.ty) || exceptions.allow("own", function, param) {
                return Vec::new();
            }
            // Misaligned, unmapped, mapped but not ours, and one past the address space.
            ["0x1", "0xdead0000", "wild_memory()", "~(uintptr_t)0"]
                .iter()
                .map(|wild| Wrong::of(function, &format!("({})(uintptr_t)({wild})", param.ty.decayed())))
                .collect()
        })?,
    );
    outputs.add(format!("{DIR}/stale_handles.c"), stale_handles(root, &exceptions, abi, entries)?);
    outputs.add(format!("{DIR}/ranges.c"), ranges(&exceptions, abi, entries)?);
    Ok(())
}

/// A value for the argument under test, and the macro that checks the call.
struct Wrong {
    value: String,
    check: &'static str,
}

impl Wrong {
    /// A value with which the function has to fail.
    fn of(function: &Function, value: &str) -> Wrong {
        Wrong { value: value.to_owned(), check: check_macro(&function.ret) }
    }
}

/// How to make and to destroy an object of each type of handle: `type<TAB>create<TAB>destroy`, in C.
const HANDLES: &str = "tests/c/handles.tsv";

fn stale_handles(root: &Path, exceptions: &Exceptions, abi: &Abi, entries: &Entries) -> Result<String> {
    let text = fs::read_to_string(root.join(HANDLES)).with_context(|| format!("reading {HANDLES}"))?;
    let mut known = BTreeMap::new();
    let mut make = String::new();
    for (index, line) in text.lines().enumerate().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [name, create, destroy] = cells.as_slice() else {
            bail!("{HANDLES}:{}: expected 3 cells", index + 1);
        };
        let named = CType::Named((*name).to_owned());
        let pointer = CType::Pointer { to: Box::new(named.clone()), to_const: false };
        let ty = [named, pointer].into_iter().find(|ty| is_handle(abi, ty));
        let ty = ty.with_context(|| format!("{HANDLES}:{}: {name} is no handle", index + 1))?;
        writeln!(
            make,
            "static {}(void) {{\n    {} = NULL;",
            ty.declare(&format!("stale_{name}")),
            ty.declare("object")
        )?;
        writeln!(make, "    {create};\n    fixture_need(object != NULL, \"{name}\");\n    {destroy};")?;
        writeln!(make, "    return object;\n}}\n")?;
        known.insert((*name).to_owned(), ty);
    }
    let text = calls(abi, entries, "stale_handles", plausible, |function, param| {
        let name = handle_name(&param.ty.decayed());
        let own = exceptions.allow("own", function, param);
        if own || !is_handle(abi, &param.ty) || !known.contains_key(&name) {
            return Vec::new();
        }
        vec![Wrong::of(function, &format!("({})stale_{name}()", param.ty.decayed()))]
    })?;
    let place = text.find("static void").context("no function takes a handle")?;
    Ok(format!("{}{make}{}", &text[..place], &text[place..]))
}

/// What is legal although it looks wrong, with reasons: `kind<TAB>function<TAB>parameter<TAB>reason`. The kinds are `enum`,
/// `id` and `size` for what is out of range, `input` for a pointer that is read although it is not const, `failure` for
/// an output that says what failed, and `own` for a pointer of the program's own that has the type of a handle.
struct Exceptions(BTreeSet<(String, String, String)>);

impl Exceptions {
    fn read(root: &Path, abi: &Abi) -> Result<Exceptions> {
        let text = fs::read_to_string(root.join(RANGES)).with_context(|| format!("reading {RANGES}"))?;
        let mut legal = BTreeSet::new();
        for (index, line) in text.lines().enumerate().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [kind, function, parameter, reason] = cells.as_slice() else {
                bail!("{RANGES}:{}: expected 4 cells", index + 1);
            };
            let known = abi.function(function).is_some_and(|f| f.params.iter().any(|p| p.name == *parameter));
            let kinds = ["enum", "id", "size", "input", "failure", "own"];
            if reason.is_empty() || !known || !kinds.contains(kind) {
                bail!("{RANGES}:{}: no such kind, function or parameter, or no reason", index + 1);
            }
            legal.insert(((*kind).to_owned(), (*function).to_owned(), (*parameter).to_owned()));
        }
        Ok(Exceptions(legal))
    }

    fn allow(&self, kind: &str, function: &Function, param: &Param) -> bool {
        self.0.contains(&(kind.to_owned(), function.name.clone(), param.name.clone()))
    }
}

const RANGES: &str = "tests/c/ranges_legal.tsv";

fn ranges(exceptions: &Exceptions, abi: &Abi, entries: &Entries) -> Result<String> {
    let is_legal = |kind: &str, function: &Function, param: &Param| exceptions.allow(kind, function, param);
    let argument = |abi: &Abi, function: &Function, param: &Param| {
        let ty = param.ty.decayed();
        let written =
            matches!(&ty, CType::Pointer { to, to_const: false } if !matches!(**to, CType::Function { .. }));
        if written
            && !is_handle(abi, &ty)
            && !is_legal("input", function, param)
            && !is_legal("failure", function, param)
        {
            return format!("({ty})outputs()");
        }
        plausible(abi, function, param)
    };
    calls(abi, entries, "ranges", argument, |function, param| {
        let Some((kind, values)) = out_of_range(abi, param) else { return Vec::new() };
        let refused = kind != "size" && !is_legal(kind, function, param);
        if kind == "size" && is_legal(kind, function, param) {
            return Vec::new();
        }
        let check = match check_macro(&function.ret) {
            "EXPECT_CODE" if refused => "EXPECT_REFUSED",
            "EXPECT_CODE" => "EXPECT_SANE",
            _ => "EXPECT_RETURN",
        };
        values.into_iter().map(|value| Wrong { value, check }).collect()
    })
}

/// Values out of a parameter's range, and what kind of parameter it is.
fn out_of_range(abi: &Abi, param: &Param) -> Option<(&'static str, Vec<String>)> {
    let CType::Named(name) = &param.ty else { return None };
    if let Some(entry) = abi.enum_of(name) {
        let last = entry.constants.iter().map(|(_, value)| *value).max()?;
        let next = i32::try_from(last + 1).ok()?;
        return Some(("enum", vec![format!("({name}){next}"), format!("({name}){}", i32::MAX)]));
    }
    let lower = param.name.to_lowercase();
    match name.as_str() {
        "int32_t" | "uint32_t" | "int" if lower.ends_with("deviceid") || lower.ends_with("devid") => {
            Some(("id", vec![format!("({name})-1"), format!("({name}){}", i32::MAX)]))
        }
        "size_t" | "uint64_t" if ["size", "len", "num", "count"].iter().any(|word| lower.contains(word)) => {
            Some(("size", vec![format!("({name})0"), format!("({name})-1")]))
        }
        _ => None,
    }
}

/// The name of a handle's type, without its pointer.
fn handle_name(ty: &CType) -> String {
    match ty {
        CType::Pointer { to, .. } => to.to_string(),
        other => other.to_string(),
    }
}

/// Where null is legal, with reasons: `function<TAB>parameter<TAB>reason`, `*` for any function.
struct Legal(BTreeSet<(String, String)>);

impl Legal {
    fn read(root: &Path, abi: &Abi) -> Result<Legal> {
        let text = fs::read_to_string(root.join(LEGAL)).with_context(|| format!("reading {LEGAL}"))?;
        let mut rows = BTreeSet::new();
        for (index, line) in text.lines().enumerate().skip(1) {
            let at = format!("{LEGAL}:{}", index + 1);
            let cells: Vec<&str> = line.split('\t').collect();
            let [function, parameter, reason] = cells.as_slice() else { bail!("{at}: expected 3 cells") };
            if reason.is_empty() {
                bail!("{at}: a reason is missing");
            }
            if *function != "*" {
                let known =
                    abi.function(function).with_context(|| format!("{at}: no function {function}"))?;
                if !known.params.iter().any(|p| p.name == *parameter) {
                    bail!("{at}: {function} has no parameter {parameter}");
                }
            }
            rows.insert(((*function).to_owned(), (*parameter).to_owned()));
        }
        Ok(Legal(rows))
    }

    fn allows(&self, function: &str, parameter: &str) -> bool {
        let has = |f: &str| self.0.contains(&(f.to_owned(), parameter.to_owned()));
        has(function) || has("*")
    }
}

fn calls(
    abi: &Abi,
    entries: &Entries,
    program: &str,
    argument: impl Fn(&Abi, &Function, &Param) -> String,
    mut wrong: impl FnMut(&Function, &Param) -> Vec<Wrong>,
) -> Result<String> {
    let mut out = String::from("/* Generated by `cargo xtask codegen`. */\n#include \"../fixture.h\"\n\n");
    let mut bodies = String::new();
    let mut main = String::new();
    for (header, functions) in entries {
        let mut body = String::new();
        for function in functions.iter().map(|e| &e.function) {
            let Function { name, params, variadic, .. } = function;
            for (index, param) in params.iter().enumerate() {
                for Wrong { value, check } in wrong(function, param) {
                    let mut list: Vec<String> = params.iter().map(|p| argument(abi, function, p)).collect();
                    list[index].clone_from(&value);
                    if *variadic {
                        list.push("0".into());
                    }
                    let call = format!("{name}({})", list.join(", "));
                    writeln!(body, "    {check}(\"{name}\", \"{}\", {call});", param.name)?;
                }
            }
        }
        writeln!(out, "#include \"{header}\"")?;
        if !body.is_empty() {
            let name: String = header.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
            writeln!(bodies, "static void {name}(void) {{\n{body}}}\n")?;
            writeln!(main, "    {name}();")?;
        }
    }
    write!(
        out,
        "\n{bodies}int main(void) {{\n    fixture_start();\n{main}    return fixture_end(\"{program}\");\n}}\n"
    )?;
    Ok(out)
}

/// How a failure shows: a code, a null pointer, or (for values and void) merely that the call comes back.
fn check_macro(ret: &CType) -> &'static str {
    match ret {
        CType::Named(name) if matches!(name.as_str(), "aclError" | "aclnnStatus" | "HcclResult") => {
            "EXPECT_CODE"
        }
        CType::Pointer { .. } => "EXPECT_NULL",
        _ => "EXPECT_RETURN",
    }
}

/// Pointers and handles (`typedef void *aclrtStream`).
fn is_pointer(abi: &Abi, ty: &CType) -> bool {
    ty.is_pointer() || matches!(alias(abi, ty), Some(CType::Pointer { .. }))
}

/// Handles: checked numbers, which may hold anything. Plain pointers carry the duties of a C caller.
fn is_handle(abi: &Abi, ty: &CType) -> bool {
    match ty {
        CType::Named(_) => matches!(alias(abi, ty), Some(CType::Pointer { to, .. }) if *to == CType::Void),
        CType::Pointer { to, .. } => match &**to {
            CType::Named(name) => abi.types.get(name).is_some_and(|t| matches!(t.kind, TypeKind::Opaque(_))),
            _ => false,
        },
        _ => false,
    }
}

fn alias(abi: &Abi, ty: &CType) -> Option<CType> {
    let CType::Named(name) = ty else { return None };
    match &abi.types.get(name)?.kind {
        TypeKind::Alias(target) => Some(target.clone()),
        _ => None,
    }
}

/// A C expression for an argument that is not the one under test.
fn plausible(abi: &Abi, _: &Function, param: &Param) -> String {
    let ty = param.ty.decayed();
    if is_handle(abi, &ty) {
        return format!("({ty})handle(\"{}\")", handle_name(&ty));
    }
    match &ty {
        CType::Pointer { to, .. } if matches!(**to, CType::Function { .. }) => format!("({ty})no_op"),
        CType::Pointer { to, to_const: true } if **to == CType::Named("char".into()) => "\"x\"".into(),
        CType::Pointer { .. } => format!("({ty})scratch()"),
        CType::Named(name) => match alias(abi, &ty) {
            Some(CType::Pointer { .. }) => format!("({name})no_op"),
            _ if abi.enum_of(name).is_some() => {
                let constants = abi.enum_of(name).map(|e| e.constants.as_slice()).unwrap_or_default();
                constants
                    .iter()
                    .find(|(_, v)| *v >= 0)
                    .map_or_else(|| format!("({name})0"), |(c, _)| c.clone())
            }
            _ if abi.layouts.contains_key(name) => format!("({name}){{0}}"),
            // A typedef of a struct that has another tag.
            _ if matches!(abi.types.get(name).map(|t| &t.kind), Some(TypeKind::Layout(_))) => {
                format!("({name}){{0}}")
            }
            _ if param.name.to_lowercase().contains("device") => "0".into(),
            _ => "1".into(),
        },
        _ => "0".into(),
    }
}

fn abi_assert(abi: &Abi) -> Result<String> {
    let mut headers: BTreeSet<&str> = abi.types.values().map(|t| t.header.as_str()).collect();
    headers.extend(abi.constants.iter().flat_map(|c| c.headers.iter().map(String::as_str)));
    headers.extend(abi.enums.values().map(|e| e.header.as_str()));
    let mut out = String::from(
        "/* Generated by `cargo xtask codegen`. */\n#include <stdio.h>\n#include <string.h>\n\n",
    );
    for header in headers.into_iter().filter(|h| is_ours(h)) {
        writeln!(out, "#include \"{header}\"")?;
    }
    out += "\n#ifdef __cplusplus\n#define ASSERT(condition) static_assert(condition, #condition)\n#define ALIGN alignof\n";
    out += "#else\n#define ASSERT(condition) _Static_assert(condition, #condition)\n#define ALIGN _Alignof\n#endif\n\n";
    for layout in abi.layouts.values().filter(|l| is_ours(&l.header)) {
        layout_asserts(&mut out, layout)?;
    }
    for entry in abi.enums.values().filter(|e| is_ours(&e.header)) {
        writeln!(out, "ASSERT(sizeof({}) == 4);", entry.name)?;
        for (name, value) in &entry.constants {
            writeln!(out, "ASSERT((long long){name} == {value}LL);")?;
        }
    }
    let mut runtime = String::new();
    for constant in abi.constants.iter().filter(|c| c.headers.iter().any(|h| is_ours(h))) {
        let name = &constant.name;
        let (condition, ty) = match &constant.value {
            Value::I32(v) => (format!("{name} == {v}"), "int"),
            Value::U32(v) => (format!("{name} == {v}U"), "uint32_t"),
            Value::U64(v) => (format!("{name} == {v}ULL"), "uint64_t"),
            Value::Text(v) => {
                writeln!(runtime, "    CHECK(strcmp({name}, {v:?}) == 0);")?;
                continue;
            }
        };
        // A static constant is no constant expression in C.
        if constant.is_static {
            writeln!(runtime, "    CHECK({condition});")?;
        } else {
            writeln!(out, "ASSERT({condition});")?;
        }
        writeln!(out, "ASSERT(sizeof({name}) == sizeof({ty}));")?;
    }
    write!(
        out,
        "\n#define CHECK(condition) \\\n    do {{ \\\n        if (!(condition)) {{ \\\n            \
         printf(\"%s\\n\", #condition); \\\n            failed++; \\\n        }} \\\n    }} while (0)\n\n\
         int main(void) {{\n    int failed = 0;\n{runtime}    return failed != 0;\n}}\n"
    )?;
    Ok(out)
}

fn layout_asserts(out: &mut String, layout: &Layout) -> Result<()> {
    let name = &layout.name;
    writeln!(out, "ASSERT(sizeof({name}) == {});", layout.size)?;
    writeln!(out, "ASSERT(ALIGN({name}) == {});", layout.align)?;
    field_asserts(out, name, "", &layout.fields)
}

fn field_asserts(out: &mut String, name: &str, prefix: &str, fields: &[Field]) -> Result<()> {
    for field in fields {
        let path = format!("{prefix}{}", field.name);
        writeln!(out, "ASSERT(offsetof({name}, {path}) == {});", field.offset)?;
        if field.size > 0 {
            writeln!(out, "ASSERT(sizeof((({name} *)0)->{path}) == {});", field.size)?;
        }
        field_asserts(out, name, &format!("{path}."), &field.fields)?;
    }
    Ok(())
}
