//! Microkernels: one register tile of a product of packed panels.

use super::kind::Num;

/// Computes `acc = A · B` for one tile. `a` holds `MR` rows of `steps` elements, `pitch` apart; `b` holds `steps`
/// rows of `NR` elements; `acc` receives `MR` rows of `NR`, row-major.
pub(super) trait Micro<A: Num>: 'static + Send + Sync {
    const MR: usize;
    const NR: usize;
    /// # Safety
    /// The panels and `acc` have the sizes said above, `b` and `acc` are 64-byte aligned, and the processor has the
    /// features of the implementation.
    unsafe fn tile(steps: usize, a: *const A, pitch: usize, b: *const A, acc: *mut A);
}

/// For any number and any processor; the compiler vectorises it as the baseline allows.
pub(super) struct Portable<const MR: usize, const NR: usize>;

impl<A: Num, const MR: usize, const NR: usize> Micro<A> for Portable<MR, NR> {
    const MR: usize = MR;
    const NR: usize = NR;

    unsafe fn tile(steps: usize, a: *const A, pitch: usize, b: *const A, acc: *mut A) {
        let mut sums = [[A::ZERO; NR]; MR];
        // SAFETY: `b` holds `steps` rows of `NR`, the caller's duty.
        let b = unsafe { std::slice::from_raw_parts(b.cast::<[A; NR]>(), steps) };
        for (step, row) in b.iter().enumerate() {
            for (i, sums) in sums.iter_mut().enumerate() {
                // SAFETY: row `i` of the panel has `steps` elements, the caller's duty.
                let x = unsafe { a.wrapping_add(i * pitch + step).read() };
                for (s, y) in sums.iter_mut().zip(row) {
                    *s = s.add(x.mul(*y));
                }
            }
        }
        // SAFETY: `acc` has room for `MR` rows of `NR`, the caller's duty.
        unsafe { acc.cast::<[[A; NR]; MR]>().write(sums) };
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) mod x86 {
    //! f32 and f64 tiles with FMA.

    use super::Micro;
    use std::arch::x86_64::*;

    macro_rules! tile {
        ($name:ident, $features:literal, $t:ty, $vec:ty, $lanes:literal, $mr:literal, $vecs:literal,
         $zero:ident, $load:ident, $splat:ident, $fma:ident, $store:ident) => {
            /// A tile held in vector registers throughout.
            pub(in super::super) struct $name;

            impl $name {
                #[target_feature(enable = $features)]
                unsafe fn inner(steps: usize, a: *const $t, pitch: usize, b: *const $t, acc: *mut $t) {
                    let mut sums: [[$vec; $vecs]; $mr] = [[$zero(); $vecs]; $mr];
                    let mut b = b;
                    for step in 0..steps {
                        let mut row = [$zero(); $vecs];
                        for (j, r) in row.iter_mut().enumerate() {
                            // SAFETY: row `step` of the panel has `NR` elements, the caller's duty.
                            *r = unsafe { $load(b.wrapping_add(j * $lanes)) };
                        }
                        for (i, sums) in sums.iter_mut().enumerate() {
                            // SAFETY: row `i` of the panel has `steps` elements, the caller's duty.
                            let x = $splat(unsafe { *a.wrapping_add(i * pitch + step) });
                            for (s, r) in sums.iter_mut().zip(&row) {
                                *s = $fma(x, *r, *s);
                            }
                        }
                        b = b.wrapping_add($vecs * $lanes);
                    }
                    for (i, sums) in sums.iter().enumerate() {
                        for (j, s) in sums.iter().enumerate() {
                            // SAFETY: `acc` has room for `MR` rows of `NR`, the caller's duty.
                            unsafe { $store(acc.wrapping_add((i * $vecs + j) * $lanes), *s) };
                        }
                    }
                }
            }

            impl Micro<$t> for $name {
                const MR: usize = $mr;
                const NR: usize = $vecs * $lanes;

                #[inline]
                unsafe fn tile(steps: usize, a: *const $t, pitch: usize, b: *const $t, acc: *mut $t) {
                    // SAFETY: the caller's duties are the same; this type is chosen only where the features exist.
                    unsafe { Self::inner(steps, a, pitch, b, acc) }
                }
            }
        };
    }

    tile!(
        F32Avx512,
        "avx512f",
        f32,
        __m512,
        16,
        12,
        2,
        _mm512_setzero_ps,
        _mm512_load_ps,
        _mm512_set1_ps,
        _mm512_fmadd_ps,
        _mm512_store_ps
    );
    tile!(
        F64Avx512,
        "avx512f",
        f64,
        __m512d,
        8,
        12,
        2,
        _mm512_setzero_pd,
        _mm512_load_pd,
        _mm512_set1_pd,
        _mm512_fmadd_pd,
        _mm512_store_pd
    );
    tile!(
        F32Avx2,
        "avx2,fma",
        f32,
        __m256,
        8,
        6,
        2,
        _mm256_setzero_ps,
        _mm256_load_ps,
        _mm256_set1_ps,
        _mm256_fmadd_ps,
        _mm256_store_ps
    );
    tile!(
        F64Avx2,
        "avx2,fma",
        f64,
        __m256d,
        4,
        6,
        2,
        _mm256_setzero_pd,
        _mm256_load_pd,
        _mm256_set1_pd,
        _mm256_fmadd_pd,
        _mm256_store_pd
    );
}
