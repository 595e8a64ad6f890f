//! Random numbers that depend on seed, offset and position alone, not on how many threads make them.

mod dropout;
mod fill;
mod multinomial;
mod philox;
mod randperm;
#[cfg(test)]
mod tests;

pub use dropout::{dropout, dropout_mask};
pub use fill::{Distribution, random};
pub use multinomial::multinomial;
pub use randperm::randperm;

use philox::Philox;

/// Where seed and offset come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seed {
    /// Known when the kernel is made.
    Given {
        /// Key of the generator.
        seed: u64,
        /// Which of its sequences.
        offset: u64,
    },
    /// Read from the last two operands, one i64 each, when the kernel runs; `add` is added to the offset.
    Operands {
        /// What is added to the offset.
        add: u64,
    },
}

impl Seed {
    /// The generator of one run.
    ///
    /// # Safety
    /// The operands are those of a kernel made with this seed.
    unsafe fn resolve(&self, operands: &[*mut u8]) -> Philox {
        match *self {
            Seed::Given { seed, offset } => Philox { seed, offset },
            Seed::Operands { add } => {
                let at = |k: usize| operands[operands.len() - k].cast::<u64>();
                // SAFETY: an operand of one 64-bit element, the caller's duty.
                let (seed, offset) = (unsafe { at(2).read() }, unsafe { at(1).read() });
                Philox { seed, offset: offset.wrapping_add(add) }
            }
        }
    }
}

/// A word as a number in [0, 1), a multiple of 2^-24, which f32 holds exactly.
#[inline(always)]
fn unit_f32(word: u32) -> f32 {
    (word >> 8) as f32 * (1.0 / (1 << 24) as f32)
}

/// Two words as a number in [0, 1), a multiple of 2^-53.
#[inline(always)]
fn unit_f64(high: u32, low: u32) -> f64 {
    ((u64::from(high) << 32 | u64::from(low)) >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// The number below which a word is with probability `p`.
fn threshold(p: f64) -> u64 {
    (p.clamp(0.0, 1.0) * (1u64 << 32) as f64).round() as u64
}
