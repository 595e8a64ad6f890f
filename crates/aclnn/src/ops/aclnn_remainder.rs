// Generated from ops/*.toml by `cargo xtask codegen`. Do not edit.
//! `aclnnInplaceRemainderTensorScalar`, `aclnnInplaceRemainderTensorTensor`, `aclnnRemainderScalarTensor`, `aclnnRemainderTensorScalar`, `aclnnRemainderTensorTensor`.

use crate::call::{self, Raw};
use capi::abi::{aclOpExecutor, aclScalar, aclTensor, aclnnStatus, aclrtStream};
use npu_ops::registry;
use std::ffi::c_void;

/// First phase of `aclnnInplaceRemainderTensorScalar`: What is left of self / other rounded down: has the sign of other.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `selfRef`: tensor (float, int), read and written.
/// - `other`: scalar.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnInplaceRemainderTensorScalarGetWorkspaceSize(
    self_ref: *mut aclTensor,
    other: *const aclScalar,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnInplaceRemainderTensorScalarGetWorkspaceSize",
            &registry::ACLNN_INPLACE_REMAINDER_TENSOR_SCALAR,
            &[Raw::Handle(self_ref.cast()), Raw::Handle(other.cast())],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnInplaceRemainderTensorScalar`: enqueues the computation.
///
/// - `workspace`: device memory of `workspaceSize` bytes, may be null if 0; must live until the stream has passed.
/// - `workspaceSize`: as the first phase returned it, or more.
/// - `executor`: from the first phase; consumed unless made repeatable.
/// - `stream`: null means the current context's default stream.
///
/// Returns 0, 161001, 161002 or 361001 as the first phase does. Errors in the data surface when the stream is
/// synchronised. Thread-safe.
///
/// # Safety
/// Always safe to call: every pointer is a checked handle or device address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnInplaceRemainderTensorScalar(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnInplaceRemainderTensorScalar",
        &registry::ACLNN_INPLACE_REMAINDER_TENSOR_SCALAR,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnInplaceRemainderTensorTensor`: What is left of self / other rounded down: has the sign of other.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `selfRef`: tensor (float, int), read and written.
/// - `other`: tensor (float, int).
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnInplaceRemainderTensorTensorGetWorkspaceSize(
    self_ref: *mut aclTensor,
    other: *const aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnInplaceRemainderTensorTensorGetWorkspaceSize",
            &registry::ACLNN_INPLACE_REMAINDER_TENSOR_TENSOR,
            &[Raw::Handle(self_ref.cast()), Raw::Handle(other.cast())],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnInplaceRemainderTensorTensor`: enqueues the computation.
///
/// - `workspace`: device memory of `workspaceSize` bytes, may be null if 0; must live until the stream has passed.
/// - `workspaceSize`: as the first phase returned it, or more.
/// - `executor`: from the first phase; consumed unless made repeatable.
/// - `stream`: null means the current context's default stream.
///
/// Returns 0, 161001, 161002 or 361001 as the first phase does. Errors in the data surface when the stream is
/// synchronised. Thread-safe.
///
/// # Safety
/// Always safe to call: every pointer is a checked handle or device address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnInplaceRemainderTensorTensor(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnInplaceRemainderTensorTensor",
        &registry::ACLNN_INPLACE_REMAINDER_TENSOR_TENSOR,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnRemainderScalarTensor`: What is left of self / other rounded down: has the sign of other.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `self`: scalar.
/// - `other`: tensor (float, int).
/// - `out`: tensor, written.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnRemainderScalarTensorGetWorkspaceSize(
    self_: *const aclScalar,
    other: *const aclTensor,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnRemainderScalarTensorGetWorkspaceSize",
            &registry::ACLNN_REMAINDER_SCALAR_TENSOR,
            &[Raw::Handle(self_.cast()), Raw::Handle(other.cast()), Raw::Handle(out.cast())],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnRemainderScalarTensor`: enqueues the computation.
///
/// - `workspace`: device memory of `workspaceSize` bytes, may be null if 0; must live until the stream has passed.
/// - `workspaceSize`: as the first phase returned it, or more.
/// - `executor`: from the first phase; consumed unless made repeatable.
/// - `stream`: null means the current context's default stream.
///
/// Returns 0, 161001, 161002 or 361001 as the first phase does. Errors in the data surface when the stream is
/// synchronised. Thread-safe.
///
/// # Safety
/// Always safe to call: every pointer is a checked handle or device address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnRemainderScalarTensor(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnRemainderScalarTensor",
        &registry::ACLNN_REMAINDER_SCALAR_TENSOR,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnRemainderTensorScalar`: What is left of self / other rounded down: has the sign of other.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `self`: tensor (float, int).
/// - `other`: scalar.
/// - `out`: tensor, written.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnRemainderTensorScalarGetWorkspaceSize(
    self_: *const aclTensor,
    other: *const aclScalar,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnRemainderTensorScalarGetWorkspaceSize",
            &registry::ACLNN_REMAINDER_TENSOR_SCALAR,
            &[Raw::Handle(self_.cast()), Raw::Handle(other.cast()), Raw::Handle(out.cast())],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnRemainderTensorScalar`: enqueues the computation.
///
/// - `workspace`: device memory of `workspaceSize` bytes, may be null if 0; must live until the stream has passed.
/// - `workspaceSize`: as the first phase returned it, or more.
/// - `executor`: from the first phase; consumed unless made repeatable.
/// - `stream`: null means the current context's default stream.
///
/// Returns 0, 161001, 161002 or 361001 as the first phase does. Errors in the data surface when the stream is
/// synchronised. Thread-safe.
///
/// # Safety
/// Always safe to call: every pointer is a checked handle or device address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnRemainderTensorScalar(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnRemainderTensorScalar",
        &registry::ACLNN_REMAINDER_TENSOR_SCALAR,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnRemainderTensorTensor`: What is left of self / other rounded down: has the sign of other.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `self`: tensor (float, int).
/// - `other`: tensor (float, int).
/// - `out`: tensor, written.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnRemainderTensorTensorGetWorkspaceSize(
    self_: *const aclTensor,
    other: *const aclTensor,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnRemainderTensorTensorGetWorkspaceSize",
            &registry::ACLNN_REMAINDER_TENSOR_TENSOR,
            &[Raw::Handle(self_.cast()), Raw::Handle(other.cast()), Raw::Handle(out.cast())],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnRemainderTensorTensor`: enqueues the computation.
///
/// - `workspace`: device memory of `workspaceSize` bytes, may be null if 0; must live until the stream has passed.
/// - `workspaceSize`: as the first phase returned it, or more.
/// - `executor`: from the first phase; consumed unless made repeatable.
/// - `stream`: null means the current context's default stream.
///
/// Returns 0, 161001, 161002 or 361001 as the first phase does. Errors in the data surface when the stream is
/// synchronised. Thread-safe.
///
/// # Safety
/// Always safe to call: every pointer is a checked handle or device address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnRemainderTensorTensor(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnRemainderTensorTensor",
        &registry::ACLNN_REMAINDER_TENSOR_TENSOR,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}
