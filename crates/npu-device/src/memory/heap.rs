//! One device's heap: books, index, storage and the limits of the simulated chip.

use super::{
    AllocInfo, Found, GRANULE, Lookup, MemoryError, Origin, PagePolicy, Pages, Request, Side, Stats,
    books::{BlockId, Books},
    index::{Answer, Entry, Index},
    publish, recent,
    storage::Storage,
};
use parking_lot::Mutex;
use std::collections::HashMap;

/// The heap's storage is committed in steps of this many bytes: a system call each.
const COMMIT_STEP: u64 = 256 << 20;
const SYSTEM_PAGE: u64 = 4096;
const HUGE: u64 = 2 << 20;
const GIANT: u64 = 1 << 30;
/// Up to here HUGE_FIRST uses normal pages.
const HUGE_FROM: u64 = 1 << 20;

/// One device's heap.
#[derive(Debug)]
pub(super) struct Heap<S> {
    device: u32,
    base: u64,
    index: Index,
    limits: Limits,
    inner: Mutex<Inner<S>>,
}

/// What the simulated chip has.
#[derive(Debug, Clone, Copy)]
struct Limits {
    capacity: u64,
    huge: u64,
    giant: u64,
}

#[derive(Debug)]
struct Inner<S> {
    books: Books,
    storage: S,
    committed: u64,
    next_id: u64,
    live: u64,
    count: u64,
    requested: u64,
    peak: u64,
    high_water: u64,
    in_huge: u64,
    in_giant: u64,
    /// Physical memory that is mapped elsewhere: in use, but not as blocks.
    charged: u64,
    /// Blocks that a pool keeps although they were freed, by first granule.
    parked: HashMap<u32, (BlockId, Entry)>,
}

impl<S> Inner<S> {
    /// Bytes in use.
    fn used(&self) -> u64 {
        self.live + self.charged
    }

    fn count_pages(&mut self, pages: Pages) -> Option<&mut u64> {
        match pages {
            Pages::Normal => None,
            Pages::Huge => Some(&mut self.in_huge),
            Pages::Giant => Some(&mut self.in_giant),
        }
    }
}

fn is_pooled(entry: &Entry) -> bool {
    Origin::from_number(entry.tag) == Origin::MemPoolMallocAsync
}

fn tag(origin: Origin, pages: Pages) -> u32 {
    origin as u32 | (pages as u32) << 8
}

impl<S: Storage> Heap<S> {
    /// A heap of `space` bytes of addresses from `base` on, of which `capacity` may be in use.
    pub(super) fn new(device: u32, base: u64, space: u64, capacity: u64, storage: S) -> Self {
        let granules = u32::try_from(space / GRANULE).unwrap_or(u32::MAX - 1);
        // A sixteenth stays in normal pages: a chip whose every page is huge could not hold small objects.
        let huge = (capacity - capacity / 16) / HUGE * HUGE;
        let giant = huge / 2 / GIANT * GIANT;
        Heap {
            device,
            base,
            index: Index::new(granules),
            limits: Limits { capacity, huge, giant },
            inner: Mutex::new(Inner {
                books: Books::new(granules),
                storage,
                committed: 0,
                next_id: 1,
                live: 0,
                count: 0,
                requested: 0,
                peak: 0,
                high_water: 0,
                in_huge: 0,
                in_giant: 0,
                charged: 0,
                parked: HashMap::new(),
            }),
        }
    }

    fn info(&self, entry: &Entry) -> AllocInfo {
        AllocInfo {
            device: self.device,
            base: self.base + u64::from(entry.start) * GRANULE,
            size: entry.size,
            id: entry.id,
            origin: Origin::from_number(entry.tag),
            pages: Pages::from_number(entry.tag >> 8),
        }
    }

    fn granule(&self, address: u64) -> u32 {
        u32::try_from(address.wrapping_sub(self.base) / GRANULE).unwrap_or(u32::MAX)
    }

    fn pool(&self, inner: &Inner<S>, pages: Pages) -> (u64, u64) {
        let left = self.limits.capacity - inner.used();
        match pages {
            Pages::Normal => (left, self.limits.capacity),
            Pages::Huge => {
                (self.limits.huge.saturating_sub(inner.in_huge + inner.charged).min(left), self.limits.huge)
            }
            Pages::Giant => ((self.limits.giant - inner.in_giant).min(left), self.limits.giant),
        }
    }

    /// Allocates.
    pub(super) fn alloc(&self, request: &Request) -> Result<AllocInfo, MemoryError> {
        let rounded = request.size.checked_next_multiple_of(32).and_then(|s| match request.exact {
            true => Some(s),
            false => s.checked_add(32),
        });
        let mut inner = self.inner.lock();
        let refuse = |inner: &Inner<S>, pages| {
            let (free, capacity) = self.pool(inner, pages);
            MemoryError::OutOfMemory { device: self.device, pages, requested: request.size, free, capacity }
        };
        let wanted = match request.policy {
            PagePolicy::HugeFirst if request.size > HUGE_FROM => Pages::Huge,
            PagePolicy::HugeFirst | PagePolicy::NormalOnly => Pages::Normal,
            PagePolicy::HugeOnly => Pages::Huge,
            PagePolicy::GiantOnly => Pages::Giant,
        };
        // Pages are whole only where the program insists on their kind: rounding every large block to 2 MiB would
        // spend host memory on a simulated property.
        let unit = match request.policy {
            PagePolicy::HugeFirst | PagePolicy::NormalOnly => GRANULE,
            PagePolicy::HugeOnly => HUGE,
            PagePolicy::GiantOnly => GIANT,
        };
        // Blocks of 1 GiB pages get no extra 32 bytes.
        let rounded = if unit == GIANT { Some(request.size) } else { rounded };
        let Some(len) = rounded.and_then(|s| s.checked_next_multiple_of(unit)) else {
            return Err(refuse(&inner, wanted));
        };
        let mut pages = wanted;
        if len > self.pool(&inner, pages).0 && request.policy == PagePolicy::HugeFirst {
            pages = Pages::Normal;
        }
        if len > self.pool(&inner, pages).0 {
            return Err(refuse(&inner, pages));
        }
        let Ok(granules) = u32::try_from(len / GRANULE) else { return Err(refuse(&inner, pages)) };
        let Some(block) = inner.books.alloc(granules, (unit / GRANULE) as u32) else {
            return Err(refuse(&inner, pages));
        };
        let top = u64::from(inner.books.top()) * GRANULE;
        if top > inner.committed && !self.commit(&mut inner, top) {
            inner.books.release(block);
            return Err(refuse(&inner, pages));
        }
        Ok(self.publish(&mut inner, block, request, pages, len))
    }

    #[cold]
    fn commit(&self, inner: &mut Inner<S>, top: u64) -> bool {
        let from = inner.committed;
        let to = top.next_multiple_of(COMMIT_STEP);
        let done = inner.storage.commit(from..to).is_ok();
        if done {
            inner.committed = to;
        }
        done
    }

    fn publish(
        &self,
        inner: &mut Inner<S>,
        block: BlockId,
        request: &Request,
        pages: Pages,
        len: u64,
    ) -> AllocInfo {
        let (start, granules) = inner.books.span(block);
        let id = inner.next_id;
        let entry = Entry { start, len: granules, size: request.size, id, tag: tag(request.origin, pages) };
        self.index.insert(block, &entry);
        inner.next_id += 1;
        inner.count += 1;
        inner.live += len;
        publish::set_used(self.device, inner.used());
        inner.requested += request.size;
        inner.peak = inner.peak.max(inner.used());
        inner.high_water = inner.high_water.max(u64::from(inner.books.top()) * GRANULE);
        if let Some(used) = inner.count_pages(pages) {
            *used += len;
        }
        self.info(&entry)
    }

    /// Counts huge pages that are used outside the heap's own addresses.
    pub(super) fn charge(&self, bytes: u64) -> Result<(), MemoryError> {
        let mut inner = self.inner.lock();
        let (free, capacity) = self.pool(&inner, Pages::Huge);
        if bytes > free {
            let (device, pages) = (self.device, Pages::Huge);
            return Err(MemoryError::OutOfMemory { device, pages, requested: bytes, free, capacity });
        }
        inner.charged += bytes;
        inner.peak = inner.peak.max(inner.used());
        publish::set_used(self.device, inner.used());
        Ok(())
    }

    /// Takes back a [`Heap::charge`].
    pub(super) fn discharge(&self, bytes: u64) {
        let mut inner = self.inner.lock();
        inner.charged -= bytes;
        publish::set_used(self.device, inner.used());
    }

    /// What a request for huge pages fails with.
    pub(super) fn out_of_memory(&self, requested: u64) -> MemoryError {
        let (free, capacity) = self.pool(&self.inner.lock(), Pages::Huge);
        MemoryError::OutOfMemory { device: self.device, pages: Pages::Huge, requested, free, capacity }
    }

    /// Frees the allocation that begins at `address`.
    pub(super) fn free(&self, address: u64, by: Origin) -> Result<AllocInfo, MemoryError> {
        let mut inner = self.inner.lock();
        let exact = (address - self.base).is_multiple_of(GRANULE);
        match self.index.at_start(self.granule(address)) {
            // A pool's blocks are the pool's to free.
            Some((block, entry)) if exact && !is_pooled(&entry) => {
                self.release(&mut inner, block, &entry, by);
                Ok(self.info(&entry))
            }
            _ => {
                drop(inner);
                Err(MemoryError::NotAStart { expected: Side::Device, address, found: self.found(address) })
            }
        }
    }

    /// Ends a pool's block for the program; the memory stays the pool's.
    pub(super) fn park(&self, address: u64, by: Origin) -> Result<(), MemoryError> {
        let mut inner = self.inner.lock();
        match self.index.at_start(self.granule(address)) {
            Some((block, entry)) => {
                self.index.remove(&entry, by as u32);
                recent::FREES.note();
                inner.parked.insert(entry.start, (block, entry));
                Ok(())
            }
            None => {
                drop(inner);
                Err(MemoryError::NotAStart { expected: Side::Device, address, found: self.found(address) })
            }
        }
    }

    /// Gives a parked block to the program again, as `size` bytes and under its number.
    pub(super) fn unpark(&self, address: u64, size: u64) -> Result<AllocInfo, MemoryError> {
        let mut inner = self.inner.lock();
        let Some((block, mut entry)) = inner.parked.remove(&self.granule(address)) else {
            drop(inner);
            return Err(MemoryError::NotAStart {
                expected: Side::Device,
                address,
                found: self.found(address),
            });
        };
        inner.requested = inner.requested - entry.size + size;
        entry.size = size;
        self.index.insert(block, &entry);
        Ok(self.info(&entry))
    }

    /// Frees a parked block.
    pub(super) fn free_parked(&self, address: u64) {
        let mut inner = self.inner.lock();
        if let Some((block, entry)) = inner.parked.remove(&self.granule(address)) {
            self.give_back(&mut inner, block, &entry);
        }
    }

    /// Whether the block at an address has a number, for the program or parked.
    pub(super) fn has(&self, address: u64, id: u64) -> bool {
        match self.lookup(address) {
            Lookup::Live(info) => info.id == id,
            _ => {
                let inner = self.inner.lock();
                let granule = self.granule(address);
                let holds = |entry: &Entry| entry.start <= granule && granule - entry.start < entry.len;
                inner.parked.values().any(|(_, entry)| entry.id == id && holds(entry))
            }
        }
    }

    fn release(&self, inner: &mut Inner<S>, block: BlockId, entry: &Entry, by: Origin) {
        self.index.remove(entry, by as u32);
        recent::FREES.note();
        self.give_back(inner, block, entry);
    }

    fn give_back(&self, inner: &mut Inner<S>, block: BlockId, entry: &Entry) {
        inner.books.release(block);
        let len = u64::from(entry.len) * GRANULE;
        inner.count -= 1;
        inner.live -= len;
        publish::set_used(self.device, inner.used());
        inner.requested -= entry.size;
        if let Some(used) = inner.count_pages(Pages::from_number(entry.tag >> 8)) {
            *used -= len;
        }
    }

    /// Frees everything and gives the memory back to the system.
    pub(super) fn clear(&self, by: Origin) -> Vec<AllocInfo> {
        let mut inner = self.inner.lock();
        let live: Vec<_> = inner.books.live().map(|block| (block, inner.books.span(block).0)).collect();
        let mut freed = Vec::with_capacity(live.len());
        for (block, start) in live {
            if let Some((_, entry)) = self.index.at_start(start) {
                freed.push(self.info(&entry));
                self.release(&mut inner, block, &entry, by);
            }
        }
        for (_, (block, entry)) in std::mem::take(&mut inner.parked) {
            self.give_back(&mut inner, block, &entry);
        }
        self.discard(&mut inner);
        freed
    }

    /// Gives the memory of free blocks back to the system.
    pub(super) fn trim(&self) {
        self.discard(&mut self.inner.lock());
    }

    fn discard(&self, inner: &mut Inner<S>) {
        let above = u64::from(inner.books.top()) * GRANULE..inner.committed;
        let below = inner.books.free_spans().map(|(start, len)| {
            let start = u64::from(start) * GRANULE;
            start..start + u64::from(len) * GRANULE
        });
        for range in below.chain([above]) {
            let range = range.start.next_multiple_of(SYSTEM_PAGE)..range.end / SYSTEM_PAGE * SYSTEM_PAGE;
            if range.start < range.end {
                inner.storage.discard(range);
            }
        }
    }

    /// What an address is. Takes no lock unless the allocator is writing all the while.
    #[inline]
    pub(super) fn lookup(&self, address: u64) -> Lookup {
        match self.index.find(self.granule(address)) {
            Answer::Live(entry) => Lookup::Live(self.info(&entry)),
            Answer::Nothing => self.not_live(address),
            Answer::Busy => {
                let _quiet = self.inner.lock();
                self.lookup_now(address)
            }
        }
    }

    /// [`Heap::lookup`] that never waits: while the allocator is writing it may find nothing. For signal handlers.
    #[cold]
    pub(super) fn lookup_now(&self, address: u64) -> Lookup {
        match self.index.find(self.granule(address)) {
            Answer::Live(entry) => Lookup::Live(self.info(&entry)),
            Answer::Nothing | Answer::Busy => self.not_live(address),
        }
    }

    #[cold]
    fn not_live(&self, address: u64) -> Lookup {
        match self.index.last_freed(self.granule(address)) {
            Some((entry, by)) => Lookup::Freed(self.info(&entry), Origin::from_number(by)),
            None => Lookup::Unallocated(self.device),
        }
    }

    #[cold]
    fn found(&self, address: u64) -> Found {
        match self.lookup(address) {
            Lookup::Live(info) if info.base == address => Found::Device(info),
            Lookup::Live(info) => Found::Interior(info, address - info.base),
            Lookup::Freed(info, by) => Found::Freed(info, by),
            Lookup::Unallocated(device) => Found::Unallocated(device),
            Lookup::NotDevice => Found::Foreign,
        }
    }

    /// The live allocation that holds an address. `None` may also mean that the allocator was writing all the while.
    #[inline]
    pub(super) fn extent(&self, address: u64) -> Option<recent::Range> {
        let (start, size, block) = self.index.extent(self.granule(address))?;
        let start = self.base + u64::from(start) * GRANULE;
        Some(recent::Range { start, end: start + size, block })
    }

    /// The live allocation that holds `len` bytes from `address` on.
    #[inline]
    pub(super) fn check_range(&self, address: u64, len: u64) -> Result<AllocInfo, MemoryError> {
        match self.lookup(address) {
            Lookup::Live(info) => info.check(address, len),
            _ => Err(MemoryError::NotLive { address, len, found: self.found(address) }),
        }
    }

    /// The counters.
    pub(super) fn stats(&self) -> Stats {
        let inner = self.inner.lock();
        let free_below_top = inner.books.free_below_top() * GRANULE;
        let largest = u64::from(inner.books.largest_free()) * GRANULE;
        Stats {
            capacity: self.limits.capacity,
            live: inner.used(),
            requested: inner.requested + inner.charged,
            peak: inner.peak,
            high_water: inner.high_water,
            count: inner.count,
            made: inner.next_id - 1,
            huge_capacity: self.limits.huge,
            huge_used: inner.in_huge + inner.charged,
            giant_capacity: self.limits.giant,
            giant_used: inner.in_giant,
            fragmentation: if free_below_top == 0 {
                0.0
            } else {
                1.0 - largest as f64 / free_below_top as f64
            },
        }
    }

    /// Every live allocation, in no order.
    pub(super) fn live(&self) -> Vec<AllocInfo> {
        let inner = self.inner.lock();
        let starts = inner.books.live().map(|block| inner.books.span(block).0);
        starts.filter_map(|start| Some(self.info(&self.index.at_start(start)?.1))).collect()
    }

    /// Walks every invariant of books, index and counters.
    pub(super) fn check(&self) -> Result<(), String> {
        let inner = self.inner.lock();
        inner.books.check()?;
        let (mut live, mut count, mut requested, mut huge, mut giant) = (0, 0, 0, 0, 0);
        for block in inner.books.live() {
            let (start, len) = inner.books.span(block);
            let parked = inner.parked.get(&start).copied();
            let Some((indexed, entry)) = self.index.at_start(start).or(parked) else {
                return Err(format!("block {block} at {start} is not in the index"));
            };
            if parked.is_some() == (self.index.find(start) == Answer::Live(entry)) {
                return Err(format!("block {block} at {start} is parked and in the index"));
            }
            if indexed != block || entry.len != len {
                return Err(format!("block {block} at {start}+{len} is {indexed} {entry:?} in the index"));
            }
            if parked.is_none() && self.index.find(start + len - 1) != Answer::Live(entry) {
                return Err(format!("the last granule of {entry:?} is not found"));
            }
            let bytes = u64::from(len) * GRANULE;
            live += bytes;
            count += 1;
            requested += entry.size;
            match Pages::from_number(entry.tag >> 8) {
                Pages::Normal => {}
                Pages::Huge => huge += bytes,
                Pages::Giant => giant += bytes,
            }
        }
        for (start, _) in inner.books.free_spans() {
            if let Answer::Live(entry) = self.index.find(start) {
                return Err(format!("free granule {start} is in {entry:?}"));
            }
        }
        let counted = (live, count, requested, huge, giant);
        let kept = (inner.live, inner.count, inner.requested, inner.in_huge, inner.in_giant);
        if counted != kept {
            return Err(format!("counted {counted:?}, kept {kept:?}"));
        }
        if inner.used() > self.limits.capacity || u64::from(inner.books.top()) * GRANULE > inner.committed {
            return Err("more in use than there is".into());
        }
        Ok(())
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
