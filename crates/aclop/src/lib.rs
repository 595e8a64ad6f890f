//! extern "C" functions of `acl/acl_op.h`, `acl/acl_op_compiler.h` and `acl/ops/acl_cblas.h`: operators called by the
//! name of their type,
//! with tensor descriptions, data buffers and attributes.
//!
//! A call finds the operator that its type stands for in `table`, the same registry that the `aclnn` functions use,
//! and enqueues its plan.
#![allow(rustdoc::broken_intra_doc_links, reason = "written for C headers: [IN] and [0] are no links")]

pub mod attr;
pub mod blas;
pub mod buffer;
mod call;
pub mod compile_func;
mod compiled;
pub mod desc;
pub mod desc_range;
pub mod execute;
pub mod graph;
pub mod handle;
mod infer;
pub mod model;
mod object;
mod operand;
pub mod option;
mod plans;
mod room;
pub mod run;
mod table;
