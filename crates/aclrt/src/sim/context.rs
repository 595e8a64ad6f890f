//! What a kernel may ask the library for while it runs.

use capi::{
    ArgError,
    abi::aclsimKernelContext,
    boundary, entry,
    kernel::{KernelState, state_of},
};
use std::{
    ffi::{c_char, c_void},
    ptr,
};

/// Notes a failure of the block and gives it to the caller as well.
fn failed(state: &KernelState, context: &aclsimKernelContext, what: String) -> capi::Error {
    state.fail(context, what.clone());
    capi::Error::Code { code: capi::code::ACL_ERROR_RT_PARAM_INVALID, what }
}

/// Where a kernel finds device memory. Parameters that the kernel's table declares as pointers are translated before
/// the kernel is called; this is for all others.
///
/// # Parameters
/// - context: what the kernel was called with
/// - pointer: device memory, or data that came along with the arguments
/// - size: how many bytes from there on the kernel uses
///
/// # Returns
/// A pointer that the kernel can read and write through until it returns. Null when the memory is not live device
/// memory of that size, or of a device out of reach; the launch then fails, unless `pointer` was null.
///
/// # Thread safety
/// May be called on any thread while the kernel runs.
///
/// # Safety
/// C1 holds for `context`, whose kernel has not returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclsimDeviceToHost(
    context: *const aclsimKernelContext,
    pointer: *const c_void,
    size: usize,
) -> *mut c_void {
    entry::value("aclsimDeviceToHost", || {
        // SAFETY: passed on.
        let (context, state) = unsafe { state_of(context) }?;
        if pointer.is_null() {
            return Err(ArgError::Null { argument: "pointer" }.into());
        }
        let found = state.to_host(pointer, size);
        found.map_err(|what| failed(state, context, format!("aclsimDeviceToHost: argument pointer: {what}")))
    })
    .map_or(ptr::null_mut(), |pointer| pointer.cast())
}

/// Where a kernel finds a variable of its table.
///
/// # Parameters
/// - context: what the kernel was called with
/// - name: the variable
/// - size: receives its bytes, may be null
///
/// # Returns
/// A pointer to the variable as the kernel's device has it. Null when the table has none of that name; the launch then
/// fails.
///
/// # Thread safety
/// May be called on any thread while the kernel runs.
///
/// # Safety
/// C1 holds for `context`, whose kernel has not returned, and for `size`, C3 for `name`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclsimKernelGlobal(
    context: *const aclsimKernelContext,
    name: *const c_char,
    size: *mut usize,
) -> *mut c_void {
    entry::value("aclsimKernelGlobal", || {
        // SAFETY: passed on.
        let (context, state) = unsafe { state_of(context) }?;
        // SAFETY: C3.
        let name = unsafe { boundary::c_str(name, "name") }?;
        // SAFETY: C1.
        let out = unsafe { boundary::out_optional(size, "size") }?;
        let Some((pointer, bytes)) = state.global(name) else {
            let what = format!("aclsimKernelGlobal: expected a variable of the kernel's table, got {name:?}");
            return Err(failed(state, context, what));
        };
        if let Some(out) = out {
            out.write(bytes);
        }
        Ok(pointer)
    })
    .map_or(ptr::null_mut(), |pointer| pointer.cast())
}

/// Makes the launch fail. The kernel goes on until it returns, and so do its other blocks; the first failure is
/// reported when the stream is synchronised, with the kernel, the block and this message.
///
/// # Parameters
/// - context: what the kernel was called with
/// - message: what is wrong; null for nothing to say
///
/// # Thread safety
/// May be called on any thread while the kernel runs.
///
/// # Safety
/// C1 holds for `context`, whose kernel has not returned, C3 for `message`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclsimKernelFail(context: *const aclsimKernelContext, message: *const c_char) {
    entry::value("aclsimKernelFail", || {
        // SAFETY: passed on.
        let (context, state) = unsafe { state_of(context) }?;
        let what = if message.is_null() {
            "the kernel reported a failure".to_owned()
        } else {
            // SAFETY: C3.
            unsafe { boundary::c_str(message, "message") }?.to_string_lossy().into_owned()
        };
        state.fail(context, what);
        Ok(())
    });
}
