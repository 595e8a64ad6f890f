//! Events between processes, their numbers, and waits and records with flags.

use super::{event::event, param, seconds};
use capi::{
    Result,
    abi::{
        ACL_EVENT_RECORD_DEFAULT, ACL_EVENT_RECORD_EXTERNAL, ACL_EVENT_SYNC, ACL_EVENT_WAIT_DEFAULT,
        ACL_EVENT_WAIT_EXTERNAL, ACL_IPC_EVENT_HANDLE_SIZE, aclError, aclrtEvent, aclrtIpcEventHandle,
        aclrtStream,
    },
    boundary, entry,
    runtime::{self, EVENTS},
};
use npu_device::{Event, EventKind, ExecError};
use std::{ffi::c_char, time::Duration};

/// Refuses an event that a graph cannot record or wait for on behalf of others.
fn check_external(event: &Event) -> Result {
    if event.options().kind == EventKind::Ex && event.options().flags == ACL_EVENT_SYNC {
        return Ok(());
    }
    let what =
        "expected an event created by aclrtCreateEventExWithFlag with ACL_EVENT_SYNC alone, got another";
    Err(ExecError::EventUse { what }.into())
}

/// As aclrtRecordEvent, with a flag.
///
/// # Parameters
/// - event: an event of the stream's device
/// - stream: a stream of the current context; null is its default stream
/// - flag: ACL_EVENT_RECORD_DEFAULT, or ACL_EVENT_RECORD_EXTERNAL, which only a stream takes whose work is being
///   captured: the graph then records the event each time it runs, for streams outside it
///
/// # Returns
/// As aclrtRecordEvent, and
/// - 107000 when `flag` is neither, or the event is not for captured records
/// - 107029 when `flag` is ACL_EVENT_RECORD_EXTERNAL and nothing is being captured
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtRecordEventWithFlag(
    event: aclrtEvent,
    stream: aclrtStream,
    flag: u32,
) -> aclError {
    entry::acl("aclrtRecordEventWithFlag", || {
        let event = self::event(event, "event")?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        match flag {
            ACL_EVENT_RECORD_DEFAULT => Ok(event.record("aclrtRecordEventWithFlag", &stream)?),
            ACL_EVENT_RECORD_EXTERNAL => {
                check_external(&event)?;
                Ok(event.record_from_graph("aclrtRecordEventWithFlag", &stream)?)
            }
            _ => Err(param("flag", "ACL_EVENT_RECORD_DEFAULT (0) or ACL_EVENT_RECORD_EXTERNAL (1)", flag)),
        }
    })
}

/// As aclrtStreamWaitEvent, with a time limit of its own.
///
/// # Parameters
/// - stream: a stream of the current context; null is its default stream
/// - event: an event that synchronises
/// - timeout: seconds; 0 is no limit
///
/// # Returns
/// As aclrtStreamWaitEvent, and
/// - 107000 when `timeout` is negative
///
/// When the time is up, the stream fails with 107019.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtStreamWaitEventWithTimeout(
    stream: aclrtStream,
    event: aclrtEvent,
    timeout: i32,
) -> aclError {
    entry::acl("aclrtStreamWaitEventWithTimeout", || {
        let limit = u32::try_from(timeout)
            .map(seconds)
            .map_err(|_| param("timeout", "0 (no limit) or a number of seconds", timeout))?;
        wait("aclrtStreamWaitEventWithTimeout", stream, event, limit)
    })
}

fn wait(function: &'static str, stream: aclrtStream, event: aclrtEvent, limit: Option<Duration>) -> Result {
    let event = self::event(event, "event")?;
    let stream = runtime::resolve_stream(stream, "stream")?;
    Ok(event.wait_within(function, &stream, limit)?)
}

/// As aclrtStreamWaitEventWithTimeout, with a flag.
///
/// # Parameters
/// - stream: a stream of the current context; null is its default stream
/// - event: an event that synchronises
/// - timeout: seconds; 0 is no limit, and the only one for ACL_EVENT_WAIT_EXTERNAL
/// - flag: ACL_EVENT_WAIT_DEFAULT, or ACL_EVENT_WAIT_EXTERNAL, which only a stream takes whose work is being captured:
///   the graph then waits each time it runs for what streams outside it recorded last
///
/// # Returns
/// As aclrtStreamWaitEvent, and
/// - 107000 when `flag` is neither, or `timeout` or the event are not for captured waits
/// - 107029 when `flag` is ACL_EVENT_WAIT_EXTERNAL and nothing is being captured
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtStreamWaitEventWithFlag(
    stream: aclrtStream,
    event: aclrtEvent,
    timeout: u32,
    flag: u32,
) -> aclError {
    entry::acl("aclrtStreamWaitEventWithFlag", || match flag {
        ACL_EVENT_WAIT_DEFAULT => wait("aclrtStreamWaitEventWithFlag", stream, event, seconds(timeout)),
        ACL_EVENT_WAIT_EXTERNAL => {
            let event = self::event(event, "event")?;
            let stream = runtime::resolve_stream(stream, "stream")?;
            if timeout != 0 {
                return Err(param("timeout", "0 with ACL_EVENT_WAIT_EXTERNAL", timeout));
            }
            check_external(&event)?;
            Ok(event.wait_from_graph("aclrtStreamWaitEventWithFlag", &stream)?)
        }
        _ => Err(param("flag", "ACL_EVENT_WAIT_DEFAULT (0) or ACL_EVENT_WAIT_EXTERNAL (1)", flag)),
    })
}

/// The number of an event on its device.
///
/// # Parameters
/// - event: an event
/// - eventId: receives the number, from 0; no other event that lives there has it
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107017 when it is no event, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `event_id`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetEventId(event: aclrtEvent, event_id: *mut u32) -> aclError {
    entry::acl("aclrtGetEventId", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(event_id, "eventId") }?;
        out.write(self::event(event, "event")?.id());
        Ok(())
    })
}

/// How many more events the current device has.
///
/// # Parameters
/// - eventCount: receives the number
///
/// # Returns
/// - 0 on success
/// - 100000 when `eventCount` is null
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `event_count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetEventAvailNum(event_count: *mut u32) -> aclError {
    entry::acl("aclrtGetEventAvailNum", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(event_count, "eventCount") }?;
        out.write(runtime::current_device()?.events_left());
        Ok(())
    })
}

/// Shares an event with other processes.
///
/// # Parameters
/// - event: an event that this process made by aclrtCreateEventExWithFlag with ACL_EVENT_IPC
/// - handle: receives what to hand to them; the same every time
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107000 when the event is another, or was imported
/// - 107017 when it is no event, or was already destroyed
/// - 507899 when the system has no memory to share
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtIpcGetEventHandle(
    event: aclrtEvent,
    handle: *mut aclrtIpcEventHandle,
) -> aclError {
    entry::acl("aclrtIpcGetEventHandle", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(handle, "handle") }?;
        let key = self::event(event, "event")?
            .share(|key| key.padded::<{ ACL_IPC_EVENT_HANDLE_SIZE as usize }>())?;
        out.write(aclrtIpcEventHandle { reserved: key.map(|byte| byte as c_char) });
        Ok(())
    })
}

/// An event that another process shares, for use with the current device.
///
/// # Parameters
/// - handle: what aclrtIpcGetEventHandle wrote there
/// - event: receives the event, to be destroyed by aclrtDestroyEvent in this process as well
///
/// # Returns
/// - 0 on success
/// - 100000 when `event` is null
/// - 107000 when `handle` is none of an event
/// - 107002 when the thread has no current context
/// - 207007 when the device has 65,536 events
/// - 507899 when it is shared no longer
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `event`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtIpcOpenEventHandle(
    handle: aclrtIpcEventHandle,
    event: *mut aclrtEvent,
) -> aclError {
    entry::acl("aclrtIpcOpenEventHandle", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(event, "event") }?;
        let bytes = handle.reserved.map(|byte| byte as u8);
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        let event = Event::import(runtime::current_device()?, &String::from_utf8_lossy(&bytes[..end]))?;
        out.write(EVENTS.insert(event).map_err(|error| error.arg("event"))?);
        Ok(())
    })
}
