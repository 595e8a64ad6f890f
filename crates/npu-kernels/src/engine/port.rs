//! How an operand gets from memory into a loop and back.

use super::convert::{Converter, gatherer, scatterer};
use super::loops::Span;
use crate::elem::{dispatch, from_scalar};
use npu_types::{DType, Scalar};
use std::mem::MaybeUninit;

/// Bytes of a staging buffer.
pub(super) const BLOCK: usize = 4096;

/// Buffers of one thread: one for each operand, two for steps between.
#[repr(C, align(64))]
pub(super) struct Stage([[MaybeUninit<u8>; BLOCK]; 6]);

impl Stage {
    #[inline]
    pub(super) fn new() -> Stage {
        Stage([[MaybeUninit::uninit(); BLOCK]; 6])
    }

    /// The buffer of operand `k`.
    #[inline]
    pub(super) fn buffer(&mut self, k: usize) -> *mut u8 {
        self.0[k].as_mut_ptr().cast()
    }

    /// A buffer between steps.
    #[inline]
    fn between(&mut self, k: usize) -> *mut u8 {
        self.buffer(4 + k)
    }
}

/// A scalar in some element type.
#[derive(Clone, Copy)]
#[repr(C, align(16))]
pub(crate) struct Constant([u8; 16]);

impl Constant {
    /// Nothing.
    pub(crate) const NONE: Constant = Constant([0; 16]);

    /// `value` converted to `dtype`.
    pub(crate) fn new(value: &Scalar, dtype: DType) -> Constant {
        let mut out = Constant::NONE;
        dispatch!(any dtype, T => {
            // SAFETY: every element type fits 16 bytes and their alignment.
            unsafe { out.0.as_mut_ptr().cast::<T>().write(from_scalar::<T>(value)) }
        }, else ());
        out
    }

    #[inline]
    pub(crate) fn as_ptr(&self) -> *const u8 {
        self.0.as_ptr()
    }
}

/// How an operand is read or written.
#[derive(Clone, Copy)]
pub(super) struct Port {
    convert: Converter,
    size: u8,
    /// The widest element on the way.
    widest: u8,
    is_constant: bool,
    constant: Constant,
}

impl Port {
    /// Reads elements `from`, which a loop takes as `to`.
    #[inline]
    pub(super) fn input(from: DType, to: DType) -> Port {
        Port::new(from, to, from.size())
    }

    /// Writes what a loop makes as `from` to elements `to`.
    #[inline]
    pub(super) fn output(from: DType, to: DType) -> Port {
        Port::new(from, to, to.size())
    }

    /// Reads or writes elements of `size` bytes as they are.
    #[inline]
    pub(super) fn plain(size: usize) -> Port {
        Port {
            convert: Converter::NONE,
            size: size as u8,
            widest: size as u8,
            is_constant: false,
            constant: Constant::NONE,
        }
    }

    /// A scalar which a loop takes as `to`.
    #[inline]
    pub(super) fn scalar(value: &Scalar, to: DType) -> Port {
        let mut port = Port::input(to, to);
        port.is_constant = true;
        port.constant = Constant::new(value, to);
        port
    }

    #[inline]
    fn new(from: DType, to: DType, size: usize) -> Port {
        let convert = Converter::new(from, to);
        let widest = from.size().max(to.size()).max(convert.between_size());
        Port { convert, widest: widest as u8, ..Port::plain(size) }
    }

    /// Bytes of an element in memory.
    #[inline]
    pub(super) fn size(&self) -> usize {
        self.size as usize
    }

    /// Bytes of the widest element on the way.
    #[inline]
    pub(super) fn widest(&self) -> usize {
        self.widest as usize
    }

    /// Whether nothing is converted.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.convert.is_none()
    }

    /// The value, of a scalar.
    #[inline]
    pub(super) fn constant(&self) -> Option<&Constant> {
        self.is_constant.then_some(&self.constant)
    }

    /// Fills `dst` with `n` copies of the element at `value`.
    ///
    /// # Safety
    /// Both are valid.
    pub(super) unsafe fn splat(&self, n: usize, value: *const u8, dst: *mut u8) {
        // SAFETY: the caller's duty; the stride is 0.
        unsafe { gatherer(self.size())(n, dst, value, 0) };
    }

    /// Brings `n` elements into the loop's form and answers where they are: at `src` itself when nothing needs to be
    /// done (and `must_copy` is false), otherwise at `target`.
    ///
    /// # Safety
    /// `n` elements are readable from `src` at `stride` and fit `target` (which is no buffer between steps); `n` is at
    /// most a block.
    pub(super) unsafe fn load(
        &self,
        n: usize,
        src: *mut u8,
        stride: isize,
        must_copy: bool,
        target: *mut u8,
        stage: &mut Stage,
    ) -> *mut u8 {
        let contiguous = stride == self.size as isize;
        let mut at = src;
        if !contiguous || (must_copy && self.is_plain()) {
            at = if self.is_plain() { target } else { stage.between(0) };
            if contiguous {
                // SAFETY: the caller's duty.
                unsafe { std::ptr::copy_nonoverlapping(src, at, n * self.size()) };
            } else {
                // SAFETY: the caller's duty.
                unsafe { gatherer(self.size())(n, at, src, stride) };
            }
        }
        let mut steps = self.convert.steps().enumerate().peekable();
        while let Some((i, step)) = steps.next() {
            let to = if steps.peek().is_some() { stage.between((i + 1) % 2) } else { target };
            // SAFETY: each buffer holds a block of the step's types.
            unsafe { step(&Span { n, out: to, ins: [at; 4] }) };
            at = to;
        }
        at
    }

    /// How many loops convert.
    #[inline]
    pub(super) fn steps(&self) -> usize {
        self.convert.steps().count()
    }

    /// Writes the `n` results at `from` to `dst`.
    ///
    /// # Safety
    /// `n` results are readable and `n` elements writable from `dst` at `stride`; `n` is at most a block. With
    /// `stream`, `stride` is the element's size.
    pub(super) unsafe fn store(
        &self,
        from: *const u8,
        n: usize,
        dst: *mut u8,
        stride: isize,
        stream: bool,
        stage: &mut Stage,
    ) {
        let last = (stride == self.size as isize && !stream && !self.is_plain()).then_some(dst);
        let mut at = from;
        let mut steps = self.convert.steps().enumerate().peekable();
        while let Some((k, step)) = steps.next() {
            let to = match last {
                Some(dst) if steps.peek().is_none() => dst,
                _ => stage.between(k % 2),
            };
            // SAFETY: each buffer holds a block of the step's types.
            unsafe { step(&Span { n, out: to, ins: [at; 4] }) };
            at = to;
        }
        if stream {
            // SAFETY: the caller's duty.
            unsafe { stream_copy(at, dst, n * self.size()) };
        } else if last.is_none() {
            // SAFETY: the caller's duty.
            unsafe { scatterer(self.size())(n, dst, at, stride) };
        }
    }
}

/// Copies past the caches. [`fence`] must follow before other threads read.
///
/// # Safety
/// As for `copy_nonoverlapping`.
#[cfg(all(target_arch = "x86_64", not(miri)))]
pub(super) unsafe fn stream_copy(src: *const u8, dst: *mut u8, bytes: usize) {
    use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_stream_si128};
    let head = dst.align_offset(64).min(bytes);
    // SAFETY: head is at most bytes.
    unsafe { std::ptr::copy_nonoverlapping(src, dst, head) };
    let (src, dst, bytes) = (src.wrapping_add(head), dst.wrapping_add(head), bytes - head);
    let lines = bytes / 64;
    for i in 0..lines {
        let from = src.wrapping_add(i * 64).cast::<__m128i>();
        let to = dst.wrapping_add(i * 64).cast::<__m128i>();
        for k in 0..4 {
            // SAFETY: inside the source.
            let v = unsafe { _mm_loadu_si128(from.wrapping_add(k)) };
            // SAFETY: inside the destination, aligned to 64 bytes.
            unsafe { _mm_stream_si128(to.wrapping_add(k), v) };
        }
    }
    let done = lines * 64;
    // SAFETY: what is left.
    unsafe { std::ptr::copy_nonoverlapping(src.wrapping_add(done), dst.wrapping_add(done), bytes - done) };
}

/// Copies; this architecture has no use for streaming stores.
///
/// # Safety
/// As for `copy_nonoverlapping`.
#[cfg(any(not(target_arch = "x86_64"), miri))]
pub(super) unsafe fn stream_copy(src: *const u8, dst: *mut u8, bytes: usize) {
    // SAFETY: the caller's duty.
    unsafe { std::ptr::copy_nonoverlapping(src, dst, bytes) };
}

/// Orders streaming stores before whatever publishes them.
#[inline]
pub(super) fn fence() {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: SSE is in the baseline.
    unsafe {
        std::arch::x86_64::_mm_sfence()
    };
}
