//! Lists of tensors and of scalars. A list owns its elements.

use super::array::length;
use crate::object::{self, Element, SCALAR_LISTS, SCALARS, TENSOR_LISTS, TENSORS};
use capi::{
    abi::{aclScalar, aclScalarList, aclTensor, aclTensorList, aclnnStatus},
    boundary, entry,
    handle::{HandleTable, LockTable},
};
use std::ffi::c_void;

/// # Safety
/// C2 holds for `value` and `size`.
unsafe fn create<T, C>(
    function: &'static str,
    lists: &'static HandleTable<Vec<Element>>,
    elements: &'static LockTable<T>,
    value: *const *const C,
    size: u64,
) -> *mut c_void {
    entry::value(function, || {
        // SAFETY: C2 by this function's contract.
        let handles = unsafe { boundary::slice(value, size as usize, "value") }?;
        let mut list = Vec::with_capacity(handles.len());
        for handle in handles {
            object::lock(elements, handle.cast(), "value")?;
            list.push(Element(handle.cast()));
        }
        lists.insert(list).map_err(|e| e.arg("list"))
    })
    .unwrap_or(std::ptr::null_mut())
}

/// Creates a list of tensors, which from now on owns them.
///
/// - `value`, `size`: live tensors; `value` may be null if `size` is 0.
///
/// Returns a handle that `aclDestroyTensorList` ends, or null if an argument is invalid (see `aclGetRecentErrMsg`).
/// Thread-safe.
///
/// # Safety
/// C2 for `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclCreateTensorList(
    value: *const *const aclTensor,
    size: u64,
) -> *mut aclTensorList {
    // SAFETY: C2.
    unsafe { create("aclCreateTensorList", &TENSOR_LISTS, &TENSORS, value, size) }.cast()
}

/// Number of tensors.
///
/// Returns 0, 161001 for null, 161002 for a handle that is no live list. Thread-safe.
///
/// # Safety
/// C1 for `size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetTensorListSize(
    tensor_list: *const aclTensorList,
    size: *mut u64,
) -> aclnnStatus {
    // SAFETY: C1.
    unsafe { length("aclGetTensorListSize", &TENSOR_LISTS, (tensor_list.cast(), "tensorList"), size) }
}

/// Destroys a list and the tensors in it; null is success.
///
/// Returns 0, or 161002 if the handle is stale or no list of tensors. Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclDestroyTensorList(array: *const aclTensorList) -> aclnnStatus {
    entry::aclnn("aclDestroyTensorList", || {
        object::destroy_list(&TENSOR_LISTS, &TENSORS, array.cast(), "array")
    })
}

/// Creates a list of scalars, which from now on owns them.
///
/// - `value`, `size`: live scalars; `value` may be null if `size` is 0.
///
/// Returns a handle that `aclDestroyScalarList` ends, or null if an argument is invalid (see `aclGetRecentErrMsg`).
/// Thread-safe.
///
/// # Safety
/// C2 for `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclCreateScalarList(
    value: *const *const aclScalar,
    size: u64,
) -> *mut aclScalarList {
    // SAFETY: C2.
    unsafe { create("aclCreateScalarList", &SCALAR_LISTS, &SCALARS, value, size) }.cast()
}

/// Number of scalars.
///
/// Returns 0, 161001 for null, 161002 for a handle that is no live list. Thread-safe.
///
/// # Safety
/// C1 for `size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetScalarListSize(
    scalar_list: *const aclScalarList,
    size: *mut u64,
) -> aclnnStatus {
    // SAFETY: C1.
    unsafe { length("aclGetScalarListSize", &SCALAR_LISTS, (scalar_list.cast(), "scalarList"), size) }
}

/// Destroys a list and the scalars in it; null is success.
///
/// Returns 0, or 161002 if the handle is stale or no list of scalars. Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclDestroyScalarList(array: *const aclScalarList) -> aclnnStatus {
    entry::aclnn("aclDestroyScalarList", || {
        object::destroy_list(&SCALAR_LISTS, &SCALARS, array.cast(), "array")
    })
}
