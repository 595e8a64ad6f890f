"""Sizes that kernels split among workers, where each operator's fast path meets its remainders."""

import pytest
import torch

import driver
import samples
from table import operators

FLOAT = (torch.float32, torch.bfloat16)
ROWS, COLUMNS = 1031, 1537


def number(value: object) -> samples.Number:
    return samples.Number(value, torch.float64)


def cases(v: samples.Variant) -> dict[str, samples.Case]:
    """A case an operator; odd sizes, so that no vector length divides them."""
    x, y = v.tensor((ROWS, COLUMNS)), v.tensor((ROWS, COLUMNS))
    row = v.tensor((COLUMNS,))
    return {
        "aclnnAdd": {"self": x, "other": y, "alpha": number(1.5)},
        "aclnnMul": {"self": x, "other": row},
        "aclnnMuls": {"self": x, "other": number(1.5)},
        "aclnnExp": {"self": x},
        "aclnnGelu": {"self": x},
        "aclnnSilu": {"self": x},
        "aclnnGtTensor": {"self": x, "other": y},
        "aclnnSWhere": {"mask": v.tensor((ROWS, COLUMNS), torch.bool), "self": x, "other": y},
        "aclnnCast": {"self": x, "dtype": torch.float16},
        "aclnnInplaceCopy": {"out": torch.zeros_like(x), "other": row},
        "aclnnPermute": {"self": x, "dims": [1, 0]},
        "aclnnCat": {"tensors": [x, y, x], "dim": 1},
        "aclnnIndexSelect": {"self": x, "dim": 1, "index": torch.arange(COLUMNS - 1, -1, -3)},
        "aclnnIndex": {"self": x, "index": [torch.arange(-5, ROWS - 7)]},
        "aclnnIndexPutImpl": {"out": torch.zeros_like(x), "index": [torch.empty(0, dtype=v.dtype), torch.arange(
            COLUMNS - 1, -1, -2)], "other": v.tensor((ROWS, (COLUMNS + 1) // 2)), "flag": True, "flag2": False},
        "aclnnGather": {"self": x, "dim": 0, "index": torch.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) % ROWS},
        "aclnnScatterAdd": {"self": x, "dim": 0, "other": y,
                            "index": torch.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) % ROWS},
        "aclnnSort": {"self": x, "flag": True, "dim": 0, "flag2": False},
        "aclnnTopk": {"self": x, "count": 40, "dim": 1, "flag": True, "flag2": True},
        "aclnnCumsum": {"self": v.tensor((ROWS, COLUMNS), sample="unit"), "dim": 0, "dtype": v.dtype},
        "aclnnMaskedSelect": {"self": x, "mask": x > 0, "out": torch.zeros(x.numel(), dtype=v.dtype)},
        "aclnnNonzero": {"self": (x > 0).to(v.dtype), "out": torch.zeros((x.numel(), 2), dtype=torch.int64)},
        "aclnnFlip": {"self": x, "dims": [0, 1]},
        "aclnnRepeat": {"self": row, "shape": [300, 2]},
        "aclnnTriu": {"self": x, "diagonal": 3},
        "aclnnReduceSum": {"self": v.tensor((ROWS, COLUMNS), sample="unit"), "dims": [0], "keep_dim": False, "dtype": v.dtype},
        "aclnnMean": {"self": x, "dims": [1], "keep_dim": True, "dtype": v.dtype},
        "aclnnAmax": {"self": x, "dims": [], "keep_dim": False},
        "aclnnArgMax": {"self": x, "dim": 1, "keep_dim": False},
        "aclnnSoftmax": {"self": x, "dim": 1},
        "aclnnLogSoftmax": {"self": x, "dim": 0},
        "aclnnLayerNorm": {"self": x, "shape": [COLUMNS], "weight": row, "bias": row, "eps": 1e-5},
        "aclnnRmsNorm": {"self": x, "weight": row, "eps": 1e-6},
        "aclnnMatmul": {"self": v.tensor((301, 257), sample="unit"),
                        "other": v.tensor((257, 403), sample="unit"), "cube_math": 0},
    }


NAMES = list(cases(samples.Variant("contiguous", torch.float32)))


@pytest.mark.parametrize("dtype", FLOAT, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_large(name: str, dtype: torch.dtype):
    case = cases(samples.Variant("contiguous", dtype))[name]
    driver.check(operators()[name], case, dtype)


@pytest.mark.parametrize("name", NAMES)
def test_large_and_strided(name: str):
    case = cases(samples.Variant("strided", torch.float32))[name]
    driver.check(operators()[name], case, torch.float32, strided_out=True)
