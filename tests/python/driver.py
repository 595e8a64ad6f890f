"""Runs one case on the device and judges it."""

import torch
from aclsim import (
    AclError,
    BoolArray,
    IntArray,
    Scalar,
    ScalarList,
    Tensor,
    TensorList,
    acl_dtype,
    call,
)

import randomness
import samples
from references import evaluate
from samples import Case, Number
from table import OUTPUTS, Operator

INVALID = 161002
# Families whose outputs have room for everything, and the shape of what was found afterwards.
RESIZING = ("masked_select", "nonzero", "unique")


def plain(value: object) -> object:
    """What a reference takes for a sample value."""
    return value.value if isinstance(value, Number) else value


def expected_results(op: Operator, case: Case, dtype: torch.dtype) -> tuple[torch.Tensor, ...]:
    """The reference's answer."""
    if op.is_lifted:
        lists = {role for role in case if op.param(role) and op.param(role).is_list}
        count = len(next(case[role] for role in lists))
        each = [expected_results(op.of_elements, {r: v[i] if r in lists else v for r, v in case.items()}, dtype)
                for i in range(count)]
        return tuple(list(results) for results in zip(*each))
    outputs = OUTPUTS if op.family in RESIZING else OUTPUTS[1:]
    values = {role: plain(value) for role, value in case.items() if role not in outputs}
    if op.family in ("arange", "eye", "linspace", "randperm"):
        values["dtype"] = dtype
    return evaluate(op.name, op.family, op.result, values)


def room_for(result: torch.Tensor, strided: bool) -> torch.Tensor:
    """Memory for a result: never zeros, so that nothing passes by accident, and with gaps when strided."""
    def noise(shape: tuple[int, ...]) -> torch.Tensor:
        return torch.full(shape, 7, dtype=torch.int64).to(result.dtype)

    if not strided or result.dim() == 0:
        return noise(tuple(result.shape))
    room = noise((*result.shape[:-1], result.shape[-1] * 2 + 1))
    return room[..., 1::2][..., : result.shape[-1]]


def raw(tensor: torch.Tensor) -> torch.Tensor:
    """Every byte of the storage."""
    return torch.empty(0, dtype=torch.uint8).set_(tensor.untyped_storage())


class Arguments:
    """The C arguments of a case, alive as long as this object; outputs that the case does not name get room."""

    def __init__(self, op: Operator, case: Case, results: tuple[torch.Tensor, ...], strided_out: bool = False):
        self.op = op
        self.objects: list[object] = []
        self.outputs: list[tuple[str, Tensor]] = []
        self.inputs: list[Tensor] = []
        for param in op.params:
            output = next((role for role in OUTPUTS if role in param.roles), None)
            role = next((role for role in param.roles if role not in OUTPUTS), output)
            value = case.get(role)
            if output is not None and role not in case:
                result = results[OUTPUTS.index(output)]
                value = [room_for(r, strided_out) for r in result] if param.is_list else room_for(result, strided_out)
            if "ignored" in param.roles and not param.c_type.endswith("*"):
                value = 0
            argument = convert(value)
            self.objects.append(argument)
            if argument is None:
                continue
            if output is not None:
                tensors = argument.tensors if isinstance(argument, TensorList) else [argument]
                self.outputs.extend((output, tensor) for tensor in tensors)
            elif isinstance(argument, Tensor):
                self.inputs.append(argument)
            elif isinstance(argument, TensorList):
                self.inputs.extend(argument.tensors)

    @property
    def values(self) -> list[object]:
        """What is passed: handles and numbers."""
        return [getattr(argument, "handle", argument) for argument in self.objects]

    def call(self) -> None:
        """Both phases, and waits."""
        call(self.op.name, self.op.c_types, self.values)

    def untouched(self) -> bool:
        """Whether the device still holds exactly what was uploaded."""
        tensors = [*self.inputs, *(tensor for _, tensor in self.outputs)]
        return all(torch.equal(raw(tensor.fetch()), raw(tensor.host)) for tensor in tensors)


def run(op: Operator, case: Case, results: tuple[torch.Tensor, ...], strided_out: bool = False) -> None:
    """Calls the operator and compares everything it may and may not have written."""
    arguments = Arguments(op, case, results, strided_out)
    arguments.call()
    wanted = {role: iter(result if isinstance(result, list) else [result]) for role, result in zip(OUTPUTS, results)}
    for role, tensor in arguments.outputs:
        got, want = tensor.fetch(), next(wanted[role])
        room = tensor.host
        if op.family in RESIZING:
            assert tensor.view_shape() == list(want.shape), f"{op.name} {role}: shape {tensor.view_shape()}"
            got, room = shrunk(got, want.shape), shrunk(room, want.shape)
        if op.family in randomness.FAMILIES:
            randomness.judge(op, case, role, got)
            room.copy_(got)
            continue
        if not (samples.is_float(want.dtype) and (got.dtype.is_complex or samples.is_float(got.dtype))):
            want = want.to(got.dtype)
        # None: torch.testing's own tolerances, of the coarser type if a result is converted to the output's. A half
        # result may or may not have been rounded on its way into a wider output.
        rtol, atol = op.tolerance or (None, None)
        rtol, atol = samples.ROUNDS_IN_BETWEEN.get((op.family, want.dtype), (rtol, atol))
        torch.testing.assert_close(got, want, rtol=rtol, atol=atol, equal_nan=True, check_dtype=False,
                                   msg=lambda m, r=role: f"{op.name} {r}: {m}")
        # Outside the view nothing may have changed: put the result where it belongs, then compare every byte.
        room.copy_(got)
    assert arguments.untouched(), f"{op.name}: changed an input, or wrote outside the view of its output"


def shrunk(tensor: torch.Tensor, shape: torch.Size) -> torch.Tensor:
    """The elements that a view shows after its shape became smaller: packed, unless it has strides of its own."""
    if tensor.is_contiguous():
        return tensor.view(-1)[: shape.numel()].view(shape)
    return tensor[tuple(slice(0, n) for n in shape)]


def convert(value: object) -> object:
    """A C argument for a sample value."""
    if isinstance(value, torch.Tensor):
        return Tensor(value)
    if isinstance(value, torch.dtype):
        return acl_dtype(value)
    if isinstance(value, Number):
        return Scalar(value.value, value.dtype)
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, list):
        if value and isinstance(value[0], torch.Tensor):
            return TensorList([Tensor(tensor) for tensor in value])
        if value and isinstance(value[0], Number):
            return ScalarList([Scalar(number.value, number.dtype) for number in value])
        if value and isinstance(value[0], bool):
            return BoolArray(value)
        return IntArray(value)
    return value


def in_place_target(op: Operator, case: Case) -> torch.Tensor | None:
    """The tensor that an in-place operator overwrites."""
    for param in op.params:
        if "out" in param.roles:
            role = next((role for role in param.roles if role != "out"), "out")
            return case.get(role)
    return None


def check(op: Operator, case: Case, dtype: torch.dtype, strided_out: bool = False) -> None:
    """Runs a case; an in-place result that does not fit its operand must be refused instead."""
    results = expected_results(op, case, dtype)
    target = in_place_target(op, case)
    if target is not None and not can_store(results[0].dtype, target.dtype) and op.family not in ("copy", "fill"):
        try:
            run(op, case, results)
        except AclError as error:
            assert error.code == INVALID and error.message, error
            return
        raise AssertionError(f"{op.name}: stored {results[0].dtype} in place as {target.dtype}")
    run(op, case, results, strided_out)


def can_store(result: torch.dtype, target: torch.dtype) -> bool:
    """PyTorch's rule for results: never to a lower category."""
    return torch.can_cast(result, target)
