//! Panels that hold the type sums are kept in: any element type, any processor.

use super::Strides;
use super::engine::Kind;
use super::finish::widen_strided;
use super::kind::{Elem, Num};
use super::micro::{Micro, Tile};
use std::marker::PhantomData;

/// Panels hold the type that sums are kept in.
pub(super) struct Plain<E, M>(PhantomData<(E, M)>);

impl<E: Elem, M: Micro<E::Acc>> Kind for Plain<E, M> {
    type Elem = E;
    type Packed = E::Acc;
    const STEP: usize = 1;
    const MR: usize = M::MR;
    const NR: usize = M::NR;

    unsafe fn pack_a(
        src: *const E,
        strides: Strides,
        rows: usize,
        depth: usize,
        dst: *mut E::Acc,
        pitch: usize,
    ) {
        for i in 0..M::MR {
            // SAFETY: row `i` of the panel lies within `dst`, the caller's duty.
            let to = unsafe { std::slice::from_raw_parts_mut(dst.wrapping_add(i * pitch), depth) };
            if i < rows {
                // SAFETY: the row's elements are readable, the caller's duty.
                unsafe { widen_strided(src.wrapping_offset(i as isize * strides.row), strides.col, to) };
            } else {
                to.fill(E::Acc::ZERO);
            }
        }
    }

    unsafe fn pack_b(src: *const E, strides: Strides, depth: usize, cols: usize, dst: *mut E::Acc) {
        // SAFETY: the panel has `depth` rows of `NR`, the caller's duty.
        let to = unsafe { std::slice::from_raw_parts_mut(dst, depth * M::NR) };
        if cols < M::NR {
            to.fill(E::Acc::ZERO);
        }
        if strides.row == 1 && strides.col != 1 {
            let mut run = [E::Acc::ZERO; 64];
            for p in (0..depth).step_by(64) {
                let n = (depth - p).min(64);
                for j in 0..cols {
                    let from = src.wrapping_offset(p as isize + j as isize * strides.col);
                    // SAFETY: part of column `j`, readable by the caller's duty.
                    unsafe { widen_strided(from, 1, &mut run[..n]) };
                    for (row, v) in to[p * M::NR..].chunks_exact_mut(M::NR).zip(&run[..n]) {
                        row[j] = *v;
                    }
                }
            }
            return;
        }
        for (p, row) in to.chunks_exact_mut(M::NR).enumerate() {
            let from = src.wrapping_offset(p as isize * strides.row);
            // SAFETY: row `p` is readable, the caller's duty.
            unsafe { widen_strided(from, strides.col, &mut row[..cols]) };
        }
    }

    const SUMS_ARE_PACKED: bool = true;

    unsafe fn pack_sums(src: *const E::Acc, depth: usize, dst: *mut E::Acc) {
        // SAFETY: two rows of `depth` elements, the caller's duty.
        unsafe { std::ptr::copy(src, dst, depth) };
    }

    fn tile() -> Tile<E::Acc, E::Acc> {
        M::tile()
    }
}
