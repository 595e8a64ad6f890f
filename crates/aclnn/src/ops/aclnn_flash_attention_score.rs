// Generated from ops/*.toml by `cargo xtask codegen`. Do not edit.
//! `aclnnFlashAttentionScore`, `aclnnFlashAttentionScoreV2`.

use crate::call::{self, Raw};
use capi::abi::{aclIntArray, aclOpExecutor, aclTensor, aclnnStatus, aclrtStream};
use npu_ops::registry;
use std::ffi::{c_char, c_void};

/// First phase of `aclnnFlashAttentionScore`: softmax(scale * (q @ k^T + pse), hidden where the mask is true) @ v; rows that see nothing are 0. Sparse modes 0 to 6, pse types 0 to 2. Layouts BNSD, BSND, BSH, SBH.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `query`: tensor (float).
/// - `key`: tensor.
/// - `value`: tensor.
/// - `realShiftOptional`: tensor, may be null.
/// - `dropMaskOptional`: tensor, may be null.
/// - `paddingMaskOptional`: tensor, may be null.
/// - `attenMaskOptional`: tensor, may be null.
/// - `prefixOptional`: integers, may be null.
/// - `scaleValue`: number.
/// - `keepProb`: number.
/// - `preTokens`: integer.
/// - `nextTokens`: integer.
/// - `headNum`: integer.
/// - `inputLayout`: string.
/// - `innerPrecise`: integer.
/// - `sparseMode`: integer.
/// - `softmaxMaxOut`: tensor, written.
/// - `softmaxSumOut`: tensor, written.
/// - `softmaxOutOut`: tensor, may be null.
/// - `attentionOutOut`: tensor, written.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnFlashAttentionScoreGetWorkspaceSize(
    query: *const aclTensor,
    key: *const aclTensor,
    value: *const aclTensor,
    real_shift_optional: *const aclTensor,
    drop_mask_optional: *const aclTensor,
    padding_mask_optional: *const aclTensor,
    atten_mask_optional: *const aclTensor,
    prefix_optional: *const aclIntArray,
    scale_value: f64,
    keep_prob: f64,
    pre_tokens: i64,
    next_tokens: i64,
    head_num: i64,
    input_layout: *mut c_char,
    inner_precise: i64,
    sparse_mode: i64,
    softmax_max_out: *const aclTensor,
    softmax_sum_out: *const aclTensor,
    softmax_out_out: *const aclTensor,
    attention_out_out: *const aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnFlashAttentionScoreGetWorkspaceSize",
            &registry::ACLNN_FLASH_ATTENTION_SCORE,
            &[
                Raw::Handle(query.cast()),
                Raw::Handle(key.cast()),
                Raw::Handle(value.cast()),
                Raw::Handle(real_shift_optional.cast()),
                Raw::Handle(drop_mask_optional.cast()),
                Raw::Handle(padding_mask_optional.cast()),
                Raw::Handle(atten_mask_optional.cast()),
                Raw::Handle(prefix_optional.cast()),
                Raw::Float(scale_value),
                Raw::Float(keep_prob),
                Raw::Int(pre_tokens),
                Raw::Int(next_tokens),
                Raw::Int(head_num),
                Raw::Str(input_layout),
                Raw::Int(inner_precise),
                Raw::Int(sparse_mode),
                Raw::Handle(softmax_max_out.cast()),
                Raw::Handle(softmax_sum_out.cast()),
                Raw::Handle(softmax_out_out.cast()),
                Raw::Handle(attention_out_out.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnFlashAttentionScore`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnFlashAttentionScore(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnFlashAttentionScore",
        &registry::ACLNN_FLASH_ATTENTION_SCORE,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnFlashAttentionScoreV2`: softmax(scale * (q @ k^T + pse), hidden where the mask is true) @ v; rows that see nothing are 0. Sparse modes 0 to 6, pse types 0 to 2. Layouts BNSD, BSND, BSH, SBH.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `query`: tensor (float).
/// - `key`: tensor.
/// - `value`: tensor.
/// - `realShiftOptional`: tensor, may be null.
/// - `dropMaskOptional`: tensor, may be null.
/// - `paddingMaskOptional`: tensor, may be null.
/// - `attenMaskOptional`: tensor, may be null.
/// - `prefixOptional`: integers, may be null.
/// - `qStartIdxOptional`: integers, may be null.
/// - `kvStartIdxOptional`: integers, may be null.
/// - `scaleValue`: number.
/// - `keepProb`: number.
/// - `preTokens`: integer.
/// - `nextTokens`: integer.
/// - `headNum`: integer.
/// - `inputLayout`: string.
/// - `innerPrecise`: integer.
/// - `sparseMode`: integer.
/// - `pseType`: integer.
/// - `softmaxMaxOut`: tensor, written.
/// - `softmaxSumOut`: tensor, written.
/// - `softmaxOutOut`: tensor, may be null.
/// - `attentionOutOut`: tensor, written.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnFlashAttentionScoreV2GetWorkspaceSize(
    query: *const aclTensor,
    key: *const aclTensor,
    value: *const aclTensor,
    real_shift_optional: *const aclTensor,
    drop_mask_optional: *const aclTensor,
    padding_mask_optional: *const aclTensor,
    atten_mask_optional: *const aclTensor,
    prefix_optional: *const aclIntArray,
    q_start_idx_optional: *const aclIntArray,
    kv_start_idx_optional: *const aclIntArray,
    scale_value: f64,
    keep_prob: f64,
    pre_tokens: i64,
    next_tokens: i64,
    head_num: i64,
    input_layout: *mut c_char,
    inner_precise: i64,
    sparse_mode: i64,
    pse_type: i64,
    softmax_max_out: *const aclTensor,
    softmax_sum_out: *const aclTensor,
    softmax_out_out: *const aclTensor,
    attention_out_out: *const aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnFlashAttentionScoreV2GetWorkspaceSize",
            &registry::ACLNN_FLASH_ATTENTION_SCORE_V2,
            &[
                Raw::Handle(query.cast()),
                Raw::Handle(key.cast()),
                Raw::Handle(value.cast()),
                Raw::Handle(real_shift_optional.cast()),
                Raw::Handle(drop_mask_optional.cast()),
                Raw::Handle(padding_mask_optional.cast()),
                Raw::Handle(atten_mask_optional.cast()),
                Raw::Handle(prefix_optional.cast()),
                Raw::Handle(q_start_idx_optional.cast()),
                Raw::Handle(kv_start_idx_optional.cast()),
                Raw::Float(scale_value),
                Raw::Float(keep_prob),
                Raw::Int(pre_tokens),
                Raw::Int(next_tokens),
                Raw::Int(head_num),
                Raw::Str(input_layout),
                Raw::Int(inner_precise),
                Raw::Int(sparse_mode),
                Raw::Int(pse_type),
                Raw::Handle(softmax_max_out.cast()),
                Raw::Handle(softmax_sum_out.cast()),
                Raw::Handle(softmax_out_out.cast()),
                Raw::Handle(attention_out_out.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnFlashAttentionScoreV2`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnFlashAttentionScoreV2(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnFlashAttentionScoreV2",
        &registry::ACLNN_FLASH_ATTENTION_SCORE_V2,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}
