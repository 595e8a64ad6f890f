//! Items: a tensor each, which the program describes or a channel delivered.

use super::{block::Block, refused};
use crate::base::dtype::is_data_type;
use capi::{
    ArgError, Result,
    abi::{
        ACL_DT_UNDEFINED, ACL_TENSOR_DATA_ABNORMAL, ACL_TENSOR_DATA_END_OF_SEQUENCE,
        ACL_TENSOR_DATA_END_TENSOR, ACL_TENSOR_DATA_TENSOR, ACL_TENSOR_DATA_UNDEFINED, aclDataType, aclError,
        acltdtDataItem, acltdtTensorType,
    },
    boundary, entry,
    handle::{HandleTable, Kind, Ref},
};
use std::{ffi::c_void, mem::MaybeUninit, ptr};

/// The most dimensions of a tensor.
const MOST_DIMS: usize = 128;

/// What a tensor is, without its data.
#[derive(Debug, Clone)]
pub(super) struct Tensor {
    pub(super) kind: acltdtTensorType,
    dims: Vec<i64>,
    data_type: aclDataType,
    /// Into how many slices it was cut, and which one this is; zeros for a whole one.
    pub(super) slice: (usize, usize),
}

/// Where an item's data are.
#[derive(Debug)]
pub(super) enum Data {
    /// In the program's memory.
    Program { address: u64, size: usize },
    /// In memory that came with the item.
    Delivered(Block),
}

#[derive(Debug)]
pub(super) struct Item {
    pub(super) tensor: Tensor,
    pub(super) data: Data,
}

/// `acltdtDataItem`
pub(super) static ITEMS: HandleTable<Item> = HandleTable::new(Kind::TdtItem);

pub(super) fn get(raw: *const c_void, argument: &'static str) -> Result<Ref<'static, Item>> {
    ITEMS.get(raw).map_err(|error| error.arg(argument))
}

impl Item {
    fn address(&self) -> *mut c_void {
        match &self.data {
            Data::Program { address, .. } => ptr::with_exposed_provenance_mut(*address as usize),
            Data::Delivered(block) => block.pointer().cast(),
        }
    }

    fn size(&self) -> usize {
        match &self.data {
            Data::Program { size, .. } => *size,
            Data::Delivered(block) => block.size(),
        }
    }
}

/// Describes a tensor, or says that there are no more.
///
/// # Parameters
/// - tdtType: ACL_TENSOR_DATA_TENSOR; _END_OF_SEQUENCE or _ABNORMAL, which usually come without dimensions and data;
///   _SLICE_TENSOR for a slice of a tensor, and _END_TENSOR for the last one
/// - dims: its dimensions, copied; may be null when dimNum is 0
/// - dimNum: their number, at most 128
/// - dataType: the element type; for a sign without data ACL_DT_UNDEFINED will do
/// - data: its bytes, in memory of the host or a device; may be null when size is 0
/// - size: how many bytes; whether they make the tensor is the program's business
///
/// # Returns
/// - the item, to be destroyed by acltdtDestroyDataItem. The data stay the program's: acltdtSendTensor copies them.
/// - null when an argument is not as above
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `dims` and `dim_num`. It holds for `data` and `size`, where they are memory of the host, during each call
/// of acltdtSendTensor with the item.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtCreateDataItem(
    tdt_type: acltdtTensorType,
    dims: *const i64,
    dim_num: usize,
    data_type: aclDataType,
    data: *mut c_void,
    size: usize,
) -> *mut acltdtDataItem {
    entry::value("acltdtCreateDataItem", || {
        if !(ACL_TENSOR_DATA_TENSOR..=ACL_TENSOR_DATA_END_TENSOR).contains(&tdt_type) {
            return Err(refused("tdtType", "a type of tensor, 0 to 4", tdt_type));
        }
        if dim_num > MOST_DIMS {
            return Err(refused("dimNum", format!("at most {MOST_DIMS}"), dim_num));
        }
        // SAFETY: (C2) passed on.
        let dims = unsafe { boundary::slice(dims, dim_num, "dims") }?;
        if let Some(dim) = dims.iter().find(|dim| **dim < 0) {
            return Err(refused("dims", "dimensions from 0 on", dim));
        }
        // Signs have no elements.
        let sign = matches!(tdt_type, ACL_TENSOR_DATA_END_OF_SEQUENCE | ACL_TENSOR_DATA_ABNORMAL);
        if !(is_data_type(data_type) || sign && data_type == ACL_DT_UNDEFINED) {
            return Err(refused("dataType", "an element type", data_type));
        }
        if size > isize::MAX as usize {
            return Err(refused("size", "a size that fits in memory", size));
        }
        if data.is_null() && size > 0 {
            return Err(ArgError::Null { argument: "data" }.into());
        }
        let tensor = Tensor { kind: tdt_type, dims: dims.to_vec(), data_type, slice: (0, 0) };
        let data = Data::Program { address: data.expose_provenance() as u64, size };
        ITEMS.insert(Item { tensor, data }).map_err(|error| error.arg("dataItem"))
    })
    .map_or(ptr::null_mut(), <*mut c_void>::cast)
}

/// Destroys an item of acltdtCreateDataItem. Datasets that it was added to have a hole then. Its data stay the program's.
///
/// # Parameters
/// - dataItem: the item. Its handle is invalid at once.
///
/// # Returns
/// - 0 on success
/// - 100000 when `dataItem` is null, or came from acltdtReceiveTensor: it goes with its dataset
/// - 107017 when it is no item, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtDestroyDataItem(data_item: *mut acltdtDataItem) -> aclError {
    entry::acl("acltdtDestroyDataItem", || {
        if let Data::Delivered(_) = get(data_item.cast(), "dataItem")?.data {
            let got = "one of acltdtReceiveTensor, which goes with its dataset";
            return Err(refused("dataItem", "an item of acltdtCreateDataItem", got));
        }
        ITEMS.remove(data_item.cast()).map(drop).map_err(|error| error.arg("dataItem"))
    })
}

/// Asks an item something that cannot fail.
fn ask<T>(function: &'static str, item: *const acltdtDataItem, ask: impl FnOnce(&Item) -> T) -> Option<T> {
    entry::value(function, || Ok(ask(&*get(item.cast(), "dataItem")?)))
}

/// What an item is: data, or a sign.
///
/// # Parameters
/// - dataItem: an item
///
/// # Returns
/// Its type; ACL_TENSOR_DATA_UNDEFINED when it is null or no live item.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGetTensorTypeFromItem(data_item: *const acltdtDataItem) -> acltdtTensorType {
    ask("acltdtGetTensorTypeFromItem", data_item, |item| item.tensor.kind)
        .unwrap_or(ACL_TENSOR_DATA_UNDEFINED)
}

/// The element type of an item.
///
/// # Parameters
/// - dataItem: an item
///
/// # Returns
/// The type; ACL_DT_UNDEFINED when it is null or no live item.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGetDataTypeFromItem(data_item: *const acltdtDataItem) -> aclDataType {
    ask("acltdtGetDataTypeFromItem", data_item, |item| item.tensor.data_type).unwrap_or(ACL_DT_UNDEFINED)
}

/// Where the data of an item are.
///
/// # Parameters
/// - dataItem: an item
///
/// # Returns
/// The address that it was made with; for a received item host memory at a multiple of 64, which goes with its dataset.
/// Null when the item is null or no live one.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGetDataAddrFromItem(data_item: *const acltdtDataItem) -> *mut c_void {
    ask("acltdtGetDataAddrFromItem", data_item, Item::address).unwrap_or(ptr::null_mut())
}

/// How many bytes the data of an item have.
///
/// # Parameters
/// - dataItem: an item
///
/// # Returns
/// The bytes; 0 when the item is null or no live one.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGetDataSizeFromItem(data_item: *const acltdtDataItem) -> usize {
    ask("acltdtGetDataSizeFromItem", data_item, Item::size).unwrap_or(0)
}

/// How many dimensions an item has.
///
/// # Parameters
/// - dataItem: an item
///
/// # Returns
/// Their number; 0 when the item is null or no live one.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGetDimNumFromItem(data_item: *const acltdtDataItem) -> usize {
    ask("acltdtGetDimNumFromItem", data_item, |item| item.tensor.dims.len()).unwrap_or(0)
}

/// The dimensions of an item.
///
/// # Parameters
/// - dataItem: an item
/// - dims: receives as many as the item has; may be null when dimNum is 0
/// - dimNum: how many fit in
///
/// # Returns
/// - 0 on success
/// - 100000 when a pointer is null, or not all fit in: then none is written
/// - 107017 when it is no item, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C2 holds for `dims` and `dim_num`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGetDimsFromItem(
    data_item: *const acltdtDataItem,
    dims: *mut i64,
    dim_num: usize,
) -> aclError {
    entry::acl("acltdtGetDimsFromItem", || {
        let item = get(data_item.cast(), "dataItem")?;
        let known = &item.tensor.dims;
        if dims.is_null() && dim_num > 0 {
            return Err(ArgError::Null { argument: "dims" }.into());
        }
        if dim_num < known.len() {
            return Err(refused(
                "dimNum",
                format!("at least {}, the item's dimensions", known.len()),
                dim_num,
            ));
        }
        // SAFETY: (C2) passed on, for the first of them.
        let out: &mut [MaybeUninit<i64>] = unsafe { boundary::out_slice(dims, known.len(), "dims") }?;
        out.write_copy_of_slice(known);
        Ok(())
    })
}

/// Which slice of a tensor an item is.
///
/// Slices are the items of types ACL_TENSOR_DATA_SLICE_TENSOR that follow one another in a dataset, with the one of type
/// ACL_TENSOR_DATA_END_TENSOR that ends them. They are counted when they are sent.
///
/// # Parameters
/// - dataItem: an item
/// - sliceNum: receives how many slices the tensor was cut into, 0 for a tensor that was not or was not sent yet
/// - sliceId: receives which of them this is, from 0
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null
/// - 107017 when it is no item, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// C1 holds for `slice_num` and `slice_id`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGetSliceInfoFromItem(
    data_item: *const acltdtDataItem,
    slice_num: *mut usize,
    slice_id: *mut usize,
) -> aclError {
    entry::acl("acltdtGetSliceInfoFromItem", || {
        // SAFETY: (C1) passed on.
        let number = unsafe { boundary::out(slice_num, "sliceNum") }?;
        // SAFETY: (C1) passed on.
        let id = unsafe { boundary::out(slice_id, "sliceId") }?;
        let slice = get(data_item.cast(), "dataItem")?.tensor.slice;
        number.write(slice.0);
        id.write(slice.1);
        Ok(())
    })
}
