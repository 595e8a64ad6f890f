//! Functions of three elements and a factor.

use super::{Input, compute_type};
use crate::elem::dispatch;
use crate::engine::{Constant, Map4, Operand, Span, elementwise, map4};
use crate::isa::LoopFn;
use crate::math::{Float, Number};
use crate::{Kernel, KernelError};
use npu_types::{DType, Layout, Scalar};

/// A function of three elements; `f` is the factor given along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TernaryOp {
    /// a + f · b · c
    Addcmul,
    /// a + f · b / c
    Addcdiv,
    /// a + c · (b - a)
    Lerp,
    /// f · a · (b - c): the gradient of squared differences with f = 2.
    ScaledDifference,
    /// f · a · sign(b - c): the gradient of absolute differences.
    ScaledSign,
}

/// The loop over elements of type `$compute` for the operation that `$op` matches. A member is one line: pattern, class
/// of compute types and its trait, expression.
macro_rules! choose {
    ($op:expr, $compute:expr; $($pattern:pat, [$class:ident $bound:ident]
        |$a:ident, $b:ident, $c:ident, $f:ident| $body:expr;)*) => {
        match $op {
            $($pattern => {
                struct Op;
                impl<T: $bound> Map4<T> for Op {
                    #[inline(always)]
                    fn map<const FMA: bool>($a: T, $b: T, $c: T, $f: T) -> T {
                        $body
                    }
                }
                dispatch!($class $compute, T => Some(map4::<Op, T>()), else None)
            })*
        }
    };
}

impl TernaryOp {
    fn find(self, compute: DType) -> Option<LoopFn<Span>> {
        use TernaryOp::*;
        choose! { self, compute;
            Addcmul, [number Number] |a, b, c, f| a.add_scaled::<FMA>(b.mul(c), f);
            // PyTorch multiplies before it divides.
            Addcdiv, [number Number] |a, b, c, f| a.add(f.mul(b).div(c));
            Lerp, [float Float] |a, b, c, _f| a.lerp::<FMA>(b, c);
            ScaledDifference, [float Float] |a, b, c, f| f.mul(a).mul(b.sub(c));
            ScaledSign, [float Float] |a, b, c, f| f.mul(a).mul(b.sub(c).sign());
        }
    }
}

/// `out = op(a, b, c, factor)`: inputs are converted to `compute` (halves to f32), the result to `out`'s type. Operands:
/// out, a, b, c; inputs may be the same view as `out`.
///
/// # Errors
/// [`KernelError`] when the types do not suit the function or shapes differ.
pub fn ternary(
    op: TernaryOp,
    compute: DType,
    out: &Layout,
    inputs: [Input; 3],
    factor: Scalar,
) -> Result<Box<dyn Kernel>, KernelError> {
    const NAME: &str = "ternary";
    let compute = compute_type(compute);
    let map = op.find(compute).ok_or(KernelError::DType { kernel: NAME, dtype: compute })?;
    let [a, b, c] = inputs.map(|i| i.operand(compute));
    let operands = [Operand::Tensor(out, compute), a, b, c];
    elementwise(NAME, map, operands, Constant::new(&factor, compute))
}
