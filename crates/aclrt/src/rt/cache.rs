//! Maintenance of the device's caches. The simulated device is coherent: what such a call asks for is true once the
//! stream has come to it, so a checked task in the stream's order is all there is to do.

use super::{
    memory_copy::range,
    memory_place::{Span, device_memory},
    not_null, param,
};
use capi::{
    Result,
    abi::{ACL_RT_CMO_TYPE_FLUSH, aclError, aclrtBarrierTaskInfo, aclrtCmoType, aclrtStream},
    boundary, entry, runtime,
};
use npu_device::{Event, EventKind, EventOptions, memory::passes};
use parking_lot::Mutex;
use std::{collections::BTreeMap, ffi::c_void, sync::Arc};

/// Barriers in one wait.
const MOST_BARRIERS: usize = 6;

/// The last maintenance under each barrier, by device and number.
static BARRIERS: Mutex<BTreeMap<(u32, u32), Arc<Event>>> = Mutex::new(BTreeMap::new());

fn check_type(cmo: aclrtCmoType) -> Result {
    if cmo <= ACL_RT_CMO_TYPE_FLUSH {
        return Ok(());
    }
    Err(range("cmoType", format!("a type from 0 to {ACL_RT_CMO_TYPE_FLUSH}"), cmo))
}

fn device_range(pointer: *const c_void, size: usize, argument: &'static str) -> Result<Span> {
    not_null(pointer, argument)?;
    if size == 0 {
        return Err(range("size", "a number above 0", 0));
    }
    device_memory()?;
    let span = Span::check(pointer, size, argument)?;
    if span.is_host() {
        return Err(param(argument, "device memory", format!("host memory at {pointer:p}")));
    }
    Ok(span)
}

fn maintain(name: &'static str, src: *const c_void, size: usize, stream: aclrtStream) -> Result {
    let before = passes::moment();
    let span = device_range(src, size, "src")?;
    let stream = runtime::resolve_stream(stream, "stream")?;
    Ok(stream.submit_sized(name, 0, move |_| span.check_again(before, "src"))?)
}

/// Writes back what the host's caches hold of a range of device memory. The simulated device always sees it.
///
/// # Parameters
/// - devPtr, size: a range of device memory
///
/// # Returns
/// - 0 on success
/// - 100000 when `devPtr` is null or `size` is 0
/// - 107000 when the range is not live device memory
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemFlush(dev_ptr: *mut c_void, size: usize) -> aclError {
    entry::acl("aclrtMemFlush", || device_range(dev_ptr, size, "devPtr").map(drop))
}

/// Forgets what the host's caches hold of a range of device memory. The simulated device's caches are coherent.
///
/// # Parameters
/// - devPtr, size: a range of device memory
///
/// # Returns
/// As aclrtMemFlush.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemInvalidate(dev_ptr: *mut c_void, size: usize) -> aclError {
    entry::acl("aclrtMemInvalidate", || device_range(dev_ptr, size, "devPtr").map(drop))
}

/// Queues cache maintenance for a range of device memory.
///
/// # Parameters
/// - src, size: a range of device memory
/// - cmoType: ACL_RT_CMO_TYPE_PREFETCH, _WRITEBACK, _INVALID or _FLUSH
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success
/// - 100000 when `src` is null, `size` is 0 or `cmoType` is none
/// - 107000 when the range is not live device memory
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when the stream is none, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCmoAsync(
    src: *mut c_void,
    size: usize,
    cmo_type: aclrtCmoType,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtCmoAsync", || {
        not_null(src, "src")?;
        check_type(cmo_type)?;
        maintain("aclrtCmoAsync", src, size, stream)
    })
}

/// As aclrtCmoAsync, under a barrier that aclrtCmoWaitBarrier waits for.
///
/// # Parameters
/// As for aclrtCmoAsync, and
/// - barrierId: a number of the program's choice
///
/// # Returns
/// As aclrtCmoAsync.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCmoAsyncWithBarrier(
    src: *mut c_void,
    size: usize,
    cmo_type: aclrtCmoType,
    barrier_id: u32,
    stream: aclrtStream,
) -> aclError {
    const NAME: &str = "aclrtCmoAsyncWithBarrier";
    entry::acl(NAME, || {
        not_null(src, "src")?;
        check_type(cmo_type)?;
        maintain(NAME, src, size, stream)?;
        let device = runtime::current_device()?;
        let options =
            EventOptions { kind: EventKind::Ex, sync: true, timeline: false, flags: 0, shared: false };
        let event = Event::new(device, options)?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        event.record(NAME, &stream)?;
        BARRIERS.lock().insert((device.id(), barrier_id), event);
        Ok(())
    })
}

/// Makes a stream wait for cache maintenance under barriers; a barrier that nothing was queued under is passed.
///
/// # Parameters
/// - taskInfo: the barriers, up to six
/// - stream: a stream of the current context; null is its default stream
/// - flag: 0
///
/// # Returns
/// - 0 on success
/// - 100000 when `taskInfo` is null, or a type in it is none
/// - 107000 when there are no barriers or more than six, or `flag` is not 0
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when the stream is none, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `task_info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCmoWaitBarrier(
    task_info: *mut aclrtBarrierTaskInfo,
    stream: aclrtStream,
    flag: u32,
) -> aclError {
    const NAME: &str = "aclrtCmoWaitBarrier";
    entry::acl(NAME, || {
        // SAFETY: C2.
        let info = unsafe { boundary::required(task_info, "taskInfo") }?;
        if !(1..=MOST_BARRIERS).contains(&info.barrierNum) {
            return Err(param("taskInfo", "1 to 6 barriers", info.barrierNum));
        }
        if flag != 0 {
            return Err(param("flag", "0", flag));
        }
        let waits = &info.cmoInfo[..info.barrierNum];
        waits.iter().try_for_each(|wait| check_type(wait.cmoType))?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        for wait in waits {
            let event = BARRIERS.lock().get(&(stream.device_id(), wait.barrierId)).cloned();
            if let Some(event) = event {
                event.wait(NAME, &stream)?;
            }
        }
        Ok(())
    })
}

/// What a descriptor of cache maintenance holds, in device memory.
#[repr(C)]
#[derive(Clone, Copy)]
struct Descriptor {
    magic: u64,
    address: u64,
    size: u64,
    reserve: u64,
}

const MAGIC: u64 = 0x6163_6c73_696d_636d;

fn descriptor(desc: *mut c_void) -> Result<Span> {
    let span = device_range(desc, size_of::<Descriptor>(), "cmoDesc")?;
    if !desc.addr().is_multiple_of(align_of::<Descriptor>()) {
        return Err(param("cmoDesc", "an address aligned to 8 bytes", format!("{desc:p}")));
    }
    Ok(span)
}

/// Bytes of device memory that a descriptor of cache maintenance takes.
///
/// # Parameters
/// - size: receives the size
///
/// # Returns
/// - 0 on success
/// - 100000 when `size` is null
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCmoGetDescSize(size: *mut usize) -> aclError {
    entry::acl("aclrtCmoGetDescSize", || {
        // SAFETY: C1.
        unsafe { boundary::out(size, "size") }?.write(size_of::<Descriptor>());
        Ok(())
    })
}

/// Writes a descriptor of cache maintenance into device memory.
///
/// # Parameters
/// - cmoDesc: device memory of as many bytes as aclrtCmoGetDescSize says
/// - src, size: a range of device memory
///
/// # Returns
/// - 0 on success
/// - 100000 when `cmoDesc` or `src` is null, or `size` is 0
/// - 107000 when one of them is not live device memory
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCmoSetDesc(cmo_desc: *mut c_void, src: *mut c_void, size: usize) -> aclError {
    entry::acl("aclrtCmoSetDesc", || {
        not_null(cmo_desc, "cmoDesc")?;
        device_range(src, size, "src")?;
        let span = descriptor(cmo_desc)?;
        let made = Descriptor { magic: MAGIC, address: src.addr() as u64, size: size as u64, reserve: 0 };
        // SAFETY: the span was checked to be live, large enough and aligned.
        unsafe { span.pointer().cast::<Descriptor>().write(made) };
        Ok(())
    })
}

/// Queues the cache maintenance that a descriptor describes.
///
/// # Parameters
/// - cmoDesc: a descriptor written by aclrtCmoSetDesc
/// - cmoType: as for aclrtCmoAsync
/// - stream: a stream of the current context; null is its default stream
/// - reserve: null
///
/// # Returns
/// - 0 on success. When there is no descriptor by then, the stream fails with 507053.
/// - 100000 when `cmoDesc` is null or `cmoType` is none
/// - 107000 when `cmoDesc` is not live device memory, or `reserve` is not null
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when the stream is none, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCmoAsyncWithDesc(
    cmo_desc: *mut c_void,
    cmo_type: aclrtCmoType,
    stream: aclrtStream,
    reserve: *const c_void,
) -> aclError {
    const NAME: &str = "aclrtCmoAsyncWithDesc";
    entry::acl(NAME, || {
        not_null(cmo_desc, "cmoDesc")?;
        check_type(cmo_type)?;
        if !reserve.is_null() {
            return Err(param("reserve", "null", format!("{reserve:p}")));
        }
        let before = passes::moment();
        let span = descriptor(cmo_desc)?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        Ok(stream.submit_sized(NAME, size_of::<Descriptor>() as u64, move |_| {
            span.check_again(before, "cmoDesc")?;
            // SAFETY: the span was checked to be live, large enough and aligned; any bytes are a descriptor.
            let found = unsafe { span.pointer().cast::<Descriptor>().read() };
            if found.magic == MAGIC {
                return Ok(());
            }
            let what =
                "argument cmoDesc: expected a descriptor of aclrtCmoSetDesc, got other bytes".to_owned();
            Err(npu_device::TaskFault { kind: npu_device::FaultKind::Memory, what })
        })?)
    })
}
