"""Indices that point nowhere fail on the device and write nothing; shapes that data decides arrive with the wait."""

import pytest
import torch

import aclsim
import driver
import samples
from table import operators

CASES = {
    "aclnnIndex": {"self": torch.ones(5, 3), "index": [torch.tensor([0, 4, 9])]},
    "aclnnIndexPutImpl": {"out": torch.ones(5, 3), "index": [torch.tensor([0, 4, 9])], "other": torch.zeros(3, 3),
                          "flag": True, "flag2": False},
    "aclnnIndexCopy": {"self": torch.ones(5, 3), "dim": 0, "index": torch.tensor([0, 4, 9]), "other": torch.zeros(3, 3)},
    "aclnnGather": {"self": torch.ones(5), "dim": 0, "index": torch.tensor([0, 4, 9])},
    "aclnnScatter": {"self": torch.ones(5), "dim": 0, "index": torch.tensor([0, 4, 9]), "other": torch.zeros(3), "mode": 0},
    "aclnnOneHot": {"self": torch.tensor([0, 4, 9]), "count": 5, "other": torch.ones(1), "value": torch.zeros(1), "dim": -1},
}
SHAPES = {"aclnnIndex": (3, 3), "aclnnIndexCopy": (5, 3), "aclnnGather": (3,), "aclnnScatter": (5,), "aclnnOneHot": (3, 5)}


@pytest.mark.parametrize("name", CASES)
def test_an_index_out_of_range(name: str):
    op = operators()[name]
    case: samples.Case = CASES[name]
    arguments = driver.Arguments(op, case, (torch.zeros(SHAPES.get(name, (5, 3))),))
    stream = aclsim.Stream()
    with pytest.raises(aclsim.AclError) as error:
        aclsim.call(op.name, op.c_types, arguments.values, stream.handle)
    assert error.value.code == 507015, error.value
    message = error.value.message
    assert name in message and "index 9 at position 2" in message and "of size 5" in message, message
    # Guards around what may be written, and every input.
    assert all(torch.equal(driver.raw(t.fetch()), driver.raw(t.host)) for t in arguments.inputs)


def test_a_mask_that_chooses_another_number():
    op = operators()["aclnnIndex"]
    mask = torch.tensor([True, True, False, True, False])
    arguments = driver.Arguments(op, {"self": torch.ones(5), "index": [mask]}, (torch.zeros(2),))
    stream = aclsim.Stream()
    with pytest.raises(aclsim.AclError) as error:
        aclsim.call(op.name, op.c_types, arguments.values, stream.handle)
    assert "chooses 3 elements" in error.value.message, error.value.message


def test_a_tensor_destroyed_before_its_shape_is_known():
    op = operators()["aclnnNonzero"]
    for _ in range(50):
        x = (torch.arange(3000) % 2).reshape(60, 50)
        arguments = driver.Arguments(op, {"self": x, "out": torch.zeros(3000, 2, dtype=torch.int64)}, ())
        executor = aclsim.phase_one(op.name, op.c_types, arguments.values)
        workspace = aclsim.DeviceMemory(executor.workspace_size)
        aclsim.phase_two(op.name, executor, workspace.address, executor.workspace_size)
        out = arguments.objects[1]
        aclsim.acl("aclDestroyTensor", out.handle)
        # A tensor that takes the place of the destroyed one keeps its shape.
        other = aclsim.Tensor(torch.zeros(4, 4))
        aclsim.acl("aclrtSynchronizeDevice")
        out.handle = 0
        assert other.view_shape() == [4, 4]
        assert torch.equal(out.fetch()[:1500], torch.nonzero(x))
