"""How a task's function is named on the wire.

Three forms, marshalled: by module and qualified name; by the number of what holds it in the main file; by value for
closures, lambdas and nested functions. The last two carry bindings: what each global means that the function reads,
directly or through others. So do all three where values that tasks get have functions or methods of the main file,
which read globals, too. As long as none of these was rebound (which costs some 20 ns a global to see), the reference
stays the same.
"""

from __future__ import annotations

import functools
import marshal
import sys
import weakref
from collections.abc import Callable
from itertools import repeat
from operator import is_
from pickle import loads
from types import CellType
from typing import TYPE_CHECKING, Any

from pycompss.errors import SerializerException
from pycompss.store import current
from pycompss.store.definitions import MISSING, Scope
from pycompss.store.functions import Binding, find, from_module, innermost, stored
from pycompss.store.reloads import NAME

if TYPE_CHECKING:
    from pycompss.store.names import MainNames

_MODULE, _MAIN, _VALUE = range(3)
_FIXED = 2  # parts of a reference that is nothing but a module and a name


class Reference:
    """A function's reference and what it rests on."""

    __slots__ = ("_cells", "_contents", "_get", "_names", "_values", "function", "payload")

    def __init__(
        self,
        function: Any,
        payload: bytes,
        namespace: dict[str, Any],
        values: dict[str, Any],
        cells: tuple[CellType, ...],
    ) -> None:
        self.function = function  # as `_held` gives it
        self.payload = payload
        self._get = namespace.get
        self._names = tuple(values)
        self._values = tuple(values.values())
        self._cells = cells
        self._contents = [_content(cell) for cell in cells]

    def expire(self) -> None:
        """Be out of date."""
        self._names, self._values = ("",), (self,)

    def is_current(self) -> bool:
        """Whether every global and every variable of the closure is the object it was."""
        if self._names and not all(map(is_, map(self._get, self._names, repeat(MISSING)), self._values)):
            return False
        return not self._cells or all(map(is_, map(_content, self._cells), self._contents))


class References:
    """References to the functions that were asked for."""

    def __init__(self, names: MainNames) -> None:
        self._names = names
        self._known: dict[int, Reference] = {}
        self._bound: tuple[Binding, ...] = ()
        if names.is_master:
            names.when_outdated(self._expire)

    def of(self, function: Callable[..., Any]) -> bytes:
        """The function's reference, as good as new. Raises SerializerException."""
        if self._names.bound is not self._bound:  # a worker that runs something else now
            self._bound = self._names.bound
            self._known.clear()
        known = self._known.get(id(function))
        if known is None or not known.is_current():
            known = self._known[id(function)] = self._make(function)
        return known.payload

    def is_stale(self, function: Callable[..., Any]) -> bool:
        """Whether globals were rebound since the last reference; False if there is none yet."""
        known = self._known.get(id(function))
        return known is not None and not known.is_current()

    def _expire(self) -> None:
        for reference in list(self._known.values()):
            reference.expire()

    def _make(self, function: Any) -> Reference:
        form, values = self._form(function)
        cells = (getattr(function, "__closure__", None) or ()) if form[0] == _VALUE else ()
        forget = functools.partial(_forget, self._known, id(function))
        return Reference(_held(function, forget), marshal.dumps(form), self._names.namespace, values, cells)

    def _form(self, function: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
        if getattr(function, "__globals__", None) is not self._names.namespace and module != "__main__":
            if _leads_to(module, name, function):
                bindings, values = self._names.closure((), ())
                lent = tuple((name, serial if name == NAME else -abs(serial)) for name, serial in bindings)
                return (_MODULE, module, name, *((lent,) if lent else ())), values
            return self._by_value(function)
        found, owner = find(self._names.namespace, name)
        holder, member = (found, "") if owner is None else (owner, name.rpartition(".")[2])
        is_held = found is function or (found is not None and innermost(found) is function)
        if is_held and self._names.can_refer(holder):
            return self._by_number(holder, member)
        return self._by_value(function)

    def _by_number(self, holder: Any, member: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        scope = Scope()
        try:
            self._names.refer(holder, scope)
        except Exception as error:
            raise SerializerException(str(error)) from error
        bindings, values = self._names.closure((), scope.needs)
        return (_MAIN, holder.__qualname__, *scope.needs, member, bindings), values

    def _by_value(self, function: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        from pycompss.store import pickling  # noqa: PLC0415  (cyclic, and slow to load)

        scope = Scope()
        name = getattr(function, "__qualname__", repr(function))
        pickled = pickling.pickle(function, self._names, [], None, name, "", scope)
        bindings, values = self._names.closure(scope.globals, scope.needs)
        return (_VALUE, pickled, bindings), values


def _held(function: Any, forget: Callable[[Any], None]) -> Any:
    """A weak reference, whose callback forgets; the function itself if it cannot have any (`str.upper`)."""
    try:
        return weakref.ref(function, forget)
    except TypeError:
        return function


def is_fixed(payload: bytes) -> bool:
    """Whether a reference stays the same, until `when_outdated` tells."""
    kind, *form = marshal.loads(payload)
    return kind == _MODULE and len(form) == _FIXED


def resolve(payload: bytes, codec: Any = None) -> Callable[..., Any]:  # noqa: ARG001  (workers have it at hand)
    """The function that a reference names: the user's own, not the task.

    Raises ImportError, AttributeError or NameError, which say what is missing.
    """
    kind, *form = marshal.loads(payload)
    if kind == _MODULE and len(form) == _FIXED:
        return from_module(*form)  # type: ignore[no-any-return]
    names = current.get()
    if kind == _MODULE:
        names.rebind(tuple(form[-1]))  # may load the module again
        function = from_module(form[0], form[1])
    elif kind == _VALUE:
        function = loads(form[0])
    else:
        found = names.object(form[0], form[1])
        found = stored(found, form[2]) if form[2] else found
        function = innermost(found) or found
    bindings = tuple(form[-1])
    names.rebind(bindings)
    return _bound(function, names, bindings) if bindings and not names.is_master else function


def _bound(function: Callable[..., Any], names: MainNames, bindings: tuple[Binding, ...]) -> Callable[..., Any]:
    """The function, with its globals put right first if another task's were put in their place."""

    def run(*arguments: Any, **keywords: Any) -> Any:
        if names.bound is not bindings:
            names.rebind(bindings)
        return function(*arguments, **keywords)

    def settled() -> Callable[..., Any]:
        names.rebind(bindings)
        return function

    functools.update_wrapper(run, function)
    run.own = settled  # type: ignore[attr-defined]
    return run


def without_names(payload: bytes) -> Any:
    """What a reference names, for a process that cannot ask for names: it pickles with whatever it needs."""
    kind, *form = marshal.loads(payload)
    if kind == _MODULE:
        return Named(form[0], form[1])
    return own(resolve(payload))


def own(function: Callable[..., Any]) -> Callable[..., Any]:
    """What `resolve` gave, without what puts globals right at each call; they are put right once, now."""
    found = getattr(function, "own", None)
    return function if found is None else found()


class Named:
    """Pickles as the function of a module, found there by its name."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name

    def __reduce__(self) -> Any:
        return from_module, (self.module, self.name)


def _leads_to(module: str | None, name: str, function: Any) -> bool:
    if module not in sys.modules:
        return False
    found, _ = find(vars(sys.modules[module]), name)
    return found is function or (found is not None and innermost(found) is function)


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return MISSING


def _forget(known: dict[int, Reference], identity: int, dead: Any) -> None:
    if identity in known and known[identity].function is dead:
        del known[identity]
