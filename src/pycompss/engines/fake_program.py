"""The program's side of the engine without processes: tasks with their accesses, and what it does with data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pycompss.core.alternatives import Alternative, offer
from pycompss.core.equipment import Equipment
from pycompss.core.groups import Group
from pycompss.core.invocation import Invocation
from pycompss.core.parameter import Direction
from pycompss.core.resources import Node, Requirement
from pycompss.core.spanning import across
from pycompss.core.task import Definition, Policy
from pycompss.core.versions import Datum, Status
from pycompss.engines.fake_carrying import Carrying

Access = tuple[Datum, Direction]
Function = Callable[..., Sequence[Any]]


def nothing(*_values: Any) -> list[Any]:
    """A task that only reads."""
    return []


class FakeProgram(Carrying):
    """Submits tasks to a `Coordinator`; every method carries out the commands that follow from it."""

    def __init__(self, nodes: Iterable[Node] = (), *, units: int = 1) -> None:
        super().__init__(nodes, units=units)
        self._results: dict[int, list[Datum]] = {}
        self._requirements: dict[Requirement, Requirement] = {}

    def datum(self, value: Any = None, *, is_file: bool = False) -> Datum:
        """Something that the program passes to tasks."""
        return self.core.data.initial(value, is_file=is_file)

    @staticmethod
    def read(datum: Datum) -> Access:
        return datum, Direction.IN

    @staticmethod
    def out(datum: Datum) -> Access:
        return datum, Direction.OUT

    @staticmethod
    def inout(datum: Datum) -> Access:
        return datum, Direction.INOUT

    @staticmethod
    def concurrent(datum: Datum) -> Access:
        return datum, Direction.CONCURRENT

    @staticmethod
    def commutative(datum: Datum) -> Access:
        return datum, Direction.COMMUTATIVE

    def submit(
        self,
        function: Function = nothing,
        *accesses: Access,
        returns: int = 0,
        units: int = 1,
        memory: int = 0,
        equipment: Equipment | None = None,
        nodes: int = 1,
        policy: Policy = Policy.RETRY,
        groups: Iterable[Group] = (),
        parent: Invocation | None = None,
        definition: Definition | None = None,
        others: Iterable[tuple[Definition, Requirement]] = (),
        **options: Any,
    ) -> Invocation:
        """Call a task that needs this on each of `nodes`.

        `options` are fields of its `Definition` (unless one is given), `others` its other versions.
        """
        if definition is None:
            definition = Definition(function, getattr(function, "__name__", "task"), policy=policy, **options)
        need = across(Requirement(units, memory, equipment), nodes)
        need = self._requirements.setdefault(need, need)
        task = self.core.new_task(definition, need, None)
        task.policy = policy
        task.groups = tuple(groups)
        task.parent = parent
        task.reads, task.writes = [], []
        for datum, direction in accesses:
            self._access(task, datum, direction)
        results = [self.core.data.result(task) for _ in range(returns)]
        self._results[task.id] = results
        versions = [Alternative(definition, need, None), *(Alternative(*other, None) for other in others)]
        offer(task, versions, self.core.can_ever_run)
        self.core.submit(task)
        self.step()
        return task

    def _access(self, task: Invocation, datum: Datum, direction: Direction) -> None:
        data = self.core.data
        if direction in (Direction.CONCURRENT, Direction.COMMUTATIVE):
            data.share(task, datum, direction)
            return
        if direction.reads:
            data.read(task, datum)
        if direction.writes:
            data.write(task, datum)

    def results(self, task: Invocation) -> list[Datum]:
        """What the task returns."""
        return self._results[task.id]

    def release(self, *data: Datum) -> None:
        """The program forgets data."""
        for datum in data:
            self.core.data.release(datum)
        self.step()

    def value(self, datum: Datum) -> Any:
        """The current value of a datum (None if it has none): what the program would get."""
        version = datum.current
        assert version.status is not Status.PENDING, f"{version.label} is not there yet"
        assert version.content.status is not Status.FREED, f"{version.label} is needed, yet it was freed"
        return version.content.value

    def cancel(self, *tasks: Invocation) -> None:
        for task in tasks:
            self.core.cancel(task)
        self.step()

    def cancel_group(self, group: Group) -> None:
        self.core.cancel_group(group)
        self.step()
