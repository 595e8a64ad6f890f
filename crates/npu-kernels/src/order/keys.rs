//! Elements as unsigned numbers of the same order, packed with their positions.

use crate::elem::{Bool, Element, dispatch};
use npu_types::{DType, bf16, f16};

/// A key above, a position below: comparing these orders stably, and no two are equal.
pub(super) trait Packed: Copy + Ord + Default + Send + Sync + 'static {
    fn pack(key: u64, position: usize) -> Self;
    fn position(self) -> usize;
    fn key(self) -> u64;
    /// Eight bits of the key.
    fn digit(self, shift: u32) -> usize;
}

macro_rules! packed {
    ($($P:ty, $low:literal);*) => {$(
        impl Packed for $P {
            #[inline(always)]
            fn pack(key: u64, position: usize) -> $P {
                (key as $P) << $low | position as $P
            }
            #[inline(always)]
            fn position(self) -> usize {
                (self & ((1 << $low) - 1)) as usize
            }
            #[inline(always)]
            fn key(self) -> u64 {
                (self >> $low) as u64
            }
            #[inline(always)]
            fn digit(self, shift: u32) -> usize {
                (self >> ($low + shift)) as usize & 0xff
            }
        }
    )*};
}

packed!(u64, 32; u128, 64);

/// A type with an order. NaN is above everything, zeros are equal.
pub(super) trait Keyed: Element {
    /// Bits of a key.
    const BITS: u32;
    fn key(self) -> u64;
}

macro_rules! keyed {
    ($($T:ty, $bits:literal, |$x:ident| $key:expr;)*) => {$(
        impl Keyed for $T {
            const BITS: u32 = $bits;
            #[inline(always)]
            fn key(self) -> u64 {
                let $x = self;
                ($key) as u64
            }
        }
    )*};
}

/// Bits of a float as a number of the same order, for each width.
macro_rules! float_key {
    ($bits:expr, $nan:expr, $U:ty) => {{
        const SIGN: $U = 1 << (<$U>::BITS - 1);
        let bits: $U = $bits;
        let ordered = if bits & SIGN != 0 && bits != SIGN { !bits } else { bits | SIGN };
        if $nan { <$U>::MAX } else { ordered }
    }};
}

keyed! {
    f32, 32, |x| float_key!(x.to_bits(), x.is_nan(), u32);
    f64, 64, |x| float_key!(x.to_bits(), x.is_nan(), u64);
    f16, 16, |x| float_key!(x.to_bits(), x.is_nan(), u16);
    bf16, 16, |x| float_key!(x.to_bits(), x.is_nan(), u16);
    i8, 8, |x| x as u8 ^ 0x80;
    i16, 16, |x| x as u16 ^ 0x8000;
    i32, 32, |x| x as u32 ^ 0x8000_0000;
    i64, 64, |x| x as u64 ^ (1 << 63);
    u8, 8, |x| x;
    u16, 16, |x| x;
    u32, 32, |x| x;
    u64, 64, |x| x;
    Bool, 8, |x| x.get();
}

/// Writes the packed keys of `n` elements, `stride` bytes apart; with `flip` in the opposite order.
pub(super) type Fill<P> = unsafe fn(x: *const u8, stride: isize, flip: u64, out: &mut [P]);

/// # Safety
/// The elements are readable.
unsafe fn fill<T: Keyed, P: Packed>(x: *const u8, stride: isize, flip: u64, out: &mut [P]) {
    for (i, out) in out.iter_mut().enumerate() {
        // SAFETY: element `i`, the caller's duty.
        let value = unsafe { x.wrapping_offset(i as isize * stride).cast::<T>().read() };
        *out = P::pack(value.key() ^ flip, i);
    }
}

/// How to make keys of a type: the function and their bits. None for types without an order.
pub(super) fn filler<P: Packed>(dtype: DType) -> Option<(Fill<P>, u32)> {
    fn of<T: Keyed, P: Packed>() -> (Fill<P>, u32) {
        (fill::<T, P>, T::BITS)
    }
    Some(match dtype {
        DType::F16 => of::<f16, P>(),
        DType::BF16 => of::<bf16, P>(),
        _ => dispatch!(ordered dtype, T => of::<T, P>(), else return None),
    })
}

/// The key of NaN, for types that have one.
pub(super) fn nan_key(dtype: DType) -> Option<u64> {
    dtype.is_float().then(|| u64::MAX >> (64 - 8 * dtype.size() as u32))
}

/// Sorts. `room` is as long as `items`; whichever of the two holds the result is answered first.
pub(super) fn sort<'a, P: Packed>(items: &'a mut [P], room: &'a mut [P], bits: u32) -> &'a mut [P] {
    // Below this, comparing costs less than counting.
    if items.len() < 128 {
        items.sort_unstable();
        return items;
    }
    let passes = (bits / 8) as usize;
    let mut counts = [[0u32; 256]; 8];
    for item in items.iter() {
        for (pass, counts) in counts[..passes].iter_mut().enumerate() {
            counts[item.digit(8 * pass as u32)] += 1;
        }
    }
    let (mut from, mut to) = (items, room);
    for (pass, counts) in counts[..passes].iter_mut().enumerate() {
        if counts.iter().any(|c| *c as usize == from.len()) {
            continue;
        }
        let mut start = 0;
        for count in counts.iter_mut() {
            start += std::mem::replace(count, start);
        }
        for item in from.iter() {
            let place = &mut counts[item.digit(8 * pass as u32)];
            to[*place as usize] = *item;
            *place += 1;
        }
        std::mem::swap(&mut from, &mut to);
    }
    from
}

/// Brings the `k` smallest to the front, sorted.
pub(super) fn smallest<P: Packed>(items: &mut [P], k: usize) -> &mut [P] {
    let n = items.len();
    if k == 0 {
        return &mut items[..0];
    }
    let room = (2 * k).max(64);
    let mut kept = n;
    if room < n {
        // Most elements are above the k-th smallest of those before: one comparison each.
        items[..room].select_nth_unstable(k - 1);
        let mut bound = items[k - 1];
        kept = k;
        for i in room..n {
            let item = items[i];
            if item < bound {
                items[kept] = item;
                kept += 1;
                if kept == room {
                    items[..room].select_nth_unstable(k - 1);
                    bound = items[k - 1];
                    kept = k;
                }
            }
        }
    }
    if k < kept {
        items[..kept].select_nth_unstable(k - 1);
    }
    items[..k].sort_unstable();
    &mut items[..k]
}
