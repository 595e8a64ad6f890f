//! Events: points in a stream that others wait for.
//!
//! Every record call starts a generation and every wait captures one at the call, so recording again never moves a
//! wait that was queued before. Generations may complete out of order when an event is recorded on several streams.

use super::{
    Step, Stream, Task, TaskContext,
    captured_event::{self, Point},
    graph::TaskKind,
    wait::{Awaited, Streams, Wait},
    waitable::{Gate, Waitable},
};
use crate::{
    CaptureFault, Device, ExecError, FaultKind, TaskFault,
    ipc::{
        Export, IpcError, Kind, Process,
        words::{WORDS, Words},
    },
    order,
};
use parking_lot::Mutex;
use std::{
    fmt,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How an event came to be, which decides what may be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EventKind {
    /// `aclrtCreateEvent`: time stamps and waits, cannot be reset.
    #[default]
    Plain,
    /// `aclrtCreateEventWithFlag`: as the flags say; can be reset when it synchronises. A wait before any record is
    /// for the next one.
    Flagged,
    /// `aclrtCreateEventExWithFlag`: as the flags say; can be recorded again, never reset. Without a record it counts
    /// as complete.
    Ex,
}

/// What an event can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventOptions {
    /// How it came to be.
    pub kind: EventKind,
    /// Streams may wait for it.
    pub sync: bool,
    /// It keeps time stamps.
    pub timeline: bool,
    /// Other processes may use it as well.
    pub shared: bool,
    /// CANN's flags, for whoever asks for them.
    pub flags: u32,
}

/// How many records of a shared event may be pending at once and be told apart.
const CELLS: usize = 14;

const _: () = assert!(2 * CELLS < WORDS);

/// What the processes that share an event know of it. The first word counts the generations started. Each generation has
/// one of the cells, in turn: a word that says which process records it, and one that says up to which generation the
/// cell's are complete.
pub(crate) struct Shared(Words);

impl Shared {
    fn recorded(&self) -> u64 {
        self.0[0].load(Ordering::SeqCst)
    }

    fn start(&self) -> u64 {
        let generation = self.0[0].fetch_add(1, Ordering::SeqCst) + 1;
        self.recorder(generation).store(Process::own().to_word(), Ordering::SeqCst);
        generation
    }

    fn cell(&self, generation: u64) -> &AtomicU64 {
        &self.0[1 + generation as usize % CELLS]
    }

    fn recorder(&self, generation: u64) -> &AtomicU64 {
        &self.0[1 + CELLS + generation as usize % CELLS]
    }

    fn finish(&self, generation: u64) {
        self.cell(generation).fetch_max(generation, Ordering::SeqCst);
    }

    fn complete(&self, generation: u64) -> bool {
        generation == 0 || self.cell(generation).load(Ordering::SeqCst) >= generation
    }

    /// The process that was to complete a generation and has ended.
    fn loss(&self, generation: u64) -> Option<Process> {
        let recorder = Process::from_word(self.recorder(generation).load(Ordering::SeqCst))?;
        let ended = !recorder.is_running();
        // It may have completed it first.
        (ended && !self.complete(generation)).then_some(recorder)
    }
}

#[derive(Default)]
pub(crate) struct State {
    /// Generations started, here or, of a shared event, anywhere.
    recorded: u64,
    /// Those not complete. Short: an event is rarely recorded again before it was reached.
    pending: Vec<u64>,
    /// Generations up to this one were reset, as queries see it.
    reset: u64,
    /// The same as waits see it: a reset counts from its call, also for the record that a wait before it is for.
    reset_called: u64,
    /// The latest generation that a wait is for.
    waited: u64,
    /// Completion of the latest generation, in nanoseconds since the machine started.
    stamp: Option<u64>,
    /// The latest generation recorded here, where that was, and the task's number there.
    place: Option<(u64, Weak<Stream>, u64)>,
    /// Waits queued and not over.
    waits: u64,
    destroyed: bool,
    /// Where the latest record is, if a graph has it.
    point: Option<Point>,
    /// Of an event for several processes, what they all see. It knows better than `recorded` and `pending`.
    shared: Option<Arc<Shared>>,
}

impl State {
    fn recorded(&self) -> u64 {
        self.shared.as_ref().map_or(self.recorded, |shared| shared.recorded())
    }

    fn complete(&self, generation: u64) -> bool {
        match &self.shared {
            Some(shared) => shared.complete(generation),
            None => {
                generation <= self.recorded && !self.pending.contains(&generation)
                    || (self.destroyed && generation > self.recorded)
            }
        }
    }
}

impl Gate for State {
    /// A generation.
    type Want = u64;
    type Loss = TaskFault;

    fn is_open(&self, generation: u64) -> bool {
        self.complete(generation)
    }

    fn loss(&self, generation: u64) -> Option<TaskFault> {
        let recorder = self.shared.as_ref()?.loss(generation)?;
        let what = format!("process {}, which recorded the event, ended before it was complete", recorder.id);
        Some(TaskFault { kind: FaultKind::Wait, what })
    }

    fn over(&mut self) {
        self.waits -= 1;
    }
}

/// An event.
pub struct Event {
    device: &'static Device,
    id: u32,
    options: EventOptions,
    streams: Streams<State>,
    /// Of an event that was shared from here.
    export: Mutex<Option<Export>>,
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {} of {:?}, {:?}", self.id, self.device, self.options)
    }
}

impl Awaited for Event {
    type Gate = State;

    fn streams(&self) -> &Streams<State> {
        &self.streams
    }

    fn what(&self) -> String {
        format!("event {} of device {} to complete", self.id, self.device_id())
    }

    fn kind(&self) -> TaskKind {
        TaskKind::EventWait
    }

    fn is_watched(&self) -> bool {
        self.options.shared
    }
}

/// The clock of time stamps: nanoseconds since the machine started.
pub fn monotonic_nanoseconds() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is writable; the monotonic clock exists everywhere.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

impl Event {
    /// A new event on a device.
    ///
    /// # Errors
    /// [`ExecError::EventLimit`], or the system has no memory to share.
    pub fn new(device: &'static Device, options: EventOptions) -> Result<Arc<Event>, ExecError> {
        let shared = if options.shared { Some(Arc::new(Shared(Words::new()?))) } else { None };
        Self::with(device, options, shared)
    }

    fn with(
        device: &'static Device,
        options: EventOptions,
        shared: Option<Arc<Shared>>,
    ) -> Result<Arc<Event>, ExecError> {
        let id = device.take_event()?;
        let streams = Waitable::new(State { shared, ..State::default() });
        Ok(Arc::new(Event { device, id, options, streams, export: Mutex::default() }))
    }

    /// An event that another process shares, for use with a device of this one.
    ///
    /// # Errors
    /// The key is none, or the event is not shared any more; [`ExecError::EventLimit`].
    pub fn import(device: &'static Device, key: &str) -> Result<Arc<Event>, ExecError> {
        let (words, _) = Words::import(Kind::Event, key)?;
        let options =
            EventOptions { kind: EventKind::Ex, sync: true, shared: true, ..EventOptions::default() };
        Self::with(device, options, Some(Arc::new(Shared(words))))
    }

    /// Shares the event with other processes, under the key that is returned. It is the same one every time.
    ///
    /// # Errors
    /// The event was not made to be shared, or came from another process.
    pub fn share<R>(&self, use_key: impl FnOnce(&crate::ipc::Key) -> R) -> Result<R, ExecError> {
        let Some(shared) = self.streams.look(|state| state.shared.clone()) else {
            let what =
                "expected an event created by aclrtCreateEventExWithFlag with ACL_EVENT_IPC, got another";
            return Err(ExecError::EventUse { what });
        };
        let mut export = self.export.lock();
        if export.is_none() {
            *export = Some(shared.0.export(Kind::Event, true, [u64::from(self.device_id()), 0])?);
        }
        let key = export.as_ref().map(Export::key);
        let key = key.ok_or_else(|| IpcError::NotAKey { got: "none".to_owned() })?;
        Ok(use_key(key))
    }

    /// Its device.
    pub fn device_id(&self) -> u32 {
        self.device.id()
    }

    /// Its number on its device: no other event there has it.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// What it can do.
    pub fn options(&self) -> EventOptions {
        self.options
    }

    /// Records the work queued on `stream` so far.
    ///
    /// # Errors
    /// The stream is on another device, or takes no more tasks.
    pub fn record(self: &Arc<Self>, name: &'static str, stream: &Arc<Stream>) -> Result<(), ExecError> {
        if stream.device_id() != self.device_id() {
            return Err(ExecError::EventDevice { event: self.device_id(), stream: stream.device_id() });
        }
        if stream.has_captures() && captured_event::record(self, name, stream, false)? {
            return Ok(());
        }
        let generation = self.streams.note(|state| {
            state.point = None;
            let generation = match &state.shared {
                Some(shared) => shared.start(),
                None => state.recorded + 1,
            };
            state.recorded = generation;
            state.pending.push(generation);
            state.stamp = None;
            state.place = None;
            generation
        });
        let number = stream.submit_task(name, Record { event: self.clone(), generation, over: false })?;
        order::recorded(self, stream, number);
        self.streams.note(|state| {
            if state.recorded == generation {
                state.place = Some((generation, Arc::downgrade(stream), number));
            }
        });
        Ok(())
    }

    fn finish(&self, generation: u64, stamp: Option<u64>) {
        self.streams.change(|state| {
            state.pending.retain(|pending| *pending != generation);
            if generation == state.recorded {
                state.stamp = stamp;
            }
            if let Some(shared) = &state.shared {
                shared.finish(generation);
            }
        });
    }

    /// Makes `stream` wait for the latest record.
    ///
    /// # Errors
    /// The event does not synchronise, or the stream takes no more tasks.
    pub fn wait(self: &Arc<Self>, name: &'static str, stream: &Stream) -> Result<(), ExecError> {
        self.wait_within(name, stream, None)
    }

    /// Makes `stream` wait for the latest record, for at most `limit`. Then it fails.
    ///
    /// # Errors
    /// As for [`Event::wait`].
    pub fn wait_within(
        self: &Arc<Self>,
        name: &'static str,
        stream: &Stream,
        limit: Option<Duration>,
    ) -> Result<(), ExecError> {
        if !self.options.sync {
            return Err(ExecError::EventUse {
                what: "expected an event created with ACL_EVENT_SYNC, got one without",
            });
        }
        let in_graph = stream.has_captures() || self.streams.look(|state| state.point.is_some());
        if in_graph && captured_event::wait(self, name, stream, false)? {
            return Ok(());
        }
        let mut latest = false;
        let generation = self.streams.note(|state| {
            let recorded = state.recorded();
            let generation = match self.options.kind {
                EventKind::Flagged if recorded <= state.reset_called => state.reset_called + 1,
                _ => recorded,
            };
            state.waited = state.waited.max(generation);
            latest = generation == recorded;
            if state.complete(generation) {
                return None;
            }
            state.waits += 1;
            Some(generation)
        });
        // What another process has recorded orders nothing that is known here.
        if latest && !self.options.shared {
            order::waited(self, stream);
        }
        match generation {
            Some(generation) => stream.wait_on(name, self.clone(), generation, limit),
            None => Ok(()),
        }
    }

    /// Queues a reset: when `stream` comes to it, the event counts as not recorded.
    ///
    /// # Errors
    /// The event cannot be reset, or the stream takes no more tasks.
    pub fn reset(self: &Arc<Self>, name: &'static str, stream: &Stream) -> Result<(), ExecError> {
        if self.options.kind != EventKind::Flagged || !self.options.sync {
            let what =
                "expected an event created by aclrtCreateEventWithFlag with ACL_EVENT_SYNC, got another";
            return Err(ExecError::EventUse { what });
        }
        if stream.has_captures() && captured_event::reset(self, name, stream)? {
            return Ok(());
        }
        let event = self.clone();
        let generation = self.streams.note(|state| {
            state.point = None;
            state.reset_called = state.recorded.max(state.waited);
            state.reset_called
        });
        stream.submit(name, move |_| {
            event.streams.note(|state| state.reset = state.reset.max(generation));
            Ok(())
        })
    }

    /// As [`Event::record`] on a stream that is being captured: the event is recorded each time the graph runs, for
    /// others to see.
    ///
    /// # Errors
    /// The stream is not being captured, or is on another device.
    pub fn record_from_graph(self: &Arc<Self>, name: &'static str, stream: &Stream) -> Result<(), ExecError> {
        if stream.device_id() != self.device_id() {
            return Err(ExecError::EventDevice { event: self.device_id(), stream: stream.device_id() });
        }
        in_graph(stream, captured_event::record(self, name, stream, true)?)
    }

    /// As [`Event::wait`] on a stream that is being captured: each time the graph runs it waits for the latest record of
    /// others.
    ///
    /// # Errors
    /// The stream is not being captured.
    pub fn wait_from_graph(self: &Arc<Self>, name: &'static str, stream: &Stream) -> Result<(), ExecError> {
        in_graph(stream, stream.is_recording() && captured_event::wait(self, name, stream, true)?)
    }

    /// Whether a graph records, waits for and resets it anew each time, for others to see.
    pub(super) fn is_external(&self) -> bool {
        const EXTERNAL: u32 = 0x20;
        self.options.flags & EXTERNAL != 0
    }

    pub(super) fn point(&self) -> Option<Point> {
        self.streams.look(|state| state.point.clone())
    }

    pub(super) fn set_point(&self, point: Option<Point>) {
        self.streams.note(|state| state.point = point);
    }

    /// Fails if the latest record is in a capture, which is then invalid: nothing comes to an end before its graph runs.
    ///
    /// # Errors
    /// [`CaptureFault::EventCaptured`].
    pub fn check_not_captured(&self) -> Result<(), ExecError> {
        match self.point().filter(Point::is_captured) {
            Some(point) => Err(captured_event::refuse(&point)),
            None => Ok(()),
        }
    }

    /// Whether the latest record is complete. Without a record: only an [`EventKind::Ex`] event is.
    pub fn is_complete(&self) -> bool {
        self.streams.look(|state| {
            let recorded = state.recorded();
            (recorded > state.reset || self.options.kind == EventKind::Ex) && state.complete(recorded)
        })
    }

    /// Whether every wait queued so far is over.
    pub fn waits_over(&self) -> bool {
        self.streams.look(|state| state.waits == 0)
    }

    /// Waits until the latest record is complete; runs tasks of its stream on the calling thread meanwhile.
    ///
    /// # Errors
    /// The time was up, or a task of the stream failed since the last report.
    pub fn synchronize(&self, timeout: Option<Duration>) -> Result<(), ExecError> {
        self.check_not_captured()?;
        let (generation, place) = self.streams.look(|state| {
            let generation = state.recorded();
            let pending = !state.complete(generation);
            (generation, state.place.clone().filter(|(latest, ..)| pending && *latest == generation))
        });
        // A stream that is gone has completed its records.
        let Some((stream, number)) = place.and_then(|(_, stream, number)| Some((stream.upgrade()?, number)))
        else {
            return self.wait_for_others(generation, timeout);
        };
        stream.wait_for(number, timeout).map_err(|error| match error {
            ExecError::StreamTimeout { waited, .. } => ExecError::EventTimeout { waited },
            other => other,
        })?;
        stream.report()
    }

    /// Waits for a record of another process.
    fn wait_for_others(&self, generation: u64, timeout: Option<Duration>) -> Result<(), ExecError> {
        const SHORTEST: Duration = Duration::from_micros(20);
        const LONGEST: Duration = Duration::from_millis(5);
        if !self.options.shared {
            return Ok(());
        }
        let start = Instant::now();
        while !self.streams.look(|state| state.complete(generation)) {
            let waited = start.elapsed();
            if timeout.is_some_and(|timeout| waited >= timeout) {
                return Err(ExecError::EventTimeout { waited: timeout.unwrap_or_default() });
            }
            if waited > LONGEST
                && let Some(fault) = self.streams.look(|state| state.loss(generation))
            {
                return Err(ExecError::EventLost { what: fault.what });
            }
            thread::sleep((waited / 8).clamp(SHORTEST, LONGEST));
        }
        Ok(())
    }

    /// When the latest record completed, in nanoseconds since the machine started.
    ///
    /// # Errors
    /// The event keeps no time stamps, or is not complete.
    pub fn timestamp(&self, argument: &'static str) -> Result<u64, ExecError> {
        let fail = |expected, got| Err(ExecError::EventTimestamp { argument, expected, got });
        if !self.options.timeline {
            return fail(
                "an event created with ACL_EVENT_TIME_LINE or by aclrtCreateEvent",
                "one without time stamps",
            );
        }
        self.streams.look(|state| match state.stamp {
            Some(stamp) => Ok(stamp),
            None if state.recorded == 0 => fail("a recorded event", "one that was never recorded"),
            None if state.complete(state.recorded) => {
                fail("a record that ran", "one dropped with its stream")
            }
            None => fail("a completed event", "one whose record is still pending"),
        })
    }

    /// Nanoseconds from the completion of `start` to that of `end`.
    ///
    /// # Errors
    /// A time stamp is missing, or they are in the opposite order.
    pub fn elapsed(start: &Event, end: &Event) -> Result<u64, ExecError> {
        let (first, last) = (start.timestamp("startEvent")?, end.timestamp("endEvent")?);
        last.checked_sub(first).ok_or(ExecError::EventOrder)
    }

    /// The program has destroyed the event: waits for a record that can no longer come are over. Queued records and
    /// waits are not affected.
    pub fn destroy(&self) {
        self.streams.change(|state| state.destroyed = true);
        // Nobody else can import it now.
        *self.export.lock() = None;
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        self.device.give_event(self.id);
    }
}

fn in_graph(stream: &Stream, kept: bool) -> Result<(), ExecError> {
    if kept {
        return Ok(());
    }
    let what = format!("{stream:?}: expected one that is being captured, got one that is not");
    Err(CaptureFault::NotCaptured.error(what))
}

/// Records an event at once, again and again.
pub(super) struct RecordNow(pub Arc<Event>);

impl Task for RecordNow {
    fn step(&mut self, _: &TaskContext) -> Step {
        let stamp = self.0.options.timeline.then(monotonic_nanoseconds);
        self.0.streams.change(|state| {
            state.recorded = match &state.shared {
                Some(shared) => {
                    let generation = shared.start();
                    shared.finish(generation);
                    generation
                }
                None => state.recorded + 1,
            };
            state.stamp = stamp;
            state.place = None;
        });
        Step::Done
    }

    fn kind(&self) -> TaskKind {
        TaskKind::EventRecord
    }
}

/// Counts an event as not recorded, again and again.
pub(super) struct ResetNow(pub Arc<Event>);

impl Task for ResetNow {
    fn step(&mut self, _: &TaskContext) -> Step {
        self.0.streams.note(|state| {
            let recorded = state.recorded();
            state.reset = state.reset.max(recorded);
            state.reset_called = state.reset_called.max(recorded);
        });
        Step::Done
    }

    fn kind(&self) -> TaskKind {
        TaskKind::EventReset
    }
}

/// Waits until an event is recorded and not reset, as it is when the task's turn comes. Where there is no reset, the
/// latest record counts; no record is none to wait for.
pub(super) struct WaitSet {
    event: Arc<Event>,
    wait: Wait<Event>,
}

impl WaitSet {
    pub fn new(event: Arc<Event>) -> Self {
        event.streams.note(|state| state.waits += 1);
        WaitSet { wait: Wait::new(event.clone(), 0, None), event }
    }
}

impl Task for WaitSet {
    fn step(&mut self, context: &TaskContext) -> Step {
        if !self.wait.is_parked() {
            let resets = self.event.options.kind == EventKind::Flagged;
            let want =
                |state: &State| state.recorded() + u64::from(resets && state.recorded() <= state.reset);
            self.wait.set_want(self.event.streams.look(want));
        }
        self.wait.step(context)
    }

    fn reset(&mut self) {
        self.wait.reset();
    }

    fn kind(&self) -> TaskKind {
        TaskKind::EventWait
    }
}

/// Completes a generation, also when it is dropped with its stream: others wait for it.
struct Record {
    event: Arc<Event>,
    generation: u64,
    over: bool,
}

impl Task for Record {
    fn step(&mut self, _: &TaskContext) -> Step {
        self.over = true;
        let stamp = self.event.options.timeline.then(monotonic_nanoseconds);
        self.event.finish(self.generation, stamp);
        Step::Done
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if !self.over {
            self.event.finish(self.generation, None);
        }
    }
}
