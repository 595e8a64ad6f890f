//! Queues: messages pass through them, from whoever enqueues to whoever dequeues.

use super::{
    block::Block,
    buffer::{self, Message, Part, USER_DATA},
    queue_attr, queues, refused, until,
};
use crate::rt::{memory_place::Span, param, timeout};
use capi::{
    Error, Result,
    abi::{
        ACL_TDT_QUEUE_PERMISSION_DEQUEUE, ACL_TDT_QUEUE_PERMISSION_ENQUEUE, ACL_TDT_QUEUE_PERMISSION_MANAGE,
        aclError, acltdtBuf, acltdtQueueAttr,
    },
    boundary, entry,
};
use npu_device::memory::Origin;
use std::{ffi::c_void, sync::Arc};

/// All permissions, which the process that made a queue has.
const EVERYTHING: u32 = (ACL_TDT_QUEUE_PERMISSION_MANAGE
    | ACL_TDT_QUEUE_PERMISSION_DEQUEUE
    | ACL_TDT_QUEUE_PERMISSION_ENQUEUE) as u32;

/// Makes a queue between threads of this process.
///
/// # Parameters
/// - attr: its name, which no other queue has, and depth; null for none and 8
/// - qid: receives its number; acltdtDestroyQueue destroys the queue
///
/// # Returns
/// - 0 on success
/// - 100000 when `qid` is null, or a queue of that name exists
/// - 107017 when `attr` is none, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `qid`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtCreateQueue(attr: *const acltdtQueueAttr, qid: *mut u32) -> aclError {
    entry::acl("acltdtCreateQueue", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(qid, "qid") }?;
        let attr = if attr.is_null() { Default::default() } else { queue_attr::get(attr)?.lock().clone() };
        out.write(queues::create(attr.name, attr.depth)?);
        Ok(())
    })
}

/// Destroys a queue with the messages in it. Who waits there fails; routes from and to it become abnormal.
///
/// # Parameters
/// - qid: its number
///
/// # Returns
/// - 0 on success
/// - 107000 when there is no such queue
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtDestroyQueue(qid: u32) -> aclError {
    entry::acl("acltdtDestroyQueue", || queues::destroy(qid))
}

/// Gives a buffer, with its chain, to a queue.
///
/// # Parameters
/// - qid: the number of a queue
/// - buf: the head of a chain, or a buffer in none. On success its handle, and those of the chain, are invalid at once.
/// - timeout: how long to wait for room, in milliseconds; -1 without end, 0 not at all
///
/// # Returns
/// - 0 on success
/// - 100000 when `buf` is null
/// - 107000 when there is no such queue, or it was destroyed meanwhile; when `timeout` is below -1; when `buf` stands behind
///   the head of a chain
/// - 107017 when it is no buffer, or was already freed or enqueued
/// - 207014 when the queue stayed full
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// The program uses the data no more; it gets them back from acltdtDequeue.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtEnqueue(qid: u32, buf: acltdtBuf, timeout: i32) -> aclError {
    entry::acl("acltdtEnqueue", || {
        buffer::check_whole(buf)?;
        queues::find(qid)?.put(until(timeout)?, || buffer::withdraw(buf))
    })
}

/// Takes the first message out of a queue.
///
/// # Parameters
/// - qid: the number of a queue
/// - buf: receives the buffer, the head of its chain, to be freed by acltdtFreeBuf. If routes led here, other queues may
///   have buffers with the same data.
/// - timeout: how long to wait for a message, in milliseconds; -1 without end, 0 not at all
///
/// # Returns
/// - 0 on success
/// - 100000 when `buf` is null
/// - 107000 when there is no such queue, or it was destroyed meanwhile; when `timeout` is below -1
/// - 207013 when the queue stayed empty
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `buf`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtDequeue(qid: u32, buf: *mut acltdtBuf, timeout: i32) -> aclError {
    entry::acl("acltdtDequeue", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(buf, "buf") }?;
        let message = queues::find(qid)?.take(until(timeout)?, |_| Ok(()))?;
        out.write(buffer::deposit(message)?);
        Ok(())
    })
}

fn check_user_size(size: usize) -> Result {
    let expected = || format!("at most {USER_DATA}");
    if size <= USER_DATA { Ok(()) } else { Err(refused("userDataSize", expected(), size)) }
}

fn check_data_size(size: usize) -> Result {
    let good = size > 0 && size <= isize::MAX as usize;
    if good { Ok(()) } else { Err(refused("dataSize", "1 or more bytes, in memory", size)) }
}

/// Puts a copy of memory into a queue.
///
/// # Parameters
/// - qid: the number of a queue
/// - data: what is copied, in memory of the host or a device
/// - dataSize: bytes, at least 1
/// - userData: bytes of the program's own that go with it; may be null when userDataSize is 0
/// - userDataSize: how many, at most 96
/// - timeout: how long to wait for room, in milliseconds; -1 without end, 0 not at all
/// - rsv: 0
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, or a size or `rsv` is not as above
/// - 107000 when there is no such queue, or it was destroyed meanwhile; when `timeout` is below -1; when data reach past an
///   allocation or into freed memory
/// - 207001 when the host has no more memory
/// - 207014 when the queue stayed full
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `data` and `data_size` where they are memory of the host, and for `user_data` and `user_data_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtEnqueueData(
    qid: u32,
    data: *const c_void,
    data_size: usize,
    user_data: *const c_void,
    user_data_size: usize,
    timeout: i32,
    rsv: u32,
) -> aclError {
    entry::acl("acltdtEnqueueData", || {
        check_user_size(user_data_size)?;
        check_data_size(data_size)?;
        Span::check(data, data_size, "data")?;
        // SAFETY: (C2) passed on.
        let own = unsafe { boundary::slice(user_data.cast::<u8>(), user_data_size, "userData") }?;
        if rsv != 0 {
            return Err(refused("rsv", "0", rsv));
        }
        let mut user = [0; USER_DATA];
        user[..own.len()].copy_from_slice(own);
        let queue = queues::find(qid)?;
        queue.put(until(timeout)?, || {
            // Memory of a device may have been freed meanwhile.
            let span = Span::check(data, data_size, "data")?;
            let block = Arc::new(Block::copy_of(Some(span), Origin::EnqueueData)?);
            Ok(vec![Part { block, len: data_size, user }])
        })
    })
}

/// The bytes of all buffers of a message.
fn total(message: &Message) -> usize {
    message.iter().map(|part| part.len).sum()
}

/// Takes the first message out of a queue and copies it. If it was a chain of buffers, their data come one behind the
/// other.
///
/// # Parameters
/// - qid: the number of a queue
/// - data: receives the data, in memory of the host or a device
/// - dataSize: how many bytes fit in, at least 1
/// - retDataSize: receives how many came
/// - userData: receives bytes of the program's own that came with the first buffer; may be null when userDataSize is 0
/// - userDataSize: how many, at most 96
/// - timeout: how long to wait for a message, in milliseconds; -1 without end, 0 not at all
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, a size is not as above, or the message does not fit in: then it stays in the queue, and
///   the error message says its size
/// - 107000 when there is no such queue, or it was destroyed meanwhile; when `timeout` is below -1; when data reach past an
///   allocation or into freed memory
/// - 207013 when the queue stayed empty
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `data` and `data_size` where they are memory of the host, and for `user_data` and `user_data_size`; C1 for
/// `ret_data_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtDequeueData(
    qid: u32,
    data: *mut c_void,
    data_size: usize,
    ret_data_size: *mut usize,
    user_data: *mut c_void,
    user_data_size: usize,
    timeout: i32,
) -> aclError {
    entry::acl("acltdtDequeueData", || {
        // SAFETY: (C1) passed on.
        let size_out = unsafe { boundary::out(ret_data_size, "retDataSize") }?;
        check_user_size(user_data_size)?;
        check_data_size(data_size)?;
        Span::check_output(data, data_size, "data")?;
        // SAFETY: (C2) passed on.
        let own = unsafe { boundary::out_slice(user_data.cast::<u8>(), user_data_size, "userData") }?;
        let queue = queues::find(qid)?;
        let mut target = None;
        let message = queue.take(until(timeout)?, |message| {
            let size = total(message);
            if size > data_size {
                return Err(refused(
                    "dataSize",
                    format!("room for the {size} bytes of the message"),
                    data_size,
                ));
            }
            // Memory of a device may have been freed meanwhile.
            target = Some(Span::check_output(data, data_size, "data")?);
            Ok(())
        })?;
        let mut at = 0;
        for part in &message {
            if let Some(target) = &target {
                part.block.copy_to(part.len, target, at);
            }
            at += part.len;
        }
        if let Some(head) = message.first() {
            own.write_copy_of_slice(&head.user[..user_data_size]);
        }
        size_out.write(at);
        Ok(())
    })
}

/// Grants a process permissions for a queue. Queues are within one process, which has all of them from the start.
///
/// # Parameters
/// - qid: the number of a queue
/// - pid: this process
/// - permission: ACL_TDT_QUEUE_PERMISSION_MANAGE, _DEQUEUE, _ENQUEUE, or several of them
/// - timeout: as for acltdtAttachQueue; nothing is waited for
///
/// # Returns
/// - 0 on success
/// - 107000 when there is no such queue, or `pid`, `permission` or `timeout` is out of range
/// - 207000 when `pid` is another process
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGrantQueue(qid: u32, pid: i32, permission: u32, timeout: i32) -> aclError {
    entry::acl("acltdtGrantQueue", || {
        queues::find(qid)?;
        if permission == 0 || permission & !EVERYTHING != 0 {
            return Err(param("permission", "some of the bits 1, 2 and 4", format!("{permission:#x}")));
        }
        self::timeout(timeout, "timeout")?;
        if pid <= 0 {
            return Err(param("pid", "a process", pid));
        }
        if pid.unsigned_abs() == std::process::id() {
            return Ok(());
        }
        let what = format!("a queue that another process (pid {pid}) has permissions for");
        Err(Error::Unsupported { what })
    })
}

/// Which permissions this process has for a queue: all, as it made the queue.
///
/// # Parameters
/// - qid: the number of a queue
/// - timeout: how long to wait for a permission, in milliseconds; -1 without end, 0 not at all. They are there, so nothing is
///   waited for.
/// - permission: receives ACL_TDT_QUEUE_PERMISSION_MANAGE, _DEQUEUE and _ENQUEUE
///
/// # Returns
/// - 0 on success
/// - 100000 when `permission` is null
/// - 107000 when this process has no such queue, or `timeout` is below -1
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `permission`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtAttachQueue(qid: u32, timeout: i32, permission: *mut u32) -> aclError {
    entry::acl("acltdtAttachQueue", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(permission, "permission") }?;
        queues::find(qid)?;
        self::timeout(timeout, "timeout")?;
        out.write(EVERYTHING);
        Ok(())
    })
}
