//! Pinned host memory: blocks that the library allocated for the program, and who holds which address.

use super::{
    Found, MemoryError, Origin, Side,
    recent::{self, Changes, Range, Recent},
};
use parking_lot::RwLock;
use std::{
    alloc::Layout,
    collections::{BTreeMap, VecDeque},
    ptr::{self, NonNull},
};

/// Pinned blocks begin at a multiple of this.
pub const ALIGN: usize = 64;
/// From here on a block is aligned to and backed by huge pages: staging buffers are touched from end to end.
const HUGE_FROM: usize = 4 << 20;
const HUGE: usize = 2 << 20;
/// How many freed blocks are remembered for messages.
const REMEMBERED: usize = 256;

/// A pinned block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostInfo {
    /// Its first address.
    pub base: u64,
    /// Bytes asked for.
    pub size: u64,
    /// Who made it.
    pub origin: Origin,
    /// Its number, from 1; never used again.
    pub id: u64,
}

#[derive(Debug)]
struct Registry {
    made: u64,
    live: BTreeMap<u64, HostInfo>,
    freed: VecDeque<(HostInfo, Origin)>,
}

static REGISTRY: RwLock<Registry> =
    RwLock::new(Registry { made: 0, live: BTreeMap::new(), freed: VecDeque::new() });

/// Blocks made and freed.
static CHANGES: Changes = Changes::new();

thread_local! {
    static RECENT: Recent = const { Recent::new() };
}

impl Registry {
    /// The pinned block that holds an address, or the room between blocks where it lies.
    fn around(&self, address: u64) -> Range {
        if let Some(info) = self.holder(address) {
            return Range { start: info.base, end: info.base + info.size, block: info.id };
        }
        let before = self.live.range(..=address).next_back().map_or(0, |(_, info)| info.base + info.size);
        let after = self.live.range(address..).next().map_or(u64::MAX, |(base, _)| *base);
        Range { start: before, end: after, block: 0 }
    }

    fn holder(&self, address: u64) -> Option<HostInfo> {
        let (_, info) = self.live.range(..=address).next_back()?;
        (address - info.base < info.size).then_some(*info)
    }
}

fn layout(size: u64) -> Option<Layout> {
    let size = usize::try_from(size).ok()?;
    Layout::from_size_align(size, if size >= HUGE_FROM { HUGE } else { ALIGN }).ok()
}

/// Allocates a pinned block of `size` bytes, at least 1. The content is undefined.
pub fn alloc(size: u64, origin: Origin) -> Result<NonNull<u8>, MemoryError> {
    let refused = MemoryError::HostOutOfMemory { requested: size };
    let Some(layout) = layout(size.max(1)) else { return Err(refused) };
    // SAFETY: the layout is not empty.
    let Some(block) = NonNull::new(unsafe { std::alloc::alloc(layout) }) else { return Err(refused) };
    if layout.align() == HUGE {
        // SAFETY: advice about memory that was just allocated, whole pages of it.
        unsafe { libc::madvise(block.as_ptr().cast(), layout.size() / HUGE * HUGE, libc::MADV_HUGEPAGE) };
    }
    let base = block.as_ptr().expose_provenance() as u64;
    let mut registry = REGISTRY.write();
    registry.made += 1;
    let id = registry.made;
    registry.live.insert(base, HostInfo { base, size, origin, id });
    CHANGES.note();
    Ok(block)
}

/// Counts memory of the program as pinned. False if part of it is pinned already.
pub(super) fn pin(base: u64, size: u64) -> bool {
    let mut registry = REGISTRY.write();
    let taken = registry.holder(base).is_some()
        || registry.live.range(base..base.saturating_add(size)).next().is_some();
    if !taken {
        registry.made += 1;
        let id = registry.made;
        registry.live.insert(base, HostInfo { base, size, origin: Origin::HostRegister, id });
        CHANGES.note();
    }
    !taken
}

/// Takes back one [`pin`].
pub(super) fn unpin(base: u64) {
    REGISTRY.write().live.remove(&base);
    CHANGES.note();
}

/// Frees the pinned block that begins at `address`.
pub fn free(address: u64, by: Origin) -> Result<HostInfo, MemoryError> {
    let mut registry = REGISTRY.write();
    let ours = registry.live.get(&address).is_some_and(|info| by.frees_pinned(info.origin));
    let Some(info) = ours.then(|| registry.live.remove(&address)).flatten() else {
        drop(registry);
        return Err(MemoryError::NotAStart {
            expected: Side::Host,
            address,
            found: super::describe(address),
        });
    };
    if registry.freed.len() == REMEMBERED {
        registry.freed.pop_front();
    }
    registry.freed.push_back((info, by));
    CHANGES.note();
    drop(registry);
    if let Some(layout) = layout(info.size.max(1)) {
        // SAFETY: `alloc` returned this address for this layout, and the registry gave it out once.
        unsafe { std::alloc::dealloc(ptr::with_exposed_provenance_mut(address as usize), layout) };
    }
    Ok(info)
}

/// The pinned block that holds an address; `None` for pageable memory.
pub fn lookup(address: u64) -> Option<HostInfo> {
    REGISTRY.read().holder(address)
}

/// Whether `len` bytes from `address` on stay inside the pinned block that holds it. Pageable memory is nobody's
/// business: it passes, with `None`.
pub fn check_range(address: u64, len: u64) -> Result<Option<HostInfo>, MemoryError> {
    let Some(info) = lookup(address) else { return Ok(None) };
    let offset = address - info.base;
    if len <= info.size - offset {
        return Ok(Some(info));
    }
    Err(MemoryError::PastHostEnd { base: info.base, size: info.size, origin: info.origin, offset, len })
}

/// The part of a pinned block, or of the room between blocks, that holds all of `len` bytes from `address` on.
#[inline]
pub(super) fn range(address: u64, len: u64) -> Option<Range> {
    let look_up = || Some(REGISTRY.read().around(address));
    let end = address.checked_add(len)?;
    recent::find(&RECENT, &CHANGES, (address, end), look_up)
}

/// A number that changes whenever a pinned block comes or goes.
#[inline]
pub(super) fn changes() -> u64 {
    CHANGES.count()
}

/// [`check_range`] for those who need only the block's number. Costs no lock where little changes.
#[inline]
pub fn block(address: u64, len: u64) -> Result<Option<u64>, MemoryError> {
    match range(address, len) {
        Some(range) => Ok((range.block != 0).then_some(range.block)),
        None => Ok(check_range(address, len)?.map(|info| info.id)),
    }
}

/// What a host address is, for a message.
#[cold]
pub(super) fn describe(address: u64) -> Found {
    let registry = REGISTRY.read();
    if let Some(info) = registry.holder(address) {
        return Found::Pinned { size: info.size, offset: address - info.base, origin: info.origin };
    }
    match registry.freed.iter().rev().find(|(info, _)| address.wrapping_sub(info.base) < info.size) {
        Some((info, by)) => Found::PinnedFreed { size: info.size, by: *by },
        None => Found::Foreign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_found_by_every_address_inside_and_by_none_outside() {
        let block = alloc(1000, Origin::MallocHost).unwrap().as_ptr() as u64;
        assert_eq!(block % ALIGN as u64, 0);
        for offset in [0, 1, 999] {
            assert_eq!(lookup(block + offset).unwrap().base, block);
        }
        assert!(lookup(block + 1000).is_none_or(|other| other.base != block));
        assert!(check_range(block + 10, 990).unwrap().is_some());
        let error = check_range(block + 10, 991).unwrap_err();
        assert!(error.to_string().contains("at most 990 bytes from offset 10"), "{error}");
        assert_eq!(free(block, Origin::FreeHost).unwrap().size, 1000);
    }

    #[test]
    fn what_a_thread_remembers_ends_with_the_block() {
        let start = alloc(1000, Origin::MallocHost).unwrap().as_ptr() as u64;
        let id = lookup(start).unwrap().id;
        for _ in 0..2 {
            assert_eq!(super::block(start + 10, 990), Ok(Some(id)));
            assert!(super::block(start + 10, 991).is_err());
        }
        free(start, Origin::FreeHost).unwrap();
        assert_ne!(super::block(start + 10, 990), Ok(Some(id)));
        let local = [0u8; 64];
        for _ in 0..2 {
            assert_eq!(super::block(local.as_ptr() as u64, 64), Ok(None));
        }
    }

    #[test]
    fn wrong_frees_say_what_the_address_is() {
        let block = alloc(8 << 20, Origin::MallocHostWithCfg).unwrap().as_ptr() as u64;
        assert_eq!(block % HUGE as u64, 0);
        let error = free(block + 64, Origin::FreeHost).unwrap_err();
        assert!(error.to_string().contains("64 bytes inside pinned host memory"), "{error}");
        free(block, Origin::FreeHost).unwrap();
        let local = 7u64;
        let error = free(&raw const local as u64, Origin::FreeHost).unwrap_err();
        assert!(error.to_string().contains("did not allocate"), "{error}");
    }

    #[test]
    fn what_messages_carry_is_not_the_programs_to_free() {
        let block = alloc(64, Origin::AllocBuf).unwrap().as_ptr() as u64;
        let error = free(block, Origin::FreeHost).unwrap_err();
        assert!(error.to_string().contains("64 bytes by aclrtAllocBuf"), "{error}");
        free(block, Origin::FreeBuf).unwrap();
        let block = alloc(64, Origin::MallocHost).unwrap().as_ptr() as u64;
        assert!(free(block, Origin::FreeBuf).is_err());
        free(block, Origin::FreeHost).unwrap();
    }

    #[test]
    fn a_size_past_the_address_space_is_refused() {
        let error = alloc(u64::MAX, Origin::MallocHost).unwrap_err();
        assert_eq!(error, MemoryError::HostOutOfMemory { requested: u64::MAX });
    }
}
