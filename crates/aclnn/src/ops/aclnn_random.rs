// Generated from ops/*.toml by `cargo xtask codegen`. Do not edit.
//! `aclnnInplaceRandom`, `aclnnInplaceRandomTensor`, `aclnnInplaceRandomWithoutFromTo`, `aclnnInplaceRandomWithoutFromToTensor`.

use crate::call::{self, Raw};
use capi::abi::{aclOpExecutor, aclTensor, aclnnStatus, aclrtStream};
use npu_ops::registry;
use std::ffi::c_void;

/// First phase of `aclnnInplaceRandom`: Integers in [from, to), or from 0 on as many as the type holds exactly.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `selfRef`: tensor, written.
/// - `from`: integer.
/// - `to`: integer.
/// - `seed`: integer.
/// - `offset`: integer.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnInplaceRandomGetWorkspaceSize(
    self_ref: *const aclTensor,
    from: i64,
    to: i64,
    seed: i64,
    offset: i64,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnInplaceRandomGetWorkspaceSize",
            &registry::ACLNN_INPLACE_RANDOM,
            &[Raw::Handle(self_ref.cast()), Raw::Int(from), Raw::Int(to), Raw::Int(seed), Raw::Int(offset)],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnInplaceRandom`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnInplaceRandom(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnInplaceRandom",
        &registry::ACLNN_INPLACE_RANDOM,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnInplaceRandomTensor`: Integers in [from, to), or from 0 on as many as the type holds exactly.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `selfRef`: tensor, written.
/// - `from`: integer.
/// - `to`: integer.
/// - `seedTensor`: tensor.
/// - `offsetTensor`: tensor.
/// - `offset`: integer.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnInplaceRandomTensorGetWorkspaceSize(
    self_ref: *const aclTensor,
    from: i64,
    to: i64,
    seed_tensor: *const aclTensor,
    offset_tensor: *const aclTensor,
    offset: i64,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnInplaceRandomTensorGetWorkspaceSize",
            &registry::ACLNN_INPLACE_RANDOM_TENSOR,
            &[
                Raw::Handle(self_ref.cast()),
                Raw::Int(from),
                Raw::Int(to),
                Raw::Handle(seed_tensor.cast()),
                Raw::Handle(offset_tensor.cast()),
                Raw::Int(offset),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnInplaceRandomTensor`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnInplaceRandomTensor(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnInplaceRandomTensor",
        &registry::ACLNN_INPLACE_RANDOM_TENSOR,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnInplaceRandomWithoutFromTo`: Integers in [from, to), or from 0 on as many as the type holds exactly.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `selfRef`: tensor, written.
/// - `seed`: integer.
/// - `offset`: integer.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnInplaceRandomWithoutFromToGetWorkspaceSize(
    self_ref: *const aclTensor,
    seed: i64,
    offset: i64,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnInplaceRandomWithoutFromToGetWorkspaceSize",
            &registry::ACLNN_INPLACE_RANDOM_WITHOUT_FROM_TO,
            &[Raw::Handle(self_ref.cast()), Raw::Int(seed), Raw::Int(offset)],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnInplaceRandomWithoutFromTo`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnInplaceRandomWithoutFromTo(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnInplaceRandomWithoutFromTo",
        &registry::ACLNN_INPLACE_RANDOM_WITHOUT_FROM_TO,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnInplaceRandomWithoutFromToTensor`: Integers in [from, to), or from 0 on as many as the type holds exactly.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `selfRef`: tensor, written.
/// - `seedTensor`: tensor.
/// - `offsetTensor`: tensor.
/// - `offset`: integer.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnInplaceRandomWithoutFromToTensorGetWorkspaceSize(
    self_ref: *const aclTensor,
    seed_tensor: *const aclTensor,
    offset_tensor: *const aclTensor,
    offset: i64,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnInplaceRandomWithoutFromToTensorGetWorkspaceSize",
            &registry::ACLNN_INPLACE_RANDOM_WITHOUT_FROM_TO_TENSOR,
            &[
                Raw::Handle(self_ref.cast()),
                Raw::Handle(seed_tensor.cast()),
                Raw::Handle(offset_tensor.cast()),
                Raw::Int(offset),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnInplaceRandomWithoutFromToTensor`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnInplaceRandomWithoutFromToTensor(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnInplaceRandomWithoutFromToTensor",
        &registry::ACLNN_INPLACE_RANDOM_WITHOUT_FROM_TO_TENSOR,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}
