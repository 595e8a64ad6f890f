"""A thin ctypes layer over the C ABI, just enough to compare operators with PyTorch.

Pointers and handles are ints. Everything that can fail raises `AclError` with the code and the library's message.
"""

from .dtypes import ACL_TO_TORCH, TORCH_TO_ACL, acl_dtype, torch_dtype
from .library import AclError, acl, recent_message
from .memory import DeviceMemory, Storage, download, upload
from .objects import BoolArray, IntArray, Scalar, ScalarList, Stream, Tensor, TensorList
from .operators import Executor, call, phase_one, phase_two

__all__ = [
    "ACL_TO_TORCH",
    "AclError",
    "BoolArray",
    "DeviceMemory",
    "Executor",
    "IntArray",
    "Scalar",
    "ScalarList",
    "Storage",
    "Stream",
    "TORCH_TO_ACL",
    "Tensor",
    "TensorList",
    "acl",
    "acl_dtype",
    "call",
    "download",
    "phase_one",
    "phase_two",
    "recent_message",
    "torch_dtype",
    "upload",
]
