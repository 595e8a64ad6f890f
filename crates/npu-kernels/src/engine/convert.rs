//! Loops that convert, gather and scatter elements.

use super::half;
use super::loops::{Map1, Span, map1};
use crate::elem::{Element, Wide, dispatch};
use crate::isa::LoopFn;
use npu_types::DType;
use std::marker::PhantomData;

/// Converts contiguous elements between two types, in at most three steps.
#[derive(Clone, Copy)]
pub(super) struct Converter {
    steps: [Option<LoopFn<Span>>; 3],
    /// Bytes of the widest element between the steps.
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

/// The step from a type to its wide type.
#[inline]
fn widen(from: DType) -> Option<LoopFn<Span>> {
    match from {
        DType::F16 => Some(half::widen()),
        _ if from == wide(from) => None,
        _ => dispatch!(any from, T => Some(map1::<Widen, T>()), else None),
    }
}

/// The step from a wide type to any other.
fn narrow(from: DType, to: DType) -> Option<LoopFn<Span>> {
    match (from, to) {
        _ if from == to => None,
        (DType::F32, DType::F16) => Some(half::narrow()),
        _ => {
            dispatch!(wide from, W => dispatch!(any to, D => Some(map1::<Narrow<D>, W>()), else None), else None)
        }
    }
}

impl Converter {
    /// Changes nothing.
    pub(super) const NONE: Converter = Converter { steps: [None; 3], between: 0 };

    #[inline]
    pub(super) fn new(from: DType, to: DType) -> Converter {
        if from == to { Converter::NONE } else { Converter::between(from, to) }
    }

    fn between(from: DType, to: DType) -> Converter {
        let via = wide(from);
        // Everything becomes a half by way of f32, so that one loop with the machine's own instruction does it.
        let last = if to == DType::F16 { DType::F32 } else { to };
        let steps = [widen(from), narrow(via, last), narrow(last, to)];
        Converter { steps, between: via.size().max(last.size()) as u8 }
    }

    /// The steps that there are, in order.
    #[inline]
    pub(super) fn steps(&self) -> impl Iterator<Item = LoopFn<Span>> {
        self.steps.into_iter().flatten()
    }

    #[inline]
    pub(super) fn is_none(&self) -> bool {
        self.steps().next().is_none()
    }

    /// Bytes of the widest element between the steps.
    #[inline]
    pub(super) fn between_size(&self) -> usize {
        self.between as usize
    }
}

/// `n` elements from `src`, `stride` bytes apart, to or from the contiguous ones at the other address.
pub(super) type StridedFn = unsafe fn(n: usize, dst: *mut u8, src: *const u8, stride: isize);

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
pub(super) fn gatherer(size: usize) -> StridedFn {
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
pub(super) fn scatterer(size: usize) -> StridedFn {
    match size {
        1 => scatter::<u8>,
        2 => scatter::<u16>,
        4 => scatter::<u32>,
        8 => scatter::<u64>,
        _ => scatter::<[u64; 2]>,
    }
}
