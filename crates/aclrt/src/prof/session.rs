//! The profiling session of the process: where it writes, and whether it records.

use super::{
    config::{self, Config},
    report::{self, Command},
};
use capi::{
    Error, Result,
    abi::{
        ACL_ERROR_INVALID_FILE, ACL_ERROR_PROF_ALREADY_RUN, ACL_ERROR_PROF_API_CONFLICT,
        ACL_ERROR_PROF_NOT_RUN, ACL_ERROR_PROFILING_FAILURE,
    },
    clock, runtime,
};
use npu_device::{
    memory,
    trace::{self, SinkId, Summary, Timeline},
};
use parking_lot::Mutex;
use std::{
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Once,
        atomic::{AtomicU32, Ordering},
    },
};

struct Running {
    config: Config,
    sink: SinkId,
    dir: PathBuf,
    began: u64,
}

enum State {
    /// Nobody profiles.
    Off,
    /// So many models are subscribed to.
    Subscribed(u32),
    /// `aclprofInit` was called.
    Ready { dir: PathBuf, running: Option<Running> },
}

static STATE: Mutex<State> = Mutex::new(State::Off);

fn fail<T>(code: i32, what: impl Into<String>) -> Result<T> {
    Err(Error::Code { code, what: what.into() })
}

/// Chooses the directory.
pub(super) fn init(dir: &Path) -> Result {
    let mut state = STATE.lock();
    match *state {
        State::Ready { .. } => {
            return fail(
                ACL_ERROR_PROF_ALREADY_RUN,
                "expected the first aclprofInit since aclprofFinalize, got another",
            );
        }
        State::Subscribed(_) => {
            return fail(
                ACL_ERROR_PROF_API_CONFLICT,
                "expected no subscribed model, got one; unsubscribe first",
            );
        }
        State::Off => {}
    }
    let writable = fs::metadata(dir).is_ok_and(|data| data.is_dir() && !data.permissions().readonly());
    if !writable {
        let what = format!(
            "argument profilerResultPath: expected a directory that can be written, got {}",
            dir.display()
        );
        return fail(ACL_ERROR_INVALID_FILE, what);
    }
    let dir = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    *state = State::Ready { dir, running: None };
    // Functions of the program may call what takes the lock.
    drop(state);
    report::tell(Command::Init, 0, 0);
    Ok(())
}

fn not_ready<T>() -> Result<T> {
    fail(ACL_ERROR_PROF_NOT_RUN, "expected aclprofInit before, got none since aclprofFinalize")
}

/// Begins to record.
pub(super) fn start(config: &Config) -> Result {
    let mut state = STATE.lock();
    let State::Ready { dir, running } = &mut *state else { return not_ready() };
    if running.is_some() {
        return fail(ACL_ERROR_PROF_ALREADY_RUN, "expected no running session, got one; stop it first");
    }
    say_absent(config);
    let failed = |error: io::Error| Error::Code {
        code: ACL_ERROR_PROFILING_FAILURE,
        what: format!("cannot write a session below {}: {error}", dir.display()),
    };
    let place = session_dir(dir).map_err(failed)?;
    let used: Vec<_> = runtime::runtime()?
        .devices()
        .iter()
        .map(|device| device.id())
        .filter(|id| config.devices >> id & 1 != 0)
        // A device on which nothing was ever allocated has no counters.
        .map(|id| (id, memory::stats(id).map_or(0, |stats| stats.live)))
        .collect();
    let timeline = Timeline::create(&place.join(TIMELINE), config.devices, &used).map_err(failed)?;
    let summary = Summary::new(&place.join(OPERATORS), config.devices);
    let sink = trace::add(Box::new((timeline, summary))).map_err(failed)?;
    let began = npu_device::monotonic_nanoseconds();
    *running = Some(Running { config: config.clone(), sink, dir: place, began });
    drop(state);
    report::tell(Command::Start, config.data, config.devices);
    Ok(())
}

/// Ends the recording that [`start`] began.
pub(super) fn stop(config: &Config) -> Result {
    let mut state = STATE.lock();
    let State::Ready { running, .. } = &mut *state else { return not_ready() };
    match running {
        None => return fail(ACL_ERROR_PROF_NOT_RUN, "expected a session that aclprofStart began, got none"),
        Some(current) if current.config != *config => {
            return Err(super::refused("profilerConfig", "the configuration of aclprofStart", "another"));
        }
        Some(_) => {}
    }
    let ended = running.take().map_or(Ok(()), Running::end);
    drop(state);
    report::tell(Command::Stop, config.data, config.devices);
    ended
}

/// Data and devices of the running session.
pub(super) fn running() -> Option<(u64, u64)> {
    match &*STATE.lock() {
        State::Ready { running: Some(running), .. } => Some((running.config.data, running.config.devices)),
        _ => None,
    }
}

/// Ends everything.
pub(super) fn finalize() -> Result {
    let mut state = STATE.lock();
    let State::Ready { running, .. } = &mut *state else { return not_ready() };
    let running = running.take();
    let told = running.as_ref().map(|running| (running.config.data, running.config.devices));
    let ended = running.map_or(Ok(()), Running::end);
    config::reset();
    *state = State::Off;
    drop(state);
    if let Some((data, devices)) = told {
        report::tell(Command::Stop, data, devices);
    }
    report::tell(Command::Finalize, 0, 0);
    ended
}

impl Running {
    fn end(self) -> Result {
        let Running { config, sink, dir, began } = self;
        let written =
            trace::remove(sink).and_then(|()| fs::write(dir.join(SESSION), describe(&config, began)));
        written.map_err(|error| Error::Code {
            code: ACL_ERROR_PROFILING_FAILURE,
            what: format!("cannot write the session in {}: {error}", dir.display()),
        })
    }
}

/// Counts a subscription.
pub(super) fn subscribe() -> Result {
    let mut state = STATE.lock();
    match &mut *state {
        State::Off => *state = State::Subscribed(1),
        State::Subscribed(count) => *count += 1,
        State::Ready { .. } => {
            return fail(
                ACL_ERROR_PROF_API_CONFLICT,
                "expected no aclprofInit before, got one; finalise it first",
            );
        }
    }
    Ok(())
}

/// Takes a subscription back.
pub(super) fn unsubscribe() {
    let mut state = STATE.lock();
    if let State::Subscribed(count) = &mut *state {
        *count -= 1;
        if *count == 0 {
            *state = State::Off;
        }
    }
}

const TIMELINE: &str = "timeline.json";
const OPERATORS: &str = "op_statistic.csv";
const SESSION: &str = "session.json";

/// A new directory for one session: `PROF_<number>_<time>_<process>`. Numbers go up in the life of the process.
fn session_dir(dir: &Path) -> io::Result<PathBuf> {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let time = clock::digits(clock::seconds());
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let place = dir.join(format!("PROF_{number:06}_{time}_{}", std::process::id()));
        match fs::create_dir(&place) {
            Ok(()) => return Ok(place),
            // Of a process that had our number.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

/// The session in a few words, for programs that look at many.
fn describe(config: &Config, began: u64) -> String {
    let ended = npu_device::monotonic_nanoseconds();
    let devices: Vec<_> =
        (0..64).filter(|id| config.devices >> id & 1 != 0).map(|id: u32| id.to_string()).collect();
    let absent: Vec<_> = config.absent().into_iter().map(|what| format!("\"{what}\"")).collect();
    let mut settings = String::new();
    for (kind, value) in config::settings() {
        let comma = if settings.is_empty() { "" } else { "," };
        let mut quoted = String::new();
        trace::escape(&mut quoted, &value);
        // Writing to a string cannot fail.
        let _ = write!(settings, "{comma}\"{kind}\":\"{quoted}\"");
    }
    format!(
        "{{\"process\":{},\"devices\":[{}],\"dataTypeConfig\":{},\"aicoreMetrics\":{},\"began_ns\":{began},\
         \"ended_ns\":{ended},\"settings\":{{{settings}}},\"absent\":[{}]}}\n",
        std::process::id(),
        devices.join(","),
        config.data,
        config.metrics,
        absent.join(","),
    )
}

/// Says once in the life of the process what a simulated device does not have.
fn say_absent(config: &Config) {
    static ONCE: Once = Once::new();
    let absent = config.absent();
    if !absent.is_empty() {
        ONCE.call_once(|| {
            eprintln!(
                "aclsim: profiling without {}: a simulated device has no hardware counters; everything else is recorded",
                absent.join(", ")
            );
        });
    }
}
