//! Memory that host and devices share: registered host memory, and managed memory.
//!
//! Their device addresses lie in a range of their own, beside the devices' windows, so that everything else is found by
//! one addition as before. Registered memory stays where the host has it: a look-up says where. Managed memory is in
//! the range itself, and the host uses the same addresses.

mod managed;
mod register;

pub use managed::{Advice, Advised, Location, advise, advised, alloc, current_node, populate};
pub use register::{Registration, device_pointer, is_registered, register, registered_within, unregister};

use super::{
    AllocInfo, Lookup, MemoryError, Origin, Pages, Side,
    books::{BlockId, Books},
    recent,
};
use managed::Map;
use parking_lot::RwLock;
use register::Registered;
use std::{
    collections::{BTreeMap, VecDeque},
    io, ptr,
    ptr::NonNull,
    sync::atomic::{AtomicU64, Ordering},
};

/// Blocks begin at a multiple of this.
pub const PAGE: u64 = 2 << 20;
/// Bytes of a page of the host.
const HOST_PAGE: u64 = 4096;
/// What is tried for the range, largest first.
const SIZES: [u64; 5] = [4 << 40, 1 << 40, 256 << 30, 64 << 30, 8 << 30];
/// How many ended blocks are remembered for messages.
const REMEMBERED: usize = 64;

static BASE: AtomicU64 = AtomicU64::new(0);
/// 0 until the first block.
static LEN: AtomicU64 = AtomicU64::new(0);

/// Registrations with a device address. Their memory may go without a word: who relies on nothing having changed asks
/// again while there are any.
static REGISTERED: AtomicU64 = AtomicU64::new(0);

/// Whether any host memory has a device address.
#[inline]
pub fn has_registered() -> bool {
    REGISTERED.load(Ordering::Relaxed) != 0
}

/// What kind of shared memory an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Host memory that the program registered: for kernels, not for copies.
    Registered,
    /// Managed memory.
    Managed,
}

enum Body {
    /// Where the host has it, and whether the device may only read it.
    Registered { host: u64, read_only: bool },
    /// In place.
    Managed(Map),
}

struct Block {
    block: BlockId,
    size: u64,
    device: u32,
    id: u64,
    body: Body,
}

struct State {
    space: Option<Books>,
    /// By first device address.
    blocks: BTreeMap<u64, Block>,
    /// Registrations, by first host address.
    hosts: BTreeMap<u64, Registered>,
    ended: VecDeque<(AllocInfo, Origin)>,
    made: u64,
}

static STATE: RwLock<State> = RwLock::new(State {
    space: None,
    blocks: BTreeMap::new(),
    hosts: BTreeMap::new(),
    ended: VecDeque::new(),
    made: 0,
});

/// Whether an address is in the range, used or not.
#[inline]
pub fn contains(address: u64) -> bool {
    let len = LEN.load(Ordering::Acquire);
    len != 0 && address.wrapping_sub(BASE.load(Ordering::Relaxed)) < len
}

/// The part of a range around a host address that has nothing of this range of addresses in it.
pub(super) fn outside(address: u64, start: u64, end: u64) -> (u64, u64) {
    let (len, base) = (LEN.load(Ordering::Acquire), BASE.load(Ordering::Relaxed));
    match len {
        0 => (start, end),
        _ if address < base => (start, end.min(base)),
        _ => (start.max(base + len), end),
    }
}

/// What kind of live shared memory an address is.
#[inline]
pub fn kind(address: u64) -> Option<Kind> {
    if contains(address) { kind_of(address) } else { None }
}

#[cold]
fn kind_of(address: u64) -> Option<Kind> {
    let state = STATE.read();
    let (_, block) = state.holder(address)?;
    Some(block.kind())
}

/// The byte behind an address of the range.
#[cold]
pub(super) fn backing(address: u64) -> Option<NonNull<u8>> {
    if !contains(address) {
        return None;
    }
    let state = STATE.read();
    let (start, block) = state.holder(address)?;
    let at = match block.body {
        Body::Registered { host, .. } => host + (address - start),
        Body::Managed(_) => address,
    };
    NonNull::new(ptr::with_exposed_provenance_mut(at as usize))
}

/// The device of an address of the range: the one current when its block was made.
#[cold]
pub(super) fn device_of(address: u64) -> Option<u32> {
    if !contains(address) {
        return None;
    }
    STATE.read().holder(address).map(|(_, block)| block.device)
}

/// What an address is, if it is in the range.
#[cold]
pub(super) fn lookup(address: u64) -> Lookup {
    if !contains(address) {
        return Lookup::NotDevice;
    }
    let state = STATE.read();
    if let Some((start, block)) = state.holder(address) {
        return match block.check() {
            Ok(()) => Lookup::Live(block.info(start)),
            Err(origin) => Lookup::Freed(block.info(start), origin),
        };
    }
    match state.ended.iter().rev().find(|(info, _)| address.wrapping_sub(info.base) < info.size) {
        Some((info, by)) => Lookup::Freed(*info, *by),
        None => Lookup::Unallocated(0),
    }
}

/// The block that holds an address, for those who remember it. What the host may take away at any time is not for
/// remembering.
#[cold]
pub(super) fn extent(address: u64) -> Option<recent::Range> {
    if !contains(address) {
        return None;
    }
    let state = STATE.read();
    let (start, block) = state.holder(address)?;
    matches!(block.body, Body::Managed(_)).then_some(recent::Range {
        start,
        end: start + block.size,
        block: block.id,
    })
}

/// Whether the device may write to an address of the range.
pub(super) fn is_writable(address: u64) -> bool {
    let state = STATE.read();
    !matches!(state.holder(address), Some((_, Block { body: Body::Registered { read_only: true, .. }, .. })))
}

/// Frees the managed block that begins at an address.
pub(super) fn free(address: u64, by: Origin) -> Result<AllocInfo, MemoryError> {
    let mut state = STATE.write();
    let managed = state.blocks.get(&address).is_some_and(|block| matches!(block.body, Body::Managed(_)));
    if !managed {
        drop(state);
        let found = super::describe(address);
        return Err(MemoryError::NotAStart { expected: Side::Device, address, found });
    }
    let Some(info) = state.end(address, by) else {
        return Err(MemoryError::HostOutOfMemory { requested: 0 });
    };
    drop(state);
    managed::discard(info.base, info.size);
    Ok(info)
}

impl Block {
    fn kind(&self) -> Kind {
        match self.body {
            Body::Registered { .. } => Kind::Registered,
            Body::Managed(_) => Kind::Managed,
        }
    }

    fn origin(&self) -> Origin {
        match self.body {
            Body::Registered { .. } => Origin::HostRegister,
            Body::Managed(_) => Origin::MemAllocManaged,
        }
    }

    fn info(&self, base: u64) -> AllocInfo {
        let pages = if matches!(self.body, Body::Managed(_)) { Pages::Huge } else { Pages::Normal };
        AllocInfo { device: self.device, base, size: self.size, id: self.id, origin: self.origin(), pages }
    }

    /// Fails with who took it away, if the memory is not there any more.
    fn check(&self) -> Result<(), Origin> {
        match self.body {
            Body::Registered { host, .. } if !register::is_mapped(host, self.size) => Err(Origin::Program),
            _ => Ok(()),
        }
    }
}

impl State {
    fn holder(&self, address: u64) -> Option<(u64, &Block)> {
        let (start, block) = self.blocks.range(..=address).next_back()?;
        (address - start < block.size).then_some((*start, block))
    }

    /// A new block of addresses.
    fn begin(&mut self, size: u64, device: u32, body: impl FnOnce(u64) -> Body) -> Result<u64, MemoryError> {
        let refused = MemoryError::NoAddresses { device, requested: size };
        if self.space.is_none() {
            self.space = Some(reserve().map_err(|_| refused.clone())?);
        }
        let Some(space) = &mut self.space else { return Err(refused) };
        let pages = size.checked_next_multiple_of(PAGE).and_then(|bytes| u32::try_from(bytes / PAGE).ok());
        let block =
            pages.filter(|pages| *pages > 0).and_then(|pages| space.alloc(pages, 1)).ok_or(refused)?;
        let start = BASE.load(Ordering::Relaxed) + u64::from(space.span(block).0) * PAGE;
        self.made += 1;
        self.blocks.insert(start, Block { block, size, device, id: self.made, body: body(start) });
        Ok(start)
    }

    fn end(&mut self, start: u64, by: Origin) -> Option<AllocInfo> {
        let block = self.blocks.remove(&start)?;
        recent::FREES.note();
        if let Some(space) = &mut self.space {
            space.release(block.block);
        }
        if self.ended.len() == REMEMBERED {
            self.ended.pop_front();
        }
        let info = block.info(start);
        self.ended.push_back((info, by));
        Some(info)
    }
}

/// What an address is, for a message of copies.
#[cold]
pub fn serves_kernels(address: u64, len: u64) -> MemoryError {
    let state = STATE.read();
    let host = match state.holder(address) {
        Some((start, Block { body: Body::Registered { host, .. }, .. })) => host + (address - start),
        _ => 0,
    };
    MemoryError::Mapping {
        expected: format!("memory for copying {len} bytes"),
        got: format!(
            "{address:#x}, the device address of registered host memory, which serves kernels and operators: copy \
             from or to the host address {host:#x}"
        ),
    }
}

/// What ends a device's blocks when it is reset.
pub(super) fn clear(device: u32) {
    let mut state = STATE.write();
    let managed = |block: &Block| block.device == device && matches!(block.body, Body::Managed(_));
    let starts: Vec<u64> = state.blocks.iter().filter(|(_, b)| managed(b)).map(|(start, _)| *start).collect();
    for start in starts {
        if let Some(info) = state.end(start, Origin::ResetDevice) {
            managed::discard(info.base, info.size);
        }
    }
}

/// Walks every invariant.
///
/// # Errors
/// What does not hold.
pub fn check() -> Result<(), String> {
    let state = STATE.read();
    let Some(space) = &state.space else {
        return if state.blocks.is_empty() { Ok(()) } else { Err("blocks without addresses".into()) };
    };
    space.check()?;
    if space.live().count() != state.blocks.len() {
        return Err(format!("{} blocks, not {}", space.live().count(), state.blocks.len()));
    }
    for (start, block) in &state.blocks {
        let (page, pages) = space.span(block.block);
        if *start != BASE.load(Ordering::Relaxed) + u64::from(page) * PAGE
            || block.size > u64::from(pages) * PAGE
        {
            return Err(format!("the block at {start:#x} is not where its addresses are"));
        }
        match &block.body {
            Body::Registered { host, .. } => {
                if state.hosts.get(host).is_none_or(|r| r.device != Some(*start)) {
                    return Err(format!("the block at {start:#x} is no registration"));
                }
            }
            Body::Managed(map) => map.check(block.size)?,
        }
    }
    register::check(&state)
}

/// Takes the range of addresses.
fn reserve() -> io::Result<Books> {
    let mut refused = io::Error::from_raw_os_error(libc::ENOMEM);
    for size in SIZES {
        match map(size + PAGE) {
            Ok(start) => {
                BASE.store(start.next_multiple_of(PAGE), Ordering::Relaxed);
                LEN.store(size, Ordering::Release);
                // What was room of the host before is not any more.
                recent::FREES.note();
                return Ok(Books::new(u32::try_from(size / PAGE).unwrap_or(u32::MAX - 1)));
            }
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

fn map(bytes: u64) -> io::Result<u64> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a fresh mapping at an address of the system's choice.
    let start = unsafe { libc::mmap(ptr::null_mut(), bytes as usize, libc::PROT_NONE, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    Ok(start.expose_provenance() as u64)
}

/// The device's work met a page of registered memory that the program has unmapped: puts an empty one there, so that the
/// work ends. True if this was such a page.
pub(super) fn rescue(address: u64) -> bool {
    register::rescue(&STATE, address)
}
