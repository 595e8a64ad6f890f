//! f32 and f64.

use super::{Arith, Float, Floating, Number, Ordered, Real, lanes};

macro_rules! float {
    ($($T:ident, $pow:expr);*) => {$(
        impl Arith for $T {
            #[inline(always)]
            fn add(self, other: $T) -> $T {
                self + other
            }
            #[inline(always)]
            fn mul(self, other: $T) -> $T {
                self * other
            }
            #[inline(always)]
            fn add_scaled<const FMA: bool>(self, other: $T, factor: $T) -> $T {
                if FMA { other.mul_add(factor, self) } else { self + other * factor }
            }
        }

        impl Number for $T {
            type Abs = $T;
            #[inline(always)]
            fn sub(self, other: $T) -> $T {
                self - other
            }
            #[inline(always)]
            fn sub_scaled<const FMA: bool>(self, other: $T, factor: $T) -> $T {
                self.add_scaled::<FMA>(other, -factor)
            }
            #[inline(always)]
            fn div(self, other: $T) -> $T {
                self / other
            }
            #[inline(always)]
            fn neg(self) -> $T {
                -self
            }
            #[inline(always)]
            fn abs(self) -> $T {
                $T::abs(self)
            }
            #[inline(always)]
            fn pow<const FMA: bool>(self, exponent: $T) -> $T {
                $pow(self, exponent)
            }
            #[inline(always)]
            fn sign(self) -> $T {
                (self > 0.0) as u8 as $T - (self < 0.0) as u8 as $T
            }
        }

        impl Ordered for $T {
            #[inline(always)]
            fn max(self, other: $T) -> $T {
                if self > other || $T::is_nan(self) { self } else { other }
            }
            #[inline(always)]
            fn min(self, other: $T) -> $T {
                if self < other || $T::is_nan(self) { self } else { other }
            }
        }

        impl Real for $T {
            #[inline(always)]
            fn div_trunc(self, other: $T) -> $T {
                (self / other).trunc()
            }
            #[inline(always)]
            fn div_floor(self, other: $T) -> $T {
                if other == 0.0 {
                    return self / other;
                }
                // Not floor(self / other): that quotient may have been rounded up to an integer.
                let rest = self % other;
                let mut quotient = (self - rest) / other;
                if rest != 0.0 && (other < 0.0) != (rest < 0.0) {
                    quotient -= 1.0;
                }
                if quotient == 0.0 {
                    return (0.0 as $T).copysign(self / other);
                }
                let floor = quotient.floor();
                if quotient - floor > 0.5 { floor + 1.0 } else { floor }
            }
            #[inline(always)]
            fn remainder(self, other: $T) -> $T {
                let rest = self % other;
                if rest != 0.0 && (other < 0.0) != (rest < 0.0) { rest + other } else { rest }
            }
            #[inline(always)]
            fn fmod(self, other: $T) -> $T {
                self % other
            }
            #[inline(always)]
            fn relu(self) -> $T {
                if self < 0.0 { 0.0 } else { self }
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                $T::is_finite(self)
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                $T::is_nan(self)
            }
        }
    )*};
}

float!(f32, |x, y| lanes::pow::<FMA>(x as f64, y as f64) as f32; f64, f64::powf);

/// One function after another, by way of f64.
macro_rules! through_f64 {
    ($T:ident; $($name:ident = $f:expr),* $(,)?) => {$(
        #[inline(always)]
        fn $name(self) -> $T {
            let f: fn(f64) -> f64 = $f;
            f(self as f64) as $T
        }
    )*};
}

/// As [`through_f64`], for functions that know whether multiply-add is fused.
macro_rules! through_f64_fma {
    ($T:ident; $($name:ident = $f:expr),* $(,)?) => {$(
        #[inline(always)]
        fn $name<const FMA: bool>(self) -> $T {
            $f(self as f64) as $T
        }
    )*};
}

macro_rules! common {
    ($T:ident) => {
        #[inline(always)]
        fn sqrt(self) -> $T {
            $T::sqrt(self)
        }
        #[inline(always)]
        fn rsqrt(self) -> $T {
            1.0 / $T::sqrt(self)
        }
        #[inline(always)]
        fn recip(self) -> $T {
            1.0 / self
        }
        through_f64!($T; asin = f64::asin, acos = f64::acos, atan = f64::atan, asinh = libm::asinh,
            acosh = libm::acosh, atanh = libm::atanh);
    };
}

macro_rules! rounding {
    ($T:ident) => {
        #[inline(always)]
        fn atan2(self, other: $T) -> $T {
            f64::atan2(self as f64, other as f64) as $T
        }
        #[inline(always)]
        fn ceil(self) -> $T {
            $T::ceil(self)
        }
        #[inline(always)]
        fn floor(self) -> $T {
            $T::floor(self)
        }
        #[inline(always)]
        fn round(self) -> $T {
            $T::round_ties_even(self)
        }
        #[inline(always)]
        fn trunc(self) -> $T {
            $T::trunc(self)
        }
    };
}

impl Floating for f64 {
    common!(f64);
    through_f64_fma!(f64; exp = f64::exp, ln = f64::ln, sin = f64::sin, cos = f64::cos, tan = f64::tan,
        sinh = f64::sinh, cosh = f64::cosh, tanh = f64::tanh, log2 = f64::log2, log10 = f64::log10,
        expm1 = f64::exp_m1, log1p = f64::ln_1p, sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp()),
        silu = |x: f64| x / (1.0 + (-x).exp()));
}

impl Float for f64 {
    rounding!(f64);
    through_f64_fma!(f64; erf = libm::erf, erfc = libm::erfc,
        gelu = |x: f64| 0.5 * x * (1.0 + libm::erf(x * std::f64::consts::FRAC_1_SQRT_2)),
        gelu_tanh = |x: f64| 0.5 * x * (1.0 + (0.797_884_560_802_865_4 * (x + 0.044715 * x * x * x)).tanh()));
}

impl Floating for f32 {
    common!(f32);
    through_f64_fma!(f32; ln = lanes::ln::<FMA>, sin = lanes::sin::<FMA>, cos = lanes::cos::<FMA>,
        tan = lanes::tan::<FMA>, sinh = lanes::sinh::<FMA>, cosh = lanes::cosh::<FMA>, tanh = lanes::tanh::<FMA>,
        log2 = lanes::log2::<FMA>, log10 = lanes::log10::<FMA>, expm1 = lanes::expm1::<FMA>,
        log1p = lanes::log1p::<FMA>);
    #[inline(always)]
    fn exp<const FMA: bool>(self) -> f32 {
        lanes::fast_exp::<FMA>(self)
    }
    #[inline(always)]
    fn sigmoid<const FMA: bool>(self) -> f32 {
        lanes::fast_sigmoid::<FMA>(self)
    }
    #[inline(always)]
    fn silu<const FMA: bool>(self) -> f32 {
        lanes::fast_silu::<FMA>(self)
    }
    #[inline(always)]
    fn is_huge_angle(self) -> bool {
        self.abs() >= lanes::HUGE_ANGLE
    }
    #[inline(always)]
    fn through_library(self, f: fn(f64) -> f64) -> f32 {
        f(self as f64) as f32
    }
}

impl Float for f32 {
    rounding!(f32);
    through_f64_fma!(f32; erf = lanes::erf::<FMA>, erfc = libm::erfc);
    #[inline(always)]
    fn gelu<const FMA: bool>(self) -> f32 {
        lanes::fast_gelu::<FMA>(self)
    }
    #[inline(always)]
    fn gelu_tanh<const FMA: bool>(self) -> f32 {
        lanes::fast_gelu_tanh::<FMA>(self)
    }
}
