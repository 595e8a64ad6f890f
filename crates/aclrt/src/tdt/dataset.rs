//! Datasets: items that travel together.

use super::{
    channel::Delivery,
    item::{self, Data, ITEMS, Item},
    refused,
};
use capi::{
    Result,
    abi::{aclError, acltdtDataItem, acltdtDataset},
    entry,
    handle::{HandleTable, Kind, Ref},
};
use parking_lot::Mutex;
use std::{
    ffi::{CStr, CString, c_char, c_void},
    ptr,
};

/// Items by handle, kept as numbers.
#[derive(Debug, Default)]
pub(super) struct Dataset {
    items: Vec<usize>,
    /// The channel whose items these are. They go with the dataset.
    source: Option<CString>,
}

impl Dataset {
    /// The items in their order.
    ///
    /// # Errors
    /// One was destroyed.
    pub(super) fn items(&self) -> Result<Vec<Ref<'static, Item>>> {
        self.items.iter().map(|number| item::get(ptr::without_provenance(*number), "dataset")).collect()
    }

    /// Whether a channel may put its items here.
    ///
    /// # Errors
    /// It has items of the program.
    pub(super) fn check_receives(&self) -> Result {
        if self.source.is_some() || self.items.is_empty() {
            return Ok(());
        }
        let got = format!("one with {} added by acltdtAddDataItem", self.items.len());
        Err(refused("dataset", "a dataset without items of the program", got))
    }

    /// Takes what a channel delivered instead of what it delivered before.
    ///
    /// # Errors
    /// As for [`Dataset::check_receives`], or no handles are left.
    pub(super) fn receive(&mut self, delivery: Delivery, source: &CStr) -> Result {
        self.check_receives()?;
        let mut fresh = Dataset { items: Vec::new(), source: Some(source.to_owned()) };
        for (tensor, block) in delivery {
            let item = Item { tensor, data: Data::Delivered(block) };
            fresh.items.push(ITEMS.insert(item).map_err(|error| error.arg("dataset"))?.addr());
        }
        *self = fresh;
        Ok(())
    }
}

impl Drop for Dataset {
    fn drop(&mut self) {
        if self.source.is_some() {
            for number in &self.items {
                let _ = ITEMS.remove(ptr::without_provenance(*number));
            }
        }
    }
}

/// `acltdtDataset`
static DATASETS: HandleTable<Mutex<Dataset>> = HandleTable::new(Kind::TdtDataset);

pub(super) fn get(raw: *const acltdtDataset) -> Result<Ref<'static, Mutex<Dataset>>> {
    DATASETS.get(raw.cast()).map_err(|error| error.arg("dataset"))
}

/// Makes a dataset without items.
///
/// # Returns
/// - the dataset, to be destroyed by acltdtDestroyDataset
/// - null when no handle is left
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtCreateDataset() -> *mut acltdtDataset {
    entry::value("acltdtCreateDataset", || {
        DATASETS.insert(Mutex::default()).map_err(|error| error.arg("dataset"))
    })
    .map_or(ptr::null_mut(), <*mut c_void>::cast)
}

/// Destroys a dataset. Items that acltdtReceiveTensor put there go with it; those that the program added stay.
///
/// # Parameters
/// - dataset: the dataset. Its handle, and those of received items, are invalid at once.
///
/// # Returns
/// - 0 on success
/// - 100000 when `dataset` is null
/// - 107017 when it is no dataset, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// The program uses data of received items no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtDestroyDataset(dataset: *mut acltdtDataset) -> aclError {
    entry::acl("acltdtDestroyDataset", || {
        DATASETS.remove(dataset.cast()).map(drop).map_err(|error| error.arg("dataset"))
    })
}

/// Adds an item to a dataset, as the last one.
///
/// # Parameters
/// - dataset: a dataset that acltdtReceiveTensor did not fill
/// - dataItem: an item; it stays the program's, and may be in several datasets
///
/// # Returns
/// - 0 on success
/// - 100000 when an argument is null, or one of the two came from acltdtReceiveTensor
/// - 107017 when one of the two is not what it should be, or was already destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtAddDataItem(
    dataset: *mut acltdtDataset,
    data_item: *mut acltdtDataItem,
) -> aclError {
    entry::acl("acltdtAddDataItem", || {
        let dataset = get(dataset)?;
        let item = item::get(data_item.cast(), "dataItem")?;
        if let Data::Delivered(_) = item.data {
            let got = "one that acltdtReceiveTensor put into another dataset";
            return Err(refused("dataItem", "an item of acltdtCreateDataItem", got));
        }
        let mut dataset = dataset.lock();
        if dataset.source.is_some() {
            return Err(refused(
                "dataset",
                "a dataset of the program",
                "one that acltdtReceiveTensor filled",
            ));
        }
        dataset.items.push(data_item.addr());
        Ok(())
    })
}

/// An item of a dataset.
///
/// # Parameters
/// - dataset: a dataset
/// - index: its place, from 0
///
/// # Returns
/// - the item; a received one goes with its dataset
/// - null when `dataset` is null or no live dataset, there is no such place, or the item there was destroyed
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGetDataItem(
    dataset: *const acltdtDataset,
    index: usize,
) -> *mut acltdtDataItem {
    entry::value("acltdtGetDataItem", || {
        let dataset = get(dataset)?;
        let dataset = dataset.lock();
        let Some(number) = dataset.items.get(index) else {
            let expected = format!("below {}, the number of items", dataset.items.len());
            return Err(refused("index", expected, index));
        };
        item::get(ptr::without_provenance(*number), "dataset")?;
        Ok(ptr::without_provenance_mut(*number))
    })
    .unwrap_or(ptr::null_mut())
}

/// How many items a dataset has. Those that were destroyed count as well.
///
/// # Parameters
/// - dataset: a dataset
///
/// # Returns
/// Their number; 0 when the dataset is null or no live one.
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGetDatasetSize(dataset: *const acltdtDataset) -> usize {
    entry::value("acltdtGetDatasetSize", || Ok(get(dataset)?.lock().items.len())).unwrap_or(0)
}

/// The name of the channel that a dataset was received from.
///
/// # Parameters
/// - dataset: a dataset
///
/// # Returns
/// - the name, empty for a dataset that was not received; it lives until the dataset is destroyed or receives again
/// - null when the dataset is null or no live one
///
/// # Thread safety
/// May be called from any thread.
///
/// # Safety
/// Always safe to call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn acltdtGetDatasetName(dataset: *const acltdtDataset) -> *const c_char {
    entry::value("acltdtGetDatasetName", || {
        Ok(get(dataset)?.lock().source.as_deref().map_or(c"".as_ptr(), CStr::as_ptr))
    })
    .unwrap_or(ptr::null())
}
