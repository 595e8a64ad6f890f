//! Memory pools in stream order: allocations that begin and end with a stream's work.
//!
//! A pool keeps what is freed, for later allocations of its size: at once on the stream that freed it, since whatever
//! used it comes before; on another stream when an event has ordered the two, when the first has passed the point where
//! it was freed, or, if nothing else is left, by making the second wait for it. A block keeps its number while the pool
//! has it: work queued before it changed hands still finds the block it was checked against.

use crate::{
    Device, Event, EventKind, EventOptions, ExecError, Stream, TaskContext,
    exec::Closure,
    memory::{self, AllocInfo, MemoryError, Origin, PagePolicy, Pages, Request, Side},
    order,
};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

/// A block is used for what needs at least half of it, or leaves less than this.
const WASTE: u64 = 64 << 10;

/// What can go wrong with pools.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// The memory.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The stream.
    #[error(transparent)]
    Exec(#[from] ExecError),
}

/// Which blocks that another stream freed may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reuse {
    /// Those that events have ordered.
    FollowEvents,
    /// Those whose stream has passed the point where they were freed.
    Opportunistic,
    /// Any, by waiting for that point.
    InternalDependencies,
}

/// A pool's figures, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// What it has of the device's memory.
    pub reserved: u64,
    /// The most it had.
    pub reserved_high: u64,
    /// What of it the program has.
    pub used: u64,
    /// The most the program had.
    pub used_high: u64,
}

/// A block that the program has given back.
struct Free {
    address: u64,
    len: u64,
    stream: Weak<Stream>,
    /// The task of that stream at which it was freed.
    number: u64,
    passed: Arc<AtomicBool>,
}

struct State {
    /// Bytes of the blocks that the program has, by address.
    live: HashMap<u64, u64>,
    free: Vec<Free>,
    figures: Figures,
    threshold: u64,
    follow: bool,
    opportunistic: bool,
    internal: bool,
    destroyed: bool,
}

/// A pool.
pub struct Pool {
    device: &'static Device,
    max: u64,
    state: Mutex<State>,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "pool of device {}", self.device_id())
    }
}

/// The pools that have memory, and whose block is where.
#[derive(Default)]
struct Registry {
    pools: Vec<Arc<Pool>>,
    owners: HashMap<u64, Arc<Pool>>,
}

static REGISTRY: Mutex<Option<Registry>> = Mutex::new(None);
/// Whether there ever was a pool: until then, nobody asks.
static ANY: AtomicBool = AtomicBool::new(false);

fn with_registry<T>(act: impl FnOnce(&mut Registry) -> T) -> T {
    act(REGISTRY.lock().get_or_insert_default())
}

/// Says that a stream has come to the point where a block was freed, also when it is dropped with its stream.
struct Passed(Arc<AtomicBool>);

impl Drop for Passed {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Pool {
    /// A pool of at most `max` bytes of a device, 0 for no limit but the device's.
    pub fn new(device: &'static Device, max: u64) -> Arc<Pool> {
        ANY.store(true, Ordering::Relaxed);
        order::want();
        let pool = Arc::new(Pool {
            device,
            max: if max == 0 { u64::MAX } else { max },
            state: Mutex::new(State {
                live: HashMap::new(),
                free: Vec::new(),
                figures: Figures::default(),
                threshold: 0,
                follow: true,
                opportunistic: true,
                internal: true,
                destroyed: false,
            }),
        });
        with_registry(|registry| registry.pools.push(pool.clone()));
        pool
    }

    /// The device.
    pub fn device_id(&self) -> u32 {
        self.device.id()
    }

    /// Allocates for what is queued on `stream` from now on.
    ///
    /// # Errors
    /// Pool or device have no memory left, or waiting for another stream failed.
    pub fn alloc(
        self: &Arc<Self>,
        name: &'static str,
        size: u64,
        stream: &Arc<Stream>,
    ) -> Result<AllocInfo, PoolError> {
        let need = size.checked_next_multiple_of(memory::GRANULE).ok_or_else(|| self.exhausted(size, 0))?;
        let mut state = self.state.lock();
        if let Some(found) = state.fitting(need, stream, false) {
            return self.reuse(&mut state, found, size);
        }
        let error = match self.grow(&mut state, size, need) {
            Ok(info) => return Ok(info),
            Err(error) => error,
        };
        // Memory is short: a block may be larger than needed, and free ones that do not fit go.
        if let Some(found) = state.fitting(need, stream, true) {
            return self.reuse(&mut state, found, size);
        }
        state.trim(|_, _| true);
        if let Ok(info) = self.grow(&mut state, size, need) {
            return Ok(info);
        }
        let Some(found) = state.awaited(need) else { return Err(error.into()) };
        let ordered = match state.free[found].stream.upgrade() {
            Some(other) => self.order_after(name, &other, stream).is_ok(),
            // What is gone has nothing left to wait for.
            None => true,
        };
        // A stream that was destroyed with work under way cannot be waited for.
        if !ordered {
            return Err(error.into());
        }
        self.reuse(&mut state, found, size)
    }

    fn exhausted(&self, requested: u64, free: u64) -> MemoryError {
        let (device, pages) = (self.device_id(), Pages::Huge);
        MemoryError::OutOfMemory { device, pages, requested, free, capacity: self.max }
    }

    /// Makes `stream` wait for what is queued on `other` now, which is behind the point where it freed the block.
    fn order_after(
        &self,
        name: &'static str,
        other: &Arc<Stream>,
        stream: &Arc<Stream>,
    ) -> Result<(), ExecError> {
        let options = EventOptions { kind: EventKind::Ex, sync: true, ..EventOptions::default() };
        let event = Event::new(self.device, options)?;
        event.record(name, other)?;
        event.wait(name, stream)
    }

    fn grow(self: &Arc<Self>, state: &mut State, size: u64, need: u64) -> Result<AllocInfo, MemoryError> {
        let left = self.max.saturating_sub(state.figures.reserved);
        if need > left {
            return Err(self.exhausted(size, left));
        }
        let origin = Origin::MemPoolMallocAsync;
        let request = Request { size, policy: PagePolicy::HugeFirst, exact: true, origin };
        let info = memory::alloc(self.device_id(), &request)?;
        state.figures.reserved += need;
        state.figures.reserved_high = state.figures.reserved_high.max(state.figures.reserved);
        self.hand_out(state, info.base, need);
        Ok(info)
    }

    fn reuse(self: &Arc<Self>, state: &mut State, found: usize, size: u64) -> Result<AllocInfo, PoolError> {
        let free = state.free.swap_remove(found);
        let info = memory::unpark(free.address, size)?;
        self.hand_out(state, free.address, free.len);
        Ok(info)
    }

    fn hand_out(self: &Arc<Self>, state: &mut State, address: u64, len: u64) {
        state.live.insert(address, len);
        state.figures.used += len;
        state.figures.used_high = state.figures.used_high.max(state.figures.used);
        with_registry(|registry| registry.owners.insert(address, self.clone()));
    }

    /// Gives a block back, once `stream` comes to this point.
    fn free(&self, name: &'static str, address: u64, stream: &Arc<Stream>) -> Result<(), PoolError> {
        let mut state = self.state.lock();
        let Some(len) = state.live.get(&address).copied() else { return Err(not_pooled(address).into()) };
        let passed = Arc::new(AtomicBool::new(false));
        let mark = Passed(passed.clone());
        let reached = move |_: &TaskContext| {
            mark.0.store(true, Ordering::Release);
            Ok(())
        };
        let number = stream.submit_task(name, Closure::<_, false>::new(reached))?;
        memory::park(address, Origin::MemPoolFreeAsync)?;
        state.live.remove(&address);
        state.figures.used -= len;
        with_registry(|registry| registry.owners.remove(&address));
        state.free.push(Free { address, len, stream: Arc::downgrade(stream), number, passed });
        if state.destroyed {
            state.trim(|_, _| true);
        }
        Ok(())
    }

    /// Gives back to the device what is free and not in use any more, until at most `keep` bytes are left.
    pub fn trim_to(&self, keep: u64) {
        self.state.lock().trim(|figures, _| figures.reserved > keep);
    }

    /// How many free bytes stay with the pool when a stream is waited for.
    pub fn set_threshold(&self, bytes: u64) {
        self.state.lock().threshold = bytes;
    }

    /// How many free bytes stay with the pool when a stream is waited for.
    pub fn threshold(&self) -> u64 {
        self.state.lock().threshold
    }

    /// Allows or forbids a kind of reuse.
    pub fn set_reuse(&self, kind: Reuse, allowed: bool) {
        *self.state.lock().switch(kind) = allowed;
    }

    /// Whether a kind of reuse is allowed.
    pub fn reuses(&self, kind: Reuse) -> bool {
        *self.state.lock().switch(kind)
    }

    /// Its figures.
    pub fn figures(&self) -> Figures {
        self.state.lock().figures
    }

    /// The highest figures are the present ones again: of what it has, or of what the program has.
    pub fn reset_high(&self, used: bool) {
        let figures = &mut self.state.lock().figures;
        if used {
            figures.used_high = figures.used;
        } else {
            figures.reserved_high = figures.reserved;
        }
    }

    /// Allocates no more, and gives its memory back as soon as the program and its streams are done with it.
    pub fn destroy(&self) {
        let mut state = self.state.lock();
        state.destroyed = true;
        state.trim(|_, _| true);
    }

    /// Whether it was destroyed and has nothing left. Never waits.
    fn is_over(&self) -> bool {
        self.state.try_lock().is_some_and(|state| state.destroyed && state.figures.reserved == 0)
    }

    /// Walks every invariant.
    ///
    /// # Errors
    /// What does not hold.
    pub fn check(&self) -> Result<(), String> {
        let state = self.state.lock();
        let used: u64 = state.live.values().sum();
        let free: u64 = state.free.iter().map(|free| free.len).sum();
        let figures = state.figures;
        if figures.used != used || figures.reserved != used + free {
            return Err(format!("{figures:?}, but {used} bytes are used and {free} free"));
        }
        if figures.reserved > figures.reserved_high || used > figures.used_high || figures.reserved > self.max
        {
            return Err(format!("{figures:?} of at most {}", self.max));
        }
        for (address, len) in &state.live {
            let info = memory::check_range(*address, 1).map_err(|error| error.to_string())?;
            if info.base != *address || info.size > *len || info.origin != Origin::MemPoolMallocAsync {
                return Err(format!("{info} is handed out as {len} bytes at {address:#x}"));
            }
        }
        for free in &state.free {
            if memory::check_range(free.address, 1).is_ok() || state.live.contains_key(&free.address) {
                return Err(format!("the free block at {:#x} is live", free.address));
            }
        }
        Ok(())
    }
}

impl State {
    fn switch(&mut self, kind: Reuse) -> &mut bool {
        match kind {
            Reuse::FollowEvents => &mut self.follow,
            Reuse::Opportunistic => &mut self.opportunistic,
            Reuse::InternalDependencies => &mut self.internal,
        }
    }

    /// The free block closest to what is needed that work on `stream` may use now.
    fn fitting(&self, need: u64, stream: &Arc<Stream>, any_size: bool) -> Option<usize> {
        let fits = |free: &Free| free.len >= need && (any_size || free.len - need <= need.max(WASTE));
        let mut fitting: Vec<usize> = (0..self.free.len()).filter(|i| fits(&self.free[*i])).collect();
        fitting.sort_by_key(|i| self.free[*i].len);
        fitting.into_iter().find(|i| {
            let free = &self.free[*i];
            std::ptr::eq(free.stream.as_ptr(), Arc::as_ptr(stream))
                || (self.opportunistic && free.passed.load(Ordering::Acquire))
                || (self.follow && order::is_after(stream, &free.stream, free.number))
        })
    }

    /// The free block closest to what is needed, whoever still uses it.
    fn awaited(&self, need: u64) -> Option<usize> {
        let fitting = (0..self.free.len()).filter(|i| self.internal && self.free[*i].len >= need);
        fitting.min_by_key(|i| self.free[*i].len)
    }

    /// Gives free blocks back to the device whose streams have passed, oldest first, as long as `wanted`: asked with the
    /// figures and the free bytes.
    fn trim(&mut self, wanted: impl Fn(&Figures, u64) -> bool) {
        let mut free: u64 = self.free.iter().map(|free| free.len).sum();
        let figures = &mut self.figures;
        self.free.retain(|block| {
            if !block.passed.load(Ordering::Acquire) || !wanted(figures, free) {
                return true;
            }
            figures.reserved -= block.len;
            free -= block.len;
            memory::free_parked(block.address);
            false
        });
    }
}

#[cold]
fn not_pooled(address: u64) -> MemoryError {
    MemoryError::NotAStart { expected: Side::Device, address, found: memory::describe(address) }
}

/// Gives a block of some pool back, once `stream` comes to this point.
///
/// # Errors
/// The address is where no pool's block begins, or the stream takes no more tasks.
pub fn free(name: &'static str, address: u64, stream: &Arc<Stream>) -> Result<(), PoolError> {
    let owner = with_registry(|registry| registry.owners.get(&address).cloned());
    match owner {
        Some(pool) => pool.free(name, address, stream),
        None => Err(not_pooled(address).into()),
    }
}

/// Whether `len` bytes from `address` on lie in a block that was given back on a stream which has not come to that point.
/// Work queued before may still use it.
#[cold]
pub(crate) fn is_pending(address: u64, len: u64) -> bool {
    if !ANY.load(Ordering::Relaxed) {
        return false;
    }
    let pools = with_registry(|registry| registry.pools.clone());
    let holds = |free: &Free| {
        let at = address.checked_sub(free.address);
        let within = at.and_then(|at| at.checked_add(len)).is_some_and(|end| end <= free.len);
        within && !free.passed.load(Ordering::Acquire)
    };
    pools.iter().any(|pool| pool.state.lock().free.iter().any(holds))
}

/// A stream was waited for: pools give back what is free beyond their thresholds.
#[inline]
pub(crate) fn synchronized() {
    if ANY.load(Ordering::Relaxed) {
        trim_all();
    }
}

#[cold]
fn trim_all() {
    let pools = with_registry(|registry| registry.pools.clone());
    let mut over = false;
    for pool in &pools {
        let mut state = pool.state.lock();
        let keep = if state.destroyed { 0 } else { state.threshold };
        state.trim(|_, free| free > keep);
        over |= state.destroyed && state.figures.reserved == 0;
    }
    if over {
        with_registry(|registry| registry.pools.retain(|pool| !pool.is_over()));
    }
}

/// A device is about to be cleared: its pools have nothing left.
pub fn clear(device: u32) {
    if !ANY.load(Ordering::Relaxed) {
        return;
    }
    let pools = with_registry(|registry| {
        registry.owners.retain(|_, pool| pool.device_id() != device);
        registry.pools.clone()
    });
    for pool in pools.iter().filter(|pool| pool.device_id() == device) {
        let mut state = pool.state.lock();
        state.live.clear();
        state.free.clear();
        (state.figures.reserved, state.figures.used) = (0, 0);
    }
}
