//! Packing with 512-bit vectors: panels of 32-bit lanes, from f32, halves widened to f32, or pairs of bf16.
//!
//! Whichever direction is contiguous in memory is loaded sixteen lanes at a time; where panels run across it, blocks of
//! sixteen by sixteen lanes are turned in registers.

use super::Strides;
use super::engine::Kind;
use super::kind::Elem;
use super::micro::Tile;
use super::micro::x86::{F32Avx512, Pairs, dot};
use crate::isa::{INTEL, Isa, allowed, made_by};
use npu_types::{bf16, f16};
use std::arch::x86_64::*;
use std::marker::PhantomData;

/// Lanes of a vector.
pub(super) const LANES: usize = 16;
const MR: usize = F32Avx512::MR;
const NR: usize = F32Avx512::NR;
const _: () = assert!(MR == Pairs::MR && NR == Pairs::NR && MR <= LANES && NR == 2 * LANES);

/// How elements become lanes.
pub(super) trait Source: Send + Sync + 'static {
    /// In memory.
    type Elem: Elem<Acc = f32>;
    /// A lane, of four bytes.
    type Lane: Copy + Send + Sync;
    /// Elements of depth in a lane.
    const STEP: usize;

    /// Lanes of `n` (at most `16 · STEP`) elements that follow each other in depth and in memory; others are zero.
    ///
    /// # Safety
    /// The elements are readable; the processor is [`able`].
    unsafe fn along(src: *const Self::Elem, n: usize) -> __m512i;

    /// Lanes of `n` (at most 16) elements beside each other, contiguous in memory; others are zero. Their successors
    /// in depth are `next` further, and zero without.
    ///
    /// # Safety
    /// As for [`Source::along`].
    unsafe fn across(src: *const Self::Elem, n: usize, next: Option<isize>) -> __m512i;

    /// One lane: an element and its successor in depth, if it has one.
    ///
    /// # Safety
    /// The elements are readable.
    unsafe fn lane(src: *const Self::Elem, next: Option<isize>) -> Self::Lane;

    /// Makes `n` sums into lanes.
    ///
    /// # Safety
    /// `src` has `n` elements, `dst` room for as many lanes as that takes; the processor is [`able`].
    unsafe fn sums(src: *const f32, n: usize, dst: *mut Self::Lane);

    /// `sum + a * b`, lane by lane.
    ///
    /// # Safety
    /// The processor is [`able`], and also [`pairs_able`] if `STEP` is 2.
    unsafe fn multiply(a: __m512i, b: __m512i, sum: __m512) -> __m512;

    /// The code for one tile.
    fn tile() -> Tile<Self::Lane, f32>;
}

/// Whether the processor has the instructions of this file.
pub(super) fn able() -> bool {
    allowed(Isa::V4)
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
}

/// Whether it also has those for pairs of bf16.
pub(super) fn pairs_able() -> bool {
    able() && is_x86_feature_detected!("avx512bf16")
}

/// Whether it also multiplies pairs faster than it multiplies them widened. Intel's do a pair in the time of four
/// multiplications: their fast way to multiply bf16 is AMX.
pub(super) fn pairs_fast() -> bool {
    pairs_able() && made_by() != INTEL
}

/// The lowest `n` of 16 bits.
#[inline(always)]
fn first(n: usize) -> __mmask16 {
    if n >= LANES { !0 } else { (1 << n) - 1 }
}

/// # Safety
/// `n` elements of two bytes are readable; the processor is [`able`].
#[inline(always)]
unsafe fn halves<E>(src: *const E, n: usize) -> __m256i {
    // SAFETY: the masked elements are readable, the caller's duty.
    unsafe { _mm256_maskz_loadu_epi16(first(n), src.cast()) }
}

/// Sources of one element of depth to a lane.
macro_rules! widened {
    ($($t:ty, |$src:ident, $n:ident| $load:expr);*) => {$(
        impl Source for $t {
            type Elem = $t;
            type Lane = f32;
            const STEP: usize = 1;

            #[inline(always)]
            unsafe fn along($src: *const $t, $n: usize) -> __m512i {
                // SAFETY: the elements are readable and the processor able, the caller's duty.
                unsafe { $load }
            }

            #[inline(always)]
            unsafe fn across(src: *const $t, n: usize, _: Option<isize>) -> __m512i {
                // SAFETY: the caller's duty.
                unsafe { Self::along(src, n) }
            }

            #[inline(always)]
            unsafe fn lane(src: *const $t, _: Option<isize>) -> f32 {
                // SAFETY: the caller's duty.
                unsafe { src.read() }.wide()
            }

            unsafe fn sums(src: *const f32, n: usize, dst: *mut f32) {
                // SAFETY: two rows of `n` lanes, the caller's duty.
                unsafe { std::ptr::copy(src, dst, n) };
            }

            #[inline(always)]
            unsafe fn multiply(a: __m512i, b: __m512i, sum: __m512) -> __m512 {
                // SAFETY: the caller's duty.
                unsafe { fused(a, b, sum) }
            }

            fn tile() -> Tile<f32, f32> {
                F32Avx512::run
            }
        }
    )*};
}

widened! {
    f32, |src, n| _mm512_maskz_loadu_epi32(first(n), src.cast());
    f16, |src, n| _mm512_castps_si512(_mm512_cvtph_ps(halves(src, n)));
    bf16, |src, n| _mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(halves(src, n)))
}

impl Source for Pairs {
    type Elem = bf16;
    type Lane = [bf16; 2];
    const STEP: usize = 2;

    #[inline(always)]
    unsafe fn along(src: *const bf16, n: usize) -> __m512i {
        let mask = if n >= 2 * LANES { !0 } else { (1 << n) - 1 };
        // SAFETY: the masked elements are readable, the caller's duty.
        unsafe { _mm512_maskz_loadu_epi16(mask, src.cast()) }
    }

    #[inline(always)]
    unsafe fn across(src: *const bf16, n: usize, next: Option<isize>) -> __m512i {
        // SAFETY: the caller's duty.
        let low = unsafe { halves(src, n) };
        // SAFETY: the caller's duty.
        let high =
            unsafe { halves(src.wrapping_offset(next.unwrap_or(0)), if next.is_some() { n } else { 0 }) };
        // SAFETY: the processor is able, the caller's duty.
        unsafe { paired(low, high) }
    }

    #[inline(always)]
    unsafe fn lane(src: *const bf16, next: Option<isize>) -> [bf16; 2] {
        // SAFETY: the caller's duty.
        let low = unsafe { src.read() };
        // SAFETY: the caller's duty.
        [low, next.map_or(bf16::ZERO, |next| unsafe { src.wrapping_offset(next).read() })]
    }

    unsafe fn sums(src: *const f32, n: usize, dst: *mut [bf16; 2]) {
        // SAFETY: the caller's duty; this source is chosen for processors with the instructions.
        unsafe { round(src, n, dst.cast()) };
    }

    #[inline(always)]
    unsafe fn multiply(a: __m512i, b: __m512i, sum: __m512) -> __m512 {
        // SAFETY: the caller's duty.
        unsafe { dot(a, b, sum) }
    }

    fn tile() -> Tile<[bf16; 2], f32> {
        Pairs::run
    }
}

/// Rounds `n` numbers to bf16; an odd one out is followed by a zero.
///
/// # Safety
/// `src` has `n` elements, `dst` room for as many, and one more if `n` is odd; the processor is [`pairs_able`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512bf16")]
unsafe fn round(src: *const f32, n: usize, dst: *mut bf16) {
    for at in (0..n).step_by(LANES) {
        // SAFETY: the masked elements are readable, the caller's duty.
        let wide = unsafe { _mm512_maskz_loadu_ps(first(n - at), src.wrapping_add(at)) };
        let narrow = _mm512_cvtneps_pbh(wide);
        // SAFETY: both types are 32 bytes of anything.
        let narrow = unsafe { std::mem::transmute::<__m256bh, __m256i>(narrow) };
        let mask = first((n - at).next_multiple_of(2));
        // SAFETY: room for the masked elements, the caller's duty.
        unsafe { _mm256_mask_storeu_epi16(dst.wrapping_add(at).cast(), mask, narrow) };
    }
}

/// `sum + a · b`.
#[inline]
#[target_feature(enable = "avx512f")]
fn fused(a: __m512i, b: __m512i, sum: __m512) -> __m512 {
    _mm512_fmadd_ps(_mm512_castsi512_ps(a), _mm512_castsi512_ps(b), sum)
}

/// Lanes of two halves.
#[inline]
#[target_feature(enable = "avx512f")]
fn paired(low: __m256i, high: __m256i) -> __m512i {
    let high = _mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(high));
    _mm512_or_si512(_mm512_cvtepu16_epi32(low), high)
}

/// Turns sixteen by sixteen lanes.
#[inline]
#[target_feature(enable = "avx512f")]
fn turn(v: &mut [__m512i; LANES]) {
    let mut w = [_mm512_setzero_si512(); LANES];
    for i in 0..8 {
        w[2 * i] = _mm512_unpacklo_epi32(v[2 * i], v[2 * i + 1]);
        w[2 * i + 1] = _mm512_unpackhi_epi32(v[2 * i], v[2 * i + 1]);
    }
    for i in 0..4 {
        for j in 0..2 {
            v[4 * i + 2 * j] = _mm512_unpacklo_epi64(w[4 * i + j], w[4 * i + j + 2]);
            v[4 * i + 2 * j + 1] = _mm512_unpackhi_epi64(w[4 * i + j], w[4 * i + j + 2]);
        }
    }
    // Now `v[4 * i + j]` holds, of rows `4 * i ..`, column `j` of each 128-bit part.
    for j in 0..4 {
        w[j] = _mm512_shuffle_i32x4::<0x88>(v[j], v[4 + j]);
        w[4 + j] = _mm512_shuffle_i32x4::<0xdd>(v[j], v[4 + j]);
        w[8 + j] = _mm512_shuffle_i32x4::<0x88>(v[8 + j], v[12 + j]);
        w[12 + j] = _mm512_shuffle_i32x4::<0xdd>(v[8 + j], v[12 + j]);
    }
    for j in 0..8 {
        v[j] = _mm512_shuffle_i32x4::<0x88>(w[j], w[8 + j]);
        v[8 + j] = _mm512_shuffle_i32x4::<0xdd>(w[j], w[8 + j]);
    }
}

/// Panels of lanes, for processors that are [`able`].
pub(super) struct Lanes<S>(PhantomData<S>);

impl<S: Source> Lanes<S> {
    /// Where the successor in depth of element `p` is, if it has one.
    #[inline(always)]
    fn next(p: usize, depth: usize, stride: isize) -> Option<isize> {
        (p + 1 < depth).then_some(stride)
    }

    /// # Safety
    /// As for [`Kind::pack_a`] with panels of `TALL` rows, at most 16, of which sixteen steps are `further` from those
    /// before them; the processor is [`able`].
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    pub(super) unsafe fn rows<const TALL: usize>(
        src: *const S::Elem,
        strides: Strides,
        rows: usize,
        depth: usize,
        dst: *mut S::Lane,
        pitch: usize,
        further: usize,
    ) {
        let steps = depth.div_ceil(S::STEP);
        let turned = strides.row == 1 && strides.col != 1;
        for step in (0..steps).step_by(LANES) {
            // Rows that are whole vectors apart are filled up with zeros.
            let mask = if pitch.is_multiple_of(LANES) { !0 } else { first(steps - step) };
            let p = step * S::STEP;
            let mut block = [_mm512_setzero_si512(); LANES];
            if turned {
                for (s, v) in block.iter_mut().enumerate().take(steps - step) {
                    let p = p + s * S::STEP;
                    let from = src.wrapping_offset(p as isize * strides.col);
                    // SAFETY: column `p` of the rows is readable, and the next one if it exists.
                    *v = unsafe { S::across(from, rows, Self::next(p, depth, strides.col)) };
                }
                turn(&mut block);
            } else if strides.col == 1 {
                for (i, v) in block.iter_mut().enumerate().take(rows) {
                    let from = src.wrapping_offset(i as isize * strides.row + p as isize);
                    // SAFETY: a part of row `i`.
                    *v = unsafe { S::along(from, (depth - p).min(LANES * S::STEP)) };
                }
            }
            for (i, v) in block.iter().enumerate().take(TALL) {
                let to = dst.wrapping_add(i * pitch + step / LANES * further).cast();
                // SAFETY: the masked part of row `i` of the panel, which has room for `steps` lanes, rounded up to the pitch.
                unsafe { _mm512_mask_storeu_epi32(to, mask, *v) };
            }
        }
        if turned || strides.col == 1 {
            return;
        }
        for (i, step) in (0..rows).flat_map(|i| (0..steps).map(move |step| (i, step))) {
            let p = step * S::STEP;
            let from = src.wrapping_offset(strides.at(i, p));
            // SAFETY: an element of row `i`, and its successor if it exists.
            let lane = unsafe { S::lane(from, Self::next(p, depth, strides.col)) };
            // SAFETY: within the panel.
            unsafe { dst.wrapping_add(i * pitch + step / LANES * further + step % LANES).write(lane) };
        }
    }

    /// # Safety
    /// As for [`Kind::pack_b`] with panels of `steps` steps, less than 16 more than the depth takes; the processor is
    /// [`able`].
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    pub(super) unsafe fn columns(
        src: *const S::Elem,
        strides: Strides,
        depth: usize,
        cols: usize,
        steps: usize,
        dst: *mut S::Lane,
    ) {
        if strides.row == 1 && strides.col != 1 {
            for (step, half) in (0..steps).step_by(LANES).flat_map(|s| [(s, 0), (s, LANES)]) {
                let p = step * S::STEP;
                let mut block = [_mm512_setzero_si512(); LANES];
                for (j, v) in block.iter_mut().enumerate().take(cols.saturating_sub(half)) {
                    let from = src.wrapping_offset(p as isize + (half + j) as isize * strides.col);
                    // The same of the next panel: these are more columns than the processor's own foresight follows.
                    _mm_prefetch::<_MM_HINT_T1>(from.wrapping_offset(NR as isize * strides.col).cast());
                    // SAFETY: a part of column `half + j`.
                    *v = unsafe { S::along(from, (depth - p).min(LANES * S::STEP)) };
                }
                turn(&mut block);
                for (s, v) in block.iter().enumerate().take(steps - step) {
                    let to = dst.wrapping_add((step + s) * NR + half).cast();
                    // SAFETY: half of row `step + s` of the panel.
                    unsafe { _mm512_storeu_si512(to, *v) };
                }
            }
            return;
        }
        for step in 0..steps {
            let p = step * S::STEP;
            let from = src.wrapping_offset(p as isize * strides.row);
            let cols = if p < depth { cols } else { 0 };
            let next = Self::next(p, depth, strides.row);
            let to = dst.wrapping_add(step * NR);
            if strides.col == 1 {
                for half in [0, LANES] {
                    // SAFETY: a part of row `p`, and of the next one if it exists.
                    let v = unsafe { S::across(from.wrapping_add(half), cols.saturating_sub(half), next) };
                    // SAFETY: half of a row of the panel.
                    unsafe { _mm512_storeu_si512(to.wrapping_add(half).cast(), v) };
                }
                continue;
            }
            let zeros = _mm512_setzero_si512();
            for half in [0, LANES] {
                // SAFETY: half of a row of the panel.
                unsafe { _mm512_storeu_si512(to.wrapping_add(half).cast(), zeros) };
            }
            for j in 0..cols {
                // SAFETY: an element of column `j`, and its successor if it exists.
                let lane = unsafe { S::lane(from.wrapping_offset(j as isize * strides.col), next) };
                // SAFETY: within the panel.
                unsafe { to.wrapping_add(j).write(lane) };
            }
        }
    }
}

impl<S: Source> Kind for Lanes<S> {
    type Elem = S::Elem;
    type Packed = S::Lane;
    const STEP: usize = S::STEP;
    const MR: usize = MR;
    const NR: usize = NR;

    unsafe fn pack_a(
        src: *const S::Elem,
        strides: Strides,
        rows: usize,
        depth: usize,
        dst: *mut S::Lane,
        pitch: usize,
    ) {
        // SAFETY: the caller's duties; this kind is chosen for processors that are able.
        unsafe { Self::rows::<MR>(src, strides, rows, depth, dst, pitch, LANES) }
    }

    unsafe fn pack_b(src: *const S::Elem, strides: Strides, depth: usize, cols: usize, dst: *mut S::Lane) {
        // SAFETY: as above.
        unsafe { Self::columns(src, strides, depth, cols, Self::steps(depth), dst) }
    }

    const SUMS_ARE_PACKED: bool = S::STEP == 1;

    unsafe fn pack_sums(src: *const f32, depth: usize, dst: *mut S::Lane) {
        // SAFETY: the caller's duties; this kind is chosen for processors that are able.
        unsafe { S::sums(src, depth, dst) }
    }

    fn tile() -> Tile<S::Lane, f32> {
        S::tile()
    }
}
