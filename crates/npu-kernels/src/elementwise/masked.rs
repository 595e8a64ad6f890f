//! Overwriting chosen elements.

use crate::engine::MaskedFill;
use crate::{Kernel, KernelError};
use npu_types::{DType, Layout, Scalar};

/// Elements of `this` whose mask (bool or u8) is not zero become `value`. Operands: this, mask.
///
/// # Errors
/// [`KernelError`] when the mask has another type or shapes differ.
pub fn masked_fill(this: &Layout, mask: &Layout, value: Scalar) -> Result<Box<dyn Kernel>, KernelError> {
    if !matches!(mask.dtype(), DType::Bool | DType::U8) {
        return Err(KernelError::DType { kernel: "masked_fill", dtype: mask.dtype() });
    }
    Ok(Box::new(MaskedFill::new(this, mask, &value)?))
}
