"""One device for all tests."""

import aclsim
import pytest
from aclsim.memory import DeviceMemory


@pytest.fixture(scope="session", autouse=True)
def device():
    """Initialises once; the reset at the end reports failures that nobody waited for."""
    aclsim.acl("aclInit", None)
    aclsim.acl("aclrtSetDevice", 0)
    yield
    # The last reset frees what tests still hold.
    DeviceMemory.device_reset = True
    aclsim.acl("aclrtResetDevice", 0)
    aclsim.acl("aclFinalize")
