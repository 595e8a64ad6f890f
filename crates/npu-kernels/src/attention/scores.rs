//! From products to probabilities, a row of a block at a time, and from sums to results.

use super::{Acc, COLS, Problem, ShiftWhen, at};
use crate::elem::{Bool, Element};
use crate::isa::{Loop, LoopFn, pick};
use crate::iter::Operands;
use crate::lanes;
use crate::rows::{Buffer, Load, Store};
use npu_types::DType;
use std::marker::PhantomData;
use std::ops::Range;

/// Products of one row, to be multiplied with `factor`; the largest is written.
struct Scale<A> {
    row: *mut A,
    n: usize,
    factor: A,
    largest: *mut A,
}

struct Scaling<A>(PhantomData<A>);

#[inline(always)]
fn larger<A: PartialOrd>(a: A, b: A) -> A {
    if b > a { b } else { a }
}

impl<A: Acc> Loop for Scaling<A> {
    type Args = Scale<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Scale<A>) {
        // SAFETY: the caller's own row.
        let row = unsafe { std::slice::from_raw_parts_mut(args.row, args.n) };
        let mut most = [A::LOWEST; lanes::LANES];
        let (parts, rest) = row.as_chunks_mut::<{ lanes::LANES }>();
        for part in parts {
            for (x, most) in part.iter_mut().zip(&mut most) {
                *x = *x * args.factor;
                *most = larger(*most, *x);
            }
        }
        for (x, most) in rest.iter_mut().zip(&mut most) {
            *x = *x * args.factor;
            *most = larger(*most, *x);
        }
        let most = lanes::finish(&most, larger);
        // SAFETY: the caller's own variable.
        unsafe { args.largest.write(most) };
    }
}

/// `row = (row + shift) * factor`; hides what `mask` (unless null) says; then the largest.
struct Change<A> {
    row: *mut A,
    n: usize,
    shift: *const A,
    factor: A,
    mask: *const Bool,
    largest: *mut A,
}

struct Changing<A>(PhantomData<A>);

impl<A: Acc> Loop for Changing<A> {
    type Args = Change<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Change<A>) {
        // SAFETY: the caller's own row.
        let row = unsafe { std::slice::from_raw_parts_mut(args.row, args.n) };
        if !args.shift.is_null() {
            // SAFETY: as long as the row.
            let shift = unsafe { std::slice::from_raw_parts(args.shift, args.n) };
            for (x, s) in row.iter_mut().zip(shift) {
                *x = (*x + *s) * args.factor;
            }
        }
        if !args.mask.is_null() {
            // SAFETY: as long as the row.
            let mask = unsafe { std::slice::from_raw_parts(args.mask, args.n) };
            for (x, m) in row.iter_mut().zip(mask) {
                *x = if m.get() { A::LOWEST } else { *x };
            }
        }
        let most =
            lanes::fold(row, A::LOWEST, |a, b| if b > a { b } else { a }, |a, b| if b > a { b } else { a });
        // SAFETY: the caller's own variable.
        unsafe { args.largest.write(most) };
    }
}

/// `row = exp(row - largest)`; the sum is written.
struct Exponents<A> {
    row: *mut A,
    n: usize,
    largest: A,
    sum: *mut A,
}

struct Raising<A>(PhantomData<A>);

impl<A: Acc> Loop for Raising<A> {
    type Args = Exponents<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Exponents<A>) {
        // SAFETY: the caller's own row.
        let row = unsafe { std::slice::from_raw_parts_mut(args.row, args.n) };
        let mut sums = [A::ZERO; 16];
        let (parts, rest) = row.as_chunks_mut::<16>();
        for part in parts {
            for (x, sum) in part.iter_mut().zip(&mut sums) {
                *x = (*x - args.largest).exp::<FMA>();
                *sum += *x;
            }
        }
        for (x, sum) in rest.iter_mut().zip(&mut sums) {
            *x = (*x - args.largest).exp::<FMA>();
            *sum += *x;
        }
        let sum = lanes::tree(sums, &|a: A, b: A| a + b);
        // SAFETY: the caller's own variable.
        unsafe { args.sum.write(sum) };
    }
}

struct Rescaling<A>(PhantomData<A>);

impl<A: Acc> Loop for Rescaling<A> {
    type Args = Scale<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Scale<A>) {
        // SAFETY: the caller's own row.
        let row = unsafe { std::slice::from_raw_parts_mut(args.row, args.n) };
        row.iter_mut().for_each(|x| *x = *x * args.factor);
    }
}

/// The running softmax of one row.
#[derive(Clone, Copy)]
pub(super) struct State<A> {
    pub(super) max: A,
    pub(super) sum: A,
}

impl<A: Acc> State<A> {
    pub(super) const START: State<A> = State { max: A::LOWEST, sum: A::ZERO };
}

/// One row of a block of scores.
pub(super) struct Row<A> {
    pub(super) batch: usize,
    pub(super) head: usize,
    pub(super) row: usize,
    /// Number of the first column.
    pub(super) col: usize,
    /// Columns that exist.
    pub(super) n: usize,
    /// Elements of the row: those past the existing columns are only there to fill a tile.
    pub(super) whole: usize,
    /// Products at first.
    pub(super) at: *mut A,
}

/// Turns products into probabilities.
pub(super) struct Scores<A: Element> {
    before: A,
    after: A,
    shift: Load<A>,
    mask: Load<Bool>,
    multiply: LoopFn<Scale<A>>,
    change: LoopFn<Change<A>>,
    raise: LoopFn<Exponents<A>>,
    rescale: LoopFn<Scale<A>>,
    store: Store<A>,
    stats: Store<f64>,
}

impl<A: Acc> Scores<A> {
    pub(super) fn new(p: &Problem) -> Scores<A> {
        let scale = A::of(p.scale);
        let early = p.has(at::SHIFT) && p.shift_when == ShiftWhen::BeforeScale;
        let dtype = |operand: usize| p.views[operand].dtype.unwrap_or(DType::F32);
        Scores {
            before: if early { A::ONE } else { scale },
            after: if early { scale } else { A::ONE },
            shift: Load::new(dtype(at::SHIFT)),
            // Any byte but 0 is true, so a u8 mask is read as bool.
            mask: Load::new(DType::Bool),
            multiply: pick::<Scaling<A>>(),
            change: pick::<Changing<A>>(),
            raise: pick::<Raising<A>>(),
            rescale: pick::<Rescaling<A>>(),
            store: Store::new(dtype(at::OUT)),
            stats: Store::new(if p.has(at::MAX) { dtype(at::MAX) } else { dtype(at::SUM) }),
        }
    }

    /// What a shift is multiplied with.
    pub(super) fn after(&self) -> A {
        self.after
    }

    /// Scores of a row; answers the largest. Elements past the last column are hidden.
    ///
    /// # Safety
    /// The row holds its products, the operands at `base` are those of the problem.
    pub(super) unsafe fn scores(&self, p: &Problem, base: &Operands<{ at::COUNT }>, r: &Row<A>) -> A {
        let mut largest = A::LOWEST;
        let scale = Scale { row: r.at, n: r.whole, factor: self.before, largest: &mut largest };
        // SAFETY: the caller's duty.
        unsafe { (self.multiply)(&scale) };
        let visible = p.columns(r.batch, r.row);
        let seen = clip(&visible, r.col, r.n);
        let all = seen.start == 0 && seen.end == r.whole;
        if all && !p.has(at::SHIFT) && !p.has(at::MASK) {
            return largest;
        }
        // SAFETY: the caller's row.
        let row = unsafe { std::slice::from_raw_parts_mut(r.at, r.whole) };
        row[..seen.start].fill(A::LOWEST);
        row[seen.end.max(seen.start)..].fill(A::LOWEST);
        let (mut shifts, mut masks) = (Buffer::new(), Buffer::<Bool>::new());
        let place = |operand: usize| {
            let view = &p.views[operand];
            let offset = view.bytes([r.batch, r.head, r.row, r.col + seen.start]);
            (base.0[operand].wrapping_offset(offset).cast_const(), view.strides[3] * view.size)
        };
        let mut shift = std::ptr::null();
        let mut weighed;
        if p.has(at::SHIFT) {
            let (from, stride) = place(at::SHIFT);
            // SAFETY: columns of the shift's row, at most a block.
            let block = unsafe { self.shift.block(from, stride, seen.len(), &mut shifts) };
            shift = block.as_ptr();
            if matches!(p.shift_when, ShiftWhen::TimesDistance { .. }) {
                weighed = [A::ZERO; COLS];
                weighed[..block.len()].copy_from_slice(block);
                p.weigh(r.row, r.col + seen.start, &mut weighed[..block.len()]);
                shift = weighed.as_ptr();
            }
        }
        let mut mask = std::ptr::null();
        if p.has(at::MASK) {
            let (from, stride) = place(at::MASK);
            // SAFETY: columns of the mask's row, at most a block.
            mask = unsafe { self.mask.block(from, stride, seen.len(), &mut masks) }.as_ptr();
        }
        let row = r.at.wrapping_add(seen.start);
        let change = Change { row, n: seen.len(), shift, factor: self.after, mask, largest: &mut largest };
        // SAFETY: the seen part of the row, with shift and mask as long.
        unsafe { (self.change)(&change) };
        largest
    }

    /// Probabilities from scores, before their division by the sum; what was added up before is rescaled to match.
    ///
    /// # Safety
    /// As for [`Scores::scores`], which has written the row.
    pub(super) unsafe fn probabilities(
        &self,
        p: &Problem,
        base: &Operands<{ at::COUNT }>,
        r: &Row<A>,
        largest: A,
        state: &mut State<A>,
        sums: &mut [A],
    ) {
        let n = r.whole;
        let most = if largest > state.max { largest } else { state.max };
        if most == A::LOWEST {
            // Nothing to see; a NaN would not have been equal, but it is not larger than anything either.
            // SAFETY: the caller's row.
            let row = unsafe { std::slice::from_raw_parts_mut(r.at, n) };
            if !row.iter().any(|x| x.partial_cmp(x).is_none()) {
                row.fill(A::ZERO);
                return;
            }
        }
        let mut sum = A::ZERO;
        let raise = Exponents { row: r.at, n, largest: most, sum: &mut sum };
        // SAFETY: the caller's row.
        unsafe { (self.raise)(&raise) };
        let factor = if state.max == most { A::ONE } else { (state.max - most).exp::<false>() };
        *state = State { max: most, sum: state.sum * factor + sum };
        if p.has(at::KEEP) {
            // SAFETY: the row's columns.
            let row = unsafe { std::slice::from_raw_parts_mut(r.at, r.n) };
            // SAFETY: the caller's duty.
            unsafe { drop_out(p, base, r, row) };
        }
        if factor != A::ONE {
            let scale =
                Scale { row: sums.as_mut_ptr(), n: sums.len(), factor, largest: std::ptr::null_mut() };
            // SAFETY: the sums are a live slice; this loop writes no largest.
            unsafe { (self.rescale)(&scale) };
        }
    }

    /// Writes a finished row: its sums divided by the sum of its exponentials, and both statistics.
    ///
    /// # Safety
    /// `sums` has as many elements as the value is deep; the operands at `base` are those of the problem.
    pub(super) unsafe fn finish(
        &self,
        p: &Problem,
        base: &Operands<{ at::COUNT }>,
        [batch, head, row]: [usize; 3],
        sums: *mut A,
        state: &State<A>,
    ) {
        // SAFETY: the caller's duty.
        let sums = unsafe { std::slice::from_raw_parts_mut(sums, p.depth_v) };
        let blind = state.sum == A::ZERO && state.max == A::LOWEST;
        let factor = if blind { A::ZERO } else { A::ONE / state.sum };
        if blind {
            sums.fill(A::ZERO);
        }
        for x in sums.iter_mut() {
            *x = *x * factor;
        }
        let view = &p.views[at::OUT];
        let to = base.0[at::OUT].wrapping_offset(view.bytes([batch, head, row, 0]));
        // SAFETY: a row of the result, which no other task writes.
        unsafe { self.store.block(to, view.strides[3] * view.size, sums) };
        let max = if blind { f64::from(f32::MIN) } else { state.max.wide() };
        for (operand, value) in [(at::MAX, max), (at::SUM, state.sum.wide())] {
            if !p.has(operand) {
                continue;
            }
            for i in 0..p.repeat {
                let to = base.0[operand].wrapping_offset(p.views[operand].bytes([batch, head, row, i]));
                // SAFETY: this row's statistics.
                unsafe { self.stats.one(to, value) };
            }
        }
    }
}

/// The part of `cols` in a block that starts at `first`, relative to it.
pub(super) fn clip(cols: &Range<usize>, first: usize, n: usize) -> Range<usize> {
    let end = cols.end.saturating_sub(first).min(n);
    cols.start.saturating_sub(first).min(end)..end
}

/// Drops probabilities whose bit is not set and divides the others by the share that is kept.
///
/// # Safety
/// The operands at `base` are those of the problem, and bits were given.
pub(super) unsafe fn drop_out<A: Acc>(
    p: &Problem,
    base: &Operands<{ at::COUNT }>,
    r: &Row<A>,
    row: &mut [A],
) {
    let first = ((r.batch * p.heads + r.head) * p.rows + r.row) * p.cols + r.col;
    let factor = A::of(1.0 / p.keep_share);
    for (i, x) in row.iter_mut().enumerate() {
        let bit = first + i;
        // SAFETY: there is a bit for each probability.
        let byte = unsafe { base.0[at::KEEP].wrapping_add(bit / 8).read() };
        *x = if byte >> (bit % 8) & 1 == 1 { *x * factor } else { A::ZERO };
    }
}
