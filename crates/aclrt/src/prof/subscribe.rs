//! Subscriptions: operators as they run, through a pipe.
//!
//! The device loads no offline models, so the operators of the process stand for the model that is subscribed to.

use super::{refused, session};
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_AICORE_MEMORY_ACCESS, ACL_AICORE_NONE, ACL_ERROR_INVALID_MODEL_ID,
        ACL_ERROR_PROF_REPEAT_SUBSCRIBE, ACL_ERROR_PROFILING_FAILURE, ACL_PROF_MAX_OP_NAME_LEN,
        ACL_PROF_MAX_OP_TYPE_LEN, ACL_SUBSCRIBE_ATTRI_THREADID, ACL_SUBSCRIBE_NONE, ACL_SUBSCRIBE_OP,
        aclError, aclprofAicoreMetrics, aclprofSubscribeConfig, aclprofSubscribeOpAttri,
        aclprofSubscribeOpFlag,
    },
    boundary, entry,
    handle::{HandleTable, Kind},
};
use npu_device::trace::{self, Event, Sink, SinkId, ThreadTag};
use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    ffi::{c_char, c_int, c_void},
    fs::File,
    io::{self, Write},
    os::fd::{AsRawFd, BorrowedFd},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, SyncSender},
    },
    thread::JoinHandle,
};

const NAME: usize = ACL_PROF_MAX_OP_NAME_LEN as usize;
const TYPE: usize = ACL_PROF_MAX_OP_TYPE_LEN as usize;
/// Operators that wait for the reader of a pipe; what comes then is dropped.
const WAITING: usize = 4096;
/// How long a full pipe is waited for before looking whether the subscription has ended, in milliseconds.
const PATIENCE: c_int = 50;

/// An operator as it comes through the pipe.
#[repr(C)]
#[derive(Clone, Copy)]
struct OpInfo {
    magic: u64,
    model: u64,
    start: u64,
    end: u64,
    name_len: u32,
    type_len: u32,
    /// The thread, in digits.
    thread: [u8; 16],
    name: [u8; NAME + 7],
    op_type: [u8; TYPE + 7],
}

const MAGIC: u64 = u64::from_le_bytes(*b"aclsimop");
const BYTES: usize = size_of::<OpInfo>();

/// Copies a text with its end; what does not fit is cut off.
fn put(place: &mut [u8], text: &str) -> u32 {
    let text = &text[..text.floor_char_boundary(place.len() - 1)];
    place[..text.len()].copy_from_slice(text.as_bytes());
    text.len() as u32
}

impl OpInfo {
    fn to_bytes(self) -> [u8; BYTES] {
        // SAFETY: the structure has no padding and every byte of it is initialised.
        unsafe { std::mem::transmute(self) }
    }
}

/// What is asked of a subscription.
#[derive(Debug)]
struct Config {
    pipe: File,
}

static CONFIGS: HandleTable<Config> = HandleTable::new(Kind::ProfSubscribeConfig);

struct Subscription {
    sink: SinkId,
    ended: Arc<AtomicBool>,
    writer: JoinHandle<()>,
}

static SUBSCRIPTIONS: Mutex<BTreeMap<u32, Subscription>> = Mutex::new(BTreeMap::new());

/// Hands operators to the thread that writes them.
struct Operators {
    model: u32,
    to: SyncSender<OpInfo>,
}

impl Sink for Operators {
    fn event(&mut self, thread: &ThreadTag, event: &Event) {
        let Event::Task { details: Some(details), number, start, end, .. } = *event else { return };
        let mut info = OpInfo {
            magic: MAGIC,
            model: self.model.into(),
            start,
            end,
            name_len: 0,
            type_len: 0,
            thread: [0; 16],
            name: [0; NAME + 7],
            op_type: [0; TYPE + 7],
        };
        put(&mut info.thread, &thread.id.to_string());
        info.name_len = put(&mut info.name[..NAME], &format!("{}_{number}", details.name()));
        info.type_len = put(&mut info.op_type[..TYPE], details.name());
        // A reader that does not come must not stop the device.
        let _ = self.to.try_send(info);
    }

    fn finish(&mut self, _: u64) -> io::Result<()> {
        Ok(())
    }
}

/// The life of the thread that writes to a pipe.
fn write(mut pipe: File, from: &Receiver<OpInfo>, ended: &AtomicBool) {
    while let Ok(info) = from.recv() {
        loop {
            let mut poll = libc::pollfd { fd: pipe.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
            // SAFETY: one structure, as the count says.
            let ready = unsafe { libc::poll(&raw mut poll, 1, PATIENCE) };
            if ready > 0 {
                break;
            }
            if ended.load(Ordering::Relaxed) {
                return;
            }
        }
        // The reader has gone.
        if pipe.write_all(&info.to_bytes()).is_err() {
            return;
        }
    }
}

/// Makes a configuration for aclprofModelSubscribe.
///
/// # Parameters
/// - timeInfoSwitch: not 0; without times there is nothing to subscribe to
/// - aicoreMetrics: ACL_AICORE_* of the counters, which a simulated device does not have
/// - fd: the address of the descriptor (an int) of a pipe's writing end. The library keeps a duplicate.
///
/// # Returns
/// - the configuration, to be destroyed by aclprofDestroySubscribeConfig
/// - null, with a message, when an argument is not as described
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `fd` as the address of an int.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofCreateSubscribeConfig(
    time_info_switch: i8,
    aicore_metrics: aclprofAicoreMetrics,
    fd: *mut c_void,
) -> *mut aclprofSubscribeConfig {
    entry::value("aclprofCreateSubscribeConfig", || {
        // SAFETY: C1.
        let number = *unsafe { boundary::required(fd.cast_const().cast::<c_int>(), "fd") }?;
        if time_info_switch == 0 {
            return Err(refused("timeInfoSwitch", "other than 0", 0));
        }
        if aicore_metrics > ACL_AICORE_MEMORY_ACCESS && aicore_metrics != ACL_AICORE_NONE {
            return Err(refused("aicoreMetrics", "an aclprofAicoreMetrics", aicore_metrics));
        }
        if number < 0 {
            return Err(refused("fd", "an open descriptor", number));
        }
        // SAFETY: borrowed only for the duplication, which fails where it is not open.
        let pipe = unsafe { BorrowedFd::borrow_raw(number) }.try_clone_to_owned();
        let pipe = pipe.map_err(|error| refused("fd", "an open descriptor", format!("{number}: {error}")))?;
        CONFIGS.insert(Config { pipe: pipe.into() }).map_err(|error| error.arg("fd"))
    })
    .map_or(std::ptr::null_mut(), |handle: *mut c_void| handle.cast())
}

/// Destroys a configuration. Subscriptions made with it go on.
///
/// # Parameters
/// - profSubscribeConfig: the configuration
///
/// # Returns
/// - 0 on success
/// - 100000 when profSubscribeConfig is null
/// - 107017 when it is no live configuration
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofDestroySubscribeConfig(
    prof_subscribe_config: *const aclprofSubscribeConfig,
) -> aclError {
    entry::acl("aclprofDestroySubscribeConfig", || {
        if prof_subscribe_config.is_null() {
            return Err(ArgError::Null { argument: "profSubscribeConfig" }.into());
        }
        CONFIGS
            .remove(prof_subscribe_config.cast())
            .map(drop)
            .map_err(|error| error.arg("profSubscribeConfig"))
    })
}

/// Has every operator that the process runs from now on written to the configuration's pipe, as one of the model.
/// aclsim loads no offline models, so any number may be given. Operators that come while the pipe is full for long are
/// dropped.
///
/// # Parameters
/// - modelId: a number that is not subscribed to
/// - profSubscribeConfig: where to write
///
/// # Returns
/// - 0 on success
/// - 100000 when profSubscribeConfig is null
/// - 107017 when it is no live configuration
/// - 148046 when the number is subscribed to
/// - 148047 after aclprofInit
/// - 500005 when the system refuses to start a thread
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofModelSubscribe(
    model_id: u32,
    prof_subscribe_config: *const aclprofSubscribeConfig,
) -> aclError {
    entry::acl("aclprofModelSubscribe", || {
        if prof_subscribe_config.is_null() {
            return Err(ArgError::Null { argument: "profSubscribeConfig" }.into());
        }
        let config =
            CONFIGS.get(prof_subscribe_config.cast()).map_err(|error| error.arg("profSubscribeConfig"))?;
        let mut subscriptions = SUBSCRIPTIONS.lock();
        if subscriptions.contains_key(&model_id) {
            let what = format!("argument modelId: expected one that is not subscribed to, got {model_id}");
            return Err(Error::Code { code: ACL_ERROR_PROF_REPEAT_SUBSCRIBE, what });
        }
        session::subscribe()?;
        let begun = begin(model_id, &config.pipe).map_err(|error| {
            session::unsubscribe();
            Error::Code { code: ACL_ERROR_PROFILING_FAILURE, what: format!("cannot subscribe: {error}") }
        })?;
        subscriptions.insert(model_id, begun);
        Ok(())
    })
}

fn begin(model: u32, pipe: &File) -> io::Result<Subscription> {
    let (to, from) = mpsc::sync_channel(WAITING);
    let ended = Arc::new(AtomicBool::new(false));
    let (pipe, seen) = (pipe.try_clone()?, ended.clone());
    let writer = npu_device::spawn("aclsim-subscribe", move || write(pipe, &from, &seen))?;
    let sink = trace::add(Box::new(Operators { model, to }))?;
    Ok(Subscription { sink, ended, writer })
}

/// Ends a subscription. What ran before is in the pipe when the call returns, unless the pipe is full.
///
/// # Parameters
/// - modelId: the number
///
/// # Returns
/// - 0 on success
/// - 100011 when it is not subscribed to
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofModelUnSubscribe(model_id: u32) -> aclError {
    entry::acl("aclprofModelUnSubscribe", || {
        let Some(subscription) = SUBSCRIPTIONS.lock().remove(&model_id) else {
            let what = format!("argument modelId: expected one that is subscribed to, got {model_id}");
            return Err(Error::Code { code: ACL_ERROR_INVALID_MODEL_ID, what });
        };
        let ended = trace::remove(subscription.sink);
        subscription.ended.store(true, Ordering::Relaxed);
        // The sink was the only sender.
        let _ = subscription.writer.join();
        session::unsubscribe();
        ended.map_err(|error| Error::Code { code: ACL_ERROR_PROFILING_FAILURE, what: error.to_string() })
    })
}

/// The operators in what was read from a pipe.
///
/// # Safety
/// C2 holds for `op_info` and `len`.
unsafe fn operators<'a>(op_info: *const c_void, len: usize) -> Result<&'a [u8]> {
    if op_info.is_null() {
        return Err(ArgError::Null { argument: "opInfo" }.into());
    }
    if len == 0 || !len.is_multiple_of(BYTES) {
        return Err(refused("opInfoLen", format!("a multiple of {BYTES}, and not 0"), len));
    }
    // SAFETY: C2, from the caller.
    unsafe { boundary::slice(op_info.cast::<u8>(), len, "opInfo") }
}

/// One of them, and its bytes.
///
/// # Safety
/// C2 holds for `op_info` and `len`.
unsafe fn operator<'a>(op_info: *const c_void, len: usize, index: u32) -> Result<(OpInfo, &'a [u8])> {
    // SAFETY: C2, from the caller.
    let all = unsafe { operators(op_info, len) }?;
    let count = all.len() / BYTES;
    let Some(bytes) = all.chunks_exact(BYTES).nth(index as usize) else {
        return Err(refused("index", format!("less than {count}"), index));
    };
    // SAFETY: as many initialised bytes as the structure has, any of which is valid; it may lie at any address.
    let info = unsafe { bytes.as_ptr().cast::<OpInfo>().read_unaligned() };
    let sound = info.magic == MAGIC && (info.name_len as usize) < NAME && (info.type_len as usize) < TYPE;
    if !sound {
        return Err(refused("opInfo", "bytes that came through a subscription's pipe", "others"));
    }
    Ok((info, bytes))
}

/// How many bytes an operator takes in the pipe.
///
/// # Parameters
/// - opDescSize: receives the number
///
/// # Returns
/// - 0 on success
/// - 100000 when opDescSize is null
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `op_desc_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofGetOpDescSize(op_desc_size: *mut usize) -> aclError {
    entry::acl("aclprofGetOpDescSize", || {
        // SAFETY: C1.
        unsafe { boundary::out(op_desc_size, "opDescSize") }?.write(BYTES);
        Ok(())
    })
}

/// How many operators are in what was read from a pipe.
///
/// # Parameters
/// - opInfo, opInfoLen: what was read
/// - opNumber: receives the number
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, or opInfoLen is no multiple of the size of an operator
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `op_info` and `op_info_len`, C1 for `op_number`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofGetOpNum(
    op_info: *const c_void,
    op_info_len: usize,
    op_number: *mut u32,
) -> aclError {
    entry::acl("aclprofGetOpNum", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(op_number, "opNumber") }?;
        // SAFETY: C2.
        let all = unsafe { operators(op_info, op_info_len) }?;
        out.write((all.len() / BYTES) as u32);
        Ok(())
    })
}

/// The bytes that the type of an operator needs, with its end.
///
/// # Parameters
/// - opInfo, opInfoLen: what was read from a pipe
/// - index: which operator, from 0
/// - opTypeLen: receives the number
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, or opInfo, opInfoLen and index name no operator
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `op_info` and `op_info_len`, C1 for the output.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofGetOpTypeLen(
    op_info: *const c_void,
    op_info_len: usize,
    index: u32,
    op_type_len: *mut usize,
) -> aclError {
    entry::acl("aclprofGetOpTypeLen", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(op_type_len, "opTypeLen") }?;
        // SAFETY: C2.
        let (info, _) = unsafe { operator(op_info, op_info_len, index) }?;
        out.write(info.type_len as usize + 1);
        Ok(())
    })
}

/// The type of an operator, as a string.
///
/// # Parameters
/// - opInfo, opInfoLen: what was read from a pipe
/// - index: which operator, from 0
/// - opType, opTypeLen: receives the string with its end, and the room there is
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, opInfo, opInfoLen and index name no operator, or there is too little room
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `op_info` and `op_info_len`, and for the output.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofGetOpType(
    op_info: *const c_void,
    op_info_len: usize,
    index: u32,
    op_type: *mut c_char,
    op_type_len: usize,
) -> aclError {
    entry::acl("aclprofGetOpType", || {
        // SAFETY: C2.
        let out = unsafe { boundary::out_slice(op_type.cast::<u8>(), op_type_len, "opType") }?;
        // SAFETY: C2.
        let (info, _) = unsafe { operator(op_info, op_info_len, index) }?;
        let text = &info.op_type[..=info.type_len as usize];
        if out.len() < text.len() {
            return Err(refused("opTypeLen", format!("at least {}", text.len()), out.len()));
        }
        for (place, byte) in out.iter_mut().zip(text) {
            place.write(*byte);
        }
        Ok(())
    })
}

/// The bytes that the name of an operator needs, with its end.
///
/// # Parameters
/// - opInfo, opInfoLen: what was read from a pipe
/// - index: which operator, from 0
/// - opNameLen: receives the number
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, or opInfo, opInfoLen and index name no operator
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `op_info` and `op_info_len`, C1 for the output.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofGetOpNameLen(
    op_info: *const c_void,
    op_info_len: usize,
    index: u32,
    op_name_len: *mut usize,
) -> aclError {
    entry::acl("aclprofGetOpNameLen", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(op_name_len, "opNameLen") }?;
        // SAFETY: C2.
        let (info, _) = unsafe { operator(op_info, op_info_len, index) }?;
        out.write(info.name_len as usize + 1);
        Ok(())
    })
}

/// The name of an operator, as a string.
///
/// # Parameters
/// - opInfo, opInfoLen: what was read from a pipe
/// - index: which operator, from 0
/// - opName, opNameLen: receives the string with its end, and the room there is
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, opInfo, opInfoLen and index name no operator, or there is too little room
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `op_info` and `op_info_len`, and for the output.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofGetOpName(
    op_info: *const c_void,
    op_info_len: usize,
    index: u32,
    op_name: *mut c_char,
    op_name_len: usize,
) -> aclError {
    entry::acl("aclprofGetOpName", || {
        // SAFETY: C2.
        let out = unsafe { boundary::out_slice(op_name.cast::<u8>(), op_name_len, "opName") }?;
        // SAFETY: C2.
        let (info, _) = unsafe { operator(op_info, op_info_len, index) }?;
        let text = &info.name[..=info.name_len as usize];
        if out.len() < text.len() {
            return Err(refused("opNameLen", format!("at least {}", text.len()), out.len()));
        }
        for (place, byte) in out.iter_mut().zip(text) {
            place.write(*byte);
        }
        Ok(())
    })
}

/// When an operator began, in nanoseconds since the machine started.
///
/// # Parameters
/// - opInfo, opInfoLen: what was read from a pipe
/// - index: which operator, from 0
///
/// # Returns
/// - the time; 0, with a message, when opInfo, opInfoLen and index name no operator
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `op_info` and `op_info_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofGetOpStart(op_info: *const c_void, op_info_len: usize, index: u32) -> u64 {
    entry::value("aclprofGetOpStart", || {
        // SAFETY: C2.
        let (info, _) = unsafe { operator(op_info, op_info_len, index) }?;
        Ok(info.start)
    })
    .unwrap_or(0)
}

/// When an operator was over, in nanoseconds since the machine started.
///
/// # Parameters
/// - opInfo, opInfoLen: what was read from a pipe
/// - index: which operator, from 0
///
/// # Returns
/// - the time; 0, with a message, when opInfo, opInfoLen and index name no operator
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `op_info` and `op_info_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofGetOpEnd(op_info: *const c_void, op_info_len: usize, index: u32) -> u64 {
    entry::value("aclprofGetOpEnd", || {
        // SAFETY: C2.
        let (info, _) = unsafe { operator(op_info, op_info_len, index) }?;
        Ok(info.end)
    })
    .unwrap_or(0)
}

/// How long an operator took, in nanoseconds.
///
/// # Parameters
/// - opInfo, opInfoLen: what was read from a pipe
/// - index: which operator, from 0
///
/// # Returns
/// - the time; 0, with a message, when opInfo, opInfoLen and index name no operator
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `op_info` and `op_info_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofGetOpDuration(op_info: *const c_void, op_info_len: usize, index: u32) -> u64 {
    entry::value("aclprofGetOpDuration", || {
        // SAFETY: C2.
        let (info, _) = unsafe { operator(op_info, op_info_len, index) }?;
        Ok(info.end.saturating_sub(info.start))
    })
    .unwrap_or(0)
}

/// The model of an operator.
///
/// # Parameters
/// - opInfo, opInfoLen: what was read from a pipe
/// - index: which operator, from 0
///
/// # Returns
/// - the number that was subscribed to; 0, with a message, when opInfo, opInfoLen and index name no operator
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `op_info` and `op_info_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofGetModelId(op_info: *const c_void, op_info_len: usize, index: u32) -> usize {
    entry::value("aclprofGetModelId", || {
        // SAFETY: C2.
        let (info, _) = unsafe { operator(op_info, op_info_len, index) }?;
        Ok(info.model as usize)
    })
    .unwrap_or(0)
}

/// What an entry is: always an operator.
///
/// # Parameters
/// - opInfo, opInfoLen: what was read from a pipe
/// - index: which operator, from 0
///
/// # Returns
/// - ACL_SUBSCRIBE_OP
/// - ACL_SUBSCRIBE_NONE, with a message, when opInfo, opInfoLen and index name no operator
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `op_info` and `op_info_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofGetOpFlag(
    op_info: *const c_void,
    op_info_len: usize,
    index: u32,
) -> aclprofSubscribeOpFlag {
    entry::value("aclprofGetOpFlag", || {
        // SAFETY: C2.
        unsafe { operator(op_info, op_info_len, index) }?;
        Ok(ACL_SUBSCRIBE_OP)
    })
    .unwrap_or(ACL_SUBSCRIBE_NONE)
}

/// An attribute of an operator, as a string inside what was read.
///
/// # Parameters
/// - opInfo, opInfoLen: what was read from a pipe
/// - index: which operator, from 0
/// - attri: ACL_SUBSCRIBE_ATTRI_THREADID, the thread that ran it
///
/// # Returns
/// - the string; it lives as long as what was read
/// - null, with a message, when opInfo, opInfoLen and index name no operator, or attri is another
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `op_info` and `op_info_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofGetOpAttriValue(
    op_info: *const c_void,
    op_info_len: usize,
    index: u32,
    attri: aclprofSubscribeOpAttri,
) -> *const c_char {
    entry::value("aclprofGetOpAttriValue", || {
        if attri != ACL_SUBSCRIBE_ATTRI_THREADID {
            return Err(refused("attri", "ACL_SUBSCRIBE_ATTRI_THREADID", attri));
        }
        // SAFETY: C2.
        let (info, bytes) = unsafe { operator(op_info, op_info_len, index) }?;
        if !info.thread.contains(&0) {
            return Err(refused("opInfo", "bytes that came through a subscription's pipe", "others"));
        }
        Ok(bytes[std::mem::offset_of!(OpInfo, thread)..].as_ptr().cast())
    })
    .unwrap_or(std::ptr::null())
}
