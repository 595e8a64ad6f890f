//! Launches of kernels.

use super::{memory_place::device_memory, not_null};
use crate::kernel::{
    args::{Block, Holder},
    binary,
    config::{Config, Terms},
    list, refused,
    table::Kernel,
    task::{Arguments, Launch},
};
use capi::{
    Error, Result,
    abi::{
        aclError, aclrtArgsHandle, aclrtFuncHandle, aclrtLaunchKernelCfg, aclrtPlaceHolderInfo, aclrtStream,
        dim3,
    },
    boundary, entry,
    kernel::Shape,
    runtime,
};
use npu_device::memory;
use std::{ffi::c_void, sync::Arc};

/// Queues a launch.
fn launch(
    name: &'static str,
    kernel: Arc<Kernel>,
    (shape, terms): (Shape, Terms),
    arguments: Arguments,
    stream: aclrtStream,
) -> Result {
    let stream = runtime::resolve_stream(stream, "stream")?;
    Ok(stream.submit_work(name, Launch { kernel, shape, arguments, terms })?)
}

/// Arguments in device memory.
pub(super) fn on_device(data: *const c_void, size: usize) -> Result<Arguments> {
    if size == 0 {
        return Ok(Arguments::Device { address: 0, size });
    }
    not_null(data, "argsData")?;
    let (address, device) = (data.addr() as u64, device_memory()?);
    if !memory::is_device(address) {
        let what = format!(
            "argument argsData: expected device memory, got {data:p}, {}; aclrtLaunchKernelWithHostArgs takes host \
             memory",
            memory::describe(address)
        );
        return Err(refused(what));
    }
    let checked = memory::check_reach(address, size as u64);
    checked.map_err(|source| Error::MemoryArg { argument: "argsData", source })?;
    let owner = memory::device_of(address);
    if owner != device {
        let what =
            format!("argument argsData: expected memory of device {device}, got memory of device {owner}");
        return Err(refused(what));
    }
    Ok(Arguments::Device { address, size })
}

/// Arguments in host memory, with places for the addresses of data among them.
///
/// # Safety
/// C2 holds for both arrays.
unsafe fn on_host(
    (data, size): (*mut c_void, usize),
    (places, count): (*mut aclrtPlaceHolderInfo, usize),
) -> Result<Arguments> {
    // SAFETY: C2, from the caller.
    let bytes = unsafe { boundary::slice(data.cast_const().cast::<u8>(), size, "hostArgs") }?;
    // SAFETY: C2, from the caller.
    let places = unsafe { boundary::slice(places.cast_const(), count, "placeHolderArray") }?;
    let mut holders = Vec::with_capacity(places.len());
    for (index, place) in places.iter().enumerate() {
        let holder = Holder { at: place.addrOffset as usize, to: place.dataOffset as usize };
        if !holder.at.is_multiple_of(8) || holder.at + 8 > size || holder.to > size {
            let what = format!(
                "argument placeHolderArray: expected offsets in {size} bytes of arguments, that of the address a \
                 multiple of 8, got {} and {} at index {index}",
                holder.at, holder.to
            );
            return Err(refused(what));
        }
        holders.push(holder);
    }
    Ok(Arguments::Owned(Block::copy(bytes, holders.into())))
}

/// Arguments one by one, as the kernel declares them.
///
/// # Safety
/// C2 holds for `args`, which has an element for each declared parameter, and for what each leads to.
unsafe fn one_by_one(kernel: &Kernel, args: *mut *mut c_void) -> Result<Arguments> {
    let declared = kernel.declared()?;
    // SAFETY: C2, from the caller.
    let list = unsafe { boundary::slice(args.cast_const(), declared.len(), "args") }?;
    let size = declared.last().map_or(0, |param| param.offset + param.size);
    let mut block = Block::new(size, Box::default());
    let given = block.given();
    for (param, &from) in declared.iter().zip(list) {
        // SAFETY: C2, from the caller.
        let bytes = unsafe { boundary::slice(from.cast_const().cast::<u8>(), param.size, "args") }?;
        given[param.offset..param.offset + param.size].copy_from_slice(bytes);
    }
    Ok(Arguments::Owned(block))
}

/// Queues a launch of a kernel, whose arguments lie in device memory.
///
/// # Parameters
/// - funcHandle: the function
/// - numBlocks: how many blocks
/// - argsData, argsSize: the arguments, read when the stream comes to the launch. They stay allocated until then.
/// - stream: the stream; null is the default stream
///
/// # Returns
/// - 0 on success; 507015, 507018 or 507035 when the stream is synchronised, if the kernel fails
/// - 100000 when funcHandle or argsData is null
/// - 107000 when numBlocks is 0, the function is launched by threads, or argsData is not live memory of the device
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when funcHandle is no function or its binary was unloaded, or stream is no stream
///
/// # Thread safety
/// May be called from any thread. Blocks run on threads of the library, several at a time, and must not call into it but
/// for aclsim/aclsim_kernel.h.
///
/// # Safety
/// C4 holds for the kernel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtLaunchKernel(
    func_handle: aclrtFuncHandle,
    num_blocks: u32,
    args_data: *const c_void,
    args_size: usize,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtLaunchKernel", || {
        let kernel = binary::function(func_handle, "funcHandle")?;
        let shape = Config::of(&kernel).blocks(&kernel, num_blocks)?;
        let arguments = on_device(args_data, args_size)?;
        launch("aclrtLaunchKernel", Arc::clone(&kernel), (shape, Terms::default()), arguments, stream)
    })
}

/// As aclrtLaunchKernel, with a configuration.
///
/// # Parameters
/// - funcHandle: the function
/// - numBlocks: how many blocks
/// - argsData, argsSize: the arguments in device memory, as for aclrtLaunchKernel
/// - cfg: attributes of the launch; null for none
/// - stream: the stream; null is the default stream
///
/// # Returns
/// As aclrtLaunchKernel, and
/// - 107000 when an attribute is none, or has no such value
///
/// # Thread safety
/// As aclrtLaunchKernel.
///
/// # Safety
/// C1 holds for `cfg`, C2 for its attributes, C4 for the kernel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtLaunchKernelV2(
    func_handle: aclrtFuncHandle,
    num_blocks: u32,
    args_data: *const c_void,
    args_size: usize,
    cfg: *mut aclrtLaunchKernelCfg,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtLaunchKernelV2", || {
        let kernel = binary::function(func_handle, "funcHandle")?;
        // SAFETY: C1 and C2.
        let config = unsafe { Config::read(&kernel, cfg) }?;
        let shape = config.blocks(&kernel, num_blocks)?;
        let arguments = on_device(args_data, args_size)?;
        launch("aclrtLaunchKernelV2", Arc::clone(&kernel), (shape, config.terms), arguments, stream)
    })
}

/// Queues a launch of a kernel with an argument list.
///
/// # Parameters
/// - funcHandle: the function
/// - numBlocks: how many blocks
/// - stream: the stream; null is the default stream
/// - cfg: attributes of the launch; null for none
/// - argsHandle: the list, which aclrtKernelArgsFinalize has ended. Its values are copied: it can be changed at once.
/// - reserve: null
///
/// # Returns
/// - 0 on success; 507015, 507018 or 507035 when the stream is synchronised, if the kernel fails
/// - 100000 when funcHandle or argsHandle is null
/// - 107000 when numBlocks is 0, the function is launched by threads, an attribute is none or has no such value, the list
///   was not ended or is of another function, or reserve is not null
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when funcHandle is no function or argsHandle no list, or their binary was unloaded, or stream is no stream
///
/// # Thread safety
/// As aclrtLaunchKernel.
///
/// # Safety
/// C1 holds for `cfg`, C2 for its attributes and the memory of the list, C4 for the kernel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtLaunchKernelWithConfig(
    func_handle: aclrtFuncHandle,
    num_blocks: u32,
    stream: aclrtStream,
    cfg: *mut aclrtLaunchKernelCfg,
    args_handle: aclrtArgsHandle,
    reserve: *mut c_void,
) -> aclError {
    entry::acl("aclrtLaunchKernelWithConfig", || {
        let kernel = binary::function(func_handle, "funcHandle")?;
        // SAFETY: C1 and C2.
        let config = unsafe { Config::read(&kernel, cfg) }?;
        let shape = config.blocks(&kernel, num_blocks)?;
        let list = list::get(args_handle)?;
        if !Arc::ptr_eq(list.kernel(), &kernel) {
            let what = format!(
                "argument argsHandle: expected a list of kernel {:?}, got one of kernel {:?}",
                kernel.name,
                list.kernel().name
            );
            return Err(refused(what));
        }
        if !reserve.is_null() {
            return Err(refused(format!("argument reserve: expected null, got {reserve:p}")));
        }
        device_memory()?;
        let arguments = Arguments::Owned(list.block()?);
        launch("aclrtLaunchKernelWithConfig", Arc::clone(&kernel), (shape, config.terms), arguments, stream)
    })
}

/// Queues a launch of a kernel, whose arguments lie in host memory.
///
/// # Parameters
/// - funcHandle: the function
/// - numBlocks: how many blocks
/// - stream: the stream; null is the default stream
/// - cfg: attributes of the launch; null for none
/// - hostArgs, argsSize: the arguments and data behind them, copied
/// - placeHolderArray, placeHolderNum: which words of the arguments get the address that the data at an offset have on
///   the device
///
/// # Returns
/// - 0 on success; 507015, 507018 or 507035 when the stream is synchronised, if the kernel fails
/// - 100000 when funcHandle is null, or an array that is not empty
/// - 107000 when numBlocks is 0, the function is launched by threads, an attribute is none or has no such value, or an
///   offset is not inside the arguments
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when funcHandle is no function or its binary was unloaded, or stream is no stream
///
/// # Thread safety
/// As aclrtLaunchKernel.
///
/// # Safety
/// C1 holds for `cfg`, C2 for its attributes and for the arrays, C4 for the kernel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtLaunchKernelWithHostArgs(
    func_handle: aclrtFuncHandle,
    num_blocks: u32,
    stream: aclrtStream,
    cfg: *mut aclrtLaunchKernelCfg,
    host_args: *mut c_void,
    args_size: usize,
    place_holder_array: *mut aclrtPlaceHolderInfo,
    place_holder_num: usize,
) -> aclError {
    entry::acl("aclrtLaunchKernelWithHostArgs", || {
        let kernel = binary::function(func_handle, "funcHandle")?;
        // SAFETY: C1 and C2.
        let config = unsafe { Config::read(&kernel, cfg) }?;
        let shape = config.blocks(&kernel, num_blocks)?;
        device_memory()?;
        // SAFETY: C2.
        let arguments = unsafe { on_host((host_args, args_size), (place_holder_array, place_holder_num)) }?;
        launch("aclrtLaunchKernelWithHostArgs", Arc::clone(&kernel), (shape, config.terms), arguments, stream)
    })
}

/// Queues a launch of a kernel, whose arguments are given one by one.
///
/// # Parameters
/// - func: the function, or a host address that stands for it (aclrtGetFuncBySymbol)
/// - numBlocks: how many blocks
/// - stream: the stream; null is the default stream
/// - cfg: attributes of the launch; null for none
/// - args: for each parameter that the function's table declares, in order, where its value is. Copied.
///
/// # Returns
/// - 0 on success; 507015, 507018 or 507035 when the stream is synchronised, if the kernel fails
/// - 100000 when func, args or an element is null
/// - 107000 when numBlocks is 0, the function is launched by threads or does not declare its parameters, or an attribute
///   is none or has no such value
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when func is no function or its binary was unloaded, or stream is no stream
///
/// # Thread safety
/// As aclrtLaunchKernel.
///
/// # Safety
/// C1 holds for `cfg`, C2 for its attributes and for `args` and what it leads to, C4 for the kernel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtLaunchKernelWithArgsArray(
    func: *mut c_void,
    num_blocks: u32,
    stream: aclrtStream,
    cfg: *mut aclrtLaunchKernelCfg,
    args: *mut *mut c_void,
) -> aclError {
    entry::acl("aclrtLaunchKernelWithArgsArray", || {
        let kernel = binary::function_or_symbol(func, "func")?;
        // SAFETY: C1 and C2.
        let config = unsafe { Config::read(&kernel, cfg) }?;
        let shape = config.blocks(&kernel, num_blocks)?;
        device_memory()?;
        // SAFETY: C2.
        let arguments = unsafe { one_by_one(&kernel, args) }?;
        launch("aclrtLaunchKernelWithArgsArray", kernel, (shape, config.terms), arguments, stream)
    })
}

/// Queues a launch of a kernel by threads, whose arguments are given one by one. The threads of a block run in turn.
///
/// # Parameters
/// - func: the function, which is ACLSIM_KERNEL_SIMT, or a host address that stands for it
/// - gridDim: blocks by axis
/// - blockDim: threads of a block by axis, 2048 in all at most
/// - dynUbufSize: bytes of memory that each block has for itself; 0 for what cfg says
/// - stream: the stream; null is the default stream
/// - cfg: attributes of the launch; null for none
/// - args: for each parameter that the function's table declares, in order, where its value is. Copied.
///
/// # Returns
/// As aclrtLaunchKernelWithArgsArray, and
/// - 107000 when the function is launched by blocks, or a dimension or dynUbufSize is out of range
///
/// # Thread safety
/// As aclrtLaunchKernel.
///
/// # Safety
/// C1 holds for `cfg`, C2 for its attributes and for `args` and what it leads to, C4 for the kernel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtLaunchSIMTKernelWithArgsArray(
    func: *mut c_void,
    grid_dim: dim3,
    block_dim: dim3,
    dyn_ubuf_size: usize,
    stream: aclrtStream,
    cfg: *mut aclrtLaunchKernelCfg,
    args: *mut *mut c_void,
) -> aclError {
    entry::acl("aclrtLaunchSIMTKernelWithArgsArray", || {
        let kernel = binary::function_or_symbol(func, "func")?;
        // SAFETY: C1 and C2.
        let config = unsafe { Config::read(&kernel, cfg) }?;
        let shape = config.threads(&kernel, grid_dim, block_dim, dyn_ubuf_size)?;
        device_memory()?;
        // SAFETY: C2.
        let arguments = unsafe { one_by_one(&kernel, args) }?;
        launch("aclrtLaunchSIMTKernelWithArgsArray", kernel, (shape, config.terms), arguments, stream)
    })
}

/// Queues a launch of a kernel by threads, whose arguments lie in host memory. The threads of a block run in turn.
///
/// # Parameters
/// - func: the function, which is ACLSIM_KERNEL_SIMT, or a host address that stands for it
/// - gridDim: blocks by axis
/// - blockDim: threads of a block by axis, 2048 in all at most
/// - dynUbufSize: bytes of memory that each block has for itself; 0 for what cfg says
/// - stream: the stream; null is the default stream
/// - cfg: attributes of the launch; null for none
/// - hostArgs, argsSize: the arguments and data behind them, copied
/// - placeHolderArray, placeHolderNum: as for aclrtLaunchKernelWithHostArgs
///
/// # Returns
/// As aclrtLaunchKernelWithHostArgs, and
/// - 107000 when the function is launched by blocks, or a dimension or dynUbufSize is out of range
///
/// # Thread safety
/// As aclrtLaunchKernel.
///
/// # Safety
/// C1 holds for `cfg`, C2 for its attributes and for the arrays, C4 for the kernel.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtLaunchSIMTKernelWithHostArgs(
    func: *mut c_void,
    grid_dim: dim3,
    block_dim: dim3,
    dyn_ubuf_size: usize,
    stream: aclrtStream,
    cfg: *mut aclrtLaunchKernelCfg,
    host_args: *mut c_void,
    args_size: usize,
    place_holder_array: *mut aclrtPlaceHolderInfo,
    place_holder_num: usize,
) -> aclError {
    entry::acl("aclrtLaunchSIMTKernelWithHostArgs", || {
        let kernel = binary::function_or_symbol(func, "func")?;
        // SAFETY: C1 and C2.
        let config = unsafe { Config::read(&kernel, cfg) }?;
        let shape = config.threads(&kernel, grid_dim, block_dim, dyn_ubuf_size)?;
        device_memory()?;
        // SAFETY: C2.
        let arguments = unsafe { on_host((host_args, args_size), (place_holder_array, place_holder_num)) }?;
        launch("aclrtLaunchSIMTKernelWithHostArgs", kernel, (shape, config.terms), arguments, stream)
    })
}
