//! Registered host memory.

use super::{Body, HOST_PAGE, Origin, REGISTERED, STATE, State};
use crate::memory::{MemoryError, host, is_device, mapping};
use parking_lot::RwLock;
use std::{fs, ptr, sync::atomic::Ordering};

/// What the program wants of host memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registration {
    /// Its first address, a multiple of 4096.
    pub host: u64,
    /// Its bytes, above 0.
    pub size: u64,
    /// The device that is current.
    pub device: u32,
    /// It gets a device address.
    pub mapped: bool,
    /// The device may only read it.
    pub read_only: bool,
    /// It counts as pinned.
    pub pinned: bool,
}

/// Host memory that is registered.
pub(super) struct Registered {
    size: u64,
    pub device: Option<u64>,
    read_only: bool,
    pinned: bool,
}

fn refused(expected: impl Into<String>, got: impl Into<String>) -> MemoryError {
    MemoryError::Mapping { expected: expected.into(), got: got.into() }
}

/// Registers host memory. Returns its device address, if it got one.
///
/// # Errors
/// The memory is not the host's or not there, is not aligned, or part of it is registered.
pub fn register(wanted: &Registration) -> Result<Option<u64>, MemoryError> {
    let Registration { host, size, .. } = *wanted;
    let end = host.checked_add(size).filter(|_| size > 0);
    let Some(end) = end else { return Err(refused("bytes that exist", format!("{size} at {host:#x}"))) };
    if !host.is_multiple_of(HOST_PAGE) {
        return Err(refused(format!("an address aligned to {HOST_PAGE} bytes"), format!("{host:#x}")));
    }
    if is_device(host) || is_device(end - 1) {
        return Err(refused("host memory", format!("{host:#x}, {}", crate::memory::describe(host))));
    }
    let writable = wanted.mapped && !wanted.read_only;
    if let Some(got) = missing(host, end, writable) {
        let kind = if writable { "readable and writable" } else { "readable" };
        return Err(refused(format!("{size} bytes of {kind} host memory"), got));
    }
    let mut state = STATE.write();
    if let Some(at) = state.registered_in(host, end) {
        return Err(MemoryError::Registered { address: host, len: size, at });
    }
    let body = |_| Body::Registered { host, read_only: wanted.read_only };
    let device = if wanted.mapped { Some(state.begin(size, wanted.device, body)?) } else { None };
    REGISTERED.fetch_add(u64::from(device.is_some()), Ordering::SeqCst);
    let pinned = wanted.pinned && host::pin(host, size);
    if wanted.read_only && wanted.mapped {
        mapping::note_read_only(true);
    }
    let read_only = wanted.read_only && wanted.mapped;
    state.hosts.insert(host, Registered { size, device, read_only, pinned });
    Ok(device)
}

/// Takes back one [`register`]. Work on the memory is over: the caller has waited.
///
/// # Errors
/// `host` is not where registered memory begins.
pub fn unregister(host: u64) -> Result<(), MemoryError> {
    let mut state = STATE.write();
    let Some(registered) = state.hosts.remove(&host) else {
        let found = state.describe(host);
        return Err(MemoryError::NotRegistered { address: host, found });
    };
    if registered.pinned {
        host::unpin(host);
    }
    if registered.read_only {
        mapping::note_read_only(false);
    }
    if let Some(device) = registered.device {
        REGISTERED.fetch_sub(1, Ordering::SeqCst);
        state.end(device, Origin::HostUnregister);
    }
    Ok(())
}

/// Whether memory is registered at an address.
pub fn is_registered(host: u64) -> bool {
    STATE.read().hosts.contains_key(&host)
}

/// Where registered memory begins in a range of host addresses.
pub fn registered_within(start: u64, size: u64) -> Vec<u64> {
    STATE.read().hosts.range(start..start.saturating_add(size)).map(|(host, _)| *host).collect()
}

/// The device address of a byte of registered memory.
///
/// # Errors
/// It is not registered, or without a device address.
pub fn device_pointer(host: u64) -> Result<u64, MemoryError> {
    let state = STATE.read();
    match state.registration(host) {
        Some((start, Registered { device: Some(device), .. })) => Ok(device + (host - start)),
        _ => Err(MemoryError::NotRegistered { address: host, found: state.describe(host) }),
    }
}

impl State {
    fn registration(&self, host: u64) -> Option<(u64, &Registered)> {
        let (start, registered) = self.hosts.range(..=host).next_back()?;
        (host - start < registered.size).then_some((*start, registered))
    }

    fn registered_in(&self, start: u64, end: u64) -> Option<u64> {
        let below = self.registration(start).map(|(at, _)| at);
        below.or_else(|| self.hosts.range(start..end).next().map(|(at, _)| *at))
    }

    fn describe(&self, host: u64) -> String {
        match self.registration(host) {
            Some((start, Registered { device: None, .. })) if start == host => {
                "registered without a device address".into()
            }
            Some((start, _)) if start == host => "registered".into(),
            Some((start, r)) => {
                format!("{} bytes inside {} registered bytes at {start:#x}", host - start, r.size)
            }
            None => "which is not registered".into(),
        }
    }
}

/// What is wrong with a range of the process's memory: a part that is not mapped, or that does not allow what the device
/// will do.
#[cold]
fn missing(start: u64, end: u64, writable: bool) -> Option<String> {
    // Without the system's list, what is there shows when it is used.
    let list = fs::read_to_string("/proc/self/maps").ok()?;
    let mut reached = start;
    for line in list.lines() {
        let mut words = line.split(' ');
        let (Some(range), Some(rights)) = (words.next(), words.next()) else { continue };
        let Some((from, to)) = range.split_once('-') else { continue };
        let number = |digits: &str| u64::from_str_radix(digits, 16).unwrap_or(0);
        let (from, to) = (number(from), number(to));
        if to <= reached || from > reached {
            continue;
        }
        if !rights.starts_with('r') || (writable && !rights.starts_with("rw")) {
            return Some(format!("{start:#x}, with rights {rights} at {reached:#x}"));
        }
        reached = to;
        if reached >= end {
            return None;
        }
    }
    Some(format!("{start:#x}, where none is mapped at {reached:#x}"))
}

/// Whether the first and the last page of a range are there.
pub(super) fn is_mapped(host: u64, size: u64) -> bool {
    let page = |address: u64| {
        let mut resident = 0u8;
        let at = ptr::with_exposed_provenance_mut((address & !(HOST_PAGE - 1)) as usize);
        // SAFETY: asks about one page and writes one byte; the page need not exist.
        unsafe { libc::mincore(at, HOST_PAGE as usize, &mut resident) == 0 }
    };
    page(host) && page(host + size - 1)
}

/// See [`super::rescue`]. Runs in a signal handler: waits for nobody.
pub(super) fn rescue(state: &RwLock<State>, address: u64) -> bool {
    let Some(state) = state.try_read() else { return false };
    if state.registration(address).is_none() {
        return false;
    }
    let at = ptr::with_exposed_provenance_mut((address & !(HOST_PAGE - 1)) as usize);
    let rights = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE;
    // SAFETY: a page where nothing is mapped; should something be there after all, the call fails.
    unsafe { libc::mmap(at, HOST_PAGE as usize, rights, flags, -1, 0) == at }
}

pub(super) fn check(state: &State) -> Result<(), String> {
    let with_address = state.hosts.values().filter(|registered| registered.device.is_some()).count();
    if REGISTERED.load(Ordering::SeqCst) != with_address as u64 {
        return Err(format!("{with_address} registrations have an address, another number is counted"));
    }
    let mut last = 0;
    for (host, registered) in &state.hosts {
        if *host < last {
            return Err(format!("the registration at {host:#x} meets the one before it"));
        }
        last = host + registered.size;
        let Some(device) = registered.device else { continue };
        match state.blocks.get(&device).map(|block| (&block.body, block.size)) {
            Some((Body::Registered { host: at, .. }, size)) if at == host && size == registered.size => {}
            _ => return Err(format!("the registration at {host:#x} has no block")),
        }
    }
    Ok(())
}
