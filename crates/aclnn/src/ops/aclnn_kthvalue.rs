// Generated from ops/*.toml by `cargo xtask codegen`. Do not edit.
//! `aclnnKthvalue`.

use crate::call::{self, Raw};
use capi::abi::{aclOpExecutor, aclTensor, aclnnStatus, aclrtStream};
use npu_ops::registry;
use std::ffi::c_void;

/// First phase of `aclnnKthvalue`: The k-th smallest element along dim, from 1, and where it stands; equal ones keep their order.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `self`: tensor (float, int, bool).
/// - `k`: integer.
/// - `dim`: integer.
/// - `keepdim`: flag.
/// - `valuesOut`: tensor, written.
/// - `indicesOut`: tensor, written.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnKthvalueGetWorkspaceSize(
    self_: *const aclTensor,
    k: i64,
    dim: i64,
    keepdim: bool,
    values_out: *mut aclTensor,
    indices_out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnKthvalueGetWorkspaceSize",
            &registry::ACLNN_KTHVALUE,
            &[
                Raw::Handle(self_.cast()),
                Raw::Int(k),
                Raw::Int(dim),
                Raw::Bool(keepdim),
                Raw::Handle(values_out.cast()),
                Raw::Handle(indices_out.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnKthvalue`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnKthvalue(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnKthvalue",
        &registry::ACLNN_KTHVALUE,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}
