//! The contract between kernels and whoever runs them.

use npu_types::{DType, Parallel};

/// A prepared computation over operands whose layouts are already fixed.
///
/// Constructors document the order of operands: outputs first, then inputs.
pub trait Kernel: Send + Sync {
    /// Bytes of scratch memory that `run` needs, 0 for most. The scratch address is 64-byte aligned.
    fn scratch(&self) -> usize {
        0
    }

    /// Computes. May be called any number of times and from several threads at once with different operands.
    ///
    /// # Errors
    /// A [`Fault`] when the data itself is illegal (an index out of range); outputs are then unspecified but only
    /// memory of the output operands was written.
    ///
    /// # Safety
    /// `operands[i]` is the base address of operand `i` and every byte of the byte span of the layout it was
    /// constructed with is readable, for outputs also writable, until the call returns; base addresses are aligned
    /// to the element type. Inputs overlap outputs only in the ways the constructor allows (the same view, unless
    /// it says otherwise). `scratch` has [`Kernel::scratch`] writable bytes.
    unsafe fn run(&self, operands: &[*mut u8], scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault>;
}

/// Illegal data met while a kernel ran: what an AI core would report as an exception.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// An index outside the indexed dimension.
    #[error("index {index} at position {position} is out of range for dimension {axis} of size {size}")]
    IndexOutOfRange {
        /// The index found.
        index: i64,
        /// Its position in the index tensor, in row-major order.
        position: usize,
        /// The dimension indexed.
        axis: usize,
        /// Its size.
        size: i64,
    },
    /// Weights that cannot be drawn by.
    #[error("row {row} of the weights has {what}")]
    Weights {
        /// Which row.
        row: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A mask that chooses another number of elements than the shapes allow.
    #[error("a mask chooses {found} elements where the output's shape has room for {expected}")]
    Chosen {
        /// How many it chooses.
        found: usize,
        /// How many the shapes ask for.
        expected: usize,
    },
}

/// Why a kernel cannot be made for the given layouts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KernelError {
    /// The kernel has no version for this element type.
    #[error("{kernel} has no kernel for {dtype}")]
    DType {
        /// Which kernel.
        kernel: &'static str,
        /// The type asked for.
        dtype: DType,
    },
    /// Shapes do not fit together.
    #[error("{kernel}: {what}")]
    Shape {
        /// Which kernel.
        kernel: &'static str,
        /// What does not fit.
        what: String,
    },
}
