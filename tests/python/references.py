"""What each operator means, in PyTorch: a line an operator.

Keys are C names; an in-place form uses the reference of the form it is named after. Callables take the operands by
role, as ops/*.toml names them, and answer one tensor or a tuple (out, out2, out3). An operator without a reference
fails the suite.
"""

import functools
import itertools
import re
from collections.abc import Callable

import torch
import torch.nn.functional as F

import randomness

# PyTorch has no kernels for these; the stand-in holds every value that the samples use, and wraps alike on the way back.
STAND_IN = {
    torch.uint16: torch.int64,
    torch.uint32: torch.int64,
    torch.uint64: torch.int64,
    torch.bool: torch.uint8,
    torch.float16: torch.float32,
    torch.bfloat16: torch.float32,
}
ROUNDING = {0: None, 1: "trunc", 2: "floor"}
APPROXIMATE = {0: "none", 1: "tanh"}


def wide(x: torch.Tensor) -> torch.Tensor:
    """Floats as f64, complex numbers as c128. The reference of a sum must not share the rounding of what it judges."""
    if x.dtype.is_complex:
        return x.to(torch.complex128)
    return x.double() if x.dtype.is_floating_point else x


def in_float(function: Callable) -> Callable:
    """Halves computed in f32 and rounded once. PyTorch's loops round in between, or not, depending on the layout."""
    def run(self, other, **rest):
        halves = (torch.float16, torch.bfloat16)
        if not isinstance(self, torch.Tensor) or self.dtype not in halves:
            return function(self, other, **rest)
        if isinstance(other, torch.Tensor) and other.dtype != self.dtype:
            return function(self, other, **rest)
        wider = other.float() if isinstance(other, torch.Tensor) else other
        result = function(self.float(), wider, **rest)
        return result if result.dtype.is_complex else result.to(self.dtype)

    return run


def gelu(self, approximate="none"):
    """Computed wide: PyTorch's vectorised erf is off by more than its own tolerance in the tails, and NaN at infinity."""
    return F.gelu(self.double(), approximate=approximate).to(self.dtype)


def matmul(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """torch.matmul in the promoted type, computed wide."""
    dtype = torch.promote_types(a.dtype, b.dtype)
    a, b = a.to(dtype), b.to(dtype)
    if dtype in (torch.uint16, torch.uint32, torch.uint64):
        return torch.matmul(a.long(), b.long()).to(dtype)
    return torch.matmul(wide(a), wide(b)).to(dtype)


def addmm(addend, self, other, beta, alpha, **_):
    """torch.addmm, computed wide; beta 0 ignores the addend even if it is NaN."""
    dtype = torch.promote_types(torch.promote_types(self.dtype, other.dtype), addend.dtype)
    product = matmul_wide(self, other) * alpha
    if beta != 0:
        product = product + beta * wide_or_long(addend)
    return product.to(dtype)


def wide_or_long(x: torch.Tensor) -> torch.Tensor:
    """Integers as i64, the rest wide."""
    return wide(x) if x.dtype.is_floating_point or x.dtype.is_complex else x.long()


def matmul_wide(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The product without rounding it back."""
    return torch.matmul(wide_or_long(a), wide_or_long(b))


def reduce_sum(self, dims, keep_dim, dtype, **_):
    """Wide sum over axes; no axes means all."""
    x = self.to(dtype) if not self.dtype.is_floating_point and not self.dtype.is_complex else self
    return torch.sum(wide_or_long(x), dim=dims or list(range(self.dim())), keepdim=keep_dim).to(dtype)


def mean(self, dims, keep_dim, dtype, **_):
    """Wide mean over axes."""
    x = self.to(torch.complex128) if dtype.is_complex else self.double()
    return torch.mean(x, dim=dims or list(range(self.dim())), keepdim=keep_dim).to(dtype)


def extremum(function: Callable) -> Callable:
    """torch.amax or amin over axes; no axes means all."""
    return lambda self, dims, keep_dim: function(self, dim=dims or list(range(self.dim())), keepdim=keep_dim)


def any_all(function: Callable) -> Callable:
    """torch.any or all over axes; no axes means all."""
    return lambda self, dims, keep_dim: function(
        self.bool(), dim=dims or list(range(self.dim())), keepdim=keep_dim
    ) if self.dim() else self.bool()


def convolution(self, weight, stride, pad, dilation, flag=False, extra=(), groups=1, bias=None, **_):
    """torch.convolution, computed in f64, which holds the samples' sums of integers exactly."""
    n = self.dim() - 2
    axes = [list(v) * (n if len(v) == 1 else 1) for v in (stride, pad, dilation, extra or [0])]
    result = torch.convolution(self.double(), weight.double(), None if bias is None else bias.double(),
                               axes[0], axes[1], axes[2], flag, axes[3], groups)
    return result.to(self.dtype) if self.dtype.is_floating_point else result.long().to(self.dtype)


def depthwise(self, weight, stride, pad, dilation, bias=None, **_):
    """Each channel is a group."""
    return convolution(self, weight, stride, pad, dilation, groups=self.shape[1], bias=bias)


def time_first(self, weight, bias, pad, **_):
    """torch.conv_tbc, by way of the ordinary order of axes."""
    turned = convolution(self.permute(1, 2, 0), weight.permute(2, 1, 0), [1], [pad], [1], bias=bias)
    return turned.permute(2, 0, 1).contiguous()


def argmax(self, dim, keep_dim):
    """torch.argmax, which has no kernel for bool and the wide unsigned types."""
    x = self if self.dtype.is_floating_point else self.long()
    return torch.argmax(x, dim=dim, keepdim=keep_dim)


def argmin(self, dim, keep_dim):
    """torch.argmin, which has no kernel for bool and the wide unsigned types."""
    x = self if self.dtype.is_floating_point else self.long()
    return torch.argmin(x, dim=dim, keepdim=keep_dim)


def layer_norm(self, shape, weight, bias, eps, **_):
    """Normalised values, mean and reciprocal deviation."""
    x = self.double()
    axes = tuple(range(-len(shape), 0))
    average = x.mean(axes, keepdim=True)
    variance = x.var(axes, keepdim=True, unbiased=False)
    result = F.layer_norm(x, shape, None if weight is None else weight.double(),
                          None if bias is None else bias.double(), eps)
    return result.to(self.dtype), average.float(), (variance + eps).rsqrt().float()


def rms_norm(self, weight, eps):
    """Normalised values and the reciprocal root mean square."""
    x = self.double()
    axes = tuple(range(-weight.dim(), 0))
    result = F.rms_norm(x, weight.shape, weight.double(), eps)
    return result.to(self.dtype), (x.square().mean(axes, keepdim=True) + eps).rsqrt().float()


def by_heads(x: torch.Tensor, layout: str, heads: int) -> torch.Tensor:
    """As batch, heads, sequence, depth, wide."""
    x = x.double()
    if layout == "BNSD":
        return x
    if layout == "BSND":
        return x.transpose(1, 2)
    x = x.transpose(0, 1) if layout == "SBH" else x
    return x.unflatten(2, (heads, -1)).transpose(1, 2)


def from_heads(x: torch.Tensor, layout: str) -> torch.Tensor:
    """The way back."""
    if layout == "BNSD":
        return x
    x = x.transpose(1, 2)
    if layout == "BSND":
        return x
    return x.flatten(2).transpose(0, 1) if layout == "SBH" else x.flatten(2)


def attention_scores(q, k, scale, sparse, before, after, mask, shift, mode, prefix, ahead):
    """Scores, hidden ones -inf."""
    rows, cols = q.shape[-2], k.shape[-2]
    i, j = torch.arange(rows)[:, None], torch.arange(cols)[None, :]
    products = q @ k.transpose(-1, -2)
    if shift is not None and mode == 1:
        products = products + shift.double()
    scores = products * scale
    if shift is not None and mode == 0:
        scores = scores + shift.double()
    if mode == 2:
        scores = scores - shift.double()[..., None, None] * (i + ahead - j).abs()
    corner = cols - rows
    bands = {0: (i - before, i + after), 2: (i - rows, i), 3: (i - cols - rows, i + corner),
             4: (i + corner - before, i + corner + after)}
    hidden = torch.zeros(rows, cols, dtype=torch.bool)
    if sparse in bands and (mask is not None or sparse != 0):
        hidden = (j < bands[sparse][0]) | (j > bands[sparse][1])
    if sparse in (5, 6):
        hidden = (j > i + corner) & (j >= torch.tensor(prefix)[:, None, None, None])
    if mask is not None and sparse in (0, 1, 5):
        hidden = hidden | mask.bool()
    return scores.masked_fill(hidden, float("-inf"))


def kept(keep, keep_share, shape):
    """The factor of each probability."""
    if keep is None:
        return torch.ones(shape, dtype=torch.double)
    bits = (keep[:, None].int() >> torch.arange(8)) & 1
    count = torch.Size(shape).numel()
    return bits.flatten()[:count].reshape(shape).double() / keep_share


def attention(self, key, value, scale, heads, layout, keep_share, before, after, sparse, mask=None, shift=None, keep=None,
              mode=1, prefix=None, first_row=None, first_col=None):
    """By the definition, in f64; also the largest score and the sum of exponentials of each row."""
    q = by_heads(self, layout, heads)
    key_heads = key.shape[1] if layout == "BNSD" else key.shape[2] if layout == "BSND" else (
        key.shape[2] * heads // max(self.shape[2], 1))
    k, v = (by_heads(x, layout, key_heads).repeat_interleave(heads // key_heads, 1) for x in (key, value))
    ahead = sum(first_row or []) - sum(first_col or [])
    scores = attention_scores(q, k, scale, sparse, before, after, mask, shift, mode, prefix, ahead)
    if scores.shape[-1] == 0:
        scores = torch.full((*scores.shape[:-1], 1), float("-inf"), dtype=torch.double)
        v = torch.zeros((*v.shape[:-2], 1, v.shape[-1]), dtype=torch.double)
    largest = scores.amax(-1, keepdim=True)
    blind = largest == float("-inf")
    exponents = (scores - largest.masked_fill(blind, 0)).exp()
    total = exponents.sum(-1, keepdim=True)
    p = exponents / total.masked_fill(blind, 1) * kept(keep, keep_share, scores.shape)
    largest = largest.masked_fill(blind, torch.finfo(torch.float32).min)
    return (from_heads(p @ v, layout).to(self.dtype), largest.float().expand(*largest.shape[:-1], 8),
            total.float().expand(*total.shape[:-1], 8))


def attention_grad(self, key, value, grad, largest, total, result, shift=None, mode=1, **rest):
    """By autograd, through the definition."""
    given = [self, key, value, *([] if shift is None else [shift])]
    leaves = [x.double().requires_grad_() for x in given]
    shifted = {} if shift is None else {"shift": leaves[3]}
    out = attention(*leaves[:3], mode=mode, **shifted, **rest)[0]
    if not out.requires_grad:
        return tuple(torch.zeros_like(x) for x in (self, key, value))
    found = torch.autograd.grad(out, leaves, grad.double(), allow_unused=True, materialize_grads=True)
    return tuple(g.to(x.dtype) for g, x in zip(found, given))


def prod(self, dtype, dim=None, keep_dim=False):
    """The product in the type asked for, floats wide."""
    x = wide_or_long(self.to(dtype) if not self.dtype.is_floating_point and not self.dtype.is_complex else self)
    return (torch.prod(x) if dim is None else torch.prod(x, dim, keep_dim)).to(dtype)


def variance(function: Callable) -> Callable:
    """In f64; also the mean."""
    def run(self, dims, keep_dim, count=None, flag=None):
        dims = dims or list(range(self.dim()))
        correction = int(flag) if count is None else count
        result = function(self.double(), dim=dims, correction=correction, keepdim=keep_dim)
        return result.to(self.dtype), torch.mean(self.double(), dim=dims, keepdim=keep_dim).to(self.dtype)

    return run


def through(function: Callable) -> Callable:
    """The gradient that autograd finds for a function of the last operand, given the gradient of its result."""
    def run(self, other, **rest):
        x = other.double().requires_grad_()
        function(x, **rest).backward(self.double())
        return x.grad.to(torch.promote_types(self.dtype, other.dtype))

    return run


def in_f64(function: Callable) -> Callable:
    """Floats computed in f64 and rounded once, to the promoted type."""
    def run(*operands, **rest):
        values = [*operands, *rest.values()]
        tensors = [v for v in values if isinstance(v, torch.Tensor)]
        dtype = functools.reduce(torch.promote_types, (t.dtype for t in tensors))
        raised = {r: wide(v) if isinstance(v, torch.Tensor) else v for r, v in rest.items()}
        return function(*(wide(v) if isinstance(v, torch.Tensor) else v for v in operands), **raised).to(dtype)

    return run


REDUCTION = {0: "none", 1: "mean", 2: "sum"}


def loss_grad(function: Callable) -> Callable:
    """The gradient of a loss by its first operand."""
    def run(grad, self, other, mode):
        x = self.double().requires_grad_()
        function(x, other.double(), reduction=REDUCTION[mode]).backward(grad.double())
        return x.grad.to(self.dtype)

    return run


def norm_grad(grad, self, rstd, weight, mean=None, shape=None, **_):
    """Gradients by input, weight and bias, by the chain rule from the statistics given."""
    axes = tuple(range(-len(shape or weight.shape), 0))
    lead = tuple(range(self.dim() - len(axes)))
    x, dy = self.double(), grad.double()
    z = (x if mean is None else x - mean.double()) * rstd.double()
    g = dy if weight is None else dy * weight.double()
    level = 0 if mean is None else g.mean(axes, keepdim=True)
    dx = (g - level - z * (g * z).mean(axes, keepdim=True)) * rstd.double()
    return dx.to(self.dtype), (dy * z).sum(lead).to(self.dtype), dy.sum(lead).to(self.dtype)


def nll_loss(self, index, weight, mode, ignore):
    """The loss in f64 and the weight that counted."""
    loss = F.nll_loss(self.double(), index.long(), weight.double(), ignore_index=ignore, reduction=REDUCTION[mode])
    counted = weight.double()[index.long()[index != ignore]].sum() if mode else torch.zeros(())
    return loss.to(self.dtype), counted.to(self.dtype)


def nll_loss_grad(grad, self, index, weight, mode, ignore, total):
    """The gradient in f64; the mean divides by the total given."""
    x = self.double().contiguous().requires_grad_()
    F.nll_loss(x, index.long(), weight.double(), ignore_index=ignore,
               reduction="none" if mode == 0 else "sum").backward(grad.double())
    return (x.grad / total.double() if mode == 1 else x.grad).to(self.dtype)


def embedding_grad(self, index, count, padding, by_count):
    """PyTorch's own, in f64."""
    padding = padding if padding < 1 << 63 else -1
    return torch.ops.aten.embedding_dense_backward(self.double(), index.long(), count, padding, by_count).to(self.dtype)


def vector_norm(self, order, dims=(), keep_dim=False, dtype=None):
    """PyTorch's own, in f64."""
    return torch.linalg.vector_norm(self.double(), order, list(dims) or None, keep_dim).to(self.dtype)


def softmax(function: Callable) -> Callable:
    """Computed wide, rounded to the input's type."""
    return lambda self, dim: function(self.double(), dim).to(self.dtype)


def arange(start, end, step, dtype):
    """torch.arange with a stand-in for types it has no kernel for."""
    return torch.arange(start, end, step, dtype=STAND_IN.get(dtype, dtype)).to(dtype)


def places(index: list[torch.Tensor]) -> list[torch.Tensor | None]:
    """Indices as ATen takes them: nothing where a tensor of shape [0] leaves the axis alone."""
    return [None if i.shape == (0,) else i for i in index]


def scatter(self, dim, index, other, mode=0):
    """torch.scatter with CANN's numbers for what happens at an index."""
    index = index.long()
    if mode == 0:
        return torch.scatter(self, dim, index, other)
    if not isinstance(other, torch.Tensor):
        other = torch.full(index.shape, other, dtype=self.dtype)
    if self.dtype.is_complex:
        return scatter_complex(self, dim, index, other, mode)
    how = {1: "sum", 2: "prod", 3: "amax", 4: "amin"}[mode]
    return torch.scatter_reduce(self, dim, index, other, how, include_self=True)


def ordered(function: Callable) -> Callable:
    """For functions that answer values of the input's type and indices, and know neither bool nor wide unsigned types."""
    def run(self, **rest):
        values, indices = function(self if self.dtype.is_floating_point else self.long(), **rest)
        return values.to(self.dtype), indices

    return run


def sort(self, dim, flag2, flag=True):
    """torch.sort, always stable."""
    return torch.sort(self, dim=dim, descending=flag2, stable=True)


def topk(self, count, dim, flag, flag2):
    """The first of a stable sort: torch.topk leaves open which of equal elements it takes."""
    values, indices = sort(self, dim, flag)
    return (values, indices) if self.dim() == 0 else (values.narrow(dim, 0, count), indices.narrow(dim, 0, count))


def kthvalue(self, count, dim, keep_dim):
    """One element of a stable sort."""
    values, indices = sort(self, dim, False)
    if self.dim() == 0:
        return values, indices
    values, indices = values.narrow(dim, count - 1, 1), indices.narrow(dim, count - 1, 1)
    return (values, indices) if keep_dim else (values.squeeze(dim), indices.squeeze(dim))


def median(self, dim=None, keep_dim=False):
    """The lower of two middle elements, and the first NaN if there is one."""
    if dim is None:
        return median(self.reshape(-1), 0)
    if self.dim() == 0:
        return self, torch.zeros((), dtype=torch.int64)
    values, indices = kthvalue(self, (self.shape[dim] + 1) // 2, dim, True)
    if self.dtype.is_floating_point:
        some = self.isnan().any(dim, keepdim=True)
        values = torch.where(some, torch.nan, values)
        indices = torch.where(some, self.isnan().int().argmax(dim, keepdim=True), indices)
    return (values, indices) if keep_dim else (values.squeeze(dim), indices.squeeze(dim))


def cumulative(function: Callable) -> Callable:
    """torch.cumsum or cumprod computed wide; exclusive and reverse as CANN's second version has them."""
    def run(self, dim, dtype=None, flag=False, flag2=False):
        dtype = dtype or self.dtype
        x = wide_or_long(self if dtype.is_floating_point or dtype.is_complex else self.to(dtype))
        if self.dim() == 0:
            return (torch.zeros_like(x) if flag else x).to(dtype)
        x = x.flip(dim) if flag2 else x
        result = function(x, dim)
        if flag:
            result = torch.cat([torch.zeros_like(result.narrow(dim, 0, min(1, result.shape[dim]))), result], dim)
            result = result.narrow(dim, 0, x.shape[dim])
        return (result.flip(dim) if flag2 else result).to(dtype)

    return run


def unique(self, flag2, flag=True, flag3=False):
    """torch.unique with all that it answers."""
    x = self if self.dtype.is_floating_point else self.long()
    values, inverse, counts = torch.unique(x, sorted=True, return_inverse=True, return_counts=True)
    return values.to(self.dtype), inverse, counts


def one_hot(self, count, other, value, dim):
    """onValue where the index points along a new axis."""
    places = self.long().unsqueeze(dim)
    shape = list(places.shape)
    shape[dim if dim >= 0 else dim + len(shape)] = count
    chosen = torch.zeros(shape, dtype=torch.int64).scatter_(dim, places, 1).bool()
    return torch.where(chosen, other.double(), value.double()).to(value.dtype)


def linspace(start, end, count, dtype):
    """torch.linspace in f64."""
    return torch.linspace(start, end, count, dtype=torch.float64).to(dtype)


def index_add(self, dim, index, other, alpha):
    """torch.index_add; of halves in f32, because PyTorch rounds after each addition."""
    if self.dtype in (torch.float16, torch.bfloat16):
        return torch.index_add(self.float(), dim, index, other.float(), alpha=alpha).to(self.dtype)
    return torch.index_add(self, dim, index, other, alpha=alpha)


def scatter_complex(self, dim, index, other, mode):
    """An element at a time, which PyTorch does not do for complex numbers."""
    out = self.clone()
    for position in itertools.product(*(range(n) for n in index.shape)):
        place = list(position)
        if place:
            place[dim] = int(index[position])
        new = out[tuple(place)] + other[position] if mode == 1 else out[tuple(place)] * other[position]
        out[tuple(place)] = new
    return out


def each(function: Callable, *names: str) -> dict[str, Callable]:
    """One reference for several C names."""
    return dict.fromkeys(names, function)


REFERENCES: dict[str, Callable] = {
    "aclnnAbs": lambda self: torch.abs(self),
    "aclnnNeg": lambda self: torch.neg(self),
    "aclnnExp": lambda self: torch.exp(self),
    "aclnnLog": lambda self: torch.log(self),
    "aclnnSqrt": lambda self: torch.sqrt(self),
    "aclnnRsqrt": lambda self: torch.rsqrt(self),
    "aclnnSin": lambda self: torch.sin(self),
    "aclnnCos": lambda self: torch.cos(self),
    "aclnnTanh": lambda self: torch.tanh(self),
    "aclnnSigmoid": lambda self: torch.sigmoid(self),
    "aclnnRelu": lambda self: torch.relu(self),
    "aclnnGelu": gelu,
    "aclnnGeluV2": lambda self, mode: gelu(self, APPROXIMATE[mode]),
    "aclnnSilu": lambda self: F.silu(self),
    "aclnnSign": lambda self: torch.sign(self),
    "aclnnReciprocal": lambda self: torch.reciprocal(self),
    "aclnnLogicalNot": lambda self: torch.logical_not(self),
    "aclnnErf": lambda self: torch.erf(self),
    "aclnnErfc": lambda self: torch.erfc(self),
    "aclnnExpm1": lambda self: torch.expm1(self),
    "aclnnLog1p": lambda self: torch.log1p(self),
    "aclnnLog2": lambda self: torch.log2(self),
    "aclnnLog10": lambda self: torch.log10(self),
    "aclnnAtan": lambda self: torch.atan(self),
    "aclnnSinh": lambda self: torch.sinh(self),
    "aclnnCosh": lambda self: torch.cosh(self),
    "aclnnAsinh": lambda self: torch.asinh(self),
    "aclnnCeil": lambda self: torch.ceil(self),
    "aclnnFloor": lambda self: torch.floor(self),
    "aclnnRound": lambda self: torch.round(self),
    "aclnnTrunc": lambda self: torch.trunc(self),
    "aclnnSquare": lambda self: torch.mul(self, self),
    "aclnnBitwiseNot": lambda self: torch.bitwise_not(self),
    "aclnnIsFinite": lambda self: torch.isfinite(self),
    **each(lambda self, other: torch.bitwise_and(self, other), "aclnnBitwiseAndTensor", "aclnnBitwiseAndScalar"),
    **each(lambda self, other: torch.bitwise_or(self, other), "aclnnBitwiseOrTensor", "aclnnBitwiseOrScalar"),
    **each(lambda self, other: torch.bitwise_xor(self, other), "aclnnBitwiseXorTensor", "aclnnBitwiseXorScalar"),
    **each(in_float(lambda self, other: torch.remainder(self, other)), "aclnnRemainderTensorTensor",
           "aclnnRemainderTensorScalar", "aclnnRemainderScalarTensor"),
    **each(in_float(lambda self, other: torch.fmod(self, other)), "aclnnFmodTensor", "aclnnFmodScalar"),
    **each(in_float(lambda self, other: torch.div(self, other, rounding_mode="floor")), "aclnnFloorDivide",
           "aclnnFloorDivides"),
    **each(in_float(torch.rsub), "aclnnRsub", "aclnnRsubs"),
    "aclnnAtan2": lambda self, other: torch.atan2(self, other),
    "aclnnLogicalXor": lambda self, other: torch.logical_xor(self, other),
    **each(in_float(torch.add), "aclnnAdd", "aclnnAdds"),
    **each(in_float(torch.sub), "aclnnSub", "aclnnSubs"),
    **each(lambda self, other: torch.mul(self, other), "aclnnMul", "aclnnMuls"),
    **each(lambda self, other: torch.div(self, other), "aclnnDiv", "aclnnDivs"),
    **each(in_float(lambda self, other, mode: torch.div(self, other, rounding_mode=ROUNDING[mode])), "aclnnDivMod",
           "aclnnDivMods"),
    "aclnnMaximum": lambda self, other: torch.maximum(self, torch.as_tensor(other).to(self.dtype)
                                                       if not isinstance(other, torch.Tensor) else other),
    "aclnnMinimum": lambda self, other: torch.minimum(self, torch.as_tensor(other).to(self.dtype)
                                                       if not isinstance(other, torch.Tensor) else other),
    **each(lambda self, other: torch.pow(self, other), "aclnnPowTensorScalar", "aclnnPowScalarTensor",
           "aclnnPowTensorTensor"),
    **each(lambda self, other: torch.eq(self, other), "aclnnEqTensor", "aclnnEqScalar"),
    **each(lambda self, other: torch.ne(self, other), "aclnnNeTensor", "aclnnNeScalar"),
    **each(lambda self, other: torch.gt(self, other), "aclnnGtTensor", "aclnnGtScalar"),
    **each(lambda self, other: torch.ge(self, other), "aclnnGeTensor", "aclnnGeScalar"),
    **each(lambda self, other: torch.lt(self, other), "aclnnLtTensor", "aclnnLtScalar"),
    **each(lambda self, other: torch.le(self, other), "aclnnLeTensor", "aclnnLeScalar"),
    "aclnnLogicalAnd": lambda self, other: torch.logical_and(self, other),
    "aclnnLogicalOr": lambda self, other: torch.logical_or(self, other),
    "aclnnSWhere": lambda mask, self, other: torch.where(mask.bool(), self, other),
    "aclnnInplaceMaskedFillScalar": lambda out, mask, value: torch.masked_fill(out, mask.bool(), value),
    "aclnnCast": lambda self, dtype: self.to(dtype),
    "aclnnInplaceCopy": lambda out, other: other.to(out.dtype).expand(out.shape),
    "aclnnInplaceFillScalar": lambda out, value: torch.full_like(out, value),
    "aclnnInplaceZero": lambda out: torch.zeros_like(out),
    "aclnnInplaceOne": lambda out: torch.ones_like(out),
    "aclnnArange": arange,
    "aclnnCat": lambda tensors, dim: torch.cat(tensors, dim),
    "aclnnPermute": lambda self, dims: torch.permute(self, dims),
    "aclnnIndexSelect": lambda self, dim, index: torch.index_select(self, dim, index),
    "aclnnEmbedding": lambda weight, index: weight[index.long()],
    "aclnnIndex": lambda self, index: torch.ops.aten.index(self, places(index)),
    "aclnnIndexPutImpl": lambda out, index, other, flag, flag2: torch.ops.aten.index_put(
        out.contiguous(), places(index), other, flag),
    "aclnnGather": lambda self, dim, index: torch.gather(self, dim, index.long()),
    **each(scatter, "aclnnScatter", "aclnnScatterValue"),
    "aclnnScatterAdd": lambda self, dim, index, other: scatter(self, dim, index, other, 1),
    "aclnnIndexCopy": lambda self, dim, index, other: torch.index_copy(self.contiguous(), dim, index.long(), other),
    "aclnnIndexAdd": index_add,
    "aclnnIndexFill": lambda self, dim, index, other: torch.index_fill(self, dim, index.long(), other),
    "aclnnSort": ordered(sort),
    "aclnnArgsort": ordered(sort),
    "aclnnTopk": ordered(topk),
    "aclnnKthvalue": ordered(kthvalue),
    "aclnnMedian": ordered(median),
    "aclnnMedianDim": ordered(median),
    **each(cumulative(torch.cumsum), "aclnnCumsum", "aclnnCumsumV2"),
    "aclnnCumprod": cumulative(torch.cumprod),
    "aclnnCummax": ordered(torch.cummax),
    "aclnnCummin": ordered(torch.cummin),
    "aclnnMaxDim": ordered(lambda self, dim, keep_dim: torch.max(self, dim, keep_dim)),
    "aclnnMinDim": ordered(lambda self, dim, keep_dim: torch.min(self, dim, keep_dim)),
    "aclnnMaskedSelect": lambda self, mask: torch.masked_select(self, mask.bool()),
    "aclnnNonzero": lambda self: torch.nonzero(self),
    "aclnnNonzeroV2": lambda self: torch.nonzero(self).t(),
    **each(unique, "aclnnUnique", "aclnnUnique2"),
    "aclnnInplaceMaskedFillTensor": lambda out, mask, value: torch.where(
        mask.bool(), value.reshape(()).to(out.dtype), out),
    "aclnnInplaceFillTensor": lambda out, other: other.reshape(()).to(out.dtype).expand(out.shape),
    "aclnnStack": lambda tensors, dim: torch.stack(tensors, dim),
    "aclnnRepeat": lambda self, shape: self.repeat(shape),
    "aclnnConstantPadNd": lambda self, shape, value: torch.constant_pad_nd(self, shape, value),
    "aclnnFlip": lambda self, dims: torch.flip(self, dims),
    "aclnnExpand": lambda self, shape: self.expand(shape),
    "aclnnOneHot": one_hot,
    "aclnnEye": lambda count, count2, dtype: torch.eye(count, count2).to(dtype),
    "aclnnLinspace": linspace,
    **each(lambda self, low=None, high=None: torch.clamp(self, low, high), "aclnnClamp", "aclnnClampMin",
           "aclnnClampMax", "aclnnClampTensor", "aclnnClampMinTensor", "aclnnClampMaxTensor"),
    "aclnnEqual": lambda self, other: torch.tensor([torch.equal(self, other)]),
    "aclnnIsInf": lambda self: torch.isinf(self),
    **randomness.SHAPES,
    "aclnnTriu": lambda self, diagonal: torch.triu(self, diagonal),
    "aclnnTril": lambda self, diagonal: torch.tril(self, diagonal),
    "aclnnReduceSum": reduce_sum,
    "aclnnMean": mean,
    "aclnnAmax": extremum(torch.amax),
    "aclnnAmin": extremum(torch.amin),
    "aclnnMax": lambda self: torch.max(self),
    "aclnnMin": lambda self: torch.min(self),
    "aclnnAny": any_all(torch.any),
    "aclnnAll": any_all(torch.all),
    "aclnnArgMax": argmax,
    "aclnnArgMin": argmin,
    "aclnnSoftmax": softmax(torch.softmax),
    "aclnnLogSoftmax": softmax(torch.log_softmax),
    "aclnnLayerNorm": layer_norm,
    "aclnnRmsNorm": rms_norm,
    **each(lambda self, other, cube_math: matmul(self, other), "aclnnMatmul", "aclnnMm", "aclnnBatchMatMul"),
    "aclnnAddmm": addmm,
    "aclnnConvolution": convolution,
    "aclnnConvDepthwise2d": depthwise,
    "aclnnConvTbc": time_first,
    **each(attention_grad, "aclnnFlashAttentionScoreGrad", "aclnnFlashAttentionScoreGradV2"),
    "aclnnProd": prod,
    "aclnnProdDim": prod,
    **each(variance(torch.var), "aclnnVar", "aclnnVarCorrection", "aclnnVarMean"),
    **each(variance(torch.std), "aclnnStd", "aclnnStdMeanCorrection"),
    "aclnnBaddbmm": addmm,
    "aclnnSigmoidBackward": in_f64(lambda self, other: self * other * (1 - other)),
    "aclnnTanhBackward": in_f64(lambda self, other: self * (1 - other * other)),
    "aclnnSiluBackward": in_f64(lambda self, other: self * other.sigmoid() * (1 + other * (1 - other.sigmoid()))),
    "aclnnThresholdBackward": lambda self, other, alpha: torch.where(other <= alpha, torch.zeros_like(self), self),
    "aclnnGeluBackward": through(F.gelu),
    "aclnnGeluBackwardV2": through(lambda x, mode: F.gelu(x, approximate=mode)),
    **each(in_f64(lambda self, other, alpha: torch.lerp(self, other, alpha)), "aclnnLerps", "aclnnForeachLerpScalar"),
    **each(in_f64(lambda self, other, third: torch.lerp(*torch.broadcast_tensors(self, other, third))), "aclnnLerp",
           "aclnnForeachLerpList"),
    **each(in_f64(lambda self, other, third, alpha: torch.addcmul(self, other, third, value=alpha)), "aclnnAddcmul",
           "aclnnForeachAddcmulScalarV2"),
    **each(in_f64(lambda self, other, third, alpha: torch.addcdiv(self, other, third, value=alpha)), "aclnnAddcdiv",
           "aclnnForeachAddcdivScalarV2"),
    "aclnnSoftmaxBackward": in_f64(lambda self, other, dim: (self - (self * other).sum(dim, keepdim=True)) * other),
    "aclnnLogSoftmaxBackward": in_f64(lambda self, other, dim: self - other.exp() * self.sum(dim, keepdim=True)),
    **each(norm_grad, "aclnnLayerNormBackward", "aclnnRmsNormGrad"),
    **each(in_f64(lambda self, other, mode: F.mse_loss(self, other, reduction=REDUCTION[mode])), "aclnnMseLoss",
           "aclnnMseLossOut"),
    "aclnnL1Loss": in_f64(lambda self, other, mode: F.l1_loss(self, other, reduction=REDUCTION[mode])),
    "aclnnMseLossBackward": loss_grad(F.mse_loss),
    "aclnnL1LossBackward": loss_grad(F.l1_loss),
    **each(nll_loss, "aclnnNLLLoss", "aclnnNLLLoss2d"),
    **each(nll_loss_grad, "aclnnNLLLossBackward", "aclnnNLLLoss2dBackward"),
    "aclnnEmbeddingDenseBackward": embedding_grad,
    **each(vector_norm, "aclnnLinalgVectorNorm", "aclnnNorm", "aclnnForeachNorm"),
    **each(attention, "aclnnFlashAttentionScore", "aclnnFlashAttentionScoreV2"),
}


def reference(name: str) -> Callable | None:
    """The reference of an operator, or None. One on lists is named after the one on tensors."""
    single = re.sub(r"^aclnnForeach(\w+?)(List|ScalarList|Scalar|ScalarAndTensor)?(V2)?$", r"aclnn\1", name)
    single = "aclnnPowTensorTensor" if single == "aclnnPow" else single
    return REFERENCES.get(name) or REFERENCES.get(name.replace("aclnnInplace", "aclnn", 1)) or REFERENCES.get(single)


def _stand_in(value: object) -> object:
    if isinstance(value, torch.Tensor):
        return value.to(STAND_IN.get(value.dtype, value.dtype))
    if isinstance(value, list):
        return [_stand_in(v) for v in value]
    return value


def evaluate(name: str, family: str, result: str, values: dict) -> tuple[torch.Tensor, ...]:
    """Runs the reference; where PyTorch has no kernel for a type, in a type that stands in for it."""
    function = reference(name)
    if function is None:
        raise LookupError(f"no reference for {name}")
    try:
        answer = function(**values)
    except (RuntimeError, NotImplementedError) as error:
        if "not implemented" not in str(error) and "not supported" not in str(error):
            raise
        answer = function(**{role: _stand_in(value) for role, value in values.items()})
        original = _common_type(values)
        if family != "arg_reduce" and result in ("same", "real") and answer.dtype == STAND_IN.get(original):
            answer = answer.to(original)
    return answer if isinstance(answer, tuple) else (answer,)


def _common_type(values: dict) -> torch.dtype | None:
    common = None
    for role, value in values.items():
        tensors = value if isinstance(value, list) else [value]
        for tensor in tensors:
            if isinstance(tensor, torch.Tensor) and role not in ("mask", "index"):
                common = tensor.dtype if common is None else torch.promote_types(common, tensor.dtype)
    return common
