"""Attributes that few objects of a class have.

They lie in an object of their own, `special`, which most do without: making one of those stores one reference instead
of many, and who works with it asks once instead of about each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Rare(Generic[T]):
    """An attribute of `special`, which `make` makes when it is first set; until then, what it is at first."""

    __slots__ = ("make", "name", "usual")

    def __init__(self, make: Callable[[], Any], name: str) -> None:
        self.make = make
        self.name = name
        self.usual: T = getattr(make(), name)

    def __get__(self, owner: Any, cls: type[Any] | None = None) -> T:
        special = owner.special
        value: T = self.usual if special is None else getattr(special, self.name)
        return value

    def __set__(self, owner: Any, value: T) -> None:
        if owner.special is None:
            if value is self.usual:
                return
            owner.special = self.make()
        setattr(owner.special, self.name, value)
