//! Functions of the program in a stream. They run on threads of their own: a waiting thread may hold locks that they
//! take, and a worker would be lost while they wait.

use super::{
    Step, Stream, Task, TaskContext,
    task::{Answer, panicked},
    threads,
};
use crate::{ExecError, FaultKind, TaskFault};
use parking_lot::{Condvar, Mutex};
use std::{
    cell::Cell,
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
};

/// Threads for functions that wait for one another. Further functions wait for a free thread.
const MAX_THREADS: usize = 64;

thread_local! {
    /// The stream that waits for the function running on this thread.
    static SERVING: Cell<*const Stream> = const { Cell::new(std::ptr::null()) };
}

/// Runs `body` for `stream`, which waits for it.
pub(super) fn serve(stream: &Stream, body: impl FnOnce()) {
    let before = SERVING.replace(stream);
    body();
    SERVING.set(before);
}

/// Whether the calling thread runs a function of the program that some stream waits for.
pub fn runs_for_a_stream() -> bool {
    !SERVING.get().is_null()
}

/// Whether the calling thread runs a function that `stream` waits for.
pub(super) fn serves(stream: &Stream) -> bool {
    std::ptr::eq(SERVING.get(), stream)
}

struct Job {
    name: &'static str,
    answer: Arc<Answer>,
    body: Box<dyn FnOnce() + Send>,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
}

/// The threads that run host functions.
#[derive(Default)]
pub(crate) struct Hosts {
    state: Mutex<State>,
    work: Condvar,
}

impl Hosts {
    fn submit(&'static self, job: Job) -> Result<(), TaskFault> {
        let mut state = self.state.lock();
        state.jobs.push_back(job);
        if state.jobs.len() > state.idle && state.threads < MAX_THREADS {
            let spawned = thread::Builder::new().name("aclsim-host".into()).spawn(|| self.work());
            if spawned.is_ok() {
                state.threads += 1;
            } else if state.threads == 0 {
                state.jobs.pop_back();
                let what = "the system refuses to start a thread for host functions".to_owned();
                return Err(TaskFault { kind: FaultKind::Internal, what });
            }
        }
        self.work.notify_one();
        Ok(())
    }

    fn work(&self) {
        threads::block_signals();
        let mut state = self.state.lock();
        loop {
            let Some(job) = state.jobs.pop_front() else {
                state.idle += 1;
                self.work.wait(&mut state);
                state.idle -= 1;
                continue;
            };
            drop(state);
            // A function of a C program cannot unwind; one of a Rust test must not leave its stream waiting.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| serve(job.answer.stream(), job.body))) {
                job.answer.stream().failed(job.name, 0, panicked(&*panic));
            }
            job.answer.give();
            drop(job.answer);
            state = self.state.lock();
        }
    }
}

/// A host function in a stream.
struct HostCall<F> {
    name: &'static str,
    body: F,
    /// What it waits for, once it was handed over.
    asked: Option<Arc<Answer>>,
}

impl<F: FnOnce() + Clone + Send + 'static> Task for HostCall<F> {
    fn step(&mut self, context: &TaskContext) -> Step {
        if let Some(answer) = &self.asked {
            if !answer.is_given() {
                return Step::Parked;
            }
            self.asked = None;
            return Step::Done;
        }
        let Some(answer) = Answer::awaited(context) else { return Step::Done };
        let job = Job { name: self.name, answer: answer.clone(), body: Box::new(self.body.clone()) };
        match context.pool.hosts.submit(job) {
            Ok(()) => {
                self.asked = Some(answer);
                Step::Parked
            }
            Err(fault) => Step::Fault(fault),
        }
    }

    fn reset(&mut self) {
        self.asked = None;
    }
}

impl Stream {
    /// Queues a function of the program. It runs on the thread that processes the stream's host functions, or without one
    /// on a thread of its own; the stream waits for it.
    ///
    /// # Errors
    /// The stream takes no more tasks.
    pub fn host_call(
        &self,
        name: &'static str,
        body: impl FnOnce() + Clone + Send + 'static,
    ) -> Result<(), ExecError> {
        if let Some(inbox) = self.host_inbox() {
            return self.report_to(inbox, name, true, body);
        }
        self.submit_task(name, HostCall { name, body, asked: None }).map(drop)
    }
}
