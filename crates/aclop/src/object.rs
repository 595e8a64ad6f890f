//! The objects behind the handles: tensor descriptions, data buffers, attributes.

use capi::handle::{HandleTable, Kind, Ref};
use parking_lot::Mutex;
use smallvec::SmallVec;
use std::{
    collections::BTreeMap,
    ffi::{CString, c_void},
};

/// `aclTensorDesc`
pub(crate) static TENSOR_DESCS: HandleTable<Mutex<Desc>> = HandleTable::new(Kind::TensorDesc);
/// `aclDataBuffer`
pub(crate) static DATA_BUFFERS: HandleTable<Mutex<DataBuffer>> = HandleTable::new(Kind::DataBuffer);
/// `aclopAttr`
pub(crate) static ATTRS: HandleTable<Mutex<Attrs>> = HandleTable::new(Kind::OpAttr);

pub(crate) type Shape = SmallVec<[i64; 8]>;

/// A tensor description: what the tensor is to the program, and how it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Desc {
    pub(crate) data_type: i32,
    /// The format in which `dims` are meant.
    pub(crate) format: i32,
    pub(crate) dims: Shape,
    /// The format in memory, if it is another one.
    pub(crate) storage_format: Option<i32>,
    /// The shape in memory, if it is another one.
    pub(crate) storage_dims: Option<Shape>,
    /// Boxed by `CString`: the address that a getter returned stays when the description moves.
    pub(crate) name: CString,
    /// Whether the data are in host memory.
    pub(crate) on_host: bool,
    /// The data, where they are part of the description.
    pub(crate) constant: Option<Vec<u8>>,
}

/// Memory of a tensor; the program owns it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DataBuffer {
    pub(crate) data: u64,
    pub(crate) size: usize,
}

/// Attributes by name.
pub(crate) type Attrs = BTreeMap<String, Attr>;

/// An attribute's value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Attr {
    Bool(bool),
    Int(i64),
    Float(f32),
    Text(String),
    DType(i32),
    Bools(Vec<bool>),
    Ints(Vec<i64>),
    Floats(Vec<f32>),
    Texts(Vec<String>),
    DTypes(Vec<i32>),
    IntLists(Vec<Vec<i64>>),
}

/// Looks a handle up; null and stale ones give an error that names the argument.
pub(crate) fn get<T>(
    table: &'static HandleTable<T>,
    raw: *const c_void,
    argument: &'static str,
) -> capi::Result<Ref<'static, T>> {
    if raw.is_null() {
        return Err(capi::ArgError::Null { argument }.into());
    }
    table.get(raw).map_err(|e| e.arg(argument))
}

/// Destroys an object.
pub(crate) fn destroy<T>(
    table: &'static HandleTable<T>,
    raw: *const c_void,
    argument: &'static str,
) -> capi::Result {
    if raw.is_null() {
        return Err(capi::ArgError::Null { argument }.into());
    }
    table.remove(raw).map(drop).map_err(|e| e.arg(argument))
}
