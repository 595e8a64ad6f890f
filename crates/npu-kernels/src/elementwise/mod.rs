//! Operators that compute each element from the elements at the same index.

mod binary;
mod copy;
mod fill;
mod masked;
mod select;
mod unary;

#[cfg(test)]
mod tests;

pub use binary::{BinaryOp, binary};
pub use copy::copy;
pub use fill::{arange, fill};
pub use masked::masked_fill;
pub use select::select;
pub use unary::{UnaryOp, unary};

use crate::engine::Port;
use npu_types::{DType, Layout, Scalar};

/// A tensor, already expanded to the output's dimensions, or a scalar.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A tensor's layout.
    Tensor(&'a Layout),
    /// A value known now.
    Scalar(Scalar),
}

impl Input<'_> {
    /// How it is read by a loop over `compute` elements.
    #[inline]
    fn port(&self, compute: DType) -> Port {
        match self {
            Input::Tensor(l) => Port::input(l.dtype(), compute),
            Input::Scalar(s) => Port::scalar(s, compute),
        }
    }

    /// The layout that a plan should see: a scalar goes wherever the output goes.
    #[inline]
    fn layout<'b>(&'b self, out: &'b Layout) -> &'b Layout {
        match self {
            Input::Tensor(l) => l,
            Input::Scalar(_) => out,
        }
    }
}

/// Halves are computed in f32.
#[inline]
fn compute_type(t: DType) -> DType {
    if matches!(t, DType::F16 | DType::BF16) { DType::F32 } else { t }
}
