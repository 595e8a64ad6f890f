//! Channels: datasets pass through them, from whoever sends to whoever receives.

use super::{
    block::Block,
    dataset,
    item::{Data, Item, Tensor},
    refused, until,
};
use crate::rt::memory_place::Span;
use capi::{
    Error, Result,
    abi::{
        ACL_ERROR_FAILURE, ACL_ERROR_RT_QUEUE_EMPTY, ACL_ERROR_RT_QUEUE_FULL, ACL_TENSOR_DATA_END_TENSOR,
        ACL_TENSOR_DATA_SLICE_TENSOR, aclError, acltdtChannelHandle, acltdtDataset,
    },
    boundary, entry,
    handle::{HandleTable, Kind, Ref},
    runtime,
};
use npu_device::{
    fifo::{Fifo, Refusal, Stop},
    memory::Origin,
};
use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    ffi::{CStr, CString, c_char, c_void},
    ptr,
    sync::{Arc, Weak},
};

/// How many datasets a channel may have room for.
const LEAST: usize = 2;
const MOST: usize = 8192;

/// A dataset on its way.
pub(super) type Delivery = Vec<(Tensor, Block)>;

/// What all handles of one device and name share.
#[derive(Debug)]
struct Channel {
    name: CString,
    fifo: Fifo<Delivery>,
}

/// A handle's own side of a channel.
#[derive(Debug)]
struct End {
    channel: Arc<Channel>,
    stop: Stop,
}

/// `acltdtChannelHandle`
static ENDS: HandleTable<End> = HandleTable::new(Kind::TdtChannel);

/// Channels in use, by device and name.
static CHANNELS: Mutex<BTreeMap<(u32, CString), Weak<Channel>>> = Mutex::new(BTreeMap::new());

fn get(raw: *const acltdtChannelHandle) -> Result<Ref<'static, End>> {
    ENDS.get(raw.cast()).map_err(|error| error.arg("handle"))
}

/// A handle of the channel with this name. `capacity` is none where the channel may have any.
///
/// # Safety
/// C3 holds for `name`.
unsafe fn open(device: u32, name: *const c_char, capacity: Option<usize>) -> Result<*mut c_void> {
    // SAFETY: (C3) passed on.
    let name = unsafe { boundary::c_str(name, "name") }?;
    let id = i32::try_from(device).unwrap_or(-1);
    runtime::runtime()?.device(id, "deviceId")?;
    if name.is_empty() {
        return Err(refused("name", "a name that is not empty", "an empty one"));
    }
    if let Some(capacity) = capacity
        && !(LEAST..=MOST).contains(&capacity)
    {
        return Err(refused("capacity", format!("{LEAST} to {MOST}"), capacity));
    }
    let channel = join(device, name, capacity)?;
    ENDS.insert(End { channel, stop: Stop::default() }).map_err(|error| error.arg("handle"))
}

fn join(device: u32, name: &CStr, capacity: Option<usize>) -> Result<Arc<Channel>> {
    let mut channels = CHANNELS.lock();
    channels.retain(|_, channel| channel.strong_count() > 0);
    let key = (device, name.to_owned());
    if let Some(channel) = channels.get(&key).and_then(Weak::upgrade) {
        let has = channel.fifo.capacity();
        if let Some(wanted) = capacity.filter(|wanted| *wanted != has) {
            let expected = format!("{has}, as the channel {name:?} of device {device} is in use with it");
            return Err(refused("capacity", expected, wanted));
        }
        return Ok(channel);
    }
    let channel = Channel { name: name.to_owned(), fifo: Fifo::new(capacity.unwrap_or(MOST)) };
    let channel = Arc::new(channel);
    channels.insert(key, Arc::downgrade(&channel));
    Ok(channel)
}

impl End {
    fn refused(&self, refusal: Refusal, code: aclError) -> Error {
        let Channel { name, fifo } = &*self.channel;
        let capacity = fifo.capacity();
        match refusal {
            Refusal::Stopped => Error::Code {
                code: ACL_ERROR_FAILURE,
                what: format!(
                    "this handle of channel {name:?} was stopped by acltdtStopChannel or destroyed"
                ),
            },
            Refusal::Unready | Refusal::Declined => {
                let state = if code == ACL_ERROR_RT_QUEUE_FULL { "full" } else { "empty" };
                let what = format!(
                    "channel {name:?}, with room for {capacity} datasets, stayed {state} until the time was up"
                );
                Error::Code { code, what }
            }
        }
    }
}

/// Copies items with their data, and counts slices.
fn load(items: &[Ref<'static, Item>]) -> Result<Delivery> {
    let mut delivery = Vec::with_capacity(items.len());
    for item in items {
        let span = match &item.data {
            Data::Program { size: 0, .. } => None,
            Data::Program { address, size } => {
                let data: *const u8 = ptr::with_exposed_provenance(*address as usize);
                Some(Span::check(data, *size, "dataset")?)
            }
            Data::Delivered(block) => (block.size() > 0)
                .then(|| Span::check(block.pointer(), block.size(), "dataset"))
                .transpose()?,
        };
        delivery.push((item.tensor.clone(), Block::copy_of(span, Origin::SendTensor)?));
    }
    number_slices(&mut delivery);
    Ok(delivery)
}

fn number_slices(delivery: &mut Delivery) {
    let mut first = 0;
    while first < delivery.len() {
        let cut =
            delivery[first..].iter().take_while(|(tensor, _)| tensor.kind == ACL_TENSOR_DATA_SLICE_TENSOR);
        let slices = cut.count();
        let ended =
            delivery.get(first + slices).is_some_and(|(tensor, _)| tensor.kind == ACL_TENSOR_DATA_END_TENSOR);
        let count = slices + usize::from(ended);
        for (id, (tensor, _)) in delivery[first..first + count].iter_mut().enumerate() {
            tensor.slice = (count, id);
        }
        first += count.max(1);
    }
}

/// Opens a channel. All handles that a process opens for one device and name belong to the same channel: what is sent
/// through any of them, the next to receive through any of them gets.
///
/// # Parameters
/// - deviceId: the device
/// - name: the channel's name, not empty
///
/// # Returns
/// - the handle, to be destroyed by acltdtDestroyChannel. A new channel has room for 8192 datasets.
/// - null when there is no such device, or `name` is null or empty
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `name`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtCreateChannel(
    device_id: u32,
    name: *const c_char,
) -> *mut acltdtChannelHandle {
    // SAFETY: (C3) passed on.
    entry::value("acltdtCreateChannel", || unsafe { open(device_id, name, None) })
        .map_or(ptr::null_mut(), <*mut c_void>::cast)
}

/// Opens a channel with room for a number of datasets, as acltdtCreateChannel does.
///
/// # Parameters
/// - deviceId: the device
/// - name: the channel's name, not empty
/// - capacity: how many datasets it has room for, 2 to 8192
///
/// # Returns
/// - the handle, to be destroyed by acltdtDestroyChannel
/// - null when there is no such device, `name` is null or empty, `capacity` is out of range, or the channel is open
///   with another one
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C3 holds for `name`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtCreateChannelWithCapacity(
    device_id: u32,
    name: *const c_char,
    capacity: usize,
) -> *mut acltdtChannelHandle {
    // SAFETY: (C3) passed on.
    entry::value("acltdtCreateChannelWithCapacity", || unsafe { open(device_id, name, Some(capacity)) })
        .map_or(ptr::null_mut(), <*mut c_void>::cast)
}

/// Ends the waits of other threads in acltdtSendTensor and acltdtReceiveTensor with this handle. Later ones fail at once.
/// Other handles of the channel, and what is in it, stay as they are.
///
/// # Parameters
/// - handle: a handle of a channel
///
/// # Returns
/// - 0 on success
/// - 100000 when `handle` is null
/// - 107017 when it is no handle of a channel, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtStopChannel(handle: *mut acltdtChannelHandle) -> aclError {
    entry::acl("acltdtStopChannel", || {
        let end = get(handle)?;
        end.channel.fifo.stop(&end.stop);
        Ok(())
    })
}

/// Destroys a handle of a channel; who waits with it fails as after acltdtStopChannel. The channel goes, with what is in
/// it, when its last handle goes.
///
/// # Parameters
/// - handle: the handle. It is invalid at once.
///
/// # Returns
/// - 0 on success
/// - 100000 when `handle` is null
/// - 107017 when it is no handle of a channel, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtDestroyChannel(handle: *mut acltdtChannelHandle) -> aclError {
    entry::acl("acltdtDestroyChannel", || {
        let end = ENDS.remove(handle.cast()).map_err(|error| error.arg("handle"))?;
        end.channel.fifo.stop(&end.stop);
        Ok(())
    })
}

/// Sends a copy of a dataset, its items with their data.
///
/// # Parameters
/// - handle: a handle of a channel
/// - dataset: the dataset; it and its items stay the program's
/// - timeout: how long to wait for room, in milliseconds; -1 without end, 0 not at all
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107000 when `timeout` is below -1, or data reach past an allocation or into freed memory
/// - 107017 when handle, dataset or an item in it are none, or were already destroyed
/// - 207001 when the host has no more memory
/// - 207014 when the channel stayed full
/// - 500001 when the handle was stopped. In any failure nothing is sent.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Data of the items that are memory of the host are as acltdtCreateDataItem was told.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtSendTensor(
    handle: *const acltdtChannelHandle,
    dataset: *const acltdtDataset,
    timeout: i32,
) -> aclError {
    entry::acl("acltdtSendTensor", || {
        let end = get(handle)?;
        let items = dataset::get(dataset)?.lock().items()?;
        let slot = end.channel.fifo.reserve(until(timeout)?, &end.stop);
        let slot = slot.map_err(|refusal| end.refused(refusal, ACL_ERROR_RT_QUEUE_FULL))?;
        slot.fill(load(&items)?);
        Ok(())
    })
}

/// Receives a dataset: the one that was sent first and not received yet.
///
/// # Parameters
/// - handle: a handle of a channel
/// - dataset: a dataset without items of the program. It receives new items, which go with it; those that it received
///   before are destroyed.
/// - timeout: how long to wait for a dataset, in milliseconds; -1 without end, 0 not at all
///
/// # Returns
/// - 0 on success. A sign, such as the end of a sequence, is an item like others.
/// - 100000 when an argument is null, or the program added items to the dataset
/// - 107000 when `timeout` is below -1
/// - 107017 when handle or dataset are none, or were already destroyed
/// - 207013 when the channel stayed empty
/// - 500001 when the handle was stopped
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// The program uses data of items that the dataset received before no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtReceiveTensor(
    handle: *const acltdtChannelHandle,
    dataset: *mut acltdtDataset,
    timeout: i32,
) -> aclError {
    entry::acl("acltdtReceiveTensor", || {
        let end = get(handle)?;
        let dataset = dataset::get(dataset)?;
        dataset.lock().check_receives()?;
        let delivery = end.channel.fifo.take(until(timeout)?, &end.stop, |_| true);
        let delivery = delivery.map_err(|refusal| end.refused(refusal, ACL_ERROR_RT_QUEUE_EMPTY))?;
        dataset.lock().receive(delivery, &end.channel.name)
    })
}

/// How many datasets are in a channel.
///
/// # Parameters
/// - handle: a handle of the channel
/// - size: receives their number
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107017 when it is no handle of a channel, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `size`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtQueryChannelSize(
    handle: *const acltdtChannelHandle,
    size: *mut usize,
) -> aclError {
    entry::acl("acltdtQueryChannelSize", || {
        // SAFETY: (C1) passed on.
        let out = unsafe { boundary::out(size, "size") }?;
        out.write(get(handle)?.channel.fifo.len());
        Ok(())
    })
}

/// Drops all datasets that are in a channel. Who waits for room goes on.
///
/// # Parameters
/// - handle: a handle of the channel
///
/// # Returns
/// - 0 on success
/// - 100000 when `handle` is null
/// - 107017 when it is no handle of a channel, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtCleanChannel(handle: *mut acltdtChannelHandle) -> aclError {
    entry::acl("acltdtCleanChannel", || {
        drop(get(handle)?.channel.fifo.drain());
        Ok(())
    })
}
