//! Normalisation over the last dimensions.

use crate::isa::{Loop, LoopFn, pick};
use crate::iter::{Operands, split};
use crate::lanes;
use crate::rows::{BLOCK, Buffer, Load, Store};
use crate::softmax::Real;
use crate::walk::{Cursor, Walk};
use crate::{Fault, Kernel, KernelError};
use npu_types::{DType, Layout, Parallel};
use std::marker::PhantomData;
use std::mem::MaybeUninit;

/// `(x - mean) / sqrt(variance + eps) * weight + bias` over the last `norm_rank` dimensions; the variance is the biased
/// one. Operands: out, mean and rstd when given, x, weight and bias when given. `mean` and `rstd` (the reciprocal
/// root) have `x`'s rank with the normalised dimensions 1; `weight` and `bias` have the normalised dimensions. `out` may
/// be the same view as `x`. All are floats of any type; half types compute in f32.
///
/// # Errors
/// Shapes that do not fit, types that are not floats.
#[expect(clippy::too_many_arguments, reason = "the operands of the operator")]
pub fn layer_norm(
    out: &Layout,
    mean: Option<&Layout>,
    rstd: Option<&Layout>,
    x: &Layout,
    weight: Option<&Layout>,
    bias: Option<&Layout>,
    norm_rank: usize,
    eps: f64,
) -> Result<Box<dyn Kernel>, KernelError> {
    make("layer_norm", true, [Some(out), mean, rstd, Some(x), weight, bias], norm_rank, eps)
}

/// `x / sqrt(mean(x * x) + eps) * gamma` over the last `norm_rank` dimensions. Operands: out, rstd when given, x, gamma;
/// otherwise as [`layer_norm`].
///
/// # Errors
/// Shapes that do not fit, types that are not floats.
pub fn rms_norm(
    out: &Layout,
    rstd: Option<&Layout>,
    x: &Layout,
    gamma: &Layout,
    norm_rank: usize,
    eps: f64,
) -> Result<Box<dyn Kernel>, KernelError> {
    make("rms_norm", false, [Some(out), None, rstd, Some(x), Some(gamma), None], norm_rank, eps)
}

/// Operand numbers; at run time absent ones are left out.
const OUT: usize = 0;
const MEAN: usize = 1;
const RSTD: usize = 2;
const X: usize = 3;
const WEIGHT: usize = 4;
const BIAS: usize = 5;

fn make(
    name: &'static str,
    centre: bool,
    operands: [Option<&Layout>; 6],
    norm_rank: usize,
    eps: f64,
) -> Result<Box<dyn Kernel>, KernelError> {
    let (Some(out), Some(x)) = (operands[OUT], operands[X]) else { unreachable!("always given") };
    let bad = |l: &Layout| KernelError::Shape {
        kernel: name,
        what: format!("{l:?} does not fit {x:?} normalised over {norm_rank} dimensions"),
    };
    if out.dims() != x.dims() || norm_rank > x.rank() {
        return Err(bad(out));
    }
    let lead = x.rank() - norm_rank;
    for l in [operands[MEAN], operands[RSTD]].into_iter().flatten() {
        let fits = l.rank() == x.rank() && l.dims()[..lead] == x.dims()[..lead];
        if !fits || l.dims()[lead..].iter().any(|&d| d != 1) {
            return Err(bad(l));
        }
    }
    for l in [operands[WEIGHT], operands[BIAS]].into_iter().flatten() {
        if *l.dims() != x.dims()[lead..] {
            return Err(bad(l));
        }
    }
    if let Some(l) = operands.into_iter().flatten().find(|l| !l.dtype().is_float()) {
        return Err(KernelError::DType { kernel: name, dtype: l.dtype() });
    }
    Ok(if x.dtype() == DType::F64 {
        kernel::<f64>(centre, operands, lead, eps)
    } else {
        kernel::<f32>(centre, operands, lead, eps)
    })
}

fn kernel<A: Number>(centre: bool, operands: [Option<&Layout>; 6], lead: usize, eps: f64) -> Box<dyn Kernel> {
    let dims = operands[X].map_or(&[][..], |x| x.dims());
    let stride = |l: Option<&Layout>, axis: usize| {
        l.map_or(0, |l| l.strides()[axis] as isize * l.dtype().size() as isize)
    };
    let mut outer = Walk::point();
    let mut inner = Walk::point();
    for (axis, &dim) in dims.iter().enumerate() {
        let [out, mean, rstd, x, weight, bias] = operands;
        if axis < lead {
            let strides = [out, mean, rstd, x].map(|l| stride(l, axis));
            outer.push(dim as usize, strides);
        } else {
            let affine = [weight, bias].map(|l| stride(l, axis - lead));
            inner.push(dim as usize, [stride(out, axis), stride(x, axis), affine[0], affine[1]]);
        }
    }
    let count = inner.len();
    let (n, strides) = inner.pop();
    let load = |i: usize| operands[i].map(|l| Load::<A>::new(l.dtype()));
    let store = |i: usize| operands[i].map(|l| Store::<A>::new(l.dtype()));
    let dtype = |i: usize| operands[i].map_or(DType::F32, |l| l.dtype());
    Box::new(Norm {
        centre,
        eps,
        out: Store::new(dtype(OUT)),
        mean: store(MEAN),
        rstd: store(RSTD),
        x: Load::new(dtype(X)),
        weight: load(WEIGHT),
        bias: load(BIAS),
        outer,
        inner,
        n,
        strides,
        count,
        sum: pick::<Sum<A>>(),
        squares: pick::<Squares<A>>(),
        apply: pick::<Apply<A>>(),
    })
}

/// What a row is computed in.
trait Number: Real {
    fn of(v: f64) -> Self;
    fn wide(self) -> f64;
}

impl Number for f32 {
    fn of(v: f64) -> f32 {
        v as f32
    }
    fn wide(self) -> f64 {
        self.into()
    }
}

impl Number for f64 {
    fn of(v: f64) -> f64 {
        v
    }
    fn wide(self) -> f64 {
        self
    }
}

struct Norm<A> {
    centre: bool,
    eps: f64,
    out: Store<A>,
    mean: Option<Store<A>>,
    rstd: Option<Store<A>>,
    x: Load<A>,
    weight: Option<Load<A>>,
    bias: Option<Load<A>>,
    /// out, mean, rstd, x.
    outer: Walk<4>,
    /// out, x, weight, bias, without the innermost axis.
    inner: Walk<4>,
    n: usize,
    strides: [isize; 4],
    count: usize,
    sum: LoopFn<Moments<A>>,
    squares: LoopFn<Moments<A>>,
    apply: LoopFn<Affine<A>>,
}

/// A block and what its sums are added to.
struct Moments<A> {
    x: *const A,
    n: usize,
    mean: A,
    total: *mut f64,
}

struct Sum<A>(PhantomData<A>);
struct Squares<A>(PhantomData<A>);

#[inline(always)]
unsafe fn fold<A: Number>(args: &Moments<A>, term: impl Fn(A) -> A) {
    // SAFETY: the block is readable, the caller's duty.
    let x = unsafe { std::slice::from_raw_parts(args.x, args.n) };
    let total = lanes::fold(x, A::default(), |s, x| s.add(term(x)), |a, b| a.add(b));
    // SAFETY: the caller's own variable.
    let sum = unsafe { &mut *args.total };
    *sum += total.wide();
}

impl<A: Number> Loop for Sum<A> {
    type Args = Moments<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Moments<A>) {
        // SAFETY: the same duties.
        unsafe { fold(args, |x| x) }
    }
}

impl<A: Number> Loop for Squares<A> {
    type Args = Moments<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Moments<A>) {
        let term = |x: A| {
            let d = x.sub(args.mean);
            d.mul(d)
        };
        // SAFETY: the same duties.
        unsafe { fold(args, term) }
    }
}

/// `out = (x - mean) * rstd * weight + bias`; null weight and bias are left out.
struct Affine<A> {
    out: *mut A,
    x: *const A,
    weight: *const A,
    bias: *const A,
    n: usize,
    mean: A,
    rstd: A,
}

struct Apply<A>(PhantomData<A>);

impl<A: Number> Apply<A> {
    /// # Safety
    /// The blocks are valid for `n` elements.
    #[inline(always)]
    unsafe fn all<const WEIGHT: bool, const BIAS: bool>(args: &Affine<A>) {
        // SAFETY: the block is readable and nothing else, the caller's duty.
        let x = unsafe { std::slice::from_raw_parts(args.x, args.n) };
        // SAFETY: the block is writable, and apart from the others.
        let out = unsafe { std::slice::from_raw_parts_mut(args.out.cast::<MaybeUninit<A>>(), args.n) };
        // SAFETY: where it is not used, `x` stands in for it.
        let weight = unsafe { std::slice::from_raw_parts(if WEIGHT { args.weight } else { args.x }, args.n) };
        // SAFETY: as above.
        let bias = unsafe { std::slice::from_raw_parts(if BIAS { args.bias } else { args.x }, args.n) };
        for i in 0..args.n {
            let mut v = x[i].sub(args.mean).mul(args.rstd);
            if WEIGHT {
                v = v.mul(weight[i]);
            }
            if BIAS {
                v = v.add(bias[i]);
            }
            out[i].write(v);
        }
    }
}

impl<A: Number> Loop for Apply<A> {
    type Args = Affine<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Affine<A>) {
        match (args.weight.is_null(), args.bias.is_null()) {
            // SAFETY: the same duties.
            (false, false) => unsafe { Self::all::<true, true>(args) },
            // SAFETY: the same duties.
            (false, true) => unsafe { Self::all::<true, false>(args) },
            // SAFETY: the same duties.
            (true, false) => unsafe { Self::all::<false, true>(args) },
            // SAFETY: the same duties.
            (true, true) => unsafe { Self::all::<false, false>(args) },
        }
    }
}

/// Operand numbers of the inner walk.
const ROW_OUT: usize = 0;
const ROW_X: usize = 1;
const ROW_WEIGHT: usize = 2;
const ROW_BIAS: usize = 3;

impl<A: Number> Norm<A> {
    /// Calls `body` with a cursor, a column and a length for each block of a row.
    fn blocks(&self, most: usize, mut body: impl FnMut(&Cursor<'_, 4>, isize, usize)) {
        let mut cursor = self.inner.seek(0);
        for _ in 0..self.inner.len() {
            for first in (0..self.n).step_by(most) {
                body(&cursor, first as isize, (self.n - first).min(most));
            }
            cursor.advance();
        }
    }

    /// Adds one of the moments up over a row.
    ///
    /// # Safety
    /// The row is readable.
    unsafe fn moment(&self, x: *const u8, buffer: &mut Buffer<A>, f: LoopFn<Moments<A>>, mean: A) -> f64 {
        let mut total = 0.0;
        let stride = self.strides[ROW_X];
        let most = if self.x.in_place(stride) { 4096 } else { BLOCK };
        self.blocks(most, |at, first, n| {
            let from = x.wrapping_offset(at.offsets[ROW_X] + first * stride);
            // SAFETY: elements of the row, the caller's duty.
            let block = unsafe { self.x.block(from, stride, n, buffer) };
            // SAFETY: the block is a live slice, the total a live local.
            unsafe { f(&Moments { x: block.as_ptr(), n, mean, total: &mut total }) };
        });
        total / self.count as f64
    }

    /// One row; answers the mean and the reciprocal root.
    ///
    /// # Safety
    /// The rows and the affine operands are valid.
    unsafe fn row(&self, out: *mut u8, x: *const u8, affine: [*const u8; 2]) -> (A, A) {
        let mut buffer = Buffer::new();
        let mean = if self.centre {
            // SAFETY: the caller's duty.
            A::of(unsafe { self.moment(x, &mut buffer, self.sum, A::of(0.0)) })
        } else {
            A::of(0.0)
        };
        // SAFETY: the caller's duty.
        let variance = unsafe { self.moment(x, &mut buffer, self.squares, mean) };
        let rstd = A::of(1.0 / (variance + self.eps).sqrt());
        let mut weights = Buffer::new();
        let mut biases = Buffer::new();
        let mut result = Buffer::new();
        // Straight into the output, unless that is the input too.
        let direct = self.out.in_place(self.strides[ROW_OUT]) && out.cast_const() != x;
        let plain = |l: &Option<Load<A>>, k: usize| l.as_ref().is_none_or(|l| l.in_place(self.strides[k]));
        let all = direct
            && self.x.in_place(self.strides[ROW_X])
            && plain(&self.weight, ROW_WEIGHT)
            && plain(&self.bias, ROW_BIAS);
        self.blocks(if all { self.n.max(1) } else { BLOCK }, |at, first, n| {
            let place =
                |base: *const u8, k: usize| base.wrapping_offset(at.offsets[k] + first * self.strides[k]);
            // SAFETY: elements of the row, the caller's duty.
            let x = unsafe { self.x.address(place(x, ROW_X), self.strides[ROW_X], n, &mut buffer) };
            let weight = self.weight.as_ref().map_or(std::ptr::null(), |l| {
                // SAFETY: elements of the weight, the caller's duty.
                unsafe { l.address(place(affine[0], ROW_WEIGHT), self.strides[ROW_WEIGHT], n, &mut weights) }
            });
            let bias = self.bias.as_ref().map_or(std::ptr::null(), |l| {
                // SAFETY: elements of the bias, the caller's duty.
                unsafe { l.address(place(affine[1], ROW_BIAS), self.strides[ROW_BIAS], n, &mut biases) }
            });
            let to = place(out, ROW_OUT).cast_mut();
            let target = if direct { to.cast() } else { result.as_mut_ptr() };
            // SAFETY: all blocks hold `n` elements; the result is apart from the others.
            unsafe { (self.apply)(&Affine { out: target, x, weight, bias, n, mean, rstd }) };
            if !direct {
                // SAFETY: the loop has written them.
                let block = unsafe { result.written(n) };
                // SAFETY: elements of the output row.
                unsafe { self.out.block(to, self.strides[ROW_OUT], block) };
            }
        });
        (mean, rstd)
    }
}

impl<A: Number> Kernel for Norm<A> {
    unsafe fn run(&self, operands: &[*mut u8], _scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let present = [
            true,
            self.mean.is_some(),
            self.rstd.is_some(),
            true,
            self.weight.is_some(),
            self.bias.is_some(),
        ];
        let mut next = 0;
        let base = Operands(present.map(|present| {
            next += present as usize;
            if present { operands[next - 1] } else { std::ptr::null_mut() }
        }));
        let rows = self.outer.len();
        split(par, rows, 1, rows * self.count * 3 * self.x.size as usize, &|range| {
            let base = &base;
            let mut cursor = self.outer.seek(range.start);
            for _ in range {
                let at = |k: usize| base.0[k].wrapping_offset(cursor.offsets[k]);
                // SAFETY: a row of the operands, the caller's duty.
                let (mean, rstd) = unsafe { self.row(at(OUT), at(X), [base.0[WEIGHT], base.0[BIAS]]) };
                if let Some(store) = &self.mean {
                    // SAFETY: this row's mean, the caller's duty.
                    unsafe { store.one(at(MEAN), mean) };
                }
                if let Some(store) = &self.rstd {
                    // SAFETY: this row's root, the caller's duty.
                    unsafe { store.one(at(RSTD), rstd) };
                }
                cursor.advance();
            }
        });
        Ok(())
    }
}
