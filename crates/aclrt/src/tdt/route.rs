//! Routes from queue to queue, as the program describes them.

use super::{check_room, refused, routes::Route};
use capi::{
    Result,
    abi::{
        ACL_TDT_QUEUE_ROUTE_DST_UINT32, ACL_TDT_QUEUE_ROUTE_SRC_UINT32, ACL_TDT_QUEUE_ROUTE_STATUS_INT32,
        ACL_TDT_QUEUE_ROUTE_UNBIND, aclError, acltdtQueueRoute, acltdtQueueRouteParamType,
    },
    boundary, entry,
    handle::{HandleTable, Kind, Ref},
};
use parking_lot::Mutex;
use std::{ffi::c_void, ptr};

/// `acltdtQueueRoute`
static DESCRIBED: HandleTable<Mutex<Route>> = HandleTable::new(Kind::QueueRoute);

pub(super) fn get(raw: *const acltdtQueueRoute) -> Result<Ref<'static, Mutex<Route>>> {
    DESCRIBED.get(raw.cast()).map_err(|error| error.arg("route"))
}

/// Describes a route between queues, which need not exist yet. It is bound when a list that has it is.
///
/// # Parameters
/// - srcId: the number of the queue whose messages go on
/// - dstId: the number of the queue that they go to
///
/// # Returns
/// - the route, to be destroyed by acltdtDestroyQueueRoute
/// - null when no handle is left
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtCreateQueueRoute(src_id: u32, dst_id: u32) -> *mut acltdtQueueRoute {
    entry::value("acltdtCreateQueueRoute", || {
        let route = Route { source: src_id, target: dst_id, status: ACL_TDT_QUEUE_ROUTE_UNBIND };
        DESCRIBED.insert(Mutex::new(route)).map_err(|error| error.arg("route"))
    })
    .map_or(ptr::null_mut(), <*mut c_void>::cast)
}

/// Destroys a description of a route. Lists that it was added to keep a copy, and what is bound stays bound.
///
/// # Parameters
/// - route: the route. Its handle is invalid at once.
///
/// # Returns
/// - 0 on success
/// - 100000 when `route` is null
/// - 107017 when it is no route, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtDestroyQueueRoute(route: *const acltdtQueueRoute) -> aclError {
    entry::acl("acltdtDestroyQueueRoute", || {
        DESCRIBED.remove(route.cast()).map(drop).map_err(|error| error.arg("route"))
    })
}

/// What a description of a route says.
///
/// # Parameters
/// - route: a route
/// - type: ACL_TDT_QUEUE_ROUTE_SRC_UINT32, _DST_UINT32 or _STATUS_INT32
/// - len: how many bytes `param` has, at least 4
/// - paramRetSize: receives how many were written there, 4
/// - param: receives the number of a queue, or the state: ACL_TDT_QUEUE_ROUTE_UNBIND, _BIND, or _BIND_ABNORMAL if one of
///   the queues was destroyed. It is that of when the route was made or taken from a list.
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, `type` is none of those, or `len` is below 4
/// - 107017 when `route` is no route, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `param_ret_size`, and for `param` as a pointer to what `type` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGetQueueRouteParam(
    route: *const acltdtQueueRoute,
    r#type: acltdtQueueRouteParamType,
    len: usize,
    param_ret_size: *mut usize,
    param: *mut c_void,
) -> aclError {
    entry::acl("acltdtGetQueueRouteParam", || {
        // SAFETY: (C1) passed on.
        let written = unsafe { boundary::out(param_ret_size, "paramRetSize") }?;
        // SAFETY: (C1) passed on; both types have four bytes.
        let out = unsafe { boundary::out(param.cast::<u32>(), "param") }?;
        let route = *get(route)?.lock();
        let value = match r#type {
            ACL_TDT_QUEUE_ROUTE_SRC_UINT32 => route.source,
            ACL_TDT_QUEUE_ROUTE_DST_UINT32 => route.target,
            ACL_TDT_QUEUE_ROUTE_STATUS_INT32 => route.status.cast_unsigned(),
            other => {
                let expected = "ACL_TDT_QUEUE_ROUTE_SRC_UINT32 (0), _DST_UINT32 (1) or _STATUS_INT32 (2)";
                return Err(refused("type", expected, other));
            }
        };
        check_room(len, size_of::<u32>())?;
        out.write(value);
        written.write(size_of::<u32>());
        Ok(())
    })
}
