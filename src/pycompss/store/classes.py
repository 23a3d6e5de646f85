"""Classes by value: an empty class of the right shape first, its contents after it has a name to refer to.

The contents are only ever given to a class that was made here: when instances come back to the process whose class it
is, the class is recognised and left alone.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from abc import ABCMeta
from collections.abc import Iterator
from enum import Enum
from types import DynamicClassAttribute, GetSetDescriptorType, MemberDescriptorType, new_class
from typing import Any

from cloudpickle import cloudpickle

from pycompss.store import current
from pycompss.store.absent import Absent

_fresh: dict[int, type] = {}  # classes that were made and wait for their contents
_lock = threading.RLock()
_SHAPE = ("__module__", "__slots__", "__orig_bases__")
_MADE_BY_ENUM = ("_generate_next_value_", "_member_names_", "_member_map_", "_member_type_", "_value2member_map_",
                 "_unhashable_values_", "_hashable_values_", "_unhashable_values_map_", "_use_args_", "_flag_mask_",
                 "_singles_mask_", "_all_bits_", "_inverted_")  # fmt: skip


def reduce_class(cls: type, serial: int, absent: dict[str, str]) -> Any:
    """By value. `serial`: its number if it is being defined, else 0; `absent`: attributes that cannot travel; why."""
    tracker = "" if serial else cloudpickle._get_or_create_tracker_id(cls)  # noqa: SLF001
    contents = contents_of(cls)
    members = _take_members(cls, contents) if issubclass(cls, Enum) else None
    shape = {name: contents.pop(name) for name in _SHAPE if name in contents}
    shape["__qualname__"] = cls.__qualname__
    contents.update({name: Absent(reason) for name, reason in absent.items()})
    values = {name: member.value for name, member in cls.__members__.items()} if issubclass(cls, Enum) else None
    arguments = (serial, tracker, type(cls), cls.__name__, cls.__bases__, shape, values)
    return make_class, arguments, (contents, members), None, None, fill_class


def contents_of(cls: type) -> dict[str, Any]:
    """A class's own attributes, without what Python makes by itself."""
    contents, _ = cloudpickle._class_getstate(cls)  # noqa: SLF001
    if sys.version_info >= (3, 14):  # annotations are evaluated when asked for, by a function that cannot travel
        with contextlib.suppress(Exception):
            contents["__annotations__"] = cls.__annotations__
    return {name: value for name, value in contents.items() if not _is_made_by_python(cls, value)}


def _is_made_by_python(cls: type, value: Any) -> bool:
    return isinstance(value, (MemberDescriptorType, GetSetDescriptorType)) and value.__objclass__ is cls


def _take_members(cls: Any, contents: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Remove the members of an enumeration from its contents; their own attributes."""
    for name in (*_MADE_BY_ENUM, *cls.__members__):
        contents.pop(name, None)
    for name in [name for name, value in contents.items() if isinstance(value, DynamicClassAttribute)]:
        del contents[name]  # members reached through descriptors (Python 3.11)
    own = {"_name_", "_value_", "__objclass__", "_sort_order_"}
    return {member.name: {key: value for key, value in vars(member).items() if key not in own} for member in cls}


def make_class(
    serial: int, tracker: str, meta: type, name: str, bases: tuple[type, ...], shape: dict[str, Any], members: Any
) -> type:
    """The class without its contents, or the one that is known here already."""
    with _lock:
        names = current.get()
        by_tracker = cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID  # noqa: SLF001
        known: type | None = names.objects.get(serial) if serial else by_tracker.get(tracker)
        if known is not None:
            return known
        with _silenced(bases):
            cls: type = (_new if members is None else _new_enum)(meta, name, bases, shape, members)
        _fresh[id(cls)] = cls
        if serial:
            names.register(serial, cls)
        else:
            cloudpickle._lookup_class_or_track(tracker, cls)  # noqa: SLF001
        return cls


def fill_class(cls: Any, state: tuple[dict[str, Any], dict[str, dict[str, Any]] | None]) -> None:
    """Give a class its contents, once."""
    if _fresh.pop(id(cls), None) is None:
        return
    contents, members = state
    cloudpickle._class_setstate(cls, (contents, {}))  # noqa: SLF001
    for name, attributes in (members or {}).items():
        vars(cls[name]).update(attributes)


def _new(meta: Any, name: str, bases: tuple[type, ...], shape: dict[str, Any], _: None) -> Any:
    """A class, without running what the program's metaclass does to new classes: its result is in the contents."""
    maker = ABCMeta if issubclass(meta, ABCMeta) else type
    try:
        return maker.__new__(meta, name, bases, dict(shape))
    except TypeError:  # metaclasses in C insist on their own
        return new_class(name, bases, {"metaclass": meta}, lambda namespace: namespace.update(shape))


def _new_enum(meta: Any, name: str, bases: tuple[type, ...], shape: dict[str, Any], members: dict[str, Any]) -> Any:
    namespace = meta.__prepare__(name, bases)
    for key, value in (*shape.items(), *members.items()):
        namespace[key] = value
    return meta.__new__(meta, name, bases, namespace)


@contextlib.contextmanager
def _silenced(bases: tuple[type, ...]) -> Iterator[None]:
    """Keep `__init_subclass__` of the bases from running: it ran where the class was defined, with its arguments."""
    hook = "__init_subclass__"
    owners = dict.fromkeys(cls for base in bases for cls in base.__mro__ if hook in cls.__dict__ and cls is not object)
    saved = []
    for owner in owners:
        with contextlib.suppress(TypeError):  # a class in C
            original = owner.__dict__[hook]
            setattr(owner, hook, classmethod(lambda _, **__: None))
            saved.append((owner, original))
    try:
        yield
    finally:
        for owner, original in saved:
            setattr(owner, hook, original)
