//! Tensors filled from a distribution.

use super::philox::{Philox, Words};
use super::{Seed, threshold, unit_f32, unit_f64};
use crate::elem::Element;
use crate::isa::{Loop, LoopFn, pick};
use crate::iter::{Operands, split};
use crate::math::Floating;
use crate::rows::Store;
use crate::walk::{Walk, segments};
use crate::{Fault, Kernel, KernelError};
use npu_types::{DType, Layout, Parallel};
use std::marker::PhantomData;

/// What elements are drawn from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// Normal, by the method of Box and Muller.
    Normal {
        /// Its mean.
        mean: f64,
        /// Its standard deviation.
        std: f64,
    },
    /// Uniform in [from, to).
    Uniform {
        /// Lowest value.
        from: f64,
        /// What is not reached.
        to: f64,
    },
    /// Integers, each as likely.
    Integer {
        /// The lowest.
        from: i64,
        /// How many; 0 stands for 2^64.
        count: u64,
    },
    /// 1 with this probability, else 0.
    Bernoulli {
        /// Probability of 1.
        p: f64,
    },
    /// Exponential.
    Exponential {
        /// Its rate.
        rate: f64,
    },
}

/// Elements made at a time: a multiple of what one counter yields.
const BLOCK: usize = 128;
/// Words for a block: each element has four at most.
const WORDS: usize = 4 * BLOCK;

/// Makes a block of elements from words.
struct Make<A> {
    words: *const u32,
    out: *mut A,
    /// Parameters of the distribution.
    a: f64,
    b: f64,
    n: i64,
    count: u64,
}

/// How an element is made. Neighbours come in pairs for what makes two at once.
trait Draw<A> {
    /// Words of an element.
    const WORDS: usize;
    /// Elements 2i and 2i + 1 from their words.
    fn pair<const FMA: bool>(words: &[u32], args: &Make<A>) -> [A; 2];
}

struct Drawing<D, A>(PhantomData<(D, A)>);

impl<A: Element, D: Draw<A>> Loop for Drawing<D, A> {
    type Args = Make<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Make<A>) {
        // SAFETY: the words of a block, the caller's duty.
        let words = unsafe { std::slice::from_raw_parts(args.words, D::WORDS * BLOCK) };
        // SAFETY: room for a block, the caller's duty.
        let out = unsafe { std::slice::from_raw_parts_mut(args.out, BLOCK) };
        for (out, words) in out.chunks_exact_mut(2).zip(words.chunks_exact(2 * D::WORDS)) {
            out.copy_from_slice(&D::pair::<FMA>(words, args));
        }
    }
}

/// Defines distributions whose elements are made alone.
macro_rules! alone {
    ($($name:ident: $A:ty, $words:literal, |$w:ident, $args:ident| $body:expr;)*) => {$(
        struct $name;

        impl Draw<$A> for $name {
            const WORDS: usize = $words;
            #[inline(always)]
            fn pair<const FMA: bool>(words: &[u32], $args: &Make<$A>) -> [$A; 2] {
                let one = |$w: &[u32]| -> $A { $body };
                [one(&words[..$words]), one(&words[$words..2 * $words])]
            }
        }
    )*};
}

alone! {
    Uniform32: f32, 1, |w, args| unit_f32(w[0]) * (args.b - args.a) as f32 + args.a as f32;
    // Few enough bits that the result is not rounded up to the end.
    Uniform16: f32, 1, |w, args| (w[0] >> 21) as f32 * (1.0 / 2048.0) * (args.b - args.a) as f32 + args.a as f32;
    Uniform8: f32, 1, |w, args| (w[0] >> 24) as f32 * (1.0 / 256.0) * (args.b - args.a) as f32 + args.a as f32;
    Uniform64: f64, 2, |w, args| unit_f64(w[0], w[1]) * (args.b - args.a) + args.a;
    Integer: i64, 2, |w, args| {
        let word = u64::from(w[0]) << 32 | u64::from(w[1]);
        let scaled = (u128::from(word) * u128::from(args.count)) >> 64;
        args.n.wrapping_add(if args.count == 0 { word } else { scaled as u64 } as i64)
    };
    Bernoulli: i32, 1, |w, args| (u64::from(w[0]) < args.count) as i32;
    Exponential32: f32, 1, |w, args| {
        // 1 - u is never 0.
        -Floating::ln::<false>(1.0 - unit_f32(w[0])) * (1.0 / args.a) as f32
    };
    Exponential64: f64, 2, |w, args| -(1.0 - unit_f64(w[0], w[1])).ln() / args.a;
}

struct Normal32;

impl Draw<f32> for Normal32 {
    const WORDS: usize = 1;
    #[inline(always)]
    fn pair<const FMA: bool>(w: &[u32], args: &Make<f32>) -> [f32; 2] {
        let radius = (-2.0 * Floating::ln::<FMA>(1.0 - unit_f32(w[0]))).sqrt() * args.b as f32;
        let angle = unit_f32(w[1]) * std::f32::consts::TAU;
        let mean = args.a as f32;
        [Floating::cos::<FMA>(angle) * radius + mean, Floating::sin::<FMA>(angle) * radius + mean]
    }
}

struct Normal64;

impl Draw<f64> for Normal64 {
    const WORDS: usize = 2;
    #[inline(always)]
    fn pair<const FMA: bool>(w: &[u32], args: &Make<f64>) -> [f64; 2] {
        let radius = (-2.0 * (1.0 - unit_f64(w[0], w[1])).ln()).sqrt() * args.b;
        let (sin, cos) = (unit_f64(w[2], w[3]) * std::f64::consts::TAU).sin_cos();
        [cos * radius + args.a, sin * radius + args.a]
    }
}

/// Fills `out`: the element at row-major position `i` is a function of seed, offset and `i`. Operands: out, and seed
/// and offset if they are operands.
///
/// # Errors
/// A distribution that the element type does not hold.
pub fn random(out: &Layout, distribution: Distribution, seed: Seed) -> Result<Box<dyn Kernel>, KernelError> {
    use Distribution as D;
    let dtype = out.dtype();
    let float = match distribution {
        D::Integer { .. } | D::Bernoulli { .. } => false,
        _ if dtype.is_float() => true,
        _ => return Err(KernelError::DType { kernel: "random", dtype }),
    };
    let double = dtype == DType::F64;
    Ok(match distribution {
        D::Normal { mean, std } if double => kernel::<Normal64, f64>(out, seed, [mean, std], 0, 0),
        D::Normal { mean, std } => kernel::<Normal32, f32>(out, seed, [mean, std], 0, 0),
        D::Uniform { from, to } => {
            debug_assert!(float);
            match dtype {
                DType::F64 => kernel::<Uniform64, f64>(out, seed, [from, to], 0, 0),
                DType::F16 => kernel::<Uniform16, f32>(out, seed, [from, to], 0, 0),
                DType::BF16 => kernel::<Uniform8, f32>(out, seed, [from, to], 0, 0),
                _ => kernel::<Uniform32, f32>(out, seed, [from, to], 0, 0),
            }
        }
        D::Integer { from, count } => kernel::<Integer, i64>(out, seed, [0.0; 2], from, count),
        D::Bernoulli { p } => kernel::<Bernoulli, i32>(out, seed, [0.0; 2], 0, threshold(p)),
        D::Exponential { rate } if double => kernel::<Exponential64, f64>(out, seed, [rate, 0.0], 0, 0),
        D::Exponential { rate } => kernel::<Exponential32, f32>(out, seed, [rate, 0.0], 0, 0),
    })
}

fn kernel<D: Draw<A> + 'static, A: Element>(
    out: &Layout,
    seed: Seed,
    [a, b]: [f64; 2],
    n: i64,
    count: u64,
) -> Box<dyn Kernel> {
    let mut outer = Walk::point();
    for (&dim, &stride) in out.dims().iter().zip(out.strides()) {
        outer.push(dim as usize, [stride as isize * out.dtype().size() as isize]);
    }
    let (run, [stride]) = outer.pop();
    Box::new(Random {
        seed,
        outer,
        run,
        stride,
        numel: out.numel(),
        size: out.dtype().size(),
        words: Words::new(),
        per_element: D::WORDS,
        draw: pick::<Drawing<D, A>>(),
        store: Store::<A>::new(out.dtype()),
        a,
        b,
        n,
        count,
    })
}

struct Random<A: Element> {
    seed: Seed,
    outer: Walk<1>,
    run: usize,
    stride: isize,
    numel: usize,
    size: usize,
    words: Words,
    per_element: usize,
    draw: LoopFn<Make<A>>,
    store: Store<A>,
    a: f64,
    b: f64,
    n: i64,
    count: u64,
}

impl<A: Element> Random<A> {
    /// The block that starts with element `first`.
    fn block(&self, philox: Philox, first: usize, words: &mut [u32; WORDS], out: &mut [A; BLOCK]) {
        let words = &mut words[..BLOCK * self.per_element];
        self.words.fill(philox, (first * self.per_element) as u64, words);
        let args = Make {
            words: words.as_ptr(),
            out: out.as_mut_ptr(),
            a: self.a,
            b: self.b,
            n: self.n,
            count: self.count,
        };
        // SAFETY: a block of words and room for a block.
        unsafe { (self.draw)(&args) }
    }
}

impl<A: Element> Kernel for Random<A> {
    unsafe fn run(&self, operands: &[*mut u8], _scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        // SAFETY: as promised to `run`.
        let philox = unsafe { self.seed.resolve(operands) };
        let base = Operands::<1>::first(operands);
        // Making a number costs more than moving it.
        split(par, self.numel, BLOCK, self.numel * self.size.max(8), &|range| {
            let (mut words, mut made) = ([0; WORDS], [A::default(); BLOCK]);
            let mut position = range.start;
            segments(&self.outer, self.run, range, |[offset], first, n| {
                let row = base.addresses()[0].wrapping_offset(offset + first as isize * self.stride);
                let mut done = 0;
                while done < n {
                    let at = position % BLOCK;
                    // A range starts at a block's first element, and a row goes on with the block of the one before.
                    if at == 0 {
                        self.block(philox, position, &mut words, &mut made);
                    }
                    let m = (BLOCK - at).min(n - done);
                    let to = row.wrapping_offset(done as isize * self.stride);
                    // SAFETY: elements of the row, as promised to `run`.
                    unsafe { self.store.block(to, self.stride, &made[at..at + m]) };
                    done += m;
                    position += m;
                }
            });
        });
        Ok(())
    }
}
