//! Who may access mapped memory, and how.

use super::{Device, Mapping, STATE, State, mapping_at, refused, unmappable, with_address};
use crate::memory::{MemoryError, window::PhysicalFile};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Where memory is, or who accesses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The host.
    Host,
    /// A device.
    Device(u32),
}

/// What somebody may do with mapped memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    None,
    /// Read.
    Read,
    /// Read and write.
    ReadWrite,
}

/// Who may access a mapping.
#[derive(Debug, Clone)]
pub(super) struct Rights {
    host: Access,
    devices: Vec<(u32, Access)>,
}

impl Rights {
    /// Nobody.
    pub fn none() -> Rights {
        Rights { host: Access::None, devices: Vec::new() }
    }

    /// The device, and the host if the memory is the host's.
    pub fn of_owner(place: Place, device: u32) -> Rights {
        let host = if place == Place::Host { Access::ReadWrite } else { Access::None };
        Rights { host, devices: vec![(device, Access::ReadWrite)] }
    }

    pub fn of(&self, place: Place) -> Access {
        match place {
            Place::Host => self.host,
            Place::Device(device) => {
                self.devices.iter().find(|(other, _)| *other == device).map_or(Access::None, |(_, a)| *a)
            }
        }
    }

    fn set(&mut self, place: Place, access: Access) {
        match place {
            Place::Host => self.host = access,
            Place::Device(device) => match self.devices.iter_mut().find(|(other, _)| *other == device) {
                Some((_, old)) => *old = access,
                None => self.devices.push((device, access)),
            },
        }
    }
}

/// Blocks and mappings that their device may only read. While there are none, nobody asks.
static READ_ONLY: AtomicU64 = AtomicU64::new(0);

/// One block that may only be read comes, or goes.
pub(in crate::memory) fn note_read_only(comes: bool) {
    if comes {
        READ_ONLY.fetch_add(1, Ordering::SeqCst);
    } else {
        READ_ONLY.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A mapping's device has other rights than before.
pub(super) fn note(now: Access, before: Access) {
    let (now, before) = (now == Access::Read, before == Access::Read);
    if now != before {
        note_read_only(now);
    }
}

/// Whether there is anything that a device may only read.
#[inline]
pub(in crate::memory) fn has_read_only() -> bool {
    READ_ONLY.load(Ordering::Relaxed) != 0
}

/// The device may write all of a mapped range that it may access.
#[cold]
pub(in crate::memory) fn check_writable(address: u64, len: u64) -> Result<(), MemoryError> {
    let mut state = STATE.lock();
    let Some(books) = state.at(address) else { return Ok(()) };
    let first = books.mapping(address).map_or(address, |(start, _)| start);
    let own = Place::Device(books.number);
    let locked = |(_, mapping): &(&u64, &Mapping)| mapping.rights.of(own) == Access::Read;
    match books.mapped.range(first..address.saturating_add(len)).find(locked) {
        Some((at, _)) => Err(MemoryError::ReadOnly { address, len, at: *at }),
        None => Ok(()),
    }
}

/// Gives rights on the mapping of `size` bytes that begins at `address`.
///
/// # Errors
/// No such mapping begins there.
pub fn set_access(address: u64, size: u64, rights: &[(Place, Access)]) -> Result<(), MemoryError> {
    const EXPECTED: &str = "the start of a mapping";
    with_address(address, EXPECTED, |state| {
        let mapping = mapping_at(state, address, EXPECTED)?;
        let len = mapping.len;
        if len != size {
            return Err(refused(format!("all {len} bytes of the mapping"), size.to_string()));
        }
        let mut wanted = mapping.rights.clone();
        for (place, access) in rights {
            wanted.set(*place, *access);
        }
        let (host, id) = (mapping.rights.of(Place::Host), mapping.id);
        if wanted.of(Place::Host) != host {
            let Some((file, offset)) = source(state, id) else { return Ok(()) };
            match wanted.of(Place::Host) {
                Access::None => file.hide(address, len),
                access => file.show(address, offset, len, access == Access::ReadWrite).map_err(unmappable)?,
            }
        }
        let Some(books) = state.at(address) else { return Ok(()) };
        apply(books, address, wanted);
        Ok(())
    })
}

fn source(state: &State, id: super::PhysicalId) -> Option<(Arc<PhysicalFile>, u64)> {
    let owner = state.devices.get(&id.device)?;
    Some(owner.source(owner.physical.get(&id.number)?))
}

fn apply(books: &mut Device, address: u64, wanted: Rights) {
    let own = Place::Device(books.number);
    let Some(mapping) = books.mapped.get_mut(&address) else { return };
    let range = mapping.seen.clone();
    let (before, now) = (mapping.rights.of(own), wanted.of(own));
    mapping.rights = wanted;
    note(now, before);
    match (before != Access::None, now != Access::None) {
        (false, true) => books.add_run(range),
        (true, false) => books.cut_run(range),
        // What was checked for writing is checked again.
        _ => crate::memory::recent::FREES.note(),
    }
}

/// What somebody may do with the mapping that begins at `address`.
///
/// # Errors
/// None begins there.
pub fn access(address: u64, place: Place) -> Result<Access, MemoryError> {
    const EXPECTED: &str = "the start of a mapping";
    with_address(address, EXPECTED, |state| Ok(mapping_at(state, address, EXPECTED)?.rights.of(place)))
}
