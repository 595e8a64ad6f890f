//! Functions of one element.

use super::compute_type;
use crate::elem::{Bool, Element, dispatch};
use crate::engine::{Constant, Map1, Operand, Span, elementwise, map1};
use crate::isa::LoopFn;
use crate::math::{Arith, Bits, Float, Floating, Number, Real};
use crate::{Kernel, KernelError};
use npu_types::{DType, Layout};

/// Makes the enumeration, a zero-sized type per member that computes it, and the choice of loop. A member is one line:
/// name, class of compute types and its trait, result type, expression, and a slower one for rare arguments.
macro_rules! unary_ops {
    ($($(#[$doc:meta])* $name:ident [$class:ident $bound:ident] => $out:ty, |$x:ident| $body:expr
        $(, when $rare:expr => $slow:expr)?;)*) => {
        /// A function of one element.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum UnaryOp {
            $($(#[$doc])* $name,)*
        }

        impl UnaryOp {
            /// The loop over elements of type `compute` and its result's type.
            #[inline]
            fn find(self, compute: DType) -> Option<(LoopFn<Span>, DType)> {
                match self {
                    $(UnaryOp::$name => {
                        struct Op;
                        impl<T: $bound> Map1<T> for Op {
                            type Out = $out;
                            #[inline(always)]
                            fn map<const FMA: bool>($x: T) -> $out {
                                $body
                            }
                            $(
                                const RARE: bool = true;
                                #[inline(always)]
                                fn is_rare($x: T) -> bool {
                                    $rare
                                }
                                #[inline(always)]
                                fn rare($x: T) -> $out {
                                    $slow
                                }
                            )?
                        }
                        dispatch!($class compute, T => {
                            Some((map1::<Op, T>(), <<Op as Map1<T>>::Out as Element>::DTYPE))
                        }, else None)
                    })*
                }
            }
        }
    };
}

unary_ops! {
    /// Magnitude; of complex numbers real.
    Abs [number Number] => T::Abs, |x| x.abs();
    /// -x.
    Neg [number Number] => T, |x| x.neg();
    /// e^x.
    Exp [floating Floating] => T, |x| x.exp::<FMA>();
    /// e^x - 1.
    Expm1 [floating Floating] => T, |x| x.expm1::<FMA>();
    /// Natural logarithm.
    Log [floating Floating] => T, |x| x.ln::<FMA>();
    /// ln(1 + x).
    Log1p [floating Floating] => T, |x| x.log1p::<FMA>();
    /// Logarithm to base 2.
    Log2 [floating Floating] => T, |x| x.log2::<FMA>();
    /// Logarithm to base 10.
    Log10 [floating Floating] => T, |x| x.log10::<FMA>();
    /// Square root.
    Sqrt [floating Floating] => T, |x| x.sqrt();
    /// 1 / √x.
    Rsqrt [floating Floating] => T, |x| x.rsqrt();
    /// Sine.
    Sin [floating Floating] => T, |x| x.sin::<FMA>(),
        when x.is_huge_angle() => x.through_library(f64::sin);
    /// Cosine.
    Cos [floating Floating] => T, |x| x.cos::<FMA>(),
        when x.is_huge_angle() => x.through_library(f64::cos);
    /// Tangent.
    Tan [floating Floating] => T, |x| x.tan::<FMA>(),
        when x.is_huge_angle() => x.through_library(f64::tan);
    /// Arc sine.
    Asin [floating Floating] => T, |x| x.asin();
    /// Arc cosine.
    Acos [floating Floating] => T, |x| x.acos();
    /// Arc tangent.
    Atan [floating Floating] => T, |x| x.atan();
    /// Hyperbolic sine.
    Sinh [floating Floating] => T, |x| x.sinh::<FMA>();
    /// Hyperbolic cosine.
    Cosh [floating Floating] => T, |x| x.cosh::<FMA>();
    /// Hyperbolic tangent.
    Tanh [floating Floating] => T, |x| x.tanh::<FMA>();
    /// Inverse hyperbolic sine.
    Asinh [floating Floating] => T, |x| x.asinh();
    /// Inverse hyperbolic cosine.
    Acosh [floating Floating] => T, |x| x.acosh();
    /// Inverse hyperbolic tangent.
    Atanh [floating Floating] => T, |x| x.atanh();
    /// 1 / (1 + e^-x).
    Sigmoid [floating Floating] => T, |x| x.sigmoid::<FMA>();
    /// The larger of x and 0; NaN stays.
    Relu [real Real] => T, |x| x.relu();
    /// Gaussian error linear unit.
    Gelu [float Float] => T, |x| x.gelu::<FMA>();
    /// Its approximation through tanh.
    GeluTanh [float Float] => T, |x| x.gelu_tanh::<FMA>();
    /// x · sigmoid(x).
    Silu [floating Floating] => T, |x| x.silu::<FMA>();
    /// -1, 0 or 1; complex: x / |x|.
    Sign [number Number] => T, |x| x.sign();
    /// 1 / x.
    Reciprocal [floating Floating] => T, |x| x.recip();
    /// Error function.
    Erf [float Float] => T, |x| x.erf::<FMA>();
    /// 1 - erf(x).
    Erfc [float Float] => T, |x| x.erfc::<FMA>();
    /// Up to an integer.
    Ceil [float Float] => T, |x| x.ceil();
    /// Down to an integer.
    Floor [float Float] => T, |x| x.floor();
    /// To the nearest integer, half to even.
    Round [float Float] => T, |x| x.round();
    /// Toward zero to an integer.
    Trunc [float Float] => T, |x| x.trunc();
    /// x · x.
    Square [number Number] => T, |x| x.mul(x);
    /// Whether x is zero.
    LogicalNot [compute Arith] => Bool, |x| Bool::new(x == T::default());
    /// Complement of the bits; of bool the other value.
    BitwiseNot [bits Bits] => T, |x| x.not();
    /// Whether x is neither infinite nor NaN.
    IsFinite [real Real] => Bool, |x| Bool::new(x.is_finite());
    /// Whether x is NaN.
    IsNan [real Real] => Bool, |x| Bool::new(x.is_nan());
    /// Whether x is infinite.
    IsInf [real Real] => Bool, |x| Bool::new(!x.is_finite() && !x.is_nan());
}

/// `out = op(x)`, computed in `compute` (halves in f32). Operands: out, x. `x` may be the same view as `out`.
///
/// # Errors
/// [`KernelError`] when the types do not suit the function or shapes differ.
pub fn unary(op: UnaryOp, compute: DType, out: &Layout, x: &Layout) -> Result<Box<dyn Kernel>, KernelError> {
    const NAME: &str = "unary";
    let compute = compute_type(compute);
    let (map, result) = op.find(compute).ok_or(KernelError::DType { kernel: NAME, dtype: compute })?;
    elementwise(NAME, map, [Operand::Tensor(out, result), Operand::Tensor(x, compute)], Constant::NONE)
}
