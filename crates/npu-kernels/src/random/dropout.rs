//! Dropout with masks of one bit per element.

use super::philox::Words;
use super::{Seed, threshold};
use crate::elem::Element;
use crate::iter::{Operands, split};
use crate::math::Arith;
use crate::rows::{BLOCK, Buffer, Load, Store};
use crate::walk::{Walk, segments};
use crate::{Fault, Kernel, KernelError};
use npu_types::{DType, Layout, Parallel};

/// Writes a mask: bit `i % 8` of byte `i / 8` is 0 with probability `p`, else 1. `out` is contiguous u8. Operands: out,
/// and seed and offset if they are operands.
///
/// # Errors
/// An output that is not contiguous u8.
pub fn dropout_mask(out: &Layout, p: f64, seed: Seed) -> Result<Box<dyn Kernel>, KernelError> {
    const NAME: &str = "dropout_mask";
    if out.dtype() != DType::U8 {
        return Err(KernelError::DType { kernel: NAME, dtype: out.dtype() });
    }
    if !out.is_contiguous() {
        return Err(KernelError::Shape { kernel: NAME, what: format!("{out:?} is not contiguous") });
    }
    Ok(Box::new(Mask { bytes: out.numel(), dropped: threshold(p), seed, words: Words::new() }))
}

struct Mask {
    bytes: usize,
    dropped: u64,
    seed: Seed,
    words: Words,
}

impl Kernel for Mask {
    unsafe fn run(&self, operands: &[*mut u8], _scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        // SAFETY: as promised to `run`.
        let philox = unsafe { self.seed.resolve(operands) };
        let base = Operands::<1>::first(operands);
        split(par, self.bytes, 64, self.bytes * 64, &|range| {
            let mut words = [0; 512];
            for first in range.clone().step_by(64) {
                let n = (range.end - first).min(64);
                self.words.fill(philox, 8 * first as u64, &mut words);
                for (i, bits) in words.chunks_exact(8).take(n).enumerate() {
                    let kept = bits
                        .iter()
                        .rev()
                        .fold(0, |byte, w| byte << 1 | (u64::from(*w) >= self.dropped) as u8);
                    // SAFETY: a byte of the mask, as promised to `run`.
                    unsafe { base.addresses()[0].wrapping_add(first + i).write(kept) };
                }
            }
        });
        Ok(())
    }
}

/// `out = x · scale` where the mask's bit at the element's row-major position is 1, else 0. Operands: out, x, mask;
/// `x` may be the same view as `out`.
///
/// # Errors
/// Shapes that differ, a mask that is too short or not contiguous u8, types that are not floats.
pub fn dropout(out: &Layout, x: &Layout, mask: &Layout, scale: f64) -> Result<Box<dyn Kernel>, KernelError> {
    const NAME: &str = "dropout";
    if out.dims() != x.dims() || !mask.is_contiguous() || mask.numel() < x.numel().div_ceil(8) {
        return Err(KernelError::Shape { kernel: NAME, what: format!("{x:?} by {mask:?} to {out:?}") });
    }
    if let Some(l) = [out, x].into_iter().find(|l| !l.dtype().is_float()) {
        return Err(KernelError::DType { kernel: NAME, dtype: l.dtype() });
    }
    if mask.dtype() != DType::U8 {
        return Err(KernelError::DType { kernel: NAME, dtype: mask.dtype() });
    }
    Ok(if x.dtype() == DType::F64 { apply::<f64>(out, x, scale) } else { apply::<f32>(out, x, scale) })
}

fn apply<A: Arith>(out: &Layout, x: &Layout, scale: f64) -> Box<dyn Kernel> {
    let (load, store) = (Load::<A>::new(x.dtype()), Store::<A>::new(out.dtype()));
    let mut outer = Walk::point();
    for i in 0..x.rank() {
        let strides = [out.strides()[i] as isize * store.size, x.strides()[i] as isize * load.size];
        outer.push(x.dims()[i] as usize, strides);
    }
    let (run, strides) = outer.pop();
    Box::new(Dropout { outer, run, strides, numel: x.numel(), load, store, scale: A::from_f64(scale) })
}

struct Dropout<A: Element> {
    outer: Walk<2>,
    run: usize,
    strides: [isize; 2],
    numel: usize,
    load: Load<A>,
    store: Store<A>,
    scale: A,
}

impl<A: Arith> Kernel for Dropout<A> {
    unsafe fn run(&self, operands: &[*mut u8], _scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let base = Operands::<3>::first(operands);
        let bytes = self.numel * (self.load.size + self.store.size) as usize;
        split(par, self.numel, 64, bytes, &|range| {
            let (mut buffer, mut results) = (Buffer::new(), [A::default(); BLOCK]);
            let mut position = range.start;
            segments(&self.outer, self.run, range, |offsets, first, n| {
                for start in (0..n).step_by(BLOCK) {
                    let n = (n - start).min(BLOCK);
                    let at = |k: usize| {
                        let along = (first + start) as isize * self.strides[k];
                        base.addresses()[k].wrapping_offset(offsets[k] + along)
                    };
                    // SAFETY: elements of x, as promised to `run`.
                    let block = unsafe { self.load.block(at(1), self.strides[1], n, &mut buffer) };
                    for (i, (result, value)) in results.iter_mut().zip(block).enumerate() {
                        let bit = position + i;
                        // SAFETY: the mask has a bit for every element.
                        let byte = unsafe { base.addresses()[2].wrapping_add(bit / 8).read() };
                        let kept = byte >> (bit % 8) & 1 == 1;
                        *result = if kept { value.mul(self.scale) } else { A::default() };
                    }
                    // SAFETY: elements of out, as promised to `run`.
                    unsafe { self.store.block(at(0), self.strides[0], &results[..n]) };
                    position += n;
                }
            });
        });
        Ok(())
    }
}
