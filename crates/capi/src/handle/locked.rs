//! Objects that change while their handle is out: looked up and locked in one step.

use super::{HandleError, HandleTable, Kind, Slot, State, Taken};
use npu_types::sync::{atomic::Ordering, hint};
use std::{
    ffi::c_void,
    fmt,
    ops::{Deref, DerefMut},
};

/// The objects of one kind whose users take turns.
///
/// A look-up is one compare-and-swap and gives exclusive access; giving it back is one store. Meant for objects that
/// are looked at for nanoseconds: who comes second spins, then yields. A thread must not lock two handles at once.
pub struct LockTable<T>(HandleTable<T>);

impl<T> LockTable<T> {
    /// An empty table.
    #[cfg(not(loom))]
    pub const fn new(kind: Kind) -> Self {
        LockTable(HandleTable::new(kind))
    }

    /// An empty table.
    #[cfg(loom)]
    pub fn new(kind: Kind) -> Self {
        LockTable(HandleTable::new(kind))
    }

    /// Adds an object and returns its handle.
    ///
    /// # Errors
    /// [`HandleError::Exhausted`] when every index is in use.
    #[inline]
    pub fn insert(&self, value: T) -> Result<*mut c_void, HandleError> {
        self.0.insert(value)
    }

    /// The object of a handle, for this thread alone until the [`Locked`] is dropped.
    ///
    /// # Errors
    /// Null, foreign, of another kind, or destroyed.
    #[inline]
    pub fn lock(&self, raw: *const c_void) -> Result<Locked<'_, T>, HandleError> {
        let (slot, _, generation) = self.0.decode(raw)?;
        let mut state = slot.state.load(Ordering::Relaxed);
        loop {
            if State(state).generation() != generation || !State(state).live() {
                return Err(self.0.not_live(raw, State(state), generation));
            }
            if State(state).locked() {
                state = wait_unlocked(slot);
                continue;
            }
            let new = state | State::LOCKED;
            match slot.state.compare_exchange_weak(state, new, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Ok(Locked { slot, unlocked: state }),
                Err(now) => state = now,
            }
        }
    }

    /// Makes the handle stale, after whoever has it locked, and moves the object out.
    ///
    /// # Errors
    /// Null, foreign, of another kind, or already destroyed.
    #[inline]
    pub fn take(&self, raw: *const c_void) -> Result<Taken<'_, T>, HandleError> {
        self.0.take(raw)
    }
}

/// Until the slot is not locked any more; returns its state then.
#[cold]
pub(super) fn wait_unlocked<T>(slot: &Slot<T>) -> u64 {
    const SPINS: u32 = 64;
    let mut tries = 0;
    loop {
        let state = slot.state.load(Ordering::Relaxed);
        if !State(state).locked() {
            return state;
        }
        tries += 1;
        if tries < SPINS && !cfg!(loom) {
            hint::spin_loop();
        } else {
            // The other thread may not be running: there may be more threads than cores.
            npu_types::sync::thread::yield_now();
        }
    }
}

/// A locked object.
pub struct Locked<'a, T> {
    slot: &'a Slot<T>,
    /// The state to go back to: while the lock is held nobody else changes it.
    unlocked: u64,
}

impl<T> Deref for Locked<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the lock keeps the value alive and everybody else away, and the locking CAS ordered earlier writes.
        self.slot.value.with(|cell| unsafe { &*cell.cast::<T>() })
    }
}

impl<T> DerefMut for Locked<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as for `deref`; `&mut self` makes the reference the only one.
        self.slot.value.with_mut(|cell| unsafe { &mut *cell.cast::<T>() })
    }
}

impl<T> Drop for Locked<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.slot.state.store(self.unlocked, Ordering::Release);
    }
}

impl<T: fmt::Debug> fmt::Debug for Locked<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
