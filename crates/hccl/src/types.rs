//! HCCL's element types.

use capi::{
    ArgError, Error, Result,
    abi::{
        HCCL_DATA_TYPE_BFP16, HCCL_DATA_TYPE_FP8E4M3, HCCL_DATA_TYPE_FP8E5M2, HCCL_DATA_TYPE_FP8E8M0,
        HCCL_DATA_TYPE_FP16, HCCL_DATA_TYPE_FP32, HCCL_DATA_TYPE_FP64, HCCL_DATA_TYPE_HIF8,
        HCCL_DATA_TYPE_INT8, HCCL_DATA_TYPE_INT16, HCCL_DATA_TYPE_INT32, HCCL_DATA_TYPE_INT64,
        HCCL_DATA_TYPE_INT128, HCCL_DATA_TYPE_UINT8, HCCL_DATA_TYPE_UINT16, HCCL_DATA_TYPE_UINT32,
        HCCL_DATA_TYPE_UINT64, HcclDataType,
    },
};
use npu_types::DType;

/// A value outside its range.
pub(crate) fn range(argument: &'static str, expected: impl Into<String>, got: impl ToString) -> Error {
    ArgError::Range { argument, expected: expected.into(), got: got.to_string() }.into()
}

/// Name, bytes and, of those that can be combined, the type of computing.
fn about(data_type: HcclDataType) -> Option<(&'static str, u64, Option<DType>)> {
    Some(match data_type {
        HCCL_DATA_TYPE_INT8 => ("HCCL_DATA_TYPE_INT8", 1, Some(DType::I8)),
        HCCL_DATA_TYPE_UINT8 => ("HCCL_DATA_TYPE_UINT8", 1, Some(DType::U8)),
        HCCL_DATA_TYPE_HIF8 => ("HCCL_DATA_TYPE_HIF8", 1, None),
        HCCL_DATA_TYPE_FP8E4M3 => ("HCCL_DATA_TYPE_FP8E4M3", 1, None),
        HCCL_DATA_TYPE_FP8E5M2 => ("HCCL_DATA_TYPE_FP8E5M2", 1, None),
        HCCL_DATA_TYPE_FP8E8M0 => ("HCCL_DATA_TYPE_FP8E8M0", 1, None),
        HCCL_DATA_TYPE_INT16 => ("HCCL_DATA_TYPE_INT16", 2, Some(DType::I16)),
        HCCL_DATA_TYPE_UINT16 => ("HCCL_DATA_TYPE_UINT16", 2, Some(DType::U16)),
        HCCL_DATA_TYPE_FP16 => ("HCCL_DATA_TYPE_FP16", 2, Some(DType::F16)),
        HCCL_DATA_TYPE_BFP16 => ("HCCL_DATA_TYPE_BFP16", 2, Some(DType::BF16)),
        HCCL_DATA_TYPE_INT32 => ("HCCL_DATA_TYPE_INT32", 4, Some(DType::I32)),
        HCCL_DATA_TYPE_UINT32 => ("HCCL_DATA_TYPE_UINT32", 4, Some(DType::U32)),
        HCCL_DATA_TYPE_FP32 => ("HCCL_DATA_TYPE_FP32", 4, Some(DType::F32)),
        HCCL_DATA_TYPE_INT64 => ("HCCL_DATA_TYPE_INT64", 8, Some(DType::I64)),
        HCCL_DATA_TYPE_UINT64 => ("HCCL_DATA_TYPE_UINT64", 8, Some(DType::U64)),
        HCCL_DATA_TYPE_FP64 => ("HCCL_DATA_TYPE_FP64", 8, Some(DType::F64)),
        HCCL_DATA_TYPE_INT128 => ("HCCL_DATA_TYPE_INT128", 16, None),
        _ => return None,
    })
}

pub(crate) fn name(data_type: HcclDataType) -> &'static str {
    about(data_type).map_or("an unknown type", |(name, ..)| name)
}

/// What elements are combined as.
pub(crate) fn dtype(data_type: HcclDataType) -> Option<DType> {
    about(data_type).and_then(|(.., dtype)| dtype)
}

/// Bytes of `count` elements.
pub(crate) fn bytes(data_type: HcclDataType, count: u64, argument: &'static str) -> Result<u64> {
    let Some((_, size, _)) = about(data_type) else {
        return Err(range("dataType", "a value of HcclDataType", data_type));
    };
    count.checked_mul(size).ok_or_else(|| range(argument, "a count whose bytes 64 bits can number", count))
}
