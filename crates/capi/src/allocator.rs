//! Allocators of the program: where the library takes the memory that operators need on a stream beside their operands.

use crate::{
    Error, Result, code,
    handle::{HandleTable, Kind},
};
use npu_device::{Stream, memory};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    ffi::c_void,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

/// Takes memory: the allocator and bytes; returns a block.
pub type Alloc = unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void;
/// Gives a block back.
pub type Free = unsafe extern "C" fn(*mut c_void, *mut c_void);
/// Takes memory, at an address if that is possible.
pub type AllocAdvise = unsafe extern "C" fn(*mut c_void, usize, *mut c_void) -> *mut c_void;
/// The address of a block.
pub type GetAddress = unsafe extern "C" fn(*mut c_void) -> *mut c_void;

/// What a program says about an allocator.
#[derive(Clone, Copy, Default)]
pub struct Description {
    /// The program's object, handed to its functions.
    pub object: usize,
    /// Takes memory.
    pub alloc: Option<Alloc>,
    /// Gives it back.
    pub free: Option<Free>,
    /// Takes memory at an address.
    pub alloc_advise: Option<AllocAdvise>,
    /// Where a block is.
    pub address: Option<GetAddress>,
}

/// `aclrtAllocatorDesc`
pub static DESCRIPTIONS: HandleTable<Mutex<Description>> = HandleTable::new(Kind::AllocatorDesc);

/// A registration: with the description's handle, for those who ask.
#[derive(Clone, Copy)]
pub struct Registered {
    /// The handle it was described by, which may be gone.
    pub handle: usize,
    /// The allocator.
    pub description: Description,
}

/// By the stream's place in memory, which the weak reference keeps from being used again.
type Streams = HashMap<usize, (Weak<Stream>, Registered)>;

static STREAMS: Mutex<Option<Streams>> = Mutex::new(None);
/// Whether anything was ever registered: until then, nobody asks.
static ANY: AtomicBool = AtomicBool::new(false);

fn with<T>(act: impl FnOnce(&mut Streams) -> T) -> T {
    act(STREAMS.lock().get_or_insert_default())
}

/// Registers an allocator for a stream, in place of the one it had.
pub fn register(stream: &Arc<Stream>, registered: Registered) {
    ANY.store(true, Ordering::Relaxed);
    with(|streams| {
        streams.retain(|_, (stream, _)| stream.strong_count() > 0);
        streams.insert(Arc::as_ptr(stream).addr(), (Arc::downgrade(stream), registered));
    });
}

/// Ends the registration of a stream. False if it had none.
pub fn unregister(stream: &Arc<Stream>) -> bool {
    with(|streams| streams.remove(&Arc::as_ptr(stream).addr())).is_some()
}

/// The allocator of a stream.
#[inline]
pub fn of(stream: &Stream) -> Option<Registered> {
    if ANY.load(Ordering::Relaxed) { find(stream) } else { None }
}

#[cold]
fn find(stream: &Stream) -> Option<Registered> {
    with(|streams| streams.get(&std::ptr::from_ref(stream).addr()).map(|(_, registered)| *registered))
}

/// Device memory from a program's allocator. It goes back when this is dropped: what is allocated on the same stream
/// afterwards comes after the work that was queued with it.
pub struct Block {
    description: Description,
    block: *mut c_void,
    address: u64,
}

impl Block {
    /// Takes `size` bytes, aligned to `align`.
    ///
    /// # Errors
    /// The allocator gave none, or memory that is no live device memory of the size.
    pub fn take(registered: &Registered, size: u64, align: u64) -> Result<Block> {
        let description = registered.description;
        let (Some(alloc), Some(locate)) = (description.alloc, description.address) else {
            return Err(Error::Internal { what: "an allocator without functions".into() });
        };
        let object = std::ptr::with_exposed_provenance_mut(description.object);
        let wanted = size + align;
        // SAFETY: (C4) the program registered the function with this object.
        let block = unsafe { alloc(object, wanted as usize) };
        if block.is_null() {
            let what = format!("the stream's allocator gave no memory: expected {wanted} bytes, got null");
            return Err(Error::Code { code: code::ACL_ERROR_RT_MEMORY_ALLOCATION, what });
        }
        let mut taken = Block { description, block, address: 0 };
        // SAFETY: (C4) as above, with a block of the allocator.
        let address = unsafe { locate(block) } as u64;
        memory::check_reach(address, wanted)
            .map_err(|source| Error::MemoryArg { argument: "block of the stream's allocator", source })?;
        taken.address = address.next_multiple_of(align);
        Ok(taken)
    }

    /// Its first aligned address on the device.
    pub fn address(&self) -> u64 {
        self.address
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if let Some(free) = self.description.free {
            let object = std::ptr::with_exposed_provenance_mut(self.description.object);
            // SAFETY: (C4) the program registered the function; the block is given back once.
            unsafe { free(object, self.block) };
        }
    }
}
