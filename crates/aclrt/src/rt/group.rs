//! Groups of cores. A simulated device has one, with all of its cores.

use super::{not_null, param};
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_ERROR_RT_GROUP_NOT_CREATE, ACL_GROUP_AIC_INT, ACL_GROUP_AICORE_INT, ACL_GROUP_AIV_INT,
        ACL_GROUP_ASQNUM_INT, ACL_GROUP_GROUPID_INT, ACL_GROUP_SDMANUM_INT, aclError, aclrtGroupAttr,
        aclrtGroupInfo,
    },
    boundary, entry,
    handle::{HandleTable, Kind},
    runtime,
};
use npu_device::MAX_STREAMS;
use std::{
    ffi::c_void,
    mem::MaybeUninit,
    ptr,
    sync::atomic::{AtomicBool, Ordering},
};

/// The only group.
const GROUP: i32 = 0;

/// What a program asks about, filled by aclrtGetAllGroupInfo.
#[derive(Debug, Default)]
struct GroupInfo {
    filled: AtomicBool,
}

static INFOS: HandleTable<GroupInfo> = HandleTable::new(Kind::GroupInfo);

/// Makes an object for what aclrtGetAllGroupInfo tells.
///
/// # Returns
/// - the object, to be destroyed by aclrtDestroyGroupInfo
/// - null when there are too many
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCreateGroupInfo() -> *mut aclrtGroupInfo {
    let made = entry::value("aclrtCreateGroupInfo", || {
        INFOS.insert(GroupInfo::default()).map_err(|error| error.arg("groupInfo"))
    });
    made.unwrap_or(ptr::null_mut()).cast()
}

/// Destroys what aclrtCreateGroupInfo made.
///
/// # Parameters
/// - groupInfo: the object. The handle is invalid at once.
///
/// # Returns
/// - 0 on success
/// - 100000 when groupInfo is null
/// - 107017 when it is no such object, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDestroyGroupInfo(group_info: *mut aclrtGroupInfo) -> aclError {
    entry::acl("aclrtDestroyGroupInfo", || {
        not_null(group_info, "groupInfo")?;
        INFOS.remove(group_info.cast()).map(drop).map_err(|error| error.arg("groupInfo"))
    })
}

/// The number of groups of the current device: 1, with all of its cores.
///
/// # Parameters
/// - count: receives the number
///
/// # Returns
/// - 0 on success
/// - 100000 when count is null
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetGroupCount(count: *mut u32) -> aclError {
    entry::acl("aclrtGetGroupCount", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(count, "count") }?;
        runtime::current_device()?;
        out.write(1);
        Ok(())
    })
}

/// Looks up the groups of the current device.
///
/// # Parameters
/// - groupInfo: an object from aclrtCreateGroupInfo, to be asked by aclrtGetGroupInfoDetail
///
/// # Returns
/// - 0 on success
/// - 100000 when groupInfo is null
/// - 107002 when the thread has no current context
/// - 107017 when groupInfo is no such object, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetAllGroupInfo(group_info: *mut aclrtGroupInfo) -> aclError {
    entry::acl("aclrtGetAllGroupInfo", || {
        not_null(group_info, "groupInfo")?;
        let info = INFOS.get(group_info.cast()).map_err(|error| error.arg("groupInfo"))?;
        runtime::current_device()?;
        info.filled.store(true, Ordering::Relaxed);
        Ok(())
    })
}

fn figure(attr: aclrtGroupAttr) -> Result<i32> {
    let config = runtime::runtime()?.config();
    Ok(match attr {
        ACL_GROUP_AICORE_INT => config.soc.cube_cores as i32,
        ACL_GROUP_AIV_INT => config.soc.vector_cores as i32,
        // AI CPUs and engines for copies are what workers do as well.
        ACL_GROUP_AIC_INT | ACL_GROUP_SDMANUM_INT => config.workers as i32,
        ACL_GROUP_ASQNUM_INT => MAX_STREAMS as i32,
        ACL_GROUP_GROUPID_INT => GROUP,
        other => {
            return Err(param(
                "attr",
                "a figure, ACL_GROUP_AICORE_INT (0) to ACL_GROUP_GROUPID_INT (5)",
                other,
            ));
        }
    })
}

/// A figure of a group.
///
/// # Parameters
/// - groupInfo: what aclrtGetAllGroupInfo filled
/// - groupIndex: 0
/// - attr: ACL_GROUP_AICORE_INT (cube cores), ACL_GROUP_AIV_INT (vector cores), ACL_GROUP_AIC_INT and
///   ACL_GROUP_SDMANUM_INT (workers), ACL_GROUP_ASQNUM_INT (streams) or ACL_GROUP_GROUPID_INT (the group's number)
/// - attrValue: receives the figure, an int32_t
/// - valueLen: room for it, at least 4
/// - paramRetSize: receives 4
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null or valueLen is below 4
/// - 107000 when groupIndex or attr is out of range
/// - 107014 when aclrtGetAllGroupInfo did not fill groupInfo
/// - 107017 when groupInfo is no such object, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `attr_value` with `value_len` bytes, C1 for `param_ret_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetGroupInfoDetail(
    group_info: *const aclrtGroupInfo,
    group_index: i32,
    attr: aclrtGroupAttr,
    attr_value: *mut c_void,
    value_len: usize,
    param_ret_size: *mut usize,
) -> aclError {
    entry::acl("aclrtGetGroupInfoDetail", || {
        not_null(group_info, "groupInfo")?;
        not_null(attr_value, "attrValue")?;
        // SAFETY: C1.
        let size = unsafe { boundary::out(param_ret_size, "paramRetSize") }?;
        if value_len < size_of::<i32>() {
            let (expected, got) = ("at least 4".to_owned(), value_len.to_string());
            return Err(ArgError::Range { argument: "valueLen", expected, got }.into());
        }
        // SAFETY: (C2) passed on, for the bytes that are written; any address of bytes is aligned.
        let out = unsafe { boundary::out_slice(attr_value.cast::<u8>(), size_of::<i32>(), "attrValue") }?;
        let info = INFOS.get(group_info.cast()).map_err(|error| error.arg("groupInfo"))?;
        if !info.filled.load(Ordering::Relaxed) {
            let what = "argument groupInfo: expected aclrtGetAllGroupInfo before, got none".to_owned();
            return Err(Error::Code { code: ACL_ERROR_RT_GROUP_NOT_CREATE, what });
        }
        if group_index != 0 {
            return Err(param("groupIndex", "0, as there is one group", group_index));
        }
        out.copy_from_slice(&figure(attr)?.to_ne_bytes().map(MaybeUninit::new));
        size.write(size_of::<i32>());
        Ok(())
    })
}

/// Chooses the group that the calling process works in.
///
/// # Parameters
/// - groupId: 0, the group with all cores
///
/// # Returns
/// - 0 on success
/// - 107000 when groupId is another
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetGroup(group_id: i32) -> aclError {
    entry::acl("aclrtSetGroup", || {
        runtime::current_device()?;
        if group_id == GROUP {
            Ok(())
        } else {
            Err(param("groupId", "0, the group with all cores", group_id))
        }
    })
}
