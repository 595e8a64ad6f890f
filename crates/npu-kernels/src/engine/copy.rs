//! Copies: no operation between the ports.

use super::port::{BLOCK, Port, Stage, fence};
use super::streams;
use super::turn::Turn;
use crate::iter::{Operands, Plan, split};
use crate::{Fault, Kernel, KernelError};
use npu_types::{Layout, Parallel};
use std::ops::Range;

/// Operands: out, x.
pub(crate) struct Copy {
    plan: Plan<2>,
    input: Port,
    output: Port,
    block: usize,
    /// Row segments need no buffer: one conversion at most, between contiguous elements.
    direct: bool,
    /// For layouts that are contiguous along different axes.
    turn: Option<Box<Turn>>,
}

impl Copy {
    #[inline]
    pub(crate) fn new(out: &Layout, x: &Layout) -> Result<Copy, KernelError> {
        let plan = Plan::new("copy", [out, x])?;
        let input = Port::input(x.dtype(), out.dtype());
        let output = Port::output(out.dtype(), out.dtype());
        let strides = plan.inner().strides;
        let direct = input.steps() <= 1
            && strides[0] == output.size() as isize
            && (strides[1] == input.size() as isize || input.is_plain());
        let turn = if input.is_plain() { Turn::new(&plan, input.size()).map(Box::new) } else { None };
        Ok(Copy { plan, input, output, block: BLOCK / input.widest(), direct, turn })
    }

    /// # Safety
    /// As for [`Kernel::run`].
    unsafe fn direct(&self, base: Operands<2>, range: Range<usize>) {
        let mut stage = Stage::new();
        let stride = self.plan.inner().strides[1];
        self.plan.rows(base, range, |[out, x], n| {
            // SAFETY: rows lie inside the views; without steps between there is no limit to n.
            unsafe { self.input.load(n, x, stride, true, out, &mut stage) };
        });
    }

    /// # Safety
    /// As for [`Kernel::run`].
    #[inline(never)]
    unsafe fn staged(&self, base: Operands<2>, range: Range<usize>, stream: bool) {
        let mut stage = Stage::new();
        let strides = self.plan.inner().strides;
        let in_place = strides[0] == self.output.size() as isize && !stream;
        self.plan.rows(base, range, |mut ptr, mut n| {
            while n > 0 {
                let m = n.min(self.block);
                let target = if in_place { ptr[0] } else { stage.buffer(0) };
                // SAFETY: rows lie inside the views; m is at most a block.
                let at = unsafe { self.input.load(m, ptr[1], strides[1], in_place, target, &mut stage) };
                if !in_place {
                    // SAFETY: as above.
                    unsafe { self.output.store(at, m, ptr[0], strides[0], stream, &mut stage) };
                }
                for (p, stride) in ptr.iter_mut().zip(strides) {
                    *p = p.wrapping_offset(stride * m as isize);
                }
                n -= m;
            }
        });
        if stream {
            fence();
        }
    }
}

impl Kernel for Copy {
    #[inline]
    unsafe fn run(&self, operands: &[*mut u8], _scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let base = Operands::<2>::first(operands);
        if base.0[0] == base.0[1] && self.input.is_plain() {
            return Ok(());
        }
        if let Some(turn) = &self.turn {
            // SAFETY: as promised to `run`.
            unsafe { turn.run(base, par) };
            return Ok(());
        }
        let numel = self.plan.numel();
        let size = self.output.size();
        let stream = streams(&self.plan, size);
        split(par, numel, 64, numel * (size + self.input.size()), &|range| {
            if self.direct && !stream {
                // SAFETY: as promised to `run`.
                unsafe { self.direct(base, range) };
            } else {
                // SAFETY: as promised to `run`.
                unsafe { self.staged(base, range, stream) };
            }
        });
        Ok(())
    }
}
