//! `acl/acl_rt_internal.h`: functions below the runtime that frameworks are linked with, to launch kernels of their
//! own. They take tables of host functions, as the runtime's own functions do, and refuse what needs silicon.

use super::{memory_place::device_memory, not_null};
use crate::kernel::{
    args::Block,
    binary,
    config::{Config, Terms},
    library, no_binaries, no_handle, refused, symbol,
    task::{Arguments, Launch},
};
use capi::{
    abi::{ACLSIM_KERNEL_MAGIC, aclsimKernelTable},
    boundary, entry, runtime,
};
use std::ffi::{c_char, c_void};

/// What frameworks describe a binary by.
#[repr(C)]
struct DeviceBinary {
    magic: u32,
    version: u32,
    data: *const c_void,
    length: u64,
}

/// What a binary can be for: any core, vector cores, cube cores, AI CPUs.
const MAGICS: [u32; 4] = [0x4355_4245, 0x4141_5246, 0x4149_4343, 0x4141_5243];

/// Registers a binary of host functions.
///
/// # Parameters
/// - bin: an aclsimKernelTable, or a structure of magic (32 bits), version (32 bits), address and length (64 bits) that
///   describes the bytes of a shared library of the host, as aclrtBinaryLoadFromData takes them
/// - hdl: receives the binary, an aclrtBinHandle
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107000 when the library cannot be loaded, or the table contradicts itself
/// - 207000 for anything else: binaries for silicon are not supported
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `bin` and `hdl`, C2 for the bytes, C4 for the functions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtDevBinaryRegister(bin: *const c_void, hdl: *mut *mut c_void) -> i32 {
    entry::acl("rtDevBinaryRegister", || {
        // SAFETY: C1.
        let magic = *unsafe { boundary::required(bin.cast::<u32>(), "bin") }?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(hdl, "hdl") }?;
        if magic == ACLSIM_KERNEL_MAGIC {
            // SAFETY: passed on.
            out.write(unsafe { binary::from_table(bin.cast::<aclsimKernelTable>()) }?);
            return Ok(());
        }
        if !MAGICS.contains(&magic) {
            let what = format!(
                "argument bin: expected a table of kernels or a description of a library, got magic {magic:#x}"
            );
            return Err(no_binaries(&what));
        }
        // SAFETY: C1.
        let about = unsafe { boundary::required(bin.cast::<DeviceBinary>(), "bin") }?;
        // SAFETY: C2.
        let image = unsafe { boundary::slice(about.data.cast::<u8>(), about.length as usize, "bin") }?;
        out.write(binary::from_library(library::from_bytes(image)?, false)?);
        Ok(())
    })
}

/// Makes a host address stand for a kernel of a registered binary.
///
/// # Parameters
/// - binHandle: the binary
/// - stubFunc: the address, by which rtKernelLaunch finds the kernel
/// - stubName: the kernel's name for the program
/// - kernelInfoExt: its name in the binary
/// - funcMode: 0
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107000 when the binary has no such kernel, or funcMode is not 0
/// - 107017 when binHandle is no registered binary
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `stub_name` and `kernel_info_ext`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtFunctionRegister(
    bin_handle: *mut c_void,
    stub_func: *const c_void,
    stub_name: *const c_char,
    kernel_info_ext: *const c_void,
    func_mode: u32,
) -> i32 {
    entry::acl("rtFunctionRegister", || {
        not_null(bin_handle, "binHandle")?;
        not_null(stub_func, "stubFunc")?;
        not_null(stub_name, "stubName")?;
        not_null(kernel_info_ext, "kernelInfoExt")?;
        let binary = binary::get(bin_handle)?;
        // SAFETY: C3.
        let name = unsafe { boundary::c_str(kernel_info_ext.cast(), "kernelInfoExt") }?;
        if func_mode != 0 {
            return Err(refused(format!("argument funcMode: expected 0, got {func_mode}")));
        }
        let kernel = binary.by_name(name, "kernelInfoExt")?;
        binary.add_symbol(stub_func.addr(), kernel);
        Ok(())
    })
}

/// Queues a launch of a kernel, whose arguments lie in host memory.
///
/// # Parameters
/// - stubFunc: what the kernel was registered with, or another host address that stands for it
/// - blockDim: how many blocks
/// - args, argsSize: its arguments, copied
/// - smDesc: null
/// - stm: the stream; null is the default stream
///
/// # Returns
/// - 0 on success; 507015, 507018 or 507035 when the stream is synchronised, if the kernel fails
/// - 100000 when stubFunc is null, or args though argsSize is not 0
/// - 107000 when blockDim is 0, the kernel is launched by threads, or smDesc is not null
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when stubFunc stands for no kernel, or stm is no stream
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `args`, C4 for the kernel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rtKernelLaunch(
    stub_func: *const c_void,
    block_dim: u32,
    args: *mut c_void,
    args_size: u32,
    sm_desc: *mut c_void,
    stm: *mut c_void,
) -> i32 {
    entry::acl("rtKernelLaunch", || {
        not_null(stub_func, "stubFunc")?;
        let kernel = symbol::kernel(stub_func.addr()).ok_or_else(|| {
            no_handle(
                "stubFunc",
                "symbol of rtFunctionRegister",
                format!("{stub_func:p}, which stands for no kernel"),
            )
        })?;
        // SAFETY: C2.
        let bytes = unsafe { boundary::slice(args.cast_const().cast::<u8>(), args_size as usize, "args") }?;
        if !sm_desc.is_null() {
            return Err(refused(format!("argument smDesc: expected null, got {sm_desc:p}")));
        }
        let shape = Config::of(&kernel).blocks(&kernel, block_dim)?;
        device_memory()?;
        let stream = runtime::resolve_stream(stm, "stm")?;
        let arguments = Arguments::Owned(Block::copy(bytes, Box::default()));
        let launch = Launch { kernel, shape, arguments, terms: Terms::default() };
        Ok(stream.submit_work("rtKernelLaunch", launch)?)
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
        Err(no_binaries("the address of an inter-core synchronisation unit"))
    })
}
