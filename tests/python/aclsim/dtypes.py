"""aclDataType and torch.dtype, number by number."""

import torch

ACL_TO_TORCH = {
    0: torch.float32,
    1: torch.float16,
    2: torch.int8,
    3: torch.int32,
    4: torch.uint8,
    6: torch.int16,
    7: torch.uint16,
    8: torch.uint32,
    9: torch.int64,
    10: torch.uint64,
    11: torch.float64,
    12: torch.bool,
    16: torch.complex64,
    17: torch.complex128,
    27: torch.bfloat16,
}
TORCH_TO_ACL = {torch_type: code for code, torch_type in ACL_TO_TORCH.items()}


def acl_dtype(dtype: torch.dtype) -> int:
    """The value of aclDataType."""
    return TORCH_TO_ACL[dtype]


def torch_dtype(code: int) -> torch.dtype:
    """The type for a value of aclDataType."""
    return ACL_TO_TORCH[code]
