//! Deadlines: what is to happen when a time has come. One thread serves all of them; the first one starts it.

use super::threads;
use crate::{FaultKind, TaskFault};
use parking_lot::{Condvar, Mutex};
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
    time::Instant,
};

type Ring = Box<dyn FnOnce() + Send>;
/// When, and a number that tells deadlines at the same time apart.
type Key = (Instant, u64);

#[derive(Default)]
struct State {
    due: BTreeMap<Key, Ring>,
    set: u64,
    running: bool,
}

/// Deadlines to come. Lives as long as the process.
#[derive(Default)]
pub(crate) struct Timer {
    state: Mutex<State>,
    changed: Condvar,
}

/// A deadline to come. Dropping it calls it off, unless its time has come already.
#[must_use = "dropping it calls it off"]
pub(crate) struct Alarm {
    timer: &'static Timer,
    key: Key,
}

impl std::fmt::Debug for Alarm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "alarm {}", self.key.1)
    }
}

impl Timer {
    /// Has `ring` called at `when` or soon after, on the timer's thread. It must not wait for anything: others would be
    /// late. It may set alarms.
    ///
    /// # Errors
    /// The system refuses to start the thread.
    pub fn at(
        &'static self,
        when: Instant,
        ring: impl FnOnce() + Send + 'static,
    ) -> Result<Alarm, TaskFault> {
        let mut state = self.state.lock();
        if !state.running {
            let spawned = thread::Builder::new().name("aclsim-timer".into()).spawn(|| self.work());
            if let Err(error) = spawned {
                let what = format!("the system refuses to start a thread for deadlines: {error}");
                return Err(TaskFault { kind: FaultKind::Internal, what });
            }
            state.running = true;
        }
        state.set += 1;
        let key = (when, state.set);
        state.due.insert(key, Box::new(ring));
        // The thread sleeps until the earliest deadline it knows.
        if state.due.keys().next() == Some(&key) {
            self.changed.notify_one();
        }
        Ok(Alarm { timer: self, key })
    }

    fn work(&self) {
        threads::block_signals();
        let mut state = self.state.lock();
        loop {
            match state.due.keys().next().map(|(when, _)| *when) {
                None => self.changed.wait(&mut state),
                Some(when) if when > Instant::now() => drop(self.changed.wait_until(&mut state, when)),
                Some(_) => {
                    let ring = state.due.pop_first();
                    drop(state);
                    // A panic is a bug of one deadline; the others still have theirs.
                    let _ = catch_unwind(AssertUnwindSafe(|| ring.map(|(_, ring)| ring())));
                    state = self.state.lock();
                }
            }
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let ring = self.timer.state.lock().due.remove(&self.key);
        // What it holds may set or drop alarms itself, so not under the lock.
        drop(ring);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::{Arc, mpsc},
        time::Duration,
    };

    fn timer() -> &'static Timer {
        Box::leak(Box::default())
    }

    #[test]
    fn deadlines_come_in_order_of_time() {
        let timer = timer();
        let (sender, rings) = mpsc::channel();
        let start = Instant::now();
        let alarms: Vec<Alarm> = [30, 10, 20]
            .into_iter()
            .map(|milliseconds| {
                let sender = sender.clone();
                let when = start + Duration::from_millis(milliseconds);
                timer
                    .at(when, move || {
                        assert!(Instant::now() >= when, "early");
                        sender.send(milliseconds).unwrap();
                    })
                    .unwrap()
            })
            .collect();
        drop(sender);
        assert_eq!(rings.iter().collect::<Vec<_>>(), [10, 20, 30]);
        drop(alarms);
    }

    #[test]
    fn one_that_was_called_off_frees_what_it_held() {
        let timer = timer();
        let held = Arc::new(());
        let holds = held.clone();
        let alarm = timer.at(Instant::now() + Duration::from_secs(3600), move || drop(holds)).unwrap();
        assert_eq!(Arc::strong_count(&held), 2);
        drop(alarm);
        assert_eq!(Arc::strong_count(&held), 1);
        assert!(timer.state.lock().due.is_empty());
    }

    #[test]
    fn an_earlier_one_overtakes_and_a_ring_may_set_another() {
        let timer = timer();
        let (sender, rings) = mpsc::channel();
        let late = timer.at(Instant::now() + Duration::from_secs(3600), || {}).unwrap();
        let second = sender.clone();
        let soon = timer
            .at(Instant::now(), move || {
                let again = timer.at(Instant::now(), move || second.send("second").unwrap()).unwrap();
                sender.send("first").unwrap();
                std::mem::forget(again);
            })
            .unwrap();
        assert_eq!(rings.recv().unwrap(), "first");
        assert_eq!(rings.recv().unwrap(), "second");
        drop((late, soon));
    }

    #[test]
    fn a_panic_leaves_the_others_their_deadlines() {
        let timer = timer();
        let (sender, rings) = mpsc::channel();
        let bad = timer.at(Instant::now(), || panic!("on purpose")).unwrap();
        let good = timer.at(Instant::now(), move || sender.send(1).unwrap()).unwrap();
        assert_eq!(rings.recv().unwrap(), 1);
        drop((bad, good));
    }
}
