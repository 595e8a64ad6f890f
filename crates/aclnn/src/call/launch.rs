//! The second phase: addresses and workspace are checked again, and the plan goes to the stream.

use super::Raw;
use crate::object::{self, Binding, EXECUTORS, Element, Executor, TENSORS};
use capi::{ArgError, Error, Result, abi, entry, handle::Taken, operator, runtime::StreamRef};
use npu_device::{OverflowMode, TaskContext, memory};
use npu_ops::{OpDef, Plan};
use smallvec::SmallVec;
use std::{ffi::c_void, sync::Arc};

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
        if raw.is_null() {
            return Err(ArgError::Null { argument: "executor" }.into());
        }
        let call = Call { function, workspace: workspace as u64, workspace_size, stream };
        let tag = EXECUTORS.tag(raw).map_err(|e| e.arg("executor"))?;
        if tag == Executor::tag(def, false) {
            // Of two threads with one executor only one may go on.
            return match EXECUTORS.take(raw).map_err(|e| e.arg("executor"))? {
                Taken::Owned(executor) => call.consume(executor),
                Taken::Shared(executor) => call.repeat(&executor),
            };
        }
        let found = object::get(&EXECUTORS, raw, "executor")?;
        if tag == Executor::tag(def, true) {
            return call.repeat(&found);
        }
        let expected = format!("an executor of {}GetWorkspaceSize", def.name);
        let got = format!("one of {}GetWorkspaceSize", found.def.name);
        Err(ArgError::Range { argument: "executor", expected, got }.into())
    })
}

/// What the second phase was given besides the executor.
struct Call {
    function: &'static str,
    workspace: u64,
    workspace_size: u64,
    stream: abi::aclrtStream,
}

impl Call {
    #[inline]
    fn consume(&self, executor: Executor) -> Result {
        let Executor { def, plan, bindings, resized } = executor;
        let mut bound = bindings.into_inner();
        bound.check(def)?;
        self.launch(plan, &bound.list, &resized)
    }

    fn repeat(&self, executor: &Executor) -> Result {
        let mut bound = executor.bindings.lock();
        bound.check(executor.def)?;
        self.launch(Arc::clone(&executor.plan), &bound.list, &executor.resized)
    }

    /// The workspace as the device sees it.
    #[inline]
    fn scratch(&self, need: u64) -> Result<*mut u8> {
        // A size without memory is refused even if the operator would not have looked at it.
        if self.workspace == 0 && (need > 0 || self.workspace_size > 0) {
            return Err(ArgError::Null { argument: "workspace" }.into());
        }
        if need == 0 {
            return Ok(std::ptr::null_mut());
        }
        if self.workspace_size < need {
            let (expected, got) = (format!("at least {need}"), self.workspace_size.to_string());
            return Err(ArgError::Range { argument: "workspaceSize", expected, got }.into());
        }
        if !self.workspace.is_multiple_of(WORKSPACE_ALIGN) {
            let expected = format!("an address aligned to {WORKSPACE_ALIGN} bytes");
            let got = format!("{:#x}", self.workspace);
            return Err(ArgError::Range { argument: "workspace", expected, got }.into());
        }
        memory::check_reach(self.workspace, need)
            .map_err(|source| Error::MemoryArg { argument: "workspace", source })?;
        // The size given out has room for this.
        Ok(backing(self.workspace.next_multiple_of(npu_ops::WORKSPACE_ALIGN)))
    }

    #[inline]
    fn launch(&self, plan: Arc<Plan>, bindings: &[Binding], resized: &[Element]) -> Result {
        let scratch = Address(self.scratch(plan.workspace())?);
        let mut addresses: SmallVec<[Address; 6]> = SmallVec::new();
        let mut bytes = 0u64;
        for binding in bindings {
            addresses.push(address(binding));
            bytes = bytes.saturating_add(binding.bytes);
        }
        let stream = capi::runtime::resolve_stream(self.stream, "stream")?;
        if !resized.is_empty() {
            return submit_resizing(stream, self.function, plan, addresses, scratch, resized);
        }
        if let Some(mode) = stream.overflow_treatment() {
            return submit_watched(stream, self.function, plan, addresses, scratch, mode);
        }
        // A call of several steps is worth another thread whatever its size.
        let bytes = if plan.steps() == 1 { bytes } else { u64::MAX };
        let function = self.function;
        let run = move |task: &TaskContext| {
            let operands: SmallVec<[*mut u8; 6]> = addresses.iter().map(|a| a.pointer()).collect();
            // SAFETY: each address was checked against the layout the plan was made with, and the workspace against
            // the plan's need. That the memory stays allocated until the stream has passed is the C caller's duty; if
            // it does not, the window's pages stay mapped and other data is read or written, as on hardware.
            unsafe { operator::run(function, &plan, &operands, scratch.pointer(), task) }
        };
        Ok(stream.submit_kernel(function, bytes, run)?)
    }
}

/// The tensors that take the shapes a plan finds.
pub(super) fn resized(executor: &Executor, raws: &[Raw]) -> Box<[Element]> {
    let bound = executor.bindings.lock();
    let handle = |slot: u16| match raws[bound.list[slot as usize].param as usize] {
        Raw::Handle(handle) => Element(handle),
        _ => Element(std::ptr::null()),
    };
    executor.plan.resized().map(handle).collect()
}

/// Enqueues a plan whose outputs' shapes follow from the data: they are set before the stream goes on.
#[cold]
fn submit_resizing(
    stream: StreamRef,
    function: &'static str,
    plan: Arc<Plan>,
    addresses: SmallVec<[Address; 6]>,
    scratch: Address,
    resized: &[Element],
) -> Result {
    // A graph would set the tensor again and again, which is usually gone by then, and later tasks have their shapes.
    if stream.capture_info().is_some() {
        let what = format!(
            "{function} on a stream that is being captured, as its data decides the shape of its output,"
        );
        return Err(Error::Code {
            code: abi::ACL_ERROR_RT_CAPTURE_MODE_NOT_SUPPORT,
            what: format!("{what} is not supported"),
        });
    }
    let resized: SmallVec<[Element; 3]> = SmallVec::from_slice(resized);
    let run = move |task: &TaskContext| {
        let operands: SmallVec<[*mut u8; 6]> = addresses.iter().map(|a| a.pointer()).collect();
        // SAFETY: as for every plan, see `Call::launch`.
        unsafe { operator::run(function, &plan, &operands, scratch.pointer(), task) }?;
        // SAFETY: the plan has just run with this workspace.
        let shapes = unsafe { plan.shapes(scratch.pointer()) };
        for (tensor, dims) in resized.iter().zip(&shapes) {
            // A program may destroy the tensor as soon as the second phase has returned; nobody will ask then.
            if let Ok(mut state) = object::lock(&TENSORS, tensor.0, "tensor") {
                state.reshape(dims.as_slice());
            }
        }
        Ok(())
    };
    stream.submit_kernel(function, u64::MAX, run)?;
    Ok(())
}

/// Enqueues a plan whose results are searched for overflows, and made finite if `mode` says so.
#[cold]
fn submit_watched(
    stream: StreamRef,
    function: &'static str,
    plan: Arc<Plan>,
    addresses: SmallVec<[Address; 6]>,
    scratch: Address,
    mode: OverflowMode,
) -> Result {
    stream.submit_kernel(function, u64::MAX, move |task: &TaskContext| {
        let operands: SmallVec<[*mut u8; 6]> = addresses.iter().map(|a| a.pointer()).collect();
        // SAFETY: as for every plan, see `Call::launch`.
        unsafe { operator::run(function, &plan, &operands, scratch.pointer(), task) }?;
        // SAFETY: the addresses that the plan has just run with.
        if unsafe { plan.overflow(&operands, mode == OverflowMode::Saturate) } {
            task.set_overflowed(true);
        }
        Ok(())
    })?;
    Ok(())
}

/// What a workspace address must be a multiple of: what the hardware asks of any address.
const WORKSPACE_ALIGN: u64 = 32;

/// Where the device finds the byte that the program calls `address`; empty views may have none.
#[inline]
fn backing(address: u64) -> *mut u8 {
    memory::backing(address).map_or(std::ptr::null_mut(), |p| p.as_ptr())
}

/// Where the device finds a binding's first element.
#[inline]
pub(crate) fn address(binding: &Binding) -> Address {
    Address(backing(binding.base()))
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
