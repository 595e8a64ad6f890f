//! Handles of the C ABI: checked numbers inside `void *`, never dereferenced.
//!
//! ```text
//! 63..56  zero
//! 55..48  kind, never zero: the value is no canonical address, so no real pointer is taken for a handle
//! 47..24  generation of the slot
//! 23..0   index of the slot, from 1
//! ```
//!
//! A look-up is a load and a compare-and-swap. A [`Ref`] pins its slot: destroying an object in use makes the handle
//! stale at once and drops the value with the last pin. The generation is 24 bits wide, so a stale handle is
//! recognised until its slot has been used 16,777,216 more times.

#[cfg(not(loom))]
use crate::{ArgError, Error};
mod locked;

pub use locked::{LockTable, Locked};

use locked::wait_unlocked;
use npu_types::sync::{
    UnsafeCell,
    atomic::{AtomicU32, AtomicU64, Ordering},
};
use std::{ffi::c_void, fmt, mem::MaybeUninit, ops::Deref, sync::OnceLock};

const INDEX_BITS: u32 = 24;
const GENERATION_BITS: u32 = 24;
const INDEX_MASK: u64 = (1 << INDEX_BITS) - 1;
const GENERATION_MASK: u64 = (1 << GENERATION_BITS) - 1;
const KIND_SHIFT: u32 = INDEX_BITS + GENERATION_BITS;

/// The kinds of object that C programs hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "each is named by `name`")]
pub enum Kind {
    Context = 0x81,
    Stream,
    Event,
    Notify,
    Label,
    StreamConfig,
    Tensor,
    TensorList,
    Scalar,
    ScalarList,
    IntArray,
    FloatArray,
    BoolArray,
    Executor,
    DataBuffer,
    Dataset,
    TensorDesc,
    MemPool,
    PhysicalMemory,
    ModelDesc,
    OpAttr,
    OpHandle,
    KernelDesc,
    GraphDumpOption,
    Communicator,
    Model,
    GraphTask,
    TaskGroup,
    Condition,
    CountNotify,
    KernelImage,
    KernelBinary,
    KernelFunction,
    KernelArgs,
    AllocatorDesc,
    LabelList,
    ExceptionInfo,
    GroupInfo,
    ProfConfig,
    ProfSubscribeConfig,
    Stamp,
    StepInfo,
    Buffer,
    TdtItem,
    TdtDataset,
    TdtChannel,
    QueueAttr,
    QueueRoute,
    QueueRouteList,
    QueueRouteQuery,
}

impl Kind {
    const ALL: [Kind; 50] = [
        Kind::Context,
        Kind::Stream,
        Kind::Event,
        Kind::Notify,
        Kind::Label,
        Kind::StreamConfig,
        Kind::Tensor,
        Kind::TensorList,
        Kind::Scalar,
        Kind::ScalarList,
        Kind::IntArray,
        Kind::FloatArray,
        Kind::BoolArray,
        Kind::Executor,
        Kind::DataBuffer,
        Kind::Dataset,
        Kind::TensorDesc,
        Kind::MemPool,
        Kind::PhysicalMemory,
        Kind::ModelDesc,
        Kind::OpAttr,
        Kind::OpHandle,
        Kind::KernelDesc,
        Kind::GraphDumpOption,
        Kind::Communicator,
        Kind::Model,
        Kind::GraphTask,
        Kind::TaskGroup,
        Kind::Condition,
        Kind::CountNotify,
        Kind::KernelImage,
        Kind::KernelBinary,
        Kind::KernelFunction,
        Kind::KernelArgs,
        Kind::AllocatorDesc,
        Kind::LabelList,
        Kind::ExceptionInfo,
        Kind::GroupInfo,
        Kind::ProfConfig,
        Kind::ProfSubscribeConfig,
        Kind::Stamp,
        Kind::StepInfo,
        Kind::Buffer,
        Kind::TdtItem,
        Kind::TdtDataset,
        Kind::TdtChannel,
        Kind::QueueAttr,
        Kind::QueueRoute,
        Kind::QueueRouteList,
        Kind::QueueRouteQuery,
    ];

    /// The C type, for messages.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Context => "aclrtContext",
            Kind::Stream => "aclrtStream",
            Kind::Event => "aclrtEvent",
            Kind::Notify => "aclrtNotify",
            Kind::Label => "aclrtLabel",
            Kind::StreamConfig => "aclrtStreamConfigHandle",
            Kind::Tensor => "aclTensor",
            Kind::TensorList => "aclTensorList",
            Kind::Scalar => "aclScalar",
            Kind::ScalarList => "aclScalarList",
            Kind::IntArray => "aclIntArray",
            Kind::FloatArray => "aclFloatArray",
            Kind::BoolArray => "aclBoolArray",
            Kind::Executor => "aclOpExecutor",
            Kind::DataBuffer => "aclDataBuffer",
            Kind::Dataset => "aclmdlDataset",
            Kind::TensorDesc => "aclTensorDesc",
            Kind::MemPool => "aclrtMemPool",
            Kind::PhysicalMemory => "aclrtDrvMemHandle",
            Kind::ModelDesc => "aclmdlDesc",
            Kind::OpAttr => "aclopAttr",
            Kind::OpHandle => "aclopHandle",
            Kind::KernelDesc => "aclopKernelDesc",
            Kind::GraphDumpOption => "aclGraphDumpOption",
            Kind::Communicator => "HcclComm",
            Kind::Model => "aclmdlRI",
            Kind::GraphTask => "aclmdlRITask",
            Kind::TaskGroup => "aclrtTaskGrp",
            Kind::Condition => "aclmdlRICondHandle",
            Kind::CountNotify => "aclrtCntNotify",
            Kind::KernelImage => "aclrtBinary",
            Kind::KernelBinary => "aclrtBinHandle",
            Kind::KernelFunction => "aclrtFuncHandle",
            Kind::AllocatorDesc => "aclrtAllocatorDesc",
            Kind::KernelArgs => "aclrtArgsHandle",
            Kind::LabelList => "aclrtLabelList",
            Kind::ExceptionInfo => "aclrtExceptionInfo",
            Kind::GroupInfo => "aclrtGroupInfo",
            Kind::ProfConfig => "aclprofConfig",
            Kind::ProfSubscribeConfig => "aclprofSubscribeConfig",
            Kind::Stamp => "stamp of aclprofCreateStamp",
            Kind::StepInfo => "aclprofStepInfo",
            Kind::Buffer => "aclrtMbuf",
            Kind::TdtItem => "acltdtDataItem",
            Kind::TdtDataset => "acltdtDataset",
            Kind::TdtChannel => "acltdtChannelHandle",
            Kind::QueueAttr => "acltdtQueueAttr",
            Kind::QueueRoute => "acltdtQueueRoute",
            Kind::QueueRouteList => "acltdtQueueRouteList",
            Kind::QueueRouteQuery => "acltdtQueueRouteQueryInfo",
        }
    }

    fn of(raw: u64) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| u64::from(*kind as u8) == raw >> KIND_SHIFT)
    }
}

/// Why a handle names no live object of the kind asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandleError {
    /// Null where an object is required.
    Null {
        /// The kind asked for.
        expected: Kind,
    },
    /// Not a handle of this library: a real pointer, an integer, uninitialised memory.
    Foreign {
        /// The kind asked for.
        expected: Kind,
        /// The value.
        raw: usize,
    },
    /// A handle of another kind.
    WrongKind {
        /// The kind asked for.
        expected: Kind,
        /// The kind it is of.
        found: Kind,
        /// The value.
        raw: usize,
    },
    /// The object was destroyed.
    Stale {
        /// The kind asked for.
        expected: Kind,
        /// The value.
        raw: usize,
    },
    /// 16,777,215 objects of the kind are alive.
    Exhausted {
        /// The kind asked for.
        expected: Kind,
    },
}

impl HandleError {
    #[cfg(not(loom))]
    /// The boundary's error, naming the C parameter.
    #[cold]
    pub fn arg(self, argument: &'static str) -> Error {
        match self {
            HandleError::Null { .. } => ArgError::Null { argument }.into(),
            HandleError::Exhausted { expected } => Error::Code {
                code: crate::code::ACL_ERROR_RT_RESOURCE_ALLOC_FAIL,
                what: format!("all {INDEX_MASK} handles of kind {} are in use", expected.name()),
            },
            HandleError::Foreign { expected, .. }
            | HandleError::WrongKind { expected, .. }
            | HandleError::Stale { expected, .. } => {
                ArgError::Handle { argument, expected: expected.name(), got: self.to_string() }.into()
            }
        }
    }
}

impl fmt::Display for HandleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HandleError::Null { .. } => write!(f, "null"),
            HandleError::Foreign { raw, .. } => write!(f, "{raw:#x}, which is no handle of this library"),
            HandleError::WrongKind { found, raw, .. } => write!(f, "{raw:#x}, which is an {}", found.name()),
            HandleError::Stale { expected, raw } => {
                write!(f, "{raw:#x}, an {} that was already destroyed", expected.name())
            }
            HandleError::Exhausted { .. } => write!(f, "no free handle"),
        }
    }
}

impl std::error::Error for HandleError {}

/// Slot state: generation, whether the handle is live, whether its value is locked, and the number of pins. A live
/// handle holds one pin itself, so the pins reach zero exactly once.
#[derive(Clone, Copy)]
struct State(u64);

impl State {
    const LIVE: u64 = 1 << 39;
    const LOCKED: u64 = 1 << 38;
    const GENERATION_SHIFT: u32 = 40;

    fn generation(self) -> u64 {
        self.0 >> Self::GENERATION_SHIFT
    }
    fn live(self) -> bool {
        self.0 & Self::LIVE != 0
    }
    fn locked(self) -> bool {
        self.0 & Self::LOCKED != 0
    }
    fn pins(self) -> u64 {
        self.0 & (Self::LOCKED - 1)
    }
}

struct Slot<T> {
    state: AtomicU64,
    /// A number that goes with the object, readable without a pin.
    tag: AtomicU64,
    /// Index of the next free slot, 0 at the end. Meaningful while the slot is on the free list.
    next_free: AtomicU32,
    value: UnsafeCell<MaybeUninit<T>>,
}

impl<T> Slot<T> {
    fn new() -> Self {
        Slot {
            state: AtomicU64::new(0),
            tag: AtomicU64::new(0),
            next_free: AtomicU32::new(0),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }
}

/// Whether an object is live, in one load.
#[derive(Debug, Clone, Copy)]
pub struct Watch<'a> {
    state: &'a AtomicU64,
    generation: u64,
}

impl Watch<'_> {
    fn now(&self) -> State {
        State(self.state.load(Ordering::Acquire))
    }

    /// Whether the object was not destroyed yet.
    #[inline]
    pub fn is_live(&self) -> bool {
        let now = self.now();
        now.live() && now.generation() == self.generation
    }
}

/// Slots of the first chunk; each further chunk is twice as large.
const FIRST_CHUNK: usize = if cfg!(loom) { 2 } else { 64 };
const CHUNKS: usize = INDEX_BITS as usize - FIRST_CHUNK.trailing_zeros() as usize;

/// The objects of one kind.
pub struct HandleTable<T> {
    kind: Kind,
    chunks: [OnceLock<Box<[Slot<T>]>>; CHUNKS],
    /// Slots ever used.
    used: AtomicU32,
    /// Free list: a tag against ABA in the upper 40 bits, the first free index below.
    free: AtomicU64,
}

// SAFETY: values are handed out as `&T` to any thread and dropped on the thread of the last pin.
unsafe impl<T: Send + Sync> Sync for HandleTable<T> {}
// SAFETY: the table owns its values.
unsafe impl<T: Send> Send for HandleTable<T> {}

impl<T> HandleTable<T> {
    /// An empty table.
    #[cfg(not(loom))]
    pub const fn new(kind: Kind) -> Self {
        HandleTable {
            kind,
            chunks: [const { OnceLock::new() }; CHUNKS],
            used: AtomicU32::new(0),
            free: AtomicU64::new(0),
        }
    }

    /// An empty table.
    #[cfg(loom)]
    pub fn new(kind: Kind) -> Self {
        HandleTable {
            kind,
            chunks: [const { OnceLock::new() }; CHUNKS],
            used: AtomicU32::new(0),
            free: AtomicU64::new(0),
        }
    }

    fn place(index: u32) -> (usize, usize) {
        let position = index as usize - 1 + FIRST_CHUNK;
        let chunk = (position / FIRST_CHUNK).ilog2() as usize;
        (chunk, position - (FIRST_CHUNK << chunk))
    }

    #[inline]
    fn slot(&self, index: u32) -> Option<&Slot<T>> {
        if index == 0 {
            return None;
        }
        let (chunk, offset) = Self::place(index);
        self.chunks.get(chunk)?.get()?.get(offset)
    }

    /// A slot whose index came from this table.
    fn own_slot(&self, index: u32) -> &Slot<T> {
        self.slot(index).expect("an index of this table")
    }

    /// Adds an object and returns its handle. Takes no lock and, once slots have been freed, allocates nothing.
    ///
    /// # Errors
    /// [`HandleError::Exhausted`] when every index is in use.
    pub fn insert(&self, value: T) -> Result<*mut c_void, HandleError> {
        self.insert_tagged(value, 0)
    }

    /// As [`HandleTable::insert`], with a number for [`HandleTable::tag`] and [`HandleTable::take`].
    ///
    /// # Errors
    /// [`HandleError::Exhausted`] when every index is in use.
    #[inline]
    pub fn insert_tagged(&self, value: T, tag: u64) -> Result<*mut c_void, HandleError> {
        let index = match self.pop_free() {
            Some(index) => index,
            None => self.fresh()?,
        };
        let slot = self.own_slot(index);
        // SAFETY: the slot was just taken off the free list or never used, and is not live: nobody else reads it.
        slot.value.with_mut(|cell| unsafe { cell.cast::<T>().write(value) });
        // A slot starts at generation 0, which no handle has.
        let generation = (State(slot.state.load(Ordering::Relaxed)).generation() + 1) & GENERATION_MASK;
        // Whoever sees this number sees too that the object before is gone.
        slot.tag.store(tag, Ordering::Release);
        slot.state.store(generation << State::GENERATION_SHIFT | State::LIVE | 1, Ordering::Release);
        let raw = u64::from(self.kind as u8) << KIND_SHIFT | generation << INDEX_BITS | u64::from(index);
        Ok(std::ptr::without_provenance_mut(raw as usize))
    }

    #[cold]
    fn fresh(&self) -> Result<u32, HandleError> {
        let claimed = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            (u64::from(used) < INDEX_MASK).then_some(used + 1)
        });
        let Ok(used) = claimed else { return Err(HandleError::Exhausted { expected: self.kind }) };
        let index = used + 1;
        let (chunk, _) = Self::place(index);
        self.chunks[chunk].get_or_init(|| (0..FIRST_CHUNK << chunk).map(|_| Slot::new()).collect());
        Ok(index)
    }

    fn pop_free(&self) -> Option<u32> {
        let mut head = self.free.load(Ordering::Acquire);
        loop {
            let index = (head & INDEX_MASK) as u32;
            if index == 0 {
                return None;
            }
            let next = self.own_slot(index).next_free.load(Ordering::Relaxed);
            let tag = (head >> INDEX_BITS).wrapping_add(1);
            let new = tag << INDEX_BITS | u64::from(next);
            match self.free.compare_exchange_weak(head, new, Ordering::Acquire, Ordering::Acquire) {
                Ok(_) => return Some(index),
                Err(now) => head = now,
            }
        }
    }

    fn push_free(&self, index: u32, slot: &Slot<T>) {
        let mut head = self.free.load(Ordering::Relaxed);
        loop {
            slot.next_free.store((head & INDEX_MASK) as u32, Ordering::Relaxed);
            let tag = (head >> INDEX_BITS).wrapping_add(1);
            let new = tag << INDEX_BITS | u64::from(index);
            match self.free.compare_exchange_weak(head, new, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Splits a handle of this table's kind into slot, index and generation.
    #[inline]
    fn decode(&self, raw: *const c_void) -> Result<(&Slot<T>, u32, u64), HandleError> {
        let bits = raw.addr() as u64;
        if bits >> KIND_SHIFT != u64::from(self.kind as u8) {
            return Err(self.not_mine(bits));
        }
        let index = (bits & INDEX_MASK) as u32;
        match self.slot(index) {
            Some(slot) => Ok((slot, index, bits >> INDEX_BITS & GENERATION_MASK)),
            None => Err(HandleError::Foreign { expected: self.kind, raw: bits as usize }),
        }
    }

    #[cold]
    fn not_mine(&self, bits: u64) -> HandleError {
        let (expected, raw) = (self.kind, bits as usize);
        match Kind::of(bits) {
            _ if bits == 0 => HandleError::Null { expected },
            Some(found) => HandleError::WrongKind { expected, found, raw },
            None => HandleError::Foreign { expected, raw },
        }
    }

    #[cold]
    fn not_live(&self, raw: *const c_void, state: State, generation: u64) -> HandleError {
        let (expected, raw) = (self.kind, raw.addr());
        // A generation from the future was never handed out.
        if generation > state.generation() {
            return HandleError::Foreign { expected, raw };
        }
        HandleError::Stale { expected, raw }
    }

    /// The object of a handle, pinned until the [`Ref`] is dropped.
    ///
    /// # Errors
    /// Null, foreign, of another kind, or destroyed.
    #[inline]
    pub fn get(&self, raw: *const c_void) -> Result<Ref<'_, T>, HandleError> {
        self.pin(raw, 1)
    }

    /// Makes the handle stale. The value lives on until the returned [`Ref`] and all others are dropped.
    ///
    /// # Errors
    /// Null, foreign, of another kind, or already destroyed.
    pub fn remove(&self, raw: *const c_void) -> Result<Ref<'_, T>, HandleError> {
        // The handle's own pin becomes the reference's.
        self.pin(raw, State::LIVE.wrapping_neg())
    }

    /// The number that was stored with a live object. Costs no read-modify-write: for questions asked at every call.
    ///
    /// # Errors
    /// Null, foreign, of another kind, or destroyed.
    #[inline]
    pub fn tag(&self, raw: *const c_void) -> Result<u64, HandleError> {
        let (slot, _, generation) = self.decode(raw)?;
        let before = State(slot.state.load(Ordering::Acquire));
        let tag = slot.tag.load(Ordering::Acquire);
        // The number belongs to this object if the object is still there after the number was read.
        let after = State(slot.state.load(Ordering::Relaxed));
        match before.generation() == generation && after.generation() == generation && after.live() {
            true => Ok(tag),
            false => Err(self.not_live(raw, after, generation)),
        }
    }

    /// A way to ask again and again whether a live object still is.
    ///
    /// # Errors
    /// Null, foreign, of another kind, or destroyed.
    pub fn watch(&self, raw: *const c_void) -> Result<Watch<'_>, HandleError> {
        let (slot, _, generation) = self.decode(raw)?;
        let watch = Watch { state: &slot.state, generation };
        if watch.is_live() { Ok(watch) } else { Err(self.not_live(raw, watch.now(), generation)) }
    }

    /// Changes the number stored with a live object. Only the one thread that may end the object calls this.
    pub fn retag(&self, raw: *const c_void, tag: u64) -> Result<(), HandleError> {
        let pinned = self.get(raw)?;
        pinned.slot.tag.store(tag, Ordering::Release);
        Ok(())
    }

    /// Makes the handle stale and moves the object out, if nobody else has it pinned; otherwise gives the pin.
    ///
    /// # Errors
    /// As for [`HandleTable::remove`].
    #[inline]
    pub fn take(&self, raw: *const c_void) -> Result<Taken<'_, T>, HandleError> {
        let held = self.remove(raw)?;
        if State(held.slot.state.load(Ordering::Acquire)).pins() != 1 {
            return Ok(Taken::Shared(held));
        }
        let (slot, index) = (held.slot, held.index);
        std::mem::forget(held);
        // SAFETY: the handle is stale and its last pin was forgotten above, so the value is reachable from here only.
        let value = slot.value.with_mut(|cell| unsafe { cell.cast::<T>().read() });
        // The slot is not live: the store races with nobody.
        let rest = slot.state.load(Ordering::Relaxed) - 1;
        slot.state.store(rest, Ordering::Release);
        self.push_free(index, slot);
        Ok(Taken::Owned(value))
    }

    /// Adds `delta` to the state of a live slot.
    #[inline]
    fn pin(&self, raw: *const c_void, delta: u64) -> Result<Ref<'_, T>, HandleError> {
        let (slot, index, generation) = self.decode(raw)?;
        let mut state = slot.state.load(Ordering::Relaxed);
        loop {
            if State(state).generation() != generation || !State(state).live() {
                return Err(self.not_live(raw, State(state), generation));
            }
            if State(state).locked() {
                state = wait_unlocked(slot);
                continue;
            }
            let new = state.wrapping_add(delta);
            match slot.state.compare_exchange_weak(state, new, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Ok(Ref { table: self, slot, index }),
                Err(now) => state = now,
            }
        }
    }

    /// Calls `visit` with every live object. Objects added or removed meanwhile may be seen or not.
    pub fn for_each(&self, mut visit: impl FnMut(*mut c_void, &T)) {
        for index in 1..=self.used.load(Ordering::Acquire) {
            let Some(slot) = self.slot(index) else { continue };
            let state = State(slot.state.load(Ordering::Relaxed));
            let raw = u64::from(self.kind as u8) << KIND_SHIFT
                | state.generation() << INDEX_BITS
                | u64::from(index);
            let raw = std::ptr::without_provenance_mut(raw as usize);
            if state.live()
                && let Ok(object) = self.get(raw)
            {
                visit(raw, &object);
            }
        }
    }

    /// The number of live objects, a snapshot.
    pub fn live(&self) -> usize {
        let mut count = 0;
        self.for_each(|_, _| count += 1);
        count
    }

    fn unpin(&self, slot: &Slot<T>, index: u32) {
        let before = State(slot.state.fetch_sub(1, Ordering::Release));
        if before.pins() == 1 {
            self.reclaim(slot, index);
        }
    }

    fn reclaim(&self, slot: &Slot<T>, index: u32) {
        // Sees what every former pin did.
        slot.state.load(Ordering::Acquire);
        // SAFETY: the last pin is gone and the slot is not live, so nobody can reach the value any more.
        slot.value.with_mut(|cell| unsafe { cell.cast::<T>().drop_in_place() });
        self.push_free(index, slot);
    }
}

impl<T> Drop for HandleTable<T> {
    fn drop(&mut self) {
        for chunk in &mut self.chunks {
            for slot in chunk.get_mut().into_iter().flat_map(|slots| slots.iter_mut()) {
                if State(slot.state.load(Ordering::Acquire)).live() {
                    // SAFETY: `&mut self` proves that no pin is left, and a live slot holds a value.
                    slot.value.with_mut(|cell| unsafe { cell.cast::<T>().drop_in_place() });
                }
            }
        }
    }
}

/// A pinned object.
pub struct Ref<'a, T> {
    table: &'a HandleTable<T>,
    slot: &'a Slot<T>,
    index: u32,
}

// SAFETY: a reference gives `&T`, and the thread that drops the last one drops the value.
unsafe impl<T: Send + Sync> Send for Ref<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Ref<'_, T> {}

impl<T> Deref for Ref<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the pin keeps the value alive and unmodified, and the pinning CAS ordered its writing before.
        self.slot.value.with(|cell| unsafe { &*cell.cast::<T>() })
    }
}

impl<T> Clone for Ref<'_, T> {
    fn clone(&self) -> Self {
        self.slot.state.fetch_add(1, Ordering::Relaxed);
        Ref { ..*self }
    }
}

impl<T> Drop for Ref<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.table.unpin(self.slot, self.index);
    }
}

impl<T: fmt::Debug> fmt::Debug for Ref<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// What [`HandleTable::take`] found.
#[derive(Debug)]
pub enum Taken<'a, T> {
    /// The object itself.
    Owned(T),
    /// Others use the object; it goes with the last of them.
    Shared(Ref<'a, T>),
}

#[cfg(all(test, not(loom)))]
mod tests;
