//! Structs and unions with their offsets.

use super::{AbiError, CType, Origin};

/// A struct or union whose layout the interface fixes.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The tag.
    pub name: String,
    /// Struct or union.
    pub kind: LayoutKind,
    /// Bytes.
    pub size: u64,
    /// Alignment in bytes.
    pub align: u64,
    /// The members, in order of declaration.
    pub fields: Vec<Field>,
    /// The header that declares it.
    pub header: String,
    /// Where the table says so.
    pub origin: Origin,
}

/// Struct or union.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayoutKind {
    /// Members after each other.
    Struct,
    /// Members on top of each other.
    Union,
}

/// A member.
#[derive(Debug, Clone)]
pub struct Field {
    /// The name.
    pub name: String,
    /// The type; `None` for a struct or union declared in place, whose members are in `fields`.
    pub ty: Option<CType>,
    /// What a type declared in place is.
    pub kind: LayoutKind,
    /// Members of a type declared in place.
    pub fields: Vec<Field>,
    /// Bytes from the start of the outermost struct.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
}

impl Layout {
    /// The first index from which the members of a struct overlap: C declares them in an anonymous union.
    pub fn anonymous_union(&self) -> Option<usize> {
        if self.kind == LayoutKind::Union {
            return None;
        }
        self.fields.windows(2).position(|pair| pair[0].offset == pair[1].offset && pair[0].size > 0)
    }

    pub(super) fn check(&self) -> Result<(), AbiError> {
        let end = self.fields.iter().map(|f| f.offset + f.size).max().unwrap_or(0);
        if end > self.size {
            return Err(self
                .origin
                .error(format!("{} has {} bytes, its members reach {end}", self.name, self.size)));
        }
        Ok(())
    }
}
