//! Access between devices. Simulated devices all reach each other; what remains is who may and the argument checks.

use super::param;
use capi::{Result, abi::aclError, boundary, entry, runtime};

/// Checks that a device exists and is not the one it is a peer of.
fn check_peer(device: u32, peer: i32) -> Result {
    let other = runtime::runtime()?.device(peer, "peerDeviceId")?.id();
    if other == device {
        return Err(param("peerDeviceId", "another device", peer));
    }
    Ok(())
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

/// Lets the current device reach the memory of another one. The other direction is a call of its own.
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
        check_peer(runtime::current_device()?.id(), peer_device_id)
    })
}
