//! Half precision with the machine's conversion instructions where there are any.

use super::loops::{Map2, Span, each2};
use crate::elem::Element;
use crate::isa::{Isa, Loop, LoopFn, isa, pick};
use npu_types::{bf16, f16};
use std::marker::PhantomData;

/// Elements converted at a time.
const LANES: usize = 16;

/// A half type, converted in groups. `F16C` says that the machine converts f16 itself.
pub(crate) trait Half: Element<Wide = f32> {
    /// Whether groups are better than leaving plain integer arithmetic to the vectoriser.
    const GROUPS: bool;
    fn widen_all<const F16C: bool>(from: &[Self; LANES]) -> [f32; LANES];
    fn narrow_all<const F16C: bool>(from: [f32; LANES]) -> [Self; LANES];
}

impl Half for bf16 {
    const GROUPS: bool = false;
    #[inline(always)]
    fn widen_all<const F16C: bool>(from: &[bf16; LANES]) -> [f32; LANES] {
        from.map(Element::widen)
    }
    #[inline(always)]
    fn narrow_all<const F16C: bool>(from: [f32; LANES]) -> [bf16; LANES] {
        from.map(Element::from_f32)
    }
}

impl Half for f16 {
    const GROUPS: bool = true;
    #[inline(always)]
    fn widen_all<const F16C: bool>(from: &[f16; LANES]) -> [f32; LANES] {
        #[cfg(all(target_arch = "x86_64", not(miri)))]
        if F16C {
            use std::arch::x86_64::{__m128i, __m256, _mm256_cvtph_ps};
            // SAFETY: 32 bytes either way; any bits are valid.
            let halves: [__m128i; 2] = unsafe { std::mem::transmute(*from) };
            // SAFETY: F16C is there.
            let out: [__m256; 2] = halves.map(|h| unsafe { _mm256_cvtph_ps(h) });
            // SAFETY: 64 bytes either way; any bits are valid.
            return unsafe { std::mem::transmute::<[__m256; 2], [f32; LANES]>(out) };
        }
        from.map(Element::widen)
    }
    #[inline(always)]
    fn narrow_all<const F16C: bool>(from: [f32; LANES]) -> [f16; LANES] {
        #[cfg(all(target_arch = "x86_64", not(miri)))]
        if F16C {
            use std::arch::x86_64::{__m128i, __m256, _MM_FROUND_TO_NEAREST_INT, _mm256_cvtps_ph};
            // SAFETY: 64 bytes either way; any bits are valid.
            let floats: [__m256; 2] = unsafe { std::mem::transmute(from) };
            // SAFETY: F16C is there.
            let out = floats.map(|f| unsafe { _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(f) });
            // SAFETY: 32 bytes either way; any bits are valid.
            return unsafe { std::mem::transmute::<[__m128i; 2], [f16; LANES]>(out) };
        }
        from.map(Element::from_f32)
    }
}

/// Copies up to a group into a whole one.
#[inline(always)]
fn group<T: Element>(from: &[T]) -> [T; LANES] {
    let mut out = [T::default(); LANES];
    out[..from.len()].copy_from_slice(from);
    out
}

struct Widen;

impl Loop for Widen {
    type Args = Span;
    #[inline(always)]
    unsafe fn run<const FMA: bool>(s: &Span) {
        // SAFETY: promised by the caller.
        let (out, tail) = unsafe { s.out::<f32>() }.as_chunks_mut::<LANES>();
        // SAFETY: promised by the caller.
        let (a, rest) = unsafe { s.input::<f16>(0) }.as_chunks::<LANES>();
        for (o, a) in out.iter_mut().zip(a) {
            *o = f16::widen_all::<FMA>(a);
        }
        tail.copy_from_slice(&f16::widen_all::<FMA>(&group(rest))[..rest.len()]);
    }
}

/// With 512-bit conversions or without.
struct Narrow<const WIDE: bool>;

impl<const WIDE: bool> Loop for Narrow<WIDE> {
    type Args = Span;
    #[inline(always)]
    unsafe fn run<const FMA: bool>(s: &Span) {
        // SAFETY: promised by the caller.
        let (out, tail) = unsafe { s.out::<f16>() }.as_chunks_mut::<LANES>();
        // SAFETY: promised by the caller.
        let (a, rest) = unsafe { s.input::<f32>(0) }.as_chunks::<LANES>();
        for (o, a) in out.iter_mut().zip(a) {
            *o = if WIDE { narrow_wide(*a) } else { f16::narrow_all::<FMA>(*a) };
        }
        tail.copy_from_slice(&f16::narrow_all::<FMA>(group(rest))[..rest.len()]);
    }
}

/// f16 to f32.
#[inline]
pub(super) fn widen() -> LoopFn<Span> {
    pick::<Widen>()
}

/// f32 to f16.
#[inline]
pub(super) fn narrow() -> LoopFn<Span> {
    if isa() == Isa::V4 { pick::<Narrow<true>>() } else { pick::<Narrow<false>>() }
}

/// A group at once, for AVX-512.
#[inline(always)]
fn narrow_wide(from: [f32; LANES]) -> [f16; LANES] {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        use std::arch::x86_64::{__m256i, __m512, _MM_FROUND_TO_NEAREST_INT, _mm512_cvtps_ph};
        // SAFETY: 64 bytes either way; any bits are valid.
        let floats: __m512 = unsafe { std::mem::transmute(from) };
        // SAFETY: only machines with AVX-512 choose this loop.
        let out = unsafe { _mm512_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(floats) };
        // SAFETY: 32 bytes either way; any bits are valid.
        unsafe { std::mem::transmute::<__m256i, [f16; LANES]>(out) }
    }
    #[cfg(any(not(target_arch = "x86_64"), miri))]
    from.map(Element::from_f32)
}

/// Loads halves, computes in f32 and stores halves without a buffer between.
struct Fused<F, H>(PhantomData<(F, H)>);

impl<H: Half, F: Map2<f32, Out = f32>> Loop for Fused<F, H> {
    type Args = Span;
    #[inline(always)]
    unsafe fn run<const FMA: bool>(s: &Span) {
        // SAFETY: promised by the caller.
        let out = unsafe { s.out::<H>() };
        // SAFETY: promised by the caller.
        let a = unsafe { s.input::<H>(0) };
        // SAFETY: promised by the caller.
        let b = unsafe { s.input::<H>(1) };
        // SAFETY: the third input is the parameter, one element.
        let param = unsafe { s.ins[2].cast::<f32>().read() };
        if !H::GROUPS {
            return each2(out, a, b, |a, b| H::from_f32(F::map::<FMA>(a.widen(), b.widen(), param)));
        }
        let (out, tail) = out.as_chunks_mut::<LANES>();
        let (a, a_rest) = a.as_chunks::<LANES>();
        let (b, b_rest) = b.as_chunks::<LANES>();
        let step = |a: &[H; LANES], b: &[H; LANES]| {
            let (a, b) = (H::widen_all::<FMA>(a), H::widen_all::<FMA>(b));
            H::narrow_all::<FMA>(std::array::from_fn(|i| F::map::<FMA>(a[i], b[i], param)))
        };
        for ((o, a), b) in out.iter_mut().zip(a).zip(b) {
            *o = step(a, b);
        }
        if !tail.is_empty() {
            tail.copy_from_slice(&step(&group(a_rest), &group(b_rest))[..tail.len()]);
        }
    }
}

/// The loop for `F` in f32 over halves `H`.
#[inline]
pub(crate) fn fused<F: Map2<f32, Out = f32>, H: Half>() -> LoopFn<Span> {
    pick::<Fused<F, H>>()
}
