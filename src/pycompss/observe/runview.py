"""A run as it stands now: what its journal says so far, ready to be looked at.

Notebooks, the monitor's page, `pycompss top` and the metrics all read a `RunView`. It keeps some 180 bytes for every
task, so it lives where somebody looks, not on every run's way.

Short tasks are not seen while they run. Tasks that were sent to the same slot run one after another, so the first of
them counts as running; when it has ended, what its worker noted tells when it really began.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from pycompss.observe.archive import Tasks
from pycompss.observe.columns import Changes
from pycompss.observe.load import Load
from pycompss.observe.records import ENDED, STAGES, Failed, Stage, TaskRecord
from pycompss.observe.surroundings import Surroundings

UNFINISHED = "had not ended when the run did"

Access = tuple[str, int, "str | None", "int | None", bool]  # see core.events.FIELDS


class RunView(Surroundings):
    """Tasks, types, nodes and memory of one run. `tasks` is in the order of calls, `recent` in that of changes."""

    def __init__(self, *, outlines_only: bool = False) -> None:
        """outlines_only: nobody asks for more of the tasks than the graph shows, nor for what has changed."""
        super().__init__()
        self.ended: float | None = None
        self.exit_code: int | None = None
        self.tasks = Tasks(outlines_only=outlines_only)
        self.recent = Changes()
        self._notes_changes = not outlines_only
        self.stages = [0] * len(STAGES)  # how many tasks are at which
        self.load = Load()
        self._changed = 0.0  # when a task last came to another stage
        self.attempts: dict[int, list[Failed]] = {}  # those that failed, by task
        self.failures: list[TaskRecord] = []  # every task that failed at least once, in that order
        self.retries = 0
        self._floor = 0  # level of tasks that wait for nothing
        self._top = -1  # highest level
        self._writers: dict[str, list[int]] = {}  # of versions that several tasks share

    # -- the run ------------------------------------------------------------------------------------------------------

    def run_started(self, time: float, *run: Any) -> None:
        super().run_started(time, *run)
        self._changed = time

    def run_ended(self, time: float, exit_code: int, *_: object) -> None:
        self._finish(time)
        self.exit_code = exit_code

    def broke_off(self) -> None:
        """There will be no more events: the program was killed."""
        self._finish(self.now)

    @property
    def state(self) -> str:
        """In a few words."""
        if self.ended is None:
            return "live"
        return "killed" if self.exit_code is None else f"ended with {self.exit_code}" if self.exit_code else "finished"

    # -- tasks --------------------------------------------------------------------------------------------------------

    def task_created(
        self,
        time: float,
        task: int,
        type_: int,
        accesses: Iterable[Access],
        writes: Sequence[str],
        groups: Sequence[str],
        shared: Sequence[tuple[int, str]],
        _flags: object,
        parent: int | None,
        need: int | None = None,
        place: tuple[str, int] | None = None,
        *_: object,
    ) -> None:
        self.now = time
        producers = tuple(dict.fromkeys(self._producers(accesses, task))) if accesses else ()
        record = TaskRecord(task, type_, time, producers, tuple(groups), parent, need, place, self._floor)
        if producers or parent is not None:
            before = [self.tasks.level(id_) for id_ in (*producers, parent) if id_ is not None]
            record.level = max(self._floor, *(level + 1 for level in before))
        self._top = max(self._top, record.level)
        self.tasks.add(record)
        self.stages[Stage.WAITING] += 1
        self._type(type_).stages[Stage.WAITING] += 1
        self._note(record)
        for label in writes if shared else ():
            self._writers.setdefault(label, []).append(task)

    def task_ready(self, time: float, task: int, *_: object) -> None:
        record = self.tasks.live(task)
        if record is not None:
            self._move(time, record, Stage.READY)

    def task_assigned(self, time: float, task: int, node: str, slot: object, attempt: int, *_: object) -> None:
        record = self.tasks.live(task)
        if record is None:
            return
        self._leave(time, record)
        record.node, record.others, record.slot, record.attempt = node, (), slot, attempt
        record.began = record.returned = 0.0
        if self._node(node).send(record, slot):
            self._run(time, record)
        else:
            self._move(time, record, Stage.READY)

    def task_spread(self, _time: float, task: int, nodes: tuple[str, ...], *_: object) -> None:
        record = self.tasks.live(task)
        if record is not None:
            record.others = tuple(nodes[1:])

    def task_returned(self, time: float, task: int, *_: object) -> None:
        record = self.tasks.live(task)
        if record is not None:
            self._leave(time, record)
            record.node = ""
            self._move(time, record, Stage.READY)

    def task_started(self, time: float, task: int, *_: object) -> None:
        record = self.tasks.live(task)
        if record is not None and record.node and record.stage not in ENDED:
            self._run(time, record)

    def task_ran(self, _ended: float, _node: str, _slot: object, _worker: int, task: int, *run: Any) -> None:
        """What the worker noted: exact times, processor time, memory."""
        record = self.tasks.live(task)
        if record is not None:
            record.began, called, record.returned, _, record.cpu, record.memory, *_ = run
            record.started = called

    def task_finished(
        self, time: float, task: int, node: str, _slot: object, _attempt: int, seconds: float, *_: object
    ) -> None:
        record = self.tasks.live(task)
        if record is None:
            return
        if record.returned and record.started > record.began:  # the worker noted what its arguments took
            seconds = min(seconds, max(record.returned - record.started, 0.0))
        record.seconds = seconds
        self._end(time, record, Stage.FINISHED)
        if not record.returned:
            record.started = max(record.started, time - seconds)
        self._type(record.type).took(seconds)
        self._node(node).finished += 1
        self.tasks.settle(record)

    def task_failed(
        self, time: float, task: int, node: str, _slot: object, attempt: int, outcome: str, message: str, *_: object
    ) -> None:
        record = self.tasks.live(task)
        if record is None:
            return
        if not record.outcome:
            self.failures.append(record)
        record.outcome, record.message = outcome, message
        self.attempts.setdefault(task, []).append(
            Failed(attempt, node, record.started, time, outcome, message, record.lane)
        )
        self._node(node).failed += 1
        if outcome == "retry":
            self._leave(time, record)
            self.retries += 1
            self._type(record.type).retries += 1
            self._move(time, record, Stage.READY)
        else:
            self._end(time, record, Stage.FAILED)
            self.tasks.settle(record)

    def task_cancelled(self, time: float, task: int, *_: object) -> None:
        record = self.tasks.live(task)
        if record is not None and record.stage is not Stage.CANCELLED:
            self._end(time, record, Stage.CANCELLED)
            self.tasks.settle(record)

    # -- where the program waits: what it calls afterwards comes later -----------------------------------------------

    def synchronised(self, time: float, _label: str, producer: int | None, *_: object) -> None:
        self.now = time
        if producer is not None:
            self._floor = max(self._floor, self.tasks.level(producer) + 1)

    def barrier(self, time: float, group: str | None, *_: object) -> None:
        self.now = time
        if group is None:
            self._floor = self._top + 1

    # -- what changes -------------------------------------------------------------------------------------------------

    @property
    def changes(self) -> int:
        return self.recent.count

    @property
    def depth(self) -> int:
        """How many levels the graph has."""
        return self._top + 1

    def sharers(self, task: int) -> list[int]:
        """Tasks that are ready or run, and write what `task` writes: of commutative ones each waits for its turn."""
        together = (writers for writers in self._writers.values() if task in writers)
        return [
            other
            for writers in together
            for other in writers
            if other in self.tasks and self.tasks[other].stage in (Stage.READY, Stage.RUNNING)
        ]

    def changed_since(self, number: int, most: int) -> list[TaskRecord]:
        """Tasks that have changed after change `number`, the earliest first; the first `most` of them."""
        return [self.tasks[task] for task in islice(self.recent.since(number), most)]

    def _note(self, record: TaskRecord) -> None:
        if self._notes_changes:
            self.recent.note(record.id)

    def _move(self, time: float, record: TaskRecord, stage: Stage) -> None:
        self.now = time
        if record.stage is stage:
            return
        if time >= self.load.due:  # before the change: what lasted since the one before
            self.load.look(self._changed, self.stages, time)
        self._changed = time
        before, record.stage = record.stage, stage
        for counts in (self.stages, self._type(record.type).stages):
            counts[before] -= 1
            counts[stage] += 1
        self._note(record)

    def _run(self, time: float, record: TaskRecord) -> None:
        record.started = time
        self._move(time, record, Stage.RUNNING)

    def _end(self, time: float, record: TaskRecord, stage: Stage) -> None:
        self._leave(time, record)
        record.ended = max(record.returned, record.started) if record.returned else time
        self._move(time, record, stage)

    def _finish(self, time: float) -> None:
        """The run is over, and with it what has not ended by itself."""
        self.load.look(self._changed, self.stages, time)
        self.load.due = math.inf
        for task in list(self.tasks.unfinished()):
            if task.stage is Stage.RUNNING:
                self._node(task.node).busy += max(time - task.started, 0.0)
                task.ended = time
            task.message = task.message or UNFINISHED
            self._move(time, task, Stage.CANCELLED)
            self.tasks.settle(task)
        for node in self.nodes.values():
            node.slots.clear()
            node.lanes.clear()
        self.now = self.ended = time

    def _leave(self, time: float, record: TaskRecord) -> None:
        """A task no longer is where it was sent; what waited behind it runs."""
        node = self.nodes.get(record.node)
        if node is None:
            return
        if record.stage is Stage.RUNNING:
            node.busy += max((record.returned or time) - record.started, 0.0)
        following = node.leave(record)
        if following is not None:
            self._run(time, following)

    def _producers(self, accesses: Iterable[Access], task: int) -> Iterable[int]:
        for _, _, label, producer, *_rest in accesses:
            if producer is not None:
                yield producer
            elif label is not None:
                yield from (writer for writer in self._writers.get(label, ()) if writer != task)
