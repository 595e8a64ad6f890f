//! The copy engine, on addresses that are already translated and checked.

use npu_types::Parallel;
use std::ptr;

mod near;
mod stream;

pub use near::{NEAR, near};

/// From here on copies bypass the caches and use several threads: the data would not stay in any cache anyway.
const LARGE: usize = 32 << 20;
/// Bytes a thread takes at a time.
const CHUNK: usize = 4 << 20;

/// Whether a copy of so many rows and bytes is made by one thread.
#[inline]
pub fn is_small(width: usize, height: usize) -> bool {
    width.saturating_mul(height) < LARGE
}

/// Copies `len` bytes; the ranges may overlap.
///
/// # Safety
/// `src` is readable and `dst` writable for `len` bytes, and nothing else accesses them meanwhile in a conflicting way.
#[inline]
pub unsafe fn copy(dst: *mut u8, src: *const u8, len: usize, parallel: &dyn Parallel) {
    let apart = dst.addr().abs_diff(src.addr()) >= len;
    if len < LARGE || !apart {
        // SAFETY: the caller's; overlap is allowed here.
        unsafe { ptr::copy(src, dst, len) };
        return;
    }
    let (to, from) = (dst.expose_provenance(), src.expose_provenance());
    parallel.run(len.div_ceil(CHUNK), &|i| {
        let at = i * CHUNK;
        let dst = ptr::with_exposed_provenance_mut(to + at);
        let src = ptr::with_exposed_provenance(from + at);
        // SAFETY: the caller's, for the part of both ranges that is this chunk; the ranges do not overlap.
        unsafe { stream::copy(dst, src, CHUNK.min(len - at)) };
    });
}

/// Copies `height` rows of `width` bytes; each row begins a pitch behind the one before it.
///
/// # Safety
/// As for [`copy`], for every row: `(height - 1) * pitch + width` bytes on each side.
#[inline]
pub unsafe fn copy_2d(
    (dst, dst_pitch): (*mut u8, usize),
    (src, src_pitch): (*const u8, usize),
    width: usize,
    height: usize,
    parallel: &dyn Parallel,
) {
    if width == dst_pitch && width == src_pitch {
        // SAFETY: the caller's; the rows are one range.
        unsafe { copy(dst, src, width * height, parallel) };
        return;
    }
    for row in 0..height {
        // The offsets are computed without the pointers' knowledge: one row's end may be where the allocation ends.
        let to = dst.wrapping_add(row * dst_pitch);
        let from = src.wrapping_add(row * src_pitch);
        // SAFETY: the caller's, for this row.
        unsafe { copy(to, from, width, parallel) };
    }
}

/// Sets `len` bytes to `value`.
///
/// # Safety
/// `dst` is writable for `len` bytes, and nothing else accesses them meanwhile.
pub unsafe fn set(dst: *mut u8, value: u8, len: usize, parallel: &dyn Parallel) {
    if len < LARGE {
        // SAFETY: the caller's.
        unsafe { ptr::write_bytes(dst, value, len) };
        return;
    }
    let to = dst.expose_provenance();
    parallel.run(len.div_ceil(CHUNK), &|i| {
        let at = i * CHUNK;
        let dst: *mut u8 = ptr::with_exposed_provenance_mut(to + at);
        // SAFETY: the caller's, for the part that is this chunk.
        unsafe { ptr::write_bytes(dst, value, CHUNK.min(len - at)) };
    });
}

/// Sets `count` 32-bit words to `value`.
///
/// # Safety
/// `dst` is aligned to 4 bytes and writable for `count` words, and nothing else accesses them meanwhile.
pub unsafe fn set_words(dst: *mut u8, value: u32, count: usize, parallel: &dyn Parallel) {
    let to = dst.expose_provenance();
    let fill = |first: usize, count: usize| {
        let dst: *mut u32 = ptr::with_exposed_provenance_mut(to + 4 * first);
        // SAFETY: the caller's, for the part that is this chunk.
        let words =
            unsafe { std::slice::from_raw_parts_mut(dst.cast::<std::mem::MaybeUninit<u32>>(), count) };
        words.fill(std::mem::MaybeUninit::new(value));
    };
    if 4 * count < LARGE {
        return fill(0, count);
    }
    let each = CHUNK / 4;
    parallel.run(count.div_ceil(each), &|i| fill(i * each, each.min(count - i * each)));
}

#[cfg(test)]
mod tests;
