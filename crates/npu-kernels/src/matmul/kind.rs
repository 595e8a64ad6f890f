//! The element types of a matrix product: what lies in memory, what panels hold, what sums are kept in.

use crate::elem::Element;
use crate::halves;
use npu_types::{Scalar, bf16, f16};
use num_complex::Complex;
use std::mem::MaybeUninit;

/// Numbers that sums are kept in. Integers wrap.
pub(crate) trait Num: Copy + Send + Sync + 'static {
    const ZERO: Self;
    const ONE: Self;
    fn add(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn is_one(self) -> bool;
    fn from_scalar(s: Scalar) -> Self;
}

/// How elements become summands and results; `Elem` is the type in memory.
pub(crate) trait Elem: Copy + Send + Sync + 'static {
    type Acc: Num;
    /// Partial sums may be kept in the output itself.
    const EXACT: bool;
    fn wide(self) -> Self::Acc;
    fn narrow(acc: Self::Acc) -> Self;
    /// Widens a contiguous run.
    #[inline(always)]
    fn widen_run(src: &[Self], dst: &mut [Self::Acc]) {
        for (d, s) in dst.iter_mut().zip(src) {
            *d = s.wide();
        }
    }
    /// Narrows a contiguous run.
    #[inline(always)]
    fn narrow_run(src: &[Self::Acc], dst: &mut [Self]) {
        for (d, s) in dst.iter_mut().zip(src) {
            *d = Self::narrow(*s);
        }
    }
}

macro_rules! float {
    ($($t:ty),*) => {$(
        impl Num for $t {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            #[inline(always)]
            fn add(self, other: Self) -> Self { self + other }
            #[inline(always)]
            fn mul(self, other: Self) -> Self { self * other }
            fn is_one(self) -> bool { self == 1.0 }
            fn from_scalar(s: Scalar) -> Self { s.to_f64() as $t }
        }
        impl Num for Complex<$t> {
            const ZERO: Self = Complex { re: 0.0, im: 0.0 };
            const ONE: Self = Complex { re: 1.0, im: 0.0 };
            #[inline(always)]
            fn add(self, other: Self) -> Self { self + other }
            #[inline(always)]
            fn mul(self, other: Self) -> Self { self * other }
            fn is_one(self) -> bool { self == Self::ONE }
            fn from_scalar(s: Scalar) -> Self {
                let c = s.to_c128();
                Complex::new(c.re as $t, c.im as $t)
            }
        }
        same!($t, Complex<$t>);
    )*};
}

macro_rules! integer {
    ($($t:ty),*) => {$(
        impl Num for $t {
            const ZERO: Self = 0;
            const ONE: Self = 1;
            #[inline(always)]
            fn add(self, other: Self) -> Self { self.wrapping_add(other) }
            #[inline(always)]
            fn mul(self, other: Self) -> Self { self.wrapping_mul(other) }
            fn is_one(self) -> bool { self == 1 }
            fn from_scalar(s: Scalar) -> Self { s.to_i64() as $t }
        }
        same!($t);
    )*};
}

macro_rules! same {
    ($($t:ty),*) => {$(
        impl Elem for $t {
            type Acc = $t;
            const EXACT: bool = true;
            #[inline(always)]
            fn wide(self) -> $t { self }
            #[inline(always)]
            fn narrow(acc: $t) -> $t { acc }
            #[inline(always)]
            fn widen_run(src: &[$t], dst: &mut [$t]) { dst.copy_from_slice(src) }
            #[inline(always)]
            fn narrow_run(src: &[$t], dst: &mut [$t]) { dst.copy_from_slice(src) }
        }
    )*};
}

macro_rules! half {
    ($($t:ty, |$src:ident, $dst:ident| $widen:expr, $narrow:expr);* $(;)?) => {$(
        impl Elem for $t {
            type Acc = f32;
            const EXACT: bool = false;
            #[inline(always)]
            fn wide(self) -> f32 { Element::widen(self) }
            #[inline(always)]
            fn narrow(acc: f32) -> $t { <$t as Element>::from_f32(acc) }
            #[inline(always)]
            fn widen_run($src: &[$t], $dst: &mut [f32]) {
                let done = $widen;
                for (d, s) in $dst[done..].iter_mut().zip(&$src[done..]) {
                    *d = s.wide();
                }
            }
            #[inline(always)]
            fn narrow_run($src: &[f32], $dst: &mut [$t]) {
                let done = $narrow;
                for (d, s) in $dst[done..].iter_mut().zip(&$src[done..]) {
                    *d = <$t as Elem>::narrow(*s);
                }
            }
        }
    )*};
}

float!(f32, f64);
integer!(i8, i16, i32, i64, u8, u16, u32, u64);
half! {
    f16, |src, dst| halves::widen(src, as_uninit(dst)), halves::narrow(src, dst);
    bf16, |src, dst| 0, 0;
}

fn as_uninit(slice: &mut [f32]) -> &mut [MaybeUninit<f32>] {
    // SAFETY: initialised elements may be seen as ones that need not be, as long as only numbers are written.
    unsafe { std::slice::from_raw_parts_mut(slice.as_mut_ptr().cast(), slice.len()) }
}
