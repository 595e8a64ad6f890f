//! The workers.
//!
//! A worker is awake (running or searching) or asleep. Whoever makes a stream ready wakes a worker only when none is
//! searching: a searcher will find it, and the last searcher that finds work wakes the next.

use super::{
    Stream, exception::Exceptions, host::Hosts, overflow::Overflows, parallel::Jobs, ready::Ready,
    report::Reports, timer::Timer, watch::Watch,
};
use crate::memory;
use parking_lot::{Condvar, Mutex};
use std::{
    hint,
    sync::{
        Arc, Once,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// How often a searching or waiting thread looks before it sleeps. Longer spins hurt when other programs run.
pub(crate) const SPINS: u32 = 2_000;
/// With a seeded order, workers leave the work to waiting threads until nothing was submitted for this long.
const SEEDED_PATIENCE: Duration = Duration::from_millis(2);

const SEARCHING: u64 = 1;
const SLEEPING: u64 = 1 << 32;

fn searching(idle: u64) -> u32 {
    idle as u32
}

/// A pool of workers and the streams that have something to do. Lives as long as the process.
pub(crate) struct Pool {
    ready: Ready,
    pub(super) jobs: Jobs,
    pub(super) hosts: Hosts,
    pub(super) reports: Reports,
    pub(super) timer: Timer,
    pub(super) watch: Watch,
    pub(super) exceptions: Exceptions,
    pub(super) overflows: Overflows,
    workers: usize,
    seeded: bool,
    /// Searching workers in the lower half, sleeping ones in the upper.
    idle: AtomicU64,
    /// Wake-ups given and not yet taken.
    permits: Mutex<usize>,
    wake: Condvar,
    /// With a seeded order: held by the one thread that picks and runs tasks.
    baton: Mutex<()>,
    /// With a seeded order: counts submissions.
    activity: AtomicU64,
    start: Once,
}

impl Pool {
    /// A pool whose threads start with the first stream that becomes ready.
    pub fn new(workers: usize, seed: Option<u64>) -> &'static Pool {
        Box::leak(Box::new(Pool {
            ready: Ready::new(seed),
            jobs: Jobs::default(),
            hosts: Hosts::default(),
            reports: Reports::default(),
            timer: Timer::default(),
            watch: Watch::default(),
            exceptions: Exceptions::default(),
            overflows: Overflows::default(),
            workers: workers.max(1),
            seeded: seed.is_some(),
            idle: AtomicU64::new(0),
            permits: Mutex::new(0),
            wake: Condvar::new(),
            baton: Mutex::new(()),
            activity: AtomicU64::new(0),
            start: Once::new(),
        }))
    }

    pub fn workers(&self) -> usize {
        self.workers
    }

    /// Threads that work on shared tasks.
    pub fn helping(&self) -> usize {
        self.jobs.threads()
    }

    pub fn seeded(&self) -> bool {
        self.seeded
    }

    /// A task was submitted.
    #[inline]
    pub fn note_submission(&self) {
        if self.seeded {
            self.activity.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Starts the workers unless they run already.
    #[inline]
    pub fn ensure_started(&'static self) {
        if !self.start.is_completed() {
            self.start.call_once(|| self.spawn());
        }
    }

    #[cold]
    fn spawn(&'static self) {
        for number in 0..self.workers {
            // Counted as searching from the start: the first submissions need not wake it.
            self.idle.fetch_add(SEARCHING, Ordering::SeqCst);
            let worker = thread::Builder::new().name(format!("aclsim-{number}")).spawn(|| self.work());
            if worker.is_err() {
                self.idle.fetch_sub(SEARCHING, Ordering::SeqCst);
                assert!(number > 0, "the system refuses to start a single worker thread");
                break;
            }
        }
    }

    /// Adds a stream that is queued and not yet among the ready ones.
    pub fn push(&self, stream: Arc<Stream>) {
        self.ready.push(stream);
        self.wake_one();
    }

    /// Wakes a worker if none is searching.
    #[inline]
    pub fn wake_one(&self) {
        let mut idle = self.idle.load(Ordering::SeqCst);
        // The waker counts the sleeper as searching, so that the next waker leaves it at that.
        while searching(idle) == 0 && idle >= SLEEPING {
            let new = idle - SLEEPING + SEARCHING;
            match self.idle.compare_exchange_weak(idle, new, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return self.permit(),
                Err(now) => idle = now,
            }
        }
    }

    #[cold]
    fn permit(&self) {
        *self.permits.lock() += 1;
        self.wake.notify_one();
    }

    /// Whether a running stream should give way to others.
    #[inline]
    pub fn should_yield(&self, priority: usize, ran: u32) -> bool {
        const TURN: u32 = 64;
        self.ready.better_than(priority) || (ran >= TURN && !self.ready.is_empty()) || self.seeded
    }

    pub fn has_work(&self) -> bool {
        !self.ready.is_empty() || self.jobs.any()
    }

    /// The life of a worker.
    fn work(&'static self) {
        crate::exec::threads::block_signals();
        memory::set_working(true);
        loop {
            // Counted as searching here.
            if let Some(found) = self.search() {
                let before = self.idle.fetch_sub(SEARCHING, Ordering::SeqCst);
                if searching(before) == 1 && self.has_work() {
                    self.wake_one();
                }
                match found {
                    Found::Stream(stream) => {
                        stream.run_on_worker();
                        self.run_ready();
                    }
                    Found::Job => self.jobs.help(),
                    Found::Nothing => {}
                }
                self.idle.fetch_add(SEARCHING, Ordering::SeqCst);
            } else {
                self.sleep();
            }
        }
    }

    /// Keeps running ready streams without counting as searching in between.
    fn run_ready(&'static self) {
        while let Some(stream) = self.next_for_worker() {
            stream.run_on_worker();
        }
    }

    fn next_for_worker(&'static self) -> Option<Arc<Stream>> {
        if self.seeded { None } else { self.ready.pop() }
    }

    fn search(&'static self) -> Option<Found> {
        if self.seeded {
            return self.search_seeded();
        }
        for _ in 0..SPINS {
            if let Some(stream) = self.ready.pop() {
                return Some(Found::Stream(stream));
            }
            if self.jobs.any() {
                return Some(Found::Job);
            }
            hint::spin_loop();
        }
        None
    }

    /// Work is first of all for the threads that wait, whose order is reproducible. A program that never waits but
    /// looks at results some other way still gets them.
    fn search_seeded(&'static self) -> Option<Found> {
        if self.ready.is_empty() {
            return None;
        }
        let before = self.activity.load(Ordering::Relaxed);
        thread::sleep(SEEDED_PATIENCE);
        if self.activity.load(Ordering::Relaxed) == before {
            self.run_seeded(&|| false);
        }
        Some(Found::Nothing)
    }

    /// Runs tasks in the seeded order until `enough`. False if nothing is ready.
    pub fn run_seeded(&'static self, enough: &dyn Fn() -> bool) -> bool {
        let _baton = self.baton.lock();
        while !enough() {
            let Some(stream) = self.ready.pop() else { return false };
            stream.run_on_worker();
        }
        true
    }

    fn sleep(&self) {
        self.idle.fetch_add(SLEEPING.wrapping_sub(SEARCHING), Ordering::SeqCst);
        // Work that came before this worker was counted as asleep did not wake it.
        if self.has_work() {
            self.wake_one();
        }
        let mut permits = self.permits.lock();
        while *permits == 0 {
            self.wake.wait(&mut permits);
        }
        *permits -= 1;
    }
}

enum Found {
    Stream(Arc<Stream>),
    /// A kernel of another thread has chunks left.
    Job,
    Nothing,
}
