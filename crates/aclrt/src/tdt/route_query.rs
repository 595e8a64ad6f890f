//! Questions for routes.

use super::{
    check_len, refused,
    route_list::list,
    routes::{self, Route, Routes},
};
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_TDT_QUEUE_ROUTE_QUERY_ABNORMAL, ACL_TDT_QUEUE_ROUTE_QUERY_DST,
        ACL_TDT_QUEUE_ROUTE_QUERY_DST_ID_UINT32, ACL_TDT_QUEUE_ROUTE_QUERY_MODE_ENUM,
        ACL_TDT_QUEUE_ROUTE_QUERY_SRC, ACL_TDT_QUEUE_ROUTE_QUERY_SRC_AND_DST,
        ACL_TDT_QUEUE_ROUTE_QUERY_SRC_ID_UINT32, aclError, acltdtQueueRouteList, acltdtQueueRouteQueryInfo,
        acltdtQueueRouteQueryInfoParamType, acltdtQueueRouteQueryMode,
    },
    boundary, entry,
    handle::{HandleTable, Kind, Ref},
};
use parking_lot::Mutex;
use std::{ffi::c_void, ptr};

/// Which routes are asked for. Nothing is preset.
#[derive(Debug, Clone, Copy, Default)]
struct Query {
    mode: Option<acltdtQueueRouteQueryMode>,
    source: Option<u32>,
    target: Option<u32>,
}

/// `acltdtQueueRouteQueryInfo`
static QUERIES: HandleTable<Mutex<Query>> = HandleTable::new(Kind::QueueRouteQuery);

fn query(
    raw: *const acltdtQueueRouteQueryInfo,
    argument: &'static str,
) -> Result<Ref<'static, Mutex<Query>>> {
    QUERIES.get(raw.cast()).map_err(|error| error.arg(argument))
}

/// Makes a question for routes. Nothing is preset.
///
/// # Returns
/// - the question, to be destroyed by acltdtDestroyQueueRouteQueryInfo
/// - null when no handle is left
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtCreateQueueRouteQueryInfo() -> *mut acltdtQueueRouteQueryInfo {
    entry::value("acltdtCreateQueueRouteQueryInfo", || {
        QUERIES.insert(Mutex::default()).map_err(|error| error.arg("info"))
    })
    .map_or(ptr::null_mut(), <*mut c_void>::cast)
}

/// Destroys a question for routes.
///
/// # Parameters
/// - info: the question. Its handle is invalid at once.
///
/// # Returns
/// - 0 on success
/// - 100000 when `info` is null
/// - 107017 when it is none, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtDestroyQueueRouteQueryInfo(
    info: *const acltdtQueueRouteQueryInfo,
) -> aclError {
    entry::acl("acltdtDestroyQueueRouteQueryInfo", || {
        QUERIES.remove(info.cast()).map(drop).map_err(|error| error.arg("info"))
    })
}

/// Changes a question for routes.
///
/// # Parameters
/// - param: the question
/// - type: ACL_TDT_QUEUE_ROUTE_QUERY_MODE_ENUM, _SRC_ID_UINT32 or _DST_ID_UINT32
/// - len: bytes of the value, 4
/// - value: for the mode the address of an acltdtQueueRouteQueryMode, else of the number of a queue
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, or an argument is not as above
/// - 107017 when `param` is none, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `value` as a pointer to what `type` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtSetQueueRouteQueryInfo(
    param: *mut acltdtQueueRouteQueryInfo,
    r#type: acltdtQueueRouteQueryInfoParamType,
    len: usize,
    value: *const c_void,
) -> aclError {
    entry::acl("acltdtSetQueueRouteQueryInfo", || {
        let query = query(param, "param")?;
        if value.is_null() {
            return Err(ArgError::Null { argument: "value" }.into());
        }
        let known = ACL_TDT_QUEUE_ROUTE_QUERY_MODE_ENUM..=ACL_TDT_QUEUE_ROUTE_QUERY_DST_ID_UINT32;
        if !known.contains(&r#type) {
            let expected =
                "ACL_TDT_QUEUE_ROUTE_QUERY_MODE_ENUM (0), _SRC_ID_UINT32 (1) or _DST_ID_UINT32 (2)";
            return Err(refused("type", expected, r#type));
        }
        check_len(len, size_of::<u32>())?;
        // SAFETY: (C1) passed on; all types have four bytes.
        let value = *unsafe { boundary::required(value.cast::<u32>(), "value") }?;
        let mut query = query.lock();
        match r#type {
            ACL_TDT_QUEUE_ROUTE_QUERY_MODE_ENUM => {
                if value > ACL_TDT_QUEUE_ROUTE_QUERY_SRC_AND_DST
                    && value != ACL_TDT_QUEUE_ROUTE_QUERY_ABNORMAL
                {
                    return Err(refused("value", "a mode: 0, 1, 2 or 100", value));
                }
                query.mode = Some(value);
            }
            ACL_TDT_QUEUE_ROUTE_QUERY_SRC_ID_UINT32 => query.source = Some(value),
            _ => query.target = Some(value),
        }
        Ok(())
    })
}

/// Finds routes that are bound.
///
/// # Parameters
/// - queryInfo: which: with mode ACL_TDT_QUEUE_ROUTE_QUERY_SRC those from its source, with _DST those to its target, with
///   _SRC_AND_DST the one from source to target, with _ABNORMAL all those of which a queue was destroyed
/// - qRouteList: a list; has these routes instead of its own afterwards, in the order in which they were bound
///
/// # Returns
/// - 0 on success, even if there are none
/// - 100000 when an argument is null, or mode, source or target are not set that it takes
/// - 107017 when one of the two is not what it should be, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtQueryQueueRoutes(
    query_info: *const acltdtQueueRouteQueryInfo,
    q_route_list: *mut acltdtQueueRouteList,
) -> aclError {
    entry::acl("acltdtQueryQueueRoutes", || {
        let wanted = *query(query_info, "queryInfo")?.lock();
        let list = list(q_route_list, "qRouteList")?;
        let found = wanted.run()?;
        *list.lock() = found;
        Ok(())
    })
}

impl Query {
    fn run(&self) -> Result<Vec<Route>> {
        let source = || self.source.ok_or_else(|| unset("ACL_TDT_QUEUE_ROUTE_QUERY_SRC_ID_UINT32"));
        let target = || self.target.ok_or_else(|| unset("ACL_TDT_QUEUE_ROUTE_QUERY_DST_ID_UINT32"));
        let routes = routes::lock();
        Ok(match self.mode.ok_or_else(|| unset("ACL_TDT_QUEUE_ROUTE_QUERY_MODE_ENUM"))? {
            ACL_TDT_QUEUE_ROUTE_QUERY_SRC => {
                let source = source()?;
                routes.query(|route| route.source == source)
            }
            ACL_TDT_QUEUE_ROUTE_QUERY_DST => {
                let target = target()?;
                routes.query(|route| route.target == target)
            }
            ACL_TDT_QUEUE_ROUTE_QUERY_SRC_AND_DST => {
                let (source, target) = (source()?, target()?);
                routes.query(|route| route.source == source && route.target == target)
            }
            _ => routes.query(Routes::is_abnormal),
        })
    }
}

fn unset(what: &str) -> Error {
    refused("queryInfo", format!("one whose {what} is set"), "one where it is not")
}
