//! Functions of whole rows: each row of the results follows from the rows of the inputs at the same place.

use crate::attention::Acc;
use crate::isa::{Loop, LoopFn, pick};
use crate::iter::Operands;
use crate::lanes;
use crate::rows::{BLOCK, Buffer, Load, Store};
use crate::walk::Walk;
use crate::{Fault, Kernel, KernelError};
use npu_types::{DType, Layout, Parallel};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A function of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowOp {
    /// `(dy - sum(dy * y)) * y`. Operands: dx, dy, y.
    SoftmaxGrad,
    /// `dy - exp(y) * sum(dy)`. Operands: dx, dy, y.
    LogSoftmaxGrad,
    /// With `z = (x - mean) * rstd` and `g = dy * weight`: `dx = (g - mean(g) - z * mean(g * z)) * rstd`, and `dy * z`.
    /// Operands: dx, dy * z, dy, x, mean, rstd, weight.
    LayerNormGrad,
    /// With `z = x * rstd` and `g = dy * weight`: `dx = (g - z * mean(g * z)) * rstd`, and `dy * z`.
    /// Operands: dx, dy * z, dy, x, rstd, weight.
    RmsNormGrad,
}

/// The most operands.
const MOST: usize = 7;
/// The most threads; each has its own scratch memory.
const SLOTS: usize = 8;
/// Elements that are worth another thread.
const GRAIN: usize = 1 << 15;

impl RowOp {
    /// Numbers of results and of inputs.
    fn counts(self) -> (usize, usize) {
        match self {
            RowOp::SoftmaxGrad | RowOp::LogSoftmaxGrad => (1, 2),
            RowOp::LayerNormGrad => (2, 5),
            RowOp::RmsNormGrad => (2, 4),
        }
    }
}

/// A function of rows along `axis`. Results and inputs have one shape (strides of 0 where an input repeats) and are floats
/// of any type; halves compute in f32. A result may be the same view as an input.
///
/// # Errors
/// Shapes that differ, a number of operands that is not the function's, types that are not floats.
pub fn rowwise(op: RowOp, operands: &[&Layout], axis: usize) -> Result<Box<dyn Kernel>, KernelError> {
    const NAME: &str = "rowwise";
    let (outs, ins) = op.counts();
    let bad = || KernelError::Shape { kernel: NAME, what: format!("{op:?} of {operands:?} along {axis}") };
    let Some(first) = operands.first().filter(|_| operands.len() == outs + ins) else { return Err(bad()) };
    if axis >= first.rank() || operands.iter().any(|l| l.dims() != first.dims()) {
        return Err(bad());
    }
    if let Some(l) = operands.iter().find(|l| !l.dtype().is_float()) {
        return Err(KernelError::DType { kernel: NAME, dtype: l.dtype() });
    }
    Ok(if operands[outs].dtype() == DType::F64 {
        kernel::<f64>(op, operands, axis)
    } else {
        kernel::<f32>(op, operands, axis)
    })
}

fn kernel<A: Acc>(op: RowOp, operands: &[&Layout], axis: usize) -> Box<dyn Kernel> {
    let (outs, ins) = op.counts();
    let stride = |k: usize, axis: usize| {
        operands.get(k).map_or(0, |l| l.strides()[axis] as isize * l.dtype().size() as isize)
    };
    let mut outer = Walk::point();
    for i in (0..operands[0].rank()).filter(|&i| i != axis) {
        outer.push(operands[0].dims()[i] as usize, std::array::from_fn(|k| stride(k, i)));
    }
    let n = operands[0].dims()[axis] as usize;
    let function = match op {
        RowOp::SoftmaxGrad => pick::<SoftmaxGrad<A>>(),
        RowOp::LogSoftmaxGrad => pick::<LogSoftmaxGrad<A>>(),
        RowOp::LayerNormGrad => pick::<NormGrad<A, true>>(),
        RowOp::RmsNormGrad => pick::<NormGrad<A, false>>(),
    };
    Box::new(Rowwise {
        store: operands[..outs].iter().map(|l| Store::new(l.dtype())).collect(),
        load: operands[outs..].iter().map(|l| Load::new(l.dtype())).collect(),
        strides: std::array::from_fn(|k| stride(k, axis)),
        slots: (outer.len() * n / GRAIN).clamp(1, SLOTS),
        pitch: n.next_multiple_of(16),
        count: outs + ins,
        outer,
        n,
        function,
    })
}

/// Rows of one place, converted: results to be written first, then inputs.
struct Rows<A> {
    n: usize,
    out: [*mut A; 2],
    x: [*const A; 5],
}

impl<A: Acc> Rows<A> {
    /// Results and inputs.
    ///
    /// # Safety
    /// There are as many, inputs are readable, results writable, apart, and used by nobody else.
    #[inline(always)]
    #[expect(clippy::mut_from_ref, reason = "rows of scratch memory that are apart")]
    unsafe fn parts<const O: usize, const I: usize>(&self) -> ([&mut [A]; O], [&[A]; I]) {
        // SAFETY: the caller's duty.
        let outs = std::array::from_fn(|k| unsafe { std::slice::from_raw_parts_mut(self.out[k], self.n) });
        // SAFETY: the caller's duty.
        let ins = std::array::from_fn(|k| unsafe { std::slice::from_raw_parts(self.x[k], self.n) });
        (outs, ins)
    }
}

/// Sum of a function of two elements.
#[inline(always)]
fn sum_of<A: Acc>(a: &[A], b: &[A], f: impl Fn(A, A) -> A) -> A {
    let mut sums = [A::ZERO; lanes::LANES];
    let (left, rest_a) = a.as_chunks::<{ lanes::LANES }>();
    let (right, rest_b) = b.as_chunks::<{ lanes::LANES }>();
    for (a, b) in left.iter().zip(right) {
        for i in 0..lanes::LANES {
            sums[i] += f(a[i], b[i]);
        }
    }
    for ((s, a), b) in sums.iter_mut().zip(rest_a).zip(rest_b) {
        *s += f(*a, *b);
    }
    lanes::finish(&sums, |a, b| a + b)
}

struct SoftmaxGrad<A>(PhantomData<A>);

impl<A: Acc> Loop for SoftmaxGrad<A> {
    type Args = Rows<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Rows<A>) {
        // SAFETY: the function's operands, the caller's duty.
        let ([dx], [dy, y]) = unsafe { args.parts() };
        let sum = sum_of(dy, y, |dy, y| dy * y);
        for ((dx, dy), y) in dx.iter_mut().zip(dy).zip(y) {
            *dx = (*dy - sum) * *y;
        }
    }
}

struct LogSoftmaxGrad<A>(PhantomData<A>);

impl<A: Acc> Loop for LogSoftmaxGrad<A> {
    type Args = Rows<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Rows<A>) {
        // SAFETY: the function's operands, the caller's duty.
        let ([dx], [dy, y]) = unsafe { args.parts() };
        let sum = sum_of(dy, dy, |dy, _| dy);
        for ((dx, dy), y) in dx.iter_mut().zip(dy).zip(y) {
            *dx = *dy - y.exp::<FMA>() * sum;
        }
    }
}

struct NormGrad<A, const CENTRE: bool>(PhantomData<A>);

impl<A: Acc, const CENTRE: bool> Loop for NormGrad<A, CENTRE> {
    type Args = Rows<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Rows<A>) {
        // SAFETY: the function's operands, the caller's duty; where there is no mean, the last is another row of the room.
        let ([dx, dyz], [dy, x, a, b, c]) = unsafe { args.parts() };
        // Each row repeats its statistics, so their first element does.
        let (mean, rstd, weight) = if CENTRE { (a, b, c) } else { (a, a, b) };
        let (Some(&mean), Some(&rstd)) = (mean.first(), rstd.first()) else { return };
        let mean = if CENTRE { mean } else { A::ZERO };
        for (((dx, dyz), dy), x) in dx.iter_mut().zip(&mut *dyz).zip(dy).zip(x) {
            let z = (*x - mean) * rstd;
            (*dx, *dyz) = (z, *dy * z);
        }
        let count = A::of(args.n as f64);
        let along = sum_of(dyz, weight, |dyz, w| dyz * w) / count;
        let level = if CENTRE { sum_of(dy, weight, |dy, w| dy * w) / count } else { A::ZERO };
        for ((dx, dy), w) in dx.iter_mut().zip(dy).zip(weight) {
            *dx = (*dy * *w - level - *dx * along) * rstd;
        }
    }
}

struct Rowwise<A: Acc> {
    store: Vec<Store<A>>,
    load: Vec<Load<A>>,
    outer: Walk<MOST>,
    strides: [isize; MOST],
    n: usize,
    /// Elements from one row of scratch memory to the next.
    pitch: usize,
    count: usize,
    slots: usize,
    function: LoopFn<Rows<A>>,
}

impl<A: Acc> Rowwise<A> {
    /// # Safety
    /// The rows at `at` are those of the operands; `room` has a row for each.
    unsafe fn row(&self, at: [*mut u8; MOST], room: *mut A) {
        let row = |k: usize| room.wrapping_add(k * self.pitch);
        let outs = self.store.len();
        let mut rows = Rows { n: self.n, out: [room; 2], x: [room.cast_const(); 5] };
        let mut buffer = Buffer::new();
        for (i, load) in self.load.iter().enumerate() {
            let (from, stride) = (at[outs + i].cast_const(), self.strides[outs + i]);
            if load.in_place(stride) {
                rows.x[i] = from.cast();
                continue;
            }
            rows.x[i] = row(outs + i);
            for first in (0..self.n).step_by(BLOCK) {
                let n = (self.n - first).min(BLOCK);
                let from = from.wrapping_offset(first as isize * stride);
                // SAFETY: elements of the input's row.
                let block = unsafe { load.block(from, stride, n, &mut buffer) };
                let to = row(outs + i).wrapping_add(first);
                // SAFETY: room for the row.
                unsafe { std::ptr::copy_nonoverlapping(block.as_ptr(), to, n) };
            }
        }
        for (k, out) in rows.out[..outs].iter_mut().enumerate() {
            *out = row(k);
        }
        // SAFETY: inputs are readable, results have rows of their own.
        unsafe { (self.function)(&rows) };
        for (k, store) in self.store.iter().enumerate() {
            // SAFETY: the function has written the row.
            let result = unsafe { std::slice::from_raw_parts(rows.out[k], self.n) };
            // SAFETY: a row of the result.
            unsafe { store.block(at[k], self.strides[k], result) };
        }
    }
}

impl<A: Acc> Kernel for Rowwise<A> {
    fn scratch(&self) -> usize {
        self.slots * self.count * self.pitch * size_of::<A>()
    }

    unsafe fn run(&self, operands: &[*mut u8], scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let rows = self.outer.len();
        if rows == 0 || self.n == 0 {
            return Ok(());
        }
        let mut base = [std::ptr::null_mut(); MOST];
        base[..self.count].copy_from_slice(&operands[..self.count]);
        let (base, room) = (Operands(base), Operands([scratch]));
        let threads = self.slots.min(par.threads());
        let step = rows.div_ceil(4 * threads);
        let next = AtomicUsize::new(0);
        par.run(threads, &|slot| {
            let base = base.addresses();
            let room = room.addresses()[0].cast::<A>().wrapping_add(slot * self.count * self.pitch);
            loop {
                let first = next.fetch_add(step, Ordering::Relaxed);
                if first >= rows {
                    return;
                }
                let mut cursor = self.outer.seek(first);
                for _ in first..rows.min(first + step) {
                    let at = std::array::from_fn(|k| base[k].wrapping_offset(cursor.offsets[k]));
                    // SAFETY: rows of the operands, the caller's duty; `room` is used by this call only.
                    unsafe { self.row(at, room) };
                    cursor.advance();
                }
            }
        });
        Ok(())
    }
}
