#!/usr/bin/env python3
"""Compares npu:0 with PyTorch's CPU backend in one process: decoding and prefill of a Qwen2, small additions, memory, and
decoding while a timeline is written.

usage: wheel.py [--layers N] [--hidden N] [--prompt N] [--tokens N] [--rounds N] [--dtypes f32,bf16,f16]
                [--tracing]

Needs torch 2.8.0, torch_npu 2.8.0.post2 and transformers, and the environment of the SDK's set_env.sh. Both sides take
turns with the same number of threads (ACLSIM_WORKERS, or one per core); the ratio is of the best rounds, the median of the
rounds' ratios stands beside it.
"""

import argparse
import ctypes
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

THREADS = int(os.environ.get("ACLSIM_WORKERS", os.cpu_count()))
GOALS = {"f32": 1.0, "bf16": 2.0, "f16": 5.0}


def model_of(args, dtype):
    """A randomly initialised Qwen2 with grouped heads."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=32000,
        hidden_size=args.hidden,
        intermediate_size=args.hidden * 4864 // 896,
        num_hidden_layers=args.layers,
        num_attention_heads=args.hidden // 64,
        num_key_value_heads=2,
        max_position_embeddings=4096,
    )
    return Qwen2ForCausalLM(config).eval().to(dtype)


def timed_generation(model, ids, tokens, synchronize):
    """Seconds of the prefill and of each decoded token, and the tokens."""
    import torch

    with torch.no_grad():
        synchronize()
        start = time.perf_counter()
        out = model(input_ids=ids, use_cache=True)
        token = out.logits[:, -1:].argmax(-1)
        synchronize()
        prefill = time.perf_counter() - start
        chosen = [token]
        start = time.perf_counter()
        for _ in range(tokens):
            out = model(input_ids=token, past_key_values=out.past_key_values, use_cache=True)
            token = out.logits[:, -1:].argmax(-1)
            chosen.append(token)
        synchronize()
        decode = (time.perf_counter() - start) / tokens
    return prefill, decode, torch.cat(chosen, 1).cpu()


def qwen2(args):
    """Prefill and decode, both devices in turns."""
    import torch
    import torch_npu  # noqa: F401

    torch.set_num_threads(THREADS)
    dtypes = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}
    ids = torch.randint(0, 32000, (1, args.prompt), generator=torch.Generator().manual_seed(1))
    for name in args.dtypes.split(","):
        cpu = model_of(args, dtypes[name])
        npu = model_of(args, dtypes[name]).to("npu")
        sides = [(npu, ids.npu(), torch.npu.synchronize), (cpu, ids, lambda: None)]
        rounds = [[], []]
        for _ in range(args.rounds + 1):
            for side, (model, prompt, synchronize) in enumerate(sides):
                rounds[side].append(timed_generation(model, prompt, args.tokens, synchronize))
        same = all(torch.equal(a[2], b[2]) for a, b in zip(*rounds))
        # The first round warms both up.
        ours, peer = rounds[0][1:], rounds[1][1:]
        for column, (what, tokens) in enumerate([("prefill", args.prompt), ("decode", 1)]):
            best = [min(r[column] for r in side) for side in (ours, peer)]
            median = statistics.median(b[column] / a[column] for a, b in zip(ours, peer))
            ratio = best[1] / best[0]
            verdict = "reached" if ratio >= GOALS[name] else "below"
            print(
                f"{what:8} {name:5} npu {tokens / best[0]:9.1f} tokens/s  cpu {tokens / best[1]:9.1f} tokens/s  "
                f"{ratio:5.2f}x (median {median:.2f}x, goal {GOALS[name]:.0f}x: {verdict})  same tokens: {same}",
                flush=True,
            )
        del npu, sides, model


class Timeline:
    """Writes a timeline from `start` to `stop`, as a program does that profiles itself."""

    NO_METRICS = 0xFF
    CALLS_AND_TASKS = 3

    def __init__(self, directory):
        path = os.fsencode(directory)
        devices = (ctypes.c_uint32 * 1)(0)
        self.library = ctypes.CDLL("libmsprofiler.so")
        self.library.aclprofCreateConfig.restype = ctypes.c_void_p
        self.answered(self.library.aclprofInit(path, ctypes.c_size_t(len(path))))
        config = self.library.aclprofCreateConfig(
            devices, 1, self.NO_METRICS, None, ctypes.c_uint64(self.CALLS_AND_TASKS))
        self.config = ctypes.c_void_p(config)

    @staticmethod
    def answered(code):
        if code != 0:
            raise RuntimeError(f"profiling: {code}")

    def start(self):
        self.answered(self.library.aclprofStart(self.config))

    def stop(self):
        self.answered(self.library.aclprofStop(self.config))


def tracing(args):
    """Decoding with and without a timeline, in turns."""
    import torch
    import torch_npu  # noqa: F401

    npu = model_of(args, torch.bfloat16).to("npu")
    ids = torch.randint(0, 32000, (1, args.prompt), generator=torch.Generator().manual_seed(1)).npu()
    with tempfile.TemporaryDirectory() as directory:
        timeline = Timeline(directory)
        rounds = []
        # Far more than elsewhere: what is sought is smaller than what the machine changes by from round to round.
        for _ in range(4 * args.rounds + 1):
            plain = timed_generation(npu, ids, args.tokens, torch.npu.synchronize)[1]
            timeline.start()
            traced = timed_generation(npu, ids, args.tokens, torch.npu.synchronize)[1]
            timeline.stop()
            rounds.append((plain, traced))
        written = sum(path.stat().st_size for path in pathlib.Path(directory).rglob("*.json"))
    plain, traced = zip(*rounds[1:])
    ratio, median = min(traced) / min(plain), statistics.median(b / a for a, b in zip(plain, traced))
    print(f"traced decode bf16 {1e3 * min(traced):.2f} ms a token, {1e3 * min(plain):.2f} untraced: {ratio:.3f}x "
          f"(median {median:.3f}x, goal 1.1x: {'reached' if median <= 1.1 else 'above'}), "
          f"{written / len(rounds) / args.tokens / 1e3:.0f} KB a token", flush=True)


def peak_memory(args):
    """Peak device memory of a forward pass against the sum of the live tensors on the CPU side."""
    import gc

    import torch
    import torch_npu  # noqa: F401
    from torch.utils._python_dispatch import TorchDispatchMode

    cpu = model_of(args, torch.float32)
    weights = {p.untyped_storage()._cdata: p.untyped_storage().nbytes() for p in cpu.parameters()}
    weights |= {b.untyped_storage()._cdata: b.untyped_storage().nbytes() for b in cpu.buffers()}

    class Live(TorchDispatchMode):
        """Counts the bytes of storages that are alive, and their peak."""

        def __init__(self):
            super().__init__()
            self.now = self.peak = 0
            # Weights are counted apart; views of them are not new memory.
            self.known = dict.fromkeys(weights, 0)

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            import weakref

            out = function(*args, **(kwargs or {}))
            for tensor in torch.utils._pytree.tree_leaves(out):
                if isinstance(tensor, torch.Tensor):
                    storage = tensor.untyped_storage()
                    key, size = storage._cdata, storage.nbytes()
                    if key not in self.known:
                        self.known[key] = size
                        self.now += size
                        self.peak = max(self.peak, self.now)
                        weakref.finalize(storage, self.drop, key)
            return out

        def drop(self, key):
            self.now -= self.known.pop(key, 0)

    ids = torch.randint(0, 32000, (1, args.prompt), generator=torch.Generator().manual_seed(1))
    with torch.no_grad(), Live() as live:
        cpu(input_ids=ids)
    npu = cpu.to("npu")
    torch.npu.reset_peak_memory_stats()
    with torch.no_grad():
        npu(input_ids=ids.npu())
    torch.npu.synchronize()
    peak = torch.npu.max_memory_allocated()
    expected = sum(weights.values()) + live.peak
    print(f"peak memory of a forward: npu {peak / 2**20:.1f} MiB, live tensors on the cpu {expected / 2**20:.1f} MiB "
          f"({100 * (peak / expected - 1):+.1f} %)")
    del npu, cpu
    gc.collect()
    torch.npu.empty_cache()
    print(f"after the model: {torch.npu.memory_allocated()} bytes allocated, {torch.npu.memory_reserved()} reserved")


def add():
    """`x + y` of eight elements: microseconds a call."""
    import torch
    import torch_npu  # noqa: F401

    x = torch.arange(8, dtype=torch.float32).npu()
    y = torch.ones(8, device="npu")

    def once(calls=20000):
        torch.npu.synchronize()
        start = time.perf_counter()
        for _ in range(calls):
            x + y
        torch.npu.synchronize()
        return (time.perf_counter() - start) / calls * 1e6

    # The first rounds, a second or two, are slower.
    print(min(once() for _ in range(20)))


def adds():
    """The same in every queue mode, with the executor cache and without."""
    for mode in "0", "1", "2":
        times = {}
        for cache in "1", "0":
            environment = os.environ | {"TASK_QUEUE_ENABLE": mode, "ACLSIM_EXECUTOR_CACHE": cache}
            command = [sys.executable, __file__, "--add"]
            times[cache] = float(subprocess.check_output(command, env=environment, text=True).split()[-1])
        print(f"x + y of 8, TASK_QUEUE_ENABLE={mode}: {times['1']:.2f} us with the executor cache "
              f"({1e6 / times['1']:.0f} a second), {times['0']:.2f} us without ({1e6 / times['0']:.0f})", flush=True)


def main():
    """Everything, or one part in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--hidden", type=int, default=896)
    parser.add_argument("--prompt", type=int, default=128)
    parser.add_argument("--tokens", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dtypes", default="f32,bf16,f16")
    parser.add_argument("--tracing", action="store_true", help="only what tracing costs")
    parser.add_argument("--add", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.add or args.tracing:
        add() if args.add else tracing(args)
        return
    adds()
    qwen2(args)
    tracing(args)
    peak_memory(args)


if __name__ == "__main__":
    main()
