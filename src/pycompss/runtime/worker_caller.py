"""The caller inside a task: what the task calls and waits for goes to the master."""

from __future__ import annotations

import builtins
import os
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from pycompss.core.task import Definition, Policy
from pycompss.errors import PyCOMPSsException
from pycompss.runtime import alternatives, calls, constraints, kinds, reduction, refusals, services, spans
from pycompss.runtime.binding import Bound, bind, spec_for_keyword, specs_for, warn_unexpected
from pycompss.runtime.call_builder import CallBuilder
from pycompss.runtime.calls import Call
from pycompss.runtime.config import ServiceSpec
from pycompss.runtime.future import Future, holds_futures
from pycompss.runtime.handles import FUTURE, LOCAL, card_of, rebuild_future
from pycompss.runtime.objects import Entry, FileEntry, ObjectTable
from pycompss.runtime.returns import ARGUMENT_ITSELF, count_returns, placeholder, returned_argument
from pycompss.runtime.task_streams import TaskStreams

if TYPE_CHECKING:
    from pycompss.worker.process import Worker


MOST_FORGOTTEN = 100  # handles of dropped futures that are told to the master together


class WorkerCaller:
    """Answers API calls of the task that runs (`pycompss.runtime.caller.Caller`)."""

    parallel = True

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.services = [ServiceSpec(*service) for service in worker.settings["services"]]
        self.stopped = False
        self._count = 0
        self._forgotten: list[int] = []  # handles of futures that the task dropped
        self._given_away: set[int] = set()
        self.own: Sequence[Any] = ()  # objects that the running task may change
        self.reset()
        worker.caller = self

    def reset(self) -> None:
        """A new task begins: the objects of the last one are nobody's business."""
        self.table = ObjectTable()
        self.builder = CallBuilder(self.table, self.worker.codec, self)
        self.groups: list[str] = []
        self.used = False
        self._forgotten.clear()

    def _new_handle(self) -> int:
        self._count += 1
        arena: int = self.worker.settings["arena"]
        return LOCAL + (arena << 24) + self._count

    # -- calling -----------------------------------------------------------------------------------------------------

    def call(self, definition: Definition, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        self.used = True
        if len(self._forgotten) > MOST_FORGOTTEN:
            forgotten, self._forgotten = self._forgotten, []
            self.worker.tell("forget", forgotten)
        bound = bind(definition, args, kwargs)
        if definition.unexpected:
            warn_unexpected(definition)
        if self.own and self._changes_own(definition, bound):
            return self._call_here(definition, bound)
        if reduction.applies(definition, bound):
            return reduction.submit(definition, bound, self.builder, partial(self._submit, definition))
        return self._submit(definition, bound)

    def _submit(self, definition: Definition, bound: Bound) -> Any:
        function = self._function(definition, bound)
        count, as_list, types = count_returns(definition, bound)
        need, *other_needs = self._needs(definition, bound)
        call = Call()
        specs = specs_for(definition, len(bound.positional))
        wired = tuple(
            self.builder.argument(call, definition, name, value, spec)
            for name, value, spec in zip(bound.names, bound.positional, specs, strict=True)
        )
        keywords = {
            name: self.builder.argument(call, definition, name, value, spec_for_keyword(definition, name))
            for name, value in bound.keywords.items()
        } or None
        operations = [self._operation(*operation) for operation in call.operations]
        results = self._results(max(count, 0), types)
        policy = self._policy(definition, bound.overrides.get("on_failure"))
        defaults = bound.overrides.get("defaults") or definition.failure_defaults
        others = [
            (
                tuple(card_of(other, policy)),
                self._function(other, bound),
                other_need,
                kinds.is_launched(other),
                self._defaults(other, defaults),
            )
            for other, other_need in zip(definition.alternatives, other_needs, strict=True)
        ]
        self.worker.tell(
            "submit",
            (
                tuple(card_of(definition, policy)),
                function,
                wired,
                keywords,
                operations,
                [self._handle_of(result) for result in results],
                need,
                self._extras(definition, call, policy),
                list(self.groups),
                self._defaults(definition, defaults),
                others,
            ),
        )
        for holder, key, future in call.replaced:
            holder[key] = future
        if count == ARGUMENT_ITSELF:
            return returned_argument(definition, bound)
        if not results:
            return None
        return results if as_list else results[0]

    def _needs(self, definition: Definition, bound: Bound) -> list[constraints.WireNeed]:
        """What the task and its other versions ask for; raises UnschedulableTask if no node can run any of them."""
        if alternatives.missing:
            alternatives.find_missing()
        offered = (definition, *definition.alternatives)
        needs = [services.limited(constraints.asked_by(one).of(bound), one, self.services) for one in offered]
        nodes = [spans.nodes(one, bound) for one in offered]
        wired = list(map(constraints.to_wire, needs, map(kinds.processes, offered), nodes))
        if not any(need == constraints.PLAIN and number == 1 for need, number in zip(needs, nodes, strict=True)):
            self.worker.request("can_run", wired, *refusals.asker(definition))
        return wired

    def _function(self, definition: Definition, bound: Bound) -> bytes:
        """The reference of what is to be called."""
        reference = self.worker.codec_names.function_reference
        if not kinds.is_launched(definition):
            return reference(definition.function)
        return reference(kinds.launcher(definition, bound, self.services, reference))

    def _changes_own(self, definition: Definition, bound: Bound) -> bool:
        """Whether the call is to change an object that the running task itself was given to change."""
        specs = specs_for(definition, len(bound.positional))
        written = [v for v, spec in zip(bound.positional, specs, strict=True) if spec.direction.writes]
        return any(value is mine for value in written for mine in self.own)

    def _call_here(self, definition: Definition, bound: Bound) -> Any:
        """`super().update()` and the like: a task of its own would change a copy, so this one does it in place."""
        for value in bound.positional:
            self.delete_object(value)  # its content changes: another task that gets it captures it anew
        args = [self.wait_on(value) if type(value) is Future else value for value in bound.positional]
        keywords = {k: self.wait_on(v) if type(v) is Future else v for k, v in bound.keywords.items()}
        if kinds.is_launched(definition):
            from pycompss.worker.elsewhere import in_place  # noqa: PLC0415  (few tasks need it)

            return in_place(kinds.launcher(definition, bound, self.services)(*args, **keywords))
        return definition.function(*args, **keywords)

    def _defaults(self, definition: Definition, given: Mapping[str, Any]) -> Any:
        """What the task gives when it is ignored."""
        return self.worker.codec.encode(kinds.failure_defaults(definition, given) or None)

    def _policy(self, definition: Definition, given: Any) -> Policy:
        return definition.policy if given is None else Policy[str(given).upper()]

    def _extras(self, definition: Definition, call: Call, policy: Policy) -> dict[str, Any] | None:
        extras: dict[str, Any] = {}
        if definition.time_out:
            extras["time_out"] = definition.time_out
        if call.has_files or kinds.is_launched(definition):
            extras["files"] = True
        if policy in (Policy.IGNORE, Policy.CANCEL_SUCCESSORS):
            extras["keep"] = True
        return extras or None

    def _results(self, count: int, types: tuple[type | None, ...]) -> list[Any]:
        made: list[Any] = []
        for index in range(count):
            instance = placeholder(types[index]) if index < len(types) else None
            if instance is None:
                made.append(Future(self._new_handle(), self))
            else:
                entry = self.table.track(instance)
                entry.handle = self._new_handle()
                entry.written = True
                made.append(instance)
        return made

    def _handle_of(self, result: Any) -> int:
        handle: int = result.handle if type(result) is Future else self.table.entries[id(result)].handle
        return handle

    def _operation(self, code: int, subject: Any, spec: Any, _name: str) -> tuple[Any, ...]:
        """One operation in plain values: (code, handle, what to make if it is new, descriptor, direction, weight)."""
        if code == calls.COLLECTION:
            return (code, 0, "", None, 0, 1.0)
        direction, weight = int(spec.direction), spec.weight
        if code == calls.STREAM:
            return (code, subject, "", None, direction, weight)
        if type(subject) is tuple:
            entry, future = subject
            future.handle = self._new_handle()
            new, descriptor = ("object", entry.descriptor) if entry is not None else ("void", None)
            return (code, future.handle, new, descriptor, direction, weight)
        if subject.handle is not None:
            return (code, subject.handle, "", None, direction, weight)
        subject.handle = self._new_handle()
        if type(subject) is FileEntry:
            return (code, subject.handle, "file", subject.path, direction, weight)
        if code == calls.CREATE:
            return (code, subject.handle, "void", None, direction, weight)
        descriptor, subject.descriptor = subject.descriptor, None
        return (code, subject.handle, "object", descriptor, direction, weight)

    # -- futures -----------------------------------------------------------------------------------------------------

    def adopt(self, handle: int) -> int:
        """A future arrived inside a value."""
        return handle

    def reduce(self, future: Future) -> Any:
        self._given_away.add(future.handle)
        return rebuild_future, (future.handle,)

    def forget(self, handle: Any) -> None:
        if handle is not None:
            self._forgotten.append(handle)

    def describe(self, future: Future) -> tuple[str, str]:
        return "a task", "submitted by this task"

    def resolve(self, future: Future) -> Any:
        if not future.is_known():
            future.value = self._fetch([future.handle])[0]
        return future.value

    def _fetch(self, handles: list[int]) -> list[Any]:
        values = []
        for ok, descriptor in self.worker.request("wait", handles):
            value = self.worker.codec.decode(descriptor)
            if not ok:
                raise value
            values.append(self.wait_on(value) if holds_futures(value) else value)
        return values

    def wait_on(self, value: Any) -> Any:
        if type(value) is Future:
            return self.resolve(value)
        entry = self.table.find(value)
        if entry is not None and entry.written:
            return self._synchronise(entry)
        if entry is not None:
            self.delete_object(value)  # tasks have only read it, but from now on this one may change it
        if isinstance(value, list):
            self._prefetch(value)
            return [self.wait_on(item) for item in value]
        if isinstance(value, dict):
            return {self.wait_on(key): self.wait_on(item) for key, item in value.items()}
        return value

    def value_here(self, value: Any) -> Any:
        if type(value) is Future:
            return self.resolve(value)
        entry = self.table.find(value)
        if entry is None:
            return value
        if entry.written:
            return self._synchronise(entry)
        self.delete_object(value)
        return value

    def _prefetch(self, values: list[Any]) -> None:
        """One request for all futures of a list."""
        futures = [v for v in values if type(v) is Future and not v.is_known()]
        if len(futures) > 1:
            for future, value in zip(futures, self._fetch([f.handle for f in futures]), strict=True):
                future.value = value

    def _synchronise(self, entry: Entry) -> Any:
        if not entry.synchronised:
            entry.value = self._fetch([entry.handle])[0]
            entry.synchronised = True
            self.forget(entry.handle)
            entry.handle = None
        return entry.value

    def settled(self, value: Any, *, keep_futures: bool = False) -> Any:
        """What an output of the task is in the end: tasks that it called, without waiting, may have written it."""
        if not self.used:
            return value
        if type(value) is Future:
            return value if keep_futures else self.resolve(value)
        return self.wait_on(value) if self._is_written(value) else value

    def _is_written(self, value: Any) -> bool:
        """Whether tasks that this one called have written the value, or something in it."""
        entry = self.table.find(value)
        if entry is not None and entry.written:
            return True
        if isinstance(value, dict):
            return any(map(self._is_written, value.values()))
        return isinstance(value, list) and any(map(self._is_written, value))

    # -- barriers and groups -------------------------------------------------------------------------------------------

    def barrier(self, no_more_tasks: bool = False) -> None:
        """Wait for the tasks that this task has called."""
        self.worker.request("barrier")

    def open_group(self, name: str) -> None:
        self.groups.append(name)

    def close_group(self, name: str) -> None:
        if name in self.groups:
            self.groups.reverse()
            self.groups.remove(name)
            self.groups.reverse()

    def barrier_group(self, name: str) -> None:
        self.worker.request("barrier_group", name)

    def cancel_group(self, name: str) -> None:
        self.worker.request("cancel_group", name)

    # -- files ---------------------------------------------------------------------------------------------------------

    def wait_on_file(self, name: str) -> None:
        entry = self.table.files.get(os.path.abspath(name))
        if entry is None or entry.handle is None:
            return
        path = self._settled_path(entry)
        if path is not None and path != entry.path and os.path.exists(path):
            if os.path.isdir(path):
                shutil.rmtree(entry.path, ignore_errors=True)
                shutil.copytree(path, entry.path, symlinks=True)
            else:
                shutil.copyfile(path, entry.path)
        self.table.forget_file(entry.path)
        self.forget(entry.handle)

    def _settled_path(self, entry: FileEntry) -> str | None:
        for ok, descriptor in self.worker.request("wait", [entry.handle]):
            if not ok:
                raise self.worker.codec.decode(descriptor)
            return descriptor  # type: ignore[no-any-return]
        return None

    def open(self, name: str, mode: str) -> IO[Any]:
        if "w" not in mode:
            self.wait_on_file(name)
        else:
            self.table.forget_file(name)
        return builtins.open(name, mode)

    def file_exists(self, name: str) -> bool:
        return os.path.abspath(name) in self.table.files or os.path.exists(name)

    def delete_file(self, name: str) -> bool:
        entry = self.table.forget_file(name)
        if entry is not None:
            self.forget(entry.handle)
        if os.path.isfile(name):
            os.unlink(name)
        return False

    def delete_object(self, value: Any) -> bool:
        entry = self.table.untrack(value)
        if entry is not None:
            self.forget(entry.handle)
        return True

    # -- streams -------------------------------------------------------------------------------------------------------

    @property
    def stream_calls(self) -> TaskStreams:
        """What the task does with streams."""
        return TaskStreams(self)

    # -- the rest ------------------------------------------------------------------------------------------------------

    def snapshot(self) -> None:
        """Only the program takes snapshots."""

    def number_of_resources(self) -> int:
        return 1

    def request_resources(self, number: int, group: str | None) -> None:
        """Only the program changes its resources."""

    def free_resources(self, number: int, group: str | None) -> None:
        """Only the program changes its resources."""

    def set_wall_clock(self, seconds: float) -> None:
        raise PyCOMPSsException("a task cannot set the wall clock limit of the program")

    def stop(self, code: int = 0, *, hard: bool = False) -> None:
        """A task cannot stop the runtime."""

    # -- the end of a task --------------------------------------------------------------------------------------------

    def encode_return(self, value: Any) -> Any:
        """A returned future stays a future for the consumer."""
        self._given_away.add(value.handle)
        return (FUTURE, value.handle)

    def fetch_files(self) -> None:
        """Bring files of tasks that this one called to where it expects them."""
        for entry in list(self.table.files.values()):
            if entry.written and entry.handle is not None:
                self.wait_on_file(entry.path)

    def end_task(self) -> None:
        """Results are encoded: futures among them stay, everything else is forgotten."""
        if self._given_away:
            self.worker.tell("keep", list(self._given_away))
            self._given_away.clear()
        self.reset()
