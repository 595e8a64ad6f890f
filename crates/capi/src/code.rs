//! The only mapping from errors to CANN's codes. Exhaustive on purpose: a new error must choose its code here.

use crate::{ArgError, Error};
use npu_device::{CaptureFault, ExecError, FaultKind, ipc::IpcError, memory::MemoryError};

use crate::abi::{
    ACL_ERROR_HOST_MEMORY_ALREADY_REGISTERED, ACL_ERROR_HOST_MEMORY_NOT_REGISTERED, HCCL_E_INTERNAL,
    HCCL_E_MEMORY, HCCL_E_NOT_SUPPORT, HCCL_E_PARA, HCCL_E_PTR, HCCL_E_RUNTIME, HcclResult,
};
pub use crate::abi::{
    ACL_ERROR_RT_AICORE_EXCEPTION, ACL_ERROR_RT_AICORE_TIMEOUT, ACL_ERROR_RT_AICPU_EXCEPTION,
    ACL_ERROR_RT_CONTEXT_NULL, ACL_ERROR_RT_DEVICE_MEM_ERROR, ACL_ERROR_RT_DEVICE_TASK_ABORT,
    ACL_ERROR_RT_DRV_INTERNAL_ERROR, ACL_ERROR_RT_EVENT_SYNC_TIMEOUT, ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID,
    ACL_ERROR_RT_EVENT_TIMESTAMP_REVERSAL, ACL_ERROR_RT_INTERNAL_ERROR, ACL_ERROR_RT_NO_EVENT_RESOURCE,
    ACL_ERROR_RT_NO_NOTIFY_RESOURCE, ACL_ERROR_RT_NO_STREAM_RESOURCE, ACL_ERROR_RT_REPORT_TIMEOUT,
    ACL_ERROR_RT_STREAM_ABORT, ACL_ERROR_RT_STREAM_CONTEXT, ACL_ERROR_RT_STREAM_NO_CB_REG,
    ACL_ERROR_RT_STREAM_SUBSCRIBE, ACL_ERROR_RT_STREAM_SYNC_TIMEOUT, ACL_ERROR_RT_THREAD_SUBSCRIBE,
    ACL_ERROR_RT_VECTOR_CORE_EXCEPTION, ACL_ERROR_RT_WAIT_TIMEOUT,
};
use crate::abi::{
    ACL_ERROR_RT_CAPTURE_DEPENDENCY, ACL_ERROR_RT_CAPTURE_MODE_BLOCK_ASYNC,
    ACL_ERROR_RT_CAPTURE_MODE_NOT_SUPPORT, ACL_ERROR_RT_EVENT_CAPTURED,
    ACL_ERROR_RT_INSUFFICIENT_INPUT_ARRAY, ACL_ERROR_RT_MODEL_ABORT_NORMAL, ACL_ERROR_RT_MODEL_CAPTURED,
    ACL_ERROR_RT_MODEL_RUNNING, ACL_ERROR_RT_STREAM_CAPTURE_IMPLICIT,
    ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED, ACL_ERROR_RT_STREAM_CAPTURE_UNMATCHED,
    ACL_ERROR_RT_STREAM_CAPTURE_WRONG_THREAD, ACL_ERROR_RT_STREAM_CAPTURED, ACL_ERROR_RT_STREAM_MODEL,
    ACL_ERROR_RT_STREAM_NOT_CAPTURED, ACL_ERROR_RT_STREAM_UNJOINED, ACL_ERROR_RT_SUB_ACLGRAPH_IS_CAPTURING,
    ACL_ERROR_RT_TASK_TYPE_NOT_SUPPORT, ACL_ERROR_STREAM_CAPTURE_CONFLICT, ACL_ERROR_STREAM_TASK_GROUP_INTR,
    ACL_ERROR_STREAM_TASK_GROUP_STATUS,
};
use npu_ops::OpError;

/// CANN's success.
pub const SUCCESS: i32 = 0;
/// ACL layer: bad parameter, null pointer or zero size.
pub const ACL_ERROR_INVALID_PARAM: i32 = 100000;
/// ACL layer: not supported.
pub const ACL_ERROR_FEATURE_UNSUPPORTED: i32 = 200006;
/// ACL layer: a kernel of this name is there already.
pub const ACL_ERROR_KERNEL_ALREADY_REGISTERED: i32 = 100031;
/// ACL layer: a file that is not there, or cannot be read.
pub const ACL_ERROR_INVALID_FILE: i32 = 100003;
/// Graph engine: an operator cannot be built, because there is none of its type.
pub const ACL_ERROR_GE_FAILURE: i32 = 500002;
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
/// aclnn: null where an executor function needs a pointer.
pub const ACLNN_ERR_INNER_NULLPTR: i32 = 561103;

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
            MemoryError::OutOfMemory { .. }
            | MemoryError::HostOutOfMemory { .. }
            | MemoryError::NoAddresses { .. } => ACL_ERROR_RT_MEMORY_ALLOCATION,
            MemoryError::NotAStart { .. }
            | MemoryError::NotLive { .. }
            | MemoryError::PastEnd { .. }
            | MemoryError::Mapping { .. }
            | MemoryError::ReadOnly { .. }
            | MemoryError::PastHostEnd { .. } => ACL_ERROR_RT_PARAM_INVALID,
            MemoryError::Registered { .. } => ACL_ERROR_HOST_MEMORY_ALREADY_REGISTERED,
            MemoryError::NotRegistered { .. } => ACL_ERROR_HOST_MEMORY_NOT_REGISTERED,
            MemoryError::NoDevice { .. } => ACL_ERROR_RT_INVALID_DEVICEID,
            MemoryError::Reserve { .. } => ACL_ERROR_RT_DEV_SETUP_ERROR,
        },
        Error::Exec(e) => exec(e),
        Error::Ipc(e) => ipc(e),
        Error::Op(_) => ACL_ERROR_INVALID_PARAM,
        Error::Code { code, .. } => *code,
        Error::Unsupported { .. } => ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
        Error::Forked { .. } | Error::Internal { .. } => ACL_ERROR_INTERNAL_ERROR,
    }
}

/// The runtime's code for what is shared between processes: the driver refuses what the runtime cannot see.
fn ipc(error: &IpcError) -> i32 {
    match error {
        IpcError::NotAKey { .. } | IpcError::Kind { .. } => ACL_ERROR_RT_PARAM_INVALID,
        IpcError::Unshared { .. }
        | IpcError::Ended { .. }
        | IpcError::NotAllowed { .. }
        | IpcError::System { .. } => ACL_ERROR_RT_DRV_INTERNAL_ERROR,
    }
}

/// The runtime's code for a task that failed.
pub fn fault_code(kind: FaultKind) -> i32 {
    match kind {
        FaultKind::AiCore => ACL_ERROR_RT_AICORE_EXCEPTION,
        FaultKind::AiCoreTimeout => ACL_ERROR_RT_AICORE_TIMEOUT,
        FaultKind::Vector => ACL_ERROR_RT_VECTOR_CORE_EXCEPTION,
        FaultKind::AiCpu => ACL_ERROR_RT_AICPU_EXCEPTION,
        FaultKind::Memory => ACL_ERROR_RT_DEVICE_MEM_ERROR,
        FaultKind::Wait => ACL_ERROR_RT_WAIT_TIMEOUT,
        FaultKind::Internal => ACL_ERROR_RT_INTERNAL_ERROR,
    }
}

/// The runtime's code for what streams, events, contexts and devices fail with.
fn exec(error: &ExecError) -> i32 {
    match error {
        ExecError::Config(_) => ACL_ERROR_RT_DEV_SETUP_ERROR,
        ExecError::NoContext | ExecError::BadContext { .. } => ACL_ERROR_RT_CONTEXT_NULL,
        ExecError::DeviceId { .. } | ExecError::DeviceNotSet { .. } => ACL_ERROR_RT_INVALID_DEVICEID,
        ExecError::StreamContext { .. } => ACL_ERROR_RT_STREAM_CONTEXT,
        ExecError::EventDevice { .. } | ExecError::EventUse { .. } => ACL_ERROR_RT_PARAM_INVALID,
        ExecError::StreamLimit { .. } => ACL_ERROR_RT_NO_STREAM_RESOURCE,
        ExecError::EventLimit { .. } => ACL_ERROR_RT_NO_EVENT_RESOURCE,
        ExecError::NotifyLimit { .. } => ACL_ERROR_RT_NO_NOTIFY_RESOURCE,
        ExecError::Ipc(e) => ipc(e),
        ExecError::EventLost { .. } => ACL_ERROR_RT_WAIT_TIMEOUT,
        ExecError::StreamClosed { .. } => ACL_ERROR_RT_INVALID_HANDLE,
        ExecError::StreamStopped { fault, .. } | ExecError::Task { fault, .. } => {
            fault_code(fault.fault.kind)
        }
        ExecError::StreamAborted { .. } => ACL_ERROR_RT_STREAM_ABORT,
        ExecError::DeviceAborted { .. } => ACL_ERROR_RT_DEVICE_TASK_ABORT,
        ExecError::AbortTimeout { .. } => ACL_ERROR_RT_WAIT_TIMEOUT,
        ExecError::StreamTimeout { .. } => ACL_ERROR_RT_STREAM_SYNC_TIMEOUT,
        ExecError::EventTimeout { .. } => ACL_ERROR_RT_EVENT_SYNC_TIMEOUT,
        ExecError::EventTimestamp { .. } => ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID,
        ExecError::EventOrder => ACL_ERROR_RT_EVENT_TIMESTAMP_REVERSAL,
        ExecError::NotSubscribed { .. } => ACL_ERROR_RT_STREAM_NO_CB_REG,
        ExecError::Subscription { .. } => ACL_ERROR_RT_STREAM_SUBSCRIBE,
        ExecError::ReportThread { .. } => ACL_ERROR_RT_THREAD_SUBSCRIBE,
        ExecError::WaitInCallback { .. } => ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
        ExecError::Capture { fault, .. } => capture(*fault),
        ExecError::ReportTimeout { .. } => ACL_ERROR_RT_REPORT_TIMEOUT,
    }
}

/// The runtime's code for calls during a capture and about graphs.
fn capture(fault: CaptureFault) -> i32 {
    match fault {
        CaptureFault::Parameter => ACL_ERROR_RT_PARAM_INVALID,
        CaptureFault::Dependency => ACL_ERROR_RT_CAPTURE_DEPENDENCY,
        CaptureFault::Unjoined => ACL_ERROR_RT_STREAM_UNJOINED,
        CaptureFault::GraphCaptured => ACL_ERROR_RT_MODEL_CAPTURED,
        CaptureFault::StreamCaptured => ACL_ERROR_RT_STREAM_CAPTURED,
        CaptureFault::EventCaptured => ACL_ERROR_RT_EVENT_CAPTURED,
        CaptureFault::NotCaptured => ACL_ERROR_RT_STREAM_NOT_CAPTURED,
        CaptureFault::Forbidden => ACL_ERROR_RT_CAPTURE_MODE_NOT_SUPPORT,
        CaptureFault::Implicit => ACL_ERROR_RT_STREAM_CAPTURE_IMPLICIT,
        CaptureFault::Conflict => ACL_ERROR_STREAM_CAPTURE_CONFLICT,
        CaptureFault::GroupStatus => ACL_ERROR_STREAM_TASK_GROUP_STATUS,
        CaptureFault::GroupMismatch => ACL_ERROR_STREAM_TASK_GROUP_INTR,
        CaptureFault::Unmatched => ACL_ERROR_RT_STREAM_CAPTURE_UNMATCHED,
        CaptureFault::GraphRunning => ACL_ERROR_RT_MODEL_RUNNING,
        CaptureFault::WrongThread => ACL_ERROR_RT_STREAM_CAPTURE_WRONG_THREAD,
        CaptureFault::ArrayTooSmall => ACL_ERROR_RT_INSUFFICIENT_INPUT_ARRAY,
        CaptureFault::ForbiddenCopy => ACL_ERROR_RT_CAPTURE_MODE_BLOCK_ASYNC,
        CaptureFault::BodyCaptured => ACL_ERROR_RT_SUB_ACLGRAPH_IS_CAPTURING,
        CaptureFault::Invalidated => ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED,
        CaptureFault::TaskType => ACL_ERROR_RT_TASK_TYPE_NOT_SUPPORT,
        CaptureFault::Aborted => ACL_ERROR_RT_MODEL_ABORT_NORMAL,
        CaptureFault::Unbound => ACL_ERROR_RT_STREAM_MODEL,
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
            | MemoryError::Mapping { .. }
            | MemoryError::ReadOnly { .. }
            | MemoryError::Registered { .. }
            | MemoryError::NotRegistered { .. }
            | MemoryError::PastHostEnd { .. } => ACLNN_ERR_PARAM_INVALID,
            MemoryError::OutOfMemory { .. }
            | MemoryError::HostOutOfMemory { .. }
            | MemoryError::NoAddresses { .. }
            | MemoryError::NoDevice { .. }
            | MemoryError::Reserve { .. } => ACLNN_ERR_RUNTIME_ERROR,
        },
        Error::Exec(_) | Error::Ipc(_) => ACLNN_ERR_RUNTIME_ERROR,
        Error::Op(OpError::Null { .. }) => ACLNN_ERR_PARAM_NULLPTR,
        Error::Op(_) => ACLNN_ERR_PARAM_INVALID,
        Error::Code { code, .. } => *code,
        Error::Unsupported { .. } => ACLNN_ERR_INNER,
        Error::Forked { .. } => ACLNN_ERR_RUNTIME_ERROR,
        Error::Internal { .. } => ACLNN_ERR_INNER,
    }
}

/// The code of an `Hccl*` function.
pub fn hccl(error: &Error) -> HcclResult {
    match error {
        Error::Arg(e) => match e {
            ArgError::Null { .. } => HCCL_E_PTR,
            ArgError::Misaligned { .. } | ArgError::Range { .. } | ArgError::Handle { .. } => HCCL_E_PARA,
        },
        Error::Memory(e) | Error::MemoryArg { source: e, .. } => match e {
            MemoryError::OutOfMemory { .. }
            | MemoryError::HostOutOfMemory { .. }
            | MemoryError::NoAddresses { .. } => HCCL_E_MEMORY,
            MemoryError::NotAStart { .. }
            | MemoryError::NotLive { .. }
            | MemoryError::PastEnd { .. }
            | MemoryError::Mapping { .. }
            | MemoryError::ReadOnly { .. }
            | MemoryError::Registered { .. }
            | MemoryError::NotRegistered { .. }
            | MemoryError::PastHostEnd { .. } => HCCL_E_PARA,
            MemoryError::NoDevice { .. } | MemoryError::Reserve { .. } => HCCL_E_RUNTIME,
        },
        Error::Exec(_) | Error::Ipc(_) | Error::Forked { .. } => HCCL_E_RUNTIME,
        Error::Op(_) => HCCL_E_PARA,
        Error::Code { code, .. } => *code as HcclResult,
        Error::Unsupported { .. } => HCCL_E_NOT_SUPPORT,
        Error::Internal { .. } => HCCL_E_INTERNAL,
    }
}
