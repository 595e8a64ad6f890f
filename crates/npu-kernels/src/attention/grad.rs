//! Gradients of attention: scores are computed anew, a block at a time, from the statistics that were kept.

use super::scores::{Row, Scores, clip};
use super::{Acc, Attention, AttentionOut, NAME, Problem, SLOTS, View, at, four};
use crate::isa::{Loop, LoopFn, pick};
use crate::iter::Operands;
use crate::matmul::{AccOf, Choice, Elem, Kind, Panels, Strides, Tile, choose};
use crate::rows::{BLOCK, Buffer, Load, Store};
use crate::{Fault, Kernel, KernelError};
use npu_types::{DType, Layout, Parallel};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Rows and columns worked on at a time: a multiple of every tile's rows and columns.
const SIDE: usize = 192;
/// Sets rows apart, so that they do not fall into the same cache sets.
const SKEW: usize = 16;
const _: () = assert!(SIDE <= BLOCK && SIDE.is_multiple_of(12) && SIDE.is_multiple_of(32));

/// Gradients of attention by its operands.
#[derive(Clone, Copy, Debug)]
pub struct AttentionGrad<'a> {
    /// By the query, of its shape.
    pub q: &'a Layout,
    /// By the key, of its shape.
    pub k: &'a Layout,
    /// By the value, of its shape.
    pub v: &'a Layout,
    /// By the shift, `[batch, heads, rows, columns]`; columns that a row cannot see are not written.
    pub shift: Option<&'a Layout>,
    /// By the result, of its shape.
    pub dy: &'a Layout,
}

/// Gradients of [`super::attention`]. Operands: the gradients by q, k, v and shift (when given), the result's gradient,
/// then those of attention, of which the result and both statistics are read.
///
/// # Errors
/// As [`super::attention`].
pub fn attention_grad(
    a: &Attention,
    out: &AttentionOut,
    grad: &AttentionGrad,
) -> Result<Box<dyn Kernel>, KernelError> {
    let problem = Problem::new(a, out)?;
    let dtype = a.q.dtype();
    let scores = [problem.batch, problem.heads, problem.rows, problem.cols].map(|n| n as i64);
    for (l, like) in [(grad.q, a.q), (grad.k, a.k), (grad.v, a.v), (grad.dy, out.out)] {
        if l.dims() != like.dims() || out.max.is_none() || out.sum.is_none() {
            return Err(KernelError::Shape { kernel: NAME, what: format!("gradient {l:?} of {like:?}") });
        }
        if l.dtype() != dtype {
            return Err(KernelError::DType { kernel: NAME, dtype: l.dtype() });
        }
    }
    if let Some(l) = grad.shift
        && (l.rank() != 4 || four(l) != scores || !l.dtype().is_float())
    {
        return Err(KernelError::Shape {
            kernel: NAME,
            what: format!("gradient {l:?} of a shift of {scores:?}"),
        });
    }
    let shift = grad.shift.map_or(View::default(), View::new);
    let views = [View::new(grad.q), View::new(grad.k), View::new(grad.v), shift, View::new(grad.dy)];
    struct Make(Problem, [View; GIVEN]);
    impl Choice for Make {
        type Out = Box<dyn Kernel>;
        fn make<K: Kind<Elem: Elem<Acc: Acc>>>(self) -> Box<dyn Kernel> {
            Box::new(Grad::<K>::new(self.0, self.1))
        }
    }
    choose(dtype, true, Make(problem, views)).ok_or(KernelError::DType { kernel: NAME, dtype })
}

/// Operands of the gradient that come before those of attention.
const GIVEN: usize = 5;
const DQ: usize = 0;
const DK: usize = 1;
const DV: usize = 2;
const DSHIFT: usize = 3;
const DY: usize = 4;

/// Every address.
struct Bases {
    given: Operands<GIVEN>,
    attention: Operands<{ at::COUNT }>,
}

struct Grad<K: Kind<Elem: Elem<Acc: Acc>>> {
    problem: Problem,
    views: [View; GIVEN],
    scores: Scores<AccOf<K>>,
    tile: Tile<K::Packed, AccOf<K>>,
    soften: LoopFn<Soften<AccOf<K>>>,
    turn: LoopFn<Turn<AccOf<K>>>,
    load: Load<AccOf<K>>,
    store: Store<AccOf<K>>,
    shift: Store<AccOf<K>>,
    stats: [Load<AccOf<K>>; 2],
    plan: Plan,
}

/// Where things are in a thread's scratch memory, in bytes, and distances of rows in elements.
#[derive(Default)]
struct Plan {
    depth: usize,
    depth_v: usize,
    pitch: usize,
    pitch_q: usize,
    pitch_y: usize,
    /// Rows of the query and of the result's gradient, as left operands and as right ones.
    q: usize,
    y: usize,
    q_right: usize,
    y_right: usize,
    /// Keys as columns and as rows, values as columns.
    k_columns: usize,
    k_right: usize,
    v_columns: usize,
    scores: usize,
    slopes: usize,
    turned: usize,
    dq: usize,
    dk: usize,
    dv: usize,
    stats: usize,
    bytes: usize,
    slots: usize,
}

impl Plan {
    fn new<K: Kind<Elem: Elem<Acc: Acc>>>(p: &Problem) -> Plan {
        let acc = size_of::<AccOf<K>>();
        let (depth, depth_v) = (p.depth.next_multiple_of(K::NR), p.depth_v.next_multiple_of(K::NR));
        let mut plan = Plan { depth, depth_v, pitch: SIDE + SKEW, ..Plan::default() };
        (plan.pitch_q, plan.pitch_y) = (p.depth + SKEW, p.depth_v + SKEW);
        let mut end = 0;
        let mut place = |elements: usize| {
            let start = end;
            end += (elements * acc).next_multiple_of(64);
            start
        };
        plan.q = place(SIDE * plan.pitch_q);
        plan.y = place(SIDE * plan.pitch_y);
        plan.q_right = place(SIDE * depth);
        plan.y_right = place(SIDE * depth_v);
        plan.k_columns = place(SIDE * p.depth);
        plan.k_right = place(SIDE * depth);
        plan.v_columns = place(SIDE * p.depth_v);
        plan.scores = place(SIDE * plan.pitch);
        plan.slopes = place(SIDE * plan.pitch);
        plan.turned = place(SIDE * plan.pitch);
        plan.dq = place(SIDE * depth);
        // The last tile may reach past the last row.
        plan.dk = place((p.cols + K::MR) * depth);
        plan.dv = place((p.cols + K::MR) * depth_v);
        plan.stats = place(3 * SIDE);
        plan.bytes = end;
        plan.slots = (p.batch * p.key_heads).clamp(1, SLOTS);
        plan
    }
}

/// From scores and gradients of probabilities to probabilities and gradients of scores.
struct Soften<A> {
    scores: *mut A,
    slopes: *mut A,
    n: usize,
    largest: A,
    /// 1 / sum of exponentials.
    share: A,
    /// Sum of probabilities times their gradients.
    level: A,
}

struct Softening<A>(PhantomData<A>);

impl<A: Acc> Loop for Softening<A> {
    type Args = Soften<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Soften<A>) {
        // SAFETY: the caller's own row.
        let scores = unsafe { std::slice::from_raw_parts_mut(args.scores, args.n) };
        // SAFETY: another one.
        let slopes = unsafe { std::slice::from_raw_parts_mut(args.slopes, args.n) };
        for (p, d) in scores.iter_mut().zip(slopes) {
            *p = (*p - args.largest).exp::<FMA>() * args.share;
            *d = *p * (*d - args.level);
        }
    }
}

/// `to[j][i] = from[i][j]` for `rows` rows of `cols` columns; both have the same distance of rows.
struct Turn<A> {
    from: *const A,
    to: *mut A,
    pitch: usize,
    rows: usize,
    cols: usize,
}

struct Turning<A>(PhantomData<A>);

/// Side of a block that is turned at a time.
const PART: usize = 8;

impl<A: Acc> Loop for Turning<A> {
    type Args = Turn<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Turn<A>) {
        for (i, j) in
            (0..args.rows).step_by(PART).flat_map(|i| (0..args.cols).step_by(PART).map(move |j| (i, j)))
        {
            let mut block = [[A::ZERO; PART]; PART];
            for (r, row) in block.iter_mut().enumerate() {
                let from = args.from.wrapping_add((i + r) * args.pitch + j);
                // SAFETY: both matrices have room for whole blocks.
                *row = unsafe { from.cast::<[A; PART]>().read() };
            }
            let turned: [[A; PART]; PART] = std::array::from_fn(|c| std::array::from_fn(|r| block[r][c]));
            for (c, row) in turned.into_iter().enumerate() {
                let to = args.to.wrapping_add((j + c) * args.pitch + i);
                // SAFETY: as above.
                unsafe { to.cast::<[A; PART]>().write(row) };
            }
        }
    }
}

/// Some rows of one query head, and some columns.
struct Part<'a> {
    bases: &'a Bases,
    batch: usize,
    head: usize,
    key_head: usize,
    row: usize,
    rows: usize,
    col: usize,
    cols: usize,
    slot: *mut u8,
}

/// A product of packed panels, added to sums: `rows` by `cols`, `steps` deep.
struct Multiply {
    a: usize,
    pitch: usize,
    b: usize,
    to: usize,
    to_pitch: usize,
    rows: usize,
    cols: usize,
    steps: usize,
    add: bool,
}

impl<K: Kind<Elem: Elem<Acc: Acc>>> Grad<K> {
    fn new(problem: Problem, views: [View; GIVEN]) -> Grad<K> {
        let dtype = |v: &View| v.dtype.unwrap_or(DType::F32);
        Grad {
            scores: Scores::new(&problem),
            tile: K::tile(),
            soften: pick::<Softening<AccOf<K>>>(),
            turn: pick::<Turning<AccOf<K>>>(),
            load: Load::new(dtype(&problem.views[at::Q])),
            store: Store::new(dtype(&problem.views[at::Q])),
            shift: Store::new(dtype(&views[DSHIFT])),
            stats: [at::MAX, at::SUM].map(|operand| Load::new(dtype(&problem.views[operand]))),
            plan: Plan::new::<K>(&problem),
            problem,
            views,
        }
    }

    /// # Safety
    /// The panels at these places of `slot` are packed, and there is room for whole tiles of sums.
    unsafe fn multiply(&self, slot: *mut u8, m: &Multiply) {
        let place = |offset: usize| slot.wrapping_add(offset);
        for j in (0..m.cols).step_by(K::NR) {
            let b = place(m.b).cast::<K::Packed>().wrapping_add(j * m.steps);
            for i in (0..m.rows).step_by(K::MR) {
                let a = place(m.a).cast::<K::Packed>().wrapping_add(i * m.pitch);
                let acc = place(m.to).cast::<AccOf<K>>().wrapping_add(i * m.to_pitch + j);
                let (steps, pitch, acc_pitch) = (m.steps, m.pitch, m.to_pitch as isize);
                // SAFETY: the caller's duty.
                unsafe { (self.tile)(&Panels { steps, a, pitch, b, acc, acc_pitch, add: m.add }) };
            }
        }
    }

    /// Packs rows of an operand as left operands.
    ///
    /// # Safety
    /// The rows exist; there is room for whole tiles.
    unsafe fn left(
        &self,
        from: *const u8,
        view: &View,
        rows: usize,
        depth: usize,
        to: *mut u8,
        pitch: usize,
    ) {
        let strides = Strides { row: view.strides[2], col: view.strides[3] };
        for i in (0..rows).step_by(K::MR) {
            let src = from.cast::<K::Elem>().wrapping_offset(strides.row * i as isize);
            let dst = to.cast::<K::Packed>().wrapping_add(i * pitch);
            // SAFETY: the caller's duty.
            unsafe { K::pack_a(src, strides, (rows - i).min(K::MR), depth, dst, pitch) };
        }
    }

    /// Packs an operand as a right one: its rows are steps, or with `turned` its columns.
    ///
    /// # Safety
    /// The rows exist; there is room for whole panels.
    unsafe fn right(
        &self,
        from: *const u8,
        view: &View,
        turned: bool,
        steps: usize,
        cols: usize,
        to: *mut u8,
    ) {
        let [row, col] = [view.strides[2], view.strides[3]];
        let strides = if turned { Strides { row: col, col: row } } else { Strides { row, col } };
        for j in (0..cols).step_by(K::NR) {
            let src = from.cast::<K::Elem>().wrapping_offset(strides.col * j as isize);
            let dst = to.cast::<K::Packed>().wrapping_add(j * steps);
            // SAFETY: the caller's duty.
            unsafe { K::pack_b(src, strides, steps, (cols - j).min(K::NR), dst) };
        }
    }

    /// The statistics of rows: largest score, 1 / sum, and the sum of `dy * out`.
    ///
    /// # Safety
    /// The operands are those of the problem, the slot is this thread's own.
    unsafe fn statistics(&self, part: &Part) {
        let p = &self.problem;
        let to = part.slot.wrapping_add(self.plan.stats).cast::<AccOf<K>>();
        let (y, o) = (&self.views[DY], &p.views[at::OUT]);
        let (mut ys, mut os) = (Buffer::new(), Buffer::new());
        for i in 0..part.rows {
            let index = [part.batch, part.head, part.row + i, 0];
            let mut both = [AccOf::<K>::ZERO; 2];
            for ((value, load), operand) in both.iter_mut().zip(&self.stats).zip([at::MAX, at::SUM]) {
                let from = part.bases.attention.0[operand].wrapping_offset(p.views[operand].bytes(index));
                // SAFETY: the row's statistics.
                *value = unsafe { load.one(from) };
            }
            let mut level = 0.0;
            for first in (0..p.depth_v).step_by(BLOCK) {
                let n = (p.depth_v - first).min(BLOCK);
                let at = [index[0], index[1], index[2], first];
                let from = part.bases.given.0[DY].wrapping_offset(y.bytes(at));
                // SAFETY: a part of the gradient's row.
                let dy = unsafe { self.load.block(from, y.strides[3] * y.size, n, &mut ys) };
                let from = part.bases.attention.0[at::OUT].wrapping_offset(o.bytes(at));
                // SAFETY: a part of the result's row.
                let out = unsafe { self.load.block(from, o.strides[3] * o.size, n, &mut os) };
                level += dy.iter().zip(out).map(|(a, b)| (*a * *b).wide()).sum::<f64>();
            }
            let share =
                if both[1] == AccOf::<K>::ZERO { AccOf::<K>::ZERO } else { AccOf::<K>::ONE / both[1] };
            for (k, value) in [both[0], share, AccOf::<K>::of(level)].into_iter().enumerate() {
                // SAFETY: room for three numbers of each row.
                unsafe { to.wrapping_add(3 * i + k).write(value) };
            }
        }
    }

    /// Probabilities and gradients of scores of a part, from products.
    ///
    /// # Safety
    /// As for [`Grad::statistics`]; both products are in scratch memory.
    unsafe fn slopes(&self, part: &Part) {
        let (p, plan) = (&self.problem, &self.plan);
        let stats = part.slot.wrapping_add(plan.stats).cast::<[AccOf<K>; 3]>();
        let whole = part.cols.next_multiple_of(K::NR);
        for i in 0..part.rows {
            let place = |offset: usize| {
                part.slot.wrapping_add(offset).cast::<AccOf<K>>().wrapping_add(i * plan.pitch)
            };
            let r = Row {
                batch: part.batch,
                head: part.head,
                row: part.row + i,
                col: part.col,
                n: part.cols,
                whole,
                at: place(plan.scores),
            };
            // SAFETY: the products of this row, whole.
            unsafe { self.scores.scores(p, &part.bases.attention, &r) };
            // SAFETY: this row's statistics.
            let [largest, share, level] = unsafe { stats.wrapping_add(i).read() };
            let (scores, slopes) = (place(plan.scores), place(plan.slopes));
            // SAFETY: a row of scratch memory.
            let row = unsafe { std::slice::from_raw_parts_mut(scores, whole) };
            // SAFETY: another one.
            let slope = unsafe { std::slice::from_raw_parts_mut(slopes, whole) };
            let keep = p.has(at::KEEP).then(|| {
                let mut kept = [AccOf::<K>::ONE; SIDE];
                // SAFETY: bits were given.
                unsafe { super::scores::drop_out(p, &part.bases.attention, &r, &mut kept[..part.cols]) };
                kept
            });
            if let Some(kept) = &keep {
                slope.iter_mut().zip(kept).for_each(|(d, k)| *d = *d * *k);
            }
            // SAFETY: two rows.
            unsafe { (self.soften)(&Soften { scores, slopes, n: whole, largest, share, level }) };
            if let Some(kept) = &keep {
                row.iter_mut().zip(kept).for_each(|(x, k)| *x = *x * *k);
            }
            let view = &self.views[DSHIFT];
            if view.dtype.is_some() {
                let factor = self.scores.after();
                let to = view.bytes([part.batch, part.head, part.row + i, part.col]);
                let to = part.bases.given.0[DSHIFT].wrapping_offset(to);
                let mut scaled = [AccOf::<K>::ZERO; SIDE];
                scaled.iter_mut().zip(slope).for_each(|(s, d)| *s = *d * factor);
                p.weigh(part.row + i, part.col, &mut scaled[..part.cols]);
                // SAFETY: columns of this row that no other task writes.
                unsafe { self.shift.block(to, view.strides[3] * view.size, &scaled[..part.cols]) };
            }
        }
    }

    /// Adds what a part contributes to the gradients.
    ///
    /// # Safety
    /// As for [`Grad::statistics`]; the part's rows are packed.
    unsafe fn part(&self, part: &Part) {
        let (p, plan, slot) = (&self.problem, &self.plan, part.slot);
        let place = |offset: usize| slot.wrapping_add(offset);
        let first = [part.batch, part.key_head, part.col, 0];
        let (k, v) = (&p.views[at::K], &p.views[at::V]);
        let keys = part.bases.attention.0[at::K].wrapping_offset(k.bytes(first));
        let values = part.bases.attention.0[at::V].wrapping_offset(v.bytes(first));
        // SAFETY: columns of the key.
        unsafe { self.right(keys, k, true, p.depth, part.cols, place(plan.k_columns)) };
        // SAFETY: rows of the key.
        unsafe { self.right(keys, k, false, part.cols, p.depth, place(plan.k_right)) };
        // SAFETY: columns of the value.
        unsafe { self.right(values, v, true, p.depth_v, part.cols, place(plan.v_columns)) };
        let (rows, cols, pitch) = (part.rows, part.cols, plan.pitch);
        let products = [
            (plan.q, plan.pitch_q, plan.k_columns, plan.scores, p.depth),
            (plan.y, plan.pitch_y, plan.v_columns, plan.slopes, p.depth_v),
        ];
        for (a, pitch_a, b, to, steps) in products {
            let m = Multiply { a, pitch: pitch_a, b, to, to_pitch: pitch, rows, cols, steps, add: false };
            // SAFETY: packed above.
            unsafe { self.multiply(slot, &m) };
        }
        // SAFETY: the caller's duty.
        unsafe { self.slopes(part) };
        let m = Multiply {
            a: plan.slopes,
            pitch,
            b: plan.k_right,
            to: plan.dq,
            to_pitch: plan.depth,
            rows,
            cols: p.depth,
            steps: cols,
            add: true,
        };
        // SAFETY: rows of slopes are left operands as they are.
        unsafe { self.multiply(slot, &m) };
        let turned = [
            (plan.scores, plan.y_right, plan.dv, plan.depth_v, p.depth_v),
            (plan.slopes, plan.q_right, plan.dk, plan.depth, p.depth),
        ];
        for (from, b, to, to_pitch, depth) in turned {
            let turn = Turn {
                from: place(from).cast_const().cast(),
                to: place(plan.turned).cast(),
                pitch,
                rows: rows.next_multiple_of(PART),
                cols: cols.next_multiple_of(PART),
            };
            // SAFETY: both have room for whole blocks.
            unsafe { (self.turn)(&turn) };
            // Rows of a tile that no column stands for.
            let rest = cols.next_multiple_of(K::MR);
            let after = place(plan.turned).cast::<AccOf<K>>().wrapping_add(cols * pitch);
            // SAFETY: a whole tile fits.
            unsafe { after.write_bytes(0, (rest - cols) * pitch) };
            let to = to + part.col * to_pitch * size_of::<AccOf<K>>();
            let m = Multiply {
                a: plan.turned,
                pitch,
                b,
                to,
                to_pitch,
                rows: cols,
                cols: depth,
                steps: rows,
                add: true,
            };
            // SAFETY: the right operands were packed with the rows.
            unsafe { self.multiply(slot, &m) };
        }
    }

    /// Writes finished sums; those of query and key times the scale.
    ///
    /// # Safety
    /// The sums are in scratch memory, the gradient's rows are this task's own.
    unsafe fn deliver(&self, part: &Part, operand: usize, [head, row, rows]: [usize; 3]) {
        let (p, plan, view) = (&self.problem, &self.plan, &self.views[operand]);
        let (sums, pitch, depth) = match operand {
            DQ => (plan.dq, plan.depth, p.depth),
            DK => (plan.dk, plan.depth, p.depth),
            _ => (plan.dv, plan.depth_v, p.depth_v),
        };
        let factor = if operand == DV { AccOf::<K>::ONE } else { AccOf::<K>::of(p.scale) };
        for i in 0..rows {
            let from = part.slot.wrapping_add(sums).cast::<AccOf<K>>().wrapping_add(i * pitch);
            // SAFETY: a row of sums.
            let row_sums = unsafe { std::slice::from_raw_parts_mut(from, depth) };
            row_sums.iter_mut().for_each(|x| *x = *x * factor);
            let to = part.bases.given.0[operand].wrapping_offset(view.bytes([part.batch, head, row + i, 0]));
            // SAFETY: a row of the gradient.
            unsafe { self.store.block(to, view.strides[3] * view.size, row_sums) };
        }
    }

    /// Everything of one key head.
    ///
    /// # Safety
    /// As for [`Grad::statistics`].
    unsafe fn task(&self, bases: &Bases, batch: usize, key_head: usize, slot: *mut u8) {
        let (p, plan) = (&self.problem, &self.plan);
        let acc = size_of::<AccOf<K>>();
        let place = |offset: usize| slot.wrapping_add(offset);
        // SAFETY: room for the sums; zeros are numbers.
        unsafe { place(plan.dk).write_bytes(0, (p.cols + K::MR) * plan.depth * acc) };
        // SAFETY: as above.
        unsafe { place(plan.dv).write_bytes(0, (p.cols + K::MR) * plan.depth_v * acc) };
        let mut part = Part { bases, batch, head: 0, key_head, row: 0, rows: 0, col: 0, cols: 0, slot };
        for head in key_head * p.group()..(key_head + 1) * p.group() {
            for row in (0..p.rows).step_by(SIDE) {
                let rows = (p.rows - row).min(SIDE);
                (part.head, part.row, part.rows) = (head, row, rows);
                let (q, y) = (&p.views[at::Q], &self.views[DY]);
                let first = [batch, head, row, 0];
                let queries = bases.attention.0[at::Q].wrapping_offset(q.bytes(first));
                let grads = bases.given.0[DY].wrapping_offset(y.bytes(first));
                // SAFETY: rows of the query.
                unsafe { self.left(queries, q, rows, p.depth, place(plan.q), plan.pitch_q) };
                // SAFETY: rows of the gradient.
                unsafe { self.left(grads, y, rows, p.depth_v, place(plan.y), plan.pitch_y) };
                // SAFETY: rows of the query.
                unsafe { self.right(queries, q, false, rows, p.depth, place(plan.q_right)) };
                // SAFETY: rows of the gradient.
                unsafe { self.right(grads, y, false, rows, p.depth_v, place(plan.y_right)) };
                // SAFETY: the caller's duty.
                unsafe { self.statistics(&part) };
                // SAFETY: room for the sums.
                unsafe { place(plan.dq).write_bytes(0, SIDE * plan.depth * acc) };
                for col in (0..p.cols).step_by(SIDE) {
                    let cols = (p.cols - col).min(SIDE);
                    let seen = (row..row + rows).any(|i| !clip(&p.columns(batch, i), col, cols).is_empty());
                    if seen {
                        (part.col, part.cols) = (col, cols);
                        // SAFETY: the rows are packed.
                        unsafe { self.part(&part) };
                    }
                }
                // SAFETY: rows of this task.
                unsafe { self.deliver(&part, DQ, [head, row, rows]) };
            }
        }
        // SAFETY: the rows of this key head.
        unsafe { self.deliver(&part, DK, [key_head, 0, p.cols]) };
        // SAFETY: the rows of this key head.
        unsafe { self.deliver(&part, DV, [key_head, 0, p.cols]) };
    }
}

impl<K: Kind<Elem: Elem<Acc: Acc>>> Kernel for Grad<K> {
    fn scratch(&self) -> usize {
        self.plan.bytes * self.plan.slots
    }

    unsafe fn run(&self, operands: &[*mut u8], scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let (p, plan) = (&self.problem, &self.plan);
        let mut given = operands.iter();
        let first = std::array::from_fn(|i| match self.views[i].dtype {
            Some(_) => given.next().copied().unwrap_or(std::ptr::null_mut()),
            None => std::ptr::null_mut(),
        });
        let bases = Bases { given: Operands(first), attention: p.base(given.as_slice()) };
        let tasks = p.batch * p.key_heads;
        let next = AtomicUsize::new(0);
        let shared = Operands([scratch]);
        par.run(plan.slots.min(par.threads()).min(tasks), &|slot| {
            let slot = shared.addresses()[0].wrapping_add(slot * plan.bytes);
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= tasks {
                    return;
                }
                // SAFETY: the caller's duties; tasks have different heads and `slot` is used by this call only.
                unsafe { self.task(&bases, number / p.key_heads, number % p.key_heads, slot) };
            }
        });
        Ok(())
    }
}
