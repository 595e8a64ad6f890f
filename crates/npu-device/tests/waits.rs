//! Waits of streams: many without threads of their own, under a seeded schedule, and given up.
#![cfg(not(loom))]

use npu_device::{
    Config, Context, CountChange, CountNotify, CountTest, CountWait, ExecError, FaultKind, Notify, Runtime,
    StreamOptions,
};
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

fn context(schedule: Option<u64>) -> Arc<Context> {
    let runtime = Runtime::new(Config { workers: 2, schedule, ..Config::default() });
    runtime.device(0, "waits").unwrap().create_context()
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

#[test]
fn a_thousand_waits_with_limits_take_no_thread_each() {
    const STREAMS: usize = 1000;
    let context = context(None);
    let before = threads();
    let writer = context.create_stream(StreamOptions::default()).unwrap();
    let waits: Vec<_> = (0..STREAMS)
        .map(|_| {
            let stream = context.create_stream(StreamOptions::default()).unwrap();
            let notify = Notify::new(context.device()).unwrap();
            notify.wait("wait", &stream, Some(Duration::from_secs(3600))).unwrap();
            (stream, notify)
        })
        .collect();
    // Two workers, the timer, and what other tests of this program start meanwhile.
    assert!(threads() < before + 40, "{} threads after {before}", threads());
    for (_, notify) in &waits {
        notify.record("record", &writer).unwrap();
    }
    for (stream, _) in &waits {
        stream.synchronize(None).unwrap();
    }
}

#[test]
fn a_seeded_schedule_serves_waits_too() {
    for seed in 0..8 {
        let context = context(Some(seed));
        let count = CountNotify::new(context.device()).unwrap();
        let streams: Vec<_> =
            (0..4).map(|_| context.create_stream(StreamOptions::default()).unwrap()).collect();
        let done = Arc::new(AtomicU32::new(0));
        for (number, stream) in streams.iter().enumerate().rev() {
            let number = number as u32;
            let want = CountWait { test: CountTest::Equal, value: number, clear: false };
            count.wait("wait", stream, want, None).unwrap();
            let done = done.clone();
            stream
                .submit("turn", move |_| {
                    assert_eq!(done.swap(number + 1, Ordering::Relaxed), number);
                    Ok(())
                })
                .unwrap();
            count.record("record", stream, CountChange::Add, 1).unwrap();
        }
        for stream in &streams {
            stream.synchronize(None).unwrap();
        }
        assert_eq!(done.load(Ordering::Relaxed), 4);
    }
}

#[test]
fn a_wait_whose_time_is_up_fails_and_takes_no_record_with_it() {
    let context = context(None);
    let notify = Notify::new(context.device()).unwrap();
    let (first, second) = (
        context.create_stream(StreamOptions::default()).unwrap(),
        context.create_stream(StreamOptions::default()).unwrap(),
    );
    notify.wait("given up", &first, Some(Duration::from_millis(1))).unwrap();
    match first.synchronize(None) {
        Err(ExecError::Task { fault, .. }) => {
            assert_eq!((fault.call, fault.fault.kind), ("given up", FaultKind::Wait));
            assert!(fault.to_string().contains("1ms"), "{fault}");
        }
        other => panic!("{other:?}"),
    }
    notify.record("record", &first).unwrap();
    notify.wait("wait", &second, None).unwrap();
    second.synchronize(None).unwrap();
    first.synchronize(None).unwrap();
}

#[test]
fn a_stream_that_is_killed_while_it_waits_lets_go_of_what_it_waited_for() {
    let context = context(None);
    let notify = Notify::new(context.device()).unwrap();
    let stream = context.create_stream(StreamOptions::default()).unwrap();
    notify.wait("wait", &stream, Some(Duration::from_secs(3600))).unwrap();
    assert!(stream.synchronize(Some(Duration::from_millis(5))).is_err());
    context.device().destroy_stream(&stream, false);
    let left = Arc::downgrade(&stream);
    drop(stream);
    // Workers may still hold it for a moment.
    while left.upgrade().is_some() {
        std::thread::yield_now();
    }
    assert_eq!(Arc::strong_count(&notify), 1);
}
