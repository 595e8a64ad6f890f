//! Binaries of functions that the program has.

use crate::kernel::binary;
use capi::{
    abi::{aclError, aclrtBinHandle, aclsimKernelTable},
    boundary, entry,
};

/// Makes a binary of functions of the program, for aclrtBinaryGetFunction and its like.
///
/// # Parameters
/// - table: the kernels and variables, copied
/// - binHandle: receives the binary, to be unloaded by aclrtBinaryUnLoad
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null, or the table's magic or version is not this header's
/// - 107000 when the table contradicts itself: a name that is missing or there twice, a kernel without function,
///   parameters that overlap
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `bin_handle`, C1 to C3 for the table and what it leads to, C4 for its functions.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclsimBinaryFromKernels(
    table: *const aclsimKernelTable,
    bin_handle: *mut aclrtBinHandle,
) -> aclError {
    entry::acl("aclsimBinaryFromKernels", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(bin_handle, "binHandle") }?;
        // SAFETY: passed on.
        out.write(unsafe { binary::from_table(table) }?);
        Ok(())
    })
}
