//! Records: what a key stands for, as a line of text in `/dev/shm`.

use super::{Kind, key};
use key::{DIR, Key};
use parking_lot::Mutex;
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt,
    sync::Once,
};

pub(super) use crate::memory::publish::started;

const MAGIC: &str = "aclsim-ipc-1";

/// What tells an open file from all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    pub(super) fn of(descriptor: i32) -> io::Result<Identity> {
        let mut stat = std::mem::MaybeUninit::<libc::stat>::uninit();
        // SAFETY: `stat` is writable; a bad descriptor is an error.
        if unsafe { libc::fstat(descriptor, stat.as_mut_ptr()) } != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: written by the successful call.
        let stat = unsafe { stat.assume_init() };
        Ok(Identity { device: stat.st_dev, inode: stat.st_ino })
    }
}

/// What a key stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub kind: Kind,
    /// When the exporting process began.
    pub started: u64,
    /// The file's number in the exporting process.
    pub descriptor: i32,
    pub identity: Identity,
    pub offset: u64,
    pub len: u64,
    pub facts: [u64; 4],
    /// Whether every process may import it.
    pub anyone: bool,
    pub allowed: Vec<i32>,
}

/// Keys of this process whose records exist.
static LIVE: Mutex<BTreeSet<Key>> = Mutex::new(BTreeSet::new());

impl Record {
    fn text(&self) -> String {
        let mut text = format!(
            "{MAGIC} {} {} {} {} {} {} {} {}",
            self.kind.word(),
            self.started,
            self.descriptor,
            self.identity.device,
            self.identity.inode,
            self.offset,
            self.len,
            u8::from(self.anyone),
        );
        for fact in self.facts {
            let _ = write!(text, " {fact}");
        }
        for process in &self.allowed {
            let _ = write!(text, " {process}");
        }
        // The end shows that nothing is missing.
        text.push_str(" .\n");
        text
    }

    pub(super) fn parse(text: &str) -> Option<Record> {
        let mut words = text.strip_suffix(" .\n")?.split(' ');
        if words.next()? != MAGIC {
            return None;
        }
        let kind = Kind::from_word(words.next()?)?;
        let started = words.next()?.parse().ok()?;
        let descriptor = words.next()?.parse().ok()?;
        let identity = Identity { device: words.next()?.parse().ok()?, inode: words.next()?.parse().ok()? };
        let (offset, len) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let anyone = words.next()? == "1";
        let mut facts = [0; 4];
        for fact in &mut facts {
            *fact = words.next()?.parse().ok()?;
        }
        let allowed = words.map(|word| word.parse().ok()).collect::<Option<Vec<i32>>>()?;
        Some(Record { kind, started, descriptor, identity, offset, len, facts, anyone, allowed })
    }

    /// Writes it under the key's name, in place of what is there. Readers see the old one or the new one.
    pub(super) fn publish(&self, key: &Key) -> io::Result<()> {
        static AT_EXIT: Once = Once::new();
        AT_EXIT.call_once(|| {
            // SAFETY: a plain function without state of its own.
            unsafe { libc::atexit(withdraw_all) };
        });
        let new = format!("{}.new", key.path());
        let written = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&new)
            .and_then(|mut file| file.write_all(self.text().as_bytes()))
            .and_then(|()| fs::rename(&new, key.path()));
        match written {
            Ok(()) => drop(LIVE.lock().insert(key.clone())),
            Err(_) => drop(fs::remove_file(&new)),
        }
        written
    }
}

/// Removes a record. In a forked child that is the parent's business.
pub(super) fn withdraw(key: &Key) {
    let exporter = key.exporter();
    if exporter == std::process::id() || started(exporter).is_none() {
        let _ = fs::remove_file(key.path());
        LIVE.lock().remove(key);
    }
}

extern "C" fn withdraw_all() {
    // Nothing waits at exit: a thread that was stopped with the lock leaves its records to the next process.
    let Some(mut live) = LIVE.try_lock() else { return };
    for key in std::mem::take(&mut *live) {
        if key.exporter() == std::process::id() {
            let _ = fs::remove_file(key.path());
        }
    }
}

/// Removes the records of processes that were killed.
pub(super) fn sweep() {
    for entry in fs::read_dir(DIR).into_iter().flatten().flatten() {
        let exporter = entry.file_name().to_str().and_then(key::exporter);
        if exporter.is_some_and(|exporter| started(exporter).is_none()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
