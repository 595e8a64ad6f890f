//! A call by type: from descriptions, buffers and attributes to the arguments of an operator.

use crate::{
    infer,
    object::{Attr, Attrs, Shape},
    operand::Operand,
    table::{self, Entry, Fixed, Meaning, Source},
};
use capi::{ArgError, Error, Result, code};
use npu_ops::{Arg, OpDef, ParamKind, Plan, TensorArg};
use npu_types::{DType, Layout, Scalar};
use smallvec::SmallVec;
use std::sync::Arc;

/// A call whose handles were looked up.
pub(crate) struct Call {
    pub(crate) function: &'static str,
    pub(crate) op_type: String,
    pub(crate) inputs: Vec<Operand>,
    pub(crate) outputs: Vec<Operand>,
    pub(crate) attrs: Attrs,
}

impl Call {
    /// What the type means; the attributes and the number of inputs are such as it takes.
    pub(crate) fn entry(&self) -> Result<&'static Entry> {
        let entry = table::find(&self.op_type).ok_or_else(|| self.unknown_type())?;
        for (name, value) in &self.attrs {
            self.check_attribute(entry, name, value)?;
        }
        if let Some(most) = entry.inputs()
            && let Some(extra) = self.inputs.iter().skip(most).position(|input| !input.is_absent())
        {
            let expected = format!("at most {most} for {}", self.op_type);
            return Err(refuse("numInputs", expected, (most + extra + 1).to_string()));
        }
        Ok(entry)
    }

    fn unknown_type(&self) -> Error {
        let near = table::nearest(&self.op_type).join(", ");
        let what = format!(
            "argument opType: expected an operator type that aclsim knows, such as {near}; got {:?}, for which there is \
             neither an operator nor a kernel registered on the host",
            self.op_type
        );
        Error::Code { code: code::ACL_ERROR_GE_FAILURE, what }
    }

    /// Attributes that would be passed over are refused, unless they say what is so anyway.
    fn check_attribute(&self, entry: &Entry, name: &str, value: &Attr) -> Result {
        // Names that begin so are notes of frameworks to the compiler.
        if name.starts_with('_') || entry.attributes().any(|known| known == name) {
            return Ok(());
        }
        let Some((_, fixed)) = entry.also.iter().find(|(known, _)| *known == name) else {
            let mut known: Vec<&str> =
                entry.attributes().chain(entry.also.iter().map(|(name, _)| *name)).collect();
            known.sort_unstable();
            known.dedup();
            let known = if known.is_empty() { "no attributes".to_owned() } else { known.join(", ") };
            let what = format!("argument attr: expected {known} for {}, got {name:?}", self.op_type);
            return Err(Error::Code { code: code::ACL_ERROR_INVALID_PARAM, what });
        };
        let (same, expected) = match (fixed, value) {
            (Fixed::Any, _) => return Ok(()),
            (Fixed::Int(wanted), Attr::Int(given)) => (wanted == given, wanted.to_string()),
            (Fixed::Float(wanted), Attr::Float(given)) => (wanted == given, wanted.to_string()),
            (Fixed::Flag(wanted), Attr::Bool(given)) => (wanted == given, wanted.to_string()),
            (Fixed::Int(wanted), _) => (false, wanted.to_string()),
            (Fixed::Float(wanted), _) => (false, wanted.to_string()),
            (Fixed::Flag(wanted), _) => (false, wanted.to_string()),
        };
        if same { Ok(()) } else { Err(self.wrong(name, &expected, Some(value))) }
    }

    /// Gives outputs of unknown shape the one that follows from the inputs.
    pub(crate) fn complete(&mut self) -> Result {
        if self.outputs.iter().any(Operand::is_unknown) {
            let shapes = infer::shapes(self)?;
            for (output, shape) in self.outputs.iter_mut().zip(shapes) {
                if output.is_unknown() {
                    output.desc.dims = shape;
                    output.desc.storage_dims = None;
                }
            }
        }
        Ok(())
    }

    /// The plan of the call; its operands are the inputs, then the outputs.
    pub(crate) fn plan(&self) -> Result<Arc<Plan>> {
        match self.entry()?.meaning {
            Meaning::Op(def, sources) => self.registered(def, sources),
            Meaning::Own(plan) => plan(self),
        }
    }

    /// Whether the operator knows how its operands are stored, so that nothing has to make them row-major.
    pub(crate) fn knows_formats(&self) -> bool {
        table::find(&self.op_type).is_some_and(|entry| entry.knows_formats)
    }

    pub(crate) fn registered(&self, def: &'static OpDef, sources: &[Source]) -> Result<Arc<Plan>> {
        debug_assert_eq!(def.params.len(), sources.len());
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
            Source::Turned(i, attr) => Arg::Tensor(self.turned(i, attr)?),
            Source::Inputs => Arg::Tensors(self.listed()?),
            Source::Stacked(name) => {
                let axis = self.int(name, 0)?;
                let stacked = |mut tensor: TensorArg| -> Result<TensorArg> {
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
                Arg::Tensors(self.listed()?.into_iter().map(stacked).collect::<Result<_>>()?)
            }
            Source::Channels(i) => Arg::Tensor(self.by_channel(i)?),
            Source::Out(i) => Arg::Tensor(self.out(i)?),
            Source::Element(i) => number(self.element(i)?),
            Source::Elements(i) => Arg::Ints(self.ints(i)?),
            Source::Scalar(value) => number(Scalar::int(DType::I64, value)),
            Source::Flag(value) => Arg::Bool(value),
            Source::Int(value) => Arg::Int(value),
            Source::TypeOf(i) => Arg::DType(self.output(i)?.dtype()?),
            Source::Rounding(i) => Arg::Int(i64::from(self.input(i)?.dtype()?.is_integer())),
            Source::Number(name) => match self.attrs.get(name) {
                Some(Attr::Float(value)) => number(Scalar::float(DType::F32, f64::from(*value))),
                Some(Attr::Int(value)) => number(Scalar::int(DType::I64, *value)),
                other => return Err(self.wrong(name, "a number", other)),
            },
            Source::IntAttr(name, missing) => Arg::Int(self.int(name, missing)?),
            Source::FirstInt(name, missing) => match self.attrs.get(name) {
                Some(Attr::Ints(values)) if !values.is_empty() => Arg::Int(values[0]),
                _ => Arg::Int(self.int(name, missing)?),
            },
            Source::Ints(name) => Arg::Ints(self.int_list(name)?),
            Source::Padding(i) => Arg::Ints(self.last_first(&self.ints(i)?)?),
            Source::PaddingAttr(name) => Arg::Ints(self.last_first(&self.pairs(name)?)?),
            Source::Flagged(name) => Arg::Bool(self.flag(name)?),
        })
    }

    /// Pairs for the axes in order, in the order of the operator: the last axis first.
    fn last_first(&self, pairs: &[i64]) -> Result<SmallVec<[i64; 8]>> {
        let rank = self.input(0)?.dims()?.len();
        if pairs.len() != 2 * rank {
            return Err(refuse("inputs", format!("{rank} pairs of paddings"), format!("{pairs:?}")));
        }
        Ok(pairs.chunks_exact(2).rev().flatten().copied().collect())
    }

    /// Pairs of integers, by attribute.
    pub(crate) fn pairs(&self, name: &'static str) -> Result<SmallVec<[i64; 8]>> {
        match self.attrs.get(name) {
            Some(Attr::IntLists(lists)) if lists.iter().all(|list| list.len() == 2) => {
                Ok(lists.iter().flatten().copied().collect())
            }
            other => Err(self.wrong(name, "a list of pairs of integers", other)),
        }
    }

    /// Integers, by attribute; none if it is missing.
    pub(crate) fn int_list(&self, name: &'static str) -> Result<SmallVec<[i64; 8]>> {
        match self.attrs.get(name) {
            None => Ok(SmallVec::new()),
            Some(Attr::Ints(values)) => Ok(values.as_slice().into()),
            other => Err(self.wrong(name, "a list of integers", other)),
        }
    }

    /// A text, by attribute.
    pub(crate) fn text<'a>(&'a self, name: &'static str, missing: &'a str) -> Result<&'a str> {
        match self.attrs.get(name) {
            None => Ok(missing),
            Some(Attr::Text(value)) => Ok(value),
            other => Err(self.wrong(name, "a string", other)),
        }
    }

    pub(crate) fn int(&self, name: &'static str, missing: i64) -> Result<i64> {
        match self.attrs.get(name) {
            None => Ok(missing),
            Some(Attr::Int(value)) => Ok(*value),
            other => Err(self.wrong(name, "an integer", other)),
        }
    }

    pub(crate) fn flag(&self, name: &'static str) -> Result<bool> {
        match self.attrs.get(name) {
            None => Ok(false),
            Some(Attr::Bool(value)) => Ok(*value),
            other => Err(self.wrong(name, "a bool", other)),
        }
    }

    pub(crate) fn number(&self, name: &'static str, missing: f64) -> Result<f64> {
        match self.attrs.get(name) {
            None => Ok(missing),
            Some(Attr::Float(value)) => Ok(f64::from(*value)),
            Some(Attr::Int(value)) => Ok(*value as f64),
            other => Err(self.wrong(name, "a number", other)),
        }
    }

    pub(crate) fn wrong(&self, name: &str, expected: &str, got: Option<&Attr>) -> Error {
        let got = got.map_or_else(|| "none".to_owned(), |got| format!("{got:?}"));
        refuse("attr", format!("{expected} as attribute {name} of {}", self.op_type), got)
    }

    /// Whether an optional input was given.
    pub(crate) fn present(&self, i: usize) -> bool {
        self.inputs.get(i).is_some_and(|input| !input.is_absent())
    }

    pub(crate) fn tensor(&self, i: usize) -> Result<TensorArg> {
        self.input(i)?.tensor(i as u16)
    }

    /// An input, its last two axes exchanged if the attribute says so.
    pub(crate) fn turned(&self, i: usize, attr: &'static str) -> Result<TensorArg> {
        let mut tensor = self.tensor(i)?;
        let rank = tensor.dims().len();
        if self.flag(attr)? && rank >= 2 {
            let mut order: SmallVec<[usize; 8]> = (0..rank).collect();
            order.swap(rank - 1, rank - 2);
            tensor.layout = tensor.layout.permuted(&order);
        }
        Ok(tensor)
    }

    /// The inputs that make a list: those that were said to belong to one, else all.
    pub(crate) fn listed(&self) -> Result<Vec<TensorArg>> {
        let marked = self.inputs.iter().any(|input| input.desc.dynamic_input.is_some());
        let belongs = |i: &usize| !marked || self.inputs[*i].desc.dynamic_input.is_some();
        (0..self.inputs.len()).filter(belongs).map(|i| self.tensor(i)).collect()
    }

    /// A vector with an element for each channel of input 0.
    fn by_channel(&self, i: usize) -> Result<TensorArg> {
        let (x, mut tensor) = (self.input(0)?.dims()?.len(), self.tensor(i)?);
        let last = match self.text("data_format", "NHWC")? {
            format if format.ends_with('C') => true,
            format if format.starts_with("NC") => false,
            other => {
                let expected = "a data_format that names channels, NHWC or NCHW".to_owned();
                return Err(refuse("attr", expected, other.to_owned()));
            }
        };
        if tensor.dims().len() != 1 || x < 2 {
            return Err(refuse(
                "inputs",
                "a vector for tensors of 2 dimensions or more".into(),
                format!("{:?}", tensor.dims()),
            ));
        }
        for _ in 0..if last { 0 } else { x - 2 } {
            let layout = tensor.layout.with_axis(tensor.layout.rank(), 1, 0);
            tensor.layout = layout.map_err(|e| Error::from(npu_ops::OpError::layout("inputs")(e)))?;
        }
        Ok(tensor)
    }

    pub(crate) fn out(&self, i: usize) -> Result<TensorArg> {
        self.output(i)?.tensor((self.inputs.len() + i) as u16)
    }

    /// The one element of an input that the host knows.
    pub(crate) fn element(&self, i: usize) -> Result<Scalar> {
        let elements = self.input(i)?.elements()?;
        match elements.as_slice() {
            [one] => Ok(*one),
            more => Err(refuse("inputs", format!("one element in input {i}"), more.len().to_string())),
        }
    }

    pub(crate) fn ints(&self, i: usize) -> Result<SmallVec<[i64; 8]>> {
        Ok(self.input(i)?.elements()?.iter().map(Scalar::to_i64).collect())
    }

    pub(crate) fn input(&self, i: usize) -> Result<&Operand> {
        self.inputs.get(i).ok_or_else(|| {
            let expected = format!("at least {} for {}", i + 1, self.op_type);
            refuse("numInputs", expected, self.inputs.len().to_string())
        })
    }

    pub(crate) fn output(&self, i: usize) -> Result<&Operand> {
        self.outputs.get(i).ok_or_else(|| {
            let expected = format!("at least {} for {}", i + 1, self.op_type);
            refuse("numOutputs", expected, self.outputs.len().to_string())
        })
    }

    /// The output has this shape.
    pub(crate) fn expect_shape(&self, out: &Layout, dims: &[i64]) -> Result {
        if out.dims() == dims {
            return Ok(());
        }
        Err(refuse("outputs", format!("shape {dims:?}"), format!("{:?}", out.dims())))
    }

    /// The shape of an input.
    pub(crate) fn shape_of(&self, i: usize) -> Result<Shape> {
        Ok(self.input(i)?.dims()?.into())
    }
}

pub(crate) fn refuse(argument: &'static str, expected: String, got: String) -> Error {
    ArgError::Range { argument, expected, got }.into()
}
