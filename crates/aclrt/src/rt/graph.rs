//! Graphs of tasks (`aclmdlRI`): captures and runs.

use super::{
    graph_condition::CONDITIONS,
    graph_group::GROUPS,
    graph_task::{self, TASKS},
    not_null, param,
};
use capi::{
    ArgError, Result,
    abi::{
        ACL_MODEL_RI_CAPTURE_MODE_GLOBAL, ACL_MODEL_RI_CAPTURE_MODE_RELAXED,
        ACL_MODEL_RI_CAPTURE_MODE_THREAD_LOCAL, ACL_MODEL_RI_CAPTURE_STATUS_ACTIVE,
        ACL_MODEL_RI_CAPTURE_STATUS_INVALIDATED, ACL_MODEL_RI_CAPTURE_STATUS_NONE, aclError, aclmdlRI,
        aclmdlRICaptureMode, aclmdlRICaptureStatus, aclrtCallback, aclrtStream,
    },
    boundary, entry,
    handle::{HandleTable, Kind, Ref},
    runtime::{self, STREAMS},
};
use npu_device::{CaptureFault, CaptureMode, ExecError, Graph, GraphKind, exchange_thread_mode, memory};
use parking_lot::Mutex;
use std::{
    ffi::{c_char, c_void},
    ptr,
    sync::Arc,
    time::Duration,
};

/// A function of the program with its data.
#[derive(Clone, Copy)]
struct Farewell {
    function: unsafe extern "C" fn(*mut c_void),
    data: *mut c_void,
}

// SAFETY: (C4) the program gave function and data to be used on whichever thread destroys the graph.
unsafe impl Send for Farewell {}

/// What the program knows as an `aclmdlRI`.
pub(super) struct Model {
    pub(super) graph: Arc<Graph>,
    name: Mutex<Vec<u8>>,
    farewells: Mutex<Vec<Farewell>>,
    /// Addresses of numbers that conditional tasks look at.
    pub(super) numbers: Mutex<Vec<u64>>,
}

/// Graphs by handle.
pub(super) static MODELS: HandleTable<Model> = HandleTable::new(Kind::Model);

pub(super) fn model(raw: aclmdlRI) -> Result<Ref<'static, Model>> {
    MODELS.get(raw).map_err(|error| error.arg("modelRI"))
}

/// Gives a graph a handle.
pub(super) fn insert(graph: &Arc<Graph>, argument: &'static str) -> Result<aclmdlRI> {
    let model = Model {
        graph: graph.clone(),
        name: Mutex::default(),
        farewells: Mutex::default(),
        numbers: Mutex::default(),
    };
    let handle = MODELS.insert(model).map_err(|error| error.arg(argument))?;
    graph.set_tag(handle.addr());
    Ok(handle)
}

/// The handle of a graph.
pub(super) fn handle_of(graph: &Graph) -> aclmdlRI {
    ptr::without_provenance_mut(graph.tag())
}

fn mode_of(mode: aclmdlRICaptureMode) -> Result<CaptureMode> {
    match mode {
        ACL_MODEL_RI_CAPTURE_MODE_GLOBAL => Ok(CaptureMode::Global),
        ACL_MODEL_RI_CAPTURE_MODE_THREAD_LOCAL => Ok(CaptureMode::ThreadLocal),
        ACL_MODEL_RI_CAPTURE_MODE_RELAXED => Ok(CaptureMode::Relaxed),
        other => Err(param("mode", "0 (global), 1 (thread local) or 2 (relaxed)", other)),
    }
}

/// Begins to capture a stream: its tasks are kept for a graph instead of being run. A stream that waits for an event
/// recorded in the capture takes part as well, and must be waited for by the first stream before the capture ends.
///
/// # Parameters
/// - stream: a stream of the current context, not the default stream
/// - mode: who is forbidden calls that wait (aclrtMemcpy, aclrtMemset, aclrtMemcpy2d, asynchronous copies of host memory
///   that is not pinned): all threads (global), this thread (thread local), nobody (relaxed). A forbidden call makes the
///   capture invalid.
///
/// # Returns
/// - 0 on success
/// - 107000 when `mode` is none of these
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
/// - 107027 when it is being captured already
/// - 107031 for the default stream
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRICaptureBegin(stream: aclrtStream, mode: aclmdlRICaptureMode) -> aclError {
    entry::acl("aclmdlRICaptureBegin", || {
        let mode = mode_of(mode)?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        let graph = stream.begin_capture(mode, None)?;
        if let Err(error) = insert(&graph, "modelRI") {
            // Nobody could name the graph.
            let _ = stream.end_capture();
            return Err(error);
        }
        Ok(())
    })
}

/// Begins to capture a stream for a conditional task.
///
/// # Parameters
/// - stream: a stream of the current context, not the default stream
/// - modelRI: a graph that aclmdlRIAddCondTask has made, without tasks
/// - mode: as for aclmdlRICaptureBegin
///
/// # Returns
/// As aclmdlRICaptureBegin, and
/// - 100000 when `modelRI` is null
/// - 107000 when it is no graph of a conditional task, or has been captured
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRICaptureToModelRIBegin(
    stream: aclrtStream,
    model_ri: aclmdlRI,
    mode: aclmdlRICaptureMode,
) -> aclError {
    entry::acl("aclmdlRICaptureToModelRIBegin", || {
        let graph = model(model_ri)?.graph.clone();
        let mode = mode_of(mode)?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        stream.begin_capture(mode, Some(graph))?;
        Ok(())
    })
}

/// Whether a stream is being captured, and for which graph.
///
/// # Parameters
/// - stream: a stream of the current context; null is its default stream
/// - status: receives ACL_MODEL_RI_CAPTURE_STATUS_NONE, ACTIVE, or INVALIDATED if the capture can only be ended
/// - modelRI: receives the graph, null without a capture
///
/// # Returns
/// - 0 on success
/// - 100000 when `status` or `modelRI` is null
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `status` and `model_ri`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRICaptureGetInfo(
    stream: aclrtStream,
    status: *mut aclmdlRICaptureStatus,
    model_ri: *mut aclmdlRI,
) -> aclError {
    entry::acl("aclmdlRICaptureGetInfo", || {
        // SAFETY: (C1) passed on.
        let status = unsafe { boundary::out(status, "status") }?;
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(model_ri, "modelRI") }?;
        let (state, handle) = match runtime::resolve_stream(stream, "stream")?.capture_info() {
            None => (ACL_MODEL_RI_CAPTURE_STATUS_NONE, ptr::null_mut()),
            Some(info) if info.valid => (ACL_MODEL_RI_CAPTURE_STATUS_ACTIVE, handle_of(&info.graph)),
            Some(info) => (ACL_MODEL_RI_CAPTURE_STATUS_INVALIDATED, handle_of(&info.graph)),
        };
        status.write(state);
        out.write(handle);
        Ok(())
    })
}

/// Ends a capture. The graph can be run any number of times, and is to be destroyed by aclmdlRIDestroy.
///
/// # Parameters
/// - stream: the stream where the capture began
/// - modelRI: receives the graph
///
/// # Returns
/// - 0 on success
/// - 100000 when `modelRI` is null
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
/// - 107025 when a stream that took part was not waited for; the capture is over, without a graph
/// - 107029 when the stream is not being captured
/// - 107033 when a task group is open
/// - 107036 when the capture began on another stream
/// - 107038 when it began on another thread, unless in relaxed mode
/// - 107045 when a graph of a conditional task is still being captured
/// - 507903 when it became invalid; the capture is over, without a graph
///
/// # Thread safety
/// May be called from any thread that this allows.
///
/// # Safety
/// C1 holds for `model_ri`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRICaptureEnd(stream: aclrtStream, model_ri: *mut aclmdlRI) -> aclError {
    entry::acl("aclmdlRICaptureEnd", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(model_ri, "modelRI") }?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        let graph = stream.capture_info().map(|info| info.graph);
        match stream.end_capture() {
            Ok(graph) => {
                out.write(handle_of(&graph));
                Ok(())
            }
            Err(error) => {
                // Of a capture that is over without a graph nothing stays.
                if let Some(graph) = graph.filter(|graph| graph.kind() == GraphKind::Captured)
                    && !graph.is_recording()
                {
                    discard(&graph);
                }
                Err(error.into())
            }
        }
    })
}

/// Sets what captures may forbid the calling thread, and returns what it was. A thread begins in global mode; in thread
/// local mode captures of other threads forbid it nothing, in relaxed mode its own neither.
///
/// # Parameters
/// - mode: the new mode; receives the one before
///
/// # Returns
/// - 0 on success
/// - 100000 when `mode` is null
/// - 107000 when it is no mode
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `mode`, which is initialised.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRICaptureThreadExchangeMode(mode: *mut aclmdlRICaptureMode) -> aclError {
    entry::acl("aclmdlRICaptureThreadExchangeMode", || {
        // SAFETY: (C1) passed on.
        let wanted = mode_of(*unsafe { boundary::required(mode.cast_const(), "mode") }?)?;
        // SAFETY: (C1) passed on; the reference above is gone.
        let out = unsafe { boundary::out(mode, "mode") }?;
        out.write(match exchange_thread_mode(wanted) {
            CaptureMode::Global => ACL_MODEL_RI_CAPTURE_MODE_GLOBAL,
            CaptureMode::ThreadLocal => ACL_MODEL_RI_CAPTURE_MODE_THREAD_LOCAL,
            CaptureMode::Relaxed => ACL_MODEL_RI_CAPTURE_MODE_RELAXED,
        });
        Ok(())
    })
}

/// Runs a graph on the default stream of the current context and waits for it.
///
/// # Parameters
/// - modelRI: the graph
/// - timeout: milliseconds, or -1 for no limit
///
/// # Returns
/// - 0 on success
/// - 100000 when `modelRI` is null
/// - 107000 when `timeout` is 0 or below -1, or the graph is not built yet, or of a conditional task
/// - 107002 when the thread has no current context
/// - 107017 when it is no graph, or was already destroyed
/// - 107026 when it is still being captured
/// - 507023 when aclmdlRIAbort ended it
/// - 507046 when the time is up; the graph goes on
/// - 507015, 507018, 507035 or 507053 when a task failed; the message names the call that it came from
///
/// # Thread safety
/// May be called from any thread. The calling thread may run tasks, but never host functions or callbacks.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIExecute(model_ri: aclmdlRI, timeout: i32) -> aclError {
    entry::acl("aclmdlRIExecute", || {
        let limit = match timeout {
            -1 => None,
            1.. => Some(Duration::from_millis(timeout as u64)),
            _ => return Err(param("timeout", "-1 (no limit) or a positive number of milliseconds", timeout)),
        };
        let graph = model(model_ri)?.graph.clone();
        let stream = runtime::current_context()?.default_stream().clone();
        graph.launch("aclmdlRIExecute", &stream)?;
        stream.synchronize(limit)?;
        if graph.was_aborted() {
            let what = format!("{graph:?} was aborted");
            return Err(ExecError::Capture { fault: CaptureFault::Aborted, what }.into());
        }
        Ok(())
    })
}

/// Queues a run of a graph on a stream. Runs of the same graph come one after the other, whichever streams they are on.
///
/// # Parameters
/// - modelRI: the graph
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success
/// - 100000 when `modelRI` is null
/// - 107000 when the graph is not built yet, of a conditional task or of another device
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when graph or stream are none, or were already destroyed
/// - 107026 when the graph is still being captured
/// - 107027 when the stream is being captured
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIExecuteAsync(model_ri: aclmdlRI, stream: aclrtStream) -> aclError {
    entry::acl("aclmdlRIExecuteAsync", || {
        let model = model(model_ri)?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        Ok(model.graph.launch("aclmdlRIExecuteAsync", &stream)?)
    })
}

/// Ends a built graph that is running, after the tasks that run now. It can be run again.
///
/// # Parameters
/// - modelRI: a graph of aclmdlRIBuildBegin
///
/// # Returns
/// - 0 on success, also when it is not running
/// - 100000 when `modelRI` is null
/// - 107017 when it is no graph, or was already destroyed
/// - 207000 for a captured graph, which cannot be aborted
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIAbort(model_ri: aclmdlRI) -> aclError {
    entry::acl("aclmdlRIAbort", || {
        let model = model(model_ri)?;
        if model.graph.kind() != GraphKind::Built {
            return Err(capi::Error::Unsupported { what: "aborting a captured graph".to_owned() });
        }
        model.graph.abort();
        Ok(())
    })
}

/// Removes a graph's handle and all that came with it.
pub(super) fn discard(graph: &Arc<Graph>) {
    let Ok(model) = MODELS.remove(handle_of(graph)) else { return };
    for body in graph.bodies() {
        discard(&body);
    }
    STREAMS.for_each(|_, stream| {
        // A graph that runs was refused before.
        let _ = stream.unbind(graph);
    });
    graph_task::forget_streams(graph);
    let of_graph = |other: &Arc<Graph>| Arc::ptr_eq(other, graph);
    let mut tasks = Vec::new();
    TASKS.for_each(|handle, task| tasks.extend(of_graph(&task.graph).then_some(handle)));
    let mut groups = Vec::new();
    GROUPS.for_each(|handle, group| groups.extend(of_graph(&group.graph).then_some(handle)));
    let mut conditions = Vec::new();
    CONDITIONS.for_each(|handle, condition| conditions.extend(of_graph(&condition.graph).then_some(handle)));
    // Another thread may be destroying the same.
    tasks.into_iter().for_each(|handle| drop(TASKS.remove(handle)));
    groups.into_iter().for_each(|handle| drop(GROUPS.remove(handle)));
    conditions.into_iter().for_each(|handle| drop(CONDITIONS.remove(handle)));
    for address in model.numbers.lock().drain(..) {
        // Gone already if the device was reset.
        let _ = memory::free(address, memory::Origin::Internal);
    }
    for farewell in model.farewells.lock().drain(..) {
        // SAFETY: (C4) passed on from aclmdlRIDestroyRegisterCallback.
        unsafe { (farewell.function)(farewell.data) };
    }
}

/// Destroys a graph.
///
/// # Parameters
/// - modelRI: the graph. The handle is invalid at once, and so are those of its tasks, groups and conditions.
///
/// # Returns
/// - 0 on success
/// - 100000 when `modelRI` is null
/// - 107000 when it is of a conditional task: it goes with the graph of that task
/// - 107017 when it is no graph, or was already destroyed
/// - 107026 when it is still being captured
/// - 107037 when it is running
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIDestroy(model_ri: aclmdlRI) -> aclError {
    entry::acl("aclmdlRIDestroy", || {
        let graph = model(model_ri)?.graph.clone();
        if graph.kind() == GraphKind::Body {
            return Err(param("modelRI", "a graph of its own", "one of a conditional task"));
        }
        if graph.kind() == GraphKind::Captured || graph.is_running() {
            graph.check_idle()?;
        }
        discard(&graph);
        Ok(())
    })
}

/// Has a function called when a graph is destroyed, on the thread that does so.
///
/// # Parameters
/// - modelRI: the graph
/// - func: the function
/// - userData: what it is called with, may be null
///
/// # Returns
/// - 0 on success
/// - 100000 when `modelRI` or `func` is null
/// - 107017 when it is no graph, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C4 holds for `func` and `user_data`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIDestroyRegisterCallback(
    model_ri: aclmdlRI,
    func: aclrtCallback,
    user_data: *mut c_void,
) -> aclError {
    entry::acl("aclmdlRIDestroyRegisterCallback", || {
        let function = func.ok_or(ArgError::Null { argument: "func" })?;
        model(model_ri)?.farewells.lock().push(Farewell { function, data: user_data });
        Ok(())
    })
}

/// Ends aclmdlRIDestroyRegisterCallback.
///
/// # Parameters
/// - modelRI: the graph
/// - func: a function registered for it
///
/// # Returns
/// - 0 on success
/// - 100000 when `modelRI` or `func` is null
/// - 107000 when the function is not registered
/// - 107017 when it is no graph, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIDestroyUnregisterCallback(
    model_ri: aclmdlRI,
    func: aclrtCallback,
) -> aclError {
    entry::acl("aclmdlRIDestroyUnregisterCallback", || {
        let function = func.ok_or(ArgError::Null { argument: "func" })?;
        let model = model(model_ri)?;
        let mut farewells = model.farewells.lock();
        let before = farewells.len();
        farewells.retain(|farewell| !ptr::fn_addr_eq(farewell.function, function));
        if farewells.len() == before {
            return Err(param("func", "a function registered for the graph", "another"));
        }
        Ok(())
    })
}

/// Names a graph. The last name counts.
///
/// # Parameters
/// - modelRI: the graph
/// - name: the name
///
/// # Returns
/// - 0 on success
/// - 100000 when `modelRI` or `name` is null
/// - 107017 when it is no graph, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `name`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRISetName(model_ri: aclmdlRI, name: *const c_char) -> aclError {
    entry::acl("aclmdlRISetName", || {
        // SAFETY: C3.
        let name = unsafe { boundary::c_str(name, "name") }?;
        *model(model_ri)?.name.lock() = name.to_bytes().to_vec();
        Ok(())
    })
}

/// Names are cut to so many bytes, their terminator included.
const LONGEST_NAME: usize = 512;

/// The name of a graph.
///
/// # Parameters
/// - modelRI: the graph
/// - maxLen: bytes that fit at name
/// - name: receives the name, empty without one; cut to maxLen and to 512 bytes, and always terminated
///
/// # Returns
/// - 0 on success
/// - 100000 when `modelRI` or `name` is null
/// - 107000 when `maxLen` is 0
/// - 107017 when it is no graph, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `name` and `max_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIGetName(model_ri: aclmdlRI, max_len: u32, name: *mut c_char) -> aclError {
    entry::acl("aclmdlRIGetName", || {
        not_null(name, "name")?;
        if max_len == 0 {
            return Err(param("maxLen", "a number above 0", max_len));
        }
        // SAFETY: C2.
        let out = unsafe { boundary::out_slice(name, max_len as usize, "name") }?;
        let model = model(model_ri)?;
        let name = model.name.lock();
        let fits = name.len().min(out.len().min(LONGEST_NAME) - 1);
        for (to, from) in out.iter_mut().zip(name[..fits].iter().copied().chain([0])) {
            to.write(from as c_char);
        }
        Ok(())
    })
}

/// The number of a graph.
///
/// # Parameters
/// - modelRI: the graph
/// - modelRIId: receives the number, which no other graph of the process has
///
/// # Returns
/// - 0 on success
/// - 100000 when `modelRI` or `modelRIId` is null
/// - 107017 when it is no graph, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `model_ri_id`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIGetId(model_ri: aclmdlRI, model_ri_id: *mut u32) -> aclError {
    entry::acl("aclmdlRIGetId", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(model_ri_id, "modelRIId") }?;
        out.write(model(model_ri)?.graph.id());
        Ok(())
    })
}
