// Generated from ops/*.toml by `cargo xtask codegen`. Do not edit.
//! `aclnnDropoutGenMask`, `aclnnDropoutGenMaskV2`, `aclnnDropoutGenMaskV2Tensor`.

use crate::call::{self, Raw};
use capi::abi::{aclDataType, aclIntArray, aclOpExecutor, aclTensor, aclnnStatus, aclrtStream};
use npu_ops::registry;
use std::ffi::c_void;

/// First phase of `aclnnDropoutGenMask`: A bit for each element, 0 with probability prob, low bits first, in a whole number of 128-bit pieces.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `shape`: integers.
/// - `prob`: number.
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
pub unsafe extern "C" fn aclnnDropoutGenMaskGetWorkspaceSize(
    shape: *const aclIntArray,
    prob: f64,
    seed: i64,
    offset: i64,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnDropoutGenMaskGetWorkspaceSize",
            &registry::ACLNN_DROPOUT_GEN_MASK,
            &[
                Raw::Handle(shape.cast()),
                Raw::Float(prob),
                Raw::Int(seed),
                Raw::Int(offset),
                Raw::Handle(out.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnDropoutGenMask`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnDropoutGenMask(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnDropoutGenMask",
        &registry::ACLNN_DROPOUT_GEN_MASK,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnDropoutGenMaskV2`: A bit for each element, 0 with probability prob, low bits first, in a whole number of 128-bit pieces.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `shape`: integers.
/// - `prob`: number.
/// - `seed`: integer.
/// - `offset`: integer.
/// - `probDataType`: element type.
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
pub unsafe extern "C" fn aclnnDropoutGenMaskV2GetWorkspaceSize(
    shape: *const aclIntArray,
    prob: f64,
    seed: i64,
    offset: i64,
    prob_data_type: aclDataType,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnDropoutGenMaskV2GetWorkspaceSize",
            &registry::ACLNN_DROPOUT_GEN_MASK_V2,
            &[
                Raw::Handle(shape.cast()),
                Raw::Float(prob),
                Raw::Int(seed),
                Raw::Int(offset),
                Raw::DType(prob_data_type),
                Raw::Handle(out.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnDropoutGenMaskV2`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnDropoutGenMaskV2(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnDropoutGenMaskV2",
        &registry::ACLNN_DROPOUT_GEN_MASK_V2,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnDropoutGenMaskV2Tensor`: A bit for each element, 0 with probability prob, low bits first, in a whole number of 128-bit pieces.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `shape`: integers.
/// - `prob`: number.
/// - `seedTensor`: tensor.
/// - `offsetTensor`: tensor.
/// - `offset`: integer.
/// - `probDataType`: element type.
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
pub unsafe extern "C" fn aclnnDropoutGenMaskV2TensorGetWorkspaceSize(
    shape: *const aclIntArray,
    prob: f64,
    seed_tensor: *const aclTensor,
    offset_tensor: *const aclTensor,
    offset: i64,
    prob_data_type: aclDataType,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnDropoutGenMaskV2TensorGetWorkspaceSize",
            &registry::ACLNN_DROPOUT_GEN_MASK_V2_TENSOR,
            &[
                Raw::Handle(shape.cast()),
                Raw::Float(prob),
                Raw::Handle(seed_tensor.cast()),
                Raw::Handle(offset_tensor.cast()),
                Raw::Int(offset),
                Raw::DType(prob_data_type),
                Raw::Handle(out.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnDropoutGenMaskV2Tensor`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnDropoutGenMaskV2Tensor(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnDropoutGenMaskV2Tensor",
        &registry::ACLNN_DROPOUT_GEN_MASK_V2_TENSOR,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}
