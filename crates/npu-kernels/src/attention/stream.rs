//! Few rows, as in decoding: keys and values are read once, where they are.

use super::scores::{Row, Scores, State};
use super::{Acc, COLS, Problem, SLOTS, at};
use crate::isa::{Loop, LoopFn, pick};
use crate::iter::Operands;
use crate::lanes;
use crate::matmul::{Elem, widen_strided};
use crate::rows::Load;
use crate::{Fault, Kernel};
use npu_types::Parallel;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most rows of a key head that are computed this way.
pub(super) const ROWS: usize = 8;
/// Elements of a vector, whatever the processor's width.
const WIDTH: usize = 16;
/// Keys or values that are converted at a time: they stay in the first-level cache.
const PART: usize = 32;
/// Rows that are worked on together, so that keys and values are loaded once for all.
const GROUP: usize = 4;

/// Prepared attention of few rows.
pub(super) struct Stream<E: Elem<Acc: Acc>> {
    problem: Problem,
    scores: Scores<E::Acc>,
    load: Load<E::Acc>,
    dots: LoopFn<Dots<E::Acc>>,
    mix: LoopFn<Mix<E::Acc>>,
    plan: Plan,
}

/// Depths in whole vectors, and where things are in a thread's scratch memory, in elements.
struct Plan {
    depth: usize,
    depth_v: usize,
    q: usize,
    part: usize,
    scores: usize,
    sums: usize,
    len: usize,
    slots: usize,
}

/// Products of `rows` rows with `n` keys.
struct Dots<A> {
    q: *const A,
    rows: usize,
    /// Length of a row, whole vectors.
    depth: usize,
    k: *const A,
    pitch: usize,
    n: usize,
    out: *mut A,
    out_pitch: usize,
}

struct Dotting<A>(PhantomData<A>);

impl<A: Acc> Dotting<A> {
    /// Products of `R` rows from `first` on.
    ///
    /// # Safety
    /// As for the loop.
    #[inline(always)]
    unsafe fn rows<const R: usize, const FMA: bool>(args: &Dots<A>, first: usize) {
        for j in 0..args.n {
            let key = args.k.wrapping_add(j * args.pitch);
            let mut sums = [[A::ZERO; WIDTH]; R];
            for d in (0..args.depth).step_by(WIDTH) {
                // SAFETY: a vector of the key.
                let key = unsafe { key.wrapping_add(d).cast::<[A; WIDTH]>().read() };
                for (r, sums) in sums.iter_mut().enumerate() {
                    let q = args.q.wrapping_add((first + r) * args.depth + d);
                    // SAFETY: a vector of the row.
                    let q = unsafe { q.cast::<[A; WIDTH]>().read() };
                    for i in 0..WIDTH {
                        sums[i] = q[i].fma::<FMA>(key[i], sums[i]);
                    }
                }
            }
            for (r, sums) in sums.into_iter().enumerate() {
                let to = args.out.wrapping_add((first + r) * args.out_pitch + j);
                // SAFETY: the row of products has room.
                unsafe { to.write(lanes::tree(sums, &|a: A, b: A| a + b)) };
            }
        }
    }
}

impl<A: Acc> Loop for Dotting<A> {
    type Args = Dots<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Dots<A>) {
        let whole = args.rows / GROUP * GROUP;
        for first in (0..whole).step_by(GROUP) {
            // SAFETY: the same duties.
            unsafe { Self::rows::<GROUP, FMA>(args, first) };
        }
        match args.rows - whole {
            // SAFETY: the same duties.
            3 => unsafe { Self::rows::<3, FMA>(args, whole) },
            // SAFETY: the same duties.
            2 => unsafe { Self::rows::<2, FMA>(args, whole) },
            // SAFETY: the same duties.
            1 => unsafe { Self::rows::<1, FMA>(args, whole) },
            _ => {}
        }
    }
}

/// Adds `n` values, each times its factor, to the sums of `rows` rows.
struct Mix<A> {
    sums: *mut A,
    rows: usize,
    depth: usize,
    v: *const A,
    pitch: usize,
    n: usize,
    factors: *const A,
    factors_pitch: usize,
}

struct Mixing<A>(PhantomData<A>);

impl<A: Acc> Mixing<A> {
    /// Vectors `V` from depth `d` on, for `R` rows from `first` on.
    ///
    /// # Safety
    /// As for the loop.
    #[inline(always)]
    unsafe fn part<const R: usize, const V: usize, const FMA: bool>(args: &Mix<A>, first: usize, d: usize) {
        let at = |r: usize| args.sums.wrapping_add((first + r) * args.depth + d).cast::<[[A; WIDTH]; V]>();
        // SAFETY: vectors of the sums.
        let mut sums: [[[A; WIDTH]; V]; R] = std::array::from_fn(|r| unsafe { at(r).read() });
        for j in 0..args.n {
            let value = args.v.wrapping_add(j * args.pitch + d).cast::<[[A; WIDTH]; V]>();
            // SAFETY: vectors of the value.
            let value = unsafe { value.read() };
            for (r, sums) in sums.iter_mut().enumerate() {
                // SAFETY: the row's factor of this value.
                let factor =
                    unsafe { args.factors.wrapping_add((first + r) * args.factors_pitch + j).read() };
                for (sums, value) in sums.iter_mut().zip(&value) {
                    for i in 0..WIDTH {
                        sums[i] = value[i].fma::<FMA>(factor, sums[i]);
                    }
                }
            }
        }
        for (r, sums) in sums.into_iter().enumerate() {
            // SAFETY: as above.
            unsafe { at(r).write(sums) };
        }
    }

    /// # Safety
    /// As for the loop.
    #[inline(always)]
    unsafe fn rows<const R: usize, const FMA: bool>(args: &Mix<A>, first: usize) {
        let whole = args.depth / (4 * WIDTH) * (4 * WIDTH);
        for d in (0..whole).step_by(4 * WIDTH) {
            // SAFETY: the same duties.
            unsafe { Self::part::<R, 4, FMA>(args, first, d) };
        }
        for d in (whole..args.depth).step_by(WIDTH) {
            // SAFETY: the same duties.
            unsafe { Self::part::<R, 1, FMA>(args, first, d) };
        }
    }
}

impl<A: Acc> Loop for Mixing<A> {
    type Args = Mix<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Mix<A>) {
        let whole = args.rows / GROUP * GROUP;
        for first in (0..whole).step_by(GROUP) {
            // SAFETY: the same duties.
            unsafe { Self::rows::<GROUP, FMA>(args, first) };
        }
        match args.rows - whole {
            // SAFETY: the same duties.
            3 => unsafe { Self::rows::<3, FMA>(args, whole) },
            // SAFETY: the same duties.
            2 => unsafe { Self::rows::<2, FMA>(args, whole) },
            // SAFETY: the same duties.
            1 => unsafe { Self::rows::<1, FMA>(args, whole) },
            _ => {}
        }
    }
}

impl<E: Elem<Acc: Acc>> Stream<E> {
    pub(super) fn new(problem: Problem) -> Stream<E> {
        let p = &problem;
        let (depth, depth_v) = (p.depth.next_multiple_of(WIDTH), p.depth_v.next_multiple_of(WIDTH));
        let rows = p.group() * p.rows;
        let part = rows * depth;
        let scores = part + PART * depth.max(depth_v);
        let sums = scores + rows * COLS;
        let len = sums + rows * depth_v;
        let slots = (p.batch * p.key_heads).clamp(1, SLOTS);
        let plan = Plan { depth, depth_v, q: 0, part, scores, sums, len, slots };
        let dtype = p.views[at::K].dtype.unwrap_or(npu_types::DType::F32);
        Stream {
            scores: Scores::new(p),
            load: Load::new(dtype),
            dots: pick::<Dotting<E::Acc>>(),
            mix: pick::<Mixing<E::Acc>>(),
            plan,
            problem,
        }
    }

    /// `n` rows of an operand from `from` on: where they are, or converted into `room` with rows of `depth`. Answers the
    /// address and the distance of rows.
    ///
    /// # Safety
    /// The rows are readable; `room` has space for them.
    unsafe fn part(
        &self,
        from: *const E,
        [row, col]: [isize; 2],
        n: usize,
        given: usize,
        depth: usize,
        room: *mut E::Acc,
    ) -> (*const E::Acc, usize) {
        if E::EXACT && col == 1 && given == depth && row >= 0 {
            return (from.cast(), row as usize);
        }
        for j in 0..n {
            let to = room.wrapping_add(j * depth);
            let from = from.wrapping_offset(j as isize * row);
            if col == 1 {
                // SAFETY: a row of the operand, and room for it.
                unsafe { self.load.convert(from.cast(), given, to) };
            } else {
                // SAFETY: room for a row.
                let to = unsafe { std::slice::from_raw_parts_mut(to, given) };
                // SAFETY: a row of the operand.
                unsafe { widen_strided(from, col, to) };
            }
            // SAFETY: the rest of the room for this row.
            unsafe { to.wrapping_add(given).write_bytes(0, depth - given) };
        }
        (room, depth)
    }

    /// # Safety
    /// The operands are those of the problem, the slot is this thread's own.
    unsafe fn task(&self, base: &Operands<{ at::COUNT }>, batch: usize, key_head: usize, slot: *mut E::Acc) {
        let (p, plan) = (&self.problem, &self.plan);
        let rows = p.group() * p.rows;
        let index = |row: usize| [batch, key_head * p.group() + row / p.rows, row % p.rows];
        let (room, scores) = (slot.wrapping_add(plan.part), slot.wrapping_add(plan.scores));
        let (q, sums) = (slot.wrapping_add(plan.q), slot.wrapping_add(plan.sums));
        // SAFETY: this thread's scratch memory.
        unsafe { sums.write_bytes(0, rows * plan.depth_v) };
        let mut states = [State::<E::Acc>::START; ROWS];
        let mut seen = p.cols..0;
        for row in 0..rows {
            let [b, h, i] = index(row);
            let view = &p.views[at::Q];
            let from = base.0[at::Q].cast::<E>().wrapping_offset(view.at([b, h, i, 0]));
            // SAFETY: room for the row.
            let to = unsafe { std::slice::from_raw_parts_mut(q.wrapping_add(row * plan.depth), plan.depth) };
            // SAFETY: a row of the query.
            unsafe { widen_strided(from.cast_const(), view.strides[3], &mut to[..p.depth]) };
            to[p.depth..].fill(E::Acc::ZERO);
            let one = p.columns(b, i);
            if !one.is_empty() {
                seen = seen.start.min(one.start)..seen.end.max(one.end);
            }
        }
        let (k, v) = (&p.views[at::K], &p.views[at::V]);
        let mut col = seen.start;
        while col < seen.end {
            let n = (seen.end - col).min(COLS);
            for j in (0..n).step_by(PART) {
                let m = (n - j).min(PART);
                let from = base.0[at::K].cast::<E>().wrapping_offset(k.at([batch, key_head, col + j, 0]));
                let strides = [k.strides[2], k.strides[3]];
                // SAFETY: rows of the key, and room for them.
                let (k, pitch) = unsafe { self.part(from, strides, m, p.depth, plan.depth, room) };
                let out = scores.wrapping_add(j);
                let dots = Dots { q, rows, depth: plan.depth, k, pitch, n: m, out, out_pitch: COLS };
                // SAFETY: rows and keys of whole vectors, room for the products.
                unsafe { (self.dots)(&dots) };
            }
            for (row, state) in states[..rows].iter_mut().enumerate() {
                let [b, h, i] = index(row);
                let r =
                    Row { batch: b, head: h, row: i, col, n, whole: n, at: scores.wrapping_add(row * COLS) };
                // SAFETY: the products of this row have just been written.
                let largest = unsafe { self.scores.scores(p, base, &r) };
                let sums = sums.wrapping_add(row * plan.depth_v);
                // SAFETY: this row's sums.
                let sums = unsafe { std::slice::from_raw_parts_mut(sums, plan.depth_v) };
                // SAFETY: as above.
                unsafe { self.scores.probabilities(p, base, &r, largest, state, sums) };
            }
            for j in (0..n).step_by(PART) {
                let m = (n - j).min(PART);
                let from = base.0[at::V].cast::<E>().wrapping_offset(v.at([batch, key_head, col + j, 0]));
                let strides = [v.strides[2], v.strides[3]];
                // SAFETY: rows of the value, and room for them.
                let (v, pitch) = unsafe { self.part(from, strides, m, p.depth_v, plan.depth_v, room) };
                let (depth, factors) = (plan.depth_v, scores.wrapping_add(j));
                let mix = Mix { sums, rows, depth, v, pitch, n: m, factors, factors_pitch: COLS };
                // SAFETY: sums and values of whole vectors, a factor for each.
                unsafe { (self.mix)(&mix) };
            }
            col += n;
        }
        for (row, state) in states[..rows].iter().enumerate() {
            let sums = sums.wrapping_add(row * plan.depth_v);
            // SAFETY: this row's sums; no other task has the row.
            unsafe { self.scores.finish(p, base, index(row), sums, state) };
        }
    }
}

impl<E: Elem<Acc: Acc>> Kernel for Stream<E> {
    fn scratch(&self) -> usize {
        self.plan.len * size_of::<E::Acc>() * self.plan.slots
    }

    unsafe fn run(&self, operands: &[*mut u8], scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let (p, plan) = (&self.problem, &self.plan);
        if p.is_empty() {
            return Ok(());
        }
        let base = p.base(operands);
        let tasks = p.batch * p.key_heads;
        let next = AtomicUsize::new(0);
        let shared = Operands([scratch]);
        par.run(plan.slots.min(par.threads()).min(tasks), &|slot| {
            let slot = shared.addresses()[0].cast::<E::Acc>().wrapping_add(slot * plan.len);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= tasks {
                    return;
                }
                // SAFETY: the caller's duties; tasks have different rows and `slot` is used by this call only.
                unsafe { self.task(&base, number / p.key_heads, number % p.key_heads, slot) };
            }
        });
        Ok(())
    }
}
