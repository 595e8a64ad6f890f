//! Element types and sets of them.

use std::fmt;

/// An element type that the simulated device computes with.
///
/// CANN's numbering (`aclDataType`) appears only in [`DType::acl_code`] and [`DType::from_acl_code`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum DType {
    /// IEEE binary32.
    F32,
    /// IEEE binary16.
    F16,
    /// bfloat16.
    BF16,
    /// IEEE binary64.
    F64,
    /// Signed 8-bit integer.
    I8,
    /// Signed 16-bit integer.
    I16,
    /// Signed 32-bit integer.
    I32,
    /// Signed 64-bit integer.
    I64,
    /// Unsigned 8-bit integer.
    U8,
    /// Unsigned 16-bit integer.
    U16,
    /// Unsigned 32-bit integer.
    U32,
    /// Unsigned 64-bit integer.
    U64,
    /// One byte, 0 or 1.
    Bool,
    /// Two binary32.
    C64,
    /// Two binary64.
    C128,
}

impl DType {
    /// Every type, in declaration order.
    pub const ALL: [DType; 15] = [
        DType::F32,
        DType::F16,
        DType::BF16,
        DType::F64,
        DType::I8,
        DType::I16,
        DType::I32,
        DType::I64,
        DType::U8,
        DType::U16,
        DType::U32,
        DType::U64,
        DType::Bool,
        DType::C64,
        DType::C128,
    ];

    /// Bytes of one element.
    #[inline]
    pub const fn size(self) -> usize {
        match self {
            DType::I8 | DType::U8 | DType::Bool => 1,
            DType::F16 | DType::BF16 | DType::I16 | DType::U16 => 2,
            DType::F32 | DType::I32 | DType::U32 => 4,
            DType::F64 | DType::I64 | DType::U64 | DType::C64 => 8,
            DType::C128 => 16,
        }
    }

    /// The value of `aclDataType` for this type.
    #[inline]
    pub const fn acl_code(self) -> i32 {
        match self {
            DType::F32 => 0,
            DType::F16 => 1,
            DType::I8 => 2,
            DType::I32 => 3,
            DType::U8 => 4,
            DType::I16 => 6,
            DType::U16 => 7,
            DType::U32 => 8,
            DType::I64 => 9,
            DType::U64 => 10,
            DType::F64 => 11,
            DType::Bool => 12,
            DType::C64 => 16,
            DType::C128 => 17,
            DType::BF16 => 27,
        }
    }

    /// The type for a value of `aclDataType`; `None` for types the device does not compute with.
    #[inline]
    pub const fn from_acl_code(code: i32) -> Option<DType> {
        Some(match code {
            0 => DType::F32,
            1 => DType::F16,
            2 => DType::I8,
            3 => DType::I32,
            4 => DType::U8,
            6 => DType::I16,
            7 => DType::U16,
            8 => DType::U32,
            9 => DType::I64,
            10 => DType::U64,
            11 => DType::F64,
            12 => DType::Bool,
            16 => DType::C64,
            17 => DType::C128,
            27 => DType::BF16,
            _ => return None,
        })
    }

    /// CANN's name, as messages show it.
    pub const fn acl_name(self) -> &'static str {
        match self {
            DType::F32 => "ACL_FLOAT",
            DType::F16 => "ACL_FLOAT16",
            DType::BF16 => "ACL_BF16",
            DType::F64 => "ACL_DOUBLE",
            DType::I8 => "ACL_INT8",
            DType::I16 => "ACL_INT16",
            DType::I32 => "ACL_INT32",
            DType::I64 => "ACL_INT64",
            DType::U8 => "ACL_UINT8",
            DType::U16 => "ACL_UINT16",
            DType::U32 => "ACL_UINT32",
            DType::U64 => "ACL_UINT64",
            DType::Bool => "ACL_BOOL",
            DType::C64 => "ACL_COMPLEX64",
            DType::C128 => "ACL_COMPLEX128",
        }
    }

    /// f16, bf16, f32 or f64.
    #[inline]
    pub const fn is_float(self) -> bool {
        matches!(self, DType::F32 | DType::F16 | DType::BF16 | DType::F64)
    }

    /// c64 or c128.
    #[inline]
    pub const fn is_complex(self) -> bool {
        matches!(self, DType::C64 | DType::C128)
    }

    /// A signed or unsigned integer; bool is not one.
    #[inline]
    pub const fn is_integer(self) -> bool {
        !self.is_float() && !self.is_complex() && !matches!(self, DType::Bool)
    }
}

impl fmt::Debug for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.acl_name())
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.acl_name())
    }
}

/// A set of element types: what an operator accepts for one operand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DTypeSet(u16);

impl DTypeSet {
    /// No type.
    pub const EMPTY: DTypeSet = DTypeSet(0);
    /// f16, bf16, f32 and f64.
    pub const FLOATS: DTypeSet = DTypeSet::of(&[DType::F32, DType::F16, DType::BF16, DType::F64]);
    /// The eight integer types.
    pub const INTEGERS: DTypeSet = DTypeSet::of(&[
        DType::I8,
        DType::I16,
        DType::I32,
        DType::I64,
        DType::U8,
        DType::U16,
        DType::U32,
        DType::U64,
    ]);
    /// bool alone.
    pub const BOOL: DTypeSet = DTypeSet::of(&[DType::Bool]);
    /// c64 and c128.
    pub const COMPLEX: DTypeSet = DTypeSet::of(&[DType::C64, DType::C128]);
    /// Every type.
    pub const ALL: DTypeSet = DTypeSet::of(&DType::ALL);

    /// The set of the listed types.
    pub const fn of(types: &[DType]) -> DTypeSet {
        let mut bits = 0;
        let mut i = 0;
        while i < types.len() {
            bits |= 1 << types[i] as u16;
            i += 1;
        }
        DTypeSet(bits)
    }

    /// Types in either set.
    pub const fn union(self, other: DTypeSet) -> DTypeSet {
        DTypeSet(self.0 | other.0)
    }

    /// Whether the type is in the set.
    #[inline]
    pub const fn contains(self, dtype: DType) -> bool {
        self.0 & (1 << dtype as u16) != 0
    }

    /// The members, in declaration order.
    pub fn iter(self) -> impl Iterator<Item = DType> {
        DType::ALL.into_iter().filter(move |t| self.contains(*t))
    }
}

impl fmt::Display for DTypeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, t) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            f.write_str(t.acl_name())?;
        }
        Ok(())
    }
}

impl fmt::Debug for DTypeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acl_codes_round_trip() {
        for t in DType::ALL {
            assert_eq!(DType::from_acl_code(t.acl_code()), Some(t));
        }
        for code in [-1, 5, 13, 14, 15, 18, 26, 28, 29, 30, 33, 42, i32::MAX, i32::MIN] {
            assert_eq!(DType::from_acl_code(code), None, "{code}");
        }
    }

    #[test]
    fn sets_partition_all_types() {
        let parts = [DTypeSet::FLOATS, DTypeSet::INTEGERS, DTypeSet::BOOL, DTypeSet::COMPLEX];
        for t in DType::ALL {
            assert_eq!(parts.iter().filter(|s| s.contains(t)).count(), 1, "{t}");
        }
        assert_eq!(parts.into_iter().fold(DTypeSet::EMPTY, DTypeSet::union), DTypeSet::ALL);
    }
}
