//! Device and pinned host memory: allocation, release and figures.

use super::memory_place::device_memory;
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_DDR_MEM, ACL_DDR_MEM_HUGE, ACL_DDR_MEM_NORMAL, ACL_DDR_MEM_P2P_HUGE, ACL_DDR_MEM_P2P_NORMAL,
        ACL_HBM_MEM, ACL_HBM_MEM_HUGE, ACL_HBM_MEM_HUGE1G, ACL_HBM_MEM_NORMAL, ACL_HBM_MEM_P2P_HUGE,
        ACL_HBM_MEM_P2P_HUGE1G, ACL_HBM_MEM_P2P_NORMAL, ACL_MEM_HUGE, ACL_MEM_HUGE1G,
        ACL_MEM_LOCATION_TYPE_DEVICE, ACL_MEM_LOCATION_TYPE_HOST, ACL_MEM_LOCATION_TYPE_MANAGED,
        ACL_MEM_LOCATION_TYPE_UNREGISTERED, ACL_MEM_MALLOC_HUGE_ONLY, ACL_MEM_MALLOC_HUGE_ONLY_P2P,
        ACL_MEM_MALLOC_HUGE1G_ONLY, ACL_MEM_MALLOC_HUGE1G_ONLY_P2P, ACL_MEM_MALLOC_NORMAL_ONLY,
        ACL_MEM_MALLOC_NORMAL_ONLY_P2P, ACL_MEM_NORMAL, ACL_MEM_P2P_HUGE, ACL_MEM_P2P_HUGE1G,
        ACL_MEM_P2P_NORMAL, ACL_RT_MEM_ATTR_DEVICE_ID, ACL_RT_MEM_ATTR_VA_FLAG, aclError, aclrtMallocConfig,
        aclrtMemAttr, aclrtMemLocation, aclrtMemMallocPolicy, aclrtMemUsageInfo, aclrtPtrAttributes,
    },
    boundary::{self, Out},
    entry, runtime,
};
use npu_device::memory::{self, MemoryError, Origin, PagePolicy, Request, Side, Stats, host, unified};
use std::ffi::{c_char, c_void};

/// Unknown policies behave as the default; the bits above the low byte ask for bandwidth and read-only access, which
/// make no difference here.
fn page_policy(policy: aclrtMemMallocPolicy) -> PagePolicy {
    match policy & 0xff {
        ACL_MEM_MALLOC_HUGE_ONLY | ACL_MEM_MALLOC_HUGE_ONLY_P2P => PagePolicy::HugeOnly,
        ACL_MEM_MALLOC_NORMAL_ONLY | ACL_MEM_MALLOC_NORMAL_ONLY_P2P => PagePolicy::NormalOnly,
        ACL_MEM_MALLOC_HUGE1G_ONLY | ACL_MEM_MALLOC_HUGE1G_ONLY_P2P => PagePolicy::GiantOnly,
        _ => PagePolicy::HugeFirst,
    }
}

fn not_zero(size: usize, argument: &'static str) -> Result<u64> {
    match size {
        0 => Err(ArgError::Range { argument, expected: "a size above 0".into(), got: "0".into() }.into()),
        size => Ok(size as u64),
    }
}

/// # Safety
/// C1 holds for `dev_ptr`.
unsafe fn malloc(
    dev_ptr: *mut *mut c_void,
    size: usize,
    policy: aclrtMemMallocPolicy,
    origin: Origin,
    device: impl FnOnce() -> Result<Option<u32>>,
) -> Result {
    // SAFETY: C1, from the caller.
    let out = unsafe { boundary::out(dev_ptr, "devPtr") }?;
    let size = not_zero(size, "size")?;
    let asked_for = device()?;
    let current = device_memory()?;
    let exact = origin == Origin::MallocAlign32;
    let request = Request { size, policy: page_policy(policy), exact, origin };
    let info = memory::alloc(asked_for.unwrap_or(current), &request)?;
    out.write(info.base as usize as *mut c_void);
    Ok(())
}

/// Allocates device memory on the device of the calling thread's context.
///
/// The caller owns the memory and releases it with aclrtFree. Does not synchronise.
///
/// # Parameters
/// - devPtr: receives the address. It is a multiple of 512; the host cannot dereference it.
/// - size: bytes, above 0. The block is rounded up to 32 bytes plus 32.
/// - policy: which pages: HUGE_FIRST (2 MiB pages above 1 MiB, falling back to 4 KiB ones), HUGE_ONLY, NORMAL_ONLY,
///   HUGE1G_ONLY, and their P2P forms. An unknown value behaves as HUGE_FIRST.
///
/// # Returns
/// - 0 on success; the content is undefined
/// - 100000 when devPtr is null, or size is 0
/// - 107002 when the thread has no context
/// - 207001 when the device, or its pool of such pages, is out of memory; the process may go on
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `dev_ptr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMalloc(
    dev_ptr: *mut *mut c_void,
    size: usize,
    policy: aclrtMemMallocPolicy,
) -> aclError {
    // SAFETY: C1.
    entry::acl("aclrtMalloc", || unsafe { malloc(dev_ptr, size, policy, Origin::Malloc, || Ok(None)) })
}

/// Allocates device memory without the extra 32 bytes that aclrtMalloc adds.
///
/// Released with aclrtFree.
///
/// # Parameters
/// - devPtr: receives the address, a multiple of 512
/// - size: bytes, above 0. The block is rounded up to 32 bytes.
/// - policy: as for aclrtMalloc
///
/// # Returns
/// - 0 on success; the content is undefined
/// - 100000 when devPtr is null, or size is 0
/// - 107002 when the thread has no context
/// - 207001 when out of memory
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `dev_ptr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMallocAlign32(
    dev_ptr: *mut *mut c_void,
    size: usize,
    policy: aclrtMemMallocPolicy,
) -> aclError {
    entry::acl("aclrtMallocAlign32", || {
        // SAFETY: C1.
        unsafe { malloc(dev_ptr, size, policy, Origin::MallocAlign32, || Ok(None)) }
    })
}

/// Allocates cacheable device memory. The simulated device has no caches to keep coherent, so this is aclrtMalloc.
///
/// Released with aclrtFree.
///
/// # Parameters
/// - devPtr: receives the address, a multiple of 512
/// - size: bytes, above 0
/// - policy: as for aclrtMalloc
///
/// # Returns
/// - 0 on success; the content is undefined
/// - 100000 when devPtr is null, or size is 0
/// - 107002 when the thread has no context
/// - 207001 when out of memory
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `dev_ptr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMallocCached(
    dev_ptr: *mut *mut c_void,
    size: usize,
    policy: aclrtMemMallocPolicy,
) -> aclError {
    entry::acl("aclrtMallocCached", || {
        // SAFETY: C1.
        unsafe { malloc(dev_ptr, size, policy, Origin::MallocCached, || Ok(None)) }
    })
}

/// Allocates device memory with attributes.
///
/// Released with aclrtFree.
///
/// # Parameters
/// - devPtr: receives the address, a multiple of 512
/// - size: bytes, above 0
/// - policy: as for aclrtMalloc
/// - cfg: attributes, or null for none. ACL_RT_MEM_ATTR_DEVICE_ID chooses the device instead of the context's; the
///   module id and the address flag are accepted and make no difference.
///
/// # Returns
/// - 0 on success; the content is undefined
/// - 100000 when devPtr is null, size is 0, or an attribute is unknown
/// - 107001 when the attribute names a device that does not exist
/// - 107002 when the thread has no context
/// - 207001 when out of memory
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `dev_ptr` and `cfg`, C2 for the attributes that `cfg` points to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMallocWithCfg(
    dev_ptr: *mut *mut c_void,
    size: usize,
    policy: aclrtMemMallocPolicy,
    cfg: *mut aclrtMallocConfig,
) -> aclError {
    entry::acl("aclrtMallocWithCfg", || {
        // SAFETY: C1 and C2.
        let device = || unsafe { configured_device(cfg) };
        // SAFETY: C1.
        unsafe { malloc(dev_ptr, size, policy, Origin::MallocWithCfg, device) }
    })
}

/// Allocates device memory for the task scheduler. It is memory as any other here.
///
/// Released with aclrtFree.
///
/// # Parameters
/// - devPtr: receives the address, a multiple of 512
/// - size: bytes, above 0
/// - policy: as for aclrtMalloc
/// - cfg: attributes, or null for none, as for aclrtMallocWithCfg
///
/// # Returns
/// - 0 on success; the content is undefined
/// - 100000 when devPtr is null, size is 0, or an attribute is unknown
/// - 107001 when the attribute names a device that does not exist
/// - 107002 when the thread has no context
/// - 207001 when out of memory
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `dev_ptr` and `cfg`, C2 for the attributes that `cfg` points to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMallocForTaskScheduler(
    dev_ptr: *mut *mut c_void,
    size: usize,
    policy: aclrtMemMallocPolicy,
    cfg: *mut aclrtMallocConfig,
) -> aclError {
    entry::acl("aclrtMallocForTaskScheduler", || {
        // SAFETY: C1 and C2.
        let device = || unsafe { configured_device(cfg) };
        // SAFETY: C1.
        unsafe { malloc(dev_ptr, size, policy, Origin::MallocForTaskScheduler, device) }
    })
}

/// Checks the attributes of a configuration; the device it asks for, if it does.
///
/// # Safety
/// C1 holds for `cfg`, C2 for the attributes that it points to.
unsafe fn configured_device(cfg: *const aclrtMallocConfig) -> Result<Option<u32>> {
    if cfg.is_null() {
        return Ok(None);
    }
    // SAFETY: C1, from the caller.
    let cfg = unsafe { boundary::required(cfg, "cfg") }?;
    // SAFETY: C2, from the caller.
    let attributes = unsafe { boundary::slice(cfg.attrs.cast_const(), cfg.numAttrs, "cfg->attrs") }?;
    let mut device = None;
    for attribute in attributes {
        if attribute.attr > ACL_RT_MEM_ATTR_VA_FLAG {
            return Err(ArgError::Range {
                argument: "cfg->attrs",
                expected: format!("attributes from 0 to {ACL_RT_MEM_ATTR_VA_FLAG}"),
                got: attribute.attr.to_string(),
            }
            .into());
        }
        if attribute.attr == ACL_RT_MEM_ATTR_DEVICE_ID {
            // SAFETY: C2; every member of the union is plain data in initialised memory.
            let id = unsafe { attribute.value.deviceId };
            let id = i32::try_from(id).unwrap_or(-1);
            device = Some(runtime::runtime()?.device(id, "cfg->attrs")?.id());
        }
    }
    Ok(device)
}

fn free(dev_ptr: *mut c_void, by: Origin) -> Result {
    if dev_ptr.is_null() {
        return Err(ArgError::Null { argument: "devPtr" }.into());
    }
    memory::free(dev_ptr as u64, by).map_err(|source| Error::MemoryArg { argument: "devPtr", source })?;
    Ok(())
}

/// Releases device memory at once, without waiting for work that uses it.
///
/// Needs no context. Releasing memory that queued work still uses is a mistake: that work fails.
///
/// # Parameters
/// - devPtr: an address returned by aclrtMalloc or one of its relatives and not released since
///
/// # Returns
/// - 0 on success
/// - 100000 when devPtr is null
/// - 107000 when devPtr is anything else: inside an allocation, released before, or host memory. Nothing is released.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// None: the address is checked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtFree(dev_ptr: *mut c_void) -> aclError {
    entry::acl("aclrtFree", || free(dev_ptr, Origin::Free))
}

/// Waits for all work of the memory's device, then releases the memory.
///
/// A failure of the work that was waited for is returned, and the memory is released all the same. Needs no context.
///
/// # Parameters
/// - devPtr: as for aclrtFree
///
/// # Returns
/// - 0 on success
/// - 100000 when devPtr is null
/// - 107000 when devPtr is not the start of a live allocation. Nothing is released.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// None: the address is checked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtFreeWithDevSync(dev_ptr: *mut c_void) -> aclError {
    entry::acl("aclrtFreeWithDevSync", || {
        let waited = match memory::lookup(dev_ptr as u64) {
            memory::Lookup::Live(info) if info.base == dev_ptr as u64 => {
                let id = i32::try_from(info.device).unwrap_or(-1);
                runtime::runtime()?.device(id, "devPtr")?.synchronize(None)
            }
            _ => Ok(()),
        };
        free(dev_ptr, Origin::FreeWithDevSync)?;
        Ok(waited?)
    })
}

/// # Safety
/// C1 holds for `pointer`.
unsafe fn malloc_host(
    pointer: *mut *mut c_void,
    argument: &'static str,
    size: usize,
    origin: Origin,
    check: impl FnOnce() -> Result,
) -> Result {
    // SAFETY: C1, from the caller.
    let out: Out<'_, *mut c_void> = unsafe { boundary::out(pointer, argument) }?;
    let size = not_zero(size, "size")?;
    check()?;
    let block = host::alloc(size, origin)?;
    out.write(block.as_ptr().cast());
    Ok(())
}

/// Allocates pinned host memory: asynchronous copies to and from it run in the background.
///
/// The caller owns the memory and releases it with aclrtFreeHost. Needs no context.
///
/// # Parameters
/// - hostPtr: receives the address, a multiple of 64
/// - size: bytes, above 0
///
/// # Returns
/// - 0 on success; the content is undefined
/// - 100000 when hostPtr is null, or size is 0
/// - 207001 when the host is out of memory
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `host_ptr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMallocHost(host_ptr: *mut *mut c_void, size: usize) -> aclError {
    entry::acl("aclrtMallocHost", || {
        // SAFETY: C1.
        unsafe { malloc_host(host_ptr, "hostPtr", size, Origin::MallocHost, || Ok(())) }
    })
}

/// Allocates pinned host memory with attributes.
///
/// Released with aclrtFreeHost.
///
/// # Parameters
/// - ptr: receives the address, a multiple of 64
/// - size: bytes, above 0
/// - cfg: attributes, or null for none. Known ones are accepted and make no difference.
///
/// # Returns
/// - 0 on success; the content is undefined
/// - 100000 when ptr is null, size is 0, or an attribute is unknown
/// - 107001 when an attribute names a device that does not exist
/// - 207001 when the host is out of memory
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `ptr` and `cfg`, C2 for the attributes that `cfg` points to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMallocHostWithCfg(
    ptr: *mut *mut c_void,
    size: u64,
    cfg: *mut aclrtMallocConfig,
) -> aclError {
    entry::acl("aclrtMallocHostWithCfg", || {
        // SAFETY: C1 and C2.
        let check = || unsafe { configured_device(cfg) }.map(drop);
        // SAFETY: C1.
        unsafe { malloc_host(ptr, "ptr", size as usize, Origin::MallocHostWithCfg, check) }
    })
}

/// Releases pinned host memory at once.
///
/// Queued copies that still use the memory fail. Needs no context.
///
/// # Parameters
/// - hostPtr: an address returned by aclrtMallocHost or aclrtMallocHostWithCfg and not released since
///
/// # Returns
/// - 0 on success
/// - 100000 when hostPtr is null
/// - 107000 when hostPtr is anything else. Nothing is released.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// The program uses the memory no more; the address itself is checked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtFreeHost(host_ptr: *mut c_void) -> aclError {
    entry::acl("aclrtFreeHost", || free_host(host_ptr, Origin::FreeHost))
}

fn free_host(host_ptr: *mut c_void, by: Origin) -> Result {
    if host_ptr.is_null() {
        return Err(ArgError::Null { argument: "hostPtr" }.into());
    }
    let address = host_ptr as u64;
    // What is still registered would leave the device with memory of somebody else.
    let ours = |info: &host::HostInfo| info.base == address && info.origin != Origin::HostRegister;
    if let Some(info) = host::lookup(address).filter(ours) {
        super::host_register::unregister(&unified::registered_within(address, info.size))?;
    }
    host::free(address, by).map_err(|source| Error::MemoryArg { argument: "hostPtr", source })?;
    Ok(())
}

/// Waits for all work on all devices, then releases pinned host memory.
///
/// Failures of the work that was waited for stay on their streams. Needs no context.
///
/// # Parameters
/// - hostPtr: as for aclrtFreeHost
///
/// # Returns
/// - 0 on success
/// - 100000 when hostPtr is null
/// - 107000 when hostPtr is not the start of a live pinned block. Nothing is released, and nothing waited for.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// The program uses the memory no more; the address itself is checked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtFreeHostWithDevSync(host_ptr: *mut c_void) -> aclError {
    entry::acl("aclrtFreeHostWithDevSync", || {
        if host::lookup(host_ptr as u64).is_some_and(|info| info.base == host_ptr as u64) {
            runtime::runtime()?.drain();
        }
        free_host(host_ptr, Origin::FreeHostWithDevSync)
    })
}

/// Free and total bytes of one kind of memory. Chips have either HBM or DDR.
fn figures(attr: aclrtMemAttr, ddr: bool, stats: &Stats) -> Result<(u64, u64)> {
    let left = stats.capacity - stats.live;
    let huge = (left.min(stats.huge_capacity - stats.huge_used), stats.huge_capacity);
    let giant = (left.min(stats.giant_capacity - stats.giant_used), stats.giant_capacity);
    let normal_total = stats.capacity - stats.huge_capacity;
    let normal = (left.min(normal_total), normal_total);
    let (is_ddr, value) = match attr {
        ACL_DDR_MEM => (Some(true), (left, stats.capacity)),
        ACL_HBM_MEM => (Some(false), (left, stats.capacity)),
        ACL_DDR_MEM_HUGE | ACL_DDR_MEM_P2P_HUGE => (Some(true), huge),
        ACL_DDR_MEM_NORMAL | ACL_DDR_MEM_P2P_NORMAL => (Some(true), normal),
        ACL_HBM_MEM_HUGE | ACL_HBM_MEM_P2P_HUGE => (Some(false), huge),
        ACL_HBM_MEM_NORMAL | ACL_HBM_MEM_P2P_NORMAL => (Some(false), normal),
        ACL_HBM_MEM_HUGE1G | ACL_HBM_MEM_P2P_HUGE1G => (Some(false), giant),
        ACL_MEM_NORMAL | ACL_MEM_P2P_NORMAL => (None, normal),
        ACL_MEM_HUGE | ACL_MEM_P2P_HUGE => (None, huge),
        ACL_MEM_HUGE1G | ACL_MEM_P2P_HUGE1G => (None, giant),
        other => {
            return Err(ArgError::Range {
                argument: "attr",
                expected: format!("a memory attribute from 0 to {ACL_MEM_P2P_HUGE1G}"),
                got: other.to_string(),
            }
            .into());
        }
    };
    Ok(if is_ddr.is_none_or(|is_ddr| is_ddr == ddr) { value } else { (0, 0) })
}

/// Free and total memory of the current device, by kind.
///
/// # Parameters
/// - attr: the kind, such as ACL_HBM_MEM. One that the chip lacks gives 0 and 0.
/// - free: receives the free bytes
/// - total: receives all bytes
///
/// # Returns
/// - 0 on success
/// - 100000 when free or total is null, or attr is unknown
/// - 107002 when the thread has no context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `free` and `total`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetMemInfo(
    attr: aclrtMemAttr,
    free: *mut usize,
    total: *mut usize,
) -> aclError {
    entry::acl("aclrtGetMemInfo", || {
        // SAFETY: C1.
        let free = unsafe { boundary::out(free, "free") }?;
        // SAFETY: C1.
        let total = unsafe { boundary::out(total, "total") }?;
        let stats = memory::stats(device_memory()?)?;
        // The inference chips have DDR, the training chips HBM.
        let ddr = runtime::runtime()?.config().soc.name.starts_with("Ascend310");
        let (is_free, is_total) = figures(attr, ddr, &stats)?;
        free.write(is_free as usize);
        total.write(is_total as usize);
        Ok(())
    })
}

/// Memory in use on a device, by module. All of it is the application's: one entry, named "APP".
///
/// Needs no context.
///
/// # Parameters
/// - deviceId: the device
/// - memUsageInfo: an array that receives the entries
/// - inputNum: how many entries it holds, above 0
/// - outputNum: receives how many were written
///
/// # Returns
/// - 0 on success
/// - 100000 when memUsageInfo or outputNum is null, or inputNum is 0
/// - 107001 when the device does not exist
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `output_num`, C2 for `mem_usage_info` and `input_num`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetMemUsageInfo(
    device_id: i32,
    mem_usage_info: *mut aclrtMemUsageInfo,
    input_num: usize,
    output_num: *mut usize,
) -> aclError {
    entry::acl("aclrtGetMemUsageInfo", || {
        not_zero(input_num, "inputNum")?;
        // SAFETY: C2; of the array only the first entry is written.
        let entry = unsafe { boundary::out(mem_usage_info, "memUsageInfo") }?;
        // SAFETY: C1.
        let count = unsafe { boundary::out(output_num, "outputNum") }?;
        let device = runtime::runtime()?.device(device_id, "deviceId")?.id();
        super::memory_place::install()?;
        let stats = memory::stats(device)?;
        let mut name = [0; 32];
        for (to, from) in name.iter_mut().zip(b"APP") {
            *to = *from as c_char;
        }
        let (now, peak) = (stats.live, stats.peak);
        entry.write(aclrtMemUsageInfo { name, curMemSize: now, memPeakSize: peak, reserved: [0; 8] });
        count.write(1);
        Ok(())
    })
}

/// What kind of memory an address is.
///
/// Needs no context.
///
/// # Parameters
/// - ptr: any address: device memory, pinned host memory, or other host memory, also in the middle of a block
/// - attributes: receives the location (device with its id, host, managed, or unregistered) and the page size (0 for
///   unregistered memory)
///
/// # Returns
/// - 0 on success
/// - 100000 when ptr or attributes is null
/// - 107000 when ptr is in the range of a device but in no live allocation
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `attributes`; `ptr` is not dereferenced.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtPointerGetAttributes(
    ptr: *const c_void,
    attributes: *mut aclrtPtrAttributes,
) -> aclError {
    entry::acl("aclrtPointerGetAttributes", || {
        if ptr.is_null() {
            return Err(ArgError::Null { argument: "ptr" }.into());
        }
        // SAFETY: C1.
        let attributes = unsafe { boundary::out(attributes, "attributes") }?;
        let address = ptr as u64;
        let (kind, id, page_size) = match memory::lookup(address) {
            memory::Lookup::Live(info) if info.origin == Origin::MemAllocManaged => {
                (ACL_MEM_LOCATION_TYPE_MANAGED, 0, info.pages.bytes())
            }
            memory::Lookup::Live(info) => (ACL_MEM_LOCATION_TYPE_DEVICE, info.device, info.pages.bytes()),
            memory::Lookup::NotDevice if host::lookup(address).is_some() => {
                (ACL_MEM_LOCATION_TYPE_HOST, 0, 4096)
            }
            memory::Lookup::NotDevice => (ACL_MEM_LOCATION_TYPE_UNREGISTERED, 0, 0),
            memory::Lookup::Freed(..) | memory::Lookup::Unallocated(_) => {
                let found = memory::describe(address);
                let source = MemoryError::NotAStart { expected: Side::Device, address, found };
                return Err(Error::MemoryArg { argument: "ptr", source });
            }
        };
        let location = aclrtMemLocation { id, r#type: kind };
        attributes.write(aclrtPtrAttributes { location, pageSize: page_size as u32, rsv: [0; 4] });
        Ok(())
    })
}
