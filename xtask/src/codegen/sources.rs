//! Entry points: `#[unsafe(no_mangle)] extern "C"` functions in the C ABI crates, checked against the tables.

use super::{is_ours, outputs::Outputs, rust_types::canonical, unsupported};
use anyhow::{Context, Result, bail};
use opgen::abi::{Abi, Function, snake_case};
use quote::ToTokens;
use std::{collections::BTreeMap, path::Path};
use syn::spanned::Spanned;

/// Where entry points live.
const ROOTS: [&str; 4] = ["crates/aclrt/src", "crates/aclnn/src", "crates/aclop/src", "crates/hccl/src"];

/// An implemented function of the interface.
pub struct EntryPoint {
    /// What the tables say about it.
    pub function: Function,
    /// Its documentation, a line each, as C should show it.
    pub docs: Vec<String>,
}

/// Every entry point, by header and then in the order of the source.
///
/// Sources that are themselves generated are taken as they will be, not as they lie on the disk.
pub fn entry_points(root: &Path, abi: &Abi, outputs: &Outputs) -> Result<BTreeMap<String, Vec<EntryPoint>>> {
    let mut by_header: BTreeMap<String, Vec<EntryPoint>> = BTreeMap::new();
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut problems = Vec::new();
    for dir in ROOTS {
        for (path, text) in outputs.sources(root, Path::new(dir))? {
            let mut file = SourceFile::read(&path, &text, abi)?;
            problems.append(&mut file.problems);
            for entry in file.entries {
                let name = entry.function.name.clone();
                if let Some(first) = seen.insert(name.clone(), file.name.clone()) {
                    problems.push(defined_twice(&name, &first, &file.name));
                }
                by_header.entry(entry.function.header.clone()).or_default().push(entry);
            }
        }
    }
    if problems.is_empty() {
        return Ok(by_header);
    }
    bail!("entry points do not match abi/:\n  {}", problems.join("\n  "))
}

fn defined_twice(name: &str, first: &str, second: &str) -> String {
    for (here, other) in [(first, second), (second, first)] {
        if here == unsupported::PATH {
            return format!("{}: {name} is implemented in {other}: remove its row", unsupported::TABLE);
        }
    }
    format!("{second}: {name} is already defined in {first}")
}

struct SourceFile {
    name: String,
    entries: Vec<EntryPoint>,
    problems: Vec<String>,
}

impl SourceFile {
    fn read(path: &Path, text: &str, abi: &Abi) -> Result<SourceFile> {
        let name = path.display().to_string();
        let parsed = syn::parse_file(text).with_context(|| format!("parsing {name}"))?;
        let mut file = SourceFile { name, entries: Vec::new(), problems: Vec::new() };
        file.visit(&parsed.items, abi);
        Ok(file)
    }

    fn visit(&mut self, items: &[syn::Item], abi: &Abi) {
        let first = self.entries.len();
        for item in items {
            match item {
                syn::Item::Fn(function) if is_exported(&function.attrs) => self.entry(function, abi),
                _ => {}
            }
        }
        self.check_one_header(first);
        for item in items {
            if let syn::Item::Mod(syn::ItemMod { content: Some((_, items)), .. }) = item {
                self.visit(items, abi);
            }
        }
    }

    fn entry(&mut self, item: &syn::ItemFn, abi: &Abi) {
        let name = item.sig.ident.to_string();
        let at = format!("{}:{}", self.name, item.sig.ident.span().start().line);
        let Some(function) = abi.function(&name) else {
            self.problems.push(format!("{at}: {name} is not in abi/ (or its signature is unknown)"));
            return;
        };
        if !is_ours(&function.header) && !function.header.starts_with("aclnnop/") {
            self.problems
                .push(format!("{at}: {name} belongs to {}, which we do not generate", function.header));
            return;
        }
        // Rust cannot define variadic functions: those come as assembly that jumps to C, without parameters.
        if !function.variadic {
            self.problems
                .extend(signature_problems(abi, &function, &item.sig).map(|p| format!("{at}: {name}: {p}")));
        }
        let docs = c_docs(&item.attrs);
        if docs.is_empty() {
            self.problems.push(format!("{at}: {name} has no documentation"));
        }
        self.entries.push(EntryPoint { function, docs });
    }

    /// Headers are cut along modules, so that a reader finds a header's functions in one place. Looks at the entries
    /// of one module, from `first` on.
    fn check_one_header(&mut self, first: usize) {
        let Some(entry) = self.entries.get(first) else { return };
        let header = entry.function.header.clone();
        for entry in &self.entries[first + 1..] {
            if entry.function.header != header {
                self.problems.push(format!(
                    "{}: {} belongs to {}, but the module holds functions of {header}",
                    self.name, entry.function.name, entry.function.header
                ));
            }
        }
    }
}

fn is_exported(attrs: &[syn::Attribute]) -> bool {
    attrs.iter().any(|a| {
        let text = a.meta.to_token_stream().to_string();
        text.contains("no_mangle") && !text.contains("cfg_attr")
    })
}

fn signature_problems(abi: &Abi, want: &Function, got: &syn::Signature) -> impl Iterator<Item = String> {
    let mut problems = Vec::new();
    if got.inputs.len() != want.params.len() {
        problems.push(format!("{} parameters, {} says {}", got.inputs.len(), want.origin, want.params.len()));
        return problems.into_iter();
    }
    for (param, input) in want.params.iter().zip(&got.inputs) {
        let syn::FnArg::Typed(input) = input else { continue };
        let name = input.pat.to_token_stream().to_string();
        let name = name.trim_start_matches("r#").trim_matches('_');
        if name != param.name && snake_case(name) != snake_case(&param.name) {
            problems.push(format!("parameter {name} is called {} in {}", param.name, want.origin));
        }
        let have = canonical(abi, &input.ty.to_token_stream().to_string());
        let expected = canonical(abi, &opgen::abi::rust_type(&param.ty));
        if have != expected {
            problems.push(format!("parameter {}: {have}, {} says {expected}", param.name, want.origin));
        }
    }
    let have = match &got.output {
        syn::ReturnType::Default => "c_void".to_owned(),
        syn::ReturnType::Type(_, ty) => canonical(abi, &ty.to_token_stream().to_string()),
    };
    let expected = canonical(abi, &opgen::abi::rust_type(&want.ret));
    if have != expected {
        problems.push(format!("returns {have}, {} says {expected}", want.origin));
    }
    if got.abi.as_ref().and_then(|a| a.name.as_ref()).is_none_or(|n| n.value() != "C") {
        problems.push(format!("is not extern \"C\" (line {})", got.span().start().line));
    }
    problems.into_iter()
}

/// Doc comments for C: without the Rust-only Safety section and link brackets.
fn c_docs(attrs: &[syn::Attribute]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut skipping = false;
    for attr in attrs.iter().filter(|a| a.path().is_ident("doc")) {
        let syn::Meta::NameValue(meta) = &attr.meta else { continue };
        let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &meta.value else { continue };
        for line in text.value().lines().chain(text.value().is_empty().then_some("")) {
            let line = line.trim_end();
            if let Some(heading) = line.trim_start().strip_prefix("# ") {
                skipping = heading == "Safety";
                if !skipping {
                    lines.push(format!(" {heading}:"));
                }
            } else if !skipping {
                lines.push(line.replace("[`", "`").replace("`]", "`").replace("*/", "* /"));
            }
        }
    }
    while lines.last().is_some_and(|l| l.trim().is_empty()) {
        lines.pop();
    }
    lines
}
