"""Tasks whose arguments are literals, and large values that they read or change where they lie: the straight way.

Between two functions on blocks all of the interpreter's memory is cold, so what counts is how little is touched. Such a
task needs no account of how its arguments came about (`arguments`): what it changes goes back as it came. The general
way takes over where an argument is something else, the task has called others, or made something else of an array.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from pycompss.store.codec import Codec
from pycompss.store.descriptor import BUFFERS
from pycompss.store.loans import Loan, Loans
from pycompss.worker.arguments import Arguments
from pycompss.worker.copies import Copies
from pycompss.worker.wire import READ, UPDATE

EXTRAS = frozenset({"in_place", "flush"})  # that a task may have to go this way


def plain_arguments(arguments: tuple[Any, ...], inputs: Sequence[Any]) -> list[Any] | None:
    """The arguments of a task that reads nothing but literals; None: it is not that simple."""
    plain = []
    for argument in arguments:  # comparing slices, where inputs stand together, takes three times as long
        if type(argument) is tuple:
            if argument[0] != READ:
                return None
            argument = inputs[argument[1]]  # noqa: PLW2901
            if type(argument) is tuple:
                return None
        plain.append(argument)
    return plain


class Straight:
    """The arguments of the task that runs.

    written: objects that it may change. bound: who keeps account of them, if this way was too narrow.
    """

    def __init__(self, codec: Codec, loans: Loans, copies: Copies) -> None:
        self.written: list[Any] = []
        self.bound: Arguments | None = None
        self._lent: list[Loan | None] = []  # for each of what is written; None: it is changed in a copy
        self._codec = codec
        self._loans = loans
        self._copies = copies

    def arguments(self, arguments: tuple[Any, ...], inputs: Sequence[Any], in_place: Sequence[int]) -> list[Any]:
        """What the function gets."""
        values: list[Any] = []
        loans = self._loans
        for argument in arguments:
            if type(argument) is not tuple:
                values.append(argument)
                continue
            tag = argument[0]
            if tag == READ:
                value = inputs[argument[1]]
                if type(value) is tuple:
                    value = loans.read(value) if value[0] == BUFFERS else self._codec.decode(value)
                values.append(value)
            elif tag == UPDATE and argument[2] < 0:
                position = argument[1]
                if position in in_place:
                    value, loan = loans.update(inputs[position])
                else:
                    value, loan = self._copies.of(inputs[position]), None
                values.append(value)
                self.written.append(value)
                self._lent.append(loan)
            else:
                return self._others(values, arguments, inputs, in_place)
        return values

    def _others(
        self, values: list[Any], arguments: tuple[Any, ...], inputs: Sequence[Any], in_place: Sequence[int]
    ) -> list[Any]:
        """The general way goes on behind these values."""
        bound = self.general(inputs, in_place)
        for argument, value in zip(arguments, values, strict=False):
            if type(argument) is tuple:
                bound.objects[argument[1]] = value
        self.written, self.bound = bound.written, bound
        values += [bound.resolve(argument) for argument in arguments[len(values) :]]
        return values

    def is_unchanged(self) -> bool:
        """Whether nothing but the elements of what the task was lent to write to can have changed."""
        if self.bound is not None:
            return False
        for value, loan in zip(self.written, self._lent, strict=True):
            if loan is None or not loan.is_as_it_was(value):
                return False
        return True

    def let_go(self) -> list[Loan | None]:
        """Nothing that the task has written to is referred to here any more; what it was a loan of."""
        lent, self._lent = self._lent, []
        self.written.clear()
        return lent

    def general(self, inputs: Sequence[Any], in_place: Sequence[int]) -> Arguments:
        """The same as the general way keeps it; nothing is referred to here any more."""
        bound, self.bound = self.bound, None
        if bound is None:
            bound = Arguments(self._codec, tuple(inputs), frozenset(in_place), None, (), self._copies, self._loans)
            bound.outputs = [partial(_itself, value) for value in self.written]
            bound.lent = {number: loan for number, loan in enumerate(self._lent) if loan is not None}
            bound.written = self.written
        self.written, self._lent = [], []
        return bound


def _itself(value: Any) -> Any:
    return value
