//! extern "C" functions of `aclnn/*.h` and `aclnnop/*.h`.
//!
//! [`object`] holds what C programs name by handle (tensors, scalars, arrays, lists, executors); [`meta`] their
//! functions; [`ops`] the generated entry points of the operators, all of which go through [`call`].

pub mod base;
pub mod call;
pub mod meta;
pub mod object;
pub mod ops;
