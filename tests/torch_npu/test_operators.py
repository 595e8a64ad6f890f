"""Operators that models use, through PyTorch: every layout, every element type they are used with, compared with the CPU."""

import pytest
import torch
import torch.nn.functional as F

FLOATS = (torch.float32, torch.float16, torch.bfloat16)
INTS = (torch.int64, torch.int32)
NUMBERS = FLOATS + INTS
TOLERANCE = {torch.float32: (1e-5, 1e-5), torch.float16: (2e-3, 2e-3), torch.bfloat16: (2e-2, 2e-2)}

LAYOUTS = {
    "contiguous": lambda x: x,
    "transposed": lambda x: x.transpose(-1, -2).contiguous().transpose(-1, -2),
    "sliced": lambda x: torch.cat([x, x], -1)[..., : x.shape[-1]],
    "stepped": lambda x: x.repeat_interleave(2, -1)[..., ::2],
    "expanded": lambda x: x[:1].expand_as(x),
}

index = torch.tensor([2, 0, 1, 2])
rows = torch.tensor([[3, 0, 1], [2, 2, 0]])
# Name, element types, function of one matrix [4, 6].
UNARY = {
    "abs": (NUMBERS, torch.abs),
    "neg": (NUMBERS, torch.neg),
    "exp": (FLOATS, torch.exp),
    "cos": (FLOATS, torch.cos),
    "sin": (FLOATS, torch.sin),
    "rsqrt": (FLOATS, lambda x: torch.rsqrt(x.abs() + 1)),
    "sigmoid": (FLOATS, torch.sigmoid),
    "silu": (FLOATS, F.silu),
    "gelu": (FLOATS, F.gelu),
    "ceil": (FLOATS, torch.ceil),
    "pow": (FLOATS, lambda x: x.pow(2)),
    "rsub": (NUMBERS, lambda x: 1 - x),
    "adds": (NUMBERS, lambda x: x + 3),
    "div": (FLOATS, lambda x: x / 3),
    "compare": (NUMBERS, lambda x: torch.stack([x == 1, x != 1, x > 0, x >= 0, x < 1, x <= 1])),
    "logical_not": (NUMBERS, torch.logical_not),
    "bitwise": (INTS, lambda x: torch.stack([~x, x & 3, x | 4, x ^ 5])),
    "any_all": (NUMBERS, lambda x: torch.stack([x.bool().any(-1), x.bool().all(-1)])),
    "sum": (NUMBERS, lambda x: x.sum(0)),
    "mean": (FLOATS, lambda x: x.mean(-1, keepdim=True)),
    "max": (NUMBERS, lambda x: x.max(-1).values),
    "min": (NUMBERS, lambda x: x.min()),
    "argmax": (NUMBERS, lambda x: x.argmax(-1)),
    "softmax": (FLOATS, lambda x: x.softmax(-1)),
    "log_softmax": (FLOATS, lambda x: x.log_softmax(0)),
    "layer_norm": (FLOATS, lambda x: F.layer_norm(x, (6,))),
    "cumsum": (NUMBERS, lambda x: x.cumsum(-1)),
    "sort": (NUMBERS, lambda x: x.sort(dim=-1, stable=True)),
    "sort_down": (NUMBERS, lambda x: x.sort(dim=0, descending=True, stable=True)),
    "topk": (FLOATS, lambda x: x.topk(3, -1).values),
    "scatter": (NUMBERS, lambda x: x.scatter(1, rows.to(x.device), x[:2, 3:])),
    "scatter_value": (NUMBERS, lambda x: x.scatter(1, rows.to(x.device), 9)),
    "gather": (NUMBERS, lambda x: x.gather(1, rows.to(x.device))),
    "index": (NUMBERS, lambda x: x[index.to(x.device)]),
    "index_column": (NUMBERS, lambda x: x[:, index.to(x.device)]),
    "index_pair": (NUMBERS, lambda x: x[index.to(x.device), index.to(x.device)]),
    "index_bool": (NUMBERS, lambda x: x[x > 0]),
    "masked_select": (NUMBERS, lambda x: torch.masked_select(x, x > 1)),
    "nonzero": (NUMBERS, lambda x: torch.nonzero(x)),
    "index_put": (NUMBERS, lambda x: x.clone().index_put_((index.to(x.device)[:3],), x[0])),
    "embedding": (FLOATS, lambda x: F.embedding(index.to(x.device), x)),
    "index_select": (NUMBERS, lambda x: x.index_select(0, index.to(x.device))),
    "cat": (NUMBERS, lambda x: torch.cat([x, x[:, :2], x], 1)),
    "pad": (NUMBERS, lambda x: F.pad(x, (1, 2, 0, 1), value=5)),
    "where": (NUMBERS, lambda x: torch.where(x > 0, x, -x)),
    "triu": (NUMBERS, lambda x: x.triu(1)),
    "tril": (NUMBERS, lambda x: x.tril()),
    "permute": (NUMBERS, lambda x: x.reshape(2, 2, 6).permute(2, 0, 1).contiguous()),
    "cast": (NUMBERS, lambda x: x.to(torch.float32)),
    "norm": (FLOATS, lambda x: torch.linalg.vector_norm(x, 2, -1)),
    "clamp": (NUMBERS, lambda x: x.clamp(-1, 1)),
    "addmm": (FLOATS, lambda x: F.linear(x, x[:3], x[0, :3])),
    "matmul": (FLOATS, lambda x: x @ x.t()),
    "bmm": (FLOATS, lambda x: x.reshape(2, 2, 6) @ x.reshape(2, 2, 6).transpose(1, 2)),
    "addcmul": (FLOATS, lambda x: torch.addcmul(x, x, x, value=0.5)),
    "addcdiv": (FLOATS, lambda x: torch.addcdiv(x, x, x.abs() + 1, value=0.5)),
    "lerp": (FLOATS, lambda x: torch.lerp(x, x * 2, 0.25)),
}


def matrix(dtype, layout):
    generator = torch.Generator().manual_seed(5)
    # Small whole numbers and halves: exact in every type, with equal values among them.
    x = torch.randint(-6, 7, (4, 6), generator=generator)
    return LAYOUTS[layout]((x / 2).to(dtype) if dtype.is_floating_point else x.to(dtype))


def on_device(x):
    """The same view of device memory."""
    storage = torch.empty(0, dtype=x.dtype).set_(x.untyped_storage())
    return storage.npu().as_strided(x.shape, x.stride(), x.storage_offset())


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("name", "dtype"), [(n, t) for n, (types, _) in UNARY.items() for t in types], ids=lambda v: str(v).split(".")[-1]
)
def test_as_on_the_cpu(name, dtype, layout):
    function = UNARY[name][1]
    x = matrix(dtype, layout)
    y = on_device(x)
    assert y.stride() == x.stride()
    expected, got = function(x), function(y)
    pairs = zip(expected, got, strict=True) if isinstance(expected, tuple) else [(expected, got)]
    rtol, atol = TOLERANCE.get(dtype, (0, 0))
    for want, have in pairs:
        exact = not want.dtype.is_floating_point
        torch.testing.assert_close(have.cpu(), want, rtol=0 if exact else rtol, atol=0 if exact else atol)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_loss_and_its_gradient(dtype, reduction):
    x = torch.randn(7, 11, generator=torch.Generator().manual_seed(1)).to(dtype)
    target = torch.tensor([1, 5, -100, 0, 10, 3, 3])

    def gradient(x, target):
        x = x.detach().requires_grad_()
        loss = F.cross_entropy(x, target, reduction=reduction)
        loss.backward()
        return loss.detach().cpu(), x.grad.cpu()

    rtol, atol = TOLERANCE[dtype]
    for have, want in zip(gradient(x.npu(), target.npu()), gradient(x, target), strict=True):
        torch.testing.assert_close(have, want, rtol=rtol, atol=atol)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("causal", [False, True])
def test_attention_and_its_gradient(dtype, causal):
    generator = torch.Generator().manual_seed(2)
    parts = [torch.randn(2, 4, 9, 16, generator=generator).to(dtype) for _ in range(3)]

    def gradients(parts):
        leaves = [p.detach().requires_grad_() for p in parts]
        out = F.scaled_dot_product_attention(*leaves, is_causal=causal)
        out.float().square().sum().backward()
        return [out.detach().cpu()] + [leaf.grad.cpu() for leaf in leaves]

    rtol, atol = (5 * t for t in TOLERANCE[dtype])
    for have, want in zip(gradients([p.npu() for p in parts]), gradients(parts), strict=True):
        torch.testing.assert_close(have, want, rtol=rtol, atol=atol)


RANDOM = {
    "normal_": lambda: torch.empty(40000, device="npu").normal_(2, 3),
    "uniform_": lambda: torch.empty(40000, device="npu").uniform_(-1, 3),
    "random_": lambda: torch.empty(40000, dtype=torch.int64, device="npu").random_(0, 10).float(),
    "bernoulli_": lambda: torch.empty(40000, device="npu").bernoulli_(0.3),
    "randperm": lambda: torch.randperm(40000, device="npu").float(),
    "multinomial": lambda: torch.multinomial(torch.tensor([1.0, 2, 7]).npu(), 40000, replacement=True).float(),
    "dropout": lambda: F.dropout(torch.ones(40000, device="npu"), 0.25),
}
# Mean and standard deviation.
EXPECTED = {
    "normal_": (2, 3),
    "uniform_": (1, 4 / 12**0.5),
    "random_": (4.5, (99 / 12) ** 0.5),
    "bernoulli_": (0.3, 0.21**0.5),
    "randperm": (19999.5, 40000 / 12**0.5),
    "multinomial": (1.6, 0.44**0.5),
    "dropout": (1, (1 / 3) ** 0.5),
}


@pytest.mark.parametrize("name", RANDOM)
def test_random_numbers_repeat_with_their_seed_and_have_their_moments(name):
    torch.npu.manual_seed(11)
    first, second = RANDOM[name]().cpu(), RANDOM[name]().cpu()
    torch.npu.manual_seed(11)
    assert torch.equal(RANDOM[name]().cpu(), first)
    assert torch.equal(RANDOM[name]().cpu(), second)
    assert not torch.equal(first, second)
    mean, deviation = EXPECTED[name]
    # Five standard errors of the mean.
    assert abs(first.mean().item() - mean) < 5 * deviation / 200 + 1e-6
    assert abs(first.std().item() / deviation - 1) < 0.03


def test_a_cached_call_takes_its_own_operands():
    """The same shapes with other storages, offsets, scalars and arrays: none may be mistaken for another."""
    base = torch.arange(64, dtype=torch.float32).npu()
    other = torch.arange(64, 128, dtype=torch.float32).npu()
    for _ in range(3):
        for storage in (base, other):
            for offset in (0, 8, 16):
                for value in (1.0, 2.0):
                    view = storage[offset : offset + 8]
                    expected = storage.cpu()[offset : offset + 8]
                    assert torch.equal((view + value).cpu(), expected + value)
                    assert torch.equal(torch.add(view, view, alpha=value).cpu(), expected + value * expected)
        for dim in (0, 1):
            assert torch.equal(base.reshape(8, 8).sum(dim).cpu(), torch.arange(64.0).reshape(8, 8).sum(dim))
        for rows, columns in ((8, 8), (4, 16), (16, 4)):
            assert torch.equal(base.reshape(rows, columns).sum(0).cpu(), torch.arange(64.0).reshape(rows, columns).sum(0))


def test_printing():
    text = str(torch.tensor([[1.5, -2.25], [float("inf"), 1e6]]).npu())
    assert "1.5" in text and "inf" in text and "npu:0" in text
