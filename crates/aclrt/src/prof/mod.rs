//! Profiling: `acl/acl_prof.h`, and what frameworks report (`acl/acl_prof_report.h`).

pub mod config;
pub mod report;
mod session;
pub mod stamp;
pub mod start;
pub mod step;
pub mod subscribe;

use capi::{
    ArgError, Error, Result,
    abi::{ACL_ERROR_INVALID_PARAM, ACL_ERROR_PROF_NOT_RUN},
};
use std::borrow::Cow;

/// A value that profiling refuses, with 100000.
fn refused(argument: &'static str, expected: impl Into<String>, got: impl std::fmt::Display) -> Error {
    let error = ArgError::Range { argument, expected: expected.into(), got: got.to_string() };
    Error::Code { code: ACL_ERROR_INVALID_PARAM, what: error.to_string() }
}

/// Marks and steps need somebody who records them.
pub(crate) fn recording() -> Result {
    if npu_device::trace::on() {
        return Ok(());
    }
    let what =
        "expected a call between aclprofStart and aclprofStop, or with ACLSIM_TRACE set; nothing records";
    Err(Error::Code { code: ACL_ERROR_PROF_NOT_RUN, what: what.to_owned() })
}

/// A text of at most `limit` bytes; what follows a NUL does not belong to it.
fn text<'a>(
    bytes: &'a [u8],
    limit: usize,
    argument: &'static str,
    length: &'static str,
) -> Result<Cow<'a, str>> {
    if bytes.is_empty() || bytes.len() > limit {
        return Err(refused(length, format!("1 to {limit} bytes of {argument}"), bytes.len()));
    }
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    Ok(String::from_utf8_lossy(&bytes[..end]))
}
