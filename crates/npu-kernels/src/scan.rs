//! Running sums, products and extremes along an axis.

use crate::elem::Element;
use crate::iter::{Operands, split};
use crate::math::Arith;
use crate::rows::{BLOCK, Buffer, Load, Store};
use crate::walk::{Walk, segments};
use crate::{ArgOp, Fault, Kernel, KernelError};
use npu_types::{Complex64, DType, Layout, Parallel};

/// What is accumulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanOp {
    /// A sum.
    Sum,
    /// A product.
    Prod,
}

/// How far an accumulation reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ScanForm {
    /// Leaves the element itself out.
    pub exclusive: bool,
    /// Goes from the end to the start.
    pub reverse: bool,
}

/// `out[i]` accumulates `x[..=i]` along `axis`. Integers are added as i64 and wrap to `out`'s type, halves in f32,
/// other floats in f64. Operands: out, x; they may be the same view.
///
/// # Errors
/// Shapes that differ.
pub fn scan(
    op: ScanOp,
    form: ScanForm,
    out: &Layout,
    x: &Layout,
    axis: usize,
) -> Result<Box<dyn Kernel>, KernelError> {
    if out.dims() != x.dims() || axis >= x.rank() {
        return Err(KernelError::Shape { kernel: "scan", what: format!("{x:?} along {axis} to {out:?}") });
    }
    Ok(match out.dtype() {
        DType::F16 | DType::BF16 => make::<f32>(op, form, out, x, axis),
        DType::F32 | DType::F64 => make::<f64>(op, form, out, x, axis),
        DType::C64 | DType::C128 => make::<Complex64>(op, form, out, x, axis),
        _ => make::<i64>(op, form, out, x, axis),
    })
}

fn make<A: Arith>(op: ScanOp, form: ScanForm, out: &Layout, x: &Layout, axis: usize) -> Box<dyn Kernel> {
    let lines = Lines::new([x, out], axis, form.reverse);
    let (load, store) = (Load::new(x.dtype()), Store::new(out.dtype()));
    match op {
        ScanOp::Sum => Box::new(Scan::<A, false> { lines, load, store, start: A::default(), form }),
        ScanOp::Prod => Box::new(Scan::<A, true> { lines, load, store, start: A::from_i32(1), form }),
    }
}

/// The rows of two tensors along an axis, in the order of a scan.
struct Lines {
    /// Byte offsets over the other axes, but for the innermost one.
    outer: Walk<2>,
    /// That one: its length and strides.
    row: (usize, [isize; 2]),
    n: usize,
    strides: [isize; 2],
    /// Bytes from a line's first element to where the scan starts.
    start: [isize; 2],
    bytes: usize,
}

impl Lines {
    fn new(layouts: [&Layout; 2], axis: usize, reverse: bool) -> Lines {
        let strides = |i: usize| layouts.map(|l| l.strides()[i] as isize * l.dtype().size() as isize);
        let dims = layouts[0].dims();
        let (mut outer, n) = (Walk::point(), dims[axis] as usize);
        for i in (0..dims.len()).filter(|i| *i != axis) {
            outer.push(dims[i] as usize, strides(i));
        }
        // Columns side by side are scanned together where the axis is not the innermost one.
        let row = if dims[axis + 1..].iter().any(|d| *d != 1) { outer.pop() } else { (1, [0; 2]) };
        let along = strides(axis);
        let last = n.saturating_sub(1) as isize;
        let bytes = layouts[0].numel() * layouts.map(|l| l.dtype().size()).iter().sum::<usize>();
        if reverse {
            Lines { outer, row, n, strides: along.map(|s| -s), start: along.map(|s| s * last), bytes }
        } else {
            Lines { outer, row, n, strides: along, start: [0; 2], bytes }
        }
    }

    /// Calls `body` with the addresses of the first elements of up to a block of neighbouring lines.
    fn each(&self, base: [*mut u8; 2], par: &dyn Parallel, body: &(dyn Fn([*mut u8; 2], usize) + Sync)) {
        let base = Operands(base);
        let total = if self.n == 0 { 0 } else { self.outer.len() * self.row.0 };
        split(par, total, 16, self.bytes, &|range| {
            segments(&self.outer, self.row.0, range, |offsets, first, n| {
                for at in (first..first + n).step_by(BLOCK) {
                    let from = std::array::from_fn(|k| {
                        let offset = offsets[k] + self.start[k] + at as isize * self.row.1[k];
                        base.addresses()[k].wrapping_offset(offset)
                    });
                    body(from, (first + n - at).min(BLOCK));
                }
            });
        });
    }
}

/// `PROD` multiplies, otherwise adds.
struct Scan<A: Element, const PROD: bool> {
    lines: Lines,
    load: Load<A>,
    store: Store<A>,
    start: A,
    form: ScanForm,
}

impl<A: Arith, const PROD: bool> Scan<A, PROD> {
    #[inline(always)]
    fn act(a: A, b: A) -> A {
        if PROD { a.mul(b) } else { a.add(b) }
    }

    /// One line, a block at a time.
    ///
    /// # Safety
    /// The line's elements are valid.
    unsafe fn line(&self, at: [*mut u8; 2]) {
        let (mut buffer, mut results) = (Buffer::new(), [A::default(); BLOCK]);
        let (mut sum, strides) = (self.start, self.lines.strides);
        for first in (0..self.lines.n).step_by(BLOCK) {
            let n = (self.lines.n - first).min(BLOCK);
            let [x, out] = [0, 1].map(|k| at[k].wrapping_offset(first as isize * strides[k]));
            // SAFETY: elements of the line.
            let block = unsafe { self.load.block(x, strides[0], n, &mut buffer) };
            for (result, value) in results.iter_mut().zip(block) {
                let next = Self::act(sum, *value);
                *result = if self.form.exclusive { sum } else { next };
                sum = next;
            }
            // SAFETY: elements of the line.
            unsafe { self.store.block(out, strides[1], &results[..n]) };
        }
    }

    /// `n` lines side by side.
    ///
    /// # Safety
    /// The lines' elements are valid.
    unsafe fn lines(&self, at: [*mut u8; 2], n: usize) {
        let (mut buffer, mut sums) = (Buffer::new(), [self.start; BLOCK]);
        let (strides, across) = (self.lines.strides, self.lines.row.1);
        for i in 0..self.lines.n as isize {
            let [x, out] = [0, 1].map(|k| at[k].wrapping_offset(i * strides[k]));
            // SAFETY: elements of the lines.
            let block = unsafe { self.load.block(x, across[0], n, &mut buffer) };
            if self.form.exclusive {
                let old = sums;
                sums.iter_mut().zip(block).for_each(|(sum, value)| *sum = Self::act(*sum, *value));
                // SAFETY: elements of the lines.
                unsafe { self.store.block(out, across[1], &old[..n]) };
            } else {
                sums.iter_mut().zip(block).for_each(|(sum, value)| *sum = Self::act(*sum, *value));
                // SAFETY: elements of the lines.
                unsafe { self.store.block(out, across[1], &sums[..n]) };
            }
        }
    }
}

impl<A: Arith, const PROD: bool> Kernel for Scan<A, PROD> {
    unsafe fn run(&self, operands: &[*mut u8], _scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        self.lines.each([operands[1], operands[0]], par, &|at, n| {
            if self.lines.row.0 == 1 {
                // SAFETY: a line of both tensors, as promised to `run`.
                unsafe { self.line(at) }
            } else {
                // SAFETY: lines of both tensors, as promised to `run`.
                unsafe { self.lines(at, n) }
            }
        });
        Ok(())
    }
}

/// The extreme of `x[..=i]` along `axis` and where it stands; of equal elements the last, and NaN beats everything.
/// Operands: values, indices (i32 or i64), x.
///
/// # Errors
/// Shapes that differ, complex numbers, values of another type than `x`.
pub fn scan_extreme(
    op: ArgOp,
    values: &Layout,
    indices: &Layout,
    x: &Layout,
    axis: usize,
) -> Result<Box<dyn Kernel>, KernelError> {
    const NAME: &str = "scan_extreme";
    if values.dims() != x.dims() || indices.dims() != x.dims() || axis >= x.rank() {
        return Err(KernelError::Shape {
            kernel: NAME,
            what: format!("{x:?} along {axis} to {values:?}, {indices:?}"),
        });
    }
    if !matches!(indices.dtype(), DType::I32 | DType::I64)
        || values.dtype() != x.dtype()
        || x.dtype().is_complex()
    {
        return Err(KernelError::DType { kernel: NAME, dtype: values.dtype() });
    }
    Ok(match x.dtype() {
        DType::F64 => extreme::<f64>(op, values, indices, x, axis),
        t if t.is_float() => extreme::<f32>(op, values, indices, x, axis),
        DType::U64 => extreme::<u64>(op, values, indices, x, axis),
        _ => extreme::<i64>(op, values, indices, x, axis),
    })
}

fn extreme<A: Element + PartialOrd>(
    op: ArgOp,
    values: &Layout,
    indices: &Layout,
    x: &Layout,
    axis: usize,
) -> Box<dyn Kernel> {
    let all = [values, indices, x];
    let strides = |i: usize| all.map(|l| l.strides()[i] as isize * l.dtype().size() as isize);
    let mut outer = Walk::point();
    for i in (0..x.rank()).filter(|i| *i != axis) {
        outer.push(x.dims()[i] as usize, strides(i));
    }
    Box::new(Extreme {
        load: Load::<A>::new(x.dtype()),
        value: Store::new(values.dtype()),
        index: Store::new(indices.dtype()),
        wins: match op {
            ArgOp::Max => |new, old| new >= old,
            ArgOp::Min => |new, old| new <= old,
        },
        outer,
        n: x.dims()[axis] as usize,
        strides: strides(axis),
    })
}

struct Extreme<A: Element> {
    load: Load<A>,
    value: Store<A>,
    index: Store<i64>,
    /// Whether a later element replaces an earlier one; neither is NaN.
    wins: fn(A, A) -> bool,
    outer: Walk<3>,
    n: usize,
    strides: [isize; 3],
}

impl<A: Element + PartialOrd> Kernel for Extreme<A> {
    unsafe fn run(&self, operands: &[*mut u8], _scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        #[expect(clippy::eq_op, reason = "true for NaN only")]
        let is_nan = |a: A| a != a;
        let base = Operands::<3>::first(operands);
        let lines = if self.n == 0 { 0 } else { self.outer.len() };
        split(par, lines, 1, lines * self.n * 24, &|range| {
            let (mut buffer, mut values, mut indices) = (Buffer::new(), [A::default(); BLOCK], [0i64; BLOCK]);
            let mut cursor = self.outer.seek(range.start);
            for _ in range {
                let at = |k: usize, i: usize| {
                    base.addresses()[k].wrapping_offset(cursor.offsets[k] + i as isize * self.strides[k])
                };
                // SAFETY: the line is not empty.
                let (mut best, mut place) = (unsafe { self.load.one(at(2, 0)) }, 0);
                for first in (0..self.n).step_by(BLOCK) {
                    let n = (self.n - first).min(BLOCK);
                    // SAFETY: elements of the line, as promised to `run`.
                    let block = unsafe { self.load.block(at(2, first), self.strides[2], n, &mut buffer) };
                    for (i, &new) in block.iter().enumerate() {
                        if is_nan(new) || !is_nan(best) && (self.wins)(new, best) {
                            (best, place) = (new, first + i);
                        }
                        (values[i], indices[i]) = (best, place as i64);
                    }
                    // SAFETY: elements of the line.
                    unsafe { self.value.block(at(0, first), self.strides[0], &values[..n]) };
                    // SAFETY: elements of the line.
                    unsafe { self.index.block(at(1, first), self.strides[1], &indices[..n]) };
                }
                cursor.advance();
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{Form, Rng, Tensor, Threads, run};

    #[test]
    fn running_sums_and_extremes_along_each_axis() {
        let mut rng = Rng(29);
        for dtype in [DType::F32, DType::F16, DType::I8, DType::I64, DType::U16] {
            for (dims, axis) in [([3, 5, 700], 2), ([3, 700, 5], 1), ([40, 9, 300], 0), ([2, 0, 3], 1)] {
                let form = rng.pick(&Form::INPUTS);
                let x = Tensor::new(dtype, &dims, form, |i| (i * 7 % 5) as f64);
                let n = dims[axis] as usize;
                let inner = dims[axis + 1..].iter().product::<i64>() as usize;
                let all = x.reals();
                for (exclusive, reverse) in [(false, false), (true, false), (false, true), (true, true)] {
                    let out = Tensor::blank(DType::I64, &dims, rng.pick(&Form::OUTPUTS));
                    let form = ScanForm { exclusive, reverse };
                    let kernel = scan(ScanOp::Sum, form, &out.layout, &x.layout, axis).unwrap();
                    run(&*kernel, &[&out, &x], &Threads(2)).unwrap();
                    let got = out.ints();
                    for (i, got) in got.iter().enumerate() {
                        let (line, at) = (i / (n * inner) * n * inner + i % inner, i / inner % n);
                        let end = if exclusive { at } else { at + 1 };
                        let reach = if reverse { at + usize::from(exclusive)..n } else { 0..end };
                        let want: f64 = reach.map(|j| all[line + j * inner]).sum();
                        assert_eq!(*got as f64, want, "{dtype} {dims:?} {axis} {form:?} {i}");
                    }
                }
                let (values, indices) = (
                    Tensor::blank(dtype, &dims, Form::Sliced),
                    Tensor::blank(DType::I32, &dims, Form::Contiguous),
                );
                let kernel =
                    scan_extreme(ArgOp::Max, &values.layout, &indices.layout, &x.layout, axis).unwrap();
                run(&*kernel, &[&values, &indices, &x], &Threads(2)).unwrap();
                let (best, places) = (values.reals(), indices.ints());
                for i in 0..all.len() {
                    let (line, at) = (i / (n * inner) * n * inner + i % inner, i / inner % n);
                    let want =
                        (0..=at).max_by(|a, b| all[line + a * inner].total_cmp(&all[line + b * inner]));
                    let place = want.unwrap();
                    assert_eq!(
                        (places[i] as usize, best[i]),
                        (place, all[line + place * inner]),
                        "{dtype} {axis}"
                    );
                }
            }
        }
    }
}
