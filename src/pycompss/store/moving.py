"""Whether a value may move into shared memory instead of being copied there.

It may when it owns its memory and the process has no other reference to it: then nobody can tell that its pages went
away behind the copy. That is the case of an array that a task has just made and returned.
"""

from __future__ import annotations

import sys
import weakref
from typing import Any

from pycompss.store.filling import LEAST_MOVED


def may_move(holder: list[Any]) -> bool:
    """Whether the value in this list of one, which must hold the only reference the caller knows of, may move."""
    numpy = sys.modules.get("numpy")
    value = holder[0]
    if numpy is None or type(value) is not numpy.ndarray or value.nbytes < LEAST_MOVED:
        return False
    owns = value.base is None and value.flags.owndata and value.flags.writeable and not value.dtype.hasobject
    del value
    return owns and _references(holder) == _ALONE and not weakref.getweakrefcount(holder[0])


def _references(holder: list[Any]) -> int:
    return sys.getrefcount(holder[0])


_ALONE = _references([object()])
