//! Element types, layouts, scalars and the small contracts that every other crate shares.
//!
//! Nothing here knows about C, streams or kernels. Arrows in the workspace point at this crate, never from it.

mod dtype;
mod layout;
mod parallel;
mod promote;
mod scalar;
pub mod sync;

pub use dtype::{DType, DTypeSet};
pub use layout::{Dims, Layout, LayoutError, MAX_RANK, broadcast_dims};
pub use parallel::{Parallel, Serial};
pub use promote::{promote, promote_scalar};
pub use scalar::Scalar;

pub use half::{bf16, f16};
pub use num_complex::{Complex32, Complex64};
