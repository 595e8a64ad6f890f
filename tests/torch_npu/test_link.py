"""What the wheels are linked with is there: a missing symbol would end the import."""

import ctypes
import pathlib

LIST = pathlib.Path(__file__).with_name("link_symbols.txt")


def test_every_symbol_that_wheels_are_linked_with_is_exported():
    library = ctypes.CDLL("libascendcl.so")
    names = [line.split()[0] for line in LIST.read_text().splitlines() if not line.startswith("#")]
    assert len(names) > 70
    assert [name for name in names if not hasattr(library, name)] == []
