"""From a call of a task to an invocation: the hot path.

What depends only on the task type was worked out at its first call (`Plan`). Most calls pass nothing but literals and
known objects by position; they take the short way, which makes one pass over the arguments and takes the lock once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from types import CodeType
from typing import Any

from pycompss.core.parameter import IN
from pycompss.core.resources import Requirement
from pycompss.core.task import Definition
from pycompss.engines.protocol import Engine, Payload
from pycompss.errors import PyCOMPSsException
from pycompss.runtime import recording, reduction
from pycompss.runtime.barriers import Barriers
from pycompss.runtime.binding import Bound, bind
from pycompss.runtime.calls import Call
from pycompss.runtime.config import Config
from pycompss.runtime.future import Future
from pycompss.runtime.plans import Plan
from pycompss.runtime.returns import ARGUMENT_ITSELF, placeholder, returned_argument

POLL_EVERY = 64  # submissions between looks at what has arrived

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
# What surely is a literal (`is_literal`), tested here without a call.
_PLAIN = frozenset({type(None), bool, float})
_INT_LIMIT = 1 << 62
_TEXT_LIMIT = 4096  # characters


class Submission(Barriers):
    """Calls of the program become invocations of the core."""

    def __init__(self, config: Config, engine: Engine | None = None) -> None:
        super().__init__(config, engine)
        self._until_poll = POLL_EVERY

    def call(self, definition: Definition, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Submit one task; returns its future(s), or None when it returns nothing.

        Raises TypeError for wrong arguments, SerializerException for what cannot travel, UnschedulableTask.
        """
        plan = definition.plan
        if plan is None or plan.run is not self:
            plan = definition.plan = Plan(self, definition)
        if self.stopped:
            _complain_stopped(definition)
        if plan.simple and not kwargs and len(args) == plan.count:
            return self._submit_simple(plan, definition, args)
        bound = bind(definition, args, kwargs)
        if reduction.applies(definition, bound):
            return reduction.submit(definition, bound, self.builder, partial(self._submit_bound, plan, definition))
        return self._submit_bound(plan, definition, bound)

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
        result = self._submit(definition, requirement, payload, call, max(count, 0), as_list, types)
        return returned_argument(definition, bound) if count == ARGUMENT_ITSELF else result

    def _submit(
        self,
        definition: Definition,
        requirement: Requirement,
        payload: Payload,
        call: Call | None,
        returns: int,
        as_list: bool,
        types: tuple[type | None, ...],
    ) -> Any:
        place = _place()
        results = self._make_results(returns, types) if returns else None
        core = self.core
        with self.lock:
            if self._forgotten:
                self.release_forgotten()
            task = core.new_task(definition, requirement, payload)
            task.place = place
            task.groups = self.open_groups
            if call is not None or returns:
                self.accesses.record(task, call, results)
            if core.journal is not None:
                recording.task_created(core, task, call)
            if core.submit(task):
                core.assign()
                self.execute()
            elif core.commands:
                self.execute()
        if call is not None and call.replaced:
            call.hand_out_futures()
        self._until_poll -= 1
        if self._until_poll <= 0:
            self._look_around()
        return results if as_list or results is None else results[0]

    def _make_results(self, count: int, types: tuple[type | None, ...]) -> list[Any]:
        if not any(types):
            return [Future(None, self) for _ in range(count)]
        instances = [placeholder(cls) for cls in types or (None,) * count]
        return [Future(None, self) if instance is None else instance for instance in instances]

    def _look_around(self) -> None:
        """Now and then: take in what has arrived, and forget objects that the program has dropped."""
        self._until_poll = POLL_EVERY
        self.poll()
        self.sweep()


def _complain_stopped(definition: Definition) -> None:
    raise PyCOMPSsException(
        f"{definition.name} was called after the runtime had stopped; call compss_start() "
        f"(or pycompss.interactive.start()) first"
    )


def _place() -> tuple[CodeType, int]:
    """Where the program called the task: the innermost frame that is not ours."""
    frame = sys._getframe(3)  # noqa: SLF001  (documented, and the only quick way)
    while frame.f_code.co_filename.startswith(_OWN) and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code, frame.f_lineno
