//! A wait in a stream: the task that parks until a [`Waitable`] lets it through, its time is up, or what it waits for
//! can no longer come.

use super::{
    Step, Stream, Task, TaskContext,
    graph::TaskKind,
    timer::Alarm,
    waitable::{Gate, Sleeper, Ticket, Waitable},
};
use crate::{ExecError, FaultKind, TaskFault};
use std::{
    any::Any,
    sync::Arc,
    time::{Duration, Instant},
};

impl Sleeper for Arc<Stream> {
    fn wake(&self) {
        Stream::wake(self);
    }
}

/// Streams that wait for a gate.
pub(crate) type Streams<G> = Waitable<G, Arc<Stream>>;

/// Something with a gate that streams wait for.
pub(crate) trait Awaited: Send + Sync + 'static {
    /// Its state.
    type Gate: Gate<Want: Send, Loss = TaskFault> + Send;

    /// Its state and who waits.
    fn streams(&self) -> &Streams<Self::Gate>;

    /// What it is, for the message of a wait that failed.
    fn what(&self) -> String;

    /// Whether more than this process's own calls changes the state, so that somebody has to look now and then.
    fn is_watched(&self) -> bool {
        false
    }

    /// What a wait for it is in a graph.
    fn kind(&self) -> TaskKind {
        TaskKind::Other
    }

    /// As [`Task::params`].
    fn params(&self) -> Option<Box<dyn Any>> {
        None
    }

    /// As [`Task::accepts`].
    fn accepts(&self, _params: &dyn Any) -> bool {
        false
    }

    /// As [`Task::set_params`].
    fn set_params(&self, _params: &dyn Any) {}
}

/// What only a parked wait with a time limit, or a watched one, needs.
#[derive(Default)]
struct Parked {
    deadline: Option<Instant>,
    alarm: Option<Alarm>,
    watched: bool,
}

/// A wait.
pub(crate) struct Wait<A: Awaited> {
    awaited: Arc<A>,
    want: <A::Gate as Gate>::Want,
    limit: Option<Duration>,
    ticket: Ticket,
    parked: Option<Box<Parked>>,
}

impl<A: Awaited> Wait<A> {
    pub fn new(awaited: Arc<A>, want: <A::Gate as Gate>::Want, limit: Option<Duration>) -> Self {
        Wait { awaited, want, limit, ticket: Ticket::default(), parked: None }
    }

    /// Sees that the stream is woken when its time is up, and that somebody looks at what is watched.
    #[cold]
    fn park(&mut self, context: &TaskContext, watched: bool) -> Result<(), TaskFault> {
        let Some(stream) = context.stream.arc() else { return Ok(()) };
        let parked = self.parked.get_or_insert_default();
        // A limit beyond what the clock can say is none.
        let limit = self.limit.filter(|_| parked.alarm.is_none());
        if let Some(deadline) = limit.and_then(|limit| Instant::now().checked_add(limit)) {
            let stream = Arc::downgrade(&stream);
            let ring = move || {
                if let Some(stream) = stream.upgrade() {
                    Stream::wake(&stream);
                }
            };
            parked.deadline = Some(deadline);
            parked.alarm = Some(context.pool.timer.at(deadline, ring)?);
        }
        if watched && !parked.watched {
            parked.watched = true;
            context.pool.watch.add(&context.pool.timer, &self.awaited)?;
        }
        Ok(())
    }

    /// Whether all that is there to wake the stream is in place.
    fn is_settled(&self, watched: bool) -> bool {
        match &self.parked {
            Some(parked) => parked.watched || !watched,
            None => self.limit.is_none() && !watched,
        }
    }

    #[cold]
    fn fail(&mut self, fault: TaskFault) -> Step {
        self.awaited.streams().withdraw(&mut self.ticket);
        self.parked = None;
        Step::Fault(fault)
    }

    /// Whether the wait is over although it was not let through.
    fn given_up(&self) -> Option<TaskFault> {
        let deadline = self.parked.as_ref()?.deadline;
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            let limit = self.limit.unwrap_or_default();
            let what = format!("waited for {limit:?} in vain for {}", self.awaited.what());
            return Some(TaskFault { kind: FaultKind::Wait, what });
        }
        self.awaited.streams().look(|gate| gate.loss(self.want))
    }
}

impl<A: Awaited> Task for Wait<A> {
    fn step(&mut self, context: &TaskContext) -> Step {
        if self.awaited.streams().wait(self.want, &mut self.ticket, || context.stream.arc()) {
            self.parked = None;
            return Step::Done;
        }
        // A notify may be shared, and so become watched, while streams wait for it.
        let watched = self.awaited.is_watched();
        if !self.is_settled(watched)
            && let Err(fault) = self.park(context, watched)
        {
            return self.fail(fault);
        }
        match self.given_up() {
            Some(fault) => self.fail(fault),
            None => Step::Parked,
        }
    }

    fn reset(&mut self) {
        self.awaited.streams().withdraw(&mut self.ticket);
        self.parked = None;
    }

    fn kind(&self) -> TaskKind {
        self.awaited.kind()
    }

    fn params(&self) -> Option<Box<dyn Any>> {
        self.awaited.params()
    }

    fn accepts(&self, params: &dyn Any) -> bool {
        self.awaited.accepts(params)
    }

    fn set_params(&mut self, params: &dyn Any) {
        self.awaited.set_params(params);
    }
}

impl<A: Awaited> Wait<A> {
    pub fn set_want(&mut self, want: <A::Gate as Gate>::Want) {
        self.want = want;
    }

    pub fn is_parked(&self) -> bool {
        self.ticket.is_held()
    }
}

impl<A: Awaited> Drop for Wait<A> {
    fn drop(&mut self) {
        self.awaited.streams().leave(&mut self.ticket);
    }
}

impl Stream {
    /// Queues a wait, for at most `limit`.
    ///
    /// # Errors
    /// The stream takes no more tasks.
    pub(crate) fn wait_on<A: Awaited>(
        &self,
        name: &'static str,
        awaited: Arc<A>,
        want: <A::Gate as Gate>::Want,
        limit: Option<Duration>,
    ) -> Result<(), ExecError> {
        self.submit_task(name, Wait::new(awaited, want, limit)).map(drop)
    }
}
