//! Rows of elements, converted to the type a kernel computes with, a block at a time.

use crate::elem::{Element, cast, dispatch};
use crate::halves;
use crate::isa::{Loop, LoopFn, pick};
use npu_types::{DType, f16};
use std::any::TypeId;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

/// Elements that are converted at a time.
pub(crate) const BLOCK: usize = 256;

/// Room for one block; left uninitialised, since short rows are common.
pub(crate) struct Buffer<A>([MaybeUninit<A>; BLOCK]);

impl<A> Buffer<A> {
    #[inline(always)]
    pub(crate) fn new() -> Buffer<A> {
        Buffer([const { MaybeUninit::uninit() }; BLOCK])
    }

    /// The first `n` elements.
    ///
    /// # Safety
    /// They have been written.
    #[inline]
    pub(crate) unsafe fn written(&self, n: usize) -> &[A] {
        // SAFETY: the caller's duty.
        unsafe { self.0[..n].assume_init_ref() }
    }

    #[inline]
    pub(crate) fn as_mut_ptr(&mut self) -> *mut A {
        self.0.as_mut_ptr().cast()
    }
}

/// A row in memory: address and distance of its elements in bytes, and a block of converted elements.
pub(crate) struct Move<A> {
    row: *mut u8,
    stride: isize,
    block: *mut A,
    n: usize,
}

/// Converts from elements of one type, chosen when a kernel is made.
#[derive(Clone, Copy)]
pub(crate) struct Load<A> {
    convert: LoopFn<Move<A>>,
    /// Elements already are what the kernel computes with.
    same: bool,
    /// Bytes of an element.
    pub(crate) size: isize,
}

/// Converts to elements of one type, chosen when a kernel is made.
#[derive(Clone, Copy)]
pub(crate) struct Store<A> {
    convert: LoopFn<Move<A>>,
    same: bool,
    /// Bytes of an element.
    pub(crate) size: isize,
}

/// The slice, if its elements are of type `B`.
#[inline(always)]
fn same<A: 'static, B: 'static>(slice: &[A]) -> Option<&[B]> {
    // SAFETY: the same type, merely under another name.
    (TypeId::of::<A>() == TypeId::of::<B>())
        .then(|| unsafe { std::slice::from_raw_parts(slice.as_ptr().cast(), slice.len()) })
}

/// The slice, if its elements are of type `B`.
#[inline(always)]
fn same_mut<A: 'static, B: 'static>(slice: &mut [A]) -> Option<&mut [B]> {
    // SAFETY: the same type, merely under another name.
    (TypeId::of::<A>() == TypeId::of::<B>())
        .then(|| unsafe { std::slice::from_raw_parts_mut(slice.as_mut_ptr().cast(), slice.len()) })
}

struct Loading<T, A>(PhantomData<(T, A)>);

impl<T: Element, A: Element> Loop for Loading<T, A> {
    type Args = Move<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Move<A>) {
        // SAFETY: the block has room for `n` elements.
        let block = unsafe { std::slice::from_raw_parts_mut(args.block.cast::<MaybeUninit<A>>(), args.n) };
        if args.stride == size_of::<T>() as isize {
            // SAFETY: the row has `n` contiguous elements, the caller's duty.
            let row = unsafe { std::slice::from_raw_parts(args.row.cast::<T>(), args.n) };
            let done = match (same::<T, f16>(row), same_mut::<_, MaybeUninit<f32>>(block)) {
                (Some(row), Some(block)) => halves::widen(row, block),
                _ => 0,
            };
            for (b, r) in block[done..].iter_mut().zip(&row[done..]) {
                b.write(cast(*r));
            }
            return;
        }
        for (i, b) in block.iter_mut().enumerate() {
            // SAFETY: the row has `n` elements, `stride` apart.
            let r = unsafe { args.row.wrapping_offset(i as isize * args.stride).cast::<T>().read() };
            b.write(cast(r));
        }
    }
}

struct Storing<T, A>(PhantomData<(T, A)>);

impl<T: Element, A: Element> Loop for Storing<T, A> {
    type Args = Move<A>;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Move<A>) {
        // SAFETY: the block has `n` elements.
        let block = unsafe { std::slice::from_raw_parts(args.block, args.n) };
        if args.stride == size_of::<T>() as isize {
            // SAFETY: the row has room for `n` contiguous elements, the caller's duty.
            let row = unsafe { std::slice::from_raw_parts_mut(args.row.cast::<T>(), args.n) };
            let done = match (same::<A, f32>(block), same_mut::<T, f16>(row)) {
                (Some(block), Some(row)) => halves::narrow(block, row),
                _ => 0,
            };
            for (b, r) in block[done..].iter().zip(&mut row[done..]) {
                *r = cast(*b);
            }
            return;
        }
        for (i, b) in block.iter().enumerate() {
            // SAFETY: the row has room for `n` elements, `stride` apart.
            unsafe { args.row.wrapping_offset(i as isize * args.stride).cast::<T>().write(cast(*b)) };
        }
    }
}

impl<A: Element> Load<A> {
    pub(crate) fn new(dtype: DType) -> Load<A> {
        dispatch!(any dtype, T => Load {
            convert: pick::<Loading<T, A>>(),
            same: TypeId::of::<T>() == TypeId::of::<A>(),
            size: size_of::<T>() as isize,
        }, else unreachable!("dispatch covers every type"))
    }

    /// The `n` (at most [`BLOCK`]) elements from `row` on, `stride` bytes apart: in place where nothing needs to be
    /// converted, else in `buffer`.
    ///
    /// # Safety
    /// The elements are readable and aligned, and not written while the slice lives.
    #[inline]
    pub(crate) unsafe fn block<'b>(
        &self,
        row: *const u8,
        stride: isize,
        n: usize,
        buffer: &'b mut Buffer<A>,
    ) -> &'b [A] {
        if self.same && (stride == self.size || n == 1) {
            // SAFETY: contiguous elements of this very type, the caller's duty.
            return unsafe { std::slice::from_raw_parts(row.cast(), n) };
        }
        let block = buffer.as_mut_ptr();
        // SAFETY: the caller's duty; the buffer has room.
        unsafe { (self.convert)(&Move { row: row.cast_mut(), stride, block, n }) };
        // SAFETY: `n` elements have just been written.
        unsafe { std::slice::from_raw_parts(block, n) }
    }

    /// As [`Load::block`], for elements that are overwritten in place afterwards.
    ///
    /// # Safety
    /// The elements are readable and aligned.
    #[inline]
    pub(crate) unsafe fn address(
        &self,
        row: *const u8,
        stride: isize,
        n: usize,
        buffer: &mut Buffer<A>,
    ) -> *const A {
        if self.same && (stride == self.size || n == 1) {
            return row.cast();
        }
        // SAFETY: the caller's duty.
        unsafe { self.block(row, stride, n, buffer) }.as_ptr()
    }

    /// Converts a contiguous row of `n` elements.
    ///
    /// # Safety
    /// The elements are readable and aligned, and `to` has room for them.
    #[inline]
    pub(crate) unsafe fn convert(&self, row: *const u8, n: usize, to: *mut A) {
        // SAFETY: the caller's duty.
        unsafe { (self.convert)(&Move { row: row.cast_mut(), stride: self.size, block: to, n }) }
    }

    /// Whether a row with this stride needs no conversion.
    #[inline]
    pub(crate) fn in_place(&self, stride: isize) -> bool {
        self.same && stride == self.size
    }

    /// One element.
    ///
    /// # Safety
    /// It is readable and aligned.
    #[inline]
    pub(crate) unsafe fn one(&self, at: *const u8) -> A {
        let mut value = A::default();
        // SAFETY: the caller's duty.
        unsafe { (self.convert)(&Move { row: at.cast_mut(), stride: self.size, block: &mut value, n: 1 }) };
        value
    }
}

impl<A: Element> Store<A> {
    pub(crate) fn new(dtype: DType) -> Store<A> {
        dispatch!(any dtype, T => Store {
            convert: pick::<Storing<T, A>>(),
            same: TypeId::of::<T>() == TypeId::of::<A>(),
            size: size_of::<T>() as isize,
        }, else unreachable!("dispatch covers every type"))
    }

    /// Writes `block` to elements from `row` on, `stride` bytes apart.
    ///
    /// # Safety
    /// The elements are writable and aligned, and nobody else uses them.
    #[inline]
    pub(crate) unsafe fn block(&self, row: *mut u8, stride: isize, block: &[A]) {
        let args = Move { row, stride, block: block.as_ptr().cast_mut(), n: block.len() };
        // SAFETY: the caller's duty; the block is only read.
        unsafe { (self.convert)(&args) }
    }

    /// Whether a row with this stride needs no conversion.
    #[inline]
    pub(crate) fn in_place(&self, stride: isize) -> bool {
        self.same && stride == self.size
    }

    /// Writes one element.
    ///
    /// # Safety
    /// It is writable and aligned, and nobody else uses it.
    #[inline]
    pub(crate) unsafe fn one(&self, at: *mut u8, value: A) {
        // SAFETY: the caller's duty.
        unsafe { self.block(at, self.size, &[value]) }
    }
}
