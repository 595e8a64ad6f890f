//! Notifies: records that waits take, between streams, devices and processes.

use super::{param, seconds};
use capi::{
    ArgError, Result,
    abi::{
        ACL_NOTIFY_DEFAULT, ACL_NOTIFY_DEVICE_USE_ONLY, ACL_RT_NOTIFY_EXPORT_FLAG_DEFAULT,
        ACL_RT_NOTIFY_EXPORT_FLAG_DISABLE_PID_VALIDATION, ACL_RT_NOTIFY_IMPORT_FLAG_DEFAULT,
        ACL_RT_NOTIFY_IMPORT_FLAG_ENABLE_PEER_ACCESS, aclError, aclrtNotify, aclrtServerPid, aclrtStream,
    },
    boundary, entry,
    handle::{HandleTable, Kind, Ref},
    runtime,
};
use npu_device::{Notify, ipc::KEY_BYTES};
use std::{ffi::c_char, sync::Arc};

/// Notifies by handle.
static NOTIFIES: HandleTable<Arc<Notify>> = HandleTable::new(Kind::Notify);

fn notify(raw: aclrtNotify, argument: &'static str) -> Result<Ref<'static, Arc<Notify>>> {
    NOTIFIES.get(raw).map_err(|error| error.arg(argument))
}

/// The count of an array that may not be empty.
fn not_empty(num: usize) -> Result {
    if num > 0 {
        return Ok(());
    }
    let expected = "at least 1".to_owned();
    Err(ArgError::Range { argument: "num", expected, got: "0".to_owned() }.into())
}

/// Creates a notify on the current device. It is not recorded.
///
/// # Parameters
/// - notify: receives the notify, to be destroyed by aclrtDestroyNotify
/// - flag: ACL_NOTIFY_DEFAULT or ACL_NOTIFY_DEVICE_USE_ONLY
///
/// # Returns
/// - 0 on success
/// - 100000 when `notify` is null
/// - 107000 when `flag` is neither
/// - 107002 when the thread has no current context
/// - 207009 when the device has 8,192 notifies
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `notify`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCreateNotify(notify: *mut aclrtNotify, flag: u64) -> aclError {
    entry::acl("aclrtCreateNotify", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(notify, "notify") }?;
        if flag != u64::from(ACL_NOTIFY_DEFAULT) && flag != u64::from(ACL_NOTIFY_DEVICE_USE_ONLY) {
            let expected = "ACL_NOTIFY_DEFAULT (0) or ACL_NOTIFY_DEVICE_USE_ONLY (1)";
            return Err(param("flag", expected, format!("{flag:#x}")));
        }
        let notify = Notify::new(runtime::current_device()?)?;
        out.write(NOTIFIES.insert(notify).map_err(|error| error.arg("notify"))?);
        Ok(())
    })
}

/// Destroys a notify. Records and waits that are queued go on as if it lived, and so does what other processes have
/// imported; nobody can import it any more.
///
/// # Parameters
/// - notify: the notify. The handle is invalid at once.
///
/// # Returns
/// - 0 on success
/// - 100000 when `notify` is null
/// - 107017 when it is no notify, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDestroyNotify(notify: aclrtNotify) -> aclError {
    entry::acl("aclrtDestroyNotify", || {
        NOTIFIES.remove(notify).map_err(|error| error.arg("notify"))?.destroy();
        Ok(())
    })
}

/// Queues a record: when the stream comes to it, one wait goes on, now or later. A record of a recorded notify changes
/// nothing.
///
/// # Parameters
/// - notify: a notify, of any device
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success
/// - 100000 when `notify` is null
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when notify or stream are none, or were already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtRecordNotify(notify: aclrtNotify, stream: aclrtStream) -> aclError {
    entry::acl("aclrtRecordNotify", || {
        let notify = self::notify(notify, "notify")?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        Ok(notify.record("aclrtRecordNotify", &stream)?)
    })
}

/// Makes a stream wait until a notify is recorded, and takes the record: of several waits one goes on.
///
/// # Parameters
/// - notify: a notify, of any device
/// - stream: a stream of the current context; null is its default stream
/// - timeout: seconds; 0 is no limit
///
/// # Returns
/// - 0 on success. When the time is up, the stream fails with 107019, and so it does when the process that shared the
///   notify has ended.
/// - 100000 when `notify` is null
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when notify or stream are none, or were already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtWaitAndResetNotify(
    notify: aclrtNotify,
    stream: aclrtStream,
    timeout: u32,
) -> aclError {
    entry::acl("aclrtWaitAndResetNotify", || {
        let notify = self::notify(notify, "notify")?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        Ok(notify.wait("aclrtWaitAndResetNotify", &stream, seconds(timeout))?)
    })
}

/// The number of a notify on its device.
///
/// # Parameters
/// - notify: a notify
/// - notifyId: receives the number, from 0; no other notify that lives there has it
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107017 when it is no notify, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `notify_id`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetNotifyId(notify: aclrtNotify, notify_id: *mut u32) -> aclError {
    entry::acl("aclrtGetNotifyId", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(notify_id, "notifyId") }?;
        out.write(self::notify(notify, "notify")?.id());
        Ok(())
    })
}

/// Takes the records of several notifies back, at once. Records that are queued come later.
///
/// # Parameters
/// - notifies: `num` notifies; none is changed when one is invalid
/// - num: at least 1
///
/// # Returns
/// - 0 on success
/// - 100000 when `notifies` is null or `num` is 0
/// - 107017 when one is no notify, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `notifies` and `num`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtNotifyBatchReset(notifies: *mut aclrtNotify, num: usize) -> aclError {
    entry::acl("aclrtNotifyBatchReset", || {
        not_empty(num)?;
        // SAFETY: (C2) passed on.
        let handles = unsafe { boundary::slice(notifies, num, "notifies") }?;
        let found: Vec<_> = handles.iter().map(|raw| notify(*raw, "notifies")).collect::<Result<_>>()?;
        found.iter().for_each(|notify| notify.reset());
        Ok(())
    })
}

/// Shares a notify with other processes.
///
/// # Parameters
/// - notify: a notify of this process
/// - key: receives the key to hand to them, a string of less than 65 bytes; the same one every time
/// - len: bytes of `key`, at least 65
/// - flags: ACL_RT_NOTIFY_EXPORT_FLAG_DEFAULT, to name the processes by aclrtNotifySetImportPid, or
///   ACL_RT_NOTIFY_EXPORT_FLAG_DISABLE_PID_VALIDATION
///
/// # Returns
/// - 0 on success
/// - 100000 when `notify` or `key` is null
/// - 107000 when `len` is too small, `flags` has other bits or differs from an earlier call, or the notify was imported
/// - 107017 when it is no notify, or was already destroyed
/// - 507899 when the system has no memory to share
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `key` and `len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtNotifyGetExportKey(
    notify: aclrtNotify,
    key: *mut c_char,
    len: usize,
    flags: u64,
) -> aclError {
    entry::acl("aclrtNotifyGetExportKey", || {
        super::not_null(key, "key")?;
        if len < KEY_BYTES {
            return Err(param("len", "at least 65", len));
        }
        // SAFETY: (C2) passed on; less than `len`.
        let out = unsafe { boundary::out_slice(key.cast::<u8>(), KEY_BYTES, "key") }?;
        let anyone = match flags {
            ACL_RT_NOTIFY_EXPORT_FLAG_DEFAULT => false,
            ACL_RT_NOTIFY_EXPORT_FLAG_DISABLE_PID_VALIDATION => true,
            _ => {
                let expected = "ACL_RT_NOTIFY_EXPORT_FLAG_DEFAULT (0) or _DISABLE_PID_VALIDATION (2)";
                return Err(param("flags", expected, format!("{flags:#x}")));
            }
        };
        let bytes = self::notify(notify, "notify")?.share(anyone, |key| key.padded::<KEY_BYTES>())?;
        for (place, byte) in out.iter_mut().zip(bytes) {
            place.write(byte);
        }
        Ok(())
    })
}

/// A notify that another process shares, counted with those of the current device.
///
/// # Parameters
/// - notify: receives the notify, to be destroyed by aclrtDestroyNotify in this process as well
/// - key: what aclrtNotifyGetExportKey wrote there
/// - flags: ACL_RT_NOTIFY_IMPORT_FLAG_DEFAULT, or ACL_RT_NOTIFY_IMPORT_FLAG_ENABLE_PEER_ACCESS to let the current device
///   reach the notify's as aclrtDeviceEnablePeerAccess does
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107000 when `flags` has other bits, or `key` is no key of a notify
/// - 107002 when the thread has no current context
/// - 207009 when the device has 8,192 notifies
/// - 507899 when this process may not import it, or it is shared no longer
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `notify`, C3 for `key`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtNotifyImportByKey(
    notify: *mut aclrtNotify,
    key: *const c_char,
    flags: u64,
) -> aclError {
    entry::acl("aclrtNotifyImportByKey", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(notify, "notify") }?;
        // SAFETY: (C3) passed on.
        let key = unsafe { boundary::c_str(key, "key") }?.to_string_lossy();
        let peer = match flags {
            ACL_RT_NOTIFY_IMPORT_FLAG_DEFAULT => false,
            ACL_RT_NOTIFY_IMPORT_FLAG_ENABLE_PEER_ACCESS => true,
            _ => {
                let expected = "ACL_RT_NOTIFY_IMPORT_FLAG_DEFAULT (0) or _ENABLE_PEER_ACCESS (2)";
                return Err(param("flags", expected, format!("{flags:#x}")));
            }
        };
        let device = runtime::current_device()?;
        let notify = Notify::import(device, &key)?;
        let origin = notify.origin();
        let handle = NOTIFIES.insert(notify).map_err(|error| error.arg("notify"))?;
        if peer && origin != device.id() && (origin as usize) < runtime::runtime()?.devices().len() {
            device.set_peer(origin, true);
        }
        out.write(handle);
        Ok(())
    })
}

/// Lets processes import a notify, beside those that were named before.
///
/// # Parameters
/// - notify: a notify whose key was exported
/// - pid: `num` process ids
/// - num: at least 1
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null or `num` is 0
/// - 107000 when no key of the notify was exported, or an id is not positive
/// - 107017 when it is no notify, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `pid` and `num`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtNotifySetImportPid(notify: aclrtNotify, pid: *mut i32, num: usize) -> aclError {
    entry::acl("aclrtNotifySetImportPid", || {
        not_empty(num)?;
        // SAFETY: (C2) passed on.
        let processes = unsafe { boundary::slice(pid, num, "pid") }?;
        check_processes(processes)?;
        Ok(self::notify(notify, "notify")?.allow(processes)?)
    })
}

fn check_processes(processes: &[i32]) -> Result {
    match processes.iter().find(|process| **process <= 0) {
        Some(process) => Err(param("pid", "positive process ids", process)),
        None => Ok(()),
    }
}

/// As aclrtNotifySetImportPid, for processes on several servers. All of them are this machine, whatever `sdid` says.
///
/// # Parameters
/// - notify: a notify whose key was exported
/// - serverPids: `num` servers, each with the ids of its processes
/// - num: at least 1
///
/// # Returns
/// As aclrtNotifySetImportPid.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `server_pids` and `num`, and for the ids in each of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtNotifySetImportPidInterServer(
    notify: aclrtNotify,
    server_pids: *mut aclrtServerPid,
    num: usize,
) -> aclError {
    entry::acl("aclrtNotifySetImportPidInterServer", || {
        not_empty(num)?;
        // SAFETY: (C2) passed on.
        let servers = unsafe { boundary::slice(server_pids, num, "serverPids") }?;
        let mut processes = Vec::new();
        for server in servers {
            // SAFETY: (C2) passed on.
            processes
                .extend_from_slice(unsafe { boundary::slice(server.pid, server.num, "serverPids.pid") }?);
        }
        check_processes(&processes)?;
        Ok(self::notify(notify, "notify")?.allow(&processes)?)
    })
}
