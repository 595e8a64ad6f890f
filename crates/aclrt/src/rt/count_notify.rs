//! Count notifies: numbers that records change and waits compare.

use super::{param, seconds};
use capi::{
    Result,
    abi::{
        ACL_RT_CNT_NOTIFY_RECORD_ADD_MODE, ACL_RT_CNT_NOTIFY_RECORD_BIT_AND_MODE,
        ACL_RT_CNT_NOTIFY_RECORD_BIT_OR_MODE, ACL_RT_CNT_NOTIFY_RECORD_SET_VALUE_MODE,
        ACL_RT_CNT_NOTIFY_WAIT_BIGGER_MODE, ACL_RT_CNT_NOTIFY_WAIT_BIGGER_OR_EQUAL_MODE,
        ACL_RT_CNT_NOTIFY_WAIT_EQUAL_MODE, ACL_RT_CNT_NOTIFY_WAIT_EQUAL_WITH_BITMASK_MODE,
        ACL_RT_CNT_NOTIFY_WAIT_LESS_MODE, aclError, aclrtCntNotify, aclrtCntNotifyRecordInfo,
        aclrtCntNotifyWaitInfo, aclrtStream,
    },
    boundary, entry,
    handle::{HandleTable, Kind, Ref},
    runtime,
};
use npu_device::{CountChange, CountNotify, CountTest, CountWait};
use std::sync::Arc;

/// Count notifies by handle.
static COUNTS: HandleTable<Arc<CountNotify>> = HandleTable::new(Kind::CountNotify);

fn count(raw: aclrtCntNotify) -> Result<Ref<'static, Arc<CountNotify>>> {
    COUNTS.get(raw).map_err(|error| error.arg("cntNotify"))
}

/// Creates a count notify on the current device. Its count is 0.
///
/// # Parameters
/// - cntNotify: receives the count notify, to be destroyed by aclrtCntNotifyDestroy
/// - flag: 0
///
/// # Returns
/// - 0 on success
/// - 100000 when `cntNotify` is null
/// - 107000 when `flag` is not 0
/// - 107002 when the thread has no current context
/// - 207009 when the device has 8,192 count notifies
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `cnt_notify`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCntNotifyCreate(cnt_notify: *mut aclrtCntNotify, flag: u64) -> aclError {
    entry::acl("aclrtCntNotifyCreate", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(cnt_notify, "cntNotify") }?;
        if flag != 0 {
            return Err(param("flag", "0", format!("{flag:#x}")));
        }
        let count = CountNotify::new(runtime::current_device()?)?;
        out.write(COUNTS.insert(count).map_err(|error| error.arg("cntNotify"))?);
        Ok(())
    })
}

/// Destroys a count notify. Records and waits that are queued go on as if it lived.
///
/// # Parameters
/// - cntNotify: the count notify. The handle is invalid at once.
///
/// # Returns
/// - 0 on success
/// - 100000 when `cntNotify` is null
/// - 107017 when it is no count notify, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCntNotifyDestroy(cnt_notify: aclrtCntNotify) -> aclError {
    entry::acl("aclrtCntNotifyDestroy", || {
        COUNTS.remove(cnt_notify).map(drop).map_err(|error| error.arg("cntNotify"))
    })
}

/// Queues a change of the count.
///
/// # Parameters
/// - cntNotify: a count notify
/// - stream: a stream of the current context; null is its default stream
/// - info: the value, and whether it is set, added (modulo 2^32), or combined by bitwise or, or and
///
/// # Returns
/// - 0 on success
/// - 100000 when `cntNotify` or `info` is null
/// - 107000 when the mode is none of those
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when count notify or stream are none, or were already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCntNotifyRecord(
    cnt_notify: aclrtCntNotify,
    stream: aclrtStream,
    info: *mut aclrtCntNotifyRecordInfo,
) -> aclError {
    entry::acl("aclrtCntNotifyRecord", || {
        // SAFETY: (C1) passed on.
        let info = unsafe { boundary::required(info, "info") }?;
        let count = self::count(cnt_notify)?;
        let change = match info.mode {
            ACL_RT_CNT_NOTIFY_RECORD_SET_VALUE_MODE => CountChange::Set,
            ACL_RT_CNT_NOTIFY_RECORD_ADD_MODE => CountChange::Add,
            ACL_RT_CNT_NOTIFY_RECORD_BIT_OR_MODE => CountChange::Or,
            ACL_RT_CNT_NOTIFY_RECORD_BIT_AND_MODE => CountChange::And,
            mode => return Err(param("info.mode", "a mode to record: 0, 1, 2 or 4", mode)),
        };
        let stream = runtime::resolve_stream(stream, "stream")?;
        Ok(count.record("aclrtCntNotifyRecord", &stream, change, info.value)?)
    })
}

/// Makes a stream wait until the count compares with a value as it should.
///
/// # Parameters
/// - cntNotify: a count notify
/// - stream: a stream of the current context; null is its default stream
/// - info: the value and how the count is compared with it; the time limit in seconds, 0 for none; and whether the count
///   becomes 0 when the wait goes on
///
/// # Returns
/// - 0 on success. When the time is up, the stream fails with 107019.
/// - 100000 when `cntNotify` or `info` is null
/// - 107000 when the mode is none, or isClear is neither 0 nor 1
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when count notify or stream are none, or were already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCntNotifyWaitWithTimeout(
    cnt_notify: aclrtCntNotify,
    stream: aclrtStream,
    info: *mut aclrtCntNotifyWaitInfo,
) -> aclError {
    entry::acl("aclrtCntNotifyWaitWithTimeout", || {
        // SAFETY: (C1) passed on.
        let info = unsafe { boundary::required(info, "info") }?;
        let count = self::count(cnt_notify)?;
        let test = match info.mode {
            ACL_RT_CNT_NOTIFY_WAIT_LESS_MODE => CountTest::Less,
            ACL_RT_CNT_NOTIFY_WAIT_EQUAL_MODE => CountTest::Equal,
            ACL_RT_CNT_NOTIFY_WAIT_BIGGER_MODE => CountTest::Greater,
            ACL_RT_CNT_NOTIFY_WAIT_BIGGER_OR_EQUAL_MODE => CountTest::GreaterOrEqual,
            ACL_RT_CNT_NOTIFY_WAIT_EQUAL_WITH_BITMASK_MODE => CountTest::Bits,
            mode => return Err(param("info.mode", "a mode to wait, from 0 to 4", mode)),
        };
        if info.isClear > 1 {
            return Err(param("info.isClear", "0 or 1", info.isClear));
        }
        let stream = runtime::resolve_stream(stream, "stream")?;
        let want = CountWait { test, value: info.value, clear: info.isClear == 1 };
        Ok(count.wait("aclrtCntNotifyWaitWithTimeout", &stream, want, seconds(info.timeout))?)
    })
}

/// Queues a reset: when the stream comes to it, the count becomes 0.
///
/// # Parameters
/// - cntNotify: a count notify
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success
/// - 100000 when `cntNotify` is null
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when count notify or stream are none, or were already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCntNotifyReset(cnt_notify: aclrtCntNotify, stream: aclrtStream) -> aclError {
    entry::acl("aclrtCntNotifyReset", || {
        let count = self::count(cnt_notify)?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        Ok(count.record("aclrtCntNotifyReset", &stream, CountChange::Set, 0)?)
    })
}

/// The number of a count notify on its device.
///
/// # Parameters
/// - cntNotify: a count notify
/// - notifyId: receives the number, from 0; no other count notify that lives there has it
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107017 when it is no count notify, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `notify_id`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCntNotifyGetId(cnt_notify: aclrtCntNotify, notify_id: *mut u32) -> aclError {
    entry::acl("aclrtCntNotifyGetId", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(notify_id, "notifyId") }?;
        out.write(count(cnt_notify)?.id());
        Ok(())
    })
}
