//! Physical memory of other processes, and this process's for others.

use super::{PAGE, Physical, PhysicalId, Place, Rights, STATE, Store, gone, refused};
use crate::{
    ipc::{self, Export, IpcError, Kind, Source},
    memory::{MemoryError, Origin, share::ShareError, window::PhysicalFile},
};
use std::{os::fd::AsFd, sync::Arc};

/// Bytes of a page of the host.
const HOST_PAGE: u64 = 4096;

/// Gives a piece a key, for `anyone` or for those that [`allow`] names. `fact` is handed to importers.
///
/// # Errors
/// The piece is gone, has a key already, or is another process's; or the system refuses.
pub fn export(id: PhysicalId, anyone: bool, fact: u64) -> Result<String, ShareError> {
    let mut state = STATE.lock();
    let books = state.devices.get_mut(&id.device).ok_or_else(|| gone(id))?;
    let piece = books.piece(id.number).ok_or_else(|| gone(id))?;
    let got = match &piece.store {
        Store::Other(..) => Some("memory that another process exported"),
        Store::Own(_) if piece.export.is_some() => Some("a piece that was exported before"),
        Store::Own(_) => None,
    };
    if let Some(got) = got {
        return Err(refused("physical memory of this process, to be exported once", got).into());
    }
    let (file, offset) = books.source(piece);
    let facts = [u64::from(id.device), fact, u64::from(piece.place == Place::Host), 0];
    let source = Source { kind: Kind::Physical, file: file.as_fd(), offset, len: piece.len, facts };
    let export = Export::new(&source, anyone)?;
    let key = export.key().as_str().to_owned();
    if let Some(physical) = books.physical.get_mut(&id.number) {
        physical.export = Some(export);
    }
    Ok(key)
}

/// Lets processes import a piece of this process.
///
/// # Errors
/// The key is none of this process's.
pub fn allow(key: &str, processes: &[i32]) -> Result<(), ShareError> {
    let state = STATE.lock();
    let mut exports =
        state.devices.values().flat_map(|books| books.physical.values()).flat_map(|p| &p.export);
    match exports.find(|export| export.key().as_str() == key) {
        Some(export) => Ok(export.allow(processes)?),
        None => match ipc::import(Kind::Physical, key) {
            Err(error @ (IpcError::NotAKey { .. } | IpcError::Kind { .. })) => Err(error.into()),
            _ => Err(refused("a handle that this process exported", format!("\"{key}\"")).into()),
        },
    }
}

/// Memory of another process, as memory of one of this process's devices. Returns the exporter's fact as well, and
/// whether it is memory of the host.
///
/// # Errors
/// The key stands for nothing that this process may use, is this process's own, or was imported before.
pub fn import(key: &str, device: u32) -> Result<(PhysicalId, u64, bool), ShareError> {
    let found = ipc::import(Kind::Physical, key)?;
    if found.exporter.is_own() {
        return Err(refused("a handle that another process exported", "one of this process").into());
    }
    let mut state = STATE.lock();
    let twice = state.devices.values().flat_map(|books| books.physical.values());
    if twice.filter(|physical| physical.held > 0).any(|physical| physical.key.as_deref() == Some(key)) {
        return Err(refused("a handle that this process has not imported", "one that it has").into());
    }
    let books = state.device(device)?;
    let file = Arc::new(PhysicalFile::from(found.file));
    file.lock(found.offset, found.len);
    let number = books.next();
    let place = if found.facts[2] == 0 { Place::Device(device) } else { Place::Host };
    let store = Store::Other(file, found.offset);
    let (len, key) = (found.len, Some(key.to_owned()));
    books.physical.insert(number, Physical { place, store, len, held: 1, mapped: 0, export: None, key });
    Ok((PhysicalId { device, number }, found.facts[1], place == Place::Host))
}

/// Shows part of another process's file at an address of its own.
pub(in crate::memory) fn map_shared(
    device: u32,
    file: Arc<PhysicalFile>,
    offset: u64,
    len: u64,
) -> Result<u64, MemoryError> {
    let mut state = STATE.lock();
    let start = offset / HOST_PAGE * HOST_PAGE;
    let skew = offset - start;
    let bytes = (skew + len).next_multiple_of(HOST_PAGE);
    file.lock(start, bytes);
    let books = state.device(device)?;
    let refused = MemoryError::NoAddresses { device, requested: len };
    let at = books.reserve(bytes.next_multiple_of(PAGE), Origin::IpcMemImportByKey).ok_or(refused)?;
    let number = books.next();
    let id = PhysicalId { device, number };
    let (place, store) = (Place::Device(device), Store::Other(file, start));
    let physical = Physical { place, store, len: bytes, held: 0, mapped: 0, export: None, key: None };
    books.physical.insert(number, physical);
    let seen = at + skew..at + skew + len;
    let shown = state.show(at, id, Rights::of_owner(place, device), Some(seen));
    if let Err(error) = shown {
        let books = state.device(device)?;
        books.drop_unused(number);
        if let Some(reservation) = books.reservations.remove(&at) {
            books.space.release(reservation.block);
        }
        return Err(error);
    }
    Ok(at + skew)
}

/// Takes back one [`map_shared`].
pub(in crate::memory) fn unmap_shared(address: u64) -> Result<(), MemoryError> {
    let mut state = STATE.lock();
    let Some(at) = state.at(address).and_then(|books| Some(books.mapping(address)?.0)) else { return Ok(()) };
    state.hide(at);
    if let Some(books) = state.at(address)
        && let Some(reservation) = books.reservations.remove(&at)
    {
        books.space.release(reservation.block);
    }
    Ok(())
}
