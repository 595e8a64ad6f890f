//! What ranks send to each other.

use crate::{
    buffer::{Buffer, consecutive, scattered},
    collective::moved,
    communicator::{Communicator, Transfer, check_rank, place},
    types::{bytes, name, range},
    work::Span,
};
use capi::{
    Result,
    abi::{
        HCCL_RECV, HCCL_SEND, HcclComm, HcclDataType, HcclResult, HcclSendRecvItem, HcclSendRecvType,
        aclrtStream,
    },
    boundary, entry,
};
use npu_device::Stream;
use std::ffi::c_void;

fn all_to_all(
    function: &'static str,
    comm: &Communicator,
    stream: &Stream,
    data_type: HcclDataType,
    (send, to): (*const c_void, Vec<Span>),
    (receive, from): (*const c_void, Vec<Span>),
) -> Result {
    let send = Buffer::of(send, &to, "sendBuf")?;
    let receive = Buffer::of(receive, &from, "recvBuf")?;
    receive.apart_from(&send, None)?;
    comm.collective(stream, moved(function, data_type, (send.backing, to), (receive.backing, from)))
}

/// This rank's side of a transfer: seat 0 sends, seat 1 receives.
fn transfer(
    function: &'static str,
    comm: &Communicator,
    kind: HcclSendRecvType,
    buffer: *const c_void,
    (count, data_type): (u64, HcclDataType),
    (peer, argument): (u32, &'static str),
) -> Result<Transfer> {
    let sends = match kind {
        HCCL_SEND => true,
        HCCL_RECV => false,
        other => return Err(range(argument, "HCCL_SEND (0) or HCCL_RECV (1)", other)),
    };
    let all = Span::new(0, bytes(data_type, count, "count")?);
    let buffer = Buffer::of(buffer, &[all], if sends { "sendBuf" } else { "recvBuf" })?.backing;
    check_rank(comm, peer, argument)?;
    let none = vec![Span::default(); 2];
    let part = if sends {
        moved(function, data_type, (buffer, vec![Span::default(), all]), (buffer, none))
    } else {
        moved(function, data_type, (buffer, none), (buffer, vec![all, Span::default()]))
    };
    Ok(Transfer { peer, sends, part })
}

/// A rank that waits for itself would wait forever.
fn check_other(comm: &Communicator, rank: u32, argument: &'static str) -> Result {
    if rank == comm.rank { Err(range(argument, "another rank", rank)) } else { Ok(()) }
}

/// Each rank sends a part to every rank, itself included.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. The stream waits for the
/// other ranks. Calls of different kinds or sizes fail on the streams of all.
///
/// # Parameters
/// - sendBuf: this rank's elements, sendCount for each rank
/// - sendCount: elements of a part
/// - sendType: their type
/// - recvBuf: where the parts of all ranks go
/// - recvCount: elements of a received part; as many bytes as are sent
/// - recvType: their type
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
        let (comm, stream) = place(comm, stream)?;
        let len = bytes(send_type, send_count, "sendCount")?;
        let room = bytes(recv_type, recv_count, "recvCount")?;
        if room != len {
            return Err(range("recvCount", format!("as many bytes as are sent, {len}"), room));
        }
        let spans = consecutive(comm.size(), len, "sendCount")?;
        all_to_all("HcclAlltoAll", &comm, &stream, send_type, (send_buf, spans.clone()), (recv_buf, spans))
    })
}

/// Each rank sends a part to every rank, itself included, of any size from and to anywhere.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. The stream waits for the
/// other ranks. Calls of different kinds or sizes fail on the streams of all.
///
/// # Parameters
/// - sendBuf: this rank's elements
/// - sendCounts: elements for each rank, uint64_t
/// - sdispls: where in sendBuf those for each rank are, in elements, uint64_t
/// - sendType: their type
/// - recvBuf: where the parts of all ranks go
/// - recvCounts: elements from each rank, uint64_t
/// - rdispls: where in recvBuf those from each rank go, in elements, uint64_t
/// - recvType: their type
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
/// C2 for the counts and offsets with an element for each rank.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclAlltoAllV(
    send_buf: *const c_void,
    send_counts: *const c_void,
    sdispls: *const c_void,
    send_type: HcclDataType,
    recv_buf: *const c_void,
    recv_counts: *const c_void,
    rdispls: *const c_void,
    recv_type: HcclDataType,
    comm: HcclComm,
    stream: aclrtStream,
) -> HcclResult {
    entry::hccl("HcclAlltoAllV", || {
        let (comm, stream) = place(comm, stream)?;
        let ranks = comm.size() as usize;
        // SAFETY: C2.
        let counts = unsafe { boundary::slice(send_counts.cast::<u64>(), ranks, "sendCounts") }?;
        // SAFETY: C2.
        let offsets = unsafe { boundary::slice(sdispls.cast::<u64>(), ranks, "sdispls") }?;
        let to = scattered(send_type, (counts, "sendCounts"), (offsets, "sdispls"))?;
        // SAFETY: C2.
        let counts = unsafe { boundary::slice(recv_counts.cast::<u64>(), ranks, "recvCounts") }?;
        // SAFETY: C2.
        let offsets = unsafe { boundary::slice(rdispls.cast::<u64>(), ranks, "rdispls") }?;
        let from = scattered(recv_type, (counts, "recvCounts"), (offsets, "rdispls"))?;
        all_to_all("HcclAlltoAllV", &comm, &stream, send_type, (send_buf, to), (recv_buf, from))
    })
}

/// Each rank sends a part to every rank, itself included, of any size; parts lie one after the other.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. The stream waits for the
/// other ranks. Calls of different kinds or sizes fail on the streams of all.
///
/// # Parameters
/// - sendBuf: this rank's elements
/// - sendCountMatrix: elements from each rank (row) to each rank (column), uint64_t, the same on all ranks
/// - sendType: their type
/// - recvBuf: where the parts of all ranks go
/// - recvType: their type, the same
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
/// C2 for `send_count_matrix` with an element for each pair of ranks.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclAlltoAllVC(
    send_buf: *const c_void,
    send_count_matrix: *const c_void,
    send_type: HcclDataType,
    recv_buf: *const c_void,
    recv_type: HcclDataType,
    comm: HcclComm,
    stream: aclrtStream,
) -> HcclResult {
    entry::hccl("HcclAlltoAllVC", || {
        let (comm, stream) = place(comm, stream)?;
        let (ranks, rank) = (comm.size() as usize, comm.rank as usize);
        if recv_type != send_type {
            return Err(range("recvType", format!("{}, the sendType", name(send_type)), name(recv_type)));
        }
        // SAFETY: C2.
        let matrix =
            unsafe { boundary::slice(send_count_matrix.cast::<u64>(), ranks * ranks, "sendCountMatrix") }?;
        let line = |counts: &mut dyn Iterator<Item = u64>| -> Result<Vec<Span>> {
            let mut offset = 0u64;
            counts
                .map(|count| {
                    let len = bytes(send_type, count, "sendCountMatrix")?;
                    let span = Span::new(offset, len);
                    let end = offset.checked_add(len);
                    offset =
                        end.ok_or_else(|| range("sendCountMatrix", "counts below 2^64 bytes in all", count))?;
                    Ok(span)
                })
                .collect()
        };
        let to = line(&mut matrix[rank * ranks..][..ranks].iter().copied())?;
        let from = line(&mut matrix.iter().skip(rank).step_by(ranks).copied())?;
        all_to_all("HcclAlltoAllVC", &comm, &stream, send_type, (send_buf, to), (recv_buf, from))
    })
}

/// Sends elements to another rank, which receives them with HcclRecv.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. The stream waits for the
/// other ranks. Calls of different kinds or sizes fail on the streams of all.
///
/// # Parameters
/// - sendBuf: the elements
/// - count: elements
/// - dataType: their type
/// - destRank: the rank that receives, another one
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
pub unsafe extern "C" fn HcclSend(
    send_buf: *mut c_void,
    count: u64,
    data_type: HcclDataType,
    dest_rank: u32,
    comm: HcclComm,
    stream: aclrtStream,
) -> HcclResult {
    entry::hccl("HcclSend", || {
        let (comm, stream) = place(comm, stream)?;
        let transfer =
            transfer("HcclSend", &comm, HCCL_SEND, send_buf, (count, data_type), (dest_rank, "destRank"))?;
        check_other(&comm, dest_rank, "destRank")?;
        comm.transfer(&stream, "HcclSend", vec![transfer])
    })
}

/// Receives elements that another rank sends with HcclSend.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. The stream waits for the
/// other ranks. Calls of different kinds or sizes fail on the streams of all.
///
/// # Parameters
/// - recvBuf: where the elements go
/// - count: elements
/// - dataType: their type
/// - srcRank: the rank that sends, another one
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
pub unsafe extern "C" fn HcclRecv(
    recv_buf: *mut c_void,
    count: u64,
    data_type: HcclDataType,
    src_rank: u32,
    comm: HcclComm,
    stream: aclrtStream,
) -> HcclResult {
    entry::hccl("HcclRecv", || {
        let (comm, stream) = place(comm, stream)?;
        let transfer =
            transfer("HcclRecv", &comm, HCCL_RECV, recv_buf, (count, data_type), (src_rank, "srcRank"))?;
        check_other(&comm, src_rank, "srcRank")?;
        comm.transfer(&stream, "HcclRecv", vec![transfer])
    })
}

/// Sends to and receives from other ranks, all at the same time: none waits for another one of the batch.
///
/// Returns once the work is queued; the memory belongs to it until the stream has passed. The stream waits for the
/// other ranks. Calls of different kinds or sizes fail on the streams of all.
///
/// # Parameters
/// - sendRecvInfo: what to send and receive
/// - itemNum: how many there are, at least 1
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
/// C2 for `send_recv_info` with `item_num` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclBatchSendRecv(
    send_recv_info: *mut HcclSendRecvItem,
    item_num: u32,
    comm: HcclComm,
    stream: aclrtStream,
) -> HcclResult {
    const NAME: &str = "HcclBatchSendRecv";
    entry::hccl(NAME, || {
        let (comm, stream) = place(comm, stream)?;
        // SAFETY: C2.
        let items =
            unsafe { boundary::slice(send_recv_info.cast_const(), item_num as usize, "sendRecvInfo") }?;
        if items.is_empty() {
            return Err(range("itemNum", "1 or more", item_num));
        }
        let transfers = items.iter().map(|item| {
            let what = (item.count, item.dataType);
            transfer(NAME, &comm, item.sendRecvType, item.buf, what, (item.remoteRank, "sendRecvInfo"))
        });
        comm.transfer(&stream, NAME, transfers.collect::<Result<_>>()?)
    })
}
