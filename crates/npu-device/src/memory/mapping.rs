//! Virtual memory: address ranges that programs reserve, and physical memory that they map there.
//!
//! Ranges lie in the room behind each device's heap, so that device addresses keep their constant offset. Physical
//! memory is a file without a name for each device: it can be mapped at several places, keeps its content between
//! mappings, and costs one descriptor whatever its pieces. Both are handed out in pages of 2 MiB.

use super::{
    AllocInfo, MemoryError, Origin, Pages,
    books::{BlockId, Books},
    heap_of, recent, room_of,
    window::PhysicalFile,
};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};

/// Bytes of a page, and what every size is a multiple of.
pub const PAGE: u64 = 2 << 20;

/// A piece of physical memory: its device and a number that no other piece there has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PhysicalId {
    /// The device.
    pub device: u32,
    number: u64,
}

struct Physical {
    frames: BlockId,
    len: u64,
    /// How many mappings show it.
    mapped: u32,
    /// Freed by the program; goes with its last mapping.
    freed: bool,
}

struct Reservation {
    block: BlockId,
    len: u64,
    number: u64,
}

/// One device's room and physical memory.
struct Device {
    base: u64,
    space: Books,
    frames: Books,
    file: PhysicalFile,
    physical: HashMap<u64, Physical>,
    reservations: BTreeMap<u64, Reservation>,
    /// By first address.
    mapped: BTreeMap<u64, PhysicalId>,
    /// Ends of the longest ranges without a gap inside one reservation, by first address.
    runs: BTreeMap<u64, u64>,
    next: u64,
}

static DEVICES: Mutex<BTreeMap<u32, Device>> = Mutex::new(BTreeMap::new());

fn refused(expected: impl Into<String>, got: impl Into<String>) -> MemoryError {
    MemoryError::Mapping { expected: expected.into(), got: got.into() }
}

fn pages(bytes: u64) -> Option<u32> {
    u32::try_from(bytes / PAGE).ok().filter(|_| bytes.is_multiple_of(PAGE))
}

impl Device {
    fn new(device: u32) -> Result<Device, MemoryError> {
        let (base, room, capacity) = room_of(device)?;
        let file = PhysicalFile::create(capacity).map_err(|error| MemoryError::Reserve {
            bytes: capacity,
            devices: 1,
            capacity,
            errno: error.raw_os_error().unwrap_or(0),
        })?;
        let units = |bytes: u64| u32::try_from(bytes / PAGE).unwrap_or(u32::MAX - 1);
        Ok(Device {
            base,
            space: Books::new(units(room)),
            frames: Books::new(units(capacity)),
            file,
            physical: HashMap::new(),
            reservations: BTreeMap::new(),
            mapped: BTreeMap::new(),
            runs: BTreeMap::new(),
            next: 1,
        })
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// The reservation that holds an address.
    fn reservation(&self, address: u64) -> Option<(u64, &Reservation)> {
        let (start, reservation) = self.reservations.range(..=address).next_back()?;
        (address - start < reservation.len).then_some((*start, reservation))
    }

    /// The mapping that holds an address.
    fn mapping(&self, address: u64) -> Option<(u64, PhysicalId, u64)> {
        let (start, id) = self.mapped.range(..=address).next_back()?;
        let len = self.physical.get(&id.number)?.len;
        (address - start < len).then_some((*start, *id, len))
    }

    fn run(&self, address: u64) -> Option<(u64, u64)> {
        let (start, end) = self.runs.range(..=address).next_back()?;
        (address < *end).then_some((*start, *end))
    }

    fn info(&self, device: u32, start: u64, end: u64) -> AllocInfo {
        let id = self.reservation(start).map_or(0, |(_, reservation)| reservation.number);
        AllocInfo { device, base: start, size: end - start, id, origin: Origin::MapMem, pages: Pages::Huge }
    }

    fn drop_physical(&mut self, id: PhysicalId) {
        let Some(physical) = self.physical.remove(&id.number) else { return };
        let (start, _) = self.frames.span(physical.frames);
        self.file.discard(u64::from(start) * PAGE, physical.len);
        self.frames.release(physical.frames);
        // Gone only if the device is.
        let _ = heap_of(id.device).map(|heap| heap.discharge(physical.len));
    }

    fn unmap(&mut self, start: u64, id: PhysicalId, len: u64) {
        self.mapped.remove(&start);
        recent::FREES.note();
        if let Some((first, end)) = self.run(start) {
            self.runs.remove(&first);
            for (from, to) in [(first, start), (start + len, end)] {
                if from < to {
                    self.runs.insert(from, to);
                }
            }
        }
        self.file.unmap(start, len);
        if let Some(physical) = self.physical.get_mut(&id.number) {
            physical.mapped -= 1;
            if physical.freed && physical.mapped == 0 {
                self.drop_physical(id);
            }
        }
    }
}

fn with<T>(device: u32, act: impl FnOnce(&mut Device) -> Result<T, MemoryError>) -> Result<T, MemoryError> {
    let mut devices = DEVICES.lock();
    let device = match devices.entry(device) {
        std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
        std::collections::btree_map::Entry::Vacant(entry) => entry.insert(Device::new(device)?),
    };
    act(device)
}

fn with_address<T>(
    address: u64,
    expected: &'static str,
    act: impl FnOnce(&mut Device) -> Result<T, MemoryError>,
) -> Result<T, MemoryError> {
    let mut devices = DEVICES.lock();
    let device = super::device_at(address).and_then(|device| devices.get_mut(&device));
    let Some(device) = device else {
        drop(devices);
        return Err(refused(expected, format!("{address:#x}, {}", super::describe(address))));
    };
    act(device)
}

/// Reserves a range of at least `size` bytes of addresses of a device. Nothing can be accessed there yet.
///
/// # Errors
/// The device has no such range left.
pub fn reserve(device: u32, size: u64) -> Result<u64, MemoryError> {
    with(device, |books| {
        let len = size.checked_next_multiple_of(PAGE);
        let block = len.and_then(pages).and_then(|pages| books.space.alloc(pages, 1));
        let (Some(len), Some(block)) = (len, block) else {
            return Err(MemoryError::NoAddresses { device, requested: size });
        };
        let start = books.base + u64::from(books.space.span(block).0) * PAGE;
        let number = books.number();
        books.reservations.insert(start, Reservation { block, len, number });
        Ok(start)
    })
}

/// Gives a reserved range back.
///
/// # Errors
/// `address` is not where a reservation begins, or something is mapped in it.
pub fn release(address: u64) -> Result<(), MemoryError> {
    const EXPECTED: &str = "the start of a reserved range";
    with_address(address, EXPECTED, |books| {
        let Some((start, reservation)) = books.reservation(address) else {
            return Err(refused(EXPECTED, format!("{address:#x}, which is in none")));
        };
        if start != address {
            return Err(refused(EXPECTED, format!("{address:#x}, {} bytes inside one", address - start)));
        }
        let end = start + reservation.len;
        let block = reservation.block;
        if let Some((at, _)) = books.mapped.range(start..end).next() {
            return Err(refused("a range in which nothing is mapped", format!("a mapping at {at:#x}")));
        }
        books.reservations.remove(&start);
        books.space.release(block);
        Ok(())
    })
}

/// Takes `size` bytes, a multiple of [`PAGE`], of a device's memory. Their content is undefined.
///
/// # Errors
/// The device is out of memory.
pub fn allocate(device: u32, size: u64) -> Result<PhysicalId, MemoryError> {
    let heap = heap_of(device)?;
    with(device, |books| {
        let Some(pages) = pages(size).filter(|pages| *pages > 0) else {
            return Err(refused(format!("a multiple of {PAGE} bytes"), size.to_string()));
        };
        heap.charge(size)?;
        let Some(frames) = books.frames.alloc(pages, 1) else {
            heap.discharge(size);
            // The file is as large as the device, so only its fragmentation can be the reason.
            return Err(heap.out_of_memory(size));
        };
        let number = books.number();
        books.physical.insert(number, Physical { frames, len: size, mapped: 0, freed: false });
        Ok(PhysicalId { device, number })
    })
}

/// Gives physical memory back: at once, or with its last mapping.
///
/// # Errors
/// It was freed, or its device was reset.
pub fn free(id: PhysicalId) -> Result<(), MemoryError> {
    with(id.device, |books| {
        let physical = books.physical.get_mut(&id.number).filter(|physical| !physical.freed);
        let Some(physical) = physical else { return Err(gone(id)) };
        physical.freed = true;
        if physical.mapped == 0 {
            books.drop_physical(id);
        }
        Ok(())
    })
}

fn gone(id: PhysicalId) -> MemoryError {
    refused(
        "physical memory",
        format!("a piece of device {} that was freed or whose device was reset", id.device),
    )
}

/// Makes all of a piece of physical memory accessible at `address`.
///
/// # Errors
/// The range is not inside a reservation of the piece's device, something is mapped there, or the size differs.
pub fn map(address: u64, size: u64, id: PhysicalId) -> Result<(), MemoryError> {
    const EXPECTED: &str = "an address inside a reserved range";
    with_address(address, EXPECTED, |books| {
        let Some((start, reservation)) = books.reservation(address) else {
            return Err(refused(EXPECTED, format!("{address:#x}, which is in none")));
        };
        let last = start + reservation.len;
        let physical = books.physical.get(&id.number).filter(|physical| !physical.freed);
        let here = super::device_at(address) == Some(id.device);
        let Some(physical) = physical.filter(|_| here) else {
            if !here {
                return Err(refused(
                    format!("a range reserved on device {}, whose memory is mapped", id.device),
                    format!("{address:#x} of another device"),
                ));
            }
            return Err(gone(id));
        };
        if size != physical.len {
            return Err(refused(
                format!("all {} bytes of the physical memory", physical.len),
                size.to_string(),
            ));
        }
        let end = address.checked_add(size).filter(|end| *end <= last);
        let Some(end) = end.filter(|_| (address - start).is_multiple_of(PAGE)) else {
            return Err(refused(
                format!("a whole number of {PAGE}-byte pages from {start:#x} to {last:#x}"),
                format!("{size} bytes at {address:#x}"),
            ));
        };
        let below = books.mapping(address).map(|(at, ..)| at);
        if let Some(at) = below.or_else(|| books.mapped.range(address..end).next().map(|(at, _)| *at)) {
            return Err(refused("a range in which nothing is mapped", format!("a mapping at {at:#x}")));
        }
        let offset = u64::from(books.frames.span(physical.frames).0) * PAGE;
        books
            .file
            .map(address, offset, size)
            .map_err(|error| refused("a mapping that the host can make", error.to_string()))?;
        if let Some(physical) = books.physical.get_mut(&id.number) {
            physical.mapped += 1;
        }
        books.mapped.insert(address, id);
        // Neighbours in the same reservation become one range.
        let before = address.checked_sub(1).filter(|at| *at >= start).and_then(|at| books.run(at));
        let first = before.map_or(address, |(first, _)| first);
        let beyond = if end < last { books.runs.remove(&end) } else { None };
        books.runs.insert(first, beyond.unwrap_or(end));
        Ok(())
    })
}

/// Takes back one [`map`].
///
/// # Errors
/// `address` is not where a mapping begins.
pub fn unmap(address: u64) -> Result<(), MemoryError> {
    const EXPECTED: &str = "the start of a mapping";
    with_address(address, EXPECTED, |books| match books.mapping(address) {
        Some((start, id, len)) if start == address => {
            books.unmap(start, id, len);
            Ok(())
        }
        Some((start, ..)) => {
            Err(refused(EXPECTED, format!("{address:#x}, {} bytes inside one", address - start)))
        }
        None => Err(refused(EXPECTED, format!("{address:#x}, where nothing is mapped"))),
    })
}

/// The accessible range that holds an address: neighbouring mappings of one reservation count as one.
pub(super) fn find(device: u32, address: u64) -> Option<AllocInfo> {
    find_in(&DEVICES.lock(), device, address)
}

/// [`find`] for those who remember what they found.
pub(super) fn extent(device: u32, address: u64) -> Option<recent::Range> {
    let info = find(device, address)?;
    Some(recent::Range { start: info.base, end: info.base + info.size, block: info.id })
}

/// [`find`] that never waits, for signal handlers.
pub(super) fn find_now(device: u32, address: u64) -> Option<AllocInfo> {
    find_in(&*DEVICES.try_lock()?, device, address)
}

fn find_in(devices: &BTreeMap<u32, Device>, device: u32, address: u64) -> Option<AllocInfo> {
    let books = devices.get(&device)?;
    let (start, end) = books.run(address)?;
    Some(books.info(device, start, end))
}

/// Does something with an accessible range, which stays as it is meanwhile.
pub(super) fn hold<R>(device: u32, address: u64, act: impl FnOnce(AllocInfo) -> R) -> Option<R> {
    let devices = DEVICES.lock();
    find_in(&devices, device, address).map(act)
}

/// Unmaps, releases and frees everything of a device.
pub(super) fn clear(device: u32) {
    let mut devices = DEVICES.lock();
    let Some(books) = devices.get_mut(&device) else { return };
    for (start, id) in std::mem::take(&mut books.mapped) {
        let len = books.physical.get(&id.number).map_or(0, |physical| physical.len);
        books.unmap(start, id, len);
    }
    books.runs.clear();
    for (_, reservation) in std::mem::take(&mut books.reservations) {
        books.space.release(reservation.block);
    }
    let numbers: Vec<u64> = books.physical.keys().copied().collect();
    for number in numbers {
        books.drop_physical(PhysicalId { device, number });
    }
}
