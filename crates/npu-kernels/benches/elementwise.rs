//! Throughput of the elementwise engine on one thread: best and median, counting every byte read or written.
//!
//! `cargo bench -p npu-kernels --bench elementwise [-- filter]`

use npu_kernels::{BinaryOp, Input, Kernel, UnaryOp, binary, copy, fill, masked_fill, unary};
use npu_types::{DType, Layout, Scalar, Serial};
use std::hint::black_box;
use std::time::{Duration, Instant};

const MIB: usize = 1 << 20;

fn main() {
    let filter = std::env::args().nth(1).filter(|a| !a.starts_with("--"));
    let wanted = |name: &str| filter.as_deref().is_none_or(|f| name.contains(f));
    println!("{:<34} {:>10} {:>10} {:>9}", "kernel", "best", "median", "GB/s");
    let add = || BinaryOp::Add { alpha: Scalar::int(DType::I64, 1) };
    for dtype in [DType::F32, DType::BF16, DType::F16, DType::I32, DType::I8] {
        for bytes in [MIB, 16 * MIB, 64 * MIB] {
            let l = vector(dtype, bytes);
            let name = format!("add {dtype} {} MiB", bytes / MIB);
            if wanted(&name) {
                let kernel =
                    binary(add(), dtype, &l, Input::Tensor(&l), Input::Tensor(&l)).expect("a kernel");
                measure(&name, &*kernel, &[l, l, l], 3 * bytes);
            }
        }
    }
    for dtype in [DType::F32, DType::BF16, DType::F16] {
        let l = vector(dtype, MIB);
        let ops = [UnaryOp::Exp, UnaryOp::Log, UnaryOp::Tanh, UnaryOp::Sigmoid, UnaryOp::Silu, UnaryOp::Gelu];
        let more =
            [UnaryOp::GeluTanh, UnaryOp::Relu, UnaryOp::Sqrt, UnaryOp::Sin, UnaryOp::Cos, UnaryOp::Erf];
        for op in ops.into_iter().chain(more) {
            let name = format!("{op:?} {dtype} 1 MiB");
            if wanted(&name) {
                measure(&name, &*unary(op, dtype, &l, &l).expect("a kernel"), &[l, l], 2 * MIB);
            }
        }
    }
    let l = vector(DType::F32, MIB);
    let half = Input::Scalar(Scalar::float(DType::F64, 0.5));
    for (name, op) in [("muls", BinaryOp::Mul), ("pows", BinaryOp::Pow), ("gts", BinaryOp::Gt)] {
        let out = if name == "gts" { l.with_dtype(DType::Bool) } else { l };
        let name = format!("{name} F32 1 MiB");
        if wanted(&name) {
            let kernel = binary(op, DType::F32, &out, Input::Tensor(&l), half).expect("a kernel");
            measure(&name, &*kernel, &[out, l], MIB + l.numel() * out.dtype().size());
        }
    }
    for (from, to) in [
        (DType::F32, DType::F32),
        (DType::F32, DType::F16),
        (DType::F16, DType::F32),
        (DType::F32, DType::BF16),
        (DType::BF16, DType::F32),
        (DType::I32, DType::F32),
        (DType::F32, DType::I32),
        (DType::I64, DType::F32),
        (DType::I8, DType::F16),
        (DType::F32, DType::Bool),
    ] {
        for elements in [MIB / 4, 16 * MIB] {
            let (x, out) = (vector(from, elements * from.size()), vector(to, elements * to.size()));
            let name = format!("copy {from} to {to} {elements}");
            if wanted(&name) {
                let bytes = elements * (from.size() + to.size());
                measure(&name, &*copy(&out, &x).expect("a kernel"), &[out, x], bytes);
            }
        }
    }
    for dtype in [DType::I8, DType::F16, DType::F32, DType::F64] {
        for n in [512i64, 4096] {
            let out = Layout::contiguous(dtype, &[n, n]).expect("a layout");
            let x = out.permuted(&[1, 0]);
            let name = format!("transpose {dtype} {n}");
            if wanted(&name) {
                let bytes = 2 * out.numel() * dtype.size();
                measure(&name, &*copy(&out, &x).expect("a kernel"), &[out, x], bytes);
            }
            let name = format!("add transposed {dtype} {n}");
            if wanted(&name) && dtype == DType::F32 {
                let kernel = binary(add(), dtype, &out, Input::Tensor(&out), Input::Tensor(&x));
                measure(&name, &*kernel.expect("a kernel"), &[out, out, x], 3 * out.numel() * dtype.size());
            }
        }
    }
    let x = Layout::strided(DType::F32, &[1024, 256], &[512, 2]).expect("a layout");
    let out = Layout::contiguous(DType::F32, &[1024, 256]).expect("a layout");
    if wanted("every other") {
        measure("every other F32 1 MiB", &*copy(&out, &x).expect("a kernel"), &[out, x], 2 * MIB);
    }
    let narrow = Layout::strided(DType::F32, &[1 << 16, 3], &[4, 1]).expect("a layout");
    let rows = Layout::contiguous(DType::F32, &[1 << 16, 3]).expect("a layout");
    if wanted("rows of 3") {
        let kernel = binary(add(), DType::F32, &rows, Input::Tensor(&narrow), Input::Tensor(&rows));
        measure("add rows of 3", &*kernel.expect("a kernel"), &[rows, narrow, rows], rows.numel() * 12);
    }
    for bytes in [MIB, 64 * MIB] {
        let l = vector(DType::F32, bytes);
        let mask = l.with_dtype(DType::Bool);
        let name = format!("masked_fill F32 {} MiB", bytes / MIB);
        if wanted(&name) {
            let kernel = masked_fill(&l, &mask, Scalar::float(DType::F32, 1.0)).expect("a kernel");
            measure(&name, &*kernel, &[l, mask], 2 * bytes + bytes / 4);
        }
        let name = format!("fill F32 {} MiB", bytes / MIB);
        if wanted(&name) {
            let kernel = fill(&l, Scalar::float(DType::F32, 1.0)).expect("a kernel");
            measure(&name, &*kernel, &[l], bytes);
        }
    }
    if wanted("one element") {
        one_element();
    }
}

fn vector(dtype: DType, bytes: usize) -> Layout {
    Layout::contiguous(dtype, &[(bytes / dtype.size()) as i64]).expect("a layout")
}

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[expect(dead_code, reason = "memory")] [u64; 8]);

/// Memory of its own for each operand, touched, 64-byte aligned.
fn operands(layouts: &[Layout]) -> Vec<Vec<Line>> {
    let fill = |l: &Layout| {
        let bytes = l.byte_span();
        let mut memory = vec![Line([0; 8]); (bytes.end as usize).div_ceil(64)];
        // Small positive numbers in every floating type.
        memory.fill(Line([0x3c00_3c00_3c00_3c00; 8]));
        memory
    };
    layouts.iter().map(fill).collect()
}

fn measure(name: &str, kernel: &dyn Kernel, layouts: &[Layout], bytes: usize) {
    let mut memory = operands(layouts);
    let pointers: Vec<*mut u8> = memory.iter_mut().map(|m| m.as_mut_ptr().cast()).collect();
    let once = || {
        let start = Instant::now();
        // SAFETY: every operand has the memory of its layout.
        unsafe { kernel.run(black_box(&pointers), std::ptr::null_mut(), &Serial) }.expect("no fault");
        start.elapsed()
    };
    once();
    let mut times = Vec::new();
    let start = Instant::now();
    while times.len() < 15 || (start.elapsed() < Duration::from_millis(60) && times.len() < 2000) {
        times.push(once());
    }
    times.sort();
    let (best, median) = (times[0], times[times.len() / 2]);
    let rate = bytes as f64 / best.as_secs_f64() / 1e9;
    println!("{name:<34} {best:>10.1?} {median:>10.1?} {rate:>9.1}");
}

/// Making and running a kernel for one element.
fn one_element() {
    let l = Layout::scalar(DType::F32);
    let (mut out, mut a, mut b) = (0f32, 1f32, 2f32);
    let pointers = [&mut out as *mut f32 as *mut u8, &mut a as *mut f32 as _, &mut b as *mut f32 as _];
    let op = || BinaryOp::Add { alpha: Scalar::float(DType::F32, 1.0) };
    let (mut make, mut both) = (Duration::MAX, Duration::MAX);
    const N: u32 = 10_000;
    for _ in 0..50 {
        let start = Instant::now();
        for _ in 0..N {
            let x = Input::Tensor(black_box(&l));
            black_box(binary(op(), DType::F32, black_box(&l), x, x).expect("a kernel"));
        }
        make = make.min(start.elapsed());
        let start = Instant::now();
        for _ in 0..N {
            let x = Input::Tensor(black_box(&l));
            let kernel = binary(op(), DType::F32, black_box(&l), x, x).expect("a kernel");
            // SAFETY: the operands are one element each.
            unsafe { kernel.run(black_box(&pointers), std::ptr::null_mut(), &Serial) }.expect("no fault");
        }
        both = both.min(start.elapsed());
    }
    println!("one element: make {:?}, make and run {:?}", make / N, both / N);
}
