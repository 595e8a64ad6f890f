#!/usr/bin/env python3
"""Prints how fast this is, paired in one run with libc, glibc's malloc and PyTorch on one thread.

usage: compare.py [--quick] [FILTER]

Needs ASCEND_TOOLKIT_HOME, a C compiler (CC) and PyTorch. Both sides take turns (A B A B …) on one thread. Times and
the ratio that the verdict looks at are of the best rounds, since other programs only ever add to them; the median of
the rounds' ratios stands beside it, and the two differ by as much as the machine was busy. FILTER keeps rows whose name
contains it.
"""

import argparse
import dataclasses
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "python"))


@dataclasses.dataclass
class Row:
    """A line of the table."""

    name: str
    ours: float  # nanoseconds
    peer: float = 0.0  # nanoseconds, 0 without a peer
    peer_name: str = ""
    median: float = 0.0  # of the rounds' ratios
    unit: str = ""
    work: float = 0.0  # bytes or floating-point operations

    def rate(self, nanoseconds: float) -> str:
        """A throughput if the row has one, else a time."""
        if self.work:
            return f"{self.work / nanoseconds:.1f} {self.unit}"
        if nanoseconds >= 1e6:
            return f"{nanoseconds / 1e6:.2f} ms"
        return f"{nanoseconds / 1e3:.2f} µs" if nanoseconds >= 1e4 else f"{nanoseconds:.0f} ns"


@dataclasses.dataclass(frozen=True)
class Goal:
    """At most so many nanoseconds, at least such a ratio to the peer, or at least such a rate.

    `limit` names a row of what the machine can do at most: a goal that is missed is shown as a share of it, since one above
    it is missed by every program.
    """

    nanoseconds: float = 0
    ratio: float = 0
    rate: float = 0
    limit: str = ""

    def text(self, row: Row) -> str:
        """As the table shows it."""
        if self.nanoseconds:
            return f"≤ {self.nanoseconds:.0f} ns"
        return f"≥ {self.rate:.0f} {row.unit}" if self.rate else f"≥ {self.ratio:.2f}×"

    def met(self, row: Row) -> bool:
        """Whether it is reached."""
        if self.nanoseconds:
            return row.ours <= self.nanoseconds
        if self.rate:
            return row.work / row.ours >= self.rate
        return row.peer / row.ours >= self.ratio

    def verdict(self, row: Row) -> str:
        """What the table says of it."""
        if self.met(row):
            return "reached"
        if self.limit not in LIMITS:
            return "MISSED"
        wanted = self.rate or self.ratio * row.work / row.peer
        return f"MISSED: {row.work / row.ours / LIMITS[self.limit]:.0%} of the {self.limit}, " \
               f"the goal is {wanted / LIMITS[self.limit]:.0%}"


# Rates that the machine itself does not exceed, measured first.
LIMITS: dict[str, float] = {}
ARITHMETIC, READING = "limit of f32 arithmetic", "limit of reading memory"


GOALS = {
    "enqueue": Goal(nanoseconds=50),
    "no-op task": Goal(nanoseconds=100),
    "round trip": Goal(nanoseconds=1000),
    "round trip, parked": Goal(nanoseconds=6000),
    "malloc+free 1 MiB": Goal(nanoseconds=200),
    "copy to device 4 KiB": Goal(ratio=0.95),
    "copy to device 1 MiB": Goal(ratio=0.95),
    "copy to device 64 MiB": Goal(ratio=0.95),
    "copy to host 4 KiB": Goal(ratio=0.95),
    "copy to host 1 MiB": Goal(ratio=0.95),
    "copy to host 64 MiB": Goal(ratio=0.95),
    "Add of 1: both, run": Goal(nanoseconds=400),
    "graph of 1,000 adds": Goal(ratio=1 / 0.3),
    "matmul f32 128": Goal(ratio=2.0, limit=ARITHMETIC),
    "matmul f32 512": Goal(ratio=2.0, limit=ARITHMETIC),
    "matmul f32 1024": Goal(ratio=2.0, limit=ARITHMETIC),
    "matmul bf16 512": Goal(ratio=0.9),
    "matmul f16 512": Goal(rate=150, limit=ARITHMETIC),
    "decode f32 4096×4096": Goal(ratio=1.2, limit=READING),
    "decode bf16 4096×4096": Goal(rate=20),
    "decode f16 4096×4096": Goal(rate=20),
    "add f32 1 MiB": Goal(ratio=1.0),
    "add bf16 1 MiB": Goal(ratio=2.5),
    "add f16 1 MiB": Goal(ratio=1.5),
    "add f32 64 MiB": Goal(ratio=1.0),
    "add bf16 64 MiB": Goal(ratio=1.1),
    "exp f32 1 MiB": Goal(ratio=4.6),
    "gelu erf f32 1 MiB": Goal(ratio=1.0),
    "gelu tanh f32 1 MiB": Goal(ratio=2.75),
    "silu f32 1 MiB": Goal(ratio=1.6),
    "softmax f32 1 MiB": Goal(ratio=2.0),
    "layer_norm f32 1 MiB": Goal(ratio=1.5),
    "masked_fill f32 1 MiB": Goal(ratio=20.0),
    "transpose copy f32 1 MiB": Goal(ratio=2.0),
    "cat f32 1 MiB": Goal(ratio=1.0),
    "index_select f32 1 MiB": Goal(ratio=1.0),
    "cast f32 to bf16 1 MiB": Goal(ratio=1.0),
}


def show(row: Row) -> None:
    """Prints a line at once: a benchmark should not look hung."""
    goal = GOALS.get(row.name)
    ratio = f"{row.peer / row.ours:.2f}× ({row.median:.2f}×)" if row.peer else ""
    peer = f"{row.rate(row.peer)} ({row.peer_name})" if row.peer else ""
    verdict = goal.verdict(row) if goal else ""
    print(f"{row.name:26} {row.rate(row.ours):>16} {peer:>28} {ratio:>16} {goal.text(row) if goal else '':>14} "
          f"{verdict}", flush=True)


def native(program: str, filter_: str, peer_name: str = "libc") -> None:
    """Builds and runs a C benchmark."""
    home = pathlib.Path(os.environ["ASCEND_TOOLKIT_HOME"])
    with tempfile.TemporaryDirectory() as directory:
        binary = pathlib.Path(directory) / program
        subprocess.run([os.environ.get("CC", "cc"), "-std=gnu11", "-O2", str(HERE / f"{program}.c"), "-o",
                        str(binary), f"-I{home}/include", f"-L{home}/lib64", "-lascendcl", "-lnnopbase", "-lopapi"],
                       check=True)
        env = {**os.environ, "LD_LIBRARY_PATH": f"{home}/lib64:{os.environ.get('LD_LIBRARY_PATH', '')}"}
        output = subprocess.run([str(binary)], check=True, env=env, stdout=subprocess.PIPE, text=True).stdout
    for line in output.splitlines():
        name, ours, peer, median = line.split("\t")
        row = Row(name, float(ours), float(peer), peer_name, float(median))
        if name.startswith("copy"):
            amount, scale = name.split()[-2:]
            row.unit, row.work = "GB/s", float(amount) * {"KiB": 1 << 10, "MiB": 1 << 20}[scale]
        if name == ARITHMETIC:
            row.unit, row.work = "GFLOP/s", 1e6
        elif name == READING:
            row.unit, row.work = "GB/s", 1 << 20
        if name.startswith("limit"):
            LIMITS[name] = row.work / row.ours
        if filter_ in name or name.startswith("limit"):
            show(row)


class Operators:
    """Operator rows: the same tensors on both sides, one thread computing on each."""

    def __init__(self, rounds: int, slice_ns: float, filter_: str):
        # One worker, so that no kernel is split. Not one core: the host thread, the worker and PyTorch's would fight for it.
        os.environ["ACLSIM_WORKERS"] = "1"
        import aclsim
        import torch

        torch.set_num_threads(1)
        self.aclsim, self.torch = aclsim, torch
        self.rounds, self.slice_ns, self.filter = rounds, slice_ns, filter_
        aclsim.acl("aclInit", None)
        aclsim.acl("aclrtSetDevice", 0)

    def timed(self, work: Callable[[int], None], repeats: int) -> float:
        """Nanoseconds of one unit."""
        start = time.perf_counter_ns()
        work(repeats)
        return (time.perf_counter_ns() - start) / repeats

    def row(self, name: str, op: str, c_types: list[str], arguments: list[object], peer: Callable[[], object],
            unit: str, work: float, check: tuple[object, object] | None = None) -> None:
        """Measures phase two and execution of a repeatable executor against a PyTorch call."""
        if self.filter not in name:
            return
        aclsim, torch = self.aclsim, self.torch
        try:
            values = [getattr(a, "handle", a) for a in arguments]
            executor = aclsim.phase_one(op, c_types, values)
            aclsim.acl("aclSetAclOpExecutorRepeatable", executor.handle)
        except (aclsim.AclError, AttributeError) as error:
            print(f"{name:26} {error}", flush=True)
            return
        workspace = aclsim.DeviceMemory(executor.workspace_size)
        library = aclsim.library.library()
        run, wait = getattr(library, op), library.aclrtSynchronizeStream
        address, size, handle = workspace.address or None, executor.workspace_size, executor.handle
        aclsim.phase_two(op, executor, address, size)

        def ours(repeats: int) -> None:
            for _ in range(repeats):
                run(address, size, handle, None)
                wait(None)

        def theirs(repeats: int) -> None:
            for _ in range(repeats):
                peer()

        ours(2)
        theirs(2)
        repeats = [max(1, int(self.slice_ns / self.timed(side, 3))) for side in (ours, theirs)]
        pairs = [(self.timed(ours, repeats[0]), self.timed(theirs, repeats[1])) for _ in range(self.rounds)]
        mine, other = (min(times) for times in zip(*pairs))
        median = statistics.median(pair[1] / pair[0] for pair in pairs)
        if check is not None:
            tensor, want = check
            torch.testing.assert_close(tensor.fetch(), want, rtol=2e-2, atol=2e-2)
        executor.destroy()
        show(Row(name, mine, other, "PyTorch", median, unit, work))

    def all(self) -> None:
        """Every operator row."""
        torch, aclsim = self.torch, self.aclsim
        tensor, scalar, ints = "aclTensor *", "aclScalar *", "aclIntArray *"
        device = aclsim.Tensor
        names = {torch.float32: "f32", torch.bfloat16: "bf16", torch.float16: "f16"}
        generator = torch.Generator().manual_seed(1)

        def rand(*shape: int, dtype=torch.float32):
            return torch.rand(shape, generator=generator).to(dtype) - 0.5

        def matmul(name: str, m: int, k: int, n: int, dtype, unit: str, work: float) -> None:
            a, b, out = rand(m, k, dtype=dtype), rand(k, n, dtype=dtype), torch.zeros(m, n, dtype=dtype)
            result = device(torch.zeros_like(out))
            want = (a.float() @ b.float()).to(dtype) if self.filter in name else None
            self.row(name, "aclnnMatmul", [tensor, tensor, tensor, "int8_t"], [device(a), device(b), result, 0],
                     lambda: torch.matmul(a, b, out=out), unit, work, (result, want))

        for side in (128, 512, 1024):
            matmul(f"matmul f32 {side}", side, side, side, torch.float32, "GFLOP/s", 2 * side**3)
        matmul("matmul bf16 512", 512, 512, 512, torch.bfloat16, "GFLOP/s", 2 * 512**3)
        matmul("matmul f16 512", 512, 512, 512, torch.float16, "GFLOP/s", 2 * 512**3)
        for dtype in (torch.float32, torch.bfloat16, torch.float16):
            matmul(f"decode {names[dtype]} 4096×4096", 1, 4096, 4096, dtype, "GB/s", 4096 * 4096 * dtype.itemsize)

        one = aclsim.Scalar(1.0, torch.float32)
        for dtype, mib in ((torch.float32, 1), (torch.bfloat16, 1), (torch.float16, 1), (torch.float32, 64),
                           (torch.bfloat16, 64)):
            count = (mib << 20) // dtype.itemsize
            a, b, out = rand(count, dtype=dtype), rand(count, dtype=dtype), torch.zeros(count, dtype=dtype)
            result = device(out.clone())
            self.row(f"add {names[dtype]} {mib} MiB", "aclnnAdd", [tensor, tensor, scalar, tensor],
                     [device(a), device(b), one, result], lambda a=a, b=b, out=out: torch.add(a, b, out=out), "GB/s",
                     3 * (mib << 20), (result, a + b))

        rows = rand(256, 1024)
        flat = torch.zeros_like(rows)
        x, y = device(rows), device(flat.clone())
        mib = 1 << 20
        functional = torch.nn.functional
        self.row("exp f32 1 MiB", "aclnnExp", [tensor, tensor], [x, y], lambda: torch.exp(rows, out=flat), "GB/s",
                 2 * mib, (y, torch.exp(rows)))
        self.row("gelu erf f32 1 MiB", "aclnnGelu", [tensor, tensor], [x, y], lambda: functional.gelu(rows), "GB/s",
                 2 * mib, (y, functional.gelu(rows)))
        self.row("gelu tanh f32 1 MiB", "aclnnGeluV2", [tensor, "int64_t", tensor], [x, 1, y],
                 lambda: functional.gelu(rows, approximate="tanh"), "GB/s", 2 * mib)
        self.row("silu f32 1 MiB", "aclnnSilu", [tensor, tensor], [x, y], lambda: functional.silu(rows), "GB/s",
                 2 * mib, (y, functional.silu(rows)))
        self.row("softmax f32 1 MiB", "aclnnSoftmax", [tensor, "int64_t", tensor], [x, -1, y],
                 lambda: torch.softmax(rows, -1), "GB/s", 2 * mib, (y, torch.softmax(rows, -1)))
        weight, bias = rand(1024), rand(1024)
        self.row("layer_norm f32 1 MiB", "aclnnLayerNorm", [tensor, ints, tensor, tensor, "double", *[tensor] * 3],
                 [x, aclsim.IntArray([1024]), device(weight), device(bias), 1e-5, y, None, None],
                 lambda: functional.layer_norm(rows, (1024,), weight, bias), "GB/s", 2 * mib,
                 (y, functional.layer_norm(rows, (1024,), weight, bias)))
        mask = torch.rand(256, 1024, generator=generator) < 0.5
        target, filled = rows.clone(), device(rows.clone())
        self.row("masked_fill f32 1 MiB", "aclnnInplaceMaskedFillScalar", [tensor, tensor, scalar],
                 [filled, device(mask), one], lambda: target.masked_fill_(mask, 1.0), "GB/s", 2 * mib,
                 (filled, rows.masked_fill(mask, 1.0)))
        square = rand(512, 512)
        turned, room = device(torch.zeros(512, 512)), torch.zeros(512, 512)
        self.row("transpose copy f32 1 MiB", "aclnnPermute", [tensor, ints, tensor],
                 [device(square), aclsim.IntArray([1, 0]), turned], lambda: room.copy_(square.t()), "GB/s", 2 * mib,
                 (turned, square.t().contiguous()))
        halves = [rand(128, 1024), rand(128, 1024)]
        joined = torch.zeros(256, 1024)
        self.row("cat f32 1 MiB", "aclnnCat", ["aclTensorList *", "int64_t", tensor],
                 [aclsim.TensorList([device(half) for half in halves]), 0, y],
                 lambda: torch.cat(halves, 0, out=joined), "GB/s", 2 * mib, (y, torch.cat(halves)))
        index = torch.randint(0, 256, (256,), generator=generator)
        self.row("index_select f32 1 MiB", "aclnnIndexSelect", [tensor, "int64_t", tensor, tensor],
                 [x, 0, device(index), y], lambda: torch.index_select(rows, 0, index, out=joined), "GB/s", 2 * mib,
                 (y, torch.index_select(rows, 0, index)))
        narrow = rows.to(torch.bfloat16)
        self.row("cast f32 to bf16 1 MiB", "aclnnCast", [tensor, "aclDataType", tensor],
                 [x, aclsim.acl_dtype(torch.bfloat16), device(narrow.clone())], lambda: narrow.copy_(rows), "GB/s",
                 1.5 * mib)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("filter", nargs="?", default="")
    parser.add_argument("--quick", action="store_true", help="a few short rounds a row")
    options = parser.parse_args()
    print(f"{'row':26} {'aclsim':>16} {'peer':>28} {'best (median)':>16} {'goal':>14} verdict")
    native("limits", options.filter)
    native("runtime", options.filter)
    native("two_phase", options.filter)
    native("graph", options.filter, "issued")
    native("trace", options.filter, "untraced")
    Operators(5 if options.quick else 31, 4e6 if options.quick else 8e6, options.filter).all()


if __name__ == "__main__":
    main()
