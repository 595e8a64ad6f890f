"""aclTensor, aclScalar and the arrays, destroyed with their Python objects."""

import ctypes
from collections.abc import Sequence

import torch

from .dtypes import acl_dtype
from .library import AclError, acl, pointer
from .memory import Storage

FORMAT_ND = 2


def _i64(values: Sequence[int]) -> ctypes.Array:
    return (ctypes.c_int64 * len(values))(*values)


class _Object:
    """A handle and the function that destroys it."""

    destroy = ""

    def __init__(self, handle: int):
        self.handle = handle

    def __del__(self):
        handle, self.handle = getattr(self, "handle", 0), 0
        if handle:
            acl(self.destroy, handle)


class Tensor(_Object):
    """The view of a PyTorch tensor over its storage's copy on the device.

    `address` overrides where the storage is, `shape` and `dtype` what the view claims: for tests of bad input.
    """

    destroy = "aclDestroyTensor"

    def __init__(self, host: torch.Tensor, storage: Storage | None = None, *, address: int | None = None,
                 shape: Sequence[int] | None = None, dtype: torch.dtype | None = None):
        self.host = host
        self.storage = storage or Storage(host)
        shape = list(host.shape if shape is None else shape)
        elements = self.storage.size // host.element_size()
        super().__init__(
            pointer("aclCreateTensor", _i64(shape), len(shape), acl_dtype(dtype or host.dtype), _i64(host.stride()),
                    host.storage_offset(), FORMAT_ND, _i64([elements]), 1,
                    self.storage.memory.address if address is None else address))

    def fetch(self) -> torch.Tensor:
        """The device's data with the same view."""
        return self.storage.fetch(self.host)

    def view_shape(self) -> list[int]:
        """The dimensions that the tensor has now."""
        dims, rank = ctypes.POINTER(ctypes.c_int64)(), ctypes.c_uint64()
        acl("aclGetViewShape", self.handle, ctypes.byref(dims), ctypes.byref(rank))
        shape = [dims[i] for i in range(rank.value)]
        ctypes.CDLL(None).free(dims)
        return shape


class Stream(_Object):
    """A stream; one that failed may say so once more when it is destroyed."""

    def __init__(self):
        handle = ctypes.c_void_p()
        acl("aclrtCreateStream", ctypes.byref(handle))
        super().__init__(handle.value)

    def __del__(self):
        handle, self.handle = getattr(self, "handle", 0), 0
        try:
            acl("aclrtDestroyStream", handle)
        except AclError:
            pass


class TensorList(_Object):
    """A list; destroying it destroys its elements."""

    destroy = "aclDestroyTensorList"

    def __init__(self, tensors: Sequence[Tensor]):
        self.tensors = list(tensors)
        handles = (ctypes.c_void_p * len(tensors))(*(t.handle for t in tensors))
        super().__init__(pointer("aclCreateTensorList", handles, len(tensors)))
        for tensor in self.tensors:
            tensor.handle = 0  # owned by the list from here on


class Scalar(_Object):
    """A number of a certain type."""

    destroy = "aclDestroyScalar"

    def __init__(self, value: object, dtype: torch.dtype):
        self.value, self.dtype = value, dtype
        data = torch.tensor(value, dtype=dtype)
        super().__init__(pointer("aclCreateScalar", data.data_ptr(), acl_dtype(dtype)))


class IntArray(_Object):
    """64-bit integers."""

    destroy = "aclDestroyIntArray"

    def __init__(self, values: Sequence[int]):
        super().__init__(pointer("aclCreateIntArray", _i64(values), len(values)))


class BoolArray(_Object):
    """Bools."""

    destroy = "aclDestroyBoolArray"

    def __init__(self, values: Sequence[bool]):
        super().__init__(pointer("aclCreateBoolArray", (ctypes.c_bool * len(values))(*values), len(values)))


class ScalarList(_Object):
    """A list; destroying it destroys its elements."""

    destroy = "aclDestroyScalarList"

    def __init__(self, scalars: Sequence[Scalar]):
        handles = (ctypes.c_void_p * len(scalars))(*(s.handle for s in scalars))
        super().__init__(pointer("aclCreateScalarList", handles, len(scalars)))
        for scalar in scalars:
            scalar.handle = 0  # owned by the list from here on
