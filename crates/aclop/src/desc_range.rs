//! What tensor descriptions say about the unknown: ranges of dimensions and values, groups of inputs; and descriptions
//! in other formats.

use crate::{
    call::refuse,
    desc::with,
    object::{self, TENSOR_DESCS},
    operand::Operand,
};
use capi::{
    Result,
    abi::{aclError, aclFormat, aclTensorDesc},
    boundary, entry,
};
use parking_lot::Mutex;
use std::{
    ffi::{c_char, c_void},
    ptr,
};

/// # Safety
/// C2 holds for `ranges` and `count`.
unsafe fn ranges(
    ranges: *mut [i64; 2],
    count: usize,
    argument: &'static str,
    open: bool,
) -> Result<Vec<[i64; 2]>> {
    // SAFETY: C2, from the caller.
    let ranges = unsafe { boundary::slice(ranges.cast_const(), count, argument) }?;
    let good = |[low, high]: &[i64; 2]| low <= high || open && *high == -1 && *low >= 0;
    match ranges.iter().find(|range| !good(range)) {
        None => Ok(ranges.to_vec()),
        Some(bad) => {
            let expected =
                if open { "least and greatest size, -1 for no bound" } else { "least and greatest value" };
            Err(refuse(argument, expected.to_owned(), format!("{bad:?}")))
        }
    }
}

/// Sets between which sizes each dimension will be.
///
/// # Parameters
/// - desc: the description
/// - dimsCount: how many ranges, as many as dimensions; any number if the rank is unknown
/// - dimsRange: least and greatest size of each dimension, -1 for no greatest; copied
///
/// # Returns
/// - 0 on success
/// - 100000 when desc or dimsRange is null, dimsCount is not the rank, or a range is empty or leaves a known dimension
///   out
/// - 107017 when desc is no live description
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for `dims_range` with `dims_count` pairs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetTensorShapeRange(
    desc: *mut aclTensorDesc,
    dims_count: usize,
    dims_range: *mut [i64; 2],
) -> aclError {
    entry::acl("aclSetTensorShapeRange", || {
        // SAFETY: C2.
        let ranges = unsafe { ranges(dims_range, dims_count, "dimsRange", true) }?;
        with(desc, |desc| {
            if desc.dims.as_slice() != [-2] {
                if ranges.len() != desc.dims.len() {
                    return Err(refuse("dimsCount", desc.dims.len().to_string(), ranges.len().to_string()));
                }
                let inside = |(dim, [low, high]): (&i64, &[i64; 2])| {
                    *dim < 0 || (low <= dim && (*high == -1 || dim <= high))
                };
                if !desc.dims.iter().zip(&ranges).all(inside) || ranges.iter().any(|[low, _]| *low < 0) {
                    let expected =
                        format!("ranges of 0 or more around the known dimensions of {:?}", desc.dims);
                    return Err(refuse("dimsRange", expected, format!("{ranges:?}")));
                }
            }
            desc.ranges = ranges;
            Ok(())
        })
    })
}

/// Sets between which values each element will be. An input whose ranges leave one value each counts as known where
/// values decide a shape.
///
/// # Parameters
/// - desc: the description
/// - valueCount: how many ranges, one for each element
/// - valueRange: least and greatest value of each element; copied
///
/// # Returns
/// - 0 on success
/// - 100000 when desc or valueRange is null, or a range is empty
/// - 107017 when desc is no live description
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for `value_range` with `value_count` pairs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetTensorValueRange(
    desc: *mut aclTensorDesc,
    value_count: usize,
    value_range: *mut [i64; 2],
) -> aclError {
    entry::acl("aclSetTensorValueRange", || {
        // SAFETY: C2.
        let ranges = unsafe { ranges(value_range, value_count, "valueRange", false) }?;
        with(desc, |desc| {
            desc.value_ranges = ranges;
            Ok(())
        })
    })
}

/// Between which sizes a dimension will be.
///
/// # Parameters
/// - desc: the description
/// - index: the dimension
/// - dimRangeNum: how many numbers fit at dimRange, 2 or more
/// - dimRange: receives the least and the greatest size, -1 for no greatest. Where no range was set, a known dimension
///   is its own range.
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null, index is not below the rank, or dimRangeNum is below 2
/// - 107017 when desc is no live description
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for `dim_range` with `dim_range_num` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetTensorDescDimRange(
    desc: *const aclTensorDesc,
    index: usize,
    dim_range_num: usize,
    dim_range: *mut i64,
) -> aclError {
    entry::acl("aclGetTensorDescDimRange", || {
        if dim_range_num < 2 {
            return Err(refuse("dimRangeNum", "2 or more".into(), dim_range_num.to_string()));
        }
        // SAFETY: C2.
        let out = unsafe { boundary::out_slice(dim_range, dim_range_num, "dimRange") }?;
        let range = with(desc, |desc| {
            let given = desc.ranges.get(index).copied();
            let known = desc.dims.get(index).map(|dim| if *dim < 0 { [0, -1] } else { [*dim, *dim] });
            given
                .or(known)
                .ok_or_else(|| refuse("index", format!("below {}", desc.dims.len()), index.to_string()))
        })?;
        for (slot, value) in out.iter_mut().zip(range) {
            slot.write(value);
        }
        Ok(())
    })
}

/// Says that a tensor belongs to an input with a variable number of tensors, of which there are several under one name.
///
/// Operators that take a list take the tensors that were said to belong to one, or all if none was.
///
/// # Parameters
/// - desc: the description
/// - dynamicInputName: the input's name, copied
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107017 when desc is no live description
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `dynamic_input_name`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetTensorDynamicInput(
    desc: *mut aclTensorDesc,
    dynamic_input_name: *const c_char,
) -> aclError {
    entry::acl("aclSetTensorDynamicInput", || {
        // SAFETY: C3.
        let name = unsafe { boundary::c_str(dynamic_input_name, "dynamicInputName") }?;
        with(desc, |desc| {
            desc.dynamic_input = Some(name.to_string_lossy().into_owned());
            Ok(())
        })
    })
}

/// Where the data of a constant are.
///
/// # Parameters
/// - desc: the description
///
/// # Returns
/// Host memory of the description, valid until it is destroyed or gets other data; null if it has none, or is null or
/// no live one.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetTensorDescAddress(desc: *const aclTensorDesc) -> *mut c_void {
    entry::value("aclGetTensorDescAddress", || {
        with(desc, |desc| match &mut desc.constant {
            Some(data) => Ok(data.as_mut_ptr().cast::<c_void>()),
            None => Err(refuse(
                "desc",
                "a constant (aclSetTensorConst)".into(),
                "a description without data".into(),
            )),
        })
    })
    .unwrap_or(ptr::null_mut())
}

/// A description among several. Every description of aclCreateTensorDesc stands alone.
///
/// # Parameters
/// - desc: the description
/// - index: 0
///
/// # Returns
/// Desc; null if index is not 0, or the description is null or no live one.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetTensorDescByIndex(
    desc: *mut aclTensorDesc,
    index: usize,
) -> *mut aclTensorDesc {
    entry::value("aclGetTensorDescByIndex", || {
        with(desc, |_| match index {
            0 => Ok(desc),
            _ => Err(refuse("index", "0, a description that stands alone".into(), index.to_string())),
        })
    })
    .unwrap_or(ptr::null_mut())
}

/// Describes a tensor as it is stored in another format.
///
/// # Parameters
/// - srcDesc: the description
/// - dstFormat: the other format
/// - dstDesc: receives a new description with that format and the dimensions the tensor has in it, which
///   aclDestroyTensorDesc ends
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null, or the dimensions are unknown or have no place in the format
/// - 107017 when srcDesc is no live description
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `dst_desc`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclTransTensorDescFormat(
    src_desc: *const aclTensorDesc,
    dst_format: aclFormat,
    dst_desc: *mut *mut aclTensorDesc,
) -> aclError {
    entry::acl("aclTransTensorDescFormat", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(dst_desc, "dstDesc") }?;
        let desc = object::get(&TENSOR_DESCS, src_desc.cast(), "srcDesc")?.lock().clone();
        let buffer = object::DataBuffer { data: 0, size: 0 };
        let mut other = Operand { desc, buffer, argument: "srcDesc" };
        (other.desc.storage_format, other.desc.storage_dims) = (Some(dst_format), None);
        if !npu_ops::formats::is_known(dst_format) {
            return Err(refuse(
                "dstFormat",
                "a format that tensors are stored in".into(),
                dst_format.to_string(),
            ));
        }
        let dims = other.stored()?.storage_shape()?;
        let made =
            object::Desc { format: dst_format, dims, storage_format: None, constant: None, ..other.desc };
        out.write(TENSOR_DESCS.insert(Mutex::new(made)).map_err(|e| e.arg("dstDesc"))?.cast());
        Ok(())
    })
}
