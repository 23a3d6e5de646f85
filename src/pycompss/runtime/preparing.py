"""While the program waits for a large value, it loads the modules that it will need to unpickle it.

A program that leaves all work on arrays to its tasks may not have loaded numpy itself, which takes longer than many a
task. What an earlier version of the datum looks like tells which modules the awaited one needs.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from typing import Any

from pycompss.core.versions import Status, Version
from pycompss.store.descriptor import BUFFERS

FIRST_RESULT = 2  # number of the version that a task returns; what has a higher one was updated
LONGEST = 4096  # bytes of a pickle that are looked through
_TEXTS = frozenset({"SHORT_BINUNICODE", "BINUNICODE"})


def has_earlier_versions(version: Version) -> bool:
    """Whether the pending version updates what tasks made: objects of the program need no modules it has not."""
    return version.status is Status.PENDING and version.number > FIRST_RESULT


def oldest(version: Version) -> Version:
    """The version that is there first of those that lead to this one."""
    while version.status is Status.PENDING and version.producer is not None:
        before = next((read for read in version.producer.reads if read.datum is version.datum), None)
        if before is None:
            break
        version = before
    return version


def load_modules(descriptor: Any) -> None:
    """Load what unpickling a large value takes; whatever fails here will be told when the value is unpickled."""
    if type(descriptor) is not tuple or descriptor[0] != BUFFERS or len(descriptor[1]) > LONGEST:
        return
    for name in _modules(descriptor[1]):
        if name not in sys.modules and name != "__main__":
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def _modules(pickle: bytes) -> Iterator[str]:
    """Modules that a pickle of protocol 4 and more names; those that it repeats by reference may be left out."""
    from pickletools import genops  # noqa: PLC0415  (rarely needed)

    texts: list[str] = []
    for opcode, argument, _ in genops(pickle):
        if opcode.name in _TEXTS:
            texts.append(str(argument))
        elif opcode.name == "STACK_GLOBAL" and len(texts) > 1:
            yield texts[-2]
