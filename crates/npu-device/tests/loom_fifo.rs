//! Queues between threads under every interleaving:
//! `RUSTFLAGS="--cfg loom" cargo test -p npu-device --test loom_fifo --release`.
#![cfg(loom)]

use loom::{sync::Arc, thread};
use npu_device::fifo::{Fifo, Refusal, Stop};

fn put(fifo: &Fifo<u32>, stop: &Stop, value: u32) -> Result<(), Refusal> {
    fifo.reserve(None, stop).map(|slot| slot.fill(value))
}

#[test]
fn both_ends_wait_for_each_other() {
    loom::model(|| {
        let shared = Arc::new((Fifo::new(1), Stop::default()));
        let producer = {
            let shared = shared.clone();
            thread::spawn(move || {
                put(&shared.0, &shared.1, 1).unwrap();
                put(&shared.0, &shared.1, 2).unwrap();
            })
        };
        let take = || shared.0.take(None, &shared.1, |_| true);
        assert_eq!([take(), take()], [Ok(1), Ok(2)]);
        producer.join().unwrap();
    });
}

#[test]
fn a_place_that_is_given_back_goes_to_who_waits_for_it() {
    loom::model(|| {
        let shared = Arc::new((Fifo::new(1), Stop::default()));
        let slot = shared.0.reserve(None, &shared.1).unwrap();
        let producer = {
            let shared = shared.clone();
            thread::spawn(move || put(&shared.0, &shared.1, 1).unwrap())
        };
        drop(slot);
        producer.join().unwrap();
        assert_eq!(shared.0.len(), 1);
    });
}

#[test]
fn a_stop_reaches_who_is_about_to_wait() {
    loom::model(|| {
        let shared = Arc::new((Fifo::<u32>::new(1), Stop::default()));
        let waiter = {
            let shared = shared.clone();
            thread::spawn(move || shared.0.take(None, &shared.1, |_| true))
        };
        shared.0.stop(&shared.1);
        assert_eq!(waiter.join().unwrap(), Err(Refusal::Stopped));
    });
}

#[test]
fn a_value_that_one_declines_reaches_another_who_waits() {
    loom::model(|| {
        let shared = Arc::new((Fifo::new(2), Stop::default()));
        let take = |accept: bool| {
            let shared = shared.clone();
            thread::spawn(move || shared.0.take(None, &shared.1, |_| accept))
        };
        let (declining, waiting) = (take(false), take(true));
        put(&shared.0, &shared.1, 1).unwrap();
        assert_eq!(waiting.join().unwrap(), Ok(1));
        // In case that one comes last.
        put(&shared.0, &shared.1, 2).unwrap();
        assert_eq!(declining.join().unwrap(), Err(Refusal::Declined));
    });
}

#[test]
fn a_stop_leaves_the_values_to_others() {
    loom::model(|| {
        let shared = Arc::new((Fifo::new(2), Stop::default(), Stop::default()));
        let stopped = {
            let shared = shared.clone();
            thread::spawn(move || shared.0.take(None, &shared.1, |_| true))
        };
        let waiting = {
            let shared = shared.clone();
            thread::spawn(move || shared.0.take(None, &shared.2, |_| true))
        };
        put(&shared.0, &shared.2, 1).unwrap();
        shared.0.stop(&shared.1);
        // The stopped one may have been first.
        if stopped.join().unwrap().is_ok() {
            put(&shared.0, &shared.2, 1).unwrap();
        }
        assert_eq!(waiting.join().unwrap(), Ok(1));
    });
}
