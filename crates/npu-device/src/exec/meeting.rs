//! Meetings: points that several streams reach together.
//!
//! A stream that comes early parks. The last one to come does what the meeting is for, while the others stay parked;
//! then all go on, or all fail alike.

use super::{Step, Stream, Task, TaskContext, task::panicked};
use crate::{ExecError, FaultKind, TaskFault, trace::Action};
use parking_lot::Mutex;
use std::{
    fmt, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

type Body = Box<dyn FnOnce(&TaskContext) -> Result<(), TaskFault> + Send>;

struct State {
    /// Streams that have not come yet.
    missing: usize,
    /// What the last one does.
    body: Option<Body>,
    /// How it ended.
    result: Option<Result<(), TaskFault>>,
    /// Streams that have come, and wait.
    waiters: Vec<Arc<Stream>>,
}

/// A point that several streams reach together.
pub struct Meeting(Mutex<State>);

impl fmt::Debug for Meeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.lock();
        write!(f, "meeting, {} to come, result {:?}", state.missing, state.result)
    }
}

impl Meeting {
    /// A meeting of so many streams, at least one. `body` runs once, when the last has come; it must not call back into
    /// streams or events.
    pub fn new(
        streams: usize,
        body: impl FnOnce(&TaskContext) -> Result<(), TaskFault> + Send + 'static,
    ) -> Arc<Meeting> {
        let body: Option<Body> = Some(Box::new(body));
        Arc::new(Meeting(Mutex::new(State { missing: streams, body, result: None, waiters: Vec::new() })))
    }

    /// Ends the meeting, unless it is over: those who came and those who will fail with this.
    pub fn fail(&self, fault: TaskFault) {
        self.end(Err(fault));
    }

    fn end(&self, result: Result<(), TaskFault>) {
        let mut state = self.0.lock();
        state.result.get_or_insert(result);
        let (body, waiters) = (state.body.take(), mem::take(&mut state.waiters));
        // What the body holds and the streams themselves may end here, and come back to this meeting.
        drop(state);
        drop(body);
        for stream in waiters {
            stream.wake();
        }
    }

    /// One more stream has come. It is woken when the meeting is over, unless it is the last.
    fn arrive(&self, context: &TaskContext) {
        let (body, gone) = {
            let mut state = self.0.lock();
            state.missing = state.missing.saturating_sub(1);
            if state.missing > 0 {
                state.waiters.extend(context.stream.arc());
                return;
            }
            // One that was destroyed or stopped since it came may not have had the time to leave.
            let gone = state.waiters.iter().find(|stream| stream.skips()).map(|stream| stream.id());
            (state.body.take(), gone)
        };
        if let Some(stream) = gone {
            self.fail(left(stream));
        } else if let Some(body) = body {
            let run = catch_unwind(AssertUnwindSafe(|| body(context)));
            self.end(run.unwrap_or_else(|panic| Err(panicked(&*panic))));
        }
    }

    /// How it ended.
    fn result(&self) -> Option<Result<(), TaskFault>> {
        self.0.lock().result.clone()
    }
}

/// Why a meeting failed for which this stream was missing.
fn left(stream: u32) -> TaskFault {
    let what = format!("stream {stream} was to take part, and was destroyed or stopped before");
    TaskFault { kind: FaultKind::AiCpu, what }
}

impl Stream {
    /// Queues attendance of meetings, all at the same time: the stream goes on when every one of them is over. A stream
    /// that is destroyed, or stopped, before it could attend makes the meetings fail. `bytes` is what timelines show.
    ///
    /// # Errors
    /// The stream takes no more tasks; the meetings have then failed.
    pub fn meet(&self, name: &'static str, bytes: u64, meetings: Vec<Arc<Meeting>>) -> Result<(), ExecError> {
        let task = Attend { meetings, bytes, stream: self.id(), arrived: false, over: false };
        self.submit_task(name, task).map(drop)
    }
}

/// Attends meetings.
struct Attend {
    meetings: Vec<Arc<Meeting>>,
    bytes: u64,
    stream: u32,
    arrived: bool,
    over: bool,
}

impl Task for Attend {
    fn runs_once(&self) -> Option<&'static str> {
        Some("a meeting with other streams")
    }

    fn step(&mut self, context: &TaskContext) -> Step {
        if !mem::replace(&mut self.arrived, true) {
            self.meetings.iter().for_each(|meeting| meeting.arrive(context));
        }
        let mut fault = None;
        let mut pending = false;
        for meeting in &self.meetings {
            match meeting.result() {
                Some(Ok(())) => {}
                Some(Err(other)) => fault = fault.or(Some(other)),
                None => pending = true,
            }
        }
        if pending {
            return Step::Parked;
        }
        self.over = true;
        context.does(Action::Moves { bytes: self.bytes });
        fault.map_or(Step::Done, Step::Fault)
    }
}

impl Drop for Attend {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        for meeting in &self.meetings {
            meeting.fail(left(self.stream));
        }
    }
}
