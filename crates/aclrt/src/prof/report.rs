//! `acl/acl_prof_report.h`: what a framework reports about itself. While something records, reports become part of the
//! timeline; otherwise they are checked and dropped.

use super::refused;
use capi::{ArgError, Result, boundary, entry};
use npu_device::trace;
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    ffi::{c_char, c_void},
    sync::Arc,
};

/// What functions that give numbers for names answer where there is no name.
pub(super) const NO_HASH: u64 = u64::MAX;
/// What a report begins with.
const MAGIC: u16 = 0x5a5a;

/// The names that were given numbers, so that timelines can show them.
static NAMES: Mutex<Option<HashMap<u64, Arc<str>>>> = Mutex::new(None);

/// The number of a name, which is kept.
pub(super) fn number(name: &[u8], argument: &'static str) -> Result<u64> {
    if name.is_empty() {
        let expected = "a name of at least one byte".to_owned();
        return Err(ArgError::Range { argument, expected, got: "0".into() }.into());
    }
    let number = hash(name);
    let mut names = NAMES.lock();
    names.get_or_insert_default().entry(number).or_insert_with(|| String::from_utf8_lossy(name).into());
    Ok(number)
}

/// The name that was given a number.
pub(super) fn name_of(number: u64) -> Option<Arc<str>> {
    NAMES.lock().as_ref()?.get(&number).cloned()
}

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
        number(name, "length")
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

/// A call of a framework, as it is reported.
#[repr(C)]
#[derive(Clone, Copy)]
struct Api {
    magic: u16,
    level: u16,
    kind: u32,
    thread: u32,
    reserve: u32,
    begin: u64,
    end: u64,
    item: u64,
}

/// What other reports begin with; the first eight bytes of their data name them.
#[repr(C)]
#[derive(Clone, Copy)]
struct Head {
    magic: u16,
    level: u16,
    kind: u32,
    thread: u32,
    len: u32,
    time: u64,
    item: u64,
}

fn check_magic(magic: u16, argument: &'static str) -> Result {
    if magic == MAGIC {
        return Ok(());
    }
    Err(refused(argument, format!("a report that begins with {MAGIC:#x}"), format!("{magic:#x}")))
}

fn title(item: u64, level: u16, kind: u32) -> Arc<str> {
    name_of(item).unwrap_or_else(|| format!("level {level}, type {kind}").into())
}

/// # Safety
/// C1 holds for `data` with `length` bytes.
unsafe fn report(data: *const c_void, length: u32) -> Result {
    if data.is_null() {
        return Err(ArgError::Null { argument: "data" }.into());
    }
    if (length as usize) < size_of::<Head>() {
        return Err(refused("length", format!("at least {} bytes", size_of::<Head>()), length));
    }
    if !trace::on() {
        return Ok(());
    }
    // SAFETY: C1, from the caller; the length was checked.
    let head = unsafe { boundary::required(data.cast::<Head>(), "data") }?;
    check_magic(head.magic, "data")?;
    trace::report(head.thread, head.time, head.time, &title(head.item, head.level, head.kind));
    Ok(())
}

/// Reports a call of a framework. While something records, it becomes a slice of the framework's track.
///
/// # Parameters
/// - agingFlag: whether the report may be dropped when room is short: makes no difference
/// - api: the report, 48 bytes: 0x5a5a and level (16 bits each), type, thread, reserved (32 bits each), begin, end, and
///   the number of the name (64 bits each)
///
/// # Returns
/// - 0 on success; nothing is recorded while nothing records
/// - 100000 when api is null, or a report that is recorded begins otherwise
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `api`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MsprofReportApi(_aging_flag: u32, api: *const c_void) -> i32 {
    entry::acl("MsprofReportApi", || {
        if api.is_null() {
            return Err(ArgError::Null { argument: "api" }.into());
        }
        if trace::on() {
            // SAFETY: C1.
            let api = unsafe { boundary::required(api.cast::<Api>(), "api") }?;
            check_magic(api.magic, "api")?;
            trace::report(
                api.thread,
                api.begin,
                api.end.max(api.begin),
                &title(api.item, api.level, api.kind),
            );
        }
        Ok(())
    })
}

/// Reports a fact of fixed size. While something records, it becomes a mark on the framework's track.
///
/// # Parameters
/// - agingFlag: whether the report may be dropped when room is short: makes no difference
/// - data, length: the report: 0x5a5a and level (16 bits each), type, thread, length of what follows (32 bits each), time
///   (64 bits), and data that begins with the number of a name
///
/// # Returns
/// - 0 on success; nothing is recorded while nothing records
/// - 100000 when data is null, length is less than 32, or a report that is recorded begins otherwise
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `data` and `length`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MsprofReportCompactInfo(_aging_flag: u32, data: *const c_void, length: u32) -> i32 {
    // SAFETY: C2.
    entry::acl("MsprofReportCompactInfo", || unsafe { report(data, length) })
}

/// Reports what belongs to a call, such as shapes. While something records, it becomes a mark on the framework's track.
///
/// # Parameters
/// - agingFlag: whether the report may be dropped when room is short: makes no difference
/// - data, length: the report, which begins as for MsprofReportCompactInfo
///
/// # Returns
/// - 0 on success; nothing is recorded while nothing records
/// - 100000 when data is null, length is less than 32, or a report that is recorded begins otherwise
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `data` and `length`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MsprofReportAdditionalInfo(
    _aging_flag: u32,
    data: *const c_void,
    length: u32,
) -> i32 {
    // SAFETY: C2.
    entry::acl("MsprofReportAdditionalInfo", || unsafe { report(data, length) })
}

type Callback = unsafe extern "C" fn(u32, *mut c_void, u32) -> i32;

/// Functions that want to know of sessions, by module.
static CALLBACKS: Mutex<Vec<(u32, Callback)>> = Mutex::new(Vec::new());
/// What is told to them is a switch.
const SWITCH: u32 = 1;

/// What happens to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Command {
    Init,
    Start,
    Stop,
    Finalize,
}

/// What a function is told.
#[repr(C)]
struct CommandHandle {
    switches: u64,
    switches_high: u64,
    device_count: u32,
    devices: [u32; 64],
    model: u32,
    command: u32,
    cache: u32,
    path_len: u32,
    storage_limit: u32,
    data_len: u32,
    path: [u8; 1024],
    data: [u8; 4096],
}

/// Tells everybody who wants to know. No lock of this library is held.
pub(super) fn tell(command: Command, switches: u64, devices: u64) {
    let callbacks = CALLBACKS.lock().clone();
    for (_, callback) in callbacks {
        tell_one(callback, command, switches, devices);
    }
}

fn tell_one(callback: Callback, command: Command, switches: u64, devices: u64) {
    let mut handle = CommandHandle {
        switches,
        switches_high: 0,
        device_count: devices.count_ones(),
        devices: [0; 64],
        model: u32::MAX,
        command: command as u32,
        cache: 0,
        path_len: 0,
        storage_limit: 0,
        data_len: 0,
        path: [0; 1024],
        data: [0; 4096],
    };
    let ids = (0..64).filter(|id| devices >> id & 1 != 0);
    handle.devices.iter_mut().zip(ids).for_each(|(place, id)| *place = id);
    // SAFETY: C4, promised when it was registered; the structure lives until the call returns.
    unsafe { callback(SWITCH, (&raw mut handle).cast(), size_of::<CommandHandle>() as u32) };
}

/// Registers a function that is called when a profiling session begins or ends, with type 1 and a structure that says
/// which data and devices. Of a session that runs already it is told at once. A module registers once; another call
/// replaces its function.
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
/// C4 holds for `handle`, which stays registered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MsprofRegisterCallback(
    module_id: u32,
    handle: Option<unsafe extern "C" fn(u32, *mut c_void, u32) -> i32>,
) -> i32 {
    entry::acl("MsprofRegisterCallback", || {
        let Some(handle) = handle else { return Err(ArgError::Null { argument: "handle" }.into()) };
        {
            let mut callbacks = CALLBACKS.lock();
            callbacks.retain(|(module, _)| *module != module_id);
            callbacks.push((module_id, handle));
        }
        if let Some((switches, devices)) = super::session::running() {
            tell_one(handle, Command::Start, switches, devices);
        }
        Ok(())
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
