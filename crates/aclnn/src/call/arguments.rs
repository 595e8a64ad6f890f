//! C arguments: from handles to what the operators take, each checked on the way.

use crate::object::{
    self, BOOL_ARRAYS, Binding, FLOAT_ARRAYS, INT_ARRAYS, SCALAR_LISTS, SCALARS, TENSOR_LISTS, TENSORS,
    TensorState,
};
use capi::{ArgError, Error, Result, boundary};
use npu_ops::{Arg, OpDef, Param, ParamKind, TensorArg, memo::Key};
use npu_types::{DType, Scalar};
use smallvec::SmallVec;
use std::ffi::{c_char, c_void};

/// A C argument as it came.
#[derive(Debug, Clone, Copy)]
pub enum Raw {
    /// A handle: tensor, scalar, array or list.
    Handle(*const c_void),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// A bool.
    Bool(bool),
    /// `aclDataType`
    DType(i32),
    /// A string.
    Str(*const c_char),
}

/// The operands of a call, by slot.
pub(crate) type Bindings = SmallVec<[Binding; 4]>;

/// Who wants to know the arguments of a call, in order.
pub(super) trait Sink {
    fn null(&mut self);
    fn tensor(&mut self, tensor: &TensorState, output: bool, slot: u16);
    /// The next `len` tensors are one argument.
    fn tensors(&mut self, len: usize);
    fn scalar(&mut self, scalar: &Scalar);
    /// The next `len` scalars are one argument.
    fn scalars(&mut self, len: usize);
    fn ints(&mut self, values: &[i64]);
    fn floats(&mut self, values: &[f32]);
    fn bools(&mut self, values: &[bool]);
    fn int(&mut self, value: i64);
    fn float(&mut self, value: f64);
    fn bool(&mut self, value: bool);
    fn dtype(&mut self, value: DType);
    fn text(&mut self, value: &str);
}

impl Sink for Key {
    fn null(&mut self) {
        Key::null(self);
    }
    #[inline]
    fn tensor(&mut self, tensor: &TensorState, output: bool, _slot: u16) {
        Key::tensor(self, &tensor.view, tensor.address(), tensor.span, output);
    }
    fn tensors(&mut self, len: usize) {
        self.number(len as u64);
    }
    #[inline]
    fn scalar(&mut self, scalar: &Scalar) {
        Key::scalar(self, scalar);
    }
    fn scalars(&mut self, len: usize) {
        self.number(len as u64);
    }
    fn ints(&mut self, values: &[i64]) {
        self.numbers(values.iter().map(|v| *v as u64));
    }
    fn floats(&mut self, values: &[f32]) {
        self.numbers(values.iter().map(|v| u64::from(v.to_bits())));
    }
    fn bools(&mut self, values: &[bool]) {
        self.numbers(values.iter().map(|v| u64::from(*v)));
    }
    fn int(&mut self, value: i64) {
        self.number(value as u64);
    }
    fn float(&mut self, value: f64) {
        self.number(value.to_bits());
    }
    fn bool(&mut self, value: bool) {
        self.number(u64::from(value));
    }
    fn dtype(&mut self, value: DType) {
        self.number(value as u64);
    }
    fn text(&mut self, value: &str) {
        Key::text(self, value);
    }
}

/// The arguments as the planner takes them.
#[derive(Default)]
pub(super) struct List {
    pub args: SmallVec<[Arg; 8]>,
    /// How many of the next elements belong to the list at the end of `args`.
    open: usize,
}

impl Sink for List {
    fn null(&mut self) {
        self.args.push(Arg::Null);
    }
    fn tensor(&mut self, tensor: &TensorState, _output: bool, slot: u16) {
        let operand = TensorArg { layout: tensor.view, address: tensor.address(), span: tensor.span, slot };
        match self.args.last_mut() {
            Some(Arg::Tensors(list)) if self.open > 0 => {
                self.open -= 1;
                list.push(operand);
            }
            _ => self.args.push(Arg::Tensor(operand)),
        }
    }
    fn tensors(&mut self, len: usize) {
        self.open = len;
        self.args.push(Arg::Tensors(Vec::with_capacity(len)));
    }
    fn scalar(&mut self, scalar: &Scalar) {
        match self.args.last_mut() {
            Some(Arg::Scalars(list)) if self.open > 0 => {
                self.open -= 1;
                list.push(*scalar);
            }
            _ => self.args.push(Arg::Scalar(*scalar)),
        }
    }
    fn scalars(&mut self, len: usize) {
        self.open = len;
        self.args.push(Arg::Scalars(Vec::with_capacity(len)));
    }
    fn ints(&mut self, values: &[i64]) {
        self.args.push(Arg::Ints(SmallVec::from_slice(values)));
    }
    fn floats(&mut self, values: &[f32]) {
        self.args.push(Arg::Floats(SmallVec::from_slice(values)));
    }
    fn bools(&mut self, values: &[bool]) {
        self.args.push(Arg::Bools(SmallVec::from_slice(values)));
    }
    fn int(&mut self, value: i64) {
        self.args.push(Arg::Int(value));
    }
    fn float(&mut self, value: f64) {
        self.args.push(Arg::Float(value));
    }
    fn bool(&mut self, value: bool) {
        self.args.push(Arg::Bool(value));
    }
    fn dtype(&mut self, value: DType) {
        self.args.push(Arg::DType(value));
    }
    fn text(&mut self, value: &str) {
        self.args.push(Arg::Str(value.to_owned()));
    }
}

/// Looks every argument up, checks it for itself, and shows it to `sink`.
///
/// # Safety
/// C3 holds for strings.
#[inline]
pub(super) unsafe fn visit(
    def: &'static OpDef,
    raws: &[Raw],
    bindings: &mut Bindings,
    sink: &mut impl Sink,
) -> Result {
    for (number, (param, raw)) in def.params.iter().zip(raws).enumerate() {
        match raw {
            // Tensors are most of the arguments.
            Raw::Handle(handle) if param.kind == ParamKind::Tensor && !handle.is_null() => {
                operand(*handle, param, (number, 0), bindings, sink)?;
            }
            Raw::Handle(handle) if param.kind == ParamKind::Scalar && !handle.is_null() => {
                sink.scalar(&*object::lock(&SCALARS, *handle, param.name)?);
            }
            Raw::Int(value) => sink.int(*value),
            Raw::Float(value) => sink.float(*value),
            Raw::Bool(value) => sink.bool(*value),
            Raw::DType(code) => sink.dtype(dtype(*code, param.name)?),
            Raw::Str(text) if text.is_null() => null(param, sink)?,
            Raw::Str(text) => {
                // SAFETY: C3 by this function's contract.
                let text = unsafe { boundary::c_str(*text, param.name) }?;
                sink.text(&text.to_string_lossy());
            }
            Raw::Handle(handle) if handle.is_null() => null(param, sink)?,
            Raw::Handle(handle) => aggregate(*handle, param, number, bindings, sink)?,
        }
    }
    Ok(())
}

fn null(param: &Param, sink: &mut impl Sink) -> Result {
    if !param.optional {
        return Err(ArgError::Null { argument: param.name }.into());
    }
    sink.null();
    Ok(())
}

/// Arrays and lists.
fn aggregate(
    handle: *const c_void,
    param: &Param,
    number: usize,
    bindings: &mut Bindings,
    sink: &mut impl Sink,
) -> Result {
    let name = param.name;
    match param.kind {
        ParamKind::TensorList => {
            let list = object::get(&TENSOR_LISTS, handle, name)?;
            sink.tensors(list.len());
            for (position, element) in list.iter().enumerate() {
                operand(element.0, param, (number, position), bindings, sink)?;
            }
        }
        ParamKind::ScalarList => {
            let list = object::get(&SCALAR_LISTS, handle, name)?;
            sink.scalars(list.len());
            for element in list.iter() {
                sink.scalar(&*object::lock(&SCALARS, element.0, name)?);
            }
        }
        ParamKind::IntArray => sink.ints(&object::get(&INT_ARRAYS, handle, name)?),
        ParamKind::FloatArray => sink.floats(&object::get(&FLOAT_ARRAYS, handle, name)?),
        ParamKind::BoolArray => sink.bools(&object::get(&BOOL_ARRAYS, handle, name)?),
        ParamKind::Tensor
        | ParamKind::Scalar
        | ParamKind::Int
        | ParamKind::Float
        | ParamKind::Bool
        | ParamKind::DType
        | ParamKind::Str => {
            return Err(Error::Internal { what: format!("{name} was passed as a list") });
        }
    }
    Ok(())
}

fn dtype(code: i32, argument: &'static str) -> Result<DType> {
    DType::from_acl_code(code).ok_or_else(|| {
        let expected = "a data type that the device computes with".into();
        ArgError::Range { argument, expected, got: format!("aclDataType {code}") }.into()
    })
}

/// Formats whose memory is the plain strided view.
fn is_plain(format: i32) -> bool {
    // UNDEFINED, NCHW, NHWC, ND, HWCN, NDHWC, NCDHW, NC, NCL
    matches!(format, -1 | 0 | 1 | 2 | 16 | 27 | 30 | 35 | 47)
}

/// Checks a tensor argument (its view is computable and lies in one live allocation) and gives it the next slot.
#[inline]
fn operand(
    handle: *const c_void,
    param: &Param,
    (number, position): (usize, usize),
    bindings: &mut Bindings,
    sink: &mut impl Sink,
) -> Result {
    let tensor = object::lock(&TENSORS, handle, param.name)?;
    let output = param.role.is_output();
    let binding = bind(&tensor, param.name, (number as u16, position as u16), output)?;
    let slot = bindings.len() as u16;
    bindings.push(binding);
    sink.tensor(&tensor, output, slot);
    Ok(())
}

#[inline]
fn bind(
    state: &TensorState,
    argument: &'static str,
    (param, position): (u16, u16),
    output: bool,
) -> Result<Binding> {
    if state.dtype.is_none() || !is_plain(state.format) {
        return Err(not_computable(state, argument));
    }
    let binding = Binding {
        param,
        position,
        data: state.data,
        planned: state.data,
        offset: state.offset_bytes,
        span: state.span,
        bytes: state.bytes,
        align: state.view.dtype().size().min(8) as u8,
        output,
    };
    // A null address may still be set through the executor; the second phase insists.
    if binding.data != 0 {
        binding.check(argument)?;
    }
    Ok(binding)
}

#[cold]
fn not_computable(state: &TensorState, argument: &'static str) -> Error {
    if let Err(error) = dtype(state.data_type, argument) {
        return error;
    }
    let expected = "a plain format (ACL_FORMAT_ND, NCHW, NHWC, NCL …)".into();
    ArgError::Range { argument, expected, got: format!("aclFormat {}", state.format) }.into()
}

/// A tensor whose memory may be read now.
pub(crate) fn readable(tensor: &TensorState, argument: &'static str) -> Result<(TensorArg, Binding)> {
    let binding = bind(tensor, argument, (0, 0), false)?;
    if binding.data == 0 && !binding.is_empty() {
        return Err(ArgError::Null { argument }.into());
    }
    let view = TensorArg { layout: tensor.view, address: tensor.address(), span: tensor.span, slot: 0 };
    Ok((view, binding))
}
