//! Physical memory that processes share, by shareable handle.

use super::{
    ipc_memory::{processes, shared},
    memory_map::{Piece, insert, physical, zero},
    memory_place::install,
    not_null, param,
};
use capi::{
    Error, Result,
    abi::{
        ACL_MEM_ALLOCATION_TYPE_PINNED, ACL_MEM_HANDLE_TYPE_NONE, ACL_MEM_LOCATION_TYPE_DEVICE,
        ACL_MEM_LOCATION_TYPE_HOST, ACL_MEM_SHARE_HANDLE_TYPE_DEFAULT, ACL_MEM_SHARE_HANDLE_TYPE_FABRIC,
        aclError, aclrtDrvMemHandle, aclrtMemFabricHandle, aclrtMemHandleType, aclrtMemLocation,
        aclrtMemSharedHandleType, aclrtPhysicalMemProp,
    },
    boundary, entry, runtime,
};
use npu_device::{ipc, memory::mapping};
use std::ffi::c_void;

/// The flag that lets every process import.
const ANYONE: u64 = 1;

fn export(handle: aclrtDrvMemHandle, flags: u64) -> Result<String> {
    let piece = physical(handle)?;
    if flags > ANYONE {
        return Err(param("flags", "0 or 1", flags));
    }
    mapping::export(piece.id, flags == ANYONE, u64::from(piece.prop.memAttr)).map_err(shared("handle"))
}

fn import(key: &str, device: u32) -> Result<aclrtDrvMemHandle> {
    install()?;
    let (id, attr, host) = mapping::import(key, device).map_err(shared("shareableHandle"))?;
    let location = if host {
        aclrtMemLocation { id: 0, r#type: ACL_MEM_LOCATION_TYPE_HOST }
    } else {
        aclrtMemLocation { id: device, r#type: ACL_MEM_LOCATION_TYPE_DEVICE }
    };
    let prop = aclrtPhysicalMemProp {
        handleType: ACL_MEM_HANDLE_TYPE_NONE,
        allocationType: ACL_MEM_ALLOCATION_TYPE_PINNED,
        memAttr: attr as u32,
        location,
        reserve: 0,
    };
    insert(Piece { id, prop })
}

/// Lets other processes map a piece of physical memory: they use the same bytes.
///
/// # Parameters
/// - handle: a piece of this process that was not exported before
/// - handleType: ACL_MEM_HANDLE_TYPE_NONE
/// - flags: 0 for processes that aclrtMemSetPidToShareableHandle names, 1 for all of the same user
/// - shareableHandle: receives a number to hand to them
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107000 when handleType or flags is out of range, or the piece was exported or imported
/// - 107017 when handle is no live piece
/// - 507899 when the system refuses
///
/// The memory stays until this process and all importers have given it back.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `shareable_handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemExportToShareableHandle(
    handle: aclrtDrvMemHandle,
    handle_type: aclrtMemHandleType,
    flags: u64,
    shareable_handle: *mut u64,
) -> aclError {
    entry::acl("aclrtMemExportToShareableHandle", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(shareable_handle, "shareableHandle") }?;
        physical(handle)?;
        if handle_type != ACL_MEM_HANDLE_TYPE_NONE {
            return Err(param("handleType", "ACL_MEM_HANDLE_TYPE_NONE (0)", handle_type));
        }
        out.write(ipc::number_of(&export(handle, flags)?)?);
        Ok(())
    })
}

/// Another process's physical memory, to be mapped here.
///
/// # Parameters
/// - shareableHandle: what the other process exported
/// - deviceId: the device in whose ranges it is mapped
/// - handle: receives the piece
///
/// # Returns
/// - 0 on success
/// - 100000 when handle is null
/// - 107000 when shareableHandle is none, is this process's own, or was imported before
/// - 107001 when there is no such device
/// - 507899 when it is exported no longer, its process has ended, or this process may not import it
///
/// The caller gives the piece back with aclrtFreePhysical.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemImportFromShareableHandle(
    shareable_handle: u64,
    device_id: i32,
    handle: *mut aclrtDrvMemHandle,
) -> aclError {
    entry::acl("aclrtMemImportFromShareableHandle", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(handle, "handle") }?;
        let device = runtime::runtime()?.device(device_id, "deviceId")?.id();
        out.write(import(&ipc::key_of(shareable_handle)?, device)?);
        Ok(())
    })
}

/// Lets processes import a piece of physical memory of this process.
///
/// # Parameters
/// - shareableHandle: what this process exported
/// - pid: process ids, as aclrtDeviceGetBareTgid gives them there
/// - pidNum: how many, above 0
///
/// # Returns
/// - 0 on success
/// - 100000 when pid is null or pidNum is 0
/// - 107000 when shareableHandle is none of this process's
/// - 507899 when it is exported no longer, or the system refuses
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `pid` with `pid_num` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemSetPidToShareableHandle(
    shareable_handle: u64,
    pid: *mut i32,
    pid_num: usize,
) -> aclError {
    entry::acl("aclrtMemSetPidToShareableHandle", || {
        // SAFETY: C2.
        let pids = unsafe { processes(pid.cast_const(), pid_num, "pidNum") }?;
        mapping::allow(&ipc::key_of(shareable_handle)?, pids).map_err(shared("shareableHandle"))
    })
}

/// The key in a shareable handle of either type.
///
/// # Safety
/// C1 holds for `handle`, as a pointer to what `kind` says.
unsafe fn key(handle: *const c_void, kind: aclrtMemSharedHandleType) -> Result<String> {
    not_null(handle, "shareableHandle")?;
    match kind {
        ACL_MEM_SHARE_HANDLE_TYPE_DEFAULT => {
            // SAFETY: C1, from the caller.
            let number = unsafe { boundary::required(handle.cast::<u64>(), "shareableHandle") }?;
            Ok(ipc::key_of(*number)?)
        }
        ACL_MEM_SHARE_HANDLE_TYPE_FABRIC => {
            // SAFETY: C1, from the caller.
            let fabric =
                unsafe { boundary::required(handle.cast::<aclrtMemFabricHandle>(), "shareableHandle") }?;
            let text = fabric.data.split(|byte| *byte == 0).next().unwrap_or_default();
            // What is no text is no key, and its message says so.
            Ok(std::str::from_utf8(text).unwrap_or("?").to_owned())
        }
        other => Err(wrong_type(other)),
    }
}

fn wrong_type(kind: aclrtMemSharedHandleType) -> Error {
    param("shareType", "ACL_MEM_SHARE_HANDLE_TYPE_DEFAULT (1) or _FABRIC (2)", kind)
}

/// Lets other processes map a piece of physical memory, as aclrtMemExportToShareableHandle does; the shareable handle is
/// a number or, for other servers, an aclrtMemFabricHandle. There is one server here, and both do the same.
///
/// # Parameters
/// - handle: a piece of this process that was not exported before
/// - flags: 0 for processes that aclrtMemSetPidToShareableHandleV2 names, 1 for all of the same user
/// - shareType: ACL_MEM_SHARE_HANDLE_TYPE_DEFAULT or _FABRIC
/// - shareableHandle: receives a uint64_t, or an aclrtMemFabricHandle
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107000 when flags or shareType is out of range, or the piece was exported or imported
/// - 107017 when handle is no live piece
/// - 507899 when the system refuses
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `shareable_handle` as a pointer to what `share_type` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemExportToShareableHandleV2(
    handle: aclrtDrvMemHandle,
    flags: u64,
    share_type: aclrtMemSharedHandleType,
    shareable_handle: *mut c_void,
) -> aclError {
    entry::acl("aclrtMemExportToShareableHandleV2", || {
        not_null(shareable_handle, "shareableHandle")?;
        physical(handle)?;
        match share_type {
            ACL_MEM_SHARE_HANDLE_TYPE_DEFAULT => {
                // SAFETY: C1.
                let out = unsafe { boundary::out(shareable_handle.cast::<u64>(), "shareableHandle") }?;
                out.write(ipc::number_of(&export(handle, flags)?)?);
            }
            ACL_MEM_SHARE_HANDLE_TYPE_FABRIC => {
                let place = shareable_handle.cast::<aclrtMemFabricHandle>();
                // SAFETY: C1.
                let out = unsafe { boundary::out(place, "shareableHandle") }?;
                let mut data = [0; 128];
                for (to, from) in data.iter_mut().zip(export(handle, flags)?.bytes()) {
                    *to = from;
                }
                out.write(aclrtMemFabricHandle { data });
            }
            other => return Err(wrong_type(other)),
        }
        Ok(())
    })
}

/// Another process's physical memory, to be mapped in ranges of the current device.
///
/// # Parameters
/// - shareableHandle: what aclrtMemExportToShareableHandleV2 wrote in the other process
/// - shareType: of which type it is
/// - flags: 0
/// - handle: receives the piece
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107000 when shareType or flags is out of range, or the handle is none, is this process's own, or was imported before
/// - 107002 when the thread has no context
/// - 507899 when it is exported no longer, its process has ended, or this process may not import it
///
/// The caller gives the piece back with aclrtFreePhysical.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `handle`, and for `shareable_handle` as a pointer to what `share_type` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemImportFromShareableHandleV2(
    shareable_handle: *mut c_void,
    share_type: aclrtMemSharedHandleType,
    flags: u64,
    handle: *mut aclrtDrvMemHandle,
) -> aclError {
    entry::acl("aclrtMemImportFromShareableHandleV2", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(handle, "handle") }?;
        // SAFETY: C1.
        let key = unsafe { key(shareable_handle.cast_const(), share_type) }?;
        zero(flags, "flags")?;
        out.write(import(&key, runtime::current_device_id()?)?);
        Ok(())
    })
}

/// Lets processes import a piece of physical memory of this process.
///
/// # Parameters
/// - shareableHandle: what aclrtMemExportToShareableHandleV2 wrote
/// - shareType: of which type it is
/// - pid: process ids, as aclrtDeviceGetBareTgid gives them there
/// - pidNum: how many, above 0
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null or pidNum is 0
/// - 107000 when shareType is out of range, or the handle is none of this process's
/// - 507899 when it is exported no longer, or the system refuses
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `shareable_handle` as a pointer to what `share_type` says, C2 for `pid` with `pid_num` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemSetPidToShareableHandleV2(
    shareable_handle: *mut c_void,
    share_type: aclrtMemSharedHandleType,
    pid: *mut i32,
    pid_num: usize,
) -> aclError {
    entry::acl("aclrtMemSetPidToShareableHandleV2", || {
        // SAFETY: C1.
        let key = unsafe { key(shareable_handle.cast_const(), share_type) }?;
        // SAFETY: C2.
        let pids = unsafe { processes(pid.cast_const(), pid_num, "pidNum") }?;
        mapping::allow(&key, pids).map_err(shared("shareableHandle"))
    })
}
