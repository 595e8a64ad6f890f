// Generated from ops/*.toml by `cargo xtask codegen`. Do not edit.
//! `aclnnLayerNormBackward`.

use crate::call::{self, Raw};
use capi::abi::{aclBoolArray, aclIntArray, aclOpExecutor, aclTensor, aclnnStatus, aclrtStream};
use npu_ops::registry;
use std::ffi::c_void;

/// First phase of `aclnnLayerNormBackward`: Gradients of layer normalisation by input, weight and bias; outputMask says which are computed.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `gradOut`: tensor.
/// - `input`: tensor (float).
/// - `normalizedShape`: integers.
/// - `mean`: tensor.
/// - `rstd`: tensor.
/// - `weightOptional`: tensor, may be null.
/// - `biasOptional`: tensor, may be null.
/// - `outputMask`: bools.
/// - `gradInputOut`: tensor, written, may be null.
/// - `gradWeightOut`: tensor, written, may be null.
/// - `gradBiasOut`: tensor, written, may be null.
/// - `workspaceSize`: receives the bytes of device memory the second phase needs, 0 if none.
/// - `executor`: receives the executor; the second phase consumes it.
///
/// Returns 0, 161001 for a null argument, 161002 for an invalid one, 361001 if the runtime failed; the message is
/// in `aclGetRecentErrMsg`, outputs stay untouched. Thread-safe.
///
/// # Safety
/// C1 for `workspaceSize` and `executor`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnLayerNormBackwardGetWorkspaceSize(
    grad_out: *const aclTensor,
    input: *const aclTensor,
    normalized_shape: *const aclIntArray,
    mean: *const aclTensor,
    rstd: *const aclTensor,
    weight_optional: *const aclTensor,
    bias_optional: *const aclTensor,
    output_mask: *const aclBoolArray,
    grad_input_out: *mut aclTensor,
    grad_weight_out: *mut aclTensor,
    grad_bias_out: *mut aclTensor,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnLayerNormBackwardGetWorkspaceSize",
            &registry::ACLNN_LAYER_NORM_BACKWARD,
            &[
                Raw::Handle(grad_out.cast()),
                Raw::Handle(input.cast()),
                Raw::Handle(normalized_shape.cast()),
                Raw::Handle(mean.cast()),
                Raw::Handle(rstd.cast()),
                Raw::Handle(weight_optional.cast()),
                Raw::Handle(bias_optional.cast()),
                Raw::Handle(output_mask.cast()),
                Raw::Handle(grad_input_out.cast()),
                Raw::Handle(grad_weight_out.cast()),
                Raw::Handle(grad_bias_out.cast()),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnLayerNormBackward`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnLayerNormBackward(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnLayerNormBackward",
        &registry::ACLNN_LAYER_NORM_BACKWARD,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}
