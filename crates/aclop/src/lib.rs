//! extern "C" functions of `acl/acl_op.h` and `acl/acl_op_compiler.h`: operators called by the name of their type,
//! with tensor descriptions, data buffers and attributes.
//!
//! A call finds the operator that its type stands for in `table`, the same registry that the `aclnn` functions use,
//! and enqueues its plan.
#![allow(rustdoc::broken_intra_doc_links, reason = "written for C headers: [IN] and [0] are no links")]

pub mod attr;
pub mod buffer;
mod call;
pub mod desc;
pub mod execute;
mod object;
pub mod option;
mod room;
mod table;
