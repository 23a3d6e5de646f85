"""The streams of a run, in the program's process; tasks get at them by requests of their workers.

There is no server of its own: what a worker asks comes as any other request does, so streams go wherever tasks go.
Items are pickles, which nobody here looks into. Whoever finds nothing may wait; a task then lends its computing units
as it does when it waits for tasks of its own, so that consumers never keep producers from running.

That a producer has ended, and that somebody has waited long enough, is seen by a thread that looks every `TICK`
seconds, and only while somebody waits: the path of tasks knows nothing of streams.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pycompss.core.events import Kind
from pycompss.core.invocation import Invocation
from pycompss.core.parameter import Direction
from pycompss.core.streams import Stream
from pycompss.core.watches import Watch
from pycompss.engines.token import Token
from pycompss.errors import BackendException, RegistrationException
from pycompss.store.codec import loads_at_rest

if TYPE_CHECKING:
    from pycompss.runtime.run import Run

TICK = 0.02  # seconds
WAITED = 0.001  # seconds from which on a poll that gets nothing is worth a note
GLANCE = 0.02  # seconds for which a task that does not want to wait lends its units, if producers may need them

Registered = tuple[int, str, str, bool]  # number, alias, folder, whether items are given at least once


class Registry:
    """Streams by number; whoever asks for an alias again gets the same stream."""

    def __init__(self) -> None:
        self._streams: dict[int, Stream] = {}

    def find(self, number: int) -> Stream:
        """Raises BackendException for a stream of another run."""
        try:
            return self._streams[number]
        except KeyError:
            raise BackendException(f"stream {number} is not one of this run: make it anew") from None

    def all(self) -> Sequence[Stream]:
        return list(self._streams.values())

    def enter(self, kind: str, alias: str, folder: str, at_least_once: bool) -> tuple[Stream, bool]:
        """The stream, and whether it is new.

        Raises RegistrationException if the alias stands for a stream that is not like this.
        """
        for stream in self._streams.values():
            if alias and stream.alias == alias:
                if stream.kind != kind or folder not in ("", stream.folder):
                    raise RegistrationException(
                        f"the alias {alias!r} stands for a stream of {stream.kind} "
                        f"{stream.folder and 'in ' + stream.folder} already, so it cannot be one of {kind} "
                        f"{folder and 'in ' + folder}: choose another alias"
                    )
                return stream, False
        if kind == "FILES" and not folder:
            raise RegistrationException(f"FileDistroStream(alias={alias or None!r}) needs base_dir, a folder to watch")
        stream = Stream(len(self._streams) + 1, kind, alias, folder, at_least_once=at_least_once)
        self._streams[stream.number] = stream
        return stream, True


class RunStreams:
    """What the program and tasks do with streams (the lock is held; `task` is None for the program)."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._registry = Registry()
        self._waits: list[tuple[Watch, Stream, float]] = []  # until when
        self._clock: threading.Thread | None = None
        self._program_ended = False
        self._polls: dict[tuple[int | None, int], float] = {}  # of task and stream: since when, in an observed run

    def register(
        self, _task: Invocation | None, kind: str, alias: str, folder: str, at_least_once: bool, old: Sequence[str]
    ) -> Registered:
        """old: files that are in the folder already."""
        stream, is_new = self._registry.enter(kind, alias, folder, at_least_once)
        if is_new:
            stream.seen.update(old)
            if self._program_ended:
                stream.close(None)
            self._note(Kind.STREAM_OPENED, stream.number, kind, alias, folder)
        return stream.number, stream.alias, stream.folder, stream.at_least_once

    def used(self, task: Invocation, number: int, direction: Direction) -> None:
        """The task is about to be submitted, with the stream as a parameter."""
        if direction is Direction.OUT:
            self._registry.find(number).add_producer(task)
        self._note(Kind.STREAM_USED, task.id, number, direction.value)

    def publish(self, task: Invocation | None, number: int, items: Sequence[Any]) -> None:
        """Raises BackendException when the stream was closed."""
        stream = self._registry.find(number)
        if not stream.publish(task, items, program_waits=self._program_waits()):
            raise BackendException(f"{_called(stream)} is closed: publish before close()")
        self._note(Kind.STREAM_PUBLISHED, number, _id_of(task), len(items))
        self._look()

    def close(self, task: Invocation | None, number: int) -> None:
        self._registry.find(number).close(task)
        self._look()

    def is_closed(self, task: Invocation | None, number: int) -> bool:
        return self._is_closed(task, self._registry.find(number))

    def _is_closed(self, task: Invocation | None, stream: Stream) -> bool:
        """For the program, which asks and therefore submits nothing just now, or for a task."""
        return stream.is_closed(program_waits=task is None or self._program_waits())

    def _program_waits(self) -> bool:
        return self._program_ended or bool(self._run.core.program_watches)

    def program_ends(self) -> None:
        """The program publishes no more; what still waits for it need not."""
        self._program_ended = True
        for stream in self._registry.all():
            stream.close(None)
        self._look()

    # -- polling ------------------------------------------------------------------------------------------------------

    def patience(self, task: Invocation | None, number: int, seconds: float, files: Sequence[str]) -> float:
        """For how many seconds a poll waits; 0 if there is something to give, or nothing to wait for."""
        stream = self._registry.find(number)
        if self._run.core.journal is not None:
            self._polls[_id_of(task), number] = self._run.core.clock()
        stream.offer(files)
        if stream.has_items() or self._is_closed(task, stream):
            return 0.0
        if task is not None and stream.is_awaited_from_others(task):
            return max(seconds, GLANCE)
        return seconds

    def take(self, task: Invocation | None, number: int) -> tuple[Sequence[Any], bool]:
        """The items that are there, and whether the stream is closed."""
        stream = self._registry.find(number)
        items = stream.take(task)
        began = self._polls.pop((_id_of(task), number), None)
        if began is not None and (items or self._run.core.clock() - began > WAITED):
            self._note(Kind.STREAM_POLLED, number, _id_of(task), len(items), began)
        return items, self._is_closed(task, stream)

    def wait(self, watch: Watch, number: int, seconds: float) -> None:
        """The watch is done as soon as there are items, no more can come, or the time is over."""
        self._waits.append((watch, self._registry.find(number), time.monotonic() + seconds))
        if self._clock is None:
            self._clock = threading.Thread(target=self._tick, name="streams", daemon=True)
            self._clock.start()

    def _tick(self) -> None:
        while True:
            time.sleep(TICK)
            with self._run.lock:
                if not self._run.stopped:
                    self._look()
                    self._run.core.assign()
                    self._run.execute()
                if self._run.stopped or not self._waits:
                    self._clock = None
                    return

    def _look(self) -> None:
        """Let go on who has a reason to; of those who wait for one stream, only the first gets its items."""
        if not self._waits:
            return
        now, still, given = time.monotonic(), [], set()
        for watch, stream, until in self._waits:
            if watch.done:
                continue
            has_items = stream.has_items() and stream.number not in given
            if has_items:
                given.add(stream.number)
            if has_items or now >= until or self._is_closed(watch.task, stream):
                self._run.core.over(watch)
            else:
                still.append((watch, stream, until))
        self._waits = still

    def _note(self, kind: int, *fields: Any) -> None:
        journal = self._run.core.journal
        if journal is not None:
            journal.append((kind, self._run.core.clock(), *fields))


class ProgramStreams:
    """What the program does with streams."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def register(self, kind: str, alias: str, folder: str, at_least_once: bool, old: Sequence[str]) -> Registered:
        with self._run.lock:
            return self._run.streams.register(None, kind, alias, folder, at_least_once, old)

    def publish(self, number: int, values: Sequence[Any], name: str) -> None:
        items = [self._run.values.codec.pickled(value, task=name, argument="an item") for value in values]
        with self._run.lock:
            self._run.streams.publish(None, number, items)
            self._carry_out()

    def close(self, number: int) -> None:
        with self._run.lock:
            self._run.streams.close(None, number)
            self._carry_out()

    def is_closed(self, number: int) -> bool:
        self._run.poll()
        with self._run.lock:
            return self._run.streams.is_closed(None, number)

    def poll(self, number: int, seconds: float, files: Sequence[str]) -> tuple[Sequence[Any], bool]:
        """Raises TaskError when a task has failed for good, as other waits do."""
        run, streams = self._run, self._run.streams
        run.poll()
        with run.lock:
            run.raise_unreported()
            patience = streams.patience(None, number, seconds, files)
            if patience > 0:
                watch = Watch(Token())
                watch.count = 1
                streams.wait(watch, number, patience)
                try:
                    run.sleep(watch)
                finally:
                    watch.done = True
                run.raise_unreported()
            items, is_closed = streams.take(None, number)
        return values_of(items), is_closed

    def _carry_out(self) -> None:
        self._run.core.assign()
        self._run.execute()


def values_of(items: Sequence[Any]) -> list[Any]:
    """What consumers get: objects from their pickles, paths of files as they are."""
    return [loads_at_rest(item) if type(item) is bytes else item for item in items]


def _id_of(task: Invocation | None) -> int | None:
    return task.id if task is not None else None


def _called(stream: Stream) -> str:
    return f"stream {stream.alias!r}" if stream.alias else f"stream {stream.number}"
