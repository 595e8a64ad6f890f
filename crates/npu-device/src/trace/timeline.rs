//! A timeline in the JSON format that <https://ui.perfetto.dev> and `chrome://tracing` open.
//!
//! An array of events, each a line. It is written as things happen; a file whose end is missing, because the process
//! died, is still read.

use super::{
    StreamTag,
    hub::{Sink, ThreadTag},
    json,
    record::{Event, title},
};
use crate::exec::monotonic_nanoseconds;
use std::{
    collections::HashSet,
    fs::File,
    io::{self, Write},
    path::Path,
};

/// The "process" of host threads.
const HOST: u64 = 1;
/// The "process" of what frameworks report.
const REPORTS: u64 = 2;
/// The "process" of device 0.
const DEVICE: u64 = 100;
/// Text is handed to the system from so many bytes on.
const CHUNK: usize = 64 << 10;
/// A timeline file.
#[derive(Debug)]
pub struct Timeline {
    file: File,
    text: String,
    /// What could not be written is reported once, at the end.
    failure: Option<io::Error>,
    /// A bit for each device that is shown.
    devices: u64,
    /// Nothing before this is shown.
    began: u64,
    seen_threads: HashSet<u32>,
    seen_streams: HashSet<u32>,
    /// The thread and the stream that were asked for last, which have been seen.
    last: (u32, u32),
    seen_devices: u64,
}

impl Timeline {
    /// Begins a file. `devices` has a bit for each device that is shown; `used` is the memory in use on devices.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn create(path: &Path, devices: u64, used: &[(u32, u64)]) -> io::Result<Timeline> {
        let began = monotonic_nanoseconds();
        let mut timeline = Timeline {
            file: File::create(path)?,
            text: String::with_capacity(2 * CHUNK),
            failure: None,
            devices,
            began,
            seen_threads: HashSet::new(),
            seen_streams: HashSet::new(),
            last: (0, u32::MAX),
            seen_devices: 0,
        };
        let program = std::fs::read_to_string("/proc/self/comm").unwrap_or_default();
        timeline.text.push_str(
            "[\n{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":1,\"tid\":0,\"args\":{\"name\":\"host: ",
        );
        json::escape(&mut timeline.text, program.trim_end());
        timeline.text.push_str(" (process ");
        json::number(&mut timeline.text, std::process::id().into());
        timeline.text.push_str(")\"}}");
        for (device, used) in used {
            timeline.memory(*device, began, *used);
        }
        timeline.write_out();
        timeline.failure.take().map_or(Ok(timeline), Err)
    }

    fn shows(&self, device: u32) -> bool {
        self.devices >> device.min(63) & 1 != 0
    }

    /// Begins an event; members and `}` follow.
    fn event(&mut self, phase: char, process: u64, thread: u64) {
        self.text.push_str(",\n{\"ph\":\"");
        self.text.push(phase);
        self.member("\",\"pid\":", process);
        self.member(",\"tid\":", thread);
    }

    fn member(&mut self, key: &str, value: u64) {
        self.text.push_str(key);
        json::number(&mut self.text, value);
    }

    fn time(&mut self, key: &str, nanoseconds: u64) {
        self.text.push_str(key);
        json::microseconds(&mut self.text, nanoseconds);
    }

    fn name(&mut self, category: &str, name: &str) {
        self.text.push_str(",\"cat\":\"");
        self.text.push_str(category);
        self.text.push_str("\",\"name\":\"");
        json::escape(&mut self.text, name);
        self.text.push('"');
    }

    fn slice(&mut self, (process, thread): (u64, u64), category: &str, name: &str, start: u64, end: u64) {
        self.event('X', process, thread);
        self.name(category, name);
        self.time(",\"ts\":", start);
        self.time(",\"dur\":", end.saturating_sub(start));
    }

    fn instant(&mut self, (process, thread): (u64, u64), category: &str, name: &str, time: u64) {
        self.event('i', process, thread);
        self.name(category, name);
        self.time(",\"s\":\"t\",\"ts\":", time);
        self.text.push('}');
    }

    fn asynchronous(&mut self, place: (u64, u64), category: &str, name: &str, id: u64, times: (u64, u64)) {
        for (phase, time) in [('b', times.0), ('e', times.1)] {
            self.event(phase, place.0, place.1);
            self.name(category, name);
            self.member(",\"id\":", id);
            self.time(",\"ts\":", time);
            self.text.push('}');
        }
    }

    /// An end of the arrow from the call that submitted a task to the task.
    fn flow(
        &mut self,
        phase: char,
        (process, thread): (u64, u64),
        time: u64,
        stream: StreamTag,
        number: u64,
    ) {
        self.event(phase, process, thread);
        self.name("submit", "submit");
        // Fits in the 53 bits that every reader takes.
        self.member(",\"id\":", u64::from(stream.serial() & 0xf_ffff) << 32 | number & 0xffff_ffff);
        if phase == 'f' {
            self.text.push_str(",\"bp\":\"e\"");
        }
        self.time(",\"ts\":", time);
        self.text.push('}');
    }

    fn metadata(&mut self, what: &str, (process, thread): (u64, u64), value: impl FnOnce(&mut String)) {
        self.event('M', process, thread);
        self.text.push_str(",\"name\":\"");
        self.text.push_str(what);
        self.text.push_str("\",\"args\":{");
        value(&mut self.text);
        self.text.push_str("}}");
    }

    fn title(&mut self, what: &str, place: (u64, u64), title: &str) {
        self.metadata(what, place, |text| {
            text.push_str("\"name\":\"");
            json::escape(text, title);
            text.push('"');
        });
    }

    fn thread(&mut self, thread: &ThreadTag) -> (u64, u64) {
        let place = (HOST, thread.id.into());
        if self.last.0 == thread.id {
            return place;
        }
        self.last.0 = thread.id;
        if self.seen_threads.insert(thread.id) {
            let main = thread.id == std::process::id();
            self.title("thread_name", place, if main { "main" } else { &thread.name });
        }
        place
    }

    fn device(&mut self, device: u32) -> u64 {
        let process = DEVICE + u64::from(device);
        let bit = 1 << device.min(63);
        if self.seen_devices & bit == 0 {
            self.seen_devices |= bit;
            self.title("process_name", (process, 0), &format!("device {device}"));
            self.metadata("process_sort_index", (process, 0), |text| {
                text.push_str("\"sort_index\":");
                json::number(text, process);
            });
        }
        process
    }

    fn stream(&mut self, stream: StreamTag) -> (u64, u64) {
        let place = (self.device(stream.device()), stream.serial().into());
        if self.last.1 == stream.serial() {
            return place;
        }
        self.last.1 = stream.serial();
        if self.seen_streams.insert(stream.serial()) {
            let kind = if stream.is_default() { " (default)" } else { "" };
            self.title("thread_name", place, &format!("stream {}{kind}", stream.id()));
            self.metadata("thread_sort_index", place, |text| {
                text.push_str("\"sort_index\":");
                json::number(text, stream.id().into());
            });
        }
        place
    }

    fn memory(&mut self, device: u32, time: u64, used: u64) {
        let process = self.device(device);
        self.event('C', process, 0);
        self.name("memory", "memory in use");
        self.time(",\"ts\":", time);
        self.member(",\"args\":{\"bytes\":", used);
        self.text.push_str("}}");
    }

    fn write_out(&mut self) {
        if self.failure.is_none() {
            self.failure = self.file.write_all(self.text.as_bytes()).err();
        }
        self.text.clear();
    }
}

impl Sink for Timeline {
    fn event(&mut self, thread: &ThreadTag, event: &Event) {
        if event.start() < self.began {
            return;
        }
        match *event {
            Event::Call { name, start, end, code } => {
                let place = self.thread(thread);
                self.slice(place, "call", name, start, end);
                if code != 0 {
                    self.text.push_str(",\"args\":{\"code\":");
                    json::signed(&mut self.text, code.into());
                    self.text.push('}');
                }
                self.text.push('}');
            }
            Event::Submit { time, stream, number } if self.shows(stream.device()) => {
                let place = self.thread(thread);
                self.flow('s', place, time, stream, number);
            }
            Event::Task { name, details, stream, number, node, action, start, end, failed }
                if self.shows(stream.device()) =>
            {
                let place = self.stream(stream);
                let category = if node.is_some() { "node" } else { "task" };
                self.slice(place, category, title(name, details, action), start, end);
                self.text.push_str(",\"args\":{\"call\":\"");
                self.text.push_str(name);
                self.member("\",\"stream\":", stream.id().into());
                self.member(",\"task\":", number);
                if let Some(node) = node {
                    self.member(",\"node\":", node.into());
                }
                if failed {
                    self.text.push_str(",\"failed\":true");
                }
                if let Some(details) = details {
                    self.text.push_str(details.json());
                }
                action.write(&mut self.text);
                self.text.push_str("}}");
                if node.is_none() {
                    self.flow('f', place, start, stream, number);
                }
            }
            Event::Worked { start, end, action } => {
                let place = self.thread(thread);
                self.slice(place, "work", action.title().unwrap_or("work"), start, end);
                self.text.push_str(",\"args\":{\"of\":\"host\"");
                action.write(&mut self.text);
                self.text.push_str("}}");
            }
            Event::Memory { device, time, used } if self.shows(device) => self.memory(device, time, used),
            Event::Mark { time, text } => {
                let place = self.thread(thread);
                self.instant(place, "mark", text, time);
            }
            Event::Range { start, end, text } => {
                let place = self.thread(thread);
                self.slice(place, "range", text, start, end);
                self.text.push('}');
            }
            Event::Span { id, start, end, text } => {
                let place = self.thread(thread);
                self.asynchronous(place, "span", text, id, (start, end));
            }
            Event::StreamMark { time, stream, text } if self.shows(stream.device()) => {
                let place = self.stream(stream);
                self.instant(place, "mark", text, time);
            }
            Event::Step { number, start, end, stream } if self.shows(stream.device()) => {
                let place = self.stream(stream);
                self.asynchronous(place, "step", &format!("step {number}"), number, (start, end));
            }
            Event::Report { start, end, thread, text } => {
                let place = (REPORTS, thread.into());
                if self.seen_threads.insert(u32::MAX) {
                    self.title("process_name", (REPORTS, 0), "framework");
                }
                if start < end {
                    self.slice(place, "report", text, start, end);
                    self.text.push('}');
                } else {
                    self.instant(place, "report", text, start);
                }
            }
            _ => {}
        }
        if self.text.len() >= CHUNK {
            self.write_out();
        }
    }

    fn flush(&mut self) {
        self.write_out();
    }

    fn finish(&mut self, lost: u64) -> io::Result<()> {
        if lost > 0 {
            self.event('i', HOST, 0);
            self.name("lost", &format!("{lost} records lost"));
            self.time(",\"s\":\"g\",\"ts\":", monotonic_nanoseconds());
            self.text.push('}');
        }
        self.text.push_str("\n]\n");
        self.write_out();
        self.failure.take().map_or(Ok(()), Err)
    }
}
