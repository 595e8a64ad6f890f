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
pub mod memo;
mod overlap;
mod plan;
pub mod registry;

pub use args::{Arg, Args, TensorArg};
pub use def::{Meaning, OpDef, Param, ParamKind, ResultRule, Role};
pub use error::OpError;
pub use overlap::{Overlap, overlap};
pub use plan::{Operand, Plan, PlanBuilder, Slot, WORKSPACE_ALIGN};

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

/// The operator of a C name, `aclnnAdd`.
pub fn find(name: &str) -> Option<&'static OpDef> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static OpDef>> =
        LazyLock::new(|| registry::ALL.iter().map(|def| (def.name, *def)).collect());
    BY_NAME.get(name).copied()
}

/// Validates `args`, which stand in the order of `def.params`, and prepares the kernels.
///
/// # Errors
/// [`OpError`] names the argument, what was expected and what came. Nothing has been computed then.
pub fn plan(def: &'static OpDef, args: &[Arg]) -> Result<Arc<Plan>, OpError> {
    let checked = Args::new(def, args)?;
    let mut plan = families::plan(&checked)?;
    // Nobody else has it yet.
    if let Some(plan) = Arc::get_mut(&mut plan) {
        plan.note_outputs(&checked);
        plan.set_operands(operands(def, args));
    }
    Ok(plan)
}

/// The tensors among a call's arguments.
fn operands(def: &'static OpDef, args: &[Arg]) -> Vec<Operand> {
    let mut operands = Vec::new();
    for (param, arg) in def.params.iter().zip(args) {
        let mut add = |position, tensor: &TensorArg| {
            let TensorArg { layout, slot, .. } = *tensor;
            operands.push(Operand { slot, name: param.name, position, role: param.role, layout });
        };
        match arg {
            Arg::Tensor(tensor) => add(None, tensor),
            Arg::Tensors(tensors) => {
                tensors.iter().enumerate().for_each(|(number, tensor)| add(Some(number as u16), tensor));
            }
            _ => {}
        }
    }
    operands
}

#[cfg(test)]
mod tests;
