//! Handles of prepared operators.

use crate::{
    call::{Call, refuse},
    compiled::Compiled,
    execute::{Side, call},
    object::{self, DATA_BUFFERS, DataBuffer, Desc, HANDLES},
    operand::Operand,
};
use capi::{
    Error, Result,
    abi::{
        ACL_ERROR_OP_INPUT_NOT_MATCH, ACL_ERROR_OP_OUTPUT_NOT_MATCH, aclDataBuffer, aclError, aclTensorDesc,
        aclopAttr, aclopHandle, aclrtStream,
    },
    boundary, entry, runtime,
};
use std::{
    ffi::{c_char, c_int, c_void},
    sync::Arc,
};

/// A prepared operator: its call without data, and what it was compiled to.
pub(crate) struct Prepared {
    call: Call,
    compiled: Arc<Compiled>,
}

impl Prepared {
    pub(crate) fn new(mut call: Call) -> Result<Prepared> {
        call.complete()?;
        let compiled = Arc::new(Compiled::new(&call)?);
        Ok(Prepared { call, compiled })
    }

    /// Puts the prepared operator behind a handle.
    pub(crate) fn shelve(self) -> Result<*mut aclopHandle> {
        HANDLES.insert(self).map(<*mut c_void>::cast).map_err(|e| e.arg("handle"))
    }

    fn run(&self, inputs: Vec<DataBuffer>, outputs: Vec<DataBuffer>, stream: aclrtStream) -> Result {
        let stream = runtime::resolve_stream(stream, "stream")?;
        let counts = [
            (inputs.len(), self.call.inputs.len(), "numInputs", ACL_ERROR_OP_INPUT_NOT_MATCH),
            (outputs.len(), self.call.outputs.len(), "numOutputs", ACL_ERROR_OP_OUTPUT_NOT_MATCH),
        ];
        for (got, expected, argument, code) in counts {
            if got != expected {
                let what = format!(
                    "argument {argument}: expected {expected}, as the handle was made for, got {got}"
                );
                return Err(Error::Code { code, what });
            }
        }
        let with = |operands: &[Operand], buffers: &[DataBuffer], argument| -> Vec<Operand> {
            let pairs = operands.iter().zip(buffers);
            pairs.map(|(o, buffer)| Operand { desc: o.desc.clone(), buffer: *buffer, argument }).collect()
        };
        let call = Call {
            function: "aclopExecWithHandle",
            op_type: self.call.op_type.clone(),
            inputs: with(&self.call.inputs, &inputs, "inputs"),
            outputs: with(&self.call.outputs, &outputs, "outputs"),
            attrs: self.call.attrs.clone(),
        };
        // What was prepared holds for operands that lie apart; others have rules of their own.
        let overlaps = |out: &DataBuffer| {
            let end = |b: &DataBuffer| b.data.saturating_add(b.size as u64);
            inputs.iter().any(|input| input.data < end(out) && out.data < end(input))
        };
        let compiled = match outputs.iter().any(overlaps) {
            true => Arc::new(Compiled::new(&call)?),
            false => Arc::clone(&self.compiled),
        };
        compiled.enqueue(call.function, call.inputs.iter().chain(&call.outputs), &stream)
    }
}

/// Prepares an operator for running many times.
///
/// # Parameters
/// - opType: the operator's type, such as "Add"
/// - numInputs, inputDesc: descriptions of the inputs, copied; those that decide the result's shape are constants
/// - numOutputs, outputDesc: descriptions of the outputs, copied
/// - opAttr: attributes, copied; null for none
/// - handle: receives the handle, which aclopDestroyHandle ends
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null or refused by the operator
/// - 107017 when a handle is not live
/// - 500002 when there is no operator of this type
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `op_type`, C2 for the arrays with their counts, C1 for `handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopCreateHandle(
    op_type: *const c_char,
    num_inputs: c_int,
    input_desc: *const *const aclTensorDesc,
    num_outputs: c_int,
    output_desc: *const *const aclTensorDesc,
    op_attr: *const aclopAttr,
    handle: *mut *mut aclopHandle,
) -> aclError {
    entry::acl("aclopCreateHandle", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(handle, "handle") }?;
        let inputs = Side::described("inputDesc", (num_inputs, "numInputs"), input_desc);
        let outputs = Side::described("outputDesc", (num_outputs, "numOutputs"), output_desc);
        // SAFETY: C3 and C2.
        let call = unsafe { call("aclopCreateHandle", op_type, inputs, outputs, op_attr) }?;
        out.write(Prepared::new(call)?.shelve()?);
        Ok(())
    })
}

/// Prepares a conversion of elements for running many times.
///
/// # Parameters
/// - srcDesc: description of the input, copied
/// - dstDesc: description of the output, copied: the same shape, another element type
/// - truncate: reserved: floats lose their fraction when they become integers, whatever it says
/// - handle: receives the handle, which aclopDestroyHandle ends
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null, or the shapes differ
/// - 107017 when a description is not live
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopCreateHandleForCast(
    src_desc: *mut aclTensorDesc,
    dst_desc: *mut aclTensorDesc,
    _truncate: u8,
    handle: *mut *mut aclopHandle,
) -> aclError {
    entry::acl("aclopCreateHandleForCast", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(handle, "handle") }?;
        let call = cast("aclopCreateHandleForCast", (src_desc, None), (dst_desc, None))?;
        out.write(Prepared::new(call)?.shelve()?);
        Ok(())
    })
}

/// A conversion of one tensor, with data where there are any.
pub(crate) fn cast(
    function: &'static str,
    from: (*const aclTensorDesc, Option<DataBuffer>),
    to: (*const aclTensorDesc, Option<DataBuffer>),
) -> Result<Call> {
    let side =
        |(desc, buffer): (*const aclTensorDesc, Option<DataBuffer>), argument| -> Result<Vec<Operand>> {
            let desc: Desc = object::get(&object::TENSOR_DESCS, desc.cast(), argument)?.lock().clone();
            Ok(vec![Operand { desc, buffer: buffer.unwrap_or(DataBuffer { data: 0, size: 0 }), argument }])
        };
    Ok(Call {
        function,
        op_type: "Cast".to_owned(),
        inputs: side(from, "srcDesc")?,
        outputs: side(to, "dstDesc")?,
        attrs: object::Attrs::new(),
    })
}

/// Destroys a prepared operator; work that was queued with it still runs. Null and what is no live handle are passed
/// over.
///
/// # Parameters
/// - handle: the handle
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopDestroyHandle(handle: *mut aclopHandle) {
    if !handle.is_null() {
        entry::value("aclopDestroyHandle", || object::destroy(&HANDLES, handle.cast(), "handle"));
    }
}

/// Runs a prepared operator on a stream. Returns once the work is queued.
///
/// # Parameters
/// - handle: the prepared operator
/// - numInputs, inputs: the inputs' data, as many as were described
/// - numOutputs, outputs: memory for the outputs, as many as were described
/// - stream: the stream, null for the default one
///
/// # Returns
/// - 0 on success; the operator is queued; a failure of its work shows when the stream is synchronised
/// - 100000 when an argument is null, or a buffer is smaller than its description says
/// - 100021 when numInputs is not the number of inputs that were described
/// - 100022 when numOutputs is not the number of outputs that were described
/// - 107000 when a buffer is not live device memory of the size
/// - 107002 when the thread has no context
/// - 107017 when a handle is not live
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for the arrays with their counts and for host data.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopExecWithHandle(
    handle: *mut aclopHandle,
    num_inputs: c_int,
    inputs: *const *const aclDataBuffer,
    num_outputs: c_int,
    outputs: *const *mut aclDataBuffer,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclopExecWithHandle", || {
        let prepared = object::get(&HANDLES, handle.cast(), "handle")?;
        // SAFETY: C2.
        let from = unsafe { buffers(num_inputs, "numInputs", inputs, "inputs") }?;
        // SAFETY: C2.
        let to = unsafe { buffers(num_outputs, "numOutputs", outputs.cast(), "outputs") }?;
        prepared.run(from, to, stream)
    })
}

/// # Safety
/// C2 holds for the array.
unsafe fn buffers(
    count: c_int,
    counted: &'static str,
    buffers: *const *const aclDataBuffer,
    argument: &'static str,
) -> Result<Vec<DataBuffer>> {
    let count = usize::try_from(count).map_err(|_| refuse(counted, "0 or more".into(), count.to_string()))?;
    // SAFETY: C2, from the caller.
    let buffers = unsafe { boundary::slice(buffers, count, argument) }?;
    buffers.iter().map(|buffer| Ok(*object::get(&DATA_BUFFERS, buffer.cast(), argument)?.lock())).collect()
}
