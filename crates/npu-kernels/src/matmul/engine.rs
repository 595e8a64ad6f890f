//! The blocked product: panels are packed (and converted) into scratch memory, a microkernel multiplies them.

use super::finish::{Finish, Sums};
use super::kind::{Elem, Num};
use super::micro::{Panels, Tile};
use super::{A, B, C, MatmulScale, OUT, Problem, Strides};
use crate::isa::{LoopFn, pick};
use crate::{Fault, Kernel};
use npu_types::Parallel;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Steps of a packed block: panels this deep stream from the second-level cache, and outputs are seldom revisited.
const DEPTH: usize = 512;
/// Rows whose packed `a` stays in the second-level cache.
const CHUNK: usize = 192;
/// Rows of a block, for which `b` is packed once.
const ROWS: usize = 1536;
/// Columns of a block, for which `a` is packed once.
const COLS: usize = 1024;
/// The most threads that one product uses; each has its own scratch memory.
const SLOTS: usize = 8;
/// Multiplications that are worth another thread.
const GRAIN: usize = 1 << 20;
/// Sets rows of a packed panel of `a` apart, so that they do not fall into the same cache sets.
const SKEW: usize = 16;
/// Steps from which on rows are set apart.
const SKEWED: usize = 256;

/// What distinguishes products by element type and processor.
pub(crate) trait Kind: Send + Sync + 'static {
    /// In memory.
    type Elem: Elem;
    /// In panels.
    type Packed: Copy + Send + Sync;
    /// Elements of depth in one packed element.
    const STEP: usize;
    /// Panels hold a multiple of so many steps; what is beyond the depth is zero.
    const STEPS: usize = 1;
    /// The most steps of a packed block.
    const DEPTH: usize = DEPTH;
    /// Rows of a tile.
    const MR: usize;
    /// Columns of a tile.
    const NR: usize;

    /// Steps of a panel of `depth` elements.
    fn steps(depth: usize) -> usize {
        depth.div_ceil(Self::STEP).next_multiple_of(Self::STEPS)
    }

    /// Packs `rows` (at most `MR`) rows of `depth` elements, row by row with the given pitch; missing rows and
    /// the depth up to whole steps are zero.
    ///
    /// # Safety
    /// The elements that `src` and `strides` name are readable; `dst` has room for `MR` times `pitch`.
    unsafe fn pack_a(
        src: *const Self::Elem,
        strides: Strides,
        rows: usize,
        depth: usize,
        dst: *mut Self::Packed,
        pitch: usize,
    );

    /// Packs `depth` rows of `cols` (at most `NR`) columns, in rows of `NR`; missing columns are zero.
    ///
    /// # Safety
    /// The elements that `src` and `strides` name are readable; `dst` has room for `NR` times the steps of `depth`.
    unsafe fn pack_b(
        src: *const Self::Elem,
        strides: Strides,
        depth: usize,
        cols: usize,
        dst: *mut Self::Packed,
    );

    /// Whether a row of sums is a row of a panel of `a` as it is.
    const SUMS_ARE_PACKED: bool;

    /// Packs a row of `depth` sums as [`Kind::pack_a`] packs a row of elements.
    ///
    /// # Safety
    /// `src` has `depth` elements, `dst` room for as many steps as that takes.
    unsafe fn pack_sums(src: *const AccOf<Self>, depth: usize, dst: *mut Self::Packed);

    /// The code for one tile.
    fn tile() -> Tile<Self::Packed, AccOf<Self>>;
}

/// What a kind sums in.
pub(crate) type AccOf<K> = <<K as Kind>::Elem as Elem>::Acc;

/// A prepared product.
pub(super) struct Product<K: Kind> {
    problem: Problem,
    alpha: AccOf<K>,
    beta: AccOf<K>,
    plan: Plan,
    tile: Tile<K::Packed, AccOf<K>>,
    finish: LoopFn<Sums<K::Elem>>,
}

/// Sizes of blocks and of a thread's scratch memory, in bytes from its start.
struct Plan {
    rows: usize,
    cols: usize,
    chunk: usize,
    depth: usize,
    pitch: usize,
    b: usize,
    sums: usize,
    tile: usize,
    bytes: usize,
    slots: usize,
}

impl Plan {
    fn new<K: Kind>(p: &Problem) -> Plan {
        let packed = size_of::<K::Packed>();
        let acc = size_of::<AccOf<K>>();
        let rows = p.m.next_multiple_of(K::MR).min(ROWS / K::MR * K::MR);
        let cols = p.n.next_multiple_of(K::NR).min(COLS / K::NR * K::NR);
        let chunk = even(rows, CHUNK / K::MR * K::MR, K::MR);
        let depth = even(p.k.max(1), K::DEPTH * K::STEP, 16 * K::STEP);
        let steps = K::steps(p.k.min(depth));
        let pitch = if steps < SKEWED || K::STEPS > 1 { steps } else { steps.next_multiple_of(16) + SKEW };
        let aligned = |bytes: usize| bytes.next_multiple_of(64);
        let b = aligned(chunk * pitch * packed);
        let sums = b + aligned(steps * cols * packed);
        let kept = if !K::Elem::EXACT && p.k > depth { rows * cols * acc } else { 0 };
        let tile = sums + aligned(kept);
        let bytes = tile + aligned(K::MR * K::NR * acc);
        let work = p.m * p.n * p.k.max(1) * p.batch.len();
        let slots = (work / GRAIN).clamp(1, SLOTS);
        Plan { rows, cols, chunk, depth, pitch, b, sums, tile, bytes, slots }
    }
}

/// The size of the fewest equal parts of `n` that are at most `most`, in units.
fn even(n: usize, most: usize, unit: usize) -> usize {
    n.div_ceil(n.div_ceil(most).max(1)).next_multiple_of(unit).clamp(unit, most)
}

impl<K: Kind> Product<K> {
    pub(super) fn new(problem: Problem, scale: Option<MatmulScale>) -> Product<K> {
        let (mut alpha, mut beta) = (AccOf::<K>::ONE, AccOf::<K>::ZERO);
        if let Some(scale) = scale {
            alpha = AccOf::<K>::from_scalar(scale.alpha);
            beta = AccOf::<K>::from_scalar(scale.beta);
        }
        let plan = Plan::new::<K>(&problem);
        Product { problem, alpha, beta, plan, tile: K::tile(), finish: pick::<Finish<K::Elem>>() }
    }
}

/// The addresses of one product, of one batch position.
struct Base<E> {
    out: *mut E,
    a: *const E,
    b: *const E,
    c: *const E,
}

impl<K: Kind> Product<K> {
    /// Computes one block.
    ///
    /// # Safety
    /// As for [`Kernel::run`]; `slot` is this thread's own scratch memory.
    unsafe fn block(&self, base: &Base<K::Elem>, at: Block, slot: *mut u8) {
        let (p, plan) = (&self.problem, &self.plan);
        let packed_a = slot.cast::<K::Packed>();
        let packed_b = slot.wrapping_add(plan.b).cast::<K::Packed>();
        for first in (0..p.k).step_by(plan.depth) {
            let depth = (p.k - first).min(plan.depth);
            let steps = K::steps(depth);
            let pass = Pass { first: first == 0, last: first + depth == p.k };
            for j in (0..at.cols).step_by(K::NR) {
                let src = base.b.wrapping_offset(p.b.at(first, at.col + j));
                let dst = packed_b.wrapping_add(j * steps);
                // SAFETY: rows `first..first + depth` of `b` exist; the panel lies in this thread's scratch memory.
                unsafe { K::pack_b(src, p.b, depth, (at.cols - j).min(K::NR), dst) };
            }
            for top in (0..at.rows).step_by(plan.chunk) {
                let rows = (at.rows - top).min(plan.chunk);
                for i in (0..rows).step_by(K::MR) {
                    let src = base.a.wrapping_offset(p.a.at(at.row + top + i, first));
                    let dst = packed_a.wrapping_add(i * plan.pitch);
                    // SAFETY: columns `first..first + depth` of `a` exist; the panel lies in scratch memory.
                    unsafe { K::pack_a(src, p.a, (rows - i).min(K::MR), depth, dst, plan.pitch) };
                }
                for j in (0..at.cols).step_by(K::NR) {
                    for i in (0..rows).step_by(K::MR) {
                        let a = packed_a.wrapping_add(i * plan.pitch).cast_const();
                        let panels = (a, packed_b.wrapping_add(j * steps).cast_const());
                        let part = Block {
                            row: top + i,
                            col: j,
                            rows: (rows - i).min(K::MR),
                            cols: (at.cols - j).min(K::NR),
                        };
                        // SAFETY: both panels were packed above; the part lies within the block.
                        unsafe { self.part(base, &at, &part, steps, panels, slot, pass) };
                    }
                }
            }
        }
    }

    /// Multiplies two panels: into the output where nothing else is to be done, else by way of scratch memory.
    ///
    /// # Safety
    /// As for [`Product::block`]; `part` lies within `at`, the panels hold `steps`.
    #[expect(clippy::too_many_arguments, reason = "the position within four loops")]
    unsafe fn part(
        &self,
        base: &Base<K::Elem>,
        at: &Block,
        part: &Block,
        steps: usize,
        (a, b): (*const K::Packed, *const K::Packed),
        slot: *mut u8,
        pass: Pass,
    ) {
        let (p, plan) = (&self.problem, &self.plan);
        let (row, col) = (at.row + part.row, at.col + part.col);
        let out = base.out.wrapping_offset(p.out.at(row, col));
        let whole = part.rows == K::MR && part.cols == K::NR;
        let plain = self.alpha.is_one() && (p.c.is_none() || !pass.first);
        let direct = K::Elem::EXACT && whole && plain && p.out.col == 1;
        let keep = !(K::Elem::EXACT || pass.first && pass.last);
        let (acc, acc_pitch) = if direct {
            (out.cast::<AccOf<K>>(), p.out.row)
        } else if keep {
            let kept = slot.wrapping_add(plan.sums).cast::<AccOf<K>>();
            (kept.wrapping_add(part.row * plan.cols + part.col), plan.cols as isize)
        } else {
            (slot.wrapping_add(plan.tile).cast(), K::NR as isize)
        };
        let add = (direct || keep) && !pass.first;
        if !direct && p.out.col == 1 {
            for i in 0..part.rows {
                fetch(out.wrapping_offset(i as isize * p.out.row), part.cols);
            }
        }
        // SAFETY: the panels are packed; there is room for a whole tile, which an earlier pass wrote if it is added to.
        unsafe { (self.tile)(&Panels { steps, a, pitch: plan.pitch, b, acc, acc_pitch, add }) };
        if direct || keep && !pass.last {
            return;
        }
        let held = K::Elem::EXACT && !pass.first;
        let sums = Sums {
            sums: acc,
            pitch: acc_pitch,
            rows: part.rows,
            cols: part.cols,
            alpha: self.alpha,
            beta: self.beta,
            // The addend is in what the output holds.
            c: p.c.filter(|_| !held).map(|strides| (base.c.wrapping_offset(strides.at(row, col)), strides)),
            held,
            out,
            strides: p.out,
        };
        // SAFETY: the sums were computed; the part lies within `out` and `c`.
        unsafe { (self.finish)(&sums) };
    }

    /// `beta * c`, or zeros: products of no depth.
    ///
    /// # Safety
    /// As for [`Kernel::run`].
    unsafe fn scale_only(&self, base: &Base<K::Elem>) {
        let p = &self.problem;
        let zeros = [AccOf::<K>::ZERO; COLS];
        for (row, col) in (0..p.m).flat_map(|row| (0..p.n).step_by(COLS).map(move |col| (row, col))) {
            let sums = Sums {
                sums: zeros.as_ptr(),
                pitch: 0,
                rows: 1,
                cols: (p.n - col).min(COLS),
                alpha: AccOf::<K>::ONE,
                beta: self.beta,
                c: p.c.map(|strides| (base.c.wrapping_offset(strides.at(row, col)), strides)),
                held: false,
                out: base.out.wrapping_offset(p.out.at(row, col)),
                strides: p.out,
            };
            // SAFETY: a part of one row.
            unsafe { (self.finish)(&sums) };
        }
    }
}

/// Brings `n` elements into the cache; the address may be any.
#[inline(always)]
pub(super) fn fetch<E>(from: *const E, n: usize) {
    #[cfg(target_arch = "x86_64")]
    for at in (0..n * size_of::<E>()).step_by(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a hint, which never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast::<i8>().wrapping_add(at)) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (from, n);
}

/// A part of the output.
#[derive(Clone, Copy)]
struct Block {
    row: usize,
    col: usize,
    rows: usize,
    cols: usize,
}

/// Where a pass over the depth stands.
#[derive(Clone, Copy)]
struct Pass {
    first: bool,
    last: bool,
}

impl Strides {
    #[inline(always)]
    pub(super) fn at(self, row: usize, col: usize) -> isize {
        row as isize * self.row + col as isize * self.col
    }
}

/// Addresses that cross threads.
struct Shared<'a>(&'a [*mut u8], *mut u8);

// SAFETY: only addresses; `Kernel::run` promises that they may be used from any thread until it returns.
unsafe impl Sync for Shared<'_> {}

impl<K: Kind> Kernel for Product<K> {
    fn scratch(&self) -> usize {
        if self.problem.k == 0 { 0 } else { self.plan.bytes * self.plan.slots }
    }

    unsafe fn run(&self, operands: &[*mut u8], scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let (p, plan) = (&self.problem, &self.plan);
        if p.m == 0 || p.n == 0 {
            return Ok(());
        }
        let base = |operands: &[*mut u8], batch: usize| {
            let offsets = p.batch.seek(batch).offsets;
            let element =
                |operand: usize, i: usize| operands[operand].cast::<K::Elem>().wrapping_offset(offsets[i]);
            let (a, b) = if p.flipped { (B, A) } else { (A, B) };
            let c = if p.c.is_some() { element(C, C) } else { std::ptr::null_mut() };
            Base { out: element(OUT, OUT), a: element(a, A), b: element(b, B), c }
        };
        if p.k == 0 {
            for batch in 0..p.batch.len() {
                // SAFETY: the same duties.
                unsafe { self.scale_only(&base(operands, batch)) };
            }
            return Ok(());
        }
        let threads = plan.slots.min(par.threads());
        let work = Blocks::new([p.batch.len(), p.m, p.n], [K::MR, K::NR], [plan.rows, plan.cols], threads);
        let shared = Shared(operands, scratch);
        par.run(threads.min(work.total), &|slot| {
            let shared = &shared;
            let slot = shared.1.wrapping_add(slot * plan.bytes);
            while let Some((batch, at)) = work.take() {
                // SAFETY: the caller's duties are the same; blocks do not overlap and `slot` is used by this call only.
                unsafe { self.block(&base(shared.0, batch), at, slot) };
            }
        });
        Ok(())
    }
}

/// The fewest panels of `b` that are worth packing `a` again.
const FEWEST: usize = 4;

/// Blocks that threads take one after the other: large ones first, then smaller ones, so that all end at the same time
/// whatever else the processor does.
struct Blocks {
    m: usize,
    n: usize,
    /// Columns of a panel.
    nr: usize,
    /// Rows of a block.
    rows: usize,
    /// Blocks below each other.
    down: usize,
    /// Panels beside each other.
    panels: usize,
    /// The most panels of a block.
    widest: usize,
    threads: usize,
    /// Panels of all blocks.
    total: usize,
    taken: AtomicUsize,
}

impl Blocks {
    /// Of products of `m` rows and `n` columns, of whole tiles as far as there are any, and at most so large.
    fn new([batch, m, n]: [usize; 3], [mr, nr]: [usize; 2], most: [usize; 2], threads: usize) -> Blocks {
        let panels = n.div_ceil(nr);
        let mut rows = even(m, most[0], mr);
        let blocks = |rows| m.div_ceil(rows) * panels.div_ceil(FEWEST) * batch;
        while threads > 1 && blocks(rows) < 2 * threads && rows > FEWEST * mr {
            rows = rows.div_ceil(2).next_multiple_of(mr);
        }
        let down = m.div_ceil(rows);
        let (total, taken) = (panels * down * batch, AtomicUsize::new(0));
        Blocks { m, n, nr, rows, down, panels, widest: most[1] / nr, threads, total, taken }
    }

    /// The next block and its batch position.
    fn take(&self) -> Option<(usize, Block)> {
        let take = |first| (first < self.total).then(|| first + self.count(first));
        let first = self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
        let (line, panel) = (first / self.panels, first % self.panels);
        let (row, col) = (line % self.down * self.rows, panel * self.nr);
        let (rows, cols) = (self.rows.min(self.m - row), (self.count(first) * self.nr).min(self.n - col));
        Some((line / self.down, Block { row, col, rows, cols }))
    }

    /// Panels of the block that begins at panel `first`: half of what is left for a thread, within the row of blocks.
    fn count(&self, first: usize) -> usize {
        let left = self.panels - first % self.panels;
        let even = left.div_ceil(left.div_ceil(self.widest));
        if self.threads == 1 {
            return even;
        }
        let fewest = FEWEST.min(self.total.div_ceil(self.threads));
        let share = ((self.total - first) / (2 * self.threads)).max(fewest).min(even);
        // A rest that is not worth a block goes along.
        if left - share < fewest && left <= self.widest { left } else { share }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The blocks of products on `threads` threads, each of their elements once.
    fn blocks([batch, m, n]: [usize; 3], most: [usize; 2], threads: usize) -> Vec<(usize, Block)> {
        let work = Blocks::new([batch, m, n], [12, 32], most, threads);
        let all: Vec<_> = std::iter::from_fn(|| work.take()).collect();
        let mut times = vec![0; batch * m * n];
        for (batch, at) in &all {
            assert!(at.rows <= most[0] && at.cols <= most[1]);
            for (row, col) in (0..at.rows).flat_map(|row| (0..at.cols).map(move |col| (row, col))) {
                times[(batch * m + at.row + row) * n + at.col + col] += 1;
            }
        }
        assert!(times.iter().all(|times| *times == 1), "{batch}x{m}x{n} on {threads} threads");
        all
    }

    #[test]
    fn blocks_cover_every_element_once() {
        for threads in [1, 2, 3, 8] {
            for size in [[1, 1, 1], [3, 13, 40], [2, 150, 31], [1, 128, 900], [5, 7, 65], [1, 500, 33]] {
                for most in [[12, 32], [48, 1024], [1536, 96]] {
                    blocks(size, most, threads);
                }
            }
        }
    }

    #[test]
    fn every_thread_has_work_and_the_last_blocks_are_small() {
        for size in [[1, 128, 1024], [1, 128, 128], [1, 1024, 32], [4, 100, 64]] {
            assert!(blocks(size, [1536, 1024], 2).len() >= 2, "{size:?}");
        }
        let cols: Vec<_> = blocks([1, 128, 4864], [1536, 1024], 2).iter().map(|(_, at)| at.cols).collect();
        assert!(cols[0] >= 900 && cols[cols.len() - 1] < 2 * 128, "{cols:?}");
    }
}
