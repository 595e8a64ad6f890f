//! The different values of a tensor.

use super::copy;
use super::keys::{Fill, Packed, filler, nan_key, sort};
use crate::rows::Store;
use crate::{Fault, Kernel, KernelError};
use npu_types::{DType, Layout, Parallel};

/// The different elements of `x`, ascending; for each element which of them it is, and for each of them how often it
/// occurs. `x` is contiguous and of one dimension; `values`, and `counts` if given, have room for as many elements,
/// `inverse` if given is contiguous with as many. NaNs are all different, zeros are equal. Operands: values, inverse
/// and counts if given, x, the number of different elements (one i64).
///
/// # Errors
/// Shapes that do not fit, complex numbers, values of another type than `x`, other outputs that are not i64.
pub fn unique(
    values: &Layout,
    inverse: Option<&Layout>,
    counts: Option<&Layout>,
    x: &Layout,
) -> Result<Box<dyn Kernel>, KernelError> {
    const NAME: &str = "unique";
    let n = x.numel();
    let room = |l: &Layout| l.rank() == 1 && l.numel() >= n;
    let fits = x.rank() == 1
        && x.is_contiguous()
        && room(values)
        && counts.is_none_or(room)
        && inverse.is_none_or(|l| l.is_contiguous() && l.numel() == n)
        && n <= u32::MAX as usize;
    if !fits {
        return Err(KernelError::Shape {
            kernel: NAME,
            what: format!("{x:?} to {values:?}, {inverse:?}, {counts:?}"),
        });
    }
    if values.dtype() != x.dtype() {
        return Err(KernelError::DType { kernel: NAME, dtype: values.dtype() });
    }
    if let Some(l) = [inverse, counts].into_iter().flatten().find(|l| l.dtype() != DType::I64) {
        return Err(KernelError::DType { kernel: NAME, dtype: l.dtype() });
    }
    let (size, dtype) = (x.dtype().size(), x.dtype());
    let common = Common {
        n,
        size,
        value_step: values.strides()[0] as isize * size as isize,
        count_step: counts.map_or(0, |l| l.strides()[0] as isize * 8),
        has: [inverse.is_some(), counts.is_some()],
        nan: nan_key(dtype),
        copy: match size {
            1 => copy::<u8>,
            2 => copy::<u16>,
            4 => copy::<u32>,
            _ => copy::<u64>,
        },
        count: Store::new(DType::I64),
    };
    if size <= 4 { kernel::<u64>(common, dtype) } else { kernel::<u128>(common, dtype) }
}

fn kernel<P: Packed>(common: Common, dtype: DType) -> Result<Box<dyn Kernel>, KernelError> {
    let (fill, bits) = filler::<P>(dtype).ok_or(KernelError::DType { kernel: "unique", dtype })?;
    Ok(Box::new(Unique { common, fill, bits }))
}

struct Common {
    n: usize,
    size: usize,
    value_step: isize,
    count_step: isize,
    /// Whether there are inverse and counts.
    has: [bool; 2],
    nan: Option<u64>,
    copy: unsafe fn(*mut u8, *const u8),
    count: Store<i64>,
}

struct Unique<P> {
    common: Common,
    fill: Fill<P>,
    bits: u32,
}

impl<P: Packed> Kernel for Unique<P> {
    fn scratch(&self) -> usize {
        2 * self.common.n * size_of::<P>()
    }

    unsafe fn run(&self, operands: &[*mut u8], scratch: *mut u8, _par: &dyn Parallel) -> Result<(), Fault> {
        let c = &self.common;
        let mut rest = operands.iter().copied();
        let mut next = || rest.next().unwrap_or(std::ptr::null_mut());
        let values = next();
        let inverse = if c.has[0] { next() } else { std::ptr::null_mut() };
        let counts = if c.has[1] { next() } else { std::ptr::null_mut() };
        let (x, found) = (next(), next());
        let mut groups = 0usize;
        if c.n > 0 {
            // SAFETY: the scratch memory that was asked for; any bytes are a packed element.
            let room = unsafe { std::slice::from_raw_parts_mut(scratch.cast::<P>(), 2 * c.n) };
            let (items, spare) = room.split_at_mut(c.n);
            // SAFETY: the elements of x, as promised to `run`.
            unsafe { (self.fill)(x, c.size as isize, 0, items) };
            let ordered = sort(items, spare, self.bits);
            let mut first = 0;
            for end in 1..=c.n {
                let key = ordered[first].key();
                if end < c.n && ordered[end].key() == key && Some(key) != c.nan {
                    continue;
                }
                let from = x.wrapping_add(ordered[first].position() * c.size);
                // SAFETY: an element of values, which has room for one per element, and one of x.
                unsafe { (c.copy)(values.wrapping_offset(groups as isize * c.value_step), from) };
                if c.has[0] {
                    for item in &ordered[first..end] {
                        // SAFETY: an element of the inverse, which has one per element.
                        unsafe { c.count.one(inverse.wrapping_add(item.position() * 8), groups as i64) };
                    }
                }
                if c.has[1] {
                    let to = counts.wrapping_offset(groups as isize * c.count_step);
                    // SAFETY: an element of the counts, which have room for one per element.
                    unsafe { c.count.one(to, (end - first) as i64) };
                }
                groups += 1;
                first = end;
            }
        }
        // SAFETY: the operand that receives the number.
        unsafe { found.cast::<i64>().write(groups as i64) };
        Ok(())
    }
}
