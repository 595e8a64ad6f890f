//! What memory an address is part of, and what is wrong with memory.

use super::{not_null, param};
use capi::{
    ArgError, Error, Result,
    abi::{ACL_RT_MEM_TYPE_DEV, ACL_RT_MEM_TYPE_DVPP, ACL_RT_MEM_TYPE_RSVD, aclError, aclrtMemUceInfo},
    boundary, entry, runtime,
};
use npu_device::memory::{self, Lookup, MemoryError, host, mapping};
use std::ffi::c_void;

fn not_zero(count: usize, argument: &'static str) -> Result {
    if count > 0 {
        return Ok(());
    }
    Err(ArgError::Range { argument, expected: "a number above 0".to_owned(), got: "0".into() }.into())
}

/// The type of an address, as a bit; 0 for memory of no device.
fn type_of(address: u64) -> u32 {
    if mapping::is_reserved(address) {
        return ACL_RT_MEM_TYPE_RSVD;
    }
    match memory::lookup(address) {
        Lookup::Live(_) => ACL_RT_MEM_TYPE_DEV,
        _ => 0,
    }
}

/// Whether all addresses are device memory of the given types. Memory of the media processor has no type of its own
/// here.
///
/// # Parameters
/// - addrList: the addresses
/// - size: how many, above 0
/// - memType: ACL_RT_MEM_TYPE_DEV, _DVPP and _RSVD, or several of them
/// - checkResult: receives 1 if every address is of one of these types, else 0
/// - reserve: 0
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null or size is 0
/// - 107000 when memType is 0 or has unknown bits, or reserve is not 0
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `addr_list` and `size`, C1 for `check_result`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCheckMemType(
    addr_list: *mut *mut c_void,
    size: u32,
    mem_type: u32,
    check_result: *mut u32,
    reserve: u32,
) -> aclError {
    entry::acl("aclrtCheckMemType", || {
        not_null(addr_list, "addrList")?;
        not_zero(size as usize, "size")?;
        // SAFETY: C2.
        let list = unsafe { boundary::slice(addr_list.cast_const(), size as usize, "addrList") }?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(check_result, "checkResult") }?;
        let known = ACL_RT_MEM_TYPE_DEV | ACL_RT_MEM_TYPE_DVPP | ACL_RT_MEM_TYPE_RSVD;
        if mem_type == 0 || mem_type & !known != 0 {
            return Err(param("memType", "bits of 0x2, 0x8 and 0x10", format!("{mem_type:#x}")));
        }
        if reserve != 0 {
            return Err(param("reserve", "0", reserve));
        }
        let all = list.iter().all(|address| type_of(*address as u64) & mem_type != 0);
        out.write(u32::from(all));
        Ok(())
    })
}

/// Where the block of memory begins that an address is part of, and its bytes: an allocation on a device, a pinned or
/// managed block, or what one aclrtMapMem has mapped.
///
/// # Parameters
/// - ptr: the address
/// - pbase: receives where its block begins
/// - psize: receives the block's bytes
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107000 when the address is in no such block
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `pbase` and `psize`; `ptr` is not dereferenced.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemGetAddressRange(
    ptr: *mut c_void,
    pbase: *mut *mut c_void,
    psize: *mut usize,
) -> aclError {
    entry::acl("aclrtMemGetAddressRange", || {
        not_null(ptr, "ptr")?;
        // SAFETY: C1.
        let base = unsafe { boundary::out(pbase, "pbase") }?;
        // SAFETY: C1.
        let size = unsafe { boundary::out(psize, "psize") }?;
        let address = ptr as u64;
        let mapped = || mapping::block_of(address);
        let block = mapped().or_else(|| match memory::lookup(address) {
            Lookup::Live(info) => Some((info.base, info.size)),
            _ => host::lookup(address).map(|info| (info.base, info.size)),
        });
        let Some((start, len)) = block else {
            let source = MemoryError::NotLive { address, len: 1, found: memory::describe(address) };
            return Err(Error::MemoryArg { argument: "ptr", source });
        };
        base.write(std::ptr::without_provenance_mut(start as usize));
        size.write(len as usize);
        Ok(())
    })
}

/// Where a device's memory has errors that the hardware could not correct. Simulated memory has none.
///
/// # Parameters
/// - deviceId: the device
/// - memUceInfoArray: an array for what was found; left as it is
/// - arraySize: how many it holds, above 0
/// - retSize: receives 0
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null or arraySize is 0
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `ret_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetMemUceInfo(
    device_id: i32,
    mem_uce_info_array: *mut aclrtMemUceInfo,
    array_size: usize,
    ret_size: *mut usize,
) -> aclError {
    entry::acl("aclrtGetMemUceInfo", || {
        not_null(mem_uce_info_array, "memUceInfoArray")?;
        not_zero(array_size, "arraySize")?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(ret_size, "retSize") }?;
        runtime::runtime()?.device(device_id, "deviceId")?;
        out.write(0);
        Ok(())
    })
}

/// Would repair memory with errors that the hardware could not correct. Simulated memory has none, so no address is one
/// that could be repaired.
///
/// # Parameters
/// - deviceId: the device
/// - memUceInfoArray: what aclrtGetMemUceInfo found
/// - arraySize: how many, above 0
///
/// # Returns
/// - 100000 when memUceInfoArray is null or arraySize is 0
/// - 107000 otherwise: the first address has no such error
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `mem_uce_info_array` and `array_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemUceRepair(
    device_id: i32,
    mem_uce_info_array: *mut aclrtMemUceInfo,
    array_size: usize,
) -> aclError {
    entry::acl("aclrtMemUceRepair", || {
        not_null(mem_uce_info_array, "memUceInfoArray")?;
        not_zero(array_size, "arraySize")?;
        // SAFETY: C2.
        let list =
            unsafe { boundary::slice(mem_uce_info_array.cast_const(), array_size, "memUceInfoArray") }?;
        runtime::runtime()?.device(device_id, "deviceId")?;
        let got = format!("{:p}, where there is none", list[0].addr);
        Err(param("memUceInfoArray", "addresses of uncorrectable errors that aclrtGetMemUceInfo found", got))
    })
}
