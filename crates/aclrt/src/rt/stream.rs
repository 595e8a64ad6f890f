//! Streams.

use super::{param, timeout};
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_CONTINUE_ON_FAILURE, ACL_STOP_ON_FAILURE, ACL_STREAM_ATTR_CACHE_OP_INFO,
        ACL_STREAM_ATTR_FAILURE_MODE, ACL_STREAM_ATTR_FLOAT_OVERFLOW_CHECK, ACL_STREAM_ATTR_PRIORITY,
        ACL_STREAM_CPU_SCHEDULE, ACL_STREAM_DEVICE_USE_ONLY, ACL_STREAM_FAST_LAUNCH, ACL_STREAM_FAST_SYNC,
        ACL_STREAM_HUGE, ACL_STREAM_PERSISTENT, ACL_STREAM_STATUS_COMPLETE, ACL_STREAM_STATUS_NOT_READY,
        aclError, aclrtStream, aclrtStreamAttr, aclrtStreamAttrValue, aclrtStreamStatus,
    },
    boundary, entry,
    runtime::{self, STREAMS},
};
use npu_device::{FailureMode, Stream, StreamOptions};

/// The lowest priority.
const LEAST_PRIORITY: u32 = 7;
const FLAGS: u32 = ACL_STREAM_FAST_LAUNCH
    | ACL_STREAM_FAST_SYNC
    | ACL_STREAM_PERSISTENT
    | ACL_STREAM_HUGE
    | ACL_STREAM_CPU_SCHEDULE
    | ACL_STREAM_DEVICE_USE_ONLY;
/// Synchronising a stream with one of these returns at once.
const NEVER_SYNCHRONISED: u32 = ACL_STREAM_PERSISTENT | ACL_STREAM_CPU_SCHEDULE | ACL_STREAM_DEVICE_USE_ONLY;

fn create(options: StreamOptions) -> Result<aclrtStream> {
    let context = runtime::current_context()?;
    let stream = context.create_stream(options)?;
    STREAMS.insert(stream.clone()).map_err(|error| {
        context.device().destroy_stream(&stream, false);
        error.arg("stream")
    })
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
        if priority > LEAST_PRIORITY {
            return Err(param("priority", "0 to 7", priority));
        }
        if flag & !FLAGS != 0 {
            return Err(param("flag", "ACL_STREAM_* bits", format!("{flag:#x}")));
        }
        out.write(create(StreamOptions { priority, flags: flag })?);
        Ok(())
    })
}

fn destroy(raw: aclrtStream, wait: bool) -> Result {
    if raw.is_null() {
        return Err(ArgError::Null { argument: "stream" }.into());
    }
    runtime::resolve_stream(raw, "stream")?;
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

fn set_failure_mode(stream: &Stream, mode: u64) -> Result {
    let mode = match u32::try_from(mode) {
        Ok(ACL_CONTINUE_ON_FAILURE) => FailureMode::Continue,
        Ok(ACL_STOP_ON_FAILURE) => FailureMode::Stop,
        _ => return Err(param("mode", "0 (continue) or 1 (stop)", mode)),
    };
    let context = runtime::current_context()?;
    if mode == FailureMode::Continue && context.failure_mode() == FailureMode::Stop {
        let got = format!("0 (continue) on {stream:?}, which is in stop mode");
        return Err(param("mode", "1, as stop mode cannot be left", got));
    }
    context.set_failure_mode(mode);
    Ok(())
}

/// Chooses what happens after a failure.
///
/// # Parameters
/// - stream: a stream of the current context; null is its default stream
/// - mode: 0 goes on with the next task (the default). 1 stops: after a failure the tasks that follow are dropped and
///   new ones refused, on all streams of the context. Stop mode cannot be left.
///
/// # Returns
/// - 0 on success
/// - 107000 when `mode` is neither, or 0 after 1
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
pub unsafe extern "C" fn aclrtSetStreamFailureMode(stream: aclrtStream, mode: u64) -> aclError {
    entry::acl("aclrtSetStreamFailureMode", || {
        let stream = runtime::resolve_stream(stream, "stream")?;
        set_failure_mode(&stream, mode)
    })
}

fn check_attribute(attribute: aclrtStreamAttr) -> Result {
    if (ACL_STREAM_ATTR_FAILURE_MODE..=ACL_STREAM_ATTR_PRIORITY).contains(&attribute) {
        return Ok(());
    }
    let expected = format!("an attribute from 1 to {ACL_STREAM_ATTR_PRIORITY}");
    Err(param("stmAttrType", &expected, attribute))
}

/// Sets an attribute of a stream.
///
/// # Parameters
/// - stream: a stream of the current context; null is its default stream
/// - stmAttrType: ACL_STREAM_ATTR_FAILURE_MODE as by aclrtSetStreamFailureMode. The others can only be set to what
///   they are: no check for overflows, no tag for it, no kept operators, the priority that the stream was made with.
/// - value: the value, in the member of that attribute
///
/// # Returns
/// - 0 on success
/// - 100000 when value is null
/// - 107000 when stmAttrType is no attribute, or the failure mode is refused
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
/// - 207000 for another value of the other attributes, not supported
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `value`, of which the member of the attribute is set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetStreamAttribute(
    stream: aclrtStream,
    stm_attr_type: aclrtStreamAttr,
    value: *mut aclrtStreamAttrValue,
) -> aclError {
    entry::acl("aclrtSetStreamAttribute", || {
        // SAFETY: C1.
        let value = unsafe { boundary::required(value.cast_const(), "value") }?;
        check_attribute(stm_attr_type)?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        if stm_attr_type == ACL_STREAM_ATTR_FAILURE_MODE {
            // SAFETY: the caller set this member; any bits are a number.
            return set_failure_mode(&stream, unsafe { value.failureMode });
        }
        // SAFETY: the caller set a member of 32 bits, all at the same place; any bits are a number.
        let wanted = unsafe { value.overflowSwitch };
        let (name, fixed) = match stm_attr_type {
            ACL_STREAM_ATTR_PRIORITY => ("changing the priority of a stream to", stream.options().priority),
            ACL_STREAM_ATTR_CACHE_OP_INFO => ("keeping what operators a stream ran, switch", 0),
            ACL_STREAM_ATTR_FLOAT_OVERFLOW_CHECK => ("checking a stream for overflows, switch", 0),
            _ => ("a tag for checks of overflows on a stream, tag", 0),
        };
        if wanted == fixed { Ok(()) } else { Err(Error::Unsupported { what: format!("{name} {wanted}") }) }
    })
}

/// An attribute of a stream.
///
/// # Parameters
/// - stream: a stream of the current context; null is its default stream
/// - stmAttrType: as for aclrtSetStreamAttribute
/// - value: receives the value, in the member of that attribute; the rest is 0
///
/// # Returns
/// - 0 on success
/// - 100000 when value is null
/// - 107000 when stmAttrType is no attribute
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetStreamAttribute(
    stream: aclrtStream,
    stm_attr_type: aclrtStreamAttr,
    value: *mut aclrtStreamAttrValue,
) -> aclError {
    entry::acl("aclrtGetStreamAttribute", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(value, "value") }?;
        check_attribute(stm_attr_type)?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        let mut reserve = [0; 4];
        // The first word is the member, or the lower half of the failure mode.
        reserve[0] = match stm_attr_type {
            ACL_STREAM_ATTR_FAILURE_MODE => match runtime::current_context()?.failure_mode() {
                FailureMode::Continue => ACL_CONTINUE_ON_FAILURE,
                FailureMode::Stop => ACL_STOP_ON_FAILURE,
            },
            ACL_STREAM_ATTR_PRIORITY => stream.options().priority,
            _ => 0,
        };
        out.write(aclrtStreamAttrValue { reserve });
        Ok(())
    })
}
