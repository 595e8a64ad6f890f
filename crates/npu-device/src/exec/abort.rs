//! Ending the tasks of a stream that lives on.

use super::{
    Stream,
    stream::{ABORTING, CANCEL},
};
use crate::ExecError;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

impl Stream {
    /// Drops the tasks queued so far. One that waits ends; one that computes, or a function of the program, ends on its
    /// own, and for the former this waits. Threads that wait for the stream are told, and failures that nobody has asked
    /// for are forgotten. Tasks that come meanwhile are refused.
    ///
    /// # Errors
    /// The time was up.
    pub fn abort(&self, timeout: Option<Duration>) -> Result<(), ExecError> {
        let target = self.begin_abort(false);
        self.end_abort(target, timeout)
    }

    /// Starts an abort. Returns the number of the last task that it drops.
    pub(crate) fn begin_abort(&self, device: bool) -> u64 {
        self.set(ABORTING);
        let target = self.submitted();
        self.cancel().drop_to(target, || {
            self.set(CANCEL);
        });
        self.cancel().abort(device);
        self.wake_to_cancel();
        self.signal();
        target
    }

    /// Waits for the tasks that an abort drops, and ends it.
    pub(crate) fn end_abort(&self, target: u64, timeout: Option<Duration>) -> Result<(), ExecError> {
        let over = self.wait_over(target, timeout, None);
        self.forget_fault();
        self.clear(ABORTING);
        over
    }

    /// Ends the task that is being executed, if it waits; one that computes ends on its own. The tasks after it stay.
    pub fn stop_task(&self) {
        let completed = self.completed();
        if completed < self.submitted() {
            self.cancel().drop_to(completed + 1, || {
                self.set(CANCEL);
            });
            self.wake_to_cancel();
        }
    }

    /// Whether the next task is dropped.
    #[cold]
    pub(super) fn canceled(&self) -> bool {
        self.cancel().drops(self.completed(), || self.clear(CANCEL))
    }

    pub(super) fn aborted(&self) -> ExecError {
        if self.cancel().of_device() {
            ExecError::DeviceAborted { device: self.device_id() }
        } else {
            ExecError::StreamAborted { stream: self.id() }
        }
    }

    /// Fails if there was an abort since `aborts` was read.
    pub(super) fn unless_aborted(&self, aborts: Option<u64>) -> Result<(), ExecError> {
        if aborts.is_some_and(|aborts| aborts != self.cancel().aborts()) {
            return Err(self.aborted());
        }
        Ok(())
    }
}

impl crate::Device {
    /// Aborts all streams, see [`Stream::abort`]. A context that a failure has stopped goes on.
    ///
    /// # Errors
    /// The time was up before all streams had ended their tasks; their later tasks are dropped nevertheless.
    pub fn abort(&self, timeout: Option<Duration>) -> Result<(), ExecError> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let streams: Vec<Arc<Stream>> = self.streams_now();
        let targets: Vec<_> = streams.iter().map(|stream| stream.begin_abort(true)).collect();
        let mut result = Ok(());
        for (stream, target) in streams.iter().zip(targets) {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let over = stream.end_abort(target, left);
            result = result.and(over);
        }
        streams.iter().for_each(|stream| stream.resume());
        result.map_err(|_| ExecError::AbortTimeout { waited: timeout.unwrap_or_default() })
    }
}
