//! The synchronisation primitives of the concurrent parts, replaced by loom's when a model is checked
//! (`RUSTFLAGS="--cfg loom"`).

#[cfg(loom)]
pub use loom::{
    cell::UnsafeCell,
    hint,
    sync::{Arc, atomic},
    thread,
};
#[cfg(not(loom))]
pub use std::{
    hint,
    sync::{Arc, atomic},
    thread,
};

/// A cell with loom's interface.
#[cfg(not(loom))]
#[derive(Debug, Default)]
pub struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(loom))]
impl<T> UnsafeCell<T> {
    /// A new cell.
    pub const fn new(value: T) -> Self {
        UnsafeCell(std::cell::UnsafeCell::new(value))
    }

    /// Reads through a pointer; dereferencing it is the caller's claim that nobody writes.
    #[inline(always)]
    pub fn with<R>(&self, body: impl FnOnce(*const T) -> R) -> R {
        body(self.0.get())
    }

    /// Writes through a pointer; dereferencing it is the caller's claim that nobody else looks.
    #[inline(always)]
    pub fn with_mut<R>(&self, body: impl FnOnce(*mut T) -> R) -> R {
        body(self.0.get())
    }
}

/// A mutex whose `lock` cannot fail.
#[cfg(not(loom))]
pub type Mutex<T> = parking_lot::Mutex<T>;

/// What [`Mutex::lock`] gives.
#[cfg(not(loom))]
pub type MutexGuard<'a, T> = parking_lot::MutexGuard<'a, T>;

/// A condition variable for [`Mutex`].
#[cfg(not(loom))]
pub type Condvar = parking_lot::Condvar;

/// Loom's mutex with parking_lot's signature.
#[cfg(loom)]
#[derive(Debug)]
pub struct Mutex<T>(loom::sync::Mutex<T>);

#[cfg(loom)]
impl<T> Mutex<T> {
    /// A new unlocked mutex.
    pub fn new(value: T) -> Self {
        Mutex(loom::sync::Mutex::new(value))
    }

    /// Locks.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard(Some(self.0.lock().unwrap()))
    }
}

/// What [`Mutex::lock`] gives. Empty while its thread waits for a [`Condvar`].
#[cfg(loom)]
#[derive(Debug)]
pub struct MutexGuard<'a, T>(Option<loom::sync::MutexGuard<'a, T>>);

#[cfg(loom)]
impl<T> std::ops::Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().unwrap()
    }
}

#[cfg(loom)]
impl<T> std::ops::DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().unwrap()
    }
}

/// Loom's condition variable with parking_lot's signature, without timeouts.
#[cfg(loom)]
#[derive(Debug)]
pub struct Condvar(loom::sync::Condvar);

#[cfg(loom)]
impl Condvar {
    /// A new condition variable.
    pub fn new() -> Self {
        Condvar(loom::sync::Condvar::new())
    }

    /// Unlocks, waits to be woken, and locks again.
    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        guard.0 = guard.0.take().map(|held| self.0.wait(held).unwrap());
    }

    /// Wakes one waiter.
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes all waiters.
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

/// Keeps a value on cache lines of its own, so that threads that write it do not slow down readers of its neighbours.
/// Two lines, because processors fetch them in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct Padded<T>(pub T);

impl<T> std::ops::Deref for Padded<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}
