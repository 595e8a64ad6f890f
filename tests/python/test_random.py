"""Random operators answer the same for the same seed and offset, and something else for others."""

import pytest
import torch

import aclsim
import driver
import randomness
import samples
from table import operators

NAMES = [name for name, op in operators().items() if op.family in randomness.FAMILIES and not op.param("seed").is_tensor]


def numbers(name: str, seed: int, offset: int) -> list[torch.Tensor]:
    """What an operator draws."""
    op = operators()[name]
    case = next(samples.cases(op, op.dtypes[0], "contiguous"))
    if isinstance(case.get("prob"), float):
        case["prob"] = 0.4
    if op.family == "randperm":
        case["count"] = 1000
    elif op.family == "multinomial":
        case |= {"count": 50, "flag": True}
    case |= {"seed": seed, "offset": offset}
    arguments = driver.Arguments(op, case, driver.expected_results(op, case, op.dtypes[0]))
    arguments.call()
    return [tensor.fetch() for _, tensor in arguments.outputs]


@pytest.mark.parametrize("name", NAMES)
def test_seed_and_offset_decide(name: str):
    def same(a, b):
        return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))

    first = numbers(name, 7, 12)
    assert same(first, numbers(name, 7, 12))
    assert not same(first, numbers(name, 8, 12))
    assert not same(first, numbers(name, 7, 24))


def test_tensors_hold_the_same_state():
    given = operators()["aclnnInplaceNormal"]
    tensors = operators()["aclnnInplaceNormalTensor"]
    base: samples.Case = {"out": torch.zeros(5000), "self": 1.0, "other": 3.0}
    results = []
    for op, state in ((given, {"seed": 9, "offset": 40}),
                      (tensors, {"seed": torch.tensor([9]), "offset": torch.tensor([36]), "offset2": 4})):
        arguments = driver.Arguments(op, {**base, **state}, (base["out"],))
        arguments.call()
        results.append(arguments.outputs[0][1].fetch())
    assert torch.equal(*results)
    assert abs(results[0].mean() - 1) < 0.2 and abs(results[0].std() - 3) < 0.2


def test_weights_that_cannot_be_drawn_by_fail_the_wait():
    op = operators()["aclnnMultinomial"]
    weights = torch.ones(3, 50)
    weights[1, 7] = -1
    case: samples.Case = {"self": weights, "count": 1, "flag": False, "seed": 1, "offset": 0}
    arguments = driver.Arguments(op, case, (torch.zeros(3, 1, dtype=torch.int64),))
    stream = aclsim.Stream()
    with pytest.raises(aclsim.AclError) as error:
        aclsim.call(op.name, op.c_types, arguments.values, stream.handle)
    assert "row 1 of the weights" in error.value.message, error.value.message
