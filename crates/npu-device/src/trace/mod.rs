//! What happens when: a record of calls, tasks and memory for whoever wants to see it.
//!
//! Threads record events of fixed shape in rings of their own, without formatting or allocating; a thread that exists
//! only while somebody looks turns them into [`Event`]s for the [`Sink`]s, such as a [`Timeline`]. When nobody looks,
//! every hook costs one relaxed load.

#[cfg(not(loom))]
mod action;
#[cfg(not(loom))]
mod details;
#[cfg(not(loom))]
mod hub;
#[cfg(not(loom))]
mod json;
#[cfg(not(loom))]
mod record;
pub mod ring;
#[cfg(not(loom))]
mod summary;
#[cfg(not(loom))]
mod timeline;

use std::sync::atomic::{AtomicU8, Ordering};

#[cfg(not(loom))]
use {
    crate::exec::monotonic_nanoseconds,
    record::{Kind, Record},
};
#[cfg(not(loom))]
pub use {
    action::{Action, Direction},
    details::{Details, Operand},
    hub::{Note, Sink, SinkId, ThreadTag, add, describe, remove},
    json::escape,
    record::Event,
    summary::Summary,
    timeline::Timeline,
};

/// Who looks: bits of [`WATCH`].
const TRACE: u8 = 1;
const DUMP: u8 = 2;

/// Written rarely, read at every hook.
static WATCH: AtomicU8 = AtomicU8::new(0);

/// Whether events are recorded.
#[inline]
pub fn on() -> bool {
    WATCH.load(Ordering::Relaxed) & TRACE != 0
}

/// Whether anybody wants to know what an operator does: events are recorded, or operands dumped.
#[inline]
pub fn watched() -> bool {
    WATCH.load(Ordering::Relaxed) != 0
}

/// Whether operands are dumped.
#[inline]
pub fn dumping() -> bool {
    WATCH.load(Ordering::Relaxed) & DUMP != 0
}

fn watch(bit: u8, yes: bool) {
    if yes {
        WATCH.fetch_or(bit, Ordering::Relaxed);
    } else {
        WATCH.fetch_and(!bit, Ordering::Relaxed);
    }
}

/// Says whether operands are dumped; those who run operators look at it.
pub fn set_dumping(yes: bool) {
    watch(DUMP, yes);
}

/// In a forked child: nothing is recorded any more. Safe in a signal handler.
pub fn forget() {
    WATCH.store(0, Ordering::Relaxed);
}

/// The time for a record that begins now, 0 when nothing is recorded.
#[cfg(not(loom))]
#[inline]
pub fn now() -> u64 {
    if on() { monotonic_nanoseconds() } else { 0 }
}

/// A stream as records name it: a number that no other stream of the process has, its device, its number there, and
/// whether it is a default stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StreamTag(u64);

impl StreamTag {
    /// Of a stream's properties.
    pub(crate) fn new(serial: u32, device: u32, id: u32, default: bool) -> StreamTag {
        let small = u64::from(id & 0xff_ffff) << 1 | u64::from(default);
        StreamTag(u64::from(serial) << 32 | u64::from(device & 0x7f) << 25 | small)
    }

    /// A number that no other stream of the process has.
    pub fn serial(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The device.
    pub fn device(self) -> u32 {
        (self.0 >> 25) as u32 & 0x7f
    }

    /// The stream's number on the device.
    pub fn id(self) -> u32 {
        (self.0 >> 1) as u32 & 0xff_ffff
    }

    /// Whether it is the default stream of its context.
    pub fn is_default(self) -> bool {
        self.0 & 1 != 0
    }
}

/// Whether a successful call of this function says nothing: it only makes, reads or changes a description, of which
/// frameworks make dozens for each operator; or it begins or ends a range, which is itself shown, and would not nest with
/// it.
#[cfg(not(loom))]
#[inline]
fn says_nothing(name: &str) -> bool {
    let begins_with = |prefix: &&str| name.starts_with(prefix);
    ["aclCreate", "aclDestroy", "aclGet", "aclSet", "aclInitTensor", "aclrtGet"].iter().any(begins_with)
        || matches!(name, "aclprofPush" | "aclprofPop" | "aclprofRangePushEx" | "aclprofRangePop")
}

/// The time for a call that begins now, 0 when it is not recorded unless it fails.
#[cfg(not(loom))]
#[inline]
pub fn call_begins(name: &'static str) -> u64 {
    if on() && !says_nothing(name) { monotonic_nanoseconds() } else { 0 }
}

/// Records a call that began at `start`, a time from [`call_begins`].
#[cfg(not(loom))]
#[cold]
pub fn call(name: &'static str, start: u64, code: i32) {
    let end = monotonic_nanoseconds();
    let start = if start == 0 { end } else { start };
    let code = u64::from(code as u32);
    hub::record(Some(name), |name| Record::new(Kind::Call, 0, name, [start, end, code]));
}

/// Records that a task was submitted.
#[cfg(not(loom))]
#[cold]
pub(crate) fn submitted(time: u64, stream: StreamTag, number: u64) {
    hub::record(None, |_| Record::new(Kind::Submit, 0, 0, [time, stream.0, number]));
}

/// A task that is over, for [`task`].
#[cfg(not(loom))]
pub(crate) struct Over {
    /// The C function that submitted it.
    pub name: &'static str,
    pub began: u64,
    pub stream: StreamTag,
    pub number: u64,
    /// Its place among the tasks of the graph that runs.
    pub node: Option<u32>,
    /// The number of its details, and what it does as [`Action::pack`] has it.
    pub said: (u32, u64),
    pub failed: bool,
}

/// Records a task that is over.
#[cfg(not(loom))]
#[cold]
pub(crate) fn task(over: &Over) {
    let end = monotonic_nanoseconds();
    let &Over { name, began, stream, number, node, said: (details, action), failed } = over;
    let described = u64::from(details) | node.map_or(0, |node| u64::from(node) + 1) << 32;
    hub::record(Some(name), |name| {
        Record::new(Kind::Task, u16::from(failed), name, [began, end, stream.0, number, described, action])
    });
}

/// Records what the calling thread did itself, from `start`, a time from [`now`].
#[cfg(not(loom))]
#[cold]
pub fn worked(start: u64, action: Action) {
    let end = monotonic_nanoseconds();
    hub::record(None, |_| Record::new(Kind::Worked, 0, 0, [start, end, action.pack()]));
}

/// Records how much of a device's memory is in use.
#[inline]
pub(crate) fn memory(device: u32, used: u64) {
    #[cfg(not(loom))]
    if on() {
        memory_changed(device, used);
    }
    #[cfg(loom)]
    let _ = (device, used);
}

#[cfg(not(loom))]
#[cold]
fn memory_changed(device: u32, used: u64) {
    let time = monotonic_nanoseconds();
    hub::record(None, |_| Record::new(Kind::Memory, device as u16, 0, [time, used]));
}

/// Records a moment of the calling thread.
#[cfg(not(loom))]
pub fn mark(text: &str) {
    let time = monotonic_nanoseconds();
    hub::record(None, |_| Record::with_text(Kind::Mark, [time], text));
}

/// Records a part of the calling thread's time, from `start` until now.
#[cfg(not(loom))]
pub fn range(start: u64, text: &str) {
    let end = monotonic_nanoseconds();
    hub::record(None, |_| Record::with_text(Kind::Range, [start, end], text));
}

/// Records a part of the process's time, from `start` until now.
#[cfg(not(loom))]
pub fn span(id: u64, start: u64, text: &str) {
    let end = monotonic_nanoseconds();
    hub::record(None, |_| Record::with_text(Kind::Span, [start, end, id], text));
}

/// Records that a stream came to a mark.
#[cfg(not(loom))]
pub fn stream_mark(stream: StreamTag, text: &str) {
    let time = monotonic_nanoseconds();
    hub::record(None, |_| Record::with_text(Kind::StreamMark, [time, stream.0], text));
}

/// Records a step on a stream.
#[cfg(not(loom))]
pub fn step(stream: StreamTag, number: u64, start: u64, end: u64) {
    hub::record(None, |_| Record::new(Kind::Step, 0, 0, [start, end, stream.0, number]));
}

/// Records what a framework reports of one of its threads.
#[cfg(not(loom))]
pub fn report(thread: u32, start: u64, end: u64, text: &str) {
    hub::record(None, |_| Record::with_text(Kind::Report, [start, end, u64::from(thread)], text));
}

#[cfg(all(test, not(loom)))]
mod tests;
