//! Whether results overflowed, a status of each device.

use super::TaskContext;
use crate::{OverflowMode, Stream, memory};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

/// Whether a stream of the process ever searched for overflows or saturates.
static WATCHED: AtomicBool = AtomicBool::new(false);

/// Notes that a stream searches for overflows, or saturates.
pub(super) fn watch() {
    WATCHED.store(true, Ordering::Relaxed);
}

/// A word in device memory that shows a device's status.
#[derive(Debug, Clone, Copy)]
struct Word {
    address: u64,
    /// The allocation it lies in: the program may have freed it.
    block: u64,
}

/// The status of the devices.
#[derive(Default)]
pub(crate) struct Overflows {
    /// A bit for each device.
    devices: AtomicU64,
    words: Mutex<HashMap<u32, Word>>,
}

impl Overflows {
    fn get(&self, device: u32) -> bool {
        self.devices.load(Ordering::Relaxed) >> device & 1 != 0
    }

    fn set(&self, device: u32, overflowed: bool) {
        let bit = 1 << device;
        if overflowed {
            self.devices.fetch_or(bit, Ordering::Relaxed);
        } else {
            self.devices.fetch_and(!bit, Ordering::Relaxed);
        }
        if let Some(word) = self.words.lock().get(&device) {
            word.show(overflowed);
        }
    }
}

impl Word {
    fn is_live(self) -> bool {
        memory::block(self.address, 4).is_ok_and(|block| block == self.block)
    }

    fn show(self, overflowed: bool) {
        let Some(place) = memory::backing(self.address).filter(|_| self.is_live()) else { return };
        // SAFETY: four live bytes of device memory, in a block that the library allocated for this.
        unsafe { place.cast::<u32>().write(u32::from(overflowed)) };
    }
}

impl TaskContext<'_> {
    /// Whether a result on the device has overflowed since [`TaskContext::set_overflowed`] said that none has.
    pub fn overflowed(&self) -> bool {
        self.pool.overflows.get(self.device_id())
    }

    /// Sets that status.
    pub fn set_overflowed(&self, overflowed: bool) {
        self.pool.overflows.set(self.device_id(), overflowed);
    }
}

impl Stream {
    /// How results of what is submitted now are to be treated: searched for overflows, and made finite. `None`, at the
    /// cost of one load, as long as no stream of the process asks for either.
    #[inline]
    pub fn overflow_treatment(&self) -> Option<OverflowMode> {
        if !WATCHED.load(Ordering::Relaxed) {
            return None;
        }
        let mode = self.settings().overflow_mode();
        (self.settings().checks_overflow() || mode == OverflowMode::Saturate).then_some(mode)
    }
}

impl crate::Runtime {
    /// The word in device memory that shows a device's status, if it has a live one.
    pub fn overflow_word(&self, device: u32) -> Option<u64> {
        let words = self.pool().overflows.words.lock();
        words.get(&device).filter(|word| word.is_live()).map(|word| word.address)
    }

    /// Has an aligned word in device memory, of a live block of at least four bytes, show a device's status.
    pub fn set_overflow_word(&self, device: u32, address: u64) {
        let Ok(block) = memory::block(address, 4) else { return };
        let word = Word { address, block };
        let overflows = &self.pool().overflows;
        let mut words = overflows.words.lock();
        word.show(overflows.get(device));
        words.insert(device, word);
    }
}
