//! Floating-point overflows: whether they are looked for, and what they give.

use super::{
    memory_place::{Span, device_memory},
    param,
    stream_attr::switch,
};
use capi::{
    Result,
    abi::{
        ACL_RT_OVERFLOW_MODE_INFNAN, ACL_RT_OVERFLOW_MODE_SATURATION, ACL_RT_OVERFLOW_MODE_UNDEF, aclError,
        aclrtFloatOverflowMode, aclrtStream,
    },
    boundary, entry, runtime,
};
use npu_device::{
    OverflowMode,
    memory::{self, Origin, PagePolicy, Request},
};
use std::ffi::c_void;

/// Switches the search for overflows on or off for what is queued on a stream from now on: after each operator, its
/// floating-point results are searched for infinities and for what is no number, and the status of the device is set if
/// there are any. Results whose number the data decide, and those of the program's own kernels, are not searched.
///
/// # Parameters
/// - stream: a stream of the current context; null is its default stream
/// - flag: 0 (off) or 1 (on)
///
/// # Returns
/// - 0 on success
/// - 107000 when `flag` is neither
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetStreamOverflowSwitch(stream: aclrtStream, flag: u32) -> aclError {
    entry::acl("aclrtSetStreamOverflowSwitch", || {
        let stream = runtime::resolve_stream(stream, "stream")?;
        stream.settings().check_overflow(switch(flag, "flag")?);
        Ok(())
    })
}

/// Whether overflows are looked for on a stream.
///
/// # Parameters
/// - stream: a stream of the current context; null is its default stream
/// - flag: receives 0 (off) or 1 (on)
///
/// # Returns
/// - 0 on success
/// - 100000 when `flag` is null
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `flag`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetStreamOverflowSwitch(stream: aclrtStream, flag: *mut u32) -> aclError {
    entry::acl("aclrtGetStreamOverflowSwitch", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(flag, "flag") }?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        out.write(u32::from(stream.settings().checks_overflow()));
        Ok(())
    })
}

/// Bytes of a status. The first 32 bits are 1 after an overflow, the rest is 0.
const STATUS: usize = 64;

/// Queues a copy of the device's status to device memory.
fn get_status(
    function: &'static str,
    output_addr: *mut c_void,
    output_size: u64,
    stream: aclrtStream,
) -> Result {
    if output_size != STATUS as u64 {
        super::not_null(output_addr, "outputAddr")?;
        return Err(param("outputSize", "64", output_size));
    }
    let before = memory::passes::moment();
    let span = Span::check(output_addr, STATUS, "outputAddr")?;
    let stream = runtime::resolve_stream(stream, "stream")?;
    stream.submit(function, move |context| {
        span.check_again(before, "outputAddr")?;
        let mut status = [0_u8; STATUS];
        status[..4].copy_from_slice(&u32::from(context.overflowed()).to_ne_bytes());
        // SAFETY: the span was just checked to be live for 64 bytes, which `status` has.
        unsafe { memory::copy::copy(span.pointer(), status.as_ptr(), STATUS, context.parallel()) };
        Ok(())
    })?;
    Ok(())
}

/// Queues that the device's status says that there was no overflow.
fn reset_status(function: &'static str, stream: aclrtStream) -> Result {
    let stream = runtime::resolve_stream(stream, "stream")?;
    stream.submit(function, |context| {
        context.set_overflowed(false);
        Ok(())
    })?;
    Ok(())
}

/// Copies to device memory whether a result has overflowed on the device since aclrtResetOverflowStatus, on whichever
/// stream. The stream does so when it comes to it.
///
/// # Parameters
/// - outputAddr: device address of 64 bytes: the first 32 bits become 1 after an overflow, everything else 0
/// - outputSize: 64
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success
/// - 100000 when `outputAddr` is null
/// - 107000 when `outputSize` is not 64, or `outputAddr` has not so much memory
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetOverflowStatus(
    output_addr: *mut c_void,
    output_size: usize,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtGetOverflowStatus", || {
        get_status("aclrtGetOverflowStatus", output_addr, output_size as u64, stream)
    })
}

/// Forgets the overflows on the device when the stream comes to it.
///
/// # Parameters
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// - 0 on success
/// - 107002 when the thread has no current context
/// - 107003 when the stream belongs to another context
/// - 107017 when it is no stream, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtResetOverflowStatus(stream: aclrtStream) -> aclError {
    entry::acl("aclrtResetOverflowStatus", || reset_status("aclrtResetOverflowStatus", stream))
}

/// As aclrtGetOverflowStatus.
///
/// # Parameters
/// - outputAddr: as for aclrtGetOverflowStatus
/// - outputSize: 64
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// As aclrtGetOverflowStatus.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetFloatOverflowStatus(
    output_addr: *mut c_void,
    output_size: u64,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtGetFloatOverflowStatus", || {
        get_status("aclrtGetFloatOverflowStatus", output_addr, output_size, stream)
    })
}

/// As aclrtResetOverflowStatus.
///
/// # Parameters
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// As aclrtResetOverflowStatus.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtResetFloatOverflowStatus(stream: aclrtStream) -> aclError {
    entry::acl("aclrtResetFloatOverflowStatus", || reset_status("aclrtResetFloatOverflowStatus", stream))
}

fn check_mode_is(mode: u32) -> Result {
    if mode == 0 { Ok(()) } else { Err(param("checkMode", "0", mode)) }
}

/// As aclrtGetOverflowStatus, with a mode.
///
/// # Parameters
/// - outputAddr: as for aclrtGetOverflowStatus
/// - outputSize: 64
/// - checkMode: 0
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// As aclrtGetOverflowStatus, and
/// - 107000 when `checkMode` is not 0
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtNpuGetFloatOverFlowStatus(
    output_addr: *mut c_void,
    output_size: u64,
    check_mode: u32,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtNpuGetFloatOverFlowStatus", || {
        super::not_null(output_addr, "outputAddr")?;
        check_mode_is(check_mode)?;
        get_status("aclrtNpuGetFloatOverFlowStatus", output_addr, output_size, stream)
    })
}

/// As aclrtResetOverflowStatus, with a mode.
///
/// # Parameters
/// - checkMode: 0
/// - stream: a stream of the current context; null is its default stream
///
/// # Returns
/// As aclrtResetOverflowStatus, and
/// - 107000 when `checkMode` is not 0
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtNpuClearFloatOverFlowStatus(check_mode: u32, stream: aclrtStream) -> aclError {
    entry::acl("aclrtNpuClearFloatOverFlowStatus", || {
        check_mode_is(check_mode)?;
        reset_status("aclrtNpuClearFloatOverFlowStatus", stream)
    })
}

/// Device memory that shows the overflows on the current context's device: 32 bits that become 1 after an overflow, and 0
/// when the status is reset.
///
/// # Parameters
/// - overflowAddr: receives the device address. It belongs to the library and lasts until the device is reset.
///
/// # Returns
/// - 0 on success
/// - 100000 when `overflowAddr` is null
/// - 107002 when the thread has no current context
/// - 207001 when the device has no memory left
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `overflow_addr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtCtxGetFloatOverflowAddr(overflow_addr: *mut *mut c_void) -> aclError {
    entry::acl("aclrtCtxGetFloatOverflowAddr", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(overflow_addr, "overflowAddr") }?;
        let device = device_memory()?;
        let runtime = runtime::runtime()?;
        // Two threads at a time would make two words, one of which nobody writes.
        static ONE: parking_lot::Mutex<()> = parking_lot::Mutex::new(());
        let _one = ONE.lock();
        let address = match runtime.overflow_word(device) {
            Some(address) => address,
            None => {
                let policy = PagePolicy::NormalOnly;
                let request = Request { size: STATUS as u64, policy, exact: false, origin: Origin::Internal };
                let address = memory::alloc(device, &request)?.base;
                runtime.set_overflow_word(device, address);
                address
            }
        };
        out.write(std::ptr::without_provenance_mut(address as usize));
        Ok(())
    })
}

/// Chooses what a floating-point overflow gives in streams of the current device that are made from now on.
///
/// # Parameters
/// - mode: ACL_RT_OVERFLOW_MODE_INFNAN, or ACL_RT_OVERFLOW_MODE_UNDEF for the default, which is the same: infinity, and
///   what is no number. ACL_RT_OVERFLOW_MODE_SATURATION: results of operators that are infinite become the largest finite
///   number of their sign, those that are no number 0, and the status of the device is set; what an operator computes on
///   its way may still be infinite.
///
/// # Returns
/// - 0 on success
/// - 107000 when `mode` is no mode
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtSetDeviceSatMode(mode: aclrtFloatOverflowMode) -> aclError {
    entry::acl("aclrtSetDeviceSatMode", || {
        let device = runtime::current_device()?;
        device.set_overflow_mode(match mode {
            ACL_RT_OVERFLOW_MODE_INFNAN | ACL_RT_OVERFLOW_MODE_UNDEF => OverflowMode::InfNan,
            ACL_RT_OVERFLOW_MODE_SATURATION => OverflowMode::Saturate,
            other => return Err(param("mode", "a mode from 0 to 2", other)),
        });
        Ok(())
    })
}

/// What a floating-point overflow gives in streams of the current device that are made from now on.
///
/// # Parameters
/// - mode: receives ACL_RT_OVERFLOW_MODE_INFNAN or ACL_RT_OVERFLOW_MODE_SATURATION
///
/// # Returns
/// - 0 on success
/// - 100000 when `mode` is null
/// - 107002 when the thread has no current context
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `mode`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtGetDeviceSatMode(mode: *mut aclrtFloatOverflowMode) -> aclError {
    entry::acl("aclrtGetDeviceSatMode", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(mode, "mode") }?;
        out.write(match runtime::current_device()?.overflow_mode() {
            OverflowMode::InfNan => ACL_RT_OVERFLOW_MODE_INFNAN,
            OverflowMode::Saturate => ACL_RT_OVERFLOW_MODE_SATURATION,
        });
        Ok(())
    })
}
