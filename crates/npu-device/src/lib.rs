//! The simulated device: memory, contexts, streams, events and tasks.
//!
//! A [`Runtime`] owns the devices and one pool of workers. A [`Stream`] is a queue of opaque tasks, never a thread;
//! the device knows neither operators nor C.

#[cfg(not(loom))]
pub mod config;
#[cfg(not(loom))]
mod context;
#[cfg(not(loom))]
mod device;
#[cfg(not(loom))]
mod error;
pub mod exec;
pub mod fifo;
#[cfg(not(loom))]
mod ids;
#[cfg(not(loom))]
pub mod ipc;
pub mod memory;
#[cfg(not(loom))]
mod order;
#[cfg(not(loom))]
pub mod pools;
#[cfg(not(loom))]
mod runtime;
pub mod trace;

#[cfg(not(loom))]
pub use {
    config::{Config, ConfigError},
    context::{Context, Options},
    device::{Device, MAX_EVENTS, MAX_STREAMS},
    error::{CaptureFault, ExecError, FaultKind, StreamFault, TaskFault},
    exec::{
        CaptureInfo, CaptureMode, Comparison, Condition, ConditionKind, CoreKind, CoreLimits, CountChange,
        CountNotify, CountTest, CountWait, Event, EventKind, EventOptions, Exception, ExceptionObserver,
        FailureMode, Graph, GraphKind, JumpTarget, KernelCall, Meeting, Notify, OverflowMode, ReportKind,
        Settings, Stream, StreamOptions, TaskContext, TaskKind, TaskView, ValueTest, ValueWait, ValueWrite,
        Work, blame, captures_restrict, check_may_wait, exchange_thread_mode, last_captured, last_task,
        monotonic_nanoseconds, set_wait_limit, side_by_side, spawn, wait_limit,
    },
    runtime::Runtime,
};
