//! Queues between threads of the program: so much fits, who finds one full or empty waits.

use npu_types::sync::{
    Condvar, Mutex, MutexGuard,
    atomic::{AtomicBool, Ordering},
};
use std::{collections::VecDeque, time::Instant};

/// Why nothing was put in or taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It was full, or empty, until the time was up.
    Unready,
    /// The caller was told to stop.
    Stopped,
    /// What is first was not what the caller takes.
    Declined,
}

/// Tells those who wait in its name that they wait in vain, for good.
#[derive(Debug)]
pub struct Stop(AtomicBool);

impl Default for Stop {
    fn default() -> Self {
        Stop(AtomicBool::new(false))
    }
}

impl Stop {
    fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

#[derive(Debug)]
struct State<T> {
    items: VecDeque<T>,
    /// Places that [`Slot`]s hold.
    reserved: usize,
}

/// A queue with room for `capacity` values.
///
/// Values come out in the order in which their [`Slot`]s were filled. All methods may be called from any thread.
#[derive(Debug)]
pub struct Fifo<T> {
    capacity: usize,
    state: Mutex<State<T>>,
    room: Condvar,
    filled: Condvar,
}

impl<T> Fifo<T> {
    /// An empty queue. Memory is taken as it fills.
    pub fn new(capacity: usize) -> Self {
        Fifo {
            capacity,
            state: Mutex::new(State { items: VecDeque::new(), reserved: 0 }),
            room: Condvar::new(),
            filled: Condvar::new(),
        }
    }

    /// How many values it has room for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many values are in it.
    pub fn len(&self) -> usize {
        self.state.lock().items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A place for one value. Waits for room until `until`, without end for `None`, not at all for what has passed.
    ///
    /// # Errors
    /// It stayed full, or `stop` was set.
    pub fn reserve(&self, until: Option<Instant>, stop: &Stop) -> Result<Slot<'_, T>, Refusal> {
        let mut state = self.state.lock();
        let has_room = |state: &State<T>| state.items.len() + state.reserved < self.capacity;
        await_change(&self.room, &mut state, until, stop, has_room)?;
        state.reserved += 1;
        Ok(Slot { fifo: self })
    }

    /// Takes the first value out, if `accept` agrees. Waits for one as [`Fifo::reserve`] does for room.
    ///
    /// # Errors
    /// It stayed empty, `stop` was set, or `accept` did not agree: then the value stays first.
    pub fn take(
        &self,
        until: Option<Instant>,
        stop: &Stop,
        accept: impl FnOnce(&T) -> bool,
    ) -> Result<T, Refusal> {
        let mut state = self.state.lock();
        await_change(&self.filled, &mut state, until, stop, |state| !state.items.is_empty())?;
        let accepted = state.items.pop_front_if(|first| accept(first));
        let Some(value) = accepted else {
            // The news that woke this thread is still news for another.
            self.filled.notify_one();
            return Err(Refusal::Declined);
        };
        self.room.notify_one();
        Ok(value)
    }

    /// Takes everything out.
    pub fn drain(&self) -> Vec<T> {
        let drained = self.state.lock().items.drain(..).collect();
        self.room.notify_all();
        drained
    }

    /// Sets `stop` and wakes who waits here in its name. Later calls in its name fail at once.
    pub fn stop(&self, stop: &Stop) {
        // Under the lock: nobody is between looking at it and waiting.
        let state = self.state.lock();
        stop.0.store(true, Ordering::Release);
        drop(state);
        self.room.notify_all();
        self.filled.notify_all();
    }
}

/// Waits until `ready`.
fn await_change<T>(
    change: &Condvar,
    state: &mut MutexGuard<'_, State<T>>,
    until: Option<Instant>,
    stop: &Stop,
    ready: impl Fn(&State<T>) -> bool,
) -> Result<(), Refusal> {
    loop {
        // A wake-up that was meant for another is not lost: who sets a stop wakes all.
        if stop.is_set() {
            return Err(Refusal::Stopped);
        }
        if ready(state) {
            return Ok(());
        }
        if !wait(change, state, until) && !ready(state) {
            return Err(if stop.is_set() { Refusal::Stopped } else { Refusal::Unready });
        }
    }
}

/// False if the time is up.
#[cfg(not(loom))]
fn wait<T>(change: &Condvar, state: &mut MutexGuard<'_, State<T>>, until: Option<Instant>) -> bool {
    match until {
        Some(until) => !change.wait_until(state, until).timed_out(),
        None => {
            change.wait(state);
            true
        }
    }
}

/// Models have no time: any limit has passed.
#[cfg(loom)]
fn wait<T>(change: &Condvar, state: &mut MutexGuard<'_, State<T>>, until: Option<Instant>) -> bool {
    if until.is_none() {
        change.wait(state);
    }
    until.is_none()
}

/// A place in a queue. Dropped without a value, it is free for others.
#[derive(Debug)]
#[must_use]
pub struct Slot<'a, T> {
    fifo: &'a Fifo<T>,
}

impl<T> Slot<'_, T> {
    /// Puts the value in, as the last one.
    pub fn fill(self, value: T) {
        let mut state = self.fifo.state.lock();
        state.reserved -= 1;
        state.items.push_back(value);
        drop(state);
        self.fifo.filled.notify_one();
        std::mem::forget(self);
    }
}

impl<T> Drop for Slot<'_, T> {
    fn drop(&mut self) {
        self.fifo.state.lock().reserved -= 1;
        self.fifo.room.notify_one();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::{sync::Arc, thread, time::Duration};

    /// A time that has passed.
    fn now() -> Option<Instant> {
        Some(Instant::now())
    }

    #[test]
    fn so_much_fits_and_comes_out_in_order() {
        let (fifo, stop) = (Fifo::new(2), Stop::default());
        assert_eq!(fifo.take(now(), &stop, |_| true), Err(Refusal::Unready));
        fifo.reserve(now(), &stop).unwrap().fill(1);
        let slot = fifo.reserve(now(), &stop).unwrap();
        assert_eq!(fifo.reserve(now(), &stop).err(), Some(Refusal::Unready), "a reserved place is taken");
        assert_eq!((fifo.len(), fifo.capacity()), (1, 2));
        drop(slot);
        fifo.reserve(now(), &stop).unwrap().fill(2);
        assert_eq!(fifo.take(now(), &stop, |first| *first == 2), Err(Refusal::Declined));
        assert_eq!(fifo.take(now(), &stop, |_| true), Ok(1));
        assert_eq!(fifo.drain(), [2]);
        assert!(fifo.is_empty());
    }

    #[test]
    fn a_wait_ends_with_its_time_or_its_stop_and_others_go_on() {
        let fifo = Arc::new(Fifo::<u32>::new(1));
        let (mine, other) = (Arc::new(Stop::default()), Stop::default());
        let soon = Some(Instant::now() + Duration::from_millis(5));
        assert_eq!(fifo.take(soon, &other, |_| true), Err(Refusal::Unready));
        let waiter = {
            let (fifo, mine) = (fifo.clone(), mine.clone());
            thread::spawn(move || fifo.take(None, &mine, |_| true))
        };
        fifo.stop(&mine);
        assert_eq!(waiter.join().unwrap(), Err(Refusal::Stopped));
        assert_eq!(fifo.reserve(None, &mine).err(), Some(Refusal::Stopped));
        fifo.reserve(None, &other).unwrap().fill(7);
        assert_eq!(fifo.take(None, &mine, |_| true), Err(Refusal::Stopped));
        assert_eq!(fifo.take(None, &other, |_| true), Ok(7));
    }

    #[test]
    fn everything_arrives_once_through_a_narrow_queue() {
        const EACH: u64 = 500;
        let (fifo, stop) = (Fifo::new(2), Stop::default());
        let sum = thread::scope(|scope| {
            for thread in 0..3 {
                let (fifo, stop) = (&fifo, &stop);
                scope.spawn(move || {
                    (0..EACH).for_each(|i| fifo.reserve(None, stop).unwrap().fill(thread * EACH + i));
                });
            }
            let takers: Vec<_> = (0..3)
                .map(|_| {
                    scope.spawn(|| (0..EACH).map(|_| fifo.take(None, &stop, |_| true).unwrap()).sum::<u64>())
                })
                .collect();
            takers.into_iter().map(|taker| taker.join().unwrap()).sum::<u64>()
        });
        assert_eq!(sum, (0..3 * EACH).sum());
    }
}
