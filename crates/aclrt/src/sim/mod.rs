//! `aclsim/aclsim_kernel.h`: kernels that the program brings along.

pub mod binary;
pub mod context;
pub mod op_kernel;
