//! Copies and fills.

use super::memory_place::{Span, device_memory};
use capi::{
    ArgError, Error, Result,
    abi::{ACL_MEMCPY_INTER_DEVICE_TO_DEVICE, aclError, aclrtMemcpyKind, aclrtStream},
    code, entry, runtime,
};
use npu_device::{
    TaskContext, TaskFault,
    memory::{copy, passes},
    trace::{self, Action, Direction},
};
use npu_types::{Parallel, Serial};
use std::ffi::c_void;

/// Limits of the asynchronous two-dimensional copy.
const MAX_ASYNC_WIDTH: usize = 5_000_000;
const MAX_ASYNC_HEIGHT: usize = 5_242_880;

fn not_null<T>(pointer: *const T, argument: &'static str) -> Result {
    if pointer.is_null() { Err(ArgError::Null { argument }.into()) } else { Ok(()) }
}

pub(super) fn range(argument: &'static str, expected: impl Into<String>, got: impl ToString) -> Error {
    ArgError::Range { argument, expected: expected.into(), got: got.to_string() }.into()
}

/// The kind is advice: the addresses say where memory is. Only values that are no kind at all are refused.
#[inline]
pub(super) fn check_kind(kind: aclrtMemcpyKind) -> Result {
    if kind <= ACL_MEMCPY_INTER_DEVICE_TO_DEVICE {
        return Ok(());
    }
    let expected = format!("a copy kind from 0 to {ACL_MEMCPY_INTER_DEVICE_TO_DEVICE}");
    Err(range("kind", expected, kind))
}

#[inline]
pub(super) fn check_count(count: usize, max: usize, argument: &'static str, limit: &'static str) -> Result {
    if count <= max {
        return Ok(());
    }
    let what = format!("argument {argument}: expected at most {limit} = {max} bytes, got {count}");
    Err(Error::Code { code: code::ACL_ERROR_RT_PARAM_INVALID, what })
}

/// A copy between devices is made by the current one, which must have been allowed to reach the other.
#[inline]
fn check_peers(dst: &Span, src: &Span) -> Result {
    match (dst.device(), src.device()) {
        (Some(to), Some(from)) if to != from => check_peer_access(to, from),
        _ => Ok(()),
    }
}

#[cold]
fn check_peer_access(to: u32, from: u32) -> Result {
    let current = runtime::current_device()?;
    for (argument, device) in [("dst", to), ("src", from)] {
        if device != current.id() && !current.has_peer(device) {
            let what = format!(
                "argument {argument}: expected memory that device {} may reach, got memory of device {device}; call \
                 aclrtDeviceEnablePeerAccess first",
                current.id()
            );
            return Err(Error::Code { code: code::ACL_ERROR_RT_PARAM_INVALID, what });
        }
    }
    Ok(())
}

/// A copy whose arguments were checked: rows of bytes, usually one.
#[derive(Clone, Copy)]
pub(super) struct Copy {
    pub(super) dst: Span,
    pub(super) src: Span,
    dst_pitch: usize,
    src_pitch: usize,
    width: usize,
    height: usize,
}

impl Copy {
    #[inline]
    pub(super) fn flat(
        dst: *mut c_void,
        max: usize,
        src: *const c_void,
        count: usize,
    ) -> Result<Option<Self>> {
        not_null(dst, "dst")?;
        not_null(src, "src")?;
        check_count(count, max, "count", "destMax")?;
        if dst.cast_const() == src {
            return Ok(None);
        }
        let (dst, src) = (Span::check_output(dst, count, "dst")?, Span::check(src, count, "src")?);
        check_peers(&dst, &src)?;
        Ok(Some(Copy { dst, src, dst_pitch: count, src_pitch: count, width: count, height: 1 }))
    }

    /// [`Copy::flat`] between ranges that the calling thread was let through to before.
    #[inline]
    fn known(dst: *mut c_void, max: usize, src: *const c_void, count: usize) -> Option<Self> {
        let (to, from) = (dst.expose_provenance() as u64, src.expose_provenance() as u64);
        if count > max || to == from {
            return None;
        }
        let len = count as u64;
        let (dst, src) = passes::recall_pair(to, from, len)?;
        let (dst, src) = (Span::passed(to, len, dst), Span::passed(from, len, src));
        Some(Copy { dst, src, dst_pitch: count, src_pitch: count, width: count, height: 1 })
    }

    /// Lets the calling thread through to both ends again.
    fn grant(&self, before: u64) {
        self.dst.grant(before);
        self.src.grant(before);
    }

    fn rows(
        (dst, dst_pitch): (*mut c_void, usize),
        (src, src_pitch): (*const c_void, usize),
        width: usize,
        height: usize,
    ) -> Result<Self> {
        not_null(dst, "dst")?;
        not_null(src, "src")?;
        for (argument, value) in [("width", width), ("height", height)] {
            if value == 0 {
                return Err(range(argument, "a number above 0", 0));
            }
        }
        for (limit, pitch) in [("dpitch", dst_pitch), ("spitch", src_pitch)] {
            if width > pitch {
                return Err(range("width", format!("at most {limit} = {pitch}"), width));
            }
        }
        // A reach past the address space is past any allocation: saturating keeps the message true.
        let reach = |pitch: usize| (height - 1).saturating_mul(pitch).saturating_add(width);
        let (dst, src) =
            (Span::check_output(dst, reach(dst_pitch), "dst")?, Span::check(src, reach(src_pitch), "src")?);
        check_peers(&dst, &src)?;
        for (pitch, argument, span) in [(dst_pitch, "dpitch", &dst), (src_pitch, "spitch", &src)] {
            if span.is_pageable() && reach(pitch) > isize::MAX as usize {
                return Err(range(argument, "rows that fit in memory", pitch));
            }
        }
        Ok(Copy { dst, src, dst_pitch, src_pitch, width, height })
    }

    #[inline]
    fn run(&self, parallel: &dyn Parallel) {
        let (to, from) = ((self.dst.pointer(), self.dst_pitch), (self.src.pointer(), self.src_pitch));
        // SAFETY: both spans were checked to be live for this reach; for pageable memory that is the caller's C2.
        unsafe { copy::copy_2d(to, (from.0.cast_const(), from.1), self.width, self.height, parallel) };
    }

    pub(super) fn run_checked(
        &self,
        before: u64,
        context: &TaskContext,
    ) -> std::result::Result<(), TaskFault> {
        self.dst.check_again(before, "dst")?;
        self.src.check_again(before, "src")?;
        if trace::on() {
            context.does(self.action());
        }
        self.run(context.parallel());
        Ok(())
    }

    #[inline]
    fn bytes(&self) -> u64 {
        (self.width as u64).saturating_mul(self.height as u64)
    }

    /// What timelines show.
    #[cold]
    fn action(&self) -> Action {
        let direction = Direction::new(self.dst.device(), self.src.device());
        Action::Copy { bytes: self.bytes(), direction }
    }

    /// Has timelines show several copies of one direction as one.
    pub(super) fn note_all(copies: &[Copy], context: &TaskContext) {
        if let Some(Action::Copy { direction, .. }) = copies.first().filter(|_| trace::on()).map(Copy::action)
        {
            context.does(Action::Copy { bytes: copies.iter().map(Copy::bytes).sum(), direction });
        }
    }

    /// Whether the program owns memory of it.
    pub(super) fn is_pageable(&self) -> bool {
        self.dst.is_pageable() || self.src.is_pageable()
    }

    /// Copies now, on the calling thread.
    #[inline]
    pub(super) fn now(&self) -> Result {
        let began = trace::now();
        if copy::is_small(self.width, self.height) {
            self.run(&Serial);
        } else {
            self.run(runtime::current_device()?.parallel());
        }
        if began != 0 {
            trace::worked(began, self.action());
        }
        Ok(())
    }

    /// Copies when the stream comes to it. Pageable memory may be gone or changed by then, so the stream is drained
    /// and the copy made before the call returns.
    pub(super) fn on(&self, name: &'static str, before: u64, stream: aclrtStream) -> Result {
        let stream = runtime::resolve_stream(stream, "stream")?;
        if self.dst.is_host() && self.src.is_host() {
            let what = "an asynchronous copy from host to host".to_owned();
            return Err(Error::Unsupported { what });
        }
        if self.is_pageable() {
            runtime::check_may_wait_for(&stream)?;
            stream.synchronize(None)?;
            return self.now();
        }
        let copy = *self;
        stream.submit_sized(name, self.bytes(), move |context| copy.run_checked(before, context))?;
        Ok(())
    }
}

/// Makes a copy that is like one that this thread made before. False, and nothing done, for any other, and for all while
/// timelines show each.
#[inline]
fn copy_again(dst: *mut c_void, max: usize, src: *const c_void, count: usize, kind: aclrtMemcpyKind) -> bool {
    let plain = count.wrapping_sub(1) < copy::NEAR.min(max) && kind <= ACL_MEMCPY_INTER_DEVICE_TO_DEVICE;
    if !plain || npu_device::captures_restrict() || trace::on() {
        return false;
    }
    let (to, from) = (dst.expose_provenance() as u64, src.expose_provenance() as u64);
    let Some((to, from)) = passes::recall_pointers(to, from, count as u64) else { return false };
    // SAFETY: the ranges were checked when the passes were given and are live still; for pageable memory that is C2.
    unsafe { copy::near(to, from, count) };
    true
}

// A stream keeps tasks up to this size without allocating.
const _: () = assert!(size_of::<Copy>() <= 128);

/// A copy for functions that find one of its sides themselves: made now, or queued on a stream.
pub(super) fn copy_between(
    name: &'static str,
    (dst, max): (*mut c_void, usize),
    src: *const c_void,
    count: usize,
    kind: aclrtMemcpyKind,
    stream: Option<aclrtStream>,
) -> Result {
    check_kind(kind)?;
    if count == 0 {
        return Ok(());
    }
    let before = passes::moment();
    device_memory()?;
    match (Copy::flat(dst, max, src, count)?, stream) {
        (Some(copy), None) => copy.now(),
        (Some(copy), Some(stream)) => copy.on(name, before, stream),
        (None, None) => Ok(()),
        (None, Some(stream)) => runtime::resolve_stream(stream, "stream").map(drop),
    }
}

/// Copies memory and returns when it is done. Does not wait for streams.
///
/// # Parameters
/// - dst: target, device or host
/// - destMax: bytes that fit at dst
/// - src: source, device or host
/// - count: bytes to copy; 0 succeeds whatever the other arguments are
/// - kind: the direction. The addresses decide where memory really is; ACL_MEMCPY_DEFAULT leaves it to them.
///
/// # Returns
/// - 0 on success
/// - 100000 when dst or src is null, or kind is no copy kind
/// - 107000 when count exceeds destMax, or the copy reaches past an allocation or into freed memory
/// - 107002 when the thread has no context
/// - 107030 when a capture forbids the thread calls that wait (aclmdlRICaptureBegin)
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for `dst` and `src` where they are host memory; device addresses are checked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemcpy(
    dst: *mut c_void,
    dest_max: usize,
    src: *const c_void,
    count: usize,
    kind: aclrtMemcpyKind,
) -> aclError {
    if copy_again(dst, dest_max, src, count, kind) {
        return code::SUCCESS;
    }
    entry::acl("aclrtMemcpy", || {
        if count == 0 {
            return Ok(());
        }
        not_null(dst, "dst")?;
        not_null(src, "src")?;
        check_kind(kind)?;
        runtime::check_may_wait()?;
        let before = passes::moment();
        device_memory()?;
        if let Some(copy) = Copy::flat(dst, dest_max, src, count)? {
            copy.now()?;
            copy.grant(before);
        }
        Ok(())
    })
}

/// Queues a copy on a stream.
///
/// Both sides stay allocated, and pinned host memory unchanged, until the stream has passed the copy; a copy whose
/// memory was released meanwhile fails on the stream.
///
/// # Parameters
/// - dst: target, device or host
/// - destMax: bytes that fit at dst
/// - src: source, device or host
/// - count: bytes to copy; 0 succeeds whatever the other arguments are
/// - kind: the direction, as for aclrtMemcpy
/// - stream: the stream, null for the default stream
///
/// # Returns
/// - 0 on success; queued, or done where host memory is not pinned: then the stream is drained first, and the copy is
///   over when the call returns
/// - 100000 when dst or src is null, or kind is no copy kind
/// - 107000 when count exceeds destMax, or the copy reaches past an allocation or into freed memory
/// - 107002 when the thread has no context
/// - 107003 when the stream belongs to another context
/// - 107017 when stream is no live stream
/// - 107041 when host memory is not pinned, and the stream is being captured, or a capture forbids calls that wait
/// - 207000 when both sides are host memory
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for `dst` and `src` where they are host memory; device addresses are checked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemcpyAsync(
    dst: *mut c_void,
    dest_max: usize,
    src: *const c_void,
    count: usize,
    kind: aclrtMemcpyKind,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtMemcpyAsync", || {
        if count == 0 {
            return Ok(());
        }
        not_null(dst, "dst")?;
        not_null(src, "src")?;
        check_kind(kind)?;
        let before = passes::moment();
        if let Some(copy) = Copy::known(dst, dest_max, src, count) {
            return copy.on("aclrtMemcpyAsync", before, stream);
        }
        device_memory()?;
        let copy = Copy::flat(dst, dest_max, src, count)?;
        copy.iter().for_each(|copy| copy.grant(before));
        match copy {
            Some(copy) => copy.on("aclrtMemcpyAsync", before, stream),
            None => runtime::resolve_stream(stream, "stream").map(drop),
        }
    })
}

/// Copies rows of a matrix and returns when it is done.
///
/// # Parameters
/// - dst: target, device or host
/// - dpitch: bytes from one row to the next at dst, at least width
/// - src: source, device or host
/// - spitch: bytes from one row to the next at src, at least width
/// - width: bytes per row, above 0
/// - height: rows, above 0
/// - kind: the direction, as for aclrtMemcpy
///
/// # Returns
/// - 0 on success
/// - 100000 when dst or src is null, width or height is 0, width exceeds a pitch, or kind is no copy kind
/// - 107000 when the rows reach past an allocation or into freed memory
/// - 107002 when the thread has no context
/// - 107030 when a capture forbids the thread calls that wait (aclmdlRICaptureBegin)
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for `dst` and `src`, row by row, where they are host memory; device addresses are checked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemcpy2d(
    dst: *mut c_void,
    dpitch: usize,
    src: *const c_void,
    spitch: usize,
    width: usize,
    height: usize,
    kind: aclrtMemcpyKind,
) -> aclError {
    entry::acl("aclrtMemcpy2d", || {
        not_null(dst, "dst")?;
        not_null(src, "src")?;
        check_kind(kind)?;
        runtime::check_may_wait()?;
        device_memory()?;
        Copy::rows((dst, dpitch), (src, spitch), width, height)?.now()
    })
}

/// Queues a copy of a matrix's rows on a stream.
///
/// Both sides stay allocated until the stream has passed the copy.
///
/// # Parameters
/// - dst: target, device or host
/// - dpitch: bytes from one row to the next at dst, at least width
/// - src: source, device or host
/// - spitch: bytes from one row to the next at src, at least width
/// - width: bytes per row, 1 to 5,000,000
/// - height: rows, 1 to 5,242,880
/// - kind: the direction, as for aclrtMemcpy
/// - stream: the stream, null for the default stream
///
/// # Returns
/// - 0 on success; queued, or done where host memory is not pinned
/// - 100000 when dst or src is null, width or height is out of range, width exceeds a pitch, or kind is no copy kind
/// - 107000 when the rows reach past an allocation or into freed memory
/// - 107002 when the thread has no context
/// - 107003 when the stream belongs to another context
/// - 107017 when stream is no live stream
/// - 107041 when host memory is not pinned, and the stream is being captured, or a capture forbids calls that wait
/// - 207000 when both sides are host memory
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for `dst` and `src`, row by row, where they are host memory; device addresses are checked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemcpy2dAsync(
    dst: *mut c_void,
    dpitch: usize,
    src: *const c_void,
    spitch: usize,
    width: usize,
    height: usize,
    kind: aclrtMemcpyKind,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtMemcpy2dAsync", || {
        not_null(dst, "dst")?;
        not_null(src, "src")?;
        check_kind(kind)?;
        for (argument, value, limit) in
            [("width", width, MAX_ASYNC_WIDTH), ("height", height, MAX_ASYNC_HEIGHT)]
        {
            if value > limit {
                return Err(range(argument, format!("at most {limit}"), value));
            }
        }
        let before = passes::moment();
        device_memory()?;
        Copy::rows((dst, dpitch), (src, spitch), width, height)?.on("aclrtMemcpy2dAsync", before, stream)
    })
}

/// Checks what both fills have in common.
#[inline]
fn fill(dev_ptr: *mut c_void, max_count: usize, count: usize, before: u64) -> Result<Span> {
    if count <= max_count
        && let Some(span) = Span::known(dev_ptr, count)
        && !span.is_pageable()
    {
        return Ok(span);
    }
    let span = new_fill(dev_ptr, max_count, count)?;
    span.grant(before);
    Ok(span)
}

#[cold]
fn new_fill(dev_ptr: *mut c_void, max_count: usize, count: usize) -> Result<Span> {
    not_null(dev_ptr, "devPtr")?;
    check_count(count, max_count, "count", "maxCount")?;
    device_memory()?;
    let span = Span::check_output(dev_ptr, count, "devPtr")?;
    if span.is_pageable() {
        let what = format!(
            "argument devPtr: expected device memory or host memory of aclrtMallocHost, got other memory at {dev_ptr:p}"
        );
        return Err(Error::Code { code: code::ACL_ERROR_RT_PARAM_INVALID, what });
    }
    Ok(span)
}

/// Sets every byte of a range and returns when it is done. Does not wait for streams.
///
/// # Parameters
/// - devPtr: device memory, or host memory of aclrtMallocHost
/// - maxCount: bytes that fit at devPtr
/// - value: the value; its low 8 bits are used
/// - count: bytes to set; 0 succeeds whatever the other arguments are
///
/// # Returns
/// - 0 on success
/// - 100000 when devPtr is null
/// - 107000 when count exceeds maxCount, the range reaches past an allocation or into freed memory, or devPtr is host
///   memory that the library did not allocate
/// - 107002 when the thread has no context
/// - 107030 when a capture forbids the thread calls that wait (aclmdlRICaptureBegin)
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// None: the address is checked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemset(
    dev_ptr: *mut c_void,
    max_count: usize,
    value: i32,
    count: usize,
) -> aclError {
    entry::acl("aclrtMemset", || {
        if count == 0 {
            return Ok(());
        }
        runtime::check_may_wait()?;
        let span = fill(dev_ptr, max_count, count, passes::moment())?;
        let began = trace::now();
        // SAFETY: the span was checked to be live for `count` bytes.
        unsafe { copy::set(span.pointer(), value as u8, count, runtime::current_device()?.parallel()) };
        if began != 0 {
            trace::worked(began, Action::Fill { bytes: count as u64 });
        }
        Ok(())
    })
}

/// Queues setting every byte of a range on a stream.
///
/// The memory stays allocated until the stream has passed the fill.
///
/// # Parameters
/// - devPtr: device memory, or host memory of aclrtMallocHost
/// - maxCount: bytes that fit at devPtr
/// - value: the value; its low 8 bits are used
/// - count: bytes to set; 0 succeeds whatever the other arguments are
/// - stream: the stream, null for the default stream
///
/// # Returns
/// - 0 on success; queued
/// - 100000 when devPtr is null
/// - 107000 when count exceeds maxCount, the range reaches past an allocation or into freed memory, or devPtr is host
///   memory that the library did not allocate
/// - 107002 when the thread has no context
/// - 107003 when the stream belongs to another context
/// - 107017 when stream is no live stream
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// None: the address is checked, now and when the fill runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemsetAsync(
    dev_ptr: *mut c_void,
    max_count: usize,
    value: i32,
    count: usize,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtMemsetAsync", || {
        if count == 0 {
            return Ok(());
        }
        let before = passes::moment();
        let span = fill(dev_ptr, max_count, count, before)?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        stream.submit_sized("aclrtMemsetAsync", count as u64, move |context| {
            span.check_again(before, "devPtr")?;
            context.does(Action::Fill { bytes: count as u64 });
            // SAFETY: the span was just checked to be live for `count` bytes.
            unsafe { copy::set(span.pointer(), value as u8, count, context.parallel()) };
            Ok(())
        })?;
        Ok(())
    })
}
