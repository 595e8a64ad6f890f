//! The queue of a stream: any number of producers, one consumer at a time, unbounded.
//!
//! Values are written in place into segments that the consumer hands back, so a steady flow allocates nothing.
//! Producers exclude each other with a lock that the consumer never takes.

use npu_types::sync::{
    Mutex, Padded, UnsafeCell,
    atomic::{AtomicPtr, AtomicU64, Ordering},
};
use std::mem::MaybeUninit;

/// Values in a segment.
const SEGMENT: usize = if cfg!(loom) { 2 } else { 32 };
/// Segments kept for later, at most.
const SPARES: usize = 64;

struct Segment<T> {
    slots: [UnsafeCell<MaybeUninit<T>>; SEGMENT],
    /// The segment that follows in the queue, set by a producer before it publishes a value there.
    next: AtomicPtr<Segment<T>>,
    /// Segments below this one on the stack of returned ones.
    depth: UnsafeCell<usize>,
}

impl<T> Segment<T> {
    fn allocate() -> *mut Self {
        Box::into_raw(Box::new(Segment {
            slots: std::array::from_fn(|_| UnsafeCell::new(MaybeUninit::uninit())),
            next: AtomicPtr::new(std::ptr::null_mut()),
            depth: UnsafeCell::new(0),
        }))
    }

    /// # Safety
    /// `segment` came from `allocate` and nothing refers to it any more.
    unsafe fn free(segment: *mut Self) {
        // SAFETY: passed on.
        drop(unsafe { Box::from_raw(segment) });
    }

    /// # Safety
    /// `segment` is null or a chain of unused segments.
    unsafe fn free_chain(mut segment: *mut Self) {
        while !segment.is_null() {
            // SAFETY: the chain is the caller's.
            let next = unsafe { &*segment }.next.load(Ordering::Relaxed);
            // SAFETY: as above, and `next` was read before.
            unsafe { Self::free(segment) };
            segment = next;
        }
    }
}

struct Producer<T> {
    segment: *mut Segment<T>,
    used: usize,
    spares: *mut Segment<T>,
}

struct Consumer<T> {
    segment: *mut Segment<T>,
    used: usize,
    popped: u64,
    /// The last `pushed` seen: producers write that word, so it is read only when this runs out.
    known: u64,
}

/// See the module's description.
pub struct Queue<T> {
    producer: Padded<Mutex<Producer<T>>>,
    pushed: Padded<AtomicU64>,
    consumer: Padded<UnsafeCell<Consumer<T>>>,
    /// Stack of segments that the consumer has emptied. One pushes, the other takes all: no ABA.
    returned: AtomicPtr<Segment<T>>,
}

// SAFETY: values move from one thread to another; the lock orders producers, `pushed` publishes to the consumer, and
// the consumer methods demand exclusive use.
unsafe impl<T: Send> Sync for Queue<T> {}
// SAFETY: the queue owns its segments and values.
unsafe impl<T: Send> Send for Queue<T> {}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        let segment = Segment::allocate();
        Queue {
            producer: Padded(Mutex::new(Producer { segment, used: 0, spares: std::ptr::null_mut() })),
            pushed: Padded(AtomicU64::new(0)),
            consumer: Padded(UnsafeCell::new(Consumer { segment, used: 0, popped: 0, known: 0 })),
            returned: AtomicPtr::new(std::ptr::null_mut()),
        }
    }
}

impl<T> Queue<T> {
    /// Appends the value that `write` leaves in the slot, and returns how many were appended so far, this one
    /// included.
    ///
    /// # Safety
    /// `write` initialises the slot and does not panic after that.
    #[inline]
    pub unsafe fn push_with(&self, write: impl FnOnce(&mut MaybeUninit<T>)) -> u64 {
        let mut producer = self.producer.lock();
        if producer.used == SEGMENT {
            self.extend(&mut producer);
        }
        // SAFETY: the producer's segment is alive until the consumer has passed it, which is after this value.
        let segment = unsafe { &*producer.segment };
        // SAFETY: slots from `used` on are the producer's until `pushed` says otherwise.
        segment.slots[producer.used].with_mut(|slot| write(unsafe { &mut *slot }));
        producer.used += 1;
        let count = self.pushed.load(Ordering::Relaxed) + 1;
        self.pushed.store(count, Ordering::Release);
        count
    }

    /// Appends a value.
    pub fn push(&self, value: T) -> u64 {
        // SAFETY: initialises.
        unsafe {
            self.push_with(|slot| {
                slot.write(value);
            })
        }
    }

    #[cold]
    fn extend(&self, producer: &mut Producer<T>) {
        if producer.spares.is_null() {
            producer.spares = self.returned.swap(std::ptr::null_mut(), Ordering::Acquire);
        }
        let segment = if producer.spares.is_null() {
            Segment::allocate()
        } else {
            let segment = producer.spares;
            // SAFETY: spares belong to the producer.
            let spare = unsafe { &*segment };
            producer.spares = spare.next.swap(std::ptr::null_mut(), Ordering::Relaxed);
            segment
        };
        // SAFETY: see `push_with`; the consumer follows `next` only after a value beyond it was published.
        let last = unsafe { &*producer.segment };
        last.next.store(segment, Ordering::Release);
        producer.segment = segment;
        producer.used = 0;
    }

    /// Values ever appended.
    #[inline]
    pub fn pushed(&self) -> u64 {
        self.pushed.load(Ordering::Acquire)
    }

    /// The first value, left in place.
    ///
    /// # Safety
    /// The caller is the only consumer until the last use of the pointer, ordered after the previous consumer.
    #[inline]
    pub unsafe fn front(&self) -> Option<*mut T> {
        self.consumer.with_mut(|consumer| {
            // SAFETY: the caller is the only consumer.
            let consumer = unsafe { &mut *consumer };
            if consumer.popped == consumer.known {
                consumer.known = self.pushed.load(Ordering::Acquire);
                if consumer.popped == consumer.known {
                    return None;
                }
            }
            if consumer.used == SEGMENT {
                self.advance(consumer);
            }
            // SAFETY: the consumer's segment is alive until `advance` leaves it.
            let segment = unsafe { &*consumer.segment };
            Some(segment.slots[consumer.used].with_mut(|slot| slot.cast::<T>()))
        })
    }

    /// Forgets the first value without dropping it. Returns how many were taken so far, this one included.
    ///
    /// # Safety
    /// As for [`Queue::front`], which was called before; the value was moved out or dropped in place.
    #[inline]
    pub unsafe fn advance_past(&self) -> u64 {
        self.consumer.with_mut(|consumer| {
            // SAFETY: the caller is the only consumer.
            let consumer = unsafe { &mut *consumer };
            consumer.used += 1;
            consumer.popped += 1;
            consumer.popped
        })
    }

    /// Takes the first value.
    ///
    /// # Safety
    /// As for [`Queue::front`].
    pub unsafe fn pop(&self) -> Option<T> {
        // SAFETY: passed on.
        let front = unsafe { self.front() }?;
        // SAFETY: a published value, which the next line forgets.
        let value = unsafe { front.read() };
        // SAFETY: the value was moved out.
        unsafe { self.advance_past() };
        Some(value)
    }

    #[cold]
    fn advance(&self, consumer: &mut Consumer<T>) {
        let empty = consumer.segment;
        // SAFETY: the consumer still owns its segment.
        let segment = unsafe { &*empty };
        // A value beyond this segment was published after `next`.
        consumer.segment = segment.next.load(Ordering::Acquire);
        consumer.used = 0;
        let top = self.returned.load(Ordering::Relaxed);
        // SAFETY: only the consumer pushes, so a segment on the stack has its depth set. It may have been taken by
        // the producer meanwhile, who never frees segments nor writes depths; then the exchange below fails.
        let depth = if top.is_null() { 0 } else { unsafe { &*top }.depth.with(|d| unsafe { *d }) + 1 };
        if depth < SPARES {
            // SAFETY: nobody else refers to the emptied segment.
            segment.depth.with_mut(|slot| unsafe { *slot = depth });
            segment.next.store(top, Ordering::Relaxed);
            if self.returned.compare_exchange(top, empty, Ordering::Release, Ordering::Relaxed).is_ok() {
                return;
            }
            // The producer took them all: this one starts a new stack.
            // SAFETY: still nobody else's.
            segment.depth.with_mut(|slot| unsafe { *slot = 0 });
            segment.next.store(std::ptr::null_mut(), Ordering::Relaxed);
            self.returned.store(empty, Ordering::Release);
            return;
        }
        // SAFETY: the producer has gone on to a later segment, and the consumer has just left it.
        unsafe { Segment::free(empty) };
    }
}

impl<T> Drop for Queue<T> {
    fn drop(&mut self) {
        // SAFETY: `&mut self` is the only consumer.
        while unsafe { self.pop() }.is_some() {}
        let segment = self.consumer.with_mut(|consumer| {
            // SAFETY: as above.
            let consumer = unsafe { &*consumer };
            consumer.segment
        });
        let spares = self.producer.lock().spares;
        for chain in [segment, spares, self.returned.load(Ordering::Acquire)] {
            // SAFETY: all segments are in exactly one of the three chains, and unused.
            unsafe { Segment::free_chain(chain) };
        }
    }
}
