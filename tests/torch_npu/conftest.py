"""Two devices, and operators that fail where they are called."""

import os

os.environ.setdefault("TASK_QUEUE_ENABLE", "0")
os.environ["ACLSIM_DEVICES"] = "2"

import pytest  # noqa: E402
import torch  # noqa: E402
import torch_npu  # noqa: E402, F401 (registers the device)


@pytest.fixture(autouse=True)
def first_device():
    """Every test begins on npu:0, and leaves no failure behind."""
    torch.npu.set_device(0)
    torch.manual_seed(0)
    yield
    torch.npu.synchronize()
