//! The memory of messages: host memory that stays where it is while the message moves.

use crate::rt::memory_place::Span;
use capi::Result;
use npu_device::memory::{Origin, copy, host};
use npu_types::Serial;
use std::ptr;

/// Memory of a message. Freed when dropped.
#[derive(Debug)]
pub(crate) struct Block {
    address: u64,
    size: usize,
    origin: Origin,
}

impl Block {
    /// Memory of `size` bytes, with undefined content.
    ///
    /// # Errors
    /// The host has no more.
    pub(crate) fn new(size: usize, origin: Origin) -> Result<Block> {
        let address = host::alloc(size as u64, origin)?.as_ptr().expose_provenance() as u64;
        Ok(Block { address, size, origin })
    }

    /// Memory with a copy of what is in `source`, or of nothing.
    ///
    /// # Errors
    /// The host has no more.
    pub(crate) fn copy_of(source: Option<Span>, origin: Origin) -> Result<Block> {
        let block = Block::new(source.map_or(0, |span| span.len()), origin)?;
        if let Some(span) = source {
            // SAFETY: the span was checked to be live memory, which for memory of the program is its duty C2, and the
            // block is as long and nobody else's yet.
            unsafe { copy::copy(block.pointer(), span.pointer(), block.size, &Serial) };
        }
        Ok(block)
    }

    /// Copies the first `len` bytes, which the block has, to `target`, from its byte `at` on.
    pub(crate) fn copy_to(&self, len: usize, target: &Span, at: usize) {
        let len = len.min(self.size).min(target.len().saturating_sub(at));
        // SAFETY: the block has this many bytes, and the span, which was checked as in `copy_of`, has them behind `at`.
        unsafe { copy::copy(target.pointer().wrapping_add(at), self.pointer(), len, &Serial) };
    }

    /// The first byte.
    pub(crate) fn pointer(&self) -> *mut u8 {
        ptr::with_exposed_provenance_mut(self.address as usize)
    }

    /// How many bytes there are.
    pub(crate) fn size(&self) -> usize {
        self.size
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        let by = if self.origin == Origin::SendTensor { Origin::DestroyDataset } else { Origin::FreeBuf };
        // Nobody else may free it.
        let _ = host::free(self.address, by);
    }
}
