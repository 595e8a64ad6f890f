//! Managed memory: one address for host and devices.

use super::{memory_place::device_memory, not_null, param};
use capi::{
    ArgError, Error, Result,
    abi::{
        ACL_MEM_ADVISE_SET_ACCESSED_BY, ACL_MEM_ADVISE_SET_PREFERRED_LOCATION,
        ACL_MEM_ADVISE_SET_READ_MOSTLY, ACL_MEM_ADVISE_UNSET_ACCESSED_BY,
        ACL_MEM_ADVISE_UNSET_PREFERRED_LOCATION, ACL_MEM_ADVISE_UNSET_READ_MOSTLY,
        ACL_MEM_LOCATIONTYPE_DEVICE, ACL_MEM_LOCATIONTYPE_HOST, ACL_MEM_LOCATIONTYPE_HOST_NUMA,
        ACL_MEM_LOCATIONTYPE_HOST_NUMA_CURRENT, ACL_MEM_LOCATIONTYPE_INVALID,
        ACL_MEM_RANGE_ATTRIBUTE_ACCESSED_BY, ACL_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION,
        ACL_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_ID,
        ACL_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_TYPE, ACL_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION,
        ACL_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_ID, ACL_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_TYPE,
        ACL_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, ACL_RT_MEM_ATTACH_GLOBAL, aclError, aclrtMemManagedAdviseType,
        aclrtMemManagedLocation, aclrtMemManagedRangeAttribute, aclrtStream,
    },
    boundary, entry, runtime,
};
use npu_device::memory::{
    MemoryError,
    unified::{self, Advice, Advised, Location, PAGE},
};
use std::{ffi::c_void, mem::MaybeUninit};

/// What one process may have.
const MOST: u64 = 3 << 40;
/// The host, as a device number.
const HOST: i32 = -1;
/// No device, or not the same everywhere.
const INVALID: i32 = -2;

fn located(location: &aclrtMemManagedLocation, argument: &'static str) -> Result<Location> {
    match location.r#type {
        ACL_MEM_LOCATIONTYPE_DEVICE => {
            Ok(Location::Device(runtime::runtime()?.device(location.id, argument)?.id()))
        }
        ACL_MEM_LOCATIONTYPE_HOST => Ok(Location::Host),
        ACL_MEM_LOCATIONTYPE_HOST_NUMA => match u32::try_from(location.id) {
            Ok(node) => Ok(Location::Node(node)),
            Err(_) => Err(param(argument, "a NUMA node from 0 on", location.id)),
        },
        ACL_MEM_LOCATIONTYPE_HOST_NUMA_CURRENT => Ok(Location::Node(unified::current_node())),
        other => Err(param(argument, "a location type from 1 to 4", other)),
    }
}

fn not_zero(size: u64, argument: &'static str) -> Result {
    if size > 0 {
        return Ok(());
    }
    Err(ArgError::Range { argument, expected: "a size above 0".to_owned(), got: "0".into() }.into())
}

fn at(argument: &'static str) -> impl Fn(MemoryError) -> Error {
    move |source| Error::MemoryArg { argument, source }
}

/// Allocates memory that the host and all devices use under one address. The pages are the host's and take memory when
/// they are first used.
///
/// # Parameters
/// - ptr: receives the address, a multiple of 2 MiB
/// - size: bytes, above 0, rounded up to 2 MiB
/// - flag: ACL_RT_MEM_ATTACH_GLOBAL
///
/// # Returns
/// - 0 on success; the content is undefined
/// - 100000 when ptr is null or size is 0
/// - 107000 when flag is not ACL_RT_MEM_ATTACH_GLOBAL
/// - 107002 when the thread has no context
/// - 207001 when size is above 3 TiB, or there are no addresses left
///
/// Released with aclrtFree. Host and device order their accesses themselves, with streams and events.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `ptr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemAllocManaged(ptr: *mut *mut c_void, size: u64, flag: u32) -> aclError {
    entry::acl("aclrtMemAllocManaged", || {
        // SAFETY: C1.
        let out = unsafe { boundary::out(ptr, "ptr") }?;
        not_zero(size, "size")?;
        if flag != ACL_RT_MEM_ATTACH_GLOBAL {
            return Err(param("flag", "ACL_RT_MEM_ATTACH_GLOBAL (1)", flag));
        }
        let device = device_memory()?;
        if size > MOST {
            return Err(MemoryError::HostOutOfMemory { requested: size }.into());
        }
        let info = unified::alloc(device, size)?;
        out.write(std::ptr::with_exposed_provenance_mut(info.base as usize));
        Ok(())
    })
}

/// Takes advice about pages of managed memory, which aclrtMemManagedGetAttr tells. It makes no difference to where they
/// are: the simulated devices' memory is the host's.
///
/// # Parameters
/// - ptr: where the pages begin
/// - size: their bytes, a multiple of 2 MiB above 0
/// - advise: what is set or unset
/// - location: where, for a preferred location and for who accesses
///
/// # Returns
/// - 0 on success
/// - 100000 when ptr is null or size is 0
/// - 107000 when the range is not in one managed allocation, size is no such multiple, or advise or location is unknown
/// - 107001 when there is no such device
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemManagedAdvise(
    ptr: *const c_void,
    size: u64,
    advise: aclrtMemManagedAdviseType,
    location: aclrtMemManagedLocation,
) -> aclError {
    entry::acl("aclrtMemManagedAdvise", || {
        not_null(ptr, "ptr")?;
        not_zero(size, "size")?;
        if !size.is_multiple_of(PAGE) {
            return Err(param("size", "a multiple of 2 MiB", size));
        }
        let place = || located(&location, "location");
        let advice = match advise {
            ACL_MEM_ADVISE_SET_READ_MOSTLY => Advice::ReadMostly(true),
            ACL_MEM_ADVISE_UNSET_READ_MOSTLY => Advice::ReadMostly(false),
            ACL_MEM_ADVISE_SET_PREFERRED_LOCATION => Advice::Preferred(Some(place()?)),
            ACL_MEM_ADVISE_UNSET_PREFERRED_LOCATION => Advice::Preferred(None),
            ACL_MEM_ADVISE_SET_ACCESSED_BY => Advice::AccessedBy(place()?, true),
            ACL_MEM_ADVISE_UNSET_ACCESSED_BY => Advice::AccessedBy(place()?, false),
            other => return Err(param("advise", "advice from 0 to 5", other)),
        };
        unified::advise(ptr as u64, size, advice).map_err(at("ptr"))
    })
}

fn number(location: Option<Location>) -> i32 {
    match location {
        Some(Location::Device(id) | Location::Node(id)) => id as i32,
        Some(Location::Host) => HOST,
        None => INVALID,
    }
}

fn kind(location: Option<Location>) -> i32 {
    (match location {
        Some(Location::Device(_)) => ACL_MEM_LOCATIONTYPE_DEVICE,
        Some(Location::Host) => ACL_MEM_LOCATIONTYPE_HOST,
        Some(Location::Node(_)) => ACL_MEM_LOCATIONTYPE_HOST_NUMA,
        None => ACL_MEM_LOCATIONTYPE_INVALID,
    }) as i32
}

/// The value of an attribute, as so many integers as there is room for.
fn value(advised: &Advised, attribute: aclrtMemManagedRangeAttribute, room: usize) -> Result<Vec<i32>> {
    let one = match attribute {
        ACL_MEM_RANGE_ATTRIBUTE_READ_MOSTLY => i32::from(advised.read_mostly),
        ACL_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION | ACL_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_ID => {
            number(advised.preferred)
        }
        ACL_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_TYPE => kind(advised.preferred),
        ACL_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION
        | ACL_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_ID => number(advised.prefetched),
        ACL_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_TYPE => kind(advised.prefetched),
        ACL_MEM_RANGE_ATTRIBUTE_ACCESSED_BY => {
            if room == 0 || !room.is_multiple_of(4) {
                return Err(param("dataSize", "a multiple of 4 above 0", room));
            }
            let mut all: Vec<i32> = advised.accessed_by.iter().map(|l| number(Some(*l))).collect();
            all.resize(room / 4, INVALID);
            return Ok(all);
        }
        other => return Err(param("attribute", "an attribute from 1 to 8", other)),
    };
    if room != 4 {
        return Err(param("dataSize", "4", room));
    }
    Ok(vec![one])
}

fn write(out: &mut [MaybeUninit<i32>], values: &[i32]) {
    for (out, value) in out.iter_mut().zip(values) {
        out.write(*value);
    }
}

/// What was said about pages of managed memory.
///
/// # Parameters
/// - attribute: what is asked for
/// - ptr: where the pages begin
/// - size: their bytes, above 0
/// - data: receives integers: 1 if all pages are mostly read, else 0; the device or NUMA node, -1 for the host, -2
///   where pages differ or nothing was said; a type of aclrtMemManagedLocationType; or the places that access all
///   pages, filled up with -2
/// - dataSize: 4, or for the accessing places a multiple of 4
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null or size is 0
/// - 107000 when the range is not in one managed allocation, or attribute or dataSize is out of range
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `data` with `data_size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemManagedGetAttr(
    attribute: aclrtMemManagedRangeAttribute,
    ptr: *const c_void,
    size: usize,
    data: *mut c_void,
    data_size: usize,
) -> aclError {
    entry::acl("aclrtMemManagedGetAttr", || {
        not_null(ptr, "ptr")?;
        not_null(data, "data")?;
        not_zero(size as u64, "size")?;
        let advised = unified::advised(ptr as u64, size as u64).map_err(at("ptr"))?;
        let values = value(&advised, attribute, data_size)?;
        // SAFETY: C2; so many integers fill `data_size` bytes.
        write(unsafe { boundary::out_slice(data.cast::<i32>(), values.len(), "data") }?, &values);
        Ok(())
    })
}

/// Several attributes at once, each as aclrtMemManagedGetAttr gives it.
///
/// # Parameters
/// - attributes: what is asked for
/// - numAttributes: how many, above 0
/// - ptr: where the pages begin
/// - size: their bytes, above 0
/// - data: for each attribute, where its value goes
/// - dataSizes: for each attribute, the bytes there
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, or size or numAttributes is 0
/// - 107000 as for aclrtMemManagedGetAttr; nothing is written then
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for the three arrays with `num_attributes` elements, and for each element of `data` with its size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemManagedGetAttrs(
    attributes: *mut aclrtMemManagedRangeAttribute,
    num_attributes: usize,
    ptr: *const c_void,
    size: usize,
    data: *mut *mut c_void,
    data_sizes: *mut usize,
) -> aclError {
    entry::acl("aclrtMemManagedGetAttrs", || {
        not_null(attributes, "attributes")?;
        not_null(ptr, "ptr")?;
        not_null(data, "data")?;
        not_null(data_sizes, "dataSizes")?;
        not_zero(size as u64, "size")?;
        not_zero(num_attributes as u64, "numAttributes")?;
        // SAFETY: C2.
        let attributes = unsafe { boundary::slice(attributes.cast_const(), num_attributes, "attributes") }?;
        // SAFETY: C2.
        let data = unsafe { boundary::slice(data.cast_const(), num_attributes, "data") }?;
        // SAFETY: C2.
        let sizes = unsafe { boundary::slice(data_sizes.cast_const(), num_attributes, "dataSizes") }?;
        let advised = unified::advised(ptr as u64, size as u64).map_err(at("ptr"))?;
        let each = attributes.iter().zip(sizes).map(|(attribute, room)| value(&advised, *attribute, *room));
        let values = each.collect::<Result<Vec<_>>>()?;
        let mut outs = Vec::with_capacity(values.len());
        for (data, values) in data.iter().zip(&values) {
            // SAFETY: C2; so many integers fill the element's bytes.
            outs.push(unsafe { boundary::out_slice(data.cast::<i32>(), values.len(), "data") }?);
        }
        for (out, values) in outs.into_iter().zip(&values) {
            write(out, values);
        }
        Ok(())
    })
}

/// One range and where it goes.
struct Move {
    address: u64,
    size: u64,
    to: Location,
}

/// Remembers where ranges go, and queues bringing them into memory.
fn prefetch(function: &'static str, moves: Vec<Move>, stream: aclrtStream) -> Result {
    let stream = runtime::resolve_stream(stream, "stream")?;
    // All are checked before any is changed.
    for range in &moves {
        unified::advised(range.address, range.size).map_err(at("ptr"))?;
    }
    for range in &moves {
        unified::advise(range.address, range.size, Advice::Prefetched(range.to)).map_err(at("ptr"))?;
    }
    stream.submit(function, move |_| {
        for range in &moves {
            unified::populate(range.address, range.size);
        }
        Ok(())
    })?;
    Ok(())
}

/// Queues bringing pages of managed memory to a place: when the stream has passed, they are in memory, and neither host
/// nor device waits for them at their first use.
///
/// # Parameters
/// - ptr: where the pages begin
/// - size: their bytes, above 0
/// - location: where to; remembered as the last such place
/// - flags: 0
/// - stream: the stream, null for the default one
///
/// # Returns
/// - 0 on success
/// - 100000 when ptr is null or size is 0
/// - 107000 when the range is not in one managed allocation, or flags or location is out of range
/// - 107001 when there is no such device
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
pub unsafe extern "C" fn aclrtMemManagedPrefetchAsync(
    ptr: *const c_void,
    size: usize,
    location: aclrtMemManagedLocation,
    flags: u32,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtMemManagedPrefetchAsync", || {
        not_null(ptr, "ptr")?;
        not_zero(size as u64, "size")?;
        if flags != 0 {
            return Err(param("flags", "0", flags));
        }
        let to = located(&location, "location")?;
        let range = Move { address: ptr as u64, size: size as u64, to };
        prefetch("aclrtMemManagedPrefetchAsync", vec![range], stream)
    })
}

/// Queues bringing several ranges of managed memory to places.
///
/// # Parameters
/// - ptrs: where the ranges begin
/// - sizes: their bytes, above 0
/// - count: how many, above 0
/// - prefetchLocs: the places
/// - prefetchLocIdxs: for each place, the first range that goes there; those that follow do too, up to the next place's
///   first. Begins with 0 and rises
/// - numPrefetchLocs: how many places, above 0 and at most count
/// - flags: 0
/// - stream: the stream, null for the default one
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, or a count or size is 0
/// - 107000 when a range is not in one managed allocation, or an index, flags or a location is out of range; nothing is
///   queued then
/// - 107001, 107002, 107003, 107017 as for aclrtMemManagedPrefetchAsync
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for the four arrays with their counts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aclrtMemManagedPrefetchBatchAsync(
    ptrs: *mut *const c_void,
    sizes: *mut usize,
    count: usize,
    prefetch_locs: *mut aclrtMemManagedLocation,
    prefetch_loc_idxs: *mut usize,
    num_prefetch_locs: usize,
    flags: u64,
    stream: aclrtStream,
) -> aclError {
    entry::acl("aclrtMemManagedPrefetchBatchAsync", || {
        not_null(ptrs, "ptrs")?;
        not_null(sizes, "sizes")?;
        not_null(prefetch_locs, "prefetchLocs")?;
        not_null(prefetch_loc_idxs, "prefetchLocIdxs")?;
        not_zero(count as u64, "count")?;
        not_zero(num_prefetch_locs as u64, "numPrefetchLocs")?;
        if flags != 0 {
            return Err(param("flags", "0", flags));
        }
        // SAFETY: C2.
        let ptrs = unsafe { boundary::slice(ptrs.cast_const(), count, "ptrs") }?;
        // SAFETY: C2.
        let sizes = unsafe { boundary::slice(sizes.cast_const(), count, "sizes") }?;
        // SAFETY: C2.
        let places =
            unsafe { boundary::slice(prefetch_locs.cast_const(), num_prefetch_locs, "prefetchLocs") }?;
        // SAFETY: C2.
        let firsts =
            unsafe { boundary::slice(prefetch_loc_idxs.cast_const(), num_prefetch_locs, "prefetchLocIdxs") }?;
        let rising = firsts.windows(2).all(|pair| pair[0] < pair[1]);
        if firsts[0] != 0 || !rising || firsts[num_prefetch_locs - 1] >= count {
            let expected = format!("0 and then rising indices below {count}");
            return Err(param("prefetchLocIdxs", &expected, format!("{firsts:?}")));
        }
        let places = places.iter().map(|place| located(place, "prefetchLocs")).collect::<Result<Vec<_>>>()?;
        let mut moves = Vec::with_capacity(count);
        for (i, (ptr, size)) in ptrs.iter().zip(sizes).enumerate() {
            not_null(*ptr, "ptrs")?;
            not_zero(*size as u64, "sizes")?;
            let to = places[firsts.partition_point(|first| *first <= i) - 1];
            moves.push(Move { address: *ptr as u64, size: *size as u64, to });
        }
        prefetch("aclrtMemManagedPrefetchBatchAsync", moves, stream)
    })
}
