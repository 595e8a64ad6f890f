//! `aclnn/aclnn_base.h`: library-wide calls.

use capi::{abi::aclnnStatus, entry};
use std::ffi::c_char;

/// Prepares the operator library. Light, idempotent and independent of `aclInit`; operators work without it.
///
/// - `configPath`: accepted for compatibility, may be null; the file is not read.
///
/// Returns 0. Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnInit(config_path: *const c_char) -> aclnnStatus {
    entry::aclnn("aclnnInit", || {
        let _ = config_path;
        Ok(())
    })
}

/// Ends the use of the operator library. Objects that were created stay valid.
///
/// Returns 0. Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclnnFinalize() -> aclnnStatus {
    entry::aclnn("aclnnFinalize", || Ok(()))
}
