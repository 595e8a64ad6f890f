//! Marks and ranges that a program puts into a timeline.

use super::{recording, refused, report, text};
use capi::{
    ArgError, Result,
    abi::{
        ACL_PROF_EVENT_ATTR_VERSION, ACL_PROF_MESSAGE_TYPE_TENSOR_INFO, ACL_PROF_TENSOR_DATA_SHAPE_LEN,
        aclError, aclprofEventAttributes, aclprofTensor, aclprofTensorInfo, aclrtStream,
    },
    boundary, entry,
    handle::{HandleTable, Kind, Ref},
    runtime,
};
use npu_device::trace;
use parking_lot::Mutex;
use std::{
    cell::RefCell,
    collections::BTreeMap,
    ffi::{c_char, c_void},
    fmt::Write,
    sync::Arc,
};

/// The longest message of a stamp or mark, in bytes.
const MAX_MESSAGE: usize = 128;
/// The longest name of an operator in a range.
const MAX_TENSORS: u32 = 64;

/// A stamp: what its marks and ranges are called.
static STAMPS: HandleTable<Mutex<Arc<str>>> = HandleTable::new(Kind::Stamp);

/// A range that has begun.
struct Begun {
    text: Arc<str>,
    start: u64,
}

thread_local! {
    /// Ranges of `aclprofPush`, innermost last.
    static PUSHED: RefCell<Vec<Begun>> = const { RefCell::new(Vec::new()) };
    /// Ranges of `aclprofRangePushEx`, innermost last.
    static NESTED: RefCell<Vec<Begun>> = const { RefCell::new(Vec::new()) };
}

/// Ranges of `aclprofRangeStart`, by number.
static RANGES: Mutex<(u32, BTreeMap<u32, Begun>)> = Mutex::new((0, BTreeMap::new()));

fn stamp(raw: *mut c_void) -> Result<Ref<'static, Mutex<Arc<str>>>> {
    if raw.is_null() {
        return Err(ArgError::Null { argument: "stamp" }.into());
    }
    STAMPS.get(raw).map_err(|error| error.arg("stamp"))
}

fn message(raw: *mut c_void) -> Result<Arc<str>> {
    Ok(stamp(raw)?.lock().clone())
}

/// Makes a stamp: the name of marks and ranges in a timeline.
///
/// # Returns
/// - the stamp, to be destroyed by aclprofDestroyStamp
/// - null, with a message, when nothing records
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofCreateStamp() -> *mut c_void {
    entry::value("aclprofCreateStamp", || {
        recording()?;
        STAMPS.insert(Mutex::new("".into())).map_err(|error| error.arg("stamp"))
    })
    .unwrap_or(std::ptr::null_mut())
}

/// Destroys a stamp. Ranges that were begun with it go on. What is no live stamp is passed over, with a message.
///
/// # Parameters
/// - stamp: the stamp
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofDestroyStamp(stamp: *mut c_void) {
    entry::value("aclprofDestroyStamp", || {
        if stamp.is_null() {
            return Err(ArgError::Null { argument: "stamp" }.into());
        }
        STAMPS.remove(stamp).map(drop).map_err(|error| error.arg("stamp"))
    });
}

/// Names a stamp.
///
/// # Parameters
/// - stamp: the stamp
/// - msg, msgLen: the name, 1 to 128 bytes
///
/// # Returns
/// - 0 on success
/// - 100000 when stamp or msg is null, or msgLen is out of range
/// - 107017 when stamp is no live stamp
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `msg` and `msg_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofSetStampTraceMessage(
    stamp: *mut c_void,
    msg: *const c_char,
    msg_len: u32,
) -> aclError {
    entry::acl("aclprofSetStampTraceMessage", || {
        let stamp = self::stamp(stamp)?;
        // SAFETY: C2.
        let name = unsafe { name(msg, msg_len as usize) }?;
        *stamp.lock() = name;
        Ok(())
    })
}

/// # Safety
/// C2 holds for `msg` and `length`.
unsafe fn name(msg: *const c_char, length: usize) -> Result<Arc<str>> {
    if msg.is_null() {
        return Err(ArgError::Null { argument: "msg" }.into());
    }
    if length > MAX_MESSAGE {
        return Err(refused("msgLen", format!("1 to {MAX_MESSAGE} bytes of msg"), length));
    }
    // SAFETY: C2, from the caller.
    let bytes = unsafe { boundary::slice(msg.cast::<u8>(), length, "msg") }?;
    Ok(text(bytes, MAX_MESSAGE, "msg", "msgLen")?.as_ref().into())
}

/// Marks a moment on the calling thread.
///
/// # Parameters
/// - stamp: what it is called
///
/// # Returns
/// - 0 on success
/// - 100000 when stamp is null
/// - 100043 when nothing records
/// - 107017 when stamp is no live stamp
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofMark(stamp: *mut c_void) -> aclError {
    entry::acl("aclprofMark", || {
        let text = message(stamp)?;
        recording()?;
        trace::mark(&text);
        Ok(())
    })
}

/// Marks a moment on the calling thread, and one on a stream when it comes to this point.
///
/// # Parameters
/// - msg, msgLen: what it is called, 1 to 128 bytes
/// - stream: null is the default stream of the current context
///
/// # Returns
/// - 0 on success
/// - 100000 when msg is null or msgLen is out of range
/// - 100043 when nothing records
/// - 107002 when the thread has no current context, 107003 when the stream belongs to another
/// - 107017 when stream is no live stream
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `msg` and `msg_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofMarkEx(msg: *const c_char, msg_len: usize, stream: aclrtStream) -> aclError {
    entry::acl("aclprofMarkEx", || {
        // SAFETY: C2.
        let name = unsafe { name(msg, msg_len) }?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        recording()?;
        trace::mark(&name);
        stream.submit("aclprofMarkEx", move |task| {
            trace::stream_mark(task.stream_tag(), &name);
            Ok(())
        })?;
        Ok(())
    })
}

/// Begins a range on the calling thread, inside those that it has begun before.
///
/// # Parameters
/// - stamp: what it is called
///
/// # Returns
/// - 0 on success
/// - 100000 when stamp is null
/// - 100043 when nothing records
/// - 107017 when stamp is no live stamp
///
/// # Thread safety
/// May be called from any thread; ranges of threads are apart.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofPush(stamp: *mut c_void) -> aclError {
    entry::acl("aclprofPush", || {
        let text = message(stamp)?;
        recording()?;
        PUSHED.with_borrow_mut(|ranges| {
            ranges.push(Begun { text, start: npu_device::monotonic_nanoseconds() })
        });
        Ok(())
    })
}

/// Ends the innermost range of aclprofPush on the calling thread.
///
/// # Returns
/// - 0 on success
/// - 100000 when the thread has begun none
/// - 100043 when nothing records
///
/// # Thread safety
/// May be called from any thread; ranges of threads are apart.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofPop() -> aclError {
    entry::acl("aclprofPop", || pop(PUSHED.with_borrow_mut(Vec::pop), "aclprofPush"))
}

fn pop(begun: Option<Begun>, by: &str) -> Result {
    recording()?;
    let Some(Begun { text, start }) = begun else {
        return Err(refused("none", format!("a range of {by} on this thread"), "none"));
    };
    trace::range(start, &text);
    Ok(())
}

/// Begins a range that any thread may end.
///
/// # Parameters
/// - stamp: what it is called
/// - rangeId: receives the number for aclprofRangeStop
///
/// # Returns
/// - 0 on success
/// - 100000 when stamp or rangeId is null
/// - 100043 when nothing records
/// - 107017 when stamp is no live stamp
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `range_id`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofRangeStart(stamp: *mut c_void, range_id: *mut u32) -> aclError {
    entry::acl("aclprofRangeStart", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(range_id, "rangeId") }?;
        let text = message(stamp)?;
        recording()?;
        let mut ranges = RANGES.lock();
        ranges.0 = ranges.0.wrapping_add(1);
        let id = ranges.0;
        ranges.1.insert(id, Begun { text, start: npu_device::monotonic_nanoseconds() });
        out.write(id);
        Ok(())
    })
}

/// Ends a range of aclprofRangeStart.
///
/// # Parameters
/// - rangeId: its number
///
/// # Returns
/// - 0 on success
/// - 100000 when no such range has begun, or it has ended
/// - 100043 when nothing records
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofRangeStop(range_id: u32) -> aclError {
    entry::acl("aclprofRangeStop", || {
        let Some(Begun { text, start }) = RANGES.lock().1.remove(&range_id) else {
            return Err(refused("rangeId", "the number of a range that has begun", range_id));
        };
        recording()?;
        trace::span(range_id.into(), start, &text);
        Ok(())
    })
}

/// A number that stands for a text: the same for the same text, and the one of MsprofGetHashId.
///
/// # Parameters
/// - message: the text
///
/// # Returns
/// - the number
/// - the largest number, with a message, when message is null or empty
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `message`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofStr2Id(message: *const c_char) -> u64 {
    entry::value("aclprofStr2Id", || {
        // SAFETY: C3.
        let text = unsafe { boundary::c_str(message, "message") }?.to_bytes();
        report::number(text, "message")
    })
    .unwrap_or(report::NO_HASH)
}

/// Begins a range of an operator that the program runs itself, on the calling thread, inside those begun before.
///
/// # Parameters
/// - attr: version 1, the structure's size, and as the message the operator's name and type (numbers of aclprofStr2Id)
///   with its tensors
///
/// # Returns
/// - 0 on success
/// - 100000 when attr or its message is null, or a member is not as documented
/// - 100043 when nothing records
///
/// # Thread safety
/// May be called from any thread; ranges of threads are apart.
///
/// # Safety
/// C1 holds for `attr` and its message, C2 for the message's tensors.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofRangePushEx(attr: *mut aclprofEventAttributes) -> aclError {
    entry::acl("aclprofRangePushEx", || {
        // SAFETY: C1.
        let attr = unsafe { boundary::required(attr.cast_const(), "attr") }?;
        if i32::from(attr.version) != ACL_PROF_EVENT_ATTR_VERSION
            || usize::from(attr.size) < size_of::<aclprofEventAttributes>()
        {
            let expected = format!("version 1 with {} bytes", size_of::<aclprofEventAttributes>());
            return Err(refused(
                "attr",
                expected,
                format!("version {} with {} bytes", attr.version, attr.size),
            ));
        }
        if attr.messageType != ACL_PROF_MESSAGE_TYPE_TENSOR_INFO {
            return Err(refused("attr", "messageType ACL_PROF_MESSAGE_TYPE_TENSOR_INFO", attr.messageType));
        }
        let info = std::ptr::with_exposed_provenance::<aclprofTensorInfo>(attr.message as usize);
        // SAFETY: C1, also for the message.
        let info = unsafe { boundary::required(info, "attr->message") }?;
        if info.tensorNum > MAX_TENSORS {
            return Err(refused("attr->message", format!("at most {MAX_TENSORS} tensors"), info.tensorNum));
        }
        let count = info.tensorNum as usize;
        // SAFETY: C2, also for the tensors of the message.
        let tensors = unsafe { boundary::slice(info.tensors.cast_const(), count, "attr->message->tensors") }?;
        let text = describe(info, tensors)?;
        recording()?;
        NESTED.with_borrow_mut(|ranges| {
            ranges.push(Begun { text, start: npu_device::monotonic_nanoseconds() })
        });
        Ok(())
    })
}

/// `name (type): [2,3] [3]`
fn describe(info: &aclprofTensorInfo, tensors: &[aclprofTensor]) -> Result<Arc<str>> {
    let name = |id: u64| report::name_of(id).unwrap_or_else(|| format!("{id:#x}").into());
    let mut text = format!("{} ({})", name(info.opNameId), name(info.opTypeId));
    for (number, tensor) in tensors.iter().enumerate() {
        let rank = tensor.shapeDim as usize;
        if rank > ACL_PROF_TENSOR_DATA_SHAPE_LEN as usize {
            return Err(refused("attr->message->tensors", "at most 8 dimensions", rank));
        }
        text.push_str(if number == 0 { ": " } else { " " });
        // Writing to a string cannot fail.
        let _ = write!(text, "{:?}", &tensor.shape[..rank]);
    }
    Ok(text.into())
}

/// Ends the innermost range of aclprofRangePushEx on the calling thread.
///
/// # Returns
/// - 0 on success
/// - 100000 when the thread has begun none
/// - 100043 when nothing records
///
/// # Thread safety
/// May be called from any thread; ranges of threads are apart.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofRangePop() -> aclError {
    entry::acl("aclprofRangePop", || pop(NESTED.with_borrow_mut(Vec::pop), "aclprofRangePushEx"))
}
