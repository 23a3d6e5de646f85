"""`@reduction` without a runtime: no effect."""

from __future__ import annotations

from pycompss.api.dummy.decorator import Transparent


class Reduction(Transparent):
    """The decorator."""


reduction = Reduction
