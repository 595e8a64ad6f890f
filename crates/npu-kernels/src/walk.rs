//! Row-major iteration over a shape that several operands share, in element offsets.

use npu_types::MAX_RANK;
use std::ops::Range;

/// A shape with the strides of `K` operands; unit dimensions dropped, neighbours merged where every operand allows.
#[derive(Clone, Debug)]
pub(crate) struct Walk<const K: usize> {
    rank: usize,
    dims: [usize; MAX_RANK],
    strides: [[isize; K]; MAX_RANK],
}

impl<const K: usize> Walk<K> {
    /// An iteration of one position at offset 0.
    pub(crate) fn point() -> Walk<K> {
        Walk { rank: 0, dims: [1; MAX_RANK], strides: [[0; K]; MAX_RANK] }
    }

    /// Over `dims`, with `strides[operand]` as long as `dims`.
    pub(crate) fn new(dims: &[i64], strides: [&[i64]; K]) -> Walk<K> {
        let mut out = Walk::point();
        for (axis, &dim) in dims.iter().enumerate() {
            out.push(dim as usize, std::array::from_fn(|i| strides[i][axis] as isize));
        }
        out
    }

    /// Adds a dimension inside the present ones.
    pub(crate) fn push(&mut self, dim: usize, strides: [isize; K]) {
        if dim == 1 {
            return;
        }
        if let Some(last) = self.rank.checked_sub(1) {
            let outer = self.strides[last];
            if (0..K).all(|i| outer[i] == strides[i] * dim as isize) {
                self.dims[last] *= dim;
                self.strides[last] = strides;
                return;
            }
        }
        self.dims[self.rank] = dim;
        self.strides[self.rank] = strides;
        self.rank += 1;
    }

    /// Takes the innermost dimension away: its size and strides, `(1, 0s)` when there is none.
    pub(crate) fn pop(&mut self) -> (usize, [isize; K]) {
        if self.rank == 0 {
            return (1, [0; K]);
        }
        self.rank -= 1;
        (self.dims[self.rank], self.strides[self.rank])
    }

    /// Exchanges two operands.
    pub(crate) fn swap(&mut self, a: usize, b: usize) {
        self.strides.iter_mut().for_each(|s| s.swap(a, b));
    }

    /// Number of positions.
    pub(crate) fn len(&self) -> usize {
        self.dims[..self.rank].iter().product()
    }

    /// The position with row-major number `index`, ready to advance.
    pub(crate) fn seek(&self, index: usize) -> Cursor<'_, K> {
        let mut cursor = Cursor { walk: self, index: [0; MAX_RANK], offsets: [0; K] };
        let mut rest = if self.len() == 0 { return cursor } else { index };
        for axis in (0..self.rank).rev() {
            cursor.index[axis] = rest % self.dims[axis];
            rest /= self.dims[axis];
            for (offset, stride) in cursor.offsets.iter_mut().zip(&self.strides[axis]) {
                *offset += cursor.index[axis] as isize * stride;
            }
        }
        cursor
    }
}

/// Calls `body` for the parts of rows that the positions of `range` make up: the row's offsets, the first position in
/// it, how many. Rows are `run` positions long, one for each position of `outer`.
#[inline]
pub(crate) fn segments<const K: usize>(
    outer: &Walk<K>,
    run: usize,
    range: Range<usize>,
    mut body: impl FnMut([isize; K], usize, usize),
) {
    let mut at = range.start;
    if at >= range.end {
        return;
    }
    let mut cursor = outer.seek(at / run);
    while at < range.end {
        let first = at % run;
        let n = (run - first).min(range.end - at);
        body(cursor.offsets, first, n);
        at += n;
        cursor.advance();
    }
}

/// A position in a [`Walk`].
pub(crate) struct Cursor<'w, const K: usize> {
    walk: &'w Walk<K>,
    index: [usize; MAX_RANK],
    /// Element offset of the position in each operand.
    pub(crate) offsets: [isize; K],
}

impl<const K: usize> Cursor<'_, K> {
    /// Moves on by one position; past the last one it starts over.
    #[inline]
    pub(crate) fn advance(&mut self) {
        for axis in (0..self.walk.rank).rev() {
            let (dim, strides) = (self.walk.dims[axis], &self.walk.strides[axis]);
            self.index[axis] += 1;
            if self.index[axis] < dim {
                for (offset, stride) in self.offsets.iter_mut().zip(strides) {
                    *offset += stride;
                }
                return;
            }
            self.index[axis] = 0;
            for (offset, stride) in self.offsets.iter_mut().zip(strides) {
                *offset -= stride * (dim as isize - 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_keeps_the_order_of_positions() {
        let dims = [2, 1, 3, 4];
        let contiguous = [12, 7, 4, 1];
        let permuted = [1, 0, 2, 6];
        let merged = Walk::new(&dims, [&contiguous]);
        assert_eq!((merged.rank, merged.len()), (1, 24));
        let both = Walk::new(&dims, [&contiguous, &permuted]);
        assert_eq!((both.rank, both.len()), (3, 24));
        let mut cursor = both.seek(0);
        for i in 0..24 {
            assert_eq!(cursor.offsets, both.seek(i).offsets);
            assert_eq!(cursor.offsets[0], i as isize);
            let (a, b, c) = (i / 12, i / 4 % 3, i % 4);
            assert_eq!(cursor.offsets[1], (a + 2 * b + 6 * c) as isize);
            cursor.advance();
        }
        assert_eq!(cursor.offsets, [0, 0]);
    }

    #[test]
    fn no_dimension_is_one_position() {
        let walk = Walk::new(&[1, 1], [&[5, 6]]);
        assert_eq!((walk.len(), walk.seek(0).offsets), (1, [0]));
        assert_eq!(Walk::new(&[3, 0], [&[1, 1]]).len(), 0);
    }
}
