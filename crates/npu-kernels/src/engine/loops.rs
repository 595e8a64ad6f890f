//! Loops over contiguous elements: where safe element functions meet raw memory.

use crate::elem::{Bool, Element};
use crate::isa::{Loop, LoopFn, pick};
use npu_types::Complex64;
use std::marker::PhantomData;
use std::slice;

/// What a loop works on: `n` elements at each address. Inputs do not overlap the output; unused ones may be anything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) n: usize,
    pub(crate) out: *mut u8,
    pub(crate) ins: [*const u8; 4],
}

impl Span {
    /// # Safety
    /// `out` is valid for writing `n` elements.
    #[inline(always)]
    pub(super) unsafe fn out<'a, T: Element>(&self) -> &'a mut [T] {
        // SAFETY: promised by the caller; any bit pattern is an element.
        unsafe { slice::from_raw_parts_mut(self.out.cast(), self.n) }
    }

    /// # Safety
    /// Input `k` is valid for reading `n` elements.
    #[inline(always)]
    pub(super) unsafe fn input<'a, T: Element>(&self, k: usize) -> &'a [T] {
        // SAFETY: promised by the caller.
        unsafe { slice::from_raw_parts(self.ins[k].cast(), self.n) }
    }
}

/// An operation on one element.
pub(crate) trait Map1<T> {
    /// The result's type.
    type Out: Element;
    /// Whether some elements need [`Map1::rare`].
    const RARE: bool = false;
    /// Computes.
    fn map<const FMA: bool>(x: T) -> Self::Out;
    /// Whether `map` is not good enough for `x`.
    #[inline(always)]
    fn is_rare(_x: T) -> bool {
        false
    }
    /// Computes such an `x`; need not vectorise.
    #[inline(always)]
    fn rare(x: T) -> Self::Out {
        Self::map::<false>(x)
    }
}

/// An operation on two elements and a parameter.
pub(crate) trait Map2<T> {
    /// The result's type.
    type Out: Element;
    /// Computes.
    fn map<const FMA: bool>(a: T, b: T, param: T) -> Self::Out;
}

/// An operation on three elements, the first of a type of its own.
pub(crate) trait Map3<T> {
    /// The first input's type.
    type First: Element;
    /// Computes.
    fn map(first: Self::First, a: T, b: T) -> T;
}

/// An operation on three elements and a parameter.
pub(crate) trait Map4<T> {
    /// Computes.
    fn map<const FMA: bool>(a: T, b: T, c: T, param: T) -> T;
}

// Slices as arguments tell the compiler that inputs and output are apart, so it needs no run-time test.
#[inline(always)]
fn each1<A: Element, R: Element>(out: &mut [R], a: &[A], f: impl Fn(A) -> R) {
    for (o, &a) in out.iter_mut().zip(a) {
        *o = f(a);
    }
}

#[inline(always)]
pub(super) fn each2<A: Element, R: Element>(out: &mut [R], a: &[A], b: &[A], f: impl Fn(A, A) -> R) {
    for ((o, &a), &b) in out.iter_mut().zip(a).zip(b) {
        *o = f(a, b);
    }
}

#[inline(always)]
fn each3<A: Element, C: Element>(out: &mut [A], c: &[C], a: &[A], b: &[A], f: impl Fn(C, A, A) -> A) {
    for (((o, &c), &a), &b) in out.iter_mut().zip(c).zip(a).zip(b) {
        *o = f(c, a, b);
    }
}

/// 512-bit vectors pay for floating types; for the rest 256 bits already saturate the caches.
const fn wide<T: Element>() -> bool {
    T::DTYPE.is_float()
}

struct Loop1<F, T>(PhantomData<(F, T)>);

impl<T: Element, F: Map1<T>> Loop for Loop1<F, T> {
    type Args = Span;
    const WIDE: bool = wide::<T>();
    #[inline(always)]
    unsafe fn run<const FMA: bool>(s: &Span) {
        // SAFETY: promised by the caller.
        let out = unsafe { s.out() };
        // SAFETY: promised by the caller.
        let a = unsafe { s.input(0) };
        if !F::RARE {
            return each1(out, a, F::map::<FMA>);
        }
        for (out, a) in out.chunks_mut(256).zip(a.chunks(256)) {
            each1(out, a, F::map::<FMA>);
            if a.iter().fold(false, |any, &a| any | F::is_rare(a)) {
                repair::<F, T>(out, a);
            }
        }
    }
}

#[cold]
#[inline(never)]
fn repair<F: Map1<T>, T: Element>(out: &mut [F::Out], a: &[T]) {
    for (o, &a) in out.iter_mut().zip(a) {
        if F::is_rare(a) {
            *o = F::rare(a);
        }
    }
}

struct Loop2<F, T>(PhantomData<(F, T)>);

impl<T: Element, F: Map2<T>> Loop for Loop2<F, T> {
    type Args = Span;
    const WIDE: bool = wide::<T>();
    #[inline(always)]
    unsafe fn run<const FMA: bool>(s: &Span) {
        // SAFETY: promised by the caller.
        let out = unsafe { s.out() };
        // SAFETY: promised by the caller.
        let a = unsafe { s.input(0) };
        // SAFETY: promised by the caller.
        let b = unsafe { s.input(1) };
        // SAFETY: the third input is the parameter, one element.
        let param = unsafe { s.ins[2].cast::<T>().read() };
        each2(out, a, b, |a, b| F::map::<FMA>(a, b, param));
    }
}

struct Loop3<F, T>(PhantomData<(F, T)>);

impl<T: Element, F: Map3<T>> Loop for Loop3<F, T> {
    type Args = Span;
    const WIDE: bool = wide::<T>();
    #[inline(always)]
    unsafe fn run<const FMA: bool>(s: &Span) {
        // SAFETY: promised by the caller.
        let out = unsafe { s.out() };
        // SAFETY: promised by the caller.
        let c = unsafe { s.input(0) };
        // SAFETY: promised by the caller.
        let a = unsafe { s.input(1) };
        // SAFETY: promised by the caller.
        let b = unsafe { s.input(2) };
        each3(out, c, a, b, F::map);
    }
}

struct Loop4<F, T>(PhantomData<(F, T)>);

impl<T: Element, F: Map4<T>> Loop for Loop4<F, T> {
    type Args = Span;
    const WIDE: bool = wide::<T>();
    #[inline(always)]
    unsafe fn run<const FMA: bool>(s: &Span) {
        // SAFETY: promised by the caller.
        let out = unsafe { s.out() };
        // SAFETY: promised by the caller.
        let a = unsafe { s.input(0) };
        // SAFETY: promised by the caller.
        let b = unsafe { s.input(1) };
        // SAFETY: promised by the caller.
        let c = unsafe { s.input(2) };
        // SAFETY: the fourth input is the parameter, one element.
        let param = unsafe { s.ins[3].cast::<T>().read() };
        each3(out, a, b, c, |a, b, c| F::map::<FMA>(a, b, c, param));
    }
}

/// The loop for `F` over elements `T`.
#[inline]
pub(crate) fn map4<F: Map4<T>, T: Element>() -> LoopFn<Span> {
    pick::<Loop4<F, T>>()
}

/// The loop for `F` over elements `T`.
#[inline]
pub(crate) fn map1<F: Map1<T>, T: Element>() -> LoopFn<Span> {
    pick::<Loop1<F, T>>()
}

/// The loop for `F` over elements `T`.
#[inline]
pub(crate) fn map2<F: Map2<T>, T: Element>() -> LoopFn<Span> {
    pick::<Loop2<F, T>>()
}

/// The loop for `F` over elements `T`.
#[inline]
pub(crate) fn map3<F: Map3<T>, T: Element>() -> LoopFn<Span> {
    pick::<Loop3<F, T>>()
}

/// Where the first input (bool) is true, the output becomes the one element of the second.
struct Overwrite<T>(PhantomData<T>);

impl<T: Element> Loop for Overwrite<T> {
    type Args = Span;
    #[inline(always)]
    unsafe fn run<const FMA: bool>(s: &Span) {
        // SAFETY: promised by the caller.
        let out = unsafe { s.out::<T>() };
        // SAFETY: promised by the caller.
        let mask = unsafe { s.input(0) };
        // SAFETY: promised by the caller.
        let value = unsafe { s.ins[1].cast::<T>().read() };
        write_where(out, mask, value);
    }
}

#[inline(always)]
fn write_where<T: Element>(out: &mut [T], mask: &[Bool], value: T) {
    for (o, m) in out.iter_mut().zip(mask) {
        *o = if m.get() { value } else { *o };
    }
}

/// The loop that overwrites elements of `size` bytes.
#[inline]
pub(super) fn overwrite(size: usize) -> LoopFn<Span> {
    match size {
        1 => pick::<Overwrite<u8>>(),
        2 => pick::<Overwrite<u16>>(),
        4 => pick::<Overwrite<u32>>(),
        8 => pick::<Overwrite<u64>>(),
        _ => pick::<Overwrite<Complex64>>(),
    }
}
