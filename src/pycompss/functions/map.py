"""`map` over tasks; the module serves wherever a pool with a `map` method is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pycompss.api.api import compss_wait_on


def map(func: Callable[[Any], Any], iterable: Iterable[Any], chunksize: int | None = None) -> list[Any]:  # noqa: A001, ARG001
    """Apply a task to each element and wait for all results. `chunksize` has no meaning here."""
    results: list[Any] = compss_wait_on([func(element) for element in iterable])
    return results


__all__ = ["map"]
