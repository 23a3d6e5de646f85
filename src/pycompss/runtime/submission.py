"""From a call of a task to an invocation: the hot path.

What depends only on the task type was worked out at its first call (`Plan`). Most calls pass nothing but literals,
futures and objects that tasks know, by position, to be read or updated; they take the short way (`short_calls`), which
makes one pass over the arguments and needs no list of operations.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from time import monotonic
from types import FrameType
from typing import Any

from pycompss.core.resources import Requirement
from pycompss.core.task import Definition
from pycompss.engines.protocol import Engine, Payload, PlainPayload, UpdatingPayload
from pycompss.errors import PyCOMPSsException
from pycompss.runtime import reduction
from pycompss.runtime.barriers import Barriers
from pycompss.runtime.binding import Bound, bind
from pycompss.runtime.calls import Call
from pycompss.runtime.config import Config
from pycompss.runtime.future import Future
from pycompss.runtime.plans import Place, Plan
from pycompss.runtime.returns import ARGUMENT_ITSELF, placeholder, returned_argument
from pycompss.runtime.short_calls import NOTHING, Short

POLL_EVERY = 64  # submissions between looks at what has arrived
MOST_UNFINISHED = 5_000  # tasks; who submits more waits for those that end meanwhile
MOST_A_UNIT = 4  # of them for each computing unit, where there are many units
LULL = 0.005  # seconds in which none has ended, after which the program goes on all the same

_OWN = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class Submission(Barriers):
    """Calls of the program become invocations of the core."""

    def __init__(self, config: Config, engine: Engine | None = None) -> None:
        super().__init__(config, engine)
        self._look_at = 0  # the number of the task whose submission looks around
        self._leeway = 0  # how many more unfinished tasks may be there, since waiting was in vain

    def call(self, definition: Definition, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Submit one task; returns its future(s), or None when it returns nothing.

        Raises TypeError for wrong arguments, SerializerException for what cannot travel, UnschedulableTask.
        """
        plan = definition.plan
        if plan is None or plan.run is not self:
            plan = definition.plan = Plan(self, definition)
        if self.stopped:
            _complain_stopped(definition)
        if not kwargs and len(args) == plan.count:
            if plan.shapes is not None and (plan.plain or self.core.journal is None):
                short = plan.shapes.short(args) if args else NOTHING
                if short is not None:
                    return self._submit_short(plan, definition, short)
            if plan.simple:
                return self._submit_simple(plan, definition, args)
        bound = bind(definition, args, kwargs)
        if reduction.applies(definition, bound):
            return reduction.submit(definition, bound, self.builder, partial(self._submit_bound, plan, definition))
        return self._submit_bound(plan, definition, bound)

    def _submit_short(
        self,
        plan: Plan,
        definition: Definition,
        short: Short,
    ) -> Future | None:
        """The short way: some data are read, some of these are updated, at most one value is returned."""
        wired, subjects, updates = short
        frame = sys._getframe(3)  # noqa: SLF001  (documented, and the only quick way)
        place = plan.places.get(frame.f_lasti)
        if place is None or place[0] is not frame.f_code:
            place = _new_place(plan, frame)
        function = plan.fixed or plan.function()
        payload: PlainPayload | UpdatingPayload
        if updates:
            payload = UpdatingPayload(function, wired, plan.returns, updates)
        else:
            payload = PlainPayload(function, wired, plan.returns)
        core = self.core
        with self.lock:
            if self._is_reminded or (updates and self._forgotten):  # what nobody else holds is updated where it lies
                self.release_reminded()
            task = core.new_task(definition, plan.requirement, payload, place)
            task.groups = groups.here() if (groups := self.open_groups).of_threads else groups.of_all
            if subjects:
                core.data.access_all(task, [subject.handle.current for subject in subjects], updates)
            result = Future(core.data.result(task), self) if plan.returns else None
            journal = core.journal
            if journal is not None:
                self.notes.plain(task, plan, journal)
            if core.submit(task):
                core.assign()
            if core.commands:
                self.execute()
            if self._forgotten:  # now that the worker has something to do
                self.release_forgotten()
        if task.id >= self._look_at:
            self._look_around()
        return result

    def _submit_simple(self, plan: Plan, definition: Definition, args: Sequence[Any]) -> Any:
        """No keywords, no overrides, nothing about the call that depends on its arguments but the arguments."""
        call = Call()
        argument = self.builder.object if plan.takes_objects else self.builder.argument
        try:
            wired = tuple(
                [
                    argument(call, definition, name, value, spec)
                    for name, value, spec in zip(plan.names, args, plan.specs, strict=True)
                ]
            )
        except BaseException:
            self.builder.abandon(call)
            raise
        payload = Payload(plan.function(), wired, None, plan.returns, plan.extras)
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
        call: Call,
        returns: int,
        as_list: bool,
        types: tuple[type | None, ...],
    ) -> Any:
        place = _place(definition.plan, sys._getframe(2))  # noqa: SLF001  (documented, and the only quick way)
        results: list[Any] | None = None
        if returns:
            is_one = returns == 1 and not (types and types[0])
            results = [Future(None, self)] if is_one else self._make_results(returns, types)
        core = self.core
        with self.lock:
            if self._is_reminded:
                self.release_reminded()
            elif self._forgotten:
                self.release_forgotten()
            task = core.new_task(definition, requirement, payload, place)
            task.groups = groups.here() if (groups := self.open_groups).of_threads else groups.of_all
            self.accesses.record(task, call, results)
            if core.journal is not None:
                self.notes.created(task, call)
            if core.submit(task):
                core.assign()
                self.execute()
            elif core.commands:
                self.execute()
        if call.replaced:
            call.hand_out_futures()
        if task.id >= self._look_at:
            self._look_around()
        return results if as_list or results is None else results[0]

    def _make_results(self, count: int, types: tuple[type | None, ...]) -> list[Any]:
        if not any(types):
            return [Future(None, self) for _ in range(count)]
        instances = [placeholder(cls) for cls in types or (None,) * count]
        return [Future(None, self) if instance is None else instance for instance in instances]

    def hurry(self) -> None:
        """The next submission looks around."""
        self._look_at = 0

    def _look_around(self) -> None:
        """Now and then: take in what has arrived, and forget objects that the program has dropped."""
        self._look_at = self.core.last_task + POLL_EVERY
        self.interrupts.raise_put_off()
        self.poll()
        if self.core.live > MOST_UNFINISHED + self._leeway:
            self._let_catch_up()
        self.sweep()

    def _let_catch_up(self) -> None:
        """More unfinished tasks would make no worker busier, but take memory: wait as long as some end.

        Not until enough have ended: they may wait for what the program does next. Then it goes on for a good while.
        """
        core = self.core
        most = max(MOST_UNFINISHED, MOST_A_UNIT * core.scheduler.units)
        ended, until = -1, 0.0
        while core.live > most + self._leeway:
            now = monotonic()
            if core.last_task - core.live > ended:
                ended, until = core.last_task - core.live, now + LULL
            if now >= until:
                self._leeway = core.live - most + core.live // 8
                return
            self.poll(until - now)
            self.interrupts.raise_put_off()
        self._leeway = max(0, core.live - most)


def _complain_stopped(definition: Definition) -> None:
    raise PyCOMPSsException(
        f"{definition.name} was called after the runtime had stopped; call compss_start() "
        f"(or pycompss.interactive.start()) first"
    )


def _place(plan: Plan, frame: FrameType) -> Place:
    """Where the program called the task."""
    place = plan.places.get(frame.f_lasti)
    if place is None or place[0] is not frame.f_code:
        return _new_place(plan, frame)
    return place


def _new_place(plan: Plan, frame: FrameType) -> Place:
    """The innermost frame that is not ours; noted if that is `frame` itself."""
    if not frame.f_code.co_filename.startswith(_OWN):
        place = plan.places[frame.f_lasti] = frame.f_code, frame.f_lineno
        return place
    while frame.f_code.co_filename.startswith(_OWN) and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code, frame.f_lineno
