//! Copies between layouts that are contiguous along different axes.
//!
//! Both sides are walked in square blocks of whole cache lines, and small squares inside them are transposed in
//! registers: `log2 n` times interleaving the first half of `n` vectors with the second transposes them, whatever the
//! element's size.

use crate::iter::{Axis, Operands, Plan, split};
use npu_types::{MAX_RANK, Parallel};

/// Bytes of a block's side: a cache line.
const LINE: usize = 64;

/// What is prepared for such a copy. The output is contiguous along the inner axis, the input along the other.
pub(super) struct Turn {
    inner: Axis<2>,
    other: Axis<2>,
    rest: [Axis<2>; MAX_RANK],
    rank: usize,
    size: usize,
    square: Square,
}

/// Copies the square of 16 bytes a side at `src` to `dst`, transposed; the strides are those of rows.
type Square = unsafe fn(dst: *mut u8, dst_stride: isize, src: *const u8, src_stride: isize);

impl Turn {
    /// Whether the plan of (out, x), both with elements of `size` bytes, is such a copy, and worth it.
    pub(super) fn new(plan: &Plan<2>, size: usize) -> Option<Turn> {
        let (inner, outer) = plan.axes().split_first()?;
        if inner.strides[0] != size as isize || inner.strides[1].unsigned_abs() < LINE || inner.dim < 8 {
            return None;
        }
        let at = outer.iter().position(|a| a.strides[1] == size as isize && a.dim >= 8)?;
        let mut rest = [*inner; MAX_RANK];
        let mut rank = 0;
        for axis in outer.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, a)| a) {
            rest[rank] = *axis;
            rank += 1;
        }
        let square: Square = match size {
            1 => square::<u8>,
            2 => square::<u16>,
            4 => square::<u32>,
            8 => square::<u64>,
            _ => return None,
        };
        Some(Turn { inner: *inner, other: outer[at], rest, rank, size, square })
    }

    /// # Safety
    /// The operands are valid for the plan's layouts.
    pub(super) unsafe fn run(&self, base: Operands<2>, par: &dyn Parallel) {
        let side = LINE / self.size;
        let rest = &self.rest[..self.rank];
        let planes: usize = rest.iter().map(|a| a.dim).product();
        let bands = self.other.dim.div_ceil(side);
        let bytes = 2 * self.size * self.inner.dim * self.other.dim * planes;
        split(par, planes * bands, 1, bytes, &|range| {
            for i in range {
                let [mut out, mut x] = base.addresses();
                let mut index = i / bands;
                for axis in rest {
                    let at = (index % axis.dim) as isize;
                    index /= axis.dim;
                    out = out.wrapping_offset(at * axis.strides[0]);
                    x = x.wrapping_offset(at * axis.strides[1]);
                }
                let first = i % bands * side;
                let rows = side.min(self.other.dim - first);
                let out = out.wrapping_offset(first as isize * self.other.strides[0]);
                let x = x.wrapping_offset(first as isize * self.other.strides[1]);
                // SAFETY: a band lies inside the views.
                unsafe { self.band(out, x, rows) };
            }
        });
    }

    /// A band: `rows` lines of the output.
    ///
    /// # Safety
    /// The band is valid on both sides.
    unsafe fn band(&self, out: *mut u8, x: *const u8, rows: usize) {
        let (out_row, x_row) = (self.other.strides[0], self.inner.strides[1]);
        let small = 16 / self.size;
        let whole = rows / small * small;
        let columns = self.inner.dim / small * small;
        let side = LINE / self.size;
        let mut block = 0;
        while block < columns {
            let end = (block + side).min(columns);
            for row in (0..whole).step_by(small) {
                for column in (block..end).step_by(small) {
                    let to = out.wrapping_offset(row as isize * out_row).wrapping_add(column * self.size);
                    let from = x.wrapping_offset(column as isize * x_row).wrapping_add(row * self.size);
                    // SAFETY: a square inside the band.
                    unsafe { (self.square)(to, out_row, from, x_row) };
                }
            }
            block = end;
        }
        // What squares do not cover: columns at the right, then rows at the bottom.
        for row in 0..rows {
            for column in if row < whole { columns } else { 0 }..self.inner.dim {
                let to = out.wrapping_offset(row as isize * out_row).wrapping_add(column * self.size);
                let from = x.wrapping_offset(column as isize * x_row).wrapping_add(row * self.size);
                // SAFETY: an element inside the band.
                unsafe { std::ptr::copy_nonoverlapping(from, to, self.size) };
            }
        }
    }
}

/// # Safety
/// Squares of 16 bytes a side are valid at both addresses.
#[cfg(all(target_arch = "x86_64", not(miri)))]
unsafe fn square<T: Copy>(dst: *mut u8, dst_stride: isize, src: *const u8, src_stride: isize) {
    use std::arch::x86_64::{
        __m128i, _mm_loadu_si128, _mm_setzero_si128, _mm_storeu_si128, _mm_unpackhi_epi8, _mm_unpackhi_epi16,
        _mm_unpackhi_epi32, _mm_unpackhi_epi64, _mm_unpacklo_epi8, _mm_unpacklo_epi16, _mm_unpacklo_epi32,
        _mm_unpacklo_epi64,
    };

    /// Interleaves the elements of two vectors: the lower halves, the upper halves.
    #[inline(always)]
    fn interleave<T>(a: __m128i, b: __m128i) -> [__m128i; 2] {
        type Pair = (unsafe fn(__m128i, __m128i) -> __m128i, unsafe fn(__m128i, __m128i) -> __m128i);
        let (low, high): Pair = match size_of::<T>() {
            1 => (_mm_unpacklo_epi8, _mm_unpackhi_epi8),
            2 => (_mm_unpacklo_epi16, _mm_unpackhi_epi16),
            4 => (_mm_unpacklo_epi32, _mm_unpackhi_epi32),
            _ => (_mm_unpacklo_epi64, _mm_unpackhi_epi64),
        };
        // SAFETY: SSE2 is in the baseline.
        let low = unsafe { low(a, b) };
        // SAFETY: SSE2 is in the baseline.
        [low, unsafe { high(a, b) }]
    }

    let n = 16 / size_of::<T>();
    // SAFETY: SSE2 is in the baseline.
    let mut v = [unsafe { _mm_setzero_si128() }; 16];
    for (i, v) in v[..n].iter_mut().enumerate() {
        // SAFETY: row i of the square.
        *v = unsafe { _mm_loadu_si128(src.wrapping_offset(i as isize * src_stride).cast()) };
    }
    let mut stage = 1;
    while stage < n {
        let from = v;
        for i in 0..n / 2 {
            [v[2 * i], v[2 * i + 1]] = interleave::<T>(from[i], from[i + n / 2]);
        }
        stage *= 2;
    }
    for (i, v) in v[..n].iter().enumerate() {
        // SAFETY: row i of the square.
        unsafe { _mm_storeu_si128(dst.wrapping_offset(i as isize * dst_stride).cast(), *v) };
    }
}

/// # Safety
/// Squares of 16 bytes a side are valid at both addresses.
#[cfg(any(not(target_arch = "x86_64"), miri))]
unsafe fn square<T: Copy>(dst: *mut u8, dst_stride: isize, src: *const u8, src_stride: isize) {
    let n = 16 / size_of::<T>();
    for i in 0..n {
        for k in 0..n {
            let from = src.wrapping_offset(k as isize * src_stride).cast::<T>().wrapping_add(i);
            let to = dst.wrapping_offset(i as isize * dst_stride).cast::<T>().wrapping_add(k);
            // SAFETY: an element of the square.
            let value = unsafe { from.read() };
            // SAFETY: an element of the square.
            unsafe { to.write(value) };
        }
    }
}
