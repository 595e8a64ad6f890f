//! Making and asking communicators.

use crate::{
    buffer::Buffer,
    collective::moved,
    communicator::{self, COMMUNICATORS, Communicator, place},
    group::{self, Group, Origin},
    types::range,
    work::Span,
};
use capi::{
    Error, Result,
    abi::{
        COMM_NAME_MAX_LENGTH, HCCL_COMM_CONFIG_MAGIC_WORD, HCCL_COMM_CONFIG_RESERVED, HCCL_DATA_TYPE_INT8,
        HCCL_DETERMINISTIC, HCCL_E_AGAIN, HCCL_E_INTERNAL, HCCL_E_MEMORY, HCCL_E_NETWORK, HCCL_E_NOT_FOUND,
        HCCL_E_NOT_SUPPORT, HCCL_E_PARA, HCCL_E_PTR, HCCL_E_REMOTE, HCCL_E_RUNTIME, HCCL_E_TIMEOUT,
        HCCL_E_UNAVAIL, HCCL_ROOT_INFO_BYTES, HCCL_SUCCESS, HcclComm, HcclCommConfig, HcclConfig,
        HcclConfigValue, HcclResult, HcclRootInfo, aclrtStream,
    },
    boundary::{self, Out},
    entry, runtime,
};
use std::{
    ffi::{CString, c_char},
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
};

/// What the library's root information begins with.
const ROOT: [u8; 8] = *b"aclsim\0\x01";

/// Hands a new rank to the program.
fn deliver(
    group: &Arc<Group>,
    rank: u32,
    device: u32,
    name: Option<CString>,
    argument: &'static str,
) -> Result<HcclComm> {
    COMMUNICATORS
        .insert(Communicator::new(group.clone(), rank, device, name))
        .map_err(|error| error.arg(argument))
}

/// Joins a group, waiting for its other ranks.
fn join(origin: Origin, (rank, ranks): (u32, u32), name: Option<CString>, comm: Out<'_, HcclComm>) -> Result {
    if ranks == 0 || rank >= ranks {
        return Err(range("rank", format!("a rank below nRanks = {ranks}"), rank));
    }
    let devices = runtime::runtime()?.devices().len();
    if ranks as usize > devices {
        let what =
            format!("a communicator of {ranks} ranks on {devices} devices (ACLSIM_DEVICES sets how many)");
        return Err(Error::Unsupported { what });
    }
    let device = runtime::current_device()?.id();
    let group = group::join(origin, ranks, rank, device)?;
    comm.write(deliver(&group, rank, device, name, "comm")?);
    Ok(())
}

/// Makes the information by which the ranks of a group find each other. One rank makes it and hands it to the others.
///
/// # Parameters
/// - rootInfo: receives it
///
/// # Returns
/// 0 on success; HCCL_E_PTR (2) when rootInfo is null; HCCL_E_RUNTIME (15) without a device.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `root_info`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclGetRootInfo(root_info: *mut HcclRootInfo) -> HcclResult {
    entry::hccl("HcclGetRootInfo", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(root_info, "rootInfo") }?;
        runtime::current_device()?;
        let mut bytes = [0u8; HCCL_ROOT_INFO_BYTES as usize];
        bytes[..8].copy_from_slice(&ROOT);
        bytes[8..12].copy_from_slice(&std::process::id().to_ne_bytes());
        bytes[16..24].copy_from_slice(&group::fresh().to_ne_bytes());
        out.write(HcclRootInfo { internal: bytes.map(|byte| byte as c_char) });
        Ok(())
    })
}

/// The number in a root's information.
///
/// # Safety
/// C1 holds for `root_info`.
unsafe fn check_root(root_info: *const HcclRootInfo) -> Result<Origin> {
    // SAFETY: C1, from the caller.
    let root = unsafe { boundary::required(root_info, "rootInfo") }?;
    let byte = |at: usize| root.internal[at] as u8;
    if ROOT.iter().enumerate().any(|(at, want)| byte(at) != *want) {
        return Err(range("rootInfo", "what HcclGetRootInfo of aclsim wrote", "other bytes"));
    }
    let process = u32::from_ne_bytes(std::array::from_fn(|i| byte(8 + i)));
    if process != std::process::id() {
        return Err(Error::Unsupported {
            what: format!("a communicator with ranks in another process, {process},"),
        });
    }
    Ok(Origin::Root(u64::from_ne_bytes(std::array::from_fn(|i| byte(16 + i)))))
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
/// Waits for the other ranks: each rank calls from a thread of its own.
///
/// # Parameters
/// - nRanks: how many ranks the group has
/// - rootInfo: what HcclGetRootInfo wrote, the same for all ranks
/// - rank: which one this is, below nRanks
/// - comm: receives the communicator, which HcclCommDestroy ends
///
/// # Returns
/// 0 on success; HCCL_E_PTR (2) when a pointer is null; HCCL_E_PARA (1) when rootInfo is not from HcclGetRootInfo, rank
/// is out of range or taken, or its device is another rank's; HCCL_E_TIMEOUT (9) when the other ranks did not come
/// within HCCL_CONNECT_TIMEOUT seconds (120); HCCL_E_NOT_SUPPORT (5) for more ranks than devices or ranks of other
/// processes; HCCL_E_RUNTIME (15) when the thread has no device.
///
/// # Thread safety
/// May be called from any thread.
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
        let origin = unsafe { check_root(root_info) }?;
        // SAFETY: C1.
        let comm = unsafe { boundary::out(comm, "comm") }?;
        join(origin, (rank, n_ranks), None, comm)
    })
}

/// As HcclCommInitRootInfo, with a configuration.
///
/// # Parameters
/// - nRanks: how many ranks the group has
/// - rootInfo: what HcclGetRootInfo wrote
/// - rank: which one this is, below nRanks
/// - config: prepared by HcclCommConfigInit. Its name is the communicator's; buffer sizes and algorithms make no
///   difference.
/// - comm: receives the communicator, which HcclCommDestroy ends
///
/// # Returns
/// As HcclCommInitRootInfo; HCCL_E_PARA (1) also for a configuration that was not prepared.
///
/// # Thread safety
/// May be called from any thread.
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
        let origin = unsafe { check_root(root_info) }?;
        // SAFETY: C1.
        let name = unsafe { configured_name(config) }?;
        // SAFETY: C1.
        let comm = unsafe { boundary::out(comm, "comm") }?;
        join(origin, (rank, n_ranks), name, comm)
    })
}

/// Makes devices of this process the ranks of a group, in order.
///
/// # Parameters
/// - ndev: how many
/// - devices: the devices
/// - comms: receives a communicator for each, which HcclCommDestroy ends
///
/// # Returns
/// 0 on success; HCCL_E_PTR (2) when a pointer is null; HCCL_E_PARA (1) when ndev is 0 or a device is there twice;
/// HCCL_E_RUNTIME (15) when there is no such device.
///
/// # Thread safety
/// May be called from any thread.
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
        if ids.is_empty() {
            return Err(range("ndev", "1 or more", 0));
        }
        for (place, id) in ids.iter().enumerate() {
            runtime::runtime()?.device(*id, "devices")?;
            if ids[..place].contains(id) {
                return Err(range("devices", "each device once", format!("{id} twice")));
            }
        }
        let group = Group::new(group::fresh(), ndev);
        let mut handles = Vec::with_capacity(ids.len());
        for (rank, id) in (0..ndev).zip(ids) {
            match deliver(&group, rank, *id as u32, None, "comms") {
                Ok(handle) => handles.push(handle),
                Err(error) => {
                    handles.into_iter().for_each(|handle| drop(COMMUNICATORS.remove(handle)));
                    return Err(error);
                }
            }
        }
        for (slot, handle) in out.iter_mut().zip(handles) {
            slot.write(handle);
        }
        Ok(())
    })
}

/// Makes some ranks of a group a group of their own. Each of them calls, from a thread of its own.
///
/// Waits for the other ranks.
///
/// # Parameters
/// - comm: this rank's communicator in the larger group
/// - rankNum: how many ranks the new group has
/// - rankIds: which ones, by their ranks in the larger group. Null for ranks that do not take part.
/// - subCommId: a number of the new group that no other one of these ranks has; 0xFFFFFFFF for ranks that do not take
///   part
/// - subCommRankId: this rank in the new group
/// - config: prepared by HcclCommConfigInit
/// - subComm: receives the communicator, which HcclCommDestroy ends; null for ranks that do not take part
///
/// # Returns
/// 0 on success; HCCL_E_PTR (2) when a pointer is null; HCCL_E_PARA (1) when comm is no live communicator, a rank is
/// out of range, or this one is not where subCommRankId says; HCCL_E_TIMEOUT (9) when the other ranks did not come
/// within HCCL_CONNECT_TIMEOUT seconds (120).
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `comm` and `sub_comm`, and for as much of `config` as it says it has; C2 for `rank_ids` with `rank_num`
/// elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclCreateSubCommConfig(
    comm: *mut HcclComm,
    rank_num: u32,
    rank_ids: *mut u32,
    sub_comm_id: u64,
    sub_comm_rank_id: u32,
    config: *mut HcclCommConfig,
    sub_comm: *mut HcclComm,
) -> HcclResult {
    entry::hccl("HcclCreateSubCommConfig", || {
        const OUTSIDE: u64 = 0xffff_ffff;
        // SAFETY: C1.
        let parent = communicator::get(*unsafe { boundary::required(comm.cast_const(), "comm") }?)?;
        // SAFETY: C1.
        let out = unsafe { boundary::out(sub_comm, "subComm") }?;
        if rank_ids.is_null() && sub_comm_id == OUTSIDE {
            out.write(std::ptr::null_mut());
            return Ok(());
        }
        // SAFETY: C2.
        let ids = unsafe { boundary::slice(rank_ids.cast_const(), rank_num as usize, "rankIds") }?;
        // SAFETY: C1.
        let name = unsafe { configured_name(config) }?;
        ids.iter().try_for_each(|id| communicator::check_rank(&parent, *id, "rankIds"))?;
        match ids.get(sub_comm_rank_id as usize) {
            Some(id) if *id == parent.rank => {}
            other => {
                let expected = format!("the place of rank {} in rankIds", parent.rank);
                let got = other.map_or("no place".into(), |id| format!("that of rank {id}"));
                return Err(range("subCommRankId", expected, format!("{sub_comm_rank_id}, {got}")));
            }
        }
        let origin = Origin::Sub { parent: parent.group.id, id: sub_comm_id };
        let group = group::join(origin, rank_num, sub_comm_rank_id, parent.device)?;
        out.write(deliver(&group, sub_comm_rank_id, parent.device, name, "subComm")?);
        Ok(())
    })
}

/// Ends a communicator. Work that was queued with it is done all the same; what other ranks wait for and this one has not
/// called fails.
///
/// # Parameters
/// - comm: the communicator
///
/// # Returns
/// 0 on success; HCCL_E_PTR (2) when comm is null; HCCL_E_PARA (1) when it is no live communicator.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclCommDestroy(comm: HcclComm) -> HcclResult {
    entry::hccl("HcclCommDestroy", || {
        let (group, rank) = {
            let ended = communicator::get(comm)?;
            (ended.group.clone(), ended.rank)
        };
        COMMUNICATORS.remove(comm).map(drop).map_err(|error| error.arg("comm"))?;
        group.leave(rank);
        Ok(())
    })
}

/// The number of ranks.
///
/// # Parameters
/// - comm: the communicator
/// - rankSize: receives the number
///
/// # Returns
/// 0 on success; HCCL_E_PTR (2) when an argument is null; HCCL_E_PARA (1) when comm is no live communicator.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `rank_size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclGetRankSize(comm: HcclComm, rank_size: *mut u32) -> HcclResult {
    entry::hccl("HcclGetRankSize", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(rank_size, "rankSize") }?;
        out.write(communicator::get(comm)?.size());
        Ok(())
    })
}

/// Which rank this is.
///
/// # Parameters
/// - comm: the communicator
/// - rank: receives the rank
///
/// # Returns
/// 0 on success; HCCL_E_PTR (2) when an argument is null; HCCL_E_PARA (1) when comm is no live communicator.
///
/// # Thread safety
/// May be called from any thread.
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
/// # Parameters
/// - comm: the communicator
/// - commName: receives the name with its end, at most 128 bytes
///
/// # Returns
/// 0 on success; HCCL_E_PTR (2) when an argument is null; HCCL_E_PARA (1) when comm is no live communicator.
///
/// # Thread safety
/// May be called from any thread.
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

/// Whether a collective of the communicator's group failed since it was made: because ranks called different things, or
/// because one ended its communicator while others waited for it.
///
/// # Parameters
/// - comm: the communicator
/// - asyncError: receives the code of the first failure, 0 for none
///
/// # Returns
/// 0 on success; HCCL_E_PTR (2) when an argument is null; HCCL_E_PARA (1) when comm is no live communicator.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 for `async_error`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclGetCommAsyncError(comm: HcclComm, async_error: *mut HcclResult) -> HcclResult {
    entry::hccl("HcclGetCommAsyncError", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(async_error, "asyncError") }?;
        out.write(communicator::get(comm)?.group.failure());
        Ok(())
    })
}

/// What a code means.
///
/// # Parameters
/// - code: a result of an Hccl function
///
/// # Returns
/// A text that lives as long as the process.
///
/// # Thread safety
/// May be called from any thread.
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
/// # Returns
/// The number.
///
/// # Thread safety
/// May be called from any thread.
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
/// # Parameters
/// - config: HCCL_DETERMINISTIC
/// - configValue: its value, 0 or 1, or 2 for the strict form
///
/// # Returns
/// 0 on success; HCCL_E_PARA (1) for a value out of range; HCCL_E_NOT_SUPPORT (5) for another option.
///
/// # Thread safety
/// May be called from any thread.
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
/// # Parameters
/// - config: HCCL_DETERMINISTIC
/// - configValue: receives its value, 0 at first
///
/// # Returns
/// 0 on success; HCCL_E_PTR (2) when configValue is null; HCCL_E_NOT_SUPPORT (5) for another option.
///
/// # Thread safety
/// May be called from any thread.
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

/// Lets the stream wait until the streams of all ranks have come this far.
///
/// # Parameters
/// - comm: the communicator
/// - stream: the stream, null for the default one
///
/// # Returns
/// 0 on success; HCCL_E_PTR (2) when comm is null; HCCL_E_PARA (1) when a handle is not live; HCCL_E_RUNTIME (15) when
/// the thread has no context.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn HcclBarrier(comm: HcclComm, stream: aclrtStream) -> HcclResult {
    entry::hccl("HcclBarrier", || {
        let (comm, stream) = place(comm, stream)?;
        let nothing = || (Buffer::unused(), vec![Span::default(); comm.size() as usize]);
        comm.collective(&stream, moved("HcclBarrier", HCCL_DATA_TYPE_INT8, nothing(), nothing()))
    })
}
