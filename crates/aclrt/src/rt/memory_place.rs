//! The two ends of a copy: what an address of the program is, and how the copy engine reaches it.

use capi::{ArgError, Error, Result, runtime};
use npu_device::{
    FaultKind, TaskFault,
    memory::{
        self, MemoryError, Setup, host,
        passes::{self, Pass},
        unified::{self, Kind},
    },
};
use std::ptr;

/// Reserves the devices' address ranges, if that has not happened.
pub(super) fn install() -> Result {
    if memory::is_installed() {
        return Ok(());
    }
    let config = runtime::runtime()?.config();
    let setup = Setup { devices: config.devices, capacity: config.memory, host_visible: config.host_visible };
    Ok(memory::install(&setup)?)
}

/// The device of the current context, its memory ready.
pub(super) fn device_memory() -> Result<u32> {
    let device = runtime::current_device_id()?;
    install()?;
    Ok(device)
}

/// Who owns the memory at an address, by the number of the allocation: small, since queued copies keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Device {
        device: u32,
        id: u64,
    },
    /// Host and devices alike.
    Managed(u64),
    Pinned(u64),
    /// The program; the library knows nothing about such memory.
    Pageable,
}

/// A range of the program's addresses that was found to lie in one place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    address: u64,
    len: u64,
    owner: Owner,
}

#[inline]
fn owner(address: u64, len: u64) -> std::result::Result<Owner, MemoryError> {
    if memory::is_device(address) {
        let id = memory::block(address, len)?;
        return match unified::kind(address) {
            None => Ok(Owner::Device { device: memory::device_of(address), id }),
            Some(Kind::Managed) => Ok(Owner::Managed(id)),
            Some(Kind::Registered) => Err(unified::serves_kernels(address, len)),
        };
    }
    Ok(host::block(address, len)?.map_or(Owner::Pageable, Owner::Pinned))
}

impl Span {
    /// A range that the calling thread was let through to before.
    #[inline]
    pub(super) fn known<T>(pointer: *const T, len: usize) -> Option<Self> {
        let (address, len) = (pointer.expose_provenance() as u64, len as u64);
        Some(Span::passed(address, len, passes::recall(address, len)?))
    }

    /// A range with its pass.
    #[inline]
    pub(super) fn passed(address: u64, len: u64, pass: Pass) -> Self {
        let owner = match (pass.device, pass.block) {
            (Some(device), id) => Owner::Device { device, id },
            (None, 0) => Owner::Pageable,
            (None, id) => Owner::Pinned(id),
        };
        Span { address, len, owner }
    }

    /// Lets the calling thread through to this range again. `before` is the moment before it was checked.
    pub(super) fn grant(&self, before: u64) {
        // A pass is for reading and writing, and for memory of one side.
        if unified::contains(self.address) || memory::has_read_only() {
            return;
        }
        passes::grant(before, self.address, self.len);
    }

    /// Checks that `len` bytes from `pointer` on are live memory of one owner.
    ///
    /// # Errors
    /// Null, freed, or past the end of what the address belongs to.
    #[inline]
    pub(crate) fn check<T>(pointer: *const T, len: usize, argument: &'static str) -> Result<Self> {
        if pointer.is_null() {
            return Err(ArgError::Null { argument }.into());
        }
        // Exposed because the address, for host memory, comes back as a pointer in `pointer`.
        let (address, len) = (pointer.expose_provenance() as u64, len as u64);
        let owner = owner(address, len).map_err(|source| Error::MemoryArg { argument, source })?;
        Ok(Span { address, len, owner })
    }

    /// The same, for memory that is written.
    ///
    /// # Errors
    /// As for [`Span::check`], or the device may only read it.
    #[inline]
    pub(crate) fn check_output<T>(pointer: *const T, len: usize, argument: &'static str) -> Result<Self> {
        let span = Self::check(pointer, len, argument)?;
        memory::check_writable(span.address, span.len)
            .map_err(|source| Error::MemoryArg { argument, source })?;
        Ok(span)
    }

    /// How many bytes it has.
    pub(crate) fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether the program owns this memory.
    pub(super) fn is_pageable(&self) -> bool {
        self.owner == Owner::Pageable
    }

    /// Whether this is host memory, pinned or not.
    pub(super) fn is_host(&self) -> bool {
        matches!(self.owner, Owner::Pinned(_) | Owner::Pageable)
    }

    /// The device whose memory this is.
    pub(super) fn device(&self) -> Option<u32> {
        match self.owner {
            Owner::Device { device, .. } => Some(device),
            Owner::Managed(_) | Owner::Pinned(_) | Owner::Pageable => None,
        }
    }

    /// Fails if the memory was freed since `before` ([`passes::moment`]): then it may belong to someone else
    /// by now.
    #[inline]
    pub(super) fn check_again(
        &self,
        before: u64,
        argument: &'static str,
    ) -> std::result::Result<(), TaskFault> {
        // While nothing changed, what was live is live.
        if before == passes::moment() { Ok(()) } else { self.still_there(argument) }
    }

    #[cold]
    fn still_there(&self, argument: &'static str) -> std::result::Result<(), TaskFault> {
        let now = owner(self.address, self.len);
        if now == Ok(self.owner) {
            return Ok(());
        }
        // A pool's block may change hands in the order of the stream's work.
        if let Owner::Device { id, .. } = self.owner
            && memory::is_kept(self.address, id)
        {
            return Ok(());
        }
        let was = match self.owner {
            Owner::Device { id, .. } => format!("allocation #{id}"),
            Owner::Managed(id) => format!("managed allocation #{id}"),
            Owner::Pinned(id) => format!("pinned host block #{id}"),
            Owner::Pageable => "host memory".to_owned(),
        };
        let found = memory::describe(self.address);
        let what = format!(
            "argument {argument}: expected {was} to stay allocated until its stream was done, got {:#x}, {found}",
            self.address
        );
        Err(TaskFault { kind: FaultKind::Memory, what })
    }

    /// Where the copy engine finds the first byte.
    pub(crate) fn pointer(&self) -> *mut u8 {
        match self.owner {
            Owner::Device { .. } | Owner::Managed(_) => {
                memory::backing(self.address).map_or(ptr::null_mut(), |p| p.as_ptr())
            }
            Owner::Pinned(_) | Owner::Pageable => ptr::with_exposed_provenance_mut(self.address as usize),
        }
    }
}
