//! Copies of device memory on a stream.

use capi::{ArgError, Error, Result};
use npu_device::{Stream, TaskContext, memory};
use std::ffi::c_void;

/// Device memory on its way to a worker.
#[derive(Clone, Copy)]
struct Backing(*mut u8);

// SAFETY: device memory is shared by all threads; who may touch which bytes when is ordered by streams and events.
unsafe impl Send for Backing {}

impl Backing {
    /// By method, so that a closure captures the `Send` wrapper and not the pointer inside.
    fn pointer(self) -> *mut u8 {
        self.0
    }
}

/// `len` bytes of live device memory.
fn check(buffer: *const c_void, len: u64, argument: &'static str) -> Result<Backing> {
    if buffer.is_null() {
        return Err(ArgError::Null { argument }.into());
    }
    let address = buffer as u64;
    memory::check_reach(address, len).map_err(|source| Error::MemoryArg { argument, source })?;
    Ok(Backing(memory::backing(address).map_or(std::ptr::null_mut(), |p| p.as_ptr())))
}

/// Checks memory that a collective leaves as it is.
pub(crate) fn untouched(buffer: *const c_void, len: u64, argument: &'static str) -> Result {
    check(buffer, len, argument).map(drop)
}

/// Queues a copy from `send` to `receive`; nothing where both are the same.
pub(crate) fn copy(
    function: &'static str,
    stream: &Stream,
    (receive, to): (*const c_void, &'static str),
    (send, from): (*const c_void, &'static str),
    len: u64,
) -> Result {
    let (target, source) = (check(receive, len, to)?, check(send, len, from)?);
    if len == 0 || std::ptr::eq(receive, send) {
        return Ok(());
    }
    let (a, b) = (receive as u64, send as u64);
    if a.abs_diff(b) < len {
        let expected = format!("memory apart from {from}, or the same");
        return Err(
            ArgError::Range { argument: to, expected, got: format!("{a:#x}, {from} is {b:#x}") }.into()
        );
    }
    let run = move |task: &TaskContext| {
        // SAFETY: both ranges were checked to be live and apart; that they stay allocated until the stream has passed
        // is the C caller's duty.
        unsafe {
            memory::copy::copy(
                target.pointer(),
                source.pointer().cast_const(),
                len as usize,
                task.parallel(),
            );
        }
        Ok(())
    };
    stream.submit(function, run)?;
    Ok(())
}
