"""From a bound call to what an engine needs: a template of arguments, and the accesses that go with it.

`CallBuilder` never talks to the core: it leaves a list of operations, which the session carries out under its lock (or
a worker sends to the master).

    READ subject · UPDATE subject · CREATE subject · SHARE subject, direction · DELETE subject
    COLLECTION · STREAM number

A *subject* (a future, an `Entry`, a `FileEntry`) carries the backend's handle of its datum in `.handle`.
"""

from __future__ import annotations

from typing import Any, Final

from pycompss.core.alternatives import Alternative
from pycompss.core.parameter import Spec
from pycompss.core.task import Policy
from pycompss.runtime.future import Future

READ: Final = 0
UPDATE: Final = 1
CREATE: Final = 2
SHARE: Final = 3
DELETE: Final = 4
COLLECTION: Final = 5  # uses up a datum number, nothing else
STREAM: Final = 6  # the task publishes to the stream, or polls it: neither reads nor writes a datum

Operation = tuple[int, Any, Any, str]  # code, subject, spec, parameter name


class Call:
    """One call, ready to be submitted.

    operations: (code, subject, spec, parameter name), in the order in which inputs and outputs are numbered.
    passed: by identity of their subjects, objects: (code, input), and files of output streams: (direction, output).
    """

    __slots__ = (
        "alternatives",
        "has_files",
        "inputs",
        "operations",
        "outputs",
        "passed",
        "policy",
        "replaced",
        "weights",
    )

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.inputs = 0
        self.outputs = 0
        self.has_files = False
        self.weights: dict[int, float] | None = None
        self.replaced: list[tuple[Any, Any, Future]] = []  # (list, key, future) immutable elements made waitable
        self.passed: dict[int, tuple[int, int]] = {}
        self.alternatives: list[Alternative] | None = None  # the call as each version of the task would run it
        self.policy: Policy | None = None  # what the call itself asks for (`on_failure=`)

    def hand_out_futures(self) -> None:
        """The call was submitted: the program's collections get the futures of what will replace their elements."""
        for holder, key, future in self.replaced:
            holder[key] = future

    def read(self, code: int, subject: Any, spec: Spec, name: str) -> int:
        """Note that the call reads something; the number of this input."""
        position = self.inputs
        self.inputs = position + 1
        self.operations.append((code, subject, spec, name))
        if spec.weight != 1.0:
            self.weights = self.weights or {}
            self.weights[position] = spec.weight
        return position


def told_of(policy: Policy) -> dict[str, bool]:
    """What a worker is told of it.

    keep: send what the task leaves if it fails. flush: report its end at once, not with those of others, lest it be
    lost with the worker: the task would run again.
    """
    if policy is Policy.RETRY:
        return {}
    return {"flush": True} if policy is Policy.FAIL else {"keep": True, "flush": True}
