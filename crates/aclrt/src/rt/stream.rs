//! Streams.

use super::{param, timeout};
use capi::{
    ArgError, Result,
    abi::{
        ACL_STREAM_CPU_SCHEDULE, ACL_STREAM_DEVICE_USE_ONLY, ACL_STREAM_FAST_LAUNCH, ACL_STREAM_FAST_SYNC,
        ACL_STREAM_HUGE, ACL_STREAM_PERSISTENT, ACL_STREAM_STATUS_COMPLETE, ACL_STREAM_STATUS_NOT_READY,
        aclError, aclrtStream, aclrtStreamStateCallback, aclrtStreamStatus,
    },
    boundary, entry,
    runtime::{self, STREAM_STATES, STREAMS},
};
use npu_device::StreamOptions;
use std::ffi::{c_char, c_void};

/// The lowest priority; 0 is the highest.
pub(super) const LEAST_PRIORITY: u32 = 7;
/// The flags there are.
pub(super) const FLAGS: u32 = ACL_STREAM_FAST_LAUNCH
    | ACL_STREAM_FAST_SYNC
    | ACL_STREAM_PERSISTENT
    | ACL_STREAM_HUGE
    | ACL_STREAM_CPU_SCHEDULE
    | ACL_STREAM_DEVICE_USE_ONLY;
/// Synchronising a stream with one of these returns at once.
const NEVER_SYNCHRONISED: u32 = ACL_STREAM_PERSISTENT | ACL_STREAM_CPU_SCHEDULE | ACL_STREAM_DEVICE_USE_ONLY;

/// Makes a stream of the current context.
pub(super) fn create(options: StreamOptions) -> Result<aclrtStream> {
    let context = runtime::current_context()?;
    let stream = context.create_stream(options)?;
    let handle = STREAMS.insert(stream.clone()).map_err(|error| {
        context.device().destroy_stream(&stream, false);
        error.arg("stream")
    })?;
    runtime::stream_created(handle);
    Ok(handle)
}

/// Checks a priority and flags.
pub(super) fn check_options(priority: u32, flags: u32) -> Result {
    if priority > LEAST_PRIORITY {
        return Err(param("priority", "0 to 7", priority));
    }
    if flags & !FLAGS != 0 {
        return Err(param("flag", "ACL_STREAM_* bits", format!("{flags:#x}")));
    }
    Ok(())
}

/// Creates a stream of the current context.
///
/// # Parameters
/// - stream: receives the stream, to be destroyed by aclrtDestroyStream
///
/// # Returns
/// - 0 on success
/// - 100000 when `stream` is null
/// - 107002 when the thread has no current context
/// - 207008 when the device has 1,984 streams
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `stream`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCreateStream(stream: *mut aclrtStream) -> aclError {
    entry::acl("aclrtCreateStream", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(stream, "stream") }?;
        out.write(create(StreamOptions::default())?);
        Ok(())
    })
}

/// Creates a stream of the current context with a priority and flags.
///
/// # Parameters
/// - stream: receives the stream, to be destroyed by aclrtDestroyStream
/// - priority: 0 to 7; of the streams that have work, lower numbers are served first
/// - flag: ACL_STREAM_* bits or 0. Synchronising a stream that is PERSISTENT, CPU_SCHEDULE or DEVICE_USE_ONLY returns
///   at once; the other bits make no difference here.
///
/// # Returns
/// - 0 on success
/// - 100000 when `stream` is null
/// - 107000 when `priority` or `flag` is not as documented
/// - 107002 when the thread has no current context
/// - 207008 when the device has 1,984 streams
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `stream`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCreateStreamWithConfig(
    stream: *mut aclrtStream,
    priority: u32,
    flag: u32,
) -> aclError {
    entry::acl("aclrtCreateStreamWithConfig", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(stream, "stream") }?;
        check_options(priority, flag)?;
        out.write(create(StreamOptions { priority, flags: flag, ..StreamOptions::default() })?);
        Ok(())
    })
}

fn destroy(raw: aclrtStream, wait: bool) -> Result {
    if raw.is_null() {
        return Err(ArgError::Null { argument: "stream" }.into());
    }
    if runtime::resolve_stream(raw, "stream")?.is_default() {
        return Err(param(
            "stream",
            "a created stream",
            "a default stream, which lasts as long as its context",
        ));
    }
    runtime::resolve_stream(raw, "stream")?.check_not_captured(false)?;
    runtime::stream_ending(raw);
    let stream = STREAMS.remove(raw).map_err(|error| error.arg("stream"))?;
    runtime::current_device()?.destroy_stream(&stream, wait);
    Ok(())
}

/// Destroys a stream after its pending work.
///
/// # Parameters
/// - stream: a stream of the current context. The handle is invalid at once.
///
/// # Returns
/// - 0 on success
/// - 100000 when `stream` is null
/// - 107000 when it is the default stream of a context
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread. The calling thread may run tasks of the stream.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDestroyStream(stream: aclrtStream) -> aclError {
    entry::acl("aclrtDestroyStream", || destroy(stream, true))
}

/// Destroys a stream without waiting: the task that runs ends on its own, those after it are dropped. Events recorded
/// by dropped tasks complete without a time stamp, so that nobody waits for them forever.
///
/// # Parameters
/// - stream: a stream of the current context. The handle is invalid at once.
///
/// # Returns
/// As aclrtDestroyStream.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDestroyStreamForce(stream: aclrtStream) -> aclError {
    entry::acl("aclrtDestroyStreamForce", || destroy(stream, false))
}

fn synchronize(raw: aclrtStream, milliseconds: i32) -> Result {
    let limit = timeout(milliseconds, "timeout")?;
    let stream = runtime::any_stream(raw, "stream")?;
    if stream.options().flags & NEVER_SYNCHRONISED != 0 {
        return Ok(());
    }
    Ok(stream.synchronize(limit)?)
}

/// Waits until everything queued on a stream so far is over.
///
/// # Parameters
/// - stream: a stream, of any context; null is the current context's default stream
///
/// # Returns
/// - 0 on success
/// - 107002 when the thread has no current context
/// - 107017 when it is no stream, or was already destroyed
/// - 507015, 507018, 507035 or 507053 when a task failed since the last report; the message names the call that
///   queued it
///
/// # Thread safety
/// May be called from any thread. The calling thread may run tasks, but never host functions or callbacks.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSynchronizeStream(stream: aclrtStream) -> aclError {
    entry::acl("aclrtSynchronizeStream", || synchronize(stream, -1))
}

/// As aclrtSynchronizeStream, with a time limit.
///
/// # Parameters
/// - stream: a stream, of any context; null is the current context's default stream
/// - timeout: milliseconds, -1 for no limit
///
/// # Returns
/// As aclrtSynchronizeStream, and
/// - 107000 when `timeout` is below -1
/// - 507046 when the time is up; what is queued stays queued
///
/// # Thread safety
/// As aclrtSynchronizeStream.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSynchronizeStreamWithTimeout(stream: aclrtStream, timeout: i32) -> aclError {
    entry::acl("aclrtSynchronizeStreamWithTimeout", || synchronize(stream, timeout))
}

/// Whether everything queued on a stream so far is over.
///
/// # Parameters
/// - stream: a stream, of any context; null is the current context's default stream
/// - status: receives ACL_STREAM_STATUS_COMPLETE or ACL_STREAM_STATUS_NOT_READY
///
/// # Returns
/// - 0 on success, whatever the status
/// - 100000 when `status` is null
/// - 107002 when the thread has no current context
/// - 107017 when it is no stream, or was already destroyed
/// - 507015, 507018, 507035 or 507053 when a task failed since the last report
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `status`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtStreamQuery(stream: aclrtStream, status: *mut aclrtStreamStatus) -> aclError {
    entry::acl("aclrtStreamQuery", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(status, "status") }?;
        let stream = runtime::any_stream(stream, "stream")?;
        stream.check_not_captured(true)?;
        stream.report()?;
        out.write(if stream.is_complete() {
            ACL_STREAM_STATUS_COMPLETE
        } else {
            ACL_STREAM_STATUS_NOT_READY
        });
        Ok(())
    })
}

/// The number of a stream on its device.
///
/// # Parameters
/// - stream: a stream; null is the current context's default stream
/// - streamId: receives the number, unique among the live streams of the device
///
/// # Returns
/// - 0 on success
/// - 100000 when `streamId` is null
/// - 107002 when the thread has no current context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `stream_id`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtStreamGetId(stream: aclrtStream, stream_id: *mut i32) -> aclError {
    entry::acl("aclrtStreamGetId", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(stream_id, "streamId") }?;
        out.write(runtime::any_stream(stream, "stream")?.id() as i32);
        Ok(())
    })
}

/// The flags that a stream was made with.
///
/// # Parameters
/// - stream: a stream; null is the current context's default stream, which has none
/// - flags: receives the ACL_STREAM_* bits
///
/// # Returns
/// - 0 on success
/// - 100000 when `flags` is null
/// - 107002 when the thread has no current context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `flags`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtStreamGetFlags(stream: aclrtStream, flags: *mut u32) -> aclError {
    entry::acl("aclrtStreamGetFlags", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(flags, "flags") }?;
        out.write(runtime::any_stream(stream, "stream")?.options().flags);
        Ok(())
    })
}

/// The priority of a stream.
///
/// # Parameters
/// - stream: a stream; null is the current context's default stream
/// - priority: receives the priority; of the streams that have work, lower numbers are served first
///
/// # Returns
/// - 0 on success
/// - 100000 when `priority` is null
/// - 107002 when the thread has no current context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `priority`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtStreamGetPriority(stream: aclrtStream, priority: *mut u32) -> aclError {
    entry::acl("aclrtStreamGetPriority", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(priority, "priority") }?;
        out.write(runtime::any_stream(stream, "stream")?.settings().priority());
        Ok(())
    })
}

/// The priorities that streams of the current device may have.
///
/// # Parameters
/// - leastPriority: receives the lowest priority, the greatest number
/// - greatestPriority: receives the highest priority, the least number
///
/// # Returns
/// - 0 on success
/// - 100000 when one of them is null
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `least_priority` and `greatest_priority`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDeviceGetStreamPriorityRange(
    least_priority: *mut i32,
    greatest_priority: *mut i32,
) -> aclError {
    entry::acl("aclrtDeviceGetStreamPriorityRange", || {
        // SAFETY: (C1) passed on.
        let least = unsafe { boundary::out(least_priority, "leastPriority") }?;
        // SAFETY: (C1) passed on.
        let greatest = unsafe { boundary::out(greatest_priority, "greatestPriority") }?;
        runtime::current_device()?;
        least.write(LEAST_PRIORITY as i32);
        greatest.write(0);
        Ok(())
    })
}

/// How many more streams the current device has.
///
/// # Parameters
/// - streamCount: receives the number
///
/// # Returns
/// - 0 on success
/// - 100000 when `streamCount` is null
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `stream_count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetStreamAvailableNum(stream_count: *mut u32) -> aclError {
    entry::acl("aclrtGetStreamAvailableNum", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(stream_count, "streamCount") }?;
        out.write(runtime::current_device()?.streams_left());
        Ok(())
    })
}

/// A handle of the default stream, which null stands for everywhere.
///
/// # Parameters
/// - stream: receives the stream. It lasts as long as the context and is not to be destroyed.
///
/// # Returns
/// - 0 on success
/// - 100000 when `stream` is null
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `stream`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCtxGetCurrentDefaultStream(stream: *mut aclrtStream) -> aclError {
    entry::acl("aclrtCtxGetCurrentDefaultStream", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(stream, "stream") }?;
        let context = runtime::current_context()?;
        out.write(runtime::default_stream_handle(&context, "stream")?);
        Ok(())
    })
}

/// Has a function called when streams come and go, default streams included.
///
/// # Parameters
/// - regName: a name of the program's choice, which no other such function has
/// - callback: called with the stream, ACL_RT_STREAM_STATE_CREATE_POST after it was made or
///   ACL_RT_STREAM_STATE_DESTROY_PRE before it is destroyed, and `args`. Null takes the name's function away.
/// - args: what the function is called with, may be null
///
/// # Returns
/// - 0 on success
/// - 100000 when `regName` is null
/// - 107000 when `regName` is empty, has a function already, or has none to take away
///
/// # Thread safety
/// May be called from any thread. The function runs on the thread that makes or destroys the stream.
///
/// # Safety
/// C3 holds for `reg_name`, C4 for `callback` and `args`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtRegStreamStateCallback(
    reg_name: *const c_char,
    callback: aclrtStreamStateCallback,
    args: *mut c_void,
) -> aclError {
    entry::acl("aclrtRegStreamStateCallback", || {
        // SAFETY: (C3) passed on.
        let name = unsafe { boundary::c_str(reg_name, "regName") }?;
        STREAM_STATES.set(name, callback, args)
    })
}
