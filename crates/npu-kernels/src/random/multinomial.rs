//! Drawing indices by weight.

use super::philox::{Philox, Words};
use super::{Seed, unit_f64};
use crate::iter::{GRAIN, Operands};
use crate::rows::{BLOCK, Buffer, Load, Store};
use crate::walk::Walk;
use crate::{Fault, Kernel, KernelError};
use npu_types::{DType, Layout, Parallel};

/// Draws `k` indices for each row of weights, with or without replacement; weights need not sum to 1. `x` is
/// `[.., n]`, `out` `[.., k]` of i64 or i32. Operands: out, x, and seed and offset if they are operands.
///
/// A row whose weights are negative, not finite, all zero, or without replacement fewer than `k` positive ones, is a
/// [`Fault`].
///
/// # Errors
/// Shapes that do not fit, weights that are not floats, other outputs.
pub fn multinomial(
    out: &Layout,
    x: &Layout,
    replacement: bool,
    seed: Seed,
) -> Result<Box<dyn Kernel>, KernelError> {
    const NAME: &str = "multinomial";
    let fits = |a: &[i64], b: &[i64]| match (a.split_last(), b.split_last()) {
        (Some((k, a)), Some((n, b))) => a == b && (replacement || k <= n),
        _ => false,
    };
    if !fits(out.dims(), x.dims()) {
        return Err(KernelError::Shape { kernel: NAME, what: format!("{x:?} to {out:?}") });
    }
    if !x.dtype().is_float() {
        return Err(KernelError::DType { kernel: NAME, dtype: x.dtype() });
    }
    if !matches!(out.dtype(), DType::I32 | DType::I64) {
        return Err(KernelError::DType { kernel: NAME, dtype: out.dtype() });
    }
    let (load, store) = (Load::new(x.dtype()), Store::new(out.dtype()));
    let last = x.rank() - 1;
    let strides = |i: usize| [out.strides()[i] as isize * store.size, x.strides()[i] as isize * load.size];
    let mut rows = Walk::point();
    for i in 0..last {
        rows.push(x.dims()[i] as usize, strides(i));
    }
    let (k, n) = (out.dims()[last] as usize, x.dims()[last] as usize);
    // One draw leaves nothing to replace.
    let keyed = !replacement && k > 1;
    Ok(Box::new(Multinomial {
        load,
        store,
        rows,
        k,
        n,
        strides: strides(last),
        keyed,
        seed,
        words: Words::new(),
    }))
}

struct Multinomial {
    load: Load<f64>,
    store: Store<i64>,
    /// Byte offsets of out and x.
    rows: Walk<2>,
    k: usize,
    n: usize,
    strides: [isize; 2],
    /// Draws without replacement, by the smallest of exponential keys (Efraimidis and Spirakis).
    keyed: bool,
    seed: Seed,
    words: Words,
}

/// Rows that may be worked on at once.
const PARTS: usize = 8;

/// A key and its position, which order alike.
type Keyed = (u64, u64);

impl Multinomial {
    /// Bytes of one part's scratch memory: sums of blocks, or a key for each weight.
    fn room(&self) -> usize {
        let bytes = if self.keyed { self.n * size_of::<Keyed>() } else { self.n.div_ceil(BLOCK) * 8 };
        bytes.next_multiple_of(64)
    }

    /// Calls `body` for the blocks of the row's weights, and checks them.
    ///
    /// # Safety
    /// `x` is the row's address.
    unsafe fn weights(
        &self,
        row: usize,
        x: *mut u8,
        mut body: impl FnMut(usize, &[f64]),
    ) -> Result<(), Fault> {
        let mut buffer = Buffer::new();
        for first in (0..self.n).step_by(BLOCK) {
            let n = (self.n - first).min(BLOCK);
            let at = x.wrapping_offset(first as isize * self.strides[1]);
            // SAFETY: elements of the row, the caller's duty.
            let block = unsafe { self.load.block(at, self.strides[1], n, &mut buffer) };
            if !block.iter().fold(true, |fine, w| fine & (*w >= 0.0) & (*w < f64::INFINITY)) {
                return Err(Fault::Weights { row, what: "a weight that is negative or not finite" });
            }
            body(first, block);
        }
        Ok(())
    }

    /// Draws with replacement: finds in the running sum what a uniform number points at.
    ///
    /// # Safety
    /// The addresses are those of the row; `sums` has room for one number a block.
    unsafe fn by_sums(
        &self,
        row: usize,
        [out, x]: [*mut u8; 2],
        sums: &mut [f64],
        philox: Philox,
    ) -> Result<(), Fault> {
        let mut total = 0.0;
        // SAFETY: the caller's duty.
        unsafe {
            self.weights(row, x, |first, block| {
                total += sum(block);
                sums[first / BLOCK] = total;
            })
        }?;
        if total <= 0.0 || total == f64::INFINITY {
            return Err(Fault::Weights { row, what: "weights without a positive, finite sum" });
        }
        let mut buffer = Buffer::new();
        for draw in 0..self.k {
            let number = 2 * (row * self.k + draw) as u64;
            let word = |i: u64| self.words.word(philox, number + i);
            let target = unit_f64(word(0), word(1)) * total;
            let block_number = sums.partition_point(|s| *s <= target).min(sums.len() - 1);
            let first = block_number * BLOCK;
            let n = (self.n - first).min(BLOCK);
            let at = x.wrapping_offset(first as isize * self.strides[1]);
            // SAFETY: elements of the row, the caller's duty.
            let block = unsafe { self.load.block(at, self.strides[1], n, &mut buffer) };
            let mut before = if block_number == 0 { 0.0 } else { sums[block_number - 1] };
            // What rounding leaves over goes to the block's last positive weight.
            let mut found = block.iter().rposition(|w| *w > 0.0).unwrap_or(0);
            for (i, weight) in block.iter().enumerate() {
                before += weight;
                if target < before && *weight > 0.0 {
                    found = i;
                    break;
                }
            }
            let to = out.wrapping_offset(draw as isize * self.strides[0]);
            // SAFETY: an element of out, the caller's duty.
            unsafe { self.store.one(to, (first + found) as i64) };
        }
        Ok(())
    }

    /// Draws without replacement: the `k` smallest of exponential numbers whose rates are the weights.
    ///
    /// # Safety
    /// The addresses are those of the row; `keys` has room for one key a weight.
    unsafe fn by_keys(
        &self,
        row: usize,
        [out, x]: [*mut u8; 2],
        keys: &mut [Keyed],
        philox: Philox,
    ) -> Result<(), Fault> {
        let mut positive = 0;
        let mut words = [0; 2 * BLOCK + 4];
        // SAFETY: the caller's duty.
        unsafe {
            self.weights(row, x, |first, block| {
                let number = 2 * (row * self.n + first) as u64;
                let skip = (number % 4) as usize;
                self.words.fill(philox, number - skip as u64, &mut words);
                for (i, (weight, words)) in block.iter().zip(words[skip..].chunks_exact(2)).enumerate() {
                    if *weight > 0.0 {
                        let time = -(1.0 - unit_f64(words[0], words[1])).ln() / weight;
                        // Bits of floats that are not negative order as the floats do.
                        keys[positive] = ((time + 0.0).to_bits(), (first + i) as u64);
                        positive += 1;
                    }
                }
            })
        }?;
        if positive < self.k {
            return Err(Fault::Weights {
                row,
                what: "fewer positive weights than draws without replacement",
            });
        }
        let keys = &mut keys[..positive];
        if self.k < positive {
            keys.select_nth_unstable(self.k);
        }
        keys[..self.k].sort_unstable();
        for (draw, (_, position)) in keys[..self.k].iter().enumerate() {
            let to = out.wrapping_offset(draw as isize * self.strides[0]);
            // SAFETY: an element of out, the caller's duty.
            unsafe { self.store.one(to, *position as i64) };
        }
        Ok(())
    }
}

/// In lanes, which the compiler keeps in vectors.
fn sum(block: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let chunks = block.chunks_exact(8);
    let rest: f64 = chunks.remainder().iter().sum();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, w)| *lane += w);
    }
    lanes.iter().sum::<f64>() + rest
}

impl Kernel for Multinomial {
    fn scratch(&self) -> usize {
        self.rows.len().min(PARTS) * self.room()
    }

    unsafe fn run(&self, operands: &[*mut u8], scratch: *mut u8, par: &dyn Parallel) -> Result<(), Fault> {
        let rows = self.rows.len();
        if rows == 0 || self.k == 0 {
            return Ok(());
        }
        // SAFETY: as promised to `run`.
        let philox = unsafe { self.seed.resolve(operands) };
        let base = Operands([operands[0], operands[1], scratch]);
        let small = rows * self.n * 32 < GRAIN;
        let parts = if small { 1 } else { par.threads().min(rows.min(PARTS)) };
        let step = rows.div_ceil(parts);
        let faults = parking_lot::Mutex::new(None);
        par.run(parts, &|part| {
            let [out, x, scratch] = base.addresses();
            let room = scratch.wrapping_add(part * self.room());
            for row in part * step..((part + 1) * step).min(rows) {
                let offsets = self.rows.seek(row).offsets;
                let at = [out.wrapping_offset(offsets[0]), x.wrapping_offset(offsets[1])];
                let done = if self.keyed {
                    // SAFETY: this part's scratch memory; any bytes are numbers.
                    let keys = unsafe { std::slice::from_raw_parts_mut(room.cast::<Keyed>(), self.n) };
                    // SAFETY: a row of both tensors, as promised to `run`.
                    unsafe { self.by_keys(row, at, keys, philox) }
                } else {
                    let blocks = self.n.div_ceil(BLOCK);
                    // SAFETY: this part's scratch memory; any bytes are numbers.
                    let sums = unsafe { std::slice::from_raw_parts_mut(room.cast::<f64>(), blocks) };
                    // SAFETY: a row of both tensors, as promised to `run`.
                    unsafe { self.by_sums(row, at, sums, philox) }
                };
                if let Err(fault) = done {
                    let mut first = faults.lock();
                    if first.as_ref().is_none_or(|(before, _)| row < *before) {
                        *first = Some((row, fault));
                    }
                    return;
                }
            }
        });
        faults.into_inner().map_or(Ok(()), |(_, fault)| Err(fault))
    }
}
