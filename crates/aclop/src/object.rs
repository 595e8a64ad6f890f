//! The objects behind the handles: tensor descriptions, data buffers, attributes.

use crate::{compile_func::Selection, handle::Prepared};
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

/// `aclopHandle`
pub(crate) static HANDLES: HandleTable<Prepared> = HandleTable::new(Kind::OpHandle);
/// `aclopKernelDesc`
pub(crate) static KERNEL_DESCS: HandleTable<Mutex<Selection>> = HandleTable::new(Kind::KernelDesc);
/// `aclGraphDumpOption`
pub(crate) static GRAPH_DUMP_OPTIONS: HandleTable<()> = HandleTable::new(Kind::GraphDumpOption);

pub(crate) type Shape = SmallVec<[i64; 8]>;

/// A tensor description: what the tensor is to the program, and how it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Desc {
    pub(crate) data_type: i32,
    /// The format in which `dims` are meant.
    pub(crate) format: i32,
    /// -1 stands for an unknown dimension, a single -2 for an unknown rank.
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
    /// Least and greatest size of each dimension, -1 for no bound; empty if nobody said.
    pub(crate) ranges: Vec<[i64; 2]>,
    /// Least and greatest value of each element; empty if nobody said.
    pub(crate) value_ranges: Vec<[i64; 2]>,
    /// The input with a variable number of tensors that this one belongs to.
    pub(crate) dynamic_input: Option<String>,
}

impl Desc {
    /// A description of nothing but type, shape and format.
    pub(crate) fn new(data_type: i32, dims: &[i64], format: i32) -> Desc {
        Desc {
            data_type,
            format,
            dims: dims.into(),
            storage_format: None,
            storage_dims: None,
            name: CString::default(),
            on_host: false,
            constant: None,
            ranges: Vec::new(),
            value_ranges: Vec::new(),
            dynamic_input: None,
        }
    }
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
