//! Slices at places that several index tensors name together.

use super::places::{Column, Places, walk};
use super::{Actions, IndexOp, Run, choose, index_load};
use crate::engine::Constant;
use crate::iter::{Operands, split};
use crate::walk::{Walk, segments};
use crate::{Fault, Kernel, KernelError};
use npu_types::{Layout, Parallel};
use std::ops::Range;

/// An axis and the indices into it.
#[derive(Clone, Copy, Debug)]
pub struct IndexedAxis {
    /// Which axis of the indexed tensor.
    pub axis: usize,
    /// Indices, i32 or i64, expanded to the dimensions that all of them share. Negative ones count from the end.
    pub index: Layout,
}

/// `out = x[indices]` by NumPy's rules: the indices' dimensions stand in `out` where the indexed axes stood, or first
/// if other axes lie between those. Operands: out, x, the indices in the order of `axes`.
///
/// An index out of range is a [`Fault`], found before anything is written.
///
/// # Errors
/// Shapes that do not fit, indices that are neither i32 nor i64, element types that differ.
pub fn index(out: &Layout, x: &Layout, axes: &[IndexedAxis]) -> Result<Box<dyn Kernel>, KernelError> {
    kernel("index", IndexOp::Take, out, x, axes)
}

/// `this[indices] = values`, or what else `op` says. Operands: this, values, the indices. `values` has the dimensions
/// that [`index`] gives its output. With several values for one place, they take effect in row-major order.
///
/// # Errors
/// As for [`index`].
pub fn index_put(
    op: IndexOp,
    this: &Layout,
    values: &Layout,
    axes: &[IndexedAxis],
) -> Result<Box<dyn Kernel>, KernelError> {
    kernel("index_put", op, values, this, axes)
}

fn kernel(
    name: &'static str,
    op: IndexOp,
    near: &Layout,
    far: &Layout,
    axes: &[IndexedAxis],
) -> Result<Box<dyn Kernel>, KernelError> {
    let bad = || KernelError::Shape { kernel: name, what: format!("{far:?} at {axes:?} and {near:?}") };
    if near.dtype() != far.dtype() {
        return Err(KernelError::DType { kernel: name, dtype: near.dtype() });
    }
    let (first, last) = (axes.first().ok_or_else(bad)?, axes.last().ok_or_else(bad)?);
    let ordered = axes.windows(2).all(|w| w[0].axis < w[1].axis && w[0].index.dims() == w[1].index.dims());
    if !ordered || last.axis >= far.rank() {
        return Err(bad());
    }
    let together = last.axis - first.axis + 1 == axes.len();
    let (lead, positions) = (if together { first.axis } else { 0 }, first.index.dims());
    let indexed = |axis: usize| axes.iter().any(|a| a.axis == axis);
    let free: Vec<usize> = (0..far.rank()).filter(|a| !indexed(*a)).collect();
    let mut expected: Vec<i64> = free.iter().map(|a| far.dims()[*a]).collect();
    expected.splice(lead..lead, positions.iter().copied());
    if near.dims() != expected {
        return Err(bad());
    }
    let size = far.dtype().size() as isize;
    let (mut outer, mut inner, mut at) = (Walk::point(), Walk::point(), Walk::point());
    for (i, &axis) in free.iter().enumerate() {
        let (walk, k) = if i < lead { (&mut outer, i) } else { (&mut inner, i + positions.len()) };
        walk.push(
            far.dims()[axis] as usize,
            [near.strides()[k], far.strides()[axis]].map(|s| s as isize * size),
        );
    }
    for (i, &dim) in positions.iter().enumerate() {
        at.push(dim as usize, [near.strides()[lead + i] as isize * size]);
    }
    let (run, run_strides) = inner.pop();
    let (many, [next]) = at.pop();
    let mut columns = Vec::new();
    for a in axes {
        let step = far.strides()[a.axis] * size as i64;
        let load = index_load(name, &a.index)?;
        columns.push((Column::new(load, &a.index, a.axis, far.dims()[a.axis], step), walk(&a.index)));
    }
    let (actions, param) = choose(name, op, far.dtype())?;
    let places = Places::new(columns, positions.iter().product::<i64>() as usize);
    let size = size as usize;
    let near = op.writes_far() as usize;
    Ok(Box::new(Select {
        places,
        outer,
        at,
        many,
        next,
        inner,
        run,
        run_strides,
        size,
        near,
        actions,
        param,
    }))
}

struct Select {
    places: Places,
    /// Byte offsets of the near and the far tensor over axes before the positions.
    outer: Walk<2>,
    /// Those of the near one over positions: rows of `many`, `next` apart.
    at: Walk<1>,
    many: usize,
    next: isize,
    /// Both over axes after the positions: rows of `run`.
    inner: Walk<2>,
    run: usize,
    run_strides: [isize; 2],
    size: usize,
    /// Which operand is the near one; the other one of the first two is far.
    near: usize,
    actions: Actions,
    param: Constant,
}

impl Select {
    /// Acts on `columns` of every row at the positions of `range`.
    ///
    /// # Safety
    /// `base` are the near and far addresses of one position of `outer`, `table` holds a checked place for every
    /// position, and nobody else uses what this part writes.
    unsafe fn part(
        &self,
        [near, far]: [*mut u8; 2],
        table: &[i64],
        mut position: usize,
        columns: Range<usize>,
    ) {
        let param = self.param.as_ptr();
        let rows = self.inner.len();
        let single = rows == 1 && self.run == 1;
        let end = position + table.len();
        let start = position;
        segments(&self.at, self.many, position..end, |[offset], first, n| {
            let near = near.wrapping_offset(offset + first as isize * self.next);
            let places = &table[position - start..][..n];
            position += n;
            if single {
                let run = Run { near, near_stride: self.next, far, far_stride: 0, n, param };
                // SAFETY: checked places, elements of both tensors.
                return unsafe { (self.actions.points)(&run, places, 1) };
            }
            for (i, &place) in places.iter().enumerate() {
                let near = near.wrapping_offset(i as isize * self.next);
                let far = far.wrapping_offset(place as isize);
                let mut row = self.inner.seek(0);
                for _ in 0..rows {
                    let at = |base: *mut u8, k: usize| {
                        base.wrapping_offset(row.offsets[k] + columns.start as isize * self.run_strides[k])
                    };
                    let run = Run {
                        near: at(near, 0),
                        near_stride: self.run_strides[0],
                        far: at(far, 1),
                        far_stride: self.run_strides[1],
                        n: columns.len(),
                        param,
                    };
                    // SAFETY: the place was found in range, so both rows lie in their tensors.
                    unsafe { (self.actions.row)(&run) };
                    row.advance();
                }
            }
        });
    }
}

impl Kernel for Select {
    fn scratch(&self) -> usize {
        self.places.count() * 8
    }

    unsafe fn run(&self, operands: &[*mut u8], scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let count = self.places.count();
        if count == 0 {
            return Ok(());
        }
        // SAFETY: as promised to `run`.
        unsafe { self.places.find(&operands[2..], scratch, par) }?;
        // SAFETY: `find` has written so many numbers.
        let table = unsafe { std::slice::from_raw_parts(scratch.cast::<i64>().cast_const(), count) };
        let base = Operands([operands[self.near], operands[1 - self.near]]);
        let slices = self.outer.len();
        let bytes = 2 * slices * count * self.inner.len() * self.run * self.size;
        let at = |slice: usize| {
            let offsets = self.outer.seek(slice).offsets;
            let [near, far] = base.addresses();
            [near.wrapping_offset(offsets[0]), far.wrapping_offset(offsets[1])]
        };
        if self.near == 0 {
            // Every position has an element of `out` to itself.
            split(par, slices * count, 1, bytes, &|range| {
                let mut number = range.start;
                while number < range.end {
                    let first = number % count;
                    let n = (count - first).min(range.end - number);
                    // SAFETY: as promised to `run`; threads have different positions.
                    unsafe { self.part(at(number / count), &table[first..first + n], first, 0..self.run) };
                    number += n;
                }
            });
        } else if slices > 1 || self.inner.len() > 1 {
            // Positions may name one place twice: whoever has a slice goes through all of them, in order.
            split(par, slices, 1, bytes, &|range| {
                for slice in range {
                    // SAFETY: as promised to `run`; threads have different slices.
                    unsafe { self.part(at(slice), table, 0, 0..self.run) };
                }
            });
        } else {
            split(par, self.run, 64 / self.size, bytes, &|columns| {
                // SAFETY: as promised to `run`; threads have different columns.
                unsafe { self.part(at(0), table, 0, columns) };
            });
        }
        Ok(())
    }
}
