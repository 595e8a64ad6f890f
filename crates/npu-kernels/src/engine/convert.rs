//! Loops that convert, gather and scatter elements.

use super::loops::{Map1, Span, map1};
use crate::elem::{Element, Wide, dispatch};
use crate::isa::LoopFn;
use npu_types::DType;
use std::marker::PhantomData;

/// Converts contiguous elements between two types, in at most two steps.
#[derive(Clone, Copy)]
pub(crate) struct Converter {
    first: Option<LoopFn<Span>>,
    second: Option<LoopFn<Span>>,
    /// Bytes of an element between the steps.
    between: u8,
}

struct Widen;

impl<T: Element> Map1<T> for Widen {
    type Out = T::Wide;
    #[inline(always)]
    fn map<const FMA: bool>(x: T) -> T::Wide {
        x.widen()
    }
}

struct Narrow<D>(PhantomData<D>);

impl<T: Wide, D: Element> Map1<T> for Narrow<D> {
    type Out = D;
    #[inline(always)]
    fn map<const FMA: bool>(x: T) -> D {
        x.to()
    }
}

/// The wide type that conversions from `t` go through.
#[inline]
fn wide(t: DType) -> DType {
    dispatch!(any t, T => <<T as Element>::Wide as Element>::DTYPE, else t)
}

impl Converter {
    /// Changes nothing.
    pub(crate) const NONE: Converter = Converter { first: None, second: None, between: 0 };

    #[inline]
    pub(crate) fn new(from: DType, to: DType) -> Converter {
        if from == to { Converter::NONE } else { Converter::between(from, to) }
    }

    fn between(from: DType, to: DType) -> Converter {
        let via = wide(from);
        let first = (from != via).then(|| dispatch!(any from, T => map1::<Widen, T>(), else unreachable!()));
        let second = (to != via).then(
            || dispatch!(wide via, W => dispatch!(any to, D => map1::<Narrow<D>, W>(), else unreachable!()), else unreachable!()),
        );
        Converter { first, second, between: via.size() as u8 }
    }

    /// The steps, none, one or two.
    #[inline]
    pub(crate) fn steps(&self) -> impl Iterator<Item = LoopFn<Span>> {
        self.first.into_iter().chain(self.second)
    }

    #[inline]
    pub(crate) fn is_none(&self) -> bool {
        self.first.is_none() && self.second.is_none()
    }

    /// Bytes of an element between the steps.
    #[inline]
    pub(crate) fn between_size(&self) -> usize {
        self.between as usize
    }
}

/// `n` elements from `src`, `stride` bytes apart, to or from the contiguous ones at the other address.
pub(crate) type StridedFn = unsafe fn(n: usize, dst: *mut u8, src: *const u8, stride: isize);

/// # Safety
/// `src` is valid at its stride and `dst` contiguously, both aligned.
unsafe fn gather<T: Copy>(n: usize, dst: *mut u8, src: *const u8, stride: isize) {
    let dst = dst.cast::<T>();
    if stride == 0 {
        // SAFETY: the caller's duty.
        let value = unsafe { src.cast::<T>().read() };
        // SAFETY: the caller's duty.
        unsafe { std::slice::from_raw_parts_mut(dst, n) }.fill(value);
        return;
    }
    for i in 0..n {
        // SAFETY: the caller's duty.
        let value = unsafe { src.wrapping_offset(i as isize * stride).cast::<T>().read() };
        // SAFETY: the caller's duty.
        unsafe { dst.wrapping_add(i).write(value) };
    }
}

/// # Safety
/// `dst` is valid at its stride and `src` contiguously, both aligned.
unsafe fn scatter<T: Copy>(n: usize, dst: *mut u8, src: *const u8, stride: isize) {
    for i in 0..n {
        // SAFETY: the caller's duty.
        let value = unsafe { src.cast::<T>().wrapping_add(i).read() };
        // SAFETY: the caller's duty.
        unsafe { dst.wrapping_offset(i as isize * stride).cast::<T>().write(value) };
    }
}

/// Strided to contiguous, for elements of `size` bytes.
#[inline]
pub(crate) fn gatherer(size: usize) -> StridedFn {
    match size {
        1 => gather::<u8>,
        2 => gather::<u16>,
        4 => gather::<u32>,
        8 => gather::<u64>,
        _ => gather::<[u64; 2]>,
    }
}

/// Contiguous to strided, for elements of `size` bytes.
#[inline]
pub(crate) fn scatterer(size: usize) -> StridedFn {
    match size {
        1 => scatter::<u8>,
        2 => scatter::<u16>,
        4 => scatter::<u32>,
        8 => scatter::<u64>,
        _ => scatter::<[u64; 2]>,
    }
}
