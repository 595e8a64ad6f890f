//! Virtual memory: reserved ranges of addresses, physical memory, and mappings of one in the other.

use super::{memory_place::install, not_null, param};
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_HBM_MEM_HUGE1G, ACL_HBM_MEM_P2P_HUGE1G, ACL_MEM_ALLOCATION_TYPE_PINNED, ACL_MEM_HANDLE_TYPE_NONE,
        ACL_MEM_HANDLE_TYPE_POSIX, ACL_MEM_HUGE1G, ACL_MEM_LOCATION_TYPE_DEVICE, ACL_MEM_LOCATION_TYPE_HOST,
        ACL_MEM_P2P_HUGE1G, ACL_RT_MEM_ALLOC_GRANULARITY_RECOMMENDED, aclError, aclrtDrvMemHandle,
        aclrtMemGranularityOptions, aclrtPhysicalMemProp,
    },
    boundary, entry,
    handle::{HandleTable, Kind},
    runtime,
};
use npu_device::memory::mapping::{self, PAGE, PhysicalId, Place};
use std::ffi::c_void;

/// A piece of physical memory, and what the program asked for.
#[derive(Clone, Copy)]
pub(super) struct Piece {
    pub(super) id: PhysicalId,
    pub(super) prop: aclrtPhysicalMemProp,
}

/// `aclrtDrvMemHandle`
pub(super) static PHYSICAL: HandleTable<Piece> = HandleTable::new(Kind::PhysicalMemory);

pub(super) fn physical(handle: aclrtDrvMemHandle) -> Result<Piece> {
    not_null(handle, "handle")?;
    PHYSICAL.get(handle).map(|piece| *piece).map_err(|error| error.arg("handle"))
}

/// Hands out a piece that the caller holds.
pub(super) fn insert(piece: Piece) -> Result<aclrtDrvMemHandle> {
    PHYSICAL.insert(piece).map_err(|error| {
        // Held by the caller, so it can be freed.
        let _ = mapping::free(piece.id);
        error.arg("handle")
    })
}

pub(super) fn zero(value: u64, argument: &'static str) -> Result {
    if value == 0 { Ok(()) } else { Err(param(argument, "0", value)) }
}

/// What a property names: the device, where the memory is, and the bytes of its pages.
fn place(prop: &aclrtPhysicalMemProp) -> Result<(u32, Place, u64)> {
    let refuse = |expected: &str, got: u32| {
        let expected = expected.to_owned();
        Err(ArgError::Range { argument: "prop", expected, got: got.to_string() }.into())
    };
    if !matches!(prop.handleType, ACL_MEM_HANDLE_TYPE_NONE | ACL_MEM_HANDLE_TYPE_POSIX) {
        return refuse("handleType ACL_MEM_HANDLE_TYPE_NONE (0) or _POSIX (2)", prop.handleType);
    }
    if prop.allocationType != ACL_MEM_ALLOCATION_TYPE_PINNED {
        return refuse("allocationType ACL_MEM_ALLOCATION_TYPE_PINNED (0)", prop.allocationType);
    }
    if prop.memAttr > ACL_MEM_P2P_HUGE1G {
        return refuse("a memAttr of aclrtMemAttr", prop.memAttr);
    }
    let giant = matches!(
        prop.memAttr,
        ACL_HBM_MEM_HUGE1G | ACL_HBM_MEM_P2P_HUGE1G | ACL_MEM_HUGE1G | ACL_MEM_P2P_HUGE1G
    );
    let page = if giant { 1 << 30 } else { PAGE };
    match prop.location.r#type {
        ACL_MEM_LOCATION_TYPE_DEVICE => {
            let id = i32::try_from(prop.location.id).unwrap_or(-1);
            let device = runtime::runtime()?.device(id, "prop")?.id();
            Ok((device, Place::Device(device), page))
        }
        ACL_MEM_LOCATION_TYPE_HOST => {
            Ok((runtime::current_device().map_or(0, |device| device.id()), Place::Host, page))
        }
        other => Err(Error::Unsupported { what: format!("physical memory at location type {other}") }),
    }
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
        unsafe { reserve(vir_ptr, size, alignment, expect_ptr, flags) }
    })
}

/// # Safety
/// C1 holds for `vir_ptr`.
unsafe fn reserve(
    vir_ptr: *mut *mut c_void,
    size: usize,
    alignment: usize,
    expect_ptr: *mut c_void,
    flags: u64,
) -> Result {
    // SAFETY: C1, from the caller.
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
}

/// Reserves a range of addresses for memory that is not shared over the unified bus: aclrtReserveMemAddress, since the
/// simulated devices have no such bus.
///
/// # Parameters
/// - virPtr: receives the first address, a multiple of 2 MiB
/// - size: bytes, above 0, rounded up to 2 MiB
/// - alignment: 0
/// - expectPtr: null
/// - flags: 0 or 1; makes no difference
///
/// # Returns
/// - as aclrtReserveMemAddress
///
/// The caller gives the range back with aclrtReleaseMemAddress.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `vir_ptr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtReserveMemAddressNoUCMemory(
    vir_ptr: *mut *mut c_void,
    size: usize,
    alignment: usize,
    expect_ptr: *mut c_void,
    flags: u64,
) -> aclError {
    entry::acl("aclrtReserveMemAddressNoUCMemory", || {
        // SAFETY: C1.
        unsafe { reserve(vir_ptr, size, alignment, expect_ptr, flags) }
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

/// Takes a piece of a device's memory, which is accessible where it is mapped. Memory of the host is accessible to host
/// and device there, under one address.
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
/// - 207000 when the location is neither a device nor the host
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
        let (device, place, page) = place(prop)?;
        if size == 0 || !(size as u64).is_multiple_of(page) {
            let expected = format!("a multiple of {page} bytes");
            return Err(ArgError::Range { argument: "size", expected, got: size.to_string() }.into());
        }
        install()?;
        let id = mapping::allocate(device, place, size as u64)?;
        out.write(insert(Piece { id, prop: *prop })?);
        Ok(())
    })
}

/// Gives physical memory back: at once, or when its last mapping ends. What was retained must be given back as often.
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
        let freed = mapping::free(physical(handle)?.id);
        if !matches!(freed, Ok(left) if left > 0) {
            // Nobody holds it any more; another thread may have found that out as well.
            let _ = PHYSICAL.remove(handle);
        }
        freed.map(drop).map_err(|source| Error::MemoryArg { argument: "handle", source })
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
        map(vir_ptr, size, offset, handle, flags, true)
    })
}

/// What both ways to map have in common.
fn map(
    vir_ptr: *mut c_void,
    size: usize,
    offset: usize,
    handle: aclrtDrvMemHandle,
    flags: u64,
    accessible: bool,
) -> Result {
    let id = physical(handle)?.id;
    zero(offset as u64, "offset")?;
    zero(flags, "flags")?;
    mapping::map(vir_ptr as u64, size as u64, id, accessible)
        .map_err(|source| Error::MemoryArg { argument: "virPtr", source })
}

/// Maps physical memory as aclrtMapMem does, but for nobody: aclrtMemSetAccess says who may access it.
///
/// # Parameters
/// - virPtr: where, a whole number of pages from the beginning of the range
/// - size: all bytes of the piece
/// - offset: 0
/// - handle: the piece
/// - flags: 0
///
/// # Returns
/// - as aclrtMapMem
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemMapNoAccess(
    vir_ptr: *mut c_void,
    size: usize,
    offset: usize,
    handle: aclrtDrvMemHandle,
    flags: u64,
) -> aclError {
    entry::acl("aclrtMemMapNoAccess", || {
        not_null(vir_ptr, "virPtr")?;
        map(vir_ptr, size, offset, handle, flags, false)
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
/// - 207000 when the location is neither a device nor the host
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
        out.write(place(prop)?.2 as usize);
        Ok(())
    })
}
