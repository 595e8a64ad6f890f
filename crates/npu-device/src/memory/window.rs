//! The two windows: the addresses that programs hold, and the memory behind them.
//!
//! One reservation without access rights holds both. Each device owns a slice of each: the heap at its beginning, room
//! for the virtual-memory interface behind it. Only committed parts of the backing window are readable and writable;
//! nothing is charged for the rest. With host-visible memory there is one window, and the offset is zero.

use super::{MemoryError, Setup, storage::Storage};
use std::{
    io,
    ops::Range,
    ptr::{self, NonNull},
    sync::atomic::{AtomicU64, Ordering},
};

/// Slices begin at a multiple of this, so that every page size keeps its natural alignment.
const GIANT: u64 = 1 << 30;

static BASE: AtomicU64 = AtomicU64::new(0);
static LEN: AtomicU64 = AtomicU64::new(0);
static OFFSET: AtomicU64 = AtomicU64::new(0);

/// Where the devices are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    base: u64,
    shift: u32,
    heap: u64,
}

/// The byte behind a device address: a range check and an addition. `None` for anything else.
#[inline]
pub fn backing(address: u64) -> Option<NonNull<u8>> {
    offset_in_window(address)?;
    let address = address.wrapping_add(OFFSET.load(Ordering::Relaxed));
    NonNull::new(ptr::with_exposed_provenance_mut(address as usize))
}

/// Whether an address is in the range of some device, allocated or not.
#[inline]
pub fn is_device(address: u64) -> bool {
    offset_in_window(address).is_some()
}

#[inline]
fn offset_in_window(address: u64) -> Option<u64> {
    let len = LEN.load(Ordering::Acquire);
    let offset = address.wrapping_sub(BASE.load(Ordering::Relaxed));
    (offset < len).then_some(offset)
}

/// Whether an address is in the memory behind the window.
pub(super) fn is_backing(address: u64) -> bool {
    let offset = OFFSET.load(Ordering::Relaxed);
    offset != 0 && is_device(address.wrapping_sub(offset))
}

impl Window {
    /// Reserves the windows and makes them known. Called once per process.
    pub(super) fn reserve(setup: &Setup) -> Result<Self, MemoryError> {
        // A heap twice the capacity keeps large requests from failing for fragmentation alone, as on hardware, where
        // pages are remapped. Without address space for that, the heap is the capacity and nothing more.
        let capacity = setup.capacity.next_multiple_of(GIANT);
        let generous = (2 * capacity, (3 * capacity).next_power_of_two());
        let tight = (capacity, capacity.next_power_of_two());
        let windows = if setup.host_visible { 1 } else { 2 };
        let mut refused = MemoryError::NoDevice { device: 0, devices: setup.devices };
        for (heap, slice) in [generous, tight] {
            let len = slice * u64::from(setup.devices);
            let bytes = len * windows + GIANT;
            match map(bytes) {
                Ok(start) => {
                    let base = start.next_multiple_of(GIANT);
                    let offset = len * (windows - 1);
                    if !setup.host_visible {
                        // A forked child may not use the device, and should not pay for copying its page tables.
                        advise(base + offset..base + offset + len, libc::MADV_DONTFORK);
                    }
                    advise(base + offset..base + offset + len, libc::MADV_HUGEPAGE);
                    BASE.store(base, Ordering::Relaxed);
                    OFFSET.store(offset, Ordering::Relaxed);
                    LEN.store(len, Ordering::Release);
                    return Ok(Window { base, shift: slice.ilog2(), heap });
                }
                Err(error) => {
                    refused = MemoryError::Reserve {
                        bytes,
                        devices: setup.devices,
                        capacity: setup.capacity,
                        errno: error.raw_os_error().unwrap_or(0),
                    };
                }
            }
        }
        Err(refused)
    }

    /// Which device an address belongs to.
    #[inline]
    pub(super) fn device_of(&self, address: u64) -> Option<u32> {
        Some((offset_in_window(address)? >> self.shift) as u32)
    }

    /// The first address of a device.
    pub(super) fn base_of(&self, device: u32) -> u64 {
        self.base + (u64::from(device) << self.shift)
    }

    /// Bytes of address space of each device's heap.
    pub(super) fn heap(&self) -> u64 {
        self.heap
    }
}

/// The part of the backing window behind one device's heap.
#[derive(Debug)]
pub(super) struct Backed {
    start: u64,
}

impl Backed {
    /// Behind the heap that begins at device address `base`.
    pub(super) fn new(base: u64) -> Self {
        Backed { start: base.wrapping_add(OFFSET.load(Ordering::Relaxed)) }
    }
}

impl Storage for Backed {
    fn commit(&mut self, range: Range<u64>) -> io::Result<()> {
        let at = ptr::with_exposed_provenance_mut((self.start + range.start) as usize);
        // SAFETY: the range lies in this heap's part of the reservation, which nothing else uses.
        let result = unsafe {
            libc::mprotect(at, (range.end - range.start) as usize, libc::PROT_READ | libc::PROT_WRITE)
        };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    fn discard(&mut self, range: Range<u64>) {
        advise(self.start + range.start..self.start + range.end, libc::MADV_DONTNEED);
    }
}

fn map(bytes: u64) -> io::Result<u64> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    let bytes = usize::try_from(bytes).map_err(|_| io::Error::from_raw_os_error(libc::ENOMEM))?;
    // SAFETY: a fresh mapping at an address of the system's choice.
    let start = unsafe { libc::mmap(ptr::null_mut(), bytes, libc::PROT_NONE, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    Ok(start.expose_provenance() as u64)
}

/// Advice is advice: a kernel that refuses it still works.
fn advise(range: Range<u64>, advice: i32) {
    let at = ptr::with_exposed_provenance_mut(range.start as usize);
    // SAFETY: the range lies in the reservation; callers discard only ranges that hold no live allocation.
    unsafe { libc::madvise(at, (range.end - range.start) as usize, advice) };
}
