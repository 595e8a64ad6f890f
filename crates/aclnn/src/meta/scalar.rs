//! Scalars.

use crate::object::{self, SCALARS};
use capi::{
    ArgError, Result,
    abi::{aclDataType, aclScalar, aclnnStatus},
    boundary, entry,
};
use npu_types::{Complex32, Complex64, DType, Scalar, bf16, f16};
use std::ffi::c_void;

/// # Safety
/// `value` is null or points to a value of the data type, readable at any alignment.
unsafe fn read(value: *const c_void, data_type: aclDataType) -> Result<Scalar> {
    // SAFETY: the first byte is readable by this function's contract; only null is looked for.
    unsafe { boundary::required(value.cast::<u8>(), "value") }?;
    let Some(dtype) = DType::from_acl_code(data_type) else {
        let expected = "a data type that the device computes with".to_owned();
        return Err(ArgError::Range { argument: "dataType", expected, got: data_type.to_string() }.into());
    };
    macro_rules! load {
        ($t:ty) => {
            // SAFETY: `value` holds a value of this type by this function's contract; no alignment is assumed.
            unsafe { value.cast::<$t>().read_unaligned() }
        };
    }
    Ok(match dtype {
        DType::F32 => Scalar::float(dtype, f64::from(load!(f32))),
        DType::F16 => Scalar::float(dtype, load!(f16).to_f64()),
        DType::BF16 => Scalar::float(dtype, load!(bf16).to_f64()),
        DType::F64 => Scalar::float(dtype, load!(f64)),
        DType::I8 => Scalar::int(dtype, i64::from(load!(i8))),
        DType::I16 => Scalar::int(dtype, i64::from(load!(i16))),
        DType::I32 => Scalar::int(dtype, i64::from(load!(i32))),
        DType::I64 => Scalar::int(dtype, load!(i64)),
        DType::U8 => Scalar::int(dtype, i64::from(load!(u8))),
        DType::U16 => Scalar::int(dtype, i64::from(load!(u16))),
        DType::U32 => Scalar::int(dtype, i64::from(load!(u32))),
        DType::U64 => Scalar::uint(dtype, load!(u64)),
        DType::Bool => Scalar::bool(load!(u8) != 0),
        DType::C64 => {
            let v = load!(Complex32);
            Scalar::complex(dtype, Complex64::new(f64::from(v.re), f64::from(v.im)))
        }
        DType::C128 => Scalar::complex(dtype, load!(Complex64)),
    })
}

/// Creates a scalar from a host value, which is copied.
///
/// - `value`: points to one value of `dataType`, at any alignment.
/// - `dataType`: its type.
///
/// Returns a handle that `aclDestroyScalar` ends, or null if an argument is invalid (see `aclGetRecentErrMsg`).
/// Thread-safe.
///
/// # Safety
/// C1 for `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclCreateScalar(value: *mut c_void, data_type: aclDataType) -> *mut aclScalar {
    entry::value("aclCreateScalar", || {
        // SAFETY: C1.
        let scalar = unsafe { read(value, data_type) }?;
        SCALARS.insert(scalar).map_err(|e| e.arg("scalar"))
    })
    .map_or(std::ptr::null_mut(), <*mut c_void>::cast)
}

/// Destroys a scalar; null is success.
///
/// Returns 0, or 161002 if the handle is stale or no scalar. Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclDestroyScalar(scalar: *const aclScalar) -> aclnnStatus {
    entry::aclnn("aclDestroyScalar", || object::destroy(&SCALARS, scalar.cast(), "scalar"))
}
