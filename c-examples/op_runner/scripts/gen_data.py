#!/usr/bin/env python3
"""Writes the inputs of the sample as raw little-endian files.

usage: gen_data.py [DATA]      DATA/input/*.bin, DATA is "." by default
"""

import pathlib
import sys

import numpy as np


def main() -> None:
    data = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    (data / "input").mkdir(parents=True, exist_ok=True)
    (data / "output").mkdir(parents=True, exist_ok=True)
    # A stale result must never be mistaken for a new one.
    for old in (data / "output").glob("*.bin"):
        old.unlink()

    rng = np.random.default_rng(20240601)
    tensors = {
        "add_self": rng.uniform(-100, 100, (512, 2048)).astype(np.float32),
        "add_other": rng.uniform(-100, 100, (2048,)).astype(np.float32),
        "matmul_self": rng.uniform(-1, 1, (256, 1024)).astype(np.float16),
        "matmul_mat2": rng.uniform(-1, 1, (1024, 384)).astype(np.float16),
    }
    for name, tensor in tensors.items():
        tensor.tofile(data / "input" / f"{name}.bin")
        print(f"[INFO]  {name}.bin: {tensor.dtype} {tensor.shape}")


if __name__ == "__main__":
    main()
