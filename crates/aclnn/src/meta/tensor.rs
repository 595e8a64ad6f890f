//! Tensors.

use super::alloc::copy_array;
use crate::object::{self, TENSORS, TensorSpec, TensorState};
use capi::{
    Result,
    abi::{aclDataType, aclFormat, aclTensor, aclnnStatus},
    boundary, entry,
};
use std::ffi::c_void;

/// The arguments that describe a tensor.
struct Raw {
    dims: *const i64,
    rank: u64,
    data_type: aclDataType,
    strides: *const i64,
    offset: i64,
    format: aclFormat,
    storage: *const i64,
    storage_rank: u64,
    data: *mut c_void,
}

/// # Safety
/// C2 holds for the arrays: `rank` values each in `dims` and `strides`, `storage_rank` in `storage`.
unsafe fn describe(raw: &Raw) -> Result<TensorState> {
    // SAFETY: C2 by this function's contract.
    let dims = unsafe { boundary::slice(raw.dims, raw.rank as usize, "viewDims") }?;
    let strides = if raw.strides.is_null() {
        None
    } else {
        // SAFETY: C2 by this function's contract.
        Some(unsafe { boundary::slice(raw.strides, raw.rank as usize, "stride") }?)
    };
    // SAFETY: C2 by this function's contract.
    let storage = unsafe { boundary::slice(raw.storage, raw.storage_rank as usize, "storageDims") }?;
    TensorState::new(&TensorSpec {
        dims,
        strides,
        offset: raw.offset,
        data_type: raw.data_type,
        format: raw.format,
        storage,
        data: raw.data as u64,
    })
}

/// Creates a tensor: a view of device memory. All arrays are copied.
///
/// - `viewDims`, `viewDimsNum`: dimensions of the view, at most 8; may be null for a scalar (0 dimensions).
/// - `dataType`: element type.
/// - `stride`: elements from one index to the next, one per dimension; null means row-major.
/// - `offset`: elements from the start of the storage to the view's first element.
/// - `format`: meaning of the dimensions.
/// - `storageDims`, `storageDimsNum`: dimensions of the storage.
/// - `tensorData`: device address of the storage; may be null and set later.
///
/// Returns a handle that `aclDestroyTensor` ends, or null if an argument is invalid (see `aclGetRecentErrMsg`).
/// Thread-safe.
///
/// # Safety
/// C2 for the three arrays.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclCreateTensor(
    view_dims: *const i64,
    view_dims_num: u64,
    data_type: aclDataType,
    stride: *const i64,
    offset: i64,
    format: aclFormat,
    storage_dims: *const i64,
    storage_dims_num: u64,
    tensor_data: *mut c_void,
) -> *mut aclTensor {
    let raw = Raw {
        dims: view_dims,
        rank: view_dims_num,
        data_type,
        strides: stride,
        offset,
        format,
        storage: storage_dims,
        storage_rank: storage_dims_num,
        data: tensor_data,
    };
    entry::value("aclCreateTensor", || {
        // SAFETY: C2.
        let state = unsafe { describe(&raw) }?;
        TENSORS.insert(state).map_err(|e| e.arg("tensor"))
    })
    .map_or(std::ptr::null_mut(), <*mut c_void>::cast)
}

/// Describes an existing tensor anew. All arrays are copied.
///
/// Parameters are those of `aclCreateTensor`, after `tensor`, the tensor to change.
///
/// Returns 0, 161001 for null, 161002 for an invalid argument; the tensor is then unchanged. Thread-safe.
///
/// # Safety
/// C2 for the three arrays.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclInitTensor(
    tensor: *mut aclTensor,
    view_dims: *const i64,
    view_dims_num: u64,
    data_type: aclDataType,
    stride: *const i64,
    offset: i64,
    format: aclFormat,
    storage_dims: *const i64,
    storage_dims_num: u64,
    tensor_data_addr: *mut c_void,
) -> aclnnStatus {
    let raw = Raw {
        dims: view_dims,
        rank: view_dims_num,
        data_type,
        strides: stride,
        offset,
        format,
        storage: storage_dims,
        storage_rank: storage_dims_num,
        data: tensor_data_addr,
    };
    entry::aclnn("aclInitTensor", || {
        // SAFETY: C2.
        let described = unsafe { describe(&raw) };
        // A wrong handle is the first thing to complain about.
        let mut tensor = object::lock(&TENSORS, tensor.cast(), "tensor")?;
        *tensor = described?;
        Ok(())
    })
}

/// Destroys a tensor; null is success. Executors made from it stay usable, the device memory is untouched.
///
/// Returns 0, or 161002 if the handle is stale or no tensor. Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclDestroyTensor(tensor: *const aclTensor) -> aclnnStatus {
    entry::aclnn("aclDestroyTensor", || object::destroy(&TENSORS, tensor.cast(), "tensor"))
}

/// Reads from a tensor into an output pointer.
///
/// # Safety
/// C1 holds for `out`.
unsafe fn read<T>(
    function: &'static str,
    tensor: *const aclTensor,
    out: *mut T,
    argument: &'static str,
    value: impl FnOnce(&TensorState) -> T,
) -> aclnnStatus {
    entry::aclnn(function, || {
        let tensor = object::lock(&TENSORS, tensor.cast(), "tensor")?;
        // SAFETY: C1 by this function's contract.
        let out = unsafe { boundary::out(out, argument) }?;
        out.write(value(&tensor));
        Ok(())
    })
}

/// Copies dimensions or strides to an array that the caller owns.
///
/// # Safety
/// C1 holds for `values` and `count`.
unsafe fn read_array(
    function: &'static str,
    tensor: *const aclTensor,
    (values, values_name): (*mut *mut i64, &'static str),
    (count, count_name): (*mut u64, &'static str),
    of: impl FnOnce(&TensorState) -> &[i64],
) -> aclnnStatus {
    entry::aclnn(function, || {
        let tensor = object::lock(&TENSORS, tensor.cast(), "tensor")?;
        // SAFETY: C1 by this function's contract.
        let values = unsafe { boundary::out(values, values_name) }?;
        // SAFETY: C1 by this function's contract.
        let count = unsafe { boundary::out(count, count_name) }?;
        let array = of(&tensor);
        values.write(copy_array(array));
        count.write(array.len() as u64);
        Ok(())
    })
}

/// Dimensions of the view.
///
/// - `viewDims`: receives an array that the caller frees with `delete[]` (`free` in C); null for a scalar.
/// - `viewDimsNum`: receives its length.
///
/// Returns 0, 161001 for null, 161002 for a handle that is no live tensor. Thread-safe.
///
/// # Safety
/// C1 for both outputs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetViewShape(
    tensor: *const aclTensor,
    view_dims: *mut *mut i64,
    view_dims_num: *mut u64,
) -> aclnnStatus {
    let (values, count) = ((view_dims, "viewDims"), (view_dims_num, "viewDimsNum"));
    // SAFETY: C1.
    unsafe { read_array("aclGetViewShape", tensor, values, count, |t| t.view.dims()) }
}

/// Strides of the view, in elements.
///
/// - `stridesValue`: receives an array that the caller frees with `delete[]` (`free` in C); null for a scalar.
/// - `stridesNum`: receives its length.
///
/// Returns 0, 161001 for null, 161002 for a handle that is no live tensor. Thread-safe.
///
/// # Safety
/// C1 for both outputs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetViewStrides(
    tensor: *const aclTensor,
    strides_value: *mut *mut i64,
    strides_num: *mut u64,
) -> aclnnStatus {
    let (values, count) = ((strides_value, "stridesValue"), (strides_num, "stridesNum"));
    // SAFETY: C1.
    unsafe { read_array("aclGetViewStrides", tensor, values, count, |t| t.view.strides()) }
}

/// Dimensions of the storage.
///
/// - `storageDims`: receives an array that the caller frees with `delete[]` (`free` in C); null if there are none.
/// - `storageDimsNum`: receives its length.
///
/// Returns 0, 161001 for null, 161002 for a handle that is no live tensor. Thread-safe.
///
/// # Safety
/// C1 for both outputs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetStorageShape(
    tensor: *const aclTensor,
    storage_dims: *mut *mut i64,
    storage_dims_num: *mut u64,
) -> aclnnStatus {
    let (values, count) = ((storage_dims, "storageDims"), (storage_dims_num, "storageDimsNum"));
    // SAFETY: C1.
    unsafe { read_array("aclGetStorageShape", tensor, values, count, |t| &t.storage) }
}

/// Elements from the storage's start to the view's first element.
///
/// Returns 0, 161001 for null, 161002 for a handle that is no live tensor. Thread-safe.
///
/// # Safety
/// C1 for `offset`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetViewOffset(tensor: *const aclTensor, offset: *mut i64) -> aclnnStatus {
    // SAFETY: C1.
    unsafe { read("aclGetViewOffset", tensor, offset, "offset", |t| t.offset) }
}

/// Format of the tensor.
///
/// Returns 0, 161001 for null, 161002 for a handle that is no live tensor. Thread-safe.
///
/// # Safety
/// C1 for `format`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetFormat(tensor: *const aclTensor, format: *mut aclFormat) -> aclnnStatus {
    // SAFETY: C1.
    unsafe { read("aclGetFormat", tensor, format, "format", |t| t.format) }
}

/// Element type of the tensor.
///
/// Returns 0, 161001 for null, 161002 for a handle that is no live tensor. Thread-safe.
///
/// # Safety
/// C1 for `dataType`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetDataType(
    tensor: *const aclTensor,
    data_type: *mut aclDataType,
) -> aclnnStatus {
    // SAFETY: C1.
    unsafe { read("aclGetDataType", tensor, data_type, "dataType", |t| t.data_type) }
}

/// Device address of the tensor's storage.
///
/// Returns 0, 161001 for null, 161002 for a handle that is no live tensor. Thread-safe.
///
/// # Safety
/// C1 for `addr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetRawTensorAddr(
    tensor: *const aclTensor,
    addr: *mut *mut c_void,
) -> aclnnStatus {
    // SAFETY: C1.
    unsafe { read("aclGetRawTensorAddr", tensor, addr, "addr", |t| t.data as *mut c_void) }
}

/// Changes the address of the tensor's storage, for calls prepared from now on.
///
/// - `addr`: device address, may be null.
///
/// Returns 0, 161001 for null, 161002 for a handle that is no live tensor. Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetRawTensorAddr(tensor: *mut aclTensor, addr: *mut c_void) -> aclnnStatus {
    entry::aclnn("aclSetRawTensorAddr", || {
        object::lock(&TENSORS, tensor.cast(), "tensor")?.data = addr as u64;
        Ok(())
    })
}
