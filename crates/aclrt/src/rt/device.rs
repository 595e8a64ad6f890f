//! Devices.

use super::{device_state, timeout};
use capi::{
    abi::{ACL_HOST, aclError, aclrtRunMode, aclrtUtilizationInfo, aclrtUuid},
    boundary, entry, runtime,
};

/// Makes the primary context of a device current on the calling thread, and creates it if need be. Every call is
/// undone by one aclrtResetDevice.
///
/// # Parameters
/// - deviceId: the device, from 0
///
/// # Returns
/// - 0 on success
/// - 107001 when there is no such device
/// - 507033 when the simulator's configuration is refused
///
/// # Thread safety
/// May be called from any thread; the primary context is shared by the threads of the process.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetDevice(device_id: i32) -> aclError {
    entry::acl("aclrtSetDevice", || device_state::set(runtime::runtime()?.device(device_id, "deviceId")?))
}

/// Takes back one aclrtSetDevice. The last one waits for the pending work of the primary context and releases the
/// context with its streams. If no created context is left on the device, its memory is freed as well.
///
/// # Parameters
/// - deviceId: the device
///
/// # Returns
/// - 0 on success
/// - 107001 when there is no such device, or it is not set
///
/// # Thread safety
/// May be called from any thread. Threads on which the released context was current have none afterwards.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtResetDevice(device_id: i32) -> aclError {
    entry::acl("aclrtResetDevice", || {
        device_state::reset(runtime::runtime()?.device(device_id, "deviceId")?, false)
    })
}

/// Releases the primary context of a device at once, however often it was set. Pending tasks are dropped; the one
/// that runs on each stream ends on its own.
///
/// # Parameters
/// - deviceId: the device
///
/// # Returns
/// - 0 on success
/// - 107001 when there is no such device, or it is not set
///
/// # Thread safety
/// May be called from any thread, as the last call that uses the device.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtResetDeviceForce(device_id: i32) -> aclError {
    entry::acl("aclrtResetDeviceForce", || {
        device_state::reset(runtime::runtime()?.device(device_id, "deviceId")?, true)
    })
}

/// The device of the calling thread's current context.
///
/// # Parameters
/// - deviceId: receives the device
///
/// # Returns
/// - 0 on success
/// - 100000 when `deviceId` is null
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `device_id`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetDevice(device_id: *mut i32) -> aclError {
    entry::acl("aclrtGetDevice", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(device_id, "deviceId") }?;
        out.write(runtime::current_device()?.id() as i32);
        Ok(())
    })
}

/// The number of devices.
///
/// # Parameters
/// - count: receives the number
///
/// # Returns
/// - 0 on success
/// - 100000 when `count` is null
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetDeviceCount(count: *mut u32) -> aclError {
    entry::acl("aclrtGetDeviceCount", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(count, "count") }?;
        out.write(runtime::runtime()?.config().devices);
        Ok(())
    })
}

/// Where the program runs: always on the host.
///
/// # Parameters
/// - runMode: receives ACL_HOST
///
/// # Returns
/// - 0 on success
/// - 100000 when `runMode` is null
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `run_mode`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetRunMode(run_mode: *mut aclrtRunMode) -> aclError {
    entry::acl("aclrtGetRunMode", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(run_mode, "runMode") }?;
        out.write(ACL_HOST);
        Ok(())
    })
}

/// The number by which the device knows the calling process: its process id.
///
/// # Parameters
/// - pid: receives the number
///
/// # Returns
/// - 0 on success
/// - 100000 when `pid` is null
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `pid`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDeviceGetBareTgid(pid: *mut i32) -> aclError {
    entry::acl("aclrtDeviceGetBareTgid", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(pid, "pid") }?;
        // Process ids of Linux are below 2^22.
        out.write(std::process::id() as i32);
        Ok(())
    })
}

/// What tells a device from others: a UUID of version 8 with the device's number on the machine, the same in every
/// process and on every machine.
///
/// # Parameters
/// - deviceId: the device
/// - uuid: receives the bytes
///
/// # Returns
/// - 0 on success
/// - 100000 when `uuid` is null
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `uuid`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDeviceGetUuid(device_id: i32, uuid: *mut aclrtUuid) -> aclError {
    entry::acl("aclrtDeviceGetUuid", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(uuid, "uuid") }?;
        let device = runtime::runtime()?.device(device_id, "deviceId")?.number();
        let mut bytes = *b"aclsim\x80\x00\x80\x00\x00\x00\x00\x00\x00\x00";
        bytes[12..].copy_from_slice(&device.to_be_bytes());
        out.write(aclrtUuid { bytes: bytes.map(|byte| byte as _) });
        Ok(())
    })
}

/// How busy a device is. The call watches it for about two milliseconds.
///
/// # Parameters
/// - deviceId: the device
/// - utilizationInfo: receives percentages. The simulated device does not tell cube, vector and AI CPU cores apart: each
///   is the part of the workers that the device's streams keep busy. That of the memory is -1, not known.
///
/// # Returns
/// - 0 on success
/// - 100000 when `utilizationInfo` is null
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `utilization_info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetDeviceUtilizationRate(
    device_id: i32,
    utilization_info: *mut aclrtUtilizationInfo,
) -> aclError {
    entry::acl("aclrtGetDeviceUtilizationRate", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(utilization_info, "utilizationInfo") }?;
        let busy = runtime::runtime()?.device(device_id, "deviceId")?.busy() as i32;
        out.write(aclrtUtilizationInfo {
            cubeUtilization: busy,
            vectorUtilization: busy,
            aicpuUtilization: busy,
            memoryUtilization: -1,
            utilizationExtend: std::ptr::null_mut(),
        });
        Ok(())
    })
}

/// Waits for all streams of the current context's device.
///
/// # Returns
/// - 0 on success
/// - 107002 when the thread has no current context
/// - 507015, 507018, 507035 or 507053 when a task failed since the last report of its stream
///
/// # Thread safety
/// May be called from any thread. The calling thread may run tasks, but never host functions or callbacks.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSynchronizeDevice() -> aclError {
    entry::acl("aclrtSynchronizeDevice", || Ok(runtime::current_device()?.synchronize(None)?))
}

/// As aclrtSynchronizeDevice, with a time limit.
///
/// # Parameters
/// - timeout: milliseconds, -1 for no limit
///
/// # Returns
/// - 0 on success
/// - 107000 when `timeout` is below -1
/// - 107002 when the thread has no current context
/// - 507046 when the time is up
/// - 507015, 507018, 507035 or 507053 when a task failed since the last report of its stream
///
/// # Thread safety
/// As aclrtSynchronizeDevice.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSynchronizeDeviceWithTimeout(timeout: i32) -> aclError {
    entry::acl("aclrtSynchronizeDeviceWithTimeout", || {
        let limit = self::timeout(timeout, "timeout")?;
        Ok(runtime::current_device()?.synchronize(limit)?)
    })
}
