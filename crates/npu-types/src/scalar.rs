//! Scalar values with the type the caller gave them.

use crate::{Complex64, DType};

/// A scalar operand. The value is held as the widest type of its category; `dtype` is what the caller declared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scalar {
    dtype: DType,
    value: Value,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    Int(i64),
    Uint(u64),
    Float(f64),
    Complex(Complex64),
    Bool(bool),
}

impl Scalar {
    /// From a signed integer; `dtype` names the declared type.
    pub fn int(dtype: DType, value: i64) -> Scalar {
        Scalar { dtype, value: Value::Int(value) }
    }

    /// From an unsigned integer.
    pub fn uint(dtype: DType, value: u64) -> Scalar {
        Scalar { dtype, value: Value::Uint(value) }
    }

    /// From a floating-point value.
    pub fn float(dtype: DType, value: f64) -> Scalar {
        Scalar { dtype, value: Value::Float(value) }
    }

    /// From a complex value.
    pub fn complex(dtype: DType, value: Complex64) -> Scalar {
        Scalar { dtype, value: Value::Complex(value) }
    }

    /// From a bool.
    pub fn bool(value: bool) -> Scalar {
        Scalar { dtype: DType::Bool, value: Value::Bool(value) }
    }

    /// Type, category and value as numbers: equal exactly when the scalars are the same to every operator.
    pub fn words(&self) -> [u64; 3] {
        let (category, low, high) = match self.value {
            Value::Int(v) => (0, v as u64, 0),
            Value::Uint(v) => (1, v, 0),
            Value::Float(v) => (2, v.to_bits(), 0),
            Value::Complex(v) => (3, v.re.to_bits(), v.im.to_bits()),
            Value::Bool(v) => (4, u64::from(v), 0),
        };
        [self.dtype as u64 | category << 8, low, high]
    }

    /// The declared type.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// As f64; the imaginary part is dropped.
    pub fn to_f64(&self) -> f64 {
        match self.value {
            Value::Int(v) => v as f64,
            Value::Uint(v) => v as f64,
            Value::Float(v) => v,
            Value::Complex(v) => v.re,
            Value::Bool(v) => v as u8 as f64,
        }
    }

    /// As i64: floats truncate toward zero and saturate, u64 wraps.
    pub fn to_i64(&self) -> i64 {
        match self.value {
            Value::Int(v) => v,
            Value::Uint(v) => v as i64,
            Value::Float(v) => v as i64,
            Value::Complex(v) => v.re as i64,
            Value::Bool(v) => v as i64,
        }
    }

    /// As c128.
    pub fn to_c128(&self) -> Complex64 {
        match self.value {
            Value::Complex(v) => v,
            _ => Complex64::new(self.to_f64(), 0.0),
        }
    }

    /// Whether the value is not zero; NaN is not zero.
    pub fn to_bool(&self) -> bool {
        match self.value {
            Value::Int(v) => v != 0,
            Value::Uint(v) => v != 0,
            Value::Float(v) => v != 0.0,
            Value::Complex(v) => v.re != 0.0 || v.im != 0.0,
            Value::Bool(v) => v,
        }
    }
}
