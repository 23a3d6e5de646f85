"""Which task is a version of which.

`@implement` names the task by its module (or class) and name. Either of the two may be declared first, so whatever is
declared looks for the other: a version for the task that it names, a task for the versions that named it. What has not
been found by then is looked for once more when the first task is called.
"""

from __future__ import annotations

import os.path
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

from pycompss.core.task import Definition, Returns
from pycompss.errors import PyCOMPSsException
from pycompss.runtime.binding import specs_for
from pycompss.runtime.places import shown


class Claim(NamedTuple):
    """What one `@implement` says.

    definition: of the version that it stands above; find: the definition of whatever a name leads to.
    """

    definition: Definition
    source_class: str
    method: str
    place: tuple[str, int]
    find: Callable[[object], Definition | None]

    @property
    def name(self) -> str:
        """That of the task, as `Definition.name`."""
        module, *rest = self.source_class.split(".")
        return ".".join([_main_name() if module == "__main__" else module, *rest, self.method])

    def complaint(self, reason: str) -> PyCOMPSsException:
        file, line = self.place
        return PyCOMPSsException(
            f"@implement(source_class={shown(self.source_class)}, method={shown(self.method)}) of "
            f"{self.definition.name} ({file}:{line}): {reason}"
        )


claims: dict[str, list[Claim]] = {}  # by the name of the task
missing: list[Claim] = []  # those whose task was not there yet


def claim(new: Claim) -> None:
    """A version was declared.

    Raises:
        PyCOMPSsException: there is no such task, or its parameters are others; names the decorator and its line.
    """
    own = claims.setdefault(new.name, [])
    own[:] = [old for old in own if old.definition.name != new.definition.name]
    own.append(new)
    task = _look_up(new, is_final=False)
    if task is not None:
        _attach(task, new)
    else:
        missing.append(new)


def declared(task: Definition) -> None:
    """A task was declared; raises PyCOMPSsException if a version of it has other parameters."""
    for one in claims.get(task.name, ()):
        if one.definition is not task:
            _attach(task, one)


def find_missing() -> None:
    """A task is called for the first time: by now all names should lead somewhere.

    Raises:
        PyCOMPSsException: one does not.
    """
    for one in missing.copy():
        task = _look_up(one, is_final=True)
        if task is not None:
            _attach(task, one)


def _attach(task: Definition, one: Claim) -> None:
    if one in missing:
        missing.remove(one)
    _check(task, one)
    others = [other for other in task.alternatives if other.name != one.definition.name]
    task.alternatives = [*others, one.definition]
    task.plan = None


# -- names


def _main_name() -> str:
    """How tasks of the program's file are called: by its base name, as in `Definition.name`."""
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return os.path.splitext(os.path.basename(file))[0] if file else "__main__"


def _look_up(one: Claim, *, is_final: bool) -> Definition | None:
    """The task that a version names; None if it may still be declared."""
    module, path = _module_of(one.source_class)
    if module is None:
        if not _can_be_imported(one.source_class):
            raise one.complaint(f"there is no module {shown(one.source_class)}, nor a class of that name in one")
        return None
    found: Any = module
    for name in (*path, one.method):
        holder, found = found, getattr(found, name, None)
        if found is None:
            if _is_unfinished(module, is_final=is_final) or _can_be_imported(one.source_class):
                return None
            raise one.complaint(f"{_name_of(holder)} has no {shown(name)}")
    task = one.find(found)
    if task is None:
        raise one.complaint(f"{one.method!r} is no task: write @task() above it")
    if task is one.definition:
        raise one.complaint("a task is no other version of itself")
    return task


def _module_of(source_class: str) -> tuple[ModuleType | None, list[str]]:
    """The module that is loaded, and the rest of the name."""
    parts = source_class.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        module = sys.modules.get(name)
        if module is None and name == _main_name():
            module = sys.modules.get("__main__")
        if module is not None:
            return module, parts[length:]
    return None, parts


def _can_be_imported(name: str) -> bool:
    """Whether a module of that name, not loaded yet, or one that a class of that name may be in, exists."""
    from importlib.util import find_spec  # noqa: PLC0415  (rarely asked)

    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        module = ".".join(parts[:length])
        if module in sys.modules:
            return False
        try:
            if find_spec(module) is not None:
                return True
        except (ImportError, ValueError):
            continue
    return False


def _is_unfinished(module: ModuleType, *, is_final: bool) -> bool:
    """Whether its code has not run to its end. The program's file never has, so its first call of a task counts."""
    if module.__name__ == "__main__":
        return not is_final
    return bool(getattr(getattr(module, "__spec__", None), "_initializing", False))


def _name_of(holder: Any) -> str:
    kind = "module" if isinstance(holder, ModuleType) else "class"
    return f"{kind} {getattr(holder, '__qualname__', holder.__name__)}"


# -- signatures


def _check(task: Definition, one: Claim) -> None:
    """Whatever a call gives the task, the version must be able to take, and what it makes be the same."""
    other = one.definition
    if _shape(task) != _shape(other):
        raise one.complaint(f"it takes ({_listed(other)}), but {task.name} ({task.file}:{task.line}) ({_listed(task)})")
    count = len(task.parameters)
    for name, own, theirs in zip(task.parameters, specs_for(task, count), specs_for(other, count), strict=True):
        if (own.kind, own.direction) != (theirs.kind, theirs.direction):
            mine = f"{theirs.kind.name} {theirs.direction.name}"
            raise one.complaint(
                f"parameter {name!r} is {mine}, but of {task.name} {own.kind.name} {own.direction.name}"
            )
    if task.returns is other.returns is Returns.FIXED and task.return_count != other.return_count:
        raise one.complaint(f"it returns {other.return_count} values, but {task.name} {task.return_count}")


def _shape(definition: Definition) -> tuple[object, ...]:
    return (
        len(definition.parameters),
        definition.varargs is None,
        definition.varkw is None,
        frozenset(definition.keyword_only),
    )


def _listed(definition: Definition) -> str:
    parts = list(definition.parameters)
    parts += [f"*{definition.varargs}"] if definition.varargs else []
    parts += [f"{name}=" for name in definition.keyword_only]
    parts += [f"**{definition.varkw}"] if definition.varkw else []
    return ", ".join(parts)
