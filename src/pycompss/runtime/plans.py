"""What a run works out once per task type, so that a call need not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import CodeType
from typing import TYPE_CHECKING, Any

from pycompss.core.alternatives import Alternative
from pycompss.core.parameter import IN, INOUT, Kind, Spec
from pycompss.core.resources import Requirement
from pycompss.core.task import Definition, Policy, Returns
from pycompss.engines.protocol import Payload
from pycompss.errors import PyCOMPSsException
from pycompss.runtime import alternatives, constraints, kinds, refusals, services, spans
from pycompss.runtime.binding import Bound, specs_for, warn_unexpected
from pycompss.runtime.calls import Call, told_of
from pycompss.runtime.places import where_called
from pycompss.runtime.returns import ARGUMENT_ITSELF, count_returns
from pycompss.runtime.short_calls import MOST_SHORT, Shapes
from pycompss.store.references import is_fixed

if TYPE_CHECKING:
    from pycompss.runtime.recording import Card
    from pycompss.runtime.run import Run


Place = tuple[CodeType, int]  # code and line of the program


class Plan:
    """How one run calls one task type.

    simple: nothing but the arguments themselves differs between calls with `count` positional arguments.
    takes_objects: all these are objects.
    plain: they are few and only read, at most one future is returned, and the worker is told no extras.
    fixed: number of the function, if it stays that (else None or 0: ask `function`).
    shapes: of calls that may take the short way, as some of a plain one, or of one that updates objects as well.
    places: where the program called the task, by the last instruction there.
    """

    __slots__ = (
        "_asked",
        "_function",
        "_is_launched",
        "_is_stale",
        "_last",
        "_launchers",
        "_may_be_impossible",
        "_may_change",
        "_may_span",
        "_number",
        "_others",
        "_requirement_varies",
        "card",
        "count",
        "definition",
        "extras",
        "fixed",
        "names",
        "places",
        "plain",
        "requirement",
        "returns",
        "returns_list",
        "run",
        "shapes",
        "simple",
        "specs",
        "takes_objects",
        "types",
    )

    def __init__(self, run: Run, definition: Definition, *, is_alternative: bool = False) -> None:
        if alternatives.missing:
            alternatives.find_missing()
        self.run = run
        self.definition = definition
        self._number = -1
        self.fixed: int | None = None
        self.places: dict[int, Place] = {}
        self.card: Card | None = None  # of the last call in the journal
        self._function = definition.function
        self._may_change = False
        self._is_stale = run.values.names.references.is_stale
        self._is_launched = kinds.is_launched(definition)
        self._launchers: dict[bytes, int] = {}
        self._last: tuple[Any, int] | None = None  # settings of the last launcher, and its number
        self.count = len(definition.parameters)
        self.names = definition.parameters
        self.specs: tuple[Spec, ...] = tuple(IN if s == IN else s for s in specs_for(definition, self.count))
        nothing = Bound([], {}, (), {})
        fixed = definition.returns in (Returns.FIXED, Returns.INFERRED)
        count, as_list, types = count_returns(definition, nothing) if fixed else (0, False, ())
        self.returns = max(count, 0)
        self.returns_list = as_list
        self.types = types
        self.extras = self._extras(definition.policy) or None
        self._others = [
            Plan(run, other, is_alternative=True) for other in definition.alternatives if not is_alternative
        ]
        self._may_be_impossible = is_alternative or bool(self._others)  # another version may be possible
        self._may_span = spans.may_span(definition)
        self._asked = constraints.asked_by(definition)
        self._requirement_varies = self._asked.fixed is None
        self.requirement = self._checked(self._asked.fixed or constraints.PLAIN)
        refusals.warn_of_wall_clock(run, definition, self._asked.values.get("wall_clock_limit", 0))
        self.simple = fixed and count != ARGUMENT_ITSELF and self._is_simple()
        self.takes_objects = all(spec.kind is Kind.OBJECT for spec in self.specs)
        is_short = self.simple and self._is_short()
        self.plain = is_short and all(spec == IN for spec in self.specs)
        self.shapes = Shapes([spec == INOUT for spec in self.specs], run.table) if is_short else None
        if definition.number < 0 or run.core.types[definition.number : definition.number + 1] != [definition]:
            run.core.register(definition)

    def _is_simple(self) -> bool:
        """Whether every call asks for the same, and gets objects by the names of parameters."""
        definition = self.definition
        return not (
            self._is_launched
            or self._requirement_varies
            or self._may_span
            or definition.unexpected
            or definition.is_reduce
            or self._others
            or definition.keyword_only
            or definition.varargs is not None
            or any(_is_file(spec) for spec in self.specs)
        )

    def _is_short(self) -> bool:
        """Whether calls may take the way of `short_calls`."""
        return (
            all(spec in (IN, INOUT) for spec in self.specs)
            and self.returns <= 1
            and not self.returns_list
            and not any(self.types)
            and self.extras is None
            and self.count <= MOST_SHORT
        )

    def function(self) -> int:
        """Number of the function in the run's table; a new one when what the function refers to was rebound."""
        if self._number < 0 or (self._may_change and self._is_stale(self._function)):
            payload = self.run.values.names.function_reference(self._function)
            self._number = self._enter(payload)
            self.fixed = self._number if is_fixed(payload) else None
            self._may_change = self.fixed is None
            if self.fixed is not None:
                self.run.values.names.when_outdated(self._reconsider)
        return self._number

    def _reconsider(self) -> None:
        """The function reads no globals of the program, but values that it gets do, or its module was loaded again."""
        self.fixed = None
        self._may_change = True

    def _enter(self, payload: bytes) -> int:
        table = self.run.engine.functions()
        table.append(payload)
        return len(table) - 1

    def _launcher(self, bound: Bound) -> int:
        """Number of what is called in the place of the function; one for all calls with equal settings."""
        definition = self.definition
        names = self.run.values.names
        launcher = kinds.launcher(definition, bound, self.run.config.services, names.function_reference)
        if self._last is not None and self._last[0] == launcher.settings:
            return self._last[1]
        payload = names.function_reference(launcher)
        number = self._launchers.get(payload)
        if number is None:
            number = self._launchers[payload] = self._enter(payload)
        self._last = launcher.settings, number
        return number

    def _extras(self, policy: Policy) -> dict[str, Any]:
        extras: dict[str, Any] = told_of(policy)
        if self.definition.time_out:
            extras["time_out"] = self.definition.time_out
        return extras

    def _checked(self, need: Requirement) -> Requirement:
        """The requirement; raises UnschedulableTask if no node can ever meet it, and no other version of the task."""
        need = self.run.requirement(services.limited(need, self.definition, self.run.config.services))
        if not self._may_be_impossible and not self.run.core.can_ever_run(need):
            refusals.check(self.run, need, *refusals.asker(self.definition))
        return need

    # -- the general case --------------------------------------------------------------------------------------------

    def build(self, bound: Bound) -> tuple[Call, Payload, Requirement, int, bool, tuple[type | None, ...]]:
        """Everything that one call needs, whatever its form."""
        definition = self.definition
        if definition.unexpected:
            warn_unexpected(definition)
        count, as_list, types = count_returns(definition, bound)
        requirement = self._needed(bound)
        call = Call()
        call.policy = self._policy_of(bound)
        try:
            payload = self._payload(call, bound, count)
            if self._others:
                call.alternatives = self._alternatives(bound, requirement, payload)
        except BaseException:
            self.run.builder.abandon(call)
            raise
        return call, payload, requirement, count, as_list, types

    def _payload(self, call: Call, bound: Bound, count: int) -> Payload:
        """What the worker is told of a call."""
        args, keywords = self.run.builder.arguments(call, self.definition, bound)
        extras = self._extras(call.policy or self.definition.policy)
        if call.has_files or self._is_launched:
            extras["files"] = True
        payload = Payload(self._called(bound), args, keywords, max(count, 0), extras or None)
        payload.defaults = kinds.failure_defaults(self.definition, bound.overrides.get("defaults"))
        return payload

    def _called(self, bound: Bound) -> int:
        """Number of what the worker calls."""
        return self._launcher(bound) if self._is_launched else self.function()

    def _needed(self, bound: Bound) -> Requirement:
        """What the call reserves."""
        need = self._checked(self._asked.of(bound)) if self._requirement_varies else self.requirement
        if not self._may_span and spans.KEY not in bound.overrides:
            return need
        whole = self.run.whole(need, kinds.processes(self.definition), spans.nodes(self.definition, bound))
        if not self._may_be_impossible:
            refusals.check(self.run, whole, *refusals.asker(self.definition))
        return whole

    def _alternatives(self, bound: Bound, requirement: Requirement, payload: Payload) -> list[Alternative]:
        """The call as each version would run it; raises UnschedulableTask if no node can ever run any."""
        definition, core = self.definition, self.run.core
        versions = [Alternative(definition, requirement, payload)]
        defaults = bound.overrides.get("defaults") or definition.failure_defaults
        versions += [plan.version(bound, payload, defaults) for plan in self._others]
        possible = [version for version in versions if core.can_ever_run(version.requirement)]
        if not possible:
            refusals.check(self.run, requirement, *refusals.asker(definition))
        return possible

    def version(self, bound: Bound, payload: Payload, defaults: Mapping[str, Any]) -> Alternative:
        """The call as this version of the task would run it; `payload` and `defaults` are those of the original."""
        requirement = self._needed(bound)
        extras = {**(payload.extras or {}), **({"files": True} if self._is_launched else {})}
        if self.definition.time_out:
            extras["time_out"] = self.definition.time_out
        own = replace(payload, function=self._called(bound), extras=extras or None)
        own.defaults = kinds.failure_defaults(self.definition, defaults)
        return Alternative(self.definition, requirement, own)

    def _policy_of(self, bound: Bound) -> Policy | None:
        """The policy that the call itself asks for."""
        given = bound.overrides.get("on_failure")
        if given is None:
            return None
        try:
            return Policy[str(given).upper()]
        except KeyError:
            raise PyCOMPSsException(f"ERROR: Unsupported on failure action: {given} ({where_called()})") from None


def _is_file(spec: Spec) -> bool:
    return spec.kind.name in ("FILE", "DIRECTORY", "COLLECTION_FILE")
