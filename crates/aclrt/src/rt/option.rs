//! Options of the runtime: precision, determinism, time limits of operators.

use super::param;
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_ERROR_RT_SYSPARAMOPT_NOT_SET, ACL_OPT_DETERMINISTIC, ACL_OPT_ENABLE_KERNEL_EARLY_START,
        ACL_RT_OVERFLOW_MODE_INFNAN, ACL_RT_OVERFLOW_MODE_SATURATION, ACL_RT_OVERFLOW_MODE_UNDEF, aclError,
        aclSysParamOpt, aclrtFloatOverflowMode,
    },
    boundary, entry, runtime,
};
use npu_device::Options;

/// The place of an option among [`Options`].
fn place(opt: aclSysParamOpt) -> Result<usize> {
    if opt <= ACL_OPT_ENABLE_KERNEL_EARLY_START {
        return Ok(opt as usize);
    }
    let expected = format!("an option from 0 to {ACL_OPT_ENABLE_KERNEL_EARLY_START}");
    Err(ArgError::Range { argument: "opt", expected, got: opt.to_string() }.into())
}

fn set(options: &Options, opt: aclSysParamOpt, value: i64) -> Result {
    let place = place(opt)?;
    // Determinism has a strict form, 2.
    let most = if opt == ACL_OPT_DETERMINISTIC { 2 } else { 1 };
    if !(0..=most).contains(&value) {
        let expected = format!("a value from 0 to {most}");
        return Err(ArgError::Range { argument: "value", expected, got: value.to_string() }.into());
    }
    options.set(place, value);
    Ok(())
}

fn get(options: &Options, opt: aclSysParamOpt) -> Result<i64> {
    options.get(place(opt)?).ok_or_else(|| Error::Code {
        code: ACL_ERROR_RT_SYSPARAMOPT_NOT_SET,
        what: format!("argument opt: expected an option that was set, got {opt}, which was not"),
    })
}

/// The options of the process, which those of a context override.
static PROCESS: Options = Options::new();

/// Sets an option of the current context. Results are deterministic and operands are checked whatever the options say,
/// so they are kept to be read back.
///
/// # Parameters
/// - opt: ACL_OPT_DETERMINISTIC, ACL_OPT_ENABLE_DEBUG_KERNEL, ACL_OPT_STRONG_CONSISTENCY or
///   ACL_OPT_ENABLE_KERNEL_EARLY_START
/// - value: 0 or 1; for ACL_OPT_DETERMINISTIC also 2
///
/// # Returns
/// - 0 on success
/// - 100000 when `opt` or `value` is out of range
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCtxSetSysParamOpt(opt: aclSysParamOpt, value: i64) -> aclError {
    entry::acl("aclrtCtxSetSysParamOpt", || set(runtime::current_context()?.options(), opt, value))
}

/// An option of the current context.
///
/// # Parameters
/// - opt: as for aclrtCtxSetSysParamOpt
/// - value: receives its value
///
/// # Returns
/// - 0 on success
/// - 100000 when `value` is null or `opt` is out of range
/// - 107002 when the thread has no current context
/// - 107021 when the option was not set
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCtxGetSysParamOpt(opt: aclSysParamOpt, value: *mut i64) -> aclError {
    entry::acl("aclrtCtxGetSysParamOpt", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(value, "value") }?;
        out.write(get(runtime::current_context()?.options(), opt)?);
        Ok(())
    })
}

/// As aclrtCtxSetSysParamOpt, for the process.
///
/// # Parameters
/// - opt: as for aclrtCtxSetSysParamOpt
/// - value: as for aclrtCtxSetSysParamOpt
///
/// # Returns
/// - 0 on success
/// - 100000 when `opt` or `value` is out of range
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetSysParamOpt(opt: aclSysParamOpt, value: i64) -> aclError {
    entry::acl("aclrtSetSysParamOpt", || set(&PROCESS, opt, value))
}

/// As aclrtCtxGetSysParamOpt, for the process, where an option that was not set is 0.
///
/// # Parameters
/// - opt: as for aclrtCtxSetSysParamOpt
/// - value: receives its value
///
/// # Returns
/// - 0 on success
/// - 100000 when `value` is null or `opt` is out of range
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetSysParamOpt(opt: aclSysParamOpt, value: *mut i64) -> aclError {
    entry::acl("aclrtGetSysParamOpt", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(value, "value") }?;
        out.write(PROCESS.get(place(opt)?).unwrap_or(0));
        Ok(())
    })
}

/// Chooses what a floating-point overflow gives on the current device: infinity, always.
///
/// # Parameters
/// - mode: ACL_RT_OVERFLOW_MODE_INFNAN, or ACL_RT_OVERFLOW_MODE_UNDEF for the default, which is the same
///
/// # Returns
/// - 0 on success
/// - 107000 when `mode` is no mode
/// - 107002 when the thread has no current context
/// - 207000 for ACL_RT_OVERFLOW_MODE_SATURATION
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetDeviceSatMode(mode: aclrtFloatOverflowMode) -> aclError {
    entry::acl("aclrtSetDeviceSatMode", || {
        runtime::current_device()?;
        match mode {
            ACL_RT_OVERFLOW_MODE_INFNAN | ACL_RT_OVERFLOW_MODE_UNDEF => Ok(()),
            ACL_RT_OVERFLOW_MODE_SATURATION => {
                Err(Error::Unsupported { what: "saturation of floating-point overflows".to_owned() })
            }
            other => Err(param("mode", "a mode from 0 to 2", other)),
        }
    })
}

/// What a floating-point overflow gives on the current device.
///
/// # Parameters
/// - mode: receives ACL_RT_OVERFLOW_MODE_INFNAN
///
/// # Returns
/// - 0 on success
/// - 100000 when `mode` is null
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `mode`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetDeviceSatMode(mode: *mut aclrtFloatOverflowMode) -> aclError {
    entry::acl("aclrtGetDeviceSatMode", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(mode, "mode") }?;
        runtime::current_device()?;
        out.write(ACL_RT_OVERFLOW_MODE_INFNAN);
        Ok(())
    })
}

/// Limits how long an operator may run. Every operator of the simulated device ends, so the limit is never met.
///
/// # Parameters
/// - timeout: seconds, 0 for the longest limit
///
/// # Returns
/// - 0 on success
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetOpExecuteTimeOut(_timeout: u32) -> aclError {
    entry::acl("aclrtSetOpExecuteTimeOut", || Ok(()))
}

/// As aclrtSetOpExecuteTimeOut, in milliseconds.
///
/// # Parameters
/// - timeout: milliseconds, 0 for the longest limit
///
/// # Returns
/// - 0 on success
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetOpExecuteTimeOutWithMs(_timeout: u32) -> aclError {
    entry::acl("aclrtSetOpExecuteTimeOutWithMs", || Ok(()))
}

/// As aclrtSetOpExecuteTimeOut, in microseconds, and says which limit is in force.
///
/// # Parameters
/// - timeout: microseconds, 0 for the longest limit
/// - actualTimeout: receives the limit
///
/// # Returns
/// - 0 on success
/// - 100000 when `actualTimeout` is null
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `actual_timeout`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetOpExecuteTimeOutV2(timeout: u64, actual_timeout: *mut u64) -> aclError {
    entry::acl("aclrtSetOpExecuteTimeOutV2", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(actual_timeout, "actualTimeout") }?;
        out.write(timeout);
        Ok(())
    })
}

/// Limits how long a stream waits for an event. Waits of the simulated device have no limit.
///
/// # Parameters
/// - timeout: 0, which is no limit; in seconds otherwise
///
/// # Returns
/// - 0 on success
/// - 207000 when `timeout` is not 0
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetOpWaitTimeout(timeout: u32) -> aclError {
    entry::acl("aclrtSetOpWaitTimeout", || match timeout {
        0 => Ok(()),
        _ => Err(Error::Unsupported { what: format!("a limit of {timeout} s on waiting for events") }),
    })
}
