//! What every C ABI crate needs of the runtime: the handle tables of contexts and streams, and the calling thread's
//! current context.

use crate::{
    Error, Result,
    abi::{ACL_RT_STREAM_STATE_CREATE_POST, ACL_RT_STREAM_STATE_DESTROY_PRE, aclrtStreamState},
    handle::{HandleTable, Kind, Watch},
    process,
    registry::Registry,
};
use npu_device::{
    CaptureFault, Context, Device, Event, ExecError, Runtime, Stream, config::MAX_DEVICES, memory,
};
use parking_lot::Mutex;
use std::{
    cell::Cell,
    ffi::c_void,
    mem::ManuallyDrop,
    ops::Deref,
    ptr,
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
};

/// Contexts by handle.
pub static CONTEXTS: HandleTable<Arc<Context>> = HandleTable::new(Kind::Context);
/// Streams by handle. Default streams have none.
pub static STREAMS: HandleTable<Arc<Stream>> = HandleTable::new(Kind::Stream);
/// Events by handle.
pub static EVENTS: HandleTable<Arc<Event>> = HandleTable::new(Kind::Event);

thread_local! {
    /// The handle of the current context. Without destructor, so it serves until the thread is gone.
    static CURRENT: Cell<*mut c_void> = const { Cell::new(ptr::null_mut()) };
    /// The stream that the thread used last. Taken out while in use.
    static LAST: Cell<Option<Last>> = const { Cell::new(None) };
}

/// A stream that a handle names in the current context, kept alive here: finding it again costs no locked step.
#[derive(Debug)]
struct Last {
    raw: *mut c_void,
    /// Of the stream, or for the default stream of its context: both end with the context.
    watch: Watch<'static>,
    stream: Arc<Stream>,
}

/// What is asked of the current context at every call, kept beside it in the handle table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Current {
    context: u64,
    device: u32,
}

impl Current {
    fn of(context: &Context) -> u64 {
        context.id() << 8 | u64::from(context.device().id())
    }

    #[inline]
    fn get() -> Result<Current> {
        match CONTEXTS.tag(CURRENT.get()) {
            Ok(tag) => Ok(Current { context: tag >> 8, device: tag as u8 as u32 }),
            // No context yet, or a destroyed one: the long way decides.
            Err(_) => {
                let context = current_context()?;
                Ok(Current { context: context.id(), device: context.device().id() })
            }
        }
    }
}

/// A callback for streams that come and go.
pub type StreamStateFunction = unsafe extern "C" fn(*mut c_void, aclrtStreamState, *mut c_void);

/// Callbacks for streams that come and go.
pub static STREAM_STATES: Registry<StreamStateFunction> = Registry::new();

/// Tells the program of a stream that has just been made.
pub fn stream_created(stream: *mut c_void) {
    stream_state(stream, ACL_RT_STREAM_STATE_CREATE_POST);
}

/// Tells the program of a stream that is about to be destroyed.
pub fn stream_ending(stream: *mut c_void) {
    stream_state(stream, ACL_RT_STREAM_STATE_DESTROY_PRE);
}

fn stream_state(stream: *mut c_void, state: aclrtStreamState) {
    STREAM_STATES.for_each(|function, data| {
        // SAFETY: (C4) the program registered function and data for this.
        unsafe { function(stream, state, data) }
    });
}

/// Handles of default streams are made when somebody asks for one; two at a time would make two.
static DEFAULT_HANDLES: Mutex<()> = Mutex::new(());

/// The handle of a context's default stream. It lasts as long as the context.
///
/// # Errors
/// No handle is left; the error names `argument`.
pub fn default_stream_handle(context: &Context, argument: &'static str) -> Result<*mut c_void> {
    let _one = DEFAULT_HANDLES.lock();
    let default = context.default_stream();
    let mut found = None;
    STREAMS.for_each(|handle, stream| {
        if Arc::ptr_eq(stream, default) {
            found = Some(handle);
        }
    });
    match found {
        Some(handle) => Ok(handle),
        None => STREAMS.insert(default.clone()).map_err(|error| error.arg(argument)),
    }
}

/// Tells the program of a new context's default stream.
pub fn context_created(context: &Context) {
    if STREAM_STATES.is_empty() {
        return;
    }
    if let Ok(handle) = default_stream_handle(context, "context") {
        stream_created(handle);
    }
}

/// Adds a context.
///
/// # Errors
/// No handle is left; the error names `argument`.
pub fn insert_context(context: Arc<Context>, argument: &'static str) -> Result<*mut c_void> {
    let tag = Current::of(&context);
    CONTEXTS.insert_tagged(context, tag).map_err(|error| error.arg(argument))
}

/// A stream in use by a call; kept for the thread's next call afterwards.
#[derive(Debug)]
pub struct StreamRef(ManuallyDrop<Last>);

impl Deref for StreamRef {
    type Target = Arc<Stream>;

    #[inline]
    fn deref(&self) -> &Arc<Stream> {
        &self.0.stream
    }
}

impl Drop for StreamRef {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: taken once, here.
        let last = unsafe { ManuallyDrop::take(&mut self.0) };
        // A thread that is ending keeps nothing.
        let _ = LAST.try_with(|place| place.set(Some(last)));
    }
}

/// The runtime of this process.
///
/// # Errors
/// The configuration was refused.
#[inline]
pub fn runtime() -> Result<&'static Runtime> {
    process::prepare();
    Ok(Runtime::get()?)
}

/// Makes a context current on this thread, null none.
pub fn set_current(handle: *mut c_void) {
    memory::passes::forget();
    let _ = LAST.try_with(Cell::take);
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
    let runtime = runtime()?;
    let default = DEFAULT_DEVICE.load(Ordering::Relaxed);
    if default < 0 || !CURRENT.get().is_null() {
        return Err(ExecError::NoContext.into());
    }
    set_device(runtime.device(default, "defaultDevice")?)
}

/// The device of threads that set none, negative for none.
static DEFAULT_DEVICE: AtomicI32 = AtomicI32::new(-1);

/// Chooses the device of threads that set none (`defaultDevice` of `aclInit`'s configuration), negative for none.
pub fn set_default_device(id: i32) {
    DEFAULT_DEVICE.store(id, Ordering::Relaxed);
}

/// Handles of primary contexts by device, null for none. Locked while a primary context comes or goes.
static PRIMARY: Mutex<[usize; MAX_DEVICES as usize]> = Mutex::new([0; MAX_DEVICES as usize]);

/// Retains the primary context of a device and makes it current on this thread.
///
/// # Errors
/// No handle is left.
pub fn set_device(device: &'static Device) -> Result<Arc<Context>> {
    let mut handles = PRIMARY.lock();
    let place = &mut handles[device.id() as usize];
    let context = device.retain_primary();
    let new = *place == 0;
    if new {
        *place = insert_context(context.clone(), "deviceId")?.addr();
    }
    set_current(ptr::without_provenance_mut(*place));
    drop(handles);
    if new {
        context_created(&context);
    }
    Ok(context)
}

/// Takes back one [`set_device`], or with `force` all of them. The last ends the primary context: after its pending
/// work, with `force` at once.
///
/// # Errors
/// The device is not set.
pub fn reset_device(device: &'static Device, force: bool) -> Result<()> {
    let ended = {
        let mut handles = PRIMARY.lock();
        let ended = device.release_primary(force)?;
        if ended.is_some() {
            let handle = std::mem::take(&mut handles[device.id() as usize]);
            // Nobody else removes primary contexts.
            let _ = CONTEXTS.remove(ptr::without_provenance(handle));
        }
        ended
    };
    // Not under the lock: pending work may take long.
    if let Some(context) = ended {
        end_context(&context, !force);
        free_memory(device);
    }
    Ok(())
}

/// Frees what is still allocated on a device, unless a created context still uses it.
fn free_memory(device: &Device) {
    let mut used = false;
    CONTEXTS.for_each(|_, context| used |= context.device().id() == device.id());
    if !used {
        // A device on which nothing was ever allocated has no heap.
        npu_device::pools::clear(device.id());
        let _ = memory::clear(device.id());
    }
}

/// Ends a context whose handle is already stale: its streams' handles become stale, and with `wait` their pending
/// work is waited for.
pub fn end_context(context: &Context, wait: bool) {
    memory::passes::rights_changed();
    if !STREAM_STATES.is_empty() && context.is_alive() {
        // Without a handle left there is nothing to tell of.
        let _ = default_stream_handle(context, "context");
        streams_of(context).into_iter().for_each(stream_ending);
    }
    context.end(wait);
    for handle in streams_of(context) {
        // Another thread may be destroying it.
        let _ = STREAMS.remove(handle);
    }
}

/// The handles of a context's streams.
fn streams_of(context: &Context) -> Vec<*mut c_void> {
    let mut streams = Vec::new();
    STREAMS.for_each(|handle, stream| {
        if stream.context_id() == context.id() {
            streams.push(handle);
        }
    });
    streams
}

/// The number of the current context's device.
///
/// # Errors
/// As for [`current_context`].
#[inline]
pub fn current_device_id() -> Result<u32> {
    Ok(Current::get()?.device)
}

/// The device of the current context.
///
/// # Errors
/// As for [`current_context`].
pub fn current_device() -> Result<&'static Device> {
    let id = Current::get()?.device;
    runtime()?.devices().get(id as usize).ok_or_else(|| ExecError::NoContext.into())
}

/// The stream of a handle; null is the default stream of the current context.
///
/// # Errors
/// 107002 without a context, 107017 for a handle that names no live stream, 107003 for a stream of another context.
#[inline]
pub fn resolve_stream(raw: *mut c_void, argument: &'static str) -> Result<StreamRef> {
    if let Some(last) = LAST.try_with(Cell::take).ok().flatten()
        && last.raw == raw
        && last.watch.is_live()
    {
        return Ok(StreamRef(ManuallyDrop::new(last)));
    }
    find_stream(raw, argument)
}

#[cold]
fn find_stream(raw: *mut c_void, argument: &'static str) -> Result<StreamRef> {
    let current = Current::get()?;
    let (stream, watch) = if raw.is_null() {
        let watch = CONTEXTS.watch(CURRENT.get()).map_err(|error| error.arg(argument))?;
        (current_context()?.default_stream().clone(), watch)
    } else {
        let watch = STREAMS.watch(raw).map_err(|error| error.arg(argument))?;
        (Arc::clone(&*STREAMS.get(raw).map_err(|error| error.arg(argument))?), watch)
    };
    if stream.context_id() != current.context {
        return Err(foreign_stream(&stream, current, argument));
    }
    Ok(StreamRef(ManuallyDrop::new(Last { raw, watch, stream })))
}

#[cold]
fn foreign_stream(stream: &Stream, current: Current, argument: &'static str) -> Error {
    ExecError::StreamContext {
        argument,
        current: current.context,
        device: current.device,
        stream: stream.id(),
        owner: stream.context_id(),
        owner_device: stream.device_id(),
    }
    .into()
}

/// Fails if a capture in progress forbids the calling thread a synchronous copy or fill. The capture is then invalid.
///
/// # Errors
/// 107030.
#[inline]
pub fn check_may_wait() -> Result<()> {
    Ok(npu_device::check_may_wait(CaptureFault::Forbidden)?)
}

/// The same for an asynchronous copy that has to wait, as memory of the program is not pinned. No stream that is being
/// captured takes one.
///
/// # Errors
/// 107041.
pub fn check_may_wait_for(stream: &Stream) -> Result<()> {
    npu_device::check_may_wait(CaptureFault::ForbiddenCopy)?;
    stream.check_takes_waiting_copies()?;
    Ok(())
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
