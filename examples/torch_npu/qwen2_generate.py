"""Greedy generation with Qwen2 on the simulated device and on the CPU, side by side.

Without a checkpoint the model is small and random, so the tokens mean nothing, but they have to be the same ones.
"""

import argparse
import time

import torch
import torch_npu  # noqa: F401 (registers the device)
from transformers import AutoModelForCausalLM, Qwen2Config, Qwen2ForCausalLM


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", nargs="?", help="directory of a local checkpoint; default: a random model")
    parser.add_argument("--prompt-ids", type=int, nargs="+", default=[1, 15, 27, 42, 8, 99, 3], metavar="ID")
    parser.add_argument("--new-tokens", type=int, default=24)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--heads", type=int, default=4)
    parser.add_argument("--kv-heads", type=int, default=2)
    parser.add_argument("--vocabulary", type=int, default=512)
    parser.add_argument("--dtype", choices=["float32", "float16", "bfloat16"], default="float32")
    parser.add_argument("--attention", choices=["eager", "sdpa"], default="sdpa")
    return parser.parse_args()


def load(args):
    dtype = getattr(torch, args.dtype)
    if args.checkpoint:
        return AutoModelForCausalLM.from_pretrained(
            args.checkpoint, dtype=dtype, attn_implementation=args.attention, local_files_only=True
        ).eval()
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=args.vocabulary,
        hidden_size=args.hidden,
        intermediate_size=args.hidden * 4,
        num_hidden_layers=args.layers,
        num_attention_heads=args.heads,
        num_key_value_heads=args.kv_heads,
        max_position_embeddings=4096,
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=0,
        attn_implementation=args.attention,
    )
    return Qwen2ForCausalLM(config).to(dtype).eval()


def generate(model, args, device):
    """New tokens, and how many of them a second."""
    model = model.to(device)
    ids = torch.tensor([args.prompt_ids], device=device)
    mask = torch.ones_like(ids)

    def run(count):
        return model.generate(
            ids, attention_mask=mask, max_new_tokens=count, min_new_tokens=count, do_sample=False, pad_token_id=0
        )

    with torch.no_grad():
        run(2)  # the first call of each operator prepares it
        began = time.perf_counter()
        tokens = run(args.new_tokens).cpu()
        took = time.perf_counter() - began
    return tokens[0, len(args.prompt_ids) :].tolist(), args.new_tokens / took


def logits(model, args, device):
    with torch.no_grad():
        return model.to(device)(torch.tensor([args.prompt_ids], device=device)).logits.float().cpu()


def main():
    args = arguments()
    model = load(args)
    size = sum(p.numel() for p in model.parameters())
    print(f"Qwen2: {size / 1e6:.2f} million parameters, {args.dtype}, {args.attention}")

    reference = logits(model, args, "cpu")
    expected, cpu_speed = generate(model, args, "cpu")
    difference = (logits(model, args, "npu:0") - reference).abs().max().item()
    tokens, npu_speed = generate(model, args, "npu:0")

    print(f"{'':>6} {'tokens/s':>9}  tokens")
    print(f"{'npu:0':>6} {npu_speed:9.1f}  {tokens}")
    print(f"{'cpu':>6} {cpu_speed:9.1f}  {expected}")
    print(f"npu/cpu: {npu_speed / cpu_speed:.2f}x; largest difference of the prompt's logits: {difference:.2e}")
    same = next((i for i, (a, b) in enumerate(zip(tokens, expected)) if a != b), len(expected))
    if same == len(expected):
        print("the tokens agree: PASS")
        return 0
    print(f"the tokens agree up to number {same}")
    # Halves round differently on each device, and one token decides all that follow.
    return 0 if args.dtype != "float32" and difference < 0.1 else 1


if __name__ == "__main__":
    raise SystemExit(main())
