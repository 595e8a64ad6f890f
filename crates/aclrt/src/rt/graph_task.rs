//! The streams and tasks of a graph, and its print-outs.

use super::{graph::model, graph_params::Told, not_null, param};
use capi::{
    Error, Result,
    abi::{
        ACL_MODEL_RI_TASK_DEFAULT, ACL_MODEL_RI_TASK_EVENT_RECORD, ACL_MODEL_RI_TASK_EVENT_RESET,
        ACL_MODEL_RI_TASK_EVENT_WAIT, ACL_MODEL_RI_TASK_KERNEL, ACL_MODEL_RI_TASK_VALUE_WAIT,
        ACL_MODEL_RI_TASK_VALUE_WRITE, ACL_STREAM_PERSISTENT, aclError, aclmdlRI, aclmdlRITask,
        aclmdlRITaskType, aclrtStream,
    },
    boundary, entry,
    handle::{HandleTable, Kind, Ref},
    runtime::{self, STREAMS},
};
use npu_device::{CaptureFault, ExecError, Graph, GraphKind, Stream, StreamOptions, TaskKind, TaskView};
use parking_lot::Mutex;
use std::{
    ffi::{CStr, c_char},
    fmt::Write,
    mem::MaybeUninit,
    sync::Arc,
};

/// A task as the program holds it.
pub(super) struct TaskRef {
    pub(super) graph: Arc<Graph>,
    pub(super) sequence: u32,
    /// What the program was last told of a kernel's launch: it holds pointers to this.
    pub(super) told: Mutex<Option<Box<Told>>>,
}

/// Tasks by handle.
pub(super) static TASKS: HandleTable<TaskRef> = HandleTable::new(Kind::GraphTask);

/// A stream that stands for a branch of a captured graph: the stream that was captured may serve other graphs, or be gone.
struct Shown {
    handle: usize,
    stream: Arc<Stream>,
    graph: Arc<Graph>,
    branch: u32,
}

static SHOWN: Mutex<Vec<Shown>> = Mutex::new(Vec::new());

/// A graph is destroyed: so are the streams that stood for its branches.
pub(super) fn forget_streams(graph: &Arc<Graph>) {
    let gone: Vec<Shown> = SHOWN.lock().extract_if(.., |shown| Arc::ptr_eq(&shown.graph, graph)).collect();
    for shown in gone {
        // The program may have destroyed it.
        let _ = STREAMS.remove(std::ptr::without_provenance::<std::ffi::c_void>(shown.handle));
        if let Ok(runtime) = runtime::runtime()
            && let Some(device) = runtime.devices().get(shown.stream.device_id() as usize)
        {
            device.destroy_stream(&shown.stream, false);
        }
    }
}

/// The handle of the stream that stands for a branch.
fn shown_stream(graph: &Arc<Graph>, branch: u32) -> Result<aclrtStream> {
    let mut shown = SHOWN.lock();
    if let Some(found) = shown.iter().find(|shown| shown.branch == branch && Arc::ptr_eq(&shown.graph, graph))
    {
        return Ok(std::ptr::without_provenance_mut(found.handle));
    }
    let context = runtime::current_context()?;
    if context.id() != graph.context_id() {
        let what =
            format!("argument modelRI: expected a graph of the current context, got {graph:?} of another");
        return Err(Error::Code { code: capi::abi::ACL_ERROR_RT_MODEL_CONTEXT, what });
    }
    let options = StreamOptions { flags: ACL_STREAM_PERSISTENT, ..StreamOptions::default() };
    let stream = context.create_stream(options)?;
    let handle = STREAMS.insert(stream.clone()).map_err(|error| error.arg("streams"))?;
    shown.push(Shown { handle: handle.addr(), stream, graph: graph.clone(), branch });
    Ok(handle)
}

/// Writes as many values as there are, if they fit; without an array only their number.
fn fill<T>(
    out: Option<&mut [MaybeUninit<T>]>,
    count: &mut u32,
    argument: &'static str,
    values: Vec<T>,
) -> Result {
    if let Some(out) = out {
        if out.len() < values.len() {
            let what = format!("argument {argument}: expected room for {}, got {}", values.len(), out.len());
            return Err(ExecError::Capture { fault: CaptureFault::ArrayTooSmall, what }.into());
        }
        *count = values.len() as u32;
        for (to, value) in out.iter_mut().zip(values) {
            to.write(value);
        }
    } else {
        *count = values.len() as u32;
    }
    Ok(())
}

/// The streams of a graph. Those of a captured one stand for the streams that took part, and take no tasks.
///
/// # Parameters
/// - modelRI: the graph
/// - streams: receives the streams, valid as long as the graph; null to ask for their number
/// - numStreams: room in the array; receives the number
///
/// # Returns
/// - 0 on success
/// - 100000 when `modelRI` or `numStreams` is null
/// - 107002 when the thread has no current context
/// - 107004 when the graph was captured in another context
/// - 107017 when it is no graph, or was already destroyed
/// - 107026 when it is still being captured
/// - 107039 when the array is too small
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `num_streams`, C2 for `streams` with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIGetStreams(
    model_ri: aclmdlRI,
    streams: *mut aclrtStream,
    num_streams: *mut u32,
) -> aclError {
    entry::acl("aclmdlRIGetStreams", || {
        not_null(num_streams, "numStreams")?;
        let model = model(model_ri)?;
        let graph = &model.graph;
        if graph.kind() != GraphKind::Built && graph.is_recording() {
            let what = format!("{graph:?}: expected a complete one, got one that is still being captured");
            return Err(ExecError::Capture { fault: CaptureFault::GraphCaptured, what }.into());
        }
        // SAFETY: (C1) passed on.
        let mut count = *unsafe { boundary::required(num_streams.cast_const(), "numStreams") }?;
        let out = match streams.is_null() {
            true => None,
            // SAFETY: (C2) passed on.
            false => Some(unsafe { boundary::out_slice(streams, count as usize, "streams") }?),
        };
        let handles = if graph.kind() == GraphKind::Built {
            let mut bound = Vec::new();
            STREAMS.for_each(|handle, stream| {
                bound
                    .extend(stream.bound_to().filter(|(other, _)| Arc::ptr_eq(other, graph)).map(|_| handle));
            });
            bound
        } else if out.is_none() {
            vec![std::ptr::null_mut(); graph.branches().len()]
        } else {
            let branches = 0..graph.branches().len() as u32;
            branches.map(|branch| shown_stream(graph, branch)).collect::<Result<_>>()?
        };
        fill(out, &mut count, "streams", handles)?;
        // SAFETY: (C1) passed on; the reference above is gone.
        unsafe { boundary::out(num_streams, "numStreams") }?.write(count);
        Ok(())
    })
}

/// The graph and the branch that a stream belongs to or stands for.
fn branch_of(raw: aclrtStream) -> Result<(Arc<Graph>, u32)> {
    let stream = runtime::any_stream(raw, "stream")?;
    if let Some(bound) = stream.bound_to() {
        return Ok(bound);
    }
    let shown = SHOWN.lock();
    let found = shown.iter().find(|shown| Arc::ptr_eq(&shown.stream, &stream));
    let found = found.map(|shown| (shown.graph.clone(), shown.branch));
    found.ok_or_else(|| param("stream", "one of aclmdlRIGetStreams", format!("{stream:?}")))
}

/// The tasks of a stream of a graph, in order.
///
/// # Parameters
/// - stream: a stream of aclmdlRIGetStreams
/// - tasks: receives the tasks, valid as long as the graph; null to ask for their number
/// - numTasks: room in the array; receives the number
///
/// # Returns
/// - 0 on success
/// - 100000 when `numTasks` is null
/// - 107000 when the stream is none of a graph
/// - 107002 when the thread has no current context
/// - 107017 when it is no stream, or was already destroyed
/// - 107039 when the array is too small
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `num_tasks`, C2 for `tasks` with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIGetTasksByStream(
    stream: aclrtStream,
    tasks: *mut aclmdlRITask,
    num_tasks: *mut u32,
) -> aclError {
    entry::acl("aclmdlRIGetTasksByStream", || {
        not_null(num_tasks, "numTasks")?;
        let (graph, branch) = branch_of(stream)?;
        // SAFETY: (C1) passed on.
        let mut count = *unsafe { boundary::required(num_tasks.cast_const(), "numTasks") }?;
        let out = match tasks.is_null() {
            true => None,
            // SAFETY: (C2) passed on.
            false => Some(unsafe { boundary::out_slice(tasks, count as usize, "tasks") }?),
        };
        let handle = |sequence: u32| -> Result<aclmdlRITask> {
            let make = || {
                TASKS
                    .insert(TaskRef { graph: graph.clone(), sequence, told: Mutex::default() })
                    .map(|handle| handle.addr())
            };
            let handle = graph.task_tag(sequence, make).map_err(|error| error.arg("tasks"))?;
            Ok(std::ptr::without_provenance_mut(handle))
        };
        let handles = graph.tasks_of(branch).into_iter().map(handle).collect::<Result<Vec<_>>>()?;
        fill(out, &mut count, "tasks", handles)?;
        // SAFETY: (C1) passed on; the reference above is gone.
        unsafe { boundary::out(num_tasks, "numTasks") }?.write(count);
        Ok(())
    })
}

pub(super) fn task(raw: aclmdlRITask) -> Result<(Ref<'static, TaskRef>, TaskView)> {
    let task = TASKS.get(raw).map_err(|error| error.arg("task"))?;
    let view = task.graph.task(task.sequence).ok_or_else(|| param("task", "a task of a graph", "none"))?;
    Ok((task, view))
}

pub(super) fn type_of(kind: TaskKind) -> aclmdlRITaskType {
    match kind {
        TaskKind::Other => ACL_MODEL_RI_TASK_DEFAULT,
        TaskKind::Kernel => ACL_MODEL_RI_TASK_KERNEL,
        TaskKind::EventRecord => ACL_MODEL_RI_TASK_EVENT_RECORD,
        TaskKind::EventWait => ACL_MODEL_RI_TASK_EVENT_WAIT,
        TaskKind::EventReset => ACL_MODEL_RI_TASK_EVENT_RESET,
        TaskKind::ValueWrite => ACL_MODEL_RI_TASK_VALUE_WRITE,
        TaskKind::ValueWait => ACL_MODEL_RI_TASK_VALUE_WAIT,
    }
}

/// What a task is.
///
/// # Parameters
/// - task: a task of aclmdlRIGetTasksByStream
/// - type: receives ACL_MODEL_RI_TASK_KERNEL for an operator or a kernel, or as the event or value function that it came
///   from; ACL_MODEL_RI_TASK_DEFAULT for others
///
/// # Returns
/// - 0 on success
/// - 100000 when `task` or `type` is null
/// - 107017 when it is no task, or its graph was destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `type`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRITaskGetType(task: aclmdlRITask, r#type: *mut aclmdlRITaskType) -> aclError {
    entry::acl("aclmdlRITaskGetType", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(r#type, "type") }?;
        out.write(type_of(self::task(task)?.1.kind));
        Ok(())
    })
}

/// A task's place in the order in which the graph got its tasks, from 0.
///
/// # Parameters
/// - task: a task of aclmdlRIGetTasksByStream
/// - id: receives the number
///
/// # Returns
/// As aclmdlRITaskGetType.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `id`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRITaskGetSeqId(task: aclmdlRITask, id: *mut u32) -> aclError {
    entry::acl("aclmdlRITaskGetSeqId", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(id, "id") }?;
        out.write(self::task(task)?.1.sequence);
        Ok(())
    })
}

/// Leaves a task out of its graph, from the next aclmdlRIUpdate on.
///
/// # Parameters
/// - task: a task of aclmdlRIGetTasksByStream
///
/// # Returns
/// - 0 on success
/// - 100000 when `task` is null
/// - 107017 when it is no task, or its graph was destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRITaskDisable(task: aclmdlRITask) -> aclError {
    entry::acl("aclmdlRITaskDisable", || {
        let (task, _) = self::task(task)?;
        task.graph.disable(task.sequence);
        Ok(())
    })
}

/// Makes the changes of aclmdlRITaskDisable and aclmdlRITaskSetParams.
///
/// # Parameters
/// - modelRI: the graph
///
/// # Returns
/// - 0 on success
/// - 100000 when `modelRI` is null
/// - 107000 or 107026 when it is not complete
/// - 107017 when it is no graph, or was already destroyed
/// - 107037 when it is running
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIUpdate(model_ri: aclmdlRI) -> aclError {
    entry::acl("aclmdlRIUpdate", || Ok(model(model_ri)?.graph.update()?))
}

/// Every task of a graph and of those of its conditional tasks.
fn each_task(graph: &Arc<Graph>, visit: &mut dyn FnMut(&Graph, &TaskView)) {
    for view in (0..graph.len() as u32).filter_map(|sequence| graph.task(sequence)) {
        visit(graph, &view);
    }
    graph.bodies().iter().for_each(|body| each_task(body, visit));
}

/// Prints the tasks of a graph to the standard output, a line each.
///
/// # Parameters
/// - modelRI: the graph
///
/// # Returns
/// - 0 on success
/// - 100000 when `modelRI` is null
/// - 107017 when it is no graph, or was already destroyed
/// - 107026 when it is still being captured
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIDebugPrint(model_ri: aclmdlRI) -> aclError {
    entry::acl("aclmdlRIDebugPrint", || {
        let graph = complete(model_ri)?;
        let mut text = String::new();
        each_task(&graph, &mut |graph, view| {
            let after = view.after.map_or(String::new(), |after| format!(", after task {after}"));
            let disabled = if view.disabled { ", left out" } else { "" };
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "model {} device {} stream {} task {} {:?} {}{after}{disabled}",
                graph.id(),
                graph.device_id(),
                view.stream,
                view.sequence,
                view.kind,
                view.name
            );
        });
        print!("{text}");
        Ok(())
    })
}

fn complete(raw: aclmdlRI) -> Result<Arc<Graph>> {
    let graph = model(raw)?.graph.clone();
    complete_graph(&graph)?;
    Ok(graph)
}

/// Refuses a graph that still takes tasks.
pub(super) fn complete_graph(graph: &Arc<Graph>) -> Result {
    if !graph.is_recording() {
        return Ok(());
    }
    let what = format!("{graph:?}: expected a complete one, got one that still takes tasks");
    Err(ExecError::Capture { fault: CaptureFault::GraphCaptured, what }.into())
}

/// Writes the tasks of a graph to a file, as events that trace viewers show: a row for each stream, a column for each
/// task.
///
/// # Parameters
/// - modelRI: the graph
/// - path: the file, made or overwritten
/// - flags: ACL_MDLRI_DEBUG_JSON_PRINT_SUMMARY or VERBOSE, which adds what the program said about a task
///
/// # Returns
/// - 0 on success
/// - 100000 when `modelRI` or `path` is null
/// - 107000 when `flags` is neither
/// - 107009 when the file cannot be written
/// - 107017 when it is no graph, or was already destroyed
/// - 107026 when it is still being captured
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `path`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIDebugJsonPrint(
    model_ri: aclmdlRI,
    path: *const c_char,
    flags: u32,
) -> aclError {
    entry::acl("aclmdlRIDebugJsonPrint", || {
        // SAFETY: C3.
        let path: &CStr = unsafe { boundary::c_str(path, "path") }?;
        if flags > 1 {
            return Err(param("flags", "0 (summary) or 1 (verbose)", flags));
        }
        let graph = complete(model_ri)?;
        let mut events = Vec::new();
        each_task(&graph, &mut |graph, view| {
            let after = view.after.map_or("null".to_owned(), |after| after.to_string());
            let info = if flags == 1 {
                let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
                format!(",\"Op Info\":\"{}\",\"Extend Info\":\"{}\"", hex(&view.info), hex(&view.extend))
            } else {
                String::new()
            };
            // Names are those of functions: nothing in them needs an escape.
            events.push(format!(
                "{{\"name\":\"{}\",\"ph\":\"X\",\"pid\":{model},\"tid\":{stream},\"ts\":{task},\"dur\":1,\"args\":{{\
                 \"Model Id\":{model},\"Device Id\":{},\"Stream Id\":{stream},\"Task Id\":{task},\"Task Type\":\"{:?}\",\
                 \"After\":{after},\"Disabled\":{}{info}}}}}",
                view.name,
                graph.device_id(),
                view.kind,
                view.disabled,
                model = graph.id(),
                stream = view.stream,
                task = view.sequence,
            ));
        });
        let text = format!("[\n{}\n]\n", events.join(",\n"));
        let path = path.to_string_lossy();
        std::fs::write(&*path, text).map_err(|error| Error::Code {
            code: capi::abi::ACL_ERROR_RT_FILE_OPEN,
            what: format!("argument path: expected a file that can be written, got {path}: {error}"),
        })?;
        Ok(())
    })
}
