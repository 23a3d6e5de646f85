"""`@on_failure` without a runtime: no effect."""

from __future__ import annotations

from pycompss.api.dummy.decorator import Transparent


class OnFailure(Transparent):
    """The decorator."""


on_failure = OnFailure
onFailure = OnFailure  # noqa: N816  (name given by the programming model)
