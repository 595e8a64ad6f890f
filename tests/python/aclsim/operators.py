"""The two phases of an operator, by name."""

import ctypes
from collections.abc import Sequence

from .library import I32, P, PP, PU64, U64, AclError, acl, library, recent_message
from .memory import DeviceMemory

C_TYPES = {
    "int64_t": ctypes.c_int64,
    "int32_t": ctypes.c_int32,
    "int8_t": ctypes.c_int8,
    "int": ctypes.c_int,
    "uint64_t": ctypes.c_uint64,
    "double": ctypes.c_double,
    "float": ctypes.c_float,
    "bool": ctypes.c_bool,
    "aclDataType": ctypes.c_int,
    "char *": ctypes.c_char_p,
}


class Executor:
    """What phase one answers. Phase two uses it up, so it has no destructor; `destroy` is for those never run."""

    def __init__(self, handle: int, workspace_size: int):
        self.handle = handle
        self.workspace_size = workspace_size

    def destroy(self) -> None:
        """Destroys an executor that was not run, or that is repeatable."""
        acl("aclDestroyAclOpExecutor", self.handle)


def phase_one(name: str, c_types: Sequence[str], arguments: Sequence[object]) -> Executor:
    """`arguments` are handles, None for null, and numbers; `c_types` are the C parameters they go to."""
    function = getattr(library(), f"{name}GetWorkspaceSize")
    function.restype = I32
    function.argtypes = [C_TYPES.get(c, P) for c in c_types] + [PU64, PP]
    # Values that no success leaves behind: a failing call must not touch its outputs.
    size, executor = ctypes.c_uint64(0xDEAD_BEEF_DEAD_BEEF), ctypes.c_void_p(0xDEAD_BEEF)
    code = function(*arguments, ctypes.byref(size), ctypes.byref(executor))
    if code != 0:
        error = AclError(f"{name}GetWorkspaceSize", code, recent_message())
        if size.value != 0xDEAD_BEEF_DEAD_BEEF or executor.value != 0xDEAD_BEEF:
            raise AssertionError(f"{error}, and changed its outputs") from error
        raise error
    return Executor(executor.value or 0, size.value)


def phase_two(name: str, executor: Executor | int | None, workspace: int | None = None, size: int = 0,
              stream: int | None = None) -> None:
    """Queues the operator."""
    function = getattr(library(), name)
    function.restype, function.argtypes = I32, [P, U64, P, P]
    handle = executor.handle if isinstance(executor, Executor) else executor
    code = function(workspace, size, handle, stream)
    if code != 0:
        raise AclError(name, code, recent_message())


def call(name: str, c_types: Sequence[str], arguments: Sequence[object], stream: int | None = None) -> None:
    """Both phases, and waits for the result."""
    executor = phase_one(name, c_types, arguments)
    workspace = DeviceMemory(executor.workspace_size)
    phase_two(name, executor, workspace.address or None, executor.workspace_size, stream)
    acl("aclrtSynchronizeStream", stream)
