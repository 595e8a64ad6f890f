//! Tensor descriptions.

use crate::object::{self, Desc, Shape, TENSOR_DESCS};
use capi::{
    ArgError, Result,
    abi::{
        ACL_MEMTYPE_DEVICE, ACL_MEMTYPE_HOST, ACL_MEMTYPE_HOST_COMPILE_INDEPENDENT, ACL_UNKNOWN_RANK,
        aclDataType, aclError, aclFormat, aclMemType, aclTensorDesc,
    },
    boundary, entry,
};
use npu_types::{DType, MAX_RANK};
use parking_lot::Mutex;
use std::{
    ffi::{c_char, c_int, c_void},
    ptr,
};

/// The only dimension of a tensor of unknown rank.
const UNKNOWN_RANK: i64 = -2;

pub(crate) fn with<T>(desc: *const aclTensorDesc, read: impl FnOnce(&mut Desc) -> Result<T>) -> Result<T> {
    read(&mut object::get(&TENSOR_DESCS, desc.cast(), "desc")?.lock())
}

/// # Safety
/// C2 holds for `dims` and `count`.
unsafe fn shape(count: c_int, dims: *const i64) -> Result<Shape> {
    let range = |argument, expected: String, got: String| ArgError::Range { argument, expected, got };
    let count = usize::try_from(count)
        .ok()
        .filter(|count| *count <= MAX_RANK)
        .ok_or_else(|| range("numDims", format!("0 to {MAX_RANK}"), count.to_string()))?;
    // SAFETY: C2, from the caller.
    let dims = unsafe { boundary::slice(dims, count, "dims") }?;
    let known = |dim: &i64| *dim >= -1 || dims == [UNKNOWN_RANK];
    if let Some(dim) = dims.iter().find(|dim| !known(dim)) {
        let expected =
            "dimensions of 0 or more, -1 for an unknown one, or a single -2 for an unknown rank".to_owned();
        return Err(range("dims", expected, format!("{dim} in {dims:?}")).into());
    }
    Ok(dims.into())
}

/// Describes a tensor.
///
/// # Parameters
/// - dataType: its element type
/// - numDims: its rank, 0 to 8
/// - dims: its dimensions, 0 or more, -1 for one that is not known yet, or a single -2 if not even the rank is; may be
///   null for rank 0
/// - format: the format in which the dimensions are meant
///
/// # Returns
/// The description, which aclDestroyTensorDesc ends; null if an argument is refused (aclGetRecentErrMsg).
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for `dims` with `num_dims` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclCreateTensorDesc(
    data_type: aclDataType,
    num_dims: c_int,
    dims: *const i64,
    format: aclFormat,
) -> *mut aclTensorDesc {
    entry::value("aclCreateTensorDesc", || {
        // SAFETY: C2.
        let dims = unsafe { shape(num_dims, dims) }?;
        let desc = Desc::new(data_type, &dims, format);
        TENSOR_DESCS.insert(Mutex::new(desc)).map_err(|e| e.arg("desc"))
    })
    .map_or(ptr::null_mut(), <*mut c_void>::cast)
}

/// Destroys a tensor description. Null and what is no live description are passed over.
///
/// # Parameters
/// - desc: the description
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclDestroyTensorDesc(desc: *const aclTensorDesc) {
    if !desc.is_null() {
        entry::value("aclDestroyTensorDesc", || object::destroy(&TENSOR_DESCS, desc.cast(), "desc"));
    }
}

/// The element type.
///
/// # Parameters
/// - desc: the description
///
/// # Returns
/// The type; ACL_DT_UNDEFINED (-1) if the description is null or no live one.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetTensorDescType(desc: *const aclTensorDesc) -> aclDataType {
    entry::value("aclGetTensorDescType", || with(desc, |desc| Ok(desc.data_type))).unwrap_or(-1)
}

/// The format in which the dimensions are meant.
///
/// # Parameters
/// - desc: the description
///
/// # Returns
/// The format; ACL_FORMAT_UNDEFINED (-1) if the description is null or no live one.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetTensorDescFormat(desc: *const aclTensorDesc) -> aclFormat {
    entry::value("aclGetTensorDescFormat", || with(desc, |desc| Ok(desc.format))).unwrap_or(-1)
}

/// The bytes of all elements.
///
/// # Parameters
/// - desc: the description
///
/// # Returns
/// The size; 0 if the description is null or no live one, its type has no fixed size, or a dimension is unknown.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetTensorDescSize(desc: *const aclTensorDesc) -> usize {
    let size = |desc: &mut Desc| {
        let element = DType::from_acl_code(desc.data_type).map_or(0, DType::size);
        Ok(count(&desc.dims).saturating_mul(element))
    };
    entry::value("aclGetTensorDescSize", || with(desc, size)).unwrap_or(0)
}

/// 0 if a dimension is unknown.
fn count(dims: &[i64]) -> usize {
    dims.iter().fold(1, |count: usize, dim| count.saturating_mul((*dim).max(0) as usize))
}

/// The number of elements.
///
/// # Parameters
/// - desc: the description
///
/// # Returns
/// The number; 0 if the description is null or no live one.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetTensorDescElementCount(desc: *const aclTensorDesc) -> usize {
    entry::value("aclGetTensorDescElementCount", || with(desc, |desc| Ok(count(&desc.dims)))).unwrap_or(0)
}

/// The rank.
///
/// # Parameters
/// - desc: the description
///
/// # Returns
/// The number of dimensions; ACL_UNKNOWN_RANK if it is unknown, 0 if the description is null or no live one.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetTensorDescNumDims(desc: *const aclTensorDesc) -> usize {
    entry::value("aclGetTensorDescNumDims", || with(desc, |desc| Ok(rank(&desc.dims)))).unwrap_or(0)
}

fn rank(dims: &[i64]) -> usize {
    if *dims == [UNKNOWN_RANK] { ACL_UNKNOWN_RANK as usize } else { dims.len() }
}

fn dim(desc: *const aclTensorDesc, index: usize) -> Result<i64> {
    with(desc, |desc| {
        desc.dims.get(index).copied().ok_or_else(|| {
            let expected = format!("a dimension below {}", desc.dims.len());
            ArgError::Range { argument: "index", expected, got: index.to_string() }.into()
        })
    })
}

/// One dimension.
///
/// # Parameters
/// - desc: the description
/// - index: which one
///
/// # Returns
/// The dimension; -1 if there is none such, or the description is null or no live one.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetTensorDescDim(desc: *const aclTensorDesc, index: usize) -> i64 {
    entry::value("aclGetTensorDescDim", || dim(desc, index)).unwrap_or(-1)
}

/// One dimension.
///
/// # Parameters
/// - desc: the description
/// - index: which one
/// - dimSize: receives the dimension
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null, or index is not below the rank
/// - 107017 when desc is no live description
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `dim_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetTensorDescDimV2(
    desc: *const aclTensorDesc,
    index: usize,
    dim_size: *mut i64,
) -> aclError {
    entry::acl("aclGetTensorDescDimV2", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(dim_size, "dimSize") }?;
        out.write(dim(desc, index)?);
        Ok(())
    })
}

/// The name.
///
/// # Parameters
/// - desc: the description
///
/// # Returns
/// The name, empty if none was set; it lives until the description is renamed or destroyed. Null if the description is
/// null or no live one.
///
/// # Thread safety
/// May be called from any thread, as long as no other thread renames or destroys the description.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetTensorDescName(desc: *mut aclTensorDesc) -> *const c_char {
    entry::value("aclGetTensorDescName", || with(desc, |desc| Ok(desc.name.as_ptr()))).unwrap_or(ptr::null())
}

/// Names a tensor.
///
/// A null argument changes nothing and leaves a message.
///
/// # Parameters
/// - desc: the description
/// - name: the name, copied
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `name`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetTensorDescName(desc: *mut aclTensorDesc, name: *const c_char) {
    entry::value("aclSetTensorDescName", || {
        // SAFETY: C3.
        let name = unsafe { boundary::c_str(name, "name") }?;
        with(desc, |desc| {
            desc.name = name.to_owned();
            Ok(())
        })
    });
}

/// # Safety
/// C2 holds for `dims` and `count`.
unsafe fn set_storage_shape(desc: *mut aclTensorDesc, count: c_int, dims: *const i64) -> Result {
    // SAFETY: C2, from the caller.
    let dims = unsafe { shape(count, dims) }?;
    with(desc, |desc| {
        desc.storage_dims = Some(dims);
        Ok(())
    })
}

fn set_storage_format(desc: *mut aclTensorDesc, format: aclFormat) -> Result {
    with(desc, |desc| {
        desc.storage_format = Some(format);
        Ok(())
    })
}

/// Sets the format in which the data lie in memory, where it is not that of the description.
///
/// # Parameters
/// - desc: the description
/// - format: the format
///
/// # Returns
/// - 0 on success
/// - 100000 when desc is null
/// - 107017 when desc is no live description
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetTensorFormat(desc: *mut aclTensorDesc, format: aclFormat) -> aclError {
    entry::acl("aclSetTensorFormat", || set_storage_format(desc, format))
}

/// Sets the shape in which the data lie in memory, where it is not that of the description.
///
/// # Parameters
/// - desc: the description
/// - numDims: the rank, 0 to 8
/// - dims: the dimensions; may be null for rank 0
///
/// # Returns
/// - 0 on success
/// - 100000 when desc or dims is null, or a number is out of range
/// - 107017 when desc is no live description
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for `dims` with `num_dims` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetTensorShape(
    desc: *mut aclTensorDesc,
    num_dims: c_int,
    dims: *const i64,
) -> aclError {
    // SAFETY: C2.
    entry::acl("aclSetTensorShape", || unsafe { set_storage_shape(desc, num_dims, dims) })
}

/// As aclSetTensorFormat, under its older name.
///
/// # Parameters
/// - desc: the description
/// - format: the format
///
/// # Returns
/// - 0 on success
/// - 100000 when desc is null
/// - 107017 when desc is no live description
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetTensorStorageFormat(desc: *mut aclTensorDesc, format: aclFormat) -> aclError {
    entry::acl("aclSetTensorStorageFormat", || set_storage_format(desc, format))
}

/// As aclSetTensorShape, under its older name.
///
/// # Parameters
/// - desc: the description
/// - numDims: the rank, 0 to 8
/// - dims: the dimensions; may be null for rank 0
///
/// # Returns
/// - 0 on success
/// - 100000 when desc or dims is null, or a number is out of range
/// - 107017 when desc is no live description
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for `dims` with `num_dims` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetTensorStorageShape(
    desc: *mut aclTensorDesc,
    num_dims: c_int,
    dims: *const i64,
) -> aclError {
    // SAFETY: C2.
    entry::acl("aclSetTensorStorageShape", || unsafe { set_storage_shape(desc, num_dims, dims) })
}

/// Sets the format in which the dimensions of the description are meant.
///
/// # Parameters
/// - desc: the description
/// - format: the format
///
/// # Returns
/// - 0 on success
/// - 100000 when desc is null
/// - 107017 when desc is no live description
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetTensorOriginFormat(desc: *mut aclTensorDesc, format: aclFormat) -> aclError {
    entry::acl("aclSetTensorOriginFormat", || {
        with(desc, |desc| {
            // What was the storage's format by default stays it.
            desc.storage_format.get_or_insert(desc.format);
            desc.format = format;
            Ok(())
        })
    })
}

/// Sets the dimensions of the description, and leaves the shape in memory as it is.
///
/// # Parameters
/// - desc: the description
/// - numDims: the rank, 0 to 8
/// - dims: the dimensions; may be null for rank 0
///
/// # Returns
/// - 0 on success
/// - 100000 when desc or dims is null, or a number is out of range
/// - 107017 when desc is no live description
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for `dims` with `num_dims` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetTensorOriginShape(
    desc: *mut aclTensorDesc,
    num_dims: c_int,
    dims: *const i64,
) -> aclError {
    entry::acl("aclSetTensorOriginShape", || {
        // SAFETY: C2.
        let dims = unsafe { shape(num_dims, dims) }?;
        with(desc, |desc| {
            let before = std::mem::replace(&mut desc.dims, dims);
            desc.storage_dims.get_or_insert(before);
            Ok(())
        })
    })
}

/// Says where the tensor's data are.
///
/// # Parameters
/// - desc: the description
/// - memType: ACL_MEMTYPE_DEVICE, or ACL_MEMTYPE_HOST or ACL_MEMTYPE_HOST_COMPILE_INDEPENDENT for an input in host
///   memory, which is read when the operator is called
///
/// # Returns
/// - 0 on success
/// - 100000 when desc is null, or memType is unknown
/// - 107017 when desc is no live description
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetTensorPlaceMent(desc: *mut aclTensorDesc, mem_type: aclMemType) -> aclError {
    entry::acl("aclSetTensorPlaceMent", || {
        let on_host = match mem_type {
            ACL_MEMTYPE_DEVICE => false,
            ACL_MEMTYPE_HOST | ACL_MEMTYPE_HOST_COMPILE_INDEPENDENT => true,
            other => {
                let expected = "a kind of memory, ACL_MEMTYPE_DEVICE (0) to 2".to_owned();
                let got = other.to_string();
                return Err(ArgError::Range { argument: "memType", expected, got }.into());
            }
        };
        with(desc, |desc| {
            desc.on_host = on_host;
            Ok(())
        })
    })
}

/// Makes a tensor a constant: its data become part of the description.
///
/// # Parameters
/// - desc: the description
/// - dataBuffer: the data, in host memory; copied
/// - length: their bytes, above 0
///
/// # Returns
/// - 0 on success
/// - 100000 when desc or dataBuffer is null, or length is 0
/// - 107017 when desc is no live description
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for `data_buffer` with `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetTensorConst(
    desc: *mut aclTensorDesc,
    data_buffer: *mut c_void,
    length: usize,
) -> aclError {
    entry::acl("aclSetTensorConst", || {
        if length == 0 {
            let expected = "a size above 0".to_owned();
            return Err(ArgError::Range { argument: "length", expected, got: "0".into() }.into());
        }
        // SAFETY: C2.
        let data = unsafe { boundary::slice(data_buffer.cast::<u8>(), length, "dataBuffer") }?;
        with(desc, |desc| {
            desc.constant = Some(data.to_vec());
            Ok(())
        })
    })
}
