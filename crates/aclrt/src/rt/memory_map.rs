//! Virtual memory: reserved ranges of addresses, physical memory, and mappings of one in the other.

use super::{memory_place::install, not_null, param};
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_HBM_MEM_HUGE1G, ACL_HBM_MEM_P2P_HUGE1G, ACL_MEM_ALLOCATION_TYPE_PINNED, ACL_MEM_HANDLE_TYPE_NONE,
        ACL_MEM_LOCATION_TYPE_DEVICE, ACL_RT_MEM_ALLOC_GRANULARITY_RECOMMENDED, aclError, aclrtDrvMemHandle,
        aclrtMemGranularityOptions, aclrtMemHandleType, aclrtPhysicalMemProp,
    },
    boundary, entry,
    handle::{HandleTable, Kind},
    runtime,
};
use npu_device::memory::mapping::{self, PAGE, PhysicalId};
use std::ffi::c_void;

/// `aclrtDrvMemHandle`
static PHYSICAL: HandleTable<PhysicalId> = HandleTable::new(Kind::PhysicalMemory);

fn physical(handle: aclrtDrvMemHandle) -> Result<PhysicalId> {
    not_null(handle, "handle")?;
    PHYSICAL.get(handle).map(|id| *id).map_err(|error| error.arg("handle"))
}

fn zero(value: u64, argument: &'static str) -> Result {
    if value == 0 { Ok(()) } else { Err(param(argument, "0", value)) }
}

/// The device that a property names, and the bytes of its pages.
fn place(prop: &aclrtPhysicalMemProp) -> Result<(u32, u64)> {
    let refuse = |expected: &str, got: u32| {
        let expected = expected.to_owned();
        Err(ArgError::Range { argument: "prop", expected, got: got.to_string() }.into())
    };
    if prop.handleType != ACL_MEM_HANDLE_TYPE_NONE {
        return refuse("handleType ACL_MEM_HANDLE_TYPE_NONE (0)", prop.handleType);
    }
    if prop.allocationType != ACL_MEM_ALLOCATION_TYPE_PINNED {
        return refuse("allocationType ACL_MEM_ALLOCATION_TYPE_PINNED (0)", prop.allocationType);
    }
    if prop.memAttr > ACL_HBM_MEM_P2P_HUGE1G {
        return refuse("a memAttr of aclrtMemAttr", prop.memAttr);
    }
    if prop.location.r#type != ACL_MEM_LOCATION_TYPE_DEVICE {
        let what = format!("physical memory at location type {}", prop.location.r#type);
        return Err(Error::Unsupported { what });
    }
    let device = runtime::runtime()?.device(i32::try_from(prop.location.id).unwrap_or(-1), "prop")?;
    let giant = matches!(prop.memAttr, ACL_HBM_MEM_HUGE1G | ACL_HBM_MEM_P2P_HUGE1G);
    Ok((device.id(), if giant { 1 << 30 } else { PAGE }))
}

/// Reserves a range of addresses of the current context's device, without a context of device 0. What is mapped there
/// becomes accessible.
///
/// # Parameters
/// - virPtr: receives the first address, a multiple of 2 MiB
/// - size: bytes, above 0, rounded up to 2 MiB
/// - alignment: 0
/// - expectPtr: null
/// - flags: 0, or 1 for huge pages; makes no difference
///
/// # Returns
/// - 0 on success
/// - 100000 when virPtr is null or size is 0
/// - 107000 when alignment or flags is out of range
/// - 207000 when expectPtr is not null
/// - 207001 when the device has no such range left
///
/// The caller gives the range back with aclrtReleaseMemAddress.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `vir_ptr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtReserveMemAddress(
    vir_ptr: *mut *mut c_void,
    size: usize,
    alignment: usize,
    expect_ptr: *mut c_void,
    flags: u64,
) -> aclError {
    entry::acl("aclrtReserveMemAddress", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(vir_ptr, "virPtr") }?;
        if size == 0 {
            let expected = "a size above 0".to_owned();
            return Err(ArgError::Range { argument: "size", expected, got: "0".into() }.into());
        }
        zero(alignment as u64, "alignment")?;
        if flags > 1 {
            return Err(param("flags", "0 or 1", flags));
        }
        if !expect_ptr.is_null() {
            return Err(Error::Unsupported { what: "a reservation at a given address".to_owned() });
        }
        install()?;
        let device = runtime::current_device().map_or(0, |device| device.id());
        let address = mapping::reserve(device, size as u64)?;
        out.write(std::ptr::without_provenance_mut(address as usize));
        Ok(())
    })
}

/// Gives back a range that aclrtReserveMemAddress reserved.
///
/// # Parameters
/// - virPtr: its first address
///
/// # Returns
/// - 0 on success
/// - 100000 when virPtr is null
/// - 107000 when no range begins there, or something is still mapped in it
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtReleaseMemAddress(vir_ptr: *mut c_void) -> aclError {
    entry::acl("aclrtReleaseMemAddress", || {
        not_null(vir_ptr, "virPtr")?;
        mapping::release(vir_ptr as u64).map_err(|source| Error::MemoryArg { argument: "virPtr", source })
    })
}

/// Takes a piece of a device's memory, which is accessible where it is mapped.
///
/// # Parameters
/// - handle: receives the piece
/// - size: bytes, a multiple of what aclrtMemGetAllocationGranularity says
/// - prop: where and of which pages
/// - flags: 0
///
/// # Returns
/// - 0 on success; the content is undefined
/// - 100000 when handle or prop is null, or size or a property is out of range
/// - 107000 when flags is not 0
/// - 107001 when there is no such device
/// - 207000 when the location is not a device
/// - 207001 when the device is out of memory
///
/// The caller gives the piece back with aclrtFreePhysical.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `handle` and `prop`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMallocPhysical(
    handle: *mut aclrtDrvMemHandle,
    size: usize,
    prop: *const aclrtPhysicalMemProp,
    flags: u64,
) -> aclError {
    entry::acl("aclrtMallocPhysical", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(handle, "handle") }?;
        // SAFETY: C1.
        let prop = unsafe { boundary::required(prop, "prop") }?;
        zero(flags, "flags")?;
        let (device, page) = place(prop)?;
        if size == 0 || !(size as u64).is_multiple_of(page) {
            let expected = format!("a multiple of {page} bytes");
            return Err(ArgError::Range { argument: "size", expected, got: size.to_string() }.into());
        }
        install()?;
        let id = mapping::allocate(device, size as u64)?;
        match PHYSICAL.insert(id) {
            Ok(handle) => out.write(handle),
            Err(error) => {
                // Freshly made, so it can be freed.
                let _ = mapping::free(id);
                return Err(error.arg("handle"));
            }
        }
        Ok(())
    })
}

/// Gives physical memory back: at once, or when its last mapping ends.
///
/// # Parameters
/// - handle: the piece
///
/// # Returns
/// - 0 on success
/// - 100000 when handle is null
/// - 107000 when its device was reset
/// - 107017 when it is no live piece
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtFreePhysical(handle: aclrtDrvMemHandle) -> aclError {
    entry::acl("aclrtFreePhysical", || {
        let id = physical(handle)?;
        PHYSICAL.remove(handle).map_err(|error| error.arg("handle"))?;
        mapping::free(id).map_err(|source| Error::MemoryArg { argument: "handle", source })
    })
}

/// Makes physical memory accessible at an address inside a reserved range of its device.
///
/// # Parameters
/// - virPtr: where, a whole number of pages from the beginning of the range
/// - size: all bytes of the piece
/// - offset: 0
/// - handle: the piece
/// - flags: 0
///
/// # Returns
/// - 0 on success
/// - 100000 when virPtr or handle is null
/// - 107000 when a value is out of range, or something is mapped there
/// - 107017 when handle is no live piece
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMapMem(
    vir_ptr: *mut c_void,
    size: usize,
    offset: usize,
    handle: aclrtDrvMemHandle,
    flags: u64,
) -> aclError {
    entry::acl("aclrtMapMem", || {
        not_null(vir_ptr, "virPtr")?;
        let id = physical(handle)?;
        zero(offset as u64, "offset")?;
        zero(flags, "flags")?;
        mapping::map(vir_ptr as u64, size as u64, id)
            .map_err(|source| Error::MemoryArg { argument: "virPtr", source })
    })
}

/// Ends a mapping. The address stays reserved, the physical memory allocated.
///
/// # Parameters
/// - virPtr: where the mapping begins
///
/// # Returns
/// - 0 on success
/// - 100000 when virPtr is null
/// - 107000 when no mapping begins there
///
/// # Thread safety
/// May be called from any thread. Work that still uses the memory is the caller's to wait for.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtUnmapMem(vir_ptr: *mut c_void) -> aclError {
    entry::acl("aclrtUnmapMem", || {
        not_null(vir_ptr, "virPtr")?;
        mapping::unmap(vir_ptr as u64).map_err(|source| Error::MemoryArg { argument: "virPtr", source })
    })
}

/// What sizes of physical memory are multiples of.
///
/// # Parameters
/// - prop: where and of which pages
/// - option: the least or the recommended; both are the same
/// - granularity: receives the bytes
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, or option or a property is out of range
/// - 107001 when there is no such device
/// - 207000 when the location is not a device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `prop` and `granularity`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemGetAllocationGranularity(
    prop: *mut aclrtPhysicalMemProp,
    option: aclrtMemGranularityOptions,
    granularity: *mut usize,
) -> aclError {
    entry::acl("aclrtMemGetAllocationGranularity", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(granularity, "granularity") }?;
        // SAFETY: C1.
        let prop = unsafe { boundary::required(prop.cast_const(), "prop") }?;
        if option > ACL_RT_MEM_ALLOC_GRANULARITY_RECOMMENDED {
            let expected = "the least (0) or the recommended (1)".to_owned();
            return Err(ArgError::Range { argument: "option", expected, got: option.to_string() }.into());
        }
        out.write(place(prop)?.1 as usize);
        Ok(())
    })
}

fn no_sharing() -> Error {
    Error::Unsupported { what: "sharing physical memory with other processes".to_owned() }
}

/// Would let other processes map a piece of physical memory; aclsim does not share devices between processes.
///
/// # Parameters
/// - handle: the piece
/// - handleType: ACL_MEM_HANDLE_TYPE_NONE
/// - flags: 0 or 1
/// - shareableHandle: left as it is
///
/// # Returns
/// - 100000 when a pointer is null
/// - 107017 when handle is no live piece
/// - 207000 otherwise, not supported
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `shareable_handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemExportToShareableHandle(
    handle: aclrtDrvMemHandle,
    _handle_type: aclrtMemHandleType,
    _flags: u64,
    shareable_handle: *mut u64,
) -> aclError {
    entry::acl("aclrtMemExportToShareableHandle", || {
        // SAFETY: C1.
        unsafe { boundary::out(shareable_handle, "shareableHandle") }?;
        physical(handle)?;
        Err(no_sharing())
    })
}

/// Would map another process's physical memory; aclsim does not share devices between processes.
///
/// # Parameters
/// - shareableHandle: what the other process exported
/// - deviceId: the device
/// - handle: left as it is
///
/// # Returns
/// - 100000 when handle is null
/// - 207000 otherwise, not supported
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemImportFromShareableHandle(
    _shareable_handle: u64,
    _device_id: i32,
    handle: *mut aclrtDrvMemHandle,
) -> aclError {
    entry::acl("aclrtMemImportFromShareableHandle", || {
        // SAFETY: C1.
        unsafe { boundary::out(handle, "handle") }?;
        Err(no_sharing())
    })
}

/// Would choose which processes may import; aclsim does not share devices between processes.
///
/// # Parameters
/// - shareableHandle: what was exported
/// - pid: processes
/// - pidNum: how many
///
/// # Returns
/// - 100000 when pid is null
/// - 207000 otherwise, not supported
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `pid` with `pid_num` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemSetPidToShareableHandle(
    _shareable_handle: u64,
    pid: *mut i32,
    _pid_num: usize,
) -> aclError {
    entry::acl("aclrtMemSetPidToShareableHandle", || {
        not_null(pid, "pid")?;
        Err(no_sharing())
    })
}
