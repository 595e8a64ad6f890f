//! Collectives. With one rank, what it sends is what it receives.

use crate::{
    communicator::{self, Communicator},
    transfer,
};
use capi::{
    ArgError, Error, Result,
    abi::{
        HCCL_DATA_TYPE_BFP16, HCCL_DATA_TYPE_FP8E4M3, HCCL_DATA_TYPE_FP8E5M2, HCCL_DATA_TYPE_FP8E8M0,
        HCCL_DATA_TYPE_FP16, HCCL_DATA_TYPE_FP32, HCCL_DATA_TYPE_FP64, HCCL_DATA_TYPE_HIF8,
        HCCL_DATA_TYPE_INT8, HCCL_DATA_TYPE_INT16, HCCL_DATA_TYPE_INT32, HCCL_DATA_TYPE_INT64,
        HCCL_DATA_TYPE_INT128, HCCL_DATA_TYPE_UINT8, HCCL_DATA_TYPE_UINT16, HCCL_DATA_TYPE_UINT32,
        HCCL_DATA_TYPE_UINT64, HCCL_REDUCE_MIN, HcclComm, HcclDataType, HcclReduceOp, HcclResult,
        aclrtStream,
    },
    entry,
    handle::Ref,
    runtime,
};
use std::ffi::c_void;

fn range(argument: &'static str, expected: impl Into<String>, got: impl ToString) -> Error {
    ArgError::Range { argument, expected: expected.into(), got: got.to_string() }.into()
}

/// Bytes of `count` elements.
fn bytes(data_type: HcclDataType, count: u64, argument: &'static str) -> Result<u64> {
    let size = match data_type {
        HCCL_DATA_TYPE_INT8
        | HCCL_DATA_TYPE_UINT8
        | HCCL_DATA_TYPE_HIF8
        | HCCL_DATA_TYPE_FP8E4M3
        | HCCL_DATA_TYPE_FP8E5M2
        | HCCL_DATA_TYPE_FP8E8M0 => 1,
        HCCL_DATA_TYPE_INT16 | HCCL_DATA_TYPE_UINT16 | HCCL_DATA_TYPE_FP16 | HCCL_DATA_TYPE_BFP16 => 2,
        HCCL_DATA_TYPE_INT32 | HCCL_DATA_TYPE_UINT32 | HCCL_DATA_TYPE_FP32 => 4,
        HCCL_DATA_TYPE_INT64 | HCCL_DATA_TYPE_UINT64 | HCCL_DATA_TYPE_FP64 => 8,
        HCCL_DATA_TYPE_INT128 => 16,
        other => return Err(range("dataType", "a value of HcclDataType", other)),
    };
    count.checked_mul(size).ok_or_else(|| range(argument, "a count whose bytes 64 bits can number", count))
}

fn check_reduce(op: HcclReduceOp) -> Result {
    if op <= HCCL_REDUCE_MIN { Ok(()) } else { Err(range("op", "a value of HcclReduceOp, 0 to 3", op)) }
}

/// The communicator and the stream of a collective: both belong to the current device.
fn place(comm: HcclComm, stream: aclrtStream) -> Result<(Ref<'static, Communicator>, runtime::StreamRef)> {
    let comm = communicator::get(comm)?;
    let stream = runtime::resolve_stream(stream, "stream")?;
    if stream.device_id() != comm.device {
        let expected = format!("a stream of device {}, the communicator's", comm.device);
        return Err(range("stream", expected, format!("one of device {}", stream.device_id())));
    }
    Ok((comm, stream))
}

fn check_rank(comm: &Communicator, rank: u32, argument: &'static str) -> Result {
    if rank < comm.size { Ok(()) } else { Err(range(argument, format!("a rank below {}", comm.size), rank)) }
}

/// Combines the ranks' elements one by one; every rank receives the result. May be in place.
///
/// @param sendBuf [IN] this rank's elements.
/// @param recvBuf [IN] where the result goes; may be sendBuf.
/// @param count [IN] elements.
/// @param dataType [IN] their type.
/// @param op [IN] sum, product, maximum or minimum.
/// @param comm [IN] the communicator.
/// @param stream [IN] the stream, null for the default one.
/// @return 0 on success; HCCL_E_PTR (2) when a required pointer is null; HCCL_E_PARA (1) when a handle is not live, a
/// value is out of range or memory is not live device memory of the size; HCCL_E_RUNTIME (15) when the thread has no
/// context.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. Thread-safe.
///
/// # Safety
/// Always safe to call: pointers are checked device addresses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclAllReduce(
    send_buf: *mut c_void,
    recv_buf: *mut c_void,
    count: u64,
    data_type: HcclDataType,
    op: HcclReduceOp,
    comm: HcclComm,
    stream: aclrtStream,
) -> HcclResult {
    entry::hccl("HcclAllReduce", || {
        let (_, stream) = place(comm, stream)?;
        check_reduce(op)?;
        let len = bytes(data_type, count, "count")?;
        transfer::copy(
            "HcclAllReduce",
            &stream,
            (recv_buf.cast_const(), "recvBuf"),
            (send_buf.cast_const(), "sendBuf"),
            len,
        )
    })
}

/// Combines the ranks' elements one by one; the root receives the result.
///
/// @param sendBuf [IN] this rank's elements.
/// @param recvBuf [IN] where the root's result goes; may be sendBuf.
/// @param count [IN] elements.
/// @param dataType [IN] their type.
/// @param op [IN] sum, product, maximum or minimum.
/// @param root [IN] the rank that receives.
/// @param comm [IN] the communicator.
/// @param stream [IN] the stream, null for the default one.
/// @return 0 on success; HCCL_E_PTR (2) when a required pointer is null; HCCL_E_PARA (1) when a handle is not live, a
/// value is out of range or memory is not live device memory of the size; HCCL_E_RUNTIME (15) when the thread has no
/// context.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. Thread-safe.
///
/// # Safety
/// Always safe to call: pointers are checked device addresses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclReduce(
    send_buf: *mut c_void,
    recv_buf: *mut c_void,
    count: u64,
    data_type: HcclDataType,
    op: HcclReduceOp,
    root: u32,
    comm: HcclComm,
    stream: aclrtStream,
) -> HcclResult {
    entry::hccl("HcclReduce", || {
        let (comm, stream) = place(comm, stream)?;
        check_reduce(op)?;
        check_rank(&comm, root, "root")?;
        let len = bytes(data_type, count, "count")?;
        transfer::copy(
            "HcclReduce",
            &stream,
            (recv_buf.cast_const(), "recvBuf"),
            (send_buf.cast_const(), "sendBuf"),
            len,
        )
    })
}

/// Every rank receives the root's elements.
///
/// @param buf [IN] the elements of the root, and where those of the others go.
/// @param count [IN] elements.
/// @param dataType [IN] their type.
/// @param root [IN] the rank that sends.
/// @param comm [IN] the communicator.
/// @param stream [IN] the stream, null for the default one.
/// @return 0 on success; HCCL_E_PTR (2) when a required pointer is null; HCCL_E_PARA (1) when a handle is not live, a
/// value is out of range or memory is not live device memory of the size; HCCL_E_RUNTIME (15) when the thread has no
/// context.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. Thread-safe.
///
/// # Safety
/// Always safe to call: pointers are checked device addresses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclBroadcast(
    buf: *mut c_void,
    count: u64,
    data_type: HcclDataType,
    root: u32,
    comm: HcclComm,
    stream: aclrtStream,
) -> HcclResult {
    entry::hccl("HcclBroadcast", || {
        let (comm, _) = place(comm, stream)?;
        check_rank(&comm, root, "root")?;
        transfer::untouched(buf.cast_const(), bytes(data_type, count, "count")?, "buf")
    })
}

/// Every rank receives the elements of all, one rank after the other.
///
/// @param sendBuf [IN] this rank's elements.
/// @param recvBuf [IN] where those of all ranks go; may be sendBuf if there is one.
/// @param sendCount [IN] elements of one rank.
/// @param dataType [IN] their type.
/// @param comm [IN] the communicator.
/// @param stream [IN] the stream, null for the default one.
/// @return 0 on success; HCCL_E_PTR (2) when a required pointer is null; HCCL_E_PARA (1) when a handle is not live, a
/// value is out of range or memory is not live device memory of the size; HCCL_E_RUNTIME (15) when the thread has no
/// context.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. Thread-safe.
///
/// # Safety
/// Always safe to call: pointers are checked device addresses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclAllGather(
    send_buf: *mut c_void,
    recv_buf: *mut c_void,
    send_count: u64,
    data_type: HcclDataType,
    comm: HcclComm,
    stream: aclrtStream,
) -> HcclResult {
    entry::hccl("HcclAllGather", || {
        let (_, stream) = place(comm, stream)?;
        let len = bytes(data_type, send_count, "sendCount")?;
        transfer::copy(
            "HcclAllGather",
            &stream,
            (recv_buf.cast_const(), "recvBuf"),
            (send_buf.cast_const(), "sendBuf"),
            len,
        )
    })
}

/// Combines the ranks' elements one by one; each rank receives its part of the result.
///
/// @param sendBuf [IN] this rank's elements, recvCount for each rank.
/// @param recvBuf [IN] where this rank's part goes; may be sendBuf if there is one rank.
/// @param recvCount [IN] elements of a part.
/// @param dataType [IN] their type.
/// @param op [IN] sum, product, maximum or minimum.
/// @param comm [IN] the communicator.
/// @param stream [IN] the stream, null for the default one.
/// @return 0 on success; HCCL_E_PTR (2) when a required pointer is null; HCCL_E_PARA (1) when a handle is not live, a
/// value is out of range or memory is not live device memory of the size; HCCL_E_RUNTIME (15) when the thread has no
/// context.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. Thread-safe.
///
/// # Safety
/// Always safe to call: pointers are checked device addresses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclReduceScatter(
    send_buf: *mut c_void,
    recv_buf: *mut c_void,
    recv_count: u64,
    data_type: HcclDataType,
    op: HcclReduceOp,
    comm: HcclComm,
    stream: aclrtStream,
) -> HcclResult {
    entry::hccl("HcclReduceScatter", || {
        let (_, stream) = place(comm, stream)?;
        check_reduce(op)?;
        let len = bytes(data_type, recv_count, "recvCount")?;
        transfer::copy(
            "HcclReduceScatter",
            &stream,
            (recv_buf.cast_const(), "recvBuf"),
            (send_buf.cast_const(), "sendBuf"),
            len,
        )
    })
}

/// Each rank receives its part of the root's elements.
///
/// @param sendBuf [IN] the root's elements, recvCount for each rank.
/// @param recvBuf [IN] where this rank's part goes.
/// @param recvCount [IN] elements of a part.
/// @param dataType [IN] their type.
/// @param root [IN] the rank that sends.
/// @param comm [IN] the communicator.
/// @param stream [IN] the stream, null for the default one.
/// @return 0 on success; HCCL_E_PTR (2) when a required pointer is null; HCCL_E_PARA (1) when a handle is not live, a
/// value is out of range or memory is not live device memory of the size; HCCL_E_RUNTIME (15) when the thread has no
/// context.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. Thread-safe.
///
/// # Safety
/// Always safe to call: pointers are checked device addresses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclScatter(
    send_buf: *mut c_void,
    recv_buf: *mut c_void,
    recv_count: u64,
    data_type: HcclDataType,
    root: u32,
    comm: HcclComm,
    stream: aclrtStream,
) -> HcclResult {
    entry::hccl("HcclScatter", || {
        let (comm, stream) = place(comm, stream)?;
        check_rank(&comm, root, "root")?;
        let len = bytes(data_type, recv_count, "recvCount")?;
        transfer::copy(
            "HcclScatter",
            &stream,
            (recv_buf.cast_const(), "recvBuf"),
            (send_buf.cast_const(), "sendBuf"),
            len,
        )
    })
}

/// Each rank sends a part to every rank, itself included.
///
/// @param sendBuf [IN] this rank's elements, sendCount for each rank.
/// @param sendCount [IN] elements of a part.
/// @param sendType [IN] their type.
/// @param recvBuf [IN] where the parts of all ranks go.
/// @param recvCount [IN] elements of a received part; as many bytes as are sent.
/// @param recvType [IN] their type.
/// @param comm [IN] the communicator.
/// @param stream [IN] the stream, null for the default one.
/// @return 0 on success; HCCL_E_PTR (2) when a required pointer is null; HCCL_E_PARA (1) when a handle is not live, a
/// value is out of range or memory is not live device memory of the size; HCCL_E_RUNTIME (15) when the thread has no
/// context.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. Thread-safe.
///
/// # Safety
/// Always safe to call: pointers are checked device addresses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclAlltoAll(
    send_buf: *const c_void,
    send_count: u64,
    send_type: HcclDataType,
    recv_buf: *const c_void,
    recv_count: u64,
    recv_type: HcclDataType,
    comm: HcclComm,
    stream: aclrtStream,
) -> HcclResult {
    entry::hccl("HcclAlltoAll", || {
        let (_, stream) = place(comm, stream)?;
        let len = bytes(send_type, send_count, "sendCount")?;
        let room = bytes(recv_type, recv_count, "recvCount")?;
        if room != len {
            return Err(range("recvCount", format!("as many bytes as are sent, {len}"), room));
        }
        transfer::copy("HcclAlltoAll", &stream, (recv_buf, "recvBuf"), (send_buf, "sendBuf"), len)
    })
}

/// Sends elements to another rank, which receives them with HcclRecv. A group of one has no other rank.
///
/// @param sendBuf [IN] the elements.
/// @param count [IN] elements.
/// @param dataType [IN] their type.
/// @param destRank [IN] the rank that receives, another one.
/// @param comm [IN] the communicator.
/// @param stream [IN] the stream, null for the default one.
/// @return 0 on success; HCCL_E_PTR (2) when a required pointer is null; HCCL_E_PARA (1) when a handle is not live, a
/// value is out of range or memory is not live device memory of the size; HCCL_E_RUNTIME (15) when the thread has no
/// context.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. Thread-safe.
///
/// # Safety
/// Always safe to call: pointers are checked device addresses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclSend(
    send_buf: *mut c_void,
    count: u64,
    data_type: HcclDataType,
    dest_rank: u32,
    comm: HcclComm,
    stream: aclrtStream,
) -> HcclResult {
    entry::hccl("HcclSend", || {
        transfer::untouched(send_buf.cast_const(), bytes(data_type, count, "count")?, "sendBuf")?;
        let (comm, _) = place(comm, stream)?;
        check_rank(&comm, dest_rank, "destRank")?;
        Err(range("destRank", "another rank", dest_rank))
    })
}

/// Receives elements that another rank sends with HcclSend. A group of one has no other rank.
///
/// @param recvBuf [IN] where the elements go.
/// @param count [IN] elements.
/// @param dataType [IN] their type.
/// @param srcRank [IN] the rank that sends, another one.
/// @param comm [IN] the communicator.
/// @param stream [IN] the stream, null for the default one.
/// @return 0 on success; HCCL_E_PTR (2) when a required pointer is null; HCCL_E_PARA (1) when a handle is not live, a
/// value is out of range or memory is not live device memory of the size; HCCL_E_RUNTIME (15) when the thread has no
/// context.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. Thread-safe.
///
/// # Safety
/// Always safe to call: pointers are checked device addresses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclRecv(
    recv_buf: *mut c_void,
    count: u64,
    data_type: HcclDataType,
    src_rank: u32,
    comm: HcclComm,
    stream: aclrtStream,
) -> HcclResult {
    entry::hccl("HcclRecv", || {
        transfer::untouched(recv_buf.cast_const(), bytes(data_type, count, "count")?, "recvBuf")?;
        let (comm, _) = place(comm, stream)?;
        check_rank(&comm, src_rank, "srcRank")?;
        Err(range("srcRank", "another rank", src_rank))
    })
}
