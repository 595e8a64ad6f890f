//! A launch, from its arguments to the kernel's last block.

use super::{
    args::{Block, translate},
    binary,
    config::Terms,
    global::Global,
    table::Kernel,
};
use capi::kernel::{Running, Shape, device_memory, run};
use npu_device::{
    FaultKind, KernelCall, TaskContext, TaskFault, TaskKind, Work, blame, memory::copy, trace::Details,
};
use npu_types::Serial;
use std::{ffi::CStr, sync::Arc, time::Instant};

/// Where the arguments of a launch are.
#[derive(Clone)]
pub(crate) enum Arguments {
    /// A copy of what the program gave.
    Owned(Block),
    /// Device memory, read when the stream comes to the launch.
    Device { address: u64, size: usize },
}

/// A kernel with everything it needs to run, any number of times.
#[derive(Clone)]
pub(crate) struct Launch {
    pub(crate) kernel: Arc<Kernel>,
    pub(crate) shape: Shape,
    pub(crate) arguments: Arguments,
    pub(crate) terms: Terms,
}

// A stream keeps tasks up to this size without allocating.
const _: () = assert!(size_of::<Launch>() <= 120);

impl Work for Launch {
    const KIND: TaskKind = TaskKind::Kernel;

    fn run(&mut self, task: &TaskContext) -> std::result::Result<(), TaskFault> {
        let kernel = &self.kernel;
        kernel.note.tell(task, self.shape.count(), || Details::kernel(&kernel.name.to_string_lossy()));
        self.run_blocks(task).inspect_err(|_| self.tell(task.device_id()))
    }
}

impl Launch {
    /// Says which kernel fails, and with what arguments.
    #[cold]
    fn tell(&mut self, device: u32) {
        let Ok(function) = binary::handle_while_loaded(&self.kernel) else { return };
        let (arguments, length) = match &mut self.arguments {
            &mut Arguments::Device { address, size } => (address, size),
            Arguments::Owned(block) if block.size() == 0 => (0, 0),
            Arguments::Owned(block) => {
                let given: Box<[u8]> = (*block.given()).into();
                let size = given.len();
                let copy = Global::new(c"arguments".to_owned(), size, Some(given), 0);
                // A device without room left: the failure is told without its arguments.
                let address = copy.address(device).unwrap_or(0);
                *self.kernel.shared.failed.lock() = Some(copy);
                (address, if address == 0 { 0 } else { size })
            }
        };
        blame(KernelCall { function: function.addr() as u64, arguments, length: length as u32 });
    }

    fn run_blocks(&mut self, task: &TaskContext) -> std::result::Result<(), TaskFault> {
        let kernel = &*self.kernel;
        let failed = |what: String| {
            let what = format!("kernel {}: {what}", kernel.name.to_string_lossy());
            TaskFault { kind: kernel.fault(), what }
        };
        let mut fetched;
        let block = match &mut self.arguments {
            Arguments::Owned(block) => block,
            &mut Arguments::Device { address, size } => {
                fetched = fetch(task, address, size)
                    .map_err(|what| failed(format!("argument argsData: {what}")))?;
                &mut fetched
            }
        };
        let params = kernel.params.as_deref().unwrap_or_default();
        let args = block.prepare(params, translate(task.device_id())).map_err(failed)?;
        let globals = |name: &CStr| {
            let global = kernel.shared.global(name)?;
            Some((global.backing(task.device_id())?, global.size))
        };
        let running = Running {
            what: "kernel",
            name: &kernel.name,
            kind: kernel.fault(),
            user_data: kernel.user_data,
            args: (args, block.size()),
            globals: Some(&globals),
        };
        let begun = (self.terms.limit > 0).then(Instant::now);
        run(task, &self.shape, &running, &|context| {
            // SAFETY: (C4) the program registered the function to be called like this.
            unsafe { (kernel.function)(context, running.arguments()) }
        })?;
        // A function of the host cannot be ended from outside: it is judged when it comes back.
        match begun.map(|begun| begun.elapsed().as_micros()) {
            Some(taken) if taken > u128::from(self.terms.limit) => {
                let what = format!(
                    "kernel {}: expected to end within {} us, took {taken} us",
                    kernel.name.to_string_lossy(),
                    self.terms.limit
                );
                Err(TaskFault { kind: FaultKind::AiCoreTimeout, what })
            }
            _ => Ok(()),
        }
    }
}

/// Arguments out of device memory.
fn fetch(task: &TaskContext, address: u64, size: usize) -> std::result::Result<Block, String> {
    let mut block = Block::new(size, Box::default());
    if size > 0 {
        let from = device_memory(task.device_id(), address, size)?;
        // SAFETY: the range was just checked to be live, and the block has this many bytes.
        unsafe { copy::copy(block.given().as_mut_ptr(), from, size, &Serial) };
    }
    Ok(block)
}
