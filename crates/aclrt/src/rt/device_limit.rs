//! Limits of the devices' resources: stacks and buffers for the output of kernels. They belong to the process.

use super::param;
use capi::{
    Error, Result,
    abi::{
        ACL_RT_DEV_LIMIT_SIMD_PRINTF_FIFO_SIZE_PER_CORE, ACL_RT_DEV_LIMIT_SIMD_STACK_SIZE,
        ACL_RT_DEV_LIMIT_SIMT_DVG_WARP_STACK_SIZE, ACL_RT_DEV_LIMIT_SIMT_PRINTF_FIFO_SIZE,
        ACL_RT_DEV_LIMIT_SIMT_STACK_SIZE, aclError, aclrtDeviceLimit,
    },
    boundary, entry, runtime,
};
use std::sync::atomic::{AtomicUsize, Ordering};

const KIB: usize = 1 << 10;
/// A stack never has less, and grows in such steps.
const LEAST_STACK: usize = 32 * KIB;
const STACK_STEP: usize = 16 * KIB;
const MOST_STACK: usize = 192 * KIB;
const FIFO: std::ops::RangeInclusive<usize> = KIB..=64 << 20;

static STACK: AtomicUsize = AtomicUsize::new(LEAST_STACK);
static PRINTF: AtomicUsize = AtomicUsize::new(1 << 20);

fn place(limit: aclrtDeviceLimit) -> Result<&'static AtomicUsize> {
    match limit {
        ACL_RT_DEV_LIMIT_SIMD_STACK_SIZE => Ok(&STACK),
        ACL_RT_DEV_LIMIT_SIMD_PRINTF_FIFO_SIZE_PER_CORE => Ok(&PRINTF),
        ACL_RT_DEV_LIMIT_SIMT_STACK_SIZE
        | ACL_RT_DEV_LIMIT_SIMT_DVG_WARP_STACK_SIZE
        | ACL_RT_DEV_LIMIT_SIMT_PRINTF_FIFO_SIZE => {
            let what =
                format!("limit {limit}, of chips that run threads in warps, which this chip does not,");
            Err(Error::Unsupported { what })
        }
        other => Err(param("limit", "a limit, ACL_RT_DEV_LIMIT_* (0 to 4)", other)),
    }
}

/// Sets a limit. Kernels of the simulated device have the stacks of its threads, and print through no buffer, so the
/// limit is kept to be read back.
///
/// # Parameters
/// - limit: ACL_RT_DEV_LIMIT_SIMD_STACK_SIZE, of which more than 32 KiB have an effect, in steps of 16 KiB; or
///   ACL_RT_DEV_LIMIT_SIMD_PRINTF_FIFO_SIZE_PER_CORE, in steps of 8 bytes
/// - value: bytes: a stack up to 192 KiB, a buffer from 1 KiB to 64 MiB
///
/// # Returns
/// - 0 on success
/// - 107000 when limit is none, or value is out of range
/// - 207000 for the limits of chips that run threads in warps
/// - 507033 when the simulator's configuration is refused
///
/// # Thread safety
/// May be called from any thread; the limits belong to the process.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDeviceSetLimit(limit: aclrtDeviceLimit, value: usize) -> aclError {
    entry::acl("aclrtDeviceSetLimit", || {
        runtime::runtime()?;
        let place = place(limit)?;
        if limit == ACL_RT_DEV_LIMIT_SIMD_STACK_SIZE {
            if value > MOST_STACK {
                return Err(param("value", "at most 196608 (192 KiB)", value));
            }
            if value > LEAST_STACK {
                place.store(value.next_multiple_of(STACK_STEP), Ordering::Relaxed);
            }
            return Ok(());
        }
        if !FIFO.contains(&value) {
            return Err(param("value", "1024 (1 KiB) to 67108864 (64 MiB)", value));
        }
        place.store(value.next_multiple_of(8), Ordering::Relaxed);
        Ok(())
    })
}

/// A limit, as aclrtDeviceSetLimit set it, or 32 KiB of stack and a buffer of 1 MiB.
///
/// # Parameters
/// - limit: as for aclrtDeviceSetLimit
/// - value: receives bytes
///
/// # Returns
/// - 0 on success
/// - 100000 when value is null
/// - 107000 when limit is none
/// - 207000 for the limits of chips that run threads in warps
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtDeviceGetLimit(limit: aclrtDeviceLimit, value: *mut usize) -> aclError {
    entry::acl("aclrtDeviceGetLimit", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(value, "value") }?;
        out.write(place(limit)?.load(Ordering::Relaxed));
        Ok(())
    })
}
