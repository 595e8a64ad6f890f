//! Choosing between two tensors.

use super::Input;
use crate::elem::{Bool, Element};
use crate::engine::{Constant, Map3, Operand, elementwise, map3};
use crate::{Kernel, KernelError};
use npu_types::{Complex64, DType, Layout};

struct Choose;

impl<T: Element> Map3<T> for Choose {
    type First = Bool;
    #[inline(always)]
    fn map(cond: Bool, a: T, b: T) -> T {
        if cond.get() { a } else { b }
    }
}

/// `out = cond ? a : b`, with `a` and `b` converted to `out`'s type. Operands: out, cond (bool or u8), then those of
/// `a` and `b` that are tensors. Inputs may be the same view as `out`.
///
/// # Errors
/// [`KernelError`] when `cond` has another type or shapes differ.
pub fn select(out: &Layout, cond: &Layout, a: Input, b: Input) -> Result<Box<dyn Kernel>, KernelError> {
    const NAME: &str = "select";
    if !matches!(cond.dtype(), DType::Bool | DType::U8) {
        return Err(KernelError::DType { kernel: NAME, dtype: cond.dtype() });
    }
    let dtype = out.dtype();
    // Only the size matters for choosing.
    let map = match dtype.size() {
        1 => map3::<Choose, u8>(),
        2 => map3::<Choose, u16>(),
        4 => map3::<Choose, u32>(),
        8 => map3::<Choose, u64>(),
        _ => map3::<Choose, Complex64>(),
    };
    // Any byte that is not zero is true, so a u8 mask is read as bool.
    let cond = cond.with_dtype(DType::Bool);
    let operands = [
        Operand::Tensor(out, dtype),
        Operand::Tensor(&cond, DType::Bool),
        a.operand(dtype),
        b.operand(dtype),
    ];
    elementwise(NAME, map, operands, Constant::NONE)
}
