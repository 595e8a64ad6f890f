//! Greedy packing in many orders.

use crate::{Buffer, Plan, live_peak};
use smallvec::SmallVec;
use std::cmp::Reverse;

/// How often the order is repaired after the fixed ones.
const REPAIRS: usize = 320;
/// After this many repairs without a better plan the order starts again from the best.
const STALE: usize = 12;

/// What an order sorts by, largest first.
type Key = fn(&Buffer) -> Reverse<(u128, u64)>;

fn long(b: &Buffer) -> u64 {
    b.end.saturating_sub(b.start).into()
}

const KEYS: [Key; 5] = [
    |b| Reverse((b.size.into(), long(b))),
    |b| Reverse((u128::from(b.size) * u128::from(long(b)), b.size)),
    |b| Reverse((long(b).into(), b.size)),
    |b| Reverse((u128::from(u32::MAX - b.start), b.size)),
    |b| Reverse((b.end.into(), b.size)),
];

/// One problem, with the memory that its passes reuse.
pub(crate) struct Packer<'a> {
    buffers: &'a [Buffer],
    peak: u64,
    /// Placed so far, by offset: (offset, end, buffer).
    placed: Vec<(u64, u64, u32)>,
    offsets: Vec<u64>,
    best: Plan,
}

/// Which of the gaps that hold a buffer it goes to.
#[derive(Clone, Copy)]
enum Fit {
    Lowest,
    Tightest,
}

impl<'a> Packer<'a> {
    pub(crate) fn new(buffers: &'a [Buffer]) -> Self {
        Packer {
            buffers,
            peak: live_peak(buffers).max(buffers.iter().map(|b| b.size).max().unwrap_or(0)),
            placed: Vec::with_capacity(buffers.len()),
            offsets: vec![0; buffers.len()],
            best: Plan { offsets: SmallVec::new(), total: u64::MAX },
        }
    }

    /// The best plan found.
    pub(crate) fn best(mut self) -> Plan {
        let mut order: Vec<u32> = (0..self.buffers.len() as u32).collect();
        let mut best_order = order.clone();
        for fit in [Fit::Lowest, Fit::Tightest] {
            for key in KEYS {
                order.sort_by_key(|&i| key(&self.buffers[i as usize]));
                let packed = self.pass(&order, fit);
                let risen = matches!(fit, Fit::Tightest) && self.rise(&order);
                if packed || risen {
                    best_order.copy_from_slice(&order);
                }
                if self.best.total == self.peak {
                    return self.best;
                }
            }
        }
        self.repair(best_order);
        self.best
    }

    /// Moves the buffers that reached the top ahead of what got in their way, and packs again.
    fn repair(&mut self, mut order: Vec<u32>) {
        let mut kept = order.clone();
        let mut stale = 0;
        for round in 0..REPAIRS {
            if self.pass(&order, Fit::Lowest) {
                kept.copy_from_slice(&order);
                stale = 0;
            } else {
                stale += 1;
            }
            if self.best.total == self.peak {
                return;
            }
            if stale == STALE {
                // Far from anything good: start again from the best order, changed a little differently.
                order.copy_from_slice(&kept);
                let n = order.len();
                order[round % n..].rotate_left(1);
                stale = 0;
                continue;
            }
            let target = self.best.total;
            for at in 1..order.len() {
                let buffer = order[at] as usize;
                // A pass that was cut short leaves the rest unplaced; only the one that did not fit moves.
                let offset = self.offsets[buffer];
                if offset != u64::MAX && offset + self.buffers[buffer].size >= target {
                    let to = at / 2 + (round % 3) * at / 8;
                    order[to..=at].rotate_right(1);
                }
            }
        }
    }

    /// Packs in one order; keeps the result if it is the best so far.
    fn pass(&mut self, order: &[u32], fit: Fit) -> bool {
        self.placed.clear();
        self.offsets.fill(u64::MAX);
        let mut total = 0;
        for &index in order {
            let buffer = &self.buffers[index as usize];
            let offset = self.place(buffer, fit);
            self.offsets[index as usize] = offset;
            let end = offset + buffer.size;
            total = total.max(end);
            if total >= self.best.total {
                return false;
            }
            let at = self.placed.partition_point(|&(o, _, _)| o <= offset);
            self.placed.insert(at, (offset, end, index));
        }
        self.best = Plan { offsets: SmallVec::from_slice(&self.offsets), total };
        true
    }

    /// Packs from the bottom up: of the buffers that can go lowest on top of what lies there, the first in the order.
    fn rise(&mut self, order: &[u32]) -> bool {
        let mut floors = vec![0; self.buffers.len()];
        let mut left = order.to_vec();
        let mut total = 0;
        while let Some(at) = (0..left.len()).min_by_key(|&at| floors[left[at] as usize]) {
            let index = left.remove(at) as usize;
            let buffer = &self.buffers[index];
            let end = floors[index] + buffer.size;
            self.offsets[index] = floors[index];
            total = total.max(end);
            if total >= self.best.total {
                return false;
            }
            for &other in &left {
                let above = &self.buffers[other as usize];
                if above.meets(buffer) {
                    let floor = &mut floors[other as usize];
                    *floor = end.next_multiple_of(above.align).max(*floor);
                }
            }
        }
        self.best = Plan { offsets: SmallVec::from_slice(&self.offsets), total };
        true
    }

    fn place(&self, buffer: &Buffer, fit: Fit) -> u64 {
        let mut floor = 0u64;
        let mut tightest: Option<(u64, u64)> = None;
        for &(offset, end, other) in &self.placed {
            if !buffer.meets(&self.buffers[other as usize]) {
                continue;
            }
            let at = floor.next_multiple_of(buffer.align);
            if at + buffer.size <= offset {
                match fit {
                    Fit::Lowest => return at,
                    Fit::Tightest if tightest.is_none_or(|(gap, _)| offset - floor < gap) => {
                        tightest = Some((offset - floor, at));
                    }
                    Fit::Tightest => {}
                }
            }
            floor = floor.max(end);
        }
        tightest.map_or(floor.next_multiple_of(buffer.align), |(_, at)| at)
    }
}
