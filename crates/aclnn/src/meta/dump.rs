//! Dumping tensors of the program's own operators.

use crate::{
    call::{self, Address},
    object::{self, TENSORS},
};
use capi::{
    Error, Result,
    abi::{aclTensor, aclnnStatus, aclrtStream},
    boundary,
    dump::file_part,
    entry, npy,
};
use npu_device::{TaskContext, TaskFault};
use npu_ops::{Arg, Plan, TensorArg, registry};
use npu_types::Layout;
use std::{ffi::c_char, path::PathBuf, sync::Arc};

/// One tensor of a dump: how to gather its view into row-major bytes, from where, to which file.
struct Part {
    gather: Arc<Plan>,
    from: Address,
    layout: Layout,
    path: PathBuf,
}

impl Part {
    fn write(&self, task: &TaskContext) -> std::result::Result<(), TaskFault> {
        let mut bytes = vec![0u8; self.layout.numel() * self.layout.dtype().size()];
        let operands = [bytes.as_mut_ptr(), self.from.pointer()];
        // SAFETY: the buffer holds the row-major view, the source was checked against its layout, and a copy needs no
        // workspace.
        unsafe { self.gather.run(&operands, std::ptr::null_mut(), task.parallel()) }
            .map_err(|fault| TaskFault::ai_core(fault.to_string()))?;
        npy::write(&self.path, self.layout.dtype(), self.layout.dims(), &bytes)
            .map_err(|e| TaskFault::ai_core(format!("cannot write {}: {e}", self.path.display())))
    }
}

fn part(tensor: *const aclTensor, path: PathBuf) -> Result<Part> {
    let (source, binding) = call::readable(&*object::lock(&TENSORS, tensor.cast(), "tensors")?, "tensors")?;
    let plain = Layout::contiguous(source.layout.dtype(), source.dims())
        .map_err(|e| Error::Internal { what: e.to_string() })?;
    let target = TensorArg::new(plain, 0, 0);
    let source = TensorArg { slot: 1, ..source };
    let gather = npu_ops::plan(&registry::ACLNN_INPLACE_COPY, &[Arg::Tensor(target), Arg::Tensor(source)])?;
    Ok(Part { gather, from: call::address(&binding), layout: plain, path })
}

/// Writes tensors to files when the stream gets there: `<opType>.<opName>.<input|output>.<index>.npy`, in the directory
/// that the environment variable `ASCEND_DUMP_PATH` names. bfloat16 is written as 16-bit integers.
///
/// - `opType`, `opName`: names for the files.
/// - `tensors`: inputs, then outputs.
/// - `inputTensorNum`, `outputTensorNum`: how many of each.
/// - `stream`: null means the current context's default stream.
///
/// Returns 0, 161001 for null, 161002 for an invalid tensor, 561000 if `ASCEND_DUMP_PATH` names no directory; a file that
/// cannot be written fails the stream. Thread-safe.
///
/// # Safety
/// C3 for the names, C2 for `tensors` with the sum of both counts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclDumpOpTensors(
    op_type: *const c_char,
    op_name: *const c_char,
    tensors: *mut *mut aclTensor,
    input_tensor_num: usize,
    output_tensor_num: usize,
    stream: aclrtStream,
) -> aclnnStatus {
    entry::aclnn("aclDumpOpTensors", || {
        // SAFETY: C3.
        let op_type = file_part(&unsafe { boundary::c_str(op_type, "opType") }?.to_string_lossy());
        // SAFETY: C3.
        let op_name = file_part(&unsafe { boundary::c_str(op_name, "opName") }?.to_string_lossy());
        let count = input_tensor_num.saturating_add(output_tensor_num);
        // SAFETY: C2.
        let tensors = unsafe { boundary::slice(tensors.cast_const(), count, "tensors") }?;
        let dir = std::env::var_os("ASCEND_DUMP_PATH").map(PathBuf::from).filter(|d| d.is_dir());
        let Some(dir) = dir else {
            let what = "expected ASCEND_DUMP_PATH to name a directory, got none".to_owned();
            return Err(Error::Code { code: capi::code::ACLNN_ERR_INNER, what });
        };
        let path = |index: usize| {
            let (kind, index) = match index.checked_sub(input_tensor_num) {
                None => ("input", index),
                Some(output) => ("output", output),
            };
            dir.join(format!("{op_type}.{op_name}.{kind}.{index}.npy"))
        };
        let parts = tensors.iter().enumerate().map(|(i, t)| part(*t, path(i))).collect::<Result<Vec<_>>>()?;
        let stream = capi::runtime::resolve_stream(stream, "stream")?;
        stream.submit("aclDumpOpTensors", move |task: &TaskContext| {
            parts.iter().try_for_each(|p| p.write(task))
        })?;
        Ok(())
    })
}
