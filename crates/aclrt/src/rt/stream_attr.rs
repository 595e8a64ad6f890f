//! Attributes of streams.

use super::{param, stream::LEAST_PRIORITY};
use capi::{
    Result,
    abi::{
        ACL_CONTINUE_ON_FAILURE, ACL_STOP_ON_FAILURE, ACL_STREAM_ATTR_CACHE_OP_INFO,
        ACL_STREAM_ATTR_FAILURE_MODE, ACL_STREAM_ATTR_FLOAT_OVERFLOW_CHECK, ACL_STREAM_ATTR_PRIORITY,
        ACL_STREAM_ATTR_USER_CUSTOM_TAG, aclError, aclrtStream, aclrtStreamAttr, aclrtStreamAttrValue,
    },
    boundary, entry, runtime,
};
use npu_device::{FailureMode, Stream};

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

/// A number that switches something on or off.
pub(super) fn switch(value: u32, argument: &'static str) -> Result<bool> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(param(argument, "0 (off) or 1 (on)", value)),
    }
}

/// Sets an attribute of a stream.
///
/// # Parameters
/// - stream: a stream of the current context; null is its default stream
/// - stmAttrType: ACL_STREAM_ATTR_FAILURE_MODE as by aclrtSetStreamFailureMode; ACL_STREAM_ATTR_FLOAT_OVERFLOW_CHECK as
///   by aclrtSetStreamOverflowSwitch; ACL_STREAM_ATTR_USER_CUSTOM_TAG, a number of the program's own;
///   ACL_STREAM_ATTR_CACHE_OP_INFO, 0 or 1, whether what operators were called with is kept for their tasks;
///   ACL_STREAM_ATTR_PRIORITY, 0 to 7, from the next time on that the stream gets work
/// - value: the value, in the member of that attribute
///
/// # Returns
/// - 0 on success
/// - 100000 when value is null
/// - 107000 when stmAttrType is no attribute, or value not in its range
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
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
        let value = unsafe { value.overflowSwitch };
        let settings = stream.settings();
        match stm_attr_type {
            ACL_STREAM_ATTR_FLOAT_OVERFLOW_CHECK => settings.check_overflow(switch(value, "overflowSwitch")?),
            ACL_STREAM_ATTR_USER_CUSTOM_TAG => settings.set_user_tag(value),
            ACL_STREAM_ATTR_CACHE_OP_INFO => settings.keep_operators(switch(value, "cacheOpInfoSwitch")?),
            _ if value > LEAST_PRIORITY => return Err(param("streamPriority", "0 to 7", value)),
            _ => settings.set_priority(value),
        }
        Ok(())
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
            ACL_STREAM_ATTR_FLOAT_OVERFLOW_CHECK => u32::from(stream.settings().checks_overflow()),
            ACL_STREAM_ATTR_USER_CUSTOM_TAG => stream.settings().user_tag(),
            ACL_STREAM_ATTR_CACHE_OP_INFO => u32::from(stream.settings().keeps_operators()),
            _ => stream.settings().priority(),
        };
        out.write(aclrtStreamAttrValue { reserve });
        Ok(())
    })
}
