//! Single words of device memory, read and written in one piece while others may look.

use super::{MemoryError, backing, check_range, check_reach_of_task, describe, heap_at, mapping};
use std::sync::atomic::{AtomicU64, Ordering};

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

/// The signed number of `size` bytes, 4 or else 8, at an address of live device memory, aligned or not.
///
/// # Errors
/// The address is not in live device memory for so many bytes.
pub fn load_number(address: u64, size: usize) -> Result<i64, MemoryError> {
    let len = if size == 4 { 4 } else { 8 };
    let dead = || MemoryError::NotLive { address, len, found: describe(address) };
    let read = || {
        let behind = backing(address).ok_or_else(dead)?.as_ptr();
        if len == 4 {
            // SAFETY: four bytes behind a live allocation, see `access`.
            return Ok(i64::from(unsafe { behind.cast::<i32>().read_unaligned() }));
        }
        // SAFETY: eight bytes behind a live allocation, see `access`.
        Ok(unsafe { behind.cast::<i64>().read_unaligned() })
    };
    match heap_at(address) {
        Some((device, None)) => {
            mapping::hold(device, address, |info| info.check(address, len).and_then(|_| read()))
                .ok_or_else(dead)?
        }
        _ => check_reach_of_task(address, len).and_then(|()| read()),
    }
}

fn access<R>(address: u64, act: impl FnOnce(&AtomicU64) -> R) -> Result<R, MemoryError> {
    aligned(address)?;
    let dead = || MemoryError::NotLive { address, len: WORD, found: describe(address) };
    let act = || {
        let behind = backing(address).ok_or_else(dead)?;
        // SAFETY: eight aligned bytes behind a live allocation. A heap's memory stays accessible when it is freed, and a
        // mapping stays while it is held. Whoever accesses the word at the same time is the program's device work.
        let word = unsafe { AtomicU64::from_ptr(behind.as_ptr().cast()) };
        Ok(act(word))
    };
    match heap_at(address) {
        Some((device, None)) => {
            mapping::hold(device, address, |info| info.check(address, WORD).and_then(|_| act()))
                .ok_or_else(dead)?
        }
        _ => check_reach_of_task(address, WORD).and_then(|()| act()),
    }
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
