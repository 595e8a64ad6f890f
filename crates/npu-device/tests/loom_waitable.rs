//! Waits of streams under every interleaving:
//! `RUSTFLAGS="--cfg loom" cargo test -p npu-device --test loom_waitable --release`.
#![cfg(loom)]

use loom::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};
use npu_device::exec::{
    phase::Phase,
    waitable::{Gate, Sleeper, Ticket, Waitable},
};

/// A stream with one task, a wait: what decides whether it runs.
#[derive(Clone)]
struct Stream(Arc<Inner>);

struct Inner {
    phase: Phase,
    /// How often it was made ready.
    ready: AtomicUsize,
    passed: AtomicUsize,
}

impl Sleeper for Stream {
    fn wake(&self) {
        if self.0.phase.wake() {
            self.0.ready.fetch_add(1, Ordering::Release);
        }
    }
}

/// A notify.
struct Bit(bool);

impl Gate for Bit {
    type Want = ();
    type Loss = ();

    fn is_open(&self, (): ()) -> bool {
        self.0
    }

    fn pass(&mut self, (): ()) -> bool {
        std::mem::take(&mut self.0)
    }
}

/// An event: generations that are complete.
struct Generations(u64);

impl Gate for Generations {
    type Want = u64;
    type Loss = ();

    fn is_open(&self, generation: u64) -> bool {
        self.0 >= generation
    }
}

impl Stream {
    fn new() -> Self {
        let stream = Stream(Arc::new(Inner {
            phase: Phase::default(),
            ready: AtomicUsize::new(1),
            passed: AtomicUsize::new(0),
        }));
        assert!(stream.0.phase.notify(), "the wait was submitted");
        stream
    }

    /// Runs the stream if somebody made it ready: the wait steps until it is over or parks.
    fn run<G: Gate>(&self, waitable: &Waitable<G, Stream>, want: G::Want, ticket: &mut Ticket) {
        let ready = self.0.ready.load(Ordering::Acquire) > 0;
        if !ready || !self.0.phase.claim() {
            return;
        }
        self.0.ready.fetch_sub(1, Ordering::Relaxed);
        loop {
            if waitable.wait(want, ticket, || Some(self.clone())) {
                self.0.passed.fetch_add(1, Ordering::Release);
                waitable.leave(ticket);
                return;
            }
            if self.0.phase.park() {
                return;
            }
        }
    }

    fn passed(&self) -> usize {
        self.0.passed.load(Ordering::Acquire)
    }

    fn is_ready(&self) -> bool {
        self.0.ready.load(Ordering::Acquire) > 0
    }
}

#[test]
fn a_change_wakes_a_wait_that_is_about_to_park() {
    loom::model(|| {
        let waitable = Arc::new(Waitable::new(Generations(0)));
        let stream = Stream::new();
        let recorder = {
            let waitable = waitable.clone();
            thread::spawn(move || waitable.change(|generations| generations.0 = 1))
        };
        let mut ticket = Ticket::default();
        stream.run(&waitable, 1, &mut ticket);
        recorder.join().unwrap();
        // Either it went on, or it was woken and goes on now.
        assert_eq!(stream.passed() == 1, !stream.is_ready());
        if stream.passed() == 0 {
            stream.run(&waitable, 1, &mut ticket);
        }
        assert_eq!(stream.passed(), 1);
        assert!(waitable.recheck().is_none(), "nobody waits any more");
    });
}

#[test]
fn one_record_lets_one_of_two_through_and_the_next_the_other() {
    loom::model(|| {
        let waitable = Arc::new(Waitable::new(Bit(false)));
        let streams = [Stream::new(), Stream::new()];
        let runner = {
            let (waitable, stream) = (waitable.clone(), streams[0].clone());
            thread::spawn(move || {
                let mut ticket = Ticket::default();
                stream.run(&waitable, (), &mut ticket);
                ticket
            })
        };
        let mut second = Ticket::default();
        waitable.change(|bit| bit.0 = true);
        streams[1].run(&waitable, (), &mut second);
        let mut first = runner.join().unwrap();
        // Whoever was woken in vain parks again.
        streams[0].run(&waitable, (), &mut first);
        streams[1].run(&waitable, (), &mut second);
        assert_eq!(streams[0].passed() + streams[1].passed(), 1);
        waitable.change(|bit| bit.0 = true);
        streams[0].run(&waitable, (), &mut first);
        streams[1].run(&waitable, (), &mut second);
        assert_eq!([streams[0].passed(), streams[1].passed()], [1, 1]);
    });
}

#[test]
fn a_wait_that_is_given_up_leaves_the_record_to_others() {
    loom::model(|| {
        let waitable = Arc::new(Waitable::new(Bit(false)));
        let streams = [Stream::new(), Stream::new()];
        let (mut first, mut second) = (Ticket::default(), Ticket::default());
        streams[0].run(&waitable, (), &mut first);
        streams[1].run(&waitable, (), &mut second);
        let recorder = {
            let waitable = waitable.clone();
            thread::spawn(move || waitable.change(|bit| bit.0 = true))
        };
        // Its stream is destroyed.
        waitable.leave(&mut first);
        recorder.join().unwrap();
        streams[1].run(&waitable, (), &mut second);
        assert_eq!(streams[1].passed(), 1);
    });
}
