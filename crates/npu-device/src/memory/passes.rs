//! Ranges of memory that a thread was let through to before.
//!
//! What makes a small copy or fill legal (the current context, live memory, enough of it) is the same from one call to the
//! next until something of it changes. So a thread keeps the ranges that it used last, all of them as long as nothing
//! changed: then such a call compares a few addresses.

use super::{backing, device_of, frees, host, is_device, recent::Changes, unified, window};
use std::cell::Cell;

/// Changes outside the books of memory: a context that ended, a process that forked, a capture that began.
static RIGHTS: Changes = Changes::new();

/// Everything that was let through has to be asked again, by all threads. Async-signal-safe.
pub fn rights_changed() {
    RIGHTS.note();
}

/// A range in which every address is as good as any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    start: u64,
    end: u64,
    /// From the program's address to where the device finds the byte.
    shift: u64,
    /// The device, if it is memory of one.
    pub device: Option<u32>,
    /// The number of the allocation or pinned block, 0 for other memory.
    pub block: u64,
}

impl Pass {
    const NONE: Pass = Pass { start: 0, end: 0, shift: 0, device: None, block: 0 };

    fn of(address: u64, len: u64) -> Option<Pass> {
        if is_device(address) {
            let range = super::range(address, len)?;
            let shift = (backing(address)?.addr().get() as u64).wrapping_sub(address);
            let device = Some(device_of(address));
            return Some(Pass { start: range.start, end: range.end, shift, device, block: range.block });
        }
        let range = host::range(address, len)?;
        // The room between pinned blocks may have the windows in it, and null, which is in no range.
        let (start, end) = window::outside(address, range.start, range.end);
        let (start, end) = unified::outside(address, start, end);
        let pass = Pass { start: start.max(1), end, shift: 0, device: None, block: range.block };
        pass.holds(address, len).then_some(pass)
    }

    #[inline]
    fn holds(&self, address: u64, len: u64) -> bool {
        self.start <= address && address <= self.end && len <= self.end - address
    }

    /// Where the device finds the byte of an address in the range.
    #[inline]
    pub fn pointer(&self, address: u64) -> *mut u8 {
        std::ptr::with_exposed_provenance_mut(address.wrapping_add(self.shift) as usize)
    }
}

const WAYS: usize = 6;

struct Passes {
    seen: Cell<u64>,
    next: Cell<usize>,
    /// First and last address of each pass and where its bytes are, apart from the rest, which few callers read.
    starts: [Cell<u64>; WAYS],
    ends: [Cell<u64>; WAYS],
    shifts: [Cell<u64>; WAYS],
    /// The device, or [`HOST`].
    devices: [Cell<u32>; WAYS],
    blocks: [Cell<u64>; WAYS],
}

const HOST: u32 = u32::MAX;

impl Passes {
    const fn new() -> Self {
        Passes {
            seen: Cell::new(0),
            next: Cell::new(0),
            starts: [const { Cell::new(0) }; WAYS],
            ends: [const { Cell::new(0) }; WAYS],
            shifts: [const { Cell::new(0) }; WAYS],
            devices: [const { Cell::new(HOST) }; WAYS],
            blocks: [const { Cell::new(0) }; WAYS],
        }
    }

    #[inline]
    fn find(&self, address: u64, len: u64) -> Option<usize> {
        (0..WAYS).find(|i| {
            let (start, end) = (self.starts[*i].get(), self.ends[*i].get());
            start <= address && address <= end && len <= end - address
        })
    }

    #[inline]
    fn get(&self, i: usize) -> Pass {
        let device = Some(self.devices[i].get()).filter(|device| *device != HOST);
        let (start, end) = (self.starts[i].get(), self.ends[i].get());
        Pass { start, end, shift: self.shifts[i].get(), device, block: self.blocks[i].get() }
    }

    fn set(&self, i: usize, pass: Pass) {
        self.starts[i].set(pass.start);
        self.ends[i].set(pass.end);
        self.shifts[i].set(pass.shift);
        self.devices[i].set(pass.device.unwrap_or(HOST));
        self.blocks[i].set(pass.block);
    }

    #[inline]
    fn find_pair(&self, dst: u64, src: u64, len: u64) -> Option<(usize, usize)> {
        if self.seen.get() != moment() {
            return None;
        }
        let (dst, src) = (self.find(dst, len)?, self.find(src, len)?);
        let (to, from) = (self.devices[dst].get(), self.devices[src].get());
        // Access from one device to another is asked each time.
        (to == from || to == HOST || from == HOST).then_some((dst, src))
    }
}

thread_local! {
    static PASSES: Passes = const { Passes::new() };
}

/// A number that grows with every change that a pass depends on.
#[inline]
pub fn moment() -> u64 {
    // None of the three ever shrinks, so equal sums mean that none has changed.
    frees().wrapping_add(host::changes()).wrapping_add(RIGHTS.count())
}

/// Lets the calling thread use `len` bytes from `address` on again, which were found to be legal in every respect.
/// `before` is what [`moment`] said before that was found out.
pub fn grant(before: u64, address: u64, len: u64) {
    let Some(pass) = Pass::of(address, len) else { return };
    PASSES.with(|passes| {
        if passes.seen.replace(before) != before {
            (0..WAYS).for_each(|i| passes.set(i, Pass::NONE));
        }
        // The same range again, from an earlier address: one entry is enough.
        let same = |i: &usize| passes.ends[*i].get() == pass.end && passes.blocks[*i].get() == pass.block;
        if let Some(i) = (0..WAYS).find(same) {
            return passes.set(i, Pass { start: pass.start.min(passes.starts[i].get()), ..pass });
        }
        let next = passes.next.get();
        passes.set(next, pass);
        passes.next.set((next + 1) % WAYS);
    });
}

/// The pass for `len` bytes from `address` on, if the calling thread has one and nothing changed since.
#[inline]
pub fn recall(address: u64, len: u64) -> Option<Pass> {
    PASSES.with(|passes| {
        if passes.seen.get() != moment() {
            return None;
        }
        Some(passes.get(passes.find(address, len)?))
    })
}

/// [`recall`] for both ends of a copy.
#[inline]
pub fn recall_pair(dst: u64, src: u64, len: u64) -> Option<(Pass, Pass)> {
    PASSES.with(|passes| passes.find_pair(dst, src, len).map(|(dst, src)| (passes.get(dst), passes.get(src))))
}

/// Where a copy goes to and comes from, if the calling thread has passes for both ends.
#[inline]
pub fn recall_pointers(dst: u64, src: u64, len: u64) -> Option<(*mut u8, *const u8)> {
    PASSES.with(|passes| {
        let (to, from) = passes.find_pair(dst, src, len)?;
        let to = dst.wrapping_add(passes.shifts[to].get()) as usize;
        let from = src.wrapping_add(passes.shifts[from].get()) as usize;
        Some((std::ptr::with_exposed_provenance_mut(to), std::ptr::with_exposed_provenance(from)))
    })
}

/// Takes back what the calling thread was let through to: its current context is another one.
pub fn forget() {
    PASSES.with(|passes| passes.seen.set(0));
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_pass_holds_its_range_only() {
        let pass = Pass { start: 100, end: 200, ..Pass::NONE };
        assert!(pass.holds(100, 100) && pass.holds(150, 1));
        assert!(!pass.holds(99, 2) && !pass.holds(199, 2) && !pass.holds(0, 1) && !pass.holds(150, u64::MAX));
        assert!(!Pass::NONE.holds(1, 2));
    }

    #[test]
    fn a_pass_ends_with_any_change() {
        let bytes = [7_u8; 64];
        let address = bytes.as_ptr().expose_provenance() as u64;
        assert_eq!(recall(address, 64), None);
        // Other tests change the books: try until nobody did in between.
        let quietly = |body: &dyn Fn() -> Option<Pass>| {
            for _ in 0..10_000 {
                let before = moment();
                grant(before, address, 64);
                let found = body();
                if moment() == before {
                    return found;
                }
            }
            panic!("the books never stand still");
        };
        let found = quietly(&|| recall(address, 64)).unwrap();
        assert_eq!((found.pointer(address).addr() as u64, found.device), (address, None));
        assert_eq!(quietly(&|| recall(u64::MAX - 1, 64)), None, "past the address space");
        assert_eq!(quietly(&|| recall(0, 64)), None, "null");
        assert!(quietly(&|| recall_pair(address, address + 1, 63).map(|(to, _)| to)).is_some());
        grant(moment(), address, 64);
        rights_changed();
        assert_eq!(recall(address, 64), None);
        grant(moment(), address, 64);
        forget();
        assert_eq!(recall(address, 64), None);
    }
}
