"""Distributed data sets; their time comes with a later release."""

from __future__ import annotations

from typing import Any

from pycompss.errors import NotAvailableYet


class DDS:
    """A lazy, partitioned collection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotAvailableYet("DDS (pycompss.dds) is not available yet in this release")


__all__ = ["DDS"]
