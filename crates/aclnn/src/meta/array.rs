//! Arrays of numbers.

use crate::object::{self, BOOL_ARRAYS, FLOAT_ARRAYS, INT_ARRAYS};
use capi::{
    abi::{aclBoolArray, aclFloatArray, aclIntArray, aclnnStatus},
    boundary, entry,
    handle::HandleTable,
};
use std::ffi::c_void;

/// # Safety
/// C2 holds for `value` and `size`.
unsafe fn create<T: Copy>(
    function: &'static str,
    table: &'static HandleTable<Vec<T>>,
    value: *const T,
    size: u64,
) -> *mut c_void {
    entry::value(function, || {
        // SAFETY: C2 by this function's contract.
        let values = unsafe { boundary::slice(value, size as usize, "value") }?;
        table.insert(values.to_vec()).map_err(|e| e.arg("array"))
    })
    .unwrap_or(std::ptr::null_mut())
}

/// # Safety
/// C1 holds for `size`.
pub(super) unsafe fn length<T>(
    function: &'static str,
    table: &'static HandleTable<Vec<T>>,
    (raw, argument): (*const c_void, &'static str),
    size: *mut u64,
) -> aclnnStatus {
    entry::aclnn(function, || {
        let array = object::get(table, raw, argument)?;
        // SAFETY: C1 by this function's contract.
        unsafe { boundary::out(size, "size") }?.write(array.len() as u64);
        Ok(())
    })
}

/// Creates an array of `int64_t` values, which are copied.
///
/// - `value`, `size`: the values; `value` may be null if `size` is 0.
///
/// Returns a handle that `aclDestroyIntArray` ends, or null if an argument is invalid (see `aclGetRecentErrMsg`).
/// Thread-safe.
///
/// # Safety
/// C2 for `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclCreateIntArray(value: *const i64, size: u64) -> *mut aclIntArray {
    // SAFETY: C2.
    unsafe { create("aclCreateIntArray", &INT_ARRAYS, value, size) }.cast()
}

/// Number of values.
///
/// Returns 0, 161001 for null, 161002 for a handle that is no live array. Thread-safe.
///
/// # Safety
/// C1 for `size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetIntArraySize(array: *const aclIntArray, size: *mut u64) -> aclnnStatus {
    // SAFETY: C1.
    unsafe { length("aclGetIntArraySize", &INT_ARRAYS, (array.cast(), "array"), size) }
}

/// Destroys an array; null is success.
///
/// Returns 0, or 161002 if the handle is stale or no array of this kind. Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclDestroyIntArray(array: *const aclIntArray) -> aclnnStatus {
    entry::aclnn("aclDestroyIntArray", || object::destroy(&INT_ARRAYS, array.cast(), "array"))
}

/// Creates an array of `float` values, which are copied.
///
/// - `value`, `size`: the values; `value` may be null if `size` is 0.
///
/// Returns a handle that `aclDestroyFloatArray` ends, or null if an argument is invalid (see `aclGetRecentErrMsg`).
/// Thread-safe.
///
/// # Safety
/// C2 for `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclCreateFloatArray(value: *const f32, size: u64) -> *mut aclFloatArray {
    // SAFETY: C2.
    unsafe { create("aclCreateFloatArray", &FLOAT_ARRAYS, value, size) }.cast()
}

/// Number of values.
///
/// Returns 0, 161001 for null, 161002 for a handle that is no live array. Thread-safe.
///
/// # Safety
/// C1 for `size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetFloatArraySize(array: *const aclFloatArray, size: *mut u64) -> aclnnStatus {
    // SAFETY: C1.
    unsafe { length("aclGetFloatArraySize", &FLOAT_ARRAYS, (array.cast(), "array"), size) }
}

/// Destroys an array; null is success.
///
/// Returns 0, or 161002 if the handle is stale or no array of this kind. Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclDestroyFloatArray(array: *const aclFloatArray) -> aclnnStatus {
    entry::aclnn("aclDestroyFloatArray", || object::destroy(&FLOAT_ARRAYS, array.cast(), "array"))
}

/// Creates an array of `bool` values, which are copied.
///
/// - `value`, `size`: the values; `value` may be null if `size` is 0.
///
/// Returns a handle that `aclDestroyBoolArray` ends, or null if an argument is invalid (see `aclGetRecentErrMsg`).
/// Thread-safe.
///
/// # Safety
/// C2 for `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclCreateBoolArray(value: *const bool, size: u64) -> *mut aclBoolArray {
    // SAFETY: C2.
    unsafe { create("aclCreateBoolArray", &BOOL_ARRAYS, value, size) }.cast()
}

/// Number of values.
///
/// Returns 0, 161001 for null, 161002 for a handle that is no live array. Thread-safe.
///
/// # Safety
/// C1 for `size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetBoolArraySize(array: *const aclBoolArray, size: *mut u64) -> aclnnStatus {
    // SAFETY: C1.
    unsafe { length("aclGetBoolArraySize", &BOOL_ARRAYS, (array.cast(), "array"), size) }
}

/// Destroys an array; null is success.
///
/// Returns 0, or 161002 if the handle is stale or no array of this kind. Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclDestroyBoolArray(array: *const aclBoolArray) -> aclnnStatus {
    entry::aclnn("aclDestroyBoolArray", || object::destroy(&BOOL_ARRAYS, array.cast(), "array"))
}
