//! CPU kernels over strided layouts; knows neither C nor streams.
//!
//! A kernel is made from layouts in phase one of an operator, where everything that depends on shapes and types is
//! decided (merged dimensions, inner loop, scratch size); running it later only needs addresses.

pub mod elem;
pub mod iter;
mod kernel;

pub use kernel::{Fault, Kernel, KernelError};
