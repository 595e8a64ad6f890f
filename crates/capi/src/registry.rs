//! Callbacks that programs register under a name.

use crate::{Result, code::ACL_ERROR_RT_PARAM_INVALID, error::Error};
use parking_lot::Mutex;
use std::{
    ffi::{CStr, CString, c_void},
    sync::atomic::{AtomicBool, Ordering},
};

/// A callback with what it is called with.
struct Entry<F> {
    name: CString,
    function: F,
    data: usize,
}

/// Callbacks of one kind, by name and in the order of registration.
pub struct Registry<F> {
    entries: Mutex<Vec<Entry<F>>>,
    /// Whether there are any, readable without the lock.
    any: AtomicBool,
}

impl<F: Copy> Default for Registry<F> {
    fn default() -> Self {
        Registry::new()
    }
}

impl<F: Copy> Registry<F> {
    /// None registered.
    pub const fn new() -> Self {
        Registry { entries: Mutex::new(Vec::new()), any: AtomicBool::new(false) }
    }

    /// Registers `function` under a name, or without one takes the name's callback away.
    ///
    /// # Errors
    /// 107000 when the name is empty, registered already, or has nothing to take away.
    pub fn set(&self, name: &CStr, function: Option<F>, data: *mut c_void) -> Result {
        let refuse = |expected: &str| {
            let what = format!("argument regName: expected {expected}, got {name:?}");
            Err(Error::Code { code: ACL_ERROR_RT_PARAM_INVALID, what })
        };
        if name.is_empty() {
            return refuse("a name that is not empty");
        }
        let mut entries = self.entries.lock();
        let place = entries.iter().position(|entry| *entry.name == *name);
        match (function, place) {
            (Some(function), None) => {
                entries.push(Entry { name: name.to_owned(), function, data: data.addr() });
            }
            (None, Some(place)) => drop(entries.remove(place)),
            (Some(_), Some(_)) => return refuse("a name that is not registered yet"),
            (None, None) => return refuse("a registered name, as the callback is null"),
        }
        self.any.store(!entries.is_empty(), Ordering::Release);
        Ok(())
    }

    /// Calls `call` with each callback and its data. No lock is held meanwhile: callbacks may register others.
    pub fn for_each(&self, mut call: impl FnMut(F, *mut c_void)) {
        if !self.any.load(Ordering::Acquire) {
            return;
        }
        let all: Vec<_> = self.entries.lock().iter().map(|entry| (entry.function, entry.data)).collect();
        for (function, data) in all {
            call(function, std::ptr::with_exposed_provenance_mut(data));
        }
    }

    /// Whether any are registered.
    pub fn is_empty(&self) -> bool {
        !self.any.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_callback_until_it_is_taken_away() {
        let registry = Registry::<u32>::new();
        assert!(registry.set(c"", Some(1), std::ptr::null_mut()).is_err());
        assert!(registry.set(c"a", None, std::ptr::null_mut()).is_err());
        registry.set(c"a", Some(1), std::ptr::null_mut()).unwrap();
        registry.set(c"b", Some(2), std::ptr::null_mut()).unwrap();
        let again = registry.set(c"a", Some(3), std::ptr::null_mut()).unwrap_err();
        assert!(again.to_string().contains("not registered yet"), "{again}");
        let mut seen = Vec::new();
        registry.for_each(|number, _| {
            seen.push(number);
            // The lock is free.
            let _ = registry.set(c"c", Some(9), std::ptr::null_mut());
        });
        assert_eq!(seen, [1, 2]);
        registry.set(c"a", None, std::ptr::null_mut()).unwrap();
        registry.set(c"b", None, std::ptr::null_mut()).unwrap();
        assert!(!registry.is_empty());
        registry.set(c"c", None, std::ptr::null_mut()).unwrap();
        assert!(registry.is_empty());
    }
}
