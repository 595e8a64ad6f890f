//! The buffer between a thread that records and the one that writes: records of words, one producer, one consumer.

use npu_types::sync::{
    Padded,
    atomic::{AtomicU64, Ordering},
};

/// What is left in a ring after a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// More than half.
    Plenty,
    /// Less than half: the consumer had better come soon.
    Little,
    /// The record did not fit and was not taken.
    None,
}

/// Words in a row, read in the order in which they were written.
#[derive(Debug)]
pub struct Ring {
    words: Box<[AtomicU64]>,
    /// Words ever written; only the producer changes it.
    written: Padded<AtomicU64>,
    /// Words ever read; only the consumer changes it.
    read: Padded<AtomicU64>,
}

impl Ring {
    /// A ring of so many words, a power of two.
    pub fn new(words: usize) -> Ring {
        let words = (0..words.next_power_of_two()).map(|_| AtomicU64::new(0)).collect();
        Ring { words, written: Padded(AtomicU64::new(0)), read: Padded(AtomicU64::new(0)) }
    }

    fn place(&self, number: u64) -> &AtomicU64 {
        &self.words[number as usize & (self.words.len() - 1)]
    }

    /// Appends a record, all of it or nothing. Only one thread at a time pushes; another one may be draining.
    #[inline]
    pub fn push(&self, record: &[u64]) -> Room {
        let written = self.written.load(Ordering::Relaxed);
        // Ordered after the consumer's last look at the words that are overwritten.
        let used = (written - self.read.load(Ordering::Acquire)) as usize + record.len();
        if used > self.words.len() {
            return Room::None;
        }
        for (offset, word) in (0..).zip(record) {
            self.place(written + offset).store(*word, Ordering::Relaxed);
        }
        self.written.store(written + record.len() as u64, Ordering::Release);
        if used * 2 > self.words.len() { Room::Little } else { Room::Plenty }
    }

    /// Moves every record to the end of `into`. Only one thread at a time drains.
    pub fn drain(&self, into: &mut Vec<u64>) {
        let written = self.written.load(Ordering::Acquire);
        let read = self.read.load(Ordering::Relaxed);
        into.extend((read..written).map(|number| self.place(number).load(Ordering::Relaxed)));
        self.read.store(written, Ordering::Release);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn records_come_out_as_they_went_in() {
        let ring = Ring::new(8);
        let mut out = Vec::new();
        for round in 0..5_u64 {
            assert_eq!(ring.push(&[round, 1, 2]), Room::Plenty);
            assert_eq!(ring.push(&[round, 3, 4]), Room::Little);
            assert_eq!(ring.push(&[9, 9, 9]), Room::None);
            ring.drain(&mut out);
            assert_eq!(out.split_off(0), [round, 1, 2, round, 3, 4]);
        }
    }
}
