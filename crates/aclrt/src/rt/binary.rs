//! Device binaries. They are machine code of silicon, which the simulated device does not run.

use super::not_null;
use capi::{
    ArgError, Error,
    abi::{aclError, aclrtBinHandle, aclrtBinaryLoadOptions, aclrtFuncHandle},
    boundary, code, entry,
};
use std::ffi::{c_char, c_void};

/// The refusal of everything that would load or run one.
pub(super) fn no_binaries() -> Error {
    let what = "device binaries need silicon: aclsim runs operators (aclnn*, aclop*), not compiled kernels. Call \
                the operator that does the same, or run this kernel's host fallback";
    Error::Code { code: code::ACL_ERROR_RT_FEATURE_NOT_SUPPORT, what: what.to_owned() }
}

/// What a handle of a binary or of its functions is, as none can be loaded.
pub(super) fn no_handle(handle: *const c_void, argument: &'static str, expected: &'static str) -> Error {
    let got = format!("{handle:p}, though aclsim loads no device binaries");
    ArgError::Handle { argument, expected, got }.into()
}

/// Would load a device binary from memory. The simulated device runs operators, not binaries.
///
/// # Parameters
/// - data, length: the binary
/// - options: how to load it; null means the defaults
/// - binHandle: left as it is
///
/// # Returns
/// - 100000 when data or binHandle is null
/// - 207000 otherwise, not supported
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `bin_handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtBinaryLoadFromData(
    data: *const c_void,
    _length: usize,
    _options: *const aclrtBinaryLoadOptions,
    bin_handle: *mut aclrtBinHandle,
) -> aclError {
    entry::acl("aclrtBinaryLoadFromData", || {
        not_null(data, "data")?;
        // SAFETY: C1.
        unsafe { boundary::out(bin_handle, "binHandle") }?;
        Err(no_binaries())
    })
}

/// Would find a function of a device binary; aclsim loads none.
///
/// # Parameters
/// - binHandle: the binary
/// - kernelName: the function's name
/// - funcHandle: left as it is
///
/// # Returns
/// - 100000 when an argument is null
/// - 107017 otherwise, as nothing is a loaded binary
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `func_handle`, C3 for `kernel_name`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtBinaryGetFunction(
    bin_handle: aclrtBinHandle,
    kernel_name: *const c_char,
    func_handle: *mut aclrtFuncHandle,
) -> aclError {
    entry::acl("aclrtBinaryGetFunction", || {
        not_null(bin_handle, "binHandle")?;
        not_null(kernel_name, "kernelName")?;
        // SAFETY: C1.
        unsafe { boundary::out(func_handle, "funcHandle") }?;
        Err(no_handle(bin_handle, "binHandle", "device binary"))
    })
}

/// Would say where a function of a device binary lies; aclsim loads none.
///
/// # Parameters
/// - funcHandle: the function
/// - aicAddr, aivAddr: left as they are
///
/// # Returns
/// - 100000 when an argument is null
/// - 107017 otherwise, as nothing is a loaded function
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `aic_addr` and `aiv_addr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetFunctionAddr(
    func_handle: aclrtFuncHandle,
    aic_addr: *mut *mut c_void,
    aiv_addr: *mut *mut c_void,
) -> aclError {
    entry::acl("aclrtGetFunctionAddr", || {
        not_null(func_handle, "funcHandle")?;
        // SAFETY: C1.
        unsafe { boundary::out(aic_addr, "aicAddr") }?;
        // SAFETY: C1.
        unsafe { boundary::out(aiv_addr, "aivAddr") }?;
        Err(no_handle(func_handle, "funcHandle", "function of a device binary"))
    })
}
