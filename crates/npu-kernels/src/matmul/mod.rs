//! Matrix products, batched, of any strides.

#[cfg(target_arch = "x86_64")]
mod amx;
mod choice;
mod engine;
mod finish;
mod gemv;
mod kind;
mod micro;
#[cfg(target_arch = "x86_64")]
mod pack;
mod plain;

use crate::walk::Walk;
use crate::{Kernel, KernelError};
use engine::Product;
use micro::{Micro, Portable};
use npu_types::{Complex32, Complex64, DType, Layout, Scalar};
use plain::Plain;

pub(crate) use choice::{Choice, choose};
pub(crate) use engine::{AccOf, Kind};
pub(crate) use finish::widen_strided;
pub(crate) use kind::Elem;
pub(crate) use micro::{Panels, Tile};

/// Factors of `alpha * a @ b + beta * c`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MatmulScale {
    /// Factor of the product; with 0 neither `a` nor `b` is read.
    pub alpha: Scalar,
    /// Factor of the addend; with 0 it is not read, so NaN in it does not spread.
    pub beta: Scalar,
}

/// Operand numbers in [`Problem::batch`].
const OUT: usize = 0;
const A: usize = 1;
const B: usize = 2;
const C: usize = 3;

/// Row and column strides of one operand, in elements.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Strides {
    pub(crate) row: isize,
    pub(crate) col: isize,
}

impl Strides {
    fn of(layout: &Layout) -> Strides {
        let s = layout.strides();
        let [row, col] = [s[s.len() - 2], s[s.len() - 1]];
        Strides { row: row as isize, col: col as isize }
    }

    fn flipped(self) -> Strides {
        Strides { row: self.col, col: self.row }
    }
}

/// Everything about a product except element types and addresses.
#[derive(Clone, Debug)]
struct Problem {
    m: usize,
    n: usize,
    k: usize,
    batch: Walk<4>,
    out: Strides,
    a: Strides,
    b: Strides,
    c: Option<Strides>,
    /// `a` and `b` have changed places: the transposed product is computed.
    flipped: bool,
}

impl Problem {
    fn new(out: &Layout, a: &Layout, b: &Layout, c: Option<&Layout>) -> Result<Problem, KernelError> {
        let bad = || KernelError::Shape {
            kernel: "matmul",
            what: match c {
                Some(c) => format!("{out:?} = {a:?} @ {b:?} + {c:?}"),
                None => format!("{out:?} = {a:?} @ {b:?}"),
            },
        };
        let rank = out.rank();
        if rank < 2 || a.rank() != rank || b.rank() != rank {
            return Err(bad());
        }
        let (outer, inner) = out.dims().split_at(rank - 2);
        let (m, n, k) = (inner[0], inner[1], a.dims()[rank - 1]);
        let fits = a.dims()[..rank - 2] == *outer
            && b.dims()[..rank - 2] == *outer
            && a.dims()[rank - 2] == m
            && b.dims()[rank - 2..] == [k, n]
            && c.is_none_or(|c| c.dims() == out.dims());
        if !fits {
            return Err(bad());
        }
        let batch = Walk::new(outer, [out, a, b, c.unwrap_or(out)].map(|l| &l.strides()[..rank - 2]));
        let mut problem = Problem {
            m: m as usize,
            n: n as usize,
            k: k as usize,
            batch,
            out: Strides::of(out),
            a: Strides::of(a),
            b: Strides::of(b),
            c: c.map(Strides::of),
            flipped: false,
        };
        problem.fold_batch();
        problem.orient();
        Ok(problem)
    }

    /// Makes batch dimensions that share one `b` into rows: `[s, m, k] @ [k, n]` is `[s * m, k] @ [k, n]`.
    fn fold_batch(&mut self) {
        loop {
            let mut rest = self.batch.clone();
            let (dim, strides) = rest.pop();
            let step = |rows: Strides| if self.m == 1 { None } else { Some(rows.row * self.m as isize) };
            let follows = |operand: usize, rows: Strides| step(rows).is_none_or(|s| s == strides[operand]);
            let foldable = dim != 1
                && strides[B] == 0
                && follows(OUT, self.out)
                && follows(A, self.a)
                && self.c.is_none_or(|c| follows(C, c));
            if !foldable {
                return;
            }
            if self.m == 1 {
                self.out.row = strides[OUT];
                self.a.row = strides[A];
                if let Some(c) = &mut self.c {
                    c.row = strides[C];
                }
            }
            self.m *= dim;
            self.batch = rest;
        }
    }

    /// Computes the transposed product when that makes rows of the output contiguous, or a row of one column.
    fn orient(&mut self) {
        let column_major = self.out.col != 1 && self.out.row == 1 && self.m > 1;
        if self.m > 1 && (self.n == 1 || column_major) {
            std::mem::swap(&mut self.m, &mut self.n);
            (self.a, self.b) = (self.b.flipped(), self.a.flipped());
            self.out = self.out.flipped();
            self.c = self.c.map(Strides::flipped);
            self.batch.swap(A, B);
            self.flipped = true;
        }
    }
}

/// `out = alpha * a @ b + beta * c` over the last two dimensions: `[.., m, k] @ [.., k, n]`.
///
/// Operands: out, a, b, then c when `add` is given. All have one element type (not bool) and one rank; batch
/// dimensions and `c` are already broadcast to `out`'s. `c` may be the same view as `out`. Half types are summed in
/// f32 and rounded once, integers wrap.
///
/// # Errors
/// Shapes that do not fit and element types without a kernel.
pub fn matmul(
    out: &Layout,
    a: &Layout,
    b: &Layout,
    add: Option<(&Layout, MatmulScale)>,
) -> Result<Box<dyn Kernel>, KernelError> {
    let dtype = out.dtype();
    let mut problem = Problem::new(out, a, b, add.map(|(c, _)| c))?;
    for other in [a.dtype(), b.dtype(), add.map_or(dtype, |(c, _)| c.dtype())] {
        if other != dtype {
            return Err(KernelError::DType { kernel: "matmul", dtype: other });
        }
    }
    let scale = add.map(|(_, s)| s);
    if let Some(s) = scale {
        // What has no weight is not read.
        problem.c = problem.c.filter(|_| s.beta.to_bool());
        problem.k = if s.alpha.to_bool() { problem.k } else { 0 };
    }
    if let Some(stream) = gemv::stream(dtype, &problem, scale) {
        return Ok(stream);
    }
    #[cfg(target_arch = "x86_64")]
    if dtype == DType::BF16 && amx::able() {
        return Ok(Box::new(Product::<amx::Amx>::new(problem, scale)));
    }
    if let Some(blocked) = choose(dtype, false, Blocked { problem: &problem, scale }) {
        return Ok(blocked);
    }
    Ok(match dtype {
        DType::C64 => product::<Complex32, Portable<2, 8>>(problem, scale),
        DType::C128 => product::<Complex64, Portable<2, 4>>(problem, scale),
        DType::I8 => product::<i8, Portable<4, 32>>(problem, scale),
        DType::U8 => product::<u8, Portable<4, 32>>(problem, scale),
        DType::I16 => product::<i16, Portable<4, 16>>(problem, scale),
        DType::U16 => product::<u16, Portable<4, 16>>(problem, scale),
        DType::I32 => product::<i32, Portable<4, 8>>(problem, scale),
        DType::U32 => product::<u32, Portable<4, 8>>(problem, scale),
        DType::I64 => product::<i64, Portable<2, 8>>(problem, scale),
        DType::U64 => product::<u64, Portable<2, 8>>(problem, scale),
        _ => return Err(KernelError::DType { kernel: "matmul", dtype }),
    })
}

fn product<E: kind::Elem, M: Micro<E::Acc>>(problem: Problem, scale: Option<MatmulScale>) -> Box<dyn Kernel> {
    Box::new(Product::<Plain<E, M>>::new(problem, scale))
}

/// Makes products of floats.
struct Blocked<'p> {
    problem: &'p Problem,
    scale: Option<MatmulScale>,
}

impl Choice for Blocked<'_> {
    type Out = Box<dyn Kernel>;

    fn make<K: Kind>(self) -> Box<dyn Kernel> {
        Box::new(Product::<K>::new(self.problem.clone(), self.scale))
    }
}

#[cfg(test)]
mod tests;
