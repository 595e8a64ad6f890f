//! `aclnn/acl_meta.h`: creating, reading and destroying the objects that operators take.

pub mod array;
pub mod dump;
pub mod executor;
pub mod list;
pub mod scalar;
pub mod tensor;

mod alloc;

use capi::{ArgError, Error, Result, code::ACLNN_ERR_INNER_NULLPTR};
use std::ffi::c_void;

/// The executor functions answer a null pointer with a code of their own.
fn inner_null(argument: &'static str) -> Error {
    let what = ArgError::Null { argument }.to_string();
    Error::Code { code: ACLNN_ERR_INNER_NULLPTR, what }
}

/// Refuses a null pointer with 561103.
fn not_null<T>(pointer: *const T, argument: &'static str) -> Result<*const c_void> {
    if pointer.is_null() { Err(inner_null(argument)) } else { Ok(pointer.cast()) }
}
