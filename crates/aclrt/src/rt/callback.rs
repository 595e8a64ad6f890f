//! Functions of the program in a stream.

use super::param;
use capi::{
    ArgError, Result,
    abi::{
        ACL_CALLBACK_BLOCK, ACL_CALLBACK_NO_BLOCK, aclError, aclrtCallback, aclrtCallbackBlockType,
        aclrtHostFunc, aclrtStream,
    },
    entry, runtime,
};
use npu_device::ReportKind;
use std::{ffi::c_void, time::Duration};

/// A function of the program with its data.
#[derive(Clone, Copy)]
struct Call {
    function: unsafe extern "C" fn(*mut c_void),
    data: *mut c_void,
}

// SAFETY: (C4) the program gave function and data to be used on another thread.
unsafe impl Send for Call {}

impl Call {
    fn new(function: Option<unsafe extern "C" fn(*mut c_void)>, data: *mut c_void) -> Result<Self> {
        let function = function.ok_or(ArgError::Null { argument: "fn" })?;
        Ok(Call { function, data })
    }

    fn run(self) {
        // SAFETY: (C4) passed on from the entry point.
        unsafe { (self.function)(self.data) }
    }
}

/// Queues a callback for the thread that processes the reports of a stream. It runs inside aclrtProcessReport.
///
/// # Parameters
/// - fn: the function
/// - userData: what it is called with, may be null
/// - blockType: ACL_CALLBACK_BLOCK makes the stream wait until it has run, ACL_CALLBACK_NO_BLOCK does not
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success
/// - 100000 when `fn` is null
/// - 107000 when `blockType` is neither
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107015 when no thread is subscribed to the stream
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread. The callback must not wait for its own stream (207000).
///
/// # Safety
/// C4 holds for `fn` and `user_data`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtLaunchCallback(
    r#fn: aclrtCallback,
    user_data: *mut c_void,
    block_type: aclrtCallbackBlockType,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtLaunchCallback", || {
        let call = Call::new(r#fn, user_data)?;
        let blocks = match block_type {
            ACL_CALLBACK_NO_BLOCK => false,
            ACL_CALLBACK_BLOCK => true,
            other => return Err(param("blockType", "0 (no block) or 1 (block)", other)),
        };
        let stream = runtime::resolve_stream(stream, "stream")?;
        Ok(stream.callback("aclrtLaunchCallback", blocks, move || call.run())?)
    })
}

/// Queues a host function. It runs inside aclrtProcessHostFunc on the thread that aclrtSubscribeHostFunc has given the
/// stream, or without one on a thread of the library; the stream waits for it.
///
/// # Parameters
/// - stream: a stream of the current context; null is its default stream
/// - fn: the function
/// - args: what it is called with, may be null
///
/// # Returns
/// - 0 on success
/// - 100000 when `fn` is null
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread. The function must not wait for its own stream (207000).
///
/// # Safety
/// C4 holds for `fn` and `args`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtLaunchHostFunc(
    stream: aclrtStream,
    r#fn: aclrtHostFunc,
    args: *mut c_void,
) -> aclError {
    entry::acl("aclrtLaunchHostFunc", || {
        let call = Call::new(r#fn, args)?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        Ok(stream.host_call("aclrtLaunchHostFunc", move || call.run())?)
    })
}

/// Lets a thread process the callbacks of a stream.
///
/// # Parameters
/// - threadId: the thread, as pthread_self() on it returns. It may serve several streams of one device.
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107011 when the stream has a thread already
/// - 107012 when the thread serves another device
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSubscribeReport(thread_id: u64, stream: aclrtStream) -> aclError {
    entry::acl("aclrtSubscribeReport", || {
        Ok(runtime::resolve_stream(stream, "stream")?.subscribe(ReportKind::Callback, thread_id)?)
    })
}

/// Ends aclrtSubscribeReport. Callbacks that have not run are dropped; streams that wait for them go on.
///
/// # Parameters
/// - threadId: the subscribed thread
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107012 when another thread is subscribed
/// - 107015 when no thread is subscribed
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtUnSubscribeReport(thread_id: u64, stream: aclrtStream) -> aclError {
    entry::acl("aclrtUnSubscribeReport", || {
        Ok(runtime::resolve_stream(stream, "stream")?.unsubscribe(ReportKind::Callback, thread_id)?)
    })
}

/// Runs the next callback of the streams that the calling thread serves, and waits for one if need be.
///
/// # Parameters
/// - timeout: milliseconds, or -1 for no limit
///
/// # Returns
/// - 0 when a callback has run
/// - 107000 when `timeout` is 0 or below -1
/// - 107012 when the calling thread serves no stream
/// - 507012 when the time is up
///
/// # Thread safety
/// To be called on the subscribed thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtProcessReport(timeout: i32) -> aclError {
    entry::acl("aclrtProcessReport", || process(ReportKind::Callback, timeout))
}

/// Runs the next report for the calling thread.
fn process(kind: ReportKind, timeout: i32) -> Result {
    let limit = match timeout {
        -1 => None,
        1.. => Some(Duration::from_millis(timeout as u64)),
        _ => return Err(param("timeout", "-1 (no limit) or a positive number of milliseconds", timeout)),
    };
    // SAFETY: takes no arguments and cannot fail.
    let thread = unsafe { libc::pthread_self() };
    Ok(runtime::runtime()?.process_report(kind, thread as u64, limit)?)
}

/// Lets a thread of the program process the host functions queued on a stream from now on.
///
/// # Parameters
/// - hostFuncThreadId: the thread, as pthread_self() on it returns. It may serve several streams of one device, and
///   process reports as well.
/// - exeStream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107011 when the stream has a thread for host functions already
/// - 107012 when the thread serves another device
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSubscribeHostFunc(
    host_func_thread_id: u64,
    exe_stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtSubscribeHostFunc", || {
        let stream = runtime::resolve_stream(exe_stream, "exeStream")?;
        Ok(stream.subscribe(ReportKind::HostFunction, host_func_thread_id)?)
    })
}

/// Ends aclrtSubscribeHostFunc: later host functions run on threads of the library. Those that were to run on this one
/// are dropped; streams that wait for them go on.
///
/// # Parameters
/// - hostFuncThreadId: the subscribed thread
/// - exeStream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107012 when another thread is subscribed
/// - 107015 when no thread is subscribed
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtUnSubscribeHostFunc(
    host_func_thread_id: u64,
    exe_stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtUnSubscribeHostFunc", || {
        let stream = runtime::resolve_stream(exe_stream, "exeStream")?;
        Ok(stream.unsubscribe(ReportKind::HostFunction, host_func_thread_id)?)
    })
}

/// Runs the next host function of the streams that the calling thread serves, and waits for one if need be.
///
/// # Parameters
/// - timeout: milliseconds, or -1 for no limit
///
/// # Returns
/// - 0 when a function has run
/// - 107000 when `timeout` is 0 or below -1
/// - 107012 when the calling thread serves no stream
/// - 507012 when the time is up
///
/// # Thread safety
/// To be called on the subscribed thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtProcessHostFunc(timeout: i32) -> aclError {
    entry::acl("aclrtProcessHostFunc", || process(ReportKind::HostFunction, timeout))
}
