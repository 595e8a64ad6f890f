//! Data buffers.

use crate::object::{self, DATA_BUFFERS, DataBuffer};
use capi::{
    Result,
    abi::{aclDataBuffer, aclError},
    entry,
};
use parking_lot::Mutex;
use std::{ffi::c_void, ptr};

fn read(buffer: *const aclDataBuffer) -> Result<DataBuffer> {
    Ok(*object::get(&DATA_BUFFERS, buffer.cast(), "dataBuffer")?.lock())
}

/// Describes a piece of memory. The memory stays the caller's.
///
/// # Parameters
/// - data: its address, device or host; null for an operand that is left out
/// - size: its bytes
///
/// # Returns
/// The buffer, which aclDestroyDataBuffer ends; null if no handle is left.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclCreateDataBuffer(data: *mut c_void, size: usize) -> *mut aclDataBuffer {
    entry::value("aclCreateDataBuffer", || {
        // Exposed because host data come back as a pointer when an operator runs.
        let buffer = DataBuffer { data: data.expose_provenance() as u64, size };
        DATA_BUFFERS.insert(Mutex::new(buffer)).map_err(|e| e.arg("dataBuffer"))
    })
    .map_or(ptr::null_mut(), <*mut c_void>::cast)
}

/// Destroys a data buffer, not the memory it describes.
///
/// # Parameters
/// - dataBuffer: the buffer
///
/// # Returns
/// - 0 on success
/// - 100000 when dataBuffer is null
/// - 107017 when it is no live data buffer
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclDestroyDataBuffer(data_buffer: *const aclDataBuffer) -> aclError {
    entry::acl("aclDestroyDataBuffer", || object::destroy(&DATA_BUFFERS, data_buffer.cast(), "dataBuffer"))
}

/// Lets a data buffer describe other memory.
///
/// # Parameters
/// - dataBuffer: the buffer
/// - data: the new address, may be null
/// - size: its bytes
///
/// # Returns
/// - 0 on success
/// - 100000 when dataBuffer is null
/// - 107017 when it is no live data buffer
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclUpdateDataBuffer(
    data_buffer: *mut aclDataBuffer,
    data: *mut c_void,
    size: usize,
) -> aclError {
    entry::acl("aclUpdateDataBuffer", || {
        let buffer = object::get(&DATA_BUFFERS, data_buffer.cast(), "dataBuffer")?;
        *buffer.lock() = DataBuffer { data: data.expose_provenance() as u64, size };
        Ok(())
    })
}

/// The address that a data buffer describes.
///
/// # Parameters
/// - dataBuffer: the buffer
///
/// # Returns
/// The address; null if the buffer is null or no live one.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetDataBufferAddr(data_buffer: *const aclDataBuffer) -> *mut c_void {
    entry::value("aclGetDataBufferAddr", || read(data_buffer))
        .map_or(ptr::null_mut(), |buffer| ptr::with_exposed_provenance_mut(buffer.data as usize))
}

/// The bytes that a data buffer describes, if 32 bits hold their number.
///
/// # Parameters
/// - dataBuffer: the buffer
///
/// # Returns
/// The size; 0 if the buffer is null or no live one.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetDataBufferSize(data_buffer: *const aclDataBuffer) -> u32 {
    entry::value("aclGetDataBufferSize", || read(data_buffer)).map_or(0, |buffer| buffer.size as u32)
}

/// The bytes that a data buffer describes.
///
/// # Parameters
/// - dataBuffer: the buffer
///
/// # Returns
/// The size; 0 if the buffer is null or no live one.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetDataBufferSizeV2(data_buffer: *const aclDataBuffer) -> usize {
    entry::value("aclGetDataBufferSizeV2", || read(data_buffer)).map_or(0, |buffer| buffer.size)
}
