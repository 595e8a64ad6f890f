//! How long operators may run and streams may wait.

use capi::{abi::aclError, boundary, entry};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Limits are multiples of this, in microseconds: what the chip's timer counts in, 2^32 cycles of 1 GHz.
const INTERVAL: u64 = 4_294_967;
/// The longest limit is so many of them.
const MOST: u64 = 254;

/// The limit on operators, in microseconds.
static EXECUTE: AtomicU64 = AtomicU64::new(INTERVAL * MOST);

/// Sets the limit to what the chip has for so many microseconds, 0 for the longest. Returns it.
fn set_execute(microseconds: u64) -> u64 {
    let intervals = if microseconds == 0 { MOST } else { microseconds.div_ceil(INTERVAL).min(MOST) };
    EXECUTE.store(intervals * INTERVAL, Ordering::Relaxed);
    intervals * INTERVAL
}

/// Limits how long an operator may run, for the process. Like the chip, the simulated device has limits of 1 to 254
/// times what aclrtGetOpTimeOutInterval says and takes the next one. The limit is kept and reported; how long an operator
/// takes here says nothing about a chip, so none fails by it.
///
/// # Parameters
/// - timeout: seconds, 0 for the longest limit
///
/// # Returns
/// - 0 on success
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetOpExecuteTimeOut(timeout: u32) -> aclError {
    entry::acl("aclrtSetOpExecuteTimeOut", || {
        set_execute(u64::from(timeout) * 1_000_000);
        Ok(())
    })
}

/// As aclrtSetOpExecuteTimeOut, in milliseconds.
///
/// # Parameters
/// - timeout: milliseconds, 0 for the longest limit
///
/// # Returns
/// - 0 on success
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetOpExecuteTimeOutWithMs(timeout: u32) -> aclError {
    entry::acl("aclrtSetOpExecuteTimeOutWithMs", || {
        set_execute(u64::from(timeout) * 1_000);
        Ok(())
    })
}

/// As aclrtSetOpExecuteTimeOut, in microseconds, and says which limit is in force.
///
/// # Parameters
/// - timeout: microseconds, 0 for the longest limit
/// - actualTimeout: receives the limit
///
/// # Returns
/// - 0 on success
/// - 100000 when `actualTimeout` is null
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `actual_timeout`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetOpExecuteTimeOutV2(timeout: u64, actual_timeout: *mut u64) -> aclError {
    entry::acl("aclrtSetOpExecuteTimeOutV2", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(actual_timeout, "actualTimeout") }?;
        out.write(set_execute(timeout));
        Ok(())
    })
}

/// The limit on operators.
///
/// # Parameters
/// - timeoutMs: receives the limit in milliseconds, rounded up
///
/// # Returns
/// - 0 on success
/// - 100000 when `timeoutMs` is null
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `timeout_ms`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetOpExecuteTimeout(timeout_ms: *mut u32) -> aclError {
    entry::acl("aclrtGetOpExecuteTimeout", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(timeout_ms, "timeoutMs") }?;
        out.write(EXECUTE.load(Ordering::Relaxed).div_ceil(1_000) as u32);
        Ok(())
    })
}

/// What limits on operators are multiples of.
///
/// # Parameters
/// - interval: receives microseconds
///
/// # Returns
/// - 0 on success
/// - 100000 when `interval` is null
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `interval`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetOpTimeOutInterval(interval: *mut u64) -> aclError {
    entry::acl("aclrtGetOpTimeOutInterval", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(interval, "interval") }?;
        out.write(INTERVAL);
        Ok(())
    })
}

/// Limits how long a stream waits for an event, for waits that the process queues from now on. A wait that takes longer
/// fails its stream with 107019, which the next synchronising call reports; the stream goes on.
///
/// # Parameters
/// - timeout: seconds, 0 for no limit (the default)
///
/// # Returns
/// - 0 on success
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetOpWaitTimeout(timeout: u32) -> aclError {
    entry::acl("aclrtSetOpWaitTimeout", || {
        npu_device::set_wait_limit((timeout > 0).then(|| Duration::from_secs(u64::from(timeout))));
        Ok(())
    })
}
