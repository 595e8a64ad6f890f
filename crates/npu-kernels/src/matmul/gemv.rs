//! Products of few rows: the matrix `b` is streamed once, without packing.

mod plain;
#[cfg(target_arch = "x86_64")]
mod wide;

use super::finish::{Finish, Sums};
use super::kind::{Elem, Num};
use super::{A, B, C, MatmulScale, OUT, Problem};
#[cfg(target_arch = "x86_64")]
use super::{amx, micro::x86::Pairs, pack};
use crate::isa::{LoopFn, pick};
use crate::iter::Operands;
use crate::{Fault, Kernel};
use npu_types::{DType, Parallel, bf16, f16};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use plain::Plain;
#[cfg(target_arch = "x86_64")]
use wide::Wide;

/// Columns that are worked on at a time.
const STRETCH: usize = 1008;
/// Elements from one row of sums to the next: a power of two would put all rows into the same cache sets.
const PITCH: usize = STRETCH + 80;
/// The most threads; each has its own scratch memory.
const SLOTS: usize = 8;
/// Rows that are converted together.
const DOZEN: usize = 12;
/// Elements of `b` that are worth another thread.
const GRAIN: usize = 1 << 18;
/// Elements of `b` from which on several rows are computed this way.
const WORTH: usize = 1 << 16;

/// Columns of a product of few rows: `sums` receives a row of `n` sums for each row of `a`, [`PITCH`] apart.
pub(super) struct Part<E, L, N> {
    /// Converted rows of `a`.
    a: *const L,
    b: *const E,
    col: usize,
    n: usize,
    sums: *mut N,
    /// More scratch memory.
    room: *mut N,
}

/// The loops.
pub(super) trait Inner: Send + Sync + Sized + 'static {
    /// In memory.
    type Elem: Elem;
    /// In converted rows of `a`.
    type Lane: Copy;
    /// Sums that [`Part::room`] has space for.
    const ROOM: usize;

    fn new() -> Self;

    /// The most rows that are better computed this way.
    fn most(p: &Problem) -> usize;

    /// The most columns that are worked on at a time. More than [`STRETCH`] only of one row.
    fn stretch(_p: &Problem) -> usize {
        STRETCH
    }

    /// Lanes from one converted row to the next.
    fn pitch(k: usize) -> usize;

    /// Converts rows of `a`, from a multiple of a dozen on.
    ///
    /// # Safety
    /// `a` is readable as the problem says; `to` has room for all rows, rounded up to dozens.
    unsafe fn convert(p: &Problem, a: *const Self::Elem, rows: Range<usize>, to: *mut Self::Lane);

    /// Computes sums.
    ///
    /// # Safety
    /// The columns exist; the other pointers are as [`Part`] says.
    unsafe fn sums(&self, p: &Problem, part: &Part<Self::Elem, Self::Lane, AccOf<Self>>);
}

type AccOf<I> = <<I as Inner>::Elem as Elem>::Acc;

/// A prepared product of few rows.
pub(super) struct Stream<I: Inner> {
    problem: Problem,
    alpha: AccOf<I>,
    beta: AccOf<I>,
    slots: usize,
    inner: I,
    finish: LoopFn<Sums<I::Elem>>,
}

/// The product, if it is better computed this way.
pub(super) fn stream(dtype: DType, p: &Problem, scale: Option<MatmulScale>) -> Option<Box<dyn Kernel>> {
    fn boxed<I: Inner>(p: &Problem, scale: Option<MatmulScale>) -> Option<Box<dyn Kernel>> {
        Stream::<I>::new(p, scale).map(|stream| Box::new(stream) as Box<dyn Kernel>)
    }
    #[cfg(target_arch = "x86_64")]
    if dtype == DType::BF16 && amx::able() && p.m > amx::FEW {
        return None;
    }
    #[cfg(target_arch = "x86_64")]
    if pack::able() {
        match dtype {
            DType::F32 => return boxed::<Wide<f32>>(p, scale),
            DType::F16 => return boxed::<Wide<f16>>(p, scale),
            DType::BF16 if pack::pairs_fast() => return boxed::<Wide<Pairs>>(p, scale),
            DType::BF16 => return boxed::<Wide<bf16>>(p, scale),
            _ => {}
        }
    }
    match dtype {
        DType::F32 => boxed::<Plain<f32>>(p, scale),
        DType::F16 => boxed::<Plain<f16>>(p, scale),
        DType::BF16 => boxed::<Plain<bf16>>(p, scale),
        DType::F64 => boxed::<Plain<f64>>(p, scale),
        _ => None,
    }
}

impl<I: Inner> Stream<I> {
    /// The product, if it has few rows, and columns or rows of `b` are contiguous.
    fn new(p: &Problem, scale: Option<MatmulScale>) -> Option<Stream<I>> {
        let few = p.m == 1 || (p.m <= I::most(p) && p.n * p.k >= WORTH);
        if !(few && p.k > 0 && p.batch.len() == 1 && (p.b.col == 1 || p.b.row == 1)) {
            return None;
        }
        Some(Stream {
            problem: p.clone(),
            alpha: scale.map_or(AccOf::<I>::ONE, |s| AccOf::<I>::from_scalar(s.alpha)),
            beta: scale.map_or(AccOf::<I>::ZERO, |s| AccOf::<I>::from_scalar(s.beta)),
            slots: (p.n * p.k / GRAIN).clamp(1, SLOTS),
            inner: I::new(),
            finish: pick::<Finish<I::Elem>>(),
        })
    }

    /// Bytes at the start of scratch memory that hold the converted rows of `a`. Rows are converted by the dozen.
    fn head(&self) -> usize {
        (self.problem.m.next_multiple_of(DOZEN) * I::pitch(self.problem.k) * size_of::<I::Lane>())
            .next_multiple_of(64)
    }

    /// Sums of one thread's scratch memory.
    fn slot(&self) -> usize {
        let rows = if self.problem.m == 1 { I::stretch(&self.problem) } else { 0 };
        rows.max(self.problem.m * PITCH) + I::ROOM
    }
}

impl<I: Inner> Kernel for Stream<I> {
    fn scratch(&self) -> usize {
        self.head() + self.slots * self.slot() * size_of::<AccOf<I>>()
    }

    unsafe fn run(&self, operands: &[*mut u8], scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let p = &self.problem;
        if p.m == 0 || p.n == 0 {
            return Ok(());
        }
        let (a, b) = if p.flipped { (B, A) } else { (A, B) };
        let threads = self.slots.min(par.threads());
        let converters = if p.m * p.k < GRAIN { 1 } else { threads.min(p.m.div_ceil(DOZEN)) };
        let whole = Operands([operands[a], scratch]);
        par.run(converters, &|part| {
            let whole = &whole;
            let [a, to] = whole.0;
            let edge = |part: usize| (p.m * part / converters / DOZEN * DOZEN).min(p.m);
            let rows = edge(part)..if part + 1 == converters { p.m } else { edge(part + 1) };
            // SAFETY: `a` is readable, the caller's duty; scratch memory starts with room for its rows.
            unsafe { I::convert(p, a.cast::<I::Elem>(), rows, to.cast()) };
        });
        // As many parts for every thread, of equal size.
        let most = I::stretch(p);
        let stretch = p.n.div_ceil(threads * p.n.div_ceil(threads * most)).next_multiple_of(48).min(most);
        let parts = p.n.div_ceil(stretch);
        let next = AtomicUsize::new(0);
        let addend = if p.c.is_some() { operands[C] } else { std::ptr::null_mut() };
        let base = Operands([operands[OUT], operands[b], addend, scratch]);
        par.run(threads.min(parts), &|slot| {
            let base = &base;
            let [out, b, c, scratch] = base.0;
            let sums = scratch.wrapping_add(self.head()).cast::<AccOf<I>>().wrapping_add(slot * self.slot());
            loop {
                let part = next.fetch_add(1, Ordering::Relaxed);
                if part >= parts {
                    return;
                }
                let col = part * stretch;
                let n = (p.n - col).min(stretch);
                let room = sums.wrapping_add(self.slot() - I::ROOM);
                let part =
                    Part { a: scratch.cast_const().cast(), b: b.cast_const().cast(), col, n, sums, room };
                // SAFETY: columns `col..col + n` exist; `slot` is used by this call only.
                unsafe { self.inner.sums(p, &part) };
                let at = |s: super::Strides| (s.at(0, col), s);
                let sums = Sums {
                    sums: sums.cast_const(),
                    pitch: PITCH as isize,
                    rows: p.m,
                    cols: n,
                    alpha: self.alpha,
                    beta: self.beta,
                    c: p.c
                        .map(at)
                        .map(|(first, s)| (c.cast::<I::Elem>().cast_const().wrapping_offset(first), s)),
                    held: false,
                    out: out.cast::<I::Elem>().wrapping_offset(p.out.at(0, col)),
                    strides: p.out,
                };
                // SAFETY: the sums were computed; columns of `out` that no other part has.
                unsafe { (self.finish)(&sums) };
            }
        });
        Ok(())
    }
}
