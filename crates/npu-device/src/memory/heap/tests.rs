use super::*;
use proptest::prelude::*;
use std::{io, ops::Range};

/// Storage that only remembers what it was told, and refuses beyond a limit.
#[derive(Debug, Default)]
struct Paper {
    committed: u64,
    limit: Option<u64>,
    discarded: Vec<Range<u64>>,
}

impl Storage for Paper {
    fn commit(&mut self, range: Range<u64>) -> io::Result<()> {
        assert_eq!(range.start, self.committed, "committed once, in order");
        if self.limit.is_some_and(|limit| range.end > limit) {
            return Err(io::Error::from_raw_os_error(libc::ENOMEM));
        }
        self.committed = range.end;
        Ok(())
    }

    fn discard(&mut self, range: Range<u64>) {
        assert!(range.end <= self.committed);
        self.discarded.push(range);
    }
}

const BASE: u64 = 1 << 40;
const MIB: u64 = 1 << 20;

fn heap(capacity: u64) -> Heap<Paper> {
    Heap::new(3, BASE, 2 * capacity.next_multiple_of(GIANT), capacity, Paper::default())
}

fn request(size: u64) -> Request {
    Request { size, policy: PagePolicy::HugeFirst, exact: false, origin: Origin::Malloc }
}

#[test]
fn an_address_finds_its_allocation_until_it_is_freed_and_its_grave_afterwards() {
    let heap = heap(64 * MIB);
    let a = heap.alloc(&request(4096)).unwrap();
    let b = heap.alloc(&request(100)).unwrap();
    assert_eq!((a.device, a.size, a.id, b.id), (3, 4096, 1, 2));
    assert!(a.base.is_multiple_of(GRANULE) && b.base.is_multiple_of(GRANULE));
    assert_eq!(heap.lookup(a.base + 4095), Lookup::Live(a));
    assert_eq!(heap.check_range(a.base + 96, 4000), Ok(a));
    assert_eq!(heap.check_range(a.base + 4096, 0), Ok(a), "one past the end holds no bytes");
    let whole = recent::Range { start: a.base, end: a.base + 4096, block: a.id };
    for inside in [0, 4095, 4096] {
        assert_eq!(heap.extent(a.base + inside), Some(whole), "also in the padding");
    }
    let past = heap.check_range(a.base + 96, 4001).unwrap_err();
    assert_eq!(past, MemoryError::PastEnd { info: a, offset: 96, len: 4001 });
    assert!(past.to_string().contains("at most 4000 bytes from offset 96 of allocation #1 of 4096 bytes"));
    assert_eq!(heap.free(a.base, Origin::Free), Ok(a));
    assert_eq!(heap.lookup(a.base + 7), Lookup::Freed(a, Origin::Free));
    let again = heap.free(a.base, Origin::Free).unwrap_err().to_string();
    assert!(again.contains("freed by aclrtFree: allocation #1 of 4096 bytes"), "{again}");
    let interior = heap.free(b.base + 8, Origin::Free).unwrap_err().to_string();
    assert!(interior.contains("8 bytes inside allocation #2 of 100 bytes"), "{interior}");
    heap.check().unwrap();
}

#[test]
fn sizes_round_up_to_32_and_32_more_unless_exact() {
    let heap = heap(64 * MIB);
    let live = |size, exact| {
        let before = heap.stats().live;
        heap.alloc(&Request { exact, ..request(size) }).unwrap();
        heap.stats().live - before
    };
    assert_eq!(live(480, false), 512);
    assert_eq!(live(481, false), 1024);
    assert_eq!(live(512, true), 512);
    assert_eq!(live(512, false), 1024);
}

#[test]
fn memory_runs_out_at_the_capacity_and_comes_back() {
    let heap = heap(8 * MIB);
    let exact = |size| Request { exact: true, ..request(size) };
    let all = heap.alloc(&exact(8 * MIB)).unwrap();
    let refused = heap.alloc(&exact(1)).unwrap_err();
    let expected = MemoryError::OutOfMemory {
        device: 3,
        pages: Pages::Normal,
        requested: 1,
        free: 0,
        capacity: 8 * MIB,
    };
    assert_eq!(refused, expected);
    heap.free(all.base, Origin::Free).unwrap();
    assert_eq!(heap.alloc(&exact(8 * MIB)).unwrap().base, all.base, "the same memory again");
    for size in [u64::MAX, u64::MAX - 31, u64::MAX - 63, 1 << 63, 8 * MIB + 1] {
        assert!(matches!(heap.alloc(&request(size)), Err(MemoryError::OutOfMemory { .. })), "{size}");
    }
    heap.check().unwrap();
}

#[test]
fn page_pools_have_their_own_limits() {
    let heap = heap(64 << 30);
    let of = |policy, size| Request { policy, exact: true, ..request(size) };
    let huge = heap.alloc(&of(PagePolicy::HugeOnly, 1)).unwrap();
    assert!((huge.base - BASE).is_multiple_of(HUGE));
    assert_eq!((huge.pages, heap.stats().huge_used), (Pages::Huge, HUGE));
    let giant = heap.alloc(&of(PagePolicy::GiantOnly, GIANT + 1)).unwrap();
    assert!((giant.base - BASE).is_multiple_of(GIANT));
    assert_eq!(heap.stats().giant_used, 2 * GIANT);
    let small = heap.alloc(&of(PagePolicy::HugeFirst, MIB)).unwrap();
    assert_eq!(small.pages, Pages::Normal);
    let rest = heap.stats().huge_capacity - heap.stats().huge_used;
    heap.alloc(&of(PagePolicy::HugeOnly, rest - HUGE)).unwrap();
    assert!(matches!(
        heap.alloc(&of(PagePolicy::HugeOnly, 2 * HUGE)),
        Err(MemoryError::OutOfMemory { pages: Pages::Huge, free: HUGE, .. })
    ));
    let fallback = heap.alloc(&of(PagePolicy::HugeFirst, 2 * HUGE)).unwrap();
    assert_eq!(fallback.pages, Pages::Normal);
    let greedy = heap.alloc(&of(PagePolicy::GiantOnly, heap.stats().giant_capacity));
    assert!(matches!(greedy, Err(MemoryError::OutOfMemory { pages: Pages::Giant, .. })));
    heap.check().unwrap();
}

#[test]
fn a_system_that_refuses_memory_makes_the_device_run_out() {
    let storage = Paper { limit: Some(COMMIT_STEP), ..Paper::default() };
    let heap = Heap::new(0, BASE, 4 * GIANT, 2 * GIANT, storage);
    let first = heap.alloc(&request(COMMIT_STEP / 2)).unwrap();
    assert!(matches!(heap.alloc(&request(COMMIT_STEP)), Err(MemoryError::OutOfMemory { .. })));
    heap.check().unwrap();
    heap.free(first.base, Origin::Free).unwrap();
    heap.alloc(&request(COMMIT_STEP - 512)).unwrap();
    heap.check().unwrap();
}

#[test]
fn clearing_frees_everything_and_returns_the_pages() {
    let heap = heap(64 * MIB);
    let infos: Vec<_> = (1..=5).map(|i| heap.alloc(&request(i * MIB)).unwrap()).collect();
    heap.free(infos[2].base, Origin::Free).unwrap();
    let mut freed = heap.clear(Origin::ResetDevice);
    freed.sort_by_key(|info| info.id);
    assert_eq!(freed.iter().map(|info| info.id).collect::<Vec<_>>(), [1, 2, 4, 5]);
    assert_eq!(heap.lookup(infos[4].base), Lookup::Freed(infos[4], Origin::ResetDevice));
    assert_eq!(heap.stats().live, 0);
    assert_eq!(heap.inner.lock().storage.discarded, vec![0..COMMIT_STEP]);
    heap.check().unwrap();
}

#[test]
fn threads_find_their_own_blocks_while_others_come_and_go() {
    let heap = heap(256 * MIB);
    std::thread::scope(|scope| {
        for thread in 1..=4u64 {
            let heap = &heap;
            scope.spawn(move || {
                let mut mine: Vec<AllocInfo> = Vec::new();
                for round in 0..2000 {
                    if mine.len() > 20 {
                        let info = mine.swap_remove((round * 7 % mine.len() as u64) as usize);
                        assert_eq!(heap.free(info.base, Origin::Free), Ok(info));
                    }
                    // The size says whose the block is.
                    let size = 1000 * (1 + round % 50) + thread;
                    mine.push(heap.alloc(&request(size)).unwrap());
                    let known = &mine[(round * 3 % mine.len() as u64) as usize];
                    assert_eq!(heap.lookup(known.base + known.size / 2), Lookup::Live(*known));
                    assert_eq!(known.size % 10, thread);
                    if let Some(found) = heap.extent(known.base + 1) {
                        assert_eq!((found.end - found.start, found.block), (known.size, known.id));
                    }
                }
                for info in mine {
                    heap.free(info.base, Origin::Free).unwrap();
                }
            });
        }
    });
    heap.check().unwrap();
    assert_eq!((heap.stats().count, heap.stats().made, heap.stats().live), (0, 8000, 0));
}

#[derive(Debug, Clone)]
enum Step {
    Alloc(u64, PagePolicy, bool),
    Free(usize),
    WrongFree(usize, u64),
    Trim,
}

fn step() -> impl Strategy<Value = Step> {
    let size = prop_oneof![1..5000u64, (1..64u64).prop_map(|n| n * 100_000), (1..9u64).prop_map(|n| n * MIB)];
    let policy = prop_oneof![4 => Just(PagePolicy::HugeFirst), 1 => Just(PagePolicy::HugeOnly), 1 => Just(PagePolicy::NormalOnly)];
    prop_oneof![
        6 => (size, policy, any::<bool>()).prop_map(|(s, p, e)| Step::Alloc(s, p, e)),
        5 => any::<usize>().prop_map(Step::Free),
        1 => (any::<usize>(), 1..2000u64).prop_map(|(i, o)| Step::WrongFree(i, o)),
        1 => Just(Step::Trim),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_sequence_keeps_every_invariant(steps in prop::collection::vec(step(), 1..120)) {
        let heap = heap(48 * MIB);
        let mut live: Vec<AllocInfo> = Vec::new();
        for step in steps {
            match step {
                Step::Alloc(size, policy, exact) => {
                    let request = Request { size, policy, exact, origin: Origin::Malloc };
                    match heap.alloc(&request) {
                        Ok(info) => {
                            let end = info.base + size;
                            prop_assert!(live.iter().all(|o| end <= o.base || o.base + o.size <= info.base));
                            live.push(info);
                        }
                        Err(MemoryError::OutOfMemory { free, .. }) => {
                            let unit = if policy == PagePolicy::HugeOnly { HUGE } else { GRANULE };
                            prop_assert!((size + 32).next_multiple_of(32).next_multiple_of(unit) > free);
                        }
                        Err(other) => prop_assert!(false, "{}", other),
                    }
                }
                Step::Free(at) if !live.is_empty() => {
                    let info = live.swap_remove(at % live.len());
                    prop_assert_eq!(heap.free(info.base, Origin::Free), Ok(info));
                }
                Step::WrongFree(at, offset) if !live.is_empty() => {
                    let address = live[at % live.len()].base + offset;
                    if live.iter().all(|info| info.base != address) {
                        prop_assert!(heap.free(address, Origin::Free).is_err());
                    }
                }
                Step::Free(_) | Step::WrongFree(..) => {}
                Step::Trim => heap.trim(),
            }
            heap.check().map_err(TestCaseError::fail)?;
            for info in &live {
                prop_assert_eq!(heap.lookup(info.base + info.size - 1), Lookup::Live(*info));
            }
        }
    }
}
