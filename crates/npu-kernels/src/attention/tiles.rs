//! Many rows: scores and results by the tiles of matrix products.

use super::scores::{Row, Scores, State, clip};
use super::{Acc, COLS, Problem, SLOTS, at};
use crate::iter::Operands;
use crate::matmul::{AccOf, Elem, Kind, Panels, Strides, Tile};
use crate::{Fault, Kernel};
use npu_types::Parallel;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of packed rows and their sums that a task works on: they stay in the second-level cache.
const ROOM: usize = 384 << 10;
/// Sets rows of a packed panel apart, so that they do not fall into the same cache sets.
const SKEW: usize = 16;

/// Prepared attention of many rows.
pub(super) struct Tiles<K: Kind<Elem: Elem<Acc: Acc>>> {
    problem: Problem,
    scores: Scores<AccOf<K>>,
    tile: Tile<K::Packed, AccOf<K>>,
    plan: Plan,
}

/// Sizes, and where things are in a thread's scratch memory, in bytes.
#[derive(Default)]
struct Plan {
    /// Rows of a task, a multiple of the tile's.
    rows: usize,
    /// Steps of depth of the query and key.
    steps: usize,
    /// Depth of the value, a multiple of the tile's columns.
    depth_v: usize,
    /// Distances of rows: packed query, scores, packed probabilities.
    pitch_q: usize,
    pitch_s: usize,
    pitch_p: usize,
    q: usize,
    k: usize,
    v: usize,
    scores: usize,
    probabilities: usize,
    sums: usize,
    states: usize,
    bytes: usize,
    slots: usize,
}

impl Plan {
    fn new<K: Kind<Elem: Elem<Acc: Acc>>>(p: &Problem) -> Plan {
        let (packed, acc) = (size_of::<K::Packed>(), size_of::<AccOf<K>>());
        let all = p.group() * p.rows;
        let depth_v = p.depth_v.next_multiple_of(K::NR);
        let steps = p.depth.div_ceil(K::STEP);
        let room = ROOM / ((steps * packed + depth_v * acc).max(1));
        let rows = all.next_multiple_of(K::MR).min((room / K::MR).max(1) * K::MR);
        let mut plan = Plan { rows, steps, depth_v, ..Plan::default() };
        plan.pitch_q = steps + SKEW;
        plan.pitch_s = COLS + SKEW;
        let mut end = 0;
        let mut place = |bytes: usize| {
            let start = end;
            end += bytes.next_multiple_of(64);
            start
        };
        // Packing fills whole tiles, so the last one may reach past the rows.
        plan.q = place((rows + K::MR) * plan.pitch_q * packed);
        plan.k = place(steps * COLS * packed);
        plan.v = place(COLS.div_ceil(K::STEP) * depth_v * packed);
        plan.scores = place(K::MR * plan.pitch_s * acc);
        if K::SUMS_ARE_PACKED {
            (plan.probabilities, plan.pitch_p) = (plan.scores, plan.pitch_s);
        } else {
            plan.pitch_p = COLS / K::STEP + SKEW;
            plan.probabilities = place(K::MR * plan.pitch_p * packed);
        }
        plan.sums = place(rows * depth_v * acc);
        plan.states = place(rows * size_of::<State<AccOf<K>>>());
        plan.bytes = end;
        plan.slots = (p.batch * p.key_heads * all.div_ceil(rows.max(1))).clamp(1, SLOTS);
        plan
    }
}

/// Rows of one key head, numbered through the query heads that share it.
struct Task<'a> {
    base: &'a Operands<{ at::COUNT }>,
    batch: usize,
    key_head: usize,
    rows: Range<usize>,
    slot: *mut u8,
}

/// A block of columns.
#[derive(Clone, Copy)]
struct Block {
    col: usize,
    n: usize,
}

impl<K: Kind<Elem: Elem<Acc: Acc>>> Tiles<K> {
    pub(super) fn new(problem: Problem) -> Tiles<K> {
        let plan = Plan::new::<K>(&problem);
        let scores = Scores::new(&problem);
        Tiles { scores, tile: K::tile(), plan, problem }
    }

    /// Head and row of a task's row.
    fn index(&self, task: &Task, row: usize) -> [usize; 3] {
        let p = &self.problem;
        [task.batch, task.key_head * p.group() + row / p.rows, row % p.rows]
    }

    /// Columns that some of a task's rows see.
    fn visible(&self, batch: usize, rows: Range<usize>) -> Range<usize> {
        let p = &self.problem;
        let mut seen = p.cols..0;
        for row in rows {
            let one = p.columns(batch, row % p.rows);
            if !one.is_empty() {
                seen = seen.start.min(one.start)..seen.end.max(one.end);
            }
        }
        seen
    }

    /// # Safety
    /// The operands are those of the problem, the slot is this thread's own.
    unsafe fn pack_rows(&self, task: &Task) {
        let (p, plan) = (&self.problem, &self.plan);
        let view = &p.views[at::Q];
        let to = task.slot.wrapping_add(plan.q).cast::<K::Packed>();
        let strides = Strides { row: view.strides[2], col: view.strides[3] };
        let mut row = task.rows.start;
        while row < task.rows.end {
            let [batch, head, i] = self.index(task, row);
            let n = (p.rows - i).min(task.rows.end - row).min(K::MR);
            let src = task.base.0[at::Q].cast::<K::Elem>().wrapping_offset(view.at([batch, head, i, 0]));
            let dst = to.wrapping_add((row - task.rows.start) * plan.pitch_q);
            // SAFETY: rows of the query; a whole tile fits, and what is past these rows is overwritten by the next.
            unsafe { K::pack_a(src, strides, n, p.depth, dst, plan.pitch_q) };
            row += n;
        }
    }

    /// # Safety
    /// As for [`Tiles::pack_rows`].
    unsafe fn pack_block(&self, task: &Task, block: Block) {
        let (p, plan) = (&self.problem, &self.plan);
        let (k, v) = (&p.views[at::K], &p.views[at::V]);
        let first = [task.batch, task.key_head, block.col, 0];
        let keys = task.base.0[at::K].cast::<K::Elem>().wrapping_offset(k.at(first));
        let to = task.slot.wrapping_add(plan.k).cast::<K::Packed>();
        for j in (0..block.n).step_by(K::NR) {
            let src = keys.wrapping_offset(j as isize * k.strides[2]);
            let strides = Strides { row: k.strides[3], col: k.strides[2] };
            let dst = to.wrapping_add(j * plan.steps);
            // SAFETY: rows of the key; the panel lies in this thread's scratch memory.
            unsafe { K::pack_b(src, strides, p.depth, (block.n - j).min(K::NR), dst) };
        }
        let values = task.base.0[at::V].cast::<K::Elem>().wrapping_offset(v.at(first));
        let to = task.slot.wrapping_add(plan.v).cast::<K::Packed>();
        for d in (0..p.depth_v).step_by(K::NR) {
            let src = values.wrapping_offset(d as isize * v.strides[3]);
            let strides = Strides { row: v.strides[2], col: v.strides[3] };
            let dst = to.wrapping_add(d * block.n.div_ceil(K::STEP));
            // SAFETY: rows of the value; the panel lies in this thread's scratch memory.
            unsafe { K::pack_b(src, strides, block.n, (p.depth_v - d).min(K::NR), dst) };
        }
    }

    /// One tile's rows of a block: scores, probabilities, and their products with the value.
    ///
    /// # Safety
    /// As for [`Tiles::pack_rows`]; the rows and the block are packed, `seen` is the part of it that some row sees.
    unsafe fn step(&self, task: &Task, first: usize, n: usize, block: Block, seen: Range<usize>) {
        let (p, plan) = (&self.problem, &self.plan);
        let at = |offset: usize| task.slot.wrapping_add(offset);
        let local = first - task.rows.start;
        // Whole panels.
        let start = seen.start / K::NR * K::NR;
        let len = seen.end - start;
        let scores = at(plan.scores).cast::<AccOf<K>>();
        let q = at(plan.q).cast::<K::Packed>().wrapping_add(local * plan.pitch_q);
        for j in (0..len).step_by(K::NR) {
            let b = at(plan.k).cast::<K::Packed>().wrapping_add((start + j) * plan.steps);
            let (steps, pitch, acc) = (plan.steps, plan.pitch_q, scores.wrapping_add(j));
            let panels = Panels { steps, a: q, pitch, b, acc, acc_pitch: plan.pitch_s as isize, add: false };
            // SAFETY: both panels are packed; a block has room for whole tiles.
            unsafe { (self.tile)(&panels) };
        }
        let packed = at(plan.probabilities).cast::<K::Packed>();
        let states = at(plan.states).cast::<State<AccOf<K>>>().wrapping_add(local);
        let sums = at(plan.sums).cast::<AccOf<K>>().wrapping_add(local * plan.depth_v);
        for i in 0..n {
            let [batch, head, row] = self.index(task, first + i);
            let r = Row {
                batch,
                head,
                row,
                col: block.col + start,
                n: len,
                whole: len.next_multiple_of(K::NR),
                at: scores.wrapping_add(i * plan.pitch_s),
            };
            // SAFETY: the tiles have written the products of this row.
            let largest = unsafe { self.scores.scores(p, task.base, &r) };
            // SAFETY: this row's state.
            let state = unsafe { &mut *states.wrapping_add(i) };
            let sums = sums.wrapping_add(i * plan.depth_v);
            // SAFETY: this row's sums.
            let sums = unsafe { std::slice::from_raw_parts_mut(sums, plan.depth_v) };
            // SAFETY: the scores have just been written.
            unsafe { self.scores.probabilities(p, task.base, &r, largest, state, sums) };
            if !K::SUMS_ARE_PACKED {
                // SAFETY: a row of scores; room for as many packed ones.
                unsafe { K::pack_sums(r.at, len, packed.wrapping_add(i * plan.pitch_p)) };
            }
        }
        for d in (0..p.depth_v).step_by(K::NR) {
            let b = at(plan.v).cast::<K::Packed>().wrapping_add(d * block.n.div_ceil(K::STEP));
            let b = b.wrapping_add(start / K::STEP * K::NR);
            let (steps, acc) = (len.div_ceil(K::STEP), sums.wrapping_add(d));
            let (pitch, acc_pitch) = (plan.pitch_p, plan.depth_v as isize);
            // SAFETY: the probabilities' rows are packed; what rows past the last one yield is not looked at, but the sums
            // have room for it.
            unsafe { (self.tile)(&Panels { steps, a: packed, pitch, b, acc, acc_pitch, add: true }) };
        }
    }

    /// # Safety
    /// As for [`Tiles::pack_rows`].
    unsafe fn task(&self, task: &Task) {
        let (p, plan) = (&self.problem, &self.plan);
        let sums = task.slot.wrapping_add(plan.sums).cast::<AccOf<K>>();
        let states = task.slot.wrapping_add(plan.states).cast::<State<AccOf<K>>>();
        let n = task.rows.len();
        // SAFETY: room for the rows' sums; zeros are numbers.
        unsafe { sums.write_bytes(0, n.next_multiple_of(K::MR) * plan.depth_v) };
        for i in 0..n {
            // SAFETY: room for a state of each row.
            unsafe { states.wrapping_add(i).write(State::START) };
        }
        // SAFETY: the caller's duty.
        unsafe { self.pack_rows(task) };
        let seen = self.visible(task.batch, task.rows.clone());
        let mut col = seen.start / COLS * COLS;
        while col < seen.end {
            let block = Block { col, n: (p.cols - col).min(COLS) };
            // SAFETY: the caller's duty.
            unsafe { self.pack_block(task, block) };
            for first in task.rows.clone().step_by(K::MR) {
                let n = (task.rows.end - first).min(K::MR);
                let part = clip(&self.visible(task.batch, first..first + n), col, block.n);
                if !part.is_empty() {
                    // SAFETY: rows and block are packed.
                    unsafe { self.step(task, first, n, block, part) };
                }
            }
            col += COLS;
        }
        for (i, row) in task.rows.clone().enumerate() {
            // SAFETY: this row's state.
            let state = unsafe { &*states.wrapping_add(i) };
            let (index, sums) = (self.index(task, row), sums.wrapping_add(i * plan.depth_v));
            // SAFETY: this row's sums; no other task has the row.
            unsafe { self.scores.finish(p, task.base, index, sums, state) };
        }
    }
}

impl<K: Kind<Elem: Elem<Acc: Acc>>> Kernel for Tiles<K> {
    fn scratch(&self) -> usize {
        self.plan.bytes * self.plan.slots
    }

    unsafe fn run(&self, operands: &[*mut u8], scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let (p, plan) = (&self.problem, &self.plan);
        if p.is_empty() {
            return Ok(());
        }
        let base = p.base(operands);
        let threads = plan.slots.min(par.threads());
        let (pairs, all) = (p.batch * p.key_heads, p.group() * p.rows);
        // Enough tasks that uneven ones even out.
        let wanted = if threads == 1 { 1 } else { (4 * threads).div_ceil(pairs) };
        let rows = all.div_ceil(wanted).next_multiple_of(K::MR).min(plan.rows);
        let parts = all.div_ceil(rows);
        let tasks = pairs * parts;
        let next = AtomicUsize::new(0);
        let shared = Operands([scratch]);
        par.run(threads.min(tasks), &|slot| {
            let slot = shared.addresses()[0].wrapping_add(slot * plan.bytes);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= tasks {
                    return;
                }
                let (pair, part) = (number / parts, number % parts);
                let task = Task {
                    base: &base,
                    batch: pair / p.key_heads,
                    key_head: pair % p.key_heads,
                    rows: part * rows..((part + 1) * rows).min(all),
                    slot,
                };
                // SAFETY: the caller's duties; tasks have different rows and `slot` is used by this call only.
                unsafe { self.task(&task) };
            }
        });
        Ok(())
    }
}
