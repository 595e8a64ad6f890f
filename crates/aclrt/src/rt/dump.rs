//! Dumping of operators: aclsim writes none.

use capi::{Error, abi::aclError, boundary, code, entry};
use std::ffi::c_char;

fn unsupported() -> Error {
    let what = "dumping the operands of operators is not supported by aclsim".to_owned();
    Error::Code { code: code::ACL_ERROR_FEATURE_UNSUPPORTED, what }
}

/// Would begin to dump operators; aclsim does not.
///
/// # Returns
/// - 200006, not supported
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlInitDump() -> aclError {
    entry::acl("aclmdlInitDump", || Err(unsupported()))
}

/// Would choose what is dumped; aclsim does not dump.
///
/// # Parameters
/// - dumpCfgPath: a configuration file
///
/// # Returns
/// - 100000 when `dumpCfgPath` is null
/// - 200006, not supported
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `dump_cfg_path`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlSetDump(dump_cfg_path: *const c_char) -> aclError {
    entry::acl("aclmdlSetDump", || {
        // SAFETY: C3.
        unsafe { boundary::c_str(dump_cfg_path, "dumpCfgPath") }?;
        Err(unsupported())
    })
}

/// Would end dumping, which never begins.
///
/// # Returns
/// - 200006, not supported
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlFinalizeDump() -> aclError {
    entry::acl("aclmdlFinalizeDump", || Err(unsupported()))
}
