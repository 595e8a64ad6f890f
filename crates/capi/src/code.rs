//! The only mapping from errors to CANN's codes. Exhaustive on purpose: a new error must choose its code here.

use crate::{ArgError, Error};
use npu_device::memory::MemoryError;

/// CANN's success.
pub const SUCCESS: i32 = 0;
/// ACL layer: bad parameter, null pointer or zero size.
pub const ACL_ERROR_INVALID_PARAM: i32 = 100000;
/// Runtime layer: bad parameter.
pub const ACL_ERROR_RT_PARAM_INVALID: i32 = 107000;
/// Runtime layer: no such device.
pub const ACL_ERROR_RT_INVALID_DEVICEID: i32 = 107001;
/// Runtime layer: a handle that is not one.
pub const ACL_ERROR_RT_INVALID_HANDLE: i32 = 107017;
/// Runtime layer: not supported.
pub const ACL_ERROR_RT_FEATURE_NOT_SUPPORT: i32 = 207000;
/// Runtime layer: out of memory.
pub const ACL_ERROR_RT_MEMORY_ALLOCATION: i32 = 207001;
/// Runtime layer: a resource ran out.
pub const ACL_ERROR_RT_RESOURCE_ALLOC_FAIL: i32 = 207005;
/// Runtime layer: the device cannot be set up.
pub const ACL_ERROR_RT_DEV_SETUP_ERROR: i32 = 507033;
/// ACL layer: internal error.
pub const ACL_ERROR_INTERNAL_ERROR: i32 = 500000;
/// aclnn: a required pointer is null.
pub const ACLNN_ERR_PARAM_NULLPTR: i32 = 161001;
/// aclnn: a parameter is invalid.
pub const ACLNN_ERR_PARAM_INVALID: i32 = 161002;
/// aclnn: the runtime failed.
pub const ACLNN_ERR_RUNTIME_ERROR: i32 = 361001;
/// aclnn: internal error.
pub const ACLNN_ERR_INNER: i32 = 561000;

/// The code of an `acl*` or `aclrt*` function.
pub fn acl(error: &Error) -> i32 {
    match error {
        Error::Arg(e) => match e {
            ArgError::Null { .. } | ArgError::Misaligned { .. } | ArgError::Range { .. } => {
                ACL_ERROR_INVALID_PARAM
            }
            ArgError::Handle { .. } => ACL_ERROR_RT_INVALID_HANDLE,
        },
        Error::Memory(e) | Error::MemoryArg { source: e, .. } => match e {
            MemoryError::OutOfMemory { .. } | MemoryError::HostOutOfMemory { .. } => {
                ACL_ERROR_RT_MEMORY_ALLOCATION
            }
            MemoryError::NotAStart { .. }
            | MemoryError::NotLive { .. }
            | MemoryError::PastEnd { .. }
            | MemoryError::PastHostEnd { .. } => ACL_ERROR_RT_PARAM_INVALID,
            MemoryError::NoDevice { .. } => ACL_ERROR_RT_INVALID_DEVICEID,
            MemoryError::Reserve { .. } => ACL_ERROR_RT_DEV_SETUP_ERROR,
        },
        Error::Code { code, .. } => *code,
        Error::Unsupported { .. } => ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
        Error::Forked { .. } | Error::Internal { .. } => ACL_ERROR_INTERNAL_ERROR,
    }
}

/// The code of an `aclnn*` function.
pub fn aclnn(error: &Error) -> i32 {
    match error {
        Error::Arg(e) => match e {
            ArgError::Null { .. } => ACLNN_ERR_PARAM_NULLPTR,
            ArgError::Misaligned { .. } | ArgError::Range { .. } | ArgError::Handle { .. } => {
                ACLNN_ERR_PARAM_INVALID
            }
        },
        Error::Memory(e) | Error::MemoryArg { source: e, .. } => match e {
            MemoryError::NotAStart { .. }
            | MemoryError::NotLive { .. }
            | MemoryError::PastEnd { .. }
            | MemoryError::PastHostEnd { .. } => ACLNN_ERR_PARAM_INVALID,
            MemoryError::OutOfMemory { .. }
            | MemoryError::HostOutOfMemory { .. }
            | MemoryError::NoDevice { .. }
            | MemoryError::Reserve { .. } => ACLNN_ERR_RUNTIME_ERROR,
        },
        Error::Code { code, .. } => *code,
        Error::Unsupported { .. } => ACLNN_ERR_INNER,
        Error::Forked { .. } => ACLNN_ERR_RUNTIME_ERROR,
        Error::Internal { .. } => ACLNN_ERR_INNER,
    }
}
