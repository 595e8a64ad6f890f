//! Snapshots of a process: its runtime calls are held up, its device memory is kept on the host and put back.

use super::param;
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_ERROR_SNAPSHOT_BACKUP_FAILED, ACL_ERROR_SNAPSHOT_CALLBACK_FAILED, ACL_ERROR_SNAPSHOT_LOCK_FAILED,
        ACL_ERROR_SNAPSHOT_REGISTER_CALLBACK_FAILED, ACL_ERROR_SNAPSHOT_RESTORE_FAILED,
        ACL_ERROR_SNAPSHOT_UNLOCK_FAILED, ACL_RT_SNAPSHOT_BACKUP_POST, ACL_RT_SNAPSHOT_BACKUP_PRE,
        ACL_RT_SNAPSHOT_LOCK_PRE, ACL_RT_SNAPSHOT_RESTORE_POST, ACL_RT_SNAPSHOT_RESTORE_PRE,
        ACL_RT_SNAPSHOT_UNLOCK_POST, aclError, aclrtSnapShotBackupArgs, aclrtSnapShotCallBack,
        aclrtSnapShotRestoreArgs, aclrtSnapShotStage,
    },
    entry, gate, runtime,
};
use npu_device::{Device, memory::snapshot::Snapshot};
use parking_lot::Mutex;
use std::ffi::{c_int, c_void};

/// A function of the program for a stage.
#[derive(Clone, Copy)]
struct Callback {
    stage: aclrtSnapShotStage,
    function: unsafe extern "C" fn(i32, *mut c_void) -> u32,
    args: *mut c_void,
}

// SAFETY: (C4) the program gave function and arguments to be used by whichever thread takes the snapshot.
unsafe impl Send for Callback {}

static CALLBACKS: Mutex<Vec<Callback>> = Mutex::new(Vec::new());

/// What the process is doing. Held by the call that changes it.
enum State {
    Running,
    Locked,
    /// A snapshot of each device in use.
    BackedUp(Vec<Snapshot>),
}

impl State {
    fn name(&self) -> &'static str {
        match self {
            State::Running => "running",
            State::Locked => "locked",
            State::BackedUp(_) => "backed up",
        }
    }

    fn refuse(&self, code: i32, expected: &str) -> Error {
        Error::Code {
            code,
            what: format!("expected a process that is {expected}, got one that is {}", self.name()),
        }
    }
}

static STATE: Mutex<State> = Mutex::new(State::Running);

fn check_pid(pid: c_int) -> Result {
    // Process ids of Linux are below 2^22.
    if pid == std::process::id() as c_int {
        return Ok(());
    }
    Err(param("pid", "the calling process, as others cannot be reached", pid))
}

fn check_reserved<T>(pointer: *const T, argument: &'static str) -> Result {
    if pointer.is_null() { Ok(()) } else { Err(param(argument, "null", format!("{pointer:p}"))) }
}

/// The devices whose primary context exists.
fn used() -> Result<Vec<&'static Device>> {
    Ok(runtime::runtime()?.devices().iter().filter(|device| device.primary().is_some()).collect())
}

/// Calls the program's functions of a stage for each device. The first that does not answer 0 ends it.
fn stage(stage: aclrtSnapShotStage, devices: &[&Device]) -> Result {
    let callbacks = CALLBACKS.lock().clone();
    for callback in callbacks.iter().filter(|callback| callback.stage == stage) {
        for device in devices {
            // SAFETY: (C4) passed on from its registration.
            let answer = unsafe { (callback.function)(device.id() as i32, callback.args) };
            if answer != 0 {
                let what = format!(
                    "the program's function for stage {stage} answered {answer} for device {}, expected 0",
                    device.id()
                );
                return Err(Error::Code { code: ACL_ERROR_SNAPSHOT_CALLBACK_FAILED, what });
            }
        }
    }
    Ok(())
}

/// Locks the process: calls of other threads wait in their first step until it is unlocked, and what is queued is
/// waited for. Functions that ACL_RT_SNAPSHOT_LOCK_PRE registered run before.
///
/// # Parameters
/// - pid: the calling process
/// - reserve: null
///
/// # Returns
/// - 0 on success
/// - 107000 when pid is another process, or reserve is not null
/// - 507906 when the process is locked already
/// - 507912 when a registered function did not answer 0; the process stays as it was
/// - 507015, 507018, 507035 or 507053 when a queued task failed; the process stays as it was
///
/// # Thread safety
/// May be called from any thread; snapshot calls come one after the other. Calls that other threads have begun end
/// normally.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSnapShotProcessLock(pid: c_int, reserve: *mut c_void) -> aclError {
    entry::acl_always("aclrtSnapShotProcessLock", || {
        check_pid(pid)?;
        check_reserved(reserve, "reserve")?;
        let mut state = STATE.lock();
        if !matches!(*state, State::Running) {
            return Err(state.refuse(ACL_ERROR_SNAPSHOT_LOCK_FAILED, "running"));
        }
        let devices = used()?;
        stage(ACL_RT_SNAPSHOT_LOCK_PRE, &devices)?;
        gate::close();
        // Nothing new comes now.
        if let Err(error) = devices.iter().try_for_each(|device| device.synchronize(None)) {
            gate::open();
            return Err(error.into());
        }
        *state = State::Locked;
        Ok(())
    })
}

/// Keeps what is in the memory of the devices on the host. A further backup replaces the one before.
///
/// # Parameters
/// - pid: the calling process
/// - args: null
///
/// # Returns
/// - 0 on success
/// - 107000 when pid is another process, or args is not null
/// - 207001 when the host has not enough memory
/// - 507908 when the process is not locked
/// - 507912 when a registered function did not answer 0
///
/// # Thread safety
/// As aclrtSnapShotProcessLock.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSnapShotProcessBackup(
    pid: c_int,
    args: *mut aclrtSnapShotBackupArgs,
) -> aclError {
    entry::acl_always("aclrtSnapShotProcessBackup", || {
        check_pid(pid)?;
        check_reserved(args, "args")?;
        let mut state = STATE.lock();
        if matches!(*state, State::Running) {
            return Err(state.refuse(ACL_ERROR_SNAPSHOT_BACKUP_FAILED, "locked"));
        }
        let devices = used()?;
        stage(ACL_RT_SNAPSHOT_BACKUP_PRE, &devices)?;
        let taken: Result<Vec<_>> =
            devices.iter().map(|device| Ok(Snapshot::take(device.id(), device.parallel())?)).collect();
        *state = State::BackedUp(taken?);
        stage(ACL_RT_SNAPSHOT_BACKUP_POST, &devices)
    })
}

/// Puts the memory of the devices back as the last backup found it. The process is locked afterwards.
///
/// # Parameters
/// - pid: the calling process
/// - args: null
///
/// # Returns
/// - 0 on success
/// - 107000 when pid is another process, or args is not null
/// - 507909 when there is no backup of the locked process
/// - 507912 when a registered function did not answer 0
///
/// # Thread safety
/// As aclrtSnapShotProcessLock.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSnapShotProcessRestore(
    pid: c_int,
    args: *mut aclrtSnapShotRestoreArgs,
) -> aclError {
    entry::acl_always("aclrtSnapShotProcessRestore", || {
        check_pid(pid)?;
        check_reserved(args, "args")?;
        let mut state = STATE.lock();
        let State::BackedUp(snapshots) = &*state else {
            return Err(state.refuse(ACL_ERROR_SNAPSHOT_RESTORE_FAILED, "backed up"));
        };
        let devices = used()?;
        stage(ACL_RT_SNAPSHOT_RESTORE_PRE, &devices)?;
        for snapshot in snapshots {
            let device = runtime::runtime()?.device(snapshot.device() as i32, "pid")?;
            snapshot.restore(device.parallel())?;
        }
        *state = State::Locked;
        stage(ACL_RT_SNAPSHOT_RESTORE_POST, &devices)
    })
}

/// Unlocks the process: the calls that wait go on, and a backup is dropped.
///
/// # Parameters
/// - pid: the calling process
/// - reserve: null
///
/// # Returns
/// - 0 on success
/// - 107000 when pid is another process, or reserve is not null
/// - 507907 when the process is not locked
/// - 507912 when a registered function did not answer 0; the process is unlocked all the same
///
/// # Thread safety
/// As aclrtSnapShotProcessLock.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSnapShotProcessUnlock(pid: c_int, reserve: *mut c_void) -> aclError {
    entry::acl_always("aclrtSnapShotProcessUnlock", || {
        check_pid(pid)?;
        check_reserved(reserve, "reserve")?;
        let mut state = STATE.lock();
        if matches!(*state, State::Running) {
            return Err(state.refuse(ACL_ERROR_SNAPSHOT_UNLOCK_FAILED, "locked"));
        }
        *state = State::Running;
        gate::open();
        drop(state);
        stage(ACL_RT_SNAPSHOT_UNLOCK_POST, &used()?)
    })
}

fn check_stage(stage: aclrtSnapShotStage) -> Result {
    if stage <= ACL_RT_SNAPSHOT_UNLOCK_POST {
        return Ok(());
    }
    Err(param("stage", "a stage, ACL_RT_SNAPSHOT_LOCK_PRE (0) to ACL_RT_SNAPSHOT_UNLOCK_POST (5)", stage))
}

/// Registers a function for a stage of snapshots. It is called once for each device that is set, on the thread that
/// takes the snapshot; it must make no calls of the runtime.
///
/// # Parameters
/// - stage: ACL_RT_SNAPSHOT_*
/// - callback: the function, called with the device and args; what it answers other than 0 ends the snapshot call
/// - args: what it is called with, may be null
///
/// # Returns
/// - 0 on success
/// - 100000 when callback is null
/// - 107000 when stage is none
/// - 507913 when the function is registered for this stage already
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C4 holds for `callback` and `args`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSnapShotCallbackRegister(
    stage: aclrtSnapShotStage,
    callback: aclrtSnapShotCallBack,
    args: *mut c_void,
) -> aclError {
    entry::acl_always("aclrtSnapShotCallbackRegister", || {
        check_stage(stage)?;
        let function = callback.ok_or(ArgError::Null { argument: "callback" })?;
        let mut callbacks = CALLBACKS.lock();
        let same = |c: &Callback| c.stage == stage && std::ptr::fn_addr_eq(c.function, function);
        if callbacks.iter().any(same) {
            let what =
                format!("argument callback: expected one not registered for stage {stage}, got one that is");
            return Err(Error::Code { code: ACL_ERROR_SNAPSHOT_REGISTER_CALLBACK_FAILED, what });
        }
        callbacks.push(Callback { stage, function, args });
        Ok(())
    })
}

/// Takes back aclrtSnapShotCallbackRegister.
///
/// # Parameters
/// - stage: the stage
/// - callback: the function
///
/// # Returns
/// - 0 on success
/// - 100000 when callback is null
/// - 107000 when stage is none, or the function is not registered for it
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSnapShotCallbackUnregister(
    stage: aclrtSnapShotStage,
    callback: aclrtSnapShotCallBack,
) -> aclError {
    entry::acl_always("aclrtSnapShotCallbackUnregister", || {
        check_stage(stage)?;
        let function = callback.ok_or(ArgError::Null { argument: "callback" })?;
        let mut callbacks = CALLBACKS.lock();
        let same = |c: &Callback| c.stage == stage && std::ptr::fn_addr_eq(c.function, function);
        match callbacks.iter().position(same) {
            Some(place) => drop(callbacks.remove(place)),
            None => return Err(param("callback", "one registered for this stage", "one that is not")),
        }
        Ok(())
    })
}
