//! CPU kernels over strided layouts; knows neither C nor streams.
//!
//! A kernel is made from layouts in phase one of an operator, where everything that depends on shapes and types is
//! decided (merged dimensions, inner loop, scratch size); running it later only needs addresses.

mod arg_reduce;
mod attention;
mod compact;
mod conv;
mod elem;
mod elementwise;
mod engine;
mod halves;
mod index;
mod index_select;
mod isa;
mod iter;
mod kernel;
mod lanes;
mod losses;
mod math;
mod matmul;
mod norm;
mod order;
pub mod overflow;
mod random;
mod reduce;
mod rows;
mod rowwise;
mod scan;
mod softmax;
#[cfg(test)]
mod testkit;
mod tri;
mod walk;

pub use arg_reduce::{ArgOp, arg_reduce};
pub use attention::{Attention, AttentionGrad, AttentionOut, Band, ShiftWhen, attention, attention_grad};
pub use compact::{Coordinates, Found, masked_select, nonzero};
pub use conv::{ConvAxis, conv};
pub use elementwise::{
    BinaryOp, Input, TernaryOp, UnaryOp, arange, binary, copy, fill, masked_fill, select, ternary, unary,
};
pub use index::{IndexOp, IndexedAxis, gather, index, index_put, scatter};
pub use losses::{embedding_grad, nll_loss, nll_loss_grad};
pub use rowwise::{RowOp, rowwise};

pub use index_select::index_select;
pub use kernel::{Fault, Kernel, KernelError};
pub use matmul::{MatmulScale, matmul};
pub use norm::{layer_norm, rms_norm};
pub use order::{Ranks, order, unique};
pub use random::{Distribution, Seed, dropout, dropout_mask, multinomial, random, randperm};
pub use reduce::{ReduceOp, reduce};
pub use scan::{ScanForm, ScanOp, scan, scan_extreme};
pub use softmax::softmax;
pub use tri::tri;

#[cfg(test)]
mod tests;
