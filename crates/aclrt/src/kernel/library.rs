//! Shared libraries of the host that show a table of kernels.

use super::{no_binaries, refused};
use capi::{Error, Result, abi::aclsimKernelTable, code};
use std::{
    ffi::{CStr, CString, c_void},
    fs::File,
    io::Write,
    os::{
        fd::{AsRawFd, FromRawFd},
        unix::ffi::OsStrExt,
    },
    path::Path,
    ptr::NonNull,
    sync::atomic::{AtomicU32, Ordering},
};

/// What a library shows its table by.
const TABLE: &CStr = c"aclsimKernels";
type TableFunction = unsafe extern "C" fn() -> *const aclsimKernelTable;

/// A loaded library.
pub(crate) struct Library(NonNull<c_void>);

// SAFETY: the loader's handle may be used by any thread.
unsafe impl Send for Library {}
// SAFETY: as above.
unsafe impl Sync for Library {}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: opened by `open`, closed once.
        unsafe { libc::dlclose(self.0.as_ptr()) };
    }
}

/// The loader's last complaint.
fn complaint() -> String {
    // SAFETY: takes no arguments.
    let text = unsafe { libc::dlerror() };
    if text.is_null() {
        return "the loader gives no reason".to_owned();
    }
    // SAFETY: a string of the loader, valid until its next call on this thread.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// Machines of the `e_machine` field, as far as they have a name here.
fn machine_name(machine: u16) -> String {
    match machine {
        62 => "x86-64".to_owned(),
        183 => "AArch64".to_owned(),
        other => format!("machine {other}"),
    }
}

/// Checks that a file is a shared library of this machine.
fn check_image(image: &[u8], what: &str) -> Result {
    let field = |at: usize| image.get(at..at + 2).map_or(0, |b| u16::from_le_bytes([b[0], b[1]]));
    let here = match std::env::consts::ARCH {
        "aarch64" => 183,
        _ => 62,
    };
    if image.len() < 64 || !image.starts_with(b"\x7fELF") {
        return Err(no_binaries(&format!("{what}: expected a shared library of the host, got no ELF file")));
    }
    let (class, kind, machine) = (image[4], field(16), field(18));
    if class != 2 || machine != here {
        let got = machine_name(machine);
        let expected = machine_name(here);
        return Err(no_binaries(&format!("{what}: expected an ELF file for {expected}, got one for {got}")));
    }
    if kind != 3 {
        return Err(no_binaries(&format!(
            "{what}: expected a shared library (cc -shared), got another ELF file"
        )));
    }
    Ok(())
}

impl Library {
    fn open(path: &CStr, what: &str) -> Result<Library> {
        // SAFETY: a C string; the program asked for this library's code to be loaded.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        NonNull::new(handle).map(Library).ok_or_else(|| {
            refused(format!("{what}: expected a shared library that can be loaded, got: {}", complaint()))
        })
    }

    /// The table that the library shows.
    fn table(&self, what: &str) -> Result<*const aclsimKernelTable> {
        // SAFETY: a live handle and a C string.
        let found = unsafe { libc::dlsym(self.0.as_ptr(), TABLE.as_ptr()) };
        if found.is_null() {
            let what = format!("{what}: expected a library with ACLSIM_EXPORT_KERNELS, got one without");
            return Err(no_binaries(&what));
        }
        // SAFETY: the header says what a function of this name is.
        let function = unsafe { std::mem::transmute::<*mut c_void, TableFunction>(found) };
        // SAFETY: (C4) as the header says.
        Ok(unsafe { function() })
    }
}

/// A library, its table, and its bytes.
pub(crate) type Loaded = (Library, *const aclsimKernelTable, Box<[u8]>);

/// Loads a library from a file.
///
/// # Errors
/// No such file, none of this machine, or without a table.
pub(crate) fn from_file(path: &CStr) -> Result<Loaded> {
    let what = format!("argument binPath: {path:?}");
    let unreadable = |error: std::io::Error| Error::Code {
        code: code::ACL_ERROR_INVALID_FILE,
        what: format!("{what}: expected a file that can be read, got: {error}"),
    };
    let file = Path::new(std::ffi::OsStr::from_bytes(path.to_bytes())).canonicalize().map_err(unreadable)?;
    let image = std::fs::read(&file).map_err(unreadable)?;
    check_image(&image, &what)?;
    let path = CString::new(file.as_os_str().as_bytes()).map_err(|error| refused(error.to_string()))?;
    let library = Library::open(&path, &what)?;
    let table = library.table(&what)?;
    Ok((library, table, image.into()))
}

/// A path to an open file that no library was ever loaded by: the loader takes equal paths for equal files.
fn fresh_path(descriptor: i32) -> CString {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    // A number written in ways to say "here".
    let detour: String = (0..32).map(|bit| if number >> bit & 1 == 0 { "/" } else { "/." }).collect();
    CString::new(format!("/proc/self/fd{detour}/{descriptor}")).unwrap_or_default()
}

/// Loads a library from its bytes.
///
/// # Errors
/// None of this machine, or without a table.
pub(crate) fn from_bytes(image: &[u8]) -> Result<Loaded> {
    let what = "argument data";
    check_image(image, what)?;
    let failed = |error: std::io::Error| Error::Code {
        code: code::ACL_ERROR_RT_RESOURCE_ALLOC_FAIL,
        what: format!("{what}: expected a file in memory for {} bytes, got: {error}", image.len()),
    };
    // SAFETY: a C string.
    let descriptor = unsafe { libc::memfd_create(c"aclsim-kernels".as_ptr(), libc::MFD_CLOEXEC) };
    if descriptor < 0 {
        return Err(failed(std::io::Error::last_os_error()));
    }
    // SAFETY: fresh, and owned by nobody else.
    let mut file = unsafe { File::from_raw_fd(descriptor) };
    file.write_all(image).map_err(failed)?;
    let library = Library::open(&fresh_path(file.as_raw_fd()), what)?;
    let table = library.table(what)?;
    Ok((library, table, image.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(class: u8, kind: u16, machine: u16) -> Vec<u8> {
        let mut image = vec![0; 64];
        image[..4].copy_from_slice(b"\x7fELF");
        image[4] = class;
        image[16..18].copy_from_slice(&kind.to_le_bytes());
        image[18..20].copy_from_slice(&machine.to_le_bytes());
        image
    }

    #[test]
    fn only_shared_libraries_of_this_machine_pass() {
        let here = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
        assert!(check_image(&header(2, 3, here), "x").is_ok());
        for (image, part) in [
            (b"\x7fELF".to_vec(), "no ELF"),
            (header(2, 3, 4096), "machine 4096"),
            (header(1, 3, here), "ELF file for"),
            (header(2, 1, here), "cc -shared"),
        ] {
            let text = check_image(&image, "x").unwrap_err().to_string();
            assert!(text.contains(part) && text.contains("docs/kernels.md"), "{text}");
        }
    }

    #[test]
    fn paths_are_never_the_same() {
        let paths: std::collections::BTreeSet<_> = (0..40).map(|_| fresh_path(7)).collect();
        assert_eq!(paths.len(), 40);
    }
}
