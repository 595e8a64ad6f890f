//! Where indices point: checked, and turned into byte offsets.

use super::Fault;
use crate::iter::{Operands, split};
use crate::rows::{self, BLOCK, Buffer};
use crate::walk::{Walk, segments};
use npu_types::{Layout, Parallel};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// Indices are read as i64.
pub(super) type Load = rows::Load<i64>;

/// One index tensor and the axis it indexes.
pub(super) struct Column {
    load: Load,
    outer: Walk<1>,
    run: usize,
    stride: isize,
    /// Which axis, for messages.
    axis: usize,
    /// Its size.
    dim: i64,
    /// Byte distance of neighbours along it.
    step: i64,
}

impl Column {
    /// `index` has the dimensions of the positions; negative indices count from the end.
    pub(super) fn new(load: Load, index: &Layout, axis: usize, dim: i64, step: i64) -> Column {
        let mut outer = walk(index);
        let (run, [stride]) = outer.pop();
        Column { load, outer, run, stride, axis, dim, step }
    }

    /// Adds to `places` what this index contributes at the positions of `range`. Answers whether all were in range.
    ///
    /// # Safety
    /// `base` is the index tensor's.
    unsafe fn add(&self, base: *mut u8, range: Range<usize>, places: &mut [i64], first: bool) -> bool {
        let (mut buffer, mut fine, mut done) = (Buffer::new(), true, 0);
        segments(&self.outer, self.run, range, |[offset], at, n| {
            for start in (0..n).step_by(BLOCK) {
                let n = (n - start).min(BLOCK);
                let from = base.wrapping_offset(offset + (at + start) as isize * self.stride);
                // SAFETY: elements of the index, the caller's duty.
                let block = unsafe { self.load.block(from, self.stride, n, &mut buffer) };
                fine &= in_range(block, self.dim, true);
                for (place, &i) in places[done..done + n].iter_mut().zip(block) {
                    let wrapped = i.wrapping_add(if i < 0 { self.dim } else { 0 });
                    let offset = wrapped.wrapping_mul(self.step);
                    *place = if first { offset } else { place.wrapping_add(offset) };
                }
                done += n;
            }
        });
        fine
    }
}

/// Whether every index names a place on an axis of `dim`.
#[inline]
pub(super) fn in_range(block: &[i64], dim: i64, negative: bool) -> bool {
    let (low, high) = (if negative { -dim } else { 0 }, dim);
    block.iter().fold(true, |fine, &i| fine & (i >= low) & (i < high))
}

/// Row-major, in bytes.
pub(super) fn walk(index: &Layout) -> Walk<1> {
    let mut walk = Walk::point();
    for (&dim, &stride) in index.dims().iter().zip(index.strides()) {
        walk.push(dim as usize, [stride as isize * index.dtype().size() as isize]);
    }
    walk
}

/// The first index that is out of range, after somebody found that there is one.
///
/// # Safety
/// `base` is the address of an index tensor with this walk.
#[cold]
pub(super) unsafe fn first_bad(
    base: *mut u8,
    walk: &Walk<1>,
    load: &Load,
    (axis, size): (usize, i64),
    negative: bool,
) -> Option<Fault> {
    let mut cursor = walk.seek(0);
    for position in 0..walk.len() {
        // SAFETY: an element of the index, the caller's duty.
        let index = unsafe { load.one(base.wrapping_offset(cursor.offsets[0])) };
        if !in_range(&[index], size, negative) {
            return Some(Fault::IndexOutOfRange { index, position, axis, size });
        }
        cursor.advance();
    }
    None
}

/// Index tensors that together name places: one for each indexed axis, over the same positions.
pub(super) struct Places {
    columns: Vec<(Column, Walk<1>)>,
    count: usize,
}

impl Places {
    pub(super) fn new(columns: Vec<(Column, Walk<1>)>, count: usize) -> Places {
        Places { columns, count }
    }

    /// Number of positions.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Writes the byte offset of every position to `table`, or finds the first index that is out of range.
    ///
    /// # Safety
    /// `bases` are the index tensors', `table` has room for [`Places::count`] numbers.
    pub(super) unsafe fn find(
        &self,
        bases: &[*mut u8],
        table: *mut u8,
        par: &dyn Parallel,
    ) -> Result<(), Fault> {
        let bad = AtomicBool::new(false);
        let table = Operands([table]);
        let mut all = [std::ptr::null_mut(); npu_types::MAX_RANK];
        all[..bases.len()].copy_from_slice(bases);
        let all = Operands(all);
        split(par, self.count, 64, self.count * 16 * self.columns.len(), &|range| {
            let at = table.addresses()[0].cast::<i64>().wrapping_add(range.start);
            // SAFETY: this thread's part of the table, the caller's duty; any bytes are numbers.
            let places = unsafe { std::slice::from_raw_parts_mut(at, range.len()) };
            for (k, (column, _)) in self.columns.iter().enumerate() {
                // SAFETY: as for this function.
                if !unsafe { column.add(all.addresses()[k], range.clone(), places, k == 0) } {
                    bad.store(true, Ordering::Relaxed);
                }
            }
        });
        if bad.into_inner() {
            for ((column, walk), &base) in self.columns.iter().zip(bases) {
                // SAFETY: as for this function.
                let found = unsafe { first_bad(base, walk, &column.load, (column.axis, column.dim), true) };
                if let Some(fault) = found {
                    return Err(fault);
                }
            }
        }
        Ok(())
    }
}
