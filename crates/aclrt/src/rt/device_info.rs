//! What a device is and can do.

use super::{not_null, param};
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_DEV_ATTR_AICORE_CORE_NUM, ACL_DEV_ATTR_AICPU_CORE_NUM, ACL_DEV_ATTR_CUBE_CORE_NUM,
        ACL_DEV_ATTR_CUST_OP_PRIVILEGE, ACL_DEV_ATTR_DEVICE_FORM_FACTOR, ACL_DEV_ATTR_HD_CONNECT_TYPE,
        ACL_DEV_ATTR_IS_VIRTUAL, ACL_DEV_ATTR_L2_CACHE_SIZE, ACL_DEV_ATTR_MAINBOARD_ID,
        ACL_DEV_ATTR_MAX_BLOCK_DIM_Z, ACL_DEV_ATTR_NPU_ARCH, ACL_DEV_ATTR_PHY_CHIP_ID, ACL_DEV_ATTR_SMP_ID,
        ACL_DEV_ATTR_SUPER_POD_DEVICE_ID, ACL_DEV_ATTR_SUPER_POD_ID, ACL_DEV_ATTR_SUPER_POD_SERVER_ID,
        ACL_DEV_ATTR_TOTAL_GLOBAL_MEM_SIZE, ACL_DEV_ATTR_UBUF_PER_VECTOR_CORE, ACL_DEV_ATTR_VECTOR_CORE_NUM,
        ACL_DEV_ATTR_WARP_SIZE, ACL_DEV_FEATURE_NOT_SUPPORT, ACL_DEV_FEATURE_SUPPORT,
        ACL_FEATURE_SYSTEM_MEMQ_EVENT_CROSS_DEV, ACL_FEATURE_TSCPU_TASK_UPDATE_SUPPORT_AIC_AIV,
        ACL_RT_ATOMIC_CAPABILITY_REDUCTION, ACL_RT_ATOMIC_CAPABILITY_SCALAR8,
        ACL_RT_ATOMIC_CAPABILITY_SCALAR16, ACL_RT_ATOMIC_CAPABILITY_SCALAR32,
        ACL_RT_ATOMIC_CAPABILITY_SCALAR64, ACL_RT_ATOMIC_CAPABILITY_SIGNED,
        ACL_RT_ATOMIC_CAPABILITY_UNSIGNED, ACL_RT_ATOMIC_OPERATION_AND, ACL_RT_ATOMIC_OPERATION_CAS,
        ACL_RT_ATOMIC_OPERATION_DMA_ADD, ACL_RT_ATOMIC_OPERATION_DMA_MAX, ACL_RT_ATOMIC_OPERATION_FLOAT_ADD,
        ACL_RT_ATOMIC_OPERATION_FLOAT_MAX, ACL_RT_ATOMIC_OPERATION_INTEGER_ADD,
        ACL_RT_ATOMIC_OPERATION_INTEGER_DECREMENT, ACL_RT_ATOMIC_OPERATION_INTEGER_INCREMENT,
        ACL_RT_ATOMIC_OPERATION_INTEGER_MAX, ACL_RT_ATOMIC_OPERATION_SIMD_SCALAR_ADD,
        ACL_RT_ATOMIC_OPERATION_SIMD_SCALAR_EXCH, ACL_RT_DEVICE_STATUS_NORMAL, ACL_RT_DEVS_TOPOLOGY_HCCS,
        ACL_RT_DEVS_TOPOLOGY_SIO, ACL_TS_ID_AICORE, ACL_TS_ID_AIVECTOR, aclError, aclrtAtomicOperation,
        aclrtDevAttr, aclrtDevFeatureType, aclrtDeviceStatus, aclrtTsId,
    },
    boundary, entry, runtime,
};
use npu_device::{Device, config::SOCS};
use std::ffi::{c_char, c_void};

/// The device of an unsigned number.
fn device(id: u32, argument: &'static str) -> Result<&'static Device> {
    Ok(runtime::runtime()?.device(i32::try_from(id).unwrap_or(-1), argument)?)
}

fn attribute(device: &Device, attr: aclrtDevAttr) -> Result<i64> {
    let config = runtime::runtime()?.config();
    let (soc, core) = (config.soc, config.soc.core());
    let none = |what: &str| Err(Error::Unsupported { what: format!("attribute {attr}, {what},") });
    Ok(match attr {
        ACL_DEV_ATTR_AICPU_CORE_NUM => config.workers as i64,
        ACL_DEV_ATTR_AICORE_CORE_NUM | ACL_DEV_ATTR_CUBE_CORE_NUM => i64::from(soc.cube_cores),
        ACL_DEV_ATTR_VECTOR_CORE_NUM => i64::from(soc.vector_cores),
        ACL_DEV_ATTR_UBUF_PER_VECTOR_CORE => core.unified as i64,
        ACL_DEV_ATTR_TOTAL_GLOBAL_MEM_SIZE => config.memory as i64,
        ACL_DEV_ATTR_L2_CACHE_SIZE => soc.l2 as i64,
        ACL_DEV_ATTR_PHY_CHIP_ID => i64::from(device.number() / soc.dies()),
        ACL_DEV_ATTR_NPU_ARCH => i64::from(core.arch),
        // One operating system, no rights to be had, PCIe, not a part of another device.
        ACL_DEV_ATTR_SMP_ID
        | ACL_DEV_ATTR_CUST_OP_PRIVILEGE
        | ACL_DEV_ATTR_HD_CONNECT_TYPE
        | ACL_DEV_ATTR_IS_VIRTUAL => 0,
        ACL_DEV_ATTR_WARP_SIZE..=ACL_DEV_ATTR_MAX_BLOCK_DIM_Z => {
            return none("of chips that run threads in warps, which this chip does not,");
        }
        ACL_DEV_ATTR_SUPER_POD_DEVICE_ID | ACL_DEV_ATTR_SUPER_POD_SERVER_ID | ACL_DEV_ATTR_SUPER_POD_ID => {
            return none("of super pods, to which a simulated device does not belong,");
        }
        ACL_DEV_ATTR_MAINBOARD_ID | ACL_DEV_ATTR_DEVICE_FORM_FACTOR => {
            return none("of boards, on which a simulated device does not sit,");
        }
        _ => return Err(param("attr", "an attribute, ACL_DEV_ATTR_*", attr)),
    })
}

/// A figure of a device.
///
/// # Parameters
/// - deviceId: the device
/// - attr: ACL_DEV_ATTR_*: numbers of cores (those of the AI CPU are the simulator's workers), sizes in bytes, the
///   chip's number and architecture. Figures of boards, super pods and warps are not there.
/// - value: receives the figure
///
/// # Returns
/// - 0 on success
/// - 100000 when value is null
/// - 107000 when attr is no attribute
/// - 107001 when there is no such device
/// - 207000 for a figure that a simulated device does not have
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetDeviceInfo(device_id: u32, attr: aclrtDevAttr, value: *mut i64) -> aclError {
    entry::acl("aclrtGetDeviceInfo", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(value, "value") }?;
        out.write(attribute(device(device_id, "deviceId")?, attr)?);
        Ok(())
    })
}

/// Whether a device has a feature.
///
/// # Parameters
/// - deviceId: the device
/// - devFeatureType: ACL_FEATURE_TSCPU_TASK_UPDATE_SUPPORT_AIC_AIV (tasks can be updated, which they can) or
///   ACL_FEATURE_SYSTEM_MEMQ_EVENT_CROSS_DEV (events of queues reach other devices, which they do not)
/// - value: receives ACL_DEV_FEATURE_SUPPORT (1) or ACL_DEV_FEATURE_NOT_SUPPORT (0)
///
/// # Returns
/// - 0 on success
/// - 100000 when value is null
/// - 107000 when devFeatureType is no feature
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetDeviceCapability(
    device_id: i32,
    dev_feature_type: aclrtDevFeatureType,
    value: *mut i32,
) -> aclError {
    entry::acl("aclrtGetDeviceCapability", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(value, "value") }?;
        runtime::runtime()?.device(device_id, "deviceId")?;
        out.write(match dev_feature_type {
            ACL_FEATURE_TSCPU_TASK_UPDATE_SUPPORT_AIC_AIV => ACL_DEV_FEATURE_SUPPORT,
            ACL_FEATURE_SYSTEM_MEMQ_EVENT_CROSS_DEV => ACL_DEV_FEATURE_NOT_SUPPORT,
            other => return Err(param("devFeatureType", "a feature, 1 or 21", other)),
        });
        Ok(())
    })
}

/// How two devices are connected: the two dies of one chip by SIO, others by HCCS.
///
/// # Parameters
/// - deviceId: a device
/// - otherDeviceId: another one
/// - value: receives ACL_RT_DEVS_TOPOLOGY_SIO or ACL_RT_DEVS_TOPOLOGY_HCCS
///
/// # Returns
/// - 0 on success
/// - 100000 when value is null
/// - 107000 when both devices are the same
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetDevicesTopo(
    device_id: u32,
    other_device_id: u32,
    value: *mut u64,
) -> aclError {
    entry::acl("aclrtGetDevicesTopo", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(value, "value") }?;
        let one = device(device_id, "deviceId")?.number();
        let other = device(other_device_id, "otherDeviceId")?.number();
        if one == other {
            return Err(param("otherDeviceId", "another device", other_device_id));
        }
        let dies = runtime::runtime()?.config().soc.dies();
        out.write(if one / dies == other / dies {
            ACL_RT_DEVS_TOPOLOGY_SIO
        } else {
            ACL_RT_DEVS_TOPOLOGY_HCCS
        });
        Ok(())
    })
}

/// Whether a device can be used: always.
///
/// # Parameters
/// - deviceId: the device
/// - deviceStatus: receives ACL_RT_DEVICE_STATUS_NORMAL
///
/// # Returns
/// - 0 on success
/// - 100000 when deviceStatus is null
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `device_status`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtQueryDeviceStatus(
    device_id: i32,
    device_status: *mut aclrtDeviceStatus,
) -> aclError {
    entry::acl("aclrtQueryDeviceStatus", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(device_status, "deviceStatus") }?;
        runtime::runtime()?.device(device_id, "deviceId")?;
        out.write(ACL_RT_DEVICE_STATUS_NORMAL);
        Ok(())
    })
}

/// Whether a program built for a chip runs on this one: whether their cores are of one generation.
///
/// # Parameters
/// - socVersion: the name of the chip that the program was built for, such as "Ascend910B1"
/// - canCompatible: receives 1 or 0
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107000 when socVersion is no chip that is known
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `soc_version`, C1 for `can_compatible`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCheckArchCompatibility(
    soc_version: *const c_char,
    can_compatible: *mut i32,
) -> aclError {
    entry::acl("aclrtCheckArchCompatibility", || {
        // SAFETY: C3.
        let name = unsafe { boundary::c_str(soc_version, "socVersion") }?.to_string_lossy();
        // SAFETY: C1.
        let out = unsafe { boundary::out(can_compatible, "canCompatible") }?;
        let built_for = SOCS.iter().find(|soc| soc.name.eq_ignore_ascii_case(&name));
        let built_for =
            built_for.ok_or_else(|| param("socVersion", "the name of a chip, such as Ascend910B1", &name))?;
        let here = runtime::runtime()?.config().soc.core();
        out.write(i32::from(built_for.core().arch == here.arch));
        Ok(())
    })
}

/// Chooses the task scheduler of the calling thread's tasks. The simulated device has one, so that the choice makes no
/// difference.
///
/// # Parameters
/// - tsId: ACL_TS_ID_AICORE or ACL_TS_ID_AIVECTOR
///
/// # Returns
/// - 0 on success
/// - 107000 when tsId is neither
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetTsDevice(ts_id: aclrtTsId) -> aclError {
    entry::acl("aclrtSetTsDevice", || match ts_id {
        ACL_TS_ID_AICORE | ACL_TS_ID_AIVECTOR => Ok(()),
        other => Err(param("tsId", "0 (AI core) or 1 (vector core)", other)),
    })
}

/// Writes back what the second-level cache of the current device holds. The simulated device has none between itself
/// and its memory: everything that a synchronised stream wrote is there already.
///
/// # Parameters
/// - rsv: null
///
/// # Returns
/// - 0 on success
/// - 107000 when rsv is not null
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDeviceL2CacheFlush(rsv: *mut c_void) -> aclError {
    entry::acl("aclrtDeviceL2CacheFlush", || {
        if !rsv.is_null() {
            return Err(param("rsv", "null", format!("{rsv:p}")));
        }
        runtime::current_device().map(drop)
    })
}

const WORDS: u32 = ACL_RT_ATOMIC_CAPABILITY_SCALAR32 | ACL_RT_ATOMIC_CAPABILITY_SCALAR64;
const INTEGERS: u32 = ACL_RT_ATOMIC_CAPABILITY_SIGNED
    | ACL_RT_ATOMIC_CAPABILITY_UNSIGNED
    | ACL_RT_ATOMIC_CAPABILITY_SCALAR8
    | ACL_RT_ATOMIC_CAPABILITY_SCALAR16
    | WORDS;

/// What can be done atomically: what the host's processor can, as the device's memory is the host's.
fn capabilities(operation: aclrtAtomicOperation) -> Option<u32> {
    Some(match operation {
        ACL_RT_ATOMIC_OPERATION_INTEGER_ADD..=ACL_RT_ATOMIC_OPERATION_INTEGER_MAX
        | ACL_RT_ATOMIC_OPERATION_SIMD_SCALAR_ADD..=ACL_RT_ATOMIC_OPERATION_SIMD_SCALAR_EXCH => INTEGERS,
        ACL_RT_ATOMIC_OPERATION_INTEGER_INCREMENT..=ACL_RT_ATOMIC_OPERATION_INTEGER_DECREMENT => {
            ACL_RT_ATOMIC_CAPABILITY_UNSIGNED | WORDS
        }
        ACL_RT_ATOMIC_OPERATION_AND..=ACL_RT_ATOMIC_OPERATION_CAS => INTEGERS,
        ACL_RT_ATOMIC_OPERATION_FLOAT_ADD..=ACL_RT_ATOMIC_OPERATION_FLOAT_MAX => {
            ACL_RT_ATOMIC_CAPABILITY_SIGNED | WORDS
        }
        // What aclrtReduceAsync does.
        ACL_RT_ATOMIC_OPERATION_DMA_ADD..=ACL_RT_ATOMIC_OPERATION_DMA_MAX => {
            ACL_RT_ATOMIC_CAPABILITY_REDUCTION | INTEGERS
        }
        _ => return None,
    })
}

/// # Safety
/// C2 holds for `out` and `operations`, each with `count`.
unsafe fn write_capabilities(
    out: *mut u32,
    operations: *const aclrtAtomicOperation,
    count: u32,
    devices: &[(i32, &'static str)],
) -> Result {
    not_null(out, "capabilities")?;
    not_null(operations, "operations")?;
    if count == 0 {
        let expected = "at least 1".to_owned();
        return Err(ArgError::Range { argument: "count", expected, got: "0".into() }.into());
    }
    for (id, argument) in devices {
        runtime::runtime()?.device(*id, argument)?;
    }
    // SAFETY: C2.
    let asked = unsafe { boundary::slice(operations, count as usize, "operations") }?;
    // SAFETY: C2.
    let out = unsafe { boundary::out_slice(out, count as usize, "capabilities") }?;
    // All are looked at before the first is written.
    if let Some(bad) = asked.iter().find(|operation| capabilities(**operation).is_none()) {
        return Err(param("operations", "operations ACL_RT_ATOMIC_OPERATION_*", bad));
    }
    for (slot, operation) in out.iter_mut().zip(asked) {
        slot.write(capabilities(*operation).unwrap_or_default());
    }
    Ok(())
}

/// What can be done atomically between a device and the host. Device memory is memory of the host here, so it is what
/// the host's processor can do.
///
/// # Parameters
/// - capabilities: receives ACL_RT_ATOMIC_CAPABILITY_* bits for each operation
/// - operations: the operations, ACL_RT_ATOMIC_OPERATION_*
/// - count: how many
/// - deviceId: the device
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null or count is 0
/// - 107000 when an operation is none
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `capabilities` and `operations`, each with `count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDeviceGetHostAtomicCapabilities(
    capabilities: *mut u32,
    operations: *const aclrtAtomicOperation,
    count: u32,
    device_id: i32,
) -> aclError {
    entry::acl("aclrtDeviceGetHostAtomicCapabilities", || {
        // SAFETY: (C2) passed on.
        unsafe { write_capabilities(capabilities, operations, count, &[(device_id, "deviceId")]) }
    })
}

/// As aclrtDeviceGetHostAtomicCapabilities, between two devices.
///
/// # Parameters
/// - capabilities, operations, count: as for aclrtDeviceGetHostAtomicCapabilities
/// - srcDeviceId, dstDeviceId: the devices
///
/// # Returns
/// As aclrtDeviceGetHostAtomicCapabilities.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `capabilities` and `operations`, each with `count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDeviceGetP2PAtomicCapabilities(
    capabilities: *mut u32,
    operations: *const aclrtAtomicOperation,
    count: u32,
    src_device_id: i32,
    dst_device_id: i32,
) -> aclError {
    entry::acl("aclrtDeviceGetP2PAtomicCapabilities", || {
        let devices = [(src_device_id, "srcDeviceId"), (dst_device_id, "dstDeviceId")];
        // SAFETY: (C2) passed on.
        unsafe { write_capabilities(capabilities, operations, count, &devices) }
    })
}
