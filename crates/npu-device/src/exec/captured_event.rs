//! Events in captures: how a stream comes to take part, and how the tasks of a graph are ordered.

use super::{
    Event, Graph, Step, Stream, Task, TaskContext,
    capture::{Capture, Kept, Recorder, add_to_build},
    event::{RecordNow, ResetNow, WaitSet},
    graph::{Nothing, Place, TaskKind},
};
use crate::{CaptureFault, ExecError};
use std::sync::{Arc, Weak};

/// Where an event was recorded, if in a graph.
#[derive(Clone)]
pub(super) struct Point {
    recording: Recording,
    place: Place,
}

#[derive(Clone)]
enum Recording {
    Capture(Weak<Capture>),
    Build(Weak<Graph>),
}

impl Point {
    fn capture(&self) -> Option<Arc<Capture>> {
        match &self.recording {
            Recording::Capture(capture) => capture.upgrade().filter(|capture| !capture.has_ended()),
            Recording::Build(_) => None,
        }
    }

    fn graph(&self) -> Option<Arc<Graph>> {
        match &self.recording {
            Recording::Build(graph) => graph.upgrade(),
            Recording::Capture(_) => None,
        }
    }

    /// Whether the event has no record but in a capture.
    pub fn is_captured(&self) -> bool {
        matches!(self.recording, Recording::Capture(_))
    }
}

/// A record, wait or reset that only orders the tasks of a graph.
struct Mark(TaskKind);

impl Task for Mark {
    fn step(&mut self, context: &TaskContext) -> Step {
        Nothing.step(context)
    }

    fn kind(&self) -> TaskKind {
        self.0
    }
}

/// Event calls on the default stream would make it take part.
fn check_default(stream: &Stream) -> Result<(), ExecError> {
    if stream.is_default() && stream.context_captures() {
        let what = "expected a stream made by the program while a stream of the context is being captured, got the \
                    default stream";
        return Err(CaptureFault::Implicit.error(what));
    }
    Ok(())
}

fn refuse_update(name: &'static str) -> ExecError {
    CaptureFault::TaskType
        .error(format!("{name}: expected an operator or a kernel in an update, got an event's task"))
}

/// Records an event in what keeps the stream's tasks. False: nothing does.
pub(super) fn record(
    event: &Arc<Event>,
    name: &'static str,
    stream: &Stream,
    external: bool,
) -> Result<bool, ExecError> {
    check_default(stream)?;
    let recorder = stream.recorder().lock().clone();
    let external = external || event.is_external();
    let point = match recorder {
        None => return Ok(false),
        Some(Recorder::Capture { capture, branch }) => {
            let task: Box<dyn Task> = if external {
                Box::new(RecordNow(event.clone()))
            } else {
                Box::new(Mark(TaskKind::EventRecord))
            };
            match capture.add(branch, name, task, Some(event), None)? {
                Kept::Ended(_) => return Ok(false),
                Kept::At(place) => Point { recording: Recording::Capture(Arc::downgrade(&capture)), place },
            }
        }
        Some(Recorder::Build { graph, branch }) => {
            let task = Box::new(RecordNow(event.clone()));
            let place = add_to_build(&graph, branch, name, task, Some(event), None)?;
            Point { recording: Recording::Build(Arc::downgrade(&graph)), place }
        }
        Some(Recorder::Update(_)) => return Err(refuse_update(name)),
    };
    if !external {
        event.set_point(Some(point));
    }
    Ok(true)
}

/// Waits for an event in what keeps the stream's tasks, or makes the stream take part in the capture that recorded the
/// event. False: an ordinary wait.
pub(super) fn wait(
    event: &Arc<Event>,
    name: &'static str,
    stream: &Stream,
    external: bool,
) -> Result<bool, ExecError> {
    check_default(stream)?;
    let point = event.point();
    let external = external || event.is_external();
    let live = point.as_ref().and_then(Point::capture);
    let set = || Box::new(WaitSet::new(event.clone()));
    let recorder = stream.recorder().lock().clone();
    match (recorder, live) {
        (Some(Recorder::Update(_)), _) => Err(refuse_update(name)),
        (Some(Recorder::Capture { capture, branch }), _) if external => {
            Ok(matches!(capture.add(branch, name, set(), Some(event), None)?, Kept::At(..)))
        }
        (Some(Recorder::Capture { capture, branch }), Some(source)) => {
            if !Arc::ptr_eq(&capture, &source) {
                return Err(conflict(&[&capture, &source], stream));
            }
            let after = point.map(|point| point.place);
            let kept = capture.add(branch, name, Box::new(Mark(TaskKind::EventWait)), Some(event), after)?;
            Ok(matches!(kept, Kept::At(..)))
        }
        (Some(Recorder::Capture { capture, .. }), None) => {
            let why =
                format!("stream {} was to wait for an event that the capture did not record", stream.id());
            capture.invalidate(&why);
            let what =
                format!("{stream:?}: expected an event recorded in the {capture:?}, got one that was not");
            Err(CaptureFault::Dependency.error(what))
        }
        (Some(Recorder::Build { .. }), Some(source)) => Err(conflict(&[&source], stream)),
        (Some(Recorder::Build { graph, branch }), None) => {
            let inner = point.filter(|point| point.graph().is_some_and(|other| Arc::ptr_eq(&other, &graph)));
            let task: Box<dyn Task> =
                if inner.is_some() { Box::new(Mark(TaskKind::EventWait)) } else { set() };
            let after = inner.map(|point| point.place);
            add_to_build(&graph, branch, name, task, Some(event), after).map(|_| true)
        }
        (None, Some(source)) => {
            if stream.is_default() {
                let what =
                    "expected a stream made by the program to take part in a capture, got the default stream";
                return Err(CaptureFault::Implicit.error(what));
            }
            if stream.device_id() != source.graph.device_id() {
                return Err(conflict(&[&source], stream));
            }
            let branch = source.attach(stream)?;
            let after = point.map(|point| point.place);
            source.add(branch, name, Box::new(Mark(TaskKind::EventWait)), Some(event), after).map(|_| true)
        }
        (None, None) => {
            event.check_not_captured()?;
            Ok(false)
        }
    }
}

#[cold]
fn conflict(captures: &[&Arc<Capture>], stream: &Stream) -> ExecError {
    for capture in captures {
        capture.invalidate("it was to become one with another");
    }
    let what = format!(
        "{stream:?}: expected an event of what the stream takes part in, got one of the {:?}",
        captures[captures.len() - 1]
    );
    CaptureFault::Conflict.error(what)
}

/// Resets an event in what keeps the stream's tasks. False: nothing does.
pub(super) fn reset(event: &Arc<Event>, name: &'static str, stream: &Stream) -> Result<bool, ExecError> {
    check_default(stream)?;
    let recorder = stream.recorder().lock().clone();
    match recorder {
        None => Ok(false),
        Some(Recorder::Update(_)) => Err(refuse_update(name)),
        Some(Recorder::Build { graph, branch }) => {
            let task = Box::new(ResetNow(event.clone()));
            add_to_build(&graph, branch, name, task, Some(event), None).map(|_| true)
        }
        Some(Recorder::Capture { capture, branch }) => {
            let external = event.is_external();
            let task: Box<dyn Task> = if external {
                Box::new(ResetNow(event.clone()))
            } else {
                Box::new(Mark(TaskKind::EventReset))
            };
            let kept = capture.add(branch, name, task, Some(event), None)?;
            if matches!(kept, Kept::At(..)) && !external {
                event.set_point(None);
            }
            Ok(matches!(kept, Kept::At(..)))
        }
    }
}

/// Waiting for or querying an event that was recorded in a capture: there is nothing to wait for.
#[cold]
pub(super) fn refuse(point: &Point) -> ExecError {
    if let Some(capture) = point.capture() {
        capture.invalidate("an event recorded in it was waited for or queried");
    }
    CaptureFault::EventCaptured
        .error("expected an event recorded outside of captures, got one recorded in a capture")
}
