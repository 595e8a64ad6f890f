// Generated from abi/own/unsupported.tsv by `cargo xtask codegen`. Do not edit.
//! Functions that are unsupported by design: they need the silicon, and say so.

/// Of `acl/acl_rt.h`.
pub mod acl_rt {
    use capi::{Error, abi::aclError, entry};
    use std::ffi::c_void;

    /// Unsupported by design: the address by which the cores of silicon signal each other exists only there, and only kernels compiled for it use it. Kernels of aclsim_kernel.h need no such address.
    ///
    /// # Parameters
    /// - addr: not looked at
    ///
    /// # Returns
    /// 207000, whatever the arguments
    ///
    /// # Thread safety
    /// May be called from any thread.
    ///
    /// # Safety
    /// Always safe to call.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn aclrtGetHardwareSyncAddr(_addr: *mut *mut c_void) -> aclError {
        entry::acl("aclrtGetHardwareSyncAddr", || {
            Err(Error::by_design(
                "aclrtGetHardwareSyncAddr",
                207000,
                "the address by which the cores of silicon signal each other exists only there, and only kernels compiled for it use it. Kernels of aclsim_kernel.h need no such address.",
            ))
        })
    }
}
