//! One engine for everything that computes elements from the elements at the same index.
//!
//! An operation is a loop over contiguous elements of its compute type ([`loops`]). A [`Port`] knows how to bring an
//! operand into that form: gather strided elements, widen, narrow; or the way back for the output. Operands that are
//! in that form already are used in place, others pass through small blocks that stay in the L1 cache. Types are
//! dispatched once, when the kernel is made.

mod convert;
mod copy;
mod fill;
mod half;
mod loops;
mod masked;
mod port;
mod turn;

pub(crate) use copy::Copy;
pub(crate) use fill::{Fill, Sequence};
pub(crate) use half::fused;
pub(crate) use loops::{Map1, Map2, Map3, Map4, Span, map1, map2, map3, map4};
pub(crate) use masked::MaskedFill;
pub(crate) use port::Constant;

use crate::isa::{LoopFn, gains_by_streaming};
use crate::iter::{Operands, Plan, split};
use crate::{Fault, Kernel, KernelError};
use npu_types::{DType, Layout, Parallel, Scalar};
use port::{BLOCK, Port, Stage};
use std::ops::Range;

/// Outputs from here on bypass the caches: they would only push other data out of them.
const STREAM: usize = if cfg!(test) { 64 << 10 } else { 16 << 20 };

/// Whether the first operand, with elements of `size` bytes, is written past the caches.
#[inline]
fn streams<const N: usize>(plan: &Plan<N>, size: usize) -> bool {
    let inner = plan.inner();
    plan.numel() * size >= STREAM
        && inner.strides[0] == size as isize
        && inner.dim * size >= BLOCK
        && (cfg!(test) || gains_by_streaming())
}

/// What a kernel's loop takes or makes, and where it is.
#[derive(Clone, Copy)]
pub(crate) enum Operand<'a> {
    /// A tensor, converted from or to the loop's type.
    Tensor(&'a Layout, DType),
    /// A value, converted to the loop's type.
    Scalar(Scalar, DType),
}

impl Operand<'_> {
    #[inline]
    fn is_direct(&self, dims: &[i64]) -> bool {
        match self {
            Operand::Tensor(l, t) => l.dtype() == *t && l.is_contiguous() && l.dims() == dims,
            Operand::Scalar(..) => false,
        }
    }
}

/// A kernel that computes operand 0, which must be a tensor, from the others.
///
/// # Errors
/// [`KernelError::Shape`] when shapes differ.
#[inline]
pub(crate) fn elementwise<const N: usize>(
    name: &'static str,
    op: LoopFn<Span>,
    operands: [Operand; N],
    param: Constant,
) -> Result<Box<dyn Kernel>, KernelError> {
    let Operand::Tensor(out, _) = operands[0] else { unreachable!("the output is a tensor") };
    if operands.iter().all(|o| o.is_direct(out.dims())) {
        let sizes = operands.map(|o| match o {
            Operand::Tensor(_, t) | Operand::Scalar(_, t) => t.size() as u8,
        });
        return Ok(Box::new(Direct::<N> { op, param, numel: out.numel(), sizes }));
    }
    general(name, op, operands, out, param)
}

#[inline(never)]
fn general<const N: usize>(
    name: &'static str,
    op: LoopFn<Span>,
    operands: [Operand; N],
    out: &Layout,
    param: Constant,
) -> Result<Box<dyn Kernel>, KernelError> {
    // A scalar goes wherever the output goes.
    let layouts: [&Layout; N] = std::array::from_fn(|k| match &operands[k] {
        Operand::Tensor(l, _) => *l,
        Operand::Scalar(..) => out,
    });
    let plan = Plan::new(name, layouts)?;
    let ports: [Port; N] = std::array::from_fn(|k| match &operands[k] {
        Operand::Tensor(l, t) if k == 0 => Port::output(*t, l.dtype()),
        Operand::Tensor(l, t) => Port::input(l.dtype(), *t),
        Operand::Scalar(s, t) => Port::scalar(s, *t),
    });
    Ok(Box::new(Elementwise::new(plan, op, ports, param)))
}

/// The frequent case, kept small: contiguous operands of the loop's own types.
struct Direct<const N: usize> {
    op: LoopFn<Span>,
    numel: usize,
    param: Constant,
    sizes: [u8; N],
}

impl<const N: usize> Kernel for Direct<N> {
    #[inline]
    unsafe fn run(&self, operands: &[*mut u8], scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let base = Operands::<N>::first(operands);
        let shared = base.0[1..].contains(&base.0[0]);
        if shared || self.numel * self.sizes[0] as usize >= STREAM {
            let sizes = self.sizes.map(usize::from);
            let kernel = Elementwise::new(
                Plan::contiguous(self.numel, sizes),
                self.op,
                sizes.map(Port::plain),
                self.param,
            );
            // SAFETY: the same operands.
            return unsafe { kernel.run(operands, scratch, par) };
        }
        let bytes = self.sizes.iter().map(|s| *s as usize).sum::<usize>() * self.numel;
        split(par, self.numel, 64, bytes, &|range| {
            let base = base.addresses();
            let ptr: [*mut u8; N] =
                std::array::from_fn(|k| base[k].wrapping_add(range.start * self.sizes[k] as usize));
            // SAFETY: contiguous elements of the loop's own types, apart from the output.
            unsafe { (self.op)(&span(range.len(), ptr, &self.param)) };
        });
        Ok(())
    }
}

#[inline]
fn span<const N: usize>(n: usize, ptr: [*mut u8; N], param: &Constant) -> Span {
    Span {
        n,
        out: ptr[0],
        ins: std::array::from_fn(|i| ptr.get(i + 1).map_or(param.as_ptr(), |p| p.cast_const())),
    }
}

/// A kernel with one output (operand 0) and `N - 1` inputs.
struct Elementwise<const N: usize> {
    plan: Plan<N>,
    op: LoopFn<Span>,
    /// How each operand is read, or for the first written.
    ports: [Port; N],
    /// What loops get as their last input.
    param: Constant,
    /// Elements that fit a block in every type that an operand passes through.
    block: usize,
    /// No operand is converted.
    plain: bool,
    /// No operand is converted, strided or a scalar.
    direct: bool,
}

impl<const N: usize> Elementwise<N> {
    #[inline]
    pub(crate) fn new(plan: Plan<N>, op: LoopFn<Span>, ports: [Port; N], param: Constant) -> Elementwise<N> {
        let plain = ports.iter().all(Port::is_plain);
        let inner = plan.inner();
        let direct = plain
            && ports
                .iter()
                .zip(inner.strides)
                .all(|(p, s)| p.constant().is_none() && (s == p.size() as isize || inner.dim == 1));
        let widest = ports.iter().map(Port::widest).max().unwrap_or(1);
        Elementwise { plan, op, ports, param, block: BLOCK / widest, plain, direct }
    }

    /// Addresses by operand; scalars have none.
    #[inline]
    fn bases(&self, operands: &[*mut u8]) -> Operands<N> {
        let mut given = operands.iter();
        Operands(std::array::from_fn(|k| match self.ports[k].constant() {
            Some(c) => c.as_ptr() as *mut u8,
            None => given.next().copied().unwrap_or(std::ptr::null_mut()),
        }))
    }

    /// # Safety
    /// As for [`Kernel::run`].
    #[inline(never)]
    unsafe fn staged(&self, base: Operands<N>, range: Range<usize>, stream: bool) {
        let mut stage = Stage::new();
        let longest = self.block.min(range.len());
        for (k, port) in self.ports.iter().enumerate() {
            if let Some(c) = port.constant() {
                // SAFETY: the stage's buffer `k` holds a block of the port's type.
                unsafe { port.splat(longest, c.as_ptr(), stage.buffer(k)) };
            }
        }
        let strides = self.plan.inner().strides;
        let shared: [bool; N] = std::array::from_fn(|k| k > 0 && base.0[k] == base.0[0]);
        self.plan.rows(base, range, |mut ptr, mut n| {
            while n > 0 {
                let m = n.min(self.block);
                // SAFETY: rows lie inside the operands' views; m is at most a block.
                unsafe { self.step(ptr, strides, m, shared, stream, &mut stage) };
                for (k, p) in ptr.iter_mut().enumerate() {
                    *p = p.wrapping_offset(strides[k] * m as isize);
                }
                n -= m;
            }
        });
        if stream {
            port::fence();
        }
    }

    /// One block.
    ///
    /// # Safety
    /// `n` elements at each address with those strides are valid, and `n` is at most a block.
    #[inline]
    unsafe fn step(
        &self,
        ptr: [*mut u8; N],
        strides: [isize; N],
        n: usize,
        shared: [bool; N],
        stream: bool,
        stage: &mut Stage,
    ) {
        let mut at = ptr;
        let sink = &self.ports[0];
        let in_place = sink.is_plain() && !stream && strides[0] == sink.size() as isize;
        if !in_place {
            at[0] = stage.buffer(0);
        }
        for k in 1..N {
            let port = &self.ports[k];
            if port.constant().is_some() {
                at[k] = stage.buffer(k);
            } else {
                // Loops may assume that inputs do not alias the output.
                let must_copy = in_place && shared[k];
                let target = stage.buffer(k);
                // SAFETY: as promised to this function.
                at[k] = unsafe { port.load(n, ptr[k], strides[k], must_copy, target, stage) };
            }
        }
        // SAFETY: all pointers are now valid for n contiguous elements of the types the loop was made for.
        unsafe { (self.op)(&span(n, at, &self.param)) };
        if !in_place {
            // SAFETY: as promised to this function; the result lies in buffer 0.
            unsafe { sink.store(at[0], n, ptr[0], strides[0], stream, stage) };
        }
    }
}

impl<const N: usize> Kernel for Elementwise<N> {
    #[inline]
    unsafe fn run(&self, operands: &[*mut u8], _scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let numel = self.plan.numel();
        let base = self.bases(operands);
        let shared = base.0[1..].contains(&base.0[0]);
        if numel <= 1 && self.plain && !shared {
            if numel == 1 {
                // SAFETY: one element of the loop's own types at each address.
                unsafe { (self.op)(&span(1, base.0, &self.param)) };
            }
            return Ok(());
        }
        let size = self.ports[0].size();
        let stream = !shared && streams(&self.plan, size);
        let bytes: usize = self.ports.iter().map(|p| p.size()).sum::<usize>() * numel;
        split(par, numel, 64, bytes, &|range| {
            if self.direct && !shared && !stream {
                self.plan.rows(base, range, |ptr, n| {
                    // SAFETY: rows lie inside the operands' views, contiguous and of the loop's own types.
                    unsafe { (self.op)(&span(n, ptr, &self.param)) }
                });
            } else {
                // SAFETY: as promised to `run`.
                unsafe { self.staged(base, range, stream) };
            }
        });
        Ok(())
    }
}
