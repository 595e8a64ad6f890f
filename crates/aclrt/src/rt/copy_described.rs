//! Copies whose addresses lie in memory themselves: behind pointers, or in a descriptor.

use super::{
    memory_copy::{Copy, check_count, check_kind, range},
    memory_place::{Span, device_memory},
    not_null, param,
};
use capi::{
    Error, Result,
    abi::{aclError, aclrtMemcpyKind, aclrtStream},
    boundary, code, entry, runtime,
};
use npu_device::{
    FaultKind, TaskContext, TaskFault,
    memory::{self, passes},
};
use std::ffi::c_void;

/// Queues a copy on a stream, as aclrtMemcpyAsync does: asynchronous where host memory is pinned, otherwise the stream is
/// drained first and the copy is over when the call returns.
///
/// # Parameters
/// - dst, destMax: target, and the bytes that fit there
/// - src, count: source, and the bytes to copy; 0 succeeds whatever the other arguments are
/// - kind: the direction; the addresses decide where memory really is
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success
/// - 100000 when `dst` or `src` is null, or `kind` is no copy kind
/// - 107000 when `count` exceeds `destMax`, or the copy reaches past an allocation or into freed memory
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when the stream is none, or was already destroyed
/// - 207000 when both sides are host memory
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for `dst` and `src` where they are host memory; device addresses are checked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemcpyAsyncWithCondition(
    dst: *mut c_void,
    dest_max: usize,
    src: *const c_void,
    count: usize,
    kind: aclrtMemcpyKind,
    stream: aclrtStream,
) -> aclError {
    const NAME: &str = "aclrtMemcpyAsyncWithCondition";
    entry::acl(NAME, || {
        if count == 0 {
            return Ok(());
        }
        check_kind(kind)?;
        let before = passes::moment();
        device_memory()?;
        match Copy::flat(dst, dest_max, src, count)? {
            Some(copy) => copy.on(NAME, before, stream),
            None => runtime::resolve_stream(stream, "stream").map(drop),
        }
    })
}

fn fault(error: &Error) -> TaskFault {
    TaskFault { kind: FaultKind::Memory, what: error.to_string() }
}

/// Copies between device addresses that are known only when the stream comes to it.
fn copy_late(dst: u64, src: u64, count: u64, context: &TaskContext) -> std::result::Result<(), TaskFault> {
    for (argument, address) in [("dst", dst), ("src", src)] {
        if !memory::is_device(address) {
            let what = format!("argument {argument}: expected device memory, got {address:#x}");
            return Err(TaskFault { kind: FaultKind::Memory, what });
        }
    }
    let pointer = |address: u64| std::ptr::with_exposed_provenance_mut::<c_void>(address as usize);
    let before = passes::moment();
    match Copy::flat(pointer(dst), count as usize, pointer(src).cast_const(), count as usize) {
        Ok(Some(copy)) => copy.run_checked(before, context),
        Ok(None) => Ok(()),
        Err(error) => Err(fault(&error)),
    }
}

/// An address that lies in device memory, or was read from host memory by the call.
#[derive(Clone, Copy)]
enum Indirect {
    At(Span),
    Read(u64),
}

impl Indirect {
    /// # Safety
    /// C2 holds for `place` where it is host memory.
    unsafe fn new(place: *const u64, argument: &'static str) -> Result<Indirect> {
        let span = Span::check(place, size_of::<u64>(), argument)?;
        if !place.addr().is_multiple_of(align_of::<u64>()) {
            return Err(param(argument, "an address aligned to 8 bytes", format!("{place:p}")));
        }
        if !span.is_host() {
            return Ok(Indirect::At(span));
        }
        // SAFETY: C2; aligned.
        Ok(Indirect::Read(unsafe { place.read() }))
    }

    fn get(&self, before: u64, argument: &'static str) -> std::result::Result<u64, TaskFault> {
        match self {
            Indirect::Read(address) => Ok(*address),
            Indirect::At(span) => {
                span.check_again(before, argument)?;
                // SAFETY: eight bytes that were checked to be live, aligned.
                Ok(unsafe { span.pointer().cast::<u64>().read() })
            }
        }
    }
}

/// Queues a copy between device addresses that lie in memory: from `*src + srcDataOffset` to `*dst + dstDataOffset`. Where
/// `dst` or `src` is device memory, the address is read when the stream comes to the copy.
///
/// # Parameters
/// - dst: where the target's address is, in device or host memory
/// - destMax: bytes that fit at `*dst`
/// - dstDataOffset: bytes from `*dst` to where the copy begins
/// - src: where the source's address is, in device or host memory
/// - count: bytes to copy; 0 succeeds whatever the other arguments are
/// - srcDataOffset: bytes from `*src` to where the copy begins
/// - kind: the direction, within devices
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success. When the addresses turn out to be no live device memory, the stream fails with 507053.
/// - 100000 when `dst` or `src` is null, or `kind` is no copy kind
/// - 107000 when the copy exceeds `destMax`, or `dst` or `src` is not aligned or not live
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when the stream is none, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for `dst` and `src` where they are host memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemcpyAsyncWithOffset(
    dst: *mut *mut c_void,
    dest_max: usize,
    dst_data_offset: usize,
    src: *mut *const c_void,
    count: usize,
    src_data_offset: usize,
    kind: aclrtMemcpyKind,
    stream: aclrtStream,
) -> aclError {
    const NAME: &str = "aclrtMemcpyAsyncWithOffset";
    entry::acl(NAME, || {
        if count == 0 {
            return Ok(());
        }
        not_null(dst, "dst")?;
        not_null(src, "src")?;
        check_kind(kind)?;
        check_count(dst_data_offset.saturating_add(count), dest_max, "dstDataOffset + count", "destMax")?;
        let before = passes::moment();
        device_memory()?;
        // SAFETY: C2.
        let to = unsafe { Indirect::new(dst.cast(), "dst") }?;
        // SAFETY: C2.
        let from = unsafe { Indirect::new(src.cast(), "src") }?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        Ok(stream.submit(NAME, move |context| {
            let to = to.get(before, "dst")?.wrapping_add(dst_data_offset as u64);
            let from = from.get(before, "src")?.wrapping_add(src_data_offset as u64);
            copy_late(to, from, count as u64, context)
        })?)
    })
}

/// What a descriptor of a copy holds, in device memory.
#[repr(C)]
#[derive(Clone, Copy)]
struct Descriptor {
    magic: u64,
    src: u64,
    dst: u64,
    count: u64,
    reserve: [u64; 4],
}

const MAGIC: u64 = 0x6163_6c73_696d_6370;
const DESCRIPTOR: usize = size_of::<Descriptor>();

fn check_described(kind: aclrtMemcpyKind) -> Result {
    use capi::abi::{ACL_MEMCPY_DEVICE_TO_DEVICE, ACL_MEMCPY_INNER_DEVICE_TO_DEVICE};
    check_kind(kind)?;
    match kind {
        ACL_MEMCPY_DEVICE_TO_DEVICE | ACL_MEMCPY_INNER_DEVICE_TO_DEVICE => Ok(()),
        other => Err(Error::Unsupported { what: format!("a descriptor of a copy of kind {other}") }),
    }
}

fn descriptor(desc: *mut c_void) -> Result<Span> {
    not_null(desc, "desc")?;
    device_memory()?;
    let span = Span::check_output(desc, DESCRIPTOR, "desc")?;
    if span.is_host() || !desc.addr().is_multiple_of(align_of::<Descriptor>()) {
        return Err(param("desc", "device memory aligned to 8 bytes", format!("{desc:p}")));
    }
    Ok(span)
}

/// Bytes of device memory that a descriptor of a copy takes.
///
/// # Parameters
/// - kind: ACL_MEMCPY_DEVICE_TO_DEVICE or ACL_MEMCPY_INNER_DEVICE_TO_DEVICE
/// - descSize: receives the size
///
/// # Returns
/// - 0 on success
/// - 100000 when `descSize` is null or `kind` is no copy kind
/// - 207000 for other kinds
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `desc_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetMemcpyDescSize(kind: aclrtMemcpyKind, desc_size: *mut usize) -> aclError {
    entry::acl("aclrtGetMemcpyDescSize", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(desc_size, "descSize") }?;
        check_described(kind)?;
        out.write(DESCRIPTOR);
        Ok(())
    })
}

/// Writes a descriptor of a copy into device memory. The addresses are checked when the copy is made.
///
/// # Parameters
/// - desc: device memory of as many bytes as aclrtGetMemcpyDescSize says
/// - kind: as for aclrtGetMemcpyDescSize
/// - srcAddr, dstAddr: device addresses
/// - count: bytes to copy, above 0
/// - config: null, kept for later
///
/// # Returns
/// - 0 on success
/// - 100000 when `desc`, `srcAddr` or `dstAddr` is null, `kind` is no copy kind, or `count` is 0
/// - 107000 when `desc` is not live device memory of that size, or `config` is not null
/// - 107002 when the thread has no current context
/// - 207000 for other kinds
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetMemcpyDesc(
    desc: *mut c_void,
    kind: aclrtMemcpyKind,
    src_addr: *mut c_void,
    dst_addr: *mut c_void,
    count: usize,
    config: *mut c_void,
) -> aclError {
    entry::acl("aclrtSetMemcpyDesc", || {
        not_null(desc, "desc")?;
        not_null(src_addr, "srcAddr")?;
        not_null(dst_addr, "dstAddr")?;
        check_described(kind)?;
        if count == 0 {
            return Err(range("count", "a number above 0", 0));
        }
        if !config.is_null() {
            return Err(param("config", "null", format!("{config:p}")));
        }
        let span = descriptor(desc)?;
        let (src, dst) = (src_addr.expose_provenance() as u64, dst_addr.expose_provenance() as u64);
        let made = Descriptor { magic: MAGIC, src, dst, count: count as u64, reserve: [0; 4] };
        // SAFETY: the span was checked to be live, large enough and aligned.
        unsafe { span.pointer().cast::<Descriptor>().write(made) };
        Ok(())
    })
}

/// Queues the copy that a descriptor describes when the stream comes to it.
///
/// # Parameters
/// - desc: a descriptor written by aclrtSetMemcpyDesc
/// - kind: as for aclrtGetMemcpyDescSize
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success. When there is no descriptor by then, or its addresses are no live device memory, the stream fails with
///   507053.
/// - 100000 when `desc` is null or `kind` is no copy kind
/// - 107000 when `desc` is not live device memory
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when the stream is none, or was already destroyed
/// - 207000 for other kinds
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemcpyAsyncWithDesc(
    desc: *mut c_void,
    kind: aclrtMemcpyKind,
    stream: aclrtStream,
) -> aclError {
    const NAME: &str = "aclrtMemcpyAsyncWithDesc";
    entry::acl(NAME, || {
        not_null(desc, "desc")?;
        check_described(kind)?;
        let before = passes::moment();
        let span = descriptor(desc)?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        Ok(stream.submit(NAME, move |context| {
            span.check_again(before, "desc")?;
            // SAFETY: the span was checked to be live, large enough and aligned; any bytes are a descriptor.
            let found = unsafe { span.pointer().cast::<Descriptor>().read() };
            if found.magic != MAGIC {
                let what =
                    "argument desc: expected a descriptor of aclrtSetMemcpyDesc, got other bytes".to_owned();
                return Err(fault(&Error::Code { code: code::ACL_ERROR_RT_PARAM_INVALID, what }));
            }
            copy_late(found.dst, found.src, found.count, context)
        })?)
    })
}
