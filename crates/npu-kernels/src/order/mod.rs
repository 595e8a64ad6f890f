//! Sorting and selecting along an axis, and finding the different values.

mod keys;
#[cfg(test)]
mod tests;
mod unique;

pub use unique::unique;

use crate::elem::Element;
use crate::iter::{GRAIN, Operands};
use crate::rows::{BLOCK, Store};
use crate::walk::Walk;
use crate::{Fault, Kernel, KernelError};
use keys::{Fill, Packed, filler, nan_key, smallest, sort};
use npu_types::{Complex64, DType, Layout, Parallel};

/// Which elements of a row are wanted, in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ranks {
    /// All of them.
    All,
    /// The first so many.
    First(usize),
    /// The one with this many before it.
    One(usize),
    /// The middle one, the lower of two; the first NaN if there is one.
    Middle,
}

impl Ranks {
    fn count(self, n: usize) -> usize {
        match self {
            Ranks::All => n,
            Ranks::First(k) => k,
            Ranks::One(_) | Ranks::Middle => 1,
        }
    }
}

/// Elements of `x` along `axis` in ascending or descending order, and where they stood. Of equal elements the earlier
/// comes first; NaN is the largest. The outputs have `x`'s dimensions, with as many along `axis` as are wanted.
/// Operands: values if given, indices (i32 or i64) if given, x.
///
/// # Errors
/// Shapes that do not fit, complex numbers, more ranks than elements, values of another type than `x`.
pub fn order(
    ranks: Ranks,
    descending: bool,
    values: Option<&Layout>,
    indices: Option<&Layout>,
    x: &Layout,
    axis: usize,
) -> Result<Box<dyn Kernel>, KernelError> {
    const NAME: &str = "order";
    let bad = || KernelError::Shape {
        kernel: NAME,
        what: format!("{x:?} along {axis} to {values:?}, {indices:?}"),
    };
    let n = *x.dims().get(axis).ok_or_else(bad)? as usize;
    let count = ranks.count(n);
    let fits = |out: &Layout| {
        out.rank() == x.rank()
            && (0..x.rank()).all(|i| out.dims()[i] == if i == axis { count as i64 } else { x.dims()[i] })
    };
    let enough = match ranks {
        Ranks::All => true,
        Ranks::First(k) => k <= n,
        Ranks::One(k) => k < n,
        Ranks::Middle => n > 0,
    };
    if !enough || !values.is_none_or(fits) || !indices.is_none_or(fits) || n > u32::MAX as usize {
        return Err(bad());
    }
    if let Some(v) = values.filter(|v| v.dtype() != x.dtype()) {
        return Err(KernelError::DType { kernel: NAME, dtype: v.dtype() });
    }
    if let Some(i) = indices.filter(|i| !matches!(i.dtype(), DType::I32 | DType::I64)) {
        return Err(KernelError::DType { kernel: NAME, dtype: i.dtype() });
    }
    let shape = Rows::new(values, indices, x, axis, count);
    if x.dtype().size() <= 4 {
        kernel::<u64>(ranks, descending, shape, x.dtype())
    } else {
        kernel::<u128>(ranks, descending, shape, x.dtype())
    }
}

/// How rows lie in memory.
struct Rows {
    /// Byte offsets of values, indices and x.
    outer: Walk<3>,
    n: usize,
    count: usize,
    strides: [isize; 3],
    has: [bool; 2],
    index: Store<i64>,
    copy: unsafe fn(*mut u8, *const u8),
}

impl Rows {
    fn new(values: Option<&Layout>, indices: Option<&Layout>, x: &Layout, axis: usize, count: usize) -> Rows {
        let all = [values.unwrap_or(x), indices.unwrap_or(x), x];
        let strides = |i: usize| all.map(|l| l.strides()[i] as isize * l.dtype().size() as isize);
        let mut outer = Walk::point();
        for i in (0..x.rank()).filter(|i| *i != axis) {
            outer.push(x.dims()[i] as usize, strides(i));
        }
        let size = x.dtype().size();
        Rows {
            outer,
            n: x.dims()[axis] as usize,
            count,
            strides: strides(axis),
            has: [values.is_some(), indices.is_some()],
            index: Store::new(indices.map_or(DType::I64, Layout::dtype)),
            copy: match size {
                1 => copy::<u8>,
                2 => copy::<u16>,
                4 => copy::<u32>,
                8 => copy::<u64>,
                _ => copy::<Complex64>,
            },
        }
    }
}

/// # Safety
/// Both are valid elements.
unsafe fn copy<T: Element>(to: *mut u8, from: *const u8) {
    // SAFETY: the caller's duty.
    let value = unsafe { from.cast::<T>().read() };
    // SAFETY: the caller's duty.
    unsafe { to.cast::<T>().write(value) };
}

fn kernel<P: Packed>(
    ranks: Ranks,
    descending: bool,
    rows: Rows,
    dtype: DType,
) -> Result<Box<dyn Kernel>, KernelError> {
    let (fill, bits) = filler::<P>(dtype).ok_or(KernelError::DType { kernel: "order", dtype })?;
    let flip = if descending { u64::MAX >> (64 - bits) } else { 0 };
    Ok(Box::new(Order { ranks, rows, fill, bits, flip, nan: nan_key(dtype) }))
}

struct Order<P> {
    ranks: Ranks,
    rows: Rows,
    fill: Fill<P>,
    bits: u32,
    flip: u64,
    nan: Option<u64>,
}

/// At most so many rows are worked on at once, as far as this much scratch memory allows.
const PARTS: usize = 8;
const SCRATCH: usize = 64 << 20;

impl<P: Packed> Order<P> {
    /// Packed elements that one part needs.
    fn room(&self) -> usize {
        let copies = if self.ranks == Ranks::All { 2 } else { 1 };
        (copies * self.rows.n).next_multiple_of(64 / size_of::<P>())
    }

    fn parts(&self) -> usize {
        let room = (self.room() * size_of::<P>()).max(1);
        self.rows.outer.len().min(PARTS).min((SCRATCH / room).max(1)).max(1)
    }

    /// Orders the row at `x`.
    ///
    /// # Safety
    /// Its elements are readable.
    unsafe fn row<'r>(&self, x: *const u8, room: &'r mut [P]) -> &'r mut [P] {
        let (items, spare) = room.split_at_mut(self.rows.n);
        // SAFETY: the elements of the row, the caller's duty.
        unsafe { (self.fill)(x, self.rows.strides[2], self.flip, items) };
        let nth = |items: &'r mut [P], k: usize| {
            items.select_nth_unstable(k);
            &mut items[k..k + 1]
        };
        match self.ranks {
            Ranks::All => sort(items, &mut spare[..self.rows.n], self.bits),
            Ranks::First(k) => smallest(items, k),
            Ranks::One(k) => nth(items, k),
            Ranks::Middle => {
                let nan = self.nan.map(|key| key ^ self.flip);
                match items.iter().position(|p| Some(p.key()) == nan) {
                    Some(first) => &mut items[first..first + 1],
                    None => nth(items, (self.rows.n - 1) / 2),
                }
            }
        }
    }
}

impl<P: Packed> Kernel for Order<P> {
    fn scratch(&self) -> usize {
        self.parts() * self.room() * size_of::<P>()
    }

    unsafe fn run(&self, operands: &[*mut u8], scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let rows = &self.rows;
        let total = rows.outer.len();
        if total == 0 || rows.count == 0 {
            return Ok(());
        }
        let x = operands[operands.len() - 1];
        let indices = operands[if rows.has[0] { 1 } else { 0 }];
        let base = Operands([operands[0], indices, x, scratch]);
        let small = total * rows.n * size_of::<P>() < GRAIN;
        let parts = if small { 1 } else { par.threads().min(self.parts()) };
        let step = total.div_ceil(parts);
        par.run(parts, &|part| {
            let [values, indices, x, scratch] = base.addresses();
            let room = scratch.cast::<P>().wrapping_add(part * self.room());
            // SAFETY: this part's scratch memory; any bytes are a packed element.
            let room = unsafe { std::slice::from_raw_parts_mut(room, self.room()) };
            let range = part * step..((part + 1) * step).min(total);
            let mut cursor = rows.outer.seek(range.start.min(total - 1));
            for _ in range {
                let at = |base: *mut u8, k: usize, i: usize| {
                    base.wrapping_offset(cursor.offsets[k] + i as isize * rows.strides[k])
                };
                // SAFETY: a row of x, as promised to `run`.
                let ordered = unsafe { self.row(at(x, 2, 0), room) };
                if rows.has[0] {
                    for (i, item) in ordered.iter().enumerate() {
                        // SAFETY: elements of values and x.
                        unsafe { (rows.copy)(at(values, 0, i), at(x, 2, item.position())) };
                    }
                }
                if rows.has[1] {
                    let mut block = [0i64; BLOCK];
                    for (chunk, items) in ordered.chunks(BLOCK).enumerate() {
                        for (to, item) in block.iter_mut().zip(items) {
                            *to = item.position() as i64;
                        }
                        let to = at(indices, 1, chunk * BLOCK);
                        // SAFETY: elements of the indices.
                        unsafe { rows.index.block(to, rows.strides[1], &block[..items.len()]) };
                    }
                }
                cursor.advance();
            }
        });
        Ok(())
    }
}
