//! What streams wait for: a state, and the streams parked until it lets them through.
//!
//! Events, notifies, counts and words of memory differ in their state and in what a wait asks of it ([`Gate`]); who
//! registers, who is woken and who may go on is the same for all of them and decided here. A wait looks at the state and
//! registers under one lock, and every change wakes under that lock, so none is missed; a woken stream looks again, since
//! another may have been let through before it.

use npu_types::sync::Mutex;

/// The state that waits look at.
pub trait Gate {
    /// What a wait asks for.
    type Want: Copy;
    /// Why a wait cannot go on any more.
    type Loss;

    /// Whether such a wait may go on.
    fn is_open(&self, want: Self::Want) -> bool;

    /// Lets one such wait go on, if it may. What it uses up, others do not find.
    fn pass(&mut self, want: Self::Want) -> bool {
        self.is_open(want)
    }

    /// Why such a wait can never go on, if it cannot.
    fn loss(&self, _want: Self::Want) -> Option<Self::Loss> {
        None
    }

    /// A wait is over, whether it went on or was given up.
    fn over(&mut self) {}
}

/// Who waits. Waking one that does not sleep, or no longer waits, does no harm.
pub trait Sleeper {
    /// Has it look again.
    fn wake(&self);
}

struct Waiter<W, S> {
    ticket: u64,
    want: W,
    sleeper: S,
}

struct State<G: Gate, S> {
    gate: G,
    waiters: Vec<Waiter<G::Want, S>>,
    tickets: u64,
}

impl<G: Gate, S: Sleeper> State<G, S> {
    /// True if some may go on.
    fn wake_open(&self) -> bool {
        let mut any = false;
        for waiter in &self.waiters {
            if self.gate.is_open(waiter.want) {
                waiter.sleeper.wake();
                any = true;
            }
        }
        any
    }

    fn remove(&mut self, ticket: u64) -> Option<Waiter<G::Want, S>> {
        let place = self.waiters.iter().position(|waiter| waiter.ticket == ticket)?;
        // Those that came first are woken first.
        Some(self.waiters.remove(place))
    }
}

/// A state that sleepers wait for.
pub struct Waitable<G: Gate, S>(Mutex<State<G, S>>);

impl<G: Gate, S> std::fmt::Debug for Waitable<G, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("waitable")
    }
}

/// A wait's place among the waiters, while it has one.
#[derive(Debug, Default)]
pub struct Ticket(u64);

impl Ticket {
    /// Whether it has one.
    pub fn is_held(&self) -> bool {
        self.0 != 0
    }
}

impl<G: Gate, S: Sleeper> Waitable<G, S> {
    /// Nobody waits yet.
    pub fn new(gate: G) -> Self {
        Waitable(Mutex::new(State { gate, waiters: Vec::new(), tickets: 0 }))
    }

    /// Looks at the state.
    pub fn look<R>(&self, look: impl FnOnce(&G) -> R) -> R {
        look(&self.0.lock().gate)
    }

    /// Changes the state in a way that no wait is let through by.
    pub fn note<R>(&self, change: impl FnOnce(&mut G) -> R) -> R {
        change(&mut self.0.lock().gate)
    }

    /// Changes the state and wakes those who may go on now.
    pub fn change<R>(&self, change: impl FnOnce(&mut G) -> R) -> R {
        let mut state = self.0.lock();
        let result = change(&mut state.gate);
        state.wake_open();
        result
    }

    /// Wakes those who may go on, as the state may have been changed from elsewhere. None if nobody waits.
    pub fn recheck(&self) -> Option<bool> {
        let state = self.0.lock();
        (!state.waiters.is_empty()).then(|| state.wake_open())
    }

    /// Wakes those who wait for what cannot come any more.
    pub fn wake_lost(&self) {
        let state = self.0.lock();
        let lost = state.waiters.iter().filter(|waiter| state.gate.loss(waiter.want).is_some());
        lost.for_each(|waiter| waiter.sleeper.wake());
    }

    /// Wakes everybody, to look at what is not part of the state.
    pub fn wake_all(&self) {
        self.0.lock().waiters.iter().for_each(|waiter| waiter.sleeper.wake());
    }

    /// Goes on if the state lets it. If not, `sleeper` is registered (once) and will be woken when it may be worth
    /// another call.
    pub fn wait(&self, want: G::Want, ticket: &mut Ticket, sleeper: impl FnOnce() -> Option<S>) -> bool {
        let mut state = self.0.lock();
        if state.gate.pass(want) {
            let left = state.remove(std::mem::take(&mut ticket.0));
            // Its last reference may be this one, and then it may come back here.
            drop(state);
            drop(left);
            return true;
        }
        if ticket.0 == 0
            && let Some(sleeper) = sleeper()
        {
            state.tickets += 1;
            ticket.0 = state.tickets;
            state.waiters.push(Waiter { ticket: ticket.0, want, sleeper });
        }
        false
    }

    /// Gives a wait up, which may begin anew later.
    pub fn withdraw(&self, ticket: &mut Ticket) {
        let left = self.0.lock().remove(std::mem::take(&mut ticket.0));
        drop(left);
    }

    /// A wait is over: it went on, or is given up for good.
    pub fn leave(&self, ticket: &mut Ticket) {
        let mut state = self.0.lock();
        let left = state.remove(std::mem::take(&mut ticket.0));
        state.gate.over();
        drop(state);
        drop(left);
    }
}
