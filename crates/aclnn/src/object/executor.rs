//! `aclOpExecutor`: an operator call between its two phases.

use npu_ops::{OpDef, Plan};
use parking_lot::Mutex;
use smallvec::SmallVec;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// A prepared call.
pub struct Executor {
    /// The operator.
    pub def: &'static OpDef,
    /// What to run; shared with queued tasks of a repeatable executor.
    pub plan: Arc<Plan>,
    /// Where the operands are, by slot. `aclSetTensorAddr` changes addresses.
    pub bindings: Mutex<SmallVec<[Binding; 4]>>,
    repeatable: AtomicBool,
}

/// The address of one tensor operand.
#[derive(Debug, Clone)]
pub struct Binding {
    /// Number of the C parameter.
    pub param: u16,
    /// Position inside a tensor list.
    pub position: u16,
    /// Device address of the storage, 0 if not known yet.
    pub data: u64,
    /// Bytes from there to the view's first element.
    pub offset: i64,
    /// Bytes the view spans, relative to its first element.
    pub span: (i64, i64),
    /// Bytes of all its elements.
    pub bytes: u64,
}

impl Binding {
    /// Whether the view has no elements.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.span.0 == self.span.1
    }

    /// Address of the view's first element.
    pub fn base(&self) -> u64 {
        self.data.wrapping_add_signed(self.offset)
    }
}

impl Executor {
    /// An executor that dies with its second phase.
    pub fn new(def: &'static OpDef, plan: Arc<Plan>, bindings: SmallVec<[Binding; 4]>) -> Executor {
        Executor { def, plan, bindings: Mutex::new(bindings), repeatable: AtomicBool::new(false) }
    }

    /// From now on only `aclDestroyAclOpExecutor` ends it.
    pub fn set_repeatable(&self) {
        self.repeatable.store(true, Ordering::Relaxed);
    }

    /// Whether it survives its second phase.
    pub fn is_repeatable(&self) -> bool {
        self.repeatable.load(Ordering::Relaxed)
    }
}
