//! Kernels for operator types of the program.

use capi::{
    ArgError,
    abi::{aclError, aclsimOpFunc},
    boundary, entry,
    kernel::ops,
};
use std::ffi::{CStr, c_char, c_void};

fn check_type(op_type: &CStr) -> capi::Result {
    if op_type.is_empty() {
        let expected = "a name".to_owned();
        return Err(
            ArgError::Range { argument: "opType", expected, got: "an empty string".to_owned() }.into()
        );
    }
    Ok(())
}

/// Makes a function the kernel of an operator type: aclopExecuteV2 and its like call it for calls of that type. Types
/// that the library has keep their meaning.
///
/// # Parameters
/// - opType: the type
/// - function: called for each block with the call's tensors, whose data it can use
/// - blockCount: how many blocks
/// - userData: what the function finds in its context, may be null
///
/// # Returns
/// - 0 on success
/// - 100000 when `opType` or `function` is null, the type empty or `blockCount` 0
/// - 100031 when the type has a kernel of the program already
///
/// # Thread safety
/// May be called from any thread. The function runs on threads of the library, several at a time, and must not call
/// into it but for the functions of this header.
///
/// # Safety
/// C3 holds for `op_type`, C4 for `function` and `user_data` until no call of the type is queued any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclsimRegisterOpKernel(
    op_type: *const c_char,
    function: aclsimOpFunc,
    block_count: u32,
    user_data: *mut c_void,
) -> aclError {
    entry::acl("aclsimRegisterOpKernel", || {
        // SAFETY: C3.
        let op_type = unsafe { boundary::c_str(op_type, "opType") }?;
        check_type(op_type)?;
        let function = function.ok_or(ArgError::Null { argument: "function" })?;
        if block_count == 0 {
            let expected = "at least 1".to_owned();
            return Err(ArgError::Range { argument: "blockCount", expected, got: "0".to_owned() }.into());
        }
        ops::register(op_type.to_owned(), function, block_count, user_data)
    })
}

/// Ends aclsimRegisterOpKernel. Calls that are queued still run.
///
/// # Parameters
/// - opType: the type
///
/// # Returns
/// - 0 on success
/// - 100000 when `opType` is null, or the type has no kernel of the program
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `op_type`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclsimUnregisterOpKernel(op_type: *const c_char) -> aclError {
    entry::acl("aclsimUnregisterOpKernel", || {
        // SAFETY: C3.
        ops::unregister(unsafe { boundary::c_str(op_type, "opType") }?)
    })
}
