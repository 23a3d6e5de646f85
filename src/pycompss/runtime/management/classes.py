"""`Future` and `EmptyReturn` at the path where programs look for them."""

from __future__ import annotations

from pycompss.runtime.future import EmptyReturn, Future

__all__ = ["EmptyReturn", "Future"]
