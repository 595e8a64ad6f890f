//! Copies that a thread was let through before.
//!
//! What makes a small copy legal (the current context, both ranges, access between devices) is the same from one copy to
//! the next until something of it changes. So a thread keeps the pairs of ranges of its last copies, each as long as
//! nothing changed: then a copy is two comparisons of addresses and the copy.

use super::{backing, device_of, frees, host, is_device, recent::Changes, window};
use std::cell::Cell;

/// Changes outside the books of memory: a context that ended, a process that forked, a capture that began.
static RIGHTS: Changes = Changes::new();

/// Everything that was let through has to be asked again, by all threads. Async-signal-safe.
pub fn rights_changed() {
    RIGHTS.note();
}

/// One end of a copy: a range in which every address is as good as any other.
#[derive(Debug, Clone, Copy)]
struct End {
    start: u64,
    end: u64,
    /// From the program's address to where the device finds the byte.
    shift: u64,
}

impl End {
    const NONE: End = End { start: 0, end: 0, shift: 0 };

    fn of(address: u64, len: u64) -> Option<End> {
        if is_device(address) {
            let range = super::range(address, len)?;
            let shift = (backing(address)?.addr().get() as u64).wrapping_sub(address);
            return Some(End { start: range.start, end: range.end, shift });
        }
        let range = host::range(address, len)?;
        // The room between pinned blocks may have the windows in it.
        let (start, end) = window::outside(address, range.start, range.end);
        // Null is in no range.
        Some(End { start: start.max(1), end, shift: 0 }).filter(|end| end.holds(address, address + len))
    }

    #[inline]
    fn holds(&self, address: u64, end: u64) -> bool {
        self.start <= address && end <= self.end
    }
}

const WAYS: usize = 4;

struct Passes {
    seen: Cell<u64>,
    next: Cell<usize>,
    pairs: [Cell<(End, End)>; WAYS],
}

thread_local! {
    static PASSES: Passes = const {
        Passes {
            seen: Cell::new(0),
            next: Cell::new(0),
            pairs: [const { Cell::new((End::NONE, End::NONE)) }; WAYS],
        }
    };
}

/// A number that grows with every change that a pass depends on.
#[inline]
fn now() -> u64 {
    // None of the three ever shrinks, so equal sums mean that none has changed.
    frees().wrapping_add(host::changes()).wrapping_add(RIGHTS.count())
}

/// Lets the calling thread repeat a copy like this one, which was found to be legal in every respect. `before` is what
/// [`moment`] said before that was found out.
pub fn grant(before: u64, dst: u64, src: u64, len: u64) {
    if is_device(dst) && is_device(src) && device_of(dst) != device_of(src) {
        return;
    }
    let (Some(dst), Some(src)) = (End::of(dst, len), End::of(src, len)) else { return };
    PASSES.with(|passes| {
        if passes.seen.replace(before) != before {
            passes.pairs.iter().for_each(|pair| pair.set((End::NONE, End::NONE)));
        }
        let next = passes.next.get();
        passes.pairs[next].set((dst, src));
        passes.next.set((next + 1) % WAYS);
    });
}

/// The moment for [`grant`].
#[inline]
pub fn moment() -> u64 {
    now()
}

/// Where a copy of `len` bytes, at least 1, goes to and comes from, if the calling thread was let through with its like
/// before and nothing changed since.
#[inline]
pub fn recall(dst: u64, src: u64, len: u64) -> Option<(*mut u8, *const u8)> {
    let (dst_end, src_end) = (dst.checked_add(len)?, src.checked_add(len)?);
    PASSES.with(|passes| {
        if passes.seen.get() != now() {
            return None;
        }
        let found = passes.pairs.iter().map(Cell::get);
        let (to, from) =
            { found }.find(|(to, from)| to.holds(dst, dst_end) && from.holds(src, src_end))?;
        let dst = dst.wrapping_add(to.shift) as usize;
        let src = src.wrapping_add(from.shift) as usize;
        Some((std::ptr::with_exposed_provenance_mut(dst), std::ptr::with_exposed_provenance(src)))
    })
}

/// Takes back what the calling thread was let through with: its current context is another one.
pub fn forget() {
    PASSES.with(|passes| passes.seen.set(0));
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn an_end_holds_its_range_only() {
        let end = End { start: 100, end: 200, shift: 5 };
        assert!(end.holds(100, 200) && end.holds(150, 151));
        assert!(!end.holds(99, 101) && !end.holds(199, 201) && !end.holds(0, 1));
        assert!(!End::NONE.holds(1, 2));
    }

    #[test]
    fn a_pass_ends_with_any_change() {
        let (mut to, from) = ([0_u8; 64], [7_u8; 64]);
        let (dst, src) = (to.as_mut_ptr().expose_provenance() as u64, from.as_ptr().expose_provenance() as u64);
        assert_eq!(recall(dst, src, 64), None);
        // Other tests change the books, so a pass may be gone at once; without a change it must not be.
        let granted = |body: &dyn Fn()| {
            for _ in 0..1000 {
                let before = moment();
                grant(before, dst, src, 64);
                body();
                let there = recall(dst, src, 64);
                if moment() == before || there.is_some() {
                    return there;
                }
            }
            None
        };
        assert_eq!(granted(&|| ()).map(|(to, _)| to.addr() as u64), Some(dst));
        assert_eq!(recall(dst, u64::MAX, 64), None, "past the address space");
        grant(moment(), dst, src, 64);
        rights_changed();
        assert_eq!(recall(dst, src, 64), None);
        grant(moment(), dst, src, 64);
        forget();
        assert_eq!(recall(dst, src, 64), None);
    }
}
