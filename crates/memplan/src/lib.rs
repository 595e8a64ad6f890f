//! Static memory planning: offsets for buffers with known lifetimes.
//!
//! An operator's intermediates share one workspace: two buffers may overlap in memory if they do not overlap in time.
//! Operators have a handful of them, so zero, one and two buffers are answered at once and without allocating. Larger
//! problems are packed greedily in several orders, into the lowest gap, into the tightest, and from the bottom up; then
//! whatever reached the top is moved forward in the order and packed again, a bounded number of times. The result is
//! deterministic and valid.

mod pack;

use pack::Packer;
use smallvec::{SmallVec, smallvec};

/// A buffer that is live on `[start, end)`, in any unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buffer {
    /// When it is first used.
    pub start: u32,
    /// When it is no longer used. A buffer with `end <= start` is never live and conflicts with nothing.
    pub end: u32,
    /// Its size.
    pub size: u64,
    /// Its offset must be a multiple of this power of two.
    pub align: u64,
}

impl Buffer {
    /// Whether both are live at some time.
    pub fn meets(&self, other: &Buffer) -> bool {
        self.start < other.end && other.start < self.end && self.start < self.end && other.start < other.end
    }
}

/// Where each buffer goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The offset of each buffer, in the order they were given.
    pub offsets: SmallVec<[u64; 4]>,
    /// The size of the memory that holds them all.
    pub total: u64,
}

/// Finds offsets at which no two buffers that are live together overlap.
///
/// # Panics
/// If the sizes add up to more than a u64, or an alignment is not a power of two.
pub fn plan(buffers: &[Buffer]) -> Plan {
    assert!(buffers.iter().all(|b| b.align.is_power_of_two()), "alignments are powers of two");
    match buffers {
        [] => Plan { offsets: SmallVec::new(), total: 0 },
        [one] => Plan { offsets: smallvec![0], total: one.size },
        [a, b] => pair(a, b),
        many => Packer::new(many).best(),
    }
}

/// The most memory that is live at any time: no plan is smaller.
pub fn live_peak(buffers: &[Buffer]) -> u64 {
    let mut changes: Vec<(u32, bool, u64)> = Vec::with_capacity(2 * buffers.len());
    for b in buffers.iter().filter(|b| b.start < b.end) {
        changes.push((b.start, true, b.size));
        changes.push((b.end, false, b.size));
    }
    // At the same time ends come before starts: false sorts first.
    changes.sort_unstable();
    let mut live = 0;
    let mut peak = 0;
    for (_, starts, size) in changes {
        live = if starts { live + size } else { live - size };
        peak = peak.max(live);
    }
    peak
}

fn pair(a: &Buffer, b: &Buffer) -> Plan {
    if !a.meets(b) {
        return Plan { offsets: smallvec![0, 0], total: a.size.max(b.size) };
    }
    let after_a = a.size.next_multiple_of(b.align);
    let after_b = b.size.next_multiple_of(a.align);
    if after_a + b.size <= after_b + a.size {
        Plan { offsets: smallvec![0, after_a], total: after_a + b.size }
    } else {
        Plan { offsets: smallvec![after_b, 0], total: after_b + a.size }
    }
}
