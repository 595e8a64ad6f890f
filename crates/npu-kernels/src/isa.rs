//! Instruction sets, chosen when a kernel is made.
//!
//! The library is built for the baseline of its architecture. A [`Loop`] is compiled for each level below; [`pick`]
//! answers a plain function pointer for the machine at hand, so running costs no further test.

/// How much of its architecture the machine has.
#[cfg_attr(
    any(not(target_arch = "x86_64"), miri),
    allow(dead_code, reason = "other architectures have one level")
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isa {
    /// What the library is built for.
    Base,
    /// x86-64-v3: AVX2, FMA, F16C.
    V3,
    /// x86-64-v4: AVX-512 F, BW, CD, DQ, VL.
    V4,
}

#[cfg(test)]
std::thread_local! {
    static LOWER: std::cell::Cell<Option<Isa>> = const { std::cell::Cell::new(None) };
}

/// Whether a test does not pretend that the machine is below `level`.
#[cfg(target_arch = "x86_64")]
pub(crate) fn allowed(level: Isa) -> bool {
    #[cfg(test)]
    if LOWER.get().is_some_and(|lower| lower < level) {
        return false;
    }
    let _ = level;
    true
}

/// Runs `body` as on a machine of each level that this one has.
#[cfg(test)]
pub(crate) fn on_each_level(body: impl Fn()) {
    for level in [Isa::Base, Isa::V3, Isa::V4] {
        LOWER.set(Some(level));
        if isa() == level {
            body();
        }
    }
    LOWER.set(None);
}

/// The machine's level; one relaxed load after the first call.
#[cfg(all(target_arch = "x86_64", not(miri)))]
#[inline]
pub fn isa() -> Isa {
    use std::sync::atomic::{AtomicU8, Ordering};
    static LEVEL: AtomicU8 = AtomicU8::new(u8::MAX);

    #[cold]
    fn detect() -> Isa {
        let v3 = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("f16c")
            && is_x86_feature_detected!("fma");
        let v4 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512cd")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        // Debug builds leave the widest out: they do not vectorise, and it is a third of the time to build them.
        let isa = match (v3, v4 && !cfg!(debug_assertions)) {
            (true, true) => Isa::V4,
            (true, false) => Isa::V3,
            _ => Isa::Base,
        };
        LEVEL.store(isa as u8, Ordering::Relaxed);
        isa
    }

    #[cfg(test)]
    if let Some(lower) = LOWER.get() {
        return detect().min(lower);
    }
    match LEVEL.load(Ordering::Relaxed) {
        0 => Isa::Base,
        1 => Isa::V3,
        2 => Isa::V4,
        _ => detect(),
    }
}

/// The machine's level.
#[cfg(any(not(target_arch = "x86_64"), miri))]
#[inline]
pub fn isa() -> Isa {
    Isa::Base
}

/// How "GenuineIntel" begins.
#[cfg(target_arch = "x86_64")]
pub(crate) const INTEL: u32 = u32::from_le_bytes(*b"Genu");
/// How "AuthenticAMD" begins.
#[cfg(target_arch = "x86_64")]
const AMD: u32 = u32::from_le_bytes(*b"Auth");

/// How the name of the processor's maker begins.
#[cfg(target_arch = "x86_64")]
pub(crate) fn made_by() -> u32 {
    std::arch::x86_64::__cpuid(0).ebx
}

/// Whether large results are made faster past the caches: not on Zen 4, where one thread reaches less of the memory that way
/// (an addition 23 GB/s against 30).
#[cfg(target_arch = "x86_64")]
pub(crate) fn gains_by_streaming() -> bool {
    use std::sync::LazyLock;
    // Zen 3 is of the same family, and has no 512-bit vectors.
    const ZEN_3_AND_4: u32 = 0x19;
    static ZEN_4: LazyLock<bool> = LazyLock::new(|| {
        let version = std::arch::x86_64::__cpuid(1).eax;
        let family = (version >> 8 & 0xf) + (version >> 20 & 0xff);
        made_by() == AMD && family == ZEN_3_AND_4 && is_x86_feature_detected!("avx512f")
    });
    !*ZEN_4
}

/// Whether large results are made faster past the caches.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn gains_by_streaming() -> bool {
    true
}

/// An inner loop: `#[inline(always)]` code that the compiler vectorises for every level.
pub trait Loop {
    /// What it works on.
    type Args;
    /// Whether 512-bit vectors are worth a third copy of the code.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "other architectures have one level"))]
    const WIDE: bool = true;

    /// Runs. `FMA` says that a fused multiply-add is one instruction.
    ///
    /// # Safety
    /// The pointers in `args` are valid for what the loop documents.
    unsafe fn run<const FMA: bool>(args: &Self::Args);
}

/// A loop compiled for the machine.
pub type LoopFn<A> = unsafe fn(&A);

/// The best version of `L` for the machine.
#[cfg(target_arch = "x86_64")]
#[inline]
pub fn pick<L: Loop>() -> LoopFn<L::Args> {
    #[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,bmi2,f16c,fma")]
    unsafe fn v4<L: Loop>(args: &L::Args) {
        // SAFETY: the caller's duty.
        unsafe { L::run::<true>(args) }
    }
    #[target_feature(enable = "avx2,bmi2,f16c,fma")]
    unsafe fn v3<L: Loop>(args: &L::Args) {
        // SAFETY: the caller's duty.
        unsafe { L::run::<true>(args) }
    }
    unsafe fn base<L: Loop>(args: &L::Args) {
        // SAFETY: the caller's duty.
        unsafe { L::run::<false>(args) }
    }
    match isa() {
        Isa::Base => base::<L>,
        Isa::V4 if const { L::WIDE && !cfg!(debug_assertions) } => v4::<L>,
        _ => v3::<L>,
    }
}

/// The best version of `L` for the machine: aarch64 has NEON and fused multiply-add in its baseline.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub fn pick<L: Loop>() -> LoopFn<L::Args> {
    unsafe fn base<L: Loop>(args: &L::Args) {
        // SAFETY: the caller's duty.
        unsafe { L::run::<{ cfg!(target_arch = "aarch64") }>(args) }
    }
    base::<L>
}
