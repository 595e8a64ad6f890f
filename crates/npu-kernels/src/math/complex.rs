//! c64 and c128.

use super::{Arith, Floating, Number};
use crate::elem::{Element, Wide};
use npu_types::{Complex32, Complex64};

macro_rules! complex {
    ($($C:ident, $T:ident);*) => {$(
        impl Arith for $C {
            #[inline(always)]
            fn add(self, other: $C) -> $C {
                self + other
            }
            #[inline(always)]
            fn mul(self, other: $C) -> $C {
                self * other
            }
            #[inline(always)]
            fn add_scaled<const FMA: bool>(self, other: $C, factor: $C) -> $C {
                self + other * factor
            }
        }

        impl Number for $C {
            type Abs = $T;
            #[inline(always)]
            fn sub(self, other: $C) -> $C {
                self - other
            }
            #[inline(always)]
            fn sub_scaled<const FMA: bool>(self, other: $C, factor: $C) -> $C {
                self - other * factor
            }
            /// Scaled by the larger part of the divisor, so that nothing overflows on the way.
            #[inline(always)]
            fn div(self, other: $C) -> $C {
                let (re, im) = (other.re.abs(), other.im.abs());
                if re >= im {
                    if re == 0.0 && im == 0.0 {
                        return $C::new(self.re / re, self.im / im);
                    }
                    let ratio = other.im / other.re;
                    let scale = 1.0 / (other.re + other.im * ratio);
                    $C::new((self.re + self.im * ratio) * scale, (self.im - self.re * ratio) * scale)
                } else {
                    let ratio = other.re / other.im;
                    let scale = 1.0 / (other.re * ratio + other.im);
                    $C::new((self.re * ratio + self.im) * scale, (self.im * ratio - self.re) * scale)
                }
            }
            #[inline(always)]
            fn neg(self) -> $C {
                -self
            }
            #[inline(always)]
            fn abs(self) -> $T {
                self.re.hypot(self.im)
            }
            #[inline(always)]
            fn pow<const FMA: bool>(self, exponent: $C) -> $C {
                let zero = $C::new(0.0, 0.0);
                if exponent == zero {
                    return $C::new(1.0, 0.0);
                }
                if self == zero && exponent.re > 0.0 && exponent.im == 0.0 {
                    return zero;
                }
                if exponent == $C::new(2.0, 0.0) {
                    return self * self;
                }
                narrow(wide(self).powc(wide(exponent)))
            }
            #[inline(always)]
            fn sign(self) -> $C {
                let abs = Number::abs(self);
                if abs == 0.0 { $C::new(0.0, 0.0) } else { self / abs }
            }
        }

        /// In f64, so that c64 results are as good as the type allows.
        impl Floating for $C {
            #[inline(always)]
            fn sqrt(self) -> $C {
                narrow(wide(self).sqrt())
            }
            #[inline(always)]
            fn rsqrt(self) -> $C {
                Floating::recip(Floating::sqrt(self))
            }
            #[inline(always)]
            fn recip(self) -> $C {
                Number::div($C::new(1.0, 0.0), self)
            }
            #[inline(always)]
            fn asin(self) -> $C {
                narrow(wide(self).asin())
            }
            #[inline(always)]
            fn acos(self) -> $C {
                narrow(wide(self).acos())
            }
            #[inline(always)]
            fn atan(self) -> $C {
                narrow(wide(self).atan())
            }
            #[inline(always)]
            fn asinh(self) -> $C {
                narrow(wide(self).asinh())
            }
            #[inline(always)]
            fn acosh(self) -> $C {
                narrow(wide(self).acosh())
            }
            #[inline(always)]
            fn atanh(self) -> $C {
                narrow(wide(self).atanh())
            }
            complex!(@fma $C; exp = |z| z.exp(), ln = |z| z.ln(), sin = |z| z.sin(), cos = |z| z.cos(),
                tan = |z| z.tan(), sinh = |z| z.sinh(), cosh = |z| z.cosh(), tanh = tanh, log2 = |z| z.log2(),
                log10 = |z| z.log10(), sigmoid = sigmoid, silu = |z| z * sigmoid(z), expm1 = |z| z.exp() - 1.0,
                log1p = |z| (z + 1.0).ln());
        }
    )*};
    (@fma $C:ident; $($name:ident = $f:expr),* $(,)?) => {$(
        #[inline(always)]
        fn $name<const FMA: bool>(self) -> $C {
            let f: fn(Complex64) -> Complex64 = $f;
            narrow(f(wide(self)))
        }
    )*};
}

complex!(Complex32, f32; Complex64, f64);

#[inline(always)]
fn wide<C: Wide>(z: C) -> Complex64 {
    z.to()
}

#[inline(always)]
fn narrow<C: Element>(z: Complex64) -> C {
    C::from_c128(z)
}

fn sigmoid(z: Complex64) -> Complex64 {
    Number::div(Complex64::new(1.0, 0.0), (-z).exp() + 1.0)
}

/// num-complex divides by cosh + cos, which overflows for large real parts.
fn tanh(z: Complex64) -> Complex64 {
    if z.re.abs() > 22.0 {
        let im = 4.0 * (2.0 * z.im).sin() / 2.0 * (-2.0 * z.re.abs()).exp();
        return Complex64::new(1f64.copysign(z.re), im);
    }
    z.tanh()
}
