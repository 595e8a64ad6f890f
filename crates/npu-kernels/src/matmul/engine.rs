//! The blocked product: panels are packed (and converted) into scratch memory, a microkernel multiplies them.

use super::kind::{Elem, Num};
use super::micro::{Micro, Panels, Tile};
use super::{A, B, C, MatmulScale, OUT, Problem, Strides};
use crate::{Fault, Kernel};
use npu_types::Parallel;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Steps of a packed block: a panel of `b` this deep stays in the first-level cache.
const DEPTH: usize = 256;
/// Rows of a block: its packed `a` stays in the second-level cache.
const ROWS: usize = 480;
/// Columns of a block.
const COLS: usize = 1024;
/// The most threads that one product uses; each has its own scratch memory.
const SLOTS: usize = 8;
/// Multiplications that are worth another thread.
const GRAIN: usize = 1 << 20;
/// Sets rows of a packed panel of `a` apart, so that they do not fall into the same cache sets.
const SKEW: usize = 16;

/// What distinguishes products by element type and processor.
pub(super) trait Kind: Send + Sync + 'static {
    /// In memory.
    type Elem: Elem;
    /// In panels.
    type Packed: Copy + Send + Sync;
    /// Elements of depth in one packed element.
    const STEP: usize;
    /// Rows of a tile.
    const MR: usize;
    /// Columns of a tile.
    const NR: usize;

    /// Packs `rows` (at most `MR`) rows of `depth` elements, row by row with the given pitch; missing rows and
    /// the depth up to a multiple of `STEP` are zero.
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

    /// The code for one tile.
    fn tile() -> Tile<Self::Packed, AccOf<Self>>;
}

/// What a kind sums in.
pub(super) type AccOf<K> = <<K as Kind>::Elem as Elem>::Acc;

/// Panels hold the type that sums are kept in.
pub(super) struct Plain<E, M>(PhantomData<(E, M)>);

impl<E: Elem, M: Micro<E::Acc>> Kind for Plain<E, M> {
    type Elem = E;
    type Packed = E::Acc;
    const STEP: usize = 1;
    const MR: usize = M::MR;
    const NR: usize = M::NR;

    unsafe fn pack_a(
        src: *const E,
        strides: Strides,
        rows: usize,
        depth: usize,
        dst: *mut E::Acc,
        pitch: usize,
    ) {
        for i in 0..M::MR {
            // SAFETY: row `i` of the panel lies within `dst`, the caller's duty.
            let to = unsafe { std::slice::from_raw_parts_mut(dst.wrapping_add(i * pitch), depth) };
            if i < rows {
                // SAFETY: the row's elements are readable, the caller's duty.
                unsafe { widen_strided(src.wrapping_offset(i as isize * strides.row), strides.col, to) };
            } else {
                to.fill(E::Acc::ZERO);
            }
        }
    }

    unsafe fn pack_b(src: *const E, strides: Strides, depth: usize, cols: usize, dst: *mut E::Acc) {
        // SAFETY: the panel has `depth` rows of `NR`, the caller's duty.
        let to = unsafe { std::slice::from_raw_parts_mut(dst, depth * M::NR) };
        if cols < M::NR {
            to.fill(E::Acc::ZERO);
        }
        if strides.row == 1 && strides.col != 1 {
            let mut run = [E::Acc::ZERO; 64];
            for p in (0..depth).step_by(64) {
                let n = (depth - p).min(64);
                for j in 0..cols {
                    let from = src.wrapping_offset(p as isize + j as isize * strides.col);
                    // SAFETY: part of column `j`, readable by the caller's duty.
                    unsafe { widen_strided(from, 1, &mut run[..n]) };
                    for (row, v) in to[p * M::NR..].chunks_exact_mut(M::NR).zip(&run[..n]) {
                        row[j] = *v;
                    }
                }
            }
            return;
        }
        for (p, row) in to.chunks_exact_mut(M::NR).enumerate() {
            let from = src.wrapping_offset(p as isize * strides.row);
            // SAFETY: row `p` is readable, the caller's duty.
            unsafe { widen_strided(from, strides.col, &mut row[..cols]) };
        }
    }

    fn tile() -> Tile<E::Acc, E::Acc> {
        M::tile()
    }
}

/// # Safety
/// `dst.len()` elements, `stride` apart from `src` on, are readable.
#[inline]
pub(super) unsafe fn widen_strided<E: Elem>(src: *const E, stride: isize, dst: &mut [E::Acc]) {
    if stride == 1 {
        // SAFETY: the elements are contiguous and readable, the caller's duty.
        return E::widen_run(unsafe { std::slice::from_raw_parts(src, dst.len()) }, dst);
    }
    for (i, d) in dst.iter_mut().enumerate() {
        // SAFETY: element `i` is readable, the caller's duty.
        *d = unsafe { src.wrapping_offset(i as isize * stride).read() }.wide();
    }
}

/// A prepared product.
pub(super) struct Product<K: Kind> {
    problem: Problem,
    alpha: AccOf<K>,
    beta: AccOf<K>,
    plan: Plan,
    tile: Tile<K::Packed, AccOf<K>>,
}

/// Sizes of blocks and of a thread's scratch memory, in bytes from its start.
struct Plan {
    rows: usize,
    cols: usize,
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
        let depth = DEPTH * K::STEP;
        let steps = p.k.min(depth).div_ceil(K::STEP);
        let pitch = if p.k < depth { steps } else { steps + SKEW };
        let aligned = |bytes: usize| bytes.next_multiple_of(64);
        let b = aligned(rows * pitch * packed);
        let sums = b + aligned(steps * cols * packed);
        let kept = if !K::Elem::EXACT && p.k > depth { rows * cols * acc } else { 0 };
        let tile = sums + aligned(kept);
        let bytes = tile + aligned(K::MR * K::NR * acc);
        let work = p.m * p.n * p.k.max(1) * p.batch.len();
        let slots = (work / GRAIN).clamp(1, SLOTS);
        Plan { rows, cols, pitch, b, sums, tile, bytes, slots }
    }
}

impl<K: Kind> Product<K> {
    pub(super) fn new(problem: Problem, scale: Option<MatmulScale>) -> Product<K> {
        let (mut alpha, mut beta) = (AccOf::<K>::ONE, AccOf::<K>::ZERO);
        if let Some(scale) = scale {
            alpha = AccOf::<K>::from_scalar(scale.alpha);
            beta = AccOf::<K>::from_scalar(scale.beta);
        }
        let plan = Plan::new::<K>(&problem);
        Product { problem, alpha, beta, plan, tile: K::tile() }
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
    /// Computes the block with the first row `row` and the first column `col`.
    ///
    /// # Safety
    /// As for [`Kernel::run`]; `slot` is this thread's own scratch memory.
    unsafe fn block(&self, base: &Base<K::Elem>, at: Block, slot: *mut u8) {
        let (p, plan) = (&self.problem, &self.plan);
        let packed_a = slot.cast::<K::Packed>();
        let packed_b = slot.wrapping_add(plan.b).cast::<K::Packed>();
        let tile = slot.wrapping_add(plan.tile).cast::<AccOf<K>>();
        let mut first = 0;
        loop {
            let depth = (p.k - first).min(DEPTH * K::STEP);
            let steps = depth.div_ceil(K::STEP);
            for j in (0..at.cols).step_by(K::NR) {
                let src = base.b.wrapping_offset(p.b.at(first, at.col + j));
                let dst = packed_b.wrapping_add(j * steps);
                // SAFETY: rows `first..first + depth` of `b` exist; the panel lies in this thread's scratch memory.
                unsafe { K::pack_b(src, p.b, depth, (at.cols - j).min(K::NR), dst) };
            }
            for i in (0..at.rows).step_by(K::MR) {
                let src = base.a.wrapping_offset(p.a.at(at.row + i, first));
                let dst = packed_a.wrapping_add(i * plan.pitch);
                // SAFETY: columns `first..first + depth` of `a` exist; the panel lies in this thread's scratch memory.
                unsafe { K::pack_a(src, p.a, (at.rows - i).min(K::MR), depth, dst, plan.pitch) };
            }
            let pass = Pass { first: first == 0, last: first + depth == p.k };
            for j in (0..at.cols).step_by(K::NR) {
                for i in (0..at.rows).step_by(K::MR) {
                    let (a, b) = (packed_a.wrapping_add(i * plan.pitch), packed_b.wrapping_add(j * steps));
                    // SAFETY: both panels were packed above; the tile has its own scratch memory.
                    unsafe { (self.tile)(&Panels { steps, a, pitch: plan.pitch, b, acc: tile }) };
                    let part = Block {
                        row: i,
                        col: j,
                        rows: (at.rows - i).min(K::MR),
                        cols: (at.cols - j).min(K::NR),
                    };
                    // SAFETY: the part lies within the block, hence within `out` and `c`.
                    unsafe { self.finish(base, &at, &part, slot, pass) };
                }
            }
            first += depth;
            if first == p.k {
                return;
            }
        }
    }

    /// Adds a computed tile to the sums, or to the output.
    ///
    /// # Safety
    /// As for [`Product::block`]; `part` lies within `at`.
    unsafe fn finish(&self, base: &Base<K::Elem>, at: &Block, part: &Block, slot: *mut u8, pass: Pass) {
        let (p, plan) = (&self.problem, &self.plan);
        let keep = !(K::Elem::EXACT || pass.first && pass.last);
        for i in 0..part.rows {
            let row = slot.wrapping_add(plan.tile).cast::<AccOf<K>>().wrapping_add(i * K::NR);
            // SAFETY: row `i` of the tile, which the microkernel has written.
            let tile = unsafe { std::slice::from_raw_parts_mut(row, part.cols) };
            if keep {
                let kept = (part.row + i) * plan.cols + part.col;
                let kept = slot.wrapping_add(plan.sums).cast::<AccOf<K>>().wrapping_add(kept);
                // SAFETY: the block's sums have `plan.cols` columns; an earlier pass wrote them unless this is the first.
                unsafe { accumulate(tile, kept, pass) };
                if !pass.last {
                    continue;
                }
            }
            if !self.alpha.is_one() {
                tile.iter_mut().for_each(|t| *t = t.mul(self.alpha));
            }
            let (row, col) = (at.row + part.row + i, at.col + part.col);
            let out = base.out.wrapping_offset(p.out.at(row, col));
            if K::Elem::EXACT && !pass.first {
                // SAFETY: `out` was written by the first pass.
                unsafe { add_strided(tile, out, p.out.col, None) };
            } else if let Some(c) = p.c {
                let from = base.c.wrapping_offset(c.at(row, col));
                // SAFETY: `c` has the shape of `out`.
                unsafe { add_strided(tile, from, c.col, Some(self.beta)) };
            }
            // SAFETY: the part lies within `out`.
            unsafe { narrow_strided(tile, out, p.out.col) };
        }
    }

    /// `beta * c`, or zeros: products of no depth.
    ///
    /// # Safety
    /// As for [`Kernel::run`].
    unsafe fn scale_only(&self, base: &Base<K::Elem>) {
        let p = &self.problem;
        for row in 0..p.m {
            let mut col = 0;
            while col < p.n {
                let mut run = [AccOf::<K>::ZERO; 64];
                let run = &mut run[..(p.n - col).min(64)];
                if let Some(c) = p.c {
                    let from = base.c.wrapping_offset(c.at(row, col));
                    // SAFETY: `c` has the shape of `out`.
                    unsafe { add_strided(run, from, c.col, Some(self.beta)) };
                }
                // SAFETY: within `out`.
                unsafe { narrow_strided(run, base.out.wrapping_offset(p.out.at(row, col)), p.out.col) };
                col += run.len();
            }
        }
    }
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

/// Adds `tile` to `kept`, whichever of both the next pass needs.
///
/// # Safety
/// `kept` has `tile.len()` elements, initialised unless this is the first pass.
unsafe fn accumulate<N: Num>(tile: &mut [N], kept: *mut N, pass: Pass) {
    for (i, t) in tile.iter_mut().enumerate() {
        let kept = kept.wrapping_add(i);
        if !pass.first {
            // SAFETY: initialised, the caller's duty.
            *t = unsafe { kept.read() }.add(*t);
        }
        if !pass.last {
            // SAFETY: room for it is the caller's duty.
            unsafe { kept.write(*t) };
        }
    }
}

/// Adds elements, times a factor, to `sums`.
///
/// # Safety
/// `sums.len()` elements, `stride` apart from `src` on, are readable.
#[inline]
pub(super) unsafe fn add_strided<E: Elem>(
    sums: &mut [E::Acc],
    src: *const E,
    stride: isize,
    factor: Option<E::Acc>,
) {
    let mut wide = [E::Acc::ZERO; 64];
    for (i, sums) in sums.chunks_mut(64).enumerate() {
        let wide = &mut wide[..sums.len()];
        // SAFETY: readable, the caller's duty.
        unsafe { widen_strided(src.wrapping_offset(i as isize * 64 * stride), stride, wide) };
        match factor {
            Some(f) if !f.is_one() => sums.iter_mut().zip(wide).for_each(|(s, w)| *s = s.add(w.mul(f))),
            _ => sums.iter_mut().zip(wide).for_each(|(s, w)| *s = s.add(*w)),
        }
    }
}

/// # Safety
/// `src.len()` elements, `stride` apart from `dst` on, are writable.
#[inline]
pub(super) unsafe fn narrow_strided<E: Elem>(src: &[E::Acc], dst: *mut E, stride: isize) {
    if stride == 1 {
        // SAFETY: contiguous and writable, the caller's duty.
        return E::narrow_run(src, unsafe { std::slice::from_raw_parts_mut(dst, src.len()) });
    }
    for (i, s) in src.iter().enumerate() {
        // SAFETY: element `i` is writable, the caller's duty.
        unsafe { dst.wrapping_offset(i as isize * stride).write(E::narrow(*s)) };
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
        let (rows, cols) = balance::<K>(p, plan, threads);
        let (down, across) = (p.m.div_ceil(rows), p.n.div_ceil(cols));
        let blocks = down * across * p.batch.len();
        let next = AtomicUsize::new(0);
        let shared = Shared(operands, scratch);
        par.run(threads.min(blocks), &|slot| {
            let shared = &shared;
            let slot = shared.1.wrapping_add(slot * plan.bytes);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= blocks {
                    return;
                }
                let (batch, number) = (number / (down * across), number % (down * across));
                let (row, col) = (number % down * rows, number / down * cols);
                let at = Block { row, col, rows: rows.min(p.m - row), cols: cols.min(p.n - col) };
                // SAFETY: the caller's duties are the same; blocks do not overlap and `slot` is used by this call only.
                unsafe { self.block(&base(shared.0, batch), at, slot) };
            }
        });
        Ok(())
    }
}

/// Block sizes that give every thread work, within those that scratch memory was planned for.
fn balance<K: Kind>(p: &Problem, plan: &Plan, threads: usize) -> (usize, usize) {
    let even =
        |n: usize, most: usize, unit: usize| n.div_ceil(n.div_ceil(most)).next_multiple_of(unit).min(most);
    let (mut rows, mut cols) = (even(p.m, plan.rows, K::MR), even(p.n, plan.cols, K::NR));
    while threads > 1 && p.m.div_ceil(rows) * p.n.div_ceil(cols) * p.batch.len() < threads {
        if cols >= rows && cols > K::NR {
            cols = (cols / 2).next_multiple_of(K::NR);
        } else if rows > K::MR {
            rows = (rows / 2).next_multiple_of(K::MR);
        } else {
            break;
        }
    }
    (rows, cols)
}
