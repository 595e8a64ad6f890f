//! Element types as Rust types, and every conversion between them.
//!
//! A conversion goes through the smallest *wide* type that holds each value of the source (f32, f64, i32, i64, u64,
//! c64 or c128), so a new element type needs one arm per wide type instead of one per pair. The rules are PyTorch's
//! on x86: floats truncate toward zero, integers wrap, complex numbers lose their imaginary part, and to bool means
//! "is not zero". A float out of an integer's range becomes what `cvttps2dq` answers (the minimum of the i32 or i64
//! it is converted through, then wrapped to the destination).

use npu_types::{Complex32, Complex64, DType, Scalar, bf16, f16};

/// One byte that is true unless zero; results are always 0 or 1.
#[derive(Clone, Copy, Debug, Default)]
#[repr(transparent)]
pub struct Bool(u8);

impl Bool {
    /// 0 or 1.
    #[inline(always)]
    pub fn new(value: bool) -> Bool {
        Bool(value as u8)
    }

    /// Whether the byte is not zero.
    #[inline(always)]
    pub fn get(self) -> bool {
        self.0 != 0
    }
}

impl PartialEq for Bool {
    #[inline(always)]
    fn eq(&self, other: &Bool) -> bool {
        self.get() == other.get()
    }
}

impl PartialOrd for Bool {
    #[inline(always)]
    fn partial_cmp(&self, other: &Bool) -> Option<std::cmp::Ordering> {
        self.get().partial_cmp(&other.get())
    }
}

/// A type that tensors are made of. Any bit pattern is a valid value.
pub trait Element: Copy + Default + PartialEq + Send + Sync + 'static {
    /// Its name.
    const DTYPE: DType;
    /// The smallest wide type that holds every value.
    type Wide: Wide;
    /// Exactly.
    fn widen(self) -> Self::Wide;
    /// Conversion from f32.
    fn from_f32(v: f32) -> Self;
    /// Conversion from f64.
    fn from_f64(v: f64) -> Self;
    /// Conversion from i32.
    fn from_i32(v: i32) -> Self;
    /// Conversion from i64.
    fn from_i64(v: i64) -> Self;
    /// Conversion from u64.
    fn from_u64(v: u64) -> Self;
    /// Conversion from c64.
    fn from_c64(v: Complex32) -> Self;
    /// Conversion from c128.
    fn from_c128(v: Complex64) -> Self;
}

/// A type that conversions go through.
pub trait Wide: Element {
    /// Converts to any element type.
    fn to<D: Element>(self) -> D;
}

/// Converts any element type to any other.
#[inline(always)]
pub fn cast<S: Element, D: Element>(value: S) -> D {
    value.widen().to::<D>()
}

/// A scalar as an element.
pub fn from_scalar<T: Element>(value: &Scalar) -> T {
    let from = value.dtype();
    if from.is_complex() {
        T::from_c128(value.to_c128())
    } else if from.is_float() {
        T::from_f64(value.to_f64())
    } else if from == DType::U64 {
        T::from_u64(value.to_i64() as u64)
    } else {
        T::from_i64(value.to_i64())
    }
}

/// What the `cvtt` instructions answer: the minimum for whatever does not fit. (`as` saturates instead, which the
/// compiler does not vectorise.)
macro_rules! truncate {
    ($($name:ident, $F:ty, $I:ty, $limit:literal);* $(;)?) => {$(
        #[inline(always)]
        fn $name(v: $F) -> $I {
            let fits = (-$limit..$limit).contains(&v);
            // SAFETY: a finite value whose integral part the type holds.
            let i: $I = unsafe { (if fits { v } else { 0.0 }).to_int_unchecked() };
            if fits { i } else { <$I>::MIN }
        }
    )*};
}

truncate! {
    f32_to_i32, f32, i32, 2_147_483_648.0;
    f64_to_i32, f64, i32, 2_147_483_648.0;
    f32_to_i64, f32, i64, 9_223_372_036_854_775_808.0;
    f64_to_i64, f64, i64, 9_223_372_036_854_775_808.0;
}

/// Negative values wrap, as through i64; values from 2^63 up are exact.
#[inline(always)]
fn f64_to_u64(v: f64) -> u64 {
    const HALF: f64 = 9_223_372_036_854_775_808.0;
    if v >= HALF { (f64_to_i64(v - HALF) as u64) ^ (1 << 63) } else { f64_to_i64(v) as u64 }
}

macro_rules! wide {
    ($($T:ty => $from:ident),*) => {$(
        impl Wide for $T {
            #[inline(always)]
            fn to<D: Element>(self) -> D {
                D::$from(self)
            }
        }
    )*};
}

wide!(f32 => from_f32, f64 => from_f64, i32 => from_i32, i64 => from_i64, u64 => from_u64,
    Complex32 => from_c64, Complex64 => from_c128);

macro_rules! integer {
    ($($T:ty, $name:ident, $W:ty, $f32:expr, $f64:expr);* $(;)?) => {$(
        impl Element for $T {
            const DTYPE: DType = DType::$name;
            type Wide = $W;
            #[inline(always)]
            fn widen(self) -> $W {
                self as $W
            }
            #[inline(always)]
            fn from_f32(v: f32) -> $T {
                $f32(v) as $T
            }
            #[inline(always)]
            fn from_f64(v: f64) -> $T {
                $f64(v) as $T
            }
            #[inline(always)]
            fn from_i32(v: i32) -> $T {
                v as $T
            }
            #[inline(always)]
            fn from_i64(v: i64) -> $T {
                v as $T
            }
            #[inline(always)]
            fn from_u64(v: u64) -> $T {
                v as $T
            }
            #[inline(always)]
            fn from_c64(v: Complex32) -> $T {
                $f32(v.re) as $T
            }
            #[inline(always)]
            fn from_c128(v: Complex64) -> $T {
                $f64(v.re) as $T
            }
        }
    )*};
}

integer! {
    i8, I8, i32, f32_to_i32, f64_to_i32;
    i16, I16, i32, f32_to_i32, f64_to_i32;
    i32, I32, i32, f32_to_i32, f64_to_i32;
    i64, I64, i64, f32_to_i64, f64_to_i64;
    u8, U8, i32, f32_to_i32, f64_to_i32;
    u16, U16, i32, f32_to_i32, f64_to_i32;
    u32, U32, i64, f32_to_i64, f64_to_i64;
    u64, U64, u64, |v| f64_to_u64(v as f64), f64_to_u64;
}

/// Floating types; the closures convert from f32 and f64.
macro_rules! float {
    ($($T:ty, $name:ident, $W:ty, $widen:expr, $f32:expr, $via:ty, $via_to:expr);* $(;)?) => {$(
        impl Element for $T {
            const DTYPE: DType = DType::$name;
            type Wide = $W;
            #[inline(always)]
            fn widen(self) -> $W {
                $widen(self)
            }
            #[inline(always)]
            fn from_f32(v: f32) -> $T {
                $f32(v)
            }
            #[inline(always)]
            fn from_f64(v: f64) -> $T {
                $via_to(v as $via)
            }
            #[inline(always)]
            fn from_i32(v: i32) -> $T {
                $via_to(v as $via)
            }
            #[inline(always)]
            fn from_i64(v: i64) -> $T {
                $via_to(v as $via)
            }
            #[inline(always)]
            fn from_u64(v: u64) -> $T {
                $via_to(v as $via)
            }
            #[inline(always)]
            fn from_c64(v: Complex32) -> $T {
                $f32(v.re)
            }
            #[inline(always)]
            fn from_c128(v: Complex64) -> $T {
                $via_to(v.re as $via)
            }
        }
    )*};
}

// Halves round twice from f64 and integers, through f32, as PyTorch's do.
float! {
    f32, F32, f32, |v| v, |v| v, f32, |v| v;
    f64, F64, f64, |v| v, |v| v as f64, f64, |v| v;
    f16, F16, f32, half_to_f32, half_from_f32, f32, half_from_f32;
    bf16, BF16, f32, bf16_to_f32, bf16_from_f32, f32, bf16_from_f32;
}

/// bf16 is the upper half of f32.
#[inline(always)]
fn bf16_to_f32(v: bf16) -> f32 {
    f32::from_bits((v.to_bits() as u32) << 16)
}

/// Nearest, ties to even; written without branches so that loops vectorise.
#[inline(always)]
fn bf16_from_f32(v: f32) -> bf16 {
    let bits = v.to_bits();
    let rounded = bits.wrapping_add(0x7fff + ((bits >> 16) & 1)) >> 16;
    let quiet = (bits >> 16) | 0x40;
    let nan = bits & 0x7fff_ffff > 0x7f80_0000;
    bf16::from_bits(if nan { quiet } else { rounded } as u16)
}

/// Multiplying by 2^112 moves the exponent, and makes denormals normal without a branch.
#[inline(always)]
fn half_to_f32(v: f16) -> f32 {
    let bits = v.to_bits() as u32;
    let sign = (bits & 0x8000) << 16;
    let rest = (bits & 0x7fff) << 13;
    let finite = (f32::from_bits(rest) * f32::from_bits((254 - 15) << 23)).to_bits();
    let special = rest | 0x7f80_0000 | (((bits & 0x3ff != 0) as u32) << 22);
    f32::from_bits(sign | if bits & 0x7c00 == 0x7c00 { special } else { finite })
}

/// Nearest, ties to even, without branches: denormal results are rounded by an addition that aligns them.
#[inline(always)]
fn half_from_f32(v: f32) -> f16 {
    let bits = v.to_bits();
    let sign = (bits >> 16) & 0x8000;
    let magnitude = bits & 0x7fff_ffff;
    let small = (f32::from_bits(magnitude) + 0.5).to_bits().wrapping_sub(0x3f00_0000);
    let normal = magnitude.wrapping_add(0xc800_0fff).wrapping_add((magnitude >> 13) & 1) >> 13;
    let nan = 0x7e00 | ((magnitude >> 13) & 0x3ff);
    let mut out = if magnitude < 0x3880_0000 { small } else { normal };
    out = if magnitude >= 0x477f_f000 { 0x7c00 } else { out };
    out = if magnitude > 0x7f80_0000 { nan } else { out };
    f16::from_bits((sign | out) as u16)
}

macro_rules! boolean_from {
    ($($from:ident, $T:ty, $zero:expr);* $(;)?) => {$(
        #[inline(always)]
        fn $from(v: $T) -> Bool {
            Bool::new(v != $zero)
        }
    )*};
}

impl Element for Bool {
    const DTYPE: DType = DType::Bool;
    type Wide = i32;
    #[inline(always)]
    fn widen(self) -> i32 {
        self.get() as i32
    }
    boolean_from! {
        from_f32, f32, 0.0;
        from_f64, f64, 0.0;
        from_i32, i32, 0;
        from_i64, i64, 0;
        from_u64, u64, 0;
        from_c64, Complex32, Complex32::new(0.0, 0.0);
        from_c128, Complex64, Complex64::new(0.0, 0.0);
    }
}

macro_rules! complex {
    ($($C:ty, $T:ty, $name:ident);* $(;)?) => {$(
        impl Element for $C {
            const DTYPE: DType = DType::$name;
            type Wide = $C;
            #[inline(always)]
            fn widen(self) -> $C {
                self
            }
            #[inline(always)]
            fn from_f32(v: f32) -> $C {
                <$C>::new(v as $T, 0.0)
            }
            #[inline(always)]
            fn from_f64(v: f64) -> $C {
                <$C>::new(v as $T, 0.0)
            }
            #[inline(always)]
            fn from_i32(v: i32) -> $C {
                <$C>::new(v as $T, 0.0)
            }
            #[inline(always)]
            fn from_i64(v: i64) -> $C {
                <$C>::new(v as $T, 0.0)
            }
            #[inline(always)]
            fn from_u64(v: u64) -> $C {
                <$C>::new(v as $T, 0.0)
            }
            #[inline(always)]
            fn from_c64(v: Complex32) -> $C {
                <$C>::new(v.re as $T, v.im as $T)
            }
            #[inline(always)]
            fn from_c128(v: Complex64) -> $C {
                <$C>::new(v.re as $T, v.im as $T)
            }
        }
    )*};
}

complex!(Complex32, f32, C64; Complex64, f64, C128);

/// Runs `$body` with `$T` naming the Rust type of `$dtype`, for the types of a class; other types yield `$other`.
///
/// Classes: `any` (all 15), `compute` (all but the halves), `wide` (what conversions go through), `float`
/// (f32, f64), `complex`, `floating` (float and complex), `int`, `real` (int, float), `ordered` (real and bool),
/// `number` (int, float, complex), `bits` (int, bool).
macro_rules! dispatch {
    (@arms $dtype:expr, $T:ident, $body:expr, $other:expr, [$($name:ident $type:ty),*]) => {
        match $dtype {
            $(npu_types::DType::$name => {
                type $T = $type;
                $body
            })*
            #[allow(unreachable_patterns, reason = "some classes cover every type")]
            _ => $other,
        }
    };
    (any $d:expr, $T:ident => $body:expr, else $other:expr) => {
        $crate::elem::dispatch!(@arms $d, $T, $body, $other, [F32 f32, F64 f64, F16 npu_types::f16,
            BF16 npu_types::bf16, I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16, U32 u32, U64 u64,
            Bool $crate::elem::Bool, C64 npu_types::Complex32, C128 npu_types::Complex64])
    };
    (compute $d:expr, $T:ident => $body:expr, else $other:expr) => {
        $crate::elem::dispatch!(@arms $d, $T, $body, $other, [F32 f32, F64 f64, I8 i8, I16 i16, I32 i32, I64 i64,
            U8 u8, U16 u16, U32 u32, U64 u64, Bool $crate::elem::Bool, C64 npu_types::Complex32,
            C128 npu_types::Complex64])
    };
    (wide $d:expr, $T:ident => $body:expr, else $other:expr) => {
        $crate::elem::dispatch!(@arms $d, $T, $body, $other, [F32 f32, F64 f64, I32 i32, I64 i64, U64 u64,
            C64 npu_types::Complex32, C128 npu_types::Complex64])
    };
    (float $d:expr, $T:ident => $body:expr, else $other:expr) => {
        $crate::elem::dispatch!(@arms $d, $T, $body, $other, [F32 f32, F64 f64])
    };
    (complex $d:expr, $T:ident => $body:expr, else $other:expr) => {
        $crate::elem::dispatch!(@arms $d, $T, $body, $other, [C64 npu_types::Complex32, C128 npu_types::Complex64])
    };
    (floating $d:expr, $T:ident => $body:expr, else $other:expr) => {
        $crate::elem::dispatch!(@arms $d, $T, $body, $other, [F32 f32, F64 f64, C64 npu_types::Complex32,
            C128 npu_types::Complex64])
    };
    (int $d:expr, $T:ident => $body:expr, else $other:expr) => {
        $crate::elem::dispatch!(@arms $d, $T, $body, $other, [I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16,
            U32 u32, U64 u64])
    };
    (bits $d:expr, $T:ident => $body:expr, else $other:expr) => {
        $crate::elem::dispatch!(@arms $d, $T, $body, $other, [I8 i8, I16 i16, I32 i32, I64 i64, U8 u8, U16 u16,
            U32 u32, U64 u64, Bool $crate::elem::Bool])
    };
    (real $d:expr, $T:ident => $body:expr, else $other:expr) => {
        $crate::elem::dispatch!(@arms $d, $T, $body, $other, [F32 f32, F64 f64, I8 i8, I16 i16, I32 i32, I64 i64,
            U8 u8, U16 u16, U32 u32, U64 u64])
    };
    (ordered $d:expr, $T:ident => $body:expr, else $other:expr) => {
        $crate::elem::dispatch!(@arms $d, $T, $body, $other, [F32 f32, F64 f64, I8 i8, I16 i16, I32 i32, I64 i64,
            U8 u8, U16 u16, U32 u32, U64 u64, Bool $crate::elem::Bool])
    };
    (number $d:expr, $T:ident => $body:expr, else $other:expr) => {
        $crate::elem::dispatch!(@arms $d, $T, $body, $other, [F32 f32, F64 f64, I8 i8, I16 i16, I32 i32, I64 i64,
            U8 u8, U16 u16, U32 u32, U64 u64, C64 npu_types::Complex32, C128 npu_types::Complex64])
    };
}
pub(crate) use dispatch;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_agree_with_the_half_crate() {
        for bits in 0..=u16::MAX {
            let (h, b) = (f16::from_bits(bits), bf16::from_bits(bits));
            assert_eq!(h.widen().to_bits(), h.to_f32().to_bits(), "{bits:x}");
            if !b.is_nan() {
                assert_eq!(b.widen().to_bits(), b.to_f32().to_bits(), "{bits:x}");
            }
        }
        let step = if cfg!(miri) { 0x0100_0193 } else { 0x3fd1 };
        for bits in (0..=u32::MAX).step_by(step) {
            let v = f32::from_bits(bits);
            if v.is_nan() {
                assert!(f16::from_f32(v).is_nan() && bf16::from_f32(v).is_nan());
                continue;
            }
            assert_eq!(
                <f16 as Element>::from_f32(v).to_bits(),
                half::f16::from_f32_const(v).to_bits(),
                "{v:e}"
            );
            assert_eq!(
                <bf16 as Element>::from_f32(v).to_bits(),
                half::bf16::from_f32_const(v).to_bits(),
                "{v:e}"
            );
        }
        // Ties and the borders between denormal, normal and infinite.
        for v in [2f32.powi(-25), 2f32.powi(-24) * 1.5, 65519.0, 65520.0, 6.103_515_6e-5, 6.1e-5, -0.0] {
            assert_eq!(
                <f16 as Element>::from_f32(v).to_bits(),
                half::f16::from_f32_const(v).to_bits(),
                "{v:e}"
            );
        }
    }

    #[test]
    fn conversions_follow_pytorch() {
        assert_eq!(cast::<f32, i8>(300.0), 44);
        assert_eq!(cast::<f32, u8>(-1.0), 255);
        assert_eq!(cast::<f32, i32>(3e9), i32::MIN);
        assert_eq!(cast::<f32, i32>(f32::NAN), i32::MIN);
        assert_eq!(cast::<f64, i64>(1e19), i64::MIN);
        assert_eq!(cast::<f64, u64>(1e19), 10_000_000_000_000_000_000);
        assert_eq!(cast::<f64, i32>(-2.9), -2);
        assert_eq!(cast::<i64, i8>(-129), 127);
        assert!(cast::<f32, Bool>(f32::NAN).get());
        assert!(cast::<Complex32, Bool>(Complex32::new(0.0, 1.0)).get());
        assert_eq!(cast::<Complex64, f32>(Complex64::new(2.5, 1.0)), 2.5);
        assert_eq!(cast::<u64, f32>(u64::MAX), 1.8446744e19);
        assert_eq!(from_scalar::<f32>(&Scalar::uint(DType::U64, u64::MAX)), 1.8446744e19);
        assert_eq!(cast::<Bool, f16>(Bool(7)), f16::from_f32(1.0));
    }
}
