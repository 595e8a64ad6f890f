//! What a round does once all of its ranks have come: comparing what they called, then moving and combining bytes.

use crate::{group::Round, types};
use capi::abi::{
    HCCL_REDUCE_MAX, HCCL_REDUCE_MIN, HCCL_REDUCE_PROD, HCCL_REDUCE_SUM, HcclDataType, HcclReduceOp,
};
use npu_device::memory;
use npu_kernels::{BinaryOp, Input, Kernel, binary};
use npu_types::{DType, Layout, Parallel, Scalar, Serial};
use std::mem::MaybeUninit;

/// Device memory on its way to a worker, null for none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backing(pub(crate) *mut u8);

// SAFETY: device memory is shared by all threads; who may touch which bytes when is ordered by streams and events.
unsafe impl Send for Backing {}
// SAFETY: as above.
unsafe impl Sync for Backing {}

impl Backing {
    fn at(self, offset: u64) -> *mut u8 {
        self.0.wrapping_add(offset as usize)
    }
}

/// Bytes of a buffer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) offset: u64,
    pub(crate) len: u64,
}

impl Span {
    pub(crate) fn new(offset: u64, len: u64) -> Span {
        Span { offset, len }
    }
}

/// One rank's part in a round.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) function: &'static str,
    pub(crate) data_type: HcclDataType,
    /// How elements of all ranks are combined; without, they are moved.
    pub(crate) reduce: Option<HcclReduceOp>,
    pub(crate) root: Option<u32>,
    pub(crate) send: Backing,
    pub(crate) receive: Backing,
    /// What goes to each seat.
    pub(crate) to: Vec<Span>,
    /// Where what comes from each seat goes; when combined, it all goes to the first.
    pub(crate) from: Vec<Span>,
}

impl Part {
    /// Bytes of the larger of its buffers.
    pub(crate) fn bytes(&self) -> u64 {
        self.to.iter().chain(&self.from).map(|span| span.offset + span.len).max().unwrap_or(0)
    }

    /// Names the call, as far as all ranks have to agree.
    fn describe(&self) -> String {
        let mut text = format!("{} of {}", self.function, types::name(self.data_type));
        if let Some(op) = self.reduce {
            text += &format!(", operation {op}");
        }
        if let Some(root) = self.root {
            text += &format!(", root {root}");
        }
        text
    }
}

/// Does what the ranks called, if they called the same.
pub(crate) fn perform(round: Round, parts: &[Part], par: &dyn Parallel) -> Result<(), String> {
    let ranks = round.ranks(parts.len() as u32);
    agree(round, &ranks, parts)?;
    match parts[0].reduce {
        Some(op) => combine(op, parts, par),
        None => {
            exchange(parts, par);
            Ok(())
        }
    }
}

fn agree(round: Round, ranks: &[u32], parts: &[Part]) -> Result<(), String> {
    let pair = matches!(round, Round::Pair { .. });
    for (seat, part) in parts.iter().enumerate().skip(1) {
        let same = (pair || part.function == parts[0].function)
            && part.data_type == parts[0].data_type
            && part.reduce == parts[0].reduce
            && part.root == parts[0].root;
        if !same {
            return Err(format!(
                "the ranks of a communicator must call the same: rank {} called {}, rank {} called {}",
                ranks[0],
                parts[0].describe(),
                ranks[seat],
                part.describe()
            ));
        }
    }
    for (s, sender) in parts.iter().enumerate() {
        for (r, receiver) in parts.iter().enumerate() {
            let (sent, expected) = (sender.to[r].len, receiver.from[s].len);
            if sent != expected {
                return Err(format!(
                    "{}: rank {} gives rank {} {sent} bytes, which expects {expected}",
                    sender.function, ranks[s], ranks[r]
                ));
            }
        }
    }
    Ok(())
}

/// Moves bytes from every rank to every other.
fn exchange(parts: &[Part], par: &dyn Parallel) {
    for (s, sender) in parts.iter().enumerate() {
        for (r, receiver) in parts.iter().enumerate() {
            let (from, to) = (sender.to[r], receiver.from[s]);
            let (source, target) = (sender.send.at(from.offset), receiver.receive.at(to.offset));
            if from.len == 0 || std::ptr::eq(source, target) {
                continue;
            }
            // SAFETY: both ranges were checked to be live when they were queued; that they stay so until the streams
            // have passed, and that ranks do not share memory, is the C callers' duty.
            unsafe { memory::copy::copy(target, source.cast_const(), from.len as usize, par) };
        }
    }
}

/// Bytes that are combined at a time: those of all ranks stay in the cache.
const CHUNK: u64 = 32 << 10;

/// A chunk's worth of aligned memory.
#[repr(align(64))]
struct Room(#[expect(dead_code, reason = "used by address")] [u8; CHUNK as usize]);

/// Elements of all ranks that are combined, and where the result goes.
struct Segment {
    sources: Vec<*const u8>,
    targets: Vec<*mut u8>,
    len: u64,
}

// SAFETY: addresses of device memory, which all threads share.
unsafe impl Sync for Segment {}

/// Combines elements in the order of ranks, so that every run and every rank has the same result. A chunk is read from
/// all ranks before any of it is written: results may take the place of what they are made of.
fn combine(op: HcclReduceOp, parts: &[Part], par: &dyn Parallel) -> Result<(), String> {
    let data_type = parts[0].data_type;
    let dtype = types::dtype(data_type)
        .ok_or_else(|| format!("{}: {} cannot be combined", parts[0].function, types::name(data_type)))?;
    // Where every rank receives the same, it is computed once.
    let shared = parts.iter().all(|part| part.to.iter().all(|span| *span == part.to[0]));
    let segments: Vec<Segment> = (0..if shared { 1 } else { parts.len() })
        .map(|r| Segment {
            sources: parts.iter().map(|part| part.send.at(part.to[r].offset).cast_const()).collect(),
            targets: parts
                .iter()
                .enumerate()
                .filter(|(seat, _)| shared || *seat == r)
                .map(|(_, part)| part.receive.at(part.from[0].offset))
                .collect(),
            len: parts[0].to[r].len,
        })
        .collect();
    for segment in &segments {
        let whole = Combiner::new(op, dtype, CHUNK)?;
        let rest = Combiner::new(op, dtype, segment.len % CHUNK)?;
        par.run(segment.len.div_ceil(CHUNK) as usize, &|chunk| {
            let at = chunk as u64 * CHUNK;
            let combiner = if segment.len - at < CHUNK { &rest } else { &whole };
            // SAFETY: the chunk lies within what every rank gave, and is this call's own.
            unsafe { combiner.run(segment, at) };
        });
    }
    Ok(())
}

/// Combines chunks of one size.
struct Combiner {
    kernel: Box<dyn Kernel>,
    len: usize,
}

impl Combiner {
    fn new(op: HcclReduceOp, dtype: DType, len: u64) -> Result<Combiner, String> {
        let op = match op {
            HCCL_REDUCE_SUM => BinaryOp::Add { alpha: Scalar::int(DType::I64, 1) },
            HCCL_REDUCE_PROD => BinaryOp::Mul,
            HCCL_REDUCE_MAX => BinaryOp::Maximum,
            HCCL_REDUCE_MIN => BinaryOp::Minimum,
            other => return Err(format!("operation {other} is none")),
        };
        let layout =
            Layout::contiguous(dtype, &[(len / dtype.size() as u64) as i64]).map_err(|e| e.to_string())?;
        let kernel = binary(op, dtype, &layout, Input::Tensor(&layout), Input::Tensor(&layout));
        Ok(Combiner { kernel: kernel.map_err(|e| e.to_string())?, len: len as usize })
    }

    /// # Safety
    /// Sources are readable and targets writable for this combiner's bytes from `at` on.
    unsafe fn run(&self, segment: &Segment, at: u64) {
        let mut room = MaybeUninit::<Room>::uninit();
        let sum = room.as_mut_ptr().cast::<u8>();
        let from = |source: &*const u8| source.wrapping_add(at as usize);
        // SAFETY: the first source is readable, the caller's duty; the room holds a chunk.
        unsafe { std::ptr::copy_nonoverlapping(from(&segment.sources[0]), sum, self.len) };
        for source in &segment.sources[1..] {
            let operands = [sum, sum, from(source).cast_mut()];
            // SAFETY: operands of the kernel's size; the last is only read. Addresses were checked to be aligned.
            let done = unsafe { self.kernel.run(&operands, std::ptr::null_mut(), &Serial) };
            debug_assert!(done.is_ok(), "arithmetic has no faults");
        }
        for target in &segment.targets {
            // SAFETY: targets are writable, the caller's duty.
            unsafe { std::ptr::copy_nonoverlapping(sum, target.wrapping_add(at as usize), self.len) };
        }
    }
}
