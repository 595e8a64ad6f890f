//! Whether two views share memory.

use crate::TensorArg;

/// How two views lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// No common byte, or none that can be proved.
    None,
    /// The same elements in the same places.
    Same,
    /// At least one common byte, at different indices.
    Partial,
}

/// Compares two views. Views with interleaved strides (every second element, neighbouring columns) are told apart
/// exactly when their strides agree; views whose strides differ count as overlapping only if both are gapless.
pub fn overlap(a: &TensorArg, b: &TensorArg) -> Overlap {
    // Addresses were checked to be device memory, far from wrapping around. Empty views span nothing.
    let at = |base: u64, offset: i64| base.wrapping_add_signed(offset);
    let starts = (at(a.address, a.span.0), at(b.address, b.span.0));
    let ends = (at(a.address, a.span.1), at(b.address, b.span.1));
    if ends.0 <= starts.1 || ends.1 <= starts.0 || a.span.0 == a.span.1 || b.span.0 == b.span.1 {
        return Overlap::None;
    }
    if a.address == b.address && a.layout == b.layout {
        return Overlap::Same;
    }
    let gapless = |t: &TensorArg| (t.span.1 - t.span.0) as usize == t.layout.numel() * t.dtype().size();
    if gapless(a) && gapless(b) {
        return same_elements(a, b);
    }
    if a.dtype() == b.dtype() && a.layout.strides() == b.layout.strides() {
        lattice(a, b)
    } else {
        Overlap::None
    }
}

/// Two gapless views with intersecting spans.
fn same_elements(a: &TensorArg, b: &TensorArg) -> Overlap {
    let same = a.address == b.address
        && a.dtype() == b.dtype()
        && a.layout.is_contiguous()
        && b.layout.is_contiguous()
        && a.layout.numel() == b.layout.numel();
    // Two row-major views of one range differ at most in unit dimensions, or in shape, which families check.
    if same { Overlap::Same } else { Overlap::Partial }
}

/// Views with equal strides: the address difference must be a difference of indices for a common element to exist.
fn lattice(a: &TensorArg, b: &TensorArg) -> Overlap {
    let size = a.dtype().size() as i128;
    let bytes = i128::from(b.address) - i128::from(a.address);
    if bytes % size != 0 {
        return Overlap::Partial;
    }
    // Greedy over descending strides decides exactly for views that slicing produces (each stride larger than what
    // the smaller ones span).
    let mut axes: Vec<(i128, i128, i128)> = a
        .layout
        .strides()
        .iter()
        .zip(a.dims().iter().zip(b.dims()))
        .filter(|(s, _)| **s != 0)
        .map(|(s, (da, db))| (i128::from(*s), i128::from(*da), i128::from(*db)))
        .collect();
    axes.sort_unstable_by_key(|(s, ..)| -s.abs());
    if hits(&axes, bytes / size) { Overlap::Partial } else { Overlap::None }
}

fn hits(axes: &[(i128, i128, i128)], rest: i128) -> bool {
    let Some(&(stride, da, db)) = axes.first() else { return rest == 0 };
    // An element of `b` at index j equals one of `a` at index i when sum(stride * (i - j)) is the difference.
    let below: i128 = axes[1..].iter().map(|(s, da, db)| s.abs() * (da.max(db) - 1)).sum();
    let low = (rest - below).div_euclid(stride.abs());
    let high = (rest + below).div_euclid(stride.abs());
    (low..=high).any(|k| {
        let k = k * stride.signum();
        k < da && -k < db && hits(&axes[1..], rest - k * stride)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use npu_types::{DType, Layout};

    fn view(offset: u64, dims: &[i64], strides: &[i64]) -> TensorArg {
        TensorArg::new(Layout::strided(DType::F32, dims, strides).unwrap(), 0x1000 + offset, 0)
    }

    #[test]
    fn slices_of_one_matrix() {
        let left = view(0, &[4, 3], &[6, 1]);
        let right = view(12, &[4, 3], &[6, 1]);
        let middle = view(8, &[4, 3], &[6, 1]);
        assert_eq!(overlap(&left, &right), Overlap::None);
        assert_eq!(overlap(&left, &middle), Overlap::Partial);
        assert_eq!(overlap(&middle, &right), Overlap::Partial);
        assert_eq!(overlap(&left, &left), Overlap::Same);
    }

    #[test]
    fn every_second_element() {
        assert_eq!(overlap(&view(0, &[5], &[2]), &view(4, &[5], &[2])), Overlap::None);
        assert_eq!(overlap(&view(0, &[5], &[2]), &view(8, &[5], &[2])), Overlap::Partial);
    }

    #[test]
    fn contiguous_ranges() {
        assert_eq!(overlap(&view(0, &[8], &[1]), &view(16, &[8], &[1])), Overlap::Partial);
        assert_eq!(overlap(&view(0, &[8], &[1]), &view(32, &[8], &[1])), Overlap::None);
        assert_eq!(overlap(&view(0, &[2, 3], &[3, 1]), &view(0, &[2, 3], &[1, 2])), Overlap::Partial);
        assert_eq!(overlap(&view(2, &[8], &[1]), &view(0, &[8], &[1])), Overlap::Partial);
        assert_eq!(overlap(&view(0, &[0], &[1]), &view(0, &[8], &[1])), Overlap::None);
    }
}
