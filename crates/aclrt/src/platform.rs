//! `acl/acl_platform.h`: figures of the chip as text.

use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_PLATFORM_AIC_VERSION, ACL_PLATFORM_AICORE_CNT, ACL_PLATFORM_AICORE_UB_SIZE, ACL_PLATFORM_BT_SIZE,
        ACL_PLATFORM_CUBE_CORE_CNT, ACL_PLATFORM_CUBE_FREQ, ACL_PLATFORM_L0_A_SIZE, ACL_PLATFORM_L0_B_SIZE,
        ACL_PLATFORM_L0_C_SIZE, ACL_PLATFORM_L1_SIZE, ACL_PLATFORM_L2_SIZE, ACL_PLATFORM_MEMORY_SIZE,
        ACL_PLATFORM_MEMORY_TYPE, ACL_PLATFORM_NPU_ARCH, ACL_PLATFORM_SOC_VERSION, ACL_PLATFORM_VEC_FREQ,
        ACL_PLATFORM_VECTOR_CORE_CNT, aclError, aclplatformDevInfo,
    },
    boundary, code, entry, runtime,
};
use std::ffi::c_char;

fn figure(what: aclplatformDevInfo) -> Result<String> {
    let config = runtime::runtime()?.config();
    let (soc, core) = (config.soc, config.soc.core());
    Ok(match what {
        ACL_PLATFORM_AICORE_CNT | ACL_PLATFORM_CUBE_CORE_CNT => soc.cube_cores.to_string(),
        ACL_PLATFORM_VECTOR_CORE_CNT => soc.vector_cores.to_string(),
        ACL_PLATFORM_AICORE_UB_SIZE => core.unified.to_string(),
        ACL_PLATFORM_L2_SIZE => soc.l2.to_string(),
        ACL_PLATFORM_MEMORY_SIZE => config.memory.to_string(),
        ACL_PLATFORM_BT_SIZE => core.bias.to_string(),
        ACL_PLATFORM_L0_A_SIZE => core.l0[0].to_string(),
        ACL_PLATFORM_L0_B_SIZE => core.l0[1].to_string(),
        ACL_PLATFORM_L0_C_SIZE => core.l0[2].to_string(),
        ACL_PLATFORM_L1_SIZE => core.l1.to_string(),
        ACL_PLATFORM_SOC_VERSION => soc.name.to_owned(),
        ACL_PLATFORM_AIC_VERSION => core.version.to_owned(),
        ACL_PLATFORM_NPU_ARCH => core.arch.to_string(),
        ACL_PLATFORM_MEMORY_TYPE => core.memory.to_owned(),
        ACL_PLATFORM_CUBE_FREQ | ACL_PLATFORM_VEC_FREQ => {
            let what =
                "the clock of a chip, as aclsim simulates what it computes and not how fast".to_owned();
            return Err(Error::Code {
                code: code::ACL_ERROR_FEATURE_UNSUPPORTED,
                what: what + ", is not supported",
            });
        }
        other => {
            let expected =
                "a figure, ACL_PLATFORM_AICORE_CNT (0) to ACL_PLATFORM_MEMORY_TYPE (16)".to_owned();
            return Err(ArgError::Range { argument: "infoType", expected, got: other.to_string() }.into());
        }
    })
}

/// A figure of the chip as text.
///
/// # Parameters
/// - infoType: ACL_PLATFORM_*: numbers of cores, sizes in bytes, names. Clocks are not simulated.
/// - value: receives the text and its end
/// - maxLen: room for both
///
/// # Returns
/// - 0 on success
/// - 100000 when value is null, maxLen is too small or infoType is none
/// - 200006 for ACL_PLATFORM_CUBE_FREQ and ACL_PLATFORM_VEC_FREQ, not supported
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `value` and `max_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclplatformGetDeviceInfo(
    info_type: aclplatformDevInfo,
    value: *mut c_char,
    max_len: u32,
) -> aclError {
    entry::acl("aclplatformGetDeviceInfo", || {
        if value.is_null() {
            return Err(ArgError::Null { argument: "value" }.into());
        }
        let text = figure(info_type)?;
        let needed = text.len() + 1;
        if (max_len as usize) < needed {
            let (expected, got) = (format!("at least {needed}"), max_len.to_string());
            return Err(ArgError::Range { argument: "maxLen", expected, got }.into());
        }
        // SAFETY: (C2) passed on, for the part that is written.
        let out = unsafe { boundary::out_slice(value, needed, "value") }?;
        for (slot, byte) in out.iter_mut().zip(text.bytes().chain([0])) {
            slot.write(byte as c_char);
        }
        Ok(())
    })
}
