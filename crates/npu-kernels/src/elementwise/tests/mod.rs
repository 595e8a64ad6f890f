//! Every kernel against a walk over indices in the widest types.

mod binary;
mod convert;
mod harness;
mod layouts;
mod unary;

use super::*;
use harness::{Tensor, Value};
use npu_types::{DType, Layout, Scalar};
