//! What a queue is to be made with.

use super::{check_len, queues, refused};
use capi::{
    ArgError, Result,
    abi::{
        ACL_TDT_QUEUE_DEPTH_UINT32, ACL_TDT_QUEUE_NAME_PTR, aclError, acltdtQueueAttr, acltdtQueueAttrType,
    },
    boundary, entry,
    handle::{HandleTable, Kind, Ref},
};
use parking_lot::Mutex;
use std::{
    ffi::{CString, c_char, c_void},
    ptr,
};

/// The most bytes of a queue's name, without the one that ends it.
const LONGEST_NAME: usize = 127;

/// What a queue is to be made with.
#[derive(Debug, Clone)]
pub(super) struct Attr {
    /// Empty for none.
    pub(super) name: CString,
    pub(super) depth: u32,
}

impl Default for Attr {
    fn default() -> Self {
        Attr { name: CString::default(), depth: queues::DEFAULT }
    }
}

/// `acltdtQueueAttr`
static ATTRS: HandleTable<Mutex<Attr>> = HandleTable::new(Kind::QueueAttr);

pub(super) fn get(raw: *const acltdtQueueAttr) -> Result<Ref<'static, Mutex<Attr>>> {
    ATTRS.get(raw.cast()).map_err(|error| error.arg("attr"))
}

fn unknown(kind: acltdtQueueAttrType) -> capi::Error {
    refused("type", "ACL_TDT_QUEUE_NAME_PTR (0) or ACL_TDT_QUEUE_DEPTH_UINT32 (1)", kind)
}

/// Makes a description of queues: without a name, with room for 8 messages.
///
/// # Returns
/// - the description, to be destroyed by acltdtDestroyQueueAttr
/// - null when no handle is left
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtCreateQueueAttr() -> *mut acltdtQueueAttr {
    entry::value("acltdtCreateQueueAttr", || {
        ATTRS.insert(Mutex::default()).map_err(|error| error.arg("attr"))
    })
    .map_or(ptr::null_mut(), <*mut c_void>::cast)
}

/// Destroys a description of queues. Queues made with it stay.
///
/// # Parameters
/// - attr: the description. Its handle, and a name that acltdtGetQueueAttr gave, are invalid at once.
///
/// # Returns
/// - 0 on success
/// - 100000 when `attr` is null
/// - 107017 when it is none, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtDestroyQueueAttr(attr: *const acltdtQueueAttr) -> aclError {
    entry::acl("acltdtDestroyQueueAttr", || {
        ATTRS.remove(attr.cast()).map(drop).map_err(|error| error.arg("attr"))
    })
}

/// Changes a description of queues.
///
/// # Parameters
/// - attr: the description
/// - type: ACL_TDT_QUEUE_NAME_PTR or ACL_TDT_QUEUE_DEPTH_UINT32
/// - len: bytes of the value: 8 for the name, 4 for the depth
/// - param: for the name the address of a `const char *` to at most 127 bytes, which are copied; for the depth the address
///   of a uint32_t, how many messages a queue has room for, 2 to 8192
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, or an argument is not as above
/// - 107017 when `attr` is none, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `param` as a pointer to what `type` says, and C3 for the name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtSetQueueAttr(
    attr: *mut acltdtQueueAttr,
    r#type: acltdtQueueAttrType,
    len: usize,
    param: *const c_void,
) -> aclError {
    entry::acl("acltdtSetQueueAttr", || {
        let attr = get(attr)?;
        if param.is_null() {
            return Err(ArgError::Null { argument: "param" }.into());
        }
        match r#type {
            ACL_TDT_QUEUE_NAME_PTR => {
                check_len(len, size_of::<*const c_char>())?;
                // SAFETY: (C1) passed on.
                let name = *unsafe { boundary::required(param.cast::<*const c_char>(), "param") }?;
                // SAFETY: (C3) passed on.
                let name = unsafe { boundary::c_str(name, "param") }?;
                if name.count_bytes() > LONGEST_NAME {
                    let expected = format!("a name of at most {LONGEST_NAME} bytes");
                    return Err(refused("param", expected, name.count_bytes()));
                }
                attr.lock().name = name.to_owned();
            }
            ACL_TDT_QUEUE_DEPTH_UINT32 => {
                check_len(len, size_of::<u32>())?;
                // SAFETY: (C1) passed on.
                let depth = *unsafe { boundary::required(param.cast::<u32>(), "param") }?;
                if !(queues::LEAST..=queues::MOST).contains(&depth) {
                    return Err(refused("param", format!("{} to {}", queues::LEAST, queues::MOST), depth));
                }
                attr.lock().depth = depth;
            }
            other => return Err(unknown(other)),
        }
        Ok(())
    })
}

/// What a description of queues says.
///
/// # Parameters
/// - attr: the description
/// - type: ACL_TDT_QUEUE_NAME_PTR or ACL_TDT_QUEUE_DEPTH_UINT32
/// - len: how many bytes `param` has: at least 8 for the name, 4 for the depth
/// - paramRetSize: receives how many bytes were written there
/// - param: receives a `const char *`, empty for no name, which lives until the name is set again or the description
///   destroyed; or a uint32_t
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, or an argument is not as above
/// - 107017 when `attr` is none, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `param_ret_size`, and for `param` as a pointer to what `type` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGetQueueAttr(
    attr: *const acltdtQueueAttr,
    r#type: acltdtQueueAttrType,
    len: usize,
    param_ret_size: *mut usize,
    param: *mut c_void,
) -> aclError {
    entry::acl("acltdtGetQueueAttr", || {
        // SAFETY: (C1) passed on.
        let written = unsafe { boundary::out(param_ret_size, "paramRetSize") }?;
        let attr = get(attr)?;
        let attr = attr.lock();
        match r#type {
            ACL_TDT_QUEUE_NAME_PTR => {
                super::check_room(len, size_of::<*const c_char>())?;
                // SAFETY: (C1) passed on.
                let out = unsafe { boundary::out(param.cast::<*const c_char>(), "param") }?;
                out.write(attr.name.as_ptr());
                written.write(size_of::<*const c_char>());
            }
            ACL_TDT_QUEUE_DEPTH_UINT32 => {
                super::check_room(len, size_of::<u32>())?;
                // SAFETY: (C1) passed on.
                let out = unsafe { boundary::out(param.cast::<u32>(), "param") }?;
                out.write(attr.depth);
                written.write(size_of::<u32>());
            }
            other => return Err(unknown(other)),
        }
        Ok(())
    })
}
