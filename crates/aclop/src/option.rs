//! Options of the operator compiler. aclsim compiles nothing; programs set options and read them back.

use capi::{
    ArgError, Result,
    abi::{ACL_OP_DEBUG_OPTION, ACL_OP_JIT_COMPILE, aclCompileOpt, aclError},
    boundary, entry,
};
use parking_lot::Mutex;
use std::ffi::{CStr, CString, c_char};

const COUNT: usize = ACL_OP_DEBUG_OPTION as usize + 1;

static OPTIONS: Mutex<[Option<CString>; COUNT]> = Mutex::new([const { None }; COUNT]);

fn place(opt: aclCompileOpt) -> Result<usize> {
    if (opt as usize) < COUNT {
        return Ok(opt as usize);
    }
    let expected = format!("an option, ACL_PRECISION_MODE (0) to {}", COUNT - 1);
    Err(ArgError::Range { argument: "opt", expected, got: opt.to_string() }.into())
}

/// What an option is before anybody sets it: operators are not compiled when they are called.
fn default(opt: aclCompileOpt) -> &'static CStr {
    if opt == ACL_OP_JIT_COMPILE { c"disable" } else { c"" }
}

fn value(opt: aclCompileOpt) -> Result<CString> {
    let place = place(opt)?;
    Ok(OPTIONS.lock()[place].clone().unwrap_or_else(|| default(opt).to_owned()))
}

/// Sets an option of the operator compiler, for the process.
///
/// Operators are not compiled, so no option changes what an operator computes. ACL_OP_JIT_COMPILE, "disable" at
/// first, tells frameworks which interface of operators to call.
///
/// # Parameters
/// - opt: the option
/// - value: its value, copied
///
/// # Returns
/// - 0 on success
/// - 100000 when value is null, opt is unknown, or ACL_OP_JIT_COMPILE is given neither "enable" nor "disable"
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclSetCompileopt(opt: aclCompileOpt, value: *const c_char) -> aclError {
    entry::acl("aclSetCompileopt", || {
        // SAFETY: C3.
        let value = unsafe { boundary::c_str(value, "value") }?;
        let place = place(opt)?;
        if opt == ACL_OP_JIT_COMPILE && value != c"enable" && value != c"disable" {
            let expected = "\"enable\" or \"disable\"".to_owned();
            return Err(ArgError::Range { argument: "value", expected, got: format!("{value:?}") }.into());
        }
        OPTIONS.lock()[place] = Some(value.to_owned());
        Ok(())
    })
}

/// The bytes that aclGetCompileopt needs for an option's value, its end included.
///
/// # Parameters
/// - opt: the option
///
/// # Returns
/// The size; 0 if the option is unknown.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetCompileoptSize(opt: aclCompileOpt) -> usize {
    entry::value("aclGetCompileoptSize", || value(opt)).map_or(0, |value| value.as_bytes_with_nul().len())
}

/// An option of the operator compiler.
///
/// # Parameters
/// - opt: the option
/// - value: receives its value, with its end; empty if nobody set it
/// - length: how many bytes fit at value
///
/// # Returns
/// - 0 on success
/// - 100000 when value is null, opt is unknown, or length is less than aclGetCompileoptSize says
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for `value` with `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetCompileopt(opt: aclCompileOpt, value: *mut c_char, length: usize) -> aclError {
    entry::acl("aclGetCompileopt", || {
        // SAFETY: C1, implied by C2: one byte at least.
        unsafe { boundary::required(value.cast_const(), "value") }?;
        // SAFETY: C2.
        let out = unsafe { boundary::out_slice(value, length, "value") }?;
        let text = self::value(opt)?;
        let bytes = text.as_bytes_with_nul();
        if out.len() < bytes.len() {
            let expected = format!("at least {} bytes", bytes.len());
            return Err(ArgError::Range { argument: "length", expected, got: length.to_string() }.into());
        }
        for (slot, byte) in out.iter_mut().zip(bytes) {
            slot.write(*byte as c_char);
        }
        Ok(())
    })
}
