//! Task groups of graphs, their updates, and what programs say about captured tasks.

use super::param;
use capi::{
    Result,
    abi::{aclError, aclrtStream, aclrtTaskGrp},
    boundary, entry,
    handle::{HandleTable, Kind},
    runtime,
};
use npu_device::{CaptureFault, ExecError, Graph, last_captured};
use std::{ffi::c_void, sync::Arc};

/// Tasks of a graph that are updated together.
pub(super) struct Group {
    pub(super) graph: Arc<Graph>,
    tasks: Vec<u32>,
}

/// Groups by handle.
pub(super) static GROUPS: HandleTable<Group> = HandleTable::new(Kind::TaskGroup);

/// Begins a group of tasks, which can be updated later. Only operators and kernels may come until it ends.
///
/// # Parameters
/// - stream: a stream that is being captured
///
/// # Returns
/// - 0 on success
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
/// - 107029 when it is not being captured
/// - 107033 when a group is open on it
/// - 507903 when the capture is invalid
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRICaptureTaskGrpBegin(stream: aclrtStream) -> aclError {
    entry::acl(
        "aclmdlRICaptureTaskGrpBegin",
        || Ok(runtime::resolve_stream(stream, "stream")?.begin_group()?),
    )
}

/// Ends a group of tasks.
///
/// # Parameters
/// - stream: the stream on which it began
/// - handle: receives the group, valid as long as its graph
///
/// # Returns
/// As aclmdlRICaptureTaskGrpBegin, and
/// - 100000 when `handle` is null
/// - 107033 when no group is open on the stream
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRICaptureTaskGrpEnd(
    stream: aclrtStream,
    handle: *mut aclrtTaskGrp,
) -> aclError {
    entry::acl("aclmdlRICaptureTaskGrpEnd", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(handle, "handle") }?;
        let (graph, tasks) = runtime::resolve_stream(stream, "stream")?.end_group()?;
        let group = Group { graph: graph.clone(), tasks: tasks.clone() };
        let handle = GROUPS.insert(group).map_err(|error| error.arg("handle"))?;
        graph.set_group(&tasks, handle.addr());
        out.write(handle);
        Ok(())
    })
}

/// Begins an update of a group: the operators and kernels that come on the stream now take the place of those of the
/// group, one for one.
///
/// # Parameters
/// - stream: a stream that is not being captured
/// - handle: the group
///
/// # Returns
/// - 0 on success
/// - 100000 when `handle` is null
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when stream or group are none, or were already destroyed
/// - 107026 when the graph is still being captured
/// - 107027 when the stream is being captured
/// - 107033 when an update is open on it, or it is bound to a graph
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRICaptureTaskUpdateBegin(
    stream: aclrtStream,
    handle: aclrtTaskGrp,
) -> aclError {
    entry::acl("aclmdlRICaptureTaskUpdateBegin", || {
        let group = GROUPS.get(handle).map_err(|error| error.arg("handle"))?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        Ok(stream.begin_update(&group.graph, group.tasks.clone())?)
    })
}

/// Ends an update. The tasks are replaced when the stream comes to this point; runs of the graph that come to them later
/// find the new ones.
///
/// # Parameters
/// - stream: the stream on which the update began
///
/// # Returns
/// - 0 on success
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
/// - 107033 when no update is open on it
/// - 107034 when not as many tasks came as the group has; nothing is replaced
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRICaptureTaskUpdateEnd(stream: aclrtStream) -> aclError {
    entry::acl("aclmdlRICaptureTaskUpdateEnd", || {
        Ok(runtime::resolve_stream(stream, "stream")?.end_update("aclmdlRICaptureTaskUpdateEnd")?)
    })
}

/// What may be said about a task, in bytes.
const LONGEST_INFO: usize = 64 << 10;

/// # Safety
/// C2 holds for `info` and `size`.
unsafe fn describe(info: *const u8, argument: &'static str, size: usize, extend: bool) -> Result {
    super::not_null(info, argument)?;
    if size == 0 || size > LONGEST_INFO {
        return Err(param("infoSize", "1 to 65,536", size));
    }
    // SAFETY: C2, from the caller.
    let info = unsafe { boundary::slice(info, size, argument) }?;
    let Some((graph, task)) = last_captured().filter(|(graph, _)| graph.is_recording()) else {
        let what = "expected a task that this thread gave to a capture in progress, got none".to_owned();
        return Err(ExecError::Capture { fault: CaptureFault::NotCaptured, what }.into());
    };
    graph.describe(task, info, extend);
    Ok(())
}

/// Keeps what the program says about the task that the calling thread gave to a capture last. aclmdlRITaskGetParams
/// returns it.
///
/// # Parameters
/// - infoPtr: host memory with the information, which is copied
/// - infoSize: its bytes, 1 to 65,536
///
/// # Returns
/// - 0 on success
/// - 100000 when `infoPtr` is null
/// - 107000 when `infoSize` is out of range
/// - 107029 when the thread has given no task to a capture in progress
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `info_ptr` and `info_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCacheLastTaskOpInfo(info_ptr: *const c_void, info_size: usize) -> aclError {
    entry::acl("aclrtCacheLastTaskOpInfo", || {
        // SAFETY: (C2) passed on.
        unsafe { describe(info_ptr.cast(), "infoPtr", info_size, false) }
    })
}

/// Keeps further information about the task that the calling thread gave to a capture last. The JSON of
/// aclmdlRIDebugJsonPrint shows it.
///
/// # Parameters
/// - extendInfoPtr: host memory with the information, which is copied
/// - infoSize: its bytes, 1 to 65,536
///
/// # Returns
/// As aclrtCacheLastTaskOpInfo.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `extend_info_ptr` and `info_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCacheLastTaskExtendInfo(
    extend_info_ptr: *const std::ffi::c_char,
    info_size: usize,
) -> aclError {
    entry::acl("aclrtCacheLastTaskExtendInfo", || {
        // SAFETY: (C2) passed on.
        unsafe { describe(extend_info_ptr.cast(), "extendInfoPtr", info_size, true) }
    })
}
