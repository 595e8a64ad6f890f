//! Host memory that devices reach: registered blocks of the program's own memory.

use super::{memory_place::device_memory, not_null, param};
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_HOST_REG_IOMEMORY, ACL_HOST_REG_MAPPED, ACL_HOST_REG_PINNED, ACL_HOST_REG_READONLY,
        ACL_HOST_REGISTER_IOMEMORY, ACL_HOST_REGISTER_MAPPED, ACL_HOST_REGISTER_READONLY,
        ACL_RT_HAC_TYPE_CCU, ACL_RT_HAC_TYPE_DVPP, ACL_RT_HAC_TYPE_RDMA, ACL_RT_HAC_TYPE_UDMA,
        ACL_RT_HOST_MEM_MAP_NOT_SUPPORTED, ACL_RT_HOST_MEM_MAP_SUPPORTED, aclError, aclrtHacType,
        aclrtHostMemMapCapability, aclrtHostRegisterType,
    },
    boundary, entry, runtime,
};
use npu_device::memory::unified::{self, Registration};
use std::ffi::c_void;

fn check(ptr: *mut c_void, size: u64) -> Result {
    not_null(ptr, "ptr")?;
    if size == 0 {
        let expected = "a size above 0".to_owned();
        return Err(ArgError::Range { argument: "size", expected, got: "0".into() }.into());
    }
    Ok(())
}

fn register(
    ptr: *mut c_void,
    size: u64,
    (mapped, read_only, pinned): (bool, bool, bool),
) -> Result<Option<u64>> {
    let device = device_memory()?;
    // The device's work follows the address.
    let host = ptr.expose_provenance() as u64;
    unified::register(&Registration { host, size, device, mapped, read_only, pinned })
        .map_err(|source| Error::MemoryArg { argument: "ptr", source })
}

/// Ends registrations once nothing that was queued before can use them any more.
pub(super) fn unregister(hosts: &[u64]) -> Result {
    if hosts.is_empty() {
        return Ok(());
    }
    runtime::runtime()?.drain();
    for host in hosts {
        unified::unregister(*host).map_err(|source| Error::MemoryArg { argument: "ptr", source })?;
    }
    Ok(())
}

/// Registers host memory and gives it an address that operators and kernels of the device use: they work on the very
/// bytes of the host. Copies and fills refuse that address and take the host's.
///
/// # Parameters
/// - ptr: the memory, a multiple of 4096; of aclrtMallocHost, malloc, mmap, …
/// - size: its bytes, above 0
/// - type: ACL_HOST_REGISTER_MAPPED, or _READONLY for memory that the device must not write; _IOMEMORY is as _MAPPED
/// - devPtr: receives the device address
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null or size is 0
/// - 107000 when ptr is not aligned or no mapped host memory, or type is unknown
/// - 107002 when the thread has no context
/// - 207001 when there are no device addresses left
/// - 507910 when part of the memory is registered already
///
/// The program keeps the memory mapped until aclrtHostUnregister.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `dev_ptr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtHostRegister(
    ptr: *mut c_void,
    size: u64,
    r#type: aclrtHostRegisterType,
    dev_ptr: *mut *mut c_void,
) -> aclError {
    entry::acl("aclrtHostRegister", || {
        check(ptr, size)?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(dev_ptr, "devPtr") }?;
        if !matches!(
            r#type,
            ACL_HOST_REGISTER_MAPPED | ACL_HOST_REGISTER_IOMEMORY | ACL_HOST_REGISTER_READONLY
        ) {
            return Err(param("type", "mapped (0), IO memory (4) or read-only (8)", r#type));
        }
        let device = register(ptr, size, (true, r#type == ACL_HOST_REGISTER_READONLY, false))?;
        if let Some(address) = device {
            out.write(std::ptr::without_provenance_mut(address as usize));
        }
        Ok(())
    })
}

/// Registers host memory: with a device address, which aclrtHostGetDevicePointer tells, as pinned for asynchronous
/// copies, or both.
///
/// # Parameters
/// - ptr: the memory, a multiple of 4096
/// - size: its bytes, above 0
/// - flag: one or more of ACL_HOST_REG_MAPPED, _IOMEMORY (as mapped), _READONLY (mapped for reading) and _PINNED
///
/// # Returns
/// - 0 on success
/// - 100000 when ptr is null or size is 0
/// - 107000 when ptr is not aligned or no mapped host memory, or flag is 0 or has unknown bits
/// - 107002 when the thread has no context
/// - 207001 when there are no device addresses left
/// - 507910 when part of the memory is registered already
///
/// The program keeps the memory mapped until aclrtHostUnregister.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// The memory may be given to asynchronous copies as long as it is registered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtHostRegisterV2(ptr: *mut c_void, size: u64, flag: u32) -> aclError {
    entry::acl("aclrtHostRegisterV2", || {
        check(ptr, size)?;
        let flags = u64::from(flag);
        let known = ACL_HOST_REG_MAPPED | ACL_HOST_REG_IOMEMORY | ACL_HOST_REG_READONLY | ACL_HOST_REG_PINNED;
        if flags == 0 || flags & !known != 0 {
            let got = format!("{flag:#x}");
            return Err(param(
                "flag",
                "mapped (0x2), IO memory (0x4), read-only (0x8), pinned (0x10000000)",
                got,
            ));
        }
        let mapped = flags & !ACL_HOST_REG_PINNED != 0;
        let wanted = (mapped, flags & ACL_HOST_REG_READONLY != 0, flags & ACL_HOST_REG_PINNED != 0);
        register(ptr, size, wanted).map(drop)
    })
}

/// Ends a registration: waits for the work that is queued on all devices, then takes the device address back.
///
/// # Parameters
/// - ptr: where registered memory begins
///
/// # Returns
/// - 0 on success
/// - 100000 when ptr is null
/// - 507911 when no registered memory begins there
///
/// Failures of the work that was waited for stay on their streams.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtHostUnregister(ptr: *mut c_void) -> aclError {
    entry::acl("aclrtHostUnregister", || {
        not_null(ptr, "ptr")?;
        let host = ptr as u64;
        if unified::is_registered(host) {
            runtime::runtime()?.drain();
        }
        unified::unregister(host).map_err(|source| Error::MemoryArg { argument: "ptr", source })
    })
}

/// The device address of registered host memory.
///
/// # Parameters
/// - pHost: an address in memory registered with a device address
/// - pDevice: receives the device address of this byte
/// - flag: 0
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107000 when flag is not 0
/// - 507911 when the memory is not registered, or without a device address
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `p_device`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtHostGetDevicePointer(
    p_host: *mut c_void,
    p_device: *mut *mut c_void,
    flag: u32,
) -> aclError {
    entry::acl("aclrtHostGetDevicePointer", || {
        not_null(p_host, "pHost")?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(p_device, "pDevice") }?;
        if flag != 0 {
            return Err(param("flag", "0", flag));
        }
        let device = unified::device_pointer(p_host as u64)
            .map_err(|source| Error::MemoryArg { argument: "pHost", source })?;
        out.write(std::ptr::without_provenance_mut(device as usize));
        Ok(())
    })
}

/// Whether a part of a device reaches registered host memory: those do that run here, which are the schedulers, the
/// AI CPU, the cores and their copy engines.
///
/// # Parameters
/// - deviceId: the device
/// - hacType: the part
/// - capabilities: receives ACL_RT_HOST_MEM_MAP_SUPPORTED or _NOT_SUPPORTED
///
/// # Returns
/// - 0 on success
/// - 100000 when capabilities is null
/// - 107000 when hacType is unknown
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `capabilities`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtHostMemMapCapabilities(
    device_id: u32,
    hac_type: aclrtHacType,
    capabilities: *mut aclrtHostMemMapCapability,
) -> aclError {
    entry::acl("aclrtHostMemMapCapabilities", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(capabilities, "capabilities") }?;
        runtime::runtime()?.device(i32::try_from(device_id).unwrap_or(-1), "deviceId")?;
        out.write(match hac_type {
            ACL_RT_HAC_TYPE_RDMA | ACL_RT_HAC_TYPE_DVPP | ACL_RT_HAC_TYPE_UDMA | ACL_RT_HAC_TYPE_CCU => {
                ACL_RT_HOST_MEM_MAP_NOT_SUPPORTED
            }
            0..=ACL_RT_HAC_TYPE_CCU => ACL_RT_HOST_MEM_MAP_SUPPORTED,
            other => return Err(param("hacType", "a part from 0 to 9", other)),
        });
        Ok(())
    })
}
