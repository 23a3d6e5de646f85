"""Values become descriptors, and descriptors values.

The common case costs one call into C: plain pickle with out-of-band buffers. Its output is right unless it names
`__main__` (other processes have another one), which a search in the bytes tells; then, and when plain pickle fails,
the slower serialisers of `pickling` take over. What none of them can carry is reported with the path to the culprit.

Buffers of at least `BUFFER_LIMIT` bytes are copied into the arena once; so are pickles that grow that large.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Sequence
from pickle import PickleBuffer, dumps, loads
from typing import TYPE_CHECKING, Any

from pycompss.errors import SerializerException, StorageFull
from pycompss.store.definitions import Scope
from pycompss.store.descriptor import BUFFER_LIMIT, BUFFERS, INLINE_LIMIT, LITERALS, PICKLED, Descriptor, Range
from pycompss.store.descriptor import is_literal as _is_literal
from pycompss.store.interruptions import INTERRUPTIONS
from pycompss.store.memory import address_of
from pycompss.store.spill import SPILL

if TYPE_CHECKING:
    from pycompss.store.arena import Arena
    from pycompss.store.mappings import Mappings
    from pycompss.store.names import MainNames

_MAIN = b"__main__"
_MANY = 16 << 10  # bytes of a pickle that may hold so many objects that the collector would run


class Codec:
    """Encodes into one arena (or, without one, in band), decodes from every arena that is attached."""

    def __init__(self, arena: Arena | None, mappings: Mappings, names: MainNames | None) -> None:
        self._arena = arena
        self._mappings = mappings
        self._names = names
        self.elsewhere: Callable[[memoryview], Range] | None = None  # takes what finds no room in the arena
        if names is not None:
            names.activate()

    def encode(self, value: Any, *, task: str = "", argument: str = "", moves: bool = False) -> Descriptor:
        """The descriptor of a value. `task` and `argument` say in messages whose it is.

        moves: nobody looks at the value again (`moving.may_move`), so its memory may be given back behind the copy.
        Raises SerializerException for what cannot be pickled, StorageFull when the arena is full.
        """
        if type(value) in LITERALS and _is_literal(value):
            return value
        data, buffers = self._pickle(value, task, argument)
        if not buffers and (len(data) < BUFFER_LIMIT or self._arena is None):
            return (PICKLED, data)
        return self._place(data, buffers, {}, moves=moves)

    def encode_in_place(
        self, value: Any, ranges: Iterable[Range], *, task: str = "", argument: str = ""
    ) -> tuple[Descriptor, list[Range]]:
        """Like `encode`, after a task worked on a value decoded with `shared=True` from `ranges`.

        Buffers that still fill one of `ranges` exactly stay where they are. Also returns those of `ranges` that the
        descriptor does not refer to.
        """
        ranges = list(ranges)
        if type(value) in LITERALS and _is_literal(value):
            return value, ranges
        data, buffers = self._pickle(value, task, argument)
        places = {(_address(self._mappings.shared(*place)), place[2]): place for place in ranges}
        if not buffers and len(data) < BUFFER_LIMIT:
            return (PICKLED, data), ranges
        return self._place(data, buffers, places), list(places.values())

    def pickled(self, value: Any, *, task: str = "", argument: str = "") -> bytes:
        """A pickle with everything in it, also what would else lie in the arena; `loads_at_rest` reads it."""
        return self._pickle(value, task, argument, in_band=True)[0]

    def decode(self, descriptor: Descriptor, *, shared: bool = False) -> Any:
        """The value of a descriptor.

        Its large buffers are private maps (copy on write); with `shared` they are the shared memory itself, for a
        task that may update them in place. Either is a claim on the ranges until its last user is gone. Raises what
        unpickling raises.
        """
        if type(descriptor) is not tuple:
            return descriptor
        if descriptor[0] == PICKLED:
            return loads_at_rest(descriptor[1])
        view = self._mappings.working if shared else self._mappings.private
        return loads_at_rest(descriptor[1], buffers=[view(*place) for place in descriptor[2]])

    def copy(self, descriptor: Descriptor) -> Descriptor | None:
        """A descriptor of the same value in fresh ranges of this process's arena; None if there is no room.

        Spilled values are not copied: they are read from their file into wherever they go.
        """
        if any(number == SPILL for number, _, _ in descriptor[2]):
            return None
        arena, fresh = self._own_arena, []
        try:
            for number, offset, length in descriptor[2]:
                raw = self._mappings.shared(number, offset, length)
                fresh.append((arena.number, arena.store(raw), length))
        except BaseException as error:
            self.free(fresh)
            if isinstance(error, StorageFull):
                return None
            raise
        return (BUFFERS, descriptor[1], tuple(fresh))

    def free(self, ranges: Iterable[Range]) -> None:
        """Give back those of these ranges that lie in this process's arena; nobody may know of them."""
        for number, offset, length in ranges:
            if number == self._own_arena.number:
                self._own_arena.free(offset, length)

    def _pickle(self, value: Any, task: str, argument: str, *, in_band: bool = False) -> tuple[bytes, list[memoryview]]:
        """The pickle of a value and the buffers that it leaves out."""
        buffers: list[memoryview] = []
        keep = _collector(buffers) if self._arena is not None and not in_band else None
        if keep is not None and type(value) in _WHOLE and len(value) > INLINE_LIMIT:
            value = _Call(type(value), (PickleBuffer(value),))
        try:
            data = dumps(value, 5, buffer_callback=keep)
        except INTERRUPTIONS:
            raise
        except Exception:  # noqa: BLE001  (anything may go wrong in a program's __reduce__; the next one tells)
            data = _MAIN
        if _MAIN in data:
            from pycompss.store import pickling  # noqa: PLC0415  (cloudpickle loads only when needed)

            scope = Scope()
            data = pickling.pickle(value, self._names, buffers, keep, task, argument, scope)
            if self._names is not None:
                self._names.lend(scope)
        return data, buffers

    def _place(
        self,
        data: bytes,
        buffers: Sequence[memoryview],
        places: dict[tuple[int, int], Range],
        *,
        moves: bool = False,
    ) -> Descriptor:
        """Copy buffers into the arena, except those that lie in `places`, which are taken out of it."""
        fresh: list[Range] = []
        try:
            ranges = [
                places.pop(key) if (key := _key(raw)) in places else self._copy(raw, fresh, moves=moves)
                for raw in buffers
            ]
            if len(data) >= BUFFER_LIMIT:
                ranges.insert(0, self._copy(memoryview(data), fresh))
                data = _outer(len(buffers))
        except BaseException:
            self.free(fresh)
            raise
        return (BUFFERS, data, tuple(ranges))

    def _copy(self, raw: memoryview, fresh: list[Range], *, moves: bool = False) -> Range:
        arena = self._own_arena
        try:
            fresh.append((arena.number, arena.store(raw, moves=moves), raw.nbytes))
        except StorageFull:
            if self.elsewhere is None:
                raise
            fresh.append(self.elsewhere(raw))
        return fresh[-1]

    @property
    def _own_arena(self) -> Arena:
        if self._arena is None:
            raise SerializerException("this process has no arena of shared memory to put large values in")
        return self._arena


def _collector(buffers: list[memoryview]) -> Callable[[PickleBuffer], bool]:
    """A buffer callback that takes large contiguous buffers out of band."""

    def keep(buffer: PickleBuffer) -> bool:
        try:
            raw = buffer.raw()
        except BufferError:  # not contiguous
            return True
        if raw.nbytes < BUFFER_LIMIT:
            return True
        buffers.append(raw)
        return False

    return keep


_WHOLE = frozenset({bytes, bytearray})


class _Call:
    """Pickles as the call of a function, so that its arguments can be buffers."""

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


def unpickle(stream: Any, *buffers: Any) -> Any:
    """Load a pickle that lies in shared memory itself."""
    return loads_at_rest(stream, buffers=buffers)


def loads_at_rest(data: Any, buffers: Iterable[Any] | None = None) -> Any:
    """Unpickle, with the cyclic collector at rest where many objects may come.

    It would look through all of them again and again, though none can be garbage yet.
    """
    if len(data) < _MANY or not gc.isenabled():
        return loads(data, buffers=buffers)
    gc.disable()
    try:
        return loads(data, buffers=buffers)
    finally:
        gc.enable()


def _outer(count: int) -> bytes:
    """A pickle that calls `unpickle` with the next buffer as the stream and `count` more."""
    buffers = tuple(PickleBuffer(bytearray(1)) for _ in range(count + 1))
    return dumps(_Call(unpickle, buffers), 5, buffer_callback=lambda _: None)


def _key(raw: memoryview) -> tuple[int, int]:
    return (_address(raw), raw.nbytes)


def _address(raw: memoryview) -> int:
    """Where a buffer lies in this process; 0 for read-only ones, which never lie in shared ranges."""
    return 0 if raw.readonly else address_of(raw)
