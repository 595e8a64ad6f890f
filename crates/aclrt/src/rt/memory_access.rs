//! Who may access mapped memory, what is mapped where, and over which links.

use super::{
    memory_map::{PHYSICAL, Piece, insert, physical, zero},
    memory_place::install,
    not_null, param,
};
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_HBM_MEM_HUGE, ACL_MEM_ALLOCATION_TYPE_PINNED, ACL_MEM_HANDLE_TYPE_NONE,
        ACL_MEM_LOCATION_TYPE_DEVICE, ACL_MEM_LOCATION_TYPE_HOST, ACL_RT_MEM_ACCESS_FLAGS_NONE,
        ACL_RT_MEM_ACCESS_FLAGS_READ, ACL_RT_MEM_ACCESS_FLAGS_READWRITE,
        ACL_RT_MEM_ACCESS_UB_MULTI_PORT_PATH, ACL_RT_MEM_LINK_IDX_1, aclError, aclrtDrvMemHandle,
        aclrtMemAccessDesc, aclrtMemLinkType, aclrtMemLocation, aclrtPhysicalMemProp,
    },
    boundary, entry, runtime,
};
use npu_device::memory::{
    self, MemoryError,
    mapping::{self, Access, Place},
};
use std::ffi::c_void;

fn located(location: &aclrtMemLocation, argument: &'static str) -> Result<Place> {
    match location.r#type {
        ACL_MEM_LOCATION_TYPE_HOST => Ok(Place::Host),
        ACL_MEM_LOCATION_TYPE_DEVICE => {
            let id = i32::try_from(location.id).unwrap_or(-1);
            Ok(Place::Device(runtime::runtime()?.device(id, argument)?.id()))
        }
        other => Err(param(argument, "location type host (0) or device (1)", other)),
    }
}

fn at(argument: &'static str) -> impl Fn(MemoryError) -> Error {
    move |source| Error::MemoryArg { argument, source }
}

/// Sets who may access mapped memory. A device without rights finds nothing there, one with rights to read cannot write
/// there; a host with rights uses the address itself.
///
/// # Parameters
/// - virPtr: where the mapping begins
/// - size: all its bytes
/// - desc: for each place its rights; those of places that are not named stay as they are
/// - count: how many, above 0
///
/// # Returns
/// - 0 on success
/// - 100000 when virPtr or desc is null
/// - 107000 when no mapping of this size begins there, count is 0, or a right or place is unknown
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread. Work that still uses the memory is the caller's to wait for.
///
/// # Safety
/// C2 holds for `desc` and `count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemSetAccess(
    vir_ptr: *mut c_void,
    size: usize,
    desc: *mut aclrtMemAccessDesc,
    count: usize,
) -> aclError {
    entry::acl("aclrtMemSetAccess", || {
        not_null(vir_ptr, "virPtr")?;
        not_null(desc, "desc")?;
        // SAFETY: C2.
        let wanted = unsafe { boundary::slice(desc.cast_const(), count, "desc") }?;
        if wanted.is_empty() {
            return Err(param("count", "a number above 0", 0));
        }
        let rights = wanted.iter().map(|desc| {
            let access = match desc.flags {
                ACL_RT_MEM_ACCESS_FLAGS_NONE => Access::None,
                ACL_RT_MEM_ACCESS_FLAGS_READ => Access::Read,
                ACL_RT_MEM_ACCESS_FLAGS_READWRITE => Access::ReadWrite,
                other => return Err(param("desc", "flags none (0), read (1) or read and write (3)", other)),
            };
            Ok((located(&desc.location, "desc")?, access))
        });
        let rights = rights.collect::<Result<Vec<_>>>()?;
        mapping::set_access(vir_ptr as u64, size as u64, &rights).map_err(at("virPtr"))
    })
}

/// Says what a place may do with mapped memory.
///
/// # Parameters
/// - virPtr: where the mapping begins
/// - location: the host, or a device
/// - flag: receives ACL_RT_MEM_ACCESS_FLAGS_NONE, _READ or _READWRITE
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107000 when no mapping begins there, or the place is unknown
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `location` and `flag`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemGetAccess(
    vir_ptr: *mut c_void,
    location: *mut aclrtMemLocation,
    flag: *mut u64,
) -> aclError {
    entry::acl("aclrtMemGetAccess", || {
        not_null(vir_ptr, "virPtr")?;
        // SAFETY: C1.
        let location = unsafe { boundary::required(location.cast_const(), "location") }?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(flag, "flag") }?;
        let access = mapping::access(vir_ptr as u64, located(location, "location")?).map_err(at("virPtr"))?;
        out.write(u64::from(match access {
            Access::None => ACL_RT_MEM_ACCESS_FLAGS_NONE,
            Access::Read => ACL_RT_MEM_ACCESS_FLAGS_READ,
            Access::ReadWrite => ACL_RT_MEM_ACCESS_FLAGS_READWRITE,
        }));
        Ok(())
    })
}

/// The physical memory that is mapped at an address, held once more.
///
/// # Parameters
/// - virPtr: where the mapping begins
/// - handle: receives the piece: the handle it has, or a new one if that was freed
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107000 when no mapping begins there
///
/// Every call needs an aclrtFreePhysical of its own.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `handle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemRetainAllocationHandle(
    vir_ptr: *mut c_void,
    handle: *mut aclrtDrvMemHandle,
) -> aclError {
    entry::acl("aclrtMemRetainAllocationHandle", || {
        not_null(vir_ptr, "virPtr")?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(handle, "handle") }?;
        let id = mapping::retain(vir_ptr as u64).map_err(at("virPtr"))?;
        let mut known = None;
        PHYSICAL.for_each(|handle, piece| {
            if piece.id == id {
                known = Some(handle);
            }
        });
        let handle = match known {
            Some(handle) => handle,
            None => insert(Piece { id, prop: property(id) })?,
        };
        out.write(handle);
        Ok(())
    })
}

/// What is known of memory whose first handle is gone.
fn property(id: mapping::PhysicalId) -> aclrtPhysicalMemProp {
    let (kind, number) = match mapping::place_of(id) {
        Some(Place::Host) => (ACL_MEM_LOCATION_TYPE_HOST, 0),
        _ => (ACL_MEM_LOCATION_TYPE_DEVICE, id.device),
    };
    aclrtPhysicalMemProp {
        handleType: ACL_MEM_HANDLE_TYPE_NONE,
        allocationType: ACL_MEM_ALLOCATION_TYPE_PINNED,
        memAttr: ACL_HBM_MEM_HUGE,
        location: aclrtMemLocation { id: number, r#type: kind },
        reserve: 0,
    }
}

/// What physical memory was asked for.
///
/// # Parameters
/// - handle: the piece
/// - prop: receives where it is and of which pages
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107017 when handle is no live piece
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `prop`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemGetAllocationPropertiesFromHandle(
    handle: aclrtDrvMemHandle,
    prop: *mut aclrtPhysicalMemProp,
) -> aclError {
    entry::acl("aclrtMemGetAllocationPropertiesFromHandle", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(prop, "prop") }?;
        out.write(physical(handle)?.prop);
        Ok(())
    })
}

/// Shows at one reserved range what is mapped in another. Simulated devices have no links to choose from.
///
/// # Parameters
/// - virPtrDst: where a range of size bytes begins in which nothing is mapped
/// - size: bytes of both ranges
/// - virPtrSrc: where the other range begins
/// - linkIdx: ACL_RT_MEM_LINK_IDX_0 or _1; makes no difference
///
/// # Returns
/// - 0 on success; what was mapped by several aclrtMapMem is unmapped by as many aclrtUnmapMem
/// - 100000 when an address is null
/// - 107000 when an address begins no range of this size, something is mapped at virPtrDst or nothing at virPtrSrc, or
///   linkIdx is unknown
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemMapSelectedLink(
    vir_ptr_dst: *mut c_void,
    size: usize,
    vir_ptr_src: *mut c_void,
    link_idx: u32,
) -> aclError {
    entry::acl("aclrtMemMapSelectedLink", || {
        not_null(vir_ptr_dst, "virPtrDst")?;
        not_null(vir_ptr_src, "virPtrSrc")?;
        if link_idx > ACL_RT_MEM_LINK_IDX_1 {
            return Err(param("linkIdx", "0 or 1", link_idx));
        }
        mapping::map_alias(vir_ptr_dst as u64, size as u64, vir_ptr_src as u64).map_err(at("virPtrDst"))
    })
}

/// Advises over which link physical memory is reached. Simulated devices have none to choose from.
///
/// # Parameters
/// - handle: the piece
/// - adviceLink: a link of aclrtMemLinkType; makes no difference
///
/// # Returns
/// - 0 on success
/// - 100000 when handle is null
/// - 107000 when adviceLink is unknown
/// - 107017 when handle is no live piece
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemMapSetLink(
    handle: aclrtDrvMemHandle,
    advice_link: aclrtMemLinkType,
) -> aclError {
    entry::acl("aclrtMemMapSetLink", || {
        physical(handle)?;
        if advice_link > ACL_RT_MEM_ACCESS_UB_MULTI_PORT_PATH {
            return Err(param("adviceLink", "a link from 0 to 3", advice_link));
        }
        Ok(())
    })
}

/// Lets another device reach memory: from then on it may reach all memory of this memory's device, as after
/// aclrtDeviceEnablePeerAccess.
///
/// # Parameters
/// - devPtr: live device memory
/// - size: its bytes, above 0
/// - dstDevId: the device that shall reach it
/// - flags: 0
///
/// # Returns
/// - 0 on success
/// - 100000 when devPtr is null or size is 0
/// - 107000 when flags is not 0, the memory is not live, or it is dstDevId's own
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// None: the address is checked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemP2PMap(
    dev_ptr: *mut c_void,
    size: usize,
    dst_dev_id: i32,
    flags: u64,
) -> aclError {
    entry::acl("aclrtMemP2PMap", || {
        not_null(dev_ptr, "devPtr")?;
        if size == 0 {
            let expected = "a size above 0".to_owned();
            return Err(ArgError::Range { argument: "size", expected, got: "0".into() }.into());
        }
        zero(flags, "flags")?;
        let target = runtime::runtime()?.device(dst_dev_id, "dstDevId")?;
        install()?;
        let info = memory::check_range(dev_ptr as u64, size as u64).map_err(at("devPtr"))?;
        if info.device == target.id() {
            return Err(param("dstDevId", "another device than the memory's", dst_dev_id));
        }
        target.set_peer(info.device, true);
        Ok(())
    })
}
