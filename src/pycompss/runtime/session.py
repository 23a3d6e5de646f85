"""A run in the program's process: calls become invocations, commands go to the engine, values come home.

One lock guards the core. The program's threads take it to submit and to wait; the engine's thread takes it to report
what happened. Whoever changed something carries out the commands that the core gave for it, still under the lock, so
commands are carried out in the order in which they were decided. Nothing under the lock runs user code or waits.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from types import CodeType
from typing import IO, Any

from pycompss.core import commands as cmd
from pycompss.core.coordinator import Coordinator
from pycompss.core.data import Datum, Status, Version
from pycompss.core.events import Kind as EventKind
from pycompss.core.groups import Group
from pycompss.core.invocation import Invocation
from pycompss.core.parameter import IN, Direction, Spec
from pycompss.core.resources import Requirement
from pycompss.core.task import Definition, Policy, State
from pycompss.core.watches import Watch
from pycompss.engines import protocol
from pycompss.engines.protocol import Engine, Payload
from pycompss.errors import PyCOMPSsException
from pycompss.runtime import calls, embedded, failures, files, folder
from pycompss.runtime.binding import Bound, bind, specs_for
from pycompss.runtime.calls import Call, CallBuilder
from pycompss.runtime.config import Config
from pycompss.runtime.future import Future, holds_futures
from pycompss.runtime.interrupts import Interrupts
from pycompss.runtime.objects import Entry, FileEntry, ObjectTable
from pycompss.runtime.places import warn
from pycompss.runtime.plans import Plan
from pycompss.runtime.readers import Readers
from pycompss.runtime.returns import ARGUMENT_ITSELF, placeholder, returned_argument
from pycompss.runtime.values import Values
from pycompss.runtime.wiring import Wiring

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_PLAIN = frozenset({type(None), bool, float})
_INT_LIMIT = 1 << 62
_TEXT_LIMIT = 4096
POLL_EVERY = 64  # submissions between looks at what has arrived


class Session:
    """The parallel caller of the program's process (`pycompss.runtime.caller.Caller`)."""

    parallel = True

    def __init__(self, config: Config, engine: Engine | None = None) -> None:
        self.config = config
        self.folder = folder.create(config)
        self.lock = threading.RLock()  # never taken twice: re-entrant only because it knows its owner
        self._polling = threading.RLock()  # (the same)
        self.values = Values(config.store_limit or _default_store())
        self.engine: Engine = engine or embedded.local_engine(config, self.folder, self.values)
        self.interrupts = Interrupts((self.lock, self._polling), self.engine.wake)
        self.table = ObjectTable()
        self.builder = CallBuilder(self.table, self.values.codec, self)
        self.forgotten: deque[Any] = deque()  # handles of futures that the program dropped
        self.groups: list[Group] = []  # open ones, outermost first
        self.named_groups: dict[tuple[int, str], Group] = {}
        self.stopped = False
        self.started = time.monotonic()
        self.failures = failures.Reporter(self)
        self.core: Coordinator
        self.wiring = Wiring(self)
        self.readers = Readers(self)
        self._requirements: dict[tuple[int, int], Requirement] = {}
        self._until_poll = POLL_EVERY
        self._wall_clock: Any = None
        self._owner_pid = os.getpid()

    # -- life ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the engine; raises what keeps it from starting."""
        nodes = self.engine.start(self._on_events)
        self.core = Coordinator(nodes, clock=time.time)
        self.files = files.Files(self)
        self.values.arena.make_room = self._make_room
        self.wiring.start()
        self.readers.start()
        self.interrupts.install()
        if self.config.wall_clock_limit:
            self.set_wall_clock(self.config.wall_clock_limit)

    def stop(self, code: int = 0, *, hard: bool = False) -> None:
        """Wait for all tasks (with a non-zero code: cancel them), bring files home, end the workers.

        Raises TaskError when a task failed for good and nobody was told, after everything has ended.
        """
        if self.stopped or os.getpid() != self._owner_pid:
            return
        problem: BaseException | None = None
        try:
            if code or hard:
                self._cancel_everything()
            else:
                problem = self._drain()
            if not hard:
                self.files.bring_home()
        finally:
            self.stopped = True
            with self.interrupts.held():
                self._end(code or int(problem is not None), force=bool(code) or hard)
            self.interrupts.remove()
        if problem is not None:
            raise problem

    def _end(self, code: int, *, force: bool) -> None:
        """End the workers and everything that belongs to the run."""
        self._end_wall_clock()
        self.engine.stop(force=force)
        self.readers.stop(code)
        self.folder.close()
        self._let_go()

    def _let_go(self) -> None:
        """Nothing of this run stays behind in the definitions, which outlive it."""
        for definition in self.core.types:
            if definition.plan is not None and definition.plan.session is self:
                definition.plan = None
                definition.number = -1
        self.values.close()

    def _drain(self) -> BaseException | None:
        """Wait for every task; the failure that nobody was told of, if any."""
        first: BaseException | None = None
        while True:
            try:
                self._wait_idle()
            except PyCOMPSsException as error:
                first = first or error
            else:
                return first

    def _cancel_everything(self) -> None:
        with self.lock:
            self.core.cancel_all()
            self.core.unreported.clear()
            self._execute()

    # -- calling tasks -------------------------------------------------------------------------------------------

    def call(self, definition: Definition, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Submit one task; returns its future(s), or None when it returns nothing.

        Raises TypeError for wrong arguments, SerializerException for what cannot travel, UnschedulableTask.
        """
        plan = definition.plan
        if plan is None or plan.session is not self:
            plan = definition.plan = Plan(self, definition)
        if self.stopped:
            self._complain_stopped(definition)
        if plan.simple and not kwargs and len(args) == plan.count:
            return self._submit_simple(plan, definition, args)
        return self._submit_bound(plan, definition, bind(definition, args, kwargs))

    def _submit_simple(self, plan: Plan, definition: Definition, args: Sequence[Any]) -> Any:
        """No keywords, no overrides, nothing about the call that depends on its arguments but the arguments."""
        call: Call | None = None
        wired = []
        for position, value in enumerate(args):
            spec = plan.specs[position]
            if spec is IN:
                kind = type(value)
                if (
                    kind in _PLAIN
                    or (kind is int and -_INT_LIMIT < value < _INT_LIMIT)
                    or (kind is str and len(value) < _TEXT_LIMIT)
                ):
                    wired.append(value)
                    continue
            if call is None:
                call = Call()
            wired.append(self.builder.argument(call, definition, plan.names[position], value, spec))
        payload = Payload(plan.function(), tuple(wired), None, plan.returns, plan.extras)
        payload.plain = call is None and plan.extras is None
        return self._submit(definition, plan.requirement, payload, call, plan.returns, plan.returns_list, plan.types)

    def _submit_bound(self, plan: Plan, definition: Definition, bound: Bound) -> Any:
        call, payload, requirement, count, as_list, types = plan.build(bound)
        result = self._submit(
            definition, requirement, payload, call, max(count, 0), as_list, types, plan.policy_of(bound)
        )
        if count == ARGUMENT_ITSELF:
            return returned_argument(definition, bound)
        return result

    def _submit(
        self,
        definition: Definition,
        requirement: Requirement,
        payload: Payload,
        call: Call | None,
        returns: int,
        as_list: bool,  # noqa: FBT001
        types: tuple[type | None, ...],
        policy: Policy | None = None,
    ) -> Any:
        place = _place()
        results = self._make_results(returns, as_list, types) if returns else None
        core = self.core
        with self.lock:
            if self.forgotten:
                self._release_forgotten()
            task = core.new_task(definition, requirement, payload)
            task.place = place
            if policy is not None:
                task.policy = policy
            if call is not None or returns:
                task.reads, task.writes = [], []
                if call is not None:
                    self.carry_out(task, call.operations, payload)
                    payload.weights = call.weights
                if results is not None:
                    self._attach_results(task, results)
            if self.groups:
                task.groups = tuple(self.groups)
            if core.journal is not None:
                self._record_created(task, call)
            if core.submit(task):
                core.assign()
                self._execute()
            elif core.commands:
                self._execute()
        if call is not None and call.replaced:
            for holder, key, future in call.replaced:
                holder[key] = future
        self._until_poll -= 1
        if self._until_poll <= 0:
            self._until_poll = POLL_EVERY
            self._poll()
            self._sweep()
        if results is None:
            return None
        return results if as_list else results[0]

    def _poll(self) -> None:
        """Look at what has arrived, unless another thread does; an interrupt must not lose it."""
        if self._polling.acquire(blocking=False):
            try:
                self.engine.poll()
            finally:
                self._polling.release()

    def _make_results(self, count: int, as_list: bool, types: tuple[type | None, ...]) -> list[Any]:  # noqa: FBT001
        if not any(types):
            return [Future(None, self) for _ in range(count)]
        made = []
        for cls in types or (None,) * count:
            instance = placeholder(cls)
            made.append(Future(None, self) if instance is None else instance)
        return made

    def _attach_results(self, task: Invocation, results: list[Any]) -> None:
        for result in results:
            datum = self.core.data.result(task)
            task.writes.append(datum.current)
            if type(result) is Future:
                result.handle = datum
            else:
                entry = self.table.track(result)
                entry.handle = datum
                entry.written = True

    def carry_out(self, task: Invocation, operations: Iterable[tuple[int, Any, Any, str]], payload: Payload) -> None:
        """Record the accesses of a call in the core (the lock is held)."""
        data = self.core.data
        for code, subject, spec, _ in operations:
            if code == calls.COLLECTION:
                data.skip_id()
                continue
            if code == calls.READ or code == calls.DELETE:
                datum = subject.handle or self._new_datum(subject)
                data.read(task, datum)
                if code == calls.DELETE:
                    self._promise_unused(subject, datum)
                continue
            datum = self._written_datum(subject, code)
            if code == calls.SHARE:
                task.shared = [] if not task.shared else task.shared
                data.share(task, datum, spec.direction)
                if spec.direction is Direction.CONCURRENT and not datum.is_file:
                    payload.unsent.append(len(task.writes) - 1)
            else:
                if code == calls.UPDATE:
                    data.read(task, datum)
                    if not datum.is_file:
                        payload.updates.append((len(task.reads) - 1, len(task.writes)))
                data.write(task, datum)
            if datum.is_file:
                payload.paths.append(self.files.path_of_output(task, spec.direction))
            else:
                payload.paths.append(None)

    def _new_datum(self, subject: Any) -> Datum:
        if type(subject) is FileEntry:
            datum = self.core.data.initial(subject.path, is_file=True)
            datum.origin = subject.path
        else:
            datum = self.core.data.initial(subject.descriptor)
            self.values.retain(subject.descriptor)
            subject.descriptor = None
        subject.handle = datum
        return datum

    def _written_datum(self, subject: Any, code: int) -> Datum:
        if type(subject) is tuple:  # an immutable element of a written collection: (entry | None, its future)
            entry, future = subject
            future.handle = self._new_datum(entry) if entry is not None else self.core.data.new_datum()
            datum: Datum = future.handle
            return datum
        if subject.handle is None:
            if code != calls.CREATE:
                return self._new_datum(subject)
            subject.handle = self.core.data.new_datum(is_file=type(subject) is FileEntry)
            if type(subject) is FileEntry:
                subject.handle.origin = subject.path
        found: Datum = subject.handle
        return found

    def _promise_unused(self, subject: Any, datum: Datum) -> None:
        """IN_DELETE: the program will not use the datum again."""
        if type(subject) is Entry:
            self.table.untrack(subject.object)
            self.core.data.release(datum)

    def _complain_stopped(self, definition: Definition) -> None:
        raise PyCOMPSsException(
            f"{definition.name} was called after the runtime had stopped; call compss_start() "
            f"(or pycompss.interactive.start()) first"
        )

    # -- what the program drops ------------------------------------------------------------------------------------

    def forget(self, handle: Any) -> None:
        """A future was collected (`Future.__del__`): noted now, done at the next submission."""
        if handle is not None:
            self.forgotten.append(handle)

    def _release_forgotten(self) -> None:
        forgotten = self.forgotten
        release = self.core.data.release
        while forgotten:
            release(forgotten.popleft())

    def _make_room(self, attempt: int) -> bool:
        """The program's shared memory is full: forget what it dropped, then wait for its tasks. False: all was done."""
        if attempt == 0:
            self._sweep(now=True)
        elif attempt == 1 and not self.lock._is_owned():  # type: ignore[attr-defined]  # noqa: SLF001
            self._wait_idle()
        else:
            return False
        with self.lock:
            self._release_forgotten()
            self._execute()
        return True

    def _sweep(self, *, now: bool = False) -> None:
        for entry in self.table.sweep(now=now):
            self.forget(entry.handle)

    # -- carrying out --------------------------------------------------------------------------------------------

    def _execute(self) -> None:
        """Carry out the core's commands (the lock is held)."""
        core = self.core
        while True:
            if not core.commands and not core.data.freed:
                return
            for command in core.take_commands():
                kind = type(command)
                if kind is cmd.Run:
                    self.engine.run(command.slot, self.wiring.wire_all(command.tasks))
                elif kind is cmd.Free:
                    self._free(command.version)
                elif kind is cmd.Close:
                    self.engine.close_slot(command.slot)
                elif kind is cmd.Wake:
                    _wake(command.watch)
                else:
                    self._execute_rarely(command)

    def _execute_rarely(self, command: Any) -> None:
        match command:
            case cmd.TakeBack(slot):
                self.engine.take_back(slot)
            case cmd.Interrupt(task):
                self.wiring.interrupt(task)
            case cmd.Resume(slot, watch):
                self.wiring.resume(slot, watch)
            case cmd.Report(failure, outcome):
                self.failures.report(failure, outcome)

    def _free(self, version: Version) -> None:
        if version.datum.is_file:
            self.files.remove(version)
        else:
            self.values.free(version)
            idle = self.values.take_idle()
            if idle:
                self.engine.release(idle)

    def _on_events(self, events: list[protocol.Event]) -> None:
        """The engine's thread reports."""
        with self.lock:
            for event in events:
                self.wiring.handle(event)
            if self.wiring.scarcity.aside:
                self.wiring.give_up_hope()
            self.core.assign()
            self._execute()
        self.readers.relieve()

    # -- waiting -------------------------------------------------------------------------------------------------

    def _wait(self, watch: Watch) -> None:
        """Sleep until the watch is done; raises the failure that came meanwhile. The lock is held, and given up."""
        core = self.core
        key = id(watch)
        core.program_watches[key] = watch
        try:
            self._execute()
            self.interrupts.expect(watch.token)
            self.lock.release()
            try:
                self.engine.wait(watch.token)
            finally:
                self.lock.acquire()
        finally:
            core.program_watches.pop(key, None)
            self.interrupts.settle()

    def _raise_unreported(self) -> None:
        """A task failed for good: the next synchronisation says so, once (the lock is held)."""
        unreported = self.core.unreported
        while unreported:
            failure = unreported.pop(0)
            if not failure.reported:
                failure.reported = True
                raise self.failures.error(failure)

    def wait_versions(self, versions: Iterable[Version]) -> None:
        """Wait until all versions are settled (the lock is held)."""
        self._raise_unreported()
        watch = Watch(_held_lock())
        if not self.core.watch_versions(watch, versions):
            self._wait(watch)
            self._raise_unreported()

    def _wait_idle(self) -> None:
        with self.lock:
            self._raise_unreported()
            watch = Watch(_held_lock())
            if not self.core.watch_idle(watch, None):
                self._wait(watch)
            self._raise_unreported()

    def wait_on(self, value: Any) -> Any:
        """The value of a future, a tracked object, or a list or dict with such things in it."""
        if type(value) is Future:
            return self.resolve(value)
        pending: list[Version] = []
        if isinstance(value, (list, dict)):
            self._collect(value, pending)
            if pending:
                with self.lock:
                    self.wait_versions(pending)
        return self._value_of(value)

    def _collect(self, value: Any, pending: list[Version]) -> None:
        """All versions inside a structure, so that one wait does for them."""
        if type(value) is Future:
            if value.handle is not None:
                pending.append(value.handle.current)
            return
        entry = self.table.find(value)
        if entry is not None and entry.written:
            if entry.handle is not None and not entry.synchronised:
                pending.append(entry.handle.current)
        elif isinstance(value, list):
            for item in value:
                self._collect(item, pending)
        elif isinstance(value, dict):
            for key, item in value.items():
                self._collect(key, pending)
                self._collect(item, pending)

    def _value_of(self, value: Any) -> Any:
        if type(value) is Future:
            return self.resolve(value)
        entry = self.table.find(value)
        if entry is not None and entry.written:
            return self._synchronise(entry)
        if isinstance(value, list):
            return [self._value_of(item) for item in value]
        if isinstance(value, dict):
            return {self._value_of(key): self._value_of(item) for key, item in value.items()}
        return value

    def _synchronise(self, entry: Entry) -> Any:
        """The last value of an object; from now on the object is an ordinary one again."""
        if not entry.synchronised:
            entry.value = self._fetch(entry.handle)
            entry.synchronised = True
            self.forget(entry.handle)
            entry.handle = None
        return entry.value

    def resolve(self, future: Future) -> Any:
        """The value of a future (`Future` operators and `compss_wait_on` end here)."""
        try:
            return _kept_value(future)
        except AttributeError:
            pass
        value = self._fetch(future.handle)
        future.value = value
        return value

    def _fetch(self, datum: Datum) -> Any:
        with self.lock:
            if self.forgotten:
                self._release_forgotten()
            version = datum.current
            label, producer = version.label, version.producer
            self.wait_versions([version])
            if self.core.journal is not None:
                number = producer.id if producer is not None else None
                self.core.journal.append((EventKind.SYNCHRONISED, time.time(), label, number))
            content = version.content
            if Status.FAILED in (version.status, content.status):
                raise self.failures.error(version.failure or content.failure)
            if content.status is Status.VOID:
                self.failures.warn_void(datum)
                return None
            self.core.data.claim(content)
            descriptor = content.value
            self._execute()
        try:
            value = self.values.decode(descriptor)
        finally:
            with self.lock:
                self.core.data.unclaim(content)
                self._execute()
        if self.wiring.nested.futures_possible and holds_futures(value):
            return self.wait_on(value)
        return value

    def describe(self, future: Future) -> tuple[str, str]:
        """Task and state of a future, without waiting."""
        version = future.handle.current if future.handle is not None else None
        if version is None or version.producer is None:
            return "a task", "unknown"
        state = "finished" if version.status is Status.READY else version.producer.state.name.lower()
        return f"{version.producer.definition.name} (task {version.producer.id})", state

    def adopt(self, handle: int) -> Any:
        """A future arrived inside a value: its datum."""
        datum = self.wiring.nested.data.get(handle)
        if datum is not None:
            datum.handles += 1
        return datum

    def reduce(self, future: Future) -> Any:
        """A future inside a pickled value: whoever unpickles it can wait for it."""
        return self.wiring.reduce_future(future)

    # -- barriers and groups ---------------------------------------------------------------------------------------

    def barrier(self, no_more_tasks: bool = False) -> None:  # noqa: FBT001, FBT002
        """Wait for all tasks."""
        if self.core.journal is not None:
            self._record_barrier(None)
        self._wait_idle()
        if no_more_tasks:
            for entry in list(self.table.entries.values()):
                self.table.untrack(entry.object)
                self.forget(entry.handle)

    def open_group(self, name: str) -> None:
        with self.lock:
            group = Group(name)
            self.groups.append(group)
            self.named_groups[0, name] = group
            if self.core.journal is not None:
                self.core.journal.append((EventKind.GROUP_OPENED, time.time(), name))

    def close_group(self, name: str) -> None:
        with self.lock:
            for group in reversed(self.groups):
                if group.name == name:
                    group.closed = True
                    self.groups.remove(group)
                    break
            if self.core.journal is not None:
                self.core.journal.append((EventKind.GROUP_CLOSED, time.time(), name))

    def barrier_group(self, name: str) -> None:
        """Wait for a group's tasks; raises the COMPSsException that one of them raised, once."""
        group = self.named_groups.get((0, name))
        if group is None:
            return
        if self.core.journal is not None:
            self._record_barrier(group)
        with self.lock:
            self._wait_group(group)
            if group.closed and not group.exception:
                self.named_groups.pop((0, name), None)
            failures.raise_group_exception(group)

    def _wait_group(self, group: Group) -> None:
        self._raise_unreported()
        watch = Watch(_held_lock())
        if not self.core.watch_group(watch, group):
            self._wait(watch)
        self._raise_unreported()

    def cancel_group(self, name: str) -> None:
        """Cancel pending and running members, and wait until they have ended."""
        group = self.named_groups.get((0, name))
        if group is None:
            return
        with self.lock:
            self.core.cancel_group(group)
            self._execute()
            self._wait_group(group)

    # -- files -----------------------------------------------------------------------------------------------------

    def wait_on_file(self, name: str) -> None:
        self.files.wait_on(name)

    def open(self, name: str, mode: str) -> IO[Any]:
        return self.files.open(name, mode)

    def file_exists(self, name: str) -> bool:
        return self.files.exists(name)

    def delete_file(self, name: str) -> bool:
        return self.files.delete(name)

    def delete_object(self, value: Any) -> bool:
        """Forget an object: the next task that gets it captures its content anew."""
        if type(value) is Future:
            return True
        entry = self.table.untrack(value)
        if entry is not None:
            self.forget(entry.handle)
        return True

    # -- the rest of the API -----------------------------------------------------------------------------------------

    def snapshot(self) -> None:
        """Checkpoints come later; a program that asks for one is no worse off."""

    def number_of_resources(self) -> int:
        return len(self.core.nodes)

    def request_resources(self, number: int, group: str | None) -> None:
        """No connector: the number of nodes stays."""
        if group is not None:
            self.cancel_group(group)

    def free_resources(self, number: int, group: str | None) -> None:
        if group is not None:
            self.cancel_group(group)

    def set_wall_clock(self, seconds: float) -> None:
        from pycompss.runtime.wallclock import WallClock  # noqa: PLC0415

        self._end_wall_clock()
        self._wall_clock = WallClock(self, seconds)

    def _end_wall_clock(self) -> None:
        if self._wall_clock is not None:
            self._wall_clock.cancel()
            self._wall_clock = None

    def statistics(self) -> Any:
        """Counts of tasks by state, and seconds since the start."""
        with self.lock:
            return Statistics(**self.core.statistics(), seconds=time.monotonic() - self.started)

    def requirement(self, units: int, memory: int) -> Requirement:
        """The one object for this requirement."""
        key = (units, memory)
        found = self._requirements.get(key)
        if found is None:
            found = self._requirements[key] = Requirement(units, memory)
        return found

    # -- the journal -------------------------------------------------------------------------------------------------

    def _record_created(self, task: Invocation, call: Call | None) -> None:
        from pycompss.runtime.recording import task_created  # noqa: PLC0415

        task_created(self.core, task, call)

    def _record_barrier(self, group: Group | None) -> None:
        from pycompss.runtime.recording import barrier  # noqa: PLC0415

        with self.lock:
            barrier(self.core, group)


class Statistics:
    """Counts of tasks by state; `seconds` since the start of the run."""

    __slots__ = ("cancelled", "done", "failed", "running", "seconds", "total", "waiting")

    def __init__(
        self, *, total: int, done: int, running: int, waiting: int, failed: int, cancelled: int, seconds: float
    ) -> None:
        self.total = total
        self.done = done
        self.running = running
        self.waiting = waiting
        self.failed = failed
        self.cancelled = cancelled
        self.seconds = seconds


_kept_value = Future.value.__get__  # type: ignore[attr-defined]


def _held_lock() -> Any:
    """A lock that is taken: whoever waits takes it again, whoever wakes releases it."""
    lock = threading.Lock()
    lock.acquire()
    return lock


def _wake(watch: Watch) -> None:
    try:
        watch.token.release()
    except RuntimeError:  # an interrupt has woken the thread at this moment
        pass


def _place() -> tuple[CodeType, int]:
    """Where the program called the task."""
    frame = sys._getframe(3)  # noqa: SLF001
    while frame.f_code.co_filename.startswith(_OWN) and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code, frame.f_lineno


def _default_store() -> int:
    """Shared memory for values: half of the machine's memory."""
    return max(1 << 30, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2)
