"""The master's side of names: numbers for what the main file defines, and the pickles that define it elsewhere.

A definition is rendered when its number is given out, not when a worker asks: by then the program may be elsewhere.
What cannot be pickled gets a reason instead, which a task sees only if it uses the thing.
"""

from __future__ import annotations

import builtins
import marshal
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import _lru_cache_wrapper
from types import CodeType, FunctionType
from typing import Any

from pycompss.store import culprit
from pycompss.store.functions import Binding, find
from pycompss.store.reloads import NAME, Reloads
from pycompss.store.scope import global_names

MISSING = object()
_OWN = frozenset({"__builtins__", "__name__", "__spec__", "__loader__", "__package__"})
_REPLACED = frozenset({"open", "exit", "quit"})  # by IPython, in the program's namespace
_BUNDLED = 4096  # bytes; definitions up to this size travel along with those that need them
_BUNDLE = 64 << 10  # bytes; largest bundle of such extras


@dataclass(slots=True)
class Scope:
    """What a pickler is at, and what it met: globals that the code reads, and numbers that the pickle refers to."""

    owner: Any = None  # is being defined: goes by value, with what belongs to it
    serial: int = 0  # of the owner
    is_part: bool = False  # only a part of the owner is pickled, to see whether it can be
    absent: dict[str, str] = field(default_factory=dict)  # attributes of the owner that cannot travel, and why
    globals: dict[str, None] = field(default_factory=dict)
    needs: dict[int, None] = field(default_factory=dict)


@dataclass(slots=True)
class Definition:
    """One numbered thing of the main file."""

    name: str
    value: Any  # given up for snapshots that are out of date
    is_snapshot: bool
    payload: bytes = b""
    reason: str = ""  # why there is no payload
    globals: tuple[str, ...] = ()
    needs: tuple[int, ...] = ()


class Definitions:
    """Numbers and definitions of what lies in one namespace. Safe from any thread."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace
        self.lock = threading.RLock()
        self._all: dict[int, Definition] = {}
        self._by_identity: dict[int, int] = {}
        self._snapshots: dict[str, int] = {}
        self._waiting: deque[int] = deque()
        self._rendered: list[int] = []  # of those that waited, in this round
        self._is_rendering = False
        self.lent: dict[str, None] = {}  # globals that functions and methods in values of tasks read
        self.reloads = Reloads({})
        self.reloading: tuple[Binding, ...] = ()  # what makes workers load modules again
        self.outdated: list[Callable[[], None]] = []  # are called when references are to be made anew
        self._lenders: set[int] = set()  # numbers whose globals are among them
        self._large: set[str] = set()  # globals that only values read, too large to be pickled whenever they are new

    def __getitem__(self, serial: int) -> Definition:
        return self._all[serial]

    def known(self, value: Any) -> int:
        """The number that a function, class or task has already, or 0."""
        return self._by_identity.get(id(value), 0)

    def number(self, value: Any) -> int:
        """The number of a function, class or task, which identity decides."""
        with self.lock:
            serial = self.known(value)
            if not serial:
                serial = self._by_identity[id(value)] = self._add(Definition(value.__qualname__, value, False))
            self._render_waiting()
            return serial

    def number_of_global(self, name: str, value: Any) -> int:
        """The number of what a global means now: by identity for what it defines, else of a snapshot."""
        if is_nameable(value) and getattr(value, "__qualname__", None) == name and is_itself(value, self.namespace):
            return self.number(value)
        with self.lock:
            serial = self._snapshots.get(name, 0)
            if not serial or self._all[serial].value is not value:
                if serial:
                    self._all[serial].value = None
                serial = self._snapshots[name] = self._add(Definition(name, value, True))
            self._render_waiting()
            return serial

    def bindings(self, code: CodeType, scope: Scope) -> tuple[Binding, ...]:
        """The globals that code reads, with their numbers."""
        names = [name for name in global_names(code) if name not in _OWN and not self._is_the_shells(name)]
        found = [name for name in names if name in self.namespace]
        scope.globals.update(dict.fromkeys(name for name in names if name in found or not hasattr(builtins, name)))
        return tuple((name, self.number_of_global(name, self.namespace[name])) for name in found)

    def _is_the_shells(self, name: str) -> bool:
        """Whether it is what IPython has put in the place of a builtin; tasks have the builtin."""
        return name in _REPLACED and str(getattr(self.namespace.get(name), "__module__", "")).startswith("IPython.")

    def closure(
        self, names: Iterable[str], needs: Iterable[int], without: Collection[str] = ()
    ) -> tuple[tuple[Binding, ...], dict[str, Any]]:
        """Bindings of everything that is reachable from global names and numbers, and the values they stand for."""
        with self.lock:
            waiting, serials = list(names), list(needs)
            bindings: dict[str, int] = {}
            values: dict[str, Any] = {}
            seen: set[int] = set()
            while waiting or serials:
                if waiting:
                    name = waiting.pop()
                    if name not in values and name not in without:
                        value = values[name] = self.namespace.get(name, MISSING)
                        if value is not MISSING:
                            bindings[name] = self.number_of_global(name, value)
                            serials.append(bindings[name])
                    continue
                serial = serials.pop()
                if serial not in seen:
                    seen.add(serial)
                    waiting.extend(self._all[serial].globals)
                    serials.extend(self._all[serial].needs)
            return tuple(bindings.items()), values

    def lend(self, scope: Scope) -> None:
        """Values that tasks get refer to this: they may call it, so what it reads is put right before each call."""
        if scope.globals.keys() <= self.lent.keys() and scope.needs.keys() <= self._lenders:
            return
        with self.lock:
            _, values = self.closure(scope.globals, scope.needs, self._large)
            self._lenders.update(scope.needs)
            if values.keys() <= self.lent.keys():
                return
            self.lent.update(dict.fromkeys(values))
            self._tell()

    def reload(self, module: str) -> None:
        """A module was loaded again: snapshots may hold what it had before."""
        with self.lock:
            self.reloads = self.reloads.after(module)
            self._snapshots.clear()
            self.reloading = ((NAME, self.number_of_global(NAME, self.reloads)),)
            self._tell()

    def closure_of_lent(self) -> tuple[tuple[Binding, ...], dict[str, Any]]:
        """As `closure`, of all that was lent, but for large values: they stay what they were."""
        with self.lock:
            count = -1
            while count != len(self.lent):  # classes that this defines are lent, too
                count = len(self.lent)
                found = self.closure(tuple(self.lent), (), self._large)
                large = {name for name, serial in found[0] if len(self._all[serial].payload) > _BUNDLE}
                if large:
                    self._large |= large
                    count = -1
            return found

    def bundle(self, name: str, serial: int) -> bytes:
        """A definition with the small ones that it needs. Serial 0 asks for what the global `name` means now."""
        with self.lock:
            if not serial and name in self.namespace:
                serial = self.number_of_global(name, self.namespace[name])
            if serial not in self._all:
                return marshal.dumps([(name, serial, b"", f"the program defines no '{name}' (number {serial})")])
            bindings, _ = self.closure(self._all[serial].globals, self._all[serial].needs)
            parts, size = [self._part(serial)], 0
            for extra in {*self._all[serial].needs, *(number for _, number in bindings)} - {serial}:
                length = len(self._all[extra].payload)
                if length <= _BUNDLED and size + length <= _BUNDLE:
                    size += length
                    parts.append(self._part(extra))
            return marshal.dumps(parts)

    def _tell(self) -> None:
        for tell in self.outdated:
            tell()

    def _part(self, serial: int) -> tuple[str, int, bytes, str]:
        definition = self._all[serial]
        return definition.name, serial, definition.payload, definition.reason

    def _add(self, definition: Definition) -> int:
        serial = len(self._all) + 1
        self._all[serial] = definition
        self._waiting.append(serial)
        return serial

    def _render_waiting(self) -> None:
        """One after another, not within each other: chains of functions may be long.

        What an interrupt (Ctrl-C) cuts off waits for the next time.
        """
        if self._is_rendering or not self._waiting:
            return
        self._is_rendering = True
        try:
            while self._waiting:
                self._render(self._waiting[0])
                self._rendered.append(self._waiting.popleft())
        finally:
            self._is_rendering = False
        # Instances may come to any task, as results of others.
        classes = [serial for serial in self._rendered if _is_class(self._all[serial])]
        self._rendered.clear()
        if classes:
            self.lend(Scope(needs=dict.fromkeys(classes)))

    def _render(self, serial: int) -> None:
        definition = self._all[serial]
        try:
            try:
                self._fill(serial, definition, {})
            except Exception:
                absent = self._absent_attributes(definition.value, serial) if _is_class(definition) else {}
                if not absent:
                    raise
                self._fill(serial, definition, absent)
        except Exception as error:  # noqa: BLE001  (a program's __reduce__ may raise anything)
            what = culprit.describe(definition.value)
            kind = f"global '{definition.name}' of the program ({what})" if definition.is_snapshot else what
            definition.reason = f"{kind} cannot be pickled, so tasks do not have it: {error}"

    def _fill(self, serial: int, definition: Definition, absent: dict[str, str]) -> None:
        value = definition.value
        scope = Scope() if definition.is_snapshot else Scope(value, serial, absent=absent)
        definition.payload = self._pickle(value, scope)
        definition.globals, definition.needs = tuple(scope.globals), tuple(scope.needs)

    def _absent_attributes(self, cls: type, serial: int) -> dict[str, str]:
        from pycompss.store.classes import contents_of  # noqa: PLC0415  (cloudpickle is slow to load)

        absent = {}
        for name, value in contents_of(cls).items():
            try:
                self._pickle(value, Scope(cls, serial, is_part=True))
            except Exception:  # noqa: BLE001  (that it fails is the answer)
                absent[name] = (
                    f"attribute '{name}' of class {cls.__qualname__} ({culprit.describe(value)}) cannot be pickled, "
                    f"so tasks do not have it"
                )
        return absent

    def _pickle(self, value: Any, scope: Scope) -> bytes:
        from pycompss.store import current, pickling  # noqa: PLC0415  (cyclic)

        return pickling.by_cloudpickle(value, current.get(), scope=scope)


def _is_class(definition: Definition) -> bool:
    return isinstance(definition.value, type) and not definition.is_snapshot


def is_nameable(value: Any) -> bool:
    """Whether a value is of the kinds that go by name: functions, classes, and what wraps a function (tasks)."""
    kind = type(value)
    return (
        kind is FunctionType
        or issubclass(kind, type)
        or kind is _lru_cache_wrapper
        or (callable(value) and "__wrapped__" in getattr(value, "__dict__", ()))
    )


def is_itself(value: Any, namespace: dict[str, Any]) -> bool:
    """Whether a nameable value is defined in the main file, and its qualified name leads to it."""
    name = getattr(value, "__qualname__", None)
    if not isinstance(name, str) or getattr(value, "__module__", None) != namespace.get("__name__", "__main__"):
        return False
    return find(namespace, name)[0] is value
