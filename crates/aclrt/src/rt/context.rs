//! Contexts.

use capi::{
    Error,
    abi::{aclError, aclrtContext},
    boundary, entry,
    handle::HandleError,
    runtime::{self, CONTEXTS},
};
use npu_device::ExecError;

/// A dead context is a missing context; anything else is no context handle.
fn context_error(error: HandleError, argument: &'static str) -> Error {
    match error {
        HandleError::Stale { .. } => {
            let what = format!("argument {argument}: expected a live aclrtContext, got {error}");
            ExecError::BadContext { what }.into()
        }
        other => other.arg(argument),
    }
}

/// Creates a context with a default stream and makes it current on the calling thread.
///
/// # Parameters
/// - context: receives the context, to be destroyed by aclrtDestroyContext
/// - deviceId: the device, from 0
///
/// # Returns
/// - 0 on success
/// - 100000 when `context` is null
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `context`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCreateContext(context: *mut aclrtContext, device_id: i32) -> aclError {
    entry::acl("aclrtCreateContext", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(context, "context") }?;
        let device = runtime::runtime()?.device(device_id, "deviceId")?;
        let created = device.create_context();
        let handle = runtime::insert_context(created.clone(), "context")?;
        runtime::set_current(handle);
        runtime::context_created(&created);
        out.write(handle);
        Ok(())
    })
}

/// Destroys a context made by aclrtCreateContext, after the pending work of its streams. Its streams go with it.
///
/// # Parameters
/// - context: the context
///
/// # Returns
/// - 0 on success
/// - 100000 when `context` is null
/// - 107002 when it is a primary context or was already destroyed
/// - 107017 when it is no context
///
/// # Thread safety
/// May be called from any thread. Threads on which the context was current have none afterwards.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDestroyContext(context: aclrtContext) -> aclError {
    entry::acl("aclrtDestroyContext", || {
        let live = CONTEXTS.get(context).map_err(|error| context_error(error, "context"))?;
        if live.is_primary() {
            let what = format!(
                "argument context: expected a context made by aclrtCreateContext, got the {:?}, which \
                 aclrtResetDevice releases",
                *live
            );
            return Err(ExecError::BadContext { what }.into());
        }
        let ended = CONTEXTS.remove(context).map_err(|error| context_error(error, "context"))?;
        runtime::end_context(&ended, true);
        Ok(())
    })
}

/// Makes a context, and so its device, current on the calling thread.
///
/// # Parameters
/// - context: the context, or null for none
///
/// # Returns
/// - 0 on success
/// - 107002 when the context was already destroyed
/// - 107017 when it is no context
///
/// # Thread safety
/// May be called from any thread; a context may be current on several threads.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetCurrentContext(context: aclrtContext) -> aclError {
    entry::acl("aclrtSetCurrentContext", || {
        if !context.is_null() {
            CONTEXTS.get(context).map_err(|error| context_error(error, "context"))?;
        }
        runtime::set_current(context);
        Ok(())
    })
}

/// The current context of the calling thread.
///
/// # Parameters
/// - context: receives the context
///
/// # Returns
/// - 0 on success
/// - 100000 when `context` is null
/// - 107002 when the thread has none
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `context`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetCurrentContext(context: *mut aclrtContext) -> aclError {
    entry::acl("aclrtGetCurrentContext", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(context, "context") }?;
        runtime::current_context()?;
        out.write(runtime::current_handle());
        Ok(())
    })
}
