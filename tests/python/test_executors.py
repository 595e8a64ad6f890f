"""The contract between the two phases."""

import ctypes

import aclsim
import pytest
import torch

from table import operators

NULL, INVALID = 161001, 161002


@pytest.fixture
def exp():
    """An operator, its arguments, and what it should answer."""
    x, out = aclsim.Tensor(torch.rand(33)), aclsim.Tensor(torch.zeros(33))
    return operators()["aclnnExp"], [x.handle, out.handle], x, out


def test_an_executor_runs_once(exp):
    op, values, x, out = exp
    executor = aclsim.phase_one(op.name, op.c_types, values)
    aclsim.phase_two(op.name, executor)
    aclsim.acl("aclrtSynchronizeStream", None)
    torch.testing.assert_close(out.fetch(), torch.exp(x.host))
    with pytest.raises(aclsim.AclError) as error:
        aclsim.phase_two(op.name, executor)
    assert error.value.code in (NULL, INVALID, 561000, 561101) and error.value.message


def test_a_repeatable_executor_runs_as_often_as_wanted(exp):
    op, values, x, out = exp
    executor = aclsim.phase_one(op.name, op.c_types, values)
    aclsim.acl("aclSetAclOpExecutorRepeatable", executor.handle)
    for _ in range(3):
        aclsim.acl("aclrtMemset", out.storage.memory.address, out.storage.size, 0, out.storage.size)
        aclsim.phase_two(op.name, executor)
        aclsim.acl("aclrtSynchronizeStream", None)
        torch.testing.assert_close(out.fetch(), torch.exp(x.host))
    executor.destroy()
    with pytest.raises(aclsim.AclError):
        aclsim.phase_two(op.name, executor)


def test_an_executor_of_another_operator(exp):
    op, values, _, out = exp
    executor = aclsim.phase_one(op.name, op.c_types, values)
    with pytest.raises(aclsim.AclError) as error:
        aclsim.phase_two("aclnnNeg", executor)
    assert error.value.code == INVALID and error.value.message
    assert torch.equal(out.fetch(), out.host)


@pytest.mark.parametrize("garbage", [0x1000, 0xDEAD_BEEF, (1 << 63) + 64])
def test_an_executor_that_never_was(garbage: int):
    with pytest.raises(aclsim.AclError) as error:
        aclsim.phase_two("aclnnExp", garbage)
    assert error.value.code == INVALID and error.value.message


def test_no_executor():
    with pytest.raises(aclsim.AclError) as error:
        aclsim.phase_two("aclnnExp", None)
    assert error.value.code == NULL and error.value.message


def test_tensors_may_be_destroyed_before_the_stream_runs():
    """Only the buffers have to live until the stream has passed."""
    storage = aclsim.Storage(torch.rand(64))
    result = aclsim.Storage(torch.zeros(64))
    host = torch.empty(64)
    aclsim.download(storage.memory.address, host)
    x, out = aclsim.Tensor(torch.zeros(64), storage), aclsim.Tensor(torch.zeros(64), result)
    op = operators()["aclnnExp"]
    executor = aclsim.phase_one(op.name, op.c_types, [x.handle, out.handle])
    aclsim.phase_two(op.name, executor)
    del x, out
    aclsim.acl("aclrtSynchronizeStream", None)
    got = torch.empty(64)
    aclsim.download(result.memory.address, got)
    torch.testing.assert_close(got, torch.exp(host))


def test_null_for_the_outputs_of_phase_one(exp):
    op, values, _, _ = exp
    function = getattr(aclsim.library.library(), f"{op.name}GetWorkspaceSize")
    function.restype, function.argtypes = ctypes.c_int32, None
    size, executor = ctypes.c_uint64(), ctypes.c_void_p()
    handles = [ctypes.c_void_p(value) for value in values]
    assert function(*handles, None, ctypes.byref(executor)) == NULL
    assert aclsim.recent_message()
    assert function(*handles, ctypes.byref(size), None) == NULL
    assert aclsim.recent_message()
