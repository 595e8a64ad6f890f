//! Failed tasks that the program wants to hear of.
//!
//! They are told one after the other on a thread that does nothing else and holds no lock. Whoever reports a failure
//! waits until it was told, except within the telling itself.

use super::threads;
use crate::{FaultKind, TaskFault};
use parking_lot::{Condvar, Mutex};
use std::{
    cell::Cell,
    collections::{HashMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

/// A kernel of the program, as a failed task called it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KernelCall {
    /// The handle of the function.
    pub function: u64,
    /// Device address of its arguments.
    pub arguments: u64,
    /// Their size.
    pub length: u32,
}

/// A failed task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The device.
    pub device: u32,
    /// The stream's number on it.
    pub stream: u32,
    /// The task's number on the stream, from 1.
    pub task: u64,
    /// The system's number of the thread that submitted it.
    pub thread: u32,
    /// The function that submitted it.
    pub call: &'static str,
    /// What happened.
    pub fault: TaskFault,
    /// The kernel, if it was one of the program.
    pub kernel: Option<KernelCall>,
}

/// Is told of failed tasks.
pub type ExceptionObserver = fn(&Exception);

thread_local! {
    /// Whether this thread is telling the program of a failure.
    static TELLING: Cell<bool> = const { Cell::new(false) };
    /// The kernel that the task running on this thread is about to fail with.
    static BLAMED: Cell<Option<KernelCall>> = const { Cell::new(None) };
}

/// For the body of a task, just before it fails: the failure is that of a kernel of the program.
pub fn blame(kernel: KernelCall) {
    BLAMED.set(Some(kernel));
}

pub(super) fn take_blamed() -> Option<KernelCall> {
    BLAMED.take()
}

#[derive(Default)]
struct State {
    observer: Option<ExceptionObserver>,
    queue: VecDeque<Exception>,
    /// Exceptions ever queued, and those of them that were told.
    queued: u64,
    told: u64,
    running: bool,
    /// The last failure on each device.
    last: HashMap<u32, FaultKind>,
}

/// The failed tasks of a pool.
#[derive(Default)]
pub(crate) struct Exceptions {
    state: Mutex<State>,
    changed: Condvar,
}

impl Exceptions {
    pub fn observe(&self, observer: Option<ExceptionObserver>) {
        self.state.lock().observer = observer;
    }

    /// A task has failed. Its failure must not become visible before this returns.
    pub fn add(&'static self, exception: Exception) {
        let mut state = self.state.lock();
        state.last.insert(exception.device, exception.fault.kind);
        if state.observer.is_none() {
            return;
        }
        if !state.running {
            let spawned = thread::Builder::new().name("aclsim-except".into()).spawn(|| self.work());
            if let Err(error) = spawned {
                eprintln!("aclsim: no thread to call exception callbacks on ({error}); one is not called");
                return;
            }
            state.running = true;
        }
        state.queue.push_back(exception);
        state.queued += 1;
        self.changed.notify_all();
    }

    fn work(&self) {
        threads::block_signals();
        TELLING.set(true);
        let mut state = self.state.lock();
        loop {
            let Some(exception) = state.queue.pop_front() else {
                self.changed.wait(&mut state);
                continue;
            };
            let observer = state.observer;
            drop(state);
            if let Some(observer) = observer {
                // Callbacks of a C program cannot unwind; the next exception is told whatever happens.
                let _ = catch_unwind(AssertUnwindSafe(|| observer(&exception)));
            }
            state = self.state.lock();
            state.told += 1;
            self.changed.notify_all();
        }
    }

    /// Waits until the exceptions added so far were told.
    pub fn wait_told(&self) {
        if TELLING.get() {
            return;
        }
        let mut state = self.state.lock();
        let target = state.queued;
        while state.told < target {
            self.changed.wait(&mut state);
        }
    }

    /// The kind of the last failure on a device.
    pub fn last(&self, device: u32) -> Option<FaultKind> {
        self.state.lock().last.get(&device).copied()
    }

    /// Forgets the failures on a device.
    pub fn forget(&self, device: u32) {
        self.state.lock().last.remove(&device);
    }
}

impl crate::Runtime {
    /// Has `observer` told of every task that fails from now on, or nobody.
    pub fn observe_exceptions(&self, observer: Option<ExceptionObserver>) {
        self.pool().exceptions.observe(observer);
    }

    /// The kind of the last failure on a device, until [`crate::Runtime::forget_fault`].
    pub fn last_fault(&self, device: u32) -> Option<FaultKind> {
        self.pool().exceptions.last(device)
    }

    /// Forgets the failures on a device.
    pub fn forget_fault(&self, device: u32) {
        self.pool().exceptions.forget(device);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    static SUM: AtomicU64 = AtomicU64::new(0);

    fn exception(task: u64) -> Exception {
        let fault = TaskFault::vector("broken");
        Exception { device: 3, stream: 1, task, thread: 0, call: "test", fault, kernel: None }
    }

    #[test]
    fn waiting_ends_when_all_were_told_and_is_no_deadlock_within_the_telling() {
        let exceptions: &'static Exceptions = Box::leak(Box::default());
        exceptions.wait_told();
        exceptions.add(exception(100));
        assert_eq!(exceptions.last(3), Some(FaultKind::Vector), "noted without an observer");
        exceptions.observe(Some(|exception| {
            SUM.fetch_add(exception.task, Ordering::SeqCst);
            assert!(exception.task != 2, "a panic stops nothing");
        }));
        for task in 1..=3 {
            exceptions.add(exception(task));
        }
        exceptions.wait_told();
        assert_eq!(SUM.load(Ordering::SeqCst), 6);
        TELLING.set(true);
        exceptions.state.lock().queued += 1;
        exceptions.wait_told();
        TELLING.set(false);
        exceptions.forget(3);
        assert_eq!(exceptions.last(3), None);
    }

    #[test]
    fn a_blamed_kernel_is_taken_once() {
        let kernel = KernelCall { function: 1, arguments: 2, length: 3 };
        blame(kernel);
        assert_eq!((take_blamed(), take_blamed()), (Some(kernel), None));
    }
}
