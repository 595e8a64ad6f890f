//! What a profiling session is asked to record.

use super::refused;
use capi::{
    ArgError, Result,
    abi::{
        ACL_AICORE_MEMORY_ACCESS, ACL_AICORE_NONE, ACL_PROF_ACL_API, ACL_PROF_AICORE_METRICS,
        ACL_PROF_AICORE_SHAPE, ACL_PROF_AICPU, ACL_PROF_API_STATS, ACL_PROF_ARGS_MAX, ACL_PROF_ARGS_MIN,
        ACL_PROF_GE_API_L0, ACL_PROF_GE_API_L1, ACL_PROF_HCCL_TRACE, ACL_PROF_L2CACHE, ACL_PROF_MSPROFTX,
        ACL_PROF_OP_ATTR, ACL_PROF_RUNTIME_API, ACL_PROF_STORAGE_LIMIT, ACL_PROF_TASK_MEMORY,
        ACL_PROF_TASK_TIME, ACL_PROF_TASK_TIME_L0, ACL_PROF_TASK_TIME_L2, ACL_PROF_TASK_TIME_L3,
        ACL_PROF_TRAINING_TRACE, aclError, aclprofAicoreEvents, aclprofAicoreMetrics, aclprofConfig,
        aclprofConfigType,
    },
    boundary, entry,
    handle::{HandleTable, Kind},
    runtime,
};
use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    ffi::{c_char, c_void},
};

/// A configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Config {
    /// A bit for each device.
    pub devices: u64,
    /// Which counters of the cores.
    pub metrics: aclprofAicoreMetrics,
    /// `ACL_PROF_*` bits.
    pub data: u64,
}

/// Configurations by handle.
pub(super) static CONFIGS: HandleTable<Config> = HandleTable::new(Kind::ProfConfig);
/// What `aclprofSetConfig` was given, by type.
static SETTINGS: Mutex<BTreeMap<aclprofConfigType, String>> = Mutex::new(BTreeMap::new());

/// Every kind of data that CANN defines.
const DATA: u64 = ACL_PROF_ACL_API
    | ACL_PROF_TASK_TIME
    | ACL_PROF_AICORE_METRICS
    | ACL_PROF_AICPU
    | ACL_PROF_L2CACHE
    | ACL_PROF_HCCL_TRACE
    | ACL_PROF_TRAINING_TRACE
    | ACL_PROF_MSPROFTX
    | ACL_PROF_RUNTIME_API
    | ACL_PROF_GE_API_L0
    | ACL_PROF_TASK_TIME_L0
    | ACL_PROF_TASK_MEMORY
    | ACL_PROF_TASK_TIME_L2
    | ACL_PROF_OP_ATTR
    | ACL_PROF_TASK_TIME_L3
    | ACL_PROF_GE_API_L1
    | ACL_PROF_API_STATS
    | ACL_PROF_AICORE_SHAPE;
/// Data that only counters of silicon give.
const SILICON: [(u64, &str); 2] =
    [(ACL_PROF_AICORE_METRICS, "ACL_PROF_AICORE_METRICS"), (ACL_PROF_L2CACHE, "ACL_PROF_L2CACHE")];
/// Settings that sample silicon or the machine, by type.
const SAMPLED: std::ops::RangeInclusive<aclprofConfigType> = 2..=13;

impl Config {
    /// What was asked for and is not there.
    pub fn absent(&self) -> Vec<&'static str> {
        let mut absent: Vec<_> =
            SILICON.iter().filter(|(bit, _)| self.data & bit != 0).map(|(_, name)| *name).collect();
        if settings().keys().any(|kind| SAMPLED.contains(kind)) {
            absent.push("samples of the system (aclprofSetConfig)");
        }
        absent
    }
}

/// What `aclprofSetConfig` was given.
pub(super) fn settings() -> BTreeMap<aclprofConfigType, String> {
    SETTINGS.lock().clone()
}

/// Begins anew, without settings.
pub(super) fn reset() {
    SETTINGS.lock().clear();
}

/// The device bits of a list.
fn devices(list: &[u32]) -> Result<u64> {
    let count = runtime::runtime()?.devices().len();
    let mut bits = 0_u64;
    for id in list {
        if *id as usize >= count || bits >> id & 1 != 0 {
            return Err(refused(
                "deviceIdList",
                format!("different device ids below {count}"),
                format!("{list:?}"),
            ));
        }
        bits |= 1 << id;
    }
    Ok(bits)
}

/// Makes a configuration for aclprofStart.
///
/// Tasks, calls, shapes and memory are always recorded. Data that silicon counts (core metrics, cache events) may be
/// asked for; aclprofStart says once that it is absent.
///
/// # Parameters
/// - deviceIdList, deviceNums: the devices, each once
/// - aicoreMetrics: ACL_AICORE_* of the counters, which a simulated device does not have
/// - aicoreEvents: null
/// - dataTypeConfig: ACL_PROF_* bits
///
/// # Returns
/// - the configuration, to be destroyed by aclprofDestroyConfig
/// - null, with a message, when a device is none or named twice, or a value is not as documented
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `device_id_list` and `device_nums`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofCreateConfig(
    device_id_list: *mut u32,
    device_nums: u32,
    aicore_metrics: aclprofAicoreMetrics,
    aicore_events: *const aclprofAicoreEvents,
    data_type_config: u64,
) -> *mut aclprofConfig {
    entry::value("aclprofCreateConfig", || {
        if device_nums == 0 {
            return Err(refused("deviceNums", "at least 1", 0));
        }
        // SAFETY: C2.
        let list =
            unsafe { boundary::slice(device_id_list.cast_const(), device_nums as usize, "deviceIdList") }?;
        let devices = devices(list)?;
        if aicore_metrics > ACL_AICORE_MEMORY_ACCESS && aicore_metrics != ACL_AICORE_NONE {
            return Err(refused("aicoreMetrics", "an aclprofAicoreMetrics", aicore_metrics));
        }
        if !aicore_events.is_null() {
            return Err(refused(
                "aicoreEvents",
                "null, since no events are defined",
                format!("{aicore_events:p}"),
            ));
        }
        if data_type_config & !DATA != 0 {
            return Err(refused("dataTypeConfig", "ACL_PROF_* bits", format!("{data_type_config:#x}")));
        }
        let config = Config { devices, metrics: aicore_metrics, data: data_type_config };
        CONFIGS.insert(config).map_err(|error| error.arg("deviceIdList"))
    })
    .map_or(std::ptr::null_mut(), |handle: *mut c_void| handle.cast())
}

/// Destroys a configuration. A session that was started with it is not affected.
///
/// # Parameters
/// - profilerConfig: the configuration
///
/// # Returns
/// - 0 on success
/// - 100000 when profilerConfig is null
/// - 107017 when it is no live configuration
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofDestroyConfig(profiler_config: *const aclprofConfig) -> aclError {
    entry::acl("aclprofDestroyConfig", || {
        if profiler_config.is_null() {
            return Err(ArgError::Null { argument: "profilerConfig" }.into());
        }
        CONFIGS.remove(profiler_config.cast()).map(drop).map_err(|error| error.arg("profilerConfig"))
    })
}

/// Sets what sessions record beside their configuration. The storage limit is kept; everything that samples hardware
/// is accepted, and aclprofStart says once that it is absent.
///
/// # Parameters
/// - configType: what is set
/// - config, configLength: the value as a string, and its length without the end
///
/// # Returns
/// - 0 on success
/// - 100000 when config is null, configType is no aclprofConfigType, or configLength is not the string's length
/// - 100010 when the storage limit is not a number of MB from 200MB on
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `config`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofSetConfig(
    config_type: aclprofConfigType,
    config: *const c_char,
    config_length: usize,
) -> aclError {
    entry::acl("aclprofSetConfig", || {
        if config_type == ACL_PROF_ARGS_MIN || config_type >= ACL_PROF_ARGS_MAX {
            return Err(refused("configType", "an aclprofConfigType", config_type));
        }
        // SAFETY: C3.
        let value = unsafe { boundary::c_str(config, "config") }?.to_string_lossy();
        if value.is_empty() || value.len() != config_length {
            let expected = format!("{}, the length of config, and not 0", value.len());
            return Err(refused("configLength", expected, config_length));
        }
        if config_type == ACL_PROF_STORAGE_LIMIT {
            let megabytes = value.strip_suffix("MB").and_then(|number| number.parse::<u64>().ok());
            if megabytes.is_none_or(|megabytes| megabytes < 200) {
                let error = ArgError::Range {
                    argument: "config",
                    expected: "a number of at least 200 followed by MB".into(),
                    got: value.into_owned(),
                };
                let code = capi::abi::ACL_ERROR_INVALID_PROFILING_CONFIG;
                return Err(capi::Error::Code { code, what: error.to_string() });
            }
        }
        SETTINGS.lock().insert(config_type, value.into_owned());
        Ok(())
    })
}
