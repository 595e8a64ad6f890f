//! Variables in device memory that belong to a binary: one on each device that asked for it.

use capi::Result;
use npu_device::memory::{self, AllocInfo, Lookup, Origin, PagePolicy, Request, copy};
use npu_types::Serial;
use parking_lot::Mutex;
use std::ffi::CString;

/// A variable.
pub(crate) struct Global {
    pub(crate) name: CString,
    pub(crate) size: usize,
    /// What it holds at first; zeros if it is not said.
    initial: Option<Box<[u8]>>,
    pub(crate) symbol: usize,
    places: Mutex<Vec<AllocInfo>>,
}

/// Whether an allocation is still the one that was made.
fn is_live(place: &AllocInfo) -> bool {
    matches!(memory::lookup(place.base), Lookup::Live(now) if now.id == place.id)
}

impl Global {
    pub(super) fn new(name: CString, size: usize, initial: Option<Box<[u8]>>, symbol: usize) -> Self {
        Global { name, size, initial, symbol, places: Mutex::new(Vec::new()) }
    }

    /// Its address on a device, where it is made by the first call, and again after the device was reset.
    ///
    /// # Errors
    /// The device has no memory left.
    pub(crate) fn address(&self, device: u32) -> Result<u64> {
        let mut places = self.places.lock();
        places.retain(is_live);
        if let Some(place) = places.iter().find(|place| place.device == device) {
            return Ok(place.base);
        }
        let request = Request {
            size: self.size as u64,
            policy: PagePolicy::HugeFirst,
            exact: false,
            origin: Origin::Internal,
        };
        let place = memory::alloc(device, &request)?;
        if let Some(to) = memory::backing(place.base) {
            match &self.initial {
                // SAFETY: the allocation is fresh and has this size, as has the initial value.
                Some(bytes) => unsafe { copy::copy(to.as_ptr(), bytes.as_ptr(), self.size, &Serial) },
                // SAFETY: the allocation is fresh and has this size.
                None => unsafe { copy::set(to.as_ptr(), 0, self.size, &Serial) },
            }
        }
        places.push(place);
        Ok(place.base)
    }

    /// Where the CPU reaches it.
    pub(crate) fn backing(&self, device: u32) -> Option<*mut u8> {
        memory::backing(self.address(device).ok()?).map(|pointer| pointer.as_ptr())
    }
}

impl Drop for Global {
    fn drop(&mut self) {
        for place in self.places.get_mut().drain(..).filter(is_live) {
            // Gone already if the device was reset at this very moment.
            let _ = memory::free(place.base, Origin::Internal);
        }
    }
}
