//! Options of the runtime: precision, determinism, time limits of operators.

use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_ERROR_RT_SYSPARAMOPT_NOT_SET, ACL_OPT_DETERMINISTIC, ACL_OPT_ENABLE_KERNEL_EARLY_START, aclError,
        aclSysParamOpt,
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
