//! Microkernels: one register tile of a product of packed panels.

use super::kind::Num;
use crate::isa::{Loop, LoopFn, pick};
use std::marker::PhantomData;

/// The panels of one tile. `a` holds `MR` rows of `steps` elements, `pitch` apart; `b` holds `steps` rows of `NR`
/// elements; `acc` receives `MR` rows of `NR` sums, `acc_pitch` apart, or has them `add`ed to what it holds.
pub(crate) struct Panels<P, A> {
    pub(crate) steps: usize,
    pub(crate) a: *const P,
    pub(crate) pitch: usize,
    pub(crate) b: *const P,
    pub(crate) acc: *mut A,
    pub(crate) acc_pitch: isize,
    pub(crate) add: bool,
}

/// Computes `acc = A · B` or `acc += A · B` for one tile. The panels have the sizes said above, `b` is 64-byte aligned.
pub(crate) type Tile<P, A> = LoopFn<Panels<P, A>>;

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
        for (i, mut sums) in sums.into_iter().enumerate() {
            let acc = args.acc.wrapping_offset(i as isize * args.acc_pitch).cast::<[A; NR]>();
            if args.add {
                // SAFETY: `acc` holds `MR` rows of `NR`, the caller's duty.
                let old = unsafe { acc.read() };
                for (s, old) in sums.iter_mut().zip(old) {
                    *s = old.add(*s);
                }
            }
            // SAFETY: `acc` has room for `MR` rows of `NR`, the caller's duty.
            unsafe { acc.write(sums) };
        }
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) mod x86 {
    //! Tiles held in vector registers throughout: f32 and f64 with FMA, pairs of bf16.

    use super::{Micro, Panels, Tile};
    use npu_types::bf16;
    use std::arch::x86_64::*;

    /// One tile: `load` a vector of `b`, `splat` an element of `a`, multiply and add; then `read` and `write` sums.
    macro_rules! tile {
        ($name:ident, $features:literal, $mr:literal x $vecs:literal x $lanes:literal, $packed:ty, $acc:ty,
         $zero:expr, |$b:ident| $load:expr, |$a:ident| $splat:expr, $fma:expr, $plus:ident, $read:ident, $write:ident) => {
            /// A tile held in vector registers throughout.
            pub(in super::super) struct $name;

            impl $name {
                pub(in super::super) const MR: usize = $mr;
                pub(in super::super) const NR: usize = $vecs * $lanes;

                /// # Safety
                /// As for [`Tile`]; the processor has the instructions.
                #[target_feature(enable = $features)]
                pub(in super::super) unsafe fn run(args: &Panels<$packed, $acc>) {
                    let &Panels { steps, a, pitch, b, acc, acc_pitch, add } = args;
                    for i in 0..$mr {
                        let row = acc.wrapping_offset(i as isize * acc_pitch).cast::<i8>();
                        // Rows may lie far apart: they arrive while the products are summed.
                        _mm_prefetch::<_MM_HINT_T0>(row);
                        _mm_prefetch::<_MM_HINT_T0>(row.wrapping_add($vecs * $lanes * size_of::<$acc>() - 1));
                    }
                    let mut sums = [[$zero; $vecs]; $mr];
                    let mut b = b;
                    for step in 0..steps {
                        let row: [_; $vecs] = std::array::from_fn(|j| {
                            let $b = b.wrapping_add(j * $lanes);
                            // SAFETY: row `step` of the panel has `NR` elements, the caller's duty.
                            unsafe { $load }
                        });
                        for (i, sums) in sums.iter_mut().enumerate() {
                            let $a = a.wrapping_add(i * pitch + step);
                            // SAFETY: row `i` of the panel has `steps` elements, the caller's duty.
                            let x = unsafe { $splat };
                            for (s, r) in sums.iter_mut().zip(&row) {
                                *s = $fma(x, *r, *s);
                            }
                        }
                        b = b.wrapping_add($vecs * $lanes);
                    }
                    for (i, sums) in sums.iter().enumerate() {
                        for (j, s) in sums.iter().enumerate() {
                            let at = acc.wrapping_offset(i as isize * acc_pitch).wrapping_add(j * $lanes);
                            let mut s = *s;
                            if add {
                                // SAFETY: `acc` holds `MR` rows of `NR`, the caller's duty.
                                s = $plus(unsafe { $read(at) }, s);
                            }
                            // SAFETY: `acc` has room for `MR` rows of `NR`, the caller's duty.
                            unsafe { $write(at, s) };
                        }
                    }
                }
            }
        };
    }

    macro_rules! micro {
        ($($name:ident, $t:ty);*) => {$(
            impl Micro<$t> for $name {
                const MR: usize = $name::MR;
                const NR: usize = $name::NR;

                fn tile() -> Tile<$t, $t> {
                    Self::run
                }
            }
        )*};
    }

    tile!(
        F32Avx512, "avx512f", 12 x 2 x 16, f32, f32, _mm512_setzero_ps(), |b| _mm512_load_ps(b),
        |a| _mm512_set1_ps(*a), _mm512_fmadd_ps, _mm512_add_ps, _mm512_loadu_ps, _mm512_storeu_ps
    );
    tile!(
        F64Avx512, "avx512f", 12 x 2 x 8, f64, f64, _mm512_setzero_pd(), |b| _mm512_load_pd(b),
        |a| _mm512_set1_pd(*a), _mm512_fmadd_pd, _mm512_add_pd, _mm512_loadu_pd, _mm512_storeu_pd
    );
    tile!(
        F32Avx2, "avx2,fma", 6 x 2 x 8, f32, f32, _mm256_setzero_ps(), |b| _mm256_load_ps(b),
        |a| _mm256_set1_ps(*a), _mm256_fmadd_ps, _mm256_add_ps, _mm256_loadu_ps, _mm256_storeu_ps
    );
    tile!(
        F64Avx2, "avx2,fma", 6 x 2 x 4, f64, f64, _mm256_setzero_pd(), |b| _mm256_load_pd(b),
        |a| _mm256_set1_pd(*a), _mm256_fmadd_pd, _mm256_add_pd, _mm256_loadu_pd, _mm256_storeu_pd
    );
    // Two elements of depth in each step, by instructions made for it.
    tile!(
        Pairs, "avx512f,avx512bf16", 12 x 2 x 16, [bf16; 2], f32, _mm512_setzero_ps(),
        |b| _mm512_load_si512(b.cast()), |a| _mm512_set1_epi32(a.cast::<i32>().read_unaligned()), dot,
        _mm512_add_ps, _mm512_loadu_ps, _mm512_storeu_ps
    );
    micro!(F32Avx512, f32; F64Avx512, f64; F32Avx2, f32; F64Avx2, f64);

    /// `sum + a · b` over pairs.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bf16")]
    pub(in super::super) fn dot(a: __m512i, b: __m512i, sum: __m512) -> __m512 {
        // SAFETY: both types are 64 bytes of anything.
        let a = unsafe { std::mem::transmute::<__m512i, __m512bh>(a) };
        // SAFETY: as above.
        let b = unsafe { std::mem::transmute::<__m512i, __m512bh>(b) };
        _mm512_dpbf16_ps(sum, a, b)
    }
}
