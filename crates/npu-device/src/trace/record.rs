//! Events as words: what threads record, and what sinks are given.
//!
//! A record begins with a word that holds its kind, its length in words, a small number and the number of a name. Text
//! follows the other words, eight bytes in each.

use super::{Action, Details, StreamTag};

/// The longest record.
pub(super) const MAX_WORDS: usize = 48;
/// Bytes of text that fit behind the fixed words.
pub(super) const MAX_TEXT: usize = (MAX_WORDS - FIXED) * 8;
/// Most words before the text.
const FIXED: usize = 7;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Call,
    Submit,
    Task,
    Memory,
    Mark,
    Range,
    Span,
    StreamMark,
    Step,
    Report,
    Worked,
}

impl Kind {
    const ALL: [Kind; 11] = [
        Kind::Call,
        Kind::Submit,
        Kind::Task,
        Kind::Memory,
        Kind::Mark,
        Kind::Range,
        Kind::Span,
        Kind::StreamMark,
        Kind::Step,
        Kind::Report,
        Kind::Worked,
    ];
}

/// A record that is being made.
pub(super) struct Record<const WORDS: usize = FIXED> {
    words: [u64; WORDS],
    len: usize,
}

impl Record {
    #[inline]
    pub fn new<const N: usize>(kind: Kind, small: u16, name: u32, fixed: [u64; N]) -> Record {
        Self::begin(kind, small, name, fixed)
    }
}

impl Record<MAX_WORDS> {
    /// A record with a text, cut at a character where it is too long.
    pub fn with_text<const N: usize>(kind: Kind, fixed: [u64; N], text: &str) -> Self {
        let mut record = Self::begin(kind, 0, 0, fixed);
        let text = &text[..text.floor_char_boundary(MAX_TEXT)];
        for chunk in text.as_bytes().chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            record.words[record.len] = u64::from_le_bytes(word);
            record.len += 1;
        }
        record.head(kind, text.len() as u16, 0);
        record
    }
}

impl<const WORDS: usize> Record<WORDS> {
    #[inline]
    fn begin<const N: usize>(kind: Kind, small: u16, name: u32, fixed: [u64; N]) -> Self {
        const { assert!(N < FIXED && FIXED <= WORDS) };
        let mut words = [0; WORDS];
        words[1..=N].copy_from_slice(&fixed);
        let mut record = Record { words, len: N + 1 };
        record.head(kind, small, name);
        record
    }

    #[inline]
    fn head(&mut self, kind: Kind, small: u16, name: u32) {
        self.words[0] = kind as u64 | (self.len as u64) << 8 | u64::from(small) << 16 | u64::from(name) << 32;
    }

    #[inline]
    pub fn words(&self) -> &[u64] {
        &self.words[..self.len]
    }
}

/// What a sink is told. Times are nanoseconds since the machine started.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A function of the program's interface was called.
    Call {
        /// The C function.
        name: &'static str,
        /// When it began.
        start: u64,
        /// When it returned.
        end: u64,
        /// What it answered.
        code: i32,
    },
    /// A task was put on a stream.
    Submit {
        /// When.
        time: u64,
        /// The stream.
        stream: StreamTag,
        /// The task's number on it.
        number: u64,
    },
    /// A task is over.
    Task {
        /// The C function that submitted it.
        name: &'static str,
        /// What it computed, if it was an operator.
        details: Option<&'a Details>,
        /// Its stream.
        stream: StreamTag,
        /// Its number there; of a graph's task, that of the run.
        number: u64,
        /// Its place among the tasks of the graph that runs, if it belongs to one.
        node: Option<u32>,
        /// What it does.
        action: Action,
        /// When it began, for a task that waits: to wait.
        start: u64,
        /// When it was over.
        end: u64,
        /// Whether it failed.
        failed: bool,
    },
    /// Device memory was allocated or freed.
    Memory {
        /// The device.
        device: u32,
        /// When.
        time: u64,
        /// Bytes in use from then on.
        used: u64,
    },
    /// A thread of the program did itself what else a device does.
    Worked {
        /// When it began.
        start: u64,
        /// When it was over.
        end: u64,
        /// What it was.
        action: Action,
    },
    /// A moment that the program marked.
    Mark {
        /// When.
        time: u64,
        /// What the program calls it.
        text: &'a str,
    },
    /// A nested part of a thread's time.
    Range {
        /// When it began.
        start: u64,
        /// When it ended.
        end: u64,
        /// What the program calls it.
        text: &'a str,
    },
    /// A part of the process's time, begun and ended on any thread.
    Span {
        /// Its number.
        id: u64,
        /// When it began.
        start: u64,
        /// When it ended.
        end: u64,
        /// What the program calls it.
        text: &'a str,
    },
    /// A moment that a stream came to.
    StreamMark {
        /// When.
        time: u64,
        /// The stream.
        stream: StreamTag,
        /// What the program calls it.
        text: &'a str,
    },
    /// A step of training or inference on a stream.
    Step {
        /// Its number.
        number: u64,
        /// When it began.
        start: u64,
        /// When it ended.
        end: u64,
        /// The stream.
        stream: StreamTag,
    },
    /// What a framework reports about itself.
    Report {
        /// When it began.
        start: u64,
        /// When it ended, as `start` for a moment.
        end: u64,
        /// The thread it speaks of.
        thread: u32,
        /// What it is called.
        text: &'a str,
    },
}

/// What a timeline calls a task of a C function.
pub(super) fn title<'a>(function: &'a str, details: Option<&'a Details>, action: Action) -> &'a str {
    details.map(Details::name).or(action.title()).unwrap_or(function)
}

impl Event<'_> {
    /// When what it tells of began.
    pub fn start(&self) -> u64 {
        match *self {
            Event::Call { start, .. }
            | Event::Task { start, .. }
            | Event::Worked { start, .. }
            | Event::Range { start, .. }
            | Event::Span { start, .. }
            | Event::Step { start, .. }
            | Event::Report { start, .. } => start,
            Event::Submit { time, .. }
            | Event::Memory { time, .. }
            | Event::Mark { time, .. }
            | Event::StreamMark { time, .. } => time,
        }
    }
}

/// A record as it comes out of a ring.
pub(super) struct View<'a> {
    words: &'a [u64],
}

impl<'a> View<'a> {
    /// The first record of `words`, and what follows it.
    pub fn split(words: &'a [u64]) -> Option<(View<'a>, &'a [u64])> {
        let len = usize::from((words.first()? >> 8) as u8);
        let (record, rest) = words.split_at_checked(len)?;
        (len > 0).then_some((View { words: record }, rest))
    }

    fn word(&self, place: usize) -> u64 {
        self.words.get(place).copied().unwrap_or(0)
    }

    pub fn name(&self) -> u32 {
        (self.word(0) >> 32) as u32
    }

    /// The number of a task's details, 0 for none.
    pub fn details(&self) -> u32 {
        match self.kind() {
            Some(Kind::Task) => self.word(5) as u32,
            _ => 0,
        }
    }

    fn kind(&self) -> Option<Kind> {
        Kind::ALL.get((self.word(0) & 0xff) as usize).copied()
    }

    fn text<'b>(&self, fixed: usize, into: &'b mut Vec<u8>) -> &'b str {
        let len = usize::from((self.word(0) >> 16) as u16);
        into.clear();
        into.extend(self.words.iter().skip(fixed).flat_map(|word| word.to_le_bytes()));
        into.truncate(len);
        std::str::from_utf8(into).unwrap_or_default()
    }

    /// What the record tells.
    pub fn event<'b>(
        &self,
        name: &'static str,
        details: Option<&'b Details>,
        text: &'b mut Vec<u8>,
    ) -> Option<Event<'b>> {
        let word = |place| self.word(place);
        let small = (word(0) >> 16) as u16;
        Some(match self.kind()? {
            Kind::Call => Event::Call { name, start: word(1), end: word(2), code: word(3) as i32 },
            Kind::Submit => Event::Submit { time: word(1), stream: StreamTag(word(2)), number: word(3) },
            Kind::Task => Event::Task {
                name,
                details,
                start: word(1),
                end: word(2),
                stream: StreamTag(word(3)),
                number: word(4),
                node: ((word(5) >> 32) as u32).checked_sub(1),
                action: Action::unpack(word(6)),
                failed: small != 0,
            },
            Kind::Worked => Event::Worked { start: word(1), end: word(2), action: Action::unpack(word(3)) },
            Kind::Memory => Event::Memory { device: u32::from(small), time: word(1), used: word(2) },
            Kind::Mark => Event::Mark { time: word(1), text: self.text(2, text) },
            Kind::Range => Event::Range { start: word(1), end: word(2), text: self.text(3, text) },
            Kind::Span => Event::Span { start: word(1), end: word(2), id: word(3), text: self.text(4, text) },
            Kind::StreamMark => {
                Event::StreamMark { time: word(1), stream: StreamTag(word(2)), text: self.text(3, text) }
            }
            Kind::Step => {
                Event::Step { start: word(1), end: word(2), stream: StreamTag(word(3)), number: word(4) }
            }
            Kind::Report => Event::Report {
                start: word(1),
                end: word(2),
                thread: word(3) as u32,
                text: self.text(4, text),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event<const W: usize>(record: &Record<W>) -> (String, usize) {
        let (view, rest) = View::split(record.words()).unwrap();
        let mut text = Vec::new();
        (format!("{:?}", view.event("f", None, &mut text).unwrap()), rest.len())
    }

    #[test]
    fn what_is_recorded_is_what_is_told() {
        let call = Record::new(Kind::Call, 0, 7, [10, 20, -1_i32 as u32 as u64]);
        assert_eq!(View::split(call.words()).unwrap().0.name(), 7);
        assert_eq!(event(&call), ("Call { name: \"f\", start: 10, end: 20, code: -1 }".into(), 0));
        let mark = Record::with_text(Kind::Mark, [5], "a näive mark");
        assert_eq!(event(&mark), ("Mark { time: 5, text: \"a näive mark\" }".into(), 0));
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let long = "ä".repeat(MAX_TEXT);
        let record = Record::with_text(Kind::Range, [1, 2], &format!("x{long}"));
        assert!(record.words().len() <= MAX_WORDS);
        let mut text = Vec::new();
        let (view, _) = View::split(record.words()).unwrap();
        let Some(Event::Range { text, .. }) = view.event("", None, &mut text) else { panic!("a range") };
        assert!(text.len() > MAX_TEXT - 2 && text.starts_with("xä"), "{}", text.len());
    }

    #[test]
    fn nonsense_is_passed_over() {
        assert!(View::split(&[]).is_none());
        assert!(View::split(&[0]).is_none());
        assert!(View::split(&[4 << 8, 0]).is_none());
    }
}
