//! Random permutations.

use super::Seed;
use super::philox::Words;
use crate::rows::Store;
use crate::{Fault, Kernel, KernelError};
use npu_types::{Layout, Parallel};

/// A permutation of `0..n`, each as likely. Operands: out, of one dimension, and seed and offset if they are operands.
///
/// # Errors
/// An output of more than one dimension.
pub fn randperm(out: &Layout, seed: Seed) -> Result<Box<dyn Kernel>, KernelError> {
    if out.rank() != 1 || out.numel() > u32::MAX as usize {
        return Err(KernelError::Shape { kernel: "randperm", what: format!("{out:?}") });
    }
    let store = Store::new(out.dtype());
    let stride = out.strides()[0] as isize * store.size;
    Ok(Box::new(Randperm { n: out.numel(), stride, store, seed, words: Words::new() }))
}

struct Randperm {
    n: usize,
    stride: isize,
    store: Store<i64>,
    seed: Seed,
    words: Words,
}

/// Exchanges made with the words of one call.
const BATCH: usize = 128;

impl Kernel for Randperm {
    fn scratch(&self) -> usize {
        8 * self.n
    }

    unsafe fn run(&self, operands: &[*mut u8], scratch: *mut u8, _par: &dyn Parallel) -> Result<(), Fault> {
        if self.n == 0 {
            return Ok(());
        }
        // SAFETY: as promised to `run`.
        let philox = unsafe { self.seed.resolve(operands) };
        // SAFETY: the scratch memory that was asked for; any bytes are numbers.
        let order = unsafe { std::slice::from_raw_parts_mut(scratch.cast::<i64>(), self.n) };
        order.iter_mut().zip(0..).for_each(|(place, i)| *place = i);
        let mut words = [0; 2 * BATCH];
        for i in (1..self.n).rev() {
            let number = self.n - 1 - i;
            if number.is_multiple_of(BATCH) {
                self.words.fill(philox, 2 * number as u64, &mut words);
            }
            let at = 2 * (number % BATCH);
            let word = u64::from(words[at]) << 32 | u64::from(words[at + 1]);
            // Scaling 64 bits favours no place by more than 2^-32.
            order.swap(i, ((u128::from(word) * (i as u128 + 1)) >> 64) as usize);
        }
        // SAFETY: the elements of out, as promised to `run`.
        unsafe { self.store.block(operands[0], self.stride, order) };
        Ok(())
    }
}
