//! Copies that bypass the caches.

use std::ptr;

/// Copies `len` bytes with stores that do not fetch the lines they overwrite.
///
/// # Safety
/// `src` is readable and `dst` writable for `len` bytes, and the ranges do not overlap.
pub(super) unsafe fn copy(dst: *mut u8, src: *const u8, len: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512f") {
            // SAFETY: the caller's, and the feature was detected.
            return unsafe { x86::avx512(dst, src, len) };
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the caller's, and the feature was detected.
            return unsafe { x86::avx2(dst, src, len) };
        }
    }
    // SAFETY: the caller's.
    unsafe { ptr::copy_nonoverlapping(src, dst, len) };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::{arch::x86_64::*, ptr};

    const LINE: usize = 64;
    const PAGE: usize = 4096;
    /// Pages read side by side: several streams keep more of the memory's banks busy than one.
    const STREAMS: usize = 4;

    /// Copies up to the first whole line of `dst` plainly and says how many bytes that were.
    unsafe fn head(dst: *mut u8, src: *const u8, len: usize) -> usize {
        let head = dst.align_offset(LINE).min(len);
        // SAFETY: the caller's, for a prefix.
        unsafe { ptr::copy_nonoverlapping(src, dst, head) };
        head
    }

    macro_rules! streaming {
        ($name:ident, $feature:literal, $vector:ty, $load:ident, $store:ident) => {
            /// # Safety
            #[doc = concat!("As for the parent's `copy`, on a processor with ", $feature, ".")]
            #[target_feature(enable = $feature)]
            pub(super) unsafe fn $name(dst: *mut u8, src: *const u8, len: usize) {
                const STEP: usize = size_of::<$vector>();
                // SAFETY: the caller's.
                let mut at = unsafe { head(dst, src, len) };
                let move_line = |at: usize| {
                    for part in 0..LINE / STEP {
                        // SAFETY: inside the source, at most `len` from its start.
                        let from = unsafe { src.add(at + part * STEP) };
                        // SAFETY: inside the target, and aligned: `at` is where a line of it begins.
                        let to = unsafe { dst.add(at + part * STEP) };
                        // SAFETY: readable, any alignment.
                        let value = unsafe { $load(from.cast()) };
                        // SAFETY: writable and aligned.
                        unsafe { $store(to.cast(), value) };
                    }
                };
                while len - at >= STREAMS * PAGE {
                    for line in (0..PAGE).step_by(LINE) {
                        for stream in 0..STREAMS {
                            move_line(at + stream * PAGE + line);
                        }
                    }
                    at += STREAMS * PAGE;
                }
                while len - at >= LINE {
                    move_line(at);
                    at += LINE;
                }
                _mm_sfence();
                // SAFETY: what is left of both ranges.
                let (to, from) = unsafe { (dst.add(at), src.add(at)) };
                // SAFETY: the caller's, for the rest.
                unsafe { ptr::copy_nonoverlapping(from, to, len - at) };
            }
        };
    }

    streaming!(avx512, "avx512f", __m512i, _mm512_loadu_si512, _mm512_stream_si512);
    streaming!(avx2, "avx2", __m256i, _mm256_loadu_si256, _mm256_stream_si256);
}
