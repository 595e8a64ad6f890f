//! Small numbers for things of which there is a limit.

use parking_lot::Mutex;

#[derive(Default)]
struct State {
    /// Numbers from here on were never given out.
    next: u32,
    /// Given back.
    free: Vec<u32>,
}

/// Hands out numbers below a limit, each to one owner at a time.
pub(crate) struct Ids {
    limit: u32,
    state: Mutex<State>,
}

impl Ids {
    pub const fn new(limit: u32) -> Self {
        Ids { limit, state: Mutex::new(State { next: 0, free: Vec::new() }) }
    }

    /// A number nobody has, or none.
    pub fn take(&self) -> Option<u32> {
        let mut state = self.state.lock();
        if let Some(id) = state.free.pop() {
            return Some(id);
        }
        let id = state.next;
        (id < self.limit).then(|| state.next += 1)?;
        Some(id)
    }

    /// Gives a number back.
    pub fn give(&self, id: u32) {
        self.state.lock().free.push(id);
    }

    /// Numbers that nobody has.
    pub fn left(&self) -> u32 {
        let state = self.state.lock();
        self.limit - state.next + state.free.len() as u32
    }

    /// How many there are in all.
    pub fn limit(&self) -> u32 {
        self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_one_owner_and_there_is_a_limit() {
        let ids = Ids::new(3);
        assert_eq!([ids.take(), ids.take(), ids.take(), ids.take()], [Some(0), Some(1), Some(2), None]);
        assert_eq!(ids.left(), 0);
        ids.give(1);
        assert_eq!(ids.left(), 1);
        assert_eq!([ids.take(), ids.take()], [Some(1), None]);
    }
}
