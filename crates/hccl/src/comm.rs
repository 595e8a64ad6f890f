//! Making and asking communicators.

use crate::communicator::{self, COMMUNICATORS, Communicator};
use capi::{
    ArgError, Error, Result,
    abi::{
        COMM_NAME_MAX_LENGTH, HCCL_COMM_CONFIG_MAGIC_WORD, HCCL_COMM_CONFIG_RESERVED, HCCL_DETERMINISTIC,
        HCCL_E_AGAIN, HCCL_E_INTERNAL, HCCL_E_MEMORY, HCCL_E_NETWORK, HCCL_E_NOT_FOUND, HCCL_E_NOT_SUPPORT,
        HCCL_E_PARA, HCCL_E_PTR, HCCL_E_REMOTE, HCCL_E_RUNTIME, HCCL_E_TIMEOUT, HCCL_E_UNAVAIL,
        HCCL_ROOT_INFO_BYTES, HCCL_SUCCESS, HcclComm, HcclCommConfig, HcclConfig, HcclConfigValue,
        HcclResult, HcclRootInfo, aclrtStream,
    },
    boundary::{self, Out},
    entry, runtime,
};
use std::{
    ffi::{CString, c_char},
    sync::atomic::{AtomicI32, AtomicU64, Ordering},
};

/// What the library's root information begins with.
const ROOT: [u8; 8] = *b"aclsim\0\x01";

fn range(argument: &'static str, expected: impl Into<String>, got: impl ToString) -> Error {
    ArgError::Range { argument, expected: expected.into(), got: got.to_string() }.into()
}

/// # Safety
/// C1 holds for `comm`.
unsafe fn create(ranks: u32, rank: u32, name: Option<CString>, comm: Out<'_, HcclComm>) -> Result {
    if ranks == 0 || rank >= ranks {
        return Err(range("rank", format!("a rank below nRanks = {ranks}"), rank));
    }
    if ranks > 1 {
        return Err(Error::Unsupported { what: format!("a communicator of {ranks} ranks (one is)") });
    }
    let device = runtime::current_device()?.id();
    let handle =
        COMMUNICATORS.insert(Communicator::alone(device, name)).map_err(|error| error.arg("comm"))?;
    comm.write(handle);
    Ok(())
}

/// Makes the information by which the ranks of a group find each other. One rank makes it and hands it to the others.
///
/// @param rootInfo [OUT] receives it.
/// @return 0 on success; HCCL_E_PTR (2) when rootInfo is null; HCCL_E_RUNTIME (15) without a device.
///
/// Thread-safe.
///
/// # Safety
/// C1 for `root_info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclGetRootInfo(root_info: *mut HcclRootInfo) -> HcclResult {
    entry::hccl("HcclGetRootInfo", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(root_info, "rootInfo") }?;
        runtime::current_device()?;
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let mut bytes = [0u8; HCCL_ROOT_INFO_BYTES as usize];
        bytes[..8].copy_from_slice(&ROOT);
        bytes[8..12].copy_from_slice(&std::process::id().to_ne_bytes());
        bytes[16..24].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_ne_bytes());
        out.write(HcclRootInfo { internal: bytes.map(|byte| byte as c_char) });
        Ok(())
    })
}

/// # Safety
/// C1 holds for `root_info`.
unsafe fn check_root(root_info: *const HcclRootInfo) -> Result {
    // SAFETY: C1, from the caller.
    let root = unsafe { boundary::required(root_info, "rootInfo") }?;
    let is_ours = root.internal.iter().zip(ROOT).all(|(have, want)| *have as u8 == want);
    if is_ours {
        return Ok(());
    }
    Err(range("rootInfo", "what HcclGetRootInfo of aclsim wrote", "other bytes"))
}

/// The name in a configuration, if it has one. Programs bring the layout of their own headers: later versions only
/// append, so the size at its beginning says what is there.
///
/// # Safety
/// C1 holds for as much of `config` as it says it has.
unsafe fn configured_name(config: *const HcclCommConfig) -> Result<Option<CString>> {
    const NAME_AT: usize = 32;
    let bytes = config.cast::<u8>();
    // SAFETY: C1, from the caller: every version has 24 bytes about itself.
    let about = unsafe { boundary::slice(bytes, 24, "config") }?;
    let word =
        |at: usize| about[at..at + 4].iter().rev().fold(0u32, |word, byte| word << 8 | u32::from(*byte));
    if word(8) != HCCL_COMM_CONFIG_MAGIC_WORD {
        return Err(range(
            "config",
            "a configuration that HcclCommConfigInit prepared",
            format!("magic word {:#x}", word(8)),
        ));
    }
    let size = word(0) as usize;
    if size < NAME_AT + COMM_NAME_MAX_LENGTH as usize {
        return Ok(None);
    }
    // SAFETY: C1, from the caller: the configuration has `size` bytes.
    let all = unsafe { boundary::slice(bytes, size, "config") }?;
    let name = &all[NAME_AT..NAME_AT + COMM_NAME_MAX_LENGTH as usize];
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len() - 1);
    Ok(if end == 0 { None } else { CString::new(&name[..end]).ok() })
}

/// Makes the calling thread's device a rank of a group.
///
/// @param nRanks [IN] how many ranks the group has; 1 is what is supported.
/// @param rootInfo [IN] what HcclGetRootInfo wrote, the same for all ranks.
/// @param rank [IN] which one this is, below nRanks.
/// @param comm [OUT] receives the communicator, which HcclCommDestroy ends.
/// @return 0 on success; HCCL_E_PTR (2) when a pointer is null; HCCL_E_PARA (1) when rootInfo is not from
/// HcclGetRootInfo or rank is out of range; HCCL_E_NOT_SUPPORT (5) for more than one rank; HCCL_E_RUNTIME (15) when the
/// thread has no device.
///
/// Thread-safe.
///
/// # Safety
/// C1 for `root_info` and `comm`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclCommInitRootInfo(
    n_ranks: u32,
    root_info: *const HcclRootInfo,
    rank: u32,
    comm: *mut HcclComm,
) -> HcclResult {
    entry::hccl("HcclCommInitRootInfo", || {
        // SAFETY: C1.
        unsafe { check_root(root_info) }?;
        // SAFETY: C1.
        let comm = unsafe { boundary::out(comm, "comm") }?;
        // SAFETY: C1.
        unsafe { create(n_ranks, rank, None, comm) }
    })
}

/// As HcclCommInitRootInfo, with a configuration.
///
/// @param nRanks [IN] how many ranks the group has; 1 is what is supported.
/// @param rootInfo [IN] what HcclGetRootInfo wrote.
/// @param rank [IN] which one this is, below nRanks.
/// @param config [IN] prepared by HcclCommConfigInit. Its name is the communicator's; buffer sizes and algorithms make
/// no difference.
/// @param comm [OUT] receives the communicator, which HcclCommDestroy ends.
/// @return as HcclCommInitRootInfo; HCCL_E_PARA (1) also for a configuration that was not prepared.
///
/// Thread-safe.
///
/// # Safety
/// C1 for `root_info` and `comm`, and for as much of `config` as it says it has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclCommInitRootInfoConfig(
    n_ranks: u32,
    root_info: *const HcclRootInfo,
    rank: u32,
    config: *const HcclCommConfig,
    comm: *mut HcclComm,
) -> HcclResult {
    entry::hccl("HcclCommInitRootInfoConfig", || {
        // SAFETY: C1.
        unsafe { check_root(root_info) }?;
        // SAFETY: C1.
        let name = unsafe { configured_name(config) }?;
        // SAFETY: C1.
        let comm = unsafe { boundary::out(comm, "comm") }?;
        // SAFETY: C1.
        unsafe { create(n_ranks, rank, name, comm) }
    })
}

/// Makes devices of this process the ranks of a group, in order.
///
/// @param ndev [IN] how many; 1 is what is supported.
/// @param devices [IN] the devices.
/// @param comms [OUT] receives a communicator for each, which HcclCommDestroy ends.
/// @return 0 on success; HCCL_E_PTR (2) when a pointer is null; HCCL_E_PARA (1) when ndev is 0; HCCL_E_NOT_SUPPORT (5)
/// for more than one device; HCCL_E_RUNTIME (15) when there is no such device.
///
/// Thread-safe.
///
/// # Safety
/// C2 for `devices` and `comms` with `ndev` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclCommInitAll(ndev: u32, devices: *mut i32, comms: *mut HcclComm) -> HcclResult {
    entry::hccl("HcclCommInitAll", || {
        // SAFETY: C2.
        let ids = unsafe { boundary::slice(devices.cast_const(), ndev as usize, "devices") }?;
        // SAFETY: C2.
        let out = unsafe { boundary::out_slice(comms, ndev as usize, "comms") }?;
        let [id] = ids else {
            if ids.is_empty() {
                return Err(range("ndev", "1 or more", 0));
            }
            return Err(Error::Unsupported { what: format!("a communicator of {ndev} ranks (one is)") });
        };
        let device = runtime::runtime()?.device(*id, "devices")?.id();
        let comm = Communicator::alone(device, None);
        out[0].write(COMMUNICATORS.insert(comm).map_err(|error| error.arg("comms"))?);
        Ok(())
    })
}

/// Ends a communicator. Work that was queued with it is done all the same.
///
/// @param comm [IN] the communicator.
/// @return 0 on success; HCCL_E_PTR (2) when comm is null; HCCL_E_PARA (1) when it is no live communicator.
///
/// Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclCommDestroy(comm: HcclComm) -> HcclResult {
    entry::hccl("HcclCommDestroy", || {
        communicator::get(comm)?;
        COMMUNICATORS.remove(comm).map(drop).map_err(|error| error.arg("comm"))
    })
}

/// The number of ranks.
///
/// @param comm [IN] the communicator.
/// @param rankSize [OUT] receives the number.
/// @return 0 on success; HCCL_E_PTR (2) when an argument is null; HCCL_E_PARA (1) when comm is no live communicator.
///
/// Thread-safe.
///
/// # Safety
/// C1 for `rank_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclGetRankSize(comm: HcclComm, rank_size: *mut u32) -> HcclResult {
    entry::hccl("HcclGetRankSize", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(rank_size, "rankSize") }?;
        out.write(communicator::get(comm)?.size);
        Ok(())
    })
}

/// Which rank this is.
///
/// @param comm [IN] the communicator.
/// @param rank [OUT] receives the rank.
/// @return 0 on success; HCCL_E_PTR (2) when an argument is null; HCCL_E_PARA (1) when comm is no live communicator.
///
/// Thread-safe.
///
/// # Safety
/// C1 for `rank`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclGetRankId(comm: HcclComm, rank: *mut u32) -> HcclResult {
    entry::hccl("HcclGetRankId", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(rank, "rank") }?;
        out.write(communicator::get(comm)?.rank);
        Ok(())
    })
}

/// The name of a communicator.
///
/// @param comm [IN] the communicator.
/// @param commName [OUT] receives the name with its end, at most 128 bytes.
/// @return 0 on success; HCCL_E_PTR (2) when an argument is null; HCCL_E_PARA (1) when comm is no live communicator.
///
/// Thread-safe.
///
/// # Safety
/// C2 for `comm_name` with 128 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclGetCommName(comm: HcclComm, comm_name: *mut c_char) -> HcclResult {
    entry::hccl("HcclGetCommName", || {
        // SAFETY: C2.
        let out = unsafe { boundary::out_slice(comm_name, COMM_NAME_MAX_LENGTH as usize, "commName") }?;
        let comm = communicator::get(comm)?;
        for (slot, byte) in out.iter_mut().zip(comm.name.as_bytes_with_nul()) {
            slot.write(*byte as c_char);
        }
        Ok(())
    })
}

/// Whether a collective of the communicator failed since it was made. With one rank nothing can: its work is checked
/// when it is queued.
///
/// @param comm [IN] the communicator.
/// @param asyncError [OUT] receives 0.
/// @return 0 on success; HCCL_E_PTR (2) when an argument is null; HCCL_E_PARA (1) when comm is no live communicator.
///
/// Thread-safe.
///
/// # Safety
/// C1 for `async_error`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclGetCommAsyncError(comm: HcclComm, async_error: *mut HcclResult) -> HcclResult {
    entry::hccl("HcclGetCommAsyncError", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(async_error, "asyncError") }?;
        communicator::get(comm)?;
        out.write(HCCL_SUCCESS);
        Ok(())
    })
}

/// What a code means.
///
/// @param code [IN] a result of an Hccl function.
/// @return a text that lives as long as the process.
///
/// Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclGetErrorString(code: HcclResult) -> *const c_char {
    match code {
        HCCL_SUCCESS => c"no error",
        HCCL_E_PARA => c"parameter error",
        HCCL_E_PTR => c"empty pointer",
        HCCL_E_MEMORY => c"memory error",
        HCCL_E_INTERNAL => c"internal error",
        HCCL_E_NOT_SUPPORT => c"not supported",
        HCCL_E_NOT_FOUND => c"not found",
        HCCL_E_UNAVAIL => c"resource unavailable",
        HCCL_E_TIMEOUT => c"timeout",
        HCCL_E_RUNTIME => c"error in the runtime",
        HCCL_E_NETWORK => c"network error",
        HCCL_E_AGAIN => c"try again",
        HCCL_E_REMOTE => c"error of another rank",
        _ => c"unknown error",
    }
    .as_ptr()
}

/// How many kinds of communicator settings this library knows: settings with a smaller HcclCommConfigCapability.
///
/// @return the number.
///
/// Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclGetCommConfigCapability() -> u32 {
    HCCL_COMM_CONFIG_RESERVED
}

static DETERMINISTIC: AtomicI32 = AtomicI32::new(0);

/// Sets an option of collectives. They are always deterministic, so HCCL_DETERMINISTIC is kept to be read back.
///
/// @param config [IN] HCCL_DETERMINISTIC.
/// @param configValue [IN] its value, 0 or 1, or 2 for the strict form.
/// @return 0 on success; HCCL_E_PARA (1) for a value out of range; HCCL_E_NOT_SUPPORT (5) for another option.
///
/// Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclSetConfig(config: HcclConfig, config_value: HcclConfigValue) -> HcclResult {
    entry::hccl("HcclSetConfig", || {
        if config != HCCL_DETERMINISTIC {
            return Err(Error::Unsupported { what: format!("HcclConfig {config}") });
        }
        // SAFETY: the only member.
        let value = unsafe { config_value.value };
        if !(0..=2).contains(&value) {
            return Err(range("configValue", "0, 1 or 2", value));
        }
        DETERMINISTIC.store(value, Ordering::Relaxed);
        Ok(())
    })
}

/// An option of collectives.
///
/// @param config [IN] HCCL_DETERMINISTIC.
/// @param configValue [OUT] receives its value, 0 at first.
/// @return 0 on success; HCCL_E_PTR (2) when configValue is null; HCCL_E_NOT_SUPPORT (5) for another option.
///
/// Thread-safe.
///
/// # Safety
/// C1 for `config_value`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclGetConfig(config: HcclConfig, config_value: *mut HcclConfigValue) -> HcclResult {
    entry::hccl("HcclGetConfig", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(config_value, "configValue") }?;
        if config != HCCL_DETERMINISTIC {
            return Err(Error::Unsupported { what: format!("HcclConfig {config}") });
        }
        out.write(HcclConfigValue { value: DETERMINISTIC.load(Ordering::Relaxed) });
        Ok(())
    })
}

/// Lets the stream wait until all ranks have come this far: with one rank, at once.
///
/// @param comm [IN] the communicator.
/// @param stream [IN] the stream, null for the default one.
/// @return 0 on success; HCCL_E_PTR (2) when comm is null; HCCL_E_PARA (1) when a handle is not live; HCCL_E_RUNTIME
/// (15) when the thread has no context.
///
/// Thread-safe.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclBarrier(comm: HcclComm, stream: aclrtStream) -> HcclResult {
    entry::hccl("HcclBarrier", || {
        communicator::get(comm)?;
        runtime::resolve_stream(stream, "stream").map(drop)
    })
}
