//! Access between devices. Simulated devices can all reach each other; copies ask whether they may.

use super::param;
use capi::{Result, abi::aclError, boundary, entry, runtime};

/// Checks that a device exists and is not the one it is a peer of.
fn check_peer(device: u32, peer: i32) -> Result<u32> {
    let other = runtime::runtime()?.device(peer, "peerDeviceId")?.id();
    if other == device {
        return Err(param("peerDeviceId", "another device", peer));
    }
    Ok(other)
}

fn check_flags(flags: u32) -> Result {
    if flags == 0 { Ok(()) } else { Err(param("flags", "0", flags)) }
}

/// Whether a device can reach the memory of another one: always, on the simulator.
///
/// # Parameters
/// - canAccessPeer: receives 1
/// - deviceId: the device that reaches
/// - peerDeviceId: the device that is reached
///
/// # Returns
/// - 0 on success
/// - 100000 when canAccessPeer is null
/// - 107000 when both devices are the same
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `can_access_peer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDeviceCanAccessPeer(
    can_access_peer: *mut i32,
    device_id: i32,
    peer_device_id: i32,
) -> aclError {
    entry::acl("aclrtDeviceCanAccessPeer", || {
        // SAFETY: C1.
        let can_access = unsafe { boundary::out(can_access_peer, "canAccessPeer") }?;
        let device = runtime::runtime()?.device(device_id, "deviceId")?.id();
        check_peer(device, peer_device_id)?;
        can_access.write(1);
        Ok(())
    })
}

/// Lets the current device reach the memory of another one: copies between the two, made under a context of the
/// current device. The other direction is a call of its own. Ends with the device's primary context.
///
/// # Parameters
/// - peerDeviceId: the device that is reached
/// - flags: 0
///
/// # Returns
/// - 0 on success
/// - 107000 when flags is not 0, or peerDeviceId is the current device
/// - 107001 when there is no such device
/// - 107002 when the thread has no context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDeviceEnablePeerAccess(peer_device_id: i32, flags: u32) -> aclError {
    entry::acl("aclrtDeviceEnablePeerAccess", || {
        check_flags(flags)?;
        let device = runtime::current_device()?;
        let peer = check_peer(device.id(), peer_device_id)?;
        device.set_peer(peer, true);
        Ok(())
    })
}

/// Takes back aclrtDeviceEnablePeerAccess. Copies that are queued already are made all the same.
///
/// # Parameters
/// - peerDeviceId: the device that is no longer reached
///
/// # Returns
/// - 0 on success, also when access was not enabled
/// - 107000 when peerDeviceId is the current device
/// - 107001 when there is no such device
/// - 107002 when the thread has no context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDeviceDisablePeerAccess(peer_device_id: i32) -> aclError {
    entry::acl("aclrtDeviceDisablePeerAccess", || {
        let device = runtime::current_device()?;
        let peer = check_peer(device.id(), peer_device_id)?;
        device.set_peer(peer, false);
        Ok(())
    })
}

/// Whether a device may reach the memory of another one.
///
/// # Parameters
/// - deviceId: the device that reaches
/// - peerDeviceId: the device that is reached
/// - status: receives 1 if access was enabled, otherwise 0
///
/// # Returns
/// - 0 on success
/// - 100000 when status is null
/// - 107000 when both devices are the same
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `status`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDevicePeerAccessStatus(
    device_id: i32,
    peer_device_id: i32,
    status: *mut i32,
) -> aclError {
    entry::acl("aclrtDevicePeerAccessStatus", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(status, "status") }?;
        let device = runtime::runtime()?.device(device_id, "deviceId")?;
        let peer = check_peer(device.id(), peer_device_id)?;
        out.write(i32::from(device.has_peer(peer)));
        Ok(())
    })
}
