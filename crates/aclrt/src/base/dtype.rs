//! Element types.

use capi::abi::*;
use npu_types::f16;

/// Bytes of an element; 0 for strings and what is no type.
fn size(data_type: aclDataType) -> usize {
    match data_type {
        ACL_INT8 | ACL_UINT8 | ACL_BOOL | ACL_INT4 | ACL_UINT1 | ACL_HIFLOAT8 | ACL_FLOAT8_E5M2
        | ACL_FLOAT8_E4M3FN | ACL_FLOAT8_E8M0 | ACL_FLOAT6_E3M2 | ACL_FLOAT6_E2M3 | ACL_FLOAT4_E2M1
        | ACL_FLOAT4_E1M2 => 1,
        ACL_FLOAT16 | ACL_INT16 | ACL_UINT16 | ACL_BF16 => 2,
        ACL_FLOAT | ACL_INT32 | ACL_UINT32 | ACL_COMPLEX32 => 4,
        ACL_INT64 | ACL_UINT64 | ACL_DOUBLE | ACL_COMPLEX64 => 8,
        ACL_COMPLEX128 => 16,
        _ => 0,
    }
}

/// Whether elements may be of a type.
pub(crate) fn is_data_type(data_type: aclDataType) -> bool {
    data_type == ACL_STRING || size(data_type) > 0
}

/// Converts to half precision, rounding to nearest even.
///
/// # Parameters
/// - value: the number
///
/// # Returns
/// The bits of the half. Too large numbers become infinity.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclFloatToFloat16(value: f32) -> aclFloat16 {
    f16::from_f32(value).to_bits()
}

/// Converts from half precision, exactly.
///
/// # Parameters
/// - value: the bits of the half
///
/// # Returns
/// The number.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclFloat16ToFloat(value: aclFloat16) -> f32 {
    f16::from_bits(value).to_f32()
}

/// The size of an element.
///
/// # Parameters
/// - dataType: the element type
///
/// # Returns
/// Its size in bytes; 1 for types smaller than a byte, 0 for strings and what is no type.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclDataTypeSize(data_type: aclDataType) -> usize {
    size(data_type)
}
