"""Copies: every element type, every stride, between devices."""

import pytest
import torch

DTYPES = [
    torch.float32,
    torch.float16,
    torch.bfloat16,
    torch.float64,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.uint8,
    torch.bool,
    torch.complex64,
]


def sample(dtype, *shape):
    return torch.randn(*shape).mul(10).to(dtype) if dtype != torch.bool else torch.randn(*shape) > 0


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_there_and_back(dtype):
    x = sample(dtype, 7, 5)
    assert torch.equal(x.npu().cpu(), x)


VIEWS = {
    "transposed": lambda x: x.transpose(0, 2),
    "stepped": lambda x: x[:, ::2, 1:],
    "expanded": lambda x: x[:, :1].expand(4, 3, 6),
    "offset": lambda x: x[2, 1:],
    "one element": lambda x: x[1, 1, 1],
    "empty": lambda x: x[:, :0],
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_views(view):
    x = torch.randn(4, 5, 6)
    assert torch.equal(view(x.npu()).cpu(), view(x))
    assert torch.equal(view(x.npu()).contiguous().cpu(), view(x))
    # Into a view on the device, from the host and from the device.
    if view is not VIEWS["expanded"]:
        target, expected = torch.zeros(4, 5, 6, device="npu"), torch.zeros(4, 5, 6)
        view(target).copy_(view(x))
        view(expected).copy_(view(x))
        assert torch.equal(target.cpu(), expected)
        target.zero_()
        view(target).copy_(view(x.npu()))
        assert torch.equal(target.cpu(), expected)


def test_conversion_while_copying():
    x = torch.tensor([-1.5, 0.0, 2.5, 300.0])
    for dtype in (torch.float16, torch.int32, torch.bool, torch.float64):
        assert torch.equal(x.npu().to(dtype).cpu(), x.to(dtype))
        target = torch.zeros(4, dtype=dtype, device="npu")
        assert torch.equal(target.copy_(x).cpu(), torch.zeros(4, dtype=dtype).copy_(x))


def test_between_devices():
    x = torch.randn(33, 65)
    first = x.to("npu:0")
    second = first.to("npu:1")
    assert second.device.index == 1 and torch.equal(second.cpu(), x)
    back = torch.empty(65, 33, device="npu:0")
    back.copy_(second.t())
    torch.npu.synchronize(1)
    assert torch.equal(back.cpu(), x.t())
    assert torch.equal(first.to("npu:1", non_blocking=True).add(1).cpu(), x + 1)
