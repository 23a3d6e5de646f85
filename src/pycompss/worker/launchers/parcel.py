"""A value in a file, for other processes of this machine: whoever opens it maps its large buffers instead of copying.

The maps are private (copy on write), so ranks share the memory of what none of them changes.
"""

from __future__ import annotations

import io
import mmap
import os
import pickle
import struct
from collections.abc import Sequence
from pickle import PickleBuffer
from typing import Any

from cloudpickle import cloudpickle

from pycompss.store import pickling

_ALIGNMENT = 64  # bytes: what vector instructions like
_LENGTH = struct.Struct("<Q")
LARGE = 4096  # bytes of a buffer that is worth a map


def write(path: str, value: Any, task: str, what: str) -> None:
    """Write the value, so that the file is there as a whole or not at all. Raises SerializerException."""
    buffers: list[memoryview] = []

    def keep(buffer: PickleBuffer) -> bool:
        raw = buffer.raw() if memoryview(buffer).contiguous else None
        if raw is None or raw.nbytes < LARGE:
            return True
        buffers.append(raw)
        return False

    parts = [memoryview(pickling.pickle(value, None, buffers, keep, task, what)), *buffers]
    with open(f"{path}.new", "wb") as file:
        file.write(b"".join(map(_LENGTH.pack, (len(parts), *(part.nbytes for part in parts)))))
        for part in parts:
            file.write(bytes(-file.tell() % _ALIGNMENT))
            file.write(part)
    os.replace(f"{path}.new", path)


def read(path: str) -> Any:
    """The value in a file, which may then be removed."""
    with open(path, "rb") as file:
        whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    (count,) = _LENGTH.unpack_from(whole)
    lengths = [_LENGTH.unpack_from(whole, _LENGTH.size * (1 + i))[0] for i in range(count)]
    parts, position = [], _LENGTH.size * (1 + count)
    for length in lengths:
        position += -position % _ALIGNMENT
        parts.append(whole[position : position + length])
        position += length
    return _Unpickler(parts[0], parts[1:]).load()


class _Unpickler(pickle.Unpickler):
    """Classes of the main file travel by value; one that comes back finds its original, which stays as it is."""

    def __init__(self, data: memoryview, buffers: Sequence[memoryview]) -> None:
        super().__init__(io.BytesIO(data), buffers=buffers)
        self._known = set(cloudpickle._DYNAMIC_CLASS_TRACKER_BY_CLASS)  # noqa: SLF001  (there is no public way)

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name)
        return self._complete if name == "_class_setstate" and module == cloudpickle.__name__ else found

    def _complete(self, cls: type, state: Any) -> type:
        """Give a class its members, unless it was here before."""
        return cls if cls in self._known else cloudpickle._class_setstate(cls, state)  # noqa: SLF001  (the same)
