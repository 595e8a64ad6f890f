//! Compiling and running operators by type.

use crate::{
    call::{Call, Operand},
    object::{self, ATTRS, Attrs, DATA_BUFFERS, DataBuffer, TENSOR_DESCS},
};
use capi::{
    ArgError, Result,
    abi::{
        aclDataBuffer, aclError, aclTensorDesc, aclopAttr, aclopCompileType, aclopEngineType, aclrtStream,
    },
    boundary, entry, runtime,
};
use std::ffi::{c_char, c_int};

/// The operands of one side: descriptions, and buffers where the operator is to run.
struct Side {
    argument: &'static str,
    count: (c_int, &'static str),
    descs: *const *const aclTensorDesc,
    buffers: Option<*const *const aclDataBuffer>,
}

impl Side {
    /// # Safety
    /// C2 holds for both arrays.
    unsafe fn read(&self) -> Result<Vec<Operand>> {
        let count = usize::try_from(self.count.0).map_err(|_| {
            let got = self.count.0.to_string();
            ArgError::Range { argument: self.count.1, expected: "0 or more".into(), got }
        })?;
        // SAFETY: C2, from the caller.
        let descs = unsafe { boundary::slice(self.descs, count, self.argument) }?;
        let buffers = match self.buffers {
            // SAFETY: C2, from the caller.
            Some(buffers) => Some(unsafe { boundary::slice(buffers, count, self.argument) }?),
            None => None,
        };
        let operand = |i: usize| -> Result<Operand> {
            let desc = object::get(&TENSOR_DESCS, descs[i].cast(), self.argument)?.lock().clone();
            let buffer = match buffers {
                Some(buffers) => *object::get(&DATA_BUFFERS, buffers[i].cast(), self.argument)?.lock(),
                None => DataBuffer { data: 0, size: 0 },
            };
            Ok(Operand { desc, buffer, argument: self.argument })
        };
        (0..count).map(operand).collect()
    }
}

/// # Safety
/// C3 holds for `op_type`, C2 for the arrays.
unsafe fn call(
    function: &'static str,
    op_type: *const c_char,
    inputs: Side,
    outputs: Side,
    attr: *const aclopAttr,
) -> Result<Call> {
    // SAFETY: C3, from the caller.
    let op_type = unsafe { boundary::c_str(op_type, "opType") }?.to_string_lossy().into_owned();
    // SAFETY: C2, from the caller.
    let inputs = unsafe { inputs.read() }?;
    // SAFETY: C2, from the caller.
    let outputs = unsafe { outputs.read() }?;
    let attrs =
        if attr.is_null() { Attrs::new() } else { object::get(&ATTRS, attr.cast(), "attr")?.lock().clone() };
    Ok(Call { function, op_type, inputs, outputs, attrs })
}

/// Checks a call without running it: whether the operator exists and takes these descriptions.
///
/// @param opType [IN] the operator's type, such as "Add".
/// @param numInputs, inputDesc [IN] descriptions of the inputs; those that decide the result's shape are constants.
/// @param numOutputs, outputDesc [IN] descriptions of the outputs.
/// @param attr [IN] attributes, null for none.
/// @param engineType, compileFlag, opPath [IN] how to compile: makes no difference.
/// @retval ACL_SUCCESS the operator can run.
/// @retval 100000 an argument is null or refused by the operator.
/// @retval 107017 a handle is not live.
/// @retval 500002 there is no operator of this type.
///
/// Thread-safe.
///
/// # Safety
/// C3 for `op_type`, C2 for the arrays with their counts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopCompile(
    op_type: *const c_char,
    num_inputs: c_int,
    input_desc: *const *const aclTensorDesc,
    num_outputs: c_int,
    output_desc: *const *const aclTensorDesc,
    attr: *const aclopAttr,
    _engine_type: aclopEngineType,
    _compile_flag: aclopCompileType,
    _op_path: *const c_char,
) -> aclError {
    entry::acl("aclopCompile", || {
        let inputs = Side {
            argument: "inputDesc",
            count: (num_inputs, "numInputs"),
            descs: input_desc,
            buffers: None,
        };
        let outputs = Side {
            argument: "outputDesc",
            count: (num_outputs, "numOutputs"),
            descs: output_desc,
            buffers: None,
        };
        // SAFETY: C3 and C2.
        let call = unsafe { call("aclopCompile", op_type, inputs, outputs, attr) }?;
        call.plan().map(drop)
    })
}

/// Runs an operator by type on a stream. Returns once the work is queued.
///
/// Inputs placed in host memory and constants are read before the call returns; device memory belongs to the operator
/// until the stream has passed it.
///
/// @param opType [IN] the operator's type, such as "Add".
/// @param numInputs, inputDesc, inputs [IN] the inputs: descriptions and data.
/// @param numOutputs, outputDesc, outputs [IN] the outputs: descriptions and memory for the data.
/// @param attr [IN] attributes, null for none.
/// @param engineType, compileFlag, opPath [IN] how to compile: makes no difference.
/// @param stream [IN] the stream, null for the default one.
/// @retval ACL_SUCCESS the operator is queued; a failure of its work shows when the stream is synchronised.
/// @retval 100000 an argument is null or refused by the operator.
/// @retval 107000 a buffer is not live device memory of the size.
/// @retval 107002 the thread has no context.
/// @retval 107017 a handle is not live.
/// @retval 500002 there is no operator of this type.
///
/// Thread-safe.
///
/// # Safety
/// C3 for `op_type`, C2 for the arrays with their counts and for host data.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopCompileAndExecute(
    op_type: *const c_char,
    num_inputs: c_int,
    input_desc: *const *const aclTensorDesc,
    inputs: *const *const aclDataBuffer,
    num_outputs: c_int,
    output_desc: *const *const aclTensorDesc,
    outputs: *const *mut aclDataBuffer,
    attr: *const aclopAttr,
    _engine_type: aclopEngineType,
    _compile_flag: aclopCompileType,
    _op_path: *const c_char,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclopCompileAndExecute", || {
        let from = Side {
            argument: "inputs",
            count: (num_inputs, "numInputs"),
            descs: input_desc,
            buffers: Some(inputs),
        };
        let to = Side {
            argument: "outputs",
            count: (num_outputs, "numOutputs"),
            descs: output_desc,
            buffers: Some(outputs.cast()),
        };
        // SAFETY: C3 and C2.
        let call = unsafe { call("aclopCompileAndExecute", op_type, from, to, attr) }?;
        call.run(&*runtime::resolve_stream(stream, "stream")?)
    })
}

/// As aclopCompileAndExecute. Output shapes that depend on data would be written to the descriptions; none of the
/// operators known by type has such.
///
/// @param opType [IN] the operator's type, such as "Add".
/// @param numInputs, inputDesc, inputs [IN] the inputs: descriptions and data.
/// @param numOutputs, outputDesc, outputs [IN] the outputs: descriptions and memory for the data.
/// @param attr [IN] attributes, null for none.
/// @param engineType, compileFlag, opPath [IN] how to compile: makes no difference.
/// @param stream [IN] the stream, null for the default one.
/// @retval ACL_SUCCESS the operator is queued; a failure of its work shows when the stream is synchronised.
/// @retval 100000 an argument is null or refused by the operator.
/// @retval 107000 a buffer is not live device memory of the size.
/// @retval 107002 the thread has no context.
/// @retval 107017 a handle is not live.
/// @retval 500002 there is no operator of this type.
///
/// Thread-safe.
///
/// # Safety
/// C3 for `op_type`, C2 for the arrays with their counts and for host data.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopCompileAndExecuteV2(
    op_type: *const c_char,
    num_inputs: c_int,
    input_desc: *mut *mut aclTensorDesc,
    inputs: *mut *mut aclDataBuffer,
    num_outputs: c_int,
    output_desc: *mut *mut aclTensorDesc,
    outputs: *mut *mut aclDataBuffer,
    attr: *mut aclopAttr,
    _engine_type: aclopEngineType,
    _compile_flag: aclopCompileType,
    _op_path: *const c_char,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclopCompileAndExecuteV2", || {
        let from = Side {
            argument: "inputs",
            count: (num_inputs, "numInputs"),
            descs: input_desc.cast_const().cast(),
            buffers: Some(inputs.cast_const().cast()),
        };
        let to = Side {
            argument: "outputs",
            count: (num_outputs, "numOutputs"),
            descs: output_desc.cast_const().cast(),
            buffers: Some(outputs.cast_const().cast()),
        };
        // SAFETY: C3 and C2.
        let call = unsafe { call("aclopCompileAndExecuteV2", op_type, from, to, attr) }?;
        call.run(&*runtime::resolve_stream(stream, "stream")?)
    })
}
