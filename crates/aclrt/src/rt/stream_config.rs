//! Configurations that streams are made with.

use super::{
    param,
    stream::{check_options, create},
};
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_RT_STREAM_FLAG, ACL_RT_STREAM_PRIORITY, ACL_RT_STREAM_WORK_ADDR_PTR, ACL_RT_STREAM_WORK_SIZE,
        aclError, aclrtStream, aclrtStreamConfigAttr, aclrtStreamConfigHandle,
    },
    boundary, entry,
    handle::{HandleTable, Kind},
};
use npu_device::{StreamOptions, memory};
use parking_lot::Mutex;
use std::ffi::c_void;

/// What a stream is to be made with.
#[derive(Clone, Copy, Default)]
struct Config {
    work: u64,
    work_size: u64,
    flags: u32,
    priority: u32,
}

static CONFIGS: HandleTable<Mutex<Config>> = HandleTable::new(Kind::StreamConfig);

/// Creates a configuration of streams: priority 0, no flags, no working memory.
///
/// # Returns
/// - the configuration, to be destroyed by aclrtDestroyStreamConfigHandle. It is a handle: its members are set by
///   aclrtSetStreamConfigOpt only.
/// - null when no handle is left
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCreateStreamConfigHandle() -> *mut aclrtStreamConfigHandle {
    entry::value("aclrtCreateStreamConfigHandle", || {
        CONFIGS.insert(Mutex::default()).map_err(|error| error.arg("handle"))
    })
    .map_or(std::ptr::null_mut(), <*mut c_void>::cast)
}

/// Destroys a configuration. Streams made with it stay.
///
/// # Parameters
/// - handle: the configuration
///
/// # Returns
/// - 0 on success
/// - 100000 when `handle` is null
/// - 107017 when it is no configuration, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDestroyStreamConfigHandle(handle: *mut aclrtStreamConfigHandle) -> aclError {
    entry::acl("aclrtDestroyStreamConfigHandle", || {
        CONFIGS.remove(handle.cast()).map(drop).map_err(|error| error.arg("handle"))
    })
}

/// A number of 4 or 8 bytes.
fn number(bytes: &[u8], size: Option<usize>) -> Result<u64> {
    let value = match *bytes {
        [a, b, c, d] => Some(u64::from(u32::from_ne_bytes([a, b, c, d]))),
        [a, b, c, d, e, f, g, h] => Some(u64::from_ne_bytes([a, b, c, d, e, f, g, h])),
        _ => None,
    };
    let expected = size.map_or("4 or 8".to_owned(), |size| size.to_string());
    value
        .filter(|_| size.is_none_or(|size| size == bytes.len()))
        .ok_or_else(|| param("valueSize", &expected, bytes.len()))
}

fn narrow(value: u64, argument: &'static str) -> Result<u32> {
    u32::try_from(value).map_err(|_| param(argument, "a number of 32 bits", format!("{value:#x}")))
}

/// Sets a member of a configuration.
///
/// # Parameters
/// - handle: the configuration
/// - attr: ACL_RT_STREAM_WORK_ADDR_PTR, a device address of memory that the stream may use; ACL_RT_STREAM_WORK_SIZE, its
///   size; ACL_RT_STREAM_FLAG, ACL_STREAM_* bits; ACL_RT_STREAM_PRIORITY, 0 to 7
/// - attrValue: where the value is
/// - valueSize: its size: 8 for address and size, 4 or 8 for flag and priority
///
/// # Returns
/// - 0 on success
/// - 100000 when `handle` or `attrValue` is null
/// - 107000 when `attr`, `valueSize` or the value is not as documented
/// - 107017 when `handle` is no configuration, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `attr_value` and `value_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetStreamConfigOpt(
    handle: *mut aclrtStreamConfigHandle,
    attr: aclrtStreamConfigAttr,
    attr_value: *const c_void,
    value_size: usize,
) -> aclError {
    entry::acl("aclrtSetStreamConfigOpt", || {
        let config = CONFIGS.get(handle.cast()).map_err(|error| error.arg("handle"))?;
        if attr_value.is_null() {
            return Err(ArgError::Null { argument: "attrValue" }.into());
        }
        // The longest value there is: a wrong size is refused, not read.
        let size = if value_size > 8 { 0 } else { value_size };
        // SAFETY: (C2) passed on; any bits are bytes.
        let bytes = unsafe { boundary::slice(attr_value.cast::<u8>(), size, "attrValue") }?;
        if value_size > 8 {
            return Err(param("valueSize", "4 or 8", value_size));
        }
        let mut config = config.lock();
        match attr {
            ACL_RT_STREAM_WORK_ADDR_PTR => config.work = number(bytes, Some(8))?,
            ACL_RT_STREAM_WORK_SIZE => config.work_size = number(bytes, Some(8))?,
            ACL_RT_STREAM_FLAG => {
                let flags = narrow(number(bytes, None)?, "flag")?;
                check_options(0, flags)?;
                config.flags = flags;
            }
            ACL_RT_STREAM_PRIORITY => {
                let priority = narrow(number(bytes, None)?, "priority")?;
                check_options(priority, 0)?;
                config.priority = priority;
            }
            other => return Err(param("attr", "an attribute from 0 to 3", other)),
        }
        Ok(())
    })
}

/// Creates a stream of the current context as a configuration says.
///
/// # Parameters
/// - stream: receives the stream, to be destroyed by aclrtDestroyStream
/// - handle: the configuration. Working memory that it names must be allocated; the simulated device needs none and
///   leaves it alone.
///
/// # Returns
/// - 0 on success
/// - 100000 when `stream` or `handle` is null
/// - 107000 when the working memory is no device memory of that size
/// - 107002 when the thread has no current context
/// - 107017 when `handle` is no configuration, or was already destroyed
/// - 207008 when the device has 1,984 streams
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `stream`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCreateStreamV2(
    stream: *mut aclrtStream,
    handle: *const aclrtStreamConfigHandle,
) -> aclError {
    entry::acl("aclrtCreateStreamV2", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(stream, "stream") }?;
        let config = *CONFIGS.get(handle.cast()).map_err(|error| error.arg("handle"))?.lock();
        if config.work != 0 {
            memory::check_reach(config.work, config.work_size)
                .map_err(|source| Error::MemoryArg { argument: "handle", source })?;
        }
        let (priority, flags) = (config.priority, config.flags);
        out.write(create(StreamOptions { priority, flags, ..StreamOptions::default() })?);
        Ok(())
    })
}
