//! Explains a host access to device memory before the process dies of it.
//!
//! The handler runs on a thread that may hold any lock: it allocates nothing, locks nothing and speaks through
//! write(2). Afterwards the signal goes where it would have gone without it.

use super::{AllocInfo, Lookup, heap_at, mapping, unified, window};
use std::{
    cell::Cell,
    ffi::{c_int, c_void},
    fmt::{self, Write as _},
    mem::MaybeUninit,
    ptr,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

/// Whether the program was told that it unmapped registered memory: each page of it would say so.
static SAID: AtomicBool = AtomicBool::new(false);

/// What handled the two signals before.
static BEFORE: [OnceLock<libc::sigaction>; 2] = [OnceLock::new(), OnceLock::new()];
const SIGNALS: [c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

thread_local! {
    /// Whether this thread does the device's work.
    static WORKS: Cell<bool> = const { Cell::new(false) };
    /// Moves that this thread's faults have seen.
    static TRIED: Cell<u64> = const { Cell::new(0) };
}

/// Says whether the calling thread does the device's work from now on. Returns what it did before.
pub(crate) fn set_working(works: bool) -> bool {
    WORKS.replace(works)
}

/// A line on standard error that needs no memory.
struct Line {
    text: [u8; 640],
    len: usize,
}

impl fmt::Write for Line {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let room = &mut self.text[self.len..];
        let n = s.len().min(room.len());
        room[..n].copy_from_slice(&s.as_bytes()[..n]);
        self.len += n;
        Ok(())
    }
}

impl Line {
    fn print(&self) {
        // SAFETY: the buffer is initialised up to its length.
        let _ = unsafe { libc::write(libc::STDERR_FILENO, self.text.as_ptr().cast(), self.len) };
    }
}

/// Installs the handler, keeping the previous one to call afterwards.
pub(super) fn install() {
    for (signal, before) in SIGNALS.into_iter().zip(&BEFORE) {
        // SAFETY: an all-zero sigaction is a value (no flags, empty mask).
        let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
        action.sa_sigaction = handle as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        let mut previous = MaybeUninit::<libc::sigaction>::zeroed();
        // Read first: from the moment of installation the handler may run and look for its predecessor.
        // SAFETY: a query into a local.
        unsafe { libc::sigaction(signal, ptr::null(), previous.as_mut_ptr()) };
        // SAFETY: zeroed, then written by the call.
        let _ = before.set(unsafe { previous.assume_init() });
        // SAFETY: the handler has the signature that SA_SIGINFO asks for and is async-signal-safe.
        unsafe { libc::sigaction(signal, &action, ptr::null_mut()) };
    }
}

extern "C" fn handle(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes a valid siginfo.
    let fault = unsafe { &*info };
    // A positive code means that the kernel saw a fault, not that somebody sent the signal.
    let seen = fault.si_code > 0;
    if seen {
        // SAFETY: for faults the address is set.
        let address = unsafe { fault.si_addr() } as u64;
        if signal == libc::SIGSEGV && (wait_for_move(address) || survive(address)) {
            return;
        }
        explain(address, access(context));
    }
    pass_on(signal, info, context, seen);
}

/// A write to pages that are being moved waits, and is then tried again. So is one that came as the move ended: once for
/// each move, so that a fault of another kind is not tried forever.
fn wait_for_move(address: u64) -> bool {
    if !window::is_backing(address) && !window::is_device(address) {
        return false;
    }
    let mut waited = false;
    while window::is_moving(address) {
        waited = true;
        let moment = libc::timespec { tv_sec: 0, tv_nsec: 20_000 };
        // SAFETY: a valid time; the rest is not asked for.
        unsafe { libc::nanosleep(&moment, ptr::null_mut()) };
    }
    let moves = window::moves();
    waited || TRIED.replace(moves) != moves
}

/// Work on registered host memory that the program unmapped must not end the process: the hardware has pinned such
/// pages. The host's own access is the program's mistake and stays a fault.
fn survive(address: u64) -> bool {
    if !WORKS.get() || !unified::rescue(address) {
        return false;
    }
    if SAID.swap(true, Ordering::Relaxed) {
        return true;
    }
    let mut line = Line { text: [0; 640], len: 0 };
    let _ = writeln!(
        line,
        "aclsim: the simulated device works on host memory at {address:#x} that is registered and that the program has \
         unmapped: call aclrtHostUnregister before memory is freed"
    );
    line.print();
    true
}

fn explain(address: u64, access: &str) {
    let mut line = Line { text: [0; 640], len: 0 };
    if window::is_device(address) {
        let _ = write!(line, "aclsim: host code {access} device memory at {address:#x}: ");
        let _ = describe(&mut line, address);
        let _ = line.write_str(
            ". The host cannot reach device memory: copy it with aclrtMemcpy \
             (or set ACLSIM_HOST_VISIBLE=1 while debugging).\n",
        );
    } else if unified::contains(address) {
        let _ = writeln!(
            line,
            "aclsim: host code {access} {address:#x}, a device address of registered host memory (or of none): the host \
             uses the address that it registered"
        );
    } else if window::is_backing(address) {
        let _ = writeln!(
            line,
            "aclsim: the simulated device accessed memory at {address:#x} that no allocation ever used"
        );
    } else {
        return;
    }
    line.print();
}

fn describe(line: &mut Line, address: u64) -> fmt::Result {
    let inside = |line: &mut Line, info: &AllocInfo| write!(line, "byte {} of {info}", address - info.base);
    match heap_at(address) {
        Some((device, None)) => match mapping::find_now(device, address) {
            Some(info) => inside(line, &info),
            None => write!(line, "device {device}, where nothing is allocated or mapped"),
        },
        None => line.write_str("no device"),
        Some((_, Some(heap))) => match heap.lookup_now(address) {
            Lookup::Live(info) => inside(line, &info),
            Lookup::Freed(info, by) => {
                inside(line, &info)?;
                write!(line, ", which {by} freed")
            }
            Lookup::Unallocated(device) => write!(line, "device {device}, in no allocation"),
            Lookup::NotDevice => line.write_str("no device"),
        },
    }
}

#[cfg(target_arch = "x86_64")]
fn access(context: *mut c_void) -> &'static str {
    const WRITE: i64 = 2;
    // SAFETY: with SA_SIGINFO the third argument is the interrupted thread's context.
    let error = unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs[libc::REG_ERR as usize] };
    if error & WRITE != 0 { "wrote to" } else { "read" }
}

#[cfg(not(target_arch = "x86_64"))]
fn access(_context: *mut c_void) -> &'static str {
    "touched"
}

/// Hands the signal to whoever had it before. The default action is taken by returning: the instruction faults again.
fn pass_on(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void, fault: bool) {
    let before = SIGNALS.iter().position(|&s| s == signal).and_then(|i| BEFORE[i].get());
    let target = before.map_or(libc::SIG_DFL, |action| action.sa_sigaction);
    match before {
        Some(action) if target != libc::SIG_DFL && target != libc::SIG_IGN => {
            if action.sa_flags & libc::SA_SIGINFO != 0 {
                // SAFETY: whoever installed the action with SA_SIGINFO gave a function of this type.
                let handler = unsafe {
                    std::mem::transmute::<usize, extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void)>(
                        target,
                    )
                };
                handler(signal, info, context);
            } else {
                // SAFETY: without SA_SIGINFO the function takes the signal's number alone.
                let handler = unsafe { std::mem::transmute::<usize, extern "C" fn(c_int)>(target) };
                handler(signal);
            }
        }
        _ if !fault && target == libc::SIG_IGN => {}
        _ => {
            // SAFETY: an all-zero sigaction is SIG_DFL without flags.
            let default: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
            // SAFETY: a valid action for a valid signal.
            unsafe { libc::sigaction(signal, &default, ptr::null_mut()) };
            if !fault {
                // SAFETY: sends the signal to this thread, to be delivered when the handler returns.
                unsafe { libc::raise(signal) };
            }
        }
    }
}
