//! What every C ABI crate needs of the runtime: the handle tables of contexts and streams, and the calling thread's
//! current context.

use crate::{
    Result,
    handle::{HandleTable, Kind},
};
use npu_device::{Context, Device, ExecError, Runtime, Stream};
use std::{cell::Cell, ffi::c_void, ptr, sync::Arc};

/// Contexts by handle.
pub static CONTEXTS: HandleTable<Arc<Context>> = HandleTable::new(Kind::Context);
/// Streams by handle. Default streams have none.
pub static STREAMS: HandleTable<Arc<Stream>> = HandleTable::new(Kind::Stream);

thread_local! {
    /// The handle of the current context. Without destructor, so it serves until the thread is gone.
    static CURRENT: Cell<*mut c_void> = const { Cell::new(ptr::null_mut()) };
}

/// The runtime of this process.
///
/// # Errors
/// The configuration was refused.
#[inline]
pub fn runtime() -> Result<&'static Runtime> {
    Ok(Runtime::get()?)
}

/// Makes a context current on this thread, null none.
pub fn set_current(handle: *mut c_void) {
    CURRENT.set(handle);
}

/// The handle of the current context, null if there is none. It may have been destroyed meanwhile.
pub fn current_handle() -> *mut c_void {
    CURRENT.get()
}

/// The current context.
///
/// # Errors
/// 107002 if the thread has none, or it was destroyed.
#[inline]
pub fn current_context() -> Result<Arc<Context>> {
    let handle = CURRENT.get();
    if handle.is_null() {
        return no_context();
    }
    match CONTEXTS.get(handle) {
        Ok(context) => Ok(Arc::clone(&context)),
        Err(_) => no_context(),
    }
}

#[cold]
fn no_context() -> Result<Arc<Context>> {
    // A refused configuration is the better reason.
    runtime()?;
    Err(ExecError::NoContext.into())
}

/// The device of the current context.
///
/// # Errors
/// As for [`current_context`].
pub fn current_device() -> Result<&'static Device> {
    Ok(current_context()?.device())
}

/// The stream of a handle; null is the default stream of the current context.
///
/// # Errors
/// 107002 without a context, 107017 for a handle that names no live stream, 107003 for a stream of another context.
#[inline]
pub fn resolve_stream(raw: *mut c_void, argument: &'static str) -> Result<Arc<Stream>> {
    let context = current_context()?;
    if raw.is_null() {
        return Ok(context.default_stream().clone());
    }
    let stream = STREAMS.get(raw).map_err(|error| error.arg(argument))?;
    if stream.context_id() != context.id() {
        return Err(ExecError::StreamContext {
            argument,
            current: context.id(),
            device: context.device().id(),
            stream: stream.id(),
            owner: stream.context_id(),
            owner_device: stream.device_id(),
        }
        .into());
    }
    Ok(Arc::clone(&stream))
}

/// The stream of a handle, whatever context it belongs to; null is the default stream of the current context.
///
/// # Errors
/// 107002 without a context, 107017 for a handle that names no live stream.
pub fn any_stream(raw: *mut c_void, argument: &'static str) -> Result<Arc<Stream>> {
    let context = current_context()?;
    if raw.is_null() {
        return Ok(context.default_stream().clone());
    }
    let stream = STREAMS.get(raw).map_err(|error| error.arg(argument))?;
    Ok(Arc::clone(&stream))
}
