//! Managed memory: one address for host and devices, and advice about its pages.

use super::{Block, Body, HOST_PAGE, PAGE, STATE, State};
use crate::memory::{AllocInfo, MemoryError};
use std::{collections::BTreeMap, ptr};

/// Where managed pages may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// A device.
    Device(u32),
    /// The host.
    Host,
    /// A NUMA node of the host.
    Node(u32),
}

/// What a program says about how it will use pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// They are mostly read, or not any more.
    ReadMostly(bool),
    /// Where they had better be, if anywhere.
    Preferred(Option<Location>),
    /// Who will access them, or not any more.
    AccessedBy(Location, bool),
    /// Where they were last brought.
    Prefetched(Location),
}

/// What is known about pages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Advised {
    /// They are mostly read.
    pub read_mostly: bool,
    /// Where they had better be.
    pub preferred: Option<Location>,
    /// Who accesses them, in the order it was said.
    pub accessed_by: Vec<Location>,
    /// Where they were last brought.
    pub prefetched: Option<Location>,
}

impl Advised {
    fn take(&mut self, advice: Advice) {
        match advice {
            Advice::ReadMostly(is) => self.read_mostly = is,
            Advice::Preferred(location) => self.preferred = location,
            Advice::Prefetched(location) => self.prefetched = Some(location),
            Advice::AccessedBy(location, true) => {
                if !self.accessed_by.contains(&location) {
                    self.accessed_by.push(location);
                }
            }
            Advice::AccessedBy(location, false) => self.accessed_by.retain(|other| *other != location),
        }
    }

    /// What is true of both.
    fn common(mut self, other: &Advised) -> Advised {
        self.read_mostly &= other.read_mostly;
        self.preferred = self.preferred.filter(|_| self.preferred == other.preferred);
        self.prefetched = self.prefetched.filter(|_| self.prefetched == other.prefetched);
        self.accessed_by.retain(|location| other.accessed_by.contains(location));
        self
    }
}

/// What is known about a block's pages: each entry holds from its first byte to the next one.
pub(super) struct Map(BTreeMap<u64, Advised>);

impl Map {
    fn new() -> Map {
        Map(BTreeMap::from([(0, Advised::default())]))
    }

    fn split(&mut self, at: u64) {
        if let Some((_, before)) = self.0.range(..=at).next_back() {
            let same = before.clone();
            self.0.entry(at).or_insert(same);
        }
    }

    fn advise(&mut self, from: u64, to: u64, size: u64, advice: Advice) {
        self.split(from);
        if to < size {
            self.split(to);
        }
        for (_, advised) in self.0.range_mut(from..to) {
            advised.take(advice);
        }
        // Equal neighbours are one.
        let mut last: Option<Advised> = None;
        self.0.retain(|_, advised| {
            let same = last.as_ref() == Some(advised);
            last = Some(advised.clone());
            !same
        });
    }

    fn advised(&self, from: u64, to: u64) -> Advised {
        let first = self.0.range(..=from).next_back().map(|(_, advised)| advised.clone()).unwrap_or_default();
        self.0.range(from + 1..to.max(from + 1)).fold(first, |common, (_, advised)| common.common(advised))
    }

    pub fn check(&self, size: u64) -> Result<(), String> {
        let starts = self.0.keys().next() == Some(&0);
        let inside = self.0.keys().all(|at| *at < size && at.is_multiple_of(PAGE));
        let apart = self.0.values().zip(self.0.values().skip(1)).all(|(a, b)| a != b);
        if starts && inside && apart { Ok(()) } else { Err(format!("advice at {:?}", self.0.keys())) }
    }
}

/// Allocates managed memory of `size` bytes, rounded up to 2 MiB. The content is undefined.
///
/// # Errors
/// There are no addresses, or the host refuses.
pub fn alloc(device: u32, size: u64) -> Result<AllocInfo, MemoryError> {
    let refused = MemoryError::HostOutOfMemory { requested: size };
    let Some(len) = size.checked_next_multiple_of(PAGE).filter(|len| *len > 0) else { return Err(refused) };
    let mut state = STATE.write();
    let start = state.begin(len, device, |_| Body::Managed(Map::new()))?;
    let at = ptr::with_exposed_provenance_mut(start as usize);
    let rights = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: the pages belong to the block that was just made.
    if unsafe { libc::mprotect(at, len as usize, rights) } != 0 {
        state.end(start, crate::memory::Origin::Internal);
        return Err(refused);
    }
    // SAFETY: advice about pages of the same block.
    unsafe { libc::madvise(at, len as usize, libc::MADV_HUGEPAGE) };
    match state.blocks.get(&start) {
        Some(block) => Ok(block.info(start)),
        None => Err(refused),
    }
}

/// Gives the content of a freed block back. The pages stay accessible: work that still runs there must not fault.
pub(super) fn discard(start: u64, size: u64) {
    let at = ptr::with_exposed_provenance_mut(start as usize);
    // SAFETY: the pages belong to a block that has just ended.
    unsafe { libc::madvise(at, size as usize, libc::MADV_DONTNEED) };
}

impl State {
    /// The managed block of a whole range.
    fn managed(&mut self, address: u64, size: u64) -> Result<(u64, u64, &mut Map), MemoryError> {
        let refused = |got: String| MemoryError::Mapping {
            expected: format!("{size} bytes of memory of aclrtMemAllocManaged"),
            got,
        };
        let found = self.holder(address).map(|(start, block)| (start, block.size));
        let Some((start, len)) = found else { return Err(refused(format!("{address:#x}"))) };
        match self.blocks.get_mut(&start) {
            Some(Block { body: Body::Managed(map), .. }) if size <= len - (address - start) => {
                Ok((start, len, map))
            }
            Some(Block { body: Body::Managed(_), .. }) => {
                Err(refused(format!("{address:#x}, {} bytes inside {len}", address - start)))
            }
            _ => Err(refused(format!("{address:#x}, registered host memory"))),
        }
    }
}

/// Takes advice about the pages of a range.
///
/// # Errors
/// The range is not in one managed block.
pub fn advise(address: u64, size: u64, advice: Advice) -> Result<(), MemoryError> {
    let mut state = STATE.write();
    let (start, len, map) = state.managed(address, size)?;
    let from = (address - start) / PAGE * PAGE;
    let to = (address - start + size).next_multiple_of(PAGE).min(len);
    map.advise(from, to, len, advice);
    Ok(())
}

/// Brings the pages of a range into memory, if they still belong to one managed block.
pub fn populate(address: u64, size: u64) {
    if advised(address, size).is_err() {
        return;
    }
    let from = address / HOST_PAGE * HOST_PAGE;
    let len = (address + size).next_multiple_of(HOST_PAGE) - from;
    let at = ptr::with_exposed_provenance_mut(from as usize);
    // SAFETY: reads the pages in; those of a block that has ended meanwhile stay accessible. A host without the memory
    // refuses, and then they come when they are used.
    unsafe { libc::madvise(at, len as usize, libc::MADV_POPULATE_WRITE) };
}

/// The NUMA node that the calling thread runs on.
pub fn current_node() -> u32 {
    let mut node = 0u32;
    // SAFETY: writes the node into a local; the other two are not asked for.
    unsafe { libc::syscall(libc::SYS_getcpu, ptr::null_mut::<u32>(), &mut node, ptr::null_mut::<u8>()) };
    node
}

/// What is known about all pages of a range.
///
/// # Errors
/// The range is not in one managed block.
pub fn advised(address: u64, size: u64) -> Result<Advised, MemoryError> {
    let mut state = STATE.write();
    let (start, _, map) = state.managed(address, size)?;
    Ok(map.advised(address - start, address - start + size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_kept_page_by_page() {
        let (size, mut map) = (8 * PAGE, Map::new());
        let device = Location::Device(1);
        map.advise(PAGE, 3 * PAGE, size, Advice::ReadMostly(true));
        map.advise(2 * PAGE, 8 * PAGE, size, Advice::Preferred(Some(device)));
        map.advise(0, 8 * PAGE, size, Advice::AccessedBy(Location::Host, true));
        map.check(size).unwrap();
        assert!(map.advised(PAGE, 3 * PAGE).read_mostly);
        assert!(!map.advised(PAGE, 3 * PAGE + 1).read_mostly);
        assert_eq!(map.advised(2 * PAGE, 8 * PAGE).preferred, Some(device));
        assert_eq!(map.advised(PAGE, 8 * PAGE).preferred, None);
        assert_eq!(map.advised(0, 8 * PAGE).accessed_by, [Location::Host]);
        map.advise(0, 8 * PAGE, size, Advice::AccessedBy(Location::Host, false));
        map.advise(0, 8 * PAGE, size, Advice::ReadMostly(false));
        map.advise(0, 8 * PAGE, size, Advice::Preferred(None));
        map.check(size).unwrap();
        assert_eq!(map.0.len(), 1);
        assert_eq!(map.advised(0, size), Advised::default());
    }
}
