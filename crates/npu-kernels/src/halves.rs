//! f16 and f32 with the processor's own conversions.

use crate::isa::{Isa, isa};
use npu_types::f16;

/// Whether the functions below use instructions made for it.
#[inline]
pub(crate) fn hardware() -> bool {
    cfg!(target_arch = "x86_64") && isa() != Isa::Base
}

/// Widens as many leading elements as whole vectors hold; answers how many.
#[inline]
pub(crate) fn widen(src: &[f16], dst: &mut [std::mem::MaybeUninit<f32>]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if hardware() {
        // SAFETY: the processor has F16C.
        return unsafe { x86::widen(src, dst) };
    }
    let _ = (src, dst);
    0
}

/// Narrows as many leading elements as whole vectors hold; answers how many.
#[inline]
pub(crate) fn narrow(src: &[f32], dst: &mut [f16]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if hardware() {
        // SAFETY: the processor has F16C.
        return unsafe { x86::narrow(src, dst) };
    }
    let _ = (src, dst);
    0
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use npu_types::f16;
    use std::arch::x86_64::*;
    use std::mem::MaybeUninit;

    #[target_feature(enable = "avx,f16c")]
    pub(super) fn widen(src: &[f16], dst: &mut [MaybeUninit<f32>]) -> usize {
        let (src, _) = src.as_chunks::<8>();
        let (dst, _) = dst.as_chunks_mut::<8>();
        for (d, s) in dst.iter_mut().zip(src) {
            // SAFETY: eight elements of two bytes.
            let half = unsafe { _mm_loadu_si128(s.as_ptr().cast()) };
            let wide = _mm256_cvtph_ps(half);
            // SAFETY: room for eight elements.
            unsafe { _mm256_storeu_ps(d.as_mut_ptr().cast(), wide) };
        }
        src.len().min(dst.len()) * 8
    }

    #[target_feature(enable = "avx,f16c")]
    pub(super) fn narrow(src: &[f32], dst: &mut [f16]) -> usize {
        let (src, _) = src.as_chunks::<8>();
        let (dst, _) = dst.as_chunks_mut::<8>();
        for (d, s) in dst.iter_mut().zip(src) {
            // SAFETY: eight elements.
            let wide = unsafe { _mm256_loadu_ps(s.as_ptr()) };
            let half = _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(wide);
            // SAFETY: room for eight elements of two bytes.
            unsafe { _mm_storeu_si128(d.as_mut_ptr().cast(), half) };
        }
        src.len().min(dst.len()) * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elem::Element;

    #[test]
    fn agree_with_the_element_conversions() {
        let halves: Vec<f16> = (0..=u16::MAX).map(f16::from_bits).collect();
        let mut wide = vec![std::mem::MaybeUninit::new(0f32); halves.len()];
        let n = widen(&halves, &mut wide);
        assert!(n == halves.len() || n == 0);
        for (h, w) in halves[..n].iter().zip(&wide) {
            // SAFETY: initialised with zeros.
            let w = unsafe { w.assume_init() };
            assert!(w.to_bits() == h.widen().to_bits() || w.is_nan() && h.is_nan(), "{h:?}");
        }
        let floats: Vec<f32> =
            (0..1 << 16).map(|i: u32| f32::from_bits(i.wrapping_mul(0x0001_0193))).collect();
        let mut back = vec![f16::default(); floats.len()];
        let n = narrow(&floats, &mut back);
        for (f, b) in floats[..n].iter().zip(&back) {
            let want = <f16 as Element>::from_f32(*f);
            assert!(b.to_bits() == want.to_bits() || b.is_nan() && f.is_nan(), "{f:e}");
        }
    }
}
