"""How functions and classes of the program's main file travel.

The main file runs once, in the program's process (the *master*); workers never run its module-level code. So what it
defines cannot be found there by name. Instead each function, class and task of `__main__` has a serial number, and
pickles refer to it as `main_object(name, serial)`. A worker that meets a number for the first time asks the master for
the definition, and makes the object in the one namespace that stands for the main file there. Instances return with
the number of their class, which in the master is the program's own class: identity is kept on both sides.

A definition is taken when the number is first used, in program order, so what a task sees does not depend on when
some worker asks. The globals that a function reads travel as numbers, too: functions and classes as above, anything
else as a snapshot of its value. When the program rebinds such a global, functions keep their numbers; what changes is
the list of *bindings* (global -> number) that goes with the task's function (see `references`). The worker puts the
right ones into its namespace before the function runs.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib
import marshal
import sys
from collections.abc import Callable, Iterable
from pickle import PicklingError, loads
from types import CodeType, ModuleType
from typing import Any

from pycompss.store import current
from pycompss.store.absent import Absent
from pycompss.store.definitions import MISSING, Definitions, Scope, is_itself, is_nameable
from pycompss.store.functions import Binding
from pycompss.store.interruptions import INTERRUPTIONS
from pycompss.store.references import References, resolve
from pycompss.store.reloads import is_the_programs

__all__ = ["MainNames", "resolve"]

Fetch = Callable[[str, int], bytes]


class MainNames:
    """What this process knows of the main file: the master defines, a worker fetches.

    Activate it before anything is unpickled: there is one per process (a `Codec` does so with the one it gets).
    """

    def __init__(self, fetch: Fetch | None = None, *, main: ModuleType | None = None) -> None:
        """`fetch(name, serial)` makes it a worker's; it gives what `definition` of the master returns.

        main: the master's main module, if it is not `__main__`.
        """
        self._fetch = fetch
        self.module = _StandIn(self) if fetch else (main or sys.modules["__main__"])
        self.namespace: dict[str, Any] = vars(self.module)
        self.objects: dict[int, Any] = {}  # a worker's, by number
        self.bound: tuple[Binding, ...] = ()  # what `rebind` was last asked for
        self._definitions = Definitions(self.namespace) if not fetch else None
        self.references = References(self)
        self._serials: dict[int, int] = {}  # a worker's numbers, by identity
        self._versions: dict[str, int] = {}  # number of what each global means in a worker
        self._received: dict[int, tuple[bytes, str]] = {}  # definitions that were not needed yet
        self._loading: set[int] = set()

    def activate(self) -> None:
        """Make these the names of this process."""
        current.set_(self)

    def adopt(self) -> None:
        """Let `__main__` of a worker be the stand-in of the program's, for code that looks there."""
        sys.modules["__main__"] = self.module

    # -- both ends of the socket between worker and master ------------------------------------------------------

    def definition(self, name: str, serial: int) -> bytes:
        """The master's answer to a worker's `fetch`; may be called in any thread."""
        return self._master.bundle(name, serial)

    def install(self, name: str, serial: int, payload: bytes) -> Any:
        """Take what `definition` gave and make the object. Raises NameError if there is a reason instead."""
        return self._make(name, serial or self._receive(payload))

    # -- how a task's function is named on the wire (see references) ----------------------------------------------

    def function_reference(self, function: Callable[..., Any]) -> bytes:
        """What `resolve` turns into the function, elsewhere; changes when globals that it reads are rebound."""
        return self.references.of(function)

    # -- what picklers ask ----------------------------------------------------------------------------------------

    def known(self, value: Any) -> int:
        """The number that a function, class or task has, or 0."""
        if self._definitions is not None:
            return self._definitions.known(value)
        return self._serials.get(id(value), 0)

    def can_refer(self, value: Any) -> bool:
        """Whether `refer` works: the value has a number, or is the master's and can get one."""
        return bool(self.known(value)) or (self._definitions is not None and is_itself(value, self.namespace))

    def refer(self, value: Any, scope: Scope) -> Any:
        """A reduction by number. Raises PicklingError if the thing has no definition."""
        serial = self.number(value)
        scope.needs[serial] = None
        if self._definitions is not None and scope.owner is None and self._definitions[serial].reason:
            raise PicklingError(self._definitions[serial].reason)
        return main_object, (value.__qualname__, serial)

    def number(self, value: Any) -> int:
        """The number of a function, class or task; the master gives one if need be."""
        return self._definitions.number(value) if self._definitions is not None else self._serials[id(value)]

    def bindings(self, code: CodeType, scope: Scope) -> tuple[Binding, ...]:
        """The globals that code reads, with their numbers."""
        if self._definitions is not None:
            return self._definitions.bindings(code, scope)
        from pycompss.store.scope import global_names  # noqa: PLC0415  (rarely needed in a worker)

        return tuple((name, self._versions[name]) for name in global_names(code) if name in self._versions)

    def lend(self, scope: Scope) -> None:
        """A value that tasks get refers to this. Does nothing in a worker: the master knows of it."""
        if self._definitions is not None:
            self._definitions.lend(scope)

    def reloaded(self, module: str) -> None:
        """The program has loaded this module again. May be called in any thread."""
        if is_the_programs(module):
            self._master.reload(module)

    def when_outdated(self, tell: Callable[[], None]) -> None:
        """Call this when all references are out of date: values that tasks get read more globals, a module is new."""
        self._master.outdated.append(tell)

    def closure(self, names: Iterable[str], needs: Iterable[int]) -> tuple[tuple[Binding, ...], dict[str, Any]]:
        """All bindings that a call of a function depends on, with their values; in a worker those of the current task.

        Those on which only values depend that it may get have negative numbers.
        """
        if self._definitions is None:
            return self.bound, {}
        bindings, values = self._definitions.closure(names, needs)
        lent, others = self._definitions.closure_of_lent()
        lent = tuple((name, -serial) for name, serial in lent if name not in values)
        return self._definitions.reloading + bindings + lent, {**others, **values}

    # -- what unpickling asks -------------------------------------------------------------------------------------

    def object(self, name: str, serial: int) -> Any:
        """The thing that has this number; a worker fetches it. Raises NameError if it cannot be had."""
        if self._definitions is not None:
            return self._definitions[serial].value
        found = self.objects.get(serial, MISSING)
        return self._make(name, serial) if found is MISSING else found

    def register(self, serial: int, value: Any) -> Any:
        """Know a thing by its number while it is still being made, since it may refer to itself."""
        value = self.objects.setdefault(serial, value)
        if is_nameable(value):
            self._serials[id(value)] = serial
        return value

    def bind(self, bindings: Iterable[Binding]) -> None:
        """Give globals that mean nothing yet their meaning. Does nothing in the master."""
        if self._definitions is None:
            unknown = [binding for binding in bindings if binding[0] not in self._versions]
            now = dict(self.bound) if unknown else {}  # what arrives may have been defined long ago
            for name, serial in unknown:
                self._put(name, abs(now.get(name, serial)))

    def rebind(self, bindings: tuple[Binding, ...]) -> None:
        """Give globals exactly these meanings. Does nothing in the master.

        Those with negative numbers are read by what tasks get as values: they are put right where there are any.
        """
        if self._definitions is None:
            for name, number in bindings:
                known, serial = self._versions.get(name), abs(number)
                if known != serial and (known is not None or number > 0):
                    self._put(name, serial)
        self.bound = bindings

    def import_all(self, modules: Iterable[str]) -> None:
        """Import sub-modules that a function reaches as attributes of their packages."""
        for module in modules:
            with contextlib.suppress(ImportError):
                importlib.import_module(module)

    # -- inside -----------------------------------------------------------------------------------------------------

    @property
    def is_master(self) -> bool:
        """Whether this is the program's own process."""
        return self._definitions is not None

    @property
    def _master(self) -> Definitions:
        if self._definitions is None:
            raise RuntimeError("a worker has no definitions to give")
        return self._definitions

    def _put(self, name: str, serial: int) -> None:
        self._versions[name] = serial
        if serial in self._loading:  # _make puts it when it is complete
            return
        try:
            self._deliver(name, serial)
        except BaseException:
            del self._versions[name]
            raise
        try:
            self.namespace[name] = self.object(name, serial)
        except INTERRUPTIONS:
            del self._versions[name]
            raise
        except Exception as error:  # noqa: BLE001  (a missing import, say: only tasks that use it shall fail)
            reason = str(error) if isinstance(error, NameError) else f"global '{name}' of the program: {error!r}"
            self.namespace[name] = Absent(reason)

    def _deliver(self, name: str, serial: int) -> None:
        if serial not in self.objects and serial not in self._received:
            assert self._fetch is not None
            self._receive(self._fetch(name, serial))

    def _receive(self, payload: bytes) -> int:
        """Note the definitions of an answer; the number of the first, which was asked for."""
        parts = marshal.loads(payload)
        for _, number, pickled, reason in parts:
            if number not in self.objects:
                self._received[number] = (pickled, reason)
        return int(parts[0][1])

    def _make(self, name: str, serial: int) -> Any:
        self._deliver(name, serial)
        if serial in self.objects:
            return self.objects[serial]
        pickled, reason = self._received[serial]
        if reason:
            raise NameError(reason)
        self._loading.add(serial)
        try:
            value = self.register(serial, loads(pickled))
        except BaseException:
            self.objects.pop(serial, None)  # half made
            raise
        finally:
            self._loading.discard(serial)
        self._received.pop(serial, None)
        if "." not in name and self._versions.setdefault(name, serial) == serial:
            self.namespace[name] = value
        return value

    def look_up(self, name: str) -> Any:
        """What a global means in the program at this moment, for code in a worker that looks into `__main__`."""
        assert self._fetch is not None
        return self.install(name, 0, self._fetch(name, 0))


class _StandIn(ModuleType):
    """The main module in a worker: holds what arrived, and asks the master for other attributes."""

    def __init__(self, names: MainNames) -> None:
        super().__init__("__main__")
        # Programs expect `sys` there without importing it.
        vars(self).update(__builtins__=builtins, sys=sys)
        self.__names = names

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__"):
            with contextlib.suppress(KeyError, NameError):
                return self.__names.look_up(name)
        raise AttributeError(f"the program's main file has no {name!r} that tasks could use")


def main_object(name: str, serial: int) -> Any:
    """In pickles: the thing of the main file that has this number."""
    return current.get().object(name, serial)


def main_module() -> ModuleType:
    """In pickles: the main module itself."""
    return current.get().module


def make_object(serial: int, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """In pickles: an object that is known by its number from now on."""
    return current.get().register(serial, function(*arguments))
