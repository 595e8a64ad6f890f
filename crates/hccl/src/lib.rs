//! extern "C" functions of `hccl/*.h`: collectives among the ranks of a communicator.
//!
//! Ranks are devices of this process; what asks for ranks of other processes is refused by name. [`comm`] holds how ranks
//! come to be, `group` what they have called, [`collective`] and [`exchange`] the calls, `work` what is done when all
//! have called: a collective is a task on the stream of each rank, the stream parks until the streams of all ranks have
//! come, and the last one to come does the work of all.
#![allow(rustdoc::broken_intra_doc_links, reason = "written for C headers: [IN] and [0] are no links")]

mod buffer;
pub mod collective;
pub mod comm;
mod communicator;
pub mod exchange;
mod group;
mod types;
mod work;
