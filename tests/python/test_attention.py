"""What the attention operators refuse: modes for other layouts, prefixes and slopes that do not fit."""

import pytest
import torch

import samples
from table import operators
from test_errors import INVALID, refused
import driver

ATTENTIONS = [name for name, op in operators().items() if op.family in ("attention", "attention_grad")]


def check(name: str, wanted: str, change: dict[str, object], **like: object) -> None:
    """A good case of the parity suite, changed, must be refused with a message that says this."""
    op = operators()[name]
    case = next(c for c in samples.cases(op, torch.float32, "contiguous") if like.items() <= plain(c).items())
    results = driver.expected_results(op, case, torch.float32)
    arguments = driver.Arguments(op, case, results)
    driver.run(op, case, results)
    changed = driver.Arguments(op, {**case, **change}, results)
    with pytest.raises(driver.AclError, match=wanted):
        changed.call()
    refused(op, arguments, changed.values, INVALID)
    assert changed.untouched()


def plain(case: samples.Case) -> samples.Case:
    """What can be compared with ==."""
    return {role: value for role, value in case.items() if isinstance(value, (int, str))}


@pytest.mark.parametrize("name", ATTENTIONS)
def test_modes_for_the_layout_of_varying_lengths(name: str):
    for mode in (7, 8):
        check(name, "layout TND", {"sparse": mode}, sparse=3)
    check(name, "expected 0 ", {"sparse": 9}, sparse=3)


@pytest.mark.parametrize("name", ATTENTIONS)
def test_prefixes_that_do_not_fit(name: str):
    for mode in (5, 6):
        for prefix in (None, [1], [1, 2, 3], [-1, 2], [2, 6]):
            check(name, "prefixOptional", {"prefix": prefix}, sparse=mode)


@pytest.mark.parametrize("name", ATTENTIONS)
def test_masks_of_another_mode(name: str):
    triangle = torch.ones(2048, 2048, dtype=torch.bool).triu(1)
    check(name, "3072", {"mask": triangle}, sparse=6)
    check(name, "prefix", {"mask": torch.zeros(5, 5, dtype=torch.bool)}, sparse=5)
    check(name, "attenMaskOptional", {"mask": None}, sparse=5)


@pytest.mark.parametrize("name", [name for name in ATTENTIONS if "V2" in name])
def test_slopes_that_do_not_fit(name: str):
    slopes = torch.ones(4)
    for change in ({"shift": None, "out4": None}, {"shift": slopes.half()}, {"shift": torch.ones(3)},
                   {"shift": torch.ones(1, 4)}, {"mode": 3}, {"mode": -1}, {"first_row": [1, 2]}):
        check(name, "expected", change, mode=2)
