//! Device memory: addresses that the host cannot touch, the memory behind them, and who owns which byte.
//!
//! A program holds addresses in a window without access rights; the simulated device works on the same byte at a
//! constant offset ([`backing`]). The allocator's books, the lock-free index for address look-ups and the storage are
//! separate, so each is tested alone.

mod books;
pub mod copy;
mod error;
mod fault;
#[cfg_attr(loom, allow(dead_code, reason = "models share no memory between processes"))]
mod heap;
pub mod host;
mod index;
#[cfg_attr(loom, allow(dead_code, reason = "models share no memory between processes"))]
pub mod mapping;
pub mod passes;
pub mod publish;
mod recent;
#[cfg(not(loom))]
pub mod share;
pub mod snapshot;
mod storage;
pub mod unified;
#[cfg_attr(loom, allow(dead_code, reason = "models share no memory between processes"))]
mod window;
mod word;

pub use error::{Found, MemoryError, Side};
pub(crate) use fault::set_working;
pub use word::{check_word, load_number, load_word, store_word};

use heap::Heap;
use parking_lot::Mutex;
use std::{fmt, ptr::NonNull, sync::OnceLock};
use window::{Backed, Window};

/// Every device allocation begins at a multiple of this.
pub const GRANULE: u64 = 512;
/// The largest capacity of one device: books count granules in 32 bits, and the heap is twice the capacity.
pub const MAX_CAPACITY: u64 = 1 << 40;

/// What the devices' memory should look like. Fixed for the life of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    /// How many devices, 1 to 64.
    pub devices: u32,
    /// Bytes of memory of each device, at most [`MAX_CAPACITY`].
    pub capacity: u64,
    /// For debugging: device addresses are readable and writable by the host.
    pub host_visible: bool,
}

/// Which function made or freed an allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[expect(missing_docs, reason = "each is the function it is named after")]
pub enum Origin {
    Internal,
    Malloc,
    MallocAlign32,
    MallocCached,
    MallocWithCfg,
    Free,
    FreeWithDevSync,
    ResetDevice,
    MallocHost,
    MallocHostWithCfg,
    FreeHost,
    MapMem,
    HostRegister,
    HostUnregister,
    MemAllocManaged,
    MallocForTaskScheduler,
    FreeHostWithDevSync,
    MemPoolMallocAsync,
    MemPoolFreeAsync,
    IpcMemImportByKey,
    IpcMemClose,
    Program,
    AllocBuf,
    FreeBuf,
    EnqueueData,
    SendTensor,
    DestroyDataset,
}

impl Origin {
    const ALL: [Origin; 27] = [
        Origin::Internal,
        Origin::Malloc,
        Origin::MallocAlign32,
        Origin::MallocCached,
        Origin::MallocWithCfg,
        Origin::Free,
        Origin::FreeWithDevSync,
        Origin::ResetDevice,
        Origin::MallocHost,
        Origin::MallocHostWithCfg,
        Origin::FreeHost,
        Origin::MapMem,
        Origin::HostRegister,
        Origin::HostUnregister,
        Origin::MemAllocManaged,
        Origin::MallocForTaskScheduler,
        Origin::FreeHostWithDevSync,
        Origin::MemPoolMallocAsync,
        Origin::MemPoolFreeAsync,
        Origin::IpcMemImportByKey,
        Origin::IpcMemClose,
        Origin::Program,
        Origin::AllocBuf,
        Origin::FreeBuf,
        Origin::EnqueueData,
        Origin::SendTensor,
        Origin::DestroyDataset,
    ];

    fn from_number(number: u32) -> Self {
        Self::ALL.get((number & 0xff) as usize).copied().unwrap_or(Origin::Internal)
    }

    /// The function's name in C.
    pub fn name(self) -> &'static str {
        match self {
            Origin::Internal => "the runtime",
            Origin::Malloc => "aclrtMalloc",
            Origin::MallocAlign32 => "aclrtMallocAlign32",
            Origin::MallocCached => "aclrtMallocCached",
            Origin::MallocWithCfg => "aclrtMallocWithCfg",
            Origin::Free => "aclrtFree",
            Origin::FreeWithDevSync => "aclrtFreeWithDevSync",
            Origin::ResetDevice => "aclrtResetDevice",
            Origin::MallocHost => "aclrtMallocHost",
            Origin::MallocHostWithCfg => "aclrtMallocHostWithCfg",
            Origin::FreeHost => "aclrtFreeHost",
            Origin::MapMem => "aclrtMapMem",
            Origin::HostRegister => "aclrtHostRegister",
            Origin::HostUnregister => "aclrtHostUnregister",
            Origin::MemAllocManaged => "aclrtMemAllocManaged",
            Origin::MallocForTaskScheduler => "aclrtMallocForTaskScheduler",
            Origin::FreeHostWithDevSync => "aclrtFreeHostWithDevSync",
            Origin::MemPoolMallocAsync => "aclrtMemPoolMallocAsync",
            Origin::MemPoolFreeAsync => "aclrtMemPoolFreeAsync",
            Origin::IpcMemImportByKey => "aclrtIpcMemImportByKey",
            Origin::IpcMemClose => "aclrtIpcMemClose",
            Origin::Program => "the program",
            Origin::AllocBuf => "aclrtAllocBuf",
            Origin::FreeBuf => "aclrtFreeBuf",
            Origin::EnqueueData => "acltdtEnqueueData",
            Origin::SendTensor => "acltdtSendTensor",
            Origin::DestroyDataset => "acltdtDestroyDataset",
        }
    }

    /// Whether this frees pinned memory that `made` made: what messages carry goes with them, what the program
    /// registered is its own.
    fn frees_pinned(self, made: Origin) -> bool {
        let carried = matches!(made, Origin::AllocBuf | Origin::EnqueueData | Origin::SendTensor);
        made != Origin::HostRegister && carried == matches!(self, Origin::FreeBuf | Origin::DestroyDataset)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The kind of page an allocation sits in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Pages {
    /// 4 KiB.
    Normal,
    /// 2 MiB.
    Huge,
    /// 1 GiB.
    Giant,
}

impl Pages {
    fn from_number(number: u32) -> Self {
        match number & 0xff {
            1 => Pages::Huge,
            2 => Pages::Giant,
            _ => Pages::Normal,
        }
    }

    /// Bytes per page.
    pub fn bytes(self) -> u64 {
        match self {
            Pages::Normal => 4 << 10,
            Pages::Huge => 2 << 20,
            Pages::Giant => 1 << 30,
        }
    }
}

impl fmt::Display for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Pages::Normal => "normal",
            Pages::Huge => "huge-page",
            Pages::Giant => "1 GiB page",
        })
    }
}

/// Which pages a request may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PagePolicy {
    /// Huge pages above 1 MiB while there are any, else normal ones.
    HugeFirst,
    /// Huge pages or failure.
    HugeOnly,
    /// Normal pages.
    NormalOnly,
    /// 1 GiB pages or failure.
    GiantOnly,
}

/// A request for device memory.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// Bytes, at least 1.
    pub size: u64,
    /// Which pages.
    pub policy: PagePolicy,
    /// Without the extra 32 bytes behind the block.
    pub exact: bool,
    /// Who asks.
    pub origin: Origin,
}

/// A device allocation, live or remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllocInfo {
    /// The device.
    pub device: u32,
    /// Its first address.
    pub base: u64,
    /// Bytes asked for.
    pub size: u64,
    /// Its number on its device, from 1; never used again.
    pub id: u64,
    /// Who made it.
    pub origin: Origin,
    /// Where it sits.
    pub pages: Pages,
}

impl AllocInfo {
    /// Whether `len` bytes from `address` on, which lies inside, lie inside as well.
    fn check(self, address: u64, len: u64) -> Result<AllocInfo, MemoryError> {
        let offset = address - self.base;
        if offset <= self.size && len <= self.size - offset {
            return Ok(self);
        }
        Err(MemoryError::PastEnd { info: self, offset, len })
    }
}

impl fmt::Display for AllocInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "allocation #{} of {} bytes at {:#x} on device {} (by {})",
            self.id, self.size, self.base, self.device, self.origin
        )
    }
}

/// What an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// In a live allocation (or in the padding behind it).
    Live(AllocInfo),
    /// In no live allocation; the last one here, and who freed it.
    Freed(AllocInfo, Origin),
    /// In this device's range, in no allocation that is remembered.
    Unallocated(u32),
    /// Not device memory.
    NotDevice,
}

/// A device's counters, in bytes unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stats {
    /// What the device has.
    pub capacity: u64,
    /// In use, rounded.
    pub live: u64,
    /// In use, as asked for.
    pub requested: u64,
    /// The most that was ever in use, rounded.
    pub peak: u64,
    /// The highest end of any block so far.
    pub high_water: u64,
    /// Live allocations.
    pub count: u64,
    /// Allocations ever made.
    pub made: u64,
    /// The pool of huge pages.
    pub huge_capacity: u64,
    /// Its part in use.
    pub huge_used: u64,
    /// The pool of 1 GiB pages.
    pub giant_capacity: u64,
    /// Its part in use.
    pub giant_used: u64,
    /// 0 when the free memory between blocks is in one piece, towards 1 the more it is scattered.
    pub fragmentation: f64,
}

struct Devices {
    setup: Setup,
    window: Window,
    heaps: Box<[OnceLock<Heap<Backed>>]>,
}

static DEVICES: OnceLock<Devices> = OnceLock::new();

/// Reserves the devices' address ranges. The first call decides; later ones change nothing and succeed.
pub fn install(setup: &Setup) -> Result<(), MemoryError> {
    static INSTALLING: Mutex<()> = Mutex::new(());
    if DEVICES.get().is_some() {
        return Ok(());
    }
    let _one = INSTALLING.lock();
    if DEVICES.get().is_some() {
        return Ok(());
    }
    let window = Window::reserve(setup)?;
    let heaps = (0..setup.devices).map(|_| OnceLock::new()).collect();
    let _ = DEVICES.set(Devices { setup: *setup, window, heaps });
    fault::install();
    publish::start();
    Ok(())
}

/// The heap that an address belongs to, if something was ever allocated there.
#[inline]
fn heap_at(address: u64) -> Option<(u32, Option<&'static Heap<Backed>>)> {
    let devices = DEVICES.get()?;
    let device = devices.window.device_of(address)?;
    if devices.window.is_room(address) {
        return Some((device, None));
    }
    Some((device, devices.heaps.get(device as usize)?.get()))
}

/// Which device an address belongs to.
fn device_at(address: u64) -> Option<u32> {
    DEVICES.get()?.window.device_of(address)
}

/// Where a device's room for virtual memory begins, its bytes, and the device's capacity.
fn room_of(device: u32) -> Result<(u64, u64, u64), MemoryError> {
    let none = || MemoryError::NoDevice { device, devices: DEVICES.get().map_or(0, |d| d.setup.devices) };
    let devices = DEVICES.get().filter(|d| device < d.setup.devices).ok_or_else(none)?;
    let (base, room) = devices.window.room_of(device);
    Ok((base, room, devices.setup.capacity))
}

fn heap_of(device: u32) -> Result<&'static Heap<Backed>, MemoryError> {
    let none = || MemoryError::NoDevice { device, devices: DEVICES.get().map_or(0, |d| d.setup.devices) };
    let devices = DEVICES.get().ok_or_else(none)?;
    let heap = devices.heaps.get(device as usize).ok_or_else(none)?;
    Ok(heap.get_or_init(|| {
        let base = devices.window.base_of(device);
        Heap::new(device, base, devices.window.heap(), devices.setup.capacity, Backed::new(base))
    }))
}

/// The byte behind a device address: a range check and an addition, but for memory that host and devices share. `None`
/// for anything else.
#[inline]
pub fn backing(address: u64) -> Option<NonNull<u8>> {
    window::backing(address).or_else(|| unified::backing(address))
}

/// Whether an address is in the range of some device, or of what host and devices share, allocated or not.
#[inline]
pub fn is_device(address: u64) -> bool {
    window::is_device(address) || unified::contains(address)
}

/// Allocates on a device. The content is undefined.
pub fn alloc(device: u32, request: &Request) -> Result<AllocInfo, MemoryError> {
    heap_of(device)?.alloc(request)
}

/// Frees the allocation that begins at `address`, at once.
pub fn free(address: u64, by: Origin) -> Result<AllocInfo, MemoryError> {
    match heap_at(address) {
        Some((_, Some(heap))) => {
            #[cfg(not(loom))]
            share::ending(address);
            heap.free(address, by)
        }
        None if unified::contains(address) => unified::free(address, by),
        _ => Err(MemoryError::NotAStart { expected: Side::Device, address, found: describe(address) }),
    }
}

/// The heap that a device address is in.
fn heap_with(address: u64) -> Result<&'static Heap<Backed>, MemoryError> {
    match heap_at(address) {
        Some((_, Some(heap))) => Ok(heap),
        _ => Err(MemoryError::NotAStart { expected: Side::Device, address, found: describe(address) }),
    }
}

/// Ends a pool's block for the program; the memory stays the pool's.
#[cfg(not(loom))]
pub(crate) fn park(address: u64, by: Origin) -> Result<(), MemoryError> {
    share::ending(address);
    heap_with(address)?.park(address, by)
}

/// Gives a parked block to the program again, as `size` bytes and under its number.
#[cfg(not(loom))]
pub(crate) fn unpark(address: u64, size: u64) -> Result<AllocInfo, MemoryError> {
    heap_with(address)?.unpark(address, size)
}

/// Frees a parked block.
#[cfg(not(loom))]
pub(crate) fn free_parked(address: u64) {
    // Only a device that was cleared has no such block.
    let _ = heap_with(address).map(|heap| heap.free_parked(address));
}

/// Whether the block that an address is in still has this number, for the program or for the pool that keeps it.
#[cold]
pub fn is_kept(address: u64, id: u64) -> bool {
    heap_with(address).is_ok_and(|heap| heap.has(address, id))
}

/// What an address is. Takes no lock unless the allocator is writing all the while.
#[inline]
pub fn lookup(address: u64) -> Lookup {
    match heap_at(address) {
        Some((_, Some(heap))) => heap.lookup(address),
        Some((device, None)) => {
            mapping::find(device, address).map_or(Lookup::Unallocated(device), Lookup::Live)
        }
        None => unified::lookup(address),
    }
}

/// The live allocation that holds all of `len` bytes from `address` on.
#[inline]
pub fn check_range(address: u64, len: u64) -> Result<AllocInfo, MemoryError> {
    match heap_at(address) {
        Some((_, Some(heap))) => heap.check_range(address, len),
        Some((device, None)) => match mapping::find(device, address) {
            Some(info) => info.check(address, len),
            None => Err(MemoryError::NotLive { address, len, found: describe(address) }),
        },
        None => match unified::lookup(address) {
            Lookup::Live(info) => info.check(address, len),
            _ => Err(MemoryError::NotLive { address, len, found: describe(address) }),
        },
    }
}

/// Whether there is anything that a device may only read.
#[inline]
pub fn has_read_only() -> bool {
    mapping::has_read_only()
}

/// The device may write all of a range that was found to be live.
///
/// # Errors
/// Part of it may only be read.
#[inline]
pub fn check_writable(address: u64, len: u64) -> Result<(), MemoryError> {
    if mapping::has_read_only() { check_each_writable(address, len) } else { Ok(()) }
}

#[cold]
fn check_each_writable(address: u64, len: u64) -> Result<(), MemoryError> {
    if !unified::contains(address) {
        return mapping::check_writable(address, len);
    }
    if unified::is_writable(address) {
        Ok(())
    } else {
        Err(MemoryError::ReadOnly { address, len, at: address })
    }
}

/// Whether `len` bytes from `address` on lie in one live allocation: [`check_range`] for those who need no more.
#[inline]
pub fn check_reach(address: u64, len: u64) -> Result<(), MemoryError> {
    block(address, len).map(drop)
}

/// As [`check_reach`], for a task whose turn has come: memory of a pool that is given back later on its stream is still
/// there.
///
/// # Errors
/// The bytes are not in one allocation that is live for the task.
pub fn check_reach_of_task(address: u64, len: u64) -> Result<(), MemoryError> {
    let reach = check_reach(address, len);
    #[cfg(not(loom))]
    if reach.is_err() && crate::pools::is_pending(address, len) {
        return Ok(());
    }
    reach
}

thread_local! {
    static RECENT: recent::Recent = const { recent::Recent::new() };
}

/// The part of a live allocation that holds all of `len` bytes from `address` on. `None` may also mean that the
/// allocator was writing all the while.
#[inline]
fn range(address: u64, len: u64) -> Option<recent::Range> {
    let look_up = || match heap_at(address) {
        Some((_, Some(heap))) => heap.extent(address),
        Some((device, None)) => mapping::extent(device, address),
        None => unified::extent(address),
    };
    let end = address.checked_add(len)?;
    recent::find(&RECENT, &recent::FREES, (address, end), look_up)
}

/// The number of the live allocation that holds all of `len` bytes from `address` on.
#[inline]
pub fn block(address: u64, len: u64) -> Result<u64, MemoryError> {
    match range(address, len) {
        Some(range) => Ok(range.block),
        None => Ok(check_range(address, len)?.id),
    }
}

/// A number that changes whenever device memory is freed: what was live stays live while it stands still.
#[inline]
pub fn frees() -> u64 {
    recent::FREES.count()
}

/// The device that an address belongs to, live or not; 0 for addresses of none.
#[inline]
pub fn device_of(address: u64) -> u32 {
    let device = DEVICES.get().and_then(|devices| devices.window.device_of(address));
    device.or_else(|| unified::device_of(address)).unwrap_or(0)
}

/// Whether [`install`] has happened.
#[inline]
pub fn is_installed() -> bool {
    DEVICES.get().is_some()
}

/// What an address is, for a message: device memory, pinned host memory or neither.
#[cold]
pub fn describe(address: u64) -> Found {
    match lookup(address) {
        Lookup::Live(info) if info.base == address => Found::Device(info),
        Lookup::Live(info) => Found::Interior(info, address - info.base),
        Lookup::Freed(info, by) => Found::Freed(info, by),
        Lookup::Unallocated(device) => Found::Unallocated(device),
        Lookup::NotDevice => host::describe(address),
    }
}

/// A device's counters.
pub fn stats(device: u32) -> Result<Stats, MemoryError> {
    mapping::sweep(device);
    Ok(heap_of(device)?.stats())
}

/// A device's live allocations, in no order.
pub fn live(device: u32) -> Result<Vec<AllocInfo>, MemoryError> {
    Ok(heap_of(device)?.live())
}

/// Frees everything on a device and gives its memory back to the system. Returns what was still live.
pub fn clear(device: u32) -> Result<Vec<AllocInfo>, MemoryError> {
    #[cfg(not(loom))]
    share::clear(device);
    mapping::clear(device);
    unified::clear(device);
    Ok(heap_of(device)?.clear(Origin::ResetDevice))
}

/// Gives a device's free memory back to the system. Without this it stays resident, ready for reuse.
pub fn trim(device: u32) -> Result<(), MemoryError> {
    heap_of(device)?.trim();
    Ok(())
}

/// Walks every invariant of a device's allocator.
pub fn check(device: u32) -> Result<(), String> {
    heap_of(device).map_err(|e| e.to_string())?.check()
}
