//! Functions of binaries.

use crate::kernel::{binary, config::MAX_SCRATCH, refused, symbol};
use capi::{
    abi::{
        ACL_FUNC_ATTR_KERNEL_RATIO, ACL_FUNC_ATTR_KERNEL_SCHED_MODE, ACL_FUNC_ATTR_KERNEL_TYPE,
        ACL_KERNEL_TYPE_AICPU, ACL_KERNEL_TYPE_MIX, ACL_KERNEL_TYPE_VECTOR, aclError, aclrtBinHandle,
        aclrtFuncAttribute, aclrtFuncHandle,
    },
    boundary, entry,
};
use std::{
    ffi::{c_char, c_void},
    ptr,
    sync::atomic::Ordering,
};

/// Where the code of a function is. The simulated device runs functions of the host where they are.
///
/// # Parameters
/// - funcHandle: the function
/// - aicAddr: receives its address if it runs on AI or cube cores, else null
/// - aivAddr: receives its address if it runs on vector cores, else null
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
/// C1 holds for `aic_addr` and `aiv_addr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetFunctionAddr(
    func_handle: aclrtFuncHandle,
    aic_addr: *mut *mut c_void,
    aiv_addr: *mut *mut c_void,
) -> aclError {
    entry::acl("aclrtGetFunctionAddr", || {
        let kernel = binary::function(func_handle, "funcHandle")?;
        // SAFETY: C1.
        let cube = unsafe { boundary::out(aic_addr, "aicAddr") }?;
        // SAFETY: C1.
        let vector = unsafe { boundary::out(aiv_addr, "aivAddr") }?;
        let at = |runs: bool| if runs { kernel.function as *mut c_void } else { ptr::null_mut() };
        let kind = kernel.kind;
        cube.write(at(kind != ACL_KERNEL_TYPE_VECTOR && kind != ACL_KERNEL_TYPE_AICPU));
        vector.write(at(kind == ACL_KERNEL_TYPE_VECTOR || kind == ACL_KERNEL_TYPE_MIX));
        Ok(())
    })
}

/// The name of a function.
///
/// # Parameters
/// - funcHandle: the function
/// - maxLen: bytes at name
/// - name: receives the name with a zero at its end
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107000 when the name with its zero has more than maxLen bytes
/// - 107017 when funcHandle is no function, or its binary was unloaded
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `name` and `max_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetFunctionName(
    func_handle: aclrtFuncHandle,
    max_len: u32,
    name: *mut c_char,
) -> aclError {
    entry::acl("aclrtGetFunctionName", || {
        let kernel = binary::function(func_handle, "funcHandle")?;
        super::not_null(name, "name")?;
        // SAFETY: C2.
        let out = unsafe { boundary::out_slice(name.cast::<u8>(), max_len as usize, "name") }?;
        let text = kernel.name.to_bytes_with_nul();
        if text.len() > out.len() {
            return Err(refused(format!(
                "argument maxLen: expected at least {} bytes, got {max_len}",
                text.len()
            )));
        }
        for (to, &from) in out.iter_mut().zip(text) {
            to.write(from);
        }
        Ok(())
    })
}

/// An attribute of a function.
///
/// # Parameters
/// - funcHandle: the function
/// - attrType: ACL_FUNC_ATTR_KERNEL_TYPE (an aclrtKernelType), ACL_FUNC_ATTR_KERNEL_RATIO (cube cores for each block in
///   bits 16 to 31, vector cores in bits 0 to 15) or ACL_FUNC_ATTR_KERNEL_SCHED_MODE (0, or 1 and 2 where all blocks
///   begin together)
/// - attrValue: receives the value
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107000 when attrType is no attribute
/// - 107017 when funcHandle is no function, or its binary was unloaded
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `attr_value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetFunctionAttribute(
    func_handle: aclrtFuncHandle,
    attr_type: aclrtFuncAttribute,
    attr_value: *mut i64,
) -> aclError {
    entry::acl("aclrtGetFunctionAttribute", || {
        let kernel = binary::function(func_handle, "funcHandle")?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(attr_value, "attrValue") }?;
        let parts = i64::from(kernel.parts);
        out.write(match attr_type {
            ACL_FUNC_ATTR_KERNEL_TYPE => i64::from(kernel.kind),
            ACL_FUNC_ATTR_KERNEL_RATIO => match kernel.kind {
                ACL_KERNEL_TYPE_AICPU => 0,
                ACL_KERNEL_TYPE_VECTOR => parts,
                ACL_KERNEL_TYPE_MIX => 1 << 16 | parts,
                _ => parts << 16,
            },
            ACL_FUNC_ATTR_KERNEL_SCHED_MODE => i64::from(kernel.sched_mode),
            other => {
                let expected =
                    format!("an attribute from 1 to {ACL_FUNC_ATTR_KERNEL_SCHED_MODE}, got {other}");
                return Err(refused(format!("argument attrType: expected {expected}")));
            }
        });
        Ok(())
    })
}

/// How much memory of its own a block of a function can be given.
///
/// # Parameters
/// - func: the function
/// - flags: 0
/// - dynamicUbufSize: receives the bytes; 0 for a function that is not launched by threads
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107000 when flags is not 0
/// - 107017 when func is no function, or its binary was unloaded
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `dynamic_ubuf_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtFunctionGetAvailDynUbufPerBlock(
    func: *mut c_void,
    flags: u32,
    dynamic_ubuf_size: *mut usize,
) -> aclError {
    entry::acl("aclrtFunctionGetAvailDynUbufPerBlock", || {
        let kernel = binary::function(func, "func")?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(dynamic_ubuf_size, "dynamicUbufSize") }?;
        if flags != 0 {
            return Err(refused(format!("argument flags: expected 0, got {flags}")));
        }
        out.write(if kernel.simt { MAX_SCRATCH } else { 0 });
        Ok(())
    })
}

/// The binary of a function.
///
/// # Parameters
/// - funcHandle: the function
/// - binHandle: receives the binary
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
/// C1 holds for `bin_handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtFunctionGetBinary(
    func_handle: aclrtFuncHandle,
    bin_handle: *mut aclrtBinHandle,
) -> aclError {
    entry::acl("aclrtFunctionGetBinary", || {
        let kernel = binary::function(func_handle, "funcHandle")?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(bin_handle, "binHandle") }?;
        out.write(ptr::without_provenance_mut(kernel.binary.load(Ordering::Relaxed)));
        Ok(())
    })
}

/// How many parameters a function has.
///
/// # Parameters
/// - func: the function
/// - paramCount: receives the number
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107000 when the binary's table does not declare them
/// - 107017 when func is no function, or its binary was unloaded
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `param_count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtFunctionGetParamCount(
    func: *const c_void,
    param_count: *mut usize,
) -> aclError {
    entry::acl("aclrtFunctionGetParamCount", || {
        let kernel = binary::function(func, "func")?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(param_count, "paramCount") }?;
        out.write(kernel.declared()?.len());
        Ok(())
    })
}

/// Where a parameter of a function lies in the arguments.
///
/// # Parameters
/// - func: the function
/// - paramIndex: which parameter, from 0
/// - paramOffset: receives its offset
/// - paramSize: receives its bytes
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107000 when there is no such parameter, or the binary's table does not declare them
/// - 107017 when func is no function, or its binary was unloaded
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `param_offset` and `param_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtFunctionGetParamInfo(
    func: *const c_void,
    param_index: usize,
    param_offset: *mut usize,
    param_size: *mut usize,
) -> aclError {
    entry::acl("aclrtFunctionGetParamInfo", || {
        let kernel = binary::function(func, "func")?;
        // SAFETY: C1.
        let offset_out = unsafe { boundary::out(param_offset, "paramOffset") }?;
        // SAFETY: C1.
        let size_out = unsafe { boundary::out(param_size, "paramSize") }?;
        let declared = kernel.declared()?;
        let param = declared.get(param_index).ok_or_else(|| {
            refused(format!("argument paramIndex: expected less than {}, got {param_index}", declared.len()))
        })?;
        offset_out.write(param.offset);
        size_out.write(param.size);
        Ok(())
    })
}

/// The function that a host address stands for.
///
/// # Parameters
/// - symbol: the address: the symbol of a kernel in a loaded table, which is the kernel's own address if the table
///   names none, or what rtFunctionRegister was called with
/// - funcHandle: receives the function, valid until its binary is unloaded
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107000 when the address stands for no kernel
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `func_handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetFuncBySymbol(
    symbol: *const c_void,
    func_handle: *mut aclrtFuncHandle,
) -> aclError {
    entry::acl("aclrtGetFuncBySymbol", || {
        super::not_null(symbol, "symbol")?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(func_handle, "funcHandle") }?;
        let kernel = symbol::kernel(symbol.addr()).ok_or_else(|| {
            refused(format!(
                "argument symbol: expected the address of a kernel of a loaded binary, got {symbol:p}"
            ))
        })?;
        out.write(binary::handle_of(&kernel)?);
        Ok(())
    })
}
