//! The one place where pointers of a C caller become references.
//!
//! # Duties of the C caller
//! SAFETY comments in the entry points cite these by number.
//!
//! - **C1** A non-null pointer to a single value is aligned and points to memory of its type that stays valid, and is
//!   not accessed by another thread, until the call returns. Inputs are initialised, outputs only writable.
//! - **C2** A non-null pointer that comes with a count points to that many consecutive such values.
//! - **C3** A non-null `const char *` is a NUL-terminated string that stays unchanged until the call returns.
//! - **C4** A callback may be called with the user data it was given, on the thread its function documents, until it
//!   is unregistered or has run.
//!
//! Handles (streams, events, tensors, …) and device pointers carry no duty: they are checked numbers.

use crate::{ArgError, Result};
use std::{
    ffi::{CStr, c_char},
    mem::MaybeUninit,
};

/// A slot that the caller wants written, kept uninitialised until the call has succeeded.
pub struct Out<'a, T>(&'a mut MaybeUninit<T>);

impl<T> Out<'_, T> {
    /// Writes the result.
    pub fn write(self, value: T) {
        self.0.write(value);
    }
}

fn check_aligned<T>(pointer: *const T, argument: &'static str) -> Result<()> {
    if pointer.is_aligned() {
        return Ok(());
    }
    Err(ArgError::Misaligned { argument, address: pointer as usize, align: align_of::<T>() }.into())
}

/// A required output.
///
/// # Safety
/// C1 holds for `pointer`.
pub unsafe fn out<'a, T>(pointer: *mut T, argument: &'static str) -> Result<Out<'a, T>> {
    // SAFETY: C1, passed on from the caller.
    unsafe { out_optional(pointer, argument) }?.ok_or_else(|| ArgError::Null { argument }.into())
}

/// An output that may be null.
///
/// # Safety
/// C1 holds for `pointer`.
pub unsafe fn out_optional<'a, T>(pointer: *mut T, argument: &'static str) -> Result<Option<Out<'a, T>>> {
    check_aligned(pointer, argument)?;
    // SAFETY: C1; MaybeUninit<T> has the layout of T and asks for no initialised content.
    Ok(unsafe { pointer.cast::<MaybeUninit<T>>().as_mut() }.map(Out))
}

/// A required input.
///
/// # Safety
/// C1 holds for `pointer`.
pub unsafe fn required<'a, T>(pointer: *const T, argument: &'static str) -> Result<&'a T> {
    check_aligned(pointer, argument)?;
    // SAFETY: C1, and the alignment was checked.
    unsafe { pointer.as_ref() }.ok_or_else(|| ArgError::Null { argument }.into())
}

/// An array with its count. A count of zero ignores the pointer.
///
/// # Safety
/// C2 holds for `pointer` and `count`.
pub unsafe fn slice<'a, T>(pointer: *const T, count: usize, argument: &'static str) -> Result<&'a [T]> {
    check_slice(pointer, count, argument)?;
    if count == 0 {
        return Ok(&[]);
    }
    // SAFETY: C2; not null, aligned, and the byte length fits in isize.
    Ok(unsafe { std::slice::from_raw_parts(pointer, count) })
}

/// An output array with its count. A count of zero ignores the pointer.
///
/// # Safety
/// C2 holds for `pointer` and `count`.
pub unsafe fn out_slice<'a, T>(
    pointer: *mut T,
    count: usize,
    argument: &'static str,
) -> Result<&'a mut [MaybeUninit<T>]> {
    check_slice(pointer, count, argument)?;
    if count == 0 {
        return Ok(&mut []);
    }
    // SAFETY: C2; not null, aligned, and the byte length fits in isize; MaybeUninit asks for no initialised content.
    Ok(unsafe { std::slice::from_raw_parts_mut(pointer.cast(), count) })
}

fn check_slice<T>(pointer: *const T, count: usize, argument: &'static str) -> Result<()> {
    if count == 0 {
        return Ok(());
    }
    if pointer.is_null() {
        return Err(ArgError::Null { argument }.into());
    }
    check_aligned(pointer, argument)?;
    let fits = count.checked_mul(size_of::<T>()).is_some_and(|n| n <= isize::MAX as usize);
    if !fits {
        return Err(ArgError::Range {
            argument,
            expected: "a count whose array fits in memory".into(),
            got: count.to_string(),
        }
        .into());
    }
    Ok(())
}

/// A required C string.
///
/// # Safety
/// C3 holds for `pointer`.
pub unsafe fn c_str<'a>(pointer: *const c_char, argument: &'static str) -> Result<&'a CStr> {
    if pointer.is_null() {
        return Err(ArgError::Null { argument }.into());
    }
    // SAFETY: C3, and not null.
    Ok(unsafe { CStr::from_ptr(pointer) })
}
