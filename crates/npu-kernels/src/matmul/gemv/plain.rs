//! Loops for any processor, vectorised by the compiler.

use super::{Inner, PITCH, Part};
use crate::elem::Element;
use crate::isa::{Loop, LoopFn, pick};
use crate::lanes;
use crate::matmul::Problem;
use crate::matmul::engine::fetch;
use crate::matmul::finish::widen_strided;
use crate::matmul::kind::{Elem, Num};
use crate::rows::Load;
use std::marker::PhantomData;
use std::ops::Range;

/// Elements of depth that are worked on at a time.
const STRETCH: usize = 1024;
/// Rows of `b` that are worked on together.
const GROUP: usize = 8;

/// Numbers with a fused multiply-add.
pub(in super::super) trait Real: Num {
    fn fma<const FMA: bool>(self, factor: Self, sum: Self) -> Self;
}

macro_rules! real {
    ($($t:ty),*) => {$(
        impl Real for $t {
            #[inline(always)]
            fn fma<const FMA: bool>(self, factor: $t, sum: $t) -> $t {
                if FMA { self.mul_add(factor, sum) } else { self * factor + sum }
            }
        }
    )*};
}

real!(f32, f64);

/// Sums in the element type, or converted elements in f32.
pub(in super::super) struct Plain<E: Elem<Acc: Element>> {
    load: Load<E::Acc>,
    add_rows: LoopFn<Rows<E::Acc>>,
    dot: LoopFn<Columns<E::Acc>>,
}

/// Contiguous rows of `b`, each to be added to `sums` times its factor.
struct Rows<N> {
    sums: *mut N,
    n: usize,
    rows: [*const N; GROUP],
    factors: [N; GROUP],
}

struct AddRows<N>(PhantomData<N>);

impl<N: Real> Loop for AddRows<N> {
    type Args = Rows<N>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Rows<N>) {
        // SAFETY: the sums are the caller's own.
        let sums = unsafe { std::slice::from_raw_parts_mut(args.sums, args.n) };
        // SAFETY: the rows are readable, the caller's duty.
        let rows = args.rows.map(|r| unsafe { std::slice::from_raw_parts(r, args.n) });
        let f = args.factors;
        for (i, sum) in sums.iter_mut().enumerate() {
            let mut s = *sum;
            for g in 0..GROUP {
                s = rows[g][i].fma::<FMA>(f[g], s);
            }
            *sum = s;
        }
    }
}

/// A contiguous part of a column of `b` and of a row of `a`.
struct Columns<N> {
    a: *const N,
    b: *const N,
    n: usize,
    sum: *mut N,
}

struct Dot<N>(PhantomData<N>);

impl<N: Real> Loop for Dot<N> {
    type Args = Columns<N>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Columns<N>) {
        let whole = args.n / 64 * 64;
        let mut sums = [[N::ZERO; 16]; 4];
        for first in (0..whole).step_by(64) {
            for (v, sums) in sums.iter_mut().enumerate() {
                // SAFETY: sixteen elements of the part.
                let a = unsafe { args.a.wrapping_add(first + v * 16).cast::<[N; 16]>().read() };
                // SAFETY: sixteen elements of the part.
                let b = unsafe { args.b.wrapping_add(first + v * 16).cast::<[N; 16]>().read() };
                for i in 0..16 {
                    sums[i] = a[i].fma::<FMA>(b[i], sums[i]);
                }
            }
        }
        let [a, b, c, d] = sums;
        let mut all = a;
        for i in 0..16 {
            all[i] = a[i].add(b[i]).add(c[i].add(d[i]));
        }
        let mut total = lanes::tree(all, &|a: N, b: N| a.add(b));
        for i in whole..args.n {
            // SAFETY: an element of the part.
            let a = unsafe { args.a.wrapping_add(i).read() };
            // SAFETY: an element of the part.
            let b = unsafe { args.b.wrapping_add(i).read() };
            total = a.fma::<FMA>(b, total);
        }
        // SAFETY: the caller's own variable.
        let sum = unsafe { &mut *args.sum };
        *sum = sum.add(total);
    }
}

impl<E: Elem<Acc: Real + Element> + Element> Plain<E> {
    /// `n` elements of `b` from offset `at` on, contiguous: in place, or converted into `room`; those `ahead` of them come
    /// next.
    ///
    /// # Safety
    /// The elements are readable, `room` has space for them.
    #[inline]
    unsafe fn part(
        &self,
        b: *const E,
        at: isize,
        ahead: isize,
        n: usize,
        room: *mut E::Acc,
    ) -> *const E::Acc {
        let from = b.wrapping_offset(at);
        if E::EXACT {
            return from.cast();
        }
        // Short stretches of rows far apart are beyond the processor's own foresight.
        fetch(from.wrapping_offset(ahead), n);
        // SAFETY: the caller's duty.
        unsafe { self.load.convert(from.cast(), n, room) };
        room
    }
}

impl<E: Elem<Acc: Real + Element> + Element> Inner for Plain<E> {
    type Elem = E;
    type Lane = E::Acc;
    /// Converted parts of `b`.
    const ROOM: usize = PITCH * GROUP;

    fn new() -> Plain<E> {
        Plain { load: Load::new(E::DTYPE), add_rows: pick::<AddRows<E::Acc>>(), dot: pick::<Dot<E::Acc>>() }
    }

    fn most(_: &Problem) -> usize {
        8
    }

    fn pitch(k: usize) -> usize {
        k
    }

    unsafe fn convert(p: &Problem, a: *const E, rows: Range<usize>, to: *mut E::Acc) {
        for row in rows {
            let from = a.wrapping_offset(row as isize * p.a.row);
            // SAFETY: room for the rows is the caller's duty.
            let to = unsafe { std::slice::from_raw_parts_mut(to.wrapping_add(row * p.k), p.k) };
            // SAFETY: a row of `a`.
            unsafe { widen_strided(from, p.a.col, to) };
        }
    }

    unsafe fn sums(&self, p: &Problem, part: &Part<E, E::Acc, E::Acc>) {
        let &Part { a, b, col, n, sums: slot, room } = part;
        for row in 0..p.m {
            // SAFETY: this thread's scratch memory.
            unsafe { std::slice::from_raw_parts_mut(slot.wrapping_add(row * PITCH), n) }.fill(E::Acc::ZERO);
        }
        if p.b.col == 1 {
            for first in (0..p.k).step_by(GROUP) {
                let group = (p.k - first).min(GROUP);
                let mut rows = [room.cast_const(); GROUP];
                for (g, row) in rows[..group].iter_mut().enumerate() {
                    let at = (first + g) as isize * p.b.row + col as isize;
                    // SAFETY: a part of row `first + g`.
                    *row = unsafe {
                        self.part(b, at, GROUP as isize * p.b.row, n, room.wrapping_add(g * PITCH))
                    };
                }
                for row in 0..p.m {
                    let mut factors = [E::Acc::ZERO; GROUP];
                    for (g, f) in factors[..group].iter_mut().enumerate() {
                        // SAFETY: a converted element of `a`.
                        *f = unsafe { a.wrapping_add(row * p.k + first + g).read() };
                    }
                    let sums = slot.wrapping_add(row * PITCH);
                    if group == GROUP {
                        // SAFETY: the rows have `n` readable elements, the sums are in scratch memory.
                        unsafe { (self.add_rows)(&Rows { sums, n, rows, factors }) };
                        continue;
                    }
                    for (from, f) in rows[..group].iter().zip(factors) {
                        for i in 0..n {
                            // SAFETY: an element of the row.
                            let x = unsafe { from.wrapping_add(i).read() };
                            // SAFETY: scratch memory of this thread.
                            let sum = unsafe { &mut *sums.wrapping_add(i) };
                            *sum = sum.add(x.mul(f));
                        }
                    }
                }
            }
            return;
        }
        for j in 0..n {
            for first in (0..p.k).step_by(STRETCH) {
                let depth = (p.k - first).min(STRETCH);
                let at = first as isize + (col + j) as isize * p.b.col;
                // SAFETY: a part of column `col + j`.
                let b = unsafe { self.part(b, at, depth as isize, depth, room) };
                for row in 0..p.m {
                    let a = a.wrapping_add(row * p.k + first);
                    let sum = slot.wrapping_add(row * PITCH + j);
                    // SAFETY: both parts have `depth` readable elements.
                    unsafe { (self.dot)(&Columns { a, b, n: depth, sum }) };
                }
            }
        }
    }
}
