//! Shared buffers. `acl/acl_tdt_queue.h` has the same functions, for the same buffers.

use crate::tdt::buffer;
use capi::{
    abi::{aclError, aclrtMbuf},
    boundary, entry,
};
use std::ffi::c_void;

/// Allocates a shared buffer, in no chain. Its data are host memory, which the program reads and writes in place, and
/// none of its bytes are meant yet: see aclrtSetBufDataLen.
///
/// # Parameters
/// - buf: receives the buffer, to be freed by aclrtFreeBuf. The functions of acl/acl_tdt_queue.h take it as well.
/// - size: bytes, 1 to 4 GiB; their content is undefined
///
/// # Returns
/// - 0 on success
/// - 100000 when `buf` is null
/// - 107000 when `size` is out of range
/// - 207001 when the host has no more memory
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `buf`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtAllocBuf(buf: *mut aclrtMbuf, size: usize) -> aclError {
    entry::acl("aclrtAllocBuf", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(buf, "buf") }?;
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
pub unsafe extern "C" fn aclrtFreeBuf(buf: aclrtMbuf) -> aclError {
    entry::acl("aclrtFreeBuf", || buffer::free(buf))
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
pub unsafe extern "C" fn aclrtGetBufData(
    buf: aclrtMbuf,
    data_ptr: *mut *mut c_void,
    size: *mut usize,
) -> aclError {
    entry::acl("aclrtGetBufData", || {
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
pub unsafe extern "C" fn aclrtSetBufDataLen(buf: aclrtMbuf, len: usize) -> aclError {
    entry::acl("aclrtSetBufDataLen", || buffer::set_len(buf, len))
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
pub unsafe extern "C" fn aclrtGetBufDataLen(buf: aclrtMbuf, len: *mut usize) -> aclError {
    entry::acl("aclrtGetBufDataLen", || {
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
pub unsafe extern "C" fn aclrtSetBufUserData(
    buf: aclrtMbuf,
    data_ptr: *const c_void,
    size: usize,
    offset: usize,
) -> aclError {
    entry::acl("aclrtSetBufUserData", || {
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
pub unsafe extern "C" fn aclrtGetBufUserData(
    buf: aclrtMbuf,
    data_ptr: *mut c_void,
    size: usize,
    offset: usize,
) -> aclError {
    entry::acl("aclrtGetBufUserData", || {
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
/// - newBuf: receives the new one, to be freed by aclrtFreeBuf; the data stay until both are freed
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
pub unsafe extern "C" fn aclrtCopyBufRef(buf: aclrtMbuf, new_buf: *mut aclrtMbuf) -> aclError {
    entry::acl("aclrtCopyBufRef", || {
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
pub unsafe extern "C" fn aclrtAppendBufChain(head_buf: aclrtMbuf, buf: aclrtMbuf) -> aclError {
    entry::acl("aclrtAppendBufChain", || buffer::append(head_buf, buf))
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
pub unsafe extern "C" fn aclrtGetBufChainNum(head_buf: aclrtMbuf, num: *mut u32) -> aclError {
    entry::acl("aclrtGetBufChainNum", || {
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
pub unsafe extern "C" fn aclrtGetBufFromChain(
    head_buf: aclrtMbuf,
    index: u32,
    buf: *mut aclrtMbuf,
) -> aclError {
    entry::acl("aclrtGetBufFromChain", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(buf, "buf") }?;
        out.write(buffer::nth(head_buf, index)?);
        Ok(())
    })
}
