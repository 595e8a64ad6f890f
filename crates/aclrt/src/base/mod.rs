//! `acl/acl_base_rt.h`: what needs no runtime.

pub mod capability;
pub mod dtype;
pub mod log;
pub mod soc;
