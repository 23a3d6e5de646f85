"""What is remembered of each task, type and node of a run, for people who look at it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple


class Stage(IntEnum):
    """How far a task is. `Stage.FAILED` also stands for failures that the policy forgives."""

    WAITING = 0  # for data
    READY = 1  # for a place, or sent to a worker that is busy
    RUNNING = 2
    FINISHED = 3
    FAILED = 4
    CANCELLED = 5


STAGES = tuple(Stage)
ENDED = frozenset({Stage.FINISHED, Stage.FAILED, Stage.CANCELLED})


@dataclass(slots=True)
class TaskRecord:
    """One task. Times are seconds since the epoch, 0.0 = not yet."""

    id: int
    type: int
    created: float
    producers: tuple[int, ...] = ()  # tasks whose results it reads, each once
    groups: tuple[str, ...] = ()
    parent: int | None = None
    need: int | None = None  # what it asks of a node
    place: tuple[str, int] | None = None  # file and line of the call
    level: int = 0  # length of the longest chain of tasks, and of waits of the program, before it
    stage: Stage = Stage.WAITING
    node: str = ""
    others: tuple[str, ...] = ()  # further nodes that it has
    slot: object = None
    lane: int = -1  # line of its node in a timeline, from 0
    attempt: int = 0
    started: float = 0.0
    ended: float = 0.0
    seconds: float = 0.0  # in its own code
    began: float = 0.0  # its worker took it up, …
    returned: float = 0.0  # … and had its result
    cpu: float | None = None  # seconds of processor time
    memory: int | None = None  # highest resident memory of its worker meanwhile
    outcome: str = ""  # of its last failure: "retry", "failed", "ignored", "cancel_successors"
    message: str = ""

    @property
    def nodes(self) -> str:
        """All its nodes, the one where it runs first."""
        return ", ".join((self.node, *self.others))


class Failed(NamedTuple):
    """An attempt of a task that failed; times and outcome as in `TaskRecord`."""

    attempt: int
    node: str
    began: float
    ended: float
    outcome: str
    message: str
    lane: int = -1


@dataclass(slots=True)
class TypeRecord:
    """One type of task: how many are at which stage, and how long the finished ones took (seconds)."""

    number: int
    name: str
    stages: list[int] = field(default_factory=lambda: [0] * len(STAGES))
    retries: int = 0
    total: float = 0.0
    least: float = 0.0
    most: float = 0.0

    @property
    def count(self) -> int:
        return sum(self.stages)

    @property
    def mean(self) -> float:
        """0.0 as long as none has finished."""
        return self.total / self.stages[Stage.FINISHED] if self.stages[Stage.FINISHED] else 0.0

    def took(self, seconds: float) -> None:
        """One more has finished; it is counted before."""
        self.least = min(self.least, seconds) if self.stages[Stage.FINISHED] > 1 else seconds
        self.most = max(self.most, seconds)
        self.total += seconds


@dataclass(slots=True)
class NodeRecord:
    """One node: what it has, and the tasks that were sent to each of its slots, the running one first."""

    name: str
    units: int
    memory: int | None = None
    devices: dict[str, int] = field(default_factory=dict)  # by kind
    storage: float = 0.0  # GB; 0.0 = not told
    is_gone: bool = False
    reason: str = ""  # why it was lost
    slots: dict[object, deque[TaskRecord]] = field(default_factory=dict)
    lanes: dict[object, int] = field(default_factory=dict)  # of slots in use
    finished: int = 0
    failed: int = 0
    busy: float = 0.0  # seconds that tasks have run

    @property
    def running(self) -> int:
        return len(self.slots)

    def send(self, task: TaskRecord, slot: object) -> bool:
        """A task comes to a slot; True when it runs at once."""
        queue = self.slots.setdefault(slot, deque())
        queue.append(task)
        if slot not in self.lanes:
            used = set(self.lanes.values())
            self.lanes[slot] = next(lane for lane in range(len(used) + 1) if lane not in used)
        task.lane = self.lanes[slot]
        return len(queue) == 1

    def leave(self, task: TaskRecord) -> TaskRecord | None:
        """A task leaves its slot; the one that runs there next, if that is another."""
        queue = self.slots.get(task.slot)
        if not queue:
            return None
        was_first = queue[0] is task
        if was_first:
            queue.popleft()
        elif task in queue:
            queue.remove(task)
        else:
            return None
        if not queue:
            del self.slots[task.slot], self.lanes[task.slot]
            return None
        return queue[0] if was_first else None
