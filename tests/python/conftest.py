"""One device for all tests."""

import aclsim
import pytest


@pytest.fixture(scope="session", autouse=True)
def device():
    """Initialises once; the reset at the end reports failures that nobody waited for."""
    aclsim.acl("aclInit", None)
    aclsim.acl("aclrtSetDevice", 0)
    yield
    aclsim.acl("aclrtResetDevice", 0)
    aclsim.acl("aclFinalize")
