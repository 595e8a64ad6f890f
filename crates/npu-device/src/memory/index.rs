//! From an address to the allocation that holds it, without a lock.
//!
//! The allocator is the one writer (under its own lock) and brackets every change with a sequence number that is odd
//! meanwhile. Readers read everything with relaxed atomics and believe it only if the number was even and has not
//! changed. They never wait: after a few attempts [`Index::find`] gives up and the caller asks again under the
//! allocator's lock. That also makes the index readable from a signal handler.

use npu_types::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use std::sync::OnceLock;

use Ordering::{Acquire, Relaxed, Release};

/// Granules per piece of the table from starting granule to block.
const CHUNK: usize = if cfg!(loom) { 8 } else { 1 << 16 };
/// Entries in the first piece of the table of blocks; each further piece is twice as long.
const FIRST: usize = if cfg!(loom) { 4 } else { 1 << 10 };
/// How many freed allocations are remembered.
const REMEMBERED: usize = if cfg!(loom) { 2 } else { 4096 };
const ATTEMPTS: usize = if cfg!(loom) { 2 } else { 64 };

/// What the index knows of an allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// First granule.
    pub start: u32,
    /// Granules.
    pub len: u32,
    /// Bytes asked for.
    pub size: u64,
    /// Number of the allocation on its device.
    pub id: u64,
    /// The caller's small facts, not interpreted here.
    pub tag: u32,
}

#[derive(Debug)]
#[repr(align(32))]
struct Slot {
    start: AtomicU32,
    len: AtomicU32,
    size: AtomicU64,
    id: AtomicU64,
    tag: AtomicU32,
}

impl Slot {
    fn new() -> Self {
        Slot {
            start: AtomicU32::new(0),
            len: AtomicU32::new(0),
            size: AtomicU64::new(0),
            id: AtomicU64::new(0),
            tag: AtomicU32::new(0),
        }
    }

    fn store(&self, entry: &Entry) {
        self.start.store(entry.start, Relaxed);
        self.len.store(entry.len, Relaxed);
        self.size.store(entry.size, Relaxed);
        self.id.store(entry.id, Relaxed);
        self.tag.store(entry.tag, Relaxed);
    }

    #[inline]
    fn load(&self) -> Entry {
        Entry {
            start: self.start.load(Relaxed),
            len: self.len.load(Relaxed),
            size: self.size.load(Relaxed),
            id: self.id.load(Relaxed),
            tag: self.tag.load(Relaxed),
        }
    }
}

/// A set of granules that finds the highest member at or below a number by looking at one word per level.
#[derive(Debug)]
struct Bits {
    levels: Vec<Box<[AtomicU64]>>,
}

impl Bits {
    fn new(len: u32) -> Self {
        let mut levels = Vec::new();
        let mut words = len as usize;
        loop {
            words = words.div_ceil(64).max(1);
            levels.push(zeroed_u64(words));
            if words == 1 {
                return Bits { levels };
            }
        }
    }

    fn insert(&self, granule: u32) {
        let mut at = granule as usize;
        for level in &self.levels {
            let word = &level[at / 64];
            let old = word.load(Relaxed);
            word.store(old | 1 << (at % 64), Relaxed);
            if old != 0 {
                return;
            }
            at /= 64;
        }
    }

    fn remove(&self, granule: u32) {
        let mut at = granule as usize;
        for level in &self.levels {
            let word = &level[at / 64];
            let new = word.load(Relaxed) & !(1 << (at % 64));
            word.store(new, Relaxed);
            if new != 0 {
                return;
            }
            at /= 64;
        }
    }

    /// The highest member that is at most `granule`. A torn read may answer anything but stays in bounds.
    #[inline]
    fn at_or_below(&self, granule: u32) -> Option<u32> {
        let at = granule as usize;
        let word = self.levels[0].get(at / 64)?.load(Relaxed);
        let below = word & (u64::MAX >> (63 - at % 64));
        if below != 0 {
            return Some((at / 64 * 64) as u32 + below.ilog2());
        }
        self.climb(at / 64)
    }

    fn climb(&self, mut at: usize) -> Option<u32> {
        for (height, level) in self.levels.iter().enumerate().skip(1) {
            let below = level[at / 64].load(Relaxed) & !(u64::MAX << (at % 64));
            if below != 0 {
                let mut found = at / 64 * 64 + below.ilog2() as usize;
                for level in self.levels[..height].iter().rev() {
                    found = found * 64 + level.get(found)?.load(Relaxed).checked_ilog2()? as usize;
                }
                return Some(found as u32);
            }
            at /= 64;
        }
        None
    }
}

#[cfg(not(loom))]
fn zeroed_u64(len: usize) -> Box<[AtomicU64]> {
    let words = Box::<[AtomicU64]>::new_zeroed_slice(len);
    // SAFETY: zero is a value of AtomicU64. Asking for zeroed memory (instead of storing zeros) leaves it untouched.
    unsafe { words.assume_init() }
}

#[cfg(loom)]
fn zeroed_u64(len: usize) -> Box<[AtomicU64]> {
    (0..len).map(|_| AtomicU64::new(0)).collect()
}

#[cfg(not(loom))]
fn zeroed_u32(len: usize) -> Box<[AtomicU32]> {
    let words = Box::<[AtomicU32]>::new_zeroed_slice(len);
    // SAFETY: zero is a value of AtomicU32. Asking for zeroed memory (instead of storing zeros) leaves it untouched.
    unsafe { words.assume_init() }
}

#[cfg(loom)]
fn zeroed_u32(len: usize) -> Box<[AtomicU32]> {
    (0..len).map(|_| AtomicU32::new(0)).collect()
}

/// A freed allocation and who freed it.
#[derive(Debug)]
struct Grave {
    slot: Slot,
    by: AtomicU32,
}

/// The index of one heap.
#[derive(Debug)]
pub(super) struct Index {
    sequence: AtomicU64,
    starts: Bits,
    blocks_at: Box<[OnceLock<Box<[AtomicU32]>>]>,
    slots: [OnceLock<Box<[Slot]>>; 23],
    graves: OnceLock<Box<[Grave]>>,
    buried: AtomicU64,
}

#[inline]
fn piece_of(block: u32) -> (usize, usize) {
    let number = block as usize + FIRST;
    let piece = (number.ilog2() - FIRST.ilog2()) as usize;
    (piece, number - (FIRST << piece))
}

/// What a read found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// The granule is in this live allocation.
    Live(Entry),
    /// It is in none.
    Nothing,
    /// The allocator was writing all the while.
    Busy,
}

impl Index {
    /// The index of a heap of `granules`.
    pub(super) fn new(granules: u32) -> Self {
        Index {
            sequence: AtomicU64::new(0),
            starts: Bits::new(granules),
            blocks_at: (0..(granules as usize).div_ceil(CHUNK)).map(|_| OnceLock::new()).collect(),
            slots: std::array::from_fn(|_| OnceLock::new()),
            graves: OnceLock::new(),
            buried: AtomicU64::new(0),
        }
    }

    #[inline]
    fn slot(&self, block: u32) -> Option<&Slot> {
        let (piece, at) = piece_of(block);
        self.slots.get(piece)?.get()?.get(at)
    }

    /// Makes a live allocation known. Only the allocator calls this, under its lock.
    pub(super) fn insert(&self, block: u32, entry: &Entry) {
        let (piece, at) = piece_of(block);
        let slots = self.slots[piece].get_or_init(|| (0..FIRST << piece).map(|_| Slot::new()).collect());
        let at_start = self.blocks_at[entry.start as usize / CHUNK].get_or_init(|| zeroed_u32(CHUNK));
        self.change(|| {
            slots[at].store(entry);
            at_start[entry.start as usize % CHUNK].store(block, Relaxed);
            self.starts.insert(entry.start);
        });
    }

    /// Forgets a live allocation, remembering who freed it. Only the allocator calls this, under its lock.
    pub(super) fn remove(&self, entry: &Entry, by: u32) {
        let graves = self.graves.get_or_init(|| {
            (0..REMEMBERED).map(|_| Grave { slot: Slot::new(), by: AtomicU32::new(0) }).collect()
        });
        let number = self.buried.load(Relaxed);
        let grave = &graves[number as usize % REMEMBERED];
        self.change(|| {
            self.starts.remove(entry.start);
            grave.slot.store(entry);
            grave.by.store(by, Relaxed);
            self.buried.store(number + 1, Relaxed);
        });
    }

    /// The block that begins at a granule, with its entry. Only the allocator calls this, under its lock.
    pub(super) fn at_start(&self, granule: u32) -> Option<(u32, Entry)> {
        let (block, entry) = self.holder(granule)?;
        (entry.start == granule).then_some((block, entry))
    }

    #[inline]
    fn change(&self, write: impl FnOnce()) {
        let sequence = self.sequence.load(Relaxed);
        self.sequence.store(sequence + 1, Relaxed);
        // The odd number must be seen before any of the writes.
        fence(Release);
        write();
        self.sequence.store(sequence + 2, Release);
    }

    #[inline]
    fn read<T>(&self, read: impl Fn() -> T) -> Option<T> {
        for _ in 0..ATTEMPTS {
            let before = self.sequence.load(Acquire);
            if before & 1 == 0 {
                let value = read();
                // The reads must be done before the number is compared.
                fence(Acquire);
                if self.sequence.load(Relaxed) == before {
                    return Some(value);
                }
            }
            #[cfg(not(loom))]
            std::hint::spin_loop();
        }
        None
    }

    #[inline]
    fn holder(&self, granule: u32) -> Option<(u32, Entry)> {
        let start = self.starts.at_or_below(granule)?;
        let block = self.blocks_at.get(start as usize / CHUNK)?.get()?[start as usize % CHUNK].load(Relaxed);
        let entry = self.slot(block)?.load();
        (granule.wrapping_sub(entry.start) < entry.len).then_some((block, entry))
    }

    /// The live allocation that holds a granule.
    #[inline]
    pub(super) fn find(&self, granule: u32) -> Answer {
        match self.read(|| self.holder(granule)) {
            Some(Some((_, entry))) => Answer::Live(entry),
            Some(None) => Answer::Nothing,
            None => Answer::Busy,
        }
    }

    /// First granule, size and number of the live allocation that holds a granule: [`Index::find`] reduced to what every
    /// operator asks of every tensor. `None` also when the allocator was writing all the while.
    #[inline]
    pub(super) fn extent(&self, granule: u32) -> Option<(u32, u64, u64)> {
        self.read(|| {
            let start = self.starts.at_or_below(granule)?;
            let chunk = self.blocks_at.get(start as usize / CHUNK)?.get()?;
            let slot = self.slot(chunk[start as usize % CHUNK].load(Relaxed))?;
            let inside = granule.wrapping_sub(slot.start.load(Relaxed)) < slot.len.load(Relaxed);
            inside.then(|| (start, slot.size.load(Relaxed), slot.id.load(Relaxed)))
        })
        .flatten()
    }

    /// The last allocation that held a granule and was freed, with the number of who freed it.
    pub(super) fn last_freed(&self, granule: u32) -> Option<(Entry, u32)> {
        let graves = self.graves.get()?;
        let buried = self.buried.load(Acquire);
        let oldest = buried.saturating_sub(REMEMBERED as u64);
        (oldest..buried).rev().find_map(|number| {
            let grave = &graves[number as usize % REMEMBERED];
            let (entry, by) = self.read(|| (grave.slot.load(), grave.by.load(Relaxed)))?;
            (granule.wrapping_sub(entry.start) < entry.len).then_some((entry, by))
        })
    }
}

#[cfg(test)]
mod tests;
