//! `acl/acl_dump.h`.

use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_DUMP_ADDR_PTR, ACL_DUMP_ADDR_PTR_PTR, ACL_DUMP_ADDR_RAW, ACL_DUMP_MAX_FILE_PATH_LENGTH,
        ACL_DUMP_MAX_SHAPE_NUM, ACL_DUMP_PLACEMENT_DEVICE, ACL_DUMP_PLACEMENT_HOST, ACL_DUMP_TENSOR_INPUT,
        ACL_DUMP_TENSOR_OUTPUT, ACL_DUMP_TENSOR_WORKSPACE, ACL_ERROR_DUMP_ALREADY_RUN,
        ACL_ERROR_DUMP_NOT_RUN, ACL_ERROR_INVALID_FILE, ACL_ERROR_INVALID_PARAM, ACL_OP_DUMP_OP_AICORE_ARGS,
        AIC_ERR_BRIEF_DUMP, AIC_ERR_DETAIL_DUMP, AIC_ERR_NORM_DUMP, DATA_DUMP, OVERFLOW_DUMP, aclError,
        acldumpChunk, acldumpTensorInfo, acldumpType,
    },
    boundary,
    dump::{self, Piece, Saved},
    entry,
};
use npu_device::memory;
use npu_types::DType;
use parking_lot::Mutex;
use std::{
    ffi::{CString, OsStr, c_char},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::Once,
};

fn refused(argument: &'static str, expected: impl Into<String>, got: impl std::fmt::Display) -> Error {
    let error = ArgError::Range { argument, expected: expected.into(), got: got.to_string() };
    Error::Code { code: ACL_ERROR_INVALID_PARAM, what: error.to_string() }
}

type Callback = unsafe extern "C" fn(*const acldumpChunk, i32) -> i32;

/// Bytes of a chunk before its data.
const HEAD: usize = std::mem::offset_of!(acldumpChunk, dataBuf);

/// Calls the program with a piece of a file. The chunk's data follow its members.
fn call(callback: Callback, flag: i32, piece: &Piece) {
    let mut memory = vec![0_u64; (size_of::<acldumpChunk>() + piece.bytes.len()).div_ceil(8)];
    let chunk = memory.as_mut_ptr().cast::<acldumpChunk>();
    {
        // SAFETY: aligned and zeroed memory of the structure's size, which all zeroes are valid for.
        let chunk = unsafe { &mut *chunk };
        let room = chunk.fileName.len() - 1;
        for (place, byte) in chunk.fileName[..room].iter_mut().zip(piece.name.as_bytes()) {
            *place = *byte as c_char;
        }
        chunk.bufLen = piece.bytes.len() as u32;
        chunk.isLastChunk = u32::from(piece.last);
        chunk.offset = piece.offset;
        chunk.flag = flag;
    }
    // SAFETY: inside the memory, which has room for the members and the data.
    let data = unsafe { chunk.cast::<u8>().add(HEAD) };
    // SAFETY: as above; the piece lies elsewhere.
    unsafe { std::ptr::copy_nonoverlapping(piece.bytes.as_ptr(), data, piece.bytes.len()) };
    // SAFETY: C4, promised when it was registered; the chunk lives until the call returns.
    let code = unsafe { callback(chunk, (HEAD + piece.bytes.len()) as i32) };
    if code != 0 {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| eprintln!("aclsim: the dump callback answered {code} for {}", piece.name));
    }
}

/// Has dumped files given to a function, piece by piece, instead of being written. It is called on a thread of its own,
/// with one piece at a time: the chunk, and its bytes with the data. A new call replaces the function.
///
/// # Parameters
/// - messageCallback: the function; what it answers other than 0 is reported on standard error
/// - flag: given to the function in each chunk
///
/// # Returns
/// - 0 on success
/// - 100000 when messageCallback is null
/// - 507899 when the system refuses to start a thread
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C4 holds for `message_callback`, until acldumpUnregCallback.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acldumpRegCallback(
    message_callback: Option<unsafe extern "C" fn(*const acldumpChunk, i32) -> i32>,
    flag: i32,
) -> aclError {
    entry::acl("acldumpRegCallback", || {
        let Some(callback) = message_callback else {
            return Err(ArgError::Null { argument: "messageCallback" }.into());
        };
        dump::end_delivery();
        dump::deliver(move |piece| call(callback, flag, piece)).map(drop).map_err(|error| Error::Code {
            code: capi::abi::ACL_ERROR_RT_DRV_INTERNAL_ERROR,
            what: format!("cannot start a thread for the callback: {error}"),
        })
    })
}

/// Has dumped files written again. The function has been given everything before the call returns.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acldumpUnregCallback() {
    entry::value("acldumpUnregCallback", || Ok(dump::end_delivery()));
}

/// What acldumpGetPath answered, by type.
static PATHS: Mutex<[Option<CString>; 6]> = Mutex::new([const { None }; 6]);

/// The directory that dumps of a type go to.
///
/// # Parameters
/// - dumpType: DATA_DUMP, or one of AIC_ERR_* for operands of failed operators
///
/// # Returns
/// - the directory; valid until the next call with the same type
/// - null, with a message, when such dumps are not configured or dumpType is none
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acldumpGetPath(dump_type: acldumpType) -> *const c_char {
    entry::value("acldumpGetPath", || {
        let dir = match dump_type {
            DATA_DUMP => dump::data_dir(),
            AIC_ERR_BRIEF_DUMP | AIC_ERR_NORM_DUMP | AIC_ERR_DETAIL_DUMP => {
                dump::has_exceptions().then(dump::exceptions)
            }
            OVERFLOW_DUMP => None,
            _ => return Err(refused("dumpType", "an acldumpType", dump_type)),
        };
        let Some(dir) = dir else {
            return Err(refused("dumpType", "a type of dump that is configured", dump_type));
        };
        let text = CString::new(dir.as_os_str().as_bytes()).unwrap_or_default();
        Ok(PATHS.lock()[dump_type as usize].insert(text).as_ptr())
    })
    .unwrap_or(std::ptr::null())
}

/// The directory that operands of failed operators go to: the configured one, or one below the current directory.
///
/// # Parameters
/// - path, maxLen: receives the directory with its end, and the room there is
///
/// # Returns
/// - 0 on success
/// - 100000 when path is null or maxLen too little
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `path` and `max_len`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acldumpGetExceptionInfoPath(path: *mut c_char, max_len: usize) -> aclError {
    entry::acl("acldumpGetExceptionInfoPath", || {
        if path.is_null() {
            return Err(ArgError::Null { argument: "path" }.into());
        }
        let dir = dump::exceptions();
        let text = dir.as_os_str().as_bytes();
        if max_len <= text.len() {
            return Err(refused("maxLen", format!("at least {}", text.len() + 1), max_len));
        }
        // SAFETY: C2.
        let out = unsafe { boundary::out_slice(path.cast::<u8>(), max_len, "path") }?;
        for (place, byte) in out.iter_mut().zip(text.iter().chain(&[0])) {
            place.write(*byte);
        }
        Ok(())
    })
}

/// A tensor of an exception. The bytes live as long as the program leaves them alone.
///
/// # Safety
/// C2 holds for data in host memory.
unsafe fn saved<'a>(info: &acldumpTensorInfo) -> Result<Saved<'a>> {
    let side = match info.r#type {
        ACL_DUMP_TENSOR_INPUT => "input",
        ACL_DUMP_TENSOR_OUTPUT => "output",
        ACL_DUMP_TENSOR_WORKSPACE => "workspace",
        other => return Err(refused("tensors", "an acldumpTensorType", other)),
    };
    let rank = info.shapeNum as usize;
    if rank > ACL_DUMP_MAX_SHAPE_NUM as usize {
        return Err(refused("tensors", format!("at most {ACL_DUMP_MAX_SHAPE_NUM} dimensions"), rank));
    }
    let address = match info.addrType {
        ACL_DUMP_ADDR_PTR | ACL_DUMP_ADDR_RAW => info.tensorAddr as u64,
        ACL_DUMP_ADDR_PTR_PTR => {
            // SAFETY: C2, from the caller: the place of an address.
            let word = unsafe { bytes(info.tensorAddr as u64, 8, info.placement) }?;
            word.try_into().map_or(0, u64::from_le_bytes)
        }
        other => return Err(refused("tensors", "an acldumpTensorAddressType", other)),
    };
    // SAFETY: C2, from the caller.
    let data = unsafe { bytes(address, info.tensorSize, info.placement) }?;
    let dims = info.shape[..rank].iter().map(|dim| i64::try_from(*dim).unwrap_or(-1)).collect();
    Ok(Saved { side, dtype: DType::from_acl_code(info.dataType), dims, data })
}

/// # Safety
/// C2 holds for host memory.
unsafe fn bytes<'a>(address: u64, len: usize, placement: u32) -> Result<&'a [u8]> {
    if address == 0 {
        return Err(ArgError::Null { argument: "tensors" }.into());
    }
    let start = match placement {
        ACL_DUMP_PLACEMENT_DEVICE => {
            memory::check_reach(address, len as u64)
                .map_err(|source| Error::MemoryArg { argument: "tensors", source })?;
            memory::backing(address).map_or(std::ptr::null(), |start| start.as_ptr().cast_const())
        }
        ACL_DUMP_PLACEMENT_HOST if memory::is_device(address) => {
            return Err(refused("tensors", "an address of the host", format!("{address:#x}")));
        }
        ACL_DUMP_PLACEMENT_HOST => std::ptr::with_exposed_provenance(address as usize),
        other => return Err(refused("tensors", "an acldumpTensorPlacement", other)),
    };
    // SAFETY: C2 for host memory; device memory was checked.
    unsafe { boundary::slice(start, len, "tensors") }
}

/// Writes tensors that belong to an exception to the directory of acldumpGetExceptionInfoPath, as NumPy files
/// `<fileName>.<userTag>.<input|output|workspace>.<number>.npy` with lines in `index.jsonl`. Meant for callbacks that
/// are told of exceptions, but may be called at any time.
///
/// # Parameters
/// - fileName: what the files' names begin with; what is no letter, digit, dot or dash becomes an underscore
/// - userTag: what follows it, null for nothing
/// - tensors, tensorCount: what to write. Bytes that do not make up a tensor of the type and shape are written as bytes.
///
/// # Returns
/// - 0 on success
/// - 100000 when fileName or tensors is null, tensorCount is 0, or a member is not as documented
/// - 100003 when a file cannot be written
/// - 107000 when a tensor does not lie in live device memory
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for the strings, C2 for `tensors` and what they say of host memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acldumpSaveExceptionInfo(
    file_name: *const c_char,
    user_tag: *const c_char,
    tensors: *const acldumpTensorInfo,
    tensor_count: usize,
) -> aclError {
    entry::acl("acldumpSaveExceptionInfo", || {
        // SAFETY: C3.
        let name = unsafe { boundary::c_str(file_name, "fileName") }?.to_string_lossy();
        let tag = match user_tag.is_null() {
            true => "".into(),
            // SAFETY: C3.
            false => unsafe { boundary::c_str(user_tag, "userTag") }?.to_string_lossy(),
        };
        if name.is_empty() || name.len() + tag.len() > ACL_DUMP_MAX_FILE_PATH_LENGTH as usize / 32 {
            return Err(refused("fileName", "1 to 128 bytes, with userTag", name.len() + tag.len()));
        }
        if tensor_count == 0 {
            return Err(refused("tensorCount", "at least 1", 0));
        }
        // SAFETY: C2.
        let tensors = unsafe { boundary::slice(tensors, tensor_count, "tensors") }?;
        // SAFETY: C2, also for what the tensors say of host memory.
        let saved = tensors.iter().map(|info| unsafe { saved(info) }).collect::<Result<Vec<_>>>()?;
        dump::save(&name, &tag, &saved).map_err(|error| Error::Code {
            code: ACL_ERROR_INVALID_FILE,
            what: format!("cannot write to {}: {error}", dump::exceptions().display()),
        })
    })
}

fn check_type(dump_type: u32) -> Result {
    if dump_type == ACL_OP_DUMP_OP_AICORE_ARGS {
        return Ok(());
    }
    Err(refused("dumpType", "ACL_OP_DUMP_OP_AICORE_ARGS", dump_type))
}

/// Writes what operators are called with from now on, without data: a line of `index.jsonl` for each tensor.
///
/// # Parameters
/// - dumpType: ACL_OP_DUMP_OP_AICORE_ARGS
/// - path: a directory that exists
///
/// # Returns
/// - 0 on success
/// - 100000 when path is null or dumpType another
/// - 100003 when path is no directory that can be written
/// - 100044 when it was begun before
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `path`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopStartDumpArgs(dump_type: u32, path: *const c_char) -> aclError {
    entry::acl("aclopStartDumpArgs", || {
        // SAFETY: C3.
        let path = unsafe { boundary::c_str(path, "path") }?;
        check_type(dump_type)?;
        let dir = Path::new(OsStr::from_bytes(path.to_bytes()));
        if !dir.metadata().is_ok_and(|data| data.is_dir() && !data.permissions().readonly()) {
            let what =
                format!("argument path: expected a directory that can be written, got {}", dir.display());
            return Err(Error::Code { code: ACL_ERROR_INVALID_FILE, what });
        }
        if dump::set_arguments(Some(PathBuf::from(dir))) {
            return Ok(());
        }
        let what = "expected no dump of arguments, got one that began before".to_owned();
        Err(Error::Code { code: ACL_ERROR_DUMP_ALREADY_RUN, what })
    })
}

/// Ends what aclopStartDumpArgs began. Tasks that have not run by then are not written, so synchronise before.
///
/// # Parameters
/// - dumpType: ACL_OP_DUMP_OP_AICORE_ARGS
///
/// # Returns
/// - 0 on success
/// - 100000 when dumpType is another
/// - 100045 when nothing was begun
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclopStopDumpArgs(dump_type: u32) -> aclError {
    entry::acl("aclopStopDumpArgs", || {
        check_type(dump_type)?;
        if dump::set_arguments(None) {
            return Ok(());
        }
        let what = "expected a dump of arguments that aclopStartDumpArgs began, got none".to_owned();
        Err(Error::Code { code: ACL_ERROR_DUMP_NOT_RUN, what })
    })
}
