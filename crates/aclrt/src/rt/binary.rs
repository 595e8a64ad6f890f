//! Binaries: kernels and variables that are loaded together (`aclsim/aclsim_kernel.h`). Machine code of silicon, which
//! the simulated device does not run, is refused.

use super::{memory_place::device_memory, not_null};
use crate::kernel::{
    binary::{self, IMAGES},
    library, refused,
};
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_KERNEL_TYPE_AICPU, ACL_RT_BINARY_LOAD_OPT_CPU_KERNEL_MODE, ACL_RT_BINARY_LOAD_OPT_LAZY_LOAD,
        ACL_RT_BINARY_LOAD_OPT_MAGIC, ACL_RT_BINARY_MAGIC_ELF_AICORE, ACL_RT_BINARY_MAGIC_ELF_CUBE_CORE,
        ACL_RT_BINARY_MAGIC_ELF_VECTOR_CORE, aclError, aclrtBinHandle, aclrtBinary, aclrtBinaryLoadOptions,
        aclrtFuncHandle,
    },
    boundary, entry,
};
use std::{
    ffi::{c_char, c_void},
    ptr,
};

/// Whether a binary is to be brought to the device only when it is used. The other options are checked: the table of
/// a binary says itself what its kernels are.
///
/// # Safety
/// C1 holds for `options`, C2 for its list, of whose values the members of their types are set.
unsafe fn is_lazy(options: *const aclrtBinaryLoadOptions) -> Result<bool> {
    let mut lazy = false;
    if options.is_null() {
        return Ok(lazy);
    }
    // SAFETY: C1, from the caller.
    let options = unsafe { boundary::required(options, "options") }?;
    // SAFETY: C2, from the caller.
    for option in unsafe { boundary::slice(options.options.cast_const(), options.numOpt, "options") }? {
        // SAFETY: the members share their place; any bits are a number.
        let value = unsafe { option.value.isLazyLoad };
        match option.r#type {
            ACL_RT_BINARY_LOAD_OPT_LAZY_LOAD if value <= 1 => lazy = value == 1,
            ACL_RT_BINARY_LOAD_OPT_MAGIC
                if matches!(
                    value,
                    ACL_RT_BINARY_MAGIC_ELF_AICORE
                        | ACL_RT_BINARY_MAGIC_ELF_CUBE_CORE
                        | ACL_RT_BINARY_MAGIC_ELF_VECTOR_CORE
                ) => {}
            ACL_RT_BINARY_LOAD_OPT_CPU_KERNEL_MODE if value <= 2 => {}
            kind => {
                let what = format!(
                    "argument options: expected ACL_RT_BINARY_LOAD_OPT_* with a value of it, got {kind} with {value:#x}"
                );
                return Err(refused(what));
            }
        }
    }
    Ok(lazy)
}

/// Loads the kernels of a shared library of the host, which shows them by ACLSIM_EXPORT_KERNELS.
///
/// # Parameters
/// - binPath: the library
/// - options: how to load it; null means the defaults
/// - binHandle: receives the binary, to be unloaded by aclrtBinaryUnLoad
///
/// # Returns
/// - 0 on success
/// - 100000 when binPath or binHandle is null
/// - 100003 when there is no such file, or it cannot be read
/// - 107000 when an option is not as documented, the library cannot be loaded, or its table contradicts itself
/// - 207000 when it is no shared library of this machine that shows kernels, but a binary for silicon
///
/// # Thread safety
/// May be called from any thread. The library's constructors run on the calling thread.
///
/// # Safety
/// C1 holds for `options` and `bin_handle`, C2 for the list of options, C3 for `bin_path`, C4 for what the library shows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtBinaryLoadFromFile(
    bin_path: *const c_char,
    options: *mut aclrtBinaryLoadOptions,
    bin_handle: *mut aclrtBinHandle,
) -> aclError {
    entry::acl("aclrtBinaryLoadFromFile", || {
        // SAFETY: C3.
        let path = unsafe { boundary::c_str(bin_path, "binPath") }?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(bin_handle, "binHandle") }?;
        // SAFETY: passed on.
        let lazy = unsafe { is_lazy(options) }?;
        out.write(binary::from_library(library::from_file(path)?, lazy)?);
        Ok(())
    })
}

/// As aclrtBinaryLoadFromFile, from the bytes of the shared library.
///
/// # Parameters
/// - data, length: the library's bytes, copied
/// - options: how to load it; null means the defaults
/// - binHandle: receives the binary, to be unloaded by aclrtBinaryUnLoad
///
/// # Returns
/// - 0 on success
/// - 100000 when data or binHandle is null, or length is 0
/// - 107000 when an option is not as documented, the library cannot be loaded, or its table contradicts itself
/// - 207000 when it is no shared library of this machine that shows kernels, but a binary for silicon
///
/// # Thread safety
/// May be called from any thread. The library's constructors run on the calling thread.
///
/// # Safety
/// C1 holds for `options` and `bin_handle`, C2 for `data` and the list of options, C4 for what the library shows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtBinaryLoadFromData(
    data: *const c_void,
    length: usize,
    options: *const aclrtBinaryLoadOptions,
    bin_handle: *mut aclrtBinHandle,
) -> aclError {
    entry::acl("aclrtBinaryLoadFromData", || {
        // SAFETY: C2.
        let image = unsafe { bytes(data, length, "data", "length") }?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(bin_handle, "binHandle") }?;
        // SAFETY: passed on.
        let lazy = unsafe { is_lazy(options) }?;
        out.write(binary::from_library(library::from_bytes(image)?, lazy)?);
        Ok(())
    })
}

/// Bytes of which there must be some.
///
/// # Safety
/// C2 holds for `data` and `length`.
unsafe fn bytes<'a>(
    data: *const c_void,
    length: usize,
    argument: &'static str,
    count: &'static str,
) -> Result<&'a [u8]> {
    not_null(data, argument)?;
    if length == 0 {
        let expected = "at least 1 byte".to_owned();
        return Err(ArgError::Range { argument: count, expected, got: "0".to_owned() }.into());
    }
    // SAFETY: C2, from the caller.
    unsafe { boundary::slice(data.cast(), length, argument) }
}

/// Keeps the bytes of a binary for aclrtBinaryLoad.
///
/// # Parameters
/// - data, dataLen: the bytes of a shared library of the host, copied
///
/// # Returns
/// The bytes' handle, to be destroyed by aclrtDestroyBinary; null when data is null or dataLen 0.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `data`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCreateBinary(data: *const c_void, data_len: usize) -> aclrtBinary {
    entry::value("aclrtCreateBinary", || {
        // SAFETY: C2.
        let image = unsafe { bytes(data, data_len, "data", "dataLen") }?;
        IMAGES.insert(image.into()).map_err(|error| error.arg("binary"))
    })
    .unwrap_or(ptr::null_mut())
}

/// Ends aclrtCreateBinary. What was loaded stays.
///
/// # Parameters
/// - binary: the bytes' handle, invalid at once
///
/// # Returns
/// - 0 on success
/// - 100000 when binary is null
/// - 107017 when it is no such handle, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDestroyBinary(binary: aclrtBinary) -> aclError {
    entry::acl("aclrtDestroyBinary", || IMAGES.remove(binary).map(drop).map_err(|error| error.arg("binary")))
}

/// As aclrtBinaryLoadFromData, from bytes that aclrtCreateBinary keeps.
///
/// # Parameters
/// - binary: the bytes
/// - binHandle: receives the binary, to be unloaded by aclrtBinaryUnLoad
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107000 when the library cannot be loaded, or its table contradicts itself
/// - 107017 when binary is no handle of aclrtCreateBinary
/// - 207000 when it is no shared library of this machine that shows kernels, but a binary for silicon
///
/// # Thread safety
/// May be called from any thread. The library's constructors run on the calling thread.
///
/// # Safety
/// C1 holds for `bin_handle`, C4 for what the library shows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtBinaryLoad(binary: aclrtBinary, bin_handle: *mut aclrtBinHandle) -> aclError {
    entry::acl("aclrtBinaryLoad", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(bin_handle, "binHandle") }?;
        let image = IMAGES.get(binary).map_err(|error| error.arg("binary"))?;
        out.write(binary::from_library(library::from_bytes(&image)?, false)?);
        Ok(())
    })
}

/// Unloads a binary. The handles of its functions and their argument lists are invalid at once; launches that are
/// queued still run, and what they use goes with the last of them.
///
/// # Parameters
/// - binHandle: the binary, invalid at once
///
/// # Returns
/// - 0 on success
/// - 100000 when binHandle is null
/// - 107017 when it is no binary, or was already unloaded
///
/// # Thread safety
/// May be called from any thread. A library's destructors run on the thread of the last use.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtBinaryUnLoad(bin_handle: aclrtBinHandle) -> aclError {
    entry::acl("aclrtBinaryUnLoad", || binary::unload(bin_handle))
}

/// Finds a kernel by name.
///
/// # Parameters
/// - binHandle: the binary
/// - kernelName: the kernel's name in the binary's table
/// - funcHandle: receives the function, valid until the binary is unloaded; the same for every call
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107000 when the binary has no such kernel
/// - 107017 when binHandle is no binary, or was unloaded
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
        let binary = binary::get(bin_handle)?;
        // SAFETY: C3.
        let name = unsafe { boundary::c_str(kernel_name, "kernelName") }?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(func_handle, "funcHandle") }?;
        out.write(binary::handle_of(&binary.by_name(name, "kernelName")?)?);
        Ok(())
    })
}

/// Finds a kernel by number.
///
/// # Parameters
/// - binHandle: the binary
/// - funcEntry: the kernel's entry in the binary's table; of several with one entry, the first is found
/// - funcHandle: receives the function, valid until the binary is unloaded; the same for every call
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107000 when the binary has no such kernel
/// - 107017 when binHandle is no binary, or was unloaded
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `func_handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtBinaryGetFunctionByEntry(
    bin_handle: aclrtBinHandle,
    func_entry: u64,
    func_handle: *mut aclrtFuncHandle,
) -> aclError {
    entry::acl("aclrtBinaryGetFunctionByEntry", || {
        let binary = binary::get(bin_handle)?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(func_handle, "funcHandle") }?;
        out.write(binary::handle_of(&binary.by_entry(func_entry)?)?);
        Ok(())
    })
}

/// Where the bytes of a binary are in the memory of the current device.
///
/// # Parameters
/// - binHandle: the binary
/// - binAddr: receives the address; null if the binary was loaded with ACL_RT_BINARY_LOAD_OPT_LAZY_LOAD
/// - binSize: receives the number of bytes
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107002 when the thread has no current context
/// - 107017 when binHandle is no binary, or was unloaded
/// - 207000 for a binary of aclsimBinaryFromKernels, which has no bytes
/// - 207001 when the device has no memory left
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `bin_addr` and `bin_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtBinaryGetDevAddress(
    bin_handle: aclrtBinHandle,
    bin_addr: *mut *mut c_void,
    bin_size: *mut usize,
) -> aclError {
    entry::acl("aclrtBinaryGetDevAddress", || {
        let binary = binary::get(bin_handle)?;
        // SAFETY: C1.
        let address_out = unsafe { boundary::out(bin_addr, "binAddr") }?;
        // SAFETY: C1.
        let size_out = unsafe { boundary::out(bin_size, "binSize") }?;
        let Some(image) = &binary.shared.image else {
            let what =
                "the address of a binary of aclsimBinaryFromKernels, which has functions and no bytes,"
                    .to_owned();
            return Err(Error::Unsupported { what });
        };
        let address = if binary.lazy { 0 } else { image.address(device_memory()?)? };
        address_out.write(ptr::without_provenance_mut(address as usize));
        size_out.write(image.size);
        Ok(())
    })
}

/// Where a variable of a binary is in the memory of the current device.
///
/// # Parameters
/// - binHandle: the binary
/// - name: the variable's name in the binary's table
/// - dptr: receives the address, may be null
/// - size: receives the number of bytes, may be null if dptr is not
///
/// # Returns
/// - 0 on success
/// - 100000 when binHandle, name or both dptr and size are null
/// - 107000 when the binary has no such variable
/// - 107002 when the thread has no current context
/// - 107017 when binHandle is no binary, or was unloaded
/// - 207001 when the device has no memory left
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `dptr` and `size`, C3 for `name`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtBinaryGetGlobal(
    bin_handle: aclrtBinHandle,
    name: *const c_char,
    dptr: *mut *mut c_void,
    size: *mut usize,
) -> aclError {
    entry::acl("aclrtBinaryGetGlobal", || {
        let binary = binary::get(bin_handle)?;
        // SAFETY: C3.
        let name = unsafe { boundary::c_str(name, "name") }?;
        // SAFETY: C1.
        let address_out = unsafe { boundary::out_optional(dptr, "dptr") }?;
        // SAFETY: C1.
        let size_out = unsafe { boundary::out_optional(size, "size") }?;
        if address_out.is_none() && size_out.is_none() {
            return Err(ArgError::Null { argument: "dptr" }.into());
        }
        let device = device_memory()?;
        let global = binary.shared.global(name).ok_or_else(|| {
            refused(format!("argument name: expected one of the binary's variables, got {name:?}"))
        })?;
        let address = global.address(device)?;
        if let Some(out) = address_out {
            out.write(ptr::without_provenance_mut(address as usize));
        }
        if let Some(out) = size_out {
            out.write(global.size);
        }
        Ok(())
    })
}

/// Gives an AI CPU kernel of a binary the name of the operator type that it implements.
///
/// # Parameters
/// - handle: the binary
/// - funcName: the kernel's name in the binary's table, where its type is ACL_KERNEL_TYPE_AICPU
/// - kernelName: the operator type
/// - funcHandle: receives the function, which is called kernelName; valid until the binary is unloaded
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107000 when the binary has no such kernel, or it is not one for AI CPUs
/// - 107017 when handle is no binary, or was unloaded
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `func_handle`, C3 for `func_name` and `kernel_name`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtRegisterCpuFunc(
    handle: aclrtBinHandle,
    func_name: *const c_char,
    kernel_name: *const c_char,
    func_handle: *mut aclrtFuncHandle,
) -> aclError {
    entry::acl("aclrtRegisterCpuFunc", || {
        let binary = binary::get(handle)?;
        // SAFETY: C3.
        let name = unsafe { boundary::c_str(func_name, "funcName") }?;
        // SAFETY: C3.
        let op_type = unsafe { boundary::c_str(kernel_name, "kernelName") }?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(func_handle, "funcHandle") }?;
        let kernel = binary.by_name(name, "funcName")?;
        if kernel.kind != ACL_KERNEL_TYPE_AICPU {
            let what = format!(
                "argument funcName: expected a kernel of type ACL_KERNEL_TYPE_AICPU ({ACL_KERNEL_TYPE_AICPU}), got \
                 {name:?} of type {}",
                kernel.kind
            );
            return Err(refused(what));
        }
        out.write(binary::handle_of(&binary.register(&kernel, op_type))?);
        Ok(())
    })
}
