//! What can go wrong with queued work.

use crate::{config::ConfigError, ipc::IpcError};
use std::time::Duration;

/// Everything that device, context, stream and event calls can fail with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExecError {
    /// The configuration was refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The calling thread has no current context.
    #[error(
        "the calling thread has no current context: expected aclrtSetDevice, aclrtCreateContext or \
         aclrtSetCurrentContext on this thread before, got none"
    )]
    NoContext,
    /// A context that was destroyed, or that may not be.
    #[error("{what}")]
    BadContext {
        /// Which, and why.
        what: String,
    },
    /// A device that the configuration does not have.
    #[error("argument {argument}: expected a device id in 0..{count}, got {got}")]
    DeviceId {
        /// The C parameter's name.
        argument: &'static str,
        /// Devices configured.
        count: u32,
        /// The value.
        got: i32,
    },
    /// A device that is not in use by this process.
    #[error(
        "device {device} is not set: expected as many aclrtSetDevice calls as resets, got one reset more"
    )]
    DeviceNotSet {
        /// The device.
        device: u32,
    },
    /// A stream of another context.
    #[error(
        "argument {argument}: expected a stream of the current context {current} (device {device}), got stream \
         {stream} of context {owner} (device {owner_device})"
    )]
    StreamContext {
        /// The C parameter's name.
        argument: &'static str,
        /// The current context.
        current: u64,
        /// Its device.
        device: u32,
        /// The stream.
        stream: u32,
        /// The context it belongs to.
        owner: u64,
        /// Its device.
        owner_device: u32,
    },
    /// An event and a stream on different devices.
    #[error("event of device {event} recorded on a stream of device {stream}: expected the same device")]
    EventDevice {
        /// The event's device.
        event: u32,
        /// The stream's device.
        stream: u32,
    },
    /// Too many streams.
    #[error("device {device}: expected at most {limit} streams alive, got one more")]
    StreamLimit {
        /// The device.
        device: u32,
        /// The limit.
        limit: u32,
    },
    /// Too many events.
    #[error("device {device}: expected at most {limit} events alive, got one more")]
    EventLimit {
        /// The device.
        device: u32,
        /// The limit.
        limit: u32,
    },
    /// Too many notifies.
    #[error("device {device}: expected at most {limit} {kind} alive, got one more")]
    NotifyLimit {
        /// The device.
        device: u32,
        /// Which of the two kinds.
        kind: &'static str,
        /// The limit.
        limit: u32,
    },
    /// What processes share.
    #[error(transparent)]
    Ipc(#[from] IpcError),
    /// The event cannot complete any more.
    #[error("{what}")]
    EventLost {
        /// Why.
        what: String,
    },
    /// The stream was destroyed while the call waited or submitted.
    #[error("stream {stream} was destroyed")]
    StreamClosed {
        /// The stream.
        stream: u32,
    },
    /// The stream stopped at a failure and takes no more work.
    #[error("stream {stream} takes no more tasks: its failure mode is stop and a task failed: {fault}")]
    StreamStopped {
        /// The stream.
        stream: u32,
        /// The first failure.
        fault: StreamFault,
    },
    /// A task of the stream failed earlier.
    #[error("stream {stream}: {fault}")]
    Task {
        /// The stream.
        stream: u32,
        /// The first failure since the last report.
        fault: StreamFault,
    },
    /// Waiting for a stream took too long.
    #[error("stream {stream}: {pending} of its tasks were still pending after {waited:?}")]
    StreamTimeout {
        /// The stream.
        stream: u32,
        /// Tasks not completed.
        pending: u64,
        /// The time limit.
        waited: Duration,
    },
    /// The tasks of the stream were dropped while the call waited or submitted.
    #[error("stream {stream} was aborted: its tasks were dropped")]
    StreamAborted {
        /// The stream.
        stream: u32,
    },
    /// The tasks of the device were dropped while the call waited or submitted.
    #[error("the tasks of device {device} were aborted")]
    DeviceAborted {
        /// The device.
        device: u32,
    },
    /// Tasks that were aborted did not end in time.
    #[error("the tasks that run had not ended after {waited:?}; those after them are dropped")]
    AbortTimeout {
        /// The time limit.
        waited: Duration,
    },
    /// Waiting for an event took too long.
    #[error("the event had not completed after {waited:?}")]
    EventTimeout {
        /// The time limit.
        waited: Duration,
    },
    /// The event's flags do not allow the call.
    #[error("{what}")]
    EventUse {
        /// What was expected of the event.
        what: &'static str,
    },
    /// The event has no time stamp (yet).
    #[error("argument {argument}: expected {expected}, got {got}")]
    EventTimestamp {
        /// The C parameter's name.
        argument: &'static str,
        /// What was expected.
        expected: &'static str,
        /// What it is.
        got: &'static str,
    },
    /// The end event completed before the start event.
    #[error("expected the end event to complete after the start event, got the opposite order")]
    EventOrder,
    /// The stream has no thread that processes its reports.
    #[error("stream {stream}: expected a thread subscribed by {subscribes}, got none")]
    NotSubscribed {
        /// The stream.
        stream: u32,
        /// The function that subscribes one.
        subscribes: &'static str,
    },
    /// A subscription that contradicts an existing one.
    #[error("{what}")]
    Subscription {
        /// What is wrong.
        what: String,
    },
    /// A thread that does not process the reports in question.
    #[error("{what}")]
    ReportThread {
        /// What is wrong.
        what: String,
    },
    /// A function that a stream waits for waits for that stream.
    #[error(
        "a callback of stream {stream} waits for its own stream: expected no such call in it, got a deadlock"
    )]
    WaitInCallback {
        /// The stream.
        stream: u32,
    },
    /// A capture, or a graph, and a call that do not go together.
    #[error("{what}")]
    Capture {
        /// What kind of contradiction.
        fault: CaptureFault,
        /// What was expected and what came.
        what: String,
    },
    /// No report came in time.
    #[error("no callback was ready within {waited:?}")]
    ReportTimeout {
        /// The time limit.
        waited: Duration,
    },
}

/// What is wrong with a call during a capture, or about a graph. Each has a code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CaptureFault {
    /// An argument that does not fit.
    Parameter,
    /// A wait for something outside the capture.
    Dependency,
    /// A stream that took part did not come back to where the capture began.
    Unjoined,
    /// The graph is still being captured.
    GraphCaptured,
    /// The stream is being captured.
    StreamCaptured,
    /// The event was recorded in a capture.
    EventCaptured,
    /// The stream is not being captured.
    NotCaptured,
    /// A synchronous call that the mode of a capture forbids.
    Forbidden,
    /// The default stream would take part.
    Implicit,
    /// Two captures would become one.
    Conflict,
    /// Task groups or updates begin and end in another order.
    GroupStatus,
    /// The tasks of an update are not those of the group.
    GroupMismatch,
    /// The capture began on another stream.
    Unmatched,
    /// The graph is running.
    GraphRunning,
    /// The capture began on another thread.
    WrongThread,
    /// The array has not enough room.
    ArrayTooSmall,
    /// An asynchronous copy that would wait.
    ForbiddenCopy,
    /// A graph of a conditional task is still being captured.
    BodyCaptured,
    /// The capture became invalid.
    Invalidated,
    /// A task that task groups do not take.
    TaskType,
    /// The graph was aborted.
    Aborted,
    /// A stream that is bound to no graph, or not to that one.
    Unbound,
}

impl CaptureFault {
    pub(crate) fn error(self, what: impl Into<String>) -> ExecError {
        ExecError::Capture { fault: self, what: what.into() }
    }
}

/// What failed in a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// A kernel on a cube or mixed core met illegal data.
    AiCore,
    /// A kernel took longer than its launch allows.
    AiCoreTimeout,
    /// A kernel on a vector core met illegal data.
    Vector,
    /// A kernel on an AI CPU met illegal data.
    AiCpu,
    /// A copy or fill met memory that it may not touch.
    Memory,
    /// A wait whose time was up, or for what can no longer come.
    Wait,
    /// A bug in the simulator: the task panicked.
    Internal,
}

/// How a task ends when it fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct TaskFault {
    /// What kind of failure.
    pub kind: FaultKind,
    /// What happened, with operands.
    pub what: String,
}

impl TaskFault {
    /// A failure of a vector kernel.
    pub fn vector(what: impl Into<String>) -> Self {
        TaskFault { kind: FaultKind::Vector, what: what.into() }
    }

    /// A failure of a cube kernel.
    pub fn ai_core(what: impl Into<String>) -> Self {
        TaskFault { kind: FaultKind::AiCore, what: what.into() }
    }
}

/// A failure that waits on its stream to be reported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("task {task} of {call} failed: {fault}")]
pub struct StreamFault {
    /// The function that submitted the task.
    pub call: &'static str,
    /// The task's number on its stream, from 1.
    pub task: u64,
    /// What happened.
    pub fault: TaskFault,
}
