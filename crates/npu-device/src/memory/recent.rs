//! A thread's memory of what it looked up last.
//!
//! Programs use few blocks many times: a caching allocator's segments, weights, one workspace, a staging buffer. What
//! is known of a range of addresses holds until the books change: for device memory until something is freed, for
//! host memory until a pinned block comes or goes.

use std::{
    cell::Cell,
    sync::atomic::{AtomicU64, Ordering},
    thread::LocalKey,
};

/// A count of the changes that make older knowledge worthless.
#[derive(Debug)]
pub(super) struct Changes(AtomicU64);

impl Changes {
    /// No change yet.
    pub(super) const fn new() -> Self {
        // Not 0, which is what a thread that knows nothing has seen.
        Changes(AtomicU64::new(1))
    }

    /// Called after the change.
    pub(super) fn note(&self) {
        self.0.fetch_add(1, Ordering::Release);
    }

    /// Changes so far.
    #[inline]
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// Frees on all devices.
pub(super) static FREES: Changes = Changes::new();

/// A range of addresses, and the number of the block it is (0 where it is no block).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub start: u64,
    pub end: u64,
    pub block: u64,
}

const NOTHING: Range = Range { start: 0, end: 0, block: 0 };
const WAYS: usize = 4;

/// What one thread knows: ranges that were as they are when `seen` was current.
pub(super) struct Recent {
    seen: Cell<u64>,
    next: Cell<usize>,
    ranges: [Cell<Range>; WAYS],
}

impl Recent {
    pub(super) const fn new() -> Self {
        Recent { seen: Cell::new(0), next: Cell::new(0), ranges: [const { Cell::new(NOTHING) }; WAYS] }
    }

    /// The range that holds all of `address..end`: a remembered one, or what `look_up` finds at `address`.
    #[inline]
    fn find(
        &self,
        changes: &Changes,
        (address, end): (u64, u64),
        look_up: impl FnOnce() -> Option<Range>,
    ) -> Option<Range> {
        // The count is read before the look-up: a change in between only makes what is remembered expire early.
        let now = changes.count();
        let holds = |range: &Range| range.start <= address && end <= range.end;
        if self.seen.get() == now {
            if let Some(range) = self.ranges.iter().map(Cell::get).find(holds) {
                return Some(range);
            }
        } else {
            self.seen.set(now);
            self.ranges.iter().for_each(|r| r.set(NOTHING));
        }
        let found = look_up()?;
        // The same block again, from an earlier address: one entry is enough.
        let known = self.ranges.iter().find(|r| r.get().end == found.end && r.get().block == found.block);
        match known {
            Some(range) => range.set(Range { start: found.start.min(range.get().start), ..found }),
            None => {
                let next = self.next.get();
                self.ranges[next].set(found);
                self.next.set((next + 1) % WAYS);
            }
        }
        holds(&found).then_some(found)
    }
}

/// As [`Recent::find`], in the calling thread's memory.
#[inline]
pub(super) fn find(
    recent: &'static LocalKey<Recent>,
    changes: &Changes,
    range: (u64, u64),
    look_up: impl FnOnce() -> Option<Range>,
) -> Option<Range> {
    recent.with(|recent| recent.find(changes, range, look_up))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_until_something_changes() {
        let (changes, recent) = (Changes::new(), Recent::new());
        let asked = Cell::new(0);
        let live = |address, end, left: Option<u64>| {
            let found = recent.find(&changes, (address, end), || {
                asked.set(asked.get() + 1);
                left.map(|left| Range { start: address, end: address + left, block: 7 })
            });
            (found.map(|f| f.block), asked.get())
        };
        assert_eq!(live(100, 110, Some(20)), (Some(7), 1));
        assert_eq!(live(105, 120, None), (Some(7), 1));
        assert_eq!(live(105, 121, Some(15)), (None, 2));
        // An earlier part of the same block widens the entry.
        assert_eq!(live(90, 95, Some(30)), (Some(7), 3));
        assert_eq!(live(91, 120, None), (Some(7), 3));
        for block in 2..=5 {
            assert!(live(block * 1000, block * 1000 + 8, Some(8)).0.is_some());
        }
        let (answer, before) = live(91, 120, Some(29));
        assert!(answer.is_some() && before == 8, "evicted, asked again: {before}");
        changes.note();
        assert_eq!(live(91, 120, None), (None, 9));
    }
}
