"""Who waits for what: for versions, for the end of all tasks, or for that of a group.

Whoever waits has a watch, which counts down what is missing. At zero the program is woken, and a task that waits in its
worker gets its units back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pycompss.core.commands import Command, Wake
from pycompss.core.groups import Group
from pycompss.core.invocation import Invocation
from pycompss.core.resources import Node
from pycompss.core.scheduling import Scheduler
from pycompss.core.versions import STATUS_PENDING, Version
from pycompss.core.watches import Watch

Clock = Callable[[], float]


class Waiting:
    """The tasks that have not ended, and the watches of those who wait for them or their versions."""

    def __init__(self, nodes: Iterable[Node], clock: Clock = lambda: 0.0) -> None:
        self.commands: list[Command] = []
        self.nodes = list(nodes)
        self.clock = clock
        self.scheduler = Scheduler(self.nodes, self.commands, clock)
        self.unfinished: dict[int, Invocation] = {}  # submitted and not ended
        self.program_watches: dict[int, Watch] = {}
        self.idle_watches: list[tuple[Watch, Invocation | None]] = []

    @property
    def live(self) -> int:
        """How many tasks have not ended."""
        return len(self.unfinished)

    def watch_versions(self, watch: Watch, versions: Iterable[Version]) -> bool:
        """Count the versions that are not there yet; True when there is nothing to wait for."""
        for version in versions:
            if version.special is not None and version.shared is not None:
                version.shared.open = False
            awaited = version if version.alias is None else version.holder
            if awaited.status is STATUS_PENDING:
                watch.count += 1
                if awaited.watches is None:
                    awaited.watches = [watch]
                else:
                    awaited.watches.append(watch)
        watch.done = watch.count == 0
        return watch.done

    def watch_idle(self, watch: Watch, parent: Invocation | None) -> bool:
        """Wait until all tasks (of the program, or those that `parent` submitted) have ended."""
        left = self.live if parent is None else parent.live
        if left == 0:
            watch.done = True
            return True
        watch.count = 1
        self.idle_watches.append((watch, parent))
        return False

    def watch_group(self, watch: Watch, group: Group) -> bool:
        """Wait until all members of the group have ended."""
        if not group.members:
            watch.done = True
            return True
        watch.count = 1
        group.watches.append(watch)
        return False

    def over(self, watch: Watch) -> None:
        """What was waited for, and the core knows nothing of, is there."""
        self._fire(watch)

    def _check_idle(self) -> None:
        still = []
        for watch, parent in self.idle_watches:
            if (self.live if parent is None else parent.live) == 0:
                self._count_down(watch)
            else:
                still.append((watch, parent))
        self.idle_watches = still

    def _wake_all(self, watches: list[Watch]) -> None:
        for watch in watches:
            self._count_down(watch)
        watches.clear()

    def _count_down(self, watch: Watch) -> None:
        watch.count -= 1
        if watch.count <= 0:
            self._fire(watch)

    def _fire(self, watch: Watch) -> None:
        if watch.done:
            return
        watch.done = True
        if watch.task is None:
            self.commands.append(Wake(watch))
        elif watch.task.slot is not None and watch.task.slot.parked:
            self.scheduler.resuming.append((watch.task.slot, watch))
