"""Trains a small Qwen2 on the simulated device and on the CPU, and plots both loss curves.

The task is to continue counting: each sequence rises by one from a random start, which a model of this size learns in
a few dozen steps.
"""

import argparse
import copy
import time

import torch
import torch_npu  # noqa: F401 (registers the device)
from transformers import Qwen2Config, Qwen2ForCausalLM

VOCABULARY = 64


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--length", type=int, default=16)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--plot", default="loss.png", help="where the picture goes; empty for none")
    return parser.parse_args()


def batches(args):
    generator = torch.Generator().manual_seed(1)
    for _ in range(args.steps):
        first = torch.randint(0, VOCABULARY, (args.batch, 1), generator=generator)
        yield (first + torch.arange(args.length)) % VOCABULARY


def train(model, args, device):
    """The loss of every step, and the seconds of all."""
    model = model.to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.rate)
    losses = []
    began = time.perf_counter()
    for ids in batches(args):
        ids = ids.to(device)
        optimizer.zero_grad()
        loss = model(ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses, time.perf_counter() - began


def plot(curves, path):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4))
    for (name, losses), style in zip(curves.items(), ["-", "--"]):
        axes.plot(range(1, len(losses) + 1), losses, style, linewidth=2, label=name)
    axes.set(xlabel="step", ylabel="loss", title="A small Qwen2 learns to count")
    axes.legend()
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    print(f"the curves are in {path}")


def main():
    args = arguments()
    torch.manual_seed(0)
    model = Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=VOCABULARY,
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=args.layers,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=256,
            attention_dropout=0.0,
            use_cache=False,
        )
    )
    on_cpu, cpu_time = train(copy.deepcopy(model), args, "cpu")
    on_npu, npu_time = train(model, args, "npu:0")
    print(f"{'step':>5} {'npu:0':>9} {'cpu':>9}")
    for step in sorted({1, 2, 5, 10, 20, args.steps} & set(range(1, args.steps + 1))):
        print(f"{step:5} {on_npu[step - 1]:9.5f} {on_cpu[step - 1]:9.5f}")
    print(f"npu:0 {args.steps / npu_time:.1f} steps/s, cpu {args.steps / cpu_time:.1f} steps/s")
    if args.plot:
        plot({"npu:0": on_npu, "cpu": on_cpu}, args.plot)
    # Rounding grows with every step; the beginning has to agree closely, the end in what was learnt.
    early = max(abs(a - b) for a, b in zip(on_npu[:10], on_cpu[:10]))
    learnt = args.steps < 40 or (on_npu[-1] < on_npu[0] / 2 and on_cpu[-1] < on_cpu[0] / 2)
    if early > 1e-3 or not learnt:
        print(f"FAIL: the first ten losses differ by up to {early:.2e}; learnt: {learnt}")
        return 1
    print(f"the first ten losses differ by up to {early:.1e}: PASS")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
