//! `aclTensor`: a view of device memory.

use capi::{ArgError, Error, Result};
use npu_types::{DType, Layout, LayoutError, MAX_RANK};
use smallvec::SmallVec;

/// What a tensor describes. Programs may change its address, and operators its shape.
#[derive(Debug, Clone)]
pub struct TensorState {
    /// `aclDataType`; may be a type that no operator computes with.
    pub data_type: i32,
    /// `aclFormat`.
    pub format: i32,
    /// View dimensions and strides, in elements. The layout's own element type is that of `data_type`, or `U8` where
    /// the device does not compute with it.
    pub view: Layout,
    /// Elements from `data` to the view's first one.
    pub offset: i64,
    /// Dimensions of the storage.
    pub storage: SmallVec<[i64; 4]>,
    /// Device address of the storage.
    pub data: u64,
    /// The element type, if the device computes with it.
    pub dtype: Option<DType>,
    /// Bytes from the storage's start to the view's first element.
    pub offset_bytes: i64,
    /// Bytes the view spans, from its first element on.
    pub span: (i64, i64),
    /// Bytes of all elements, more than the span where the view repeats some.
    pub bytes: u64,
}

/// What `aclCreateTensor` and `aclInitTensor` are given, as slices.
pub struct TensorSpec<'a> {
    /// View dimensions.
    pub dims: &'a [i64],
    /// Strides in elements, none for row-major.
    pub strides: Option<&'a [i64]>,
    /// Elements from the storage's start.
    pub offset: i64,
    /// `aclDataType`
    pub data_type: i32,
    /// `aclFormat`
    pub format: i32,
    /// Storage dimensions.
    pub storage: &'a [i64],
    /// Storage address.
    pub data: u64,
}

/// Bits of an element of the types that the device stores but does not compute with.
fn storage_bits(data_type: i32) -> Option<u32> {
    Some(match data_type {
        // Undefined and string tensors carry no data of a known size.
        -1 | 13 => 0,
        29 | 40 | 41 => 4,
        30 => 1,
        38 | 39 => 6,
        33 => 32,
        34..=37 => 8,
        other => DType::from_acl_code(other)?.size() as u32 * 8,
    })
}

/// Values of `aclFormat`.
fn is_format(format: i32) -> bool {
    matches!(format, -1..=4 | 12 | 16 | 27 | 29 | 30 | 32 | 33 | 35 | 47..=54)
}

impl TensorState {
    /// Checks the description.
    pub fn new(spec: &TensorSpec<'_>) -> Result<TensorState> {
        let range = |argument, expected: String, got: String| {
            Error::from(ArgError::Range { argument, expected, got })
        };
        if storage_bits(spec.data_type).is_none() {
            return Err(range("dataType", "a value of aclDataType".into(), spec.data_type.to_string()));
        }
        if !is_format(spec.format) {
            return Err(range("format", "a value of aclFormat".into(), spec.format.to_string()));
        }
        for (argument, dims) in [("viewDims", spec.dims), ("storageDims", spec.storage)] {
            if dims.len() > MAX_RANK {
                return Err(range(
                    argument,
                    format!("at most {MAX_RANK} dimensions"),
                    dims.len().to_string(),
                ));
            }
            if let Some(dim) = dims.iter().find(|d| **d < 0) {
                return Err(range(argument, "dimensions of 0 or more".into(), format!("{dim} in {dims:?}")));
            }
        }
        let dtype = DType::from_acl_code(spec.data_type).unwrap_or(DType::U8);
        let layout =
            |e: LayoutError| range("viewDims", "a view that 63 bits can address".into(), e.to_string());
        let view = match spec.strides {
            Some(strides) => Layout::strided(dtype, spec.dims, strides),
            None => Layout::contiguous(dtype, spec.dims),
        }
        .map_err(layout)?;
        if spec.offset.checked_mul(dtype.size() as i64).is_none() || spec.offset < 0 {
            return Err(range("offset", "0 or more elements within 63 bits".into(), spec.offset.to_string()));
        }
        let span = view.byte_span();
        Ok(TensorState {
            dtype: DType::from_acl_code(spec.data_type),
            offset_bytes: spec.offset * dtype.size() as i64,
            span: (span.start, span.end),
            bytes: view.numel() as u64 * dtype.size() as u64,
            data_type: spec.data_type,
            format: spec.format,
            view,
            offset: spec.offset,
            storage: SmallVec::from_slice(spec.storage),
            data: spec.data,
        })
    }

    /// Address of the view's first element.
    #[inline]
    pub fn address(&self) -> u64 {
        self.data.wrapping_add_signed(self.offset_bytes)
    }

    /// Shrinks the view to `dims`, of the same rank: its strides stay, or follow if the view was row-major.
    pub fn reshape(&mut self, dims: &[i64]) {
        let dtype = self.view.dtype();
        let view = if self.view.is_contiguous() {
            Layout::contiguous(dtype, dims)
        } else {
            Layout::strided(dtype, dims, self.view.strides())
        };
        if let Ok(view) = view {
            let span = view.byte_span();
            self.span = (span.start, span.end);
            self.bytes = view.numel() as u64 * dtype.size() as u64;
            self.view = view;
        }
    }
}
