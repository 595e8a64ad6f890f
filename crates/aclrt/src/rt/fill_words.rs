//! Fills of 32-bit words.

use super::{
    memory_copy::check_count,
    memory_place::{Span, device_memory},
    not_null, param,
};
use capi::{
    Result,
    abi::{aclError, aclrtStream},
    entry, runtime,
};
use npu_device::{
    memory::{copy, passes},
    trace::{self, Action},
};
use std::ffi::c_void;

/// Checks what both fills have in common. `None`: there is nothing to fill.
fn words(pointer: *mut c_void, size: usize, count: usize) -> Result<Option<Span>> {
    if count == 0 {
        return Ok(None);
    }
    not_null(pointer, "ptr")?;
    if !pointer.addr().is_multiple_of(4) {
        return Err(param("ptr", "an address aligned to 4 bytes", format!("{pointer:p}")));
    }
    check_count(count, size / 4, "N", "memSize / 4")?;
    device_memory()?;
    let span = Span::check_output(pointer, 4 * count, "ptr")?;
    if span.is_pageable() {
        return Err(param("ptr", "device memory or host memory of aclrtMallocHost", "other memory"));
    }
    Ok(Some(span))
}

/// Sets 32-bit words and returns when it is done. Does not wait for streams.
///
/// # Parameters
/// - ptr: device memory, or host memory of aclrtMallocHost; a multiple of 4
/// - memSize: bytes that fit at `ptr`
/// - value: what each word becomes
/// - N: how many words; 0 succeeds whatever the other arguments are
///
/// # Returns
/// - 0 on success
/// - 100000 when `ptr` is null
/// - 107000 when `ptr` is not aligned, 4·N exceeds `memSize`, the words reach past an allocation or into freed memory,
///   or `ptr` is host memory that the library did not allocate
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemsetD32(ptr: *mut c_void, mem_size: usize, value: u32, n: usize) -> aclError {
    entry::acl("aclrtMemsetD32", || {
        if let Some(span) = words(ptr, mem_size, n)? {
            runtime::check_may_wait()?;
            let began = trace::now();
            // SAFETY: the span was checked to be live and aligned for `n` words.
            unsafe { copy::set_words(span.pointer(), value, n, runtime::current_device()?.parallel()) };
            if began != 0 {
                trace::worked(began, Action::Fill { bytes: 4 * n as u64 });
            }
        }
        Ok(())
    })
}

/// Queues setting 32-bit words on a stream.
///
/// # Parameters
/// As for aclrtMemsetD32, and
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// As aclrtMemsetD32, and
/// - 107003 when the stream belongs to another context
/// - 107017 when the stream is none, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemsetD32Async(
    ptr: *mut c_void,
    mem_size: usize,
    value: u32,
    n: usize,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtMemsetD32Async", || {
        let before = passes::moment();
        let Some(span) = words(ptr, mem_size, n)? else { return Ok(()) };
        let stream = runtime::resolve_stream(stream, "stream")?;
        Ok(stream.submit_sized("aclrtMemsetD32Async", 4 * n as u64, move |context| {
            span.check_again(before, "ptr")?;
            context.does(Action::Fill { bytes: 4 * n as u64 });
            // SAFETY: the span was just checked to be live; it is aligned.
            unsafe { copy::set_words(span.pointer(), value, n, context.parallel()) };
            Ok(())
        })?)
    })
}
