//! Running the plans of operators that were queued. Timelines and dumps learn here what an operator is.

use crate::dump;
use npu_device::{
    TaskContext, TaskFault,
    trace::{self, Action, Details, Note},
};
use npu_ops::{Operand, Plan};
use std::{fmt::Display, sync::OnceLock};

/// What timelines show of a kernel of the program; it goes with the kernel.
#[derive(Debug, Default)]
pub struct KernelNote(OnceLock<Note>);

impl KernelNote {
    /// Says in a task that it runs a kernel in so many blocks. `details` is asked once.
    #[inline]
    pub fn tell(&self, task: &TaskContext, blocks: u64, details: impl FnOnce() -> Details) {
        if trace::on() {
            task.describe(self.0.get_or_init(|| trace::describe(details())).id());
            task.does(Action::Kernel { blocks });
        }
    }
}

/// Runs a plan as the operator `name`, in a task.
///
/// # Errors
/// The kernel's fault, as one of the task.
///
/// # Safety
/// As for [`Plan::run`].
#[inline]
pub unsafe fn run(
    name: &str,
    plan: &Plan,
    operands: &[*mut u8],
    workspace: *mut u8,
    task: &TaskContext,
) -> Result<(), TaskFault> {
    if trace::watched() {
        // SAFETY: passed on.
        return unsafe { run_watched(name, plan, operands, workspace, task) };
    }
    // SAFETY: passed on.
    let done = unsafe { plan.run(operands, workspace, task.parallel()) };
    done.map_err(|fault| failed(name, plan, operands, task, &fault))
}

/// # Safety
/// As for [`Plan::run`].
#[cold]
unsafe fn run_watched(
    name: &str,
    plan: &Plan,
    operands: &[*mut u8],
    workspace: *mut u8,
    task: &TaskContext,
) -> Result<(), TaskFault> {
    if trace::on()
        && let Some(note) = plan.note(|| trace::describe(details(name, plan)))
    {
        task.describe(Note::id(note));
    }
    let dump = dump::begin(name, plan, task);
    if let Some(dump) = &dump {
        // SAFETY: as for `Plan::run`: each operand is readable as far as its layout spans.
        unsafe { dump.write(operands, Operand::is_input, "input") };
    }
    // SAFETY: passed on.
    let done = unsafe { plan.run(operands, workspace, task.parallel()) };
    done.map_err(|fault| failed(name, plan, operands, task, &fault))?;
    if let Some(dump) = &dump {
        // SAFETY: as above.
        unsafe { dump.write(operands, Operand::is_output, "output") };
    }
    Ok(())
}

/// What a timeline shows of an operator. `aclnn` says nothing there.
fn details(name: &str, plan: &Plan) -> Details {
    let operands = plan.operands();
    let bytes = |operand: &Operand| (operand.layout.numel() * operand.layout.dtype().size()) as u64;
    let shown: Vec<_> = operands
        .iter()
        .map(|operand| trace::Operand {
            name: operand.title(),
            dtype: operand.layout.dtype().acl_name(),
            dims: operand.layout.dims().to_vec(),
            input: operand.is_input(),
            output: operand.is_output(),
        })
        .collect();
    Details::new(short(name), operands.iter().map(bytes).sum(), &shown)
}

/// The name without CANN's prefix.
pub(crate) fn short(name: &str) -> &str {
    name.strip_prefix("aclnn").unwrap_or(name)
}

#[cold]
fn failed(
    name: &str,
    plan: &Plan,
    operands: &[*mut u8],
    task: &TaskContext,
    fault: &dyn Display,
) -> TaskFault {
    if let Some(dump) = dump::begin_exception(name, plan, task) {
        // SAFETY: the operands of the plan that has just failed: readable as far as their layouts span.
        unsafe { dump.write(operands, |_| true, "operand") };
    }
    TaskFault::ai_core(fault.to_string())
}
