//! What went wrong last.

use super::param;
use capi::{
    abi::{ACL_RT_THREAD_LEVEL, aclError, aclrtLastErrLevel},
    entry, message,
};
use std::ffi::c_char;

fn check(level: aclrtLastErrLevel) -> capi::Result {
    match level {
        ACL_RT_THREAD_LEVEL => Ok(()),
        other => Err(param("level", "ACL_RT_THREAD_LEVEL (0)", other)),
    }
}

/// The code of the calling thread's last failure. It stays.
///
/// # Parameters
/// - level: ACL_RT_THREAD_LEVEL
///
/// # Returns
/// - the code, 0 when there was no failure since the last aclrtGetLastError
/// - 107000 when `level` is another
///
/// # Thread safety
/// Per thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtPeekAtLastError(level: aclrtLastErrLevel) -> aclError {
    match entry::acl("aclrtPeekAtLastError", || check(level)) {
        0 => message::last_code(),
        refused => refused,
    }
}

/// The code of the calling thread's last failure, which is then forgotten.
///
/// # Parameters
/// - level: ACL_RT_THREAD_LEVEL
///
/// # Returns
/// - the code, 0 when there was no failure since the last aclrtGetLastError
/// - 107000 when `level` is another
///
/// # Thread safety
/// Per thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetLastError(level: aclrtLastErrLevel) -> aclError {
    match entry::acl("aclrtGetLastError", || check(level)) {
        0 => message::take_code(),
        refused => refused,
    }
}

/// The message of the last failure, which is then forgotten: process id, time, function, argument, what was expected
/// and what came.
///
/// # Returns
/// - the message, valid until the next call on the same thread; not to be freed
/// - null when there was no failure since the last call
///
/// # Thread safety
/// Per thread, unless aclInit's configuration sets `err_msg_mode` to "1".
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetRecentErrMsg() -> *const c_char {
    message::recent()
}
