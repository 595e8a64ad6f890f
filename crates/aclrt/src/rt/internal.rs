//! `acl/acl_rt_internal.h`: functions below the runtime that frameworks are linked with, to launch kernels of their
//! own. They are there so that those frameworks load, and refuse what needs silicon.

use super::{
    binary::{no_binaries, no_handle},
    not_null,
};
use capi::{boundary, entry};
use std::ffi::{c_char, c_void};

/// Would register a device binary. The simulated device runs operators, not binaries.
///
/// # Parameters
/// - bin: the binary
/// - hdl: left as it is
///
/// # Returns
/// - 100000 when an argument is null
/// - 207000 otherwise, not supported
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `hdl`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtDevBinaryRegister(bin: *const c_void, hdl: *mut *mut c_void) -> i32 {
    entry::acl("rtDevBinaryRegister", || {
        not_null(bin, "bin")?;
        // SAFETY: C1.
        unsafe { boundary::out(hdl, "hdl") }?;
        Err(no_binaries())
    })
}

/// Would name a function of a registered device binary; aclsim registers none.
///
/// # Parameters
/// - binHandle: the binary
/// - stubFunc: what the function is launched by
/// - stubName: its name
/// - kernelInfoExt: its name in the binary
/// - funcMode: 0
///
/// # Returns
/// - 100000 when a pointer is null
/// - 107017 otherwise, as nothing is a registered binary
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtFunctionRegister(
    bin_handle: *mut c_void,
    stub_func: *const c_void,
    stub_name: *const c_char,
    kernel_info_ext: *const c_void,
    _func_mode: u32,
) -> i32 {
    entry::acl("rtFunctionRegister", || {
        not_null(bin_handle, "binHandle")?;
        not_null(stub_func, "stubFunc")?;
        not_null(stub_name, "stubName")?;
        not_null(kernel_info_ext, "kernelInfoExt")?;
        Err(no_handle(bin_handle, "binHandle", "device binary"))
    })
}

/// Would launch a function of a device binary. The simulated device runs operators, not binaries.
///
/// # Parameters
/// - stubFunc: what the function was registered with
/// - blockDim: how many cores
/// - args, argsSize: its arguments
/// - smDesc: null
/// - stm: the stream; null is the default stream
///
/// # Returns
/// - 100000 when stubFunc is null
/// - 207000 otherwise, not supported; nothing is queued
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtKernelLaunch(
    stub_func: *const c_void,
    _block_dim: u32,
    _args: *mut c_void,
    _args_size: u32,
    _sm_desc: *mut c_void,
    _stm: *mut c_void,
) -> i32 {
    entry::acl("rtKernelLaunch", || {
        not_null(stub_func, "stubFunc")?;
        Err(no_binaries())
    })
}

/// Would give the address by which the cores of silicon synchronise; only kernels of device binaries use it.
///
/// # Parameters
/// - addr, len: left as they are
///
/// # Returns
/// - 100000 when an argument is null
/// - 207000 otherwise, not supported
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `addr` and `len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtGetC2cCtrlAddr(addr: *mut u64, len: *mut u32) -> i32 {
    entry::acl("rtGetC2cCtrlAddr", || {
        // SAFETY: C1.
        unsafe { boundary::out(addr, "addr") }?;
        // SAFETY: C1.
        unsafe { boundary::out(len, "len") }?;
        Err(no_binaries())
    })
}
