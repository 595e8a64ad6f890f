"""What bad input gets: CANN's code, a message that says what is wrong, and outputs left as they were."""

import ctypes

import aclsim
import pytest
import torch

import driver
import samples
from table import Operator, operators

NULL, INVALID = 161001, 161002


def base(op: Operator) -> tuple[samples.Case, tuple[torch.Tensor, ...]]:
    """A good call."""
    dtype = op.dtypes[0]
    case = next(samples.cases(op, dtype, "contiguous"))
    return case, driver.expected_results(op, case, dtype)


def arguments_of(op: Operator) -> driver.Arguments:
    """The arguments of a good call; in-place ones must be able to hold their result."""
    case, results = base(op)
    return driver.Arguments(op, case, results)


def refused(op: Operator, arguments: driver.Arguments, values: list[object], code: int) -> None:
    """Phase one answers the code and a message, and nothing happens to the data."""
    with pytest.raises(aclsim.AclError) as error:
        aclsim.call(op.name, op.c_types, values)
    assert error.value.code == code, error.value
    assert error.value.message, f"{op.name}: no message"
    assert op.name in error.value.message, error.value.message
    assert arguments.untouched()


def tensor_params(op: Operator) -> list[int]:
    """Numbers of the parameters that are one tensor."""
    return [i for i, param in enumerate(op.params) if param.is_tensor]


@pytest.mark.parametrize("name", operators())
def test_null_for_every_required_pointer(name: str):
    op = operators()[name]
    arguments = arguments_of(op)
    for i, param in enumerate(op.params):
        if param.c_type.endswith("*") and not param.optional:
            values = arguments.values
            values[i] = None
            refused(op, arguments, values, NULL)


@pytest.mark.parametrize("name", operators())
def test_types_the_operator_does_not_take(name: str):
    op = operators()[name]
    arguments = arguments_of(op)
    wrong = [dtype for dtype in aclsim.TORCH_TO_ACL if dtype not in op.dtypes]
    for i in tensor_params(op):
        if not (set(op.params[i].roles) & {"self", "other", "weight"}):
            continue
        for dtype in wrong:
            shape = arguments.objects[i].host.shape
            values = arguments.values
            stranger = aclsim.Tensor(torch.zeros(shape, dtype=dtype))
            values[i] = stranger.handle
            refused(op, arguments, values, INVALID)


@pytest.mark.parametrize("name", operators())
def test_output_of_a_shape_that_does_not_follow(name: str):
    op = operators()[name]
    arguments = arguments_of(op)
    for i in tensor_params(op):
        param = op.params[i]
        if not param.is_output or op.in_place or op.family in ("fill", "constant", "random") or arguments.objects[i] is None:
            continue
        if param.roles == ("out",) and op.family in ("copy", "masked_fill", "masked_fill_tensor", "index_put"):
            continue
        host = arguments.objects[i].host
        longer = aclsim.Tensor(torch.zeros((*host.shape[:-1], host.shape[-1] + 1 if host.dim() else 2),
                                           dtype=host.dtype))
        values = arguments.values
        values[i] = longer.handle
        refused(op, arguments, values, INVALID)


@pytest.mark.parametrize("name", operators())
def test_tensors_whose_memory_is_not_what_they_say(name: str):
    """Past the end of the allocation, on the host, freed: never written through."""
    op = operators()[name]
    arguments = arguments_of(op)
    # The block first: it must not move in where the freed memory was.
    block, freed = aclsim.DeviceMemory(4096), aclsim.DeviceMemory(1 << 16)
    stale = freed.address
    freed.free()
    for i in tensor_params(op):
        tensor = arguments.objects[i]
        if tensor is None:
            continue
        host = tensor.host
        needed = host.numel() * host.element_size()
        addresses = [host.data_ptr(), stale]
        # Allocations are rounded up a little; a view that starts at the end of one is past it if it is longer.
        if needed > 600:
            addresses.append(block.address + 4096)
        for address in addresses:
            stranger = aclsim.Tensor(host, tensor.storage, address=address)
            values = arguments.values
            values[i] = stranger.handle
            refused(op, arguments, values, INVALID)


def test_a_tensor_one_page_longer_than_its_allocation():
    op = operators()["aclnnExp"]
    short = aclsim.DeviceMemory(4096)
    long = torch.zeros(4096)
    out = aclsim.Tensor(torch.zeros(4096))
    stranger = aclsim.Tensor(long, aclsim.Storage(torch.zeros(1)), address=short.address, shape=[4096])
    with pytest.raises(aclsim.AclError) as error:
        aclsim.call(op.name, op.c_types, [stranger.handle, out.handle])
    assert error.value.code == INVALID
    assert "self" in error.value.message and "4096" in error.value.message, error.value.message
    assert torch.equal(out.fetch(), out.host)


def test_shapes_that_do_not_broadcast():
    op = operators()["aclnnMul"]
    a, b, out = (aclsim.Tensor(torch.ones(n)) for n in (6, 7, 7))
    with pytest.raises(aclsim.AclError) as error:
        aclsim.call(op.name, op.c_types, [a.handle, b.handle, out.handle])
    assert error.value.code == INVALID and error.value.message


@pytest.mark.parametrize("shift", [1, 5])
def test_an_output_that_overlaps_its_input(shift: int):
    """The same view is fine, a shifted one has no meaning."""
    op = operators()["aclnnExp"]
    room = torch.rand(100)
    storage = aclsim.Storage(room)
    same = [aclsim.Tensor(room[:50], storage) for _ in range(2)]
    aclsim.call(op.name, op.c_types, [tensor.handle for tensor in same])
    torch.testing.assert_close(same[0].fetch(), torch.exp(room[:50]))
    shifted = aclsim.Tensor(room[shift : 50 + shift], storage)
    with pytest.raises(aclsim.AclError) as error:
        aclsim.call(op.name, op.c_types, [same[0].handle, shifted.handle])
    assert error.value.code == INVALID and error.value.message


@pytest.mark.parametrize(("name", "roles", "bad"), [
    ("aclnnSoftmax", "dim", 3),
    ("aclnnSoftmax", "dim", -4),
    ("aclnnCat", "dim", 3),
    ("aclnnArgMax", "dim", 3),
    ("aclnnIndexSelect", "dim", 3),
    ("aclnnGeluV2", "mode", 2),
    ("aclnnDivMod", "mode", 3),
    ("aclnnDivMod", "mode", -1),
    ("aclnnMatmul", "cube_math", 9),
])
def test_numbers_out_of_range(name: str, roles: str, bad: int):
    op = operators()[name]
    arguments = arguments_of(op)
    values = arguments.values
    values[op.params.index(op.param(roles))] = bad
    refused(op, arguments, values, INVALID)


@pytest.mark.parametrize(("name", "bad"), [
    ("aclnnReduceSum", [3]),
    ("aclnnReduceSum", [0, 0]),
    ("aclnnReduceSum", [1, -2]),
    ("aclnnPermute", [0, 1]),
    ("aclnnPermute", [0, 1, 1]),
    ("aclnnPermute", [0, 1, 3]),
])
def test_axes_out_of_range(name: str, bad: list[int]):
    op = operators()[name]
    arguments = arguments_of(op)
    array = aclsim.IntArray(bad)
    values = arguments.values
    values[op.params.index(op.param("dims"))] = array.handle
    refused(op, arguments, values, INVALID)


@pytest.mark.parametrize("index", [11, -1, 1 << 40])
def test_an_index_out_of_range_fails_the_wait(index: int):
    """Data is only looked at when the operator runs, so the failure shows when somebody waits."""
    op = operators()["aclnnEmbedding"]
    handle = ctypes.c_void_p()
    aclsim.acl("aclrtCreateStream", ctypes.byref(handle))
    weight, out = aclsim.Tensor(torch.ones(11, 3)), aclsim.Tensor(torch.zeros(1, 3))
    which = aclsim.Tensor(torch.tensor([index]))
    executor = aclsim.phase_one(op.name, op.c_types, [weight.handle, which.handle, out.handle])
    workspace = aclsim.DeviceMemory(executor.workspace_size)
    aclsim.phase_two(op.name, executor, workspace.address or None, executor.workspace_size, handle.value)
    with pytest.raises(aclsim.AclError) as error:
        aclsim.acl("aclrtSynchronizeStream", handle.value)
    assert "aclnnEmbedding" in error.value.message, error.value.message
    assert str(index) in error.value.message, error.value.message
    try:
        aclsim.acl("aclrtDestroyStream", handle.value)
    except aclsim.AclError:
        pass  # a stream that failed may say so once more
