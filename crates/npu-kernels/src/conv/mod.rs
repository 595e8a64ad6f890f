//! Convolutions over one to three axes: products of weights and gathered inputs.
//!
//! For a run of output positions, the inputs that each kernel element meets become the rows of a matrix in scratch
//! memory; the matrix engine multiplies the weights by it, adds the bias and writes the output where it belongs. Where
//! every position meets one input, the input is that matrix already.

mod gather;

use crate::walk::Walk;
use crate::{Fault, Kernel, KernelError, MatmulScale, matmul};
use gather::{Axis, Gather};
use npu_types::{DType, Layout, Parallel, Scalar, Serial};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Operand numbers.
const OUT: usize = 0;
const X: usize = 1;
const W: usize = 2;
const BIAS: usize = 3;
/// The most axes.
const AXES: usize = 3;
/// Bytes of gathered inputs that a block has, if that makes blocks of at least [`LEAST`] positions.
const GATHERED: usize = 1 << 20;
/// Positions from which on the product is worth its packing.
const LEAST: usize = 64;
/// The most blocks that are computed at the same time, each with its own scratch memory.
const SLOTS: usize = 8;
/// Multiplications that are worth another thread.
const GRAIN: usize = 1 << 20;

/// How a kernel moves along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvAxis {
    /// Inputs from one output to the next.
    pub stride: i64,
    /// Zeros before the first input; negative to leave inputs out.
    pub pad: i64,
    /// Inputs from one kernel element to the next.
    pub dilation: i64,
    /// Positions from one input to the next, with zeros between them: 1, except for transposed convolutions.
    pub spread: i64,
}

/// A prepared convolution.
struct Conv {
    /// None where the input is the matrix.
    gather: Option<Gather>,
    /// Makes weights row-major, if they are not.
    pack: Option<Box<dyn Kernel>>,
    pack_bytes: usize,
    whole: Box<dyn Kernel>,
    tail: Option<Box<dyn Kernel>>,
    /// Positions of a block, and of a run of positions that lie evenly in the output.
    block: usize,
    run: usize,
    /// Runs of one image, and bytes from one position to the next: of the output and, without a gather, of the input.
    runs: Walk<2>,
    step: [isize; 2],
    /// Bytes of an element.
    size: isize,
    images: usize,
    image: [isize; 2],
    /// Bytes of a block's own scratch memory: first the gathered inputs.
    gathered: usize,
    slot: usize,
    slots: usize,
}

fn wrong(what: String) -> KernelError {
    KernelError::Shape { kernel: "conv", what }
}

/// Group `g` of `out[n, g * M + m, o..]` is the sum over `c` and `k..` of
/// `w[g, m, c, k..] * x[n, g * C + c, o.. * stride - pad + k.. * dilation]`, plus `bias[g * M + m]`.
///
/// Operands: out `[N, G * M, O..]`, x `[N, G * C, I..]`, w `[G, M, C, K..]`, then bias `[G * M]` if given; all of one
/// element type that products know. Inputs outside are zeros; with a `spread` input `i` stands at `i * spread` and
/// zeros stand between. Halves are summed in f32 and rounded once, integers wrap.
///
/// # Errors
/// Shapes that do not fit, element types that differ or have no product.
pub fn conv(
    out: &Layout,
    x: &Layout,
    w: &Layout,
    bias: Option<&Layout>,
    axes: &[ConvAxis],
) -> Result<Box<dyn Kernel>, KernelError> {
    let rank = axes.len();
    let bad = || wrong(format!("{out:?} = {x:?} * {w:?} + {bias:?} with {axes:?}"));
    let ranks = out.rank() == rank + 2 && x.rank() == rank + 2 && w.rank() == rank + 3;
    if !(1..=AXES).contains(&rank)
        || !ranks
        || axes.iter().any(|a| a.stride < 1 || a.dilation < 1 || a.spread < 1)
    {
        return Err(bad());
    }
    let dtype = out.dtype();
    if let Some(other) = [Some(x), Some(w), bias].into_iter().flatten().find(|l| l.dtype() != dtype) {
        return Err(KernelError::DType { kernel: "conv", dtype: other.dtype() });
    }
    let (groups, rows, depth) = (w.dims()[0], w.dims()[1], w.dims()[2]);
    let fits = out.dims()[0] == x.dims()[0]
        && out.dims()[1] == groups * rows
        && x.dims()[1] == groups * depth
        && bias.is_none_or(|b| b.dims() == [groups * rows]);
    if !fits {
        return Err(bad());
    }
    let size = dtype.size() as isize;
    // The gather serves three axes; missing ones come first and have one position.
    let mut gathered = [Axis::default(); AXES];
    for (i, axis) in axes.iter().enumerate() {
        gathered[AXES - rank + i] = Axis {
            geometry: *axis,
            out: out.dims()[i + 2],
            input: x.dims()[i + 2],
            kernel: w.dims()[i + 3],
            stride: x.strides()[i + 2] as isize,
        };
    }
    let plain = gathered.iter().all(|a| a.is_plain());
    let mut runs = Walk::point();
    for i in 2..rank + 2 {
        let of_x = if plain { x.strides()[i] as isize } else { 0 };
        runs.push(out.dims()[i] as usize, [out.strides()[i] as isize, of_x]);
    }
    let (run, steps) = runs.pop();
    let taps: i64 = w.dims()[3..].iter().product();
    let reach = depth * taps;
    let channels = (groups * depth) as usize;
    let column = (channels * taps as usize).max(1) * dtype.size();
    let block = if plain { run } else { (GATHERED / column).max(LEAST).min(run) };
    let weights = Weights::new(w, reach)?;
    let part = |positions: usize| -> Result<Box<dyn Kernel>, KernelError> {
        let shape = [groups, rows, positions as i64];
        let (channel, at) = (out.strides()[1], steps[0] as i64);
        let to = strided(dtype, &shape, &[rows * channel, channel, at])?;
        let across = if plain {
            [depth * x.strides()[1], x.strides()[1], steps[1] as i64]
        } else {
            [reach * positions as i64, positions as i64, 1]
        };
        let from = strided(dtype, &[groups, reach, positions as i64], &across)?;
        let one = Scalar::int(DType::I64, 1);
        let scale = MatmulScale { alpha: one, beta: one };
        match bias {
            Some(bias) => {
                let step = bias.strides()[0];
                let bias = strided(dtype, &shape, &[rows * step, step, 0])?;
                matmul(&to, &weights.view, &from, Some((&bias, scale)))
            }
            None => matmul(&to, &weights.view, &from, None),
        }
    };
    let whole = part(block)?;
    let tail = match run.checked_rem(block) {
        None | Some(0) => None,
        Some(rest) => Some(part(rest)?),
    };
    let aligned = |bytes: usize| bytes.next_multiple_of(64);
    let product = whole.scratch().max(tail.as_ref().map_or(0, |t| t.scratch()));
    let gathered_bytes = if plain { 0 } else { aligned(column * block) };
    let images = out.dims()[0] as usize;
    let work = out.numel().saturating_mul(reach.max(1) as usize);
    let units = images * runs.len() * run.checked_div(block).unwrap_or(0);
    Ok(Box::new(Conv {
        gather: (!plain).then(|| Gather::new(dtype, gathered, channels, x.strides()[1] as isize)),
        pack: weights.pack,
        pack_bytes: weights.bytes,
        whole,
        tail,
        block,
        run,
        runs,
        step: steps.map(|s| s * size),
        size,
        images,
        image: [out.strides()[0] as isize * size, x.strides()[0] as isize * size],
        gathered: gathered_bytes,
        slot: gathered_bytes + aligned(product),
        slots: (work / GRAIN).clamp(1, SLOTS).min(units.max(1)),
    }))
}

fn strided(dtype: DType, dims: &[i64], strides: &[i64]) -> Result<Layout, KernelError> {
    Layout::strided(dtype, dims, strides).map_err(|e| wrong(e.to_string()))
}

/// The weights of each group as a matrix.
struct Weights {
    view: Layout,
    pack: Option<Box<dyn Kernel>>,
    bytes: usize,
}

impl Weights {
    fn new(w: &Layout, reach: i64) -> Result<Weights, KernelError> {
        let dims = [w.dims()[0], w.dims()[1], reach];
        let mut row = Walk::<1>::point();
        for (dim, stride) in w.dims()[2..].iter().zip(&w.strides()[2..]) {
            row.push(*dim as usize, [*stride as isize]);
        }
        let (_, [stride]) = row.pop();
        if row.len() == 1 {
            let view = strided(w.dtype(), &dims, &[w.strides()[0], w.strides()[1], stride as i64])?;
            return Ok(Weights { view, pack: None, bytes: 0 });
        }
        let packed = Layout::contiguous(w.dtype(), w.dims()).map_err(|e| wrong(e.to_string()))?;
        let view = Layout::contiguous(w.dtype(), &dims).map_err(|e| wrong(e.to_string()))?;
        let bytes = (packed.numel() * w.dtype().size()).next_multiple_of(64);
        Ok(Weights { view, pack: Some(crate::copy(&packed, w)?), bytes })
    }
}

/// Addresses that cross threads.
#[derive(Clone, Copy)]
struct Base {
    out: *mut u8,
    x: *mut u8,
    w: *mut u8,
    bias: *mut u8,
    scratch: *mut u8,
}

// SAFETY: only addresses; `Kernel::run` promises that they may be used from any thread until it returns.
unsafe impl Sync for Base {}

impl Conv {
    /// Blocks of one run.
    fn blocks(&self) -> usize {
        self.run.div_ceil(self.block.max(1))
    }

    /// Computes block `number` of all.
    ///
    /// # Safety
    /// As for [`Kernel::run`]; `slot` is used by this call only.
    unsafe fn unit(
        &self,
        base: &Base,
        number: usize,
        slot: *mut u8,
        par: &dyn Parallel,
    ) -> Result<(), Fault> {
        let (run, block) = (number / self.blocks(), number % self.blocks());
        let (image, line) = (run / self.runs.len(), run % self.runs.len());
        let first = block * self.block;
        let positions = (self.run - first).min(self.block);
        let [of_out, of_x] = self.runs.seek(line).offsets;
        let image = image as isize;
        let element = self.size;
        let out = image * self.image[OUT] + of_out * element + first as isize * self.step[OUT];
        let x = base.x.wrapping_offset(image * self.image[X]);
        let matrix = match &self.gather {
            Some(gather) => {
                // SAFETY: the image lies within `x`, the block's part of scratch memory has room for these positions.
                unsafe { gather.run(x, line * self.run + first, positions, slot, par) };
                slot
            }
            None => x.wrapping_offset(of_x * element + first as isize * self.step[X]),
        };
        let kernel = match &self.tail {
            Some(tail) if positions < self.block => tail,
            _ => &self.whole,
        };
        let operands = [base.out.wrapping_offset(out), base.w, matrix, base.bias];
        // SAFETY: the views of the product were made for these places, whose memory the caller vouches for or which
        // were gathered just now; its scratch memory follows the gathered inputs.
        unsafe { kernel.run(&operands, slot.wrapping_add(self.gathered), par) }
    }
}

impl Kernel for Conv {
    fn scratch(&self) -> usize {
        self.pack_bytes + self.slot * self.slots
    }

    unsafe fn run(&self, operands: &[*mut u8], scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let units = self.images * self.runs.len() * self.blocks();
        if units == 0 {
            return Ok(());
        }
        let mut base = Base {
            out: operands[OUT],
            x: operands[X],
            w: operands[W],
            bias: operands.get(BIAS).copied().unwrap_or(std::ptr::null_mut()),
            scratch: scratch.wrapping_add(self.pack_bytes),
        };
        if let Some(pack) = &self.pack {
            // SAFETY: scratch memory begins with room for the packed weights.
            unsafe { pack.run(&[scratch, base.w], std::ptr::null_mut(), par) }?;
            base.w = scratch;
        }
        let threads = self.slots.min(par.threads());
        if threads == 1 || units < 2 * threads {
            for number in 0..units {
                // SAFETY: the caller's duties; blocks follow one another.
                unsafe { self.unit(&base, number, base.scratch, par) }?;
            }
            return Ok(());
        }
        let (next, base) = (AtomicUsize::new(0), &base);
        par.run(threads, &|slot| {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= units {
                    return;
                }
                let slot = base.scratch.wrapping_add(slot * self.slot);
                // SAFETY: the caller's duties; blocks do not overlap, and the slot is this thread's. Products have no
                // illegal data.
                let _ = unsafe { self.unit(base, number, slot, &Serial) };
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests;
