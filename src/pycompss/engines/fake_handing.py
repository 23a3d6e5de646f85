"""Workers of the engine without processes that hand results to each other (`core.handing`)."""

from __future__ import annotations

from typing import Any

from pycompss.core.invocation import Invocation
from pycompss.core.resources import Slot
from pycompss.core.versions import Status, Version
from pycompss.engines.fake_program import FakeProgram


class FakeBoard(FakeProgram):
    """What tasks have made that were not reported yet, and which tasks make nothing for others.

    unreported: by the number of the task.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.unreported: dict[int, list[Any]] = {}
        self._refused: set[int] = set()
        self._hands_over = False

    def hand_over(self) -> None:
        """From now on workers do."""
        self._hands_over = True
        self.core.scheduler.hand_over()

    def _at_work(self, slot: Slot) -> Invocation | None:
        """The task that the slot's worker executes; nobody, if it waits for what others make."""
        for task in slot.tasks.values():
            if task.id not in self.unreported:
                return task if all(self._is_there(version, slot) for version in task.reads) else None
        return None

    def _is_there(self, version: Version, slot: Slot) -> bool:
        producer = version.producer
        if version.status is not Status.PENDING or not self._hands_over:
            return True
        if producer is None or producer.id not in self.unreported:
            return False
        return producer.hands_over or producer.slot is slot

    def input(self, version: Version) -> Any:
        """What a task gets that reads this version."""
        producer = version.producer
        if version.status is Status.PENDING and producer is not None and producer.id in self.unreported:
            return self.unreported[producer.id][producer.writes.index(version)]
        assert version.status is not Status.PENDING, f"{version.label} is read, yet it is not there"
        assert version.content.status is not Status.FREED, f"{version.label} is read, yet it was freed"
        return version.content.value

    def report(self, slot: Slot, *, seconds: float = 1e-5) -> None:
        """The slot's worker tells what it has done so far."""
        for task in list(slot.tasks.values()):
            if task.id in self.unreported:
                self.core.finished(task, self.unreported.pop(task.id), seconds)

    def _refuse(self, *tasks: Invocation) -> None:
        """Who waits for these waits in vain."""
        self._refused.update(task.id for task in tasks)

    def _return_stranded(self) -> None:
        """Tasks that wait for one which did not end well come back, and so do those that wait for them."""
        while stranded := [task for slot in self.slots.values() for task in slot.tasks.values() if self._is_cut(task)]:
            self._refuse(*stranded)
            self.core.returned(stranded)
        self._refused.clear()

    def _is_cut(self, task: Invocation) -> bool:
        if task.id in self.unreported or task.slot is None:
            return False
        for version in task.reads:
            producer = version.producer
            if version.status is not Status.PENDING or (producer is not None and producer.id in self.unreported):
                continue
            if producer is None or producer.id in self._refused or producer.slot is None:
                return True
            if not self._hands_over and producer.id not in task.slot.tasks:
                return True
        return False
