use super::*;

fn entry(start: u32, len: u32, id: u64) -> Entry {
    Entry { start, len, size: id * 1000, id, tag: id as u32 }
}

#[cfg(not(loom))]
#[test]
fn every_granule_of_a_block_finds_it_across_all_levels() {
    let index = Index::new(1 << 24);
    let blocks = [(0, 0, 1), (1, 1, 63), (2, 64, 1), (5000, 70, 200_000), (7, 10_000_000, 3)];
    for (id, &(block, start, len)) in blocks.iter().enumerate() {
        index.insert(block, &entry(start, len, id as u64 + 1));
    }
    for (id, &(block, start, len)) in blocks.iter().enumerate() {
        let expected = entry(start, len, id as u64 + 1);
        for granule in [start, start + len / 2, start + len - 1] {
            assert_eq!(index.find(granule), Answer::Live(expected));
        }
        assert_eq!(index.at_start(start), Some((block, expected)));
        assert_eq!(
            index.at_start(start + len),
            blocks.get(id + 1).filter(|b| b.1 == start + len).map(|b| (b.0, index.at_start(b.1).unwrap().1))
        );
    }
    for granule in [65, 69, 200_070, 9_999_999, 10_000_003, (1 << 24) - 1, u32::MAX] {
        assert_eq!(index.find(granule), Answer::Nothing, "{granule}");
    }
}

#[cfg(not(loom))]
#[test]
fn the_dead_are_remembered_newest_first() {
    let index = Index::new(1 << 20);
    for (id, len) in [(1, 10), (2, 4)] {
        index.insert(0, &entry(100, len, id));
        index.remove(&entry(100, len, id), 7);
    }
    assert_eq!(index.find(103), Answer::Nothing);
    assert_eq!(index.last_freed(103), Some((entry(100, 4, 2), 7)));
    assert_eq!(index.last_freed(107), Some((entry(100, 10, 1), 7)));
    assert_eq!(index.last_freed(110), None);
    for id in 3..3 + REMEMBERED as u64 {
        index.insert(0, &entry(5, 1, id));
        index.remove(&entry(5, 1, id), 7);
    }
    assert_eq!(index.last_freed(103), None);
}

/// Explores every schedule with up to three preemptions: all of them would take hours, for a protocol of three steps.
#[cfg(loom)]
fn model(body: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(body);
}

/// A reader sees one state or the other, never a mixture.
#[cfg(loom)]
#[test]
fn a_reader_never_sees_half_a_change() {
    model(|| {
        let index = loom::sync::Arc::new(Index::new(64));
        let (old, new) = (entry(1, 4, 1), entry(2, 2, 2));
        index.insert(0, &old);
        let writer = {
            let index = index.clone();
            loom::thread::spawn(move || {
                index.insert(0, &new);
            })
        };
        match index.find(3) {
            Answer::Live(seen) => assert!(seen == old || seen == new, "{seen:?}"),
            Answer::Nothing | Answer::Busy => {}
        }
        if let Some(seen) = index.extent(3) {
            assert!([(1, 1000, old.id), (2, 2000, new.id)].contains(&seen), "{seen:?}");
        }
        writer.join().unwrap();
    });
}

/// A remembered allocation is whole, whoever is being buried meanwhile.
#[cfg(loom)]
#[test]
fn a_grave_is_never_half_filled() {
    model(|| {
        let index = loom::sync::Arc::new(Index::new(64));
        let old = entry(1, 4, 1);
        index.remove(&entry(40, 1, 9), 0);
        let writer = {
            let index = index.clone();
            loom::thread::spawn(move || index.remove(&old, 5))
        };
        if let Some(seen) = index.last_freed(4) {
            assert_eq!(seen, (old, 5));
        }
        writer.join().unwrap();
        assert_eq!(index.last_freed(4), Some((old, 5)));
    });
}
