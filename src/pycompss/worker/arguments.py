"""From wire arguments to the values a function gets, and back from what it changed to the task's outputs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from pycompss.store.codec import Codec
from pycompss.store.descriptor import BUFFERS, Range
from pycompss.store.loans import Loan, Loans
from pycompss.worker import wire
from pycompss.worker.copies import Copies
from pycompss.worker.elsewhere import Elsewhere
from pycompss.worker.sandbox import Sandbox

Getter = Callable[[], Any]


class NoInstance(Exception):  # noqa: N818
    """What a task is to fill cannot be made."""

    def __init__(self, cls: object, error: Exception) -> None:
        super().__init__(cls, error)
        self.cls, self.error = cls, error

    def __str__(self) -> str:
        name = getattr(self.cls, "__qualname__", self.cls)
        return (
            f"an OUT parameter begins as an instance made without arguments, which {name} does not allow "
            f"({self.error}): declare it INOUT, or return it"
        )


NoInstance.__module__ = "pycompss"  # as it is shown


class Arguments:
    """The arguments of one task while it runs.

    outputs: for each written parameter, in the order in which the master numbers them, how to get its value after
    the call; None stands for a file (the sandbox knows it). places: the ranges of what it changes where it lies.
    """

    def __init__(
        self,
        codec: Codec,
        inputs: tuple[Any, ...],
        in_place: frozenset[int],
        sandbox: Sandbox | None,
        paths: tuple[str, ...] = (),
        copies: Copies | None = None,
        loans: Loans | None = None,
    ) -> None:
        self._codec = codec
        self._inputs = inputs
        self._in_place = in_place
        self.places: list[Range] = []
        for index in in_place:
            self.places += inputs[index][2]
        self._sandbox = sandbox
        self._copies = copies  # where they are made; None: nothing that is changed is a result
        self._loans = loans  # who has arrays that earlier tasks have got; None: every value is made anew
        self._paths = paths  # of the files it makes, by number of the output
        self._placed: dict[int, str] = {}  # what the function gets for each of them
        self.outputs: list[Getter | None] = []
        self.written: list[Any] = []  # objects that the task may change
        self.replayed: dict[int, Any] = {}  # inputs that were made again
        self.replayed_output = -1  # what the task makes of the last of them
        self.objects: dict[int, Any] = {}  # what the function gets for each input
        self.lent: dict[int, Loan] = {}  # by number of the output, which changes it where it lies

    def resolve(self, argument: Any) -> Any:
        """The value that the function gets for one wire argument."""
        if type(argument) is not tuple:
            return argument
        tag = argument[0]
        if tag == wire.READ:
            value = self._inputs[argument[1]]
            if type(value) is tuple:
                is_large = self._loans is not None and value[0] == BUFFERS
                value = self._loans.read(value) if is_large else self._codec.decode(value)  # type: ignore[union-attr]
            self.objects[argument[1]] = value
            return value
        if tag == wire.UPDATE:
            return self._update(argument[1], argument[2])
        if tag == wire.SAME:
            return self.objects[argument[1]]
        if tag == wire.LIST:
            return self._list(argument)
        if tag == wire.DICT:
            return self._dict(argument)
        if tag == wire.FILE:
            return self._file(argument)
        if tag == wire.CREATE:
            return self._create(argument[1])
        return self._codec.decode(argument[1] if tag == wire.VALUE else argument)

    def let_go(self) -> None:
        """The function has returned: only what it wrote is still wanted."""
        self.written.clear()
        self.objects.clear()

    def adopt(self, value: Elsewhere) -> Any:
        """The value of a call that ran in another process; takes in what became of arguments."""
        own = {id(value) for value in self.written}
        became: dict[int, Any] = {}
        for old, new in value.changed:
            if id(old) in own:
                became[id(old)] = new
            else:
                _renew(old, new, own)
        places = (index for index, getter in enumerate(self.outputs) if getter is not None)
        for index, old in zip(places, self.written, strict=True):
            if id(old) in became:
                self.outputs[index] = partial(became.__getitem__, id(old))
        return value.value

    def _update(self, position: int, earlier: int) -> Any:
        if earlier >= 0:
            value = self.objects[earlier]
        elif position in self.replayed:
            value = self.replayed[position]
            self.replayed_output = len(self.outputs)
        elif position in self._in_place and self._loans is not None:
            value, loan = self._loans.update(self._inputs[position])
            if loan is not None:
                self.lent[len(self.outputs)] = loan
        elif position in self._in_place or self._copies is None:
            value = self._codec.decode(self._inputs[position], shared=position in self._in_place)
        else:
            value = self._copies.of(self._inputs[position])
        self.objects[position] = value
        self.outputs.append(lambda: value)
        self.written.append(value)
        return value

    def _create(self, cls_descriptor: Any) -> Any:
        cls = self._codec.decode(cls_descriptor) if cls_descriptor is not None else None
        value = default_instance(cls)
        self.outputs.append(lambda: value)
        self.written.append(value)
        return value

    def _list(self, argument: tuple[Any, ...], around: Getter | None = None) -> list[Any]:
        """A collection. around: gives it as the collection that holds it has it in the end."""
        values: list[Any] = []
        end = around or (lambda: values)
        for index, item in enumerate(argument[1]):
            values.append(self._part(item, end, index))
        return values

    def _dict(self, argument: tuple[Any, ...], around: Getter | None = None) -> dict[Any, Any]:
        values: dict[Any, Any] = {}
        end = around or (lambda: values)
        for key_argument, item in argument[1]:
            key = self.resolve(key_argument)
            values[key] = self._part(item, end, key)
        return values

    def _part(self, item: Any, end: Getter, key: Any) -> Any:
        """The element `key`. The task may assign `out[i] = value`: what the collection holds in the end counts."""
        if type(item) is not tuple:
            return item
        tag = item[0]
        if tag == wire.LIST:
            return self._list(item, partial(_item, end, key))
        if tag == wire.DICT:
            return self._dict(item, partial(_item, end, key))
        before = len(self.outputs)
        value = self.resolve(item)
        if tag in (wire.UPDATE, wire.CREATE) and len(self.outputs) == before + 1:
            self.outputs[before] = partial(_item, end, key)
        return value

    def _file(self, argument: tuple[Any, ...]) -> str:
        _, mode, position, name, output, keep = argument
        assert self._sandbox is not None
        if output in self._placed:  # two streams of a program that are one file
            return self._placed[output]
        source = self._inputs[position] if position >= 0 else None
        if mode & 7 == wire.FILE_IN:
            return self._sandbox.place(mode, source, name, "", keep=keep)
        self.outputs.append(None)
        path = self._placed[output] = self._sandbox.place(mode, source, name, self._paths[output], keep=keep)
        return path


def _item(collection: Getter, key: Any) -> Any:
    return collection()[key]


def _renew(old: Any, new: Any, own: set[int]) -> None:
    """Put new elements into a collection. own: elements that are objects of their own, though they may be lists."""
    for key in old if isinstance(old, dict) else range(min(len(old), len(new))):
        if isinstance(old[key], (list, dict)) and id(old[key]) not in own:
            _renew(old[key], new[key], own)
        else:
            old[key] = new[key]


def default_instance(cls: Any) -> Any:
    """What an OUT parameter holds before the task fills it: an instance without arguments, or a bare object."""
    if cls is None:
        return None
    try:
        return cls()
    except Exception as error:  # noqa: BLE001  (any constructor of the user's)
        try:
            return cls.__new__(cls)
        except Exception:  # noqa: BLE001  (the same)
            raise NoInstance(cls, error) from None
