//! How kernels ask for more than one core without knowing who owns the threads.

/// Runs the chunks of one kernel, possibly on several threads.
pub trait Parallel: Sync {
    /// How many threads may work on one call at the same time, at least 1.
    fn threads(&self) -> usize;

    /// Calls `body(i)` once for every `i` in `0..chunks`, in any order and on any thread, and returns when all
    /// calls have returned. `body` must not wait for another chunk.
    fn run(&self, chunks: usize, body: &(dyn Fn(usize) + Sync));
}

/// Everything on the calling thread.
pub struct Serial;

impl Parallel for Serial {
    fn threads(&self) -> usize {
        1
    }

    fn run(&self, chunks: usize, body: &(dyn Fn(usize) + Sync)) {
        (0..chunks).for_each(body);
    }
}
