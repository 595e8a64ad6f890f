//! Gathering slices along one axis.

use crate::elem::dispatch;
use crate::iter::{Operands, split};
use crate::rows::Load;
use crate::walk::Walk;
use crate::{Fault, Kernel, KernelError};
use npu_types::{DType, Layout, Parallel};

/// Operand numbers.
const OUT: usize = 0;
const X: usize = 1;
const INDEX: usize = 2;

/// `out[.., i, ..] = x[.., index[i], ..]` along `axis`; `index` may have any rank, whose dimensions take the place of
/// `axis` in `out`. Operands: out, x, index (i32 or i64).
///
/// An index outside the axis is a [`Fault`], found before anything is written; negative indices do not count from the
/// end.
///
/// # Errors
/// Shapes that do not fit, an `index` that is neither i32 nor i64, element types that differ.
pub fn index_select(
    out: &Layout,
    x: &Layout,
    axis: usize,
    index: &Layout,
) -> Result<Box<dyn Kernel>, KernelError> {
    const NAME: &str = "index_select";
    let bad =
        || KernelError::Shape { kernel: NAME, what: format!("{x:?} at {index:?} along {axis} to {out:?}") };
    if axis >= x.rank() || out.rank() != x.rank() - 1 + index.rank() {
        return Err(bad());
    }
    let tail = axis + index.rank();
    let fits = out.dims()[..axis] == x.dims()[..axis]
        && out.dims()[axis..tail] == *index.dims()
        && out.dims()[tail..] == x.dims()[axis + 1..];
    if !fits {
        return Err(bad());
    }
    if !matches!(index.dtype(), DType::I32 | DType::I64) {
        return Err(KernelError::DType { kernel: NAME, dtype: index.dtype() });
    }
    if out.dtype() != x.dtype() {
        return Err(KernelError::DType { kernel: NAME, dtype: out.dtype() });
    }
    let load = Load::new(index.dtype());
    let size = x.dtype().size() as isize;
    let mut outer = Walk::point();
    for i in 0..axis {
        outer.push(x.dims()[i] as usize, [out, x].map(|l| l.strides()[i] as isize * size));
    }
    let mut indices = Walk::point();
    for (i, &dim) in index.dims().iter().enumerate() {
        let strides = [out.strides()[axis + i] as isize * size, index.strides()[i] as isize * load.size];
        indices.push(dim as usize, strides);
    }
    let mut inner = Walk::point();
    for i in axis + 1..x.rank() {
        let strides = [out.strides()[tail + i - axis - 1], x.strides()[i]].map(|s| s as isize * size);
        inner.push(x.dims()[i] as usize, strides);
    }
    let (run, run_strides) = inner.pop();
    Ok(Box::new(IndexSelect {
        load,
        outer,
        indices,
        inner,
        run,
        run_strides,
        size: size as usize,
        axis,
        dim: x.dims()[axis],
        step: x.strides()[axis] as isize * size,
        copy: dispatch!(any x.dtype(), T => copy::<T>, else unreachable!("dispatch covers every type")),
    }))
}

/// Copies `n` elements; addresses and byte strides of destination and source.
type Copy = unsafe fn([*mut u8; 2], [isize; 2], usize);

struct IndexSelect {
    load: Load<i64>,
    outer: Walk<2>,
    /// Byte offsets in out and index.
    indices: Walk<2>,
    inner: Walk<2>,
    run: usize,
    run_strides: [isize; 2],
    size: usize,
    axis: usize,
    dim: i64,
    step: isize,
    copy: Copy,
}

/// # Safety
/// Both rows are valid for `n` elements and do not overlap.
unsafe fn copy<T>([to, from]: [*mut u8; 2], strides: [isize; 2], n: usize) {
    if strides == [size_of::<T>() as isize; 2] {
        // SAFETY: contiguous rows that do not overlap, the caller's duty.
        return unsafe { std::ptr::copy_nonoverlapping(from.cast::<T>(), to.cast::<T>(), n) };
    }
    for i in 0..n as isize {
        // SAFETY: element `i` of the row.
        let value = unsafe { from.wrapping_offset(i * strides[1]).cast::<T>().read() };
        // SAFETY: element `i` of the row.
        unsafe { to.wrapping_offset(i * strides[0]).cast::<T>().write(value) };
    }
}

impl Kernel for IndexSelect {
    unsafe fn run(&self, operands: &[*mut u8], _scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let base = Operands::<3>::first(operands);
        let count = self.indices.len();
        let mut cursor = self.indices.seek(0);
        for position in 0..count {
            // SAFETY: an element of the index, the caller's duty.
            let index = unsafe { self.load.one(base.0[INDEX].wrapping_offset(cursor.offsets[1])) };
            if index < 0 || index >= self.dim {
                return Err(Fault::IndexOutOfRange { index, position, axis: self.axis, size: self.dim });
            }
            cursor.advance();
        }
        let rows = self.inner.len();
        let total = self.outer.len() * count;
        split(par, total, 1, 2 * total * rows * self.run * self.size, &|range| {
            let base = &base;
            let mut number = range.start;
            while number < range.end {
                let outer = self.outer.seek(number / count).offsets;
                let mut cursor = self.indices.seek(number % count);
                for _ in number % count..count.min(number % count + range.end - number) {
                    // SAFETY: an element of the index, the caller's duty.
                    let index = unsafe { self.load.one(base.0[INDEX].wrapping_offset(cursor.offsets[1])) };
                    let to = base.0[OUT].wrapping_offset(outer[0] + cursor.offsets[0]);
                    let from = base.0[X].wrapping_offset(outer[1] + index as isize * self.step);
                    let mut row = self.inner.seek(0);
                    for _ in 0..rows {
                        let row_at =
                            [to.wrapping_offset(row.offsets[0]), from.wrapping_offset(row.offsets[1])];
                        // SAFETY: the index was found in range, so both rows lie in their operands.
                        unsafe { (self.copy)(row_at, self.run_strides, self.run) };
                        row.advance();
                    }
                    cursor.advance();
                    number += 1;
                }
            }
        });
        Ok(())
    }
}
