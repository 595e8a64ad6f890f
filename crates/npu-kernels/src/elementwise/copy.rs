//! Copies between layouts and types.

use crate::engine::Copy;
use crate::{Kernel, KernelError};
use npu_types::Layout;

/// `out = x`, converted to `out`'s type. Operands: out, x. `x` may be the same view as `out`.
///
/// # Errors
/// [`KernelError`] when shapes differ.
pub fn copy(out: &Layout, x: &Layout) -> Result<Box<dyn Kernel>, KernelError> {
    Ok(Box::new(Copy::new(out, x)?))
}
