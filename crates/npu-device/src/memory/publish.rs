//! What this process uses, for other processes to see: `npu-smi` adds it up.
//!
//! A process that opens the devices keeps a page in `/dev/shm` with a number per device. Publishing is one store; a
//! process that cannot have the page simply does not show up.

use std::{
    ffi::CString,
    fs,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    ptr,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

const DIR: &str = "/dev/shm";
const PREFIX: &str = "aclsim-";
const MAGIC: u64 = u64::from_le_bytes(*b"aclsim\x00\x01");
const DEVICES: usize = 64;
const BYTES: usize = 4096;

/// The page: what it is, when its process began, and bytes in use on each device.
#[repr(C)]
struct Page {
    magic: AtomicU64,
    started: AtomicU64,
    used: [AtomicU64; DEVICES],
}

const _: () = assert!(size_of::<Page>() <= BYTES);

static PAGE: OnceLock<Option<&'static Page>> = OnceLock::new();
static PATH: OnceLock<CString> = OnceLock::new();

/// A process with devices open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// Its id.
    pub process: u32,
    /// The name of its program.
    pub name: String,
    /// Bytes in use, by device.
    pub used: Vec<u64>,
}

/// Begins to publish. Later calls change nothing.
pub(super) fn start() {
    PAGE.get_or_init(|| {
        let process = std::process::id();
        let path = Path::new(DIR).join(format!("{PREFIX}{process}"));
        let page = map(&path)?;
        page.started.store(started(process)?, Ordering::Relaxed);
        page.magic.store(MAGIC, Ordering::Release);
        Some(page)
    });
}

/// Publishes what is in use on a device.
#[inline]
pub(super) fn set_used(device: u32, bytes: u64) {
    crate::trace::memory(device, bytes);
    if let Some(used) = PAGE.get().copied().flatten().and_then(|page| page.used.get(device as usize)) {
        used.store(bytes, Ordering::Relaxed);
    }
}

/// Every live process with devices open, by id. Pages of dead ones are removed.
pub fn processes() -> Vec<Usage> {
    let entries = fs::read_dir(DIR).into_iter().flatten().flatten();
    let mut list: Vec<Usage> = entries
        .filter_map(|entry| {
            let process = entry.file_name().to_str()?.strip_prefix(PREFIX)?.parse().ok()?;
            let usage = read(&entry.path(), process);
            if usage.is_none() && started(process).is_none() {
                // Only the owner may remove it; for others it is skipped and nothing else.
                let _ = fs::remove_file(entry.path());
            }
            usage
        })
        .collect();
    list.sort_by_key(|usage| usage.process);
    list
}

fn read(path: &Path, process: u32) -> Option<Usage> {
    let bytes = fs::read(path).ok()?;
    let mut words = bytes.chunks_exact(8).filter_map(|word| word.try_into().ok()).map(u64::from_ne_bytes);
    let same = words.next()? == MAGIC && words.next()? == started(process)?;
    let name = fs::read_to_string(format!("/proc/{process}/comm")).ok()?;
    same.then(|| Usage { process, name: name.trim_end().to_owned(), used: words.take(DEVICES).collect() })
}

/// When a process began, in clock ticks: tells a process from a later one with the same id.
pub(crate) fn started(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses may hold anything; the fields after it are numbered from 3.
    stat.rsplit_once(')')?.1.split_whitespace().nth(22 - 3)?.parse().ok()
}

fn map(path: &Path) -> Option<&'static Page> {
    let name = CString::new(path.as_os_str().as_bytes()).ok()?;
    let _ = fs::remove_file(path);
    let flags = libc::O_RDWR | libc::O_CREAT | libc::O_EXCL | libc::O_CLOEXEC | libc::O_NOFOLLOW;
    // SAFETY: `name` is a C string; the call touches no other memory.
    let file = unsafe { libc::open(name.as_ptr(), flags, 0o644) };
    if file < 0 {
        return None;
    }
    // Allocated now, since a page that a full file system refuses later is a SIGBUS in a store.
    // SAFETY: `file` is open.
    let allocated = unsafe { libc::posix_fallocate(file, 0, BYTES as libc::off_t) } == 0;
    let page = if allocated {
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
        // SAFETY: a new mapping of a file of this length; nothing else knows its address.
        unsafe { libc::mmap(ptr::null_mut(), BYTES, access, kind, file, 0) }
    } else {
        libc::MAP_FAILED
    };
    // SAFETY: `file` is open and used no more; a mapping outlives it.
    unsafe { libc::close(file) };
    let _ = PATH.set(name);
    if page == libc::MAP_FAILED {
        remove();
        return None;
    }
    // SAFETY: the handler is a plain function without state of its own.
    unsafe { libc::atexit(remove) };
    // SAFETY: a page of zeroes, aligned, never unmapped, and only ever accessed as atomics.
    Some(unsafe { &*page.cast::<Page>() })
}

/// Removes the page's name; in a forked child that is the parent's business.
extern "C" fn remove() {
    let Some(path) = PATH.get() else { return };
    let own = PathBuf::from(DIR).join(format!("{PREFIX}{}", std::process::id()));
    if path.as_bytes() == own.as_os_str().as_bytes() {
        // SAFETY: a C string; a missing file is no error that matters.
        unsafe { libc::unlink(path.as_ptr()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_can_be_read() {
        start();
        set_used(3, 12_345);
        set_used(64, 1);
        let own = processes().into_iter().find(|usage| usage.process == std::process::id()).unwrap();
        assert_eq!(own.used[3], 12_345);
        assert_eq!(own.used.len(), DEVICES);
        assert!(!own.name.is_empty());
    }

    #[test]
    fn a_page_of_another_life_is_ignored() {
        let path = std::env::temp_dir().join(format!("aclsim-publish-{}", std::process::id()));
        let mut words = vec![MAGIC, 1];
        words.resize(BYTES / 8, 0);
        let bytes: Vec<u8> = words.into_iter().flat_map(u64::to_ne_bytes).collect();
        fs::write(&path, bytes).unwrap();
        assert_eq!(read(&path, std::process::id()), None);
        fs::remove_file(&path).unwrap();
    }
}
