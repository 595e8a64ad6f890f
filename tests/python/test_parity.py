"""Every operator of the table × element type × layout against PyTorch on the CPU, within torch.testing's tolerances."""

import itertools

import pytest
import torch

import driver
import references
import samples
from table import operators

torch.set_num_threads(1)


def name_of(dtype: torch.dtype) -> str:
    """float32"""
    return str(dtype).removeprefix("torch.")


PARITY = [
    pytest.param(op.name, dtype, variant, id=f"{op.name}-{name_of(dtype)}-{variant}")
    for op in operators().values()
    for dtype in op.dtypes
    for variant in samples.variants(op, dtype)
]


@pytest.mark.parametrize("name", operators())
def test_has_a_reference(name: str):
    assert references.reference(name), f"no reference for {name}"
    assert operators()[name].family in samples.FAMILIES, f"no samples for family {operators()[name].family}"


@pytest.mark.parametrize(("name", "dtype", "variant"), PARITY)
def test_parity(name: str, dtype: torch.dtype, variant: str):
    op = operators()[name]
    count = 0
    for case in samples.cases(op, dtype, variant):
        target = driver.in_place_target(op, case)
        if op.in_place and variant == "broadcast" and 0 in target.stride():
            role = next(role for role in op.param("out").roles if role != "out")
            case[role] = target.contiguous()  # an output holds each element once
        driver.check(op, case, dtype, strided_out=variant == "strided")
        count += 1
    assert count > 0, "no case"


PROMOTING = ("aclnnAdd", "aclnnMul", "aclnnDiv", "aclnnEqTensor", "aclnnSWhere", "aclnnCat")


@pytest.mark.parametrize("name", [name for name in PROMOTING if name in operators()])
def test_promotion_of_two_tensors(name: str):
    op = operators()[name]
    for a, b in itertools.product(op.dtypes, op.dtypes):
        try:
            torch.promote_types(a, b)
        except RuntimeError:
            continue  # PyTorch does not promote the wide unsigned types
        sample = "nonzero" if name == "aclnnDiv" else "grid"
        left, right = (samples.Variant("contiguous", t, sample) for t in (a, b))
        right.generator.manual_seed(7)
        x, y = left.tensor((4, 4)), right.tensor((4, 4))
        case: samples.Case = {"self": x, "other": y}
        if name == "aclnnAdd":
            case["alpha"] = samples.Number(1, torch.int64)
        elif name == "aclnnSWhere":
            case["mask"] = left.tensor((4, 4), torch.bool)
        elif name == "aclnnCat":
            case = {"tensors": [x, y], "dim": 0}
        driver.check(op, case, a)


@pytest.mark.parametrize("name", [name for name in ("aclnnAdds", "aclnnMuls", "aclnnDivs", "aclnnEqScalar")
                                  if name in operators()])
def test_promotion_of_a_tensor_and_a_scalar(name: str):
    op = operators()[name]
    for dtype, kind in itertools.product(op.dtypes, ("bool", "int", "float", "complex")):
        if dtype == torch.float16 and kind == "complex":
            continue  # PyTorch answers complex halves, which the device does not have
        variant = samples.Variant("contiguous", dtype, "grid")
        value = samples.Number(samples.SCALARS[kind], samples.SCALAR_TYPES[kind])
        case: samples.Case = {"self": variant.tensor((5,)), "other": value}
        if op.param("alpha"):
            case["alpha"] = samples.Number(1, torch.int64)
        driver.check(op, case, dtype)


@pytest.mark.parametrize("name", [name for name in ("aclnnAdd", "aclnnAbs", "aclnnMul", "aclnnEqTensor", "aclnnExp")
                                  if name in operators()])
def test_outputs_of_another_type(name: str):
    """A result is converted to the output's type, or refused if that would lose its category."""
    op = operators()[name]
    for dtype, out in itertools.product(op.dtypes, op.dtypes):
        case = next(samples.cases(op, dtype, "contiguous"))
        (result,) = driver.expected_results(op, case, dtype)
        case["out"] = torch.full_like(result, 1, dtype=out)
        if driver.can_store(result.dtype, out):
            driver.run(op, case, (result,))
            continue
        with pytest.raises(driver.AclError) as error:
            driver.run(op, case, (result,))
        assert error.value.code == driver.INVALID and error.value.message
