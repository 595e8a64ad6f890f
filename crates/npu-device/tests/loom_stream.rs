//! Queue and phase of a stream under every interleaving:
//! `RUSTFLAGS="--cfg loom" cargo test -p npu-device --test loom_stream --release`.
#![cfg(loom)]

use loom::{
    cell::UnsafeCell,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};
use npu_device::exec::{phase::Phase, queue::Queue};

/// A stream reduced to what decides who runs it.
struct Stream {
    queue: Queue<usize>,
    phase: Phase,
    /// Stands for the pool: how often somebody was told to run the stream.
    ready: AtomicUsize,
    /// Only the runner may touch it: loom reports two at a time.
    seen: UnsafeCell<Vec<usize>>,
    /// What a waiting task waits for, and whether the stream is registered with it: an event's state.
    event: Mutex<(bool, bool)>,
}

/// The task that waits for the event.
const WAIT: usize = 100;

// The queue and the phase are what makes it so.
unsafe impl Sync for Stream {}
unsafe impl Send for Stream {}

impl Stream {
    fn new() -> Arc<Self> {
        Arc::new(Stream {
            queue: Queue::default(),
            phase: Phase::default(),
            ready: AtomicUsize::new(0),
            seen: UnsafeCell::new(Vec::new()),
            event: Mutex::new((false, false)),
        })
    }

    fn submit(&self, task: usize) {
        self.queue.push(task);
        if self.phase.notify() {
            self.ready.fetch_add(1, Ordering::Release);
        }
    }

    /// What a thread does that submits a small task: it runs an idle stream itself.
    fn submit_small(&self, task: usize) {
        if !self.phase.claim_idle() {
            self.submit(task);
            return;
        }
        // SAFETY: the stream was claimed.
        if unsafe { self.queue.front() }.is_some() {
            self.queue.push(task);
            self.run_claimed();
            return;
        }
        // SAFETY: claimed; loom checks that nobody else is here.
        self.seen.with_mut(|seen| unsafe { (*seen).push(task) });
        if !self.phase.release() {
            self.phase.requeue();
            self.ready.fetch_add(1, Ordering::Release);
        }
    }

    /// What a worker or a waiting thread does with a ready stream.
    fn run(&self) {
        if self.phase.claim() {
            self.run_claimed();
        }
    }

    fn run_claimed(&self) {
        loop {
            // SAFETY: the stream was claimed.
            match unsafe { self.queue.front() } {
                None => {
                    if self.phase.release() {
                        return;
                    }
                }
                Some(task) => {
                    // SAFETY: the front of a claimed stream's queue.
                    let task = unsafe { *task };
                    if task == WAIT {
                        let mut event = self.event.lock().unwrap();
                        if !event.0 {
                            event.1 = true;
                            drop(event);
                            if self.phase.park() {
                                return;
                            }
                            continue;
                        }
                    }
                    // SAFETY: claimed; loom checks that nobody else is here.
                    self.seen.with_mut(|seen| unsafe { (*seen).push(task) });
                    // SAFETY: as above, and numbers need no dropping.
                    unsafe { self.queue.advance_past() };
                }
            }
        }
    }

    fn complete_event(&self) {
        let mut event = self.event.lock().unwrap();
        event.0 = true;
        if event.1 && self.phase.wake() {
            self.ready.fetch_add(1, Ordering::Release);
        }
    }

    /// Runs what is left when all threads are done: what was made ready must be enough.
    fn finish(&self) -> Vec<usize> {
        for _ in 0..self.ready.load(Ordering::Acquire) {
            self.run();
        }
        assert!(!self.phase.is_queued());
        self.seen.with(|seen| unsafe { (*seen).clone() })
    }
}

#[test]
fn a_small_task_beside_another_submitter_loses_nothing() {
    loom::model(|| {
        let stream = Stream::new();
        let other = thread::spawn({
            let stream = stream.clone();
            move || stream.submit(1)
        });
        stream.submit_small(2);
        stream.submit_small(3);
        other.join().unwrap();
        let seen = stream.finish();
        assert_eq!(seen.len(), 3, "{seen:?}");
        let place = |task| seen.iter().position(|t| *t == task);
        assert!(place(2) < place(3), "{seen:?}");
    });
}

#[test]
fn the_queue_keeps_order_across_segments() {
    loom::model(|| {
        let queue = Arc::new(Queue::<Box<usize>>::default());
        let producer = thread::spawn({
            let queue = queue.clone();
            move || {
                for i in 0..5 {
                    queue.push(Box::new(i));
                }
            }
        });
        let mut seen = Vec::new();
        // SAFETY: this thread is the only consumer.
        while let Some(value) = unsafe { queue.pop() } {
            seen.push(*value);
        }
        producer.join().unwrap();
        // SAFETY: as above.
        while let Some(value) = unsafe { queue.pop() } {
            seen.push(*value);
        }
        assert_eq!(seen, [0, 1, 2, 3, 4]);
    });
}

#[test]
fn segments_come_back_and_leftovers_are_dropped() {
    loom::model(|| {
        let queue = Arc::new(Queue::<Arc<usize>>::default());
        let value = Arc::new(7);
        for _ in 0..3 {
            queue.push(value.clone());
        }
        let producer = thread::spawn({
            let (queue, value) = (queue.clone(), value.clone());
            move || {
                for _ in 0..3 {
                    queue.push(value.clone());
                }
            }
        });
        for _ in 0..3 {
            // SAFETY: this thread is the only consumer.
            assert_eq!(*unsafe { queue.pop() }.unwrap(), 7);
        }
        producer.join().unwrap();
        drop(queue);
        assert_eq!(Arc::strong_count(&value), 1);
    });
}

#[test]
fn no_task_is_left_behind() {
    loom::model(|| {
        let stream = Stream::new();
        let submitter = thread::spawn({
            let stream = stream.clone();
            move || stream.submit(2)
        });
        stream.submit(1);
        stream.run();
        submitter.join().unwrap();
        let mut seen = stream.finish();
        seen.sort_unstable();
        assert_eq!(seen, [1, 2]);
    });
}

#[test]
fn a_worker_and_a_waiting_thread_take_turns() {
    loom::model(|| {
        let stream = Stream::new();
        stream.submit(1);
        let worker = thread::spawn({
            let stream = stream.clone();
            move || stream.run()
        });
        stream.submit(2);
        stream.run();
        worker.join().unwrap();
        assert_eq!(stream.finish(), [1, 2]);
    });
}

#[test]
fn a_parked_stream_is_woken_whenever_its_event_comes() {
    loom::model(|| {
        let stream = Stream::new();
        stream.submit(WAIT);
        let recorder = thread::spawn({
            let stream = stream.clone();
            move || stream.complete_event()
        });
        stream.run();
        stream.submit(1);
        recorder.join().unwrap();
        assert_eq!(stream.finish(), [WAIT, 1]);
    });
}
