//! Operands of a call by type: descriptions with their data, and where they are when a plan runs.

use crate::object::{DataBuffer, Desc};
use capi::{ArgError, Error, Result};
use npu_device::memory;
use npu_ops::{
    TensorArg,
    formats::{self, Stored},
};
use npu_types::{DType, Layout, Scalar, bf16, f16};
use smallvec::SmallVec;
use std::ptr;

/// An input or output as the program gave it.
pub(crate) struct Operand {
    pub(crate) desc: Desc,
    pub(crate) buffer: DataBuffer,
    pub(crate) argument: &'static str,
}

/// What every address handed to a kernel is aligned to.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([u8; 64]);

/// Host memory that a queued call owns: constants, workspace.
pub(crate) struct Lines(Vec<Line>);

impl Lines {
    pub(crate) fn new(bytes: usize) -> Lines {
        Lines(vec![Line([0; 64]); bytes.div_ceil(64)])
    }

    pub(crate) fn holding(data: &[u8]) -> Lines {
        let mut lines = Lines::new(data.len());
        for (line, part) in lines.0.iter_mut().zip(data.chunks(64)) {
            line.0[..part.len()].copy_from_slice(part);
        }
        lines
    }

    pub(crate) fn pointer(&mut self) -> *mut u8 {
        self.0.as_mut_ptr().cast()
    }
}

/// Where an operand is when the plan runs.
pub(crate) enum Place {
    /// Device memory, by the address of its backing.
    Device(*mut u8),
    /// A copy of host data.
    Host(Lines),
}

// SAFETY: device memory is shared by all threads, ordered by streams and events; the rest is owned.
unsafe impl Send for Place {}

impl Place {
    pub(crate) fn pointer(&mut self) -> *mut u8 {
        match self {
            Place::Device(pointer) => *pointer,
            Place::Host(lines) => lines.pointer(),
        }
    }
}

impl Operand {
    /// Whether an optional operand was left out: its description has no element type.
    pub(crate) fn is_absent(&self) -> bool {
        self.desc.data_type == -1
    }

    /// Whether some dimension is yet unknown.
    pub(crate) fn is_unknown(&self) -> bool {
        self.desc.dims.iter().any(|dim| *dim < 0)
    }

    /// The dimensions, all of which are known.
    pub(crate) fn dims(&self) -> Result<&[i64]> {
        if self.is_unknown() {
            let expected =
                "known dimensions: -1 and -2 have to be replaced before the operator runs".to_owned();
            let got = format!("{:?}", self.desc.dims);
            return Err(ArgError::Range { argument: self.argument, expected, got }.into());
        }
        Ok(&self.desc.dims)
    }

    pub(crate) fn dtype(&self) -> Result<DType> {
        DType::from_acl_code(self.desc.data_type).ok_or_else(|| {
            let expected = "a data type that the device computes with".to_owned();
            let got = format!("aclDataType {}", self.desc.data_type);
            ArgError::Range { argument: self.argument, expected, got }.into()
        })
    }

    pub(crate) fn stored(&self) -> Result<Stored<'_>> {
        Ok(Stored {
            argument: self.argument,
            dtype: self.dtype()?,
            dims: self.dims()?,
            format: self.desc.format,
            storage_format: self.desc.storage_format.unwrap_or(self.desc.format),
            storage_dims: self.desc.storage_dims.as_deref(),
        })
    }

    /// Whether the data lie in blocks, of which only conversions know.
    pub(crate) fn is_blocked(&self) -> bool {
        formats::is_blocked(self.desc.storage_format.unwrap_or(self.desc.format))
    }

    /// The row-major view that operators other than conversions work on.
    pub(crate) fn layout(&self) -> Result<Layout> {
        Layout::contiguous(self.dtype()?, self.dims()?)
            .map_err(|error| npu_ops::OpError::layout(self.argument)(error).into())
    }

    /// The operand in this place. Without a buffer, where a call is only checked, operands lie apart.
    pub(crate) fn tensor(&self, slot: u16) -> Result<TensorArg> {
        let address = if self.buffer.data == 0 { u64::from(slot + 1) << 48 } else { self.buffer.data };
        Ok(TensorArg::new(self.layout()?, address, slot))
    }

    /// The same tensor, row-major.
    pub(crate) fn plain(&self) -> Result<Stored<'_>> {
        let stored = self.stored()?;
        Ok(Stored { storage_format: stored.format, storage_dims: None, ..stored })
    }

    /// The data, if the host knows them: a constant, or a tensor placed in host memory.
    fn host_data(&self) -> Option<Vec<u8>> {
        if let Some(constant) = &self.desc.constant {
            return Some(constant.clone());
        }
        if !self.desc.on_host || self.buffer.data == 0 || memory::is_device(self.buffer.data) {
            return None;
        }
        let start = ptr::with_exposed_provenance::<u8>(self.buffer.data as usize);
        // SAFETY: (C2) the program said that this is host memory of so many bytes.
        Some(unsafe { std::slice::from_raw_parts(start, self.buffer.size) }.to_vec())
    }

    /// Integers whose value range leaves them one value each.
    fn pinned(&self) -> Option<SmallVec<[Scalar; 8]>> {
        let dtype = self.dtype().ok().filter(|dtype| dtype.is_integer())?;
        let (ranges, count) = (&self.desc.value_ranges, self.dims().ok()?.iter().product::<i64>());
        let pinned = ranges.len() as i64 == count && ranges.iter().all(|[low, high]| low == high);
        pinned.then(|| ranges.iter().map(|[value, _]| Scalar::int(dtype, *value)).collect())
    }

    /// Integers or floats that the host knows.
    pub(crate) fn elements(&self) -> Result<SmallVec<[Scalar; 8]>> {
        let Some(data) = self.host_data() else {
            if let Some(values) = self.pinned() {
                return Ok(values);
            }
            let expected = "a constant (aclSetTensorConst) or a tensor placed in host memory".to_owned();
            return Err(
                ArgError::Range { argument: self.argument, expected, got: "device memory".into() }.into()
            );
        };
        let dtype = self.dtype()?;
        let count = self.dims()?.iter().product::<i64>() as usize;
        if data.len() / dtype.size() < count {
            let expected = format!("{count} elements of {dtype}");
            let got = format!("{} bytes", data.len());
            return Err(ArgError::Range { argument: self.argument, expected, got }.into());
        }
        Ok(data.chunks_exact(dtype.size()).take(count).map(|bytes| scalar(dtype, bytes)).collect())
    }

    /// Where `bytes` bytes of data are.
    pub(crate) fn place(&self, bytes: u64) -> Result<Place> {
        if self.is_absent() {
            return Ok(Place::Device(ptr::null_mut()));
        }
        if let Some(data) = self.host_data() {
            if (data.len() as u64) < bytes {
                let expected = format!("at least {bytes} bytes");
                return Err(ArgError::Range {
                    argument: self.argument,
                    expected,
                    got: data.len().to_string(),
                }
                .into());
            }
            return Ok(Place::Host(Lines::holding(&data)));
        }
        if bytes == 0 {
            return Ok(Place::Device(ptr::null_mut()));
        }
        if self.buffer.data == 0 {
            return Err(ArgError::Null { argument: self.argument }.into());
        }
        if (self.buffer.size as u64) < bytes {
            let expected = format!("a buffer of at least {bytes} bytes");
            let got = self.buffer.size.to_string();
            return Err(ArgError::Range { argument: self.argument, expected, got }.into());
        }
        memory::check_reach(self.buffer.data, bytes)
            .map_err(|source| Error::MemoryArg { argument: self.argument, source })?;
        if self.argument == "outputs" {
            memory::check_writable(self.buffer.data, bytes)
                .map_err(|source| Error::MemoryArg { argument: self.argument, source })?;
        }
        let align = self.dtype()?.size().min(8) as u64;
        if !self.buffer.data.is_multiple_of(align) {
            let expected = format!("an address aligned to its {align}-byte elements");
            let got = format!("{:#x}", self.buffer.data);
            return Err(ArgError::Range { argument: self.argument, expected, got }.into());
        }
        Ok(Place::Device(memory::backing(self.buffer.data).map_or(ptr::null_mut(), |p| p.as_ptr())))
    }
}

fn scalar(dtype: DType, bytes: &[u8]) -> Scalar {
    fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
        std::array::from_fn(|i| bytes.get(i).copied().unwrap_or(0))
    }
    match dtype {
        DType::F32 => Scalar::float(dtype, f64::from(f32::from_le_bytes(array(bytes)))),
        DType::F16 => Scalar::float(dtype, f16::from_le_bytes(array(bytes)).to_f64()),
        DType::BF16 => Scalar::float(dtype, bf16::from_le_bytes(array(bytes)).to_f64()),
        DType::F64 => Scalar::float(dtype, f64::from_le_bytes(array(bytes))),
        DType::I8 => Scalar::int(dtype, i64::from(i8::from_le_bytes(array(bytes)))),
        DType::I16 => Scalar::int(dtype, i64::from(i16::from_le_bytes(array(bytes)))),
        DType::I32 => Scalar::int(dtype, i64::from(i32::from_le_bytes(array(bytes)))),
        DType::I64 => Scalar::int(dtype, i64::from_le_bytes(array(bytes))),
        DType::U8 => Scalar::int(dtype, i64::from(bytes[0])),
        DType::U16 => Scalar::int(dtype, i64::from(u16::from_le_bytes(array(bytes)))),
        DType::U32 => Scalar::int(dtype, i64::from(u32::from_le_bytes(array(bytes)))),
        DType::U64 => Scalar::uint(dtype, u64::from_le_bytes(array(bytes))),
        DType::Bool => Scalar::bool(bytes[0] != 0),
        DType::C64 => Scalar::complex(
            dtype,
            npu_types::Complex64::new(
                f64::from(f32::from_le_bytes(array(bytes))),
                f64::from(f32::from_le_bytes(array(&bytes[4..]))),
            ),
        ),
        DType::C128 => Scalar::complex(
            dtype,
            npu_types::Complex64::new(
                f64::from_le_bytes(array(bytes)),
                f64::from_le_bytes(array(&bytes[8..])),
            ),
        ),
    }
}
