//! What every operator's two phases do.

use crate::object::{
    self, BOOL_ARRAYS, Binding, EXECUTORS, Executor, FLOAT_ARRAYS, INT_ARRAYS, SCALAR_LISTS, SCALARS,
    TENSOR_LISTS, TENSORS, Tensor, TensorState,
};
use capi::{ArgError, Error, Result, abi, boundary, entry};
use npu_device::{TaskContext, TaskFault, memory};
use npu_ops::{Arg, OpDef, Param, ParamKind, TensorArg};
use npu_types::DType;
use smallvec::SmallVec;
use std::{
    ffi::{c_char, c_void},
    sync::Arc,
};

/// A C argument as it came.
#[derive(Debug, Clone, Copy)]
pub enum Raw {
    /// A handle: tensor, scalar, array or list.
    Handle(*const c_void),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// A bool.
    Bool(bool),
    /// `aclDataType`
    DType(i32),
    /// A string.
    Str(*const c_char),
}

type Bindings = SmallVec<[Binding; 4]>;

/// First phase: validates, plans, hands out an executor.
///
/// # Safety
/// C1 holds for `workspace_size` and `executor`, C3 for strings among `raws`.
pub unsafe fn first_phase(
    function: &'static str,
    def: &'static OpDef,
    raws: &[Raw],
    workspace_size: *mut u64,
    executor: *mut *mut abi::aclOpExecutor,
) -> i32 {
    entry::aclnn(function, || {
        // SAFETY: C1 by this function's contract.
        let workspace_size = unsafe { boundary::out(workspace_size, "workspaceSize") }?;
        // SAFETY: C1 by this function's contract.
        let executor = unsafe { boundary::out(executor, "executor") }?;
        let mut args: SmallVec<[Arg; 8]> = SmallVec::new();
        let mut bindings = Bindings::new();
        for (number, (param, raw)) in def.params.iter().zip(raws).enumerate() {
            match raw {
                // Tensors are most of the arguments, and large: they are made where they stay.
                Raw::Handle(handle) if param.kind == ParamKind::Tensor && !handle.is_null() => {
                    let tensor = object::get(&TENSORS, *handle, param.name)?;
                    let state = tensor.0.lock();
                    let slot = bind(&state, param.name, number as u16, 0, &mut bindings)?;
                    args.push(Arg::Tensor(state.operand(slot)));
                }
                // SAFETY: C3 by this function's contract.
                _ => args.push(unsafe { resolve(number, param, raw, &mut bindings) }?),
            }
        }
        let plan = npu_ops::plan(def, &args)?;
        let workspace = plan.workspace();
        let handle = EXECUTORS.insert(Executor::new(def, plan, bindings)).map_err(|e| e.arg("executor"))?;
        workspace_size.write(workspace);
        executor.write(handle.cast());
        Ok(())
    })
}

/// # Safety
/// C3 holds for a string.
unsafe fn resolve(number: usize, param: &Param, raw: &Raw, bindings: &mut Bindings) -> Result<Arg> {
    let name = param.name;
    let handle = match *raw {
        Raw::Int(value) => return Ok(Arg::Int(value)),
        Raw::Float(value) => return Ok(Arg::Float(value)),
        Raw::Bool(value) => return Ok(Arg::Bool(value)),
        Raw::DType(code) => return dtype(code, name).map(Arg::DType),
        Raw::Str(text) if text.is_null() => return null(param),
        Raw::Str(text) => {
            // SAFETY: C3 by this function's contract.
            let text = unsafe { boundary::c_str(text, name) }?;
            return Ok(Arg::Str(text.to_string_lossy().into_owned()));
        }
        Raw::Handle(handle) => handle,
    };
    if handle.is_null() {
        return null(param);
    }
    let number = number as u16;
    Ok(match param.kind {
        ParamKind::Tensor => {
            let tensor = object::get(&TENSORS, handle, name)?;
            Arg::Tensor(operand(&tensor, name, number, 0, bindings)?)
        }
        ParamKind::TensorList => {
            let list = object::get(&TENSOR_LISTS, handle, name)?;
            let mut tensors = Vec::with_capacity(list.len());
            for (position, element) in list.iter().enumerate() {
                let tensor = object::get(&TENSORS, element.0, name)?;
                tensors.push(operand(&tensor, name, number, position as u16, bindings)?);
            }
            Arg::Tensors(tensors)
        }
        ParamKind::Scalar => Arg::Scalar(*object::get(&SCALARS, handle, name)?),
        ParamKind::ScalarList => {
            let list = object::get(&SCALAR_LISTS, handle, name)?;
            let scalars = list.iter().map(|e| object::get(&SCALARS, e.0, name).map(|s| *s));
            Arg::Scalars(scalars.collect::<Result<_>>()?)
        }
        ParamKind::IntArray => Arg::Ints(SmallVec::from_slice(&object::get(&INT_ARRAYS, handle, name)?)),
        ParamKind::FloatArray => {
            Arg::Floats(SmallVec::from_slice(&object::get(&FLOAT_ARRAYS, handle, name)?))
        }
        ParamKind::BoolArray => Arg::Bools(SmallVec::from_slice(&object::get(&BOOL_ARRAYS, handle, name)?)),
        ParamKind::Int | ParamKind::Float | ParamKind::Bool | ParamKind::DType | ParamKind::Str => {
            return Err(Error::Internal { what: format!("{name} was passed as a handle") });
        }
    })
}

fn null(param: &Param) -> Result<Arg> {
    if param.optional { Ok(Arg::Null) } else { Err(ArgError::Null { argument: param.name }.into()) }
}

fn dtype(code: i32, argument: &'static str) -> Result<DType> {
    DType::from_acl_code(code).ok_or_else(|| {
        let expected = "a data type that the device computes with".into();
        ArgError::Range { argument, expected, got: format!("aclDataType {code}") }.into()
    })
}

/// Formats whose memory is the plain strided view.
fn is_plain(format: i32) -> bool {
    // UNDEFINED, NCHW, NHWC, ND, HWCN, NDHWC, NCDHW, NC, NCL
    matches!(format, -1 | 0 | 1 | 2 | 16 | 27 | 30 | 35 | 47)
}

/// Checks a tensor argument (its view is computable and lies in one live allocation) and gives it the next slot.
#[inline]
fn bind(
    state: &TensorState,
    argument: &'static str,
    param: u16,
    position: u16,
    bindings: &mut Bindings,
) -> Result<u16> {
    if state.dtype.is_none() || !is_plain(state.format) {
        return Err(not_computable(state, argument));
    }
    let binding = Binding {
        param,
        position,
        data: state.data,
        offset: state.offset_bytes,
        span: state.span,
        bytes: state.bytes,
    };
    // A null address may still be set through the executor; the second phase insists.
    if binding.data != 0 {
        check_reach(&binding, argument)?;
        let align = state.view.dtype().size().min(8) as u64;
        if binding.base() & (align - 1) != 0 {
            let expected = format!("an address aligned to its {align}-byte elements");
            return Err(ArgError::Range { argument, expected, got: format!("{:#x}", binding.base()) }.into());
        }
    }
    bindings.push(binding);
    Ok(bindings.len() as u16 - 1)
}

#[cold]
fn not_computable(state: &TensorState, argument: &'static str) -> Error {
    if let Err(error) = dtype(state.data_type, argument) {
        return error;
    }
    let expected = "a plain format (ACL_FORMAT_ND, NCHW, NHWC, NCL …)".into();
    ArgError::Range { argument, expected, got: format!("aclFormat {}", state.format) }.into()
}

fn operand(
    tensor: &Tensor,
    argument: &'static str,
    param: u16,
    position: u16,
    bindings: &mut Bindings,
) -> Result<TensorArg> {
    let state = tensor.0.lock();
    let slot = bind(&state, argument, param, position, bindings)?;
    Ok(state.operand(slot))
}

/// A tensor whose memory may be read now.
pub(crate) fn readable(tensor: &Tensor, argument: &'static str) -> Result<(TensorArg, Binding)> {
    let mut bindings = Bindings::new();
    let view = operand(tensor, argument, 0, 0, &mut bindings)?;
    match bindings.pop() {
        Some(binding) if binding.data != 0 || binding.is_empty() => Ok((view, binding)),
        _ => Err(ArgError::Null { argument }.into()),
    }
}

/// Where the device finds a binding's first element.
pub(crate) fn address(binding: &Binding) -> Address {
    Address(backing(binding.base()))
}

/// Every byte of the view belongs to one live device allocation.
fn check_reach(binding: &Binding, argument: &'static str) -> Result {
    if binding.is_empty() {
        return Ok(());
    }
    let first = binding.base().wrapping_add_signed(binding.span.0);
    let bytes = (binding.span.1 - binding.span.0) as u64;
    memory::check_reach(first, bytes).map_err(|source| Error::MemoryArg { argument, source })
}

/// Second phase: checks addresses and workspace again and enqueues the plan. The executor is consumed, also by a
/// failure, unless it is repeatable or belongs to another operator.
pub fn second_phase(
    function: &'static str,
    def: &'static OpDef,
    workspace: *mut c_void,
    workspace_size: u64,
    executor: *mut abi::aclOpExecutor,
    stream: abi::aclrtStream,
) -> i32 {
    entry::aclnn(function, || {
        let raw: *const c_void = executor.cast();
        let found = object::get(&EXECUTORS, raw, "executor")?;
        if !std::ptr::eq(found.def, def) {
            let expected = format!("an executor of {}GetWorkspaceSize", def.name);
            let got = format!("one of {}GetWorkspaceSize", found.def.name);
            return Err(ArgError::Range { argument: "executor", expected, got }.into());
        }
        if !found.is_repeatable() {
            // Of two threads with one executor only one may go on.
            EXECUTORS.remove(raw).map_err(|e| e.arg("executor"))?;
        }
        launch(function, &found, workspace as u64, workspace_size, stream)
    })
}

fn launch(
    function: &'static str,
    executor: &Executor,
    workspace: u64,
    workspace_size: u64,
    stream: abi::aclrtStream,
) -> Result {
    let need = executor.plan.workspace();
    let mut scratch = std::ptr::null_mut();
    // A size without memory is refused even if the operator would not have looked at it.
    if workspace == 0 && (need > 0 || workspace_size > 0) {
        return Err(ArgError::Null { argument: "workspace" }.into());
    }
    if need > 0 {
        if workspace_size < need {
            let (expected, got) = (format!("at least {need}"), workspace_size.to_string());
            return Err(ArgError::Range { argument: "workspaceSize", expected, got }.into());
        }
        let binding = Binding {
            param: 0,
            position: 0,
            data: workspace,
            offset: 0,
            span: (0, need as i64),
            bytes: need,
        };
        check_reach(&binding, "workspace")?;
        scratch = backing(workspace);
    }
    let mut addresses: SmallVec<[Address; 6]> = SmallVec::new();
    let mut bytes = 0u64;
    for binding in executor.bindings.lock().iter() {
        let name = executor.def.params[binding.param as usize].name;
        if binding.data == 0 && !binding.is_empty() {
            return Err(ArgError::Null { argument: name }.into());
        }
        check_reach(binding, name)?;
        addresses.push(Address(backing(binding.base())));
        bytes = bytes.saturating_add(binding.bytes);
    }
    let stream = capi::runtime::resolve_stream(stream, "stream")?;
    let plan = Arc::clone(&executor.plan);
    let small = bytes <= SMALL && plan.steps() == 1;
    let scratch = Address(scratch);
    let run = move |task: &TaskContext| {
        let operands: SmallVec<[*mut u8; 6]> = addresses.iter().map(|a| a.pointer()).collect();
        // SAFETY: each address was checked against the layout the plan was made with, and the workspace against the
        // plan's need. That the memory stays allocated until the stream has passed is the C caller's duty; if it does
        // not, the window's pages stay mapped and other data is read or written, as on hardware.
        unsafe { plan.run(&operands, scratch.pointer(), task.parallel()) }
            .map_err(|fault| TaskFault::ai_core(fault.to_string()))
    };
    if small { stream.submit_small(function, run) } else { stream.submit(function, run) }?;
    Ok(())
}

/// Operands of up to so many bytes are computed in less time than another thread needs to notice.
const SMALL: u64 = 4096;

/// Where the device finds the byte that the program calls `address`; empty views may have none.
fn backing(address: u64) -> *mut u8 {
    memory::backing(address).map_or(std::ptr::null_mut(), |p| p.as_ptr())
}

/// A checked address on its way to a worker.
#[derive(Clone, Copy)]
pub(crate) struct Address(*mut u8);

impl Address {
    /// By method, so that a closure captures the `Send` wrapper and not the pointer inside.
    pub(crate) fn pointer(self) -> *mut u8 {
        self.0
    }
}

// SAFETY: device memory is shared by all threads; who may touch which bytes when is the program's business, ordered
// by streams and events.
unsafe impl Send for Address {}
