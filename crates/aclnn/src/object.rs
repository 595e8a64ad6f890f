//! The objects behind the handles of `aclnn/acl_meta.h`.

mod executor;
mod tensor;

pub use executor::{Binding, Bound, Executor};
pub use tensor::{TensorSpec, TensorState};

use capi::handle::{HandleError, HandleTable, Kind, LockTable, Locked, Ref};
use npu_types::Scalar;
use std::ffi::c_void;

/// `aclTensor`
pub static TENSORS: LockTable<TensorState> = LockTable::new(Kind::Tensor);
/// `aclTensorList`; owns its elements.
pub static TENSOR_LISTS: HandleTable<Vec<Element>> = HandleTable::new(Kind::TensorList);
/// `aclScalar`
pub static SCALARS: LockTable<Scalar> = LockTable::new(Kind::Scalar);
/// `aclScalarList`; owns its elements.
pub static SCALAR_LISTS: HandleTable<Vec<Element>> = HandleTable::new(Kind::ScalarList);
/// `aclIntArray`
pub static INT_ARRAYS: HandleTable<Vec<i64>> = HandleTable::new(Kind::IntArray);
/// `aclFloatArray`
pub static FLOAT_ARRAYS: HandleTable<Vec<f32>> = HandleTable::new(Kind::FloatArray);
/// `aclBoolArray`
pub static BOOL_ARRAYS: HandleTable<Vec<bool>> = HandleTable::new(Kind::BoolArray);
/// `aclOpExecutor`
pub static EXECUTORS: HandleTable<Executor> = HandleTable::new(Kind::Executor);

/// A handle kept inside a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element(pub *const c_void);

// SAFETY: a handle is a checked number, never dereferenced.
unsafe impl Send for Element {}
// SAFETY: as above.
unsafe impl Sync for Element {}

/// Looks a handle up; null and stale ones give an error that names the argument.
pub fn get<T>(
    table: &'static HandleTable<T>,
    raw: *const c_void,
    argument: &'static str,
) -> capi::Result<Ref<'static, T>> {
    if raw.is_null() {
        return Err(capi::ArgError::Null { argument }.into());
    }
    table.get(raw).map_err(|e| e.arg(argument))
}

/// As [`get`], for objects that change.
#[inline]
pub fn lock<T>(
    table: &'static LockTable<T>,
    raw: *const c_void,
    argument: &'static str,
) -> capi::Result<Locked<'static, T>> {
    if raw.is_null() {
        return Err(capi::ArgError::Null { argument }.into());
    }
    table.lock(raw).map_err(|e| e.arg(argument))
}

/// Tables whose objects end.
pub trait Ends {
    /// Makes the handle stale.
    fn end(&self, raw: *const c_void) -> Result<(), HandleError>;
}

impl<T> Ends for HandleTable<T> {
    fn end(&self, raw: *const c_void) -> Result<(), HandleError> {
        self.take(raw).map(drop)
    }
}

impl<T> Ends for LockTable<T> {
    fn end(&self, raw: *const c_void) -> Result<(), HandleError> {
        self.take(raw).map(drop)
    }
}

/// Destroys an object. Null is success, as CANN has it.
pub fn destroy(table: &impl Ends, raw: *const c_void, argument: &'static str) -> capi::Result {
    if raw.is_null() {
        return Ok(());
    }
    table.end(raw).map_err(|e| e.arg(argument))
}

/// Destroys a list and the elements it owns. Elements that were destroyed before are passed over.
pub fn destroy_list<T>(
    lists: &'static HandleTable<Vec<Element>>,
    elements: &'static LockTable<T>,
    raw: *const c_void,
    argument: &'static str,
) -> capi::Result {
    if raw.is_null() {
        return Ok(());
    }
    let list = lists.remove(raw).map_err(|e| e.arg(argument))?;
    for element in list.iter() {
        // The caller may have destroyed an element himself; the list is gone either way.
        let _ = elements.take(element.0);
    }
    Ok(())
}
