//! What each operator means: roles, promotion, shape rules, workspace plans.
//!
//! [`plan`] is phase one of an operator without its C side: it validates arguments against the operator's
//! declaration and returns a [`Plan`], a list of prepared kernels over numbered operands. Running the plan needs only
//! addresses. Nothing here knows about C handles or streams.

mod args;
mod def;
mod error;
mod families;
pub mod formats;
mod overlap;
mod plan;
pub mod registry;

pub use args::{Arg, Args, TensorArg};
pub use def::{Meaning, OpDef, Param, ParamKind, ResultRule, Role};
pub use error::OpError;
pub use overlap::{Overlap, overlap};
pub use plan::{Plan, PlanBuilder, Slot};

use std::sync::Arc;

/// Validates `args`, which stand in the order of `def.params`, and prepares the kernels.
///
/// # Errors
/// [`OpError`] names the argument, what was expected and what came. Nothing has been computed then.
pub fn plan(def: &'static OpDef, args: &[Arg]) -> Result<Arc<Plan>, OpError> {
    let args = Args::new(def, args)?;
    families::plan(&args)
}

#[cfg(test)]
mod tests;
