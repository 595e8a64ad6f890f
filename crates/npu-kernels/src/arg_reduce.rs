//! Positions of extreme elements.

use crate::elem::Element;
use crate::isa::{Loop, LoopFn, pick};
use crate::iter::{Operands, split};
use crate::lanes::{self, Ordered};
use crate::rows::{BLOCK, Buffer, Load, Store};
use crate::walk::Walk;
use crate::{Fault, Kernel, KernelError};
use npu_types::{DType, Layout, Parallel};
use std::marker::PhantomData;

/// Which element is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgOp {
    /// The largest.
    Max,
    /// The smallest.
    Min,
}

/// The position along `axis` of the extreme element, and the element if `values` is given. Operands: indices (i32 or
/// i64), values when given, x; the outputs have `x`'s rank with `axis` 1. The first of equal elements wins, the first
/// NaN wins over everything.
///
/// # Errors
/// Shapes that do not fit, an empty axis, complex numbers, an index type that is neither i32 nor i64, values of
/// another type than `x`.
pub fn arg_reduce(
    op: ArgOp,
    indices: &Layout,
    values: Option<&Layout>,
    x: &Layout,
    axis: usize,
) -> Result<Box<dyn Kernel>, KernelError> {
    const NAME: &str = "arg_reduce";
    let fits = |out: &Layout| {
        out.rank() == x.rank()
            && (0..x.rank()).all(|i| out.dims()[i] == if i == axis { 1 } else { x.dims()[i] })
    };
    let scalar = x.rank() == 0 && axis == 0;
    let empty = !scalar && x.dims().get(axis).is_none_or(|&d| d == 0) && !indices.is_empty();
    if empty || !fits(indices) || !values.is_none_or(fits) {
        return Err(KernelError::Shape { kernel: NAME, what: format!("{x:?} along {axis} to {indices:?}") });
    }
    if !matches!(indices.dtype(), DType::I32 | DType::I64) {
        return Err(KernelError::DType { kernel: NAME, dtype: indices.dtype() });
    }
    if let Some(v) = values.filter(|v| v.dtype() != x.dtype()) {
        return Err(KernelError::DType { kernel: NAME, dtype: v.dtype() });
    }
    Ok(match (x.dtype(), op) {
        (DType::C64 | DType::C128, _) => return Err(KernelError::DType { kernel: NAME, dtype: x.dtype() }),
        (DType::F64, ArgOp::Max) => kernel::<f64, true>(indices, values, x, axis),
        (DType::F64, ArgOp::Min) => kernel::<f64, false>(indices, values, x, axis),
        (DType::F32 | DType::F16 | DType::BF16, ArgOp::Max) => kernel::<f32, true>(indices, values, x, axis),
        (DType::F32 | DType::F16 | DType::BF16, ArgOp::Min) => kernel::<f32, false>(indices, values, x, axis),
        (DType::I64 | DType::U32, ArgOp::Max) => kernel::<i64, true>(indices, values, x, axis),
        (DType::I64 | DType::U32, ArgOp::Min) => kernel::<i64, false>(indices, values, x, axis),
        (DType::U64, ArgOp::Max) => kernel::<u64, true>(indices, values, x, axis),
        (DType::U64, ArgOp::Min) => kernel::<u64, false>(indices, values, x, axis),
        (_, ArgOp::Max) => kernel::<i32, true>(indices, values, x, axis),
        (_, ArgOp::Min) => kernel::<i32, false>(indices, values, x, axis),
    })
}

/// Operand numbers of the walk; without `values`, x comes second at run time.
const INDICES: usize = 0;
const VALUES: usize = 1;
const X: usize = 2;

struct ArgReduce<A: Element> {
    load: Load<A>,
    index: Store<i64>,
    value: Option<Store<A>>,
    outer: Walk<3>,
    n: usize,
    stride: isize,
    extreme: LoopFn<Block<A>>,
}

fn kernel<A: Element + PartialOrd + Ordered, const MAX: bool>(
    indices: &Layout,
    values: Option<&Layout>,
    x: &Layout,
    axis: usize,
) -> Box<dyn Kernel> {
    let mut outer = Walk::point();
    let all = [indices, values.unwrap_or(indices), x];
    for i in (0..x.rank()).filter(|&i| i != axis) {
        outer.push(x.dims()[i] as usize, all.map(|l| l.strides()[i] as isize * l.dtype().size() as isize));
    }
    let load = Load::<A>::new(x.dtype());
    Box::new(ArgReduce {
        index: Store::new(indices.dtype()),
        value: values.map(|v| Store::new(v.dtype())),
        outer,
        n: x.dims().get(axis).map_or(1, |&d| d as usize),
        stride: x.strides().get(axis).map_or(0, |&s| s as isize) * load.size,
        extreme: pick::<Extreme<A, MAX>>(),
        load,
    })
}

/// A block and where its extreme element is found.
struct Block<A> {
    block: *const A,
    n: usize,
    /// The best element so far.
    best: *mut A,
    /// Set to the position in the block when a better one is found.
    found: *mut Option<usize>,
}

/// Looks for the first element better than the best so far: one pass for the extreme value, another only when that
/// beats the best.
struct Extreme<A, const MAX: bool>(PhantomData<A>);

impl<A: Element + PartialOrd + Ordered, const MAX: bool> Extreme<A, MAX> {
    /// Whether `a` wins over an earlier `b`.
    #[inline(always)]
    fn better(a: A, b: A) -> bool {
        (if MAX { a > b } else { a < b }) | is_nan(a)
    }
}

#[inline(always)]
#[expect(clippy::eq_op, reason = "true for NaN only")]
fn is_nan<A: PartialEq>(a: A) -> bool {
    a != a
}

impl<A: Element + PartialOrd + Ordered, const MAX: bool> Loop for Extreme<A, MAX> {
    type Args = Block<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Block<A>) {
        // SAFETY: the block is readable, the caller's duty.
        let block = unsafe { std::slice::from_raw_parts(args.block, args.n) };
        // SAFETY: the caller's own variable.
        let best = unsafe { &mut *args.best };
        if is_nan(*best) {
            return;
        }
        let extreme = if MAX { lanes::largest(block, *best) } else { lanes::smallest(block, *best) };
        if !Self::better(extreme, *best) {
            return;
        }
        let nan = is_nan(extreme);
        let position = block.iter().position(|x| if nan { is_nan(*x) } else { *x == extreme });
        *best = extreme;
        // SAFETY: the caller's own variable.
        unsafe { args.found.write(position) };
    }
}

impl<A: Element> Kernel for ArgReduce<A> {
    unsafe fn run(&self, operands: &[*mut u8], _scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let (indices, x) = (operands[0], operands[operands.len() - 1]);
        let base = Operands([indices, if self.value.is_some() { operands[1] } else { indices }, x]);
        let outputs = self.outer.len();
        split(par, outputs, 1, outputs * self.n * self.load.size as usize, &|range| {
            let base = &base;
            let mut buffer = Buffer::new();
            let mut cursor = self.outer.seek(range.start);
            for _ in range {
                let at = |k: usize| base.0[k].wrapping_offset(cursor.offsets[k]);
                let x = at(X);
                // SAFETY: the axis is not empty, the caller's duty for the rest.
                let mut best = unsafe { self.load.one(x) };
                let mut index = 0;
                for first in (0..self.n).step_by(BLOCK) {
                    let n = (self.n - first).min(BLOCK);
                    let from = x.wrapping_offset(first as isize * self.stride);
                    // SAFETY: elements of this row, the caller's duty.
                    let block = unsafe { self.load.block(from, self.stride, n, &mut buffer) };
                    let mut found = None;
                    let args = Block { block: block.as_ptr(), n, best: &mut best, found: &mut found };
                    // SAFETY: the block is a live slice, the rest are live locals.
                    unsafe { (self.extreme)(&args) };
                    if let Some(position) = found {
                        index = first + position;
                    }
                }
                // SAFETY: this output, the caller's duty.
                unsafe { self.index.one(at(INDICES), index as i64) };
                if let Some(value) = &self.value {
                    // SAFETY: this output, the caller's duty.
                    unsafe { value.one(at(VALUES), best) };
                }
                cursor.advance();
            }
        });
        Ok(())
    }
}
