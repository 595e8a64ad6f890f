//! A stream: tasks in order.

use super::{
    cancel::Cancel,
    capture::Recorder,
    event::monotonic_nanoseconds,
    exception::{self, Exception},
    host,
    phase::Phase,
    pool::{Pool, SPINS},
    queue::Queue,
    ready::PRIORITIES,
    report::{Inbox, ReportKind},
    settings::{OverflowMode, Settings},
    submitter,
    task::{Closure, Erased, Slot, Step, Task, TaskContext, Work, Working, panicked},
};
use crate::{
    ExecError, StreamFault, TaskFault, memory, pools,
    trace::{self, Over, StreamTag},
};
use npu_types::sync::Padded;
use parking_lot::{Condvar, Mutex};
use std::{
    hint,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// What a stream does when one of its tasks fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailureMode {
    /// Goes on with the next task.
    #[default]
    Continue,
    /// Drops the tasks that follow and refuses new ones, on all streams of the context.
    Stop,
}

/// How a stream is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StreamOptions {
    /// Lower numbers are served first.
    pub priority: u32,
    /// CANN's flags.
    pub flags: u32,
    /// What overflows give.
    pub overflow_mode: OverflowMode,
}

/// What the streams of a context share.
#[derive(Debug, Default)]
pub(crate) struct StreamHome {
    /// The context's number.
    pub context: u64,
    /// The device.
    pub device: u32,
    /// Whether a failure of one stream stops all.
    pub stop: AtomicBool,
    /// The failure that stopped them.
    pub stopped: Mutex<Option<StreamFault>>,
    /// How many of its streams are being captured.
    pub captured: AtomicU32,
    /// The streams, to be told of that failure. Locked before `stopped`.
    pub streams: Mutex<Vec<Weak<Stream>>>,
}

impl StreamHome {
    fn add(&self, stream: &Arc<Stream>) {
        let mut streams = self.streams.lock();
        if streams.len() == streams.capacity() {
            streams.retain(|stream| stream.strong_count() > 0);
        }
        streams.push(Arc::downgrade(stream));
        if self.stopped.lock().is_some() {
            stream.set(STOPPED);
        }
    }

    /// Stops all streams of the context.
    fn stop_all(&self, fault: &StreamFault) {
        let streams = self.streams.lock();
        self.stopped.lock().get_or_insert_with(|| fault.clone());
        let told: Vec<_> = streams.iter().filter_map(Weak::upgrade).collect();
        for stream in &told {
            stream.set(STOPPED);
        }
        drop(streams);
        // The last reference to a stream may be one of these, and its tasks end with it.
        drop(told);
    }

    /// Lets the streams of the context go on after a failure that stopped them.
    fn resume(&self) {
        let streams = self.streams.lock();
        *self.stopped.lock() = None;
        let told: Vec<_> = streams.iter().filter_map(Weak::upgrade).collect();
        for stream in &told {
            stream.clear(STOPPED);
        }
        drop(streams);
        drop(told);
    }
}

/// Work on at most so many bytes takes less time than handing it to another thread: [`Stream::submit_small`].
pub const SMALL: u64 = 4096;
/// Up to so many tasks between two waits, a stream is not busy.
const FEW: u64 = 4;
/// How often a worker that has caught up looks for more.
const LOOKS: u32 = 16;
/// How long it waits in between, in spin-loop hints: time for a few submissions.
const PAUSES: u32 = 16;

/// The bits of a stream's mode. Without any, it queues what it is given.
const OPEN: u32 = 0;
/// It was destroyed: it takes no more tasks.
const CLOSED: u32 = 1;
/// It drops the tasks it has.
const DEAD: u32 = 2;
/// Its tasks are kept for a graph.
const RECORDING: u32 = 32;
/// A failure has stopped the streams of its context: it drops tasks and takes no more.
const STOPPED: u32 = 4;
/// Some of its tasks are to be dropped: `cancel` says which.
pub(super) const CANCEL: u32 = 8;
/// It is being aborted: it takes no more tasks for the moment.
pub(super) const ABORTING: u32 = 16;

/// A queue of tasks that run one after the other. Streams live in an [`Arc`]; ready and waiting ones are kept alive
/// by the device.
pub struct Stream {
    id: u32,
    tag: StreamTag,
    default: bool,
    options: StreamOptions,
    settings: Settings,
    home: Arc<StreamHome>,
    pool: &'static Pool,
    this: Weak<Stream>,
    queue: Queue<Slot>,
    phase: Padded<Phase>,
    /// Whether the pool's ready list has an entry for this stream.
    listed: AtomicBool,
    /// Tasks that are over.
    completed: Padded<AtomicU64>,
    /// Why it does other than queue and run what it is given, in one word: submitting asks nothing else.
    mode: AtomicU32,
    /// Tasks submitted when a thread last waited.
    waited_for: AtomicU64,
    /// Whether many tasks come between two waits. If not, the waiting thread had better run them itself.
    busy: AtomicBool,
    /// Threads asleep in `changed`.
    sleepers: AtomicU32,
    gate: Mutex<()>,
    changed: Condvar,
    fault: Mutex<Option<StreamFault>>,
    has_fault: AtomicBool,
    cancel: Cancel,
    /// What keeps its tasks.
    recorder: Mutex<Option<Recorder>>,
    /// The threads that process callbacks and host functions.
    subscribers: [Mutex<Option<Arc<Inbox>>>; 2],
    /// A task that was recorded to begin, and when. Of the runner.
    began: (AtomicU64, AtomicU64),
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "stream {} of context {}", self.id, self.home.context)
    }
}

impl Stream {
    /// A stream, or without options the default one of its context.
    pub(crate) fn new(
        pool: &'static Pool,
        home: Arc<StreamHome>,
        id: u32,
        options: Option<StreamOptions>,
    ) -> Arc<Self> {
        static SERIAL: AtomicU32 = AtomicU32::new(1);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let default = options.is_none();
        let options = options.unwrap_or_default();
        let stream = Arc::new_cyclic(|this| Stream {
            id,
            tag: StreamTag::new(serial, home.device, id, default),
            default,
            options,
            settings: Settings::new(options.priority, options.overflow_mode),
            home,
            pool,
            this: this.clone(),
            queue: Queue::default(),
            phase: Padded(Phase::default()),
            listed: AtomicBool::new(false),
            completed: Padded(AtomicU64::new(0)),
            mode: AtomicU32::new(OPEN),
            waited_for: AtomicU64::new(0),
            busy: AtomicBool::new(true),
            sleepers: AtomicU32::new(0),
            gate: Mutex::new(()),
            changed: Condvar::new(),
            fault: Mutex::new(None),
            has_fault: AtomicBool::new(false),
            cancel: Cancel::default(),
            recorder: Mutex::new(None),
            subscribers: Default::default(),
            began: (AtomicU64::new(0), AtomicU64::new(0)),
        });
        stream.home.add(&stream);
        stream
    }

    /// The stream's number on its device.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The stream as records name it.
    pub fn tag(&self) -> StreamTag {
        self.tag
    }

    /// The device.
    pub fn device_id(&self) -> u32 {
        self.home.device
    }

    /// The number of the context it belongs to.
    pub fn context_id(&self) -> u64 {
        self.home.context
    }

    /// Whether a thread runs its tasks at this moment.
    pub fn is_running(&self) -> bool {
        self.phase.is_running()
    }

    /// Whether it is the default stream of its context.
    pub fn is_default(&self) -> bool {
        self.default
    }

    /// How it was made.
    pub fn options(&self) -> StreamOptions {
        self.options
    }

    /// What can be set on it later.
    #[inline]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn priority(&self) -> usize {
        (self.settings.priority() as usize).min(PRIORITIES - 1)
    }

    /// Whether the mode has one of these bits.
    fn is(&self, bits: u32) -> bool {
        self.mode.load(Ordering::Acquire) & bits != 0
    }

    /// Adds bits to the mode. Returns those it had.
    pub(super) fn set(&self, bits: u32) -> u32 {
        self.mode.fetch_or(bits, Ordering::AcqRel)
    }

    /// Takes bits from the mode.
    pub(super) fn clear(&self, bits: u32) {
        self.mode.fetch_and(!bits, Ordering::AcqRel);
    }

    /// The runner, now or later, is to look at `cancel`.
    pub(super) fn wake_to_cancel(&self) {
        self.phase.publish();
        self.wake();
    }

    pub(super) fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// Whether its tasks are kept for a graph.
    #[inline]
    pub fn is_recording(&self) -> bool {
        self.mode.load(Ordering::Relaxed) & RECORDING != 0
    }

    /// Whether events on it are no matter of the stream alone.
    #[inline]
    pub(super) fn has_captures(&self) -> bool {
        self.is_recording() || (self.default && self.context_captures())
    }

    /// Whether a stream of the context is being captured.
    pub(super) fn context_captures(&self) -> bool {
        self.home.captured.load(Ordering::Relaxed) != 0
    }

    pub(super) fn recorder(&self) -> &Mutex<Option<Recorder>> {
        &self.recorder
    }

    /// To be called with the recorder locked.
    pub(super) fn begin_recording(&self, captured: bool) {
        self.home.captured.fetch_add(captured.into(), Ordering::Relaxed);
        self.set(RECORDING);
    }

    /// To be called with the recorder locked, or taken.
    pub(super) fn end_recording(&self, captured: bool) {
        self.home.captured.fetch_sub(captured.into(), Ordering::Relaxed);
        self.mode.fetch_and(!RECORDING, Ordering::AcqRel);
    }

    // Submitting

    /// Queues a task. `name` is the function that the program called; failures name it.
    ///
    /// A body of up to 128 bytes is kept in the queue itself. It must not call back into streams or events, and uses
    /// little stack: it may run on any thread that waits for the stream. It does the same each time it is called: a
    /// captured one runs whenever its graph does.
    ///
    /// # Errors
    /// The stream was destroyed, or stopped after a failure.
    #[inline]
    pub fn submit(
        &self,
        name: &'static str,
        body: impl FnMut(&TaskContext) -> Result<(), TaskFault> + Send + 'static,
    ) -> Result<(), ExecError> {
        self.submit_task(name, Closure::<_, false>::new(body)).map(drop)
    }

    /// Queues a task on `bytes` bytes: as [`Stream::submit_small`] if they are few.
    ///
    /// # Errors
    /// As for [`Stream::submit`].
    #[inline]
    pub fn submit_sized(
        &self,
        name: &'static str,
        bytes: u64,
        body: impl FnMut(&TaskContext) -> Result<(), TaskFault> + Send + 'static,
    ) -> Result<(), ExecError> {
        self.submit_as::<false>(name, bytes, body)
    }

    /// Queues an operator or a kernel, as [`Stream::submit_sized`]: a task that task groups take and that graphs show as
    /// such.
    ///
    /// # Errors
    /// As for [`Stream::submit`].
    #[inline]
    pub fn submit_kernel(
        &self,
        name: &'static str,
        bytes: u64,
        body: impl FnMut(&TaskContext) -> Result<(), TaskFault> + Send + 'static,
    ) -> Result<(), ExecError> {
        self.submit_as::<true>(name, bytes, body)
    }

    /// Queues a task whose parameters a graph shows.
    ///
    /// # Errors
    /// As for [`Stream::submit`].
    #[inline]
    pub fn submit_work(&self, name: &'static str, work: impl Work) -> Result<(), ExecError> {
        self.submit_task(name, Working(work)).map(drop)
    }

    #[inline]
    fn submit_as<const KERNEL: bool>(
        &self,
        name: &'static str,
        bytes: u64,
        body: impl FnMut(&TaskContext) -> Result<(), TaskFault> + Send + 'static,
    ) -> Result<(), ExecError> {
        let task = Closure::<_, KERNEL>::new(body);
        if bytes <= SMALL {
            self.submit_small_task(name, task)
        } else {
            self.submit_task(name, task).map(drop)
        }
    }

    /// Queues a task that takes less time than handing it to another thread. If the stream has nothing else to do, the
    /// calling thread runs it at once: for the program this is a device that was very fast. Failures stay on the stream
    /// as always. With a seeded order nothing is run early, so that a missing synchronisation still shows.
    ///
    /// # Errors
    /// As for [`Stream::submit`].
    #[inline]
    pub fn submit_small(
        &self,
        name: &'static str,
        body: impl FnMut(&TaskContext) -> Result<(), TaskFault> + Send + 'static,
    ) -> Result<(), ExecError> {
        self.submit_small_task(name, Closure::<_, false>::new(body))
    }

    #[inline]
    fn submit_small_task<F, const KERNEL: bool>(
        &self,
        name: &'static str,
        mut task: Closure<F, KERNEL>,
    ) -> Result<(), ExecError>
    where
        F: FnMut(&TaskContext) -> Result<(), TaskFault> + Send + 'static,
    {
        let open = self.mode.load(Ordering::Relaxed) == OPEN;
        if !open || self.pool.seeded() || !self.phase.claim_idle() {
            return self.submit_task(name, task).map(drop);
        }
        // This thread is the runner now.
        // SAFETY: claiming ordered this after the previous runner.
        if unsafe { self.queue.front() }.is_some() || trace::on() {
            // Somebody else was faster, or a timeline shows each task: it takes its turn.
            let number = self.push(name, task);
            self.run(number);
            return Ok(());
        }
        // Nobody can wait for a task that is over when its submission returns: it needs no place in the queue.
        let context = TaskContext::new(self);
        let run = catch_unwind(AssertUnwindSafe(|| task.call(&context)));
        if let Err(fault) = run.unwrap_or_else(|panic| Err(panicked(&*panic))) {
            // It has had no turn, so it is known by the number of the next task.
            submitter::submitted(self.completed() + 1);
            self.failed(name, submitter::thread_id(), fault);
        }
        if !self.phase.release() {
            self.phase.requeue();
            self.make_ready();
        }
        Ok(())
    }

    /// Queues a task that may wait. Returns its number.
    #[inline]
    pub(crate) fn submit_task(&self, name: &'static str, task: impl Task) -> Result<u64, ExecError> {
        if self.mode.load(Ordering::Relaxed) != OPEN {
            return self.submit_otherwise(name, task);
        }
        Ok(self.enqueue(name, task))
    }

    /// Submits to a stream that does not simply queue.
    #[cold]
    fn submit_otherwise(&self, name: &'static str, task: impl Task) -> Result<u64, ExecError> {
        self.refuse()?;
        if self.is_recording() {
            return match self.keep(name, Box::new(task))? {
                None => Ok(0),
                Some(task) => Ok(self.enqueue(name, Erased(task))),
            };
        }
        Ok(self.enqueue(name, task))
    }

    #[inline]
    fn enqueue(&self, name: &'static str, task: impl Task) -> u64 {
        let number = self.push(name, task);
        self.pool.note_submission();
        if self.phase.notify() {
            self.make_ready();
        }
        number
    }

    #[inline]
    fn push(&self, name: &'static str, task: impl Task) -> u64 {
        // Before the push: another thread may run the task at once.
        let time = trace::now();
        let number = Slot::push(&self.queue, name, task);
        if time != 0 {
            trace::submitted(time, self.tag, number);
        }
        number
    }

    #[cold]
    fn refuse(&self) -> Result<(), ExecError> {
        if self.is(CLOSED) {
            return Err(ExecError::StreamClosed { stream: self.id });
        }
        if self.is(ABORTING) {
            return Err(self.aborted());
        }
        if !self.is(STOPPED) {
            return Ok(());
        }
        match self.home.stopped.lock().clone() {
            Some(fault) => Err(ExecError::StreamStopped { stream: self.id, fault }),
            None => Ok(()),
        }
    }

    /// The stream went to queued: sees that somebody runs it.
    fn make_ready(&self) {
        self.pool.ensure_started();
        // An entry from before, left behind by a waiting thread that ran the stream itself, serves as well.
        if self.listed.swap(true, Ordering::AcqRel) {
            self.pool.wake_one();
        } else if let Some(this) = self.this.upgrade() {
            self.pool.push(this);
        }
        self.signal();
    }

    /// The ready list has no entry for this stream any more.
    pub(super) fn left_ready(&self) {
        self.listed.swap(false, Ordering::AcqRel);
    }

    /// What the first task waits for may have happened.
    pub(crate) fn wake(&self) {
        if self.phase.wake() {
            self.make_ready();
        }
    }

    pub(crate) fn arc(&self) -> Option<Arc<Stream>> {
        self.this.upgrade()
    }

    pub(super) fn subscriber(&self, kind: ReportKind) -> &Mutex<Option<Arc<Inbox>>> {
        &self.subscribers[kind as usize]
    }

    pub(super) fn pool(&self) -> &'static Pool {
        self.pool
    }

    // Running

    /// Runs the stream if nobody has taken it since it was listed.
    pub(super) fn run_on_worker(&self) {
        if self.phase.claim() {
            self.run(u64::MAX);
        }
    }

    /// Runs tasks until number `target` is over, none is left, one waits or others should have their turn. The
    /// caller has claimed the stream.
    fn run(&self, target: u64) {
        let context = TaskContext::new(self);
        let mut ran = 0;
        loop {
            // SAFETY: the phase is running, and claiming it ordered this after the previous runner.
            let Some(slot) = (unsafe { self.queue.front() }) else {
                if ran > 0 && target == u64::MAX && self.busy.load(Ordering::Relaxed) && self.linger() {
                    continue;
                }
                if self.phase.release() {
                    return;
                }
                continue;
            };
            if self.completed.load(Ordering::Relaxed) >= target
                || (ran > 0 && self.pool.should_yield(self.priority(), ran))
            {
                self.phase.requeue();
                self.make_ready();
                return;
            }
            // SAFETY: the front of the queue holds a task, and only the runner touches it.
            let task = unsafe { &mut *slot };
            let recorded = trace::on() && self.note_begin();
            let step = if self.skips() { Step::Done } else { task.step(&context) };
            if recorded && !matches!(step, Step::Parked) {
                self.note_end(task.name, &context, matches!(step, Step::Fault(_)));
            }
            match step {
                Step::Parked => {
                    if self.phase.park() {
                        return;
                    }
                    continue;
                }
                // Jumps are tasks of graphs, which follow them themselves.
                Step::Done | Step::Goto(_) => {}
                Step::Fault(fault) => self.failed(task.name, task.thread, fault),
            }
            // SAFETY: dropped once: the slot is left behind below.
            unsafe { slot.drop_in_place() };
            // SAFETY: as for `front`; the task was dropped in place.
            let over = unsafe { self.queue.advance_past() };
            ran += 1;
            // Ordered before looking for sleepers, who count themselves before they look here.
            self.completed.swap(over, Ordering::SeqCst);
            self.signal();
        }
    }

    /// The number of the task that runs, or comes next.
    pub(super) fn running(&self) -> u64 {
        self.completed.load(Ordering::Relaxed) + 1
    }

    /// Notes when the running task began, if this is not a later step of one that waited. False: it is only dropped.
    #[cold]
    fn note_begin(&self) -> bool {
        let number = self.running();
        if self.began.0.load(Ordering::Relaxed) != number {
            self.began.0.store(number, Ordering::Relaxed);
            self.began.1.store(monotonic_nanoseconds(), Ordering::Relaxed);
        }
        !self.skips()
    }

    /// Records the running task, which is over.
    #[cold]
    fn note_end(&self, name: &'static str, context: &TaskContext, failed: bool) {
        self.note(name, self.began.1.load(Ordering::Relaxed), None, context, failed);
    }

    /// Records a task of the graph that the running task runs.
    #[cold]
    pub(super) fn note_node(
        &self,
        name: &'static str,
        began: u64,
        node: u32,
        context: &TaskContext,
        failed: bool,
    ) {
        self.note(name, began, Some(node), context, failed);
    }

    fn note(&self, name: &'static str, began: u64, node: Option<u32>, context: &TaskContext, failed: bool) {
        let (number, said) = (self.running(), context.take_said());
        trace::task(&Over { name, began, stream: self.tag, number, node, said, failed });
    }

    /// A worker that has caught up with a thread that goes on submitting stays a moment: going idle and being made
    /// ready again costs both more than a small task. It looks rarely, because each look takes the submitting thread's
    /// cache line away. True: there is more.
    fn linger(&self) -> bool {
        let before = self.completed.load(Ordering::Relaxed);
        for _ in 0..LOOKS {
            if self.sleepers.load(Ordering::Relaxed) > 0 || self.pool.seeded() || self.pool.has_work() {
                return false;
            }
            for _ in 0..PAUSES {
                hint::spin_loop();
            }
            if self.queue.pushed() > before {
                return true;
            }
        }
        false
    }

    /// Whether tasks are only dropped.
    #[inline]
    pub(super) fn skips(&self) -> bool {
        let mode = self.mode.load(Ordering::Relaxed);
        mode & (DEAD | STOPPED) != 0 || (mode & CANCEL != 0 && self.canceled())
    }

    #[cold]
    pub(super) fn failed(&self, call: &'static str, thread: u32, fault: TaskFault) {
        let task = self.running();
        self.pool.exceptions.add(Exception {
            device: self.device_id(),
            stream: self.id,
            task,
            thread,
            call,
            fault: fault.clone(),
            kernel: exception::take_blamed(),
        });
        let fault = StreamFault { call, task, fault };
        if self.home.stop.load(Ordering::Relaxed) {
            self.home.stop_all(&fault);
        }
        self.fault.lock().get_or_insert(fault);
        self.has_fault.store(true, Ordering::Release);
    }

    #[inline]
    pub(super) fn signal(&self) {
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            self.signal_sleepers();
        }
    }

    #[cold]
    fn signal_sleepers(&self) {
        // Sleepers look again under the gate before they lie down.
        drop(self.gate.lock());
        self.changed.notify_all();
    }

    // Waiting

    /// Tasks that are over.
    pub(super) fn completed(&self) -> u64 {
        self.completed.load(Ordering::Acquire)
    }

    /// Tasks submitted so far.
    pub fn submitted(&self) -> u64 {
        self.queue.pushed()
    }

    /// Whether every task submitted so far is over.
    pub fn is_complete(&self) -> bool {
        self.completed.load(Ordering::Acquire) >= self.submitted()
    }

    /// Waits until every task submitted so far is over; runs the stream's tasks on the calling thread meanwhile.
    ///
    /// # Errors
    /// A task failed since the last report, the time was up, or the stream was destroyed.
    pub fn synchronize(&self, timeout: Option<Duration>) -> Result<(), ExecError> {
        self.check_not_captured(true)?;
        self.wait_for(self.submitted(), timeout)?;
        pools::synchronized();
        self.report()
    }

    /// Fails with the first failure since the last report. In stop mode it stays.
    ///
    /// # Errors
    /// [`ExecError::Task`].
    #[inline]
    pub fn report(&self) -> Result<(), ExecError> {
        if self.has_fault.load(Ordering::Acquire) || self.is(STOPPED) {
            return self.report_fault();
        }
        Ok(())
    }

    #[cold]
    fn report_fault(&self) -> Result<(), ExecError> {
        self.pool.exceptions.wait_told();
        let fault = if self.is(STOPPED) {
            // Also on the other streams of the context, whose tasks were dropped.
            self.home.stopped.lock().clone()
        } else {
            let mut slot = self.fault.lock();
            self.has_fault.store(false, Ordering::Relaxed);
            slot.take()
        };
        fault.map_or(Ok(()), |fault| Err(ExecError::Task { stream: self.id, fault }))
    }

    /// Forgets the failures since the last report.
    pub(super) fn forget_fault(&self) {
        self.has_fault.store(false, Ordering::Relaxed);
        *self.fault.lock() = None;
    }

    /// Lets the streams of its context go on after a failure that stopped them.
    pub(super) fn resume(&self) {
        if self.is(STOPPED) {
            self.home.resume();
        }
    }

    /// Waits until task number `target` is over.
    pub(crate) fn wait_for(&self, target: u64, timeout: Option<Duration>) -> Result<(), ExecError> {
        let before = self.waited_for.swap(target, Ordering::Relaxed);
        self.busy.store(target.saturating_sub(before) > FEW, Ordering::Relaxed);
        if self.completed.load(Ordering::SeqCst) >= target {
            return Ok(());
        }
        if host::serves(self) {
            return Err(ExecError::WaitInCallback { stream: self.id });
        }
        let aborts = self.cancel.aborts();
        if self.is(ABORTING) {
            return Err(self.aborted());
        }
        self.wait_over(target, timeout, Some(aborts))
    }

    /// Waits until task number `target` is over, or with the number of `aborts` so far until there is another.
    pub(super) fn wait_over(
        &self,
        target: u64,
        timeout: Option<Duration>,
        aborts: Option<u64>,
    ) -> Result<(), ExecError> {
        let aborted = || aborts.is_some_and(|aborts| aborts != self.cancel.aborts());
        let reached = || self.completed.load(Ordering::SeqCst) >= target || aborted();
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            let before = memory::set_working(true);
            self.run_while_waiting(target, deadline);
            memory::set_working(before);
            for _ in 0..SPINS {
                if reached() {
                    return self.unless_aborted(aborts);
                }
                if self.phase.is_queued() {
                    break;
                }
                hint::spin_loop();
            }
            if self.phase.is_queued() && !self.pool.seeded() {
                continue;
            }
            if self.sleep_until(&reached, deadline) {
                return self.unless_aborted(aborts);
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                let pending = target - self.completed.load(Ordering::Relaxed).min(target);
                let waited = timeout.unwrap_or_default();
                return Err(ExecError::StreamTimeout { stream: self.id, pending, waited });
            }
        }
    }

    fn run_while_waiting(&self, target: u64, deadline: Option<Instant>) {
        let late = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        if self.pool.seeded() {
            let enough = || self.completed.load(Ordering::Acquire) >= target || late();
            self.pool.run_seeded(&enough);
            return;
        }
        match deadline {
            // Between tasks there is a look at the clock.
            Some(_) => {
                while !late() && self.completed.load(Ordering::Acquire) < target && self.phase.claim() {
                    self.run(self.completed.load(Ordering::Acquire) + 1);
                }
            }
            None => {
                if self.phase.claim() {
                    self.run(target);
                }
            }
        }
    }

    /// Sleeps until something changed. True if `reached`.
    fn sleep_until(&self, reached: &dyn Fn() -> bool, deadline: Option<Instant>) -> bool {
        self.sleepers.fetch_add(1, Ordering::SeqCst);
        let mut gate = self.gate.lock();
        let done = reached();
        if !done && (!self.phase.is_queued() || self.pool.seeded()) {
            match deadline {
                Some(deadline) => drop(self.changed.wait_until(&mut gate, deadline)),
                None => self.changed.wait(&mut gate),
            }
        }
        drop(gate);
        self.sleepers.fetch_sub(1, Ordering::Relaxed);
        done || reached()
    }

    // Ending

    /// Takes no more tasks and waits for those it has.
    pub(crate) fn close(&self) {
        if self.set(CLOSED) & CLOSED == 0 {
            self.abandon_recording();
            // Only a destroyed stream ends a wait early, and then there is nothing left to wait for.
            let _ = self.wait_for(self.submitted(), None);
            self.set(DEAD);
            self.end_subscriptions();
        }
    }

    /// Takes no more tasks and drops those it has, except one that runs.
    pub(crate) fn kill(&self) {
        self.set(CLOSED | DEAD);
        self.abandon_recording();
        // A parked stream comes back to drop what it has.
        self.wake();
        self.end_subscriptions();
    }
}
