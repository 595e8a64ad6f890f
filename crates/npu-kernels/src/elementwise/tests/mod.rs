//! Every kernel against a walk over indices in the widest types.

mod harness;
mod layouts;

use super::*;
use harness::{Tensor, Value};
use npu_types::{DType, Layout, Scalar};
