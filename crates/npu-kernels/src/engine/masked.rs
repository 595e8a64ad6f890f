//! Overwriting the elements that a mask chooses.

use super::loops::{Span, overwrite};
use super::port::{BLOCK, Constant, Port, Stage};
use crate::isa::LoopFn;
use crate::iter::{Operands, Plan, split};
use crate::{Fault, Kernel, KernelError};
use npu_types::{DType, Layout, Parallel, Scalar};

/// Operands: this (read and written), mask.
pub(crate) struct MaskedFill {
    plan: Plan<2>,
    overwrite: LoopFn<Span>,
    read: Port,
    write: Port,
    mask: Port,
    value: Constant,
}

impl MaskedFill {
    #[inline]
    pub(crate) fn new(this: &Layout, mask: &Layout, value: &Scalar) -> Result<MaskedFill, KernelError> {
        let dtype = this.dtype();
        Ok(MaskedFill {
            plan: Plan::new("masked_fill", [this, mask])?,
            overwrite: overwrite(dtype.size()),
            read: Port::input(dtype, dtype),
            write: Port::output(dtype, dtype),
            mask: Port::input(DType::Bool, DType::Bool),
            value: Constant::new(value, dtype),
        })
    }
}

impl Kernel for MaskedFill {
    unsafe fn run(&self, operands: &[*mut u8], _scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let size = self.write.size();
        let base = Operands::<2>::first(operands);
        let strides = self.plan.inner().strides;
        let contiguous = strides[0] == size as isize;
        split(par, self.plan.numel(), 64, self.plan.numel() * (2 * size + 1), &|range| {
            let mut stage = Stage::new();
            let value = self.value.as_ptr();
            self.plan.rows(base, range, |mut ptr, mut n| {
                while n > 0 {
                    let m = n.min(BLOCK / size);
                    let (this, chosen) = (stage.buffer(0), stage.buffer(1));
                    // SAFETY: rows lie inside the views; m is at most a block.
                    let mask = unsafe { self.mask.load(m, ptr[1], strides[1], false, chosen, &mut stage) };
                    // SAFETY: as above.
                    let at = unsafe { self.read.load(m, ptr[0], strides[0], false, this, &mut stage) };
                    // SAFETY: both are contiguous now.
                    unsafe { (self.overwrite)(&Span { n: m, out: at, ins: [mask, value, value, value] }) };
                    if !contiguous {
                        // SAFETY: as above.
                        unsafe { self.write.store(at, m, ptr[0], strides[0], false, &mut stage) };
                    }
                    for (p, stride) in ptr.iter_mut().zip(strides) {
                        *p = p.wrapping_offset(stride * m as isize);
                    }
                    n -= m;
                }
            });
        });
        Ok(())
    }
}
