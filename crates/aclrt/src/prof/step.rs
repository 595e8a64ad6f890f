//! Steps of training or inference: when a stream came to their beginning and end.

use super::{recording, refused};
use capi::{
    ArgError,
    abi::{ACL_STEP_END, ACL_STEP_START, aclError, aclprofStepInfo, aclprofStepTag, aclrtStream},
    entry,
    handle::{HandleTable, Kind},
    runtime,
};
use npu_device::{monotonic_nanoseconds, trace};
use parking_lot::Mutex;
use std::{
    ffi::c_void,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// A step.
struct Step {
    number: u64,
    /// Whether beginning and end were set.
    set: Mutex<[bool; 2]>,
    /// When its stream came to the beginning, 0 before.
    start: AtomicU64,
}

static STEPS: HandleTable<Arc<Step>> = HandleTable::new(Kind::StepInfo);
static NUMBER: AtomicU64 = AtomicU64::new(1);

/// Makes a step. Steps are numbered in the order in which they are made.
///
/// # Returns
/// - the step, to be destroyed by aclprofDestroyStepInfo
/// - null, with a message, when 16,777,215 are alive
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofCreateStepInfo() -> *mut aclprofStepInfo {
    entry::value("aclprofCreateStepInfo", || {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let step = Step { number, set: Mutex::new([false; 2]), start: AtomicU64::new(0) };
        STEPS.insert(Arc::new(step)).map_err(|error| error.arg("stepInfo"))
    })
    .map_or(std::ptr::null_mut(), |handle: *mut c_void| handle.cast())
}

/// Sets the beginning or the end of a step: it is where the stream is when it comes to this call. The step is in the
/// timeline once the stream has come to its end.
///
/// # Parameters
/// - stepInfo: the step
/// - tag: ACL_STEP_START, then ACL_STEP_END, each once
/// - stream: null is the default stream of the current context
///
/// # Returns
/// - 0 on success
/// - 100000 when stepInfo is null, or tag is none, was set before, or is an end without a beginning
/// - 100043 when nothing records
/// - 107002 when the thread has no current context, 107003 when the stream belongs to another
/// - 107017 when stepInfo or stream is not live
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofGetStepTimestamp(
    step_info: *mut aclprofStepInfo,
    tag: aclprofStepTag,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclprofGetStepTimestamp", || {
        if step_info.is_null() {
            return Err(ArgError::Null { argument: "stepInfo" }.into());
        }
        let step = Arc::clone(&*STEPS.get(step_info.cast()).map_err(|error| error.arg("stepInfo"))?);
        let stream = runtime::resolve_stream(stream, "stream")?;
        recording()?;
        let mut set = step.set.lock();
        match (tag, *set) {
            (ACL_STEP_START, [false, false]) | (ACL_STEP_END, [true, false]) => {}
            (ACL_STEP_START | ACL_STEP_END, _) => {
                return Err(refused("tag", "ACL_STEP_START, then ACL_STEP_END, each once for a step", tag));
            }
            _ => return Err(refused("tag", "ACL_STEP_START or ACL_STEP_END", tag)),
        }
        let own = step.clone();
        stream.submit("aclprofGetStepTimestamp", move |task| {
            let now = monotonic_nanoseconds();
            if tag == ACL_STEP_START {
                own.start.store(now, Ordering::Release);
            } else {
                trace::step(task.stream_tag(), own.number, own.start.load(Ordering::Acquire), now);
            }
            Ok(())
        })?;
        set[tag as usize] = true;
        Ok(())
    })
}

/// Destroys a step. What was set stays in the timeline. What is no live step is passed over, with a message.
///
/// # Parameters
/// - stepinfo: the step
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofDestroyStepInfo(stepinfo: *mut aclprofStepInfo) {
    entry::value("aclprofDestroyStepInfo", || {
        if stepinfo.is_null() {
            return Err(ArgError::Null { argument: "stepinfo" }.into());
        }
        STEPS.remove(stepinfo.cast()).map(drop).map_err(|error| error.arg("stepinfo"))
    });
}
