// Generated from ops/*.toml by `cargo xtask codegen`. Do not edit.
//! `aclnnNormalFloatFloat`, `aclnnNormalFloatTensor`, `aclnnNormalTensorFloat`, `aclnnNormalTensorTensor`.

use crate::call::{self, Raw};
use capi::abi::{aclOpExecutor, aclTensor, aclnnStatus, aclrtStream};
use npu_ops::registry;
use std::ffi::c_void;

/// First phase of `aclnnNormalFloatFloat`: Normal numbers of the given mean and deviation.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `mean`: number.
/// - `std`: number.
/// - `seed`: integer.
/// - `offset`: integer.
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
pub unsafe extern "C" fn aclnnNormalFloatFloatGetWorkspaceSize(
    mean: f32,
    std: f32,
    seed: i64,
    offset: i64,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnNormalFloatFloatGetWorkspaceSize",
            &registry::ACLNN_NORMAL_FLOAT_FLOAT,
            &[
                Raw::Float(f64::from(mean)),
                Raw::Float(f64::from(std)),
                Raw::Int(seed),
                Raw::Int(offset),
                Raw::Handle(out.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnNormalFloatFloat`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnNormalFloatFloat(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnNormalFloatFloat",
        &registry::ACLNN_NORMAL_FLOAT_FLOAT,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnNormalFloatTensor`: Normal numbers of the given mean and deviation.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `mean`: number.
/// - `std`: tensor (float).
/// - `seed`: integer.
/// - `offset`: integer.
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
pub unsafe extern "C" fn aclnnNormalFloatTensorGetWorkspaceSize(
    mean: f32,
    std: *const aclTensor,
    seed: i64,
    offset: i64,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnNormalFloatTensorGetWorkspaceSize",
            &registry::ACLNN_NORMAL_FLOAT_TENSOR,
            &[
                Raw::Float(f64::from(mean)),
                Raw::Handle(std.cast()),
                Raw::Int(seed),
                Raw::Int(offset),
                Raw::Handle(out.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnNormalFloatTensor`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnNormalFloatTensor(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnNormalFloatTensor",
        &registry::ACLNN_NORMAL_FLOAT_TENSOR,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnNormalTensorFloat`: Normal numbers of the given mean and deviation.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `mean`: tensor (float).
/// - `std`: number.
/// - `seed`: integer.
/// - `offset`: integer.
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
pub unsafe extern "C" fn aclnnNormalTensorFloatGetWorkspaceSize(
    mean: *const aclTensor,
    std: f32,
    seed: i64,
    offset: i64,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnNormalTensorFloatGetWorkspaceSize",
            &registry::ACLNN_NORMAL_TENSOR_FLOAT,
            &[
                Raw::Handle(mean.cast()),
                Raw::Float(f64::from(std)),
                Raw::Int(seed),
                Raw::Int(offset),
                Raw::Handle(out.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnNormalTensorFloat`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnNormalTensorFloat(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnNormalTensorFloat",
        &registry::ACLNN_NORMAL_TENSOR_FLOAT,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnNormalTensorTensor`: Normal numbers of the given mean and deviation.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `mean`: tensor (float).
/// - `std`: tensor (float).
/// - `seed`: integer.
/// - `offset`: integer.
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
pub unsafe extern "C" fn aclnnNormalTensorTensorGetWorkspaceSize(
    mean: *const aclTensor,
    std: *const aclTensor,
    seed: i64,
    offset: i64,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnNormalTensorTensorGetWorkspaceSize",
            &registry::ACLNN_NORMAL_TENSOR_TENSOR,
            &[
                Raw::Handle(mean.cast()),
                Raw::Handle(std.cast()),
                Raw::Int(seed),
                Raw::Int(offset),
                Raw::Handle(out.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnNormalTensorTensor`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnNormalTensorTensor(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnNormalTensorTensor",
        &registry::ACLNN_NORMAL_TENSOR_TENSOR,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}
