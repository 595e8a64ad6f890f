//! Philox4x32-10: random words as a function of a key and a counter (Salmon et al., "Parallel random numbers: as easy
//! as 1, 2, 3").

use crate::isa::{Loop, LoopFn, pick};

const MULTIPLY: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// Counters that are worked on side by side.
const LANES: usize = 16;

/// A sequence of random words: the seed is the key, the offset the upper half of the counter, so that sequences of
/// different offsets have nothing in common, however long they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Philox {
    pub(super) seed: u64,
    pub(super) offset: u64,
}

/// `n` counters from `first` on, four words each.
struct Blocks {
    philox: Philox,
    first: u64,
    n: usize,
    out: *mut u32,
}

/// The four words of each of `LANES` counters, word by word.
#[inline(always)]
fn rounds(mut words: [[u32; LANES]; 4], mut key: [u32; 2]) -> [[u32; LANES]; 4] {
    for _ in 0..ROUNDS {
        let [a, b, c, d] = words;
        for lane in 0..LANES {
            let (low, high) = (a[lane] as u64 * MULTIPLY[0] as u64, c[lane] as u64 * MULTIPLY[1] as u64);
            words[0][lane] = (high >> 32) as u32 ^ b[lane] ^ key[0];
            words[1][lane] = high as u32;
            words[2][lane] = (low >> 32) as u32 ^ d[lane] ^ key[1];
            words[3][lane] = low as u32;
        }
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    words
}

struct Generate;

impl Loop for Generate {
    type Args = Blocks;

    #[inline(always)]
    unsafe fn run<const FMA: bool>(args: &Blocks) {
        let Philox { seed, offset } = args.philox;
        // SAFETY: the caller's buffer, four words for each counter.
        let out = unsafe { std::slice::from_raw_parts_mut(args.out, 4 * args.n) };
        for (i, out) in out.chunks_mut(4 * LANES).enumerate() {
            let first = args.first.wrapping_add((i * LANES) as u64);
            let counter = |lane: usize| first.wrapping_add(lane as u64);
            let words = rounds(
                [
                    std::array::from_fn(|lane| counter(lane) as u32),
                    std::array::from_fn(|lane| (counter(lane) >> 32) as u32),
                    [offset as u32; LANES],
                    [(offset >> 32) as u32; LANES],
                ],
                [seed as u32, (seed >> 32) as u32],
            );
            for (lane, out) in out.chunks_mut(4).enumerate() {
                for (out, words) in out.iter_mut().zip(&words) {
                    *out = words[lane];
                }
            }
        }
    }
}

/// How words are generated on this machine.
#[derive(Clone, Copy)]
pub(super) struct Words(LoopFn<Blocks>);

impl Words {
    pub(super) fn new() -> Words {
        Words(pick::<Generate>())
    }

    /// The words from number `first`, a multiple of four, on; `out` holds a multiple of four.
    #[inline]
    pub(super) fn fill(&self, philox: Philox, first: u64, out: &mut [u32]) {
        debug_assert!(first.is_multiple_of(4) && out.len().is_multiple_of(4));
        let args = Blocks { philox, first: first / 4, n: out.len() / 4, out: out.as_mut_ptr() };
        // SAFETY: the slice has four words for each counter.
        unsafe { (self.0)(&args) }
    }

    /// One word.
    pub(super) fn word(&self, philox: Philox, number: u64) -> u32 {
        let mut block = [0; 4];
        self.fill(philox, number & !3, &mut block);
        block[number as usize & 3]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that Random123 publishes for philox4x32-10: counter, key, result.
    #[test]
    fn known_answers() {
        let cases = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        let wide = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        for (counter, key, want) in cases {
            let words = rounds(counter.map(|c| [c; LANES]), key);
            assert_eq!(words.map(|w| w[3]), want);
            let philox = Philox { seed: wide(key[0], key[1]), offset: wide(counter[2], counter[3]) };
            crate::isa::on_each_level(|| {
                let mut out = [0; 4];
                let first = wide(counter[0], counter[1]);
                let args = Blocks { philox, first, n: 1, out: out.as_mut_ptr() };
                // SAFETY: room for one counter.
                unsafe { pick::<Generate>()(&args) };
                assert_eq!(out, want);
            });
        }
    }

    #[test]
    fn words_depend_on_their_number_alone() {
        let (words, philox) = (Words::new(), Philox { seed: 7, offset: 12 });
        let mut all = [0; 512];
        words.fill(philox, 0, &mut all);
        let mut part = [0; 100];
        words.fill(philox, 36, &mut part);
        assert_eq!(part, all[36..136]);
        assert_eq!(words.word(philox, 333), all[333]);
        words.fill(Philox { offset: 24, ..philox }, 0, &mut part);
        assert!(part.iter().all(|w| !all.contains(w)));
    }
}
