//! What can go wrong with device and host memory.

use super::{AllocInfo, Origin, Pages};
use std::fmt;

/// A memory failure with everything a message needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MemoryError {
    /// The device (or one of its page pools) has no room.
    #[error(
        "device {device} is out of {pages} memory: expected at most {free} free bytes of {capacity}, got a request \
         for {requested} bytes"
    )]
    OutOfMemory {
        /// The device.
        device: u32,
        /// The pool that ran out.
        pages: Pages,
        /// What was asked for, before rounding.
        requested: u64,
        /// What the pool has left.
        free: u64,
        /// What the pool has in total.
        capacity: u64,
    },
    /// The host has no memory for a pinned block.
    #[error("the host is out of memory: got a request for {requested} bytes")]
    HostOutOfMemory {
        /// What was asked for.
        requested: u64,
    },
    /// An address that does not start a live allocation where one is needed.
    #[error("expected the start of a live {expected} allocation, got {address:#x}, {found}")]
    NotAStart {
        /// Device or host.
        expected: Side,
        /// The address.
        address: u64,
        /// What the address is.
        found: Found,
    },
    /// An access outside any live allocation.
    #[error("expected {len} bytes of live device memory, got {address:#x}, {found}")]
    NotLive {
        /// The first byte.
        address: u64,
        /// How many bytes were to be accessed.
        len: u64,
        /// What the address is.
        found: Found,
    },
    /// An access that begins in an allocation and ends behind it.
    #[error(
        "expected at most {} bytes from offset {offset} of {info}, got {len} bytes",
        info.size.saturating_sub(*offset)
    )]
    PastEnd {
        /// The allocation.
        info: AllocInfo,
        /// Where in it the access begins.
        offset: u64,
        /// How many bytes were to be accessed.
        len: u64,
    },
    /// An access that begins in a pinned host block and ends behind it.
    #[error("expected at most {} bytes from offset {offset} of a pinned host block of {size} bytes at {base:#x} (by {origin}), got {len} bytes", size.saturating_sub(*offset))]
    PastHostEnd {
        /// Where the block begins.
        base: u64,
        /// Its size.
        size: u64,
        /// Who made it.
        origin: Origin,
        /// Where in it the access begins.
        offset: u64,
        /// How many bytes were to be accessed.
        len: u64,
    },
    /// A device number that does not exist.
    #[error("expected a device below {devices}, got {device}")]
    NoDevice {
        /// The number.
        device: u32,
        /// How many devices there are.
        devices: u32,
    },
    /// A reservation, physical memory or a mapping that is not as it must be.
    #[error("expected {expected}, got {got}")]
    Mapping {
        /// What it must be.
        expected: String,
        /// What it is.
        got: String,
    },
    /// A write to memory that may only be read.
    #[error(
        "expected {len} bytes that the device may write, got {address:#x}: what begins at {at:#x} is read-only"
    )]
    ReadOnly {
        /// The first byte.
        address: u64,
        /// How many bytes were to be written.
        len: u64,
        /// Where the read-only memory begins.
        at: u64,
    },
    /// Host memory that is registered already.
    #[error(
        "expected host memory that is not registered, got {len} bytes at {address:#x}, which share bytes with {at:#x}"
    )]
    Registered {
        /// The first byte.
        address: u64,
        /// How many bytes.
        len: u64,
        /// Where the registered memory begins.
        at: u64,
    },
    /// Host memory that is not registered.
    #[error("expected the start of registered host memory, got {address:#x}, {found}")]
    NotRegistered {
        /// The address.
        address: u64,
        /// What it is.
        found: String,
    },
    /// No room for a reservation.
    #[error("device {device} has no range of {requested} addresses left")]
    NoAddresses {
        /// The device.
        device: u32,
        /// Bytes asked for.
        requested: u64,
    },
    /// The operating system refused the address range of the devices.
    #[error(
        "cannot reserve {bytes} bytes of address space for {devices} devices of {capacity} bytes (errno {errno}): \
         lower the memory size or raise the limit on virtual memory"
    )]
    Reserve {
        /// How much address space was asked for.
        bytes: u64,
        /// For how many devices.
        devices: u32,
        /// Of which size.
        capacity: u64,
        /// The system's answer.
        errno: i32,
    },
}

/// Which memory was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Device memory.
    Device,
    /// Pinned host memory.
    Host,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Device => "device",
            Side::Host => "pinned host",
        })
    }
}

/// What an address turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Inside a live device allocation, not at its start.
    Interior(AllocInfo, u64),
    /// A whole live device allocation.
    Device(AllocInfo),
    /// In memory that was freed.
    Freed(AllocInfo, Origin),
    /// In a device's range, never allocated or freed too long ago to be remembered.
    Unallocated(u32),
    /// The start of a pinned host block, or an offset inside it.
    Pinned {
        /// The block's size.
        size: u64,
        /// The offset inside it.
        offset: u64,
        /// Who made it.
        origin: Origin,
    },
    /// In a pinned host block that was freed.
    PinnedFreed {
        /// The block's size.
        size: u64,
        /// Who freed it.
        by: Origin,
    },
    /// Memory that the simulator never handed out.
    Foreign,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::Interior(info, offset) => write!(f, "{offset} bytes inside {info}"),
            Found::Device(info) => write!(f, "device memory: {info}"),
            Found::Freed(info, by) => write!(f, "freed by {by}: {info}"),
            Found::Unallocated(device) => {
                write!(
                    f,
                    "in the range of device {device} but in no allocation (never made, or freed long ago)"
                )
            }
            Found::Pinned { size, offset: 0, origin } => {
                write!(f, "pinned host memory: a block of {size} bytes by {origin}")
            }
            Found::Pinned { size, offset, origin } => {
                write!(f, "{offset} bytes inside pinned host memory: a block of {size} bytes by {origin}")
            }
            Found::PinnedFreed { size, by } => {
                write!(f, "freed by {by}: a pinned host block of {size} bytes")
            }
            Found::Foreign => f.write_str("host memory that this library did not allocate"),
        }
    }
}
