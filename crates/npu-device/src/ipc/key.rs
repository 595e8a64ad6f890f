//! Keys: names of records that cannot be guessed.

use super::IpcError;
use std::{fmt, io};

/// Bytes of a key with its terminating NUL, at most: what programs reserve for one.
pub const KEY_BYTES: usize = 65;

pub(super) const DIR: &str = "/dev/shm";
pub(super) const PREFIX: &str = "aclsim-ipc-";
/// Hexadecimal digits of the part that cannot be guessed.
const DIGITS: usize = 32;

/// Digits of it that go into a number.
const PART: usize = 10;

/// The name of something shared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(String);

const _: () = assert!(PREFIX.len() + 10 + 1 + DIGITS < KEY_BYTES - 1, "handles of events have a byte less");

impl Key {
    /// A new one for this process.
    pub(super) fn new(process: u32) -> io::Result<Key> {
        let mut secret = [0_u8; DIGITS / 2];
        // SAFETY: the buffer is writable and its length is passed.
        let drawn = unsafe { libc::getrandom(secret.as_mut_ptr().cast(), secret.len(), 0) };
        if drawn != secret.len() as isize {
            return Err(io::Error::last_os_error());
        }
        Ok(Key(format!("{PREFIX}{process}-{:032x}", u128::from_ne_bytes(secret))))
    }

    /// A key that came from a program.
    pub(super) fn parse(text: &str) -> Result<Key, IpcError> {
        let well_formed = || {
            let (process, secret) = text.strip_prefix(PREFIX)?.split_once('-')?;
            let digits = secret.len() == DIGITS && secret.bytes().all(|digit| digit.is_ascii_hexdigit());
            // Exactly as written: no sign, no leading zero.
            let number = process.parse::<u32>().ok()?;
            (digits && number.to_string() == process).then_some(())
        };
        match well_formed() {
            Some(()) => Ok(Key(text.to_owned())),
            None => Err(IpcError::NotAKey { got: shown(text) }),
        }
    }

    /// The key without its NUL: ASCII, shorter than [`KEY_BYTES`] by two at least.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key, padded with NULs.
    pub fn padded<const N: usize>(&self) -> [u8; N] {
        const { assert!(N >= KEY_BYTES - 1) };
        let mut bytes = [0; N];
        bytes[..self.0.len()].copy_from_slice(self.0.as_bytes());
        bytes
    }

    /// A number that stands for the key, for interfaces that hand out 64 bits: the process and part of the secret.
    pub(super) fn number(&self) -> u64 {
        let secret = self.0.rsplit('-').next().unwrap_or_default();
        let part = secret.get(..PART).and_then(|part| u64::from_str_radix(part, 16).ok()).unwrap_or(0);
        u64::from(self.exporter()) << (4 * PART) | part
    }

    /// The key of a number, if its record exists.
    pub(super) fn of_number(number: u64) -> Option<Key> {
        let exporter = u32::try_from(number >> (4 * PART)).ok().filter(|exporter| *exporter > 0)?;
        let part = number & ((1 << (4 * PART)) - 1);
        let start = format!("{PREFIX}{exporter}-{part:0width$x}", width = PART);
        std::fs::read_dir(DIR).ok()?.flatten().find_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Key::parse(&name).ok().filter(|_| name.starts_with(&start))
        })
    }

    /// The process that made it.
    pub(super) fn exporter(&self) -> u32 {
        exporter(&self.0).unwrap_or(0)
    }

    /// Where its record is.
    pub(super) fn path(&self) -> String {
        format!("{DIR}/{}", self.0)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The process that a record's name carries.
pub(super) fn exporter(name: &str) -> Option<u32> {
    name.strip_prefix(PREFIX)?.split_once('-')?.0.parse().ok()
}

/// Text of a program for a message: short, on one line.
fn shown(text: &str) -> String {
    match text.chars().count() {
        0 => "an empty string".to_owned(),
        1..=64 => format!("\"{}\"", text.escape_debug()),
        more => format!("{more} characters"),
    }
}
