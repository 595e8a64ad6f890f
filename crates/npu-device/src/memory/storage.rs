//! What the books' offsets stand for.

use std::{io, ops::Range};

/// The memory of one heap, addressed by offset.
pub(super) trait Storage {
    /// Makes a range, a multiple of the page size, readable and writable. It was never committed before.
    fn commit(&mut self, range: Range<u64>) -> io::Result<()>;

    /// Gives the content of a committed range, a multiple of the page size, back to the system.
    fn discard(&mut self, range: Range<u64>);
}
