//! Products, reductions, softmax and norms on one thread: best of several rounds, in GFLOP/s or GB/s.
//!
//! `cargo bench -p npu-kernels --bench linear [-- FILTER]`

use npu_kernels::{
    Kernel, MatmulScale, ReduceOp, index_select, layer_norm, matmul, reduce, rms_norm, softmax, tri,
};
use npu_types::{DType, Layout, Scalar, Serial};
use std::time::{Duration, Instant};

/// Sixty-four aligned bytes, so that a vector of them is as aligned as device memory.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[expect(dead_code, reason = "read through addresses")] [u8; 64]);

/// Memory of an operand, in large pages as device memory is.
fn memory(layout: &Layout) -> Vec<Line> {
    let lines = (layout.byte_span().end as usize).div_ceil(64) + 1;
    let mut memory = Vec::<Line>::with_capacity(lines);
    let page = 4096 - memory.as_ptr().addr() % 4096;
    // SAFETY: advice on whole pages of an allocation; it changes no contents.
    unsafe {
        libc::madvise(
            memory.as_mut_ptr().cast::<u8>().wrapping_add(page).cast(),
            (lines * 64).saturating_sub(page) & !4095,
            libc::MADV_HUGEPAGE,
        )
    };
    // Small positive numbers in every float type: bytes 0x3c and 0x30.
    memory.resize(lines, Line([0x3c; 64]));
    memory
}

/// Seconds that this thread has run: other processes do not count.
fn processor_time() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a clock that exists and room for its answer.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Seconds of the fastest run.
fn fastest(kernel: &dyn Kernel, layouts: &[Layout]) -> f64 {
    let mut buffers: Vec<Vec<Line>> = layouts.iter().map(memory).collect();
    let index = layouts.last().filter(|l| l.dtype() == DType::I64);
    if let (Some(_), Some(buffer)) = (index, buffers.last_mut()) {
        buffer.fill(Line([0; 64]));
    }
    let operands: Vec<*mut u8> = buffers.iter_mut().map(|b| b.as_mut_ptr().cast()).collect();
    let mut scratch = vec![Line([0; 64]); kernel.scratch() / 64 + 1];
    let mut best = f64::INFINITY;
    let start = Instant::now();
    let mut rounds = 0;
    while rounds < 5 || start.elapsed() < Duration::from_millis(300) {
        let repeat = ((2e-5 / best) as usize).clamp(1, 1000);
        let round = processor_time();
        for _ in 0..repeat {
            // SAFETY: every operand has the memory of its layout.
            unsafe { kernel.run(&operands, scratch.as_mut_ptr().cast(), &Serial) }.expect("indices are 0");
        }
        best = best.min((processor_time() - round) / repeat as f64);
        rounds += 1;
    }
    best
}

struct Table {
    filter: Option<String>,
}

impl Table {
    fn row(
        &self,
        name: &str,
        unit: &str,
        work: f64,
        layouts: &[Layout],
        make: impl FnOnce() -> Box<dyn Kernel>,
    ) {
        if self.filter.as_ref().is_some_and(|f| !name.contains(f.as_str())) {
            return;
        }
        let seconds = fastest(&*make(), layouts);
        println!("{name:<44} {:>10.1} {unit:<8} {:>12.3} us", work / seconds / 1e9, seconds * 1e6);
    }

    fn product(&self, name: &str, [m, n, k]: [i64; 3], t: DType, transposed: bool) {
        let l = |d: &[i64]| Layout::contiguous(t, d).expect("small");
        let b = if transposed { l(&[n, k]).permuted(&[1, 0]) } else { l(&[k, n]) };
        let layouts = [l(&[m, n]), l(&[m, k]), b];
        let make = || matmul(&layouts[0], &layouts[1], &layouts[2], None).expect("fits");
        if m == 1 {
            let bytes = (n * k) as f64 * t.size() as f64;
            self.row(name, "GB/s", bytes, &layouts, make);
        } else {
            self.row(name, "GFLOP/s", 2.0 * (m * n * k) as f64, &layouts, make);
        }
    }
}

fn main() {
    let table = Table { filter: std::env::args().skip(1).find(|a| !a.starts_with('-')) };
    for t in [DType::F32, DType::F16, DType::BF16, DType::F64, DType::C64, DType::I32] {
        for n in [4, 32, 128, 512, 1024] {
            if n <= 512 || t.is_float() {
                table.product(&format!("matmul {t} {n}"), [n; 3], t, false);
                table.product(&format!("matmul {t} {n} b transposed"), [n; 3], t, true);
            }
        }
    }
    for t in [DType::F32, DType::F16, DType::BF16] {
        for transposed in [false, true] {
            let how = if transposed { " b transposed" } else { "" };
            table.product(&format!("decode {t} 1x4096x4096{how}"), [1, 4096, 4096], t, transposed);
            table.product(&format!("skinny {t} 8x4096x4096{how}"), [8, 4096, 4096], t, transposed);
        }
    }
    // A bias costs no further pass.
    for t in [DType::F32, DType::BF16] {
        for [m, k, n] in [[1, 896, 4864], [512, 896, 1024]] {
            let l = |d: &[i64]| Layout::contiguous(t, d).expect("small");
            let bias = l(&[n]).broadcast_to(&[m, n]).expect("a row");
            let layouts = [l(&[m, n]), l(&[m, k]), l(&[n, k]).permuted(&[1, 0]), bias];
            let one = Scalar::int(DType::I64, 1);
            let scale = MatmulScale { alpha: one, beta: one };
            let work = 2.0 * (m * n * k) as f64;
            table.row(&format!("biased {t} {m}x{k}x{n}"), "GFLOP/s", work, &layouts, || {
                matmul(&layouts[0], &layouts[1], &layouts[2], Some((&bias, scale))).expect("fits")
            });
            table.product(&format!("unbiased {t} {m}x{k}x{n}"), [m, n, k], t, true);
        }
    }
    // Layers of a small language model: weights are transposed views.
    for t in [DType::F32, DType::F16, DType::BF16] {
        for (k, n) in [(896, 4864), (4864, 896), (896, 151_936)] {
            for m in [1, 2, 4, 8, 16, 32, 64, 128, 512] {
                if m <= 16 || n < 100_000 {
                    table.product(&format!("linear {t} {m}x{k}x{n}"), [m, n, k], t, true);
                }
            }
        }
    }
    for t in [DType::F32, DType::F16, DType::BF16] {
        let l = |d: &[i64]| Layout::contiguous(t, d).expect("small");
        let elements = (1 << 20) / t.size() as i64;
        for n in [1024, 64] {
            let x = l(&[elements / n, n]);
            let twice = 2.0 * (1 << 20) as f64;
            table.row(&format!("softmax {t} 1 MiB rows of {n}"), "GB/s", twice, &[x, x], || {
                softmax(false, &x, &x, 1).expect("fits")
            });
            let w = l(&[n]);
            table.row(&format!("layer_norm {t} 1 MiB rows of {n}"), "GB/s", twice, &[x, x, w, w], || {
                layer_norm(&x, None, None, &x, Some(&w), Some(&w), 1, 1e-5).expect("fits")
            });
            table.row(&format!("rms_norm {t} 1 MiB rows of {n}"), "GB/s", twice, &[x, x, w], || {
                rms_norm(&x, None, &x, &w, 1, 1e-5).expect("fits")
            });
            for (op, name) in [(ReduceOp::Sum, "sum"), (ReduceOp::Max, "max")] {
                let (all, row, column) = (l(&[1, 1]), l(&[elements / n, 1]), l(&[1, n]));
                for (out, axes, how) in [(all, 3, "all"), (row, 2, "rows"), (column, 1, "columns")] {
                    let name = format!("{name} {t} 1 MiB {how} of {n}");
                    table.row(&name, "GB/s", (1 << 20) as f64, &[out, x], || {
                        reduce(op, t, &out, &x, axes).expect("fits")
                    });
                }
            }
        }
        let x = l(&[4096, 1024]);
        let (out, index) = (l(&[256, 1024]), Layout::contiguous(DType::I64, &[256]).expect("small"));
        table.row(
            &format!("index_select {t} 256x1024"),
            "GB/s",
            2.0 * (256 << 10) as f64 * t.size() as f64,
            &[out, x, index],
            || index_select(&out, &x, 0, &index).expect("fits"),
        );
        let x = l(&[512, 512]);
        table.row(
            &format!("triu {t} 512"),
            "GB/s",
            2.0 * (512 << 9) as f64 * t.size() as f64,
            &[x, x],
            || tri(true, &x, &x, 0).expect("fits"),
        );
    }
    let one = Layout::contiguous(DType::F32, &[1]).expect("small");
    table.row("sum of one element", "GB/s", 4.0, &[one, one], || {
        reduce(ReduceOp::Sum, DType::F32, &one, &one, 1).expect("fits")
    });
    table.row("softmax of one element", "GB/s", 4.0, &[one, one], || {
        softmax(false, &one, &one, 0).expect("fits")
    });
}
