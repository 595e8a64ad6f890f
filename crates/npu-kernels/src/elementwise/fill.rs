//! Tensors made from nothing but numbers.

use crate::engine::{Fill, Sequence};
use crate::{Kernel, KernelError};
use npu_types::{Layout, Scalar};

/// `out = value`, converted to `out`'s type. Operand: out.
///
/// # Errors
/// None; the signature is that of all kernels.
pub fn fill(out: &Layout, value: Scalar) -> Result<Box<dyn Kernel>, KernelError> {
    Ok(Box::new(Fill::new(out, &value)?))
}

/// Element `i`, in row-major order, becomes `start + i · step`, computed in f64, or in i64 when `out` has an integer
/// type, and then converted. Operand: out.
///
/// # Errors
/// [`KernelError::DType`] for complex and bool outputs.
pub fn arange(out: &Layout, start: Scalar, step: Scalar) -> Result<Box<dyn Kernel>, KernelError> {
    Ok(Box::new(Sequence::new(out, &start, &step)?))
}
