//! Operators that compute each element from the elements at the same index.

mod binary;
mod copy;
mod fill;
mod masked;
mod select;
mod ternary;
mod unary;

#[cfg(test)]
mod tests;

pub use binary::{BinaryOp, binary};
pub use copy::copy;
pub use fill::{arange, fill};
pub use masked::masked_fill;
pub use select::select;
pub use ternary::{TernaryOp, ternary};
pub use unary::{UnaryOp, unary};

use crate::engine::Operand;
use npu_types::{DType, Layout, Scalar};

/// A tensor, already expanded to the output's dimensions, or a scalar.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A tensor's layout.
    Tensor(&'a Layout),
    /// A value known now.
    Scalar(Scalar),
}

impl<'a> Input<'a> {
    /// As a loop over `compute` elements takes it.
    #[inline]
    fn operand(self, compute: DType) -> Operand<'a> {
        match self {
            Input::Tensor(l) => Operand::Tensor(l, compute),
            Input::Scalar(s) => Operand::Scalar(s, compute),
        }
    }
}

/// Halves are computed in f32.
#[inline]
fn compute_type(t: DType) -> DType {
    if matches!(t, DType::F16 | DType::BF16) { DType::F32 } else { t }
}
