//! Upper and lower triangles.

use crate::elem::{Element, dispatch};
use crate::iter::{Operands, split};
use crate::walk::Walk;
use crate::{Fault, Kernel, KernelError};
use npu_types::{Layout, Parallel};

/// The upper or lower triangle of the last two dimensions, zero elsewhere: element `(i, j)` belongs to the upper one
/// when `j - i >= diagonal`, to the lower one when `j - i <= diagonal`. Operands: out, x; they may be the same view.
///
/// # Errors
/// Shapes or element types that differ, fewer than two dimensions.
pub fn tri(upper: bool, out: &Layout, x: &Layout, diagonal: i64) -> Result<Box<dyn Kernel>, KernelError> {
    if out.dims() != x.dims() || x.rank() < 2 {
        return Err(KernelError::Shape { kernel: "tri", what: format!("{x:?} to {out:?}") });
    }
    if out.dtype() != x.dtype() {
        return Err(KernelError::DType { kernel: "tri", dtype: out.dtype() });
    }
    let last = x.rank() - 1;
    let size = x.dtype().size() as isize;
    let strides = |axis: usize| [out, x].map(|l| l.strides()[axis] as isize * size);
    let mut batch = Walk::point();
    for axis in 0..last - 1 {
        batch.push(x.dims()[axis] as usize, strides(axis));
    }
    Ok(Box::new(Tri {
        upper,
        diagonal,
        batch,
        rows: x.dims()[last - 1] as usize,
        cols: x.dims()[last] as usize,
        row: strides(last - 1),
        col: strides(last),
        line: dispatch!(any x.dtype(), T => line::<T>, else unreachable!("dispatch covers every type")),
        size: size as usize,
    }))
}

struct Tri {
    upper: bool,
    diagonal: i64,
    batch: Walk<2>,
    rows: usize,
    cols: usize,
    row: [isize; 2],
    col: [isize; 2],
    line: Line,
    size: usize,
}

/// Addresses and byte strides of out and x, number of elements, and which of them are kept.
type Line = unsafe fn([*mut u8; 2], [isize; 2], usize, std::ops::Range<usize>);

/// # Safety
/// Both rows are valid for `n` elements and are either one row or do not overlap.
unsafe fn line<T: Element>(
    [out, x]: [*mut u8; 2],
    strides: [isize; 2],
    n: usize,
    kept: std::ops::Range<usize>,
) {
    let at = |j: usize| out.wrapping_offset(j as isize * strides[0]).cast::<T>();
    for zeros in [0..kept.start, kept.end..n] {
        if strides[0] == size_of::<T>() as isize {
            // SAFETY: these elements of the row, contiguous; zero bytes are a zero of every type.
            unsafe { std::ptr::write_bytes(at(zeros.start), 0, zeros.len()) };
            continue;
        }
        for j in zeros {
            // SAFETY: element `j` of the row.
            unsafe { at(j).write(T::default()) };
        }
    }
    if out == x {
        return;
    }
    if strides == [size_of::<T>() as isize; 2] {
        let from = x.cast::<T>().wrapping_add(kept.start);
        // SAFETY: contiguous rows that do not overlap, the caller's duty.
        return unsafe { std::ptr::copy_nonoverlapping(from, at(kept.start), kept.len()) };
    }
    for j in kept {
        // SAFETY: element `j` of the row.
        let value = unsafe { x.wrapping_offset(j as isize * strides[1]).cast::<T>().read() };
        // SAFETY: element `j` of the row.
        unsafe { at(j).write(value) };
    }
}

impl Kernel for Tri {
    unsafe fn run(&self, operands: &[*mut u8], _scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let base = Operands::<2>::first(operands);
        let total = self.batch.len() * self.rows;
        split(par, total, 1, 2 * total * self.cols * self.size, &|range| {
            let base = &base;
            for number in range {
                let (batch, i) = (number / self.rows, number % self.rows);
                let offsets = self.batch.seek(batch).offsets;
                let at = |k: usize| base.0[k].wrapping_offset(offsets[k] + i as isize * self.row[k]);
                let edge = |shift: i64| {
                    (i as i64).saturating_add(self.diagonal).saturating_add(shift).clamp(0, self.cols as i64)
                        as usize
                };
                let kept = if self.upper { edge(0)..self.cols } else { 0..edge(1) };
                // SAFETY: row `i` of both operands.
                unsafe { (self.line)([at(0), at(1)], self.col, self.cols, kept) };
            }
        });
        Ok(())
    }
}
