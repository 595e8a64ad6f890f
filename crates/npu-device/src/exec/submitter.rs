//! Threads that submit tasks: who they are, and what they submitted last.

use std::cell::Cell;

struct Submitter {
    /// The system's number of the thread, 0 until somebody asks.
    id: Cell<u32>,
    /// The number that the thread's last task has on its stream.
    last: Cell<Option<u64>>,
}

thread_local! {
    static ME: Submitter = const { Submitter { id: Cell::new(0), last: Cell::new(None) } };
}

/// The system's number of the calling thread.
#[inline]
pub(super) fn thread_id() -> u32 {
    ME.with(|me| match me.id.get() {
        0 => ask(&me.id),
        id => id,
    })
}

#[cold]
fn ask(id: &Cell<u32>) -> u32 {
    // SAFETY: takes no arguments and cannot fail.
    let got = unsafe { libc::gettid() } as u32;
    id.set(got);
    got
}

/// The calling thread has submitted a task, its stream's number `task`.
#[inline]
pub(super) fn submitted(task: u64) {
    ME.with(|me| me.last.set(Some(task)));
}

/// The number that the last task of the calling thread has on its stream.
pub fn last_task() -> Option<u64> {
    ME.with(|me| me.last.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_has_its_own_number_and_last_task() {
        let (mine, again) = (thread_id(), thread_id());
        assert_eq!(mine, again);
        submitted(5);
        let (other, none) = std::thread::spawn(|| (thread_id(), last_task())).join().unwrap();
        assert_ne!(mine, other);
        assert_eq!((none, last_task()), (None, Some(5)));
    }
}
