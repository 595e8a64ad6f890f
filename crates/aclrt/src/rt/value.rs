//! Words of device memory by which streams synchronise.

use super::{not_null, param};
use capi::{
    Error, Result,
    abi::{
        ACL_STREAM_WAIT_VALUE_AND, ACL_STREAM_WAIT_VALUE_EQ, ACL_STREAM_WAIT_VALUE_GEQ,
        ACL_STREAM_WAIT_VALUE_NOR, aclError, aclrtStream,
    },
    entry, runtime,
};
use npu_device::{ValueTest, ValueWait, ValueWrite, memory};
use std::ffi::c_void;

/// The address of a word that is there.
pub(super) fn word(address: *mut c_void) -> Result<u64> {
    not_null(address, "devAddr")?;
    let address = address as u64;
    memory::check_word(address).map_err(|source| Error::MemoryArg { argument: "devAddr", source })?;
    Ok(address)
}

/// What a wait asks of a word.
pub(super) fn test(flag: u32) -> Result<ValueTest> {
    match flag {
        ACL_STREAM_WAIT_VALUE_GEQ => Ok(ValueTest::GreaterOrEqual),
        ACL_STREAM_WAIT_VALUE_EQ => Ok(ValueTest::Equal),
        ACL_STREAM_WAIT_VALUE_AND => Ok(ValueTest::And),
        ACL_STREAM_WAIT_VALUE_NOR => Ok(ValueTest::Nor),
        _ => Err(param("flag", "ACL_STREAM_WAIT_VALUE_GEQ (0), _EQ (1), _AND (2) or _NOR (3)", flag)),
    }
}

/// Queues a write of eight bytes of device memory, in one piece. Streams that wait for it go on.
///
/// # Parameters
/// - devAddr: an address of device memory, a multiple of 8
/// - value: what is written
/// - flag: 0
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success. When the memory is gone by then, the stream fails with 507053.
/// - 100000 when `devAddr` is null
/// - 107000 when `devAddr` is not as above or not in live device memory, or `flag` is not 0
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when the stream is none, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtValueWrite(
    dev_addr: *mut c_void,
    value: u64,
    flag: u32,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtValueWrite", || {
        let address = word(dev_addr)?;
        if flag != 0 {
            return Err(param("flag", "0", format!("{flag:#x}")));
        }
        let stream = runtime::resolve_stream(stream, "stream")?;
        Ok(stream.write_value("aclrtValueWrite", ValueWrite { address, value })?)
    })
}

/// Makes a stream wait until eight bytes of device memory are as they should be, whoever writes them: aclrtValueWrite, a
/// kernel, a copy, or another process that shares the memory.
///
/// # Parameters
/// - devAddr: an address of device memory, a multiple of 8
/// - value: what is compared
/// - flag: ACL_STREAM_WAIT_VALUE_GEQ, until (int64_t)(*devAddr - value) >= 0; _EQ, until they are equal; _AND, until they
///   have a bit in common; _NOR, until there is a bit that neither has
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success. When the memory is freed meanwhile, the stream fails with 507053.
/// - 100000 when `devAddr` is null
/// - 107000 when `devAddr` is not as above or not in live device memory, or `flag` is none of those
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when the stream is none, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtValueWait(
    dev_addr: *mut c_void,
    value: u64,
    flag: u32,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtValueWait", || {
        let wait = ValueWait { address: word(dev_addr)?, test: test(flag)?, value };
        let stream = runtime::resolve_stream(stream, "stream")?;
        Ok(stream.wait_value("aclrtValueWait", wait)?)
    })
}
