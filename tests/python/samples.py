"""Sample arguments: which shapes, layouts and values each family of operators is called with.

A family is a function from (operator, `Variant`) to cases; a case maps roles to PyTorch tensors and Python values. The
variant decides shapes and how tensors lie in memory, the family what belongs together.
"""

import itertools
from collections.abc import Iterator

import torch

import references
import samples_conv  # noqa: F401
import samples_index  # noqa: F401
import samples_order  # noqa: F401
import samples_random  # noqa: F401
from table import Operator
from variants import (
    Case, category, FAMILIES, family, indices, is_float, Number, number, SCALAR_TYPES, SCALARS, UNSIGNED,
    Variant, VARIANTS,
)


@family("unary", variants=VARIANTS)
def unary(_: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        yield {"self": v.tensor(shape)}


@family("gelu", variants=VARIANTS)
def gelu(_: Operator, v: Variant) -> Iterator[Case]:
    for shape, mode in itertools.product(v.shapes, (0, 1)):
        yield {"self": v.tensor(shape), "mode": mode}


@family("binary", variants=VARIANTS)
def binary(op: Operator, v: Variant) -> Iterator[Case]:
    modes = (0, 1, 2) if op.param("mode") else (None,)
    for shape, mode in itertools.product(v.shapes, modes):
        for a, b in _operand_shapes(op, v, shape):
            case: Case = {}
            for role, operand in (("self", a), ("other", b)):
                case[role] = v.tensor(operand) if op.param(role).is_tensor else number(v.dtype)
            if op.param("alpha"):
                # bool knows addition only as "or", and a factor other than 1 has no meaning there.
                case["alpha"] = number(v.dtype, 1 if v.dtype == torch.bool else None)
            if mode is not None:
                case["mode"] = mode
            yield case


def _operand_shapes(op: Operator, v: Variant, shape: tuple[int, ...]) -> list[tuple]:
    if v.name != "broadcast" or not (op.param("self").is_tensor and op.param("other").is_tensor):
        return [(shape, shape)]
    smaller = [(shape, shape[1:]), (shape, (shape[0], 1, shape[2])), (shape, ())]
    return smaller if op.in_place else [*smaller, (shape[1:], shape), ((shape[0], 1, shape[2]), (shape[1], 1))]


@family("where")
def where(_: Operator, v: Variant) -> Iterator[Case]:
    for shape, mask in itertools.product(v.shapes, (torch.bool, torch.uint8)):
        other = shape[1:] if v.name == "broadcast" else shape
        yield {"mask": v.tensor(shape, torch.bool).to(mask), "self": v.tensor(shape), "other": v.tensor(other)}


@family("masked_fill")
def masked_fill(_: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        mask = shape[1:] if v.name == "broadcast" else shape
        yield {"out": v.lay_out(v.values(shape, v.dtype, "any")), "mask": v.tensor(mask, torch.bool),
               "value": number(v.dtype)}


@family("cast")
def cast(op: Operator, v: Variant) -> Iterator[Case]:
    for target in op.dtypes:
        # A negative float has no value in an unsigned type; what comes out is the machine's business.
        sample = "positive" if target in UNSIGNED and category(v.dtype) in ("float", "complex") else "any"
        for shape in v.shapes:
            data = v.tensor(shape, sample=sample)
            yield {"self": data.abs().to(v.dtype) if sample == "positive" else data, "dtype": target}


@family("copy")
def copy(op: Operator, v: Variant) -> Iterator[Case]:
    if op.name == "aclnnInplaceFillTensor":
        for shape in v.shapes:
            yield {"out": v.lay_out(v.values(shape, v.dtype, "any")), "other": v.values((1,) if shape else (), v.dtype, "any")}
        return
    for case in cast(op, v):
        source, target = case["self"], case["dtype"]
        room = v.lay_out(v.values((2, *source.shape) if v.name == "broadcast" else source.shape, target, "any"))
        yield {"out": room, "other": source}


@family("fill")
def fill(_: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        yield {"out": v.lay_out(v.values(shape, v.dtype, "any")), "value": number(v.dtype)}


@family("constant")
def constant(_: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        yield {"out": v.lay_out(v.values(shape, v.dtype, "any"))}


@family("arange", variants=("contiguous", "strided", "empty"))
def arange(_: Operator, v: Variant) -> Iterator[Case]:
    ranges = [(0, 40, 1), (1, 20, 3)]
    if v.dtype not in UNSIGNED:
        ranges.append((5, -6, -2))
    if is_float(v.dtype):
        ranges.append((0.5, 4.0, 0.25))
    if v.name == "empty":
        ranges = [(3, 3, 1)]
    for start, end, step in ranges:
        yield {role: number(v.dtype, value) for role, value in (("start", start), ("end", end), ("step", step))}


@family("cat", variants=("contiguous", "strided", "broadcast", "empty"))
def cat(_: Operator, v: Variant) -> Iterator[Case]:
    if v.name == "empty":
        yield {"tensors": [v.tensor((0, 4)), v.tensor((0, 4))], "dim": 0}
        yield {"tensors": [v.tensor((3, 4)), v.tensor((0, 4)), v.tensor((0,))], "dim": 0}
        return
    for dim in (0, 1, -1):
        shapes = [[4, 3, 5] for _ in range(3)]
        for i, shape in enumerate(shapes):
            shape[dim] = i + 2
        yield {"tensors": [v.tensor(shape) for shape in shapes], "dim": dim}
    yield {"tensors": [v.tensor((7,))], "dim": 0}


@family("permute")
def permute(_: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        for order in itertools.permutations(range(len(shape))):
            yield {"self": v.tensor(shape), "dims": [i - len(shape) if i % 2 else i for i in order]}


@family("index_select", variants=("contiguous", "strided", "broadcast", "empty"))
def index_select(_: Operator, v: Variant) -> Iterator[Case]:
    for dim, dtype in itertools.product((0, 1, -1), (torch.int64, torch.int32)):
        count = 0 if v.name == "empty" else 6
        yield {"self": v.tensor((4, 3, 7)), "dim": dim, "index": indices(v, (count,), 3, dtype)}


@family("embedding")
def embedding(_: Operator, v: Variant) -> Iterator[Case]:
    shapes = {"empty": [(0,), (2, 0)], "scalar": [()]}.get(v.name, [(9,), (3, 4)])
    for shape, dtype in itertools.product(shapes, (torch.int64, torch.int32)):
        yield {"weight": v.tensor((11, 18)), "index": indices(v, shape, 11, dtype)}


@family("tri", variants=("contiguous", "strided", "broadcast", "empty"))
def tri(op: Operator, v: Variant) -> Iterator[Case]:
    shapes = [(0, 4), (3, 0)] if v.name == "empty" else [(5, 7), (3, 6, 4)]
    for shape, diagonal in itertools.product(shapes, (-2, 0, 1, 9)):
        # What is overwritten must not show one row of memory several times.
        data = v.lay_out(v.values(shape, v.dtype, "any")) if op.in_place else v.tensor(shape)
        yield {"self": data, "diagonal": diagonal}


@family("reduce")
def reduce(op: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        if op.param("dim"):
            for dim, keep in itertools.product(range(-len(shape), len(shape)) if shape else (0,), (False, True)):
                for dtype in _sum_types(op, v.dtype):
                    yield {"self": v.tensor(shape, sample="unit"), "dim": dim, "keep_dim": keep, "dtype": dtype}
            continue
        if not op.param("dims"):
            if op.param("dtype"):
                yield from ({"self": v.tensor(shape, sample="unit"), "dtype": t} for t in _sum_types(op, v.dtype))
            elif v.name != "empty":
                yield {"self": v.tensor(shape)}
            continue
        axes = [[], [0], [-1]] if shape else [[]]
        if len(shape) == 3:
            axes += [[0, 2], [1], [0, 1, 2]]
        for dims, keep in itertools.product(axes, (False, True)):
            reduced = dims or range(len(shape))
            if op.kernel in ("Max", "Min") and any(shape[d] == 0 for d in reduced):
                continue  # an extremum of nothing is refused
            case: Case = {"self": v.tensor(shape), "dims": dims, "keep_dim": keep}
            if op.param("dtype"):
                for dtype in _sum_types(op, v.dtype):
                    yield {**case, "dtype": dtype}
            else:
                yield case


def _sum_types(op: Operator, dtype: torch.dtype) -> list[torch.dtype]:
    if category(dtype) in ("bool", "int"):
        return [torch.float32] if op.kernel == "Mean" else [torch.int64, torch.float32]
    return [dtype, torch.float32] if dtype in (torch.float16, torch.bfloat16) else [dtype]


@family("arg_reduce", "extreme_of")
def arg_reduce(_: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        for dim, keep in itertools.product(range(-len(shape), len(shape)) if shape else (0, -1), (False, True)):
            if shape and shape[dim] == 0:
                continue
            yield {"self": v.tensor(shape, sample="grid"), "dim": dim, "keep_dim": keep}


@family("softmax")
def softmax(_: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        for dim in range(-len(shape), len(shape)) if shape else (0, -1):
            yield {"self": v.tensor(shape), "dim": dim}


@family("layer_norm", variants=("contiguous", "strided", "broadcast", "empty"))
def layer_norm(_: Operator, v: Variant) -> Iterator[Case]:
    shapes = [(0, 6)] if v.name == "empty" else [(3, 5, 17), (4, 1030)]
    for shape in shapes:
        for rank in range(1, len(shape)):
            tail = shape[-rank:]
            full: Case = {"self": v.tensor(shape), "shape": list(tail), "weight": v.tensor(tail),
                          "bias": v.tensor(tail), "eps": 1e-5}
            yield full
            yield {**full, "bias": None, "out2": None, "out3": None}
            yield {**full, "weight": None, "bias": None}


@family("rms_norm", variants=("contiguous", "strided", "broadcast", "empty"))
def rms_norm(_: Operator, v: Variant) -> Iterator[Case]:
    shapes = [(0, 6)] if v.name == "empty" else [(3, 5, 17), (4, 1030)]
    for shape in shapes:
        for rank in range(1, len(shape)):
            yield {"self": v.tensor(shape), "weight": v.tensor(shape[-rank:]), "eps": 1e-6}


MATMULS = {
    "Two": [((5, 7), (7, 3)), ((33, 65), (65, 17)), ((1, 64), (64, 48))],
    "Three": [((2, 5, 7), (2, 7, 3)), ((3, 17, 33), (3, 33, 9))],
    "Any": [((5, 7), (7, 3)), ((6,), (6,)), ((6,), (6, 4)), ((5, 6), (6,)), ((2, 5, 7), (2, 7, 3)), ((70, 40), (40, 90))],
}
BROADCAST_MATMULS = [((2, 1, 3, 4), (5, 4, 6)), ((3, 4), (2, 4, 5)), ((2, 3, 4), (4,))]
EMPTY_MATMULS = {
    "Two": [((0, 4), (4, 5)), ((3, 0), (0, 5))],
    "Three": [((0, 3, 4), (0, 4, 5)), ((2, 3, 0), (2, 0, 5))],
    "Any": [((0, 4), (4, 5)), ((3, 0), (0, 5)), ((0,), (0,))],
}


@family("matmul", variants=("contiguous", "strided", "broadcast", "empty"))
def matmul(op: Operator, v: Variant) -> Iterator[Case]:
    shapes = EMPTY_MATMULS[op.kernel] if v.name == "empty" else MATMULS[op.kernel]
    if v.name == "broadcast" and op.kernel == "Any":
        shapes = BROADCAST_MATMULS
    for a, b in shapes:
        # Sums of small numbers: the error of a long sum of large ones is beyond the tolerance for any order.
        yield {"self": v.tensor(a, sample="unit"), "other": v.tensor(b, sample="unit"), "cube_math": 0}


@family("addmm", "baddbmm", variants=("contiguous", "strided", "broadcast", "empty"))
def addmm(op: Operator, v: Variant) -> Iterator[Case]:
    m, k, n = (3, 0, 5) if v.name == "empty" else (9, 14, 11)
    batch = (4,) if op.family == "baddbmm" else ()
    addends = [(*batch, m, n)] if op.in_place or v.name != "broadcast" else [(*batch, m, n), (n,), (1, n), (m, 1), ()]
    for addend, (beta, alpha) in itertools.product(addends, ((1, 1), (2, 3), (0, 1))):
        data = v.lay_out(v.values(addend, v.dtype, "any")) if op.in_place else v.tensor(addend)
        if beta == 0 and is_float(v.dtype) and not op.in_place:
            data = torch.full_like(data, float("nan"))
        yield {"addend": data, "self": v.tensor((*batch, m, k), sample="unit"),
               "other": v.tensor((*batch, k, n), sample="unit"), "beta": number(v.dtype, beta), "alpha": number(v.dtype, alpha), "cube_math": 0}


@family("ternary", variants=VARIANTS[:5])
def ternary(op: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        shapes = [(shape, shape, shape)]
        if v.name == "broadcast":
            shapes = [(shape, shape[1:], ()), (shape, (1, *shape[1:]), (shape[0], 1, 1))]
        for a, b, c in shapes:
            case: Case = {"self": v.tensor(a), "other": v.tensor(b), "third": v.tensor(c)}
            if op.param("alpha"):
                case["alpha"] = number(v.dtype, None if is_float(v.dtype) else 2)
            yield case


@family("gelu_grad", variants=VARIANTS[:5])
def gelu_grad(op: Operator, v: Variant) -> Iterator[Case]:
    for shape, mode in itertools.product(v.shapes, ("none", "tanh") if op.param("mode") else (None,)):
        case: Case = {"self": v.tensor(shape), "other": v.tensor(shape)}
        yield case if mode is None else {**case, "mode": mode}


@family("softmax_grad")
def softmax_grad(op: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        for dim in range(-len(shape), len(shape)) if shape else (0, -1):
            result = torch.log_softmax if op.kernel == "log" else torch.softmax
            y = v.lay_out(result(v.values(shape, torch.float64, "any"), dim).to(v.dtype))
            yield {"self": v.tensor(shape, sample="unit"), "other": y, "dim": dim}


@family("norm_grad", variants=("contiguous", "strided", "broadcast", "empty"))
def norm_grad(op: Operator, v: Variant) -> Iterator[Case]:
    shapes = [(0, 6)] if v.name == "empty" else [(3, 5, 17), (4, 1030)]
    for shape in shapes:
        for rank in range(1, len(shape)):
            axes = tuple(range(-rank, 0))
            x = v.tensor(shape)
            wide = x.double()
            full: Case = {"grad": v.tensor(shape, sample="unit"), "self": x, "weight": v.tensor(shape[-rank:])}
            if op.kernel == "uncentred":
                rstd = (wide.square().mean(axes, keepdim=True) + 1e-6).rsqrt()
                yield {**full, "rstd": v.lay_out(rstd.float())}
                continue
            rstd = (wide.var(axes, keepdim=True, unbiased=False) + 1e-5).rsqrt()
            full |= {"rstd": v.lay_out(rstd.float()), "mean": v.lay_out(wide.mean(axes, keepdim=True).float()),
                     "shape": list(shape[-rank:]), "bias": v.tensor(shape[-rank:]), "wanted": [True, True, True]}
            yield full
            yield {**full, "weight": None, "bias": None, "wanted": [True, False, False], "out2": None, "out3": None}
            yield {**full, "wanted": [False, True, True], "out": None}


@family("loss")
def loss(_: Operator, v: Variant) -> Iterator[Case]:
    for shape, mode in itertools.product(v.shapes, (0, 1, 2)):
        if not (mode == 1 and v.name == "empty"):
            yield {"self": v.tensor(shape), "other": v.tensor(shape), "mode": mode}


@family("loss_grad")
def loss_grad(_: Operator, v: Variant) -> Iterator[Case]:
    for shape, mode in itertools.product(v.shapes, (0, 1, 2)):
        yield {"grad": v.tensor(() if mode else shape), "self": v.tensor(shape), "other": v.tensor(shape), "mode": mode}


def _classes(op: Operator, v: Variant) -> Iterator[Case]:
    shapes = [(0, 5)] if v.name == "empty" else [(6, 5), (5,), (300, 33)]
    if "2d" in op.name:
        shapes = [(0, 5, 2, 3)] if v.name == "empty" else [(2, 5, 3, 4)]
    for shape, mode, dtype in itertools.product(shapes, (0, 1, 2), (torch.int64, torch.int32)):
        axis = 1 if len(shape) > 1 else 0
        places = shape[:axis] + shape[axis + 1:]
        index = indices(v, places, shape[axis], dtype)
        ignore = -100 if index.numel() < 2 else int(index.flatten()[1])
        if mode != 1 or index.numel():
            yield {"self": v.tensor(shape), "index": index, "weight": v.tensor((shape[axis],), sample="positive"),
                   "mode": mode, "ignore": ignore}


@family("nll_loss", variants=("contiguous", "strided", "empty"))
def nll_loss(op: Operator, v: Variant) -> Iterator[Case]:
    yield from _classes(op, v)


@family("nll_loss_grad", variants=("contiguous", "strided", "empty"))
def nll_loss_grad(op: Operator, v: Variant) -> Iterator[Case]:
    for case in _classes(op, v):
        total = v.values((), v.dtype, "positive")
        yield {**case, "grad": v.tensor(case["index"].shape if case["mode"] == 0 else ()), "total": total}


@family("embedding_grad", variants=("contiguous", "strided", "broadcast", "empty"))
def embedding_grad(_: Operator, v: Variant) -> Iterator[Case]:
    shapes = {"empty": [(0,), (2, 0)]}.get(v.name, [(9,), (3, 14), ()])
    for shape, dtype, padding, by_count in itertools.product(shapes, (torch.int64, torch.int32), (-1, 3), (False, True)):
        yield {"self": v.tensor((*shape, 300), sample="unit"), "index": indices(v, shape, 7, dtype), "count": 7,
               "padding": padding % (1 << 64), "by_count": by_count}


@family("variance")
def variance(op: Operator, v: Variant) -> Iterator[Case]:
    for shape in v.shapes:
        axes = [[], [0], [-1]] if shape else [[]]
        for dims, keep, correction in itertools.product(axes, (False, True), (0, 1)):
            how = {"count": correction} if op.param("count") else {"flag": bool(correction)}
            yield {"self": v.tensor(shape), "dims": dims, "keep_dim": keep, **how}


@family("vector_norm")
def vector_norm(op: Operator, v: Variant) -> Iterator[Case]:
    infinity = float("inf")
    for shape, order in itertools.product(v.shapes, (2.0, 1.0, 0.0, 3.0, infinity, -infinity)):
        if v.name == "empty" and abs(order) == infinity:
            continue
        if not op.param("dims"):
            yield {"self": v.tensor(shape), "order": number(v.dtype, order)}
            continue
        for dims, keep in itertools.product([[], [0], [-1]] if shape else [[]], (False, True)):
            case: Case = {"self": v.tensor(shape), "order": number(v.dtype, order), "dims": dims, "keep_dim": keep}
            yield {**case, "dtype": v.dtype} if op.param("dtype") else case


@family("attention_grad", variants=("contiguous", "strided", "broadcast", "empty"))
def attention_grad(op: Operator, v: Variant) -> Iterator[Case]:
    for case in attention(op, v):
        given = {role: value for role, value in case.items() if role != "mode" or "shift" in case}
        out, largest, total = references.attention(**given)
        grad = v.lay_out(v.values(out.shape, v.dtype, "unit"))
        full = {**case, "grad": grad, "result": v.lay_out(out), "largest": v.lay_out(largest.contiguous()),
                "total": v.lay_out(total.contiguous())}
        # The gradient of slopes adds up distances times what the result's rounding did to the gradients of scores.
        rounded = case.get("mode") == 2 and v.dtype in (torch.float16, torch.bfloat16)
        yield full if "shift" in case and not rounded else {**full, "out4": None}


# Families whose intermediate results are rounded, as PyTorch's are: probabilities of bf16 that are multiplied, and the
# results and statistics that a gradient starts from. Relative and absolute tolerances.
ROUNDS_IN_BETWEEN = {
    ("attention", torch.bfloat16): (1.6e-2, 8e-3),
    ("attention_grad", torch.bfloat16): (1.6e-2, 4e-2),
    ("attention_grad", torch.float16): (2e-3, 6e-3),
    ("attention_grad", torch.float32): (1e-5, 5e-5),
    ("attention_grad", torch.float64): (1e-5, 5e-5),
}

# batch, heads, key heads, rows, columns, depth
ATTENTIONS = {
    "contiguous": [(2, 4, 2, 5, 5, 16), (1, 14, 2, 1, 70, 64), (2, 3, 3, 40, 300, 20)],
    "strided": [(2, 4, 2, 9, 12, 16), (1, 4, 1, 2, 30, 8)],
    "broadcast": [(2, 4, 2, 12, 12, 8)],
    "empty": [(0, 2, 2, 3, 4, 8), (1, 2, 1, 3, 0, 8)],
}
LAYOUTS = {"BNSD": (0, 1, 2, 3), "BSND": (0, 2, 1, 3), "BSH": (0, 2, 1, 3), "SBH": (2, 0, 1, 3)}
EVERYTHING = (1 << 31) - 1


def _in_layout(v: Variant, layout: str, shape: tuple[int, ...]) -> torch.Tensor:
    """A tensor given as batch, heads, sequence, depth in the order that the layout names."""
    shape = tuple(shape[i] for i in LAYOUTS[layout])
    return v.tensor(shape if layout.endswith("ND") or layout == "BNSD" else (*shape[:2], shape[2] * shape[3]))


def _prefixes(v: Variant, plain: Case, scores: tuple[int, int, int, int]) -> Iterator[Case]:
    """Batches whose rows all see some first columns: with a mask for every batch, and with the one that all share."""
    b, h, rows, cols = scores
    least = max(cols - rows, 0)
    prefix = [min(least + 3 * i + 2, cols) for i in range(b)]
    i, j = torch.arange(rows)[:, None], torch.arange(cols)
    hidden = (j > i + cols - rows) & (j >= torch.tensor(prefix)[:, None, None, None])
    yield {**plain, "mask": hidden, "sparse": 5, "prefix": prefix}
    also = hidden | v.tensor((b, h, rows, cols), torch.bool, "any")
    yield {**plain, "mask": also.to(torch.uint8), "sparse": 5, "prefix": [cols] * b}
    shared = torch.cat([torch.ones(2048, 2048).triu(1), (torch.arange(2048) >= 1024).expand(1024, 2048)]).bool()
    for n in (prefix, prefix[::-1], [least] * b):
        yield {**plain, "mask": shared, "sparse": 6, "prefix": n}


@family("attention", variants=("contiguous", "strided", "broadcast", "empty"))
def attention(op: Operator, v: Variant) -> Iterator[Case]:
    for (b, h, kh, rows, cols, depth), layout in itertools.product(ATTENTIONS[v.name], LAYOUTS):
        tensors = [_in_layout(v, layout, shape) for shape in ((b, h, rows, depth), (b, kh, cols, depth), (b, kh, cols, depth))]
        plain: Case = {"self": tensors[0], "key": tensors[1], "value": tensors[2], "scale": depth**-0.5, "heads": h,
                       "layout": layout, "keep_share": 1.0, "before": EVERYTHING, "after": EVERYTHING, "sparse": 0}
        if op.param("mode"):
            plain["mode"] = 1
        yield plain
        if v.name == "empty":
            continue
        # The first row sees nothing in some of these.
        shapes = [(b, h, rows, cols), (b, 1, rows, cols), (1, 1, rows, cols), (rows, cols)]
        masks = [v.tensor(shape, torch.bool, "any") for shape in (shapes if layout == "BNSD" else shapes[-1:])]
        masks[-1] = masks[-1].clone()
        masks[-1][0] = True
        for i, mask in enumerate(masks):
            yield {**plain, "mask": mask if i % 2 else mask.to(torch.uint8), "sparse": i % 2}
        yield {**plain, "mask": v.tensor((rows, cols), torch.bool), "before": 2, "after": 3}
        causal = torch.ones(2048, 2048, dtype=torch.bool).triu(1)
        for sparse in (2, 3, 4):
            yield {**plain, "mask": causal, "sparse": sparse, "before": 3, "after": 1}
        for mode in (0, 1) if op.param("mode") else (None,):
            shift = {"shift": v.tensor((b, h, rows, cols)), **({} if mode is None else {"mode": mode})}
            yield {**plain, **shift, "mask": v.tensor((rows, cols), torch.bool)}
        yield from _prefixes(v, plain, (b, h, rows, cols))
        if op.param("mode") and rows == cols:
            for shape, places in (((h,), {}), ((b, h), {"first_row": [3], "first_col": [5]})):
                slopes = v.tensor(shape, torch.float32, "unit")
                yield {**plain, "shift": slopes, "mode": 2, "mask": causal, "sparse": 3, **places}
        bits = torch.randint(0, 256, (b * h * rows * cols // 8 + 1,), generator=v.generator).to(torch.uint8)
        yield {**plain, "keep": bits, "keep_share": 0.75}


def lifted(op: Operator, dtype: torch.dtype, variant: str) -> Iterator[Case]:
    """Cases of an operator on lists: those of the operator on elements, three at a time; what is no list is shared."""
    single = list(itertools.islice(cases(op.of_elements, dtype, variant), 6))
    for first in range(0, len(single), 3):
        group = single[first:first + 3]
        case: Case = {}
        for role, value in group[0].items():
            param = op.param(role)
            case[role] = [c[role] for c in group] if param and param.is_list else value
        yield case


def cases(op: Operator, dtype: torch.dtype, variant: str) -> Iterator[Case]:
    """The cases of an operator for an element type and a variant."""
    if op.is_lifted:
        yield from lifted(op, dtype, variant)
        return
    yield from _cases(op, dtype, variant)


def _cases(op: Operator, dtype: torch.dtype, variant: str) -> Iterator[Case]:
    if op.family not in FAMILIES:
        raise LookupError(f"{op.name}: family {op.family} has no samples")
    sample = op.sample
    if op.family == "binary" and op.kernel in ("Eq", "Ne", "Gt", "Ge", "Lt", "Le", "Maximum", "Minimum", "LogicalAnd",
                                               "LogicalOr"):
        sample = "grid"  # ties have to occur
    return FAMILIES[op.family][1](op, Variant(variant, dtype, sample))


def variants(op: Operator, dtype: torch.dtype) -> list[str]:
    """The variants that say something about this operator and type."""
    if op.family not in FAMILIES:
        return ["contiguous"]  # `cases` fails with a reason
    known = [v for v in FAMILIES[op.family][0] if v != "special" or is_float(dtype)]
    if (op.family == "reduce" and not op.param("dims")) or (op.family == "order" and not op.param("dim")):
        known.remove("empty")  # all elements of nothing have no extremum
    return known
