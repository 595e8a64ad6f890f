//! The streams that have a task to run, best first.

use super::Stream;
use parking_lot::Mutex;
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
};

/// Priorities of streams: 0 is served first.
pub(crate) const PRIORITIES: usize = 8;

#[derive(Default)]
struct Lists {
    /// A list per priority. Their buffers are kept, so a steady flow allocates nothing.
    lists: [VecDeque<Arc<Stream>>; PRIORITIES],
    /// State of the random order, if there is one.
    random: Option<u64>,
}

/// The ready streams of a pool. Each is in here at most once.
#[derive(Default)]
pub(crate) struct Ready {
    lists: Mutex<Lists>,
    /// Readable without the lock: number of entries, and a bit for each priority that has some.
    len: AtomicUsize,
    priorities: AtomicU32,
}

impl Ready {
    pub fn new(seed: Option<u64>) -> Self {
        let lists = Lists { random: seed, ..Lists::default() };
        Ready { lists: Mutex::new(lists), ..Ready::default() }
    }

    pub fn push(&self, stream: Arc<Stream>) {
        let priority = stream.priority();
        let mut lists = self.lists.lock();
        lists.lists[priority].push_back(stream);
        self.priorities.fetch_or(1 << priority, Ordering::Relaxed);
        // Ordered before the pusher looks for sleeping workers; they look here after lying down.
        self.len.fetch_add(1, Ordering::SeqCst);
    }

    /// Takes the next stream: first come, first served within the best priority, or any by the seed.
    pub fn pop(&self) -> Option<Arc<Stream>> {
        if self.is_empty() {
            return None;
        }
        let mut lists = self.lists.lock();
        // Found by its list: a stream's priority may have changed since it was listed.
        let (priority, stream) = match lists.random {
            None => {
                let priority = lists.lists.iter().position(|list| !list.is_empty())?;
                (priority, lists.lists[priority].pop_front()?)
            }
            Some(state) => {
                let total: usize = lists.lists.iter().map(VecDeque::len).sum();
                if total == 0 {
                    return None;
                }
                let (state, number) = split_mix(state);
                lists.random = Some(state);
                let mut choice = (number % total as u64) as usize;
                lists.lists.iter_mut().enumerate().find_map(|(priority, list)| {
                    if choice >= list.len() {
                        choice -= list.len();
                        return None;
                    }
                    list.remove(choice).map(|stream| (priority, stream))
                })?
            }
        };
        if lists.lists[priority].is_empty() {
            self.priorities.fetch_and(!(1 << priority), Ordering::Relaxed);
        }
        self.len.fetch_sub(1, Ordering::Relaxed);
        // Under the lock: whoever queues the stream from here on makes a new entry.
        stream.left_ready();
        Some(stream)
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.len.load(Ordering::SeqCst)
    }

    /// Whether a stream of a better priority waits.
    #[inline]
    pub fn better_than(&self, priority: usize) -> bool {
        self.priorities.load(Ordering::Relaxed) & ((1 << priority) - 1) != 0
    }
}

/// Vigna's SplitMix64.
fn split_mix(state: u64) -> (u64, u64) {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (state, z ^ (z >> 31))
}
