//! extern C functions of acl/*.h

pub mod rt;
