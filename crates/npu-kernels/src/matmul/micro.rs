//! Microkernels: one register tile of a product of packed panels.

use super::kind::Num;
use crate::isa::{Loop, LoopFn, pick};
use std::marker::PhantomData;

/// The panels of one tile. `a` holds `MR` rows of `steps` elements, `pitch` apart; `b` holds `steps` rows of `NR`
/// elements; `acc` receives `MR` rows of `NR` sums, row-major.
pub(super) struct Panels<P, A> {
    pub(super) steps: usize,
    pub(super) a: *const P,
    pub(super) pitch: usize,
    pub(super) b: *const P,
    pub(super) acc: *mut A,
}

/// Computes `acc = A · B` for one tile. The panels have the sizes said above, `b` and `acc` are 64-byte aligned.
pub(super) type Tile<P, A> = LoopFn<Panels<P, A>>;

/// Tiles of one size.
pub(super) trait Micro<A: Num>: 'static + Send + Sync {
    const MR: usize;
    const NR: usize;
    /// Its code for this processor.
    fn tile() -> Tile<A, A>;
}

/// For any number and any processor; the compiler vectorises it.
pub(super) struct Portable<const MR: usize, const NR: usize>;

impl<A: Num, const MR: usize, const NR: usize> Micro<A> for Portable<MR, NR> {
    const MR: usize = MR;
    const NR: usize = NR;

    fn tile() -> Tile<A, A> {
        pick::<PortableTile<A, MR, NR>>()
    }
}

struct PortableTile<A, const MR: usize, const NR: usize>(PhantomData<A>);

impl<A: Num, const MR: usize, const NR: usize> Loop for PortableTile<A, MR, NR> {
    type Args = Panels<A, A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Panels<A, A>) {
        let mut sums = [[A::ZERO; NR]; MR];
        // SAFETY: `b` holds `steps` rows of `NR`, the caller's duty.
        let b = unsafe { std::slice::from_raw_parts(args.b.cast::<[A; NR]>(), args.steps) };
        for (step, row) in b.iter().enumerate() {
            for (i, sums) in sums.iter_mut().enumerate() {
                // SAFETY: row `i` of the panel has `steps` elements, the caller's duty.
                let x = unsafe { args.a.wrapping_add(i * args.pitch + step).read() };
                for (s, y) in sums.iter_mut().zip(row) {
                    *s = s.add(x.mul(*y));
                }
            }
        }
        // SAFETY: `acc` has room for `MR` rows of `NR`, the caller's duty.
        unsafe { args.acc.cast::<[[A; NR]; MR]>().write(sums) };
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) mod x86 {
    //! f32 and f64 tiles with FMA.

    use super::{Micro, Panels, Tile};
    use npu_types::bf16;
    use std::arch::x86_64::*;

    macro_rules! tile {
        ($name:ident, $features:literal, $t:ty, $vec:ty, $lanes:literal, $mr:literal, $vecs:literal,
         $zero:ident, $load:ident, $splat:ident, $fma:ident, $store:ident) => {
            /// A tile held in vector registers throughout.
            pub(in super::super) struct $name;

            impl $name {
                #[target_feature(enable = $features)]
                unsafe fn inner(&Panels { steps, a, pitch, b, acc }: &Panels<$t, $t>) {
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

                fn tile() -> Tile<$t, $t> {
                    Self::inner
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

    /// Rows of a tile of [`pairs`].
    pub(in super::super) const PAIRS_MR: usize = 12;
    /// Columns of a tile of [`pairs`].
    pub(in super::super) const PAIRS_NR: usize = 32;

    /// A tile of bf16 with two elements of depth in each step, by instructions made for it.
    ///
    /// # Safety
    /// As for [`Tile`]; the processor has AVX512-BF16.
    #[target_feature(enable = "avx512f,avx512bf16")]
    pub(in super::super) unsafe fn pairs(&Panels { steps, a, pitch, b, acc }: &Panels<[bf16; 2], f32>) {
        let mut sums = [[_mm512_setzero_ps(); 2]; PAIRS_MR];
        let mut b = b;
        for step in 0..steps {
            let mut row = [_mm512_setzero_si512(); 2];
            for (j, r) in row.iter_mut().enumerate() {
                // SAFETY: row `step` of the panel has `NR` pairs, the caller's duty.
                *r = unsafe { _mm512_load_si512(b.wrapping_add(j * 16).cast()) };
            }
            for (i, sums) in sums.iter_mut().enumerate() {
                // SAFETY: row `i` of the panel has `steps` pairs, the caller's duty.
                let pair = unsafe { a.wrapping_add(i * pitch + step).cast::<i32>().read_unaligned() };
                let x = _mm512_set1_epi32(pair);
                for (s, r) in sums.iter_mut().zip(&row) {
                    *s = dot(*s, x, *r);
                }
            }
            b = b.wrapping_add(PAIRS_NR);
        }
        for (i, sums) in sums.iter().enumerate() {
            for (j, s) in sums.iter().enumerate() {
                // SAFETY: `acc` has room for `MR` rows of `NR`, the caller's duty.
                unsafe { _mm512_store_ps(acc.wrapping_add(i * PAIRS_NR + j * 16), *s) };
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bf16")]
    fn dot(sum: __m512, a: __m512i, b: __m512i) -> __m512 {
        // SAFETY: both types are 64 bytes of anything.
        let a = unsafe { std::mem::transmute::<__m512i, __m512bh>(a) };
        // SAFETY: as above.
        let b = unsafe { std::mem::transmute::<__m512i, __m512bh>(b) };
        _mm512_dpbf16_ps(sum, a, b)
    }
}
