//! Integers and bool.

use super::{Arith, Bits, Number, Ordered, Real};
use crate::elem::Bool;

macro_rules! int {
    ($($T:ty);* $(;)?) => {$(
        impl Arith for $T {
            #[inline(always)]
            fn add(self, other: $T) -> $T {
                self.wrapping_add(other)
            }
            #[inline(always)]
            fn mul(self, other: $T) -> $T {
                self.wrapping_mul(other)
            }
            #[inline(always)]
            fn add_scaled<const FMA: bool>(self, other: $T, factor: $T) -> $T {
                self.wrapping_add(other.wrapping_mul(factor))
            }
        }

        #[allow(unused_comparisons, reason = "one text for signed and unsigned")]
        impl Number for $T {
            type Abs = $T;
            #[inline(always)]
            fn sub(self, other: $T) -> $T {
                self.wrapping_sub(other)
            }
            #[inline(always)]
            fn sub_scaled<const FMA: bool>(self, other: $T, factor: $T) -> $T {
                self.wrapping_sub(other.wrapping_mul(factor))
            }
            #[inline(always)]
            fn div(self, other: $T) -> $T {
                self.div_trunc(other)
            }
            #[inline(always)]
            fn neg(self) -> $T {
                self.wrapping_neg()
            }
            #[inline(always)]
            fn abs(self) -> $T {
                if self < 0 { self.wrapping_neg() } else { self }
            }
            #[inline(always)]
            fn pow<const FMA: bool>(self, exponent: $T) -> $T {
                if exponent < 0 {
                    let odd = exponent & 1 != 0;
                    return match self {
                        1 => 1,
                        _ if self == (0 as $T).wrapping_sub(1) => if odd { self } else { 1 },
                        _ => 0,
                    };
                }
                let (mut base, mut left, mut out) = (self, exponent, 1 as $T);
                while left != 0 {
                    if left & 1 != 0 {
                        out = out.wrapping_mul(base);
                    }
                    base = base.wrapping_mul(base);
                    left >>= 1;
                }
                out
            }
            #[inline(always)]
            fn sign(self) -> $T {
                if self < 0 { (0 as $T).wrapping_sub(1) } else { (self > 0) as $T }
            }
        }

        impl Ordered for $T {
            #[inline(always)]
            fn max(self, other: $T) -> $T {
                Ord::max(self, other)
            }
            #[inline(always)]
            fn min(self, other: $T) -> $T {
                Ord::min(self, other)
            }
        }

        #[allow(unused_comparisons, reason = "one text for signed and unsigned")]
        impl Real for $T {
            #[inline(always)]
            fn div_trunc(self, other: $T) -> $T {
                if other == 0 { 0 } else { self.wrapping_div(other) }
            }
            #[inline(always)]
            fn div_floor(self, other: $T) -> $T {
                let q = self.div_trunc(other);
                let inexact = self != q.wrapping_mul(other) && other != 0;
                if inexact && (self < 0) != (other < 0) { q.wrapping_sub(1) } else { q }
            }
            #[inline(always)]
            fn remainder(self, other: $T) -> $T {
                let r = self.fmod(other);
                if r != 0 && (r < 0) != (other < 0) { r.wrapping_add(other) } else { r }
            }
            #[inline(always)]
            fn fmod(self, other: $T) -> $T {
                if other == 0 { 0 } else { self.wrapping_rem(other) }
            }
            #[inline(always)]
            fn relu(self) -> $T {
                Ord::max(self, 0)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                true
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                false
            }
        }

        impl Bits for $T {
            #[inline(always)]
            fn and(self, other: $T) -> $T {
                self & other
            }
            #[inline(always)]
            fn or(self, other: $T) -> $T {
                self | other
            }
            #[inline(always)]
            fn xor(self, other: $T) -> $T {
                self ^ other
            }
            #[inline(always)]
            fn not(self) -> $T {
                !self
            }
        }
    )*};
}

int!(i8; i16; i32; i64; u8; u16; u32; u64);

impl Arith for Bool {
    #[inline(always)]
    fn add(self, other: Bool) -> Bool {
        Bits::or(self, other)
    }
    #[inline(always)]
    fn mul(self, other: Bool) -> Bool {
        Bits::and(self, other)
    }
    #[inline(always)]
    fn add_scaled<const FMA: bool>(self, other: Bool, factor: Bool) -> Bool {
        self.add(other.mul(factor))
    }
}

impl Ordered for Bool {
    #[inline(always)]
    fn max(self, other: Bool) -> Bool {
        Bits::or(self, other)
    }
    #[inline(always)]
    fn min(self, other: Bool) -> Bool {
        Bits::and(self, other)
    }
}

impl Bits for Bool {
    #[inline(always)]
    fn and(self, other: Bool) -> Bool {
        Bool::new(self.get() & other.get())
    }
    #[inline(always)]
    fn or(self, other: Bool) -> Bool {
        Bool::new(self.get() | other.get())
    }
    #[inline(always)]
    fn xor(self, other: Bool) -> Bool {
        Bool::new(self.get() ^ other.get())
    }
    #[inline(always)]
    fn not(self) -> Bool {
        Bool::new(!self.get())
    }
}
