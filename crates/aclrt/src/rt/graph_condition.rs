//! Conditional tasks of graphs.

use super::{
    graph::{handle_of, insert, model},
    param,
};
use capi::{
    abi::{
        ACL_MODEL_RI_COND_HANDLE_ASSIGN_DEFAULT, ACL_MODEL_RI_COND_TYPE_IF, ACL_MODEL_RI_COND_TYPE_SWITCH,
        ACL_MODEL_RI_COND_TYPE_WHILE, aclError, aclmdlRI, aclmdlRICondHandle, aclmdlRICondHandleFlag,
        aclmdlRICondTaskParams, aclrtStream,
    },
    boundary, entry,
    handle::{HandleTable, Kind},
    runtime,
};
use npu_device::{
    Condition, ConditionKind, Graph,
    memory::{self, Origin, PagePolicy, Request},
};
use std::{ptr, sync::Arc};

/// A number that decides, with the graph it belongs to.
pub(super) struct Number {
    pub(super) graph: Arc<Graph>,
    condition: Arc<Condition>,
}

/// Numbers by handle.
pub(super) static CONDITIONS: HandleTable<Number> = HandleTable::new(Kind::Condition);

/// Graphs of a conditional task, at most.
const MOST_BODIES: u32 = 1 << 16;

/// Makes a number in device memory that a conditional task can look at.
///
/// # Parameters
/// - modelRI: a graph that is being captured
/// - defaultLaunchValue: what the number is set to
/// - flag: ACL_MODEL_RI_COND_HANDLE_ASSIGN_DEFAULT sets it each time the graph begins; 0 leaves it to the program
/// - handle: receives the handle, valid as long as the graph
///
/// # Returns
/// - 0 on success
/// - 100000 when `modelRI` or `handle` is null
/// - 107000 when `flag` is neither
/// - 107017 when `modelRI` is no graph, or was already destroyed
/// - 107029 when it is not being captured
/// - 207001 when the device has no memory left
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRICondHandleCreate(
    model_ri: aclmdlRI,
    default_launch_value: u32,
    flag: aclmdlRICondHandleFlag,
    handle: *mut aclmdlRICondHandle,
) -> aclError {
    entry::acl("aclmdlRICondHandleCreate", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(handle, "handle") }?;
        let model = model(model_ri)?;
        let default = match flag {
            0 => None,
            ACL_MODEL_RI_COND_HANDLE_ASSIGN_DEFAULT => Some(u64::from(default_launch_value)),
            other => return Err(param("flag", "0 or 1 (assign default)", other)),
        };
        if !model.graph.is_recording() {
            let what = format!("{:?}: expected one that is being captured, got one that is not", model.graph);
            let fault = npu_device::CaptureFault::NotCaptured;
            return Err(npu_device::ExecError::Capture { fault, what }.into());
        }
        let request =
            Request { size: 8, policy: PagePolicy::NormalOnly, exact: true, origin: Origin::Internal };
        let address = memory::alloc(model.graph.device_id(), &request)?.base;
        if default.is_none() {
            // The program sets it, and until then it is no random number.
            memory::store_word(address, 0)?;
        }
        let condition = Condition::new(&model.graph, address, default);
        model.numbers.lock().push(address);
        let number = Number { graph: model.graph.clone(), condition };
        out.write(CONDITIONS.insert(number).map_err(|error| error.arg("handle"))?);
        Ok(())
    })
}

/// Where the number of a condition is.
///
/// # Parameters
/// - handle: the condition
/// - ptr: receives the device address of 8 bytes, which are freed with the graph
///
/// # Returns
/// - 0 on success
/// - 100000 when `handle` or `ptr` is null
/// - 107017 when it is no condition, or its graph was destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `ptr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRICondHandleGetCondPtr(
    handle: aclmdlRICondHandle,
    ptr: *mut *mut u64,
) -> aclError {
    entry::acl("aclmdlRICondHandleGetCondPtr", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(ptr, "ptr") }?;
        let number = CONDITIONS.get(handle).map_err(|error| error.arg("handle"))?;
        out.write(ptr::with_exposed_provenance_mut(number.condition.address() as usize));
        Ok(())
    })
}

/// Adds a task to a graph that runs other graphs as a number says. Those are then captured by
/// aclmdlRICaptureToModelRIBegin on other streams; without tasks they do nothing.
///
/// # Parameters
/// - params: the condition; IF (not 0: the first graph, else the second, if there are two), WHILE (the graph, as long as
///   the number is not 0) or SWITCH (the graph of that number, if there is one); how many graphs: 1 or 2 for IF, 1 for
///   WHILE, above 0 for SWITCH; and an array that receives them. They are destroyed with the graph of the task.
/// - stream: a stream that is being captured
/// - flags: 0
///
/// # Returns
/// - 0 on success
/// - 100000 when the condition or the array is null
/// - 107000 when `flags`, the type or the count is not as documented, or the condition is another graph's
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when condition or stream are none, or were already destroyed
/// - 107029 when the stream is not being captured
/// - 507903 when the capture is invalid
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for the array of `params` with its count.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIAddCondTask(
    params: aclmdlRICondTaskParams,
    stream: aclrtStream,
    flags: u32,
) -> aclError {
    entry::acl("aclmdlRIAddCondTask", || {
        if flags != 0 {
            return Err(param("flags", "0", flags));
        }
        let (kind, most) = match params.r#type {
            ACL_MODEL_RI_COND_TYPE_IF => (ConditionKind::If, 2),
            ACL_MODEL_RI_COND_TYPE_WHILE => (ConditionKind::While, 1),
            ACL_MODEL_RI_COND_TYPE_SWITCH => (ConditionKind::Switch, MOST_BODIES),
            other => return Err(param("params.type", "0 (IF), 1 (WHILE) or 2 (SWITCH)", other)),
        };
        if params.size == 0 || params.size > most {
            return Err(param("params.size", &format!("1 to {most}"), params.size));
        }
        // SAFETY: (C2) passed on.
        let out =
            unsafe { boundary::out_slice(params.modelRIArray, params.size as usize, "params.modelRIArray") }?;
        let number = CONDITIONS.get(params.handle).map_err(|error| error.arg("params.handle"))?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        let condition = (&number.graph, number.condition.clone());
        let bodies = stream.add_conditional("aclmdlRIAddCondTask", kind, condition, params.size as usize)?;
        for body in &bodies {
            insert(body, "params.modelRIArray")?;
        }
        for (to, body) in out.iter_mut().zip(&bodies) {
            to.write(handle_of(body));
        }
        Ok(())
    })
}
