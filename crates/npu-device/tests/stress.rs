//! Eight threads, sixty-four streams, events, notifies and a queue between them: order and results.
//! `ACLSIM_STRESS_SEED=n` runs one seed.
#![cfg(not(loom))]

use npu_device::{
    Config, Context, CountChange, CountNotify, CountTest, CountWait, Event, EventKind, EventOptions, Notify,
    Runtime, Stream, StreamOptions,
    fifo::{Fifo, Refusal, Stop},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

const THREADS: usize = 8;
const STREAMS: usize = 64;
const STEPS: usize = 400;

/// Vigna's SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }
}

/// A stream and the number of its last task that ran.
struct Lane {
    stream: Arc<Stream>,
    ran: Arc<AtomicU64>,
    submitted: u64,
}

impl Lane {
    fn new(context: &Context, priority: u32) -> Self {
        let stream = context.create_stream(StreamOptions { priority, ..StreamOptions::default() }).unwrap();
        Lane { stream, ran: Arc::default(), submitted: 0 }
    }

    /// A task that must find all before it done and none after it.
    fn step(&mut self) {
        self.submitted += 1;
        let (number, ran) = (self.submitted, self.ran.clone());
        self.stream
            .submit("step", move |_| {
                assert_eq!(ran.swap(number, Ordering::Relaxed), number - 1);
                Ok(())
            })
            .unwrap();
    }

    /// A task that must find the work recorded on another stream done. Relaxed: the event alone orders it.
    fn step_after(&mut self, other: Arc<AtomicU64>, recorded: u64) {
        self.submitted += 1;
        let (number, ran) = (self.submitted, self.ran.clone());
        self.stream
            .submit("step_after", move |_| {
                assert!(other.load(Ordering::Relaxed) >= recorded);
                assert_eq!(ran.swap(number, Ordering::Relaxed), number - 1);
                Ok(())
            })
            .unwrap();
    }
}

impl Lane {
    /// [`Lane::step_after`], or on one and the same stream, which is ordered anyway, [`Lane::step`].
    fn step_behind(&mut self, same: bool, other: Arc<AtomicU64>, recorded: u64) {
        if same { self.step() } else { self.step_after(other, recorded) }
    }
}

fn events(context: &Context) -> Vec<Arc<Event>> {
    [EventKind::Plain, EventKind::Ex, EventKind::Flagged]
        .into_iter()
        .map(|kind| {
            Event::new(
                context.device(),
                EventOptions { kind, sync: true, timeline: true, ..EventOptions::default() },
            )
            .unwrap()
        })
        .collect()
}

/// What all threads hand to each other: numbers. As many come out as go in.
#[derive(Debug)]
struct Shared {
    fifo: Fifo<u64>,
    stop: Stop,
    put: AtomicU64,
    taken: AtomicU64,
}

impl Shared {
    fn put(&self, number: u64) {
        match self.fifo.reserve(Some(Instant::now()), &self.stop) {
            Ok(slot) if number.is_multiple_of(5) => drop(slot),
            Ok(slot) => {
                slot.fill(number);
                self.put.fetch_add(number, Ordering::Relaxed);
            }
            Err(refusal) => assert_eq!(refusal, Refusal::Unready),
        }
    }

    fn take(&self) {
        match self.fifo.take(Some(Instant::now()), &self.stop, |number| !number.is_multiple_of(7)) {
            Ok(number) => {
                self.taken.fetch_add(number, Ordering::Relaxed);
            }
            // What nobody takes must not stay first.
            Err(Refusal::Declined) => {
                self.taken.fetch_add(self.fifo.drain().into_iter().sum(), Ordering::Relaxed);
            }
            Err(refusal) => assert_eq!(refusal, Refusal::Unready),
        }
    }
}

/// One thread's share: its own streams, with events among them.
fn drive(context: &Context, shared: &Arc<Shared>, seed: u64) {
    let mut random = Random(seed);
    let mut lanes: Vec<_> = (0..STREAMS / THREADS).map(|i| Lane::new(context, i as u32 % 8)).collect();
    let events = events(context);
    for _ in 0..STEPS {
        let (from, to) = (random.below(lanes.len()), random.below(lanes.len()));
        match random.below(16) {
            0 => {
                lanes[from].stream.synchronize(None).unwrap();
                assert_eq!(lanes[from].ran.load(Ordering::Relaxed), lanes[from].submitted);
            }
            1 => {
                let event = &events[random.below(events.len())];
                event.record("record", &lanes[from].stream).unwrap();
                let submitted = lanes[from].submitted;
                event.synchronize(None).unwrap();
                assert!(lanes[from].ran.load(Ordering::Relaxed) >= submitted);
            }
            2..=6 => {
                let event = &events[random.below(events.len())];
                event.record("record", &lanes[from].stream).unwrap();
                let (ran, recorded) = (lanes[from].ran.clone(), lanes[from].submitted);
                event.wait("wait", &lanes[to].stream).unwrap();
                lanes[to].step_behind(from == to, ran, recorded);
            }
            7 => {
                lanes[from].submitted += 1;
                let (number, ran) = (lanes[from].submitted, lanes[from].ran.clone());
                let body = move || assert_eq!(ran.swap(number, Ordering::Relaxed), number - 1);
                lanes[from].stream.host_call("host", body).unwrap();
            }
            8 => {
                // A stream goes after its work, and another takes its place.
                let lane = std::mem::replace(&mut lanes[from], Lane::new(context, 0));
                context.device().destroy_stream(&lane.stream, true);
                assert_eq!(lane.ran.load(Ordering::Relaxed), lane.submitted);
            }
            9 => {
                lanes[from]
                    .stream
                    .submit("parallel", |task| {
                        let sum = AtomicU64::new(0);
                        task.parallel().run(16, &|chunk| {
                            sum.fetch_add(chunk as u64, Ordering::Relaxed);
                        });
                        assert_eq!(sum.into_inner(), 120);
                        Ok(())
                    })
                    .unwrap();
            }
            10 => {
                // One of its own: records of a notify that nobody has waited for are one record.
                let notify = Notify::new(context.device()).unwrap();
                notify.record("notify", &lanes[from].stream).unwrap();
                let (ran, recorded) = (lanes[from].ran.clone(), lanes[from].submitted);
                notify.wait("wait_notify", &lanes[to].stream, None).unwrap();
                lanes[to].step_behind(from == to, ran, recorded);
                if random.below(2) == 0 {
                    // What is queued goes on as if it lived.
                    notify.destroy();
                }
            }
            11 => {
                let count = CountNotify::new(context.device()).unwrap();
                let parts = 1 + random.below(3) as u32;
                for _ in 0..parts {
                    count.record("count", &lanes[from].stream, CountChange::Add, 1).unwrap();
                }
                let (ran, recorded) = (lanes[from].ran.clone(), lanes[from].submitted);
                let want = CountWait { test: CountTest::Equal, value: parts, clear: true };
                count.wait("wait_count", &lanes[to].stream, want, None).unwrap();
                lanes[to].step_behind(from == to, ran, recorded);
            }
            12 => {
                // A message from a task to whichever thread looks next.
                let (shared, number) = (shared.clone(), 1 + random.below(1000) as u64);
                lanes[from]
                    .stream
                    .submit("put", move |_| {
                        shared.put(number);
                        Ok(())
                    })
                    .unwrap();
            }
            13 => shared.take(),
            _ => lanes[from].step(),
        }
    }
    for lane in &lanes {
        lane.stream.synchronize(None).unwrap();
        assert_eq!(lane.ran.load(Ordering::Relaxed), lane.submitted);
        assert!(lane.stream.is_complete());
        context.device().destroy_stream(&lane.stream, true);
    }
    assert!(events.iter().all(|event| event.waits_over()));
}

fn stress(seed: u64, workers: usize, schedule: Option<u64>) {
    let runtime = Runtime::new(Config { workers, schedule, ..Config::default() });
    let context = runtime.device(0, "stress").unwrap().create_context();
    let shared = Arc::new(Shared {
        fifo: Fifo::new(16),
        stop: Stop::default(),
        put: AtomicU64::new(0),
        taken: AtomicU64::new(0),
    });
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (context, shared) = (&context, &shared);
            scope.spawn(move || {
                drive(context, shared, seed.wrapping_mul(1_000_003).wrapping_add(thread as u64))
            });
        }
    });
    context.synchronize(None).unwrap();
    let rest: u64 = shared.fifo.drain().into_iter().sum();
    assert_eq!(shared.taken.load(Ordering::Relaxed) + rest, shared.put.load(Ordering::Relaxed));
}

#[test]
fn order_and_results_hold() {
    let seeds = match std::env::var("ACLSIM_STRESS_SEED") {
        Ok(seed) => vec![seed.parse().expect("ACLSIM_STRESS_SEED is a number")],
        Err(_) => (1..=6).collect(),
    };
    for seed in seeds {
        println!("seed {seed}");
        stress(seed, 1 + seed as usize % 4, None);
    }
}

#[test]
fn order_and_results_hold_under_a_seeded_schedule() {
    stress(1, 1, Some(7));
}
