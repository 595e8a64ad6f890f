//! Single words of device memory, read and written in one piece while others may look.

use super::{MemoryError, backing, check_range, check_reach_of_task, describe, heap_at, mapping};
use std::{
    ptr::NonNull,
    sync::atomic::{AtomicU64, Ordering},
};

/// Bytes of a word, and what its address is a multiple of.
pub const WORD: u64 = 8;

/// Whether there is a word of live device memory at an address.
///
/// # Errors
/// The address is not a multiple of 8, or not in live device memory.
pub fn check_word(address: u64) -> Result<(), MemoryError> {
    aligned(address)?;
    check_range(address, WORD).map(drop)
}

fn aligned(address: u64) -> Result<(), MemoryError> {
    if address.is_multiple_of(WORD) {
        return Ok(());
    }
    let expected = format!("an address that is a multiple of {WORD}");
    Err(MemoryError::Mapping { expected, got: format!("{address:#x}") })
}

/// Does something with the `len` bytes behind an address, which stay accessible meanwhile: a heap's memory does so when
/// it is freed, and a mapping while it is held.
fn with_live<R>(address: u64, len: u64, act: impl FnOnce(NonNull<u8>) -> R) -> Result<R, MemoryError> {
    let dead = || MemoryError::NotLive { address, len, found: describe(address) };
    let act = || backing(address).ok_or_else(dead).map(act);
    match heap_at(address) {
        Some((device, None)) => {
            mapping::hold(device, address, |info| info.check(address, len).and_then(|_| act()))
                .ok_or_else(dead)?
        }
        _ => check_reach_of_task(address, len).and_then(|()| act()),
    }
}

/// The signed number of `size` bytes, 4 or else 8, at an address of live device memory, aligned or not.
///
/// # Errors
/// The address is not in live device memory for so many bytes.
pub fn load_number(address: u64, size: usize) -> Result<i64, MemoryError> {
    let len = if size == 4 { 4 } else { 8 };
    with_live(address, len, |behind| {
        if len == 4 {
            // SAFETY: four bytes that stay accessible meanwhile.
            return i64::from(unsafe { behind.cast::<i32>().read_unaligned() });
        }
        // SAFETY: eight bytes that stay accessible meanwhile.
        unsafe { behind.cast::<i64>().read_unaligned() }
    })
}

fn access<R>(address: u64, act: impl FnOnce(&AtomicU64) -> R) -> Result<R, MemoryError> {
    aligned(address)?;
    with_live(address, WORD, |behind| {
        // SAFETY: eight aligned bytes that stay accessible meanwhile. Whoever accesses the word at the same time is the
        // program's device work.
        act(unsafe { AtomicU64::from_ptr(behind.as_ptr().cast()) })
    })
}

/// The word at an address of live device memory.
///
/// # Errors
/// As for [`check_word`].
pub fn load_word(address: u64) -> Result<u64, MemoryError> {
    access(address, |word| word.load(Ordering::SeqCst))
}

/// Writes the word at an address of live device memory.
///
/// # Errors
/// As for [`check_word`].
pub fn store_word(address: u64, value: u64) -> Result<(), MemoryError> {
    access(address, |word| word.store(value, Ordering::SeqCst))
}
