//! Device memory that programs give to collectives.

use crate::{
    types::{bytes, range},
    work::{Backing, Span},
};
use capi::{ArgError, Error, Result, abi::HcclDataType};
use npu_device::memory;
use std::ffi::c_void;

/// Live device memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Buffer {
    pub(crate) backing: Backing,
    address: u64,
    len: u64,
    argument: &'static str,
}

impl Buffer {
    /// `len` bytes of live device memory.
    pub(crate) fn new(buffer: *const c_void, len: u64, argument: &'static str) -> Result<Buffer> {
        if buffer.is_null() {
            return Err(ArgError::Null { argument }.into());
        }
        let address = buffer as u64;
        memory::check_reach(address, len).map_err(|source| Error::MemoryArg { argument, source })?;
        if argument == "recvBuf" {
            memory::check_writable(address, len).map_err(|source| Error::MemoryArg { argument, source })?;
        }
        let backing = Backing(memory::backing(address).map_or(std::ptr::null_mut(), |p| p.as_ptr()));
        Ok(Buffer { backing, address, len, argument })
    }

    /// As many bytes as the spans reach.
    pub(crate) fn of(buffer: *const c_void, spans: &[Span], argument: &'static str) -> Result<Buffer> {
        let mut reach = 0;
        for span in spans {
            let end = span.offset.checked_add(span.len);
            reach =
                end.ok_or_else(|| range(argument, "counts and offsets below 2^64", span.offset))?.max(reach);
        }
        Buffer::new(buffer, reach, argument)
    }

    /// Memory that this rank does not use.
    pub(crate) fn unused() -> Backing {
        Backing(std::ptr::null_mut())
    }

    /// Refuses memory that overlaps `send`, unless the byte `offset` of this is the byte `send_offset` of that.
    pub(crate) fn apart_from(&self, send: &Buffer, same: Option<(u64, u64)>) -> Result {
        let (a, b) = (self.address, send.address);
        let in_place = same.is_some_and(|(here, there)| a + here == b + there);
        if in_place || a + self.len <= b || b + send.len <= a {
            return Ok(());
        }
        let expected = match same {
            Some(_) => format!("memory apart from {}, or what is documented as in place", send.argument),
            None => format!("memory apart from {}", send.argument),
        };
        Err(range(self.argument, expected, format!("{a:#x}, {} is {b:#x}", send.argument)))
    }

    /// Refuses an address that is not aligned to elements.
    pub(crate) fn aligned(&self, data_type: HcclDataType) -> Result {
        let align = bytes(data_type, 1, self.argument)? as usize;
        let address = self.address as usize;
        if address.is_multiple_of(align) {
            return Ok(());
        }
        Err(ArgError::Misaligned { argument: self.argument, address, align }.into())
    }
}

/// One after the other, `len` bytes each.
pub(crate) fn consecutive(count: u32, len: u64, argument: &'static str) -> Result<Vec<Span>> {
    let end = len.checked_mul(u64::from(count));
    end.ok_or_else(|| range(argument, "counts below 2^64 bytes in all", len))?;
    Ok((0..u64::from(count)).map(|i| Span::new(i * len, len)).collect())
}

/// From counts and offsets in elements.
pub(crate) fn scattered(
    data_type: HcclDataType,
    counts: (&[u64], &'static str),
    offsets: (&[u64], &'static str),
) -> Result<Vec<Span>> {
    let each = counts.0.iter().zip(offsets.0);
    each.map(|(n, at)| Ok(Span::new(bytes(data_type, *at, offsets.1)?, bytes(data_type, *n, counts.1)?)))
        .collect()
}
