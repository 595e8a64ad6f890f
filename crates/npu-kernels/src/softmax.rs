//! Softmax and its logarithm along one axis.

use crate::elem::Element;
use crate::isa::{Loop, LoopFn, pick};
use crate::iter::{Operands, split};
use crate::lanes::{self, Ordered};
use crate::rows::{BLOCK, Buffer, Load, Store};
use crate::walk::Walk;
use crate::{Fault, Kernel, KernelError};
use npu_types::{DType, Layout, Parallel};
use std::marker::PhantomData;

/// `exp(x) / sum(exp(x))` along `axis`, or its logarithm. Operands: out, x; they may be the same view. Both are floats,
/// of types that may differ; half types compute in f32. A row of nothing but -inf yields NaN.
///
/// # Errors
/// Shapes that differ, an axis out of range, types that are not floats.
pub fn softmax(log: bool, out: &Layout, x: &Layout, axis: usize) -> Result<Box<dyn Kernel>, KernelError> {
    const NAME: &str = "softmax";
    if out.dims() != x.dims() || axis >= x.rank().max(1) {
        return Err(KernelError::Shape { kernel: NAME, what: format!("{x:?} along {axis} to {out:?}") });
    }
    if let Some(l) = [x, out].into_iter().find(|l| !l.dtype().is_float()) {
        return Err(KernelError::DType { kernel: NAME, dtype: l.dtype() });
    }
    Ok(match (x.dtype(), log) {
        (DType::F64, false) => kernel::<f64, false>(out, x, axis),
        (DType::F64, true) => kernel::<f64, true>(out, x, axis),
        (_, false) => kernel::<f32, false>(out, x, axis),
        (_, true) => kernel::<f32, true>(out, x, axis),
    })
}

/// What a row is computed in.
pub(crate) trait Real: Element + Ordered {
    const START: Self;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn recip(self) -> Self;
    fn ln(self) -> Self;
    /// For arguments up to 0.
    fn exp<const FMA: bool>(self) -> Self;
}

macro_rules! real {
    ($($t:ident, |$x:ident| $exp:expr);*) => {$(
        impl Real for $t {
            const START: $t = $t::NEG_INFINITY;
            #[inline(always)]
            fn add(self, other: $t) -> $t { self + other }
            #[inline(always)]
            fn sub(self, other: $t) -> $t { self - other }
            #[inline(always)]
            fn mul(self, other: $t) -> $t { self * other }
            fn recip(self) -> $t { 1.0 / self }
            fn ln(self) -> $t { self.ln() }
            #[inline(always)]
            fn exp<const FMA: bool>(self) -> $t {
                let $x = self;
                $exp
            }
        }
    )*};
}

real!(f32, |x| exp::<FMA>(x); f64, |x| f64::exp(x));

/// exp of a number up to 0, to about one unit in the last place: 2^n times a polynomial, without branches.
#[inline(always)]
fn exp<const FMA: bool>(x: f32) -> f32 {
    #[inline(always)]
    fn fma<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
        if FMA { a.mul_add(b, c) } else { a * b + c }
    }
    // Adding 1.5 * 2^23 rounds to an integer, which then sits in the low bits.
    const MAGIC: f32 = 12_582_912.0;
    let clamped = if x < -104.0 { -104.0 } else { x };
    let shifted = fma::<FMA>(clamped, std::f32::consts::LOG2_E, MAGIC);
    let n = shifted - MAGIC;
    let r = fma::<FMA>(n, -1.428_606_8e-6, fma::<FMA>(n, -0.693_145_75, clamped));
    let mut p = 1.388_888_9e-3;
    for c in [8.333_452_e-3, 4.166_664_6e-2, 0.166_666_67, 0.5, 1.0, 1.0] {
        p = fma::<FMA>(p, r, c);
    }
    // 2^24 too much, then 2^-24, so that denormal results come out right. The shift drops all bits but those of n.
    const FURTHER: u32 = 24;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add((127 + FURTHER) << 23));
    p * power * (1.0 / (1 << FURTHER) as f32)
}

struct Softmax<A: Element> {
    load: Load<A>,
    store: Store<A>,
    outer: Walk<2>,
    n: usize,
    strides: [isize; 2],
    log: bool,
    largest: LoopFn<Block<A>>,
    sum: LoopFn<Block<A>>,
    map: LoopFn<Block<A>>,
    scale: LoopFn<Block<A>>,
}

fn kernel<A: Real, const LOG: bool>(out: &Layout, x: &Layout, axis: usize) -> Box<dyn Kernel> {
    let (load, store) = (Load::<A>::new(x.dtype()), Store::<A>::new(out.dtype()));
    let strides = |i: usize| [out.strides()[i] as isize * store.size, x.strides()[i] as isize * load.size];
    let mut outer = Walk::point();
    for i in (0..x.rank()).filter(|&i| i != axis) {
        outer.push(x.dims()[i] as usize, strides(i));
    }
    let (n, along) = if x.rank() == 0 { (1, [0; 2]) } else { (x.dims()[axis] as usize, strides(axis)) };
    Box::new(Softmax {
        load,
        store,
        outer,
        n,
        strides: along,
        log: LOG,
        largest: pick::<Largest<A>>(),
        sum: pick::<SumExp<A>>(),
        map: pick::<Map<A, LOG>>(),
        scale: pick::<Scale<A>>(),
    })
}

/// A block of a row: read from `x`, written to `out` by the loops that do.
struct Block<A> {
    x: *const A,
    out: *mut A,
    n: usize,
    largest: A,
    /// Sum so far, or the final factor (or summand, for logarithms).
    result: *mut A,
}

/// Sets `result` to the largest of itself and the block, NaN if there is one.
struct Largest<A>(PhantomData<A>);

impl<A: Real> Loop for Largest<A> {
    type Args = Block<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Block<A>) {
        // SAFETY: the block is readable, the caller's duty.
        let x = unsafe { std::slice::from_raw_parts(args.x, args.n) };
        // SAFETY: the caller's own variable.
        let result = unsafe { &mut *args.result };
        *result = lanes::largest(x, *result);
    }
}

/// Adds `exp(x - largest)` to `result`; writes the exponentials too unless `out` is null.
struct SumExp<A>(PhantomData<A>);

impl<A: Real> Loop for SumExp<A> {
    type Args = Block<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Block<A>) {
        // SAFETY: the caller's own variable.
        let result = unsafe { &mut *args.result };
        let mut sums = [A::default(); lanes::LANES];
        let exp = |x: A| x.sub(args.largest).exp::<FMA>();
        // SAFETY: the block is readable and the output row writable, the caller's duty.
        unsafe {
            each_part(args, |part| {
                for x in part.iter_mut() {
                    *x = exp(*x);
                }
                lanes::accumulate(&mut sums, part, A::add);
            });
        }
        *result = result.add(lanes::finish(&sums, A::add));
    }
}

/// Elements of a block that are worked on at a time.
const PART: usize = lanes::LANES;

/// Changes copies of the block's parts, which go to the output row unless that is null. Both rows may be the same one,
/// and the compiler vectorises loops over what it can see to be apart; whole parts have a length that it knows.
///
/// # Safety
/// The block is readable, the output row is writable.
#[inline(always)]
unsafe fn each_part<A: Real>(args: &Block<A>, mut change: impl FnMut(&mut [A])) {
    let whole = args.n / PART * PART;
    for first in (0..whole).step_by(PART) {
        // SAFETY: a part of the block.
        let mut part = unsafe { args.x.wrapping_add(first).cast::<[A; PART]>().read() };
        change(&mut part);
        if !args.out.is_null() {
            // SAFETY: a part of the output row.
            unsafe { args.out.wrapping_add(first).cast::<[A; PART]>().write(part) };
        }
    }
    let mut part = [A::default(); PART];
    let part = &mut part[..args.n - whole];
    // SAFETY: the rest of the block.
    unsafe { std::ptr::copy_nonoverlapping(args.x.wrapping_add(whole), part.as_mut_ptr(), part.len()) };
    change(part);
    if !args.out.is_null() {
        // SAFETY: the rest of the output row.
        unsafe { std::ptr::copy_nonoverlapping(part.as_ptr(), args.out.wrapping_add(whole), part.len()) };
    }
}

/// `out = exp(x - largest) * result`, or `x - largest - result` for logarithms.
struct Map<A, const LOG: bool>(PhantomData<A>);

impl<A: Real, const LOG: bool> Loop for Map<A, LOG> {
    type Args = Block<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Block<A>) {
        // SAFETY: the caller's own variable.
        let result = unsafe { *args.result };
        // SAFETY: the block is readable and the output row writable, the caller's duty.
        unsafe {
            each_part(args, |part| {
                for x in part {
                    let shifted = x.sub(args.largest);
                    *x = if LOG { shifted.sub(result) } else { shifted.exp::<FMA>().mul(result) };
                }
            });
        }
    }
}

/// `out *= result`.
struct Scale<A>(PhantomData<A>);

impl<A: Real> Loop for Scale<A> {
    type Args = Block<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Block<A>) {
        // SAFETY: the caller's own variable.
        let result = unsafe { *args.result };
        // SAFETY: a part of the output row.
        let out = unsafe { std::slice::from_raw_parts_mut(args.out, args.n) };
        for v in out {
            *v = v.mul(result);
        }
    }
}

impl<A: Real> Softmax<A> {
    /// One row.
    ///
    /// # Safety
    /// The row is readable at `x` and writable at `out`.
    unsafe fn row(&self, out: *mut u8, x: *const u8) {
        let mut buffer = Buffer::new();
        let direct_in = self.load.in_place(self.strides[1]);
        let direct_out = self.store.in_place(self.strides[0]);
        let step = if direct_in { 8192 } else { BLOCK };
        let mut largest = A::START;
        let mut result = A::default();
        let mut each = |body: &mut dyn FnMut(usize, *const A, usize)| {
            for first in (0..self.n).step_by(step) {
                let from = x.wrapping_offset(first as isize * self.strides[1]);
                let n = (self.n - first).min(step);
                // SAFETY: elements of the row, the caller's duty.
                let block = unsafe { self.load.address(from, self.strides[1], n, &mut buffer) };
                body(first, block, n);
            }
        };
        each(&mut |_, x, n| {
            let args = Block { x, out: std::ptr::null_mut(), n, largest, result: &mut largest };
            // SAFETY: the block is readable, the result a live local.
            unsafe { (self.largest)(&args) };
        });
        let at = |first: usize| out.wrapping_offset(first as isize * self.strides[0]);
        let mut converted = Buffer::new();
        // Where exponentials are kept until their sum is known: in the output row, or where a block is enough.
        let kept: *mut A = match (self.log, direct_out) {
            (false, true) => out.cast(),
            (false, false) if self.n <= BLOCK => converted.as_mut_ptr(),
            _ => std::ptr::null_mut(),
        };
        each(&mut |first, x, n| {
            let out = if kept.is_null() { kept } else { kept.wrapping_add(first) };
            let args = Block { x, out, n, largest, result: &mut result };
            // SAFETY: the block is readable, the result a live local, the output row the caller's duty; a buffer holds a
            // block.
            unsafe { (self.sum)(&args) };
        });
        let mut result = if self.log { result.ln() } else { result.recip() };
        if !kept.is_null() {
            let args = Block { x: std::ptr::null(), out: kept, n: self.n, largest, result: &mut result };
            // SAFETY: the exponentials were written there, contiguous elements of `A`.
            unsafe { (self.scale)(&args) };
            if !direct_out {
                // SAFETY: as above.
                let block = unsafe { converted.written(self.n) };
                // SAFETY: elements of the output row.
                unsafe { self.store.block(out, self.strides[0], block) };
            }
            return;
        }
        each(&mut |first, x, n| {
            let most = if direct_out { n } else { BLOCK };
            for i in (0..n).step_by(most) {
                let (to, n) = (at(first + i), (n - i).min(most));
                let target = if direct_out { to.cast() } else { converted.as_mut_ptr() };
                let args = Block { x: x.wrapping_add(i), out: target, n, largest, result: &mut result };
                // SAFETY: the block is readable, the output row the caller's duty.
                unsafe { (self.map)(&args) };
                if !direct_out {
                    // SAFETY: the loop has written them.
                    let block = unsafe { converted.written(n) };
                    // SAFETY: elements of the output row.
                    unsafe { self.store.block(to, self.strides[0], block) };
                }
            }
        });
    }
}

impl<A: Real> Kernel for Softmax<A> {
    unsafe fn run(&self, operands: &[*mut u8], _scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let base = Operands::<2>::first(operands);
        let rows = self.outer.len();
        if self.n == 0 {
            return Ok(());
        }
        split(par, rows, 1, rows * self.n * 4 * self.load.size as usize, &|range| {
            let base = &base;
            let mut cursor = self.outer.seek(range.start);
            for _ in range {
                let [out, x] = [0, 1].map(|k| base.0[k].wrapping_offset(cursor.offsets[k]));
                // SAFETY: a row of both operands, the caller's duty.
                unsafe { self.row(out, x) };
                cursor.advance();
            }
        });
        Ok(())
    }
}
