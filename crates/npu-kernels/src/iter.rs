//! Walking several operands of one shape at once.
//!
//! A [`Plan`] is made once, from layouts: dimensions of 1 disappear, the others are ordered by stride (first operand
//! first) and merged where all operands allow it. What remains is a sequence of rows: `n` elements with one constant
//! byte stride per operand.

use crate::KernelError;
use npu_types::{Layout, MAX_RANK, Parallel};
use std::ops::Range;

/// The merged iteration space of `N` operands.
#[derive(Clone, Copy, Debug)]
pub struct Plan<const N: usize> {
    rank: usize,
    numel: usize,
    /// Innermost first; at least one.
    axes: [Axis<N>; MAX_RANK],
}

/// One merged dimension.
#[derive(Clone, Copy, Debug)]
pub struct Axis<const N: usize> {
    /// Number of elements.
    pub dim: usize,
    /// Byte stride of each operand.
    pub strides: [isize; N],
}

impl<const N: usize> Axis<N> {
    const EMPTY: Axis<N> = Axis { dim: 0, strides: [0; N] };

    /// Whether this axis lies outside of `other`: compared by the first operand that moves along both.
    fn outside(&self, other: &Axis<N>) -> bool {
        for (a, b) in self.strides.iter().zip(&other.strides) {
            let (a, b) = (a.unsigned_abs(), b.unsigned_abs());
            if a != 0 && b != 0 && a != b {
                return a > b;
            }
        }
        false
    }
}

impl<const N: usize> Plan<N> {
    /// Plans a walk over operands that all have the first one's dimensions, in the order that suits memory.
    ///
    /// # Errors
    /// [`KernelError::Shape`] when dimensions differ.
    #[inline]
    pub fn new(kernel: &'static str, layouts: [&Layout; N]) -> Result<Plan<N>, KernelError> {
        Plan::build(kernel, layouts, true)
    }

    /// Plans a walk in row-major order.
    ///
    /// # Errors
    /// [`KernelError::Shape`] when dimensions differ.
    #[inline]
    pub fn row_major(kernel: &'static str, layouts: [&Layout; N]) -> Result<Plan<N>, KernelError> {
        Plan::build(kernel, layouts, false)
    }

    /// One row of contiguous elements of the given sizes.
    #[inline]
    pub fn contiguous(numel: usize, sizes: [usize; N]) -> Plan<N> {
        let mut plan = Plan { rank: 1, numel, axes: [Axis::EMPTY; MAX_RANK] };
        plan.axes[0] = Axis { dim: numel, strides: sizes.map(|s| s as isize) };
        plan
    }

    #[inline]
    fn build(kernel: &'static str, layouts: [&Layout; N], sort: bool) -> Result<Plan<N>, KernelError> {
        let dims = layouts[0].dims();
        for l in &layouts[1..] {
            if l.dims() != dims {
                return Err(KernelError::Shape {
                    kernel,
                    what: format!("operands {:?} and {l:?} differ in shape", layouts[0]),
                });
            }
        }
        let mut plan = Plan { rank: 1, numel: 1, axes: [Axis::EMPTY; MAX_RANK] };
        if layouts.iter().all(|l| l.is_contiguous()) {
            plan.numel = layouts[0].numel();
            plan.axes[0] = Axis { dim: plan.numel, strides: layouts.map(|l| l.dtype().size() as isize) };
        } else {
            plan.collapse(layouts, sort);
        }
        Ok(plan)
    }

    fn collapse(&mut self, layouts: [&Layout; N], sort: bool) {
        let mut axes = [Axis::EMPTY; MAX_RANK];
        let mut n = 0;
        self.numel = 1;
        for (i, &dim) in layouts[0].dims().iter().enumerate().rev() {
            self.numel *= dim as usize;
            if dim != 1 {
                axes[n] = Axis {
                    dim: dim as usize,
                    strides: layouts.map(|l| l.strides()[i] as isize * l.dtype().size() as isize),
                };
                // Insertion sort: the comparison is not a total order when strides are 0.
                let mut at = n;
                while sort && at > 0 && axes[at - 1].outside(&axes[at]) {
                    axes.swap(at - 1, at);
                    at -= 1;
                }
                n += 1;
            }
        }
        if n == 0 {
            self.axes[0] = Axis { dim: 1, strides: layouts.map(|l| l.dtype().size() as isize) };
            return;
        }
        let mut rank = 0;
        for axis in &axes[..n] {
            if rank > 0 {
                let inner = &mut self.axes[rank - 1];
                if (0..N).all(|k| axis.strides[k] == inner.strides[k] * inner.dim as isize) {
                    inner.dim *= axis.dim;
                    continue;
                }
            }
            self.axes[rank] = *axis;
            rank += 1;
        }
        self.rank = rank;
    }

    /// Number of elements.
    #[inline]
    pub fn numel(&self) -> usize {
        self.numel
    }

    /// The merged dimensions, innermost first.
    #[inline]
    pub fn axes(&self) -> &[Axis<N>] {
        &self.axes[..self.rank]
    }

    /// The innermost dimension.
    #[inline]
    pub fn inner(&self) -> &Axis<N> {
        &self.axes[0]
    }

    /// Calls `body` with the operands' addresses and the length of each (part of a) row in `range`, which counts
    /// elements in walking order. Rows start at multiples of the innermost dimension, except the first of a range.
    #[inline]
    pub fn rows(&self, base: Operands<N>, range: Range<usize>, mut body: impl FnMut([*mut u8; N], usize)) {
        if range.is_empty() {
            return;
        }
        let inner = &self.axes[0];
        let at = |mut p: [*mut u8; N], axis: &Axis<N>, i: usize| {
            for (p, stride) in p.iter_mut().zip(axis.strides) {
                *p = p.wrapping_offset(stride * i as isize);
            }
            p
        };
        if self.rank == 1 {
            return body(at(base.0, inner, range.start), range.len());
        }
        let mut left = range.len();
        let mut index = [0; MAX_RANK];
        let mut row = base.0;
        let mut rest = range.start;
        let mut column = rest % inner.dim;
        rest /= inner.dim;
        for (i, axis) in self.axes().iter().enumerate().skip(1) {
            index[i] = rest % axis.dim;
            rest /= axis.dim;
            row = at(row, axis, index[i]);
        }
        loop {
            let n = (inner.dim - column).min(left);
            body(if column == 0 { row } else { at(row, inner, column) }, n);
            left -= n;
            if left == 0 {
                return;
            }
            column = 0;
            for (i, axis) in self.axes().iter().enumerate().skip(1) {
                index[i] += 1;
                if index[i] < axis.dim {
                    row = at(row, axis, 1);
                    break;
                }
                for (p, stride) in row.iter_mut().zip(axis.strides) {
                    *p = p.wrapping_offset(-stride * (axis.dim as isize - 1));
                }
                index[i] = 0;
            }
        }
    }
}

/// Base addresses that may cross threads.
#[derive(Clone, Copy, Debug)]
pub struct Operands<const N: usize>(pub [*mut u8; N]);

// SAFETY: only addresses; whoever dereferences them proves that access is allowed, and `Kernel::run` promises that
// it is from every thread until the call returns.
unsafe impl<const N: usize> Send for Operands<N> {}
// SAFETY: as for Send.
unsafe impl<const N: usize> Sync for Operands<N> {}

impl<const N: usize> Operands<N> {
    /// The first `N` addresses given to `Kernel::run`.
    #[inline]
    pub fn first(operands: &[*mut u8]) -> Operands<N> {
        let mut out = [std::ptr::null_mut(); N];
        out.copy_from_slice(&operands[..N]);
        Operands(out)
    }

    /// The addresses; closures that call this capture what may cross threads, not the pointers inside.
    #[inline]
    pub fn addresses(&self) -> [*mut u8; N] {
        self.0
    }
}

/// Work below this many bytes is not worth a second thread.
pub const GRAIN: usize = 256 << 10;

/// Splits `0..total`, unless empty, into ranges whose borders are multiples of `align`, and calls `body` for each, on several threads
/// when there is work for them: `bytes` is what all of it touches.
#[inline]
pub fn split(
    par: &dyn Parallel,
    total: usize,
    align: usize,
    bytes: usize,
    body: &(dyn Fn(Range<usize>) + Sync),
) {
    if total == 0 {
        return;
    }
    let parts = if bytes < 2 * GRAIN { 1 } else { (bytes / GRAIN).min(par.threads() * 4) };
    if parts <= 1 || par.threads() == 1 {
        return body(0..total);
    }
    let step = total.div_ceil(parts).next_multiple_of(align.max(1));
    par.run(total.div_ceil(step), &|i| body(i * step..((i + 1) * step).min(total)));
}
