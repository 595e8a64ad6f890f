//! Graphs: tasks kept to run any number of times.
//!
//! A graph has a branch for each stream that gave it tasks. Tasks of a branch run in order; a wait for an event that
//! another branch records depends on that record. Running a graph is one task of the stream it is launched on: it steps
//! through the branches, and where one parks, it goes on with the others. Launches of a graph are ordered, whichever
//! streams they are on.

use super::{
    Event, Step, Stream, Task, TaskContext, condition::Condition, flow::Flow, submitter, task::panicked,
};
use crate::{
    CaptureFault, ExecError, TaskFault,
    trace::{self, Action},
};
use parking_lot::Mutex;
use std::{
    any::Any,
    collections::VecDeque,
    fmt, mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicUsize, Ordering},
    },
};

/// Numbers of graphs, never reused within a process.
static NEXT: AtomicU32 = AtomicU32::new(1);

/// How a graph gets its tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphKind {
    /// By a capture.
    Captured,
    /// From streams that are bound to it.
    Built,
    /// By a capture, for a conditional task of another graph.
    Body,
}

/// What a task of a graph is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskKind {
    /// None of the others.
    Other,
    /// An operator or a kernel.
    Kernel,
    /// Records an event.
    EventRecord,
    /// Waits for an event.
    EventWait,
    /// Resets an event.
    EventReset,
    /// Writes a value.
    ValueWrite,
    /// Waits for a value.
    ValueWait,
}

/// Stages of a graph: it has no tasks yet,
const EMPTY: u8 = 0;
/// they are being added,
const RECORDING: u8 = 1;
/// or it can run.
const READY: u8 = 2;

/// A place in a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub branch: u32,
    pub position: u32,
}

/// A task with what is known of it.
struct Node {
    name: &'static str,
    kind: TaskKind,
    branch: u32,
    /// What must be over before it, besides what precedes it on its branch.
    after: Option<Place>,
    task: Box<dyn Task>,
    /// The event it is about.
    event: Option<Arc<Event>>,
    disabled: bool,
    /// The task group it belongs to, as the group's owner numbers it.
    group: usize,
    /// What the program said about it.
    info: Arc<[u8]>,
    extend: Arc<[u8]>,
    /// A number of the owner's.
    tag: usize,
    /// Changes that [`Graph::update`] makes.
    change: Option<Change>,
}

/// A change of a task that waits for [`Graph::update`].
enum Change {
    Disable,
    Params(Box<dyn Any + Send>),
}

#[derive(Default)]
struct Branch {
    nodes: Vec<u32>,
    /// The stream's number, for print-outs.
    stream: u32,
    /// Whether more may come.
    closed: bool,
    /// Whether the stream was unbound.
    gone: bool,
    /// Whether it runs only when another branch starts it.
    waits: bool,
}

#[derive(Default)]
struct State {
    nodes: Vec<Node>,
    branches: Vec<Branch>,
    conditions: Vec<Arc<Condition>>,
    bodies: Vec<Arc<Graph>>,
    /// While it runs: how many tasks of each branch are over.
    cursors: Vec<u32>,
    /// While it runs: which branches have started.
    active: Vec<bool>,
    started: bool,
}

#[derive(Default)]
struct Launches {
    given: u64,
    /// Launches to come, in order, and who waits for its turn.
    queue: VecDeque<(u64, Option<Arc<Stream>>)>,
}

/// Tasks to run again and again.
pub struct Graph {
    id: u32,
    kind: GraphKind,
    context: u64,
    device: u32,
    /// Of a body: whose conditional task it is for.
    parent: Weak<Graph>,
    /// Not under `state`, which is locked while tasks run.
    stage: AtomicU8,
    state: Mutex<State>,
    launches: Mutex<Launches>,
    aborted: AtomicBool,
    tag: AtomicUsize,
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "graph {}", self.id)
    }
}

/// A task of a graph as print-outs and queries show it.
#[derive(Debug, Clone)]
pub struct TaskView {
    /// The function that gave the task to the graph.
    pub name: &'static str,
    /// What it is.
    pub kind: TaskKind,
    /// Its stream's number.
    pub stream: u32,
    /// Its place in the order in which the tasks came, from 0.
    pub sequence: u32,
    /// The sequence number of what it waits for on another stream.
    pub after: Option<u32>,
    /// Whether it is left out.
    pub disabled: bool,
    /// Its group, 0 for none.
    pub group: usize,
    /// The event it is about.
    pub event: Option<Arc<Event>>,
    /// What the program said about it.
    pub info: Arc<[u8]>,
    /// What it said besides.
    pub extend: Arc<[u8]>,
}

impl Graph {
    pub(crate) fn new(kind: GraphKind, context: u64, device: u32, parent: Weak<Graph>) -> Arc<Graph> {
        let stage = if kind == GraphKind::Body { EMPTY } else { RECORDING };
        Arc::new(Graph {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            kind,
            context,
            device,
            parent,
            stage: AtomicU8::new(stage),
            state: Mutex::default(),
            launches: Mutex::default(),
            aborted: AtomicBool::new(false),
            tag: AtomicUsize::new(0),
        })
    }

    /// A graph for streams that are bound to it.
    pub fn build(context: u64, device: u32) -> Arc<Graph> {
        Graph::new(GraphKind::Built, context, device, Weak::new())
    }

    /// A number that no other graph of the process has.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// How it gets its tasks.
    pub fn kind(&self) -> GraphKind {
        self.kind
    }

    /// The context it was made in.
    pub fn context_id(&self) -> u64 {
        self.context
    }

    /// Its device.
    pub fn device_id(&self) -> u32 {
        self.device
    }

    /// A number for its owner's use.
    pub fn tag(&self) -> usize {
        self.tag.load(Ordering::Acquire)
    }

    /// Sets the owner's number.
    pub fn set_tag(&self, tag: usize) {
        self.tag.store(tag, Ordering::Release);
    }

    // Recording

    /// Adds a branch for a stream. Returns its number.
    pub(crate) fn add_branch(&self, stream: u32) -> u32 {
        let mut state = self.state.lock();
        state.branches.push(Branch { stream, ..Branch::default() });
        state.branches.len() as u32 - 1
    }

    /// Decides whether a branch runs only when another starts it.
    pub(crate) fn set_waits(&self, branch: u32, waits: bool) {
        self.state.lock().branches[branch as usize].waits = waits;
    }

    /// Adds a task. Its place and its number in the graph come back.
    pub(crate) fn add(
        &self,
        branch: u32,
        name: &'static str,
        task: Box<dyn Task>,
        kind: TaskKind,
        event: Option<Arc<Event>>,
        after: Option<Place>,
    ) -> (Place, u32) {
        let mut state = self.state.lock();
        let number = state.nodes.len() as u32;
        let (info, extend) = (Arc::default(), Arc::default());
        let (disabled, group, tag, change) = (false, 0, 0, None);
        state.nodes.push(Node {
            name,
            kind,
            branch,
            after,
            task,
            event,
            disabled,
            group,
            info,
            extend,
            tag,
            change,
        });
        let nodes = &mut state.branches[branch as usize].nodes;
        nodes.push(number);
        (Place { branch, position: nodes.len() as u32 - 1 }, number)
    }

    pub(crate) fn add_condition(&self, condition: Arc<Condition>) {
        self.state.lock().conditions.push(condition);
    }

    pub(crate) fn add_body(&self, body: Arc<Graph>) {
        self.state.lock().bodies.push(body);
    }

    /// Graphs of its conditional tasks.
    pub fn bodies(&self) -> Vec<Arc<Graph>> {
        self.state.lock().bodies.clone()
    }

    /// Whether tasks are being added.
    pub fn is_recording(&self) -> bool {
        self.stage() == RECORDING
    }

    fn stage(&self) -> u8 {
        self.stage.load(Ordering::Acquire)
    }

    fn set_stage(&self, stage: u8) {
        self.stage.store(stage, Ordering::Release);
    }

    pub(crate) fn begin_recording(&self) -> Result<(), ExecError> {
        let begun = self.stage.compare_exchange(EMPTY, RECORDING, Ordering::AcqRel, Ordering::Acquire);
        begun.map(drop).map_err(|stage| {
            let got = if stage == READY { "complete" } else { "being captured" };
            CaptureFault::Parameter.error(format!(
                "{self:?}: expected a conditional task's graph without tasks, got one that is {got}"
            ))
        })
    }

    /// No more tasks: it can run. Without `ok` it loses those it has.
    pub(crate) fn end_recording(&self, ok: bool) {
        let mut state = self.state.lock();
        let mut dropped = Vec::new();
        self.set_stage(if !ok && self.kind == GraphKind::Body { EMPTY } else { READY });
        if !ok {
            dropped = mem::take(&mut state.nodes);
            state.branches.clear();
        }
        drop(state);
        drop(dropped);
    }

    /// The first branch from which no way leads back to branch 0, by its stream's number.
    pub(crate) fn unjoined(&self) -> Option<u32> {
        let state = self.state.lock();
        // How much of each branch the first one waits for.
        let mut needed = vec![0; state.branches.len()];
        let mut open = vec![(0, state.branches.first()?.nodes.len() as u32)];
        while let Some((branch, until)) = open.pop() {
            let from = needed[branch as usize];
            if until <= from {
                continue;
            }
            needed[branch as usize] = until;
            for node in &state.branches[branch as usize].nodes[from as usize..until as usize] {
                if let Some(after) = state.nodes[*node as usize].after
                    && needed[after.branch as usize] <= after.position
                {
                    open.push((after.branch, after.position + 1));
                }
            }
        }
        let left = |(branch, needed): (&Branch, &u32)| {
            (branch.nodes.len() as u32 > *needed).then_some(branch.stream)
        };
        state.branches.iter().zip(&needed).find_map(left)
    }

    // Streams that are bound

    /// Whether a branch takes more tasks.
    pub(crate) fn is_open(&self, branch: u32) -> bool {
        !self.state.lock().branches[branch as usize].closed
    }

    pub(crate) fn close_branch(&self, branch: u32) {
        self.state.lock().branches[branch as usize].closed = true;
    }

    /// The branch's tasks are no part of the graph any more. It takes new ones, unless the stream is `gone`.
    pub(crate) fn clear_branch(&self, branch: u32, gone: bool) {
        let mut state = self.state.lock();
        let state = &mut *state;
        for node in mem::take(&mut state.branches[branch as usize].nodes) {
            let node = &mut state.nodes[node as usize];
            // Others that depend on it find that it is over.
            node.task = Box::new(Nothing);
            node.disabled = true;
        }
        for node in
            state.nodes.iter_mut().filter(|node| node.after.is_some_and(|after| after.branch == branch))
        {
            node.after = None;
        }
        let branch = &mut state.branches[branch as usize];
        (branch.closed, branch.gone) = (gone, gone);
    }

    /// Ends [`Graph::build`]: no more tasks.
    ///
    /// # Errors
    /// It was ended before, or on no stream the end of tasks was marked.
    pub fn finish_build(&self) -> Result<(), ExecError> {
        let mut state = self.state.lock();
        if !self.is_recording() || self.kind != GraphKind::Built {
            let what = format!("{self:?}: expected one that is being built, got one that is not");
            return Err(CaptureFault::Parameter.error(what));
        }
        if !state.branches.iter().any(|branch| branch.closed && !branch.gone) {
            let what = format!(
                "{self:?}: expected the end of tasks marked by aclmdlRIEndTask on a bound stream, got no such mark"
            );
            return Err(CaptureFault::Parameter.error(what));
        }
        state.branches.iter_mut().for_each(|branch| branch.closed = true);
        self.set_stage(READY);
        Ok(())
    }

    // Running

    /// Queues a run on a stream.
    ///
    /// # Errors
    /// It is not complete, is for a conditional task, or the stream takes no more tasks or is itself being captured.
    pub fn launch(self: &Arc<Self>, name: &'static str, stream: &Stream) -> Result<(), ExecError> {
        self.check_ready()?;
        if self.kind == GraphKind::Body {
            let what = format!("{self:?}: expected a graph of its own, got one of a conditional task");
            return Err(CaptureFault::Parameter.error(what));
        }
        if stream.device_id() != self.device {
            let (graph, got) = (self.device, stream.device_id());
            let what = format!(
                "{self:?} of device {graph}: expected a stream of that device, got one of device {got}"
            );
            return Err(CaptureFault::Parameter.error(what));
        }
        if stream.is_recording() {
            let what = format!(
                "{stream:?}: expected one that is not being captured to run a graph, got one that is"
            );
            return Err(CaptureFault::StreamCaptured.error(what));
        }
        let ticket = {
            let mut launches = self.launches.lock();
            launches.given += 1;
            let ticket = launches.given;
            launches.queue.push_back((ticket, None));
            ticket
        };
        self.aborted.store(false, Ordering::Relaxed);
        // Refused, it gives the ticket back as it is dropped.
        stream.submit_task(name, Launch { graph: self.clone(), ticket, over: false }).map(drop)
    }

    fn check_ready(&self) -> Result<(), ExecError> {
        if self.stage() == READY {
            return Ok(());
        }
        let fault =
            if self.kind == GraphKind::Built { CaptureFault::Parameter } else { CaptureFault::GraphCaptured };
        Err(fault.error(format!("{self:?}: expected a complete one, got one that still takes tasks")))
    }

    /// Whether a launch is pending or running.
    pub fn is_running(&self) -> bool {
        !self.launches.lock().queue.is_empty()
    }

    /// Fails while a launch is pending or running, or tasks are added.
    ///
    /// # Errors
    /// 107037 or 107026.
    pub fn check_idle(&self) -> Result<(), ExecError> {
        self.check_ready()?;
        if self.is_running() {
            let what =
                format!("{self:?}: expected one that is not running, got one with a launch that is not over");
            return Err(CaptureFault::GraphRunning.error(what));
        }
        Ok(())
    }

    /// Ends the current run after the tasks that run now, and those launched already.
    pub fn abort(&self) {
        let waiting: Vec<_> = {
            let launches = self.launches.lock();
            if launches.queue.is_empty() {
                return;
            }
            self.aborted.store(true, Ordering::Release);
            launches.queue.iter().filter_map(|(_, stream)| stream.clone()).collect()
        };
        waiting.iter().for_each(|stream| stream.wake());
    }

    /// Whether [`Graph::abort`] ended what was launched last.
    pub fn was_aborted(&self) -> bool {
        self.aborted.load(Ordering::Acquire)
    }

    fn stopped(&self, context: &TaskContext) -> bool {
        self.aborted.load(Ordering::Relaxed) || context.stream.skips()
    }

    /// Goes on with a run as far as possible. True: it is over.
    pub(super) fn advance(&self, context: &TaskContext) -> bool {
        let mut state = self.state.lock();
        let state = &mut *state;
        if !state.started {
            state.started = true;
            state.cursors.clear();
            state.cursors.resize(state.branches.len(), 0);
            state.active.clear();
            state.active.extend(state.branches.iter().map(|branch| !branch.waits));
            state.conditions.iter().for_each(|condition| condition.begin());
        }
        let recorded = trace::on();
        loop {
            let (mut moved, mut left) = (false, false);
            for number in 0..state.branches.len() {
                if !state.active[number] {
                    continue;
                }
                let mut cursor = state.cursors[number];
                while let Some(&sequence) = state.branches[number].nodes.get(cursor as usize) {
                    let node = &mut state.nodes[sequence as usize];
                    let waits = |after: Place| state.cursors[after.branch as usize] <= after.position;
                    if node.after.is_some_and(waits) {
                        break;
                    }
                    let mut flow = None;
                    if !node.disabled {
                        if self.stopped(context) {
                            state.stop();
                            return true;
                        }
                        let progress = match recorded {
                            false => node.step(context),
                            true => node.step_recorded(sequence, context),
                        };
                        match progress {
                            Progress::Over => {}
                            Progress::Waits => break,
                            Progress::Goto(to) => flow = Some(to),
                        }
                    }
                    moved = true;
                    cursor = match flow {
                        None => cursor + 1,
                        Some(flow) => state.follow(flow, number, cursor),
                    };
                }
                state.cursors[number] = cursor;
            }
            // A branch may have started one before it.
            for (number, branch) in state.branches.iter().enumerate() {
                left |= state.active[number] && (state.cursors[number] as usize) < branch.nodes.len();
            }
            if !left {
                state.started = false;
                return true;
            }
            if !moved {
                if self.stopped(context) {
                    state.stop();
                    return true;
                }
                return false;
            }
        }
    }

    /// Forgets a run that does not go on.
    pub(super) fn stop(&self) {
        self.state.lock().stop();
    }

    // Tasks

    /// The number of tasks.
    pub fn len(&self) -> usize {
        self.state.lock().nodes.len()
    }

    /// Whether it has no tasks.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The streams that gave it tasks, by number.
    pub fn branches(&self) -> Vec<u32> {
        self.state.lock().branches.iter().filter(|branch| !branch.gone).map(|branch| branch.stream).collect()
    }

    /// The tasks of a branch, by sequence number.
    pub fn tasks_of(&self, branch: u32) -> Vec<u32> {
        self.state.lock().branches.get(branch as usize).map_or_else(Vec::new, |branch| branch.nodes.clone())
    }

    /// A task by its sequence number.
    pub fn task(&self, sequence: u32) -> Option<TaskView> {
        let state = self.state.lock();
        let node = state.nodes.get(sequence as usize)?;
        let number =
            |place: Place| state.branches[place.branch as usize].nodes.get(place.position as usize).copied();
        Some(TaskView {
            name: node.name,
            kind: node.kind,
            stream: state.branches[node.branch as usize].stream,
            sequence,
            after: node.after.and_then(number),
            disabled: node.disabled,
            group: node.group,
            event: node.event.clone(),
            info: node.info.clone(),
            extend: node.extend.clone(),
        })
    }

    /// What the owner of a task knows of it: a copy of its parameters.
    pub fn params<T: 'static>(&self, sequence: u32) -> Option<T> {
        let state = self.state.lock();
        state.nodes.get(sequence as usize)?.task.params()?.downcast().ok().map(|params| *params)
    }

    /// The owner's number of a task, set by `make` the first time.
    ///
    /// # Errors
    /// What `make` fails with.
    pub fn task_tag<E>(&self, sequence: u32, make: impl FnOnce() -> Result<usize, E>) -> Result<usize, E> {
        let mut state = self.state.lock();
        let Some(node) = state.nodes.get_mut(sequence as usize) else { return Ok(0) };
        if node.tag == 0 {
            node.tag = make()?;
        }
        Ok(node.tag)
    }

    /// Marks tasks as a group.
    pub fn set_group(&self, tasks: &[u32], group: usize) {
        let mut state = self.state.lock();
        for task in tasks {
            if let Some(node) = state.nodes.get_mut(*task as usize) {
                node.group = group;
            }
        }
    }

    /// Keeps what the program says about a task.
    pub fn describe(&self, sequence: u32, info: &[u8], extend: bool) {
        let mut state = self.state.lock();
        if let Some(node) = state.nodes.get_mut(sequence as usize) {
            *(if extend { &mut node.extend } else { &mut node.info }) = info.into();
        }
    }

    /// Leaves a task out from the next [`Graph::update`] on.
    pub fn disable(&self, sequence: u32) {
        if let Some(node) = self.state.lock().nodes.get_mut(sequence as usize) {
            node.change = Some(Change::Disable);
        }
    }

    /// Gives a task other parameters from the next [`Graph::update`] on. False if it is no task that takes these.
    pub fn set_params(&self, sequence: u32, params: Box<dyn Any + Send>) -> bool {
        let mut state = self.state.lock();
        let Some(node) = state.nodes.get_mut(sequence as usize) else { return false };
        if !node.task.accepts(&*params) {
            return false;
        }
        node.change = Some(Change::Params(params));
        true
    }

    /// Makes the changes of [`Graph::disable`] and [`Graph::set_params`].
    ///
    /// # Errors
    /// It is running or not complete.
    pub fn update(&self) -> Result<(), ExecError> {
        self.check_idle()?;
        for node in &mut self.state.lock().nodes {
            match node.change.take() {
                Some(Change::Disable) => node.disabled = true,
                Some(Change::Params(params)) => node.task.set_params(&*params),
                None => {}
            }
        }
        Ok(())
    }

    /// Puts other tasks in the place of some.
    pub(crate) fn replace(&self, tasks: Vec<(u32, &'static str, Box<dyn Task>)>) {
        let mut old = Vec::with_capacity(tasks.len());
        {
            let mut state = self.state.lock();
            for (number, name, task) in tasks {
                if let Some(node) = state.nodes.get_mut(number as usize) {
                    node.name = name;
                    old.push(mem::replace(&mut node.task, task));
                }
            }
        }
        drop(old);
    }

    /// Of a body: the graph whose conditional task it is for.
    pub fn parent(&self) -> Option<Arc<Graph>> {
        self.parent.upgrade()
    }
}

/// How far a node came.
enum Progress {
    Over,
    Waits,
    Goto(Flow),
}

impl State {
    /// Goes on where a task of branch `from` says. Where that branch goes on comes back.
    #[cold]
    fn follow(&mut self, flow: Flow, from: usize, cursor: u32) -> u32 {
        let end = self.branches[from].nodes.len() as u32;
        match flow {
            Flow::Activate(branch) => {
                self.begin(Place { branch, position: 0 });
                cursor + 1
            }
            Flow::Switch(branch) => {
                self.begin(Place { branch, position: 0 });
                if branch as usize == from { 0 } else { end }
            }
            Flow::Jump(place) => {
                self.begin(place);
                if place.branch as usize == from { place.position } else { end }
            }
        }
    }

    /// Starts a branch at a place, as if it had not come there yet.
    fn begin(&mut self, place: Place) {
        let branch = place.branch as usize;
        for node in self.branches[branch].nodes.iter().skip(place.position as usize) {
            self.nodes[*node as usize].task.reset();
        }
        self.active[branch] = true;
        self.cursors[branch] = place.position;
    }

    fn stop(&mut self) {
        if mem::take(&mut self.started) {
            self.nodes.iter_mut().for_each(|node| node.task.reset());
        }
    }
}

impl Node {
    /// Goes on with the task.
    #[inline]
    fn step(&mut self, context: &TaskContext) -> Progress {
        let step = self.raw_step(context);
        self.progress(step, context)
    }

    /// As [`Node::step`], for timelines. Of a task that waits, only the step that ends it is shown: the branches take
    /// turns on one stream.
    #[cold]
    fn step_recorded(&mut self, sequence: u32, context: &TaskContext) -> Progress {
        let began = trace::now();
        let step = self.raw_step(context);
        if began != 0 && !matches!(step, Step::Parked) {
            context.stream.note_node(self.name, began, sequence, context, matches!(step, Step::Fault(_)));
        }
        self.progress(step, context)
    }

    #[inline]
    fn raw_step(&mut self, context: &TaskContext) -> Step {
        let step = catch_unwind(AssertUnwindSafe(|| self.task.step(context)));
        step.unwrap_or_else(|panic| Step::Fault(panicked(&*panic)))
    }

    #[inline]
    fn progress(&self, step: Step, context: &TaskContext) -> Progress {
        match step {
            Step::Done => Progress::Over,
            Step::Parked => Progress::Waits,
            Step::Goto(flow) => Progress::Goto(flow),
            Step::Fault(fault) => self.failed(context, fault),
        }
    }

    #[cold]
    fn failed(&self, context: &TaskContext, fault: TaskFault) -> Progress {
        context.stream.failed(self.name, submitter::thread_id(), fault);
        Progress::Over
    }
}

/// What is left of a task that was taken out.
pub(super) struct Nothing;

impl Task for Nothing {
    fn step(&mut self, _: &TaskContext) -> Step {
        Step::Done
    }
}

/// A run of a graph, as a task of a stream.
struct Launch {
    graph: Arc<Graph>,
    ticket: u64,
    over: bool,
}

impl Launch {
    /// Whether its turn has come. If not, the stream is woken when it has.
    fn has_turn(&self, context: &TaskContext) -> bool {
        let mut launches = self.graph.launches.lock();
        let first = launches.queue.front().is_some_and(|(ticket, _)| *ticket == self.ticket);
        // Also of the one that runs: an abort wakes it.
        if let Some(mine) = launches.queue.iter_mut().find(|(ticket, _)| *ticket == self.ticket)
            && mine.1.is_none()
        {
            mine.1 = context.stream.arc();
        }
        first
    }

    fn leave(&mut self) {
        if mem::replace(&mut self.over, true) {
            return;
        }
        let (mine, next) = {
            let mut launches = self.graph.launches.lock();
            let place = launches.queue.iter().position(|(ticket, _)| *ticket == self.ticket);
            let mine = place.and_then(|place| launches.queue.remove(place));
            (mine, launches.queue.front().and_then(|(_, stream)| stream.clone()))
        };
        if let Some(next) = next {
            next.wake();
        }
        // Its last reference to a stream may be this one.
        drop(mine);
    }
}

impl Task for Launch {
    fn step(&mut self, context: &TaskContext) -> Step {
        if !self.has_turn(context) || !self.graph.advance(context) {
            return Step::Parked;
        }
        context.does(Action::Graph { id: self.graph.id });
        self.leave();
        Step::Done
    }

    fn kind(&self) -> TaskKind {
        TaskKind::Other
    }
}

impl Drop for Launch {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let first =
            self.graph.launches.lock().queue.front().is_some_and(|(ticket, _)| *ticket == self.ticket);
        if first {
            self.graph.stop();
        }
        self.leave();
    }
}
