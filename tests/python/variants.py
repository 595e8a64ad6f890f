"""What samples are made of: shapes, layouts and reproducible values for an element type, and the register of families."""

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterator, Sequence

import torch

import references
from table import Operator

VARIANTS = ("contiguous", "strided", "broadcast", "empty", "scalar", "special")
SHAPES = {
    "contiguous": [(3, 5, 17), (1025,)],
    "strided": [(3, 5, 17), (6, 33)],
    "broadcast": [(4, 3, 17)],
    "empty": [(0, 4), (3, 0, 2)],
    "scalar": [()],
    "special": [(81,)],
}
SPECIAL = [float("nan"), float("inf"), float("-inf"), 0.0, -0.0, 1.0, -1.0, 2.5, -3.5]
UNSIGNED = (torch.uint8, torch.uint16, torch.uint32, torch.uint64)

# A case without a value for this role leaves a null pointer.
Case = dict[str, object]


@dataclasses.dataclass(frozen=True)
class Number:
    """A scalar argument: its value and the type it is created with."""

    value: object
    dtype: torch.dtype


def is_float(dtype: torch.dtype) -> bool:
    """A real floating type."""
    return dtype.is_floating_point


def category(dtype: torch.dtype) -> str:
    """bool, int, float or complex."""
    if dtype.is_complex:
        return "complex"
    if dtype.is_floating_point:
        return "float"
    return "bool" if dtype == torch.bool else "int"


class Variant:
    """Shapes, layouts and reproducible values for one operator, element type and variant."""

    def __init__(self, name: str, dtype: torch.dtype, sample: str = "any"):
        self.name = name
        self.dtype = dtype
        self.sample = sample
        self.generator = torch.Generator().manual_seed(20240601)
        self._made = 0

    @property
    def shapes(self) -> Sequence[tuple[int, ...]]:
        """Shapes for operators that take any."""
        return SHAPES[self.name]

    def values(self, shape: Sequence[int], dtype: torch.dtype, sample: str) -> torch.Tensor:
        """Contiguous values of a kind."""
        if dtype == torch.bool:
            if sample in ("positive", "nonzero"):
                return torch.ones(shape, dtype=torch.bool)
            return torch.randint(0, 2, shape, generator=self.generator).bool()
        if category(dtype) == "int":
            low = {"positive": 1, "nonzero": 1, "grid": -3}.get(sample, -6)
            low = max(low, 0) if dtype in UNSIGNED else low
            data = torch.randint(low, 6, shape, generator=self.generator)
            if sample == "nonzero" and dtype not in UNSIGNED:
                data *= torch.randint(0, 2, shape, generator=self.generator) * 2 - 1
            return data.to(dtype)
        if dtype.is_complex:
            parts = [torch.rand(shape, dtype=torch.float64, generator=self.generator) * 4 - 2 for _ in range(2)]
            if sample == "grid":
                parts = [part.round() for part in parts]
            if sample == "nonzero":
                parts[0] = parts[0].sign() * (parts[0].abs() + 0.5)
            return torch.complex(*parts).to(dtype)
        data = torch.rand(shape, dtype=torch.float64, generator=self.generator)
        if sample == "grid":
            data = (data * 12 - 6).round() / 2
        elif sample == "positive":
            data = data * 4 + 0.1
        elif sample == "unit":
            data = data * 2 - 1
        elif sample == "nonzero":
            data = data * 6 - 3
            data = torch.where(data < 0, data - 0.25, data + 0.25)
        else:
            data = data * 6 - 3
        return data.to(dtype)

    def tensor(self, shape: Sequence[int], dtype: torch.dtype | None = None, sample: str | None = None) -> torch.Tensor:
        """An operand, laid out as the variant says."""
        dtype, sample = dtype or self.dtype, sample or self.sample
        shape = tuple(shape)
        self._made += 1
        if self.name == "special" and is_float(dtype):
            # Two operands meet in all pairs: one counts through the values fast, the other slowly.
            data = torch.tensor(SPECIAL, dtype=dtype)
            data = data.repeat(9) if self._made % 2 else data.repeat_interleave(9)
            return data.reshape(shape) if data.numel() == torch.Size(shape).numel() else self.values(
                shape, dtype, sample)
        if self.name == "broadcast" and shape and shape[0] > 1:
            # Stride 0: one row of memory shown several times.
            return self.values((1, *shape[1:]), dtype, sample).expand(shape)
        return self.lay_out(self.values(shape, dtype, sample))

    def lay_out(self, data: torch.Tensor) -> torch.Tensor:
        """The same values; strided variants take turns between a transposed view and every other element."""
        if self.name != "strided" or data.dim() == 0:
            return data.contiguous()
        self._made += 1
        if self._made % 3 == 0 and data.dim() >= 2:
            return data.transpose(0, -1).contiguous().transpose(0, -1)
        room = self.values((*data.shape[:-1], data.shape[-1] * 2 + 3), data.dtype, "any")
        view = room[..., 3::2][..., : data.shape[-1]]
        return view.copy_(data)


# A value of each category for scalar operands; exact in every type of the category.
SCALARS = {"bool": True, "int": 3, "float": 1.5, "complex": 1.5 + 0.5j}
SCALAR_TYPES = {"bool": torch.bool, "int": torch.int64, "float": torch.float64, "complex": torch.complex64}


def number(dtype: torch.dtype, value: object = None) -> Number:
    """A scalar of the same category as `dtype`."""
    kind = category(dtype)
    return Number(SCALARS[kind] if value is None else value, SCALAR_TYPES[kind])


FAMILIES: dict[str, tuple[tuple[str, ...], Callable[[Operator, Variant], Iterator[Case]]]] = {}


def family(*names: str, variants: Sequence[str] = VARIANTS[:5]):
    """Registers the cases of a family and the variants it knows."""

    def register(function):
        for name in names:
            FAMILIES[name] = (tuple(variants), function)
        return function

    return register


def indices(v: Variant, shape: tuple[int, ...], size: int, dtype: torch.dtype) -> torch.Tensor:
    """Indices into an axis of `size`."""
    return v.lay_out(torch.randint(0, size, shape, generator=v.generator).to(dtype))
