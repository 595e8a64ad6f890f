//! Streams that meet.
#![cfg(not(loom))]

use npu_device::{
    Config, Context, ExecError, FaultKind, Meeting, Runtime, Stream, StreamOptions, TaskContext, TaskFault,
};
use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

fn context(workers: usize) -> Arc<Context> {
    let runtime = Runtime::new(Config { workers, schedule: None, ..Config::default() });
    runtime.device(0, "test").unwrap().create_context()
}

fn count(counter: &AtomicU64) -> Result<(), TaskFault> {
    counter.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

fn streams(context: &Context, count: usize) -> Vec<Arc<Stream>> {
    (0..count).map(|_| context.create_stream(StreamOptions::default()).unwrap()).collect()
}

#[test]
fn the_last_to_come_does_the_work_and_nobody_passes_before() {
    let context = context(1);
    let streams = streams(&context, 5);
    let (came, worked) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let meeting = Meeting::new(5, {
        let (came, worked) = (came.clone(), worked.clone());
        move |_| {
            assert_eq!(came.load(Ordering::SeqCst), 5);
            worked.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    });
    for stream in &streams {
        let came = came.clone();
        stream.submit("test", move |_| count(&came)).unwrap();
        stream.meet("test", 0, vec![meeting.clone()]).unwrap();
        let worked = worked.clone();
        let after = move |_: &TaskContext| {
            assert_eq!(worked.load(Ordering::SeqCst), 1);
            Ok(())
        };
        stream.submit("test", after).unwrap();
    }
    // In any order, and with one worker for five parked streams.
    streams.iter().rev().for_each(|stream| stream.synchronize(None).unwrap());
}

#[test]
fn several_meetings_at_once_do_not_wait_for_each_other() {
    let context = context(2);
    let streams = streams(&context, 2);
    let worked = Arc::new(AtomicU64::new(0));
    let meeting = || {
        let worked = worked.clone();
        Meeting::new(2, move |_| count(&worked))
    };
    let (a, b) = (meeting(), meeting());
    // One after the other, in opposite orders, this would never end.
    streams[0].meet("test", 0, vec![a.clone(), b.clone()]).unwrap();
    streams[1].meet("test", 0, vec![b, a]).unwrap();
    streams.iter().for_each(|stream| stream.synchronize(None).unwrap());
    assert_eq!(worked.load(Ordering::SeqCst), 2);
}

#[test]
fn a_failure_is_everybodys() {
    let context = context(2);
    let streams = streams(&context, 3);
    let fault = TaskFault { kind: FaultKind::AiCpu, what: "counts differ".into() };
    let meeting = Meeting::new(3, {
        let fault = fault.clone();
        move |_| Err(fault)
    });
    streams.iter().for_each(|stream| stream.meet("test", 0, vec![meeting.clone()]).unwrap());
    for stream in &streams {
        assert!(
            matches!(stream.synchronize(None), Err(ExecError::Task { fault: f, .. }) if f.fault == fault)
        );
    }
}

#[test]
fn a_destroyed_stream_does_not_let_the_others_wait_forever() {
    let context = context(2);
    let streams = streams(&context, 2);
    let meeting = Meeting::new(3, |_| unreachable!("one is missing"));
    streams.iter().for_each(|stream| stream.meet("test", 0, vec![meeting.clone()]).unwrap());
    context.device().destroy_stream(&streams[0], false);
    let error = streams[1].synchronize(None).unwrap_err().to_string();
    assert!(error.contains("destroyed"), "{error}");
}

#[test]
fn a_stream_that_came_and_was_destroyed_is_missing_before_a_worker_has_seen_it() {
    let context = context(1);
    let streams = streams(&context, 3);
    let meeting = Meeting::new(2, |_| unreachable!("one has left"));
    streams[0].meet("test", 0, vec![meeting.clone()]).unwrap();
    let error = streams[0].synchronize(Some(Duration::from_millis(1))).unwrap_err();
    assert!(matches!(error, ExecError::StreamTimeout { pending: 1, .. }), "{error}");
    // The only worker is kept from the stream that is destroyed.
    let (busy, free) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (began, end) = (busy.clone(), free.clone());
    let hold = move |_: &TaskContext| {
        began.wait();
        end.wait();
        Ok(())
    };
    streams[2].submit("test", hold).unwrap();
    busy.wait();
    context.device().destroy_stream(&streams[0], false);
    streams[1].meet("test", 0, vec![meeting]).unwrap();
    let error = streams[1].synchronize(None).unwrap_err().to_string();
    assert!(error.contains("destroyed"), "{error}");
    free.wait();
    streams[2].synchronize(None).unwrap();
}

/// Threads that submit meetings of random members in one order that all agree on: always a way on, never a held worker.
#[test]
fn many_streams_meet_in_random_company() {
    const RANKS: usize = 6;
    let seeds = match std::env::var("ACLSIM_STRESS_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => (1..9).collect(),
    };
    for seed in seeds {
        let context = context(2);
        let streams = streams(&context, RANKS);
        let passed: Arc<[AtomicU64; RANKS]> = Arc::default();
        let mut state: u64 = seed;
        let meetings: Vec<(Arc<Meeting>, u64)> = (0..300u64)
            .map(|number| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let members = (state >> 33) % ((1 << RANKS) - 1) + 1;
                let passed = passed.clone();
                let meeting = Meeting::new(members.count_ones() as usize, move |_| {
                    for rank in (0..RANKS).filter(|rank| members >> rank & 1 == 1) {
                        let before = passed[rank].swap(number + 1, Ordering::Relaxed);
                        assert!(before <= number, "rank {rank} met {number} after {before}");
                    }
                    Ok(())
                });
                (meeting, members)
            })
            .collect();
        thread::scope(|scope| {
            for (rank, stream) in streams.iter().enumerate() {
                let meetings = &meetings;
                scope.spawn(move || {
                    for (meeting, _) in meetings.iter().filter(|(_, members)| members >> rank & 1 == 1) {
                        stream.meet("test", 0, vec![meeting.clone()]).unwrap();
                    }
                    stream.synchronize(None).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
                });
            }
        });
    }
}
