//! The public C interface as data: typed tables read from `abi/*.tsv`.
//!
//! [`Abi::load`] reads, checks across tables and hands out an immutable model; everything that writes Rust, C or
//! documentation works on the model and never on the files. Each entry remembers its file and line, so that an error
//! in generated code can name where the fact came from.

mod ctype;
mod layout;
mod load;
mod rust;
mod table;
#[cfg(test)]
mod tests;

pub use ctype::{CType, Declaration};
pub use layout::{Field, Layout, LayoutKind};
pub use rust::{rust_type, snake_case};
pub use table::Origin;

use std::collections::BTreeMap;

/// The whole interface.
#[derive(Debug, Default)]
pub struct Abi {
    /// Functions that are not operators, by name.
    pub functions: BTreeMap<String, Function>,
    /// aclnn operators, by the name of their second phase (`aclnnAdd`).
    pub operators: BTreeMap<String, Operator>,
    /// Typedefs, by name.
    pub types: BTreeMap<String, TypeDef>,
    /// Enums, by tag.
    pub enums: BTreeMap<String, Enum>,
    /// Structs and unions of the newest source, by tag.
    pub layouts: BTreeMap<String, Layout>,
    /// Macros and static constants, in file order.
    pub constants: Vec<Constant>,
    /// What each header includes, in the newest source that has the header.
    pub includes: BTreeMap<String, Vec<Include>>,
    /// What the types of our own headers are for, by `Type`, `Type.member` or constant.
    pub docs: BTreeMap<String, String>,
}

/// A C function.
#[derive(Debug, Clone)]
pub struct Function {
    /// The C name.
    pub name: String,
    /// The header that declares it, as written in `#include <...>`.
    pub header: String,
    /// What it returns.
    pub ret: CType,
    /// Its parameters, in order, without a trailing `...`.
    pub params: Vec<Param>,
    /// Whether the parameters end with `...`.
    pub variadic: bool,
    /// Whether CANN marks it deprecated.
    pub deprecated: bool,
    /// Whether it is a plain exported C symbol (not inline, not C++ mangled).
    pub exported: bool,
    /// Where the table says so.
    pub origin: Origin,
}

/// A parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    /// The C name.
    pub name: String,
    /// The type, without a top-level `const`; arrays stay arrays.
    pub ty: CType,
}

/// An aclnn operator: two functions.
#[derive(Debug, Clone)]
pub struct Operator {
    /// `aclnnAdd`.
    pub name: String,
    /// `aclnnop/aclnn_add.h`.
    pub header: String,
    /// Whether the header's name is a guess rather than a fact.
    pub header_guessed: bool,
    /// Parameters of `aclnnAddGetWorkspaceSize`; `None` where no public source has the signature.
    pub workspace_params: Option<Vec<Param>>,
    /// Parameters of the second phase.
    pub execute_params: Vec<Param>,
    /// Sources that have it (`8.1`, `2026`, …).
    pub sources: Vec<String>,
    /// Where the table says so.
    pub origin: Origin,
}

impl Operator {
    /// `aclnnAddGetWorkspaceSize` as a function, if its signature is known.
    pub fn workspace_function(&self) -> Option<Function> {
        let params = self.workspace_params.clone()?;
        Some(self.function(format!("{}GetWorkspaceSize", self.name), params))
    }

    /// `aclnnAdd` as a function.
    pub fn execute_function(&self) -> Function {
        self.function(self.name.clone(), self.execute_params.clone())
    }

    /// Parameters of the first phase that belong to the operator: all but `workspaceSize` and `executor`.
    pub fn own_params(&self) -> &[Param] {
        let params = self.workspace_params.as_deref().unwrap_or_default();
        &params[..params.len().saturating_sub(2)]
    }

    fn function(&self, name: String, params: Vec<Param>) -> Function {
        Function {
            name,
            header: self.header.clone(),
            ret: CType::Named("aclnnStatus".into()),
            params,
            variadic: false,
            deprecated: false,
            exported: true,
            origin: self.origin.clone(),
        }
    }
}

/// A typedef.
#[derive(Debug, Clone)]
pub struct TypeDef {
    /// The name.
    pub name: String,
    /// What it stands for.
    pub kind: TypeKind,
    /// The header that declares it.
    pub header: String,
    /// Where the table says so.
    pub origin: Origin,
}

/// What a typedef stands for.
#[derive(Debug, Clone)]
pub enum TypeKind {
    /// An enum with this tag.
    Enum(String),
    /// A struct or union with this tag, whose layout is known.
    Layout(String),
    /// A struct with this tag, only ever used through pointers.
    Opaque(String),
    /// Another type: a number, a pointer, a pointer to a function.
    Alias(CType),
}

/// An enum.
#[derive(Debug, Clone)]
pub struct Enum {
    /// The tag.
    pub name: String,
    /// The header that declares it.
    pub header: String,
    /// Whether the compiler picks a signed type for it.
    pub signed: bool,
    /// Constants with their values, in order of declaration.
    pub constants: Vec<(String, i64)>,
    /// Where the table says so.
    pub origin: Origin,
}

/// A macro or a static constant.
#[derive(Debug, Clone)]
pub struct Constant {
    /// The name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// Whether C sees `static const` instead of a macro.
    pub is_static: bool,
    /// Headers that define it.
    pub headers: Vec<String>,
    /// Where the table says so.
    pub origin: Origin,
}

/// The value of a constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `int`.
    I32(i32),
    /// `unsigned int`.
    U32(u32),
    /// A 64-bit unsigned number.
    U64(u64),
    /// A string literal.
    Text(String),
}

/// One `#include` of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    /// The path as the header writes it.
    pub path: String,
    /// The header of ours that it means; `None` for a system header.
    pub header: Option<String>,
}

/// A problem in the tables.
#[derive(Debug, thiserror::Error)]
pub enum AbiError {
    /// A table cannot be read.
    #[error("{path}: {error}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// A line of a table is wrong.
    #[error("{origin}: {what}")]
    Line {
        /// The line.
        origin: Origin,
        /// What is wrong with it.
        what: String,
    },
}

impl Abi {
    /// The tag of an enum that a name stands for, through typedefs.
    pub fn enum_of(&self, name: &str) -> Option<&Enum> {
        let tag = match self.types.get(name).map(|t| &t.kind) {
            Some(TypeKind::Enum(tag)) => tag,
            _ => name,
        };
        self.enums.get(tag)
    }

    /// A function or a phase of an operator, by its C name.
    pub fn function(&self, name: &str) -> Option<Function> {
        if let Some(function) = self.functions.get(name) {
            return Some(function.clone());
        }
        if let Some(operator) = self.operators.get(name) {
            return Some(operator.execute_function());
        }
        self.operators.get(name.strip_suffix("GetWorkspaceSize")?)?.workspace_function()
    }
}
