//! A thread's memory of what it looked up last.
//!
//! Programs use few blocks many times: a caching allocator's segments, weights, one workspace. A range that was live
//! stays live until something is freed, so a look-up that succeeded holds as long as the count of frees stands still.

use std::{
    cell::Cell,
    sync::atomic::{AtomicU64, Ordering},
};

/// Frees on all devices so far.
static FREES: AtomicU64 = AtomicU64::new(0);

const WAYS: usize = 4;

/// What one thread knows: ranges that were live when `frees` was current.
struct Recent {
    frees: Cell<u64>,
    next: Cell<usize>,
    ranges: [Cell<(u64, u64)>; WAYS],
}

thread_local! {
    static RECENT: Recent = const {
        Recent { frees: Cell::new(0), next: Cell::new(0), ranges: [const { Cell::new((0, 0)) }; WAYS] }
    };
}

/// Called after a block has stopped being live.
pub(super) fn forget() {
    FREES.fetch_add(1, Ordering::Release);
}

/// Whether `address..end` is known to be live; otherwise asks `reach` for the bytes that are live from `address` on
/// and remembers them.
#[inline]
pub(super) fn is_live(address: u64, end: u64, reach: impl FnOnce() -> Option<u64>) -> bool {
    is_live_since(&FREES, address, end, reach)
}

#[inline]
fn is_live_since(frees: &AtomicU64, address: u64, end: u64, reach: impl FnOnce() -> Option<u64>) -> bool {
    // The count is read before the look-up: a free in between only makes what is remembered expire early.
    let frees = frees.load(Ordering::Acquire);
    RECENT.with(|recent| {
        if recent.frees.get() == frees {
            if recent.ranges.iter().any(|r| r.get().0 <= address && end <= r.get().1) {
                return true;
            }
        } else {
            recent.frees.set(frees);
            recent.ranges.iter().for_each(|r| r.set((0, 0)));
        }
        let Some(left) = reach() else { return false };
        let live = (address, address + left);
        // The same block again, from an earlier address: one entry is enough.
        let known = recent.ranges.iter().find(|r| r.get().1 == live.1);
        match known {
            Some(range) => range.set((live.0.min(range.get().0), live.1)),
            None => {
                let next = recent.next.get();
                recent.ranges[next].set(live);
                recent.next.set((next + 1) % WAYS);
            }
        }
        end <= live.1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_until_something_is_freed() {
        let frees = AtomicU64::new(1);
        let forget = || frees.fetch_add(1, Ordering::Release);
        let mut asked = 0;
        let mut live = |address, end, left: Option<u64>| {
            let answer = is_live_since(&frees, address, end, || {
                asked += 1;
                left
            });
            (answer, asked)
        };
        forget();
        assert_eq!(live(100, 110, Some(20)), (true, 1));
        assert_eq!(live(105, 120, None), (true, 1));
        assert_eq!(live(105, 121, Some(15)), (false, 2));
        // An earlier part of the same block widens the entry.
        assert_eq!(live(90, 95, Some(30)), (true, 3));
        assert_eq!(live(91, 120, None), (true, 3));
        for block in 2..=5 {
            assert!(live(block * 1000, block * 1000 + 8, Some(8)).0);
        }
        let (answer, before) = live(91, 120, Some(29));
        assert!(answer && before == 8, "evicted, asked again: {before}");
        forget();
        assert_eq!(live(91, 120, None), (false, 9));
    }
}
