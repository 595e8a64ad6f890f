//! Allocations that processes share, by key.

use super::{memory_place::install, not_null, param};
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_RT_IPC_MEM_ATTR_ACCESS_LINK, ACL_RT_IPC_MEM_ATTR_ACCESS_LINK_UB_MULTI_PORT_PATH,
        ACL_RT_IPC_MEM_EXPORT_FLAG_DISABLE_PID_VALIDATION, ACL_RT_IPC_MEM_IMPORT_FLAG_ENABLE_PEER_ACCESS,
        aclError, aclrtIpcMemAttrType, aclrtServerPid,
    },
    boundary, entry, runtime,
};
use npu_device::{
    ipc::KEY_BYTES,
    memory::share::{self, ShareError},
};
use std::ffi::{c_char, c_void};

/// The boundary's error, naming the C parameter.
pub(super) fn shared(argument: &'static str) -> impl Fn(ShareError) -> Error {
    move |error| match error {
        ShareError::Memory(source) => Error::MemoryArg { argument, source },
        ShareError::Ipc(error) => error.into(),
    }
}

/// # Safety
/// C3 holds for `key`.
unsafe fn key_text<'a>(key: *const c_char) -> Result<&'a str> {
    // SAFETY: C3, from the caller.
    let text = unsafe { boundary::c_str(key, "key") }?;
    // What is no text is no key, and its message says so.
    Ok(text.to_str().unwrap_or("?"))
}

/// Process ids that a program gives.
///
/// # Safety
/// C2 holds for `pid` and `count`.
pub(super) unsafe fn processes<'a>(pid: *const i32, count: usize, number: &'static str) -> Result<&'a [i32]> {
    not_null(pid, "pid")?;
    if count == 0 {
        return Err(ArgError::Range {
            argument: number,
            expected: "a number above 0".into(),
            got: "0".into(),
        }
        .into());
    }
    // SAFETY: C2, from the caller.
    unsafe { boundary::slice(pid, count, "pid") }
}

/// Gives a key to device memory, under which other processes import it: they use the same bytes.
///
/// # Parameters
/// - devPtr: memory of aclrtMalloc, or an address inside
/// - size: bytes to share, above 0
/// - key: receives the key with its NUL
/// - len: 65
/// - flags: ACL_RT_IPC_MEM_EXPORT_FLAG_DEFAULT for processes that aclrtIpcMemSetImportPid names, or
///   _DISABLE_PID_VALIDATION for all of the same user
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null or size is 0
/// - 107000 when the bytes are not in one live allocation of aclrtMalloc, or len or flags is out of range
/// - 507899 when the system refuses
///
/// The key ends with aclrtIpcMemClose, with the memory or with the process; importers keep what they have.
///
/// # Thread safety
/// May be called from any thread, also while the device works on the memory.
///
/// # Safety
/// C2 holds for `key` and `len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtIpcMemGetExportKey(
    dev_ptr: *mut c_void,
    size: usize,
    key: *mut c_char,
    len: usize,
    flags: u64,
) -> aclError {
    entry::acl("aclrtIpcMemGetExportKey", || {
        not_null(dev_ptr, "devPtr")?;
        not_null(key, "key")?;
        if size == 0 {
            let expected = "a size above 0".to_owned();
            return Err(ArgError::Range { argument: "size", expected, got: "0".into() }.into());
        }
        if len != KEY_BYTES {
            return Err(param("len", "65", len));
        }
        if flags > ACL_RT_IPC_MEM_EXPORT_FLAG_DISABLE_PID_VALIDATION {
            return Err(param("flags", "0 or 1", flags));
        }
        // SAFETY: C2.
        let out = unsafe { boundary::out_slice(key, len, "key") }?;
        install()?;
        let anyone = flags == ACL_RT_IPC_MEM_EXPORT_FLAG_DISABLE_PID_VALIDATION;
        let text = share::export(dev_ptr as u64, size as u64, anyone).map_err(shared("devPtr"))?;
        let bytes = text.bytes().chain(std::iter::repeat(0));
        for (out, byte) in out.iter_mut().zip(bytes) {
            out.write(byte as c_char);
        }
        Ok(())
    })
}

/// Lets processes import memory of this process.
///
/// # Parameters
/// - key: of aclrtIpcMemGetExportKey in this process
/// - pid: process ids, as aclrtDeviceGetBareTgid gives them there
/// - num: how many, above 0
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null or num is 0
/// - 107000 when key is none of this process's
/// - 507899 when the system refuses
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `key`, C2 for `pid` and `num`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtIpcMemSetImportPid(key: *const c_char, pid: *mut i32, num: usize) -> aclError {
    entry::acl("aclrtIpcMemSetImportPid", || {
        // SAFETY: C3.
        let key = unsafe { key_text(key) }?;
        // SAFETY: C2.
        let pids = unsafe { processes(pid.cast_const(), num, "num") }?;
        share::allow(key, pids).map_err(shared("key"))
    })
}

/// Lets processes of several servers import memory of this process. There is one server here: whatever its number, its
/// processes are meant.
///
/// # Parameters
/// - key: of aclrtIpcMemGetExportKey in this process
/// - serverPids: for each server its processes
/// - num: how many servers, above 0
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, or a number is 0
/// - 107000 when key is none of this process's
/// - 507899 when the system refuses
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `key`, C2 for `server_pids` and `num` and for the processes of each.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtIpcMemImportPidInterServer(
    key: *const c_char,
    server_pids: *mut aclrtServerPid,
    num: usize,
) -> aclError {
    entry::acl("aclrtIpcMemImportPidInterServer", || {
        // SAFETY: C3.
        let key = unsafe { key_text(key) }?;
        not_null(server_pids, "serverPids")?;
        if num == 0 {
            let expected = "a number above 0".to_owned();
            return Err(ArgError::Range { argument: "num", expected, got: "0".into() }.into());
        }
        // SAFETY: C2.
        let servers = unsafe { boundary::slice(server_pids.cast_const(), num, "serverPids") }?;
        let mut pids = Vec::new();
        for server in servers {
            // SAFETY: C2.
            pids.extend_from_slice(unsafe {
                processes(server.pid.cast_const(), server.num, "serverPids->num")
            }?);
        }
        share::allow(key, &pids).map_err(shared("key"))
    })
}

/// Maps memory that has a key. A second import gives the same address; in the exporting process it is the memory itself.
///
/// # Parameters
/// - devPtr: receives the address of the first byte that is shared
/// - key: of aclrtIpcMemGetExportKey
/// - flags: ACL_RT_IPC_MEM_IMPORT_FLAG_DEFAULT, or _ENABLE_PEER_ACCESS to let the current device reach the memory's
///   device
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107000 when flags is out of range, or key is none
/// - 107001 when this process has no such device
/// - 107002 when the thread has no context
/// - 207001 when the device has no addresses left
/// - 507899 when the key was closed, its process has ended, or this process may not import it
///
/// Every import needs an aclrtIpcMemClose of its own. The memory stays as it is when the exporter ends.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `dev_ptr`, C3 for `key`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtIpcMemImportByKey(
    dev_ptr: *mut *mut c_void,
    key: *const c_char,
    flags: u64,
) -> aclError {
    entry::acl("aclrtIpcMemImportByKey", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(dev_ptr, "devPtr") }?;
        // SAFETY: C3.
        let key = unsafe { key_text(key) }?;
        if flags > ACL_RT_IPC_MEM_IMPORT_FLAG_ENABLE_PEER_ACCESS {
            return Err(param("flags", "0 or 1", flags));
        }
        let current = runtime::current_device()?;
        install()?;
        let devices = runtime::runtime()?.config().devices;
        let (address, device) = share::import(key, devices).map_err(shared("key"))?;
        if flags == ACL_RT_IPC_MEM_IMPORT_FLAG_ENABLE_PEER_ACCESS && device != current.id() {
            current.set_peer(device, true);
        }
        out.write(std::ptr::without_provenance_mut(address as usize));
        Ok(())
    })
}

/// Sets an attribute of shared memory. The only one, the link it is reached over, makes no difference: simulated devices
/// have none to choose from.
///
/// # Parameters
/// - key: of memory that this process exports, or may import
/// - type: ACL_RT_IPC_MEM_ATTR_ACCESS_LINK
/// - attr: a link from 0 to 3
///
/// # Returns
/// - 0 on success
/// - 100000 when key is null
/// - 107000 when type or attr is out of range, or key is none
/// - 507899 when this process may not import it
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `key`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtIpcMemSetAttr(
    key: *const c_char,
    r#type: aclrtIpcMemAttrType,
    attr: u64,
) -> aclError {
    entry::acl("aclrtIpcMemSetAttr", || {
        // SAFETY: C3.
        let key = unsafe { key_text(key) }?;
        if r#type != ACL_RT_IPC_MEM_ATTR_ACCESS_LINK {
            return Err(param("type", "ACL_RT_IPC_MEM_ATTR_ACCESS_LINK (0)", r#type));
        }
        if attr > ACL_RT_IPC_MEM_ATTR_ACCESS_LINK_UB_MULTI_PORT_PATH as u64 {
            return Err(param("attr", "a link from 0 to 3", attr));
        }
        share::find(key).map_err(shared("key"))
    })
}

/// Ends an import, or in the exporting process the key. Importers close before the exporter does; what they still have
/// mapped stays.
///
/// # Parameters
/// - key: of the memory
///
/// # Returns
/// - 0 on success
/// - 100000 when key is null
/// - 107000 when key stands for nothing that this process exports or has imported
///
/// # Thread safety
/// May be called from any thread. Work that still uses the memory is the caller's to wait for.
///
/// # Safety
/// C3 holds for `key`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtIpcMemClose(key: *const c_char) -> aclError {
    entry::acl("aclrtIpcMemClose", || {
        // SAFETY: C3.
        let key = unsafe { key_text(key) }?;
        share::close(key).map_err(shared("key"))
    })
}
