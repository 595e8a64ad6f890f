//! Results beyond what their type can hold: finding them, and making them finite.

use crate::walk::{Walk, segments};
use npu_types::{DType, Layout};

/// The bits of a floating-point number.
trait Bits: Copy {
    /// Whether the number is infinite or none, given the bits of its exponent.
    fn is_special(self, exponent: Self) -> bool;
    /// The largest finite number of the sign for an infinity, 0 for what is no number.
    fn saturated(self, exponent: Self) -> Self;
}

macro_rules! bits {
    ($($t:ty),*) => {$(
        impl Bits for $t {
            #[inline]
            fn is_special(self, exponent: Self) -> bool {
                self & exponent == exponent
            }
            #[inline]
            fn saturated(self, exponent: Self) -> Self {
                let sign = 1 << (<$t>::BITS - 1);
                if self & !sign == exponent { self & sign | (exponent - 1) } else { 0 }
            }
        }
    )*};
}
bits!(u16, u32, u64);

/// Whether elements of this type can overflow.
pub fn can_overflow(dtype: DType) -> bool {
    matches!(dtype, DType::F32 | DType::F16 | DType::BF16 | DType::F64 | DType::C64 | DType::C128)
}

/// Searches a view for infinities and for what is no number. With `saturate` those become the largest finite number of
/// their sign, or 0. True if there were any.
///
/// # Safety
/// `base` is the address of the view's first element, and the memory that `layout` spans is readable, with `saturate`
/// also writable, until the call returns.
pub unsafe fn search(base: *mut u8, layout: &Layout, saturate: bool) -> bool {
    match layout.dtype() {
        // SAFETY: passed on, with the exponent of the type.
        DType::F16 => unsafe { search_as::<u16>(base, layout, 1, 0x7c00, saturate) },
        // SAFETY: as above.
        DType::BF16 => unsafe { search_as::<u16>(base, layout, 1, 0x7f80, saturate) },
        // SAFETY: as above.
        DType::F32 => unsafe { search_as::<u32>(base, layout, 1, 0x7f80_0000, saturate) },
        // SAFETY: as above, for both parts.
        DType::C64 => unsafe { search_as::<u32>(base, layout, 2, 0x7f80_0000, saturate) },
        // SAFETY: as above.
        DType::F64 => unsafe { search_as::<u64>(base, layout, 1, 0x7ff0 << 48, saturate) },
        // SAFETY: as above, for both parts.
        DType::C128 => unsafe { search_as::<u64>(base, layout, 2, 0x7ff0 << 48, saturate) },
        _ => false,
    }
}

/// # Safety
/// As for [`search`]; an element is `parts` numbers of type `T`.
unsafe fn search_as<T: Bits>(
    base: *mut u8,
    layout: &Layout,
    parts: usize,
    exponent: T,
    saturate: bool,
) -> bool {
    let mut walk = Walk::new(layout.dims(), [layout.strides()]);
    if layout.is_empty() {
        return false;
    }
    let (run, [stride]) = walk.pop();
    let base = base.cast::<T>();
    let mut found = false;
    segments(&walk, run, 0..walk.len() * run, |[offset], first, n| {
        let row = base.wrapping_offset(offset * parts as isize);
        for i in first..first + n {
            for part in 0..parts {
                let place = row.wrapping_offset(i as isize * stride * parts as isize).wrapping_add(part);
                // SAFETY: an element of the view; device memory need not be aligned to it.
                let number = unsafe { place.read_unaligned() };
                if number.is_special(exponent) {
                    found = true;
                    if saturate {
                        // SAFETY: as above, and the view is writable.
                        unsafe { place.write_unaligned(number.saturated(exponent)) };
                    }
                }
            }
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::{bf16, f16};

    fn run<T: Copy>(data: &mut [T], dtype: DType, dims: &[i64], strides: &[i64], saturate: bool) -> bool {
        let layout = Layout::strided(dtype, dims, strides).unwrap();
        assert!(layout.byte_span().end as usize <= size_of_val(data));
        // SAFETY: the view lies in `data`.
        unsafe { search(data.as_mut_ptr().cast(), &layout, saturate) }
    }

    #[test]
    fn every_type_saturates_to_its_largest_numbers() {
        let mut f = [1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX];
        assert!(run(&mut f, DType::F32, &[5], &[1], true));
        assert_eq!(f, [1.0, f32::MAX, f32::MIN, 0.0, f32::MAX]);
        assert!(!run(&mut f, DType::F32, &[5], &[1], false));
        let mut h = [f16::INFINITY, f16::NEG_INFINITY, f16::NAN, f16::ONE];
        assert!(run(&mut h, DType::F16, &[4], &[1], true));
        assert_eq!(h, [f16::MAX, f16::MIN, f16::ZERO, f16::ONE]);
        let mut b = [bf16::INFINITY, bf16::NEG_INFINITY, -bf16::NAN];
        assert!(run(&mut b, DType::BF16, &[3], &[1], true));
        assert_eq!(b, [bf16::MAX, bf16::MIN, bf16::ZERO]);
        let mut d = [0.5, f64::NEG_INFINITY];
        assert!(run(&mut d, DType::F64, &[2], &[1], true));
        assert_eq!(d, [0.5, f64::MIN]);
        let mut c = [[1.0_f32, f32::INFINITY], [2.0, 3.0]];
        assert!(run(&mut c, DType::C64, &[2], &[1], true));
        assert_eq!(c, [[1.0, f32::MAX], [2.0, 3.0]]);
        assert!(!run(&mut [-1_i32], DType::I32, &[1], &[1], true));
    }

    #[test]
    fn only_the_view_is_searched() {
        // Columns 0 and 2 of two rows.
        let mut f = [1.0, f32::INFINITY, 2.0, f32::NAN, 3.0, f32::INFINITY, 4.0, 9.0];
        assert!(!run(&mut f, DType::F32, &[2, 2], &[4, 2], true));
        assert_eq!(f[1], f32::INFINITY);
        f[6] = f32::INFINITY;
        assert!(run(&mut f, DType::F32, &[2, 2], &[4, 2], true));
        assert_eq!((f[5], f[6]), (f32::INFINITY, f32::MAX));
        assert!(!run(&mut f, DType::F32, &[0, 4], &[4, 1], true));
    }
}
