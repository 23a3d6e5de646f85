"""How the engine without processes carries out the core's commands, and checks that they make sense."""

from __future__ import annotations

from collections.abc import Iterable

from pycompss.core.commands import Close, Command, Free, Interrupt, Report, Resume, Run, TakeBack, Wake
from pycompss.core.coordinator import Coordinator
from pycompss.core.failures import Failure
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Node, Slot
from pycompss.core.task import State
from pycompss.core.versions import Version
from pycompss.core.watches import Watch


class Carrying:
    """Does, or only notes, what a `Coordinator` asks for. AssertionError tells which rule the core broke."""

    def __init__(self, nodes: Iterable[Node] = (), *, units: int = 1) -> None:
        self.core = Coordinator(list(nodes) or [Node(0, "node1", units)])
        self.slots: dict[int, Slot] = {}
        self.executions: list[tuple[int, str]] = []  # (task id, node) in the order in which they were sent
        self.freed: list[Version] = []
        self.reports: list[tuple[Failure, str]] = []
        self.woken: list[Watch] = []
        self.resumed: list[Watch] = []
        self.interrupted: list[Invocation] = []
        self.wanted_back: list[Slot] = []

    def assign(self) -> None:
        """A batch of events has ended."""
        self.core.assign()
        self._carry_out(self.core.take_commands())

    step = assign

    def _carry_out(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case Run(slot, tasks):
                    self._run(slot, tasks)
                case Close(slot):
                    assert not slot.tasks, f"{slot} is closed, but {list(slot.tasks.values())} are in it"
                    self.slots.pop(slot.id, None)
                case TakeBack(slot):
                    self.wanted_back.append(slot)
                case Resume(slot, watch):
                    assert slot.id in self.slots, f"{slot} is resumed, but it was closed"
                    self.resumed.append(watch)
                case Interrupt(task):
                    self.interrupted.append(task)
                case Free(versions):
                    self._free(versions)
                case Wake(watch):
                    self.woken.append(watch)
                case Report(failure, outcome):
                    self.reports.append((failure, outcome))

    def _run(self, slot: Slot, tasks: list[Invocation]) -> None:
        assert not slot.parked, f"{slot} gets tasks although its task waits"
        self.slots[slot.id] = slot
        for task in tasks:
            assert task.state is State.ASSIGNED, f"{task} is sent, but it should not run"
            self.executions.append((task.id, slot.node.name))

    def _free(self, versions: Iterable[Version]) -> None:
        for version in versions:
            assert version.claims <= 0, f"{version.label} is freed, but it has {version.claims} claims"
            version.value = None
            self.freed.append(version)
