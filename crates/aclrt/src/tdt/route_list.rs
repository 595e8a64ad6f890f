//! Lists of routes: what is bound, unbound and found at once.

use super::{
    queues, refused, route,
    routes::{self, Route, Routes},
};
use capi::{
    Result,
    abi::{
        ACL_TDT_QUEUE_ROUTE_BIND, ACL_TDT_QUEUE_ROUTE_UNBIND, aclError, acltdtQueueRoute,
        acltdtQueueRouteList,
    },
    entry,
    handle::{HandleTable, Kind, Ref},
};
use parking_lot::Mutex;
use std::{ffi::c_void, ptr};

/// `acltdtQueueRouteList`
static LISTS: HandleTable<Mutex<Vec<Route>>> = HandleTable::new(Kind::QueueRouteList);

pub(super) fn list(
    raw: *const acltdtQueueRouteList,
    argument: &'static str,
) -> Result<Ref<'static, Mutex<Vec<Route>>>> {
    LISTS.get(raw.cast()).map_err(|error| error.arg(argument))
}

/// Makes a list without routes.
///
/// # Returns
/// - the list, to be destroyed by acltdtDestroyQueueRouteList
/// - null when no handle is left
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtCreateQueueRouteList() -> *mut acltdtQueueRouteList {
    entry::value("acltdtCreateQueueRouteList", || {
        LISTS.insert(Mutex::default()).map_err(|error| error.arg("routeList"))
    })
    .map_or(ptr::null_mut(), <*mut c_void>::cast)
}

/// Destroys a list of routes. What is bound stays bound.
///
/// # Parameters
/// - routeList: the list. Its handle is invalid at once.
///
/// # Returns
/// - 0 on success
/// - 100000 when `routeList` is null
/// - 107017 when it is no list, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtDestroyQueueRouteList(route_list: *const acltdtQueueRouteList) -> aclError {
    entry::acl("acltdtDestroyQueueRouteList", || {
        LISTS.remove(route_list.cast()).map(drop).map_err(|error| error.arg("routeList"))
    })
}

/// Adds a copy of a route to a list, as the last one.
///
/// # Parameters
/// - routeList: a list
/// - route: a route; it stays the program's
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107017 when one of the two is not what it should be, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtAddQueueRoute(
    route_list: *mut acltdtQueueRouteList,
    route: *const acltdtQueueRoute,
) -> aclError {
    entry::acl("acltdtAddQueueRoute", || {
        let list = list(route_list, "routeList")?;
        let route = *route::get(route)?.lock();
        list.lock().push(route);
        Ok(())
    })
}

/// Makes a route what one in a list is.
///
/// # Parameters
/// - routeList: a list
/// - index: the place of a route in it, from 0
/// - route: a route of acltdtCreateQueueRoute; takes over queues and state of the one in the list
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null, or there is no such place
/// - 107017 when one of the two is not what it should be, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGetQueueRoute(
    route_list: *const acltdtQueueRouteList,
    index: usize,
    route: *mut acltdtQueueRoute,
) -> aclError {
    entry::acl("acltdtGetQueueRoute", || {
        let list = list(route_list, "routeList")?;
        let target = route::get(route)?;
        let list = list.lock();
        let found = list.get(index).copied();
        let expected = || format!("below {}, the number of routes", list.len());
        *target.lock() = found.ok_or_else(|| refused("index", expected(), index))?;
        Ok(())
    })
}

/// How many routes a list has.
///
/// # Parameters
/// - routeList: a list
///
/// # Returns
/// Their number; 0 when the list is null or no live one.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGetQueueRouteNum(route_list: *const acltdtQueueRouteList) -> usize {
    entry::value("acltdtGetQueueRouteNum", || Ok(list(route_list, "routeList")?.lock().len())).unwrap_or(0)
}

/// Does the same with each route of a list, which gets `done` as its state where it works and `failed` where not. The
/// first failure is told.
fn each(
    list: &mut [Route],
    (done, failed): (i32, i32),
    action: impl Fn(&mut Routes, &Route) -> Result,
) -> Result {
    if list.is_empty() {
        return Err(refused("qRouteList", "a list with routes", "one without"));
    }
    let mut routes = routes::lock();
    let mut outcome = Ok(());
    for route in list.iter_mut() {
        let result = action(&mut routes, route);
        route.status = if result.is_ok() { done } else { failed };
        outcome = outcome.and(result);
    }
    // All at once: what waits in a source goes to all that it is bound to now, and no more to what held it up.
    queues::forward(&routes, list.iter().map(|route| route.source).collect());
    outcome
}

/// Binds routes: from now on every message of a source goes to all queues that it is bound to, as soon as all of them have
/// room. They get buffers of their own that refer to the same data, so who changes data changes them for all. Until a
/// message goes on, it can be dequeued at the source.
///
/// # Parameters
/// - qRouteList: a list with routes, whose states tell afterwards which are bound: ACL_TDT_QUEUE_ROUTE_BIND or _UNBIND. A
///   route that was bound before stays so.
///
/// # Returns
/// - 0 when all are bound
/// - 100000 when `qRouteList` is null, or there are no routes in it
/// - 107000 when a queue does not exist, or a route would close a circle. The others are bound.
/// - 107017 when it is no list, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtBindQueueRoutes(q_route_list: *mut acltdtQueueRouteList) -> aclError {
    entry::acl("acltdtBindQueueRoutes", || {
        let list = list(q_route_list, "qRouteList")?;
        let states = (ACL_TDT_QUEUE_ROUTE_BIND, ACL_TDT_QUEUE_ROUTE_UNBIND);
        each(&mut list.lock(), states, |routes, route| routes.bind(route.source, route.target))
    })
}

/// Unbinds routes. Messages that went on stay where they are.
///
/// # Parameters
/// - qRouteList: a list with routes, whose states are ACL_TDT_QUEUE_ROUTE_UNBIND afterwards
///
/// # Returns
/// - 0 when all were bound, and are not any more
/// - 100000 when `qRouteList` is null, or there are no routes in it
/// - 107000 when one was not bound. The others are unbound.
/// - 107017 when it is no list, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtUnbindQueueRoutes(q_route_list: *mut acltdtQueueRouteList) -> aclError {
    entry::acl("acltdtUnbindQueueRoutes", || {
        let list = list(q_route_list, "qRouteList")?;
        let states = (ACL_TDT_QUEUE_ROUTE_UNBIND, ACL_TDT_QUEUE_ROUTE_UNBIND);
        each(&mut list.lock(), states, |routes, route| routes.unbind(route.source, route.target))
    })
}
