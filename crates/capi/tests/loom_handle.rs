//! The handle table under every interleaving: `RUSTFLAGS="--cfg loom" cargo test -p capi --test loom_handle --release`.
#![cfg(loom)]

use capi::handle::{HandleError, HandleTable, Kind, LockTable, Taken};
use loom::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// Counts its drops, and panics in Miri's and loom's place if it is seen after one.
struct Tracked {
    value: usize,
    drops: Arc<AtomicUsize>,
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.value = usize::MAX;
        self.drops.fetch_add(1, Ordering::Relaxed);
    }
}

struct Address(*mut std::ffi::c_void);
// A handle is a number.
unsafe impl Send for Address {}
unsafe impl Sync for Address {}

#[test]
fn an_object_in_use_outlives_its_removal() {
    loom::model(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let table = Arc::new(HandleTable::new(Kind::Stream));
        let raw = Arc::new(Address(table.insert(Tracked { value: 7, drops: drops.clone() }).unwrap()));
        let user = thread::spawn({
            let (table, raw) = (table.clone(), raw.clone());
            move || match table.get(raw.0) {
                Ok(pinned) => assert_eq!(pinned.value, 7),
                Err(error) => assert!(matches!(error, HandleError::Stale { .. }), "{error:?}"),
            }
        });
        assert_eq!(table.remove(raw.0).unwrap().value, 7);
        assert!(table.get(raw.0).is_err());
        user.join().unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn one_of_two_destroyers_succeeds() {
    loom::model(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let table = Arc::new(HandleTable::new(Kind::Stream));
        let raw = Arc::new(Address(table.insert(Tracked { value: 7, drops: drops.clone() }).unwrap()));
        let other = thread::spawn({
            let (table, raw) = (table.clone(), raw.clone());
            move || table.remove(raw.0).is_ok()
        });
        let mine = table.remove(raw.0).is_ok();
        assert!(mine != other.join().unwrap());
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_slot_used_again_is_not_the_old_object() {
    loom::model(|| {
        let table = Arc::new(HandleTable::new(Kind::Stream));
        let raw = Arc::new(Address(table.insert(1_usize).unwrap()));
        let user = thread::spawn({
            let (table, raw) = (table.clone(), raw.clone());
            move || {
                if let Ok(pinned) = table.get(raw.0) {
                    assert_eq!(*pinned, 1);
                }
            }
        });
        drop(table.remove(raw.0).unwrap());
        let again = table.insert(2).unwrap();
        assert_ne!(again, raw.0);
        assert_eq!(*table.get(again).unwrap(), 2);
        user.join().unwrap();
    });
}

#[test]
fn free_slots_go_to_one_thread_each() {
    loom::model(|| {
        let table = Arc::new(HandleTable::new(Kind::Stream));
        let first = table.insert(1_usize).unwrap();
        drop(table.remove(first).unwrap());
        let other = thread::spawn({
            let table = table.clone();
            move || Address(table.insert(2).unwrap())
        });
        let mine = table.insert(3).unwrap();
        let theirs = other.join().unwrap().0;
        assert_ne!(mine, theirs);
        assert_eq!(*table.get(mine).unwrap(), 3);
        assert_eq!(*table.get(theirs).unwrap(), 2);
    });
}

#[test]
fn a_locked_object_has_one_user_and_survives_until_unlocked() {
    loom::model(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let table = Arc::new(LockTable::new(Kind::Tensor));
        let raw = Arc::new(Address(table.insert(Tracked { value: 7, drops: drops.clone() }).unwrap()));
        let writer = thread::spawn({
            let (table, raw) = (table.clone(), raw.clone());
            move || match table.lock(raw.0) {
                Ok(mut locked) => locked.value += 1,
                Err(error) => assert!(matches!(error, HandleError::Stale { .. }), "{error:?}"),
            }
        });
        if let Taken::Owned(object) = table.take(raw.0).unwrap() {
            assert!(object.value == 7 || object.value == 8);
        } else {
            panic!("a locked object has no pins");
        }
        writer.join().unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn two_users_of_a_locked_object_take_turns() {
    loom::model(|| {
        let table = Arc::new(LockTable::new(Kind::Tensor));
        let raw = Arc::new(Address(table.insert(0_usize).unwrap()));
        let other = thread::spawn({
            let (table, raw) = (table.clone(), raw.clone());
            move || *table.lock(raw.0).unwrap() += 1
        });
        *table.lock(raw.0).unwrap() += 1;
        other.join().unwrap();
        assert_eq!(*table.lock(raw.0).unwrap(), 2);
    });
}

#[test]
fn a_tag_belongs_to_its_own_object() {
    loom::model(|| {
        let table = Arc::new(HandleTable::new(Kind::Executor));
        let raw = Arc::new(Address(table.insert_tagged(1_usize, 10).unwrap()));
        let reader = thread::spawn({
            let (table, raw) = (table.clone(), raw.clone());
            move || {
                if let Ok(tag) = table.tag(raw.0) {
                    assert_eq!(tag, 10);
                }
            }
        });
        assert!(matches!(table.take(raw.0).unwrap(), Taken::Owned(1)));
        let again = table.insert_tagged(2, 20).unwrap();
        assert_eq!(table.tag(again), Ok(20));
        reader.join().unwrap();
    });
}

#[test]
fn an_object_is_moved_out_only_when_nobody_uses_it() {
    loom::model(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let table = Arc::new(HandleTable::new(Kind::Executor));
        let raw = Arc::new(Address(table.insert(Tracked { value: 7, drops: drops.clone() }).unwrap()));
        let user = thread::spawn({
            let (table, raw) = (table.clone(), raw.clone());
            move || {
                if let Ok(pinned) = table.get(raw.0) {
                    assert_eq!(pinned.value, 7);
                }
            }
        });
        match table.take(raw.0).unwrap() {
            Taken::Owned(object) => assert_eq!(object.value, 7),
            Taken::Shared(object) => assert_eq!(object.value, 7),
        }
        user.join().unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}
