//! Device memory that processes share: allocations that others open by a key, and such memory of others.
//!
//! The heap is private memory, as cheap as the system has it. Only what is exported moves: its pages go into a file of
//! the device's heap, at the offset they have in the heap, and are mapped from there at the addresses they had. Pages at
//! an allocation's edges take their neighbours' bytes along, which notice nothing. With the allocation the pages become
//! private again; importers keep what they have mapped.

use super::{
    AllocInfo, DEVICES, Lookup, MemoryError, heap_at, lookup, mapping,
    window::{self, PhysicalFile},
};
use crate::ipc::{self, Export, IpcError, Kind, Source};
use parking_lot::Mutex;
use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    os::fd::AsFd,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Bytes of a page of the host.
const HOST_PAGE: u64 = 4096;

/// What can go wrong with shared memory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// The memory.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The key, or who may use it.
    #[error(transparent)]
    Ipc(#[from] IpcError),
}

/// Memory of this process that has a key.
struct Exported {
    export: Export,
    /// The allocation.
    base: u64,
    /// What of it is shared.
    address: u64,
    /// Imports in this process itself.
    imports: u32,
}

/// Memory of another process.
struct Imported {
    address: u64,
    count: u32,
}

#[derive(Default)]
struct State {
    exports: HashMap<String, Exported>,
    imports: HashMap<String, Imported>,
    /// Allocations whose pages are in a file: their ends, by first address.
    moved: BTreeMap<u64, u64>,
    files: BTreeMap<u32, Arc<PhysicalFile>>,
}

static STATE: Mutex<Option<State>> = Mutex::new(None);
/// Allocations whose pages are in a file.
static MOVED: AtomicUsize = AtomicUsize::new(0);

fn with<T>(act: impl FnOnce(&mut State) -> T) -> T {
    act(STATE.lock().get_or_insert_default())
}

fn refused(expected: impl Into<String>, got: impl Into<String>) -> MemoryError {
    MemoryError::Mapping { expected: expected.into(), got: got.into() }
}

/// Pages that hold all of an allocation.
fn pages(info: &AllocInfo) -> Range<u64> {
    info.base / HOST_PAGE * HOST_PAGE..(info.base + info.size).next_multiple_of(HOST_PAGE)
}

impl State {
    /// Whether a page belongs to another moved allocation as well.
    fn is_moved(&self, page: u64, except: u64) -> bool {
        let around = self.moved.range(..page + HOST_PAGE).rev().take_while(|(_, end)| **end > page);
        around.into_iter().any(|(base, end)| *base != except && *end > page)
    }

    /// Moves an allocation's pages into the heap's file.
    fn move_out(&mut self, info: &AllocInfo) -> Result<(Arc<PhysicalFile>, u64), MemoryError> {
        let Some(devices) = DEVICES.get() else { return Err(refused("device memory", "none")) };
        let heap = devices.window.base_of(info.device);
        let system = |error: std::io::Error| refused("pages that the host can share", error.to_string());
        let file = match self.files.get(&info.device) {
            Some(file) => file.clone(),
            None => {
                let file = Arc::new(PhysicalFile::create(devices.window.heap()).map_err(system)?);
                self.files.insert(info.device, file.clone());
                file
            }
        };
        if !self.moved.contains_key(&info.base) {
            let mut range = pages(info);
            // Pages at the edges may have moved with a neighbour.
            if self.is_moved(range.start, info.base) {
                range.start += HOST_PAGE;
            }
            if range.start < range.end && self.is_moved(range.end - HOST_PAGE, info.base) {
                range.end -= HOST_PAGE;
            }
            if range.start < range.end {
                window::move_out(&file, range.start, range.start - heap, range.end - range.start)
                    .map_err(system)?;
            }
            self.moved.insert(info.base, info.base + info.size);
            MOVED.fetch_add(1, Ordering::SeqCst);
        }
        Ok((file, info.base - heap))
    }

    /// Makes an allocation's pages private again, and ends its keys.
    fn move_in(&mut self, info: &AllocInfo) {
        self.exports.retain(|_, exported| exported.base != info.base);
        if self.moved.remove(&info.base).is_none() {
            return;
        }
        MOVED.fetch_sub(1, Ordering::SeqCst);
        let (mut range, edges) = (pages(info), [info.base % HOST_PAGE, (info.base + info.size) % HOST_PAGE]);
        let first = range.start;
        let last = range.end - HOST_PAGE;
        for (page, edge) in [(first, edges[0]), (last, edges[1])] {
            if self.is_moved(page, info.base) {
                // A neighbour's key still stands for it.
            } else if edge != 0 {
                window::move_in(page, HOST_PAGE, true);
            } else {
                continue;
            }
            if page == range.start {
                range.start += HOST_PAGE;
            } else if page + HOST_PAGE == range.end {
                range.end = page;
            }
        }
        if range.start < range.end {
            window::move_in(range.start, range.end - range.start, false);
        }
        let heap = DEVICES.get().map_or(0, |devices| devices.window.base_of(info.device));
        if let Some(file) = self.files.get(&info.device).filter(|_| range.start < range.end) {
            let (offset, len) = (range.start - heap, range.end - range.start);
            // What an importer has mapped stays.
            if !file.is_locked(offset, len) {
                file.discard(offset, len);
            }
        }
    }
}

/// Gives a key to `size` bytes of an allocation, for `anyone` or for those that [`allow`] names.
///
/// # Errors
/// The memory is not in one live allocation of a heap, or the system refuses.
pub fn export(address: u64, size: u64, anyone: bool) -> Result<String, ShareError> {
    let in_heap = matches!(heap_at(address), Some((_, Some(_))));
    with(|state| {
        let info = super::check_range(address, size)?;
        if !in_heap || size == 0 {
            return Err(refused("memory of aclrtMalloc", format!("{size} bytes of {info}")).into());
        }
        let (file, offset) = state.move_out(&info)?;
        let offset = offset + (address - info.base);
        let facts = [u64::from(info.device), 0, 0, 0];
        let source = Source { kind: Kind::Memory, file: file.as_fd(), offset, len: size, facts };
        let export = Export::new(&source, anyone)?;
        let key = export.key().as_str().to_owned();
        state.exports.insert(key.clone(), Exported { export, base: info.base, address, imports: 0 });
        Ok(key)
    })
}

/// Lets processes import memory of this process.
///
/// # Errors
/// The key is none of this process's.
pub fn allow(key: &str, processes: &[i32]) -> Result<(), ShareError> {
    with(|state| match state.exports.get(key) {
        Some(exported) => Ok(exported.export.allow(processes)?),
        None => Err(not_ours(key)),
    })
}

/// Checks that a key stands for memory that this process exported or may import.
///
/// # Errors
/// It does not.
pub fn find(key: &str) -> Result<(), ShareError> {
    let known = with(|state| state.exports.contains_key(key) || state.imports.contains_key(key));
    if !known {
        ipc::import(Kind::Memory, key)?;
    }
    Ok(())
}

fn not_ours(key: &str) -> ShareError {
    match ipc::import(Kind::Memory, key) {
        Err(error @ (IpcError::NotAKey { .. } | IpcError::Kind { .. })) => error.into(),
        _ => refused("a key that this process exported and has not closed", format!("\"{key}\"")).into(),
    }
}

/// The memory of a key, on the device it is on: again what it was the first time, or in the exporting process the
/// memory itself. `devices` is how many this process has.
///
/// # Errors
/// The key stands for nothing that this process may use, or there is no room.
pub fn import(key: &str, devices: u32) -> Result<(u64, u32), ShareError> {
    with(|state| {
        if let Some(exported) = state.exports.get_mut(key) {
            exported.imports += 1;
            return Ok((exported.address, super::device_of(exported.address)));
        }
        if let Some(imported) = state.imports.get_mut(key) {
            imported.count += 1;
            return Ok((imported.address, super::device_of(imported.address)));
        }
        let found = ipc::import(Kind::Memory, key)?;
        let device = u32::try_from(found.facts[0]).unwrap_or(u32::MAX);
        if device >= devices {
            return Err(MemoryError::NoDevice { device, devices }.into());
        }
        let file = Arc::new(PhysicalFile::from(found.file));
        let address = mapping::map_shared(device, file, found.offset, found.len)?;
        state.imports.insert(key.to_owned(), Imported { address, count: 1 });
        Ok((address, device))
    })
}

/// Takes back one [`import`], or else an [`export`].
///
/// # Errors
/// The key stands for nothing that this process uses.
pub fn close(key: &str) -> Result<(), ShareError> {
    with(|state| {
        if let Some(imported) = state.imports.get_mut(key) {
            imported.count -= 1;
            if imported.count == 0 {
                let address = imported.address;
                state.imports.remove(key);
                mapping::unmap_shared(address)?;
            }
            return Ok(());
        }
        match state.exports.get_mut(key) {
            Some(exported) if exported.imports > 0 => exported.imports -= 1,
            Some(_) => drop(state.exports.remove(key)),
            None => return Err(not_ours(key)),
        }
        Ok(())
    })
}

/// The allocation at an address is about to be freed.
#[inline]
pub(super) fn ending(address: u64) {
    if MOVED.load(Ordering::Relaxed) != 0 {
        end(address);
    }
}

#[cold]
fn end(address: u64) {
    with(|state| {
        if let Lookup::Live(info) = lookup(address)
            && info.base == address
        {
            state.move_in(&info);
        }
    });
}

/// A device is about to be cleared.
pub(super) fn clear(device: u32) {
    with(|state| {
        let gone: Vec<u64> =
            state.moved.keys().copied().filter(|base| super::device_of(*base) == device).collect();
        for base in gone {
            if let Lookup::Live(info) = lookup(base) {
                state.move_in(&info);
            }
        }
        // The mappings go with the device's.
        state.imports.retain(|_, imported| super::device_of(imported.address) != device);
    });
}

/// Walks every invariant.
///
/// # Errors
/// What does not hold.
pub fn check() -> Result<(), String> {
    with(|state| {
        if state.moved.len() != MOVED.load(Ordering::SeqCst) {
            return Err(format!("{} allocations have moved", state.moved.len()));
        }
        for (key, exported) in &state.exports {
            if !state.moved.contains_key(&exported.base) {
                return Err(format!("{key} stands for memory that has not moved"));
            }
        }
        for (base, end) in &state.moved {
            match lookup(*base) {
                Lookup::Live(info) if info.base == *base && info.base + info.size == *end => {}
                other => return Err(format!("{base:#x} has moved and is {other:?}")),
            }
        }
        Ok(())
    })
}
