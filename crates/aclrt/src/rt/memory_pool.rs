//! `acl/acl_rt_memory_soma.h`: memory pools in stream order.

use super::{memory_place::install, not_null, param};
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_MEM_ALLOCATION_TYPE_PINNED, ACL_MEM_HANDLE_TYPE_NONE, ACL_MEM_HANDLE_TYPE_POSIX,
        ACL_MEM_LOCATION_TYPE_DEVICE, ACL_RT_MEM_POOL_ATTR_RELEASE_THRESHOLD,
        ACL_RT_MEM_POOL_ATTR_RESERVED_MEM_CURRENT, ACL_RT_MEM_POOL_ATTR_RESERVED_MEM_HIGH,
        ACL_RT_MEM_POOL_ATTR_USED_MEM_CURRENT, ACL_RT_MEM_POOL_ATTR_USED_MEM_HIGH,
        ACL_RT_MEM_POOL_REUSE_ALLOW_INTERNAL_DEPENDENCIES, ACL_RT_MEM_POOL_REUSE_ALLOW_OPPORTUNISTIC,
        ACL_RT_MEM_POOL_REUSE_FOLLOW_EVENT_DEPENDENCIES, aclError, aclrtMemPool, aclrtMemPoolAttr,
        aclrtMemPoolProps, aclrtStream,
    },
    boundary, entry,
    handle::{HandleTable, Kind},
    runtime,
};
use npu_device::pools::{self, Pool, PoolError, Reuse};
use std::{ffi::c_void, sync::Arc};

/// `aclrtMemPool`
static POOLS: HandleTable<Arc<Pool>> = HandleTable::new(Kind::MemPool);

fn pool(handle: aclrtMemPool) -> Result<Arc<Pool>> {
    not_null(handle, "memPool")?;
    POOLS.get(handle).map(|pool| Arc::clone(&pool)).map_err(|error| error.arg("memPool"))
}

fn failed(argument: &'static str) -> impl Fn(PoolError) -> Error {
    move |error| match error {
        PoolError::Memory(source) => Error::MemoryArg { argument, source },
        PoolError::Exec(error) => error.into(),
    }
}

/// Makes a pool of device memory.
///
/// # Parameters
/// - memPool: receives the pool
/// - poolProps: pinned memory on a device, at most maxSize bytes of it (0 for no limit but the device's); reserved bytes
///   are 0
///
/// # Returns
/// - 0 on success; memory is taken as it is needed
/// - 100000 when a pointer is null or a property is out of range
/// - 107001 when there is no such device
/// - 207000 when the location is not a device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `mem_pool` and `pool_props`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemPoolCreate(
    mem_pool: *mut aclrtMemPool,
    pool_props: *const aclrtMemPoolProps,
) -> aclError {
    entry::acl("aclrtMemPoolCreate", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(mem_pool, "memPool") }?;
        // SAFETY: C1.
        let props = unsafe { boundary::required(pool_props, "poolProps") }?;
        let refuse = |expected: &str, got: u64| {
            let expected = expected.to_owned();
            Err(ArgError::Range { argument: "poolProps", expected, got: got.to_string() }.into())
        };
        if props.allocType != ACL_MEM_ALLOCATION_TYPE_PINNED {
            return refuse("allocType ACL_MEM_ALLOCATION_TYPE_PINNED (0)", u64::from(props.allocType));
        }
        if !matches!(props.handleType, ACL_MEM_HANDLE_TYPE_NONE | ACL_MEM_HANDLE_TYPE_POSIX) {
            let expected = "handleType ACL_MEM_HANDLE_TYPE_NONE (0) or _POSIX (2)";
            return refuse(expected, u64::from(props.handleType));
        }
        if props.location.r#type != ACL_MEM_LOCATION_TYPE_DEVICE {
            let what = format!("a memory pool at location type {}", props.location.r#type);
            return Err(Error::Unsupported { what });
        }
        if let Some(byte) = props.reserved.iter().find(|byte| **byte != 0) {
            return refuse("reserved bytes of 0", u64::from(*byte));
        }
        let id = i32::try_from(props.location.id).unwrap_or(-1);
        let device = runtime::runtime()?.device(id, "poolProps")?;
        install()?;
        let pool = Pool::new(device, props.maxSize as u64);
        out.write(POOLS.insert(pool).map_err(|error| error.arg("memPool"))?);
        Ok(())
    })
}

/// Destroys a pool. What the program still has of it stays usable until it is freed, and what streams still use until
/// they have passed.
///
/// # Parameters
/// - memPool: the pool
///
/// # Returns
/// - 0 on success
/// - 100000 when memPool is null
/// - 107017 when memPool is no live pool
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemPoolDestroy(mem_pool: aclrtMemPool) -> aclError {
    entry::acl("aclrtMemPoolDestroy", || {
        not_null(mem_pool, "memPool")?;
        let pool = POOLS.remove(mem_pool).map_err(|error| error.arg("memPool"))?;
        pool.destroy();
        Ok(())
    })
}

/// Allocates from a pool, for work that is queued on the stream from now on.
///
/// What was freed on the stream is used again at once, the block closest in size first; what was freed on another stream
/// as the pool's attributes allow: when events order the two, when the other stream has passed the point, or, where
/// memory is short, by making this stream wait for it.
///
/// # Parameters
/// - ptr: receives the address, a multiple of 512
/// - size: bytes, above 0
/// - memPool: the pool
/// - stream: a stream of the pool's device, null for the default one
///
/// # Returns
/// - 0 on success; the content is undefined
/// - 100000 when ptr or memPool is null or size is 0
/// - 107000 when the stream is on another device
/// - 107002 when the thread has no context
/// - 107003 when the stream belongs to another context
/// - 107017 when memPool or stream is not live
/// - 207001 when the pool or its device is out of memory
///
/// Freed with aclrtMemPoolFreeAsync.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `ptr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemPoolMallocAsync(
    ptr: *mut *mut c_void,
    size: usize,
    mem_pool: aclrtMemPool,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtMemPoolMallocAsync", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(ptr, "ptr") }?;
        if size == 0 {
            let expected = "a size above 0".to_owned();
            return Err(ArgError::Range { argument: "size", expected, got: "0".into() }.into());
        }
        let pool = pool(mem_pool)?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        if stream.device_id() != pool.device_id() {
            let expected = format!("a stream of device {}, whose memory the pool has", pool.device_id());
            return Err(param("stream", &expected, format!("one of device {}", stream.device_id())));
        }
        let info = pool.alloc("aclrtMemPoolMallocAsync", size as u64, &stream).map_err(failed("memPool"))?;
        out.write(std::ptr::without_provenance_mut(info.base as usize));
        Ok(())
    })
}

/// Gives memory back to its pool: at the point that the stream has reached with what is queued so far. Addresses are
/// not the program's any more when the call returns; work queued before still uses them.
///
/// # Parameters
/// - ptr: an address of aclrtMemPoolMallocAsync that was not freed
/// - stream: a stream that comes after the last use, null for the default one
///
/// # Returns
/// - 0 on success
/// - 100000 when ptr is null
/// - 107000 when ptr is anything else. Nothing is freed
/// - 107002 when the thread has no context
/// - 107003 when the stream belongs to another context
/// - 107017 when stream is no live stream
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// None: the address is checked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemPoolFreeAsync(ptr: *mut c_void, stream: aclrtStream) -> aclError {
    entry::acl("aclrtMemPoolFreeAsync", || {
        not_null(ptr, "ptr")?;
        let stream = runtime::resolve_stream(stream, "stream")?;
        pools::free("aclrtMemPoolFreeAsync", ptr as u64, &stream).map_err(failed("ptr"))
    })
}

/// Gives free memory of a pool back to its device, as far as streams have passed it.
///
/// # Parameters
/// - memPool: the pool
/// - minBytesToKeep: how many bytes it keeps at least, those in use included
///
/// # Returns
/// - 0 on success
/// - 100000 when memPool is null
/// - 107017 when memPool is no live pool
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemPoolTrimTo(mem_pool: aclrtMemPool, min_bytes_to_keep: usize) -> aclError {
    entry::acl("aclrtMemPoolTrimTo", || {
        pool(mem_pool)?.trim_to(min_bytes_to_keep as u64);
        Ok(())
    })
}

fn reuse(attr: aclrtMemPoolAttr) -> Option<Reuse> {
    match attr {
        ACL_RT_MEM_POOL_REUSE_FOLLOW_EVENT_DEPENDENCIES => Some(Reuse::FollowEvents),
        ACL_RT_MEM_POOL_REUSE_ALLOW_OPPORTUNISTIC => Some(Reuse::Opportunistic),
        ACL_RT_MEM_POOL_REUSE_ALLOW_INTERNAL_DEPENDENCIES => Some(Reuse::InternalDependencies),
        _ => None,
    }
}

/// Sets an attribute of a pool.
///
/// # Parameters
/// - memPool: the pool
/// - attr: what is set
/// - value: for the three kinds of reuse across streams a uint32_t, 1 to allow it (the default) or 0; for the release
///   threshold a uint64_t, the free bytes that stay with the pool when a stream is waited for (0 by default); for the two
///   high marks a uint64_t of 0, which makes them the current figures
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107000 when attr is unknown or only read, or value is out of range
/// - 107017 when memPool is no live pool
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `value` as a pointer to what `attr` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemPoolSetAttr(
    mem_pool: aclrtMemPool,
    attr: aclrtMemPoolAttr,
    value: *mut c_void,
) -> aclError {
    entry::acl("aclrtMemPoolSetAttr", || {
        let pool = pool(mem_pool)?;
        not_null(value, "value")?;
        if let Some(kind) = reuse(attr) {
            // SAFETY: C1.
            let wanted = *unsafe { boundary::required(value.cast::<u32>().cast_const(), "value") }?;
            if wanted > 1 {
                return Err(param("value", "0 or 1", wanted));
            }
            pool.set_reuse(kind, wanted == 1);
            return Ok(());
        }
        // SAFETY: C1.
        let wanted = || unsafe { boundary::required(value.cast::<u64>().cast_const(), "value") }.copied();
        match attr {
            ACL_RT_MEM_POOL_ATTR_RELEASE_THRESHOLD => pool.set_threshold(wanted()?),
            ACL_RT_MEM_POOL_ATTR_RESERVED_MEM_HIGH | ACL_RT_MEM_POOL_ATTR_USED_MEM_HIGH => {
                let wanted = wanted()?;
                if wanted != 0 {
                    return Err(param("value", "0, to begin anew", wanted));
                }
                pool.reset_high(attr == ACL_RT_MEM_POOL_ATTR_USED_MEM_HIGH);
            }
            other => return Err(param("attr", "an attribute that can be set: 1 to 4, 6 or 8", other)),
        }
        Ok(())
    })
}

/// An attribute of a pool.
///
/// # Parameters
/// - memPool: the pool
/// - attr: what is asked for
/// - value: receives a uint32_t for the three kinds of reuse, a uint64_t in bytes for the others
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null
/// - 107000 when attr is unknown
/// - 107017 when memPool is no live pool
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `value` as a pointer to what `attr` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemPoolGetAttr(
    mem_pool: aclrtMemPool,
    attr: aclrtMemPoolAttr,
    value: *mut c_void,
) -> aclError {
    entry::acl("aclrtMemPoolGetAttr", || {
        let pool = pool(mem_pool)?;
        not_null(value, "value")?;
        if let Some(kind) = reuse(attr) {
            // SAFETY: C1.
            unsafe { boundary::out(value.cast::<u32>(), "value") }?.write(u32::from(pool.reuses(kind)));
            return Ok(());
        }
        let figures = pool.figures();
        let number = match attr {
            ACL_RT_MEM_POOL_ATTR_RELEASE_THRESHOLD => pool.threshold(),
            ACL_RT_MEM_POOL_ATTR_RESERVED_MEM_CURRENT => figures.reserved,
            ACL_RT_MEM_POOL_ATTR_RESERVED_MEM_HIGH => figures.reserved_high,
            ACL_RT_MEM_POOL_ATTR_USED_MEM_CURRENT => figures.used,
            ACL_RT_MEM_POOL_ATTR_USED_MEM_HIGH => figures.used_high,
            other => return Err(param("attr", "an attribute from 1 to 8", other)),
        };
        // SAFETY: C1.
        unsafe { boundary::out(value.cast::<u64>(), "value") }?.write(number);
        Ok(())
    })
}
