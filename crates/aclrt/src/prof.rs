//! `acl/acl_prof_report.h`: what a framework reports to a profiling session. The simulated device has none, so the
//! names and times are real and reports end here, as CANN's do while no session is on.

use capi::{ArgError, Result, boundary, entry};
use std::ffi::{c_char, c_void};

/// What `MsprofGetHashId` answers where there is no name.
const NO_HASH: u64 = u64::MAX;

/// A number that stands for a name in reports: the same for the same bytes, in every process.
///
/// # Parameters
/// - hashInfo, length: the name, without its end
///
/// # Returns
/// - the number, neither 0 nor the largest
/// - the largest number when hashInfo is null or length is 0
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `hash_info` and `length`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MsprofGetHashId(hash_info: *const c_char, length: usize) -> u64 {
    let id = entry::value("MsprofGetHashId", || {
        // SAFETY: C2.
        let name = unsafe { boundary::slice(hash_info.cast::<u8>(), length, "hashInfo") }?;
        if name.is_empty() {
            let expected = "a name of at least one byte".to_owned();
            return Err(ArgError::Range { argument: "length", expected, got: "0".into() }.into());
        }
        Ok(hash(name))
    });
    id.unwrap_or(NO_HASH)
}

/// FNV-1a of 64 bits, but for the two numbers that mean something else.
fn hash(name: &[u8]) -> u64 {
    let hash = name.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    });
    hash.clamp(1, NO_HASH - 1)
}

/// The time for reports: nanoseconds of the machine's monotonic clock.
///
/// # Returns
/// - the time, never before an earlier one
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MsprofSysCycleTime() -> u64 {
    npu_device::monotonic_nanoseconds()
}

/// Every report: checked, and then dropped, because no session records.
fn report(data: *const c_void, argument: &'static str) -> Result {
    if data.is_null() { Err(ArgError::Null { argument }.into()) } else { Ok(()) }
}

/// Reports a call. No profiling session is ever on, so nothing is recorded.
///
/// # Parameters
/// - agingFlag: whether the report may be dropped when room is short
/// - api: the report
///
/// # Returns
/// - 0 on success, with nothing recorded
/// - 100000 when api is null
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MsprofReportApi(_aging_flag: u32, api: *const c_void) -> i32 {
    entry::acl("MsprofReportApi", || report(api, "api"))
}

/// Reports a fact of fixed size. No profiling session is ever on, so nothing is recorded.
///
/// # Parameters
/// - agingFlag: whether the report may be dropped when room is short
/// - data, length: the report
///
/// # Returns
/// - 0 on success, with nothing recorded
/// - 100000 when data is null
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MsprofReportCompactInfo(_aging_flag: u32, data: *const c_void, _length: u32) -> i32 {
    entry::acl("MsprofReportCompactInfo", || report(data, "data"))
}

/// Reports what belongs to a call, such as shapes. No profiling session is ever on, so nothing is recorded.
///
/// # Parameters
/// - agingFlag: whether the report may be dropped when room is short
/// - data, length: the report
///
/// # Returns
/// - 0 on success, with nothing recorded
/// - 100000 when data is null
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MsprofReportAdditionalInfo(
    _aging_flag: u32,
    data: *const c_void,
    _length: u32,
) -> i32 {
    entry::acl("MsprofReportAdditionalInfo", || report(data, "data"))
}

/// Registers a function that is called when a profiling session begins or ends. None ever does, so it is not called.
///
/// # Parameters
/// - moduleId: who registers
/// - handle: the function
///
/// # Returns
/// - 0 on success
/// - 100000 when handle is null
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MsprofRegisterCallback(
    _module_id: u32,
    handle: Option<unsafe extern "C" fn(u32, *mut c_void, u32) -> i32>,
) -> i32 {
    entry::acl("MsprofRegisterCallback", || match handle {
        Some(_) => Ok(()),
        None => Err(ArgError::Null { argument: "handle" }.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_published_one() {
        // Test vectors of the FNV authors.
        assert_eq!(hash(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
