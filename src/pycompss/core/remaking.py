"""Values that were lost with their node: whoever reads them waits again, until their tasks have run once more.

The `Recipe` of a value is the call that made it. Its inputs may be gone by then, too, for nobody wanted them any more;
so a recipe knows those of its inputs, as far back as `DEEPEST`. What cannot be made again fails, with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pycompss.core.failures import Failure
from pycompss.core.task import State
from pycompss.core.versions import Status, Version

if TYPE_CHECKING:
    from pycompss.core.coordinator import Coordinator
    from pycompss.core.invocation import Invocation
    from pycompss.core.resources import Requirement
    from pycompss.core.task import Definition, Policy

DEEPEST: Final = 64  # calls that are run again for one value, one after another
ABSENT: Final = object()  # stands for a value that is not kept
Known = dict[int, bool]  # by recipes: whether they can be followed


@dataclass(slots=True)
class Input:
    """What a call read. value: it, if it is so small that it is kept; recipe: how to make it again."""

    version: Version
    value: Any
    recipe: Recipe | None


@dataclass(slots=True)
class Recipe:
    """A call that ended well, and may be run again. depth: of the calls before it that may have to be, too.

    is_last: how to make its inputs again is not known any more, because that would take too many calls.
    """

    definition: Definition
    requirement: Requirement
    payload: Callable[[], Any]
    policy: Policy
    place: Any
    inputs: list[Input]
    outputs: list[Version]
    depth: int
    is_last: bool = False


def recipe_of(task: Invocation, inputs: list[Input], payload: Callable[[], Any]) -> Recipe:
    """How to make again what `task` is about to publish; `payload` makes the one of another such call."""
    deepest = max((entry.recipe.depth for entry in inputs if entry.recipe is not None), default=0)
    is_last = deepest >= DEEPEST
    if is_last:
        inputs = [Input(entry.version, entry.value, None) for entry in inputs]
        deepest = 0
    outputs = list(task.writes)
    return Recipe(
        task.definition, task.requirement, payload, task.policy, task.place, inputs, outputs, deepest + 1, is_last
    )


def lose(core: Coordinator, versions: Iterable[Version]) -> None:
    """The values of these are gone: tasks that read them, and have not ended, wait for them again."""
    lost = set(versions)
    for version in lost:
        version.status = Status.PENDING
        version.value, version.nodes, version.waiters, version.lineage = None, (), [], None
    for task in core.unfinished.values():
        for read in task.reads:
            if read.content in lost:
                task.pending += 1
                (read.content.waiters or _new_waiters(read.content)).append(task)
        if task.pending and task.state is State.READY:
            core.scheduler.withdraw(task)
            task.state = State.PENDING


def _new_waiters(version: Version) -> list[Invocation]:
    version.waiters = []
    return version.waiters


def remake(core: Coordinator, recipes: Mapping[Version, Recipe | None], why: Callable[[Version], Failure]) -> None:
    """Make lost values again, or let those that read them fail."""
    pending = dict(recipes)
    known: Known = {}
    is_told = False
    for version, recipe in recipes.items():
        if version.status is not Status.PENDING or version not in pending:
            continue
        if recipe is None or not _is_possible(recipe, pending, known):
            del pending[version]
            known.clear()  # what fails with it may take others along
            version.failure = why(version)
            if not is_told:  # once does
                core.tell_program(version.failure)
                is_told = True
            core.fail_version(version)
        else:
            _run_again(core, recipe, pending)


def is_too_far(recipe: Recipe | None, lost: Mapping[Version, Recipe | None]) -> bool:
    """Whether a call that is not run again would be, if it did not take too many others."""
    known: Known = {}
    agenda = [recipe]
    seen = set()
    for one in agenda:
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            missing = [entry.recipe for entry in one.inputs if not _can_be_had(entry, lost, known)]
            if missing and one.is_last:
                return True
            agenda += missing
    return False


def _is_possible(recipe: Recipe, lost: Mapping[Version, Recipe | None], known: Known) -> bool:
    """known: what was found; the ways to what several calls read would be without number."""
    found = known.get(id(recipe))
    if found is None:
        found = known[id(recipe)] = all(_can_be_had(entry, lost, known) for entry in recipe.inputs)
    return found


def _can_be_had(entry: Input, lost: Mapping[Version, Recipe | None], known: Known) -> bool:
    status = entry.version.content.status
    if entry.value is not ABSENT or status is Status.READY:
        return True
    if status is Status.PENDING and entry.version.content not in lost:
        return True  # somebody makes it already
    return entry.recipe is not None and _is_possible(entry.recipe, lost, known)


def _run_again(core: Coordinator, recipe: Recipe, lost: dict[Version, Recipe | None]) -> None:
    task = core.new_task(recipe.definition, recipe.requirement, recipe.payload())
    task.policy, task.place = recipe.policy, recipe.place
    task.reads, task.writes = [], []
    for output in recipe.outputs:
        lost.pop(output, None)
        task.writes.append(output if output.status is Status.PENDING else _spare(output))
    for entry in recipe.inputs:
        task.reads.append(_input(core, entry, lost))
    for version in task.reads:
        version.claims += 1
        if version.content.status is Status.PENDING:
            task.pending += 1
            (version.content.waiters or _new_waiters(version.content)).append(task)
    core.submit(task)


def _input(core: Coordinator, entry: Input, lost: dict[Version, Recipe | None]) -> Version:
    """The version that the call reads this time."""
    version = entry.version
    status = version.content.status
    if status is Status.READY:
        return version
    if entry.value is not ABSENT:
        kept = Version(version.datum, version.number, None, Status.READY)
        kept.value = entry.value
        return kept
    if entry.recipe is not None and (status is not Status.PENDING or version in lost):
        if status is not Status.PENDING:  # nobody wanted it any more
            version.status, version.alias, version.value = Status.PENDING, None, None
        _run_again(core, entry.recipe, lost)
    return version


def _spare(version: Version) -> Version:
    """Stands for an output that is made again in passing, and that nobody needs."""
    return Version(version.datum, version.number, None, Status.PENDING)
