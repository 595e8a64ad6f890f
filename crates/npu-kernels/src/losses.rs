//! Losses and gradients that pick elements by index.

use crate::attention::Acc;
use crate::iter::{Operands, split};
use crate::rows::{BLOCK, Buffer, Load, Store};
use crate::walk::Walk;
use crate::{Fault, Kernel, KernelError};
use npu_types::{DType, Layout, Parallel};

/// What happens to the losses of all positions: 0 nothing, 1 their mean, 2 their sum.
const NONE: i64 = 0;
const MEAN: i64 = 1;

fn index_type(name: &'static str, l: &Layout) -> Result<(), KernelError> {
    if l.dtype().is_integer() { Ok(()) } else { Err(KernelError::DType { kernel: name, dtype: l.dtype() }) }
}

fn floats(name: &'static str, layouts: &[&Layout]) -> Result<(), KernelError> {
    match layouts.iter().find(|l| !l.dtype().is_float()) {
        Some(l) => Err(KernelError::DType { kernel: name, dtype: l.dtype() }),
        None => Ok(()),
    }
}

/// Positions of a loss: the dimensions of `x` without the one of classes.
fn positions(x: &Layout, axis: usize, others: [&Layout; 2]) -> Option<Walk<3>> {
    let mut walk = Walk::point();
    for i in (0..x.rank()).filter(|&i| i != axis) {
        let at = i - (i > axis) as usize;
        let bytes = |l: &Layout, axis: usize| l.strides()[axis] as isize * l.dtype().size() as isize;
        let mut strides = [bytes(x, i), 0, 0];
        for (s, l) in strides[1..].iter_mut().zip(others) {
            if l.rank() + 1 == x.rank() {
                if l.dims()[at] != x.dims()[i] {
                    return None;
                }
                *s = bytes(l, at);
            } else if l.rank() != 0 {
                return None;
            }
        }
        walk.push(x.dims()[i] as usize, strides);
    }
    Some(walk)
}

/// Negative log-likelihood of the class that `target` names, along `axis` of `x`: `-weight[t] * x[t]`, or the mean
/// (divided by the sum of weights) or sum over all positions. Operands: out, total weight, x, target, weight. Positions
/// with the class `ignore` count as 0.
///
/// # Errors
/// Shapes that do not fit, types that are not floats (or integers, for the target).
#[expect(clippy::too_many_arguments, reason = "the operands of the operator")]
pub fn nll_loss(
    out: &Layout,
    total: &Layout,
    x: &Layout,
    target: &Layout,
    weight: &Layout,
    axis: usize,
    reduction: i64,
    ignore: i64,
) -> Result<Box<dyn Kernel>, KernelError> {
    const NAME: &str = "nll_loss";
    floats(NAME, &[out, total, x, weight])?;
    index_type(NAME, target)?;
    let walk =
        (axis < x.rank() && weight.rank() == 1 && weight.dims()[0] == x.dims()[axis] && total.numel() == 1)
            .then(|| positions(x, axis, [target, out]))
            .flatten()
            .filter(|w| reduction == NONE || out.numel() == 1 || w.len() == 0)
            .ok_or_else(|| KernelError::Shape {
                kernel: NAME,
                what: format!("{out:?} of {x:?}, {target:?}, {weight:?}"),
            })?;
    Ok(Box::new(NllLoss {
        pick: Pick::new(x, target, weight, axis, ignore),
        walk,
        out: Store::new(out.dtype()),
        total: Store::new(total.dtype()),
        reduction,
    }))
}

/// The gradient of [`nll_loss`]: zeros, and `-weight[t] * grad` at the target's class, divided by the total weight for
/// the mean. Operands: out, grad (one element unless nothing was reduced), target, weight, total weight.
///
/// # Errors
/// As [`nll_loss`].
#[expect(clippy::too_many_arguments, reason = "the operands of the operator")]
pub fn nll_loss_grad(
    out: &Layout,
    grad: &Layout,
    target: &Layout,
    weight: &Layout,
    total: &Layout,
    axis: usize,
    reduction: i64,
    ignore: i64,
) -> Result<Box<dyn Kernel>, KernelError> {
    const NAME: &str = "nll_loss_grad";
    floats(NAME, &[out, grad, total, weight])?;
    index_type(NAME, target)?;
    let walk = (axis < out.rank()
        && weight.rank() == 1
        && weight.dims()[0] == out.dims()[axis]
        && total.numel() == 1)
        .then(|| positions(out, axis, [target, grad]))
        .flatten()
        .ok_or_else(|| KernelError::Shape {
            kernel: NAME,
            what: format!("{out:?} of {grad:?}, {target:?}, {weight:?}"),
        })?;
    Ok(Box::new(NllLossGrad {
        pick: Pick::new(out, target, weight, axis, ignore),
        walk,
        out: Store::new(out.dtype()),
        grad: Load::new(grad.dtype()),
        total: Load::new(total.dtype()),
        reduction,
    }))
}

/// Picks an element of a class and its weight.
struct Pick {
    x: Load<f64>,
    target: Load<i64>,
    weight: Load<f64>,
    weight_stride: isize,
    stride: isize,
    classes: i64,
    axis: usize,
    ignore: i64,
}

impl Pick {
    fn new(x: &Layout, target: &Layout, weight: &Layout, axis: usize, ignore: i64) -> Pick {
        Pick {
            x: Load::new(x.dtype()),
            target: Load::new(target.dtype()),
            weight: Load::new(weight.dtype()),
            weight_stride: weight.strides()[0] as isize * weight.dtype().size() as isize,
            stride: x.strides()[axis] as isize * x.dtype().size() as isize,
            classes: x.dims()[axis],
            axis,
            ignore,
        }
    }

    /// The class of a position, if it counts.
    ///
    /// # Safety
    /// The target's element is readable.
    unsafe fn class(&self, target: *const u8, position: usize) -> Result<Option<i64>, Fault> {
        // SAFETY: the caller's duty.
        let index = unsafe { self.target.one(target) };
        if index == self.ignore {
            return Ok(None);
        }
        if index < 0 || index >= self.classes {
            return Err(Fault::IndexOutOfRange { index, position, axis: self.axis, size: self.classes });
        }
        Ok(Some(index))
    }

    /// # Safety
    /// The class exists and its weight is readable.
    unsafe fn weight(&self, weight: *const u8, class: i64) -> f64 {
        // SAFETY: the caller's duty.
        unsafe { self.weight.one(weight.wrapping_offset(class as isize * self.weight_stride)) }
    }
}

struct NllLoss {
    pick: Pick,
    walk: Walk<3>,
    out: Store<f64>,
    total: Store<f64>,
    reduction: i64,
}

impl Kernel for NllLoss {
    unsafe fn run(&self, operands: &[*mut u8], _scratch: *mut u8, _par: &dyn Parallel) -> Result<(), Fault> {
        let [out, total, x, target, weight] = Operands::<5>::first(operands).addresses();
        let mut cursor = self.walk.seek(0);
        for position in 0..self.walk.len() {
            // SAFETY: an element of the target.
            unsafe { self.pick.class(target.wrapping_offset(cursor.offsets[1]), position) }?;
            cursor.advance();
        }
        let (mut sum, mut weights) = (0.0, 0.0);
        for position in 0..self.walk.len() {
            let [at_x, at_target, at_out] = cursor.offsets;
            cursor.advance();
            // SAFETY: an element of the target.
            let class = unsafe { self.pick.class(target.wrapping_offset(at_target), position) }?;
            let mut loss = 0.0;
            if let Some(class) = class {
                // SAFETY: the class exists.
                let w = unsafe { self.pick.weight(weight, class) };
                let from = x.wrapping_offset(at_x + class as isize * self.pick.stride);
                // SAFETY: an element of the input.
                loss = -w * unsafe { self.pick.x.one(from) };
                weights += w;
            }
            sum += loss;
            if self.reduction == NONE {
                // SAFETY: this position's result.
                unsafe { self.out.one(out.wrapping_offset(at_out), loss) };
            }
        }
        if self.reduction != NONE {
            let result = if self.reduction == MEAN { sum / weights } else { sum };
            // SAFETY: the one result.
            unsafe { self.out.one(out, result) };
        }
        // SAFETY: the one total.
        unsafe { self.total.one(total, if self.reduction == NONE { 0.0 } else { weights }) };
        Ok(())
    }
}

struct NllLossGrad {
    pick: Pick,
    walk: Walk<3>,
    out: Store<f64>,
    grad: Load<f64>,
    total: Load<f64>,
    reduction: i64,
}

impl Kernel for NllLossGrad {
    unsafe fn run(&self, operands: &[*mut u8], _scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let [out, grad, target, weight, total] = Operands::<5>::first(operands).addresses();
        let mut cursor = self.walk.seek(0);
        for position in 0..self.walk.len() {
            // SAFETY: an element of the target.
            unsafe { self.pick.class(target.wrapping_offset(cursor.offsets[1]), position) }?;
            cursor.advance();
        }
        // SAFETY: the one total.
        let total = unsafe { self.total.one(total) };
        let base = Operands([out, grad, target, weight]);
        let classes = self.pick.classes as usize;
        let bytes = self.walk.len() * classes * self.out.size as usize;
        split(par, self.walk.len(), 1, bytes, &|range| {
            let [out, grad, target, weight] = base.addresses();
            let mut cursor = self.walk.seek(range.start);
            for position in range {
                let [at_out, at_target, at_grad] = cursor.offsets;
                cursor.advance();
                let out = out.wrapping_offset(at_out);
                for first in (0..classes).step_by(BLOCK) {
                    let to = out.wrapping_offset(first as isize * self.pick.stride);
                    // SAFETY: classes of this position.
                    unsafe {
                        self.out.block(to, self.pick.stride, &[0.0; BLOCK][..(classes - first).min(BLOCK)])
                    };
                }
                // SAFETY: an element of the target.
                let Ok(Some(class)) =
                    (unsafe { self.pick.class(target.wrapping_offset(at_target), position) })
                else {
                    continue;
                };
                // SAFETY: the class exists.
                let mut value = -unsafe { self.pick.weight(weight, class) };
                // SAFETY: this position's gradient.
                value *= unsafe { self.grad.one(grad.wrapping_offset(at_grad)) };
                if self.reduction == MEAN {
                    value /= total;
                }
                // SAFETY: the element of the class.
                unsafe { self.out.one(out.wrapping_offset(class as isize * self.pick.stride), value) };
            }
        });
        Ok(())
    }
}

/// The gradient of a table whose rows were looked up: row `i` is the sum of the rows of `grad` whose index is `i`, divided
/// by their number if `by_count`. Operands: out `[rows, depth]`, grad `[n, depth]`, index `[n]`. Row `padding` stays 0.
///
/// # Errors
/// Shapes that do not fit, types that are not floats (or integers, for the index).
pub fn embedding_grad(
    out: &Layout,
    grad: &Layout,
    index: &Layout,
    padding: i64,
    by_count: bool,
) -> Result<Box<dyn Kernel>, KernelError> {
    const NAME: &str = "embedding_grad";
    floats(NAME, &[out, grad])?;
    index_type(NAME, index)?;
    let fits = out.rank() == 2
        && grad.rank() == 2
        && index.rank() == 1
        && grad.dims() == [index.dims()[0], out.dims()[1]];
    if !fits {
        return Err(KernelError::Shape { kernel: NAME, what: format!("{out:?} of {grad:?} at {index:?}") });
    }
    Ok(if grad.dtype() == DType::F64 {
        Box::new(EmbeddingGrad::<f64>::new(out, grad, index, padding, by_count))
    } else {
        Box::new(EmbeddingGrad::<f32>::new(out, grad, index, padding, by_count))
    })
}

struct EmbeddingGrad<A: Acc> {
    out: Store<A>,
    grad: Load<A>,
    index: Load<i64>,
    strides: [[isize; 2]; 2],
    index_stride: isize,
    rows: usize,
    depth: usize,
    n: usize,
    padding: i64,
    by_count: bool,
}

impl<A: Acc> EmbeddingGrad<A> {
    fn new(out: &Layout, grad: &Layout, index: &Layout, padding: i64, by_count: bool) -> EmbeddingGrad<A> {
        let bytes = |l: &Layout, i: usize| l.strides()[i] as isize * l.dtype().size() as isize;
        EmbeddingGrad {
            out: Store::new(out.dtype()),
            grad: Load::new(grad.dtype()),
            index: Load::new(index.dtype()),
            strides: [out, grad].map(|l| [bytes(l, 0), bytes(l, 1)]),
            index_stride: bytes(index, 0),
            rows: out.dims()[0] as usize,
            depth: out.dims()[1] as usize,
            n: index.dims()[0] as usize,
            padding,
            by_count,
        }
    }

    /// # Safety
    /// The index is readable.
    unsafe fn at(&self, index: *const u8, position: usize) -> Result<usize, Fault> {
        // SAFETY: the caller's duty.
        let index = unsafe { self.index.one(index.wrapping_offset(position as isize * self.index_stride)) };
        if index < 0 || index >= self.rows as i64 {
            return Err(Fault::IndexOutOfRange { index, position, axis: 0, size: self.rows as i64 });
        }
        Ok(index as usize)
    }

    /// # Safety
    /// The row of the table and the rows of the gradient at `positions` are valid.
    unsafe fn row(&self, out: *mut u8, grad: *const u8, positions: &[usize]) {
        let factor =
            if self.by_count && !positions.is_empty() { A::of(1.0 / positions.len() as f64) } else { A::ONE };
        let mut buffer = Buffer::new();
        for first in (0..self.depth).step_by(BLOCK) {
            let n = (self.depth - first).min(BLOCK);
            let mut sums = [A::ZERO; BLOCK];
            for &position in positions {
                let [row, col] = self.strides[1];
                let from = grad.wrapping_offset(position as isize * row + first as isize * col);
                // SAFETY: a part of a row of the gradient.
                let block = unsafe { self.grad.block(from, col, n, &mut buffer) };
                for (s, g) in sums.iter_mut().zip(block) {
                    *s += *g * factor;
                }
            }
            let to = out.wrapping_offset(first as isize * self.strides[0][1]);
            // SAFETY: a part of the table's row.
            unsafe { self.out.block(to, self.strides[0][1], &sums[..n]) };
        }
    }
}

impl<A: Acc> Kernel for EmbeddingGrad<A> {
    /// Where the positions of each row begin, and all positions sorted by row.
    fn scratch(&self) -> usize {
        (self.rows + 1 + self.n) * size_of::<usize>()
    }

    unsafe fn run(&self, operands: &[*mut u8], scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let [out, grad, index] = Operands::<3>::first(operands).addresses();
        for position in 0..self.n {
            // SAFETY: an element of the index.
            unsafe { self.at(index, position) }?;
        }
        let starts = scratch.cast::<usize>();
        // SAFETY: scratch memory begins with room for a start of each row and one more; zeros are numbers.
        unsafe { starts.write_bytes(0, self.rows + 1 + self.n) };
        // SAFETY: initialised above.
        let starts = unsafe { std::slice::from_raw_parts_mut(starts, self.rows + 1) };
        let sorted = scratch.cast::<usize>().wrapping_add(self.rows + 1);
        // SAFETY: initialised above.
        let sorted = unsafe { std::slice::from_raw_parts_mut(sorted, self.n) };
        for position in 0..self.n {
            // SAFETY: an element of the index.
            starts[unsafe { self.at(index, position) }? + 1] += 1;
        }
        for row in 0..self.rows {
            starts[row + 1] += starts[row];
        }
        // Each row's start moves on to its end, which is where the next one started.
        for position in 0..self.n {
            // SAFETY: an element of the index.
            let row = unsafe { self.at(index, position) }?;
            sorted[starts[row]] = position;
            starts[row] += 1;
        }
        let (starts, sorted) = (&*starts, &*sorted);
        let base = Operands([out, grad]);
        let bytes = (self.rows + self.n) * self.depth * self.out.size as usize;
        split(par, self.rows, 1, bytes, &|range| {
            let [out, grad] = base.addresses();
            for row in range {
                let from = if row == 0 { 0 } else { starts[row - 1] };
                let positions = if row as i64 == self.padding { &[][..] } else { &sorted[from..starts[row]] };
                let out = out.wrapping_offset(row as isize * self.strides[0][0]);
                // SAFETY: rows of the operands, the caller's duty.
                unsafe { self.row(out, grad, positions) };
            }
        });
        Ok(())
    }
}
