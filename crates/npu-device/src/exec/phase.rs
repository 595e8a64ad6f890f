//! Who may run a stream: one word, changed by compare-and-swap only.
//!
//! ```text
//! idle ──submit──▶ queued ──claim──▶ running ──nothing left──▶ idle ──claim_idle──▶ running
//!                    ▲                │   │
//!                    ├──── yield ─────┘   └──waits──▶ parked
//!                    └───────────────────wake────────────┘
//! ```
//! `NOTIFIED` tells the runner that a task came after it looked, `WOKEN` that what it is about to wait for has
//! already happened.

use npu_types::sync::atomic::{AtomicU32, Ordering};

const IDLE: u32 = 0;
const QUEUED: u32 = 1;
const RUNNING: u32 = 2;
const PARKED: u32 = 3;
const PHASE: u32 = 3;
const NOTIFIED: u32 = 4;
const WOKEN: u32 = 8;

/// The phase of a stream.
#[derive(Debug)]
pub struct Phase(AtomicU32);

impl Default for Phase {
    fn default() -> Self {
        Phase(AtomicU32::new(IDLE))
    }
}

impl Phase {
    /// After a task was published. True: the stream went from idle to queued and the caller must make it ready.
    #[inline]
    pub fn notify(&self) -> bool {
        let before = self.0.fetch_or(NOTIFIED, Ordering::AcqRel);
        before & PHASE == IDLE && self.notify_idle()
    }

    fn notify_idle(&self) -> bool {
        let mut now = self.0.load(Ordering::Relaxed);
        while now & PHASE == IDLE {
            match self.0.compare_exchange_weak(now, QUEUED, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return true,
                Err(other) => now = other,
            }
        }
        false
    }

    /// Whether a thread runs the stream.
    pub fn is_running(&self) -> bool {
        self.0.load(Ordering::Relaxed) & PHASE == RUNNING
    }

    /// Takes a queued stream for running.
    #[inline]
    pub fn claim(&self) -> bool {
        let mut now = self.0.load(Ordering::Relaxed);
        while now & PHASE == QUEUED {
            match self.0.compare_exchange_weak(now, RUNNING, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(other) => now = other,
            }
        }
        false
    }

    /// Takes an idle stream for running, before its next task is published.
    #[inline]
    pub fn claim_idle(&self) -> bool {
        self.0.compare_exchange(IDLE, RUNNING, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// The runner found no task. False: one came meanwhile, look again.
    pub fn release(&self) -> bool {
        self.leave(NOTIFIED, IDLE)
    }

    /// The runner's task waits for something that will call [`Phase::wake`]. False: that has already happened.
    pub fn park(&self) -> bool {
        self.leave(WOKEN, PARKED)
    }

    /// Leaves running for `next`, unless `flag` is set, which is then cleared.
    fn leave(&self, flag: u32, next: u32) -> bool {
        let mut now = self.0.load(Ordering::Relaxed);
        loop {
            let (new, left) = if now & flag == 0 { (next, true) } else { (now & !flag, false) };
            match self.0.compare_exchange_weak(now, new, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return left,
                Err(other) => now = other,
            }
        }
    }

    /// The runner gives the stream back with tasks left. The caller must make it ready.
    pub fn requeue(&self) {
        self.0.store(QUEUED, Ordering::Release);
    }

    /// What the stream's first task waits for has happened. True: the stream was parked and the caller must make it
    /// ready.
    pub fn wake(&self) -> bool {
        let mut now = self.0.load(Ordering::Relaxed);
        loop {
            let (new, ready) = match now & PHASE {
                PARKED => (QUEUED, true),
                RUNNING => (now | WOKEN, false),
                // A late wake: the stream has gone on already.
                _ => return false,
            };
            match self.0.compare_exchange_weak(now, new, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return ready,
                Err(other) => now = other,
            }
        }
    }

    /// What was written before is seen by whoever claims the stream from here on; whoever has claimed it is told by the
    /// [`Phase::wake`] that follows.
    pub fn publish(&self) {
        self.0.fetch_or(0, Ordering::AcqRel);
    }

    /// Whether [`Phase::claim`] would succeed now.
    #[inline]
    pub fn is_queued(&self) -> bool {
        self.0.load(Ordering::Relaxed) & PHASE == QUEUED
    }
}
