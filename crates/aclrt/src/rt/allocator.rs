//! `acl/acl_rt_allocator.h`: allocators of the program, by stream.

use super::not_null;
use capi::{
    ArgError, Error, Result,
    abi::{
        aclError, aclrtAllocator, aclrtAllocatorAllocAdviseFunc, aclrtAllocatorAllocFunc, aclrtAllocatorDesc,
        aclrtAllocatorFreeFunc, aclrtAllocatorGetAddrFromBlockFunc, aclrtStream,
    },
    allocator::{self, DESCRIPTIONS, Description, Registered},
    boundary, code, entry, runtime,
};
use parking_lot::Mutex;

/// Changes a description.
fn change(desc: aclrtAllocatorDesc, act: impl FnOnce(&mut Description)) -> Result {
    not_null(desc, "allocatorDesc")?;
    let description = DESCRIPTIONS.get(desc).map_err(|error| error.arg("allocatorDesc"))?;
    act(&mut description.lock());
    Ok(())
}

fn required<T>(function: Option<T>, argument: &'static str) -> Result<T> {
    function.ok_or_else(|| ArgError::Null { argument }.into())
}

/// Makes an empty description of an allocator.
///
/// # Returns
/// - the description, or null when none can be made
///
/// The caller destroys it with aclrtAllocatorDestroyDesc.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtAllocatorCreateDesc() -> aclrtAllocatorDesc {
    entry::value("aclrtAllocatorCreateDesc", || {
        DESCRIPTIONS.insert(Mutex::default()).map_err(|error| error.arg("allocatorDesc"))
    })
    .unwrap_or(std::ptr::null_mut())
}

/// Destroys a description. What was registered with it stays.
///
/// # Parameters
/// - allocatorDesc: the description
///
/// # Returns
/// - 0 on success
/// - 100000 when allocatorDesc is null
/// - 107017 when allocatorDesc is no live description
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtAllocatorDestroyDesc(allocator_desc: aclrtAllocatorDesc) -> aclError {
    entry::acl("aclrtAllocatorDestroyDesc", || {
        not_null(allocator_desc, "allocatorDesc")?;
        DESCRIPTIONS.remove(allocator_desc).map_err(|error| error.arg("allocatorDesc"))?;
        Ok(())
    })
}

/// Sets the program's object, which its functions are called with.
///
/// # Parameters
/// - allocatorDesc: the description
/// - allocator: the object
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107017 when allocatorDesc is no live description
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C4 holds for the functions that will be called with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtAllocatorSetObjToDesc(
    allocator_desc: aclrtAllocatorDesc,
    allocator: aclrtAllocator,
) -> aclError {
    entry::acl("aclrtAllocatorSetObjToDesc", || {
        not_null(allocator, "allocator")?;
        change(allocator_desc, |description| description.object = allocator.expose_provenance())
    })
}

/// Sets the function that takes memory: it returns a block, or null when there is none.
///
/// # Parameters
/// - allocatorDesc: the description
/// - func: the function
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107017 when allocatorDesc is no live description
///
/// # Thread safety
/// May be called from any thread. The function is called by the thread that queues an operator.
///
/// # Safety
/// C4 holds for `func`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtAllocatorSetAllocFuncToDesc(
    allocator_desc: aclrtAllocatorDesc,
    func: aclrtAllocatorAllocFunc,
) -> aclError {
    entry::acl("aclrtAllocatorSetAllocFuncToDesc", || {
        let func = required(func, "func")?;
        change(allocator_desc, |description| description.alloc = Some(func))
    })
}

/// Sets the function that gives a block back. It is called as soon as the work that uses the block is queued: what is
/// taken on the same stream afterwards may be the same memory.
///
/// # Parameters
/// - allocatorDesc: the description
/// - func: the function
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107017 when allocatorDesc is no live description
///
/// # Thread safety
/// May be called from any thread. The function is called by the thread that queues an operator.
///
/// # Safety
/// C4 holds for `func`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtAllocatorSetFreeFuncToDesc(
    allocator_desc: aclrtAllocatorDesc,
    func: aclrtAllocatorFreeFunc,
) -> aclError {
    entry::acl("aclrtAllocatorSetFreeFuncToDesc", || {
        let func = required(func, "func")?;
        change(allocator_desc, |description| description.free = Some(func))
    })
}

/// Sets the function that takes memory near an address. It is kept; nothing here asks for addresses.
///
/// # Parameters
/// - allocatorDesc: the description
/// - func: the function
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107017 when allocatorDesc is no live description
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C4 holds for `func`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtAllocatorSetAllocAdviseFuncToDesc(
    allocator_desc: aclrtAllocatorDesc,
    func: aclrtAllocatorAllocAdviseFunc,
) -> aclError {
    entry::acl("aclrtAllocatorSetAllocAdviseFuncToDesc", || {
        let func = required(func, "func")?;
        change(allocator_desc, |description| description.alloc_advise = Some(func))
    })
}

/// Sets the function that tells a block's device address.
///
/// # Parameters
/// - allocatorDesc: the description
/// - func: the function
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107017 when allocatorDesc is no live description
///
/// # Thread safety
/// May be called from any thread. The function is called by the thread that queues an operator.
///
/// # Safety
/// C4 holds for `func`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtAllocatorSetGetAddrFromBlockFuncToDesc(
    allocator_desc: aclrtAllocatorDesc,
    func: aclrtAllocatorGetAddrFromBlockFunc,
) -> aclError {
    entry::acl("aclrtAllocatorSetGetAddrFromBlockFuncToDesc", || {
        let func = required(func, "func")?;
        change(allocator_desc, |description| description.address = Some(func))
    })
}

/// Registers an allocator for a stream, in place of the one it had: operators by type (aclop) that are queued there take
/// from it what they need beside their operands.
///
/// # Parameters
/// - stream: a stream; not null
/// - allocatorDesc: a description with an object and the functions to take, to locate and to give back
///
/// # Returns
/// - 0 on success; the description may be destroyed
/// - 100000 when an argument is null or the description lacks something
/// - 107002 when the thread has no context
/// - 107003 when the stream belongs to another context
/// - 107017 when a handle is not live
///
/// Ends with aclrtAllocatorUnregister or with the stream.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C4 holds for the functions of the description.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtAllocatorRegister(
    stream: aclrtStream,
    allocator_desc: aclrtAllocatorDesc,
) -> aclError {
    entry::acl("aclrtAllocatorRegister", || {
        not_null(stream, "stream")?;
        not_null(allocator_desc, "allocatorDesc")?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        let found = DESCRIPTIONS.get(allocator_desc).map_err(|error| error.arg("allocatorDesc"))?;
        let description = *found.lock();
        let missing = if description.object == 0 {
            Some("aclrtAllocatorSetObjToDesc")
        } else if description.alloc.is_none() {
            Some("aclrtAllocatorSetAllocFuncToDesc")
        } else if description.free.is_none() {
            Some("aclrtAllocatorSetFreeFuncToDesc")
        } else if description.address.is_none() {
            Some("aclrtAllocatorSetGetAddrFromBlockFuncToDesc")
        } else {
            None
        };
        if let Some(missing) = missing {
            let expected = "a complete description".to_owned();
            let got = format!("one without {missing}");
            return Err(ArgError::Range { argument: "allocatorDesc", expected, got }.into());
        }
        allocator::register(&stream, Registered { handle: allocator_desc.addr(), description });
        Ok(())
    })
}

/// Ends the registration of a stream's allocator.
///
/// # Parameters
/// - stream: the stream; not null
///
/// # Returns
/// - 0 on success
/// - 100000 when stream is null, or has no allocator
/// - 107002 when the thread has no context
/// - 107003 when the stream belongs to another context
/// - 107017 when stream is no live stream
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtAllocatorUnregister(stream: aclrtStream) -> aclError {
    entry::acl("aclrtAllocatorUnregister", || {
        not_null(stream, "stream")?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        if allocator::unregister(&stream) { Ok(()) } else { Err(none()) }
    })
}

fn none() -> Error {
    let what = "argument stream: expected one with a registered allocator, got one without".to_owned();
    Error::Code { code: code::ACL_ERROR_INVALID_PARAM, what }
}

/// What is registered for a stream.
///
/// # Parameters
/// - stream: the stream; not null
/// - allocatorDesc: receives the description, which may be destroyed by now
/// - allocator: receives the program's object
/// - allocFunc, freeFunc, allocAdviseFunc, getAddrFromBlockFunc: receive the functions, null where none was set
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, or the stream has no allocator
/// - 107002 when the thread has no context
/// - 107003 when the stream belongs to another context
/// - 107017 when stream is no live stream
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for all outputs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtAllocatorGetByStream(
    stream: aclrtStream,
    allocator_desc: *mut aclrtAllocatorDesc,
    allocator: *mut aclrtAllocator,
    alloc_func: *mut aclrtAllocatorAllocFunc,
    free_func: *mut aclrtAllocatorFreeFunc,
    alloc_advise_func: *mut aclrtAllocatorAllocAdviseFunc,
    get_addr_from_block_func: *mut aclrtAllocatorGetAddrFromBlockFunc,
) -> aclError {
    entry::acl("aclrtAllocatorGetByStream", || {
        not_null(stream, "stream")?;
        // SAFETY: C1.
        let desc = unsafe { boundary::out(allocator_desc, "allocatorDesc") }?;
        // SAFETY: C1.
        let object = unsafe { boundary::out(allocator, "allocator") }?;
        // SAFETY: C1.
        let alloc = unsafe { boundary::out(alloc_func, "allocFunc") }?;
        // SAFETY: C1.
        let free = unsafe { boundary::out(free_func, "freeFunc") }?;
        // SAFETY: C1.
        let advise = unsafe { boundary::out(alloc_advise_func, "allocAdviseFunc") }?;
        // SAFETY: C1.
        let address = unsafe { boundary::out(get_addr_from_block_func, "getAddrFromBlockFunc") }?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        let Registered { handle, description } = allocator::of(&stream).ok_or_else(none)?;
        desc.write(std::ptr::without_provenance_mut(handle));
        object.write(std::ptr::with_exposed_provenance_mut(description.object));
        alloc.write(description.alloc);
        free.write(description.free);
        advise.write(description.alloc_advise);
        address.write(description.address);
        Ok(())
    })
}
