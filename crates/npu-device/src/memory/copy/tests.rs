use super::*;
use npu_types::Serial;

/// Runs chunks backwards: order must not matter.
struct Backwards;

impl Parallel for Backwards {
    fn threads(&self) -> usize {
        2
    }

    fn run(&self, chunks: usize, body: &(dyn Fn(usize) + Sync)) {
        (0..chunks).rev().for_each(body);
    }
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i ^ (i >> 8) ^ (i >> 16)) as u8).collect()
}

#[test]
fn every_size_and_alignment_arrives_and_nothing_else_changes() {
    for len in [0, 1, 63, 64, 65, 4096, 100_000, LARGE - 1, LARGE, LARGE + 4097, LARGE + CHUNK + 1] {
        for (to, from) in [(0, 0), (1, 0), (3, 17)] {
            let source = pattern(len + 64);
            let mut target = vec![0xa5u8; len + 64];
            // SAFETY: both buffers have 64 bytes more than is copied.
            unsafe { copy(target[to..].as_mut_ptr(), source[from..].as_ptr(), len, &Backwards) };
            assert!(target[to..to + len] == source[from..from + len], "{len} bytes to +{to} from +{from}");
            assert!(target[..to].iter().chain(&target[to + len..]).all(|&b| b == 0xa5), "{len}");
        }
    }
}

#[test]
fn near_copies_arrive_at_every_size_and_alignment() {
    let sizes = (0..1100).chain([4095, 4096, 4097, NEAR]);
    for len in sizes {
        for (to, from) in [(0, 0), (1, 0), (63, 17), (32, 5)] {
            let source = pattern(len + 64);
            let mut target = vec![0xa5u8; len + 64];
            // SAFETY: both buffers have 64 bytes more than is copied.
            unsafe { near(target[to..].as_mut_ptr(), source[from..].as_ptr(), len) };
            assert!(target[to..to + len] == source[from..from + len], "{len} bytes to +{to} from +{from}");
            assert!(target[..to].iter().chain(&target[to + len..]).all(|&b| b == 0xa5), "{len}");
        }
    }
    let mut bytes = pattern(6000);
    let expected = bytes[..4096].to_vec();
    let base = bytes.as_mut_ptr();
    // SAFETY: both ranges lie in the buffer.
    unsafe { near(base.wrapping_add(100), base, 4096) };
    assert!(bytes[100..4196] == expected[..], "overlap");
}

#[test]
fn overlapping_ranges_copy_as_if_through_a_buffer() {
    let len = LARGE + 12345;
    for (to, from) in [(0, 4099), (4099, 0)] {
        let mut bytes = pattern(len + 4099);
        let expected = bytes[from..from + len].to_vec();
        let base = bytes.as_mut_ptr();
        // SAFETY: both ranges lie in the buffer.
        unsafe { copy(base.wrapping_add(to), base.wrapping_add(from), len, &Backwards) };
        assert!(bytes[to..to + len] == expected[..]);
    }
}

#[test]
fn rows_land_at_their_pitch() {
    let source = pattern(10 * 7);
    let mut target = vec![0u8; 10 * 9];
    // SAFETY: 10 rows of 7 and 9 bytes.
    unsafe { copy_2d((target.as_mut_ptr(), 9), (source.as_ptr(), 7), 5, 10, &Serial) };
    for row in 0..10 {
        assert_eq!(target[row * 9..row * 9 + 5], source[row * 7..row * 7 + 5]);
        assert_eq!(target[row * 9 + 5..row * 9 + 9], [0; 4]);
    }
    let mut target = vec![0u8; 70];
    // SAFETY: 10 rows of 7 bytes.
    unsafe { copy_2d((target.as_mut_ptr(), 7), (source.as_ptr(), 7), 7, 10, &Serial) };
    assert_eq!(target, source);
}

#[test]
fn set_fills_exactly_its_range() {
    for len in [0, 1, 1000, LARGE + CHUNK / 2] {
        let mut target = vec![1u8; len + 2];
        // SAFETY: the buffer has two bytes more than is set.
        unsafe { set(target[1..].as_mut_ptr(), 7, len, &Backwards) };
        assert_eq!((target[0], target[len + 1]), (1, 1));
        assert!(target[1..=len].iter().all(|&b| b == 7));
    }
}
