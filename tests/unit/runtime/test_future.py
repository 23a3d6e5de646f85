"""Futures inside values."""

from __future__ import annotations

from typing import Any

from pycompss.runtime.future import Future, holds_futures


def test_a_future_is_found_in_lists_and_dicts() -> None:
    future = Future(None, None)  # type: ignore[arg-type]  (nobody asks for its value)
    assert holds_futures([1, {"a": [future]}])
    assert holds_futures({future: 1})
    assert not holds_futures([1, {"a": (future,)}])


def test_a_value_that_holds_itself_is_looked_through_once() -> None:
    ring: list[Any] = [1]
    ring.append({"ring": ring})
    assert not holds_futures(ring)
    ring.append(Future(None, None))  # type: ignore[arg-type]  (the same)
    assert holds_futures(ring)
