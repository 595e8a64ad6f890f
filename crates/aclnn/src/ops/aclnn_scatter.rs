// Generated from ops/*.toml by `cargo xtask codegen`. Do not edit.
//! `aclnnInplaceScatter`, `aclnnInplaceScatterValue`, `aclnnScatter`, `aclnnScatterValue`.

use crate::call::{self, Raw};
use capi::abi::{aclOpExecutor, aclScalar, aclTensor, aclnnStatus, aclrtStream};
use npu_ops::registry;
use std::ffi::c_void;

/// First phase of `aclnnInplaceScatter`: Writes src where indices along dim point; reduce 0 replaces, 1 adds, 2 multiplies, 3 takes the larger, 4 the smaller.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `selfRef`: tensor (float, int, bool, complex), read and written.
/// - `dim`: integer.
/// - `index`: tensor.
/// - `src`: tensor (float, int, bool, complex).
/// - `reduce`: integer.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnInplaceScatterGetWorkspaceSize(
    self_ref: *mut aclTensor,
    dim: i64,
    index: *const aclTensor,
    src: *const aclTensor,
    reduce: i64,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnInplaceScatterGetWorkspaceSize",
            &registry::ACLNN_INPLACE_SCATTER,
            &[
                Raw::Handle(self_ref.cast()),
                Raw::Int(dim),
                Raw::Handle(index.cast()),
                Raw::Handle(src.cast()),
                Raw::Int(reduce),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnInplaceScatter`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnInplaceScatter(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnInplaceScatter",
        &registry::ACLNN_INPLACE_SCATTER,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnInplaceScatterValue`: Writes src where indices along dim point; reduce 0 replaces, 1 adds, 2 multiplies, 3 takes the larger, 4 the smaller.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `selfRef`: tensor (float, int, bool, complex), read and written.
/// - `dim`: integer.
/// - `index`: tensor.
/// - `value`: scalar.
/// - `reduce`: integer.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnInplaceScatterValueGetWorkspaceSize(
    self_ref: *mut aclTensor,
    dim: i64,
    index: *const aclTensor,
    value: *const aclScalar,
    reduce: i64,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnInplaceScatterValueGetWorkspaceSize",
            &registry::ACLNN_INPLACE_SCATTER_VALUE,
            &[
                Raw::Handle(self_ref.cast()),
                Raw::Int(dim),
                Raw::Handle(index.cast()),
                Raw::Handle(value.cast()),
                Raw::Int(reduce),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnInplaceScatterValue`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnInplaceScatterValue(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnInplaceScatterValue",
        &registry::ACLNN_INPLACE_SCATTER_VALUE,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnScatter`: Writes src where indices along dim point; reduce 0 replaces, 1 adds, 2 multiplies, 3 takes the larger, 4 the smaller.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `self`: tensor (float, int, bool, complex).
/// - `dim`: integer.
/// - `index`: tensor.
/// - `src`: tensor (float, int, bool, complex).
/// - `reduce`: integer.
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
pub unsafe extern "C" fn aclnnScatterGetWorkspaceSize(
    self_: *const aclTensor,
    dim: i64,
    index: *const aclTensor,
    src: *const aclTensor,
    reduce: i64,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnScatterGetWorkspaceSize",
            &registry::ACLNN_SCATTER,
            &[
                Raw::Handle(self_.cast()),
                Raw::Int(dim),
                Raw::Handle(index.cast()),
                Raw::Handle(src.cast()),
                Raw::Int(reduce),
                Raw::Handle(out.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnScatter`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnScatter(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase("aclnnScatter", &registry::ACLNN_SCATTER, workspace, workspace_size, executor, stream)
}

/// First phase of `aclnnScatterValue`: Writes src where indices along dim point; reduce 0 replaces, 1 adds, 2 multiplies, 3 takes the larger, 4 the smaller.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `self`: tensor (float, int, bool, complex).
/// - `dim`: integer.
/// - `index`: tensor.
/// - `value`: scalar.
/// - `reduce`: integer.
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
pub unsafe extern "C" fn aclnnScatterValueGetWorkspaceSize(
    self_: *const aclTensor,
    dim: i64,
    index: *const aclTensor,
    value: *const aclScalar,
    reduce: i64,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnScatterValueGetWorkspaceSize",
            &registry::ACLNN_SCATTER_VALUE,
            &[
                Raw::Handle(self_.cast()),
                Raw::Int(dim),
                Raw::Handle(index.cast()),
                Raw::Handle(value.cast()),
                Raw::Int(reduce),
                Raw::Handle(out.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnScatterValue`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnScatterValue(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnScatterValue",
        &registry::ACLNN_SCATTER_VALUE,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}
