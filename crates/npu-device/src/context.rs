//! Contexts: a device as one user of it sees it, with a default stream.

use crate::{
    Device, ExecError, FailureMode, Stream, StreamOptions,
    exec::{Pool, StreamHome},
};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

/// Numbers for messages, never reused.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Numbers that programs set and read back.
#[derive(Debug)]
pub struct Options([AtomicI64; 4]);

/// Stands for an option that was not set.
const UNSET: i64 = i64::MIN;

impl Options {
    /// None set.
    pub const fn new() -> Self {
        Options([const { AtomicI64::new(UNSET) }; 4])
    }

    /// Sets the option at a place.
    pub fn set(&self, place: usize, value: i64) {
        self.0[place].store(value, Ordering::Relaxed);
    }

    /// The option at a place, if it was set.
    pub fn get(&self, place: usize) -> Option<i64> {
        Some(self.0[place].load(Ordering::Relaxed)).filter(|value| *value != UNSET)
    }
}

impl Default for Options {
    fn default() -> Self {
        Options::new()
    }
}

/// A context: the owner of streams.
pub struct Context {
    device: &'static Device,
    home: Arc<StreamHome>,
    default: Arc<Stream>,
    primary: bool,
    alive: AtomicBool,
    options: Options,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.primary { "primary context" } else { "context" };
        write!(f, "{kind} {} of device {}", self.id(), self.device.id())
    }
}

impl Context {
    pub(crate) fn new(device: &'static Device, pool: &'static Pool, primary: bool) -> Arc<Self> {
        let context = NEXT.fetch_add(1, Ordering::Relaxed);
        let home = Arc::new(StreamHome { context, device: device.id(), ..StreamHome::default() });
        let default = device.add_default_stream(pool, home.clone());
        let options = Options::new();
        Arc::new(Context { device, home, default, primary, alive: AtomicBool::new(true), options })
    }

    /// A number that no other context of the process has.
    pub fn id(&self) -> u64 {
        self.home.context
    }

    /// Its device.
    pub fn device(&self) -> &'static Device {
        self.device
    }

    /// Whether it is the device's primary context.
    pub fn is_primary(&self) -> bool {
        self.primary
    }

    /// The program's options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Whether it was not destroyed.
    pub fn is_alive(&self) -> bool {
        self.alive.load(Ordering::Acquire)
    }

    /// The stream that a null stream stands for.
    pub fn default_stream(&self) -> &Arc<Stream> {
        &self.default
    }

    /// A new stream.
    ///
    /// # Errors
    /// [`ExecError::StreamLimit`].
    pub fn create_stream(&self, options: StreamOptions) -> Result<Arc<Stream>, ExecError> {
        self.device.add_stream(self.home.clone(), options)
    }

    /// Waits for all streams of the context.
    ///
    /// # Errors
    /// The first failure found, or the time was up.
    pub fn synchronize(&self, timeout: Option<Duration>) -> Result<(), ExecError> {
        self.device.synchronize_streams(timeout, |stream| stream.context_id() == self.id())
    }

    /// What its streams do when a task fails. Stop cannot be undone.
    pub fn set_failure_mode(&self, mode: FailureMode) {
        if mode == FailureMode::Stop {
            self.home.stop.store(true, Ordering::Release);
        }
    }

    /// What its streams do when a task fails.
    pub fn failure_mode(&self) -> FailureMode {
        if self.home.stop.load(Ordering::Acquire) { FailureMode::Stop } else { FailureMode::Continue }
    }

    /// Ends the context and its streams: with `wait` after their pending work, else without it.
    pub fn end(&self, wait: bool) {
        if self.alive.swap(false, Ordering::AcqRel) {
            self.device.end_streams(self.id(), wait);
        }
    }
}
