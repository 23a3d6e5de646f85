"""`@implement`: the function is another version of a task.

    @implement(source_class="module.Class", method="solve")
    @constraint(processors=[{"processorType": "GPU"}])
    @task(returns=1)
    def solve_on_gpu(matrix): ...

Programs call the original; which version runs is decided by what each asks for (`pycompss.core.alternatives`).
"""

from __future__ import annotations

from typing import ClassVar

from pycompss.api.kind import KindOfTask, text
from pycompss.api.task import definition_of
from pycompss.core.task import Definition
from pycompss.runtime.alternatives import Claim, claim
from pycompss.runtime.places import caller_place


class Implement(KindOfTask):
    """The decorator; the uppermost of all.

    source_class: the module of the original, or its class with the module before it. method: the original's name.

    Raises:
        PyCOMPSsException: an argument is missing, there is no such task, or its parameters are others.
    """

    name = "implement"
    mandatory: ClassVar = {"source_class": text, "method": text}
    legacy: ClassVar = {"sourceClass": "source_class"}
    is_body = False

    def __init__(self, /, *ignored: object, **given: object) -> None:
        self.place = caller_place()
        super().__init__(**given)

    def note(self, definition: Definition) -> None:
        claim(Claim(definition, self.options["source_class"], self.options["method"], self.place, definition_of))


implement = Implement

__all__ = ["Implement", "implement"]
