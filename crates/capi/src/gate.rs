//! The gate that every entry point passes: open, closed while a snapshot is taken, or shut for ever in a forked child.

use crate::{Error, Result};
use parking_lot::{Condvar, Mutex};
use std::sync::atomic::{AtomicU32, Ordering};

const OPEN: u32 = 0;
const CLOSED: u32 = 1;
const FORKED: u32 = 2;

static GATE: AtomicU32 = AtomicU32::new(OPEN);
/// The process this one was forked from.
static PARENT: AtomicU32 = AtomicU32::new(0);
static WAITING: Mutex<()> = Mutex::new(());
static OPENED: Condvar = Condvar::new();

/// Called in a forked child (from `pthread_atfork`): from now on every entry point answers an error.
pub fn set_forked(parent: u32) {
    PARENT.store(parent, Ordering::Relaxed);
    GATE.store(FORKED, Ordering::Release);
    npu_device::trace::forget();
    npu_device::memory::passes::rights_changed();
}

/// The process this one was forked from, if it was forked after the library started.
pub fn forked_from() -> Option<u32> {
    (GATE.load(Ordering::Acquire) == FORKED).then(|| PARENT.load(Ordering::Relaxed))
}

/// Lets calls wait until [`open`].
pub fn close() {
    // Not in a forked child, for whom nobody would open it.
    let _ = GATE.compare_exchange(OPEN, CLOSED, Ordering::AcqRel, Ordering::Relaxed);
    npu_device::memory::passes::rights_changed();
}

/// Lets the calls that wait go on.
pub fn open() {
    let _waiting = WAITING.lock();
    let _ = GATE.compare_exchange(CLOSED, OPEN, Ordering::AcqRel, Ordering::Relaxed);
    OPENED.notify_all();
}

/// What every entry point does first.
///
/// # Errors
/// The process was forked.
#[inline]
pub fn pass() -> Result {
    if GATE.load(Ordering::Relaxed) == OPEN { Ok(()) } else { wait() }
}

/// As [`pass`], without waiting.
///
/// # Errors
/// The process was forked.
pub fn pass_always() -> Result {
    forked_from().map_or(Ok(()), |parent| Err(Error::Forked { parent }))
}

#[cold]
fn wait() -> Result {
    // What runs for a stream is waited for before a snapshot is taken.
    if npu_device::exec::runs_for_a_stream() {
        return pass_always();
    }
    // Before the lock, which another thread may have held when the process forked.
    pass_always()?;
    let mut waiting = WAITING.lock();
    while GATE.load(Ordering::Acquire) == CLOSED {
        OPENED.wait(&mut waiting);
    }
    drop(waiting);
    pass_always()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc, thread, time::Duration};

    #[test]
    fn a_closed_gate_holds_calls_until_it_opens() {
        close();
        let (sender, receiver) = mpsc::channel();
        let caller = thread::spawn(move || {
            sender.send(()).unwrap();
            crate::entry::acl("aclTest", || Ok(()))
        });
        receiver.recv().unwrap();
        // Calls that must not wait do not.
        assert_eq!(crate::entry::acl_always("aclTest", || Ok(())), 0);
        thread::sleep(Duration::from_millis(20));
        assert!(!caller.is_finished());
        open();
        assert_eq!(caller.join().unwrap(), 0);
    }
}
