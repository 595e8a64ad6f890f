//! Memory that a queued call needs beside its operands.

use capi::{
    Result,
    allocator::{self, Block},
};
use npu_device::{Stream, memory};
use std::ptr;

/// What every piece is aligned to.
const ALIGN: usize = 64;

/// Pieces of memory, one behind the other: from the allocator that the program registered for the stream, or else of the
/// host, taken when the call runs.
pub(crate) struct Room {
    base: *mut u8,
    offsets: Vec<usize>,
    total: usize,
}

// SAFETY: the memory belongs to the queued call until the stream has passed it.
unsafe impl Send for Room {}

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[expect(dead_code, reason = "used by address")] [u8; ALIGN]);

/// Memory of the host while a call runs.
pub(crate) struct Own(Vec<Line>);

impl Room {
    /// Room for pieces of these sizes, and the block to give back once the call is queued.
    ///
    /// # Errors
    /// The stream's allocator gave none.
    pub(crate) fn new(stream: &Stream, sizes: impl Iterator<Item = usize>) -> Result<(Room, Option<Block>)> {
        let (mut offsets, mut total) = (Vec::new(), 0);
        for size in sizes {
            offsets.push(total);
            total += size.next_multiple_of(ALIGN);
        }
        let registered = allocator::of(stream).filter(|_| total > 0);
        let block = match registered {
            Some(registered) => Some(Block::take(&registered, total as u64, ALIGN as u64)?),
            None => None,
        };
        let address = block.as_ref().and_then(|block| memory::backing(block.address()));
        let base = address.map_or(ptr::null_mut(), |address| address.as_ptr());
        Ok((Room { base, offsets, total }, block))
    }

    /// What the host has to give for one run.
    pub(crate) fn own(&self) -> Own {
        let lines = if self.base.is_null() { self.total / ALIGN } else { 0 };
        Own(vec![Line([0; ALIGN]); lines])
    }

    /// Where a piece is.
    pub(crate) fn piece(&self, own: &mut Own, number: usize) -> *mut u8 {
        let base = if self.base.is_null() { own.0.as_mut_ptr().cast() } else { self.base };
        base.wrapping_add(self.offsets[number])
    }
}
