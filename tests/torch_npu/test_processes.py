"""Programs of their own: settings that are read at start, exits, forked children."""

import os
import subprocess
import sys
import textwrap

import pytest


def run(program, **settings):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("TASK_QUEUE", "PYTORCH_NPU"))}
    environment.update(settings)
    result = subprocess.run(
        [sys.executable, "-c", "import torch, torch_npu\n" + textwrap.dedent(program)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


WORK = """
    x = torch.arange(1000.0)
    side = torch.npu.Stream()
    y = x.npu()
    for _ in range(50):
        y = y + 1
    with torch.npu.stream(side):
        side.wait_stream(torch.npu.default_stream())
        z = y.reshape(10, 100).t().contiguous()
    side.synchronize()
    assert torch.equal(z.cpu(), (x + 50).reshape(10, 100).t())
    print(y.sum().item())
"""


@pytest.mark.parametrize(
    "settings",
    [
        {"TASK_QUEUE_ENABLE": "0"},
        {"TASK_QUEUE_ENABLE": "1"},
        {"TASK_QUEUE_ENABLE": "2"},
        {"ASCEND_LAUNCH_BLOCKING": "1"},
        {"PER_STREAM_QUEUE": "1"},
    ],
    ids=lambda s: "=".join(*s.items()),
)
def test_task_queues(settings):
    assert float(run(WORK, **settings)) == sum(range(1000)) + 50_000


def test_growing_segments():
    out = run(
        """
        small = torch.randn(1000, 1000)
        x = small.npu()
        parts = [torch.full((3 << 20,), float(i), device="npu") for i in range(12)]
        assert all(p[-1].item() == i for i, p in enumerate(parts))
        reserved = torch.npu.memory_reserved()
        del parts
        torch.npu.empty_cache()
        assert torch.npu.memory_reserved() < reserved / 4
        whole = torch.ones(40 << 20, device="npu")
        assert whole.sum().item() == 40 << 20 and torch.equal(x.cpu(), small)
        try:
            torch.empty(64 << 30, dtype=torch.uint8, device="npu")
        except RuntimeError as error:
            assert "NPU out of memory" in str(error)
            print("refused")
        assert (x @ x).shape == (1000, 1000)
        """,
        PYTORCH_NPU_ALLOC_CONF="expandable_segments:True",
    )
    assert out.strip() == "refused"


def test_forked_workers_of_a_data_loader():
    run(
        """
        from torch.utils.data import DataLoader
        torch.ones(3).npu()
        loader = DataLoader(list(range(16)), batch_size=4, num_workers=2, pin_memory=True)
        assert sum(batch.npu().sum().item() for batch in loader) == sum(range(16))
        """
    )


def test_a_failure_at_the_end_does_not_hang():
    run(
        """
        x = torch.ones(1 << 20, device="npu")
        for _ in range(100):
            x = x * 1.0001
        # Neither synchronised nor freed: the exit has to deal with it.
        """
    )


@pytest.mark.parametrize("mode", ["0", "1", "2"])
def test_a_failure_on_the_device_is_not_dropped(mode):
    out = run(
        """
        table = torch.randn(4, 3).npu()
        try:
            torch.nn.functional.embedding(torch.tensor([0, 9]).npu(), table)
            torch.npu.synchronize()
        except RuntimeError as error:
            assert "out of range" in str(error), error
            print("raised")
        # The stream is stopped: nothing that was meant to follow seems to have been done.
        try:
            torch.ones(3).npu().add(1).cpu()
        except RuntimeError:
            print("raised again")
        import os, sys
        sys.stdout.flush()
        os._exit(0)  # the wheel's exit handlers report the failure once more
        """,
        TASK_QUEUE_ENABLE=mode,
    )
    assert out.split("\n")[:2] == ["raised", "raised again"]
