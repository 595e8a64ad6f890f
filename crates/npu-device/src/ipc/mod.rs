//! What processes share: a file of one process that others open by a key.
//!
//! An [`Export`] names part of an open file (device memory, or the words of notifies and events) by a key that a
//! program hands to another process. A small record in `/dev/shm` says what the key stands for and which processes may
//! have it; the file itself is reached through the exporter's descriptor in `/proc`, so it needs no name and goes with
//! its last user. Records go with their export, with the exporting process, or, when that was killed, when another
//! process meets them.
//!
//! Whoever may open the exporter's files at all (the same user) could read them behind these checks; they are there to
//! find a program's mistakes, as the hardware's are.

mod key;
mod record;
pub(crate) mod words;

pub use key::{KEY_BYTES, Key};

use record::{Identity, Record};
use std::{
    fmt, fs, io,
    os::fd::{AsRawFd, BorrowedFd, OwnedFd},
    sync::{Once, OnceLock},
};

/// What a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An allocation (`aclrtIpcMem*`).
    Memory,
    /// Physical memory (`aclrtMemExportToShareableHandle*`).
    Physical,
    /// A notify.
    Notify,
    /// An event.
    Event,
}

impl Kind {
    const ALL: [Kind; 4] = [Kind::Memory, Kind::Physical, Kind::Notify, Kind::Event];

    fn word(self) -> &'static str {
        match self {
            Kind::Memory => "memory",
            Kind::Physical => "physical-memory",
            Kind::Notify => "notify",
            Kind::Event => "event",
        }
    }

    fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Memory => "device memory",
            Kind::Physical => "physical memory",
            Kind::Notify => "a notify",
            Kind::Event => "an event",
        })
    }
}

/// What can go wrong between processes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IpcError {
    /// Not a key.
    #[error("expected a key that an export function wrote, got {got}")]
    NotAKey {
        /// What it is instead.
        got: String,
    },
    /// A key that stands for something else.
    #[error("expected a key of {expected}, got one of {got}")]
    Kind {
        /// What the function imports.
        expected: Kind,
        /// What the key stands for.
        got: Kind,
    },
    /// Nothing has this key any more.
    #[error("expected the key of something still shared, got one that process {exporter} shares no longer")]
    Unshared {
        /// The process that made the key.
        exporter: u32,
    },
    /// The process that shared it is gone.
    #[error("expected the key of a running process, got one of process {exporter}, which has ended")]
    Ended {
        /// The process that made the key.
        exporter: u32,
    },
    /// This process is not among those that may import.
    #[error(
        "process {process} may not import it: expected one that process {exporter} allowed ({allowed}), by setting the \
         import pids or by exporting without validation"
    )]
    NotAllowed {
        /// This process.
        process: u32,
        /// The process that made the key.
        exporter: u32,
        /// The processes allowed.
        allowed: String,
    },
    /// The operating system refused something.
    #[error("{what}: {error}")]
    System {
        /// What was to be done.
        what: String,
        /// The system's answer.
        error: String,
    },
}

fn system(what: impl Into<String>, error: &io::Error) -> IpcError {
    IpcError::System { what: what.into(), error: error.to_string() }
}

/// What is to be shared: part of an open file, and what the importer must know about it.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// What it is.
    pub kind: Kind,
    /// The file, which stays open as long as the export lives. Were it closed, importers would be refused.
    pub file: BorrowedFd<'a>,
    /// Where in it the shared part begins.
    pub offset: u64,
    /// Its bytes.
    pub len: u64,
    /// Facts of the kind's own, handed to importers as they are: a device, flags.
    pub facts: [u64; 4],
}

/// Something of this process that others may import. Dropping it ends that; what was imported stays.
#[derive(Debug)]
pub struct Export {
    key: Key,
    record: parking_lot::Mutex<Record>,
}

impl Export {
    /// Shares a file, with `anyone` or with those that [`Export::allow`] names.
    ///
    /// # Errors
    /// The system refuses the record.
    pub fn new(source: &Source, anyone: bool) -> Result<Export, IpcError> {
        static SWEEP: Once = Once::new();
        SWEEP.call_once(record::sweep);
        let key = Key::new(std::process::id()).map_err(|error| system("cannot draw a key", &error))?;
        let identity = Identity::of(source.file.as_raw_fd())
            .map_err(|error| system("cannot look at the shared file", &error))?;
        let record = Record {
            kind: source.kind,
            started: Process::own().started,
            descriptor: source.file.as_raw_fd(),
            identity,
            offset: source.offset,
            len: source.len,
            facts: source.facts,
            anyone,
            allowed: Vec::new(),
        };
        record.publish(&key).map_err(|error| system(format!("cannot write {}", key.path()), &error))?;
        Ok(Export { key, record: parking_lot::Mutex::new(record) })
    }

    /// The key to hand to the importer.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Whether every process may import it.
    pub fn is_for_anyone(&self) -> bool {
        self.record.lock().anyone
    }

    /// Lets these processes import it as well.
    ///
    /// # Errors
    /// The system refuses the record; nothing has changed then.
    pub fn allow(&self, processes: &[i32]) -> Result<(), IpcError> {
        let mut record = self.record.lock();
        let before = record.allowed.len();
        for process in processes {
            if !record.allowed.contains(process) {
                record.allowed.push(*process);
            }
        }
        record.publish(&self.key).map_err(|error| {
            record.allowed.truncate(before);
            system(format!("cannot write {}", self.key.path()), &error)
        })
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        record::withdraw(&self.key);
    }
}

/// Something of another process (or of this one).
#[derive(Debug)]
pub struct Import {
    /// The file.
    pub file: OwnedFd,
    /// Where in it the shared part begins.
    pub offset: u64,
    /// Its bytes.
    pub len: u64,
    /// What the exporter said about it.
    pub facts: [u64; 4],
    /// Who exported it.
    pub exporter: Process,
}

/// A process, told from later ones with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub id: u32,
    started: u64,
}

impl Process {
    /// This process.
    pub fn own() -> Process {
        static STARTED: OnceLock<u64> = OnceLock::new();
        let id = std::process::id();
        Process { id, started: *STARTED.get_or_init(|| record::started(id).unwrap_or(0)) }
    }

    /// Whether it still runs.
    pub fn is_running(&self) -> bool {
        record::started(self.id).is_some_and(|started| started as u32 == self.started as u32)
    }

    /// As one word, never 0.
    pub(crate) fn to_word(self) -> u64 {
        u64::from(self.id) << 32 | u64::from(self.started as u32)
    }

    /// The process that a word stands for, if it stands for one.
    pub(crate) fn from_word(word: u64) -> Option<Process> {
        (word != 0).then_some(Process { id: (word >> 32) as u32, started: word & u64::from(u32::MAX) })
    }

    /// Whether it is this process.
    pub fn is_own(&self) -> bool {
        self.id == std::process::id()
    }
}

/// Opens what a key stands for.
///
/// # Errors
/// It is no key, of another kind, shared no longer, or not for this process.
pub fn import(kind: Kind, key: &str) -> Result<Import, IpcError> {
    let key = Key::parse(key)?;
    let exporter = key.exporter();
    let record = match fs::read_to_string(key.path()) {
        Ok(text) => Record::parse(&text)
            .ok_or_else(|| IpcError::NotAKey { got: format!("one whose record is unreadable, {key}") })?,
        Err(_) if record::started(exporter).is_none() => return Err(IpcError::Ended { exporter }),
        Err(_) => return Err(IpcError::Unshared { exporter }),
    };
    if record.kind != kind {
        return Err(IpcError::Kind { expected: kind, got: record.kind });
    }
    let process = Process { id: exporter, started: record.started };
    if !process.is_running() {
        record::withdraw(&key);
        return Err(IpcError::Ended { exporter });
    }
    let own = std::process::id();
    if !record.anyone && !record.allowed.contains(&(own as i32)) {
        let list: Vec<String> = record.allowed.iter().map(i32::to_string).collect();
        let allowed = if list.is_empty() { "none so far".to_owned() } else { list.join(", ") };
        return Err(IpcError::NotAllowed { process: own, exporter, allowed });
    }
    let path = format!("/proc/{exporter}/fd/{}", record.descriptor);
    let file =
        fs::OpenOptions::new().read(true).write(true).open(&path).map_err(|error| {
            system(format!("cannot open {path}, a file of the exporting process"), &error)
        })?;
    // The exporter may have closed it, and something else may have its number now.
    let same = Identity::of(file.as_raw_fd()).is_ok_and(|identity| identity == record.identity);
    if !same {
        return Err(IpcError::Unshared { exporter });
    }
    Ok(Import {
        file: file.into(),
        offset: record.offset,
        len: record.len,
        facts: record.facts,
        exporter: process,
    })
}

/// The number that stands for a key where an interface has room for 64 bits.
///
/// # Errors
/// It is no key.
pub fn number_of(key: &str) -> Result<u64, IpcError> {
    Ok(Key::parse(key)?.number())
}

/// The key that a number stands for.
///
/// # Errors
/// Nothing shared has this number.
pub fn key_of(number: u64) -> Result<String, IpcError> {
    match Key::of_number(number) {
        Some(key) => Ok(key.as_str().to_owned()),
        None => Err(IpcError::NotAKey { got: format!("{number:#x}, which nothing shared has") }),
    }
}

#[cfg(test)]
mod tests;
