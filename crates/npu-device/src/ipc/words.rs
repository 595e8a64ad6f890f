//! Words of memory that processes share: the state of notifies and events.
//!
//! Each process has one board for what it shares, an unnamed file cut into slots; whoever imports something maps its
//! page. A slot is used again when the last importer has let go of it.

use super::{Export, Import, IpcError, Kind, Process, Source, import, system};
use crate::ids::Ids;
use parking_lot::Mutex;
use std::{
    io,
    ops::Deref,
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
    ptr::{self, NonNull},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Words of a slot that its owner uses as it likes. They begin as zero.
pub(crate) const WORDS: usize = 30;
/// More than all notifies and events of a device, as slots may outlive their owner.
const SLOTS: u32 = 1 << 17;
const PAGE: u64 = 4096;

#[repr(C, align(256))]
struct Slot {
    words: [AtomicU64; WORDS],
    /// Which owner the slot has, zero without one.
    owner: AtomicU64,
    /// Imports that live.
    imports: AtomicU64,
}

const SLOT: u64 = size_of::<Slot>() as u64;
const _: () = assert!(SLOT == 256 && PAGE.is_multiple_of(SLOT));

/// The slots of this process.
struct Board {
    file: OwnedFd,
    slots: NonNull<Slot>,
    ids: Ids,
    /// Without an owner, but with imports when it left.
    retired: Mutex<Vec<u32>>,
    owners: AtomicU64,
}

// SAFETY: the slots are atomics in a mapping that is never undone.
unsafe impl Send for Board {}
// SAFETY: as above.
unsafe impl Sync for Board {}

fn map(file: BorrowedFd, offset: u64, bytes: u64) -> io::Result<NonNull<u8>> {
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let offset = libc::off_t::try_from(offset).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    // SAFETY: a fresh mapping at an address of the system's choice.
    let start = unsafe {
        libc::mmap(ptr::null_mut(), bytes as usize, access, libc::MAP_SHARED, file.as_raw_fd(), offset)
    };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    NonNull::new(start.cast()).ok_or_else(|| io::Error::from_raw_os_error(libc::ENOMEM))
}

impl Board {
    fn create() -> io::Result<Board> {
        let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
        // SAFETY: a C string; the result is checked.
        let fd = unsafe { libc::memfd_create(c"aclsim-sync".as_ptr(), flags) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: a fresh descriptor that nobody else owns.
        let file = unsafe { OwnedFd::from_raw_fd(fd) };
        let bytes = u64::from(SLOTS) * SLOT;
        // SAFETY: a descriptor of ours.
        if unsafe { libc::ftruncate(file.as_raw_fd(), bytes as libc::off_t) } != 0 {
            return Err(io::Error::last_os_error());
        }
        // An importer's access must not become a fault.
        // SAFETY: a descriptor of ours; where the system knows no seals, nobody shrinks the file all the same.
        unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, libc::F_SEAL_SHRINK | libc::F_SEAL_GROW) };
        let slots = map(file.as_fd(), 0, bytes)?.cast();
        let (ids, retired) = (Ids::new(SLOTS), Mutex::default());
        Ok(Board { file, slots, ids, retired, owners: AtomicU64::new(0) })
    }

    fn get() -> Result<&'static Board, IpcError> {
        static BOARD: OnceLock<Result<Board, IpcError>> = OnceLock::new();
        BOARD
            .get_or_init(|| Board::create().map_err(|error| system("cannot make shared memory", &error)))
            .as_ref()
            .map_err(IpcError::clone)
    }

    fn slot(&'static self, id: u32) -> &'static Slot {
        // SAFETY: ids are below the number of slots mapped.
        let slot = unsafe { self.slots.add(id as usize) };
        // SAFETY: aligned, never unmapped, zero at first, and only ever accessed as atomics.
        unsafe { slot.as_ref() }
    }

    fn take(&'static self) -> Option<u32> {
        self.retired.lock().retain(|id| {
            let used = self.slot(*id).imports.load(Ordering::SeqCst) > 0;
            if !used {
                self.ids.give(*id);
            }
            used
        });
        self.ids.take()
    }
}

enum Origin {
    Own { board: &'static Board, id: u32 },
    Imported { page: NonNull<u8>, exporter: Process },
}

/// A slot: of this process, or imported.
pub(crate) struct Words {
    slot: NonNull<Slot>,
    origin: Origin,
}

// SAFETY: the words are atomics in a mapping that lives as long as this.
unsafe impl Send for Words {}
// SAFETY: as above.
unsafe impl Sync for Words {}

impl Words {
    /// A slot of this process, all zero.
    pub fn new() -> Result<Words, IpcError> {
        let board = Board::get()?;
        let id = board.take().ok_or_else(|| IpcError::System {
            what: "cannot share more notifies and events".to_owned(),
            error: format!("all {SLOTS} places for them are in use by this process and its importers"),
        })?;
        let slot = board.slot(id);
        slot.words.iter().for_each(|word| word.store(0, Ordering::Relaxed));
        let owner = board.owners.fetch_add(1, Ordering::Relaxed) + 1;
        slot.owner.store(owner, Ordering::SeqCst);
        Ok(Words { slot: NonNull::from(slot), origin: Origin::Own { board, id } })
    }

    /// Shares the slot, with two facts of the kind's own. Only for a slot of this process.
    pub fn export(&self, kind: Kind, anyone: bool, facts: [u64; 2]) -> Result<Export, IpcError> {
        let Origin::Own { board, id } = &self.origin else {
            return Err(IpcError::NotAKey { got: format!("{kind} that another process shares") });
        };
        let facts = [facts[0], facts[1], self.slot().owner.load(Ordering::Relaxed), 0];
        let (file, offset) = (board.file.as_fd(), u64::from(*id) * SLOT);
        Export::new(&Source { kind, file, offset, len: SLOT, facts }, anyone)
    }

    /// The slot of a key, and the facts it was shared with.
    pub fn import(kind: Kind, key: &str) -> Result<(Words, [u64; 2]), IpcError> {
        let Import { file, offset, len, facts, exporter } = import(kind, key)?;
        if len != SLOT || !offset.is_multiple_of(SLOT) || offset >= u64::from(SLOTS) * SLOT {
            return Err(IpcError::NotAKey { got: format!("one of {len} bytes at {offset}") });
        }
        let start = offset / PAGE * PAGE;
        let page = map(file.as_fd(), start, PAGE)
            .map_err(|error| system("cannot map memory of another process", &error))?;
        // SAFETY: the slot lies in the mapped page.
        let slot = unsafe { page.add((offset - start) as usize) }.cast();
        let words = Words { slot, origin: Origin::Imported { page, exporter } };
        words.slot().imports.fetch_add(1, Ordering::SeqCst);
        // The owner may have left between its record and this import.
        if words.slot().owner.load(Ordering::SeqCst) != facts[2] {
            return Err(IpcError::Unshared { exporter: exporter.id });
        }
        Ok((words, [facts[0], facts[1]]))
    }

    /// The process that shared it, if it was imported.
    pub fn exporter(&self) -> Option<Process> {
        match self.origin {
            Origin::Own { .. } => None,
            Origin::Imported { exporter, .. } => Some(exporter),
        }
    }

    fn slot(&self) -> &Slot {
        // SAFETY: mapped as long as this lives, aligned, and only ever accessed as atomics.
        unsafe { self.slot.as_ref() }
    }
}

impl Deref for Words {
    type Target = [AtomicU64; WORDS];

    fn deref(&self) -> &Self::Target {
        &self.slot().words
    }
}

impl Drop for Words {
    fn drop(&mut self) {
        match self.origin {
            Origin::Own { board, id } => {
                self.slot().owner.store(0, Ordering::SeqCst);
                if self.slot().imports.load(Ordering::SeqCst) == 0 {
                    board.ids.give(id);
                } else {
                    board.retired.lock().push(id);
                }
            }
            Origin::Imported { page, .. } => {
                self.slot().imports.fetch_sub(1, Ordering::SeqCst);
                // SAFETY: a page mapped by `import`, whose last user this is.
                unsafe { libc::munmap(page.as_ptr().cast(), PAGE as usize) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_see_the_same_words() {
        let own = Words::new().unwrap();
        let export = own.export(Kind::Event, true, [5, 6]).unwrap();
        let (other, facts) = Words::import(Kind::Event, export.key().as_str()).unwrap();
        assert_eq!(facts, [5, 6]);
        assert!(own.exporter().is_none() && other.exporter().unwrap().is_own());
        other[3].store(7, Ordering::Relaxed);
        assert_eq!(own[3].load(Ordering::Relaxed), 7);
        assert!(other.export(Kind::Event, true, [0, 0]).is_err());
    }

    #[test]
    fn a_slot_is_used_again_only_after_its_importers() {
        let own = Words::new().unwrap();
        let Origin::Own { board, id } = own.origin else { panic!("made here") };
        let export = own.export(Kind::Notify, true, [0, 0]).unwrap();
        let key = export.key().as_str().to_owned();
        let (other, _) = Words::import(Kind::Notify, &key).unwrap();
        other[0].store(1, Ordering::Relaxed);
        drop(own);
        // The record is still there, its owner is not.
        assert!(matches!(Words::import(Kind::Notify, &key), Err(IpcError::Unshared { .. })));
        assert!(board.retired.lock().contains(&id));
        drop(other);
        let next: Vec<Words> = (0..4).map(|_| Words::new().unwrap()).collect();
        assert!(!board.retired.lock().contains(&id));
        assert!(next.iter().all(|words| words[0].load(Ordering::Relaxed) == 0));
    }
}
