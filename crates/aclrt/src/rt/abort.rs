//! Ending tasks before their time.

use super::param;
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_ERROR_RT_TASK_ABORT_STOP, ACL_RT_DEVICE_TASK_ABORT_POST, ACL_RT_DEVICE_TASK_ABORT_PRE,
        ACL_STREAM_DEVICE_USE_ONLY, aclError, aclrtDeviceTaskAbortCallback, aclrtDeviceTaskAbortStage,
        aclrtStream,
    },
    boundary, entry,
    registry::Registry,
    runtime::{self, StreamRef},
};
use std::{
    ffi::{c_char, c_void},
    time::Duration,
};

/// The stream of a handle, where null stands for none.
fn explicit(raw: aclrtStream) -> Result<StreamRef> {
    if raw.is_null() {
        return Err(ArgError::Null { argument: "stream" }.into());
    }
    runtime::resolve_stream(raw, "stream")
}

/// Ends what a stream executes and drops what is queued behind it. A task that waits ends at once; one that computes is
/// waited for; a host function or callback that runs already runs on, and nobody waits for it. Threads that wait for the
/// stream return 107023, and so does queuing on it meanwhile. Failures that nobody has asked for are forgotten. Events
/// recorded by dropped tasks complete without a time stamp. Afterwards the stream is as new.
///
/// # Parameters
/// - stream: a stream of the current context
///
/// # Returns
/// - 0 on success
/// - 100000 when `stream` is null
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtStreamAbort(stream: aclrtStream) -> aclError {
    entry::acl("aclrtStreamAbort", || Ok(explicit(stream)?.abort(None)?))
}

/// Ends what a stream executes, if that waits; what computes ends on its own. What is queued behind it stays and follows.
///
/// # Parameters
/// - stream: a stream of the current context, made with ACL_STREAM_DEVICE_USE_ONLY
///
/// # Returns
/// - 0 on success
/// - 100000 when `stream` is null
/// - 107000 when the stream has not that flag
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtStreamStop(stream: aclrtStream) -> aclError {
    entry::acl("aclrtStreamStop", || {
        let stream = explicit(stream)?;
        let flags = stream.options().flags;
        if flags & ACL_STREAM_DEVICE_USE_ONLY == 0 {
            let got = format!("one with flags {flags:#x}");
            return Err(param("stream", "a stream made with ACL_STREAM_DEVICE_USE_ONLY (0x20)", got));
        }
        stream.stop_task();
        Ok(())
    })
}

type TaskAbortFunction = unsafe extern "C" fn(i32, aclrtDeviceTaskAbortStage, u32, *mut c_void) -> i32;

static TASK_ABORTS: Registry<TaskAbortFunction> = Registry::new();

/// Calls the registered functions. Fails with the first that does; the others are called nevertheless.
fn call(device: i32, stage: aclrtDeviceTaskAbortStage, timeout: u32) -> Result {
    let mut failed = None;
    TASK_ABORTS.for_each(|function, data| {
        // SAFETY: (C4) the program registered function and data for this.
        let code = unsafe { function(device, stage, timeout, data) };
        if code != 0 {
            failed.get_or_insert(code);
        }
    });
    match failed {
        None => Ok(()),
        Some(code) => Err(Error::Code {
            code: ACL_ERROR_RT_TASK_ABORT_STOP,
            what: format!("a callback for stage {stage} of the abort of device {device} returned {code}"),
        }),
    }
}

/// The longest time that an abort may be given: 36 minutes.
const LONGEST: u32 = 36 * 60 * 1000;

/// Aborts all streams of a device, of every context, as aclrtStreamAbort does one. Threads that wait for them return
/// 107022. Contexts that a failure has stopped go on.
///
/// # Parameters
/// - deviceId: the device
/// - timeout: milliseconds to wait for tasks that compute, at most 36 minutes; 0 for no limit
///
/// # Returns
/// - 0 on success
/// - 107000 when `timeout` is too long
/// - 107001 when there is no such device
/// - 107019 when the time is up; tasks not yet begun are dropped nevertheless
/// - 107035 when a function registered by aclrtSetDeviceTaskAbortCallback fails; before the abort, there is then none
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDeviceTaskAbort(device_id: i32, timeout: u32) -> aclError {
    entry::acl("aclrtDeviceTaskAbort", || {
        let device = runtime::runtime()?.device(device_id, "deviceId")?;
        if timeout > LONGEST {
            return Err(param("timeout", &format!("0 to {LONGEST} ms"), timeout));
        }
        call(device_id, ACL_RT_DEVICE_TASK_ABORT_PRE, timeout)?;
        device.abort((timeout > 0).then(|| Duration::from_millis(u64::from(timeout))))?;
        runtime::runtime()?.forget_fault(device.id());
        call(device_id, ACL_RT_DEVICE_TASK_ABORT_POST, timeout)
    })
}

/// Has a function called before and after aclrtDeviceTaskAbort.
///
/// # Parameters
/// - regName: a name of the program's choice, which no other such function has
/// - callback: called with the device, ACL_RT_DEVICE_TASK_ABORT_PRE or ACL_RT_DEVICE_TASK_ABORT_POST, the time limit and
///   `args`; returns 0 if all is well. Null takes the name's function away.
/// - args: what the function is called with, may be null
///
/// # Returns
/// - 0 on success
/// - 100000 when `regName` is null
/// - 107000 when `regName` is empty, has a function already, or has none to take away
///
/// # Thread safety
/// May be called from any thread. The function runs on the thread that aborts.
///
/// # Safety
/// C3 holds for `reg_name`, C4 for `callback` and `args`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetDeviceTaskAbortCallback(
    reg_name: *const c_char,
    callback: aclrtDeviceTaskAbortCallback,
    args: *mut c_void,
) -> aclError {
    entry::acl("aclrtSetDeviceTaskAbortCallback", || {
        // SAFETY: (C3) passed on.
        let name = unsafe { boundary::c_str(reg_name, "regName") }?;
        TASK_ABORTS.set(name, callback, args)
    })
}
