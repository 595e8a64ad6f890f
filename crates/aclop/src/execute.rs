//! Compiling and running operators by type.

use crate::{
    call::Call,
    compile_func,
    compiled::Compiled,
    object::{self, ATTRS, Attrs, DATA_BUFFERS, DataBuffer, TENSOR_DESCS},
    operand::Operand,
};
use capi::{
    ArgError, Result,
    abi::{
        aclDataBuffer, aclError, aclTensorDesc, aclopAttr, aclopCompileType, aclopEngineType, aclrtStream,
    },
    boundary, entry, runtime,
};
use std::{
    ffi::{c_char, c_int},
    sync::Arc,
};

/// The operands of one side: descriptions, and buffers where the operator is to run.
pub(crate) struct Side {
    argument: &'static str,
    count: (c_int, &'static str),
    descs: *const *const aclTensorDesc,
    buffers: Option<*const *const aclDataBuffer>,
}

impl Side {
    /// Descriptions alone.
    pub(crate) fn described(
        argument: &'static str,
        count: (c_int, &'static str),
        descs: *const *const aclTensorDesc,
    ) -> Side {
        Side { argument, count, descs, buffers: None }
    }

    /// Descriptions with their data.
    pub(crate) fn with_data(
        argument: &'static str,
        count: (c_int, &'static str),
        descs: *const *const aclTensorDesc,
        buffers: *const *const aclDataBuffer,
    ) -> Side {
        Side { argument, count, descs, buffers: Some(buffers) }
    }

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
                // An operand that was left out has no data either.
                Some(buffers) if buffers[i].is_null() && desc.data_type == -1 => {
                    DataBuffer { data: 0, size: 0 }
                }
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
pub(crate) unsafe fn call(
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

/// Enqueues a call; it comes back with the outputs' shapes.
pub(crate) fn run(mut call: Call, stream: aclrtStream) -> Result<Call> {
    let stream = runtime::resolve_stream(stream, "stream")?;
    call.complete()?;
    let compiled = Arc::new(Compiled::new(&call)?);
    compiled.enqueue(call.function, call.inputs.iter().chain(&call.outputs), &stream)?;
    Ok(call)
}

/// Writes the shapes of outputs that the program did not know into their descriptions.
///
/// # Safety
/// C2 holds for `descs`, with the outputs' number.
pub(crate) unsafe fn describe(call: &Call, descs: *const *const aclTensorDesc) -> Result {
    // SAFETY: C2, from the caller.
    let descs = unsafe { boundary::slice(descs, call.outputs.len(), "outputDesc") }?;
    for (desc, output) in descs.iter().zip(&call.outputs) {
        let desc = object::get(&TENSOR_DESCS, desc.cast(), "outputDesc")?;
        let mut desc = desc.lock();
        if desc.dims.iter().any(|dim| *dim < 0) {
            desc.dims = output.desc.dims.clone();
            desc.storage_dims = None;
        }
    }
    Ok(())
}

/// Checks a call without running it: whether the operator exists and takes these descriptions.
///
/// # Parameters
/// - opType: the operator's type, such as "Add"
/// - numInputs, inputDesc: descriptions of the inputs; those that decide the result's shape are constants
/// - numOutputs, outputDesc: descriptions of the outputs
/// - attr: attributes, null for none
/// - engineType, compileFlag, opPath: how to compile: makes no difference
///
/// # Returns
/// - 0 on success; the operator can run
/// - 100000 when an argument is null or refused by the operator
/// - 107017 when a handle is not live
/// - 500002 when there is no operator of this type
///
/// # Thread safety
/// May be called from any thread.
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
        let mut call = unsafe { call("aclopCompile", op_type, inputs, outputs, attr) }?;
        if call.inputs.iter().any(Operand::is_unknown) {
            // Shapes come when the operator runs; until then there is nothing to plan.
            return if compile_func::kernel_of(&call)?.is_some() { Ok(()) } else { call.entry().map(drop) };
        }
        call.complete()?;
        Compiled::new(&call).map(drop)
    })
}

/// Runs an operator by type on a stream. Returns once the work is queued.
///
/// Inputs placed in host memory and constants are read before the call returns; device memory belongs to the operator
/// until the stream has passed it.
///
/// # Parameters
/// - opType: the operator's type, such as "Add"
/// - numInputs, inputDesc, inputs: the inputs: descriptions and data
/// - numOutputs, outputDesc, outputs: the outputs: descriptions and memory for the data
/// - attr: attributes, null for none
/// - engineType, compileFlag, opPath: how to compile: makes no difference
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
        run(call, stream).map(drop)
    })
}

/// As aclopCompileAndExecute. Shapes of outputs that were unknown are written to their descriptions.
///
/// # Parameters
/// - opType: the operator's type, such as "Add"
/// - numInputs, inputDesc, inputs: the inputs: descriptions and data
/// - numOutputs, outputDesc, outputs: the outputs: descriptions and memory for the data
/// - attr: attributes, null for none
/// - engineType, compileFlag, opPath: how to compile: makes no difference
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
        // SAFETY: C2.
        unsafe { describe(&run(call, stream)?, output_desc.cast_const().cast()) }
    })
}
