//! PyTorch's type promotion, which `aclnn` follows.

use crate::DType;

/// Rank of a category: bool < integer < floating < complex.
fn category(t: DType) -> u8 {
    match t {
        DType::Bool => 0,
        _ if t.is_integer() => 1,
        _ if t.is_float() => 2,
        _ => 3,
    }
}

/// The type in which two tensors meet.
pub fn promote(a: DType, b: DType) -> DType {
    use DType::*;
    if a == b {
        return a;
    }
    let (low, high) = if category(a) <= category(b) { (a, b) } else { (b, a) };
    match (category(low), category(high)) {
        (x, y) if x != y => match (low, high) {
            (F64, C64) => C128,
            _ => high,
        },
        (1, 1) => promote_integers(a, b),
        (2, 2) => match (a, b) {
            (F64, _) | (_, F64) => F64,
            // f16 with bf16, or either with f32.
            _ => F32,
        },
        _ => C128,
    }
}

fn promote_integers(a: DType, b: DType) -> DType {
    use DType::*;
    let signed = |t: DType| matches!(t, I8 | I16 | I32 | I64);
    let (wide, narrow) = if a.size() >= b.size() { (a, b) } else { (b, a) };
    if signed(a) == signed(b) || (signed(wide) && wide.size() > narrow.size()) {
        return wide;
    }
    // An unsigned type meets a signed one that cannot hold it: the next signed size, if there is one.
    match wide.size() {
        1 => I16,
        2 => I32,
        _ => I64,
    }
}

/// The type in which a tensor meets a scalar: the tensor's own, unless the scalar is of a higher category; then the
/// default type of that category (f32 for floats, c64 for complex; i64 for integers against bool tensors).
pub fn promote_scalar(tensor: DType, scalar: DType) -> DType {
    if category(scalar) <= category(tensor) {
        return tensor;
    }
    match category(scalar) {
        1 => DType::I64,
        2 => DType::F32,
        _ if tensor == DType::F64 => DType::C128,
        _ => DType::C64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DType::*;

    #[test]
    fn matches_pytorch() {
        // torch.promote_types, spot values of every branch.
        for (a, b, want) in [
            (F16, BF16, F32),
            (F16, I64, F16),
            (Bool, U8, U8),
            (U8, I8, I16),
            (U8, I16, I16),
            (I32, I64, I64),
            (F64, C64, C128),
            (F32, C64, C64),
            (F16, F64, F64),
            (C64, C128, C128),
            (Bool, F16, F16),
        ] {
            assert_eq!(promote(a, b), want, "{a} {b}");
            assert_eq!(promote(b, a), want, "{b} {a}");
        }
        for (t, s, want) in
            [(I32, F64, F32), (F16, F64, F16), (Bool, I64, I64), (F64, C64, C128), (I8, I64, I8)]
        {
            assert_eq!(promote_scalar(t, s), want, "{t} {s}");
        }
    }
}
