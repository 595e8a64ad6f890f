// Generated from ops/*.toml by `cargo xtask codegen`. Do not edit.
//! `aclnnClamp`, `aclnnClampMax`, `aclnnClampMaxTensor`, `aclnnClampMin`, `aclnnClampMinTensor`, `aclnnClampTensor`, `aclnnInplaceClampMax`, `aclnnInplaceClampMaxTensor`, `aclnnInplaceClampMinTensor`.

use crate::call::{self, Raw};
use capi::abi::{aclOpExecutor, aclScalar, aclTensor, aclnnStatus, aclrtStream};
use npu_ops::registry;
use std::ffi::c_void;

/// First phase of `aclnnClamp`: self between two bounds, of which one may be missing; NaN stays, and the upper bound wins.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `self`: tensor (float, int).
/// - `clipValueMin`: scalar, may be null.
/// - `clipValueMax`: scalar, may be null.
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
pub unsafe extern "C" fn aclnnClampGetWorkspaceSize(
    self_: *const aclTensor,
    clip_value_min: *const aclScalar,
    clip_value_max: *const aclScalar,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnClampGetWorkspaceSize",
            &registry::ACLNN_CLAMP,
            &[
                Raw::Handle(self_.cast()),
                Raw::Handle(clip_value_min.cast()),
                Raw::Handle(clip_value_max.cast()),
                Raw::Handle(out.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnClamp`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnClamp(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase("aclnnClamp", &registry::ACLNN_CLAMP, workspace, workspace_size, executor, stream)
}

/// First phase of `aclnnClampMax`: self between two bounds, of which one may be missing; NaN stays, and the upper bound wins.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `self`: tensor (float, int).
/// - `clipValueMax`: scalar.
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
pub unsafe extern "C" fn aclnnClampMaxGetWorkspaceSize(
    self_: *const aclTensor,
    clip_value_max: *const aclScalar,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnClampMaxGetWorkspaceSize",
            &registry::ACLNN_CLAMP_MAX,
            &[Raw::Handle(self_.cast()), Raw::Handle(clip_value_max.cast()), Raw::Handle(out.cast())],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnClampMax`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnClampMax(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnClampMax",
        &registry::ACLNN_CLAMP_MAX,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnClampMaxTensor`: self between two bounds, of which one may be missing; NaN stays, and the upper bound wins.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `self`: tensor (float, int).
/// - `max`: tensor.
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
pub unsafe extern "C" fn aclnnClampMaxTensorGetWorkspaceSize(
    self_: *const aclTensor,
    max: *const aclTensor,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnClampMaxTensorGetWorkspaceSize",
            &registry::ACLNN_CLAMP_MAX_TENSOR,
            &[Raw::Handle(self_.cast()), Raw::Handle(max.cast()), Raw::Handle(out.cast())],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnClampMaxTensor`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnClampMaxTensor(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnClampMaxTensor",
        &registry::ACLNN_CLAMP_MAX_TENSOR,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnClampMin`: self between two bounds, of which one may be missing; NaN stays, and the upper bound wins.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `self`: tensor (float, int).
/// - `clipValueMin`: scalar.
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
pub unsafe extern "C" fn aclnnClampMinGetWorkspaceSize(
    self_: *const aclTensor,
    clip_value_min: *const aclScalar,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnClampMinGetWorkspaceSize",
            &registry::ACLNN_CLAMP_MIN,
            &[Raw::Handle(self_.cast()), Raw::Handle(clip_value_min.cast()), Raw::Handle(out.cast())],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnClampMin`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnClampMin(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnClampMin",
        &registry::ACLNN_CLAMP_MIN,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnClampMinTensor`: self between two bounds, of which one may be missing; NaN stays, and the upper bound wins.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `self`: tensor (float, int).
/// - `clipValueMin`: tensor.
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
pub unsafe extern "C" fn aclnnClampMinTensorGetWorkspaceSize(
    self_: *const aclTensor,
    clip_value_min: *const aclTensor,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnClampMinTensorGetWorkspaceSize",
            &registry::ACLNN_CLAMP_MIN_TENSOR,
            &[Raw::Handle(self_.cast()), Raw::Handle(clip_value_min.cast()), Raw::Handle(out.cast())],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnClampMinTensor`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnClampMinTensor(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnClampMinTensor",
        &registry::ACLNN_CLAMP_MIN_TENSOR,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnClampTensor`: self between two bounds, of which one may be missing; NaN stays, and the upper bound wins.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `self`: tensor (float, int).
/// - `clipValueMin`: tensor, may be null.
/// - `clipValueMax`: tensor, may be null.
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
pub unsafe extern "C" fn aclnnClampTensorGetWorkspaceSize(
    self_: *const aclTensor,
    clip_value_min: *const aclTensor,
    clip_value_max: *const aclTensor,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnClampTensorGetWorkspaceSize",
            &registry::ACLNN_CLAMP_TENSOR,
            &[
                Raw::Handle(self_.cast()),
                Raw::Handle(clip_value_min.cast()),
                Raw::Handle(clip_value_max.cast()),
                Raw::Handle(out.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnClampTensor`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnClampTensor(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnClampTensor",
        &registry::ACLNN_CLAMP_TENSOR,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnInplaceClampMax`: self between two bounds, of which one may be missing; NaN stays, and the upper bound wins.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `selfRef`: tensor (float, int), read and written.
/// - `clipValueMax`: scalar.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnInplaceClampMaxGetWorkspaceSize(
    self_ref: *const aclTensor,
    clip_value_max: *const aclScalar,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnInplaceClampMaxGetWorkspaceSize",
            &registry::ACLNN_INPLACE_CLAMP_MAX,
            &[Raw::Handle(self_ref.cast()), Raw::Handle(clip_value_max.cast())],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnInplaceClampMax`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnInplaceClampMax(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnInplaceClampMax",
        &registry::ACLNN_INPLACE_CLAMP_MAX,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnInplaceClampMaxTensor`: self between two bounds, of which one may be missing; NaN stays, and the upper bound wins.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `selfRef`: tensor (float, int), read and written.
/// - `max`: tensor.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnInplaceClampMaxTensorGetWorkspaceSize(
    self_ref: *mut aclTensor,
    max: *const aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnInplaceClampMaxTensorGetWorkspaceSize",
            &registry::ACLNN_INPLACE_CLAMP_MAX_TENSOR,
            &[Raw::Handle(self_ref.cast()), Raw::Handle(max.cast())],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnInplaceClampMaxTensor`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnInplaceClampMaxTensor(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnInplaceClampMaxTensor",
        &registry::ACLNN_INPLACE_CLAMP_MAX_TENSOR,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnInplaceClampMinTensor`: self between two bounds, of which one may be missing; NaN stays, and the upper bound wins.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `selfRef`: tensor (float, int), read and written.
/// - `clipValueMin`: tensor.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnInplaceClampMinTensorGetWorkspaceSize(
    self_ref: *mut aclTensor,
    clip_value_min: *const aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnInplaceClampMinTensorGetWorkspaceSize",
            &registry::ACLNN_INPLACE_CLAMP_MIN_TENSOR,
            &[Raw::Handle(self_ref.cast()), Raw::Handle(clip_value_min.cast())],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnInplaceClampMinTensor`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnInplaceClampMinTensor(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnInplaceClampMinTensor",
        &registry::ACLNN_INPLACE_CLAMP_MIN_TENSOR,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}
