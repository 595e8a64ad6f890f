//! Captures: streams that keep their tasks for a graph instead of running them.
//!
//! A capture begins on one stream. A stream that waits for an event recorded in it takes part from then on; all have to
//! come back by events before the capture ends. What cannot be part of a graph is refused, and what would wait for a
//! task that only a later run brings makes the capture invalid: it can then only be ended.

use super::{
    Event, Graph, Stream, Task,
    condition::{Condition, ConditionKind, Conditional},
    graph::{GraphKind, Place, TaskKind},
    group::{Update, Updated},
};
use crate::{CaptureFault, ExecError};
use parking_lot::Mutex;
use std::{
    cell::{Cell, RefCell},
    fmt,
    sync::{
        Arc, Weak,
        atomic::{AtomicU32, Ordering},
    },
    thread::{self, ThreadId},
};

/// Which calls a capture forbids that might wait for what is captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureMode {
    /// On all threads.
    Global,
    /// On the thread that captures.
    ThreadLocal,
    /// None.
    Relaxed,
}

/// Captures in progress that forbid calls.
static RESTRICTING: AtomicU32 = AtomicU32::new(0);
/// Captures in progress.
static CAPTURES: Mutex<Vec<Arc<Capture>>> = Mutex::new(Vec::new());

thread_local! {
    /// What the thread itself wants forbidden.
    static THREAD_MODE: Cell<CaptureMode> = const { Cell::new(CaptureMode::Global) };
    /// The task that a graph got last from this thread.
    static LAST: RefCell<(Weak<Graph>, u32)> = const { RefCell::new((Weak::new(), 0)) };
}

/// Sets the calling thread's mode, and returns the one before. A thread in relaxed mode is forbidden nothing; in thread
/// local mode nothing by captures of other threads.
pub fn exchange_thread_mode(mode: CaptureMode) -> CaptureMode {
    THREAD_MODE.replace(mode)
}

/// Fails if a capture forbids the calling thread a call that waits. The capture is then invalid.
///
/// # Errors
/// `fault`.
#[inline]
pub fn check_may_wait(fault: CaptureFault) -> Result<(), ExecError> {
    if captures_restrict() { look_for_forbidding(fault) } else { Ok(()) }
}

/// Whether any capture forbids calls.
#[inline]
pub fn captures_restrict() -> bool {
    RESTRICTING.load(Ordering::Relaxed) != 0
}

#[cold]
fn look_for_forbidding(fault: CaptureFault) -> Result<(), ExecError> {
    let (thread, wish) = (thread::current().id(), THREAD_MODE.get());
    let mut found = None;
    for capture in CAPTURES.lock().iter() {
        let own = capture.thread == thread;
        let forbids = match capture.mode {
            CaptureMode::Relaxed => false,
            CaptureMode::ThreadLocal => own && wish != CaptureMode::Relaxed,
            CaptureMode::Global if own => wish != CaptureMode::Relaxed,
            CaptureMode::Global => wish == CaptureMode::Global,
        };
        if forbids {
            capture.invalidate("a synchronous call was made that its mode forbids");
            let whose = if own { "this thread" } else { "another thread" };
            let what = format!(
                "expected no call that waits while {whose} captures stream {} in mode {:?}, got one; \
                 aclmdlRICaptureThreadExchangeMode allows it",
                capture.origin_id, capture.mode
            );
            found = found.or(Some(what));
        }
    }
    found.map_or(Ok(()), |what| Err(fault.error(what)))
}

/// The task that a graph got last from the calling thread.
pub fn last_captured() -> Option<(Arc<Graph>, u32)> {
    LAST.with(|last| {
        let last = last.borrow();
        Some((last.0.upgrade()?, last.1))
    })
}

/// What keeps a stream's tasks.
#[derive(Clone)]
pub(crate) enum Recorder {
    Capture { capture: Arc<Capture>, branch: u32 },
    Build { graph: Arc<Graph>, branch: u32 },
    Update(Arc<Update>),
}

#[derive(Default)]
struct State {
    ended: bool,
    invalid: Option<String>,
    streams: Vec<Weak<Stream>>,
    /// Open task groups: branch, and tasks so far.
    groups: Vec<(u32, Vec<u32>)>,
}

/// A capture in progress.
pub(crate) struct Capture {
    pub(super) graph: Arc<Graph>,
    mode: CaptureMode,
    thread: ThreadId,
    origin: Weak<Stream>,
    origin_id: u32,
    state: Mutex<State>,
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "capture on stream {}", self.origin_id)
    }
}

/// What became of a task given to a capture.
pub(super) enum Kept {
    At(Place),
    /// The capture has ended meanwhile.
    Ended(Box<dyn Task>),
}

impl Capture {
    pub(super) fn has_ended(&self) -> bool {
        self.state.lock().ended
    }

    /// From now on it can only be ended.
    pub(super) fn invalidate(&self, why: &str) {
        self.state.lock().invalid.get_or_insert_with(|| why.to_owned());
    }

    fn invalidated(&self, why: &str) -> ExecError {
        CaptureFault::Invalidated.error(format!("the {self:?} became invalid: {why}"))
    }

    pub(super) fn add(
        &self,
        branch: u32,
        name: &'static str,
        task: Box<dyn Task>,
        event: Option<&Arc<Event>>,
        after: Option<Place>,
    ) -> Result<Kept, ExecError> {
        let mut state = self.state.lock();
        if state.ended {
            return Ok(Kept::Ended(task));
        }
        if let Some(why) = &state.invalid {
            return Err(self.invalidated(why));
        }
        if let Some(what) = task.runs_once() {
            let what = format!("{name}: expected a task that a graph can repeat, got {what}");
            return Err(CaptureFault::Forbidden.error(what));
        }
        let kind = task.kind();
        let group = state.groups.iter_mut().find(|(owner, _)| *owner == branch);
        if group.is_some() && kind != TaskKind::Kernel {
            let what = format!("{name}: expected an operator or a kernel in a task group, got another task");
            return Err(CaptureFault::TaskType.error(what));
        }
        let (place, number) = self.graph.add(branch, name, task, kind, event.cloned(), after);
        if let Some((_, tasks)) = group {
            tasks.push(number);
        }
        note_last(&self.graph, number);
        Ok(Kept::At(place))
    }

    /// Lets a stream take part. Returns its branch.
    pub(super) fn attach(self: &Arc<Self>, stream: &Stream) -> Result<u32, ExecError> {
        let mut recorder = stream.recorder().lock();
        if recorder.is_some() {
            let what = format!("{stream:?}: expected one that is not being captured, got one that is");
            return Err(CaptureFault::StreamCaptured.error(what));
        }
        let mut state = self.state.lock();
        if state.ended {
            let what =
                format!("{stream:?}: expected a capture in progress to take part in, got one that has ended");
            return Err(CaptureFault::Dependency.error(what));
        }
        let branch = self.graph.add_branch(stream.id());
        state.streams.extend(stream.arc().as_ref().map(Arc::downgrade));
        *recorder = Some(Recorder::Capture { capture: self.clone(), branch });
        stream.begin_recording(true);
        Ok(branch)
    }

    /// Ends it: all streams run their tasks again.
    fn terminate(&self, ok: bool) {
        let streams = {
            let mut state = self.state.lock();
            if std::mem::replace(&mut state.ended, true) {
                return;
            }
            std::mem::take(&mut state.streams)
        };
        for stream in streams.iter().filter_map(Weak::upgrade) {
            let mut recorder = stream.recorder().lock();
            if matches!(&*recorder, Some(Recorder::Capture { capture, .. }) if std::ptr::eq(&**capture, self))
            {
                let old = recorder.take();
                stream.end_recording(true);
                drop(recorder);
                drop(old);
            }
        }
        if self.mode != CaptureMode::Relaxed {
            RESTRICTING.fetch_sub(1, Ordering::Relaxed);
        }
        let mut captures = CAPTURES.lock();
        let place = captures.iter().position(|capture| std::ptr::eq(&**capture, self));
        let gone = place.map(|place| captures.swap_remove(place));
        drop(captures);
        drop(gone);
        self.graph.end_recording(ok);
    }

    fn is_origin(&self, stream: &Stream) -> bool {
        std::ptr::eq(self.origin.as_ptr(), stream)
    }
}

fn note_last(graph: &Arc<Graph>, number: u32) {
    // A thread that is ending has no last task any more.
    let _ = LAST.try_with(|last| *last.borrow_mut() = (Arc::downgrade(graph), number));
}

/// What a stream's tasks are kept for.
#[derive(Debug)]
pub struct CaptureInfo {
    /// The graph they are for.
    pub graph: Arc<Graph>,
    /// Whether the capture is still good for anything.
    pub valid: bool,
}

impl Stream {
    fn capture(&self) -> Result<(Arc<Capture>, u32), ExecError> {
        match self.recorder().lock().clone() {
            Some(Recorder::Capture { capture, branch }) => Ok((capture, branch)),
            _ => {
                let what = format!("{self:?}: expected one that is being captured, got one that is not");
                Err(CaptureFault::NotCaptured.error(what))
            }
        }
    }

    /// Keeps a task for what records this stream. Gives it back if nothing does any more.
    pub(super) fn keep(
        &self,
        name: &'static str,
        task: Box<dyn Task>,
    ) -> Result<Option<Box<dyn Task>>, ExecError> {
        let recorder = self.recorder().lock().clone();
        match recorder {
            None => Ok(Some(task)),
            Some(Recorder::Capture { capture, branch }) => {
                match capture.add(branch, name, task, None, None)? {
                    Kept::At(..) => Ok(None),
                    Kept::Ended(task) => Ok(Some(task)),
                }
            }
            Some(Recorder::Build { graph, branch }) => {
                add_to_build(&graph, branch, name, task, None, None).map(|_| None)
            }
            Some(Recorder::Update(update)) => update.add(name, task).map(|()| None),
        }
    }

    /// Begins to keep the stream's tasks for a graph: a new one, or that of a conditional task.
    ///
    /// # Errors
    /// It is the default stream, is being captured already, or the graph has its tasks.
    pub fn begin_capture(
        self: &Arc<Self>,
        mode: CaptureMode,
        into: Option<Arc<Graph>>,
    ) -> Result<Arc<Graph>, ExecError> {
        if self.is_default() {
            let what = "expected a stream made by the program, got the default stream";
            return Err(CaptureFault::Implicit.error(what));
        }
        if self.is_recording() {
            let what = format!("{self:?}: expected one that is not being captured, got one that is");
            return Err(CaptureFault::StreamCaptured.error(what));
        }
        let graph = match into {
            None => Graph::new(GraphKind::Captured, self.context_id(), self.device_id(), Weak::new()),
            Some(graph) if graph.kind() != GraphKind::Body || graph.device_id() != self.device_id() => {
                let what = format!(
                    "{graph:?}: expected one that aclmdlRIAddCondTask made on the stream's device, got another"
                );
                return Err(CaptureFault::Parameter.error(what));
            }
            Some(graph) => {
                graph.begin_recording()?;
                graph
            }
        };
        let capture = Arc::new(Capture {
            graph: graph.clone(),
            mode,
            thread: thread::current().id(),
            origin: Arc::downgrade(self),
            origin_id: self.id(),
            state: Mutex::default(),
        });
        if let Err(error) = capture.attach(self) {
            graph.end_recording(false);
            return Err(error);
        }
        CAPTURES.lock().push(capture);
        if mode != CaptureMode::Relaxed {
            RESTRICTING.fetch_add(1, Ordering::Relaxed);
        }
        Ok(graph)
    }

    /// Ends the capture that began on this stream. The graph can run.
    ///
    /// # Errors
    /// Another stream, another thread, an open task group, a body still being captured: the capture goes on. It was
    /// invalid, or a stream did not come back: it is over, without a graph.
    pub fn end_capture(&self) -> Result<Arc<Graph>, ExecError> {
        let (capture, _) = self.capture()?;
        if !capture.is_origin(self) {
            let what =
                format!("expected stream {}, where the capture began, got {self:?}", capture.origin_id);
            return Err(CaptureFault::Unmatched.error(what));
        }
        if capture.mode != CaptureMode::Relaxed && capture.thread != thread::current().id() {
            let what = format!(
                "the {capture:?} in mode {:?}: expected the thread that began it, got another",
                capture.mode
            );
            return Err(CaptureFault::WrongThread.error(what));
        }
        {
            let state = capture.state.lock();
            if let Some(why) = &state.invalid {
                let error = capture.invalidated(why);
                drop(state);
                capture.terminate(false);
                return Err(error);
            }
            if !state.groups.is_empty() {
                let what = format!("the {capture:?}: expected its task groups ended, got one that is open");
                return Err(CaptureFault::GroupStatus.error(what));
            }
        }
        if let Some(body) = capture.graph.bodies().iter().find(|body| body.is_recording()) {
            let what = format!(
                "the {capture:?}: expected its conditional tasks captured, got {body:?} still being captured"
            );
            return Err(CaptureFault::BodyCaptured.error(what));
        }
        if let Some(stream) = capture.graph.unjoined() {
            capture.terminate(false);
            let what = format!(
                "the {capture:?}: expected every stream that took part to come back, got stream {stream} with tasks that \
                 stream {} does not wait for; record an event on it and wait for that",
                capture.origin_id
            );
            return Err(CaptureFault::Unjoined.error(what));
        }
        capture.terminate(true);
        Ok(capture.graph.clone())
    }

    /// The capture that keeps the stream's tasks.
    pub fn capture_info(&self) -> Option<CaptureInfo> {
        if !self.is_recording() {
            return None;
        }
        let (capture, _) = self.capture().ok()?;
        let valid = capture.state.lock().invalid.is_none();
        Some(CaptureInfo { graph: capture.graph.clone(), valid })
    }

    /// Fails if the stream is being captured. With `waits`, the capture is then invalid.
    ///
    /// # Errors
    /// [`CaptureFault::StreamCaptured`].
    #[inline]
    pub fn check_not_captured(&self, waits: bool) -> Result<(), ExecError> {
        if self.is_recording() { self.look_for_capture(waits) } else { Ok(()) }
    }

    #[cold]
    fn look_for_capture(&self, waits: bool) -> Result<(), ExecError> {
        let Ok((capture, _)) = self.capture() else { return Ok(()) };
        if waits {
            capture.invalidate(&format!("stream {} was waited for or queried", self.id()));
        }
        let what = format!("{self:?}: expected one that is not being captured, got one that is");
        Err(CaptureFault::StreamCaptured.error(what))
    }

    /// Fails if the stream is being captured: a copy from or to memory that is not pinned waits, so no graph has it. The
    /// capture is then invalid.
    ///
    /// # Errors
    /// [`CaptureFault::ForbiddenCopy`].
    pub fn check_takes_waiting_copies(&self) -> Result<(), ExecError> {
        if !self.is_recording() {
            return Ok(());
        }
        if let Ok((capture, _)) = self.capture() {
            capture.invalidate("a copy from or to memory that is not pinned was queued");
        }
        let what =
            format!("{self:?}: expected pinned host memory for a copy in a graph, got pageable memory");
        Err(CaptureFault::ForbiddenCopy.error(what))
    }

    /// The stream ends: so does what keeps its tasks.
    pub(super) fn abandon_recording(&self) {
        let Some(recorder) = self.recorder().lock().take() else { return };
        match recorder {
            Recorder::Capture { capture, .. } => {
                self.end_recording(true);
                capture.invalidate(&format!("stream {} was destroyed", self.id()));
                if capture.is_origin(self) {
                    capture.terminate(false);
                }
            }
            Recorder::Build { graph, branch } => {
                self.end_recording(false);
                graph.clear_branch(branch, true);
            }
            Recorder::Update(_) => self.end_recording(false),
        }
    }

    // Conditional tasks

    /// Adds a task that runs graphs as a number says. They are yet to be captured.
    ///
    /// # Errors
    /// The stream is not being captured, or the number is another graph's.
    pub fn add_conditional(
        &self,
        name: &'static str,
        kind: ConditionKind,
        (owner, condition): (&Arc<Graph>, Arc<Condition>),
        bodies: usize,
    ) -> Result<Vec<Arc<Graph>>, ExecError> {
        let (capture, branch) = self.capture()?;
        if !Arc::ptr_eq(&capture.graph, owner) {
            let what = format!(
                "expected a condition of {:?}, which is being captured, got one of {owner:?}",
                capture.graph
            );
            return Err(CaptureFault::Parameter.error(what));
        }
        let parent = Arc::downgrade(&capture.graph);
        let body = |_| Graph::new(GraphKind::Body, self.context_id(), self.device_id(), parent.clone());
        let bodies: Vec<_> = (0..bodies).map(body).collect();
        let task = Conditional { kind, condition, bodies: bodies.clone(), running: None };
        match capture.add(branch, name, Box::new(task), None, None)? {
            Kept::At(..) => bodies.iter().for_each(|body| capture.graph.add_body(body.clone())),
            Kept::Ended(_) => return self.capture().map(|_| Vec::new()),
        }
        Ok(bodies)
    }

    // Streams that are bound to a graph

    /// Binds the stream to a graph, which keeps its tasks from then on. With `waits` they run only when another stream of
    /// the graph starts them.
    ///
    /// # Errors
    /// It is bound or being captured, or the graph is not being built on its device.
    pub fn bind(&self, graph: &Arc<Graph>, waits: bool) -> Result<(), ExecError> {
        if graph.kind() != GraphKind::Built || !graph.is_recording() || graph.device_id() != self.device_id()
        {
            let what =
                format!("{graph:?}: expected one that is being built on the stream's device, got another");
            return Err(CaptureFault::Parameter.error(what));
        }
        let mut recorder = self.recorder().lock();
        if recorder.is_some() {
            let what =
                format!("{self:?}: expected one that is neither bound nor being captured, got one that is");
            return Err(CaptureFault::Parameter.error(what));
        }
        let branch = graph.add_branch(self.id());
        graph.set_waits(branch, waits);
        *recorder = Some(Recorder::Build { graph: graph.clone(), branch });
        self.begin_recording(false);
        Ok(())
    }

    /// The graph that the stream is bound to, and its branch there.
    pub fn bound_to(&self) -> Option<(Arc<Graph>, u32)> {
        match &*self.recorder().lock() {
            Some(Recorder::Build { graph, branch }) => Some((graph.clone(), *branch)),
            _ => None,
        }
    }

    fn branch_of(&self, graph: &Arc<Graph>) -> Result<u32, ExecError> {
        match self.bound_to() {
            Some((bound, branch)) if Arc::ptr_eq(&bound, graph) => Ok(branch),
            _ => {
                let what =
                    format!("expected a stream that is bound to {graph:?}, got {self:?}, which is not");
                Err(CaptureFault::Parameter.error(what))
            }
        }
    }

    /// The graph that the stream is bound to gets no more tasks of it.
    ///
    /// # Errors
    /// It is not bound to that graph.
    pub fn end_tasks(&self, graph: &Arc<Graph>) -> Result<(), ExecError> {
        let branch = self.branch_of(graph)?;
        graph.close_branch(branch);
        Ok(())
    }

    /// Ends [`Stream::bind`]: the stream's tasks are no part of the graph any more.
    ///
    /// # Errors
    /// It is not bound to that graph, or the graph is running.
    pub fn unbind(&self, graph: &Arc<Graph>) -> Result<(), ExecError> {
        let branch = self.branch_of(graph)?;
        if graph.is_running() {
            graph.check_idle()?;
        }
        let old = self.recorder().lock().take();
        self.end_recording(false);
        graph.clear_branch(branch, true);
        drop(old);
        Ok(())
    }

    /// Drops the tasks that the stream gave to its graph, which takes new ones.
    ///
    /// # Errors
    /// The graph is running.
    pub fn clean(&self) -> Result<(), ExecError> {
        if let Some((graph, branch)) = self.bound_to() {
            if graph.is_running() {
                graph.check_idle()?;
            }
            graph.clear_branch(branch, false);
        }
        Ok(())
    }

    // Task groups

    /// Begins a group of tasks that can be updated.
    ///
    /// # Errors
    /// The stream is not being captured, or has begun one.
    pub fn begin_group(&self) -> Result<(), ExecError> {
        let (capture, branch) = self.capture()?;
        let mut state = capture.state.lock();
        if let Some(why) = &state.invalid {
            return Err(capture.invalidated(why));
        }
        if state.groups.iter().any(|(owner, _)| *owner == branch) {
            let what = format!("{self:?}: expected no open task group, got one");
            return Err(CaptureFault::GroupStatus.error(what));
        }
        state.groups.push((branch, Vec::new()));
        Ok(())
    }

    /// Ends the group. Returns the graph and the tasks by number.
    ///
    /// # Errors
    /// The stream is not being captured, or has begun no group.
    pub fn end_group(&self) -> Result<(Arc<Graph>, Vec<u32>), ExecError> {
        let (capture, branch) = self.capture()?;
        let mut state = capture.state.lock();
        if let Some(why) = &state.invalid {
            return Err(capture.invalidated(why));
        }
        let Some(place) = state.groups.iter().position(|(owner, _)| *owner == branch) else {
            let what = format!("{self:?}: expected a task group begun on it, got none");
            return Err(CaptureFault::GroupStatus.error(what));
        };
        let (_, tasks) = state.groups.swap_remove(place);
        Ok((capture.graph.clone(), tasks))
    }

    /// Begins to replace the tasks of a group by those that come now.
    ///
    /// # Errors
    /// The stream is being captured, bound or updates already, or the graph is not complete.
    pub fn begin_update(&self, graph: &Arc<Graph>, tasks: Vec<u32>) -> Result<(), ExecError> {
        self.check_not_captured(false)?;
        if graph.is_recording() {
            let what = format!("{graph:?}: expected a complete one, got one that still takes tasks");
            return Err(CaptureFault::GraphCaptured.error(what));
        }
        let mut recorder = self.recorder().lock();
        if recorder.is_some() {
            let what = format!(
                "{self:?}: expected one that neither updates a group nor is bound, got one that does"
            );
            return Err(CaptureFault::GroupStatus.error(what));
        }
        *recorder = Some(Recorder::Update(Arc::new(Update::new(graph, tasks))));
        self.begin_recording(false);
        Ok(())
    }

    /// Ends [`Stream::begin_update`]: when the stream comes to it, the tasks are replaced.
    ///
    /// # Errors
    /// No update was begun, or its tasks are not those of the group: then nothing is replaced.
    pub fn end_update(&self, name: &'static str) -> Result<(), ExecError> {
        let update = {
            let mut recorder = self.recorder().lock();
            let Some(Recorder::Update(update)) = &*recorder else {
                let what = format!("{self:?}: expected an update begun on it, got none");
                return Err(CaptureFault::GroupStatus.error(what));
            };
            let update = update.clone();
            *recorder = None;
            self.end_recording(false);
            update
        };
        let Updated { graph, mut tasks } = update.finish()?;
        self.submit(name, move |_| {
            graph.replace(std::mem::take(&mut tasks));
            Ok(())
        })
    }
}

pub(super) fn add_to_build(
    graph: &Arc<Graph>,
    branch: u32,
    name: &'static str,
    task: Box<dyn Task>,
    event: Option<&Arc<Event>>,
    after: Option<Place>,
) -> Result<Place, ExecError> {
    if !graph.is_open(branch) {
        let what =
            format!("{name}: expected a stream whose graph takes more tasks, got one whose tasks were ended");
        return Err(CaptureFault::Parameter.error(what));
    }
    if let Some(what) = task.runs_once() {
        let what = format!("{name}: expected a task that a graph can repeat, got {what}");
        return Err(CaptureFault::Forbidden.error(what));
    }
    let kind = task.kind();
    let (place, number) = graph.add(branch, name, task, kind, event.cloned(), after);
    note_last(graph, number);
    Ok(place)
}
