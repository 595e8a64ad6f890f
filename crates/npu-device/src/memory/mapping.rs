//! Virtual memory: address ranges that programs reserve, and physical memory that they map there.
//!
//! Ranges lie in the room behind each device's heap, so that device addresses keep their constant offset. Physical
//! memory is a file without a name for each device: it can be mapped at several places and in several processes, keeps
//! its content between mappings, and costs one descriptor whatever its pieces. Both are handed out in pages of 2 MiB.

mod rights;
#[cfg(not(loom))]
mod shared;

pub use rights::{Access, Place, access, set_access};
pub(super) use rights::{check_writable, has_read_only, note_read_only};
#[cfg(not(loom))]
pub use shared::{allow, export, import};
#[cfg(not(loom))]
pub(super) use shared::{map_shared, unmap_shared};

#[cfg(loom)]
type Export = ();
#[cfg(not(loom))]
use crate::ipc::Export;

use super::{
    AllocInfo, MemoryError, Origin, Pages,
    books::{BlockId, Books},
    heap_of, recent, room_of,
    window::PhysicalFile,
};
use parking_lot::Mutex;
use rights::Rights;
use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::Arc,
};

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
    place: Place,
    store: Store,
    len: u64,
    /// How often the program must free it.
    held: u32,
    /// How many mappings show it. Without these and without holders it is gone.
    mapped: u32,
    /// What other processes know it by.
    export: Option<Export>,
    /// What this process knows it by, if it is another's.
    key: Option<String>,
}

/// Where the bytes of physical memory are.
enum Store {
    /// In the device's file.
    Own(BlockId),
    /// In a file of another process, from an offset on.
    Other(Arc<PhysicalFile>, u64),
}

/// Physical memory at an address.
struct Mapping {
    id: PhysicalId,
    len: u64,
    /// The part that the program may know of: all of it, or what another process shares.
    seen: Range<u64>,
    rights: Rights,
}

struct Reservation {
    block: BlockId,
    len: u64,
    number: u64,
    origin: Origin,
}

/// Frames that were freed while another process has them mapped.
struct Lingering {
    frames: BlockId,
    len: u64,
    charged: bool,
}

/// One device's room and physical memory.
struct Device {
    number: u32,
    base: u64,
    space: Books,
    frames: Books,
    file: Arc<PhysicalFile>,
    physical: HashMap<u64, Physical>,
    reservations: BTreeMap<u64, Reservation>,
    /// By first address.
    mapped: BTreeMap<u64, Mapping>,
    /// Ends of the longest ranges inside one reservation that the device may access throughout, by first address.
    runs: BTreeMap<u64, u64>,
    lingering: Vec<Lingering>,
    next: u64,
}

#[derive(Default)]
struct State {
    devices: BTreeMap<u32, Device>,
}

static STATE: Mutex<State> = Mutex::new(State { devices: BTreeMap::new() });

fn refused(expected: impl Into<String>, got: impl Into<String>) -> MemoryError {
    MemoryError::Mapping { expected: expected.into(), got: got.into() }
}

fn pages(bytes: u64) -> Option<u32> {
    u32::try_from(bytes / PAGE).ok().filter(|_| bytes.is_multiple_of(PAGE))
}

impl Device {
    fn new(device: u32) -> Result<Device, MemoryError> {
        let (base, room, capacity) = room_of(device)?;
        // As much again for memory of the host. Nothing of it costs anything before it is written.
        let file = PhysicalFile::create(2 * capacity).map_err(|error| MemoryError::Reserve {
            bytes: capacity,
            devices: 1,
            capacity,
            errno: error.raw_os_error().unwrap_or(0),
        })?;
        let units = |bytes: u64| u32::try_from(bytes / PAGE).unwrap_or(u32::MAX - 1);
        Ok(Device {
            number: device,
            base,
            space: Books::new(units(room)),
            frames: Books::new(units(2 * capacity)),
            file: Arc::new(file),
            physical: HashMap::new(),
            reservations: BTreeMap::new(),
            mapped: BTreeMap::new(),
            runs: BTreeMap::new(),
            lingering: Vec::new(),
            next: 1,
        })
    }

    fn next(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    fn reserve(&mut self, size: u64, origin: Origin) -> Option<u64> {
        let len = size.checked_next_multiple_of(PAGE)?;
        let block = self.space.alloc(pages(len)?, 1)?;
        let start = self.base + u64::from(self.space.span(block).0) * PAGE;
        let number = self.next();
        self.reservations.insert(start, Reservation { block, len, number, origin });
        Some(start)
    }

    /// The reservation that holds an address.
    fn reservation(&self, address: u64) -> Option<(u64, &Reservation)> {
        let (start, reservation) = self.reservations.range(..=address).next_back()?;
        (address - start < reservation.len).then_some((*start, reservation))
    }

    /// The mapping that holds an address.
    fn mapping(&self, address: u64) -> Option<(u64, &Mapping)> {
        let (start, mapping) = self.mapped.range(..=address).next_back()?;
        (address - start < mapping.len).then_some((*start, mapping))
    }

    /// A mapping that shares bytes with a range.
    fn mapped_in(&self, range: Range<u64>) -> Option<u64> {
        let below = self.mapping(range.start).map(|(at, _)| at);
        below.or_else(|| self.mapped.range(range).next().map(|(at, _)| *at))
    }

    fn run(&self, address: u64) -> Option<(u64, u64)> {
        let (start, end) = self.runs.range(..=address).next_back()?;
        (address < *end).then_some((*start, *end))
    }

    /// The device may access a range from now on. Neighbours in the same reservation become one.
    fn add_run(&mut self, range: Range<u64>) {
        let Some((lowest, reservation)) = self.reservation(range.start) else { return };
        let highest = lowest + reservation.len;
        let before = range.start.checked_sub(1).filter(|at| *at >= lowest).and_then(|at| self.run(at));
        let first = before.map_or(range.start, |(first, _)| first);
        let beyond = if range.end < highest { self.runs.remove(&range.end) } else { None };
        self.runs.insert(first, beyond.unwrap_or(range.end));
    }

    /// The device may not access a range any more.
    fn cut_run(&mut self, range: Range<u64>) {
        recent::FREES.note();
        let below = self.run(range.start).map(|(start, _)| start);
        let starts: Vec<u64> =
            below.into_iter().chain(self.runs.range(range.clone()).map(|(s, _)| *s)).collect();
        for start in starts {
            let Some(end) = self.runs.remove(&start) else { continue };
            for (from, to) in [(start, range.start), (range.end, end)] {
                if from < to {
                    self.runs.insert(from, to);
                }
            }
        }
    }

    fn info(&self, start: u64, end: u64) -> AllocInfo {
        let place = self.reservation(start).map(|(_, reservation)| (reservation.number, reservation.origin));
        let (id, origin) = place.unwrap_or((0, Origin::MapMem));
        let (device, pages) = (self.number, Pages::Huge);
        AllocInfo { device, base: start, size: end - start, id, origin, pages }
    }

    /// Whether an address is in memory that this process has by a key.
    fn is_import(&self, address: u64) -> bool {
        self.reservation(address).is_some_and(|(_, reservation)| reservation.origin != Origin::MapMem)
    }

    /// The live piece of a number.
    fn piece(&self, number: u64) -> Option<&Physical> {
        self.physical.get(&number).filter(|physical| physical.held > 0)
    }

    fn drop_unused(&mut self, number: u64) {
        let unused = self.physical.get(&number).is_some_and(|p| p.held == 0 && p.mapped == 0);
        let Some(physical) = unused.then(|| self.physical.remove(&number)).flatten() else { return };
        // With a record of it nobody could begin to use it any more.
        let Physical { export, store, len, place, .. } = physical;
        let shared = export.is_some();
        #[cfg(not(loom))]
        drop(export);
        let Store::Own(frames) = store else { return };
        self.lingering.push(Lingering { frames, len, charged: place != Place::Host });
        self.sweep(!shared);
    }

    /// Gives frames back that no other process uses. The last ones, if they were `private`, need not be asked for.
    fn sweep(&mut self, private: bool) {
        let mut left = Vec::new();
        let newest = self.lingering.len();
        for (i, piece) in std::mem::take(&mut self.lingering).into_iter().enumerate() {
            let offset = u64::from(self.frames.span(piece.frames).0) * PAGE;
            if !(private && i + 1 == newest) && self.file.is_locked(offset, piece.len) {
                left.push(piece);
                continue;
            }
            self.file.discard(offset, piece.len);
            self.frames.release(piece.frames);
            if piece.charged {
                // Gone only if the device is.
                let _ = heap_of(self.number).map(|heap| heap.discharge(piece.len));
            }
        }
        self.lingering = left;
    }

    /// Where the bytes of a piece are.
    fn source(&self, physical: &Physical) -> (Arc<PhysicalFile>, u64) {
        match &physical.store {
            Store::Own(frames) => (self.file.clone(), u64::from(self.frames.span(*frames).0) * PAGE),
            Store::Other(file, offset) => (file.clone(), *offset),
        }
    }
}

impl State {
    fn device(&mut self, device: u32) -> Result<&mut Device, MemoryError> {
        match self.devices.entry(device) {
            std::collections::btree_map::Entry::Occupied(entry) => Ok(entry.into_mut()),
            std::collections::btree_map::Entry::Vacant(entry) => Ok(entry.insert(Device::new(device)?)),
        }
    }

    /// The device in whose room an address may be.
    fn at(&mut self, address: u64) -> Option<&mut Device> {
        self.devices.get_mut(&super::device_at(address)?)
    }

    fn physical(&mut self, id: PhysicalId) -> Option<&mut Physical> {
        self.devices.get_mut(&id.device)?.physical.get_mut(&id.number)
    }

    /// Shows all of a piece at an address that is known to be free; of what another process shares, `seen` is known.
    fn show(
        &mut self,
        at: u64,
        id: PhysicalId,
        rights: Rights,
        seen: Option<Range<u64>>,
    ) -> Result<(), MemoryError> {
        let Some(owner) = self.devices.get(&id.device) else { return Err(gone(id)) };
        let Some(piece) = owner.physical.get(&id.number) else { return Err(gone(id)) };
        let (len, (file, offset)) = (piece.len, owner.source(piece));
        file.map(at, offset, len).map_err(unmappable)?;
        if rights.of(Place::Host) != Access::None {
            file.show(at, offset, len, rights.of(Place::Host) == Access::ReadWrite).map_err(unmappable)?;
        }
        if let Some(physical) = self.physical(id) {
            physical.mapped += 1;
        }
        let Some(device) = self.at(at) else { return Ok(()) };
        let own = rights.of(Place::Device(device.number));
        rights::note(own, Access::ReadWrite);
        let seen = seen.unwrap_or(at..at + len);
        device.mapped.insert(at, Mapping { id, len, seen: seen.clone(), rights });
        if own != Access::None {
            device.add_run(seen);
        }
        Ok(())
    }

    fn hide(&mut self, at: u64) {
        let Some(device) = self.at(at) else { return };
        let Some(mapping) = device.mapped.remove(&at) else { return };
        device.cut_run(at..at + mapping.len);
        rights::note(Access::ReadWrite, mapping.rights.of(Place::Device(device.number)));
        device.file.unmap(at, mapping.len);
        if mapping.rights.of(Place::Host) != Access::None {
            device.file.hide(at, mapping.len);
        }
        if let Some(owner) = self.devices.get_mut(&mapping.id.device) {
            if let Some(physical) = owner.physical.get_mut(&mapping.id.number) {
                physical.mapped -= 1;
            }
            owner.drop_unused(mapping.id.number);
        }
    }
}

#[cold]
fn unmappable(error: std::io::Error) -> MemoryError {
    refused("a mapping that the host can make", error.to_string())
}

#[cold]
fn gone(id: PhysicalId) -> MemoryError {
    refused(
        "physical memory",
        format!("a piece of device {} that was freed or whose device was reset", id.device),
    )
}

#[cold]
fn elsewhere(expected: &str, address: u64) -> MemoryError {
    refused(expected, format!("{address:#x}, {}", super::describe(address)))
}

/// Acts on the device in whose room an address is.
fn with_address<T>(
    address: u64,
    expected: &str,
    act: impl FnOnce(&mut State) -> Result<T, MemoryError>,
) -> Result<T, MemoryError> {
    let mut state = STATE.lock();
    if state.at(address).is_none() {
        // Without the lock: what is there is asked of everybody.
        drop(state);
        return Err(elsewhere(expected, address));
    }
    act(&mut state)
}

/// Reserves a range of at least `size` bytes of addresses of a device. Nothing can be accessed there yet.
///
/// # Errors
/// The device has no such range left.
pub fn reserve(device: u32, size: u64) -> Result<u64, MemoryError> {
    STATE
        .lock()
        .device(device)?
        .reserve(size, Origin::MapMem)
        .ok_or(MemoryError::NoAddresses { device, requested: size })
}

/// Gives a reserved range back.
///
/// # Errors
/// `address` is not where a reservation begins, or something is mapped in it.
pub fn release(address: u64) -> Result<(), MemoryError> {
    const EXPECTED: &str = "the start of a reserved range";
    with_address(address, EXPECTED, |state| {
        let Some(books) = state.at(address) else { return Ok(()) };
        let Some((start, reservation)) = books.reservation(address) else {
            return Err(refused(EXPECTED, format!("{address:#x}, which is in none")));
        };
        if start != address {
            return Err(refused(EXPECTED, format!("{address:#x}, {} bytes inside one", address - start)));
        }
        if reservation.origin != Origin::MapMem {
            return Err(refused(EXPECTED, format!("{address:#x}, memory of aclrtIpcMemImportByKey")));
        }
        let end = start + reservation.len;
        let block = reservation.block;
        if let Some(at) = books.mapped_in(start..end) {
            return Err(refused("a range in which nothing is mapped", format!("a mapping at {at:#x}")));
        }
        books.reservations.remove(&start);
        books.space.release(block);
        Ok(())
    })
}

/// Takes `size` bytes, a multiple of [`PAGE`], of a device's memory, or of the host's for a device. Their content is
/// undefined.
///
/// # Errors
/// The device is out of memory.
pub fn allocate(device: u32, place: Place, size: u64) -> Result<PhysicalId, MemoryError> {
    let heap = heap_of(device)?;
    let mut state = STATE.lock();
    let books = state.device(device)?;
    books.sweep(false);
    let Some(pages) = pages(size).filter(|pages| *pages > 0) else {
        return Err(refused(format!("a multiple of {PAGE} bytes"), size.to_string()));
    };
    if place != Place::Host {
        heap.charge(size)?;
    }
    let Some(frames) = books.frames.alloc(pages, 1) else {
        if place == Place::Host {
            return Err(MemoryError::HostOutOfMemory { requested: size });
        }
        heap.discharge(size);
        // The file is as large as the device, so only its fragmentation can be the reason.
        return Err(heap.out_of_memory(size));
    };
    let number = books.next();
    let store = Store::Own(frames);
    let physical = Physical { place, store, len: size, held: 1, mapped: 0, export: None, key: None };
    books.physical.insert(number, physical);
    Ok(PhysicalId { device, number })
}

/// Gives memory back that was freed while other processes used it, and is used no longer.
pub(super) fn sweep(device: u32) {
    if let Some(books) = STATE.lock().devices.get_mut(&device).filter(|books| !books.lingering.is_empty()) {
        books.sweep(false);
    }
}

/// Takes back one [`allocate`] or [`retain`]. The last gives the memory back: at once, or with its last mapping.
/// Returns how many are left.
///
/// # Errors
/// It was freed, or its device was reset.
pub fn free(id: PhysicalId) -> Result<u32, MemoryError> {
    let mut state = STATE.lock();
    let Some(books) = state.devices.get_mut(&id.device) else { return Err(gone(id)) };
    let physical = books.physical.get_mut(&id.number).filter(|physical| physical.held > 0);
    let Some(physical) = physical else { return Err(gone(id)) };
    physical.held -= 1;
    let left = physical.held;
    books.drop_unused(id.number);
    Ok(left)
}

/// The physical memory mapped at `address`, held once more.
///
/// # Errors
/// `address` is not where a mapping begins.
pub fn retain(address: u64) -> Result<PhysicalId, MemoryError> {
    const EXPECTED: &str = "the start of a mapping";
    with_address(address, EXPECTED, |state| {
        let id = mapping_at(state, address, EXPECTED)?.id;
        if let Some(physical) = state.physical(id) {
            physical.held += 1;
        }
        Ok(id)
    })
}

/// The mapping that begins at an address.
fn mapping_at<'a>(
    state: &'a mut State,
    address: u64,
    expected: &str,
) -> Result<&'a mut Mapping, MemoryError> {
    let Some(books) = state.at(address) else { return Err(refused(expected, format!("{address:#x}"))) };
    match books.mapping(address).map(|(start, _)| start) {
        Some(start) if start == address => {}
        Some(start) => {
            return Err(refused(expected, format!("{address:#x}, {} bytes inside one", address - start)));
        }
        None => return Err(refused(expected, format!("{address:#x}, where nothing is mapped"))),
    }
    if books.is_import(address) {
        return Err(refused(expected, format!("{address:#x}, memory of aclrtIpcMemImportByKey")));
    }
    books.mapped.get_mut(&address).ok_or_else(|| refused(expected, format!("{address:#x}")))
}

/// Makes all of a piece of physical memory known at `address`: accessible to its device, and to the host if it is the
/// host's memory; or, without `accessible`, to nobody yet.
///
/// # Errors
/// The range is not inside a reservation of the piece's device, something is mapped there, or the size differs.
pub fn map(address: u64, size: u64, id: PhysicalId, accessible: bool) -> Result<(), MemoryError> {
    const EXPECTED: &str = "an address inside a reserved range";
    with_address(address, EXPECTED, |state| {
        let Some(books) = state.at(address) else { return Ok(()) };
        let device = books.number;
        let Some((start, reservation)) = books.reservation(address) else {
            return Err(refused(EXPECTED, format!("{address:#x}, which is in none")));
        };
        let last = start + reservation.len;
        let end = address.checked_add(size).filter(|end| *end <= last);
        let taken = end.and_then(|end| books.mapped_in(address..end));
        let piece = state.devices.get(&id.device).and_then(|books| books.piece(id.number));
        let Some((place, len)) = piece.map(|physical| (physical.place, physical.len)) else {
            return Err(gone(id));
        };
        if place == Place::Device(id.device) && id.device != device {
            return Err(refused(
                format!("a range reserved on device {}, whose memory is mapped", id.device),
                format!("{address:#x} of another device"),
            ));
        }
        if size != len {
            return Err(refused(format!("all {len} bytes of the physical memory"), size.to_string()));
        }
        if end.is_none() || !(address - start).is_multiple_of(PAGE) {
            return Err(refused(
                format!("a whole number of {PAGE}-byte pages from {start:#x} to {last:#x}"),
                format!("{size} bytes at {address:#x}"),
            ));
        }
        if let Some(at) = taken {
            return Err(refused("a range in which nothing is mapped", format!("a mapping at {at:#x}")));
        }
        let rights = if accessible { Rights::of_owner(place, device) } else { Rights::none() };
        state.show(address, id, rights, None)
    })
}

/// Shows at `to`, the start of a reservation of `size` bytes, what is mapped from `from` on, the start of another.
///
/// # Errors
/// One of them is no such start or of another size, or something is mapped at `to`, or nothing at `from`.
pub fn map_alias(to: u64, size: u64, from: u64) -> Result<(), MemoryError> {
    const EXPECTED: &str = "the start of a reserved range";
    with_address(from, EXPECTED, |state| {
        for address in [to, from] {
            let reservation = state.at(address).and_then(|books| books.reservation(address));
            let Some((start, len)) = reservation.map(|(start, reservation)| (start, reservation.len)) else {
                return Err(refused(EXPECTED, format!("{address:#x}, which is in none")));
            };
            if start != address || len != size {
                return Err(refused(
                    format!("{EXPECTED} of {size} bytes"),
                    format!("{address:#x} in one of {len} bytes at {start:#x}"),
                ));
            }
        }
        if let Some(at) = state.at(to).and_then(|books| books.mapped_in(to..to + size)) {
            return Err(refused("a range in which nothing is mapped", format!("a mapping at {at:#x}")));
        }
        let Some(books) = state.at(from) else { return Ok(()) };
        let pieces: Vec<(u64, PhysicalId, Rights)> = books
            .mapped
            .range(from..from + size)
            .map(|(at, m)| (at - from, m.id, m.rights.clone()))
            .collect();
        if pieces.is_empty() {
            return Err(refused(
                "a range in which something is mapped",
                format!("{from:#x}, where nothing is"),
            ));
        }
        for (done, (offset, id, rights)) in pieces.iter().enumerate() {
            if let Err(error) = state.show(to + offset, *id, rights.clone(), None) {
                for (offset, ..) in &pieces[..done] {
                    state.hide(to + offset);
                }
                return Err(error);
            }
        }
        Ok(())
    })
}

/// Takes back one [`map`].
///
/// # Errors
/// `address` is not where a mapping begins.
pub fn unmap(address: u64) -> Result<(), MemoryError> {
    const EXPECTED: &str = "the start of a mapping";
    with_address(address, EXPECTED, |state| {
        mapping_at(state, address, EXPECTED)?;
        state.hide(address);
        Ok(())
    })
}

/// Whether an address is in a reserved range, mapped or not.
pub fn is_reserved(address: u64) -> bool {
    let mut state = STATE.lock();
    state.at(address).is_some_and(|books| books.reservation(address).is_some() && !books.is_import(address))
}

/// Where a piece of physical memory is.
pub fn place_of(id: PhysicalId) -> Option<Place> {
    STATE.lock().physical(id).map(|physical| physical.place)
}

/// First address and bytes of the mapping that holds an address.
pub fn block_of(address: u64) -> Option<(u64, u64)> {
    let mut state = STATE.lock();
    let (_, mapping) = state.at(address)?.mapping(address)?;
    mapping.seen.contains(&address).then(|| (mapping.seen.start, mapping.seen.end - mapping.seen.start))
}

/// The accessible range that holds an address: neighbouring mappings of one reservation count as one.
pub(super) fn find(device: u32, address: u64) -> Option<AllocInfo> {
    find_in(&STATE.lock(), device, address)
}

/// [`find`] for those who remember what they found.
pub(super) fn extent(device: u32, address: u64) -> Option<recent::Range> {
    let info = find(device, address)?;
    Some(recent::Range { start: info.base, end: info.base + info.size, block: info.id })
}

/// [`find`] that never waits, for signal handlers.
pub(super) fn find_now(device: u32, address: u64) -> Option<AllocInfo> {
    find_in(&*STATE.try_lock()?, device, address)
}

fn find_in(state: &State, device: u32, address: u64) -> Option<AllocInfo> {
    let books = state.devices.get(&device)?;
    let (start, end) = books.run(address)?;
    Some(books.info(start, end))
}

/// Does something with an accessible range, which stays as it is meanwhile.
pub(super) fn hold<R>(device: u32, address: u64, act: impl FnOnce(AllocInfo) -> R) -> Option<R> {
    let state = STATE.lock();
    find_in(&state, device, address).map(act)
}

/// Unmaps, releases and frees everything of a device.
pub(super) fn clear(device: u32) {
    let mut state = STATE.lock();
    let Some(books) = state.devices.get(&device) else { return };
    let mapped: Vec<u64> = books.mapped.keys().copied().collect();
    for at in mapped {
        state.hide(at);
    }
    let Some(books) = state.devices.get_mut(&device) else { return };
    books.runs.clear();
    for (_, reservation) in std::mem::take(&mut books.reservations) {
        books.space.release(reservation.block);
    }
    let numbers: Vec<u64> = books.physical.keys().copied().collect();
    for number in numbers {
        if let Some(physical) = books.physical.get_mut(&number) {
            physical.held = 0;
        }
        // What another device shows stays until it is unmapped there.
        books.drop_unused(number);
    }
}

/// Walks every invariant of a device's reservations, mappings and physical memory.
///
/// # Errors
/// What does not hold.
pub fn check(device: u32) -> Result<(), String> {
    let state = STATE.lock();
    let Some(books) = state.devices.get(&device) else { return Ok(()) };
    books.space.check()?;
    books.frames.check()?;
    let mut shown: HashMap<u64, u32> = HashMap::new();
    for other in state.devices.values() {
        for (at, mapping) in &other.mapped {
            if mapping.id.device == device {
                *shown.entry(mapping.id.number).or_default() += 1;
            }
            let inside = other.reservation(*at).is_some_and(|(start, r)| at + mapping.len <= start + r.len);
            let apart = other.mapped.range(at + 1..at + mapping.len).next().is_none();
            if !inside || !apart {
                return Err(format!("the mapping at {at:#x} leaves its reservation or meets another"));
            }
            let run = other.run(mapping.seen.start);
            let runs = run.is_some_and(|(first, end)| first <= mapping.seen.start && mapping.seen.end <= end);
            if runs != (mapping.rights.of(Place::Device(other.number)) != Access::None) {
                return Err(format!(
                    "the mapping at {at:#x} is in a run without rights, or in none with them"
                ));
            }
        }
    }
    for (number, physical) in &books.physical {
        if physical.mapped != shown.remove(number).unwrap_or(0) {
            return Err(format!("piece {number} is not mapped {} times", physical.mapped));
        }
        if physical.held == 0 && physical.mapped == 0 {
            return Err(format!("piece {number} is nobody's"));
        }
    }
    if let Some(number) = shown.keys().next() {
        return Err(format!("piece {number} is mapped and does not exist"));
    }
    Ok(())
}
