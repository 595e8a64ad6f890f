// Generated from ops/*.toml by `cargo xtask codegen`. Do not edit.
//! `aclnnConvDepthwise2d`, `aclnnConvTbc`, `aclnnConvolution`.

use crate::call::{self, Raw};
use capi::abi::{aclIntArray, aclOpExecutor, aclTensor, aclnnStatus, aclrtStream};
use npu_ops::registry;
use std::ffi::c_void;

/// First phase of `aclnnConvDepthwise2d`: Convolution of each channel by itself.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `self`: tensor (float, int).
/// - `weight`: tensor.
/// - `kernelSize`: integers.
/// - `bias`: tensor, may be null.
/// - `stride`: integers.
/// - `padding`: integers.
/// - `dilation`: integers.
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
pub unsafe extern "C" fn aclnnConvDepthwise2dGetWorkspaceSize(
    self_: *const aclTensor,
    weight: *const aclTensor,
    kernel_size: *const aclIntArray,
    bias: *const aclTensor,
    stride: *const aclIntArray,
    padding: *const aclIntArray,
    dilation: *const aclIntArray,
    out: *mut aclTensor,
    cube_math_type: i8,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnConvDepthwise2dGetWorkspaceSize",
            &registry::ACLNN_CONV_DEPTHWISE2D,
            &[
                Raw::Handle(self_.cast()),
                Raw::Handle(weight.cast()),
                Raw::Handle(kernel_size.cast()),
                Raw::Handle(bias.cast()),
                Raw::Handle(stride.cast()),
                Raw::Handle(padding.cast()),
                Raw::Handle(dilation.cast()),
                Raw::Handle(out.cast()),
                Raw::Int(i64::from(cube_math_type)),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnConvDepthwise2d`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnConvDepthwise2d(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnConvDepthwise2d",
        &registry::ACLNN_CONV_DEPTHWISE2D,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}

/// First phase of `aclnnConvTbc`: Convolution over the first axis: time, batch, channels.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `self`: tensor (float, int).
/// - `weight`: tensor.
/// - `bias`: tensor.
/// - `pad`: integer.
/// - `output`: tensor, written.
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
pub unsafe extern "C" fn aclnnConvTbcGetWorkspaceSize(
    self_: *const aclTensor,
    weight: *const aclTensor,
    bias: *const aclTensor,
    pad: i64,
    output: *mut aclTensor,
    cube_math_type: i8,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnConvTbcGetWorkspaceSize",
            &registry::ACLNN_CONV_TBC,
            &[
                Raw::Handle(self_.cast()),
                Raw::Handle(weight.cast()),
                Raw::Handle(bias.cast()),
                Raw::Int(pad),
                Raw::Handle(output.cast()),
                Raw::Int(i64::from(cube_math_type)),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnConvTbc`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnConvTbc(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase("aclnnConvTbc", &registry::ACLNN_CONV_TBC, workspace, workspace_size, executor, stream)
}

/// First phase of `aclnnConvolution`: Convolution over one to three axes, channels first; transposed if asked, its input spread by the strides.
///
/// Validates the arguments, returns the workspace size in bytes and an executor for the second phase. Computes
/// nothing.
///
/// - `input`: tensor (float, int).
/// - `weight`: tensor.
/// - `bias`: tensor, may be null.
/// - `stride`: integers.
/// - `padding`: integers.
/// - `dilation`: integers.
/// - `transposed`: flag.
/// - `outputPadding`: integers, may be null.
/// - `groups`: integer.
/// - `output`: tensor, written.
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
pub unsafe extern "C" fn aclnnConvolutionGetWorkspaceSize(
    input: *const aclTensor,
    weight: *const aclTensor,
    bias: *const aclTensor,
    stride: *const aclIntArray,
    padding: *const aclIntArray,
    dilation: *const aclIntArray,
    transposed: bool,
    output_padding: *const aclIntArray,
    groups: i64,
    output: *mut aclTensor,
    cube_math_type: i8,
    workspace_size: *mut u64,
    executor: *mut *mut aclOpExecutor,
) -> aclnnStatus {
    // SAFETY: (C1) the last two are null or writable; other pointers are checked handles.
    unsafe {
        call::first_phase(
            "aclnnConvolutionGetWorkspaceSize",
            &registry::ACLNN_CONVOLUTION,
            &[
                Raw::Handle(input.cast()),
                Raw::Handle(weight.cast()),
                Raw::Handle(bias.cast()),
                Raw::Handle(stride.cast()),
                Raw::Handle(padding.cast()),
                Raw::Handle(dilation.cast()),
                Raw::Bool(transposed),
                Raw::Handle(output_padding.cast()),
                Raw::Int(groups),
                Raw::Handle(output.cast()),
                Raw::Int(i64::from(cube_math_type)),
            ],
            workspace_size,
            executor,
        )
    }
}

/// Second phase of `aclnnConvolution`: enqueues the computation.
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
pub unsafe extern "C" fn aclnnConvolution(
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut aclOpExecutor,
    stream: aclrtStream,
) -> aclnnStatus {
    call::second_phase(
        "aclnnConvolution",
        &registry::ACLNN_CONVOLUTION,
        workspace,
        workspace_size,
        executor,
        stream,
    )
}
