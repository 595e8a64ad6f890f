//! Failed tasks: callbacks for them, and what is known of them.

use super::param;
use crate::kernel::binary;
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_RT_ERROR_AICORE, ACL_RT_ERROR_OTHERS, ACL_RT_NO_ERROR, aclError, aclrtBinHandle, aclrtErrorInfo,
        aclrtErrorType, aclrtExceptionInfo, aclrtExceptionInfoCallback, aclrtFuncHandle,
        aclrtOpExceptionCallback,
    },
    boundary,
    code::{ACL_ERROR_RT_PARAM_INVALID, fault_code},
    entry,
    handle::{HandleTable, Kind, Ref},
    runtime,
};
use npu_device::{Exception, FaultKind, KernelCall, last_task};
use parking_lot::Mutex;
use std::{collections::BTreeMap, ffi::c_void, ptr};

type Callback = unsafe extern "C" fn(*mut aclrtExceptionInfo);
type BinaryCallback = unsafe extern "C" fn(*mut aclrtExceptionInfo, *mut c_void);

/// What exception callbacks can ask about. A handle lives as long as its callbacks run.
static INFOS: HandleTable<Exception> = HandleTable::new(Kind::ExceptionInfo);

#[derive(Default)]
struct Callbacks {
    /// Of aclrtSetExceptionInfoCallback.
    slot: Option<Callback>,
    /// Of aclrtExceptionInfoCallbackRegister.
    registered: Vec<Callback>,
    /// Of aclrtBinarySetExceptionCallback, with their data, by binary.
    binaries: BTreeMap<usize, (BinaryCallback, usize)>,
}

static CALLBACKS: Mutex<Callbacks> =
    Mutex::new(Callbacks { slot: None, registered: Vec::new(), binaries: BTreeMap::new() });

/// Changes the callbacks, and has failures told or not.
fn change<T>(change: impl FnOnce(&mut Callbacks) -> T) -> Result<T> {
    let runtime = runtime::runtime()?;
    let mut callbacks = CALLBACKS.lock();
    let result = change(&mut callbacks);
    let any = callbacks.slot.is_some() || !callbacks.registered.is_empty() || !callbacks.binaries.is_empty();
    runtime.observe_exceptions(any.then_some(tell));
    Ok(result)
}

/// Calls the callbacks, on the library's thread for this.
fn tell(exception: &Exception) {
    let binary = exception.kernel.and_then(|kernel| binary::binary_of(kernel.function as usize));
    let (callbacks, of_binary): (Vec<_>, _) = {
        let callbacks = CALLBACKS.lock();
        let of_binary = binary.and_then(|binary| callbacks.binaries.get(&binary).copied());
        (callbacks.slot.iter().chain(&callbacks.registered).copied().collect(), of_binary)
    };
    let Ok(handle) = INFOS.insert(exception.clone()) else { return };
    for callback in callbacks {
        // SAFETY: (C4) the program gave the function for this.
        unsafe { callback(handle.cast()) };
    }
    if let Some((callback, data)) = of_binary {
        // SAFETY: (C4) the program gave function and data for this.
        unsafe { callback(handle.cast(), ptr::with_exposed_provenance_mut(data)) };
    }
    // Nobody else removes them.
    let _ = INFOS.remove(handle);
}

fn info(raw: *const aclrtExceptionInfo) -> Result<Ref<'static, Exception>> {
    INFOS.get(raw.cast()).map_err(|error| error.arg("info"))
}

/// Where there is no code to return, this is what an unknown number is.
const UNKNOWN: u32 = u32::MAX;

fn number(function: &'static str, raw: *const aclrtExceptionInfo, ask: fn(&Exception) -> u32) -> u32 {
    entry::value(function, || Ok(ask(&*info(raw)?))).unwrap_or(UNKNOWN)
}

/// Has a function called when a task fails. There is one; setting another replaces it.
///
/// # Parameters
/// - callback: called with what is known of the failed task, which is valid until it returns. Null for none.
///
/// # Returns
/// - 0 on success
///
/// # Thread safety
/// May be called from any thread. The function runs on a thread of the library that holds no lock, before the call that
/// reports the failure returns; it must not wait for that call. Failures are told one after the other.
///
/// # Safety
/// C4 holds for `callback`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetExceptionInfoCallback(callback: aclrtExceptionInfoCallback) -> aclError {
    entry::acl("aclrtSetExceptionInfoCallback", || change(|callbacks| callbacks.slot = callback))
}

/// Has another function called when a task fails, beside the one of aclrtSetExceptionInfoCallback.
///
/// # Parameters
/// - callback: as for aclrtSetExceptionInfoCallback
///
/// # Returns
/// - 0 on success
/// - 100000 when `callback` is null
/// - 107000 when it is registered already
///
/// # Thread safety
/// As aclrtSetExceptionInfoCallback.
///
/// # Safety
/// C4 holds for `callback`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtExceptionInfoCallbackRegister(
    callback: aclrtExceptionInfoCallback,
) -> aclError {
    entry::acl("aclrtExceptionInfoCallbackRegister", || {
        let callback = callback.ok_or(ArgError::Null { argument: "callback" })?;
        change(|callbacks| {
            if callbacks.registered.iter().any(|other| ptr::fn_addr_eq(*other, callback)) {
                return Err(param("callback", "a function that is not registered yet", "a registered one"));
            }
            callbacks.registered.push(callback);
            Ok(())
        })?
    })
}

/// Ends aclrtExceptionInfoCallbackRegister.
///
/// # Parameters
/// - callback: the function. A call of it that has begun goes on.
///
/// # Returns
/// - 0 on success
/// - 100000 when `callback` is null
/// - 107000 when it is not registered
///
/// # Thread safety
/// May be called from any thread, the function itself included.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtExceptionInfoCallbackUnregister(
    callback: aclrtExceptionInfoCallback,
) -> aclError {
    entry::acl("aclrtExceptionInfoCallbackUnregister", || {
        let callback = callback.ok_or(ArgError::Null { argument: "callback" })?;
        change(|callbacks| {
            let place = callbacks.registered.iter().position(|other| ptr::fn_addr_eq(*other, callback));
            match place {
                Some(place) => drop(callbacks.registered.remove(place)),
                None => return Err(param("callback", "a registered function", "one that is not")),
            }
            Ok(())
        })?
    })
}

/// Has a function called when a kernel of a binary fails. There is one for each binary; setting another replaces it. It
/// is called after those of aclrtSetExceptionInfoCallback and aclrtExceptionInfoCallbackRegister.
///
/// # Parameters
/// - binHandle: the binary
/// - callback: called with what is known of the failed task, which is valid until it returns. Null for none.
/// - userData: what it is called with as well, may be null
///
/// # Returns
/// - 0 on success
/// - 100000 when `binHandle` is null
/// - 107017 when it is no binary, or was unloaded
///
/// # Thread safety
/// As aclrtSetExceptionInfoCallback. The function is not called any more once the binary is unloaded.
///
/// # Safety
/// C4 holds for `callback` and `user_data`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtBinarySetExceptionCallback(
    bin_handle: aclrtBinHandle,
    callback: aclrtOpExceptionCallback,
    user_data: *mut c_void,
) -> aclError {
    entry::acl("aclrtBinarySetExceptionCallback", || {
        let _binary = binary::get(bin_handle)?;
        change(|callbacks| {
            match callback {
                Some(callback) => {
                    callbacks.binaries.insert(bin_handle.addr(), (callback, user_data.expose_provenance()))
                }
                None => callbacks.binaries.remove(&bin_handle.addr()),
            };
        })
    })
}

/// Ends the callback of a binary that is being unloaded.
pub(crate) fn forget_binary(bin_handle: usize) {
    if CALLBACKS.lock().binaries.contains_key(&bin_handle) {
        // The runtime is there: it was when the callback was set.
        let _ = change(|callbacks| callbacks.binaries.remove(&bin_handle));
    }
}

/// The number of the failed task on its stream. It is what aclrtGetThreadLastTaskId has said after it was queued.
///
/// # Parameters
/// - info: what the exception callback was called with
///
/// # Returns
/// - the number, from 1
/// - 0xffffffff when `info` is null or not valid any more
///
/// # Thread safety
/// To be called in an exception callback.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetTaskIdFromExceptionInfo(info: *const aclrtExceptionInfo) -> u32 {
    number("aclrtGetTaskIdFromExceptionInfo", info, |exception| exception.task as u32)
}

/// The number of the failed task's stream, as by aclrtStreamGetId.
///
/// # Parameters
/// - info: what the exception callback was called with
///
/// # Returns
/// - the number
/// - 0xffffffff when `info` is null or not valid any more
///
/// # Thread safety
/// To be called in an exception callback.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetStreamIdFromExceptionInfo(info: *const aclrtExceptionInfo) -> u32 {
    number("aclrtGetStreamIdFromExceptionInfo", info, |exception| exception.stream)
}

/// The system's number (gettid) of the thread that queued the failed task.
///
/// # Parameters
/// - info: what the exception callback was called with
///
/// # Returns
/// - the number
/// - 0xffffffff when `info` is null or not valid any more
///
/// # Thread safety
/// To be called in an exception callback.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetThreadIdFromExceptionInfo(info: *const aclrtExceptionInfo) -> u32 {
    number("aclrtGetThreadIdFromExceptionInfo", info, |exception| exception.thread)
}

/// The device of the failed task.
///
/// # Parameters
/// - info: what the exception callback was called with
///
/// # Returns
/// - the device
/// - 0xffffffff when `info` is null or not valid any more
///
/// # Thread safety
/// To be called in an exception callback.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetDeviceIdFromExceptionInfo(info: *const aclrtExceptionInfo) -> u32 {
    number("aclrtGetDeviceIdFromExceptionInfo", info, |exception| exception.device)
}

/// The code that the next synchronising call reports for the failed task.
///
/// # Parameters
/// - info: what the exception callback was called with
///
/// # Returns
/// - the code, for example 507015
/// - 0xffffffff when `info` is null or not valid any more
///
/// # Thread safety
/// To be called in an exception callback.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetErrorCodeFromExceptionInfo(info: *const aclrtExceptionInfo) -> u32 {
    number("aclrtGetErrorCodeFromExceptionInfo", info, |exception| fault_code(exception.fault.kind) as u32)
}

/// The kernel of the program that failed.
fn kernel(raw: *const aclrtExceptionInfo) -> Result<KernelCall> {
    let exception = info(raw)?;
    exception.kernel.ok_or_else(|| Error::Code {
        code: ACL_ERROR_RT_PARAM_INVALID,
        what: format!(
            "argument info: expected a failed kernel of the program, got a task of {}",
            exception.call
        ),
    })
}

/// The arguments of the kernel that failed.
///
/// # Parameters
/// - info: what the exception callback was called with
/// - devArgsPtr: receives the device address of the arguments
/// - devArgsLen: receives their size
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107000 when the failed task is no kernel launched by the program
/// - 107017 when `info` is not valid any more
///
/// # Thread safety
/// To be called in an exception callback.
///
/// # Safety
/// C1 holds for `dev_args_ptr` and `dev_args_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetArgsFromExceptionInfo(
    info: *const aclrtExceptionInfo,
    dev_args_ptr: *mut *mut c_void,
    dev_args_len: *mut u32,
) -> aclError {
    entry::acl("aclrtGetArgsFromExceptionInfo", || {
        // SAFETY: (C1) passed on.
        let pointer = unsafe { boundary::out(dev_args_ptr, "devArgsPtr") }?;
        // SAFETY: (C1) passed on.
        let length = unsafe { boundary::out(dev_args_len, "devArgsLen") }?;
        let kernel = kernel(info)?;
        pointer.write(ptr::without_provenance_mut(kernel.arguments as usize));
        length.write(kernel.length);
        Ok(())
    })
}

/// The kernel that failed.
///
/// # Parameters
/// - info: what the exception callback was called with
/// - func: receives the function handle that it was launched by
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107000 when the failed task is no kernel launched by the program
/// - 107017 when `info` is not valid any more
///
/// # Thread safety
/// To be called in an exception callback.
///
/// # Safety
/// C1 holds for `func`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetFuncHandleFromExceptionInfo(
    info: *const aclrtExceptionInfo,
    func: *mut aclrtFuncHandle,
) -> aclError {
    entry::acl("aclrtGetFuncHandleFromExceptionInfo", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(func, "func") }?;
        out.write(ptr::without_provenance_mut(kernel(info)?.function as usize));
        Ok(())
    })
}

/// The number that the last task queued by the calling thread has on its stream. Small work that an idle stream does at
/// once has no turn in its queue: it counts here only when it fails, and has then the number of the task that follows.
///
/// # Parameters
/// - taskId: receives the number, from 1; 0 when the thread has queued none
///
/// # Returns
/// - 0 on success
/// - 100000 when `taskId` is null
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// Per thread.
///
/// # Safety
/// C1 holds for `task_id`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetThreadLastTaskId(task_id: *mut u32) -> aclError {
    entry::acl("aclrtGetThreadLastTaskId", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(task_id, "taskId") }?;
        runtime::current_context()?;
        out.write(last_task().unwrap_or(0) as u32);
        Ok(())
    })
}

/// CANN's class of a failure.
fn class(kind: FaultKind) -> aclrtErrorType {
    match kind {
        FaultKind::AiCore | FaultKind::AiCoreTimeout | FaultKind::Vector => ACL_RT_ERROR_AICORE,
        FaultKind::AiCpu | FaultKind::Memory | FaultKind::Wait | FaultKind::Internal => ACL_RT_ERROR_OTHERS,
    }
}

/// What is wrong with a device: the class of the last task that failed on it since the last aclrtDeviceTaskAbort.
/// Memory of the simulated device does not break, so nothing can be repaired.
///
/// # Parameters
/// - deviceId: the device
/// - errorInfo: receives the class, ACL_RT_NO_ERROR without a failure; `tryRepair` and `hasDetail` are 0
///
/// # Returns
/// - 0 on success
/// - 100000 when `errorInfo` is null
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `error_info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetErrorVerbose(device_id: i32, error_info: *mut aclrtErrorInfo) -> aclError {
    entry::acl("aclrtGetErrorVerbose", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(error_info, "errorInfo") }?;
        let runtime = runtime::runtime()?;
        let device = runtime.device(device_id, "deviceId")?;
        let error_type = runtime.last_fault(device.id()).map_or(ACL_RT_NO_ERROR, class);
        // SAFETY: a structure of numbers; all zero is a value of it.
        let mut info = unsafe { std::mem::zeroed::<aclrtErrorInfo>() };
        info.errorType = error_type;
        out.write(info);
        Ok(())
    })
}

/// Repairs what aclrtGetErrorVerbose has found, if its `tryRepair` says that this is possible. On the simulated device it
/// never is.
///
/// # Parameters
/// - deviceId: the device
/// - errorInfo: what aclrtGetErrorVerbose has said
///
/// # Returns
/// - 100000 when `errorInfo` is null
/// - 107000 when its `tryRepair` is 0, or it does not come from aclrtGetErrorVerbose
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `error_info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtRepairError(device_id: i32, error_info: *const aclrtErrorInfo) -> aclError {
    entry::acl("aclrtRepairError", || {
        // SAFETY: (C1) passed on.
        let info = unsafe { boundary::required(error_info, "errorInfo") }?;
        runtime::runtime()?.device(device_id, "deviceId")?;
        let expected = "an error whose tryRepair is 1; the simulated device has none";
        Err(param(
            "errorInfo",
            expected,
            format!("class {} with tryRepair {}", info.errorType, info.tryRepair),
        ))
    })
}
