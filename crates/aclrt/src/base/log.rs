//! The program's log.

use capi::abi::{ACL_DEBUG, ACL_ERROR, ACL_INFO, ACL_WARNING, aclLogLevel};
use std::{
    ffi::{CStr, OsString, c_char, c_int, c_void},
    fs::{self, File, OpenOptions},
    io::Write,
    path::PathBuf,
    sync::OnceLock,
    time::{SystemTime, UNIX_EPOCH},
};

unsafe extern "C" {
    /// Formats and calls the sink. In `log.c`.
    fn aclsim_app_log(
        level: aclLogLevel,
        func: *const c_char,
        file: *const c_char,
        line: u32,
        fmt: *const c_char,
        ...
    );
    /// Where `log.c` finds [`sink`]: an exported symbol would be part of the interface.
    static mut aclsim_log_sink: *const c_void;
}

/// Writes a line to the application log.
///
/// ASCEND_GLOBAL_LOG_LEVEL (0 debug, 1 info, 2 warning, 3 error, 4 none; default 3) chooses what is written. With
/// ASCEND_SLOG_PRINT_TO_STDOUT=1 it goes to standard output, otherwise to a file a process below
/// ASCEND_PROCESS_LOG_PATH, by default `$HOME/ascend/log`.
///
/// # Parameters
/// - logLevel: ACL_DEBUG, ACL_INFO, ACL_WARNING or ACL_ERROR
/// - func, file, line: where it was written; null is shown as empty
/// - fmt: as for printf, with its arguments; null writes nothing
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `func`, `file` and `fmt`, and the arguments are those that `fmt` asks for.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclAppLog() {
    // Stable Rust cannot define a variadic function; a jump leaves all arguments where the C function looks for them.
    #[cfg(target_arch = "x86_64")]
    core::arch::naked_asm!(
        "lea r11, [rip + {sink}]",
        "mov [rip + {slot}], r11",
        "jmp {format}",
        sink = sym sink,
        slot = sym aclsim_log_sink,
        format = sym aclsim_app_log,
    );
    #[cfg(target_arch = "aarch64")]
    core::arch::naked_asm!(
        "adrp x16, {sink}",
        "add x16, x16, :lo12:{sink}",
        "adrp x17, {slot}",
        "str x16, [x17, :lo12:{slot}]",
        "b {format}",
        sink = sym sink,
        slot = sym aclsim_log_sink,
        format = sym aclsim_app_log,
    );
}

struct Log {
    level: u32,
    stdout: bool,
    file: Option<File>,
}

fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let number = |name| std::env::var(name).ok().and_then(|value| value.trim().parse::<u32>().ok());
        let level = number("ASCEND_GLOBAL_LOG_LEVEL").filter(|level| *level <= 4).unwrap_or(ACL_ERROR);
        let stdout = number("ASCEND_SLOG_PRINT_TO_STDOUT") == Some(1);
        Log { level, stdout, file: if stdout || level > ACL_ERROR { None } else { open() } }
    })
}

/// The log file of this process. Without one the log is lost, as on a machine that lacks the directory.
fn open() -> Option<File> {
    let set = |name| std::env::var_os(name).filter(|value: &OsString| !value.is_empty());
    let root = match set("ASCEND_PROCESS_LOG_PATH") {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(set("HOME")?).join("ascend/log"),
    };
    let dir = root.join("debug/plog");
    fs::create_dir_all(&dir).ok()?;
    let name = format!("plog-{}.log", std::process::id());
    OpenOptions::new().create(true).append(true).open(dir.join(name)).ok()
}

/// Called by `log.c`: without `text`, whether a message of this level is written at all; with it, writes it.
unsafe extern "C" fn sink(
    level: aclLogLevel,
    func: *const c_char,
    file: *const c_char,
    line: u32,
    text: *const c_char,
) -> c_int {
    // A panic here would cross into C; formatting and writing are total, and their failures are ignored.
    let log = log();
    if level < log.level || text.is_null() {
        return c_int::from(level >= log.level);
    }
    let show = |pointer: *const c_char| {
        if pointer.is_null() {
            return String::new();
        }
        // SAFETY: (C3) passed on; `text` was ended by `log.c`.
        unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
    };
    let name = match level {
        ACL_DEBUG => "DEBUG",
        ACL_INFO => "INFO",
        ACL_WARNING => "WARNING",
        _ => "ERROR",
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let line = format!(
        "[{name}] APP({},{}):{}.{:06} [{}:{line}] {}: {}\n",
        std::process::id(),
        // SAFETY: takes no arguments and cannot fail.
        unsafe { libc::gettid() },
        now.as_secs(),
        now.subsec_micros(),
        show(file),
        show(func),
        show(text),
    );
    // One write a line, so that lines of several threads do not mix.
    let _ = match &log.file {
        Some(file) => (&*file).write_all(line.as_bytes()),
        None if log.stdout => std::io::stdout().write_all(line.as_bytes()),
        None => Ok(()),
    };
    0
}
