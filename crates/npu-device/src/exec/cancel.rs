//! Which tasks of a stream are dropped although the stream lives on, and who waits for them.

use npu_types::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

/// The tasks that a stream drops, and the aborts that made it so. Every abort is counted with its cause in the lowest
/// bit, so a waiting thread sees from one number that there was one, and why.
#[derive(Debug)]
pub struct Cancel {
    /// Tasks up to this number are dropped.
    to: AtomicU64,
    aborts: AtomicU64,
    /// Held while the flag that says to look here is set or taken back.
    flag: Mutex<()>,
}

impl Default for Cancel {
    fn default() -> Self {
        Cancel { to: AtomicU64::new(0), aborts: AtomicU64::new(0), flag: Mutex::new(()) }
    }
}

impl Cancel {
    /// Drops tasks up to number `to`. `raise` tells the runner to look; the stream is then to be woken.
    pub fn drop_to(&self, to: u64, raise: impl FnOnce()) {
        let _flag = self.flag.lock();
        self.to.fetch_max(to, Ordering::AcqRel);
        raise();
    }

    /// Whether the task after `completed` ones is dropped. If not, `lower` takes the flag back, and the next call need
    /// not come before the flag is raised again.
    pub fn drops(&self, completed: u64, lower: impl FnOnce()) -> bool {
        if completed < self.to.load(Ordering::Acquire) {
            return true;
        }
        let _flag = self.flag.lock();
        let drops = completed < self.to.load(Ordering::Acquire);
        if !drops {
            lower();
        }
        drops
    }

    /// There was an abort, of the whole device or of this stream alone: waiting threads are to be woken.
    pub fn abort(&self, device: bool) {
        let next = |aborts: u64| Some((aborts | 1) + 1 + u64::from(device));
        // Ordered before the look for sleeping threads, which look here after they were counted.
        let _ = self.aborts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next);
    }

    /// The aborts so far, to be compared later.
    pub fn aborts(&self) -> u64 {
        self.aborts.load(Ordering::SeqCst)
    }

    /// Whether the last abort was one of the device.
    pub fn of_device(&self) -> bool {
        self.aborts() & 1 != 0
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_abort_changes_the_number_and_says_its_cause() {
        let cancel = Cancel::default();
        let mut seen = vec![cancel.aborts()];
        for device in [false, true, true, false] {
            cancel.abort(device);
            assert_eq!(cancel.of_device(), device);
            assert!(!seen.contains(&cancel.aborts()));
            seen.push(cancel.aborts());
        }
    }
}
