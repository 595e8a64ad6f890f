//! Work shared inside one task: idle workers take chunks, the caller takes part and waits for nobody who has not
//! begun.

use super::pool::{Pool, SPINS};
use npu_types::Parallel;
use parking_lot::{Condvar, Mutex};
use std::{
    any::Any,
    hint,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// A kernel's chunks. Lives on the stack of the caller, who leaves only when no helper is inside.
struct Job<'a> {
    body: &'a (dyn Fn(usize) + Sync),
    chunks: usize,
    next: AtomicUsize,
    /// Helpers inside. Grows only under the lock of the list.
    helpers: AtomicUsize,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    left: Condvar,
    gate: Mutex<()>,
}

impl Job<'_> {
    fn open(&self) -> bool {
        self.next.load(Ordering::Relaxed) < self.chunks
    }

    fn take_chunks(&self, jobs: &Jobs) {
        loop {
            let chunk = self.next.fetch_add(1, Ordering::Relaxed);
            if chunk >= self.chunks {
                return;
            }
            if chunk + 1 == self.chunks {
                jobs.len.fetch_sub(1, Ordering::SeqCst);
            }
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (self.body)(chunk))) {
                self.panic.lock().get_or_insert(panic);
            }
        }
    }
}

/// A job in the list of open ones.
#[derive(Clone, Copy)]
struct Entry(*const Job<'static>);

// SAFETY: a job may be used by several threads; who may is settled by the list's lock.
unsafe impl Send for Entry {}

/// The open jobs of a pool.
#[derive(Default)]
pub(super) struct Jobs {
    list: Mutex<Vec<Entry>>,
    /// Jobs with chunks that nobody has taken.
    len: AtomicUsize,
}

impl Jobs {
    #[inline]
    pub fn any(&self) -> bool {
        self.len.load(Ordering::SeqCst) > 0
    }

    /// Threads that work on chunks, those who shared them included.
    pub fn threads(&self) -> usize {
        let list = self.list.lock();
        // SAFETY: jobs in the list are alive.
        list.iter().map(|entry| unsafe { &*entry.0 }).map(|job| job.helpers.load(Ordering::Relaxed) + 1).sum()
    }

    /// Helps with one job, if one has chunks left.
    pub fn help(&self) {
        let job = {
            let list = self.list.lock();
            // SAFETY: jobs in the list are alive.
            let found = list.iter().map(|entry| unsafe { &*entry.0 }).find(|job| job.open());
            let Some(job) = found else { return };
            job.helpers.fetch_add(1, Ordering::Relaxed);
            job
        };
        job.take_chunks(self);
        // The gate keeps the caller from leaving between the count and the signal.
        let _gate = job.gate.lock();
        job.helpers.fetch_sub(1, Ordering::Release);
        job.left.notify_one();
    }

    fn open(&self, entry: Entry) {
        // Counted before anybody can take the last chunk.
        self.len.fetch_add(1, Ordering::SeqCst);
        self.list.lock().push(entry);
    }

    fn close(&self, entry: Entry) {
        let mut list = self.list.lock();
        list.retain(|other| !std::ptr::eq(other.0, entry.0));
    }
}

/// Runs chunks that may wait for each other: each on a thread of its own, and none before all can.
///
/// # Errors
/// The system gives no more threads; nothing has run.
pub fn side_by_side(chunks: usize, body: &(dyn Fn(usize) + Sync)) -> std::io::Result<()> {
    // Whether to go ahead, once that is known.
    let gate = (Mutex::new(None), Condvar::new());
    let decide = |go: bool| {
        *gate.0.lock() = Some(go);
        gate.1.notify_all();
    };
    let decision = || {
        let mut go = gate.0.lock();
        loop {
            match *go {
                Some(go) => return go,
                None => gate.1.wait(&mut go),
            }
        }
    };
    thread::scope(|scope| {
        for chunk in 1..chunks {
            let decision = &decision;
            let run = move || {
                super::threads::block_signals();
                if decision() {
                    body(chunk);
                }
            };
            if let Err(error) = thread::Builder::new().spawn_scoped(scope, run) {
                decide(false);
                return Err(error);
            }
        }
        decide(true);
        if chunks > 0 {
            body(0);
        }
        Ok(())
    })
}

impl Parallel for Pool {
    fn threads(&self) -> usize {
        self.workers()
    }

    fn run(&self, chunks: usize, body: &(dyn Fn(usize) + Sync)) {
        if chunks < 2 || self.workers() < 2 || self.seeded() {
            return (0..chunks).for_each(body);
        }
        let job = Job {
            body,
            chunks,
            next: AtomicUsize::new(0),
            helpers: AtomicUsize::new(0),
            panic: Mutex::new(None),
            left: Condvar::new(),
            gate: Mutex::new(()),
        };
        let entry = Entry((&raw const job).cast());
        self.jobs.open(entry);
        // Further helpers are woken by the first, as long as chunks are left.
        self.wake_one();
        job.take_chunks(&self.jobs);
        // From here on nobody comes in.
        self.jobs.close(entry);
        for _ in 0..SPINS {
            if job.helpers.load(Ordering::Acquire) == 0 {
                break;
            }
            hint::spin_loop();
        }
        let mut gate = job.gate.lock();
        while job.helpers.load(Ordering::Acquire) > 0 {
            job.left.wait(&mut gate);
        }
        drop(gate);
        if let Some(panic) = job.panic.into_inner() {
            resume_unwind(panic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn chunks_side_by_side_can_wait_for_each_other() {
        let (barrier, sum) = (Barrier::new(9), AtomicUsize::new(0));
        side_by_side(9, &|chunk| {
            barrier.wait();
            sum.fetch_add(chunk, Ordering::Relaxed);
        })
        .unwrap();
        assert_eq!(sum.into_inner(), 36);
        side_by_side(0, &|_| unreachable!()).unwrap();
    }
}
