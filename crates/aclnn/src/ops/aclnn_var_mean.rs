// Generated from ops/*.toml by `cargo xtask codegen`. Do not edit.
//! `aclnnVarMean`.

use crate::call::{self, Raw};
use capi::abi::{aclIntArray, aclOpExecutor, aclTensor, aclnnStatus, aclrtStream};
use npu_ops::registry;
use std::ffi::c_void;

/// First phase of `aclnnVarMean`: Variance over dim: the sum of squared distances from the mean divided by n - correction; and the mean.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `self`: tensor (float).
/// - `dim`: integers, may be null.
/// - `correction`: integer.
/// - `keepdim`: flag.
/// - `varOut`: tensor, written.
/// - `meanOut`: tensor, written.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnVarMeanGetWorkspaceSize(
    self_: *const aclTensor,
    dim: *const aclIntArray,
    correction: i64,
    keepdim: bool,
    var_out: *mut aclTensor,
    mean_out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnVarMeanGetWorkspaceSize",
            &registry::ACLNN_VAR_MEAN,
            &[
                Raw::Handle(self_.cast()),
                Raw::Handle(dim.cast()),
                Raw::Int(correction),
                Raw::Bool(keepdim),
                Raw::Handle(var_out.cast()),
                Raw::Handle(mean_out.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnVarMean`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnVarMean(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase("aclnnVarMean", &registry::ACLNN_VAR_MEAN, workspace, workspace_size, executor, stream)
}
