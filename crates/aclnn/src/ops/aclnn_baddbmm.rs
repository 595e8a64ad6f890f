// Generated from ops/*.toml by `cargo xtask codegen`. Do not edit.
//! `aclnnBaddbmm`, `aclnnInplaceBaddbmm`.

use crate::call::{self, Raw};
use capi::abi::{aclOpExecutor, aclScalar, aclTensor, aclnnStatus, aclrtStream};
use npu_ops::registry;
use std::ffi::c_void;

/// First phase of `aclnnBaddbmm`: beta * self + alpha * (batch1 @ batch2), for batches of matrices; self is broadcast, and ignored when beta is 0.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `self`: tensor.
/// - `batch1`: tensor (float, int, complex).
/// - `batch2`: tensor (float, int, complex).
/// - `beta`: scalar.
/// - `alpha`: scalar.
/// - `out`: tensor, written.
/// - `cubeMathType`: integer.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnBaddbmmGetWorkspaceSize(
    self_: *const aclTensor,
    batch1: *const aclTensor,
    batch2: *const aclTensor,
    beta: *const aclScalar,
    alpha: *const aclScalar,
    out: *mut aclTensor,
    cube_math_type: i8,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnBaddbmmGetWorkspaceSize",
            &registry::ACLNN_BADDBMM,
            &[
                Raw::Handle(self_.cast()),
                Raw::Handle(batch1.cast()),
                Raw::Handle(batch2.cast()),
                Raw::Handle(beta.cast()),
                Raw::Handle(alpha.cast()),
                Raw::Handle(out.cast()),
                Raw::Int(i64::from(cube_math_type)),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnBaddbmm`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnBaddbmm(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase("aclnnBaddbmm", &registry::ACLNN_BADDBMM, workspace, workspace_size, executor, stream)
}

/// First phase of `aclnnInplaceBaddbmm`: beta * self + alpha * (batch1 @ batch2), for batches of matrices; self is broadcast, and ignored when beta is 0.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `selfRef`: tensor, read and written.
/// - `batch1`: tensor (float, int, complex).
/// - `batch2`: tensor (float, int, complex).
/// - `beta`: scalar.
/// - `alpha`: scalar.
/// - `cubeMathType`: integer.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnInplaceBaddbmmGetWorkspaceSize(
    self_ref: *const aclTensor,
    batch1: *const aclTensor,
    batch2: *const aclTensor,
    beta: *const aclScalar,
    alpha: *const aclScalar,
    cube_math_type: i8,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnInplaceBaddbmmGetWorkspaceSize",
            &registry::ACLNN_INPLACE_BADDBMM,
            &[
                Raw::Handle(self_ref.cast()),
                Raw::Handle(batch1.cast()),
                Raw::Handle(batch2.cast()),
                Raw::Handle(beta.cast()),
                Raw::Handle(alpha.cast()),
                Raw::Int(i64::from(cube_math_type)),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnInplaceBaddbmm`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnInplaceBaddbmm(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnInplaceBaddbmm",
        &registry::ACLNN_INPLACE_BADDBMM,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}
