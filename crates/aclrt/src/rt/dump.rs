//! Dumping operands of operators, by a configuration file.

use super::init;
use crate::dump;
use capi::{abi::aclError, boundary, entry};
use std::ffi::c_char;

/// Makes ready to dump operands of operators; aclmdlSetDump says which.
///
/// # Returns
/// - 0 on success
/// - 100001 when the library is not initialised
/// - 100044 when it was called before without aclmdlFinalizeDump, or the configuration of aclInit dumps
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlInitDump() -> aclError {
    entry::acl("aclmdlInitDump", || {
        init::require()?;
        dump::init()
    })
}

/// Dumps operands of operators from now on. A new call replaces what was set before.
///
/// # Parameters
/// - dumpCfgPath: a JSON file with an object `dump`: `dump_path` (a directory that exists), `dump_mode` ("input",
///   "output", the default, or "all"), `dump_op_switch` ("on": every operator) or `dump_list` (an array of objects whose
///   `layer` lists names of operators), `dump_scene` ("lite_exception", "aic_err_brief_dump", "aic_err_norm_dump" or
///   "aic_err_detail_dump": operands of operators that fail)
///
/// # Returns
/// - 0 on success
/// - 100000 when `dumpCfgPath` is null
/// - 100003 when the file cannot be read, 100006 when it is not a JSON object
/// - 100009 when a value is not as described
/// - 100045 when aclmdlInitDump was not called
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `dump_cfg_path`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlSetDump(dump_cfg_path: *const c_char) -> aclError {
    entry::acl("aclmdlSetDump", || {
        // SAFETY: C3.
        let path = unsafe { boundary::c_str(dump_cfg_path, "dumpCfgPath") }?;
        dump::set(|| Ok(init::read_json(path, "dumpCfgPath")?.1))
    })
}

/// Ends dumping. Tasks that have not run by then are not dumped, so synchronise before.
///
/// # Returns
/// - 0 on success
/// - 100045 when aclmdlInitDump was not called
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclmdlFinalizeDump() -> aclError {
    entry::acl("aclmdlFinalizeDump", dump::finalize)
}
