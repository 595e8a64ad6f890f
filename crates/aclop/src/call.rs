//! A call by type: from descriptions, buffers and attributes to a plan on a stream.

use crate::{
    object::{Attr, Attrs, DataBuffer, Desc},
    room::Room,
    table::{self, Meaning, Source},
};
use capi::{ArgError, Error, Result, code};
use npu_device::{OverflowMode, Stream, TaskContext, TaskFault, memory};
use npu_ops::{
    Arg, OpDef, ParamKind, Plan, TensorArg,
    formats::{self, Stored},
    registry,
};
use npu_types::{DType, Layout, Scalar, bf16, f16};
use smallvec::SmallVec;
use std::{ptr, sync::Arc};

/// An input or output as the program gave it.
pub(crate) struct Operand {
    pub(crate) desc: Desc,
    pub(crate) buffer: DataBuffer,
    pub(crate) argument: &'static str,
}

/// A call whose handles were looked up.
pub(crate) struct Call {
    pub(crate) function: &'static str,
    pub(crate) op_type: String,
    pub(crate) inputs: Vec<Operand>,
    pub(crate) outputs: Vec<Operand>,
    pub(crate) attrs: Attrs,
}

/// What every address handed to a kernel is aligned to.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([u8; 64]);

/// Host memory that a queued call owns: constants, workspace.
struct Lines(Vec<Line>);

impl Lines {
    fn new(bytes: usize) -> Lines {
        Lines(vec![Line([0; 64]); bytes.div_ceil(64)])
    }

    fn holding(data: &[u8]) -> Lines {
        let mut lines = Lines::new(data.len());
        for (line, part) in lines.0.iter_mut().zip(data.chunks(64)) {
            line.0[..part.len()].copy_from_slice(part);
        }
        lines
    }

    fn pointer(&mut self) -> *mut u8 {
        self.0.as_mut_ptr().cast()
    }
}

/// Where an operand is when the plan runs.
enum Place {
    /// Device memory, by the address of its backing.
    Device(*mut u8),
    /// A copy of host data.
    Host(Lines),
}

// SAFETY: device memory is shared by all threads, ordered by streams and events; the rest is owned.
unsafe impl Send for Place {}

impl Place {
    fn pointer(&mut self) -> *mut u8 {
        match self {
            Place::Device(pointer) => *pointer,
            Place::Host(lines) => lines.pointer(),
        }
    }
}

impl Operand {
    fn dtype(&self) -> Result<DType> {
        DType::from_acl_code(self.desc.data_type).ok_or_else(|| {
            let expected = "a data type that the device computes with".to_owned();
            let got = format!("aclDataType {}", self.desc.data_type);
            ArgError::Range { argument: self.argument, expected, got }.into()
        })
    }

    fn stored(&self) -> Result<Stored<'_>> {
        Ok(Stored {
            argument: self.argument,
            dtype: self.dtype()?,
            dims: &self.desc.dims,
            format: self.desc.format,
            storage_format: self.desc.storage_format.unwrap_or(self.desc.format),
            storage_dims: self.desc.storage_dims.as_deref(),
        })
    }

    /// Whether the data lie in blocks, of which only conversions know.
    fn is_blocked(&self) -> bool {
        formats::is_blocked(self.desc.storage_format.unwrap_or(self.desc.format))
    }

    /// The row-major view that operators other than conversions work on.
    fn layout(&self) -> Result<Layout> {
        Layout::contiguous(self.dtype()?, &self.desc.dims)
            .map_err(|error| npu_ops::OpError::layout(self.argument)(error).into())
    }

    /// The operand in this place. Without a buffer, where a call is only checked, operands lie apart.
    fn tensor(&self, slot: u16) -> Result<TensorArg> {
        let address = if self.buffer.data == 0 { u64::from(slot + 1) << 48 } else { self.buffer.data };
        Ok(TensorArg::new(self.layout()?, address, slot))
    }

    /// The same tensor, row-major.
    fn plain(&self) -> Result<Stored<'_>> {
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

    /// Integers or floats that the host knows.
    fn elements(&self) -> Result<SmallVec<[Scalar; 8]>> {
        let Some(data) = self.host_data() else {
            let expected = "a constant (aclSetTensorConst) or a tensor placed in host memory".to_owned();
            return Err(
                ArgError::Range { argument: self.argument, expected, got: "device memory".into() }.into()
            );
        };
        let dtype = self.dtype()?;
        let count = self.desc.dims.iter().product::<i64>() as usize;
        if data.len() / dtype.size() < count {
            let expected = format!("{count} elements of {dtype}");
            let got = format!("{} bytes", data.len());
            return Err(ArgError::Range { argument: self.argument, expected, got }.into());
        }
        Ok(data.chunks_exact(dtype.size()).take(count).map(|bytes| scalar(dtype, bytes)).collect())
    }

    /// Where `bytes` bytes of data are.
    fn place(&self, bytes: u64) -> Result<Place> {
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

impl Call {
    /// The plan of the call; its operands are the inputs, then the outputs.
    pub(crate) fn plan(&self) -> Result<Arc<Plan>> {
        let Some(meaning) = table::find(&self.op_type) else {
            let what = format!(
                "argument opType: expected an operator type that aclsim knows, got {:?}; there is no kernel for it",
                self.op_type
            );
            return Err(Error::Code { code: code::ACL_ERROR_GE_FAILURE, what });
        };
        match meaning {
            Meaning::Op(def, sources) => self.registered(def, sources),
            Meaning::Relayout => {
                let (from, to) = (self.input(0)?.stored()?, self.output(0)?.stored()?);
                // The plan's second operand is the first output.
                if self.inputs.len() != 1 {
                    return Err(refuse("numInputs", "1".into(), self.inputs.len().to_string()));
                }
                // A shape of equally many elements without letters is another view of the same row-major memory.
                if from.dims != to.dims
                    && !formats::is_blocked(from.storage_format)
                    && !formats::is_blocked(to.storage_format)
                {
                    return Ok(formats::relayout(
                        &from,
                        &Stored { dims: from.dims, format: from.format, ..to },
                    )?);
                }
                Ok(formats::relayout(&from, &to)?)
            }
            Meaning::Broadcast => {
                self.registered(&registry::ACLNN_INPLACE_COPY, &[Source::Out(0), Source::In(0)])
            }
            Meaning::Slice => {
                let (first, extent) = (self.ints(1)?, self.ints(2)?);
                let whole = self.input(0)?.layout()?;
                let fits = first.len() == whole.rank()
                    && extent.len() == whole.rank()
                    && whole.dims().iter().zip(first.iter().zip(&extent)).all(|(dim, (first, extent))| {
                        *first >= 0 && *extent >= -1 && first.saturating_add((*extent).max(0)) <= *dim
                    });
                if !fits {
                    return Err(refuse(
                        "inputs",
                        format!("a part of {:?}", whole.dims()),
                        format!("{first:?} and {extent:?}"),
                    ));
                }
                let dims: SmallVec<[i64; 8]> = whole
                    .dims()
                    .iter()
                    .zip(first.iter().zip(&extent))
                    .map(|(dim, (first, extent))| if *extent < 0 { dim - first } else { *extent })
                    .collect();
                let offset = first.iter().zip(whole.strides()).map(|(first, stride)| first * stride).sum();
                self.view(&dims, whole.strides(), offset)
            }
            Meaning::AsStrided => {
                let (dims, strides) = (self.ints(1)?, self.ints(2)?);
                let offset =
                    if self.inputs.len() > 3 { self.ints(3)?.first().copied().unwrap_or(0) } else { 0 };
                if dims.len() != strides.len() {
                    return Err(refuse("inputs", format!("{} strides", dims.len()), format!("{strides:?}")));
                }
                self.view(&dims, &strides, offset)
            }
        }
    }

    /// Copies a strided view of input 0, `offset` elements from its start, to output 0.
    fn view(&self, dims: &[i64], strides: &[i64], offset: i64) -> Result<Arc<Plan>> {
        let input = self.input(0)?;
        let layout = Layout::strided(input.dtype()?, dims, strides)
            .map_err(|error| Error::from(npu_ops::OpError::layout("inputs")(error)))?;
        let (span, size) = (layout.byte_span(), input.dtype()?.size() as i64);
        let bytes = input.layout()?.byte_span().end;
        let start = offset.checked_mul(size).filter(|start| *start >= 0);
        let Some(start) =
            start.filter(|start| start + span.start >= 0 && start.saturating_add(span.end) <= bytes)
        else {
            let got = format!("{dims:?} with strides {strides:?} from element {offset} on");
            return Err(refuse("inputs", format!("a view inside the {bytes} bytes of input 0"), got));
        };
        let output = self.output(0)?;
        let out = output.layout()?;
        if out.dims() != dims {
            return Err(refuse("outputs", format!("shape {dims:?}"), format!("{:?}", out.dims())));
        }
        let mut plan = npu_ops::PlanBuilder::default();
        let from = npu_ops::Slot::Arg { slot: 0, offset: start };
        let to = npu_ops::Slot::Arg { slot: self.inputs.len() as u16, offset: 0 };
        let kernel = npu_kernels::copy(&out, &layout).map_err(npu_ops::OpError::from)?;
        plan.step(kernel, &[to, from]);
        Ok(plan.finish())
    }

    fn registered(&self, def: &'static OpDef, sources: &[Source]) -> Result<Arc<Plan>> {
        let args = def.params.iter().zip(sources).map(|(param, source)| self.argument(param.kind, *source));
        let args = args.collect::<Result<SmallVec<[Arg; 8]>>>()?;
        Ok(npu_ops::plan(def, &args)?)
    }

    fn argument(&self, kind: ParamKind, source: Source) -> Result<Arg> {
        let number = |scalar: Scalar| match kind {
            ParamKind::Int => Arg::Int(scalar.to_i64()),
            ParamKind::Float => Arg::Float(scalar.to_f64()),
            ParamKind::Bool => Arg::Bool(scalar.to_bool()),
            _ => Arg::Scalar(scalar),
        };
        Ok(match source {
            Source::In(i) => Arg::Tensor(self.tensor(i)?),
            Source::Turned(i, attr) => {
                let mut tensor = self.tensor(i)?;
                let rank = tensor.dims().len();
                if self.flag(attr)? && rank >= 2 {
                    let mut order: SmallVec<[usize; 8]> = (0..rank).collect();
                    order.swap(rank - 1, rank - 2);
                    tensor.layout = tensor.layout.permuted(&order);
                }
                Arg::Tensor(tensor)
            }
            Source::Inputs => {
                Arg::Tensors((0..self.inputs.len()).map(|i| self.tensor(i)).collect::<Result<_>>()?)
            }
            Source::Stacked(name) => {
                let axis = self.int(name, 0)?;
                let stacked = |i: usize| -> Result<TensorArg> {
                    let mut tensor = self.tensor(i)?;
                    let rank = tensor.dims().len() as i64;
                    if !(-rank - 1..=rank).contains(&axis) {
                        let expected = format!("an axis in [{}, {rank}]", -rank - 1);
                        return Err(refuse("attr", expected, axis.to_string()));
                    }
                    let at = axis.rem_euclid(rank + 1) as usize;
                    let layout = tensor.layout.with_axis(at, 1, 0);
                    tensor.layout = layout.map_err(|e| Error::from(npu_ops::OpError::layout("inputs")(e)))?;
                    Ok(tensor)
                };
                Arg::Tensors((0..self.inputs.len()).map(stacked).collect::<Result<_>>()?)
            }
            Source::Out(i) => {
                let slot = (self.inputs.len() + i) as u16;
                Arg::Tensor(self.output(i)?.tensor(slot)?)
            }
            Source::Element(i) => {
                let elements = self.input(i)?.elements()?;
                let [one] = elements.as_slice() else {
                    return Err(refuse(
                        "inputs",
                        format!("one element in input {i}"),
                        elements.len().to_string(),
                    ));
                };
                number(*one)
            }
            Source::Elements(i) => Arg::Ints(self.ints(i)?),
            Source::Scalar(value) => Arg::Scalar(Scalar::int(DType::I64, value)),
            Source::Flag(value) => Arg::Bool(value),
            Source::Int(value) => Arg::Int(value),
            Source::TypeOf(i) => Arg::DType(self.output(i)?.dtype()?),
            Source::Number(name) => match self.attrs.get(name) {
                Some(Attr::Float(value)) => Arg::Scalar(Scalar::float(DType::F32, f64::from(*value))),
                Some(Attr::Int(value)) => Arg::Scalar(Scalar::int(DType::I64, *value)),
                other => return Err(self.wrong(name, "a number", other)),
            },
            Source::IntAttr(name, missing) => Arg::Int(self.int(name, missing)?),
            Source::FirstInt(name, missing) => match self.attrs.get(name) {
                Some(Attr::Ints(values)) if !values.is_empty() => Arg::Int(values[0]),
                _ => Arg::Int(self.int(name, missing)?),
            },
            Source::Ints(name) => match self.attrs.get(name) {
                None => Arg::Ints(SmallVec::new()),
                Some(Attr::Ints(values)) => Arg::Ints(values.as_slice().into()),
                other => return Err(self.wrong(name, "a list of integers", other)),
            },
            Source::Flagged(name) => Arg::Bool(self.flag(name)?),
        })
    }

    fn int(&self, name: &'static str, missing: i64) -> Result<i64> {
        match self.attrs.get(name) {
            None => Ok(missing),
            Some(Attr::Int(value)) => Ok(*value),
            other => Err(self.wrong(name, "an integer", other)),
        }
    }

    fn flag(&self, name: &'static str) -> Result<bool> {
        match self.attrs.get(name) {
            None => Ok(false),
            Some(Attr::Bool(value)) => Ok(*value),
            other => Err(self.wrong(name, "a bool", other)),
        }
    }

    fn wrong(&self, name: &str, expected: &str, got: Option<&Attr>) -> Error {
        let got = got.map_or_else(|| "none".to_owned(), |got| format!("{got:?}"));
        refuse("attr", format!("{expected} as attribute {name} of {}", self.op_type), got)
    }

    fn tensor(&self, i: usize) -> Result<TensorArg> {
        self.input(i)?.tensor(i as u16)
    }

    fn ints(&self, i: usize) -> Result<SmallVec<[i64; 8]>> {
        Ok(self.input(i)?.elements()?.iter().map(Scalar::to_i64).collect())
    }

    fn input(&self, i: usize) -> Result<&Operand> {
        self.inputs.get(i).ok_or_else(|| {
            refuse(
                "numInputs",
                format!("at least {} for {}", i + 1, self.op_type),
                self.inputs.len().to_string(),
            )
        })
    }

    fn output(&self, i: usize) -> Result<&Operand> {
        self.outputs.get(i).ok_or_else(|| {
            refuse(
                "numOutputs",
                format!("at least {} for {}", i + 1, self.op_type),
                self.outputs.len().to_string(),
            )
        })
    }

    /// What makes blocked inputs row-major, and row-major results blocked: as the operator compiler of a real device
    /// would put in.
    fn detours(&self) -> Result<(Vec<Detour>, Vec<Detour>)> {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        if matches!(table::find(&self.op_type), Some(Meaning::Relayout)) {
            return Ok((before, after));
        }
        for (operand, given) in self.inputs.iter().chain(&self.outputs).enumerate() {
            if !given.is_blocked() {
                continue;
            }
            let (stored, plain) = (given.stored()?, given.plain()?);
            let bytes = plain.bytes()? as usize;
            if operand < self.inputs.len() {
                before.push(Detour { operand, bytes, plan: formats::relayout(&stored, &plain)? });
            } else {
                after.push(Detour { operand, bytes, plan: formats::relayout(&plain, &stored)? });
            }
        }
        Ok((before, after))
    }

    /// Enqueues the call.
    pub(crate) fn run(&self, stream: &Stream) -> Result {
        let plan = self.plan()?;
        let (before, after) = self.detours()?;
        let operands = self.inputs.iter().chain(&self.outputs);
        let mut places = operands
            .map(|operand| operand.place(operand.stored()?.bytes()?))
            .collect::<Result<SmallVec<[Place; 4]>>>()?;
        // The workspace, then the row-major forms.
        let sizes = std::iter::once(plan.workspace() as usize);
        let sizes = sizes.chain(before.iter().chain(&after).map(|detour| detour.bytes));
        let (room, block) = Room::new(stream, sizes)?;
        let overflow = stream.overflow_treatment();
        let run = move |task: &TaskContext| {
            let mut own = room.own();
            let addresses: SmallVec<[*mut u8; 8]> = places.iter_mut().map(Place::pointer).collect();
            let mut plain = addresses.clone();
            for (number, detour) in before.iter().chain(&after).enumerate() {
                plain[detour.operand] = room.piece(&mut own, number + 1);
            }
            let run = |plan: &Plan, operands: &[*mut u8], scratch: *mut u8| {
                // SAFETY: each place was checked against the bytes of the operand that the plan was made with, and
                // buffers have the bytes of their row-major form; device memory stays allocated until the stream has
                // passed by the C caller's duty.
                unsafe { plan.run(operands, scratch, task.parallel()) }
                    .map_err(|fault| TaskFault::ai_core(fault.to_string()))
            };
            for Detour { operand, plan, .. } in &before {
                run(plan, &[addresses[*operand], plain[*operand]], ptr::null_mut())?;
            }
            run(&plan, &plain, room.piece(&mut own, 0))?;
            if let Some(mode) = overflow {
                // SAFETY: the addresses that the plan has just run with.
                if unsafe { plan.overflow(&plain, mode == OverflowMode::Saturate) } {
                    task.set_overflowed(true);
                }
            }
            for Detour { operand, plan, .. } in &after {
                run(plan, &[plain[*operand], addresses[*operand]], ptr::null_mut())?;
            }
            Ok(())
        };
        stream.submit(self.function, run)?;
        // What is taken on this stream from now on comes after this call.
        drop(block);
        Ok(())
    }
}

/// A conversion on an operand's way.
struct Detour {
    operand: usize,
    /// Bytes of the row-major form.
    bytes: usize,
    plan: Arc<Plan>,
}

fn refuse(argument: &'static str, expected: String, got: String) -> Error {
    ArgError::Range { argument, expected, got }.into()
}
