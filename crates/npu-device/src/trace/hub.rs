//! Where recording threads and sinks meet.

use super::{
    TRACE,
    details::Details,
    on,
    record::{Event, Record, View},
    ring::{Ring, Room},
    watch,
};
use crate::exec::{at_exit, spawn};
use parking_lot::{Condvar, Mutex};
use std::{
    cell::RefCell,
    collections::HashMap,
    fs, io, mem,
    sync::{
        Arc, Once,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Words in a thread's ring: some six thousand tasks.
const RING: usize = 1 << 15;
/// How often the writer looks unless it is called.
const INTERVAL: Duration = Duration::from_millis(50);
/// How long a thread waits for room in its ring before it gives a record up.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a process that ends waits for the writer.
const LAST_PATIENCE: Duration = Duration::from_secs(2);

/// A thread as sinks know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadTag {
    /// The system's number.
    pub id: u32,
    /// Its name when it recorded first.
    pub name: String,
}

impl ThreadTag {
    fn current() -> ThreadTag {
        let link = fs::read_link("/proc/thread-self").unwrap_or_default();
        let id = link.file_name().and_then(|name| name.to_str()?.parse().ok()).unwrap_or(0);
        let name = fs::read_to_string("/proc/thread-self/comm").unwrap_or_default();
        ThreadTag { id, name: name.trim_end().to_owned() }
    }
}

/// Who is told what happened, in the order of each thread.
pub trait Sink: Send {
    /// Something happened on a thread.
    fn event(&mut self, thread: &ThreadTag, event: &Event);

    /// Makes what was told so far visible to others.
    fn flush(&mut self) {}

    /// Nothing follows. `lost` records did not get here.
    ///
    /// # Errors
    /// Not everything could be written.
    fn finish(&mut self, lost: u64) -> io::Result<()>;
}

impl<A: Sink, B: Sink> Sink for (A, B) {
    fn event(&mut self, thread: &ThreadTag, event: &Event) {
        self.0.event(thread, event);
        self.1.event(thread, event);
    }

    fn flush(&mut self) {
        self.0.flush();
        self.1.flush();
    }

    fn finish(&mut self, lost: u64) -> io::Result<()> {
        let first = self.0.finish(lost);
        self.1.finish(lost).and(first)
    }
}

/// A sink that was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SinkId(u64);

struct ThreadRing {
    ring: Ring,
    tag: ThreadTag,
    /// The thread has ended.
    closed: AtomicBool,
}

/// What a recording thread has.
struct Local {
    ring: Arc<ThreadRing>,
    /// Numbers of names seen lately, by address.
    names: [(&'static str, u32); NAMES_KEPT],
}

const NAMES_KEPT: usize = 256;

impl Drop for Local {
    fn drop(&mut self) {
        self.ring.closed.store(true, Ordering::Release);
    }
}

thread_local! {
    static LOCAL: RefCell<Option<Box<Local>>> = const { RefCell::new(None) };
}

static RINGS: Mutex<Vec<Arc<ThreadRing>>> = Mutex::new(Vec::new());
/// Every name that was recorded, by its number less one.
static NAMES: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
static DETAILS: Mutex<Option<HashMap<u32, Arc<Details>>>> = Mutex::new(None);
/// Details that nobody will refer to in records to come.
static RETIRED: Mutex<Vec<u32>> = Mutex::new(Vec::new());
static LOST: AtomicU64 = AtomicU64::new(0);
static HUB: Mutex<Hub> =
    Mutex::new(Hub { sinks: Vec::new(), running: false, added: 0, words: Vec::new(), names: Vec::new() });
static WAKE: Condvar = Condvar::new();
/// The writer was called and has not come yet.
static CALLED: AtomicBool = AtomicBool::new(false);
/// The process that records; a forked child is another one.
static OWNER: AtomicU32 = AtomicU32::new(0);

struct Hub {
    sinks: Vec<(SinkId, Box<dyn Sink>)>,
    /// Whether the writer exists.
    running: bool,
    added: u64,
    words: Vec<u64>,
    names: Vec<&'static str>,
}

impl Local {
    fn new() -> Box<Local> {
        let ring = Arc::new(ThreadRing {
            ring: Ring::new(RING),
            tag: ThreadTag::current(),
            closed: AtomicBool::new(false),
        });
        RINGS.lock().push(ring.clone());
        Box::new(Local { ring, names: [("", 0); NAMES_KEPT] })
    }

    #[inline]
    fn name(&mut self, name: &'static str) -> u32 {
        // Names lie beside each other: the upper bits of a product are spread better than the address.
        let spread = (name.as_ptr().addr() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let kept = &mut self.names[spread as usize % NAMES_KEPT];
        if !std::ptr::eq(kept.0, name) {
            *kept = (name, number_of(name));
        }
        kept.1
    }

    #[inline]
    fn push(&self, words: &[u64]) {
        match self.ring.ring.push(words) {
            Room::Plenty => {}
            Room::Little => call_writer(),
            Room::None => self.wait_for_room(words),
        }
    }

    #[cold]
    fn wait_for_room(&self, words: &[u64]) {
        let deadline = Instant::now() + PATIENCE;
        while on() && Instant::now() < deadline {
            call_writer();
            thread::sleep(Duration::from_micros(50));
            if self.ring.ring.push(words) != Room::None {
                return;
            }
        }
        LOST.fetch_add(1, Ordering::Relaxed);
    }
}

#[cold]
fn number_of(name: &'static str) -> u32 {
    let mut names = NAMES.lock();
    let place = names.iter().position(|known| *known == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    });
    place as u32 + 1
}

#[cold]
fn call_writer() {
    if !CALLED.swap(true, Ordering::Relaxed) {
        WAKE.notify_one();
    }
}

/// Records what `make` makes of the name's number.
#[inline]
pub(super) fn record<const WORDS: usize>(
    name: Option<&'static str>,
    make: impl FnOnce(u32) -> Record<WORDS>,
) {
    // A thread that is ending records nothing more.
    let _ = LOCAL.try_with(|local| {
        if let Ok(mut local) = local.try_borrow_mut() {
            let local = local.get_or_insert_with(Local::new);
            let name = name.map_or(0, |name| local.name(name));
            local.push(make(name).words());
        }
    });
}

/// Details that records may refer to as long as this lives.
#[derive(Debug)]
pub struct Note(u32);

impl Note {
    /// The number that records refer to.
    pub fn id(&self) -> u32 {
        self.0
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        if on() {
            // Records made before this may still be in rings.
            RETIRED.lock().push(self.0);
        } else if let Some(details) = DETAILS.lock().as_mut() {
            details.remove(&self.0);
        }
    }
}

/// Keeps details for records to refer to.
pub fn describe(details: Details) -> Note {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    DETAILS.lock().get_or_insert_default().insert(id, Arc::new(details));
    Note(id)
}

impl Hub {
    /// Tells every sink what is in the rings.
    fn drain(&mut self) {
        CALLED.store(false, Ordering::Relaxed);
        let retired = mem::take(&mut *RETIRED.lock());
        let rings = RINGS.lock().clone();
        let mut gone = Vec::new();
        for ring in &rings {
            if ring.closed.load(Ordering::Acquire) {
                gone.push(Arc::as_ptr(ring));
            }
            self.words.clear();
            ring.ring.drain(&mut self.words);
            self.tell(&ring.tag);
        }
        if !gone.is_empty() {
            RINGS.lock().retain(|ring| !gone.contains(&Arc::as_ptr(ring)));
        }
        if !retired.is_empty()
            && let Some(details) = DETAILS.lock().as_mut()
        {
            retired.iter().for_each(|id| drop(details.remove(id)));
        }
        self.sinks.iter_mut().for_each(|(_, sink)| sink.flush());
    }

    fn tell(&mut self, thread: &ThreadTag) {
        let mut text = Vec::new();
        let mut words = self.words.as_slice();
        while let Some((view, rest)) = View::split(words) {
            words = rest;
            let name = match view.name() as usize {
                0 => "",
                number => {
                    if number > self.names.len() {
                        self.names.clone_from(&NAMES.lock());
                    }
                    self.names.get(number - 1).copied().unwrap_or("")
                }
            };
            let details = match view.details() {
                0 => None,
                id => DETAILS.lock().as_ref().and_then(|details| details.get(&id).cloned()),
            };
            if let Some(event) = view.event(name, details.as_deref(), &mut text) {
                self.sinks.iter_mut().for_each(|(_, sink)| sink.event(thread, &event));
            }
        }
    }
}

/// Begins to tell a sink what happens from now on.
///
/// # Errors
/// The system refuses to start a thread.
pub fn add(sink: Box<dyn Sink>) -> io::Result<SinkId> {
    static EXIT: Once = Once::new();
    EXIT.call_once(|| at_exit(finish));
    OWNER.store(std::process::id(), Ordering::Relaxed);
    let mut hub = HUB.lock();
    // What happened before is the other sinks' business, or nobody's.
    hub.drain();
    if !hub.running {
        spawn("aclsim-trace", work)?;
        hub.running = true;
    }
    hub.added += 1;
    let id = SinkId(hub.added);
    hub.sinks.push((id, sink));
    watch(TRACE, true);
    Ok(id)
}

/// Tells a sink what happened until now, and nothing more.
///
/// # Errors
/// What the sink answers.
pub fn remove(id: SinkId) -> io::Result<()> {
    let mut hub = HUB.lock();
    let Some(place) = hub.sinks.iter().position(|(other, _)| *other == id) else { return Ok(()) };
    if hub.sinks.len() == 1 {
        watch(TRACE, false);
    }
    hub.drain();
    let (_, mut sink) = hub.sinks.remove(place);
    if hub.sinks.is_empty() {
        // The writer sees that it is no longer needed.
        WAKE.notify_one();
    }
    sink.finish(LOST.load(Ordering::Relaxed))
}

/// The life of the writer.
fn work() {
    let mut hub = HUB.lock();
    while !hub.sinks.is_empty() {
        hub.drain();
        if !CALLED.load(Ordering::Relaxed) {
            WAKE.wait_for(&mut hub, INTERVAL);
        } else {
            // Whoever waits for the hub gets it.
            parking_lot::MutexGuard::bump(&mut hub);
        }
    }
    hub.running = false;
}

/// The process ends: files are completed. A forked child has none of its own.
extern "C" fn finish() {
    if OWNER.load(Ordering::Relaxed) != std::process::id() || !on() {
        return;
    }
    watch(TRACE, false);
    // The writer may have been stopped anywhere, or another thread goes on as if nothing had happened.
    let Some(mut hub) = HUB.try_lock_for(LAST_PATIENCE) else { return };
    hub.drain();
    for (_, mut sink) in mem::take(&mut hub.sinks) {
        // Nobody is left to be told.
        let _ = sink.finish(LOST.load(Ordering::Relaxed));
    }
}
