//! Device memory against libc in the same process: `cargo bench -p npu-device --bench memory`.
//!
//! Every row is the best of several rounds (and the median), ours and the peer's taking turns, so that a slow phase of
//! the machine hits both.

use npu_device::{
    Config, Runtime,
    memory::{self, Origin, PagePolicy, Request, Setup, copy},
};
use npu_types::{Parallel, Serial};
use std::{collections::BTreeMap, ffi::c_void, hint::black_box, time::Instant};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
const ROUNDS: usize = 15;

fn request(size: usize) -> Request {
    Request { size: size as u64, policy: PagePolicy::HugeFirst, exact: true, origin: Origin::Malloc }
}

fn device_alloc(size: usize) -> u64 {
    memory::alloc(0, &request(size)).expect("the device has room").base
}

fn device_free(address: u64) {
    memory::free(address, Origin::Free).expect("allocated by this program");
}

fn libc_alloc(size: usize) -> *mut c_void {
    // SAFETY: no requirements.
    black_box(unsafe { libc::malloc(size) })
}

fn libc_free(block: *mut c_void) {
    // SAFETY: allocated by `libc_alloc`.
    unsafe { libc::free(block) }
}

/// Nanoseconds of one of `repeats` calls.
fn time(repeats: usize, work: &mut dyn FnMut()) -> f64 {
    let start = Instant::now();
    (0..repeats).for_each(|_| work());
    start.elapsed().as_secs_f64() * 1e9 / repeats as f64
}

fn best_and_median(mut times: Vec<f64>) -> (f64, f64) {
    times.sort_by(f64::total_cmp);
    (times[0], times[times.len() / 2])
}

fn row(name: &str, repeats: usize, ours: &mut dyn FnMut(), peer: Option<&mut dyn FnMut()>) {
    let mut unused = || {};
    let (has_peer, peer) = match peer {
        Some(peer) => (true, peer),
        None => (false, &mut unused as &mut dyn FnMut()),
    };
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        mine.push(time(repeats, ours));
        if has_peer {
            theirs.push(time(repeats, peer));
        }
    }
    let (best, median) = best_and_median(mine);
    print!("{name:<34} {best:>12.1} {median:>12.1}");
    if has_peer {
        let (peer_best, peer_median) = best_and_median(theirs);
        print!(" {peer_best:>12.1} {peer_median:>12.1} {:>8.2}", peer_best / best);
    }
    println!();
}

/// One step of a trace: allocate a size under a name, or free a name.
#[derive(Clone, Copy)]
enum Step {
    Alloc(usize, usize),
    Free(usize),
}

struct Trace {
    name: &'static str,
    steps: Vec<Step>,
    names: usize,
    peak: u64,
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }
}

#[derive(Default)]
struct Recorder {
    steps: Vec<Step>,
    sizes: Vec<usize>,
    live: u64,
    peak: u64,
}

impl Recorder {
    fn alloc(&mut self, size: usize) -> usize {
        let size = size.next_multiple_of(512);
        self.steps.push(Step::Alloc(self.sizes.len(), size));
        self.sizes.push(size);
        self.live += size as u64;
        self.peak = self.peak.max(self.live);
        self.sizes.len() - 1
    }

    fn free(&mut self, name: usize) {
        self.steps.push(Step::Free(name));
        self.live -= self.sizes[name] as u64;
    }

    fn finish(self, name: &'static str) -> Trace {
        Trace { name, steps: self.steps, names: self.sizes.len(), peak: self.peak }
    }
}

/// What training a transformer asks of a caching allocator: activations kept from forward to backward, short-lived
/// temporaries, gradients, and a sequence length that changes from step to step.
fn training() -> Trace {
    let mut random = Random(42);
    let mut r = Recorder::default();
    let (layers, hidden) = (24, 512);
    let weights: Vec<_> = (0..layers)
        .flat_map(|_| [hidden * hidden * 16, hidden * hidden * 8, hidden * 8])
        .map(|s| r.alloc(s))
        .collect();
    for _ in 0..40 {
        let tokens = [128, 192, 256, 300, 384, 411, 512, 640][random.below(8)];
        let act = tokens * hidden * 2;
        let mut kept = Vec::new();
        for _ in 0..layers {
            let norm = r.alloc(act);
            let qkv = r.alloc(3 * act);
            let scores = r.alloc(8 * tokens * tokens * 2);
            let mask = r.alloc(tokens * tokens);
            let soft = r.alloc(8 * tokens * tokens * 2);
            r.free(scores);
            r.free(mask);
            let attended = r.alloc(act);
            let up = r.alloc(4 * act);
            let gelu = r.alloc(4 * act);
            let stats = r.alloc(tokens * 4);
            kept.push([norm, qkv, soft, attended, up, gelu, stats]);
            if random.below(3) == 0 {
                let t = r.alloc(act / 2 + 512 * random.below(64));
                r.free(t);
            }
        }
        let mut grad = r.alloc(act);
        for layer in kept.into_iter().rev() {
            let wide = r.alloc(4 * act);
            let weight = r.alloc(hidden * hidden * 8);
            for name in layer.into_iter().rev() {
                r.free(name);
            }
            let next = r.alloc(act);
            r.free(wide);
            r.free(weight);
            r.free(grad);
            grad = next;
        }
        r.free(grad);
    }
    weights.into_iter().for_each(|w| r.free(w));
    r.finish("training")
}

/// Sizes over five decades, lifetimes at random: nothing to learn from.
fn random() -> Trace {
    let mut random = Random(7);
    let mut r = Recorder::default();
    let mut live = Vec::new();
    for _ in 0..40_000 {
        if live.len() < 300 || (live.len() < 600 && random.below(2) == 0) {
            let log = random.below(15);
            let size = (512 << log) + 512 * random.below(1 << log);
            live.push(r.alloc(size));
        } else {
            let at = random.below(live.len());
            r.free(live.swap_remove(at));
        }
    }
    live.into_iter().for_each(|name| r.free(name));
    r.finish("random")
}

/// What PyTorch's caching allocator asks of the device: blocks of 2 MiB, 20 MiB, and multiples of 2 MiB.
fn segments() -> Trace {
    let mut random = Random(3);
    let mut r = Recorder::default();
    let mut live = Vec::new();
    for _ in 0..20_000 {
        if live.len() < 40 || (live.len() < 120 && random.below(2) == 0) {
            let size = match random.below(4) {
                0 => 2 * MIB,
                1 | 2 => 20 * MIB,
                _ => (5 + random.below(20)) * 2 * MIB,
            };
            live.push(r.alloc(size));
        } else {
            let at = random.below(live.len());
            r.free(live.swap_remove(at));
        }
    }
    live.into_iter().for_each(|name| r.free(name));
    r.finish("segments")
}

fn replay<B: Copy>(
    trace: &Trace,
    blocks: &mut [Option<B>],
    mut alloc: impl FnMut(usize) -> B,
    mut free: impl FnMut(B),
) {
    for step in &trace.steps {
        match *step {
            Step::Alloc(name, size) => blocks[name] = Some(alloc(size)),
            Step::Free(name) => free(blocks[name].take().expect("live")),
        }
    }
}

/// A plain best-fit pool on ordered trees, as a yardstick.
#[derive(Default)]
struct BestFit {
    by_size: std::collections::BTreeSet<(u64, u64)>,
    by_start: BTreeMap<u64, u64>,
    live: std::collections::HashMap<u64, u64>,
    top: u64,
    high: u64,
}

impl BestFit {
    fn alloc(&mut self, size: u64) -> u64 {
        let start = match self.by_size.range((size, 0)..).next().copied() {
            Some((len, start)) => {
                self.by_size.remove(&(len, start));
                self.by_start.remove(&start);
                if len > size {
                    self.by_size.insert((len - size, start + size));
                    self.by_start.insert(start + size, len - size);
                }
                start
            }
            None => {
                self.top += size;
                self.high = self.high.max(self.top);
                self.top - size
            }
        };
        self.live.insert(start, size);
        start
    }

    fn free(&mut self, start: u64) {
        let (mut start, mut len) = (start, self.live.remove(&start).expect("live"));
        if let Some((&before, &n)) = self.by_start.range(..start).next_back()
            && before + n == start
        {
            self.by_start.remove(&before);
            self.by_size.remove(&(n, before));
            start = before;
            len += n;
        }
        if let Some(n) = self.by_start.remove(&(start + len)) {
            self.by_size.remove(&(n, start + len));
            len += n;
        }
        if start + len == self.top {
            self.top = start;
        } else {
            self.by_start.insert(start, len);
            self.by_size.insert((len, start));
        }
    }
}

fn traces() {
    println!(
        "\n{:<14} {:>8} {:>10} {:>10} {:>10} {:>12} {:>12}",
        "trace", "steps", "ours ns", "tree ns", "glibc ns", "ours/peak", "tree/peak"
    );
    for (device, trace) in [training(), random(), segments()].into_iter().enumerate() {
        let device = device as u32 + 1;
        let (mut ours, mut tree, mut glibc) = (Vec::new(), Vec::new(), Vec::new());
        let mut high = 0;
        let per_step = |start: Instant| start.elapsed().as_secs_f64() * 1e9 / trace.steps.len() as f64;
        for _ in 0..7 {
            let mut blocks = vec![None; trace.names];
            let start = Instant::now();
            let alloc = |size| memory::alloc(device, &request(size)).expect("room").base;
            replay(&trace, &mut blocks, alloc, device_free);
            ours.push(per_step(start));
            let mut blocks = vec![None; trace.names];
            let mut pool = std::cell::RefCell::new(BestFit::default());
            let start = Instant::now();
            replay(
                &trace,
                &mut blocks,
                |size| pool.borrow_mut().alloc(size as u64),
                |b| pool.borrow_mut().free(b),
            );
            tree.push(per_step(start));
            high = pool.get_mut().high;
            let mut blocks = vec![None; trace.names];
            let start = Instant::now();
            replay(&trace, &mut blocks, libc_alloc, libc_free);
            glibc.push(per_step(start));
        }
        memory::check(device).expect("every invariant holds");
        let stats = memory::stats(device).expect("the device exists");
        println!(
            "{:<14} {:>8} {:>10.1} {:>10.1} {:>10.1} {:>12.3} {:>12.3}",
            trace.name,
            trace.steps.len(),
            best_and_median(ours).0,
            best_and_median(tree).0,
            best_and_median(glibc).0,
            stats.high_water as f64 / trace.peak as f64,
            high as f64 / trace.peak as f64,
        );
    }
}

fn touch(block: *mut u8, len: usize) {
    for at in (0..len).step_by(4096) {
        // SAFETY: inside a block of `len` bytes.
        let byte = unsafe { block.add(at) };
        // SAFETY: as above.
        unsafe { byte.write_volatile(1) };
    }
}

fn backing(address: u64) -> *mut u8 {
    memory::backing(address).expect("a device address").as_ptr()
}

fn allocations() {
    row(
        "malloc+free 1 MiB, untouched",
        10_000,
        &mut || device_free(device_alloc(MIB)),
        Some(&mut || libc_free(libc_alloc(MIB))),
    );
    let warm = device_alloc(64 * MIB);
    touch(backing(warm), 64 * MIB);
    device_free(warm);
    row(
        "malloc+free 64 MiB, warm",
        10_000,
        &mut || device_free(device_alloc(64 * MIB)),
        Some(&mut || libc_free(libc_alloc(64 * MIB))),
    );
    row(
        "touch 64 MiB, warm",
        1,
        &mut || {
            let block = device_alloc(64 * MIB);
            touch(backing(block), 64 * MIB);
            device_free(block);
        },
        Some(&mut || {
            let block = libc_alloc(64 * MIB);
            touch(block.cast(), 64 * MIB);
            libc_free(block);
        }),
    );
    row(
        "trim, then touch 64 MiB, cold",
        1,
        &mut || {
            memory::trim(0).expect("the device exists");
            let block = device_alloc(64 * MIB);
            touch(backing(block), 64 * MIB);
            device_free(block);
        },
        None,
    );
    let blocks: Vec<_> = (0..1000).map(|i| device_alloc(512 * (1 + i % 40))).collect();
    let mut at = 0;
    let mut next = || {
        at = (at + 617) % blocks.len();
        blocks[at]
    };
    row(
        "look up the start of a block",
        100_000,
        &mut || {
            black_box(memory::check_reach(next(), 512).is_ok());
        },
        None,
    );
    let large = device_alloc(64 * MIB);
    row(
        "look up inside a 64 MiB block",
        100_000,
        &mut || {
            black_box(memory::check_reach(large + black_box(40 << 20), 512).is_ok());
        },
        None,
    );
    device_free(large);
    blocks.into_iter().for_each(device_free);
}

fn copies(parallel: &dyn Parallel) {
    for (name, size, repeats) in [
        ("4 KiB", 4 * KIB, 20_000),
        ("64 KiB", 64 * KIB, 2000),
        ("1 MiB", MIB, 100),
        ("16 MiB", 16 * MIB, 4),
        ("64 MiB", 64 * MIB, 1),
        ("256 MiB", 256 * MIB, 1),
    ] {
        let (a, b) = (backing(device_alloc(size)), backing(device_alloc(size)));
        touch(a, size);
        touch(b, size);
        let mut peer = || {
            // SAFETY: two live blocks of `size` bytes.
            unsafe { libc::memcpy(black_box(b).cast(), black_box(a).cast(), size) };
        };
        let mut one = || {
            // SAFETY: as above.
            unsafe { copy::copy(black_box(b), black_box(a), size, &Serial) };
        };
        row(&format!("copy {name}, one thread"), repeats, &mut one, Some(&mut peer));
        let mut two = || {
            // SAFETY: as above.
            unsafe { copy::copy(black_box(b), black_box(a), size, parallel) };
        };
        row(&format!("copy {name}, workers"), repeats, &mut two, Some(&mut peer));
    }
}

fn main() {
    let config = Config { devices: 4, ..Config::default() };
    let runtime = Runtime::new(config);
    let setup = Setup { devices: 4, capacity: 32 << 30, host_visible: false };
    memory::install(&setup).expect("address space");
    println!(
        "{:<34} {:>12} {:>12} {:>12} {:>12} {:>8}",
        "nanoseconds", "best", "median", "libc best", "libc median", "ratio"
    );
    allocations();
    copies(runtime.devices()[0].parallel());
    traces();
}
