//! Products of few rows: the matrix `b` is streamed once, without packing.

use super::finish::{add_strided, narrow_strided, widen_strided};
use super::kind::{Elem, Num};
use super::{A, B, C, MatmulScale, OUT, Problem};
use crate::elem::Element;
use crate::isa::{Loop, LoopFn, pick};
use crate::iter::Operands;
use crate::lanes;
use crate::rows::Load;
use crate::{Fault, Kernel};
use npu_types::Parallel;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most rows that are computed this way.
const ROWS: usize = 8;
/// Columns, or elements of depth, that are worked on at a time.
const STRETCH: usize = 1024;
/// Elements from one row of scratch memory to the next: a power of two would put all rows into the same cache sets.
const PITCH: usize = STRETCH + 80;
/// Rows of `b`, or columns, that are worked on together.
const GROUP: usize = 8;
/// The most threads; each has its own scratch memory.
const SLOTS: usize = 8;
/// Elements of `b` that are worth another thread.
const GRAIN: usize = 1 << 18;
/// Elements of `b` from which on several rows are computed this way.
const WORTH: usize = 1 << 16;

/// Whether the product is better computed this way: few rows, and columns or rows of `b` contiguous.
pub(super) fn suits(p: &Problem) -> bool {
    let few = p.m == 1 || (p.m <= ROWS && p.n * p.k >= WORTH);
    few && p.k > 0 && p.batch.len() == 1 && (p.b.col == 1 || p.b.row == 1)
}

/// Numbers with a fused multiply-add.
pub(super) trait Real: Num {
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

/// Brings `n` elements into the cache; the address may be any.
#[inline(always)]
fn prefetch<E>(from: *const E, n: usize) {
    #[cfg(target_arch = "x86_64")]
    for at in (0..n * size_of::<E>()).step_by(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a hint, which never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast::<i8>().wrapping_add(at)) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (from, n);
}

/// A prepared product of few rows.
pub(super) struct Stream<E: Elem<Acc: Element>> {
    problem: Problem,
    alpha: E::Acc,
    beta: E::Acc,
    /// Rows of `b` are contiguous: they are added to the sums one after the other; else columns are.
    rows: bool,
    slots: usize,
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

impl<E: Elem<Acc: Real + Element> + Element> Stream<E> {
    pub(super) fn new(problem: Problem, scale: Option<MatmulScale>) -> Stream<E> {
        let alpha = scale.map_or(E::Acc::ONE, |s| E::Acc::from_scalar(s.alpha));
        let beta = scale.map_or(E::Acc::ZERO, |s| E::Acc::from_scalar(s.beta));
        let rows = problem.b.col == 1;
        let slots = (problem.n * problem.k / GRAIN).clamp(1, SLOTS);
        Stream {
            problem,
            alpha,
            beta,
            rows,
            slots,
            load: Load::new(E::DTYPE),
            add_rows: pick::<AddRows<E::Acc>>(),
            dot: pick::<Dot<E::Acc>>(),
        }
    }

    /// Elements of one thread's scratch memory: sums of a stretch for every row, and converted parts of `b`.
    const SLOT: usize = PITCH * (ROWS + GROUP);

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
        prefetch(from.wrapping_offset(ahead), n);
        // SAFETY: the caller's duty.
        unsafe { self.load.convert(from.cast(), n, room) };
        room
    }

    /// Sums of `n` columns from `col` on, row by row, `PITCH` apart.
    ///
    /// # Safety
    /// The columns exist; `a` holds the converted rows of `a`; `slot` is this thread's scratch memory.
    unsafe fn sums(&self, b: *const E, a: *const E::Acc, col: usize, n: usize, slot: *mut E::Acc) {
        let p = &self.problem;
        let room = slot.wrapping_add(PITCH * ROWS);
        for row in 0..p.m {
            // SAFETY: this thread's scratch memory.
            unsafe { std::slice::from_raw_parts_mut(slot.wrapping_add(row * PITCH), n) }.fill(E::Acc::ZERO);
        }
        if self.rows {
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

    /// Bytes at the start of scratch memory that hold the converted rows of `a`.
    fn head(&self) -> usize {
        (self.problem.m * self.problem.k * size_of::<E::Acc>()).next_multiple_of(64)
    }
}

impl<E: Elem<Acc: Real + Element> + Element> Kernel for Stream<E> {
    fn scratch(&self) -> usize {
        self.head() + self.slots * Self::SLOT * size_of::<E::Acc>()
    }

    unsafe fn run(&self, operands: &[*mut u8], scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let p = &self.problem;
        let (a, b) = if p.flipped { (B, A) } else { (A, B) };
        let rows = scratch.cast::<E::Acc>();
        for row in 0..p.m {
            let from = operands[a].cast::<E>().wrapping_offset(row as isize * p.a.row);
            // SAFETY: the start of scratch memory has room for the rows.
            let to = unsafe { std::slice::from_raw_parts_mut(rows.wrapping_add(row * p.k), p.k) };
            // SAFETY: a row of `a`.
            unsafe { widen_strided(from.cast_const(), p.a.col, to) };
        }
        let threads = self.slots.min(par.threads());
        // Narrower stretches when there would be too few of them for every thread.
        let stretch = p.n.div_ceil(threads).next_multiple_of(16).min(STRETCH);
        let parts = p.n.div_ceil(stretch);
        let next = AtomicUsize::new(0);
        let addend = if p.c.is_some() { operands[C] } else { std::ptr::null_mut() };
        let base = Operands([operands[OUT], operands[b], addend, scratch]);
        par.run(threads.min(parts), &|slot| {
            let base = &base;
            let [out, b, c, scratch] = base.0;
            let rows = scratch.cast::<E::Acc>();
            let slot = scratch.wrapping_add(self.head()).cast::<E::Acc>().wrapping_add(slot * Self::SLOT);
            loop {
                let part = next.fetch_add(1, Ordering::Relaxed);
                if part >= parts {
                    return;
                }
                let col = part * stretch;
                let n = (p.n - col).min(stretch);
                // SAFETY: columns `col..col + n` exist; `slot` is used by this call only.
                unsafe { self.sums(b.cast(), rows, col, n, slot) };
                for row in 0..p.m {
                    let sums = slot.wrapping_add(row * PITCH);
                    // SAFETY: written above.
                    let sums = unsafe { std::slice::from_raw_parts_mut(sums, n) };
                    if !self.alpha.is_one() {
                        sums.iter_mut().for_each(|s| *s = s.mul(self.alpha));
                    }
                    if let Some(strides) = p.c {
                        let c = c.cast::<E>().wrapping_offset(strides.at(row, col));
                        // SAFETY: `c` has the shape of `out`.
                        unsafe { add_strided(sums, c.cast_const(), strides.col, Some(self.beta)) };
                    }
                    let to = out.cast::<E>().wrapping_offset(p.out.at(row, col));
                    // SAFETY: columns of `out` that no other part has.
                    unsafe { narrow_strided(sums, to, p.out.col) };
                }
            }
        });
        Ok(())
    }
}
