//! extern C functions of acl/*.h

pub mod base;
pub mod rt;
