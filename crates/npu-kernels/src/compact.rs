//! Keeping what a condition chooses: how much that is shows only when the data is there.

use crate::elem::{Bool, Element};
use crate::iter::{GRAIN, Operands};
use crate::rows::{BLOCK, Buffer, Load};
use crate::walk::{Walk, segments};
use crate::{Fault, Kernel, KernelError};
use npu_types::{Complex64, DType, Layout, MAX_RANK, Parallel};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where the chosen elements' number goes, and what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Any number; it is written to an operand of its own, one i64.
    Reported,
    /// This number, or one element that stands for all of them; anything else is a [`Fault`].
    Exactly(usize),
}

/// How coordinates lie in the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coordinates {
    /// A row for each element.
    Rows,
    /// A row for each axis.
    Columns,
}

/// The elements of `x` where `mask` is true, in row-major order, packed at the start of `out`. `x` and `mask` have the
/// same dimensions, `out` has one, of at least as many elements. Operands: out, x, mask (bool or u8), count.
///
/// # Errors
/// Shapes that do not fit, element types that differ.
pub fn masked_select(out: &Layout, x: &Layout, mask: &Layout) -> Result<Box<dyn Kernel>, KernelError> {
    const NAME: &str = "masked_select";
    if x.dims() != mask.dims() || out.rank() != 1 || out.numel() < x.numel() {
        return Err(KernelError::Shape { kernel: NAME, what: format!("{x:?} where {mask:?} to {out:?}") });
    }
    if out.dtype() != x.dtype() {
        return Err(KernelError::DType { kernel: NAME, dtype: out.dtype() });
    }
    let size = x.dtype().size();
    let emit = Elements {
        step: out.strides()[0] as isize * size as isize,
        copy: match size {
            1 => copy::<u8>,
            2 => copy::<u16>,
            4 => copy::<u32>,
            8 => copy::<u64>,
            _ => copy::<Complex64>,
        },
    };
    Ok(Box::new(Compact::new(mask, x, Found::Reported, emit)))
}

/// Coordinates (i64) of the elements of `x` that are not zero, in row-major order. `out` has room for all of `x`, or
/// as many as `found` says. Rows for axes are packed to the number found where `out` is contiguous. Operands: out, x,
/// x, count if it is reported.
///
/// # Errors
/// An output that is not two-dimensional i64 with room.
pub fn nonzero(
    out: &Layout,
    x: &Layout,
    form: Coordinates,
    found: Found,
) -> Result<Box<dyn Kernel>, KernelError> {
    const NAME: &str = "nonzero";
    let room = match found {
        Found::Reported => x.numel(),
        Found::Exactly(n) => n,
    } as i64;
    let (rank, bad) =
        (x.rank() as i64, || KernelError::Shape { kernel: NAME, what: format!("{x:?} to {out:?}") });
    let &[a, b] = out.dims() else { return Err(bad()) };
    let &[sa, sb] = out.strides() else { return Err(bad()) };
    if out.dtype() != DType::I64 {
        return Err(KernelError::DType { kernel: NAME, dtype: out.dtype() });
    }
    let (fits, axis, next) = match form {
        Coordinates::Rows => (b == rank && a >= room, sb, sa),
        Coordinates::Columns => (a == rank && b >= room, sa, sb),
    };
    if !fits {
        return Err(bad());
    }
    let mut dims = [1; MAX_RANK];
    dims[..x.rank()].copy_from_slice(x.dims());
    let emit = Positions {
        rank: x.rank(),
        dims,
        axis: axis as isize * 8,
        next: next as isize * 8,
        packed: form == Coordinates::Columns && out.is_contiguous(),
    };
    Ok(Box::new(Compact::new(x, x, found, emit)))
}

/// What is written for a chosen element.
trait Emit: Send + Sync {
    /// Output `n` of `count`, for the element at row-major `position`, found at `x`.
    ///
    /// # Safety
    /// `out` is the output's address and has room, `x` is the element's.
    unsafe fn emit(&self, out: *mut u8, n: usize, count: usize, position: usize, x: *const u8);
}

struct Elements {
    step: isize,
    copy: unsafe fn(*mut u8, *const u8),
}

/// # Safety
/// Both are valid elements.
unsafe fn copy<T: Element>(to: *mut u8, from: *const u8) {
    // SAFETY: the caller's duty.
    let value = unsafe { from.cast::<T>().read() };
    // SAFETY: the caller's duty.
    unsafe { to.cast::<T>().write(value) };
}

impl Emit for Elements {
    #[inline(always)]
    unsafe fn emit(&self, out: *mut u8, n: usize, _count: usize, _position: usize, x: *const u8) {
        // SAFETY: the caller's duty.
        unsafe { (self.copy)(out.wrapping_offset(n as isize * self.step), x) };
    }
}

struct Positions {
    rank: usize,
    dims: [i64; MAX_RANK],
    axis: isize,
    next: isize,
    packed: bool,
}

impl Emit for Positions {
    #[inline(always)]
    unsafe fn emit(&self, out: *mut u8, n: usize, count: usize, position: usize, _x: *const u8) {
        let axis_step = if self.packed { count as isize * 8 } else { self.axis };
        let mut rest = position;
        for axis in (0..self.rank).rev() {
            let dim = self.dims[axis] as usize;
            let (coordinate, above) = if axis == 0 { (rest, 0) } else { (rest % dim, rest / dim) };
            rest = above;
            let at = out.wrapping_offset(n as isize * self.next + axis as isize * axis_step).cast::<i64>();
            // SAFETY: coordinate `axis` of output `n`, the caller's duty.
            unsafe { at.write(coordinate as i64) };
        }
    }
}

struct Compact<E> {
    truth: Load<Bool>,
    /// Byte offsets of the condition and of x.
    outer: Walk<2>,
    run: usize,
    strides: [isize; 2],
    total: usize,
    found: Found,
    emit: E,
}

/// At most so many parts count for themselves.
const PARTS: usize = 64;

impl<E: Emit> Compact<E> {
    fn new(mask: &Layout, x: &Layout, found: Found, emit: E) -> Compact<E> {
        let truth = Load::new(mask.dtype());
        let size = x.dtype().size() as isize;
        let mut outer = Walk::point();
        for i in 0..x.rank() {
            let strides = [mask.strides()[i] as isize * truth.size, x.strides()[i] as isize * size];
            outer.push(x.dims()[i] as usize, strides);
        }
        let (run, strides) = outer.pop();
        Compact { truth, outer, run, strides, total: x.numel(), found, emit }
    }

    /// Calls `body` for blocks of the condition at positions of `range`: their first position and address of x.
    ///
    /// # Safety
    /// `base` are the condition's and x's addresses.
    unsafe fn blocks(
        &self,
        base: [*mut u8; 2],
        range: Range<usize>,
        mut body: impl FnMut(&[Bool], usize, *mut u8),
    ) {
        let mut buffer = Buffer::new();
        let mut position = range.start;
        segments(&self.outer, self.run, range, |offsets, first, n| {
            for start in (0..n).step_by(BLOCK) {
                let m = (n - start).min(BLOCK);
                let at = |k: usize| {
                    base[k].wrapping_offset(offsets[k] + (first + start) as isize * self.strides[k])
                };
                // SAFETY: elements of the condition.
                let block = unsafe { self.truth.block(at(0), self.strides[0], m, &mut buffer) };
                body(block, position, at(1));
                position += m;
            }
        });
    }
}

impl<E: Emit> Kernel for Compact<E> {
    unsafe fn run(&self, operands: &[*mut u8], _scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let base = Operands([operands[0], operands[1], operands[2]]);
        let bytes = self.total * (self.truth.size as usize + 8);
        let parts = (bytes / GRAIN).min(par.threads() * 4).clamp(1, PARTS);
        let parts = if par.threads() == 1 { 1 } else { parts };
        let step = self.total.div_ceil(parts);
        let range = |i: usize| i * step..((i + 1) * step).min(self.total).max(i * step);
        let counts = [const { AtomicUsize::new(0) }; PARTS];
        par.run(parts, &|i| {
            let [_, x, mask] = base.addresses();
            let mut count = 0;
            // SAFETY: as promised to `run`.
            unsafe { self.blocks([mask, x], range(i), |block, _, _| count += trues(block)) };
            counts[i].store(count, Ordering::Relaxed);
        });
        let mut starts = [0; PARTS];
        let mut count = 0;
        for i in 0..parts {
            starts[i] = count;
            count += counts[i].load(Ordering::Relaxed);
        }
        let mut copies = 1;
        match self.found {
            // SAFETY: the operand that receives the number.
            Found::Reported => unsafe { operands[3].cast::<i64>().write(count as i64) },
            Found::Exactly(n) if n == count => {}
            Found::Exactly(n) if count == 1 => copies = n,
            Found::Exactly(expected) => return Err(Fault::Chosen { found: count, expected }),
        }
        let written = if copies == 1 { count } else { copies };
        par.run(parts, &|i| {
            let [out, x, mask] = base.addresses();
            let mut n = starts[i];
            let emit = |block: &[Bool], position: usize, x: *mut u8| {
                for (j, _) in block.iter().enumerate().filter(|(_, b)| b.get()) {
                    let x = x.wrapping_offset(j as isize * self.strides[1]);
                    for _ in 0..copies {
                        // SAFETY: `out` has room for as many elements as were counted, or were promised.
                        unsafe { self.emit.emit(out, n, written, position + j, x) };
                        n += 1;
                    }
                }
            };
            // SAFETY: as promised to `run`.
            unsafe { self.blocks([mask, x], range(i), emit) };
        });
        Ok(())
    }
}

#[inline]
fn trues(block: &[Bool]) -> usize {
    // A block has fewer elements than two bytes count, which keeps the sum narrow.
    block.iter().map(|b| b.get() as u16).sum::<u16>() as usize
}
