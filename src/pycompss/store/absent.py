"""What stands in a task for a global of the program that cannot travel: every use says why it is not there."""

from __future__ import annotations

from typing import Any


class Absent:
    """A placeholder; using it raises NameError with `reason`."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        object.__setattr__(self, "reason", reason)

    def __repr__(self) -> str:
        return f"<absent: {object.__getattribute__(self, 'reason')}>"

    def __reduce__(self) -> Any:
        return Absent, (object.__getattribute__(self, "reason"),)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Python itself asks
            raise AttributeError(name)
        _complain(self)


def _complain(self: Absent, *_: Any, **__: Any) -> Any:
    raise NameError(object.__getattribute__(self, "reason"))


_USES = (
    "setattr delattr call iter next len bool contains getitem setitem delitem enter exit aenter aexit await "
    "lt le eq ne gt ge hash int float complex index str format bytes add radd iadd sub rsub isub mul rmul imul "
    "truediv rtruediv itruediv floordiv rfloordiv mod rmod pow rpow matmul rmatmul and rand or ror xor rxor "
    "lshift rlshift rshift rrshift neg pos abs invert"
)
for _use in _USES.split():
    setattr(Absent, f"__{_use}__", _complain)
