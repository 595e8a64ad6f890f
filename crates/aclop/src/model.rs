//! Single-operator models. Operators are known by type, so no model file is needed to run one.

use crate::call::refuse;
use capi::{
    Error,
    abi::{ACL_ERROR_INVALID_FILE, aclError},
    boundary, entry,
};
use std::{ffi::c_char, path::Path};

/// Names the directory of the program's single-operator models.
///
/// Operators that aclsim knows by type run whether or not the directory has a model of them: aclopExecute and
/// aclopExecuteV2 need none.
///
/// # Parameters
/// - modelDir: the directory
///
/// # Returns
/// - 0 on success; the directory is there
/// - 100000 when modelDir is null
/// - 100003 when there is no such directory
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 for `model_dir`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopSetModelDir(model_dir: *const c_char) -> aclError {
    entry::acl("aclopSetModelDir", || {
        // SAFETY: C3.
        let dir = unsafe { boundary::c_str(model_dir, "modelDir") }?.to_string_lossy().into_owned();
        if Path::new(&dir).is_dir() {
            return Ok(());
        }
        let what = format!("argument modelDir: expected a directory, got {dir:?}, which is none");
        Err(Error::Code { code: ACL_ERROR_INVALID_FILE, what })
    })
}

/// Bounds how many models of operators the program keeps for dynamic shapes.
///
/// Nothing is kept by type here, so the bound is always held.
///
/// # Parameters
/// - maxOpNum: the bound, above 0
///
/// # Returns
/// - 0 on success
/// - 100000 when maxOpNum is 0
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopSetMaxOpQueueNum(max_op_num: u64) -> aclError {
    entry::acl("aclopSetMaxOpQueueNum", || {
        if max_op_num == 0 {
            return Err(refuse("maxOpNum", "1 or more".into(), "0".into()));
        }
        Ok(())
    })
}
