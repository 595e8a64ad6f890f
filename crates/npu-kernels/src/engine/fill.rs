//! Outputs without inputs: one value, or a sequence.

use super::port::{BLOCK, Constant, Port, Stage, fence};
use super::streams;
use crate::elem::{Element, dispatch};
use crate::iter::{Operands, Plan, split};
use crate::{Fault, Kernel, KernelError};
use npu_types::{DType, Layout, Parallel, Scalar};

/// Operand: out.
pub(crate) struct Fill {
    plan: Plan<1>,
    input: Port,
    output: Port,
}

impl Fill {
    #[inline]
    pub(crate) fn new(out: &Layout, value: &Scalar) -> Result<Fill, KernelError> {
        let dtype = out.dtype();
        let plan = Plan::new("fill", [out])?;
        Ok(Fill { plan, input: Port::scalar(value, dtype), output: Port::output(dtype, dtype) })
    }
}

impl Kernel for Fill {
    unsafe fn run(&self, operands: &[*mut u8], _scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let size = self.output.size();
        let base = Operands::<1>::first(operands);
        let stride = self.plan.inner().strides[0];
        let stream = streams(&self.plan, size);
        split(par, self.plan.numel(), 64, self.plan.numel() * size, &|range| {
            let value = self.input.constant().map_or(std::ptr::null(), Constant::as_ptr);
            if stride == size as isize && !stream {
                return self.plan.rows(base, range, |[out], n| {
                    // SAFETY: rows lie inside the view.
                    unsafe { self.input.splat(n, value, out) };
                });
            }
            let mut stage = Stage::new();
            let block = (BLOCK / size).min(range.len());
            let filled = stage.buffer(0);
            // SAFETY: the buffer holds a block.
            unsafe { self.input.splat(block, value, filled) };
            self.plan.rows(base, range, |[mut out], mut n| {
                while n > 0 {
                    let m = n.min(block);
                    // SAFETY: rows lie inside the view; m is at most a block.
                    unsafe { self.output.store(filled, m, out, stride, stream, &mut stage) };
                    out = out.wrapping_offset(stride * m as isize);
                    n -= m;
                }
            });
            if stream {
                fence();
            }
        });
        Ok(())
    }
}

/// Where a sequence starts and how it goes on, in both types that it may be computed in.
#[derive(Clone, Copy)]
struct Terms {
    float: (f64, f64),
    int: (i64, i64),
}

/// Writes elements `first..first + n` of the sequence.
type Generate = unsafe fn(&Terms, first: usize, n: usize, out: *mut u8);

/// # Safety
/// `n` elements are writable at `out`.
unsafe fn floats<T: Element>(terms: &Terms, first: usize, n: usize, out: *mut u8) {
    let (start, step) = terms.float;
    // SAFETY: the caller's duty.
    let out = unsafe { std::slice::from_raw_parts_mut(out.cast::<T>(), n) };
    for (i, o) in out.iter_mut().enumerate() {
        *o = T::from_f64(start + step * (first + i) as f64);
    }
}

/// # Safety
/// `n` elements are writable at `out`.
unsafe fn ints<T: Element>(terms: &Terms, first: usize, n: usize, out: *mut u8) {
    let (start, step) = terms.int;
    // SAFETY: the caller's duty.
    let out = unsafe { std::slice::from_raw_parts_mut(out.cast::<T>(), n) };
    for (i, o) in out.iter_mut().enumerate() {
        *o = T::from_i64(start.wrapping_add(step.wrapping_mul((first + i) as i64)));
    }
}

/// Operand: out.
pub(crate) struct Sequence {
    plan: Plan<1>,
    output: Port,
    generate: Generate,
    terms: Terms,
}

impl Sequence {
    pub(crate) fn new(out: &Layout, start: &Scalar, step: &Scalar) -> Result<Sequence, KernelError> {
        let dtype = out.dtype();
        let generate: Generate = match dtype {
            DType::F16 => floats::<npu_types::f16>,
            DType::BF16 => floats::<npu_types::bf16>,
            _ => dispatch!(real dtype, T => if dtype.is_float() { floats::<T> } else { ints::<T> },
                else return Err(KernelError::DType { kernel: "arange", dtype })),
        };
        Ok(Sequence {
            plan: Plan::row_major("arange", [out])?,
            output: Port::output(dtype, dtype),
            generate,
            terms: Terms { float: (start.to_f64(), step.to_f64()), int: (start.to_i64(), step.to_i64()) },
        })
    }
}

impl Kernel for Sequence {
    unsafe fn run(&self, operands: &[*mut u8], _scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let size = self.output.size();
        let base = Operands::<1>::first(operands);
        let stride = self.plan.inner().strides[0];
        split(par, self.plan.numel(), 64, self.plan.numel() * size, &|range| {
            let mut stage = Stage::new();
            let mut first = range.start;
            self.plan.rows(base, range, |[mut out], mut n| {
                while n > 0 {
                    let m = n.min(BLOCK / size);
                    if stride == size as isize {
                        // SAFETY: rows lie inside the view.
                        unsafe { (self.generate)(&self.terms, first, m, out) };
                    } else {
                        let made = stage.buffer(0);
                        // SAFETY: the buffer holds a block.
                        unsafe { (self.generate)(&self.terms, first, m, made) };
                        // SAFETY: rows lie inside the view; m is at most a block.
                        unsafe { self.output.store(made, m, out, stride, false, &mut stage) };
                    }
                    out = out.wrapping_offset(stride * m as isize);
                    first += m;
                    n -= m;
                }
            });
        });
        Ok(())
    }
}
