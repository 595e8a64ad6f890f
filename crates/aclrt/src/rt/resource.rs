//! Limits on the cores that devices, streams and threads use.

use super::param;
use capi::{
    Result,
    abi::{
        ACL_RT_DEV_RES_CUBE_CORE, ACL_RT_DEV_RES_VECTOR_CORE, aclError, aclrtDevResLimitType, aclrtStream,
    },
    boundary, entry,
    runtime::{self, STREAMS},
};
use npu_device::{CoreKind, CoreLimits, Device, Stream};
use std::{cell::Cell, ffi::c_void, ptr};

thread_local! {
    /// The stream whose limits count on this thread, null for none.
    static USED: Cell<*mut c_void> = const { Cell::new(ptr::null_mut()) };
}

fn kind(kind: aclrtDevResLimitType) -> Result<CoreKind> {
    match kind {
        ACL_RT_DEV_RES_CUBE_CORE => Ok(CoreKind::Cube),
        ACL_RT_DEV_RES_VECTOR_CORE => Ok(CoreKind::Vector),
        other => Err(param("type", "0 (cube cores) or 1 (vector cores)", other)),
    }
}

/// The cores that every device has.
fn cores(kind: CoreKind) -> Result<u32> {
    let soc = runtime::runtime()?.config().soc;
    Ok(match kind {
        CoreKind::Cube => soc.cube_cores,
        CoreKind::Vector => soc.vector_cores,
    })
}

fn of_device(device: &Device, kind: CoreKind) -> Result<u32> {
    device.cores().get(kind).map_or_else(|| cores(kind), Ok)
}

fn of_stream(stream: &Stream, kind: CoreKind) -> Result<u32> {
    if let Some(limit) = stream.settings().cores().get(kind) {
        return Ok(limit);
    }
    of_device(runtime::runtime()?.device(stream.device_id() as i32, "stream")?, kind)
}

fn set(limits: &CoreLimits, kind: CoreKind, value: u32) -> Result {
    let most = cores(kind)?;
    if value == 0 || value > most {
        return Err(param("value", &format!("1 to {most}, which the device has"), value));
    }
    limits.set(kind, value);
    Ok(())
}

/// How many cores work on a device may use.
///
/// # Parameters
/// - deviceId: the device
/// - type: ACL_RT_DEV_RES_CUBE_CORE or ACL_RT_DEV_RES_VECTOR_CORE
/// - value: receives the limit: what was set, else what the chip has
///
/// # Returns
/// - 0 on success
/// - 100000 when `value` is null
/// - 107000 when `type` is neither
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetDeviceResLimit(
    device_id: i32,
    r#type: aclrtDevResLimitType,
    value: *mut u32,
) -> aclError {
    entry::acl("aclrtGetDeviceResLimit", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(value, "value") }?;
        let device = runtime::runtime()?.device(device_id, "deviceId")?;
        out.write(of_device(device, kind(r#type)?)?);
        Ok(())
    })
}

/// Limits how many cores work on a device may use. The simulated device computes the same whatever the limit: it is kept
/// and reported.
///
/// # Parameters
/// - deviceId: the device
/// - type: ACL_RT_DEV_RES_CUBE_CORE or ACL_RT_DEV_RES_VECTOR_CORE
/// - value: 1 to what the chip has
///
/// # Returns
/// - 0 on success
/// - 107000 when `type` is neither, or `value` out of range
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetDeviceResLimit(
    device_id: i32,
    r#type: aclrtDevResLimitType,
    value: u32,
) -> aclError {
    entry::acl("aclrtSetDeviceResLimit", || {
        let device = runtime::runtime()?.device(device_id, "deviceId")?;
        set(device.cores(), kind(r#type)?, value)
    })
}

/// Takes the limits of a device back.
///
/// # Parameters
/// - deviceId: the device
///
/// # Returns
/// - 0 on success
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtResetDeviceResLimit(device_id: i32) -> aclError {
    entry::acl("aclrtResetDeviceResLimit", || {
        runtime::runtime()?.device(device_id, "deviceId")?.cores().reset();
        Ok(())
    })
}

/// How many cores the work of a stream may use.
///
/// # Parameters
/// - stream: a stream of the current context; null is its default stream
/// - type: ACL_RT_DEV_RES_CUBE_CORE or ACL_RT_DEV_RES_VECTOR_CORE
/// - value: receives the limit: what was set for the stream, else for its device, else what the chip has
///
/// # Returns
/// - 0 on success
/// - 100000 when `value` is null
/// - 107000 when `type` is neither
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetStreamResLimit(
    stream: aclrtStream,
    r#type: aclrtDevResLimitType,
    value: *mut u32,
) -> aclError {
    entry::acl("aclrtGetStreamResLimit", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(value, "value") }?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        out.write(of_stream(&stream, kind(r#type)?)?);
        Ok(())
    })
}

/// Limits how many cores the work of a stream may use. It counts on threads that use the stream's limits, see
/// aclrtUseStreamResInCurrentThread.
///
/// # Parameters
/// - stream: a stream of the current context; null is its default stream
/// - type: ACL_RT_DEV_RES_CUBE_CORE or ACL_RT_DEV_RES_VECTOR_CORE
/// - value: 1 to what the chip has
///
/// # Returns
/// - 0 on success
/// - 107000 when `type` is neither, or `value` out of range
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetStreamResLimit(
    stream: aclrtStream,
    r#type: aclrtDevResLimitType,
    value: u32,
) -> aclError {
    entry::acl("aclrtSetStreamResLimit", || {
        let stream = runtime::resolve_stream(stream, "stream")?;
        set(stream.settings().cores(), kind(r#type)?, value)
    })
}

/// Takes the limits of a stream back.
///
/// # Parameters
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtResetStreamResLimit(stream: aclrtStream) -> aclError {
    entry::acl("aclrtResetStreamResLimit", || {
        runtime::resolve_stream(stream, "stream")?.settings().cores().reset();
        Ok(())
    })
}

/// Makes the limits of a stream count on the calling thread, until another's do, aclrtUnuseStreamResInCurrentThread,
/// or the end of the stream.
///
/// # Parameters
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// Per thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtUseStreamResInCurrentThread(stream: aclrtStream) -> aclError {
    entry::acl("aclrtUseStreamResInCurrentThread", || {
        runtime::resolve_stream(stream, "stream")?;
        let handle = if stream.is_null() {
            runtime::default_stream_handle(&*runtime::current_context()?, "stream")?
        } else {
            stream
        };
        USED.set(handle);
        Ok(())
    })
}

/// Makes the limits of the current device count on the calling thread again.
///
/// # Parameters
/// - stream: a stream of the current context; null is its default stream. If the limits of another stream count, they
///   go on counting.
///
/// # Returns
/// - 0 on success
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// Per thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtUnuseStreamResInCurrentThread(stream: aclrtStream) -> aclError {
    entry::acl("aclrtUnuseStreamResInCurrentThread", || {
        let given = runtime::resolve_stream(stream, "stream")?;
        if STREAMS.get(USED.get()).is_ok_and(|used| std::sync::Arc::ptr_eq(&used, &given)) {
            USED.set(ptr::null_mut());
        }
        Ok(())
    })
}

/// How many cores work submitted by the calling thread may use.
///
/// # Parameters
/// - type: ACL_RT_DEV_RES_CUBE_CORE or ACL_RT_DEV_RES_VECTOR_CORE
/// - value: receives the limit of the stream whose limits count on this thread, else of the current device
///
/// # Returns
/// - 0 on success
/// - 100000 when `value` is null
/// - 107000 when `type` is neither
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// Per thread.
///
/// # Safety
/// C1 holds for `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetResInCurrentThread(
    r#type: aclrtDevResLimitType,
    value: *mut u32,
) -> aclError {
    entry::acl("aclrtGetResInCurrentThread", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(value, "value") }?;
        let kind = kind(r#type)?;
        let device = runtime::current_device()?;
        out.write(match STREAMS.get(USED.get()) {
            Ok(stream) => of_stream(&stream, kind)?,
            // None, or one that is gone.
            Err(_) => of_device(device, kind)?,
        });
        Ok(())
    })
}
