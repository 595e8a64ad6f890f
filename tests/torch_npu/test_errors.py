"""What goes wrong arrives as a Python exception that says what it was."""

import pytest
import torch


def test_a_wrong_shape_names_the_argument():
    with pytest.raises(RuntimeError, match="aclnnMatmul") as error:
        torch.ones(2, 3, device="npu") @ torch.ones(2, 3, device="npu")
    assert "161002" in str(error.value)
    assert torch.ones(2, 2, device="npu").sum().item() == 4
