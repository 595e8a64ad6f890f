//! Which work of one stream comes before which of another, as events have ordered them.
//!
//! Each stream knows up to which task of every other stream its next task comes after: what it waited for, and what that
//! had waited for. Kept only while somebody wants to know; then every record and wait of an event costs a lock.

use crate::{Event, Stream};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

/// The last task of each stream that came before, by the stream's place in memory.
type Clock = HashMap<usize, (Weak<Stream>, u64)>;

#[derive(Default)]
struct State {
    /// What a stream's next task comes after. The weak references keep places in memory from being used again.
    streams: HashMap<usize, (Weak<Stream>, Clock)>,
    /// What an event's latest record comes after.
    events: HashMap<usize, (Weak<Event>, Clock)>,
    /// How many of both there may be before the dead are looked for.
    sweep: usize,
}

static WANTED: AtomicBool = AtomicBool::new(false);
static STATE: Mutex<Option<State>> = Mutex::new(None);

fn place<T>(of: &T) -> usize {
    std::ptr::from_ref(of).addr()
}

/// From now on order is remembered.
pub(crate) fn want() {
    WANTED.store(true, Ordering::Relaxed);
}

fn add(to: &mut Clock, from: &Clock) {
    for (place, (stream, number)) in from {
        let known = to.entry(*place).or_insert_with(|| (stream.clone(), 0));
        known.1 = known.1.max(*number);
    }
}

impl State {
    fn sweep(&mut self) {
        if self.streams.len() + self.events.len() <= self.sweep {
            return;
        }
        self.streams.retain(|_, (stream, _)| stream.strong_count() > 0);
        self.events.retain(|_, (event, _)| event.strong_count() > 0);
        let clocks =
            self.streams.values_mut().map(|(_, c)| c).chain(self.events.values_mut().map(|(_, c)| c));
        for clock in clocks {
            clock.retain(|_, (stream, _)| stream.strong_count() > 0);
        }
        self.sweep = 2 * (self.streams.len() + self.events.len()) + 64;
    }
}

/// An event was recorded as task `number` of a stream.
#[inline]
pub(crate) fn recorded(event: &Arc<Event>, stream: &Arc<Stream>, number: u64) {
    if WANTED.load(Ordering::Relaxed) {
        note_record(event, stream, number);
    }
}

#[cold]
fn note_record(event: &Arc<Event>, stream: &Arc<Stream>, number: u64) {
    let mut state = STATE.lock();
    let state = state.get_or_insert_default();
    state.sweep();
    let mut clock = state.streams.get(&place(&**stream)).map(|(_, clock)| clock.clone()).unwrap_or_default();
    clock.insert(place(&**stream), (Arc::downgrade(stream), number));
    state.events.insert(place(&**event), (Arc::downgrade(event), clock));
}

/// A stream waits for the latest record of an event.
#[inline]
pub(crate) fn waited(event: &Event, stream: &Stream) {
    if WANTED.load(Ordering::Relaxed) {
        note_wait(event, stream);
    }
}

#[cold]
fn note_wait(event: &Event, stream: &Stream) {
    let Some(this) = stream.arc() else { return };
    let mut state = STATE.lock();
    let state = state.get_or_insert_default();
    let Some(clock) = state.events.get(&place(event)).map(|(_, clock)| clock.clone()) else { return };
    let entry = state.streams.entry(place(stream)).or_insert_with(|| (Arc::downgrade(&this), Clock::new()));
    add(&mut entry.1, &clock);
}

/// Whether what is queued next on a stream comes after task `number` of another.
pub(crate) fn is_after(stream: &Stream, other: &Weak<Stream>, number: u64) -> bool {
    let state = STATE.lock();
    let clock = state.as_ref().and_then(|state| state.streams.get(&place(stream)));
    let known = clock.and_then(|(_, clock)| clock.get(&(other.as_ptr().addr())));
    known.is_some_and(|(stream, seen)| stream.ptr_eq(other) && *seen >= number)
}
