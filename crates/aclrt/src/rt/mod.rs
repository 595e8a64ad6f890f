//! `acl/acl_rt.h`.

pub mod memory;
pub mod memory_copy;
mod memory_place;
