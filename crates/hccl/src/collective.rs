//! Collectives: what all ranks do together.

use crate::{
    buffer::{Buffer, consecutive, scattered},
    communicator::{Communicator, check_rank, place},
    types::{bytes, dtype, name, range},
    work::{Backing, Part, Span},
};
use capi::{
    Result,
    abi::{HCCL_REDUCE_MIN, HcclComm, HcclDataType, HcclReduceOp, HcclResult, aclrtStream},
    boundary, entry,
};
use npu_device::Stream;
use std::ffi::c_void;

fn check_reduce(op: HcclReduceOp, data_type: HcclDataType) -> Result {
    if op > HCCL_REDUCE_MIN {
        return Err(range("op", "a value of HcclReduceOp, 0 to 3", op));
    }
    bytes(data_type, 1, "dataType")?;
    match dtype(data_type) {
        Some(_) => Ok(()),
        None => Err(range("dataType", "a type whose elements can be combined", name(data_type))),
    }
}

/// A part that combines nothing and has no root.
pub(crate) fn moved(
    function: &'static str,
    data_type: HcclDataType,
    (send, to): (Backing, Vec<Span>),
    (receive, from): (Backing, Vec<Span>),
) -> Part {
    Part { function, data_type, reduce: None, root: None, send, receive, to, from }
}

/// A span for one rank, nothing for the others.
fn only(comm: &Communicator, rank: u32, span: Span) -> Vec<Span> {
    (0..comm.size()).map(|r| if r == rank { span } else { Span::default() }).collect()
}

/// Queues a reduction of which each rank receives a part.
fn scatter_reduced(
    function: &'static str,
    comm: &Communicator,
    stream: &Stream,
    (data_type, op): (HcclDataType, HcclReduceOp),
    (send, to): (*const c_void, Vec<Span>),
    (receive, len): (*const c_void, u64),
) -> Result {
    let send = Buffer::of(send, &to, "sendBuf")?;
    let receive = Buffer::new(receive, len, "recvBuf")?;
    receive.apart_from(&send, Some((0, to[comm.rank as usize].offset)))?;
    [send, receive].iter().try_for_each(|buffer| buffer.aligned(data_type))?;
    let from = vec![Span::new(0, len); comm.size() as usize];
    let part = moved(function, data_type, (send.backing, to), (receive.backing, from));
    comm.collective(stream, Part { reduce: Some(op), ..part })
}

/// Combines the ranks' elements one by one; every rank receives the result. May be in place.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. The stream waits for the
/// other ranks. Calls of different kinds or sizes fail on the streams of all.
///
/// # Parameters
/// - sendBuf: this rank's elements
/// - recvBuf: where the result goes; may be sendBuf
/// - count: elements
/// - dataType: their type
/// - op: sum, product, maximum or minimum
/// - comm: the communicator
/// - stream: the stream, null for the default one
///
/// # Returns
/// 0 on success; HCCL_E_PTR (2) when a required pointer is null; HCCL_E_PARA (1) when a handle is not live, a value is
/// out of range or memory is not live device memory of the size; HCCL_E_REMOTE (21) when a rank that has to take part
/// has ended its communicator; HCCL_E_RUNTIME (15) when the thread has no context.
///
/// # Thread safety
/// May be called from any thread.
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
        let (comm, stream) = place(comm, stream)?;
        check_reduce(op, data_type)?;
        let all = Span::new(0, bytes(data_type, count, "count")?);
        let send = Buffer::of(send_buf, &[all], "sendBuf")?;
        let receive = Buffer::of(recv_buf, &[all], "recvBuf")?;
        receive.apart_from(&send, Some((0, 0)))?;
        [send, receive].iter().try_for_each(|buffer| buffer.aligned(data_type))?;
        let spans = vec![all; comm.size() as usize];
        let part = Part {
            reduce: Some(op),
            ..moved("HcclAllReduce", data_type, (send.backing, spans.clone()), (receive.backing, spans))
        };
        comm.collective(&stream, part)
    })
}

/// Combines the ranks' elements one by one; the root receives the result.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. The stream waits for the
/// other ranks. Calls of different kinds or sizes fail on the streams of all.
///
/// # Parameters
/// - sendBuf: this rank's elements
/// - recvBuf: where the root's result goes; may be sendBuf
/// - count: elements
/// - dataType: their type
/// - op: sum, product, maximum or minimum
/// - root: the rank that receives
/// - comm: the communicator
/// - stream: the stream, null for the default one
///
/// # Returns
/// 0 on success; HCCL_E_PTR (2) when a required pointer is null; HCCL_E_PARA (1) when a handle is not live, a value is
/// out of range or memory is not live device memory of the size; HCCL_E_REMOTE (21) when a rank that has to take part
/// has ended its communicator; HCCL_E_RUNTIME (15) when the thread has no context.
///
/// # Thread safety
/// May be called from any thread.
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
        check_reduce(op, data_type)?;
        check_rank(&comm, root, "root")?;
        let all = Span::new(0, bytes(data_type, count, "count")?);
        let send = Buffer::of(send_buf, &[all], "sendBuf")?;
        let receive = Buffer::of(recv_buf, &[all], "recvBuf")?;
        receive.apart_from(&send, Some((0, 0)))?;
        [send, receive].iter().try_for_each(|buffer| buffer.aligned(data_type))?;
        let from = if comm.rank == root { all } else { Span::default() };
        let from = (receive.backing, vec![from; comm.size() as usize]);
        let part = Part {
            reduce: Some(op),
            root: Some(root),
            ..moved("HcclReduce", data_type, (send.backing, only(&comm, root, all)), from)
        };
        comm.collective(&stream, part)
    })
}

/// Combines the ranks' elements one by one; each rank receives its part of the result.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. The stream waits for the
/// other ranks. Calls of different kinds or sizes fail on the streams of all.
///
/// # Parameters
/// - sendBuf: this rank's elements, recvCount for each rank
/// - recvBuf: where this rank's part goes; may be sendBuf if there is one rank
/// - recvCount: elements of a part
/// - dataType: their type
/// - op: sum, product, maximum or minimum
/// - comm: the communicator
/// - stream: the stream, null for the default one
///
/// # Returns
/// 0 on success; HCCL_E_PTR (2) when a required pointer is null; HCCL_E_PARA (1) when a handle is not live, a value is
/// out of range or memory is not live device memory of the size; HCCL_E_REMOTE (21) when a rank that has to take part
/// has ended its communicator; HCCL_E_RUNTIME (15) when the thread has no context.
///
/// # Thread safety
/// May be called from any thread.
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
        let (comm, stream) = place(comm, stream)?;
        check_reduce(op, data_type)?;
        let len = bytes(data_type, recv_count, "recvCount")?;
        let to = consecutive(comm.size(), len, "recvCount")?;
        scatter_reduced("HcclReduceScatter", &comm, &stream, (data_type, op), (send_buf, to), (recv_buf, len))
    })
}

/// Combines the ranks' elements one by one; each rank receives a part of the result, of its own size.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. The stream waits for the
/// other ranks. Calls of different kinds or sizes fail on the streams of all.
///
/// # Parameters
/// - sendBuf: this rank's elements
/// - sendCounts: elements of each rank's part, uint64_t
/// - sendDispls: where in sendBuf each rank's part is, in elements, uint64_t
/// - recvBuf: where this rank's part goes; may be that part of sendBuf
/// - recvCount: elements of this rank's part
/// - dataType: their type
/// - op: sum, product, maximum or minimum
/// - comm: the communicator
/// - stream: the stream, null for the default one
///
/// # Returns
/// 0 on success; HCCL_E_PTR (2) when a required pointer is null; HCCL_E_PARA (1) when a handle is not live, a value is
/// out of range or memory is not live device memory of the size; HCCL_E_REMOTE (21) when a rank that has to take part
/// has ended its communicator; HCCL_E_RUNTIME (15) when the thread has no context.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for `send_counts` and `send_displs` with an element for each rank.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclReduceScatterV(
    send_buf: *mut c_void,
    send_counts: *const c_void,
    send_displs: *const c_void,
    recv_buf: *mut c_void,
    recv_count: u64,
    data_type: HcclDataType,
    op: HcclReduceOp,
    comm: HcclComm,
    stream: aclrtStream,
) -> HcclResult {
    entry::hccl("HcclReduceScatterV", || {
        let (comm, stream) = place(comm, stream)?;
        check_reduce(op, data_type)?;
        // SAFETY: C2.
        let counts =
            unsafe { boundary::slice(send_counts.cast::<u64>(), comm.size() as usize, "sendCounts") }?;
        // SAFETY: C2.
        let offsets =
            unsafe { boundary::slice(send_displs.cast::<u64>(), comm.size() as usize, "sendDispls") }?;
        let to = scattered(data_type, (counts, "sendCounts"), (offsets, "sendDispls"))?;
        let len = bytes(data_type, recv_count, "recvCount")?;
        scatter_reduced(
            "HcclReduceScatterV",
            &comm,
            &stream,
            (data_type, op),
            (send_buf, to),
            (recv_buf, len),
        )
    })
}

/// Every rank receives the root's elements.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. The stream waits for the
/// other ranks. Calls of different kinds or sizes fail on the streams of all.
///
/// # Parameters
/// - buf: the elements of the root, and where those of the others go
/// - count: elements
/// - dataType: their type
/// - root: the rank that sends
/// - comm: the communicator
/// - stream: the stream, null for the default one
///
/// # Returns
/// 0 on success; HCCL_E_PTR (2) when a required pointer is null; HCCL_E_PARA (1) when a handle is not live, a value is
/// out of range or memory is not live device memory of the size; HCCL_E_REMOTE (21) when a rank that has to take part
/// has ended its communicator; HCCL_E_RUNTIME (15) when the thread has no context.
///
/// # Thread safety
/// May be called from any thread.
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
        let (comm, stream) = place(comm, stream)?;
        check_rank(&comm, root, "root")?;
        let all = Span::new(0, bytes(data_type, count, "count")?);
        let buffer = Buffer::of(buf, &[all], "buf")?.backing;
        let to = if comm.rank == root { all } else { Span::default() };
        let to = (buffer, vec![to; comm.size() as usize]);
        let part = moved("HcclBroadcast", data_type, to, (buffer, only(&comm, root, all)));
        comm.collective(&stream, Part { root: Some(root), ..part })
    })
}

/// Each rank receives its part of the root's elements.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. The stream waits for the
/// other ranks. Calls of different kinds or sizes fail on the streams of all.
///
/// # Parameters
/// - sendBuf: the root's elements, recvCount for each rank
/// - recvBuf: where this rank's part goes
/// - recvCount: elements of a part
/// - dataType: their type
/// - root: the rank that sends
/// - comm: the communicator
/// - stream: the stream, null for the default one
///
/// # Returns
/// 0 on success; HCCL_E_PTR (2) when a required pointer is null; HCCL_E_PARA (1) when a handle is not live, a value is
/// out of range or memory is not live device memory of the size; HCCL_E_REMOTE (21) when a rank that has to take part
/// has ended its communicator; HCCL_E_RUNTIME (15) when the thread has no context.
///
/// # Thread safety
/// May be called from any thread.
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
        let receive = Buffer::new(recv_buf, len, "recvBuf")?;
        let from = (receive.backing, only(&comm, root, Span::new(0, len)));
        let to = if comm.rank == root {
            let to = consecutive(comm.size(), len, "recvCount")?;
            let send = Buffer::of(send_buf, &to, "sendBuf")?;
            receive.apart_from(&send, Some((0, to[root as usize].offset)))?;
            (send.backing, to)
        } else {
            (Buffer::unused(), vec![Span::default(); comm.size() as usize])
        };
        let part = moved("HcclScatter", data_type, to, from);
        comm.collective(&stream, Part { root: Some(root), ..part })
    })
}

/// Every rank receives the elements of all, one rank after the other.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. The stream waits for the
/// other ranks. Calls of different kinds or sizes fail on the streams of all.
///
/// # Parameters
/// - sendBuf: this rank's elements
/// - recvBuf: where those of all ranks go; may be sendBuf if there is one
/// - sendCount: elements of one rank
/// - dataType: their type
/// - comm: the communicator
/// - stream: the stream, null for the default one
///
/// # Returns
/// 0 on success; HCCL_E_PTR (2) when a required pointer is null; HCCL_E_PARA (1) when a handle is not live, a value is
/// out of range or memory is not live device memory of the size; HCCL_E_REMOTE (21) when a rank that has to take part
/// has ended its communicator; HCCL_E_RUNTIME (15) when the thread has no context.
///
/// # Thread safety
/// May be called from any thread.
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
        let (comm, stream) = place(comm, stream)?;
        let len = bytes(data_type, send_count, "sendCount")?;
        let from = consecutive(comm.size(), len, "sendCount")?;
        let send = Buffer::new(send_buf, len, "sendBuf")?;
        let receive = Buffer::of(recv_buf, &from, "recvBuf")?;
        receive.apart_from(&send, Some((from[comm.rank as usize].offset, 0)))?;
        let to = vec![Span::new(0, len); comm.size() as usize];
        let part = moved("HcclAllGather", data_type, (send.backing, to), (receive.backing, from));
        comm.collective(&stream, part)
    })
}

/// Every rank receives the elements of all, as many of each rank as it says, wherever it wants them.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. The stream waits for the
/// other ranks. Calls of different kinds or sizes fail on the streams of all.
///
/// # Parameters
/// - sendBuf: this rank's elements
/// - sendCount: elements of this rank
/// - recvBuf: where those of all ranks go
/// - recvCounts: elements of each rank, uint64_t
/// - recvDispls: where in recvBuf those of each rank go, in elements, uint64_t
/// - dataType: their type
/// - comm: the communicator
/// - stream: the stream, null for the default one
///
/// # Returns
/// 0 on success; HCCL_E_PTR (2) when a required pointer is null; HCCL_E_PARA (1) when a handle is not live, a value is
/// out of range or memory is not live device memory of the size; HCCL_E_REMOTE (21) when a rank that has to take part
/// has ended its communicator; HCCL_E_RUNTIME (15) when the thread has no context.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 for `recv_counts` and `recv_displs` with an element for each rank.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclAllGatherV(
    send_buf: *mut c_void,
    send_count: u64,
    recv_buf: *mut c_void,
    recv_counts: *const c_void,
    recv_displs: *const c_void,
    data_type: HcclDataType,
    comm: HcclComm,
    stream: aclrtStream,
) -> HcclResult {
    entry::hccl("HcclAllGatherV", || {
        let (comm, stream) = place(comm, stream)?;
        // SAFETY: C2.
        let counts =
            unsafe { boundary::slice(recv_counts.cast::<u64>(), comm.size() as usize, "recvCounts") }?;
        // SAFETY: C2.
        let offsets =
            unsafe { boundary::slice(recv_displs.cast::<u64>(), comm.size() as usize, "recvDispls") }?;
        let from = scattered(data_type, (counts, "recvCounts"), (offsets, "recvDispls"))?;
        let len = bytes(data_type, send_count, "sendCount")?;
        let send = Buffer::new(send_buf, len, "sendBuf")?;
        let receive = Buffer::of(recv_buf, &from, "recvBuf")?;
        receive.apart_from(&send, Some((from[comm.rank as usize].offset, 0)))?;
        let to = vec![Span::new(0, len); comm.size() as usize];
        let part = moved("HcclAllGatherV", data_type, (send.backing, to), (receive.backing, from));
        comm.collective(&stream, part)
    })
}
