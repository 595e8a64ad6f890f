//! Graphs that are built from streams bound to them.

use super::{
    graph::{insert, model},
    param,
};
use capi::{
    ArgError, Result,
    abi::{ACL_MODEL_STREAM_FLAG_HEAD, ACL_STREAM_PERSISTENT, aclError, aclmdlRI, aclrtStream},
    boundary, entry,
    runtime::{self, StreamRef},
};
use npu_device::Graph;
use std::ffi::c_void;

/// Begins to build a graph: streams are bound to it (aclmdlRIBindStream), tasks submitted to them, their ends marked
/// (aclmdlRIEndTask), and the whole ended (aclmdlRIBuildEnd).
///
/// # Parameters
/// - modelRI: receives the graph, to be destroyed by aclmdlRIDestroy
/// - flag: 0
///
/// # Returns
/// - 0 on success
/// - 100000 when `modelRI` is null
/// - 107000 when `flag` is not 0
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `model_ri`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIBuildBegin(model_ri: *mut aclmdlRI, flag: u32) -> aclError {
    entry::acl("aclmdlRIBuildBegin", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(model_ri, "modelRI") }?;
        if flag != 0 {
            return Err(param("flag", "0", flag));
        }
        let context = runtime::current_context()?;
        out.write(insert(&Graph::build(context.id(), context.device().id()), "modelRI")?);
        Ok(())
    })
}

fn persistent(raw: aclrtStream) -> Result<StreamRef> {
    if raw.is_null() {
        return Err(ArgError::Null { argument: "stream" }.into());
    }
    let stream = runtime::resolve_stream(raw, "stream")?;
    if stream.options().flags & ACL_STREAM_PERSISTENT == 0 {
        return Err(param(
            "stream",
            "one made with ACL_STREAM_PERSISTENT",
            format!("{:?} without it", **stream),
        ));
    }
    Ok(stream)
}

/// Binds a stream to a graph that is being built, which keeps its tasks from then on instead of running them.
///
/// # Parameters
/// - modelRI: the graph
/// - stream: a stream of the current context made with ACL_STREAM_PERSISTENT, bound to no graph
/// - flag: ACL_MODEL_STREAM_FLAG_HEAD: its tasks run when the graph does
///
/// # Returns
/// - 0 on success
/// - 100000 when `modelRI` or `stream` is null
/// - 107000 when `flag` is neither, the stream has no such flag or is bound, or the graph is not being built
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when graph or stream are none, or were already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIBindStream(model_ri: aclmdlRI, stream: aclrtStream, flag: u32) -> aclError {
    entry::acl("aclmdlRIBindStream", || {
        let model = model(model_ri)?;
        let stream = persistent(stream)?;
        match flag {
            ACL_MODEL_STREAM_FLAG_HEAD => Ok(stream.bind(&model.graph, false)?),
            capi::abi::ACL_MODEL_STREAM_FLAG_DEFAULT => Ok(stream.bind(&model.graph, true)?),
            other => Err(param("flag", "ACL_MODEL_STREAM_FLAG_HEAD (0) or DEFAULT (0x7fffffff)", other)),
        }
    })
}

/// Marks the end of a stream's tasks: its graph takes no more of them.
///
/// # Parameters
/// - modelRI: the graph
/// - stream: a stream bound to it
///
/// # Returns
/// - 0 on success
/// - 100000 when `modelRI` or `stream` is null
/// - 107000 when the stream is not bound to the graph
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when graph or stream are none, or were already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIEndTask(model_ri: aclmdlRI, stream: aclrtStream) -> aclError {
    entry::acl("aclmdlRIEndTask", || {
        let model = model(model_ri)?;
        Ok(persistent(stream)?.end_tasks(&model.graph)?)
    })
}

/// Ends aclmdlRIBuildBegin: the graph can be run, and takes no more tasks.
///
/// # Parameters
/// - modelRI: the graph
/// - reserve: null
///
/// # Returns
/// - 0 on success
/// - 100000 when `modelRI` is null
/// - 107000 when it is not being built, no end of tasks was marked, or `reserve` is not null
/// - 107017 when it is no graph, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIBuildEnd(model_ri: aclmdlRI, reserve: *mut c_void) -> aclError {
    entry::acl("aclmdlRIBuildEnd", || {
        let model = model(model_ri)?;
        if !reserve.is_null() {
            return Err(param("reserve", "null", format!("{reserve:p}")));
        }
        Ok(model.graph.finish_build()?)
    })
}

/// Unbinds a stream from its graph, which loses the stream's tasks.
///
/// # Parameters
/// - modelRI: the graph
/// - stream: a stream bound to it
///
/// # Returns
/// As aclmdlRIEndTask, and
/// - 107037 when the graph is running
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlRIUnbindStream(model_ri: aclmdlRI, stream: aclrtStream) -> aclError {
    entry::acl("aclmdlRIUnbindStream", || {
        let model = model(model_ri)?;
        Ok(persistent(stream)?.unbind(&model.graph)?)
    })
}

/// Drops the tasks that a persistent stream gave to its graph. It takes new ones.
///
/// # Parameters
/// - stream: a stream of the current context made with ACL_STREAM_PERSISTENT
///
/// # Returns
/// - 0 on success, also when the stream is bound to no graph
/// - 100000 when `stream` is null
/// - 107000 when the stream has no such flag
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
/// - 107037 when its graph is running
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtPersistentTaskClean(stream: aclrtStream) -> aclError {
    entry::acl("aclrtPersistentTaskClean", || Ok(persistent(stream)?.clean()?))
}
