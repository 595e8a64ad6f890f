//! Copies that fit in the caches of one core.

use std::ptr;

/// Up to this size a copy is made here.
pub const NEAR: usize = 256 << 10;
/// Below this size a call of the C library costs less than finding out how to do better.
const FEW: usize = 512;

/// Copies `len` bytes, at most [`NEAR`]; the ranges may overlap.
///
/// # Safety
/// `src` is readable and `dst` writable for `len` bytes, and nothing else accesses them meanwhile in a conflicting way.
#[inline]
pub unsafe fn near(dst: *mut u8, src: *const u8, len: usize) {
    #[cfg(target_arch = "x86_64")]
    if len >= FEW && dst.addr().abs_diff(src.addr()) >= len {
        if std::arch::is_x86_feature_detected!("avx512f") {
            // SAFETY: the caller's, the ranges are apart, and the feature was detected.
            return unsafe { x86::avx512(dst, src, len) };
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: as above.
            return unsafe { x86::avx2(dst, src, len) };
        }
    }
    // SAFETY: the caller's; overlap is allowed here.
    unsafe { ptr::copy(src, dst, len) };
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    macro_rules! by_vectors {
        ($name:ident, $feature:literal, $vector:ty, $load:ident, $store:ident) => {
            /// Copies four vectors a turn to where the target's lines begin, and both ends by themselves.
            ///
            /// # Safety
            #[doc = concat!("As for `near`, on a processor with ", $feature, ".")]
            /// The ranges are apart and at least four vectors long.
            #[target_feature(enable = $feature)]
            pub(super) unsafe fn $name(dst: *mut u8, src: *const u8, len: usize) {
                const STEP: usize = size_of::<$vector>();
                const TURN: usize = 4 * STEP;
                let load = |at: usize| {
                    // SAFETY: `at + STEP` is at most `len`.
                    let from = unsafe { src.add(at) };
                    // SAFETY: readable, any alignment.
                    unsafe { $load(from.cast()) }
                };
                let store = |at: usize, value: $vector| {
                    // SAFETY: `at + STEP` is at most `len`.
                    let to = unsafe { dst.add(at) };
                    // SAFETY: writable, any alignment.
                    unsafe { $store(to.cast(), value) };
                };
                store(0, load(0));
                // Stores that cross a line cost twice.
                let mut at = STEP - (dst.addr() & (STEP - 1));
                while at + TURN <= len {
                    let values = [load(at), load(at + STEP), load(at + 2 * STEP), load(at + 3 * STEP)];
                    for (i, value) in values.into_iter().enumerate() {
                        store(at + i * STEP, value);
                    }
                    at += TURN;
                }
                while at + STEP <= len {
                    store(at, load(at));
                    at += STEP;
                }
                store(len - STEP, load(len - STEP));
            }
        };
    }

    by_vectors!(avx512, "avx512f", __m512i, _mm512_loadu_si512, _mm512_storeu_si512);
    by_vectors!(avx2, "avx2", __m256i, _mm256_loadu_si256, _mm256_storeu_si256);
}
