"""Masks as attention uses them: the same values as on the CPU, nothing beside them touched, nothing kept."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest
import torch

INF = float("-inf")
HERE = pathlib.Path(__file__).parent


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.bool], ids=str)
@pytest.mark.parametrize("shape", [(4, 4), (1, 4), (4, 1), (1, 1), (4,), ()], ids=str)
def test_masked_fill(dtype, shape):
    x = torch.arange(32).reshape(2, 4, 4).to(dtype)
    mask = torch.arange(max(1, torch.Size(shape).numel())).reshape(shape) % 3 == 0
    value = True if dtype == torch.bool else -1.0 if dtype.is_floating_point else -1
    expected, got = x.clone().masked_fill_(mask, value), x.npu().masked_fill_(mask.npu(), value)
    assert torch.equal(got.cpu(), expected)
    assert torch.equal(x.npu().transpose(1, 2).masked_fill(mask.npu(), value).cpu(), x.transpose(1, 2).masked_fill(mask, value))


def masks(device):
    """Causal and padding masks in the ways that models write them."""
    ones = torch.ones(6, 6, dtype=torch.int64, device=device)
    yield torch.tril(ones)
    yield torch.tril(ones).bool()
    yield torch.triu(torch.full((6, 6), INF, device=device), diagonal=1)
    yield torch.full((6, 6), INF, device=device).masked_fill_(torch.tril(ones).bool(), 0.0)
    padding = (torch.arange(6, device=device).unsqueeze(0) >= torch.tensor([[2], [0]], device=device)).long()
    yield padding
    yield padding[:, None, None, :].bool() & torch.tril(ones).bool()
    yield (1.0 - padding[:, None, None, :].float()) * torch.finfo(torch.float32).min
    yield padding.unsqueeze(1).expand(2, 6, 6).contiguous()
    yield padding.cumsum(-1).sub_(1).masked_fill_(padding == 0, 1)


def test_masks_are_those_of_the_cpu():
    for number, (got, expected) in enumerate(zip(masks("npu"), masks("cpu"), strict=True)):
        assert got.dtype == expected.dtype and torch.equal(got.cpu(), expected), number


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16], ids=str)
def test_scores_under_every_mask(dtype):
    scores = torch.randn(2, 3, 6, 6, generator=torch.Generator().manual_seed(3)).to(dtype)
    causal = torch.tril(torch.ones(6, 6)).bool()
    for mask in (causal, causal.unsqueeze(0), causal[None, None], causal.expand(2, 3, 6, 6), causal.t()):
        expected = scores.clone().masked_fill_(~mask, INF).softmax(-1)
        got = scores.npu().masked_fill_(~mask.npu(), INF).softmax(-1)
        torch.testing.assert_close(got.cpu(), expected)


# Values around a tensor must survive whatever is done to the tensor; a thousand rounds must not keep memory.
LOOP = """
import os, resource, torch, torch_npu
store = torch.full((3, 64, 70), 7.0, device="npu")
x = store[1, :, 3:67]
mask = torch.tril(torch.ones(64, 64, dtype=torch.int64, device="npu"))

def rounds(count):
    for number in range(count):
        if number % 50 == 0:
            # How far the framework's own queue runs ahead is not what is measured.
            torch.npu.synchronize()
        x.masked_fill_(mask == 0, -1.0)
        x.masked_fill_(mask.bool(), 2.0)
        y = x.unsqueeze(0).masked_fill(mask.bool().unsqueeze(0), float("-inf"))
    torch.npu.synchronize()
    return y

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

rounds(9000 if "ROUNDS" not in os.environ else 100)
before = torch.npu.memory_allocated(), torch.npu.memory_reserved()
size = resident()
y = rounds(int(os.environ.get("ROUNDS", "9000")))
expected = torch.full((64, 64), -1.0).masked_fill_(torch.tril(torch.ones(64, 64)).bool(), 2.0)
assert torch.equal(x.cpu(), expected)
assert torch.equal(y[0].cpu(), expected.masked_fill(torch.tril(torch.ones(64, 64)).bool(), float("-inf")))
around = store.cpu()
around[1, :, 3:67] = 7.0
assert torch.equal(around, torch.full_like(around, 7.0)), "values beside the view changed"
del y
assert (torch.npu.memory_allocated(), torch.npu.memory_reserved()) == before
grown = resident() - size
assert grown < 2 << 20, f"{grown} bytes more than before"
print("unchanged")
"""


def run(script, **environment):
    done = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0 and "unchanged" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("mode", ["0", "1", "2"])
def test_thousands_of_rounds_change_nothing_else(mode):
    run(LOOP, TASK_QUEUE_ENABLE=mode)


def test_the_c_allocator_finds_nothing():
    checker = next(pathlib.Path("/").glob("lib/*-linux-gnu/libc_malloc_debug.so.0"), None)
    if checker is None:
        pytest.skip("this C library has no checking allocator")
    run(LOOP, LD_PRELOAD=str(checker), MALLOC_CHECK_="3", MALLOC_PERTURB_="165", ROUNDS="300")


def test_valgrind_finds_nothing(tmp_path):
    valgrind, compiler = shutil.which("valgrind"), shutil.which(os.environ.get("CC", "cc"))
    if valgrind is None or compiler is None:
        pytest.skip("needs valgrind and a C compiler")
    sdk = os.environ["ASCEND_TOOLKIT_HOME"]
    program = tmp_path / "masks"
    subprocess.run(
        [compiler, "-g", "-O1", f"-I{sdk}/include", HERE / "masks.c", "-o", program, f"-L{sdk}/lib64", "-lascendcl",
         "-lnnopbase", "-lopapi", f"-Wl,-rpath,{sdk}/lib64"],
        check=True,
    )
    # A device of the usual size does not fit beside valgrind's own tables.
    environment = os.environ | {"ACLSIM_MEMORY": "8GiB"}
    done = subprocess.run(
        [valgrind, "-q", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite", program],
        env=environment, capture_output=True, text=True, timeout=600,
    )
    assert done.returncode == 0 and "unchanged" in done.stdout, done.stdout + done.stderr
