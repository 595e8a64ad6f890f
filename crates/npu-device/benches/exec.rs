//! What a stream costs: `cargo bench -p npu-device --bench exec`. Each row is the best of several rounds, as other
//! programs may be running; goals are those of one otherwise idle machine.

use npu_device::{Config, Event, EventKind, EventOptions, Runtime, StreamOptions};
use std::{
    hint,
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

const ROUNDS: usize = 15;

struct Row {
    what: &'static str,
    nanoseconds: f64,
    goal: f64,
}

/// The best of several rounds, each of which returns what one operation took.
fn best(mut round: impl FnMut() -> Duration) -> f64 {
    (0..ROUNDS).map(|_| round().as_secs_f64() * 1e9).fold(f64::INFINITY, f64::min)
}

fn each(operations: u32, body: impl FnOnce()) -> Duration {
    let start = Instant::now();
    body();
    start.elapsed() / operations
}

fn main() {
    let runtime = Runtime::new(Config::default());
    let device = runtime.device(0, "bench").expect("a device");
    let context = device.create_context();
    let stream = context.create_stream(StreamOptions::default()).expect("a stream");
    let other = context.create_stream(StreamOptions::default()).expect("a stream");
    let submit = || stream.submit("bench", |_| Ok(())).expect("an open stream");
    let synchronize = || stream.synchronize(None).expect("no failure");
    let mut rows = Vec::new();
    let mut add = |what, goal, nanoseconds| rows.push(Row { what, nanoseconds, goal });

    const BATCH: u32 = 2_000;
    // Held by a task, so that nothing is executed meanwhile.
    add(
        "enqueue a no-op",
        50.0,
        best(|| {
            let (release, held) = mpsc::channel::<()>();
            let held = Mutex::new(held);
            stream
                .submit("hold", move |_| {
                    let _ = held.lock().map(|held| held.recv());
                    Ok(())
                })
                .expect("an open stream");
            let took = each(BATCH, || (0..BATCH).for_each(|_| submit()));
            drop(release);
            synchronize();
            took
        }),
    );
    add(
        "enqueue and run a no-op, 2,000 at a time",
        100.0,
        best(|| {
            each(BATCH, || {
                (0..BATCH).for_each(|_| submit());
                synchronize();
            })
        }),
    );
    add(
        "submit and synchronise, hot",
        1_000.0,
        best(|| {
            each(BATCH, || {
                (0..BATCH).for_each(|_| {
                    submit();
                    synchronize();
                })
            })
        }),
    );
    add(
        "submit and synchronise, workers asleep",
        6_000.0,
        best(|| {
            thread::sleep(Duration::from_millis(5));
            each(1, || {
                submit();
                synchronize();
            })
        }),
    );
    let event =
        Event::new(device, EventOptions { kind: EventKind::Ex, sync: true, ..EventOptions::default() })
            .expect("an event");
    add(
        "record on one stream, wait on another, synchronise",
        2_000.0,
        best(|| {
            each(BATCH / 10, || {
                for _ in 0..BATCH / 10 {
                    event.record("bench", &stream).expect("an open stream");
                    event.wait("bench", &other).expect("an open stream");
                    other.synchronize(None).expect("no failure");
                }
            })
        }),
    );
    add(
        "split a kernel in 8 chunks of 1 us",
        8_000.0,
        best(|| {
            let took = Arc::new(Mutex::new(Duration::ZERO));
            let slot = took.clone();
            stream
                .submit("bench", move |task| {
                    let start = Instant::now();
                    for _ in 0..50 {
                        task.parallel().run(8, &|_| {
                            let start = Instant::now();
                            while start.elapsed() < Duration::from_micros(1) {
                                hint::spin_loop();
                            }
                        });
                    }
                    *slot.lock().expect("no panic") = start.elapsed() / 50;
                    Ok(())
                })
                .expect("an open stream");
            synchronize();
            *took.lock().expect("no panic")
        }),
    );
    println!("{:<52} {:>10} {:>10}", "", "ns", "goal");
    for Row { what, nanoseconds, goal } in rows {
        let verdict = if nanoseconds <= goal { "" } else { "  missed" };
        println!("{what:<52} {nanoseconds:>10.1} {goal:>10.0}{verdict}");
    }
}
