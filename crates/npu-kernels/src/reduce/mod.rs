//! Reductions over any set of axes.

mod fold;

use crate::isa::{LoopFn, pick};
use crate::iter::{Operands, split};
use crate::rows::{BLOCK, Buffer, Load, Store};
use crate::walk::Walk;
use crate::{Fault, Kernel, KernelError};
use fold::{AcrossRow, All, Any, Columns, DownColumns, Fold, Max, Min, Norm, Prod, Row, Sum};
use npu_types::{Complex64, DType, Layout, Parallel};
use std::ops::Range;

/// What a reduction computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReduceOp {
    /// Sum; 0 of nothing.
    Sum,
    /// Arithmetic mean; NaN of nothing.
    Mean,
    /// Product; 1 of nothing.
    Prod,
    /// Largest element, NaN if there is one.
    Max,
    /// Smallest element, NaN if there is one.
    Min,
    /// Number of elements that are not zero.
    Count,
    /// Sum of magnitudes.
    SumMagnitudes,
    /// Sum of squares.
    SumSquares,
    /// Root of the sum of squares.
    Length,
    /// Whether any element is not zero; false of nothing.
    Any,
    /// Whether all elements are not zero; true of nothing.
    All,
}

/// Reduces the axes in the bit mask `axes`; operands: out, x. `out` has the rank of `x`, reduced axes are 1 there.
///
/// Elements are converted to the class of `compute` (floats, integers, complex numbers) before they are combined, and
/// results to `out`'s type. Sums of half types and f32 are kept in f32 over short stretches and in f64 beyond,
/// integers in i64 that wraps. The largest or smallest of nothing is the lowest or highest value: callers refuse it.
///
/// # Errors
/// Shapes that do not fit; `Mean` of integers, `Max` and `Min` of complex numbers.
pub fn reduce(
    op: ReduceOp,
    compute: DType,
    out: &Layout,
    x: &Layout,
    axes: u32,
) -> Result<Box<dyn Kernel>, KernelError> {
    let reduced = |axis: usize| axes & (1 << axis) != 0;
    let fits = out.rank() == x.rank()
        && (0..x.rank()).all(|i| out.dims()[i] == if reduced(i) { 1 } else { x.dims()[i] });
    if !fits {
        return Err(KernelError::Shape {
            kernel: "reduce",
            what: format!("{x:?} over {axes:#b} to {out:?}"),
        });
    }
    let refused = Err(KernelError::DType { kernel: "reduce", dtype: compute });
    let real = !compute.is_complex();
    let (double, float) = (compute == DType::F64, compute.is_float());
    Ok(match op {
        ReduceOp::Sum if double => kernel::<Sum<f64, f64, false>>(out, x, axes),
        ReduceOp::Sum if float => kernel::<Sum<f32, f64, false>>(out, x, axes),
        ReduceOp::Sum if real => kernel::<Sum<i64, i64, false>>(out, x, axes),
        ReduceOp::Sum => kernel::<Sum<Complex64, Complex64, false>>(out, x, axes),
        ReduceOp::Mean if double => kernel::<Sum<f64, f64, true>>(out, x, axes),
        ReduceOp::Mean if float => kernel::<Sum<f32, f64, true>>(out, x, axes),
        ReduceOp::Mean if real => return refused,
        ReduceOp::Mean => kernel::<Sum<Complex64, Complex64, true>>(out, x, axes),
        ReduceOp::Prod if double => kernel::<Prod<f64>>(out, x, axes),
        ReduceOp::Prod if float => kernel::<Prod<f32>>(out, x, axes),
        ReduceOp::Prod if real => kernel::<Prod<i64>>(out, x, axes),
        ReduceOp::Prod => kernel::<Prod<Complex64>>(out, x, axes),
        ReduceOp::Max | ReduceOp::Min if !real => return refused,
        ReduceOp::Max => match compute {
            DType::F64 => kernel::<Max<f64>>(out, x, axes),
            DType::F32 | DType::F16 | DType::BF16 => kernel::<Max<f32>>(out, x, axes),
            DType::I64 | DType::U32 => kernel::<Max<i64>>(out, x, axes),
            DType::U64 => kernel::<Max<u64>>(out, x, axes),
            _ => kernel::<Max<i32>>(out, x, axes),
        },
        ReduceOp::Min => match compute {
            DType::F64 => kernel::<Min<f64>>(out, x, axes),
            DType::F32 | DType::F16 | DType::BF16 => kernel::<Min<f32>>(out, x, axes),
            DType::I64 | DType::U32 => kernel::<Min<i64>>(out, x, axes),
            DType::U64 => kernel::<Min<u64>>(out, x, axes),
            _ => kernel::<Min<i32>>(out, x, axes),
        },
        ReduceOp::Count | ReduceOp::SumMagnitudes | ReduceOp::SumSquares | ReduceOp::Length if !float => {
            return refused;
        }
        ReduceOp::Count if double => kernel::<Norm<f64, 0, true>>(out, x, axes),
        ReduceOp::Count => kernel::<Norm<f32, 0, true>>(out, x, axes),
        ReduceOp::SumMagnitudes if double => kernel::<Norm<f64, 1, true>>(out, x, axes),
        ReduceOp::SumMagnitudes => kernel::<Norm<f32, 1, true>>(out, x, axes),
        ReduceOp::SumSquares if double => kernel::<Norm<f64, 2, true>>(out, x, axes),
        ReduceOp::SumSquares => kernel::<Norm<f32, 2, true>>(out, x, axes),
        ReduceOp::Length if double => kernel::<Norm<f64, 2, false>>(out, x, axes),
        ReduceOp::Length => kernel::<Norm<f32, 2, false>>(out, x, axes),
        ReduceOp::Any => kernel::<Any>(out, x, axes),
        ReduceOp::All => kernel::<All>(out, x, axes),
    })
}

/// Operand numbers of the outer walk.
const OUT: usize = 0;
const X: usize = 1;

/// Elements folded at a time where they need no conversion; short enough for f32 lanes to stay accurate.
const STRETCH: usize = 1024;
/// Rows folded into lanes before these are added to the states.
const DEPTH: usize = 32;
/// Elements of one piece, when a few long reductions are cut in pieces.
const PIECE: usize = 64 << 10;
/// The most pieces of one reduction.
const PIECES: usize = 64;

struct Reduce<F: Fold> {
    load: Load<F::Lane>,
    store: Store<F::State>,
    /// Outputs, and where their elements begin.
    outer: Walk<2>,
    /// Elements of one output, without the innermost axis.
    rows: Walk<1>,
    /// The innermost axis: of reduced elements, or of outputs side by side.
    inner: usize,
    strides: [isize; 2],
    /// Elements of one output.
    count: usize,
    fold: Inner<F>,
}

enum Inner<F: Fold> {
    Rows { fold: LoopFn<Row<F>>, pieces: usize },
    Columns { fold: LoopFn<Columns<F>> },
}

fn kernel<F: Fold>(out: &Layout, x: &Layout, axes: u32) -> Box<dyn Kernel> {
    let mut outer = Walk::point();
    let mut rows = Walk::point();
    let (load, store) = (Load::<F::Lane>::new(x.dtype()), Store::<F::State>::new(out.dtype()));
    let stride = |axis: usize| x.strides()[axis] as isize * load.size;
    let out_stride = |axis: usize| out.strides()[axis] as isize * store.size;
    let reduced = |axis: usize| axes & (1 << axis) != 0;
    let mut order: [usize; npu_types::MAX_RANK] = std::array::from_fn(|i| i);
    let order = &mut order[..x.rank()];
    // Longest strides outside; expanded axes are outermost, so that the innermost one is contiguous if any is.
    let key = |i: usize| if x.dims()[i] == 1 || stride(i) == 0 { isize::MIN } else { -stride(i).abs() };
    order.sort_by_key(|&i| key(i));
    for &axis in order.iter() {
        let dim = x.dims()[axis] as usize;
        if reduced(axis) {
            rows.push(dim, [stride(axis)]);
        } else {
            outer.push(dim, [out_stride(axis), stride(axis)]);
        }
    }
    let count = rows.len();
    let innermost = order.last().copied().filter(|&i| x.dims()[i] != 1);
    let (inner, strides, fold) = if innermost.is_some_and(|i| !reduced(i)) {
        let (inner, strides) = outer.pop();
        (inner, strides, Inner::Columns { fold: pick::<DownColumns<F>>() })
    } else {
        let (inner, [stride]) = rows.pop();
        let pieces = if outer.len() < PIECES { (count / PIECE).clamp(1, PIECES) } else { 1 };
        (inner, [0, stride], Inner::Rows { fold: pick::<AcrossRow<F>>(), pieces })
    };
    Box::new(Reduce { load, store, outer, rows, inner, strides, count, fold })
}

impl<F: Fold> Reduce<F> {
    /// Folds the elements `range` of the output whose elements begin at `x`.
    ///
    /// # Safety
    /// The elements are readable.
    unsafe fn across(&self, fold: LoopFn<Row<F>>, x: *const u8, range: Range<usize>) -> F::State {
        let mut state = F::start();
        if range.is_empty() {
            return state;
        }
        let stride = self.strides[X];
        let step = if self.load.in_place(stride) { STRETCH } else { BLOCK };
        let mut buffer = Buffer::new();
        let mut row = self.rows.seek(range.start / self.inner);
        let mut column = range.start % self.inner;
        let mut left = range.len();
        loop {
            let n = (self.inner - column).min(left).min(step);
            let from = x.wrapping_offset(row.offsets[0] + column as isize * stride);
            // SAFETY: elements of this output, the caller's duty.
            let block = unsafe { self.load.block(from, stride, n, &mut buffer) };
            // SAFETY: the block is a live slice and the state a live local.
            unsafe { fold(&Row { block: block.as_ptr(), n, state: &mut state }) };
            left -= n;
            if left == 0 {
                return state;
            }
            column += n;
            if column == self.inner {
                column = 0;
                row.advance();
            }
        }
    }

    /// Outputs `range` side by side, beginning at `out` and `x`.
    ///
    /// # Safety
    /// The elements of these outputs are readable, the outputs writable.
    unsafe fn down(&self, fold: LoopFn<Columns<F>>, out: *mut u8, x: *const u8, range: Range<usize>) {
        let mut buffer = Buffer::new();
        for first in range.clone().step_by(BLOCK) {
            let n = (range.end - first).min(BLOCK);
            let x = x.wrapping_offset(first as isize * self.strides[X]);
            let mut states = [F::start(); BLOCK];
            let mut lanes = [F::neutral(); BLOCK];
            let mut row = self.rows.seek(0);
            let total = self.rows.len();
            for i in 0..total {
                // SAFETY: elements of these outputs, the caller's duty.
                let block = unsafe {
                    self.load.block(x.wrapping_offset(row.offsets[0]), self.strides[X], n, &mut buffer)
                };
                // SAFETY: the block is a live slice, the lanes are a live local.
                unsafe { fold(&Columns { block: block.as_ptr(), n, lanes: lanes.as_mut_ptr() }) };
                if i % DEPTH == DEPTH - 1 || i == total - 1 {
                    for (s, l) in states[..n].iter_mut().zip(&mut lanes) {
                        *s = F::merge(*s, std::mem::replace(l, F::neutral()));
                    }
                }
                row.advance();
            }
            states[..n].iter_mut().for_each(|s| *s = F::finish(*s, self.count));
            let out = out.wrapping_offset(first as isize * self.strides[OUT]);
            // SAFETY: these outputs are writable, the caller's duty.
            unsafe { self.store.block(out, self.strides[OUT], &states[..n]) };
        }
    }
}

impl<F: Fold> Kernel for Reduce<F> {
    fn scratch(&self) -> usize {
        match self.fold {
            Inner::Rows { pieces, .. } if pieces > 1 => self.outer.len() * pieces * size_of::<F::State>(),
            _ => 0,
        }
    }

    unsafe fn run(&self, operands: &[*mut u8], scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let base = Operands::<2>::first(operands);
        let outputs = self.outer.len();
        let bytes = outputs.saturating_mul(self.count).saturating_mul(self.load.size as usize);
        match self.fold {
            Inner::Rows { fold, pieces: 1 } => split(par, outputs, 1, bytes, &|range| {
                let base = &base;
                let mut cursor = self.outer.seek(range.start);
                for _ in range {
                    let x = base.0[X].wrapping_offset(cursor.offsets[X]);
                    // SAFETY: elements of this output, the caller's duty.
                    let state = unsafe { self.across(fold, x, 0..self.count) };
                    let out = base.0[OUT].wrapping_offset(cursor.offsets[OUT]);
                    // SAFETY: this output, the caller's duty.
                    unsafe { self.store.one(out, F::finish(state, self.count)) };
                    cursor.advance();
                }
            }),
            Inner::Rows { fold, pieces } => {
                let states = Operands([scratch]);
                par.run(outputs * pieces, &|i| {
                    let (base, states) = (&base, &states);
                    let (output, piece) = (i / pieces, i % pieces);
                    let x = base.0[X].wrapping_offset(self.outer.seek(output).offsets[X]);
                    let range = self.count * piece / pieces..self.count * (piece + 1) / pieces;
                    // SAFETY: elements of this output, the caller's duty.
                    let state = unsafe { self.across(fold, x, range) };
                    // SAFETY: scratch memory has a state for each piece.
                    unsafe { states.0[0].cast::<F::State>().wrapping_add(i).write(state) };
                });
                let mut cursor = self.outer.seek(0);
                for output in 0..outputs {
                    let mut state = F::start();
                    for piece in 0..pieces {
                        let at = scratch.cast::<F::State>().wrapping_add(output * pieces + piece);
                        // SAFETY: written above.
                        state = F::join(state, unsafe { at.read() });
                    }
                    let out = base.0[OUT].wrapping_offset(cursor.offsets[OUT]);
                    // SAFETY: this output, the caller's duty.
                    unsafe { self.store.one(out, F::finish(state, self.count)) };
                    cursor.advance();
                }
            }
            Inner::Columns { fold } => {
                let blocks = self.inner.div_ceil(BLOCK);
                split(par, outputs * blocks, 1, bytes.saturating_mul(self.inner), &|range| {
                    let base = &base;
                    for i in range {
                        let offsets = self.outer.seek(i / blocks).offsets;
                        let first = i % blocks * BLOCK;
                        let columns = first..self.inner.min(first + BLOCK);
                        let out = base.0[OUT].wrapping_offset(offsets[OUT]);
                        let x = base.0[X].wrapping_offset(offsets[X]);
                        // SAFETY: elements of these outputs, the caller's duty.
                        unsafe { self.down(fold, out, x, columns) };
                    }
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
