//! What stands behind the handles of kernels: binaries, functions, argument lists, and launches of them.
//!
//! A binary is a table of functions and variables that the program has, or that a shared library of the host shows. Its
//! functions keep it alive: a launch that is queued runs even if its binary was unloaded meanwhile.

pub(crate) mod args;
pub(crate) mod binary;
pub(crate) mod config;
mod global;
pub(crate) mod library;
pub(crate) mod list;
pub(crate) mod symbol;
pub(crate) mod table;
pub(crate) mod task;

use capi::{ArgError, Error, code};

/// Something that the runtime layer refuses, with 107000.
pub(crate) fn refused(what: String) -> Error {
    Error::Code { code: code::ACL_ERROR_RT_PARAM_INVALID, what }
}

/// The refusal of binaries that are no tables of host functions.
pub(crate) fn no_binaries(what: &str) -> Error {
    let what = format!(
        "{what}: device binaries need silicon. Write the kernel as a host function of aclsim/aclsim_kernel.h and load \
         the shared library that holds it (docs/kernels.md), or call the operator that does the same (aclnn*, aclop*)"
    );
    Error::Code { code: code::ACL_ERROR_RT_FEATURE_NOT_SUPPORT, what }
}

/// A handle or symbol that stands for nothing.
pub(crate) fn no_handle(argument: &'static str, expected: &'static str, got: String) -> Error {
    ArgError::Handle { argument, expected, got }.into()
}
