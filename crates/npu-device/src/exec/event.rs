//! Events: points in a stream that others wait for.
//!
//! Every record call starts a generation and every wait captures one at the call, so recording again never moves a
//! wait that was queued before. Generations may complete out of order when an event is recorded on several streams.

use super::{Step, Stream, Task, TaskContext};
use crate::{Device, ExecError};
use parking_lot::Mutex;
use std::{
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

/// How an event came to be, which decides what may be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// `aclrtCreateEvent`: time stamps and waits, cannot be reset.
    Plain,
    /// `aclrtCreateEventWithFlag`: as the flags say; can be reset when it synchronises. A wait before any record is
    /// for the next one.
    Flagged,
    /// `aclrtCreateEventExWithFlag`: as the flags say; can be recorded again, never reset. Without a record it counts
    /// as complete.
    Ex,
}

/// What an event can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventOptions {
    /// How it came to be.
    pub kind: EventKind,
    /// Streams may wait for it.
    pub sync: bool,
    /// It keeps time stamps.
    pub timeline: bool,
}

#[derive(Default)]
struct State {
    /// Generations started.
    recorded: u64,
    /// Those not complete. Short: an event is rarely recorded again before it was reached.
    pending: Vec<u64>,
    /// Parked streams and the generation each waits for.
    waiters: Vec<(u64, Arc<Stream>)>,
    /// Generations up to this one were reset, as queries see it.
    reset: u64,
    /// The same as waits see it: a reset counts from its call.
    reset_called: u64,
    /// Completion of the latest generation, in nanoseconds since the machine started.
    stamp: Option<u64>,
    /// Where the latest generation was recorded, and the task's number there.
    place: Option<(Weak<Stream>, u64)>,
    /// Waits queued and not over.
    waits: u64,
    destroyed: bool,
}

impl State {
    fn complete(&self, generation: u64) -> bool {
        generation <= self.recorded && !self.pending.contains(&generation)
            || (self.destroyed && generation > self.recorded)
    }
}

/// An event.
pub struct Event {
    device: &'static Device,
    options: EventOptions,
    state: Mutex<State>,
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event of {:?}, {:?}", self.device, self.options)
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
    /// [`ExecError::EventLimit`].
    pub fn new(device: &'static Device, options: EventOptions) -> Result<Arc<Event>, ExecError> {
        device.take_event()?;
        Ok(Arc::new(Event { device, options, state: Mutex::default() }))
    }

    /// Its device.
    pub fn device_id(&self) -> u32 {
        self.device.id()
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
        let generation = {
            let mut state = self.state.lock();
            state.recorded += 1;
            let generation = state.recorded;
            state.pending.push(generation);
            state.stamp = None;
            state.place = None;
            generation
        };
        let number = stream.submit_task(name, Record { event: self.clone(), generation, over: false })?;
        let mut state = self.state.lock();
        if state.recorded == generation {
            state.place = Some((Arc::downgrade(stream), number));
        }
        Ok(())
    }

    fn finish(&self, generation: u64, stamp: Option<u64>) {
        let mut state = self.state.lock();
        state.pending.retain(|pending| *pending != generation);
        if generation == state.recorded {
            state.stamp = stamp;
        }
        Self::release(&mut state, |waited| waited == generation);
    }

    fn release(state: &mut State, over: impl Fn(u64) -> bool) {
        state.waiters.retain(|(generation, stream)| {
            let over = over(*generation);
            if over {
                stream.wake();
            }
            !over
        });
    }

    /// Makes `stream` wait for the latest record.
    ///
    /// # Errors
    /// The event does not synchronise, or the stream takes no more tasks.
    pub fn wait(self: &Arc<Self>, name: &'static str, stream: &Stream) -> Result<(), ExecError> {
        if !self.options.sync {
            return Err(ExecError::EventUse {
                what: "expected an event created with ACL_EVENT_SYNC, got one without",
            });
        }
        let generation = {
            let mut state = self.state.lock();
            let none = state.recorded == state.reset_called;
            let generation = match self.options.kind {
                EventKind::Flagged if none => state.recorded + 1,
                _ => state.recorded,
            };
            if state.complete(generation) {
                return Ok(());
            }
            state.waits += 1;
            generation
        };
        stream.submit_task(name, Wait { event: self.clone(), generation, parked: None }).map(drop)
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
        let event = self.clone();
        let generation = {
            let mut state = self.state.lock();
            state.reset_called = state.recorded;
            state.recorded
        };
        stream.submit(name, move |_| {
            let mut state = event.state.lock();
            state.reset = state.reset.max(generation);
            Ok(())
        })
    }

    /// Whether the latest record is complete. Without a record: only an [`EventKind::Ex`] event is.
    pub fn is_complete(&self) -> bool {
        let state = self.state.lock();
        let recorded = state.recorded > state.reset || self.options.kind == EventKind::Ex;
        recorded && state.complete(state.recorded)
    }

    /// Whether every wait queued so far is over.
    pub fn waits_over(&self) -> bool {
        self.state.lock().waits == 0
    }

    /// Waits until the latest record is complete; runs tasks of its stream on the calling thread meanwhile.
    ///
    /// # Errors
    /// The time was up, or a task of the stream failed since the last report.
    pub fn synchronize(&self, timeout: Option<Duration>) -> Result<(), ExecError> {
        let place = {
            let state = self.state.lock();
            if state.complete(state.recorded) { None } else { state.place.clone() }
        };
        // A stream that is gone has completed its records.
        let Some((stream, number)) = place.and_then(|(stream, number)| Some((stream.upgrade()?, number)))
        else {
            return Ok(());
        };
        stream.wait_for(number, timeout).map_err(|error| match error {
            ExecError::StreamTimeout { waited, .. } => ExecError::EventTimeout { waited },
            other => other,
        })?;
        stream.report()
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
        let state = self.state.lock();
        match state.stamp {
            Some(stamp) => Ok(stamp),
            None if state.recorded == 0 => fail("a recorded event", "one that was never recorded"),
            None if state.complete(state.recorded) => {
                fail("a record that ran", "one dropped with its stream")
            }
            None => fail("a completed event", "one whose record is still pending"),
        }
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
        let mut state = self.state.lock();
        state.destroyed = true;
        let recorded = state.recorded;
        Self::release(&mut state, |waited| waited > recorded);
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        self.device.give_event();
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

/// Waits for a generation.
struct Wait {
    event: Arc<Event>,
    generation: u64,
    /// The stream, once it is among the waiters.
    parked: Option<Weak<Stream>>,
}

impl Task for Wait {
    fn step(&mut self, context: &TaskContext) -> Step {
        let mut state = self.event.state.lock();
        if state.complete(self.generation) {
            self.parked = None;
            return Step::Done;
        }
        if self.parked.is_none()
            && let Some(stream) = context.stream.arc()
        {
            self.parked = Some(Arc::downgrade(&stream));
            state.waiters.push((self.generation, stream));
        }
        Step::Parked
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        let mut state = self.event.state.lock();
        state.waits -= 1;
        if let Some(stream) = &self.parked {
            let place = state.waiters.iter().position(|(generation, other)| {
                *generation == self.generation && stream.as_ptr() == Arc::as_ptr(other)
            });
            let removed = place.map(|place| state.waiters.swap_remove(place));
            // Its last reference may be this one, and its tasks may be of this event.
            drop(state);
            drop(removed);
        }
    }
}
