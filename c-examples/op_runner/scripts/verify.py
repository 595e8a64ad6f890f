#!/usr/bin/env python3
"""Compares the outputs of the sample with NumPy. The exit status is the verdict.

usage: verify.py [DATA]      reads DATA/input/*.bin and DATA/output/*.bin, DATA is "." by default
"""

import pathlib
import sys

import numpy as np


def check(name: str, got: np.ndarray, want: np.ndarray, rtol: float, atol: float) -> bool:
    """`want` is float64: the reference must not share the rounding of what it judges."""
    error = np.abs(got.astype(np.float64) - want)
    bad = ~(error <= atol + rtol * np.abs(want))  # written so that a NaN counts as bad
    verdict = "FAIL" if bad.any() else "PASS"
    print(f"[INFO]  {name}: {got.size} elements, largest error {error.max():.3g}, {int(bad.sum())} beyond tolerance: "
          f"{verdict}")
    if bad.any():
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        print(f"[ERROR] {name}{list(at)}: got {got[at]}, expected {want[at]}", file=sys.stderr)
    return not bad.any()


def main() -> int:
    data = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")

    def load(path: str, dtype: type, shape: tuple[int, ...]) -> np.ndarray:
        return np.fromfile(data / path, dtype).reshape(shape)

    self_ = load("input/add_self.bin", np.float32, (512, 2048)).astype(np.float64)
    other = load("input/add_other.bin", np.float32, (2048,)).astype(np.float64)
    out = load("output/add_out.bin", np.float32, (512, 2048))
    passed = check("aclnnAdd", out, self_ + 1.5 * other, rtol=1.3e-6, atol=1e-5)

    self_ = load("input/matmul_self.bin", np.float16, (256, 1024)).astype(np.float64)
    mat2 = load("input/matmul_mat2.bin", np.float16, (1024, 384)).astype(np.float64)
    out = load("output/matmul_out.bin", np.float16, (256, 384))
    # Sums are kept in float32; the only visible rounding is the final one to float16.
    passed &= check("aclnnMatmul", out, self_ @ mat2, rtol=1e-3, atol=1e-3)

    print("[INFO]  PASS" if passed else "[ERROR] FAIL")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
