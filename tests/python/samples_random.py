"""Samples of random operators."""

import itertools
import math
from collections.abc import Iterator

import torch

from table import Operator
from variants import Case, family, Number, Variant


def _state(op: Operator, case: Case) -> Case:
    """A generator's state, as numbers or in tensors."""
    if op.param("seed").is_tensor:
        return {**case, "seed": torch.tensor([12345]), "offset": torch.tensor([24]), "offset2": 3}
    return {**case, "seed": 12345, "offset": 24}


RANDOM_VARIANTS = ("contiguous", "strided", "empty", "scalar")


@family("random", variants=RANDOM_VARIANTS)
def random(op: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        case: Case = {}
        if op.kernel == "Normal":
            for role, value in (("self", 0.5), ("other", 2.0)):
                case[role] = v.tensor(shape) if op.param(role).is_tensor else value
        elif op.kernel == "Uniform":
            case |= {"start": -1.5, "end": 2.5}
        elif op.kernel == "Integer" and op.param("start"):
            case |= {"start": 0, "end": 2 if v.dtype == torch.bool else 100}
        elif op.kernel == "Exponential":
            case |= {"scale": 2.0, "count": torch.Size(shape).numel()}
        elif op.kernel == "Bernoulli":
            p = torch.rand(shape, generator=v.generator)
            case["prob"] = v.lay_out(p) if op.param("prob").is_tensor else Number(0.3, torch.float64)
            case["self"] = v.lay_out(v.values(shape, v.dtype, "any")) if op.in_place else v.tensor(shape)
        if not op.in_place and (op.name.startswith("aclnnInplace") or op.kernel == "Exponential"
                                or op.name == "aclnnNormalFloatFloat"):
            case["out"] = v.lay_out(v.values(shape, v.dtype, "any"))
        yield _state(op, case)


@family("multinomial", variants=("contiguous", "strided"))
def multinomial(op: Operator, v: Variant) -> Iterator[Case]:
    for shape in ((9, 40), (700,)):
        weights = v.values(shape, v.dtype, "positive")
        weights[..., ::3] = 0
        for count, replacement in ((1, False), (1, True), (20, False), (50, True)):
            yield _state(op, {"self": v.lay_out(weights), "count": count, "flag": replacement})


@family("randperm", variants=("contiguous", "strided", "empty"))
def randperm(op: Operator, v: Variant) -> Iterator[Case]:
    for count in ((0,) if v.name == "empty" else (1, 100, 1000)):
        yield _state(op, {"count": count})


@family("dropout_mask", variants=("contiguous", "empty"))
def dropout_mask(op: Operator, v: Variant) -> Iterator[Case]:
    for shape, p in itertools.product(v.shapes, (0.0, 0.3, 1.0)):
        case: Case = {"shape": list(shape), "prob": p}
        if op.param("dtype"):
            case["dtype"] = v.dtype
        yield _state(op, case)


@family("dropout_apply")
def dropout_apply(op: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        size = math.ceil(torch.Size(shape).numel() / 128) * 16
        mask = torch.randint(0, 256, (size,), generator=v.generator).to(torch.uint8)
        yield {"self": v.tensor(shape), "mask": mask, **({"prob": 0.25} if op.param("prob") else {"scale": 1.5})}


@family("dropout", variants=RANDOM_VARIANTS)
def dropout(op: Operator, v: Variant) -> Iterator[Case]:
    for shape, train in itertools.product(v.shapes, (True, False)):
        mask = torch.zeros(math.ceil(torch.Size(shape).numel() / 128) * 16, dtype=torch.uint8)
        yield _state(op, {"self": v.tensor(shape, sample="nonzero"), "prob": 0.25, "flag": train, "out2": mask})
