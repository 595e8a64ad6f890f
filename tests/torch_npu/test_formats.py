"""Tensors in the formats of the matrix unit: stored so, and converted back."""

import pytest
import torch
import torch_npu

NCHW, ND, NC1HWC0, FRACTAL_Z, FRACTAL_NZ = 0, 2, 3, 4, 29


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.int8], ids=str)
@pytest.mark.parametrize("shape", [(16, 16), (33, 17), (1, 5), (2, 3, 40, 20)], ids=str)
def test_fractal_nz(shape, dtype):
    x = torch.randn(shape).mul(50).to(dtype)
    stored = torch_npu.npu_format_cast(x.npu(), FRACTAL_NZ)
    assert torch_npu.get_npu_format(stored) == FRACTAL_NZ
    assert torch_npu.get_storage_size(stored) >= x.numel() and torch_npu.get_storage_size(stored) % 256 == 0
    assert torch.equal(stored.cpu(), x)
    back = torch_npu.npu_format_cast(stored, ND)
    # Plain formats are named by rank.
    assert torch_npu.get_npu_format(back) in (NCHW, ND) and torch.equal(back.cpu(), x)


@pytest.mark.parametrize("format", [NC1HWC0, FRACTAL_Z])
@pytest.mark.parametrize("shape", [(2, 16, 3, 4), (20, 35, 2, 1)], ids=str)
def test_images_and_kernels(format, shape):
    x = torch.randn(shape)
    stored = torch_npu.npu_format_cast(x.npu(), format)
    assert torch_npu.get_npu_format(stored) == format
    n, c, h, w = shape
    blocks = -(-c // 16) * h * w * 16
    assert torch_npu.get_storage_size(stored) == blocks * (n if format == NC1HWC0 else -(-n // 16) * 16)
    assert torch.equal(stored.cpu(), x)


def test_operators_take_stored_formats():
    x, y = torch.randn(33, 17), torch.randn(33, 17)
    stored = torch_npu.npu_format_cast(x.npu(), FRACTAL_NZ)
    torch.testing.assert_close((stored + y.npu()).cpu(), x + y)
    torch.testing.assert_close((stored * 2).cpu(), x * 2)
