//! Tensors that own their memory, and values wide enough to be compared.

use crate::Kernel;
use crate::elem::{Element, dispatch, from_scalar};
use npu_types::{Complex64, DType, Layout, Parallel, Scalar, Serial};

/// An element read from a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    Int(i128),
    Float(f64),
    Complex(Complex64),
}

impl Value {
    pub(super) fn float(self) -> f64 {
        match self {
            Value::Int(v) => v as f64,
            Value::Float(v) => v,
            Value::Complex(v) => v.re,
        }
    }

    pub(super) fn int(self) -> i128 {
        match self {
            Value::Int(v) => v,
            _ => panic!("{self:?} is no integer"),
        }
    }

    pub(super) fn complex(self) -> Complex64 {
        match self {
            Value::Complex(v) => v,
            _ => Complex64::new(self.float(), 0.0),
        }
    }

    /// Equal within the tolerances, NaN and infinities exactly.
    pub(super) fn close(self, want: Value, relative: f64, absolute: f64) -> bool {
        let close = |a: f64, b: f64| {
            a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= absolute + relative * b.abs()
        };
        match (self, want) {
            (Value::Int(a), Value::Int(b)) => a == b,
            _ => {
                let (a, b) = (self.complex(), want.complex());
                close(a.re, b.re) && close(a.im, b.im)
            }
        }
    }
}

/// A view and the memory below it, with a border that must stay untouched.
pub(super) struct Tensor {
    pub(super) layout: Layout,
    memory: Vec<Line>,
    offset: usize,
}

/// As aligned as device memory.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([u8; BORDER]);

const BORDER: usize = 64;
const PATTERN: Line = Line([0x5a; BORDER]);

impl Tensor {
    pub(super) fn new(layout: Layout) -> Tensor {
        let span = layout.byte_span();
        let bytes = (span.end - span.start) as usize + 2 * BORDER;
        let offset = BORDER + (-span.start) as usize;
        Tensor { layout, memory: vec![PATTERN; bytes.div_ceil(BORDER)], offset }
    }

    /// Filled by index in row-major order.
    pub(super) fn with(layout: Layout, value: impl Fn(usize) -> Scalar) -> Tensor {
        let mut out = Tensor::new(layout);
        for (i, at) in out.offsets().into_iter().enumerate() {
            dispatch!(any layout.dtype(), T => out.put::<T>(at, from_scalar(&value(i))), else ());
        }
        out
    }

    pub(super) fn address(&mut self) -> *mut u8 {
        self.memory.as_mut_ptr().cast::<u8>().wrapping_add(self.offset)
    }

    fn put<T: Element>(&mut self, at: isize, value: T) {
        let p = self.address().wrapping_offset(at).cast::<T>();
        // SAFETY: inside the memory, which is aligned for every type.
        unsafe { p.write(value) };
    }

    fn get<T: Element>(&self, at: isize) -> T {
        let p = self.memory.as_ptr().cast::<u8>().wrapping_add(self.offset).wrapping_offset(at).cast::<T>();
        // SAFETY: as for put.
        unsafe { p.read() }
    }

    /// Byte offsets of all elements in row-major order, found index by index.
    pub(super) fn offsets(&self) -> Vec<isize> {
        offsets(&self.layout)
    }

    /// Elements in row-major order.
    pub(super) fn values(&self) -> Vec<Value> {
        let read = |at| match self.layout.dtype() {
            DType::F32 => Value::Float(self.get::<f32>(at) as f64),
            DType::F16 => Value::Float(self.get::<npu_types::f16>(at).to_f64()),
            DType::BF16 => Value::Float(self.get::<npu_types::bf16>(at).to_f64()),
            DType::F64 => Value::Float(self.get(at)),
            DType::I8 => Value::Int(self.get::<i8>(at) as i128),
            DType::I16 => Value::Int(self.get::<i16>(at) as i128),
            DType::I32 => Value::Int(self.get::<i32>(at) as i128),
            DType::I64 => Value::Int(self.get::<i64>(at) as i128),
            DType::U8 => Value::Int(self.get::<u8>(at) as i128),
            DType::U16 => Value::Int(self.get::<u16>(at) as i128),
            DType::U32 => Value::Int(self.get::<u32>(at) as i128),
            DType::U64 => Value::Int(self.get::<u64>(at) as i128),
            DType::Bool => Value::Int(self.get::<u8>(at) as i128),
            DType::C64 => {
                let z = self.get::<npu_types::Complex32>(at);
                Value::Complex(Complex64::new(z.re as f64, z.im as f64))
            }
            DType::C128 => Value::Complex(self.get(at)),
        };
        self.offsets().into_iter().map(read).collect()
    }

    /// Panics when a byte outside the view's elements changed.
    pub(super) fn check_border(&self) {
        let bytes: Vec<u8> = self.memory.iter().flat_map(|l| l.0).collect();
        let mut inside = vec![false; bytes.len()];
        for at in self.offsets() {
            let start = self.offset.wrapping_add_signed(at);
            inside[start..start + self.layout.dtype().size()].fill(true);
        }
        for (i, (&byte, inside)) in bytes.iter().zip(inside).enumerate() {
            assert!(inside || byte == 0x5a, "byte {i} outside of {:?} was written", self.layout);
        }
    }
}

pub(super) fn offsets(layout: &Layout) -> Vec<isize> {
    let size = layout.dtype().size() as i64;
    let mut out = Vec::with_capacity(layout.numel());
    for i in 0..layout.numel() as i64 {
        let (mut rest, mut at) = (i, 0);
        for (&dim, &stride) in layout.dims().iter().zip(layout.strides()).rev() {
            at += rest % dim * stride;
            rest /= dim;
        }
        out.push((at * size) as isize);
    }
    out
}

/// Runs on one thread.
pub(super) fn run(kernel: &dyn Kernel, operands: &[*mut u8]) {
    run_on(kernel, operands, &Serial);
}

pub(super) fn run_on(kernel: &dyn Kernel, operands: &[*mut u8], par: &dyn Parallel) {
    let mut scratch = vec![0u128; kernel.scratch().div_ceil(16)];
    // SAFETY: tests pass the addresses of tensors with the layouts that the kernel was made from.
    unsafe { kernel.run(operands, scratch.as_mut_ptr().cast(), par) }.unwrap();
}

/// Several real threads, whatever the machine has.
pub(super) struct Threads(pub(super) usize);

impl Parallel for Threads {
    fn threads(&self) -> usize {
        self.0
    }

    fn run(&self, chunks: usize, body: &(dyn Fn(usize) + Sync)) {
        std::thread::scope(|s| {
            for t in 0..self.0 {
                s.spawn(move || (t..chunks).step_by(self.0).for_each(body));
            }
        });
    }
}
