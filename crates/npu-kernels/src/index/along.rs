//! One element for each index, along one axis.

use super::places::{Load, first_bad, in_range, walk};
use super::{Actions, IndexOp, Run, choose, index_load};
use crate::engine::Constant;
use crate::iter::{Operands, split};
use crate::rows::{BLOCK, Buffer};
use crate::walk::{Walk, segments};
use crate::{Fault, Input, Kernel, KernelError};
use npu_types::{Layout, Parallel};
use std::sync::atomic::{AtomicBool, Ordering};

/// Operand numbers.
const FAR: usize = 0;
const INDEX: usize = 1;
const NEAR: usize = 2;

/// `out[i][j] = x[index[i][j]][j]` for axis 0, and so on. `out` has the index's dimensions, which are at most those of
/// `x` except along `axis`. Operands: x, index (i32 or i64), out.
///
/// An index out of range is a [`Fault`]; negative ones do not count from the end.
///
/// # Errors
/// Shapes that do not fit, element types that differ, an index that is neither i32 nor i64.
pub fn gather(x: &Layout, axis: usize, index: &Layout, out: &Layout) -> Result<Box<dyn Kernel>, KernelError> {
    kernel("gather", IndexOp::Take, x, axis, index, Input::Tensor(out))
}

/// `this[index[i][j]][j] = src[i][j]` for axis 0, and so on, or what else `op` says, in row-major order along the axis.
/// The index is at most as large as `this` except along `axis`, and at most as large as `src`. Operands: this, index,
/// src if it is a tensor.
///
/// An index out of range is a [`Fault`]; places with smaller positions may have been written then.
///
/// # Errors
/// As for [`gather`].
pub fn scatter(
    op: IndexOp,
    this: &Layout,
    axis: usize,
    index: &Layout,
    src: Input,
) -> Result<Box<dyn Kernel>, KernelError> {
    kernel("scatter", op, this, axis, index, src)
}

fn kernel(
    name: &'static str,
    op: IndexOp,
    far: &Layout,
    axis: usize,
    index: &Layout,
    near: Input,
) -> Result<Box<dyn Kernel>, KernelError> {
    let bad =
        || KernelError::Shape { kernel: name, what: format!("{far:?} at {index:?} along {axis}, {near:?}") };
    let (near_layout, value) = match near {
        Input::Tensor(l) if l.dtype() != far.dtype() => {
            return Err(KernelError::DType { kernel: name, dtype: l.dtype() });
        }
        Input::Tensor(l) => (Some(l), Constant::NONE),
        Input::Scalar(s) => (None, Constant::new(&s, far.dtype())),
    };
    let rank = index.rank();
    let inside = |l: &Layout, but: usize| (0..rank).all(|i| i == but || index.dims()[i] <= l.dims()[i]);
    // An empty index touches nothing, whatever the other shapes.
    let fits = index.is_empty()
        || far.rank() == rank
            && inside(far, axis)
            && near_layout.is_none_or(|l| l.rank() == rank && inside(l, rank));
    if !fits || axis >= rank.max(1) {
        return Err(bad());
    }
    let load = index_load(name, index)?;
    let size = far.dtype().size();
    let strides = |i: usize| {
        let near = near_layout.map_or(0, |l| l.strides()[i] as isize * size as isize);
        [far.strides()[i] as isize * size as isize, index.strides()[i] as isize * load.size, near]
    };
    let step = far.strides().get(axis).map_or(0, |s| *s as isize * size as isize);
    let dim = far.dims().get(axis).map_or(1, |d| *d);
    let (mut tasks, mut line) = (Walk::point(), (1, [0; 3]));
    if !index.is_empty() {
        for i in 0..rank {
            let n = index.dims()[i] as usize;
            if i == axis {
                let [_, index, near] = strides(i);
                line = (n, [0, index, near]);
            } else {
                tasks.push(n, strides(i));
            }
        }
    }
    // Rows are along the last axis, so that they are contiguous where tensors are.
    let last_is_axis = rank == 0 || index.dims()[axis + 1..].iter().all(|d| *d == 1);
    let row = if last_is_axis { std::mem::replace(&mut line, (1, [0; 3])) } else { tasks.pop() };
    let (actions, param) = choose(name, op, far.dtype())?;
    Ok(Box::new(Along {
        load,
        walk: walk(index),
        whole_rows: op.writes_far() && last_is_axis,
        tasks,
        line,
        row,
        axis,
        dim,
        step,
        size,
        value: near_layout.is_none().then_some(value),
        actions,
        param,
    }))
}

struct Along {
    load: Load,
    /// Over the index alone, row-major.
    walk: Walk<1>,
    /// Elements of a row may meet in one place.
    whole_rows: bool,
    /// Byte offsets of far, index and near over all axes but the row's and the indexed one.
    tasks: Walk<3>,
    /// The indexed axis, unless it is the row's: length, byte strides.
    line: (usize, [isize; 3]),
    row: (usize, [isize; 3]),
    axis: usize,
    dim: i64,
    step: isize,
    size: usize,
    /// What is written, of a scalar.
    value: Option<Constant>,
    actions: Actions,
    param: Constant,
}

impl Along {
    /// Acts on `n` elements of a row at the given addresses. Answers whether all indices were in range.
    ///
    /// # Safety
    /// The elements are valid, and nobody else uses the places that the row may write.
    unsafe fn row(&self, at: [*mut u8; 3], n: usize, buffer: &mut Buffer<i64>) -> bool {
        let strides = self.row.1;
        for first in (0..n).step_by(BLOCK) {
            let n = (n - first).min(BLOCK);
            let [far, index, near] =
                std::array::from_fn(|k| at[k].wrapping_offset(first as isize * strides[k]));
            // SAFETY: elements of the index.
            let block = unsafe { self.load.block(index, strides[INDEX], n, buffer) };
            if !in_range(block, self.dim, false) {
                return false;
            }
            let run = Run {
                near,
                near_stride: strides[NEAR],
                far,
                far_stride: strides[FAR],
                n,
                param: self.param.as_ptr(),
            };
            // SAFETY: the indices are in range.
            unsafe { (self.actions.points)(&run, block, self.step) };
        }
        true
    }
}

impl Kernel for Along {
    unsafe fn run(&self, operands: &[*mut u8], _scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let count = self.walk.len();
        let near = match &self.value {
            Some(value) => value.as_ptr().cast_mut(),
            None => operands[NEAR],
        };
        let base = Operands([operands[FAR], operands[INDEX], near]);
        let (length, strides) = self.row;
        let bytes = count * (2 * self.size + self.load.size as usize);
        let bad = AtomicBool::new(false);
        // A row that may write a place twice is one thread's; other rows are cut anywhere.
        let unit = if self.whole_rows { length } else { 1 };
        let total = if count == 0 { 0 } else { self.tasks.len() * length / unit };
        split(par, total, 1, bytes, &|range| {
            let mut buffer = Buffer::new();
            segments(&self.tasks, length, range.start * unit..range.end * unit, |offsets, first, n| {
                for i in 0..self.line.0 as isize {
                    let at = std::array::from_fn(|k| {
                        let offset = offsets[k] + first as isize * strides[k] + i * self.line.1[k];
                        base.addresses()[k].wrapping_offset(offset)
                    });
                    // SAFETY: as promised to `run`; threads have different rows, or different columns of them.
                    if !unsafe { self.row(at, n, &mut buffer) } {
                        bad.store(true, Ordering::Relaxed);
                        return;
                    }
                }
            });
        });
        if bad.into_inner() {
            let index = operands[INDEX];
            // SAFETY: as promised to `run`.
            let fault = unsafe { first_bad(index, &self.walk, &self.load, (self.axis, self.dim), false) };
            return fault.map_or(Ok(()), Err);
        }
        Ok(())
    }
}
