//! What the chip can do.

use capi::{
    ArgError, Result,
    abi::{
        ACL_CANN_ATTR_BF16, ACL_CANN_ATTR_INF_NAN, ACL_CANN_ATTR_JIT_COMPILE, ACL_DEVICE_INFO_AI_CORE_NUM,
        ACL_DEVICE_INFO_L2_SIZE, ACL_DEVICE_INFO_VECTOR_CORE_NUM, aclCannAttr, aclDeviceInfo, aclError,
    },
    boundary, entry, runtime,
};

/// A figure of a device's chip.
///
/// # Parameters
/// - deviceId: the device
/// - deviceInfo: ACL_DEVICE_INFO_AI_CORE_NUM (cube cores), ACL_DEVICE_INFO_VECTOR_CORE_NUM or ACL_DEVICE_INFO_L2_SIZE
///   (bytes)
/// - value: receives the figure
///
/// # Returns
/// - 0 on success
/// - 100000 when `value` is null or `deviceInfo` is none of these
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetDeviceCapability(
    device_id: u32,
    device_info: aclDeviceInfo,
    value: *mut i64,
) -> aclError {
    entry::acl("aclGetDeviceCapability", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(value, "value") }?;
        let runtime = runtime::runtime()?;
        runtime.device(i32::try_from(device_id).unwrap_or(-1), "deviceId")?;
        let soc = runtime.config().soc;
        out.write(match device_info {
            ACL_DEVICE_INFO_AI_CORE_NUM => i64::from(soc.cube_cores),
            ACL_DEVICE_INFO_VECTOR_CORE_NUM => i64::from(soc.vector_cores),
            ACL_DEVICE_INFO_L2_SIZE => soc.l2 as i64,
            other => {
                let expected =
                    "a figure, ACL_DEVICE_INFO_AI_CORE_NUM (0) to ACL_DEVICE_INFO_L2_SIZE (2)".to_owned();
                let got = other.to_string();
                return Err(ArgError::Range { argument: "deviceInfo", expected, got }.into());
            }
        });
        Ok(())
    })
}

static ATTRIBUTES: [aclCannAttr; 3] = [ACL_CANN_ATTR_INF_NAN, ACL_CANN_ATTR_BF16, ACL_CANN_ATTR_JIT_COMPILE];

/// Whether the library can do something.
///
/// # Parameters
/// - cannAttr: ACL_CANN_ATTR_INF_NAN (infinities and NaN are kept), ACL_CANN_ATTR_BF16 or ACL_CANN_ATTR_JIT_COMPILE
///   (operators are compiled when called, which they never are)
/// - value: receives 1 or 0
///
/// # Returns
/// - 0 on success
/// - 100000 when `value` is null or `cannAttr` is none of these
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetCannAttribute(cann_attr: aclCannAttr, value: *mut i32) -> aclError {
    entry::acl("aclGetCannAttribute", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(value, "value") }?;
        out.write(attribute(cann_attr)?);
        Ok(())
    })
}

fn attribute(attr: aclCannAttr) -> Result<i32> {
    match attr {
        ACL_CANN_ATTR_INF_NAN | ACL_CANN_ATTR_BF16 => Ok(1),
        ACL_CANN_ATTR_JIT_COMPILE => Ok(0),
        other => {
            let expected =
                "an attribute, ACL_CANN_ATTR_INF_NAN (0) to ACL_CANN_ATTR_JIT_COMPILE (2)".to_owned();
            Err(ArgError::Range { argument: "cannAttr", expected, got: other.to_string() }.into())
        }
    }
}

/// The attributes that aclGetCannAttribute knows.
///
/// # Parameters
/// - cannAttrList: receives a list that lives as long as the process
/// - num: receives its length
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for both parameters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclGetCannAttributeList(
    cann_attr_list: *mut *const aclCannAttr,
    num: *mut usize,
) -> aclError {
    entry::acl("aclGetCannAttributeList", || {
        // SAFETY: (C1) passed on.
        let list = unsafe { boundary::out(cann_attr_list, "cannAttrList") }?;
        // SAFETY: (C1) passed on.
        let count = unsafe { boundary::out(num, "num") }?;
        list.write(ATTRIBUTES.as_ptr());
        count.write(ATTRIBUTES.len());
        Ok(())
    })
}
