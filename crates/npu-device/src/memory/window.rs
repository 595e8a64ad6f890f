//! The two windows: the addresses that programs hold, and the memory behind them.
//!
//! One reservation without access rights holds both. Each device owns a slice of each: the heap at its beginning, room
//! for the virtual-memory interface behind it. Only committed parts of the backing window are readable and writable;
//! nothing is charged for the rest. With host-visible memory there is one window, and the offset is zero.

use super::{MemoryError, Setup, storage::Storage};
use std::{
    io,
    mem::MaybeUninit,
    ops::Range,
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
    ptr::{self, NonNull},
    sync::atomic::{AtomicU64, Ordering},
};

/// Slices begin at a multiple of this, so that every page size keeps its natural alignment.
const GIANT: u64 = 1 << 30;
/// Address space that is taken without need: a quarter of what a process has.
const MOST: u64 = 1 << 45;

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
pub(super) fn backing(address: u64) -> Option<NonNull<u8>> {
    offset_in_window(address)?;
    let address = address.wrapping_add(OFFSET.load(Ordering::Relaxed));
    NonNull::new(ptr::with_exposed_provenance_mut(address as usize))
}

/// Whether an address is in the range of some device, allocated or not.
#[inline]
pub(super) fn is_device(address: u64) -> bool {
    offset_in_window(address).is_some()
}

#[inline]
fn offset_in_window(address: u64) -> Option<u64> {
    let len = LEN.load(Ordering::Acquire);
    let offset = address.wrapping_sub(BASE.load(Ordering::Relaxed));
    (offset < len).then_some(offset)
}

/// The part of a range around a host address that has neither window in it.
pub(super) fn outside(address: u64, start: u64, end: u64) -> (u64, u64) {
    let (len, base) = (LEN.load(Ordering::Acquire), BASE.load(Ordering::Relaxed));
    if len == 0 {
        return (start, end);
    }
    let above = base + OFFSET.load(Ordering::Relaxed) + len;
    if address < base { (start, end.min(base)) } else { (start.max(above), end) }
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
        // Programs that grow segments in place reserve more than the capacity for each of them.
        let roomy = (2 * capacity, (64 * capacity).next_power_of_two());
        let spacious = roomy.1.saturating_mul(u64::from(setup.devices) * windows) <= MOST;
        let mut refused = MemoryError::NoDevice { device: 0, devices: setup.devices };
        for (heap, slice) in spacious.then_some(roomy).into_iter().chain([generous, tight]) {
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

    /// Whether an address of a device lies behind its heap.
    pub(super) fn is_room(&self, address: u64) -> bool {
        (address - self.base) & ((1 << self.shift) - 1) >= self.heap
    }

    /// The first address behind a device's heap, and the bytes from there to its end.
    pub(super) fn room_of(&self, device: u32) -> (u64, u64) {
        (self.base_of(device) + self.heap, (1 << self.shift) - self.heap)
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

/// Physical memory of one device: a file without a name, parts of which are mapped behind device addresses.
#[derive(Debug)]
pub(super) struct PhysicalFile(OwnedFd);

impl PhysicalFile {
    /// Of `capacity` bytes, none of which costs anything until it is written.
    pub(super) fn create(capacity: u64) -> io::Result<Self> {
        // SAFETY: a C string; the result is checked.
        let fd = unsafe { libc::memfd_create(c"aclsim".as_ptr(), libc::MFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: a fresh descriptor that nobody else owns.
        let file = unsafe { OwnedFd::from_raw_fd(fd) };
        // SAFETY: a descriptor of ours.
        match unsafe { libc::ftruncate(file.as_raw_fd(), capacity as libc::off_t) } {
            0 => Ok(PhysicalFile(file)),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Shows `len` bytes from `offset` on behind the device address `address`.
    pub(super) fn map(&self, address: u64, offset: u64, len: u64) -> io::Result<()> {
        let rights = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_SHARED | libc::MAP_FIXED | libc::MAP_NORESERVE;
        replace(address, len, rights, flags, self.0.as_raw_fd(), offset)
    }

    /// Takes a [`PhysicalFile::map`] back. Work that still runs there meets other memory, not a fault. A failure leaves
    /// the old content visible, which no check lets through.
    pub(super) fn unmap(&self, address: u64, len: u64) {
        let rights = libc::PROT_READ | libc::PROT_WRITE;
        let _ = replace(address, len, rights, NOTHING, -1, 0);
    }

    /// Lets the host itself see `len` bytes from `offset` on at the device address `address`.
    pub(super) fn show(&self, address: u64, offset: u64, len: u64, writable: bool) -> io::Result<()> {
        if OFFSET.load(Ordering::Relaxed) == 0 {
            return Ok(());
        }
        let rights = if writable { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_READ };
        let flags = libc::MAP_SHARED | libc::MAP_FIXED | libc::MAP_NORESERVE;
        put(address, len, rights, flags, self.0.as_raw_fd(), offset)
    }

    /// Takes a [`PhysicalFile::show`] back.
    pub(super) fn hide(&self, address: u64, len: u64) {
        if OFFSET.load(Ordering::Relaxed) != 0 {
            let _ = put(address, len, libc::PROT_NONE, NOTHING, -1, 0);
        }
    }

    /// Whether another process has locked a part by importing it.
    pub(super) fn is_locked(&self, offset: u64, len: u64) -> bool {
        let mut lock = part(libc::F_WRLCK, offset, len);
        // SAFETY: a descriptor of ours and a lock description that the call fills in.
        let asked = unsafe { libc::fcntl(self.0.as_raw_fd(), libc::F_OFD_GETLK, &mut lock) };
        asked == 0 && i32::from(lock.l_type) != libc::F_UNLCK
    }

    /// Locks a part, so that its owner knows that it is used. Ends with the last mapping and descriptor, also when the
    /// process dies.
    pub(super) fn lock(&self, offset: u64, len: u64) {
        let lock = part(libc::F_RDLCK, offset, len);
        // SAFETY: a descriptor of ours and a lock description. Without the lock the owner may only reuse memory early.
        unsafe { libc::fcntl(self.0.as_raw_fd(), libc::F_OFD_SETLK, &lock) };
    }

    /// Gives a part back to the system.
    pub(super) fn discard(&self, offset: u64, len: u64) {
        let mode = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
        // SAFETY: a descriptor of ours. Where the system refuses, the memory merely stays in use.
        unsafe { libc::fallocate(self.0.as_raw_fd(), mode, offset as libc::off_t, len as libc::off_t) };
    }
}

impl AsFd for PhysicalFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl From<OwnedFd> for PhysicalFile {
    /// A file of another process, opened anew.
    fn from(file: OwnedFd) -> PhysicalFile {
        PhysicalFile(file)
    }
}

fn part(kind: i32, offset: u64, len: u64) -> libc::flock {
    // SAFETY: zero is a value of every field.
    let mut lock: libc::flock = unsafe { MaybeUninit::zeroed().assume_init() };
    lock.l_type = kind as libc::c_short;
    lock.l_whence = libc::SEEK_SET as libc::c_short;
    lock.l_start = offset as libc::off_t;
    lock.l_len = len as libc::off_t;
    lock
}

/// Pages that are being moved: writers wait in the fault handler until they are where they go.
static MOVING: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];
/// Moves so far. A write that faulted may have been overtaken by the end of its move.
static MOVES: AtomicU64 = AtomicU64::new(0);

/// Whether the memory behind an address is being moved.
pub(super) fn is_moving(backing: u64) -> bool {
    let end = MOVING[1].load(Ordering::SeqCst);
    MOVING[0].load(Ordering::SeqCst) <= backing && backing < end
}

/// Moves so far.
pub(super) fn moves() -> u64 {
    MOVES.load(Ordering::SeqCst)
}

/// Copies what is behind device addresses while nobody can write there, then lets `put` replace the pages. The caller
/// makes one move at a time.
fn moved(
    address: u64,
    len: u64,
    copy: impl FnOnce(*const u8) -> io::Result<()>,
    put: impl FnOnce(u64) -> io::Result<()>,
) -> io::Result<()> {
    let start = address.wrapping_add(OFFSET.load(Ordering::Relaxed));
    let at: *mut libc::c_void = ptr::with_exposed_provenance_mut(start as usize);
    MOVING[0].store(start, Ordering::SeqCst);
    MOVING[1].store(start + len, Ordering::SeqCst);
    MOVES.fetch_add(1, Ordering::SeqCst);
    // SAFETY: committed pages of a heap. Whoever writes there meanwhile waits in the fault handler.
    let locked = unsafe { libc::mprotect(at, len as usize, libc::PROT_READ) };
    let result = if locked == 0 {
        copy(at.cast::<u8>().cast_const()).and_then(|()| put(start))
    } else {
        Err(io::Error::last_os_error())
    };
    if result.is_err() {
        // SAFETY: as above; the pages are still the ones that were there.
        unsafe { libc::mprotect(at, len as usize, libc::PROT_READ | libc::PROT_WRITE) };
    }
    MOVING[1].store(0, Ordering::SeqCst);
    result
}

/// Moves what is behind `len` bytes of device addresses, whole pages, into a file, from where it is seen from now on.
pub(super) fn move_out(file: &PhysicalFile, address: u64, offset: u64, len: u64) -> io::Result<()> {
    moved(
        address,
        len,
        |from| {
            let mut done = 0;
            while done < len {
                let (left, at) = ((len - done) as usize, (offset + done) as libc::off_t);
                let source = from.wrapping_add(done as usize);
                // SAFETY: readable pages, whatever they hold; the result is checked.
                let written = unsafe { libc::pwrite(file.0.as_raw_fd(), source.cast(), left, at) };
                if written <= 0 {
                    return Err(io::Error::last_os_error());
                }
                done += written as u64;
            }
            Ok(())
        },
        |_| file.map(address, offset, len),
    )
}

/// Makes what is behind device addresses private memory again, with or without its content.
pub(super) fn move_in(address: u64, len: u64, keep: bool) {
    if !keep {
        let rights = libc::PROT_READ | libc::PROT_WRITE;
        let _ = replace(address, len, rights, NOTHING, -1, 0);
        let start = address.wrapping_add(OFFSET.load(Ordering::Relaxed));
        advise(start..start + len, libc::MADV_HUGEPAGE);
        return;
    }
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let rights = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a fresh mapping at an address of the system's choice.
    let staging = unsafe { libc::mmap(ptr::null_mut(), len as usize, rights, flags, -1, 0) };
    if staging == libc::MAP_FAILED {
        // The pages stay shared, which nobody sees but an importer that should have ended.
        return;
    }
    let done = moved(
        address,
        len,
        |from| {
            // SAFETY: both are `len` bytes, the target fresh.
            unsafe { ptr::copy_nonoverlapping(from, staging.cast::<u8>(), len as usize) };
            Ok(())
        },
        |start| {
            let at: *mut libc::c_void = ptr::with_exposed_provenance_mut(start as usize);
            let how = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
            // SAFETY: replaces pages of the heap by the copies, at once.
            let placed = unsafe { libc::mremap(staging, len as usize, len as usize, how, at) };
            if placed == libc::MAP_FAILED {
                return Err(io::Error::last_os_error());
            }
            if OFFSET.load(Ordering::Relaxed) != 0 {
                advise(start..start + len, libc::MADV_DONTFORK);
            }
            advise(start..start + len, libc::MADV_HUGEPAGE);
            Ok(())
        },
    );
    if done.is_err() {
        // SAFETY: the staging pages are still where they were made, and nobody else knows them.
        unsafe { libc::munmap(staging, len as usize) };
    }
}

/// How a mapping of nothing in particular is made in place of another.
const NOTHING: i32 = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED;

/// Replaces what is mapped at `len` bytes of a window.
fn put(start: u64, len: u64, rights: i32, flags: i32, fd: i32, offset: u64) -> io::Result<()> {
    let at = ptr::with_exposed_provenance_mut(start as usize);
    // SAFETY: the range lies in the part of the reservation that the virtual-memory books own, at a page's start.
    let done = unsafe { libc::mmap(at, len as usize, rights, flags, fd, offset as libc::off_t) };
    if done == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Replaces what is mapped behind `len` bytes of device addresses.
fn replace(address: u64, len: u64, rights: i32, flags: i32, fd: i32, offset: u64) -> io::Result<()> {
    let start = address.wrapping_add(OFFSET.load(Ordering::Relaxed));
    put(start, len, rights, flags, fd, offset)?;
    if OFFSET.load(Ordering::Relaxed) != 0 {
        advise(start..start + len, libc::MADV_DONTFORK);
    }
    Ok(())
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
