//! What happens to the process around the library: it forks, it loads a second copy.

use crate::gate;
use std::{
    ffi::{CStr, c_char, c_int, c_void},
    sync::Once,
};

/// An ELF note that marks a copy of this library, whatever its file is called.
#[repr(C, align(4))]
struct Note {
    name_size: u32,
    description_size: u32,
    kind: u32,
    name: [u8; 8],
    description: u32,
}

const NAME: [u8; 8] = *b"aclsim\0\0";
const KIND: u32 = 0x0ac1_0001;

#[used]
#[unsafe(link_section = ".note.aclsim")]
static NOTE: Note = Note { name_size: 7, description_size: 4, kind: KIND, name: NAME, description: 1 };

static PREPARED: Once = Once::new();

/// Called once before the first worker can start.
#[inline]
pub fn prepare() {
    if !PREPARED.is_completed() {
        PREPARED.call_once(|| {
            watch_forks();
            report_copies();
        });
    }
}

extern "C" fn in_child() {
    // Runs between fork and whatever the child does: an atomic store and a system call, nothing else.
    // SAFETY: no arguments, cannot fail.
    let parent = unsafe { libc::getppid() };
    gate::set_forked(parent as u32);
}

fn watch_forks() {
    // SAFETY: `in_child` is async-signal-safe and lives as long as the library. Without memory for the
    // registration, a forked child is not told apart; nothing else depends on it.
    unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
}

/// Tells about other copies of this library in the process: they share nothing, so a handle or a device pointer of
/// one means nothing to the other.
fn report_copies() {
    let mut copies: Vec<String> = Vec::new();
    // SAFETY: `collect` gets the vector back as its data.
    unsafe { libc::dl_iterate_phdr(Some(collect), (&raw mut copies).cast()) };
    if copies.len() > 1 {
        eprintln!(
            "aclsim: {} copies of the library are loaded and share no state: {}. Handles and device memory of one \
             are unknown to the others; make every name a link to one file.",
            copies.len(),
            copies.join(", "),
        );
    }
}

/// Adds the object's name to the vector if it carries our note.
unsafe extern "C" fn collect(info: *mut libc::dl_phdr_info, _: usize, data: *mut c_void) -> c_int {
    // SAFETY: the loader passes valid information.
    let info = unsafe { &*info };
    // SAFETY: `report_copies` passes its vector.
    let copies = unsafe { &mut *data.cast::<Vec<String>>() };
    // SAFETY: the array has `dlpi_phnum` headers.
    let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    for header in headers {
        if header.p_type != libc::PT_NOTE {
            continue;
        }
        let start = std::ptr::with_exposed_provenance::<u8>((info.dlpi_addr + header.p_vaddr) as usize);
        // SAFETY: note segments are mapped readable with their memory size.
        let notes = unsafe { std::slice::from_raw_parts(start, header.p_memsz as usize) };
        if has_note(notes) {
            copies.push(name_of(info.dlpi_name));
            break;
        }
    }
    0
}

fn name_of(name: *const c_char) -> String {
    if name.is_null() {
        return "the program".to_owned();
    }
    // SAFETY: the loader's string.
    let name = unsafe { CStr::from_ptr(name) }.to_string_lossy();
    if name.is_empty() { "the program".to_owned() } else { name.into_owned() }
}

/// Whether a note segment has our note: records of three words, then name and description padded to four bytes.
fn has_note(mut notes: &[u8]) -> bool {
    let word = |bytes: &[u8], at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes);
    while let (Some(name), Some(description), Some(kind)) = (word(notes, 0), word(notes, 4), word(notes, 8)) {
        let (name, description) = (name as usize, description as usize);
        if kind == KIND && notes.get(12..20) == Some(&NAME[..]) {
            return true;
        }
        let size = 12 + name.next_multiple_of(4) + description.next_multiple_of(4);
        match notes.get(size..) {
            Some(rest) if !rest.is_empty() => notes = rest,
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_carries_one_note() {
        let mut copies: Vec<String> = Vec::new();
        // SAFETY: as in `report_copies`.
        unsafe { libc::dl_iterate_phdr(Some(collect), (&raw mut copies).cast()) };
        assert_eq!(copies, ["the program"]);
    }

    #[test]
    fn notes_of_others_are_passed_over() {
        let mut bytes = Vec::new();
        for (name, kind) in [(*b"GNU\0\0\0\0\0", 3_u32), (NAME, KIND)] {
            bytes.extend_from_slice(&7_u32.to_ne_bytes());
            bytes.extend_from_slice(&4_u32.to_ne_bytes());
            bytes.extend_from_slice(&kind.to_ne_bytes());
            bytes.extend_from_slice(&name);
            bytes.extend_from_slice(&[0; 4]);
        }
        assert!(has_note(&bytes));
        assert!(!has_note(&bytes[..24]));
        assert!(!has_note(&[1, 2, 3]));
    }
}
