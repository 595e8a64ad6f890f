//! `aclOpExecutor`: an operator call between its two phases.

use super::Element;
use capi::{ArgError, Error, Result};
use npu_device::memory;
use npu_ops::{OpDef, Plan};
use parking_lot::Mutex;
use smallvec::SmallVec;
use std::sync::Arc;

/// A prepared call.
pub struct Executor {
    /// The operator.
    pub def: &'static OpDef,
    /// What to run; shared with queued tasks and with later calls of the same shape.
    pub plan: Arc<Plan>,
    /// Where the operands are.
    pub bindings: Mutex<Bound>,
    /// The tensors that take the shapes of [`Plan::resized`]. Handles, so that a tensor that was destroyed in the
    /// meantime is passed over.
    pub resized: Box<[Element]>,
}

/// The operands of a call, by slot.
pub struct Bound {
    /// Their addresses; `aclSetTensorAddr` changes them.
    pub list: SmallVec<[Binding; 4]>,
    /// The count of frees when the addresses were checked; none since one of them was changed.
    pub checked: Option<u64>,
}

/// The address of one tensor operand.
#[derive(Debug, Clone)]
pub struct Binding {
    /// Device address of the storage, 0 if not known yet.
    pub data: u64,
    /// What `data` was when the call was planned.
    pub planned: u64,
    /// Bytes from there to the view's first element.
    pub offset: i64,
    /// Bytes the view spans, relative to its first element.
    pub span: (i64, i64),
    /// Bytes of all its elements.
    pub bytes: u64,
    /// Number of the C parameter.
    pub param: u16,
    /// Position inside a tensor list.
    pub position: u16,
    /// What the first element's address is a multiple of.
    pub align: u8,
    /// Whether it is written.
    pub output: bool,
}

impl Binding {
    /// Whether the view has no elements.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.span.0 == self.span.1
    }

    /// Address of the view's first element.
    #[inline]
    pub fn base(&self) -> u64 {
        self.data.wrapping_add_signed(self.offset)
    }

    /// Every byte of the view belongs to one live device allocation, and the elements are aligned.
    #[inline]
    pub fn check(&self, argument: &'static str) -> Result {
        if self.is_empty() {
            return Ok(());
        }
        let base = self.base();
        let (first, bytes) = (base.wrapping_add_signed(self.span.0), (self.span.1 - self.span.0) as u64);
        memory::check_reach(first, bytes).map_err(|source| Error::MemoryArg { argument, source })?;
        if self.output {
            memory::check_writable(first, bytes).map_err(|source| Error::MemoryArg { argument, source })?;
        }
        if base & (u64::from(self.align) - 1) != 0 {
            let expected = format!("an address aligned to its {}-byte elements", self.align);
            return Err(ArgError::Range { argument, expected, got: format!("{base:#x}") }.into());
        }
        Ok(())
    }

    fn ends(&self) -> (u64, u64) {
        (self.base().wrapping_add_signed(self.span.0), self.base().wrapping_add_signed(self.span.1))
    }

    /// Whether both lie to each other as they did when the call was planned.
    fn as_planned(&self, other: &Binding) -> bool {
        self.data.wrapping_sub(other.data) == self.planned.wrapping_sub(other.planned)
    }

    fn touches(&self, other: &Binding) -> bool {
        let ((a, b), (c, d)) = (self.ends(), other.ends());
        !self.is_empty() && !other.is_empty() && a < d && c < b
    }
}

impl Bound {
    /// Checks the addresses, unless they are the ones that were checked and nothing was freed since.
    ///
    /// # Errors
    /// An operand has no address, reaches past live memory, is not aligned, or was moved onto another.
    #[inline]
    pub fn check(&mut self, def: &'static OpDef) -> Result {
        let frees = memory::frees();
        if self.checked == Some(frees) && !memory::unified::has_registered() {
            return Ok(());
        }
        self.check_all(def)?;
        self.checked = Some(frees);
        Ok(())
    }

    #[cold]
    fn check_all(&self, def: &'static OpDef) -> Result {
        let name = |binding: &Binding| def.params[binding.param as usize].name;
        for binding in &self.list {
            if binding.data == 0 && !binding.is_empty() {
                return Err(ArgError::Null { argument: name(binding) }.into());
            }
            binding.check(name(binding))?;
        }
        // The plan knows which operands share memory; addresses set later must not make others do so.
        for (number, out) in self.list.iter().enumerate().filter(|(_, b)| b.output) {
            for (_, other) in self.list.iter().enumerate().filter(|(n, _)| *n != number) {
                if !out.as_planned(other) && out.touches(other) {
                    let expected = format!("memory apart from {}, as in the first phase", name(other));
                    let got = format!("{:#x}, where both share bytes", out.base());
                    return Err(ArgError::Range { argument: name(out), expected, got }.into());
                }
            }
        }
        Ok(())
    }
}

impl Executor {
    /// A call whose addresses were checked when the count of frees was `frees`.
    pub fn new(def: &'static OpDef, plan: Arc<Plan>, list: SmallVec<[Binding; 4]>, frees: u64) -> Executor {
        let known = list.iter().all(|b| b.data != 0 || b.is_empty());
        Executor::bound(def, plan, Bound { list, checked: known.then_some(frees) })
    }

    /// A call with operands that are bound already.
    pub fn bound(def: &'static OpDef, plan: Arc<Plan>, operands: Bound) -> Executor {
        Executor { def, plan, bindings: Mutex::new(operands), resized: Box::default() }
    }

    /// What the handle table keeps beside an executor: its operator, and whether it survives its second phase.
    #[inline]
    pub fn tag(def: &'static OpDef, repeatable: bool) -> u64 {
        // Declarations are aligned, so the lowest bit is free.
        std::ptr::from_ref(def).addr() as u64 | u64::from(repeatable)
    }
}

const _: () = assert!(align_of::<OpDef>() > 1);
