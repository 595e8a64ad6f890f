//! The content of a device's memory, kept on the host.

use super::{AllocInfo, MemoryError, backing, check_range, copy, live};
use npu_types::Parallel;

/// What was in a device's live allocations.
#[derive(Debug)]
pub struct Snapshot {
    device: u32,
    blocks: Vec<(AllocInfo, Box<[u8]>)>,
}

impl Snapshot {
    /// Copies what is in the live allocations of a device. Nothing may use them meanwhile.
    ///
    /// # Errors
    /// The host has not enough memory.
    pub fn take(device: u32, parallel: &dyn Parallel) -> Result<Snapshot, MemoryError> {
        let mut blocks = Vec::new();
        for info in live(device)? {
            let Some(source) = backing(info.base) else { continue };
            let len = info.size as usize;
            let mut content = Vec::new();
            content
                .try_reserve_exact(len)
                .map_err(|_| MemoryError::HostOutOfMemory { requested: info.size })?;
            // SAFETY: a live allocation is backed for its whole size, and the vector has room for it; they are apart.
            unsafe { copy::copy(content.as_mut_ptr(), source.as_ptr(), len, parallel) };
            // SAFETY: the copy has written that many bytes, for which there is room.
            unsafe { content.set_len(len) };
            blocks.push((info, content.into_boxed_slice()));
        }
        Ok(Snapshot { device, blocks })
    }

    /// The device.
    pub fn device(&self) -> u32 {
        self.device
    }

    /// Puts the content back. Nothing may use the allocations meanwhile.
    ///
    /// # Errors
    /// An allocation is gone, or another one is in its place. Nothing was put back then.
    pub fn restore(&self, parallel: &dyn Parallel) -> Result<(), MemoryError> {
        for (info, _) in &self.blocks {
            let now = check_range(info.base, info.size)?;
            if now.id != info.id {
                return Err(MemoryError::NotLive {
                    address: info.base,
                    len: info.size,
                    found: super::describe(info.base),
                });
            }
        }
        for (info, content) in &self.blocks {
            let Some(target) = backing(info.base) else { continue };
            // SAFETY: the allocation is live, as checked above, and as large as its content.
            unsafe { copy::copy(target.as_ptr(), content.as_ptr(), content.len(), parallel) };
        }
        Ok(())
    }
}
