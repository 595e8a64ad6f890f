"""Device memory, and PyTorch storages copied into it."""

import ctypes

import torch

from .library import acl

HOST_TO_DEVICE = 1
DEVICE_TO_HOST = 2


class DeviceMemory:
    """An allocation; freed with the object or by `free`."""

    device_reset = False

    def __init__(self, size: int):
        self.size = size
        self.address = 0
        # An empty tensor has no memory, and the device refuses allocations of nothing.
        if size > 0:
            out = ctypes.c_void_p()
            acl("aclrtMalloc", ctypes.byref(out), size, 0)
            self.address = out.value or 0

    def free(self) -> None:
        """Frees the memory now, unless the device was reset and has freed it already."""
        if self.address and not DeviceMemory.device_reset:
            address, self.address = self.address, 0
            acl("aclrtFree", address)

    def __del__(self):
        self.free()


def upload(address: int, tensor: torch.Tensor) -> None:
    """Copies a contiguous tensor to the device."""
    size = tensor.numel() * tensor.element_size()
    if size:
        acl("aclrtMemcpy", address, size, tensor.data_ptr(), size, HOST_TO_DEVICE)


def download(address: int, tensor: torch.Tensor) -> None:
    """Copies from the device into a contiguous tensor."""
    size = tensor.numel() * tensor.element_size()
    if size:
        acl("aclrtMemcpy", tensor.data_ptr(), size, address, size, DEVICE_TO_HOST)


class Storage:
    """The device's copy of everything a tensor's storage holds, also what its view does not show."""

    def __init__(self, tensor: torch.Tensor):
        self.size = tensor.untyped_storage().nbytes()
        self.memory = DeviceMemory(self.size)
        if self.size:
            acl("aclrtMemcpy", self.memory.address, self.size, tensor.untyped_storage().data_ptr(), self.size,
                HOST_TO_DEVICE)

    def fetch(self, like: torch.Tensor) -> torch.Tensor:
        """A new tensor with the strides of `like` over the whole storage as it is on the device now."""
        result = torch.empty(0, dtype=like.dtype)
        result.set_(torch.UntypedStorage(self.size), like.storage_offset(), like.shape, like.stride())
        if self.size:
            acl("aclrtMemcpy", result.untyped_storage().data_ptr(), self.size, self.memory.address, self.size,
                DEVICE_TO_HOST)
        return result
