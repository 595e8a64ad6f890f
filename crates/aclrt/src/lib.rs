//! extern C functions of acl/*.h
