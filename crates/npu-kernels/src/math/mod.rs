//! What the element types can compute, as safe functions on one element that loops inline and vectorise.
//!
//! Classes nest: [`Arith`] (all types that computations happen in) ⊃ [`Number`] (no bool) ⊃ [`Real`] (no complex), and
//! [`Floating`] (f32, f64, c64, c128) ⊃ [`Float`] (f32, f64). `FMA` says that a fused multiply-add is one instruction.

mod complex;
mod float;
mod int;
mod lanes;

use crate::elem::Element;

/// Addition and multiplication; on bool these are *or* and *and*.
pub(crate) trait Arith: Element {
    fn add(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// self + other · factor.
    fn add_scaled<const FMA: bool>(self, other: Self, factor: Self) -> Self;
}

/// Numbers. Integers wrap.
pub(crate) trait Number: Arith {
    /// What `abs` answers: the real type of a complex one.
    type Abs: Element;
    fn sub(self, other: Self) -> Self;
    /// self - other · factor.
    fn sub_scaled<const FMA: bool>(self, other: Self, factor: Self) -> Self;
    /// Integers truncate; by zero they yield 0.
    fn div(self, other: Self) -> Self;
    fn neg(self) -> Self;
    fn abs(self) -> Self::Abs;
    /// Of an integer to a negative power: 0, except for bases 1 and -1, as PyTorch.
    fn pow<const FMA: bool>(self, exponent: Self) -> Self;
    /// Complex: self / |self|.
    fn sign(self) -> Self;
}

/// Types with an order; NaN wins in `max` and `min`.
pub(crate) trait Ordered: Element + PartialOrd {
    fn max(self, other: Self) -> Self;
    fn min(self, other: Self) -> Self;
}

/// Real numbers. Division of integers by zero yields 0, of the minimum by -1 the minimum.
pub(crate) trait Real: Number + Ordered {
    fn div_trunc(self, other: Self) -> Self;
    fn div_floor(self, other: Self) -> Self;
    /// The remainder with the divisor's sign; 0 for an integer divided by zero.
    fn remainder(self, other: Self) -> Self;
    /// The remainder with the dividend's sign; 0 for an integer divided by zero.
    fn fmod(self, other: Self) -> Self;
    fn relu(self) -> Self;
    fn is_finite(self) -> bool;
    fn is_nan(self) -> bool;
}

/// Bit patterns.
pub(crate) trait Bits: Element {
    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    fn not(self) -> Self;
}

/// Functions of real and complex analysis.
pub(crate) trait Floating: Number {
    fn exp<const FMA: bool>(self) -> Self;
    fn ln<const FMA: bool>(self) -> Self;
    fn sqrt(self) -> Self;
    fn rsqrt(self) -> Self;
    fn recip(self) -> Self;
    fn sin<const FMA: bool>(self) -> Self;
    fn cos<const FMA: bool>(self) -> Self;
    fn tan<const FMA: bool>(self) -> Self;
    fn sinh<const FMA: bool>(self) -> Self;
    fn cosh<const FMA: bool>(self) -> Self;
    fn tanh<const FMA: bool>(self) -> Self;
    fn asin(self) -> Self;
    fn acos(self) -> Self;
    fn atan(self) -> Self;
    fn asinh(self) -> Self;
    fn acosh(self) -> Self;
    fn atanh(self) -> Self;
    fn sigmoid<const FMA: bool>(self) -> Self;
    fn silu<const FMA: bool>(self) -> Self;
    fn log2<const FMA: bool>(self) -> Self;
    fn log10<const FMA: bool>(self) -> Self;
    fn expm1<const FMA: bool>(self) -> Self;
    fn log1p<const FMA: bool>(self) -> Self;
    /// Whether `sin`, `cos` and `tan` should be left to [`Floating::through_library`].
    #[inline(always)]
    fn is_huge_angle(self) -> bool {
        false
    }
    /// Applies one of the C library's functions to a real number.
    #[inline(always)]
    fn through_library(self, _f: fn(f64) -> f64) -> Self {
        self
    }
}

/// Functions of real analysis.
pub(crate) trait Float: Floating + Real {
    fn atan2(self, other: Self) -> Self;
    fn erf<const FMA: bool>(self) -> Self;
    fn erfc<const FMA: bool>(self) -> Self;
    fn gelu<const FMA: bool>(self) -> Self;
    fn gelu_tanh<const FMA: bool>(self) -> Self;
    fn ceil(self) -> Self;
    fn floor(self) -> Self;
    /// self + weight · (end - self), exact at both ends.
    #[inline(always)]
    fn lerp<const FMA: bool>(self, end: Self, weight: Self) -> Self {
        let way = end.sub(self);
        let near = weight < Self::from_f64(0.5) && weight > Self::from_f64(-0.5);
        if near {
            self.add_scaled::<FMA>(way, weight)
        } else {
            end.sub_scaled::<FMA>(way, Self::from_f64(1.0).sub(weight))
        }
    }
    /// Derivative of `silu`.
    #[inline(always)]
    fn silu_slope<const FMA: bool>(self) -> Self {
        let (one, s) = (Self::from_f64(1.0), self.sigmoid::<FMA>());
        s.mul(one.add(self.mul(one.sub(s))))
    }
    /// Derivative of `gelu`: the distribution function plus x times the density.
    #[inline(always)]
    fn gelu_slope<const FMA: bool>(self) -> Self {
        let half = Self::from_f64(0.5);
        let share =
            half.add(half.mul(self.mul(Self::from_f64(std::f64::consts::FRAC_1_SQRT_2)).erf::<FMA>()));
        let density =
            self.mul(self).mul(half).neg().exp::<FMA>().mul(Self::from_f64(0.398_942_280_401_432_7));
        share.add(self.mul(density))
    }
    /// Derivative of `gelu_tanh`.
    #[inline(always)]
    fn gelu_tanh_slope<const FMA: bool>(self) -> Self {
        const BETA: f64 = 0.797_884_560_802_865_4;
        const KAPPA: f64 = 0.044_715;
        let (one, half, square) = (Self::from_f64(1.0), Self::from_f64(0.5), self.mul(self));
        let inner = self.mul(Self::from_f64(BETA)).mul(one.add(square.mul(Self::from_f64(KAPPA))));
        let t = inner.tanh::<FMA>();
        let slope = Self::from_f64(BETA).mul(one.add(square.mul(Self::from_f64(3.0 * KAPPA))));
        half.mul(one.add(t)).add(half.mul(self).mul(one.sub(t.mul(t))).mul(slope))
    }
    /// Half to even.
    fn round(self) -> Self;
    fn trunc(self) -> Self;
}
