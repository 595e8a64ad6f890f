//! What stands behind the context of a running kernel.

use super::Globals;
use crate::{ArgError, Result, abi::aclsimKernelContext, boundary, runtime};
use npu_device::memory;
use parking_lot::Mutex;
use std::{
    ffi::{CStr, c_void},
    fmt,
    ops::Range,
};

/// Tells a context of this library from memory that happens to lie there.
const MAGIC: u64 = 0x6b65_726e_656c_2e31;

/// A failure of a kernel: where, and what it said.
#[derive(Debug)]
pub(super) struct Failure {
    block: u32,
    first: u32,
    blocks: u32,
    part: Option<u32>,
    thread: Option<[u32; 3]>,
    what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first {
            0 => write!(f, "block {} of {}", self.block, self.blocks)?,
            first => write!(f, "block {} of {} from {first} on", self.block, self.blocks)?,
        }
        if let Some(part) = self.part {
            write!(f, ", part {part}")?;
        }
        if let Some([x, y, z]) = self.thread {
            write!(f, ", thread ({x}, {y}, {z})")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// One launch while it runs.
pub struct KernelState<'a> {
    magic: u64,
    device: u32,
    args: Range<usize>,
    globals: Option<Globals<'a>>,
    /// The first failure.
    failure: Mutex<Option<Failure>>,
}

impl<'a> KernelState<'a> {
    pub(super) fn new(device: u32, args: (*mut u8, usize), globals: Option<Globals<'a>>) -> Self {
        let start = args.0.addr();
        KernelState { magic: MAGIC, device, args: start..start + args.1, globals, failure: Mutex::new(None) }
    }

    pub(super) fn into_failure(self) -> Option<Failure> {
        self.failure.into_inner()
    }

    /// Notes a failure of the block that `context` is of; the first one counts.
    pub fn fail(&self, context: &aclsimKernelContext, what: String) {
        let thread = [context.threadId.x, context.threadId.y, context.threadId.z];
        let (grid, at) = (context.gridDim, context.blockId);
        let index = (at.z.wrapping_mul(grid.y).wrapping_add(at.y)).wrapping_mul(grid.x).wrapping_add(at.x);
        let simt = context.blockDim.x.max(context.blockDim.y).max(context.blockDim.z) > 1;
        self.failure.lock().get_or_insert(Failure {
            block: context.blockIndex,
            first: context.blockIndex.wrapping_sub(index),
            blocks: context.blockCount,
            part: (context.subBlockCount > 1).then_some(context.subBlockIndex),
            thread: simt.then_some(thread),
            what,
        });
    }

    /// Where the CPU reaches device memory of which a kernel uses `size` bytes.
    ///
    /// # Errors
    /// It is no live memory that the kernel's device may reach; says what it is instead.
    pub fn to_host(&self, pointer: *const c_void, size: usize) -> std::result::Result<*mut u8, String> {
        let start = pointer.addr();
        // Data that came along with the arguments is where the arguments are.
        if self.args.contains(&start) && size <= self.args.end - start {
            return Ok(pointer.cast_mut().cast());
        }
        device_memory(self.device, start as u64, size)
    }

    /// A variable of the kernel's table, by name.
    pub fn global(&self, name: &CStr) -> Option<(*mut u8, usize)> {
        self.globals.and_then(|find| find(name))
    }
}

/// Where the CPU reaches `size` bytes of device memory that a kernel on `device` may touch.
///
/// # Errors
/// Not live, too short, or memory of a device out of reach.
pub fn device_memory(device: u32, address: u64, size: usize) -> std::result::Result<*mut u8, String> {
    let expected = |got: &dyn fmt::Display| {
        format!("expected {size} bytes of device memory that device {device} may reach, got {got}")
    };
    if !memory::is_device(address) {
        return Err(expected(&format_args!("{address:#x}, {}", memory::describe(address))));
    }
    memory::check_reach_of_task(address, (size as u64).max(1)).map_err(|error| expected(&error))?;
    let owner = memory::device_of(address);
    let reaches = owner == device
        || runtime::runtime()
            .is_ok_and(|runtime| runtime.devices().get(device as usize).is_some_and(|d| d.has_peer(owner)));
    if !reaches {
        let got = format_args!("{address:#x} of device {owner}; call aclrtDeviceEnablePeerAccess first")
            .to_string();
        return Err(expected(&got));
    }
    memory::backing(address).map(|p| p.as_ptr()).ok_or_else(|| expected(&format_args!("{address:#x}")))
}

/// The launch behind a context.
///
/// # Errors
/// Null, or no context that a kernel of this library was called with.
///
/// # Safety
/// C1 holds for `context`; if the library made it, its kernel has not returned.
pub unsafe fn state_of<'a>(
    context: *const aclsimKernelContext,
) -> Result<(&'a aclsimKernelContext, &'a KernelState<'a>)> {
    // SAFETY: C1.
    let context = unsafe { boundary::required(context, "context") }?;
    let state = context.state.cast_const().cast::<KernelState<'a>>();
    if context.size == size_of::<aclsimKernelContext>() && !state.is_null() && state.is_aligned() {
        // SAFETY: the size says that the library made the context, and its kernel runs.
        let state = unsafe { &*state };
        if state.magic == MAGIC {
            return Ok((context, state));
        }
    }
    let expected = "context of a running kernel";
    let got = format!("{:p}, of {} bytes", std::ptr::from_ref(context), context.size);
    Err(ArgError::Handle { argument: "context", expected, got }.into())
}
