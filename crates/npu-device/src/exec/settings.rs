//! What a program can set on a live stream, and the core counts that limit it.

use super::overflow;
use std::{
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
    time::Duration,
};

/// The limit on waits for events in milliseconds, 0 for none.
static WAIT_LIMIT: AtomicU64 = AtomicU64::new(0);

/// Limits how long streams of the process wait for an event, for waits queued from now on.
pub fn set_wait_limit(limit: Option<Duration>) {
    let milliseconds = limit.map_or(0, |limit| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX).max(1));
    WAIT_LIMIT.store(milliseconds, Ordering::Relaxed);
}

/// That limit.
pub fn wait_limit() -> Option<Duration> {
    Some(WAIT_LIMIT.load(Ordering::Relaxed)).filter(|limit| *limit > 0).map(Duration::from_millis)
}

/// What floating-point overflows give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OverflowMode {
    /// Infinities and not-a-numbers, as IEEE 754 has them.
    #[default]
    InfNan,
    /// The largest finite number of the sign; 0 where there is no number.
    Saturate,
}

/// A kind of core that a program can limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoreKind {
    /// Matrix units.
    Cube,
    /// Vector units.
    Vector,
}

/// Limits on the cores that work may use. 0 stands for one that was not set.
#[derive(Debug, Default)]
pub struct CoreLimits([AtomicU32; 2]);

impl CoreLimits {
    /// The limit, if one was set.
    pub fn get(&self, kind: CoreKind) -> Option<u32> {
        Some(self.0[kind as usize].load(Ordering::Relaxed)).filter(|limit| *limit > 0)
    }

    /// Sets a limit, at least 1.
    pub fn set(&self, kind: CoreKind, limit: u32) {
        self.0[kind as usize].store(limit, Ordering::Relaxed);
    }

    /// Forgets all limits.
    pub fn reset(&self) {
        self.0.iter().for_each(|limit| limit.store(0, Ordering::Relaxed));
    }
}

/// Settings of a stream. They count for what is submitted later.
#[derive(Debug, Default)]
pub struct Settings {
    pub(super) priority: AtomicU32,
    saturates: bool,
    overflow_check: AtomicU32,
    user_tag: AtomicU32,
    keep_operators: AtomicU32,
    cores: CoreLimits,
}

impl Settings {
    pub(super) fn new(priority: u32, mode: OverflowMode) -> Self {
        if mode == OverflowMode::Saturate {
            overflow::watch();
        }
        Settings {
            priority: AtomicU32::new(priority),
            saturates: mode == OverflowMode::Saturate,
            ..Settings::default()
        }
    }

    /// The priority; lower numbers are served first.
    pub fn priority(&self) -> u32 {
        self.priority.load(Ordering::Relaxed)
    }

    /// Changes the priority from the next time on that the stream becomes ready.
    pub fn set_priority(&self, priority: u32) {
        self.priority.store(priority, Ordering::Relaxed);
    }

    /// What overflows give in its tasks: the device's mode when the stream was made.
    pub fn overflow_mode(&self) -> OverflowMode {
        if self.saturates { OverflowMode::Saturate } else { OverflowMode::InfNan }
    }

    /// Whether results of its tasks are searched for overflows.
    #[inline]
    pub fn checks_overflow(&self) -> bool {
        self.overflow_check.load(Ordering::Relaxed) != 0
    }

    /// Switches that search on or off.
    pub fn check_overflow(&self, on: bool) {
        if on {
            overflow::watch();
        }
        self.overflow_check.store(u32::from(on), Ordering::Relaxed);
    }

    /// The program's tag.
    pub fn user_tag(&self) -> u32 {
        self.user_tag.load(Ordering::Relaxed)
    }

    /// Sets the program's tag.
    pub fn set_user_tag(&self, tag: u32) {
        self.user_tag.store(tag, Ordering::Relaxed);
    }

    /// Whether what its operators were called with is kept for their tasks.
    pub fn keeps_operators(&self) -> bool {
        self.keep_operators.load(Ordering::Relaxed) != 0
    }

    /// Switches that on or off.
    pub fn keep_operators(&self, on: bool) {
        self.keep_operators.store(u32::from(on), Ordering::Relaxed);
    }

    /// Limits on the cores that its tasks may use.
    pub fn cores(&self) -> &CoreLimits {
        &self.cores
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_kept_by_kind_until_it_is_reset() {
        let limits = CoreLimits::default();
        limits.set(CoreKind::Vector, 3);
        assert_eq!((limits.get(CoreKind::Cube), limits.get(CoreKind::Vector)), (None, Some(3)));
        limits.reset();
        assert_eq!(limits.get(CoreKind::Vector), None);
    }
}
