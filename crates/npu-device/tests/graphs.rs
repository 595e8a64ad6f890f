//! Captures and graphs through the public interface of the device.
#![cfg(not(loom))]

use npu_device::{
    CaptureFault, CaptureMode, Config, Context, ExecError, Graph, Runtime, Stream, StreamOptions,
    TaskContext, TaskFault, TaskKind, check_may_wait, exchange_thread_mode,
};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

/// Captures are known to the whole process, and those of some modes forbid others things.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn context(workers: usize) -> Arc<Context> {
    let runtime = Runtime::new(Config { workers, ..Config::default() });
    runtime.devices()[0].create_context()
}

fn stream(context: &Context) -> Arc<Stream> {
    context.create_stream(StreamOptions::default()).unwrap()
}

type Notes = Arc<Mutex<Vec<&'static str>>>;

fn note(
    notes: &Notes,
    what: &'static str,
) -> impl FnMut(&TaskContext) -> Result<(), TaskFault> + Send + 'static {
    let notes = notes.clone();
    move |_| {
        notes.lock().unwrap().push(what);
        Ok(())
    }
}

fn fault_of<T: std::fmt::Debug>(result: Result<T, ExecError>) -> CaptureFault {
    match result {
        Err(ExecError::Capture { fault, .. }) => fault,
        other => panic!("expected a capture's fault, got {other:?}"),
    }
}

#[test]
fn a_captured_task_runs_when_its_graph_does_and_as_often() {
    let _alone = alone();
    let context = context(2);
    let (captured, other) = (stream(&context), stream(&context));
    let notes = Notes::default();
    let graph = captured.begin_capture(CaptureMode::Global, None).unwrap();
    captured.submit("first", note(&notes, "a")).unwrap();
    captured.submit_kernel("second", 0, note(&notes, "b")).unwrap();
    let last = notes.clone();
    captured.host_call("third", move || last.lock().unwrap().push("c")).unwrap();
    assert_eq!(fault_of(graph.launch("run", &other)), CaptureFault::GraphCaptured);
    assert!(Arc::ptr_eq(&captured.end_capture().unwrap(), &graph));
    assert!(notes.lock().unwrap().is_empty());
    for _ in 0..3 {
        graph.launch("run", &other).unwrap();
    }
    other.synchronize(None).unwrap();
    assert_eq!(*notes.lock().unwrap(), ["a", "b", "c", "a", "b", "c", "a", "b", "c"]);
    // The stream is as before.
    captured.submit("after", note(&notes, "d")).unwrap();
    captured.synchronize(None).unwrap();
    assert_eq!(notes.lock().unwrap().len(), 10);
    assert_eq!(graph.task(1).unwrap().kind, TaskKind::Kernel);
}

#[test]
fn a_failing_task_is_named_and_the_others_run() {
    let _alone = alone();
    let context = context(1);
    let stream = stream(&context);
    let notes = Notes::default();
    let graph = stream.begin_capture(CaptureMode::Relaxed, None).unwrap();
    stream.submit("aclnnBroken", |_| Err(TaskFault::vector("index 9 of 3"))).unwrap();
    stream.submit("aclnnWorse", |_| panic!("lost {}", "marbles")).unwrap();
    stream.submit("aclnnFine", note(&notes, "fine")).unwrap();
    stream.end_capture().unwrap();
    for _ in 0..2 {
        graph.launch("aclmdlRIExecuteAsync", &stream).unwrap();
        let error = stream.synchronize(None).unwrap_err().to_string();
        assert!(error.contains("aclnnBroken") && error.contains("index 9 of 3"), "{error}");
    }
    assert_eq!(notes.lock().unwrap().len(), 2);
}

#[test]
fn launches_are_ordered_whichever_streams_they_are_on() {
    let _alone = alone();
    let context = context(2);
    let streams: Vec<_> = (0..3).map(|_| stream(&context)).collect();
    let (running, runs) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let graph = streams[0].begin_capture(CaptureMode::Relaxed, None).unwrap();
    let (enter, leave) = (running.clone(), running.clone());
    streams[0]
        .submit("enter", move |_| {
            assert_eq!(enter.fetch_add(1, Ordering::SeqCst), 0, "two runs at once");
            Ok(())
        })
        .unwrap();
    // Parks in the middle.
    streams[0].host_call("host", thread::yield_now).unwrap();
    let count = runs.clone();
    streams[0]
        .submit("leave", move |_| {
            leave.fetch_sub(1, Ordering::SeqCst);
            count.fetch_add(1, Ordering::SeqCst);
            Ok(())
        })
        .unwrap();
    streams[0].end_capture().unwrap();
    thread::scope(|scope| {
        for stream in &streams {
            let graph = &graph;
            scope.spawn(move || (0..100).for_each(|_| graph.launch("run", stream).unwrap()));
        }
    });
    streams.iter().for_each(|stream| stream.synchronize(None).unwrap());
    assert_eq!(runs.load(Ordering::SeqCst), 300);
    assert!(!graph.is_running());
}

#[test]
fn a_graph_that_runs_is_known_to_and_a_killed_stream_leaves_it_as_it_was() {
    let _alone = alone();
    let context = context(2);
    let (captured, killed, other) = (stream(&context), stream(&context), stream(&context));
    let (begin, begun) = mpsc::channel();
    let (hold, held) = mpsc::channel::<()>();
    let held = Arc::new(Mutex::new(held));
    let notes = Notes::default();
    let graph = captured.begin_capture(CaptureMode::Relaxed, None).unwrap();
    captured.submit("before", note(&notes, "before")).unwrap();
    captured
        .host_call("host", move || {
            begin.send(()).unwrap();
            held.lock().unwrap().recv().unwrap();
        })
        .unwrap();
    captured.submit("after", note(&notes, "after")).unwrap();
    captured.end_capture().unwrap();
    graph.launch("run", &killed).unwrap();
    begun.recv().unwrap();
    assert_eq!(fault_of(graph.check_idle()), CaptureFault::GraphRunning);
    // The other launch waits for its turn, and has it when the first is gone.
    graph.launch("run", &other).unwrap();
    context.device().destroy_stream(&killed, false);
    hold.send(()).unwrap();
    begun.recv().unwrap();
    hold.send(()).unwrap();
    other.synchronize(None).unwrap();
    graph.check_idle().unwrap();
    assert_eq!(*notes.lock().unwrap(), ["before", "before", "after"]);
}

#[test]
fn what_cannot_be_captured_is_refused() {
    let _alone = alone();
    let context = context(1);
    let (stream, other) = (stream(&context), stream(&context));
    assert_eq!(
        fault_of(context.default_stream().begin_capture(CaptureMode::Global, None)),
        CaptureFault::Implicit
    );
    assert_eq!(fault_of(stream.end_capture()), CaptureFault::NotCaptured);
    let graph = stream.begin_capture(CaptureMode::Global, None).unwrap();
    assert_eq!(fault_of(stream.begin_capture(CaptureMode::Global, None)), CaptureFault::StreamCaptured);
    assert_eq!(fault_of(graph.launch("run", &other)), CaptureFault::GraphCaptured);
    let meeting = npu_device::Meeting::new(2, |_| Ok(()));
    assert_eq!(fault_of(stream.meet("HcclAllReduce", 0, vec![meeting])), CaptureFault::Forbidden);
    let elsewhere = thread::scope(|scope| scope.spawn(|| stream.end_capture()).join().unwrap());
    assert_eq!(fault_of(elsewhere), CaptureFault::WrongThread);
    assert!(stream.capture_info().is_some_and(|info| info.valid));
    assert_eq!(fault_of(stream.synchronize(None)), CaptureFault::StreamCaptured);
    assert!(stream.capture_info().is_some_and(|info| !info.valid));
    assert_eq!(fault_of(stream.submit("late", |_| Ok(()))), CaptureFault::Invalidated);
    assert_eq!(fault_of(stream.end_capture()), CaptureFault::Invalidated);
    assert!(stream.capture_info().is_none());
    stream.synchronize(None).unwrap();
    stream.begin_capture(CaptureMode::Global, None).unwrap();
    assert_eq!(fault_of(context.synchronize(None)), CaptureFault::StreamCaptured);
    assert_eq!(fault_of(stream.end_capture()), CaptureFault::Invalidated);
}

#[test]
fn modes_say_who_may_wait() {
    let _alone = alone();
    let context = context(1);
    let stream = stream(&context);
    let may = || check_may_wait(CaptureFault::Forbidden).is_ok();
    let other_may = |mode| {
        thread::scope(|scope| {
            scope
                .spawn(move || {
                    exchange_thread_mode(mode);
                    may()
                })
                .join()
                .unwrap()
        })
    };
    use CaptureMode::{Global, Relaxed, ThreadLocal};
    // Mode of the capture: this thread as Global, ThreadLocal, Relaxed; then another thread likewise.
    let table = [
        (Global, [false, false, true], [false, true, true]),
        (ThreadLocal, [false, false, true], [true, true, true]),
        (Relaxed, [true, true, true], [true, true, true]),
    ];
    for (mode, own, others) in table {
        for (i, thread_mode) in [Global, ThreadLocal, Relaxed].into_iter().enumerate() {
            stream.begin_capture(mode, None).unwrap();
            assert_eq!(exchange_thread_mode(thread_mode), Global);
            assert_eq!(may(), own[i], "{mode:?}, own thread {thread_mode:?}");
            assert_eq!(exchange_thread_mode(Global), thread_mode);
            assert_eq!(stream.end_capture().is_ok(), own[i]);
            stream.begin_capture(mode, None).unwrap();
            assert_eq!(other_may(thread_mode), others[i], "{mode:?}, other thread {thread_mode:?}");
            assert_eq!(stream.end_capture().is_ok(), others[i]);
        }
    }
    assert!(may());
}

#[test]
fn a_group_is_updated_when_the_stream_comes_to_it() {
    let _alone = alone();
    let context = context(1);
    let (captured, updating) = (stream(&context), stream(&context));
    let notes = Notes::default();
    let graph = captured.begin_capture(CaptureMode::Relaxed, None).unwrap();
    captured.submit_kernel("before", 0, note(&notes, "before")).unwrap();
    assert_eq!(fault_of(captured.end_group()), CaptureFault::GroupStatus);
    captured.begin_group().unwrap();
    assert_eq!(fault_of(captured.begin_group()), CaptureFault::GroupStatus);
    captured.submit_kernel("old", 0, note(&notes, "old")).unwrap();
    assert_eq!(fault_of(captured.submit("copy", |_| Ok(()))), CaptureFault::TaskType);
    assert_eq!(fault_of(captured.end_capture()), CaptureFault::GroupStatus);
    let (owner, tasks) = captured.end_group().unwrap();
    assert!(Arc::ptr_eq(&owner, &graph));
    assert_eq!(tasks, [1]);
    assert_eq!(fault_of(updating.begin_update(&graph, tasks.clone())), CaptureFault::GraphCaptured);
    captured.end_capture().unwrap();
    let run = || {
        graph.launch("run", &captured).unwrap();
        captured.synchronize(None).unwrap();
        std::mem::take(&mut *notes.lock().unwrap())
    };
    assert_eq!(run(), ["before", "old"]);
    assert_eq!(fault_of(updating.end_update("end")), CaptureFault::GroupStatus);
    // Too few, too many, another kind: nothing changes.
    updating.begin_update(&graph, tasks.clone()).unwrap();
    assert_eq!(fault_of(updating.end_update("end")), CaptureFault::GroupMismatch);
    updating.begin_update(&graph, tasks.clone()).unwrap();
    assert_eq!(fault_of(updating.submit("copy", |_| Ok(()))), CaptureFault::TaskType);
    updating.submit_kernel("new", 0, note(&notes, "new")).unwrap();
    assert_eq!(
        fault_of(updating.submit_kernel("more", 0, note(&notes, "more"))),
        CaptureFault::GroupMismatch
    );
    assert_eq!(run(), ["before", "old"]);
    updating.end_update("end").unwrap();
    updating.synchronize(None).unwrap();
    assert_eq!(run(), ["before", "new"]);
    assert_eq!(graph.task(1).unwrap().name, "new");
}

#[test]
fn tasks_left_out_are_left_out_after_an_update() {
    let _alone = alone();
    let context = context(1);
    let stream = stream(&context);
    let notes = Notes::default();
    let graph = stream.begin_capture(CaptureMode::Relaxed, None).unwrap();
    stream.submit("a", note(&notes, "a")).unwrap();
    stream.submit("b", note(&notes, "b")).unwrap();
    assert_eq!(fault_of(graph.update()), CaptureFault::GraphCaptured);
    stream.end_capture().unwrap();
    graph.disable(0);
    let run = || {
        graph.launch("run", &stream).unwrap();
        stream.synchronize(None).unwrap();
        std::mem::take(&mut *notes.lock().unwrap())
    };
    assert_eq!(run(), ["a", "b"]);
    graph.update().unwrap();
    assert_eq!(run(), ["b"]);
    assert!(graph.task(0).unwrap().disabled);
    // None of the tasks takes parameters.
    assert!(!graph.set_params(1, Box::new(7u32)));
}

#[test]
fn a_graph_is_built_from_bound_streams() {
    let _alone = alone();
    let context = context(1);
    let (bound, other) = (stream(&context), stream(&context));
    let notes = Notes::default();
    let graph = Graph::build(context.id(), 0);
    bound.bind(&graph, false).unwrap();
    assert_eq!(fault_of(bound.bind(&graph, false)), CaptureFault::Parameter);
    bound.submit("a", note(&notes, "a")).unwrap();
    assert_eq!(fault_of(graph.launch("run", &other)), CaptureFault::Parameter);
    assert_eq!(fault_of(graph.finish_build()), CaptureFault::Parameter);
    assert_eq!(fault_of(other.end_tasks(&graph)), CaptureFault::Parameter);
    bound.end_tasks(&graph).unwrap();
    assert_eq!(fault_of(bound.submit("late", |_| Ok(()))), CaptureFault::Parameter);
    graph.finish_build().unwrap();
    let run = || {
        graph.launch("run", &other).unwrap();
        other.synchronize(None).unwrap();
        std::mem::take(&mut *notes.lock().unwrap())
    };
    assert_eq!(run(), ["a"]);
    assert_eq!(run(), ["a"]);
    // Other tasks on the same stream.
    bound.clean().unwrap();
    bound.submit("b", note(&notes, "b")).unwrap();
    assert_eq!(run(), ["b"]);
    bound.unbind(&graph).unwrap();
    assert!(run().is_empty());
    bound.submit("c", note(&notes, "c")).unwrap();
    bound.synchronize(None).unwrap();
    assert_eq!(*notes.lock().unwrap(), ["c"]);
}

#[test]
fn an_aborted_graph_ends_and_can_run_again() {
    let _alone = alone();
    let context = context(2);
    let (bound, other) = (stream(&context), stream(&context));
    let (begin, begun) = mpsc::channel();
    let (hold, held) = mpsc::channel::<()>();
    let held = Arc::new(Mutex::new(held));
    let notes = Notes::default();
    let graph = Graph::build(context.id(), 0);
    bound.bind(&graph, false).unwrap();
    bound
        .host_call("host", move || {
            begin.send(()).unwrap();
            held.lock().unwrap().recv().unwrap();
        })
        .unwrap();
    bound.submit("after", note(&notes, "after")).unwrap();
    bound.end_tasks(&graph).unwrap();
    graph.finish_build().unwrap();
    graph.launch("run", &other).unwrap();
    begun.recv().unwrap();
    graph.abort();
    other.synchronize(None).unwrap();
    assert!(graph.was_aborted());
    assert!(notes.lock().unwrap().is_empty());
    hold.send(()).unwrap();
    graph.launch("run", &other).unwrap();
    begun.recv().unwrap();
    hold.send(()).unwrap();
    other.synchronize(None).unwrap();
    assert!(!graph.was_aborted());
    assert_eq!(*notes.lock().unwrap(), ["after"]);
}

#[test]
fn destroying_the_stream_ends_its_capture() {
    let _alone = alone();
    let context = context(1);
    let stream = stream(&context);
    let graph = stream.begin_capture(CaptureMode::Global, None).unwrap();
    stream.submit("lost", |_| Ok(())).unwrap();
    context.device().destroy_stream(&stream, false);
    assert!(check_may_wait(CaptureFault::Forbidden).is_ok());
    assert!(!graph.is_recording() && graph.is_empty());
}
