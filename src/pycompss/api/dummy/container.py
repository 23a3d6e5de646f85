"""`@container` without a runtime: no effect."""

from __future__ import annotations

from pycompss.api.dummy.decorator import Transparent


class Container(Transparent):
    """The decorator."""


container = Container
