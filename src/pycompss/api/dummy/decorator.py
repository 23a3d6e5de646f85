"""A decorator that changes nothing."""

from __future__ import annotations

from typing import TypeVar

F = TypeVar("F")


class Transparent:
    """Accepts any arguments, gives back what it decorates."""

    def __init__(self, /, *args: object, **kwargs: object) -> None:
        """Accept what the decorator accepts."""

    def __call__(self, function: F) -> F:
        return function
