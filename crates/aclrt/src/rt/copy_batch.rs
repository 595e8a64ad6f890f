//! Batches of copies: all of one direction, in no order among themselves.

use super::{
    memory_copy::{Copy, range},
    memory_place::{Span, device_memory},
};
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_MEM_LOCATION_TYPE_DEVICE, ACL_MEM_LOCATION_TYPE_HOST, aclError, aclrtMemLocation,
        aclrtMemcpyBatchAttr, aclrtStream,
    },
    boundary, code, entry, runtime,
};
use npu_device::memory::passes;
use std::ffi::c_void;

/// `*failIndex` when no copy of its own is to blame.
const NO_COPY: usize = usize::MAX;

/// The arrays of a batch, as C passes them.
struct Arrays {
    dsts: *mut *mut c_void,
    dest_maxs: *mut usize,
    srcs: *mut *mut c_void,
    sizes: *mut usize,
    count: usize,
    attrs: *mut aclrtMemcpyBatchAttr,
    attrs_indexes: *mut usize,
    attrs_count: usize,
}

/// A batch that is refused, and the copy that is to blame.
struct Refusal(Error, usize);

impl<E: Into<Error>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Refusal(error.into(), NO_COPY)
    }
}

fn place(location: &aclrtMemLocation, side: &str) -> Result<bool> {
    match location.r#type {
        ACL_MEM_LOCATION_TYPE_HOST => Ok(false),
        ACL_MEM_LOCATION_TYPE_DEVICE => Ok(true),
        other => {
            let expected = format!("a {side} location of type 0 (host) or 1 (device)");
            Err(range("attrs", expected, other))
        }
    }
}

/// Fails if a range is not where the batch's attributes say.
fn check_place(span: &Span, argument: &'static str, on_device: bool, location: &aclrtMemLocation) -> Result {
    let what = |there: bool| if there { "device" } else { "host" };
    if span.is_host() == on_device {
        return Err(range(argument, format!("{} memory, as attrs says", what(on_device)), what(!on_device)));
    }
    match span.device() {
        Some(device) if device != location.id => {
            Err(range(argument, format!("memory of device {}, as attrs says", location.id), device))
        }
        _ => Ok(()),
    }
}

impl Arrays {
    /// Checks every copy before the first is made.
    ///
    /// # Safety
    /// C2 holds for the arrays and for host memory that they name.
    unsafe fn copies(&self) -> std::result::Result<Vec<Copy>, Refusal> {
        for (argument, count) in [("numBatches", self.count), ("numAttrs", self.attrs_count)] {
            if count == 0 {
                return Err(range(argument, "a number above 0", 0).into());
            }
        }
        if self.attrs_count > self.count {
            return Err(
                range("numAttrs", format!("at most numBatches = {}", self.count), self.attrs_count).into()
            );
        }
        // SAFETY: C2.
        let dsts = unsafe { boundary::slice(self.dsts, self.count, "dsts") }?;
        // SAFETY: C2.
        let dest_maxs = unsafe { boundary::slice(self.dest_maxs, self.count, "destMaxs") }?;
        // SAFETY: C2.
        let srcs = unsafe { boundary::slice(self.srcs, self.count, "srcs") }?;
        // SAFETY: C2.
        let sizes = unsafe { boundary::slice(self.sizes, self.count, "sizes") }?;
        // SAFETY: C2.
        let attrs = unsafe { boundary::slice(self.attrs, self.attrs_count, "attrs") }?;
        // SAFETY: C2.
        let firsts = unsafe { boundary::slice(self.attrs_indexes, self.attrs_count, "attrsIndexes") }?;
        let ascending = firsts.windows(2).all(|pair| pair[0] < pair[1]);
        if firsts[0] != 0 || !ascending || firsts[firsts.len() - 1] >= self.count {
            let expected = format!("0 and then growing numbers below numBatches = {}", self.count);
            return Err(range("attrsIndexes", expected, format!("{firsts:?}")).into());
        }
        device_memory()?;
        let to_device = place(&attrs[0].dstLoc, "dst")?;
        let mut copies = Vec::with_capacity(self.count);
        for (attr, group) in attrs.iter().zip(firsts.iter().enumerate()) {
            let (number, first) = group;
            let end = firsts.get(number + 1).copied().unwrap_or(self.count);
            let (dst_there, src_there) = (place(&attr.dstLoc, "dst")?, place(&attr.srcLoc, "src")?);
            if dst_there == src_there {
                let what = "a batch of copies within the host or within devices".to_owned();
                return Err(Error::Unsupported { what }.into());
            }
            if dst_there != to_device {
                return Err(range("attrs", "one direction for all copies", "both directions").into());
            }
            for i in *first..end {
                let at = |error| Refusal(error, i);
                if sizes[i] == 0 {
                    continue;
                }
                let copy = Copy::flat(dsts[i], dest_maxs[i], srcs[i], sizes[i]).map_err(at)?;
                // The same address on both sides is on one side only.
                let Some(copy) = copy else {
                    return Err(at(range("srcs", "memory of the other side", "dsts")));
                };
                check_place(&copy.dst, "dsts", dst_there, &attr.dstLoc).map_err(at)?;
                check_place(&copy.src, "srcs", src_there, &attr.srcLoc).map_err(at)?;
                copies.push(copy);
            }
        }
        Ok(copies)
    }
}

/// Where the refused copy's number goes.
///
/// # Safety
/// C1 holds for `fail_index`.
unsafe fn blame<T>(
    result: std::result::Result<T, Refusal>,
    fail_index: *mut usize,
    wanted: bool,
) -> Result<T> {
    if wanted && fail_index.is_null() {
        return Err(ArgError::Null { argument: "failIndex" }.into());
    }
    result.map_err(|Refusal(error, index)| {
        if wanted {
            // SAFETY: C1, not null.
            unsafe { fail_index.write(index) };
        }
        match index {
            NO_COPY => error,
            _ => Error::Code { code: code::acl(&error), what: format!("copy {index} of the batch: {error}") },
        }
    })
}

fn now(copies: &[Copy]) -> Result {
    copies.iter().try_for_each(Copy::now)
}

fn on(name: &'static str, copies: Vec<Copy>, before: u64, stream: aclrtStream) -> Result {
    let stream = runtime::resolve_stream(stream, "stream")?;
    if copies.iter().any(Copy::is_pageable) {
        runtime::check_may_wait_for(&stream)?;
        stream.synchronize(None)?;
        return now(&copies);
    }
    Ok(stream.submit(name, move |context| {
        copies.iter().try_for_each(|copy| copy.run_checked(before, context))?;
        Copy::note_all(&copies, context);
        Ok(())
    })?)
}

/// Makes copies of one direction, in no order among themselves, and returns when all are done. All are checked before
/// the first is made.
///
/// # Parameters
/// - dsts, destMaxs: targets and the bytes that fit there, `numBatches` each
/// - srcs, sizes: sources and the bytes to copy, `numBatches` each; 0 copies nothing
/// - numBatches: how many copies, above 0
/// - attrs: where memory is, host or device, `numAttrs` of them; all of one direction
/// - attrsIndexes: the first copy of each of `attrs`, from 0, growing
/// - numAttrs: 1 to `numBatches`
/// - failIndex: receives the number of the copy that was refused, or SIZE_MAX when something else is wrong; left alone
///   on success
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, a count is 0, or attributes and addresses do not agree
/// - 107000 when a size exceeds its destMax, or a copy reaches past an allocation or into freed memory
/// - 107002 when the thread has no current context
/// - 207000 for copies within the host or within devices
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for the arrays and for host memory that they name, C1 for `fail_index`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemcpyBatch(
    dsts: *mut *mut c_void,
    dest_maxs: *mut usize,
    srcs: *mut *mut c_void,
    sizes: *mut usize,
    num_batches: usize,
    attrs: *mut aclrtMemcpyBatchAttr,
    attrs_indexes: *mut usize,
    num_attrs: usize,
    fail_index: *mut usize,
) -> aclError {
    let (count, attrs_count) = (num_batches, num_attrs);
    let arrays = Arrays { dsts, dest_maxs, srcs, sizes, count, attrs, attrs_indexes, attrs_count };
    entry::acl("aclrtMemcpyBatch", || {
        // SAFETY: C2.
        let copies = unsafe { arrays.copies() };
        runtime::check_may_wait()?;
        // SAFETY: C1.
        now(&unsafe { blame(copies, fail_index, true) }?)
    })
}

/// As aclrtMemcpyBatch, without the number of the refused copy, which the message names.
///
/// # Parameters
/// As for aclrtMemcpyBatch.
///
/// # Returns
/// As aclrtMemcpyBatch.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for the arrays and for host memory that they name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemcpyBatchV2(
    dsts: *mut *mut c_void,
    dest_maxs: *mut usize,
    srcs: *mut *mut c_void,
    sizes: *mut usize,
    num_batches: usize,
    attrs: *mut aclrtMemcpyBatchAttr,
    attrs_indexes: *mut usize,
    num_attrs: usize,
) -> aclError {
    let (count, attrs_count) = (num_batches, num_attrs);
    let arrays = Arrays { dsts, dest_maxs, srcs, sizes, count, attrs, attrs_indexes, attrs_count };
    entry::acl("aclrtMemcpyBatchV2", || {
        // SAFETY: C2.
        let copies = unsafe { arrays.copies() };
        runtime::check_may_wait()?;
        // SAFETY: nothing is written.
        now(&unsafe { blame(copies, std::ptr::null_mut(), false) }?)
    })
}

/// Queues copies of one direction on a stream, in no order among themselves. Where host memory is not pinned, the stream
/// is drained first, and the copies are over when the call returns.
///
/// # Parameters
/// As for aclrtMemcpyBatch, and
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// As aclrtMemcpyBatch, and
/// - 107003 when the stream belongs to another context
/// - 107017 when the stream is none, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for the arrays, which are not needed after the call, and for host memory that they name; C1 for
/// `fail_index`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemcpyBatchAsync(
    dsts: *mut *mut c_void,
    dest_maxs: *mut usize,
    srcs: *mut *mut c_void,
    sizes: *mut usize,
    num_batches: usize,
    attrs: *mut aclrtMemcpyBatchAttr,
    attrs_indexes: *mut usize,
    num_attrs: usize,
    fail_index: *mut usize,
    stream: aclrtStream,
) -> aclError {
    let (count, attrs_count) = (num_batches, num_attrs);
    let arrays = Arrays { dsts, dest_maxs, srcs, sizes, count, attrs, attrs_indexes, attrs_count };
    entry::acl("aclrtMemcpyBatchAsync", || {
        let before = passes::moment();
        // SAFETY: C2.
        let copies = unsafe { arrays.copies() };
        // SAFETY: C1.
        on("aclrtMemcpyBatchAsync", unsafe { blame(copies, fail_index, true) }?, before, stream)
    })
}

/// As aclrtMemcpyBatchAsync, without the number of the refused copy, which the message names.
///
/// # Parameters
/// As for aclrtMemcpyBatchAsync.
///
/// # Returns
/// As aclrtMemcpyBatchAsync.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for the arrays, which are not needed after the call, and for host memory that they name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemcpyBatchAsyncV2(
    dsts: *mut *mut c_void,
    dest_maxs: *mut usize,
    srcs: *mut *mut c_void,
    sizes: *mut usize,
    num_batches: usize,
    attrs: *mut aclrtMemcpyBatchAttr,
    attrs_indexes: *mut usize,
    num_attrs: usize,
    stream: aclrtStream,
) -> aclError {
    let (count, attrs_count) = (num_batches, num_attrs);
    let arrays = Arrays { dsts, dest_maxs, srcs, sizes, count, attrs, attrs_indexes, attrs_count };
    entry::acl("aclrtMemcpyBatchAsyncV2", || {
        let before = passes::moment();
        // SAFETY: C2.
        let copies = unsafe { arrays.copies() };
        // SAFETY: nothing is written.
        on("aclrtMemcpyBatchAsyncV2", unsafe { blame(copies, std::ptr::null_mut(), false) }?, before, stream)
    })
}
