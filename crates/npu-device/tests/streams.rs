//! Streams through the public interface.
#![cfg(not(loom))]

use npu_device::{Config, Context, ExecError, FailureMode, FaultKind, Runtime, StreamOptions, TaskFault};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

fn runtime(workers: usize) -> &'static Runtime {
    Runtime::new(Config { workers, schedule: None, ..Config::default() })
}

fn context(workers: usize) -> Arc<Context> {
    runtime(workers).device(0, "test").unwrap().create_context()
}

#[test]
fn tasks_of_a_stream_run_in_order() {
    let context = context(4);
    let stream = context.create_stream(StreamOptions::default()).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    for i in 0..10_000 {
        let seen = seen.clone();
        stream
            .submit("test", move |_| {
                seen.lock().unwrap().push(i);
                Ok(())
            })
            .unwrap();
    }
    stream.synchronize(None).unwrap();
    assert!(seen.lock().unwrap().iter().copied().eq(0..10_000));
    assert!(stream.is_complete());
}

#[test]
fn small_tasks_run_at_once_on_an_idle_stream_and_in_order_on_a_busy_one() {
    let context = context(2);
    let stream = context.create_stream(StreamOptions::default()).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = |name| {
        let seen = seen.clone();
        move |_: &npu_device::TaskContext| {
            seen.lock().unwrap().push((name, std::thread::current().id()));
            Ok(())
        }
    };
    stream.submit_small("test", note("idle")).unwrap();
    assert_eq!(*seen.lock().unwrap(), [("idle", std::thread::current().id())]);
    assert!(stream.is_complete());
    let (open, gate) = mpsc::channel::<()>();
    stream
        .submit("test", move |_| {
            gate.recv().unwrap();
            Ok(())
        })
        .unwrap();
    stream.submit("test", note("first")).unwrap();
    stream.submit_small("test", note("second")).unwrap();
    assert_eq!(seen.lock().unwrap().len(), 1, "nothing overtakes the task that waits");
    open.send(()).unwrap();
    stream.synchronize(None).unwrap();
    let names: Vec<_> = seen.lock().unwrap().iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["idle", "first", "second"]);
    // A failure stays on the stream until somebody asks.
    stream.submit_small("small", |_| Err(TaskFault::ai_core("broken"))).unwrap();
    let error = stream.synchronize(None).unwrap_err().to_string();
    assert!(error.contains("small") && error.contains("broken"), "{error}");
}

#[test]
fn a_seeded_order_runs_no_small_task_early() {
    let config = Config { workers: 1, schedule: Some(1), ..Config::default() };
    let context = Runtime::new(config).device(0, "test").unwrap().create_context();
    let ran = Arc::new(AtomicUsize::new(0));
    let (other, submitter) = (ran.clone(), std::thread::current().id());
    let early = move |_: &npu_device::TaskContext| {
        other.store(1 + usize::from(std::thread::current().id() == submitter), Ordering::Relaxed);
        Ok(())
    };
    context.default_stream().submit_small("test", early).unwrap();
    assert_ne!(ran.load(Ordering::Relaxed), 2, "the submitting thread ran it");
    context.synchronize(None).unwrap();
    assert_ne!(ran.load(Ordering::Relaxed), 0);
}

#[test]
fn large_closures_are_boxed() {
    let context = context(1);
    let big = [7_u64; 100];
    let sum = Arc::new(AtomicU64::new(0));
    let total = sum.clone();
    context
        .default_stream()
        .submit("test", move |_| {
            total.store(big.iter().sum(), Ordering::Relaxed);
            Ok(())
        })
        .unwrap();
    context.synchronize(None).unwrap();
    assert_eq!(sum.load(Ordering::Relaxed), 700);
}

#[test]
fn work_proceeds_without_synchronisation() {
    let context = context(1);
    let (send, receive) = mpsc::channel();
    context
        .default_stream()
        .submit("test", move |_| {
            send.send(()).unwrap();
            Ok(())
        })
        .unwrap();
    receive.recv().unwrap();
}

#[test]
fn a_failure_names_its_call_and_surfaces_once() {
    let context = context(2);
    let stream = context.create_stream(StreamOptions::default()).unwrap();
    stream.submit("aclnnFine", |_| Ok(())).unwrap();
    stream.submit("aclnnBroken", |_| Err(TaskFault::vector("index 9 of 3"))).unwrap();
    stream.submit("aclnnFine", |_| Ok(())).unwrap();
    let Err(ExecError::Task { fault, .. }) = stream.synchronize(None) else { panic!("no failure") };
    assert_eq!((fault.call, fault.task, fault.fault.kind), ("aclnnBroken", 2, FaultKind::Vector));
    stream.synchronize(None).unwrap();
}

#[test]
fn a_panic_is_a_failure() {
    let context = context(2);
    context.default_stream().submit("aclnnBug", |_| panic!("lost {}", "marbles")).unwrap();
    let Err(ExecError::Task { fault, .. }) = context.default_stream().synchronize(None) else {
        panic!("no failure")
    };
    assert_eq!(fault.fault.kind, FaultKind::Internal);
    assert!(fault.to_string().contains("lost marbles"), "{fault}");
}

#[test]
fn stop_mode_drops_what_follows_and_refuses_more() {
    let context = context(2);
    context.set_failure_mode(FailureMode::Stop);
    let stream = context.create_stream(StreamOptions::default()).unwrap();
    let other = context.create_stream(StreamOptions::default()).unwrap();
    let (hold, held) = mpsc::channel::<()>();
    let ran = Arc::new(AtomicUsize::new(0));
    stream
        .submit("aclnnBroken", move |_| {
            held.recv().unwrap();
            Err(TaskFault::ai_core("broken"))
        })
        .unwrap();
    let count = ran.clone();
    stream
        .submit("aclnnLater", move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })
        .unwrap();
    hold.send(()).unwrap();
    for _ in 0..2 {
        assert!(matches!(stream.synchronize(None), Err(ExecError::Task { .. })));
    }
    assert_eq!(ran.load(Ordering::Relaxed), 0);
    let refused = other.submit("aclnnMore", |_| Ok(()));
    assert!(matches!(refused, Err(ExecError::StreamStopped { .. })), "{refused:?}");
}

#[test]
fn a_wait_can_time_out() {
    let context = context(1);
    let (hold, held) = mpsc::channel::<()>();
    let (begin, begun) = mpsc::channel();
    let stream = context.default_stream();
    stream
        .submit("test", move |_| {
            begin.send(()).unwrap();
            held.recv().unwrap();
            Ok(())
        })
        .unwrap();
    // A worker has it, so that this thread only waits.
    begun.recv().unwrap();
    let error = stream.synchronize(Some(Duration::from_millis(1))).unwrap_err();
    assert!(matches!(error, ExecError::StreamTimeout { pending: 1, .. }), "{error}");
    assert!(!stream.is_complete());
    hold.send(()).unwrap();
    stream.synchronize(None).unwrap();
}

#[test]
fn streams_run_out_and_come_back() {
    let runtime = runtime(1);
    let context = runtime.device(0, "test").unwrap().create_context();
    let streams: Vec<_> =
        (0..1984).map(|_| context.create_stream(StreamOptions::default()).unwrap()).collect();
    let error = context.create_stream(StreamOptions::default()).unwrap_err();
    assert!(matches!(error, ExecError::StreamLimit { limit: 1984, .. }));
    context.device().destroy_stream(&streams[5], true);
    assert_eq!(context.create_stream(StreamOptions::default()).unwrap().id(), streams[5].id());
    assert!(context.create_stream(StreamOptions::default()).is_err());
    assert!(matches!(streams[5].submit("late", |_| Ok(())), Err(ExecError::StreamClosed { .. })));
}

/// Raises a count when it is dropped.
struct OnDrop(Arc<AtomicUsize>);
impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn force_drops_pending_tasks_and_destroy_runs_them() {
    let context = context(1);
    for force in [false, true] {
        let stream = context.create_stream(StreamOptions::default()).unwrap();
        let (hold, held) = mpsc::channel::<()>();
        let (begin, begun) = mpsc::channel();
        stream
            .submit("test", move |_| {
                begin.send(()).unwrap();
                held.recv().unwrap();
                Ok(())
            })
            .unwrap();
        begun.recv().unwrap();
        let (ran, dropped) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        for _ in 0..100 {
            let (ran, guard) = (ran.clone(), OnDrop(dropped.clone()));
            stream
                .submit("test", move |_| {
                    let _guard = &guard;
                    ran.fetch_add(1, Ordering::Relaxed);
                    Ok(())
                })
                .unwrap();
        }
        if force {
            context.device().destroy_stream(&stream, false);
            hold.send(()).unwrap();
        } else {
            hold.send(()).unwrap();
            context.device().destroy_stream(&stream, true);
        }
        stream.synchronize(None).unwrap();
        assert_eq!(ran.load(Ordering::Relaxed), if force { 0 } else { 100 });
        assert_eq!(dropped.load(Ordering::Relaxed), 100);
    }
}

#[test]
fn kernels_share_their_chunks() {
    let context = context(4);
    for round in 0..200_u64 {
        let sum = Arc::new(AtomicU64::new(0));
        let total = sum.clone();
        context
            .default_stream()
            .submit("test", move |task| {
                assert_eq!(task.parallel().threads(), 4);
                task.parallel().run(100, &|chunk| {
                    total.fetch_add(chunk as u64 + round, Ordering::Relaxed);
                });
                Ok(())
            })
            .unwrap();
        context.synchronize(None).unwrap();
        assert_eq!(sum.load(Ordering::Relaxed), 4950 + 100 * round);
    }
}

#[test]
fn two_streams_with_parallel_kernels_share_one_worker_each() {
    let context = context(2);
    let streams: Vec<_> = (0..8).map(|_| context.create_stream(StreamOptions::default()).unwrap()).collect();
    let sum = Arc::new(AtomicUsize::new(0));
    for _ in 0..50 {
        for stream in &streams {
            let sum = sum.clone();
            stream
                .submit("test", move |task| {
                    task.parallel().run(8, &|_| {
                        // Nested sharing works too.
                        task.parallel().run(2, &|_| {
                            sum.fetch_add(1, Ordering::Relaxed);
                        });
                    });
                    Ok(())
                })
                .unwrap();
        }
    }
    context.synchronize(None).unwrap();
    assert_eq!(sum.load(Ordering::Relaxed), 8 * 50 * 8 * 2);
}

#[test]
fn a_seed_fixes_the_order() {
    let order = |seed| {
        let config = Config { workers: 1, schedule: Some(seed), ..Config::default() };
        let context = Runtime::new(config).device(0, "test").unwrap().create_context();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let streams: Vec<_> =
            (0..8).map(|_| context.create_stream(StreamOptions::default()).unwrap()).collect();
        for task in 0..4 {
            for (i, stream) in streams.iter().enumerate() {
                let seen = seen.clone();
                stream
                    .submit("test", move |_| {
                        seen.lock().unwrap().push((i, task));
                        Ok(())
                    })
                    .unwrap();
            }
        }
        context.synchronize(None).unwrap();
        let order = seen.lock().unwrap().clone();
        assert_eq!(order.len(), 32);
        order
    };
    assert_eq!(order(1), order(1));
    assert_ne!(order(1), order(2));
}

#[test]
fn an_abort_drops_what_is_queued_and_nothing_later() {
    let context = context(2);
    let stream = context.create_stream(StreamOptions::default()).unwrap();
    let ran = Arc::new(AtomicUsize::new(0));
    let count = || {
        let ran = ran.clone();
        move |_: &npu_device::TaskContext| {
            ran.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
    };
    for round in 1..=50 {
        let (open, gate) = mpsc::channel::<()>();
        let (begun, begins) = mpsc::channel();
        stream
            .submit("test", move |_| {
                begun.send(()).unwrap();
                gate.recv().unwrap();
                Ok(())
            })
            .unwrap();
        for _ in 0..10 {
            stream.submit("test", count()).unwrap();
        }
        // Something must run it.
        let waiter = std::thread::spawn({
            let stream = stream.clone();
            move || stream.synchronize(None)
        });
        begins.recv().unwrap();
        let aborter = std::thread::spawn({
            let stream = stream.clone();
            move || stream.abort(None)
        });
        // While it is being aborted, the stream takes nothing.
        while stream.submit("test", |_| Ok(())).is_ok() {
            std::thread::yield_now();
        }
        open.send(()).unwrap();
        aborter.join().unwrap().unwrap();
        let waited = waiter.join().unwrap();
        assert!(matches!(waited, Ok(()) | Err(ExecError::StreamAborted { .. })), "{waited:?}");
        stream.submit("test", count()).unwrap();
        stream.synchronize(None).unwrap();
        assert_eq!(ran.load(Ordering::Relaxed), round);
    }
}
