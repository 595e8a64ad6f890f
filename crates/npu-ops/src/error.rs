//! Why phase one refuses a call.

use npu_kernels::KernelError;
use npu_types::{DType, Dims, LayoutError};

/// A refusal, with the operand it concerns. All but [`OpError::Null`] mean "invalid parameter".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpError {
    /// A required parameter is null.
    #[error("argument {argument}: expected a non-null pointer, got null")]
    Null {
        /// The C parameter.
        argument: &'static str,
    },
    /// An element type the operator does not take.
    #[error("argument {argument}: expected a data type of {{{expected}}}, got {got}")]
    DType {
        /// The C parameter.
        argument: &'static str,
        /// What is accepted.
        expected: String,
        /// What came.
        got: DType,
    },
    /// The result cannot be converted to the output's element type.
    #[error("argument {argument}: the result is {result}, which cannot be converted to the given {got}")]
    Cast {
        /// The C parameter.
        argument: &'static str,
        /// The promoted type.
        result: DType,
        /// The output's type.
        got: DType,
    },
    /// A shape that does not follow from the inputs.
    #[error("argument {argument}: expected shape {expected}, got {got}")]
    Shape {
        /// The C parameter.
        argument: &'static str,
        /// What follows from the inputs.
        expected: String,
        /// What came.
        got: Box<Dims>,
    },
    /// A value outside its range.
    #[error("argument {argument}: expected {expected}, got {got}")]
    Value {
        /// The C parameter.
        argument: &'static str,
        /// The range.
        expected: String,
        /// The value.
        got: String,
    },
    /// An output overlaps an input or itself in a way the operator does not define.
    #[error("argument {argument}: expected memory that {expected}, got a view that overlaps {other}")]
    Overlap {
        /// The C parameter written.
        argument: &'static str,
        /// What is legal.
        expected: &'static str,
        /// The other parameter.
        other: &'static str,
    },
    /// Shapes that cannot be broadcast, or a view that cannot exist.
    #[error("argument {argument}: {source}")]
    Layout {
        /// The C parameter.
        argument: &'static str,
        /// What is wrong.
        source: LayoutError,
    },
    /// The kernel library refused the layouts.
    #[error("no kernel: {0}")]
    Kernel(#[from] KernelError),
}

impl OpError {
    /// A layout error of one argument, for `map_err`.
    pub fn layout(argument: &'static str) -> impl Fn(LayoutError) -> OpError {
        move |source| OpError::Layout { argument, source }
    }
}
