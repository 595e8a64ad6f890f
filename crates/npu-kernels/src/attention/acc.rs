//! The numbers that attention is computed in: f32, and f64 for f64.

use crate::elem::Element;
use std::ops::{Add, AddAssign, Div, Mul, Sub};

/// What scores and sums are kept in.
pub(crate) trait Acc:
    Element
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + AddAssign
{
    const ZERO: Self;
    const ONE: Self;
    /// Smaller than every score.
    const LOWEST: Self;
    fn of(v: f64) -> Self;
    fn wide(self) -> f64;
    fn fma<const FMA: bool>(self, factor: Self, sum: Self) -> Self;
    /// For arguments up to 0; those far below yield 0, and so does -inf.
    fn exp<const FMA: bool>(self) -> Self;
}

impl Acc for f32 {
    const ZERO: f32 = 0.0;
    const ONE: f32 = 1.0;
    const LOWEST: f32 = f32::NEG_INFINITY;
    fn of(v: f64) -> f32 {
        v as f32
    }
    fn wide(self) -> f64 {
        self.into()
    }
    #[inline(always)]
    fn fma<const FMA: bool>(self, factor: f32, sum: f32) -> f32 {
        if FMA { self.mul_add(factor, sum) } else { self * factor + sum }
    }
    /// Two to the power of n times a polynomial; results below the normal numbers are 0, so one factor does.
    #[inline(always)]
    fn exp<const FMA: bool>(self) -> f32 {
        // Adding 1.5 * 2^23 rounds to an integer, which then sits in the low bits.
        const MAGIC: f32 = 12_582_912.0;
        const LEAST: f32 = -87.0;
        let clamped = if self < LEAST { LEAST } else { self };
        let shifted = clamped.fma::<FMA>(std::f32::consts::LOG2_E, MAGIC);
        let n = shifted - MAGIC;
        let r = n.fma::<FMA>(-1.428_606_8e-6, n.fma::<FMA>(-0.693_145_75, clamped));
        let mut p = 1.388_888_9e-3_f32;
        for c in [8.333_452_e-3, 4.166_664_6e-2, 0.166_666_67, 0.5, 1.0, 1.0] {
            p = p.fma::<FMA>(r, c);
        }
        let power = (shifted.to_bits() as i32).wrapping_sub(MAGIC.to_bits() as i32).wrapping_add(127);
        let value = p * f32::from_bits((power as u32) << 23);
        if self < LEAST { 0.0 } else { value }
    }
}

impl Acc for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    const LOWEST: f64 = f64::NEG_INFINITY;
    fn of(v: f64) -> f64 {
        v
    }
    fn wide(self) -> f64 {
        self
    }
    #[inline(always)]
    fn fma<const FMA: bool>(self, factor: f64, sum: f64) -> f64 {
        if FMA { self.mul_add(factor, sum) } else { self * factor + sum }
    }
    #[inline(always)]
    fn exp<const FMA: bool>(self) -> f64 {
        f64::exp(self)
    }
}
