//! A call made ready: its plan, what is converted before and after, and how it is enqueued.

use crate::{
    call::Call,
    compile_func,
    object::Attr,
    operand::{Operand, Place},
    room::Room,
};
use capi::{
    Result,
    kernel::ops::{self, OpKernel},
    operator::{self, KernelNote},
};
use npu_device::{OverflowMode, Stream, TaskContext, TaskFault};
use npu_ops::{Plan, Role, formats};
use smallvec::SmallVec;
use std::{ffi::CString, ptr, sync::Arc};

/// A conversion on an operand's way.
struct Detour {
    operand: usize,
    /// Bytes of the row-major form.
    bytes: usize,
    plan: Arc<Plan>,
}

/// What computes.
enum Work {
    Plan(Arc<Plan>),
    /// A kernel of the program, and its call without addresses.
    Kernel(Arc<OpKernel>, ops::Call),
}

/// What a call needs to run, any number of times and with any addresses.
pub(crate) struct Compiled {
    /// The operator's type.
    name: String,
    work: Work,
    before: Vec<Detour>,
    after: Vec<Detour>,
    /// Bytes of each operand in memory.
    bytes: SmallVec<[u64; 4]>,
    /// What timelines show of a kernel of the program.
    note: KernelNote,
}

impl Compiled {
    pub(crate) fn new(call: &Call) -> Result<Compiled> {
        let work = match compile_func::kernel_of(call)? {
            Some(kernel) => Work::Kernel(kernel, described(call)),
            None => Work::Plan(plan_of(call)?),
        };
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let mut bytes = SmallVec::new();
        for (operand, given) in call.inputs.iter().chain(&call.outputs).enumerate() {
            if given.is_absent() {
                bytes.push(0);
                continue;
            }
            bytes.push(given.stored()?.bytes()?);
            // As the operator compiler of a real device would put in.
            if !given.is_blocked() || matches!(work, Work::Kernel(..)) || call.knows_formats() {
                continue;
            }
            let (stored, plain) = (given.stored()?, given.plain()?);
            let bytes = plain.bytes()? as usize;
            if operand < call.inputs.len() {
                before.push(Detour { operand, bytes, plan: formats::relayout(&stored, &plain)? });
            } else {
                after.push(Detour { operand, bytes, plan: formats::relayout(&plain, &stored)? });
            }
        }
        let name = call.op_type.clone();
        Ok(Compiled { name, work, before, after, bytes, note: KernelNote::default() })
    }

    /// Enqueues the work on these operands: the inputs, then the outputs, described as they were.
    pub(crate) fn enqueue<'a>(
        self: &Arc<Compiled>,
        function: &'static str,
        operands: impl Iterator<Item = &'a Operand>,
        stream: &Stream,
    ) -> Result {
        let mut places: SmallVec<[Place; 4]> = SmallVec::new();
        let mut data: SmallVec<[u64; 4]> = SmallVec::new();
        for (operand, bytes) in operands.zip(&self.bytes) {
            let mut place = operand.place(*bytes)?;
            data.push(match &mut place {
                Place::Device(_) => operand.buffer.data,
                // The copy stays where it is when the task takes it along.
                Place::Host(lines) => lines.pointer().expose_provenance() as u64,
            });
            places.push(place);
        }
        let this = Arc::clone(self);
        match &self.work {
            Work::Plan(plan) => {
                // The workspace, then the row-major forms.
                let sizes = std::iter::once(plan.workspace() as usize);
                let (room, block) =
                    Room::new(stream, sizes.chain(self.detours().map(|detour| detour.bytes)))?;
                let overflow = stream.overflow_treatment();
                stream.submit_kernel(function, u64::MAX, move |task: &TaskContext| {
                    let addresses: SmallVec<[*mut u8; 8]> = places.iter_mut().map(Place::pointer).collect();
                    this.run(&addresses, &room, overflow, task)
                })?;
                // What is taken on this stream from now on comes after this call.
                drop(block);
                Ok(())
            }
            Work::Kernel(kernel, call) => {
                let (kernel, mut call) = (Arc::clone(kernel), call.clone());
                let tensors = call.inputs.iter_mut().chain(&mut call.outputs);
                for ((tensor, address), bytes) in tensors.zip(&data).zip(&self.bytes) {
                    (tensor.address, tensor.bytes) = (*address, *bytes as usize);
                }
                stream.submit_kernel(function, u64::MAX, move |task: &TaskContext| {
                    let _data = &places;
                    this.note.tell(task, kernel.blocks().into(), || call.details(&this.name));
                    kernel.run(task, &call)
                })
            }
        }?;
        Ok(())
    }

    fn detours(&self) -> impl Iterator<Item = &Detour> {
        self.before.iter().chain(&self.after)
    }

    fn run(
        &self,
        addresses: &[*mut u8],
        room: &Room,
        overflow: Option<OverflowMode>,
        task: &TaskContext,
    ) -> std::result::Result<(), TaskFault> {
        let Work::Plan(plan) = &self.work else { return Ok(()) };
        let mut own = room.own();
        let mut plain: SmallVec<[*mut u8; 8]> = addresses.into();
        for (number, detour) in self.detours().enumerate() {
            plain[detour.operand] = room.piece(&mut own, number + 1);
        }
        let run = |plan: &Plan, operands: &[*mut u8], scratch: *mut u8| {
            // SAFETY: each place was checked against the bytes of the operand that the plan was made with, and buffers
            // have the bytes of their row-major form; device memory stays allocated until the stream has passed by the
            // C caller's duty.
            unsafe { plan.run(operands, scratch, task.parallel()) }
                .map_err(|fault| TaskFault::ai_core(fault.to_string()))
        };
        for Detour { operand, plan, .. } in &self.before {
            run(plan, &[addresses[*operand], plain[*operand]], ptr::null_mut())?;
        }
        // SAFETY: as above.
        unsafe { operator::run(&self.name, plan, &plain, room.piece(&mut own, 0), task) }?;
        if let Some(mode) = overflow {
            // SAFETY: the addresses that the plan has just run with.
            if unsafe { plan.overflow(&plain, mode == OverflowMode::Saturate) } {
                task.set_overflowed(true);
            }
        }
        for Detour { operand, plan, .. } in &self.after {
            run(plan, &[plain[*operand], addresses[*operand]], ptr::null_mut())?;
        }
        Ok(())
    }
}

/// The plan of a call, which knows its operands.
fn plan_of(call: &Call) -> Result<Arc<Plan>> {
    let mut plan = call.plan()?;
    if plan.operands().is_empty()
        && let Some(plan) = Arc::get_mut(&mut plan)
    {
        plan.set_operands(operands(call)?);
    }
    Ok(plan)
}

/// What inputs and outputs are to a plan of the call's own. Stored forms in blocks are no views and left out.
fn operands(call: &Call) -> Result<Vec<npu_ops::Operand>> {
    let sides = [(&call.inputs, "inputs", Role::SELF), (&call.outputs, "outputs", Role::OUT)];
    let all = sides.into_iter().flat_map(|(list, name, role)| {
        list.iter().enumerate().map(move |(number, operand)| (operand, name, role, number as u16))
    });
    let views = all.enumerate().filter(|(_, (operand, ..))| !operand.is_absent() && !operand.is_blocked());
    views
        .map(|(slot, (operand, name, role, number))| {
            let layout = operand.layout()?;
            Ok(npu_ops::Operand { slot: slot as u16, name, position: Some(number), role, layout })
        })
        .collect()
}

/// A call as kernels of the program see it, without addresses.
fn described(call: &Call) -> ops::Call {
    let tensor = |operand: &Operand| ops::Tensor {
        name: operand.desc.name.clone(),
        address: 0,
        bytes: 0,
        dims: operand.desc.dims.to_vec(),
        data_type: operand.desc.data_type,
        format: operand.desc.storage_format.unwrap_or(operand.desc.format),
    };
    // What came as a C string has no end inside.
    let text = |text: &String| CString::new(text.as_str()).unwrap_or_default();
    let attribute = |(name, value): (&String, &Attr)| {
        use ops::Values;
        let (values, is_list) = match value {
            Attr::Bool(v) => (Values::Bools(vec![u8::from(*v)]), false),
            Attr::Int(v) => (Values::Ints(vec![*v]), false),
            Attr::Float(v) => (Values::Floats(vec![*v]), false),
            Attr::Text(v) => (Values::Strings(vec![text(v)]), false),
            Attr::DType(v) => (Values::DataTypes(vec![*v]), false),
            Attr::Bools(v) => (Values::Bools(v.iter().map(|b| u8::from(*b)).collect()), true),
            Attr::Ints(v) => (Values::Ints(v.clone()), true),
            Attr::Floats(v) => (Values::Floats(v.clone()), true),
            Attr::Texts(v) => (Values::Strings(v.iter().map(text).collect()), true),
            Attr::DTypes(v) => (Values::DataTypes(v.clone()), true),
            Attr::IntLists(v) => (Values::IntLists(v.clone()), true),
        };
        ops::Attribute { name: text(name), values, is_list }
    };
    ops::Call {
        inputs: call.inputs.iter().map(tensor).collect(),
        outputs: call.outputs.iter().map(tensor).collect(),
        attributes: call.attrs.iter().map(attribute).collect(),
    }
}
