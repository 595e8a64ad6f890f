//! Streams, their tasks, and the workers that run them.
//!
//! A stream is a [`queue`] of tasks and a [`phase`]: idle, queued, running or parked. Whoever moves it from queued to
//! running executes its tasks: a worker of the pool, or a thread that synchronises. A task that waits parks its
//! stream and gives the worker back.

pub mod cancel;
pub mod phase;
pub mod queue;
pub mod waitable;

#[cfg(not(loom))]
mod abort;
#[cfg(not(loom))]
mod capture;
#[cfg(not(loom))]
mod captured_event;
#[cfg(not(loom))]
mod condition;
#[cfg(not(loom))]
mod count;
#[cfg(not(loom))]
mod event;
#[cfg(not(loom))]
mod exception;
#[cfg(not(loom))]
mod flow;
#[cfg(not(loom))]
mod graph;
#[cfg(not(loom))]
mod group;
#[cfg(not(loom))]
mod host;
#[cfg(not(loom))]
mod meeting;
#[cfg(not(loom))]
mod notify;
#[cfg(not(loom))]
mod overflow;
#[cfg(not(loom))]
mod parallel;
#[cfg(not(loom))]
mod pool;
#[cfg(not(loom))]
mod ready;
#[cfg(not(loom))]
mod report;
#[cfg(not(loom))]
mod settings;
#[cfg(not(loom))]
mod stream;
#[cfg(not(loom))]
mod submitter;
#[cfg(not(loom))]
mod task;
#[cfg(not(loom))]
mod threads;
#[cfg(not(loom))]
mod timer;
#[cfg(not(loom))]
mod value;
#[cfg(not(loom))]
mod wait;
#[cfg(not(loom))]
mod watch;

#[cfg(not(loom))]
pub(crate) use threads::at_exit;
#[cfg(not(loom))]
pub use threads::spawn;
#[cfg(not(loom))]
pub use {
    capture::{
        CaptureInfo, CaptureMode, captures_restrict, check_may_wait, exchange_thread_mode, last_captured,
    },
    condition::{Condition, ConditionKind},
    count::{CountChange, CountNotify, CountTest, CountWait},
    event::{Event, EventKind, EventOptions, monotonic_nanoseconds},
    exception::{Exception, ExceptionObserver, KernelCall, blame},
    flow::{Comparison, JumpTarget},
    graph::{Graph, GraphKind, TaskKind, TaskView},
    host::runs_for_a_stream,
    meeting::Meeting,
    notify::Notify,
    parallel::side_by_side,
    report::ReportKind,
    settings::{CoreKind, CoreLimits, OverflowMode, Settings, set_wait_limit, wait_limit},
    stream::{FailureMode, SMALL, Stream, StreamOptions},
    submitter::last_task,
    task::{TaskContext, Work},
    value::{ValueTest, ValueWait, ValueWrite},
};
#[cfg(not(loom))]
pub(crate) use {
    pool::Pool,
    stream::StreamHome,
    task::{Closure, Step, Task},
};
