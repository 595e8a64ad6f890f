//! Variables of binaries by the host address that stands for them.

use super::{memory_copy::copy_between, memory_place::device_memory, not_null};
use crate::kernel::{refused, symbol};
use capi::{
    Result,
    abi::{aclError, aclrtMemcpyKind, aclrtStream},
    boundary, entry,
};
use std::{ffi::c_void, ptr};

/// Address on the current device and bytes of the variable that `symbol` stands for.
fn variable(symbol: *const c_void) -> Result<(u64, usize)> {
    not_null(symbol, "symbol")?;
    let device = device_memory()?;
    symbol::with_global(symbol.addr(), |global| Ok((global.address(device)?, global.size))).unwrap_or_else(
        || {
            Err(refused(format!(
                "argument symbol: expected the symbol of a variable of a loaded binary, got {symbol:p}"
            )))
        },
    )
}

/// `count` bytes of a variable from `offset` on.
fn part(symbol: *const c_void, count: usize, offset: usize) -> Result<*mut c_void> {
    let (address, size) = variable(symbol)?;
    if offset > size || count > size - offset {
        let what = format!(
            "argument count: expected at most {size} bytes of the variable, got {count} from {offset} on"
        );
        return Err(refused(what));
    }
    Ok(ptr::without_provenance_mut(address as usize + offset))
}

/// Where a variable is in the memory of the current device.
///
/// # Parameters
/// - symbol: the host address that stands for it in a loaded table
/// - devPtr: receives the address
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107000 when the address stands for no variable
/// - 107002 when the thread has no current context
/// - 207001 when the device has no memory left
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `dev_ptr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetSymbolAddress(symbol: *const c_void, dev_ptr: *mut *mut c_void) -> aclError {
    entry::acl("aclrtGetSymbolAddress", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(dev_ptr, "devPtr") }?;
        out.write(ptr::without_provenance_mut(variable(symbol)?.0 as usize));
        Ok(())
    })
}

/// The bytes of a variable.
///
/// # Parameters
/// - symbol: the host address that stands for it in a loaded table
/// - size: receives the number
///
/// # Returns
/// As aclrtGetSymbolAddress.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetSymbolSize(symbol: *const c_void, size: *mut usize) -> aclError {
    entry::acl("aclrtGetSymbolSize", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(size, "size") }?;
        out.write(variable(symbol)?.1);
        Ok(())
    })
}

/// Copies to a variable and returns when it is done. Does not wait for streams.
///
/// # Parameters
/// - symbol: the host address that stands for it in a loaded table
/// - src: what to copy, device or host memory
/// - count: bytes to copy
/// - offset: where in the variable they go
/// - kind: the direction, as for aclrtMemcpy
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, or kind is no copy kind
/// - 107000 when the address stands for no variable, or the copy reaches past it or past src
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `src` where it is host memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemcpyToSymbol(
    symbol: *const c_void,
    src: *const c_void,
    count: usize,
    offset: usize,
    kind: aclrtMemcpyKind,
) -> aclError {
    entry::acl("aclrtMemcpyToSymbol", || {
        let dst = part(symbol, count, offset)?;
        copy_between("aclrtMemcpyToSymbol", (dst, count), src, count, kind, None)
    })
}

/// Queues a copy to a variable on a stream.
///
/// # Parameters
/// - symbol: the host address that stands for it in a loaded table
/// - src: what to copy, device or host memory
/// - count: bytes to copy
/// - offset: where in the variable they go
/// - kind: the direction, as for aclrtMemcpy
/// - stream: the stream; null is the default stream
///
/// # Returns
/// As aclrtMemcpyToSymbol, and
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread. Host memory that is not pinned is read before the call returns.
///
/// # Safety
/// C2 holds for `src` where it is host memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemcpyToSymbolAsync(
    symbol: *const c_void,
    src: *const c_void,
    count: usize,
    offset: usize,
    kind: aclrtMemcpyKind,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtMemcpyToSymbolAsync", || {
        let dst = part(symbol, count, offset)?;
        copy_between("aclrtMemcpyToSymbolAsync", (dst, count), src, count, kind, Some(stream))
    })
}

/// Copies from a variable and returns when it is done. Does not wait for streams.
///
/// # Parameters
/// - dst: where to, device or host memory
/// - dstMax: bytes that fit there
/// - symbol: the host address that stands for the variable in a loaded table
/// - count: bytes to copy
/// - offset: where in the variable they are
/// - kind: the direction, as for aclrtMemcpy
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, or kind is no copy kind
/// - 107000 when the address stands for no variable, the copy reaches past it or past dst, or count exceeds dstMax
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `dst` where it is host memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemcpyFromSymbol(
    dst: *mut c_void,
    dst_max: usize,
    symbol: *const c_void,
    count: usize,
    offset: usize,
    kind: aclrtMemcpyKind,
) -> aclError {
    entry::acl("aclrtMemcpyFromSymbol", || {
        let src = part(symbol, count, offset)?;
        copy_between("aclrtMemcpyFromSymbol", (dst, dst_max), src, count, kind, None)
    })
}

/// Queues a copy from a variable on a stream.
///
/// # Parameters
/// - dst: where to, device or host memory
/// - dstMax: bytes that fit there
/// - symbol: the host address that stands for the variable in a loaded table
/// - count: bytes to copy
/// - offset: where in the variable they are
/// - kind: the direction, as for aclrtMemcpy
/// - stream: the stream; null is the default stream
///
/// # Returns
/// As aclrtMemcpyFromSymbol, and
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread. Where host memory is not pinned, the copy is over when the call returns.
///
/// # Safety
/// C2 holds for `dst` where it is host memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemcpyFromSymbolAsync(
    dst: *mut c_void,
    dst_max: usize,
    symbol: *const c_void,
    count: usize,
    offset: usize,
    kind: aclrtMemcpyKind,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtMemcpyFromSymbolAsync", || {
        let src = part(symbol, count, offset)?;
        copy_between("aclrtMemcpyFromSymbolAsync", (dst, dst_max), src, count, kind, Some(stream))
    })
}
