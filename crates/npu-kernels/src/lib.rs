//! CPU kernels over strided layouts; knows neither C nor streams.
//!
//! A kernel is made from layouts in phase one of an operator, where everything that depends on shapes and types is
//! decided (merged dimensions, inner loop, scratch size); running it later only needs addresses.

mod elem;
mod elementwise;
mod engine;
mod isa;
mod iter;
mod kernel;
mod math;
mod matmul;
#[cfg(test)]
mod testkit;
mod walk;

pub use elementwise::{BinaryOp, Input, UnaryOp, arange, binary, copy, fill, masked_fill, select, unary};
pub use kernel::{Fault, Kernel, KernelError};
pub use matmul::{MatmulScale, matmul};
