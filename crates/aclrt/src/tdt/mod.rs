//! Data between threads: `acl/acl_tdt.h` (items, datasets, channels) and `acl/acl_tdt_queue.h` (buffers, queues, routes).
//!
//! What travels lies in a `block` of its own, so that it is copied when it is sent and not on the way.

mod block;
pub mod buf;
pub(crate) mod buffer;
pub mod channel;
pub mod dataset;
pub mod item;
pub mod queue;
pub mod queue_attr;
mod queues;
pub mod route;
pub mod route_list;
pub mod route_query;
mod routes;

use crate::rt::timeout;
use capi::{ArgError, Error, Result};
use std::{fmt::Display, time::Instant};

/// A value that is refused, with 100000.
fn refused(argument: &'static str, expected: impl Into<String>, got: impl Display) -> Error {
    ArgError::Range { argument, expected: expected.into(), got: got.to_string() }.into()
}

/// When a wait of so many milliseconds ends; `None` for -1, never.
fn until(milliseconds: i32) -> Result<Option<Instant>> {
    Ok(timeout(milliseconds, "timeout")?.map(|limit| Instant::now() + limit))
}

/// The size of a parameter has to be this one.
fn check_len(len: usize, expected: usize) -> Result {
    if len == expected {
        Ok(())
    } else {
        Err(refused("len", format!("{expected}, the size of the value"), len))
    }
}

/// There has to be room for a value.
fn check_room(len: usize, needed: usize) -> Result {
    if len >= needed { Ok(()) } else { Err(refused("len", format!("at least {needed}"), len)) }
}
