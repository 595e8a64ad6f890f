"""Sample arguments of convolutions."""

from collections.abc import Iterator

import torch

from table import Operator
from variants import Case, family, Variant

# Input, weights, stride, padding, dilation, transposed, output padding, groups.
PLAIN = [
    ((2, 3, 19), (4, 3, 3), [1], [1], [1], False, [0], 1),
    ((2, 4, 9, 8), (6, 4, 3, 2), [2, 1], [1, 0], [1, 2], False, [0, 0], 1),
    ((1, 6, 7, 7), (9, 2, 3, 3), [1, 1], [1, 1], [1, 1], False, [0, 0], 3),
    ((2, 5, 6, 4), (7, 5, 1, 1), [1, 1], [0, 0], [1, 1], False, [0, 0], 1),
    ((2, 3, 5, 6, 4), (4, 3, 3, 2, 2), [2, 1, 1], [1, 1, 0], [1, 1, 1], False, [0, 0, 0], 1),
    ((2, 4, 7), (4, 3, 3), [2], [1], [1], True, [1], 1),
    ((2, 6, 4, 5), (6, 2, 3, 3), [2, 3], [1, 0], [1, 2], True, [1, 0], 2),
    ((1, 2, 3, 4, 3), (2, 3, 2, 2, 3), [1, 2, 2], [0, 1, 1], [1, 1, 1], True, [0, 1, 0], 1),
]
EMPTY = [((0, 3, 8, 8), (4, 3, 3, 3), [1, 1], [1, 1], [1, 1], False, [0, 0], 1)]


def _small(v: Variant, shape: tuple[int, ...]) -> torch.Tensor:
    """Halves of small sums stay within the tolerance in any order."""
    return v.tensor(shape, sample="unit")


@family("conv", variants=("contiguous", "strided", "empty"))
def conv(op: Operator, v: Variant) -> Iterator[Case]:
    if op.kernel == "TimeFirst":
        images = 0 if v.name == "empty" else 2
        for time, pad in ((7, 2), (9, 0)):
            yield {"self": _small(v, (time, images, 3)), "weight": _small(v, (3, 3, 4)), "bias": _small(v, (4,)),
                   "pad": pad, "cube_math": 0}
        return
    if op.kernel == "Depthwise":
        for multiple, stride in ((1, [1, 1]), (2, [2, 1])):
            images = 0 if v.name == "empty" else 2
            yield {"self": _small(v, (images, 5, 8, 9)), "weight": _small(v, (5 * multiple, 1, 3, 2)), "shape": [3, 2],
                   "bias": _small(v, (5 * multiple,)), "stride": stride, "pad": [1, 1], "dilation": [1, 2], "cube_math": 0}
        return
    for number, (x, w, stride, pad, dilation, transposed, more, groups) in enumerate(EMPTY if v.name == "empty" else PLAIN):
        case: Case = {"self": _small(v, x), "weight": _small(v, w), "stride": stride, "pad": pad, "dilation": dilation,
                      "flag": transposed, "extra": more, "groups": groups, "cube_math": 0}
        if number % 2 == 0:
            case["bias"] = _small(v, (w[1] * groups if transposed else w[0],))
        yield case
