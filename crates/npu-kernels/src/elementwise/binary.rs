//! Functions of two elements.

use super::{Input, UnaryOp, compute_type, unary};
use crate::elem::{Bool, Element, dispatch};
use crate::engine::{Constant, Map2, Operand, Span, elementwise, fused, map2};
use crate::isa::LoopFn;
use crate::math::{Arith, Bits, Float, Number, Ordered, Real};
use crate::{Kernel, KernelError};
use npu_types::{DType, Layout, Scalar, bf16, f16};

/// A function of two elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BinaryOp {
    /// a + alpha · b; on bool *or*.
    Add {
        /// Factor of b.
        alpha: Scalar,
    },
    /// a - alpha · b.
    Sub {
        /// Factor of b.
        alpha: Scalar,
    },
    /// b - alpha · a.
    Rsub {
        /// Factor of a.
        alpha: Scalar,
    },
    /// a · b; on bool *and*.
    Mul,
    /// a / b; integers truncate and yield 0 when divided by zero.
    Div,
    /// a / b rounded toward zero.
    DivTrunc,
    /// a / b rounded down.
    DivFloor,
    /// The larger; NaN wins.
    Maximum,
    /// The smaller; NaN wins.
    Minimum,
    /// a^b.
    Pow,
    /// Remainder with the sign of b.
    Remainder,
    /// Remainder with the sign of a.
    Fmod,
    /// Angle of the point (b, a).
    Atan2,
    /// Bits in both.
    BitwiseAnd,
    /// Bits in either.
    BitwiseOr,
    /// Bits in one.
    BitwiseXor,
    /// a = b.
    Eq,
    /// a ≠ b.
    Ne,
    /// a > b.
    Gt,
    /// a ≥ b.
    Ge,
    /// a < b.
    Lt,
    /// a ≤ b.
    Le,
    /// Both not zero.
    LogicalAnd,
    /// One not zero.
    LogicalOr,
    /// Exactly one not zero.
    LogicalXor,
    /// Gradient of the sigmoid: a · b · (1 - b), from its result b.
    SigmoidGrad,
    /// Gradient of tanh: a · (1 - b²), from its result b.
    TanhGrad,
    /// Gradient of SiLU at b, times a.
    SiluGrad,
    /// Gradient of GELU at b, times a.
    GeluGrad,
    /// Gradient of GELU's approximation through tanh at b, times a.
    GeluTanhGrad,
    /// a where b is above a threshold, else 0.
    ThresholdGrad {
        /// The threshold.
        threshold: Scalar,
    },
    /// a + weight · (b - a).
    Lerp {
        /// Weight of b.
        weight: Scalar,
    },
    /// (a - b)².
    SquaredDifference,
    /// |a - b|.
    AbsoluteDifference,
}

/// The loop over elements of type `$compute` for the operation that `$op` matches, and its result's type. A member is
/// one line: pattern, class of compute types and its trait, result type, expression.
macro_rules! choose {
    ($op:expr, $compute:expr; $($pattern:pat $(if $guard:expr)?, [$class:ident $bound:ident] => $out:ty,
        |$a:ident, $b:ident $(, $alpha:ident)?| $body:expr;)*) => {
        match $op {
            $($pattern $(if $guard)? => {
                struct Op;
                impl<T: $bound> Map2<T> for Op {
                    type Out = $out;
                    #[inline(always)]
                    fn map<const FMA: bool>($a: T, $b: T, _param: T) -> $out {
                        $(let $alpha = _param;)?
                        $body
                    }
                }
                dispatch!($class $compute, T => {
                    Some((map2::<Op, T>(), <<Op as Map2<T>>::Out as Element>::DTYPE))
                }, else None)
            })*
        }
    };
}

impl BinaryOp {
    #[inline]
    fn find(self, compute: DType) -> Option<(LoopFn<Span>, DType)> {
        use BinaryOp::*;
        choose! { self, compute;
            Add { alpha } if is_one(&alpha), [compute Arith] => T, |a, b| a.add(b);
            Add { .. }, [compute Arith] => T, |a, b, alpha| a.add_scaled::<FMA>(b, alpha);
            Sub { alpha } if is_one(&alpha), [number Number] => T, |a, b| a.sub(b);
            Sub { .. }, [number Number] => T, |a, b, alpha| a.sub_scaled::<FMA>(b, alpha);
            Rsub { .. }, [number Number] => T, |a, b, alpha| b.sub_scaled::<FMA>(a, alpha);
            Mul, [compute Arith] => T, |a, b| a.mul(b);
            Div, [number Number] => T, |a, b| a.div(b);
            DivTrunc, [real Real] => T, |a, b| a.div_trunc(b);
            DivFloor, [real Real] => T, |a, b| a.div_floor(b);
            Maximum, [ordered Ordered] => T, |a, b| a.max(b);
            Minimum, [ordered Ordered] => T, |a, b| a.min(b);
            Pow, [number Number] => T, |a, b| a.pow::<FMA>(b);
            Remainder, [real Real] => T, |a, b| a.remainder(b);
            Fmod, [real Real] => T, |a, b| a.fmod(b);
            Atan2, [float Float] => T, |a, b| a.atan2(b);
            BitwiseAnd, [bits Bits] => T, |a, b| a.and(b);
            BitwiseOr, [bits Bits] => T, |a, b| a.or(b);
            BitwiseXor, [bits Bits] => T, |a, b| a.xor(b);
            Eq, [compute Arith] => Bool, |a, b| Bool::new(a == b);
            Ne, [compute Arith] => Bool, |a, b| Bool::new(a != b);
            Gt, [ordered Ordered] => Bool, |a, b| Bool::new(a > b);
            Ge, [ordered Ordered] => Bool, |a, b| Bool::new(a >= b);
            Lt, [ordered Ordered] => Bool, |a, b| Bool::new(a < b);
            Le, [ordered Ordered] => Bool, |a, b| Bool::new(a <= b);
            LogicalAnd, [compute Arith] => Bool, |a, b| Bool::new((a != T::default()) & (b != T::default()));
            LogicalOr, [compute Arith] => Bool, |a, b| Bool::new((a != T::default()) | (b != T::default()));
            LogicalXor, [compute Arith] => Bool, |a, b| Bool::new((a != T::default()) ^ (b != T::default()));
            SigmoidGrad, [float Float] => T, |dy, y| dy.mul(y).mul(T::from_f64(1.0).sub(y));
            TanhGrad, [float Float] => T, |dy, y| dy.mul(T::from_f64(1.0).sub(y.mul(y)));
            SiluGrad, [float Float] => T, |dy, x| dy.mul(x.silu_slope::<FMA>());
            GeluGrad, [float Float] => T, |dy, x| dy.mul(x.gelu_slope::<FMA>());
            GeluTanhGrad, [float Float] => T, |dy, x| dy.mul(x.gelu_tanh_slope::<FMA>());
            ThresholdGrad { .. }, [real Real] => T, |dy, x, threshold| if x <= threshold { T::default() } else { dy };
            Lerp { .. }, [float Float] => T, |a, b, weight| a.lerp::<FMA>(b, weight);
            SquaredDifference, [number Number] => T, |a, b| a.sub(b).mul(a.sub(b));
            AbsoluteDifference, [real Real] => T, |a, b| if a < b { b.sub(a) } else { a.sub(b) };
        }
    }

    #[inline]
    fn alpha(&self, compute: DType) -> Constant {
        match self {
            BinaryOp::Add { alpha }
            | BinaryOp::Sub { alpha }
            | BinaryOp::Rsub { alpha }
            | BinaryOp::ThresholdGrad { threshold: alpha }
            | BinaryOp::Lerp { weight: alpha } => Constant::new(alpha, compute),
            _ => Constant::NONE,
        }
    }
}

/// Operations on halves that memory bounds: loops that convert in registers. A member is one line.
macro_rules! halves {
    ($op:expr, $dtype:expr; $($pattern:pat $(if $guard:expr)?, |$a:ident, $b:ident| $body:expr;)*) => {
        match $op {
            $($pattern $(if $guard)? => {
                struct Op;
                impl Map2<f32> for Op {
                    type Out = f32;
                    #[inline(always)]
                    fn map<const FMA: bool>($a: f32, $b: f32, _param: f32) -> f32 {
                        $body
                    }
                }
                match $dtype {
                    DType::F16 => Some(fused::<Op, f16>()),
                    DType::BF16 => Some(fused::<Op, bf16>()),
                    _ => None,
                }
            })*
            _ => None,
        }
    };
}

impl BinaryOp {
    #[inline]
    fn find_half(self, dtype: DType) -> Option<LoopFn<Span>> {
        use BinaryOp::*;
        halves! { self, dtype;
            Add { alpha } if is_one(&alpha), |a, b| a + b;
            Sub { alpha } if is_one(&alpha), |a, b| a - b;
            Mul, |a, b| a * b;
            Div, |a, b| a / b;
            Maximum, |a, b| Ordered::max(a, b);
            Minimum, |a, b| Ordered::min(a, b);
        }
    }
}

#[inline]
fn is_one(alpha: &Scalar) -> bool {
    alpha.to_c128() == npu_types::Complex64::new(1.0, 0.0)
}

/// What a power with this exponent is in one or two instructions instead of dozens; as ATen, whose results these are
/// also for -0 and infinities.
#[inline]
fn root_or_square(exponent: &Scalar, compute: DType) -> Option<UnaryOp> {
    let exponent = exponent.to_c128();
    if exponent.im != 0.0 {
        return None;
    }
    match exponent.re {
        2.0 if compute != DType::Bool => Some(UnaryOp::Square),
        0.5 if compute.is_float() => Some(UnaryOp::Sqrt),
        -0.5 if compute.is_float() => Some(UnaryOp::Rsqrt),
        -1.0 if compute.is_float() => Some(UnaryOp::Reciprocal),
        _ => None,
    }
}

/// `out = op(a, b)`: inputs are converted to `compute` (halves to f32), the result to `out`'s type. Operands: out,
/// then the inputs that are tensors. Inputs may be the same view as `out`.
///
/// # Errors
/// [`KernelError`] when the types do not suit the function or shapes differ.
pub fn binary(
    op: BinaryOp,
    compute: DType,
    out: &Layout,
    a: Input,
    b: Input,
) -> Result<Box<dyn Kernel>, KernelError> {
    const NAME: &str = "binary";
    let compute = compute_type(compute);
    if op == BinaryOp::Pow
        && let (Input::Tensor(x), Input::Scalar(exponent)) = (&a, &b)
        && let Some(op) = root_or_square(exponent, compute)
    {
        return unary(op, compute, out, x);
    }
    if compute == DType::F32
        && let (Input::Tensor(x), Input::Tensor(y)) = (&a, &b)
        && (x.dtype(), y.dtype()) == (out.dtype(), out.dtype())
        && let Some(map) = op.find_half(out.dtype())
    {
        let dtype = out.dtype();
        let operands = [Operand::Tensor(out, dtype), a.operand(dtype), b.operand(dtype)];
        return elementwise(NAME, map, operands, Constant::NONE);
    }
    let (map, result) = op.find(compute).ok_or(KernelError::DType { kernel: NAME, dtype: compute })?;
    let operands = [Operand::Tensor(out, result), a.operand(compute), b.operand(compute)];
    elementwise(NAME, map, operands, op.alpha(compute))
}
