"""An engine without processes: tasks end when, and as, its owner says.

For tests of the core and of workflows: submit tasks with their accesses, then decide in which order they finish, fail,
get lost or wait, and look at what follows. Values are plain objects and functions are called in this process, so a
workflow computes real results; nothing sleeps, and every run is the same.

    fake = FakeEngine(units=2)
    x = fake.datum(1)
    task = fake.submit(lambda value: [value + 1], fake.inout(x))
    fake.finish(task)
    assert fake.value(x) == 2

A task's function gets the value of each access that reads, in order, and returns a list with one value for each access
that writes, then one for each result. An engine's part of the contract is checked on the way: AssertionError tells
which rule the core broke.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pycompss.core.failures import Cause, Failure
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Slot
from pycompss.core.task import State
from pycompss.core.versions import Version
from pycompss.core.watches import Watch
from pycompss.engines.fake_handing import FakeBoard
from pycompss.engines.fake_program import Access, nothing

__all__ = ["Access", "FakeEngine", "nothing"]

Choice = Callable[[list[Invocation]], Invocation]


class FakeEngine(FakeBoard):
    """Drives a `Coordinator`; every method carries out the commands that follow from it.

    running, sent_ahead, parked: tasks by what their worker does. freed, reports, woken, resumed, interrupted: what the
    core asked for so far, in order; wanted_back: slots whose waiting tasks it wants (see `give_back`).
    """

    # -- the workers' side -------------------------------------------------------------------------------------------

    @property
    def running(self) -> list[Invocation]:
        """Tasks that execute now, by slot."""
        tasks = (self._at_work(slot) for slot in self.slots.values() if not slot.parked)
        return [task for task in tasks if task is not None]

    @property
    def free_units(self) -> int:
        """Computing units of the first node in which no task runs; slots that are kept open count as free."""
        node = self.core.nodes[0]
        return node.free_units + sum(slot.requirement.units for slot in self.slots.values() if not slot.tasks)

    @property
    def sent_ahead(self) -> list[Invocation]:
        """Tasks that wait in a worker behind another."""
        return [task for slot in self.slots.values() for task in list(slot.tasks.values())[1:]]

    @property
    def parked(self) -> list[Invocation]:
        """Tasks that wait in a worker for tasks of their own."""
        return [task for slot in self.slots.values() for task in slot.tasks.values() if task.state is State.WAITING]

    def finish(self, task: Invocation, *, seconds: float = 1.0) -> None:
        """The task ends well: its function is called with its inputs."""
        self.make(task)
        if task.slot is not None:
            self.report(task.slot, seconds=seconds)  # with those before it in its worker
        self.assign()

    def make(self, task: Invocation) -> None:
        """The task ends well, and nobody but other workers knows it (see `report`)."""
        self._check_runs(task)
        self.unreported[task.id] = self._outputs(task)

    def raises(self, task: Invocation, message: str) -> None:
        """The task raises COMPSsException at its end."""
        self._stop_short(task)
        self.core.raised(task, self._outputs(task), 1.0, message)
        self._return_stranded()
        self.assign()

    def fail(
        self,
        task: Invocation,
        message: str = "boom",
        *,
        cause: Cause = Cause.EXCEPTION,
        left: Sequence[Any] | None = None,
    ) -> Failure:
        """The attempt fails; `left`: what the task leaves of each of its writes (NO_VALUE: nothing)."""
        self._stop_short(task)
        failure = Failure(task.id, task.definition.name, cause, message)
        self.core.failed(task, failure, list(left) if left is not None else None)
        self._return_stranded()
        self.assign()
        return failure

    def stop(self, task: Invocation) -> None:
        """The task ends because it was asked to (`interrupted`)."""
        assert task in self.interrupted, f"nobody asked {task} to stop"
        if task.id in self.unreported and task.slot is not None:  # it took no notice, and others have what it made
            self.report(task.slot)
        else:
            self._refuse(task)
            self.core.cancelled(task)
        self._return_stranded()
        self.assign()

    def _stop_short(self, task: Invocation) -> None:
        """It does not end as it should; its worker tells of those before it."""
        self._check_runs(task)
        if task.slot is not None:
            self.report(task.slot)
        self._refuse(task)

    def lose(self, slot: Slot, *, between_tasks: bool = False) -> None:
        """The slot's worker dies, with the task that it executes unless `between_tasks`."""
        self.report(slot)
        first = next(iter(slot.tasks.values()), None)
        running = None if between_tasks or first is None else first.id
        del self.slots[slot.id]
        self._refuse(*slot.tasks.values())
        self.core.lost(slot, running, lambda task: Failure(task.id, task.definition.name, Cause.LOST, "it was killed"))
        self._return_stranded()
        self.assign()

    def give_back(self, slot: Slot, count: int | None = None) -> list[Invocation]:
        """Return (the last `count` of) the tasks that wait in the worker; they are given to somebody else."""
        behind = list(slot.tasks.values())[1:]
        tasks = behind if count is None else behind[len(behind) - count :]
        tasks = [task for task in tasks if task.id not in self.unreported]
        self.wanted_back = [wanted for wanted in self.wanted_back if wanted is not slot]
        self._refuse(*tasks)
        self.core.returned(tasks)
        self._return_stranded()
        self.assign()
        return tasks

    def wait(self, task: Invocation, *versions: Version) -> Watch:
        """The task waits for versions, or without any for all tasks that it has called; what is behind it returns."""
        self._check_runs(task)
        watch = Watch(None, task)
        core = self.core
        if core.watch_versions(watch, versions) if versions else core.watch_idle(watch, task):
            return watch
        slot = task.slot
        if slot is not None:
            self.report(slot)
        core.waiting(task, watch)
        if slot is not None:
            behind = list(slot.tasks.values())[1:]
            self._refuse(*behind)
            self.core.returned(behind)
            self._return_stranded()
        self.assign()
        return watch

    def run(self, choose: Choice = lambda tasks: tasks[0]) -> None:
        """Finish running tasks, each time the one that `choose` picks, until nothing runs."""
        while self.running:
            self.finish(choose(self.running))

    def _outputs(self, task: Invocation) -> list[Any]:
        return list(task.definition.function(*map(self.input, task.reads)))

    def _check_runs(self, task: Invocation) -> None:
        assert task in self.running, f"{task} does not run now"
