use super::*;
use std::{
    io::{Read, Seek, SeekFrom, Write},
    os::fd::AsFd,
    path::Path,
};

fn file(content: &str) -> fs::File {
    // SAFETY: a C string; the result is checked.
    let fd = unsafe { libc::memfd_create(c"aclsim-test".as_ptr(), libc::MFD_CLOEXEC) };
    assert!(fd >= 0);
    // SAFETY: a fresh descriptor that nobody else owns.
    let owned: OwnedFd = unsafe { std::os::fd::FromRawFd::from_raw_fd(fd) };
    let mut file = fs::File::from(owned);
    file.write_all(content.as_bytes()).unwrap();
    file
}

fn source(file: &fs::File) -> Source<'_> {
    Source { kind: Kind::Notify, file: file.as_fd(), offset: 3, len: 4, facts: [1, 2, 3, u64::MAX] }
}

#[test]
fn an_import_is_the_same_file() {
    let mut file = file("abcdefg");
    let export = Export::new(&source(&file), true).unwrap();
    assert!(export.key().as_str().len() < KEY_BYTES - 1);
    let import = import(Kind::Notify, export.key().as_str()).unwrap();
    assert_eq!((import.offset, import.len, import.facts), (3, 4, [1, 2, 3, u64::MAX]));
    assert!(import.exporter.is_own() && import.exporter.is_running());
    let mut other = fs::File::from(import.file);
    other.seek(SeekFrom::Start(3)).unwrap();
    other.write_all(b"DEFG").unwrap();
    let mut content = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut content).unwrap();
    assert_eq!(content, "abcDEFG");
}

#[test]
fn only_allowed_processes_import() {
    let file = file("");
    let export = Export::new(&source(&file), false).unwrap();
    let key = export.key().as_str();
    let refused = import(Kind::Notify, key).unwrap_err();
    assert!(refused.to_string().contains("none so far"), "{refused}");
    export.allow(&[1, 2]).unwrap();
    assert!(import(Kind::Notify, key).unwrap_err().to_string().contains("1, 2"));
    export.allow(&[std::process::id() as i32, 2]).unwrap();
    assert!(import(Kind::Notify, key).is_ok());
}

#[test]
fn a_key_says_its_kind_and_ends_with_its_export() {
    let file = file("");
    let export = Export::new(&source(&file), true).unwrap();
    let key = export.key().clone();
    let expected = IpcError::Kind { expected: Kind::Memory, got: Kind::Notify };
    assert_eq!(import(Kind::Memory, key.as_str()).unwrap_err(), expected);
    drop(export);
    assert!(!Path::new(&key.path()).exists());
    let exporter = std::process::id();
    assert_eq!(import(Kind::Notify, key.as_str()).unwrap_err(), IpcError::Unshared { exporter });
}

#[test]
fn a_closed_file_is_not_mistaken_for_what_has_its_number_now() {
    let first = file("first");
    let number = first.as_raw_fd();
    let export = Export::new(&source(&first), true).unwrap();
    let second = file("second");
    // SAFETY: both descriptors are this test's; the second file takes the first one's number.
    assert_eq!(unsafe { libc::dup2(second.as_raw_fd(), number) }, number);
    let exporter = std::process::id();
    assert_eq!(import(Kind::Notify, export.key().as_str()).unwrap_err(), IpcError::Unshared { exporter });
}

#[test]
fn what_is_no_key_is_refused() {
    let own = std::process::id();
    let digits = "0123456789abcdef0123456789abcdef";
    for text in [
        "",
        "aclsim-ipc-",
        "key of nothing",
        "../../etc/passwd",
        &format!("aclsim-ipc-{own}-{digits}0"),
        &format!("aclsim-ipc-+{own}-{digits}"),
        &format!("aclsim-ipc-{own}-../../../../../etc/passwd0000000"),
        &"x".repeat(500),
    ] {
        assert!(matches!(import(Kind::Event, text), Err(IpcError::NotAKey { .. })), "{text}");
    }
    let unknown = format!("aclsim-ipc-{own}-{digits}");
    assert_eq!(import(Kind::Event, &unknown).unwrap_err(), IpcError::Unshared { exporter: own });
    // Beyond what the system gives to processes.
    let dead = format!("aclsim-ipc-4294967295-{digits}");
    assert_eq!(import(Kind::Event, &dead).unwrap_err(), IpcError::Ended { exporter: u32::MAX });
}

#[test]
fn records_survive_being_written_and_read() {
    let record = Record {
        kind: Kind::Physical,
        started: 7,
        descriptor: 8,
        identity: Identity::of(0).unwrap_or_else(|_| Identity::of(2).unwrap()),
        offset: 9,
        len: 10,
        facts: [1, 2, 3, 4],
        anyone: false,
        allowed: vec![11, 12],
    };
    let key = Key::new(std::process::id()).unwrap();
    record.publish(&key).unwrap();
    let text = fs::read_to_string(key.path()).unwrap();
    assert_eq!(Record::parse(&text), Some(record));
    for broken in ["", "aclsim-ipc-1", text.trim_end(), &text.replace("physical-memory", "mental")] {
        assert_eq!(Record::parse(broken), None, "{broken}");
    }
    record::withdraw(&key);
}
