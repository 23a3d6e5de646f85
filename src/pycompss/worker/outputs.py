"""What a task has made, as descriptors: the values it returned, and what it wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pycompss.runtime.future import Future
from pycompss.store.descriptor import BUFFERS
from pycompss.store.moving import may_move
from pycompss.worker.arguments import Arguments
from pycompss.worker.copies import Copies
from pycompss.worker.sandbox import Sandbox

if TYPE_CHECKING:
    from pycompss.worker.process import Worker

LITERALS = frozenset({type(None), bool, int, float, str, bytes})
RETURNED = "the returned value"
INT_64 = 1 << 63
SHORT = 32768  # bytes or characters that a result may have to go home as it is


class MissingReturn(Exception):  # noqa: N818
    """The task returned fewer values than it declares."""

    def __init__(self, declared: int, returned: int) -> None:
        super().__init__(f"the task declares {declared} returns but returned {returned}")


MissingReturn.__module__ = "pycompss"  # as it is shown


class Outputs:
    """Encodes what the tasks of one worker make."""

    def __init__(self, worker: Worker, copies: Copies) -> None:
        self._worker = worker
        self._codec = worker.codec
        self._copies = copies

    def returned(self, result: list[Any], returns: int, function: Any) -> tuple[Any, ...]:
        """Descriptors of what is in `result`, a list of one, so that nobody else need refer to it; it is emptied."""
        if returns == 1 and may_move(result):
            return (self._codec.encode(result.pop(), task=_name(function), argument=RETURNED, moves=True),)
        value = result.pop()
        if returns == 1:
            value = self._worker.caller.settled(value, keep_futures=True)
            kind = type(value)
            if kind is Future:
                return (self._worker.caller.encode_return(value),)
            if kind in LITERALS and (
                (kind is not int or -INT_64 <= value < INT_64) and (kind not in (str, bytes) or len(value) <= SHORT)
            ):
                return (value,)
            return (self._codec.encode(value, task=_name(function), argument=RETURNED),)
        values = list(value) if hasattr(value, "__iter__") else [value]
        if len(values) < returns:
            raise MissingReturn(returns, len(values))
        return tuple(
            self._worker.caller.encode_return(item)
            if type(item) is Future
            else self._codec.encode(item, task=_name(function), argument=f"returned value {i}")
            for i, item in enumerate(
                self._worker.caller.settled(value, keep_futures=True) for value in values[:returns]
            )
        )

    def of(self, bound: Arguments, sandbox: Sandbox | None, function: Any, *, lenient: bool = False) -> tuple[Any, ...]:
        """Descriptors of everything the task wrote, in the master's order."""
        files = iter(sandbox.collect(lenient=lenient)) if sandbox is not None else iter(())
        caller = self._worker.caller
        values: list[Any] = []
        for number, getter in enumerate(bound.outputs):
            if getter is None:
                values.append(next(files))
                continue
            value = caller.settled(getter()) if caller.used else getter()
            loan = bound.lent.get(number)
            if loan is not None and loan.is_as_it_was(value):
                values.append((BUFFERS, loan.data, loan.key))
            else:
                values.append(self._encoded(value, bound, function))
        bound.outputs.clear()
        return tuple(values)

    def _encoded(self, value: Any, bound: Arguments, function: Any) -> Any:
        ranges = [*self._copies.made, *bound.places]
        if ranges:
            return self._codec.encode_in_place(value, ranges)[0]
        return self._codec.encode(value, task=_name(function), argument="an output")


def _name(function: Any) -> str:
    return f"{getattr(function, '__module__', '?')}.{getattr(function, '__qualname__', function)}"
