//! extern "C" functions of `acl/*.h`.
#![allow(rustdoc::broken_intra_doc_links, reason = "written for C headers: [IN] and [0] are no links")]

pub mod base;
pub mod dump;
mod kernel;
pub mod platform;
pub mod prof;
pub mod rt;
pub mod sim;
pub mod tdt;
pub mod unsupported;
