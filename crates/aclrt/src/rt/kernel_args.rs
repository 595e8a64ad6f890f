//! Argument lists of kernels.

use super::not_null;
use crate::kernel::{binary, list, refused};
use capi::{
    ArgError, Result,
    abi::{aclError, aclrtArgsHandle, aclrtFuncHandle, aclrtParamHandle},
    boundary, entry,
};
use std::{ffi::c_void, sync::Arc};

/// Bytes of a parameter, of which there must be some.
///
/// # Safety
/// C2 holds for `param` and `size`.
unsafe fn parameter<'a>(param: *mut c_void, size: usize) -> Result<&'a [u8]> {
    not_null(param, "param")?;
    if size == 0 {
        let expected = "at least 1 byte".to_owned();
        return Err(ArgError::Range { argument: "paramSize", expected, got: "0".to_owned() }.into());
    }
    // SAFETY: C2, from the caller.
    unsafe { boundary::slice(param.cast_const().cast(), size, "param") }
}

/// Begins an argument list in memory of the library.
///
/// # Parameters
/// - funcHandle: the function that the arguments are for
/// - argsHandle: receives the list. It can be launched with any number of times and goes when the function's binary is
///   unloaded.
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107017 when funcHandle is no function, or its binary was unloaded
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `args_handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtKernelArgsInit(
    func_handle: aclrtFuncHandle,
    args_handle: *mut aclrtArgsHandle,
) -> aclError {
    entry::acl("aclrtKernelArgsInit", || {
        let kernel = binary::function(func_handle, "funcHandle")?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(args_handle, "argsHandle") }?;
        out.write(list::create(Arc::clone(&kernel))?);
        Ok(())
    })
}

/// Begins an argument list in memory of the program.
///
/// # Parameters
/// - funcHandle: the function that the arguments are for
/// - argsHandle: memory of aclrtKernelArgsGetHandleMemSize bytes, whose address is the list's handle from now on
/// - userHostMem: memory for the arguments and the data behind them
/// - actualArgsSize: its bytes, as by aclrtKernelArgsGetMemSize
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, or actualArgsSize is 0
/// - 107000 when userHostMem is not aligned to 8 bytes
/// - 107017 when funcHandle is no function, or its binary was unloaded
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `user_host_mem` until the last use of the list.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtKernelArgsInitByUserMem(
    func_handle: aclrtFuncHandle,
    args_handle: aclrtArgsHandle,
    user_host_mem: *mut c_void,
    actual_args_size: usize,
) -> aclError {
    entry::acl("aclrtKernelArgsInitByUserMem", || {
        let kernel = binary::function(func_handle, "funcHandle")?;
        not_null(args_handle, "argsHandle")?;
        not_null(user_host_mem, "userHostMem")?;
        if actual_args_size == 0 {
            let expected = "at least 1 byte".to_owned();
            return Err(ArgError::Range { argument: "actualArgsSize", expected, got: "0".to_owned() }.into());
        }
        if !user_host_mem.addr().is_multiple_of(8) {
            let what =
                format!("argument userHostMem: expected an address aligned to 8, got {user_host_mem:p}");
            return Err(refused(what));
        }
        list::create_at(Arc::clone(&kernel), args_handle, user_host_mem, actual_args_size);
        Ok(())
    })
}

/// Bytes that the arguments of a launch need.
///
/// # Parameters
/// - funcHandle: the function
/// - userArgsSize: bytes of all parameters, each rounded up to 8, and of the data behind them
/// - actualArgsSize: receives the bytes
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107000 when userArgsSize is too large
/// - 107017 when funcHandle is no function, or its binary was unloaded
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `actual_args_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtKernelArgsGetMemSize(
    func_handle: aclrtFuncHandle,
    user_args_size: usize,
    actual_args_size: *mut usize,
) -> aclError {
    entry::acl("aclrtKernelArgsGetMemSize", || {
        binary::function(func_handle, "funcHandle")?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(actual_args_size, "actualArgsSize") }?;
        let bytes = list::memory_for(user_args_size).ok_or_else(|| {
            refused(format!(
                "argument userArgsSize: expected a size that fits in memory, got {user_args_size}"
            ))
        })?;
        out.write(bytes);
        Ok(())
    })
}

/// Bytes that a program sets aside for the handle of an argument list in its own memory.
///
/// # Parameters
/// - funcHandle: the function
/// - memSize: receives the bytes
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107017 when funcHandle is no function, or its binary was unloaded
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `mem_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtKernelArgsGetHandleMemSize(
    func_handle: aclrtFuncHandle,
    mem_size: *mut usize,
) -> aclError {
    entry::acl("aclrtKernelArgsGetHandleMemSize", || {
        binary::function(func_handle, "funcHandle")?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(mem_size, "memSize") }?;
        out.write(list::HANDLE_BYTES);
        Ok(())
    })
}

/// Appends a parameter to an argument list.
///
/// # Parameters
/// - argsHandle: the list
/// - param: the parameter's value
/// - paramSize: its bytes. It goes where the function's table declares it, or to the next multiple of 8.
/// - paramHandle: receives the parameter's handle, for aclrtKernelArgsParaUpdate
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null, or paramSize is 0
/// - 107000 when the function has no further parameter, or one of another size; for more than 128 parameters, for more
///   than the program's memory holds, and behind aclrtKernelArgsGetPlaceHolderBuffer
/// - 107017 when argsHandle is no list, or its binary was unloaded
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `param_handle`, C2 for `param`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtKernelArgsAppend(
    args_handle: aclrtArgsHandle,
    param: *mut c_void,
    param_size: usize,
    param_handle: *mut aclrtParamHandle,
) -> aclError {
    entry::acl("aclrtKernelArgsAppend", || {
        let list = list::get(args_handle)?;
        // SAFETY: C2.
        let bytes = unsafe { parameter(param, param_size) }?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(param_handle, "paramHandle") }?;
        out.write(list.append(bytes)?);
        Ok(())
    })
}

/// Appends a pointer to an argument list, to data that go to the device together with the arguments.
///
/// # Parameters
/// - argsHandle: the list
/// - paramHandle: receives the parameter's handle, for aclrtKernelArgsGetPlaceHolderBuffer
///
/// # Returns
/// As aclrtKernelArgsAppend for a parameter of 8 bytes.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `param_handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtKernelArgsAppendPlaceHolder(
    args_handle: aclrtArgsHandle,
    param_handle: *mut aclrtParamHandle,
) -> aclError {
    entry::acl("aclrtKernelArgsAppendPlaceHolder", || {
        let list = list::get(args_handle)?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(param_handle, "paramHandle") }?;
        out.write(list.append_holder()?);
        Ok(())
    })
}

/// Gives the memory for the data that a parameter of aclrtKernelArgsAppendPlaceHolder points to. The program writes them
/// there; a launch takes what is there then.
///
/// # Parameters
/// - argsHandle: the list, which has all its parameters
/// - paramHandle: the parameter
/// - dataSize: bytes of the data
/// - bufferAddr: receives the memory, which belongs to the list
///
/// # Returns
/// - 0 on success
/// - 100000 when argsHandle or bufferAddr is null
/// - 107000 when the parameter is no placeholder or has its memory already, dataSize is 0, or there is not as much memory
/// - 107017 when argsHandle is no list, or paramHandle no parameter of it
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `buffer_addr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtKernelArgsGetPlaceHolderBuffer(
    args_handle: aclrtArgsHandle,
    param_handle: aclrtParamHandle,
    data_size: usize,
    buffer_addr: *mut *mut c_void,
) -> aclError {
    entry::acl("aclrtKernelArgsGetPlaceHolderBuffer", || {
        let list = list::get(args_handle)?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(buffer_addr, "bufferAddr") }?;
        out.write(list.buffer(param_handle, data_size)?);
        Ok(())
    })
}

/// Changes a parameter of an argument list. aclrtKernelArgsFinalize has to follow before the next launch; launches that
/// are queued keep the value they were given.
///
/// # Parameters
/// - argsHandle: the list
/// - paramHandle: a parameter of aclrtKernelArgsAppend
/// - param: the new value
/// - paramSize: its bytes, as many as before
///
/// # Returns
/// - 0 on success
/// - 100000 when argsHandle or param is null, or paramSize is 0
/// - 107000 when the parameter is a placeholder, or of another size
/// - 107017 when argsHandle is no list, or paramHandle no parameter of it
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `param`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtKernelArgsParaUpdate(
    args_handle: aclrtArgsHandle,
    param_handle: aclrtParamHandle,
    param: *mut c_void,
    param_size: usize,
) -> aclError {
    entry::acl("aclrtKernelArgsParaUpdate", || {
        let list = list::get(args_handle)?;
        // SAFETY: C2.
        let bytes = unsafe { parameter(param, param_size) }?;
        list.update(param_handle, bytes)
    })
}

/// Ends the composition of an argument list, which can be launched with from now on.
///
/// # Parameters
/// - argsHandle: the list
///
/// # Returns
/// - 0 on success
/// - 100000 when argsHandle is null
/// - 107000 when the function declares more parameters, or a placeholder has no memory
/// - 107017 when argsHandle is no list, or its binary was unloaded
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtKernelArgsFinalize(args_handle: aclrtArgsHandle) -> aclError {
    entry::acl("aclrtKernelArgsFinalize", || list::get(args_handle)?.finalize())
}
