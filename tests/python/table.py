"""The operator table as `cargo xtask codegen` writes it to generated/ops.json."""

import dataclasses
import functools
import json
import pathlib

import torch

GENERATED = pathlib.Path(__file__).parent / "generated" / "ops.json"

ACL_NAMES = {
    "ACL_FLOAT": torch.float32,
    "ACL_FLOAT16": torch.float16,
    "ACL_BF16": torch.bfloat16,
    "ACL_DOUBLE": torch.float64,
    "ACL_INT8": torch.int8,
    "ACL_INT16": torch.int16,
    "ACL_INT32": torch.int32,
    "ACL_INT64": torch.int64,
    "ACL_UINT8": torch.uint8,
    "ACL_UINT16": torch.uint16,
    "ACL_UINT32": torch.uint32,
    "ACL_UINT64": torch.uint64,
    "ACL_BOOL": torch.bool,
    "ACL_COMPLEX64": torch.complex64,
    "ACL_COMPLEX128": torch.complex128,
}
OUTPUTS = ("out", "out2", "out3", "out4")


@dataclasses.dataclass(frozen=True)
class Param:
    """One C parameter before workspaceSize."""

    name: str
    c_type: str
    roles: tuple[str, ...]
    optional: bool

    @property
    def is_output(self) -> bool:
        """Whether the operator writes it."""
        return any(role in OUTPUTS for role in self.roles)

    @property
    def is_tensor(self) -> bool:
        """Whether it is one tensor."""
        return self.c_type == "aclTensor *"


    @property
    def is_list(self) -> bool:
        """Whether it is a list of tensors or scalars."""
        return self.c_type in ("aclTensorList *", "aclScalarList *")


@dataclasses.dataclass(frozen=True)
class Operator:
    """One C operator: what the table says about it."""

    name: str
    family: str
    kernel: str
    dtypes: tuple[torch.dtype, ...]
    result: str
    sample: str
    params: tuple[Param, ...]
    tolerance: tuple[float, float] | None

    def param(self, role: str) -> Param | None:
        """The parameter in this role."""
        return next((p for p in self.params if role in p.roles), None)

    @property
    def in_place(self) -> bool:
        """Whether the first operand is overwritten."""
        return any("out" in p.roles and len(p.roles) > 1 for p in self.params)

    @property
    def is_lifted(self) -> bool:
        """Whether it does for each element of lists what its family does for one."""
        return any(p.is_output and p.is_list for p in self.params)

    @property
    def of_elements(self) -> "Operator":
        """The operator as if its lists were elements."""
        params = tuple(dataclasses.replace(p, c_type=p.c_type.replace("List", "")) for p in self.params)
        return dataclasses.replace(self, params=params)

    @property
    def c_types(self) -> list[str]:
        """C types of the parameters."""
        return [p.c_type for p in self.params]


@functools.cache
def operators() -> dict[str, Operator]:
    """Every operator by C name."""
    entries = json.loads(GENERATED.read_text())["operators"]
    table = {}
    for entry in entries:
        params = tuple(Param(p["name"], p["c_type"], tuple(p["roles"]), p["optional"]) for p in entry["params"])
        dtypes = tuple(ACL_NAMES[name] for name in entry["dtypes"])
        tolerance = entry.get("tolerance")
        table[entry["name"]] = Operator(entry["name"], entry["family"], entry["kernel"] or "", dtypes, entry["result"],
                                        entry["sample"], params, tuple(tolerance) if tolerance else None)
    return table
