//! What reductions do with a block of elements.

use crate::elem::{Bool, Element, cast};
use crate::isa::Loop;
use crate::lanes::{self, Ordered};
use npu_types::Complex64;
use std::marker::PhantomData;

/// A reduction: blocks of `Lane`s are folded into a `State`.
pub(super) trait Fold: Send + Sync + 'static {
    /// What elements are converted to.
    type Lane: Element;
    /// What results are converted from; holds more than a lane where rounding errors would add up.
    type State: Element;
    /// The result of no elements.
    fn start() -> Self::State;
    /// The lane that changes nothing.
    fn neutral() -> Self::Lane;
    /// Combines two lanes.
    fn lane(a: Self::Lane, b: Self::Lane) -> Self::Lane;
    /// Combines a lane and an element.
    #[inline(always)]
    fn step(lane: Self::Lane, element: Self::Lane) -> Self::Lane {
        Self::lane(lane, element)
    }
    /// Combines a block.
    #[inline(always)]
    fn block(block: &[Self::Lane]) -> Self::Lane {
        lanes::fold(block, Self::neutral(), Self::step, Self::lane)
    }
    /// Adds a lane to the state.
    fn merge(state: Self::State, lane: Self::Lane) -> Self::State;
    /// Adds a state to the state.
    fn join(a: Self::State, b: Self::State) -> Self::State;
    /// The result for `count` elements.
    fn finish(state: Self::State, _count: usize) -> Self::State {
        state
    }
}

/// Sum, or mean; `L` are lanes, `S` the state.
pub(super) struct Sum<L, S, const MEAN: bool>(PhantomData<(L, S)>);
/// Product.
pub(super) struct Prod<L>(PhantomData<L>);
/// Largest, NaN if there is one.
pub(super) struct Max<L>(PhantomData<L>);
/// Smallest, NaN if there is one.
pub(super) struct Min<L>(PhantomData<L>);
/// Whether any is not zero.
pub(super) struct Any;
/// Whether all are not zero.
pub(super) struct All;

/// Ring operations and order; integers wrap.
pub(super) trait Lane: Element {
    const ONE: Self;
    fn plus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    fn over(self, count: usize) -> Self;
}

/// Lanes with a sign.
pub(super) trait Magnitude: Lane {
    fn magnitude(self) -> Self;
}

impl Magnitude for f32 {
    #[inline(always)]
    fn magnitude(self) -> f32 {
        self.abs()
    }
}

impl Magnitude for f64 {
    #[inline(always)]
    fn magnitude(self) -> f64 {
        self.abs()
    }
}

/// Lanes with an order.
pub(super) trait Limits: Element + PartialOrd + Ordered {
    const FIRST: Self;
    const LAST: Self;
}

macro_rules! limits {
    ($($t:ty, $low:expr, $high:expr);*) => {$(
        impl Limits for $t {
            const FIRST: $t = $low;
            const LAST: $t = $high;
        }
    )*};
}

limits!(f32, f32::NEG_INFINITY, f32::INFINITY; f64, f64::NEG_INFINITY, f64::INFINITY; i32, i32::MIN, i32::MAX;
    i64, i64::MIN, i64::MAX; u64, u64::MIN, u64::MAX);

macro_rules! lanes {
    ($($t:ty, $one:expr, |$a:ident, $b:ident| $plus:expr, $times:expr, $over:expr);* $(;)?) => {$(
        impl Lane for $t {
            const ONE: $t = $one;
            #[inline(always)]
            fn plus(self, other: $t) -> $t {
                let ($a, $b) = (self, other);
                $plus
            }
            #[inline(always)]
            fn times(self, other: $t) -> $t {
                let ($a, $b) = (self, other);
                $times
            }
            fn over(self, count: usize) -> $t {
                let ($a, $b) = (self, count);
                $over
            }
        }
    )*};
}

lanes! {
    f32, 1.0, |a, b| a + b, a * b, a / b as f32;
    f64, 1.0, |a, b| a + b, a * b, a / b as f64;
    i64, 1, |a, b| a.wrapping_add(b), a.wrapping_mul(b), a / b.max(1) as i64;
    Complex64, Complex64::ONE, |a, b| a + b, a * b, a / b as f64;
}

impl<L: Lane, S: Lane, const MEAN: bool> Fold for Sum<L, S, MEAN> {
    type Lane = L;
    type State = S;
    fn start() -> S {
        S::default()
    }
    #[inline(always)]
    fn neutral() -> L {
        L::default()
    }
    #[inline(always)]
    fn lane(a: L, b: L) -> L {
        a.plus(b)
    }
    #[inline(always)]
    fn merge(state: S, lane: L) -> S {
        state.plus(cast(lane))
    }
    #[inline(always)]
    fn join(a: S, b: S) -> S {
        a.plus(b)
    }
    fn finish(state: S, count: usize) -> S {
        if MEAN { state.over(count) } else { state }
    }
}

/// Sum of what becomes of the elements: `P` 0 counts those that are not zero, 1 takes magnitudes, 2 squares. The result is
/// the root of the sum of squares unless `SUM`.
pub(super) struct Norm<L, const P: u8, const SUM: bool>(PhantomData<L>);

impl<L: Magnitude, const P: u8, const SUM: bool> Fold for Norm<L, P, SUM> {
    type Lane = L;
    type State = f64;
    fn start() -> f64 {
        0.0
    }
    #[inline(always)]
    fn neutral() -> L {
        L::default()
    }
    #[inline(always)]
    fn lane(a: L, b: L) -> L {
        a.plus(b)
    }
    #[inline(always)]
    fn step(lane: L, x: L) -> L {
        lane.plus(match P {
            0 if x == L::default() => L::default(),
            0 => L::ONE,
            1 => x.magnitude(),
            _ => x.times(x),
        })
    }
    #[inline(always)]
    fn merge(state: f64, lane: L) -> f64 {
        state + cast::<L, f64>(lane)
    }
    #[inline(always)]
    fn join(a: f64, b: f64) -> f64 {
        a + b
    }
    fn finish(state: f64, _count: usize) -> f64 {
        if P == 2 && !SUM { state.sqrt() } else { state }
    }
}

macro_rules! plain {
    ($([$($g:tt)*] $name:ty, $l:ty, $start:expr, |$a:ident, $b:ident| $op:expr $(, $block:expr)?);* $(;)?) => {$(
        impl<$($g)*> Fold for $name {
            type Lane = $l;
            type State = $l;
            #[inline(always)]
            fn start() -> $l {
                $start
            }
            #[inline(always)]
            fn neutral() -> $l {
                $start
            }
            #[inline(always)]
            fn lane($a: $l, $b: $l) -> $l {
                $op
            }
            $(#[inline(always)]
            fn block(block: &[$l]) -> $l {
                $block(block, Self::neutral())
            })?
            #[inline(always)]
            fn merge(state: $l, lane: $l) -> $l {
                Self::lane(state, lane)
            }
            #[inline(always)]
            fn join(a: $l, b: $l) -> $l {
                Self::lane(a, b)
            }
        }
    )*};
}

// A NaN on the left stays (no comparison holds), one on the right is taken because it differs from itself.
plain! {
    [L: Lane] Prod<L>, L, L::ONE, |a, b| a.times(b);
    [L: Limits] Max<L>, L, L::FIRST, |a, b| if (b > a) | !is_self(b) { b } else { a }, lanes::largest;
    [L: Limits] Min<L>, L, L::LAST, |a, b| if (b < a) | !is_self(b) { b } else { a }, lanes::smallest;
    [] Any, Bool, Bool::new(false), |a, b| Bool::new(a.get() | b.get());
    [] All, Bool, Bool::new(true), |a, b| Bool::new(a.get() & b.get());
}

#[inline(always)]
#[expect(clippy::eq_op, reason = "false for NaN only")]
fn is_self<L: PartialEq>(v: L) -> bool {
    v == v
}

/// Arguments of [`AcrossRow`].
pub(super) struct Row<F: Fold> {
    pub(super) block: *const F::Lane,
    pub(super) n: usize,
    pub(super) state: *mut F::State,
}

/// Folds a block into one state.
pub(super) struct AcrossRow<F>(PhantomData<F>);

impl<F: Fold> Loop for AcrossRow<F> {
    type Args = Row<F>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Row<F>) {
        // SAFETY: the block is readable, the caller's duty.
        let block = unsafe { std::slice::from_raw_parts(args.block, args.n) };
        let total = F::block(block);
        // SAFETY: the state is this call's own.
        let state = unsafe { &mut *args.state };
        *state = F::merge(*state, total);
    }
}

/// Arguments of [`DownColumns`].
pub(super) struct Columns<F: Fold> {
    pub(super) block: *const F::Lane,
    pub(super) n: usize,
    pub(super) lanes: *mut F::Lane,
}

/// Folds a block into as many lanes.
pub(super) struct DownColumns<F>(PhantomData<F>);

impl<F: Fold> Loop for DownColumns<F> {
    type Args = Columns<F>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Columns<F>) {
        // SAFETY: the block is readable, the caller's duty.
        let block = unsafe { std::slice::from_raw_parts(args.block, args.n) };
        // SAFETY: the lanes are this call's own.
        let lanes = unsafe { std::slice::from_raw_parts_mut(args.lanes, args.n) };
        for (l, x) in lanes.iter_mut().zip(block) {
            *l = F::step(*l, *x);
        }
    }
}
