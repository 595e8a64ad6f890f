//! The message that `aclGetRecentErrMsg` returns: per thread by default, process-wide when the configuration file of
//! `aclInit` sets `err_msg_mode` to "1".

use std::{
    cell::{Cell, RefCell},
    ffi::CString,
    fmt::Display,
    sync::atomic::{AtomicBool, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

static PROCESS_WIDE: AtomicBool = AtomicBool::new(false);
static PROCESS: parking_lot::Mutex<Option<CString>> = parking_lot::Mutex::new(None);

#[derive(Default)]
struct Slot {
    /// Newest first, not yet fetched.
    pending: Option<CString>,
    /// What the last `recent` handed out; lives until the next call on this thread.
    handed_out: Option<CString>,
}

thread_local! {
    /// The code of this thread's last failure.
    static LAST: Cell<i32> = const { Cell::new(0) };
    static SLOT: RefCell<Slot> = const { RefCell::new(Slot { pending: None, handed_out: None }) };
}

/// Chooses whether messages are kept per process instead of per thread.
pub fn set_process_wide(yes: bool) {
    PROCESS_WIDE.store(yes, Ordering::Relaxed);
}

/// CANN's error number for a code, as its messages begin with.
fn number(code: i32) -> &'static str {
    match code {
        100000..=199999 => "EE1001",
        207001 => "EL0004",
        200000..=299999 => "EE1006",
        _ => "EE9999",
    }
}

/// The code of this thread's last failure, 0 if there was none since the last [`take_code`].
pub fn last_code() -> i32 {
    LAST.get()
}

/// The same, and forgets it.
pub fn take_code() -> i32 {
    LAST.replace(0)
}

/// Records a failure of `function` as this thread's newest message.
#[cold]
pub fn record(function: &str, code: i32, what: &dyn Display) {
    LAST.set(code);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let text = format!(
        "{}: [PID: {}] {}.{:03} {function} failed with {code}: {what}\n",
        number(code),
        std::process::id(),
        now.as_secs(),
        now.subsec_millis(),
    );
    // Messages quote caller strings; an inner NUL would cut the text off.
    let text = CString::new(text.replace('\0', "\\0")).unwrap_or_default();
    if PROCESS_WIDE.load(Ordering::Relaxed) {
        *PROCESS.lock() = Some(text);
        return;
    }
    // During thread exit the slot may be gone; the code alone must do then.
    let _ = SLOT.try_with(|slot| slot.borrow_mut().pending = Some(text));
}

/// Takes the newest message, leaving none.
pub fn take() -> Option<CString> {
    if PROCESS_WIDE.load(Ordering::Relaxed) {
        return PROCESS.lock().take();
    }
    SLOT.try_with(|slot| slot.borrow_mut().pending.take()).ok().flatten()
}

/// Takes the newest message and keeps its text alive until the next call on this thread. Null when there is none.
pub fn recent() -> *const std::ffi::c_char {
    let newest = take();
    SLOT.try_with(|slot| {
        let mut slot = slot.borrow_mut();
        slot.handed_out = newest;
        slot.handed_out.as_ref().map_or(std::ptr::null(), |text| text.as_ptr())
    })
    .unwrap_or(std::ptr::null())
}
