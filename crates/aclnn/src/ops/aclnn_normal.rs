// Generated from ops/*.toml by `cargo xtask codegen`. Do not edit.
//! `aclnnInplaceNormal`, `aclnnInplaceNormalTensor`.

use crate::call::{self, Raw};
use capi::abi::{aclOpExecutor, aclTensor, aclnnStatus, aclrtStream};
use npu_ops::registry;
use std::ffi::c_void;

/// First phase of `aclnnInplaceNormal`: Normal numbers of the given mean and deviation.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `selfRef`: tensor, written.
/// - `mean`: number.
/// - `std`: number.
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
pub unsafe extern "C" fn aclnnInplaceNormalGetWorkspaceSize(
    self_ref: *const aclTensor,
    mean: f32,
    std: f32,
    seed: i64,
    offset: i64,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnInplaceNormalGetWorkspaceSize",
            &registry::ACLNN_INPLACE_NORMAL,
            &[
                Raw::Handle(self_ref.cast()),
                Raw::Float(f64::from(mean)),
                Raw::Float(f64::from(std)),
                Raw::Int(seed),
                Raw::Int(offset),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnInplaceNormal`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnInplaceNormal(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnInplaceNormal",
        &registry::ACLNN_INPLACE_NORMAL,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnInplaceNormalTensor`: Normal numbers of the given mean and deviation.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `selfRef`: tensor, written.
/// - `mean`: number.
/// - `std`: number.
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
pub unsafe extern "C" fn aclnnInplaceNormalTensorGetWorkspaceSize(
    self_ref: *const aclTensor,
    mean: f32,
    std: f32,
    seed_tensor: *const aclTensor,
    offset_tensor: *const aclTensor,
    offset: i64,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnInplaceNormalTensorGetWorkspaceSize",
            &registry::ACLNN_INPLACE_NORMAL_TENSOR,
            &[
                Raw::Handle(self_ref.cast()),
                Raw::Float(f64::from(mean)),
                Raw::Float(f64::from(std)),
                Raw::Handle(seed_tensor.cast()),
                Raw::Handle(offset_tensor.cast()),
                Raw::Int(offset),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnInplaceNormalTensor`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnInplaceNormalTensor(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnInplaceNormalTensor",
        &registry::ACLNN_INPLACE_NORMAL_TENSOR,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}
