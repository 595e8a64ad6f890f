//! Shapes with strides.

use crate::DType;
use std::fmt;

/// The most dimensions a tensor may have, as for `aclnn` operators.
pub const MAX_RANK: usize = 8;

/// Element type, dimensions and strides of a tensor view. Strides count elements; the view's base address is kept
/// elsewhere and already includes the storage offset.
#[derive(Clone, Copy)]
pub struct Layout {
    dtype: DType,
    rank: u8,
    dims: [i64; MAX_RANK],
    strides: [i64; MAX_RANK],
}

/// Why a layout cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// More dimensions than [`MAX_RANK`].
    #[error("{0} dimensions, at most {MAX_RANK} are supported")]
    Rank(usize),
    /// A dimension below zero.
    #[error("dimension {axis} is {value}, expected 0 or more")]
    NegativeDim {
        /// Which dimension.
        axis: usize,
        /// Its value.
        value: i64,
    },
    /// The element count or a byte offset does not fit in 63 bits.
    #[error("the view spans more bytes than 63 bits can count")]
    Overflow,
    /// Shapes cannot be broadcast together.
    #[error("shapes {} and {} cannot be broadcast: dimension {} differs and neither is 1", .0.0, .0.1, .0.2)]
    Broadcast(Box<(Dims, Dims, usize)>),
}

/// Dimensions kept inline, shown as `[2, 3]`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Dims {
    rank: u8,
    dims: [i64; MAX_RANK],
}

impl Dims {
    /// Copies at most [`MAX_RANK`] dimensions.
    pub fn new(dims: &[i64]) -> Dims {
        let mut out = Dims { rank: dims.len().min(MAX_RANK) as u8, dims: [0; MAX_RANK] };
        let rank = out.rank as usize;
        out.dims[..rank].copy_from_slice(&dims[..rank]);
        out
    }

    /// As a slice.
    pub fn as_slice(&self) -> &[i64] {
        &self.dims[..self.rank as usize]
    }
}

impl fmt::Debug for Dims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Dims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_slice())
    }
}

impl Layout {
    /// A view with the given strides, in elements. Fails when the rank, a dimension or the byte span is out of range.
    pub fn strided(dtype: DType, dims: &[i64], strides: &[i64]) -> Result<Layout, LayoutError> {
        if dims.len() > MAX_RANK {
            return Err(LayoutError::Rank(dims.len()));
        }
        debug_assert_eq!(dims.len(), strides.len());
        let mut out = Layout { dtype, rank: dims.len() as u8, dims: [0; MAX_RANK], strides: [0; MAX_RANK] };
        out.dims[..dims.len()].copy_from_slice(dims);
        out.strides[..dims.len()].copy_from_slice(strides);
        out.check()?;
        Ok(out)
    }

    /// A row-major view.
    pub fn contiguous(dtype: DType, dims: &[i64]) -> Result<Layout, LayoutError> {
        if dims.len() > MAX_RANK {
            return Err(LayoutError::Rank(dims.len()));
        }
        let mut strides = [0i64; MAX_RANK];
        let mut step = 1i64;
        for axis in (0..dims.len()).rev() {
            strides[axis] = step;
            step = step.checked_mul(dims[axis].max(1)).ok_or(LayoutError::Overflow)?;
        }
        Layout::strided(dtype, dims, &strides[..dims.len()])
    }

    /// One element, no dimensions.
    pub fn scalar(dtype: DType) -> Layout {
        Layout { dtype, rank: 0, dims: [0; MAX_RANK], strides: [0; MAX_RANK] }
    }

    fn check(&self) -> Result<(), LayoutError> {
        let mut numel = 1i64;
        for (axis, &value) in self.dims().iter().enumerate() {
            if value < 0 {
                return Err(LayoutError::NegativeDim { axis, value });
            }
            numel = numel.checked_mul(value.max(1)).ok_or(LayoutError::Overflow)?;
        }
        numel.checked_mul(self.dtype.size() as i64).ok_or(LayoutError::Overflow)?;
        let (mut low, mut high) = (0i64, 0i64);
        for (&dim, &stride) in self.dims().iter().zip(self.strides()) {
            let reach = (dim - 1).max(0).checked_mul(stride).ok_or(LayoutError::Overflow)?;
            let end = if reach < 0 { &mut low } else { &mut high };
            *end = end.checked_add(reach).ok_or(LayoutError::Overflow)?;
        }
        let bytes = self.dtype.size() as i64;
        low.checked_mul(bytes).ok_or(LayoutError::Overflow)?;
        high.checked_add(1).and_then(|h| h.checked_mul(bytes)).ok_or(LayoutError::Overflow)?;
        Ok(())
    }

    /// Element type.
    #[inline]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Number of dimensions.
    #[inline]
    pub fn rank(&self) -> usize {
        self.rank as usize
    }

    /// Dimensions.
    #[inline]
    pub fn dims(&self) -> &[i64] {
        &self.dims[..self.rank as usize]
    }

    /// Strides, in elements.
    #[inline]
    pub fn strides(&self) -> &[i64] {
        &self.strides[..self.rank as usize]
    }

    /// Number of elements; 1 for rank 0.
    #[inline]
    pub fn numel(&self) -> usize {
        self.dims().iter().product::<i64>() as usize
    }

    /// Whether there are no elements.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.dims().contains(&0)
    }

    /// Whether elements lie row-major without gaps. Dimensions of 1 may have any stride; empty views are contiguous.
    #[inline]
    pub fn is_contiguous(&self) -> bool {
        let mut step = 1;
        for axis in (0..self.rank()).rev() {
            let dim = self.dims[axis];
            if dim == 0 {
                return true;
            }
            if dim != 1 && self.strides[axis] != step {
                return self.is_empty();
            }
            step *= dim;
        }
        true
    }

    /// The bytes the view touches relative to its base address: `start..end`, `start` at most 0. Empty views touch none.
    #[inline]
    pub fn byte_span(&self) -> std::ops::Range<i64> {
        if self.is_empty() {
            return 0..0;
        }
        let (mut low, mut high) = (0, 0);
        for (&dim, &stride) in self.dims().iter().zip(self.strides()) {
            let reach = (dim - 1) * stride;
            if reach < 0 { low += reach } else { high += reach }
        }
        let bytes = self.dtype.size() as i64;
        low * bytes..(high + 1) * bytes
    }

    /// Whether two different indices may name one element (stride 0 or interleaved strides). Exact for the layouts
    /// that slicing, transposing and expanding produce; may answer true for others.
    pub fn may_self_overlap(&self) -> bool {
        if self.is_empty() {
            return false;
        }
        let mut axes: [(i64, i64); MAX_RANK] = [(0, 0); MAX_RANK];
        let mut n = 0;
        for (&dim, &stride) in self.dims().iter().zip(self.strides()) {
            if dim > 1 {
                axes[n] = (stride.abs(), dim);
                n += 1;
            }
        }
        axes[..n].sort_unstable();
        let mut reach = 0;
        for &(stride, dim) in &axes[..n] {
            if stride <= reach {
                return true;
            }
            reach += stride * (dim - 1);
        }
        false
    }

    /// The same view with another element type; strides keep counting elements.
    pub fn with_dtype(mut self, dtype: DType) -> Layout {
        self.dtype = dtype;
        self
    }

    /// The view expanded to `dims` by NumPy's rules: missing leading dimensions and dimensions of 1 get stride 0.
    pub fn broadcast_to(&self, dims: &[i64]) -> Result<Layout, LayoutError> {
        let mismatch =
            |axis| LayoutError::Broadcast(Box::new((Dims::new(self.dims()), Dims::new(dims), axis)));
        if dims.len() > MAX_RANK {
            return Err(LayoutError::Rank(dims.len()));
        }
        let lead = dims.len().checked_sub(self.rank()).ok_or_else(|| mismatch(0))?;
        let mut out =
            Layout { dtype: self.dtype, rank: dims.len() as u8, dims: [0; MAX_RANK], strides: [0; MAX_RANK] };
        out.dims[..dims.len()].copy_from_slice(dims);
        for axis in 0..self.rank() {
            let (have, want) = (self.dims[axis], dims[lead + axis]);
            if have == want {
                out.strides[lead + axis] = self.strides[axis];
            } else if have != 1 {
                return Err(mismatch(lead + axis));
            }
        }
        out.check()?;
        Ok(out)
    }

    /// The view with its dimensions in the given order. `order` must be a permutation of `0..rank`.
    pub fn permuted(&self, order: &[usize]) -> Layout {
        debug_assert_eq!(order.len(), self.rank());
        let mut out = *self;
        for (to, &from) in order.iter().enumerate() {
            out.dims[to] = self.dims[from];
            out.strides[to] = self.strides[from];
        }
        out
    }

    /// The view without dimension `axis`, at index 0 of it.
    pub fn without_axis(&self, axis: usize) -> Layout {
        debug_assert!(axis < self.rank());
        let mut out = *self;
        out.dims[axis..].rotate_left(1);
        out.strides[axis..].rotate_left(1);
        out.rank -= 1;
        out
    }

    /// The view with a dimension of `dim` elements and the given stride put in at `axis`.
    pub fn with_axis(&self, axis: usize, dim: i64, stride: i64) -> Result<Layout, LayoutError> {
        if self.rank() == MAX_RANK {
            return Err(LayoutError::Rank(MAX_RANK + 1));
        }
        let mut out = *self;
        out.dims[axis..].rotate_right(1);
        out.strides[axis..].rotate_right(1);
        out.dims[axis] = dim;
        out.strides[axis] = stride;
        out.rank += 1;
        out.check()?;
        Ok(out)
    }
}

impl fmt::Debug for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:?}", self.dtype, self.dims())?;
        if !self.is_contiguous() {
            write!(f, " strides {:?}", self.strides())?;
        }
        Ok(())
    }
}

impl PartialEq for Layout {
    fn eq(&self, other: &Self) -> bool {
        self.dtype == other.dtype && self.dims() == other.dims() && self.strides() == other.strides()
    }
}

impl Eq for Layout {}

/// The common shape of two operands by NumPy's rules.
pub fn broadcast_dims(a: &[i64], b: &[i64]) -> Result<Dims, LayoutError> {
    let rank = a.len().max(b.len());
    if rank > MAX_RANK {
        return Err(LayoutError::Rank(rank));
    }
    let mut out = Dims { rank: rank as u8, dims: [0; MAX_RANK] };
    for axis in 0..rank {
        let at = |d: &[i64]| (axis + d.len()).checked_sub(rank).map_or(1, |i| d[i]);
        let (x, y) = (at(a), at(b));
        out.dims[axis] = match (x, y) {
            _ if x == y => x,
            (1, _) => y,
            (_, 1) => x,
            _ => return Err(LayoutError::Broadcast(Box::new((Dims::new(a), Dims::new(b), axis)))),
        };
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn c(dims: &[i64]) -> Layout {
        Layout::contiguous(DType::F32, dims).unwrap()
    }

    #[test]
    fn contiguity_ignores_unit_dims_and_empties() {
        assert!(c(&[2, 3, 4]).is_contiguous());
        assert!(Layout::strided(DType::F32, &[2, 1, 4], &[4, 99, 1]).unwrap().is_contiguous());
        assert!(!Layout::strided(DType::F32, &[2, 3], &[1, 2]).unwrap().is_contiguous());
        assert!(Layout::strided(DType::F32, &[2, 0], &[7, 9]).unwrap().is_contiguous());
        assert!(Layout::strided(DType::F32, &[0, 2], &[7, 9]).unwrap().is_contiguous());
        assert!(Layout::scalar(DType::F32).is_contiguous());
    }

    #[test]
    fn byte_span_covers_negative_strides() {
        let l = Layout::strided(DType::I16, &[3, 2], &[-10, 1]).unwrap();
        assert_eq!(l.byte_span(), -40..4);
        assert_eq!(c(&[2, 0]).byte_span(), 0..0);
        assert_eq!(Layout::scalar(DType::F64).byte_span(), 0..8);
    }

    #[test]
    fn overflow_is_refused() {
        assert_eq!(Layout::contiguous(DType::F32, &[i64::MAX, 2]), Err(LayoutError::Overflow));
        assert_eq!(Layout::strided(DType::F32, &[3], &[i64::MAX]), Err(LayoutError::Overflow));
        assert_eq!(Layout::strided(DType::F64, &[2], &[i64::MAX]), Err(LayoutError::Overflow));
        assert_eq!(
            Layout::contiguous(DType::F32, &[2, -1]),
            Err(LayoutError::NegativeDim { axis: 1, value: -1 })
        );
        assert_eq!(Layout::contiguous(DType::F32, &[1; 9]), Err(LayoutError::Rank(9)));
    }

    #[test]
    fn broadcasting_follows_numpy() {
        assert_eq!(broadcast_dims(&[3, 1], &[2, 1, 4]).unwrap().as_slice(), &[2, 3, 4]);
        assert_eq!(broadcast_dims(&[], &[0]).unwrap().as_slice(), &[0]);
        assert_eq!(broadcast_dims(&[1], &[0]).unwrap().as_slice(), &[0]);
        assert!(broadcast_dims(&[2], &[3]).is_err());
        let b = c(&[3, 1]).broadcast_to(&[2, 3, 4]).unwrap();
        assert_eq!((b.dims(), b.strides()), (&[2, 3, 4][..], &[0, 1, 0][..]));
        assert!(c(&[2, 3]).broadcast_to(&[3]).is_err());
    }

    #[test]
    fn self_overlap() {
        assert!(!c(&[4, 5]).may_self_overlap());
        assert!(!c(&[4, 5]).permuted(&[1, 0]).may_self_overlap());
        assert!(c(&[1]).broadcast_to(&[5]).unwrap().may_self_overlap());
        assert!(Layout::strided(DType::F32, &[3, 3], &[1, 1]).unwrap().may_self_overlap());
        assert!(!Layout::strided(DType::F32, &[3, 3], &[6, 2]).unwrap().may_self_overlap());
    }

    #[test]
    fn axes_come_and_go() {
        let l = c(&[2, 3, 4]);
        let m = l.without_axis(1);
        assert_eq!((m.dims(), m.strides()), (&[2, 4][..], &[12, 1][..]));
        assert_eq!(m.with_axis(1, 3, 4).unwrap(), l);
    }
}
