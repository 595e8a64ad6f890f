"""Samples of sorting, scans, outputs whose shape data decides, and copies into larger outputs."""

import itertools
from collections.abc import Iterator

import torch

from table import Operator
from variants import Case, category, family, indices, Number, number, Variant, VARIANTS


@family("order", variants=VARIANTS)
def order(op: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        if not op.param("dim"):
            if v.name != "empty":
                yield {"self": v.tensor(shape, sample="grid")}
            continue
        for dim, flag in itertools.product(range(-len(shape), len(shape)) if shape else (0, -1), (False, True)):
            n = shape[dim] if shape else 1
            case: Case = {"self": v.tensor(shape, sample="grid"), "dim": dim}
            if op.param("keep_dim"):
                case["keep_dim"] = flag
                if n == 0:
                    continue
            if op.kernel == "Sort":
                yield {**case, "flag": flag, "flag2": flag}
            elif op.kernel == "Median":
                yield case
            else:
                for count in sorted({1, (n + 1) // 2, n} if op.kernel == "Kth" else {min(n, 1), n // 2, n} if shape else {1}):
                    yield {**case, "count": count, **({"flag": flag, "flag2": True} if op.kernel == "Top" else {})}


@family("scan")
def scan(op: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        for dim in (range(-len(shape), len(shape)) if shape else (0, -1)):
            # Products of many large numbers overflow on the way.
            case: Case = {"self": v.tensor(shape, sample="unit" if op.kernel == "Prod" else None), "dim": dim}
            if op.param("dim").c_type == "aclScalar *":
                case["dim"] = Number(dim, torch.int64)
            if op.param("flag"):
                for exclusive, reverse in itertools.product((False, True), (False, True)):
                    yield {**case, "flag": exclusive, "flag2": reverse}
            elif op.param("dtype"):
                for dtype in {v.dtype, torch.float32} if category(v.dtype) == "int" else {
                        torch.int64} if v.dtype == torch.bool else {v.dtype}:
                    yield {**case, "dtype": dtype}
            else:
                yield case


@family("scan_extreme", variants=VARIANTS)
def scan_extreme(_: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        for dim in (range(-len(shape), len(shape)) if shape else (0, -1)):
            yield {"self": v.tensor(shape, sample="grid"), "dim": dim}


@family("masked_select")
def masked_select(_: Operator, v: Variant) -> Iterator[Case]:
    for shape, mask in itertools.product(v.shapes, (torch.bool, torch.uint8)):
        masked = shape[1:] if v.name == "broadcast" else shape
        room = v.lay_out(v.values((torch.Size(shape).numel(),), v.dtype, "any"))
        yield {"self": v.tensor(shape), "mask": v.tensor(masked, torch.bool).to(mask), "out": room}


@family("nonzero")
def nonzero(op: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        n, rank = torch.Size(shape).numel(), len(shape)
        room = v.values((n, rank) if op.kernel == "Rows" else (rank, n), torch.int64, "any")
        yield {"self": v.tensor(shape, sample="grid"), "out": v.lay_out(room) if rank and op.kernel == "Rows" else room}


@family("unique")
def unique(op: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        n = torch.Size(shape).numel()
        case: Case = {"self": v.tensor(shape, sample="grid"), "flag": True, "flag2": True,
                      "out": v.lay_out(v.values((n,), v.dtype, "any")),
                      "out2": v.lay_out(v.values(shape, torch.int64, "any"))}
        if op.param("out3"):
            case |= {"flag3": True, "out3": v.lay_out(v.values((n,), torch.int64, "any"))}
        yield case


@family("stack")
def stack(_: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        for dim in range(-len(shape) - 1, len(shape) + 1):
            yield {"tensors": [v.tensor(shape) for _ in range(3)], "dim": dim}


@family("repeat")
def repeat(_: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        for repeats in ([1] * len(shape), [3] * len(shape), [2, 1, *([2] * len(shape))], [*([2] * len(shape))][:-1] + [0]):
            if len(repeats) >= len(shape):
                yield {"self": v.tensor(shape), "shape": repeats}


@family("pad")
def pad(_: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        for pads in ([], [2, 1], [0, 0, 3, 0], [-1, 2, 1, -1]):
            if len(pads) <= 2 * len(shape) and (v.name != "empty" or min(pads, default=0) >= 0):
                yield {"self": v.tensor(shape), "shape": pads, "value": number(v.dtype)}


@family("flip")
def flip(_: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        for dims in ([], [0], [-1], list(range(len(shape)))):
            if shape or not dims:
                yield {"self": v.tensor(shape), "dims": dims}


@family("expand")
def expand(_: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        yield {"self": v.tensor(shape), "shape": [2, 3, *([-1] * len(shape))]}
        if len(shape) == 3:
            yield {"self": v.tensor((1, shape[1], 1)), "shape": list(shape)}


@family("one_hot", variants=("contiguous", "strided", "empty", "scalar"))
def one_hot(_: Operator, v: Variant) -> Iterator[Case]:
    values = (torch.ones(1, dtype=v.dtype), torch.zeros(1, dtype=v.dtype))
    for shape, kind in itertools.product(v.shapes, (torch.int64, torch.int32)):
        for dim in (-1, 0, len(shape)):
            yield {"self": indices(v, tuple(shape), 5, kind), "count": 5, "other": values[0], "value": values[1], "dim": dim}


@family("eye", variants=("contiguous", "strided", "empty"))
def eye(_: Operator, v: Variant) -> Iterator[Case]:
    for n, m in ((0, 3), (4, 0)) if v.name == "empty" else ((4, 4), (5, 3), (3, 7)):
        yield {"count": n, "count2": m}


@family("linspace", variants=("contiguous", "strided", "empty"))
def linspace(_: Operator, v: Variant) -> Iterator[Case]:
    for count in (0,) if v.name == "empty" else (1, 2, 33):
        yield {"start": Number(0.0, torch.float64), "end": Number(64.0, torch.float64), "count": count}


@family("clamp", variants=VARIANTS)
def clamp(op: Operator, v: Variant) -> Iterator[Case]:
    bounds = [role for role in ("low", "high") if op.param(role)]
    for shape in v.shapes:
        for missing in (None, *(bounds if len(bounds) == 2 else ())):
            case: Case = {"self": v.lay_out(v.values(shape, v.dtype, "any")) if op.in_place else v.tensor(shape)}
            for role in bounds:
                if role != missing and op.param(role).is_tensor:
                    case[role] = v.tensor(shape[1:] if v.name == "broadcast" else shape)
                elif role != missing:
                    case[role] = number(v.dtype, 1 if role == "low" else 2)
            yield case


@family("equal")
def equal(_: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        x = v.tensor(shape)
        yield {"self": x, "other": v.lay_out(x.clone())}
        yield {"self": x, "other": v.tensor(shape)}
        yield {"self": x, "other": v.tensor((2, *shape))}


@family("masked_fill_tensor")
def masked_fill_tensor(_: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        mask = shape[1:] if v.name == "broadcast" else shape
        yield {"out": v.lay_out(v.values(shape, v.dtype, "any")), "mask": v.tensor(mask, torch.bool),
               "value": v.values((1,) if shape else (), v.dtype, "any")}
