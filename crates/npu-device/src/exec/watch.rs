//! Looking now and then at what changes without a call: words that kernels and copies write, and what other processes
//! share with this one. The timer's thread looks, and only while streams are parked for such things.

use super::{
    timer::{Alarm, Timer},
    wait::Awaited,
};
use crate::TaskFault;
use parking_lot::Mutex;
use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// The shortest and the longest time between two looks. In between it is an eighth of how long the youngest wait has
/// lasted: a wait is noticed late by a fraction of its own length, and a long one costs next to nothing.
const SHORTEST: Duration = Duration::from_micros(20);
const LONGEST: Duration = Duration::from_millis(5);
/// How often it is asked whether the change can still come.
const PATIENCE: Duration = Duration::from_millis(50);

trait Watched: Send + Sync {
    /// Wakes whoever may go on; with `thorough` also all who never will. Whether anybody waits.
    fn look(&self, thorough: bool) -> bool;
}

impl<A: Awaited> Watched for A {
    fn look(&self, thorough: bool) -> bool {
        let waiting = self.streams().recheck().is_some();
        if waiting && thorough {
            self.streams().wake_lost();
        }
        waiting
    }
}

struct Entry {
    object: Weak<dyn Watched>,
    since: Instant,
}

#[derive(Default)]
struct State {
    entries: Vec<Entry>,
    thorough: Option<Instant>,
    /// Set while entries are looked at.
    alarm: Option<Alarm>,
}

/// What the timer's thread looks at.
#[derive(Default)]
pub(crate) struct Watch {
    state: Mutex<State>,
    active: AtomicBool,
}

impl Watch {
    /// Looks at an object until nobody waits for it.
    ///
    /// # Errors
    /// The system refuses the timer's thread.
    pub fn add<A: Awaited>(&'static self, timer: &'static Timer, object: &Arc<A>) -> Result<(), TaskFault> {
        let object: Weak<dyn Watched> = Arc::downgrade(object) as Weak<dyn Watched>;
        let mut state = self.state.lock();
        let since = Instant::now();
        match state.entries.iter_mut().find(|entry| entry.object.ptr_eq(&object)) {
            Some(entry) => entry.since = since,
            None => state.entries.push(Entry { object, since }),
        }
        self.active.store(true, Ordering::Relaxed);
        self.arm(timer, &mut state, since + SHORTEST)
    }

    fn arm(&'static self, timer: &'static Timer, state: &mut State, when: Instant) -> Result<(), TaskFault> {
        state.alarm = Some(timer.at(when, move || self.tick(timer))?);
        Ok(())
    }

    fn tick(&'static self, timer: &'static Timer) {
        let mut state = self.state.lock();
        let now = Instant::now();
        let thorough = state.thorough.is_none_or(|before| now - before >= PATIENCE);
        if thorough {
            state.thorough = Some(now);
        }
        Self::look_at(&mut state, thorough);
        match state.entries.iter().map(|entry| now - entry.since).min() {
            // The thread runs already, so an alarm cannot fail.
            Some(waited) => drop(self.arm(timer, &mut state, now + (waited / 8).clamp(SHORTEST, LONGEST))),
            None => {
                state.alarm = None;
                self.active.store(false, Ordering::Relaxed);
            }
        }
    }

    fn look_at(state: &mut State, thorough: bool) {
        state.entries.retain(|entry| match entry.object.upgrade() {
            Some(object) => object.look(thorough),
            None => false,
        });
    }

    /// Something was written that somebody may wait for.
    pub fn poke(&self) {
        // A wait that is being added at this moment looks for itself once more.
        if self.active.load(Ordering::Relaxed) {
            Self::look_at(&mut self.state.lock(), false);
        }
    }
}
