//! The chip.

use capi::{entry, runtime};
use std::{
    ffi::{CString, c_char},
    ptr,
    sync::OnceLock,
};

/// The name of the chip, of device 0.
///
/// # Returns
/// - the name, such as "Ascend910B4"; it lives as long as the process and is not to be freed
/// - null when the simulator's configuration is refused
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetSocName() -> *const c_char {
    static NAME: OnceLock<CString> = OnceLock::new();
    let name = entry::value("aclrtGetSocName", || {
        let soc = runtime::runtime()?.config().soc;
        Ok(NAME.get_or_init(|| CString::new(soc.name).unwrap_or_default()).as_ptr())
    });
    name.unwrap_or(ptr::null())
}
