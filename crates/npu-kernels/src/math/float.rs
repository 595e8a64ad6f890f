//! f32 and f64.

use super::{Arith, Float, Floating, Number, Ordered, Real};

macro_rules! float {
    ($($T:ident),*) => {$(
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
                $T::powf(self, exponent)
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

float!(f32, f64);

/// Functions without a vector form: computed one by one, in f64 so that f32 results are correctly rounded but for ties.
macro_rules! library {
    ($T:ident; $($name:ident = $f:expr),* $(,)?) => {$(
        #[inline(always)]
        fn $name(self) -> $T {
            let f: fn(f64) -> f64 = $f;
            f(self as f64) as $T
        }
    )*};
}

/// As [`library`], for those that have a vector form for some type.
macro_rules! library_fma {
    ($T:ident; $($name:ident = $f:expr),* $(,)?) => {$(
        #[inline(always)]
        fn $name<const FMA: bool>(self) -> $T {
            let f: fn(f64) -> f64 = $f;
            f(self as f64) as $T
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
        library!($T; asin = f64::asin, acos = f64::acos, atan = f64::atan, asinh = libm::asinh, acosh = libm::acosh,
            atanh = libm::atanh);
    };
}

macro_rules! rounding {
    ($T:ident) => {
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

macro_rules! slow {
    ($($T:ident),*) => {$(
impl Floating for $T {
    common!($T);
    library_fma!($T; exp = f64::exp, ln = f64::ln, sin = f64::sin, cos = f64::cos, tan = f64::tan, sinh = f64::sinh,
        cosh = f64::cosh, tanh = f64::tanh, log2 = f64::log2, log10 = f64::log10, expm1 = f64::exp_m1,
        log1p = f64::ln_1p, sigmoid = |x| 1.0 / (1.0 + (-x).exp()), silu = |x| x / (1.0 + (-x).exp()));
}

impl Float for $T {
    #[inline(always)]
    fn atan2(self, other: $T) -> $T {
        f64::atan2(self as f64, other as f64) as $T
    }
    library_fma!($T; erf = libm::erf, erfc = libm::erfc,
        gelu = |x| 0.5 * x * (1.0 + libm::erf(x * std::f64::consts::FRAC_1_SQRT_2)),
        gelu_tanh = |x| 0.5 * x * (1.0 + (0.797_884_560_802_865_4 * (x + 0.044715 * x * x * x)).tanh()));
    rounding!($T);
}
    )*};
}
slow!(f32, f64);
