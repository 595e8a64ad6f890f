//! Folding a row in many independent lanes.

/// Elements of one vector, whatever the processor's width.
const VECTOR: usize = 16;
/// Elements that are folded independently of each other, to hide the latency of additions.
pub(crate) const LANES: usize = 64;

/// Folds `xs`: `step` adds an element to a lane, `join` adds two lanes. Rounding errors grow with the length of a lane
/// only, and the order depends on nothing but the length.
///
/// The loop over all lanes is too long for the compiler to unroll before it vectorises; shorter ones come out scalar.
#[inline(always)]
pub(crate) fn fold<X: Copy, A: Copy>(
    xs: &[X],
    start: A,
    step: impl Fn(A, X) -> A,
    join: impl Fn(A, A) -> A,
) -> A {
    let mut lanes = [start; LANES];
    accumulate(&mut lanes, xs, step);
    finish(&lanes, join)
}

/// Adds elements to lanes, the first one to the first lane.
#[inline(always)]
pub(crate) fn accumulate<X: Copy, A: Copy>(lanes: &mut [A; LANES], xs: &[X], step: impl Fn(A, X) -> A) {
    let (chunks, rest) = xs.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = step(*lane, *x);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane = step(*lane, *x);
    }
}

/// Joins all lanes.
#[inline(always)]
pub(crate) fn finish<A: Copy>(lanes: &[A; LANES], join: impl Fn(A, A) -> A) -> A {
    let mut sums = [lanes[0]; VECTOR];
    for i in 0..VECTOR {
        sums[i] = join(join(lanes[i], lanes[i + 16]), join(lanes[i + 32], lanes[i + 48]));
    }
    tree(sums, &join)
}

/// Joins the lanes of one vector. Loops of constant length: an index that varies would keep the lanes in memory.
#[inline(always)]
pub(crate) fn tree<A: Copy>(mut lanes: [A; VECTOR], join: &impl Fn(A, A) -> A) -> A {
    for i in 0..8 {
        lanes[i] = join(lanes[i], lanes[i + 8]);
    }
    for i in 0..4 {
        lanes[i] = join(lanes[i], lanes[i + 4]);
    }
    join(join(lanes[0], lanes[2]), join(lanes[1], lanes[3]))
}

/// Real numbers as integers of the same order: extremes of integers are vectorised, those of floats are not.
pub(crate) trait Ordered: Copy {
    /// An integer type.
    type Key: Ord + Copy;
    /// Keys of numbers lie between these two, those of NaN outside.
    const LOWEST: Self::Key;
    /// As above.
    const HIGHEST: Self::Key;
    fn key(self) -> Self::Key;
    /// Keys outside become NaN.
    fn value(key: Self::Key) -> Self;
}

macro_rules! ordered_floats {
    ($($t:ident, $int:ident, $sign:expr, $infinity:expr);*) => {$(
        impl Ordered for $t {
            type Key = $int;
            const LOWEST: $int = !$infinity;
            const HIGHEST: $int = $infinity;
            #[inline(always)]
            fn key(self) -> $int {
                let bits = self.to_bits() as $int;
                bits ^ ((bits >> $sign) & $int::MAX)
            }
            #[inline(always)]
            fn value(key: $int) -> $t {
                $t::from_bits((key ^ ((key >> $sign) & $int::MAX)) as _)
            }
        }
    )*};
}

macro_rules! ordered_integers {
    ($($t:ident),*) => {$(
        impl Ordered for $t {
            type Key = $t;
            const LOWEST: $t = $t::MIN;
            const HIGHEST: $t = $t::MAX;
            #[inline(always)]
            fn key(self) -> $t {
                self
            }
            #[inline(always)]
            fn value(key: $t) -> $t {
                key
            }
        }
    )*};
}

ordered_floats!(f32, i32, 31, 0x7f80_0000; f64, i64, 63, 0x7ff0_0000_0000_0000);
ordered_integers!(i32, i64, u64);

/// The smallest and the largest key of the elements and `start`. Two plain reductions: whether a NaN was there is told
/// by the results, since a test for each element would keep the loop from being vectorised.
#[inline(always)]
fn extremes<A: Ordered>(xs: &[A], start: A) -> (A::Key, A::Key) {
    let (mut low, mut high) = (start.key(), start.key());
    for x in xs {
        let key = x.key();
        low = if key < low { key } else { low };
        high = if key > high { key } else { high };
    }
    (low, high)
}

/// The largest element and `start`, NaN if there is one.
#[inline(always)]
pub(crate) fn largest<A: Ordered>(xs: &[A], start: A) -> A {
    let (low, high) = extremes(xs, start);
    A::value(if low < A::LOWEST { low } else { high })
}

/// The smallest element and `start`, NaN if there is one.
#[inline(always)]
pub(crate) fn smallest<A: Ordered>(xs: &[A], start: A) -> A {
    let (low, high) = extremes(xs, start);
    A::value(if high > A::HIGHEST { high } else { low })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_order_of_numbers() {
        let ordered = [f32::NEG_INFINITY, -2.0, -1e-40, -0.0, 0.0, 1e-40, 3.0, f32::INFINITY];
        assert!(ordered.windows(2).all(|w| w[0].key() < w[1].key()));
        assert_eq!((f32::NEG_INFINITY.key(), f32::INFINITY.key()), (f32::LOWEST, f32::HIGHEST));
        assert_eq!((f64::NEG_INFINITY.key(), f64::INFINITY.key()), (f64::LOWEST, f64::HIGHEST));
        for x in ordered {
            assert_eq!(f32::value(x.key()).to_bits(), x.to_bits());
        }
        for nan in [f32::NAN, -f32::NAN] {
            assert!(largest(&[1.0, nan, 2.0], 0.0).is_nan() && smallest(&[1.0, nan, 2.0], 0.0).is_nan());
            assert!(largest(&[1.0], nan).is_nan() && smallest(&[1.0], nan).is_nan());
        }
        assert_eq!((largest(&[1.0, 5.0], 2.0), smallest(&[1.0, 5.0], 2.0)), (5.0, 1.0));
    }

    #[test]
    fn folding_takes_every_element_once() {
        for n in 0..300u64 {
            let xs: Vec<u64> = (0..n).collect();
            assert_eq!(fold(&xs, 0, |a, x| a + x + 1, |a, b| a + b), n * (n + 1) / 2);
        }
    }
}
