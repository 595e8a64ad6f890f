//! extern "C" functions of `hccl/*.h`: collectives among the ranks of a communicator.
//!
//! A communicator has one rank as yet: every collective is then a copy on the stream, or nothing. What asks for more
//! ranks is refused by name. [`communicator`] holds what a rank is, [`comm`] how it comes to be, [`collective`] what
//! ranks do together.
#![allow(rustdoc::broken_intra_doc_links, reason = "written for C headers: [IN] and [0] are no links")]

pub mod collective;
pub mod comm;
mod communicator;
mod transfer;
