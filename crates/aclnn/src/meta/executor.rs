//! Executors: repetition, destruction, changing addresses.

use super::not_null;
use crate::object::{self, Binding, Bound, EXECUTORS, Executor, TENSOR_LISTS, TENSORS};
use capi::{
    ArgError, Error, Result,
    abi::{aclOpExecutor, aclTensor, aclTensorList, aclnnStatus},
    entry,
    handle::Ref,
};
use npu_ops::Role;
use std::ffi::c_void;

/// Which operands an index counts.
#[derive(Clone, Copy)]
enum Among {
    All,
    Inputs,
    Outputs,
}

impl Among {
    fn counts(self, role: Role) -> bool {
        match self {
            Among::All => true,
            Among::Inputs => role.is_input(),
            Among::Outputs => role.is_output(),
        }
    }
}

fn executor(raw: *const aclOpExecutor) -> Result<Ref<'static, Executor>> {
    EXECUTORS.get(not_null(raw, "executor")?).map_err(|e| e.arg("executor"))
}

/// Points operand `index` (and, in a list, element `relative`) of a prepared call to another address.
fn set_address(
    executor: &Executor,
    among: Among,
    (index, index_name): (usize, &'static str),
    relative: Option<usize>,
    address: u64,
) -> Result {
    let range = |argument, expected: String, got: usize| {
        Error::from(ArgError::Range { argument, expected, got: got.to_string() })
    };
    // Inputs count before outputs, each in the order of the C parameters.
    let params = executor.def.params.iter().enumerate().filter(|(_, p)| p.kind.is_tensor());
    let (inputs, outputs): (Vec<_>, Vec<_>) = params.partition(|(_, p)| p.role.is_input());
    let candidates = inputs.iter().chain(&outputs).filter(|(_, p)| among.counts(p.role));
    let count = candidates.clone().count();
    let (number, param) = *candidates.clone().nth(index).ok_or_else(|| {
        range(index_name, format!("an operand of {} below {count}", executor.def.name), index)
    })?;
    let mut bound = executor.bindings.lock();
    let Bound { list: bindings, checked } = &mut *bound;
    let position = relative.unwrap_or(0);
    let of_param = |b: &&mut Binding| b.param as usize == number;
    let length = bindings.iter_mut().filter(of_param).count();
    let found = bindings.iter_mut().filter(of_param).nth(position).ok_or_else(|| match relative {
        Some(relative) => {
            range("relativeIndex", format!("an element of {} below {length}", param.name), relative)
        }
        None => range(index_name, format!("a tensor that was given; {} was null", param.name), index),
    })?;
    found.data = address;
    *checked = None;
    Ok(())
}

/// Keeps an executor alive after its second phase, so that it can run again. Call it right after the first phase.
///
/// Returns 0, 561103 for null, 161002 for a handle that is no live executor. Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetAclOpExecutorRepeatable(executor: *mut aclOpExecutor) -> aclnnStatus {
    entry::aclnn("aclSetAclOpExecutorRepeatable", || {
        let raw = not_null(executor, "executor")?;
        let def = self::executor(executor)?.def;
        EXECUTORS.retag(raw, Executor::tag(def, true)).map_err(|e| e.arg("executor"))
    })
}

/// Destroys an executor: one that was made repeatable, or one whose second phase was never called. Work already
/// enqueued goes on.
///
/// Returns 0, 561103 for null, 161002 for a handle that is no live executor. Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclDestroyAclOpExecutor(executor: *mut aclOpExecutor) -> aclnnStatus {
    entry::aclnn("aclDestroyAclOpExecutor", || {
        object::destroy(&EXECUTORS, not_null(executor, "executor")?, "executor")
    })
}

fn set_tensor(
    executor: *const aclOpExecutor,
    among: Among,
    index: usize,
    tensor: *const aclTensor,
    addr: *const c_void,
) -> Result {
    let executor = self::executor(executor)?;
    TENSORS.lock(not_null(tensor, "tensor")?).map_err(|e| e.arg("tensor"))?;
    set_address(&executor, among, (index, "index"), None, not_null(addr, "addr")? as u64)
}

fn set_element(
    executor: *const aclOpExecutor,
    among: Among,
    ir_index: usize,
    relative_index: usize,
    tensors: *const aclTensorList,
    addr: *const c_void,
) -> Result {
    let executor = self::executor(executor)?;
    TENSOR_LISTS.get(not_null(tensors, "tensors")?).map_err(|e| e.arg("tensors"))?;
    let address = not_null(addr, "addr")? as u64;
    set_address(&executor, among, (ir_index, "irIndex"), Some(relative_index), address)
}

/// Points tensor number `index` of a prepared call to another device address, for second phases called from now on.
///
/// - `executor`: from a first phase, usually made repeatable.
/// - `index`: counts tensors and lists, inputs before outputs, in the order of the operator's parameters.
/// - `tensor`: the tensor the operand was made from; must be live.
/// - `addr`: the new address of the tensor's storage; the view's offset, shape and strides stay.
///
/// Returns 0, 561103 for null, 161002 for an index out of range, an operand that was null, or a stale handle.
/// Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetTensorAddr(
    executor: *mut aclOpExecutor,
    index: usize,
    tensor: *mut aclTensor,
    addr: *mut c_void,
) -> aclnnStatus {
    entry::aclnn("aclSetTensorAddr", || set_tensor(executor, Among::All, index, tensor, addr))
}

/// Points input number `index` of a prepared call to another device address, for second phases called from now on.
///
/// - `executor`: from a first phase, usually made repeatable.
/// - `index`: counts tensors and lists, in the order of the operator's parameters.
/// - `tensor`: the tensor the operand was made from; must be live.
/// - `addr`: the new address of the tensor's storage; the view's offset, shape and strides stay.
///
/// Returns 0, 561103 for null, 161002 for an index out of range, an operand that was null, or a stale handle.
/// Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetInputTensorAddr(
    executor: *mut aclOpExecutor,
    index: usize,
    tensor: *mut aclTensor,
    addr: *mut c_void,
) -> aclnnStatus {
    entry::aclnn("aclSetInputTensorAddr", || set_tensor(executor, Among::Inputs, index, tensor, addr))
}

/// Points output number `index` of a prepared call to another device address, for second phases called from now on.
///
/// - `executor`: from a first phase, usually made repeatable.
/// - `index`: counts tensors and lists, in the order of the operator's parameters.
/// - `tensor`: the tensor the operand was made from; must be live.
/// - `addr`: the new address of the tensor's storage; the view's offset, shape and strides stay.
///
/// Returns 0, 561103 for null, 161002 for an index out of range, an operand that was null, or a stale handle.
/// Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetOutputTensorAddr(
    executor: *mut aclOpExecutor,
    index: usize,
    tensor: *mut aclTensor,
    addr: *mut c_void,
) -> aclnnStatus {
    entry::aclnn("aclSetOutputTensorAddr", || set_tensor(executor, Among::Outputs, index, tensor, addr))
}

/// Points one element of a list of a prepared call to another device address, for second phases called from now
/// on.
///
/// - `executor`: from a first phase, usually made repeatable.
/// - `irIndex`: counts tensors and lists, inputs before outputs, in the order of the operator's parameters.
/// - `relativeIndex`: the element of the list.
/// - `tensors`: the list the operand was made from; must be live.
/// - `addr`: the new address of the element's storage; the view's offset, shape and strides stay.
///
/// Returns 0, 561103 for null, 161002 for an index out of range or a stale handle. Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetDynamicTensorAddr(
    executor: *mut aclOpExecutor,
    ir_index: usize,
    relative_index: usize,
    tensors: *mut aclTensorList,
    addr: *mut c_void,
) -> aclnnStatus {
    entry::aclnn("aclSetDynamicTensorAddr", || {
        set_element(executor, Among::All, ir_index, relative_index, tensors, addr)
    })
}

/// Points one element of an input list of a prepared call to another device address, for second phases called from now
/// on.
///
/// - `executor`: from a first phase, usually made repeatable.
/// - `irIndex`: counts tensors and lists, in the order of the operator's parameters.
/// - `relativeIndex`: the element of the list.
/// - `tensors`: the list the operand was made from; must be live.
/// - `addr`: the new address of the element's storage; the view's offset, shape and strides stay.
///
/// Returns 0, 561103 for null, 161002 for an index out of range or a stale handle. Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetDynamicInputTensorAddr(
    executor: *mut aclOpExecutor,
    ir_index: usize,
    relative_index: usize,
    tensors: *mut aclTensorList,
    addr: *mut c_void,
) -> aclnnStatus {
    entry::aclnn("aclSetDynamicInputTensorAddr", || {
        set_element(executor, Among::Inputs, ir_index, relative_index, tensors, addr)
    })
}

/// Points one element of an output list of a prepared call to another device address, for second phases called from now
/// on.
///
/// - `executor`: from a first phase, usually made repeatable.
/// - `irIndex`: counts tensors and lists, in the order of the operator's parameters.
/// - `relativeIndex`: the element of the list.
/// - `tensors`: the list the operand was made from; must be live.
/// - `addr`: the new address of the element's storage; the view's offset, shape and strides stay.
///
/// Returns 0, 561103 for null, 161002 for an index out of range or a stale handle. Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetDynamicOutputTensorAddr(
    executor: *mut aclOpExecutor,
    ir_index: usize,
    relative_index: usize,
    tensors: *mut aclTensorList,
    addr: *mut c_void,
) -> aclnnStatus {
    entry::aclnn("aclSetDynamicOutputTensorAddr", || {
        set_element(executor, Among::Outputs, ir_index, relative_index, tensors, addr)
    })
}

/// Points tensor number `index` of a prepared call to another device address, for second phases called from now on.
///
/// - `executor`: from a first phase, usually made repeatable.
/// - `index`: counts tensors and lists, inputs before outputs, in the order of the operator's parameters.
/// - `tensor`: the tensor the operand was made from; must be live.
/// - `addr`: the new address of the tensor's storage; the view's offset, shape and strides stay.
///
/// Returns 0, 561103 for null, 161002 for an index out of range, an operand that was null, or a stale handle.
/// Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AclSetTensorAddr(
    executor: *mut aclOpExecutor,
    index: usize,
    tensor: *mut aclTensor,
    addr: *mut c_void,
) -> aclnnStatus {
    entry::aclnn("AclSetTensorAddr", || set_tensor(executor, Among::All, index, tensor, addr))
}

/// Points input number `index` of a prepared call to another device address, for second phases called from now on.
///
/// - `executor`: from a first phase, usually made repeatable.
/// - `index`: counts tensors and lists, in the order of the operator's parameters.
/// - `tensor`: the tensor the operand was made from; must be live.
/// - `addr`: the new address of the tensor's storage; the view's offset, shape and strides stay.
///
/// Returns 0, 561103 for null, 161002 for an index out of range, an operand that was null, or a stale handle.
/// Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AclSetInputTensorAddr(
    executor: *mut aclOpExecutor,
    index: usize,
    tensor: *mut aclTensor,
    addr: *mut c_void,
) -> aclnnStatus {
    entry::aclnn("AclSetInputTensorAddr", || set_tensor(executor, Among::Inputs, index, tensor, addr))
}

/// Points output number `index` of a prepared call to another device address, for second phases called from now on.
///
/// - `executor`: from a first phase, usually made repeatable.
/// - `index`: counts tensors and lists, in the order of the operator's parameters.
/// - `tensor`: the tensor the operand was made from; must be live.
/// - `addr`: the new address of the tensor's storage; the view's offset, shape and strides stay.
///
/// Returns 0, 561103 for null, 161002 for an index out of range, an operand that was null, or a stale handle.
/// Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AclSetOutputTensorAddr(
    executor: *mut aclOpExecutor,
    index: usize,
    tensor: *mut aclTensor,
    addr: *mut c_void,
) -> aclnnStatus {
    entry::aclnn("AclSetOutputTensorAddr", || set_tensor(executor, Among::Outputs, index, tensor, addr))
}

/// Points one element of a list of a prepared call to another device address, for second phases called from now
/// on.
///
/// - `executor`: from a first phase, usually made repeatable.
/// - `irIndex`: counts tensors and lists, inputs before outputs, in the order of the operator's parameters.
/// - `relativeIndex`: the element of the list.
/// - `tensors`: the list the operand was made from; must be live.
/// - `addr`: the new address of the element's storage; the view's offset, shape and strides stay.
///
/// Returns 0, 561103 for null, 161002 for an index out of range or a stale handle. Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AclSetDynamicTensorAddr(
    executor: *mut aclOpExecutor,
    ir_index: usize,
    relative_index: usize,
    tensors: *mut aclTensorList,
    addr: *mut c_void,
) -> aclnnStatus {
    entry::aclnn("AclSetDynamicTensorAddr", || {
        set_element(executor, Among::All, ir_index, relative_index, tensors, addr)
    })
}

/// Points one element of an input list of a prepared call to another device address, for second phases called from now
/// on.
///
/// - `executor`: from a first phase, usually made repeatable.
/// - `irIndex`: counts tensors and lists, in the order of the operator's parameters.
/// - `relativeIndex`: the element of the list.
/// - `tensors`: the list the operand was made from; must be live.
/// - `addr`: the new address of the element's storage; the view's offset, shape and strides stay.
///
/// Returns 0, 561103 for null, 161002 for an index out of range or a stale handle. Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AclSetDynamicInputTensorAddr(
    executor: *mut aclOpExecutor,
    ir_index: usize,
    relative_index: usize,
    tensors: *mut aclTensorList,
    addr: *mut c_void,
) -> aclnnStatus {
    entry::aclnn("AclSetDynamicInputTensorAddr", || {
        set_element(executor, Among::Inputs, ir_index, relative_index, tensors, addr)
    })
}

/// Points one element of an output list of a prepared call to another device address, for second phases called from now
/// on.
///
/// - `executor`: from a first phase, usually made repeatable.
/// - `irIndex`: counts tensors and lists, in the order of the operator's parameters.
/// - `relativeIndex`: the element of the list.
/// - `tensors`: the list the operand was made from; must be live.
/// - `addr`: the new address of the element's storage; the view's offset, shape and strides stay.
///
/// Returns 0, 561103 for null, 161002 for an index out of range or a stale handle. Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AclSetDynamicOutputTensorAddr(
    executor: *mut aclOpExecutor,
    ir_index: usize,
    relative_index: usize,
    tensors: *mut aclTensorList,
    addr: *mut c_void,
) -> aclnnStatus {
    entry::aclnn("AclSetDynamicOutputTensorAddr", || {
        set_element(executor, Among::Outputs, ir_index, relative_index, tensors, addr)
    })
}
