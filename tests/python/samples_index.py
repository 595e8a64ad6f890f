"""Samples of operators that read and write where indices point."""

import itertools
from collections.abc import Iterator, Sequence

import torch

from table import Operator
from variants import Case, family, indices, number, Variant


def _places(v: Variant, shape: Sequence[int], dim: int, size: int, dtype: torch.dtype, unique: bool) -> torch.Tensor:
    """Indices into an axis of `size`; of those along `dim` no two are equal if `unique`."""
    if not unique:
        return indices(v, tuple(shape), size, dtype)
    room = list(shape)
    if room:
        room[dim] = size
    order = torch.rand(room, generator=v.generator).argsort(dim) if room else torch.zeros((), dtype=torch.int64)
    return v.lay_out((order.narrow(dim, 0, shape[dim]) if room else order).to(dtype))


@family("index", variants=("contiguous", "strided", "broadcast", "empty", "scalar"))
def index(_: Operator, v: Variant) -> Iterator[Case]:
    for shape, entries in _index_lists(v):
        yield {"self": v.tensor(shape), "index": entries}


def _index_lists(v: Variant, unique: bool = False) -> Iterator[tuple[tuple[int, ...], list[torch.Tensor]]]:
    """Shapes with lists of indices: one and several, apart and together, broadcast, negative, masks, place holders."""
    nothing = torch.empty(0, dtype=v.dtype)
    if v.name == "scalar":
        yield (5,), [torch.tensor(2)]
        yield (5, 3), [torch.tensor(-5), torch.tensor(2, dtype=torch.int32)]
        return
    if v.name == "empty":
        yield (4, 3), [torch.zeros((2, 0), dtype=torch.int64)]
        yield (4, 0, 3), [nothing, nothing, torch.tensor([1, 2])]
        yield (4, 3), [torch.zeros(4, dtype=torch.bool)]
        return
    shape = (4, 3, 6)

    def at(dim: int, dims: tuple[int, ...], dtype: torch.dtype = torch.int64) -> torch.Tensor:
        size = torch.Size(dims).numel()
        data = torch.randperm(shape[dim], generator=v.generator)[:size] if unique else torch.randint(
            0, shape[dim], (size,), generator=v.generator)
        data[::2] -= shape[dim]  # from the end
        return v.lay_out(data.reshape(dims).to(dtype))

    yield shape, [at(0, (3,))]
    yield shape, [nothing, at(1, (3,), torch.int32)]
    yield shape, [nothing, nothing, at(2, (2, 3))]
    yield shape, [at(0, (3,)), at(1, (3,))]
    yield shape, [at(0, (3,)), nothing, at(2, (3,), torch.int32)]
    yield shape, [at(0, (3, 1)), at(1, (1, 2))]
    yield shape, [at(0, (2, 1)), nothing, at(2, (3,))]
    yield shape, [at(0, (3,)), at(1, (3,)), at(2, (3,))]
    mask = torch.tensor([True, False, True, True])
    yield shape, [v.lay_out(mask)]
    yield shape, [torch.tensor([True, False, True]).outer(torch.arange(6) % 2 == 0)[None].expand(4, 3, 6).contiguous()]
    yield shape, [nothing, v.lay_out(torch.rand(3, 6, generator=v.generator) > 0.3)]
    yield shape, [v.lay_out(mask), at(1, (3,))]
    yield shape, [torch.tensor([False, False, True, False]), at(1, (2,))]


@family("index_put", variants=("contiguous", "strided", "broadcast", "empty", "scalar"))
def index_put(_: Operator, v: Variant) -> Iterator[Case]:
    for accumulate in (False, True):
        for shape, entries in _index_lists(v, unique=not accumulate):
            target = v.lay_out(v.values(shape, v.dtype, "any"))
            chosen = torch.ops.aten.index(torch.zeros(shape), [None if i.shape == (0,) else i for i in entries]).shape
            values = v.tensor(chosen[1:] if v.name == "broadcast" and len(chosen) > 2 else chosen)
            yield {"out": target, "index": entries, "other": values, "flag": accumulate, "flag2": False}


def _index_dims(shape: tuple[int, ...], dim: int, more: int) -> list[int]:
    """Dimensions of an index along `dim`: smaller than `shape` in another one, longer by `more` in this (0: empty)."""
    dims = list(shape)
    if shape:
        dims[(dim - 1) % len(shape)] = max(dims[(dim - 1) % len(shape)] - 1, 1)
        dims[dim] = shape[dim] + more if more else 0
    return dims


@family("gather")
def gather(_: Operator, v: Variant) -> Iterator[Case]:
    shapes = {"scalar": [()], "empty": [(4, 3)]}.get(v.name, [(6, 5, 7), (40, 300), (9,)])
    for shape, dtype in itertools.product(shapes, (torch.int64, torch.int32)):
        for dim in (range(-len(shape), len(shape)) if shape else (0, -1)):
            dims = _index_dims(shape, dim, 0 if v.name == "empty" else 2)
            yield {"self": v.tensor(shape), "dim": dim,
                   "index": indices(v, tuple(dims), shape[dim] if shape else 1, dtype)}


@family("scatter")
def scatter(op: Operator, v: Variant) -> Iterator[Case]:
    shapes = {"scalar": [()], "empty": [(4, 3)]}.get(v.name, [(4, 3, 5), (20, 300), (9,)])
    modes = (None,) if not op.param("mode") else (0, 1, 2) if v.dtype.is_complex else (0, 1, 2, 3, 4)
    if v.dtype.is_complex:
        shapes = [shape for shape in shapes if torch.Size(shape).numel() < 1000]
    for shape, mode in itertools.product(shapes, modes):
        for dim in (range(-len(shape), len(shape)) if shape else (0,)):
            dims = _index_dims(shape, dim, 0 if v.name == "empty" else -1)
            case: Case = {"self": v.tensor(shape), "dim": dim,
                          "index": _places(v, dims, dim, shape[dim] if shape else 1, torch.int64, mode == 0),
                          "other": v.tensor(shape) if op.param("other").is_tensor else number(v.dtype)}
            if mode is not None:
                case["mode"] = mode
            yield case
            if v.name == "contiguous":
                yield {**case, "index": case["index"].int()}


@family("index_into")
def index_into(op: Operator, v: Variant) -> Iterator[Case]:
    shapes = {"scalar": [()], "empty": [(4, 3)]}.get(v.name, [(6, 5, 7), (40, 300), (9,)])
    for shape, dtype in itertools.product(shapes, (torch.int64, torch.int32)):
        for dim in (range(-len(shape), len(shape)) if shape else (0,)):
            count = 0 if v.name == "empty" else max(shape[dim] - 1, 1) if shape else 1
            dims = list(shape)
            if shape:
                dims[dim] = count
            size = shape[dim] if shape else 1
            case: Case = {"self": v.tensor(shape), "dim": dim,
                          "index": _places(v, (count,), 0, size, dtype, op.kernel == "Put"),
                          "other": v.tensor(dims) if op.param("other").is_tensor else number(v.dtype)}
            if op.param("alpha"):
                case["alpha"] = number(v.dtype, 1 if v.dtype == torch.bool else None)
            yield case
