"""`@constraint` without a runtime: no effect."""

from __future__ import annotations

from pycompss.api.dummy.decorator import Transparent


class Constraint(Transparent):
    """The decorator."""


constraint = Constraint
