//! What a queue slot holds: a task, in place when it is small.

use super::{Pool, Stream, flow::Flow, graph::TaskKind, queue::Queue, submitter};
use crate::{
    FaultKind, TaskFault,
    trace::{self, Action, StreamTag},
};
use npu_types::Parallel;
use std::{
    any::Any,
    mem::MaybeUninit,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
};

/// Tasks up to this size live in the queue slot itself.
const INLINE: usize = 128;

/// What a running task knows about its surroundings.
pub struct TaskContext<'a> {
    pub(crate) stream: &'a Stream,
    pub(crate) pool: &'static Pool,
    /// Number of the [`crate::trace::Details`] of the running task, 0 for none.
    details: AtomicU32,
    /// What the running task does, as [`Action::pack`] has it.
    action: AtomicU64,
}

impl<'a> TaskContext<'a> {
    pub(crate) fn new(stream: &'a Stream) -> Self {
        TaskContext { stream, pool: stream.pool(), details: AtomicU32::new(0), action: AtomicU64::new(0) }
    }

    /// What the running task said it is; the next one has said nothing yet.
    pub(crate) fn take_said(&self) -> (u32, u64) {
        (self.details.swap(0, Ordering::Relaxed), self.action.swap(0, Ordering::Relaxed))
    }
}

impl TaskContext<'_> {
    /// Lets idle workers take part in this task's work.
    pub fn parallel(&self) -> &dyn Parallel {
        self.pool
    }

    /// The device of the stream.
    pub fn device_id(&self) -> u32 {
        self.stream.device_id()
    }

    /// Says what the task computes, for timelines: the number of a [`crate::trace::Note`] that outlives the task.
    pub fn describe(&self, details: u32) {
        self.details.store(details, Ordering::Relaxed);
    }

    /// Says what the task does, for timelines. When there are none it costs one load.
    #[inline]
    pub fn does(&self, action: Action) {
        if trace::on() {
            self.action.store(action.pack(), Ordering::Relaxed);
        }
    }

    /// The task's stream as records name it.
    pub fn stream_tag(&self) -> StreamTag {
        self.stream.tag()
    }

    /// The task's number on its stream.
    pub fn number(&self) -> u64 {
        self.stream.running()
    }

    /// The stream.
    pub fn stream_id(&self) -> u32 {
        self.stream.id()
    }
}

/// How far a task came.
pub(crate) enum Step {
    /// It is over.
    Done,
    /// It is over, and failed.
    Fault(TaskFault),
    /// It waits; the stream is woken when it is worth another step.
    Parked,
    /// It is over, and its graph goes on elsewhere. Of tasks of built graphs only.
    Goto(Flow),
}

/// A task that may wait.
pub(crate) trait Task: Send + 'static {
    /// Goes on. A stream steps a task until it is over and then drops it. A graph keeps its tasks: a step after
    /// [`Step::Done`] or [`Step::Fault`] does all of it again, perhaps on another stream. Steps may also come while there
    /// is nothing new to see, as other tasks of the same graph wait too.
    fn step(&mut self, context: &TaskContext) -> Step;

    /// Forgets what it waits for: its graph does not go on, and the next step begins anew.
    fn reset(&mut self) {}

    /// What it is. One that can run only once is no part of a graph: see [`Task::runs_once`].
    fn kind(&self) -> TaskKind {
        TaskKind::Other
    }

    /// Why it cannot be kept in a graph, if it cannot.
    fn runs_once(&self) -> Option<&'static str> {
        None
    }

    /// What the program may learn of it, for [`Graph::params`](super::Graph::params).
    fn params(&self) -> Option<Box<dyn Any>> {
        None
    }

    /// Whether [`Task::set_params`] takes these.
    fn accepts(&self, _params: &dyn Any) -> bool {
        false
    }

    /// Takes other parameters, which it accepts.
    fn set_params(&mut self, _params: &dyn Any) {}
}

/// A task that never waits and is its own parameters: a program sees them in a graph, and can put others in their place.
pub trait Work: Clone + Send + 'static {
    /// What a graph shows it as.
    const KIND: TaskKind;

    /// Does it, any number of times.
    ///
    /// # Errors
    /// What the stream fails with.
    fn run(&mut self, context: &TaskContext) -> Result<(), TaskFault>;
}

/// A [`Work`] as a task.
pub(crate) struct Working<W>(pub W);

impl<W: Work> Task for Working<W> {
    fn step(&mut self, context: &TaskContext) -> Step {
        match self.0.run(context) {
            Ok(()) => Step::Done,
            Err(fault) => Step::Fault(fault),
        }
    }

    fn kind(&self) -> TaskKind {
        W::KIND
    }

    fn params(&self) -> Option<Box<dyn Any>> {
        Some(Box::new(self.0.clone()))
    }

    fn accepts(&self, params: &dyn Any) -> bool {
        params.is::<W>()
    }

    fn set_params(&mut self, params: &dyn Any) {
        if let Some(params) = params.downcast_ref::<W>() {
            self.0 = params.clone();
        }
    }
}

/// A task of any kind, to be queued. (Were `Box<dyn Task>` itself a task, its methods would hide those of what it holds.)
pub(crate) struct Erased(pub Box<dyn Task>);

impl Task for Erased {
    fn step(&mut self, context: &TaskContext) -> Step {
        self.0.step(context)
    }
}

/// What a task waits for when another thread has to do something for it.
pub(crate) struct Answer {
    stream: Arc<Stream>,
    given: AtomicBool,
}

impl Answer {
    /// Asks for `context`'s stream. Nothing without one, as when it is being dropped.
    pub fn awaited(context: &TaskContext) -> Option<Arc<Answer>> {
        let stream = context.stream.arc()?;
        Some(Arc::new(Answer { stream, given: AtomicBool::new(false) }))
    }

    /// The stream that waits.
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// It is done: the stream goes on.
    pub fn give(&self) {
        self.given.store(true, Ordering::Release);
        self.stream.wake();
    }

    pub fn is_given(&self) -> bool {
        self.given.load(Ordering::Acquire)
    }
}

#[repr(C, align(16))]
struct Payload([MaybeUninit<u8>; INLINE]);

/// How to treat a payload. The pointer is to a payload that holds the task; `step` leaves it initialised.
struct Methods {
    step: unsafe fn(*mut Payload, &TaskContext) -> Step,
    drop: unsafe fn(*mut Payload),
}

/// A task in a queue slot.
pub(crate) struct Slot {
    /// The C function that submitted the task.
    pub name: &'static str,
    methods: &'static Methods,
    /// The system's number of the thread that submitted the task. Fits where alignment left room.
    pub thread: u32,
    payload: Payload,
}

/// A task that lives in the payload.
struct Inline<T>(T);
/// A task that was too large.
struct Boxed<T>(T);

impl<T: Task> Inline<T> {
    const METHODS: Methods = Methods {
        // SAFETY: the pointer is to a payload that holds a `T`.
        step: |payload, context| unsafe { &mut *payload.cast::<T>() }.step(context),
        // SAFETY: as above.
        drop: |payload| unsafe { payload.cast::<T>().drop_in_place() },
    };
}

impl<T: Task> Boxed<T> {
    const METHODS: Methods = Methods {
        // SAFETY: the pointer is to a payload that holds a `Box<T>`.
        step: |payload, context| unsafe { &mut *payload.cast::<Box<T>>() }.step(context),
        // SAFETY: as above.
        drop: |payload| unsafe { payload.cast::<Box<T>>().drop_in_place() },
    };
}

impl Slot {
    /// Appends `task` to `queue`. Returns its number.
    #[inline]
    pub fn push<T: Task>(queue: &Queue<Slot>, name: &'static str, task: T) -> u64 {
        let fits = const { size_of::<T>() <= INLINE && align_of::<T>() <= align_of::<Payload>() };
        let number = if fits {
            // SAFETY: `write` initialises the slot with a task and the methods for it.
            unsafe { queue.push_with(|slot| Slot::write(slot, name, &Inline::<T>::METHODS, task)) }
        } else {
            let task = Box::new(task);
            // SAFETY: as above.
            unsafe { queue.push_with(|slot| Slot::write(slot, name, &Boxed::<T>::METHODS, task)) }
        };
        submitter::submitted(number);
        number
    }

    /// Fills a slot field by field, so that the payload is written once and only as far as needed.
    #[inline]
    fn write<P>(slot: &mut MaybeUninit<Slot>, name: &'static str, methods: &'static Methods, payload: P) {
        let slot = slot.as_mut_ptr();
        // SAFETY: in bounds of the slot.
        let place = unsafe { &raw mut (*slot).payload };
        // SAFETY: the caller checked size and alignment.
        unsafe { place.cast::<P>().write(payload) };
        // SAFETY: in bounds of the slot.
        let place = unsafe { &raw mut (*slot).name };
        // SAFETY: the field is writable.
        unsafe { place.write(name) };
        // SAFETY: in bounds of the slot.
        let place = unsafe { &raw mut (*slot).methods };
        // SAFETY: the field is writable.
        unsafe { place.write(methods) };
        // SAFETY: in bounds of the slot.
        let place = unsafe { &raw mut (*slot).thread };
        // SAFETY: the field is writable.
        unsafe { place.write(submitter::thread_id()) };
    }

    /// Goes on with the task. A panic is a fault.
    #[inline]
    pub fn step(&mut self, context: &TaskContext) -> Step {
        let payload = &raw mut self.payload;
        // SAFETY: the payload holds the task these methods are for.
        let step = || unsafe { (self.methods.step)(payload, context) };
        // A task that panicked is only dropped afterwards.
        catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|panic| Step::Fault(panicked(&*panic)))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // SAFETY: the payload holds the task these methods are for.
        unsafe { (self.methods.drop)(&raw mut self.payload) };
    }
}

#[cold]
pub(crate) fn panicked(panic: &(dyn Any + Send)) -> TaskFault {
    let text = match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(text), _) => text.as_str(),
        (_, Some(text)) => text,
        _ => "panic",
    };
    TaskFault { kind: FaultKind::Internal, what: format!("internal error: {text}") }
}

/// A task that never waits.
pub(crate) struct Closure<F, const KERNEL: bool>(F);

impl<F, const KERNEL: bool> Closure<F, KERNEL> {
    pub fn new(body: F) -> Self {
        Closure(body)
    }
}

impl<F: FnMut(&TaskContext) -> Result<(), TaskFault>, const KERNEL: bool> Closure<F, KERNEL> {
    /// What it does.
    #[inline]
    pub fn call(&mut self, context: &TaskContext) -> Result<(), TaskFault> {
        (self.0)(context)
    }
}

impl<F: FnMut(&TaskContext) -> Result<(), TaskFault> + Send + 'static, const KERNEL: bool> Task
    for Closure<F, KERNEL>
{
    fn kind(&self) -> TaskKind {
        if KERNEL { TaskKind::Kernel } else { TaskKind::Other }
    }

    #[inline]
    fn step(&mut self, context: &TaskContext) -> Step {
        match (self.0)(context) {
            Ok(()) => Step::Done,
            Err(fault) => Step::Fault(fault),
        }
    }
}
