//! Shared buffers. `acl/acl_rt.h` has the same functions, for the same buffers.

use super::buffer;
use crate::rt::param;
use capi::{
    Error,
    abi::{ACL_TDT_DVPP_MEM, ACL_TDT_NORMAL_MEM, aclError, acltdtBuf},
    boundary, entry,
};
use std::ffi::c_void;

/// Allocates a shared buffer, in no chain. Its data are host memory, which the program reads and writes in place, and
/// none of its bytes are meant yet: see acltdtSetBufDataLen.
///
/// # Parameters
/// - size: bytes, 1 to 4 GiB; their content is undefined
/// - type: ACL_TDT_NORMAL_MEM
/// - buf: receives the buffer, to be freed by acltdtFreeBuf or given to a queue. The buffer functions of acl/acl_rt.h take
///   it as well.
///
/// # Returns
/// - 0 on success
/// - 100000 when `buf` is null
/// - 107000 when `size` is out of range, or `type` is no type
/// - 207000 when `type` is ACL_TDT_DVPP_MEM
/// - 207001 when the host has no more memory
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `buf`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtAllocBuf(size: usize, r#type: u32, buf: *mut acltdtBuf) -> aclError {
    entry::acl("acltdtAllocBuf", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(buf, "buf") }?;
        match r#type {
            ACL_TDT_NORMAL_MEM => {}
            ACL_TDT_DVPP_MEM => {
                return Err(Error::Unsupported { what: "a shared buffer in memory of DVPP".to_owned() });
            }
            other => return Err(param("type", "ACL_TDT_NORMAL_MEM (0)", other)),
        }
        out.write(buffer::alloc(size, "buf")?);
        Ok(())
    })
}

/// Frees a buffer, and with the head of a chain all buffers of the chain. The data go with the last buffer that refers to
/// them.
///
/// # Parameters
/// - buf: the buffer. Its handle, and those of the chain, are invalid at once.
///
/// # Returns
/// - 0 on success
/// - 100000 when `buf` is null
/// - 107000 when it stands behind the head of a chain: it is freed with the head
/// - 107017 when `buf` is no buffer, or was already freed or enqueued
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// The program uses the data no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtFreeBuf(buf: acltdtBuf) -> aclError {
    entry::acl("acltdtFreeBuf", || buffer::free(buf))
}

/// The data of a buffer.
///
/// # Parameters
/// - buf: a buffer, which keeps the data
/// - dataPtr: receives the address of the first byte, a multiple of 64, in host memory
/// - size: receives the bytes that the buffer was allocated with
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107017 when `buf` is no buffer, or was already freed or enqueued
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `data_ptr` and `size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGetBufData(
    buf: acltdtBuf,
    data_ptr: *mut *mut c_void,
    size: *mut usize,
) -> aclError {
    entry::acl("acltdtGetBufData", || {
        // SAFETY: (C1) passed on.
        let data_out = unsafe { boundary::out(data_ptr, "dataPtr") }?;
        // SAFETY: (C1) passed on.
        let size_out = unsafe { boundary::out(size, "size") }?;
        let (data, size) = buffer::data(buf)?;
        data_out.write(data);
        size_out.write(size);
        Ok(())
    })
}

/// Says how many of a buffer's bytes are meant, from the first one on.
///
/// # Parameters
/// - buf: a buffer
/// - len: bytes, at most the size of the buffer
///
/// # Returns
/// - 0 on success
/// - 100000 when `buf` is null
/// - 107000 when `len` is above the size
/// - 107017 when `buf` is no buffer, or was already freed or enqueued
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtSetBufDataLen(buf: acltdtBuf, len: usize) -> aclError {
    entry::acl("acltdtSetBufDataLen", || buffer::set_len(buf, len))
}

/// How many of a buffer's bytes are meant: 0 until somebody has said.
///
/// # Parameters
/// - buf: a buffer
/// - len: receives the bytes
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107017 when `buf` is no buffer, or was already freed or enqueued
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGetBufDataLen(buf: acltdtBuf, len: *mut usize) -> aclError {
    entry::acl("acltdtGetBufDataLen", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(len, "len") }?;
        out.write(buffer::len(buf)?);
        Ok(())
    })
}

/// Sets bytes of the 96 that go with a buffer for the program's own use. They are 0 at first.
///
/// # Parameters
/// - buf: a buffer
/// - dataPtr: what is copied
/// - size: bytes
/// - offset: where they go; offset + size is at most 96
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107000 when the bytes do not fit in
/// - 107017 when `buf` is no buffer, or was already freed or enqueued
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `data_ptr` and `size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtSetBufUserData(
    buf: acltdtBuf,
    data_ptr: *const c_void,
    size: usize,
    offset: usize,
) -> aclError {
    entry::acl("acltdtSetBufUserData", || {
        // SAFETY: (C2) passed on.
        let bytes = unsafe { boundary::slice(data_ptr.cast::<u8>(), size, "dataPtr") }?;
        buffer::set_user(buf, bytes, offset)
    })
}

/// Copies bytes of the 96 that go with a buffer for the program's own use.
///
/// # Parameters
/// - buf: a buffer
/// - dataPtr: receives them
/// - size: bytes
/// - offset: where they begin; offset + size is at most 96
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107000 when there are not so many
/// - 107017 when `buf` is no buffer, or was already freed or enqueued
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `data_ptr` and `size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGetBufUserData(
    buf: acltdtBuf,
    data_ptr: *mut c_void,
    size: usize,
    offset: usize,
) -> aclError {
    entry::acl("acltdtGetBufUserData", || {
        // SAFETY: (C2) passed on.
        let out = unsafe { boundary::out_slice(data_ptr.cast::<u8>(), size, "dataPtr") }?;
        buffer::write_user(buf, out, offset)
    })
}

/// Makes another buffer with the same data. It is in no chain; how many bytes are meant and the 96 of the program's own are
/// copied, and its own from then on.
///
/// # Parameters
/// - buf: a buffer
/// - newBuf: receives the new one, to be freed by acltdtFreeBuf; the data stay until both are freed
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107017 when `buf` is no buffer, or was already freed or enqueued
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `new_buf`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtCopyBufRef(buf: acltdtBuf, new_buf: *mut acltdtBuf) -> aclError {
    entry::acl("acltdtCopyBufRef", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(new_buf, "newBuf") }?;
        out.write(buffer::copy_ref(buf)?);
        Ok(())
    })
}

/// Puts a buffer behind the last one of a chain, which has at most 128. It belongs to the chain from then on: it is freed and
/// enqueued with the head.
///
/// # Parameters
/// - headBuf: the head of a chain; a buffer that is in no chain is one of length 1
/// - buf: a buffer that is in no chain
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107000 when `headBuf` is not the head, `buf` is in a chain or `headBuf` itself, or the chain is full
/// - 107017 when one of them is no buffer, or was already freed or enqueued
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtAppendBufChain(head_buf: acltdtBuf, buf: acltdtBuf) -> aclError {
    entry::acl("acltdtAppendBufChain", || buffer::append(head_buf, buf))
}

/// How many buffers a chain has.
///
/// # Parameters
/// - headBuf: the head of a chain; a buffer that is in no chain is one of length 1
/// - num: receives the number
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107000 when `headBuf` is not the head
/// - 107017 when `headBuf` is no buffer, or was already freed or enqueued
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `num`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGetBufChainNum(head_buf: acltdtBuf, num: *mut u32) -> aclError {
    entry::acl("acltdtGetBufChainNum", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(num, "num") }?;
        out.write(buffer::count(head_buf)?);
        Ok(())
    })
}

/// A buffer of a chain.
///
/// # Parameters
/// - headBuf: the head of a chain
/// - index: its place, 0 for the head
/// - buf: receives it; it stays the chain's
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107000 when `headBuf` is not the head, or `index` is past the end
/// - 107017 when `headBuf` is no buffer, or was already freed or enqueued
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `buf`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGetBufFromChain(
    head_buf: acltdtBuf,
    index: u32,
    buf: *mut acltdtBuf,
) -> aclError {
    entry::acl("acltdtGetBufFromChain", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(buf, "buf") }?;
        out.write(buffer::nth(head_buf, index)?);
        Ok(())
    })
}
