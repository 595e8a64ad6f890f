use super::*;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

fn number(raw: *mut c_void) -> usize {
    raw.addr()
}

#[test]
fn a_handle_finds_its_object_until_it_is_removed() {
    let table = HandleTable::new(Kind::Tensor);
    let raw = table.insert(7).unwrap();
    assert_eq!(*table.get(raw).unwrap(), 7);
    assert_eq!(*table.remove(raw).unwrap(), 7);
    assert!(matches!(table.get(raw), Err(HandleError::Stale { .. })));
    assert!(matches!(table.remove(raw), Err(HandleError::Stale { .. })));
    let again = table.insert(8).unwrap();
    assert_ne!(raw, again);
    assert_eq!(number(raw) & 0xff_ffff, number(again) & 0xff_ffff, "the slot is used again");
    assert!(matches!(table.get(raw), Err(HandleError::Stale { .. })));
}

#[test]
fn wrong_handles_are_told_apart() {
    let tensors = HandleTable::new(Kind::Tensor);
    let streams = HandleTable::new(Kind::Stream);
    let stream = streams.insert(1).unwrap();
    let tensor = tensors.insert(1).unwrap();
    assert!(matches!(tensors.get(std::ptr::null()), Err(HandleError::Null { .. })));
    assert!(matches!(tensors.get(stream), Err(HandleError::WrongKind { found: Kind::Stream, .. })));
    let local = 1;
    assert!(matches!(tensors.get((&raw const local).cast()), Err(HandleError::Foreign { .. })));
    for bits in
        [number(tensor) + 1, number(tensor) + (1 << 24), number(tensor) + 0xff_ffff - 1, usize::MAX, 1]
    {
        let forged = std::ptr::without_provenance(bits);
        assert!(matches!(tensors.get(forged), Err(HandleError::Foreign { .. })), "{bits:#x}");
    }
    let text = tensors.get(stream).unwrap_err().arg("self").to_string();
    assert!(text.contains("self") && text.contains("aclTensor") && text.contains("aclrtStream"), "{text}");
}

#[test]
fn a_handle_is_no_canonical_address() {
    for kind in Kind::ALL {
        let raw = number(HandleTable::new(kind).insert(()).unwrap());
        assert_eq!(raw >> 56, 0);
        assert_eq!(raw >> 48 & 0xff, kind as usize);
        assert_eq!(Kind::of(raw as u64), Some(kind));
    }
}

struct Counted(Arc<AtomicUsize>);
impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn the_value_lives_as_long_as_its_last_pin() {
    let drops = Arc::new(AtomicUsize::new(0));
    let table = HandleTable::new(Kind::Event);
    let raw = table.insert(Counted(drops.clone())).unwrap();
    let pinned = table.get(raw).unwrap();
    drop(table.remove(raw).unwrap());
    assert!(matches!(table.get(raw), Err(HandleError::Stale { .. })));
    assert_eq!(drops.load(Ordering::Relaxed), 0);
    drop(pinned.clone());
    assert_eq!(drops.load(Ordering::Relaxed), 0);
    drop(pinned);
    assert_eq!(drops.load(Ordering::Relaxed), 1);
    table.insert(Counted(drops.clone())).unwrap();
    drop(table);
    assert_eq!(drops.load(Ordering::Relaxed), 2);
}

#[test]
fn many_objects_fill_many_chunks() {
    let table = HandleTable::new(Kind::Scalar);
    let handles: Vec<_> = (0..10_000).map(|i| table.insert(i).unwrap()).collect();
    for (i, raw) in handles.iter().enumerate() {
        assert_eq!(*table.get(*raw).unwrap(), i);
    }
    assert_eq!(table.live(), 10_000);
    handles.iter().step_by(2).for_each(|raw| drop(table.remove(*raw).unwrap()));
    assert_eq!(table.live(), 5_000);
}

#[test]
fn threads_share_a_table() {
    let table = HandleTable::new(Kind::IntArray);
    std::thread::scope(|scope| {
        for thread in 0..4_u32 {
            let table = &table;
            scope.spawn(move || {
                for i in 0..2_000 {
                    let value = thread << 16 | i;
                    let raw = table.insert(value).unwrap();
                    assert_eq!(*table.get(raw).unwrap(), value);
                    assert_eq!(*table.remove(raw).unwrap(), value);
                    assert!(table.get(raw).is_err());
                }
            });
        }
    });
    assert_eq!(table.live(), 0);
}
