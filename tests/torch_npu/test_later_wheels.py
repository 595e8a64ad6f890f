"""Wheels after the pinned one import, start and copy.

`cargo xtask torch-npu` installs a directory for each line of `later_wheels.txt`, without what they depend on, and names
them in `ACLSIM_LATER_WHEELS`, separated by colons: one with torch_npu alone uses this environment's torch.
"""

import os
import subprocess
import sys
import textwrap

import pytest

DIRECTORIES = [d for d in os.environ.get("ACLSIM_LATER_WHEELS", "").split(":") if d]

PROGRAM = """
    import sys, torch, torch_npu
    assert torch_npu.__file__.startswith(sys.argv[1]), torch_npu.__file__
    assert torch.npu.is_available() and torch.npu.device_count() >= 1
    x, y = torch.randn(64, 48), torch.randn(64, 48)
    for dtype in (torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.bool):
        assert torch.equal(x.to(dtype).npu().cpu(), x.to(dtype)), dtype
    assert torch.equal(x.t().npu().cpu(), x.t())
    a, b = x.npu(), y.npu()
    assert torch.equal((a + b).cpu(), x + y)
    assert torch.allclose(torch.mm(a, b.t()).cpu(), x @ y.t(), rtol=1e-5, atol=1e-4)
    side = torch.npu.Stream()
    start, end = torch.npu.Event(enable_timing=True), torch.npu.Event(enable_timing=True)
    side.wait_stream(torch.npu.current_stream())
    with torch.npu.stream(side):
        start.record()
        moved = x.pin_memory().to("npu", non_blocking=True)
        back = torch.empty_like(x).pin_memory()
        back.copy_(moved + b, non_blocking=True)
        end.record()
    end.synchronize()
    assert end.query() and start.elapsed_time(end) >= 0
    assert torch.equal(back, x + y)
    side.synchronize()
    torch.npu.synchronize()
    print("works", torch_npu.__version__)
"""


@pytest.mark.skipif(not DIRECTORIES, reason="ACLSIM_LATER_WHEELS names no directory")
@pytest.mark.parametrize("mode", ["0", "1", "2"])
@pytest.mark.parametrize("directory", DIRECTORIES, ids=os.path.basename)
def test_a_later_wheel_works(directory, mode):
    path = os.pathsep.join(filter(None, [directory, os.environ.get("PYTHONPATH")]))
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), directory],
        env={**os.environ, "PYTHONPATH": path, "TASK_QUEUE_ENABLE": mode},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0 and "works" in result.stdout, result.stdout + result.stderr
