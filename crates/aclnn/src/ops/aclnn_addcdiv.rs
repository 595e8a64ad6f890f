// Generated from ops/*.toml by `cargo xtask codegen`. Do not edit.
//! `aclnnAddcdiv`, `aclnnInplaceAddcdiv`.

use crate::call::{self, Raw};
use capi::abi::{aclOpExecutor, aclScalar, aclTensor, aclnnStatus, aclrtStream};
use npu_ops::registry;
use std::ffi::c_void;

/// First phase of `aclnnAddcdiv`: self + value * tensor1 / tensor2.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `self`: tensor (float, complex).
/// - `tensor1`: tensor (float, complex).
/// - `tensor2`: tensor.
/// - `value`: scalar.
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
pub unsafe extern "C" fn aclnnAddcdivGetWorkspaceSize(
    self_: *const aclTensor,
    tensor1: *const aclTensor,
    tensor2: *const aclTensor,
    value: *const aclScalar,
    out: *const aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnAddcdivGetWorkspaceSize",
            &registry::ACLNN_ADDCDIV,
            &[
                Raw::Handle(self_.cast()),
                Raw::Handle(tensor1.cast()),
                Raw::Handle(tensor2.cast()),
                Raw::Handle(value.cast()),
                Raw::Handle(out.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnAddcdiv`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnAddcdiv(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase("aclnnAddcdiv", &registry::ACLNN_ADDCDIV, workspace, workspace_size, executor, stream)
}

/// First phase of `aclnnInplaceAddcdiv`: self + value * tensor1 / tensor2.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `selfRef`: tensor (float, complex), read and written.
/// - `tensor1`: tensor (float, complex).
/// - `tensor2`: tensor.
/// - `value`: scalar.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnInplaceAddcdivGetWorkspaceSize(
    self_ref: *const aclTensor,
    tensor1: *const aclTensor,
    tensor2: *const aclTensor,
    value: *const aclScalar,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnInplaceAddcdivGetWorkspaceSize",
            &registry::ACLNN_INPLACE_ADDCDIV,
            &[
                Raw::Handle(self_ref.cast()),
                Raw::Handle(tensor1.cast()),
                Raw::Handle(tensor2.cast()),
                Raw::Handle(value.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnInplaceAddcdiv`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnInplaceAddcdiv(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnInplaceAddcdiv",
        &registry::ACLNN_INPLACE_ADDCDIV,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}
