//! Arguments by role.

use crate::{OpDef, OpError, Param, Role};
use npu_types::{DType, Layout, Scalar};
use smallvec::SmallVec;

/// One argument, in the order of the operator's C parameters.
#[derive(Debug)]
pub enum Arg {
    /// A null pointer.
    Null,
    /// A tensor.
    Tensor(TensorArg),
    /// A list of tensors.
    Tensors(Vec<TensorArg>),
    /// A scalar.
    Scalar(Scalar),
    /// A list of scalars.
    Scalars(Vec<Scalar>),
    /// Integers.
    Ints(SmallVec<[i64; 8]>),
    /// Floats.
    Floats(SmallVec<[f32; 4]>),
    /// Bools.
    Bools(SmallVec<[bool; 8]>),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A bool.
    Bool(bool),
    /// An element type.
    DType(DType),
    /// A string.
    Str(String),
}

/// A tensor operand: its view, where it is, and its number among the operands of the call.
#[derive(Debug, Clone, Copy)]
pub struct TensorArg {
    /// The view.
    pub layout: Layout,
    /// Address of the view's first element; compared for aliasing, never dereferenced here.
    pub address: u64,
    /// The bytes the view spans, from `address` on.
    pub span: (i64, i64),
    /// Number of the operand.
    pub slot: u16,
}

impl TensorArg {
    /// An operand; computes what the view spans.
    pub fn new(layout: Layout, address: u64, slot: u16) -> TensorArg {
        let span = layout.byte_span();
        TensorArg { layout, address, span: (span.start, span.end), slot }
    }

    /// Dimensions of the view.
    pub fn dims(&self) -> &[i64] {
        self.layout.dims()
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.layout.dtype()
    }
}

/// A tensor or scalar operand.
#[derive(Clone, Copy)]
pub enum Operand<'a> {
    /// A tensor.
    Tensor(&'a TensorArg),
    /// A scalar.
    Scalar(Scalar),
}

/// The arguments of one call, looked up by role.
pub struct Args<'a> {
    /// The operator.
    pub def: &'static OpDef,
    args: &'a [Arg],
}

impl<'a> Args<'a> {
    /// Checks that required arguments are there.
    pub fn new(def: &'static OpDef, args: &'a [Arg]) -> Result<Args<'a>, OpError> {
        debug_assert_eq!(def.params.len(), args.len());
        for (param, arg) in def.params.iter().zip(args) {
            if matches!(arg, Arg::Null) && !param.optional {
                return Err(OpError::Null { argument: param.name });
            }
        }
        Ok(Args { def, args })
    }

    /// The number of lists' elements, if all lists of tensors and scalars agree about it; else the parameter that does not
    /// and its number.
    pub(crate) fn list_len(&self) -> Result<usize, (&'static str, usize, usize)> {
        let mut all = None;
        for (param, arg) in self.iter() {
            let len = match arg {
                Arg::Tensors(list) => list.len(),
                Arg::Scalars(list) => list.len(),
                _ => continue,
            };
            match all {
                Some(first) if first != len => return Err((param.name, first, len)),
                _ => all = Some(len),
            }
        }
        Ok(all.unwrap_or(0))
    }

    /// The arguments with element `i` in place of each list; tensors of one element that all share become scalars.
    pub(crate) fn element(&self, i: usize) -> Vec<Arg> {
        self.args
            .iter()
            .map(|arg| match arg {
                Arg::Null => Arg::Null,
                Arg::Tensors(list) => Arg::Tensor(list[i]),
                Arg::Scalars(list) => Arg::Scalar(list[i]),
                Arg::Tensor(t) if t.layout.numel() == 1 => {
                    Arg::Tensor(TensorArg { layout: Layout::scalar(t.dtype()), ..*t })
                }
                Arg::Tensor(t) => Arg::Tensor(*t),
                Arg::Scalar(s) => Arg::Scalar(*s),
                Arg::Ints(v) => Arg::Ints(v.clone()),
                Arg::Floats(v) => Arg::Floats(v.clone()),
                Arg::Bools(v) => Arg::Bools(v.clone()),
                Arg::Int(v) => Arg::Int(*v),
                Arg::Float(v) => Arg::Float(*v),
                Arg::Bool(v) => Arg::Bool(*v),
                Arg::DType(v) => Arg::DType(*v),
                Arg::Str(v) => Arg::Str(v.clone()),
            })
            .collect()
    }

    /// The bools in this role; empty if null.
    pub fn bools(&self, role: Role) -> &'a [bool] {
        match self.find(role) {
            Some((_, Arg::Bools(bools))) => bools,
            _ => &[],
        }
    }

    /// Parameters with their arguments.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Param, &'a Arg)> {
        self.def.params.iter().zip(self.args)
    }

    fn find(&self, role: Role) -> Option<(&'static Param, &'a Arg)> {
        self.iter().find(|(param, _)| param.role.overlaps(role))
    }

    /// The C name of the parameter in this role.
    pub fn name(&self, role: Role) -> &'static str {
        self.find(role).map_or("?", |(param, _)| param.name)
    }

    /// The tensor in this role. The table guarantees that the parameter exists and is required.
    pub fn tensor(&self, role: Role) -> Result<&'a TensorArg, OpError> {
        self.tensor_optional(role).ok_or_else(|| OpError::Null { argument: self.name(role) })
    }

    /// The tensor in this role, if it was given.
    pub fn tensor_optional(&self, role: Role) -> Option<&'a TensorArg> {
        match self.find(role)?.1 {
            Arg::Tensor(tensor) => Some(tensor),
            _ => None,
        }
    }

    /// The tensors in this role.
    pub fn tensors(&self, role: Role) -> Result<&'a [TensorArg], OpError> {
        match self.find(role) {
            Some((_, Arg::Tensors(list))) => Ok(list),
            _ => Err(OpError::Null { argument: self.name(role) }),
        }
    }

    /// The tensor or scalar in this role.
    pub fn operand(&self, role: Role) -> Result<Operand<'a>, OpError> {
        match self.find(role) {
            Some((_, Arg::Tensor(tensor))) => Ok(Operand::Tensor(tensor)),
            Some((_, Arg::Scalar(scalar))) => Ok(Operand::Scalar(*scalar)),
            _ => Err(OpError::Null { argument: self.name(role) }),
        }
    }

    /// The scalar in this role.
    pub fn scalar(&self, role: Role) -> Result<Scalar, OpError> {
        match self.operand(role)? {
            Operand::Scalar(scalar) => Ok(scalar),
            Operand::Tensor(_) => Err(OpError::Null { argument: self.name(role) }),
        }
    }

    /// The scalar in this role, if the operator has it and it was given.
    pub fn scalar_optional(&self, role: Role) -> Option<Scalar> {
        match self.find(role)?.1 {
            Arg::Scalar(scalar) => Some(*scalar),
            _ => None,
        }
    }

    /// The integers in this role; empty if null.
    pub fn ints(&self, role: Role) -> &'a [i64] {
        match self.find(role) {
            Some((_, Arg::Ints(ints))) => ints,
            _ => &[],
        }
    }

    /// The integer in this role.
    pub fn int(&self, role: Role) -> Option<i64> {
        match self.find(role)?.1 {
            Arg::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The float in this role.
    pub fn float(&self, role: Role) -> Option<f64> {
        match self.find(role)?.1 {
            Arg::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// The bool in this role.
    pub fn flag(&self, role: Role) -> Option<bool> {
        match self.find(role)?.1 {
            Arg::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The string in this role.
    pub fn text(&self, role: Role) -> Option<&'a str> {
        match self.find(role)?.1 {
            Arg::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The element type in this role.
    pub fn dtype(&self, role: Role) -> Option<DType> {
        match self.find(role)?.1 {
            Arg::DType(value) => Some(*value),
            _ => None,
        }
    }
}
