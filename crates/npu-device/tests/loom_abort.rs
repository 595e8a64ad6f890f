//! Aborts against runners, submitters and waiting threads under every interleaving:
//! `RUSTFLAGS="--cfg loom" cargo test -p npu-device --test loom_abort --release`.
#![cfg(loom)]

use loom::{
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
};
use npu_device::exec::{cancel::Cancel, phase::Phase, queue::Queue};

/// The task that waits for what never comes.
const NEVER: usize = 100;

/// A stream reduced to what an abort touches.
struct Stream {
    queue: Queue<usize>,
    phase: Phase,
    cancel: Cancel,
    /// The flag in the stream's mode that sends the runner to `cancel`.
    flag: AtomicBool,
    completed: AtomicU64,
    /// Tasks that ran.
    ran: AtomicUsize,
    /// Stands for the pool: how often somebody was told to run the stream.
    ready: AtomicUsize,
    sleepers: AtomicU32,
    gate: Mutex<()>,
    changed: Condvar,
}

// The queue and the phase are what makes it so.
unsafe impl Sync for Stream {}
unsafe impl Send for Stream {}

impl Stream {
    fn new() -> Arc<Self> {
        Arc::new(Stream {
            queue: Queue::default(),
            phase: Phase::default(),
            cancel: Cancel::default(),
            flag: AtomicBool::new(false),
            completed: AtomicU64::new(0),
            ran: AtomicUsize::new(0),
            ready: AtomicUsize::new(0),
            sleepers: AtomicU32::new(0),
            gate: Mutex::new(()),
            changed: Condvar::new(),
        })
    }

    fn submit(&self, task: usize) {
        self.queue.push(task);
        if self.phase.notify() {
            self.ready.fetch_add(1, Ordering::Release);
        }
    }

    fn skips(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
            && self.cancel.drops(self.completed.load(Ordering::Acquire), || {
                self.flag.store(false, Ordering::Release);
            })
    }

    fn signal(&self) {
        // Loom knows no total order of sequentially consistent operations: one that writes as well stands for it.
        if self.sleepers.fetch_add(0, Ordering::SeqCst) > 0 {
            drop(self.gate.lock().unwrap());
            self.changed.notify_all();
        }
    }

    fn run(&self) {
        if !self.phase.claim() {
            return;
        }
        loop {
            // SAFETY: the stream was claimed.
            match unsafe { self.queue.front() } {
                None => {
                    if self.phase.release() {
                        return;
                    }
                }
                Some(task) => {
                    if !self.skips() {
                        // SAFETY: the front of a claimed stream's queue.
                        if unsafe { *task } == NEVER {
                            if self.phase.park() {
                                return;
                            }
                            continue;
                        }
                        self.ran.fetch_add(1, Ordering::Relaxed);
                    }
                    // SAFETY: as above, and numbers need no dropping.
                    let over = unsafe { self.queue.advance_past() };
                    self.completed.swap(over, Ordering::SeqCst);
                    self.signal();
                }
            }
        }
    }

    /// As `Stream::begin_abort`. Returns the number of the last task dropped.
    fn abort(&self) -> u64 {
        let target = self.queue.pushed();
        self.cancel.drop_to(target, || self.flag.store(true, Ordering::Release));
        self.cancel.abort(false);
        self.phase.publish();
        if self.phase.wake() {
            self.ready.fetch_add(1, Ordering::Release);
        }
        self.signal();
        target
    }

    /// As `Stream::wait_over`, for a thread that only sleeps. True: there was an abort.
    fn sleep(&self, target: u64, aborts: u64) -> bool {
        let aborted = || self.cancel.aborts() != aborts;
        let reached = || self.completed.load(Ordering::SeqCst) >= target || aborted();
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        let mut gate = self.gate.lock().unwrap();
        while !reached() {
            gate = self.changed.wait(gate).unwrap();
        }
        drop(gate);
        self.sleepers.fetch_sub(1, Ordering::Relaxed);
        aborted()
    }

    /// Runs what is left: what was made ready must be enough.
    fn finish(&self) {
        for _ in 0..self.ready.swap(0, Ordering::Acquire) {
            self.run();
        }
        assert!(!self.phase.is_queued());
    }
}

#[test]
fn an_abort_ends_a_wait_whether_the_stream_has_parked_or_not() {
    loom::model(|| {
        let stream = Stream::new();
        stream.submit(NEVER);
        let runner = thread::spawn({
            let stream = stream.clone();
            move || stream.run()
        });
        let target = stream.abort();
        runner.join().unwrap();
        stream.finish();
        assert_eq!(stream.completed.load(Ordering::Relaxed), target);
        assert_eq!(stream.ran.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn what_comes_after_an_abort_runs() {
    loom::model(|| {
        let stream = Stream::new();
        stream.submit(NEVER);
        let aborter = thread::spawn({
            let stream = stream.clone();
            move || {
                stream.abort();
                stream.submit(1);
            }
        });
        stream.run();
        aborter.join().unwrap();
        stream.finish();
        assert_eq!(stream.completed.load(Ordering::Relaxed), 2);
        assert_eq!(stream.ran.load(Ordering::Relaxed), 1, "the later task was not dropped");
        assert!(!stream.skips(), "nothing is dropped any more");
    });
}

#[test]
fn a_sleeping_thread_hears_of_the_abort() {
    loom::model(|| {
        let stream = Stream::new();
        stream.submit(NEVER);
        let aborts = stream.cancel.aborts();
        let waiter = thread::spawn({
            let stream = stream.clone();
            move || stream.sleep(1, aborts)
        });
        // Nobody runs the stream: the abort alone must wake it.
        stream.abort();
        assert!(waiter.join().unwrap());
    });
}
