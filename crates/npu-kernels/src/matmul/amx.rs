//! Tiles of bf16 in the matrix registers of AMX: a step of an instruction is sixteen rows times sixteen pairs of depth
//! times sixteen columns.
//!
//! The compiler knows neither registers nor instructions yet, so each tile is one block of assembly that configures the
//! registers, uses them, and leaves them as it found them: empty.

use super::Strides;
use super::engine::Kind;
use super::micro::x86::Pairs;
use super::micro::{Panels, Tile};
use super::pack::{LANES, Lanes, Source, pairs_able};
use npu_types::bf16;
use std::arch::asm;
use std::arch::x86_64::__cpuid_count;
use std::sync::OnceLock;

/// Rows up to which `b` is better streamed once than packed.
pub(super) const FEW: usize = 8;

/// Two by two registers of sums.
pub(super) struct Amx;

/// What the registers hold: all eight sixteen rows of 64 bytes.
#[repr(C, align(64))]
struct Config {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

static CONFIG: Config = {
    let mut config =
        Config { palette: 1, start_row: 0, reserved: [0; 14], row_bytes: [0; 16], rows: [0; 16] };
    let mut register = 0;
    while register < 8 {
        config.row_bytes[register] = 64;
        config.rows[register] = 16;
        register += 1;
    }
    config
};

/// Whether the processor has the registers and the system lets this process use them.
pub(super) fn able() -> bool {
    static ABLE: OnceLock<bool> = OnceLock::new();
    pairs_able() && *ABLE.get_or_init(|| has_instructions() && permitted())
}

fn has_instructions() -> bool {
    const AMX_BF16: u32 = 1 << 22;
    const AMX_TILE: u32 = 1 << 24;
    let features = __cpuid_count(7, 0).edx;
    features & (AMX_BF16 | AMX_TILE) == AMX_BF16 | AMX_TILE
}

/// Asks the system to keep the registers of this process's threads, which it does on demand only.
fn permitted() -> bool {
    #[cfg(all(target_os = "linux", not(miri)))]
    {
        const REQUEST_PERMISSION: libc::c_long = 0x1023;
        const TILE_DATA: libc::c_long = 18;
        // SAFETY: the call takes two numbers and changes nothing but the permission.
        (unsafe { libc::syscall(libc::SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) }) == 0
    }
    #[cfg(not(all(target_os = "linux", not(miri))))]
    false
}

impl Kind for Amx {
    type Elem = bf16;
    type Packed = [bf16; 2];
    const STEP: usize = 2;
    const STEPS: usize = LANES;
    // A panel of `b` has to stay in the first-level cache.
    const DEPTH: usize = 256;
    const MR: usize = 2 * LANES;
    const NR: usize = 2 * LANES;

    unsafe fn pack_a(
        src: *const bf16,
        strides: Strides,
        rows: usize,
        depth: usize,
        dst: *mut [bf16; 2],
        _: usize,
    ) {
        // Sixteen steps of all rows follow each other, as they are read.
        for half in [0, LANES] {
            let src = src.wrapping_offset(strides.at(half, 0));
            let (dst, rows) = (dst.wrapping_add(half * LANES), rows.saturating_sub(half).min(LANES));
            // SAFETY: the caller's duties, for half of the rows; this kind is chosen for processors that are able.
            unsafe { Lanes::<Pairs>::rows::<LANES>(src, strides, rows, depth, dst, LANES, Self::MR * LANES) };
        }
    }

    unsafe fn pack_b(src: *const bf16, strides: Strides, depth: usize, cols: usize, dst: *mut [bf16; 2]) {
        let steps = depth.div_ceil(Self::STEP).next_multiple_of(Self::STEPS);
        // SAFETY: the caller's duties; this kind is chosen for processors that are able.
        unsafe { Lanes::<Pairs>::columns(src, strides, depth, cols, steps, dst) }
    }

    const SUMS_ARE_PACKED: bool = false;

    unsafe fn pack_sums(src: *const f32, depth: usize, dst: *mut [bf16; 2]) {
        // SAFETY: the caller's duties; this kind is chosen for processors that are able.
        unsafe { Pairs::sums(src, depth, dst) }
    }

    fn tile() -> Tile<[bf16; 2], f32> {
        run
    }
}

/// # Safety
/// As for [`Tile`], with steps a multiple of [`Kind::STEPS`]; the processor is [`able`].
unsafe fn run(args: &Panels<[bf16; 2], f32>) {
    let &Panels { steps, a, b, acc, acc_pitch, add, .. } = args;
    let acc_pitch = acc_pitch * size_of::<f32>() as isize;
    // SAFETY: the panels have whole registers, and `acc` room for two by two; the registers are left empty.
    unsafe {
        asm!(
            "ldtilecfg [{config}]",
            "test {add}, {add}",
            "jnz 2f",
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            "jmp 3f",
            "2:",
            "tileloadd tmm0, [{acc} + {acc_pitch}]",
            "tileloadd tmm1, [{acc} + {acc_pitch} + 64]",
            "tileloadd tmm2, [{below} + {acc_pitch}]",
            "tileloadd tmm3, [{below} + {acc_pitch} + 64]",
            "3:",
            "tileloadd tmm4, [{a} + {line}]",
            "tileloadd tmm6, [{b} + {row}]",
            "tileloadd tmm7, [{b} + {row} + 64]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tileloadd tmm5, [{a} + {line} + 16 * 64]",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "add {a}, 32 * 64",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "add {b}, 16 * 128",
            "tdpbf16ps tmm3, tmm5, tmm7",
            "dec {count}",
            "jnz 3b",
            "tilestored [{acc} + {acc_pitch}], tmm0",
            "tilestored [{acc} + {acc_pitch} + 64], tmm1",
            "tilestored [{below} + {acc_pitch}], tmm2",
            "tilestored [{below} + {acc_pitch} + 64], tmm3",
            "tilerelease",
            config = in(reg) &raw const CONFIG,
            add = in(reg) usize::from(add),
            acc = in(reg) acc,
            acc_pitch = in(reg) acc_pitch,
            below = in(reg) acc.wrapping_byte_offset(LANES as isize * acc_pitch),
            a = inout(reg) a => _,
            line = in(reg) 64_usize,
            b = inout(reg) b => _,
            row = in(reg) 2 * LANES * size_of::<[bf16; 2]>(),
            count = inout(reg) steps / LANES => _,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}
