//! A simulated device: its contexts, its streams and its limits.

use crate::{
    Context, CoreLimits, ExecError, OverflowMode, Stream, StreamOptions,
    config::MAX_DEVICES,
    exec::{Pool, StreamHome},
    ids::Ids,
    pools,
};
use parking_lot::Mutex;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Streams that a device has beside the default streams of contexts.
pub const MAX_STREAMS: u32 = 1984;
/// Events that a device has.
pub const MAX_EVENTS: u32 = 65_536;
/// Notifies that a device has, and count notifies.
pub const MAX_NOTIFIES: u32 = 8192;

#[derive(Default)]
struct Streams {
    /// By id. A free place is taken by the next stream.
    by_id: Vec<Option<Arc<Stream>>>,
    created: u32,
}

impl Streams {
    fn add(&mut self, make: impl FnOnce(u32) -> Arc<Stream>) -> Arc<Stream> {
        let id = self.by_id.iter().position(Option::is_none).unwrap_or(self.by_id.len());
        let stream = make(id as u32);
        if id == self.by_id.len() {
            self.by_id.push(None);
        }
        self.by_id[id] = Some(stream.clone());
        stream
    }
}

#[derive(Default)]
struct Primary {
    context: Option<Arc<Context>>,
    /// `aclrtSetDevice` calls without a reset.
    retained: u64,
}

/// A device.
pub struct Device {
    id: u32,
    number: u32,
    pool: &'static Pool,
    streams: Mutex<Streams>,
    events: Ids,
    notifies: Ids,
    counts: Ids,
    primary: Mutex<Primary>,
    /// The devices whose memory this one may reach, a bit each.
    peers: AtomicU64,
    cores: CoreLimits,
    /// Whether streams made from now on saturate.
    saturates: AtomicBool,
}

const _: () = assert!(MAX_DEVICES <= u64::BITS);

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "device {}", self.id)
    }
}

impl Device {
    pub(crate) fn new(id: u32, number: u32, pool: &'static Pool) -> Self {
        Device {
            id,
            number,
            pool,
            streams: Mutex::default(),
            events: Ids::new(MAX_EVENTS),
            notifies: Ids::new(MAX_NOTIFIES),
            counts: Ids::new(MAX_NOTIFIES),
            primary: Mutex::default(),
            peers: AtomicU64::new(0),
            cores: CoreLimits::default(),
            saturates: AtomicBool::new(false),
        }
    }

    /// The device's number.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Its number on the machine, which other processes know it by as well.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// How busy the device is, in percent: the part of the workers that its streams keep busy, watched for two
    /// milliseconds. Costs running streams nothing.
    pub fn busy(&self) -> u32 {
        const LOOKS: u32 = 20;
        const APART: Duration = Duration::from_micros(100);
        let workers = self.pool.workers();
        let mut sum = 0;
        for look in 0..LOOKS {
            if look > 0 {
                std::thread::sleep(APART);
            }
            let running = self.streams.lock().by_id.iter().flatten().filter(|s| s.is_running()).count();
            // The workers that help a stream with a large task belong to it.
            let busy = if running == 0 { 0 } else { running.max(self.pool.helping()) };
            sum += (busy.min(workers) * 100 / workers) as u32;
        }
        sum / LOOKS
    }

    /// Lets idle workers take part in work that the calling thread does itself.
    pub fn parallel(&self) -> &'static dyn npu_types::Parallel {
        self.pool
    }

    /// The limits on cores that the program has set.
    pub fn cores(&self) -> &CoreLimits {
        &self.cores
    }

    /// What overflows give in streams that are made from now on.
    pub fn overflow_mode(&self) -> OverflowMode {
        if self.saturates.load(Ordering::Relaxed) { OverflowMode::Saturate } else { OverflowMode::InfNan }
    }

    /// Chooses that.
    pub fn set_overflow_mode(&self, mode: OverflowMode) {
        self.saturates.store(mode == OverflowMode::Saturate, Ordering::Relaxed);
    }

    // Contexts

    /// A new context.
    pub fn create_context(&'static self) -> Arc<Context> {
        Context::new(self, self.pool, false)
    }

    /// The primary context, made if need be, retained once more.
    pub fn retain_primary(&'static self) -> Arc<Context> {
        let mut primary = self.primary.lock();
        primary.retained += 1;
        primary.context.get_or_insert_with(|| Context::new(self, self.pool, true)).clone()
    }

    /// The primary context, if it exists.
    pub fn primary(&self) -> Option<Arc<Context>> {
        self.primary.lock().context.clone()
    }

    /// Takes back one [`Device::retain_primary`], or all of them. Returns the context when nobody retains it any
    /// more; the caller ends it.
    ///
    /// # Errors
    /// [`ExecError::DeviceNotSet`].
    pub fn release_primary(&self, all: bool) -> Result<Option<Arc<Context>>, ExecError> {
        let mut primary = self.primary.lock();
        if primary.retained == 0 {
            return Err(ExecError::DeviceNotSet { device: self.id });
        }
        primary.retained = if all { 0 } else { primary.retained - 1 };
        if primary.retained > 0 {
            return Ok(None);
        }
        self.peers.store(0, Ordering::Relaxed);
        Ok(primary.context.take())
    }

    // Access to other devices

    /// Allows or forbids this device to reach the memory of another.
    pub fn set_peer(&self, peer: u32, allowed: bool) {
        let bit = 1 << peer;
        if allowed {
            self.peers.fetch_or(bit, Ordering::Relaxed);
        } else {
            self.peers.fetch_and(!bit, Ordering::Relaxed);
        }
    }

    /// Whether this device may reach the memory of another.
    pub fn has_peer(&self, peer: u32) -> bool {
        self.peers.load(Ordering::Relaxed) >> peer & 1 != 0
    }

    // Streams

    pub(crate) fn add_default_stream(&self, pool: &'static Pool, home: Arc<StreamHome>) -> Arc<Stream> {
        self.streams.lock().add(|id| Stream::new(pool, home, id, None))
    }

    pub(crate) fn add_stream(
        &self,
        home: Arc<StreamHome>,
        options: StreamOptions,
    ) -> Result<Arc<Stream>, ExecError> {
        let mut streams = self.streams.lock();
        if streams.created == MAX_STREAMS {
            return Err(ExecError::StreamLimit { device: self.id, limit: MAX_STREAMS });
        }
        streams.created += 1;
        let options = StreamOptions { overflow_mode: self.overflow_mode(), ..options };
        Ok(streams.add(|id| Stream::new(self.pool, home, id, Some(options))))
    }

    /// How many more streams can be made.
    pub fn streams_left(&self) -> u32 {
        MAX_STREAMS - self.streams.lock().created
    }

    /// Ends a stream made by [`Context::create_stream`]: with `wait` after its pending work, else without it.
    pub fn destroy_stream(&self, stream: &Arc<Stream>, wait: bool) {
        if wait {
            stream.close()
        } else {
            stream.kill()
        }
        let mut streams = self.streams.lock();
        let place = streams.by_id.get_mut(stream.id() as usize);
        // Only the first of several destroyers finds it in its place.
        if let Some(place) = place.filter(|place| place.as_ref().is_some_and(|s| Arc::ptr_eq(s, stream))) {
            *place = None;
            streams.created -= 1;
        }
    }

    pub(crate) fn end_streams(&self, context: u64, wait: bool) {
        let ended = self.select(|stream| stream.context_id() == context);
        for stream in &ended {
            if wait { stream.close() } else { stream.kill() }
        }
        let mut streams = self.streams.lock();
        for stream in ended {
            let place = &mut streams.by_id[stream.id() as usize];
            if place.as_ref().is_some_and(|s| Arc::ptr_eq(s, &stream)) {
                *place = None;
                if !stream.is_default() {
                    streams.created -= 1;
                }
            }
        }
    }

    fn select(&self, choose: impl Fn(&Stream) -> bool) -> Vec<Arc<Stream>> {
        self.streams.lock().by_id.iter().flatten().filter(|stream| choose(stream)).cloned().collect()
    }

    /// The streams there are.
    pub(crate) fn streams_now(&self) -> Vec<Arc<Stream>> {
        self.select(|_| true)
    }

    /// Waits for all streams of the device.
    ///
    /// # Errors
    /// The first failure found, or the time was up.
    pub fn synchronize(&self, timeout: Option<Duration>) -> Result<(), ExecError> {
        self.synchronize_streams(timeout, |_| true)
    }

    pub(crate) fn synchronize_streams(
        &self,
        timeout: Option<Duration>,
        choose: impl Fn(&Stream) -> bool,
    ) -> Result<(), ExecError> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        // What is submitted later does not count, so the targets are taken first.
        let waits: Vec<_> =
            self.select(choose).into_iter().map(|stream| (stream.submitted(), stream)).collect();
        for (_, stream) in &waits {
            stream.check_not_captured(true)?;
        }
        for (target, stream) in &waits {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            stream.wait_for(*target, left).map_err(|error| match error {
                ExecError::StreamTimeout { stream, pending, .. } => {
                    ExecError::StreamTimeout { stream, pending, waited: timeout.unwrap_or_default() }
                }
                other => other,
            })?;
        }
        pools::synchronized();
        waits.iter().try_for_each(|(_, stream)| stream.report())
    }

    /// Waits until everything that was submitted to the device is over. Failures stay where they are.
    pub(crate) fn drain(&self) {
        let waits: Vec<_> =
            self.select(|_| true).into_iter().map(|stream| (stream.submitted(), stream)).collect();
        for (target, stream) in waits {
            // Of the two ways to fail, a stream that was destroyed has nothing left, and one that waits for the calling
            // function cannot be waited for.
            let _ = stream.wait_for(target, None);
        }
    }

    // Events

    /// How many more events can be made.
    pub fn events_left(&self) -> u32 {
        self.events.left()
    }

    pub(crate) fn take_event(&self) -> Result<u32, ExecError> {
        self.events.take().ok_or(ExecError::EventLimit { device: self.id, limit: self.events.limit() })
    }

    pub(crate) fn give_event(&self, id: u32) {
        self.events.give(id);
    }

    pub(crate) fn take_notify(&self) -> Result<u32, ExecError> {
        let (device, kind, limit) = (self.id, "notifies", self.notifies.limit());
        self.notifies.take().ok_or(ExecError::NotifyLimit { device, kind, limit })
    }

    pub(crate) fn give_notify(&self, id: u32) {
        self.notifies.give(id);
    }

    pub(crate) fn take_count(&self) -> Result<u32, ExecError> {
        let (device, kind, limit) = (self.id, "count notifies", self.counts.limit());
        self.counts.take().ok_or(ExecError::NotifyLimit { device, kind, limit })
    }

    pub(crate) fn give_count(&self, id: u32) {
        self.counts.give(id);
    }
}
