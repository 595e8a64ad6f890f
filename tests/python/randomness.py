"""Random operators have no reference value: what a result must look like, and the shapes of results."""

import math

import torch

# What is drawn; equal seeds and offsets give equal numbers (test_random.py).
FAMILIES = ("random", "multinomial", "randperm", "dropout_mask", "dropout")
MASK_BITS = 128


def mask_bytes(numel: int) -> int:
    """Bytes of a dropout mask."""
    return math.ceil(numel / MASK_BITS) * MASK_BITS // 8


def drawn(out=None, self=None, other=None, dtype=None, **_) -> torch.Tensor:
    """Something of the shape and type that a distribution's parameters give."""
    if out is not None:
        return out.contiguous()
    tensors = [t for t in (self, other) if isinstance(t, torch.Tensor)]
    if tensors:
        return torch.zeros(torch.broadcast_shapes(*(t.shape for t in tensors)), dtype=tensors[0].dtype)
    return torch.zeros((3, 5, 17), dtype=dtype)


def multinomial(self, count, **_) -> torch.Tensor:
    """Room for indices."""
    return torch.zeros((*self.shape[:-1], count), dtype=torch.int64)


def dropout(self, **_) -> tuple[torch.Tensor, torch.Tensor]:
    """Room for the result and its mask."""
    return torch.zeros(self.shape, dtype=self.dtype), torch.zeros(mask_bytes(self.numel()), dtype=torch.uint8)


def dropout_apply(self, mask, prob=None, scale=None) -> torch.Tensor:
    """Elements whose bit is 1."""
    bits = (mask[:, None] >> torch.arange(8, dtype=torch.uint8)) & 1
    kept = bits.reshape(-1)[: self.numel()].reshape(self.shape).bool()
    factor = scale if prob is None else 1 / (1 - prob) if prob < 1 else 0
    return torch.where(kept, (self.double() * factor).to(self.dtype), torch.zeros((), dtype=self.dtype))


NORMAL = ("aclnnInplaceNormal", "aclnnInplaceNormalTensor", "aclnnNormalTensorTensor", "aclnnNormalTensorFloat",
          "aclnnNormalFloatTensor", "aclnnNormalFloatFloat")
UNIFORM = ("aclnnInplaceUniform", "aclnnInplaceUniformTensor")
INTEGER = ("aclnnInplaceRandom", "aclnnInplaceRandomTensor", "aclnnInplaceRandomWithoutFromTo",
           "aclnnInplaceRandomWithoutFromToTensor")
BERNOULLI = ("aclnnBernoulli", "aclnnBernoulliTensor")
MASKS = ("aclnnDropoutGenMask", "aclnnDropoutGenMaskV2", "aclnnDropoutGenMaskV2Tensor")

SHAPES = {
    **dict.fromkeys((*NORMAL, *UNIFORM, *INTEGER, *BERNOULLI, "aclnnSimThreadExponential"), drawn),
    **dict.fromkeys(("aclnnMultinomial", "aclnnMultinomialTensor"), multinomial),
    "aclnnRandperm": lambda count, dtype, **_: torch.zeros(count, dtype=dtype),
    **dict.fromkeys(MASKS, lambda shape, **_: torch.zeros(mask_bytes(torch.Size(shape).numel()), dtype=torch.uint8)),
    **dict.fromkeys(("aclnnDropoutDoMask", "aclnnDropoutBackward"), dropout_apply),
    "aclnnDropout": dropout,
}


def judge(op, case: dict, role: str, got: torch.Tensor) -> None:
    """A result lies where its distribution does; large ones have its mean, within six deviations of it."""
    if got.numel() == 0:
        return
    x = got.double() if got.dtype != torch.bool else got.int().double()
    if op.family == "randperm":
        if case["count"] <= 256:  # what every type holds
            assert torch.equal(x.sort().values, torch.arange(case["count"], dtype=torch.float64))
    elif op.family == "multinomial":
        weights = case["self"]
        assert (got >= 0).all() and (got < weights.shape[-1]).all()
        assert (torch.gather(weights, -1, got) > 0).all(), "drew a weight of 0"
        if not case["flag"]:
            rows = got.reshape(-1, got.shape[-1])
            assert all(row.unique().numel() == row.numel() for row in rows), "drew an index twice"
    elif op.family == "dropout_mask" or role == "out2":
        ones = sum(int(b).bit_count() for b in got.tolist())
        about(ones / (8 * got.numel()), 1 - plain(case["prob"]) if case.get("flag", True) else 1.0, 0.5, 8 * got.numel())
    elif op.family == "dropout":
        same = case["self"].double() / (1 - case["prob"]) if case["flag"] else case["self"].double()
        close = torch.isclose(x, same, rtol=1e-2, atol=1e-2)
        assert (close | (x == 0)).all() and (case["flag"] or close.all())
    elif op.kernel == "Uniform":
        assert (x >= case["start"]).all() and (x < case["end"]).all()
        about(x.mean().item(), (case["start"] + case["end"]) / 2, (case["end"] - case["start"]) / 12**0.5, x.numel())
    elif op.kernel == "Integer" and "start" in case:
        assert (x >= case["start"]).all() and (x < case["end"]).all() and (x == x.round()).all()
    elif op.kernel == "Bernoulli":
        assert ((x == 0) | (x == 1)).all()
        if not isinstance(case["prob"], torch.Tensor):
            about(x.mean().item(), plain(case["prob"]), 0.5, x.numel())
    elif op.kernel == "Exponential":
        assert (x >= 0).all()
        about(x.mean().item(), 1 / case["scale"], 1 / case["scale"], x.numel())
    elif op.kernel == "Normal":
        mean, std = (case[role].double() if isinstance(case[role], torch.Tensor) else case[role] for role in ("self", "other"))
        z = (x - mean) / std
        assert z.abs().max() < 7
        about(z.mean().item(), 0, 1, z.numel())


def plain(value: object) -> float:
    """The value of a number or scalar."""
    return getattr(value, "value", value)


def about(got: float, want: float, deviation: float, n: int) -> None:
    """The mean of n numbers."""
    assert abs(got - want) <= 6 * deviation / n**0.5 + 0.01 * abs(want), (got, want, n)
