//! bf16 products on processors that multiply pairs of bf16 into f32.

use super::Strides;
use super::engine::Kind;
use super::micro::{Tile, x86};
use npu_types::bf16;

/// Panels of pairs: two neighbours in depth.
pub(super) struct Pairs;

/// Whether the processor has the instructions.
pub(super) fn available() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bf16")
}

/// # Safety
/// The element is readable, or `exists` is false.
#[inline(always)]
unsafe fn element(src: *const bf16, exists: bool) -> bf16 {
    if exists {
        // SAFETY: the caller's duty.
        unsafe { src.read() }
    } else {
        bf16::ZERO
    }
}

impl Kind for Pairs {
    type Elem = bf16;
    type Packed = [bf16; 2];
    const STEP: usize = 2;
    const MR: usize = x86::PAIRS_MR;
    const NR: usize = x86::PAIRS_NR;

    unsafe fn pack_a(
        src: *const bf16,
        strides: Strides,
        rows: usize,
        depth: usize,
        dst: *mut [bf16; 2],
        pitch: usize,
    ) {
        let steps = depth.div_ceil(2);
        for i in 0..Self::MR {
            // SAFETY: row `i` of the panel lies within `dst`, the caller's duty.
            let to = unsafe { std::slice::from_raw_parts_mut(dst.wrapping_add(i * pitch), steps) };
            if i >= rows {
                to.fill([bf16::ZERO; 2]);
                continue;
            }
            let from = src.wrapping_offset(i as isize * strides.row);
            if strides.col == 1 {
                // SAFETY: the row's elements are contiguous and readable, the caller's duty.
                let from = unsafe { std::slice::from_raw_parts(from, depth) };
                let (whole, rest) = from.as_chunks::<2>();
                to[..whole.len()].copy_from_slice(whole);
                if let (Some(to), [last]) = (to.last_mut(), rest) {
                    *to = [*last, bf16::ZERO];
                }
                continue;
            }
            for (step, pair) in to.iter_mut().enumerate() {
                let at = |p: usize| from.wrapping_offset(p as isize * strides.col);
                // SAFETY: an element of the row.
                let first = unsafe { element(at(2 * step), true) };
                // SAFETY: an element of the row if there is one.
                *pair = [first, unsafe { element(at(2 * step + 1), 2 * step + 1 < depth) }];
            }
        }
    }

    unsafe fn pack_b(src: *const bf16, strides: Strides, depth: usize, cols: usize, dst: *mut [bf16; 2]) {
        // SAFETY: the panel has rows of `NR` pairs, the caller's duty.
        let to = unsafe { std::slice::from_raw_parts_mut(dst, depth.div_ceil(2) * Self::NR) };
        for (step, row) in to.chunks_exact_mut(Self::NR).enumerate() {
            let from = src.wrapping_offset(2 * step as isize * strides.row);
            let pair = 2 * step + 1 < depth;
            if pair && strides.col == 1 && cols == Self::NR {
                // SAFETY: a whole row of the panel, the caller's duty.
                let first = unsafe { from.cast::<[bf16; Self::NR]>().read_unaligned() };
                let second = from.wrapping_offset(strides.row).cast::<[bf16; Self::NR]>();
                // SAFETY: the next row of the panel.
                let second = unsafe { second.read_unaligned() };
                for (to, pair) in row.iter_mut().zip(first.into_iter().zip(second)) {
                    *to = [pair.0, pair.1];
                }
                continue;
            }
            for (j, to) in row.iter_mut().enumerate() {
                let at = from.wrapping_offset(j as isize * strides.col);
                // SAFETY: an element of the panel if there is one.
                let first = unsafe { element(at, j < cols) };
                // SAFETY: an element of the panel if there is one.
                *to = [first, unsafe { element(at.wrapping_offset(strides.row), pair && j < cols) }];
            }
        }
    }

    fn tile() -> Tile<[bf16; 2], f32> {
        x86::pairs
    }
}
