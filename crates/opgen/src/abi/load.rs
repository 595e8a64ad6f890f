//! Tables to model, with the checks that need more than one line.

use super::table::{Row, Table};
use super::{
    Abi, AbiError, CType, Constant, Declaration, Enum, Field, Function, Include, Layout, LayoutKind,
    Operator, Origin, Param, TypeDef, TypeKind, Value,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Sources from newest to oldest: a fact of the newest source that has it wins.
const SOURCES: [&str; 3] = ["2026", "torch_npu", "8.1"];

impl Abi {
    /// Reads the tables in `dir` and checks them against each other.
    pub fn load(dir: &Path) -> Result<Abi, AbiError> {
        let mut abi = Abi::default();
        // `own/`: names that frameworks look up and no public header of CANN declares, and headers of our own.
        for own in ["", "own/"] {
            let table = |name: &str| Table::read(dir, &format!("{own}{name}"));
            abi.read_enums(&table("enums.tsv")?)?;
            abi.read_layouts(&table("structs.tsv")?)?;
            abi.read_types(&table("types.tsv")?)?;
            abi.read_constants(&table("macros.tsv")?)?;
            abi.read_functions(&table("functions.tsv")?)?;
        }
        abi.read_docs(&Table::read(dir, "own/docs.tsv")?)?;
        abi.read_operators(&Table::read(dir, "aclnn_ops.tsv")?)?;
        abi.read_includes(&Table::read(dir, "includes.tsv")?)?;
        abi.read_includes(&Table::read(dir, "own/includes.tsv")?)?;
        abi.check()?;
        Ok(abi)
    }

    fn read_enums(&mut self, table: &Table) -> Result<(), AbiError> {
        for row in table.rows() {
            let name = row.get("enum_name")?;
            let signed = match row.get("underlying")? {
                "int" => true,
                "unsigned int" | "uint32_t(fixed)" | "uint32_t(fixed,scoped)" => false,
                other => return Err(row.origin.error(format!("unknown underlying type {other:?}"))),
            };
            let header = row.get("header")?.to_owned();
            let entry = self.enums.entry(name.to_owned()).or_insert_with(|| Enum {
                name: name.to_owned(),
                header: header.clone(),
                signed,
                constants: Vec::new(),
                origin: row.origin.clone(),
            });
            if entry.header != header || entry.signed != signed {
                return Err(row
                    .origin
                    .error(format!("{name} differs from its first line, {}", entry.origin)));
            }
            entry.constants.push((row.get("constant")?.to_owned(), row.number("value")?));
        }
        Ok(())
    }

    fn read_layouts(&mut self, table: &Table) -> Result<(), AbiError> {
        // A layout may come in several variants, one block of lines each; the newest block wins.
        let mut rank: BTreeMap<String, usize> = BTreeMap::new();
        let mut current: Option<Layout> = None;
        let mut finish = |layouts: &mut BTreeMap<String, Layout>, block: Option<(Layout, usize)>| {
            let Some((layout, newest)) = block else { return Ok(()) };
            layout.check()?;
            if rank.get(&layout.name).is_none_or(|&known| newest < known) {
                rank.insert(layout.name.clone(), newest);
                layouts.insert(layout.name.clone(), layout);
            }
            Ok(())
        };
        let mut newest = 0;
        for row in table.rows() {
            if row.get("field")?.is_empty() {
                finish(&mut self.layouts, current.take().map(|l| (l, newest)))?;
                newest = source_rank(&row)?;
                current = Some(Layout {
                    name: row.get("struct")?.to_owned(),
                    kind: layout_kind(&row)?,
                    size: row.number("sizeof")?,
                    align: row.number("alignof")?,
                    fields: Vec::new(),
                    header: row.get("header")?.to_owned(),
                    origin: row.origin.clone(),
                });
                continue;
            }
            match &mut current {
                Some(layout) if layout.name == row.get("struct")? => add_field(&mut layout.fields, &row)?,
                _ => return Err(row.origin.error("a member without its struct's line before it")),
            }
        }
        finish(&mut self.layouts, current.take().map(|l| (l, newest)))
    }

    fn read_types(&mut self, table: &Table) -> Result<(), AbiError> {
        for row in table.rows() {
            let name = row.get("name")?;
            let definition = row.get("definition")?;
            let tag = || definition.split_whitespace().last().unwrap_or_default().to_owned();
            let kind = match row.get("kind")? {
                "enum" => TypeKind::Enum(tag()),
                "struct" | "union" => TypeKind::Layout(tag()),
                "opaque" => TypeKind::Opaque(tag()),
                "scalar" | "pointer" | "funcptr" => {
                    TypeKind::Alias(CType::parse(definition).map_err(|e| row.origin.error(e))?)
                }
                other => return Err(row.origin.error(format!("unknown kind {other:?}"))),
            };
            let header = row.get("header")?.to_owned();
            let entry = TypeDef { name: name.to_owned(), kind, header, origin: row.origin.clone() };
            insert(&mut self.types, name, entry, row.origin)?;
        }
        Ok(())
    }

    fn read_constants(&mut self, table: &Table) -> Result<(), AbiError> {
        for row in table.rows() {
            let value = match row.get("value_type")? {
                "int32" => Value::I32(row.number("value")?),
                "uint32" => Value::U32(row.number("value")?),
                "uint64" => Value::U64(row.number("value")?),
                "string" => Value::Text(row.get("value")?.to_owned()),
                other => return Err(row.origin.error(format!("unknown value type {other:?}"))),
            };
            let is_static = match row.get("kind")? {
                "macro" => false,
                "static_const" => true,
                other => return Err(row.origin.error(format!("unknown kind {other:?}"))),
            };
            self.constants.push(Constant {
                name: row.get("name")?.to_owned(),
                value,
                is_static,
                headers: row.get("header")?.split(',').map(str::to_owned).collect(),
                origin: row.origin.clone(),
            });
        }
        Ok(())
    }

    fn read_functions(&mut self, table: &Table) -> Result<(), AbiError> {
        for row in table.rows() {
            let name = row.get("name")?;
            let exported = row.get("linkage")? == "C";
            // Inline overloads share the name of the function they wrap; the exported one is the interface.
            if !exported {
                continue;
            }
            let (params, variadic) = parse_params(row.get("params")?, row.origin)?;
            let function = Function {
                name: name.to_owned(),
                header: row.get("header")?.to_owned(),
                ret: CType::parse(row.get("return")?).map_err(|e| row.origin.error(e))?,
                params,
                variadic,
                deprecated: row.get("deprecated")? == "1",
                exported,
                origin: row.origin.clone(),
            };
            insert(&mut self.functions, name, function, row.origin)?;
        }
        Ok(())
    }

    fn read_docs(&mut self, table: &Table) -> Result<(), AbiError> {
        for row in table.rows() {
            let (name, text) = (row.get("name")?, row.get("text")?.to_owned());
            insert(&mut self.docs, name, text, row.origin)?;
        }
        Ok(())
    }

    fn read_operators(&mut self, table: &Table) -> Result<(), AbiError> {
        let standard =
            "void * workspace; uint64_t workspaceSize; aclOpExecutor * executor; aclrtStream stream";
        for row in table.rows() {
            let name = row.get("op")?;
            let workspace = match row.get("get_workspace_params")? {
                "(signature unknown)" | "" => None,
                text => Some(parse_params(text, row.origin)?.0),
            };
            let execute = match row.get("execute_params_if_nonstandard")? {
                text if text.is_empty() || text.starts_with('(') => standard,
                text => text,
            };
            let operator = Operator {
                name: name.to_owned(),
                header: row.get("header")?.to_owned(),
                header_guessed: row.get("header_guessed")? == "1",
                workspace_params: workspace,
                execute_params: parse_params(execute, row.origin)?.0,
                sources: row.get("sources")?.split(',').map(str::to_owned).collect(),
                origin: row.origin.clone(),
            };
            insert(&mut self.operators, name, operator, row.origin)?;
        }
        Ok(())
    }

    fn read_includes(&mut self, table: &Table) -> Result<(), AbiError> {
        let mut by_source: BTreeMap<(String, &str), Vec<Include>> = BTreeMap::new();
        for row in table.rows() {
            let source = row.get("source")?;
            let source = SOURCES.into_iter().find(|s| *s == source);
            let source = source.ok_or_else(|| row.origin.error("unknown source"))?;
            let header = match row.get("resolves_to")? {
                "system" => None,
                header => Some(header.to_owned()),
            };
            let include = Include { path: row.get("includes")?.to_owned(), header };
            by_source.entry((row.get("header")?.to_owned(), source)).or_default().push(include);
        }
        let headers: BTreeSet<String> = by_source.keys().map(|(header, _)| header.clone()).collect();
        for header in headers {
            let newest = SOURCES.into_iter().find_map(|s| by_source.remove(&(header.clone(), s)));
            self.includes.insert(header, newest.unwrap_or_default());
        }
        Ok(())
    }

    fn check(&self) -> Result<(), AbiError> {
        let mut names: BTreeMap<&str, (&Origin, i64)> = BTreeMap::new();
        for (name, value, origin) in
            self.enums.values().flat_map(|e| e.constants.iter().map(move |(n, v)| (n, v, &e.origin)))
        {
            if let Some((first, _)) = names.insert(name, (origin, *value)) {
                return Err(
                    origin.error(format!("constant {name} is already defined by the enum at {first}"))
                );
            }
        }
        for ty in self.types.values() {
            let known = match &ty.kind {
                TypeKind::Enum(tag) => self.enums.contains_key(tag),
                TypeKind::Layout(tag) => self.layouts.contains_key(tag),
                TypeKind::Opaque(_) | TypeKind::Alias(_) => true,
            };
            if !known {
                return Err(ty.origin.error(format!("{}: its definition is in no table", ty.name)));
            }
        }
        for operator in self.operators.values() {
            let Some(params) = &operator.workspace_params else { continue };
            let tail: Vec<String> = params.iter().rev().take(2).map(|p| p.ty.to_string()).collect();
            if tail != ["aclOpExecutor **", "uint64_t *"] {
                let what = format!("{}: the last two parameters are {tail:?}", operator.name);
                return Err(operator.origin.error(what));
            }
        }
        Ok(())
    }
}

fn insert<T>(map: &mut BTreeMap<String, T>, name: &str, entry: T, origin: &Origin) -> Result<(), AbiError> {
    if map.insert(name.to_owned(), entry).is_some() {
        return Err(origin.error(format!("{name} is listed twice")));
    }
    Ok(())
}

fn parse_params(text: &str, origin: &Origin) -> Result<(Vec<Param>, bool), AbiError> {
    let mut params = Vec::new();
    let mut variadic = false;
    for part in text.split(';').map(str::trim).filter(|p| !p.is_empty() && *p != "void") {
        if part == "..." {
            variadic = true;
            continue;
        }
        let Declaration { name, ty } = Declaration::parse(part).map_err(|e| origin.error(e))?;
        if name.is_empty() {
            return Err(origin.error(format!("parameter {part:?} has no name")));
        }
        params.push(Param { name, ty });
    }
    Ok((params, variadic))
}

fn source_rank(row: &Row<'_>) -> Result<usize, AbiError> {
    let sources = row.get("sources")?;
    let rank = SOURCES.iter().position(|s| sources.split(',').any(|have| have == *s));
    rank.ok_or_else(|| row.origin.error(format!("unknown sources {sources:?}")))
}

fn layout_kind(row: &Row<'_>) -> Result<LayoutKind, AbiError> {
    match row.get("kind")? {
        "struct" => Ok(LayoutKind::Struct),
        "union" => Ok(LayoutKind::Union),
        other => Err(row.origin.error(format!("unknown kind {other:?}"))),
    }
}

/// Adds a member; `a.b` goes into the type that `a` declares in place.
fn add_field(fields: &mut Vec<Field>, row: &Row<'_>) -> Result<(), AbiError> {
    let path = row.get("field")?;
    let (parents, name) = path.rsplit_once('.').map_or((None, path), |(p, n)| (Some(p), n));
    let mut target = fields;
    for parent in parents.into_iter().flat_map(|p| p.split('.')) {
        let found = target.iter_mut().find(|f| f.name == parent && f.ty.is_none());
        target = &mut found
            .ok_or_else(|| row.origin.error(format!("{path}: no member {parent} before it")))?
            .fields;
    }
    let text = row.get("type")?;
    let (ty, kind) = match text {
        "union {...}" => (None, LayoutKind::Union),
        "struct {...}" => (None, LayoutKind::Struct),
        _ => (Some(CType::parse(text).map_err(|e| row.origin.error(e))?), LayoutKind::Struct),
    };
    target.push(Field {
        name: name.to_owned(),
        ty,
        kind,
        fields: Vec::new(),
        offset: row.number("offset")?,
        size: row.number("size")?,
    });
    Ok(())
}
