// Generated from ops/*.toml by `cargo xtask codegen`. Do not edit.
//! `aclnnBernoulli`, `aclnnBernoulliTensor`, `aclnnInplaceBernoulli`, `aclnnInplaceBernoulliTensor`.

use crate::call::{self, Raw};
use capi::abi::{aclOpExecutor, aclScalar, aclTensor, aclnnStatus, aclrtStream};
use npu_ops::registry;
use std::ffi::c_void;

/// First phase of `aclnnBernoulli`: 1 with the given probability, else 0.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `self`: tensor (float, int, bool).
/// - `prob`: scalar.
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
pub unsafe extern "C" fn aclnnBernoulliGetWorkspaceSize(
    self_: *const aclTensor,
    prob: *const aclScalar,
    seed: i64,
    offset: i64,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnBernoulliGetWorkspaceSize",
            &registry::ACLNN_BERNOULLI,
            &[
                Raw::Handle(self_.cast()),
                Raw::Handle(prob.cast()),
                Raw::Int(seed),
                Raw::Int(offset),
                Raw::Handle(out.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnBernoulli`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnBernoulli(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnBernoulli",
        &registry::ACLNN_BERNOULLI,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnBernoulliTensor`: 1 with the given probability, else 0.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `self`: tensor (float, int, bool).
/// - `prob`: tensor.
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
pub unsafe extern "C" fn aclnnBernoulliTensorGetWorkspaceSize(
    self_: *const aclTensor,
    prob: *const aclTensor,
    seed: i64,
    offset: i64,
    out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnBernoulliTensorGetWorkspaceSize",
            &registry::ACLNN_BERNOULLI_TENSOR,
            &[
                Raw::Handle(self_.cast()),
                Raw::Handle(prob.cast()),
                Raw::Int(seed),
                Raw::Int(offset),
                Raw::Handle(out.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnBernoulliTensor`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnBernoulliTensor(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnBernoulliTensor",
        &registry::ACLNN_BERNOULLI_TENSOR,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnInplaceBernoulli`: 1 with the given probability, else 0.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `selfRef`: tensor (float, int, bool), read and written.
/// - `prob`: scalar.
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
pub unsafe extern "C" fn aclnnInplaceBernoulliGetWorkspaceSize(
    self_ref: *const aclTensor,
    prob: *const aclScalar,
    seed: i64,
    offset: i64,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnInplaceBernoulliGetWorkspaceSize",
            &registry::ACLNN_INPLACE_BERNOULLI,
            &[Raw::Handle(self_ref.cast()), Raw::Handle(prob.cast()), Raw::Int(seed), Raw::Int(offset)],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnInplaceBernoulli`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnInplaceBernoulli(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnInplaceBernoulli",
        &registry::ACLNN_INPLACE_BERNOULLI,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnInplaceBernoulliTensor`: 1 with the given probability, else 0.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `selfRef`: tensor (float, int, bool), read and written.
/// - `prob`: tensor.
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
pub unsafe extern "C" fn aclnnInplaceBernoulliTensorGetWorkspaceSize(
    self_ref: *const aclTensor,
    prob: *const aclTensor,
    seed: i64,
    offset: i64,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnInplaceBernoulliTensorGetWorkspaceSize",
            &registry::ACLNN_INPLACE_BERNOULLI_TENSOR,
            &[Raw::Handle(self_ref.cast()), Raw::Handle(prob.cast()), Raw::Int(seed), Raw::Int(offset)],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnInplaceBernoulliTensor`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnInplaceBernoulliTensor(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnInplaceBernoulliTensor",
        &registry::ACLNN_INPLACE_BERNOULLI_TENSOR,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}
