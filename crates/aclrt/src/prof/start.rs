//! Sessions: from `aclprofInit` to `aclprofFinalize`.

use super::{
    config::{CONFIGS, Config},
    refused, session,
};
use capi::{
    ArgError, Result,
    abi::{aclError, aclprofConfig},
    boundary, entry, runtime,
};
use std::{
    ffi::{OsStr, c_char},
    os::unix::ffi::OsStrExt,
    path::Path,
};

/// Chooses the directory in which sessions write. Each session makes a directory of its own there.
///
/// # Parameters
/// - profilerResultPath, length: a directory that exists and can be written, and the length of its name
///
/// # Returns
/// - 0 on success
/// - 100000 when profilerResultPath is null, or length is not its length
/// - 100003 when it is no directory that can be written
/// - 100042 when aclprofInit was called before without aclprofFinalize
/// - 148047 when a model is subscribed to
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `profiler_result_path`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofInit(profiler_result_path: *const c_char, length: usize) -> aclError {
    entry::acl("aclprofInit", || {
        runtime::runtime()?;
        // SAFETY: C3.
        let path = unsafe { boundary::c_str(profiler_result_path, "profilerResultPath") }?.to_bytes();
        if path.is_empty() || path.len() != length {
            let expected = format!("{}, the length of profilerResultPath, and not 0", path.len());
            return Err(refused("length", expected, length));
        }
        session::init(Path::new(OsStr::from_bytes(path)))
    })
}

fn config(raw: *const aclprofConfig) -> Result<Config> {
    if raw.is_null() {
        return Err(ArgError::Null { argument: "profilerConfig" }.into());
    }
    let config = CONFIGS.get(raw.cast()).map_err(|error| error.arg("profilerConfig"))?;
    Ok(Config::clone(&config))
}

/// Begins to record: a timeline (`timeline.json`) and a table of operators (`op_statistic.csv`).
///
/// # Parameters
/// - profilerConfig: what to record
///
/// # Returns
/// - 0 on success
/// - 100000 when profilerConfig is null
/// - 100042 when a session is running
/// - 100043 when aclprofInit was not called
/// - 107017 when profilerConfig is no live configuration
/// - 500005 when the files cannot be written
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofStart(profiler_config: *const aclprofConfig) -> aclError {
    entry::acl("aclprofStart", || session::start(&config(profiler_config)?))
}

/// Ends a session. Its files are complete when the call returns; tasks that still run are not in them, so synchronise
/// before.
///
/// # Parameters
/// - profilerConfig: the configuration that the session was started with, or an equal one
///
/// # Returns
/// - 0 on success
/// - 100000 when profilerConfig is null, or differs from that of aclprofStart
/// - 100043 when no session is running
/// - 107017 when profilerConfig is no live configuration
/// - 500005 when the files cannot be written
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofStop(profiler_config: *const aclprofConfig) -> aclError {
    entry::acl("aclprofStop", || session::stop(&config(profiler_config)?))
}

/// Ends profiling, with a running session.
///
/// # Returns
/// - 0 on success
/// - 100043 when aclprofInit was not called
/// - 500005 when the files cannot be written
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclprofFinalize() -> aclError {
    entry::acl("aclprofFinalize", session::finalize)
}
