//! Running operators by type without compiling them first, and the shapes of their results.

use crate::{
    execute::{Side, call, describe, run},
    handle::cast,
    infer,
    object::{self, DATA_BUFFERS, TENSOR_DESCS},
};
use capi::{
    Result,
    abi::{aclDataBuffer, aclError, aclTensorDesc, aclopAttr, aclrtStream},
    boundary, entry,
};
use std::ffi::{c_char, c_int};

/// Runs an operator by type on a stream. Returns once the work is queued.
///
/// No model of the operator has to be there; see aclopSetModelDir.
///
/// # Parameters
/// - opType: the operator's type, such as "Add"
/// - numInputs, inputDesc, inputs: the inputs: descriptions and data
/// - numOutputs, outputDesc, outputs: the outputs: descriptions and memory for the data
/// - attr: attributes, null for none
/// - stream: the stream, null for the default one
///
/// # Returns
/// - 0 on success; the operator is queued; a failure of its work shows when the stream is synchronised
/// - 100000 when an argument is null or refused by the operator
/// - 107000 when a buffer is not live device memory of the size
/// - 107002 when the thread has no context
/// - 107017 when a handle is not live
/// - 500002 when there is no operator of this type
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `op_type`, C2 for the arrays with their counts and for host data.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopExecute(
    op_type: *const c_char,
    num_inputs: c_int,
    input_desc: *const *const aclTensorDesc,
    inputs: *const *const aclDataBuffer,
    num_outputs: c_int,
    output_desc: *const *const aclTensorDesc,
    outputs: *const *mut aclDataBuffer,
    attr: *const aclopAttr,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclopExecute", || {
        let from = Side::with_data("inputs", (num_inputs, "numInputs"), input_desc, inputs);
        let to = Side::with_data("outputs", (num_outputs, "numOutputs"), output_desc, outputs.cast());
        // SAFETY: C3 and C2.
        let call = unsafe { call("aclopExecute", op_type, from, to, attr) }?;
        run(call, stream).map(drop)
    })
}

/// As aclopExecute. Shapes of outputs that were unknown are written to their descriptions.
///
/// # Parameters
/// - opType: the operator's type, such as "Add"
/// - numInputs, inputDesc, inputs: the inputs: descriptions and data
/// - numOutputs, outputDesc, outputs: the outputs: descriptions and memory for the data
/// - attr: attributes, null for none
/// - stream: the stream, null for the default one
///
/// # Returns
/// - 0 on success; the operator is queued; a failure of its work shows when the stream is synchronised
/// - 100000 when an argument is null or refused by the operator
/// - 107000 when a buffer is not live device memory of the size
/// - 107002 when the thread has no context
/// - 107017 when a handle is not live
/// - 500002 when there is no operator of this type
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `op_type`, C2 for the arrays with their counts and for host data.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopExecuteV2(
    op_type: *const c_char,
    num_inputs: c_int,
    input_desc: *mut *mut aclTensorDesc,
    inputs: *mut *mut aclDataBuffer,
    num_outputs: c_int,
    output_desc: *mut *mut aclTensorDesc,
    outputs: *mut *mut aclDataBuffer,
    attr: *mut aclopAttr,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclopExecuteV2", || {
        let (descs, buffers) = (input_desc.cast_const().cast(), inputs.cast_const().cast());
        let from = Side::with_data("inputs", (num_inputs, "numInputs"), descs, buffers);
        let (descs, buffers) = (output_desc.cast_const().cast(), outputs.cast_const().cast());
        let to = Side::with_data("outputs", (num_outputs, "numOutputs"), descs, buffers);
        // SAFETY: C3 and C2.
        let call = unsafe { call("aclopExecuteV2", op_type, from, to, attr) }?;
        // SAFETY: C2.
        unsafe { describe(&run(call, stream)?, descs) }
    })
}

/// Converts the elements of a tensor to another type, on a stream. Returns once the work is queued.
///
/// # Parameters
/// - srcDesc, srcBuffer: the input: description and data
/// - dstDesc, dstBuffer: the output: description and memory. The same shape, another element type.
/// - truncate: reserved: floats lose their fraction when they become integers, whatever it says
/// - stream: the stream, null for the default one
///
/// # Returns
/// - 0 on success; the work is queued
/// - 100000 when an argument is null, or the shapes differ
/// - 107000 when a buffer is not live device memory of the size
/// - 107002 when the thread has no context
/// - 107017 when a handle is not live
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for host data.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopCast(
    src_desc: *const aclTensorDesc,
    src_buffer: *const aclDataBuffer,
    dst_desc: *const aclTensorDesc,
    dst_buffer: *mut aclDataBuffer,
    _truncate: u8,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclopCast", || {
        let from = *object::get(&DATA_BUFFERS, src_buffer.cast(), "srcBuffer")?.lock();
        let to = *object::get(&DATA_BUFFERS, dst_buffer.cast_const().cast(), "dstBuffer")?.lock();
        let call = cast("aclopCast", (src_desc, Some(from)), (dst_desc, Some(to)))?;
        run(call, stream).map(drop)
    })
}

/// The shapes of an operator's outputs, from its inputs and attributes: written to the outputs' descriptions, with the
/// element type and format where they were undefined.
///
/// # Parameters
/// - opType: the operator's type, such as "Add"
/// - numInputs, inputDesc: descriptions of the inputs
/// - inputs: their data: read only where values decide a shape, and then constant or in host memory. May be null.
/// - numOutputs, outputDesc: descriptions of the outputs, which are changed
/// - attr: attributes, null for none
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null, the inputs do not fit together, or a value that decides a shape is unknown
/// - 107017 when a handle is not live
/// - 500002 when there is no operator of this type
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `op_type`, C2 for the arrays with their counts and for host data.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopInferShape(
    op_type: *const c_char,
    num_inputs: c_int,
    input_desc: *mut *mut aclTensorDesc,
    inputs: *mut *mut aclDataBuffer,
    num_outputs: c_int,
    output_desc: *mut *mut aclTensorDesc,
    attr: *mut aclopAttr,
) -> aclError {
    entry::acl("aclopInferShape", || {
        let descs = input_desc.cast_const().cast();
        let from = match inputs.is_null() {
            true => Side::described("inputDesc", (num_inputs, "numInputs"), descs),
            false => Side::with_data("inputs", (num_inputs, "numInputs"), descs, inputs.cast_const().cast()),
        };
        let outputs = output_desc.cast_const().cast();
        let to = Side::described("outputDesc", (num_outputs, "numOutputs"), outputs);
        // SAFETY: C3 and C2.
        let call = unsafe { call("aclopInferShape", op_type, from, to, attr) }?;
        let shapes = infer::shapes(&call)?;
        let (data_type, format) =
            (infer::data_type(&call)?, call.inputs.first().map(|input| input.desc.format));
        // SAFETY: C2.
        let outputs =
            unsafe { boundary::slice::<*const aclTensorDesc>(outputs, call.outputs.len(), "outputDesc") }?;
        let live = outputs.iter().map(|desc| object::get(&TENSOR_DESCS, desc.cast(), "outputDesc"));
        let live = live.collect::<Result<Vec<_>>>()?;
        for (desc, shape) in live.iter().zip(shapes) {
            let mut desc = desc.lock();
            desc.dims = shape;
            desc.storage_dims = None;
            if desc.data_type == -1 {
                desc.data_type = data_type;
            }
            if desc.format == -1 {
                desc.format = format.unwrap_or(desc.format);
            }
        }
        Ok(())
    })
}
