//! Copies between layouts that are contiguous along different axes.
//!
//! Both sides are walked in square blocks of whole cache lines, and small squares inside them are transposed in
//! registers: `log2 n` times interleaving the first half of `n` vectors with the second transposes them, whatever the
//! element's size. What does not fit the caches first collects a larger block in a buffer, since lines at large powers
//! of two would evict each other, and streams the result.

use super::STREAM;
use super::port::{fence, stream_copy};
use crate::iter::{Axis, Operands, Plan, split};
use npu_types::{MAX_RANK, Parallel};
use std::mem::MaybeUninit;

/// Bytes of a block's side: a cache line.
const LINE: usize = 64;

/// Bytes of a collected block.
const COLLECTED: usize = 16 << 10;

/// Collected blocks along either side that are visited together.
const GROUP: usize = 4;

/// Whole lines of the output before they are streamed, or of a collected block.
#[repr(C, align(64))]
struct Lines<const N: usize>([MaybeUninit<u8>; N]);

/// What is prepared for such a copy. The output is contiguous along the inner axis, the input along the other.
pub(super) struct Turn {
    inner: Axis<2>,
    other: Axis<2>,
    rest: [Axis<2>; MAX_RANK],
    rank: usize,
    size: usize,
    /// Elements of a collected block's side; 0 when the caches hold everything.
    collected: usize,
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
        let step = outer[at].strides[0];
        let lines = step > 0 && (step as usize).is_multiple_of(LINE);
        let collected = match size {
            _ if !lines || plan.numel() * size < STREAM => 0,
            1 => 128,
            2 | 4 => 64,
            _ => 32,
        };
        Some(Turn { collected, inner: *inner, other: outer[at], rest, rank, size, square })
    }

    /// # Safety
    /// The operands are valid for the plan's layouts.
    pub(super) unsafe fn run(&self, base: Operands<2>, par: &dyn Parallel) {
        let large = self.collected > 0;
        let side = if large { GROUP * self.collected } else { LINE / self.size };
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
                if large && out.addr().is_multiple_of(LINE) {
                    // SAFETY: a band lies inside the views.
                    unsafe { self.large_band(out, x, rows) };
                } else {
                    // SAFETY: a band lies inside the views.
                    unsafe { self.band(out, x, rows, 0) };
                }
            }
            fence();
        });
    }

    /// A band of lines of the output, past the caches: groups of blocks, so that pages are visited few times, then
    /// what blocks do not cover.
    ///
    /// # Safety
    /// The band is valid on both sides; every line of the output is aligned.
    unsafe fn large_band(&self, out: *mut u8, x: *const u8, rows: usize) {
        let side = self.collected;
        let (bands, blocks) = (rows / side, self.inner.dim / side);
        let at = |row: usize| {
            let out = out.wrapping_offset(row as isize * self.other.strides[0]);
            (out, x.wrapping_add(row * self.size))
        };
        for group in (0..blocks).step_by(GROUP) {
            for band in 0..bands {
                let (out, x) = at(band * side);
                for block in group..blocks.min(group + GROUP) {
                    // SAFETY: a block inside the band.
                    unsafe { self.block(out, x, block * side) };
                }
            }
        }
        for band in 0..bands {
            let (out, x) = at(band * side);
            // SAFETY: columns that blocks do not cover.
            unsafe { self.band(out, x, side, blocks * side) };
        }
        let (out, x) = at(bands * side);
        // SAFETY: rows that blocks do not cover.
        unsafe { self.band(out, x, rows - bands * side, 0) };
    }

    /// Collects the block whose rows are the input's from `first` on, and streams it.
    ///
    /// # Safety
    /// The block is valid on both sides; its lines of the output are aligned.
    unsafe fn block(&self, out: *mut u8, x: *const u8, first: usize) {
        let side = self.collected;
        let row = side * self.size;
        let small = 16 / self.size;
        let mut block = Lines::<COLLECTED>([MaybeUninit::uninit(); COLLECTED]);
        let mut lines = Lines::<1024>([MaybeUninit::uninit(); 1024]);
        let (block, lines) = (block.0.as_mut_ptr().cast::<u8>(), lines.0.as_mut_ptr().cast::<u8>());
        for i in 0..side {
            let from = x.wrapping_offset((first + i) as isize * self.inner.strides[1]);
            // SAFETY: a row of the block.
            unsafe { std::ptr::copy_nonoverlapping(from, block.wrapping_add(i * row), row) };
        }
        for r in (0..side).step_by(small) {
            for line in (0..row).step_by(LINE) {
                for piece in (0..LINE).step_by(16) {
                    let from = block.wrapping_add((line + piece) / self.size * row + r * self.size);
                    // SAFETY: a square inside both buffers.
                    unsafe { (self.square)(lines.wrapping_add(piece), LINE as isize, from, row as isize) };
                }
                for i in 0..small {
                    let to = out.wrapping_offset((r + i) as isize * self.other.strides[0]);
                    let to = to.wrapping_add(first * self.size + line);
                    // SAFETY: a line inside the block.
                    unsafe { stream_copy(lines.wrapping_add(i * LINE), to, LINE) };
                }
            }
        }
    }

    /// A band: `rows` lines of the output, from a column on.
    ///
    /// # Safety
    /// The band is valid on both sides.
    unsafe fn band(&self, out: *mut u8, x: *const u8, rows: usize, start: usize) {
        let (out_row, x_row) = (self.other.strides[0], self.inner.strides[1]);
        let small = 16 / self.size;
        let whole = rows / small * small;
        let columns = start + (self.inner.dim - start) / small * small;
        let side = LINE / self.size;
        let mut block = start;
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
            for column in if row < whole { columns } else { start }..self.inner.dim {
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
