"""Finds and loads the library, and turns codes into exceptions."""

import ctypes
import functools
import os
import pathlib

P = ctypes.c_void_p
I32 = ctypes.c_int32
I64 = ctypes.c_int64
U64 = ctypes.c_uint64
SIZE = ctypes.c_size_t
PP = ctypes.POINTER(ctypes.c_void_p)
PU64 = ctypes.POINTER(ctypes.c_uint64)
PI64 = ctypes.POINTER(ctypes.c_int64)

# Return type and parameters of everything called by name here; operators are typed where they are called.
PROTOTYPES = {
    "aclInit": (I32, [ctypes.c_char_p]),
    "aclFinalize": (I32, []),
    "aclGetRecentErrMsg": (ctypes.c_char_p, []),
    "aclrtSetDevice": (I32, [I32]),
    "aclrtResetDevice": (I32, [I32]),
    "aclrtSynchronizeDevice": (I32, []),
    "aclrtCreateStream": (I32, [PP]),
    "aclrtDestroyStream": (I32, [P]),
    "aclrtSynchronizeStream": (I32, [P]),
    "aclrtMalloc": (I32, [PP, SIZE, I32]),
    "aclrtFree": (I32, [P]),
    "aclrtMemcpy": (I32, [P, SIZE, P, SIZE, I32]),
    "aclrtMemset": (I32, [P, SIZE, I32, SIZE]),
    "aclCreateTensor": (P, [PI64, U64, I32, PI64, I64, I32, PI64, U64, P]),
    "aclDestroyTensor": (I32, [P]),
    "aclGetViewShape": (I32, [P, ctypes.POINTER(PI64), PU64]),
    "aclCreateScalar": (P, [P, I32]),
    "aclDestroyScalar": (I32, [P]),
    "aclCreateIntArray": (P, [PI64, U64]),
    "aclDestroyIntArray": (I32, [P]),
    "aclCreateBoolArray": (P, [P, U64]),
    "aclDestroyBoolArray": (I32, [P]),
    "aclCreateScalarList": (P, [PP, U64]),
    "aclDestroyScalarList": (I32, [P]),
    "aclCreateTensorList": (P, [PP, U64]),
    "aclDestroyTensorList": (I32, [P]),
    "aclDestroyAclOpExecutor": (I32, [P]),
    "aclSetAclOpExecutorRepeatable": (I32, [P]),
}


class AclError(Exception):
    """A call that did not answer 0."""

    def __init__(self, function: str, code: int, message: str):
        super().__init__(f"{function} answered {code}: {message or '(no message)'}")
        self.function = function
        self.code = code
        self.message = message


def library_path() -> pathlib.Path:
    """ACLSIM_LIB names the file, ASCEND_TOOLKIT_HOME the toolkit around it."""
    if path := os.environ.get("ACLSIM_LIB"):
        return pathlib.Path(path)
    if home := os.environ.get("ASCEND_TOOLKIT_HOME"):
        return pathlib.Path(home) / "lib64" / "libascendcl.so"
    raise RuntimeError("set ACLSIM_LIB to libascendcl.so, or ASCEND_TOOLKIT_HOME to the toolkit")


@functools.cache
def library() -> ctypes.CDLL:
    """The library, loaded once."""
    lib = ctypes.CDLL(str(library_path()))
    for name, (result, arguments) in PROTOTYPES.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


def recent_message() -> str:
    """Fetches, and thereby clears, the newest message of this thread."""
    text = library().aclGetRecentErrMsg()
    return text.decode(errors="replace") if text else ""


def acl(function: str, *arguments: object) -> None:
    """Calls a function that answers a code, and raises unless it is 0."""
    code = getattr(library(), function)(*arguments)
    if code != 0:
        raise AclError(function, code, recent_message())


def pointer(function: str, *arguments: object) -> int:
    """Calls a function that answers a pointer, and raises if it is null."""
    value = getattr(library(), function)(*arguments)
    if not value:
        raise AclError(function, -1, recent_message())
    return value
