//! extern "C" functions of `aclnn/*.h` and `aclnnop/*.h`.
//!
//! [`object`] holds what C programs name by handle (tensors, scalars, arrays, lists, executors); [`meta`] their
//! functions; [`ops`] the generated entry points of the operators, all of which go through [`call`].
#![allow(rustdoc::broken_intra_doc_links, reason = "written for C headers: [IN] and [0] are no links")]

pub mod base;
pub mod cache;
pub mod call;
pub mod meta;
pub mod object;
pub mod ops;
