//! Callbacks that run on a thread of the program's choice, when it asks for them.

use super::{Step, Stream, Task, TaskContext, host, task::Answer};
use crate::ExecError;
use parking_lot::{Condvar, Mutex};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

/// A callback whose turn has come.
struct Report {
    /// The stream whose thread it is for.
    subscribed: Weak<Stream>,
    answer: Arc<Answer>,
    body: Option<Box<dyn FnOnce() + Send>>,
}

impl Drop for Report {
    /// Answers the stream also when the callback never runs because its thread unsubscribed.
    fn drop(&mut self) {
        self.answer.give();
    }
}

/// What a thread of the program processes for a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReportKind {
    /// Callbacks, of `aclrtSubscribeReport`.
    Callback,
    /// Host functions, of `aclrtSubscribeHostFunc`.
    HostFunction,
}

impl ReportKind {
    /// The function that subscribes a thread.
    fn subscribes(self) -> &'static str {
        match self {
            ReportKind::Callback => "aclrtSubscribeReport",
            ReportKind::HostFunction => "aclrtSubscribeHostFunc",
        }
    }
}

/// What waits for a thread that processes reports.
pub(super) struct Inbox {
    kind: ReportKind,
    thread: u64,
    device: u32,
    reports: Mutex<VecDeque<Report>>,
    arrived: Condvar,
}

/// What a thread is subscribed for.
type Subscriber = (ReportKind, u64);

/// The subscribed threads of a pool.
#[derive(Default)]
pub(crate) struct Reports {
    /// By kind and thread, with the number of streams that each serves.
    inboxes: Mutex<HashMap<Subscriber, (Arc<Inbox>, usize)>>,
}

impl Reports {
    fn take(&self, kind: ReportKind, thread: u64) -> Option<Arc<Inbox>> {
        self.inboxes.lock().get(&(kind, thread)).map(|(inbox, _)| inbox.clone())
    }
}

/// A callback in a stream.
struct Callback<F> {
    inbox: Arc<Inbox>,
    subscribed: Weak<Stream>,
    blocks: bool,
    body: F,
    /// What it waits for, once it was handed over.
    asked: Option<Arc<Answer>>,
}

impl<F: FnOnce() + Clone + Send + 'static> Task for Callback<F> {
    fn step(&mut self, context: &TaskContext) -> Step {
        if let Some(answer) = &self.asked {
            if !answer.is_given() {
                return Step::Parked;
            }
            self.asked = None;
            return Step::Done;
        }
        let Some(answer) = Answer::awaited(context) else { return Step::Done };
        self.inbox.reports.lock().push_back(Report {
            subscribed: self.subscribed.clone(),
            answer: answer.clone(),
            body: Some(Box::new(self.body.clone())),
        });
        self.inbox.arrived.notify_one();
        if !self.blocks {
            return Step::Done;
        }
        self.asked = Some(answer);
        Step::Parked
    }

    fn reset(&mut self) {
        self.asked = None;
    }
}

impl Stream {
    /// Lets `thread` process the callbacks or host functions of this stream.
    ///
    /// # Errors
    /// The stream has a thread already, or the thread serves another device.
    pub fn subscribe(&self, kind: ReportKind, thread: u64) -> Result<(), ExecError> {
        let mut subscriber = self.subscriber(kind).lock();
        if let Some(inbox) = &*subscriber {
            let what = format!("{self:?}: expected no subscribed thread, got {:#x}", inbox.thread);
            return Err(ExecError::Subscription { what });
        }
        let mut inboxes = self.pool().reports.inboxes.lock();
        let (inbox, streams) = inboxes.entry((kind, thread)).or_insert_with(|| {
            let (reports, arrived) = (Mutex::default(), Condvar::new());
            (Arc::new(Inbox { kind, thread, device: self.device_id(), reports, arrived }), 0)
        });
        if inbox.device != self.device_id() {
            let (device, other) = (self.device_id(), inbox.device);
            return Err(ExecError::ReportThread {
                what: format!(
                    "thread {thread:#x}: expected one that serves device {device}, got one of {other}"
                ),
            });
        }
        *streams += 1;
        *subscriber = Some(inbox.clone());
        Ok(())
    }

    /// Ends [`Stream::subscribe`]. Callbacks that have not run are dropped.
    ///
    /// # Errors
    /// The stream has no thread, or another.
    pub fn unsubscribe(&self, kind: ReportKind, thread: u64) -> Result<(), ExecError> {
        let subscriber = self.subscriber(kind).lock();
        match &*subscriber {
            None => return Err(self.not_subscribed(kind)),
            Some(inbox) if inbox.thread != thread => {
                let what =
                    format!("{self:?}: expected its subscribed thread {:#x}, got {thread:#x}", inbox.thread);
                return Err(ExecError::ReportThread { what });
            }
            Some(_) => {}
        }
        drop(subscriber);
        self.end_subscription(kind);
        Ok(())
    }

    fn not_subscribed(&self, kind: ReportKind) -> ExecError {
        ExecError::NotSubscribed { stream: self.id(), subscribes: kind.subscribes() }
    }

    /// Ends the subscriptions there are.
    pub(super) fn end_subscriptions(&self) {
        self.end_subscription(ReportKind::Callback);
        self.end_subscription(ReportKind::HostFunction);
    }

    fn end_subscription(&self, kind: ReportKind) {
        let Some(inbox) = self.subscriber(kind).lock().take() else { return };
        let dropped: VecDeque<_> = {
            let mut reports = inbox.reports.lock();
            let (mine, others) =
                reports.drain(..).partition(|report| std::ptr::eq(report.subscribed.as_ptr(), self));
            *reports = others;
            mine
        };
        // Answering streams needs no lock of ours.
        drop(dropped);
        let mut inboxes = self.pool().reports.inboxes.lock();
        if let Some((_, streams)) = inboxes.get_mut(&(inbox.kind, inbox.thread)) {
            *streams -= 1;
            if *streams == 0 {
                inboxes.remove(&(inbox.kind, inbox.thread));
            }
        }
    }

    /// Queues a callback for the subscribed thread. With `blocks` the stream waits until it has run.
    ///
    /// # Errors
    /// No thread is subscribed, or the stream takes no more tasks.
    pub fn callback(
        &self,
        name: &'static str,
        blocks: bool,
        body: impl FnOnce() + Clone + Send + 'static,
    ) -> Result<(), ExecError> {
        let inbox = self.subscriber(ReportKind::Callback).lock().clone();
        let inbox = inbox.ok_or_else(|| self.not_subscribed(ReportKind::Callback))?;
        self.report_to(inbox, name, blocks, body)
    }

    /// The thread that processes the host functions of this stream, if there is one.
    pub(super) fn host_inbox(&self) -> Option<Arc<Inbox>> {
        self.subscriber(ReportKind::HostFunction).lock().clone()
    }

    pub(super) fn report_to(
        &self,
        inbox: Arc<Inbox>,
        name: &'static str,
        blocks: bool,
        body: impl FnOnce() + Clone + Send + 'static,
    ) -> Result<(), ExecError> {
        let subscribed = self.arc().as_ref().map(Arc::downgrade).unwrap_or_default();
        self.submit_task(name, Callback { inbox, subscribed, blocks, body, asked: None }).map(drop)
    }
}

impl crate::Runtime {
    /// Runs the next report of a kind for `thread`, the calling thread, waiting for one if need be.
    ///
    /// # Errors
    /// The thread is not subscribed, or the time was up.
    pub fn process_report(
        &self,
        kind: ReportKind,
        thread: u64,
        timeout: Option<Duration>,
    ) -> Result<(), ExecError> {
        let inbox = self.pool().reports.take(kind, thread).ok_or_else(|| ExecError::ReportThread {
            what: format!(
                "thread {thread:#x}: expected one subscribed by {}, got one that is not",
                kind.subscribes()
            ),
        })?;
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut reports = inbox.reports.lock();
        let mut report = loop {
            if let Some(report) = reports.pop_front() {
                break report;
            }
            match deadline {
                Some(deadline) => {
                    if inbox.arrived.wait_until(&mut reports, deadline).timed_out() && reports.is_empty() {
                        return Err(ExecError::ReportTimeout { waited: timeout.unwrap_or_default() });
                    }
                }
                None => inbox.arrived.wait(&mut reports),
            }
        };
        drop(reports);
        if let Some(body) = report.body.take() {
            host::serve(report.answer.stream(), body);
        }
        Ok(())
    }
}
