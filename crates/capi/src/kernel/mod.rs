//! Kernels of the program: C functions that run on the device's workers, block by block.
//!
//! The kernel gets a context that lives on the stack of the task. Through it the kernel finds memory of the device and
//! reports failures, from whichever thread it likes, until it returns.

mod context;
pub mod ops;

pub use context::{KernelState, device_memory, state_of};

use crate::abi::{aclsimKernelContext, dim3};
use npu_device::{FaultKind, TaskContext, TaskFault, side_by_side};
use std::{
    alloc::{self, Layout},
    ffi::{CStr, c_void},
    ptr::{self, NonNull},
};

/// How the work of a launch is spread out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Blocks by axis.
    pub grid: [u32; 3],
    /// Threads of a block by axis.
    pub threads: [u32; 3],
    /// The number of the first block.
    pub first: u32,
    /// Parts of a block, each a call of its own.
    pub parts: u32,
    /// Bytes of memory that each part has for itself.
    pub scratch: u32,
    /// All blocks begin before any has to end.
    pub together: bool,
}

impl Shape {
    /// So many blocks of one part and one thread.
    pub fn blocks(count: u32) -> Self {
        Shape { grid: [count, 1, 1], threads: [1; 3], first: 0, parts: 1, scratch: 0, together: false }
    }

    /// Blocks in all.
    pub fn count(&self) -> u64 {
        self.grid.iter().map(|&n| u64::from(n)).product()
    }
}

/// Finds a variable that belongs to the kernel's table, by name: where the CPU reaches it, and its bytes.
pub type Globals<'a> = &'a (dyn Fn(&CStr) -> Option<(*mut u8, usize)> + Sync);

/// What a launch tells the kernel, the same for every block.
pub struct Running<'a> {
    /// What failures call it: `kernel`, `operator`.
    pub what: &'static str,
    /// Its name.
    pub name: &'a CStr,
    /// What its failures count as.
    pub kind: FaultKind,
    /// What the program registered with it.
    pub user_data: *mut c_void,
    /// The launch arguments, for the CPU to use.
    pub args: (*mut u8, usize),
    /// Its variables.
    pub globals: Option<Globals<'a>>,
}

// SAFETY: (C4) the program gave its data to be used on the device's threads; the arguments are the task's own.
unsafe impl Sync for Running<'_> {}

impl Running<'_> {
    /// What the kernel gets as its arguments.
    pub fn arguments(&self) -> *mut c_void {
        self.args.0.cast()
    }
}

/// Memory of one part of a block.
struct Scratch(Option<(NonNull<u8>, Layout)>);

impl Scratch {
    const ALIGN: usize = 64;

    fn new(bytes: u32) -> Option<Self> {
        if bytes == 0 {
            return Some(Scratch(None));
        }
        let layout = Layout::from_size_align(bytes as usize, Self::ALIGN).ok()?;
        // SAFETY: the layout has a size above 0.
        let pointer = unsafe { alloc::alloc_zeroed(layout) };
        NonNull::new(pointer).map(|pointer| Scratch(Some((pointer, layout))))
    }

    fn pointer(&self) -> *mut c_void {
        self.0.map_or(ptr::null_mut(), |(pointer, _)| pointer.as_ptr().cast())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some((pointer, layout)) = self.0 {
            // SAFETY: allocated by `new` with this layout.
            unsafe { alloc::dealloc(pointer.as_ptr(), layout) };
        }
    }
}

fn dimensions([x, y, z]: [u32; 3]) -> dim3 {
    dim3 { x, y, z }
}

/// The `index`th place in a box of these extents, first axis fastest.
fn place(index: u64, extents: [u32; 3]) -> [u32; 3] {
    let [x, y, _] = extents.map(u64::from);
    [(index % x) as u32, (index / x % y) as u32, (index / (x * y)) as u32]
}

/// Calls a kernel for every block, part and thread. Parts run beside each other; the threads of one run in turn.
///
/// # Errors
/// The kernel reported a failure.
pub fn run(
    task: &TaskContext,
    shape: &Shape,
    running: &Running,
    call: &(dyn Fn(&aclsimKernelContext) + Sync),
) -> Result<(), TaskFault> {
    let state = KernelState::new(task.device_id(), running.args, running.globals);
    let blocks = shape.count();
    let threads: u64 = shape.threads.iter().map(|&n| u64::from(n)).product();
    let body = |chunk: usize| {
        let (block, part) = (chunk as u64 / u64::from(shape.parts), chunk as u64 % u64::from(shape.parts));
        let mut context = aclsimKernelContext {
            size: size_of::<aclsimKernelContext>(),
            name: running.name.as_ptr(),
            userData: running.user_data,
            blockIndex: shape.first.wrapping_add(block as u32),
            blockCount: blocks as u32,
            subBlockIndex: part as u32,
            subBlockCount: shape.parts,
            gridDim: dimensions(shape.grid),
            blockDim: dimensions(shape.threads),
            blockId: dimensions(place(block, shape.grid)),
            threadId: dimensions([0; 3]),
            deviceId: task.device_id(),
            streamId: task.stream_id(),
            argsSize: running.args.1,
            scratch: ptr::null_mut(),
            scratchSize: shape.scratch as usize,
            state: (&raw const state).cast_mut().cast(),
        };
        let Some(scratch) = Scratch::new(shape.scratch) else {
            state.fail(&context, format!("no memory for {} bytes of scratch", shape.scratch));
            return;
        };
        context.scratch = scratch.pointer();
        for thread in 0..threads {
            context.threadId = dimensions(place(thread, shape.threads));
            call(&context);
        }
    };
    let chunks = blocks as usize * shape.parts as usize;
    if shape.together {
        side_by_side(chunks, &body).map_err(|error| {
            let what = format!(
                "{} {}: no thread for each of {chunks} blocks: {error}",
                running.what,
                running.name.to_string_lossy()
            );
            TaskFault { kind: running.kind, what }
        })?;
    } else {
        task.parallel().run(chunks, &body);
    }
    match state.into_failure() {
        None => Ok(()),
        Some(failure) => {
            let what = format!("{} {}, {failure}", running.what, running.name.to_string_lossy());
            Err(TaskFault { kind: running.kind, what })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_through_the_first_axis_first() {
        let all: Vec<_> = (0..12).map(|i| place(i, [3, 2, 2])).collect();
        assert_eq!(all[..4], [[0, 0, 0], [1, 0, 0], [2, 0, 0], [0, 1, 0]]);
        assert_eq!(all[11], [2, 1, 1]);
        assert_eq!(place(u64::from(u32::MAX), [u32::MAX, 2, 1]), [0, 1, 0]);
    }

    #[test]
    fn scratch_is_zeroed_aligned_and_none_for_nothing() {
        assert!(Scratch::new(0).unwrap().pointer().is_null());
        let scratch = Scratch::new(100).unwrap();
        assert_eq!(scratch.pointer().addr() % Scratch::ALIGN, 0);
        // SAFETY: 100 bytes were allocated and set to zero.
        let bytes = unsafe { std::slice::from_raw_parts(scratch.pointer().cast::<u8>(), 100) };
        assert!(bytes.iter().all(|&b| b == 0));
    }
}
