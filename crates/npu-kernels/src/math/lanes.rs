//! Functions without branches or tables, which the compiler turns into vector code.
//!
//! Those on f64 serve f32 arguments: they carry some 36 correct bits, so that rounding to f32 is all that is lost. The
//! `fast_` ones compute in f32 for twice the lanes, where speed matters more than the last bit.

use std::f64::consts::{FRAC_2_PI, LN_2, LOG2_E};

#[inline(always)]
fn fma<const FMA: bool>(a: f64, b: f64, c: f64) -> f64 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

#[inline(always)]
fn fma32<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// Horner's scheme, highest power first.
#[inline(always)]
fn poly<const FMA: bool, const N: usize>(x: f64, coefficients: [f64; N]) -> f64 {
    let mut out = coefficients[0];
    let mut i = 1;
    while i < N {
        out = fma::<FMA>(out, x, coefficients[i]);
        i += 1;
    }
    out
}

#[inline(always)]
fn poly32<const FMA: bool, const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut out = coefficients[0];
    let mut i = 1;
    while i < N {
        out = fma32::<FMA>(out, x, coefficients[i]);
        i += 1;
    }
    out
}

/// Adding and subtracting this rounds to an integer, which then also stands in the low bits of the sum.
const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 · 2^52
const ROUND32: f32 = 12_582_912.0; // 1.5 · 2^23

/// `1/k!`.
const FACTORIAL: [f64; 13] = {
    let mut out = [1.0; 13];
    let mut k = 1;
    while k < 13 {
        out[k] = out[k - 1] / k as f64;
        k += 1;
    }
    out
};

/// Answers `(e^r - 1, 2^n)` with `x = n ln 2 + r`; the magnitude of `x` is at most 700.
#[inline(always)]
fn split_exp<const FMA: bool>(x: f64) -> (f64, f64) {
    const F: [f64; 13] = FACTORIAL;
    let sum = fma::<FMA>(x, LOG2_E, ROUND);
    let n = sum - ROUND;
    let r = fma::<FMA>(n, -LN_2, x);
    let p = r * poly::<FMA, 9>(r, [F[9], F[8], F[7], F[6], F[5], F[4], F[3], F[2], F[1]]);
    (p, f64::from_bits((sum.to_bits() << 52).wrapping_add(1.0f64.to_bits())))
}

#[inline(always)]
fn clamp(x: f64, limit: f64) -> f64 {
    let x = if x > limit { limit } else { x };
    if x < -limit { -limit } else { x }
}

/// e^x; outside of ±200 the result rounds to 0 or infinity as f32.
#[inline(always)]
pub(super) fn exp<const FMA: bool>(x: f64) -> f64 {
    let (p, scale) = split_exp::<FMA>(clamp(x, 200.0));
    fma::<FMA>(p, scale, scale)
}

/// e^x - 1, relatively accurate near 0.
#[inline(always)]
pub(super) fn expm1<const FMA: bool>(x: f64) -> f64 {
    let (p, scale) = split_exp::<FMA>(clamp(x, 200.0));
    let y = fma::<FMA>(p, scale, scale - 1.0);
    // Keeps the sign of zero.
    if x == 0.0 { x } else { y }
}

/// ln x and log2 x for one argument: `(ln m, e)` with `x = m · 2^e`, `m` in [√½, √2). For positive normal `x`.
#[inline(always)]
fn split_ln<const FMA: bool>(x: f64) -> (f64, f64) {
    let bits = x.to_bits().wrapping_sub(std::f64::consts::FRAC_1_SQRT_2.to_bits());
    // The exponent, biased by 2048 to be positive, as the mantissa of 2^52.
    let biased = (bits.wrapping_add(2048 << 52)) >> 52;
    let e = f64::from_bits(0x4330_0000_0000_0000 | biased) - (4_503_599_627_370_496.0 + 2048.0);
    let m = f64::from_bits(x.to_bits().wrapping_sub(biased.wrapping_sub(2048) << 52));
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let tail = poly::<FMA, 6>(z, [1.0 / 13.0, 1.0 / 11.0, 1.0 / 9.0, 1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0]);
    (2.0 * fma::<FMA>(s * z, tail, s), e)
}

/// What a logarithm answers where its series does not hold.
#[inline(always)]
fn ln_domain(x: f64, value: f64) -> f64 {
    let special = if x == 0.0 {
        f64::NEG_INFINITY
    } else if x > 0.0 {
        x
    } else {
        f64::NAN
    };
    if x > 0.0 && x < f64::INFINITY { value } else { special }
}

#[inline(always)]
pub(super) fn ln<const FMA: bool>(x: f64) -> f64 {
    let (m, e) = split_ln::<FMA>(x);
    ln_domain(x, fma::<FMA>(e, LN_2, m))
}

#[inline(always)]
pub(super) fn log2<const FMA: bool>(x: f64) -> f64 {
    let (m, e) = split_ln::<FMA>(x);
    ln_domain(x, fma::<FMA>(m, LOG2_E, e))
}

#[inline(always)]
pub(super) fn log10<const FMA: bool>(x: f64) -> f64 {
    ln::<FMA>(x) * std::f64::consts::LOG10_E
}

/// ln(1 + x), relatively accurate near 0.
#[inline(always)]
pub(super) fn log1p<const FMA: bool>(x: f64) -> f64 {
    let u = 1.0 + x;
    let lost = (x - (u - 1.0)) / u;
    let value = if x == 0.0 { x } else { ln::<FMA>(u) + lost };
    if x > -1.0 && x < f64::INFINITY { value } else { ln_domain(u, u) }
}

#[inline(always)]
pub(super) fn tanh<const FMA: bool>(x: f64) -> f64 {
    let t = expm1::<FMA>(-2.0 * x.abs());
    (-t / (t + 2.0)).copysign(x)
}

#[inline(always)]
pub(super) fn sinh<const FMA: bool>(x: f64) -> f64 {
    let t = expm1::<FMA>(x.abs());
    (0.5 * (t + t / (t + 1.0))).copysign(x)
}

#[inline(always)]
pub(super) fn cosh<const FMA: bool>(x: f64) -> f64 {
    let e = exp::<FMA>(x.abs());
    0.5 * (e + 1.0 / e)
}

/// Arguments of sine and cosine from here on lose bits in [`turn`].
pub(super) const HUGE_ANGLE: f32 = 1_048_576.0;

/// Answers `(sin r, cos r, n)` with `x = n π/2 + r`, `n` in the low bits.
#[inline(always)]
fn turn<const FMA: bool>(x: f64) -> (f64, f64, u64) {
    const F: [f64; 13] = FACTORIAL;
    // π/2 in parts; products with the first are exact without fused arithmetic, too.
    const HIGH: f64 = f64::from_bits(0x3ff9_21fb_5440_0000);
    const LOW: f64 = std::f64::consts::FRAC_PI_2 - HIGH;
    const LOWEST: f64 = 6.123_233_995_736_766e-17;
    let sum = fma::<FMA>(x, FRAC_2_PI, ROUND);
    let n = sum - ROUND;
    let r = fma::<FMA>(n, -LOWEST, fma::<FMA>(n, -LOW, fma::<FMA>(n, -HIGH, x)));
    let z = r * r;
    let sin = fma::<FMA>(r * z, poly::<FMA, 5>(z, [-F[11], F[9], -F[7], F[5], -F[3]]), r);
    let cos = poly::<FMA, 7>(z, [F[12], -F[10], F[8], -F[6], F[4], -F[2], 1.0]);
    (sin, cos, sum.to_bits())
}

#[inline(always)]
fn flip(x: f64, negative: u64) -> f64 {
    f64::from_bits(x.to_bits() ^ (negative << 63))
}

#[inline(always)]
pub(super) fn sin<const FMA: bool>(x: f64) -> f64 {
    let (sin, cos, n) = turn::<FMA>(x);
    let y = flip(if n & 1 == 0 { sin } else { cos }, (n >> 1) & 1);
    // Keeps the sign of zero.
    if x == 0.0 { x } else { y }
}

#[inline(always)]
pub(super) fn cos<const FMA: bool>(x: f64) -> f64 {
    let (sin, cos, n) = turn::<FMA>(x);
    flip(if n & 1 == 0 { cos } else { sin }, (n.wrapping_add(1) >> 1) & 1)
}

#[inline(always)]
pub(super) fn tan<const FMA: bool>(x: f64) -> f64 {
    let (sin, cos, n) = turn::<FMA>(x);
    let y = if n & 1 == 0 { sin / cos } else { -cos / sin };
    if x == 0.0 { x } else { y }
}

/// Coefficients of erf(x)/x in powers of x², numerator and denominator, fitted on |x| ≤ 3.95 where erf becomes 1 as
/// f32; relative error 2.1e-8.
const ERF_P: [f64; 6] = [
    2.025_946_952_09e-6,
    2.846_808_942_6e-4,
    3.807_892_397_34e-3,
    5.287_462_353_2e-2,
    1.915_441_462_19e-1,
    1.128_379_143_97,
];
const ERF_Q: [f64; 6] = [
    3.783_184_290_19e-5,
    1.170_658_798_59e-3,
    1.505_455_530_66e-2,
    1.145_570_670_24e-1,
    5.030_842_576_73e-1,
    1.0,
];
const ERF_LIMIT: f64 = 3.95;

const fn round32<const N: usize>(from: [f64; N]) -> [f32; N] {
    let mut out = [0.0; N];
    let mut i = 0;
    while i < N {
        out[i] = from[i] as f32;
        i += 1;
    }
    out
}

#[inline(always)]
pub(super) fn erf<const FMA: bool>(x: f64) -> f64 {
    let c = clamp(x, ERF_LIMIT);
    let z = c * c;
    let y = c * poly::<FMA, 6>(z, ERF_P) / poly::<FMA, 6>(z, ERF_Q);
    if x.abs() > ERF_LIMIT { 1f64.copysign(x) } else { y }
}

/// x^y through logarithm and exponential, then what IEEE 754 asks for zeros, infinities and negative bases.
#[inline(always)]
pub(super) fn pow<const FMA: bool>(x: f64, y: f64) -> f64 {
    let base = x.abs();
    let value = exp::<FMA>(y * ln::<FMA>(base));
    let half = 0.5 * y;
    let integral = y.trunc() == y;
    let odd = integral && half.trunc() != half;
    let negative = x.is_sign_negative();
    let signed = if odd && negative { -value } else { value };
    let out = if x < 0.0 && !integral && x > f64::NEG_INFINITY { f64::NAN } else { signed };
    let unit = y == 0.0 || x == 1.0 || (x == -1.0 && y.is_infinite());
    if unit { 1.0 } else { out }
}

/// e^x in f32, 1 ulp; results below the normal range are kept.
#[inline(always)]
pub(super) fn fast_exp<const FMA: bool>(x: f32) -> f32 {
    let (p, sum) = fast_split::<FMA>(if x < -104.0 { -104.0 } else { x });
    // In two steps, since 2^n alone may leave the range.
    let n = (sum.to_bits() as i32).wrapping_sub(ROUND32.to_bits() as i32);
    let first = n >> 1;
    p * power_of_two(first) * power_of_two(n.wrapping_sub(first))
}

/// Answers `(e^r, n)` with `x = n ln 2 + r`, `n` in the low bits of the sum; `x` is cut at 89, where e^x overflows.
#[inline(always)]
fn fast_split<const FMA: bool>(x: f32) -> (f32, f32) {
    const Q: [f32; 7] = round32([
        0.001_381_454_872_31,
        0.008_368_781_724_85,
        0.041_668_393_197_5,
        0.166_665_200_941,
        0.499_999_934_14,
        1.0,
        1.0,
    ]);
    let x = if x > 89.0 { 89.0 } else { x };
    let sum = fma32::<FMA>(x, std::f32::consts::LOG2_E, ROUND32);
    let n = sum - ROUND32;
    let r = fma32::<FMA>(n, -1.428_606_8e-6, fma32::<FMA>(n, -0.693_145_75, x));
    (poly32::<FMA, 7>(r, Q), sum)
}

#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

/// 1 + e^-x for logistic functions; infinite where e^-x is beyond 2^128.
#[inline(always)]
fn logistic<const FMA: bool>(x: f32) -> f32 {
    let (p, sum) = fast_split::<FMA>(if x > 87.0 { -87.0 } else { -x });
    let n = (sum.to_bits() as i32).wrapping_sub(ROUND32.to_bits() as i32);
    fma32::<FMA>(p, power_of_two(n), 1.0)
}

#[inline(always)]
pub(super) fn fast_sigmoid<const FMA: bool>(x: f32) -> f32 {
    1.0 / logistic::<FMA>(x)
}

#[inline(always)]
pub(super) fn fast_silu<const FMA: bool>(x: f32) -> f32 {
    x / logistic::<FMA>(x)
}

/// x · sigmoid(2u) equals x/2 · (1 + tanh u).
#[inline(always)]
pub(super) fn fast_gelu_tanh<const FMA: bool>(x: f32) -> f32 {
    const C: f32 = 2.0 * 0.797_884_6;
    let u = x * fma32::<FMA>(x * x, C * 0.044715, C);
    x / logistic::<FMA>(u)
}

#[inline(always)]
pub(super) fn fast_gelu<const FMA: bool>(x: f32) -> f32 {
    const P: [f32; 6] = round32(ERF_P);
    const Q: [f32; 6] = round32(ERF_Q);
    const LIMIT: f32 = ERF_LIMIT as f32;
    let c = x * std::f32::consts::FRAC_1_SQRT_2;
    let c = if c > LIMIT { LIMIT } else { c };
    let c = if c < -LIMIT { -LIMIT } else { c };
    let z = c * c;
    let (p, q) = (poly32::<FMA, 6>(z, P), poly32::<FMA, 6>(z, Q));
    let erf = c * p / q;
    let erf = if z >= LIMIT * LIMIT { 1f32.copysign(x) } else { erf };
    let half = 0.5 * x;
    fma32::<FMA>(half, erf, half)
}
