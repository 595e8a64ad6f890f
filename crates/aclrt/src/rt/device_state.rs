//! Watching devices being set and reset.

use super::param;
use capi::{
    Result,
    abi::{
        ACL_RT_DEVICE_STATE_RESET_POST, ACL_RT_DEVICE_STATE_RESET_PRE, ACL_RT_DEVICE_STATE_SET_POST,
        ACL_RT_DEVICE_STATE_SET_PRE, aclError, aclrtDeviceState, aclrtDeviceStateCallback,
    },
    boundary, entry, runtime,
};
use npu_device::Device;
use parking_lot::Mutex;
use std::ffi::{CString, c_char, c_void};

#[derive(Clone)]
struct Watcher {
    name: CString,
    function: unsafe extern "C" fn(i32, aclrtDeviceState, *mut c_void),
    args: *mut c_void,
}

// SAFETY: (C4) the program gave function and arguments to be used by whichever thread sets or resets a device.
unsafe impl Send for Watcher {}

static WATCHERS: Mutex<Vec<Watcher>> = Mutex::new(Vec::new());

fn tell(device: &Device, state: aclrtDeviceState) {
    // A copy: a callback may register others, and set devices itself.
    let watchers = WATCHERS.lock().clone();
    for watcher in watchers {
        // SAFETY: (C4) passed on from its registration.
        unsafe { (watcher.function)(device.id() as i32, state, watcher.args) };
    }
}

/// Sets a device, with the watchers told before and after.
pub(super) fn set(device: &'static Device) -> Result {
    tell(device, ACL_RT_DEVICE_STATE_SET_PRE);
    runtime::set_device(device)?;
    tell(device, ACL_RT_DEVICE_STATE_SET_POST);
    Ok(())
}

/// Resets a device that is set, with the watchers told before and after.
pub(super) fn reset(device: &'static Device, force: bool) -> Result {
    if device.primary().is_some() {
        tell(device, ACL_RT_DEVICE_STATE_RESET_PRE);
    }
    runtime::reset_device(device, force)?;
    tell(device, ACL_RT_DEVICE_STATE_RESET_POST);
    Ok(())
}

/// Registers a function that is called before and after each call that sets or resets a device, on the thread that
/// makes it; or takes one back.
///
/// # Parameters
/// - regName: a name of its own for the registration, not empty
/// - callback: the function, called with the device, ACL_RT_DEVICE_STATE_* and args; null takes the registration of
///   that name back
/// - args: what it is called with, may be null
///
/// # Returns
/// - 0 on success, also when null takes back what is not registered
/// - 100000 when regName is null
/// - 107000 when regName is empty, or already registered
///
/// # Thread safety
/// May be called from any thread, also by a callback.
///
/// # Safety
/// C3 holds for `reg_name`, C4 for `callback` and `args`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtRegDeviceStateCallback(
    reg_name: *const c_char,
    callback: aclrtDeviceStateCallback,
    args: *mut c_void,
) -> aclError {
    entry::acl("aclrtRegDeviceStateCallback", || {
        // SAFETY: C3.
        let name = unsafe { boundary::c_str(reg_name, "regName") }?;
        if name.is_empty() {
            return Err(param("regName", "a name", "an empty one"));
        }
        let mut watchers = WATCHERS.lock();
        let place = watchers.iter().position(|watcher| watcher.name.as_c_str() == name);
        match (callback, place) {
            (Some(_), Some(_)) => {
                return Err(param("regName", "a name that is not registered", format!("{name:?}, which is")));
            }
            (Some(function), None) => watchers.push(Watcher { name: name.to_owned(), function, args }),
            (None, Some(place)) => drop(watchers.remove(place)),
            (None, None) => {}
        }
        Ok(())
    })
}

/// Whether the primary context of a device exists.
///
/// # Parameters
/// - deviceId: the device
/// - flags: receives 0; may be null
/// - active: receives 1 if the context exists, otherwise 0
///
/// # Returns
/// - 0 on success
/// - 100000 when active is null
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `flags` and `active`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetPrimaryCtxState(
    device_id: i32,
    flags: *mut u32,
    active: *mut i32,
) -> aclError {
    entry::acl("aclrtGetPrimaryCtxState", || {
        // SAFETY: C1.
        let flags = unsafe { boundary::out_optional(flags, "flags") }?;
        // SAFETY: C1.
        let active = unsafe { boundary::out(active, "active") }?;
        let device = runtime::runtime()?.device(device_id, "deviceId")?;
        if let Some(flags) = flags {
            flags.write(0);
        }
        active.write(i32::from(device.primary().is_some()));
        Ok(())
    })
}
