//! Attention: `softmax(scale * q @ k^T, masked) @ v`, without ever holding all scores.
//!
//! Rows of scores are made a block of columns at a time; the running maximum and sum of a row rescale what it has added
//! up so far. Many rows of one key head are multiplied by the tiles of matrix products ([`tiles`]), few rows by
//! streaming keys and values once ([`stream`]). What happens to a score between the two products is in [`scores`].

mod acc;
mod grad;
mod scores;
mod stream;
mod tiles;

pub(crate) use acc::Acc;
pub use grad::{AttentionGrad, attention_grad};

use crate::iter::Operands;
use crate::matmul::{Choice, Elem, Kind, choose};
use crate::{Kernel, KernelError};
use npu_types::{DType, Layout};
use std::ops::Range;

/// The columns that a row may look at: from `row + from` on and before `row + to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// First column, relative to the row.
    pub from: i64,
    /// End of the columns, relative to the row.
    pub to: i64,
}

impl Band {
    /// Every column.
    pub const ALL: Band = Band { from: i64::MIN, to: i64::MAX };

    #[inline]
    fn columns(self, row: usize, cols: usize) -> Range<usize> {
        let at = |offset: i64| (row as i64).saturating_add(offset).clamp(0, cols as i64) as usize;
        let (from, to) = (at(self.from), at(self.to));
        from.min(to)..to
    }
}

/// How a shift is added to products: before or after they are scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShiftWhen {
    /// `scale * (q @ k + shift)`
    BeforeScale,
    /// `scale * (q @ k) + shift`
    AfterScale,
    /// `scale * (q @ k) - shift * |row + ahead - column|`
    TimesDistance {
        /// How far the first row is after the first column.
        ahead: i64,
    },
}

/// What to attend to. All views are `[batch, heads, sequence, depth]` in any strides; key and value have a number of
/// heads that divides the query's, and consecutive heads of the query share one.
#[derive(Clone, Copy, Debug)]
pub struct Attention<'a> {
    /// Query.
    pub q: &'a Layout,
    /// Key.
    pub k: &'a Layout,
    /// Value, whose depth may differ.
    pub v: &'a Layout,
    /// Shift of the products, `[batch, heads, rows, columns]` (strides of 0 where it repeats), a float.
    pub shift: Option<(&'a Layout, ShiftWhen)>,
    /// Bits of probabilities to keep, in row-major order of `[batch, heads, rows, columns]`, least bit first.
    pub keep: Option<&'a Layout>,
    /// Where true, a score is hidden; bool or u8, same shape as the shift.
    pub mask: Option<&'a Layout>,
    /// Columns hidden by their distance from the row.
    pub band: Band,
    /// Of each batch: the band of every row ends here or later. Without elements, nothing is added to the band.
    pub prefix: &'a [usize],
    /// Factor of the products.
    pub scale: f64,
    /// Share of probabilities kept; what is kept is divided by it.
    pub keep_share: f64,
}

/// The results of attention.
#[derive(Clone, Copy, Debug)]
pub struct AttentionOut<'a> {
    /// `[batch, heads, rows, depth of v]`
    pub out: &'a Layout,
    /// The largest score of each row, f32 `[batch, heads, rows, any]`; the last dimension repeats it.
    pub max: Option<&'a Layout>,
    /// The sum of exponentials of each row, as the largest score.
    pub sum: Option<&'a Layout>,
}

/// Attention of `q` to `k` and `v`. Operands: out, max and sum when given, q, k, v, then shift, keep and mask when given.
/// A row that sees no column is 0, its largest score the least finite number and its sum 0.
///
/// # Errors
/// Shapes that do not fit, element types other than one float for q, k, v and out.
pub fn attention(a: &Attention, out: &AttentionOut) -> Result<Box<dyn Kernel>, KernelError> {
    let problem = Problem::new(a, out)?;
    let dtype = a.q.dtype();
    let few = problem.group() * problem.rows <= stream::ROWS;
    struct Make(Problem, bool);
    impl Choice for Make {
        type Out = Box<dyn Kernel>;
        fn make<K: Kind<Elem: Elem<Acc: Acc>>>(self) -> Box<dyn Kernel> {
            if self.1 {
                Box::new(stream::Stream::<K::Elem>::new(self.0))
            } else {
                Box::new(tiles::Tiles::<K>::new(self.0))
            }
        }
    }
    choose(dtype, false, Make(problem, few)).ok_or(KernelError::DType { kernel: NAME, dtype })
}

const NAME: &str = "attention";

/// Columns of a block of scores.
const COLS: usize = crate::rows::BLOCK;
/// The most threads that one call uses; each has its own scratch memory.
const SLOTS: usize = 8;

/// Operand numbers; at run time absent ones are left out.
mod at {
    pub(super) const OUT: usize = 0;
    pub(super) const MAX: usize = 1;
    pub(super) const SUM: usize = 2;
    pub(super) const Q: usize = 3;
    pub(super) const K: usize = 4;
    pub(super) const V: usize = 5;
    pub(super) const SHIFT: usize = 6;
    pub(super) const KEEP: usize = 7;
    pub(super) const MASK: usize = 8;
    pub(super) const COUNT: usize = 9;
}

/// Strides of a four-dimensional view, in elements.
#[derive(Clone, Copy, Debug, Default)]
struct View {
    strides: [isize; 4],
    size: isize,
    dtype: Option<DType>,
}

impl View {
    fn new(l: &Layout) -> View {
        let s = l.strides();
        View {
            strides: [s[0] as isize, s[1] as isize, s[2] as isize, s[3] as isize],
            size: l.dtype().size() as isize,
            dtype: Some(l.dtype()),
        }
    }

    /// Offset of an element, in elements.
    #[inline]
    fn at(&self, index: [usize; 4]) -> isize {
        index.iter().zip(self.strides).map(|(i, s)| *i as isize * s).sum()
    }

    /// Offset of an element, in bytes.
    #[inline]
    fn bytes(&self, index: [usize; 4]) -> isize {
        self.at(index) * self.size
    }
}

/// Everything about attention except element types and addresses.
#[derive(Clone, Debug)]
struct Problem {
    batch: usize,
    heads: usize,
    key_heads: usize,
    rows: usize,
    cols: usize,
    depth: usize,
    depth_v: usize,
    views: [View; at::COUNT],
    /// Length of the last dimension of max and sum.
    repeat: usize,
    band: Band,
    prefix: Box<[usize]>,
    scale: f64,
    shift_when: ShiftWhen,
    keep_share: f64,
}

impl Problem {
    fn new(a: &Attention, out: &AttentionOut) -> Result<Problem, KernelError> {
        let bad = |l: &Layout| KernelError::Shape {
            kernel: NAME,
            what: format!("{l:?} does not fit q {:?}, k {:?} and v {:?}", a.q, a.k, a.v),
        };
        let [q, k, v, o] = [a.q, a.k, a.v, out.out];
        if let Some(l) = [q, k, v, o].into_iter().find(|l| l.rank() != 4) {
            return Err(bad(l));
        }
        if let Some(l) = [k, v, o].into_iter().find(|l| l.dtype() != q.dtype()) {
            return Err(KernelError::DType { kernel: NAME, dtype: l.dtype() });
        }
        let ([b, h, rows, depth], [kb, kh, cols, kd]) = (four(q), four(k));
        let depth_v = v.dims()[3];
        if kb != b || kd != depth || kh == 0 && h != 0 || kh != 0 && h % kh != 0 {
            return Err(bad(k));
        }
        if v.dims()[..3] != k.dims()[..3] {
            return Err(bad(v));
        }
        if *o.dims() != [b, h, rows, depth_v] {
            return Err(bad(o));
        }
        let shift = a.shift.map(|(l, _)| l);
        for l in [shift, a.mask].into_iter().flatten() {
            if *l.dims() != [b, h, rows, cols] {
                return Err(bad(l));
            }
        }
        for l in [out.max, out.sum].into_iter().flatten() {
            if l.rank() != 4 || l.dims()[..3] != [b, h, rows] {
                return Err(bad(l));
            }
        }
        let wrong = |l: &Layout| KernelError::DType { kernel: NAME, dtype: l.dtype() };
        if let Some(l) = [out.max, out.sum, shift].into_iter().flatten().find(|l| !l.dtype().is_float()) {
            return Err(wrong(l));
        }
        if let Some(l) = a.mask.filter(|l| !matches!(l.dtype(), DType::Bool | DType::U8)) {
            return Err(wrong(l));
        }
        if let Some(l) = a.keep {
            let bits = b * h * rows * cols;
            if l.dtype().size() != 1
                || !l.is_contiguous()
                || (l.numel() as i64) < bits.div_euclid(8) + (bits % 8).signum()
            {
                return Err(bad(l));
            }
        }
        if !a.prefix.is_empty() && a.prefix.len() as i64 != b {
            let what = format!("{} prefixes for {b} batches", a.prefix.len());
            return Err(KernelError::Shape { kernel: NAME, what });
        }
        let view = |l: Option<&Layout>| l.map_or(View::default(), View::new);
        let [o, q, k, v] = [out.out, q, k, v].map(View::new);
        let keep =
            a.keep.map_or(View::default(), |l| View { dtype: Some(l.dtype()), size: 1, ..View::default() });
        Ok(Problem {
            batch: b as usize,
            heads: h as usize,
            key_heads: kh as usize,
            rows: rows as usize,
            cols: cols as usize,
            depth: depth as usize,
            depth_v: depth_v as usize,
            views: [o, view(out.max), view(out.sum), q, k, v, view(shift), keep, view(a.mask)],
            repeat: out.max.or(out.sum).map_or(0, |l| l.dims()[3] as usize),
            band: a.band,
            prefix: a.prefix.into(),
            scale: a.scale,
            shift_when: a.shift.map_or(ShiftWhen::AfterScale, |(_, when)| when),
            keep_share: a.keep_share,
        })
    }

    /// Columns that a row looks at.
    #[inline]
    fn columns(&self, batch: usize, row: usize) -> Range<usize> {
        let seen = self.band.columns(row, self.cols);
        match self.prefix.get(batch) {
            Some(&prefix) => seen.start..seen.end.max(prefix.min(self.cols)),
            None => seen,
        }
    }

    /// Where shifts are times distances: multiplies values by minus the distance from the row to columns from `col` on.
    #[inline]
    fn weigh<A: Acc>(&self, row: usize, col: usize, values: &mut [A]) {
        let ShiftWhen::TimesDistance { ahead } = self.shift_when else { return };
        let place = (row as i64).saturating_add(ahead);
        for (i, x) in values.iter_mut().enumerate() {
            *x = *x * A::of(-(place.abs_diff((col + i) as i64) as f64));
        }
    }

    /// Query heads that share a key head.
    fn group(&self) -> usize {
        self.heads.checked_div(self.key_heads).unwrap_or(0)
    }

    fn has(&self, operand: usize) -> bool {
        self.views[operand].dtype.is_some()
    }

    /// Addresses by operand number.
    fn base(&self, operands: &[*mut u8]) -> Operands<{ at::COUNT }> {
        let mut given = operands.iter();
        Operands(std::array::from_fn(|operand| match self.has(operand) {
            true => given.next().copied().unwrap_or(std::ptr::null_mut()),
            false => std::ptr::null_mut(),
        }))
    }

    /// Whether nothing is to be written.
    fn is_empty(&self) -> bool {
        self.batch * self.heads * self.rows == 0
    }
}

fn four(l: &Layout) -> [i64; 4] {
    let d = l.dims();
    [d[0], d[1], d[2], d[3]]
}

#[cfg(test)]
mod tests;
