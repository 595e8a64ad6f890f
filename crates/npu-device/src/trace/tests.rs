//! From hooks to a file.

use super::*;
use crate::{Config, Runtime, StreamOptions};
use std::{
    io,
    sync::{Arc, Mutex},
};

/// Keeps what it is told. One test at a time records, since there is one hub.
#[derive(Clone, Default)]
struct Keep(Arc<Mutex<Vec<String>>>);

impl Sink for Keep {
    fn event(&mut self, _: &ThreadTag, event: &Event) {
        self.0.lock().unwrap().push(format!("{event:?}"));
    }
    fn finish(&mut self, _: u64) -> io::Result<()> {
        Ok(())
    }
}

static ONE: Mutex<()> = Mutex::new(());

#[test]
fn tasks_are_told_with_their_submission_and_details() {
    let _one = ONE.lock();
    let kept = Keep::default();
    let runtime = Runtime::new(Config { workers: 1, ..Config::default() });
    let stream =
        runtime.device(0, "test").unwrap().create_context().create_stream(StreamOptions::default()).unwrap();
    stream.submit("before", |_| Ok(())).unwrap();
    stream.synchronize(None).unwrap();
    let note = describe(Details::new("Sum", 8, &[]));
    let id = note.id();
    let sink = add(Box::new(kept.clone())).unwrap();
    stream
        .submit("during", move |task| {
            task.describe(id);
            Ok(())
        })
        .unwrap();
    stream.submit_small("small", |_| Ok(())).unwrap();
    // After its last record a note may go at once.
    stream.synchronize(None).unwrap();
    drop(note);
    mark("here");
    remove(sink).unwrap();
    stream.submit("after", |_| Ok(())).unwrap();
    stream.synchronize(None).unwrap();
    let own = format!("{:?}", stream.tag());
    let told: Vec<String> = kept
        .0
        .lock()
        .unwrap()
        .iter()
        .filter(|event| event.contains(&own) || event.contains("Mark"))
        .cloned()
        .collect();
    let count = |part: &str| told.iter().filter(|event| event.contains(part)).count();
    assert_eq!(count("Submit {"), 2, "{told:?}");
    assert_eq!(count("Task {"), 2, "{told:?}");
    assert_eq!(count("name: \"during\", details: Some(Details { name: \"Sum\""), 1, "{told:?}");
    assert_eq!(count("name: \"small\", details: None"), 1, "{told:?}");
    assert_eq!(count("text: \"here\""), 1, "{told:?}");
    assert_eq!(count("before") + count("after"), 0, "{told:?}");
}

#[test]
fn more_records_than_fit_in_a_ring_all_arrive() {
    let _one = ONE.lock();
    let kept = Keep::default();
    let sink = add(Box::new(kept.clone())).unwrap();
    const MARKS: usize = 40_000;
    for number in 0..MARKS {
        mark(&format!("number {number}"));
    }
    remove(sink).unwrap();
    let told = kept.0.lock().unwrap();
    let marks: Vec<_> = told.iter().filter(|event| event.contains("text: \"number ")).collect();
    assert_eq!(marks.len(), MARKS);
    assert!(marks.iter().enumerate().all(|(n, mark)| mark.contains(&format!("\"number {n}\""))));
}

#[test]
fn a_file_is_complete_and_loads() {
    let _one = ONE.lock();
    let path = std::env::temp_dir().join(format!("aclsim-trace-{}.json", std::process::id()));
    let sink = add(Box::new(Timeline::create(&path, u64::MAX, &[(0, 7)]).unwrap())).unwrap();
    mark("with \"quotes\"");
    call("aclrtMalloc", now(), 207_001);
    remove(sink).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(text.starts_with("[\n{") && text.ends_with("}\n]\n"), "{text}");
    assert!(text.contains("\"name\":\"with \\\"quotes\\\"\""), "{text}");
    assert!(text.contains("\"args\":{\"code\":207001}"), "{text}");
    assert!(text.contains("\"name\":\"memory in use\"") && text.contains("\"args\":{\"bytes\":7}"), "{text}");
}
