//! Tensors of every layout for tests, read and written as numbers.

use crate::elem::{Element, cast, dispatch};
use crate::walk::Walk;
use crate::{Fault, Kernel};
use npu_types::{Complex64, DType, Layout, Parallel};

/// How a test tensor lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Row-major.
    Contiguous,
    /// Dimensions stored in reverse order.
    Transposed,
    /// Gaps everywhere and an offset, as slicing every dimension leaves it.
    Sliced,
    /// Stored backward: negative strides.
    Reversed,
    /// The last dimension (and every odd one before) expanded: stride 0. For inputs only.
    Expanded,
}

impl Form {
    pub(crate) const OUTPUTS: [Form; 4] = [Form::Contiguous, Form::Transposed, Form::Sliced, Form::Reversed];
    pub(crate) const INPUTS: [Form; 5] =
        [Form::Contiguous, Form::Transposed, Form::Sliced, Form::Reversed, Form::Expanded];
}

/// A tensor that owns its memory.
#[derive(Clone)]
pub(crate) struct Tensor {
    pub(crate) layout: Layout,
    storage: Vec<Complex64>,
    offset: usize,
}

impl Tensor {
    /// All bytes 0xA5, so that unwritten elements show.
    pub(crate) fn blank(dtype: DType, dims: &[i64], form: Form) -> Tensor {
        let rank = dims.len();
        let mut strides = vec![0i64; rank];
        let mut step = 1;
        let order: Vec<usize> =
            if form == Form::Transposed { (0..rank).collect() } else { (0..rank).rev().collect() };
        for axis in order {
            let expanded = form == Form::Expanded && (rank - axis) % 2 == 1;
            strides[axis] = match form {
                _ if expanded => 0,
                Form::Sliced => step * 2,
                Form::Reversed => -step,
                _ => step,
            };
            if !expanded {
                step *= dims[axis].max(1) * if form == Form::Sliced { 2 } else { 1 };
            }
        }
        let layout = Layout::strided(dtype, dims, &strides).unwrap();
        let span = layout.byte_span();
        let lead = if form == Form::Sliced { 3 * dtype.size() as i64 } else { 0 };
        let bytes = (span.end - span.start + lead) as usize;
        let fill = f64::from_bits(0xA5A5_A5A5_A5A5_A5A5);
        Tensor {
            layout,
            storage: vec![Complex64::new(fill, fill); bytes.div_ceil(16) + 4],
            offset: (lead - span.start) as usize,
        }
    }

    /// With the element at row-major position `i` set to `value(i)`.
    pub(crate) fn new(dtype: DType, dims: &[i64], form: Form, value: impl Fn(usize) -> f64) -> Tensor {
        Tensor::complex(dtype, dims, form, |i| Complex64::new(value(i), 0.0))
    }

    pub(crate) fn complex(
        dtype: DType,
        dims: &[i64],
        form: Form,
        value: impl Fn(usize) -> Complex64,
    ) -> Tensor {
        let mut t = Tensor::blank(dtype, dims, form);
        for i in 0..t.layout.numel() {
            t.set(i, value(i));
        }
        t
    }

    pub(crate) fn ptr(&self) -> *mut u8 {
        self.storage.as_ptr().cast::<u8>().cast_mut().wrapping_add(self.offset)
    }

    fn at(&self, i: usize) -> *mut u8 {
        let walk = Walk::new(self.layout.dims(), [self.layout.strides()]);
        self.ptr().wrapping_offset(walk.seek(i).offsets[0] * self.layout.dtype().size() as isize)
    }

    pub(crate) fn set(&mut self, i: usize, value: Complex64) {
        let p = self.at(i);
        // SAFETY: the element lies in `storage`.
        dispatch!(any self.layout.dtype(), T => unsafe { p.cast::<T>().write(T::from_c128(value)) }, else ());
    }

    pub(crate) fn get<V: Element>(&self, i: usize) -> V {
        let p = self.at(i);
        // SAFETY: the element lies in `storage`.
        dispatch!(any self.layout.dtype(), T => cast::<T, V>(unsafe { p.cast::<T>().read() }), else V::default())
    }

    /// Every element as f64, row-major.
    pub(crate) fn reals(&self) -> Vec<f64> {
        (0..self.layout.numel()).map(|i| self.get(i)).collect()
    }

    /// Every element as i64, row-major.
    pub(crate) fn ints(&self) -> Vec<i64> {
        (0..self.layout.numel()).map(|i| self.get(i)).collect()
    }

    /// Every element as c128, row-major.
    pub(crate) fn complexes(&self) -> Vec<Complex64> {
        (0..self.layout.numel()).map(|i| self.get(i)).collect()
    }

    /// The bytes of the whole storage.
    pub(crate) fn bytes(&self) -> Vec<u64> {
        self.storage.iter().flat_map(|c| [c.re.to_bits(), c.im.to_bits()]).collect()
    }
}

/// Runs a kernel with exactly the scratch memory it asked for.
pub(crate) fn run(kernel: &dyn Kernel, operands: &[&Tensor], par: &dyn Parallel) -> Result<(), Fault> {
    let addresses: Vec<*mut u8> = operands.iter().map(|t| t.ptr()).collect();
    let mut scratch = vec![[0x5Au8; 64]; kernel.scratch() / 64 + 3];
    let start = 64 + scratch.as_ptr().cast::<u8>().align_offset(64);
    let base = scratch.as_mut_ptr().cast::<u8>().wrapping_add(start);
    // SAFETY: operands live in their tensors, scratch has the size asked for.
    let result = unsafe { kernel.run(&addresses, base, par) };
    let bytes = scratch.as_flattened();
    assert!(bytes[..start].iter().all(|b| *b == 0x5A), "scratch written before its start");
    assert!(bytes[start + kernel.scratch()..].iter().all(|b| *b == 0x5A), "scratch written past its end");
    result
}

/// Real threads, one per chunk up to `0`.
pub(crate) struct Threads(pub(crate) usize);

impl Parallel for Threads {
    fn threads(&self) -> usize {
        self.0
    }

    fn run(&self, chunks: usize, body: &(dyn Fn(usize) + Sync)) {
        std::thread::scope(|s| {
            for first in 0..self.0 {
                s.spawn(move || (first..chunks).step_by(self.0).for_each(body));
            }
        });
    }
}

/// A small deterministic generator.
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() >> 11) as usize % n
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// In -1..1, a multiple of 1/64 so that sums of products of halves are exact for a while.
    pub(crate) fn unit(&mut self) -> f64 {
        self.below(129) as f64 / 64.0 - 1.0
    }
}
