//! Events.

use super::{param, timeout};
use capi::{
    Result,
    abi::{
        ACL_EVENT_CAPTURE_STREAM_PROGRESS, ACL_EVENT_DEVICE_USE_ONLY, ACL_EVENT_EXTERNAL, ACL_EVENT_IPC,
        ACL_EVENT_RECORDED_STATUS_COMPLETE, ACL_EVENT_RECORDED_STATUS_NOT_READY, ACL_EVENT_STATUS_COMPLETE,
        ACL_EVENT_STATUS_NOT_READY, ACL_EVENT_SYNC, ACL_EVENT_TIME_LINE, ACL_EVENT_WAIT_STATUS_COMPLETE,
        ACL_EVENT_WAIT_STATUS_NOT_READY, aclError, aclrtEvent, aclrtEventRecordedStatus, aclrtEventStatus,
        aclrtEventWaitStatus, aclrtStream,
    },
    boundary, entry,
    handle::Ref,
    runtime::{self, EVENTS},
};
use npu_device::{Event, EventKind, EventOptions, ExecError};
use std::sync::Arc;

fn create(options: EventOptions) -> Result<aclrtEvent> {
    let device = runtime::current_device()?;
    let event = Event::new(device, options)?;
    EVENTS.insert(event).map_err(|error| error.arg("event"))
}

fn create_with_flag(kind: EventKind, flag: u32, allowed: u32, expected: &str) -> Result<aclrtEvent> {
    let lonely = flag & ACL_EVENT_IPC != 0 && flag != ACL_EVENT_IPC;
    if flag == 0 || flag & !allowed != 0 || lonely {
        return Err(param("flag", expected, format!("{flag:#x}")));
    }
    create(EventOptions {
        kind,
        sync: flag & (ACL_EVENT_SYNC | ACL_EVENT_IPC | ACL_EVENT_EXTERNAL) != 0,
        timeline: flag & ACL_EVENT_TIME_LINE != 0,
        shared: flag & ACL_EVENT_IPC != 0,
        flags: flag,
    })
}

pub(super) fn event(raw: aclrtEvent, argument: &'static str) -> Result<Ref<'static, Arc<Event>>> {
    EVENTS.get(raw).map_err(|error| error.arg(argument))
}

/// Creates an event that streams may wait for and that keeps time stamps. It cannot be reset.
///
/// # Parameters
/// - event: receives the event, to be destroyed by aclrtDestroyEvent
///
/// # Returns
/// - 0 on success
/// - 100000 when `event` is null
/// - 107002 when the thread has no current context
/// - 207007 when the device has 65,536 events
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `event`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCreateEvent(event: *mut aclrtEvent) -> aclError {
    entry::acl("aclrtCreateEvent", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(event, "event") }?;
        let options =
            EventOptions { kind: EventKind::Plain, sync: true, timeline: true, shared: false, flags: 0 };
        out.write(create(options)?);
        Ok(())
    })
}

/// Creates an event with chosen abilities. With ACL_EVENT_SYNC it can be reset, and a wait queued before any record
/// is for the record to come.
///
/// # Parameters
/// - event: receives the event, to be destroyed by aclrtDestroyEvent
/// - flag: bits ACL_EVENT_SYNC (streams may wait), ACL_EVENT_CAPTURE_STREAM_PROGRESS, ACL_EVENT_TIME_LINE (time stamps)
///
/// # Returns
/// - 0 on success
/// - 100000 when `event` is null
/// - 107000 when `flag` is 0 or has other bits
/// - 107002 when the thread has no current context
/// - 207007 when the device has 65,536 events
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `event`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCreateEventWithFlag(event: *mut aclrtEvent, flag: u32) -> aclError {
    entry::acl("aclrtCreateEventWithFlag", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(event, "event") }?;
        let all = ACL_EVENT_SYNC | ACL_EVENT_CAPTURE_STREAM_PROGRESS | ACL_EVENT_TIME_LINE;
        let allowed = if flag == ACL_EVENT_EXTERNAL { ACL_EVENT_EXTERNAL } else { all };
        let expected = "a combination of ACL_EVENT_SYNC (1), CAPTURE_STREAM_PROGRESS (2) and TIME_LINE (8), or EXTERNAL (0x20) alone";
        out.write(create_with_flag(EventKind::Flagged, flag, allowed, expected)?);
        Ok(())
    })
}

/// Creates an event that is recorded again and again. It cannot be reset; before its first record it counts as
/// complete.
///
/// # Parameters
/// - event: receives the event, to be destroyed by aclrtDestroyEvent
/// - flag: bits ACL_EVENT_SYNC (streams may wait), ACL_EVENT_CAPTURE_STREAM_PROGRESS, ACL_EVENT_TIME_LINE (time
///   stamps), ACL_EVENT_DEVICE_USE_ONLY, ACL_EVENT_EXTERNAL; or ACL_EVENT_IPC alone
///
/// # Returns
/// - 0 on success
/// - 100000 when `event` is null
/// - 107000 when `flag` is not as documented
/// - 107002 when the thread has no current context
/// - 207007 when the device has 65,536 events
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `event`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCreateEventExWithFlag(event: *mut aclrtEvent, flag: u32) -> aclError {
    entry::acl("aclrtCreateEventExWithFlag", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(event, "event") }?;
        let allowed = ACL_EVENT_SYNC
            | ACL_EVENT_CAPTURE_STREAM_PROGRESS
            | ACL_EVENT_TIME_LINE
            | ACL_EVENT_DEVICE_USE_ONLY
            | ACL_EVENT_EXTERNAL
            | ACL_EVENT_IPC;
        let expected = "a combination of ACL_EVENT_* bits, or ACL_EVENT_IPC (0x40) alone";
        out.write(create_with_flag(EventKind::Ex, flag, allowed, expected)?);
        Ok(())
    })
}

/// Destroys an event. Records and waits that are queued go on as if it lived.
///
/// # Parameters
/// - event: the event. The handle is invalid at once.
///
/// # Returns
/// - 0 on success
/// - 100000 when `event` is null
/// - 107017 when it is no event, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDestroyEvent(event: aclrtEvent) -> aclError {
    entry::acl("aclrtDestroyEvent", || {
        EVENTS.remove(event).map_err(|error| error.arg("event"))?.destroy();
        Ok(())
    })
}

/// Records the work queued on a stream so far.
///
/// # Parameters
/// - event: an event of the stream's device. Recording it again replaces the record for later calls only.
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success
/// - 100000 when `event` is null
/// - 107000 when event and stream are on different devices
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when event or stream are none, or were already destroyed
/// - 507015, 507018, 507035 or 507053 when the stream stopped at a failure
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtRecordEvent(event: aclrtEvent, stream: aclrtStream) -> aclError {
    entry::acl("aclrtRecordEvent", || {
        let event = self::event(event, "event")?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        Ok(event.record("aclrtRecordEvent", &stream)?)
    })
}

/// Queues a reset: when the stream comes to it, the event counts as not recorded. To be called for the stream that
/// waited for the event.
///
/// # Parameters
/// - event: an event made by aclrtCreateEventWithFlag with ACL_EVENT_SYNC
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success
/// - 100000 when `event` is null
/// - 107000 when the event cannot be reset
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when event or stream are none, or were already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtResetEvent(event: aclrtEvent, stream: aclrtStream) -> aclError {
    entry::acl("aclrtResetEvent", || {
        let event = self::event(event, "event")?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        Ok(event.reset("aclrtResetEvent", &stream)?)
    })
}

/// Whether the latest record of an event is complete. Deprecated: aclrtQueryEventStatus serves every event.
///
/// # Parameters
/// - event: an event, not of aclrtCreateEventExWithFlag
/// - status: receives ACL_EVENT_STATUS_COMPLETE or ACL_EVENT_STATUS_NOT_READY
///
/// # Returns
/// - 0 on success, whatever the status
/// - 100000 when an argument is null
/// - 107000 when the event was made by aclrtCreateEventExWithFlag
/// - 107017 when it is no event, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `status`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtQueryEvent(event: aclrtEvent, status: *mut aclrtEventStatus) -> aclError {
    entry::acl("aclrtQueryEvent", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(status, "status") }?;
        let event = self::event(event, "event")?;
        if event.options().kind == EventKind::Ex {
            let what = "expected an event of aclrtCreateEvent or aclrtCreateEventWithFlag, got one of \
                        aclrtCreateEventExWithFlag; use aclrtQueryEventStatus";
            return Err(ExecError::EventUse { what }.into());
        }
        event.check_not_captured()?;
        out.write(if event.is_complete() { ACL_EVENT_STATUS_COMPLETE } else { ACL_EVENT_STATUS_NOT_READY });
        Ok(())
    })
}

/// Whether the latest record of an event is complete.
///
/// # Parameters
/// - event: an event
/// - status: receives ACL_EVENT_RECORDED_STATUS_COMPLETE or ACL_EVENT_RECORDED_STATUS_NOT_READY. Without a record
///   only an event of aclrtCreateEventExWithFlag is complete.
///
/// # Returns
/// - 0 on success, whatever the status
/// - 100000 when an argument is null
/// - 107017 when it is no event, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `status`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtQueryEventStatus(
    event: aclrtEvent,
    status: *mut aclrtEventRecordedStatus,
) -> aclError {
    entry::acl("aclrtQueryEventStatus", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(status, "status") }?;
        let event = self::event(event, "event")?;
        event.check_not_captured()?;
        let complete = event.is_complete();
        out.write(if complete {
            ACL_EVENT_RECORDED_STATUS_COMPLETE
        } else {
            ACL_EVENT_RECORDED_STATUS_NOT_READY
        });
        Ok(())
    })
}

/// Whether every wait for an event queued so far is over.
///
/// # Parameters
/// - event: an event
/// - status: receives ACL_EVENT_WAIT_STATUS_COMPLETE or ACL_EVENT_WAIT_STATUS_NOT_READY
///
/// # Returns
/// - 0 on success, whatever the status
/// - 100000 when an argument is null
/// - 107017 when it is no event, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `status`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtQueryEventWaitStatus(
    event: aclrtEvent,
    status: *mut aclrtEventWaitStatus,
) -> aclError {
    entry::acl("aclrtQueryEventWaitStatus", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(status, "status") }?;
        let over = self::event(event, "event")?.waits_over();
        out.write(if over { ACL_EVENT_WAIT_STATUS_COMPLETE } else { ACL_EVENT_WAIT_STATUS_NOT_READY });
        Ok(())
    })
}

/// Waits until the latest record of an event is complete. Without a record there is nothing to wait for.
///
/// # Parameters
/// - event: an event
///
/// # Returns
/// - 0 on success
/// - 100000 when `event` is null
/// - 107017 when it is no event, or was already destroyed
/// - 507015, 507018, 507035 or 507053 when a task of the recorded stream failed since the last report
///
/// # Thread safety
/// May be called from any thread. The calling thread may run tasks, but never host functions or callbacks.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSynchronizeEvent(event: aclrtEvent) -> aclError {
    entry::acl("aclrtSynchronizeEvent", || Ok(self::event(event, "event")?.synchronize(None)?))
}

/// As aclrtSynchronizeEvent, with a time limit.
///
/// # Parameters
/// - event: an event
/// - timeout: milliseconds, -1 for no limit
///
/// # Returns
/// As aclrtSynchronizeEvent, and
/// - 107000 when `timeout` is below -1
/// - 507047 when the time is up
///
/// # Thread safety
/// As aclrtSynchronizeEvent.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSynchronizeEventWithTimeout(event: aclrtEvent, timeout: i32) -> aclError {
    entry::acl("aclrtSynchronizeEventWithTimeout", || {
        let event = self::event(event, "event")?;
        let limit = self::timeout(timeout, "timeout")?;
        Ok(event.synchronize(limit)?)
    })
}

/// Makes a stream wait for the latest record of an event. Which record is settled now, not when the stream comes to
/// the wait. The event may be of another device. A wait that takes longer than aclrtSetOpWaitTimeout allows fails with
/// 107019.
///
/// # Parameters
/// - stream: a stream of the current context; null is its default stream
/// - event: an event that synchronises (aclrtCreateEvent, or ACL_EVENT_SYNC)
///
/// # Returns
/// - 0 on success
/// - 100000 when `event` is null
/// - 107000 when the event does not synchronise
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when event or stream are none, or were already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtStreamWaitEvent(stream: aclrtStream, event: aclrtEvent) -> aclError {
    entry::acl("aclrtStreamWaitEvent", || {
        let event = self::event(event, "event")?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        Ok(event.wait_within("aclrtStreamWaitEvent", &stream, npu_device::wait_limit())?)
    })
}

/// The time between two records, in milliseconds.
///
/// # Parameters
/// - ms: receives the time
/// - startEvent, endEvent: complete events that keep time stamps (aclrtCreateEvent, or ACL_EVENT_TIME_LINE)
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107006 when an event keeps no time stamps, was not recorded or is not complete
/// - 107007 when the end completed before the start
/// - 107017 when an event is none, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `ms`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtEventElapsedTime(
    ms: *mut f32,
    start_event: aclrtEvent,
    end_event: aclrtEvent,
) -> aclError {
    entry::acl("aclrtEventElapsedTime", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(ms, "ms") }?;
        let start = event(start_event, "startEvent")?;
        let end = event(end_event, "endEvent")?;
        out.write((Event::elapsed(&start, &end)? as f64 / 1e6) as f32);
        Ok(())
    })
}

/// When the latest record of an event completed, in microseconds since the machine started.
///
/// # Parameters
/// - event: a complete event that keeps time stamps (aclrtCreateEvent, or ACL_EVENT_TIME_LINE)
/// - timestamp: receives the time
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107006 when the event keeps no time stamps, was not recorded or is not complete
/// - 107017 when it is no event, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `timestamp`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtEventGetTimestamp(event: aclrtEvent, timestamp: *mut u64) -> aclError {
    entry::acl("aclrtEventGetTimestamp", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(timestamp, "timestamp") }?;
        out.write(self::event(event, "event")?.timestamp("event")? / 1000);
        Ok(())
    })
}
