//! The objects behind the handles of `aclnn/acl_meta.h`.

mod executor;
mod tensor;

pub use executor::{Binding, Executor};
pub use tensor::{Tensor, TensorSpec, TensorState};

use capi::handle::{HandleTable, Kind, Ref};
use npu_types::Scalar;
use std::ffi::c_void;

/// `aclTensor`
pub static TENSORS: HandleTable<Tensor> = HandleTable::new(Kind::Tensor);
/// `aclTensorList`; owns its elements.
pub static TENSOR_LISTS: HandleTable<Vec<Element>> = HandleTable::new(Kind::TensorList);
/// `aclScalar`
pub static SCALARS: HandleTable<Scalar> = HandleTable::new(Kind::Scalar);
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

/// Destroys an object. Null is success, as CANN has it.
pub fn destroy<T>(
    table: &'static HandleTable<T>,
    raw: *const c_void,
    argument: &'static str,
) -> capi::Result {
    if raw.is_null() {
        return Ok(());
    }
    table.remove(raw).map(drop).map_err(|e| e.arg(argument))
}

/// Destroys a list and the elements it owns. Elements that were destroyed before are passed over.
pub fn destroy_list<T>(
    lists: &'static HandleTable<Vec<Element>>,
    elements: &'static HandleTable<T>,
    raw: *const c_void,
    argument: &'static str,
) -> capi::Result {
    if raw.is_null() {
        return Ok(());
    }
    let list = lists.remove(raw).map_err(|e| e.arg(argument))?;
    for element in list.iter() {
        // The caller may have destroyed an element himself; the list is gone either way.
        let _ = elements.remove(element.0);
    }
    Ok(())
}
