//! A prepared operator: kernels, the operands of each, and where intermediates lie in the workspace.

use crate::{Arg, Args, Role, TensorArg};
use memplan::Buffer;
use npu_kernels::{Fault, Kernel, overflow};
use npu_types::{Dims, Layout, MAX_RANK, Parallel};
use smallvec::SmallVec;
use std::{
    any::Any,
    sync::{Arc, OnceLock},
};

/// Where a kernel finds an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Operand `slot` of the call, `offset` bytes from its base address.
    Arg {
        /// Number of the operand.
        slot: u16,
        /// Bytes from the operand's base.
        offset: i64,
    },
    /// Intermediate `temp`, `offset` bytes from its start.
    Temp {
        /// Number of the intermediate.
        temp: u16,
        /// Bytes from its start.
        offset: i64,
    },
}

impl Slot {
    /// A place `bytes` further on.
    pub fn at(self, bytes: i64) -> Slot {
        match self {
            Slot::Arg { slot, offset } => Slot::Arg { slot, offset: offset + bytes },
            Slot::Temp { temp, offset } => Slot::Temp { temp, offset: offset + bytes },
        }
    }
}

struct Step {
    kernel: Box<dyn Kernel>,
    operands: SmallVec<[Slot; 4]>,
    /// The intermediate that serves as the kernel's scratch memory.
    scratch: Option<u16>,
}

/// An output whose shape shows only when the plan has run.
struct Resized {
    /// Number of the operand.
    slot: u16,
    /// Its dimensions but for one.
    dims: Dims,
    /// That one.
    axis: usize,
    /// The intermediate that holds its size, an i64.
    count: u16,
}

/// A tensor operand of a call.
#[derive(Debug, Clone, Copy)]
pub struct Operand {
    /// Its number among the operands of the call.
    pub slot: u16,
    /// The parameter's name.
    pub name: &'static str,
    /// Its place in the parameter, if that is a list.
    pub position: Option<u16>,
    /// What the parameter is to the operator.
    pub role: Role,
    /// The view.
    pub layout: Layout,
}

impl Operand {
    /// Whether it is read.
    pub fn is_input(&self) -> bool {
        self.role.is_input()
    }

    /// Whether it is written.
    pub fn is_output(&self) -> bool {
        self.role.is_output()
    }

    /// The parameter's name, with the place in a list.
    pub fn title(&self) -> String {
        match self.position {
            Some(position) => format!("{}.{position}", self.name),
            None => self.name.to_owned(),
        }
    }
}

/// A prepared operator. Runs any number of times, with any addresses.
pub struct Plan {
    /// The call's tensors, as far as they are known.
    operands: Vec<Operand>,
    /// What whoever runs the plan keeps with it.
    note: OnceLock<Box<dyn Any + Send + Sync>>,
    steps: SmallVec<[Step; 1]>,
    /// Offset of each intermediate in the workspace.
    temps: SmallVec<[u64; 2]>,
    workspace: u64,
    resized: Vec<Resized>,
    /// Operands with results that can overflow, and where those lie.
    floats: Box<[(u16, Layout)]>,
}

/// Alignment of every intermediate, in bytes; also that of the workspace itself.
pub const WORKSPACE_ALIGN: u64 = 64;

impl Plan {
    /// Bytes of workspace the plan needs; 0 when there are no intermediates. Enough for an address that is aligned to
    /// half of [`WORKSPACE_ALIGN`] to be rounded up.
    pub fn workspace(&self) -> u64 {
        if self.workspace == 0 { 0 } else { self.workspace + WORKSPACE_ALIGN / 2 }
    }

    /// Number of kernels.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// The tensors of the call that the plan was made for; none for a plan that was not made for one.
    pub fn operands(&self) -> &[Operand] {
        &self.operands
    }

    /// Says which tensors the plan is for.
    pub fn set_operands(&mut self, operands: Vec<Operand>) {
        self.operands = operands;
    }

    /// What was made when this was called first; it goes with the plan. None if that was something else.
    pub fn note<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Option<&T> {
        self.note.get_or_init(|| Box::new(make())).downcast_ref()
    }

    /// The operands whose shapes show only when the plan has run: for them, [`Plan::run`] is followed by
    /// [`Plan::shapes`].
    pub fn resized(&self) -> impl ExactSizeIterator<Item = u16> {
        self.resized.iter().map(|r| r.slot)
    }

    /// The shapes of [`Plan::resized`], in that order.
    ///
    /// # Safety
    /// The plan has run with this workspace and succeeded.
    pub unsafe fn shapes(&self, workspace: *const u8) -> SmallVec<[Dims; 3]> {
        let shape = |r: &Resized| {
            let at = workspace.wrapping_add(self.temps[r.count as usize] as usize).cast::<i64>();
            let mut dims = SmallVec::<[i64; MAX_RANK]>::from_slice(r.dims.as_slice());
            // SAFETY: an intermediate that a kernel of the plan has written and none has overwritten.
            dims[r.axis] = unsafe { at.read() };
            Dims::new(&dims)
        };
        self.resized.iter().map(shape).collect()
    }

    /// Notes which operands [`Plan::overflow`] is about.
    pub(crate) fn note_outputs(&mut self, args: &Args) {
        let mut floats = Vec::new();
        for (_, arg) in args.iter().filter(|(param, _)| param.role.is_output()) {
            let tensors = match arg {
                Arg::Tensor(tensor) => std::slice::from_ref(tensor),
                Arg::Tensors(list) => list.as_slice(),
                _ => continue,
            };
            // Where data decide a shape, what lies behind the results is nobody's.
            let known = |t: &&TensorArg| !self.resized.iter().any(|resized| resized.slot == t.slot);
            let overflows = |t: &&TensorArg| overflow::can_overflow(t.layout.dtype());
            floats.extend(tensors.iter().filter(overflows).filter(known).map(|t| (t.slot, t.layout)));
        }
        self.floats = floats.into();
    }

    /// Searches the results of the plan for infinities and what is no number. With `saturate` those become finite. True
    /// if there were any.
    ///
    /// # Safety
    /// As for `args` of [`Plan::run`].
    pub unsafe fn overflow(&self, args: &[*mut u8], saturate: bool) -> bool {
        // Every operand is to be saturated, so none is passed over once one was found.
        self.floats.iter().fold(false, |found, (slot, layout)| {
            // SAFETY: the view of an output of the call, by this function's contract.
            found | unsafe { overflow::search(args[*slot as usize], layout, saturate) }
        })
    }

    /// Computes.
    ///
    /// # Errors
    /// The first kernel's [`Fault`]; later kernels have not run then.
    ///
    /// # Safety
    /// `args[slot]` is the base address of operand `slot` of the call the plan was made from, with the memory that
    /// its layout spans readable, for outputs also writable, until the call returns. `workspace` is aligned to
    /// `WORKSPACE_ALIGN` and has [`Plan::workspace`] writable bytes. Operands overlap only as they did when the
    /// plan was made.
    pub unsafe fn run(&self, args: &[*mut u8], workspace: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        for step in &self.steps {
            let resolve = |slot: &Slot| match *slot {
                Slot::Arg { slot, offset } => args[slot as usize].wrapping_offset(offset as isize),
                Slot::Temp { temp, offset } => workspace
                    .wrapping_add(self.temps[temp as usize] as usize)
                    .wrapping_offset(offset as isize),
            };
            let operands: SmallVec<[*mut u8; 6]> = step.operands.iter().map(resolve).collect();
            let scratch =
                step.scratch.map_or(std::ptr::null_mut(), |temp| resolve(&Slot::Temp { temp, offset: 0 }));
            // SAFETY: the builder recorded for each operand the layout that the kernel was made with; addresses are
            // valid by this function's contract, and the planner gave intermediates that live at the same time
            // disjoint ranges.
            unsafe { step.kernel.run(&operands, scratch, par) }?;
        }
        Ok(())
    }
}

/// Collects kernels and intermediates, then lays the intermediates out.
#[derive(Default)]
pub struct PlanBuilder {
    steps: SmallVec<[Step; 1]>,
    temps: SmallVec<[Temp; 2]>,
    resized: Vec<Resized>,
}

struct Temp {
    bytes: u64,
    first: usize,
    last: usize,
}

impl PlanBuilder {
    /// An intermediate that holds a row-major view like `layout`.
    pub fn temp(&mut self, layout: &Layout) -> Slot {
        Slot::Temp { temp: self.temp_bytes((layout.numel() * layout.dtype().size()) as u64), offset: 0 }
    }

    fn temp_bytes(&mut self, bytes: u64) -> u16 {
        let next = self.steps.len();
        self.temps.push(Temp { bytes, first: next, last: next });
        (self.temps.len() - 1) as u16
    }

    /// Has the output take the shape `dims` with the i64 at `count`, an intermediate, along `axis`.
    pub fn resize(&mut self, tensor: &TensorArg, dims: &[i64], axis: usize, count: Slot) {
        if let Slot::Temp { temp, .. } = count {
            self.resized.push(Resized { slot: tensor.slot, dims: Dims::new(dims), axis, count: temp });
        }
    }

    /// Adds a kernel with its operands in the kernel's order.
    pub fn step(&mut self, kernel: Box<dyn Kernel>, operands: &[Slot]) {
        let now = self.steps.len();
        for operand in operands {
            if let Slot::Temp { temp, .. } = operand {
                self.temps[*temp as usize].last = now;
            }
        }
        let scratch = match kernel.scratch() {
            0 => None,
            bytes => Some(self.temp_bytes(bytes as u64)),
        };
        self.steps.push(Step { kernel, operands: SmallVec::from_slice(operands), scratch });
    }

    /// The plan with its workspace laid out; shared, because queued work outlives the executor that holds it.
    pub fn finish(mut self) -> Arc<Plan> {
        for resized in &self.resized {
            self.temps[resized.count as usize].last = self.steps.len();
        }
        let (temps, workspace) = match self.temps.as_slice() {
            [] => (SmallVec::new(), 0),
            [one] => (SmallVec::from_slice(&[0]), one.bytes.next_multiple_of(WORKSPACE_ALIGN)),
            many => {
                let buffers: Vec<Buffer> = many
                    .iter()
                    .map(|t| Buffer {
                        start: t.first as u32,
                        end: t.last as u32 + 1,
                        size: t.bytes.next_multiple_of(WORKSPACE_ALIGN),
                        align: WORKSPACE_ALIGN,
                    })
                    .collect();
                let plan = memplan::plan(&buffers);
                (plan.offsets.into_iter().collect(), plan.total)
            }
        };
        Arc::new(Plan {
            operands: Vec::new(),
            note: OnceLock::new(),
            steps: self.steps,
            temps,
            workspace,
            resized: self.resized,
            floats: Box::default(),
        })
    }
}
