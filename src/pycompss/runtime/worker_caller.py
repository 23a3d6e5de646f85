"""The caller inside a task: what the task calls and waits for goes to the master."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pycompss.core.task import Definition, Policy
from pycompss.errors import PyCOMPSsException
from pycompss.runtime import alternatives, calls, constraints, kinds, reduction, refusals, services, spans
from pycompss.runtime.binding import Bound, bind, spec_for_keyword, specs_for, warn_unexpected
from pycompss.runtime.calls import Call, told_of
from pycompss.runtime.future import Future
from pycompss.runtime.handles import card_of
from pycompss.runtime.objects import FileEntry
from pycompss.runtime.returns import ARGUMENT_ITSELF, count_returns, placeholder, returned_argument
from pycompss.runtime.task_files import TaskFiles
from pycompss.runtime.task_streams import TaskStreams

MOST_FORGOTTEN = 100  # handles of dropped futures that are told to the master together


class WorkerCaller(TaskFiles):
    """Answers API calls of the task that runs (`pycompss.runtime.caller.Caller`)."""

    parallel = True
    stopped = False

    # -- calling -----------------------------------------------------------------------------------------------------

    def call(self, definition: Definition, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if not self.worker.execution.current:  # a module is imported for a task: who ran the call would import it, too
            return self._call_here(definition, bind(definition, args, kwargs))
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
        try:
            wired, keywords = self.builder.arguments(call, definition, bound)
        except BaseException:
            self.builder.abandon(call)
            raise
        operations = [self._operation(*operation) for operation in call.operations]
        results = self._results(max(count, 0), types)
        policy = self._policy(definition, bound.overrides.get("on_failure"))
        defaults = bound.overrides.get("defaults") or definition.failure_defaults
        others = self._others(definition, bound, other_needs, policy, defaults) if other_needs else []
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

    def _others(
        self, definition: Definition, bound: Bound, needs: list[constraints.WireNeed], policy: Policy, defaults: Any
    ) -> list[tuple[Any, ...]]:
        """What is told of the task's other versions."""
        return [
            (
                tuple(card_of(other, policy)),
                self._function(other, bound),
                need,
                kinds.is_launched(other),
                self._defaults(other, defaults),
            )
            for other, need in zip(definition.alternatives, needs, strict=True)
        ]

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
        written += [v for name, v in bound.keywords.items() if spec_for_keyword(definition, name).direction.writes]
        return any(value is mine for value in written for mine in self.own)

    def _call_here(self, definition: Definition, bound: Bound) -> Any:
        """`super().update()` and the like: a task of its own would change a copy, so this one does it in place."""
        for value in (*bound.positional, *bound.keywords.values()):
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
        extras: dict[str, Any] = told_of(policy)
        if definition.time_out:
            extras["time_out"] = definition.time_out
        if call.has_files or kinds.is_launched(definition):
            extras["files"] = True
        return extras or None

    def _results(self, count: int, types: tuple[type | None, ...]) -> list[Any]:
        made: list[Any] = []
        for index in range(count):
            instance = placeholder(types[index]) if index < len(types) else None
            if instance is None:
                made.append(Future(self._new_handle(), self))
            else:
                self.table.track_result(instance, self._new_handle())
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
            if type(subject) is Future and spec.direction.writes:
                self.own_datum(subject)
            return (code, subject.handle, "", None, direction, weight)
        subject.handle = self._new_handle()
        if type(subject) is FileEntry:
            if code == calls.READ:
                self.lent.add(subject.path)
            return (code, subject.handle, "file", subject.path, direction, weight)
        if code == calls.CREATE:
            return (code, subject.handle, "void", None, direction, weight)
        descriptor, subject.descriptor = subject.descriptor, None
        return (code, subject.handle, "object", descriptor, direction, weight)

    # -- barriers and groups -------------------------------------------------------------------------------------------

    def barrier(self, no_more_tasks: bool = False) -> None:
        """Wait for the tasks that this task has called."""
        self.worker.request("barrier")

    def open_group(self, name: str) -> None:
        group = self.named[name] = self._new_handle(), name
        self.groups.append(group)

    def close_group(self, name: str) -> None:
        group = next((group for group in reversed(self.groups) if group[1] == name), None)
        if group is not None:
            self.groups.remove(group)

    def barrier_group(self, name: str) -> None:
        self.worker.request("barrier_group", self.named.get(name, (0, name)))

    def cancel_group(self, name: str) -> None:
        self.worker.request("cancel_group", self.named.get(name, (0, name)))

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

    def end_task(self) -> None:
        """Results are encoded: futures among them stay, everything else is forgotten."""
        if self._given_away:
            self.worker.tell("keep", list(self._given_away))
            self._given_away.clear()
        self.reset()
