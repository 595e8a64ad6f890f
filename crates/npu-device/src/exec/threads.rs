//! What every thread of the library does first, and what the process does last.

use std::{
    io,
    thread::{self, JoinHandle},
};

/// Leaves the program's signals to the program's threads. Faults are delivered to the faulting thread regardless.
pub(crate) fn block_signals() {
    let mut all = std::mem::MaybeUninit::uninit();
    // SAFETY: `sigfillset` writes the whole set.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    for fault in [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP] {
        // SAFETY: the set was initialised above.
        unsafe { libc::sigdelset(all.as_mut_ptr(), fault) };
    }
    // SAFETY: the set was initialised above; the old mask is not asked for.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), std::ptr::null_mut()) };
}

/// Starts a thread that leaves the program's signals alone.
///
/// # Errors
/// The system refuses.
pub fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    let body = || {
        block_signals();
        body();
    };
    thread::Builder::new().name(name.to_owned()).spawn(body)
}

/// Has `handler` called when the process ends in an orderly way. It is not called if there is no memory to note it.
pub(crate) fn at_exit(handler: extern "C" fn()) {
    // SAFETY: the handler is a plain function, and the library stays loaded as long as the process lives.
    unsafe { libc::atexit(handler) };
}
