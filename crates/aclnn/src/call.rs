//! What every operator's two phases do.

mod arguments;
mod launch;

pub use arguments::Raw;
pub use launch::second_phase;

pub(crate) use arguments::{Bindings, readable};
pub(crate) use launch::{Address, address};

use crate::cache;
use crate::object::{EXECUTORS, Executor};
use arguments::List;
use capi::{Result, abi, boundary, entry};
use npu_device::memory;
use npu_ops::{
    OpDef, Plan, Role,
    memo::{self, Key},
};
use std::sync::Arc;

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
        // Counted before addresses are checked: what is freed from now on makes the second phase check again.
        let frees = memory::frees();
        let mut bindings = Bindings::new();
        // SAFETY: C3 by this function's contract.
        let plan = unsafe { prepare(def, raws, &mut bindings) }?;
        let workspace = plan.workspace();
        let resizes = plan.resized().len() > 0;
        if !resizes {
            // A call found by its key does not know the tensors that take new shapes.
            cache::keep(def, &plan, &bindings);
        }
        let mut prepared = Executor::new(def, plan, bindings, frees);
        if resizes {
            prepared.resized = launch::resized(&prepared, raws);
        }
        let handle =
            EXECUTORS.insert_tagged(prepared, Executor::tag(def, false)).map_err(|e| e.arg("executor"))?;
        workspace_size.write(workspace);
        executor.write(handle.cast());
        Ok(())
    })
}

/// The plan of a call, made before or now, and where its operands are.
///
/// # Safety
/// C3 holds for strings.
#[inline]
unsafe fn prepare(def: &'static OpDef, raws: &[Raw], bindings: &mut Bindings) -> Result<Arc<Plan>> {
    let mut key = Key::new(def);
    // SAFETY: C3 by this function's contract.
    unsafe { arguments::visit(def, raws, bindings, &mut key) }?;
    if let Some(plan) = memo::recall(&key) {
        return Ok(plan);
    }
    bindings.clear();
    // SAFETY: C3 by this function's contract.
    unsafe { plan_anew(def, raws, bindings) }
}

/// # Safety
/// C3 holds for strings.
#[cold]
unsafe fn plan_anew(def: &'static OpDef, raws: &[Raw], bindings: &mut Bindings) -> Result<Arc<Plan>> {
    let mut list = List::default();
    // SAFETY: C3 by this function's contract.
    unsafe { arguments::visit(def, raws, bindings, &mut list) }?;
    let plan = npu_ops::plan(def, &list.args)?;
    // The key of what was planned: another thread may have changed a tensor since the first visit.
    // A call that draws numbers comes with another seed or offset each time, and would only push others out.
    if !def.params.iter().any(|param| param.role.overlaps(Role::SEED)) {
        memo::remember(&Key::of(def, &list.args), &plan);
    }
    Ok(plan)
}
