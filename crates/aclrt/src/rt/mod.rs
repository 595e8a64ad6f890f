//! `acl/acl_rt.h`: the runtime, a file per noun.

pub mod abort;
pub mod allocator;
pub mod binary;
pub mod buffer;
pub mod cache;
pub mod callback;
pub mod context;
pub mod copy_batch;
pub mod copy_described;
pub mod count_notify;
pub mod device;
pub mod device_id;
pub mod device_info;
pub mod device_limit;
pub mod device_state;
pub mod dump;
pub mod error;
pub mod event;
pub mod event_share;
pub mod exception;
pub mod fill_words;
pub mod function;
pub mod graph;
pub mod graph_build;
pub mod graph_condition;
pub mod graph_group;
pub mod graph_params;
pub mod graph_task;
pub mod group;
pub mod host_register;
pub mod init;
pub mod init_callback;
pub mod internal;
pub mod ipc_memory;
pub mod kernel_args;
pub mod label;
pub mod launch;
pub mod managed;
pub mod memory;
pub mod memory_access;
pub mod memory_copy;
pub mod memory_info;
pub mod memory_map;
pub(crate) mod memory_place;
pub mod memory_pool;
pub mod memory_share;
pub mod notify;
pub mod option;
pub mod overflow;
pub mod peer;
pub mod prof;
pub mod reduce;
pub mod resource;
pub mod snapshot;
pub mod stream;
pub mod stream_attr;
pub mod stream_config;
pub mod symbol;
pub mod timeouts;
pub mod value;
pub mod version;

use capi::{ArgError, Result};
use std::time::Duration;

/// A time limit in milliseconds: -1 is none.
pub(crate) fn timeout(milliseconds: i32, argument: &'static str) -> Result<Option<Duration>> {
    match milliseconds {
        -1 => Ok(None),
        0.. => Ok(Some(Duration::from_millis(milliseconds as u64))),
        _ => Err(param(argument, "-1 (no limit) or a number of milliseconds", milliseconds)),
    }
}

/// A time limit in seconds: 0 is none.
fn seconds(seconds: u32) -> Option<Duration> {
    (seconds > 0).then(|| Duration::from_secs(u64::from(seconds)))
}

/// A pointer that is only checked, because it is never followed here.
pub(crate) fn not_null<T>(pointer: *const T, argument: &'static str) -> Result {
    if pointer.is_null() { Err(ArgError::Null { argument }.into()) } else { Ok(()) }
}

/// A value that the runtime layer refuses, with 107000.
pub(crate) fn param(argument: &'static str, expected: &str, got: impl std::fmt::Display) -> capi::Error {
    let error = ArgError::Range { argument, expected: expected.to_owned(), got: got.to_string() };
    capi::Error::Code { code: capi::code::ACL_ERROR_RT_PARAM_INVALID, what: error.to_string() }
}
