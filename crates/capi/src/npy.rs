//! NumPy's array files.

use npu_types::DType;
use std::{fs::File, io::Write, path::Path};

/// NumPy's type string. There is none for bfloat16: its bits are stored as 16-bit integers.
fn descr(dtype: DType) -> &'static str {
    match dtype {
        DType::F32 => "<f4",
        DType::F16 => "<f2",
        DType::BF16 | DType::U16 => "<u2",
        DType::F64 => "<f8",
        DType::I8 => "|i1",
        DType::I16 => "<i2",
        DType::I32 => "<i4",
        DType::I64 => "<i8",
        DType::U8 => "|u1",
        DType::U32 => "<u4",
        DType::U64 => "<u8",
        DType::Bool => "|b1",
        DType::C64 => "<c8",
        DType::C128 => "<c16",
    }
}

/// The header of format version 1.0: padded so that the data starts at a multiple of 64 bytes.
fn header(dtype: DType, dims: &[i64]) -> Vec<u8> {
    let mut shape: String = dims.iter().map(|d| format!("{d}, ")).collect();
    if dims.len() > 1 {
        shape.truncate(shape.len() - 2);
    }
    let mut dict =
        format!("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr(dtype), shape.trim());
    let padded = (10 + dict.len() + 1).next_multiple_of(64) - 10;
    dict.extend(std::iter::repeat_n(' ', padded - dict.len() - 1));
    dict.push('\n');
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend_from_slice(&(dict.len() as u16).to_le_bytes());
    out.extend_from_slice(dict.as_bytes());
    out
}

/// A file's bytes: a row-major array.
pub fn bytes(dtype: DType, dims: &[i64], data: &[u8]) -> Vec<u8> {
    let mut out = header(dtype, dims);
    out.extend_from_slice(data);
    out
}

/// Writes a row-major array.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, dtype: DType, dims: &[i64], data: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(&header(dtype, dims))?;
    file.write_all(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_aligned_and_parse() {
        for dims in [&[][..], &[3], &[2, 3]] {
            let bytes = header(DType::F16, dims);
            assert_eq!(bytes.len() % 64, 0);
            let text = String::from_utf8_lossy(&bytes[10..]).into_owned();
            let shape = match dims {
                [] => "'shape': (), }",
                [_] => "'shape': (3,), }",
                _ => "'shape': (2, 3), }",
            };
            assert!(
                text.contains("'descr': '<f2', 'fortran_order': False") && text.contains(shape),
                "{text}"
            );
            assert!(text.ends_with('\n'));
        }
    }
}
